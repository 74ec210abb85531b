#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds a copy of a tree against the tree, in all that a copy can keep: names,
types, modes, owners, sizes, mtimes, link targets, device numbers, hard links,
xattrs but ours, bytes.  Says what differs, and ends with 1 if anything does.

  copies.py TREE COPY [--no-sockets] [--no-xattr GLOB]... [--no-top]
"""

import argparse
import fnmatch
import os
import sys

from oracle import describe, walk

FIELDS = ("type", "mode", "uid", "gid", "size", "mtime", "target", "rdev",
          "digest", "xattrs", "names")


def ignored(name, options):
    return name.startswith("user.deltafs.") or any(
        fnmatch.fnmatchcase(name, glob) for glob in options.no_xattr)


def read(top, options):
    """{path: what is known of it}"""
    found, first = {}, {}
    for path, whole in sorted(walk(os.fsencode(top).rstrip(b"/"))):
        entry = describe(whole)
        if entry["type"] == "socket" and options.no_sockets:
            continue
        if path == b"/" and options.no_top:
            continue
        if entry["type"] == "directory":
            entry["size"] = None
        else:
            entry["names"] = first.setdefault(entry["inode"], path)
        entry["xattrs"] = {name: value
                           for name, value in entry["xattrs"].items()
                           if not ignored(name, options)}
        found[path] = entry
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tree")
    parser.add_argument("copy")
    parser.add_argument("--no-sockets", action="store_true")
    parser.add_argument("--no-xattr", action="append", default=[])
    parser.add_argument("--no-top", action="store_true")
    options = parser.parse_args()
    tree, copy = read(options.tree, options), read(options.copy, options)
    problems = [f"only in the tree: {path}" for path in tree.keys() - copy]
    problems += [f"only in the copy: {path}" for path in copy.keys() - tree]
    for path in sorted(tree.keys() & copy.keys()):
        problems += [f"{path}: {field}: {tree[path].get(field)}, in the copy "
                     f"{copy[path].get(field)}"[:300] for field in FIELDS
                     if tree[path].get(field) != copy[path].get(field)]
    for problem in problems[:20]:
        print(problem)
    print(f"{len(tree)} entries, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
