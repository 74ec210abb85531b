#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Checksums of metadata: all that the kernel writes are right, and where one is
# wrong the entry is unreadable, whatever else was done to it.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mke2fs debugfs tune2fs python3 setfattr
requires_root
dump=$top_builddir/tests/direct/direct_dump

mkdir mnt
cleanup_add "umount $work/mnt"

# A hash tree of two levels in blocks of 1 KiB, a file in very many pieces,
# xattrs in blocks of their own.
fill ()
{
    retry 30 mount -o loop base.raw mnt || return 1
    python3 - mnt <<'END'
import os, sys
os.chdir(sys.argv[1])
os.mkdir("large")
os.mkdir("small")
for i in range(6000):
    os.mknod("large/" + "n" * 30 + str(i))
with open("pieces", "wb") as f:
    for i in range(0, 4000, 2):
        f.seek(i * 4096)
        f.write(b"piece %d" % i)
for i in range(5):
    with open("small/%d" % i, "w") as f:
        f.write("content")
    os.setxattr("small/%d" % i, "user.long", bytes([65 + i]) * 700)
END
    umount mnt
}

change ()
{
    retry 30 mount -o loop overlay.raw mnt || return 1
    touch mnt/large/new mnt/small/new
    echo more >>mnt/small/1
    setfattr -n user.more -v more mnt/small/2
    printf x | dd of=mnt/pieces bs=1 seek=4096 conv=notrunc status=none
    umount mnt
}

# number FIELD PATH: of the overlay.
number ()
{
    debugfs -R "stat $2" overlay.raw 2>/dev/null |
        sed -n "s/.*$1: \([0-9]*\).*/\1/p" | head -n1
}

block ()
{
    debugfs -R "bmap $1 $2" overlay.raw 2>/dev/null
}

# damage BLOCK OFFSET: one byte of it.
damage ()
{
    printf '\x5a' | dd of=overlay.raw bs=1 seek=$(($1 * size + $2)) \
                       conv=notrunc status=none
}

# delta OPTIONS...: the list in $delta.
delta ()
{
    delta=$("$dump" -l "$@" base.raw overlay.raw 2>"$work/dump.err")
}

# The same with a map of what was written and without one.
is_unreadable ()
{
    local what=$1 path=$2 options
    for options in "-c 1024" "-n"; do
        # shellcheck disable=SC2086
        delta $options
        is "$what, $options" "$(grep -x "unreadable - $path" <<<"$delta")" \
           "unreadable - $path"
        like "$what, $options: is named" "$(cat dump.err)" \
             "$path: .*bad checksum"
    done
}

changed="added - /large/new
modified content /pieces
modified content /small/1
modified xattr /small/2
added - /small/new"

# Inodes of 128 bytes count in seconds: a change within one would be silent.
next_second ()
{
    local now
    now=$(date +%s)
    while test "$(date +%s)" = "$now"; do sleep 0.1; done
}

for options in "-b 1024" "-b 4096 -I 128" \
               "-b 2048 -O metadata_csum_seed,^flex_bg,meta_bg,^resize_inode" \
               "-b 4096 -O ^64bit,orphan_file"; do
    rm -f base.raw overlay.raw
    truncate -s 64M base.raw
    # shellcheck disable=SC2086
    if ! mke2fs -q -t ext4 -O metadata_csum $options base.raw 2>mke2fs.err; then
        note "mke2fs cannot do $options"
        continue
    fi
    case $options in
        *seed*) tune2fs -U random base.raw >/dev/null ;;
    esac
    check "fill, $options" fill
    cp --sparse=always base.raw overlay.raw
    next_second
    check "change, $options" change
    for way in "-c 1024" "-n"; do
        # shellcheck disable=SC2086
        delta $way
        is "all checksums are right, $options, $way" "$delta" "$changed"
    done
done

size=1024
rm base.raw overlay.raw
truncate -s 64M base.raw
mke2fs -q -t ext4 -O metadata_csum -b $size base.raw
check "fill" fill

fresh ()
{
    cp --sparse=always base.raw overlay.raw
}

fresh
python3 "$srcdir/checksums.py" overlay.raw inode "$(number Inode /small/1)"
is_unreadable "an inode whose checksum alone was changed" /small/1

fresh
echo 'sif /small/1 mode 0104755' | debugfs -w -f /dev/stdin overlay.raw \
                                           >/dev/null 2>&1
python3 "$srcdir/checksums.py" overlay.raw inode "$(number Inode /small/1)"
is_unreadable "an inode that was changed" /small/1

fresh
damage "$(number "File ACL" /small/3)" 16
is_unreadable "a block of xattrs" /small/3

fresh
damage "$(block /small 0)" 1023
is_unreadable "a block of names" /small

fresh
damage "$(block /large 0)" 40
is_unreadable "the root of a hash tree" /large
is "its names are known" "$delta" "unreadable - /large"

fresh
node=$(debugfs -R 'htree_dump /large' overlay.raw 2>/dev/null |
       sed -n 's/^Entry #0: Hash 0x00000000.*, block \([0-9]*\).*/\1/p' |
       head -n1)
damage "$(block /large "$node")" 20
is_unreadable "an inner node of a hash tree" /large

fresh
node=$(debugfs -R 'stat /pieces' overlay.raw 2>/dev/null |
       grep -o '(ETB[0-9]*):[0-9]*' | head -n1 | cut -d: -f2)
check "a file whose list has blocks" test -n "$node"
damage "$node" 1020
is_unreadable "a node of an extent tree" /pieces

# The base is no better.
fresh
python3 "$srcdir/checksums.py" base.raw inode "$(number Inode /small/1)"
is_unreadable "an inode of the base" /small/1

done_testing
