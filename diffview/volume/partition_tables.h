/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a disk's partition tables lie, and whether a parser that trusts them
 * would come to an end.
 */
#ifndef DELTAFS_VOLUME_PARTITION_TABLES_H
#define DELTAFS_VOLUME_PARTITION_TABLES_H

#include "disk_window.h"
#include "errint.h"
#include "extents.h"
#include "log.h"

#define PARTITIONS_MAX 1024

/* Copies what libblkid reads of the tables: MBR with its chain of logical
 * partitions, both GPTs, and the starts of the MBR's partitions.  A chain that
 * runs in a circle is cut in the window.  -E2BIG, reported, for a table that is
 * larger than any that is needed.  AREAS gets the places of the tables, the boot
 * sector among them, in bytes.  *SECTOR_SIZE (bytes), 512 or 4096, is what an
 * MBR is taken to count in; where there is a GPT it becomes what that counts
 * in. */
errint_t partition_tables_copy (struct disk_window *window,
                                const struct log *log,
                                struct extents *areas,
                                unsigned *sector_size);

/* Is there an MBR, none that stands for a GPT, all of whose partitions would
 * lie on the disk if it counted in sectors of this size?  The MBR itself does
 * not say in what it counts. */
errint_t partition_tables_mbr_fits (struct disk_window *window,
                                    unsigned sector_size, bool *fits);

#endif
