#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may read a mount: of root's and of an ordinary user's, with allow_other
# and all_readable; setuid programs and devices have no effect.  No appliance.
#
# In a mount namespace of its own, with an /etc/fuse.conf of ours.
if test -z "${DELTAFS_TEST_NAMESPACE:-}" && test "$(id -u)" -eq 0; then
    DELTAFS_TEST_NAMESPACE=1 exec unshare -m bash "$0"
fi
KIT_LIMIT=300
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs runuser setpriv fusermount3 unshare
test -c /dev/fuse || skip_all "no /dev/fuse"

populate ()
{
    mkdir "$mnt/etc"
    echo old >"$mnt/etc/removed"
    chmod 600 "$mnt/etc/removed"
}

change_access ()
{
    rm "$mnt/etc/removed"
    echo public >"$mnt/public"
    echo secret >"$mnt/secret"
    chmod 600 "$mnt/secret"
    echo mine >"$mnt/mine"
    chown 1000:1000 "$mnt/mine"
    chmod 600 "$mnt/mine"
    mkdir -m 700 "$mnt/closed"
    echo inside >"$mnt/closed/file"
    install -m 4755 "$(command -v id)" "$mnt/id"
    mknod -m 666 "$mnt/null" c 1 3
    setcap cap_dac_override+ep "$mnt/id"
    chmod u+s "$mnt/id"
}

disk base.raw 64M
on_partition base.raw 0 make_filesystem ext4
change base.raw raw 0 ext4 populate
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2
change overlay.qcow2 qcow2 0 ext4 change_access
images_remember base.qcow2 overlay.qcow2
mkdir delta
chmod 755 "$work"
chown nobody delta tmp
install -m 755 "$(command -v deltafs)" "$work/deltafs"
cleanup_add 'umount -l "$work/delta"'

as ()                           # as USER-ID COMMAND...
{
    local id=$1
    shift
    setpriv --reuid="$id" --regid="$id" --clear-groups -- "$@"
}

# may WHO USER-ID FILE..., may_not WHO USER-ID FILE...: read below the mount
may ()
{
    local file who=$1 id=$2
    shift 2
    for file; do
        check "$who may read $file" as "$id" cat "$work/delta/$file"
    done
}

may_not ()
{
    local file who=$1 id=$2
    shift 2
    for file; do
        check_not "$who may not read $file" as "$id" cat "$work/delta/$file"
    done
}

all="public secret mine closed/file .deleted/etc/removed"

# mounted WHO USER-ID OPTIONS
mounted ()
{
    note "mounted by $1 with $3"
    run as "$2" env DELTAFS_TEST_MARK="$work" "$work/deltafs" mount -o "$3" \
        --engine direct "$work/overlay.qcow2" "$work/delta"
    is "by $1 with $3: exit code" "$status" 0
    is "nothing is said" "$(cat out err)" ""
    like "nosuid, nodev" "$(grep -F " $work/delta " /proc/self/mountinfo)" \
        ' ro,nosuid,nodev,relatime '
}

undone ()
{
    run as "$1" "$work/deltafs" umount "$work/delta"
    is "umount: exit code" "$status" 0
}

# Neither mode bits nor capabilities of a guest's program count, nor devices.
harmless ()
{
    is "a setuid program runs as who starts it" \
        "$(as "$1" "$work/delta/id" -u)" "$1"
    check_not "a device is none" as "$1" sh -c "echo >'$work/delta/null'"
    check_not "not for reading either" as "$1" cat "$work/delta/null"
}

# shellcheck disable=SC2086
{
    mounted root 0 base
    may root 0 $all
    check_not "root too has no device" cat delta/null
    may_not "another user" 65534 $all
    undone 0

    mounted root 0 allow_other
    may root 0 $all
    may "another user" 65534 public
    may_not "another user" 65534 secret mine closed/file .deleted/etc/removed
    may "the file's owner" 1000 mine
    may_not "the file's owner" 1000 secret
    check_not "access(2) says so" as 65534 test -r "$work/delta/secret"
    harmless 65534
    undone 0

    mounted root 0 all_readable
    may "another user" 65534 $all
    check "access(2) says so" as 65534 test -r "$work/delta/secret"
    harmless 65534
    undone 0

    : >fuse.conf
    mount --bind fuse.conf /etc/fuse.conf
    run as 65534 "$work/deltafs" mount -o all_readable --engine direct \
        "$work/overlay.qcow2" "$work/delta"
    is "not for ordinary users: exit code" "$status" 2
    like "not for ordinary users: message" "$(cat err)" \
        '^deltafs: cannot mount: .*allow_other.*
deltafs: hint: .*user_allow_other'
    echo user_allow_other >fuse.conf

    if test "$(($(stat -c %#a /dev/fuse) & 6))" -eq 6; then
        mounted "an ordinary user" 65534 base
        may "the user" 65534 $all
        may_not root 0 $all
        may_not "another user" 1000 $all
        harmless 65534
        undone 65534

        mounted "an ordinary user" 65534 allow_other
        may root 0 $all
        may "the user" 65534 public
        may_not "the user" 65534 secret mine closed/file
        may "the file's owner" 1000 public mine
        may_not "the file's owner" 1000 secret
        harmless 1000
        undone 65534

        mounted "an ordinary user" 65534 all_readable
        may root 0 $all
        may "the user" 65534 $all
        may "another user" 1000 $all
        harmless 1000
        undone 65534
    fi
    umount /etc/fuse.conf
}

for word in suid dev rw; do
    deltafs_run mount -o "$word" --engine direct overlay.qcow2 delta
    is "-o $word: exit code" "$status" 2
done
check_images
check_nothing_left
done_testing
