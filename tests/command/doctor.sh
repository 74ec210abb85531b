# SPDX-License-Identifier: GPL-2.0-or-later
#
# What deltafs doctor finds where something is missing, made so by $PATH and
# other variables.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires_fuse
deltafs=$top_builddir/mountctl/deltafs
requires python3 qemu-img qemu-storage-daemon supermin

# state NAME: of the last run's line
state ()
{
    sed -n "s/^\([a-z]*\) *$1 .*/\1/p" out
}

# A PATH with these programs alone, for doctor_run.
programs ()
{
    local program
    rm -rf bin
    mkdir bin
    for program; do
        ln -s "$(command -v "$program")" bin/
    done
}

doctor_run ()
{
    run /usr/bin/env "$mark" PATH="$work/bin" "$deltafs" doctor "$@"
}

emulator=qemu-system-$(uname -m)
command_run doctor
is "all is there: exit code" "$status" 0
is "all is there: nothing on stderr" "$(cat err)" ""
is "all is there: a pair of images can be read" "$(state images)" ok
is "all is there: last line" "$(tail -n1 out)" "This machine can run deltafs."
is "each line fits a terminal of 132 columns" "$(grep -E '.{133}' out)" ""

command_run doctor --json
is "--json: exit code" "$status" 0
cat >check.py <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
assert list(report) == ["able", "checks"], report
assert report["able"] is (sys.argv[2] == "able")
names = [check["name"] for check in report["checks"]]
assert len(set(names)) == len(names) > 10
for check in report["checks"]:
    assert check["state"] in ("ok", "warning", "failed"), check
    assert check["finding"]
    assert (check["state"] == "ok") == ("remedy" not in check), check
PYTHON
check "--json: fields" python3 check.py out able

programs qemu-img qemu-storage-daemon supermin "$emulator"
doctor_run
is "all that is needed: exit code" "$status" 0
is "all that is needed: appliance" "$(state appliance)" ok

programs qemu-img qemu-storage-daemon
doctor_run
is "no supermin: exit code" "$status" 0
is "no supermin: a warning" "$(state appliance)" warning
like "no supermin: what to type" "$(cat out)" '-> apt-get install supermin'

programs qemu-img qemu-storage-daemon supermin
doctor_run
is "no emulator: a warning" "$(state appliance)" warning
like "no emulator: named" "$(cat out)" "there is no $emulator"

programs qemu-img supermin "$emulator"
doctor_run
is "no storage daemon: exit code" "$status" 2
is "no storage daemon: failed" "$(state qemu-storage-daemon)" failed
like "no storage daemon: what to type" "$(cat out)" \
    '-> apt-get install qemu-system-common'
is "no storage daemon: last line" "$(tail -n1 out)" \
    "This machine cannot run deltafs before what failed is mended."
doctor_run --json
is "no storage daemon: --json: exit code" "$status" 2
check "no storage daemon: --json" python3 check.py out unable

printf '#!/bin/sh\nexit 1\n' >bin/qemu-storage-daemon
chmod 755 bin/qemu-storage-daemon
doctor_run
like "a storage daemon that does not work" "$(cat out)" \
    "failed +qemu-storage-daemon +$work/bin/qemu-storage-daemon does not work"
TMPDIR=/proc/sys command_run doctor
is "no temporary files: exit code" "$status" 2
SUPERMIN_KERNEL=/x command_run doctor
like "SUPERMIN_KERNEL is seen" "$(cat out)" 'with SUPERMIN_KERNEL'

marked "$deltafs" doctor >/dev/full 2>err
is "full disk: exit code" "$?" 2
is "full disk: message" "$(tail -n1 err)" \
    "deltafs: cannot write: standard output: No space left on device"
command_run doctor operand
is "an operand" "$status $(head -n1 err)" \
    "2 deltafs: wrong usage: operand: one operand too many"

if command -v script >/dev/null; then
    env TERM=xterm script -qec "'$deltafs' doctor" /dev/null >out </dev/null
    like "terminal: colour" "$(cat -v out)" $'\\^\\[\\[32mok'
    env TERM=xterm NO_COLOR=1 script -qec "'$deltafs' doctor" /dev/null \
        >out </dev/null
    unlike "NO_COLOR" "$(cat -v out)" '\^\['
fi

check_nothing_left
done_testing
