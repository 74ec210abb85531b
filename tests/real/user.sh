#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary user can do all of it, with fusermount3 and without root.
KIT_LIMIT=1200
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs runuser fusermount3

for kernel in /boot/vmlinuz-*; do
    test -e "$kernel" || skip_all "there is no kernel for the appliance"
    test "$(($(stat -c %#a "$kernel") & 4))" -ne 0 ||
        skip_all "ordinary users cannot read $kernel"
done
test "$(($(stat -c %#a /dev/fuse) & 6))" -eq 6 ||
    skip_all "ordinary users cannot use /dev/fuse"

small_pair small
mkdir delta other cache
chmod 755 "$work" .
chown nobody delta other cache tmp runtime mnt small.qcow2
chmod 600 small.qcow2
images_remember small-base.qcow2 small.qcow2
cleanup_add 'umount -l "$work/delta"'
LIBGUESTFS_CACHEDIR=$work/cache
export LIBGUESTFS_CACHEDIR

# as_user ARGUMENT...: deltafs as nobody; from a copy that nobody can reach
install -m 755 "$(command -v deltafs)" "$work/deltafs"
as_user ()
{
    run runuser -u nobody -- env DELTAFS_TEST_MARK="$work" \
        HOME="$work/cache" "$work/deltafs" "$@"
}

small_list >wanted
for engine in direct guestfs; do
    as_user diff --engine $engine small.qcow2
    is "diff, $engine: exit code" "$status" 0
    same_files "diff, $engine: the list" out wanted
done

as_user mount --engine guestfs small.qcow2 delta
is "mount: exit code" "$status" 0
is "mount: the user who mounted reads all" \
    "$(runuser -u nobody -- cat delta/etc/new delta/.deleted/bin/3)" \
    "new
program 3"
like "mount: as fusermount3 does it" \
    "$(grep -F " $work/delta " /proc/self/mountinfo)" \
    'nosuid,nodev.* fuse\.deltafs .*user_id=65534'
check_not "mount: others have no access, not even root" ls delta

runuser -u nobody -- sh -c "cd '$work/delta/etc' && exec sleep 100" &
reader=$!
sleeps_there ()
{
    pgrep -P $reader -x sleep || test "$(cat /proc/$reader/comm)" = sleep
}
retry 10 sleeps_there
as_user umount --timeout 1 delta
is "umount while busy: exit code" "$status" 2
like "umount while busy: names it" "$(cat err)" 'in use by sleep \(process'
kill $(pgrep -P $reader) $reader 2>/dev/null
wait $reader 2>/dev/null

run runuser -u daemon -- "$work/deltafs" umount "$work/delta"
is "another user may not unmount it: exit code" "$status" 2
like "another user may not unmount it: message" "$(cat err)" \
    "^deltafs: cannot unmount: $work/delta: another user mounted it"

as_user umount delta
is "umount: exit code" "$status" 0
is "umount: it has waited for all processes" "$(describe_marked)" ""

# Root may undo it, and waits as well.
as_user mount small.qcow2 delta
is "mount again: exit code" "$status" 0
deltafs_run umount delta
is "umount by root: exit code" "$status" 0
is "umount by root: it has waited, too" "$(describe_marked)" ""

if ! grep -q '^user_allow_other' /etc/fuse.conf 2>/dev/null; then
    as_user mount -o allow_other small.qcow2 delta
    is "allow_other that is not allowed: exit code" "$status" 2
    like "allow_other that is not allowed: message" "$(cat err)" \
        '^deltafs: cannot mount: .*allow_other'
fi
chmod 600 small-base.qcow2
as_user diff small.qcow2
is "a base that may not be read: exit code" "$status" 2
like "a base that may not be read: message" "$(head -n1 err)" \
    '^deltafs: cannot [^:]*: .*small-base.qcow2: Permission denied'

as_user mount small.qcow2 "$work"
is "a mount point that is not empty: exit code" "$status" 2

rm -rf cache/.guestfs-*
check_images
check_nothing_left
done_testing
