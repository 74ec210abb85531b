/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Small questions about an entry.
 */
#include <config.h>

#include <string.h>

#include "entry.h"
#include "vector.h"

static const struct {
  const char *name;
  mode_t mode;
} types[] = {
  [ENTRY_UNKNOWN] = { "unknown", S_IFREG },
  [ENTRY_FILE] = { "file", S_IFREG },
  [ENTRY_DIRECTORY] = { "directory", S_IFDIR },
  [ENTRY_SYMLINK] = { "symlink", S_IFLNK },
  [ENTRY_BLOCK] = { "block", S_IFBLK },
  [ENTRY_CHAR] = { "char", S_IFCHR },
  [ENTRY_FIFO] = { "fifo", S_IFIFO },
  [ENTRY_SOCKET] = { "socket", S_IFSOCK },
};

mode_t
entry_mode (const struct entry *entry)
{
  return types[entry->type].mode | (entry->permissions & 07777);
}

const char *
entry_type_name (enum entry_type type)
{
  return types[type].name;
}

const struct entry_xattr *
entry_find_xattr (const struct entry *entry, const char *name)
{
  const struct entry_xattrs *xattrs = entry->xattrs;
  size_t count = xattrs == NULL ? 0 : xattrs->count;
  size_t place = SORTED_PLACE (i, 0, count,
                               strcmp (xattrs->list[i].name, name) < 0);

  return place < count && strcmp (xattrs->list[place].name, name) == 0
    ? &xattrs->list[place] : NULL;
}

static int
compare_numbers (uint64_t a, uint64_t b)
{
  return a < b ? -1 : a > b;
}

static int
compare_times (const struct entry_time *a, const struct entry_time *b)
{
  if (a->seconds != b->seconds)
    return a->seconds < b->seconds ? -1 : 1;
  return compare_numbers (a->nanoseconds, b->nanoseconds);
}

int
entry_compare_inodes (const struct entry *a, const struct entry *b)
{
  int order = compare_numbers (a->inode, b->inode);

  if (order == 0)
    order = compare_numbers (a->subvolume, b->subvolume);
  if (order == 0)
    order = (int) a->type - (int) b->type;
  if (order == 0)
    order = compare_numbers (a->size, b->size);
  if (order == 0)
    order = compare_times (&a->mtime, &b->mtime);
  if (order == 0)
    order = compare_times (&a->ctime, &b->ctime);
  return order;
}
