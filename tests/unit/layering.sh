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
owned isa-l diffview/direct
owned jansson.h diffview/image mountctl/print mountctl/command
owned seccomp.h diffview/sandbox
owned archive.h mountctl/archive
owned archive_entry.h mountctl/archive
owned libvirt/ mountctl/options
owned libxml/ mountctl/options

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

# What the linker sees.  A room's objects are in its library; those of a format
# are in that of the differ, and main is in none.
library_of ()
{
    case $1 in
    diffview/direct/*) ;;
    fuse) echo "$top_builddir/fuse/libserve.a" ;;
    mountctl) ;;
    *) echo "$top_builddir/$1/lib${1##*/}.a" ;;
    esac
}

# names_above ROOM: what its library calls and a room that it may not see has.
names_above ()
{
    local room=$1 other library
    library=$(library_of "$room")
    nm -u "$library" 2>/dev/null | awk 'NF == 2 { print $2 }' | sort -u >called
    for other in $(may_include "$room"); do
        nm -g --defined-only "$(library_of "$other")"
    done 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >below
    comm -23 called below >unresolved
    for other in $rooms; do
        case " $(may_include "$room") " in *" $other "*) continue ;; esac
        test -n "$(library_of "$other")" || continue
        nm -g --defined-only "$(library_of "$other")" 2>/dev/null |
            awk 'NF == 3 { print $3 }' | sort -u | comm -12 - unresolved |
            sed "s|^|$other: |"
    done
}

for room in $rooms; do
    library=$(library_of "$room")
    test -n "$library" || continue
    check "$room has a library" test -s "$library"
    is "$room calls nothing of a room above" "$(names_above "$room")" ""
done

# circles_in ROOM: files of its library that call each other, over others too.
circles_in ()
{
    nm -A "$(library_of "$1")" 2>/dev/null | awk '
        { sub(/^[^:]*:/, ""); split ($0, part, ":"); n = split ($0, word) }
        word[n - 1] == "U" { calls[part[1], word[n]] = part[1]; next }
        word[n - 1] ~ /^[A-Z]$/ { home[word[n]] = part[1] }
        END {
            for (call in calls) {
                split (call, key, SUBSEP)
                if (key[2] in home && home[key[2]] != calls[call])
                    print calls[call], home[key[2]]
            }
        }' | tsort 2>&1 >sorted | sed 's/^tsort: //'
}

for room in diffview/util diffview/sandbox diffview/core diffview/view \
    diffview/broker fuse mountctl/message mountctl/options mountctl/print \
    mountctl/archive mountctl/lifecycle mountctl/doctor mountctl/command; do
    is "no circle among the files of $room" "$(circles_in "$room")" ""
done

# Formats: every name that the linker sees begins with the folder's.
for folder in "$top_srcdir"/diffview/direct/*/; do
    format=$(basename "$folder")
    unprefixed=
    for file in "$folder"*.c; do
        object=$(basename "$file" .c).o
        unprefixed+=$(nm -g --defined-only \
            "$top_builddir/diffview/direct/$format/libdirect_a-$object" |
            awk -v prefix="${format}_" \
                'NF == 3 && index ($3, prefix) != 1 { print " " $3 }')
    done
    is "direct/$format: names without ${format}_" "$unprefixed" ""
done

# The differ does not know which format it has; the table in direct.c does.
is "the differ names no format" \
    "$(cd "$top_srcdir/diffview/direct" && ls ./*.[ch] | grep -vx ./direct.c |
        xargs grep -nwiE 'ext[234]?|v?fat(12|16|32)?|exfat|xfs|btrfs|ntfs')" ""

done_testing
