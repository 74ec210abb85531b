# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the scripts that scan one overlay; source it.  They exit with 0 (nothing found)
# or 1 (found) only after a scanner has run over the mounted tree; everything else, and
# --help, is exit code 2.
#
#   take_arguments COUNT USAGE WORD...    # ${words[@]}, ${options[@]}
#   require PROGRAM...
#   make_scratch                          # $scratch, $tree; gone when the script ends
#   mount_overlay OVERLAY [OPTION]...     # at $tree
#   run_scanner COMMAND...                # $code, $scratch/out, $scratch/err
#   verdict FOUND                         # ends the script; $unsure: why not 0

set -u
name=${0##*/}
deltafs=${DELTAFS:-deltafs}
unsure=
scratch=
mounted=

fail ()
{
    printf '%s: %s\n' "$name" "$*" >&2
    exit 2
}

# The first COUNT words after "--", which may be left out, are ours; the others are
# options of the scanner.
take_arguments ()
{
    local count=$1 usage="usage: $name [--] $2" word
    shift 2
    if test "${1-}" = --; then
        shift
    else
        for word in "${@:1:count}"; do
            case $word in
            -h | --help)
                printf '%s\n' "$usage"
                exit 2
                ;;
            -?*) fail "no option of this script: $word" ;;
            esac
        done
    fi
    if test $# -lt "$count"; then
        printf '%s\n' "$usage" >&2
        exit 2
    fi
    words=("${@:1:count}")
    options=("${@:count+1}")
}

# refuse_options PATTERN...: of the scanner's options those with which it would look
# at something else than the overlay, or at nothing.
refuse_options ()
{
    local option pattern
    for option in ${options[@]+"${options[@]}"}; do
        for pattern; do
            # shellcheck disable=SC2053
            [[ $option != $pattern ]] || fail "not with the option $option"
        done
    done
}

require ()
{
    local program
    for program in "$deltafs" mountpoint awk find "$@"; do
        command -v -- "$program" >/dev/null || fail "not installed: $program"
    done
}

clean_up ()
{
    test -n "$scratch" || return
    if mountpoint -q "$scratch/tree"; then
        "$deltafs" umount "$scratch/tree" ||
            "$deltafs" umount --lazy "$scratch/tree"
    fi
    rm -rf --one-file-system "$scratch"
}

make_scratch ()
{
    trap clean_up EXIT
    trap 'exit 2' HUP INT PIPE TERM
    scratch=$(mktemp -d "$(realpath -- "${TMPDIR:-/tmp}")/scan.XXXXXXXX") &&
        tree=$scratch/tree && mkdir "$tree" && echo probe >"$scratch/probe" ||
        fail "no place for temporary files"
}

# Symlinks must not lead a scanner out of the tree.
mount_overlay ()
{
    local messages code
    messages=$("$deltafs" mount --symlinks=inside "${@:2}" -- "$1" "$tree" \
                   2>&1 >/dev/null)
    code=$?
    test -z "$messages" || printf '%s\n' "$messages" >&2
    test "$code" -eq 0 || exit 2
    mountpoint -q "$tree" || fail "nothing is mounted"
    mounted=yes
    case $messages in
    *"unreadable entries"*) unsure="some entries are unreadable" ;;
    *"base was written"*) unsure="the base was changed" ;;
    esac
}

# The scanner's exit code and its output; where these cannot be kept, or the tree did
# not answer to the end, nothing is sure.
run_scanner ()
{
    local codes=
    { "$@" 3>&- | cat >"$scratch/out"; echo "${PIPESTATUS[*]}" >&3; } \
        2>&1 3>"$scratch/codes" | cat >"$scratch/err"
    test "${PIPESTATUS[1]}" -eq 0 && read -r code codes <"$scratch/codes" &&
        test "$codes" = 0 || { code=2; unsure="no place for the scanner's output"; }
    # The kernel asks for a mount's totals each time.
    test -z "$mounted" || { mountpoint -q "$tree" && stat -f "$tree"; } \
        >/dev/null 2>&1 || unsure="the mount came to an end"
}

# A guest's own /.deleted is shown as /.deleted.1; lists such names.
renamed ()
{
    local shown path
    for shown in "$tree"/.{deleted,filesystems}.[0-9]*; do
        path=$(getfattr --absolute-names --only-values -n user.deltafs.path \
                   "$shown" 2>/dev/null) || continue
        test "$path" = "${shown#"$tree"}" || printf '%s ' "${shown#"$tree"}"
    done
}

# Paths of the mount become the guest's.
guest_paths ()
{
    TREE=$tree RENAMED=$(renamed) LC_ALL=C awk '
        BEGIN {
            count = split (ENVIRON["RENAMED"], shown, " ")
            for (i = 1; i <= count; ++i) {
                name[i] = shown[i]
                sub (/\.[0-9]+$/, "", name[i])
            }
        }
        {
            line = ""
            while ((at = index ($0, ENVIRON["TREE"])) > 0) {
                line = line substr ($0, 1, at - 1)
                $0 = substr ($0, at + length (ENVIRON["TREE"]))
                if ($0 !~ /^\//)
                    line = line "/"
                for (i = 1; i <= count; ++i)
                    if (index ($0 "/", shown[i] "/") == 1) {
                        $0 = substr ($0, length (shown[i]) + 1)
                        line = line name[i]
                        break
                    }
            }
            print line $0
        }'
}

# Prints what a filter leaves of the scanner's output.
report ()
{
    guest_paths <"$scratch/err" >&2
    "$@" <"$scratch/out" | guest_paths
    test "${PIPESTATUS[*]}" = "0 0" || unsure="the report could not be written"
}

# ClamAV's word for a file that it did not scan to its end.
clam_limit=': Heuristics\.Limits\.Exceeded[.A-Za-z]* FOUND$'

# What ClamAV found, but for such files.
clam_found ()
{
    if grep -aqE "$clam_limit" "$scratch/out"; then
        unsure="some files are beyond ClamAV's limits"
    fi
    found=$(grep -a ' FOUND$' "$scratch/out" | grep -avE -m1 "$clam_limit")
}

# verdict FOUND: ends the script.
verdict ()
{
    if test -n "$1"; then
        exit 1
    elif test -n "$unsure"; then
        fail "not clean for sure: $unsure"
    fi
    exit 0
}
