# SPDX-License-Identifier: GPL-2.0-or-later
"""What the Python parts of the tests share: a check prints one line, which
fuse.sh counts."""
import errno
import os


def check(what, passed, detail=""):
    print(("ok " if passed else "not ok ") + what, flush=True)
    if not passed and detail:
        print(detail, flush=True)


def equal(what, got, wanted):
    check(what, got == wanted, f"got {got!r:.400}, wanted {wanted!r:.400}")


def fails(what, wanted, function, *arguments, **keywords):
    """The function fails with the errno WANTED (or one of a tuple)."""
    if not isinstance(wanted, tuple):
        wanted = (wanted,)
    try:
        result = function(*arguments, **keywords)
    except OSError as error:
        check(what, error.errno in wanted,
              f"got {errno.errorcode.get(error.errno)}")
    else:
        check(what, False, f"it worked: {result!r:.200}")


def pattern(seed, offset, length):
    """The content that serve_memory makes up for files with a size."""
    first = offset // 32
    last = (offset + length + 31) // 32
    text = b"".join(b"%08x %022x\n" % (seed, i) for i in range(first, last))
    start = offset - first * 32
    return text[start:start + length]


def read_at(path, length, offset):
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.pread(fd, length, offset)
    finally:
        os.close(fd)
