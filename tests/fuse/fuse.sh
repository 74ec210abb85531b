# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the shell tests of the FUSE room share, on top of kit.sh: a mount of the
# in-memory engine (serve_memory) at $mnt, which is gone when the test ends.
#
#   cat >script <<'END' ... END           # see script.h
#   serve [OPTION...]                     # mounts, returns when it answers
#   checks attributes.py "$mnt"           # many checks in one Python program
#   serve_end                             # SIGTERM; $status, $work/serve.err

. "${srcdir:-.}/../kit/kit.sh"
requires fusermount3 python3
test -r /dev/fuse || skip_all "there is no /dev/fuse"

serve_memory=$top_builddir/tests/fuse/serve_memory
mnt=$work/mnt
server=
# Put before serve_memory, such as valgrind or "${nobody[@]}".
serve_with=()
mkdir "$mnt"
# Ordinary users are to reach the mount point.
chmod 755 "$work"

is_mounted ()
{
    grep -qF " $1 " /proc/self/mountinfo
}

# Whatever happened: no server and no mount is left.
serve_clean ()
{
    local line
    test -z "$server" || kill -KILL "$server"
    while is_mounted "$mnt"; do
        umount -l "$mnt" || fusermount3 -uz "$mnt" || break
    done
}
cleanup_add serve_clean

# Starts the server, which goes on in the background.
serve_start ()
{
    : >"$work/serve.out"
    ${serve_with[@]+"${serve_with[@]}"} "$serve_memory" "$@" \
        "$work/script" "$mnt" \
        >"$work/serve.out" 2>"$work/serve.err" </dev/null &
    server=$!
}

serve_answers ()
{
    local i
    for ((i = 0; i < 600; ++i)); do
        grep -q '^ready$' "$work/serve.out" && return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    note_file "$work/serve.err"
    return 1
}

serve ()
{
    serve_start "$@"
    if ! serve_answers; then
        echo "Bail out! serve_memory does not answer"
        exit 99
    fi
}

# Waits until the server has ended by itself; its exit code in $status.
serve_wait ()
{
    wait "$server"
    status=$?
    server=
    if grep -Eq 'Sanitizer|runtime error|ERROR SUMMARY: [1-9]' \
        "$work/serve.err"; then
        not_ok "the server is clean"
        note_file "$work/serve.err"
    fi
}

# Ends it as a user would, and looks after that nothing is left.
serve_end ()
{
    kill -TERM "$server"
    serve_wait
    is "serve_memory ended well" "$status" 0
    check_not "nothing is mounted any more" is_mounted "$mnt"
    test "$status" -eq 0 || note_file "$work/serve.err"
}

# Put before a command: an ordinary user, when we are root.
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --)

# The system's own, which ordinary users can run too.
python=$(command -v /usr/bin/python3 || command -v python3)
mkdir "$work/python"
cp "$srcdir"/*.py "$work/python"
# Put before Python, such as "${nobody[@]}".
checks_with=()

# Runs checks of a Python program (checks.py): each line that it prints, "ok
# WHAT" or "not ok WHAT", is one of ours.
checks ()
{
    local line code
    run ${checks_with[@]+"${checks_with[@]}"} \
        "$python" -B "$work/python/$1" "${@:2}"
    code=$status
    while IFS= read -r line; do
        case $line in
        "ok "*) ok "${line#ok }" ;;
        "not ok "*) not_ok "${line#not ok }" ;;
        *) note "$line" ;;
        esac
    done <"$work/out"
    if test "$code" -ne 0; then
        not_ok "$1 ran to its end"
        note_file "$work/err"
    fi
}
