# SPDX-License-Identifier: GPL-2.0-or-later
"""Adds a record to the log of an XFS that was unmounted, as a crash leaves it behind:
xfs_log.py IMAGE ITEM…

  map|unmap:INODE:OFFSET:BLOCK:COUNT[:unwritten]
        a mapping that was begun and never finished; OFFSET and COUNT in blocks,
        BLOCK as the filesystem numbers them
  swap:NAME:NAME
        two names in the only block of a directory have each other's inodes; the
        block, of 4 KiB, comes in two regions
"""
import struct
import sys

SECTOR = 512
TABLE = []
for i in range(256):
    for _ in range(8):
        i = i >> 1 ^ (0x82f63b78 if i & 1 else 0)
    TABLE.append(i)


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xffffffff


def operation(flags, data=b""):
    return struct.pack(">IIBBH", 0x1234, len(data), 0x69, flags, 0) + data


def swap(disk, first, second):
    """Three operations: what buffer it is, and the two halves of it."""
    for at in range(0, len(disk), 4096):
        block = bytearray(disk[at:at + 4096])
        places = [block.find(bytes([len(n)]) + n.encode()) - 8
                  for n in (first, second)]
        if block[:4] == b"XDB3" and min(places) > 0:
            break
    numbers = [block[place:place + 8] for place in places]
    for place, number in zip(places, reversed(numbers)):
        block[place:place + 8] = number
    return [operation(0, struct.pack("<HHHHQII", 0x123c, 3, 10 << 11, 8,
                                     at // 512, 1, 0xffffffff)),
            operation(0, bytes(block[:2048])),
            operation(0, bytes(block[2048:]))]


def intent(number, text):
    kind, inode, offset, block, count, *more = text.split(":")
    flags = {"map": 1, "unmap": 2}[kind] | ((1 << 30) if more else 0)
    return operation(0, struct.pack(
        "<HHIQQQQII", 0x1244, 1, 1, 0xffff888800000000 + number, int(inode),
        int(block), int(offset), int(count), flags))


def main():
    with open(sys.argv[1], "r+b") as image:
        head = image.read(512)
        block_size, = struct.unpack(">I", head[4:8])
        start, group_blocks, blocks = (
            int.from_bytes(head[a:b], "big")
            for a, b in ((48, 56), (84, 88), (96, 100)))
        start = ((start >> head[124]) * group_blocks
                 + (start & ((1 << head[124]) - 1))) * block_size
        image.seek(start)
        log = image.read(blocks * block_size)
        # The newest record: of one operation, the unmount.
        records = [at for at in range(0, len(log), SECTOR)
                   if log[at:at + 4] == b"\xfe\xed\xba\xbe"]
        last = max(records, key=lambda at: log[at + 16:at + 24])
        cycle, = struct.unpack(">I", log[last + 4:last + 8])
        length, = struct.unpack(">I", log[last + 12:last + 16])
        at = last + SECTOR + (length + SECTOR - 1) // SECTOR * SECTOR
        maps = sys.argv[2:]
        operations = [operation(1), operation(0, struct.pack(
            "<IIII", 0x5452414e, 40, 0x1234, len(maps)))]
        for i, text in enumerate(maps):
            if text.startswith("swap:"):
                image.seek(0)
                operations += swap(image.read(), *text.split(":")[1:])
            else:
                operations.append(intent(i, text))
        operations.append(operation(2))
        data = b"".join(operations)
        data = bytearray(data + bytes(-len(data) % SECTOR))
        header = bytearray(SECTOR)
        lsn = cycle << 32 | at // SECTOR
        struct.pack_into(">IIIIQQIII", header, 0, 0xfeedbabe, cycle, 2,
                         len(data), lsn, lsn, 0, last // SECTOR,
                         len(operations))
        for i in range(0, len(data), SECTOR):
            where = 44 + i // SECTOR * 4
            header[where:where + 4] = data[i:i + 4]
            data[i:i + 4] = struct.pack(">I", cycle)
        struct.pack_into(">I", header, 300, 1)
        header[304:320] = log[last + 304:last + 320]
        struct.pack_into(">I", header, 320, 32768)
        header[32:36] = struct.pack("<I", crc32c(bytes(header[:328])
                                                 + bytes(data)))
        assert at + SECTOR + len(data) <= len(log)
        image.seek(start + at)
        image.write(header + data)


main()
