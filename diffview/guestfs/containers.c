/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening encrypted volumes.  The appliance itself activates LVM and MD when
 * it starts; only what appears behind a key has to be asked for.
 */
#include <config.h>

#include "containers.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"

/* Encrypted volumes within encrypted volumes: more is no honest guest. */
#define DEPTH_MAX 4

bool
containers_is_encrypted (const char *type)
{
  return strcmp (type, "crypto_LUKS") == 0 || strcmp (type, "BitLocker") == 0;
}

static char *
map_name (const char *uuid)
{
  char *name;

  return asprintf (&name, "luks-%s", uuid) < 0 ? NULL : name;
}

char *
containers_device (const char *uuid)
{
  CLEANUP_FREE char *name = map_name (uuid);
  char *device;

  if (name == NULL || asprintf (&device, "/dev/mapper/%s", name) < 0)
    return NULL;
  return device;
}

static bool
is_open (struct appliance *appliance, const char *uuid)
{
  CLEANUP_FREE char *device = containers_device (uuid);
  CLEANUP_FREE_STRINGS char **devices = NULL;

  if (device == NULL)
    return false;
  devices = guestfs_list_dm_devices (appliance->g);
  for (size_t i = 0; devices != NULL && devices[i] != NULL; ++i) {
    if (strcmp (devices[i], device) == 0)
      return true;
  }
  return false;
}

/* Tries the keys for one device.  *OPENED tells whether one fitted. */
static errint_t
open_device (struct appliance *appliance, const char *device,
             const char *uuid, char *const *keys, bool *opened)
{
  CLEANUP_FREE char *name = map_name (uuid);
  bool tried = false;

  if (name == NULL)
    return log_error (appliance->log, -ENOMEM, "cannot open", device);
  for (size_t i = 0; keys[i] != NULL; ++i) {
    CLEANUP_FREE char *secret = NULL;
    errint_t r = keys_secret (keys[i], device, uuid, appliance->log, &secret);

    if (r < 0)
      return r;
    if (secret == NULL)
      continue;
    tried = true;
    appliance_alive (appliance);
    if (guestfs_cryptsetup_open (appliance->g, device, secret, name, -1)
        == 0) {
      *opened = true;
      return 0;
    }
    log_detail (appliance->log, "%s: %s: %s", side_name (appliance->side),
                device, appliance_error_text (appliance));
  }
  if (tried)
    log_report (appliance->log, LOG_LEVEL_WARNING,
                "cannot open the encrypted volume", device,
                "no key fits (%s)", side_name (appliance->side));
  return 0;
}

/* One list of devices: opens what is encrypted.  A device that cannot be
 * looked at is none of ours. */
static errint_t
open_devices (struct appliance *appliance, char **devices,
              char *const *keys, bool *opened)
{
  for (size_t i = 0; devices != NULL && devices[i] != NULL; ++i) {
    CLEANUP_FREE char *type = guestfs_vfs_type (appliance->g, devices[i]);
    CLEANUP_FREE char *uuid = NULL;
    errint_t r;

    if (type == NULL || !containers_is_encrypted (type))
      continue;
    uuid = guestfs_vfs_uuid (appliance->g, devices[i]);
    if (uuid == NULL || *uuid == '\0' || is_open (appliance, uuid))
      continue;
    r = open_device (appliance, devices[i], uuid, keys, opened);
    if (r < 0)
      return r;
  }
  return 0;
}

errint_t
containers_open (struct appliance *appliance, char *const *keys)
{
  char **(*const lists[]) (guestfs_h *) = {
    guestfs_list_devices, guestfs_list_partitions,
    guestfs_list_md_devices, guestfs_lvs, guestfs_list_dm_devices,
  };

  if (keys == NULL || keys[0] == NULL)
    return 0;
  for (int depth = 0; depth < DEPTH_MAX; ++depth) {
    APPLIANCE_LOCK (appliance);
    bool opened = false;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; ++i) {
      CLEANUP_FREE_STRINGS char **devices = lists[i] (appliance->g);
      errint_t r = open_devices (appliance, devices, keys, &opened);

      if (r < 0)
        return r;
    }
    if (!opened)
      break;
    /* Nothing of LVM inside is no failure. */
    if (guestfs_lvm_scan (appliance->g, 1) == -1)
      log_detail (appliance->log, "%s: %s", side_name (appliance->side),
                  appliance_error_text (appliance));
  }
  return 0;
}
