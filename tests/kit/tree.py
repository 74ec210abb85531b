# SPDX-License-Identifier: GPL-2.0-or-later
#
# A file tree as text, one line a path, for holding it against another one:
#   tree.py DIRECTORY
# Everything is there but atime, ctime, inode and link numbers (names of one
# inode are told by the first one's), the size of directories, sockets, and the
# xattrs user.deltafs.*, of which a mount has its own.

import hashlib
import os
import stat
import sys

TYPES = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink",
    stat.S_IFBLK: "block", stat.S_IFCHR: "char", stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}


def text(raw):
    return repr(raw)[2:-1]


def digest(path):
    result = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            piece = file.read(1 << 20)
            if not piece:
                return result.hexdigest()
            result.update(piece)


def xattrs(path):
    result = []
    for name in sorted(os.listxattr(path, follow_symlinks=False)):
        if not name.startswith("user.deltafs."):
            value = os.getxattr(path, name, follow_symlinks=False)
            result.append("%s=%s" % (text(os.fsencode(name)), value.hex()))
    return result


def describe(root, path, names):
    full = os.path.join(root, path) if path else root
    info = os.lstat(full)
    kind = TYPES[stat.S_IFMT(info.st_mode)]
    words = [text(path) or ".", kind, "%04o" % stat.S_IMODE(info.st_mode),
             "%d:%d" % (info.st_uid, info.st_gid), str(info.st_mtime_ns)]
    if kind == "file":
        words += [str(info.st_size), digest(full)]
    elif kind == "symlink":
        words.append("->" + text(os.readlink(full)))
    elif kind in ("block", "char"):
        words.append("%d,%d" % (os.major(info.st_rdev),
                                os.minor(info.st_rdev)))
    if kind != "directory":
        first = names.setdefault((info.st_dev, info.st_ino), path)
        if first != path:
            words.append("is " + text(first))
    return kind, " ".join(words + xattrs(full))


def walk(root):
    names = {}
    waiting = [b""]
    while waiting:
        path = waiting.pop()
        kind, line = describe(root, path, names)
        if kind != "socket":
            yield line
        if kind == "directory":
            members = sorted(os.listdir(os.path.join(root, path)
                                        if path else root), reverse=True)
            waiting += [os.path.join(path, name) for name in members]


for line in walk(os.fsencode(sys.argv[1])):
    print(line)
