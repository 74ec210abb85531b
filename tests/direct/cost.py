#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a comparison has to read, and what it did read.

  cost.py neighbours DISK MAP
      the file data that lies in written clusters, from debugfs and what
      "qemu-img map --output=json" says of the overlay: "N bytes of M files",
      both sides together
  cost.py trace DISK BASE OVERLAY TRACE MESSAGES
      "as it should be" if TRACE (strace -f -y) shows that neither image is
      written to or flushed, and that no more of BASE was read than MESSAGES
      (-v) say and the metadata of DISK, the base's disk as a raw file, allows
"""
import json
import re
import subprocess
import sys


def tool(*arguments, text=None):
    return subprocess.run(arguments, input=text, capture_output=True,
                          text=True, errors="replace").stdout


def files(disk):
    """Size and blocks (logical, physical) of each regular file."""
    directories = [""]
    numbers = []
    while directories:
        path = directories.pop()
        for line in tool("debugfs", "-R", f"ls -p {path or '/'}",
                         disk).splitlines():
            parts = line.split("/")
            if len(parts) < 7 or parts[5] in (".", "..", ""):
                continue
            if parts[2].startswith("04"):
                directories.append(f"{path}/{parts[5]}")
            elif parts[2].startswith("10"):
                numbers.append(int(parts[1]))
    stats = tool("debugfs", disk,
                 text="".join(f"stat <{number}>\n" for number in numbers))
    for text in re.split(r"^debugfs:", stats, flags=re.M):
        size = re.search(r"Size: (\d+)", text)
        if not size:
            continue
        blocks = []
        for a, b, c in re.findall(r"\((\d+)(?:-(\d+))?\):(\d+)", text):
            blocks += [(logical, int(c) + logical - int(a))
                       for logical in range(int(a), int(b or a) + 1)]
        yield int(size[1]), blocks


def neighbours(disk, map_file):
    with open(map_file) as source:
        written = [(part["start"], part["start"] + part["length"])
                   for part in json.load(source) if part["depth"] == 0]
    block_size = int(re.search(r"Block size: +(\d+)",
                               tool("dumpe2fs", "-h", disk))[1])
    total = count = 0
    for size, blocks in files(disk):
        part = sum(min(block_size, size - logical * block_size)
                   for logical, physical in blocks
                   if any(start <= physical * block_size < end
                          for start, end in written))
        total += part
        count += part > 0
    return f"{2 * total} bytes of {count} files"


def metadata(disk):
    """Bytes of the inodes in use, as far as tables are initialized, and of
    the directories."""
    text = tool("dumpe2fs", disk)
    size = int(re.search(r"Inode size:\s+(\d+)", text)[1])
    block = int(re.search(r"Block size:\s+(\d+)", text)[1])
    each = int(re.search(r"Inodes per group:\s+(\d+)", text)[1])
    groups = re.findall(r"^Group \d+:", text, flags=re.M)
    unused = sum(int(n) for n in re.findall(r"(\d+) unused inodes", text))
    directories = sum(int(n) for n in re.findall(r"(\d+) directories", text))
    return (len(groups) * each - unused) * size + directories * block


def check_trace(disk, base, overlay, trace, messages):
    with open(messages) as source:
        text = source.read()
    told = int(re.search(r"bytes read: (\d+) of the base", text)[1])
    compared = int(re.search(r"to compare it: (\d+) bytes", text)[1])
    read = calls = 0
    interrupted = set()         # processes that are reading the base
    with open(trace) as source:
        for line in source:
            process = line.split()[0]
            result = re.search(r"= (-?\d+)", line.rpartition(")")[2])
            if process in interrupted and "resumed>" in line:
                interrupted.remove(process)
                read += int(result[1])
                continue
            call = re.search(r"\b(\w+)\((.*)", line)
            if not call:
                continue
            name, rest = call[1], call[2]
            if name in ("fsync", "fdatasync", "sync_file_range", "syncfs",
                        "sync", "msync"):
                return f"{name} was called"
            image = next((i for i in (base, overlay) if f"<{i}>" in rest), None)
            if name in ("open", "openat") and image or \
                    name == "openat" and re.search(r'"/dev/fd/', rest):
                if re.search(r"O_RDWR|O_WRONLY", rest) and \
                        image is not None:
                    return f"opened for writing: {line}"
            elif image and re.match(r"p?write|ftruncate|fallocate", name):
                return f"written to: {line}"
            elif image == base and name in ("read", "pread64", "preadv"):
                calls += 1
                if "<unfinished" in line:
                    interrupted.add(process)
                else:
                    read += int(result[1])
    if calls == 0:
        return "nobody read the base"
    # Each directory can lie in a chunk of its own, between other things.
    allowed = 8 * metadata(disk) + compared + 2 * 1024 * 1024
    if told > allowed:
        return f"{told} bytes of the base are more than {allowed}"
    # The image's own tables come in addition, and where partition tables and
    # all kinds of filesystems would have their marks, on both sides.
    if read > told + 4 * 1024 * 1024:
        return f"{read} bytes were read, {told} are told of"
    return "as it should be"


if sys.argv[1] == "neighbours":
    print(neighbours(*sys.argv[2:]))
else:
    print(check_trace(*sys.argv[2:]))
