#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Eight readers at once for a while, on a mounted delta: each result is that of
# a plain tree, and the processes do not grow.
#
#   DELTAFS_LOAD_SECONDS   how long (6)
#   DELTAFS_LOAD_ENTRIES   how many entries the delta has (5,000)
#   DELTAFS_LOAD_ENGINE    direct or guestfs
KIT_LIMIT=$((600 + 3 * ${DELTAFS_LOAD_SECONDS:=6}))
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs python3 rsync tar diff cmp getfattr
test -c /dev/fuse || skip_all "no /dev/fuse"

entries=${DELTAFS_LOAD_ENTRIES:-5000}
engine=${DELTAFS_LOAD_ENGINE:-direct}
# What a process may grow by after it has read everything once, in KiB.
growth=16384

load ()
{
    python3 "$fixtures_here/load.py" "$@"
}

# --- the images, and the same as a plain tree ---

change_base ()
{
    load base "$mnt" "$entries"
    rmdir "$mnt/lost+found"
    mkdir -p "$work/plain/.deleted"
    cp -a "$mnt/removed" "$work/plain/.deleted"
    touch -r "$mnt" "$work/plain/.deleted"
}

change_overlay ()
{
    rm -r "$mnt/removed"
    load overlay "$mnt" "$entries"
    cp -a "$mnt/." "$work/plain"
}

disk base.raw $((200 + entries / 30))M
on_partition base.raw 0 make_filesystem ext4 -b 4096 -N $((entries * 2))
change base.raw raw 0 ext4 change_base
cp --sparse=always base.raw overlay.raw
change overlay.raw raw 0 ext4 change_overlay
qemu-img convert -f raw -O qcow2 base.raw base.qcow2
qemu-img convert -f raw -O qcow2 -B base.qcow2 -F qcow2 overlay.raw \
    overlay.qcow2
rm base.raw overlay.raw
images_remember base.qcow2 overlay.qcow2

mkdir delta
cleanup_add 'umount -l "$work/delta"'
deltafs_run mount -q --engine "$engine" overlay.qcow2 delta
is "mount: exit code" "$status" 0
is "all entries are there" "$(find delta -mindepth 1 -printf x | wc -c)" \
    "$(find plain -mindepth 1 -printf x | wc -c)"

# --- readers ---

# KiB of memory of each of our processes but QEMU's, which has a guest's in it
memory ()
{
    local pid
    for pid in $(marked_processes); do
        case $(readlink "/proc/$pid/exe") in
        */deltafs | */qemu-storage-daemon)
            awk -v pid="$pid" '/^Name:/ { name = $2 }
                /^RssAnon:/ { print name "-" pid, $2 }' "/proc/$pid/status"
            ;;
        esac
    done | sort
}

# Each prints its result, the same for the same tree, whatever its name is.
reader_find ()
{
    (cd "$1" && find . -mindepth 1 \
        -printf '%P|%y|%m|%U:%G|%T@|%l\n' -type f -printf '%s\n' | sort)
}

reader_list ()
{
    find "$1" -ls | wc -l
}

reader_grep ()
{
    (cd "$1" && grep -rac needle . | grep -v ':0$' | sort)
}

# What tar puts there else is of its process, or of who read it before.
pax=exthdr.name=%d/%f,delete=atime,delete=ctime
reader_tar ()
{
    (cd "$1" && find . -mindepth 1 -print0 | sort -z |
        tar --no-recursion --null -T - --format=posix --xattrs \
            --xattrs-exclude='user.deltafs.*' --pax-option="$pax" -cf - |
        sha256sum)
}

reader_rsync ()
{
    rsync -aHAX --delete "$1/" "$work/rsync/" && echo done
}

reader_diff ()
{
    diff -rq --no-dereference "$work/plain" "$1"
}

reader_cmp ()
{
    (cd "$1" && find . -type f -size +1000k -print0 |
        while IFS= read -rd '' file; do
            cmp "$file" "$work/plain/$file"
        done)
}

reader_forget ()
{
    load forget "$1"
}

readers="find list grep tar rsync diff cmp forget"

# read_on NAME: until the time is over, at least once
read_on ()
{
    local passes=0
    while test "$passes" -eq 0 || test "$SECONDS" -lt "$end"; do
        "reader_$1" "$work/delta" >"$work/$1.got" 2>&1 || return 1
        cmp -s "$work/$1.got" "$work/$1.wanted" || return 1
        passes=$((passes + 1))
    done
    echo "$passes" >"$work/$1.passes"
}

for name in $readers; do
    "reader_$name" plain >"$name.wanted" 2>&1
done
rm -rf rsync

# Once before, so that caches are full.
reader_tar delta >tar.got
memory >before
end=$((SECONDS + DELTAFS_LOAD_SECONDS))
declare -A jobs=()
for name in $readers; do
    read_on "$name" &
    jobs[$name]=$!
done
for name in $readers; do
    wait "${jobs[$name]}"
    code=$?
    is "$name: as of the plain tree, every time" "$code" 0
    test "$code" -eq 0 ||
        diff "$name.wanted" "$name.got" | sed -n '1,20 s/^/# /p'
    note "$name: $(cat "$name.passes" 2>/dev/null) times"
done
memory >after
note "memory before, in KiB: $(tr '\n' ' ' <before)"
note "memory after, in KiB: $(tr '\n' ' ' <after)"
is "the same processes are there" "$(cut -d' ' -f1 after)" \
    "$(cut -d' ' -f1 before)"
is "none has grown by more than $growth KiB" \
    "$(join before after | awk -v most=$growth '$3 > $2 + most')" ""
check "what rsync has copied is the plain tree" \
    python3 "$fixtures_here/copies.py" --no-top plain rsync
check "and so is the mount" \
    python3 "$fixtures_here/copies.py" --no-top plain delta

deltafs_run umount delta
is "umount: exit code" "$status" 0
check_images
check_nothing_left
done_testing
