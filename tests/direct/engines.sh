#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Both engines on one pair, after a random history, copied while it was
# mounted: --engine direct and --engine guestfs --verify tell the same, to
# the last byte of the JSON.
#
#   DELTAFS_SEED=N            repeats a run

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img mke2fs python3
requires_root
seed=${DELTAFS_SEED:-$RANDOM}
note "seed $seed"

mkdir tree
cleanup_add "umount $work/tree"
truncate -s 96M base.raw
mke2fs -q -t ext4 base.raw
mount -o loop base.raw tree
python3 "$srcdir/history.py" tree "$seed-base" 250 build
umount tree
cp --sparse=always base.raw written.raw
mount -o loop written.raw tree
python3 "$srcdir/history.py" tree "$seed" 200
sync -f tree
cp --sparse=always written.raw dirty.raw
umount tree
qemu-img convert -f raw -O qcow2 -B "$work/base.raw" -F raw \
         dirty.raw overlay.qcow2

run deltafs diff --engine direct --json overlay.qcow2
is "direct: exit code" "$status" 0
mv out direct.json
run deltafs diff --engine guestfs --verify --json overlay.qcow2
is "guestfs: exit code" "$status" 0
test "$status" = 0 || note_file err
mv out guestfs.json
for engine in direct guestfs; do
    grep -v '^{"summary"' "$engine.json" >"$engine.list"
done
same_files "the same entries" direct.list guestfs.list
check "some entries" test "$(wc -l <direct.list)" -gt 20
done_testing
