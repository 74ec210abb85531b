#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What written bytes of an ext filesystem are, found out with debugfs.

  account.py BASE OVERLAY MAP OFFSET LENGTH [RECOVERED]

BASE and OVERLAY are the disks as raw files, MAP is what "qemu-img map
--output=json" says of the overlay (what has depth 0 was written).  The
filesystem lies at OFFSET, LENGTH bytes long.  RECOVERED is the overlay's
filesystem alone after a replay of its journal.  Prints the classes as
one sorted line of JSON.
"""
import json
import os
import re
import subprocess
import sys
import tempfile


def tool(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True,
                          errors="replace").stdout


def cut(disk, offset, length):
    """The filesystem alone, in a file of its own."""
    file = tempfile.NamedTemporaryFile(dir=".", suffix=".fs")
    with open(disk, "rb") as source:
        source.seek(offset)
        file.write(source.read(length))
    file.truncate(length)
    file.flush()
    return file


def numbers(text):
    """The blocks in "1, 5-7"."""
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", text):
        yield from range(int(first), int(last or first) + 1)


class Filesystem:
    def __init__(self, image):
        self.image = image
        head = tool("dumpe2fs", image)
        self.size = int(re.search(r"Block size: +(\d+)", head)[1])
        self.count = int(re.search(r"Block count: +(\d+)", head)[1])
        self.first = int(re.search(r"First block: +(\d+)", head)[1])
        self.first_inode = int(re.search(r"First inode: +(\d+)", head)[1])
        found = re.search(r"Journal inode: +(\d+)", head)
        self.journal = int(found[1]) if found else 0
        found = re.search(r"Orphan file inode: +(\d+)", head)
        self.orphans = int(found[1]) if found else 0
        self.places = {}
        for kind, name in (("superblocks", r"superblock at"),
                           ("superblocks", r"Group descriptors? at"),
                           ("superblocks", r"Reserved GDT blocks at"),
                           ("bitmaps", r"Block bitmap at"),
                           ("bitmaps", r"Inode bitmap at"),
                           ("inode_tables", r"Inode table at")):
            for text in re.findall(name + r" (\d+(?:-\d+)?)", head):
                for block in numbers(text):
                    self.places[block] = kind
        self.inodes = {}

    def stat(self, inode):
        """Facts of an inode: its blocks by kind, and who it is."""
        if inode in self.inodes:
            return self.inodes[inode]
        text = tool("debugfs", "-R", f"stat <{inode}>", self.image)
        kind = re.search(r"Type: +(\w+)", text)
        facts = {"type": kind[1] if kind else None, "lists": set(),
                 "xattr": 0}
        links = re.search(r"Links: +(\d+)", text)
        facts["used"] = bool(links and int(links[1]))
        facts["who"] = (re.findall(r"Generation: +(\d+)", text),
                        re.findall(r"crtime: (\S+)", text))
        found = re.search(r"File ACL: (\d+)", text)
        facts["xattr"] = int(found[1]) if found else 0
        facts["ea"] = bool(int(re.search(r"Flags: (0x[0-9a-f]+)",
                                         text)[1], 16) & 0x200000)
        for block in re.findall(r"\((?:ETB\d+|IND|DIND|TIND)\):(\d+)", text):
            facts["lists"].add(int(block))
        self.inodes[inode] = facts
        return facts

    def owners(self, blocks):
        """The inode of each of BLOCKS that has one."""
        owners = {}
        blocks = sorted(blocks)
        for start in range(0, len(blocks), 500):
            some = " ".join(map(str, blocks[start:start + 500]))
            for block, inode in re.findall(
                    r"^(\d+)\t(\d+)$",
                    tool("debugfs", "-R", "icheck " + some, self.image),
                    re.M):
                owners[int(block)] = int(inode)
        return owners

    def kind(self, block, inode, base):
        if block in self.places:
            return self.places[block]
        facts = self.stat(inode)
        if inode == 7:
            return "superblocks"
        if block in facts["lists"]:
            return "block_lists"
        if block == facts["xattr"]:
            return "xattrs"
        if inode == self.journal:
            return "journal"
        if inode == self.orphans or inode != 2 and inode < self.first_inode:
            return "reserved_inodes"
        if facts["ea"]:
            return "xattrs"
        if facts["type"] == "directory":
            return "directories"
        before = base.stat(inode)
        same = before["used"] and before["type"] == facts["type"] and \
            before["who"] == facts["who"]
        return "file_data_modified" if same else "file_data_added"


def pieces(extents, size, start, end):
    """What of START to END was written, a filesystem block at a time."""
    for extent in extents:
        at = max(extent["start"], start)
        stop = min(extent["start"] + extent["length"], end)
        while at < stop:
            after = min((at // size + 1) * size, stop)
            yield at, after
            at = after


def main():
    base_disk, overlay_disk, map_file = sys.argv[1:4]
    offset, length = int(sys.argv[4]), int(sys.argv[5])
    base_file = cut(base_disk, offset, length)
    overlay_file = cut(overlay_disk, offset, length)
    base = Filesystem(base_file.name)
    overlay = Filesystem(sys.argv[6] if len(sys.argv) > 6
                         else overlay_file.name)
    with open(map_file) as file:
        extents = [dict(extent, start=extent["start"] - offset)
                   for extent in json.load(file) if extent["depth"] == 0]
    classes = {}

    def count(kind, number):
        classes[kind] = classes.get(kind, 0) + number

    base_fd, overlay_fd = base_file.fileno(), overlay_file.fileno()

    def same(at, after):
        return os.pread(base_fd, after - at, at) == \
            os.pread(overlay_fd, after - at, at)

    end = overlay.count * overlay.size
    for start, stop, kind in ((0, 1024, "boot_sectors"),
                              (end, length, "gaps")):
        for at, after in pieces(extents, 512, start, stop):
            count("identical" if same(at, after) else kind, after - at)
    differ = {}
    for at, after in pieces(extents, overlay.size, 1024, end):
        if same(at, after):
            count("identical", after - at)
        else:
            block = at // overlay.size
            differ[block] = differ.get(block, 0) + after - at
    owners = overlay.owners(differ)
    before = base.owners(differ)
    for block, number in differ.items():
        if block in owners or block in overlay.places:
            count(overlay.kind(block, owners.get(block), base), number)
        elif block in before or block in base.places:
            count("freed", number)
        else:
            count("never_used", number)
    print(json.dumps(classes, sort_keys=True, separators=(",", ":")))


main()
