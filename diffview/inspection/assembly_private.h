/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of the assembly share.
 */
#ifndef DELTAFS_ASSEMBLY_PRIVATE_H
#define DELTAFS_ASSEMBLY_PRIVATE_H

#include <stdint.h>

#include "assembly.h"

struct assembly {
  const struct filesystems *filesystems;
  const struct layout *layout;
  struct delta *delta;
  /* For each mount of the layout its number in the delta set, or NO_NUMBER
   * while nothing of it is there. */
  int32_t *numbers;
};

#define NO_NUMBER (-1)

/* The number in the delta set of what a mount shows.  ENGINE: the one that
 * serves it from now on, or NULL: as it is.  -ENOMEM, -EOVERFLOW. */
errint_t assembly_number (struct assembly *assembly, size_t mount,
                          struct engine *engine, unsigned *number);

/* A directory that nobody told anything about, in ARENA; NULL without
 * memory. */
struct entry *scaffold_made_up (struct arena *arena);

/* Adds the directories that lead to the mount points and to what is under
 * /.filesystems, where they are missing.  -ENOMEM. */
errint_t scaffold_add (struct assembly *assembly,
                       const struct assembly_metadata *metadata);

#endif
