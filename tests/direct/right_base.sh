#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A base that was written to after an overlay was made on it, and one that is
# another disk's: what proves it, what only hints at it, and what does neither.

. "${srcdir:-.}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires jq python3 qemu-img qemu-io qemu-storage-daemon losetup mke2fs \
    debugfs mkfs.xfs mkfs.btrfs
PATH=$PATH:/usr/sbin:/sbin

proof='^deltafs: warning: the base was written to after the overlay was made: '
maybe='^deltafs: warning: the base may have been written to after the overlay was made: '
question='^deltafs: warning: is it the right base\?: '

deltafs_here ()
{
    local command=$1
    shift
    run env LIBGUESTFS_HV=/bin/false LIBGUESTFS_PATH=/nonexistent \
        deltafs "$command" "$@"
}

# says WHAT CODE PATTERN ARGUMENT...: diff ends with CODE; on stderr there is
# one line, which matches, or, where PATTERN is empty, none.
says ()
{
    local what=$1 code=$2 pattern=$3
    shift 3
    deltafs_here diff --json "$@"
    is "$what: exit code" "$status" "$code"
    if test -n "$pattern"; then
        is "$what: one line" "$(wc -l <err)" 1
        like "$what: message" "$(cat err)" "$pattern"
    else
        is "$what: no message" "$(cat err)" ""
    fi
    is "$what: base_changed" "$(jq -c 'select (.summary) | .summary |
        .base_changed' out)" "$(test "$code" = 3 && echo true || echo null)"
}

# set_field IMAGE FORMAT FIELD VALUE: of ext's superblock, by debugfs.
set_field ()
{
    expose "$1" "$2" disk
    debugfs -w -R "set_super_value $3 $4" disk >debugfs.log 2>&1
    conceal disk
}

counter ()
{
    dumpe2fs -h "$1" 2>/dev/null | sed -n 's/^Lifetime writes: *\(.*\) .*/\1/p'
}

patch_base ()
{
    head -c 3000000 /dev/urandom >"$mnt/bin/patched"
    echo patched >"$mnt/etc/hostname"
}

disk golden.raw 64M
on_partition golden.raw 0 make_filesystem ext4 -b 4096
change golden.raw raw 0 ext4 populate_small
cp golden.raw base.raw
cp --preserve golden.raw kept.raw
touch -d 2026-01-02 base.raw
overlay base.raw raw o.qcow2
change o.qcow2 qcow2 0 ext4 change_small
cp o.qcow2 pristine.qcow2
says "untouched" 0 "" o.qcow2
is "untouched: the list" "$(jq -r 'select (.path) | .path' out | sort)" \
    "$(small_list | cut -f3 | sort)"

# --- proven ---

change base.raw raw 0 ext4 patch_base
touch -d 2026-01-02 base.raw
says "written to" 3 "${proof}base.raw: ext4 on sda counts [0-9]+ KiB written in the base, [0-9]+ in the overlay" o.qcow2
like "written to: the list is there" "$(cat out)" '"path":"/etc/new"'
deltafs_here diff --exit-code o.qcow2
is "written to: outranks --exit-code" "$status" 3
deltafs_here export o.qcow2
is "written to: export" "$status" 3
like "written to: export says so" "$(cat err)" "$proof"
deltafs_here info --json o.qcow2
is "written to: info" "$status" 3
like "written to: info says so" "$(cat err)" "$proof"
is "written to: info --json" "$(jq .base_changed out)" true
mkdir delta
deltafs_here mount o.qcow2 delta
is "written to: mount goes on" "$status" 0
like "written to: mount says so" "$(cat err)" "$proof"
check "written to: the tree is there" test -f delta/etc/new
deltafs umount delta

# The base stands for a layer that is not where the overlay says.
mkdir elsewhere
mv base.raw elsewhere/
says "in the place of a missing layer" 3 "${proof}elsewhere/base.raw: " \
    --base elsewhere/base.raw o.qcow2
# One that was copied later is no younger for that.
touch kept.raw
says "a copy in the place of a missing layer" 0 "" --base kept.raw o.qcow2
mv elsewhere/base.raw .

# Two disks of which neither lies on the other have no order.
qemu-img convert -O raw pristine.qcow2 flat.raw
deltafs_here diff --base flat.raw --base-format raw --format raw golden.raw
is "the older one is looked at: exit code" "$status" 0
unlike "the older one is looked at: nothing of its base" "$(cat err)" \
    "the base (was|may)"

# What the guest did is no proof: a filesystem made anew, also with the UUID of
# the old one, where its clock begins anew.
uuid=$(blkid -p -o value -s UUID golden.raw)
overlay base.raw raw anew.qcow2
make_anew ()
{
    make_filesystem ext4 -b 4096 "$@"
}
expose anew.qcow2 qcow2 disk
on_partition disk 0 make_anew
conceal disk
deltafs_here diff anew.qcow2
is "made anew: exit code" "$status" 0
unlike "made anew: no proof" "$(cat err)" "$proof"
expose anew.qcow2 qcow2 disk
E2FSPROGS_FAKE_TIME=1800000000 on_partition disk 0 make_anew -U "$uuid"
conceal disk
deltafs_here diff anew.qcow2
is "made anew with the UUID: exit code" "$status" 0
is "made anew with the UUID: no message" "$(cat err)" ""

# A base that was built anew below an overlay, without checksums that tell: what
# the two have together is neither, and a hint says why it cannot be read.
# Made in one second, the two would be one filesystem.
build ()
{
    disk built.raw 16M
    E2FSPROGS_FAKE_TIME=$(date -d "$1" +%s) mke2fs -q -F -t ext4 -O ^metadata_csum -d tree \
        -U 5f5e5d5c-0102-0304-0506-0708090a0b0c built.raw
    touch -d "$1" built.raw
}
change_built ()
{
    rm -r "$mnt/a3"
    echo new >"$mnt/a4/new"
}
mkdir tree tree/a{0..19}
for directory in tree/*; do
    head -c 5000 /dev/urandom >"$directory/file"
done
build 2026-01-02
overlay built.raw raw over.qcow2
change over.qcow2 qcow2 0 ext4 change_built
rm -r tree built.raw
mkdir tree
head -c 9000000 /dev/urandom >tree/large
build 2099-01-02
deltafs_here diff over.qcow2
is "built anew: exit code" "$status" 3
like "built anew: the cause" "$(grep -A1 'have been written' err)" \
    "${maybe}built.raw: .*
deltafs: hint: what cannot be read may come from that"
unlike "built anew: it is not said where all can be read" \
    "$(deltafs diff anew.qcow2 2>&1)" "hint: what cannot"

# Numbers of more than 32 bits.
cp golden.raw base.raw
touch -d 2026-01-02 base.raw
cp pristine.qcow2 o.qcow2
set_field o.qcow2 qcow2 kbytes_written 0x100000005
says "more than 32 bits in the overlay" 0 "" o.qcow2
set_field base.raw raw kbytes_written 0x200000001
set_field base.raw raw wtime 1
touch -d 2026-01-02 base.raw
says "more than 32 bits in the base" 3 "counts 8589934593 KiB written in the base, 4294967301 in" o.qcow2
# A hostile guest can set its own back, and that much it gains.
cp golden.raw base.raw
touch -d 2026-01-02 base.raw
set_field o.qcow2 qcow2 kbytes_written 1
says "set back by the guest" 3 "$proof" o.qcow2
set_field o.qcow2 qcow2 kbytes_written 0
says "a filesystem that does not count" 0 "" o.qcow2

# --- likely ---

cp pristine.qcow2 o.qcow2
touch -d '+1 hour' base.raw
says "a file that was written later" 0 "${maybe}base.raw: its file was written" o.qcow2
touch -d 2026-01-02 base.raw
set_field base.raw raw wtime 0x7fffffff
touch -d 2026-01-02 base.raw
says "a superblock that was written later" 0 "${maybe}base.raw: by the guests' clocks, ext4 on sda was written" o.qcow2
cp golden.raw base.raw

# --- another disk ---

disk other.raw 64M
on_partition other.raw 0 make_filesystem ext4 -b 4096
deltafs_here diff --base other.raw --base-format raw --format raw golden.raw
is "another disk: exit code" "$status" 0
is "another disk: the question, once" "$(grep -cE "$question" err)" 1
like "another disk: which" "$(grep -E "$question" err)" \
    "${question}other.raw: by UUID, it has none of the overlay"
deltafs_here info --base other.raw --base-format raw --format raw golden.raw
is "another disk: info asks as well" "$(grep -cE "$question" err)" 1

# --- formats that an appliance reads ---

for type in xfs btrfs; do
    disk $type.raw 320M
    on_partition $type.raw 0 make_filesystem $type
    change $type.raw raw 0 $type populate_small
    touch -d 2026-01-02 $type.raw
    overlay $type.raw raw $type.qcow2
    change $type.qcow2 qcow2 0 $type change_small
    deltafs_here info $type.qcow2
    is "$type: untouched" "$status $(cat err)" "0 "
    for _ in 1 2 3; do change $type.raw raw 0 $type patch_base; done
    touch -d 2026-01-02 $type.raw
    deltafs_here info $type.qcow2
    is "$type: written to" "$status" 3
    like "$type: message" "$(cat err)" "${proof}$type.raw: $type on sda counts "
done

done_testing
