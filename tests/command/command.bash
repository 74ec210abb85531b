# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests of the command on the in-memory engine: source it after kit.sh.

. "$top_srcdir/tests/kit/processes.bash"

deltafs=$top_builddir/tests/command/deltafs_memory
mkdir "$work/tmp" "$work/mnt"
TMPDIR=$work/tmp
export TMPDIR
# A crash is to look the same in sanitizer builds.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_segv=0
export ASAN_OPTIONS

# The marker in the environment finds the processes of this test.  It goes
# in front of a command in the background (env $mark ...), so that $! is it.
mark=DELTAFS_TEST_MARK=$work-child

# Process ids of what "marked" started; $1 narrows it to a name.
started ()
{
    local file pid
    for file in $(grep -slzxF "DELTAFS_TEST_MARK=$work-child" \
                       /proc/[0-9]*/environ 2>/dev/null); do
        pid=${file#/proc/}
        pid=${pid%/environ}
        if test $# -eq 0 || grep -qx -- "$1" "/proc/$pid/comm" 2>/dev/null
        then
            echo "$pid"
        fi
    done
}

none_started ()
{
    test -z "$(started)"
}

marked ()
{
    env "$mark" "$@"
}

kill_started ()
{
    local pid
    for pid in $(started); do
        kill -9 "$pid"
    done
    grep -F "$work/" /proc/self/mountinfo | cut -d' ' -f5 |
        while read -r point; do umount -l "$point"; done
}
cleanup_add kill_started

# deltafs with these arguments: $status, $work/out, $work/err
command_run ()
{
    run marked timeout --foreground 120 "$deltafs" "$@"
}

is_mounted ()
{
    grep -F " $1 " /proc/self/mountinfo | grep -q ' fuse.deltafs '
}

not_mounted ()
{
    ! is_mounted "$1"
}

# Nothing of what was run is left: processes, temporary files, mounts.
check_nothing_left ()
{
    local when=${1:+ ($1)}
    retry 15 none_started
    is "no process is left$when" \
        "$(for pid in $(started); do tr '\0' ' ' <"/proc/$pid/cmdline"; done)" ""
    is "no temporary file is left$when" \
        "$(find "$work/tmp" -mindepth 1)" ""
    is "no mount is left$when" "$(grep -F "$work/" /proc/self/mountinfo)" ""
}

requires_fuse ()
{
    test -r /dev/fuse || skip_all "no /dev/fuse"
    requires_root
}
