/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an appliance sees on its disk.  libguestfs' list_filesystems would do,
 * but starts several programs for each partition; blkid once is enough.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "appliances_private.h"
#include "containers.h"
#include "groups.h"
#include "mapper.h"
#include "parallel.h"

/* Partitions, volumes and subvolumes: more are refused. */
#define FILESYSTEMS_MAX 10000

struct discovery {
  struct appliance *appliance;
  struct appliance_filesystems *found;
  bool has_volumes, has_arrays; /* of LVM, of MD: their members are hidden */
};

void
appliance_filesystems_free (struct appliance_filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i) {
    struct appliance_filesystem *filesystem = &filesystems->list[i];

    free (filesystem->device);
    free (filesystem->mountable);
    free (filesystem->type);
    free (filesystem->uuid);
    free (filesystem->label);
    free (filesystem->subvolume);
  }
  free (filesystems->list);
  free (filesystems);
}

static char *
copy_or_null (const char *text)
{
  return text != NULL && *text != '\0' ? strdup (text) : NULL;
}

static errint_t
add (struct discovery *discovery, const char *device, const char *mountable,
     const char *type, const char *uuid, const char *label)
{
  struct appliance_filesystems *found = discovery->found;
  struct appliance_filesystem *list, *filesystem;

  if (found->count == FILESYSTEMS_MAX) {
    log_report (discovery->appliance->log, LOG_LEVEL_ERROR,
                "cannot list the filesystems", NULL,
                "there are more than %d", FILESYSTEMS_MAX);
    return -E2BIG;
  }
  list = reallocarray (found->list, found->count + 1, sizeof *list);
  if (list == NULL)
    return -ENOMEM;
  found->list = list;
  filesystem = &list[found->count++];
  filesystem->device = strdup (device);
  filesystem->mountable = strdup (mountable);
  filesystem->type = strdup (type);
  filesystem->uuid = copy_or_null (uuid);
  filesystem->label = copy_or_null (label);
  filesystem->subvolume = NULL;
  return filesystem->device != NULL && filesystem->mountable != NULL
    && filesystem->type != NULL ? 0 : -ENOMEM;
}

/* The value of a key in the hash that guestfs_blkid gives, or NULL. */
static const char *
tag (char *const *tags, const char *key)
{
  for (size_t i = 0; tags[i] != NULL && tags[i + 1] != NULL; i += 2) {
    if (strcmp (tags[i], key) == 0)
      return tags[i + 1];
  }
  return NULL;
}

/* Partitions that hold no filesystem by themselves: extended ones of an MBR
 * (type 5, f, 85), Microsoft's reserved ones, and members of dynamic
 * disks. */
static bool
is_no_filesystem (char *const *tags)
{
  static const char *const types[] = {
    "0x5", "0xf", "0x85", "0x42",
    "5808c8aa-7e8f-42e0-85d2-e1e90434cfb3",
    "af9b60a0-1431-4f62-bc68-3311714a69ad",
    "e3c9e316-0b5c-4db8-817d-f92df00215ae",
  };
  const char *type = tag (tags, "PART_ENTRY_TYPE");

  for (size_t i = 0; type != NULL && i < sizeof types / sizeof types[0]; ++i) {
    if (strcasecmp (type, types[i]) == 0)
      return true;
  }
  return false;
}

/* The subvolumes of the btrfs that was added last: the default one is what
 * its device means, the others are added. */
static errint_t
add_subvolumes (struct discovery *discovery, const char *device,
                const char *uuid, const char *label)
{
  guestfs_h *g = discovery->appliance->g;
  struct appliance_filesystems *found = discovery->found;
  size_t device_index = found->count - 1;
  struct guestfs_btrfssubvolume_list *subvolumes;
  int64_t default_id;
  errint_t r = 0;

  subvolumes = guestfs_btrfs_subvolume_list (g, device);
  if (subvolumes == NULL)
    return 0;                   /* mounting it will tell */
  default_id = guestfs_btrfs_subvolume_get_default (g, device);
  for (uint32_t i = 0; i < subvolumes->len && r == 0; ++i) {
    const struct guestfs_btrfssubvolume *subvolume = &subvolumes->val[i];
    CLEANUP_FREE char *mountable = NULL;
    size_t index = device_index;

    if ((int64_t) subvolume->btrfssubvolume_id != default_id) {
      if (asprintf (&mountable, "btrfsvol:%s/%s", device,
                    subvolume->btrfssubvolume_path) < 0) {
        mountable = NULL;
        r = -ENOMEM;
        break;
      }
      r = add (discovery, device, mountable, "btrfs", uuid, label);
      if (r < 0)
        break;
      index = found->count - 1;
    }
    found->list[index].subvolume = strdup (subvolume->btrfssubvolume_path);
    if (found->list[index].subvolume == NULL)
      r = -ENOMEM;
  }
  guestfs_free_btrfssubvolume_list (subvolumes);
  return r;
}

/* Does another device of the same btrfs stand in the list? */
static bool
is_known_btrfs (const struct discovery *discovery, const char *uuid)
{
  for (size_t i = 0; uuid != NULL && i < discovery->found->count; ++i) {
    const struct appliance_filesystem *other = &discovery->found->list[i];

    if (strcmp (other->type, "btrfs") == 0 && other->uuid != NULL
        && strcmp (other->uuid, uuid) == 0)
      return true;
  }
  return false;
}

/* Is the content of such a container in the list, so that it is not? */
static bool
is_open_container (struct discovery *discovery, const char *type,
                   const char *uuid, char *const *mapped)
{
  CLEANUP_FREE char *device = NULL;

  if (strcmp (type, "LVM2_member") == 0)
    return discovery->has_volumes;
  if (strcmp (type, "linux_raid_member") == 0)
    return discovery->has_arrays;
  if (!containers_is_encrypted (type) || uuid == NULL)
    return false;
  device = containers_device (uuid);
  for (size_t i = 0; device != NULL && mapped[i] != NULL; ++i) {
    if (strcmp (mapped[i], device) == 0)
      return true;
  }
  return false;
}

static errint_t
look_at (struct discovery *discovery, const char *device, char *const *mapped)
{
  struct appliance *appliance = discovery->appliance;
  CLEANUP_FREE_STRINGS char **tags = guestfs_blkid (appliance->g, device);
  CLEANUP_FREE char *plain_label = NULL;
  const char *type, *uuid, *label;
  errint_t r;

  if (tags == NULL)
    return add (discovery, device, device, "unknown", NULL, NULL);
  if (is_no_filesystem (tags))
    return 0;
  type = tag (tags, "TYPE");
  uuid = tag (tags, "UUID");
  label = tag (tags, "LABEL");
  if (type == NULL || *type == '\0')
    type = "unknown";
  if (is_open_container (discovery, type, uuid, mapped))
    return 0;
  if (strcmp (type, "btrfs") == 0 && is_known_btrfs (discovery, uuid))
    return 0;
  /* Here it is escaped for a shell. */
  if (label != NULL && strchr (label, '\\') != NULL) {
    plain_label = guestfs_vfs_label (appliance->g, device);
    label = plain_label;
  }
  r = add (discovery, device, device, type, uuid, label);
  if (r == 0 && strcmp (type, "btrfs") == 0)
    r = add_subvolumes (discovery, device, uuid, label);
  return r;
}

static bool
is_partitioned (const char *device, char *const *partitions)
{
  size_t length = strlen (device);

  for (size_t i = 0; partitions[i] != NULL; ++i) {
    if (strncmp (partitions[i], device, length) == 0
        && partitions[i][length] != '\0')
      return true;
  }
  return false;
}

static errint_t
look_at_all (struct discovery *discovery, char *const *devices,
             char *const *partitions, char *const *mapped)
{
  for (size_t i = 0; devices[i] != NULL; ++i) {
    errint_t r;

    if (partitions != NULL && is_partitioned (devices[i], partitions))
      continue;
    appliance_alive (discovery->appliance);
    r = look_at (discovery, devices[i], mapped);
    if (r < 0)
      return r;
  }
  return 0;
}

/* Takes the device at PLACE out of its list, which ends with NULL. */
static void
leave_out (const struct discovery *discovery, char **place)
{
  log_detail (discovery->appliance->log,
              "%s: %s holds no filesystem of its own",
              side_name (discovery->appliance->side), *place);
  free (*place);
  do
    place[0] = place[1];
  while (*place++ != NULL);
}

/* A container, in MD's sense: it holds arrays and has no bytes of its own. */
static bool
is_container (guestfs_h *g, const char *array)
{
  CLEANUP_FREE_STRINGS char **details = guestfs_md_detail (g, array);
  const char *level = details != NULL ? tag (details, "level") : NULL;

  return level != NULL && strcmp (level, "container") == 0;
}

/* Devices that LVM and MD make for themselves hold pieces of filesystems, and
 * may well look like one.  VOLUMES gets those that are not active yet. */
static errint_t
sort_out (const struct discovery *discovery, char **arrays, char ***volumes,
          char **mapped)
{
  struct mapper mapper = { .devices = NULL };
  size_t i = 0;
  errint_t r;

  while (arrays != NULL && arrays[i] != NULL) {
    if (is_container (discovery->appliance->g, arrays[i]))
      leave_out (discovery, &arrays[i]);
    else
      ++i;
  }
  /* Each question takes a moment, and most disks have no LVM.  A group of
   * volumes that are all skipped is an unknown container then. */
  if ((*volumes == NULL || (*volumes)[0] == NULL)
      && (mapped == NULL || mapped[0] == NULL))
    return 0;
  mapper_ask (discovery->appliance, &mapper);
  r = mapper_add_skipped (&mapper, volumes);
  for (i = 0; r == 0 && mapped != NULL && mapped[i] != NULL; ) {
    if (mapper_is_lvm (&mapper, mapped[i]))
      leave_out (discovery, &mapped[i]);
    else
      ++i;
  }
  mapper_clear (&mapper);
  return r;
}

static errint_t
discover (struct discovery *discovery)
{
  guestfs_h *g = discovery->appliance->g;
  CLEANUP_FREE_STRINGS char **devices = guestfs_list_devices (g);
  CLEANUP_FREE_STRINGS char **partitions = guestfs_list_partitions (g);
  CLEANUP_FREE_STRINGS char **arrays = guestfs_list_md_devices (g);
  CLEANUP_FREE_STRINGS char **volumes = guestfs_lvs (g);
  CLEANUP_FREE_STRINGS char **mapped = guestfs_list_dm_devices (g);
  char *const none[] = { NULL };
  char *const *mapped_list = none;
  errint_t r;

  if (devices == NULL || partitions == NULL)
    return -EIO;
  if (volumes != NULL && volumes[0] != NULL
      && groups_activate (discovery->appliance)) {
    cleanup_free_strings (&mapped);
    mapped = guestfs_list_dm_devices (g);
  }
  if (mapped != NULL)
    mapped_list = mapped;
  r = sort_out (discovery, arrays, &volumes, mapped);
  if (r < 0)
    return r;
  discovery->has_arrays = arrays != NULL && arrays[0] != NULL;
  discovery->has_volumes = volumes != NULL && volumes[0] != NULL;
  r = look_at_all (discovery, devices, partitions, mapped_list);
  if (r == 0)
    r = look_at_all (discovery, partitions, NULL, mapped_list);
  if (r == 0 && arrays != NULL)
    r = look_at_all (discovery, arrays, partitions, mapped_list);
  if (r == 0 && volumes != NULL)
    r = look_at_all (discovery, volumes, NULL, mapped_list);
  if (r == 0)
    r = look_at_all (discovery, mapped_list, NULL, mapped_list);
  return r;
}

static int
compare_devices (const void *a, const void *b)
{
  const struct appliance_filesystem *left = a, *right = b;
  int r = strverscmp (left->device, right->device);

  return r != 0 ? r : strcmp (left->mountable, right->mountable);
}

static errint_t
discover_side (enum side side, void *opaque)
{
  struct appliances *appliances = opaque;
  struct appliance *appliance = appliances->side[side];
  CLEANUP (appliance_filesystems_free)
    struct appliance_filesystems *found = calloc (1, sizeof *found);
  struct discovery discovery = { .appliance = appliance, .found = found };
  errint_t r = -ENOMEM;

  if (appliances->seen[side] != NULL)
    return 0;
  if (found != NULL) {
    APPLIANCE_LOCK (appliance);
    r = discover (&discovery);
  }
  if (r < 0) {
    if (r != -E2BIG)
      log_error (appliances->log, r, "cannot list the filesystems",
                 side_name (side));
    return r;
  }
  if (found->count > 0)
    qsort (found->list, found->count, sizeof *found->list, compare_devices);
  appliances->seen[side] = steal_pointer (&found);
  return 0;
}

/* Who asks for one side asks for the other one too: both are looked at at
 * once. */
errint_t
appliances_filesystems (struct appliances *appliances, enum side side,
                        struct appliance_filesystems **result)
{
  errint_t r = 0;

  *result = NULL;
  if (appliances->seen[side] == NULL)
    r = parallel_sides (discover_side, appliances);
  if (r == 0)
    *result = steal_pointer (&appliances->seen[side]);
  return r;
}
