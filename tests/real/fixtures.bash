# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real disk images for tests, made quickly on the host: a base, and an overlay
# on it that was changed through a mounted filesystem, as a guest would have
# done it.  Source it after kit.sh.  Everything it mounts or starts is undone
# at the end of the test, however that ends.  Only for filesystems that these
# tests made themselves: a damaged one is never mounted here.

fixtures_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
images=()
declare -A attached=()

die ()
{
    echo "Bail out! $*"
    exit 99
}

oracle ()
{
    python3 "$fixtures_here/oracle.py" "$@"
}

# What deltafs and the appliances leave in here is theirs; the marker in
# the environment finds their processes.
fixtures_begin ()
{
    mkdir -p "$work/tmp" "$work/runtime" "$work/mnt"
    chmod 700 "$work/runtime"
    TMPDIR=$work/tmp
    XDG_RUNTIME_DIR=$work/runtime
    LIBGUESTFS_CACHEDIR=/var/tmp
    export TMPDIR XDG_RUNTIME_DIR LIBGUESTFS_CACHEDIR
}

# Process ids of what was started here with "marked" and is still there.
marked_processes ()
{
    grep -slzxF "DELTAFS_TEST_MARK=$work" /proc/[0-9]*/environ 2>/dev/null |
        sed 's,/proc/\([0-9]*\)/.*,\1,' | grep -vx $$
}

# deltafs_run ARGUMENT...: $status, $work/out, $work/err, like run.
deltafs_run ()
{
    run env DELTAFS_TEST_MARK="$work" deltafs "$@"
}

kill_marked ()
{
    local pid
    for pid in $(marked_processes); do
        kill -9 "$pid"
    done
}

# The end of every test: nothing is left, the images are as they were.
check_nothing_left ()
{
    retry 20 no_marked_processes
    is "no process is left" "$(describe_marked)" ""
    is "no temporary file is left" \
        "$(find "$work/tmp" "$work/runtime" -mindepth 1)" ""
    is "no mount is left" "$(grep -F "$work" /proc/self/mountinfo)" ""
}

no_marked_processes ()
{
    test -z "$(marked_processes)"
}

describe_marked ()
{
    local pid
    for pid in $(marked_processes); do
        tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-100
    done
}

# images_remember FILE...: these may not change from now on.
images_remember ()
{
    images+=("$@")
    sha256sum -- "${images[@]}" >"$work/.hashes"
}

check_images ()
{
    check "the images are unchanged" sha256sum --quiet -c "$work/.hashes"
}

# --- images as block devices ---

# expose IMAGE FORMAT FILE [ro]: shows a disk image as the plain file FILE
expose ()
{
    local image=$1 format=$2 file=$3 writable=on
    test "${4:-}" = ro && writable=off
    : >"$file"
    rm -f "$file.pid"
    qemu-storage-daemon \
        --blockdev "driver=$format,node-name=disk,read-only=$(
            test $writable = on && echo off || echo on),discard=unmap,file.driver=file,file.filename=$image" \
        --export "fuse,id=e,node-name=disk,mountpoint=$file,writable=$writable" \
        --pidfile "$file.pid" >"$file.log" 2>&1 &
    cleanup_add "conceal '$(realpath "$file")'"
    retry 20 test -s "$file.pid" ||
        die "cannot show $image: $(cat "$file.log")"
}

conceal ()
{
    local pid
    pid=$(cat "$1.pid" 2>/dev/null) || return 0
    rm -f "$1.pid"
    kill "$pid"
    wait "$pid" 2>/dev/null
    # It leaves its mount when that is in use.
    ! grep -qF " $(realpath "$1") " /proc/self/mountinfo || umount -l "$1"
    return 0
}

# attach FILE [OFFSET LENGTH [ro]]: a loop device of (a part of) it, in $loop
attach ()
{
    local options=()
    test $# -lt 3 || options=(--offset "$2" --sizelimit "$3")
    test "${4:-}" != ro || options+=(--read-only)
    loop=$(losetup -f --show "${options[@]}" -- "$1") || die "no loop device"
    attached[$loop]=1
    cleanup_add detach_all
}

# Only what is still ours: the kernel gives a number that was let go to
# anybody.
detach_all ()
{
    local device
    for device in "${!attached[@]}"; do detach "$device"; done
}

detach ()
{
    unset "attached[$1]"
    losetup -d "$1"
    # Asynchronous: the file below may go only when the device let go of it.
    retry 10 loop_is_free "$1" || note "loop device $1 stays busy"
}

loop_is_free ()
{
    ! losetup "$1"
}

# partition_place FILE PART: "OFFSET LENGTH" in bytes.  PART is a partition's
# number, 0 for the whole disk, or OFFSET+LENGTH.
partition_place ()
{
    if test "$2" = 0; then
        echo 0 "$(stat -c %s -- "$1")"
    elif [[ $2 == *+* ]]; then
        echo "${2%+*}" "${2#*+}"
    else
        sfdisk -J -- "$1" | python3 -c '
import json, sys
table = json.load(sys.stdin)["partitiontable"]
part = next(part for part in table["partitions"]
            if part["node"][len(table["device"]):].lstrip("p") == sys.argv[1])
size = table.get("sectorsize", 512)
print(part["start"] * size, part["size"] * size)' "$2"
    fi
}

# partition FILE SCRIPT: sfdisk, without touching the host's devices
partition ()
{
    sfdisk -q --no-tell-kernel -- "$1" <<<"$2" 2>/dev/null || die "cannot partition $1"
}

# on_partition FILE PART COMMAND...: $loop is the partition meanwhile
on_partition ()
{
    local file=$1 place part_loop
    read -ra place <<<"$(partition_place "$1" "$2")"
    shift 2
    attach "$file" "${place[@]}"
    part_loop=$loop
    "$@" || die "failed: $*"
    detach "$part_loop"
}

# --- filesystems ---

# make_filesystem TYPE [OPTION...]: on $loop
make_filesystem ()
{
    local type=$1
    shift
    case $type in
    ext*) mke2fs -q -F -t "$type" "$@" "$loop" ;;
    xfs) mkfs.xfs -q -f "$@" "$loop" ;;
    btrfs) mkfs.btrfs -q -f "$@" "$loop" >/dev/null 2>&1 ;;
    ntfs) mkntfs -q -F -f "$@" "$loop" 2>/dev/null ;;
    vfat) mkfs.fat "$@" "$loop" >/dev/null ;;
    swap) mkswap -q "$@" "$loop" ;;
    esac
}

# mounted TYPE MODE COMMAND...: runs it with $mnt, where $loop is mounted; MODE
# is rw or ro
mounted ()
{
    local type=$1 mode=$2
    shift 2
    mnt=$work/mnt
    case $type in
    xfs) mode=$mode,nouuid ;;
    esac
    case $type in
    ntfs)
        ntfs-3g -o "$mode" "$loop" "$mnt" 2>/dev/null ||
            die "cannot mount $type"
        ;;
    *) mount -t "$type" -o "$mode" "$loop" "$mnt" || die "cannot mount $type" ;;
    esac
    cleanup_add "mountpoint -q '$mnt' && umount -R '$mnt'"
    "$@" || die "failed: $*"
    sync -f "$mnt"
    unmount "$mnt"
}

unmount ()
{
    retry 10 umount "$1" || die "cannot unmount $1"
    # ntfs-3g goes on for a moment after that.
    retry 10 loop_is_unused "$loop"
}

loop_is_unused ()
{
    ! fuser -s "$1"
}

# change IMAGE FORMAT PART TYPE COMMAND...: COMMAND changes the mounted
# filesystem in $mnt
change ()
{
    local image=$1 format=$2 number=$3 type=$4 disk=$work/exposed
    shift 4
    if test "$format" = raw; then
        on_partition "$image" "$number" mounted "$type" rw "$@"
        return
    fi
    expose "$image" "$format" "$disk"
    on_partition "$disk" "$number" mounted "$type" rw "$@"
    conceal "$disk"
}

# tree IMAGE FORMAT PART TYPE FILE [PATH]: what the host's kernel sees,
# its journal replayed on a layer that is thrown away, goes to FILE
tree ()
{
    local image=$1 format=$2 number=$3 type=$4 file=$5 under=${6:-/}
    local disk=$work/exposed
    rm -f "$work/throw-away.qcow2"
    qemu-img create -q -f qcow2 -b "$(realpath "$image")" -F "$format" \
        "$work/throw-away.qcow2" || die "cannot look at $image"
    expose "$work/throw-away.qcow2" qcow2 "$disk"
    # XFS replays its log only when it is mounted for writing.
    case $type in
    xfs) on_partition "$disk" "$number" mounted "$type" rw,noatime true ;;
    esac
    on_partition "$disk" "$number" mounted "$type" ro \
        scan_to "$file" "$under"
    conceal "$disk"
    rm "$work/throw-away.qcow2"
}

scan_to ()
{
    oracle scan "$mnt" --under "$2" >"$1"
}

# overlay BASE FORMAT OVERLAY [OPTION...]: a new, empty overlay
overlay ()
{
    local base=$1 format=$2 image=$3
    shift 3
    qemu-img create -q -f qcow2 -b "$base" -F "$format" "$@" "$image" ||
        die "cannot make $image"
}

# disk FILE SIZE: an empty raw disk
disk ()
{
    rm -f "$1"
    truncate -s "$2" "$1"
}

# to_qcow2 FILE.raw: makes FILE.qcow2 of it and removes it
to_qcow2 ()
{
    qemu-img convert -f raw -O qcow2 "$1" "${1%.raw}.qcow2" ||
        die "cannot convert $1"
    rm "$1"
}

# --- what is in there ---

# A little guest that every test can use.
populate_small ()
{
    local i
    mkdir -p "$mnt/etc" "$mnt/bin" "$mnt/var/log"
    echo golden >"$mnt/etc/hostname"
    echo root:x:0:0 >"$mnt/etc/passwd"
    for i in 1 2 3 4 5 6 7 8; do echo "program $i" >"$mnt/bin/$i"; done
    head -c 300000 /dev/urandom >"$mnt/bin/big"
}

change_small ()
{
    echo mallory:x:0:0 >>"$mnt/etc/passwd"
    echo new >"$mnt/etc/new"
    rm "$mnt/bin/3"
}


# The list in which deltafs prints that.
small_list ()
{
    printf '%s\n' 'D	-	/bin/3' 'A	-	/etc/new' \
        'M	content	/etc/passwd'
}

# small_pair NAME [TYPE [MKFS OPTION...]]: NAME.qcow2 over NAME-base.qcow2 with
# these changes
small_pair ()
{
    local name=$1 type=${2:-ext4}
    shift $(($# > 1 ? 2 : 1))
    disk "$name-base.raw" 300M
    on_partition "$name-base.raw" 0 make_filesystem "$type" "$@"
    change "$name-base.raw" raw 0 "$type" populate_small
    to_qcow2 "$name-base.raw"
    overlay "$name-base.qcow2" qcow2 "$name.qcow2"
    change "$name.qcow2" qcow2 0 "$type" change_small
}

fixtures_begin
cleanup_add kill_marked
