#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# XFS changed behind the kernel's back, checksums made right again: blocks of data, of
# directories and of attributes and fields of inodes.  What differs is found,
# although no time and no log tells of it; what the kernel would refuse is
# unreadable.  And what was written to an undamaged filesystem is accounted for.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mkfs.xfs python3 qemu-img qemu-storage-daemon setfattr jq
requires_root

mkdir mnt
cleanup_add "umount $work/mnt"

fill ()
{
    mkfs.xfs -q base.raw && retry 30 mount -o loop base.raw mnt || return 1
    mkdir mnt/etc mnt/block mnt/leaf
    python3 - mnt <<'END'
import os, sys
os.chdir(sys.argv[1])
for name in "passwd", "program", "kept":
    with open("etc/" + name, "w") as f:
        f.write("first line of %s\n" % name + "more of it\n" * 3000)
for directory, count in ("block", 40), ("leaf", 900):
    for i in range(count):
        open("%s/member-of-%s-%d" % (directory, directory, i), "w").close()
for i in range(3):
    os.setxattr("etc/program", "user.long-%d" % i, b"value %d " % i * 120)
for i in range(300):
    with open("etc/pieces", "ab") as f:
        f.truncate(i * 8192)
        f.seek(i * 8192)
        f.write(b"piece %d" % i)
END
    number=$(stat -c %i mnt/etc/passwd)
    umount mnt
}

truncate -s 300M base.raw
check "a filesystem" fill

# changed WHAT LINES ARGUMENT...: those lines are the delta of a base that was changed
# so.
changed ()
{
    local what=$1 lines=$2
    shift 2
    rm -f overlay.qcow2
    cp --sparse=always base.raw overlay.raw
    python3 "$srcdir/xfs_behind.py" overlay.raw "$@" || echo "not changed"
    qemu-img convert -O qcow2 -B base.raw -F raw overlay.raw overlay.qcow2
    run deltafs diff --engine direct overlay.qcow2
    is "$what" "$(LC_ALL=C sort "$work/out")" "$lines"
}

changed "a block of data" "M	content,silent	/etc/passwd" \
    data "first line of passwd" "FIRST line of passwd"
changed "a block of one of many pieces" "M	content,silent	/etc/pieces" \
    data "piece 137" "PIECE 137"
changed "a name in the only block of a directory" \
    "A	-	/block/MEMBER-OF-block-7
D	-	/block/member-of-block-7" \
    name "member-of-block-7" "MEMBER-OF-block-7"
changed "a name in one of many blocks" \
    "A	-	/leaf/MEMBER-OF-leaf-899
D	-	/leaf/member-of-leaf-899" \
    name "member-of-leaf-899" "MEMBER-OF-leaf-899"
changed "a block of attributes" "M	xattr	/etc/program" \
    value "value 1 value 1" "VALUE 1 value 1"
changed "a mode" "M	mode	/etc/passwd" inode "$number" 2 89ed
changed "an owner" "M	owner	/etc/passwd" inode "$number" 8 00000007

# What the kernel refuses.
unreadable ()
{
    local what=$1
    shift
    cp --sparse=always base.raw overlay.raw
    python3 "$srcdir/xfs_behind.py" overlay.raw inode "$number" "$@"
    qemu-img convert -O qcow2 -B base.raw -F raw overlay.raw overlay.qcow2
    retry 30 mount -o loop,ro,norecovery,nouuid overlay.raw mnt
    check_not "$what: the kernel refuses it" stat mnt/etc/passwd
    umount mnt
    run deltafs diff --engine direct overlay.qcow2
    is "$what: exit code" "$status" 3
    unlike "$what: it has no content" "$(cat "$work/out")" \
        '(mode|owner|content)	/etc/passwd'
}

unreadable "more extents than blocks" 64 0000000000000000
unreadable "a file on a realtime device" 90 0001
unreadable "large counts without the feature" 120 0000000000000018
unreadable "attributes counted that are not there" 80 0001
unreadable "padding" 24 0000000000000001

# --- the account ---

change ()
{
    cp --sparse=always base.raw overlay.raw
    retry 30 mount -o loop overlay.raw mnt || return 1
    python3 - mnt <<'END'
import os, random, sys
os.chdir(sys.argv[1])
r = random.Random(5)
os.mkdir("new")
for i in range(3000):
    with open("new/file-%d" % i, "wb") as f:
        f.write(r.randbytes(r.randrange(9000)))
    if i % 10 == 0:
        os.setxattr("new/file-%d" % i, "user.x", r.randbytes(r.randrange(9000)))
for i in range(0, 3000, 3):
    os.unlink("new/file-%d" % i)
with open("etc/pieces", "r+b") as f:
    for i in range(300):
        f.seek(i * 8192 + 4096)
        f.write(b"another piece")
with open("etc/passwd", "r+b") as f:
    f.write(b"changed")
END
    test "$1" = clean || { sync -f mnt; cp --sparse=always overlay.raw live.raw; }
    umount mnt
    test "$1" = clean || mv live.raw overlay.raw
    rm -f overlay.qcow2
    qemu-img convert -O qcow2 -B base.raw -F raw overlay.raw overlay.qcow2
}

for state in clean live; do
    check "$state: an overlay" change $state
    run deltafs info --json overlay.qcow2
    is "$state: exit code" "$status" 0
    is "$state: the classes add up" \
        "$(jq '.account | add' "$work/out")" "$(jq .written "$work/out")"
    is "$state: as much as the image has" "$(jq .written "$work/out")" \
        "$(qemu-img map --output=json overlay.qcow2 |
            jq '[.[] | select (.depth == 0) | .length] | add')"
    is "$state: no boot sector" \
        "$(jq '.account.boot_sectors // 0' "$work/out")" 0
    is "$state: nothing is unknown" "$(jq '.account.unknown // 0' "$work/out")" 0
done
done_testing
