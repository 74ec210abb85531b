#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's fstab names a mount point that is a symlink in the guest: list,
# filters, layer and mount have what is mounted there where it leads to.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img sfdisk mke2fs debugfs tar fusermount3
test -r /dev/fuse || skip_all "there is no /dev/fuse"

mkdir root root/etc root/var root/var/home home home/alice delta
cleanup_add "deltafs umount --lazy $work/delta"
ln -s ../../../var/./home root/home
printf '%s\n' 'UUID=aaaaaaaa-0000-4000-8000-000000000001 / ext4' \
       'UUID=aaaaaaaa-0000-4000-8000-000000000002 /home ext4' >root/etc/fstab
echo old >home/alice/kept
echo old >home/alice/removed

# Two partitions.
truncate -s 40M base.raw
printf 'label: gpt\nstart=2048, size=16M\nstart=36864, size=16M\n' |
    sfdisk -q --no-tell-kernel base.raw
mke2fs -q -t ext4 -E offset=1048576 -d root \
       -U aaaaaaaa-0000-4000-8000-000000000001 base.raw 16M
mke2fs -q -t ext4 -E offset=18874368 -d home \
       -U aaaaaaaa-0000-4000-8000-000000000002 base.raw 16M

# The guest changes files in the second one.
cp --sparse=always base.raw changed.raw
echo "something new" >new
for command in "write new alice/new" "rm alice/removed" \
               "rm alice/kept" "write new alice/kept"; do
    debugfs -w -R "$command" "changed.raw?offset=18874368" 2>>debugfs.log
done
qemu-img convert -q -f raw -O qcow2 -B base.raw -F raw changed.raw overlay.qcow2

wanted="M	content	/var/home/alice/kept
A	-	/var/home/alice/new
D	-	/var/home/alice/removed"
run deltafs diff overlay.qcow2
is "list: exit code" "$status" 0
is "list" "$(cat out)" "$wanted"
run deltafs diff --include '/var/home/*' overlay.qcow2
is "what the guest calls them is included" "$(cat out)" "$wanted"
run deltafs diff --exclude /var/home/alice/new overlay.qcow2
is "and excluded" "$(grep -c new out)" 0

run deltafs export --oci overlay.qcow2
is "layer: exit code" "$status" 0
is "the layer leaves the symlink alone" \
   "$(tar -tf out | grep -v '^\./$' | sed 's,^\./,,' | sort | tr '\n' ' ')" \
   "var/ var/home/ var/home/alice/ var/home/alice/.wh.removed var/home/alice/kept var/home/alice/new "

check "mount" deltafs mount overlay.qcow2 delta
is "the mounted tree" "$(cd delta && find . ! -type d | sort | tr '\n' ' ')" \
   "./.deleted/var/home/alice/removed ./var/home/alice/kept ./var/home/alice/new "
is "content" "$(cat delta/var/home/alice/new)" "something new"
check "umount" deltafs umount delta

# The overlay itself makes the symlink: it and what it leads to are told.
rm root/home
mkdir root/home
mke2fs -q -F -t ext4 -E offset=1048576 -d root \
       -U aaaaaaaa-0000-4000-8000-000000000001 base.raw 16M
dd if=base.raw of=changed.raw bs=1M skip=1 seek=1 count=16 conv=notrunc \
   status=none
for command in "rmdir home" "symlink home /var/home"; do
    debugfs -w -R "$command" "changed.raw?offset=1048576" 2>>debugfs.log
done
rm overlay.qcow2
qemu-img convert -q -f raw -O qcow2 -B base.raw -F raw changed.raw overlay.qcow2
run deltafs diff overlay.qcow2
is "a new symlink" "$(cat out)" "M	type	/home
$wanted"
is "no messages" "$(cat err)" ""
done_testing
