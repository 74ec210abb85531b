# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rooms and what each may include: for headers.sh and layering.sh.

# Every folder with code, lower layers first.
rooms="diffview/util diffview/sandbox diffview/core diffview/view diffview/image
       diffview/volume diffview/guestfs
       diffview/broker diffview/direct diffview/direct/ext
       diffview/inspection fuse mountctl/message mountctl/options
       mountctl/print mountctl/archive mountctl/lifecycle mountctl/doctor
       mountctl/command mountctl"

# may_include ROOM: the rooms whose headers it may see, itself first.
may_include ()
{
    case $1 in
    diffview/util) echo "$1" ;;
    diffview/sandbox | diffview/core) echo "$1 diffview/util" ;;
    fuse) echo "$1 diffview/view diffview/core diffview/util" ;;
    diffview/image | diffview/guestfs | diffview/view)
        echo "$1 diffview/core diffview/util" ;;
    diffview/broker)
        echo "$1 diffview/guestfs diffview/core diffview/util" ;;
    diffview/volume) echo "$1 diffview/image diffview/core diffview/util" ;;
    diffview/direct)
        echo "$1 diffview/volume diffview/core diffview/util" ;;
    diffview/direct/ext)
        echo "$1 diffview/direct diffview/volume diffview/core diffview/util" ;;
    diffview/inspection)
        echo "$1 diffview/broker diffview/direct diffview/guestfs" \
             "diffview/volume diffview/image diffview/core diffview/util" ;;
    mountctl/message) echo "$1 diffview/util" ;;
    mountctl/options)
        echo "$1 mountctl/message diffview/inspection diffview/image" \
             "diffview/sandbox diffview/core diffview/util" ;;
    mountctl/print)
        echo "$1 diffview/inspection diffview/image diffview/core diffview/util" ;;
    mountctl/archive)
        echo "$1 diffview/view diffview/core diffview/util" ;;
    mountctl/lifecycle) echo "$1 mountctl/message diffview/util" ;;
    mountctl/doctor)
        echo "$1 mountctl/lifecycle mountctl/message diffview/guestfs" \
             "diffview/image diffview/sandbox diffview/core diffview/util" ;;
    mountctl/command)
        echo "$1 mountctl/doctor mountctl/lifecycle mountctl/archive" \
             "mountctl/print mountctl/options mountctl/message fuse" \
             "diffview/inspection diffview/broker diffview/guestfs" \
             "diffview/image diffview/sandbox diffview/view diffview/core" \
             "diffview/util" ;;
    mountctl)
        echo "$1 mountctl/command mountctl/options mountctl/message" \
             "diffview/inspection diffview/image diffview/sandbox" \
             "diffview/core diffview/util" ;;
    esac
}
