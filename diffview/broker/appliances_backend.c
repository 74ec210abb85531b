/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The backend that is used: the appliances of libguestfs.
 */
#include <config.h>

#include "backend.h"

static errint_t
launch (const struct appliances_options *options, void **machines)
{
  struct appliances *appliances = NULL;
  errint_t error = appliances_launch (options, &appliances);

  *machines = appliances;
  return error;
}

static errint_t
filesystems (void *machines, enum side side,
             struct appliance_filesystems **result)
{
  return appliances_filesystems (machines, side, result);
}

static errint_t
open_engine (void *machines, const char *const mountable[SIDES],
             const char *type, const char *name, struct engine **engine)
{
  return guestfs_engine_open (machines, mountable, type, name, engine);
}

static pid_t
process (void *machines, enum side side)
{
  return appliances_process (machines, side);
}

static void
close_machines (void *machines)
{
  appliances_close (machines);
}

static const struct broker_backend appliances_backend = {
  .launch = launch,
  .filesystems = filesystems,
  .open = open_engine,
  .process = process,
  .close = close_machines,
};

errint_t
broker_start (const struct broker_options *options, struct broker **broker)
{
  return broker_start_with (&appliances_backend, options, broker);
}
