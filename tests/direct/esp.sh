# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that boots by UEFI: its EFI partition, which fstab mounts at /boot/efi,
# is compared directly, and no appliance is started.  A boot that only marks it as
# in use changes nothing; an update of a kernel and a boot loader is listed,
# mounted and exported like that of any file.

. "${srcdir:-.}/../kit/kit.sh" || exit 99

requires deltafs qemu-img sfdisk mke2fs debugfs mkfs.vfat mcopy mattrib \
    fusermount3 tar jq
test -r /dev/fuse || skip_all "there is no /dev/fuse"
export MTOOLS_SKIP_CHECK=1

# Nothing that an appliance could be started with.
export LIBGUESTFS_HV=/bin/false LIBGUESTFS_PATH=/nonexistent

mkdir root root/etc root/boot root/boot/efi root/usr delta
cleanup_add "deltafs umount --lazy $work/delta"
cat >root/etc/fstab <<'END'
UUID=aaaaaaaa-0000-4000-8000-000000000001 / ext4 defaults 0 1
UUID=1234-5678 /boot/efi vfat umask=0077 0 1
END
echo old >root/usr/program

# file NAME SIZE BYTE TIME
file ()
{
    head -c "$2" /dev/zero | tr '\0' "$3" >"$1"
    touch -d "$4 UTC" "$1"
}

file kernel 900000 k '2024-02-29 12:34:56'
file kernel.new 950000 K '2025-03-01 01:02:04'
file loader 300000 l '2024-02-29 12:34:56'
file loader.new 300000 L '2025-03-01 01:02:04'
file config 300 c '2024-02-29 12:34:56'

efi=base.raw@@34M
truncate -s 80M base.raw
printf 'label: gpt\n%s\n%s\n' 'start=2048, size=32M' \
       'start=69632, size=40M, type=U' | sfdisk -q --no-tell-kernel base.raw
mke2fs -q -t ext4 -E offset=1048576 -d root \
       -U aaaaaaaa-0000-4000-8000-000000000001 base.raw 32M
mkfs.vfat -F 32 -s 1 -i 12345678 --offset 69632 base.raw 40960 >mkfs.log 2>&1
mmd -i "$efi" ::/EFI ::/EFI/debian ::/EFI/BOOT
mcopy -m -i "$efi" kernel "::/EFI/debian/vmlinuz-6.1.0-57-amd64"
mcopy -m -i "$efi" loader ::/EFI/debian/grubx64.efi
mcopy -m -i "$efi" loader ::/EFI/BOOT/BOOTX64.EFI
mcopy -m -i "$efi" config "::/EFI/debian/ÄÖÜ.CFG"
mcopy -m -i "$efi" config ::/EFI/debian/grub.cfg

# overlay NAME: of what was made of base.raw in changed.raw.
overlay ()
{
    qemu-img convert -q -f raw -O qcow2 -B base.raw -F raw changed.raw "$1"
}

# The mark of a volume in use, as a kernel writes it.
boot ()
{
    cp --sparse=always base.raw changed.raw
    printf '\001' | dd of=changed.raw bs=1 seek=$((34 * 1048576 + 65)) \
                       conv=notrunc status=none
}

# --- a boot ---

boot
overlay boot.qcow2
run deltafs diff boot.qcow2
is "a boot: exit code" "$status" 0
is "a boot: nothing changed" "$(cat out err)" ""
run deltafs info --json boot.qcow2
is "a boot: engine" \
   "$(jq -c '[.partitions[] | select (.overlay.type == "vfat")
              | .engine]' out)" '["direct"]'
is "a boot: what was written" \
   "$(jq -c '.account | del (.identical)' out)" '{"boot_sectors":512}'

# --- an update ---

efi=changed.raw@@34M
mdel -i "$efi" "::/EFI/debian/vmlinuz-6.1.0-57-amd64"
mcopy -m -i "$efi" kernel.new "::/EFI/debian/vmlinuz-6.1.0-58-amd64"
mcopy -m -o -i "$efi" loader.new ::/EFI/debian/grubx64.efi
mattrib +h +r -i "$efi" "::/EFI/debian/ÄÖÜ.CFG"
echo new >new
debugfs -w -R "write new usr/new" "changed.raw?offset=1048576" \
        2>>debugfs.log >&2
overlay update.qcow2
sums=$(sha256sum base.raw update.qcow2)

wanted="M	content	/boot/efi/EFI/debian/grubx64.efi
D	-	/boot/efi/EFI/debian/vmlinuz-6.1.0-57-amd64
A	-	/boot/efi/EFI/debian/vmlinuz-6.1.0-58-amd64
M	mode,attributes	/boot/efi/EFI/debian/ÄÖÜ.CFG
A	-	/usr/new"
run deltafs diff update.qcow2
is "an update: exit code" "$status" 0
is "an update: nothing on stderr" "$(cat err)" ""
is "an update: the list" "$(cat out)" "$wanted"
run deltafs diff -m /dev/sda1 -m /dev/sda2:/efi update.qcow2
is "with -m" "$(cut -f3 out | head -n1)" /efi/EFI/debian/grubx64.efi
run deltafs diff -m /dev/sda2 update.qcow2
is "with -m of the partition alone" \
   "$(cat out)" "$(sed -n 's,/boot/efi/EFI,/EFI,p' <<<"$wanted")"

run deltafs diff --json update.qcow2
is "JSON: the engine" "$(jq -r 'select (.summary) | .summary.engine' out)" direct
is "JSON: the file" \
   "$(jq -c 'select (.path == "/boot/efi/EFI/debian/ÄÖÜ.CFG")
             | [.base.mode, .overlay.mode, .overlay.uid, .overlay.size,
                .overlay.mtime, .overlay.type]' out)" \
   '["0755","0555",0,300,"2024-02-29T12:34:56.000000000Z","file"]'

run deltafs info update.qcow2
is "info: exit code" "$status" 0
unlike "info: nothing is damaged" "$(cat out err)" "damaged"
run deltafs info --json update.qcow2
is "info: classes" \
   "$(jq -c '[.partitions[] | select (.overlay.type == "vfat")
              | .account | del (.identical) | keys[]]' out)" \
   '["bitmaps","boot_sectors","directories","file_data_added","superblocks"]'

check "mount" deltafs mount -o base update.qcow2 delta
here=delta/boot/efi/EFI/debian
mcopy -n -i "$efi" ::/EFI/debian/vmlinuz-6.1.0-58-amd64 \
      ::/EFI/debian/grubx64.efi .
same_files "the new kernel, as mtools has it" \
           vmlinuz-6.1.0-58-amd64 "$here/vmlinuz-6.1.0-58-amd64"
same_files "the new boot loader" grubx64.efi "$here/grubx64.efi"
same_files "the old boot loader" loader \
           delta/.base/boot/efi/EFI/debian/grubx64.efi
same_files "the kernel that is gone" kernel \
           delta/.deleted/boot/efi/EFI/debian/vmlinuz-6.1.0-57-amd64
is "its metadata" "$(stat -c '%A %u %g %s %Y' "$here/grubx64.efi")" \
   "-rwxr-xr-x 0 0 300000 1740790924"
check "umount" deltafs umount delta

run deltafs export update.qcow2
is "export: exit code" "$status" 0
mkdir layer
tar -xf out -C layer 2>tar.log
same_files "export: the new kernel" vmlinuz-6.1.0-58-amd64 \
           layer/boot/efi/EFI/debian/vmlinuz-6.1.0-58-amd64
is "the images are as they were" "$(sha256sum base.raw update.qcow2)" "$sums"

# --- the two tables differ ---

# An entry of the second one alone.
printf '\7' | dd of=changed.raw bs=1 conv=notrunc status=none \
    seek=$((34 * 1048576 + 32 * 512 + 630 * 512 + 400))
rm update.qcow2
overlay update.qcow2
run deltafs diff update.qcow2
is "tables differ: exit code" "$status" 0
is "tables differ: the same list" "$(cat out)" "$wanted"
is "tables differ: a warning" "$(cat err)" \
   "deltafs: warning: the filesystem is damaged: sda2: its allocation tables differ; the first one counts"

done_testing
