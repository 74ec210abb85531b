# SPDX-License-Identifier: GPL-2.0-or-later
#
# LVM and LUKS without a device mapper: logical volumes that lie in one piece,
# and QEMU as the one that encrypts.  Source it after fixtures.bash.

# lvm_prepare: the host's own volumes are out of sight; only $loop is seen
lvm_prepare ()
{
    LVM_SYSTEM_DIR=$work/lvm LVM_SUPPRESS_FD_WARNINGS=1
    export LVM_SYSTEM_DIR LVM_SUPPRESS_FD_WARNINGS
    mkdir -p "$work/lvm"
    cat >"$work/lvm/lvm.conf" <<LVM
devices {
  dir="/dev" scan=["/dev"] filter=["a|^$loop\$|","r|.*|"]
  use_devicesfile=0 obtain_device_list_from_udev=0
}
activation { udev_sync=0 udev_rules=0 monitoring=0 }
backup { backup=0 archive=0 }
global { activation=0 locking_dir="$work/lvm" }
LVM
}

# make_volumes GROUP NAME=SIZE...: on $loop; use with on_partition
make_volumes ()
{
    local group=$1 volume
    shift
    lvm_prepare
    pvcreate -q -f "$loop" && vgcreate -q "$group" "$loop" || return
    for volume; do
        lvcreate -q -an -Zn -Wn -L "${volume#*=}" -n "${volume%=*}" "$group" ||
            return
    done
    lvm pvs --noheadings --segments --units b --nosuffix \
        -o lv_name,pe_start,pvseg_start,pvseg_size,vg_extent_size \
        >"$work/volumes"
} >/dev/null 2>"$work/lvm.log"

# volume_place FILE PARTITION NAME: OFFSET+LENGTH on the disk, of a logical
# volume that make_volumes made there
volume_place ()
{
    local place
    read -ra place <<<"$(partition_place "$1" "$2")"
    awk -v name="$3" -v start="${place[0]}" 'NF == 5 && $1 == name {
        printf "%.0f+%.0f\n", start + $2 + $3 * $5, $4 * $5 }' "$work/volumes"
}

luks_secret=correct-horse

# make_luks FILE SIZE: an empty container
make_luks ()
{
    truncate -s "$2" "$1"
    printf %s "$luks_secret" | cryptsetup luksFormat -q --type luks1 \
        --pbkdf-force-iterations 1000 "$1" - || die "cannot make LUKS"
}

# expose_luks IMAGE FORMAT OFFSET LENGTH FILE: shows what is in a container as
# a plain file
expose_luks ()
{
    local image=$1 format=$2 offset=$3 length=$4 file=$5
    : >"$file"
    rm -f "$file.pid"
    qemu-storage-daemon --object "secret,id=key,data=$luks_secret" \
        --blockdev "driver=$format,node-name=disk,file.driver=file,file.filename=$image" \
        --blockdev "driver=raw,node-name=part,file=disk,offset=$offset,size=$length" \
        --blockdev driver=luks,node-name=plain,file=part,key-secret=key \
        --export "fuse,id=e,node-name=plain,mountpoint=$file,writable=on" \
        --pidfile "$file.pid" >"$file.log" 2>&1 &
    cleanup_add "conceal '$(realpath "$file")'"
    retry 20 test -s "$file.pid" ||
        die "cannot show $image: $(cat "$file.log")"
}
