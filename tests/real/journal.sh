#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The overlay of a running guest, copied while its filesystems are mounted:
# much of it is only in the journals of ext4 and XFS.  What counts is the state
# after replay; the images stay as they are.
KIT_LIMIT=200
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon losetup sfdisk mke2fs mkfs.xfs dumpe2fs python3

disk base.raw 700M
partition base.raw 'label: gpt
size=200M
size=400M'

populate ()
{
    local i
    populate_small
    mkdir -p "$mnt/many" "$mnt/gone"
    for i in $(seq 300); do echo "$i" >"$mnt/many/$i"; done
    for i in 1 2 3; do echo "$i" >"$mnt/gone/$i"; done
}

modify ()
{
    local i
    change_small
    rm -r "$mnt/gone"
    mkdir "$mnt/new"
    for i in $(seq 100); do
        echo "new $i" >"$mnt/new/$i"
        mv "$mnt/many/$i" "$mnt/many/moved-$i"
        chmod 600 "$mnt/many/$((i + 100))"
        setfattr -n user.x -v "$i" "$mnt/many/$((i + 200))"
    done
    # All of it is in the journal, little of it anywhere else.
    sync -f "$mnt"
}

on_partition base.raw 1 make_filesystem ext4
on_partition base.raw 2 make_filesystem xfs
change base.raw raw 1 ext4 populate
change base.raw raw 2 xfs populate
to_qcow2 base.raw
overlay base.qcow2 qcow2 running.qcow2

# A whole guest's disk, both filesystems in use, and the copy of it.
expose running.qcow2 qcow2 disk
read -ra one <<<"$(partition_place disk 1)"
read -ra two <<<"$(partition_place disk 2)"
attach disk "${one[@]}"
one_loop=$loop
attach disk "${two[@]}"
two_loop=$loop
mkdir one two
mount -t ext4 "$one_loop" one
cleanup_add 'mountpoint -q "$work/one" && umount "$work/one"'
mount -t xfs "$two_loop" two
cleanup_add 'mountpoint -q "$work/two" && umount "$work/two"'
mnt=$work/one modify
mnt=$work/two modify
cp --sparse=always running.qcow2 overlay.qcow2
loop=$one_loop unmount one
loop=$two_loop unmount two
detach "$one_loop"
detach "$two_loop"
conceal disk

expose overlay.qcow2 qcow2 disk ro
attach disk "${one[@]}" ro
check "the copied journal wants to be replayed" \
    sh -c "dumpe2fs -h $loop 2>/dev/null | grep -q needs_recovery"
detach "$loop"
conceal disk

for number in 1 2; do
    type=$(test $number = 1 && echo ext4 || echo xfs)
    for side in base overlay; do
        tree $side.qcow2 qcow2 $number $type $side-$number.tree \
            /.filesystems/sda$number
    done
done
oracle merge base-1.tree base-2.tree >base.tree
oracle merge overlay-1.tree overlay-2.tree >overlay.tree
oracle diff base.tree overlay.tree >wanted
check "the oracle sees what was in the journals" \
    test "$(grep -c 'A.*moved' wanted)" = 200
images_remember base.qcow2 overlay.qcow2

deltafs_run diff --engine guestfs overlay.qcow2
is "diff: exit code" "$status" 0
same_files "diff: the state after replay" out wanted

check_images
check_nothing_left
done_testing
