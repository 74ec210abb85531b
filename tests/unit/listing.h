/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Delta sets and views as text, so that a test says in a few lines what it
 * expects.
 */
#ifndef DELTAFS_TEST_LISTING_H
#define DELTAFS_TEST_LISTING_H

#include <stdio.h>
#include <string.h>

#include "delta.h"
#include "view.h"

struct listing {
  char text[65536];
  size_t used;
};

__attribute__ ((format (printf, 2, 3)))
static inline void
listing_add (struct listing *listing, const char *format, ...)
{
  size_t left = sizeof listing->text - listing->used;
  va_list arguments;
  int length;

  va_start (arguments, format);
  length = vsnprintf (listing->text + listing->used, left, format,
                      arguments);
  va_end (arguments);
  if (length > 0)
    listing->used += (size_t) length < left ? (size_t) length : left - 1;
}

/* One line an entry: "A /path", "M content,mode /path", "D …", "? kinds …",
 * scaffold as "- /path"; " < /old" where it was renamed. */
static inline const char *
list_delta (struct listing *listing, const struct delta *delta)
{
  listing->used = 0;
  listing->text[0] = '\0';
  for (size_t i = 0; i < delta->count; ++i) {
    const struct delta_entry *entry = &delta->entries[i];
    char kinds[DELTA_KINDS_SIZE];

    delta_kinds_text (entry->kinds, kinds);
    listing_add (listing, "%c%s%s %s%s%s\n", "-AMD?"[entry->status],
                 kinds[0] != '\0' ? " " : "", kinds, entry->path,
                 entry->renamed_from != NULL ? " < " : "",
                 entry->renamed_from != NULL ? entry->renamed_from : "");
  }
  return listing->text;
}

/* One line a node, members below their directory: "A /shown/path", with the
 * guest's path after " = " where that is another one. */
static inline const char *
list_view (struct listing *listing, const struct view *view)
{
  view_node chain[64];          /* directories, and what is next in each */
  uint32_t next[64];
  char path[4096] = "";
  size_t lengths[64];
  int depth = 0;

  listing->used = 0;
  listing->text[0] = '\0';
  chain[0] = VIEW_ROOT;
  next[0] = 0;
  lengths[0] = 0;
  while (depth >= 0) {
    view_node first, node;
    uint32_t count = view_members (view, chain[depth], &first);
    char scratch[VIEW_XATTR_SCRATCH];
    const char *name, *guest;
    const void *value;
    size_t length;

    if (next[depth] == count || depth == 62) {
      depth--;
      continue;
    }
    node = first + next[depth]++;
    snprintf (path + lengths[depth], sizeof path - lengths[depth], "/%s",
              view_name (view, node));
    view_xattr (view, node, 2, scratch, &name, &value, &length);
    guest = value;
    listing_add (listing, "%c %s%s", "-AMD?"[view_status (view, node)], path,
                 view_is_directory (view, node) ? "/" : "");
    if (strcmp (guest, path) != 0)
      listing_add (listing, " = %s", guest);
    listing_add (listing, "\n");
    if (view_is_directory (view, node)) {
      lengths[depth + 1] = strlen (path);
      depth++;
      chain[depth] = node;
      next[depth] = 0;
    }
  }
  return listing->text;
}

/* The node at a path that is shown, or VIEW_NONE. */
static inline view_node
view_walk (const struct view *view, const char *path)
{
  view_node node = VIEW_ROOT;

  while (node != VIEW_NONE && *path != '\0') {
    char name[256];
    size_t length = strcspn (++path, "/");

    snprintf (name, sizeof name, "%.*s", (int) length, path);
    if (length > 0)
      node = view_lookup (view, node, name);
    path += length;
  }
  return node;
}

#endif
