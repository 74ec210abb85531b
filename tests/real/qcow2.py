#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers that qemu-img does not write: qcow2.py COMMAND IMAGE [ARGUMENT].

  no-backing-format IMAGE     forget the format of the backing file
  backing-name IMAGE NAME     another name, not longer than the old one
  data-file IMAGE NAME        another name of the external data file
  number IMAGE OFFSET SIZE N  a big-endian number anywhere
"""

import struct
import sys

BACKING_FORMAT, DATA_FILE = 0xE2792ACA, 0x44415441


def extensions(file):
    """(offset of its header, type, length) of each header extension."""
    file.seek(100)
    offset = struct.unpack(">I", file.read(4))[0]
    while True:
        file.seek(offset)
        kind, length = struct.unpack(">II", file.read(8))
        if kind == 0:
            return
        yield offset, kind, length
        offset += 8 + (length + 7) // 8 * 8


def find(file, wanted):
    return next((offset, length) for offset, kind, length in extensions(file)
                if kind == wanted)


def write(file, offset, data):
    file.seek(offset)
    file.write(data)


def main(command, image, *arguments):
    with open(image, "r+b") as file:
        if command == "no-backing-format":
            # An extension of a type that nobody knows.
            write(file, find(file, BACKING_FORMAT)[0],
                  struct.pack(">I", 0x64656C74))
        elif command == "backing-name":
            name = arguments[0].encode()
            file.seek(8)
            offset, length = struct.unpack(">QI", file.read(12))
            assert 0 < len(name) <= length
            write(file, 16, struct.pack(">I", len(name)))
            write(file, offset, name)
        elif command == "data-file":
            name = arguments[0].encode()
            offset, length = find(file, DATA_FILE)
            assert (len(name) + 7) // 8 == (length + 7) // 8
            write(file, offset, struct.pack(">II", DATA_FILE, len(name)))
            write(file, offset + 8, name)
        elif command == "number":
            offset, size, value = (int(text, 0) for text in arguments)
            write(file, offset, value.to_bytes(size, "big"))
        else:
            sys.exit(__doc__)


main(*sys.argv[1:])
