/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Superblocks of some formats: a row of the table for each.
 */
#include <config.h>

#include <string.h>

#include "bytes.h"
#include "fs_header.h"

#define FS_HEADER_MAX 1024

struct fs_format {
  const char *type;             /* libblkid's */
  uint64_t offset;              /* of the superblock in the volume, bytes */
  size_t length;                /* of what is looked at, bytes */
  bool (*parse) (const unsigned char *bytes, struct fs_header *header);
};

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
  header->clock = bytes_le64 (bytes + 0x48);        /* generation */
  header->clock_unit = "transactions";
  memcpy (header->identity, bytes + 0x20, 16);      /* fsid */
  return true;
}

static const struct fs_format formats[] = {
  { "ext2", 1024, 1024, parse_ext },
  { "ext3", 1024, 1024, parse_ext },
  { "ext4", 1024, 1024, parse_ext },
  { "xfs", 0, 512, parse_xfs },
  { "btrfs", 65536, 512, parse_btrfs },
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
fs_header_read (struct image_pair *pair, enum side side,
                 const struct volume *volume, struct fs_header *header)
{
  unsigned char bytes[FS_HEADER_MAX];
  const struct fs_format *format;

  *header = (struct fs_header) { .clock = 0 };
  if (volume == NULL || volume->type == NULL)
    return false;
  format = find_format (volume->type);
  return format != NULL
    && volume->length >= format->offset + format->length
    && pair_read (pair, side, bytes, format->length,
                  volume->offset + format->offset) == 0
    && format->parse (bytes, header);
}
