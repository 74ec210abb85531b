#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The options that choose what is compared and what is shown.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs debugfs python3 setfattr

populate ()
{
    populate_small
    mkdir -p "$mnt/usr/lib" "$mnt/srv/www/html"
    for i in touched silent moded xattr ignored; do
        head -c 20000 /dev/urandom >"$mnt/usr/$i"
    done
    ln -s old "$mnt/usr/link"
    for i in 1 2 3; do echo "$i" >"$mnt/srv/www/html/$i"; done
}

modify ()
{
    change_small
    touch "$mnt/usr/touched" "$mnt/srv"
    chmod 600 "$mnt/usr/moded"
    setfattr -n user.some -v x "$mnt/usr/xattr"
    setfattr -n user.ignored.one -v x "$mnt/usr/ignored"
    ln -sfn new "$mnt/usr/link"
    rm -r "$mnt/srv/www"
    mkdir -p "$mnt/var/log/new/deep"
    echo log >"$mnt/var/log/new/deep/file"
}

# change_behind FILE: a block of /usr/silent, behind the filesystem's back
change_behind ()
{
    local block
    block=$(debugfs -R 'bmap /usr/silent 2' "$1" 2>/dev/null)
    printf 'written behind the back' | dd of="$1" bs=1 conv=notrunc \
        seek=$((block * block_size + 100)) status=none
}

block_size=4096
disk base.raw 120M
on_partition base.raw 0 make_filesystem ext4 -b $block_size
change base.raw raw 0 ext4 populate
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2
change overlay.qcow2 qcow2 0 ext4 modify
expose overlay.qcow2 qcow2 disk
change_behind "$work/disk"
conceal disk
tree base.qcow2 qcow2 0 ext4 base.tree
tree overlay.qcow2 qcow2 0 ext4 overlay.tree
images_remember base.qcow2 overlay.qcow2

# compare WHAT CODE [OPTION...]: the list with these options
compare ()
{
    local what=$1 code=$2
    shift 2
    oracle diff "$@" base.tree overlay.tree >wanted 2>filtered
    deltafs_run diff --engine guestfs "${more[@]}" "$@" overlay.qcow2
    is "$what: exit code" "$status" "$code"
    same_files "$what: the list" out wanted
}

more=(--exit-code -v)
compare "--times --exit-code" 1 --times
check "--times: the touched file" grep -qx 'M	time	/usr/touched' out
check_not "without --verify: what was changed behind the times is not seen" \
    grep -q silent out
like "-v: how much was written" "$(cat err)" '[Ww]ritten'

more=()
compare "--verify -z" 0 --verify -z
check "--verify: a silent change" grep -qzx 'M	content,silent	/usr/silent' out

narrow=(--content-only --exclude '/srv/*' --exclude '*/log/new'
    --ignore-xattr 'user.*')
oracle diff "${narrow[@]}" base.tree overlay.tree >wanted 2>filtered
deltafs_run diff --engine guestfs -q --summary "${narrow[@]}" overlay.qcow2
is "--summary: exit code" "$status" 0
like "--summary: only counts" "$(cat out)" "^$(
    for letter in A M D; do grep -c "^$letter" wanted; done | xargs printf \
        '%d added, %d modified, %d deleted,') 0 unreadable, $(cat filtered)"
is "-q: no warnings" "$(cat err)" ""

more=(-m /dev/sda:/)
compare "--include, --exclude, --ignore-xattr" 0 --include '/usr' \
    --include '/srv/*' --exclude '*/html/2' --ignore-xattr 'user.ignored*'
like "filtered entries are counted on stderr" "$(cat err)" \
    "$(sed 's/ filtered//' filtered)"
note_file err

mkdir delta
cleanup_add 'deltafs umount --lazy "$work/delta"; umount -l "$work/delta"'
deltafs_run mount --engine guestfs --content-only --exclude '/srv' -o base \
    overlay.qcow2 delta
is "mount: exit code" "$status" 0
is "mount: filtered like the list" \
    "$(cd delta && find . -path ./.base -prune -o ! -type d -print | sort)" \
    "$(printf './%s\n' .deleted/bin/3 etc/new etc/passwd usr/link \
        var/log/new/deep/file)"
is "mount -o base: the base's version of what was modified" \
    "$(cat delta/.base/etc/passwd)" root:x:0:0
check "umount" deltafs umount delta

check_images
check_nothing_left
done_testing
