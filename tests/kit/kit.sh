# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kit of all shell tests: source it first.  A test prints TAP, works in a
# directory of its own, and leaves nothing behind, however it ends.
#
#   . "${srcdir:-.}/../kit/kit.sh"
#   requires qemu-img mke2fs
#   run deltafs diff overlay.qcow2        # status, $work/out, $work/err
#   is "exit code" "$status" 2
#   like "message" "$(cat "$work/err")" 'deltafs: .*: no such file'
#   check "file is there" test -f file
#   done_testing
#
# What it gives: $work (an empty directory, current when the test starts),
# $top_srcdir and $top_builddir (absolute), deltafs of this build in PATH.
# KIT_LIMIT (seconds, set before sourcing; 900) ends a test that hangs.

set -u

# A test that hangs is ended, and its cleanup still runs.
if test -z "${KIT_LIMITED:-}"; then
    export KIT_LIMITED=1
    exec timeout --kill-after=60 "${KIT_LIMIT:-900}" \
        bash "$0" ${1+"$@"} </dev/null
fi
unset KIT_LIMITED

kit_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top_srcdir=$(cd "$kit_here/../.." && pwd)
if test -n "${abs_top_builddir:-}"; then
    top_builddir=$abs_top_builddir
else
    top_builddir=$top_srcdir
fi
srcdir=$(cd "$(dirname "$0")" && pwd)
PATH=$top_builddir/mountctl:/usr/sbin:/sbin:$PATH
export PATH
LC_ALL=C.UTF-8
TZ=UTC
export LC_ALL TZ
unset LIBGUESTFS_DEBUG LIBGUESTFS_TRACE NO_COLOR

work=$(mktemp -d "${TMPDIR:-/tmp}/deltafs-test.XXXXXXXX") || exit 99
kit_count=0
kit_failed=0
kit_done=
kit_cleanups=()

# Registers a command (evaluated by the shell) to be run at the end, the last
# one first.
cleanup_add ()
{
    kit_cleanups+=("$*")
}

kit_exit ()
{
    local code=$? i
    trap '' HUP INT TERM
    trap - EXIT
    cd /
    for ((i = ${#kit_cleanups[@]} - 1; i >= 0; --i)); do
        eval "${kit_cleanups[i]}" >/dev/null 2>&1
    done
    # Never cross into something that is still mounted.
    rm -rf --one-file-system -- "$work"
    if test -z "$kit_done"; then
        echo "Bail out! the test ended early (status $code)"
        test "$code" -ne 0 || code=99
    fi
    exit "$code"
}
trap kit_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Comments in the log.
note ()
{
    printf '%s\n' "$*" | sed 's/^/# /'
}

# The whole of a file as comments (the first 40 lines).
note_file ()
{
    sed -n '1,40 s/^/# /p' "$1"
}

ok ()
{
    kit_count=$((kit_count + 1))
    printf 'ok %d - %s\n' "$kit_count" "${1//#/}"
}

not_ok ()
{
    kit_count=$((kit_count + 1))
    kit_failed=$((kit_failed + 1))
    printf 'not ok %d - %s\n' "$kit_count" "${1//#/}"
}

# check WHAT COMMAND...: passes if the command succeeds.
check ()
{
    local what=$1 code
    shift
    "$@" >"$work/.kit-out" 2>&1 </dev/null
    code=$?
    if test "$code" -eq 0; then
        ok "$what"
    else
        not_ok "$what"
        note "failed with $code: $*"
        note_file "$work/.kit-out"
    fi
    return 0
}

# check_not WHAT COMMAND...: passes if the command fails.
check_not ()
{
    local what=$1
    shift
    if "$@" >"$work/.kit-out" 2>&1 </dev/null; then
        not_ok "$what"
        note "succeeded: $*"
        note_file "$work/.kit-out"
    else
        ok "$what"
    fi
    return 0
}

# is WHAT GOT WANTED
is ()
{
    if test "x$2" = "x$3"; then
        ok "$1"
    else
        not_ok "$1"
        note "got:    $2"
        note "wanted: $3"
    fi
}

# like WHAT GOT PATTERN (an extended regular expression of bash)
like ()
{
    if [[ $2 =~ $3 ]]; then
        ok "$1"
    else
        not_ok "$1"
        note "got:     $2"
        note "pattern: $3"
    fi
}

unlike ()
{
    if [[ $2 =~ $3 ]]; then
        not_ok "$1"
        note "got:         $2"
        note "not pattern: $3"
    else
        ok "$1"
    fi
}

# same_files WHAT GOT WANTED: two files with the same bytes.
same_files ()
{
    if diff -u -- "$3" "$2" >"$work/.kit-out" 2>&1; then
        ok "$1"
    else
        not_ok "$1"
        note_file "$work/.kit-out"
    fi
}

# run COMMAND...: its exit code in $status, its output in $work/out and
# $work/err.
run ()
{
    "$@" >"$work/out" 2>"$work/err" </dev/null
    status=$?
    return 0
}

# retry SECONDS COMMAND...: until it succeeds.
retry ()
{
    local limit=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        test "$SECONDS" -lt "$limit" || return 1
        sleep 0.1
    done
}

# Nothing of this test can be seen here.  A failure where everything has to run.
skip_all ()
{
    kit_done=1
    if test "${DELTAFS_MUST_RUN:-}" = 1; then
        echo 1..1
        echo "not ok 1 - must run, but: $*"
        exit 1
    fi
    echo "1..0 # SKIP $*"
    exit 0
}

# requires PROGRAM...
requires ()
{
    local program
    for program; do
        command -v "$program" >/dev/null || skip_all "$program is not installed"
    done
}

requires_root ()
{
    test "$(id -u)" -eq 0 || skip_all "needs root"
}

# The last line of a test.
done_testing ()
{
    kit_done=1
    echo "1..$kit_count"
    test "$kit_failed" -eq 0
    exit $?
}

cd "$work" || exit 99
