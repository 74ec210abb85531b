# SPDX-License-Identifier: GPL-2.0-or-later
# Random histories of FAT, made by mtools, with the direct engine held against
# what mtools shows: list, kinds, metadata, content.
#
#   DELTAFS_SEED=N            repeats a run
#   DELTAFS_DIFFERENTIAL=N    so many histories of each kind (1)

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mkfs.vfat mcopy python3
dump=$top_builddir/tests/direct/direct_dump
seed=${DELTAFS_SEED:-$RANDOM}
note "seed $seed"
export MTOOLS_SKIP_CHECK=1 TZ=UTC LC_ALL=C.UTF-8

# one SEED SIZE ARGUMENT… (of mkfs.vfat)
one ()
{
    local here=$1 size=$2
    shift 2
    rm -f base.raw overlay.raw dump-*
    truncate -s "$size" base.raw
    mkfs.vfat "$@" base.raw >/dev/null || return 1
    python3 "$srcdir/fat_history.py" base.raw "$here-base" 80
    cp base.raw overlay.raw
    python3 "$srcdir/fat_history.py" overlay.raw "$here" 40
    "$dump" -T vfat -c 65536 base.raw overlay.raw >dump-1 &&
        "$dump" -T vfat -c 512 -s 3 base.raw overlay.raw >dump-2 &&
        "$dump" -T vfat -n base.raw overlay.raw >dump-3 2>warning &&
        python3 "$srcdir/fat_oracle.py" base.raw overlay.raw dump-*
}

for ((i = 0; i < ${DELTAFS_DIFFERENTIAL:-1}; ++i)); do
    check "FAT12, seed $seed" one "$seed-$i" 2M -F 12
    check "FAT16, seed $seed" one "$seed-$i" 40M -F 16
    check "FAT32, seed $seed" one "$seed-$i" 80M -F 32
    check "FAT32, sectors of 4096, seed $seed" one "$seed-$i" 280M -F 32 -S 4096
done

# What every boot of a UEFI guest writes: the mark that the volume is in use.
check "a volume with a file" one "$seed" 80M -F 32
cp base.raw overlay.raw
printf '\001' | dd of=overlay.raw bs=1 seek=65 conv=notrunc status=none
run "$dump" -T vfat -l base.raw overlay.raw
is "exit code with the mark of a volume in use" "$status" 0
is "changes" "$(cat "$work/out")" ""

done_testing
