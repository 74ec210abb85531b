#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What differs between two images the way vminspect does it: the checksums of all
# files of one and of the other, through libguestfs, and then these compared.
#
#   checksums.sh BASE OVERLAY      qcow2, a filesystem on the whole disk
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# sums IMAGE FILE
sums ()
{
    guestfish --ro --format=qcow2 -a "$1" -m /dev/sda \
        checksums-out sha1 / "$work/list"
    # "SUM  ./PATH" to "PATH<TAB>SUM"
    sed -E 's/^([0-9a-f]+)  \.(.*)$/\2\t\1/' "$work/list" |
        LC_ALL=C sort -t $'\t' -k 1,1 >"$2"
}

sums "$1" "$work/base"
sums "$2" "$work/overlay"
LC_ALL=C join -t $'\t' -a 1 -a 2 -e - -o 0,1.2,2.2 "$work/base" "$work/overlay" |
    awk -F '\t' '$2 == "-" { print "A\t-\t" $1 }
        $3 == "-" { print "D\t-\t" $1 }
        $2 != "-" && $3 != "-" && $2 != $3 { print "M\tcontent\t" $1 }'
