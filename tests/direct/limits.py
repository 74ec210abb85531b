# SPDX-License-Identifier: GPL-2.0-or-later
"""Filesystems at the format's limits: limits.py CASE COUNT BASE OVERLAY

Writes two raw ext4 images block by block, without a kernel or a library: BASE
is nearly empty, OVERLAY of the same geometry holds the case, COUNT times.

  entries      names of a few inodes in one directory
  names        names of one inode, in directories of 2,000
  depth        directories in each other, each with a name of 255 bytes
  short-depth  the same with names of one byte
  holes        files of 2^62 bytes without a block, on both sides
  xattrs       inodes with as many xattrs of 64 KiB as a block can name
  shared-xattrs  inodes that share one block of many small xattrs
  shared-names directories that share their blocks, of 10,000 names
  shared-tree  files that share a tree of 1,000 extent blocks
  shared-data  files of 1 GiB that share their blocks, changed on the disk
  taken        .deleted, .deleted.1, .deleted.2, …
  long-path    /etc/fstab is a symlink through itself, 2,000 steps in a
               directory of so many names
  partitions   GPT with so many partitions, each with a small filesystem
"""
import os
import struct
import sys
import uuid
import zlib

DIRECTORY, FILE, SYMLINK = 0o040755, 0o100644, 0o120777
TYPES = {DIRECTORY: 2, FILE: 1, SYMLINK: 7}
EXTENTS, EA_INODE = 0x80000, 0x200000
UUID = uuid.UUID("6b2f1b0e-7a1d-4a53-9a53-0c4f5a7f9d11").bytes


class Ext:
    """An ext4 without journal and checksums, all inode tables in front."""

    def __init__(self, path, blocks, inodes, block=4096, start=0, file=None):
        self.block, self.blocks, self.start = block, blocks, start
        self.file = file or open(path, "w+b")
        self.first = 1 if block == 1024 else 0
        # No more inodes in a group than a bitmap holds.
        self.per_group = block * 8
        self.per_group = min(self.per_group,
                             blocks // (1 + inodes // self.per_group) // 8 * 8)
        self.groups = -(-(blocks - self.first) // self.per_group)
        self.in_group = -(-inodes // self.groups // 32) * 32 + 32
        table = self.in_group * 256 // block
        descriptors = -(-self.groups * 32 // block)
        self.table = self.first + 1 + descriptors
        self.next = self.table + table * self.groups
        self.number = 11
        self.size = start + blocks * block
        if file is None:
            self.file.truncate(self.size)
        for group in range(self.groups):
            self.put(self.first + 1, struct.pack(
                "<IIIHHHH", 1, 1, self.table + table * group, 0, 0, 0, 0),
                group * 32)
        self.super()

    def super(self):
        raw = bytearray(1024)
        struct.pack_into("<11I", raw, 0, self.in_group * self.groups,
                         self.blocks, 0, 0, 0, self.first,
                         self.block.bit_length() - 11,
                         self.block.bit_length() - 11, self.per_group,
                         self.per_group, self.in_group)
        struct.pack_into("<H", raw, 56, 0xef53)
        struct.pack_into("<IHHI", raw, 76, 1, 0, 0, 11)
        struct.pack_into("<H", raw, 88, 256)
        struct.pack_into("<III", raw, 92, 8, 0x4442, 0x43)
        raw[104:120] = UUID
        struct.pack_into("<HH", raw, 348, 32, 32)
        self.file.seek(self.start + 1024)
        self.file.write(raw)

    def put(self, block, data, offset=0):
        self.file.seek(self.start + block * self.block + offset)
        self.file.write(data)

    def take(self, count):
        first = self.next
        self.next += count
        if self.next > self.blocks:
            raise SystemExit("no room: %d blocks" % self.blocks)
        return first

    def new(self):
        self.number += 1
        return self.number

    def inode(self, number, mode, size, extents=(), links=1, depth=0,
              flags=EXTENTS, xattrs=0, body=None):
        raw = bytearray(256)
        struct.pack_into("<HHIIIIIHHII", raw, 0, mode, 0, size & 0xffffffff,
                         0, 0, 1700000000, 0, 0, min(links, 65000),
                         sum(e[2] for e in extents) * self.block // 512, flags)
        tree = bytearray(60)
        struct.pack_into("<HHHHI", tree, 0, 0xf30a, len(extents), 4, depth, 0)
        for i, (logical, physical, count) in enumerate(extents):
            if depth:
                struct.pack_into("<IIHH", tree, 12 + 12 * i, logical,
                                 physical, 0, 0)
            else:
                struct.pack_into("<IHHI", tree, 12 + 12 * i, logical, count, 0,
                                 physical)
        raw[40:100] = body.ljust(60, b"\0") if body else tree
        struct.pack_into("<II", raw, 104, xattrs, size >> 32)
        struct.pack_into("<H", raw, 128, 32)
        group, index = divmod(number - 1, self.in_group)
        table = self.in_group * 256 // self.block
        self.put(self.table + group * table, raw, index * 256)

    def extents(self, first, count):
        return [(at, first + at, min(32768, count - at))
                for at in range(0, count, 32768)]

    def directory(self, number, entries, parent=2, links=2):
        """ENTRIES: name, inode, mode; returns its first block and how many."""
        blocks, room = [], self.block
        block = bytearray()

        def add(name, inode, mode):
            nonlocal block
            need = 8 + (len(name) + 3 & ~3)
            if len(block) + need > room:
                finish()
            block += struct.pack("<IHBB", inode, need, len(name),
                                 TYPES[mode]) + name.ljust(need - 8, b"\0")

        def finish():
            nonlocal block
            at = last = 0
            while at < len(block):
                last, at = at, at + struct.unpack_from("<H", block, at + 4)[0]
            struct.pack_into("<H", block, last + 4, room - last)
            blocks.append(bytes(block.ljust(room, b"\0")))
            block = bytearray()

        add(b".", number, DIRECTORY)
        add(b"..", parent, DIRECTORY)
        for entry in entries:
            add(*entry)
        finish()
        first = self.take(len(blocks))
        self.put(first, b"".join(blocks))
        self.inode(number, DIRECTORY, len(blocks) * self.block,
                   self.extents(first, len(blocks)), links=links)
        return first, len(blocks)


def empty(path, *geometry):
    fs = Ext(path, *geometry)
    fs.directory(2, [])
    return fs


def pair(base, overlay, *geometry):
    empty(base, *geometry)
    return Ext(overlay, *geometry)


def entries(count, base, overlay):
    fs = pair(base, overlay, count // 190 + 2000, 64)
    inodes = [fs.new() for _ in range(4)]
    for inode in inodes:
        fs.inode(inode, FILE, 0, links=count // 4)
    big = fs.new()
    fs.directory(big, ((b"%08d" % i, inodes[i % 4], FILE)
                       for i in range(count)))
    fs.directory(2, [(b"big", big, DIRECTORY)], links=3)


def names(count, base, overlay):
    fs = pair(base, overlay, count // 100 + 2000, count // 2000 + 64)
    data = fs.take(1)
    fs.put(data, b"content\n")
    one = fs.new()
    fs.inode(one, FILE, 8, [(0, data, 1)], links=count)
    root = []
    for first in range(0, count, 2000):
        number = fs.new()
        fs.directory(number, ((b"name-%d" % i, one, FILE)
                              for i in range(first,
                                             min(first + 2000, count))))
        root.append((b"d%d" % first, number, DIRECTORY))
    fs.directory(2, root)


def depth(count, base, overlay, name=b"n" * 255):
    fs = pair(base, overlay, count + 2000 + count // 3, count + 64, 1024)
    numbers = [2] + [fs.new() for _ in range(count)]
    for i in range(count + 1):
        fs.directory(numbers[i], [(name, numbers[i + 1], DIRECTORY)]
                     if i < count else [], numbers[max(i - 1, 0)], 3)


def short_depth(count, base, overlay):
    depth(count, base, overlay, b"d")


def holes(count, base, overlay):
    for path, mode in ((base, FILE), (overlay, 0o100600)):
        fs = Ext(path, 4000, count + 64)
        files = []
        for i in range(count):
            number = fs.new()
            data = fs.take(1)
            fs.put(data, b"x" if path == base or i % 2 else b"y")
            # The kernel would call this too large; the size is a lie.
            fs.inode(number, mode, 1 << 62,
                     [(5, data, 1)] if i % 3 else [])
            files.append((b"hole-%d" % i, number, FILE))
        fs.directory(2, files)


def xattr_block(fs, block, entries):
    """ENTRIES: index, name, value's inode, value's length."""
    raw = bytearray(fs.block)
    struct.pack_into("<IIII", raw, 0, 0xea020000, 60000, 1, 0)
    at = 32
    for index, name, value, length in entries:
        struct.pack_into("<BBHIII", raw, at, len(name), index, 0, value,
                         length, 0)
        raw[at + 16:at + 16 + len(name)] = name
        at += 16 + (len(name) + 3 & ~3)
    fs.put(block, raw)


def xattrs(count, base, overlay):
    fs = pair(base, overlay, 6000, count + 400)
    values = []
    for _ in range(200):
        number = fs.new()
        data = fs.take(16)
        fs.put(data, b"v" * 65536)
        fs.inode(number, FILE, 65536, [(0, data, 16)],
                 flags=EXTENTS | EA_INODE)
        values.append(number)
    block = fs.take(1)
    xattr_block(fs, block, [(1, b"%03d" % i, value, 65536)
                            for i, value in enumerate(values)])
    root = []
    for i in range(count):
        number = fs.new()
        fs.inode(number, FILE, 0, xattrs=block)
        root.append((b"f%d" % i, number, FILE))
    fs.directory(2, root)


def shared_xattrs(count, base, overlay):
    fs = pair(base, overlay, count // 10 + 2000, count + 64)
    block = fs.take(1)
    xattr_block(fs, block, [(1, b"%03x" % i, 0, 0) for i in range(202)])
    root = []
    for i in range(count):
        number = fs.new()
        fs.inode(number, FILE, 0, xattrs=block)
        root.append((b"f%d" % i, number, FILE))
    fs.directory(2, root)


def shared_names(count, base, overlay):
    for path in (base, overlay):
        fs = Ext(path, count // 10 + 4000, count + 64)
        one, first = fs.new(), fs.new()
        fs.inode(one, FILE, 0 if path == base else 1)
        place, blocks = fs.directory(first, [(b"%08d" % i, one, FILE)
                                             for i in range(10000)])
        root = [(b"first", first, DIRECTORY)]
        for i in range(count):
            number = fs.new()
            fs.inode(number, DIRECTORY, blocks * fs.block,
                     fs.extents(place, blocks))
            root.append((b"d%d" % i, number, DIRECTORY))
        fs.directory(2, root)


def shared_tree(count, base, overlay):
    for path in (base, overlay):
        fs = Ext(path, count // 10 + 8000, count + 64)
        top, leaves = fs.take(3), fs.take(1000)
        for i in range(1000):
            fs.put(leaves + i, struct.pack("<HHHHI", 0xf30a, 340, 340, 0, 0)
                   + b"".join(struct.pack("<IHHI", i * 1000 + 2 * j, 1, 0,
                                          leaves + i)
                              for j in range(340)))
        for i in range(3):
            fs.put(top + i, struct.pack(
                "<HHHHI", 0xf30a, 334 if i < 2 else 332, 340, 1, 0) + b"".join(
                struct.pack("<IIHH", (i * 334 + j) * 1000,
                            leaves + i * 334 + j, 0, 0)
                for j in range(334 if i < 2 else 332)))
        root = []
        for i in range(count):
            number = fs.new()
            fs.inode(number, FILE, 1000 * 1000 * fs.block,
                     [(0, top, 0), (334000, top + 1, 0),
                      (668000, top + 2, 0)], depth=2)
            root.append((b"f%d" % i, number, FILE))
        fs.directory(2, root)
        if path == overlay:
            fs.put(leaves + 999, b"changed", 4089)


def shared_data(count, base, overlay):
    for path in (base, overlay):
        fs = Ext(path, 270000, count + 64)
        data = fs.take(262144)
        root = []
        for i in range(count):
            number = fs.new()
            # Other places on both sides, the same bytes.
            fs.inode(number, FILE if path == base else 0o100600, 1 << 30,
                     [(at, data + (at + (path == overlay)) % 65536, 32767)
                      for at in (0, 40000, 80000, 120000)])
            root.append((b"f%d" % i, number, FILE))
        fs.directory(2, root)


def taken(count, base, overlay):
    fs = pair(base, overlay, count // 100 + 2000, 64)
    one = fs.new()
    fs.inode(one, FILE, 0, links=count)
    fs.directory(2, [(b".deleted", one, FILE)]
                 + [(b".deleted.%d" % i, one, FILE)
                    for i in range(1, count + 1)])


def long_path(count, base, overlay):
    for path in (base, overlay):
        fs = Ext(path, count // 100 + 2000, 64)
        one, etc, link, body = fs.new(), fs.new(), fs.new(), fs.take(1)
        fs.inode(one, FILE, 0)
        target = b"l/" * 2000 + b"fstab"
        fs.put(body, target)
        fs.inode(link, SYMLINK, len(target), [(0, body, 1)])
        fs.directory(etc, [(b"%08d" % i, one, FILE) for i in range(count)]
                     + [(b"l", etc, DIRECTORY), (b"fstab", link, SYMLINK)])
        fs.directory(2, [(b"etc", etc, DIRECTORY)])
        if path == overlay:
            fs.inode(one, 0o100600, 0)


def partitions(count, base, overlay):
    size = 256                  # blocks of 1 KiB of each filesystem
    for path in (base, overlay):
        first = 2 + -(-count * 128 // 512)
        start = -(-first // 2048) * 2048
        end = start + count * size * 2
        with open(path, "w+b") as file:
            file.truncate((end + first) * 512)
            table = bytearray()
            for i in range(count):
                fs = Ext(None, size, 32, 1024, (start + i * size * 2) * 512,
                         file)
                number = fs.new()
                fs.inode(number, FILE if path == base else 0o100600, 0)
                fs.directory(2, [(b"f", number, FILE)])
                table += uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4"
                                   ).bytes_le
                table += uuid.UUID(int=i + 1).bytes_le
                table += struct.pack("<QQQ72s", start + i * size * 2,
                                     start + (i + 1) * size * 2 - 1, 0, b"")
            for here, other, place in ((1, end + first - 1, 2),
                                       (end + first - 1, 1, end)):
                header = struct.pack(
                    "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, here,
                    other, first, end - 1, uuid.UUID(int=99).bytes_le, place,
                    count, 128, zlib.crc32(table))
                header = header[:16] + struct.pack(
                    "<I", zlib.crc32(header)) + header[20:]
                file.seek(here * 512)
                file.write(header)
                file.seek(place * 512)
                file.write(table)
            file.seek(446)
            file.write(struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xee,
                                   b"\xff\xff\xff", 1, end + first - 1))
            file.seek(510)
            file.write(b"\x55\xaa")


def main():
    case, count, base, overlay = sys.argv[1:]
    globals()[case.replace("-", "_")](int(count), base, overlay)
    for path in (base, overlay):
        os.truncate(path, os.path.getsize(path))


if __name__ == "__main__":
    main()
