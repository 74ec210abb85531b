/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which filesystem a name means: see devices.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "devices.h"

static bool
find_partition (const struct filesystems *filesystems, int partition,
                size_t *index)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    if (filesystems->list[i].partition == partition) {
      *index = i;
      return true;
    }
  return false;
}

/* "12" is 12, "" is 0; -1 for what is no number of a partition. */
static int
partition_number (const char *digits)
{
  int number = 0;

  if (*digits == '0')
    return -1;
  for (; *digits != '\0'; ++digits) {
    if (*digits < '0' || *digits > '9' || number > 100000)
      return -1;
    number = number * 10 + (*digits - '0');
  }
  return number;
}

/* The partition's number for a name of the first disk or of a partition on
 * it; -1 for anything else. */
static int
partition_of_name (const char *name)
{
  static const char *const disks[] = { "sda", "vda", "hda", "xvda", "ubda" };
  static const char *const disks_with_p[] = { "nvme0n1", "mmcblk0" };

  for (size_t i = 0; i < sizeof disks / sizeof disks[0]; ++i) {
    size_t length = strlen (disks[i]);

    if (strncmp (name, disks[i], length) == 0)
      return partition_number (name + length);
  }
  for (size_t i = 0; i < sizeof disks_with_p / sizeof disks_with_p[0]; ++i) {
    size_t length = strlen (disks_with_p[i]);

    if (strncmp (name, disks_with_p[i], length) != 0)
      continue;
    name += length;
    if (*name == '\0')
      return 0;
    return *name == 'p' && name[1] != '\0' ? partition_number (name + 1) : -1;
  }
  return -1;
}

/* "disk/by-path/pci-0000:00:04.0-part1", "disk/by-id/…-part1". */
static int
partition_of_link (const char *name)
{
  const char *part = NULL;

  if (strncmp (name, "disk/by-id/", 11) != 0
      && strncmp (name, "disk/by-path/", 13) != 0)
    return -1;
  for (const char *at = name; (at = strstr (at, "-part")) != NULL; ++at)
    part = at;
  return part != NULL && part[5] != '\0' ? partition_number (part + 5) : -1;
}

/* "vg-lv" as device-mapper names "vg/lv": hyphens within are doubled. */
static char *
name_of_mapper (const char *mapper)
{
  char *name = malloc (strlen (mapper) + 1), *out = name;
  bool split = false;

  if (name == NULL)
    return NULL;
  for (; *mapper != '\0'; ++mapper) {
    if (mapper[0] == '-' && mapper[1] == '-') {
      *out++ = '-';
      ++mapper;
    }
    else if (mapper[0] == '-' && !split) {
      *out++ = '/';
      split = true;
    }
    else
      *out++ = *mapper;
  }
  *out = '\0';
  return name;
}

/* What device-mapper calls by that id, "LVM-…". */
static const struct filesystem *
find_id (const struct filesystems *filesystems, const char *id)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    for (int side = SIDES - 1; side >= 0; --side) {
      const struct volume *volume = filesystems->list[i].side[side].volume;

      if (volume != NULL && volume->id != NULL
          && strcmp (volume->id, id) == 0)
        return &filesystems->list[i];
    }
  return NULL;
}

/* What stands behind PREFIX, or NULL. */
static const char *
behind (const char *name, const char *prefix)
{
  const size_t length = strlen (prefix);

  return strncmp (name, prefix, length) == 0 ? name + length : NULL;
}

bool
devices_find (const struct filesystems *filesystems, const char *device,
                size_t *index)
{
  const struct filesystem *filesystem;
  const char *mapper, *id;
  int partition;

  if (strncmp (device, "/dev/", 5) == 0)
    device += 5;
  filesystem = filesystems_find (filesystems, device);
  mapper = behind (device, "mapper/");
  if (mapper == NULL)
    mapper = behind (device, "disk/by-id/dm-name-");
  id = behind (device, "disk/by-id/dm-uuid-");
  if (filesystem == NULL && id != NULL)
    filesystem = find_id (filesystems, id);
  if (filesystem == NULL && mapper != NULL) {
    CLEANUP_FREE char *name = name_of_mapper (mapper);

    if (name != NULL)
      filesystem = filesystems_find (filesystems, name);
  }
  if (filesystem != NULL) {
    *index = (size_t) (filesystem - filesystems->list);
    return true;
  }
  partition = partition_of_name (device);
  if (partition < 0)
    partition = partition_of_link (device);
  return partition >= 0 && find_partition (filesystems, partition, index);
}

/* The opened device's name ends with the container's UUID. */
void
devices_enter (const struct filesystems *filesystems, size_t *index)
{
  const struct filesystem_side *container =
    filesystem_identity (&filesystems->list[*index]);
  size_t length = container->uuid != NULL ? strlen (container->uuid) : 0;

  if (container->contents != CONTENTS_CONTAINER || length == 0)
    return;
  for (size_t i = 0; i < filesystems->count; ++i) {
    const char *device = filesystems->list[i].device;
    size_t device_length = strlen (device);

    if (filesystems->list[i].partition < 0 && device_length > length
        && strcasecmp (device + device_length - length,
                       container->uuid) == 0) {
      *index = i;
      return;
    }
  }
}

static bool
same (const char *a, const char *b)
{
  return a != NULL && strcmp (a, b) == 0;
}

static bool
same_uuid (const char *a, const char *b)
{
  return a != NULL && strcasecmp (a, b) == 0;
}

static bool
side_matches (const struct filesystem_side *side,
              const struct fstab_entry *entry)
{
  const struct volume *volume = side->volume;

  switch (entry->tag) {
  case FSTAB_UUID: return same_uuid (side->uuid, entry->value);
  case FSTAB_LABEL: return same (side->label, entry->value);
  case FSTAB_PARTUUID:
    return volume != NULL && same_uuid (volume->partition_uuid, entry->value);
  case FSTAB_PARTLABEL:
    return volume != NULL && same (volume->partition_label, entry->value);
  case FSTAB_DEVICE: break;
  }
  return false;
}

/* What the overlay's filesystem says of itself counts first; the base's
 * tells where one was that is gone or garbage now.  A copy has its source's
 * name: a snapshot or an image that the guest has made is in the overlay only,
 * and does not take the place of what both sides have. */
bool
devices_find_entry (const struct filesystems *filesystems,
                    const struct fstab_entry *entry, size_t *index)
{
  if (entry->tag == FSTAB_DEVICE)
    return devices_find (filesystems, entry->value, index);
  for (size_t i = 0; i < filesystems->count; ++i)
    if (side_matches (&filesystems->list[i].side[SIDE_OVERLAY], entry)
        && side_matches (&filesystems->list[i].side[SIDE_BASE], entry)) {
      *index = i;
      return true;
    }
  for (size_t i = 0; i < filesystems->count; ++i)
    if (side_matches (&filesystems->list[i].side[SIDE_OVERLAY], entry)) {
      *index = i;
      return true;
    }
  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct filesystem *filesystem = &filesystems->list[i];

    if (filesystem->side[SIDE_OVERLAY].contents != CONTENTS_FILESYSTEM
        && side_matches (&filesystem->side[SIDE_BASE], entry)) {
      *index = i;
      return true;
    }
  }
  return false;
}

bool
devices_is_removable (const char *device)
{
  static const char *const prefixes[] = {
    "/dev/cdrom", "/dev/dvd", "/dev/sr", "/dev/scd", "/dev/fd", "/dev/floppy",
  };

  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; ++i)
    if (strncmp (device, prefixes[i], strlen (prefixes[i])) == 0)
      return true;
  return false;
}
