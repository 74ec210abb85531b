/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Symlinks that stay inside: targets rewritten so that no walk through the
 * mounted tree leaves it, whatever the guest made.  Looks at names only.
 *
 * Each link has a root: the tree's own for the main tree's links, .deleted or
 * .base for those below it, and the folder of a filesystem whose mount point
 * is not known for those in there.  A target is walked as chroot(2) to that
 * root would have it: "/" is the root, and ".." of the root is the root.  A
 * relative target that needs neither is served as it is.  Any other one
 * becomes a relative path from the link's directory that has ".." at its
 * beginning only, goes down through directories only, and ends with what the
 * walk did not find: unchanged files are not in the tree.
 *
 * Why that suffices, though a path may go through many links: the kernel
 * leaves the tree by an absolute target, of which none is served, or by ".."
 * of the root.  In a rewritten target there are no more ".." than there are
 * directories above the link, and no link before them.  In one that was left
 * alone each ".." was walked here, from where the links before it lead; where
 * one of these was too much to be followed, the target was rewritten.
 *
 * The work for a link is bounded by its own length and MOST_STEPS.
 */
#include <config.h>

#include <string.h>

#include "view_private.h"

/* How many links one inside the other are followed (the kernel's limit), and
 * how many components of their targets in all; guests need a handful.  What
 * is beyond is treated like what is not there. */
#define MOST_LINKS 40
#define MOST_STEPS 256

/* Where the walk of a target stands. */
struct walk {
  const struct view *view;
  view_node root;
  bool main_tree;               /* names at the root may be shown by others */
  view_node directory;
};

static bool
is_link (const struct view *view, view_node node)
{
  const struct entry *entry = view_metadata (view, &view->nodes[node]);

  return !view->nodes[node].directory && entry != NULL
    && entry->type == ENTRY_SYMLINK;
}

/* NULL where it could not be read or is longer than any path. */
static const char *
target_of (const struct view *view, view_node link)
{
  const struct entry *entry = view_metadata (view, &view->nodes[link]);

  if (entry->target == NULL || (entry->missing & ENTRY_NO_TARGET) != 0
      || entry->target_length >= VIEW_TARGET_SIZE)
    return NULL;
  return entry->target;
}

/* Takes the next component off *PATH; false at the end.  "" and "." are
 * passed over. */
static bool
next_component (const char **path, char name[VIEW_TARGET_SIZE])
{
  for (;;) {
    const char *at = *path + strspn (*path, "/");
    size_t length = strcspn (at, "/");

    *path = at + length;
    if (length == 0)
      return false;
    if (length >= VIEW_TARGET_SIZE)     /* no name is as long */
      length = VIEW_TARGET_SIZE - 1;
    memcpy (name, at, length);
    name[length] = '\0';
    if (strcmp (name, ".") != 0)
      return true;
  }
}

/* What is at PATH below DIRECTORY. */
static view_node
lookup_path (const struct view *view, view_node directory, const char *path)
{
  char name[VIEW_TARGET_SIZE];

  while (directory != VIEW_NONE && next_component (&path, name))
    directory = view_lookup (view, directory, name);
  return directory;
}

/* A walk that begins at a link's directory. */
static struct walk
begin (const struct view *view, view_node link)
{
  static const char *const sections[SECTIONS] = { "", ".deleted", ".base" };
  const struct node *node = &view->nodes[link];
  const struct delta *delta = view->delta;
  const struct delta_filesystem *filesystem =
    &delta->filesystems[delta->entries[node->entry].filesystem];
  struct walk walk = {
    .view = view, .main_tree = filesystem->main_tree,
    .directory = node->parent,
    .root = lookup_path (view, VIEW_ROOT, sections[node->section]),
  };

  if (!walk.main_tree)
    walk.root = lookup_path (view, walk.root, filesystem->mount_point);
  return walk;
}

/* A step to the parent; false where that is not allowed. */
static bool
step_up (struct walk *walk)
{
  if (walk->directory == walk->root || walk->directory == VIEW_ROOT)
    return false;
  walk->directory = walk->view->nodes[walk->directory].parent;
  return true;
}

/* The name by which a member of the current directory is shown. */
static const char *
shown_name (const struct walk *walk, const char *name)
{
  return walk->main_tree && walk->directory == walk->root
    ? reserved_names_shown (&walk->view->reserved, name) : name;
}

/* Links that are being followed, one inside the other. */
struct chain {
  struct frame {
    struct walk walk;
    const char *rest;           /* of the target */
  } frames[MOST_LINKS];
  int depth, steps;
};

/* Begins to follow LINK. */
static bool
enter_link (const struct view *view, struct chain *chain, view_node link)
{
  const char *target = target_of (view, link);
  struct frame *frame = &chain->frames[chain->depth];

  if (chain->depth == MOST_LINKS || target == NULL || target[0] == '\0')
    return false;
  chain->depth++;
  frame->rest = target;
  frame->walk = begin (view, link);
  if (target[0] == '/')
    frame->walk.directory = frame->walk.root;
  return true;
}

/* Takes the step NAME of the innermost link. */
static bool
take_step (const struct view *view, struct chain *chain, const char *name)
{
  struct walk *walk = &chain->frames[chain->depth - 1].walk;
  view_node member;

  if (++chain->steps > MOST_STEPS)
    return false;
  if (strcmp (name, "..") == 0) {
    step_up (walk);
    return true;
  }
  member = view_lookup (view, walk->directory, shown_name (walk, name));
  if (member == VIEW_NONE)
    return false;
  if (is_link (view, member))
    return enter_link (view, chain, member);
  walk->directory = member;
  return view->nodes[member].directory;
}

/* The directory that LINK leads to in the end, or VIEW_NONE. */
static view_node
follow (const struct view *view, view_node link)
{
  struct chain chain = { .depth = 0 };
  char name[VIEW_TARGET_SIZE];

  if (!enter_link (view, &chain, link))
    return VIEW_NONE;
  for (;;) {
    struct frame *frame = &chain.frames[chain.depth - 1];

    if (next_component (&frame->rest, name)) {
      if (!take_step (view, &chain, name))
        return VIEW_NONE;
    }
    else if (--chain.depth == 0)
      return frame->walk.directory;
    else
      frame[-1].walk.directory = frame->walk.directory;
  }
}

/* What the walk of a link's own target came to. */
struct outcome {
  struct walk walk;
  char rest[VIEW_TARGET_SIZE + 64];     /* below walk.directory; longer than
                                         * the target by a shown name */
  size_t length;
  bool last;                    /* nothing comes after REST, not even "/" */
  bool lost;                    /* there is a link in REST, not the last */
  bool changed;                 /* the target cannot be served as it is */
};

static void
rest_append (struct outcome *outcome, const char *name)
{
  size_t length = strlen (name);

  if (outcome->length > 0)
    outcome->rest[outcome->length++] = '/';
  memcpy (outcome->rest + outcome->length, name, length + 1);
  outcome->length += length;
}

static void
rest_remove_last (struct outcome *outcome)
{
  const char *slash = memrchr (outcome->rest, '/', outcome->length);

  outcome->length = slash != NULL ? (size_t) (slash - outcome->rest) : 0;
  outcome->rest[outcome->length] = '\0';
}

static void
walk_up (struct outcome *outcome)
{
  if (outcome->length > 0) {
    outcome->changed |= outcome->lost;
    rest_remove_last (outcome);
    outcome->lost &= outcome->length > 0;
  }
  else
    outcome->changed |= !step_up (&outcome->walk);
}

static void
walk_down (struct outcome *outcome, const char *name)
{
  const struct view *view = outcome->walk.view;
  view_node member = VIEW_NONE;

  if (outcome->length == 0) {
    const char *shown = shown_name (&outcome->walk, name);

    outcome->changed |= shown != name;
    name = shown;
    member = view_lookup (view, outcome->walk.directory, name);
  }
  if (member != VIEW_NONE && !outcome->last && is_link (view, member)) {
    member = follow (view, member);
    outcome->lost = member == VIEW_NONE;
  }
  if (member != VIEW_NONE && view->nodes[member].directory)
    outcome->walk.directory = member;
  else
    rest_append (outcome, name);
}

static void
walk_target (const struct view *view, view_node link, const char *target,
             struct outcome *outcome)
{
  char name[VIEW_TARGET_SIZE];

  outcome->walk = begin (view, link);
  outcome->length = 0;
  outcome->rest[0] = '\0';
  outcome->last = outcome->lost = false;
  outcome->changed = target[0] == '/';
  if (outcome->changed)
    outcome->walk.directory = outcome->walk.root;
  while (next_component (&target, name))
    if (strcmp (name, "..") == 0)
      walk_up (outcome);
    else {
      outcome->last = *target == '\0';
      walk_down (outcome, name);
    }
  if (outcome->length > 0 && !outcome->last)
    rest_append (outcome, "");
}

/* Puts TEXT before what is in BUFFER from *START on. */
static bool
prepend (char buffer[VIEW_TARGET_SIZE], size_t *start, const char *text,
         const char *separator)
{
  size_t length = strlen (text), more = strlen (separator);

  if (length + more > *start)
    return false;
  *start -= more;
  memcpy (buffer + *start, separator, more);
  *start -= length;
  memcpy (buffer + *start, text, length);
  return true;
}

/* Directories above it. */
static uint32_t
depth_of (const struct node *nodes, view_node directory)
{
  uint32_t depth = 0;

  for (; directory != VIEW_ROOT; directory = nodes[directory].parent)
    ++depth;
  return depth;
}

/* The path from the link's directory to where the walk ended, in the end of
 * BUFFER; NULL where it is too long. */
static const char *
relative_path (const struct outcome *outcome, view_node from,
               char buffer[VIEW_TARGET_SIZE])
{
  const struct node *nodes = outcome->walk.view->nodes;
  view_node to = outcome->walk.directory;
  uint32_t from_depth = depth_of (nodes, from), to_depth = depth_of (nodes, to);
  size_t start = VIEW_TARGET_SIZE - 1, ups = 0;
  bool fits;

  buffer[start] = '\0';
  fits = prepend (buffer, &start, outcome->rest, "");
  while (fits && from != to)
    if (from_depth >= to_depth) {
      from = nodes[from].parent;
      --from_depth;
      fits = ++ups < VIEW_TARGET_SIZE / 3;
    }
    else {
      fits = prepend (buffer, &start, nodes[to].name,
                      buffer[start] != '\0' ? "/" : "");
      to = nodes[to].parent;
      --to_depth;
    }
  for (; fits && ups > 0; --ups)
    fits = prepend (buffer, &start, "..", buffer[start] != '\0' ? "/" : "");
  if (fits && buffer[start] == '\0')
    fits = prepend (buffer, &start, ".", "");
  return fits ? buffer + start : NULL;
}

errint_t
view_link_inside (const struct view *view, view_node link, const char *target,
                  char scratch[VIEW_TARGET_SIZE], const char **inside)
{
  struct outcome outcome;

  *inside = target;
  walk_target (view, link, target, &outcome);
  if (outcome.changed)
    *inside = relative_path (&outcome, view->nodes[link].parent, scratch);
  return *inside == NULL ? -ENAMETOOLONG : 0;
}
