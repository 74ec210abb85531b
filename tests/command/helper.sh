# SPDX-License-Identifier: GPL-2.0-or-later
#
# The helper of mount(8), called as that does it: which options are ours, which
# are passed over, what each exit code means.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires getfattr podchecker
requires_fuse

mnt=$work/mnt
mkdir bin
for name in mount.deltafs mount.fuse.deltafs; do
    ln -s "$deltafs" bin/$name
done

helper ()
{
    run marked timeout --foreground 120 "$work/bin/mount.deltafs" "$@"
}

# mount_options of $mnt, the mount's own and the superblock's
mount_options ()
{
    grep -F " $mnt " /proc/self/mountinfo | cut -d' ' -f6
}

super_options ()
{
    grep -F " $mnt " /proc/self/mountinfo | sed 's/.* //'
}

# refused WHAT CODE PATTERN ARGUMENT...
refused ()
{
    local what=$1 code=$2 pattern=$3
    shift 3
    helper "$@"
    is "$what: exit code" "$status" "$code"
    like "$what: message" "$(head -n1 err)" "^deltafs: $pattern"
    test "$code" -ne 1 ||
        is "$what: its own manual" "$(sed 1d err)" \
            "deltafs: hint: see mount.deltafs(8)"
    is "$what: nothing is mounted" "$(mount_options)" ""
}

# mounted WHAT ARGUMENT...
mounted ()
{
    local what=$1
    shift
    helper "$@"
    is "$what: exit code" "$status" 0
    is "$what: the tree answers" "$(cat "$mnt/srv/new/file")" content
    like "$what: read-only, nosuid, nodev" "$(mount_options)" \
        '^ro,nosuid,nodev,(noexec,)?relatime'
}

undone ()
{
    check "$1: umount(8)" umount "$mnt"
    check_nothing_left "$1"
}

mounted "bare" good "$mnt"
is "bare: nothing is said" "$(cat out err)" ""
undone "bare"

# As mount(8) hands it over for root, and what systemd adds.
mounted "what is others'" good "$mnt" -n -t fuse.deltafs -o rw,dev,suid \
    -o defaults,noauto,user,exec,nofail,_netdev,noatime,x-systemd.automount,,
is "what is others': nothing is said" "$(cat out err)" ""
undone "what is others'"

mounted "our words" good "$mnt" -o ro,base,noexec,all_readable
like "our words: noexec" "$(mount_options)" noexec
like "our words: all_readable" "$(super_options)" 'allow_other'
check "our words: base" test -d "$mnt/.base/etc"
undone "our words"

mounted "our options" -o 'noexec,exec,exclude="/etc,x",exclude=/lib*' \
    -o symlinks=inside,content-only,engine=auto,pid-file="$work/pid" \
    good "$mnt"
unlike "our options: the last of exec and noexec" "$(mount_options)" noexec
is "our options: an argument" "$(cat pid)" "$(supervisor_of "$mnt")"
undone "our options"

helper good "$mnt" -f -o base
is "-f: exit code" "$status" 0
is "-f: nothing is mounted" "$(mount_options)" ""
refused "-f checks the options" 1 'wrong usage: nonsense: no such mount option' \
    good "$mnt" -f -o nonsense

helper good "$mnt" -o nonsense,base -s
is "-s: exit code" "$status" 0
is "-s: a warning" "$(cat err)" \
    "deltafs: warning: mount option ignored: nonsense: it is not known"
check "-s: the others count" test -d "$mnt/.base"
undone "-s"

run marked timeout 120 "$work/bin/mount.fuse.deltafs" good "$mnt" -v
is "the other name: exit code" "$status" 0
like "the other name: -v" "$(cat err)" '4 added, 2 modified'
undone "the other name"

refused "no such option" 1 'wrong usage: times=1: takes no value' \
    good "$mnt" -o times=1
refused "no value" 1 'wrong usage: symlinks: a value is missing' \
    good "$mnt" -o symlinks
refused "a wrong value" 1 'wrong usage: --symlinks: out: must be' \
    good "$mnt" -o symlinks=out
refused "no option of a mount" 1 'wrong usage: json: no such mount option' \
    good "$mnt" -o json
for word in domain=x connect=x fd=1 f help version o=base progress=never remount; do
    refused "-o $word" 1 "wrong usage: $word: no such mount option" \
        good "$mnt" -o "$word"
done
refused "another namespace" 1 'wrong usage: -N: ' good "$mnt" -N 1
refused "an unknown letter" 1 'wrong usage: -x: no such option$' good "$mnt" -x
refused "a letter among others" 1 'wrong usage: -x: no such option$' \
    good "$mnt" -nxv
refused "a long option" 1 'wrong usage: --base=b: no such option$' \
    good "$mnt" -n --base=b
refused "a letter without its value" 1 'wrong usage: -o: a value is missing$' \
    good "$mnt" -o
refused "no mount point" 1 'wrong usage: .*mount point' good
refused "one operand too many" 1 'wrong usage: .*too many' good "$mnt" more
refused "no such overlay" 32 'cannot open the overlay: missing: ' \
    missing "$mnt"
refused "no such mount point" 32 'cannot mount: .*none: No such file' \
    good "$work/none"
refused "a crash" 32 'cannot mount: crash: ' crash "$mnt"
check_nothing_left "failures"

# Every option of the table that makes sense is taken, the manual's list too.
"$deltafs" mount --help | sed -e :a -e 'N;$!ba' -e 's/,\n  */, /g' |
    grep -oE '(^  |Also |, )--?[a-z-]+' | sed 's/^[^-]*--\{0,1\}//' >names
for name in $(grep -vxE 'connect|domain|f|fd|o|help|version|progress' names); do
    helper -f good "$mnt" -o "$name" 
    unlike "-o $name is known" "$(cat err)" 'no such mount option'
done
check "the manual" podchecker -warnings "$top_srcdir/man/mount.deltafs.pod"
done_testing
