#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fast commits of which e2fsck makes something else than a kernel, or nothing,
# and says that all is well: each is seen, and left to guestfs.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires debugfs e2fsck mke2fs python3
requires_root
dump=$top_builddir/tests/direct/direct_dump

mkdir tree
cleanup_add "umount $work/tree"

# A base with a file, a symlink and an empty directory; in the log of the overlay
# the file "logged".
mkdir images
truncate -s 64M images/running
mke2fs -q -t ext4 -b 4096 -O fast_commit -J fast_commit_size=256 images/running
retry 30 mount -o loop images/running tree
echo first >tree/file
ln -s target tree/link
mkdir tree/empty
umount tree
cp --sparse=always images/running base.raw

# overlay COMMAND: what it does in the tree is in fast commits, when a file was
# synced after it.
overlay ()
{
    rm -f images/running overlay.raw
    cp --sparse=always base.raw images/running
    retry 30 mount -o loop images/running tree || return 1
    echo logged >tree/logged
    sync -f tree
    (cd tree && eval "$1") && python3 -c '
import os
fd = os.open("tree/synced", os.O_CREAT | os.O_WRONLY)
os.write(fd, b"x" * 100)
os.fsync(fd)'
    cp --sparse=always images/running overlay.raw
    umount tree
}

# refused WHAT REASON
refused ()
{
    run "$dump" -f -l base.raw overlay.raw
    is "$1: refused" "$status $(cat out)" "2 "
    like "$1: why" "$(cat err)" "$2"
}

inode_of ()
{
    debugfs -R "stat $1" base.raw 2>/dev/null |
        sed -n 's/^Inode: \([0-9]*\).*/\1/p'
}

tags ()
{
    python3 "$srcdir/fast_tags.py" "$@"
}

check "files alone" overlay 'mv file renamed; ln renamed second; echo >new'
run "$dump" -f -l base.raw overlay.raw
is "files alone: exit code" "$status" 0
is "files alone: the list" "$(cat out)" "deleted - /file
added - /logged
added - /new
added - /renamed < /file
added - /second < /file
added - /synced"
check "a name" tags link overlay.raw 2 "$(inode_of /file)" renamed file
run "$dump" -f -l base.raw overlay.raw
is "a name of a file: the list" "$status $(cat out)" "0 deleted - /file
added - /logged
added - /renamed < /file"

check "a name" tags link overlay.raw 2 "$(inode_of /link)" renamed link
refused "a name of a symlink" "make more than regular files"

check "a name" tags link overlay.raw 2 "$(inode_of /empty)" renamed empty
refused "a name of a directory" "make more than regular files"

check "mkdir" overlay 'mkdir new'
refused "a new directory" "make more than regular files"

check "mkdir, with a file" overlay 'mkdir new; echo >new/file'
refused "a new directory with a file" "make more than regular files"

check "a wrong checksum" overlay 'echo >new'
check "a wrong checksum" tags tail overlay.raw
refused "a wrong checksum of fast commits" "cannot replay its fast commits"

check "a damaged log" overlay 'echo >new'
check "a damaged log" tags log overlay.raw
refused "a damaged log before fast commits" "its journal is damaged"

# e2fsck would leave them out then, a kernel does not.
check "no feature" overlay 'echo >new'
check "no feature" debugfs -w -R 'feature -fast_commit' overlay.raw
refused "without the feature in the superblock" \
        "cannot replay its fast commits"
done_testing
