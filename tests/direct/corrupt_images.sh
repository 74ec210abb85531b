#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Damaged images of every format: the command ends by itself, and says why.
#
#   DELTAFS_SEED=N        repeats a run
#   DELTAFS_CORRUPT=N     so many pairs (12)
#   DELTAFS_FINDINGS=DIR  where those are kept that fail

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs mke2fs debugfs python3 qemu-img
seed=${DELTAFS_SEED:-$RANDOM}
note "seed $seed"

# What is compressed wrongly cannot be read.
rm -rf tree && mkdir tree
head -c 900000 /dev/urandom | base64 -w 0 >tree/file
mke2fs -q -t ext4 -O ^has_journal -d tree base.raw 4M >/dev/null 2>&1
mv base.raw other.raw
truncate -s 4M base.raw
qemu-img convert -f raw -O qcow2 -c -B base.raw -F raw other.raw overlay.qcow2
python3 - overlay.qcow2 <<'END'
import struct, sys
with open(sys.argv[1], "r+b") as f:
    f.seek(40)
    f.seek(struct.unpack(">Q", f.read(8))[0])
    f.seek(struct.unpack(">Q", f.read(8))[0] & 0x00fffffffffffe00)
    entries = [entry for entry in struct.unpack(">64Q", f.read(512))
               if entry >> 62 == 1]
    # The last that is full of data: no probing looks there.
    data = [entry for entry in entries if entry >> 54 & 0xff > 60][-1]
    f.seek((data & (1 << 54) - 1) + 1)
    f.write(b"\xff" * 200)
END
run deltafs info overlay.qcow2
is "info of an image that cannot be read" "$status" 3
like "says so" "$(cat err)" \
     'the account is incomplete: overlay.qcow2: [0-9]* bytes .*cannot be read'

check "damaged images" python3 "$srcdir/corrupt_images.py" deltafs \
      "${DELTAFS_CORRUPT:-12}" "$seed" "${DELTAFS_FINDINGS:-$work}"
done_testing
