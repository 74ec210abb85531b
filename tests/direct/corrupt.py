# SPDX-License-Identifier: GPL-2.0-or-later
"""Corrupted overlays: corrupt.py DUMP COUNT SEED [DIRECTORY [FORMAT]]

Makes small filesystems of FORMAT (ext, the default, fat or exfat), damages the
overlay's at random (now and then the base's, or both), and runs DUMP
(direct_dump, with sanitizers if it was built so) on each pair, for the delta and
for the account of what was written.  It must end by itself within 5 seconds of
work, below 512 MiB, and without a report of a sanitizer.  Overlays for which it
does not are kept in DIRECTORY (by default the current one), xz-compressed, with
their base.  None is ever mounted but exFAT's before the damage, by exfat-fuse.
"""
import lzma
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

import exfat

BLOCK = 1024
SIZE = 3 << 20
UUID = "6b2f1b0e-7a1d-4a53-9a53-0c4f5a7f9d11"
SECONDS, PATIENCE, MEMORY = 5, 120, 512 << 20
EXT = [
    ["-t", "ext4", "-O", "^metadata_csum"],
    ["-t", "ext4"],
    ["-t", "ext2", "-I", "128"],
    ["-t", "ext4", "-O", "^metadata_csum,inline_data,ea_inode"],
    ["-t", "ext3"],
    ["-t", "ext4", "-O", "^metadata_csum,bigalloc", "-C", "4096"],
]
FAT = [["-F", "12", "-s", "2"], ["-F", "16", "-s", "1"],
       ["-F", "12", "-s", "8"], ["-F", "32", "-s", "1"]]
EXFAT = [["-c", "512"], ["-c", "4096"]]
SETS = {"ext": EXT, "fat": FAT, "exfat": EXFAT}
TYPES = {"ext": "ext4", "fat": "vfat", "exfat": "exfat"}
VALUES = [b"\0\0", b"\xff\xff", b"\xff\x7f", b"\1\0", b"\0\0\0\0",
          b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\1\0\0\0",
          b"\0\0\0\x80", b"\x0a\xf3", b"\2\0\0\0", b"\x0b\0\0\0",
          b"\0\x41", b"\0\x81", b"\0\xa1", b"\x08\0\0\0", b"\5\0"]
# Entries of tables and directories, types, attributes, names.
FAT_VALUES = VALUES + [
    b"\xff\x0f", b"\xf7\xff", b"\xf8\xff\xff\x0f", b"\xe5", b"\5", b"A\x0f",
    b"\0\x10", b"\x08", b"\x10", b"\0\0\0\0\0\0\0\x80",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x85\2", b"\xc0\3", b"\xc1",
    b"\0\xd8", b"\0\xdc", b"/\0", b".          \x10", b"..         \x10"]


def make_tree(root, r, extra, plain=False):
    os.makedirs(root)
    directories = [root]
    for i in range(25):
        directory = os.path.join(r.choice(directories), "d%d" % i)
        os.mkdir(directory)
        directories.append(directory)
    for i in range(60 + extra):
        path = os.path.join(r.choice(directories), "file-%d" % i)
        with open(path, "wb") as f:
            for piece in range(r.randrange(8)):
                f.seek(r.randrange(60000))
                f.write(bytes([65 + i % 26]) * r.randrange(3000))
        if plain:
            continue
        if i % 5 == 0:
            os.setxattr(path, "user.a", b"v" * r.choice([5, 300]))
        if i % 7 == 0:
            os.link(path, path + "-link")
        if i % 6 == 0:
            os.symlink("t" * r.choice([5, 59, 70, 200]), path + "-symlink")
    for i in range(150):
        open(os.path.join(directories[1], "a-long-name-of-a-member-%d" % i),
             "wb").close()


def make_image(path, tree, arguments):
    with open(path, "wb") as f:
        f.truncate(SIZE)
    environment = dict(os.environ, E2FSPROGS_FAKE_TIME="1700000000")
    subprocess.run(["mke2fs", "-q", "-F", "-b", str(BLOCK), "-U", UUID,
                    "-E", "hash_seed=" + UUID, "-N", "512", "-d", tree,
                    *arguments, path], check=True, env=environment,
                   stderr=subprocess.DEVNULL)


def make_fat_image(path, tree, arguments):
    subprocess.run(["mkfs.vfat", "-i", "12345678", *arguments, path],
                   check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    copy_to_fat(path, tree)


def copy_to_fat(path, tree):
    subprocess.run(["mcopy", "-s", "-n", "-Q", "-o", "-i", path]
                   + [os.path.join(tree, name)
                      for name in sorted(os.listdir(tree))] + ["::"],
                   env=dict(os.environ, MTOOLS_SKIP_CHECK="1"),
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def copy_to_exfat(path, tree):
    with exfat.mounted(path) as root:
        subprocess.run(["cp", "-r", tree + "/.", root],
                       stderr=subprocess.DEVNULL)


def make_pair(base, overlay, work, form, arguments):
    """The overlay has 20 files more, and others in their place."""
    if form == "ext":
        make_image(base, os.path.join(work, "a"), arguments)
        make_image(overlay, os.path.join(work, "b"), arguments)
        return
    with open(base, "wb") as f:
        f.truncate({"16": 6 << 20, "32": 34 << 20}.get(arguments[1], SIZE))
    if form == "fat":
        make_fat_image(base, os.path.join(work, "a"), arguments)
        shutil.copyfile(base, overlay)
        copy_to_fat(overlay, os.path.join(work, "b"))
        return
    subprocess.run(["mkfs.exfat", *arguments, base], check=True,
                   stdout=subprocess.DEVNULL)
    copy_to_exfat(base, os.path.join(work, "a"))
    shutil.copyfile(base, overlay)
    copy_to_exfat(overlay, os.path.join(work, "b"))


def dirty_journal(path, r, work):
    """Two transactions and a revocation, that were never written back."""
    data = os.path.join(work, "journal-data")
    with open(path, "rb") as f:
        f.seek(300 * BLOCK)
        bytes_ = f.read(6 * BLOCK)
    with open(data, "wb") as f:
        f.write(bytes_)
    first = r.randrange(20, 600)
    commands = "jo\njw -b %s %s\njw -r %d\njw -b %s %s\njc\n" % (
        ",".join(str(first + i) for i in range(5)), data, first + 2,
        ",".join(str(first + 7 + i) for i in range(4)), data)
    subprocess.run(["debugfs", "-w", "-f", "/dev/stdin", path],
                   input=commands.encode(), stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def used_blocks(data):
    """Blocks that are not of one byte: mostly metadata."""
    return [i for i in range(len(data) // BLOCK)
            if len(set(data[i * BLOCK:(i + 1) * BLOCK:7])) > 2]


def sum_exfat(data):
    """The checksum of the boot sectors, so that damage in them gets through."""
    checksum = 0
    for i, byte in enumerate(data[:11 * 512]):
        if i not in (106, 107, 112):
            checksum = ((checksum << 31 | checksum >> 1) + byte) & 0xffffffff
    data[11 * 512:12 * 512] = checksum.to_bytes(4, "little") * 128


def damage(data, blocks, r, form):
    data = bytearray(data)
    values = VALUES if form == "ext" else FAT_VALUES
    for i in range(r.choice([1, 1, 2, 3, 10, 40])):
        at = r.choice(blocks) * BLOCK
        kind = r.randrange(10)
        if kind < 3:
            data[at + r.randrange(BLOCK)] = r.randrange(256)
        elif kind < 7:
            value = r.choice(values)
            offset = r.randrange(0, BLOCK - len(value), 2)
            data[at + offset:at + offset + len(value)] = value
        elif kind == 7:
            length = r.randrange(1, BLOCK)
            data[at:at + length] = bytes(length)
        elif kind == 8:
            source = r.choice(blocks) * BLOCK
            data[at:at + BLOCK] = data[source:source + BLOCK]
        else:
            width = 4 if form == "ext" else r.choice([2, 4])
            value = r.choice(blocks if form == "ext" else range(2, 300))
            offset = r.randrange(0, BLOCK - 4, width)
            data[at + offset:at + offset + width] = \
                value.to_bytes(width, "little")
    if form == "exfat" and r.randrange(2) == 0:
        sum_exfat(data)
    if r.randrange(30) == 0:
        del data[r.randrange(len(data)):]
    return bytes(data)


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))


def run(dump, options, base, overlay):
    """None, or what went wrong."""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen([dump, "-q", *options, base, overlay],
                                 stdout=subprocess.DEVNULL, stderr=errors,
                                 preexec_fn=limit)
        timer = threading.Timer(PATIENCE, child.kill)
        timer.start()
        _, status, usage = os.wait4(child.pid, 0)
        hung = not timer.is_alive()
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode("latin-1")
    if hung or child.returncode == -signal.SIGXCPU:
        return "hang"
    if child.returncode not in (0, 2) or "Sanitizer" in text or \
            "runtime error" in text:
        return "exit %d: %s" % (child.returncode, text[-2000:])
    if usage.ru_maxrss * 1024 > MEMORY:
        return "memory: %d KiB" % usage.ru_maxrss
    return None


def keep(directory, name, base, overlay):
    for side, path in (("base", base), ("overlay", overlay)):
        with open(path, "rb") as f:
            data = f.read()
        with lzma.open(os.path.join(directory,
                                    "%s.%s.xz" % (name, side)), "wb") as f:
            f.write(data)


def main():
    dump, count, seed = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    where = sys.argv[4] if len(sys.argv) > 4 else "."
    form = sys.argv[5] if len(sys.argv) > 5 else "ext"
    plain = form != "ext"
    r = random.Random(seed)
    work = tempfile.mkdtemp(prefix="deltafs-corrupt.", dir=".")
    base, overlay = os.path.join(work, "base"), os.path.join(work, "overlay")
    failures = 0
    try:
        make_tree(os.path.join(work, "a"), random.Random(1), 0, plain)
        make_tree(os.path.join(work, "b"), random.Random(1), 20,
                  plain)
        for i in range(count):
            if i % max(1, count // 12) == 0:
                arguments = SETS[form][i // max(1, count // 12)
                                       % len(SETS[form])]
                make_pair(base, overlay, work, form, arguments)
                if form == "ext" and r.randrange(2) == 0 and \
                        "ext2" not in arguments:
                    dirty_journal(overlay, r, work)
                    if r.randrange(3) == 0:
                        dirty_journal(base, r, work)
                sound = {}
                for side in base, overlay:
                    with open(side, "rb") as f:
                        sound[side] = f.read()
                blocks = used_blocks(sound[overlay])
            damaged = r.choice([[base], [base, overlay]] + [[overlay]] * 6)
            for side in base, overlay:
                with open(side, "wb") as f:
                    f.write(damage(sound[side], blocks, r, form)
                            if side in damaged else sound[side])
            options = r.choice([["-c", "1024"], ["-c", "65536"], ["-n"]])
            options = ["-T", TYPES[form]] + options
            problem = run(dump, options, base, overlay) or \
                run(dump, ["-T", TYPES[form], "-a", "-c", r.choice(["512", "8192"])], base,
                    overlay)
            if problem is not None:
                failures += 1
                name = "finding-%s-%d" % (seed, i)
                print("%s: %s" % (name, problem), flush=True)
                keep(where, name, base, overlay)
    finally:
        shutil.rmtree(work)
    print("%d overlays, seed %s, %d failures" % (count, seed, failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
