# SPDX-License-Identifier: GPL-2.0-or-later
#
# deltafs umount: what it refuses, what it waits for, whom it names.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires getfattr
requires_fuse

mnt=$work/mnt

command_run umount "$mnt"
is "nothing mounted: exit code" "$status" 2
is "nothing mounted: message" "$(cat err)" \
    "deltafs: cannot unmount: $mnt: nothing is mounted there"
command_run umount none
is "no such file: message" "$(cat err)" \
    "deltafs: cannot unmount: none: No such file or directory"
command_run umount /proc
is "another filesystem: exit code" "$status" 2
like "another filesystem: message" "$(cat err)" \
    '^deltafs: cannot unmount: /proc: it is not a mount of deltafs \(its type is proc\)$'
mkdir other
mount -t tmpfs tmpfs "$work/other"
command_run umount other
is "a tmpfs stays: exit code" "$status" 2
check "a tmpfs stays" grep -qF " $work/other " /proc/self/mountinfo
umount "$work/other"

# In use.
command_run mount good "$mnt"
(cd "$mnt/etc" && exec sleep 60) &
reader=$!
retry 5 grep -qx sleep /proc/$reader/comm
command_run umount --timeout 1 "$mnt"
is "busy: exit code" "$status" 2
is "busy: message" "$(head -n1 err)" \
    "deltafs: cannot unmount: $mnt: it is in use by sleep (process $reader, working directory)"
like "busy: hint" "$(sed 1d err)" '^deltafs: hint: .*--lazy'
is "it is still there" "$(cat "$mnt/srv/new/file")" content
kill $reader
wait $reader 2>/dev/null

sleep 60 <"$mnt/etc/passwd" &
reader=$!
command_run umount --timeout 0 "$mnt"
like "open file" "$(cat err)" "sleep \(process $reader, open file\)"
kill $reader
wait $reader 2>/dev/null

if command -v python3 >/dev/null; then
    python3 -c '
import mmap, sys, time
file = open(sys.argv[1], "rb")
map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
file.close()
print(flush=True)
time.sleep(60)' "$mnt/etc/passwd" >mapped &
    reader=$!
    retry 10 test -s mapped
    command_run umount --timeout 0 "$mnt"
    like "mapped file" "$(cat err)" "process $reader, (mapped|open) file"
    kill $reader
    wait $reader 2>/dev/null
fi

mount -t tmpfs tmpfs "$mnt/etc"
command_run umount --timeout 0 "$mnt"
like "a mount below" "$(cat err)" "in use by the mount at $mnt/etc"
umount "$mnt/etc"

# It becomes free while umount tries.
(cd "$mnt/etc" && exec sleep 2) &
reader=$!
retry 5 grep -qx sleep /proc/$reader/comm
command_run umount "$mnt"
is "free after a while: exit code" "$status" 0
is "free after a while: nothing said" "$(cat err)" ""
check_nothing_left "free after a while"

# It is mounted elsewhere, too, where this one is not missed.
mkdir bound
command_run mount good "$mnt"
supervisor=$(supervisor_of "$mnt")
mount --bind "$mnt" bound
command_run umount --timeout 1 "$mnt"
is "mounted elsewhere: exit code" "$status" 2
is "mounted elsewhere: message" "$(head -n1 err)" \
    "deltafs: unmounted, but not all has ended: $mnt: it is in use by the mount at $work/bound"
like "mounted elsewhere: hint" "$(sed 1d err)" \
    "^deltafs: hint: unmount that, or end process $supervisor, "
is "mounted elsewhere: it is served there" "$(cat bound/srv/new/file)" content
umount bound
check_nothing_left "mounted elsewhere"

# The supervisor was killed a moment ago, before there was a mount, and what it
# had started has yet to end: here a process that has its lock.
touch gate
env $mark "$deltafs" mount gate "$mnt" >out 2>err &
launcher=$!
scratch_is_there ()
{
    test -n "$(find "$work/tmp" -name scratch)"
}
retry 20 scratch_is_there
supervisor=$(ps -o pid= --ppid $launcher | tr -d ' ')
exec 6<"$(echo "$work"/tmp/deltafs-*)/lock"
kill -9 "$(worker_of "$supervisor")" "$supervisor"
wait $launcher 2>/dev/null
flock 6
(sleep 1) &
exec 6<&-
command_run umount "$mnt"
is "killed a moment ago: nothing is mounted" "$status" 2
is "killed a moment ago: no temporary file is left" \
    "$(find "$work/tmp" -mindepth 1)" ""
rm gate
check_nothing_left "killed a moment ago"

# --lazy.
command_run mount good "$mnt"
exec 8<"$mnt/srv/new/file"
command_run umount --lazy "$mnt"
is "--lazy: exit code" "$status" 0
check "--lazy: detached" not_mounted "$mnt"
is "--lazy: who has it open goes on" "$(cat <&8)" content
exec 8<&-
check_nothing_left "--lazy"

# Several.
mkdir a b
command_run mount good a
command_run mount good b
command_run umount a none b
is "several, one wrong: exit code" "$status" 2
is "several, one wrong: one message" "$(wc -l <err)" 1
check_nothing_left "several"

# A mount namespace that was made meanwhile has a copy of the mount.
command_run mount good "$mnt"
if unshare -m true; then
    env $mark unshare --mount --propagation private sleep 1000 &
    keeper=$!
    retry 10 grep -qx sleep /proc/$keeper/comm
    command_run umount "$mnt"
    is "a copy of the mount elsewhere: exit code" "$status" 0
    is "a copy of the mount elsewhere: nothing said" "$(cat err)" ""
    is "a copy of the mount elsewhere: nobody is left" \
        "$(started deltafs_memory)" ""
    command_run mount good "$mnt"
    is "a copy of the mount elsewhere: a new mount" "$status" 0
    kill $keeper
    wait $keeper 2>/dev/null
fi
command_run umount "$mnt"
check_nothing_left "a copy of the mount elsewhere"

# One that hangs (its worker is stopped) does not make umount hang.
command_run mount good "$mnt"
supervisor=$(supervisor_of "$mnt")
worker=$(worker_of "$supervisor")
kill -STOP "$worker"
env $mark "$deltafs" umount "$mnt" >out 2>err &
pid=$!
check "a hanging mount is undone" retry 15 not_mounted "$mnt"
kill -CONT "$worker"
wait $pid
is "a hanging mount: exit code" "$?" 0
check_nothing_left "hanging mount"

# --- trees, records and directories that lie ---

# It is not the tree that says whom to signal and what to delete.
sleep 1000 &
victim=$!
mkdir -m 700 "$work/tmp/deltafs-victim"
echo precious >"$work/tmp/deltafs-victim/session"
echo precious >"$work/tmp/deltafs-victim/lock"
started=$(sed 's/.*) //' /proc/$victim/stat | cut -d' ' -f20)
says ()
{
    getfattr --absolute-names --only-values -n user.deltafs.session "$mnt" \
        2>/dev/null
}
if command -v python3 >/dev/null; then
    for user in 0 65534; do
        env $mark python3 "$srcdir/liar.py" "$mnt" $user \
            "$victim $started $work/tmp/deltafs-victim" &
        retry 10 is_mounted "$mnt"
        is "a tree that lies, user $user: it answers" "$(says)" \
            "$victim $started $work/tmp/deltafs-victim"
        command_run umount "$mnt"
        is "a tree that lies, user $user: exit code" "$status" 0
        check "a tree that lies, user $user: unmounted" not_mounted "$mnt"
        check "a tree that lies, user $user: nobody is signalled" \
            kill -0 $victim
        is "a tree that lies, user $user: nothing is deleted" \
            "$(cat "$work"/tmp/deltafs-victim/*)" "$(printf 'precious\nprecious')"
        wait $!
    done

    # Records that lie: one of another user than the owner of the mount says
    # nothing, one of the owner itself is its own affair.
    cat >record.py <<'PYTHON'
import os, sys, time
os.setresuid(*[int(sys.argv[2])] * 3)
os.memfd_create("deltafs-mount-" + sys.argv[1])
print(flush=True)
time.sleep(1000)
PYTHON
    env $mark python3 "$srcdir/liar.py" "$mnt" 65534 "" &
    liar=$!
    retry 10 is_mounted "$mnt"
    device=$(grep -F " $mnt " /proc/self/mountinfo | cut -d' ' -f3)
    for user in 0 1 65534; do
        env $mark python3 record.py "$device" $user >holds.$user &
        eval "holder_$user=\$!"
        retry 10 test -s holds.$user
    done
    # Meanwhile the mount's device is given to another one.
    (retry 10 not_mounted "$mnt" && mount -t tmpfs tmpfs "$work/bound") &
    mounter=$!
    command_run umount -v "$mnt"
    is "a record that lies: exit code" "$status" 0
    wait $mounter
    umount "$work/bound"
    # shellcheck disable=SC2154 # eval sets them
    {
        like "a record that lies: whose it is" "$(cat err)" \
            "supervised by process $holder_65534\$"
        check "a record that lies: root's process is not signalled" \
            kill -0 "$holder_0"
        check "a record that lies: another user's is not" kill -0 "$holder_1"
        check_not "a record that lies: its owner gets what it asked for" \
            kill -0 "$holder_65534"
        kill "$holder_0" "$holder_1" "$holder_65534" 2>/dev/null
    }
    wait $liar "$holder_0" "$holder_1" "$holder_65534" 2>/dev/null
fi

# A directory that is only called as ours are.
mkdir -m 700 "$work/tmp/deltafs-abc123" "$work/tmp/deltafs-abc12"
echo precious >"$work/tmp/deltafs-abc123/lock"
printf 'private directory of deltafs\n' >"$work/tmp/deltafs-abc12/lock"
command_run mount good "$mnt"
command_run umount "$mnt"
is "directories that are not ours: they stay" \
    "$(cat "$work"/tmp/deltafs-abc*/lock)" \
    "$(printf 'private directory of deltafs\nprecious')"
printf 'private directory of deltafs\n' >"$work/tmp/deltafs-abc123/lock"
command_run mount good "$mnt"
command_run umount "$mnt"
check "a directory that is ours goes" test ! -e "$work/tmp/deltafs-abc123"
rm -r "$work/tmp/deltafs-abc12" "$work/tmp/deltafs-victim"
kill $victim
wait $victim 2>/dev/null
check_nothing_left "trees that lie"

# --- sockets of libguestfs ---

# Those of an appliance that another network namespace's process starts are not
# dead.
if command -v python3 >/dev/null && unshare --net true; then
    cat >bind.py <<'PYTHON'
import os, socket, sys, tempfile, time
directory = tempfile.mkdtemp(prefix="libguestfs", dir="/tmp")
listener = socket.socket(socket.AF_UNIX)
listener.bind(directory + "/guestfsd.sock")
print(directory, flush=True)
time.sleep(1000)
PYTHON
    touch gate
    env $mark "$deltafs" diff gate >out 2>err &
    pid=$!
    retry 10 scratch_is_there
    unshare --net python3 bind.py >sockets &
    binder=$!
    retry 10 grep -qs . sockets
    sockets=$(cat sockets)
    rm gate
    wait $pid
    check "a socket of another network namespace stays" \
        test -S "$sockets/guestfsd.sock"
    touch gate
    env $mark "$deltafs" diff gate >out 2>err &
    pid=$!
    retry 10 scratch_is_there
    kill $binder
    wait $binder 2>/dev/null
    chmod 700 "$sockets"
    rm gate
    wait $pid
    check "one that nobody has bound goes" test ! -e "$sockets"
    rm -rf "$sockets"
    check_nothing_left "sockets"
fi

# --- who may ---

# as_nobody COMMAND...: by an ordinary user
as_nobody ()
{
    run env $mark setpriv --reuid 65534 --regid 65534 --clear-groups \
        timeout --foreground 120 "$@"
}
as_nobody "$deltafs" --version
if test "$status" -eq 0 && command -v fusermount3 >/dev/null; then
    chmod 755 "$work"
    chmod 1777 "$work/tmp"
    mkdir theirs
    chown 65534 theirs
    as_nobody "$deltafs" mount good "$work/theirs"
    is "an ordinary user: mount" "$status" 0
    as_nobody "$deltafs" umount "$work/theirs"
    is "an ordinary user: umount" "$status" 0
    is "an ordinary user: everything has ended" "$(started deltafs_memory)" ""
    check_nothing_left "an ordinary user"

    as_nobody "$deltafs" mount good "$work/theirs"
    command_run umount theirs
    is "root, an ordinary user's mount: exit code" "$status" 0
    is "root, an ordinary user's mount: everything has ended" \
        "$(started deltafs_memory)" ""
    check_nothing_left "root, an ordinary user's mount"

    command_run mount good "$mnt"
    as_nobody "$deltafs" umount "$mnt"
    is "an ordinary user, root's mount: exit code" "$status" 2
    check "an ordinary user, root's mount: it stays" is_mounted "$mnt"
    command_run umount "$mnt"
fi

# In a process namespace whose /proc is another one's, numbers are not to be
# trusted.
command_run mount good "$mnt"
supervisor=$(supervisor_of "$mnt")
if unshare --pid --fork true; then
    cat >namespace.sh <<'SCRIPT'
exec 2>&1
unshare --mount --propagation private sleep 1000 &
keeper=$!
echo $(($1 - 1)) >/proc/sys/kernel/ns_last_pid
sleep 1000 &
test $! = "$1" || echo "the number of the victim is $!"
"$2" umount "$3"
echo "umount: $?"
kill $keeper
kill $! && echo "the victim lived"
SCRIPT
    run env $mark unshare --pid --fork bash namespace.sh "$supervisor" \
        "$deltafs" "$mnt"
    is "another process namespace" "$(cat out)" "umount: 0
the victim lived"
fi
check_nothing_left "another process namespace"

# A relative path, from below another directory.
mkdir -p deep/er
command_run mount good deep/er
cd deep
command_run umount er/
is "relative path: exit code" "$status" 0
cd ..
check_nothing_left "relative path"

done_testing
