#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An ext4 that was damaged on purpose: what can be read is in the list, what
# cannot is named, exit code 3, no crash.  The damaged filesystem is never
# mounted by the host's kernel.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs debugfs python3

populate ()
{
    populate_small
    mkdir -p "$mnt/loop/inner" "$mnt/directory" "$mnt/names" "$mnt/dots" \
        "$mnt/cut" "$mnt/xattr"
    for i in 1 2 3; do
        echo "$i" >"$mnt/directory/$i"
        echo "$i" >"$mnt/cut/$i"
        echo "$i" >"$mnt/xattr/record-$i"
    done
    head -c 100000 /dev/urandom >"$mnt/bad-extents"
    head -c 100000 /dev/urandom >"$mnt/bad-type"
    echo x >"$mnt/bad-link"
    ln -s "$(printf 'x%.0s' {1..100})" "$mnt/long-link"
}

modify ()
{
    change_small
    echo slash >"$mnt/names/aaaSbbb"
    echo twice >"$mnt/names/twice-1"
    echo twice >"$mnt/names/twice-2"
    echo more >>"$mnt/bad-extents"
}

# damage FILE: with debugfs, and names by hand
damage ()
{
    local inode
    inode=$(debugfs -R 'stat /loop' "$1" 2>/dev/null |
        sed -n 's/^Inode: \([0-9]*\).*/\1/p')
    debugfs -w -f - "$1" <<DEBUGFS >"$work/debugfs.log" 2>&1
link <$inode> /loop/inner/up
link <$inode> /loop/inner/again
set_inode_field /bad-extents block[0] 0xdeadbeef
set_inode_field /bad-extents block[5] 0x7fffffff
set_inode_field /bad-type mode 0
set_inode_field /bad-link size 0x7fffffffffff
set_inode_field /cut block[5] 0x7ffffff0
link <999999> /names/nowhere
DEBUGFS
    python3 - "$1" <<'PYTHON'
import mmap, sys
with open(sys.argv[1], "r+b") as file:
    data = file.read()
    for old, new in ((b"aaaSbbb", b"aaa/bbb"), (b"twice-2", b"twice-1")):
        at = data.find(old)
        assert at >= 0, old
        while at >= 0:
            file.seek(at)
            file.write(new)
            at = data.find(old, at + 1)
    # The length of a record is before the name; the kernel skips the block.
    at = data.find(b"record-2")
    assert at >= 0
    file.seek(at - 4)
    file.write(b"\x03\x00")
PYTHON
}

disk base.raw 64M
on_partition base.raw 0 make_filesystem ext4 -O ^metadata_csum,^dir_index -I 256
change base.raw raw 0 ext4 populate
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2
change overlay.qcow2 qcow2 0 ext4 modify
expose overlay.qcow2 qcow2 disk
damage "$work/disk"
conceal disk
images_remember base.qcow2 overlay.qcow2

deltafs_run diff --engine guestfs overlay.qcow2
is "damaged: exit code" "$status" 3
note_file out
note_file err
for line in 'M	content	/etc/passwd' 'A	-	/etc/new' 'D	-	/bin/3'; do
    check "damaged: $line" grep -qxF -- "$line" out
done
check "damaged: a file without its blocks" \
    grep -qxE '[?M]	[a-z,]+	/bad-extents' out
check "damaged: a directory without its block" \
    grep -qxE '\?	unreadable	/cut' out
# The kernel's complaint names the path, which must not hide what it is about.
check "damaged: a directory with a bad record" \
    grep -qxE '\?	unreadable	/xattr' out
check "damaged: unreadable ones are named on stderr" grep -q '/cut' err
is "damaged: each unreadable one is named on stderr" \
    "$(grep '^?' out | cut -f3 | while read -r path; do
           grep -qF ": $path: " err || echo "$path"
       done)" ""
check_not "damaged: no entry with an impossible name" grep -q 'aaa/bbb' out
check_not "damaged: a loop ends" grep -q 'up/inner/up/inner' out
is "damaged: no path twice" "$(cut -f3 out | sort | uniq -d)" ""
check_not "damaged: nothing is called deleted that cannot be seen" \
    grep -qE 'D	-	/(cut|xattr)' out

mkdir delta
cleanup_add 'deltafs umount --lazy "$work/delta"; umount -l "$work/delta"'
deltafs_run mount --engine guestfs overlay.qcow2 delta
is "damaged: mount" "$status" 0
is "damaged: what is readable can be read" "$(cat delta/etc/new)" new
check "damaged: find ends" sh -c 'timeout 60 find delta -ls; test $? -lt 100'
check_not "damaged: EIO, not zeros" cat delta/bad-extents
check "damaged: umount" deltafs umount delta

# Only the superblock is right.
overlay base.qcow2 qcow2 garbage.qcow2
expose garbage.qcow2 qcow2 disk
head -c 20M /dev/urandom | dd of=disk bs=64k seek=1 conv=notrunc \
    iflag=fullblock status=none
conceal disk
images_remember garbage.qcow2
deltafs_run diff --engine guestfs garbage.qcow2
check "garbage behind a superblock: exit code" test "$status" -ge 2 -a \
    "$status" -le 3
like "garbage behind a superblock: the message" "$(cat err)" '^deltafs: '
note_file err

check_images
check_nothing_left
done_testing
