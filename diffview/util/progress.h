/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the library tells how far it is.
 */
#ifndef DELTAFS_PROGRESS_H
#define DELTAFS_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/* What takes longest before anything can be counted, with KVM and without. */
#define PROGRESS_APPLIANCE "starting the appliance, a few seconds"
#define PROGRESS_EMULATED "starting the appliance, 10 to 30 s"

struct progress {
  /* Called now and then, by any thread, also by several at once.  PHASE is
   * a static string ("scan", "compare", …, one of those above); DONE of TOTAL
   * units, TOTAL 0 where it is not known. */
  void (*update) (void *opaque, const char *phase,
                  uint64_t done, uint64_t total);
  /* Why the appliance has to be started, before it is: "sda1 is vfat"; copied.
   * It may have names of the guest in it.  NULL: nobody wants to know. */
  void (*explain) (void *opaque, const char *why);
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

/* Calls explain where there is one. */
static inline void
progress_explain (const struct progress *progress, const char *why)
{
  if (progress != NULL && progress->explain != NULL)
    progress->explain (progress->opaque, why);
}

#endif
