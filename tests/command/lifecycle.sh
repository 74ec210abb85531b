# SPDX-License-Identifier: GPL-2.0-or-later
#
# The life of a mount: made, ready, ended in every way, nothing left.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires getfattr
requires_fuse

mnt=$work/mnt

# --- into the background and back ---

command_run mount good "$mnt"
is "mount: exit code" "$status" 0
is "mount: nothing on stdout" "$(cat out)" ""
is "mount: nothing on stderr" "$(cat err)" ""
is "the tree answers" "$(cat "$mnt/srv/new/file")" content
is "what was removed can be read" "$(cat "$mnt/.deleted/usr/bin/vim")" vim
is "the overlay's name is the source" \
    "$(grep -F " $mnt " /proc/self/mountinfo | sed 's/.* - //' |
        cut -d' ' -f1,2)" "fuse.deltafs good"
supervisor=$(supervisor_of "$mnt")
worker=$(worker_of "$supervisor")
check "there is a supervisor" kill -0 "$supervisor"
is "it holds no terminal" "$(ps -o tty= -p "$supervisor")" "?"
is "supervisor and worker are in /" \
    "$(readlink /proc/$supervisor/cwd) $(readlink /proc/$worker/cwd)" "/ /"
for process in $supervisor $worker; do
    is "no descriptor of the caller is kept by $(
        test $process = $supervisor && echo supervisor || echo worker)" \
        "$(ls -l /proc/$process/fd | grep -E '(/out|/err)$')" ""
done
is "/dev/fuse is the worker's alone" \
    "$(ls -l /proc/$supervisor/fd | grep -c /dev/fuse)" 0

command_run mount good "$mnt"
is "a second mount there: exit code" "$status" 2
like "a second mount there: message" "$(head -n1 err)" \
    "^deltafs: cannot mount: $mnt: deltafs is mounted there already\$"
is "it changed nothing" "$(cat "$mnt/srv/new/file")" content

mkdir second
mkdir images
: >images/good
ln -s images/good good
command_run mount good second
is "another mount of the overlay: exit code" "$status" 0
is "the source is absolute, without symlinks" \
    "$(grep -F " $work/second " /proc/self/mountinfo | sed 's/.* - //' |
        cut -d' ' -f2)" "$work/images/good"
rm good
command_run umount second
is "it goes: exit code" "$status" 0
is "the first stays" "$(cat "$mnt/srv/new/file")" content

command_run umount "$mnt"
is "umount: exit code" "$status" 0
is "umount: nothing said" "$(cat out err)" ""
check_nothing_left "umount"

# A pipe that reads our stderr ends when the command does.
mkfifo pipe
cat pipe >piped &
reader=$!
env $mark "$deltafs" mount -v good "$mnt" >pipe 2>&1
check "the caller's pipe is let go" timeout 10 tail --pid=$reader -f /dev/null
like "-v" "$(cat piped)" '4 added, 2 modified, 1 deleted'
umount "$mnt"
check "umount(8): processes end" retry 10 none_started
check_nothing_left "umount(8)"

command_run mount good "$mnt"
fusermount3 -u "$mnt"
check_nothing_left "fusermount3"

# A lock that a script holds is not held by the mount, nor by what it starts.
(
    exec 9>lock
    flock 9
    env $mark "$deltafs" mount good "$mnt"
)
# (A child of the worker may have yet to execute its program.)
check "the caller's lock is let go" retry 5 flock -n lock true
command_run umount "$mnt"
check_nothing_left "lock"

# --- signals ---

for signal in TERM INT HUP; do
    command_run mount good "$mnt"
    kill -$signal "$(supervisor_of "$mnt")"
    check_nothing_left "SIG$signal"
done

# A reader stands in the tree: the mount is detached, the reader is not killed.
command_run mount good "$mnt"
(cd "$mnt/etc" && exec sleep 60) &
reader=$!
retry 5 grep -qx sleep /proc/$reader/comm
kill "$(supervisor_of "$mnt")"
check "SIGTERM while busy" retry 15 none_started
check "the reader lives" kill -0 $reader
kill $reader
wait $reader 2>/dev/null
check_nothing_left "SIGTERM while busy"

# --- in the foreground, ready, pid file ---

mkfifo ready
env $mark "$deltafs" mount -f --fd 7 --pid-file pid good "$mnt" \
    7>ready >out 2>err &
pid=$!
is "--fd: one byte" "$(timeout 30 od -An -tu1 ready | tr -d ' ')" 0
check "then the tree answers" test -f "$mnt/etc/passwd"
is "--pid-file: whom to ask" "$(cat pid)" "$pid"
kill -TERM "$(cat pid)"
wait $pid
is "-f: exit code after SIGTERM" "$?" 0
check "the pid file is gone" test ! -e pid
is "-f: nothing said" "$(cat out err)" ""
check_nothing_left "-f"

env $mark "$deltafs" mount -f good "$mnt" >out 2>err &
pid=$!
retry 20 is_mounted "$mnt"
retry 20 test -f "$mnt/etc/passwd"
umount "$mnt"
wait $pid
is "-f: exit code after umount" "$?" 0
check_nothing_left "-f, umount"

command_run mount --pid-file "$work/pid" good "$mnt"
is "background: the pid file has the supervisor" \
    "$(cat pid)" "$(supervisor_of "$mnt")"
command_run umount "$mnt"
check "background: the pid file is gone" test ! -e pid
command_run mount --pid-file "$work/none/pid" good "$mnt"
is "no directory for the pid file: exit code" "$status" 2
like "no directory for the pid file: message" "$(cat err)" \
    "^deltafs: cannot write the pid file: $work/none/pid: No such file"
check_nothing_left "pid file"
echo 4711 >pid
command_run mount --pid-file pid good "$mnt"
is "the pid file of an earlier run: exit code" "$status" 0
is "the pid file of an earlier run is replaced" "$(cat pid)" \
    "$(supervisor_of "$mnt")"
command_run umount "$mnt"
printf 'QFI\373 an image' >image
command_run mount --pid-file image good "$mnt"
is "no pid file: exit code" "$status" 2
is "no pid file: message" "$(cat err)" \
    "deltafs: cannot write the pid file: image: the file exists and is not a pid file
deltafs: hint: remove it, or choose another name"
is "no pid file: it stays as it was" "$(cat image)" "$(printf 'QFI\373 an image')"
rm image
command_run mount --fd 7 good "$mnt" 7</dev/null
is "--fd that cannot be written to: exit code" "$status" 0
is "--fd that cannot be written to: message" "$(cat err)" "deltafs: warning: \
cannot write: the file descriptor of --fd: Bad file descriptor"
command_run umount "$mnt"
env $mark "$deltafs" mount --fd 7 good "$mnt" 7> >(:) >out 2>err
is "--fd that nobody reads: exit code" "$?" 0
check "--fd that nobody reads: the tree answers" test -f "$mnt/etc/passwd"
command_run umount "$mnt"
check_nothing_left "pid file and --fd"
ln -s /dev/full pid
command_run mount --pid-file pid good "$mnt"
is "pid file cannot be written: exit code" "$status" 2
check_nothing_left "pid file cannot be written"
rm pid

# --- failures leave nothing ---

for overlay in missing broken crash; do
    command_run mount $overlay "$mnt"
    is "$overlay: exit code" "$status" 2
    like "$overlay: message" "$(head -n1 err)" '^deltafs: cannot '
    is "$overlay: once" "$(grep -c '^deltafs: cannot ' err)" 1
    check_nothing_left "$overlay"
done
command_run mount unreadable "$mnt"
is "unreadable entries: exit code" "$status" 0
like "unreadable entries: warning" "$(cat err)" 'warning: unreadable entries: 1'
command_run umount "$mnt"
command_run mount torn-once "$mnt"
is "torn once: exit code" "$status" 0
is "torn once: one message" "$(cat err)" \
   "deltafs: warning: the image is being written: torn-once: made up"
command_run umount "$mnt"
check_nothing_left "torn once"

touch file
mkdir full
touch full/x
ln -s "$mnt" link
for case in "none:No such file or directory" "file:Not a directory" \
    "full:Directory not empty"; do
    command_run mount slow "${case%%:*}"
    is "mount point ${case%%:*}: exit code" "$status" 2
    is "mount point ${case%%:*}: message" "$(head -n1 err)" \
        "deltafs: cannot mount: ${case%%:*}: ${case#*:}"
    check_nothing_left "mount point ${case%%:*}"
done
command_run mount good link
is "a symlink to a mount point: exit code" "$status" 0
check "it is mounted where that leads" is_mounted "$mnt"
command_run umount link
is "umount of a symlink: exit code" "$status" 0
check_nothing_left "symlink"

mkdir "with space\\and	tab"
command_run mount good "with space\\and	tab"
is "odd mount point: exit code" "$status" 0
command_run umount "with space\\and	tab/"
is "odd mount point: umount" "$status" 0
check_nothing_left "odd mount point"

# The mount point changes while the delta is computed.
scratch_is_there ()
{
    test -n "$(find "$work/tmp" -name scratch)"
}
for change in "rmdir mine" "touch mine/file" "mv mine away; mkdir mine"; do
    mkdir mine
    touch gate
    env $mark "$deltafs" mount gate mine >out 2>err &
    pid=$!
    retry 10 scratch_is_there
    eval "$change"
    rm gate
    wait $pid
    is "meanwhile $change: exit code" "$?" 2
    like "meanwhile $change: message" "$(cat err)" \
        "^deltafs: cannot mount: $work/mine: (the mount point has disappeared|Directory not empty)"
    check_nothing_left "meanwhile $change"
    rm -rf mine away
done

# All that the worker says before the tree answers is for the caller, however
# late the supervisor gets to read it.
touch gate
env $mark "$deltafs" mount chatty "$mnt" >out 2>err &
pid=$!
retry 10 scratch_is_there
supervisor=$(ps -o pid= --ppid $pid | tr -d ' ')
kill -STOP "$supervisor"
rm gate
sleep 0.2
kill -CONT "$supervisor"
wait $pid
is "a supervisor that is late: exit code" "$?" 0
is "a supervisor that is late: every warning" \
    "$(grep -c 'something odd: number' err)" 500
command_run umount "$mnt"
check_nothing_left "a supervisor that is late"

# Two at once.
env $mark "$deltafs" mount slow "$mnt" >out 2>err &
pid=$!
retry 10 scratch_is_there
command_run mount good "$mnt"
is "two at once: exit code" "$status" 2
like "two at once: message" "$(cat err)" 'another deltafs is about to mount'
# The launcher passes a signal on.
kill -TERM $pid
wait $pid
is "the launcher asked to end: ends by it" "$?" 143
check_nothing_left "launcher asked to end"
env $mark "$deltafs" mount slow "$mnt" >out 2>err &
pid=$!
retry 10 scratch_is_there
kill -9 $pid
wait $pid 2>/dev/null
check_nothing_left "launcher killed"

# --- one that is ending ---

# The processes of a mount end a moment after it was undone.
for way in umount "fusermount3 -u" "umount -l"; do
    command_run mount good "$mnt"
    failures=
    for _ in 1 2 3 4 5; do
        $way "$mnt"
        command_run mount good "$mnt"
        test "$status" -eq 0 || failures="$failures$(cat err)"
    done
    is "$way and mount again, five times" "$failures" ""
    command_run umount "$mnt"
    check_nothing_left "$way and mount again"
done

# mount_while_ending HOW: with a supervisor that is late
mount_while_ending ()
{
    command_run mount good "$mnt"
    supervisor=$(supervisor_of "$mnt")
    worker=$(worker_of "$supervisor")
    kill -STOP "$supervisor"
    eval "$1"
    env $mark "$deltafs" mount good "$mnt" >out 2>err &
    pid=$!
    sleep 0.5
    check "$1: mount waits" kill -0 $pid
    kill -CONT "$supervisor"
    wait $pid
    is "$1: exit code" "$?" 0
    is "$1: nothing said" "$(cat err)" ""
    is "$1: the new tree answers" "$(cat "$mnt/srv/new/file")" content
    command_run umount "$mnt"
    check_nothing_left "$1"
}
# shellcheck disable=SC2016
mount_while_ending 'umount "$mnt"'
# shellcheck disable=SC2016
mount_while_ending 'kill -9 "$worker"'

# One that does not end.
command_run mount good "$mnt"
exec 8<"$mnt/srv/new/file"
umount -l "$mnt"
command_run mount good "$mnt"
is "one that does not end: exit code" "$status" 2
is "one that does not end: message" "$(head -n1 err)" \
    "deltafs: cannot mount: $mnt: the mount that was there has not ended"
like "one that does not end: hint" "$(sed 1d err)" '^deltafs: hint: '
exec 8<&-
check_nothing_left "one that does not end"

# --- something dies ---

command_run mount good "$mnt"
kill -9 "$(worker_of "$(supervisor_of "$mnt")")"
check_nothing_left "worker killed"

command_run mount good "$mnt"
kill -SEGV "$(worker_of "$(supervisor_of "$mnt")")"
check_nothing_left "worker crashed"

env $mark "$deltafs" mount -f good "$mnt" >out 2>err &
pid=$!
retry 20 test -f "$mnt/etc/passwd"
kill -9 "$(worker_of $pid)"
wait $pid
is "-f, worker killed: exit code" "$?" 2
like "-f, worker killed: message" "$(cat err)" \
    '^deltafs: cannot serve any longer: good: the worker process .* signal 9 '
check_nothing_left "-f, worker killed"

command_run mount good "$mnt"
exec 8<"$mnt/etc/passwd"
kill -9 "$(supervisor_of "$mnt")"
check "supervisor killed: all end" retry 5 none_started
exec 8<&-
command_run umount "$mnt"
check_nothing_left "supervisor killed"

# The cleanup process has done it: there is nothing to unmount.
command_run mount good "$mnt"
kill -9 "$(supervisor_of "$mnt")"
check_nothing_left "supervisor killed, nothing else done"

# All at once, the cleanup process first: the mount is dead, the next command clears
# it.
kill_all ()
{
    local supervisor children
    supervisor=$(supervisor_of "$mnt")
    children=$(cat "/proc/$supervisor/task/$supervisor/children")
    kill -STOP "$supervisor"
    # shellcheck disable=SC2086
    kill -9 $children "$supervisor"
}

command_run mount good "$mnt"
kill_all
retry 10 none_started
check "a dead mount is left" is_mounted "$mnt"
command_run umount "$mnt"
is "umount clears a dead mount: exit code" "$status" 0
check_nothing_left "dead mount, umount"

command_run mount good "$mnt"
kill_all
retry 10 none_started
command_run mount good "$mnt"
is "mount clears a dead mount: exit code" "$status" 0
is "then it is there" "$(cat "$mnt/srv/new/file")" content
command_run umount "$mnt"
check_nothing_left "dead mount, mount"

# --- without /dev/fuse ---

if unshare -m true 2>/dev/null; then
    run env $mark unshare -m sh -c "
        mount -t tmpfs none /dev && '$deltafs' mount good '$mnt'"
    is "no /dev/fuse: exit code" "$status" 2
    like "no /dev/fuse: message" "$(head -n1 err)" \
        '^deltafs: cannot mount: /dev/fuse: No such file or directory$'
    like "no /dev/fuse: hint" "$(sed 1d err)" '^deltafs: hint: '
    check_nothing_left "no /dev/fuse"
fi

done_testing
