#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The guests of the benchmarks, in a mounted filesystem.

  fill.py tree DIRECTORY FILES       so many small files, 20 in a directory
  fill.py change DIRECTORY FILES     500 changes, spread over such a tree
  fill.py atimes DIRECTORY           every directory was read
  fill.py upgrade DIRECTORY COUNT    the first COUNT files of such a tree are
                                     written anew and renamed over the old ones
  fill.py empty DIRECTORY FILES      names without content, 1,000 in a directory
  fill.py blob FILE MIB              bytes that nothing can compress
  fill.py poke FILE COUNT            writes so many blocks of a file in place
"""

import os
import random
import sys

CHANGES = 500


def content(number, version=b"base"):
    """600 to 2,600 bytes, other ones for each file and version."""
    line = b"%s of file %d\n" % (version, number)
    return line * ((600 + number * 7919 % 2000) // len(line) + 1)


def directory_of(top, number):
    number //= 20
    return f"{top}/{number // 50:03}/{number % 50:02}"


def path_of(top, number):
    return f"{directory_of(top, number)}/file-{number % 20}"


def write(path, data):
    with open(path, "wb", buffering=0) as file:
        file.write(data)


def tree(top, files):
    files = int(files)
    for number in range(0, files, 20):
        os.makedirs(directory_of(top, number))
        for member in range(number, min(number + 20, files)):
            write(path_of(top, member), content(member))


def change(top, files):
    step = int(files) // CHANGES
    for i in range(CHANGES):
        path = path_of(top, i * step)
        if i % 10 < 4:          # edited, the size stays
            data = content(i * step)
            with open(path, "r+b", buffering=0) as file:
                file.seek(len(data) // 2)
                file.write(b"changed")
        elif i % 10 < 7:
            write(f"{directory_of(top, i * step)}/added-{i}",
                  content(i, b"added"))
        elif i % 10 < 9:
            os.unlink(path)
        else:
            os.chmod(path, 0o4755)


def atimes(top):
    """By reading them: utime(2) would move ctime as well."""
    for directory, _, _ in os.walk(top):
        times = os.stat(directory)
        if times.st_atime_ns < times.st_mtime_ns:
            raise SystemExit(f"{directory}: its atime has not moved")


def upgrade(top, count):
    for number in range(int(count)):
        path = path_of(top, number)
        write(path + ".new", content(number, b"upgraded"))
        os.rename(path + ".new", path)


def empty(top, files):
    files = int(files)
    for number in range(files):
        if number % 1000 == 0:
            directory = f"{top}/directory-{number // 1000}"
            os.makedirs(directory)
        os.close(os.open(f"{directory}/name-of-{number}",
                         os.O_CREAT | os.O_WRONLY, 0o644))


def blob(path, mib):
    rng = random.Random(1)
    with open(path, "wb", buffering=0) as file:
        for _ in range(int(mib)):
            file.write(rng.randbytes(1 << 20))


def poke(path, count):
    count = int(count)
    step = os.path.getsize(path) // count // 4096 * 4096
    with open(path, "r+b", buffering=0) as file:
        for i in range(count):
            file.seek(i * step)
            file.write(b"%04095d\n" % i)


command, *arguments = sys.argv[1:]
{"tree": tree, "change": change, "atimes": atimes, "upgrade": upgrade,
 "empty": empty, "blob": blob, "poke": poke}[command](*arguments)
