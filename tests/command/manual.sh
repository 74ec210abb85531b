# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manual says what is so: each command has a page, whose options are those
# of its --help and of the parser; the examples run.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires podchecker jq

man=$top_srcdir/man
commands=$("$deltafs" --help | sed -n 's/^  \([a-z]\+\) .*/\1/p')
like "the overview names the commands" " $(echo $commands) " ' mount .* diff '

# A page as it is made, with what it includes.
page ()
{
    awk -v dir="$man" -f "$man/expand.awk" "$man/$1.pod"
}

for pod in "$man"/deltafs*.pod; do
    name=$(basename "$pod" .pod)
    page "$name" >"$name.pod"
    check "$name: podchecker" podchecker -warnings -warnings "$name.pod"
    is "$name: its name" "$(sed -n '/^=head1 NAME/,/ - /s/ - .*//p' "$pod")" \
        "$name"
done

# Every page that one refers to is there, and is referred to by deltafs(1).
grep -oh 'deltafs-[a-z]*([17])' ./*.pod | sort -u >referred
for pod in deltafs-*.pod; do
    section=1
    test "$pod" != deltafs-semantics.pod || section=7
    echo "$(basename "$pod" .pod)($section)"
done | sort >pages
same_files "pages that are referred to" referred pages
grep -o 'deltafs-[a-z]*([17])' deltafs.pod | sort -u >referred
same_files "pages that deltafs(1) refers to" referred pages

# Options from the help of $1, "--base FILE"; the last line names several.
help_options ()
{
    "$deltafs" "$1" --help |
        sed -e :a -e 'N;$!ba' -e 's/\([,;]\)\n  */\1 /g' | sed -n \
        -e 's/^  \(-[^ ]*\( [^ ]\+\)\?\)  *[^ ].*/\1/p' \
        -e 's/^  Also \(.*\); see .*/\1/; T' -e 's/, /\n/gp'
}

# Items of the page of $1 that begin with an option, without markup.
manual_options ()
{
    sed -n 's/^=item \(B<-.*\)/\1/p' "deltafs-$1.pod" |
        sed 's/[BI]<\([^>]*\)>/\1/g'
}

# Names, each with a mark if it has an argument.
names ()
{
    sed 's/ .*/ ARGUMENT/' | sort
}

for command in $commands; do
    is "$command: usage of --help and of the manual" \
        "$("$deltafs" $command --help | sed -n 's/^Usage: //p')" \
        "$(sed -n '/^=head1 SYNOPSIS/,/^=head1 DESC/s/^ //p' \
            deltafs-$command.pod)"
    help_options $command | names >help
    manual_options $command | names >manual
    same_files "$command: options of --help and of the manual" manual help
    is "$command: no option is described twice" "$(uniq -d manual)" ""
    sed 's/ .*//' help >>options
done
sort -u options >all

# Every option of a command's help is taken by it, with an argument where the
# help shows one and only there; others are not.
for command in $commands; do
    help_options $command | names >own
    while read -r option; do
        case $option in --help | --version) continue ;; esac
        command_run $command "$option"
        if grep -qxF -- "$option ARGUMENT" own; then
            like "$command $option wants a value" "$(cat err)" \
                "$option: a value is missing"
        elif grep -qxF -- "$option" own; then
            unlike "$command $option is taken" "$(cat err)" \
                'no such option|a value is missing'
        else
            like "$command $option is not taken" "$(cat err)" \
                "$option: no such option"
        fi
    done <all
done

# Words of arguments that have a fixed list: the manual has them all.
for pair in "--engine auto|direct|guestfs" "--sandbox auto|require|off" \
    "--progress auto|always|never" "--symlinks keep|inside"; do
    command=diff operands=x
    test "${pair%% *}" != --symlinks || command=mount operands="x y"
    check "manual: $pair" \
        grep -qF "=item B<${pair%% *}> ${pair#* }" deltafs-$command.pod
    # shellcheck disable=SC2086
    command_run $command "${pair%% *}" nonsense $operands
    like "parser: $pair" "$(head -n1 err)" \
        "must be $(echo "${pair#* }" |
            sed 's/|\([^|]*\)$/ or \1/; s/|/, /g')\$"
done

# The examples, each block a script, on a delta that is made up.  Scanners are
# not what is tested: they stand for "reads the tree".
mkdir bin
ln -s "$deltafs" bin/deltafs
for program in clamscan clamdscan; do
    printf '#!/bin/sh\nfor tree; do :; done\nexec find "$tree" -print\n' \
        >bin/$program
    chmod 755 bin/$program
done

# Blocks of $1 outside of the synopsis that run deltafs, into example-N.
split_examples ()
{
    rm -f example-*
    awk '
      /^=head1/ { wanted = $2 != "SYNOPSIS" }
      wanted && /^ / { block = block substr ($0, 2) "\n"; next }
      block ~ /(^|\n)deltafs / { printf "%s", block >("example-" ++count) }
      { block = "" }' "$1"
}

mkdir -p mnt
for pod in deltafs*.pod; do
    split_examples "$pod"
    for example in example-*; do
        test -f "$example" || continue
        guest=good
        ! grep -q 'grep silent' "$example" || guest=everything
        sed -i "s|/mnt/delta|$work/mnt|g; s|overlay.qcow2|$guest|g" "$example"
        grep -q 'deltafs u\?mount' "$example" && {
            test -r /dev/fuse && test "$(id -u)" -eq 0 || continue
        }
        run env PATH="$work/bin:$PATH" bash -u "$example"
        is "$(basename "$pod" .pod): $(grep -m1 deltafs "$example")" \
            "$status $(grep -v 'left out by filters\|silent changes' err)" "0 "
    done
done

check_nothing_left
done_testing
