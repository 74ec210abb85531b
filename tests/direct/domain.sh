#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --domain and --connect: disks of guests that libvirt knows, by its test driver,
# which takes its guests from a file.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img mke2fs debugfs python3 unshare
grep -q '^#define HAVE_LIBVIRT 1' "$top_builddir/config.h" ||
    skip_all "built without libvirt"
TMPDIR=$work/tmp
export TMPDIR
mkdir "$TMPDIR" delta golden golden/etc

echo golden >golden/etc/hostname
mke2fs -q -t ext4 -d golden base.raw 16M
echo new >new

# overlay NAME: of base.raw, with a file /etc/NAME more.
overlay ()
{
    cp base.raw changed.raw
    debugfs -w -R "write new etc/$1" changed.raw >debugfs.log 2>&1
    qemu-img convert -f raw -O qcow2 -B "$work/base.raw" -F raw changed.raw \
        "$1.qcow2"
}

overlay first
overlay second
cp changed.raw full.raw
# libvirt alone knows the format of what is below this one.
cp first.qcow2 mute.qcow2
python3 "$top_srcdir/tests/real/qcow2.py" no-backing-format mute.qcow2

# disk DEVICE TARGET FORMAT SOURCE [MORE]
disk ()
{
    printf "<disk type='%s' device='%s'><driver name='qemu' type='%s'/>
        <source %s/>%s<target dev='%s' bus='virtio'/></disk>\n" \
        "${4%%:*}" "$1" "$3" "${4#*:}" "${5:-}" "$2"
}

# domain NAME UUID_DIGIT DISK...
domain ()
{
    printf "<domain type='test'><name>%s</name>
        <uuid>0000000%s-0000-4000-8000-000000000000</uuid>
        <memory>1024</memory><os><type>hvm</type></os><devices>%s</devices>
        </domain>\n" "$1" "$2" "${*:3}"
}

cdrom=$(disk cdrom hda raw "file:file='/nowhere/cd.iso'")
first=$(disk disk vda qcow2 "file:file='$work/first.qcow2'")
second=$(disk disk vdb qcow2 "file:file='$work/second.qcow2'")
{
    echo '<node>'
    domain one 1 "$cdrom" "$first"
    domain two:x 2 "$first" "$second"
    domain none 3 "$cdrom"
    domain full 4 "$(disk disk vda raw "file:file='$work/full.raw'")"
    domain mute 5 "$(disk disk vda qcow2 "file:file='$work/mute.qcow2'" \
        "<backingStore type='file'><format type='raw'/>
         <source file='$work/base.raw'/><backingStore/></backingStore>")"
    domain far 6 "$(disk disk vda raw "network:protocol='rbd' name='pool/x'")"
    echo '</node>'
} >node.xml
connect=test://$work/node.xml

# lists WHAT FILE ARGUMENT...: the file that is more.
lists ()
{
    run deltafs diff --connect "$connect" "${@:3}"
    is "$1: exit code and messages" "$status $(cat err)" "0 ${messages:-}"
    is "$1: the list" "$(cat out)" "A	-	/etc/$2"
}

# refuses WHAT PATTERN ARGUMENT...: one line that matches, hints apart.
refuses ()
{
    run deltafs diff "${@:3}"
    is "$1: exit code" "$status" 2
    is "$1: one line" "$(grep -vc '^deltafs: hint: ' err)" 1
    like "$1: it says" "$(cat err)" "$2"
    is "$1: nothing is left" "$(find tmp -mindepth 1)" ""
}

lists "the only disk" first --domain one
lists "by its target" first --domain one:vda
lists "by UUID" first --domain 00000001-0000-4000-8000-000000000000
lists "by UUID and target" second \
    --domain 00000002-0000-4000-8000-000000000000:vdb
lists "a name with a colon" second --domain two:x:vdb
lists "the format of the backing file" first --domain mute
refuses "without libvirt's word for it" 'does not state its format' mute.qcow2
messages='deltafs: warning: reading all file data: sda: 14 bytes in 1 file, both sides together, because the images share no layer' \
    lists "a full image, with --base" second --domain full \
    --base base.raw --base-format raw

run deltafs info -v --connect "$connect" --domain one
is "info: exit code" "$status" 0
like "info: the image" "$(cat out)" "layer +qcow2 .* $work/first.qcow2"
like "info: -v says what was found" "$(cat err)" \
    "deltafs: one: $work/first.qcow2 \(qcow2\)"
run deltafs export --connect "$connect" --domain one
is "export: exit code" "$status" 0
is "export: the file" "$(tar -xOf out etc/first ./etc/first 2>/dev/null)" new

refuses "no such domain" 'cannot find the domain: zero: .*not found' \
    --connect "$connect" --domain zero
refuses "several disks" \
    'choose a disk: two:x: it has several: vda, vdb.*hint: .*--domain two:x:vda' \
    --connect "$connect" --domain two:x
refuses "no such target" 'one:sda: it has no sda, but vda' \
    --connect "$connect" --domain one:sda
refuses "no disk" 'none: it has none' --connect "$connect" --domain none
refuses "a disk that is elsewhere" 'of type network.*hint: name its image' \
    --connect "$connect" --domain far
refuses "no overlay" 'full.raw: it has no backing file.*hint: .*--base' \
    --connect "$connect" --domain full
refuses "another host" 'on another host, faraway.*hint: run deltafs there' \
    --connect qemu+ssh://root@faraway/system --domain one
refuses "no libvirt there" "connect to libvirt: test://$work/nothere.xml: " \
    --connect "test://$work/nothere.xml" --domain one
refuses "an overlay, too" 'one operand too many: --domain stands' \
    --connect "$connect" --domain one first.qcow2
refuses "--connect alone" '--connect is for --domain' --connect "$connect" \
    first.qcow2
run deltafs mount --connect "$connect" --domain one
is "mount: no mount point" "$status" 2
like "mount: no mount point: it says" "$(cat err)" 'a mount point is needed'

if test -c /dev/fuse && test "$(id -u)" -eq 0; then
    cleanup_add "deltafs umount --lazy $work/delta"
    run deltafs mount --connect "$connect" --domain one delta
    is "mount: exit code and messages" "$status $(cat err)" "0 "
    is "mount: the file" "$(cat delta/etc/first)" new
    is "mount: its source" "$(findmnt -no SOURCE "$work/delta")" \
        "$work/first.qcow2"
    check "umount" deltafs umount delta
    library=$(readlink -f "$(ldconfig -p | sed -n 's/.*libvirt\.so\.0 .*=> //p')")
    run unshare --mount sh -c 'mount --bind /dev/null "$0" && exec "$@"' \
        "$library" deltafs diff --connect "$connect" --domain one
    is "no library: exit code" "$status" 2
    like "no library: what to do" "$(cat err)" 'hint: install libvirt'
fi

is "nothing is left" "$(find tmp -mindepth 1)" ""
done_testing
