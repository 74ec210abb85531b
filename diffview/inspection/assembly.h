/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Putting the deltas of several filesystems together to one: every entry at
 * the path where the layout has it, and the directories that lead there.
 * Knows engines only by their interface.
 */
#ifndef DELTAFS_ASSEMBLY_H
#define DELTAFS_ASSEMBLY_H

#include <stddef.h>

#include "cleanup.h"
#include "delta.h"
#include "engine.h"
#include "errint.h"
#include "filesystems.h"
#include "layout.h"

/* Asks for metadata of what leads to an entry: engine_operations.stat of the
 * filesystem with that index. */
struct assembly_metadata {
  errint_t (*stat) (void *opaque, size_t filesystem, enum side side,
                    const char *path, struct entry *entry);
  void *opaque;
};

struct assembly;

/* Begins an empty delta set.  FILESYSTEMS and LAYOUT are borrowed.  NULL
 * without memory. */
struct assembly *assembly_new (const struct filesystems *filesystems,
                               const struct layout *layout);
void assembly_free (struct assembly *assembly);
DEFINE_CLEANUP (struct assembly *, assembly_free)

/* Computes the delta of a filesystem with ENGINE (which must live as long as
 * the delta set) and adds it.  On a failure that the engine reported what it
 * found so far is added as well, but for -ENOTSUP: then nothing is, and the
 * call can be made again with another engine. */
errint_t assembly_compute (struct assembly *assembly, size_t filesystem,
                           struct engine *engine,
                           const struct compare_rules *rules);

/* Adds a filesystem of which nothing, or not everything, could be read, as
 * an unreadable entry; *PLACE is its path, the delta set's.  -ENOMEM. */
errint_t assembly_unreadable (struct assembly *assembly, size_t filesystem,
                              const char **place);

/* Adds the directories that lead to what was added, filters, sorts.  *DELTA is
 * to be freed with delta_free; the assembly is empty then.  -ENOMEM. */
errint_t assembly_finish (struct assembly *assembly,
                          const struct assembly_metadata *metadata,
                          const struct delta_filter *filter,
                          struct delta **delta);

#endif
