#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Filesystems that no kernel here mounts: both sides are made by mke2fs from
# directories, which are what the delta is held against.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mke2fs python3
requires_root
dump=$top_builddir/tests/direct/direct_dump
seed=${DELTAFS_SEED:-$RANDOM}
note "seed $seed"

mkdir a b
python3 "$srcdir/history.py" a "$seed" 150 build
# mke2fs stores no parts of seconds: a file that was overwritten in place within
# the second in which it was made would be the same inode in every field, and
# without a map its bytes are then trusted.
second=$(date +%s)
while [ "$(date +%s)" = "$second" ]; do sleep 0.05; done
cp -a a/. b/
python3 "$srcdir/history.py" b "$seed-b" 100
# mke2fs stores no sockets.
find a b -type s -delete

one_layout ()
{
    local side
    for side in a b; do
        rm -f "$side.raw"
        truncate -s 64M "$side.raw"
        mke2fs -q -F -U 6b2f1b0e-7a1d-4a53-9a53-0c4f5a7f9d11 -d "$side" \
               "$@" "$side.raw" 2>mke2fs.err || { cat mke2fs.err; return 1; }
        # It has no counterpart in the directory.
        debugfs -w -R 'rmdir lost+found' "$side.raw" 2>/dev/null
    done
    "$dump" -c 1024 a.raw b.raw >dump-1 && "$dump" -n a.raw b.raw >dump-2 &&
        python3 "$srcdir/oracle.py" a b dump-1 dump-2 -i inode -i blocks \
                -i ctime -i mtime -i links -i size-of-directory
}

for layout in "-b 65536 -t ext4" "-b 8192 -t ext3" \
              "-b 32768 -O casefold -E encoding=utf8 -t ext4" \
              "-b 16384 -O bigalloc -C 65536 -t ext4"; do
    # shellcheck disable=SC2086
    check "$layout" one_layout $layout
done
done_testing
