#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a comparison reads: no file data where nothing but atimes was written,
# what shares a cluster with something that was written and nothing else, and
# of the base no more than names and comparison need.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img qemu-storage-daemon mke2fs debugfs dumpe2fs strace \
    python3
requires_root
test -c /dev/fuse || skip_all "no /dev/fuse"

mkdir disk tree
touch disk/image
cleanup_add "umount $work/tree"

# base NAME SIZE OPTION...: a raw disk with files that were last read long ago
base ()
{
    local name=$1 size=$2 i j
    shift 2
    truncate -s "$size" "$name"
    mke2fs -q -t ext4 ${1+"$@"} "$name" || return 1
    mount -o loop "$name" tree || return 1
    head -c 150000 /dev/urandom >data
    for i in $(seq 20); do
        mkdir "tree/$i"
        for j in $(seq 15); do
            head -c $((j * 10000 - i)) data >"tree/$i/$j"
        done
    done
    find tree -exec touch -a -d 2020-01-01 {} +
    umount tree
}

# write BASE OVERLAY COMMANDS: in the overlay's filesystem, by the kernel
write ()
{
    local pid code
    qemu-img create -q -f qcow2 -F raw -b "$work/$1" "$2"
    qemu-storage-daemon \
        --blockdev driver=file,node-name=file,filename="$2" \
        --blockdev driver=qcow2,node-name=disk,file=file \
        --export type=fuse,id=fuse,node-name=disk,mountpoint="$work/disk/image",writable=on &
    pid=$!
    cleanup_add "kill $pid"
    retry 60 mountpoint -q disk/image &&
        mount -o loop,strictatime disk/image tree &&
        (cd tree && eval "$3")
    code=$?
    umount tree
    sync -f disk/image
    kill "$pid"
    wait "$pid"
    return $code
}

read_all='tar cf - . | cat >/dev/null'

# compared: what the last run's -v says of file data
compared ()
{
    sed -n 's/.*file data, to compare it: \(.*\)/\1/p' err
}

# Inode tables, and nothing else in their clusters.
check "a base" base base.raw 192M -N 4096
check "the guest reads all files" write base.raw atime.qcow2 "$read_all"
run deltafs diff --engine direct -v atime.qcow2
is "atimes: no change" "$status $(cat out)" "0 "
like "something was written" "$(cat err)" "ext4, [1-9][0-9]* bytes written"
is "atimes: no file data is read" "$(compared)" "0 bytes of 0 files"

# A table that shares its last cluster with files.
check "a dense base" base dense.raw 64M -N 512 -O '^flex_bg,^resize_inode,^has_journal'
check "the guest reads all its files" write dense.raw dense.qcow2 "$read_all"
run deltafs diff --engine direct -v dense.qcow2
is "shared clusters: no change" "$status $(cat out)" "0 "
qemu-img map --output=json -f qcow2 dense.qcow2 >map
wanted=$(python3 "$srcdir/cost.py" neighbours dense.raw map)
like "shared clusters: there are some" "$wanted" '^[1-9][0-9]* bytes of [1-9]'
is "shared clusters: what is in them is read, on both sides" "$(compared)" \
    "$wanted"

# Changes, from a cold start to the end.
check "the guest changes some files" write base.raw overlay.qcow2 '
    printf changed | dd of=3/15 conv=notrunc bs=1 seek=70000 status=none
    chmod 600 4/1; rm 5/1; cp 6/7 new; echo more >>7/7'
for image in raw qcow2; do
    if test $image = qcow2; then
        qemu-img convert -f raw -O qcow2 base.raw base.qcow2
        qemu-img rebase -u -f qcow2 -F qcow2 -b "$work/base.qcow2" \
            overlay.qcow2
    fi
    sums=$(sha256sum "base.$image" overlay.qcow2)
    run strace -f -y -o trace deltafs diff --engine direct -v overlay.qcow2
    is "$image base: exit code" "$status" 0
    is "$image base: all is found" "$(wc -l <out)" 5
    is "$image base: what was read and how" \
        "$(python3 "$srcdir/cost.py" trace base.raw "$work/base.$image" \
            "$work/overlay.qcow2" trace err)" "as it should be"
    is "$image base: the images are as they were" \
        "$(sha256sum "base.$image" overlay.qcow2)" "$sums"
done
done_testing
