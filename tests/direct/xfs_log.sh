#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records in the log of XFS that a crash seldom leaves behind: the kernel is asked at
# the next mount what it makes of them, and the direct engine shows the same.
# Mappings that were begun and not finished; a buffer in pieces.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mkfs.xfs python3 xfs_db
requires_root
dump=$top_builddir/tests/direct/direct_dump

mkdir base overlay
cleanup_add "umount $work/base; umount $work/overlay"

fill ()
{
    mkfs.xfs -q base.raw && retry 30 mount -o loop base.raw base || return 1
    python3 - base <<'END'
import os, sys
os.chdir(sys.argv[1])
for name in "from", "to", "kept":
    with open(name, "wb") as f:
        for i in range(20):
            f.write(b"%d of %s" % (i, name.encode()) * 100)
            f.seek((i + 1) * 4096)
        f.truncate(60 * 4096)
os.mkdir("block")
for i in range(40):
    with open("block/member-%d" % i, "w") as f:
        f.write("content %d" % i)
END
    from=$(stat -c %i base/from)
    to=$(stat -c %i base/to)
    umount base
    block=$(xfs_db -r -c "inode $from" -c "bmap" base.raw |
        sed -n 's/^data offset 0 startblock \([0-9]*\) .*/\1/p')
    test -n "$block"
}

# A name as the dump has it.
hex ()
{
    printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}

compare ()
{
    python3 "$srcdir/xfs_log.py" overlay.raw "$@" || return 1
    cp --sparse=always overlay.raw recovered.raw
    retry 30 mount -o loop,nouuid base.raw base &&
        retry 30 mount -o loop,nouuid recovered.raw overlay || return 1
    "$dump" -T xfs -c 4096 base.raw overlay.raw >dump &&
        "$dump" -T xfs -n base.raw overlay.raw >dump-all &&
        python3 "$srcdir/oracle.py" base overlay dump dump-all
    local code=$?
    umount base
    umount overlay
    return $code
}

truncate -s 300M base.raw
check "a filesystem" fill
cp --sparse=always base.raw kept.raw

for maps in "unmap:$from:3:$((block + 3)):2" \
    "unmap:$from:3:$((block + 3)):2 map:$to:40:$((block + 3)):2" \
    "unmap:$from:0:$block:1 map:$from:30:$block:1:unwritten" \
    "unmap:$from:19:$((block + 19)):1 map:$to:20:$((block + 19)):1"; do
    cp --sparse=always kept.raw base.raw
    cp --sparse=always base.raw overlay.raw
    # shellcheck disable=SC2086
    check "${maps//[0-9]*:[0-9]*:/}" compare $maps
    like "the file is in the list" "$(cat dump)" "$(hex from)"
done

cp --sparse=always kept.raw base.raw
cp --sparse=always base.raw overlay.raw
check "a run of a buffer in two regions" compare swap:member-10:member-11
like "the two names are in the list" "$(cat dump)" \
    "$(hex member-10)"
done_testing
