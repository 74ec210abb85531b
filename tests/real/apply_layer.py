# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unpacks an OCI layer over a tree, as the image specification has it
# (layer.md, "Applying Changesets"), with nothing of deltafs:
#   apply_layer.py LAYER DIRECTORY

import os
import shutil
import stat
import sys
import tarfile

MARK = b".wh."
XATTR = "SCHILY.xattr."
root = os.fsencode(sys.argv[2])
directories = {}        # what there is to be set when all is there
unpacked = set()


def raw(text):
    return text.encode("utf-8", "surrogateescape")


def place(name):
    path = os.path.normpath(raw(name))
    assert not path.startswith((b"/", b"../")) and path != b"..", name
    return root if path == b"." else os.path.join(root, path)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def attributes(member, path):
    os.chown(path, member.uid, member.gid, follow_symlinks=False)
    if not member.issym():
        os.chmod(path, member.mode)
    for name in os.listxattr(path, follow_symlinks=False):
        os.removexattr(path, name, follow_symlinks=False)
    for key, value in member.pax_headers.items():
        if key.startswith(XATTR):
            name = key[len(XATTR):].replace("%3D", "=").replace("%25", "%")
            os.setxattr(path, raw(name), raw(value), follow_symlinks=False)
    if not member.issym():
        os.chmod(path, member.mode)
    seconds, _, fraction = member.pax_headers.get(
        "mtime", str(member.mtime)).partition(".")
    nanoseconds = int((fraction + "0" * 9)[:9])
    if seconds.startswith("-"):
        nanoseconds = -nanoseconds
    mtime = int(seconds) * 10 ** 9 + nanoseconds
    os.utime(path, ns=(mtime, mtime), follow_symlinks=False)


def create(layer, member, path):
    if member.isdir():
        os.mkdir(path)
    elif member.isreg():
        with open(path, "wb") as file:
            shutil.copyfileobj(layer.extractfile(member), file)
    elif member.issym():
        os.symlink(raw(member.linkname), path)
    elif member.islnk():
        target = place(member.linkname)
        assert target in unpacked, "a link to what is not in the layer"
        os.link(target, path, follow_symlinks=False)
    elif member.isfifo():
        os.mkfifo(path)
    else:
        kind = stat.S_IFBLK if member.isblk() else stat.S_IFCHR
        os.mknod(path, kind | 0o600,
                 os.makedev(member.devmajor, member.devminor))


def apply(layer, member):
    path = place(member.name)
    directory, name = os.path.split(path)
    if path != root:
        assert directory == root or directory in unpacked, member.name
        if name.startswith(MARK):
            gone = os.path.join(directory, name[len(MARK):])
            assert gone not in unpacked and member.size == 0, member.name
            remove(gone)
            return
        if os.path.lexists(path) and not (
                member.isdir() and os.path.isdir(path)
                and not os.path.islink(path)):
            remove(path)
        if not os.path.lexists(path):
            create(layer, member, path)
    assert path not in unpacked, member.name
    unpacked.add(path)
    if member.isdir():
        directories[path] = member
    elif not member.islnk():
        attributes(member, path)


with tarfile.open(sys.argv[1], "r:", encoding="utf-8",
                  errors="surrogateescape") as layer:
    for member in layer:
        apply(layer, member)
for path, member in directories.items():
    attributes(member, path)
