#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Changes that are easy to miss, each by its name: made by the kernel and
# behind its back, on raw images.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires mke2fs debugfs resize2fs tune2fs python3
requires_root
dump=$top_builddir/tests/direct/direct_dump

mkdir mnt
cleanup_add "umount $work/mnt"

# edit IMAGE COMMANDS: with the kernel, in the mounted image.
edit ()
{
    retry 30 mount -o loop "$1" mnt && (cd mnt && eval "$2") && umount mnt
}

tamper ()
{
    debugfs -w -f /dev/stdin "$1" >/dev/null 2>&1
}

# checksum KIND BLOCK [INODE]: makes a checksum right, as who tampers would.
checksum ()
{
    python3 "$srcdir/checksums.py" overlay.raw "$@"
}

# inode PATH: its number in the base.
inode ()
{
    debugfs -R "stat $1" base.raw 2>/dev/null |
        sed -n 's/^Inode: \([0-9]*\).*/\1/p'
}

# A copy of the base to work on: another file each time, for a loop device of the
# last one may still be there, with what it has kept in memory.
fresh ()
{
    rm -f overlay.raw
    cp --sparse=always base.raw overlay.raw
}

# delta OPTIONS...: the list in $delta.
delta ()
{
    delta=$("$dump" -l "$@" base.raw overlay.raw 2>"$work/dump.err")
}

truncate -s 32M base.raw
mke2fs -q -t ext4 -b 4096 base.raw
check "base" edit base.raw '
    mkdir -p usr/bin usr/lib etc moved/deep/er python3 python3.11
    for i in $(seq 40); do head -c 5000 /dev/urandom >usr/lib/$i; done
    for i in $(seq 400); do echo $i >etc/$i; done
    head -c 100000 /dev/urandom >usr/bin/program
    echo one >usr/bin/linked; ln usr/bin/linked usr/lib/second-name
    echo deep >moved/deep/er/file; echo old >etc/recreated
    echo module >python3/x; echo module >python3.11/x
    head -c 3000 /dev/urandom | base64 -w0 | head -c 3000 >../value
    setfattr -n user.big -v "$(cat ../value)" etc/1
    ln -s etc/1 link'

fresh
check "nothing done" edit overlay.raw ':'
delta
is "nothing is listed where nothing was done" "$delta" ""

fresh
check "recreate" edit overlay.raw '
    i=$(stat -c %i etc/recreated); rm etc/recreated; echo new >etc/recreated
    test $i = $(stat -c %i etc/recreated)'
delta
is "deleted and recreated with the same inode at the same name" "$delta" \
   "modified content /etc/recreated"

fresh
check "write" edit overlay.raw 'echo more >>usr/bin/linked'
delta
is "the second name in an unchanged directory" "$delta" \
   "modified content /usr/bin/linked
modified content /usr/lib/second-name"

fresh
check "move" edit overlay.raw 'echo x >>moved/deep/er/file; mv moved/deep etc/deep'
delta
is "below a moved directory" "$delta" \
   "added - /etc/deep
added - /etc/deep/er
added - /etc/deep/er/file
deleted - /moved/deep
deleted - /moved/deep/er
deleted - /moved/deep/er/file"

fresh
check "rename" edit overlay.raw 'mv usr/lib/7 usr/bin/seven; mv link etc'
delta
is "renamed" "$delta" \
   "added - /etc/link
deleted - /link
added - /usr/bin/seven < /usr/lib/7
deleted - /usr/lib/7"

fresh
check "small changes" edit overlay.raw '
    touch etc/5; chmod 4755 usr/bin/program; chown 5 etc/6
    cp etc/7 etc/8.new; mv etc/8.new etc/8; cp etc/9 x; cat x >etc/9; rm x'
delta
is "touch, chmod, chown, same bytes" "$delta" \
   "modified owner /etc/6
modified content /etc/8
modified mode /usr/bin/program"
delta -t
like "--times sees touch" "$delta" "modified time /etc/5"

# Behind the filesystem's back.

fresh
block=$(debugfs -R 'bmap /usr/bin/program 3' base.raw 2>/dev/null)
printf evil | dd of=overlay.raw bs=1 seek=$((block * 4096 + 77)) \
                 conv=notrunc status=none
delta
is "data behind the filesystem's back" "$delta" \
   "modified content,silent /usr/bin/program"
echo "freeb $block" | tamper overlay.raw
delta
is "also where the bitmap calls the block free" "$delta" \
   "modified content,silent /usr/bin/program"

fresh
echo 'sif /etc/1 mode 0100777' | tamper overlay.raw
delta
is "a mode behind the filesystem's back" "$delta" "modified mode /etc/1"

fresh
block=$(debugfs -R 'stat /etc/1' base.raw 2>/dev/null |
        sed -n 's/.*File ACL: \([0-9]*\).*/\1/p')
printf evil | dd of=overlay.raw bs=1 seek=$((block * 4096 + 4000)) \
                 conv=notrunc status=none
delta
is "a block of xattrs with a wrong checksum" "$delta" \
   "unreadable - /etc/1"
like "is named" "$(cat dump.err)" "/etc/1.*bad checksum"
checksum xattrs "$block"
delta
is "a block of xattrs behind the filesystem's back" "$delta" \
   "modified xattr /etc/1"

fresh
block=$(debugfs -R 'bmap /python3 0' base.raw 2>/dev/null)
offset=$(dd if=base.raw bs=4096 skip="$block" count=1 status=none |
         LC_ALL=C grep -obUa 'x' | head -n1 | cut -d: -f1)
printf y | dd of=overlay.raw bs=1 seek=$((block * 4096 + offset)) \
              conv=notrunc status=none
delta
is "a name in a block with a wrong checksum" "$delta" \
   "unreadable - /python3
unreadable - /python3/x"
like "is named" "$(cat dump.err)" "/python3:.*bad checksum"
checksum names "$block" "$(inode /python3)"
delta
is "a name behind the filesystem's back" "$delta" \
   "deleted - /python3/x
added - /python3/y < /python3/x"

# The base's descriptors say that its inodes are unused: names tell otherwise.
cp base.raw base.sound
per_group=$(dumpe2fs -h base.raw 2>/dev/null | sed -n 's/^Inodes per group: *//p')
printf 'set_bg 0 itable_unused %d\nset_bg 0 checksum calc\n' $((per_group - 13)) |
    tamper base.raw
check "inodes are hidden" sh -c 'dumpe2fs base.raw 2>/dev/null |
    grep -q "[0-9]* unused inodes" && ! cmp -s base.raw base.sound'
fresh
block=$(debugfs -R 'bmap /usr/bin/program 3' base.raw 2>/dev/null)
printf evil | dd of=overlay.raw bs=1 seek=$((block * 4096 + 77)) \
                 conv=notrunc status=none
echo 'sif /moved/deep/er/file mode 0100600' | tamper overlay.raw
delta
is "inodes that a descriptor calls unused" "$delta" \
   "modified mode /moved/deep/er/file
modified content,silent /usr/bin/program"
mv base.sound base.raw

fresh
check "write" edit overlay.raw 'echo more >>usr/bin/linked'
echo 'sif /usr/bin/linked links_count 1' | tamper overlay.raw
delta
is "a lowered link count hides no name" "$delta" \
   "modified content /usr/bin/linked
modified content /usr/lib/second-name"

fresh
printf 'link /usr /usr/bin/loop\nlink /moved /moved/deep/er/self\n' |
    tamper overlay.raw
delta
is "directories that contain themselves" "$delta" \
   "unreadable - /moved/deep/er/self
unreadable - /usr/bin/loop"

fresh
check "new" edit overlay.raw 'echo secret >etc/secret; echo x >usr/x'
echo 'sif /etc/secret links_count 0' | tamper overlay.raw
delta
is "an inode without links under a name" "$delta" \
   "unreadable - /etc/secret
added - /usr/x"

# The journal.

fresh
retry 30 mount -o loop overlay.raw mnt
for i in $(seq 30); do echo "$i" >mnt/etc/new-$i; done
rm mnt/usr/lib/3
sync -f mnt/etc
echo late >mnt/etc/late
chmod 700 mnt/usr/bin
sync -f mnt/etc/late
cp overlay.raw dirty.raw
umount mnt
mv dirty.raw overlay.raw
check "the copy needs its journal" \
      sh -c 'dumpe2fs -h overlay.raw 2>/dev/null | grep -q needs_recovery'
for cluster in 512 65536 "512 -w"; do
    # shellcheck disable=SC2086
    delta -c $cluster
    is "a journal in memory, clusters of $cluster" \
       "$(printf '%s\n' "$delta" | grep -v /etc/new-)" \
       "added - /etc/late
modified mode /usr/bin
deleted - /usr/lib/3"
    is "all that it holds" "$(printf '%s\n' "$delta" | grep -c /etc/new-)" 30
done

# The journal's blocks alone: nothing of what it replaces is written.
start=$(debugfs -R 'bmap <8> 0' base.raw 2>/dev/null)
length=$(debugfs -R 'stat <8>' base.raw 2>/dev/null |
         sed -n 's/^User.* Size: \([0-9]*\).*/\1/p')
mv overlay.raw dirty.raw
fresh
dd if=dirty.raw of=overlay.raw bs=4096 skip="$start" seek="$start" \
   count=$((length / 4096)) conv=notrunc status=none
dd if=dirty.raw of=overlay.raw bs=1024 skip=1 seek=1 count=1 \
   conv=notrunc status=none
delta -c 512
is "journal targets that the overlay does not have" \
   "$(printf '%s\n' "$delta" | grep -v /etc/new-)" \
   "added - /etc/late
modified mode /usr/bin
deleted - /usr/lib/3"

# A damaged one is not guessed at.
printf garbage | dd of=overlay.raw bs=1 seek=$((start * 4096 + 80)) \
                    conv=notrunc status=none
run "$dump" -l base.raw overlay.raw
is "a damaged journal is refused" "$status" 2
like "with a reason" "$(cat err)" "journal"

# Fast commits: the journal alone would be an older state.
truncate -s 64M base.raw.fast
mke2fs -q -t ext4 -b 4096 -O fast_commit -J fast_commit_size=256 base.raw.fast
mv base.raw base.raw.plain
mv base.raw.fast base.raw
edit base.raw 'mkdir etc; for i in $(seq 20); do echo $i >etc/$i; done'
fresh
retry 30 mount -o loop overlay.raw mnt
echo first >mnt/etc/1
sync -f mnt
python3 - mnt/etc <<'END'
import os, sys
for i in range(5):
    fd = os.open("%s/fast-%d" % (sys.argv[1], i), os.O_CREAT | os.O_WRONLY)
    os.write(fd, b"x")
    os.fsync(fd)
END
cp overlay.raw dirty.raw
umount mnt
mv dirty.raw overlay.raw
run "$dump" -l base.raw overlay.raw
if grep -q "fast commits" err; then
    is "fast commits are refused" "$status" 2
else
    # This kernel made ordinary ones instead.
    is "all commits are there" "$(grep -c fast- out)" 5
fi
mv base.raw.plain base.raw

# One descriptor that goes exactly once around its log, for ever.
cp base.raw base.sound
rm base.raw
truncate -s 16M base.raw
mke2fs -q -t ext4 -b 4096 -O ^metadata_csum,^64bit base.raw
fresh
journal=$(debugfs -R 'bmap <8> 0' base.raw 2>/dev/null)
python3 - overlay.raw "$journal" <<'END'
import struct, sys
with open(sys.argv[1], "r+b") as f:
    start = int(sys.argv[2]) * 4096
    f.seek(start + 12)          # block size, length, first, sequence, start
    f.write(struct.pack(">IIIII", 4096, 101, 1, 7, 1))
    tags = b"".join(struct.pack(">IHH", 300 + i, 0, 2 | 8 * (i == 98))
                    for i in range(99))
    f.seek(start + 4096)
    f.write(struct.pack(">III", 0xc03b3998, 1, 7) + tags)
    f.seek(1024 + 96)           # incompatible features: needs recovery
    features, = struct.unpack("<I", f.read(4))
    f.seek(1024 + 96)
    f.write(struct.pack("<I", features | 4))
END
run timeout 20 "$dump" -l base.raw overlay.raw
is "a journal that goes around for ever is refused" "$status" 2
like "with a reason" "$(cat err)" "journal is damaged"
mv base.sound base.raw

# Other geometry, other identity.

fresh
truncate -s 48M overlay.raw
check "grow" sh -c 'e2fsck -fp overlay.raw; resize2fs overlay.raw'
check "and write" edit overlay.raw 'echo x >etc/grown'
delta
is "grown" "$delta" "added - /etc/grown"

fresh
check "other UUID" sh -c "e2fsck -fp overlay.raw; tune2fs -U random overlay.raw"
check "and write" edit overlay.raw 'echo x >etc/other'
delta
is "another UUID" "$delta" "added - /etc/other"

rm overlay.raw
truncate -s 32M overlay.raw
mke2fs -q -t ext4 -b 4096 -N 5000 -O ^flex_bg overlay.raw
retry 30 mount -o loop,ro base.raw mnt
mkdir copy
cleanup_add "umount $work/copy"
retry 30 mount -o loop overlay.raw copy
cp -a mnt/. copy/
echo x >copy/etc/copied
umount copy mnt
delta
is "made anew with the same files" "$delta" "added - /etc/copied"
delta -n
is "the same without a map" "$delta" "added - /etc/copied"

run "$dump" -l base.raw /dev/null
is "no filesystem" "$status" 2

done_testing
