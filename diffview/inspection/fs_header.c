/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Superblocks of some formats: a row of the table for each.
 */
#include <config.h>

#include <string.h>

#include "bytes.h"
#include "fs_header.h"

#define FS_HEADER_MAX 4096
#define EXT_BOOT_SECTORS FS_HEADER_START_MAX
#define EXT_INCOMPAT_64BIT 0x80
#define SWAP_PAGE 4096

struct fs_format {
  const char *type;             /* libblkid's */
  uint64_t offset;              /* of the superblock in the volume, bytes */
  size_t length;                /* of what is looked at, bytes */
  bool (*parse) (const unsigned char *bytes, struct fs_header *header);
};

/* COUNT units of 2^SHIFT bytes; one that cannot be is as large as can be. */
static uint64_t
shifted (uint64_t count, unsigned shift)
{
  return shift >= 64 || count > UINT64_MAX >> shift ? UINT64_MAX
    : count << shift;
}

static uint64_t
product (uint64_t count, uint64_t unit)
{
  uint64_t bytes;

  return __builtin_mul_overflow (count, unit, &bytes) ? UINT64_MAX : bytes;
}

/* ext2/3/4: kernel, fs/ext4/ext4.h, struct ext4_super_block.  The kernel adds
 * to s_kbytes_written when it writes the superblock itself: at mount, unmount,
 * freeze and remount.  So do e2fsck, and resize2fs when they have written
 * blocks; it is 64 bits wide.  A journal holds older copies, never newer ones
 * than the next unmount writes, and a side's number as it lies on the disk is
 * never lower than that of the disk it was cloned from: hence no replay. */
static bool
parse_ext (const unsigned char *bytes, struct fs_header *header)
{
  if (bytes_le16 (bytes + 0x38) != 0xef53)
    return false;
  header->start = EXT_BOOT_SECTORS;
  header->end = bytes_le32 (bytes + 4);                 /* s_blocks_count */
  if ((bytes_le32 (bytes + 0x60) & EXT_INCOMPAT_64BIT) != 0)
    header->end |= (uint64_t) bytes_le32 (bytes + 0x150) << 32;
  header->end = shifted (header->end, bytes_le32 (bytes + 0x18) + 10);
  header->clock = bytes_le64 (bytes + 0x178);
  header->clock_unit = "KiB written";
  header->written = bytes_le32 (bytes + 0x30)
    | (uint64_t) bytes[0x274] << 32;
  memcpy (header->identity, bytes + 0x68, 16);      /* s_uuid */
  memcpy (header->identity + 16, bytes + 0x108, 4); /* s_mkfs_time */
  return true;
}

/* XFS, version 5: kernel, fs/xfs/libxfs/xfs_format.h, struct xfs_dsb.  sb_lsn
 * is the place in the log (cycle, block) of the last change that was written
 * back to the superblock. */
static bool
parse_xfs (const unsigned char *bytes, struct fs_header *header)
{
  if (memcmp (bytes, "XFSB", 4) != 0)
    return false;
  header->end = product (bytes_be64 (bytes + 8), bytes_be32 (bytes + 4));
  if ((bytes[101] & 15) == 5)
    header->clock = bytes_be64 (bytes + 240);
  header->clock_unit = "as its place in the log";
  memcpy (header->identity, bytes + 32, 16);        /* sb_uuid */
  return true;
}

/* btrfs: btrfs-progs, Documentation/dev/On-disk-format.rst. */
static bool
parse_btrfs (const unsigned char *bytes, struct fs_header *header)
{
  if (memcmp (bytes + 0x40, "_BHRfS_M", 8) != 0)
    return false;
  header->end = bytes_le64 (bytes + 0xd1);      /* dev_item.total_bytes */
  header->clock = bytes_le64 (bytes + 0x48);    /* generation */
  header->clock_unit = "transactions";
  memcpy (header->identity, bytes + 0x20, 16);      /* fsid */
  return true;
}

/* squashfs 4: kernel, fs/squashfs/squashfs_fs.h, bytes_used. */
static bool
parse_squashfs (const unsigned char *bytes, struct fs_header *header)
{
  header->end = bytes_le64 (bytes + 40);
  return memcmp (bytes, "hsqs", 4) == 0;
}

/* FAT: Microsoft, "FAT: General Overview of On-Disk Format", the BPB. */
static bool
parse_fat (const unsigned char *bytes, struct fs_header *header)
{
  uint32_t sectors = bytes_le16 (bytes + 19);

  if (sectors == 0)
    sectors = bytes_le32 (bytes + 32);
  header->end = product (sectors, bytes_le16 (bytes + 11));
  return bytes[510] == 0x55 && bytes[511] == 0xaa;
}

/* exFAT specification, section 3.1: VolumeLength, BytesPerSectorShift. */
static bool
parse_exfat (const unsigned char *bytes, struct fs_header *header)
{
  header->end = shifted (bytes_le64 (bytes + 72), bytes[108]);
  return memcmp (bytes + 3, "EXFAT   ", 8) == 0;
}

/* NTFS: libyal, "New Technologies File System".  The copy of the boot sector
 * behind the last sector is not counted there. */
static bool
parse_ntfs (const unsigned char *bytes, struct fs_header *header)
{
  const uint64_t sectors = bytes_le64 (bytes + 40);

  header->end = product (sectors < UINT64_MAX ? sectors + 1 : sectors,
                         bytes_le16 (bytes + 11));
  return memcmp (bytes + 3, "NTFS    ", 8) == 0;
}

/* f2fs: kernel, include/linux/f2fs_fs.h: block_count, log_blocksize. */
static bool
parse_f2fs (const unsigned char *bytes, struct fs_header *header)
{
  header->end = shifted (bytes_le64 (bytes + 36), bytes_le32 (bytes + 16));
  return bytes_le32 (bytes) == 0xf2f52010;
}

/* EROFS: kernel, fs/erofs/erofs_fs.h: blocks, blkszbits. */
static bool
parse_erofs (const unsigned char *bytes, struct fs_header *header)
{
  header->end = shifted (bytes_le32 (bytes + 36), bytes[12]);
  return bytes_le32 (bytes) == 0xe0f5e1e2;
}

/* ECMA-119, section 8.4: volume space size, logical block size. */
static bool
parse_iso9660 (const unsigned char *bytes, struct fs_header *header)
{
  header->end = product (bytes_le32 (bytes + 80), bytes_le16 (bytes + 128));
  return memcmp (bytes + 1, "CD001", 5) == 0;
}

/* Swap: kernel, include/linux/swap.h, union swap_header, of pages of 4 KiB. */
static bool
parse_swap (const unsigned char *bytes, struct fs_header *header)
{
  header->end = product ((uint64_t) bytes_le32 (bytes + 1028) + 1, SWAP_PAGE);
  return memcmp (bytes + SWAP_PAGE - 10, "SWAPSPACE2", 10) == 0;
}

static const struct fs_format formats[] = {
  { "ext2", 1024, 1024, parse_ext },
  { "ext3", 1024, 1024, parse_ext },
  { "ext4", 1024, 1024, parse_ext },
  { "xfs", 0, 512, parse_xfs },
  { "btrfs", 65536, 512, parse_btrfs },
  { "squashfs", 0, 512, parse_squashfs },
  { "vfat", 0, 512, parse_fat },
  { "exfat", 0, 512, parse_exfat },
  { "ntfs", 0, 512, parse_ntfs },
  { "f2fs", 1024, 512, parse_f2fs },
  { "erofs", 1024, 512, parse_erofs },
  { "iso9660", 32768, 512, parse_iso9660 },
  { "swap", 0, SWAP_PAGE, parse_swap },
};

static const struct fs_format *
find_format (const char *type)
{
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; ++i)
    if (strcmp (type, formats[i].type) == 0)
      return &formats[i];
  return NULL;
}

bool
fs_header_read (const struct volume *volume, struct fs_header *header)
{
  unsigned char bytes[FS_HEADER_MAX];
  const struct fs_format *format;
  const uint64_t length = volume != NULL ? volume->length : 0;

  *header = (struct fs_header) { .end = length };
  if (volume == NULL || volume->type == NULL)
    return false;
  format = find_format (volume->type);
  if (format == NULL || length < format->offset + format->length
      || device_read (volume->device, bytes, format->length,
                      format->offset) != 0
      || !format->parse (bytes, header)) {
    *header = (struct fs_header) { .end = length };
    return false;
  }
  if (header->end == 0 || header->end > length)
    header->end = length;
  return true;
}
