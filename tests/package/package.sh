#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package: made from what "make dist" packs, alone; installed into a
# root of its own, which is this machine's with a layer over it; and used there.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires dpkg-buildpackage dh lintian mke2fs debugfs qemu-img unshare
requires_root

version=$(sed -n 's/^AC_INIT(\[deltafs\], \[\(.*\)\])$/\1/p' \
              "$top_srcdir/configure.ac")
source=$work/deltafs-$version
is "the changelog has this version" \
    "$(dpkg-parsechangelog -l "$top_srcdir/debian/changelog" -S Version)" \
    "$version"

# --- building ---

check "make dist packs what is needed" \
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
    make -s -C "$top_builddir" distdir \
        distdir="$(realpath -m --relative-to="$top_builddir" "$source")"
# A package is built without the variables of the tests around it.
build ()
{
    env -i -C "$source" PATH="$PATH" HOME="$work" LC_ALL=C.UTF-8 \
        DEB_BUILD_OPTIONS="parallel=$(nproc) noautodbgsym" \
        dpkg-buildpackage -b -uc -us >"$work/build.log" 2>&1
}
check "dpkg-buildpackage" build
tail -n 20 build.log >build.tail
note_file build.tail
package=$(echo "$work"/deltafs_"$version"_*.deb)
check "lintian has no errors" lintian --fail-on error \
    --suppress-tags changelog-file-missing-in-native-package "$package"
dpkg-deb -c "$package" >contents
for file in /usr/bin/deltafs /usr/share/man/man1/deltafs.1.gz \
            /usr/share/doc/deltafs/copyright \
            /usr/share/doc/deltafs/SECURITY.md.gz; do
    check "the package has $file" grep -qF " .$file" contents
done
dpkg-deb -f "$package" Depends >depends
for needed in fuse3 qemu-utils libguestfs0 libfuse3 libnbd0; do
    check "it depends on $needed" grep -qw "$needed" depends
done

# --- using it ---

mkdir tree
echo golden >tree/file
echo gone >tree/removed
mke2fs -q -t ext4 -d tree base.raw 16M
cp base.raw overlay.raw
echo new >new
printf 'write new added\nrm removed\n' >commands
debugfs -w -f commands overlay.raw >debugfs.log 2>&1
qemu-img convert -f raw -O qcow2 base.raw base.qcow2
qemu-img convert -f raw -O qcow2 -B base.qcow2 -F qcow2 overlay.raw \
    overlay.qcow2

cat >in-root.sh <<'SCRIPT'
set -e
mount -t tmpfs tmpfs "$work/layer"
mkdir "$work/layer/upper" "$work/layer/work"
mount -t overlay -o \
    "lowerdir=/,upperdir=$work/layer/upper,workdir=$work/layer/work" \
    overlay "$work/root"
for folder in dev proc; do
    mount --rbind "/$folder" "$work/root/$folder"
done
mkdir -p "$work/root$work/delta"
mount --bind "$work" "$work/root$work"
mkdir -p "$work/delta"
chroot "$work/root" sh -e -c "
    cd '$work'
    export DEBIAN_FRONTEND=noninteractive
    dpkg -i '$package' >install.log 2>&1
    PATH=/usr/sbin:/usr/bin:/sbin:/bin
    command -v deltafs >which
    deltafs --version >version
    deltafs diff overlay.qcow2 >list
    deltafs mount overlay.qcow2 delta
    cat delta/added delta/.deleted/removed >read
    deltafs umount delta
    man deltafs >manual 2>/dev/null || zcat /usr/share/man/man1/deltafs.1.gz >manual
    dpkg -r deltafs >>install.log 2>&1
    ! test -e /usr/bin/deltafs
"
SCRIPT
mkdir layer root
PATH=$(echo "$PATH" | tr : '\n' | grep -vF "$top_builddir" | paste -sd:)
run env work="$work" package="$package" \
    unshare --mount --propagation private sh in-root.sh
is "installed, used and removed" "$status" 0
note_file err
note_file install.log
is "what runs is what was installed" "$(cat which)" /usr/bin/deltafs
is "version" "$(cat version)" "deltafs $version"
is "the list" "$(cat list)" "$(printf 'A\t-\t/added\nD\t-\t/removed')"
is "the mount" "$(cat read)" "$(printf 'new\ngone')"
like "the manual" "$(cat manual)" deltafs
done_testing
