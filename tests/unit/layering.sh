#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Includes point down, and each library is seen by the rooms that own it
# alone.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/layers.sh"

# code_of ROOM...: the files with code of these folders.
code_of ()
{
    local room file
    for room in "$@"; do
        for file in "$top_srcdir/$room"/*.[ch]; do
            test -e "$file" && printf '%s\n' "$file"
        done
    done
}

# owned HEADER ROOM...: <HEADER> is included nowhere else.
owned ()
{
    local header=$1 room owner others=()
    shift
    for room in $rooms; do
        for owner in "$@"; do
            test "$room" = "$owner" && continue 2
        done
        others+=("$room")
    done
    code_of "${others[@]}" | xargs -d '\n' grep -nE \
        "^ *# *include *[<\"]$header" /dev/null >found
    is "<$header> is seen by $* alone" "$(cat found)" ""
}

owned guestfs.h diffview/guestfs
owned fuse fuse
owned libnbd.h diffview/image
owned ext2fs/ diffview/direct/ext
owned blkid/ diffview/volume
owned isa-l diffview/direct/ext
owned jansson.h diffview/image mountctl
owned seccomp.h diffview/sandbox
owned archive mountctl
owned libvirt/ mountctl
owned libxml/ mountctl

# wrong_includes ROOM: its includes of headers that it may not see.
wrong_includes ()
{
    local room=$1 visible file name place
    for file in $(code_of "$room"); do
        while read -r name; do
            test "$name" = config.h && continue
            for visible in $(may_include "$room"); do
                place=$top_srcdir/$visible/$name
                test -e "$place" && continue 2
            done
            echo "${file##*/}: $name"
        done < <(sed -nE 's/^ *# *include *"([^"]*)".*/\1/p' "$file")
    done
}

for room in $rooms; do
    is "$room includes nothing from above" "$(wrong_includes "$room")" ""
done

# The headers of each of these rooms that others see.
sees_only ()
{
    local room=$1 wanted=" ${*:2} " other name visible
    for other in $rooms; do
        test "$other" = "$room" && continue
        case $other in "$room"/*) continue ;; esac
        while read -r name; do
            # Another header of the same name that it may see is what it means.
            for visible in $(may_include "$other"); do
                test "$visible" = "$room" && continue
                test -e "$top_srcdir/$visible/$name" && continue 2
            done
            if test -e "$top_srcdir/$room/$name" \
                && [[ $wanted != *" $name "* ]]; then
                echo "$other: $name"
            fi
        done < <(code_of "$other" | xargs -d '\n' \
            sed -nE 's/^ *# *include *"([^"]*)".*/\1/p' /dev/null | sort -u)
    done
}

is "fuse shows serve.h alone" "$(sees_only fuse serve.h)" ""
is "inspection shows inspection.h and survey.h alone" \
    "$(sees_only diffview/inspection inspection.h survey.h)" ""
is "guestfs shows appliances.h and kvm.h alone" \
    "$(sees_only diffview/guestfs appliances.h kvm.h)" ""
is "sandbox shows sandbox.h alone" \
    "$(sees_only diffview/sandbox sandbox.h)" ""
is "direct shows direct.h and direct_account.h alone" \
    "$(sees_only diffview/direct direct.h direct_account.h)" ""

done_testing
