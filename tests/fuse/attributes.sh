# SPDX-License-Identifier: GPL-2.0-or-later
#
# What stat, readlink, access and statfs say, and that every name is found.
. "${srcdir:-.}/fuse.sh"

{
    cat <<'END'
base file /gone mode=0640 text=gone%0a
base directory /keep mode=0711
base symlink /keep/link target=where
base file /keep/changed text=before%0a
base file /keep/same text=same
copy
remove overlay /gone
remove overlay /keep/link
overlay file /keep/changed text=afterwards%0a
overlay file /file mode=4751 uid=1234 gid=4321 size=5000 blocks=24 mtime=1700000000.123456789 atime=1600000000.000000001 ctime=1500000000.999999999
overlay file /ids uid=4294967294 gid=4000000000 text=1
overlay file /old mtime=-86400.000000005 text=1
overlay file /future mtime=15000000000.000000007 text=1
overlay directory /sticky mode=1777
overlay file /secret mode=0 text=secret
overlay block /block mode=0660 rdev=259:70000
overlay char /char mode=0666 rdev=1:3
overlay fifo /fifo
overlay socket /socket
overlay symlink /link target=/etc/passwd
overlay symlink /up target=../../x
overlay symlink /odd target=%ff%0a%20%01
overlay symlink /lost missing=target target=x
overlay file /hard/a text=hard
link overlay /hard/a /hard/b
overlay directory /tree/1
overlay directory /tree/2
overlay directory /tree/3/below
overlay file /tree/file text=1
overlay file /names/a%0ab text=1
overlay file /names/%ff%fe text=1
overlay file /names/%1b[31m text=1
overlay file /names/%20 text=1
overlay file /names/-rf text=1
overlay file /names/a'b"c\d text=1
overlay file /names/* text=1
overlay file /names/%c3%a4 text=1
overlay file /names/... text=1
overlay file /names/con: text=1
END
    printf 'overlay file /names/%s text=1\n' "$(printf 'n%.0s' {1..255})"
    printf 'overlay symlink /far target=%s\n' "$(printf 't%.0s' {1..4000})"
    printf 'overlay file /%s text=1\n' "$(printf 'N%.0s' {1..765})"
    printf 'overlay symlink /longest target=%s\n' "$(printf 't%.0s' {1..4095})"
    printf 'overlay symlink /toolong target=%s\n' "$(printf 't%.0s' {1..5000})"
    deep=/deep
    for ((i = 0; i < 60; ++i)); do
        deep=$deep/$(printf 'd%.0s' {1..200})
    done
    printf 'overlay file %s/bottom text=deep\n' "$deep"
} >script

serve -o base
checks attributes.py "$mnt"
serve_end

done_testing
