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
make_overlay removals "rm etc/removed"
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
    like "$scan: what was found, by the guest's path" "$(cat out)" \
        '(^|[ ])/etc/new(:|$)'
    unlike "$scan: nothing of the mount's path" "$(cat out err)" 'scan\.'
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
CLAMD_LIMIT=2M clamd_overlay large
is "clamd: a limit that is no number" "$status" 2
run "$examples/clamav-overlay" overlays/large.qcow2 \
    --database="$work/signatures.ndb" --max-filesize=1M
is "clamscan: a file that is larger than it takes" "$status" 2
like "clamscan: a file that is larger than it takes: why" "$(cat err)" \
    "not clean for sure: some files are beyond ClamAV's limits"
like "clamscan: a file that is larger than it takes: which" "$(cat out)" \
    '^/etc/new: .*Limits'
run "$examples/yara-overlay" rules.yar overlays/large.qcow2 --skip-larger=1000
is "yara: a file that it skips" "$status" 2
rm overlays/large.qcow2
run "$examples/clamd-overlay" overlays/clean.qcow2 --config-file=/nowhere
is "clamdscan that fails" "$status" 2
# Nothing to scan, and nobody who would.
run "$examples/clamd-overlay" overlays/removals.qcow2 --config-file=/nowhere
is "clamdscan that fails, no file" "$status" 2
clamd_overlay removals
is "clamd: no file" "$status" 0
clamav removals
is "clamscan: no file" "$status" 0
run "$examples/yara-overlay" /nowhere overlays/clean.qcow2
is "yara that fails" "$status" 2

# What is removed does not count, whatever else YARA says of it.
run "$examples/yara-overlay" rules.yar overlays/clean.qcow2 -sw
is "yara: the lines of a match in what is removed" "$status $(cat out)" "0 "
run "$examples/yara-overlay" rules.yar overlays/found.qcow2 -s
is "yara: found, with lines" "$status $(wc -l <out)" "1 2"
# Nor does it where the way there has a meaning in regular expressions.
mkdir "$TMPDIR/a+(b"
TMPDIR=$TMPDIR/a+\(b clamav clean
is "clamscan: an odd directory" "$status $(cat out)" "0 "
rmdir "$TMPDIR/a+(b"

# A guest's own /.deleted is shown by another name, and so may be what is in it.
make_overlay own "mkdir .deleted" "write harmful .deleted/new"
for scan in clamav clamd_overlay yara_overlay; do
    $scan own
    is "$scan: a guest's own /.deleted" "$status" 1
    like "$scan: a guest's own /.deleted: its path" "$(cat out)" \
        '(^|[ ])/\.deleted/new(:|$)'
done
rm overlays/own.qcow2

# A base that was written to after the overlay was made: what the list lacks
# was not scanned.
cp base.raw later.raw
debugfs -w -R "set_super_value kbytes_written 99999999" later.raw \
    >debugfs.log 2>&1
qemu-img convert -f raw -O qcow2 later.raw later.qcow2
cp overlays/clean.qcow2 rebased.qcow2
qemu-img rebase -u -f qcow2 -F qcow2 -b "$work/later.qcow2" rebased.qcow2
run "$examples/yara-overlay" rules.yar rebased.qcow2
is "a base that was written to" "$status" 2
like "a base that was written to: why" "$(cat err)" \
    'not clean for sure: the base was changed'

# --- nothing was looked at: neither 0 nor 1 ---

# not_looked WHAT SCRIPT ARGUMENT...: that, and nothing is left.
not_looked ()
{
    local what=$1
    shift
    run "$examples/$1" "${@:2}"
    is "$what: exit code" "$status" 2
    check "$what: it says something" test -s out -o -s err
    is "$what: nothing is left" "$(find "$TMPDIR" -mindepth 1)" ""
}

clean=overlays/clean.qcow2
cp $clean -- -x.qcow2
for script in clamav-overlay clamd-overlay "yara-overlay rules.yar"; do
    # shellcheck disable=SC2206
    call=($script)
    not_looked "$script, no overlay" "${call[@]}"
    like "$script, no overlay: usage" "$(cat err)" "^usage: ${call[0]} "
    not_looked "$script --help, no overlay" "${call[@]}" --help
    like "$script --help: usage" "$(cat out)" "^usage: ${call[0]} "
    not_looked "$script -h" "${call[@]}" -h
    not_looked "$script, an overlay like an option" "${call[@]}" -x.qcow2
    not_looked "$script, an overlay like an option of deltafs" \
        "${call[0]}" -- ${call[1]+"${call[1]}"} --help
    not_looked "$script, no name" "${call[@]}" ""
    for option in --help -h --version --no-such-option; do
        not_looked "$script, the scanner's $option" "${call[@]}" $clean $option
    done
done
for script in clamav-overlay clamd-overlay; do
    for option in -V --vers -f/dev/null --file-list=/dev/null -if/dev/null \
        --no-summary --quiet; do
        not_looked "$script $option" $script $clean $option
    done
done
not_looked "clamd-overlay --reload" clamd-overlay $clean \
    --config-file="$work/clamd.conf" --reload
for option in -v -c -sc --count -n --negate --scan-list; do
    not_looked "yara-overlay $option" yara-overlay rules.yar $clean $option
done
run "$examples/yara-overlay" rules.yar $clean -wd channel=1 -t vnc
is "yara-overlay: other letters" "$status" 0
run "$examples/yara-overlay" -- rules.yar -x.qcow2
is "yara-overlay: an overlay after --" "$status" 0
run "$examples/clamav-overlay" -- -x.qcow2 --database="$work/signatures.ndb"
is "clamav-overlay: an overlay after --" "$status" 0
rm -- -x.qcow2
ln -s "$examples/clamav-overlay" linked
run ./linked $clean --database="$work/signatures.ndb"
is "a link to a script" "$status" 0

# Something else in the place of a program; its name is the first word.
stand_in ()
{
    mkdir -p stand-ins
    cat >"stand-ins/$1"
    chmod 755 "stand-ins/$1"
}
with_stand_ins ()
{
    PATH=$work/stand-ins:$PATH "$@"
}

for program in clamscan:clamav-overlay clamdscan:clamd-overlay \
    "yara:yara-overlay rules.yar"; do
    # shellcheck disable=SC2206
    call=(${program#*:})
    program=${program%%:*}
    stand_in $program <<'END'
#!/bin/sh
exit ${CODE:-0}
END
    for code in 1 2 126; do
        CODE=$code with_stand_ins \
            not_looked "$program that exits with $code" "${call[@]}" $clean
    done
    test $program = yara ||
        with_stand_ins not_looked "$program that does nothing" "${call[@]}" $clean
    rm stand-ins/$program
    # All that there is but this one.
    mkdir few
    ln -s /usr/bin/* few
    rm few/$program
    PATH=$work/few not_looked "no $program" "${call[@]}" $clean
    like "no $program: why" "$(cat err)" "not installed: $program"
    rm -r few
    DELTAFS=/nowhere not_looked "no deltafs for $program" "${call[@]}" $clean
    DELTAFS=true not_looked "a deltafs that mounts nothing, $program" \
        "${call[@]}" $clean --config-file="$work/clamd.conf"
    TMPDIR=/nowhere run "$examples/${call[0]}" "${call[@]:1}" $clean
    is "no place for temporary files, $program" "$status" 2
done

# A report that does not arrive; what was found is found.
"$examples/clamav-overlay" overlays/found.qcow2 \
    --database="$work/signatures.ndb" >/dev/full 2>err
is "clamscan: found, but the report is lost" "$?" 1
"$examples/yara-overlay" rules.yar overlays/found.qcow2 >/dev/full 2>err
is "yara: found, but the report is lost" "$?" 1
printf '#!/bin/sh\n%s "$@"\necho a line >&2\necho b\n' \
    "$(command -v yara)" | stand_in yara
with_stand_ins yara_overlay clean
is "other lines are no match" "$status" 0
# The mount ends before the scan does.
printf '#!/bin/sh\nfor tree; do :; done\n%s "$@"\numount -l "$tree"\n:\n' \
    "$(command -v yara)" | stand_in yara
with_stand_ins yara_overlay clean
is "the mount ended early" "$status" 2
like "the mount ended early: why" "$(cat err)" 'the mount came to an end'
rm stand-ins/yara
rm overlays/removals.qcow2

# --- all of them ---

sweep ()
{
    run "$examples/nightly-sweep" --logs logs "$@"
}
before=$(ls -l overlays)
sweep overlays "$examples/yara-overlay" rules.yar
is "sweep: exit code" "$status" 1
printf '%s\toverlays/%s.qcow2\n' clean clean failed damaged failed failed \
    found found >wanted
same_files "sweep: what it says" out wanted
is "sweep: nothing is written beside the overlays" "$(ls -l overlays)" \
    "$before"
is "sweep: what is kept" "$(cd logs && echo *.log)" \
    "damaged.qcow2.log failed.qcow2.log found.qcow2.log"
like "sweep: what was found" "$(cat logs/found.qcow2.log)" 'mark /etc/new'
# A log that cannot be written: the command is not run, and nothing is found.
mkdir full
for name in clean damaged failed found; do
    mkdir full/$name.qcow2.log
done
run "$examples/nightly-sweep" --logs full overlays "$examples/yara-overlay" \
    rules.yar
is "sweep: logs that cannot be written" "$status $(grep -c ^failed out)" "2 4"
# The golden image beside its overlays, and one that is nobody's.
cp base.qcow2 overlays/base.qcow2
sweep overlays "$examples/yara-overlay" rules.yar
is "sweep: the golden image is skipped" "$status $(grep base out)" \
    "1 skipped	overlays/base.qcow2"
is "sweep: the others are looked at" "$(cut -f1 out | LC_ALL=C sort | tr '\n' ' ')" \
    "clean failed failed found skipped "
mv overlays/base.qcow2 overlays/alone.qcow2
sweep overlays "$examples/yara-overlay" rules.yar
is "sweep: an image that is no overlay fails" "$(grep alone out)" \
    "failed	overlays/alone.qcow2"
mkdir beside
mv overlays/alone.qcow2 beside/base.qcow2
qemu-img create -q -f qcow2 -F qcow2 -b "$work/base.qcow2" beside/new.qcow2
sweep beside true
is "sweep: a golden image is no failure" "$status $(tr '\n\t' '  ' <out)" \
    "0 skipped beside/base.qcow2 clean beside/new.qcow2 "
sweep beside false
is "sweep: the overlay counts" "$status" 1
rm overlays/found.qcow2
sweep overlays "$examples/yara-overlay" rules.yar
is "sweep: something failed" "$status" 2
rm overlays/damaged.qcow2 overlays/failed.qcow2
cp overlays/clean.qcow2 "overlays/two  words'.qcow2"
cp overlays/clean.qcow2 $'overlays/x\nfound\ty.qcow2'
sweep overlays "$examples/yara-overlay" rules.yar
is "sweep: all is clean" "$status $(grep -c ^clean out) $(wc -l <out)" "0 3 3"
rm overlays/x*
cp -r overlays -- -overlays
run "$examples/nightly-sweep" --logs=logs -- -overlays \
    "$examples/yara-overlay" rules.yar
is "sweep: a directory like an option" "$status" 0
rm -r -- -overlays

# not_swept WHAT ARGUMENT...
not_swept ()
{
    run "$examples/nightly-sweep" "${@:2}"
    is "sweep: $1" "$status" 2
    check "sweep: $1: it says something" test -s out -o -s err
}
mkdir none
not_swept usage overlays
not_swept "no argument"
not_swept --help --help
not_swept -h overlays -h
not_swept "an unknown option" --logs=logs --log overlays true
not_swept "no directory for logs" --logs
not_swept "logs beside the overlays" --logs overlays overlays true
not_swept "logs below the overlays" --logs overlays/new overlays true
check_not "sweep: no directory was made there" test -e overlays/new
not_swept "logs where there is a file" --logs rules.yar overlays true
not_swept "no such directory" --logs logs nowhere true
not_swept "a directory without overlays" --logs logs none true
not_swept "no such command" --logs logs overlays /nowhere
not_swept "a command that is killed" --logs logs overlays \
    bash -c 'kill -9 $$'
is "sweep: a command that is killed: what it says" "$(cut -f1 out | sort -u)" \
    failed
mkdir few
ln -s /usr/bin/* few
rm few/parallel
PATH=$work/few not_swept "no parallel" --logs logs overlays true
rm -r few

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
run env PATH="$work/bin:$PATH" LOGS_DIRECTORY="$work/logs" $start
is "unit: something was found" "$status $(grep -c ^found out)" "1 1"
rm overlays/found.qcow2
run env PATH="$work/bin:$PATH" LOGS_DIRECTORY="$work/logs" $start
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
