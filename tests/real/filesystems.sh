#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# XFS, btrfs, NTFS and FAT, side by side on a data disk without an operating
# system: each is /.filesystems/sdaN.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/population.bash"
requires_root
requires qemu-storage-daemon losetup sfdisk mkfs.xfs mkfs.btrfs mkntfs \
    ntfs-3g mkfs.fat mcopy btrfs python3 setfacl setfattr setcap

disk base.raw 900M
partition base.raw 'label: gpt
size=400M
size=200M
size=100M
size=100M'
on_partition base.raw 1 make_filesystem xfs
on_partition base.raw 2 make_filesystem btrfs
on_partition base.raw 3 make_filesystem ntfs
on_partition base.raw 4 make_filesystem vfat -F 32 -i 12345678

# --- what only one of them has ---

populate_btrfs ()
{
    populate_all
    btrfs -q subvolume create "$mnt/volume"
    echo base >"$mnt/volume/file"
    btrfs -q subvolume create "$mnt/volume-gone"
    echo base >"$mnt/volume-gone/file"
    echo shared >"$mnt/shared"
}

change_btrfs ()
{
    change_all
    echo overlay >>"$mnt/volume/file"
    echo new >"$mnt/volume/new"
    btrfs -q subvolume delete "$mnt/volume-gone" >/dev/null
    btrfs -q subvolume create "$mnt/volume-new"
    echo new >"$mnt/volume-new/file"
    cp --reflink=always "$mnt/shared" "$mnt/shared-copy"
    cp --reflink=always "$mnt/bin/edited" "$mnt/bin/copied"
}

populate_ntfs ()
{
    populate_small
    mkdir -p "$mnt/Windows/System32" "$mnt/empty"
    for i in 1 2 3; do echo "$i" >"$mnt/Windows/System32/$i.dll"; done
    head -c 3000000 /dev/urandom >"$mnt/Windows/large"
    echo touched >"$mnt/touched"
    echo resident >"$mnt/resident"
    echo ünï >"$mnt/ünïcode"
    setfattr -n user.stream -v old "$mnt/resident"
}

change_ntfs ()
{
    change_small
    rm -r "$mnt/empty" "$mnt/Windows/System32/2.dll"
    printf XX | dd of="$mnt/Windows/large" bs=1 seek=2000000 conv=notrunc \
        status=none
    touch "$mnt/touched"
    echo longer resident >"$mnt/resident"
    mkdir "$mnt/Users"
    echo new >"$mnt/Users/ünew"
}

# There is no FAT in every host's kernel: mtools.
# fat IMAGE COMMAND ARGUMENT...: on the fourth partition
fat ()
{
    local file=$1 command=$2 place
    shift 2
    read -ra place <<<"$(partition_place "$file" 4)"
    "$command" -i "$file@@${place[0]}" "$@" || die "failed: $command $*"
}

populate_fat ()
{
    local name
    mkdir -p dos/DIR dos/GONE
    for name in kept changed removed touched again readonly DIR/inside \
        GONE/inside 'a long name.text'; do
        echo "fat $name" >"dos/$name"
    done
    touch -d '2020-01-02 03:04:06' dos/* dos/*/*
    fat "$1" mcopy -s -m dos/* ::
}

# The same size and the same time, so that only the bytes tell.
change_fat ()
{
    echo 'FAT changed' >dos/changed
    touch -d '2020-01-02 03:04:06' dos/changed
    fat "$1" mcopy -o -m dos/changed ::changed
    fat "$1" mcopy -o -m dos/again ::again
    touch -d '2021-01-02 03:04:06' dos/touched
    fat "$1" mcopy -o -m dos/touched ::touched
    fat "$1" mdel ::removed
    fat "$1" mdeltree ::GONE
    fat "$1" mmd ::NEW
    fat "$1" mcopy dos/kept ::NEW/kept
    fat "$1" mattrib +r ::readonly
}

# What has to be said of it; it is the last partition.
fat_list ()
{
    local under=/.filesystems/sda4
    printf '%s\n' "D	-	$under/GONE" "D	-	$under/GONE/inside" \
        "A	-	$under/NEW" "A	-	$under/NEW/kept" \
        "M	content,silent	$under/changed" "M	mode	$under/readonly" \
        "D	-	$under/removed"
}

big_xattr=60000
change base.raw raw 1 xfs populate_all
big_xattr=12000
change base.raw raw 2 btrfs populate_btrfs
change base.raw raw 3 ntfs populate_ntfs
populate_fat base.raw
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2
big_xattr=60001
change overlay.qcow2 qcow2 1 xfs change_all
big_xattr=12001
change overlay.qcow2 qcow2 2 btrfs change_btrfs
change overlay.qcow2 qcow2 3 ntfs change_ntfs
expose overlay.qcow2 qcow2 disk
change_fat disk
# mount(8) would take the btrfs for ISO 9660 then.
read -ra place <<<"$(partition_place disk 2)"
printf '\001CD001\001' |
    dd of=disk bs=1 seek=$((place[0] + 32768)) conv=notrunc status=none
conceal disk

number=0
for type in xfs btrfs ntfs; do
    number=$((number + 1))
    for side in base overlay; do
        tree $side.qcow2 qcow2 $number $type $side-$type.tree \
            /.filesystems/sda$number
    done
    oracle diff base-$type.tree overlay-$type.tree >wanted-$type
    note "$type: $(wc -l <wanted-$type) entries in the delta set"
done
oracle merge base-*.tree >base.tree
oracle merge overlay-*.tree >overlay.tree
fat_list >wanted-vfat
images_remember base.qcow2 overlay.qcow2

deltafs_run diff --engine guestfs overlay.qcow2
is "diff: exit code" "$status" 0
number=0
for type in xfs btrfs ntfs vfat; do
    number=$((number + 1))
    grep -aE "	\"?/\.filesystems/sda$number(/|\"?\$)" out >got
    same_files "diff: $type" got wanted-$type
done
is "diff: nothing else" "$(wc -l <out)" "$(cat wanted-* | wc -l)"
like "diff: it is said that the btrfs has another signature" "$(cat err)" \
    'several filesystems have left their signature: .*partition 2 is taken for btrfs'

# Two of them are read without a virtual machine, too.
for number in 1 4; do
    type=$(test $number = 1 && echo xfs || echo vfat)
    deltafs_run diff --engine direct -m "/dev/sda$number:/" overlay.qcow2
    is "direct, $type: exit code" "$status" 0
    sed "s|/\.filesystems/sda$number/*|/|" "wanted-$type" >wanted
    # Only this engine sees DOS attributes.
    test $type = xfs || sed -i 's|^M	mode	|M	mode,attributes	|' wanted
    same_files "direct, $type" out wanted
done

mkdir delta
cleanup_add 'deltafs umount --lazy "$work/delta"; umount -l "$work/delta"'
deltafs_run mount --engine guestfs --exclude '/.filesystems/sda4' \
    overlay.qcow2 delta
is "mount: exit code" "$status" 0
check "mount: the tree" oracle mount delta base.tree overlay.tree
check "umount" deltafs umount delta
check_images
check_nothing_left
done_testing
