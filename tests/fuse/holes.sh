# SPDX-License-Identifier: GPL-2.0-or-later
#
# Copying files with large holes takes no longer than their data, on every side
# that is shown.
. "${srcdir:-.}/fuse.sh"
requires tar

size=$((1 << 40))
cat >script <<END
base file /removed size=$size at=$((3 << 37)) text=removed
base file /changed size=$((size - 1)) at=$((4 << 37)) text=old
copy
remove overlay /removed
overlay file /changed size=$size at=$((5 << 37)) text=new
overlay file /nothing size=$size at=0 text=
END
serve -o base

# Without holes it would be a matter of hours.
soon ()
{
    timeout 120 "$@"
}

# same_holes WHAT COPY OFFSET TEXT: the text is where it was, and nothing else.
same_holes ()
{
    is "$1: size" "$(stat -c %s "$2")" "$(stat -c %s "$mnt/$path")"
    is "$1: the data" \
        "$(dd if="$2" bs=65536 skip=$(($3 >> 16)) count=1 status=none |
               tr -d '\0')" "$4"
    check "$1: the copy is a hole, too" test "$(stat -c %b "$2")" -lt 1000
}

while read -r path at text; do
    for way in "cp -a" "cp --sparse=always"; do
        # shellcheck disable=SC2086
        check "$way: $path" soon $way "$mnt/$path" copy
        same_holes "$way: $path" copy "$at" "$text"
        rm copy
    done
    mkdir out
    check "tar -S: $path" soon tar -C "$mnt" -cSf archive.tar "$path"
    check "tar -S: $path: it is small" \
        test "$(stat -c %s archive.tar)" -lt 100000
    check "tar -S: $path: tar takes it" soon tar -C out -xf archive.tar
    same_holes "tar -S: $path" "out/$path" "$at" "$text"
    rm -r out
done <<END
changed $((5 << 37)) new
nothing 0
.base/changed $((4 << 37)) old
.deleted/removed $((3 << 37)) removed
END
serve_end

done_testing
