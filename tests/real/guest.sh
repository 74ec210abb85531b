#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest with an operating system: root and home on LVM, /boot by label,
# /srv/data by PARTUUID, swap, one missing device, and two filesystems that its
# fstab does not know, one of them on MD.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/volumes.bash"
requires_root
requires qemu-storage-daemon losetup sfdisk lvm mke2fs mkfs.xfs python3

home_uuid=11111111-2222-3333-4444-555555555555
data_uuid=AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE

disk base.raw 900M
partition base.raw "label: gpt
size=1M, type=21686148-6449-6E6F-744E-656564454649
size=64M
size=600M, type=E6D6D379-F507-44C2-A23C-238F2A3DF928
size=32M
size=16M, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
size=32M, uuid=$data_uuid
size=32M, type=A19D880F-05FC-4D3B-A006-743F0F84911E"
on_partition base.raw 2 make_filesystem ext2 -L BOOT
on_partition base.raw 3 make_volumes vg root=120M home=400M
root=$(volume_place base.raw 3 root)
home=$(volume_place base.raw 3 home)
read -ra place <<<"$(partition_place base.raw 7)"
array=$(python3 "$top_srcdir/tests/real/md.py" base.raw "${place[@]}")
on_partition base.raw "$array" make_filesystem ext4
on_partition base.raw "$root" make_filesystem ext4
on_partition base.raw "$home" make_filesystem xfs -m uuid=$home_uuid
on_partition base.raw 4 make_filesystem ext4
on_partition base.raw 5 make_filesystem swap
on_partition base.raw 6 make_filesystem ext4

populate_root ()
{
    local i
    populate_small
    mkdir -p "$mnt"/{boot,home,srv/data,usr/bin,usr/lib,root,tmp,proc,dev,run}
    echo hidden >"$mnt/boot/hidden"
    ln -s ../usr/lib/os-release "$mnt/etc/os-release"
    printf '%s\n' 'ID=debian' 'VERSION_ID="12"' 'NAME="Debian GNU/Linux"' \
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"' \
        >"$mnt/usr/lib/os-release"
    echo 12.9 >"$mnt/etc/debian_version"
    cat >"$mnt/etc/fstab" <<FSTAB
# what the guest mounts
/dev/mapper/vg-root / ext4 errors=remount-ro 0 1
LABEL=BOOT /boot ext2 defaults 0 2
UUID=$home_uuid   /home xfs defaults 0 2
PARTUUID=${data_uuid,,} /srv/data ext4 defaults 0 2
UUID=99999999-9999-9999-9999-999999999999 /mnt/gone ext4 nofail 0 0
/dev/sda5 none swap sw 0 0
tmpfs /tmp tmpfs nosuid 0 0
/dev/sr0 /media/cdrom udf,iso9660 user,noauto 0 0
FSTAB
}

populate_other ()
{
    echo "$1" >"$mnt/$1"
    echo kept >"$mnt/kept"
}

change_other ()
{
    echo "$1 changed" >"$mnt/$1"
    echo new >"$mnt/$1-new"
    rm "$mnt/kept"
}

change_root ()
{
    change_small
    chmod 4755 "$mnt/bin/5"
    echo changed >"$mnt/boot/hidden"
    mkdir -p "$mnt/srv/below"
}

change base.raw raw "$root" ext4 populate_root
change base.raw raw 2 ext2 populate_other kernel
change base.raw raw "$home" xfs populate_other user
change base.raw raw 4 ext4 populate_other unlisted
change base.raw raw 6 ext4 populate_other data
change base.raw raw "$array" ext4 populate_other array
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2
change overlay.qcow2 qcow2 "$root" ext4 change_root
change overlay.qcow2 qcow2 2 ext2 change_other kernel
change overlay.qcow2 qcow2 "$home" xfs change_other user
change overlay.qcow2 qcow2 4 ext4 change_other unlisted
change overlay.qcow2 qcow2 6 ext4 change_other data
change overlay.qcow2 qcow2 "$array" ext4 change_other array

for side in base overlay; do
    tree $side.qcow2 qcow2 "$root" ext4 root.tree
    tree $side.qcow2 qcow2 2 ext2 boot.tree /boot
    tree $side.qcow2 qcow2 "$home" xfs home.tree /home
    tree $side.qcow2 qcow2 6 ext4 data.tree /srv/data
    tree $side.qcow2 qcow2 4 ext4 unlisted.tree /.filesystems/sda4
    tree $side.qcow2 qcow2 "$array" ext4 array.tree /.filesystems/md127
    # What the mount of /boot hides is seen where nothing hides it.
    oracle part root.tree /boot /.filesystems/vg/root/boot >hidden.tree
    oracle merge root.tree boot.tree home.tree data.tree unlisted.tree \
        array.tree hidden.tree >$side.tree
    cp boot.tree $side-boot.tree
done
images_remember base.qcow2 overlay.qcow2

oracle diff base.tree overlay.tree >wanted
deltafs_run diff --engine guestfs overlay.qcow2
is "diff: exit code" "$status" 0
same_files "diff: one tree of six filesystems" out wanted
like "diff: a warning for the missing device" "$(cat err)" \
    '99999999-9999|/mnt/gone'
note_file err

mkdir delta
cleanup_add 'deltafs umount --lazy "$work/delta"; umount -l "$work/delta"'
# Each filesystem by the engine that fits: what lies in a partition directly,
# what is in LVM and MD through the appliances.
deltafs_run mount -v overlay.qcow2 delta
is "mount: exit code" "$status" 0
like "mount: both engines" "$(cat err)" 'engine mixed'
check "mount: the tree" oracle mount delta base.tree overlay.tree
check "umount" deltafs umount delta

# By hand.
sed -E 's/"path": "\/boot\//"path": "\//; s/"path": "\/boot"/"path": "\/"/' \
    base-boot.tree >base-hand.tree
sed -E 's/"path": "\/boot\//"path": "\//; s/"path": "\/boot"/"path": "\/"/' \
    overlay-boot.tree >overlay-hand.tree
oracle diff base-hand.tree overlay-hand.tree >wanted
deltafs_run diff --engine guestfs -m /dev/sda2 overlay.qcow2
is "diff -m: exit code" "$status" 0
same_files "diff -m: the boot partition as the root" out wanted

check_images
check_nothing_left
done_testing
