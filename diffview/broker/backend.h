/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the child works with: the appliances, or what stands in for them.  All
 * of it runs in the child.
 */
#ifndef DELTAFS_BROKER_BACKEND_H
#define DELTAFS_BROKER_BACKEND_H

#include "broker.h"

/* Functions as those of appliances.h; MACHINES is what launch made. */
struct broker_backend {
  errint_t (*launch) (const struct appliances_options *options,
                      void **machines);
  errint_t (*filesystems) (void *machines, enum side side,
                           struct appliance_filesystems **filesystems);
  errint_t (*open) (void *machines, const char *const mountable[SIDES],
                    const char *type, const char *name,
                    struct engine **engine);
  /* The process that a side cannot do without, a child of this one; 0 where
   * there is none to be watched. */
  pid_t (*process) (void *machines, enum side side);
  void (*close) (void *machines);
};

/* broker_start with another backend than the appliances. */
errint_t broker_start_with (const struct broker_backend *backend,
                            const struct broker_options *options,
                            struct broker **broker);

#endif
