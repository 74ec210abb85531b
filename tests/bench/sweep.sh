#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How many overlays of one base examples/nightly-sweep does in a minute: lists
# alone, YARA, and ClamAV (with a single signature: what its own take to load is not
# in the figure of clamscan, and need not be in that of clamd).
#
#   tests/bench/sweep.sh [OVERLAYS [ROUNDS]]     (200, 3)
KIT_LIMIT=3600
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
requires_root
requires parallel yara clamscan clamd clamdscan qemu-img qemu-storage-daemon mke2fs debugfs
overlays=${1:-200}
rounds=${2:-3}
examples=$top_srcdir/examples
DELTAFS=$(command -v deltafs)
TMPDIR=$work/tmp
export DELTAFS TMPDIR
mkdir -p golden sweep tmp

# --- a golden image: the first 5,000 small files of this machine ---

note "making a base and $overlays overlays"
(cd / && find usr/bin usr/lib usr/share etc -xdev -type f -size -200k \
    -readable -print0 | head -z -n 5000 |
    tar -c --null --no-recursion -T - 2>/dev/null) | tar -x -C golden
mkdir -p golden/etc golden/srv
echo golden >golden/etc/hostname
mke2fs -q -t ext4 -d golden base.raw 1G || die "cannot make the base"
qemu-img convert -f raw -O qcow2 base.raw base.qcow2
(cd golden && find . -type f | sed 's/^\.//' | sort) >files
rm base.raw

# --- overlays: each adds 12 files, changes 3 and removes 5 ---

make_overlay ()
{
    local i
    qemu-img create -q -f qcow2 -F qcow2 -b "$work/base.qcow2" \
        "sweep/$1.qcow2"
    head -c 60000 /dev/urandom >new
    for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "write new srv/$1-$i"; done \
        >commands
    shuf -n 8 files >chosen
    sed 's/.*/rm "&"/' chosen >>commands
    head -n 3 chosen | sed 's/.*/write new "&"/' >>commands
    expose "sweep/$1.qcow2" qcow2 disk
    debugfs -w -f commands disk >debugfs.log 2>&1
    conceal disk
}

for ((n = 1; n <= overlays; ++n)); do
    make_overlay "$n"
done
note "$(find golden -type f | wc -l) files in the base," \
    "$(du -sm sweep | cut -f1) MiB of overlays;" \
    "$("$DELTAFS" diff sweep/1.qcow2 | wc -l) entries in the first"

# --- sweeps ---

mark=DELTAFS-BENCH-6b91d0
printf 'rule mark { strings: $a = "%s" condition: $a }\n' "$mark" >rules.yar
printf 'mark:0:*:%s\n' "$(printf %s "$mark" | od -An -tx1 | tr -d ' \n')" \
    >one.ndb

# measured COMMAND...: "SECONDS PROCESSOR_SECONDS" into the file seconds; also of
# what the command put into the background.
measured ()
{
    python3 -c '
import ctypes, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)         # PR_SET_CHILD_SUBREAPER
start = time.monotonic()
code = subprocess.call(sys.argv[1:])
seconds = time.monotonic() - start
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.1f %.1f" % (seconds, used.ru_utime + used.ru_stime),
      file=open("seconds", "w"))
sys.exit(code)' "$@"
}

# sweep WHAT COMMAND...: as often as ROUNDS says
sweep ()
{
    local what=$1 round
    shift
    for ((round = 0; round < rounds; ++round)); do
        measured "$examples/nightly-sweep" --logs logs sweep "$@" >out 2>err ||
            { note_file err; note_file logs/1.qcow2.log; die "$what: failed"; }
        test "$(grep -c ^clean out)" -eq "$overlays" || die "$what: not all"
        awk -v n="$overlays" '{ printf "%d %.1f %.2f\n", n * 60 / $1, $1, $2 / n }' \
            seconds >>"$what.rounds"
    done
    note "$what: $(sort -n "$what.rounds" | awk '
        { a[NR] = $1; s[NR] = $2; p[NR] = $3 }
        END { m = int ((NR + 1) / 2)
              printf "%d a minute (%s s); %d to %d", a[m], s[m], a[1], a[NR]
              printf "; %.2f s of the processor for each", p[m] }')"
    ok "$what"
}

sweep list "$DELTAFS" diff
sweep yara "$examples/yara-overlay" rules.yar
printf '#!/bin/sh\nexec "%s/clamav-overlay" "$1" --database="%s"\n' \
    "$examples" "$work/one.ndb" >clamav
mkdir signatures
cp one.ndb signatures
printf 'LocalSocket %s\nDatabaseDirectory %s\nForeground yes\n' \
    "$work/clamd.sock" "$work/signatures" >clamd.conf
clamd -c "$work/clamd.conf" >clamd.out 2>&1 &
cleanup_add "kill $!"
retry 60 test -S clamd.sock || die "clamd does not start"
printf '#!/bin/sh\nexec "%s/clamd-overlay" "$1" --config-file="%s"\n' \
    "$examples" "$work/clamd.conf" >clamd
chmod 755 clamav clamd
sweep clamav "$work/clamav"
sweep clamd "$work/clamd"
done_testing
