# SPDX-License-Identifier: GPL-2.0-or-later
"""Fast commits that a kernel would not write, with the right checksums:

  fast_tags.py link IMAGE PARENT INODE NAME OLD
      In the place of those that are there: NAME in PARENT becomes another name
      of INODE, and OLD is removed.
  fast_tags.py tail IMAGE
      The checksum at the end of the first ones is wrong.
  fast_tags.py log IMAGE
      A byte of a block in the log is another one.
"""
import struct
import subprocess
import sys

LINK, UNLINK, TAIL, HEAD = 4, 5, 8, 9
MAGIC, DESCRIPTOR, COMMIT = 0xc03b3998, 1, 2


def crc32c(crc, data):
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc


class Journal:
    def __init__(self, image):
        self.file = open(image, "r+b")
        self.file.seek(1024 + 24)
        self.size = 1024 << struct.unpack("<I", self.file.read(4))[0]
        self.blocks = [int(word) for word in subprocess.run(
            ["debugfs", "-R", "blocks <8>", image], capture_output=True,
            check=True).stdout.split()]
        head = self.read(0)
        length, = struct.unpack_from(">I", head, 16)
        count, = struct.unpack_from(">I", head, 84)
        self.fast = length - count + 1

    def read(self, number):
        self.file.seek(self.blocks[number] * self.size)
        return self.file.read(self.size)

    def write(self, number, data):
        self.file.seek(self.blocks[number] * self.size)
        self.file.write(data)

    def transaction(self):
        tag, _, _, number = struct.unpack_from("<HHII", self.read(self.fast))
        assert tag == HEAD
        return number

    def replace(self, tags):
        number = self.transaction()
        data, crc = b"", 0
        for tag, value in [(HEAD, struct.pack("<II", 0, number))] + tags:
            record = struct.pack("<HH", tag, len(value)) + value
            crc = crc32c(crc, record)
            data += record
        tail = struct.pack("<HHI", TAIL, self.size - len(data) - 4, number)
        data += tail + struct.pack("<I", crc32c(crc, tail))
        self.write(self.fast, data.ljust(self.size, b"\0"))

    def spoil_tail(self):
        data, at = bytearray(self.read(self.fast)), 0
        while True:
            tag, length = struct.unpack_from("<HH", data, at)
            if tag == TAIL:
                break
            at += 4 + length
        data[at + 8] ^= 1
        self.write(self.fast, data)

    def spoil_log(self):
        """The block after a descriptor that still has its transaction."""
        start, = struct.unpack_from(">I", self.read(0), 28)
        magic, kind, _ = struct.unpack_from(">III", self.read(start))
        assert magic == MAGIC and kind == DESCRIPTOR
        data = bytearray(self.read(start + 1))
        data[100] ^= 1
        self.write(start + 1, data)


def main():
    journal = Journal(sys.argv[2])
    if sys.argv[1] == "link":
        parent, inode = int(sys.argv[3]), int(sys.argv[4])
        journal.replace([
            (LINK, struct.pack("<II", parent, inode) + sys.argv[5].encode()),
            (UNLINK, struct.pack("<II", parent, inode) + sys.argv[6].encode())])
    elif sys.argv[1] == "tail":
        journal.spoil_tail()
    else:
        journal.spoil_log()


main()
