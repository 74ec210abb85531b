# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the seeds of the fuzz targets: make_corpus.py DIRECTORY

Small filesystems, tables and headers as mke2fs, qemu-img and sfdisk make them,
in the forms in which the targets take their inputs, into
DIRECTORY/TARGET/NAME.  They are kept in the repository: run it again only for
more of them.
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "direct"))
import exfat                    # noqa: E402

UUID = "6b2f1b0e-7a1d-4a53-9a53-0c4f5a7f9d11"
LONG = "n" * 255
EXT4 = ["-t", "ext4", "-b", "1024", "-I", "256"]
# Name, arguments of mke2fs, KiB, inodes, flags, dirty journal.
FILESYSTEMS = [
    ("sums", EXT4 + ["-O", "^has_journal,metadata_csum"], 256, 32, 0x02, 0),
    ("plain", EXT4 + ["-O", "^has_journal,^metadata_csum,^64bit"], 256, 32,
     0x41, 0),
    ("no-map", EXT4 + ["-O", "^has_journal,^metadata_csum,uninit_bg"], 256, 32,
     0x08, 0),
    ("indirect", ["-t", "ext2", "-b", "1024", "-I", "128"], 256, 32, 0x03, 0),
    ("inline", EXT4 + ["-O", "^has_journal,inline_data,ea_inode,metadata_csum"],
     256, 32, 0x02, 0),
    ("clusters", EXT4 + ["-O", "^has_journal,bigalloc,metadata_csum",
                         "-C", "4096"], 512, 32, 0x02, 0),
    ("large-blocks", ["-t", "ext4", "-b", "4096", "-O",
                      "^has_journal,metadata_csum,meta_bg,^resize_inode"],
     512, 32, 0x02, 0),
    ("groups", EXT4 + ["-O", "^has_journal,metadata_csum,flex_bg", "-g",
                       "256", "-G", "2"], 768, 48, 0x07, 0),
    ("casefold", EXT4 + ["-O", "^has_journal,casefold,project,quota",
                         "-E", "encoding=utf8"], 256, 32, 0x02, 0),
    ("journal", EXT4 + ["-O", "metadata_csum", "-J", "size=1"], 2560, 32,
     0x02, 1),
    ("journal-3", ["-t", "ext3", "-b", "1024", "-J", "size=1"], 2560, 32,
     0x01, 1),
    ("alone", EXT4 + ["-O", "^has_journal,metadata_csum"], 256, 32, 0x10, 0),
]


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, **options)


def xattr(path, name, value):
    os.setxattr(path, name, value, follow_symlinks=False)


def make_tree(root, overlay):
    for directory in ("etc", "d0", "d0/d1", "d0/empty"):
        os.makedirs(os.path.join(root, directory))
    write(root + "/etc/fstab", b"UUID=x / ext4 defaults 0 1\n")
    write(root + "/d0/small", b"small" + (b"er" if overlay else b""))
    write(root + "/d0/same", b"the same")
    with open(root + "/d0/holes", "wb") as f:
        for i in range(7):
            f.seek(i * 5000)
            f.write(b"%d" % i * 40)
    xattr(root + "/d0/small", "user.short", b"v")
    xattr(root + "/d0/small", "user.long",
          (b"V" if overlay else b"v") * 400)
    os.link(root + "/d0/small", root + "/d0/d1/second")
    os.symlink("etc/fstab", root + "/l")
    os.symlink("t" * 100, root + "/long-link")
    os.mknod(root + "/d0/device", 0o20600, os.makedev(5, 1))
    for i in range(30):
        write(root + "/d0/d1/a-long-name-of-a-member-%d" % i, b"")
        if i > 2:
            os.remove(root + "/d0/d1/a-long-name-of-a-member-%d" % i)
            os.symlink("x", root + "/d0/d1/a-long-name-of-%d" % i)
            os.remove(root + "/d0/d1/a-long-name-of-%d" % i)
    if overlay:
        os.remove(root + "/d0/same")
        write(root + "/new", b"new\n" * 400)
        write(root + "/.deleted", b"")
        os.chmod(root + "/etc/fstab", 0o4755)
        os.rmdir(root + "/d0/empty")
        write(root + "/" + LONG, b"")
        write(os.fsencode(root) + b"/\xff\n\x1b[31m\"\\", b"")


def dirty(image, work):
    """A transaction, a revocation, and another transaction."""
    data = os.path.join(work, "data")
    write(data, read(image)[40 * 1024:43 * 1024])
    commands = "jo\njw -b 40,41,42 %s\njw -r 41\njw -b 43,44 %s\njc\n" % (
        data, data)
    run("debugfs", "-w", "-f", "/dev/stdin", image, input=commands.encode())


def pieces(data, old, bit):
    """What is different, as memory_disks.h has it."""
    result, at = [], 0
    while at < len(data):
        if data[at] == old[at]:
            at += 1
            continue
        start = end = at
        while at < len(data) and at - end < 8 and at - start < 60000:
            if data[at] != old[at]:
                end = at
            at += 1
        at = end + 1
        result.append(struct.pack("<IH", start | bit, at - start)
                      + data[start:at])
    return b"".join(result)


def disks(flags, base, overlay):
    size = max(len(base), len(overlay))
    return struct.pack("<BHH", flags, len(base) // 1024,
                       len(overlay) // 1024) + pieces(
        base, bytes(size), 0) + pieces(
        overlay, base[:len(overlay)] + bytes(max(0, len(overlay) - len(base))),
        1 << 31)


class Maker:
    def __init__(self, where, work):
        self.where, self.work = where, work

    def seed(self, target, name, data):
        directory = os.path.join(self.where, target)
        os.makedirs(directory, exist_ok=True)
        write(os.path.join(directory, name), data)

    def filesystem(self, name, arguments, size, inodes, is_dirty):
        environment = dict(os.environ, E2FSPROGS_FAKE_TIME="1700000000")
        images = []
        for side in ("a", "b"):
            path = os.path.join(self.work, name + "." + side)
            run("mke2fs", "-q", "-F", "-m", "0", "-U", UUID, "-N", str(inodes),
                "-E", "hash_seed=" + UUID + ",root_owner=0:0", *arguments,
                "-d", os.path.join(self.work, side), path, "%dk" % size,
                env=environment)
            if is_dirty and side == "b":
                dirty(path, self.work)
            images.append(read(path))
        return images

    def filesystems(self):
        for name, arguments, size, inodes, flags, is_dirty in FILESYSTEMS:
            arguments = list(arguments)
            if "-E" in arguments:       # one list of extended options
                at = arguments.index("-E")
                extra = arguments[at + 1]
                del arguments[at:at + 2]
                arguments += ["-E", "hash_seed=%s,root_owner=0:0,%s"
                              % (UUID, extra)]
            base, overlay = self.filesystem(name, arguments, size, inodes,
                                            is_dirty)
            self.seed("engine", name, disks(flags, base, overlay))
            if name == "sums":
                self.parts(overlay)
            if is_dirty:
                self.journal(name, overlay)

    def fats(self):
        """FAT by mtools."""
        for name, size, arguments in (("fat12", 160, ["-F", "12", "-s", "1"]),
                                      ("fat16", 2560, ["-F", "16", "-s", "1"])):
            path = os.path.join(self.work, name)
            with open(path, "wb") as f:
                f.truncate(size * 1024)
            run("mkfs.vfat", "-i", "12345678", "--invariant", *arguments, path)
            images = []
            for side in ("a", "b"):
                source = os.path.join(self.work, side + ".fat")
                os.makedirs(os.path.join(source, "directory", "below"))
                for i in range(6 if side == "a" else 9):
                    write(os.path.join(source, "directory",
                                       "a long name %d" % i),
                          side.encode() * (400 * i))
                write(os.path.join(source, "SHORT.TXT"), b"short")
                run("mcopy", "-s", "-o", "-i", path,
                    *(os.path.join(source, n)
                      for n in sorted(os.listdir(source))), "::",
                    env=dict(os.environ, MTOOLS_SKIP_CHECK="1"))
                shutil.rmtree(source)
                images.append(read(path))
            self.seed("fat", name, disks(0x03, *images))

    def exfat(self):
        """A tree that exfat-fuse wrote (root, loop devices)."""
        path = os.path.join(self.work, "exfat")
        with open(path, "wb") as f:
            f.truncate(1 << 20)
        run("mkfs.exfat", "-c", "512", "-b", "4096", path)
        images = []
        for side in ("a", "b"):
            with exfat.mounted(path) as root:
                os.makedirs(os.path.join(root, "directory", side))
                for i in range(6 if side == "a" else 9):
                    write(os.path.join(root, "directory",
                                       "a long name %d" % i),
                          side.encode() * (400 * i))
            images.append(read(path))
        self.seed("fat", "exfat", disks(0x03, *images))

    def parts(self, image):
        """Seeds of the targets of single readers, out of a filesystem."""
        table = struct.unpack_from("<I", image, 2048 + 8)[0] * 1024
        inodes = [image[table + i * 256:table + (i + 1) * 256]
                  for i in range(31)]
        for number, inode in enumerate(inodes, 1):
            mode, flags = struct.unpack_from("<H", inode)[0], \
                struct.unpack_from("<I", inode, 32)[0]
            if mode == 0:
                continue
            block = struct.unpack_from("<I", inode, 60)[0]
            data = image[block * 1024:(block + 2) * 1024]
            if mode & 0xf000 == 0x4000 and number in (2, 13):
                self.seed("directory", "inode-%d" % number, b"\2" + data)
                self.seed("directory", "inline-%d" % number,
                          b"\1" + data[24:144])
            xattrs = struct.unpack_from("<I", inode, 104)[0]
            if number in (2, 12, 15, 20) or xattrs:
                self.seed("inode", "inode-%d" % number, b"\3" + inode
                          + image[xattrs * 1024:(xattrs + 1) * 1024])
        self.mapping()

    def mapping(self):
        extent = struct.pack("<HHHHI", 0xf30a, 2, 4, 0, 0) \
            + struct.pack("<IHHI", 0, 2, 0, 24) \
            + struct.pack("<IHHI", 5, 32769, 0, 27)
        self.seed("mapping", "leaf", b"\3" + struct.pack("<Q", 9000)
                  + extent.ljust(60, b"\0") + bytes(4000))
        root = struct.pack("<HHHHI", 0xf30a, 2, 4, 2, 0) \
            + struct.pack("<IIHH", 0, 24, 0, 0) \
            + struct.pack("<IIHH", 40, 25, 0, 0)
        middle = struct.pack("<HHHHI", 0xf30a, 1, 84, 1, 0)
        leaf = struct.pack("<HHHHI", 0xf30a, 1, 84, 0, 0)
        self.seed("mapping", "tree", b"\1" + struct.pack("<Q", 90000)
                  + root.ljust(60, b"\0")
                  + (middle + struct.pack("<IIHH", 0, 26, 0, 0)).ljust(
                      1024, b"\0")
                  + (middle + struct.pack("<IIHH", 40, 27, 0, 0)).ljust(
                      1024, b"\0")
                  + (leaf + struct.pack("<IHHI", 3, 2, 0, 28)).ljust(
                      1024, b"\0")
                  + (leaf + struct.pack("<IHHI", 44, 1, 0, 30)).ljust(
                      1024, b"\0") + bytes(4096))
        pointers = [30, 31] * 6 + [24, 25, 27]
        self.seed("mapping", "indirect", b"\0" + struct.pack("<Q", 70 << 20)
                  + struct.pack("<15I", *pointers)
                  + struct.pack("<4I", 30, 0, 31, 30).ljust(1024, b"\0")
                  + struct.pack("<2I", 26, 0).ljust(1024, b"\0")
                  + struct.pack("<2I", 30, 31).ljust(1024, b"\0")
                  + struct.pack("<2I", 28, 0).ljust(1024, b"\0")
                  + struct.pack("<2I", 29, 0).ljust(1024, b"\0")
                  + struct.pack("<2I", 31, 30).ljust(1024, b"\0")
                  + bytes(2 * 1024))
        self.seed("mapping", "loop", b"\0" + struct.pack("<Q", 1 << 40)
                  + struct.pack("<15I", *([24] * 15))
                  + struct.pack("<256I", *([24] * 256)) + bytes(1024))

    def journal(self, name, image):
        """The start of a journal, found by its magic."""
        magic = b"\xc0\x3b\x39\x98\0\0\0\4"
        at = next(i for i in range(0, len(image), 1024)
                  if image[i:i + 8] == magic)
        start = bytearray(image[at:at + 10 * 1024])
        struct.pack_into(">I", start, 16, 10)
        self.seed("journal", name, bytes([1]) + bytes(start))

    def headers(self):
        work = self.work
        for index, (form, options) in enumerate([
                ("qcow2", "cluster_size=512"),
                ("qcow2", "cluster_size=2M"),
                ("qcow2", "extended_l2=on,cluster_size=16k"),
                ("qcow2", "compat=0.10"),
                ("vmdk", "subformat=monolithicSparse"),
                ("vmdk", "subformat=streamOptimized"),
                ("qcow", "encryption=off"),
                ("qed", "cluster_size=4096,table_size=1"),
                ("vdi", "static=off"),
                ("parallels", "cluster_size=1M")]):
            path = os.path.join(work, "image")
            run("qemu-img", "create", "-q", "-f", form, "-o", options, path,
                "64k")
            data = read(path).rstrip(b"\0")[:2560]
            kinds = ["qcow2", "vmdk", "qcow", "qed", "vdi", "parallels"]
            self.seed("header", "%s-%d" % (form, index),
                      bytes([kinds.index(form)]) + data)
        path = os.path.join(work, "backed")
        run("qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b",
            "../base.qcow2", "-F", "qcow2", path, "64k")
        self.seed("header", "backed", b"\0" + read(path).rstrip(b"\0")[:600])
        self.seed("header", "descriptor", b"\1" + (
            b"# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\n"
            b"createType=\"twoGbMaxExtentFlat\"\n\nRW 128 FLAT \"a.vmdk\" 0\n"
            b"RW 2 FLAT \"../../b\" 7\nRW 9 ZERO\n"))

    def table(self, name, script, size, fill):
        path = os.path.join(self.work, "disk")
        write(path, bytes(size))
        subprocess.run(["sfdisk", "--no-tell-kernel", "-q", "--no-reread",
                        path], input=script.encode(), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(path, "r+b") as f:
            for offset, data in fill:
                f.seek(offset * 512)
                f.write(data)
        data = read(path)
        self.seed("volumes", name, disks(0, b"", data))

    def volumes(self):
        path = os.path.join(self.work, "fat")
        write(path, bytes(128 << 10))
        run("mkfs.vfat", "-n", "LABEL", "-i", "12345678", path)
        fat = read(path)
        super_ = self.filesystem("probe", EXT4 + ["-O", "^has_journal"], 256,
                                 32, 0)[0][:4096]
        self.table("mbr", "label: dos\nlabel-id: 0x1234\n"
                   "start=64,size=256,type=83\nstart=320,size=64,type=82\n"
                   "start=400,size=3000,type=5\nstart=432,size=128,type=83\n"
                   "start=600,size=100,type=83\n", 2 << 20,
                   [(64, fat), (432, super_)])
        self.table("gpt", "label: gpt\nlabel-id: %s\nfirst-lba: 34\n"
                   "start=64,size=512,type=U,uuid=%s,name=x\n"
                   "start=640,size=64,type=S,uuid=%s\n" % (UUID, UUID, UUID),
                   1 << 20, [(64, fat)])
        self.seed("volumes", "whole", disks(0, b"", fat))
        # What takes the whole disk, under what looks like something else.
        mbr = (bytes(446) + struct.pack("<8BII", 0, 0, 0, 0, 0x83, 0, 0, 0,
                                        64, 128)).ljust(510, b"\0")
        luks = b"LUKS\xba\xbe\0\1".ljust(1024, b"\0")
        self.seed("volumes", "table-over-ext4", disks(
            1, b"", mbr + b"\x55\xaa" + bytes(512) + super_[1024:]))
        self.seed("volumes", "luks-over-ext4",
                  disks(1, b"", luks + super_[1024:]))

    def text(self):
        self.seed("fstab", "usual", b"""# /etc/fstab
UUID=6b2f1b0e-7a1d-4a53-9a53-0c4f5a7f9d11 / ext4 errors=remount-ro 0 1
LABEL="a b" /boot\\040x ext2 noauto 0 2
/dev/sda3 none swap sw 0 0
/dev/mapper/vg-home /home btrfs subvol=/@home,ro 0 0
PARTUUID=1234-01 /srv//data/ xfs defaults
tmpfs /tmp tmpfs nosuid
host:/x /x nfs _netdev
/dev/sdb /../../etc ext4
PARTLABEL='q /q ext4 subvolid=5
""")


def main():
    with tempfile.TemporaryDirectory() as work:
        make_tree(os.path.join(work, "a"), False)
        make_tree(os.path.join(work, "b"), True)
        maker = Maker(sys.argv[1], work)
        maker.filesystems()
        maker.fats()
        maker.exfat()
        maker.headers()
        maker.volumes()
        maker.text()


if __name__ == "__main__":
    main()
