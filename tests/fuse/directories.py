# SPDX-License-Identifier: GPL-2.0-or-later
"""Listings of large directories, from any position, by many at once."""
import ctypes
import errno
import os
import random
import struct
import sys
import threading

from checks import check, equal, fails

root = sys.argv[1]
count = int(sys.argv[2])
big = root + "/big"
wanted = {"f%07d" % i for i in range(count)}

libc = ctypes.CDLL(None, use_errno=True)


def getdents(fd, size=32768):
    """One getdents64(2): a list of (name, inode, type, next offset)."""
    buffer = ctypes.create_string_buffer(size)
    got = libc.syscall(217, fd, buffer, size)
    if got < 0:
        raise OSError(ctypes.get_errno(), "getdents64")
    entries = []
    at = 0
    while at < got:
        inode, offset, length, kind = struct.unpack_from("=QqHB", buffer, at)
        name = buffer.raw[at + 19:at + length].split(b"\0", 1)[0]
        entries.append((name.decode(), inode, kind, offset))
        at += length
    return entries


def read_all(fd, size=32768):
    entries = []
    while True:
        part = getdents(fd, size)
        if not part:
            return entries
        entries += part


fd = os.open(big, os.O_RDONLY | os.O_DIRECTORY)
entries = read_all(fd)
names = [e[0] for e in entries]
equal("number of entries with . and ..", len(names), count + 2)
equal("the names", set(names), wanted | {".", ".."})
equal("no name twice", len(set(names)), len(names))
equal("the first two", names[:2], [".", ".."])
equal(". has the directory's inode number", entries[0][1],
      os.stat(big).st_ino)
equal(".. has the parent's", entries[1][1], os.stat(root).st_ino)
check("types are told", all(e[2] == 8 for e in entries[2:]))
check("no cookie is 0", all(e[3] != 0 for e in entries))
equal("cookies are different", len({e[3] for e in entries}), len(entries))
equal("the end stays the end", getdents(fd), [])

# Any position, again and again.
dice = random.Random(1)
wrong = []
for _ in range(300):
    index = dice.randrange(len(entries))
    os.lseek(fd, entries[index][3], os.SEEK_SET)
    part = getdents(fd, dice.choice((300, 4096, 32768)))
    expected = entries[index + 1:index + 1 + len(part)]
    if part != expected or (not part and index + 1 != len(entries)):
        wrong.append((index, part[:2], expected[:2]))
equal("random access by cookie", wrong, [])
os.lseek(fd, 0, os.SEEK_SET)
equal("rewound", getdents(fd)[0][0], ".")
os.lseek(fd, 1 << 40, os.SEEK_SET)
equal("far beyond the end", getdents(fd), [])
fails("a negative position", errno.EINVAL, os.lseek, fd, -1, os.SEEK_SET)
os.close(fd)

fd = os.open(big, os.O_RDONLY | os.O_DIRECTORY)
equal("a listing in small pieces", read_all(fd, 128), entries)
os.close(fd)

# readdirplus: every attribute is there without another question.
sizes = {e.name: e.stat(follow_symlinks=False).st_size
         for e in os.scandir(big)}
equal("attributes of all", set(sizes.values()), {7})

results = []


def lister():
    own = os.open(big, os.O_RDONLY | os.O_DIRECTORY)
    results.append(read_all(own, 16384) == entries)
    os.close(own)


threads = [threading.Thread(target=lister) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
equal("four listings at once", results, [True] * 4)

equal("an empty directory", os.listdir(root + "/empty"), [])
fd = os.open(root + "/empty", os.O_RDONLY | os.O_DIRECTORY)
equal("it has . and ..", [e[0] for e in read_all(fd)], [".", ".."])
os.close(fd)
for turn in ("once", "again"):
    fd = os.open(root + "/torn", os.O_RDONLY | os.O_DIRECTORY)
    equal(f"what is known of a directory, {turn}",
          [e[0] for e in getdents(fd)], [".", "..", "known"])
    fails(f"what is not, {turn}", errno.EIO, getdents, fd)
    os.close(fd)
fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
equal("the root's ..", [e[1] for e in read_all(fd)[:2]][0],
      os.stat(root).st_ino)
os.close(fd)
fails("listing a file", errno.ENOTDIR, os.listdir, big + "/f0000000")

kinds = {e[0]: e[2] for e in read_all(os.open(root + "/kinds", os.O_RDONLY))}
equal("types of entries", kinds, {
    ".": 4, "..": 4, "directory": 4, "file": 8, "symlink": 10, "block": 6,
    "char": 2, "fifo": 1, "socket": 12})
