# SPDX-License-Identifier: GPL-2.0-or-later
# Random histories of exFAT, made through exfat-fuse, with the direct engine held
# against what it shows of both sides: list, kinds, metadata, content.
#
#   DELTAFS_SEED=N            repeats a run
#   DELTAFS_DIFFERENTIAL=N    so many histories of each kind (1)

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mkfs.exfat mount.exfat-fuse losetup python3
requires_root
dump=$top_builddir/tests/direct/direct_dump
seed=${DELTAFS_SEED:-$RANDOM}
note "seed $seed"

exfat ()
{
    python3 "$srcdir/exfat.py" "$@"
}

# one SEED SIZE CLUSTER
one ()
{
    rm -f base.raw overlay.raw
    truncate -s "$2" base.raw
    mkfs.exfat -c "$3" base.raw >/dev/null &&
        exfat history base.raw "$1-base" 120 &&
        cp base.raw overlay.raw &&
        exfat history overlay.raw "$1" 60 &&
        compare
}

compare ()
{
    rm -f dump-*
    "$dump" -T exfat -c 65536 base.raw overlay.raw >dump-1 &&
        "$dump" -T exfat -c 512 -s 3 base.raw overlay.raw >dump-2 &&
        "$dump" -T exfat -n base.raw overlay.raw >dump-3 2>warning &&
        exfat compare base.raw overlay.raw dump-*
}

for ((i = 0; i < ${DELTAFS_DIFFERENTIAL:-1}; ++i)); do
    check "clusters of 512 bytes, seed $seed" one "$seed-$i" 16M 512
    check "clusters of 4 KiB, seed $seed" one "$seed-$i" 32M 4K
    check "clusters of 128 KiB, seed $seed" one "$seed-$i" 256M 128K
done

# What exfat-fuse cannot write: attributes, and an entry that is not to be seen.
truncate -s 16M base.raw
mkfs.exfat base.raw >/dev/null
exfat history base.raw 1 12 build
cp base.raw overlay.raw
exfat attributes overlay.raw 6
run "$dump" -T exfat -l base.raw overlay.raw
is "exit code with other attributes" "$status" 0
is "kinds" "$(cut -d' ' -f1,2 "$work/out" | sort -u)" "modified attributes"
exfat attributes overlay.raw 7
run "$dump" -T exfat -l base.raw overlay.raw
is "kinds of files that are read-only now" \
   "$(cut -d' ' -f1,2 "$work/out" | sort -u)" "modified attributes
modified mode,attributes"

# A directory whose chain goes on behind the length that it says: Linux shows what
# is there, and so do we.
rm base.raw
truncate -s 16M base.raw
mkfs.exfat base.raw >/dev/null
exfat behind base.raw overlay.raw
run "$dump" -T exfat -l base.raw overlay.raw
is "an entry behind a directory's length" "$(cat "$work/out")" \
   "added - /directory/hidden"

# A name of more than 255 bytes, which UTF-16 makes of 120 units.
long=$(printf '数%.0s' $(seq 120))
cp base.raw overlay.raw
exfat create overlay.raw "$long"
run "$dump" -T exfat -l base.raw overlay.raw
is "a long name" "$(cat "$work/out")" "added - /$long"

# An image by others, with changes of ours on top.
sample=/usr/share/forensics-samples/fs.exfat.xz
if test -r "$sample"; then
    xz -dc "$sample" >disk.raw
    dd if=disk.raw of=base.raw bs=1M skip=1 status=none
    cp base.raw overlay.raw
    exfat history overlay.raw "$seed" 60
    check "a sample of others" compare
fi

done_testing
