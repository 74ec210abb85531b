#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An MD array without the kernel's help: md.py FILE OFFSET LENGTH makes that
part of a disk the only member of a RAID 1, metadata 1.2, and prints
OFFSET+LENGTH of what is in it.  Format: md(4), linux/raid/md_p.h,
struct mdp_superblock_1."""

import struct
import sys

SECTOR, DATA = 512, 2048        # bytes; sectors before the data
name, offset, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sectors = length // SECTOR - DATA
superblock = struct.pack("<4I", 0xA92B4EFC, 1, 0, 0)
superblock += b"set-identity-000" + b"data".ljust(32, b"\0")
superblock += struct.pack("<QIIQII", 1700000000, 1, 0, sectors, 0, 1)
superblock += struct.pack("<IIQ4I", 0, 0, 0, 0, 0, 0, 0)
superblock += struct.pack("<4QII", DATA, sectors, 8, 0, 0, 0)
superblock += b"member-identity0" + struct.pack("<BBHI", 0, 0, 0, 0)
superblock += struct.pack("<QQQII", 1700000000, 1, 2 ** 64 - 1, 0, 1)
superblock = superblock.ljust(256, b"\0") + struct.pack("<H", 0)
total = sum(struct.unpack("<64I", superblock[:256])) + struct.unpack(
    "<H", superblock[256:])[0]
total = (total & 0xFFFFFFFF) + (total >> 32)
superblock = superblock[:216] + struct.pack("<I", total) + superblock[220:]
with open(name, "r+b") as file:
    file.seek(offset + 4096)
    file.write(superblock)
print(f"{offset + DATA * SECTOR}+{sectors * SECTOR}")
