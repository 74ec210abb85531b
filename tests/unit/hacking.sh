# SPDX-License-Identifier: GPL-2.0-or-later
# HACKING.md has a line for every source file and every folder.
. "${srcdir:-.}/../kit/kit.sh"

cd "$top_srcdir" || exit 99

# debian.cache is made by tests.
sources ()
{
    find diffview fuse mountctl tests -name debian.cache -prune -o \
        \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.bash' \) \
        -print | sort
}

# name.{c,h} in the section of its folder.
listed ()
{
    local stem=${1##*/}
    sed -n "\\|^### ${1%/*}/\$|,/^### /p" HACKING.md |
        grep -qE "\`${stem%.*}\\.(\\{c,h\\}|${stem##*.})\`"
}

missing=
for file in $(sources); do
    listed "$file" || missing="$missing $file"
done
is "files that HACKING.md does not name" "$missing" ""

stale=
for entry in $(grep -oE '^### [a-z/]+|`[a-z_-]+\.(c|h|sh|py|bash|\{c,h\})`' \
    HACKING.md | sed -n '/^### diffview/,$p' | tr -d '#` '); do
    case $entry in
    */) folder=$entry ;;
    *.*)
        test -n "$(find "$folder" -maxdepth 1 -name "${entry%.*}.*")" ||
            stale="$stale $folder$entry"
        ;;
    *) folder=$entry ;;
    esac
done
is "files that HACKING.md names and that are not there" "$stale" ""

done_testing
