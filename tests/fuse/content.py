# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading: right bytes or an error, whoever asks and how."""
import errno
import mmap
import os
import random
import sys
import threading

from checks import check, equal, fails, pattern, read_at

root = sys.argv[1]
EIO = errno.EIO


def whole(path):
    with open(root + path, "rb") as file:
        return file.read()


equal("a short text", whole("/text"), b"hello\n")
equal("an empty file", whole("/empty"), b"")
for size in (1, 31, 4095, 4096, 4097, 131072, 131073):
    equal(f"{size} bytes", whole(f"/size{size}"), pattern(size, 0, size))
equal("3 MiB and 5 bytes", whole("/large"), pattern(3, 0, 3145733))
equal("at the end", read_at(root + "/large", 100, 3145728),
      pattern(3, 3145728, 5))
equal("beyond the end", read_at(root + "/large", 100, 3145733), b"")
equal("far beyond the end", read_at(root + "/large", 100, 1 << 50), b"")

# Files so large that only a few places of them can be looked at.
for power in (40, 62):
    path = root + f"/power{power}"
    size = 1 << power
    equal(f"2^{power}: size", os.stat(path).st_size, size)
    for offset in (0, (1 << 32) - 5, size // 2 + 1, size - 100):
        equal(f"2^{power}: at {offset}", read_at(path, 100, offset),
              pattern(power, offset, 100))
    equal(f"2^{power}: at the end", read_at(path, 100, size), b"")

# A file that fails at one byte: what is before and after is right.
bad = 1000000
path = root + "/fails"
page = bad & ~4095
equal("before the failure", read_at(path, 65536, 0), pattern(9, 0, 65536))
fails("at the failure", EIO, read_at, path, 100, bad)
fails("across the failure", EIO, read_at, path, 4096, page)
equal("the page before", read_at(path, 4096, page - 4096),
      pattern(9, page - 4096, 4096))
equal("the page after", read_at(path, 4096, page + 4096),
      pattern(9, page + 4096, 4096))
got = b""
fd = os.open(path, os.O_RDONLY)
try:
    while True:
        part = os.read(fd, 50000)
        if not part:
            break
        got += part
    error = 0
except OSError as problem:
    error = problem.errno
os.close(fd)
equal("reading it all fails", error, EIO)
check("what came before is right, not zeros",
      page - 131072 <= len(got) <= page and got == pattern(9, 0, len(got)),
      f"{len(got)} bytes")
equal("and it fails again", [0, EIO][1], EIO)
fails("again", EIO, read_at, path, 100, bad)
with open(path, "rb") as file:
    view = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    equal("a mapping before the failure", view[500000:500100],
          pattern(9, 500000, 100))
    view.close()
pid = os.fork()
if pid == 0:
    with open(path, "rb") as file:
        view = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        os.write(1, b"not ok a mapped byte that cannot be read: got %d\n"
                 % view[bad])
    os._exit(0)
equal("a mapped byte that cannot be read is SIGBUS",
      os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), -7)

# Content that ends before its size: never filled up with zeros.
fails("content that is too short", EIO, whole, "/short")
equal("its beginning", read_at(root + "/short", 4096, 0),
      pattern(0, 0, 4096))

# Through a pipe, and what it is with one in which something was left.
equal("through a pipe", whole("/spliced"), pattern(11, 0, 3145733))
equal("half through a pipe, then copied", whole("/half"),
      pattern(12, 0, 3145733))
# Then the kernel asks again, page by page, which are copied.
equal("a pipe that fails half-way", whole("/broken"),
      pattern(13, 0, 3145733))

fails("unreadable content", EIO, whole, "/unreadable")
fails("content of a size that is not known", EIO, whole, "/unmeasured")
equal("its metadata", os.stat(root + "/unreadable").st_size, 100)

# Many at once, random places.
paths = {root + "/large": (3, 3145733), root + "/power40": (40, 1 << 40),
         root + "/size131073": (131073, 131073),
         root + "/spliced": (11, 3145733), root + "/half": (12, 3145733)}
wrong = []
total = [0]


def reader(number):
    dice = random.Random(number)
    fds = {p: os.open(p, os.O_RDONLY) for p in paths}
    for _ in range(150):
        name = dice.choice(list(paths))
        seed, size = paths[name]
        offset = dice.randrange(size)
        length = dice.choice((1, 100, 5000, 70000, 200000))
        data = os.pread(fds[name], length, offset)
        if data != pattern(seed, offset, min(length, size - offset)):
            wrong.append((name, offset, length))
        total[0] += len(data)
    for fd in fds.values():
        os.close(fd)


threads = [threading.Thread(target=reader, args=(i,)) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
equal("eight readers at random places", wrong, [])
check("they read something", total[0] > 1000000)

# mmap
with open(root + "/large", "rb") as file:
    view = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    equal("a mapping", view[:], pattern(3, 0, 3145733))
    equal("a search in a mapping", view.find(b"%08x %022x" % (3, 77777)),
          77777 * 32)
    view.close()
    view = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE,
                     prot=mmap.PROT_READ | mmap.PROT_WRITE)
    view[0:3] = b"xxx"
    equal("a private mapping may be written", view[:3], b"xxx")
    view.close()
equal("and changes nothing", whole("/large")[:3], pattern(3, 0, 3))

# lseek
fd = os.open(root + "/large", os.O_RDONLY)
equal("SEEK_DATA", os.lseek(fd, 1000, os.SEEK_DATA), 1000)
equal("SEEK_HOLE: the end", os.lseek(fd, 1000, os.SEEK_HOLE), 3145733)
fails("SEEK_DATA beyond the end", errno.ENXIO, os.lseek, fd, 3145733,
      os.SEEK_DATA)
equal("SEEK_END", os.lseek(fd, 0, os.SEEK_END), 3145733)
os.close(fd)


def pieces(path):
    """The data between the holes, as SEEK_DATA and SEEK_HOLE tell it."""
    found, at = [], 0
    fd = os.open(root + path, os.O_RDONLY)
    try:
        while True:
            start = os.lseek(fd, at, os.SEEK_DATA)
            at = os.lseek(fd, start, os.SEEK_HOLE)
            found.append((start, at))
    except OSError as problem:
        if problem.errno != errno.ENXIO:
            raise
    finally:
        os.close(fd)
    return found


# After /large, whose holes the engine does not know.
equal("data in a hole", pieces("/hole"), [(5 << 37, (5 << 37) + 7)])
equal("data of several pieces", pieces("/pieces"), [(4096, 4096 + 12000)])
equal("data at both ends", pieces("/no-hole"), [(0, 5)])
equal("nothing but a hole", pieces("/nothing"), [])
equal("an empty file", pieces("/empty"), [])
equal("holes that are not known", pieces("/large"), [(0, 3145733)])
equal("content that cannot be read", pieces("/lost"), [(0, 1 << 40)])
fails("and reading it fails", EIO, read_at, root + "/lost", 10, 0)
fd = os.open(root + "/hole", os.O_RDONLY)
equal("SEEK_HOLE in a hole", os.lseek(fd, 12345, os.SEEK_HOLE), 12345)
equal("SEEK_HOLE in data", os.lseek(fd, (5 << 37) + 3, os.SEEK_HOLE),
      (5 << 37) + 7)
equal("SEEK_DATA in data", os.lseek(fd, (5 << 37) + 3, os.SEEK_DATA),
      (5 << 37) + 3)
equal("SEEK_HOLE at the last byte",
      os.lseek(fd, (1 << 40) - 1, os.SEEK_HOLE), (1 << 40) - 1)
for name in "SEEK_DATA", "SEEK_HOLE":
    for offset in (1 << 40, 1 << 62, -1):
        fails(f"{name} at {offset}", errno.ENXIO, os.lseek, fd, offset,
              getattr(os, name))
fails("SEEK_DATA behind the data", errno.ENXIO, os.lseek, fd,
      (5 << 37) + 7, os.SEEK_DATA)
equal("the data", os.pread(fd, 9, (5 << 37) - 1), b"\0in here\0")
os.close(fd)
