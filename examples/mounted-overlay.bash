# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the scripts that scan one overlay; source it.  mount_overlay OVERLAY [OPTION]...
# shows what it changed at $tree, and "unsure" is not empty where something cannot be
# read.  $scratch is a directory for files.  Both are gone when the script ends,
# however it ends.

set -u
deltafs=${DELTAFS:-deltafs}
unsure=
scratch=$(mktemp -d "${TMPDIR:-/tmp}/scan.XXXXXXXX") || exit 2
tree=$scratch/tree
mkdir "$tree" || exit 2

clean_up ()
{
    if mountpoint -q "$tree"; then
        "$deltafs" umount "$tree" || "$deltafs" umount --lazy "$tree"
    fi
    rm -rf --one-file-system "$scratch"
}
trap clean_up EXIT
trap 'exit 2' HUP INT TERM

# Symlinks must not lead a scanner out of the tree.
mount_overlay ()
{
    local messages code
    messages=$("$deltafs" mount --symlinks=inside "${@:2}" "$1" "$tree" \
                   2>&1 >/dev/null)
    code=$?
    test -z "$messages" || printf '%s\n' "$messages" >&2
    test "$code" -eq 0 || exit 2
    case $messages in
    *"unreadable entries"*) unsure="some entries are unreadable" ;;
    esac
}

# verdict FOUND: ends the script.
verdict ()
{
    if test -n "$1"; then
        exit 1
    elif test -n "$unsure"; then
        printf '%s: not clean for sure: %s\n' "${0##*/}" "$unsure" >&2
        exit 2
    fi
    exit 0
}
