#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An overlay that changed the partitions themselves: one removed, one made anew
# with another filesystem, one moved, one added.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon losetup sfdisk mke2fs mkfs.btrfs python3

disk base.raw 500M
partition base.raw 'label: gpt
1: start=2048, size=65536
2: start=67584, size=65536
3: start=133120, size=262144
4: start=395264, size=65536'
for number in 1 2 3 4; do
    on_partition base.raw $number make_filesystem ext4
    change base.raw raw $number ext4 populate_small
done
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2

expose overlay.qcow2 qcow2 disk
dd if=disk of=disk bs=1M skip=193 seek=300 count=32 conv=notrunc status=none
partition disk 'label: gpt
1: start=2048, size=65536
3: start=133120, size=262144
4: start=614400, size=65536
5: start=67584, size=65536'
on_partition disk 3 make_filesystem btrfs
on_partition disk 5 make_filesystem ext4
conceal disk
change overlay.qcow2 qcow2 1 ext4 change_small
change overlay.qcow2 qcow2 3 btrfs populate_small
change overlay.qcow2 qcow2 5 ext4 populate_small

for number in 1 2 3 4; do
    tree base.qcow2 qcow2 $number ext4 base-$number.tree \
        /.filesystems/sda$number
done
for number in 1 3 4 5; do
    tree overlay.qcow2 qcow2 $number $(test $number = 3 && echo btrfs ||
        echo ext4) overlay-$number.tree /.filesystems/sda$number
done
oracle merge base-*.tree >base.tree
oracle merge overlay-*.tree >overlay.tree
images_remember base.qcow2 overlay.qcow2

oracle diff base.tree overlay.tree >wanted
check_not "nothing is expected of the moved one" grep -q sda4 wanted
deltafs_run diff --engine guestfs overlay.qcow2
is "exit code" "$status" 0
same_files "the list" out wanted
like "a warning for what is another filesystem now" "$(cat err)" sda3
note_file err

check_images
check_nothing_left
done_testing
