#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deltafs info on real images, without an appliance: the account is exact, its
# classes are those that debugfs finds, nothing else is read or started.
. "${srcdir:-.}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires jq python3 qemu-img qemu-io qemu-storage-daemon losetup sfdisk \
    mke2fs debugfs dumpe2fs e2fsck mkfs.vfat mkfs.btrfs mkswap setfattr
PATH=$PATH:/usr/sbin:/sbin

# Nothing that info could start an appliance with.
info ()
{
    run env DELTAFS_TEST_MARK="$work" LIBGUESTFS_HV=/bin/false \
        LIBGUESTFS_PATH=/nonexistent deltafs info "$@"
}

query ()
{
    jq -Sc "$@" "$work/out"
}

# Bytes that the image has of its own.
written_bytes ()
{
    qemu-img map --output=json "$1" |
        jq '[.[] | select (.depth == 0) | .length] | add // 0'
}

# sums WHAT OVERLAY [OPTION...]: info --json; what it says adds up to what was
# written, in each part and as a whole.  On stderr is nothing but a warning of
# the PLACES that belong to nothing, if there are any.
sums ()
{
    local what=$1 image=$2
    shift 2
    info --json "$@" "$image"
    is "$what: nothing else on stderr" "$(cat "$work/err")" \
        "${PLACES:+deltafs: warning: bytes were written outside of all that was compared: $image: $PLACES}"
    check "$what: JSON" jq -e . "$work/out"
    is "$what: written" "$(query .written)" "$(written_bytes "$image")"
    is "$what: the classes add up" \
        "$(query '.account | add // 0')" "$(written_bytes "$image")"
    is "$what: partitions and the outside add up" \
        "$(query '[.partitions[].account[], .outside[]] | add // 0')" \
        "$(written_bytes "$image")"
    is "$what: each partition adds up" \
        "$(query 'all (.partitions[]; .written == (.account | add // 0))')" \
        true
    is "$what: classes of the whole are those of its parts" \
        "$(query '.account == ([.partitions[].account, .outside]
            | map (to_entries) | add | group_by (.key)
            | map ({key: .[0].key, value: (map (.value) | add)})
            | from_entries)')" true
}

# agrees WHAT OVERLAY BASE INDEX [RECOVERED]: of the partition number INDEX in
# the list, after sums, the classes are what debugfs finds.
agrees ()
{
    local place
    read -ra place <<<"$(query -r ".partitions[$4].overlay |
        \"\\(.offset) \\(.size)\"")"
    qemu-img convert -O raw "$2" flat-overlay.raw
    qemu-img convert -O raw "$3" flat-base.raw
    qemu-img map --output=json "$2" >map.json
    is "$1: as debugfs finds it" "$(query ".partitions[$4].account")" \
        "$(python3 "$top_srcdir/tests/direct/account.py" flat-base.raw \
            flat-overlay.raw map.json "${place[@]}" ${5+"$5"})"
}

# --- one ext4, changed behind the kernel's back ---

mkdir -p golden/etc golden/usr/bin
echo golden >golden/etc/hostname
echo root >golden/etc/passwd
head -c 300000 /dev/urandom >golden/usr/bin/big
head -c 60000 /dev/urandom >golden/usr/bin/kept
mke2fs -q -t ext4 -b 1024 -E root_owner=0:0 -d golden base.raw 64M >/dev/null
to_qcow2 base.raw

overlay base.qcow2 qcow2 nothing.qcow2
sums "nothing written" nothing.qcow2
is "nothing written: exit code" "$status" 0
is "nothing written: no class" "$(query .account)" "{}"
is "nothing written: no engine" "$(query -r '.partitions[0].engine')" none

head -c 100000 /dev/urandom >new
head -c 5000 /dev/urandom >passwd
cat >commands <<END
write $work/new usr/bin/new
rm etc/passwd
write $work/passwd etc/passwd
rm usr/bin/big
END
overlay base.qcow2 qcow2 plain.qcow2
expose plain.qcow2 qcow2 disk
check "debugfs" sh -c 'debugfs -w -f commands disk >debugfs.log 2>&1'
conceal disk
images_remember base.qcow2 nothing.qcow2 plain.qcow2
sums "plain" plain.qcow2
is "plain: exit code" "$status" 0
agrees "plain" plain.qcow2 base.qcow2 0
is "plain: the new file's blocks" "$(query '.account.file_data_added >= 100352')" \
    true
is "plain: the chain" "$(query '[.chain[] | [.role, .file, .format, .size]]')" \
    "[[\"layer\",\"plain.qcow2\",\"qcow2\",67108864],[\"base\",\"base.qcow2\",\"qcow2\",67108864]]"
is "plain: journal" "$(query -r '.partitions[0].overlay.journal')" clean
is "plain: UUID" "$(query -r '.partitions[0].overlay.uuid')" \
    "$(qemu-img convert -O raw base.qcow2 x.raw &&
        dumpe2fs -h x.raw 2>/dev/null | sed -n 's/.* UUID: *//p')"
for choice in auto direct guestfs; do
    info --json --engine $choice plain.qcow2
    engines=$(query -r '.partitions[0] | "\(.engine): \(.reason)"')
    case $choice in
    auto) like "engine $choice" "$engines" '^(direct|guestfs): .' ;;
    *) like "engine $choice" "$engines" "^$choice: ." ;;
    esac
done
info plain.qcow2
is "plain: for people: exit code" "$status" 0
is "plain: for people: the classes add up" \
    "$(sed -n '/^Written to sda:/,/^$/p' out |
        awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+$/) s += $i }
            END { print s }')" "$(written_bytes plain.qcow2)"
like "plain: for people: the sum" "$(tail -n1 out)" \
    "^All that was written: $(written_bytes plain.qcow2) bytes"

# Writes of less than a block, into blocks of every kind.
block_of ()
{
    debugfs -R "bmap $1 0" x.raw 2>/dev/null
}
mke2fs -q -t ext4 -b 4096 -E root_owner=0:0 -d golden base4.raw 64M >/dev/null
cp base4.raw x.raw
to_qcow2 base4.raw
overlay base4.qcow2 qcow2 sectors.qcow2 -o cluster_size=512
kept=$(block_of /usr/bin/kept)
big=$(block_of /usr/bin/big)
etc=$(block_of /etc)
journal=$(block_of '<8>')
qemu-io -f qcow2 \
    -c "write -P 1 0 512" -c "write -P 0 512 512" -c "write -P 2 2048 512" \
    -c "write -P 3 $((kept * 4096 + 512)) 512" \
    -c "write -P 4 $((kept * 4096 + 1536)) 1024" \
    -c "write -P 5 $((big * 4096 + 4096 - 512)) 1024" \
    -c "write -P 6 $((etc * 4096 + 3584)) 512" \
    -c "write -P 7 $((journal * 4096 + 8192)) 512" \
    -c "write -P 8 60M 1536" -c "write -P 0 61M 1024" sectors.qcow2 >/dev/null
images_remember base4.qcow2 sectors.qcow2
PLACES="512 bytes at 0 (in front of the ext4 on sda)" \
    sums "sectors" sectors.qcow2
is "sectors: each one" "$(query .account)" \
    '{"boot_sectors":512,"directories":512,"file_data_modified":2560,"identical":1536,"journal":512,"never_used":1536,"superblocks":512}'
agrees "sectors" sectors.qcow2 base4.qcow2 0

# A filesystem that ends before its disk does.
mke2fs -q -t ext2 -b 1024 short.raw 5000k
truncate -s 8M short.raw
to_qcow2 short.raw
overlay short.qcow2 qcow2 behind.qcow2
qemu-io -f qcow2 -c "write -P 1 6M 64k" -c "write -P 1 5046272 147456" \
    behind.qcow2 >/dev/null
PLACES="$((65536 + 5046272 + 147456 - 5000 * 1024)) bytes at $((5000 * 1024)) (behind the end of the ext2 on sda)" \
    sums "behind the filesystem" behind.qcow2
agrees "behind the filesystem" behind.qcow2 short.qcow2 0
is "behind the filesystem: a gap" \
    "$(query '.account.gaps == 65536 + 5046272 + 147456 - 5000 * 1024')" true
is "ext2 has no journal" "$(query -r '.partitions[0].overlay.journal')" none

# --- a disk with partitions, changed by the kernel ---

disk disk.raw 700M
partition disk.raw 'label: gpt
size=1M, type=21686148-6449-6E6F-744E-656564454649
start=8192, size=64M, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI system"
size=150M, name=root
size=16M, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
size=320M'
efi ()
{
    make_filesystem vfat -n EFILABEL
}
other ()
{
    mkfs.btrfs -q -f "$loop"
}
on_partition disk.raw 2 efi
on_partition disk.raw 3 make_filesystem ext4 -b 4096 -L rootfs
on_partition disk.raw 4 make_filesystem swap
on_partition disk.raw 5 other
populate ()
{
    local i
    populate_small
    mkdir "$mnt/many" "$mnt/gone"
    for i in $(seq 500); do echo "$i" >"$mnt/many/$i"; done
    for i in 1 2 3; do head -c 50000 /dev/urandom >"$mnt/gone/$i"; done
    head -c 3000 /dev/urandom | base64 -w0 | head -c 3000 >"$work/value"
    setfattr -n user.big -v "$(cat "$work/value")" "$mnt/bin/1"
}
change disk.raw raw 3 ext4 populate
read -ra boot <<<"$(partition_place disk.raw 1)"
read -ra swap <<<"$(partition_place disk.raw 4)"
read -ra last <<<"$(partition_place disk.raw 5)"
to_qcow2 disk.raw
images_remember disk.qcow2

modify ()
{
    local i
    change_small
    rm -r "$mnt/gone"
    head -c 2000000 /dev/urandom >"$mnt/bin/data"
    dd if=/dev/urandom of="$mnt/bin/big" bs=4096 count=3 seek=2 \
        conv=notrunc status=none
    # Many pieces, so that the block list needs blocks of its own.
    for i in $(seq 0 2 40); do
        dd if=/dev/urandom of="$mnt/bin/holes" bs=4096 count=1 seek="$i" \
            conv=notrunc status=none
    done
    for i in $(seq 200 300); do mv "$mnt/many/$i" "$mnt/many/moved-$i"; done
    setfattr -n user.big -v "x$(cut -c2- "$work/value")" "$mnt/bin/1"
    sync -f "$mnt"
    head -c 400000 /dev/urandom >"$mnt/short-lived"
    sync -f "$mnt"
    rm "$mnt/short-lived"
    # All of it is in the journal, little of it anywhere else.
    sync -f "$mnt"
    test -z "${dirty:-}" || cp "$work/parts.qcow2" "$dirty"
}

overlay disk.qcow2 qcow2 parts.qcow2
dirty=$work/dirty.qcow2 change parts.qcow2 qcow2 3 ext4 modify
sums "partitions" parts.qcow2
agrees "partitions" parts.qcow2 disk.qcow2 2
for class in directories file_data_added file_data_modified inode_tables \
    bitmaps journal xattrs superblocks; do
    is "partitions: $class" "$(query ".account.$class > 0")" true
done
is "partitions: engines" "$(query -r '[.partitions[] | .engine != "none"]')" \
    '[false,false,true,false,false]'
is "partitions: what there is" \
    "$(query '[.partitions[] | [.device, .overlay.use, .overlay.type]]')" \
    '[["sda1","boot",null],["sda2","filesystem","vfat"],["sda3","filesystem","ext4"],["sda4","swap","swap"],["sda5","filesystem","btrfs"]]'
is "partitions: labels" \
    "$(query '[.partitions[].overlay | [.label, .partition_label]]')" \
    '[[null,null],["EFILABEL","EFI system"],["rootfs","root"],[null,null],[null,null]]'
is "partitions: a table" "$(query -r .disk.table)" gpt

# The same while it was mounted: what counts is the state after replay.
sums "dirty" dirty.qcow2
is "dirty: journal" "$(query -r '.partitions[2] |
    "\(.overlay.journal), \(.base.journal)"')" "needs recovery, clean"
qemu-img convert -O raw dirty.qcow2 recovered.raw
read -ra root <<<"$(partition_place recovered.raw 3)"
dd if=recovered.raw of=recovered.fs bs=1M iflag=skip_bytes,count_bytes \
    skip="${root[0]}" count="${root[1]}" status=none
rm recovered.raw
e2fsck -fy -E journal_only recovered.fs >e2fsck.log 2>&1
agrees "dirty" dirty.qcow2 disk.qcow2 2 recovered.fs

# Everything else on the disk.
overlay disk.qcow2 qcow2 areas.qcow2 -o cluster_size=512
qemu-io -f qcow2 -c "write -P 1 0 446" -c "write -P 2 $((boot[0] + 512)) 2k" \
    -c "write -P 0 $((boot[0] + 65536)) 512" \
    -c "write -P 3 $((swap[0] + 65536)) 1M" \
    -c "write -P 4 $((boot[0] + boot[1] + 1024)) 512" \
    -c "write -P 5 $((last[0] + last[1] + 512)) 1024" \
    -c "write -P 6 $((last[0] + 1048576)) 4096" \
    -c "write -P 7 17408 512" areas.qcow2 >/dev/null
PLACES="1024 bytes at $((last[0] + last[1] + 512)) (in no partition), 512 bytes at 17408 (in no partition), 512 bytes at $((boot[0] + boot[1] + 1024)) (in no partition), and more: 2488 bytes in 4 places in all" \
    sums "areas" areas.qcow2
is "areas: exit code" "$status" 0
is "areas: outside" "$(query .outside)" \
    '{"boot_sectors":512,"gaps":2048}'
is "areas: the boot area" "$(query '.partitions[0].account')" \
    '{"boot_areas":2048,"identical":512}'
is "areas: swap" "$(query '.partitions[3].account')" '{"swap":1048576}'
is "areas: btrfs" "$(query '.partitions[4].account')" '{"not_accounted":4096}'
is "areas: who reads btrfs" "$(query -r '.partitions[4] |
    "\(.engine), \(.not_accounted)"')" "guestfs, guestfs reads it"
info areas.qcow2
like "areas: for people" "$(cat out)" \
    'not accounted +4096  \(4.0 KiB\)  guestfs reads it'
like "areas: swap, for people" "$(grep ^sda4 out)" '^sda4: swap, [0-9]+ bytes '
info --engine direct areas.qcow2
like "areas: not for direct" "$(cat out)" \
    'engine:   none: the direct engine does not read its type'

# Partition tables, in front and at the end.
overlay disk.qcow2 qcow2 table.qcow2 -o cluster_size=512
expose table.qcow2 qcow2 table
check "a name changes" sfdisk -q --no-tell-kernel --no-reread \
    --part-label table 3 other
conceal table
sums "table" table.qcow2
is "table: only that" "$(query '.outside | del (.identical) | keys')" \
    '["partition_table"]'
is "table: both copies" "$(query '.outside.partition_table >= 2048')" true

# --- what is hostile ---

# A filesystem that points outside of itself: nobody knows whose the rest is.
damage ()
{
    overlay base4.qcow2 qcow2 damaged.qcow2
    printf '%s\n' "$1" >commands
    expose damaged.qcow2 qcow2 disk
    debugfs -w -f commands disk >debugfs.log 2>&1
    conceal disk
    qemu-io -f qcow2 -c "write -P 8 60M 1536" damaged.qcow2 >/dev/null
}
damage 'set_inode_field usr/bin/kept block[0] 0x1234'
info --json damaged.qcow2
is "damaged block list: exit code" "$status" 3
is "damaged block list: the rest is unknown" \
    "$(query '[.account.unknown > 0, .account.never_used]')" '[true,null]'
is "damaged block list: adds up" "$(query '.account | add')" \
    "$(written_bytes damaged.qcow2)"
is "damaged block list: said" "$(sed 's/^deltafs: warning: //' err)" \
    "the account is incomplete: sda: its inodes or block lists are damaged"

overlay base4.qcow2 qcow2 garbage.qcow2
qemu-io -f qcow2 -c "write -P 255 4096 4096" garbage.qcow2 >/dev/null
info --json garbage.qcow2
is "damaged descriptors: exit code" "$status" 3
is "damaged descriptors: adds up" "$(query '.account | add')" \
    "$(written_bytes garbage.qcow2)"
like "damaged descriptors: said" "$(cat err)" \
    "^deltafs: warning: the account is incomplete: sda: its group descriptors"

overlay base4.qcow2 qcow2 gone.qcow2
qemu-io -f qcow2 -c "write -P 255 0 64k" gone.qcow2 >/dev/null
info --json gone.qcow2
is "no filesystem any more: exit code" "$status" 3
is "no filesystem any more: adds up" "$(query '.account | add')" 65536
like "no filesystem any more: said" "$(cat err)" \
    "it is ext4 in the base, and its type in the overlay is not known"

# Two images with nothing in common.
qemu-img convert -O raw plain.qcow2 other.raw
info --json --format raw --base base.qcow2 other.raw
is "no common chain: exit code" "$status" 0
is "no common chain: nothing is known" "$(query '[.written, .account]')" \
    '[null,null]'
is "no common chain: the images" \
    "$(query '[.chain[] | [.role, .format, .size]]')" \
    '[["layer","raw",67108864],["base","qcow2",67108864]]'

# A longer chain: everything above the named base.
overlay plain.qcow2 qcow2 top.qcow2
qemu-io -f qcow2 -c "write -P 9 50M 64k" top.qcow2 >/dev/null
info --json --base base.qcow2 top.qcow2
is "three layers: roles" "$(query '[.chain[].role]')" '["layer","layer","base"]'
is "three layers: both are counted" "$(query .written)" \
    $(($(written_bytes plain.qcow2) + 65536))
is "three layers: adds up" "$(query '.account | add == '"$(query .written)")" true
info --json top.qcow2
is "three layers: roles without --base" "$(query '[.chain[].role]')" \
    '["layer","base","below"]'

info missing.qcow2
is "no image: exit code" "$status" 2
is "no image: stdout" "$(cat out)" ""

check_images
check_nothing_left
done_testing
