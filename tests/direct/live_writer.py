#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that does not rest: live_writer.py DIRECTORY SEED STOP changes files
and directories, mostly with fsync, until the file STOP is there.  What it
leaves alone is DIRECTORY/constant."""
import os
import random
import sys


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())


def main():
    root, seed, stop = sys.argv[1:4]
    r = random.Random(seed)
    print("seed", seed)
    directories = [os.path.join(root, "busy-%d" % i) for i in range(8)]
    for directory in directories:
        os.makedirs(directory, exist_ok=True)
    turn = 0
    while not os.path.exists(stop):
        turn += 1
        path = os.path.join(r.choice(directories), "f%d" % r.randrange(200))
        other = os.path.join(r.choice(directories), "g%d" % r.randrange(200))
        what = r.randrange(8)
        try:
            if what < 3:
                write(path, b"%d\n" % turn * r.randrange(1, 3000))
            elif what == 3:
                os.rename(path, other)
            elif what == 4:
                os.unlink(other)
            elif what == 5:
                os.setxattr(path, "user.turn", b"%d" % turn * 100)
            elif what == 6:
                os.link(path, other)
            else:
                os.truncate(path, r.randrange(100000))
        except (FileNotFoundError, FileExistsError):
            pass
        except OSError as error:
            if error.errno != 28:       # ENOSPC
                raise
            for directory in directories:
                for name in os.listdir(directory):
                    os.unlink(os.path.join(directory, name))
        if turn % 50 == 0:
            handle = os.open(root, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
    print(turn, "turns")


main()
