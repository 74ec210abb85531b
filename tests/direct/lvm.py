#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fills and reads logical volumes without device-mapper.

    lvm.py put DISK LAYOUT VOLUME FILE     FILE becomes what VOLUME holds
    lvm.py get DISK LAYOUT VOLUME FILE     and the other way
    lvm.py place DISK LAYOUT VOLUME        "OFFSET LENGTH" of its pieces
    lvm.py differ FROM TO                  TO, an exposed overlay, becomes FROM:
                                           only what differs is written

LAYOUT has a line "pv DEVICE OFFSET" for each physical volume: where its first
extent lies on the disk, and what LVM's own tools print of the segments:
name, size of an extent, first extent, size of a stripe, ranges of extents.
"""
import os
import sys


def segments(layout, name):
    start = {}
    found = []
    for line in open(layout):
        words = line.split()
        if words[:1] == ["pv"]:
            start[words[1]] = int(words[2])
        elif words and words[0] == name:
            extent, first, stripe = map(int, words[1:4])
            areas = []
            for place in words[4:]:
                device, extents = place.rsplit(":", 1)
                begin, end = map(int, extents.split("-"))
                areas.append((start[device] + begin * extent,
                              (end - begin + 1) * extent))
            found.append((first, stripe, areas))
    return [segment[1:] for segment in sorted(found)]


def pieces(layout, name):
    """(offset, length) on the disk, in the volume's order."""
    for stripe, areas in segments(layout, name):
        if len(areas) == 1:
            yield areas[0]
            continue
        for at in range(0, areas[0][1], stripe):
            for offset, _ in areas:
                yield offset + at, stripe


def write_what_differs(source, target, block=65536):
    raw = os.open(target, os.O_RDWR)
    with open(source, "rb") as disk:
        for offset in range(0, os.path.getsize(source), block):
            new = disk.read(block)
            if new != os.pread(raw, len(new), offset):
                os.pwrite(raw, new, offset)


def main():
    if sys.argv[1] == "differ":
        write_what_differs(*sys.argv[2:4])
        return
    verb, disk, layout, name = sys.argv[1:5]
    places = list(pieces(layout, name))
    assert places, "no such volume: " + name
    if verb == "place":
        for place in places:
            print(*place)
        return
    raw = os.open(disk, os.O_RDWR)
    with open(sys.argv[5], "rb" if verb == "put" else "wb") as flat:
        for offset, length in places:
            if verb == "get":
                flat.write(os.pread(raw, length, offset))
                continue
            new = flat.read(length).ljust(length, b"\0")
            if new != os.pread(raw, length, offset):
                os.pwrite(raw, new, offset)
        assert verb == "get" or not flat.read(1), "larger than the volume"


main()
