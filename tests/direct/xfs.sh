# SPDX-License-Identifier: GPL-2.0-or-later
# Random histories of XFS, made by the kernel, with the direct engine held against
# the kernel's view of both sides: list, kinds, metadata, content.  Also of copies
# that were taken while the filesystem was mounted and written to.
#
#   DELTAFS_SEED=N            repeats a run
#   DELTAFS_DIFFERENTIAL=N    so many sets of features (3); "all"
#   DELTAFS_OPERATIONS=N      so many operations of each history (120)
#   DELTAFS_LARGE=1           with a directory of 100,000 names, a file of 10,000
#                             extents and a log that is gone round many times

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mkfs.xfs python3
requires_root
dump=$top_builddir/tests/direct/direct_dump
seed=${DELTAFS_SEED:-$RANDOM}
operations=${DELTAFS_OPERATIONS:-120}
large=${DELTAFS_LARGE:+large}
storms=${DELTAFS_LARGE:+4000}
note "seed $seed"

# What xfs_features.py adds, and what mkfs.xfs is told.
sets=(
    "|"
    "|-b size=1024"
    "|-b size=2048 -n size=16384"
    "parent|-n size=16384"
    "|-m rmapbt=1"
    "|-i nrext64=1"
    "parent|-m bigtime=0,reflink=0"
    "|-d agcount=9 -m inobtcount=0"
    "|-m finobt=0,inobtcount=0"
    "parent|-i sparse=0 -i size=1024"
    "|-s size=4096"
    "|-l su=256k"
    "parent|-m rmapbt=1 -i nrext64=1 -n size=8192 -b size=1024"
)
count=${DELTAFS_DIFFERENTIAL:-3}
test "$count" != all || count=${#sets[@]}

mkdir base overlay
cleanup_add "umount $work/base; umount $work/overlay"

history ()
{
    python3 "$srcdir/history.py" "$@" xfs
}

# Data that is forced to the disk piece by piece, and much of it twice; some of the
# files are deleted while they are open, and stay so.
storm ()
{
    python3 - "$1" "$2" "${storms:-80}" <<'EOF'
import os, random, sys
os.chdir(sys.argv[1])
r = random.Random(sys.argv[2])
kept = []
for i in range(int(sys.argv[3])):
    name = "storm-%d" % r.randrange(40)
    f = os.open(name, os.O_RDWR | os.O_CREAT)
    os.pwrite(f, r.randbytes(r.randrange(9000)), r.randrange(100000))
    os.fsync(f)
    os.close(f)
    if r.random() < 0.3:
        os.rename(name, "storm-%d" % r.randrange(40))
    elif r.random() < 0.15 and len(kept) < 200:
        kept.append(os.open(name, os.O_RDWR))
        os.unlink(name)
EOF
}

# mount_copy IMAGE MOUNTPOINT: the kernel's view, of a copy: it recovers.  Every copy is
# a file of its own: a loop device of another one may still be there, with what it
# has kept in memory.
copies=0
mount_copy ()
{
    copies=$((copies + 1))
    cp --sparse=always "$1" "copy-$copies" &&
        retry 30 mount -o loop,nouuid "copy-$copies" "$2"
}

# The filesystem in IMAGE is written to until nobody has it mounted any more, also in
# a namespace that another program made meanwhile.
is_free ()
{
    test -z "$(losetup -j "$1")"
}

compare ()
{
    local image=$1 number=0 options code=0
    shift
    mount_copy base.raw base && mount_copy "$image" overlay || return 1
    for options; do
        number=$((number + 1))
        # shellcheck disable=SC2086
        "$dump" -T xfs $options base.raw "$image" >"dump-$number" || code=1
    done
    test $code = 0 && python3 "$srcdir/oracle.py" base overlay dump-* ||
        code=1
    rm -f dump-*
    umount base
    umount overlay
    rm -f copy-*
    return $code
}

one_set ()
{
    local flags=${1%%|*} arguments=${1#*|} here=$2 writer
    rm -f ./*.raw
    truncate -s 700M base.raw
    # shellcheck disable=SC2086
    mkfs.xfs -q $arguments base.raw || return 1
    if test "$flags" = parent; then
        python3 "$srcdir/xfs_features.py" base.raw || return 1
    fi
    retry 30 mount -o loop base.raw base || return 1
    # shellcheck disable=SC2086
    history base "$here-base" 250 build $large
    sync -f base
    umount base && retry 120 is_free base.raw || return 1
    cp --sparse=always base.raw overlay.raw
    retry 30 mount -o loop overlay.raw overlay || return 1
    history overlay "$here" "$operations"
    sync -f overlay
    { history overlay "$here-more" 60; storm overlay "$here"; } &
    writer=$!
    sleep 0.$((RANDOM % 9))
    cp --sparse=always overlay.raw live.raw
    wait $writer
    python3 -c 'import os; os.fsync (os.open ("overlay", os.O_RDONLY))'
    cp --sparse=always overlay.raw dirty.raw
    sync -f overlay
    umount overlay && retry 120 is_free overlay.raw || return 1
    compare overlay.raw "-c 65536" "-c 4096 -s 7" "-n" &&
        compare dirty.raw "-c 65536" "-c 1024" || return 1
    # A copy that is torn may be one that the kernel does not mount.
    if mount_copy live.raw overlay 2>/dev/null; then
        umount overlay
        compare live.raw "-c 65536"
    fi
}

for ((i = 0; i < count; ++i)); do
    set=${sets[(seed + i) % ${#sets[@]}]}
    check "mkfs.xfs ${set#*|} ${set%%|*}, seed $seed" one_set "$set" "$seed-$i"
    umount overlay 2>/dev/null
    umount base 2>/dev/null
done
done_testing
