#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the disks do not say what was written (the images share no layer, or the
# partition lies elsewhere in the base) the bytes of all files decide, and the
# user is told how much is read for that.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img mke2fs debugfs resize2fs e2fsck sfdisk python3
requires_root
dump=$top_builddir/tests/direct/direct_dump
start=2048

mkdir mnt
cleanup_add "umount $work/mnt"

# edit IMAGE COMMANDS: with the kernel, in the mounted image.
edit ()
{
    retry 30 mount -o loop "$1" mnt && (cd mnt && eval "$2") && umount mnt
}

# overwrite IMAGE PATH BLOCK OFFSET: four bytes of a file's data, behind the
# filesystem's back: no inode, bitmap or checksum says so.
overwrite ()
{
    local block
    block=$(debugfs -R "bmap $2 $3" "$1" 2>/dev/null)
    printf evil | dd of="$1" bs=1 seek=$((block * 4096 + $4)) conv=notrunc \
                     status=none
}

# disk IMAGE START FILESYSTEM: a disk with the filesystem in its one partition.
disk ()
{
    rm -f "$1"
    truncate -s 64M "$1"
    printf 'label: dos\nstart=%d, type=83\n' "$2" |
        sfdisk -q --no-tell-kernel "$1"
    dd if="$3" of="$1" bs=512 seek="$2" conv=notrunc,sparse status=none
}

truncate -s 32M base.fs
mke2fs -q -t ext4 -b 4096 base.fs
check "base" edit base.fs '
    mkdir -p etc usr/bin
    head -c 100000 /dev/urandom >usr/bin/program
    for i in $(seq 8); do echo $i >etc/$i; done
    head -c 3000000 /dev/urandom >many; for i in $(seq 300); do ln many etc/m$i; done
    dd if=/dev/zero of=zeros bs=4k count=10 status=none
    truncate -s 40k holes; truncate -s 100G huge'
cp --sparse=always base.fs overlay.fs
overwrite overlay.fs /usr/bin/program 24 1000
disk base.raw $start base.fs

# lists WHAT LIST OPTION... OVERLAY: and the warning, which is all there is.
lists ()
{
    run deltafs diff --engine direct "${@:3}"
    is "$1: exit code" "$status" 0
    is "$1: the list" "$(cat out)" "$2"
    like "$1: how much is read" "$(cat err)" \
         "^deltafs: warning: reading all file data: sda1: [0-9]+ bytes \([0-9.]+ MiB\) in [0-9]+ files, both sides together, because $because
deltafs: warning: silent changes: [0-9]+ [^
]*\$"
}

because="the images share no layer"
silent="M	content,silent	/usr/bin/program"
disk overlay.raw $start overlay.fs
lists "two images" "$silent" --format raw --base-format raw --base base.raw \
      overlay.raw
deltafs export --format raw --base-format raw --base base.raw overlay.raw \
    2>/dev/null | tar -xO >out
is "what is exported has it" "$(grep -c evil out)" 1

# The same filesystem, the same chain, at another place.
because="it lies at another place of the disk in the base"
disk overlay.raw $((start + 2000)) overlay.fs
qemu-img convert -f raw -O qcow2 -B base.raw -F raw overlay.raw moved.qcow2
lists "moved" "$silent" moved.qcow2

# Grown on the way, and a file's last byte beyond its blocks' first ones.
cp --sparse=always base.fs grown.fs
truncate -s 40M grown.fs
check "grow" sh -c 'e2fsck -fp grown.fs; resize2fs grown.fs'
overwrite grown.fs /many 732 500
disk overlay.raw $((start + 16)) grown.fs
qemu-img convert -f raw -O qcow2 -B base.raw -F raw overlay.raw grown.qcow2
lists "moved and grown: all names of one file" \
      "$(for i in $(seq 300); do echo "/etc/m$i"; done | LC_ALL=C sort |
         sed '$ a /many' | sed 's/^/M	content,silent	/')" grown.qcow2

# Nothing differs: what is read, how far it says it is, and a hole that equals
# zeros.  Each byte is counted once on each side, whatever names there are.
cp --sparse=always base.fs overlay.fs
check "holes" edit overlay.fs 'fallocate -d zeros'
run "$dump" -lnp base.fs overlay.fs
bytes=$((2 * (100000 + 3000000 + 8 * 2) + 40960))
is "equal: exit code and list" "$status $(cat out)" "0 "
like "equal: how much is read" "$(grep -v ^compare err)" \
     "^reading all file data: disk: $bytes bytes \(.*\) in 11 files,"
is "equal: the last progress" "$(grep ^compare err | tail -n 1)" \
   "compare $bytes $bytes"
run "$dump" -lp base.fs overlay.fs
unlike "with a map: no warning" "$(cat err)" reading

# Inodes whose names are many do not use up what a hostile filesystem may cost,
# and what a side has that the other one has not is paid for by that one.
truncate -s 700M base.fs
truncate -s 16M overlay.fs
mke2fs -q -t ext4 -b 4096 -O ^has_journal base.fs
mke2fs -q -t ext4 -b 4096 -O ^has_journal overlay.fs
check "large, base" edit base.fs '
    dd if=/dev/zero of=zeros bs=1M count=450 status=none'
check "large, overlay" edit overlay.fs 'truncate -s 450M zeros'
run "$dump" -ln base.fs overlay.fs
is "a large file that became a hole" "$status $(cat out)" "0 "
like "half of it is there to be read" "$(cat err)" \
     "^reading all file data: disk: $((450 << 20)) bytes"

done_testing
