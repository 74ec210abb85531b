#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Images whose journals hold fast commits (feature fast_commit): files that
# were written with fsync are nowhere else.  The direct engine says so, and what
# the appliance's kernel makes of them on both sides is what this one does.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img mke2fs dumpe2fs python3
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
umount base overlay
check "some were in fast commits" grep -q 'new-4' wanted

run deltafs diff --engine direct overlay.qcow2
if test "$status" = 0; then
    # This kernel made ordinary commits instead.
    same_files "ordinary commits" out wanted
    done_testing
    exit
fi
is "direct: exit code" "$status" 2
like "direct: the reason" "$(cat err)" "its journal holds fast commits"
run deltafs info overlay.qcow2
is "info: exit code, as nothing is known of its blocks" "$status" 3
like "info: the engine and why" "$(cat out)" \
     "guestfs.*its journal holds fast commits"
run deltafs diff overlay.qcow2
is "diff: exit code" "$status" 0
same_files "what was in fast commits" out wanted
test "$status" = 0 || note_file err
is "the images are as they were" "$(sha256sum base.raw overlay.qcow2)" \
   "$sums"
done_testing
