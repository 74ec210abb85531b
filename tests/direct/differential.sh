#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Random histories of a filesystem, made by the kernel, with the direct engine
# held against the kernel's view of both sides: list, kinds, metadata, content.
# Also of copies that were taken while the filesystem was mounted.
#
#   DELTAFS_SEED=N            repeats a run
#   DELTAFS_DIFFERENTIAL=N    so many sets of features (3); "all"
#   DELTAFS_OPERATIONS=N      so many operations of each history (120)

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mke2fs python3
requires_root
dump=$top_builddir/tests/direct/direct_dump
seed=${DELTAFS_SEED:-$RANDOM}
operations=${DELTAFS_OPERATIONS:-120}
note "seed $seed"

# The flags of history.py, and what mke2fs is told.
sets=(
    "|-t ext4"
    "|-t ext3"
    "inline|-t ext4 -O inline_data"
    "|-t ext4 -O bigalloc -C 16384"
    "|-t ext4 -b 1024 -O meta_bg,^resize_inode"
    "|-t ext4 -O ea_inode"
    "|-t ext2 -b 1024 -I 128"
    "|-t ext4 -O ^metadata_csum,uninit_bg"
    "large|-t ext4 -O large_dir -b 1024 -N 20000"
    "|-t ext4 -b 2048 -I 512 -O ^flex_bg"
    "|-t ext4 -O orphan_file,metadata_csum_seed"
    "|-t ext4 -O ^metadata_csum,^64bit,^extent"
    "|-t ext4 -O sparse_super2,^dir_index"
    "|-t ext3 -b 1024 -I 128"
    "|-t ext4 -O ^has_journal,^filetype"
    "|-t ext4 -I 128 -b 1024"
    "|-t ext2"
)
count=${DELTAFS_DIFFERENTIAL:-3}
test "$count" != all || count=${#sets[@]}

mkdir base overlay
cleanup_add "umount $work/base; umount $work/overlay"

history ()
{
    python3 "$srcdir/history.py" "$@"
}

# Both sides are mounted: all ways to compute must tell what they tell.
compare_all ()
{
    local image=$1 ignored=$2 number=0 options
    shift 2
    for options; do
        number=$((number + 1))
        # shellcheck disable=SC2086
        "$dump" $options base.raw "$image" >"dump-$number" || return 1
    done
    # shellcheck disable=SC2086
    python3 "$srcdir/oracle.py" base overlay dump-* $ignored || return 1
    rm dump-*
}

one_set ()
{
    local flags=${1%%|*} arguments=${1#*|} here=$2
    rm -f base.raw overlay.raw dirty.raw recovered.raw
    truncate -s 64M base.raw
    # shellcheck disable=SC2086
    mke2fs -q -F $arguments base.raw || return 1
    retry 30 mount -o loop base.raw base || return 1
    history base "$here-base" 250 build "$flags"
    umount base
    cp --sparse=always base.raw overlay.raw
    retry 30 mount -o loop overlay.raw overlay || return 1
    history overlay "$here" "$operations" "$flags"
    sync -f overlay
    history overlay "$here-more" 50 "$flags"
    python3 -c 'import os; os.fsync (os.open ("overlay", os.O_RDONLY))'
    cp --sparse=always overlay.raw dirty.raw
    umount overlay
    retry 30 mount -o loop,ro base.raw base &&
        retry 30 mount -o loop,ro overlay.raw overlay || return 1
    compare_all overlay.raw "" "-c 65536" "-c 4096 -s 7" "-n" ||
        return 1
    umount overlay
    # Without a journal such a copy is no consistent state.
    if [[ $arguments = *-t\ ext2* || $arguments = *^has_journal* ]]; then
        umount base
        return
    fi
    # The kernel recovers a copy of its own: a file of its own, for a loop device
    # of another one may still be there, with what it has kept in memory.
    cp --sparse=always dirty.raw recovered.raw
    retry 30 mount -o loop recovered.raw overlay || return 1
    compare_all dirty.raw "-i blocks" "-c 65536" "-c 1024" || return 1
    umount overlay
    umount base
}

for ((i = 0; i < count; ++i)); do
    set=${sets[(seed + i) % ${#sets[@]}]}
    check "${set#*|}, seed $seed" one_set "$set" "$seed-$i"
    umount overlay 2>/dev/null
    umount base 2>/dev/null
done
done_testing
