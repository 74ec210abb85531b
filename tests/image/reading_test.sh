#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every kind of image is read to the byte, and its map is right: held against
# qemu-img.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/image_kit.sh"
requires python3

# A disk whose bytes all differ.
python3 - <<'EOF'
import hashlib
with open("disk.raw", "wb") as disk:
    for i in range(3 * 1024 * 1024 // 64):
        disk.write(hashlib.sha512(b"%d" % i).digest())
    disk.truncate(6 * 1024 * 1024)
    disk.seek(5 * 1024 * 1024 + 700)
    disk.write(b"the end")
EOF

# guest NAME: the same writes for every overlay.
guest ()
{
    qemu-io -f qcow2 -c 'write -q -P 0xa1 4096 512' \
        -c 'write -q -P 0xa2 1000000 70000' -c 'write -q -z 2M 128k' \
        -c 'write -q -P 0xa3 5M 1k' "$1" >/dev/null
}

# map_is WHAT OVERLAY: what was written, held against qemu-img's depth 0.
map_is ()
{
    qemu-img map --output=json -f qcow2 "$2" | python3 -c '
import json, sys
end, start = -1, 0
for part in json.load(sys.stdin) + [{"depth": 1, "start": 1 << 62, "length": 0}]:
    if part["depth"] == 0 and part["start"] == end:
        end += part["length"]
        continue
    if end > 0:
        print(start, end - start)
        end = -1
    if part["depth"] == 0:
        start, end = part["start"], part["start"] + part["length"]
' >wanted
    run "$tool" "$2" written
    same_files "$1: the map" out wanted
}

pair_is ()
{
    local what=$1 image=$2
    shift 2
    sha256sum ./*.qcow2 disk.raw >sums
    cp disk.raw expected
    bytes_are "$what: base" base ${1+"$@"} "$image"
    qemu-img convert -f qcow2 -O raw "$image" expected
    bytes_are "$what: overlay" overlay ${1+"$@"} "$image"
    map_is "$what" "$image"
    check "$what: nothing was written" sha256sum --quiet -c sums
    rm -f ./*.qcow2
}

for options in cluster_size=512 cluster_size=4k cluster_size=2M \
    extended_l2=on extended_l2=on,cluster_size=2M compat=0.10 \
    lazy_refcounts=on refcount_bits=1; do
    qemu-img convert -f raw -O qcow2 -o "$options" disk.raw base.qcow2
    overlay top.qcow2 base.qcow2 qcow2 -o "$options"
    guest top.qcow2
    pair_is "$options" top.qcow2
done
for compression in zlib zstd; do
    qemu-img convert -c -f raw -O qcow2 -o compression_type=$compression \
        disk.raw base.qcow2
    overlay top.qcow2 base.qcow2 qcow2 -o compression_type=$compression
    guest top.qcow2
    qemu-io -f qcow2 -c 'write -q -c -P 0xb1 3M 64k' top.qcow2 >/dev/null
    pair_is "$compression" top.qcow2
done
for preallocation in metadata falloc full; do
    qemu-img convert -f raw -O qcow2 disk.raw base.qcow2
    qemu-img create -q -f qcow2 -o preallocation=$preallocation full.qcow2 6M
    qemu-img convert -n -f raw -O qcow2 disk.raw full.qcow2
    overlay top.qcow2 full.qcow2 qcow2
    guest top.qcow2
    pair_is "preallocation=$preallocation" top.qcow2
done
for options in data_file=data.raw data_file=data.raw,data_file_raw=on \
    data_file="$work/data.raw",cluster_size=2M; do
    rm -f data.raw
    qemu-img create -q -f qcow2 -o "$options" base.qcow2 6M
    qemu-img convert -n -f raw -O qcow2 disk.raw base.qcow2
    overlay top.qcow2 base.qcow2 qcow2
    guest top.qcow2
    pair_is "base with $options" top.qcow2
done
rm -f data.raw
qemu-img convert -f raw -O qcow2 disk.raw base.qcow2
overlay top.qcow2 base.qcow2 qcow2 -o data_file=data.raw
guest top.qcow2
pair_is "overlay with an external data file" top.qcow2
qemu-img convert -f raw -O qcow2 disk.raw base.qcow2
overlay top.qcow2 base.qcow2 qcow2
guest top.qcow2
qemu-img snapshot -c before top.qcow2
written_at top.qcow2 qcow2 0xc1 2500k 100k
pair_is "an internal snapshot" top.qcow2

# Bases of other formats.
base_is ()
{
    overlay top.qcow2 "$2" "$1"
    guest top.qcow2
    pair_is "$1 base $2" top.qcow2
}
base_is raw disk.raw
for format in vdi vhdx vpc parallels qcow qed; do
    qemu-img convert -f raw -O $format disk.raw base.$format
    if test "$(qemu-img info -f $format base.$format --output=json \
        | python3 -c 'import json, sys; print(json.load(sys.stdin)["virtual-size"])')" \
        = 6291456; then
        base_is $format base.$format
    else
        # Whole cylinders: the disk is a little larger.
        overlay top.qcow2 base.$format $format
        run "$tool" top.qcow2 read base 0 6291456
        check "$format base: the bytes" cmp out disk.raw
        rm top.qcow2
    fi
done
for subformat in monolithicSparse monolithicFlat twoGbMaxExtentSparse \
    twoGbMaxExtentFlat streamOptimized; do
    rm -rf vm
    mkdir vm
    qemu-img convert -f raw -O vmdk -o subformat=$subformat disk.raw vm/d.vmdk
    base_is vmdk vm/d.vmdk
done

# Several threads.
qemu-img convert -f raw -O qcow2 disk.raw base.qcow2
overlay top.qcow2 base.qcow2 qcow2
guest top.qcow2
qemu-img convert -f qcow2 -O raw top.qcow2 expected
run "$tool" top.qcow2 threads overlay "$work/expected"
is "eight threads read the overlay" "$status $(cat err)" "0 "
run "$tool" top.qcow2 threads base "$work/disk.raw"
is "eight threads read the base" "$status $(cat err)" "0 "
rm -f ./*.qcow2
qemu-img convert -f raw -O qed disk.raw base.qed
overlay top.qcow2 base.qed qed
run "$tool" top.qcow2 threads base "$work/disk.raw"
is "eight threads read a base of whole sectors" "$status $(cat err)" "0 "
rm -f ./*.qcow2

# Chains of any kind: layers of different sizes, writes, zeros, discards,
# packed clusters.
seed=${DELTAFS_SEED:-$((RANDOM * 32768 + RANDOM))}
note "DELTAFS_SEED=$seed"
RANDOM=$((seed % 32768))

# random_chain LAYERS: l0.qcow2 is the lowest one
random_chain ()
{
    local i j size bits compat at
    for ((i = 0; i < $1; ++i)); do
        size=$((2048 + RANDOM % 40 * 512))
        bits=$((9 + RANDOM % 9))
        compat=$((RANDOM % 4 ? 1 : 0))
        set -- "$1" -o "cluster_size=$((1 << bits)),compat=$((compat ? 1 : 0)).$((compat ? 1 : 10))"
        if ((i == 0)); then
            qemu-img create -q -f qcow2 "${@:2}" l0.qcow2 ${size}k
        else
            qemu-img create -q -f qcow2 -b l$((i - 1)).qcow2 -F qcow2 \
                "${@:2}" l$i.qcow2 ${size}k
        fi || return 1
        set -- "$1"
        for ((j = 0; j < 12; ++j)); do
            at=$((RANDOM % (size * 2 - 700) * 512))
            case $((RANDOM % 6)) in
                0) set -- "$@" -c "write -q -z $at $((RANDOM % 300 * 512 + 512))" ;;
                1) set -- "$@" -c "discard -q $at $((RANDOM % 300 * 512 + 512))" ;;
                2) set -- "$@" -c "write -q -c -P $((RANDOM % 255 + 1)) $((at >> bits << bits)) $((1 << bits))" ;;
                *) set -- "$@" -c "write -q -P $((RANDOM % 255 + 1)) $at $((RANDOM % 300 * 512 + 512))" ;;
            esac
        done
        # A packed cluster may not fit where the disk ends.
        qemu-io -f qcow2 "${@:2}" l$i.qcow2 >/dev/null 2>&1
        set -- "$1"
    done
}
rounds=${DELTAFS_ROUNDS:-8}
failed=
for ((round = 0; round < rounds && ${#failed} == 0; ++round)); do
    rm -f l?.qcow2
    layers=$((2 + RANDOM % 3))
    random_chain $layers || failed="round $round: making it"
    top=l$((layers - 1)).qcow2
    for ((i = 0; i < layers; ++i)); do
        side=base
        ((i < layers - 1)) || side=overlay
        qemu-img convert -f qcow2 -O raw l$i.qcow2 expected
        set -- --base l$i.qcow2 "$top"
        ((i < layers - 1)) || set -- "$top"
        "$tool" "$@" read $side 0 "$(stat -c %s expected)" >out 2>err &&
            cmp out expected || failed="round $round: layer $i of $layers"
    done
    # "expected" is the overlay's disk by now.
    qemu-img convert -f qcow2 -O raw l0.qcow2 lowest
    "$tool" --base l0.qcow2 "$top" written >out 2>err &&
        python3 - lowest expected out <<'EOF' || failed="round $round: the map"
import sys
base, overlay = (open(name, "rb").read() for name in sys.argv[1:3])
base = base[:len(overlay)].ljust(len(overlay), b"\0")
end = 0
for line in [*open(sys.argv[3]), f"{len(overlay)} 0"]:
    offset, length = map(int, line.split())
    if base[end:offset] != overlay[end:offset]:
        sys.exit(f"differs before {offset}")
    end = offset + length
EOF
done
is "$rounds random chains" "$failed" ""
rm -f l?.qcow2 lowest

# Odd sizes, odd reads.
head -c 1234567 disk.raw >odd.raw
overlay top.qcow2 odd.raw raw
run "$tool" top.qcow2 sizes
is "a raw disk of odd size" "$(cat out)" "1234944 1234944"
run "$tool" top.qcow2 read base 1234000 567
tail -c 567 odd.raw >expected
check "its last bytes" cmp out expected
run "$tool" top.qcow2 read base 1234944 1
is "beyond its end" "$(cat err)" "read: Invalid argument"
run "$tool" top.qcow2 read base 18446744073709551615 2
is "far beyond its end" "$(cat err)" "read: Invalid argument"
: >empty.raw
overlay none.qcow2 empty.raw raw
run "$tool" none.qcow2 sizes
is "a disk of no bytes" "$status $(cat out)" "0 0 0"
run "$tool" none.qcow2 volumes base
is "has no volumes to speak of" "$status" 0

# Two full images.
qemu-img convert -f raw -O qcow2 disk.raw one.qcow2
qemu-img convert -f raw -O vdi disk.raw two.vdi
run "$tool" --base two.vdi one.qcow2 written
is "two full images have no map" "$(cat out)" "no map"

done_testing
