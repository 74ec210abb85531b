#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Damaged overlays: no crash, no hang, no memory without bounds.
#
#   DELTAFS_SEED=N        repeats a run
#   DELTAFS_CORRUPT=N     so many overlays (150)
#   DELTAFS_FINDINGS=DIR  where those are kept that fail

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mke2fs debugfs python3
dump=$top_builddir/tests/direct/direct_dump
seed=${DELTAFS_SEED:-$RANDOM}
kept=${DELTAFS_FINDINGS:-$work}
note "seed $seed"

check "damaged overlays" python3 "$srcdir/corrupt.py" "$dump" \
      "${DELTAFS_CORRUPT:-150}" "$seed" "$kept"
done_testing
