/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bytes of a file, directory, or long symlink: through its block list,
 * or out of the inode where they are stored inline.
 */
#ifndef DELTAFS_EXT_CONTENT_H
#define DELTAFS_EXT_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "mapping.h"

struct content {
  const struct filesystem *fs;
  uint64_t size;                /* bytes, of the inode */
  bool is_inline;
  bool damaged;                 /* the block list is: holes may be none */
  uint8_t *bytes;               /* owned: inline data */
  size_t length;
  struct mapping mapping;       /* owned: of what is not inline */
};

/* Finds the bytes of an inode that has some.  A damaged block list is no
 * failure yet, reading what it does not tell is.  *CONTENT is to be cleared
 * whatever happens.  -EIO, -ENOMEM. */
errint_t content_open (const struct filesystem *fs, const struct inode *inode,
                       struct content *content);
void content_clear (struct content *content);

static inline void
cleanup_content (struct content *content)
{
  content_clear (content);
}

#define CLEANUP_CONTENT __attribute__ ((cleanup (cleanup_content)))

/* Reads exactly LENGTH bytes at OFFSET, which are within the size.  Holes and
 * unwritten extents are zeros.  -EIO, -ENOMEM.  Any thread. */
errint_t content_load (const struct content *content, void *buffer,
                       size_t length, uint64_t offset);

/* Moves exactly LENGTH bytes at OFFSET into PIPE, as splice of engine.h.
 * -ENOTSUP wherever content_load is to be asked.  Any thread. */
errint_t content_splice (const struct content *content, int pipe,
                         size_t length, uint64_t offset);

/* As next_data of engine.h; -EIO where the block list is damaged. */
errint_t content_next_data (const struct content *content, uint64_t offset,
                            uint64_t *start, uint64_t *length);

/* Reads the value of an xattr that is stored in inode NUMBER, LENGTH bytes.
 * -EIO, -ENOMEM. */
errint_t content_read_xattr_inode (const struct filesystem *fs,
                                   uint32_t number, void *buffer,
                                   size_t length);

#endif
