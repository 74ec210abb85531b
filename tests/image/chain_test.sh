#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which image is the base, and which formats are believed.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/image_kit.sh"

qemu-img create -q -f qcow2 base.qcow2 8M
written_at base.qcow2 qcow2 1 0 1M
overlay mid.qcow2 base.qcow2 qcow2
written_at mid.qcow2 qcow2 2 1M 64k
overlay top.qcow2 mid.qcow2 qcow2
written_at top.qcow2 qcow2 3 4M 128k
sha256sum ./*.qcow2 >sums

# A chain of three.
run "$tool" -v top.qcow2 written
is "delta against the backing file" "$(cat out)" "4194304 131072"
like "detail" "$(cat err)" 'written since the base: 0\.1 MiB of 8\.0 MiB in 1'
run "$tool" --base mid.qcow2 top.qcow2 written
is "--base names the backing file" "$(cat out)" "4194304 131072"
run "$tool" --base base.qcow2 top.qcow2 written
is "--base names a deeper member" "$(cat out)" "1048576 65536
4194304 131072"
ln base.qcow2 link.qcow2
run "$tool" --base link.qcow2 top.qcow2 written
is "a member by another name" "$(cat out)" "1048576 65536
4194304 131072"
rm link.qcow2
run "$tool" --base ./base.qcow2 top.qcow2 read base 1048576 4
is "base's bytes" "$(od -An -tx1 out)" " 00 00 00 00"
refused "the overlay as its own base" 'cannot use the base: top.qcow2: it is the overlay' \
    --base top.qcow2 top.qcow2 written

# Outside the chain.
qemu-img convert -f qcow2 -O raw base.qcow2 other.raw
run "$tool" --base other.raw --base-format raw top.qcow2 written
is "an image outside the chain has no map" "$(cat out)" "no map"
run "$tool" --base mid.qcow2 base.qcow2 written
is "two images the other way round" "$(cat out)" "no map"
refused "a raw base that nobody states" 'hint: say it with --base-format' \
    --base other.raw top.qcow2 written
run "$tool" --format raw --base base.qcow2 other.raw sizes
is "a raw overlay with --format" "$(cat out)" "8388608 8388608"
for format in vmdk vdi vhdx qcow2; do
    qemu-img convert -f raw -O $format other.raw other.$format
    run "$tool" --base other.$format top.qcow2 read base 0 4
    is "$format is known by its magic" "$(od -An -tx1 out)" " 01 01 01 01"
done

# Moved.
mkdir elsewhere
mv base.qcow2 elsewhere
refused "a missing base" 'cannot open the backing file: base.qcow2: No such file.*hint: if it is elsewhere, name it with --base FILE' \
    top.qcow2 written
run "$tool" --base elsewhere/base.qcow2 top.qcow2 written
is "--base stands for the missing layer" "$(cat out)" "1048576 65536
4194304 131072"
is "without a word" "$(cat err)" ""
refused "--base names a member above a missing one" 'backing file: base.qcow2' \
    --base mid.qcow2 top.qcow2 written
mv mid.qcow2 elsewhere
run "$tool" --base elsewhere/mid.qcow2 top.qcow2 written
is "the moved base's own names are relative to it" "$(cat out)" "4194304 131072"
mv elsewhere/base.qcow2 .
refused "another one missing below" 'backing file: elsewhere/base.qcow2: No such file' \
    --base elsewhere/mid.qcow2 top.qcow2 written
mv elsewhere/mid.qcow2 .
check "no image was written to" sha256sum --quiet -c sums

# Formats.
refused "an overlay that is no image" 'not a qcow2 image.*hint: .*--format' \
    --base base.qcow2 other.raw written
refused "an overlay of another format" 'not a qcow2 image.*--format vmdk' \
    --base base.qcow2 other.vmdk written
refused "an unknown format" 'said to be "nbd", which is not known' \
    --format nbd --base base.qcow2 top.qcow2 written
cp top.qcow2 unstated.qcow2
qemu-img rebase -u -f qcow2 -b "" unstated.qcow2
overlay unstated.qcow2 base.qcow2 qcow2
# Turn the header extension with the format (at 112, after the header) into one
# that nobody knows.
reset_bytes unstated.qcow2 112 '\x12\x34\x56\x78'
refused "a stored format that is not stated" 'does not state its format.*hint: say it with --base-format' \
    unstated.qcow2 written
run "$tool" --base-format qcow2 unstated.qcow2 written
is "--base-format states it" "$status" 0
run "$tool" --base-format raw unstated.qcow2 read base 0 3
is "--base-format is believed" "$(cat out)" "QFI"
refused "--base-format against the header" \
    'two formats for the base: base.qcow2: --base-format says raw, the image above it states qcow2.*hint: leave --base-format out, or say qcow2' \
    --base-format raw --base base.qcow2 top.qcow2 written
refused "--base-format against the header of the overlay" \
    'two formats for the base: mid.qcow2: --base-format says vdi,' \
    --base-format vdi top.qcow2 written
run "$tool" --base-format qcow2 --base base.qcow2 top.qcow2 written
is "--base-format as the header has it" "$status $(cat err)" "0 "
mv base.qcow2 kept.qcow2
qemu-img convert -f qcow2 -O vdi kept.qcow2 copy.vdi
run "$tool" --base copy.vdi --base-format vdi top.qcow2 read base 0 4
is "a copy in another format for a missing layer" "$status" 0
like "both formats are named" "$(cat err)" \
    '^warning: two formats for the base: copy.vdi: read as vdi, .* states qcow2$'
mv kept.qcow2 base.qcow2
qemu-img create -q -f qcow2 -o compat=0.10 -b base.qcow2 -F qcow2 old.qcow2
written_at old.qcow2 qcow2 9 2M 64k
run "$tool" old.qcow2 written
is "a version 2 header" "$(cat out)" "2097152 65536"
refused "no backing file" 'it has no backing file.*hint: .*--base FILE' \
    base.qcow2 written

# Sizes.
overlay large.qcow2 base.qcow2 qcow2
qemu-img resize -q large.qcow2 20M
written_at large.qcow2 qcow2 5 16M 64k
run "$tool" large.qcow2 written
is "larger than its base: what was written" "$(cat out)" "16777216 65536"
like "larger than its base: a warning" "$(cat err)" 'warning: the disks differ in size: large.qcow2: 20971520 bytes, its base has 8388608'
run "$tool" large.qcow2 read overlay 12582912 4
is "beyond the base there are zeros" "$(od -An -tx1 out)" " 00 00 00 00"

# The largest disk.
qemu-img create -q -f qcow2 -o cluster_size=2M vast.qcow2 128T
overlay thin.qcow2 vast.qcow2 qcow2
written_at thin.qcow2 qcow2 6 100T 64k
run timeout 120 "$tool" thin.qcow2 written
is "128 TiB, nearly empty" "$(cat out)" "109951162777600 65536"
run timeout 120 "$tool" thin.qcow2 volumes overlay
is "it has one volume" "$(sed 1d out)" "0 0 140737488355328 blank - - - - -"

# A name with colons and other oddities is a file's.
cp top.qcow2 'nbd:odd,name.qcow2'
run "$tool" 'nbd:odd,name.qcow2' written
is "odd names on the command line" "$(cat out)" "4194304 131072"

# A deep chain.
previous=base.qcow2
for i in $(seq 60); do
    overlay "deep$i.qcow2" "$previous" qcow2
    previous=deep$i.qcow2
done
written_at deep1.qcow2 qcow2 7 0 64k
run "$tool" --base base.qcow2 deep60.qcow2 written
is "sixty layers" "$(cat out)" "0 65536"

done_testing
