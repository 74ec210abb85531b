#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Images that are not local files: QEMU's URIs as OVERLAY and as --base, servers
# that go away or fail, and URIs inside images.

# shellcheck disable=SC2034
KIT_LIMIT=300
. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img qemu-storage-daemon debugfs mke2fs fusermount3 \
    nbdkit qemu-nbd python3 openssl dropbear dropbearkey ssh-keygen unshare
requires_root
test -c /dev/fuse || skip_all "no /dev/fuse"

# A proxy is not for this machine.
no_proxy=localhost,127.0.0.1
export no_proxy
TMPDIR=$work/tmp
export TMPDIR
mkdir "$TMPDIR" disk delta

# --- a pair ---

mkdir -p golden/etc golden/usr
echo golden >golden/etc/hostname
echo secret >golden/etc/removed
for i in $(seq 300); do head -c $((i * 100)) /dev/urandom >golden/usr/$i; done
mke2fs -q -t ext4 -d golden base.raw 64M
qemu-img convert -f raw -O qcow2 base.raw base.qcow2

# change IMAGE: as a guest would.
change ()
{
    local pid
    : >disk/image
    qemu-storage-daemon \
        --blockdev "driver=file,node-name=file,filename=$1" \
        --blockdev driver=qcow2,node-name=disk,file=file \
        --export type=fuse,id=fuse,node-name=disk,mountpoint="$work/disk/image",writable=on &
    pid=$!
    cleanup_add "kill $pid"
    retry 10 mountpoint -q disk/image
    echo new >new
    printf '%s\n' 'write new etc/new' 'rm etc/removed' 'rm etc/hostname' \
        'write new etc/hostname' >commands
    debugfs -w -f commands disk/image >debugfs.log 2>&1
    sync -f disk/image
    kill "$pid"
    wait "$pid"
}

qemu-img create -q -f qcow2 -F qcow2 -b "$work/base.qcow2" overlay.qcow2
change overlay.qcow2
cp overlay.qcow2 orphan.qcow2
qemu-img rebase -u -f qcow2 -F raw -b "$work/gone/base.raw" orphan.qcow2
sums=$(sha256sum base.raw base.qcow2 overlay.qcow2 orphan.qcow2)
wanted="M	content	/etc/hostname
A	-	/etc/new
D	-	/etc/removed"

# lists WHAT ARGUMENT...: the delta is what it is.
lists ()
{
    local what=$1
    shift
    run deltafs diff "$@"
    is "$what: exit code and messages" "$status $(cat err)" "0 ${messages:-}"
    is "$what: the list" "$(cat out)" "$wanted"
}

# The same where the images share no layer.
all_is_read='deltafs: warning: reading all file data: sda: 9030000 bytes (8.6 MiB) in 300 files, both sides together, because the images share no layer'
lists_unshared ()
{
    local messages=$all_is_read
    lists "$@"
}

# refuses WHAT PATTERN ARGUMENT...: one line that matches, hints apart.
refuses ()
{
    local what=$1 pattern=$2
    shift 2
    run timeout 60 deltafs diff "$@"
    is "$what: exit code" "$status" 2
    is "$what: one line" "$(grep -vc '^deltafs: hint: ' err)" 1
    like "$what: it says" "$(cat err)" "$pattern"
    is "$what: nothing is left" "$(find tmp -mindepth 1)" ""
}

# --- NBD ---

# serve NAME ARGUMENT_OF_NBDKIT...: its process in $server, the URI in $uri;
# requests are in NAME.log.
serve ()
{
    local name=$1
    shift
    nbdkit -f -r -U "$work/$name.sock" --filter=log "$@" \
        logfile="$work/$name.log" 2>"$name.messages" &
    server=$!
    cleanup_add "kill $server"
    retry 10 test -S "$name.sock"
    uri="nbd+unix:///?socket=$work/$name.sock"
}

free_port ()
{
    python3 -c 'import socket
s = socket.socket()
s.bind (("127.0.0.1", 0))
print (s.getsockname ()[1])'
}

lists "local" overlay.qcow2
serve raw file base.raw
raw=$uri raw_server=$server
serve qcow2 file base.qcow2
qcow2=$uri
serve top file overlay.qcow2
top=$uri
port=$(free_port)
qemu-nbd -r -t -e 8 -f raw -b 127.0.0.1 -p "$port" -x name overlay.qcow2 &
cleanup_add "kill $!"
tcp=nbd://127.0.0.1:$port/name
retry 10 qemu-img info "$tcp"

lists "a raw base that stands for a missing one" --base "$raw" orphan.qcow2
# What the changed clusters hold, and not a block at a time.
requests=$(grep -c ' Read ' raw.log)
check "few requests ($requests)" test "$requests" -lt 40
check "few bytes" test "$(sed -n 's/.* Read .* count=\(0x[0-9a-f]*\) .*/\1/p' \
    raw.log | { sum=0; while read -r n; do sum=$((sum + n)); done
    echo $sum; })" -lt 8000000
lists_unshared "a raw base outside the chain" --base "$raw" --base-format raw \
    overlay.qcow2
refuses "a raw base whose format nobody states" \
    'its format is not known.*--base-format' --base "$raw" overlay.qcow2
lists_unshared "a qcow2 base, known by its magic" --base "$qcow2" overlay.qcow2
lists "an overlay whose base is local" "$tcp"
lists "an overlay, and --base with a local file" --base base.qcow2 "$tcp"
lists_unshared "both" --base "$qcow2" "$top"
qemu-img convert -f qcow2 -O raw overlay.qcow2 full.raw
serve full file full.raw
lists_unshared "a raw overlay, and a raw base" --format raw --base "$raw" \
    --base-format raw "$uri"
refuses "a raw overlay without --format" 'not a qcow2 image.*--format' \
    --base "$raw" --base-format raw "$uri"

run deltafs info "$tcp"
is "info: exit code and messages" "$status $(cat err)" "0 "
like "info: the chain" "$(cat out)" \
    "layer +qcow2 .* $tcp"$'\n'"  base +qcow2 .* $work/base.qcow2"
run deltafs export --base "$raw" orphan.qcow2
is "export: exit code" "$status" 0
is "export: what was removed" \
    "$(tar -xOf out .deleted/etc/removed ./.deleted/etc/removed 2>/dev/null)" \
    secret

# --- names that lead nowhere ---

refuses "nobody listens" 'cannot read the image: nbd://.*: .*refused' \
    "nbd://127.0.0.1:$(free_port)/x"
refuses "no such export" 'nothere: .*export' --base "$tcp-nothere" \
    --base-format raw overlay.qcow2
refuses "no socket in the URI" 'lacks \?socket=PATH' nbd+unix:///x
refuses "a scheme that QEMU does not know" \
    'understood \(nbd, nbd\+unix, ssh, http, https\)' ftp://localhost/x
refuses "ssh without a path" 'no path' --base ssh://localhost overlay.qcow2
refuses "ssh with a check that is none" 'host_key_check must be' \
    "ssh://localhost/x?host_key_check=maybe"

# --- a URI inside an image ---

cp overlay.qcow2 lured.qcow2
qemu-img rebase -u -f qcow2 -F raw -b "$raw" lured.qcow2
before=$(wc -l <raw.log)
refuses "a URI as a backing file" \
    'must be that of a local file.*--allow-remote-backing' lured.qcow2
is "it was not connected to" "$(wc -l <raw.log)" "$before"
lists "with --allow-remote-backing" --allow-remote-backing lured.qcow2
lists "with --base" --base base.raw --base-format raw lured.qcow2

# --- servers that fail ---

# What tells that there is a filesystem is read, or not even that.
serve failing eval get_size="stat -Lc %s $work/base.raw" \
    pread="test \$4 -lt \$(cat $work/limit) || test \$4 -gt 60000000 ||
            { echo EIO >&2; exit 1; }
        dd if=$work/base.raw bs=65536 iflag=skip_bytes,count_bytes \
            skip=\$4 count=\$3 status=none"
for limit in 4194304 0; do
    echo $limit >limit
    refuses "a server that fails from $limit on" \
        "cannot read the image: .*failing.sock: its server" \
        --base "$uri" --base-format raw overlay.qcow2
done

# It goes while the mount is there.
run deltafs mount -f -o base --base "$raw" --base-format raw overlay.qcow2 \
    delta &
mount=$!
cleanup_add "deltafs umount --lazy $work/delta"
retry 20 test -e delta/.deleted/etc/removed
is "mount: content" "$(cat delta/etc/hostname delta/.base/etc/hostname)" \
    "new
golden"
kill -KILL "$raw_server"
wait "$raw_server" 2>/dev/null
for try in 1 2; do
    check_not "mount: the server is gone, $try" cat delta/.deleted/etc/removed
    like "mount: an I/O error, $try" "$(cat .kit-out)" 'Input/output error'
done
is "mount: what is local is there" "$(cat delta/etc/new)" new
check "mount: umount" deltafs umount delta
wait "$mount"
is "mount: one message, and how much was read" "$(grep -c . err)" 2
like "mount: what it says" "$(sed -n 2p err)" \
    'cannot read the image: nbd\+unix:.*/raw.sock: its server is gone'

# --- https ---

openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem \
    -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    2>openssl.log
mkdir web
cp base.raw overlay.qcow2 web
# web_serve NAME ARGUMENT...: its port in $port
web_serve ()
{
    (cd web && exec python3 "$srcdir/web_server.py" ../$1.port ../$1.log \
        "${@:2}") &
    cleanup_add "kill $!"
    retry 10 test -s "$1.port"
    port=$(cat "$1.port")
}
web_serve http
lists_unshared "http, a raw base" --base "http://localhost:$port/base.raw" \
    --base-format raw overlay.qcow2
lists "http, an overlay" --base base.qcow2 \
    "http://localhost:$port/overlay.qcow2"
refuses "http, no such file" '/nothere: .*404' "http://localhost:$port/nothere"
web_serve https ../certificate.pem ../key.pem
https=https://localhost:$port
refuses "https, a certificate that nobody knows" 'certificate' \
    --base "$https/base.raw" --base-format raw overlay.qcow2

# What runs in here knows that certificate.
trusting ()
{
    unshare --mount sh -c 'mount -t tmpfs none /etc/ssl/certs &&
        cp certificate.pem /etc/ssl/certs/ca-certificates.crt && exec "$@"' \
        sh "$@"
}
run trusting deltafs diff --base "$https/base.raw" orphan.qcow2
is "https: exit code and messages" "$status $(cat err)" "0 "
is "https: the list" "$(cat out)" "$wanted"
check "https: few requests" test "$(grep -c GET https.log)" -lt 60

# --- ssh ---

mkdir -m 700 keys
dropbearkey -t ed25519 -f host.key >/dev/null 2>&1
host_key=$(dropbearkey -y -f host.key | grep '^ssh-')
digest=$(cut -d' ' -f2 <<<"$host_key" | base64 -d | sha256sum | cut -c1-64)
ssh-keygen -q -t ed25519 -N '' -f keys/id_ed25519
cp keys/id_ed25519.pub keys/authorized_keys
home=$(getent passwd 0 | cut -d: -f6)
mkdir -p "$home/.ssh"
port=$(free_port)

# What runs in here has the keys of this test, and no others.
with_keys ()
{
    env -u SSH_AUTH_SOCK unshare --mount sh -c \
        'mount --bind keys "$0/.ssh" && exec "$@"' "$home" "$@"
}
with_keys dropbear -F -E -r host.key -p "127.0.0.1:$port" -P dropbear.pid \
    2>dropbear.log &
cleanup_add "kill \$(cat $work/dropbear.pid)"
retry 10 test -s dropbear.pid
ssh=ssh://root@127.0.0.1:$port$work/base.raw

run with_keys deltafs diff --base "$ssh" --base-format raw overlay.qcow2
is "ssh, a host that nobody knows: exit code" "$status" 2
like "ssh, a host that nobody knows: it says" "$(cat err)" \
    'no host key was found in known_hosts'
run with_keys deltafs diff --base "$ssh?host_key_check=sha256:${digest//[0-7]/0}" \
    --base-format raw overlay.qcow2
is "ssh, another host key: exit code" "$status" 2
run with_keys deltafs diff --base "$ssh?host_key_check=sha256:$digest" \
    --base-format raw overlay.qcow2
is "ssh, by the host key's digest" "$status $(cat err out)" \
    "0 $all_is_read"$'\n'"$wanted"
echo "[127.0.0.1]:$port $host_key" >keys/known_hosts
run with_keys deltafs diff --base "$ssh" orphan.qcow2
is "ssh, by known_hosts" "$status $(cat err out)" "0 $wanted"

# --- without the drivers ---

modules=$(dirname "$(find /usr/lib -path '*/qemu/block-curl.so' -print -quit)")
for scheme in ssh https; do
    run unshare --mount sh -c 'mount -t tmpfs none "$0" && exec "$@"' \
        "$modules" deltafs diff --base "$scheme://localhost/x" \
        --base-format raw overlay.qcow2
    is "$scheme without its driver: exit code" "$status" 2
    like "$scheme without its driver: the remedy" "$(cat err)" \
        'hint: .*qemu-block-extra'
    run unshare --mount sh -c 'mount -t tmpfs none "$0" && exec "$@"' \
        "$modules" deltafs diff "$scheme://localhost/x"
    like "$scheme overlay without its driver: the remedy" "$(cat err)" \
        'hint: .*qemu-block-extra'
done

is "the images are as they were" \
    "$(sha256sum base.raw base.qcow2 overlay.qcow2 orphan.qcow2)" "$sums"
is "nothing is left" "$(find tmp -mindepth 1)" ""
done_testing
