#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deltafs with its direct engine against virt-diff, on the Debian pair of the
# tests, in one run: with the index of the base cached and without.
#
#   tests/bench/direct.sh [--tcg] [--virt-diff ROUNDS] [ROUNDS]
#
# --tcg: virt-diff does without KVM, for hosts whose KVM does not work.
# ROUNDS: of deltafs, 5; of virt-diff, 1 (it takes long; 0 for none).
KIT_LIMIT=3600
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/debian_pair.bash"
requires_root
requires virt-diff debootstrap qemu-storage-daemon losetup mke2fs python3

theirs=1
while test $# -gt 0; do
    case $1 in
        --tcg) export LIBGUESTFS_BACKEND_SETTINGS=force_tcg ;;
        --virt-diff) theirs=$2; shift ;;
        *) break ;;
    esac
    shift
done
rounds=${1:-5}
export LIBGUESTFS_BACKEND=direct
export XDG_CACHE_HOME=$work/cache
mkdir delta
cleanup_add "deltafs umount --lazy $work/delta"

debian_pair
overlay=$debian_cache/overlay.qcow2

# seconds COMMAND...: what it takes
seconds ()
{
    local TIMEFORMAT=%R
    { time "$@" >"$work/out" 2>"$work/err"; } 2>"$work/time" ||
        { note_file "$work/err"; die "failed: $*"; }
    cat "$work/time"
}

# numbers: median, minimum and maximum of the lines of standard input
numbers ()
{
    sort -n | awk '{ a[NR] = $1 }
        END { print a[int ((NR + 1) / 2)], a[1], a[NR] }'
}

# ours NAME COMMAND...: runs COMMAND before each round, unmeasured; sets
# $median
ours ()
{
    local name=$1 i
    shift
    for ((i = 0; i < rounds; ++i)); do
        "$@"
        seconds deltafs diff --engine direct "$overlay"
    done >"$work/rounds"
    read -r median least most < <(numbers <"$work/rounds")
    note "deltafs diff, $name: $median s ($least to $most)," \
        "$(wc -l <"$work/out") entries"
}

# Both images are in the page cache, and the appliance is built.
cat "$debian_cache"/*.qcow2 >/dev/null
ours "no index" rm -rf "$XDG_CACHE_HOME"
without=$median
ours "index cached" true
with=$median

# The worker has computed the same then.
deltafs mount --engine direct --pid-file pid "$overlay" delta
processes=$(cat pid)
while test -n "$processes"; do
    for process in $processes; do
        note "memory, at most: $(cat "/proc/$process/comm")" \
            "$(awk '/VmHWM/ { print $2 }' "/proc/$process/status") KiB"
    done
    processes=$(pgrep -P "${processes// /,}" | tr '\n' ' ')
    processes=${processes% }
done
deltafs umount delta

if test "$theirs" -gt 0; then
    guestfish -a /dev/null run || die "libguestfs does not start here"
    for ((i = 0; i < theirs; ++i)); do
        seconds virt-diff -a "$debian_cache/base.qcow2" -A "$overlay"
    done >"$work/rounds"
    read -r median least most < <(numbers <"$work/rounds")
    note "virt-diff: $median s ($least to $most)," \
        "$(wc -l <"$work/out") lines"
    # ratio NAME OURS WANTED
    ratio ()
    {
        local times
        times=$(awk -v a="$median" -v b="$2" 'BEGIN { printf "%d", a / b }')
        note "$1: $times times faster"
        check "$1: at least $3 times" test "$times" -ge "$3"
    }
    ratio "no index" "$without" 300
    ratio "index cached" "$with" 500
fi
done_testing
