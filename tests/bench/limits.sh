#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Filesystems at the format's limits, at full size: what limits.py makes, listed
# and mounted by the command as it is, sandbox and all.  For each: exit code,
# seconds, the largest process (MiB), lines of the list, the first message; then
# the same for mounting it and for find in the mount.
#
#   tests/bench/limits.sh [CASE COUNT]
here=$(cd "$(dirname "$0")" && pwd)
deltafs=$here/../../mountctl/deltafs
. "$here/../kit/processes.bash"
work=$(mktemp -d) || exit 99
trap 'cd /; "$deltafs" umount --lazy "$work/delta" 2>/dev/null
      rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 99
mkdir delta

# measure COMMAND...: to the file "list"
measure ()
{
    python3 -c '
import resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.call(sys.argv[1:], stdout=open("list", "wb"),
                       stderr=open("messages", "wb"))
print("exit %d, %.1f s, %d MiB" % (
    code, time.monotonic() - start,
    resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024), end="")
' "$@"
}

images=(--format raw --base base --base-format raw overlay)

case_of ()
{
    local supervisor
    rm -f base overlay
    python3 "$here/../direct/limits.py" "$1" "$2" base overlay || return
    echo "$1 $2: $(stat -c %b overlay | awk '{ print int($1 / 2048) }') MiB written"
    printf '  diff: '
    measure "$deltafs" diff "${images[@]}"
    echo ", $(wc -l <list) lines; $(head -n1 messages | cut -c1-160)"
    printf '  mount: '
    measure "$deltafs" mount -q "${images[@]}" delta
    if mountpoint -q delta; then
        supervisor=$(supervisor_of delta)
        printf '; serving: %d MiB; find: ' $(($(sed -n \
            's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(tr ' ' '\n' \
            <"/proc/$supervisor/task/$supervisor/children" |
            head -n1)/status") / 1024))
        measure find delta
        echo ", $(wc -l <list) lines"
        "$deltafs" umount delta
    else
        echo "; $(head -n1 messages | cut -c1-160)"
    fi
}

if test $# -eq 2; then
    case_of "$1" "$2"
    exit
fi
case_of entries 10000000
case_of names 200000
case_of depth 20000
case_of short-depth 200000
case_of holes 3000
case_of xattrs 2000
case_of shared-xattrs 100000
case_of shared-names 1000
case_of shared-tree 20000
case_of shared-data 5000
case_of taken 50000
case_of long-path 100000
case_of partitions 1000
