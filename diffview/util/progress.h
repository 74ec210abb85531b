/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the library tells how far it is.
 */
#ifndef DELTAFS_PROGRESS_H
#define DELTAFS_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct progress {
  /* Called now and then, by any thread, also by several at once.  PHASE is
   * a static string ("start", "scan", "compare"); DONE of TOTAL units, TOTAL
   * 0 where it is not known. */
  void (*update) (void *opaque, const char *phase,
                  uint64_t done, uint64_t total);
  void *opaque;
};

/* Calls update; PROGRESS may be NULL. */
static inline void
progress_update (const struct progress *progress, const char *phase,
                 uint64_t done, uint64_t total)
{
  if (progress != NULL)
    progress->update (progress->opaque, phase, done, total);
}

#endif
