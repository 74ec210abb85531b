/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The members of an OCI layer: what the overlay has is there as it is, what
 * it has no more is a whiteout, an empty file named after it.  Source: layer.md
 * of the OCI image specification, "Representing Changes".
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "layer_mark.h"
#include "members.h"
#include "path.h"

/* The walk over a delta set. */
struct layer {
  const struct delta *delta;
  const struct log *log;
  struct members *members;
  const char *gone;             /* what is below this path is gone with it */
  const char *untold;           /* or cannot be told, as this path cannot */
  uint8_t *named;               /* by filesystem: it was named as left out */
};

static bool
is_below (const char *path, const char *directory)
{
  return directory != NULL && path_within (path, directory);
}

static const char *
last_name (const char *path)
{
  return strrchr (path, '/') + 1;
}

static void
leave_out (struct layer *layer, const char *path, const char *why)
{
  layer->members->incomplete = true;
  log_report (layer->log, LOG_LEVEL_WARNING, "left out of the layer", path,
              "%s", why);
}

/* A filesystem that is not in the guest's own tree. */
static void
leave_out_filesystem (struct layer *layer, const struct delta_entry *entry)
{
  if (entry->status == STATUS_SCAFFOLD || layer->named[entry->filesystem])
    return;
  layer->named[entry->filesystem] = 1;
  leave_out (layer,
             layer->delta->filesystems[entry->filesystem].mount_point,
             "it is not mounted in the guest's tree");
}

static errint_t
add (struct layer *layer, const struct delta_entry *entry, bool whiteout)
{
  struct member member = {
    .entry = entry, .whiteout = whiteout,
    .side = whiteout ? SIDE_BASE : SIDE_OVERLAY,
  };

  return members_add (layer->members, &member);
}

/* What the base has in the place of something that is left out must go, unless
 * it is of the same kind. */
static errint_t
add_removal (struct layer *layer, const struct delta_entry *entry,
             bool (*is_kind) (const struct entry *entry))
{
  const struct entry *base = entry->side[SIDE_BASE];

  return base == NULL || is_kind (base) ? 0 : add (layer, entry, true);
}

static bool
is_socket (const struct entry *entry)
{
  return entry->type == ENTRY_SOCKET;
}

/* Is something else in the place of a directory now? */
static bool
is_no_directory_any_more (const struct delta_entry *entry)
{
  return entry->side[SIDE_BASE] != NULL && entry->side[SIDE_OVERLAY] != NULL
    && entry->side[SIDE_BASE]->type == ENTRY_DIRECTORY
    && entry->side[SIDE_OVERLAY]->type != ENTRY_DIRECTORY
    && entry->side[SIDE_OVERLAY]->type != ENTRY_UNKNOWN;
}

static errint_t
add_entry (struct layer *layer, const struct delta_entry *entry)
{
  const struct entry *overlay = entry->side[SIDE_OVERLAY];
  errint_t err = 0;

  if (entry->status == STATUS_DELETED) {
    layer->gone = entry->path;
    return add (layer, entry, true);
  }
  if (overlay == NULL)
    return 0;                   /* scaffold of what is gone, or unreadable */
  if (is_no_directory_any_more (entry))
    layer->gone = entry->path;
  if (layer_mark_is_device (overlay)) {
    leave_out (layer, entry->path,
               "a character device 0:0 would mean that something is removed");
    return add_removal (layer, entry, layer_mark_is_device);
  }
  /* No archive holds a socket, which is named when it gets there. */
  if (is_socket (overlay))
    err = add_removal (layer, entry, is_socket);
  return err < 0 ? err : add (layer, entry, false);
}

static errint_t
take_entry (struct layer *layer, const struct delta_entry *entry)
{
  if (!layer->delta->filesystems[entry->filesystem].main_tree) {
    leave_out_filesystem (layer, entry);
    return 0;
  }
  if (is_below (entry->path, layer->untold)
      || (entry->status == STATUS_DELETED
          && is_below (entry->path, layer->gone)))
    return 0;
  if (layer_mark_is_name (last_name (entry->path))) {
    layer->untold = entry->path;
    leave_out (layer, entry->path,
               "a name that begins with " LAYER_WHITEOUT
               " would mean that something is removed");
    return 0;
  }
  return add_entry (layer, entry);
}

errint_t
members_of_layer (const struct delta *delta, const struct log *log,
                  struct members **result)
{
  CLEANUP (members_free) struct members *members =
    calloc (1, sizeof *members);
  CLEANUP_FREE_BYTES uint8_t *named = calloc (delta->filesystem_count + 1, 1);
  struct layer layer = {
    .delta = delta, .log = log, .members = members, .named = named,
  };
  errint_t err = 0;

  if (members == NULL || named == NULL)
    return -ENOMEM;
  members->leaves_out_xattr = layer_mark_is_xattr;
  for (size_t i = 0; i < delta->count && err == 0; ++i)
    err = take_entry (&layer, &delta->entries[i]);
  if (err == 0)
    err = members_find_groups (members);
  if (err == 0)
    *result = steal_pointer (&members);
  return err;
}
