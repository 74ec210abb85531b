# SPDX-License-Identifier: GPL-2.0-or-later
#
# The processes of a mount: source it after kit.sh.

# The children of a process, the oldest one first.
children_of ()
{
    tr ' ' '\n' <"/proc/$1/task/$1/children" | grep .
}

# The supervisor of a mount, and the worker of a supervisor.
supervisor_of ()
{
    getfattr --absolute-names --only-values -n user.deltafs.session "$1" \
        2>/dev/null | cut -d' ' -f1
}

worker_of ()
{
    children_of "$1" | head -n1
}
