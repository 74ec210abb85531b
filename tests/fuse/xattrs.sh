# SPDX-License-Identifier: GPL-2.0-or-later
#
# Extended attributes, as root and as an ordinary user.
. "${srcdir:-.}/fuse.sh"

acl=%02%00%00%00
acl+=%01%00%06%00%ff%ff%ff%ff%02%00%04%00%e8%03%00%00
acl+=%04%00%04%00%ff%ff%ff%ff%10%00%04%00%ff%ff%ff%ff%20%00%04%00%ff%ff%ff%ff
label=system_u:object_r:etc_t:s0%00
capability=%01%00%00%02%00%20%00%00%00%00%00%00%00%00%00%00%00%00%00%00
rest=%00%20%00%00%00%00%00%00%00%00%00%00%00%00%00%00
access=xattr=system.posix_acl_access
default=xattr=system.posix_acl_default
caps=xattr=security.capability
some="xattr=user.x:1 xattr=trusted.t:1 xattr=security.selinux:$label $access:$acl"
long_name=user.$(printf 'n%.0s' {1..250})

cat >script <<END
base file /gone text=gone xattr=user.old:1
base file /changed text=before xattr=user.x:before
copy
remove overlay /gone
overlay file /changed text=after mode=0600 xattr=user.x:after
overlay file /file text=1 xattr=user.a:value%ff xattr=user.empty: xattr=trusted.t:1 xattr=security.selinux:$label $caps:$capability $access:$acl xattr=btrfs.compression:zstd
overlay directory /directory $some $default:$acl
overlay symlink /symlink target=file $some
overlay fifo /fifo $some
overlay char /char rdev=1:3 $some
overlay file /fake text=1 xattr=user.deltafs.status:modified xattr=user.deltafs.other:1
overlay file /big text=1 xattr_zeros=user.big:65536 xattr_zeros=user.huge:65537 xattr=$long_name:1 xattr=${long_name}n:1
overlay file /many text=1 xattrs=user.m:1000
overlay file /toomany text=1 xattrs=user.$(printf 'm%.0s' {1..40}):2000
overlay file /incomplete text=1 missing=xattrs xattr=user.known:1
overlay file /odd1 text=1 $access:
overlay file /odd2 text=1 $access:%01%00%00%00%01%00%06%00%ff%ff%ff%ff
overlay file /odd3 text=1 $access:%02%00%00%00
overlay file /odd4 text=1 $access:${acl}x
overlay file /odd5 text=1 $access:%02%00%00%00%03%00%06%00%ff%ff%ff%ff
overlay file /odd6 text=1 $access:%02%00%00%00%02%00%06%00%ff%ff%ff%ff
overlay file /odd7 text=1 xattr_zeros=system.posix_acl_access:5004
overlay directory /odd8 $default:garbage
overlay file /odd9 text=1 $caps:%01%00%00%01$rest
overlay file /odd10 text=1 $caps:%01%00%00%02$rest%00%00%00%00
overlay file /odd11 text=1 $caps:%01%00%00%03$rest%ff%ff%ff%ff
overlay file /odd12 text=1 $caps:
END

if test "$(id -u)" -eq 0; then
    serve -o allow_other,all_readable
    checks xattrs.py "$mnt" root
    checks_with=("${nobody[@]}")
else
    serve
fi
checks xattrs.py "$mnt" user
serve_end

done_testing
