/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the bytes are that were written since the base: classes, and how many
 * bytes are in each.  Every byte is in exactly one class.
 */
#ifndef DELTAFS_ACCOUNT_H
#define DELTAFS_ACCOUNT_H

#include <stdint.h>

enum account_class {
  /* Of a filesystem that was looked into. */
  ACCOUNT_FILE_ADDED,           /* data of files that the base has not */
  ACCOUNT_FILE_MODIFIED,        /* of files that it has */
  ACCOUNT_SUPERBLOCK,           /* superblocks and group descriptors */
  ACCOUNT_BITMAP,
  ACCOUNT_INODE_TABLE,
  ACCOUNT_DIRECTORY,
  ACCOUNT_BLOCK_LIST,           /* extent trees, indirect blocks */
  ACCOUNT_XATTR,
  ACCOUNT_RESERVED,             /* quota and other files without a name */
  ACCOUNT_JOURNAL,
  ACCOUNT_FREED,                /* in use in the base, free now */
  ACCOUNT_NEVER_USED,           /* free in both */
  ACCOUNT_UNKNOWN,              /* nobody can tell: damaged structures */

  /* Outside any filesystem. */
  ACCOUNT_BOOT_SECTOR,          /* of the disk or of a filesystem */
  ACCOUNT_PARTITION_TABLE,
  ACCOUNT_VOLUME_METADATA,      /* labels and metadata of LVM */
  ACCOUNT_BOOT_AREA,            /* a partition for a boot loader */
  ACCOUNT_GAP,                  /* between partitions, behind a filesystem */
  ACCOUNT_SWAP,

  ACCOUNT_IDENTICAL,            /* the bytes that the base has */
  ACCOUNT_UNREADABLE,           /* the image cannot be read there */
  ACCOUNT_NOT_ACCOUNTED,        /* of what was not looked into */

  ACCOUNT_CLASSES
};

struct account {
  uint64_t bytes[ACCOUNT_CLASSES];
};

/* "file_data_added", for programs. */
const char *account_class_name (enum account_class which);

/* "file data, added", for people. */
const char *account_class_label (enum account_class which);

/* Sum of all classes. */
uint64_t account_total (const struct account *account);

/* Adds what is in ADDED to ACCOUNT. */
void account_add (struct account *account, const struct account *added);

#endif
