# SPDX-License-Identifier: GPL-2.0-or-later
"""Every way to change something is refused with EROFS, by the kernel on a
read-only mount and by the server on one that root made writable."""
import ctypes
import errno
import fcntl
import os
import sys

from checks import check, equal, fails

root, how = sys.argv[1:]
EROFS = errno.EROFS
f = root + "/file"
d = root + "/directory"
new = root + "/new"
libc = ctypes.CDLL(None, use_errno=True)


def renameat2(old, target, flags):
    if libc.renameat2(-100, old.encode(), -100, target.encode(), flags) < 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def refused(what, function, *arguments, **keywords):
    fails(f"{how}: {what}", EROFS, function, *arguments, **keywords)


refused("create", os.open, new, os.O_WRONLY | os.O_CREAT, 0o600)
refused("create with O_EXCL", os.open, new,
        os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
refused("mkdir", os.mkdir, new)
refused("mknod of a fifo", os.mkfifo, new)
refused("mknod of a file", os.mknod, new)
refused("symlink", os.symlink, "x", new)
refused("link", os.link, f, new)
refused("unlink", os.unlink, f)
refused("rmdir", os.rmdir, d)
refused("rename", os.rename, f, new)
refused("rename over another", os.rename, f, root + "/other")
refused("rename without replacing", renameat2, f, new, 1)
refused("exchange", renameat2, f, root + "/other", 2)
refused("chmod", os.chmod, f, 0o600)
refused("chown", os.chown, f, 1, 1)
refused("utimes", os.utime, f, (1, 1))
refused("utimes now", os.utime, f)
refused("utimes of a symlink", os.utime, root + "/symlink", (1, 1),
        follow_symlinks=False)
refused("truncate", os.truncate, f, 0)
refused("setxattr", os.setxattr, f, "user.x", b"1")
refused("setxattr of ours", os.setxattr, f, "user.deltafs.status", b"1")
refused("removexattr", os.removexattr, f, "user.deltafs.status")
refused("setxattr of a directory", os.setxattr, d, "user.x", b"1")
refused("in .deleted: create", os.open, root + "/.deleted/new",
        os.O_WRONLY | os.O_CREAT)
refused("in .deleted: unlink", os.unlink, root + "/.deleted/gone")

if how == "kernel":
    refused("open for writing", os.open, f, os.O_WRONLY)
    refused("open for both", os.open, f, os.O_RDWR)
    refused("open for appending", os.open, f, os.O_WRONLY | os.O_APPEND)
    refused("open with O_TRUNC", os.open, f, os.O_WRONLY | os.O_TRUNC)
    refused("O_TMPFILE", os.open, d, os.O_TMPFILE | os.O_RDWR, 0o600)
else:
    fails(f"{how}: O_TMPFILE", (EROFS, errno.EOPNOTSUPP), os.open, d,
          os.O_TMPFILE | os.O_RDWR, 0o600)
    refused("open with O_TRUNC", os.open, f, os.O_WRONLY | os.O_TRUNC)
    # The kernel may open without asking us; then the write fails.

    def write():
        fd = os.open(f, os.O_WRONLY)
        try:
            os.pwrite(fd, b"changed", 0)
            os.fsync(fd)
        finally:
            os.close(fd)

    def fallocate():
        fd = os.open(f, os.O_WRONLY)
        try:
            os.posix_fallocate(fd, 0, 10000)
        finally:
            os.close(fd)

    def copy():
        source = os.open(root + "/other", os.O_RDONLY)
        target = os.open(f, os.O_WRONLY)
        try:
            os.copy_file_range(source, target, 5)
        finally:
            os.close(source)
            os.close(target)

    refused("write", write)
    refused("fallocate", fallocate)
    refused("copy_file_range", copy)

fd = os.open(f, os.O_RDONLY)
fails(f"{how}: ioctl", errno.ENOTTY, fcntl.ioctl, fd, 0x80086601, b"\0" * 8)
fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
other = os.open(f, os.O_RDONLY)
fails(f"{how}: locks work among local users", errno.EWOULDBLOCK, fcntl.flock,
      other, fcntl.LOCK_EX | fcntl.LOCK_NB)
os.fsync(fd)
os.close(fd)
os.close(other)
equal(f"{how}: nothing changed", open(f).read(), "content")
equal(f"{how}: nothing is new", sorted(os.listdir(root)),
      [".deleted", "directory", "file", "other", "symlink"])
check(f"{how}: the mode is as it was", os.stat(f).st_mode & 0o777 == 0o644)
