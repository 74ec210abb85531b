#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The overlay of a running guest, copied while its filesystems are mounted:
# much of it is only in the journals of ext4 and XFS.  What counts is the state
# after replay; the images stay as they are.
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
    sync -f "$mnt"
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

# while_mounted IMAGE FORMAT COMMAND...: COMMAND works on both filesystems,
# as a guest would; then $used is run while they are still mounted.
while_mounted ()
{
    local image=$1 format=$2 one_loop two_loop
    shift 2
    expose "$image" "$format" disk
    attach disk "${one[@]}"
    one_loop=$loop
    attach disk "${two[@]}"
    two_loop=$loop
    mkdir -p one two
    mount -t ext4 "$one_loop" one || die "cannot mount ext4"
    cleanup_add 'mountpoint -q "$work/one" && umount "$work/one"'
    mount -t xfs "$two_loop" two || die "cannot mount XFS"
    cleanup_add 'mountpoint -q "$work/two" && umount "$work/two"'
    mnt=$work/one "$@"
    mnt=$work/two "$@"
    "$used"
    loop=$one_loop unmount one
    loop=$two_loop unmount two
    detach "$one_loop"
    detach "$two_loop"
    conceal disk
}

on_partition base.raw 1 make_filesystem ext4
on_partition base.raw 2 make_filesystem xfs
read -ra one <<<"$(partition_place base.raw 1)"
read -ra two <<<"$(partition_place base.raw 2)"

# The golden image was not clean either.
copy_base ()
{
    qemu-img convert -U -f raw -O qcow2 base.raw base.qcow2
}
used=copy_base
while_mounted base.raw raw populate
overlay base.qcow2 qcow2 running.qcow2

# What is in the journals comes to the same, for the copy and for the guest
# that goes on running.
copy_overlay ()
{
    cp --sparse=always running.qcow2 overlay.qcow2
    deltafs_run diff --engine guestfs running.qcow2
    cp out running.out
    cp err running.err
    running_status=$status
}
used=copy_overlay
while_mounted running.qcow2 qcow2 modify

for image in base overlay; do
    expose $image.qcow2 qcow2 disk ro
    attach disk "${one[@]}" ro
    check "$image: the copied journal wants to be replayed" \
        sh -c "dumpe2fs -h $loop 2>/dev/null | grep -q needs_recovery"
    detach "$loop"
    conceal disk
done

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
is "a running guest: exit code" "$running_status" 0
same_files "a running guest: the state after replay" running.out wanted
like "a running guest: a warning" "$(cat running.err)" \
    'running.qcow2.*(write|running|in use|lock)'
note_file running.err
images_remember base.qcow2 overlay.qcow2

deltafs_run diff --engine guestfs overlay.qcow2
is "diff: exit code" "$status" 0
same_files "diff: the state after replay" out wanted

# The same without a virtual machine.
deltafs_run diff --engine direct overlay.qcow2
is "direct: exit code" "$status" 0
same_files "direct: the state after replay" out wanted

check_images
check_nothing_left
done_testing
