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
    rm -f base.raw overlay.raw
    truncate -s "$size" base.raw
    mkfs.vfat "$@" base.raw >/dev/null || return 1
    python3 "$srcdir/fat_history.py" base.raw "$here-base" 80
    cp base.raw overlay.raw
    python3 "$srcdir/fat_history.py" overlay.raw "$here" 40
    compare
}

compare ()
{
    rm -f dump-*
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

# Short names that no program writes: spaces behind a NUL.
cp base.raw overlay.raw
echo short >source
mcopy -i overlay.raw source ::/ABCDEFGH.TXT
python3 - overlay.raw <<'END'
import sys
with open(sys.argv[1], "r+b") as f:
    data = f.read()
    f.seek(data.index(b"ABCDEFGHTXT"))
    f.write(b"AB  \0  \0T\0 ")
END
run "$dump" -T vfat -l base.raw overlay.raw
is "a strange short name" "$(cat "$work/out")" "added - /AB.T"

# The second table alone.
cp base.raw overlay.raw
printf '\7' | dd of=overlay.raw bs=1 conv=notrunc status=none seek=$((
    ($(od -An -tu2 -j14 -N2 base.raw) + $(od -An -tu4 -j36 -N4 base.raw)) * 512
    + 400))
run "$dump" -T vfat -l base.raw overlay.raw
is "tables that differ" "$(cat "$work/out" "$work/err")" \
   "the filesystem is damaged: disk: its allocation tables differ; the first one counts"

# Ten thousand files in one small circle of clusters end before long.
truncate -s 300M base.raw
mkfs.vfat -F 32 -s 1 base.raw >/dev/null
cp --sparse=always base.raw overlay.raw
python3 "$srcdir/fat_circle.py" overlay.raw 10000
run timeout 60 "$dump" -T vfat -l base.raw overlay.raw
is "a circle of clusters" "$status" 0

# An image by others, with changes of ours on top.
sample=/usr/share/forensics-samples/fs.vfat.xz
if test -r "$sample"; then
    xz -dc "$sample" >disk.raw
    dd if=disk.raw of=base.raw bs=1M skip=1 status=none
    cp base.raw overlay.raw
    python3 "$srcdir/fat_history.py" overlay.raw "$seed" 40
    check "a sample of others" compare
fi

done_testing
