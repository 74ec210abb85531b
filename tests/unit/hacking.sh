# SPDX-License-Identifier: GPL-2.0-or-later
# HACKING.md has a line for every folder and names none that is not there; and
# every source file says at its head what it is for.
. "${srcdir:-.}/../kit/kit.sh"

cd "$top_srcdir" || exit 99

# debian.cache is made by tests.
sources ()
{
    find diffview fuse mountctl tests -name debian.cache -prune -o \
        \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.bash' \) \
        -print | sort
}

# The folders in the table.
named ()
{
    sed -n '/^## Rooms/,$ s/^| `\([a-z/]*\)\/` |.*/\1/p' HACKING.md | sort
}

folders=$(sources | xargs -n 1 dirname | sort -u)
is "folders that HACKING.md does not name" \
    "$(printf '%s\n' "$folders" | grep -vxF "$(named)")" ""

stale=
for folder in $(named); do
    test -d "$folder" || stale="$stale $folder"
done
is "folders that HACKING.md names and that are not there" "$stale" ""

# The line behind the licence (and an interpreter's line) is a sentence.
mute=
for file in $(sources); do
    head -n 6 "$file" | grep -vE 'SPDX|^#!' |
        grep -qE '^( \*|#|"""|/\*) *[^ *#]+ [^ ]+ ' || mute="$mute $file"
done
is "files that do not say what they are for" "$mute" ""

done_testing
