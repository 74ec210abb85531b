/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a pair of guests differs in, straight from the contract's table.
 */
#include <config.h>

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_model.h"

static void
add_kind (char kinds[96], const char *kind)
{
  if (kinds[0] != '\0')
    strcat (kinds, ",");
  strcat (kinds, kind);
}

static bool
incomplete (const struct model_inode *inode)
{
  return inode->type == '?' || inode->no_metadata || inode->no_xattrs
    || inode->no_content || inode->no_members;
}

/* Could PATH be on a side although it is not in the list? */
static bool
may_exist (const struct model_side *side, const char *path)
{
  char parent[MODEL_PATH];

  snprintf (parent, sizeof parent, "%s", path);
  for (;;) {
    const struct model_inode *inode;
    char *slash = strrchr (parent, '/');

    slash[slash == parent ? 1 : 0] = '\0';
    inode = model_find (side, parent);
    if (inode != NULL)
      return inode->type == '?' || inode->no_members;
    if (strcmp (parent, "/") == 0)
      return false;
  }
}

static bool
same_inode_state (const struct model_inode *a, const struct model_inode *b)
{
  return a->number == b->number && a->mtime == b->mtime
    && a->ctime == b->ctime && strlen (a->content) == strlen (b->content);
}

static void
compare_xattrs (const struct model_inode *base,
                const struct model_inode *overlay, const char *which,
                const char *kind, char kinds[96])
{
  for (int i = 0; i < MODEL_XATTRS; ++i) {
    char a = base->xattrs[i], b = overlay->xattrs[i];

    if (strcmp (model_xattr_names[i], which) != 0 || a == b)
      continue;
    if ((a == 0 && base->no_xattrs) || (b == 0 && overlay->no_xattrs))
      continue;
    add_kind (kinds, kind);
  }
}

/* Both sides have the path. */
static char
compare_two (const struct model *model, const struct model_inode *base,
             const struct model_inode *overlay, char kinds[96])
{
  bool unreadable = incomplete (base) || incomplete (overlay);
  bool silent = false;

  if (base->type != '?' && overlay->type != '?'
      && base->type != overlay->type)
    add_kind (kinds, "type");
  else if (base->type != '?' && overlay->type != '?'
           && !base->no_metadata && !overlay->no_metadata) {
    if (base->type == 'f') {
      if (strlen (base->content) != strlen (overlay->content))
        add_kind (kinds, "content");
      else if (base->content[0] == '\0'
               || (model->trust && same_inode_state (base, overlay)))
        ;
      else if (!base->no_content && !overlay->no_content
               && strcmp (base->content, overlay->content) != 0) {
        add_kind (kinds, "content");
        silent = base->mtime == overlay->mtime
          && base->ctime == overlay->ctime;
      }
    }
    if (base->mode != overlay->mode)
      add_kind (kinds, "mode");
    if (base->uid != overlay->uid)
      add_kind (kinds, "owner");
    compare_xattrs (base, overlay, "user.x", "xattr", kinds);
    compare_xattrs (base, overlay, "system.posix_acl_access", "acl", kinds);
    compare_xattrs (base, overlay, "security.capability", "capability",
                    kinds);
    compare_xattrs (base, overlay, "security.selinux", "selinux", kinds);
    if (base->type == 'l' && strcmp (base->content, overlay->content) != 0)
      add_kind (kinds, "target");
    if ((base->type == 'b' || base->type == 'c')
        && base->minor != overlay->minor)
      add_kind (kinds, "device");
    if (model->times && base->type != 'd' && base->mtime != overlay->mtime)
      add_kind (kinds, "time");
    if (silent)
      add_kind (kinds, "silent");
  }
  if (unreadable)
    return '?';
  return kinds[0] != '\0' ? 'M' : 0;
}

/* The verdict on one path; 0: no entry. */
static char
judge_one (const struct model *model, const char *path, char kinds[96])
{
  const struct model_inode *base = model_find (&model->side[0], path);
  const struct model_inode *overlay = model_find (&model->side[1], path);

  kinds[0] = '\0';
  if (base != NULL && overlay != NULL)
    return compare_two (model, base, overlay, kinds);
  if (base == NULL)
    return incomplete (overlay) || may_exist (&model->side[0], path)
      ? '?' : 'A';
  return incomplete (base) || may_exist (&model->side[1], path) ? '?' : 'D';
}

static int
compare_entries (const void *a, const void *b)
{
  const struct model_entry *one = a, *other = b;

  return model_compare_paths (one->path, other->path);
}

static bool
has_entry (const struct model_delta *delta, const char *path)
{
  for (unsigned i = 0; i < delta->count; ++i)
    if (strcmp (delta->list[i].path, path) == 0)
      return true;
  return false;
}

static bool
matches (const char *pattern, const char *path)
{
  char copy[MODEL_PATH];

  snprintf (copy, sizeof copy, "%s", path);
  for (;;) {
    char *slash = strrchr (copy, '/');

    if (fnmatch (pattern, copy, 0) == 0)
      return true;
    if (strcmp (copy, "/") == 0)
      return false;
    slash[slash == copy ? 1 : 0] = '\0';
  }
}

/* Could the pattern match a path below PATH?  As far as the part of it tells
 * that stands for itself. */
static bool
may_match_below (const char *pattern, const char *path)
{
  char below[MODEL_PATH + 1], itself[MODEL_PATH];
  size_t length;

  snprintf (below, sizeof below, "%s%s", path,
            strcmp (path, "/") == 0 ? "" : "/");
  snprintf (itself, sizeof itself, "%s", pattern);
  itself[strcspn (itself, "*?[\\")] = '\0';
  length = strlen (itself);
  if (strlen (below) < length)
    length = strlen (below);
  return strncmp (below, itself, length) == 0
    && (length == strlen (below) || strcmp (itself, pattern) != 0);
}

/* Is it a directory some of whose members nobody may know? */
static bool
hides_members (const struct model *model, const struct model_entry *entry)
{
  for (int side = 0; side < 2; ++side) {
    const struct model_inode *inode = model_find (&model->side[side],
                                                  entry->path);

    if (entry->status == '?' && inode != NULL
        && (inode->type == 'd' || inode->type == '?'))
      return true;
  }
  return false;
}

static bool
filtered_out (const struct model *model, const struct model_entry *entry)
{
  const char *path = entry->path;

  if (model->exclude != NULL && matches (model->exclude, path))
    return true;
  return model->include != NULL && !matches (model->include, path)
    && !(hides_members (model, entry)
         && may_match_below (model->include, path));
}

/* The first deleted path with the same inode number and bytes. */
static const char *
origin_of (const struct model_delta *all, const struct model *model,
           const struct model_entry *added)
{
  const struct model_inode *now = model_find (&model->side[1], added->path);

  if (!model->renames || added->status != 'A' || now->type != 'f'
      || now->content[0] == '\0')
    return NULL;
  for (unsigned i = 0; i < all->count; ++i) {
    const struct model_inode *then =
      model_find (&model->side[0], all->list[i].path);

    if (all->list[i].status == 'D' && then->type == 'f'
        && then->number == now->number
        && (strcmp (then->content, now->content) == 0
            || (model->trust && same_inode_state (then, now))))
      return all->list[i].path;
  }
  return NULL;
}

/* Adds directories that lead to entries; the root is always there. */
static void
add_scaffold (const struct model *model, struct model_delta *delta)
{
  unsigned entries = delta->count;

  for (int s = 0; s < 2; ++s)
    for (unsigned i = 0; i < model->side[s].name_count; ++i) {
      const char *path = model->side[s].names[i].path;
      bool leads = strcmp (path, "/") == 0;

      for (unsigned j = 0; j < entries; ++j)
        leads = leads || model_below (delta->list[j].path, path);
      if (leads && !has_entry (delta, path))
        delta->list[delta->count++] =
          (struct model_entry) { .path = path, .status = '-' };
    }
  qsort (delta->list, delta->count, sizeof delta->list[0], compare_entries);
}

void
model_expect (const struct model *model, struct model_delta *delta)
{
  struct model_delta all = { .count = 0 };

  for (int s = 0; s < 2; ++s)
    for (unsigned i = 0; i < model->side[s].name_count; ++i) {
      struct model_entry entry = { .path = model->side[s].names[i].path };

      entry.status = judge_one (model, entry.path, entry.kinds);
      if (entry.status != 0 && !has_entry (&all, entry.path))
        all.list[all.count++] = entry;
    }
  qsort (all.list, all.count, sizeof all.list[0], compare_entries);
  for (unsigned i = 0; i < all.count; ++i)
    all.list[i].renamed_from = origin_of (&all, model, &all.list[i]);

  delta->count = delta->filtered = 0;
  for (unsigned i = 0; i < all.count; ++i)
    if (filtered_out (model, &all.list[i]))
      delta->filtered++;
    else
      delta->list[delta->count++] = all.list[i];
  add_scaffold (model, delta);
}

/* The name at the top for a guest's own that collides. */
static void
free_name (const struct model *model, const char *name, char result[64])
{
  for (int i = 1;; ++i) {
    char path[64];

    snprintf (path, sizeof path, "/%s.%d", name, i);
    snprintf (result, 64, "%s", path);
    if (model_find (&model->side[0], path) == NULL
        && model_find (&model->side[1], path) == NULL)
      return;
  }
}

static bool
first_is (const char *path, const char *name)
{
  size_t length = strlen (name);

  return strncmp (path + 1, name, length) == 0
    && (path[length + 1] == '/' || path[length + 1] == '\0');
}

/* Where PATH of the guest is shown in a section. */
static void
shown_path (const struct model *model, bool base, const char *prefix,
            const char *path, char shown[MODEL_PATH + 32])
{
  const char *const ours[] = { ".deleted", base ? ".base" : NULL };

  if (strcmp (path, "/") == 0)
    path = "";
  for (int i = 0; i < 2 && path[0] != '\0'; ++i)
    if (ours[i] != NULL && first_is (path, ours[i])) {
      char name[64];

      free_name (model, ours[i], name);
      snprintf (shown, MODEL_PATH + 32, "%s%s%s", prefix, name,
                path + 1 + strlen (ours[i]));
      return;
    }
  snprintf (shown, MODEL_PATH + 32, "%s%s", prefix, path);
}

static void
show_section (const struct model *model, const struct model_delta *delta,
              bool base, char section, struct model_view *view)
{
  const char *prefix = section == 'm' ? "" : section == 'd'
    ? "/.deleted" : "/.base";
  int side = section == 'm' ? 1 : 0;
  bool belongs[2 * MODEL_NAMES];

  for (unsigned i = 0; i < delta->count; ++i) {
    const struct model_entry *entry = &delta->list[i];
    bool in_base = model_find (&model->side[0], entry->path) != NULL;
    bool in_overlay = model_find (&model->side[1], entry->path) != NULL;

    if (section == 'm')
      belongs[i] = entry->status == 'A' || entry->status == 'M'
        || (entry->status == '?' && in_overlay);
    else if (section == 'd')
      belongs[i] = entry->status == 'D'
        || (entry->status == '?' && !in_overlay);
    else
      belongs[i] = entry->status == 'M'
        || (entry->status == '?' && in_base && in_overlay);
  }
  for (unsigned i = 0; i < delta->count; ++i) {
    const struct model_entry *entry = &delta->list[i];
    struct model_node *node = &view->list[view->count];
    const struct model_inode *inode;
    bool leads = section != 'm' && strcmp (entry->path, "/") == 0;
    bool has_members = false;

    for (unsigned j = 0; j < delta->count; ++j)
      if (belongs[j] && model_below (delta->list[j].path, entry->path))
        has_members = true;
    if (!belongs[i] && !leads && !has_members)
      continue;
    if (section == 'm' && strcmp (entry->path, "/") == 0)
      continue;
    inode = model_find (&model->side[side], entry->path);
    *node = (struct model_node) {
      .guest = entry->path, .status = belongs[i] ? entry->status : '-',
      .side = side,
      .directory = inode->type == 'd' || has_members,
    };
    shown_path (model, base, prefix, entry->path, node->shown);
    view->count++;
  }
}

static int
compare_nodes (const void *a, const void *b)
{
  const struct model_node *one = a, *other = b;

  return model_compare_paths (one->shown, other->shown);
}

void
model_show (const struct model *model, const struct model_delta *delta,
            bool base, struct model_view *view)
{
  view->count = 0;
  show_section (model, delta, base, 'm', view);
  show_section (model, delta, base, 'd', view);
  if (base)
    show_section (model, delta, base, 'b', view);
  qsort (view->list, view->count, sizeof view->list[0], compare_nodes);
}
