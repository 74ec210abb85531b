# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the output of direct_dump against the kernel's view of both sides:
oracle.py BASE-MOUNT OVERLAY-MOUNT DUMP… [-i KEY]…
KEY: what is not compared: "inode" (then renames are not either), "blocks" and
the other keys of a node, "size-of-directory".

Knows nothing of the engine: walks both mounts, works out the delta by the
rules of the contract, and compares list, kinds, metadata and content.
"""
import argparse
import errno
import hashlib
import json
import os
import stat
import sys

TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "directory",
         stat.S_IFLNK: "symlink", stat.S_IFBLK: "block",
         stat.S_IFCHR: "char", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket"}
KINDS = ["content", "mode", "owner", "xattr", "acl", "capability", "selinux",
         "attributes", "target", "device", "type", "time", "silent"]


def list_xattrs(path):
    try:
        return os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
        return []


def read_node(path):
    st = os.lstat(path)
    node = {"type": TYPES[stat.S_IFMT(st.st_mode)],
            "mode": stat.S_IMODE(st.st_mode), "uid": st.st_uid,
            "gid": st.st_gid, "size": st.st_size, "blocks": st.st_blocks,
            "links": st.st_nlink, "inode": st.st_ino,
            "mtime": list(divmod(st.st_mtime_ns, 10 ** 9)),
            "ctime": list(divmod(st.st_ctime_ns, 10 ** 9)),
            "major": 0, "minor": 0, "xattrs": {}}
    if node["type"] in ("block", "char"):
        node["major"] = os.major(st.st_rdev)
        node["minor"] = os.minor(st.st_rdev)
    if node["type"] == "symlink":
        node["target"] = os.readlink(path).hex()
    for name in list_xattrs(path):
        value = os.getxattr(path, name, follow_symlinks=False)
        node["xattrs"][os.fsencode(name).hex()] = value.hex()
    if node["type"] == "file":
        digest = hashlib.md5()
        with open(path, "rb", buffering=0) as f:
            while piece := f.read(1 << 20):
                digest.update(piece)
        node["md5"] = digest.hexdigest()
    return node


def read_tree(root):
    root = os.fsencode(root)
    tree = {b"/": read_node(root)}
    pending = [(root, b"")]
    while pending:
        where, path = pending.pop()
        for name in os.listdir(where):
            node = read_node(where + b"/" + name)
            tree[path + b"/" + name] = node
            if node["type"] == "directory":
                pending.append((where + b"/" + name, path + b"/" + name))
    return tree


def xattr_kind(name):
    return {"system.posix_acl_access": "acl",
            "system.posix_acl_default": "acl",
            "trusted.SGI_ACL_FILE": "acl",
            "trusted.SGI_ACL_DEFAULT": "acl",
            "security.capability": "capability",
            "security.selinux": "selinux"}.get(
                bytes.fromhex(name).decode("latin-1"), "xattr")


def judge(base, overlay):
    if base["type"] != overlay["type"]:
        return {"type"}
    kinds = set()
    if base["type"] == "file" and base["md5"] != overlay["md5"]:
        kinds.add("content")
        if all(base[k] == overlay[k] for k in ("size", "mtime", "ctime")):
            kinds.add("silent")
    if base["type"] == "symlink" and base["target"] != overlay["target"]:
        kinds.add("target")
    if (base["major"], base["minor"]) != (overlay["major"], overlay["minor"]):
        kinds.add("device")
    if base["mode"] != overlay["mode"]:
        kinds.add("mode")
    if base.get("attributes") != overlay.get("attributes"):
        kinds.add("attributes")
    if (base["uid"], base["gid"]) != (overlay["uid"], overlay["gid"]):
        kinds.add("owner")
    for name in base["xattrs"].keys() | overlay["xattrs"].keys():
        if base["xattrs"].get(name) != overlay["xattrs"].get(name):
            kinds.add(xattr_kind(name))
    return kinds


def listing_order(path):
    return path.replace(b"/", b"\0")


def expected_delta(base, overlay):
    delta = {}
    for path in base.keys() | overlay.keys():
        b, o = base.get(path), overlay.get(path)
        if b is None:
            delta[path] = {"status": "added", "overlay": o, "kinds": ""}
        elif o is None:
            delta[path] = {"status": "deleted", "base": b, "kinds": ""}
        else:
            kinds = judge(b, o)
            if kinds:
                delta[path] = {"status": "modified", "base": b, "overlay": o,
                               "kinds": ",".join(k for k in KINDS
                                                 if k in kinds)}
    gone = {}
    for path in sorted(delta, key=listing_order):
        entry = delta[path]
        if entry["status"] == "deleted" and entry["base"]["type"] == "file":
            gone.setdefault(entry["base"]["inode"], path)
    for path, entry in delta.items():
        o = entry.get("overlay")
        if entry["status"] == "added" and o["type"] == "file" and o["size"]:
            origin = gone.get(o["inode"])
            if origin is not None and base[origin]["md5"] == o["md5"]:
                entry["renamed_from"] = origin.hex()
    return delta


def show(path):
    return repr(path)


def compare(expected, found, ignored):
    errors = []
    for path in sorted(expected.keys() | found.keys()):
        e, f = expected.get(path), found.get(path)
        if e is None or f is None:
            errors.append("%s: %s, found %s" % (
                show(path), "nothing" if e is None else e["status"] + " " +
                e["kinds"], "nothing" if f is None else f["status"] + " " +
                f["kinds"]))
            continue
        for key in ("status", "kinds", "renamed_from"):
            if key == "renamed_from" and "inode" in ignored:
                continue
            if e.get(key) != f.get(key) and not (
                    key == "kinds" and "ctime" in ignored and
                    e[key].replace(",silent", "") ==
                    f[key].replace(",silent", "")):
                errors.append("%s: %s is %s, found %s" % (
                    show(path), key, e.get(key), f.get(key)))
        for side in ("base", "overlay"):
            if (side in e) != (side in f):
                errors.append("%s: %s" % (show(path), side))
                continue
            for key, value in e.get(side, {}).items():
                if key == "size" and "size-of-directory" in ignored and \
                        e[side]["type"] == "directory":
                    continue
                if key not in ignored and f[side].get(key) != value:
                    errors.append("%s: %s.%s is %.200s, found %.200s" % (
                        show(path), side, key, value, f[side].get(key)))
    return errors


def read_dump(name):
    found = {}
    with open(name) as f:
        for line in f:
            entry = json.loads(line)
            path = bytes.fromhex(entry["path"])
            if path in found:
                sys.exit("twice: %s" % show(path))
            found[path] = entry
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("overlay")
    parser.add_argument("dumps", nargs="+")
    parser.add_argument("-i", dest="ignored", action="append", default=[])
    arguments = parser.parse_args()
    base = read_tree(arguments.base)
    overlay = read_tree(arguments.overlay)
    expected = expected_delta(base, overlay)
    failed = False
    for name in arguments.dumps:
        errors = compare(expected, read_dump(name), arguments.ignored)
        for error in errors[:15]:
            print("%s: %s" % (name, error))
        failed = failed or bool(errors)
    print("%d and %d files, %d changes" % (len(base), len(overlay),
                                           len(expected)))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
