# SPDX-License-Identifier: GPL-2.0-or-later
#
# The sandbox of the worker is in force: what a worker that was taken over
# would try fails with EPERM or is its end; what the kernel lacks is a warning,
# or an error with --sandbox=require.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires getfattr
requires_fuse
without=$top_builddir/tests/command/without

if grep -qa __asan_init "$deltafs"; then
    command_run diff -v empty
    like "a build with sanitizers has none" "$(cat err)" \
        'sandbox: none in a build with sanitizers'
    command_run diff --sandbox require empty
    is "and says so where it is required: exit code" "$status" 2
    check_nothing_left
    done_testing
fi

# --- each deed ---

command_run diff deed-list
sed -n 's/^deltafs: warning: deed: \([^:]*\): \(.*\)/\1 \2/p' err >deeds
check "there are deeds of both kinds" \
    test "$(grep -c refused deeds)" -ge 10 -a "$(grep -c deadly deeds)" -ge 10

while read -r deed kind; do
    command_run diff "deed-$deed"
    if test "$kind" = refused; then
        is "$deed: exit code" "$status" 0
        is "$deed: refused" "$(cat err)" \
            "deltafs: warning: deed: $deed: Operation not permitted"
    else
        is "$deed: exit code" "$status" 2
        like "$deed: the worker's end" "$(head -n1 err)" \
            "deed-$deed: the worker process was ended by signal 31 "
    fi
done <deeds
check_not "nothing was made" test -e made
check_nothing_left "deeds"

# What the worker would do where nothing holds it back.
for deed in open create stat fork socket mprotect chdir kill; do
    command_run diff --sandbox off "deed-$deed"
    is "without a sandbox, $deed" "$(cat err)" \
        "deltafs: warning: deed: $deed: done"
done
rm -f made

# Under a mount: it is gone, and nothing is left.
command_run mount deed-socket mnt
is "mount, socket: exit code" "$status" 2
check_nothing_left "mount, socket"

# --- what it is made of ---

# status_of PROCESS FIELD
status_of ()
{
    sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"
}

command_run mount -v good mnt
like "-v says what is in force" "$(cat err)" \
    'sandbox: no new privileges, no capabilities, no core dumps, memory limit, Landlock, seccomp \(at most [0-9]+ MiB\)'
mebibytes=$(sed -n 's/.*sandbox: .*(at most \([0-9]*\) MiB).*/\1/p' err)
worker=$(worker_of "$(supervisor_of mnt)")
is "a seccomp filter" "$(status_of "$worker" Seccomp)" 2
is "no new privileges" "$(status_of "$worker" NoNewPrivs)" 1
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
    is "no capabilities: $set" "$(status_of "$worker" $set)" 0000000000000000
done
limits=$(cat "/proc/$worker/limits")
like "no core dumps" "$limits" 'Max core file size +0 +0 '
like "a memory limit" "$limits" \
    "Max data size +$((mebibytes * 1048576)) +$((mebibytes * 1048576)) "
for thread in /proc/"$worker"/task/*; do
    test "$(sed -n 's/^Seccomp:[[:space:]]*//p' "$thread/status")" = 2 ||
        note "${thread##*/} is outside"
done >outside
is "every thread is in there" "$(cat outside)" ""
command_run umount mnt
check_nothing_left "mount"

# --- what the kernel lacks ---

# lacking CALL ARGUMENT...: like command_run
lacking ()
{
    run marked timeout --foreground 120 "$without" "$1" "$deltafs" \
        "${@:2}"
}

for case in "landlock_create_ruleset:Landlock" "seccomp:seccomp"; do
    part=${case#*:}
    lacking "${case%%:*}" diff -v good
    is "no $part: exit code" "$status" 0
    like "no $part: a warning" "$(cat err)" \
        "deltafs: warning: the sandbox is not complete: $part: this kernel does not have it"
    like "no $part: -v says what is left" "$(cat err)" \
        "deltafs: sandbox: no new privileges, no capabilities, "
    unlike "no $part: -v does not say it is there" \
        "$(grep 'deltafs: sandbox: ' err)" "$part"
    lacking "${case%%:*}" diff --sandbox require good
    is "no $part, required: exit code" "$status" 2
    is "no $part, required: no list" "$(cat out)" ""
    like "no $part, required: the message" "$(head -n1 err)" \
        "^deltafs: the sandbox is not complete: $part: this kernel does not have it\$"
    like "no $part, required: a hint" "$(sed 1d err)" '^deltafs: hint: '
    lacking "${case%%:*}" mount --sandbox require good mnt
    is "no $part, required, mount: exit code" "$status" 2
    check_nothing_left "no $part"
    lacking "${case%%:*}" doctor
    like "no $part: doctor" "$(cat out)" \
        "warning  sandbox .*not available: $part"
done

command_run diff --sandbox require good
is "all is there, required: exit code" "$status" 0
is "all is there, required: nothing said" "$(cat err)" ""
command_run diff -v --sandbox off good
like "off" "$(cat err)" 'deltafs: sandbox: off'
like "off, the list is the same" "$(cat out)" '/srv/new/file'

command_run doctor
like "doctor says what there is" "$(cat out)" \
    'ok +sandbox +no new privileges, no capabilities, no core dumps, memory limit, Landlock, seccomp'

check_nothing_left
done_testing
