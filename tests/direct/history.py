# SPDX-License-Identifier: GPL-2.0-or-later
"""A random history of a filesystem: history.py DIRECTORY SEED COUNT [FLAG…]

Makes COUNT random operations below DIRECTORY, the same ones for the same SEED
on the same tree.  An operation that the filesystem refuses (no space, too many
xattrs) is left out.  Flags: inline (no operation that makes an inline file
longer without writing to it), large (a directory of thousands of names),
build (nothing is removed), xfs (blocks that files share, ranges that are
inserted, xattrs up to the largest, files of many extents; with "large" a
directory of 100,000 names and a file of 10,000 extents).
"""
import ctypes
import fcntl
import mmap
import os
import random
import shutil
import socket
import stat
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
KEEP_SIZE, PUNCH, COLLAPSE, ZERO, INSERT, UNSHARE = 1, 2, 8, 16, 32, 64
FICLONERANGE = 0x4020940d
NAMES = [b"a", b"b", b"lib", b"lib-x", b"lib.d", b"etc", b"passwd",
         b"bin", b"Bin", b"\xff\xfe", b"new\nline", b"sp ace", b"q\"uote",
         b"back\\slash", "ümlaut".encode(), b"x" * 200, b"y" * 255,
         b".deleted", b"-rf", b"~"]


def fallocate(fd, mode, offset, length):
    result = libc.fallocate(fd, mode, ctypes.c_long(offset),
                            ctypes.c_long(length))
    if result != 0:
        raise OSError(ctypes.get_errno(), "fallocate")


class History:
    def __init__(self, root, seed, flags):
        self.root = os.fsencode(root)
        self.random = random.Random(seed)
        self.flags = flags

    def walk(self):
        """All paths: directories, regular files, everything else."""
        directories, files, others = [self.root], [], []
        for where, names, members in os.walk(self.root):
            names.sort()
            if b"lost+found" in names:
                names.remove(b"lost+found")
            for name in sorted(names + members):
                path = os.path.join(where, name)
                mode = os.lstat(path).st_mode
                if stat.S_ISDIR(mode):
                    directories.append(path)
                elif stat.S_ISREG(mode):
                    files.append(path)
                else:
                    others.append(path)
        return directories, files, others

    def refresh(self):
        self.directories, self.files, self.others = self.walk()

    def pick(self, items):
        return self.random.choice(items) if items else None

    def new_path(self):
        r = self.random
        name = r.choice(NAMES) if r.random() < 0.4 else b"n%d" % r.randrange(999)
        directory = r.choice(self.directories)
        if len(directory) - len(self.root) > 3000:
            directory = self.root
        return os.path.join(directory, name)

    def data(self, most=None):
        r = self.random
        if most is None:
            most = r.choice([10, 59, 61, 100, 150, 1000, 4096, 5000, 70000,
                             300000])
        length = r.randrange(most + 1)
        kind = r.randrange(4)
        if kind == 0:
            return bytes(length)
        if kind == 1:
            return b"abcdefgh" * (length // 8)
        return r.randbytes(length)

    def some_file(self):
        path = self.pick(self.files)
        if path is None:
            raise OSError(2, "no file")
        return path

    def some_path(self):
        path = self.pick(self.files + self.others + self.directories[1:])
        if path is None:
            raise OSError(2, "nothing")
        return path

    # Operations.

    def create(self):
        with open(self.new_path(), "xb") as f:
            f.write(self.data())

    def create_many(self):
        directory = os.path.dirname(self.new_path())
        for i in range(self.random.randrange(5, 60)):
            name = b"m%d" % self.random.randrange(100000)
            with open(os.path.join(directory, name), "wb") as f:
                f.write(self.data(100))

    def create_large(self):
        directory = self.new_path()
        os.mkdir(directory)
        count = 3000 if "large" in self.flags else 150
        if "xfs" in self.flags and "large" in self.flags:
            count = 100000
        for i in range(count):
            name = b"large-name-of-a-member-%d" % i
            with open(os.path.join(directory, name), "wb"):
                pass

    def thin_out(self):
        """Removes every other member of a directory."""
        directory = self.pick(self.directories[1:])
        if directory is None:
            return
        for i, name in enumerate(sorted(os.listdir(directory))):
            path = os.path.join(directory, name)
            if i % 2 == 0 and not stat.S_ISDIR(os.lstat(path).st_mode):
                os.unlink(path)

    def sparse(self):
        r = self.random
        if "inline" in self.flags:
            return
        with open(self.new_path(), "xb") as f:
            for i in range(r.randrange(1, 30)):
                f.seek(r.randrange(1 << r.choice([12, 18, 22, 24])))
                f.write(self.data(6000))

    def append(self):
        with open(self.some_file(), "ab") as f:
            f.write(self.data())

    def overwrite(self):
        """In place, without a change of size."""
        path = self.some_file()
        size = os.path.getsize(path)
        if size == 0:
            return
        with open(path, "r+b") as f:
            at = self.random.randrange(size)
            f.seek(at)
            f.write(self.data(min(size - at, 9000)))

    def rewrite_same(self):
        path = self.some_file()
        with open(path, "r+b") as f:
            data = f.read(200000)
            f.seek(0)
            f.write(data)

    def keep_times(self):
        """Overwrites, and puts the times back."""
        path = self.some_file()
        old = os.stat(path)
        self.overwrite_path(path)
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))

    def overwrite_path(self, path):
        size = os.path.getsize(path)
        if size > 0:
            with open(path, "r+b") as f:
                f.write(self.random.randbytes(min(size, 64)))

    def through_mmap(self):
        path = self.some_file()
        if os.path.getsize(path) < 100:
            return
        with open(path, "r+b") as f:
            with mmap.mmap(f.fileno(), 100) as m:
                m[10:20] = self.random.randbytes(10)

    def truncate(self):
        path = self.some_file()
        size = os.path.getsize(path)
        if "inline" in self.flags:
            os.truncate(path, self.random.randrange(size + 1))
        else:
            os.truncate(path, self.random.randrange(2 * size + 5000))

    def allocate(self):
        if "inline" in self.flags:
            return
        r = self.random
        path = self.some_file()
        size = os.path.getsize(path)
        with open(path, "r+b") as f:
            mode = r.choice([0, KEEP_SIZE, KEEP_SIZE | PUNCH, ZERO,
                             ZERO | KEEP_SIZE, KEEP_SIZE | PUNCH])
            fallocate(f.fileno(), mode, r.randrange(size + 1),
                      r.randrange(1, 100000))

    def collapse(self):
        if "inline" in self.flags:
            return
        path = self.some_file()
        if os.path.getsize(path) > 8192:
            with open(path, "r+b") as f:
                fallocate(f.fileno(), COLLAPSE, 0, 4096)

    def insert(self):
        path = self.some_file()
        size = os.path.getsize(path)
        if size > 4096:
            with open(path, "r+b") as f:
                fallocate(f.fileno(), INSERT,
                          self.random.randrange(size) // 4096 * 4096, 8192)

    def clone(self, source, target, offset, length, to):
        with open(source, "rb") as f, open(target, "r+b") as g:
            fcntl.ioctl(g, FICLONERANGE, struct.pack(
                "qQQQ", f.fileno(), offset, length, to))

    def reflink(self):
        path = self.new_path()
        with open(path, "xb"):
            pass
        self.clone(self.some_file(), path, 0, 0, 0)

    def reflink_range(self):
        r = self.random
        source, target = self.some_file(), self.some_file()
        offset = r.randrange(os.path.getsize(source) + 1) // 4096 * 4096
        length = r.randrange(1, 20) * 4096
        self.clone(source, target, offset, length, r.randrange(30) * 4096)

    def unshare(self):
        path = self.some_file()
        with open(path, "r+b") as f:
            fallocate(f.fileno(), UNSHARE, 0, os.path.getsize(path) or 1)

    def fragments(self, count=None):
        """A file of many extents, in which every other block is missing."""
        if count is None:
            count = self.random.choice([12, 30, 200, 800])
        with open(self.new_path(), "xb") as f:
            f.truncate(count * 8192)
            for i in range(count):
                f.seek(i * 8192)
                f.write(b"%08d" % i * 4)

    def punch_many(self):
        """Holes all over a file."""
        path = self.some_file()
        size = os.path.getsize(path)
        with open(path, "r+b") as f:
            for at in range(0, min(size, 1 << 20), 12288):
                fallocate(f.fileno(), KEEP_SIZE | PUNCH, at, 4096)

    def large_xattrs(self):
        """Of any size, many of one file."""
        r = self.random
        path = self.pick(self.files + self.directories[1:])
        if path is None:
            return
        for i in range(r.choice([1, 3, 20, 60])):
            size = r.choice([1, 300, 900, 4000, 4096, 20000, 65535, 65536])
            os.setxattr(path, b"user.%d" % r.randrange(80) + b"x" * (i * 3),
                        r.randbytes(r.randrange(size + 1)))

    def mkdir(self):
        os.mkdir(self.new_path())

    def deep(self):
        path = self.new_path()
        for i in range(self.random.randrange(2, 15)):
            os.mkdir(path)
            path = os.path.join(path, b"d%d" % i)

    def remove_tree(self):
        path = self.pick(self.directories[1:])
        if path is not None and self.random.random() < 0.3:
            shutil.rmtree(path)

    def rename(self):
        os.rename(self.some_path(), self.new_path())

    def rename_directory(self):
        path = self.pick(self.directories[1:])
        if path is not None:
            os.rename(path, self.new_path())

    def rename_over(self):
        os.rename(self.some_file(), self.some_file())

    def replace_same(self):
        """Another inode with the same bytes at the same name."""
        path = self.some_file()
        with open(path, "rb") as f:
            data = f.read()
        with open(path + b"~", "wb") as f:
            f.write(data)
        shutil.copystat(path, path + b"~")
        os.chown(path + b"~", os.stat(path).st_uid, os.stat(path).st_gid)
        os.rename(path + b"~", path)

    def recreate(self):
        """Mostly gets the same inode number at the same place."""
        path = self.some_path()
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            if os.listdir(path):
                return
            os.rmdir(path)
        else:
            os.unlink(path)
        if self.random.random() < 0.2:
            os.mkdir(path)
        elif self.random.random() < 0.2:
            os.symlink(b"somewhere/else", path)
        else:
            with open(path, "wb") as f:
                f.write(self.data(5000))

    def unlink(self):
        os.unlink(self.pick(self.files + self.others) or b"/nowhere/x")

    def unlink_more(self):
        for i in range(5):
            self.refresh()
            self.unlink()

    def link(self):
        os.link(self.pick(self.files + self.others) or b"/nowhere/x",
                self.new_path(), follow_symlinks=False)

    def symlink(self):
        r = self.random
        length = r.choice([1, 5, 58, 59, 60, 61, 120, 500, 1000])
        os.symlink(b"t" * length, self.new_path())

    def device(self):
        r = self.random
        kind = r.choice([stat.S_IFCHR, stat.S_IFBLK])
        number = r.choice([os.makedev(1, 3), os.makedev(8, 300),
                           os.makedev(4000, 70000)])
        os.mknod(self.new_path(), kind | 0o600, number)

    def fifo(self):
        os.mkfifo(self.new_path())

    def socket(self):
        path = self.new_path()
        where = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(b"/proc/self/fd/%d/s%d" %
                       (where, self.random.randrange(99)))
        finally:
            os.close(where)

    def chmod(self):
        path = self.pick(self.files + self.directories[1:])
        if path is not None:
            os.chmod(path, self.random.choice(
                [0o644, 0o600, 0o4755, 0o2755, 0o1777, 0o0]))

    def chown(self):
        os.chown(self.some_path(), self.random.choice([0, 5, 1000, 70000]),
                 self.random.choice([0, 6, 100000]), follow_symlinks=False)

    def set_xattr(self):
        r = self.random
        path = self.pick(self.files + self.directories[1:])
        if path is None:
            return
        name = r.choice([b"user.a", b"user.b", b"user.comment",
                         b"trusted.overlay", b"security.selinux",
                         b"user." + b"n" * 200])
        size = r.choice([0, 1, 10, 60, 100, 500, 3000, 10000, 50000])
        os.setxattr(path, name, r.randbytes(size))

    def same_xattrs(self):
        """A block of attributes that several files share."""
        r = self.random
        for path in r.sample(self.files, min(4, len(self.files))):
            os.setxattr(path, b"user.shared", b"s" * 300)

    def remove_xattr(self):
        path = self.pick(self.files + self.directories[1:])
        if path is not None:
            names = sorted(os.listxattr(path))
            if names:
                os.removexattr(path, self.random.choice(names))

    def set_acl(self):
        path = self.pick(self.files + self.directories[1:])
        if path is None:
            return
        acl = struct.pack("<I", 2)
        for tag, mode, number in ((1, 6, -1), (2, 4, 1000), (4, 4, -1),
                                  (8, 5, 99), (16, 7, -1), (32, 0, -1)):
            acl += struct.pack("<HHi", tag, mode, number)
        name = "system.posix_acl_access"
        if os.path.isdir(path) and self.random.random() < 0.5:
            name = "system.posix_acl_default"
        os.setxattr(path, name, acl)

    def set_capability(self):
        path = self.some_file()
        os.setxattr(path, "security.capability",
                    struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0))

    def touch(self):
        os.utime(self.some_path(), ns=(self.random.randrange(1 << 60),
                                       self.random.randrange(1 << 62)),
                 follow_symlinks=False)

    def read(self):
        with open(self.some_file(), "rb") as f:
            f.read(1)

    def operations(self):
        common = [self.create, self.create, self.append, self.overwrite,
                  self.unlink, self.rename, self.mkdir, self.truncate,
                  self.recreate, self.link, self.chmod]
        rare = [self.create_many, self.sparse, self.rewrite_same,
                self.keep_times, self.through_mmap, self.allocate,
                self.collapse, self.deep, self.remove_tree,
                self.rename_directory, self.rename_over, self.replace_same,
                self.unlink_more, self.symlink, self.device, self.fifo,
                self.socket, self.chown, self.set_xattr, self.set_xattr,
                self.same_xattrs, self.remove_xattr, self.set_acl,
                self.set_capability, self.touch, self.read, self.thin_out]
        building = [self.create, self.create, self.create_many, self.append,
                    self.mkdir, self.mkdir, self.deep, self.sparse,
                    self.link, self.symlink, self.device, self.fifo,
                    self.chown, self.chmod, self.set_xattr, self.set_xattr,
                    self.same_xattrs, self.set_acl, self.set_capability,
                    self.allocate]
        if "xfs" in self.flags:
            more = [self.reflink, self.reflink_range, self.fragments,
                    self.large_xattrs]
            building += more
            rare += more * 2 + [self.insert, self.unshare, self.punch_many]
        return building if "build" in self.flags else common + rare

    def run(self, count):
        operations = self.operations()
        if "large" in self.flags:
            self.refresh()
            self.create_large()
            if "xfs" in self.flags:
                self.fragments(10000)
        for i in range(count):
            if i % 15 == 0:
                self.refresh()
            operation = self.random.choice(operations)
            try:
                operation()
            except (OSError, ValueError):
                pass


def main():
    root, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    History(root, seed, sys.argv[4:]).run(count)


if __name__ == "__main__":
    main()
