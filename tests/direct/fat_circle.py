# SPDX-License-Identifier: GPL-2.0-or-later
"""fat_circle.py IMAGE COUNT: in an empty FAT32 with clusters of a sector, COUNT
files of 4 GiB that all go round in the same two clusters."""
import struct
import sys


def main():
    count = int(sys.argv[2])
    with open(sys.argv[1], "r+b") as f:
        boot = f.read(512)
        reserved, copies = struct.unpack("<HB", boot[14:17])
        length, = struct.unpack("<I", boot[36:40])
        root, = struct.unpack("<I", boot[44:48])
        table = reserved * 512
        data = table + copies * length * 512

        def link(cluster, following):
            f.seek(table + 4 * cluster)
            f.write(struct.pack("<I", following))

        # The root directory and the circle, somewhere behind it.
        clusters = [root] + list(range(1000, 1000 + count // 16))
        for cluster, following in zip(clusters, clusters[1:]):
            link(cluster, following)
        link(clusters[-1], 0x0fffffff)
        link(500, 501)
        link(501, 500)
        for i in range(count):
            f.seek(data + (clusters[i // 16] - 2) * 512 + i % 16 * 32)
            f.write(b"F%07d   " % i + bytes(15)
                    + struct.pack("<HI", 500, 0xffffffff))


if __name__ == "__main__":
    main()
