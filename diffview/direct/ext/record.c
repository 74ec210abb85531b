/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fields of an inode into a struct entry (Documentation/filesystems/ext4
 * of Linux, inodes.rst).
 */
#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include <ext2fs/ext2fs.h>

#include "ext/attributes.h"
#include "ext/mapping.h"
#include "ext/ondisk.h"
#include "ext/record.h"

/* PATH_MAX of Linux: no longer target can be followed or read. */
#define TARGET_MAX 4096

#define FIELD16(member)                                         \
  ONDISK_LE16 (inode->raw, struct ext2_inode_large, member)
#define FIELD32(member)                                         \
  ONDISK_LE32 (inode->raw, struct ext2_inode_large, member)

/* A time of 32 bits, and where the inode has them 2 more for the seconds
 * and 30 for nanoseconds. */
static struct entry_time
read_time (const struct ext_inode *inode, size_t seconds, size_t extra)
{
  struct entry_time time = {
    .seconds = (int32_t) ondisk_le32 (inode->raw + seconds),
  };

  if (ext_inode_extra_end (inode) >= (int) extra + 4) {
    uint32_t bits = ondisk_le32 (inode->raw + extra);

    time.seconds += (int64_t) (bits & 3) << 32;
    time.nanoseconds = bits >> 2;
    if (time.nanoseconds > 999999999)
      time.nanoseconds = 999999999;
  }
  return time;
}

#define TIME(name)                                                      \
  read_time (inode, offsetof (struct ext2_inode_large, i_ ## name),     \
             offsetof (struct ext2_inode_large, i_ ## name ## _extra))

static uint64_t
read_blocks (const struct ext_filesystem *fs, const struct ext_inode *inode)
{
  uint64_t blocks = FIELD32 (i_blocks);

  if (ext_filesystem_has_ro_compat (fs, EXT4_FEATURE_RO_COMPAT_HUGE_FILE)) {
    blocks |= (uint64_t) FIELD16 (osd2.linux2.l_i_blocks_hi) << 32;
    if (ext_inode_flags (inode) & EXT4_HUGE_FILE_FL)
      blocks *= fs->reader.block_size / 512;
  }
  /* As the kernel tells of files that need none. */
  if ((ext_inode_flags (inode) & EXT4_INLINE_DATA_FL) &&
      S_ISREG (ext_inode_mode (inode)))
    blocks += (ext_inode_size (fs, inode) + 511) / 512;
  return blocks;
}

/* Both encodings of device numbers that Linux has used. */
static void
read_device (const struct ext_inode *inode, struct entry *entry)
{
  const uint8_t *block = ext_inode_block_bytes (inode);
  uint32_t old = ondisk_le32 (block), device = ondisk_le32 (block + 4);

  if (old != 0) {
    entry->major = old >> 8 & 0xff;
    entry->minor = old & 0xff;
  } else {
    entry->major = (device & 0xfff00) >> 8;
    entry->minor = (device & 0xff) | (device >> 12 & 0xfff00);
  }
}

/* -EIO for a target that cannot be read. */
static errint_t
read_target (const struct ext_filesystem *fs, const struct ext_inode *inode,
             struct arena *arena, struct entry *entry)
{
  CLEANUP_MAPPING struct ext_mapping mapping = { .tree = NULL };
  size_t length = (size_t) entry->size;
  char *target;
  errint_t err = 0;

  if (entry->size == 0 || entry->size >= TARGET_MAX)
    return -EIO;
  target = arena_allocate (arena, length + 1);
  if (target == NULL)
    return -ENOMEM;
  if (!(ext_inode_flags (inode) & EXT4_INLINE_DATA_FL) &&
      !ext_mapping_applies (inode))
    memcpy (target, ext_inode_block_bytes (inode), length);
  else {
    err = ext_mapping_open (fs, inode, &mapping);
    if (err == 0)
      err = reader_load (&fs->reader, &mapping.runs, target, length, 0);
  }
  if (err < 0)
    return err;
  entry->target = target;
  /* The kernel takes it as a string. */
  entry->target_length = (uint32_t) strlen (target);
  return entry->target_length > 0 ? 0 : -EIO;
}

static void
read_fields (const struct ext_filesystem *fs, const struct ext_inode *inode,
             struct entry *entry)
{
  entry->type = (uint8_t) entry_type_of_mode (ext_inode_mode (inode));
  entry->permissions = ext_inode_mode (inode) & 07777;
  entry->uid = FIELD16 (i_uid) |
    (uint32_t) FIELD16 (osd2.linux2.l_i_uid_high) << 16;
  entry->gid = FIELD16 (i_gid) |
    (uint32_t) FIELD16 (osd2.linux2.l_i_gid_high) << 16;
  entry->links = FIELD16 (i_links_count);
  entry->size = ext_inode_size (fs, inode);
  entry->blocks = read_blocks (fs, inode);
  entry->mtime = TIME (mtime);
  entry->atime = TIME (atime);
  entry->ctime = TIME (ctime);
}

static errint_t
read_parts (const struct ext_filesystem *fs, const struct ext_inode *inode,
            struct arena *arena, struct entry *entry)
{
  bool incomplete = false;
  errint_t err = ext_attributes_read (fs, inode, arena, &entry->xattrs,
                                      &incomplete);

  if (err < 0)
    return err;
  if (incomplete)
    entry->missing |= ENTRY_NO_XATTRS;
  if (entry->type == ENTRY_BLOCK || entry->type == ENTRY_CHAR)
    read_device (inode, entry);
  if (entry->type == ENTRY_SYMLINK) {
    err = read_target (fs, inode, arena, entry);
    if (err == -EIO) {
      entry->missing |= ENTRY_NO_TARGET;
      entry->target = NULL;
      entry->target_length = 0;
      err = 0;
    }
  }
  return err;
}

errint_t
ext_record_read (const struct ext_filesystem *fs, uint64_t number,
                 struct arena *arena, struct entry *entry,
                 struct ext_inode *inode)
{
  struct ext_inode own;
  errint_t err = -EINVAL;

  if (inode == NULL)
    inode = &own;
  *entry = (struct entry) { .inode = number };
  if (ext_inode_number_valid (fs, number))
    err = ext_inode_read (fs, (uint32_t) number, inode);
  if (err == -ENOMEM)
    return err;
  if (err < 0 || !ext_inode_in_use (inode) || ext_inode_extra_end (inode) < 0 ||
      ext_inode_size (fs, inode) > INT64_MAX) {
    entry->missing = ENTRY_NO_METADATA;
    return 0;
  }
  read_fields (fs, inode, entry);
  return read_parts (fs, inode, arena, entry);
}
