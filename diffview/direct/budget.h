/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How much work and memory a filesystem may cause: in an honest one each
 * block belongs to one owner, so that all its metadata together is not more
 * than its disk holds.  A hostile one may let any number of inodes share a
 * block, and a few kilobytes would keep us busy for days.
 */
#ifndef DELTAFS_DIRECT_BUDGET_H
#define DELTAFS_DIRECT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* What may still be done.  Any thread. */
struct budget {
  _Atomic int64_t xattr_bytes;  /* to be kept in memory, of all inodes */
  _Atomic int64_t list_blocks;  /* of block lists, to be read */
  _Atomic int64_t directory_blocks;     /* to be read */
  _Atomic int64_t compared_bytes;       /* of files' content */
};

/* For a filesystem of BLOCKS blocks of BLOCK_SIZE bytes (their product fits
 * 63 bits). */
void budget_start (struct budget *budget, uint64_t blocks,
                   uint32_t block_size);

/* From here on only what a reader of the delta asks for is done: lists,
 * directories and content have no limit any more. */
void budget_lift (struct budget *budget);

/* Takes AMOUNT; false when it is more than is left. */
bool budget_draw (_Atomic int64_t *budget, uint64_t amount);

#endif
