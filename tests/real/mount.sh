#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The life of a mount with everything that stands behind a real one: storage
# daemon, appliances, sockets.  What needs none of these is tested in
# tests/command.
KIT_LIMIT=1200
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/processes.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs getfattr

small_pair small
images_remember small-base.qcow2 small.qcow2
mkdir delta
mnt=$work/delta
cleanup_add 'umount -l "$work/delta"'

# --- as it should be ---

mkfifo errors
cat errors >said &
reader=$!
DELTAFS_TEST_MARK=$work deltafs mount --pid-file pid small.qcow2 delta \
    >errors 2>&1
is "mount: exit code" "$?" 0
check "mount: nothing of it holds the caller's stderr" \
    timeout 10 tail --pid=$reader -f /dev/null
is "mount: nothing said" "$(grep -v 'KVM does not work' said)" ""
is "mount: the tree" "$(cd delta && find . | LC_ALL=C sort | tr '\n' ' ')" \
    ". ./.deleted ./.deleted/bin ./.deleted/bin/3 ./etc ./etc/new ./etc/passwd "
is "mount: content" "$(cat delta/etc/new delta/.deleted/bin/3)" \
    "new
program 3"
is "mount: the pid file" "$(cat pid)" "$(supervisor_of delta)"
is "mount: it keeps no directory of ours busy" \
    "$(readlink /proc/"$(cat pid)"/cwd)" /
note_sockets

(cd delta/etc && exec sleep 100) &
reader=$!
retry 5 grep -qx sleep /proc/$reader/comm
deltafs_run umount --timeout 1 delta
is "umount while busy: exit code" "$status" 2
like "umount while busy: names it" "$(cat err)" \
    "in use by sleep \(process $reader, working directory\)"
kill $reader
wait $reader 2>/dev/null
deltafs_run umount delta
is "umount: exit code" "$status" 0
is "umount: it has waited for all processes" "$(describe_marked)" ""
check_all_gone "umount"
check "umount: the pid file is gone" test ! -e pid

# --- in the foreground ---

mkfifo ready
DELTAFS_TEST_MARK=$work deltafs mount -f --fd 7 --engine guestfs \
    small.qcow2 delta 7>ready >out 2>err &
pid=$!
is "-f --fd: a byte" "$(timeout 120 od -An -tu1 ready | tr -d ' ')" 0
is "-f: the tree answers" "$(cat delta/etc/new)" new
note_sockets
kill -TERM $pid
wait $pid
is "-f: exit code after SIGTERM" "$?" 0
check_all_gone "-f, SIGTERM"

# --- something dies: more of that is in faults.sh ---

deltafs_run mount --engine guestfs small.qcow2 delta
note_sockets
kill -9 "$(worker_of "$(supervisor_of delta)")"
check_all_gone "worker killed"

deltafs_run mount --engine guestfs small.qcow2 delta
note_sockets
kill -9 "$(supervisor_of delta)"
check "supervisor killed: all end within five seconds" \
    retry 5 no_marked_processes
deltafs_run umount delta
check_all_gone "supervisor killed"

deltafs_run mount small.qcow2 delta
note_sockets
supervisor=$(supervisor_of delta)
# Stopped, so that it cannot unmount; and without its cleanup process.
kill -STOP "$supervisor"
# shellcheck disable=SC2046
kill -9 $(cat "/proc/$supervisor/task/$supervisor/children") "$supervisor"
check "all killed: all end within five seconds" retry 5 no_marked_processes
deltafs_run umount delta
is "all killed: umount clears the dead mount" "$status" 0
check_all_gone "all killed"

# --- ended while the appliances start ---

wait_launched ()
{
    test -e launched
}

cat >interrupt.py <<'PYTHON'
# Sends the signal argv[1] to the command when its appliances start and the
# file "noted" is there.
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
process = subprocess.Popen(sys.argv[2:])
deadline = time.time() + 60
def launched():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as f:
                if (os.environb[b"DELTAFS_TEST_MARK"] in f.read() and
                        "qemu-system" in os.readlink("/proc/%s/exe" % pid) and
                        b"guestfsd.sock" in
                        open("/proc/%s/cmdline" % pid, "rb").read()):
                    return True
        except OSError:
            pass
while not launched() and time.time() < deadline:
    time.sleep(0.05)
open("launched", "w").close()
while not os.path.exists("noted"):
    time.sleep(0.05)
process.send_signal(getattr(signal, "SIG" + sys.argv[1]))
sys.exit(-process.wait())
PYTHON

# Not started by the shell, which makes background jobs ignore SIGINT.
for signal in INT TERM; do
    DELTAFS_TEST_MARK=$work python3 interrupt.py $signal deltafs diff \
        --engine guestfs small.qcow2 >out 2>err &
    pid=$!
    retry 90 wait_launched
    note_sockets
    touch noted
    wait $pid
    is "diff, SIG$signal: ended by it" "$?" "$(kill -l $signal)"
    is "diff, SIG$signal: no message" "$(grep -v 'KVM does not work' err)" ""
    check_all_gone "diff, SIG$signal"
    rm -f launched noted
done

check_images
done_testing
