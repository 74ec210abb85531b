# SPDX-License-Identifier: GPL-2.0-or-later
#
# A Debian and a clone of it, for tests and benchmarks: base.qcow2 with some
# 19,000 files, overlay.qcow2 with Apache installed and little else changed,
# and what the host's kernel sees in both.  Kept in $DELTAFS_CACHE, because
# making them takes minutes and the network.  Source it after fixtures.bash.

debian_cache=${DELTAFS_CACHE:-$top_builddir/tests/real/debian.cache}

# The distribution's own mirror and release, as apt knows them here.
debian_mirror ()
{
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' \
        'Component: main' 'Origin: Debian' | head -n1
}

debian_release ()
{
    (. /etc/os-release; echo "$VERSION_CODENAME")
}

debian_install ()
{
    local packages=adduser,apt-utils,bash-completion,bzip2,ca-certificates,cpio,cron
    packages+=,curl,dbus,e2fsprogs,file,gpg,iproute2,kmod,less,locales,logrotate
    packages+=,man-db,nano,openssh-server,perl,procps,python3,rsync,systemd
    packages+=,systemd-sysv,tzdata,udev,vim,wget,xz-utils
    debootstrap --variant=minbase --cache-dir="$debian_cache/packages" \
        --include="$packages" "$(debian_release)" "$mnt" \
        "$(debian_mirror)" >"$debian_cache/debootstrap.log" 2>&1 ||
        { note_file "$debian_cache/debootstrap.log"; return 1; }
    # The packages themselves are no part of it.
    rm -f "$mnt"/var/cache/apt/archives/*.deb
    printf '#!/bin/sh\nexit 101\n' >"$mnt/usr/sbin/policy-rc.d"
    chmod 755 "$mnt/usr/sbin/policy-rc.d"
    printf '/dev/vda / ext4 defaults 0 1\n' >"$mnt/etc/fstab"
    rm -f "$mnt/etc/machine-id" && : >"$mnt/etc/machine-id"
}

debian_change ()
{
    chroot "$mnt" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
        --no-install-recommends apache2 >"$debian_cache/apache.log" 2>&1 ||
        { note_file "$debian_cache/apache.log"; return 1; }
    rm "$mnt/usr/bin/wget"
    chmod u+s "$mnt/usr/bin/python3.11"
    touch "$mnt/usr/bin/perl"
    # Put together here, so that nobody's scanner objects to this script.
    printf '%s%s' 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD' \
        '-ANTIVIRUS-TEST-FILE!$H+H*' >"$mnt/var/www/html/invoice.pdf.exe"
}

debian_make ()
{
    rm -rf "$debian_cache"
    mkdir -p "$debian_cache/packages"
    debian_cache=$(realpath "$debian_cache")
    disk "$debian_cache/base.raw" 4G
    on_partition "$debian_cache/base.raw" 0 make_filesystem ext4
    change "$debian_cache/base.raw" raw 0 ext4 debian_install
    to_qcow2 "$debian_cache/base.raw"
    overlay base.qcow2 qcow2 "$debian_cache/overlay.qcow2"
    change "$debian_cache/overlay.qcow2" qcow2 0 ext4 debian_change
    tree "$debian_cache/base.qcow2" qcow2 0 ext4 "$debian_cache/base.tree"
    tree "$debian_cache/overlay.qcow2" qcow2 0 ext4 "$debian_cache/overlay.tree"
    rm -rf "$debian_cache/packages"
    touch "$debian_cache/complete"
}

# debian_pair: makes the pair unless it is there; then $debian_cache has it
debian_pair ()
{
    if ! test -e "$debian_cache/complete"; then
        note "making a Debian base and an overlay, once"
        debian_make
    fi
    debian_cache=$(realpath "$debian_cache")
}
