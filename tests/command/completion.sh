# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion for bash: it offers what --help of a command says and nothing
# else, and the values that the parser takes.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
rules=/usr/share/bash-completion/bash_completion
test -f $rules || skip_all "bash-completion is not installed"
mkdir bin directory
ln -s "$deltafs" bin/deltafs
PATH=$work/bin:$PATH
touch overlay.qcow2 "two words"

# They are not made for "set -u".
set +u
# shellcheck disable=SC1090
. $rules
. "$top_srcdir/completion/deltafs"
set -u
is "it is registered" "$(complete -p deltafs)" "complete -F _deltafs deltafs"

# completed WORD...: what is offered for the last word, a line each.
completed ()
{
    (
        set +u
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        COMP_LINE=${line:-$*}
        COMP_POINT=${#COMP_LINE}
        COMP_TYPE=9
        COMPREPLY=()
        _deltafs 2>>errors
        printf '%s\n' "${COMPREPLY[@]}" | sed '/^$/d' | sort
    )
}

words ()
{
    completed "$@" | tr '\n' ' '
}

"$deltafs" --help | sed -n 's/^  \([a-z]\+\) .*/\1/p' | sort >commands
completed deltafs '' >got
same_files "commands" got <(sort commands <(printf '%s\n' --help --version))
is "a command" "$(words deltafs inf)" "info "

while read -r command; do
    "$deltafs" $command --help |
        sed -e :a -e 'N;$!ba' -e 's/,\n  */, /g' |
        grep -oE '(^  |Also |, )--?[a-z-]+' |
        sed 's/.* //' | sort -u >wanted
    completed deltafs $command - | grep . >got
    same_files "$command: all options of --help, and no others" got wanted
done <commands

is "an option" "$(words deltafs diff --base)" "--base --base-format "
is "a file" "$(words deltafs diff over)" "overlay.qcow2 "
is "a file as a value" "$(words deltafs export --manifest over)" \
    "overlay.qcow2 "
is "a value that nobody knows" "$(words deltafs diff --key '')" ""
is "nothing for doctor" "$(words deltafs doctor '')" ""
for pair in "diff --engine" "diff --sandbox" "info --progress" \
    "mount --symlinks"; do
    read -r command option <<<"$pair"
    offered=$(words deltafs $command $option '')
    command_run $command $option nonsense a b
    is "$command $option: the values of the parser" "$offered" "$(
        sed -n '1s/.*must be //p' err | sed 's/, \| or /\n/g' | sort |
            tr '\n' ' ')"
done
for word in $(words deltafs mount -o ''); do
    command_run mount -o $word
    unlike "mount -o $word is taken" "$(cat err)" 'known are'
done
is "after --option=" "$(line='deltafs diff --engine=d' \
    words deltafs diff --engine = d)" "direct "
is "no messages" "$(cat errors)" ""

if test -r /dev/fuse && test "$(id -u)" -eq 0; then
    command_run mount good mnt
    is "umount: what is mounted" "$(words deltafs umount "$work/m")" \
        "$work/mnt "
    command_run umount mnt
fi

check_nothing_left
done_testing
