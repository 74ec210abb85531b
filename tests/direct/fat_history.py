# SPDX-License-Identifier: GPL-2.0-or-later
"""A random history of a FAT filesystem, made by mtools:
fat_history.py IMAGE SEED COUNT

IMAGE as mtools has it (file, or file@@offset).  Makes COUNT random operations,
the same ones for the same SEED on the same tree.  What mtools refuses (no space,
a full root directory) is left out.
"""
import os
import random
import subprocess
import sys
import tempfile

NAMES = ["A.TXT", "lower.txt", "MiXed.Case", "a long name with spaces.efi",
         "grubx64.efi", "BOOTX64.EFI", "ümlaut in long.cfg", "数字.txt", "x" * 60,
         "y" * 200, "no_extension", "two.dots.here", "+plus[1].txt", "EFI",
         "boot", "a.b", "initrd.img-6.1.0-57", "$RECYCLE.BIN"]


def tool(name, *arguments):
    """Runs one of mtools; what it prints, or None when it refuses."""
    result = subprocess.run([name, *arguments], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return result.stdout.decode() if result.returncode == 0 else None


class History:
    def __init__(self, image, seed, work):
        self.image = image
        self.random = random.Random(seed)
        self.work = work

    def refresh(self):
        self.directories, self.files = ["::"], []
        listing = tool("mdir", "-b", "-/", "-a", "-i", self.image, "::") or ""
        for line in listing.splitlines():
            if line.endswith("/"):
                self.directories.append(line[:-1])
            elif line:
                self.files.append(line)
        self.directories.sort()
        self.files.sort()

    def pick(self, items):
        return self.random.choice(items) if items else None

    def new_path(self):
        r = self.random
        name = r.choice(NAMES) if r.random() < 0.5 else \
            "n%d.%s" % (r.randrange(300), r.choice(["c", "TXT", "conf", "efi"]))
        return r.choice(self.directories) + "/" + name

    def source(self):
        """A file of the host's with random bytes and a random time."""
        r = self.random
        path = os.path.join(self.work, "source")
        length = r.randrange(1 + r.choice([0, 1, 511, 512, 4096, 70000,
                                           400000]))
        with open(path, "wb") as f:
            f.write(bytes(length) if r.random() < 0.1 else r.randbytes(length))
        time = 1000000000 + 2 * r.randrange(300000000)
        os.utime(path, (time, time))
        return path

    def write(self):
        tool("mcopy", "-m", "-o", "-Q", "-i", self.image, self.source(),
             self.new_path())

    def rewrite(self):
        path = self.pick(self.files)
        if path:
            tool("mcopy", "-m", "-o", "-Q", "-i", self.image, self.source(),
                 path)

    def make_directory(self):
        tool("mmd", "-D", "s", "-i", self.image, self.new_path())

    def delete(self):
        path = self.pick(self.files)
        if path:
            tool("mdel", "-i", self.image, path)

    def delete_tree(self):
        path = self.pick(self.directories)
        if path != "::" and self.random.random() < 0.3:
            tool("mdeltree", "-i", self.image, path)

    def move(self):
        path = self.pick(self.files + self.directories[1:])
        if path:
            tool("mmove", "-D", "s", "-i", self.image, path, self.new_path())

    def attributes(self):
        path = self.pick(self.files)
        flags = ["%s%s" % (self.random.choice("+-"), letter)
                 for letter in "hsra" if self.random.random() < 0.5]
        if path and flags:
            tool("mattrib", *flags, "-i", self.image, path)

    def many(self):
        for _ in range(self.random.randrange(40)):
            self.write()

    def step(self):
        self.refresh()
        self.random.choice([self.write, self.write, self.write, self.rewrite,
                            self.rewrite, self.make_directory, self.delete,
                            self.delete_tree, self.move, self.move,
                            self.attributes, self.attributes] * 3
                           + [self.many])()


def main():
    image, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    os.environ.update(MTOOLS_SKIP_CHECK="1", TZ="UTC", LC_ALL="C.UTF-8")
    with tempfile.TemporaryDirectory() as work:
        history = History(image, seed, work)
        for _ in range(count):
            history.step()


if __name__ == "__main__":
    main()
