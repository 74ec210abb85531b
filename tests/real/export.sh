#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deltafs export on an ext4 filesystem to which everything happened: what tar
# unpacks is what cp -a copies from the mount, and the layer over the base's
# tree is what the host's kernel sees in the overlay.  No appliance.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/population.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs python3 setfacl setfattr setcap tar

# Holes, and links of which some names change.
populate ()
{
    populate_all
    cd "$mnt" || return
    echo one >links/many-1
    for i in 2 3 4; do ln links/many-1 links/many-$i; done
    cd "$work" || return
}

change_more ()
{
    change_all
    cd "$mnt" || return
    truncate -s 3T large/hole
    printf middle | dd of=large/hole bs=1 seek=2T conv=notrunc status=none
    fallocate -l 5M large/unwritten
    printf x | dd of=large/unwritten bs=1 seek=1000000 conv=notrunc status=none
    echo two >>links/many-1
    rm links/many-4
    cd "$work" || return
}

# A place for trees that holds all that the guest's holds.
make_place ()
{
    disk place.raw 1G
    mke2fs -q -F -t ext4 -O ea_inode place.raw
    mkdir place
    mount -o loop place.raw place
    cleanup_add 'umount "$work/place"'
}

copy_to ()
{
    cp -a "$mnt/." "$1"
}

tree_to ()
{
    python3 "$top_srcdir/tests/kit/tree.py" "$@"
}

# As a kernel sees it: IMAGE COMMAND...
in_image ()
{
    local image=$1
    shift
    expose "$image" qcow2 exposed ro
    on_partition "$work/exposed" 0 mounted ext4 ro,noload "$@"
    conceal "$work/exposed"
}

fixtures_begin
big_xattr=60000
disk base.raw 400M
on_partition base.raw 0 make_filesystem ext4 -O ea_inode,metadata_csum -b 4096 \
    -I 256 -N 12000
change base.raw raw 0 ext4 populate
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2
change overlay.qcow2 qcow2 0 ext4 change_more
images_remember base.qcow2 overlay.qcow2
make_place

# export_to NAME OPTION...: $status, NAME.tar, err
export_to ()
{
    local name=$1
    shift
    env DELTAFS_TEST_MARK="$work" deltafs export --engine direct "$@" \
        overlay.qcow2 >"$name.tar" 2>err
    status=$?
}

# --- the archive ---

export_to delta --manifest sums
is "exit code: a hole is too large for the manifest" "$status" 3
like "a socket is named" "$(cat err)" 'types/socket'
like "and what is too large to be hashed" "$(cat err)" \
    'left out of the manifest: large/hole: '
check "holes are not written" test "$(stat -c %s delta.tar)" -lt 20000000
export_to again
is "exit code without a manifest" "$status" 0
check "the same bytes once more" cmp delta.tar again.tar

mkdir place/unpacked place/copied delta
tar -x -p --numeric-owner --acls --xattrs --xattrs-include='*' \
    -C place/unpacked -f delta.tar 2>tar-err
is "tar unpacks it" "$?" 0
is "tar says nothing unexpected" "$(grep -Ev \
    "unknown extended header keyword|implausibly old|in the future" tar-err)" ""
(cd place/unpacked && sha256sum -c --quiet --strict \
    <(grep -av 'large/hole$' ../../sums)) >checked 2>&1
is "sha256sum -c takes the manifest" "$? $(cat checked)" "0 "

cleanup_add 'deltafs umount --lazy "$work/delta"'
deltafs_run mount --engine direct --exclude /large/hole overlay.qcow2 delta
is "mount" "$status" 0
cp -a delta/. place/copied/
deltafs_run umount delta
is "the hole has its size" "$(stat -c %s place/unpacked/large/hole)" \
    $((3 << 40))
is "the hole's data" "$(dd if=place/unpacked/large/hole bs=6 count=1 \
    skip=2T iflag=skip_bytes status=none)" middle
touch -r place/unpacked/large stamp
rm place/unpacked/large/hole
touch -r stamp place/unpacked/large
tree_to place/unpacked >unpacked
tree_to place/copied >copied
same_files "tar -x is what cp -a of the mount is" unpacked copied
note "$(wc -l <copied) paths"

# --- the layer ---

mkdir place/base
in_image base.qcow2 copy_to "$work/place/base"
# The hole would be read for hours.
export_to layer --oci --times --exclude /large/hole
is "layer: exit code: what would act in a layer is left out" "$status" 3
like "layer: it is named" "$(cat err)" 'xattr/trusted.*trusted\.overlay\.opaque'
is "layer: nothing else is" "$(grep -c 'trusted\.overlay\|whiteout' err)" 1
is "layer: digest" "$(grep ^sha256: err)" \
    "sha256:$(sha256sum <layer.tar | cut -d' ' -f1)"
check "layer: it is unpacked over the base" \
    python3 "$top_srcdir/tests/real/apply_layer.py" layer.tar place/base
change overlay.qcow2 qcow2 0 ext4 sh -c 'cd "$0" && touch -r large ../stamp &&
    rm large/hole && touch -r ../stamp large' "$work/mnt"
sha256sum -- "${images[@]}" >"$work/.hashes"
in_image overlay.qcow2 tree_to "$work/mnt" >wanted
tree_to place/base >applied
# New names of files that are not in the layer have a content of their own, and
# the root has what this test leaves there.  Marks of a layer are left out.
without_links () { sed 's/ is [^ ]*//; s/ trusted\.overlay\.[^ ]*//' "$1"; }
same_files "layer: the tree is what the kernel sees in the overlay" \
    <(without_links applied) <(without_links wanted)
is "layer: names of a file that changed are links" \
    "$(grep -c '^links/many-.* is links/many-1' applied)" 2

check_images
umount place
check_nothing_left
done_testing
