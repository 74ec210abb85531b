# SPDX-License-Identifier: GPL-2.0-or-later
"""Attributes of the tree of attributes.sh."""
import errno
import os
import stat
import sys

from checks import check, equal, fails

root = sys.argv[1]


def at(path):
    return os.lstat(root + path)


def inode(path):
    return at(path).st_ino


s = at("/file")
equal("type and mode", oct(s.st_mode), oct(stat.S_IFREG | 0o4751))
equal("owner", (s.st_uid, s.st_gid), (1234, 4321))
equal("size", s.st_size, 5000)
equal("blocks", s.st_blocks, 24)
equal("mtime in ns", s.st_mtime_ns, 1700000000123456789)
equal("atime in ns", s.st_atime_ns, 1600000000000000001)
equal("ctime in ns", s.st_ctime_ns, 1500000000999999999)
equal("link count of a file", s.st_nlink, 1)
check("a block size", s.st_blksize >= 512)

equal("large ids", (at("/ids").st_uid, at("/ids").st_gid),
      (4294967294, 4000000000))
equal("a time before 1970", at("/old").st_mtime_ns, -86400 * 10**9 + 5)
equal("a time after 2106", at("/future").st_mtime_ns,
      15000000000 * 10**9 + 7)
equal("a sticky directory", oct(at("/sticky").st_mode),
      oct(stat.S_IFDIR | 0o1777))
equal("mode 0", oct(at("/secret").st_mode), oct(stat.S_IFREG))

s = at("/block")
equal("block device", (oct(s.st_mode), os.major(s.st_rdev),
                       os.minor(s.st_rdev)), (oct(stat.S_IFBLK | 0o660),
                                              259, 70000))
s = at("/char")
equal("character device", (oct(s.st_mode), os.major(s.st_rdev),
                           os.minor(s.st_rdev)),
      (oct(stat.S_IFCHR | 0o666), 1, 3))
fails("devices are not opened", errno.EACCES, os.open, root + "/char",
      os.O_RDONLY)
check("fifo", stat.S_ISFIFO(at("/fifo").st_mode))
check("socket", stat.S_ISSOCK(at("/socket").st_mode))

equal("symlink target", os.readlink(root + "/link"), "/etc/passwd")
equal("symlink size", at("/link").st_size, len("/etc/passwd"))
equal("a relative target", os.readlink(root + "/up"), "../../x")
equal("a target of 4000 bytes", os.readlink(root + "/far"), "t" * 4000)
equal("a target of odd bytes", os.readlink(os.fsencode(root) + b"/odd"),
      b"\xff\n \x01")
equal("the longest target", len(os.readlink(root + "/longest")), 4095)
fails("a longer one", (errno.EIO, errno.ENAMETOOLONG), os.readlink,
      root + "/toolong")
fails("a target that cannot be read", errno.EIO, os.readlink, root + "/lost")
fails("readlink of a file", errno.EINVAL, os.readlink, root + "/file")

equal("hard links: one inode number", inode("/hard/a"), inode("/hard/b"))
equal("hard links: link count", at("/hard/a").st_nlink, 2)
equal("directory link count", at("/tree").st_nlink, 2 + 3)
equal("link count of an empty directory", at("/tree/1").st_nlink, 2)
equal("inode number as readdir gives it",
      {e.name: e.inode() for e in os.scandir(root + "/tree")},
      {n: inode("/tree/" + n) for n in os.listdir(root + "/tree")})

def everything():
    """All paths below the root with what lstat says, however deep."""
    for where, directories, files, fd in os.fwalk(os.fsencode(root)):
        for name in directories + files:
            yield (os.path.join(where, name),
                   os.stat(name, dir_fd=fd, follow_symlinks=False))


inodes = {}
doubles = []
for path, s in everything():
    if s.st_ino in inodes and b"/hard/" not in path:
        doubles.append((path, inodes[s.st_ino]))
    inodes[s.st_ino] = path
equal("inode numbers are unique", doubles, [])
check("no inode number is 0", 0 not in inodes)
check("many were looked at", len(inodes) > 25)

# .deleted and .base
equal("a deleted file's metadata", (oct(at("/.deleted/gone").st_mode),
                                    at("/.deleted/gone").st_size),
      (oct(stat.S_IFREG | 0o640), 5))
equal("its content", open(root + "/.deleted/gone").read(), "gone\n")
equal("scaffold in .deleted has the base's mode",
      oct(at("/.deleted/keep").st_mode), oct(stat.S_IFDIR | 0o711))
equal("a deleted symlink", os.readlink(root + "/.deleted/keep/link"), "where")
equal("a modified file's base",
      open(root + "/.base/keep/changed").read(), "before\n")
equal("and the overlay's", open(root + "/keep/changed").read(), "afterwards\n")
fails("what did not change is not there", errno.ENOENT, os.lstat,
      root + "/keep/same")
check(".deleted is not in .deleted",
      ".deleted" not in os.listdir(root + "/.deleted"))

# Names
names = os.listdir(os.fsencode(root) + b"/names")
wanted = sorted([b"a\nb", b"\xff\xfe", b"\x1b[31m", b"n" * 255, b" ", b"-rf",
                 b"a'b\"c\\d", b"*", b"\xc3\xa4", b"...", b"con:"])
equal("hostile names", sorted(names), wanted)
equal("hostile names: each is found",
      [os.lstat(os.path.join(os.fsencode(root), b"names", n)).st_size
       for n in names], [1] * len(wanted))
fails("a name of 256 bytes", (errno.ENOENT, errno.ENAMETOOLONG), os.lstat,
      root + "/names/" + "n" * 256)
equal("a name of 765 bytes, as NTFS has them",
      os.stat(root + "/" + "N" * 765).st_size, 1)
check("it is listed", "N" * 765 in os.listdir(root))
fails("a missing name", errno.ENOENT, os.lstat, root + "/names/missing")
fails("below a file", errno.ENOTDIR, os.lstat, root + "/file/x")

# A tree deeper than PATH_MAX
fd = os.open(root + "/deep", os.O_RDONLY | os.O_DIRECTORY)
depth = 0
while True:
    below = [n for n in os.listdir(fd) if n.startswith("d")]
    if not below:
        break
    lower = os.open(below[0], os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
    os.close(fd)
    fd = lower
    depth += 1
equal("depth beyond PATH_MAX", depth, 60)
last = os.open("bottom", os.O_RDONLY, dir_fd=fd)
equal("a file beyond PATH_MAX", os.read(last, 10), b"deep")
os.close(last)
os.close(fd)

# access
check("a file without modes may be read", os.access(root + "/secret", os.R_OK))
equal("and is read", open(root + "/secret").read(), "secret")
check("executable", os.access(root + "/file", os.X_OK))
check("not executable", not os.access(root + "/old", os.X_OK))
check("not writable", not os.access(root + "/file", os.W_OK))
check("a directory may be entered", os.access(root + "/tree", os.X_OK))

# statfs
v = os.statvfs(root)
f = os.statvfs(root + "/file")
equal("statfs: nothing is free", (v.f_bfree, v.f_bavail, v.f_ffree,
                                  v.f_favail), (0, 0, 0, 0))
equal("statfs: f_namemax", v.f_namemax, 255)
total = {at("").st_ino: at("").st_blocks}
count = 1
for path, s in everything():
    total[s.st_ino] = s.st_blocks
    count += 1
equal("statfs: blocks are the total", v.f_blocks * v.f_frsize,
      sum(total.values()) * 512)
equal("statfs: files are the total", v.f_files, count)
equal("statfs: block sizes agree", v.f_bsize % 512, 0)
equal("statfs is the same everywhere", (f.f_blocks, f.f_files, f.f_frsize),
      (v.f_blocks, v.f_files, v.f_frsize))
