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

/* All local files of the chains: what the daemon has to be given.  A new array
 * of *COUNT descriptors that stay the chains', to be freed; NULL without
 * memory. */
int *blockgraph_files (const struct image_chains *chains, size_t *count);

/* Adds the layers of both sides and exports them read-only, the overlay with
 * its allocation depth.  Reported. */
errint_t blockgraph_build (struct storage_daemon *daemon,
                           const struct image_chains *chains);

/* Adds a side's scratch layer for a disk of SIZE bytes, its data in the empty
 * file at PATH, and exports it writable.  Reported. */
errint_t blockgraph_add_scratch (struct storage_daemon *daemon,
                                 const struct image_chains *chains,
                                 enum side side, const char *path,
                                 uint64_t size);

#endif
