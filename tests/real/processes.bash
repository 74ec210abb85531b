# SPDX-License-Identifier: GPL-2.0-or-later
#
# What stands behind a mount, and that nothing of it is left: source it
# after fixtures.bash.
. "$top_srcdir/tests/kit/processes.bash"

# pids_of NAME: of our processes, by the beginning of their program's name
pids_of ()
{
    marked_processes | while read -r pid; do
        case $(readlink "/proc/$pid/exe") in */"$1"*) echo "$pid" ;; esac
    done
}

# Directories that libguestfs made outside of our own: noted while it runs.
note_sockets ()
{
    pids_of qemu-system | while read -r pid; do
        tr '\0' '\n' <"/proc/$pid/cmdline" |
            sed -n 's,.*path=\(/[^,]*\)/guestfsd\.sock.*,\1,p'
    done >"$work/sockets"
}

check_all_gone ()
{
    local directory
    retry 20 no_marked_processes
    is "$1: no process is left" "$(describe_marked)" ""
    is "$1: no temporary file is left" \
        "$(find "$work/tmp" "$work/runtime" -mindepth 1)" ""
    is "$1: no mount is left" "$(grep -F "$work" /proc/self/mountinfo)" ""
    while read -r directory; do
        check "$1: nothing of libguestfs is left" test ! -e "$directory"
    done <"$work/sockets"
    : >"$work/sockets"
}
: >"$work/sockets"
