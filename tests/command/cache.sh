# SPDX-License-Identifier: GPL-2.0-or-later
#
# deltafs cache, and its directory, on indexes that are made up.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires python3 jq

cache=$XDG_CACHE_HOME/deltafs
uuid=00112233-4455-6677-8899-aabbccddeeff

# index DIGIT BASE NAMES [SIZE]: an index, its heads alone are right
index ()
{
    mkdir -p "$cache" && chmod 700 "$cache"
    python3 - "$cache/$(printf "$1%.0s" $(seq 32)).index" "$@" <<'EOF'
import struct, sys
path, digit, base, names = sys.argv[1:5]
base = base.encode (errors="surrogateescape")
base += b"\0" * (8 - len (base) % 8)
size = int (sys.argv[5]) if len (sys.argv) > 5 else 4096
payload = size - 48 - len (base) - 64
with open (path, "wb") as file:
    file.write (struct.pack ("=8sIIQ16sQ", b"deltaidx", 1, 1, size,
                             bytes.fromhex (digit * 32), len (base)) + base)
    file.write (b"\1" * 16 +
                bytes.fromhex ("00112233445566778899aabbccddeeff") +
                struct.pack ("=QQ", int (names), payload) + b"\2" * 16)
    file.truncate (size)
EOF
}

names ()
{
    (cd "$cache" && ls | cut -c1 | tr -d '\n')
}

# --- list ---

command_run cache list
is "no directory: an empty list" "$status $(cat out err)" "0 "
command_run cache clear
is "no directory: nothing to clear" "$status $(cat out err)" "0 "
check_not "nothing is made by looking" test -e "$cache"

touch golden.qcow2
index a "$work/golden.qcow2" 1234
index b $'/a\tb' 99
touch -a -d '2026-01-02 03:04:05 UTC' "$cache"/a*
touch -m -d '2025-01-01 UTC' "$cache"/a*
touch -d '2026-01-02 03:04:06 UTC' "$cache"/b*
echo damaged >"$cache/cccccccccccccccccccccccccccccccc.index"
touch -d '2024-01-01 UTC' "$cache"/c*
command_run cache list
is "list" "$status $(tr -s ' ' <out; cat err)" "0 USED (UTC) SIZE NAMES UUID BASE
2026-01-02 03:04 4.0 KiB 99 $uuid \"/a\\tb\"
2026-01-02 03:04 4.0 KiB 1234 $uuid $work/golden.qcow2
2024-01-01 00:00 8 bytes - - (damaged)"
command_run cache list --json
is "list --json" "$(jq -c . out; cat err)" "$(printf '%s\n' \
    '{"base":"/a\tb","filesystems":[{"uuid":"'$uuid'","names":99}],"size":4096,"used":"2026-01-02T03:04:06Z"}' \
    '{"base":"'"$work"'/golden.qcow2","filesystems":[{"uuid":"'$uuid'","names":1234}],"size":4096,"used":"2026-01-02T03:04:05Z"}' \
    '{"damaged":true,"size":8,"used":"2024-01-01T00:00:00Z"}')"
for size in 1048472=1023.9_KiB 1048536=1.0_MiB 12738224=12.1_MiB; do
    index d /d 1 "${size%=*}"
    command_run cache list
    text=${size#*=}
    like "list: ${size%=*} bytes" "$(cat out)" "^USED.* ${text/_/ } +1 "
    rm "$cache"/d*
done
is "list touches nothing" "$(stat -c %X "$cache"/c*)" \
    "$(date -d '2024-01-01 UTC' +%s)"

# --- clear ---

command_run cache clear nothing
is "clear of what is not there" "$status $(cat out err)" \
    "2 deltafs: cannot clear the cache: nothing: nothing is remembered of it
deltafs: hint: deltafs cache list names the bases that are remembered"
is "nothing is gone" "$(names)" abc
command_run cache clear golden.qcow2
is "clear BASE" "$status $(cat out err) $(names)" "0  bc"
command_run cache clear $'/a\tb'
is "clear BASE that is gone" "$status $(cat out err) $(names)" "0  c"
touch "$cache/other"
command_run cache clear
is "clear" "$status $(cat out err) $(names)" "0  o"
rm "$cache/other"

# --- what is no cache ---

chmod 755 "$cache"
for action in list clear; do
    command_run cache $action
    like "$action: open to others" "$status $(head -n1 err)" \
        "^2 deltafs: cannot open the cache: $cache: its directory is .*others\$"
done
rmdir "$cache"
ln -s "$work" "$cache"
command_run cache list
is "a symlink" "$status" 2
rm "$cache"
run marked env -u XDG_CACHE_HOME -u HOME "$deltafs" cache list
like "no home" "$status $(cat err)" "^2 deltafs: cannot open the cache: .*HOME"
run marked env XDG_CACHE_HOME=relative HOME="$work" "$deltafs" cache list
is "XDG_CACHE_HOME that is relative does not count" "$status $(cat err)" "0 "

# --- wrong usage ---

for wrong in "list x|x: one operand too many" "show|show: must be list or clear" \
    "clear --json|--json: is for list alone"; do
    # shellcheck disable=SC2086
    command_run cache ${wrong%%|*}
    is "cache ${wrong%%|*}" "$status $(cat err)" \
        "2 deltafs: wrong usage: ${wrong#*|}
deltafs: hint: see deltafs cache --help"
done

check_nothing_left
done_testing
