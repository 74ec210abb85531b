# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes an XFS behind the kernel's back, with right checksums:
xfs_behind.py IMAGE WHAT ARGUMENT…

  data OLD NEW          the block of data that holds OLD
  name OLD NEW          the block of a directory with that name
  value OLD NEW         the leaf of attributes that holds OLD
  inode NUMBER OFFSET HEX   a field of an inode
"""
import sys

BLOCK, INODE = 4096, 512
TABLE = []
for i in range(256):
    for _ in range(8):
        i = i >> 1 ^ (0x82f63b78 if i & 1 else 0)
    TABLE.append(i)


def checksum(data, at):
    crc = 0xffffffff
    for byte in data[:at] + bytes(4) + data[at + 4:]:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return (crc ^ 0xffffffff).to_bytes(4, "little")


def find(image, size, fits):
    """The offset of the only piece that fits."""
    found, offset = [], 0
    image.seek(0)
    while piece := image.read(1 << 20):
        for at in range(0, len(piece), size):
            if fits(piece[at:at + size]):
                found.append(offset + at)
        offset += len(piece)
    assert len(found) == 1, found
    return found[0]


def change(image, at, size, crc, edit):
    image.seek(at)
    data = bytearray(image.read(size))
    edit(data)
    if crc is not None:
        data[crc:crc + 4] = checksum(bytes(data), crc)
    image.seek(at)
    image.write(data)


def main():
    path, what, *rest = sys.argv[1:]
    kinds = {
        "data": (lambda b, old: old in b, None),
        "name": (lambda b, old: b[:4] in (b"XDB3", b"XDD3") and old in b, 4),
        "value": (lambda b, old: b[8:10] == b"\x3b\xee" and old in b, 12),
    }
    with open(path, "r+b") as image:
        if what == "inode":
            number, offset = int(rest[0]), int(rest[1])
            new = bytes.fromhex(rest[2])
            at = find(image, INODE, lambda b: b[:2] == b"IN" and
                      b[152:160] == number.to_bytes(8, "big"))

            def edit(data):
                data[offset:offset + len(new)] = new
            change(image, at, INODE, 100, edit)
            return
        fits, crc = kinds[what]
        old, new = (x.encode() for x in rest)
        assert len(old) == len(new)
        at = find(image, BLOCK, lambda b: old in b and fits(b, old))

        def replace(data):
            where = data.index(old)
            data[where:where + len(new)] = new
        change(image, at, BLOCK, crc, replace)


main()
