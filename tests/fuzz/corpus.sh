#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every fuzz target on every file of its corpus, and on some thousand
# that are made of them at random: no crash, no hang.
#
#   DELTAFS_SEED=N     repeats a run
#   DELTAFS_ROUNDS=N   so many times the usual number of random inputs (1)
#   DELTAFS_FINDINGS=DIR  where inputs are kept at which one fails

. "${srcdir:-.}/../kit/kit.sh" || exit 99

seed=${DELTAFS_SEED:-$RANDOM}
times=${DELTAFS_ROUNDS:-1}
note "seed $seed"
cd "${DELTAFS_FINDINGS:-$work}" || exit 99

# fuzz TARGET ROUNDS
fuzz ()
{
    check "$1: corpus, and $(($2 * times)) random inputs" \
        "$top_builddir/tests/fuzz/$1_fuzz" -s "$seed" -n "$(($2 * times))" \
        "$srcdir/corpus/$1"
}

fuzz directory 4000
fuzz engine 600
fuzz fat 150
fuzz fstab 6000
fuzz header 6000
fuzz inode 6000
fuzz journal 6000
fuzz lvm 2000
fuzz mapping 4000
fuzz volumes 600
fuzz xfs 150
done_testing
