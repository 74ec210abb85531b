# SPDX-License-Identifier: GPL-2.0-or-later
#
# deltafs export: the archive and the layer of made-up deltas, what is left out
# of them, and the ways in which writing can fail.
. "${srcdir:-.}/../kit/kit.sh"
. "$srcdir/command.bash"
requires python3 tar sha256sum
requires_fuse

tree ()
{
    python3 "$top_srcdir/tests/kit/tree.py" "$1"
}

# export to $work/NAME.tar; $status and err as command_run has them.
export_to ()
{
    local name=$1
    shift
    marked timeout --foreground 120 "$deltafs" export "$@" \
        >"$name.tar" 2>err </dev/null
    status=$?
}

extract ()
{
    mkdir "$2"
    tar -x --xattrs --xattrs-include='*' --acls --numeric-owner -p \
        -C "$2" -f "$1.tar" 2>tar-err
}

# --- the tree that comes out is the one that is mounted ---

for guest in good everything names places; do
    export_to $guest $guest
    is "$guest: exit code" "$status" 0
    check "$guest: tar takes it" extract $guest $guest.tree
    unlike "$guest: tar does not complain" \
        "$(grep -v "keyword '\(hdrcharset\|SCHILY.devminor\)'\|implausibly old\|^tar: 16 mtime" \
            tar-err)" .
    command_run mount $guest mnt
    tree mnt >mounted
    tree $guest.tree >extracted
    same_files "$guest: the tree is the mounted one" extracted mounted
    command_run umount mnt
    # Once more: the same bytes.
    cp $guest.tar first.tar
    export_to $guest $guest
    check "$guest: equal deltas give equal bytes" cmp first.tar $guest.tar
    marked "$deltafs" export --manifest sums $guest 2>err | cmp - first.tar
    is "$guest: a manifest changes nothing in it" "${PIPESTATUS[*]}" "0 0"
    (cd $guest.tree && sha256sum -c --strict --quiet ../sums >../checked 2>&1)
    is "$guest: sha256sum -c takes the manifest" "$? $(cat checked)" "0 "
    is "$guest: the manifest has every file" "$(wc -l <sums)" \
        "$(find $guest.tree -type f -printf x | wc -c)"
    rm -rf $guest.tree
done

mkdir copied
command_run mount everything mnt
cp -a mnt/. copied/
tree mnt >mounted
tree copied >copied.txt
same_files "cp -a tells the same of the mount" copied.txt mounted
command_run umount mnt
export_to everything everything
like "a socket is named" "$(cat err)" 'run/socket: .* sockets'
is "nothing else is said" "$(wc -l <err)" 1

python3 - everything.tar >members <<'PYTHON'
import sys, tarfile
for member in tarfile.open(sys.argv[1]):
    print(member.name, member.uname + member.gname, *sorted(
        key for key in member.pax_headers
        if key not in ("path", "mtime", "uid", "SCHILY.devminor")))
PYTHON
unlike "no names of users, no times but mtime" "$(cat members)" \
    'root|atime|ctime|SCHILY.(ino|dev|nlink)'
like "an ACL is one" "$(grep srv/acl members)" 'SCHILY.acl.access'
like "and not an xattr" "$(grep srv/acl members | grep -c xattr)" 0
like "xattrs" "$(grep etc/passwd members)" \
    'SCHILY.xattr.security.capability SCHILY.xattr.user.a%3Db%25c'

# --- what can be chosen ---

export_to kept --no-deleted everything
tar -tf everything.tar 2>/dev/null | grep -v '^\.deleted' >wanted
tar -tf kept.tar 2>/dev/null >got
same_files "--no-deleted" got wanted
export_to part --include '/etc/*' --exclude /etc/linked everything
is "filters hold" "$(tar -tf part.tar | tr '\n' ' ')" \
    "./ .deleted/ etc/ etc/kept-too etc/other-name etc/passwd "
like "and are counted" "$(cat err)" 'left out by filters: [1-9]'
export_to empty empty
is "no change: exit code" "$status" 0
is "no change: an archive all the same" "$(tar -tf empty.tar | tr '\n' ' ')" \
    "./ .deleted/ "
export_to verified --verify --include /etc/quiet everything
is "--verify" "$(tar -tf verified.tar | tr '\n' ' ')" \
    "./ .deleted/ etc/ etc/quiet "

# --- holes ---

export_to holes --manifest sums holes
is "holes: exit code" "$status" 3
like "too large a hole is named" "$(cat err)" 'archive: too-large: .* holes'
like "and one that takes too long to hash" "$(cat err)" \
    'manifest: known: its holes'
check "holes are not written" test "$(stat -c %s holes.tar)" -lt 100000
check "holes: tar takes it" extract holes holes.tree
is "holes: sizes" "$(cd holes.tree && stat -c '%n %s' known nothing small unknown |
                         tr '\n' ' ')" \
    "known 1099511627776 nothing 549755813888 small 1048576 unknown 5000000 "
is "holes: the bytes in the middle" \
    "$(dd if=holes.tree/known bs=13 count=1 skip=687194767360 \
          iflag=skip_bytes 2>/dev/null)" "in the middle"
is "holes: few blocks" \
    "$(stat -c %b holes.tree/known holes.tree/nothing | sort -n | tail -n1 |
           awk '{ print ($1 < 1000) }')" 1
(cd holes.tree && sha256sum -c --strict --quiet ../sums >../checked 2>&1)
is "holes: the manifest" "$? $(cat checked) $(wc -l <sums)" "0  2"
rm -rf holes.tree

# --- what cannot be read ---

export_to damaged --manifest sums damaged
is "damaged: exit code" "$status" 3
for name in fails fails-too link unknown; do
    like "damaged: $name is named" "$(cat err)" \
        "left out of the archive: $name: .* cannot be read"
done
like "damaged: the part that is made up is named" "$(cat err)" \
    'incomplete in the archive: fails-later: zeros from byte 1048576 on'
like "damaged: the xattr is named" "$(cat err)" \
    'archive: xattr: an extended attribute .*user\.grün'
check "damaged: tar takes it" extract damaged damaged.tree
is "damaged: what is there" "$(cd damaged.tree && echo *)" \
    "a-good-one fails-later xattr z-good-one"
is "damaged: what follows is right" "$(cat damaged.tree/z-good-one)" after
is "damaged: size" "$(stat -c %s damaged.tree/fails-later)" 5000000
is "damaged: only whole files are in the manifest" \
    "$(sed 's/.*  //' sums | tr '\n' ' ')" "a-good-one xattr z-good-one "
export_to unreadable unreadable
is "an unreadable entry: exit code" "$status" 3
like "an unreadable entry is counted" "$(cat err)" 'unreadable entries: 1$'

# --- layers ---

export_to layer --oci everything
is "layer: exit code" "$status" 0
is "layer: its digest on stderr" "$(grep '^sha256:' err)" \
    "sha256:$(sha256sum <layer.tar | cut -d' ' -f1)"
export_to again -q --oci everything
check "layer: equal bytes" cmp layer.tar again.tar
is "layer: -q leaves the digest" "$(cat err)" "$(grep '^sha256:' err)"
tar -tf layer.tar 2>/dev/null >got
printf '%s\n' ./ becomes becomes-a-directory/ becomes-a-directory/member \
    dev/ dev/disk dev/node etc/ etc/kept-too etc/linked etc/other-name \
    etc/passwd .wh.gone points run/ run/fifo srv/ srv/acl srv/empty \
    srv/large >wanted
same_files "layer: whiteouts for the topmost alone" got wanted
like "layer: hard links" "$(tar -tvf layer.tar 2>/dev/null)" \
    'etc/other-name link to etc/linked'
like "layer: another name of what is not in it has the content" \
    "$(tar -tvf layer.tar 2>/dev/null)" '-rw.* 14 .* etc/kept-too'
python3 - layer.tar >members <<'PYTHON'
import sys, tarfile
for member in tarfile.open(sys.argv[1]):
    print(member.name, member.size, "%o" % member.mode,
          *sorted(key for key in member.pax_headers))
PYTHON
like "layer: ACLs are xattrs there" "$(grep srv/acl members)" \
    'srv/acl 7 660 SCHILY.xattr.system.posix_acl_access'
like "layer: a whiteout is empty" "$(grep '\.wh\.' members)" '^\.wh\.gone 0 '

# The names of all xattrs of an archive's members.
xattr_names ()
{
    python3 - "$1" <<'PYTHON'
import sys, tarfile
for name in sorted(key for member in tarfile.open(sys.argv[1])
                   for key in member.pax_headers):
    if name.startswith("SCHILY.xattr."):
        print(name[13:])
PYTHON
}

export_to marks --oci marks
is "marks: exit code" "$status" 3
printf '%s\n' ./ dev/ dev/becomes-a-file dev/block dev/.wh.directory \
    dev/.wh.file dev/.wh.gone dev/other etc/ etc/linked etc/new run/ \
    run/.wh.becomes-a-socket srv/ srv/file srv/opaque/ srv/scaffold/ \
    srv/scaffold/new >wanted
tar -tf marks.tar >got
same_files "marks: what is there" got wanted
cat >wanted <<'END'
archive: srv/file: security.fuseoverlayfs.override_stat
archive: srv/file: trusted.overlay.origin
archive: srv/file: user.containers.override_stat
archive: srv/file: user.fuseoverlayfs.origin
archive: srv/file: user.overlay.metacopy
archive: srv/opaque: trusted.overlay.opaque
archive: srv/scaffold: user.overlay.opaque
layer: /.wh.directory: .wh.
layer: /dev/directory: 0:0
layer: /dev/file: 0:0
layer: /dev/new-link: 0:0
layer: /dev/new: 0:0
layer: /dev/stays: 0:0
layer: /etc/.wh..wh..opq: .wh.
layer: /etc/.wh.gone: .wh.
layer: /etc/.wh.plain: .wh.
END
sed -n 's/^deltafs: warning: left out of the //p' err |
    sed -n 's/: a name that begins with \(\.wh\.\) would .*/: \1/p
            s/: a character device \(0:0\) would .*/: \1/p
            s/: an extended attribute that .*: /: /p' | LC_ALL=C sort >got
same_files "marks: each is named" got wanted
is "marks: another name of what is left out has the content" \
    "$(tar -xOf marks.tar etc/linked)" 4
xattr_names marks.tar >got
is "marks: other xattrs are there" "$(tr '\n' ' ' <got)" \
    "trusted.kept user.containers.kept user.overlays.kept "
export_to all marks
is "marks mean nothing in a tree: exit code" "$status" 0
is "marks mean nothing in a tree: devices" \
    "$(tar -tvf all.tar 2>err | grep -c '^c.* 0,0 .*[0-9] dev/')" 4
xattr_names all.tar >got
is "marks mean nothing in a tree: xattrs" "$(grep -c overlay got)" 7
export_to places --oci places
is "a guest's own /.deleted has its name in a layer" \
    "$(tar -tf places.tar | tr '\n' ' ')" \
    "./ .deleted/ .deleted/new .deleted/.wh.old "

# --- output that does not arrive ---

marked "$deltafs" export everything >/dev/full 2>err
is "full disk: exit code" "$?" 2
is "full disk: message" "$(tail -n1 err)" \
    "deltafs: cannot write: standard output: No space left on device"
marked "$deltafs" export --manifest /dev/full everything 2>err >got
is "full disk of the manifest: exit code" "$?" 2
like "full disk of the manifest: message" "$(tail -n1 err)" \
    'deltafs: cannot write: /dev/full: No space left on device'
(ulimit -f 1; marked "$deltafs" export everything >got 2>err)
is "a file that may not grow: exit code" "$?" 2
like "a file that may not grow: message" "$(tail -n1 err)" \
    "^deltafs: cannot write: standard output: File too large"
cp everything.tar precious
marked "$deltafs" export --manifest precious good >got 2>err
is "a manifest over something else: exit code" "$?" 2
is "a manifest over something else: message" "$(cat err)" \
    "deltafs: cannot write: precious: the file exists and is not a manifest
deltafs: hint: remove it, or choose another name"
check "a manifest over something else: it stays" cmp precious everything.tar
for name in both /dev/stdout; do
    marked "$deltafs" export --manifest $name good >both 2>err
    is "a manifest into the archive ($name): exit code" "$?" 2
    is "a manifest into the archive ($name): message" "$(cat err)" \
        "deltafs: cannot write: $name: it is standard output, where the archive goes"
    is "a manifest into the archive ($name): nothing is written" "$(wc -c <both)" 0
done
marked "$deltafs" export --manifest /dev/stdout good 2>err | wc -c >got
is "a manifest into the archive's pipe: exit code" "${PIPESTATUS[0]}" 2
is "a manifest into the archive's pipe: nothing is written" "$(cat got)" 0
marked "$deltafs" export --manifest /dev/null good >/dev/null 2>err
is "neither of both is wanted: exit code" "$? $(cat err)" "0 "
marked "$deltafs" export --manifest sums holes >got 2>err
cp sums before
marked "$deltafs" export --manifest sums missing >got 2>err
is "no export: exit code" "$?" 2
check "no export: the manifest of the last one stays" cmp sums before
marked "$deltafs" export --manifest no/such/place everything >got 2>err
is "no place for the manifest: exit code" "$?" 2
is "no place for the manifest: message" "$(cat err)" \
    "deltafs: cannot write: no/such/place: No such file or directory"
is "no place for the manifest: nothing is written" "$(wc -c <got)" 0
marked "$deltafs" export everything 2>err | head -c1000 >/dev/null
is "a reader that left: as SIGPIPE does" "${PIPESTATUS[0]}" 141
unlike "a reader that left: no message" "$(cat err)" 'cannot|Broken'
if command -v script >/dev/null; then
    script -qec "'$deltafs' export good" /dev/null >out </dev/null
    is "a terminal: exit code" "$?" 2
    like "a terminal: message" "$(cat out)" \
        'cannot export the delta: standard output: it is a terminal'
    like "a terminal: hint" "$(cat out)" 'hint: write to a file or a pipe'
fi
for overlay in missing broken crash; do
    export_to bad $overlay
    is "$overlay: exit code" "$status" 2
    is "$overlay: nothing on stdout" "$(wc -c <bad.tar)" 0
done

check_nothing_left
done_testing
