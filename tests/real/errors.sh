#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong input: one line that says what failed, exit code 2, and nothing left
# behind.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon qemu-io qemu-img losetup mke2fs python3 unshare

qcow2 ()
{
    python3 "$top_srcdir/tests/real/qcow2.py" "$@" || die "qcow2.py $*"
}

# refuses WHAT PATTERN ARGUMENT...: diff does it, and its message is like that
refuses ()
{
    local what=$1 pattern=$2
    shift 2
    deltafs_run diff "$@"
    judge_refusal "$what" "$pattern"
}

judge_refusal ()
{
    is "$1" "$(refusal_problems "$2")" ""
    note_file err
}

# What is wrong with the way in which the last run refused, if anything.
refusal_problems ()
{
    test "$status" -eq 2 || echo "exit code $status"
    [[ $(cat err) =~ $1 ]] || echo "no message like $1"
    [[ $(head -n1 err) == deltafs:\ * ]] || echo "not the program's message"
    test "$(wc -l <err)" -le 3 || echo "many lines"
    test ! -s out || echo "something on stdout"
    nothing_left || echo "something is left"
}

nothing_left ()
{
    retry 20 no_marked_processes || { describe_marked; return 1; }
    find "$work/tmp" "$work/runtime" -mindepth 1 | { ! grep .; } || return
    ! grep -F "$work" /proc/self/mountinfo
}

small_pair good
mv good-base.qcow2 base.qcow2
qemu-img rebase -u -F qcow2 -b base.qcow2 good.qcow2
qemu-img convert -f qcow2 -O raw base.qcow2 base.raw
images_remember base.qcow2 good.qcow2 base.raw

# --- the command line ---
deltafs_run
is "no command: exit code" "$status" 2
deltafs_run frobnicate
judge_refusal "no such command" 'frobnicate'
refuses "no overlay" 'overlay|OVERLAY|argument|Usage'
refuses "unknown option" '--frobnicate' --frobnicate good.qcow2
refuses "two overlays" 'argument|good.qcow2' good.qcow2 good.qcow2
refuses "unknown engine" 'engine' --engine magic good.qcow2
refuses "bad -m" '-m|sda' -m '' good.qcow2
refuses "bad --key" 'key' --key nonsense good.qcow2

# --- no image at all ---
refuses "missing overlay" 'missing.qcow2.*No such file' missing.qcow2
mkdir directory
refuses "a directory" 'directory' directory
echo "no image" >text
refuses "not an image" 'text.*(--format|qcow2)' text
: >empty
refuses "an empty file" 'empty.*(--format|qcow2)' empty
refuses "a raw overlay" 'base.raw.*|--format' --base base.qcow2 base.raw
like "a raw overlay: the option is named" "$(cat err)" '--format'
mkfifo fifo
refuses "a fifo" 'fifo' fifo

# --- the base ---
refuses "no backing file" '--base' base.qcow2
qemu-img create -q -f qcow2 -u -b gone.qcow2 -F qcow2 orphan.qcow2 300M
refuses "missing base" 'gone.qcow2.*No such file' orphan.qcow2
like "missing base: the option is named" "$(cat err)" '--base'
refuses "missing --base" 'gone.qcow2.*No such file' --base gone.qcow2 \
    good.qcow2
overlay base.raw raw formatless.qcow2
qcow2 no-backing-format formatless.qcow2
refuses "no format for the base" '--base-format' formatless.qcow2
refuses "a raw --base" '--base-format' --base base.raw base.qcow2
cp orphan.qcow2 middle.qcow2
qemu-img create -q -f qcow2 -u -b middle.qcow2 -F qcow2 elsewhere.qcow2 300M
mv middle.qcow2 moved.qcow2
refuses "another missing one below --base" 'gone.qcow2' --base moved.qcow2 \
    elsewhere.qcow2

# --- names inside images ---
for name in 'json:{"driver":"null-co","size":1048576}' nbd://127.0.0.1:1/x \
    http://127.0.0.1:1/x ssh://127.0.0.1/x fat:/etc; do
    qemu-img create -q -f qcow2 -u -F raw -b "$(printf 'x%.0s' {1..60})" \
        named.qcow2 300M
    qcow2 backing-name named.qcow2 "$name"
    refuses "backing file ${name%%:*}:" 'named.qcow2|json|nbd|http|ssh|fat' \
        named.qcow2
done
like "a protocol: the option is named" "$(cat err)" '--allow-remote-backing'
for name in /dev/zero "$work/directory" "$work/fifo"; do
    qemu-img create -q -f qcow2 -u -F raw -b "$name" named.qcow2 300M
    refuses "backing file ${name##*/}" "${name##*/}" named.qcow2
done
mkdir other
qemu-img create -q -f qcow2 -o "data_file=$work/other/data" data.qcow2 1M
refuses "a data file elsewhere" 'other/data' --base base.qcow2 data.qcow2
qemu-img create -q -f qcow2 -o data_file=01234567 data.qcow2 1M
qcow2 data-file data.qcow2 ../other
refuses "a data file above" 'other' --base base.qcow2 data.qcow2
qemu-img create -q -f vmdk -o subformat=monolithicFlat flat.vmdk 1M
mv flat-flat.vmdk other
sed -i "s,flat-flat.vmdk,$work/other/flat-flat.vmdk," flat.vmdk
refuses "a VMDK extent elsewhere" 'other/flat-flat.vmdk' --base flat.vmdk \
    good.qcow2
qemu-img create -q -f qcow2 -u -b b.qcow2 -F qcow2 a.qcow2 1M
qemu-img create -q -f qcow2 -u -b a.qcow2 -F qcow2 b.qcow2 1M
refuses "a cyclic chain" '[ab].qcow2' a.qcow2
qemu-img create -q -f qcow2 -u -b none.qcow2 -F qcow2 self.qcow2 1M
qcow2 backing-name self.qcow2 self.qcow2
refuses "its own base" 'self.qcow2' self.qcow2

# --- headers ---
broken ()
{
    cp good.qcow2 broken.qcow2
    qcow2 number broken.qcow2 "$@"
}
head -c 60 good.qcow2 >broken.qcow2
refuses "half a header" 'broken.qcow2' broken.qcow2
head -c 70000 good.qcow2 >broken.qcow2
refuses "cut off after the header" 'broken.qcow2' broken.qcow2
broken 4 4 9
refuses "version 9" 'broken.qcow2' broken.qcow2
broken 20 4 63
refuses "clusters of 2^63 bytes" 'broken.qcow2' broken.qcow2
broken 36 4 0xffffffff
refuses "a huge L1 table" 'broken.qcow2' broken.qcow2
broken 40 8 0x7fffffffffff0000
refuses "an L1 table far away" 'broken.qcow2' broken.qcow2
broken 8 8 0x7fffffffffff0000
refuses "a backing name far away" 'broken.qcow2' broken.qcow2
broken 32 4 1
refuses "an encrypted qcow2" 'broken.qcow2.*encrypt' broken.qcow2

# --- the mount point ---
refuse_mount ()
{
    local what=$1 pattern=$2
    shift 2
    deltafs_run mount "$@"
    judge_refusal "$what" "$pattern"
}
refuse_mount "no mount point given" 'mount point|MOUNTPOINT|argument|Usage' \
    good.qcow2
refuse_mount "missing mount point" 'nowhere.*No such file' good.qcow2 nowhere
refuse_mount "a file as mount point" 'text.*[Nn]ot a directory' good.qcow2 text
touch directory/file
refuse_mount "a mount point that is not empty" 'directory.*not empty' \
    good.qcow2 directory
rm directory/file
# A namespace of its own, in which the device is missing.
cat >no-fuse <<'SCRIPT'
mkdir -p dev && mount -t tmpfs none dev
for node in null zero urandom random; do
    cp -a /dev/$node dev
done
mount --move dev /dev
exec deltafs mount good.qcow2 directory
SCRIPT
run env DELTAFS_TEST_MARK="$work" unshare -m bash no-fuse
judge_refusal "no /dev/fuse" '/dev/fuse'
run deltafs umount directory
is "umount of what is not mounted: exit code" "$status" 2
like "umount of what is not mounted: the message" "$(cat err)" 'directory'

# --- what is on the disk ---
overlay base.qcow2 qcow2 garbage.qcow2
qemu-io -f qcow2 -c 'write -P 0x5a 0 4M' garbage.qcow2 >/dev/null
refuses "garbage instead of a filesystem" 'garbage.qcow2|filesystem' \
    garbage.qcow2
disk blank.raw 10M
to_qcow2 blank.raw
overlay blank.qcow2 qcow2 written.qcow2
qemu-io -f qcow2 -c 'write -P 0 0 1M' -c 'write -P 1 5M 64k' written.qcow2 \
    >/dev/null
refuses "no filesystem at all" 'written.qcow2|filesystem' written.qcow2

# No kernel for the appliance, and none kept from earlier.
cat >no-kernel <<'SCRIPT'
mkdir -p boot cache
mount -t tmpfs none /boot
mount -t tmpfs none /var/tmp
for directory in /lib/modules; do mount -t tmpfs none $directory; done
exec deltafs diff --engine guestfs good.qcow2
SCRIPT
run env DELTAFS_TEST_MARK="$work" unshare -m bash no-kernel
judge_refusal "no kernel for the appliance" 'appliance|kernel|supermin'

check_images
check_nothing_left
done_testing
