#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest of load.sh, and one of its readers.

  load.py base DIRECTORY ENTRIES     what the base has: to be modified, removed
  load.py overlay DIRECTORY ENTRIES  modifies all that is left of it, and adds
  load.py forget DIRECTORY           makes the kernel forget what it has read,
                                     so that others' reads are the server's
"""

import os
import random
import sys

WORDS = [b"alpha", b"beta", b"gamma", b"delta", b"epsilon", b"needle"]


def content(number):
    """Mostly small; some have holes, some are larger than a request."""
    rng = random.Random(number)
    if number % 500 == 0:
        return rng.randbytes(1500000 + number % 777)
    if number % 7 == 0:
        return b""
    return b" ".join(rng.choices(WORDS[:5], k=rng.randrange(1, 900))) + b"\n"


def add_file(path, number):
    with open(path, "wb") as file:
        file.write(content(number))
        if number % 97 == 0:
            file.truncate(file.tell() + 300000)
            file.seek(0, os.SEEK_END)
            file.write(b"needle after a hole\n")
    os.chmod(path, (0o600, 0o644, 0o755, 0o4755, 0o400)[number % 5])
    os.chown(path, number % 3 * 1000, number % 4 * 100)
    if number % 11 == 0:
        os.setxattr(path, "user.note", b"number %d" % number)
    elif number % 1009 == 0:
        os.setxattr(path, "user.large", b"v" * 2000)
    when = 1_500_000_000_000_000_000 + number * 1_000_000_007
    os.utime(path, ns=(when, when))


def fill(directory, entries, first):
    """ENTRIES of all kinds, about a hundred in a directory."""
    made, rng = 0, random.Random(first)
    places = [directory]
    while made < entries:
        place = f"{rng.choice(places[-20:])}/directory-{made}"
        os.makedirs(place)
        places.append(place)
        made += 1
        for number in range(first + made, first + min(made + 97, entries)):
            path = f"{place}/file-{number}"
            add_file(path, number)
            if number % 13 == 0:
                os.link(path, path + "-again")
                made += 1
            if number % 17 == 0:
                os.symlink(f"../directory-{number}/file-{number + 1}",
                           path + "-link")
                made += 1
            made += 1


def modify(directory):
    for top, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(top, name)
            if not os.path.islink(path):
                os.chmod(path, 0o640)
                with open(path, "ab") as file:
                    file.write(b"needle that was appended\n")
            else:
                os.unlink(path)
                os.symlink("elsewhere", path)
        os.chmod(top, 0o750)


def forget(directory):
    for top, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(top, name)
            if not os.path.islink(path):
                fd = os.open(path, os.O_RDONLY)
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(fd)


command, directory = sys.argv[1:3]
if command == "forget":
    forget(directory)
else:
    entries = int(sys.argv[3])
    if command == "base":
        fill(directory + "/modified", entries // 10, 1)
        fill(directory + "/removed", entries // 10, 1_000_000)
    else:
        modify(directory + "/modified")
        fill(directory + "/added", entries * 8 // 10, 2_000_000)
