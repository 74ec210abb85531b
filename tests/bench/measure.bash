# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measuring: contenders take turns, round by round, so that what else the
# machine does hits all alike; each result is a line of $samples.  Source it
# after fixtures.bash.

# sample WHAT CONTENDER QUANTITY VALUE: of the current case, $case
sample ()
{
    printf '%s\t%s\t%s\t%s\t%s\n' "$case" "$@" >>"$samples"
}

# fact NAME VALUE: something that is so, in this case
fact ()
{
    sample - - "$@"
}

# timed WHAT CONTENDER COMMAND...: how long it takes; its output is in
# $work/out.  What fails is told and has no result.
timed ()
{
    local what=$1 contender=$2 start stop code
    shift 2
    start=$EPOCHREALTIME
    "$@" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    stop=$EPOCHREALTIME
    if test "$code" -ne 0; then
        note "$case, $what: $contender failed with $code"
        note_file "$work/err"
        sample "$what" "$contender" failed 1
        return 1
    fi
    sample "$what" "$contender" seconds \
        "$(awk -v a="$start" -v b="$stop" 'BEGIN { printf "%.6f", b - a }')"
}

# hook NAME: runs the function, if there is such a one
hook ()
{
    ! declare -F "$1" >/dev/null || "$1"
}

# race WHAT ROUNDS CONTENDER...: run_CONTENDER is timed, before_CONTENDER and
# after_CONTENDER are not
race ()
{
    local what=$1 rounds=$2 round contender
    shift 2
    for ((round = 1; round <= rounds; ++round)); do
        for contender; do
            hook "before_$contender" || die "cannot prepare $contender"
            timed "$what" "$contender" "run_$contender"
            test "$round" -gt 1 || hook "look_$contender"
            hook "after_$contender"
        done
    done
}

# view WHAT ROUNDS ACTION VIEW...: each VIEW is opened anew (open_VIEW shows a
# disk in $view), ACTION is timed in it, and it is closed
view ()
{
    local what=$1 rounds=$2 action=$3 round kind
    shift 3
    for ((round = 1; round <= rounds; ++round)); do
        for kind; do
            "open_$kind" || die "cannot open $kind"
            timed "$what" "$kind" "$action"
            test "$round" -lt "$rounds" || hook "look_$kind"
            "close_$kind"
        done
    done
}

# appearance ROUNDS VIEW...: until a view answers
appearance ()
{
    local what=mount rounds=$1 round kind
    shift
    for ((round = 1; round <= rounds; ++round)); do
        for kind; do
            timed "$what" "$kind" appear "$kind"
            test "$round" -lt "$rounds" || hook "look_$kind"
            "close_$kind"
        done
    done
}

appear ()
{
    "open_$1" && ls "$view"
}

# warm FILE...: into the page cache
warm ()
{
    cat "$@" >/dev/null
}

# --- memory ---

# ours EXECUTABLE: the processes of it that these benchmarks have started
ours ()
{
    local process
    for process in $(marked_processes); do
        case $(readlink "/proc/$process/exe") in
        */$1) echo "$process" ;;
        esac
    done
}

# all_of FILE FIELD PROCESS...: the sum of a field in KiB of /proc/PROCESS/FILE
all_of ()
{
    local file=$1 field=$2
    shift 2
    for process; do
        cat "/proc/$process/$file" 2>/dev/null
    done | awk -v field="$field:" '$1 == field { sum += $2 }
        END { print sum + 0 }'
}

# memory WHAT: what the processes of mounts have taken at most
memory ()
{
    sample "$1" deltafs peak_kib "$(all_of status VmHWM $(ours deltafs))"
    sample "$1" deltafs storage_kib \
        "$(all_of status VmHWM $(ours qemu-storage-daemon))"
}

# peak WHAT CONTENDER COMMAND...: the same of a command that ends, untimed
peak ()
{
    local what=$1 contender=$2
    shift 2
    "$built/peak" "$work/peaks" "$@" >/dev/null 2>"$work/err" || {
        note_file "$work/err"
        die "failed: $*"
    }
    sample "$what" "$contender" peak_kib \
        "$(awk '/^deltafs/ { sum += $2 } END { print sum + 0 }' "$work/peaks")"
    sample "$what" "$contender" storage_kib \
        "$(awk '/^qemu-storage/ { sum += $2 } END { print sum + 0 }' \
            "$work/peaks")"
}
