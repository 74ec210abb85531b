#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the checksum of a metadata block right after it was tampered with, as
an attacker would who knows the format: checksums.py IMAGE KIND BLOCK [INODE],
KIND one of xattrs, names, extents (of INODE).  With "inode" BLOCK is its
number, and the checksum is made WRONG: debugfs makes right ones by itself."""
import struct
import sys

TABLE = []
for i in range(256):
    for _ in range(8):
        i = i >> 1 ^ (0x82f63b78 if i & 1 else 0)
    TABLE.append(i)


def crc32c(crc, data):
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc


class Image:
    def __init__(self, name):
        self.file = open(name, "r+b")
        self.super = self.read(1024, 1024)
        self.block = 1024 << self.number("<I", 24)
        self.seed = crc32c(0xffffffff, self.super[104:120])
        if self.number("<I", 96) & 0x2000:
            self.seed = self.number("<I", 0x270)

    def number(self, form, offset):
        return struct.unpack_from(form, self.super, offset)[0]

    def read(self, offset, length):
        self.file.seek(offset)
        return self.file.read(length)

    def write(self, offset, data):
        self.file.seek(offset)
        self.file.write(data)

    def inode_place(self, inode):
        group, index = divmod(inode - 1, self.number("<I", 40))
        size = 64 if self.number("<I", 96) & 0x80 else 32
        # Descriptors begin in the block after the superblock's.
        place = (1024 // self.block + 1) * self.block + group * size
        table = struct.unpack("<I", self.read(place + 8, 4))[0]
        return table * self.block + index * self.number("<H", 88)

    def inode_seed(self, inode):
        generation = self.read(self.inode_place(inode) + 100, 4)
        return crc32c(crc32c(self.seed, struct.pack("<I", inode)), generation)


def main():
    image = Image(sys.argv[1])
    kind, block = sys.argv[2], int(sys.argv[3])
    if kind == "inode":
        place = image.inode_place(block) + 0x7c
        image.write(place, bytes(byte ^ 0x55 for byte in image.read(place, 2)))
        return
    place = block * image.block
    data = image.read(place, image.block)
    if kind == "xattrs":
        crc = crc32c(image.seed, struct.pack("<Q", block))
        crc = crc32c(crc, data[:16] + bytes(4) + data[20:])
        image.write(place + 16, struct.pack("<I", crc))
        return
    end = len(data) - 12
    if kind == "extents":
        end = 12 + 12 * struct.unpack_from("<H", data, 4)[0]
    crc = crc32c(image.inode_seed(int(sys.argv[4])), data[:end])
    image.write(place + (end + 8 if kind == "names" else end),
                struct.pack("<I", crc))


main()
