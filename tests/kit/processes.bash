# SPDX-License-Identifier: GPL-2.0-or-later
#
# The processes of a mount: source it after kit.sh.

# The children of a process, the oldest one first.
children_of ()
{
    tr ' ' '\n' <"/proc/$1/task/$1/children" | grep .
}

# The supervisor of a mount, as deltafs umount finds it, and the worker of a
# supervisor.
supervisor_of ()
{
    local point device
    case $1 in
        /*) point=$1 ;;
        *) point=$PWD/$1 ;;
    esac
    device=$(awk -v point="$point" \
        '$5 == point && / - fuse\.deltafs / { device = $3 } END { print device }' \
        /proc/self/mountinfo)
    test -n "$device" &&
        find /proc/[0-9]*/fd -maxdepth 1 -lname "/memfd:deltafs-mount-$device *" \
            2>/dev/null | head -n1 | cut -d/ -f3
}

worker_of ()
{
    children_of "$1" | head -n1
}
