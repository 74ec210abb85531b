/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which subvolumes belong together: see subtree_pairs.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "subtree_pairs.h"

/* What the base's fstab mounts of the filesystem at MOUNT_POINT, or NULL. */
static const char *
subtree_by_fstab (const struct filesystems *filesystems,
                  const struct fstab *fstab, size_t filesystem,
                  const char *mount_point)
{
  for (size_t i = 0; fstab != NULL && i < fstab->count; ++i) {
    const struct fstab_entry *entry = &fstab->list[i];
    size_t index;

    if (strcmp (entry->mount_point, mount_point) != 0)
      continue;
    if (!devices_find_entry (filesystems, entry, &index)
        || index != filesystem || entry->subvolume_number)
      return NULL;
    return entry->subtree != NULL ? entry->subtree
      : filesystem_default_subtree (&filesystems->list[filesystem],
                                    SIDE_BASE);
  }
  return NULL;
}

/* The base's subtree in the place of MOUNT's; NULL: not known, or none. */
static const char *
subtree_of_base (const struct filesystems *filesystems,
                 const struct guest *base, const struct layout_mount *mount)
{
  const struct filesystem *filesystem =
    &filesystems->list[mount->filesystem];

  if (base == NULL)
    return strcmp (mount->subtree,
                   filesystem_default_subtree (filesystem,
                                               SIDE_OVERLAY)) == 0
      ? filesystem_default_subtree (filesystem, SIDE_BASE) : NULL;
  if (strcmp (mount->mount_point, "/") == 0)
    return base->subtree;
  return subtree_by_fstab (filesystems, base->fstab, mount->filesystem,
                           mount->mount_point);
}

static errint_t
add (char ***pairs, size_t *count, const char *overlay, const char *base)
{
  char **list = reallocarray (*pairs, *count + 3, sizeof *list);

  if (list == NULL)
    return -ENOMEM;
  *pairs = list;
  list[*count] = strdup (overlay);
  list[*count + 1] = list[*count] != NULL ? strdup (base) : NULL;
  list[*count + 2] = NULL;
  if (list[*count + 1] == NULL)
    return -ENOMEM;
  *count += 2;
  return 0;
}

errint_t
subtree_pairs (const struct filesystems *filesystems,
               const struct layout *layout, const struct guest *base,
               size_t filesystem, char ***result)
{
  CLEANUP_FREE_STRINGS char **pairs = NULL;
  size_t count = 0;
  errint_t error = 0;

  *result = NULL;
  if (!filesystem_is_btrfs (&filesystems->list[filesystem]))
    return 0;
  for (size_t i = 0; error == 0 && i < layout->main_count; ++i) {
    const struct layout_mount *mount = &layout->list[i];
    const char *subtree;

    if (mount->filesystem != filesystem)
      continue;
    subtree = subtree_of_base (filesystems, base, mount);
    if (subtree != NULL && strcmp (subtree, mount->subtree) != 0)
      error = add (&pairs, &count, mount->subtree, subtree);
  }
  if (error == 0)
    *result = steal_pointer (&pairs);
  return error;
}
