# SPDX-License-Identifier: GPL-2.0-or-later
#
# The mount itself: how it is made, what the mount table says, all the ways in
# which it ends, and that nothing is left behind.
. "${srcdir:-.}/fuse.sh"

cat >script <<'END'
overlay file /file text=content mode=0600
overlay file /open text=content mode=0644
overlay directory /closed mode=0700
overlay file /closed/file text=content mode=0644
overlay file /large size=100000000 seed=1
overlay file /slow size=1000000 slow=1500
END

root=
test "$(id -u)" -ne 0 || root=1
unmount ()
{
    if test -n "$root"; then umount "$@"; else fusermount3 -u "$@"; fi
}
# Fields of the line of $mnt in the mount table.
table ()
{
    python3 - "$mnt" <<'END'
import re, sys
for line in open("/proc/self/mountinfo", encoding="utf-8",
                 errors="surrogateescape"):
    own, rest = line.rstrip("\n").split(" - ")
    fields = own.split(" ")
    if fields[4] == sys.argv[1]:
        kind, source, options = rest.split(" ")
        source = re.sub(r"\\([0-7]{3})",
                        lambda m: chr(int(m.group(1), 8)), source)
        print(fields[5], kind, options, source, sep="|")
END
}

# What the mount table says, whatever the overlay is called.
serve -s /images/clone.qcow2
line=$(table)
for option in ro nosuid nodev; do
    like "mounted with $option" ",${line%%|*}," ",$option,"
done
like "its type" "$line" '\|fuse\.deltafs\|'
like "its source" "$line" '\|/images/clone\.qcow2$'
unlike "only for the user who mounted" "$line" 'allow_other'
unlike "no mode checks" "$line" 'default_permissions'
is "the tree answers" "$(cat "$mnt/file")" content
serve_end

hostile=$(printf 'a,allow_other,suid,dev b\\,exec\\\\c\td#"e')
serve -s "$hostile"
line=$(table)
is "a hostile source is a source" "${line#*|*|*|}" "$hostile"
for option in ro nosuid nodev; do
    like "it does not lift $option" ",${line%%|*}," ",$option,"
done
unlike "it lets nobody in" "$line" '\|[^|]*allow_other[^|]*\|a,'
serve_end
serve -s ''
like "without a source" "$(table)" '\|deltafs$'
serve_end

# Who may read.
if test -n "$root"; then
    serve
    check_not "another user may not look in" "${nobody[@]}" ls "$mnt"
    serve_end

    serve -o allow_other
    like "allow_other" "$(table)" 'default_permissions,allow_other'
    check "allow_other: another user may look in" "${nobody[@]}" ls "$mnt"
    check "allow_other: and read what modes allow" "${nobody[@]}" cat "$mnt/open"
    check_not "allow_other: but nothing else" "${nobody[@]}" cat "$mnt/file"
    check_not "allow_other: not into closed directories" \
        "${nobody[@]}" cat "$mnt/closed/file"
    check "allow_other: root reads all" cat "$mnt/file" "$mnt/closed/file"
    serve_end

    serve -o allow_other,all_readable
    unlike "all_readable: no mode checks" "$(table)" 'default_permissions'
    check "all_readable: another user reads all" \
        "${nobody[@]}" cat "$mnt/file" "$mnt/closed/file"
    serve_end
fi

# As an ordinary user, through fusermount3.
if test -n "$root"; then
    chown 65534:65534 "$mnt"
    chmod 644 script
    cp "$serve_memory" "$work/serve_memory"
    built=$serve_memory
    serve_memory=$work/serve_memory
    serve_with=("${nobody[@]}")
fi
serve -s "$hostile"
line=$(table)
is "ordinary user: a hostile source is a source" "${line#*|*|*|}" "$hostile"
for option in ro nosuid nodev; do
    like "ordinary user: mounted with $option" ",${line%%|*}," ",$option,"
done
like "ordinary user: type" "$line" '\|fuse\.deltafs\|'
serve_end
if ! grep -q '^[[:space:]]*user_allow_other' /etc/fuse.conf; then
    serve_start -o allow_other
    serve_wait
    is "ordinary user: allow_other is refused" "$status" 2
    like "and the message says why" "$(cat "$work/serve.err")" \
        'error: cannot mount: .*/mnt: .*allow_other'
    like "and what to do" "$(cat "$work/serve.err")" \
        'hint: .*user_allow_other.*/etc/fuse.conf'
    check_not "and nothing is mounted" is_mounted "$mnt"
fi
if test -n "$root"; then
    serve
    check "ordinary user: reads all" "${nobody[@]}" cat "$mnt/file" \
        "$mnt/closed/file"
    check_not "ordinary user: root is kept out" cat "$mnt/file"
    "${nobody[@]}" fusermount3 -u "$mnt"
    serve_wait
    is "ordinary user: unmounted from outside" "$status" 0

    chown 0:0 "$mnt"
    serve_start
    serve_wait
    is "ordinary user: somebody else's mount point is refused" "$status" 2
    like "ordinary user: with fusermount3's words" \
        "$(cat "$work/serve.err")" 'error: cannot mount: .*/mnt: fusermount3'
    serve_with=("${nobody[@]}" env "PATH=$work/none")
    chown 65534:65534 "$mnt"
    serve_start
    serve_wait
    is "ordinary user: without fusermount3" "$status" 2
    like "ordinary user: it is named" "$(cat "$work/serve.err")" \
        'cannot run fusermount3: No such file'
    like "ordinary user: with a hint" "$(cat "$work/serve.err")" 'hint: .*fuse3'
    serve_with=()
    serve_memory=$built
    chown 0:0 "$mnt"
fi

# Mount points that are none.
fails_at ()
{
    mnt=$1
    serve_start
    serve_wait
    mnt=$work/mnt
    is "$2: exit code" "$status" 2
    like "$2: message" "$(cat "$work/serve.err")" "error: cannot mount: .*$3"
    is "$2: one error" "$(grep -c ^error: "$work/serve.err")" 1
}
fails_at "$work/missing" "a missing mount point" 'missing: No such file'
fails_at "$work/script" "a file as mount point" 'script: Not a directory'
fails_at "$work/script/x" "a path below a file" 'Not a directory'
fails_at '' "no mount point" 'No such file'

# What this machine lacks: tried in a mount namespace of its own.
without ()
{
    serve_with=(unshare -m sh -c "$1"' && exec "$0" "$@"')
    serve_start
}
if test -n "$root"; then
    without 'mount -t tmpfs tmpfs /dev'
    serve_wait
    is "no /dev/fuse: exit code" "$status" 2
    like "no /dev/fuse: message" "$(cat "$work/serve.err")" \
        'error: cannot mount: /dev/fuse: No such file'
    like "no /dev/fuse: hint" "$(cat "$work/serve.err")" 'hint: .*modprobe'
    is "no /dev/fuse: one error" "$(grep -c ^error: "$work/serve.err")" 1

    without 'mount -t tmpfs tmpfs /dev && touch /dev/fuse && chmod 600 /dev/fuse &&
        exec setpriv --reuid=65534 --regid=65534 --clear-groups "$0" "$@"'
    serve_wait
    is "a closed /dev/fuse: exit code" "$status" 2
    like "a closed /dev/fuse: message" "$(cat "$work/serve.err")" \
        'error: cannot mount: /dev/fuse: Permission denied'
    like "a closed /dev/fuse: hint" "$(cat "$work/serve.err")" 'hint: .*user'

    # The mount's ID cannot be known: it is unmounted all the same.
    without 'mount -t tmpfs tmpfs /proc/$$/fdinfo'
    check "without a mount ID: it answers" serve_answers
    exec 6<"/proc/$server/ns/mnt"
    inside=(nsenter --mount=/proc/self/fd/6 grep -F " $mnt " /proc/self/mountinfo)
    check "without a mount ID: it is mounted" "${inside[@]}"
    kill -TERM "$server"
    serve_wait
    is "without a mount ID: ended well" "$status" 0
    check_not "without a mount ID: nothing is mounted" "${inside[@]}"
    exec 6<&-
    serve_with=()
fi

# Few descriptors: fewer threads, or a clear end, but nothing half done.
for limit in 5 6 7 8 10 12 15; do
    serve_with=(sh -c "ulimit -n $limit"' && exec "$0" "$@"')
    serve_start
    if serve_answers >/dev/null; then
        is "$limit descriptors: it answers" "$(cat "$mnt/file")" content
        kill -TERM "$server"
        serve_wait
        is "$limit descriptors: ended well" "$status" 0
    else
        serve_wait
        is "$limit descriptors: exit code" "$status" 2
        like "$limit descriptors: message" "$(cat "$work/serve.err")" \
            'error: cannot (mount|serve): .*Too many open files'
    fi
    check_not "$limit descriptors: nothing is mounted" is_mounted "$mnt"
done
serve_with=()

# A mount point through a symlink, with odd bytes.
odd=$work/$(printf 'o d\\d\n,x')
mkdir "$odd"
ln -s "$odd" link
mnt=$work/link
serve
is "an odd mount point answers" "$(cat "$odd/file")" content
kill -TERM "$server"
serve_wait
is "an odd mount point: ended well" "$status" 0
check "an odd mount point: nothing is left" rmdir "$odd"
mnt=$work/mnt

# How it ends.
serve
unmount "$mnt"
serve_wait
is "unmounted from outside: exit code" "$status" 0
is "unmounted from outside: no message" \
    "$(grep -v ^detail: "$work/serve.err")" ''

serve
kill -INT "$server"
serve_wait
is "SIGINT: exit code" "$status" 0
check_not "SIGINT: nothing is mounted" is_mounted "$mnt"

for i in 1 2 3 4 5; do
    serve_start
    until test "/proc/$server/exe" -ef "$serve_memory"; do :; done
    sleep "0.00$i"
    kill -TERM "$server"
    serve_wait
    check_not "SIGTERM at once ($i): nothing is mounted" is_mounted "$mnt"
done

serve
exec 5<"$mnt/large"
run unmount "$mnt"
check_not "unmounting while busy fails" test "$status" -eq 0
is "and it goes on" "$(cat "$mnt/file")" content
is "for the open file too" "$(head -c 8 <&5)" 00000001
unmount -l "$mnt" 2>/dev/null || fusermount3 -uz "$mnt"
check_not "detached lazily" is_mounted "$mnt"
is "the open file still answers" "$(tail -c 32 <&5 | cut -c 1-8)" 00000001
check "the server is there as long" kill -0 "$server"
exec 5<&-
serve_wait
is "and ends with the last open file" "$status" 0

# SIGTERM while eight readers read: nobody hangs, nothing stays.
serve
readers=()
for i in 1 2 3 4 5 6 7; do
    (while cat "$mnt/large"; do :; done) >/dev/null 2>&1 &
    readers+=($!)
done
cat "$mnt/slow" >/dev/null 2>slow.err &
readers+=($!)
sleep 0.5
cd "$mnt" || exit 99
kill -TERM "$server"
serve_wait
is "SIGTERM while busy: exit code" "$status" 0
check_not "SIGTERM while busy: nothing is mounted" is_mounted "$mnt"
cd "$work" || exit 99
wait "${readers[@]}"
ok "all readers came to an end"

# Something else took the place of a mount that was detached: it stays.
if test -n "$root"; then
    serve
    exec 5<"$mnt/file"
    umount -l "$mnt"
    mount -t tmpfs tmpfs "$mnt"
    cleanup_add "umount $mnt"
    kill -TERM "$server"
    serve_wait
    is "another mount in its place: ended well" "$status" 0
    check "another mount in its place: it stays" is_mounted "$mnt"
    exec 5<&-
    umount "$mnt"

    # The mount point was moved with the directory above it.
    mkdir above
    mkdir above/mnt
    mnt=$work/above/mnt
    serve
    mv above elsewhere
    check "moved along: it answers" cat elsewhere/mnt/file
    kill -TERM "$server"
    serve_wait
    is "moved along: ended well" "$status" 0
    check_not "moved along: nothing is left" is_mounted "$work/elsewhere/mnt"
    mnt=$work/mnt
fi

# A server that was killed leaves a dead mount, which the next one names.
serve
kill -KILL "$server"
wait "$server" 2>/dev/null
server=
check "killed: the dead mount is there" is_mounted "$mnt"
serve_start
serve_wait
is "a dead mount: exit code" "$status" 2
like "a dead mount: hint" "$(cat "$work/serve.err")" 'hint: .*deltafs umount'
unmount "$mnt"

# The connection is aborted by the administrator.
if test -n "$root"; then
    mkdir control
    mount -t fusectl fusectl control
    cleanup_add "umount $work/control"
    serve
    echo 1 >"control/$(mountpoint -d "$mnt" | cut -d : -f 2)/abort"
    serve_wait
    is "aborted: exit code" "$status" 0
    check_not "aborted: nothing is mounted" is_mounted "$mnt"
fi

# Twice at one place, as mount(8) allows.
if test -n "$root"; then
    serve
    first=$server
    serve
    is "stacked: it answers" "$(cat "$mnt/file")" content
    kill -TERM "$server"
    serve_wait
    is "stacked: the first answers again" "$(cat "$mnt/file")" content
    server=$first
    serve_end
fi

done_testing
