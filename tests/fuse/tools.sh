# SPDX-License-Identifier: GPL-2.0-or-later
#
# The programs that a delta is read with: each ends with exit code 0 and
# copies what is there.
. "${srcdir:-.}/fuse.sh"
requires rsync tar find

capability=%01%00%00%02%00%20%00%00%00%00%00%00%00%00%00%00%00%00%00%00
{
    cat <<END
base file /etc/removed text=removed
base file /etc/passwd text=root%0a
base directory /old/directory
base file /old/directory/file size=100000 seed=5
copy
remove overlay /old
remove overlay /etc/removed
overlay file /etc/passwd text=root%0anobody%0a mtime=1600000000.123456789
overlay file /bin/setuid mode=4755 uid=$(id -u) gid=$(id -g) size=70000 seed=1 xattr=security.capability:$capability
overlay file /needle text=needle%20in%20a%20haystack%0a xattr=user.note:x
overlay symlink /symlink target=needle
overlay symlink /dangling target=/nonexistent
overlay symlink /etc/up target=../needle
overlay file /links/a text=linked%0a
link overlay /links/a /links/b
overlay directory /empty mode=0700 mtime=1500000000.000000001
overlay fifo /fifo
overlay file /odd/a%0ab text=1
overlay file /odd/%ff text=1
overlay file /odd/-n text=1
overlay file /odd/%20 text=1
many overlay /many/file 2000 size=100
overlay file /sparse size=5000000 seed=7 blocks=0
END
    test "$(id -u)" -ne 0 || echo "overlay char /null rdev=1:3"
} >script

serve -o base

# All names that find sees, with what it sees.  Ordinary users own what they
# copy.
owner=self
test "$(id -u)" -ne 0 || owner='%U:%G'
listing ()
{
    (cd "$1" &&
        find . -mindepth 1 -printf "%P|%y|%m|$owner|%s|%T@|%l|%n\\0" |
        sort -z)
}
# The sizes of directories are their filesystem's own.
without_sizes ()
{
    sed -zi 's/^\([^|]*|d|[^|]*|[^|]*\)|[0-9]*|/\1|-|/' "$@"
}
run find "$mnt" -ls
is "find -ls" "$status" 0
is "find -ls is quiet" "$(cat "$work/err")" ''
check "find trusts link counts" test -n "$(find "$mnt" -name file0001999)"
is "find -type d" "$(find "$mnt" -type d | wc -l)" 13
is "find -samefile" "$(find "$mnt" -samefile "$mnt/links/a" | wc -l)" 2
check "ls -lR" ls -lR --color=always "$mnt"
run grep -r --devices=skip needle "$mnt"
is "grep -r" "$status" 0
is "grep -r finds" "$(cat "$work/out")" "$mnt/needle:needle in a haystack"
run grep -rq --devices=skip . "$mnt"
is "grep -r reads everything" "$status" 0
check "du" du -s "$mnt"
check "df" df "$mnt"
is "diff of .base and the tree" \
    "$(diff "$mnt/.base/etc/passwd" "$mnt/etc/passwd")" \
    "$(printf '1a2\n> nobody')"

listing "$mnt" >wanted
same ()
{
    listing "$2" >got
    without_sizes got wanted
    same_files "$1: names and attributes" got wanted
    check "$1: contents" diff -r --no-dereference --exclude=fifo \
        --exclude=null "$mnt" "$2"
}

run cp -a "$mnt" copy
is "cp -a" "$status" 0
is "cp -a is quiet" "$(cat "$work/err")" ''
same "cp -a" copy
is "cp -a: hard links" "$(stat -c %i copy/links/a)" "$(stat -c %i copy/links/b)"
is "cp -a: an xattr" "$("$python" -c 'import os, sys
print (os.getxattr (sys.argv[1], "user.note"))' copy/needle)" "b'x'"
chmod -R u+rwX copy
rm -rf copy

run rsync -aHX --devices --specials "$mnt/" copy/
is "rsync -aHX" "$status" 0
is "rsync -aHX is quiet" "$(cat "$work/err")" ''
same "rsync -aHX" copy
# (Two names of one file have two user.deltafs.path, their copy has one.)
run rsync -aHni --devices --specials --checksum "$mnt/" copy/
is "rsync finds no difference" "$(cat "$work/out")" ''
chmod -R u+rwX copy
rm -rf copy

mkdir copy
run tar -C "$mnt" --xattrs --acls -cf delta.tar .
is "tar" "$status" 0
is "tar is quiet" "$(cat "$work/err")" ''
run tar -C copy -xpf delta.tar
is "untar" "$status" 0
listing "$mnt" | sed -z 's/\.[0-9]*|\([^|]*\)|\([0-9]*\)$/|\1|\2/' >wanted
listing copy | sed -z 's/\.[0-9]*|\([^|]*\)|\([0-9]*\)$/|\1|\2/' >got
without_sizes got wanted
same_files "tar: names and attributes" got wanted
check "tar: contents" diff -r --no-dereference --exclude=fifo --exclude=null \
    "$mnt" copy
chmod -R u+rwX copy
rm -rf copy

# Several at once.
for i in 1 2 3 4; do
    (find "$mnt" -ls >"find$i" && grep -rq --devices=skip . "$mnt" &&
        tar -C "$mnt" -cf - . | md5sum >"tar$i") &
    jobs[i]=$!
done
for i in 1 2 3 4; do
    wait "${jobs[i]}"
    is "tools side by side: $i" $? 0
done
is "side by side: one result" "$(md5sum find? tar? | cut -c 1-32 | sort -u |
    wc -l)" 2
serve_end

done_testing
