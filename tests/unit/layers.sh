# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rooms and what each may include: for headers.sh and layering.sh.

# Every folder with code, lower layers first.
rooms="diffview/util diffview/sandbox diffview diffview/image
       diffview/volume diffview/guestfs
       diffview/broker diffview/direct diffview/direct/ext
       diffview/inspection fuse mountctl"

# may_include ROOM: the rooms whose headers it may see, itself first.
may_include ()
{
    case $1 in
    diffview/util) echo "$1" ;;
    diffview/sandbox | diffview) echo "$1 diffview/util" ;;
    diffview/image | diffview/guestfs | fuse)
        echo "$1 diffview diffview/util" ;;
    diffview/broker)
        echo "$1 diffview/guestfs diffview diffview/util" ;;
    diffview/volume) echo "$1 diffview/image diffview diffview/util" ;;
    diffview/direct)
        echo "$1 diffview/volume diffview diffview/util" ;;
    diffview/direct/ext)
        echo "$1 diffview/direct diffview/volume diffview diffview/util" ;;
    diffview/inspection)
        echo "$1 diffview/broker diffview/direct diffview/guestfs" \
             "diffview/volume diffview/image diffview diffview/util" ;;
    mountctl)
        echo "$1 fuse diffview/inspection diffview/broker diffview/direct" \
             "diffview/guestfs diffview/image" \
             "diffview/sandbox" \
             "diffview diffview/util" ;;
    esac
}
