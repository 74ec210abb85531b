#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The storage daemon: it goes when we go, writes to nothing of the user's,
# takes no locks, and stays out of the way of a running guest.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/image_kit.sh"
requires nbdinfo strace mkfifo

qemu-img create -q -f qcow2 base.qcow2 64M
written_at base.qcow2 qcow2 1 0 1M
overlay top.qcow2 base.qcow2 qcow2
written_at top.qcow2 qcow2 2 1M 64k
chmod 0444 base.qcow2 top.qcow2
sha256sum base.qcow2 top.qcow2 >sums

gone ()
{
    ! kill -0 "$1" 2>/dev/null
}

# hold NAME [OPTION...]: image_tool waits in the background; its words in
# $daemon, $socket, $base_export, $overlay_export.
hold ()
{
    rm -f input held
    mkfifo input
    "$tool" ${1+"$@"} hold <input >held 2>held.err &
    holder=$!
    exec 7>input
    retry 30 test -s held || cat held.err
    read -r daemon socket base_export overlay_export <held
}

# Normal life.
hold top.qcow2
check "the daemon runs" kill -0 "$daemon"
check "in a session of its own" test "$(ps -o sid= "$daemon")" -eq "$daemon"
is "its files: only what it was given" "$(find "/proc/$daemon/fd" -lname "$work/*" \
    -printf '%l\n' | grep -v ' (deleted)$' | sort -u | grep -v '^/dev/')" \
    "$work/base.qcow2
$work/top.qcow2"
is "the folder has the socket alone" "$(ls tmp/*)" "nbd.sock"
is "no locks" "$(grep -c " $(stat -c %i top.qcow2) " /proc/locks)" 0
check "the scratch layer takes writes" qemu-io -f raw -c 'write -P 9 0 4k' \
    "nbd+unix:///$overlay_export?socket=$socket"
check "and shows them" qemu-io -f raw -c 'read -P 9 0 4k' \
    "nbd+unix:///$overlay_export?socket=$socket"
check "the base's, too" qemu-io -f raw -c 'write -P 8 1M 4k' \
    "nbd+unix:///$base_export?socket=$socket"
check "they are apart" qemu-io -f raw -c 'read -P 2 1M 4k' \
    "nbd+unix:///$overlay_export?socket=$socket"
check_not "the disks themselves do not" qemu-io -f raw -c 'write -P 9 0 4k' \
    "nbd+unix:///overlay?socket=$socket"
check "and are as they were" qemu-io -r -f raw -c 'read -P 1 0 4k' \
    "nbd+unix:///overlay?socket=$socket"
check_not "no other export" nbdinfo "nbd+unix:///other?socket=$socket"
check "a guest can still start on the overlay" \
    qemu-io -f qcow2 -c 'read 0 4k' top.qcow2
exec 7>&-
wait "$holder"
check "afterwards the daemon is gone" gone "$daemon"
is "and every file" "$(ls -A tmp)" ""
check "the images are as they were" sha256sum --quiet -c sums

# The program is killed.
hold top.qcow2
kill -KILL "$holder"
wait "$holder" 2>/dev/null
check "killed: the daemon goes" retry 5 gone "$daemon"
is "killed: of files only the socket is left" "$(cd tmp && find . -type f; find . -type s | wc -l)" 1
rm -rf tmp/*
exec 7>&-
run "$tool" --hide top.qcow2 crash
check "killed with hidden sockets: the daemon goes" retry 5 gone "$(cat out)"
is "killed with hidden sockets: no file is left" "$(find tmp ! -type d)" ""
rm -rf tmp/*

# The daemon is killed.
hold top.qcow2
kill -KILL "$daemon"
exec 7>&-
wait "$holder"
is "a dead daemon does not keep us" "$(ls -A tmp)" ""

# A running guest.
chmod 0644 top.qcow2
mkfifo guest
qemu-io -f qcow2 top.qcow2 <guest >/dev/null &
writer=$!
exec 8>guest
retry 10 grep -q " $(stat -c %i top.qcow2) " /proc/locks
run "$tool" top.qcow2 written
is "a running guest's overlay is read" "$status $(cat out)" "0 1048576 65536"
like "with a warning" "$(cat err)" 'warning: the image is being written: top.qcow2: a running QEMU'
hold top.qcow2
echo 'write -P 7 2M 64k' >&8
echo 'flush' >&8
check "the guest is not disturbed" retry 10 \
    eval 'qemu-io -r -U -f qcow2 -c "read -P 7 2M 64k" top.qcow2 | grep -q "read 65536"'
exec 8>&- 7>&-
wait "$writer"
is "the guest ended well" $? 0
wait "$holder"

# Nothing but the images is opened, none of them for writing, nothing flushed.
run strace -f -o trace -e trace=openat,open,fsync,fdatasync,sync_file_range \
    "$tool" top.qcow2 written
is "no image is opened for writing" \
    "$(grep -E 'qcow2"|/dev/fd/' trace | grep -cE 'O_RDWR|O_WRONLY')" 0
is "nothing is flushed" "$(grep -cE 'fsync|fdatasync|sync_file' trace)" 0

# What the machine lacks.
mkdir bin
run env PATH="$work/bin" "$tool" top.qcow2 written
like "no storage daemon" "$(cat err)" 'cannot start: qemu-storage-daemon: No such file.*hint: install'
qemu-img create -q -f qcow2 -o extended_l2=on -b base.qcow2 -F qcow2 odd.qcow2
printf '#!/bin/sh\necho "qemu-storage-daemon: it is broken" >&2\nexit 1\n' \
    >bin/qemu-storage-daemon
chmod +x bin/qemu-storage-daemon
run env PATH="$work/bin:$PATH" "$tool" odd.qcow2 written
is "a storage daemon that fails" "$(cat err)" "error: qemu-storage-daemon failed: it is broken"
run env PATH="$work/bin:$PATH" "$tool" top.qcow2 written
is "is not missed where plain clusters are all" "$status $(cat err)" "0 "
long=tmp/$(printf '%0100d' 0)
mkdir "$long"
run env TMPDIR="$work/$long" "$tool" top.qcow2 written
like "a folder whose name is too long" "$(cat err)" 'the path is too long.*hint: set TMPDIR'
rmdir "$long"
is "nothing is left" "$(ls -A tmp)" ""

done_testing
