/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Small questions about an entry.
 */
#include <config.h>

#include <string.h>

#include "entry.h"

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
  size_t low = 0, high = entry->xattrs == NULL ? 0 : entry->xattrs->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct entry_xattr *xattr = &entry->xattrs->list[middle];
    int order = strcmp (name, xattr->name);

    if (order == 0)
      return xattr;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}
