#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A filesystem inside LUKS, in a partition of an MBR.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/volumes.bash"
requires_root
requires qemu-storage-daemon losetup sfdisk cryptsetup mke2fs python3

disk base.raw 120M
partition base.raw 'label: dos
start=2048, type=83'
read -r offset length <<<"$(partition_place base.raw 1)"
make_luks container.luks 100M
dd if=container.luks of=base.raw bs=1M seek=$((offset / 1048576)) \
    conv=notrunc,sparse status=none
rm container.luks

# inside IMAGE FORMAT COMMAND...: with the plain disk as $work/plain
inside ()
{
    expose_luks "$1" "$2" "$offset" "$length" "$work/plain"
    shift 2
    on_partition "$work/plain" 0 "$@"
    conceal "$work/plain"
}

inside base.raw raw make_filesystem ext4
inside base.raw raw mounted ext4 rw populate_small
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2
inside overlay.qcow2 qcow2 mounted ext4 rw change_small
images_remember base.qcow2 overlay.qcow2
small_list >wanted

deltafs_run diff overlay.qcow2
is "without a key: exit code" "$status" 2
is "without a key: nothing on stdout" "$(cat out)" ""
like "without a key: the message names the option" "$(cat err)" '--key'
note_file err

deltafs_run diff --key "/dev/sda1:key:$luks_secret" overlay.qcow2
is "with the key: exit code" "$status" 0
same_files "with the key: the list" out wanted

check_images
check_nothing_left
done_testing
