/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What counts as a difference, and as which one.
 */
#include <config.h>

#include <fnmatch.h>
#include <string.h>

#include "delta.h"
#include "judge.h"

/* The kinds of xattrs that have their own names. */
static const struct {
  const char *name;
  unsigned kind;
} known_xattrs[] = {
  { "system.posix_acl_access", KIND_ACL },
  { "system.posix_acl_default", KIND_ACL },
  /* XFS lists the same ACLs once more, as it keeps them. */
  { "trusted.SGI_ACL_FILE", KIND_ACL },
  { "trusted.SGI_ACL_DEFAULT", KIND_ACL },
  { "security.capability", KIND_CAPABILITY },
  { "security.selinux", KIND_SELINUX },
};

static unsigned
xattr_kind (const char *name, const struct compare_rules *rules)
{
  for (char *const *pattern = rules->ignore_xattrs;
       pattern != NULL && *pattern != NULL; ++pattern)
    if (fnmatch (*pattern, name, 0) == 0)
      return KIND_IGNORED;
  for (size_t i = 0; i < sizeof known_xattrs / sizeof known_xattrs[0]; ++i)
    if (strcmp (name, known_xattrs[i].name) == 0)
      return known_xattrs[i].kind;
  return KIND_XATTR;
}

static const struct entry_xattr *
xattr_at (const struct entry *entry, size_t i)
{
  if (entry->xattrs == NULL || i >= entry->xattrs->count)
    return NULL;
  return &entry->xattrs->list[i];
}

/* Walks both lists at once.  A name that one side lacks is a difference only
 * when that side's list is complete. */
static unsigned
compare_xattrs (const struct entry *base, const struct entry *overlay,
                const struct compare_rules *rules)
{
  bool base_complete = (base->missing & ENTRY_NO_XATTRS) == 0;
  bool overlay_complete = (overlay->missing & ENTRY_NO_XATTRS) == 0;
  const struct entry_xattr *a, *b;
  size_t i = 0, j = 0;
  unsigned kinds = 0;

  while (a = xattr_at (base, i), b = xattr_at (overlay, j),
         a != NULL || b != NULL) {
    int order = a == NULL ? 1 : b == NULL ? -1 : strcmp (a->name, b->name);

    if (order < 0) {
      if (overlay_complete)
        kinds |= xattr_kind (a->name, rules);
      i++;
    }
    else if (order > 0) {
      if (base_complete)
        kinds |= xattr_kind (b->name, rules);
      j++;
    }
    else {
      if (a->length != b->length
          || (a->length > 0 && memcmp (a->value, b->value, a->length) != 0))
        kinds |= xattr_kind (a->name, rules);
      i++;
      j++;
    }
  }
  return kinds;
}

static unsigned
compare_content (const struct entry *base, const struct entry *overlay,
                 enum content_answer content, bool *unreadable)
{
  if (base->size != overlay->size)
    return KIND_CONTENT;
  if (!judge_needs_content (base, overlay) || content == CONTENT_SAME)
    return 0;
  if (content == CONTENT_UNREADABLE) {
    *unreadable = true;
    return 0;
  }
  if (entry_time_equal (&base->mtime, &overlay->mtime)
      && entry_time_equal (&base->ctime, &overlay->ctime))
    return KIND_CONTENT | KIND_SILENT;
  return KIND_CONTENT;
}

static unsigned
compare_target (const struct entry *base, const struct entry *overlay)
{
  if (((base->missing | overlay->missing) & ENTRY_NO_TARGET) != 0)
    return 0;
  if (base->target_length != overlay->target_length)
    return KIND_TARGET;
  if (base->target_length > 0
      && memcmp (base->target, overlay->target, base->target_length) != 0)
    return KIND_TARGET;
  return 0;
}

/* What only one type of inode has. */
static unsigned
compare_type_parts (const struct entry *base, const struct entry *overlay,
                    enum content_answer content, bool *unreadable)
{
  switch ((enum entry_type) base->type) {
  case ENTRY_FILE:
    return compare_content (base, overlay, content, unreadable);
  case ENTRY_SYMLINK:
    return compare_target (base, overlay);
  case ENTRY_BLOCK:
  case ENTRY_CHAR:
    return base->major != overlay->major || base->minor != overlay->minor
      ? KIND_DEVICE : 0;
  case ENTRY_UNKNOWN:
  case ENTRY_DIRECTORY:
  case ENTRY_FIFO:
  case ENTRY_SOCKET:
    break;
  }
  return 0;
}

unsigned
judge (const struct entry *base, const struct entry *overlay,
       const struct compare_rules *rules,
       enum content_answer content, bool *unreadable)
{
  unsigned kinds;

  if (judge_incomplete (base) || judge_incomplete (overlay))
    *unreadable = true;
  if (base->type == ENTRY_UNKNOWN || overlay->type == ENTRY_UNKNOWN)
    return 0;
  if (base->type != overlay->type)
    return KIND_TYPE;
  if (((base->missing | overlay->missing) & ENTRY_NO_METADATA) != 0)
    return 0;

  kinds = compare_type_parts (base, overlay, content, unreadable);
  if (base->permissions != overlay->permissions)
    kinds |= KIND_MODE;
  if (base->uid != overlay->uid || base->gid != overlay->gid)
    kinds |= KIND_OWNER;
  if (base->attributes != overlay->attributes)
    kinds |= KIND_ATTRIBUTES;
  kinds |= compare_xattrs (base, overlay, rules);
  if (rules->times && base->type != ENTRY_DIRECTORY
      && !entry_time_equal (&base->mtime, &overlay->mtime))
    kinds |= KIND_TIME;
  return kinds;
}

bool
judge_incomplete (const struct entry *entry)
{
  return entry->missing != 0 || entry->type == ENTRY_UNKNOWN;
}

bool
judge_needs_content (const struct entry *base, const struct entry *overlay)
{
  uint8_t missing = base->missing | overlay->missing;

  return base->type == ENTRY_FILE && overlay->type == ENTRY_FILE
    && (missing & (ENTRY_NO_METADATA | ENTRY_NO_CONTENT)) == 0
    && base->size == overlay->size && base->size > 0;
}
