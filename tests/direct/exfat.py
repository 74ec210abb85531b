# SPDX-License-Identifier: GPL-2.0-or-later
"""exFAT through exfat-fuse, which knows nothing of the engine.

exfat.py history IMAGE SEED COUNT         makes a random history (history.py)
exfat.py compare BASE OVERLAY DUMP…       holds the output of direct_dump against
                                          what is mounted (oracle.py)
exfat.py attributes IMAGE NUMBER          turns these DOS attributes of all files,
                                          which exfat-fuse cannotexfat.py create IMAGE NAME                makes an empty file
exfat.py behind IMAGE COPY                gives IMAGE a directory, and COPY a file
                                          in it, behind the length that it says
"""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

import history
import oracle

# What exFAT has not, or exfat-fuse shows in its own way.
IGNORED = ["inode", "blocks", "links", "ctime", "attributes"]


@contextlib.contextmanager
def mounted(image, options="umask=022"):
    """exfat-fuse wants a block device."""
    loop = subprocess.run(["losetup", "-f", "--show", image], check=True,
                          stdout=subprocess.PIPE).stdout.decode().strip()
    try:
        with tempfile.TemporaryDirectory(dir=".") as root:
            # With -d it stays, so that its end can be waited for.
            server = subprocess.Popen(
                ["mount.exfat-fuse", "-d", "-o", options, loop, root],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not os.path.ismount(root):
                if server.poll() is not None:
                    sys.exit("exfat-fuse does not mount %s" % image)
                time.sleep(0.02)
            try:
                yield root
            finally:
                subprocess.run(["umount", root], check=True)
                server.wait()
    finally:
        subprocess.run(["losetup", "-d", loop], check=True)


def entry_sets(data):
    """Offsets and lengths of what looks like the entries of a file."""
    for at in range(0, len(data) - 64, 32):
        if data[at] == 0x85 and data[at + 32] == 0xc0:
            yield at, 32 * (1 + data[at + 1])


def checksum(data):
    value = 0
    for i, byte in enumerate(data):
        if i not in (2, 3):
            value = ((value << 15 | value >> 1) + byte) & 0xffff
    return value


def turn_attributes(image, number):
    with open(image, "r+b") as f:
        data = bytearray(f.read())
        for at, length in list(entry_sets(data)):
            data[at + 4] ^= number
            data[at + 2:at + 4] = checksum(
                data[at:at + length]).to_bytes(2, "little")
        f.seek(0)
        f.write(data)


def make_behind(image, copy):
    """The directory has two clusters in COPY, but says that it has one."""
    with open(image, "r+b") as f:
        shift = f.read(512)[108:110]
    cluster = 1 << shift[0] << shift[1]
    with mounted(image) as root:
        os.mkdir(os.path.join(root, "directory"))
        for i in range(cluster // 96 - 1):
            # Their clusters lie behind the directory's, which cannot grow so.
            with open(os.path.join(root, "directory", "%d" % i), "wb") as f:
                f.write(b"x")
    shutil.copyfile(image, copy)
    with mounted(copy) as root:
        for i in range(3):
            open(os.path.join(root, "directory", "n%d" % i), "wb").close()
        open(os.path.join(root, "directory", "hidden"), "wb").close()
        for i in range(3):
            os.unlink(os.path.join(root, "directory", "n%d" % i))
    with open(copy, "r+b") as f:
        data = bytearray(f.read())
        for at, length in list(entry_sets(data)):
            if data[at + 66:at + 84].decode("utf-16-le") == "directory":
                for place in 40, 56:
                    data[at + place:at + place + 8] = \
                        cluster.to_bytes(8, "little")
                data[at + 2:at + 4] = checksum(
                    data[at:at + length]).to_bytes(2, "little")
        f.seek(0)
        f.write(data)


def whole_seconds(node):
    node["mtime"] = node["mtime"][:1]


def read_tree(image):
    with mounted(image, "umask=022,ro") as root:
        tree = oracle.read_tree(root)
    for node in tree.values():
        whole_seconds(node)
    return tree


def compare(base, overlay, dumps):
    base, overlay = read_tree(base), read_tree(overlay)
    expected = oracle.expected_delta(base, overlay)
    failed = False
    for name in dumps:
        found = oracle.read_dump(name)
        for entry in found.values():
            for side in {"base", "overlay"} & entry.keys():
                whole_seconds(entry[side])
        errors = oracle.compare(expected, found, IGNORED)
        for error in errors[:15]:
            print("%s: %s" % (name, error))
        failed = failed or bool(errors)
    print("%d and %d files, %d changes" % (len(base), len(overlay),
                                           len(expected)))
    return 1 if failed else 0


def main():
    command, image = sys.argv[1:3]
    if command == "history":
        with mounted(image) as root:
            history.History(root, sys.argv[3], sys.argv[5:]).run(
                int(sys.argv[4]))
    elif command == "attributes":
        turn_attributes(image, int(sys.argv[3]))
    elif command == "create":
        with mounted(image) as root:
            open(os.path.join(root, sys.argv[3]), "wb").close()
    elif command == "behind":
        make_behind(image, sys.argv[3])
    else:
        sys.exit(compare(image, sys.argv[3], sys.argv[4:]))


if __name__ == "__main__":
    main()
