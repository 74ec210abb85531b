#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What faults.sh needs beside a shell.

  faults.py readers COUNT FILE WANTED READY
      COUNT processes read pieces of FILE, which has the bytes of WANTED, until
      one fails; each has read something when READY appears.  Prints a line
      for each, the name of its error; exits with 1 when bytes were wrong.
  faults.py hold FIFO MOUNTPOINT
      Stops the worker of the supervisor whose number comes out of FIFO, while
      it reads the images.  Exits with 1 when it was too late: the tree is
      mounted.
  faults.py run COMMAND...
      Becomes the command, which takes the signals that a shell lets its
      background jobs ignore.
"""

import errno
import os
import random
import signal
import sys
import time

PIECE = 40000
# Of a mount whose server has gone, or that is not there any more.
EXPECTED = {errno.EIO, errno.ENOTCONN, errno.ECONNABORTED, errno.ENOENT}


def say(text):
    os.write(1, text.encode() + b"\n")


def read_once(path, wanted, rng):
    """Less is right where the rest cannot be read: the next read says so."""
    at = rng.randrange(len(wanted) - PIECE)
    fd = os.open(path, os.O_RDONLY)
    try:
        # What the kernel remembers is not asked for again.
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        got = os.pread(fd, PIECE, at)
    finally:
        os.close(fd)
    return len(got) > 0 and wanted[at:at + len(got)] == got


def reader(path, wanted, seed, started):
    """Until something fails; 0, or 1 for wrong bytes."""
    rng = random.Random(seed)
    while True:
        try:
            good = read_once(path, wanted, rng)
        except OSError as error:
            say(errno.errorcode[error.errno])
            return 0 if error.errno in EXPECTED else 1
        if not good:
            say("wrong bytes")
            return 1
        if started is not None:
            os.write(started, b".")
            started = None


def readers(count, path, wanted, ready):
    with open(wanted, "rb") as file:
        wanted = file.read()
    ours, its = os.pipe()
    children = []
    for seed in range(count):
        child = os.fork()
        if child == 0:
            os._exit(reader(path, wanted, seed, its))
        children.append(child)
    os.close(its)
    for _ in children:
        os.read(ours, 1)
    open(ready, "w").close()
    bad = 0
    for child in children:
        bad |= os.waitpid(child, 0)[1]
    return 1 if bad else 0


def is_shut_in(process):
    try:
        with open(f"/proc/{process}/status") as file:
            return "\nSeccomp:\t2\n" in file.read()
    except OSError:
        return False


def first_child(process):
    try:
        with open(f"/proc/{process}/task/{process}/children") as file:
            return int(file.read().split()[0])
    except (OSError, IndexError):
        return None


def hold(fifo, mount_point):
    with open(fifo) as file:
        supervisor = int(file.read())
    deadline = time.monotonic() + 60
    worker = None
    while worker is None or not is_shut_in(worker):
        if time.monotonic() > deadline:
            return 2
        worker = first_child(supervisor)
    os.kill(worker, signal.SIGSTOP)
    with open("/proc/self/mountinfo") as file:
        return 1 if f" {mount_point} " in file.read() else 0


command = sys.argv[1]
if command == "readers":
    sys.exit(readers(int(sys.argv[2]), *sys.argv[3:]))
if command == "run":
    for number in signal.SIGINT, signal.SIGQUIT:
        signal.signal(number, signal.SIG_DFL)
    os.execvp(sys.argv[2], sys.argv[2:])
sys.exit(hold(*sys.argv[2:]))
