#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Too few descriptors, and a temporary directory that is full or becomes so: a
# message and exit code 2, or all that is asked for; never a part of it, and
# nothing is left behind.
KIT_LIMIT=1200
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/processes.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs getfattr

small_pair small
images_remember small-base.qcow2 small.qcow2
small_list >wanted
mkdir delta small-tmp
cleanup_add 'umount -l "$work/delta"'

# After "run": 0, and then the mount is whole, or 2 and a message.
outcomes=
check_outcome ()
{
    outcomes="$outcomes $status"
    case $status in
    0)
        is "$1: the whole tree" "$(cd delta && find . | LC_ALL=C sort |
            tr '\n' ' ')" \
            ". ./.deleted ./.deleted/bin ./.deleted/bin/3 ./etc ./etc/new ./etc/passwd "
        is "$1: content" "$(cat delta/etc/new delta/.deleted/bin/3)" \
            "new
program 3"
        deltafs_run umount delta
        is "$1: umount" "$status" 0
        ;;
    *)
        is "$1: exit code" "$status" 2
        like "$1: a message" "$(head -n1 err)" '^deltafs: [^ ].*: .'
        ;;
    esac
    if mountpoint -q small-tmp; then
        is "$1: no temporary file is left there" \
            "$(find small-tmp -mindepth 1 ! -name filler)" ""
        umount "$work/small-tmp"
    fi
    check_all_gone "$1"
}

# --- descriptors ---

# few NUMBER ARGUMENT...: deltafs with at most so many of them; those that make
# has open here are closed
few ()
{
    run env DELTAFS_TEST_MARK="$work" bash -c '
        for descriptor in {3..20}; do eval "exec $descriptor>&-"; done
        ulimit -n "$1"
        exec "${@:2}"' few "$1" "$(command -v deltafs)" "${@:2}"
}

for number in 4 5 6 7 8 9 10 11 12 14 16 18 20 24 28 32 40 48 64; do
    few $number mount small.qcow2 delta
    check_outcome "$number descriptors, mount"
    test "$number" -gt 24 || continue
    few $number diff small.qcow2
    if test "$status" -eq 0; then
        same_files "$number descriptors, diff: the whole list" out wanted
    else
        is "$number descriptors, diff: exit code" "$status" 2
        is "$number descriptors, diff: no list" "$(cat out)" ""
    fi
done
like "too few, and enough of them were tried" "$outcomes" ' 2 .* 0$'

# --- room for temporary files ---

# in_room OPTIONS COMMAND...: TMPDIR is a filesystem of that size
in_room ()
{
    local TMPDIR=$work/small-tmp
    export TMPDIR
    mount -t tmpfs -o "$1" tmpfs "$TMPDIR" || die "no tmpfs"
    "${@:2}"
}

mount_when_full ()
{
    head -c 1M /dev/zero >"$TMPDIR/filler" 2>/dev/null
    deltafs_run mount small.qcow2 delta
}

in_room size=64k mount_when_full
like "a full directory: the message" "$(head -n1 err)" \
    "^deltafs: cannot use a temporary directory: $work/small-tmp/deltafs-.*: No space left"
check_outcome "a full directory"

for room in nr_inodes=1 nr_inodes=2 nr_inodes=3 nr_inodes=4 nr_inodes=5 \
    nr_inodes=8 size=4k size=8k size=16k size=64k; do
    in_room $room deltafs_run mount small.qcow2 delta
    check_outcome "$room"
done

# What appliances need does not fit: at the scratch files, the scratch layers,
# QEMU's own files.
for room in nr_inodes=4 size=64k size=400k; do
    in_room $room deltafs_run mount --engine guestfs small.qcow2 delta
    note_file err
    test $room != size=400k ||
        like "guestfs, $room: a hint" "$(cat err)" \
            'deltafs: hint: there is hardly room left for temporary files in'
    check_outcome "guestfs, $room"
done

check_images
done_testing
