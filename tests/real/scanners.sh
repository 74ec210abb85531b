#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The programs that a delta is mounted for: ClamAV and YARA, with signatures of
# ours and a planted file, as root and as an ordinary user; and those that copy
# and count, whose results are those of a plain tree.  No appliance.
#
# In a mount namespace of its own, with an /etc/fuse.conf of ours.
if test -z "${DELTAFS_TEST_NAMESPACE:-}" && test "$(id -u)" -eq 0; then
    DELTAFS_TEST_NAMESPACE=1 exec unshare -m bash "$0"
fi
KIT_LIMIT=600
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/population.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs python3 setfacl setfattr setcap \
    runuser unshare fusermount3 clamscan clamdscan clamd yara rsync tar git ncdu
test -c /dev/fuse || skip_all "no /dev/fuse"
id clamav >/dev/null 2>&1 || skip_all "there is no user clamav"

# --- the images ---

# Put together here, so that this script is no match.
mark=$(printf '%s-%s' DELTAFS PLANTED-7f3a9c)
populate ()
{
    populate_all
    echo "$mark in what was removed" >"$mnt/gone/sample"
}

change_scanned ()
{
    change_all
    mkdir -p "$mnt/srv/deep/er"
    {
        head -c 70000 /dev/urandom
        echo "$mark in what was added"
        head -c 3000 /dev/urandom
    } >"$mnt/srv/deep/er/sample.bin"
    chmod 600 "$mnt/srv/deep/er/sample.bin"
    ln -s /etc/passwd "$mnt/srv/absolute"
    ln -s ../../../../../../../../../../etc "$mnt/srv/up"
}

# As much as fits where it is copied to.
big_xattr=1000
disk base.raw 400M
on_partition base.raw 0 make_filesystem ext4 -b 4096 -N 12000
change base.raw raw 0 ext4 populate
to_qcow2 base.raw
overlay base.qcow2 qcow2 overlay.qcow2
change overlay.qcow2 qcow2 0 ext4 change_scanned
images_remember base.qcow2 overlay.qcow2

chmod 755 "$work"
mkdir delta
chown nobody delta
install -m 755 "$(command -v deltafs)" "$work/deltafs"
cleanup_add 'umount -l "$work/delta"'
echo user_allow_other >fuse.conf
mount --bind fuse.conf /etc/fuse.conf

# as USER COMMAND...
as ()
{
    local user=$1
    shift
    runuser -u "$user" -- env DELTAFS_TEST_MARK="$work" HOME=/nonexistent "$@"
}

# mounted USER OPTION...
mounted ()
{
    local user=$1
    shift
    chown "$user" delta tmp
    run as "$user" "$work/deltafs" mount -q --engine direct "$@" \
        "$work/overlay.qcow2" "$work/delta"
    is "mount as $user $*: exit code" "$status" 0
}

undone ()
{
    run as "$1" "$work/deltafs" umount "$work/delta"
    is "umount as $1: exit code" "$status" 0
    test "$status" -eq 0 || note_file err
}

# --- scanners ---

mkdir db
printf 'Deltafs.Planted:0:*:%s\n' "$(printf %s "$mark" | od -An -tx1 | tr -d ' \n')" \
    >db/planted.ndb
printf 'rule planted { strings: $a = "%s" condition: $a }\n' "$mark" >planted.yar
mkdir clamd
chown clamav clamd
cat >clamd.conf <<END
LocalSocket $work/clamd/socket
LocalSocketMode 666
DatabaseDirectory $work/db
TemporaryDirectory $work/clamd
LogFile $work/clamd/log
PidFile $work/clamd/pid
MaxThreads 4
Foreground yes
END
runuser -u clamav -- clamd -c "$work/clamd.conf" >clamd.out 2>&1 &
clamd=$!
cleanup_add "kill $clamd"
retry 60 test -S clamd/socket || die "clamd does not start: $(cat clamd.out)"

# Exactly the planted files, with exit code 1 of ClamAV and 0 of YARA.
samples="$work/delta/.deleted/gone/sample
$work/delta/srv/deep/er/sample.bin"

clam_finds ()                   # WHAT USER COMMAND...
{
    local what=$1 user=$2
    shift 2
    run as "$user" "$@"
    is "$what as $user: exit code" "$status" 1
    is "$what as $user: finds" \
        "$(sed -n 's/: Deltafs\.Planted\.UNOFFICIAL FOUND$//p' out | sort)" \
        "$samples"
    is "$what as $user: no errors" \
        "$(grep -v 'WARNING: .*: Not supported file type$' err
            grep -iE ': .*(error|denied|failed)' out)" ""
}

yara_finds ()
{
    run as "$1" yara -N -r "$work/planted.yar" "$work/delta"
    is "yara -r as $1: exit code" "$status" 0
    is "yara -r as $1: finds" "$(sed -n 's/^planted //p' out | sort)" \
        "$samples"
    is "yara -r as $1: no errors" "$(cat err)" ""
}

scan_alone ()
{
    clam_finds "clamscan -r" "$1" clamscan -r -d "$work/db" \
        --follow-dir-symlinks=0 --follow-file-symlinks=0 "$work/delta"
    clam_finds "clamdscan --stream" "$1" clamdscan -c "$work/clamd.conf" \
        --stream "$work/delta"
    yara_finds "$1"
}

scan_with_others ()
{
    clam_finds "clamdscan --fdpass --multiscan" "$1" clamdscan \
        -c "$work/clamd.conf" --fdpass --multiscan "$work/delta"
}

mounted root
scan_alone root
undone root

mounted root -o allow_other
scan_with_others root
undone root

mounted root --symlinks=inside
clam_finds "clamscan -r that follows" root clamscan -r -d "$work/db" \
    --follow-dir-symlinks=2 --follow-file-symlinks=2 "$work/delta"
undone root

if test "$(($(stat -c %#a /dev/fuse) & 6))" -eq 6; then
    mounted nobody
    scan_alone nobody
    undone nobody

    mounted nobody -o all_readable
    scan_with_others nobody
    undone nobody
fi
kill $clamd
wait $clamd 2>/dev/null

# --- copies ---

copies ()
{
    python3 "$fixtures_here/copies.py" "$@"
}

mounted root -o base
cd delta || exit 99

check "cp -a" cp -a . ../plain
check "cp -a keeps everything" copies . ../plain
check "rsync -aHAX" rsync -aHAX ./ ../rsync/
check "rsync -aHAX keeps everything" copies . ../rsync
# (Without -X: two names of one file have two user.deltafs.path, their copy has
# one.)
is "rsync finds nothing to do" "$(rsync -aHAni --checksum ./ ../plain/)" ""
mkdir ../untarred
check "tar --xattrs --acls" tar --xattrs --xattrs-include='*' --acls \
    -cf ../delta.tar .
check "tar -x" tar -C ../untarred --xattrs --xattrs-include='*' --acls -xpf \
    ../delta.tar
check "tar keeps everything but sockets" copies --no-sockets . ../untarred

run git diff --no-index .base/etc etc
is "git diff: exit code" "$status" 1
like "git diff: sees the line" "$(cat ../out)" '
\+mallory'
is "git diff: no errors" "$(cat ../err)" ""
cp ../out ../wanted
cd ../plain || exit 99
run git diff --no-index .base/etc etc
same_files "git diff: as of a plain tree" ../out ../wanted

cd ../delta || exit 99
run du -s .
is "du: exit code" "$status" 0
is "du: no errors" "$(cat ../err)" ""
is "du: what the inodes hold" "$(cut -f1 ../out)" \
    "$(find . -printf '%i %b\n' | sort -u | awk '{ n += $2 } END { print int ((n + 1) / 2) }')"
for tree in delta plain; do
    cd "../$tree" || exit 99
    check "ncdu -x -o- of $tree" sh -c "ncdu -0 -x -o- . >../$tree.json"
    python3 -c '
import json, sys
def flat (item, path):
    mine = item[0] if isinstance (item, list) else item
    path += "/" + mine["name"]
    size = None if isinstance (item, list) else mine.get ("asize", 0)
    print (repr ((path, size, mine.get ("notreg"))))
    for member in item[1:] if isinstance (item, list) else []:
        flat (member, path)
text = open (sys.argv[1], encoding="utf-8", errors="surrogateescape").read ()
top = json.loads (text, strict=False)[3]
top[0]["name"] = ""
flat (top, "")' "../$tree.json" | sort >"../$tree.ncdu"
done
cd .. || exit 99
same_files "ncdu: as of a plain tree" delta.ncdu plain.ncdu
is "ncdu: everything" "$(wc -l <delta.ncdu)" "$(find delta -printf 'x\n' | wc -l)"
undone root

umount /etc/fuse.conf
check_images
check_nothing_left
done_testing
