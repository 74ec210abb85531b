#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The scripts in examples/ on small overlays: clean, with something to find, and
# damaged ones.
. "${srcdir:-.}/../kit/kit.sh"
requires clamscan clamdscan clamd yara parallel qemu-img mke2fs debugfs
requires_root
test -r /dev/fuse || skip_all "no /dev/fuse"

examples=$top_srcdir/examples
DELTAFS=$top_builddir/mountctl/deltafs
TMPDIR=$work/tmp
HOME=$work/home
export DELTAFS TMPDIR HOME
mkdir "$TMPDIR" "$HOME" overlays golden

# --- overlays of one base ---

# Put together here, so that this script is no match.
mark=$(printf '%s-%s' DELTAFS EXAMPLE-5c1be2)
mkdir golden/etc
echo golden >golden/etc/hostname
echo "$mark" >golden/etc/known
echo "$mark" >golden/etc/removed
mke2fs -q -t ext4 -d golden base.raw 16M
qemu-img convert -f raw -O qcow2 base.raw base.qcow2

# make_overlay NAME COMMAND_OF_DEBUGFS...
make_overlay ()
{
    local name=$1
    shift
    cp base.raw changed.raw
    printf '%s\n' "$@" >commands
    debugfs -w -f commands changed.raw >debugfs.log 2>&1
    qemu-img convert -f raw -O qcow2 -B "$work/base.qcow2" -F qcow2 \
        changed.raw "overlays/$name.qcow2"
}

echo nothing >harmless
echo "$mark in a file" >harmful
make_overlay clean "write harmless etc/new" "rm etc/removed"
make_overlay found "write harmful etc/new"
# An inode whose block list is no block list.
make_overlay damaged "write harmless etc/new" \
    "set_inode_field etc/new block[0] 0" "set_inode_field etc/new block[3] 7" \
    "set_inode_field etc/hostname block[0] 0"
printf 'no image' >overlays/failed.qcow2
printf 'mark:0:*:%s\n' "$(printf %s "$mark" | od -An -tx1 | tr -d ' \n')" \
    >signatures.ndb
printf 'rule mark { strings: $a = "%s" condition: $a }\n' "$mark" >rules.yar

# --- one overlay ---

clamav ()
{
    run "$examples/clamav-overlay" "overlays/$1.qcow2" \
        --database="$work/signatures.ndb"
}

yara_overlay ()
{
    run "$examples/yara-overlay" rules.yar "overlays/$1.qcow2"
}

mkdir signatures
cp signatures.ndb signatures
cat >clamd.conf <<END
LocalSocket $work/clamd.sock
DatabaseDirectory $work/signatures
Foreground yes
END
clamd -c "$work/clamd.conf" >clamd.out 2>&1 &
cleanup_add "kill $!"
retry 60 test -S clamd.sock || note_file clamd.out

clamd_overlay ()
{
    run "$examples/clamd-overlay" "overlays/$1.qcow2" \
        --config-file="$work/clamd.conf"
}

for scan in clamav clamd_overlay yara_overlay; do
    $scan clean
    is "$scan: clean" "$status $(cat out)" "0 "
    $scan found
    is "$scan: found" "$status" 1
    like "$scan: what was found" "$(cat out)" '/etc/new'
    unlike "$scan: and nothing that is not new" "$(cat out)" 'known|removed'
    $scan damaged
    is "$scan: damaged" "$status" 2
    like "$scan: damaged: why" "$(cat err)" 'not clean for sure: '
    $scan failed
    is "$scan: no image" "$status" 2
    $scan missing
    is "$scan: no file" "$status" 2
    check_not "$scan: nothing is left" grep -q "$TMPDIR" /proc/self/mountinfo
    is "$scan: no file is left" "$(find "$TMPDIR" -mindepth 1)" ""
done
run "$examples/clamav-overlay" overlays/clean.qcow2 --database=/nowhere
is "clamscan that fails" "$status" 2
truncate -s 2M large
make_overlay large "write large etc/new"
clamd_overlay large
is "clamd: a large file" "$status" 0
CLAMD_LIMIT=2097151 clamd_overlay large
is "clamd: a file that is larger than it takes" "$status" 2
rm overlays/large.qcow2
run "$examples/clamd-overlay" overlays/clean.qcow2 --config-file=/nowhere
is "clamdscan that fails" "$status" 2
run "$examples/clamd-overlay"
is "clamd-overlay: usage" "$status $(cat err)" \
    "2 usage: clamd-overlay OVERLAY [OPTION]..."
run "$examples/yara-overlay" /nowhere overlays/clean.qcow2
is "yara that fails" "$status" 2
run "$examples/clamav-overlay"
is "clamav-overlay: usage" "$status $(cat err)" \
    "2 usage: clamav-overlay OVERLAY [OPTION]..."
run "$examples/yara-overlay" x
is "yara-overlay: usage" "$status" 2

# --- all of them ---

run "$examples/nightly-sweep" overlays "$examples/yara-overlay" rules.yar
is "sweep: exit code" "$status" 1
printf '%s\toverlays/%s.qcow2\n' clean clean failed damaged failed failed \
    found found >wanted
same_files "sweep: what it says" out wanted
is "sweep: what is kept" "$(cd overlays && echo *.log)" \
    "damaged.qcow2.log failed.qcow2.log found.qcow2.log"
like "sweep: what was found" "$(cat overlays/found.qcow2.log)" 'mark .*/etc/new'
rm overlays/found.qcow2
run "$examples/nightly-sweep" overlays "$examples/yara-overlay" rules.yar
is "sweep: something failed" "$status" 2
rm overlays/damaged.qcow2 overlays/failed.qcow2
cp overlays/clean.qcow2 "overlays/two  words'.qcow2"
run "$examples/nightly-sweep" overlays "$examples/yara-overlay" rules.yar
is "sweep: all is clean" "$status $(grep -c ^clean out)" "0 2"
run "$examples/nightly-sweep" overlays
is "sweep: usage" "$status" 2

# --- the same by systemd: what the unit runs, here ---

for place in "/srv/overlays $work/overlays" \
    "/usr/share/doc/deltafs/examples $examples" ; do
    printf 's|%s|%s|g\n' ${place% *} "${place#* }"
done >places
mkdir units
for unit in overlay-sweep.service overlay-sweep.timer; do
    sed -f places "$examples/$unit" >units/$unit
done
make_overlay found "write harmful etc/new"
start=$(sed -n 's/^ExecStart=//p' units/overlay-sweep.service)
is "unit: what it runs" "$start" \
    "$examples/nightly-sweep $work/overlays $examples/clamav-overlay"
# clamscan with the signature of this test.
mkdir bin
printf '#!/bin/sh\nexec %s --database=%s "$@"\n' "$(command -v clamscan)" \
    "$work/signatures.ndb" >bin/clamscan
chmod 755 bin/clamscan
# shellcheck disable=SC2086
run env PATH="$work/bin:$PATH" $start
is "unit: something was found" "$status $(grep -c ^found out)" "1 1"
rm overlays/found.qcow2
run env PATH="$work/bin:$PATH" $start
is "unit: all is clean" "$status" 0
if command -v systemd-analyze >/dev/null; then
    for unit in overlay-sweep.service overlay-sweep.timer; do
        run systemd-analyze verify --man=no "$work/units/$unit"
        is "$unit is right: exit code" "$status" 0
        unlike "$unit is right: nothing to say" "$(cat err)" overlay-sweep
    done
fi

is "no file is left" "$(find "$TMPDIR" -mindepth 1 -name 'scan.*')" ""
done_testing
