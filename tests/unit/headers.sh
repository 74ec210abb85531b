#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each header compiles alone (after config.h), with what its room may see.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/layers.sh"

read -r -a compiler <<<"${CC:-cc}"
requires "${compiler[0]}" pkg-config
read -r -a libraries <<<"$(pkg-config --cflags libguestfs fuse3 libnbd blkid \
    jansson ext2fs)"

compiles_alone ()
{
    printf '#include <config.h>\n#include "%s"\n' "$1" >alone.c
    shift
    "${compiler[@]}" -std=gnu11 -Wall -Werror -fsyntax-only \
        -I"$top_builddir" "$@" "${libraries[@]}" alone.c
}

for room in $rooms; do
    paths=()
    for visible in $(may_include "$room"); do
        paths+=("-I$top_srcdir/$visible")
    done
    for header in "$top_srcdir/$room"/*.h; do
        test -e "$header" || continue
        check "$room/${header##*/}" \
            compiles_alone "${header##*/}" "${paths[@]}"
    done
done

done_testing
