# SPDX-License-Identifier: GPL-2.0-or-later
#
# What can happen around a mount: its terminal is closed, its mount point is
# deleted, nobody reads its messages but the system's log.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires getfattr python3
requires_fuse

mnt=$work/mnt

# What a run leaves that is killed before its directory says whose it is; looked
# at again at the end, when it cannot be one that is about to begin any more.
mkdir begun
mkdir -m 700 begun/deltafs-empty1 begun/deltafs-began1 begun/deltafs-locked \
    begun/deltafs-full01
mkdir -m 755 begun/deltafs-open01
touch begun/deltafs-began1/lock.new begun/deltafs-locked/lock.new \
    begun/deltafs-full01/file
exec 7<begun/deltafs-locked/lock.new
flock -n 7
began=$SECONDS
TMPDIR=$work/begun command_run diff empty
is "young directories stay" "$(ls begun | tr '\n' ' ')" \
    "deltafs-began1 deltafs-empty1 deltafs-full01 deltafs-locked deltafs-open01 "

# --- a caller that does not want to know of its children ---

cat >ignore.py <<'PYTHON'
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp(sys.argv[1], sys.argv[1:])
PYTHON
for arguments in "diff good" "mount good $mnt" "umount $mnt"; do
    # shellcheck disable=SC2086
    run marked timeout --foreground --signal=KILL 60 python3 ignore.py "$deltafs" $arguments
    is "SIGCHLD ignored, $arguments: exit code" "$status" 0
done
check_nothing_left "SIGCHLD ignored"

# --- the terminal ---

# on_terminal FILE COMMAND...: with the exit code in the file "ended"
on_terminal ()
{
    python3 "$srcdir/terminal.py" "$@" >ended 2>said
}

on_terminal "$mnt/etc/passwd" env $mark "$deltafs" mount -f good "$mnt"
is "-f, terminal closed: unmounted, as after any signal" "$(cat ended)" 0
check_nothing_left "-f, terminal closed"

scratch_is_there ()
{
    test -n "$(find "$work/tmp" -name scratch)"
}

# While the delta is computed, in the foreground and in the background.
for options in "-f" ""; do
    touch gate
    on_terminal "$work/close" env $mark "$deltafs" mount $options gate "$mnt" &
    on=$!
    retry 20 scratch_is_there
    touch close
    wait $on
    is "mount $options, terminal closed meanwhile: ended by it" \
        "$(cat ended)" "signal 1"
    check_nothing_left "mount $options, terminal closed meanwhile"
    rm -f close gate
done

# The shell that it was started from, and its terminal, have gone.
on_terminal "$work/close" env $mark sh -c \
    "'$deltafs' mount good '$mnt' && touch '$work/close' && sleep 60"
is "in the background: the shell is ended" "$(cat ended)" "signal 1"
is "in the background: the mount stays" "$(cat "$mnt/srv/new/file")" content
command_run umount "$mnt"
is "in the background: umount" "$status" 0
check_nothing_left "in the background"

# --- the mount point ---

# The kernel lets go of a mount when its directory is deleted where it is not
# mounted.
if unshare -m true 2>/dev/null; then
    mkdir gone
    command_run mount good gone
    exec 8<gone/etc/passwd
    unshare -m --propagation private \
        sh -c "umount '$work/gone' && rmdir '$work/gone'"
    check_not "mount point deleted: it is gone" test -e gone
    exec 8<&-
    check_nothing_left "mount point deleted"
    command_run umount gone
    is "mount point deleted: umount" "$status" 2
    check_nothing_left "mount point deleted, umount"
fi

for way in "umount" "worker killed"; do
    mkdir -p parent/point
    command_run mount good parent/point
    mv parent moved
    is "parent renamed: the tree is there" \
        "$(cat moved/point/srv/new/file)" content
    if test "$way" = umount; then
        command_run umount moved/point
        is "parent renamed, umount: exit code" "$status" 0
    else
        kill -9 "$(worker_of "$(supervisor_of moved/point)")"
    fi
    check_nothing_left "parent renamed, $way"
    rm -r moved
done

# --- the system's log ---

cat >collect.py <<'PYTHON'
# What comes to /dev/log goes to the file argv[1].
import socket, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
with open(sys.argv[1], "wb", buffering=0) as file:
    file.write(b"listening\n")
    while True:
        file.write(log.recv(65536) + b"\n")
PYTHON
# In a namespace with another /dev, so that this machine's log is not touched.
cat >logged.sh <<'SCRIPT'
mkdir -p dev
for node in null zero fuse urandom; do
    touch dev/$node
    mount --bind /dev/$node dev/$node
done
mount --rbind dev /dev
rm -f dev/log system.log
python3 collect.py system.log &
collector=$!
until grep -qs listening system.log; do sleep 0.05; done
"$@"
kill $collector
SCRIPT
cat >killed.sh <<'SCRIPT'
"$deltafs" mount good mnt
supervisor=$(supervisor_of mnt)
worker=$(worker_of "$supervisor")
kill -9 "${!1}"
for i in $(seq 200); do
    ! grep -q hint system.log || ! grep -qF "$PWD" /proc/self/mountinfo || break
    sleep 0.05
done
grep -F "$PWD/mnt" /proc/self/mountinfo
SCRIPT
if unshare -m true 2>/dev/null; then
    export deltafs mark
    export -f supervisor_of worker_of children_of
    for process in worker supervisor; do
        run env $mark unshare -m bash logged.sh bash killed.sh $process
        is "$process killed: nothing is mounted" "$(cat out)" ""
        like "$process killed: the system's log" "$(cat system.log)" \
            "deltafs\\[[0-9]+\\]: cannot serve any longer: good: the $(
                test $process = worker &&
                echo "worker process was ended by signal 9 " ||
                echo "supervising process has been killed")"
        like "$process killed: with a hint" "$(cat system.log)" \
            'deltafs\[[0-9]+\]: hint: '
        check_nothing_left "$process killed, with a log"
    done
fi

# --- what was begun ---

remaining=$((12 - (SECONDS - began)))
test $remaining -le 0 || sleep $remaining
TMPDIR=$work/begun command_run diff empty
is "old directories go, but those in which there is something" \
    "$(ls begun | tr '\n' ' ')" "deltafs-full01 deltafs-locked deltafs-open01 "
exec 7<&-
TMPDIR=$work/begun command_run diff empty
is "one that nobody holds any more, too" "$(ls begun | tr '\n' ' ')" \
    "deltafs-full01 deltafs-open01 "

done_testing
