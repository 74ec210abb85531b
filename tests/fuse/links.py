# SPDX-License-Identifier: GPL-2.0-or-later
"""Every link of a mount, walked by the kernel and by programs that resolve
names themselves: links.py MOUNT LINKS (how many there are at least)."""
import os
import stat
import sys

from checks import check, equal

top = os.path.realpath(sys.argv[1])


def inside(path):
    return path == top or path.startswith(top + "/")


def kernel_path(path):
    """Where the kernel's own walk ends; None where it fails."""
    try:
        fd = os.open(path, os.O_PATH)
    except OSError:
        return None
    try:
        return os.readlink("/proc/self/fd/%d" % fd)
    finally:
        os.close(fd)


links = []
for directory, directories, files in os.walk(top):
    for name in directories + files:
        path = os.path.join(directory, name)
        if stat.S_ISLNK(os.lstat(path).st_mode):
            links.append(path)

check("there are links", len(links) >= int(sys.argv[2]), str(len(links)))
targets = {path: os.readlink(path) for path in links}
equal("no target is absolute",
      [path for path in links if targets[path].startswith("/")], [])
equal("sizes fit",
      [path for path in links
       if os.lstat(path).st_size != len(os.fsencode(targets[path]))], [])
ends = {path: kernel_path(path) for path in links}
check("some lead to something",
      sum(end is not None for end in ends.values()) > len(links) / 20)
equal("the kernel stays inside",
      [path for path, end in ends.items()
       if end is not None and not inside(end)], [])
equal("realpath stays inside",
      [path for path in links if not inside(os.path.realpath(path))], [])
