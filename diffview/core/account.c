/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of the classes of written bytes, and sums.
 */
#include <config.h>

#include "account.h"

static const struct class_text {
  const char *name, *label;
} texts[ACCOUNT_CLASSES] = {
  [ACCOUNT_FILE_ADDED] = { "file_data_added", "file data, added" },
  [ACCOUNT_FILE_MODIFIED] = { "file_data_modified", "file data, modified" },
  [ACCOUNT_SUPERBLOCK] = { "superblocks", "superblocks, descriptors" },
  [ACCOUNT_BITMAP] = { "bitmaps", "bitmaps" },
  [ACCOUNT_INODE_TABLE] = { "inode_tables", "inode tables" },
  [ACCOUNT_DIRECTORY] = { "directories", "directories" },
  [ACCOUNT_BLOCK_LIST] = { "block_lists", "extent, indirect blocks" },
  [ACCOUNT_XATTR] = { "xattrs", "extended attributes" },
  [ACCOUNT_RESERVED] = { "reserved_inodes", "quota, orphan lists" },
  [ACCOUNT_JOURNAL] = { "journal", "journal" },
  [ACCOUNT_FREED] = { "freed", "freed" },
  [ACCOUNT_NEVER_USED] = { "never_used", "never used" },
  [ACCOUNT_UNKNOWN] = { "unknown", "unknown (damaged)" },
  [ACCOUNT_BOOT_SECTOR] = { "boot_sectors", "boot sector" },
  [ACCOUNT_PARTITION_TABLE] = { "partition_table", "partition table" },
  [ACCOUNT_VOLUME_METADATA] = { "volume_metadata", "LVM metadata" },
  [ACCOUNT_BOOT_AREA] = { "boot_areas", "boot area" },
  [ACCOUNT_GAP] = { "gaps", "gaps" },
  [ACCOUNT_SWAP] = { "swap", "swap" },
  [ACCOUNT_IDENTICAL] = { "identical", "identical to the base" },
  [ACCOUNT_UNREADABLE] = { "unreadable", "unreadable" },
  [ACCOUNT_NOT_ACCOUNTED] = { "not_accounted", "not accounted" },
};

const char *
account_class_name (enum account_class which)
{
  return texts[which].name;
}

const char *
account_class_label (enum account_class which)
{
  return texts[which].label;
}

uint64_t
account_total (const struct account *account)
{
  uint64_t sum = 0;

  for (int i = 0; i < ACCOUNT_CLASSES; ++i)
    sum += account->bytes[i];
  return sum;
}

void
account_add (struct account *account, const struct account *added)
{
  for (int i = 0; i < ACCOUNT_CLASSES; ++i)
    account->bytes[i] += added->bytes[i];
}
