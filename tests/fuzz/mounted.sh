#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The fuzz corpus under a mount, as it is and damaged at random: whatever the
# image is, the supervisor stays, all that can be read is read, and nothing is
# left.
#
#   DELTAFS_SEED=N        repeats a run
#   DELTAFS_ROUNDS=N      so many times the usual number of damaged images (1)
#   DELTAFS_FINDINGS=DIR  where images are kept at which one fails

. "${srcdir:-.}/../kit/kit.sh" || exit 99
. "$top_srcdir/tests/kit/processes.bash"

requires deltafs qemu-img qemu-storage-daemon getfattr python3
requires_root
test -c /dev/fuse || skip_all "no /dev/fuse"
seed=${DELTAFS_SEED:-$RANDOM}
rounds=$((${DELTAFS_ROUNDS:-1} * 25))
findings=${DELTAFS_FINDINGS:-}
note "seed $seed"
mkdir delta tmp
TMPDIR=$work/tmp
export TMPDIR
ulimit -c 0
cleanup_add 'deltafs umount --lazy "$work/delta"'

cat >read_all.py <<'PYTHON'
# Everything of a tree that can be asked for; of a large file both ends.
# EIO is an answer.
import os, sys
LOOK = 1 << 16
def attempt(call, *arguments):
    try:
        return call(*arguments)
    except OSError as error:
        if error.errno not in (5, 61):
            sys.exit("%r: %s" % (arguments, error))
def read(path, size):
    with open(path, "rb", buffering=0) as file:
        for start in (0, max(0, size - LOOK)):
            file.seek(start)
            file.read(LOOK)
def look(path):
    found = attempt(os.lstat, path)
    for name in attempt(lambda p: os.listxattr(p, follow_symlinks=False),
                        path) or []:
        attempt(lambda p, n: os.getxattr(p, n, follow_symlinks=False),
                path, name)
    if found is None:
        return
    kind = found.st_mode & 0o170000
    if kind == 0o120000:
        attempt(os.readlink, path)
    elif kind == 0o100000:
        attempt(read, path, found.st_size)
    elif kind == 0o040000:
        for name in attempt(os.listdir, path) or []:
            look(path + b"/" + name)
look(sys.argv[1].encode())
PYTHON

# try WHAT ARGUMENT...: mounts, reads all, unmounts; what is wrong goes to
# "wrong"
try ()
{
    local what=$1 supervisor
    shift
    : >wrong
    run timeout 120 deltafs mount "$@" delta
    case $status in
    0)
        mounted=$((mounted + 1))
        supervisor=$(supervisor_of delta)
        timeout 120 python3 read_all.py delta >>wrong 2>&1 ||
            echo "reading failed" >>wrong
        test "$(supervisor_of delta)" = "$supervisor" ||
            echo "the supervisor, or its worker, has gone" >>wrong
        timeout 120 deltafs umount delta >>wrong 2>&1 ||
            echo "umount: exit code $?" >>wrong
        ;;
    2)
        refused=$((refused + 1))
        head -n1 err | grep -qE '^deltafs: [^ ].*: .' ||
            echo "no message: $(head -n1 err)" >>wrong
        ;;
    *) echo "mount: exit code $status" >>wrong ;;
    esac
    ! grep 'ended by signal' err >>wrong
    ls -A tmp >>wrong
    ! grep -F "$work/delta " /proc/self/mountinfo >>wrong
    test -s wrong || return 0
    not_ok "$what"
    note_file wrong
    note_file err
    test -z "$findings" ||
        cp --backup=numbered base.raw overlay.* "$findings"
}

# try_pair WHAT FILE SEED: raw images, which may differ everywhere, or an
# overlay that tells what was written
try_pair ()
{
    rm -f base.raw overlay.*
    "$top_builddir/tests/fuzz/damaged_pair" "$2" "$3" base.raw overlay.raw ||
        exit 99
    if test $(($3 % 2)) = 0; then
        qemu-img convert -f raw -O qcow2 -B base.raw -F raw overlay.raw \
            overlay.qcow2 || exit 99
        try "$1" --engine direct overlay.qcow2
    else
        try "$1" --engine direct --base base.raw --base-format raw \
            --format raw overlay.raw
    fi
}

mounted=0 refused=0
for file in "$srcdir"/corpus/{engine,volumes}/*; do
    for number in 0 1; do
        try_pair "${file##*/corpus/}, $number" "$file" $number
    done
done
note "the corpus: $mounted mounted, $refused refused"
check "the corpus: most of it can be mounted" test $mounted -gt $refused

files=("$srcdir"/corpus/engine/*)
for ((round = 0; round < rounds; ++round)); do
    number=$((seed * 1009 + round + 2))
    file=${files[number % ${#files[@]}]}
    try_pair "${file##*/}, damage $number" "$file" $number
done
note "with damage: $mounted mounted, $refused refused"
check "with damage: some can be mounted" test $mounted -gt ${#files[@]}

# Headers of image files.
truncate -s 1M base.raw
for file in "$srcdir"/corpus/header/*; do
    cp "$file" overlay.image
    try "header ${file##*/}" overlay.image
    try "header ${file##*/}, held against a base" --base base.raw \
        --base-format raw --format qcow2 overlay.image
done
is "nothing is wrong with any of them" "$kit_failed" 0
done_testing
