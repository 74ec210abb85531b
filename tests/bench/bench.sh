#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# All measurements: makes the images, lets deltafs and those of its peers that
# are installed do the same with them, and writes tables and a plot.
#
#   make bench [CASES="small debian"] [ROUNDS=5] …      see README.md
#
#   CASES        which ones (all)
#   ROUNDS       of deltafs and of peers that are as fast (5)
#   PEER_ROUNDS  of peers that start an appliance (2)
#   BENCH_CACHE  where the images are kept (tests/bench/cache)
#   RESULTS      where the results go (tests/bench/results)
#   SCALE        everything so many times smaller, to try it out (1)
KIT_LIMIT=21600
for name in BENCH_CACHE RESULTS; do
    test -z "${!name:-}" || export "$name=$(realpath -m "${!name}")"
done
# Where it cannot run it fails.
export DELTAFS_MUST_RUN=1
# A mount namespace that is copied while something is mounted keeps it busy:
# what is mounted here is in none but this one.
if test -z "${DELTAFS_TEST_NAMESPACE:-}" && test "$(id -u)" -eq 0; then
    DELTAFS_TEST_NAMESPACE=1 exec unshare -m bash "$0"
fi
bench_cases="small debian tree upgrade journal large-file small-files listing"
bench_cases+=" million clones"
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
bench_here=$srcdir
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/debian_pair.bash"

cases=${CASES:-$bench_cases}
rounds=${ROUNDS:-5}
peer_rounds=${PEER_ROUNDS:-2}
scale=${SCALE:-1}
built=$top_builddir/tests/bench
cache=${BENCH_CACHE:-$built/cache}
results=${RESULTS:-$built/results}
samples=$work/samples
: >"$samples"
export LIBGUESTFS_BACKEND=direct

. "$bench_here/measure.bash"
. "$bench_here/contenders.bash"
. "$bench_here/recipes.bash"
. "$bench_here/cases.bash"

requires_root
requires qemu-storage-daemon qemu-img losetup mke2fs dumpe2fs python3 deltafs
test -c /dev/fuse || skip_all "no /dev/fuse"
for case in $cases; do
    declare -F "case_$case" >/dev/null ||
        die "no such case: $case (there are: $bench_cases)"
done
mkdir -p "$cache" "$results" || exit 99
exec 9>"$cache/lock"
flock -n 9 || die "somebody else measures with $cache"

case=host
fact cpu "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n1)"
fact cores "$(nproc)"
fact memory_kib "$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)"
fact kernel "$(uname -r)"
fact deltafs "$(deltafs --version | head -n1)"
fact qemu "$(qemu-img --version | sed -n '1s/^qemu-img version //p')"
fact scale "$scale"

# Tables of what was measured so far.
report ()
{
    cp "$samples" "$results/samples.tsv"
    python3 "$bench_here/report.py" "$samples" "$bench_here/bars.txt" \
        "$results" || die "no report"
    rm -f "$results/plot.png"
    if command -v gnuplot >/dev/null &&
        test -e "$results/base.dat" -o -e "$results/written.dat"; then
        (cd "$results" && gnuplot "$bench_here/plot.gnuplot") 2>"$work/err" ||
            note_file "$work/err"
    fi
}

SECONDS=0
for name in $cases; do
    "case_$name"
    case=host
    fact "seconds_after_$name" "$SECONDS"
    report
done
case=host
fact appliances "${appliance:-not tried}"
report
kit_done=1
cat "$results/results.md"
exit 0
