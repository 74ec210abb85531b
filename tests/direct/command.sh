#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The whole way with --engine direct: a partitioned disk, an overlay that a
# kernel wrote through QEMU, the list and the mount, no appliance.

. "${srcdir:-.}/../kit/kit.sh" || exit 99
. "$top_srcdir/tests/kit/processes.bash"

requires getfattr deltafs qemu-img qemu-storage-daemon sfdisk mke2fs fusermount3
requires_root
test -c /dev/fuse || skip_all "no /dev/fuse"

offset=$((1024 * 1024))
mkdir disk tree delta
touch disk/image
cleanup_add "umount $work/tree"
cleanup_add "deltafs umount --lazy $work/delta"

truncate -s 96M base.raw
printf 'label: gpt\nstart=2048, size=180000, type=L\n' |
    sfdisk -q --no-tell-kernel base.raw
mke2fs -q -t ext4 -E offset=$offset base.raw 90000k
retry 30 mount -o loop,offset=$offset base.raw tree
mkdir -p tree/etc tree/usr/bin tree/var/log
for i in $(seq 300); do echo "line $i" >"tree/etc/$i"; done
head -c 3000000 /dev/urandom >tree/usr/bin/large
echo secret >tree/etc/removed
printf last | dd of=tree/var/log/old bs=1 seek=400G status=none
printf '/dev/vda1 / ext4 defaults 0 1\n' >tree/etc/fstab
umount tree
qemu-img create -q -f qcow2 -F raw -b "$work/base.raw" overlay.qcow2

# write COMMANDS [COPY]: in the overlay's filesystem; COPY gets the overlay as it
# is before the filesystem is unmounted.
write ()
{
    local pid code
    qemu-storage-daemon \
        --blockdev driver=file,node-name=file,filename=overlay.qcow2 \
        --blockdev driver=qcow2,node-name=disk,file=file \
        --export type=fuse,id=fuse,node-name=disk,mountpoint="$work/disk/image",writable=on &
    pid=$!
    cleanup_add "kill $pid"
    retry 10 mountpoint -q disk/image &&
        retry 30 mount -o "loop,offset=$offset" disk/image tree &&
        (cd tree && eval "$1")
    code=$?
    if test -n "${2:-}"; then
        sync -f tree
        cp overlay.qcow2 "$2"
    fi
    umount tree
    sync -f disk/image
    kill "$pid"
    wait "$pid"
    return $code
}

check "the guest writes" write '
    echo new >etc/new; echo changed >>etc/7; rm etc/removed
    chmod 4755 usr/bin/large; touch etc/8; ln etc/9 etc/9-link
    head -c 200000 /dev/urandom >var/log/binary; mv etc/10 var/log/ten
    fallocate -l 1M var/log/lastlog; rm var/log/old
    printf last | dd of=var/log/lastlog bs=1 seek=300G status=none
    cp tree-is-not-here x 2>/dev/null; cat etc/11 >etc/11.new; mv etc/11.new etc/11
    cp var/log/binary ../binary' dirty.qcow2
sums=$(sha256sum base.raw overlay.qcow2 dirty.qcow2)

run deltafs diff --engine direct overlay.qcow2
is "exit code" "$status" 0
wanted="M	content	/etc/7
A	-	/etc/9-link
D	-	/etc/10
A	-	/etc/new
D	-	/etc/removed
M	mode	/usr/bin/large
A	-	/var/log/binary
A	-	/var/log/lastlog
D	-	/var/log/old
A	-	/var/log/ten"
sort_list () { printf '%s\n' "$1" | LC_ALL=C sort -k3; }
is "list" "$(sort_list "$(cat out)")" "$(sort_list "$wanted")"
is "no messages" "$(cat err)" ""

run deltafs diff --key all:key:secret --key sda3:key:secret \
    --key /dev/sda1:key:secret overlay.qcow2
is "keys that open nothing: exit code" "$status" 0
is "keys that open nothing: named without their secrets" "$(cat err)" \
    "deltafs: warning: --key opens nothing: sda3: the disk has no device of this name, and no volume with this UUID
deltafs: warning: --key opens nothing: /dev/sda1: it is not encrypted"

run deltafs diff --engine direct --json dirty.qcow2
is "dirty copy: exit code" "$status" 0
like "dirty copy: all of it" "$(tail -n1 out)" \
     '"added":5,"modified":2,"deleted":3,"unreadable":0,.*"engine":"direct"'
like "dirty copy: renamed" "$(grep /var/log/ten out)" \
     '"renamed_from":"/etc/10"'

check "mount" deltafs mount --engine direct overlay.qcow2 delta
# status FIELD: of worker and storage daemon, each value once
status ()
{
    for process in $worker $(children_of "$worker"); do
        sed -n "s/^$1:[[:space:]]*//p" "/proc/$process/status"
    done | sort -u
}
supervisor=$(supervisor_of delta)
worker=$(worker_of "$supervisor")
is "the worker has one child, the storage daemon" \
   "$(readlink /proc/"$(children_of "$worker")"/exe)" \
   "$(realpath "$(command -v qemu-storage-daemon)")"
is "no new privileges for both" "$(status NoNewPrivs)" 1
is "the storage daemon has the two capabilities that open files" \
   "$(sed -n 's/^Cap\(Prm\|Eff\|Bnd\):[[:space:]]*0*\([1-9a-f]\)/\2/p' \
          "/proc/$(children_of "$worker")/status" | sort -u)" 6
if ! grep -qa __asan_init "$(command -v deltafs)"; then
    is "the worker is in a seccomp filter" \
       "$(sed -n 's/^Seccomp:[[:space:]]*//p' "/proc/$worker/status")" 2
    is "and has no capabilities" \
       "$(sed -n 's/^Cap\(Prm\|Eff\|Bnd\):[[:space:]]*0*$/none/p' \
              "/proc/$worker/status" | tr '\n' ' ')" "none none none "
fi
is "content" "$(cat delta/etc/7)" "line 7
changed"
is "removed content" "$(cat delta/.deleted/etc/removed)" "secret"
check "binary content" cmp delta/var/log/binary binary
# Without holes it would be a matter of hours.
for log in var/log/lastlog .deleted/var/log/old; do
    check "cp -a of large holes: $log" timeout 120 cp -a delta/$log copy
    is "cp -a of large holes: $log: what there is" \
       "$(tail -c4 copy) $(stat -c %s copy) $(($(stat -c %b copy) < 1000))" \
       "last $(stat -c %s delta/$log) 1"
    rm copy
done
is "nothing else" "$(cd delta && find . -type f | LC_ALL=C sort | tr '\n' ' ')" \
   "./.deleted/etc/10 ./.deleted/etc/removed ./.deleted/var/log/old ./etc/7 ./etc/9-link ./etc/new ./usr/bin/large ./var/log/binary ./var/log/lastlog ./var/log/ten "
check "umount" deltafs umount delta
is "the images are as they were" \
   "$(sha256sum base.raw overlay.qcow2 dirty.qcow2)" "$sums"

check "the guest names devices that are not there" write \
    'printf "UUID=gone / ext4\nLABEL=far /home ext4\n" >etc/fstab'
run deltafs diff --engine direct overlay.qcow2
is "missing devices: exit code" "$status" 0
is "missing devices: each is named once, the root's too" "$(cat err)" \
    "deltafs: warning: the guest's fstab names a device that is not on the disk: UUID=gone: sda1, which has this fstab, is taken for its root
deltafs: warning: the guest's fstab names a device that is not on the disk: LABEL=far: nothing is shown for it at /home"

# A stand-in for QEMU: the appliance never starts.
printf '#!/bin/sh\nsleep 3\nexit 1\n' >hypervisor
chmod 755 hypervisor
run env LIBGUESTFS_HV="$work/hypervisor" LIBGUESTFS_BACKEND=direct \
    deltafs diff --engine guestfs --progress always overlay.qcow2
is "no appliance: exit code" "$status" 2
like "no appliance: the bar says what is waited for, and why" \
    "$(tr '\r' '\n' <err)" \
    'starting the appliance, .* s[a-z]* \(--engine guestfs\) [0-9]+ s'
done_testing
