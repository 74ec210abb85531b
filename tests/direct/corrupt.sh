#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Damaged overlays of each format: no crash, no hang, no memory without bounds.
#
#   DELTAFS_SEED=N        repeats a run
#   DELTAFS_CORRUPT=N     so many overlays of ext (150), and a third of FAT and of
#                         exFAT
#   DELTAFS_FINDINGS=DIR  where those are kept that fail

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mke2fs debugfs python3
dump=$top_builddir/tests/direct/direct_dump
seed=${DELTAFS_SEED:-$RANDOM}
kept=${DELTAFS_FINDINGS:-$work}
note "seed $seed"

# some FORMAT COUNT
some ()
{
    check "damaged overlays of $1" python3 "$srcdir/corrupt.py" "$dump" \
          "$2" "$seed" "$kept" "$1"
}

count=${DELTAFS_CORRUPT:-150}
some ext "$count"
if type mkfs.vfat mcopy >/dev/null 2>&1; then
    some fat "$((count / 3))"
fi
if test "$(id -u)" -eq 0 &&
        type mkfs.exfat mount.exfat-fuse >/dev/null 2>&1; then
    some exfat "$((count / 3))"
fi
done_testing
