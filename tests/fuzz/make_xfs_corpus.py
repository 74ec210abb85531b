# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the seeds of xfs_fuzz: make_xfs_corpus.py DIRECTORY

Needs root: the kernel fills the filesystems, of the smallest size that
mkfs.xfs makes, and the overlay is copied while it is mounted, so that its log is
not empty.  The seeds are kept in the repository.
"""
import os
import struct
import subprocess
import sys
import tempfile

import make_corpus

SIZE = 16 << 20
UUID = make_corpus.UUID
FILESYSTEMS = [
    ("default", ["-b", "size=4096"], 0x02),
    ("small", ["-b", "size=1024", "-n", "size=4096", "-m", "rmapbt=1",
               "-i", "nrext64=1"], 0x03),
]


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def fill(root):
    os.makedirs(root + "/etc")
    os.mkdir(root + "/d0")
    os.mkdir(root + "/d0/many")
    with open(root + "/etc/fstab", "w") as f:
        f.write("/dev/sda / xfs defaults 0 0\n")
    for i in range(12):
        with open(root + "/d0/file-%d" % i, "w") as f:
            f.write("content %d\n" % i * (i * 40))
    for i in range(150):
        open(root + "/d0/many/a-member-of-it-%d" % i, "w").close()
    with open(root + "/d0/pieces", "wb") as f:
        for i in range(40):
            f.seek(i * 8192)
            f.write(b"piece %d" % i)
    for size in 5, 300, 900, 5000:
        os.setxattr(root + "/d0/file-3", "user.size-%d" % size, b"v" * size)
    os.setxattr(root + "/d0/file-4", "user.short", b"v")
    os.symlink("t" * 40, root + "/d0/l")
    os.symlink("t" * 700, root + "/d0/long")
    os.mknod(root + "/d0/null", 0o20600, os.makedev(1, 3))
    os.link(root + "/d0/file-1", root + "/d0/link")


def change(root):
    for i in range(0, 12, 2):
        with open(root + "/d0/file-%d" % i, "r+") as f:
            f.write("changed")
    for i in range(0, 150, 3):
        os.unlink(root + "/d0/many/a-member-of-it-%d" % i)
    for i in range(20):
        open(root + "/d0/many/another-%d" % i, "w").close()
    os.rename(root + "/d0/file-5", root + "/etc/file-5")
    os.setxattr(root + "/d0/file-4", "user.long", b"w" * 2000)
    os.removexattr(root + "/d0/file-3", "user.size-900")
    os.symlink("u" * 500, root + "/etc/long")
    with open(root + "/d0/pieces", "r+b") as f:
        for i in range(0, 40, 3):
            f.seek(i * 8192 + 4096)
            f.write(b"more %d" % i)


def main():
    where = sys.argv[1]
    with tempfile.TemporaryDirectory(dir=".") as work:
        image, root = work + "/image", work + "/root"
        os.mkdir(root)
        for name, arguments, flags in FILESYSTEMS:
            with open(image, "wb") as f:
                f.truncate(SIZE)
            run("mkfs.xfs", "-q", "-f", "--unsupported", "-m", "uuid=" + UUID,
                *arguments, image)
            images = []
            for step in fill, change:
                run("mount", "-o", "loop", image, root)
                step(root)
                os.sync()
                if step is change:
                    images.append(make_corpus.read(image))
                run("umount", root)
                if step is fill:
                    images.append(make_corpus.read(image))
            data = make_corpus.disks(flags, *images)
            os.makedirs(where + "/xfs", exist_ok=True)
            make_corpus.write(where + "/xfs/" + name, data)
            print(name, len(data))


if __name__ == "__main__":
    main()
