# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns on parent pointers and the exchange of ranges in an XFS that nobody has
mounted yet: xfs_features.py IMAGE

mkfs.xfs 6.1 does not know them.  The root directory has no parent, so the bits
in every superblock of an empty filesystem are enough.
"""
import struct
import sys

PARENT, EXCHANGE_RANGE = 1 << 7, 1 << 6
CRC = 224


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def main():
    with open(sys.argv[1], "r+b") as image:
        head = image.read(512)
        block_size, = struct.unpack(">I", head[4:8])
        group_blocks, groups = struct.unpack(">II", head[84:92])
        sector_size, = struct.unpack(">H", head[102:104])
        for group in range(groups):
            image.seek(group * group_blocks * block_size)
            sector = bytearray(image.read(sector_size))
            incompat, = struct.unpack(">I", sector[216:220])
            sector[216:220] = struct.pack(">I", incompat | PARENT
                                          | EXCHANGE_RANGE)
            sector[CRC:CRC + 4] = bytes(4)
            sector[CRC:CRC + 4] = struct.pack("<I", crc32c(sector))
            image.seek(group * group_blocks * block_size)
            image.write(sector)


if __name__ == "__main__":
    main()
