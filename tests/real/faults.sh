#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each process that stands behind a mount is killed, and crashes, while the
# images are read, while the mount is idle, and while eight readers read: the
# others end, the mount goes, readers get an error and do not hang, a message
# says what has happened, the images are as they were, and "deltafs umount"
# leaves nothing.  The same for signals that ask to end, and for one of two
# mounts of an overlay.
#
#   DELTAFS_FAULTS=all   with appliances, too, all processes in all states
#                        (some ten minutes more)
KIT_LIMIT=1800
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/processes.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs getfattr python3
ulimit -c 0

# More names than can be read in a moment, and a file for readers.
change_much ()
{
    change_small
    mkdir "$mnt/many"
    seq -f "$mnt/many/%g" 3000 | xargs touch
    head -c 3000000 /dev/urandom >"$mnt/large"
    cp "$mnt/large" "$work/large"
}

disk base.raw 100M
on_partition base.raw 0 make_filesystem ext4 -N 8000
change base.raw raw 0 ext4 populate_small
overlay base.raw raw overlay.qcow2
change overlay.qcow2 qcow2 0 ext4 change_much
images_remember base.raw overlay.qcow2
mkdir delta
mkfifo number
cleanup_add 'umount -l "$work/delta"'

# --- a mount in each state ---

is_served ()
{
    test -f delta/etc/new
}

# begin ENGINE: in the foreground, as process $supervisor
begin ()
{
    DELTAFS_TEST_MARK=$work python3 "$fixtures_here/faults.py" run \
        deltafs mount -f --engine "$1" --progress always \
        overlay.qcow2 delta >out 2>err &
    supervisor=$!
}

# The worker is stopped while it reads the images.
begin_held ()
{
    local tries holder
    for tries in {1..10}; do
        python3 "$fixtures_here/faults.py" hold "$work/number" "$work/delta" &
        holder=$!
        # Opened for writing when it is opened for reading.
        exec 9>number
        begin direct 9>&-
        echo "$supervisor" >&9
        exec 9>&-
        ! wait $holder || return 0
        kill -CONT "$(worker_of "$supervisor")"
        kill "$supervisor"
        wait "$supervisor"
    done
    die "the worker is never seen while it reads the images ($tries tries)"
}

is_scanning ()
{
    grep -q scan err
}

begin_scanning ()
{
    if test "$1" = direct; then
        begin_held
    else
        begin guestfs
        retry 300 is_scanning || die "the appliances do not start"
        note_sockets
    fi
}

begin_served ()
{
    begin "$1"
    retry 300 is_served || die "no mount: $(cat err)"
    note_sockets
}

begin_reading ()
{
    begin_served "$1"
    rm -f ready
    python3 "$fixtures_here/faults.py" readers 8 delta/large large ready \
        >readers.out &
    readers=$!
    retry 60 test -e ready || die "nothing can be read: $(cat readers.out)"
}

# process_of NAME
process_of ()
{
    case $1 in
    supervisor) echo "$supervisor" ;;
    worker) worker_of "$supervisor" ;;
    cleanup-process) children_of "$supervisor" | sed -n 2p ;;
    storage-daemon) pids_of qemu-storage-daemon ;;
    broker)
        # libguestfs has copies of it.
        children_of "$(worker_of "$supervisor")" | while read -r pid; do
            ! grep -qx deltafs-broker "/proc/$pid/comm" || echo "$pid"
        done
        ;;
    appliance) pids_of qemu-system | tail -n1 ;;
    esac
}

# --- what is seen then ---

# What is said of the end of NAME by SIGNAL, when FAILED could not be done.
message_about ()
{
    local failed=$3 number
    number=$(kill -l "$2")
    case $1 in
    storage-daemon)
        if test "$2" = TERM; then
            echo "deltafs: $failed: overlay.qcow2: the storage daemon of QEMU has ended"
            return
        fi
        ;;&
    worker) echo "deltafs: $failed: overlay.qcow2: the worker process was ended by signal $number " ;;
    storage-daemon) echo "deltafs: $failed: overlay.qcow2: the storage daemon of QEMU was ended by signal $number " ;;
    broker) echo "deltafs: $failed: overlay.qcow2: the process that runs the appliances was ended by signal $number " ;;
    appliance) echo "deltafs: an appliance has ended: overlay.qcow2: QEMU with the .* disk was ended by signal $number " ;;
    esac
}

has_ended ()
{
    ! kill -0 "$1"
}

# The readers have an error, each of them.
check_released ()
{
    check "$1: readers are released within five seconds" \
        retry 5 has_ended "$readers"
    # Where they are not, the rest is to be seen all the same.
    kill -9 "$readers" 2>/dev/null && kill_marked
    wait "$readers"
    is "$1: by an error, after the right bytes" "$?" 0
    is "$1: all eight" "$(wc -l <readers.out)" 8
    note "$(sort readers.out | uniq -c | tr '\n' ' ')"
}

check_cleared ()
{
    check "$1: within five seconds all has ended" retry 5 no_marked_processes
    is "$1: and nothing is mounted" "$(grep -F "$work" /proc/self/mountinfo)" ""
}

check_message ()
{
    local text
    text=$(tr '\r' '\n' <err | sed 's/\x1b\[K//')
    like "$1: the message" "$text" "$2"
    like "$1: with a hint" "$text" 'deltafs: hint: '
}

# begin_in STATE ENGINE
begin_in ()
{
    readers=
    case $1 in
    scanning) begin_scanning "$2" ;;
    idle) begin_served "$2" ;;
    reading) begin_reading "$2" ;;
    esac
}

# fault ENGINE STATE PROCESS SIGNAL
fault ()
{
    local engine=$1 state=$2 process=$3 signal=$4 pid failed message
    local what="$engine, $state, $process, SIG$signal"
    begin_in "$state" "$engine"
    failed="cannot serve any longer"
    test "$state" != scanning || failed="cannot mount"
    message=$(message_about "$process" "$signal" "$failed")

    pid=$(process_of "$process")
    kill "-$signal" "$pid"
    # Of a process that is stopped only SIGKILL makes an end.
    kill -CONT "$(worker_of "$supervisor")" 2>/dev/null
    if test "$process" = cleanup-process; then
        retry 5 has_ended "$pid"
        check "$what: the mount goes on" cmp delta/large large
        kill -9 "$supervisor"
        check "$what: then the supervisor: within five seconds all has ended" \
            retry 5 no_marked_processes
    else
        check_cleared "$what"
    fi
    test -z "$readers" || check_released "$what"
    wait "$supervisor" 2>/dev/null
    code=$?
    if test -n "$message"; then
        is "$what: exit code" "$code" 2
        check_message "$what" "$message"
    fi
    deltafs_run umount delta
    test "$process" != cleanup-process ||
        is "$what: umount clears the dead mount" "$status" 0
    check_all_gone "$what"
    check "$what: the images are unchanged" \
        sha256sum --quiet -c "$work/.hashes"
}

# asked STATE SIGNAL: to end, as it should
asked ()
{
    local what="direct, $1, asked by SIG$2" wanted=0
    test "$1" != scanning || wanted=$((128 + $(kill -l "$2")))
    begin_in "$1" direct
    kill "-$2" "$supervisor"
    kill -CONT "$(worker_of "$supervisor")" 2>/dev/null
    wait "$supervisor" 2>/dev/null
    is "$what: exit code" "$?" $wanted
    is "$what: nothing said" "$(tr '\r' '\n' <err | grep '^deltafs: ')" ""
    test -z "$readers" || check_released "$what"
    check_all_gone "$what"
}

# --- the direct engine: all of it ---

for state in scanning idle reading; do
    for signal in TERM INT HUP; do
        asked $state $signal
    done
done
check_images

# One of two mounts of an overlay.
mkdir other
cleanup_add 'umount -l "$work/other"'
deltafs_run mount --engine direct overlay.qcow2 other
begin_reading direct
kill -SEGV "$(worker_of "$supervisor")"
wait "$supervisor" 2>/dev/null
check_released "two mounts, one crashes"
check "two mounts, one crashes: the other one serves" cmp other/large large
deltafs_run umount other
is "two mounts, one crashes: umount of the other one" "$status" 0
check_all_gone "two mounts, one crashes"

for signal in KILL SEGV; do
    for state in scanning idle reading; do
        for process in supervisor worker storage-daemon cleanup-process; do
            # There is none before the mount is.
            test "$process $state" = "cleanup-process scanning" ||
                fault direct $state $process $signal
        done
    done
done

# QEMU ends well at this one.
fault direct scanning storage-daemon TERM
fault direct reading storage-daemon TERM

# --- with appliances ---

if test "${DELTAFS_FAULTS:-}" = all; then
    for signal in KILL SEGV; do
        for state in scanning idle reading; do
            for process in supervisor worker storage-daemon broker appliance; do
                fault guestfs $state $process $signal
            done
        done
    done
else
    fault guestfs scanning appliance SEGV
    fault guestfs reading appliance KILL
    fault guestfs reading broker SEGV
fi

done_testing
