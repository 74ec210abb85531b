#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything that can happen to an entry, on one ext4 filesystem: the list, as
# text and as JSON, and the mounted tree are what the host's kernel sees.
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/population.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs python3 setfacl setfattr setcap

big_xattr=60000
disk base.raw 400M
on_partition base.raw 0 make_filesystem ext4 -O ea_inode,metadata_csum -b 4096 \
    -I 256 -N 12000
change base.raw raw 0 ext4 populate_all
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2
change overlay.qcow2 qcow2 0 ext4 change_all
tree base.qcow2 qcow2 0 ext4 base.tree
tree overlay.qcow2 qcow2 0 ext4 overlay.tree
images_remember base.qcow2 overlay.qcow2

# The oracle itself, on what can be told without it.
oracle diff base.tree overlay.tree >wanted
note "$(wc -l <wanted) entries in the delta set"
for line in 'M	mode	/' 'M	mode	/bin/setuid' 'D	-	/gone/deep/empty' \
    'M	content	/bin/edited' 'M	type	/types/char' \
    'M	device	/types/numbered' 'M	mode,acl	/xattr/acl' \
    'M	capability	/xattr/capability' 'M	selinux	/xattr/selinux' \
    'A	-	"/odd-new/quo\"te"' \
    'A	-	"/odd-new/\377\376"' 'A	-	"/odd-new/\302\233c1"' \
    'A	-	/odd-new/ünïcode' 'A	-	/.deleted/hidden' \
    'D	-	/types/directory-to-file/below/member'; do
    check "expected: $line" grep -qxF -- "$line" wanted
done
check_not "a touch is expected to be no change" grep -q touched wanted
check_not "the same bytes are no change" \
    grep -qE '/same/(rewritten|replaced|zeros)$' wanted

deltafs_run diff --engine guestfs overlay.qcow2
is "diff: exit code" "$status" 0
same_files "diff: the list" out wanted
is "diff: nothing on stderr" "$(grep -v "KVM does not work" err)" ""

deltafs_run diff --engine guestfs --json overlay.qcow2
is "diff --json: exit code" "$status" 0
check "diff --json: every object" oracle json out base.tree overlay.tree
check "diff --json: a rename" grep -q \
    '"renamed_from": *"/same/tree/file"' out

mkdir delta
cleanup_add 'deltafs umount --lazy "$work/delta"; umount -l "$work/delta"'
deltafs_run mount --engine guestfs overlay.qcow2 delta
is "mount: exit code" "$status" 0
like "mount: warns of the guest's own /.deleted" "$(cat err)" '\.deleted\.1'
check "mount: the tree" oracle mount delta base.tree overlay.tree
is "mount: a removed file can be read" \
    "$(cat delta/.deleted/gone/deep/2)" 2
is "mount: the true path of the guest's own /.deleted" \
    "$(getfattr --only-values -n user.deltafs.path delta/.deleted.1/hidden)" \
    /.deleted/hidden
check_not "mount: no writing" sh -c 'echo x >delta/etc/passwd'
like "mount: read-only, nosuid, nodev" \
    "$(findmnt -no OPTIONS delta)" 'ro,.*nosuid,.*nodev|ro,nosuid,nodev'

# No metadata is fetched from the appliances any more: they are stopped.
emulators=$(marked_processes | while read -r pid; do
    case $(readlink "/proc/$pid/exe") in */qemu-system*) echo "$pid" ;; esac
done)
is "two appliances run" "$(wc -w <<<"$emulators")" 2
kill -STOP $emulators
cleanup_add "kill -CONT $(echo $emulators)"
check "find -ls answers with both appliances stopped" \
    timeout 30 find delta -ls
is "find sees as many entries as the oracle" \
    "$(find delta -mindepth 1 -printf x | wc -c)" \
    "$(oracle mount delta base.tree overlay.tree --count)"
check "getfattr answers too" timeout 30 getfattr -R -h -d -m - delta
kill -CONT $emulators

check "umount" deltafs umount delta
check_images
check_nothing_left
done_testing
