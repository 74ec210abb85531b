#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The case that it is for: a golden Debian, a clone with Apache installed, one
# file removed, one made setuid, one touched, one infected.  The list and the
# tree hold exactly that, and a scanner looks at that alone.
KIT_LIMIT=1800
. "${srcdir:-$(dirname "$0")}/../kit/kit.sh"
. "$top_srcdir/tests/real/fixtures.bash"
. "$top_srcdir/tests/real/debian_pair.bash"
requires_root
requires qemu-storage-daemon losetup mke2fs debootstrap python3 clamscan

debian_pair
base=$debian_cache/base.qcow2
overlay=$debian_cache/overlay.qcow2
images_remember "$base" "$overlay"
files=$(wc -l <"$debian_cache/base.tree")
note "$files files in the base"
check "the base is large" test "$files" -gt 15000

oracle diff "$debian_cache/base.tree" "$debian_cache/overlay.tree" >wanted
note "$(cut -f1 wanted | sort | uniq -c | tr '\n' ' ') in the delta set"
deltafs_run diff --engine guestfs "$overlay"
is "diff: exit code" "$status" 0
same_files "diff: exactly what was changed" out wanted
check "diff: the removed file" grep -qx 'D	-	/usr/bin/wget' out
check "diff: the setuid file" grep -qx 'M	mode	/usr/bin/python3.11' out
check_not "diff: not the touched file" grep -q /usr/bin/perl out
check "diff: Apache" grep -qx 'A	-	/usr/sbin/apache2' out

mkdir delta
cleanup_add 'deltafs umount --lazy "$work/delta"; umount -l "$work/delta"'
deltafs_run mount --engine guestfs "$overlay" delta
is "mount: exit code" "$status" 0
check "mount: exactly what was changed" oracle mount delta \
    "$debian_cache/base.tree" "$debian_cache/overlay.tree"

# A scanner with a signature of our own.
mkdir signatures
infected=delta/var/www/html/invoice.pdf.exe
printf '%s:%s:Test.File\n' "$(sha256sum <"$infected" | cut -d' ' -f1)" \
    "$(stat -c %s "$infected")" >signatures/own.hsb
run clamscan -r -d signatures delta
is "clamscan: finds it" "$status" 1
check "clamscan: in the right place" \
    grep -q 'delta/var/www/html/invoice.pdf.exe: Test.File' out
scanned=$(sed -n 's/^Scanned files: //p' out)
note "$scanned files scanned"
check "clamscan: looks at hundreds of files" \
    test "$scanned" -gt 100 -a "$scanned" -lt 2000

# Many readers at once.
check "tar, grep and find at once" bash -c '
    set -o pipefail
    tar -C delta -cf - . | wc -c >tar.size & one=$!
    grep -r apache delta >grep.out & two=$!
    find delta -type f -exec cat {} + | wc -c >cat.size & three=$!
    wait $one && wait $two && wait $three && test -s grep.out'

for pid in $(marked_processes); do
    case $(readlink "/proc/$pid/exe") in
    */deltafs)
        memory=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
        note "process $pid of deltafs has taken $memory KiB"
        check "less than 100 MiB of memory" test "$memory" -lt 102400
        ;;
    esac
done

check "umount" deltafs umount delta
check_images
check_nothing_left
done_testing
