#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hostile and broken images: refused before anything is opened that should
# not be, with one message.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/image_kit.sh"
requires python3 mkfifo

qemu-img create -q -f qcow2 base.qcow2 8M
written_at base.qcow2 qcow2 1 0 2M
echo "the host's secret" >secret
truncate -s 8M secret

# with_backing NAME [FORMAT]: evil.qcow2 stores it.
with_backing ()
{
    rm -f evil.qcow2
    qemu-img create -q -f qcow2 evil.qcow2 8M
    qemu-img rebase -u -f qcow2 -F "${2:-raw}" -b "$1" evil.qcow2
}

for name in 'json:{"driver":"raw","file":{"driver":"file","filename":"secret"}}' \
    nbd:localhost:10809 nbd://localhost/x file:secret fat:/etc \
    https://localhost/x host_device:/dev/sda rbd:pool/image; do
    with_backing "$name"
    refused "stored name $name" 'not allowed: a name inside an image must be' \
        evil.qcow2 written
done
run "$tool" --base base.qcow2 evil.qcow2 written
is "--base stands for a name that is not allowed" "$status" 0
with_backing file:secret
run "$tool" --allow-remote-backing evil.qcow2 read base 0 10
is "--allow-remote-backing" "$(cat out)" "the host's"

mkfifo fifo
with_backing fifo
refused "a fifo as backing file" 'is not a regular file' evil.qcow2 written
with_backing /dev/null
refused "a device as backing file" 'is not a regular file' evil.qcow2 written
if mknod disk b 7 250 2>/dev/null; then
    with_backing disk
    refused "a block device as backing file" \
        'disk: not allowed: it is a block device' evil.qcow2 written
    like "it can be named on the command line" "$(cat err)" \
        'hint: .*--base [^ ]*disk'
    like "or the restriction be lifted" "$(cat err)" \
        'hint: .*--allow-remote-backing'
    rm disk
fi
with_backing .
refused "a directory as backing file" 'is a directory' evil.qcow2 written
with_backing /proc/self/environ
refused "a file of /proc as backing file" 'not an image' evil.qcow2 written
ln -s /dev/zero link
with_backing link
refused "a link to a device" 'is not a regular file' evil.qcow2 written
ln -sf base.qcow2 link
with_backing link qcow2
run "$tool" evil.qcow2 written
is "a link to an image is followed" "$status" 0
refused "an overlay that is missing" 'cannot open the overlay: missing: No such' \
    missing written
refused "an overlay that is a fifo" 'neither a regular file nor a block device' \
    fifo written
refused "an overlay that is a directory" 'is a directory' . written
refused "a base that is missing" 'cannot open the base: missing: No such' \
    --base missing evil.qcow2 written
: >empty
refused "an empty file" 'not a qcow2 image' empty written

# Chains that are none.
overlay a.qcow2 base.qcow2 qcow2
overlay b.qcow2 a.qcow2 qcow2
qemu-img rebase -u -f qcow2 -F qcow2 -b b.qcow2 a.qcow2
refused "a loop" 'b.qcow2: the chain is a loop' b.qcow2 written
qemu-img rebase -u -f qcow2 -F qcow2 -b a.qcow2 a.qcow2
refused "a loop of one" 'a.qcow2: the chain is a loop' a.qcow2 written

cp base.qcow2 layer001.qcow2
overlay layer000.qcow2 layer001.qcow2 qcow2
for i in $(seq 0 210); do
    sed "s/layer001/$(printf 'layer%03d' $((i + 1)))/" layer000.qcow2 \
        >"$(printf 'next%03d' "$i")"
done
for i in $(seq 0 210); do
    mv "$(printf 'next%03d' "$i")" "$(printf 'layer%03d.qcow2' "$i")"
done
refused "a chain without end" 'layer000.qcow2: more than 200 layers' \
    layer000.qcow2 written

# Encrypted.
# On a busy machine QEMU at times cannot measure its key derivation.
retry 60 qemu-img create -q -f qcow2 --object secret,id=s,data=secret \
    -o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10 \
    locked.qcow2 1M
overlay o.qcow2 base.qcow2 qcow2
qemu-img rebase -u -f qcow2 -F qcow2 -b locked.qcow2 o.qcow2
refused "an encrypted base" 'locked.qcow2: encrypted images are not supported' \
    o.qcow2 written
refused "an encrypted overlay" 'encrypted images are not supported' \
    --base base.qcow2 locked.qcow2 written

# Cut short: anywhere, it is seen before zeros are shown.
overlay o.qcow2 base.qcow2 qcow2
written_at o.qcow2 qcow2 4 3M 300k
size=$(stat -c %s base.qcow2)
for cut in 1 512 70000 1000000 $((size - 80000)) $((size - 70)); do
    cp base.qcow2 whole
    truncate -s -$cut base.qcow2
    refused "a base that lacks $cut bytes" 'base.qcow2: truncated' \
        o.qcow2 written
    mv whole base.qcow2
done
cp o.qcow2 cut.qcow2
truncate -s -1 cut.qcow2
refused "an overlay that lacks a byte" 'cut.qcow2: truncated' \
    cut.qcow2 written
qemu-img convert -c -f qcow2 -O qcow2 -o compression_type=zstd base.qcow2 packed.qcow2
truncate -s -1024 packed.qcow2
refused "a packed base" 'truncated' --base packed.qcow2 o.qcow2 written
qemu-img convert -f qcow2 -O raw base.qcow2 base.raw
for format in vdi vmdk vhdx vpc parallels qcow; do
    qemu-img convert -f raw -O $format base.raw short.$format
    truncate -s -1M short.$format
    refused "a $format base that was cut" "cannot read the image: short.$format" \
        --base-format $format --base short.$format o.qcow2 written
done

# Tables that count in units of nothing.
printf 'WithouFreSpacExt\x02' >none.parallels
truncate -s 32 none.parallels
printf '\x04' >>none.parallels
truncate -s 64 none.parallels
printf '\x05' >>none.parallels
truncate -s 1M none.parallels
refused "a parallels base with clusters of nothing" 'cannot read the image' \
    --base-format parallels --base none.parallels o.qcow2 written

# Headers that lie.
lie ()
{
    cp o.qcow2 lie.qcow2
    reset_bytes lie.qcow2 "$2" "$3"
    refused "$1" 'cannot read the image' lie.qcow2 written
}
lie "no such version" 4 '\0\0\0\x09'
lie "clusters of 4 GiB" 20 '\0\0\0\x20'
lie "clusters of 1 byte" 20 '\0\0\0\0'
lie "a disk of 8 EiB" 24 '\x7f\xff\xff\xff\xff\xff\xfe\0'
lie "a table of 32 GiB" 36 '\xff\xff\xff\xff'
lie "a table beyond the file" 40 '\0\0\x10\0\0\0\0\0'
lie "a table that is the header" 40 '\0\0\0\0\0\0\0\x08'
lie "a backing file's name beyond the header" 8 '\0\0\0\x01\0\0\0\0'
lie "a backing file's name of 4 GiB" 16 '\xff\xff\xff\xff'
lie "a header of 4 GiB" 100 '\xff\xff\xff\xff'
lie "an extension of 4 GiB" 116 '\xff\xff\xff\xff'
lie "features of the future" 72 '\x80\0\0\0\0\0\0\0'
lie "an external data file without a name" 79 '\x04'

# A disk that is far too large, without a lie.
qemu-img create -q -f qcow2 -o cluster_size=2M huge.qcow2 129T
refused "a disk of 129 TiB" 'more than is supported' \
    --base base.qcow2 huge.qcow2 written

# External data files.
mkdir images
qemu-img create -q -f qcow2 -o data_file=images/data.raw,data_file_raw=on \
    images/data.qcow2 8M
reset_data ()
{
    rm -f images/evil.qcow2
    python3 - images/data.qcow2 images/evil.qcow2 "$1" <<'EOF'
import struct, sys
image = bytearray(open(sys.argv[1], "rb").read())
name = sys.argv[3].encode()
offset = struct.unpack(">I", image[100:104])[0]
# The extension of the data file's name goes first and ends the list.
image[offset:offset + 8] = struct.pack(">II", 0x44415441, len(name))
padded = name + bytes(-len(name) % 8)
image[offset + 8:offset + 8 + len(padded)] = padded
end = offset + 8 + len(padded)
image[end:end + 8] = bytes(8)
open(sys.argv[2], "wb").write(image)
EOF
}
for name in ../secret /etc/passwd nbd://localhost/x \
    'json:{"driver":"file","filename":"secret"}' . .. file:data.raw \
    sub/../data.raw; do
    reset_data "$name"
    refused "data file $name" 'not allowed: this file has to lie in' \
        --base base.qcow2 images/evil.qcow2 written
done
ln -s ../secret images/link.raw
reset_data link.raw
refused "a data file that is a link" 'is a symbolic link' \
    --base base.qcow2 images/evil.qcow2 written
reset_data gone.raw
refused "a data file that is missing" 'data file: gone.raw: No such file' \
    --base base.qcow2 images/evil.qcow2 written
reset_data data.raw
run "$tool" --base base.qcow2 images/evil.qcow2 sizes
is "a data file beside its image" "$status" 0
reset_data "$work/images/data.raw"
run "$tool" --base base.qcow2 images/evil.qcow2 sizes
is "the same by its whole name" "$status" 0
reset_data ./secret
run "$tool" --allow-remote-backing --base base.qcow2 images/evil.qcow2 sizes
is "elsewhere with --allow-remote-backing" "$status" 0
truncate -s 8M images/data.raw
written_at images/data.qcow2 qcow2 8 1M 1M
truncate -s 1536k images/data.raw
refused "a data file that was cut" 'data.qcow2: truncated' \
    --base base.qcow2 images/data.qcow2 written

# VMDK extents.
descriptor ()
{
    cat >images/evil.vmdk <<EOF
# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="${2:-monolithicFlat}"

# Extent description
$1

ddb.adapterType = "ide"
ddb.geometry.cylinders = "16"
ddb.geometry.heads = "16"
ddb.geometry.sectors = "63"
EOF
}
truncate -s 1M images/flat.vmdk
descriptor 'RW 2048 FLAT "flat.vmdk" 0'
run "$tool" --base images/evil.vmdk o.qcow2 sizes
is "an extent beside its descriptor" "$(cat out)" "1048576 8388608"
for extent in 'RW 2048 FLAT "../secret" 0' 'RW 2048 FLAT "/etc/passwd" 0' \
    'RW 2048 VMFS "nbd://localhost/x"' 'RW 2048 SPARSE "file:flat.vmdk"' \
    '   RW 2048 FLAT "../secret" 0' $'RW\n2048\nFLAT\n"../secret" 0' \
    $'RW 2048 FLAT "flat.vmdk" 0\nRW 2048 FLAT "../secret" 0'; do
    descriptor "$extent"
    refused "extent ${extent//$'\n'/ }" 'not allowed: this file has to lie in' \
        --base images/evil.vmdk o.qcow2 sizes
done
ln -s ../secret images/link.vmdk
descriptor 'RW 2048 FLAT "link.vmdk" 0'
refused "an extent that is a link" 'is a symbolic link' \
    --base images/evil.vmdk o.qcow2 sizes
descriptor 'RW 4096 FLAT "flat.vmdk" 0'
refused "an extent that was cut" 'flat.vmdk: truncated' \
    --base images/evil.vmdk o.qcow2 sizes
# A sparse extent whose header only points to a descriptor.
python3 - <<'EOF'
import struct
header = bytearray(512)
header[0:4] = b"KDMV"
header[4:8] = struct.pack("<I", 1)
header[28:36] = struct.pack("<Q", 1)
header[36:44] = struct.pack("<Q", 1)
text = open("images/evil.vmdk").read().replace("flat.vmdk", "../secret")
open("images/nested.vmdk", "wb").write(bytes(header) + text.encode())
EOF
descriptor 'RW 2048 SPARSE "nested.vmdk"' twoGbMaxExtentSparse
refused "an extent with a descriptor" 'nested.vmdk: names further files' \
    --base images/evil.vmdk o.qcow2 sizes
refused "a descriptor in a sparse file" 'not allowed: this file has to lie' \
    --base images/nested.vmdk o.qcow2 sizes

if test "$(id -u)" -eq 0 && command -v setpriv >/dev/null; then

    chmod 755 "$work"
    chmod 777 tmp
    chmod 0 base.qcow2
    run setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$tool" o.qcow2 written

    like "a base without permission" "$(cat err)" \
        'cannot open the backing file: base.qcow2: Permission denied'
fi

done_testing
