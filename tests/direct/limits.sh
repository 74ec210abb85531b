#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Filesystems at the format's limits and beyond, small enough for every
# day: a result or a refusal, in bounded time and memory.  limits.py makes them
# as large as one likes.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires python3 deltafs qemu-img sfdisk
dump=$top_builddir/tests/direct/direct_dump

# AddressSanitizer needs terabytes of address space.
sanitized=no
grep -qa __asan_init "$dump" && sanitized=yes

# limit CASE COUNT MIB [OPTION...]: makes the case, and compares it with so
# much memory; the list is in "list".
limit ()
{
    local case=$1 count=$2 memory=$3
    shift 3
    rm -f base overlay
    python3 "$srcdir/limits.py" "$case" "$count" \
        base overlay || exit 99
    (
        test $sanitized = yes || ulimit -d $((memory * 1024))
        exec timeout 120 "$dump" -l "$@" base overlay
    ) >list 2>messages
    is "$case $count $*: it ends" $? 0
}

count ()
{
    grep -cE "$1" list
}

limit entries 20000 64
is "every name of a directory" "$(count '^added - /big/[0-9]{8}$')" 20000
limit names 5000 64
is "every name of an inode" "$(count '^added - /d[0-9]+/name-[0-9]+$')" 5000

# Of 400,000 there is no room for all.
limit entries 400000 90
if test $sanitized = no; then
    is "a directory too large for the memory is unreadable" \
        "$(count '^unreadable - /big$')" 1
    check "and is not called damaged" grep -qx \
        "cannot read: /big: it has more in it than memory is set apart for (.*)" \
        messages
    check "what there was room for is listed" \
        test "$(count '/big/')" -gt 20000
fi

# Four filesystems, each of which alone would fit, share the memory.
if test $sanitized = no; then
    rm -f base overlay
    python3 "$srcdir/limits.py" entries 60000 base overlay || exit 99
    sectors=$((($(stat -c %s base) + 1048575) / 1048576 * 2048))
    for side in base overlay; do
        truncate -s $(((4096 + 4 * sectors) * 512)) $side.raw
        for ((i = 0; i < 4; ++i)); do
            echo "start=$((2048 + i * sectors)), size=$sectors, type=L"
            dd if=$side of=$side.raw bs=512 seek=$((2048 + i * sectors)) \
               conv=notrunc,sparse status=none
        done | { echo "label: gpt"; cat; } |
            sfdisk -q --no-tell-kernel $side.raw
    done
    qemu-img convert -f raw -O qcow2 -B base.raw -F raw overlay.raw \
        overlay.qcow2
    (
        ulimit -d $((55 * 1024))
        exec deltafs diff --engine direct overlay.qcow2
    ) >list 2>messages
    is "several filesystems: exit code" $? 3
    is "several filesystems: the first one is read whole" \
        "$(count '/sda1/big/')" 60000
    check "several filesystems: there is no room for the last" \
        grep -qx 'deltafs: warning: cannot read: /: it has more in it than memory is set apart for (sda4)' messages
    rm base.raw overlay.raw overlay.qcow2
fi

# 16 names of 255 bytes are as long as a path may be.
limit depth 300 64
is "directories down to PATH_MAX" "$(count '^added')" 16
is "what is deeper is not known" "$(count '^unreadable')" 1
like "and is named" "$(cat messages)" '^cannot read: /n*/.*: its path is so long'
limit short-depth 5000 64
is "the same with short names" "$(count '^added')" 2048
is "and what is deeper" "$(count '^unreadable')" 1

limit holes 30 64
is "files of 2^62 bytes without blocks: mode" "$(count '^modified mode /')" 20
is "and with one" "$(count '^modified content,mode,silent /')" 10
limit holes 30 64 -nV
is "the same without a map: mode" "$(count '^modified mode /')" 20
is "and content" "$(count '^modified content,mode,silent /')" 10

# 1 MiB of an inode's, and some 512 MiB of all.
limit xattrs 20 128
is "more xattrs than an inode can have" "$(count '^unreadable')" 20
limit shared-xattrs 3000 128
is "many inodes with the same many xattrs" "$(count '^added - /f')" 3000

# What an honest filesystem does not have: blocks of many owners.
limit shared-names 100 400
if test $sanitized = no; then
    check "directories with the same blocks are given up" \
        test "$(count '^unreadable - /d[0-9]*$')" -gt 40
fi
limit shared-tree 3000 128
check "files with the same block list are given up" \
    test "$(count '^unreadable - /f[0-9]*$')" -gt 2000
limit shared-data 1000 128 -V
check "files with the same content are given up" \
    test "$(count '^unreadable')" -gt 900

limit taken 3000 64
is "names that are taken" "$(count '^added - /.deleted')" 3001
limit long-path 5000 64
is "a path through itself" "$(count '^modified mode')" 5000

done_testing
