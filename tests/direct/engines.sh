#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Both engines on one pair: --engine direct and --engine guestfs --verify tell the
# same.  One filesystem has a random history behind it and was copied while it was
# mounted: there to the last byte of the JSON.  In another one checksums are
# wrong, so that nobody knows everything: there the same entries.
#
#   DELTAFS_SEED=N            repeats a run

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img mke2fs debugfs sfdisk python3
requires_root
seed=${DELTAFS_SEED:-$RANDOM}
note "seed $seed"

mkdir tree
cleanup_add "umount $work/tree"
truncate -s 96M base.raw
mke2fs -q -t ext4 base.raw
retry 30 mount -o loop base.raw tree
python3 "$srcdir/history.py" tree "$seed-base" 250 build
umount tree
cp --sparse=always base.raw written.raw
retry 30 mount -o loop written.raw tree
python3 "$srcdir/history.py" tree "$seed" 200
sync -f tree
cp --sparse=always written.raw overlay.raw
umount tree

# The other one, never mounted here.
mkdir -p files/inode files/names files/xattrs files/sound
for i in 1 2 3; do
    for where in inode names xattrs sound; do
        echo "$where $i" >"files/$where/$i"
    done
    setfattr -n user.long -v "$(head -c 500 /dev/zero | tr '\0' "$i")" \
             "files/xattrs/$i"
done
truncate -s 16M broken.base.raw
mke2fs -q -t ext4 -b 1024 -d files broken.base.raw
cp broken.base.raw broken.overlay.raw

# field PATH NAME: a number that debugfs tells of an inode of the overlay.
field ()
{
    debugfs -R "stat $1" broken.overlay.raw 2>/dev/null |
        sed -n "s/.*$2: \([0-9]*\).*/\1/p" | head -n1
}

damage ()
{
    printf '\x5a' | dd of=broken.overlay.raw bs=1 conv=notrunc status=none \
                       seek=$(($1 * 1024 + $2))
}

debugfs -w -f /dev/stdin broken.overlay.raw >/dev/null 2>&1 <<'END'
sif /sound/2 mode 0100600
sif /inode/2 mode 0104755
END
python3 "$srcdir/checksums.py" broken.overlay.raw inode "$(field /inode/2 Inode)"
damage "$(field /xattrs/2 'File ACL')" 16
damage "$(debugfs -R 'bmap /names 0' broken.overlay.raw 2>/dev/null)" 1000

truncate -s 115M base.disk
printf 'label: gpt\nstart=2048, size=196608\nstart=198656, size=32768\n' |
    sfdisk -q --no-tell-kernel base.disk
cp --sparse=always base.disk overlay.disk
for side in base overlay; do
    dd if=$side.raw of=$side.disk bs=1M seek=1 conv=notrunc,sparse status=none
    dd if=broken.$side.raw of=$side.disk bs=1M seek=97 conv=notrunc,sparse \
       status=none
done
qemu-img convert -f raw -O qcow2 -B "$work/base.disk" -F raw \
         overlay.disk overlay.qcow2

run deltafs diff --engine direct --json overlay.qcow2
is "direct: exit code" "$status" 3
mv out direct.json
run deltafs diff --engine guestfs --verify --json overlay.qcow2
is "guestfs: exit code" "$status" 3
note_file err
mv out guestfs.json
for engine in direct guestfs; do
    grep -v -e '^{"summary"' -e '"/.filesystems/sda2/' "$engine.json" \
         >"$engine.list"
    sed -n 's,^{"path":"/.filesystems/sda2\([^"]*\)"\,"status":"\([a-z]*\)".*,\2 \1,p' \
        "$engine.json" >"$engine.broken"
done
same_files "the same entries" direct.list guestfs.list
check "some entries" test "$(wc -l <direct.list)" -gt 20
same_files "the same where checksums are wrong" direct.broken guestfs.broken
note_file direct.broken
is "which is all of it" "$(cat direct.broken)" "unreadable /inode/2
unreadable /names
unreadable /names/1
unreadable /names/2
unreadable /names/3
modified /sound/2
unreadable /xattrs/2"
done_testing
