/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where each filesystem lies in the one tree: see layout.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "path.h"
#include "devices.h"

static const char others[] = "/.filesystems/";

void
layout_free (struct layout *layout)
{
  for (size_t i = 0; i < layout->count; ++i) {
    free (layout->list[i].subtree);
    free (layout->list[i].mount_point);
  }
  free (layout->list);
  free (layout);
}

static errint_t
add (struct layout *layout, size_t filesystem, const char *subtree,
     const char *mount_point, bool main_tree)
{
  struct layout_mount mount = { .filesystem = filesystem,
                                .main_tree = main_tree };
  struct layout_mount *list;

  list = reallocarray (layout->list, layout->count + 1, sizeof *list);
  if (list == NULL)
    return -ENOMEM;
  layout->list = list;
  mount.subtree = strdup (subtree);
  mount.mount_point = strdup (mount_point);
  list[layout->count++] = mount;
  if (main_tree)
    layout->main_count = layout->count;
  return mount.subtree != NULL && mount.mount_point != NULL ? 0 : -ENOMEM;
}

/* The places under /.filesystems, one for each filesystem. */
static errint_t
add_others (struct layout *layout, const struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i) {
    const char *device = filesystems->list[i].device;
    CLEANUP_FREE char *mount_point =
      malloc (sizeof others + strlen (device));
    errint_t error;

    if (mount_point == NULL)
      return -ENOMEM;
    strcpy (mount_point, others);
    strcat (mount_point, device);
    if ((error = add (layout, i, "/", mount_point, false)) != 0)
      return error;
  }
  return 0;
}

static bool
is_taken (const struct layout *layout, const char *mount_point)
{
  for (size_t i = 0; i < layout->count; ++i)
    if (strcmp (layout->list[i].mount_point, mount_point) == 0)
      return true;
  return false;
}

/* "/dev/root" is the kernel's word for wherever it started from. */
static bool
may_be_missing (const struct fstab_entry *entry)
{
  return entry->optional
    || (entry->tag == FSTAB_DEVICE
        && (devices_is_removable (entry->value)
            || strcmp (entry->value, "/dev/root") == 0));
}

static bool
same_source (const struct fstab_entry *a, const struct fstab_entry *b)
{
  return a->tag == b->tag && strcmp (a->value, b->value) == 0;
}

/* Where the lines from FIRST on would mount the device of FIRST, "/home, /var":
 * to be freed.  NULL where that is nowhere but at "/", and without memory. */
static char *
list_mount_points (const struct fstab *fstab, size_t first)
{
  const struct fstab_entry *list = fstab->list;
  size_t size = 0;
  char *text, *end;

  for (size_t i = first; i < fstab->count; ++i)
    if (same_source (&list[i], &list[first]) && !may_be_missing (&list[i])
        && strcmp (list[i].mount_point, "/") != 0)
      size += strlen (list[i].mount_point) + 2;
  if (size == 0 || (text = end = malloc (size)) == NULL)
    return NULL;
  for (size_t i = first; i < fstab->count; ++i)
    if (same_source (&list[i], &list[first]) && !may_be_missing (&list[i])
        && strcmp (list[i].mount_point, "/") != 0) {
      if (end != text)
        end = stpcpy (end, ", ");
      end = stpcpy (end, list[i].mount_point);
    }
  return text;
}

/* Once for each device, whatever the number of lines that name it.  ROOT is
 * what was taken for the root. */
static void
warn_missing (const struct fstab *fstab, size_t index, const char *root,
              const struct log *log)
{
  static const char what[] =
    "the guest's fstab names a device that is not on the disk";
  const struct fstab_entry *entry = &fstab->list[index];
  CLEANUP_FREE char *text = fstab_entry_text (entry);
  CLEANUP_FREE char *places = NULL;

  if (may_be_missing (entry)) {
    log_detail (log, "the disk has no %s, which the guest's fstab names",
                text != NULL ? text : entry->value);
    return;
  }
  for (size_t i = 0; i < index; ++i)
    if (same_source (&fstab->list[i], entry)
        && !may_be_missing (&fstab->list[i]))
      return;
  places = list_mount_points (fstab, index);
  for (size_t i = index; i < fstab->count; ++i)
    if (same_source (&fstab->list[i], entry)
        && !may_be_missing (&fstab->list[i])
        && strcmp (fstab->list[i].mount_point, "/") == 0) {
      log_report (log, LOG_LEVEL_WARNING, what, text,
                  "%s, which has this fstab, is taken for its root%s%s", root,
                  places != NULL ? "; nothing is shown for it at " : "",
                  places != NULL ? places : "");
      return;
    }
  log_report (log, LOG_LEVEL_WARNING, what, text,
              "nothing is shown for it at %s",
              places != NULL ? places : entry->mount_point);
}

static errint_t
add_entry (struct layout *layout, const struct filesystems *filesystems,
           const struct guest *guest, size_t line, const struct log *log)
{
  const struct fstab_entry *entry = &guest->fstab->list[line];
  const struct filesystem *filesystem;
  size_t index;

  if (!devices_find_entry (filesystems, entry, &index)) {
    warn_missing (guest->fstab, line, filesystems->list[guest->root].device,
                  log);
    return 0;
  }
  if (strcmp (entry->mount_point, "/") == 0)
    return 0;                   /* where that fstab is from */
  filesystem = &filesystems->list[index];
  if (is_taken (layout, entry->mount_point)) {
    log_detail (log, "the guest's fstab has %s twice: the first one counts",
                entry->mount_point);
    return 0;
  }
  if (entry->subvolume_number) {
    log_report (log, LOG_LEVEL_WARNING,
                "the guest's fstab names a subvolume by number",
                entry->mount_point, "it is shown under /.filesystems/%s",
                filesystem->device);
    return 0;
  }
  return add (layout, index,
              entry->subtree != NULL ? entry->subtree
                                     : filesystem_default_subtree (filesystem,
                                                                  SIDE_OVERLAY),
              entry->mount_point, true);
}

errint_t
layout_of_guest (const struct filesystems *filesystems,
                 const struct guest *guest, const struct log *log,
                 struct layout **result)
{
  CLEANUP (layout_free) struct layout *layout = calloc (1, sizeof *layout);
  errint_t error;

  if (layout == NULL)
    return -ENOMEM;
  if ((error = add (layout, guest->root, guest->subtree, "/", true)) != 0)
    return error;
  for (size_t i = 0; guest->fstab != NULL && i < guest->fstab->count; ++i)
    if ((error = add_entry (layout, filesystems, guest, i, log)) != 0)
      return error;
  if ((error = add_others (layout, filesystems)) != 0)
    return error;
  *result = steal_pointer (&layout);
  return 0;
}

errint_t
layout_without_guest (const struct filesystems *filesystems,
                      struct layout **result)
{
  CLEANUP (layout_free) struct layout *layout = calloc (1, sizeof *layout);
  size_t count = 0, only = 0;
  errint_t error;

  if (layout == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < filesystems->count; ++i)
    if (filesystem_counts (&filesystems->list[i])) {
      only = i;
      ++count;
    }
  if (count == 1
      && (error = add (layout, only,
                       filesystem_default_subtree (&filesystems->list[only],
                                                   SIDE_OVERLAY), "/",
                       true)) != 0)
    return error;
  if ((error = add_others (layout, filesystems)) != 0)
    return error;
  *result = steal_pointer (&layout);
  return 0;
}

/* "sda1, sda2, vg/lv": new, to be freed. */
static char *
list_devices (const struct filesystems *filesystems)
{
  size_t size = 1;
  char *text;

  for (size_t i = 0; i < filesystems->count; ++i)
    size += strlen (filesystems->list[i].device) + 2;
  text = malloc (size);
  if (text == NULL)
    return NULL;
  *text = '\0';
  for (size_t i = 0; i < filesystems->count; ++i) {
    if (!filesystem_counts (&filesystems->list[i]))
      continue;
    if (*text != '\0')
      strcat (text, ", ");
    strcat (text, filesystems->list[i].device);
  }
  return text;
}

static errint_t
find_selected (const struct filesystems *filesystems,
               const struct selected *selected, const struct log *log,
               size_t *index)
{
  bool found = devices_find (filesystems, selected->device, index);
  CLEANUP_FREE char *devices = NULL;

  if (found)
    devices_enter (filesystems, index);
  if (found && filesystem_counts (&filesystems->list[*index]))
    return 0;
  log_report (log, LOG_LEVEL_ERROR, "cannot use -m", selected->device,
              "%s", found ? "it holds no filesystem" : "no such device");
  devices = list_devices (filesystems);
  if (devices != NULL && *devices != '\0')
    log_hint (log, "the disk has %s", devices);
  return -ENOENT;
}

/* A filesystem has one place. */
static errint_t
check_new (const struct layout *layout, size_t filesystem,
           const struct selected *selected, const struct log *log)
{
  if (!layout_uses (layout, filesystem))
    return 0;
  log_report (log, LOG_LEVEL_ERROR, "cannot use -m", selected->device,
              "another -m names it too");
  return -EINVAL;
}

errint_t
layout_of_selection (const struct filesystems *filesystems,
                     const struct selection *selection,
                     const struct log *log, struct layout **result)
{
  CLEANUP (layout_free) struct layout *layout = calloc (1, sizeof *layout);
  errint_t error;

  if (layout == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < selection->count; ++i) {
    const struct selected *selected = &selection->list[i];
    size_t index;

    if ((error = find_selected (filesystems, selected, log, &index)) != 0
        || (error = check_new (layout, index, selected, log)) != 0
        || (error = add (layout, index,
                         filesystem_default_subtree (&filesystems->list[index],
                                                     SIDE_OVERLAY),
                         selected->mount_point, true)) != 0)
      return error;
  }
  if ((error = add_others (layout, filesystems)) != 0)
    return error;
  *result = steal_pointer (&layout);
  return 0;
}

bool
layout_uses (const struct layout *layout, size_t filesystem)
{
  for (size_t i = 0; i < layout->main_count; ++i)
    if (layout->list[i].filesystem == filesystem)
      return true;
  return false;
}

const struct layout_mount *
layout_place_of (const struct layout *layout, size_t filesystem)
{
  size_t i = 0;

  while (layout->list[i].filesystem != filesystem)
    ++i;
  return &layout->list[i];
}

/* The mount of the main tree that holds PLACE: the one deepest down;
 * main_count for none. */
static size_t
find_owner (const struct layout *layout, const char *place)
{
  size_t owner = layout->main_count, longest = 0;

  for (size_t i = 0; i < layout->main_count; ++i) {
    size_t length = strlen (layout->list[i].mount_point);

    if (length > longest
        && path_within (place, layout->list[i].mount_point)) {
      owner = i;
      longest = length;
    }
  }
  return owner;
}

/* What follows DIRECTORY in PATH, which is within: "" or "/…". */
static const char *
rest_of (const char *path, const char *directory)
{
  if (directory[1] == '\0')
    return path[1] == '\0' ? "" : path;
  return path + strlen (directory);
}

/* DIRECTORY followed by REST, written to BUFFER (NULL: only counted), with a
 * NUL; returns its length. */
static size_t
put (char *buffer, const char *directory, const char *rest)
{
  size_t length = directory[1] == '\0' && *rest != '\0'
    ? 0 : strlen (directory);
  size_t rest_length = strlen (rest);

  if (buffer != NULL) {
    memcpy (buffer, directory, length);
    memcpy (buffer + length, rest, rest_length + 1);
  }
  return length + rest_length;
}

static errint_t
place_in (const struct layout_mount *mount, const char *path,
          struct arena *arena, const char **place)
{
  const char *rest = rest_of (path, mount->subtree);
  char *joined;

  if (mount->subtree[1] == '\0' && mount->mount_point[1] == '\0') {
    *place = path;
    return 0;
  }
  joined = arena_allocate (arena, put (NULL, mount->mount_point, rest) + 1);
  if (joined == NULL)
    return -ENOMEM;
  put (joined, mount->mount_point, rest);
  *place = joined;
  return 0;
}

errint_t
layout_place (const struct layout *layout, size_t filesystem,
              const char *path, struct arena *arena,
              const char **place, size_t *mount)
{
  errint_t error;

  for (size_t i = 0; i < layout->main_count; ++i) {
    if (layout->list[i].filesystem != filesystem
        || !path_within (path, layout->list[i].subtree))
      continue;
    if ((error = place_in (&layout->list[i], path, arena, place)) != 0)
      return error;
    if (find_owner (layout, *place) == i) {
      *mount = i;
      return 0;
    }
  }
  *mount = layout->main_count + filesystem;
  return place_in (&layout->list[*mount], path, arena, place);
}

char *
layout_locate (const struct layout *layout, const char *place,
               size_t *mount, errint_t *error)
{
  const struct layout_mount *owner;
  const char *rest;
  char *path;

  *error = 0;
  *mount = find_owner (layout, place);
  if (*mount == layout->main_count)
    return NULL;
  owner = &layout->list[*mount];
  rest = rest_of (place, owner->mount_point);
  path = malloc (put (NULL, owner->subtree, rest) + 1);
  if (path != NULL)
    put (path, owner->subtree, rest);
  else
    *error = -ENOMEM;
  return path;
}
