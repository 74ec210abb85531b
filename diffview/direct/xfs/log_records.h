/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The log of XFS: where it begins and ends, and the records in it.  Knows how a
 * record is packed; must not know what a transaction means.
 *
 * Sources: "XFS Algorithms & Data Structures", chapter "Journaling Log";
 * fs/xfs/libxfs/xfs_log_format.h and fs/xfs/xfs_log_recover.c of Linux.
 * Everything is counted in basic blocks of 512 bytes.
 */
#ifndef DELTAFS_XFS_LOG_RECORDS_H
#define DELTAFS_XFS_LOG_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "xfs/filesystem.h"

#define XFS_BASIC_BLOCK 512

struct xfs_log {
  const struct xfs_filesystem *fs;      /* borrowed */
  uint64_t start;               /* byte of the volume */
  uint32_t length;              /* basic blocks */
  uint32_t head, tail;          /* what has to be replayed is from TAIL up to
                                 * HEAD, around the end of the log */
  bool clean;                   /* nothing has to be */
};

/* A record: its data as they were logged. */
struct xfs_log_record {
  uint64_t sequence;            /* log sequence number: cycle and block */
  uint32_t operations;          /* in DATA */
  uint32_t length;              /* bytes of DATA */
  uint32_t next;                /* basic block behind the record */
  uint8_t *data;                /* in a buffer of the reader's */
};

/* Room for the largest record: headers and data. */
struct xfs_log_buffer {
  uint8_t *bytes;               /* owned: malloc'ed by the first read */
};

/* Finds head and tail as the kernel's recovery does; a record at the end that was
 * torn when the copy was taken is left out.  -ENOTSUP with *REASON where that
 * makes no sense, -EIO, -ENOMEM, -EREMOTEIO. */
errint_t xfs_log_open (const struct xfs_filesystem *fs, struct xfs_log *log,
                       const char **reason);

/* Reads the record at basic block BLOCK, checked, its cycle numbers replaced by
 * what stood there.  -EIO for what is none; -ENOMEM, -EREMOTEIO. */
errint_t xfs_log_read_record (const struct xfs_log *log, uint32_t block,
                              struct xfs_log_buffer *buffer,
                              struct xfs_log_record *record);

/* Reads COUNT basic blocks, around the end of the log. */
errint_t xfs_log_read (const struct xfs_log *log, uint32_t block,
                       uint32_t count, uint8_t *buffer);

#endif
