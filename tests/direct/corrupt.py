# SPDX-License-Identifier: GPL-2.0-or-later
"""Corrupted overlays: corrupt.py DUMP COUNT SEED [DIRECTORY]

Makes small filesystems with mke2fs (never mounted), damages the overlay's at
random (now and then the base's, or both), and runs DUMP (direct_dump, with
sanitizers if it was built so) on each pair, for the delta and for the account of what was written: it must end by itself within 5 seconds of work, below 512 MiB, and without a
report of a sanitizer.  Overlays for which it does not are kept in DIRECTORY
(by default the current one), xz-compressed, with their base.
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

BLOCK = 1024
SIZE = 3 << 20
UUID = "6b2f1b0e-7a1d-4a53-9a53-0c4f5a7f9d11"
SECONDS, PATIENCE, MEMORY = 5, 120, 512 << 20
SETS = [
    ["-t", "ext4", "-O", "^metadata_csum"],
    ["-t", "ext4"],
    ["-t", "ext2", "-I", "128"],
    ["-t", "ext4", "-O", "^metadata_csum,inline_data,ea_inode"],
    ["-t", "ext3"],
    ["-t", "ext4", "-O", "^metadata_csum,bigalloc", "-C", "4096"],
]
VALUES = [b"\0\0", b"\xff\xff", b"\xff\x7f", b"\1\0", b"\0\0\0\0",
          b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\1\0\0\0",
          b"\0\0\0\x80", b"\x0a\xf3", b"\2\0\0\0", b"\x0b\0\0\0",
          b"\0\x41", b"\0\x81", b"\0\xa1", b"\x08\0\0\0", b"\5\0"]


def make_tree(root, r, extra):
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


def damage(data, blocks, r):
    data = bytearray(data)
    for i in range(r.choice([1, 1, 2, 3, 10, 40])):
        at = r.choice(blocks) * BLOCK
        kind = r.randrange(10)
        if kind < 3:
            data[at + r.randrange(BLOCK)] = r.randrange(256)
        elif kind < 7:
            value = r.choice(VALUES)
            offset = r.randrange(0, BLOCK - 4, 2)
            data[at + offset:at + offset + len(value)] = value
        elif kind == 7:
            length = r.randrange(1, BLOCK)
            data[at:at + length] = bytes(length)
        elif kind == 8:
            source = r.choice(blocks) * BLOCK
            data[at:at + BLOCK] = data[source:source + BLOCK]
        else:
            value = r.choice(blocks).to_bytes(4, "little")
            offset = r.randrange(0, BLOCK - 4, 4)
            data[at + offset:at + offset + 4] = value
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
    r = random.Random(seed)
    work = tempfile.mkdtemp(prefix="deltafs-corrupt.", dir=".")
    base, overlay = os.path.join(work, "base"), os.path.join(work, "overlay")
    failures = 0
    try:
        make_tree(os.path.join(work, "a"), random.Random(1), 0)
        make_tree(os.path.join(work, "b"), random.Random(1), 20)
        for i in range(count):
            if i % max(1, count // 12) == 0:
                arguments = SETS[i // max(1, count // 12) % len(SETS)]
                make_image(base, os.path.join(work, "a"), arguments)
                make_image(overlay, os.path.join(work, "b"), arguments)
                if r.randrange(2) == 0 and "ext2" not in arguments:
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
                    f.write(damage(sound[side], blocks, r)
                            if side in damaged else sound[side])
            options = r.choice([["-c", "1024"], ["-c", "65536"], ["-n"]])
            problem = run(dump, options, base, overlay) or \
                run(dump, ["-a", "-c", r.choice(["512", "8192"])], base,
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
