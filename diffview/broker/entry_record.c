/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entries and delta entries on the wire.
 */
#include <config.h>

#include <string.h>

#include "path.h"
#include "protocol.h"
#include "records.h"

#define KINDS_ALL ((1U << KIND_BITS) - 1)
#define NANOSECONDS 1000000000

static void
put_time (struct wire *wire, const struct entry_time *time)
{
  wire_put_u64 (wire, (uint64_t) time->seconds);
  wire_put_u32 (wire, time->nanoseconds);
}

static void
get_time (struct wire *wire, struct entry_time *time)
{
  time->seconds = (int64_t) wire_get_u64 (wire);
  time->nanoseconds = wire_get_bounded (wire, NANOSECONDS - 1);
}

static void
put_xattrs (struct wire *wire, const struct entry_xattrs *xattrs)
{
  size_t count = xattrs != NULL ? xattrs->count : 0;

  wire_put_u32 (wire, (uint32_t) count);
  for (size_t i = 0; i < count; ++i) {
    const struct entry_xattr *xattr = &xattrs->list[i];

    wire_put_string (wire, xattr->name);
    wire_put_bytes (wire, xattr->length > 0 ? xattr->value : "",
                    xattr->length);
  }
}

static bool
get_xattr (struct wire *wire, struct arena *arena, struct entry_xattr *xattr,
           const struct entry_xattr *before)
{
  xattr->name = wire_get_string_in (wire, arena, VALUE_LIMIT);
  xattr->value = wire_get_bytes_in (wire, arena, VALUE_LIMIT,
                                    &xattr->length);
  if (xattr->name == NULL || xattr->value == NULL || xattr->name[0] == '\0'
      || (before != NULL && strcmp (before->name, xattr->name) >= 0))
    return wire_refuse (wire);
  return true;
}

static bool
get_xattrs (struct wire *wire, struct arena *arena,
            const struct entry_xattrs **result)
{
  uint32_t count = wire_get_bounded (wire, COUNT_LIMIT);
  struct entry_xattrs *xattrs;
  struct entry_xattr *list;

  if (count == 0)
    return wire_error (wire) == 0;
  xattrs = arena_allocate (arena, sizeof *xattrs);
  list = arena_allocate (arena, count * sizeof *list);
  if (xattrs == NULL || list == NULL)
    return wire_fail (wire, -ENOMEM);
  for (uint32_t i = 0; i < count; ++i)
    if (!get_xattr (wire, arena, &list[i], i > 0 ? &list[i - 1] : NULL))
      return false;
  *xattrs = (struct entry_xattrs) { .list = list, .count = count };
  *result = xattrs;
  return true;
}

void
put_entry (struct wire *wire, const struct entry *entry)
{
  wire_put_u8 (wire, entry->type);
  wire_put_u8 (wire, entry->missing);
  wire_put_u32 (wire, entry->permissions);
  wire_put_u32 (wire, entry->uid);
  wire_put_u32 (wire, entry->gid);
  wire_put_u32 (wire, entry->links);
  wire_put_u32 (wire, entry->major);
  wire_put_u32 (wire, entry->minor);
  wire_put_u64 (wire, entry->inode);
  wire_put_u32 (wire, entry->subvolume);
  wire_put_u64 (wire, entry->size);
  wire_put_u64 (wire, entry->blocks);
  put_time (wire, &entry->mtime);
  put_time (wire, &entry->atime);
  put_time (wire, &entry->ctime);
  put_xattrs (wire, entry->xattrs);
  wire_put_bytes (wire, entry->target, entry->target_length);
}

bool
get_entry (struct wire *wire, struct arena *arena, struct entry *entry)
{
  size_t length = 0;

  *entry = (struct entry) { .type = wire_get_u8 (wire) };
  entry->missing = wire_get_u8 (wire);
  entry->permissions = (uint16_t) wire_get_bounded (wire, 07777);
  entry->uid = wire_get_u32 (wire);
  entry->gid = wire_get_u32 (wire);
  entry->links = wire_get_u32 (wire);
  entry->major = wire_get_bounded (wire, 0xfff);
  entry->minor = wire_get_bounded (wire, 0xfffff);
  entry->inode = wire_get_u64 (wire);
  entry->subvolume = wire_get_u32 (wire);
  entry->size = wire_get_u64 (wire);
  entry->blocks = wire_get_u64 (wire);
  get_time (wire, &entry->mtime);
  get_time (wire, &entry->atime);
  get_time (wire, &entry->ctime);
  if (entry->type > ENTRY_SOCKET || (entry->missing & ~ENTRY_MISSING_ALL) != 0
      || entry->size > INT64_MAX)
    return wire_refuse (wire);
  if (!get_xattrs (wire, arena, &entry->xattrs))
    return false;
  entry->target = wire_get_bytes_in (wire, arena, VALUE_LIMIT, &length);
  entry->target_length = (uint32_t) length;
  if (entry->target != NULL
      && (entry->type != ENTRY_SYMLINK
          || memchr (entry->target, '\0', entry->target_length) != NULL))
    return wire_refuse (wire);
  return wire_error (wire) == 0;
}

void
put_delta_entry (struct wire *wire, const struct delta_entry *entry)
{
  wire_put_u8 (wire, entry->status);
  wire_put_u32 (wire, entry->kinds);
  wire_put_string (wire, entry->path);
  wire_put_string (wire, entry->renamed_from);
  for (int side = 0; side < SIDES; ++side) {
    wire_put_u8 (wire, entry->side[side] != NULL);
    if (entry->side[side] != NULL)
      put_entry (wire, entry->side[side]);
  }
}

static bool
get_sides (struct wire *wire, struct arena *arena, struct delta_entry *entry)
{
  for (int side = 0; side < SIDES; ++side) {
    struct entry *known;

    if (wire_get_bounded_u8 (wire, 1) == 0)
      continue;
    known = arena_allocate (arena, sizeof *known);
    if (known == NULL)
      return wire_fail (wire, -ENOMEM);
    if (!get_entry (wire, arena, known))
      return false;
    entry->side[side] = known;
  }
  return wire_error (wire) == 0;
}

/* Which sides an entry has to have, and not to have. */
static bool
sides_fit (const struct delta_entry *entry)
{
  bool base = entry->side[SIDE_BASE] != NULL;
  bool overlay = entry->side[SIDE_OVERLAY] != NULL;

  switch ((enum status) entry->status) {
  case STATUS_ADDED: return overlay && !base;
  case STATUS_DELETED: return base && !overlay;
  case STATUS_MODIFIED: return base && overlay;
  case STATUS_SCAFFOLD: return base || overlay;
  case STATUS_UNREADABLE: return true;
  }
  return false;
}

bool
get_delta_entry (struct wire *wire, struct arena *arena,
                 struct delta_entry *entry)
{
  *entry = (struct delta_entry) {
    .status = wire_get_bounded_u8 (wire, STATUS_UNREADABLE),
  };
  entry->kinds = (uint16_t) wire_get_bounded (wire, KINDS_ALL);
  entry->path = wire_get_string_in (wire, arena, PATH_LIMIT);
  entry->renamed_from = wire_get_string_in (wire, arena, PATH_LIMIT);
  if (wire_error (wire) != 0)
    return false;
  if (entry->path == NULL || !path_valid (entry->path)
      || (entry->renamed_from != NULL
          && (entry->status != STATUS_ADDED
              || !path_valid (entry->renamed_from))))
    return wire_refuse (wire);
  if (!get_sides (wire, arena, entry))
    return false;
  return sides_fit (entry) || wire_refuse (wire);
}
