#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What was installed, used by mount(8), fstab and umount(8), by root and by an
# ordinary user; the unit of systemd.  No appliance.
#
# All of it happens in a mount namespace of its own, in which /usr/sbin has the
# helpers and /etc/fstab our lines.
if test -z "${DELTAFS_TEST_NAMESPACE:-}" && test "$(id -u)" -eq 0; then
    DELTAFS_TEST_NAMESPACE=1 exec unshare -m bash "$0"
fi
KIT_LIMIT=300
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs runuser fusermount3 unshare
test -c /dev/fuse || skip_all "no /dev/fuse"

prefix=$work/prefix
check "make install" env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
    make -s -C "$top_builddir" install prefix="$prefix"
for name in mount.deltafs mount.fuse.deltafs; do
    is "$name" "$(readlink "$prefix/sbin/$name")" ../bin/deltafs
done
check "its manual" test -s "$prefix/share/man/man8/mount.deltafs.8"

unit=$prefix/lib/systemd/system/deltafs@.service
check "the unit runs what was installed" \
    grep -q "^ExecStart=$prefix/bin/deltafs mount " "$unit"
if command -v systemd-analyze >/dev/null; then
    # It looks for the manual pages, and knows other units that may be odd.
    run env MANPATH="$prefix/share/man" \
        systemd-analyze verify --man=no "$unit"
    is "the unit is right: exit code" "$status" 0
    unlike "the unit is right: nothing to say about it" "$(cat err)" deltafs@
fi

# --- with mount(8) in reach of the helpers ---

mkdir helpers delta
cp -P "$prefix"/sbin/mount.* helpers
ln -sfn "$prefix/bin/deltafs" helpers/mount.deltafs
ln -sfn "$prefix/bin/deltafs" helpers/mount.fuse.deltafs
mount -t overlay -o "lowerdir=$work/helpers:/usr/sbin" overlay /usr/sbin ||
    die "cannot show the helpers to mount(8)"

small_pair small
images_remember small-base.qcow2 small.qcow2
chmod 755 "$work"
printf '%s\n' \
    "$work/small.qcow2 $work/delta deltafs noauto,user,engine=direct 0 0" \
    >fstab
mount --bind fstab /etc/fstab

# mount(8): $status, out, err
mount8 ()
{
    run env DELTAFS_TEST_MARK="$work" "$@"
}

# mounted WHAT: a delta is there, and goes by umount(8)
mounted ()
{
    is "$1: exit code" "$status" 0
    is "$1: nothing is said" "$(cat out err)" ""
    is "$1: the tree answers" "$(cat delta/etc/new)" new
    like "$1: the mount table" \
        "$(grep -F " $work/delta " /proc/self/mountinfo)" \
        "ro,nosuid,nodev.* fuse\.deltafs $work/small.qcow2 "
    check "$1: umount(8)" umount delta
    retry 20 no_marked_processes
    is "$1: no process is left" "$(describe_marked)" ""
}

mount8 mount -t deltafs "$work/small.qcow2" "$work/delta"
mounted "mount -t deltafs"
mount8 mount -t fuse.deltafs -o suid,dev,exec,rw,engine=direct \
    "$work/small.qcow2" "$work/delta"
mounted "mount -t fuse.deltafs with suid and dev"
mount8 mount -t deltafs -r -o noexec,symlinks=inside,engine=direct \
    "$work/small.qcow2" delta
like "noexec" "$(grep -F " $work/delta " /proc/self/mountinfo)" noexec
mounted "mount -r with options of ours"
mount8 mount delta
mounted "by fstab"
mount8 mount delta
mount8 mount delta
is "a second time: exit code" "$status" 32
is "a second time: the first stays" "$(cat delta/etc/new)" new
umount delta

# --- the lines of examples/fstab ---

sed -n "s|^/srv/overlays/\(web[0-9]\).qcow2 *[^ ]* |$work/small.qcow2 $work/\1 |p" \
    "$top_srcdir/examples/fstab" |
    sed "s|/srv/golden/debian.qcow2|$work/small-base.qcow2|" >fstab.examples
umount /etc/fstab
mount --bind fstab.examples /etc/fstab
is "examples/fstab: all lines are here" "$(wc -l <fstab.examples)" \
    "$(grep -c '^/' "$top_srcdir/examples/fstab")"
while read -r _ place _; do
    mkdir "$place"
    mount8 mount "$place"
    is "examples/fstab, ${place##*/}: exit code, messages" \
        "$status $(cat out err)" "0 "
    is "examples/fstab, ${place##*/}: the tree answers" \
        "$(cat "$place/etc/new")" new
    check "examples/fstab, ${place##*/}: umount(8)" umount "$place"
done <fstab.examples
retry 20 no_marked_processes
is "examples/fstab: no process is left" "$(describe_marked)" ""
umount /etc/fstab
mount --bind fstab /etc/fstab

# --- what the unit runs, as systemd would ---

mkdir -p run/instance
unit_runs ()
{
    sed -n "s|^$1=||p" "$unit" | sed "s|%f|$work/small.qcow2|g
        s|%i|instance|g; s|/run/deltafs|$work/run|g; s|\$DELTAFS_OPTIONS||"
}
# shellcheck disable=SC2046
mount8 $(unit_runs ExecStart)
is "the unit: start" "$status $(cat out err)" "0 "
is "the unit: the tree answers" "$(cat run/instance/etc/new)" new
check "the unit: PIDFile has the process" kill -0 "$(cat run/instance.pid)"
# shellcheck disable=SC2046
mount8 $(unit_runs ExecStop)
is "the unit: stop" "$status $(cat out err)" "0 "
is "the unit: no PID file is left" "$(ls run)" instance

mount8 mount -t deltafs -o nonsense "$work/small.qcow2" "$work/delta"
is "no such option: exit code" "$status" 1
like "no such option: message" "$(cat err)" \
    'wrong usage: nonsense: no such mount option'
mount8 mount -t deltafs "$work/none.qcow2" "$work/delta"
is "no such overlay: exit code" "$status" 32
like "no such overlay: message" "$(cat err)" 'none.qcow2: No such file'

# --- an ordinary user, by the word "user" in fstab ---

if test "$(($(stat -c %#a /dev/fuse) & 6))" -eq 6; then
    chown nobody delta tmp
    mount8 runuser -u nobody -- mount "$work/delta"
    is "an ordinary user: exit code" "$status" 0
    is "an ordinary user: the tree answers" \
        "$(runuser -u nobody -- cat "$work/delta/etc/new")" new
    like "an ordinary user: the mount table" \
        "$(grep -F " $work/delta " /proc/self/mountinfo)" \
        "nosuid,nodev,noexec.* fuse\.deltafs .*user_id=65534"
    mount8 runuser -u nobody -- umount "$work/delta"
    is "an ordinary user: umount(8)" "$status $(cat err)" "0 "
    retry 20 no_marked_processes
    is "an ordinary user: no process is left" "$(describe_marked)" ""
fi

umount -l /usr/sbin /etc/fstab
check_images
check_nothing_left
done_testing
