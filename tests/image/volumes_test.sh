#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What lies on a disk: partition tables, filesystems, containers, and tables
# that nobody should trust.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/image_kit.sh"
requires python3 sfdisk mke2fs mkfs.vfat mkswap qemu-io tune2fs

# table SIZE: disk.raw with the partition table on standard input.
table ()
{
    rm -f disk.raw
    truncate -s "$1" disk.raw
    sfdisk -q --no-tell-kernel --no-reread disk.raw >/dev/null
}

# fill FIRST_BYTE FILE: a filesystem at its place on the disk.
fill ()
{
    dd if="$2" of=disk.raw bs=512 seek=$(($1 / 512)) conv=notrunc,sparse \
        status=none
}

# look [COLUMNS]: number, offset, length, use and type of the disk's volumes.
look ()
{
    rm -f top.qcow2
    overlay top.qcow2 disk.raw raw
    run timeout 60 "$tool" top.qcow2 volumes overlay
    cut -d ' ' -f "${1:-1-5}" out >columns
}

volume ()
{
    rm -f "$1"
    truncate -s "$2" "$1"
}

volume ext4 8M
mke2fs -q -F -t ext4 -L rootfs -U 11111111-2222-3333-4444-555555555555 ext4
volume vfat 40M
mkfs.vfat -F 32 -n EFILABEL -i 12345678 vfat >/dev/null
volume fat16 16M
mkfs.vfat -F 16 -n SIXTEEN fat16 >/dev/null
volume swap 1M
mkswap -q -L swp swap

# GPT.
table 128M <<'EOF'
label: gpt
size=1M, type=21686148-6449-6E6F-744E-656564454649
size=40M, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI system"
size=8M, name=root, uuid=AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE
size=1M, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
size=8M
size=8M
EOF
fill 2097152 vfat
fill 44040192 ext4
fill 52428800 swap
printf 'something else' | dd of=disk.raw bs=1 seek=61865984 conv=notrunc status=none
gpt_columns='table gpt
1 1048576 1048576 boot -
2 2097152 41943040 filesystem vfat
3 44040192 8388608 filesystem ext4
4 52428800 1048576 swap swap
5 53477376 8388608 blank -
6 61865984 8388608 unknown -'
look
is "gpt" "$(cat columns)" "$gpt_columns"
is "identities" "$(sed -n '3,5p' out | cut -d ' ' -f 6-)" \
"EFILABEL 1234-5678 $(sfdisk --part-uuid disk.raw 2 | tr A-F a-f) EFI system
rootfs 11111111-2222-3333-4444-555555555555 aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee root
swp $(sed -n 5p out | cut -d ' ' -f 7) $(sfdisk --part-uuid disk.raw 4 | tr A-F a-f) -"
written_at top.qcow2 qcow2 5 45M 4k
written_at top.qcow2 qcow2 5 61800000 512
run "$tool" top.qcow2 unwritten
is "which are unwritten" "$(cat out)" "1 unwritten
2 unwritten
3 written
4 unwritten
5 written
6 unwritten"
dd if=/dev/zero of=disk.raw bs=512 seek=1 count=1 conv=notrunc status=none
look
is "gpt: only the backup is left" "$(cat columns)" "$gpt_columns"
python3 - <<'EOF'
import struct
# Both headers claim four thousand million entries.
disk = open("disk.raw", "r+b")
disk.seek(-512, 2)
backup = bytearray(disk.read(512))
for place in (512, 128 * 1024 * 1024 - 512):
    backup[80:84] = struct.pack("<I", 0xffffffff)
    disk.seek(place)
    disk.write(backup)
EOF
look
is "gpt: a table without end" "$status $(cat err)" \
    "2 error: cannot read the partition table: more than 1024 partitions"
python3 - <<'EOF'
import struct, uuid, zlib
# A GPT that counts in sectors of 4096 bytes.
disk = open("disk.raw", "wb")
disk.truncate(64 << 20)
last = (64 << 20) // 4096 - 1
entry = uuid.UUID("0FC63DAF-8483-4772-8E79-3D69D8477DE4").bytes_le \
    + uuid.UUID(int=7).bytes_le + struct.pack("<QQQ", 256, 256 + 2047, 0) \
    + "big".encode("utf-16le").ljust(72, b"\0")
entries = entry.ljust(128 * 128, b"\0")
header = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1,
                     last, 6, last - 6, uuid.UUID(int=5).bytes_le, 2, 128,
                     128, zlib.crc32(entries))
header = header[:16] + struct.pack("<I", zlib.crc32(header)) + header[20:]
mbr = bytearray(512)
mbr[446:462] = struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0xee, 255, 255, 255, 1,
                           0xffffffff)
mbr[510:512] = b"\x55\xaa"
for place, text in ((0, mbr), (4096, header), (8192, entries)):
    disk.seek(place)
    disk.write(text)
EOF
fill 1048576 ext4
look 1-5,9
is "gpt: large sectors" "$(cat columns)" "table gpt sectors 4096
1 1048576 8388608 filesystem ext4 big"

# An MBR that counts in such sectors, with a logical partition; and one of a
# disk that holds nothing which is known.
python3 - <<'EOF'
import struct
def entry(kind, start, size):
    return struct.pack("<BBBBBBBBII", 0, 0, 2, 0, kind, 255, 255, 255, start,
                       size)
def record(*entries):
    return (bytes(446) + b"".join(entries)).ljust(510, b"\0") + b"\x55\xaa"
disk = open("disk.raw", "wb")
disk.truncate(64 << 20)
disk.write(record(entry(0x83, 256, 2048), entry(5, 4096, 8192)))
disk.seek(4096 * 4096)
disk.write(record(entry(0x83, 256, 2048)))
EOF
cp disk.raw empty.raw
fill 1048576 ext4
fill 17825792 ext4
look 1-5
is "mbr: large sectors" "$(cat columns)" "table dos sectors 4096
1 1048576 8388608 filesystem ext4
5 17825792 8388608 filesystem ext4"
# The overlay's disk is the base's: what its guest writes where another table
# would lead does not change that.
overlay top.qcow2 disk.raw raw
head -c 65536 ext4 >head
qemu-io -f qcow2 -c "write -q -s head 131072 64k" \
    -c "write -q -z 1048576 64k" -c "write -q -z 17825792 64k" top.qcow2
run "$tool" top.qcow2 volumes overlay
is "mbr: the overlay's sectors are the base's" "$(head -n 1 out)" \
    "table dos sectors 4096"
mv empty.raw disk.raw
look 1-4
is "mbr: nothing known" "$(head -n 2 columns)" "table dos
1 131072 1048576 blank"

# MBR.
table 64M <<'EOF'
label: dos
label-id: 0x12345678
start=2048, size=16M, type=e
start=34816, size=8M, type=41
start=51200, size=38M, type=f
start=53248, size=8M, type=83
start=71680, size=8M, type=83
start=90112, size=1M, type=82
EOF
fill 1048576 fat16
fill $((53248 * 512)) ext4
fill $((90112 * 512)) swap
look 1-5,8
is "mbr with logical partitions" "$(cat columns)" "table dos
1 1048576 16777216 filesystem vfat 12345678-01
2 17825792 8388608 boot - 12345678-02
5 27262976 8388608 filesystem ext4 12345678-05
6 36700160 8388608 blank - 12345678-06
7 46137344 1048576 swap swap 12345678-07"
is "a label of FAT16" "$(sed -n 2p out | cut -d ' ' -f 6)" SIXTEEN
python3 - <<'EOF'
import struct
# The third record of the chain leads back to the first.
disk = open("disk.raw", "r+b")
place = 51200
for _ in range(2):
    disk.seek(place * 512 + 462 + 8)
    place = 51200 + struct.unpack("<I", disk.read(4))[0]
disk.seek(place * 512 + 462)
disk.write(struct.pack("<BBBBBBBBII", 0, 0, 0, 0, 5, 0, 0, 0, 0, 2048))
EOF
look 1-5
is "mbr: a circle ends" "$status $(grep -c . columns)" "0 5"
like "mbr: a circle is named" "$(cat err)" 'warning: odd partition table: its logical'
python3 - <<'EOF'
import struct
# Two thousand logical partitions.
def entry(kind, start, size):
    return struct.pack("<BBBBBBBBII", 0, 0, 0, 0, kind, 0, 0, 0, start, size)
def record(*entries):
    return b"".join(entries).rjust(446 + 16 * len(entries), b"\0") \
        .ljust(510, b"\0") + b"\x55\xaa"
disk = open("disk.raw", "wb")
disk.truncate(64 << 20)
disk.write(record(entry(5, 2048, 100000)))
for i in range(2000):
    disk.seek((2048 + 8 * i) * 512)
    disk.write(record(entry(0x83, 1, 4), entry(5, 8 * (i + 1), 8)))
EOF
look
is "mbr: too many" "$status $(cat err)" \
    "2 error: cannot read the partition table: more than 1024 partitions"
table 32M <<'EOF'
label: dos
start=2048, size=8M, type=83
start=20480, size=20M, type=83
EOF
fill 1048576 ext4
truncate -s 16M disk.raw
look
is "mbr: beyond the end" "$(cat columns)" "table dos
1 1048576 8388608 filesystem ext4
2 10485760 6291456 blank -"
like "mbr: beyond the end: a warning" "$(cat err)" \
    'warning: odd partition table: partition 2 ends beyond the end of the disk'
truncate -s 9500000 disk.raw
look
is "mbr: begins beyond the end" "$(cat columns)" "table dos
1 1048576 8388608 filesystem ext4
2 0 0 unknown -"
table 32M <<'EOF'
label: dos
EOF
look
is "a table without partitions" "$(cat columns)" "table dos"

# A thousand partitions over each other.
python3 - <<'EOF'
import struct, uuid, zlib
disk = open("disk.raw", "wb")
disk.truncate(4 << 30)
last = (4 << 30) // 512 - 1
entries = b"".join(
    uuid.UUID("0FC63DAF-8483-4772-8E79-3D69D8477DE4").bytes_le
    + uuid.UUID(int=i + 1).bytes_le
    + struct.pack("<QQQ", 2048 + i, last - 2048 - i, 0) + bytes(72)
    for i in range(1024))
header = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1,
                     last, 300, last - 300, uuid.UUID(int=5).bytes_le, 2, 1024,
                     128, zlib.crc32(entries))
header = header[:16] + struct.pack("<I", zlib.crc32(header)) + header[20:]
mbr = bytearray(512)
mbr[446:462] = struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0xee, 255, 255, 255, 1,
                           0xffffffff)
mbr[510:512] = b"\x55\xaa"
disk.write(bytes(mbr) + header.ljust(512, b"\0") + entries)
EOF
look
is "a thousand overlapping partitions" "$status $(grep -c . columns)" "0 1025"

# No table.
whole ()
{
    cp "$1" disk.raw
    look 1-6
    is "whole disk: $1" "$(cat columns)" "table -
0 0 $(stat -c %s "$1") $2"
}
whole ext4 "filesystem ext4 rootfs"
whole vfat "filesystem vfat EFILABEL"
whole fat16 "filesystem vfat SIXTEEN"
whole swap "swap swap swp"
volume blank 3M
whole blank "blank - -"
head -c 1M /dev/urandom >noise
printf '\0\0' | dd of=noise bs=1 seek=510 conv=notrunc status=none
whole noise "unknown - -"
for program in 'mkfs.xfs xfs 320M -q -L lbl' 'mkfs.btrfs btrfs 128M -q -L lbl' \
    'mkfs.ntfs ntfs 8M -q -F -L lbl' 'mkfs.exfat exfat 8M -L lbl' \
    'mkfs.f2fs f2fs 64M -q -l lbl'; do
    read -r make type size options <<<"$program"
    command -v "$make" >/dev/null || continue
    volume "$type" "$size"
    # shellcheck disable=SC2086
    "$make" $options "$type" >/dev/null 2>&1
    whole "$type" "filesystem $type lbl"
done
if command -v cryptsetup >/dev/null; then
    for version in 1 2; do
        volume luks 20M
        printf secret | cryptsetup luksFormat -q --type luks$version \
            --pbkdf pbkdf2 --pbkdf-force-iterations 1000 luks - \
            >/dev/null
        whole luks "container crypto_LUKS -"
    done
fi
python3 - <<'EOF'
import struct
# The label of an LVM physical volume, in its second sector.
label = bytearray(512)
label[0:8] = b"LABELONE"
label[8:16] = struct.pack("<Q", 1)
label[20:24] = struct.pack("<I", 32)
label[24:32] = b"LVM2 001"
label[32:64] = b"abcdefghijklmnopqrstuvwxyzABCDEF"
crc = 0xf597a6cf
for byte in label[20:]:
    crc ^= byte
    for _ in range(8):
        crc = crc >> 1 ^ (0xedb88320 if crc & 1 else 0)
label[16:20] = struct.pack("<I", crc)
open("lvm", "wb").write(bytes(512) + label + bytes(8 << 20))
# MD, version 0.90: at the end.
size = 8 << 20
md = bytearray(size)
place = (size & ~65535) - 65536
md[place:place + 16] = struct.pack("<IIII", 0xa92b4efc, 0, 90, 0)
open("md", "wb").write(md)
EOF
whole lvm "container LVM2_member -"
whole md "container linux_raid_member -"
if test -e xfs; then
    cp xfs disk.raw
    dd if=ext4 of=disk.raw bs=1024 skip=1 seek=1 count=1 conv=notrunc \
        status=none
    look
    is "several signatures: the first filesystem" "$(cat columns)" "table -
0 0 335544320 filesystem xfs"
    like "several signatures: a warning" "$(cat err)" \
        'warning: several filesystems have left their signature'
fi

# What a guest may write beside a filesystem that it goes on using, so that it
# is taken for something else: what the base has there counts.
# deceive WHAT FILE OFFSET WANTED [WARNING]: FILE's bytes over disk.raw
deceive ()
{
    local what=$1 file=$2 offset=$3 wanted=$4
    rm -f top.qcow2
    overlay top.qcow2 disk.raw raw
    qemu-io -f qcow2 -c "write -s $file $offset $(stat -c %s "$file")" \
        top.qcow2 >/dev/null || exit 99
    run timeout 60 "$tool" top.qcow2 volumes overlay
    cut -d ' ' -f 1-5 out >columns
    is "deceived: $what" "$(cat columns)" "$wanted"
    like "deceived: $what: a warning" "$(cat err)" "${5:-several filesystems}"
}
python3 - <<'EOF'
import struct
def entry(kind, start, size):
    return struct.pack("<BBBBBBBBII", 0, 0, 0, 0, kind, 0, 0, 0, start, size)
open("fake-mbr", "wb").write((bytes(446) + entry(0x83, 2048, 4096)
                              + entry(0x83, 8192, 4096)).ljust(510, b"\0")
                             + b"\x55\xaa")
open("fake-luks", "wb").write(b"LUKS\xba\xbe\0\1".ljust(512, b"\0"))
open("fake-lvm", "wb").write(open("lvm", "rb").read(1024))
open("fake-vfat", "wb").write(open("vfat", "rb").read(1024))
open("fake-iso", "wb").write(b"\x01CD001\x01".ljust(2048, b"\0"))
EOF
cp ext4 disk.raw
whole_ext4="0 0 8388608 filesystem ext4"
deceive "a partition table" fake-mbr 0 "table dos
$whole_ext4
1 1048576 2097152 blank -
2 4194304 2097152 blank -" 'warning: odd partition table: it lies in what takes the whole disk'
for fake in luks lvm vfat; do
    deceive "$fake" fake-$fake 0 "table -
$whole_ext4"
done
# With another UUID, as tune2fs gives one.
cp ext4 other
tune2fs -U 99999999-2222-3333-4444-555555555555 other >/dev/null 2>&1
head -c 2048 other >fake-uuid
dd if=fake-mbr of=fake-uuid conv=notrunc status=none
deceive "a partition table and another UUID" fake-uuid 0 "table dos
$whole_ext4
1 1048576 2097152 blank -
2 4194304 2097152 blank -" 'warning: odd partition table: it lies in what takes'
is "deceived: that UUID" "$(sed -n 2p out | cut -d ' ' -f 7)" \
    99999999-2222-3333-4444-555555555555
table 32M <<'EOF'
label: dos
start=2048, size=8M, type=83
EOF
fill 1048576 ext4
deceive "LVM in a partition" fake-lvm 1048576 "table dos
1 1048576 8388608 filesystem ext4"
if test -e btrfs; then
    cp btrfs disk.raw
    deceive "btrfs: ISO 9660" fake-iso 32768 "table -
0 0 134217728 filesystem btrfs"
fi
# It was made anew as something else: that counts.
cp ext4 disk.raw
overlay top.qcow2 disk.raw raw
qemu-io -f qcow2 -c "write -z 0 8M" -c "write -s fake-lvm 0 1024" top.qcow2 \
    >/dev/null
run timeout 60 "$tool" top.qcow2 volumes overlay
is "what was really replaced is what it is now" "$(sed -n 2p out | cut -c 1-33)" \
    "0 0 8388608 container LVM2_member"

# Boot sectors that point anywhere.
python3 - <<'EOF'
import random, struct
random.seed(4)
for number in range(40):
    for name in ("vfat", "fat16"):
        sector = bytearray(open(name, "rb").read(65536))
        for _ in range(6):
            place = random.choice([11, 13, 14, 16, 22, 32, 36, 44, 48])
            sector[place:place + 4] = random.randbytes(4)
        open("odd-%s-%d" % (name, number), "wb").write(sector + bytes(1 << 20))
EOF
bad=0
for file in odd-*; do
    mv "$file" disk.raw
    look
    test "$status" -eq 0 || bad=$((bad + 1))
done
is "eighty odd boot sectors" "$bad" 0

done_testing
