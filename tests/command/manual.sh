# SPDX-License-Identifier: GPL-2.0-or-later
#
# The options of the table (as --help prints it), of the manual and of the
# parser are the same ones.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires podchecker

pod=$top_srcdir/man/deltafs.pod
check "podchecker" podchecker -warnings -warnings "$pod"

# Options with their arguments, as in "--base FILE", from the help of $1.
help_options ()
{
    "$deltafs" "$1" --help | sed -n 's/^  \(-[^ ]*\( [^ ]*\)\?\)  *[^ ].*/\1/p'
}

# The manual's items that begin with an option, without markup.
manual_options ()
{
    sed -n 's/^=item \(B<-.*\)/\1/p' "$pod" | sed 's/[BI]<\([^>]*\)>/\1/g'
}

names ()
{
    sed 's/ .*//' | sort -u
}

for command in mount umount diff info; do
    help_options $command
done | names >help
manual_options | names >manual
same_files "options of --help and of the manual" manual help
is "no option is described twice" "$(manual_options | names | wc -l)" \
    "$(manual_options | wc -l)"

# Every option of a command's help is taken by it, with an argument where the
# help shows one and only there; others are not.
for command in mount umount diff info; do
    help_options $command | names >own
    while read -r option; do
        if grep -qx -- "$option" own; then
            argument=$(help_options $command |
                           sed -n "s/^$option \(.*\)/\1/p")
            case $option in --help | --version) continue ;; esac
            command_run $command "$option"
            if test -n "$argument"; then
                like "$command $option wants a value" "$(cat err)" \
                    "$option: a value is missing"
            else
                like "$command $option is taken" "$(cat err)" \
                    'wrong usage: an? .* (is|are) needed'
            fi
        else
            command_run $command "$option"
            like "$command $option is not taken" "$(cat err)" \
                "$option: no such option"
        fi
    done <help
done

# Words of arguments that have a fixed list: the manual has them all.
for pair in "--engine auto|direct|guestfs" "--sandbox auto|require|off" \
    "--progress auto|always|never"; do
    check "manual: $pair" grep -qF "=item B<${pair%% *}> ${pair#* }" "$pod"
    command_run diff "${pair%% *}" nonsense x
    like "parser: $pair" "$(head -n1 err)" \
        "must be $(echo "${pair#* }" |
            sed 's/|\([^|]*\)$/ or \1/; s/|/, /g')\$"
done


done_testing
