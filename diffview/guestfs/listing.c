/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of a side's tree.  What the appliance sends is not trusted: a guest
 * may have taken over its kernel.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "scan.h"
#include "stream.h"
#include "vector.h"

/* A walk through paths that come parents first, as find prints them: the
 * directories that led to the last path, by depth. */
struct walk {
  struct scan *scan;
  struct tree_node **trail;
  size_t depth, capacity;
  bool lost;                    /* a path without its parent came */
};

static errint_t
follow (struct walk *walk, struct tree_node *node)
{
  return VECTOR_APPEND (walk->trail, walk->depth, walk->capacity, node);
}

/* The directory that a path's last component is in, by comparing the others
 * with the trail, which is cut behind it; NULL when they differ.  *REST
 * becomes the last component. */
static struct tree_node *
find_parent (struct walk *walk, const char *path, const char **rest)
{
  struct tree_node *parent = walk->scan->tree->root;
  size_t depth = 0;
  const char *slash;

  while ((slash = strchr (path, '/')) != NULL) {
    size_t length = slash - path;
    const char *name;

    if (depth == walk->depth)
      return NULL;
    name = walk->trail[depth]->name;
    if (strncmp (name, path, length) != 0 || name[length] != '\0')
      return NULL;
    parent = walk->trail[depth++];
    path = slash + 1;
  }
  walk->depth = depth;
  *rest = path;
  return parent;
}

static errint_t
take_path (const char *path, size_t length, void *opaque)
{
  struct walk *walk = opaque;
  struct tree_node *parent, *node;
  const char *name;
  errint_t r;

  (void) length;
  /* "./etc", "/etc"; the root itself is there already. */
  path += *path == '.' && (path[1] == '/' || path[1] == '\0');
  path += *path == '/';
  if (*path == '\0')
    return 0;
  parent = find_parent (walk, path, &name);
  if (parent == NULL) {
    walk->lost = true;
    return 0;
  }
  r = scan_add (walk->scan, parent, name, strlen (name), &node);
  if (r < 0)
    return r;
  if (walk->scan->count % 1024 == 0)
    progress_update (walk->scan->progress, "scan", walk->scan->count, 0);
  return follow (walk, node);
}

/* find's output in a file of the appliance: the call for it sends every path
 * in a message of its own, which takes several times as long as finding it.
 * Where a directory cannot be read the file has all the others. */
static errint_t
find_into_file (struct scan *scan, const char *file_name)
{
  CLEANUP_FREE char *command = NULL;
  CLEANUP_FREE char *output = NULL;
  char *arguments[2] = { NULL, NULL };
  APPLIANCE_LOCK (scan->appliance);

  if (asprintf (&command, "cd /sysroot%s && find . -print0 > /sysroot%s",
                scan->mount_point, file_name) < 0) {
    command = NULL;
    return -ENOMEM;
  }
  arguments[0] = command;
  output = guestfs_debug (scan->appliance->g, "sh", arguments);
  return output != NULL ? 0 : appliance_error (scan->appliance);
}

static errint_t
list_through_file (struct walk *walk, bool *complete)
{
  struct scan *scan = walk->scan;
  CLEANUP_FREE char *file_name = NULL;
  errint_t found, fetched = 0, r;

  if (asprintf (&file_name, "%s.names", scan->mount_point) < 0) {
    file_name = NULL;
    return -ENOMEM;
  }
  found = find_into_file (scan, file_name);
  if (found == -ENOMEM || found == -ENOTCONN)
    return found;
  r = stream_names (scan->appliance, guestfs_download, file_name,
                    take_path, walk, &fetched);
  *complete = found == 0 && fetched == 0 && !walk->lost;
  return r == 0 && fetched == -ENOTCONN ? fetched : r;
}

static errint_t
list_by_call (struct walk *walk, bool *complete)
{
  struct scan *scan = walk->scan;
  errint_t outcome = 0;
  errint_t r = stream_names (scan->appliance, guestfs_find0,
                             scan->mount_point, take_path, walk, &outcome);

  *complete = outcome == 0 && !walk->lost;
  return r == 0 && outcome == -ENOTCONN ? outcome : r;
}

errint_t
listing_whole (struct scan *scan, bool *complete)
{
  struct walk walk = { .scan = scan };
  size_t known = scan->count;
  errint_t r = list_through_file (&walk, complete);

  /* An appliance without that command. */
  if (r == 0 && !*complete && scan->count == known)
    r = list_by_call (&walk, complete);
  free (walk.trail);
  return r;
}

/* The members that a directory has already, to be looked up. */
struct members {
  struct scan *scan;
  struct tree_node *directory;
  const char **names;           /* sorted */
  size_t count;
};

static int
compare_names (const void *a, const void *b)
{
  const char *const *left = a, *const *right = b;

  return strcmp (*left, *right);
}

static errint_t
take_member (const char *name, size_t length, void *opaque)
{
  struct members *members = opaque;
  struct tree_node *node;

  if (members->count > 0
      && bsearch (&name, members->names, members->count,
                  sizeof *members->names, compare_names) != NULL)
    return 0;
  return scan_add (members->scan, members->directory, name, length, &node);
}

static errint_t
read_directory (struct members *members, const char *path)
{
  struct scan *scan = members->scan;
  struct tree_node *directory = members->directory;
  errint_t outcome = 0;
  errint_t r;

  members->names = calloc (directory->member_count + 1,
                           sizeof *members->names);
  if (members->names == NULL)
    return -ENOMEM;
  members->count = directory->member_count;
  for (size_t i = 0; i < members->count; ++i)
    members->names[i] = directory->members[i]->name;
  qsort (members->names, members->count, sizeof *members->names,
         compare_names);
  r = stream_names (scan->appliance, guestfs_ls0, path,
                    take_member, members, &outcome);
  if (r == 0 && outcome == -ENOTCONN)
    return outcome;
  if (r == 0 && outcome < 0) {
    directory->entry.missing |= ENTRY_NO_MEMBERS;
    complaints_add_node (scan->complaints, "cannot read the directory",
                         directory, outcome);
  }
  return r;
}

errint_t
listing_directory (struct scan *scan, struct tree_node *directory)
{
  struct members members = { .scan = scan, .directory = directory };
  CLEANUP_FREE char *path = NULL;
  errint_t r = scan_path (scan, directory, &path);

  if (r == -ENAMETOOLONG) {
    directory->entry.missing |= ENTRY_NO_MEMBERS;
    complaints_add_node (scan->complaints, "cannot read the directory",
                         directory, r);
    return 0;
  }
  if (r == 0)
    r = read_directory (&members, path);
  free (members.names);
  return r;
}
