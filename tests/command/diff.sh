# SPDX-License-Identifier: GPL-2.0-or-later
#
# deltafs diff: its output, exit codes and ends, on made-up deltas.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires python3

scratch_is_there ()
{
    test -n "$(find "$work/tmp" -name scratch)"
}

command_run diff good
is "exit code" "$status" 0
printf '%s\t%s\t%s\n' \
    M content /etc/passwd \
    M mode /etc/shadow \
    A - /srv \
    A - /srv/link \
    A - /srv/new \
    A - /srv/new/file \
    D - /usr/bin/vim >wanted
same_files "text" out wanted
is "nothing on stderr" "$(cat err)" ""

command_run diff -z good
tr '\n' '\0' <wanted >wanted-z
same_files "-z" out wanted-z

command_run diff odd
printf 'A\t-\t%s\n' /a /a/x /a-b /device /fifo '/grüße' \
    '"/invalid\377"' /link '"/quote\"here"' '"/tab\there"' >wanted
same_files "quoting and order" out wanted
command_run diff -z odd
is "-z does not quote" "$(tr '\0' '\n' <out | grep -c here)" 2
printf 'A\t-\t/tab\there\0' >last
check "-z: raw path at the end" cmp last <(tail -c "$(stat -c %s last)" out)

command_run diff --json odd
is "--json: exit code" "$status" 0
cat >entries.py <<'PYTHON'
import base64, json, sys
lines = open(sys.argv[1], "rb").read().split(b"\n")
assert lines.pop() == b""
entries = [json.loads(line.decode("utf-8", "strict")) for line in lines]
summary = entries.pop()["summary"]
assert summary["added"] == 10 and summary["modified"] == 0, summary
assert summary["engine"] == "memory" and summary["seconds"] >= 0
assert list(summary) == ["added", "modified", "deleted", "unreadable",
                         "filtered", "engine", "seconds"]
by_path = {e["path"]: e for e in entries}
invalid = by_path["/invalid\ufffd"]
assert base64.b64decode(invalid["path_base64"]) == b"/invalid\xff"
link = by_path["/link"]
assert link["overlay"]["target"] == "to\ufffd"
assert base64.b64decode(link["overlay"]["target_base64"]) == b"to\xfe"
assert "path_base64" not in link
device = by_path["/device"]["overlay"]
assert (device["type"], device["major"], device["minor"]) == ("block", 8, 17)
assert by_path["/fifo"]["overlay"]["type"] == "fifo"
assert "base" not in device
assert by_path["/grüße"]["changes"] == []
assert by_path["/a/x"]["overlay"]["mtime"] == "2001-09-09T01:46:40.000000000Z"
assert list(by_path["/a/x"]) == ["path", "status", "changes", "overlay"]
assert list(by_path["/a/x"]["overlay"]) == ["type", "mode", "uid", "gid",
                                            "size", "mtime"]
PYTHON
check "--json: fields" python3 entries.py out

command_run diff --summary good
like "--summary" "$(cat out)" \
    '^4 added, 2 modified, 1 deleted, 0 unreadable, 0 filtered \(engine memory, [0-9.]+ s\)$'
command_run diff --summary --verify everything
like "--summary counts silent changes" "$(sed -n 2p out)" '^1 silent: '
command_run diff --verify everything
like "silent changes are counted on stderr" "$(cat err)" \
    'silent changes: 1 \(the content differs'
command_run diff --summary --json good
is "--summary --json is one line" "$(wc -l <out)" 1
like "--summary --json" "$(cat out)" '^\{"summary":\{"added":4,'

# Exit codes.
command_run diff --exit-code good
is "--exit-code with changes" "$status" 1
command_run diff --exit-code empty
is "--exit-code without" "$status" 0
command_run diff --exit-code unreadable
is "unreadable outranks" "$status" 3
like "the entry is in the list" "$(cat out)" $'\\?\tunreadable\t/srv/bad'
like "it is named on stderr" "$(cat err)" '/srv/bad'
like "it is counted on stderr" "$(cat err)" 'unreadable entries: 1$'

# An overlay that is being written: what is torn is read again.
command_run diff torn-once
is "torn once: exit code" "$status" 0
unlike "torn once: the list" "$(cat out)" unreadable
is "torn once: one message" "$(cat err)" \
   "deltafs: warning: the image is being written: torn-once: made up"
command_run diff -v torn
is "torn: exit code" "$status" 3
is "torn: the list is there once" "$(grep -c '/srv/bad$' out)" 1
is "torn: opened three times more" "$(grep -c 'opening the images again' err)" 3
is "torn: one warning" "$(grep -c 'is being written' err)" 1
is "torn: the entry is named once" "$(grep -c 'cannot read: /srv/bad' err)" 1

command_run diff --exclude '/srv/*' good
is "filtered: exit code" "$status" 0
like "filtered entries are counted on stderr" "$(cat err)" \
    'entries left out by filters: [1-9]'
command_run diff -q --exclude '/srv/*' good
is "-q" "$(cat err)" ""

for overlay in missing broken; do
    command_run diff $overlay
    is "$overlay: exit code" "$status" 2
    is "$overlay: nothing on stdout" "$(cat out)" ""
    like "$overlay: message" "$(cat err)" '^deltafs: cannot [^:]*: [^:]*: '
done
command_run diff missing
is "a hint follows its message" "$(sed 1d err)" \
    "deltafs: hint: there is a remedy"
command_run diff -q missing
is "-q keeps errors and their hints" "$(wc -l <err)" 2

command_run diff crash
is "crash: exit code" "$status" 2
like "crash: message" "$(head -n1 err)" \
    '^deltafs: cannot list the delta: crash: .* signal 11 '
check_nothing_left "crash"

TMPDIR=$work/no-such-directory command_run diff good
is "no temporary directory: exit code" "$status" 2
like "no temporary directory: message" "$(cat err)" 'temporary directory'

# Output that does not arrive.
marked "$deltafs" diff good >/dev/full 2>err
is "full disk: exit code" "$?" 2
is "full disk: message" "$(cat err)" \
    "deltafs: cannot write: standard output: No space left on device"
marked "$deltafs" diff many 2>err | head -n1 >/dev/null
is "a reader that left: as SIGPIPE does" "${PIPESTATUS[0]}" 141
is "a reader that left: no message" "$(cat err)" ""
(trap '' PIPE; marked "$deltafs" diff many 2>err; echo $? >code) |
    head -n1 >/dev/null
is "SIGPIPE ignored: exit code" "$(cat code)" 2
is "SIGPIPE ignored: message" "$(cat err)" \
    "deltafs: cannot write: standard output: Broken pipe"
marked "$deltafs" diff good >&- 2>err
is "stdout closed: it goes to /dev/null" "$?" 0
command_run diff many
is "a large list is complete" "$(wc -l <out)" 200201

# Ended from outside.
for signal in INT TERM HUP; do
    env $mark "$deltafs" diff slow >out 2>err &
    pid=$!
    retry 10 grep -q . /proc/$pid/task/$pid/children
    retry 10 scratch_is_there
    test $signal = INT || {
        kill -$signal $pid
        wait $pid
        is "SIG$signal: ended by it" "$?" $((128 + $(kill -l $signal)))
    }
    # A background job of a script ignores SIGINT: ask otherwise.
    test $signal != INT || { kill -INT $pid; kill -TERM $pid; wait $pid; }
    is "SIG$signal: no message" "$(cat err)" ""
    check_nothing_left "SIG$signal"
done

# The supervisor killed: the rest ends, the next run clears.
env $mark "$deltafs" diff slow >out 2>err &
pid=$!
retry 10 scratch_is_there
kill -9 $pid
wait $pid 2>/dev/null
check "the supervisor was killed: all end" retry 5 none_started
check "its directory is left" test -n "$(find "$work/tmp" -mindepth 1)"
command_run diff empty
check_nothing_left "supervisor killed"

# The worker killed.
env $mark "$deltafs" diff slow >out 2>err &
pid=$!
retry 10 grep -q . /proc/$pid/task/$pid/children
worker=$(worker_of $pid)
kill -9 "$worker"
wait $pid
is "worker killed: exit code" "$?" 2
like "worker killed: message" "$(cat err)" 'ended by signal 9'
check_nothing_left "worker killed"

# A directory that is in use, or is not ours, stays.
env $mark "$deltafs" diff slow >out 2>err &
pid=$!
retry 10 scratch_is_there
mkdir -m 700 "$work/tmp/deltafs-foreign"
command_run diff empty
check "a directory in use stays" test -n "$(find "$work/tmp" -name lock)"
check "a directory without a lock stays" test -d "$work/tmp/deltafs-foreign"
rmdir "$work/tmp/deltafs-foreign"
kill $pid
wait $pid
check_nothing_left

# On a terminal: aligned, coloured, with a summary.
if command -v script >/dev/null; then
    env TERM=xterm script -qec "'$deltafs' diff good --progress=never" \
        /dev/null >out </dev/null
    like "terminal: colour" "$(cat -v out)" $'\\^\\[\\[33mM  content  /etc/passwd'
    like "terminal: summary" "$(cat out)" '4 added, 2 modified, 1 deleted'
    env TERM=xterm NO_COLOR=1 script -qec \
        "'$deltafs' diff good --progress=never" /dev/null >out </dev/null
    unlike "NO_COLOR" "$(cat -v out)" '\^\['
    env TERM=xterm script -qec \
        "'$deltafs' diff --verify everything --progress=never" /dev/null \
        >out </dev/null
    like "terminal: a silent change stands out" "$(cat -v out)" \
        '\^\[\[1;7;35mM! content,silent +/etc/quiet\^\[\[0m'
    like "terminal: silent changes are counted" "$(cat out)" \
        '1 silent: the content differs, but size, mtime and ctime do not'
    env TERM=dumb script -qec "'$deltafs' diff good" /dev/null >out </dev/null
    unlike "TERM=dumb" "$(cat -v out)" '\^\['
fi

# The progress bar.
env $mark "$deltafs" diff --progress=always slow >out 2>err &
pid=$!
retry 10 grep -q 'scan \[=*' err
check "a progress bar appears" grep -q 'scan \[' err
kill $pid
wait $pid

# waits_for OVERLAY PATTERN: what the bar says of the appliance
waits_for ()
{
    env $mark "$deltafs" diff --progress=always "$1" >out 2>err &
    pid=$!
    retry 10 grep -q 'starting' err
    like "$1: the bar says for what and how long" "$(tr '\r' '\n' <err)" "$2"
    kill $pid
    wait $pid
}
waits_for appliance 'starting the appliance, 10 to 30 s \(sda1 is vfat\) [0-9]+ s'
waits_for appliance-odd ' \(v\\033g/lv is xfs\) [0-9]+ s'

check_nothing_left
done_testing
