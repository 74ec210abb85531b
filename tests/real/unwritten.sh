#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Filesystems in which nothing was written are not read, whatever their kind:
# no appliance is started for them (here none could be).
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon qemu-io losetup sfdisk mke2fs mkfs.xfs python3

disk base.raw 500M
partition base.raw 'label: gpt
size=1M, type=21686148-6449-6E6F-744E-656564454649
size=64M
size=320M
size=16M, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F'
on_partition base.raw 2 make_filesystem ext4
on_partition base.raw 3 make_filesystem xfs
on_partition base.raw 4 make_filesystem swap
change base.raw raw 2 ext4 populate_small
change base.raw raw 3 xfs populate_small
read -ra boot <<<"$(partition_place base.raw 1)"
read -ra swap <<<"$(partition_place base.raw 4)"
to_qcow2 base.raw
overlay base.qcow2 qcow2 nothing.qcow2
overlay base.qcow2 qcow2 areas.qcow2
qemu-io -f qcow2 -c "write -P 7 $((boot[0])) 64k" \
    -c "write -P 9 $((swap[0] + 65536)) 1M" areas.qcow2 >/dev/null
overlay base.qcow2 qcow2 one.qcow2
change one.qcow2 qcow2 2 ext4 change_small
images_remember base.qcow2 nothing.qcow2 areas.qcow2 one.qcow2

# An appliance that cannot start.
without_appliance ()
{
    run env DELTAFS_TEST_MARK="$work" LIBGUESTFS_HV=/bin/false \
        LIBGUESTFS_PATH=/nonexistent deltafs "$@"
}

for image in nothing areas; do
    without_appliance diff $image.qcow2
    is "$image written: exit code" "$status" 0
    is "$image written: an empty list" "$(cat out)" ""
    is "$image written: nothing on stderr" "$(cat err)" ""
done

without_appliance diff --json nothing.qcow2
like "nothing written: the summary" "$(cat out)" \
    '^\{"summary":\{"added":0,"modified":0,"deleted":0,"unreadable":0,"filtered":0,"engine":"[a-z]+","seconds":[0-9.]+\}\}$'

mkdir delta
cleanup_add 'deltafs umount --lazy "$work/delta"; umount -l "$work/delta"'
without_appliance mount nothing.qcow2 delta
is "nothing written: mount" "$status" 0
is "nothing written: only /.deleted" "$(find delta -mindepth 1)" \
    delta/.deleted
check "nothing written: umount" deltafs umount delta

# One of the two was written: only that is in the list.
tree base.qcow2 qcow2 2 ext4 base.tree /.filesystems/sda2
tree one.qcow2 qcow2 2 ext4 one.tree /.filesystems/sda2
oracle diff base.tree one.tree >wanted
deltafs_run diff one.qcow2
is "one written: exit code" "$status" 0
same_files "one written: the list" out wanted

check_images
check_nothing_left
done_testing
