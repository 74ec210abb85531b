#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bytes that were written where nothing is compared: behind a filesystem, in
# front of it, in no partition, in one that looks blank.  They are in no list, so
# they are named; what is part of something, zero, or as in the base, is not.

. "${srcdir:-.}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires jq python3 qemu-img qemu-io qemu-storage-daemon losetup sfdisk mke2fs \
    debugfs resize2fs mkswap mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.exfat mkfs.f2fs mkntfs \
    mksquashfs
PATH=$PATH:/usr/sbin:/sbin

said='^deltafs: warning: bytes were written outside of all that was compared: '

deltafs_here ()
{
    run env LIBGUESTFS_HV=/bin/false LIBGUESTFS_PATH=/nonexistent deltafs "$@"
}

# names WHAT OVERLAY PLACES [COMMAND...]: the one line on stderr of diff (or
# COMMAND) names them; where PLACES is empty, there is none.
names ()
{
    local what=$1 image=$2 places=$3
    shift 3
    deltafs_here "${@:-diff}" "$image"
    is "$what: exit code" "$status" 0
    is "$what" "$(cat err)" "${places:+deltafs: warning: bytes were written outside of all that was compared: $image: $places}"
}

# hide OVERLAY OFFSET LENGTH [PATTERN]
hide ()
{
    qemu-io -f qcow2 -c "write -q -P ${4:-0x5a} $2 $3" "$1" >/dev/null
}

M=$((1024 * 1024))
disk base.raw 128M
partition base.raw 'label: dos
start=2048, size=32M, type=83
start=83968, size=16M, type=83
start=116736, size=16M, type=82
start=149504, size=32M, type=83'
read -ra root <<<"$(partition_place base.raw 1)"
read -ra blank <<<"$(partition_place base.raw 2)"
read -ra swap <<<"$(partition_place base.raw 3)"
read -ra last <<<"$(partition_place base.raw 4)"
# The first filesystem ends 8 MiB before its partition, as the fourth does, and
# swap 12 MiB.
attach base.raw "${root[0]}" "${root[1]}"
mke2fs -q -F -t ext4 -b 4096 "$loop" 24M
mounted ext4 rw populate_small
detach "$loop"
attach base.raw "${last[0]}" "${last[1]}"
mke2fs -q -F -t ext4 -b 1024 "$loop" 24M
detach "$loop"
attach base.raw "${swap[0]}" $((4 * M))
mkswap -q "$loop" 2>/dev/null
detach "$loop"
# What the base has there is not the guest's.
printf 'leftover' | dd of=base.raw bs=1 seek=$((root[0] + 25 * M)) \
    conv=notrunc status=none
to_qcow2 base.raw

overlay base.qcow2 qcow2 o.qcow2
change o.qcow2 qcow2 1 ext4 change_small
names "nothing" o.qcow2 ""
is "nothing: the list" "$(sort -k3 out)" "$(small_list | sort -k3 |
    sed 's,/,/.filesystems/sda1/,')"

# Zeros, bytes as in the base, clusters that drag these in.
overlay base.qcow2 qcow2 same.qcow2
hide same.qcow2 $((root[0] + 24 * M)) 64k 0
hide same.qcow2 $((root[0] + 25 * M + 65535)) 1 0
names "zeros, and what the base has" same.qcow2 ""

cp o.qcow2 behind.qcow2
hide behind.qcow2 $((root[0] + 24 * M + 65536)) 192k
place="196608 bytes at $((root[0] + 24 * M + 65536)) (behind the end of the ext4 on sda1)"
names "behind a filesystem" behind.qcow2 "$place"
is "behind a filesystem: the list is there" "$(wc -l <out)" 3
names "behind a filesystem, info" behind.qcow2 "$place" info
names "behind a filesystem, --engine direct" behind.qcow2 "$place" \
    diff --engine direct
mkdir delta
deltafs_here mount behind.qcow2 delta
is "behind a filesystem: mount" "$status" 0
like "behind a filesystem: mount says so" "$(cat err)" "${said}behind.qcow2: 196608 bytes at "
deltafs umount delta

# Where nothing else was written.
overlay base.qcow2 qcow2 only.qcow2
hide only.qcow2 $((last[0] + 30 * M)) 4k
names "behind a filesystem that is as it was" only.qcow2 \
    "4096 bytes at $((last[0] + 30 * M)) (behind the end of the ext4 on sda4)"
is "behind a filesystem that is as it was: nothing to list" "$(cat out)" ""

overlay base.qcow2 qcow2 front.qcow2 -o cluster_size=512
hide front.qcow2 "${root[0]}" 512
names "in front of a filesystem" front.qcow2 \
    "512 bytes at ${root[0]} (in front of the ext4 on sda1)"
overlay base.qcow2 qcow2 code.qcow2 -o cluster_size=512
hide code.qcow2 0 440
names "the boot code" code.qcow2 "440 bytes at 0 (the boot code of the disk)"
hide code.qcow2 440 4
names "the disk's signature is in the table" code.qcow2 \
    "440 bytes at 0 (the boot code of the disk)"
overlay base.qcow2 qcow2 blank.qcow2
hide blank.qcow2 $((blank[0] + 5 * M)) 64k
names "a partition that looks blank" blank.qcow2 \
    "65536 bytes at $((blank[0] + 5 * M)) (sda2, which looks blank)"
overlay base.qcow2 qcow2 swap.qcow2
hide swap.qcow2 $((swap[0] + M)) 64k
names "in swap" swap.qcow2 ""
hide swap.qcow2 $((swap[0] + 4 * M)) 64k
names "behind the end of swap" swap.qcow2 \
    "65536 bytes at $((swap[0] + 4 * M)) (behind the end of the swap on sda3)"

# Several: the largest ones, and how much it is in all.  Two that meet where a
# partition begins are two.
overlay base.qcow2 qcow2 many.qcow2
hide many.qcow2 512k 128k
hide many.qcow2 $((root[0] + root[1] - 65536)) 128k
hide many.qcow2 $((root[0] + root[1] + M)) 64k
hide many.qcow2 $((root[0] + 30 * M)) 64k
hide many.qcow2 $((blank[0] + 5 * M)) 64k
hide many.qcow2 $((last[0] + 25 * M)) 256k
hide many.qcow2 $((last[0] + last[1] + M)) 192k
names "many" many.qcow2 "262144 bytes at $((last[0] + 25 * M)) (behind the end of the ext4 on sda4), 196608 bytes at $((last[0] + last[1] + M)) (in no partition), 131072 bytes at $((512 * 1024)) (in no partition), and more: 917504 bytes in 6 places in all"

# A partition that the guest took out of the table, to be used without it.
overlay base.qcow2 qcow2 taken.qcow2
hide taken.qcow2 $((blank[0] + M)) 64k
expose taken.qcow2 qcow2 disk
sfdisk -q --no-tell-kernel --no-reread --delete disk 2
conceal disk
names "a partition that is not in the table any more" taken.qcow2 \
    "65536 bytes at $((blank[0] + M)) (in no partition)"

# A superblock that lies about its size.
overlay base.qcow2 qcow2 lie.qcow2
hide lie.qcow2 $((last[0] + 20 * M)) 64k
expose lie.qcow2 qcow2 disk
attach disk "${last[0]}" "${last[1]}"
debugfs -w -R 'set_super_value blocks_count 20000' "$loop" 2>debugfs.log
detach "$loop"
conceal disk
deltafs_here diff lie.qcow2
is "a superblock that lies: exit code" "$status" 0
like "a superblock that lies" "$(cat err)" \
    "65536 bytes at $((last[0] + 20 * M)) \(behind the end of the ext4 on sda4\)"

# One that grew while it was mounted: that is in its journal alone.
disk small.raw 32M
mke2fs -q -F -t ext4 -b 4096 small.raw 24M
cp small.raw large.raw
resize2fs -f large.raw >resize.log 2>&1
to_qcow2 small.raw
overlay small.qcow2 qcow2 grown.qcow2
hide grown.qcow2 28M 64k
names "not grown yet" grown.qcow2 \
    "65536 bytes at $((28 * M)) (behind the end of the ext4 on sda)"
expose grown.qcow2 qcow2 disk
python3 - <<'END' >commands
def blocks(name):
    with open(name, "rb") as file:
        while block := file.read(4096):
            yield block
changed = [(str(number), new) for number, (old, new)
           in enumerate(zip(blocks("disk"), blocks("large.raw")))
           if old != new and number < 6144]
with open("blocks", "wb") as file:
    file.write(b"".join(new for _, new in changed))
print("journal_open")
print("journal_write -b", ",".join(number for number, _ in changed), "blocks")
print("journal_close")
END
check "a journal" sh -c 'debugfs -w -f commands disk >debugfs.log 2>&1'
conceal disk
names "grown, in the journal" grown.qcow2 ""

# Without a common layer the bytes of both are held against each other.
cp base.qcow2 other.qcow2
hide other.qcow2 $((root[0] + 25 * M)) 4k
hide other.qcow2 $((root[0] + 28 * M)) 512
deltafs_here info --base base.qcow2 other.qcow2
is "no common layer" "$(cat err)" "deltafs: warning: bytes were written outside of all that was compared: other.qcow2: 4608 bytes at $((root[0] + 25 * M)) (behind the end of the ext4 on sda1)"
deltafs_here info --base base.qcow2 base.qcow2
cp base.qcow2 equal.qcow2
deltafs_here info --base base.qcow2 equal.qcow2
is "no common layer, equal" "$(cat err)" ""

# GPT: what lies between its header and the first partition.
disk gpt.raw 32M
partition gpt.raw 'label: gpt
start=4096, size=20M'
on_partition gpt.raw 1 make_filesystem ext4 -b 4096
to_qcow2 gpt.raw
overlay gpt.qcow2 qcow2 gap.qcow2 -o cluster_size=512
expose gap.qcow2 qcow2 disk
sfdisk -q --no-tell-kernel --no-reread --part-label disk 1 renamed
conceal disk
names "both tables of a GPT" gap.qcow2 ""
hide gap.qcow2 17408 512
names "behind the table of a GPT" gap.qcow2 "512 bytes at 17408 (in no partition)"

# --- where each format ends ---

# ends TYPE: of a filesystem of 110 MiB on 128 MiB, the last 4 KiB are its own,
# and what is a little behind them is not.
ends ()
{
    local type=$1 end=$2 name=$1
    to_qcow2 "$type.raw"
    overlay "$type.qcow2" qcow2 "$type-in.qcow2" -o cluster_size=512
    hide "$type-in.qcow2" $((end - 4096)) 4k
    names "$type: its last bytes" "$type-in.qcow2" "" info
    overlay "$type.qcow2" qcow2 "$type-out.qcow2" -o cluster_size=512
    hide "$type-out.qcow2" $((end + 512)) 4k
    test "$type" != swap || name="swap"
    names "$type: behind them" "$type-out.qcow2" \
        "4096 bytes at $((end + 512)) (behind the end of the $name on sda)" info
}
size=$((110 * M))
for type in xfs btrfs vfat ntfs exfat f2fs swap; do
    disk $type.raw 128M
    attach $type.raw 0 $size
    case $type in
    xfs) mkfs.xfs -q -f --unsupported "$loop" >/dev/null 2>&1 ;;
    exfat | f2fs) mkfs.$type "$loop" >/dev/null 2>&1 ;;
    *) make_filesystem $type ;;
    esac
    detach "$loop"
    ends $type $size
done
disk squashfs.raw 128M
mkdir files
head -c 500000 /dev/urandom >files/a
mksquashfs files squashfs.img -quiet -no-progress -nopad >/dev/null
dd if=squashfs.img of=squashfs.raw conv=notrunc status=none
to_qcow2 squashfs.raw
end=$(stat -c %s squashfs.img)
overlay squashfs.qcow2 qcow2 squashfs-out.qcow2 -o cluster_size=512
hide squashfs-out.qcow2 $(((end + 65535) / 65536 * 65536)) 64k
names "squashfs: behind it" squashfs-out.qcow2 \
    "65536 bytes at $(((end + 65535) / 65536 * 65536)) (behind the end of the squashfs on sda)"
names "squashfs: behind it, info" squashfs-out.qcow2 \
    "65536 bytes at $(((end + 65535) / 65536 * 65536)) (behind the end of the squashfs on sda)" \
    info --json
is "squashfs: the account" "$(jq -c .account out)" '{"gaps":65536}'
is "squashfs: no engine" "$(jq -r '.partitions[0] | .engine, .reason' out)" \
    "none
nothing was written to its filesystem"
deltafs_here diff squashfs-out.qcow2
is "squashfs: it is as it was, and no appliance is needed" "$(cat out)" ""

done_testing
