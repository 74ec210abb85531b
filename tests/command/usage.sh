# SPDX-License-Identifier: GPL-2.0-or-later
#
# Wrong usage gives one line that says what is wrong, a hint, and 2.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"

# refused WHAT PATTERN ARGUMENT...
refused ()
{
    local what=$1 pattern=$2
    shift 2
    command_run "$@"
    is "$what: exit code" "$status" 2
    is "$what: stdout" "$(cat "$work/out")" ""
    like "$what: message" "$(head -n1 "$work/err")" "^deltafs: $pattern\$"
    like "$what: hint" "$(sed 1d "$work/err")" \
        '^deltafs: hint: see deltafs( [a-z]+)? --help$'
}

refused "no command" 'wrong usage: a command is needed'
refused "unknown command" 'wrong usage: frobnicate: no such command' frobnicate
refused "option first" 'wrong usage: -v: a command comes first' -v diff
refused "no overlay" 'wrong usage: an overlay is needed' diff
refused "no mount point" \
    'wrong usage: an overlay and a mount point are needed' mount good
refused "nothing to unmount" 'wrong usage: a mount point is needed' umount
refused "too many" 'wrong usage: b: one operand too many' diff a b
refused "empty operand" 'wrong usage: an operand is empty' diff ''
refused "unknown option" 'wrong usage: --frob: no such option' diff --frob a
refused "unknown letter" 'wrong usage: -x: no such option' diff -x a
refused "option of another command" \
    'wrong usage: --json: no such option' mount --json a b
refused "no value" 'wrong usage: --base: a value is missing' diff a --base
refused "no value of a letter" 'wrong usage: -m: a value is missing' diff a -m
refused "empty value" 'wrong usage: --base: must not be empty' diff --base= a
refused "unwanted value" 'wrong usage: --times=1: takes no value' \
    diff --times=1 a
refused "engine" 'wrong usage: --engine: warp: must be auto, direct or guestfs' \
    diff --engine warp a
refused "progress" \
    'wrong usage: --progress: x: must be auto, always or never' \
    diff --progress x a
refused "sandbox" 'wrong usage: --sandbox: x: must be auto, require or off' \
    diff --sandbox x a
refused "--exclude relative" \
    'wrong usage: --exclude: var/log: must begin with / or \*, .*' \
    diff --exclude var/log a
refused "--include with a slash" \
    'wrong usage: --include: /var/: must not end with /, .*' \
    mount --include /var/ a b
for pattern in etc '\etc' '[etc'; do
    refused "--exclude $pattern" \
        "wrong usage: --exclude: .*: must begin with / or \\*, .*" \
        diff --exclude "$pattern" a
done
for pattern in //etc /etc//x /./etc /etc/. /.. /../etc '/etc/../*'; do
    refused "--include $pattern" \
        'wrong usage: --include: .*: must not have //, /\. or /\.\., .*' \
        export --include "$pattern" a
done
refused "--include with a backslash" \
    'wrong usage: --include: .*: must not end with a single \\, .*' \
    diff --include '/x\\\' a
for pattern in selinux security '/user.x' 'users.*' 'User.*'; do
    refused "--ignore-xattr $pattern" \
        'wrong usage: --ignore-xattr: .*: must begin with \*, or .*' \
        mount --ignore-xattr "$pattern" a b
done
refused "json and zero" 'wrong usage: --json and -z exclude each other' \
    diff --json -z a
refused "oci and no-deleted" \
    'wrong usage: --oci and --no-deleted exclude each other' \
    export --oci --no-deleted a
refused "--manifest -" \
    "wrong usage: --manifest: -: standard output is the archive's; .*" \
    export --manifest - a
refused "--pid-file -" 'wrong usage: --pid-file: -: must be a file; .*' \
    mount --pid-file=- a b
refused "-o unknown" \
    'wrong usage: -o: foo: must be one of base, allow_other, all_readable, .*' \
    mount -o foo a b
refused "-o rw" 'wrong usage: -o: base,rw: rw is refused: .*' \
    mount -o base,rw a b
refused "-o suid" 'wrong usage: -o: suid: dev and suid are refused: .*' \
    mount -o suid a b
refused "-o dev" 'wrong usage: -o: dev: dev and suid are refused: .*' \
    mount -o dev a b
refused "--fd word" \
    'wrong usage: --fd: x: must be the number of a file descriptor' \
    mount --fd x a b
refused "--fd closed" 'wrong usage: --fd: 77: is not an open file descriptor' \
    mount --fd 77 a b
refused "--timeout" 'wrong usage: --timeout: -1: must be a number of .*' \
    umount --timeout -1 a
refused "control characters" 'wrong usage: "--a\\nb": no such option' \
    diff $'--a\nb' a

# What is not wrong.
command_run --version
is "--version" "$status $(cat "$work/out")" "0 deltafs $(
    sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' "$top_builddir/config.h")"
command_run diff --version
is "diff --version" "$status" 0
command_run info --engine direct --sandbox off --progress=never --json \
    --allow-remote-backing --format qcow2 --base-format raw --base b empty
is "all of info's options" "$status" 0
command_run diff empty --times
is "options after operands" "$status" 0
command_run diff --include / --include '/*' --include '?etc' --include '[/]x' \
    --include '\/x' --include '/.x/..y/...' --include '/x/.?' --include '/x\\\\' \
    --include '/a/.*' --exclude '*/x' --exclude '/[.]/x' \
    --ignore-xattr '*' --ignore-xattr 'sec*' --ignore-xattr '*selinux' \
    --ignore-xattr 'user.?' --ignore-xattr security.selinux \
    --ignore-xattr '[us]*' empty
is "patterns that may match" "$status $(cat "$work/err")" "0 "
command_run diff -- --times
is "-- ends the options: no such overlay is special" "$status" 0
command_run diff --engine auto --sandbox auto --sandbox=off --progress=never \
    --ignore-xattr 'security.*' --include '/etc/*' --exclude /etc/x \
    -m sda1:/ --content-only --verify --times --allow-remote-backing \
    --format qcow2 --base-format raw --base b empty
is "all of diff's options" "$status" 0

# --help fits a screen, names every option once, and goes to stdout.
for command in '' mount umount diff info export doctor; do
    command_run $command --help
    is "help of '$command': exit code" "$status" 0
    is "help of '$command': stderr" "$(cat "$work/err")" ""
    check "help of '$command' fits 24 lines" \
        test "$(wc -l <"$work/out")" -le 24
    is "help of '$command' fits 80 columns" "$(grep -E '.{80}' "$work/out")" ""
done

# What is printed has to arrive.
marked "$deltafs" --help >/dev/full 2>"$work/err"
is "full disk: exit code" "$?" 2
is "full disk: message" "$(cat "$work/err")" \
    "deltafs: cannot write: standard output: No space left on device"

check_nothing_left
done_testing
