/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The nodes that the storage daemon gets: every layer with its driver and
 * its backing node stated, read-only, without locks, nothing left to a
 * header; on top of each side a scratch layer.
 */
#ifndef DELTAFS_IMAGE_BLOCKGRAPH_H
#define DELTAFS_IMAGE_BLOCKGRAPH_H

#include "chain.h"
#include "entry.h"
#include "errint.h"
#include "storage_daemon.h"

/* Names of the exports. */
extern const char *const blockgraph_export[SIDES];
extern const char *const blockgraph_scratch_export[SIDES];

/* All local files of the chains, and the scratch files: what the daemon has to
 * be given.  A new array of *COUNT descriptors that stay the caller's, to be
 * freed; NULL without memory. */
int *blockgraph_files (const struct image_chains *chains,
                       const int scratch[SIDES], size_t *count);

/* What the daemon starts with: the layers of both sides, and their exports,
 * read-only, the overlay's with its allocation depth.  A new array of *COUNT
 * parts, to be freed with blockgraph_free_parts; NULL without memory.  CHAINS
 * must live as long. */
struct storage_daemon_part *
blockgraph_parts (const struct image_chains *chains, size_t *count);
void blockgraph_free_parts (struct storage_daemon_part *parts, size_t count);

/* Adds a side's scratch layer for a disk of SIZE bytes, its data in an empty
 * file that the daemon has under the number DESCRIPTOR, and exports it
 * writable.  Reported. */
errint_t blockgraph_add_scratch (struct storage_daemon *daemon,
                                 const struct image_chains *chains,
                                 enum side side, int descriptor,
                                 uint64_t size);

#endif
