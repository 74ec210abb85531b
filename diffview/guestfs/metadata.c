/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What libguestfs gives of an inode, as an entry.  Makes no calls.
 */
#include <config.h>

#include "metadata.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

static struct entry_time
make_time (int64_t seconds, int64_t nanoseconds)
{
  struct entry_time time = { .seconds = seconds };

  if (nanoseconds >= 0 && nanoseconds < 1000000000)
    time.nanoseconds = nanoseconds;
  return time;
}

void
metadata_take_stat (struct entry *entry, const struct guestfs_statns *stat)
{
  entry->type = entry_type_of_mode (stat->st_mode);
  entry->permissions = stat->st_mode & 07777;
  entry->uid = stat->st_uid;
  entry->gid = stat->st_gid;
  entry->links = stat->st_nlink;
  entry->inode = stat->st_ino;
  entry->size = stat->st_size > 0 ? stat->st_size : 0;
  entry->blocks = stat->st_blocks > 0 ? stat->st_blocks : 0;
  entry->atime = make_time (stat->st_atime_sec, stat->st_atime_nsec);
  entry->mtime = make_time (stat->st_mtime_sec, stat->st_mtime_nsec);
  entry->ctime = make_time (stat->st_ctime_sec, stat->st_ctime_nsec);
  if (entry->type == ENTRY_BLOCK || entry->type == ENTRY_CHAR) {
    entry->major = major (stat->st_rdev);
    entry->minor = minor (stat->st_rdev);
  }
  if (entry->type == ENTRY_UNKNOWN)
    entry->missing |= ENTRY_NO_METADATA;
}

static int
compare_xattrs (const void *a, const void *b)
{
  const struct entry_xattr *left = a, *right = b;

  return strcmp (left->name, right->name);
}

errint_t
metadata_take_xattrs (struct entry *entry, struct arena *arena,
                      const struct guestfs_xattr *from, size_t count)
{
  struct entry_xattrs *xattrs = arena_allocate (arena, sizeof *xattrs);
  struct entry_xattr *list = arena_allocate (arena, count * sizeof *list);
  size_t kept = 0;

  if (xattrs == NULL || list == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < count; ++i) {
    list[i].name = arena_copy (arena, from[i].attrname,
                               strlen (from[i].attrname));
    list[i].value = arena_copy (arena, from[i].attrval, from[i].attrval_len);
    list[i].length = from[i].attrval_len;
    if (list[i].name == NULL || list[i].value == NULL)
      return -ENOMEM;
  }
  qsort (list, count, sizeof *list, compare_xattrs);
  for (size_t i = 0; i < count; ++i) {
    if (kept == 0 || strcmp (list[kept - 1].name, list[i].name) != 0)
      list[kept++] = list[i];
  }
  xattrs->list = list;
  xattrs->count = kept;
  entry->xattrs = xattrs;
  return 0;
}

errint_t
metadata_add_xattr (struct entry *entry, struct arena *arena,
                    const char *name, const void *value, size_t length)
{
  size_t count = entry->xattrs != NULL ? entry->xattrs->count : 0;
  struct entry_xattrs *xattrs = arena_allocate (arena, sizeof *xattrs);
  struct entry_xattr *list = arena_allocate (arena,
                                             (count + 1) * sizeof *list);

  if (entry_find_xattr (entry, name) != NULL)
    return 0;
  if (xattrs == NULL || list == NULL)
    return -ENOMEM;
  if (count > 0)
    memcpy (list, entry->xattrs->list, count * sizeof *list);
  list[count].name = arena_copy (arena, name, strlen (name));
  list[count].value = arena_copy (arena, value, length);
  list[count].length = length;
  if (list[count].name == NULL || list[count].value == NULL)
    return -ENOMEM;
  qsort (list, count + 1, sizeof *list, compare_xattrs);
  xattrs->list = list;
  xattrs->count = count + 1;
  entry->xattrs = xattrs;
  return 0;
}

errint_t
metadata_take_target (struct entry *entry, struct arena *arena,
                      const char *target)
{
  size_t length = strlen (target);

  entry->target = arena_copy (arena, target, length);
  entry->target_length = length;
  return entry->target != NULL ? 0 : -ENOMEM;
}
