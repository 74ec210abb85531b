# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of images share; sourced after the kit.

requires qemu-img qemu-io qemu-storage-daemon sha256sum
tool=$top_builddir/tests/image/image_tool
mkdir tmp
TMPDIR=$work/tmp
export TMPDIR

# written_at IMAGE FORMAT PATTERN OFFSET LENGTH: a guest's write.
written_at ()
{
    qemu-io -f "$2" -c "write -q -P $3 $4 $5" "$1" >/dev/null
}

# overlay NAME BASE FORMAT [OPTION...]
overlay ()
{
    local name=$1 base=$2 format=$3
    shift 3
    qemu-img create -q -f qcow2 -b "$base" -F "$format" ${1+"$@"} "$name"
}

# refused WHAT PATTERN ARGUMENT...: image_tool fails with one error that
# matches, and leaves nothing behind.
refused ()
{
    local what=$1 pattern=$2
    shift 2
    run timeout 60 "$tool" "$@"
    is "$what: fails" "$status" 2
    is "$what: one error" "$(grep -c '^error: ' err)" 1
    like "$what: message" "$(cat err)" "$pattern"
    is "$what: nothing is left" "$(ls -A tmp)" ""
}

# bytes_are WHAT SIDE ARGUMENT... OVERLAY: the whole disk as qemu-img sees it
# (the raw file "expected").
bytes_are ()
{
    local what=$1 side=$2 size
    shift 2
    size=$(stat -c %s expected)
    run "$tool" "$@" read "$side" 0 "$size"
    is "$what: reads" "$status" 0
    check "$what: the bytes" cmp out expected
}

# reset_byte FILE OFFSET ESCAPES: writes bytes into an image's header.
reset_bytes ()
{
    # shellcheck disable=SC2059
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
