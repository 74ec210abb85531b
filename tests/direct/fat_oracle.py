# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the output of direct_dump on FAT against what mtools shows:
fat_oracle.py BASE OVERLAY DUMP…

BASE and OVERLAY as mtools has them (file, or file@@offset).  Knows nothing of
the engine; the delta is worked out by oracle.py.
"""
import hashlib
import os
import subprocess
import sys
import tempfile

import oracle

KINDS = oracle.KINDS
# What FAT has not, or what is made up.
IGNORED = ["inode", "blocks", "links", "ctime", "size-of-directory",
           "attributes"]           # but as a kind


def tool(*arguments):
    return subprocess.run(arguments, stdin=subprocess.DEVNULL, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout.decode()


def read_attributes(image):
    """The letters (of ASHR) of each path."""
    letters = {}
    for line in tool("mattrib", "-/", "-i", image, "::/").splitlines():
        flags, _, path = line.partition("::/")
        letters["/" + path] = flags.replace(" ", "")
    return letters


def read_tree(image):
    letters = read_attributes(image)
    tree = {}
    with tempfile.TemporaryDirectory() as work:
        listing = tool("mdir", "-b", "-/", "-a", "-i", image, "::/")
        if listing.strip():
            subprocess.run(["mcopy", "-s", "-m", "-n", "-Q", "-i", image,
                            "::/", work], check=True,
                           stdin=subprocess.DEVNULL)
        paths = ["/"] + [line[2:].rstrip("/")
                         for line in listing.splitlines() if line]
        for path in paths:
            tree[os.fsencode(path)] = read_node(work, path,
                                                letters.get(path, ""))
    return tree


def read_node(work, path, letters):
    st = os.lstat(work + path)
    directory = os.path.isdir(work + path)
    node = {"type": "directory" if directory else "file",
            "mode": 0o555 if "R" in letters and not directory else 0o755,
            "uid": 0, "gid": 0, "size": st.st_size, "inode": path,
            "mtime": list(divmod(st.st_mtime_ns, 10 ** 9)),
            "ctime": list(divmod(st.st_mtime_ns, 10 ** 9)),
            "major": 0, "minor": 0, "xattrs": {},
            "attributes": sorted(set(letters) & set("HSR"))}
    if directory:
        del node["mtime"]       # mcopy does not keep it
    else:
        with open(work + path, "rb") as f:
            node["md5"] = hashlib.md5(f.read()).hexdigest()
    return node


def main():
    os.environ.update(MTOOLS_SKIP_CHECK="1", TZ="UTC", LC_ALL="C.UTF-8")
    base, overlay = read_tree(sys.argv[1]), read_tree(sys.argv[2])
    expected = oracle.expected_delta(base, overlay)
    failed = False
    for name in sys.argv[3:]:
        errors = oracle.compare(expected, oracle.read_dump(name), IGNORED)
        for error in errors[:15]:
            print("%s: %s" % (name, error))
        failed = failed or bool(errors)
    print("%d and %d files, %d changes" % (len(base), len(overlay),
                                           len(expected)))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
