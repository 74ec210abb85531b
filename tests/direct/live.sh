#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Images that do not stay as they are: an overlay that a QEMU writes while it is
# looked at, and images that are replaced, written to and cut short below a mount.
#
#   DELTAFS_SEED=N        what the guest does
#   DELTAFS_ROUNDS=N      how often it is looked at (5)

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img qemu-storage-daemon mke2fs e2fsck debugfs \
         fusermount3 python3
requires_root
test -c /dev/fuse || skip_all "no /dev/fuse"
seed=${DELTAFS_SEED:-$RANDOM}
note "seed $seed"

mkdir disk tree delta
touch disk/image
cleanup_add "umount $work/tree"
cleanup_add "deltafs umount --lazy $work/delta"

truncate -s 48M base.raw
mke2fs -q -t ext4 -b 1024 -J size=2 base.raw
retry 30 mount -o loop base.raw tree
mkdir tree/constant tree/busy-0
for i in $(seq 50); do echo "line $i" >"tree/busy-0/f$i"; done
head -c 300000 /dev/urandom >tree/constant/changed
echo secret >tree/constant/removed
umount tree
qemu-img create -q -f qcow2 -F raw -b "$work/base.raw" overlay.qcow2
base_sum=$(sha256sum base.raw)

# The guest's QEMU, which locks the image as it does.
start_guest ()
{
    qemu-storage-daemon \
        --blockdev driver=file,node-name=file,filename=overlay.qcow2 \
        --blockdev driver=qcow2,node-name=disk,file=file \
        --export type=fuse,id=fuse,node-name=disk,mountpoint="$work/disk/image",writable=on &
    guest=$!
    cleanup_add "kill $guest"
    retry 60 mountpoint -q disk/image && retry 30 mount -o loop disk/image tree
}

stop_guest ()
{
    umount tree
    sync -f disk/image
    kill "$guest"
    wait "$guest"
}

check "the guest runs" start_guest
echo new >tree/constant/new
printf X | dd of=tree/constant/changed bs=1 seek=200000 conv=notrunc status=none
rm tree/constant/removed
sync -f tree
cp tree/constant/changed changed
python3 "$srcdir/live_writer.py" tree "$seed" "$work/stop" >writer.log 2>&1 &
writer=$!
cleanup_add "touch $work/stop; wait $writer"

constant ()
{
    grep "	/constant/" out | LC_ALL=C sort -k3
}
wanted="M	content	/constant/changed
A	-	/constant/new
D	-	/constant/removed"

torn=0
for round in $(seq "${DELTAFS_ROUNDS:-5}"); do
    run timeout 120 deltafs diff --engine direct -v overlay.qcow2
    check "round $round: exit code" test "$status" = 0 -o "$status" = 3
    test "$status" = 0 || note_file err
    # What is torn may be a block that holds its inodes, too.
    test "$status" = 3 ||
        is "round $round: what the guest leaves alone" "$(constant)" "$wanted"
    is "round $round: one warning" \
       "$(grep -c 'image is being written: .*overlay.qcow2' err)" 1
    is "round $round: exit code and list" \
       "$(grep -c '^?' out)" "$(grep -c 'cannot read: ' err)"
    torn=$((torn + $(grep -c 'opening the images again' err)))

    run timeout 120 deltafs info --engine direct overlay.qcow2
    check "round $round: info" test "$status" = 0 -o "$status" = 3

    run timeout 120 deltafs mount --engine direct overlay.qcow2 delta
    is "round $round: mount" "$status" 0
    if ! grep -q unreadable err; then
        check "round $round: content" cmp delta/constant/changed changed
        is "round $round: content of what was removed" \
           "$(cat delta/.deleted/constant/removed)" secret
    fi
    # The bytes of what is busy may be anything, or an error.
    find delta -type f -exec cat {} + >/dev/null 2>cat.err
    is "round $round: every byte or an I/O error" \
       "$(grep -vc 'Input/output error' cat.err)" 0
    run timeout 120 deltafs umount delta
    is "round $round: umount" "$status" 0
    test "$status" = 0 || note_file err
done
note "opened again because of torn metadata: $torn times"
touch stop
wait "$writer"
is "the guest was not disturbed: exit code" "$?" 0
note_file writer.log
stop_guest
qemu-img convert -f qcow2 -O raw overlay.qcow2 after.raw
check "its filesystem is sound" e2fsck -fn after.raw
is "the base is as it was" "$(sha256sum base.raw)" "$base_sum"
rm after.raw

# Torn however often it is looked at: the guest's QEMU runs, and has one block of
# names half written.
check "the guest's QEMU" start_guest
umount tree
block=$(debugfs -R 'bmap /constant 0' disk/image 2>/dev/null)
cp disk/image sound.raw
printf X | dd of=disk/image bs=1 seek=$((block * 1024 + 1000)) conv=notrunc \
              status=none
sync -f disk/image
run deltafs diff --engine direct -v overlay.qcow2
is "torn for good: exit code" "$status" 3
is "torn for good: opened three times more" \
   "$(grep -c 'opening the images again' err)" 3
is "torn for good: one warning" \
   "$(grep -c 'warning: the image is being written' err)" 1
is "torn for good: named once" \
   "$(grep -c 'cannot read: /constant: .*bad checksum' err)" 1
is "torn for good: in the list once" "$(grep -c '^?.*/constant$' out)" 1
dd if=sound.raw of=disk/image bs=1024 skip="$block" seek="$block" count=1 \
   conv=notrunc status=none
rm sound.raw
kill "$guest"
wait "$guest"

# Nobody writes any more.

# serve OVERLAY: messages in serve.err.
serve ()
{
    cp --sparse=always "$1" looked-at.qcow2
    deltafs mount -f --engine direct looked-at.qcow2 delta 2>serve.err &
    server=$!
    retry 60 test -e delta/.deleted
}

finish ()
{
    deltafs umount delta
    wait "$server"
}

check "serving" serve overlay.qcow2
cp overlay.qcow2 other.qcow2
mv other.qcow2 looked-at.qcow2
check "an image that is replaced by name is read on" \
      cmp delta/constant/changed changed
finish
is "there is nothing to say" "$(cat serve.err)" ""

check "serving" serve overlay.qcow2
printf X | dd of=looked-at.qcow2 bs=1 seek=$((1024 * 1024)) conv=notrunc \
              status=none
check_not "nothing is read of an image that was written to" \
          cat delta/constant/changed
check_not "of the base neither" cat delta/.deleted/constant/removed
check "names are there" test -f delta/constant/new
finish
is "one message, and a hint" "$(grep -c '' serve.err)" 2
like "it names the image" "$(cat serve.err)" \
     'looked-at.qcow2: it was written to'

cp base.raw base.copy
check "serving" serve overlay.qcow2
truncate -s 1M base.raw
check_not "nothing is read of a base that was cut short" \
          cat delta/.deleted/constant/removed
finish
is "one message" "$(grep -c '' serve.err)" 2
like "and a hint" "$(cat serve.err)" 'base.raw: it was cut short'
mv base.copy base.raw
done_testing
