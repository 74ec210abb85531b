#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Which image is held against which: a chain of three, a member of it, a base
# that moved, formats that no header states, two images that know nothing of
# each other, an overlay that outgrew its base.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs python3

change_middle ()
{
    echo middle >"$mnt/etc/middle"
    rm "$mnt/bin/7"
    echo middle >>"$mnt/etc/hostname"
}

# base.raw; full.qcow2 and base.vmdk are the same disk.  middle.qcow2 lies
# over base.vmdk, top.qcow2 over middle.qcow2.
disk base.raw 120M
on_partition base.raw 0 make_filesystem ext4
change base.raw raw 0 ext4 populate_small
qemu-img convert -f raw -O vmdk base.raw base.vmdk
overlay base.vmdk vmdk middle.qcow2
change middle.qcow2 qcow2 0 ext4 change_middle
overlay middle.qcow2 qcow2 top.qcow2
change top.qcow2 qcow2 0 ext4 change_small
tree base.raw raw 0 ext4 base.tree
tree middle.qcow2 qcow2 0 ext4 middle.tree
tree top.qcow2 qcow2 0 ext4 top.tree
images_remember base.raw base.vmdk middle.qcow2 top.qcow2

# diff_is WHAT BASE-TREE OVERLAY-TREE ARGUMENT...
diff_is ()
{
    local what=$1
    oracle diff "$2" "$3" >wanted
    shift 3
    deltafs_run diff --engine guestfs "$@"
    is "$what: exit code" "$status" 0
    same_files "$what: the list" out wanted
}

diff_is "chain of three" middle.tree top.tree top.qcow2
diff_is "--base with the lowest, a vmdk" base.tree top.tree \
    --base base.vmdk top.qcow2

# A base elsewhere, and an overlay whose header names no format for it.
mkdir here there
cp base.raw here/base.raw
overlay base.raw raw here/overlay.qcow2
change here/overlay.qcow2 qcow2 0 ext4 change_middle
tree here/overlay.qcow2 qcow2 0 ext4 moved.tree
mv here/base.raw there/golden.raw
python3 "$top_srcdir/tests/real/qcow2.py" no-backing-format here/overlay.qcow2
images_remember here/overlay.qcow2 there/golden.raw
diff_is "moved raw base" base.tree moved.tree --base there/golden.raw \
    --base-format raw here/overlay.qcow2

# Two full images, one of them raw.
qemu-img convert -f qcow2 -O raw top.qcow2 full.raw
images_remember full.raw
diff_is "two full images" middle.tree top.tree --format raw \
    --base middle.qcow2 full.raw

# An overlay that is larger than its base, and its filesystem grown into it.
overlay base.raw raw grown.qcow2
qemu-img resize -q grown.qcow2 200M
grow ()
{
    resize2fs "$loop" >/dev/null 2>&1 && mounted ext4 rw change_small
}
expose grown.qcow2 qcow2 disk
on_partition disk 0 grow
conceal disk
tree grown.qcow2 qcow2 0 ext4 grown.tree
images_remember grown.qcow2
diff_is "a larger overlay" base.tree grown.tree grown.qcow2
like "a larger overlay: a warning" "$(cat err)" 'size'

check_images
check_nothing_left
done_testing
