#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Images whose journals hold fast commits (feature fast_commit): files that
# were written with fsync are nowhere else.  What the direct engine and what
# the appliance's kernel make of them on both sides is what this kernel does; and
# a program in e2fsck's place that was taken over gets nowhere.

. "${srcdir:-.}/../kit/kit.sh" || exit 99
. "$top_srcdir/tests/kit/processes.bash"

requires_fuse
requires deltafs getfattr qemu-img mke2fs dumpe2fs e2fsck python3
requires_root

mkdir tree base overlay
cleanup_add "umount $work/tree $work/base $work/overlay"

# Files NAME-0 to NAME-4, each in a fast commit.
write_fast ()
{
    python3 - tree "$1" <<'END'
import os, sys
for i in range(5):
    path = "%s/%s-%d" % (sys.argv[1], sys.argv[2], i)
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.write(fd, sys.argv[2].encode() * 1000)
    os.fsync(fd)
END
}

truncate -s 64M running.raw
mke2fs -q -t ext4 -b 4096 -O fast_commit -J fast_commit_size=256 running.raw
retry 30 mount -o loop running.raw tree
echo first >tree/first
sync -f tree
write_fast old
rm tree/old-4
python3 -c 'import os; os.fsync (os.open ("tree/old-0", os.O_WRONLY))'
cp --sparse=always running.raw base.raw
sync -f tree
write_fast new
mv tree/old-1 tree/moved
python3 -c 'import os; os.fsync (os.open ("tree/moved", os.O_WRONLY))'
cp --sparse=always running.raw overlay.raw
umount tree
qemu-img convert -f raw -O qcow2 -B "$work/base.raw" -F raw overlay.raw \
         overlay.qcow2
sums=$(sha256sum base.raw overlay.qcow2)

for side in base overlay; do
    check "$side: the journal is not empty" \
          sh -c "dumpe2fs -h $side.raw 2>/dev/null | grep -q needs_recovery"
    cp --sparse=always $side.raw recovered.$side
    retry 30 mount -o loop recovered.$side $side
done
# The kernel's own view; unchanged: what has the same bytes on both sides.
(cd base && find . -type f) | sort >base.names
(cd overlay && find . -type f) | sort >overlay.names
{
    comm -13 base.names overlay.names | sed 's,^\.,A\t-\t,'
    comm -23 base.names overlay.names | sed 's,^\.,D\t-\t,'
} | LC_ALL=C sort -k3 >wanted
note_file wanted
(cd overlay && md5sum ./new-* moved) >wanted.sums
umount base overlay
check "some were in fast commits" grep -q 'new-4' wanted

run deltafs diff --engine direct -v overlay.qcow2
is "direct: exit code" "$status" 0
same_files "direct: what was in fast commits" out wanted
test "$status" = 0 || note_file err
run deltafs info overlay.qcow2
is "info: exit code" "$status" 0
like "info: the engine" "$(cat out)" "engine: +direct"
run deltafs export --no-deleted --engine direct overlay.qcow2
mkdir unpacked
tar -xf out -C unpacked
check "what is in the files" sh -c "cd unpacked && md5sum -c $work/wanted.sums"
# libguestfs does not work under AddressSanitizer where it is loaded late: the
# sanitizer has taken the place of functions of libtirpc, which is not there yet.
if ! grep -qa __asan_init "$(command -v deltafs)"; then
    run deltafs diff --engine guestfs overlay.qcow2
    is "guestfs: exit code" "$status" 0
    same_files "guestfs: the same" out wanted
fi
is "the images are as they were" "$(sha256sum base.raw overlay.qcow2)" \
   "$sums"

# --- without walls for it ---

# What is not replayed is not taken for the state of the filesystem.
run "$top_builddir/tests/direct/direct_dump" -l base.raw overlay.raw
is "nobody to replay them: refused" "$status" 2
like "nobody to replay them: why" "$(cat err)" "its journal holds fast commits"

# --- a program in its place ---

false_fsck=$top_builddir/tests/direct/false_fsck

# try DEED: what came of it is in $result, the program's words in $words.
try ()
{
    mkdir "$work/$1"
    cp "$false_fsck" "$work/$1/e2fsck"
    run env PATH="$work/$1:$PATH" deltafs diff --engine direct -v overlay.qcow2
    result="$status $(sed -n 's/^deltafs: cannot use the direct engine: //p' err)"
    words=$(sed -n 's/^deltafs: e2fsck: //p' err)
}

given_up="2 sda: e2fsck cannot replay its fast commits (ext4)"
for deed in "read-password: Permission denied" \
            "write-program: Permission denied" \
            "create: Permission denied" \
            "remove-file: Operation not permitted" \
            "list: Permission denied" \
            "other-process: Permission denied" \
            "write-shared: Operation not permitted" \
            "write-behind-end: Input/output error" \
            "grow: Operation not permitted" \
            "grow-by-output: Operation not permitted"; do
    try "${deed%%:*}"
    is "$deed" "$words" "$deed\\n"
    is "${deed%%:*}: given up" "$result" "$given_up"
done
for deed in make-socket make-process make-file end-parent crash; do
    try $deed
    is "$deed: its end" "$words" ""
    is "$deed: given up" "$result" "$given_up"
done
for deed in complain nothing lie; do
    try $deed
    is "$deed: not believed" "$result" "$given_up"
done
check_not "nothing was made" test -e /tmp/made-by-false-fsck

# What cannot be started.
mkdir broken
printf 'garbage\n' >broken/e2fsck
chmod +x broken/e2fsck
run env PATH="$work/broken:$PATH" deltafs diff --engine direct overlay.qcow2
is "what cannot be started: exit code" "$status" 2
like "what cannot be started: why" "$(cat err)" \
     "its journal holds fast commits, and e2fsck cannot be started"
is "the images are as they were" "$(sha256sum base.raw overlay.qcow2)" \
   "$sums"

# --- under a mount ---

mkdir mnt
cleanup_add "deltafs umount $work/mnt"
run deltafs mount --engine direct overlay.qcow2 mnt
is "mount: exit code" "$status" 0
check "what is read there" sh -c "cd mnt && md5sum -c $work/wanted.sums"
worker=$(worker_of "$(supervisor_of mnt)")
check "the worker is there" test -n "$worker"
is "nobody waits to start e2fsck" \
   "$(children_of "$worker" | while read -r pid; do
          grep -x deltafs-keeper "/proc/$pid/comm"
      done)" ""
check "umount" deltafs umount mnt
done_testing
