#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What deltafs has to say, found another way: two trees mounted by the
host's kernel, walked whole, every byte read.  Knows nothing of images, and
shares no code with the product.

  oracle.py scan DIRECTORY [--under PATH]  the tree as one JSON object a line
  oracle.py merge TREE...                  trees mounted into each other
  oracle.py part TREE PATH NEW-PATH        what is at PATH, as if elsewhere
  oracle.py diff BASE OVERLAY [options]    the list that deltafs has to print
  oracle.py json FILE BASE OVERLAY         is FILE the --json output for it?
  oracle.py mount DIRECTORY BASE OVERLAY   does a mounted delta show it?

BASE, OVERLAY and TREE are files that scan has written; "-" is an empty tree.
"""

import argparse
import base64
import fnmatch
import hashlib
import json
import os
import stat
import sys

KINDS = ("content", "mode", "owner", "xattr", "acl", "capability", "selinux",
         "target", "device", "type", "time", "silent")
TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "directory",
         stat.S_IFLNK: "symlink", stat.S_IFBLK: "block",
         stat.S_IFCHR: "char", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket"}
OURS = ("user.deltafs.status", "user.deltafs.changes", "user.deltafs.path")


# --- trees ---

def file_digest(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_xattrs(path):
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}
    return {name: os.getxattr(path, name, follow_symlinks=False).hex()
            for name in names}


def describe(path, want_digest=True):
    """One inode, as plain data; PATH is bytes."""
    st = os.lstat(path)
    kind = TYPES[stat.S_IFMT(st.st_mode)]
    found = {
        "type": kind, "mode": stat.S_IMODE(st.st_mode), "uid": st.st_uid,
        "gid": st.st_gid, "size": st.st_size, "blocks": st.st_blocks,
        "links": st.st_nlink, "inode": st.st_ino, "device": st.st_dev,
        "mtime": st.st_mtime_ns, "ctime": st.st_ctime_ns,
        "atime": st.st_atime_ns, "xattrs": read_xattrs(path),
    }
    if kind in ("block", "char"):
        found["rdev"] = [os.major(st.st_rdev), os.minor(st.st_rdev)]
    if kind == "symlink":
        found["target"] = os.fsdecode(os.readlink(path))
    if kind == "file" and want_digest:
        found["digest"] = file_digest(path)
    return found


def walk(directory):
    """(path below it, whole path) of everything, as bytes, itself first."""
    todo = [b""]
    while todo:
        below = todo.pop()
        whole = directory + below
        yield below or b"/", whole
        if stat.S_ISDIR(os.lstat(whole).st_mode):
            todo += [below + b"/" + name for name in os.listdir(whole)]


def scan(arguments):
    top = os.fsencode(arguments.directory).rstrip(b"/")
    under = os.fsencode(arguments.under).rstrip(b"/")
    for path, whole in walk(top):
        entry = describe(whole)
        path = under + (b"" if path == b"/" and under else path)
        entry["path"] = os.fsdecode(path)
        entry["filesystem"] = arguments.under
        print(json.dumps(entry))


def load(name):
    """{path as bytes: entry} of a file that scan has written."""
    if name == "-":
        return {}
    with open(name, encoding="ascii") as file:
        entries = [json.loads(line) for line in file]
    return {os.fsencode(entry["path"]): entry for entry in entries}


def within(path, directory):
    return (directory == b"/" or path == directory
            or path.startswith(directory + b"/"))


def merge(arguments):
    whole = {}
    for name in arguments.trees:
        tree = load(name)
        root = min(tree, key=len)
        whole = {path: entry for path, entry in whole.items()
                 if not within(path, root)}
        whole.update(tree)
    for entry in whole.values():
        print(json.dumps(entry))


def part(arguments):
    directory, place = map(os.fsencode, (arguments.path, arguments.place))
    for path, entry in load(arguments.tree).items():
        if within(path, directory):
            entry["path"] = os.fsdecode(place + path[len(directory):])
            print(json.dumps(entry))


def order(path):
    """Sort key: '/' below every other byte, '/' itself first."""
    return b"" if path == b"/" else path.replace(b"/", b"\0")


# --- the verdict ---

def xattr_kind(name):
    if name.startswith("system.posix_acl_") or name.startswith(
            "trusted.SGI_ACL_"):
        return "acl"
    if name == "security.capability":
        return "capability"
    if name == "security.selinux":
        return "selinux"
    return "xattr"


def ignored(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def compare_pair(base, overlay, options):
    """The kinds by which two entries of one path differ."""
    if base["type"] != overlay["type"]:
        return {"type"}
    kinds = set()
    if base["type"] == overlay["type"] == "file":
        same_times = all(base[field] == overlay[field]
                         for field in ("size", "mtime", "ctime"))
        trusted = (same_times and base["inode"] == overlay["inode"]
                   and not options.verify)
        if base["digest"] != overlay["digest"] and not trusted:
            kinds.add("content")
            if same_times:
                kinds.add("silent")
    if base.get("target") != overlay.get("target"):
        kinds.add("target")
    if base.get("rdev") != overlay.get("rdev"):
        kinds.add("device")
    if base["mode"] != overlay["mode"]:
        kinds.add("mode")
    if (base["uid"], base["gid"]) != (overlay["uid"], overlay["gid"]):
        kinds.add("owner")
    for name in set(base["xattrs"]) | set(overlay["xattrs"]):
        if base["xattrs"].get(name) != overlay["xattrs"].get(name):
            kinds.add("ignored" if ignored(name, options.ignore_xattr)
                      else xattr_kind(name))
    if options.times and base["mtime"] != overlay["mtime"]:
        if overlay["type"] != "directory":
            kinds.add("time")
    return kinds


def filtered_out(path, options):
    def matches(patterns):
        parts = path.split(b"/")
        prefixes = [b"/".join(parts[:n]) or b"/"
                    for n in range(1, len(parts) + 1)]
        return any(fnmatch.fnmatchcase(prefix, os.fsencode(pattern))
                   for pattern in patterns for prefix in prefixes)
    if matches(options.exclude):
        return True
    return bool(options.include) and not matches(options.include)


def rename_identity(entry):
    return entry.get("filesystem"), entry["inode"], entry["digest"]


def find_renames(base, overlay, changes):
    """An added file with a deleted one's inode number and bytes."""
    sources = {}
    for path in sorted(changes, key=order, reverse=True):
        if changes[path][0] == "deleted" and base[path]["type"] == "file":
            entry = base[path]
            if entry["size"]:
                sources[rename_identity(entry)] = path
    return {path: sources[rename_identity(overlay[path])] for path in changes
            if changes[path][0] == "added" and overlay[path]["type"] == "file"
            and rename_identity(overlay[path]) in sources}


def compute(base, overlay, options):
    """({path: (status, kinds)} without the filtered ones, how many of those)"""
    changes = {}
    for path in set(base) | set(overlay):
        if path not in base:
            changes[path] = ("added", set())
        elif path not in overlay:
            changes[path] = ("deleted", set())
        else:
            kinds = compare_pair(base[path], overlay[path], options)
            if kinds:
                changes[path] = ("modified", kinds)
    kept = {}
    for path, (status, kinds) in changes.items():
        if options.content_only and status == "modified":
            if not kinds & {"content", "target", "type", "device"}:
                continue
        if kinds == {"ignored"}:
            continue
        if not filtered_out(path, options):
            kept[path] = (status, kinds - {"ignored"})
    return kept, len(changes) - len(kept)


# --- the list ---

def is_control(text):
    return len(text) == 1 and (ord(text) < 0x20 or 0x7f <= ord(text) < 0xa0)


def quote(path):
    """As git prints a path, core.quotePath off; takes and gives bytes."""
    letters = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r",
               34: '"', 92: "\\"}
    out, odd = b"", False
    for char in os.fsdecode(path):
        raw = os.fsencode(char)
        if len(raw) == 1 and raw[0] in letters:
            out, odd = out + b"\\" + letters[raw[0]].encode(), True
        elif is_control(char) or 0xd800 <= ord(char) < 0xe000:
            out, odd = out + b"".join(b"\\%03o" % byte for byte in raw), True
        else:
            out += raw
    return b'"' + out + b'"' if odd else out


def list_lines(changes):
    letters = {"added": b"A", "modified": b"M", "deleted": b"D"}
    for path in sorted(changes, key=order):
        status, kinds = changes[path]
        text = ",".join(kind for kind in KINDS if kind in kinds) or "-"
        yield letters[status], text.encode(), path


def diff(arguments):
    changes, filtered = compute(load(arguments.base), load(arguments.overlay),
                                arguments)
    for letter, kinds, path in list_lines(changes):
        if arguments.z:
            line = b"\t".join((letter, kinds, path)) + b"\0"
        else:
            line = b"\t".join((letter, kinds, quote(path))) + b"\n"
        sys.stdout.buffer.write(line)
    if filtered:
        print(f"{filtered} filtered", file=sys.stderr)


# --- --json ---

def utf8(raw):
    """Valid UTF-8, one U+FFFD for each wrong byte."""
    return "".join("\ufffd" if 0xdc80 <= ord(char) <= 0xdcff else char
                   for char in os.fsdecode(raw))


def json_string(found, name, raw):
    found[name] = utf8(raw)
    try:
        raw.decode()
    except UnicodeDecodeError:
        found[name + "_base64"] = base64.b64encode(raw).decode()


def json_time(ns):
    seconds, rest = divmod(ns, 10 ** 9)
    from datetime import datetime, timedelta
    when = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def json_side(entry):
    found = {"type": entry["type"], "mode": f"{entry['mode']:04o}",
             "uid": entry["uid"], "gid": entry["gid"], "size": entry["size"],
             "mtime": json_time(entry["mtime"])}
    if "target" in entry:
        json_string(found, "target", os.fsencode(entry["target"]))
    if "rdev" in entry:
        found["major"], found["minor"] = entry["rdev"]
    return found


def json_objects(base, overlay, options):
    changes, filtered = compute(base, overlay, options)
    renames = {} if options.no_renames else find_renames(base, overlay,
                                                         changes)
    for letter, kinds, path in list_lines(changes):
        status = changes[path][0]
        found = {"status": status}
        json_string(found, "path", path)
        changed = [kind for kind in KINDS if kind in changes[path][1]
                   and kind != "silent"]
        found["changes"] = changed
        if "silent" in changes[path][1]:
            found["silent"] = True
        if status != "added":
            found["base"] = json_side(base[path])
        if status != "deleted":
            found["overlay"] = json_side(overlay[path])
        if path in renames:
            json_string(found, "renamed_from", renames[path])
        yield found
    counts = {status: sum(change[0] == status for change in changes.values())
              for status in ("added", "modified", "deleted")}
    yield {"summary": dict(counts, unreadable=0, filtered=filtered)}


def check_json(arguments):
    with open(arguments.file, "rb") as file:
        lines = [json.loads(line.decode()) for line in file]
    wanted = list(json_objects(load(arguments.base), load(arguments.overlay),
                               arguments))
    problems = []
    summary = lines[-1].get("summary", {}) if lines else {}
    for name in ("engine", "seconds"):
        if summary.pop(name, None) is None:
            problems.append(f"the summary has no {name}")
    for found in lines:
        found.pop("filesystem", None)
        found.setdefault("changes", [])
    for found in wanted:
        found.setdefault("changes", [])
    if len(lines) != len(wanted):
        problems.append(f"{len(lines)} lines, wanted {len(wanted)}")
    for found, want in zip(lines, wanted):
        if found != want:
            problems.append(f"got    {json.dumps(found, sort_keys=True)}\n"
                            f"wanted {json.dumps(want, sort_keys=True)}")
    return report(problems, len(wanted))


# --- the mounted tree ---

def parent(path):
    return path[:path.rindex(b"/")] or b"/"


def ancestors(path):
    while path != b"/":
        path = parent(path)
        yield path


def wanted_nodes(base, overlay, changes):
    """{path in the mount: (guest path, entry, status, kinds)}; the entry of
    a directory that only deltafs made is None."""
    taken = {path for path in overlay if path.count(b"/") == 1}
    taken |= {path for path in base if path.count(b"/") == 1}
    number = 1
    while b"/.deleted.%d" % number in taken:
        number += 1

    def shown(path):
        if within(path, b"/.deleted"):
            return b"/.deleted.%d" % number + path[len(b"/.deleted"):]
        return path

    def below(path):
        return b"/.deleted" + (b"" if path == b"/" else path)

    nodes = {b"/": (b"/", overlay.get(b"/"), "scaffold", set()),
             b"/.deleted": (b"/", base.get(b"/"), "scaffold", set())}
    for path, (status, kinds) in changes.items():
        gone = status == "deleted"
        tree, place = (base, below) if gone else (overlay, shown)
        for upper in ancestors(path):
            if upper != b"/":
                nodes.setdefault(place(upper), (upper, tree.get(upper),
                                                "scaffold", set()))
        nodes[place(path)] = (path, tree[path], status, kinds)
    return nodes


def wanted_xattrs(entry, path, status, kinds):
    wanted = {name: value for name, value in (entry or {}).get(
        "xattrs", {}).items() if not name.startswith("user.deltafs.")}
    if entry and entry["type"] not in ("file", "directory"):
        wanted = {name: value for name, value in wanted.items()
                  if not name.startswith("user.")}
        if entry["type"] == "symlink":
            wanted = {name: value for name, value in wanted.items()
                      if not name.startswith("system.posix_acl_")}
    return wanted


def check_ours(place, whole, path, status, kinds, problems):
    """user.deltafs.*, on what can have user.* at all."""
    wanted = {"user.deltafs.status": status.encode()}
    if path is not None:
        wanted["user.deltafs.path"] = path
    if kinds:
        wanted["user.deltafs.changes"] = ",".join(
            kind for kind in KINDS if kind in kinds).encode()
    for name, value in wanted.items():
        try:
            got = os.getxattr(whole, name)
        except OSError as error:
            got = str(error).encode()
        if got != value:
            problems.append(f"{place}: {name} is {got}, wanted {value}")


def check_node(place, whole, node, problems):
    path, entry, status, kinds = node
    got = describe(whole)
    ours = {name: value for name, value in got["xattrs"].items()
            if name in OURS}
    got["xattrs"] = {name: value for name, value in got["xattrs"].items()
                     if name not in OURS}
    if got["type"] in ("file", "directory"):
        check_ours(place, whole, path, status, kinds, problems)
    elif ours:
        problems.append(f"{place}: user.* on a {got['type']}: {ours}")
    if entry is None:
        return got
    want = dict(entry, xattrs=wanted_xattrs(entry, path, status, kinds))
    fields = ["type", "mode", "uid", "gid", "blocks", "mtime", "atime",
              "ctime", "xattrs", "target", "rdev", "digest", "size"]
    if want["type"] != "directory":
        fields.append("links")
    for field in fields:
        if got.get(field) != want.get(field):
            problems.append(f"{place}: {field} is {got.get(field)}, "
                            f"wanted {want.get(field)}")
    return got


def check_links(found, nodes, problems):
    """Directories: 2 and one for each shown below; inode numbers: the same
    for names of one inode, and for nothing else."""
    for place, got in found.items():
        if got["type"] == "directory":
            below = sum(1 for other, entry in found.items()
                        if other != b"/" and parent(other) == place
                        and entry["type"] == "directory")
            if got["links"] != 2 + below:
                problems.append(f"{place}: {got['links']} links, wanted "
                                f"{2 + below}")
    identities = {}
    for place, got in found.items():
        entry = nodes[place][1]
        if entry is None or entry["type"] == "directory":
            identity = place
        else:
            identity = (nodes[place][2] == "deleted", entry.get("filesystem"),
                        entry["device"], entry["inode"])
        identities.setdefault(got["inode"], {})[identity] = place
    for inode, places in identities.items():
        if len(places) > 1:
            problems.append(f"inode {inode} is all of {list(places.values())}")
    numbers = {}
    for inode, places in identities.items():
        for identity, place in places.items():
            numbers.setdefault(identity, []).append((inode, place))
    for several in numbers.values():
        if len(several) > 1:
            problems.append(f"one inode has several numbers: {several}")


def check_mount(arguments):
    base, overlay = load(arguments.base), load(arguments.overlay)
    changes, _ = compute(base, overlay, arguments)
    nodes = wanted_nodes(base, overlay, changes)
    if arguments.count:
        print(len(nodes) - 1)
        return 0
    top = os.fsencode(arguments.directory).rstrip(b"/")
    found, problems = {}, []
    for place, whole in walk(top):
        if place not in nodes:
            problems.append(f"{place} should not be there")
        else:
            found[place] = check_node(place, whole, nodes[place], problems)
    for place in nodes:
        if place not in found:
            problems.append(f"{place} is missing")
    check_links({place: entry for place, entry in found.items()}, nodes,
                problems)
    return report(problems, len(nodes))


# --- the command ---

def report(problems, count):
    for problem in problems[:20]:
        print(problem)
    if len(problems) > 20:
        print(f"and {len(problems) - 20} more")
    print(f"{count} looked at, {len(problems)} wrong")
    return 1 if problems else 0


def parse():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("scan")
    one.add_argument("directory")
    one.add_argument("--under", default="/")
    one.set_defaults(function=scan)
    one = commands.add_parser("merge")
    one.add_argument("trees", nargs="+")
    one.set_defaults(function=merge)
    one = commands.add_parser("part")
    for name in ("tree", "path", "place"):
        one.add_argument(name)
    one.set_defaults(function=part)
    for name, function, first in (("diff", diff, None),
                                  ("json", check_json, "file"),
                                  ("mount", check_mount, "directory")):
        one = commands.add_parser(name)
        if first:
            one.add_argument(first)
        one.add_argument("base")
        one.add_argument("overlay")
        for option in ("--verify", "--times", "--content-only",
                       "--no-renames", "--count", "-z"):
            one.add_argument(option, action="store_true")
        for option in ("--ignore-xattr", "--include", "--exclude"):
            one.add_argument(option, action="append", default=[])
        one.set_defaults(function=function)
    return parser.parse_args()


if __name__ == "__main__":
    options = parse()
    sys.exit(options.function(options) or 0)
