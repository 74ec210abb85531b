#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Damaged overlays: no crash, no hang, no memory without bounds.  What was
# found once is in findings/.
#
#   DELTAFS_SEED=N       repeats a run
#   DELTAFS_CORRUPT=N    so many overlays (150)

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mke2fs debugfs python3 xz
dump=$top_builddir/tests/direct/direct_dump
seed=${DELTAFS_SEED:-$RANDOM}
kept=${DELTAFS_FINDINGS:-$work}
note "seed $seed"

check "damaged overlays" python3 "$srcdir/corrupt.py" "$dump" \
      "${DELTAFS_CORRUPT:-150}" "$seed" "$kept"

for overlay in "$srcdir"/findings/*.overlay.xz; do
    test -e "$overlay" || continue
    name=$(basename "$overlay" .overlay.xz)
    xz -dc "$overlay" >overlay
    xz -dc "${overlay%.overlay.xz}.base.xz" >base
    for options in "-c 1024" "-c 65536" "-n"; do
        # shellcheck disable=SC2086
        run timeout 10 "$dump" -q $options base overlay
        like "$name $options" "$status" '^[02]$'
    done
done
done_testing
