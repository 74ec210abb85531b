# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who is measured: deltafs in its ways, and its peers.  They work on $base,
# $overlay, and on $base_raw and $overlay_raw, the same disks as raw images;
# those that show a disk show it in $view.  Source it after measure.bash.

view=$work/view
mkdir "$view"
cleanup_add 'fusermount3 -uz "$view" || umount -l "$view"'

# --- lists of what is different ---

lines_are_told ()
{
    sample "$1" "$2" lines "$(wc -l <"$work/out")"
}

run_deltafs-diff ()
{
    deltafs diff --engine direct "$overlay"
}

look_deltafs-diff ()
{
    lines_are_told diff deltafs-diff
    peak diff deltafs-diff deltafs diff --engine direct "$overlay"
}

run_deltafs-guestfs ()
{
    deltafs diff -q --engine guestfs "$overlay"
}

look_deltafs-guestfs ()
{
    lines_are_told diff deltafs-guestfs
    peak diff deltafs-guestfs deltafs diff -q --engine guestfs "$overlay"
}

run_walk ()
{
    "$built/walk" "$base_raw" "$overlay_raw"
}

look_walk ()
{
    lines_are_told diff walk
}

run_virt-diff ()
{
    virt-diff -a "$base" -A "$overlay"
}

look_virt-diff ()
{
    lines_are_told diff virt-diff
}

run_checksums ()
{
    "$bench_here/checksums.sh" "$base" "$overlay"
}

look_checksums ()
{
    lines_are_told diff checksums
}

# --- disks that are shown ---

open_deltafs ()
{
    env DELTAFS_TEST_MARK="$work" deltafs mount -q --engine direct "$overlay" \
        "$view"
}

look_deltafs ()
{
    memory "$what"
}

close_deltafs ()
{
    deltafs umount "$view"
}

open_loop ()
{
    attach "$overlay_raw" 0 "$(stat -c %s "$overlay_raw")" ro
    mount -t ext4 -o ro "$loop" "$view"
}

close_loop ()
{
    umount "$view"
    detach "$loop"
}

# What one does without any of these tools.
open_convert-loop ()
{
    local overlay_raw=$work/converted.raw
    qemu-img convert -f qcow2 -O raw "$overlay" "$overlay_raw" && open_loop
}

close_convert-loop ()
{
    close_loop
    rm "$work/converted.raw"
}

open_guestmount ()
{
    guestmount --ro --format=qcow2 -a "$overlay" -m /dev/sda \
        --pid-file "$work/guestmount.pid" "$view"
}

close_guestmount ()
{
    local pid
    pid=$(cat "$work/guestmount.pid")
    guestunmount "$view"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

# --- what is done with them; $tree is what is the same in all of them ---

read_file ()
{
    dd if="$view/$tree" of=/dev/null bs=1M status=none
}

read_files ()
{
    find "$view/$tree" -type f -exec cat {} + >/dev/null
}

list ()
{
    find "$view/$tree" -ls
}

# --- bytes without a filesystem ---

before_nbdcopy ()
{
    qemu-nbd -r -f qcow2 -e 4 -t -k "$work/nbd" --fork \
        --pid-file="$work/nbd.pid" "$overlay"
}

run_nbdcopy ()
{
    nbdcopy "nbd+unix:///?socket=$work/nbd" null:
}

after_nbdcopy ()
{
    kill "$(cat "$work/nbd.pid")"
    retry 20 test ! -e "$work/nbd.pid"
}

run_qemu-img-convert ()
{
    qemu-img convert -n -f qcow2 "$overlay" --target-image-opts \
        "driver=null-co,size=$(stat -c %s "$overlay_raw")"
}
