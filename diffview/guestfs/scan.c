/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The whole tree of one side.  One call lists all names; where it comes back
 * with a failure (a directory cannot be read, a path is too long for it) the
 * directories are gone through one by one, so that a bad one costs no other
 * its members and is known by its name.
 */
#include <config.h>

#include "scan.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_log.h"
#include "path.h"
#include "reason.h"
#include "reparse.h"
#include "vector.h"

/* Entries of one filesystem on one side: no honest one has more. */
#define ENTRIES_MAX 20000000
/* How many entries there are between two looks at the memory they take. */
#define INTERVAL 4096

errint_t
scan_path (const struct scan *scan, const struct tree_node *node, char **path)
{
  CLEANUP_FREE char *inner = tree_path (node);
  CLEANUP_FREE char *whole = NULL;

  *path = NULL;
  if (inner == NULL)
    return -ENOMEM;
  if (asprintf (&whole, "%s%s", scan->mount_point, inner) < 0) {
    whole = NULL;
    return -ENOMEM;
  }
  if (strlen (whole) >= PATH_MAX)
    return -ENAMETOOLONG;
  *path = steal_pointer (&whole);
  return 0;
}

static errint_t
remember (struct scan *scan, struct tree_node *node)
{
  return VECTOR_APPEND (scan->nodes, scan->count, scan->capacity, node);
}

static bool
is_full (const struct scan *scan)
{
  const struct tree *tree = scan->tree;

  return tree->node_count >= ENTRIES_MAX
    || (tree->node_count % INTERVAL == 0
        && tree_size (tree) > scan->memory_max);
}

errint_t
scan_add (struct scan *scan, struct tree_node *parent,
          const char *name, size_t length, struct tree_node **node)
{
  if (!path_valid_name (name, length))
    return -EPROTO;
  if (is_full (scan))
    return -EFBIG;
  *node = tree_add (scan->tree, parent, name, length);
  if (*node == NULL)
    return -ENOMEM;
  return remember (scan, *node);
}

/* The metadata of all that is there. */
static errint_t
fill_all (struct scan *scan)
{
  errint_t r = details_fill_root (scan);

  for (size_t i = 0; r == 0 && i < scan->count; ++i) {
    if (scan->nodes[i]->member_count == 0)
      continue;
    r = details_fill (scan, scan->nodes[i], 0);
    progress_update (scan->progress, "scan", i, scan->count);
  }
  return r;
}

/* Directory by directory, also through those that come up on the way. */
static errint_t
list_again (struct scan *scan)
{
  for (size_t i = 0; i < scan->count; ++i) {
    struct tree_node *node = scan->nodes[i];
    uint32_t known = node->member_count;
    errint_t r;

    if (node->entry.type != ENTRY_DIRECTORY)
      continue;
    r = listing_directory (scan, node);
    if (r == 0 && node->member_count > known)
      r = details_fill (scan, node, known);
    if (r < 0)
      return r;
  }
  return 0;
}

static errint_t
run (struct scan *scan)
{
  bool complete = false;
  errint_t r;

  scan->tree = tree_new ();
  if (scan->tree == NULL)
    return -ENOMEM;
  r = remember (scan, scan->tree->root);
  if (r == 0)
    r = listing_whole (scan, &complete);
  if (r == 0)
    r = fill_all (scan);
  if (r == 0 && !complete)
    r = list_again (scan);
  if (r == 0 && scan->reparse_points)
    r = reparse_mark (scan);
  return r;
}

errint_t
scan_run (struct scan *scan)
{
  struct kernel_log_mark mark;
  errint_t r;

  kernel_log_begin (scan->appliance, &mark);
  r = run (scan);
  if (r == 0)
    r = kernel_log_end (scan, &mark);
  if (r == 0)
    r = tree_sort (scan->tree);
  if (r == -EFBIG)
    log_report (scan->appliance->log, LOG_LEVEL_ERROR,
                "the filesystem is too large", scan->name,
                "its tree has more than %d entries, or takes more "
                "memory than is set apart for it", ENTRIES_MAX);
  else if (r < 0)
    log_report (scan->appliance->log, LOG_LEVEL_ERROR,
                "cannot read the filesystem", scan->name, "%s (%s)",
                reason_text (r), side_name (scan->appliance->side));
  return r;
}

void
scan_clear (struct scan *scan)
{
  free (scan->nodes);
  scan->nodes = NULL;
  scan->count = scan->capacity = 0;
}
