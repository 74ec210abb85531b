/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asking a view: names, attributes, xattrs, content.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "delta_content.h"
#include "vector.h"
#include "view_private.h"

/* xattrs of ours, which hide a guest's: all names with this prefix. */
#define OUR_PREFIX "user.deltafs."
/* What comes after all of them in strcmp order. */
#define AFTER_OURS "user.deltafs/"

void
view_free (struct view *view)
{
  if (view == NULL)
    return;
  free (view->nodes);
  free (view->made_up);
  arena_free (view->arena);
  free (view);
}

static void
growth_clear (struct growth *growth)
{
  free (growth->nodes);
}

errint_t
view_build (const struct delta *delta, const struct view_options *options,
            const struct log *log, struct view **result)
{
  CLEANUP (view_free) struct view *view = calloc (1, sizeof *view);
  __attribute__ ((cleanup (growth_clear))) struct growth growth = { NULL };
  errint_t err;

  if (view == NULL)
    return -ENOMEM;
  view->delta = delta;
  view->symlinks_inside = options->symlinks_inside;
  view->arena = arena_new ();
  if (view->arena == NULL)
    return -ENOMEM;
  err = view_grow (view, options->base, log, &growth);
  if (err == 0)
    err = view_lay_out (view, &growth);
  if (err == 0)
    err = view_number (view);
  if (err == 0)
    *result = steal_pointer (&view);
  return err;
}

view_node
view_parent (const struct view *view, view_node node)
{
  return view->nodes[node].parent;
}

bool
view_is_directory (const struct view *view, view_node node)
{
  return view->nodes[node].directory;
}

uint32_t
view_members (const struct view *view, view_node directory,
              view_node *first)
{
  *first = view->nodes[directory].first_member;
  return view->nodes[directory].member_count;
}

bool
view_members_incomplete (const struct view *view, view_node number)
{
  const struct node *node = &view->nodes[number];
  const struct entry *entry = view_metadata (view, node);

  return node->directory && entry != NULL
    && (entry->type == ENTRY_UNKNOWN
        || (entry->missing & ENTRY_NO_MEMBERS) != 0);
}

const char *
view_name (const struct view *view, view_node node)
{
  return view->nodes[node].name;
}

/* The S_IFMT bits.  What is unknown is a regular file, but whatever has
 * members is a directory. */
static mode_t
type_of (const struct view *view, const struct node *node)
{
  const struct entry *entry = view_metadata (view, node);

  if (node->directory)
    return S_IFDIR;
  return entry == NULL ? S_IFREG : entry_mode (entry) & S_IFMT;
}

static struct timespec
time_of (const struct entry_time *time)
{
  return (struct timespec) { .tv_sec = time->seconds,
                             .tv_nsec = time->nanoseconds };
}

/* Attributes of what the delta set knows nothing of: made-up directories may
 * be passed through by all, the rest is closed. */
static void
stat_unknown (const struct node *node, struct stat *stat)
{
  stat->st_mode = node->directory ? S_IFDIR | 0755 : S_IFREG;
}

/* A file of which nothing is known, or the size is not, has one byte, which cannot be read: so
 * nobody takes it for an empty one. */
static bool
is_unknown_file (const struct node *node, const struct entry *entry,
                 mode_t mode)
{
  return S_ISREG (mode) && !node->directory
    && (entry == NULL || entry->type == ENTRY_UNKNOWN
        || (entry->missing & ENTRY_NO_METADATA) != 0
        || entry_size_unknown (entry));
}

/* The st_size of a symlink. */
static off_t
target_size (const struct view *view, view_node number,
             const struct entry *entry)
{
  char scratch[VIEW_TARGET_SIZE];
  const char *target;

  if (view->symlinks_inside
      && view_readlink (view, number, scratch, &target) == 0)
    return (off_t) strlen (target);
  return (off_t) entry->target_length;
}

void
view_stat (const struct view *view, view_node number, struct stat *stat)
{
  const struct node *node = &view->nodes[number];
  const struct entry *entry = view_metadata (view, node);

  *stat = (struct stat) { .st_blksize = 4096 };
  if (entry == NULL)
    stat_unknown (node, stat);
  else {
    stat->st_mode = type_of (view, node) | (entry->permissions & 07777);
    stat->st_nlink = entry->links;
    stat->st_uid = entry->uid;
    stat->st_gid = entry->gid;
    stat->st_size = (off_t) entry->size;
    stat->st_blocks = (blkcnt_t) entry->blocks;
    stat->st_rdev = makedev (entry->major, entry->minor);
    stat->st_mtim = time_of (&entry->mtime);
    stat->st_atim = time_of (&entry->atime);
    stat->st_ctim = time_of (&entry->ctime);
    if (entry->target != NULL)
      stat->st_size = target_size (view, number, entry);
  }
  if (is_unknown_file (node, entry, stat->st_mode))
    stat->st_size = 1;
  stat->st_ino = (ino_t) view_inode (view, number) + 1;
  if (node->directory)
    stat->st_nlink = 2 + (nlink_t) node->subdirectories;
  else if (stat->st_nlink == 0)
    stat->st_nlink = 1;
}

void
view_identity (const struct view *view, view_node number,
               uint64_t *inode, uint32_t *mode)
{
  const struct node *node = &view->nodes[number];

  *inode = (uint64_t) view_inode (view, number) + 1;
  *mode = type_of (view, node);
}

errint_t
view_readlink (const struct view *view, view_node number,
               char scratch[VIEW_TARGET_SIZE], const char **target)
{
  const struct node *node = &view->nodes[number];
  const struct entry *entry = view_metadata (view, node);

  if (!S_ISLNK (type_of (view, node)))
    return -EINVAL;
  if (entry->target == NULL || (entry->missing & ENTRY_NO_TARGET) != 0)
    return -EIO;
  if (entry->target_length >= VIEW_TARGET_SIZE)
    return -ENAMETOOLONG;
  if (view->symlinks_inside)
    return view_link_inside (view, number, entry->target, scratch, target);
  *target = entry->target;
  return 0;
}

enum status
view_status (const struct view *view, view_node node)
{
  return (enum status) view->nodes[node].status;
}

const struct delta_entry *
view_entry (const struct view *view, view_node number, enum side *side)
{
  const struct node *node = &view->nodes[number];

  if (node->entry >= view->delta->count)
    return NULL;
  *side = (enum side) node->side;
  return &view->delta->entries[node->entry];
}

/* Our xattr number INDEX. */
static void
our_xattr (const struct view *view, const struct node *node, size_t index,
           char scratch[VIEW_XATTR_SCRATCH],
           const char **name, const char **value)
{
  const struct delta *delta = view->delta;
  bool made_up = node->entry >= delta->count;

  switch (index) {
  case 0:
    *name = OUR_PREFIX "status";
    *value = delta_status_name ((enum status) node->status);
    break;
  case 1:
    *name = OUR_PREFIX "changes";
    delta_kinds_text (made_up || node->status == STATUS_SCAFFOLD ? 0
                      : delta->entries[node->entry].kinds, scratch);
    *value = scratch;
    break;
  default:
    *name = OUR_PREFIX "path";
    *value = made_up ? view->made_up[node->entry - delta->count]
      : delta->entries[node->entry].path;
  }
}
#define OUR_XATTRS 3

/* How many names of a sorted list come before NAME. */
static size_t
count_before (const struct entry_xattrs *xattrs, const char *name)
{
  return SORTED_PLACE (i, 0, xattrs->count,
                       strcmp (xattrs->list[i].name, name) < 0);
}

bool
view_xattr (const struct view *view, view_node number, size_t index,
            char scratch[VIEW_XATTR_SCRATCH],
            const char **name, const void **value, size_t *length)
{
  const struct node *node = &view->nodes[number];
  const struct entry *entry = view_metadata (view, node);
  size_t hidden;

  if (index < OUR_XATTRS) {
    const char *text;

    our_xattr (view, node, index, scratch, name, &text);
    *value = text;
    *length = strlen (text);
    return true;
  }
  if (entry == NULL || entry->xattrs == NULL)
    return false;
  index -= OUR_XATTRS;
  hidden = count_before (entry->xattrs, OUR_PREFIX);
  if (index >= hidden)
    index += count_before (entry->xattrs, AFTER_OURS) - hidden;
  if (index >= entry->xattrs->count)
    return false;
  *name = entry->xattrs->list[index].name;
  *value = entry->xattrs->list[index].value;
  *length = entry->xattrs->list[index].length;
  return true;
}

bool
view_xattrs_incomplete (const struct view *view, view_node node)
{
  const struct entry *entry = view_metadata (view, &view->nodes[node]);

  return entry != NULL
    && (entry->missing & (ENTRY_NO_METADATA | ENTRY_NO_XATTRS)) != 0;
}

/* Is there content that the delta set can be asked for? */
static errint_t
check_content (const struct view *view, const struct node *node)
{
  if (node->directory)
    return -EISDIR;
  if (!S_ISREG (type_of (view, node)))
    return -EINVAL;
  return view_metadata (view, node) == NULL ? -EIO : 0;
}

errint_t
view_read (const struct view *view, view_node number,
           void *buffer, size_t length, uint64_t offset, size_t *got)
{
  const struct node *node = &view->nodes[number];
  errint_t error = check_content (view, node);

  return error < 0 ? error
    : delta_content_read (view->delta, &view->delta->entries[node->entry],
                          (enum side) node->side, buffer, length, offset,
                          got);
}

errint_t
view_splice (const struct view *view, view_node number, int pipe,
             size_t length, uint64_t offset)
{
  const struct node *node = &view->nodes[number];
  errint_t error = check_content (view, node);

  return error < 0 ? error
    : delta_content_splice (view->delta, &view->delta->entries[node->entry],
                            (enum side) node->side, pipe, length, offset);
}

errint_t
view_next_data (const struct view *view, view_node number, uint64_t offset,
                uint64_t *start, uint64_t *length)
{
  const struct node *node = &view->nodes[number];
  errint_t error = check_content (view, node);

  return error < 0 ? error
    : delta_content_next (view->delta, &view->delta->entries[node->entry],
                          (enum side) node->side, offset, start, length);
}

void
view_count (const struct view *view, struct view_totals *totals)
{
  *totals = view->totals;
}
