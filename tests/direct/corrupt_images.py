# SPDX-License-Identifier: GPL-2.0-or-later
"""Corrupted images: corrupt_images.py DELTAFS COUNT SEED [DIRECTORY]

Makes small pairs of images in the formats that there are, with clusters of
many sizes, damages header, tables, reference counts and what lies in the
clusters at random, and runs DELTAFS diff and info on each: it must end by
itself within the time, with 0, 2 or 3, one message at least where it is not 0,
JSON on stdout and nothing left in its temporary directory.  Pairs for which it
does not are kept in DIRECTORY (by default the current one).
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile

import corrupt

PATIENCE = 120
OVERLAYS = [
    ("qcow2", "cluster_size=512"),
    ("qcow2", "cluster_size=4096"),
    ("qcow2", "cluster_size=65536"),
    ("qcow2", "cluster_size=2M"),
    ("qcow2", "cluster_size=32k,extended_l2=on"),
    ("qcow2", "compat=0.10,cluster_size=1024"),
    ("qcow2", "compression_type=zstd,cluster_size=4096"),
    ("qcow2", "refcount_bits=1,cluster_size=512"),
]
BASES = [("raw", ""), ("qcow2", "cluster_size=4096"),
         ("vmdk", "subformat=monolithicSparse"), ("vdi", "static=off"),
         ("vmdk", "subformat=streamOptimized"), ("vhdx", "block_size=1M")]


def convert(source, target, form, options, backing=None):
    command = ["qemu-img", "convert", "-f", "raw", "-O", form, source, target]
    if options:
        command[2:2] = ["-o", options]
    if backing:
        command[2:2] = ["-B", backing[0], "-F", backing[1]]
    if "compression" in options or "stream" in options:
        command[2:2] = ["-c"]
    subprocess.run(command, check=True)


def make_pair(work, r):
    """Names of the base's and the overlay's image; raw ones lie beside."""
    arguments = r.choice(corrupt.EXT)
    raws = [os.path.join(work, name) for name in ("a.raw", "b.raw")]
    for raw, tree in zip(raws, ("a", "b")):
        corrupt.make_image(raw, os.path.join(work, tree), arguments)
    base_format, base_options = r.choice(BASES)
    form, options = r.choice(OVERLAYS)
    base = os.path.join(work, "base." + base_format)
    overlay = os.path.join(work, "overlay.qcow2")
    convert(raws[0], base, base_format, base_options)
    convert(raws[1], overlay, form, options, (base, base_format))
    return base, overlay


def damage(path, r):
    """Mostly where tables are: at the start, and in what looks like one."""
    with open(path, "rb") as f:
        data = bytearray(f.read())
    blocks = [i for i in range(0, len(data), 512)
              if any(data[i:i + 512])]
    for _ in range(r.choice([1, 1, 2, 4, 10])):
        at = r.choice(blocks[:12] if r.randrange(3) else blocks)
        at += r.randrange(0, 504, r.choice([1, 4, 8]))
        kind = r.randrange(6)
        if kind == 0:
            data[at] = r.randrange(256)
        elif kind == 1:
            data[at:at + 8] = r.choice(
                [b"\0" * 8, b"\xff" * 8, b"\x80" + b"\0" * 7,
                 b"\x7f" + b"\xff" * 7, b"\x40" + b"\0" * 7])
        elif kind == 2:
            data[at:at + 8] = (r.choice(blocks) | r.choice(
                [0, 1 << 63, 1 << 62])).to_bytes(8, "big")
        elif kind == 3:
            data[at:at + 4] = r.choice([1, 9, 31, 1 << 31, 65535]).to_bytes(
                4, r.choice(["big", "little"]))
        elif kind == 4:
            data[at:at + 512] = data[at - at % 512 - 512:][:512]
        else:
            data[at] ^= 1 << r.randrange(8)
    if r.randrange(12) == 0:
        del data[r.randrange(len(data)):]
    with open(path, "wb") as f:
        f.write(data)


def run(command, temporary):
    """None, or what went wrong."""
    environment = dict(os.environ, TMPDIR=temporary)
    child = subprocess.Popen(command, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=environment,
                             start_new_session=True)
    try:
        out, err = child.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        return "hang"
    text = err.decode("utf-8", "replace")
    if child.returncode not in (0, 2, 3) or "Sanitizer" in text \
            or "runtime error" in text:
        return "exit %d: %s" % (child.returncode, text[-2000:])
    if child.returncode != 0 and not text.startswith("deltafs: "):
        return "no message: %s" % text
    for line in out.decode("utf-8").splitlines():
        json.loads(line)
    left = os.listdir(temporary)
    return "left behind: %s" % left if left else None


def main():
    deltafs, count, seed = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    where = sys.argv[4] if len(sys.argv) > 4 else "."
    r = random.Random(seed)
    work = tempfile.mkdtemp(prefix="deltafs-corrupt.", dir=".")
    work = os.path.abspath(work)
    temporary = os.path.join(work, "tmp")
    os.mkdir(temporary)
    failures = 0
    try:
        corrupt.make_tree(os.path.join(work, "a"), random.Random(1), 0)
        corrupt.make_tree(os.path.join(work, "b"), random.Random(1), 20)
        for i in range(count):
            if i % 10 == 0:
                base, overlay = make_pair(work, r)
                kept = os.path.join(work, "kept")
                shutil.rmtree(kept, ignore_errors=True)
                os.mkdir(kept)
                for path in base, overlay:
                    shutil.copy(path, kept)
            for path in base, overlay:
                shutil.copy(os.path.join(kept, os.path.basename(path)), path)
            for path in r.choice([[base], [base, overlay]]
                                 + [[overlay]] * 5):
                damage(path, r)
            problem = None
            for command in (["diff", "--json", "--engine=direct"],
                            ["info", "--json"]):
                problem = problem or run([deltafs, *command, overlay],
                                         temporary)
            if problem is not None:
                failures += 1
                name = "finding-image-%s-%d" % (seed, i)
                print("%s: %s" % (name, problem), flush=True)
                directory = os.path.join(where, name)
                os.makedirs(directory, exist_ok=True)
                for path in base, overlay:
                    shutil.copy(path, directory)
                shutil.rmtree(temporary)
                os.mkdir(temporary)
    finally:
        shutil.rmtree(work)
    print("%d pairs, seed %s, %d failures" % (count, seed, failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
