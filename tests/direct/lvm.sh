#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# LVM without an appliance, as installers lay it: two physical volumes on one
# disk, a root in two pieces around swap, a striped volume, another one that is
# empty.  LVM's own tools make it (without device-mapper), lvm.py fills it, the
# host's kernel is the oracle.

. "${srcdir:-.}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/population.bash"
requires_root
requires jq python3 qemu-img qemu-storage-daemon losetup sfdisk lvm mke2fs mkswap resize2fs
PATH=$PATH:/usr/sbin:/sbin
big_xattr=1500
M=$((1024 * 1024))

deltafs_here ()
{
    run env LIBGUESTFS_HV=/bin/false LIBGUESTFS_PATH=/nonexistent deltafs "$@"
}

# --- physical volumes on loop devices ---

LVM_SYSTEM_DIR=$work/lvm LVM_SUPPRESS_FD_WARNINGS=1
export LVM_SYSTEM_DIR LVM_SUPPRESS_FD_WARNINGS
mkdir "$work/lvm"
group=vg-a

# on_group IMAGE COMMAND...: with the physical volumes as $pv2 and $pv3; what
# LVM says of the volumes goes to IMAGE.layout after that
on_group ()
{
    local image=$1 place
    shift
    read -ra place <<<"$(partition_place "$image" 2)"
    attach "$image" "${place[@]}"
    pv2=$loop start2=$((place[0] + M))
    read -ra place <<<"$(partition_place "$image" 3)"
    attach "$image" "${place[@]}"
    pv3=$loop start3=$((place[0] + M))
    cat >"$work/lvm/lvm.conf" <<LVM
devices {
  dir="/dev" scan=["/dev"] filter=["a|^$pv2\$|","a|^$pv3\$|","r|.*|"]
  use_devicesfile=0 obtain_device_list_from_udev=0
}
activation { udev_sync=0 udev_rules=0 monitoring=0 }
backup { backup=0 archive=0 }
global { activation=0 locking_dir="$work/lvm" }
LVM
    "$@" >lvm.log 2>&1 || { note_file lvm.log; die "failed: $*"; }
    {
        echo "pv $pv2 $start2"
        echo "pv $pv3 $start3"
        lvm lvs --noheadings --segments --units b --nosuffix -o \
lv_name,vg_extent_size,seg_start_pe,stripe_size,seg_pe_ranges "$group" 2>/dev/null
    } >"$image.layout"
    detach "$pv2"
    detach "$pv3"
}

make_volumes ()
{
    local options=(-q -an -Zn -Wn)
    pvcreate -q -f "$pv2" "$pv3" &&
        vgcreate -q "$group" "$pv2" "$pv3" &&
        lvcreate "${options[@]}" -L 20M -n root "$group" "$pv2" &&
        lvcreate "${options[@]}" -L 8M -n swap "$group" "$pv2" &&
        lvextend -q -L 40M "$group/root" "$pv2" &&
        lvcreate "${options[@]}" -i2 -I 64k -L 32M -n data "$group" &&
        lvcreate "${options[@]}" -L 12M -n empty "$group" "$pv3" &&
        lvcreate "${options[@]}" -L 12M -n gone "$group" "$pv3"
}

# put IMAGE VOLUME FILE
put ()
{
    python3 "$srcdir/lvm.py" put "$1" "$1.layout" "$2" "$3" || die "cannot fill $2"
}

# --- what is in there: flat files, and what the kernel sees in them ---

flat ()
{
    truncate -s "$2" "$1"
    mke2fs -q -F -t ext4 "${@:3}" "$1"
}

on_flat ()
{
    local file=$1
    shift
    on_partition "$file" 0 mounted ext4 rw "$@"
}

scan ()
{
    on_partition "$1" 0 mounted ext4 ro scan_to "$2" "$3"
}

make_root ()
{
    (populate_all) || return
    mkdir "$mnt/srv"
    cat >"$mnt/etc/fstab" <<'FSTAB'
/dev/mapper/vg--a-root / ext4 defaults 0 1
/dev/vg-a/data /srv ext4 defaults 0 2
/dev/mapper/vg--a-swap none swap sw 0 0
FSTAB
    echo 'ID=debian' >"$mnt/etc/os-release"
}

fill_srv ()
{
    local i
    for i in $(seq 40); do head -c 200000 /dev/urandom >"$mnt/$i"; done
}

change_srv ()
{
    rm "$mnt/7"
    head -c 300000 /dev/urandom >"$mnt/more"
    printf x | dd of="$mnt/20" bs=1 seek=150000 conv=notrunc status=none
}

# overlay_of RAW: RAW.qcow2 over base.raw, with the clusters that differ
overlay_of ()
{
    local image=${1%.raw}.qcow2
    overlay base.raw raw "$image"
    expose "$image" qcow2 exposed
    python3 "$srcdir/lvm.py" differ "$1" exposed || die "cannot make $image"
    conceal exposed
}

# expected TREE: the list that is to be printed
expected ()
{
    oracle diff base.tree "$1" >wanted
}

cd "$work" || exit 99
disk base.raw 208M
partition base.raw 'label: gpt
size=4M
size=100M, type=lvm
size=100M, type=lvm'
on_group base.raw make_volumes
note_file base.raw.layout
flat root.flat 40M
on_flat root.flat make_root
flat data.flat 32M -b 1024
on_flat data.flat fill_srv
flat gone.flat 12M
truncate -s 8M swap.flat
mkswap -q swap.flat 2>/dev/null
for volume in root data gone swap; do put base.raw $volume $volume.flat; done
scan root.flat base-root.tree /
scan data.flat base-data.tree /srv
oracle merge base-root.tree base-data.tree >base.tree
cp --sparse=always base.raw overlay.raw
cp base.raw.layout overlay.raw.layout
for volume in root data; do cp --sparse=always $volume.flat new-$volume.flat; done
on_flat new-root.flat eval '(change_all)'
on_flat new-data.flat change_srv
put overlay.raw root new-root.flat
put overlay.raw data new-data.flat
scan new-root.flat overlay-root.tree /
scan new-data.flat overlay-data.tree /srv
oracle merge overlay-root.tree overlay-data.tree >overlay.tree
overlay_of overlay.raw

# --- written to, the same layout ---

deltafs_here diff overlay.qcow2
is "exit code" "$status" 0
is "nothing is said" "$(cat err)" ""
expected overlay.tree
same_files "the list" out wanted
check "it is not empty" test "$(wc -l <out)" -gt 20
deltafs_here diff --engine direct --json overlay.qcow2
is "--engine direct: exit code" "$status" 0
check "every object" oracle json out base.tree overlay.tree
is "the engine" "$(tail -n 1 out | jq -r .summary.engine)" direct
deltafs_here export overlay.qcow2
for i in more 20; do tar -xOf out "srv/$i" || tar -xOf out "./srv/$i"; done >read
on_flat new-data.flat eval 'cat "$mnt/more" "$mnt/20" >content'
same_files "content through stripes" read content
deltafs_here diff -v overlay.qcow2
like "swap is not written to" "$(cat err)" 'vg-a/swap: swap, not written to: unchanged'

# --- names ---

deltafs_here diff -m vg-a/data:/ overlay.qcow2
is "-m GROUP/VOLUME" "$(grep -c '' out)" "$(grep -c '	/srv' wanted)"
deltafs_here diff -m /dev/mapper/vg--a-data:/ overlay.qcow2
is "-m by device-mapper's name" "$status" 0
deltafs_here diff -m vg-a/none overlay.qcow2
is "-m of none: exit code" "$status" 2
like "-m of none: what there is" "$(cat err)" 'vg-a/root'

# --- not written to, or only LVM's own ---

overlay base.raw raw same.qcow2
deltafs_here diff same.qcow2
is "an overlay without a byte" "$status$(cat out err)" 0
cp --sparse=always base.raw touched.raw
on_group touched.raw vgchange --addtag seen "$group"
overlay_of touched.raw
deltafs_here diff touched.qcow2
is "only metadata was written" "$status$(cat out err)" 0

# --- info, and bytes that are in nothing ---

deltafs_here info --json overlay.qcow2
is "info: exit code" "$status" 0
is "info: the layers" "$(jq -c '.partitions[] | [.device, .overlay.use,
    .overlay.type, .engine]' out)" '["sda1","blank",null,"none"]
["sda2","container","LVM2_member","none"]
["sda3","container","LVM2_member","none"]
["vg-a/data","filesystem","ext4","direct"]
["vg-a/empty","blank",null,"none"]
["vg-a/gone","filesystem","ext4","none"]
["vg-a/root","filesystem","ext4","direct"]
["vg-a/swap","swap","swap","none"]'
is "info: every byte is in one class" \
    "$(jq '[.account[]] | add' out)" "$(jq .written out)"
is "info: nothing is left over" \
    "$(jq '.account | (.gaps // 0) + (.not_accounted // 0)' out)" 0
deltafs_here info --json touched.qcow2
is "info: LVM's metadata is known as such" \
    "$(jq -c '.account | keys - ["identical"]' out)" '["volume_metadata"]'
deltafs_here info overlay.qcow2
note_file out
like "info: for people" "$(cat out)" 'vg-a/root \(a logical volume\): ext4, 41943040 bytes'

# Behind the end of a filesystem that does not fill its volume, in an empty
# volume, in no volume.
hide ()
{
    printf 'hidden bytes' | dd of=stray.raw bs=1 conv=notrunc status=none \
        seek="$1"
}
cp --sparse=always base.raw stray.raw
cp base.raw.layout stray.raw.layout
read -ra second <<<"$(partition_place base.raw 2)"
python3 "$srcdir/lvm.py" place base.raw base.raw.layout empty >empty.place
hide $((second[0] + 90 * M))
hide $(($(head -n 1 empty.place | cut -d ' ' -f 1) + 3 * M))
overlay_of stray.raw
deltafs_here diff stray.qcow2
is "hidden bytes are named" "$(cat err)" "deltafs: warning: bytes were written \
outside of all that was compared: stray.qcow2: \
512 bytes at $((second[0] + 90 * M)) (on sda2, in no logical volume), \
512 bytes at $(($(head -n 1 empty.place | cut -d ' ' -f 1) + 3 * M)) (vg-a/empty, which looks blank)"

# --- another layout in the overlay ---

rearrange ()
{
    # The data of "data" goes elsewhere, root is called otherwise and is larger,
    # one is gone, and there is a new one.
    lvrename -q "$group" root system &&
        lvremove -q -f "$group/gone" "$group/data" &&
        lvcreate -q -an -Zn -Wn -L 8M -n added "$group" "$pv2" &&
        lvextend -q -L 48M "$group/system" "$pv3" &&
        lvcreate -q -an -Zn -Wn -L 32M -n data "$group" "$pv3"
}

cp --sparse=always base.raw moved.raw
on_group moved.raw rearrange
note_file moved.raw.layout
flat added.flat 8M
on_flat added.flat eval 'echo hello >"$mnt/hello"'
cp --sparse=always new-root.flat larger.flat
truncate -s 48M larger.flat
resize2fs -f larger.flat >/dev/null 2>&1 || die "cannot enlarge"
on_flat larger.flat sed -i 's/vg--a-root/vg--a-system/' "$work/mnt/etc/fstab"
scan larger.flat moved-root.tree /
oracle merge moved-root.tree overlay-data.tree >moved.tree
put moved.raw system larger.flat
put moved.raw data new-data.flat
put moved.raw added added.flat
overlay_of moved.raw
deltafs_here diff moved.qcow2
is "rearranged: exit code" "$status" 0
expected moved.tree
grep -v /.filesystems/ out >main
same_files "rearranged: the list" main wanted
like "the new volume" "$(cat out)" 'A	-	/.filesystems/vg-a/added/hello'
like "the one that is gone" "$(cat out)" 'D	-	/.filesystems/vg-a/gone/lost\+found'
unlike "nothing of what was only renamed" "$(cat out)" '/.filesystems/vg-a/(root|system)'

# --- what only an appliance can read, or nobody ---

one_missing ()
{
    dd if=/dev/zero of="$pv3" bs=1M count=1 conv=notrunc status=none
}

cp --sparse=always overlay.raw missing.raw
on_group missing.raw one_missing
overlay_of missing.raw
deltafs_here diff missing.qcow2
is "a physical volume is gone: exit code" "$status" 3
like "a physical volume is gone: why" "$(cat err)" \
    'cannot read the filesystem: vg-a/data: the physical volume [0-9A-Za-z]{32} is not on this disk'
like "a physical volume is gone: the rest is read" "$(cat out)" '/etc/passwd'
like "a physical volume is gone: what cannot be is listed" "$(cat out)" \
    '\?	unreadable	/srv'
deltafs_here diff --engine direct -m vg-a/root missing.qcow2
is "what does not need it is read: exit code" "$status" 0
oracle diff base-root.tree overlay-root.tree >wanted
same_files "what does not need it is read" out wanted

# Metadata that is damaged in one copy: LVM keeps one on each physical volume.
cp --sparse=always overlay.raw one-copy.raw
printf 'xxxx' | dd of=one-copy.raw bs=1 conv=notrunc status=none \
    seek=$(($(partition_place base.raw 2 | cut -d ' ' -f 1) + 4096 + 600))
printf 'xxxx' | dd of=one-copy.raw bs=1 conv=notrunc status=none \
    seek=$(($(partition_place base.raw 2 | cut -d ' ' -f 1) + 4096))
overlay_of one-copy.raw
deltafs_here diff one-copy.qcow2
is "one copy of the metadata is damaged: exit code" "$status" 0
expected overlay.tree
same_files "one copy of the metadata is damaged" out wanted
done_testing
