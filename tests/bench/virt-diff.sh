#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# deltafs with its guestfs engine against virt-diff, on the Debian pair of the
# tests, one after the other in one run.
#
#   tests/bench/virt-diff.sh [--tcg] [ROUNDS]
#
# --tcg: no KVM for either of the two, for hosts whose KVM does not work.
KIT_LIMIT=3600
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/debian_pair.bash"
requires_root
requires virt-diff debootstrap qemu-storage-daemon losetup mke2fs python3

if test "${1:-}" = --tcg; then
    export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
    shift
fi
rounds=${1:-1}
export LIBGUESTFS_BACKEND=direct

debian_pair

# measure COMMAND...: $wall and $processor, seconds; with those of appliances
measure ()
{
    local TIMEFORMAT='%R %U %S' user kernel
    { time "$@" >"$work/out" 2>"$work/err" || touch "$work/failed"; } \
        2>"$work/time"
    test ! -e "$work/failed" || {
        note_file "$work/err"
        die "failed: $*"
    }
    read -r wall user kernel <"$work/time"
    processor=$(awk -v a="$user" -v b="$kernel" 'BEGIN { print a + b }')
}

# The appliance is built, and both images are in the page cache.
guestfish -a /dev/null run || die "libguestfs does not start here"
cat "$debian_cache"/*.qcow2 >/dev/null

for ((round = 1; round <= rounds; ++round)); do
    measure deltafs diff --engine guestfs "$debian_cache/overlay.qcow2"
    ours=$wall
    note "round $round: deltafs $wall s, processor $processor s," \
        "$(wc -l <out) entries"
    measure virt-diff -a "$debian_cache/base.qcow2" \
        -A "$debian_cache/overlay.qcow2"
    theirs=$wall
    note "round $round: virt-diff $wall s, processor $processor s," \
        "$(wc -l <out) lines"
    ratio=$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')
    note "round $round: deltafs takes $ratio of what virt-diff takes"
    check "at most half" awk -v ratio="$ratio" 'BEGIN { exit !(ratio <= 0.5) }'
done
done_testing
