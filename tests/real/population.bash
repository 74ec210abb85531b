# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest's tree in $mnt, and everything that can happen to it, for filesystems
# with all that POSIX and Linux know.  Source it after fixtures.bash.
# $big_xattr is how large the filesystem's xattrs can be.

odd_names=($'new\nline' 'quo"te' 'back\slash' $'\xff\xfe' $'\xc3' $'tab\t'
    'ünïcode' $'\xc2\x9bc1' ' space ' '-dash' '*' '$(id)' '.hidden' '...'
    $'\xe2\x80\xae' $'\x7f' "$(printf 'n%.0s' {1..255})")

make_odd_names ()
{
    local name
    mkdir -p "$1"
    for name in "${odd_names[@]}"; do
        echo "$2" >"$1/$name"
        ln -s -- "$name" "$1/l${name:0:200}"
        mkdir "$1/d${name:0:200}"
        echo "$2" >"$1/d${name:0:200}/in"
    done
}

populate_all ()
{
    local i
    cd "$mnt" || return
    mkdir -p etc bin gone/deep/empty same links types xattr large \
        usr/lib/python3/dist usr/lib/python3.11/lib times a a-b a.c
    for i in hostname passwd shadow group; do echo "$i" >etc/$i; done
    head -c 200000 /dev/urandom >bin/edited
    head -c 100000 /dev/urandom >bin/one-byte
    for i in chmodded chowned touched grown shrunk removed setuid both; do
        echo "program $i" >bin/$i
    done
    : >bin/empty
    for i in 1 2 3; do echo "$i" >"gone/deep/$i"; done
    mkfifo gone/fifo
    for i in rewritten replaced hole renamed; do
        head -c 50000 /dev/zero | tr '\0' "${i:0:1}" >"same/$i"
    done
    truncate -s 300000 same/zeros
    echo renamed-1 >same/move-1
    ln same/move-1 same/move-2
    mkdir same/tree && echo inside >same/tree/file
    for i in 1 2 3; do echo "linked $i" >links/a$i; ln links/a$i links/b$i; done
    ln -s target links/soft
    ln -s old links/retargeted
    ln -s "$(printf 'x%.0s' {1..200})" links/long
    mknod types/block b 8 1
    mknod types/char c 1 3
    mknod types/numbered c 4 64
    mkfifo types/fifo
    python3 -c 'import socket
socket.socket (socket.AF_UNIX).bind ("types/socket")'
    echo file >types/file-to-directory
    mkdir -p types/directory-to-file/below
    echo below >types/directory-to-file/below/member
    echo file >types/file-to-link
    ln -s nowhere types/link-to-file
    mkfifo types/fifo-to-file
    for i in set changed removed same trusted acl capability selinux big; do
        echo "$i" >xattr/$i
        setfattr -n user.common -v common xattr/$i
    done
    setfattr -n user.value -v old xattr/changed
    setfattr -n user.value -v old xattr/removed
    setfattr -n security.selinux -v system_u:object_r:etc_t:s0 xattr/selinux
    setfacl -m u:1000:r xattr/same
    mkdir xattr/directory
    for i in $(seq 2500); do : >"large/file-$i"; done
    for i in 1 2 3; do
        echo "$i" >usr/lib/python3/dist/$i
        echo "$i" >usr/lib/python3.11/lib/$i
        echo "$i" >a/$i
        echo "$i" >a-b/$i
        echo "$i" >a.c/$i
    done
    make_odd_names odd base
    make_odd_names odd-gone base
    touch -d '1960-01-02 03:04:05.678901234' times/before-1970
    touch -d '2100-01-02 03:04:05.678901234' times/after-2038
    cd "$work" || return
}

change_all ()
{
    local i name
    cd "$mnt" || return
    echo mallory >>etc/passwd
    echo evil >etc/added
    sed -i 's/h/H/' etc/hostname
    printf XYZ | dd of=bin/edited bs=1 seek=100000 conv=notrunc status=none
    printf x | dd of=bin/one-byte bs=1 seek=99999 conv=notrunc status=none
    chmod 600 bin/chmodded
    chown 1000:1001 bin/chowned
    touch bin/touched
    echo more >>bin/grown
    : >bin/shrunk
    rm bin/removed
    chmod u+s bin/setuid
    echo x >>bin/both && chmod 700 bin/both
    echo filled >bin/empty
    rm -r gone
    cat same/rewritten >"$work/copy" && cat "$work/copy" >same/rewritten
    cp same/replaced same/.new && mv same/.new same/replaced
    dd if=/dev/zero of=same/zeros bs=4096 count=4 seek=10 conv=notrunc \
        status=none
    mv same/renamed same/renamed-to
    mv same/move-1 same/moved-1
    mv same/move-2 same/moved-2
    mv same/tree same/tree-moved
    ln links/a1 links/c1
    rm links/b2
    echo changed >>links/a3
    ln -s new links/soft-new
    ln -sfn new links/retargeted
    chown -h 5:6 links/soft
    rm types/block types/char types/numbered
    mknod types/block b 8 1
    mknod types/char b 1 3
    mknod types/numbered c 4 65
    mknod types/added c 5 1
    chmod 600 types/fifo types/socket
    mkfifo types/fifo-added
    rm types/file-to-directory && mkdir -p types/file-to-directory/new
    rm -r types/directory-to-file && echo file >types/directory-to-file
    rm types/file-to-link && ln -s ../etc types/file-to-link
    rm types/link-to-file && echo file >types/link-to-file
    rm types/fifo-to-file && echo file >types/fifo-to-file
    setfattr -n user.value -v new xattr/set
    setfattr -n user.value -v new xattr/changed
    setfattr -x user.value xattr/removed
    setfattr -n trusted.overlay.opaque -v y xattr/trusted
    setfacl -m u:1000:rwx xattr/acl
    setcap cap_net_raw+ep xattr/capability
    setfattr -n security.selinux -v system_u:object_r:bin_t:s0 xattr/selinux
    python3 -c '
import os
os.setxattr ("xattr/big", "user.big", b"v" * '"$big_xattr"')
for i in range (30):
    os.setxattr ("xattr/big", "user.name-%d" % i, b"%d" % i * 20)'
    setfacl -d -m g:50:rx xattr/directory
    rm large/file-77
    echo x >large/file-new
    mkdir large-new
    for i in $(seq 1500); do : >"large-new/$i"; done
    echo 4 >usr/lib/python3/dist/4
    echo 4 >>usr/lib/python3.11/lib/2
    rm usr/lib/python3.11/lib/3
    echo 4 >a/4
    echo changed >>a-b/1
    rm a.c/2
    for name in "${odd_names[@]}"; do echo changed >"odd/$name"; done
    make_odd_names odd-new overlay
    rm -r odd-gone
    mkdir .deleted
    echo hidden >.deleted/hidden
    touch -d '1950-01-02 03:04:05.6' times/added
    chmod 1777 times
    chmod 700 .
    cd "$work" || return
}
