/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What ntfs-3g shows in place of what it cannot read: see reparse.h.
 */
#include <config.h>

#include "reparse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compare_walk.h"
#include "metadata.h"
#include "single.h"

/* Where the appliance has the guest's filesystems. */
#define SYSROOT "/sysroot"

static const char raw_data[] = "system.ntfs_reparse_data";
static const char text_start[] = "unsupported reparse tag 0x";

/* Of system.ntfs_attrib: FILE_ATTRIBUTE_… of Windows. */
#define ATTRIBUTE_DIRECTORY 0x10
#define ATTRIBUTE_ENCRYPTED 0x4000

#define MISSING_FILE (ENTRY_NO_CONTENT | ENTRY_NO_XATTRS)
#define MISSING_DIRECTORY (ENTRY_NO_MEMBERS | ENTRY_NO_XATTRS)

/* Tags that users meet ([MS-FSCC] 2.1.2.1), without the bits of MASK. */
static const struct {
  uint32_t tag, mask;
  const char *meaning;
} tags[] = {
  { 0x80000013, 0, "deduplicated by Windows" },
  { 0x80000017, 0, "compressed by Windows" },
  { 0x8000001b, 0, "the link of an app" },
  { 0x80000021, 0, "a placeholder of OneDrive" },
  { 0x9000001a, 0xf000, "a placeholder of cloud storage" },
};

bool
reparse_concerns (const char *type)
{
  return type != NULL
    && (strcmp (type, "ntfs") == 0 || strcmp (type, "ntfs3") == 0);
}

const char *
reparse_target (const char *mount_point, const char *target)
{
  size_t length = strlen (mount_point);

  if (strncmp (target, SYSROOT, strlen (SYSROOT)) != 0
      || strncmp (target + strlen (SYSROOT), mount_point, length) != 0)
    return target;
  switch (target[strlen (SYSROOT) + length]) {
  case '/': return target + strlen (SYSROOT) + length;
  case '\0': return "/";
  default: return target;
  }
}

/* The tag in the text that ntfs-3g makes up: false for any other target. */
static bool
tag_of_text (const struct entry *entry, uint32_t *tag)
{
  const char *digits;
  char *end;

  if (entry->type != ENTRY_SYMLINK || entry->target == NULL
      || strncmp (entry->target, text_start, strlen (text_start)) != 0)
    return false;
  digits = entry->target + strlen (text_start);
  if (strlen (digits) != 8 || strspn (digits, "0123456789abcdefABCDEF") != 8)
    return false;
  *tag = (uint32_t) strtoul (digits, &end, 16);
  return true;
}

static uint32_t
get_u32 (const char *bytes)
{
  const unsigned char *b = (const unsigned char *) bytes;

  return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t) b[3] << 24;
}

/* One xattr that no list names.  *VALUE is to be freed. */
static errint_t
get_xattr (struct appliance *appliance, const char *path, const char *name,
           char **value, size_t *length)
{
  APPLIANCE_LOCK (appliance);

  *value = guestfs_lgetxattr (appliance->g, path, name, length);
  return *value != NULL ? 0 : appliance_error (appliance);
}

static errint_t
get_attributes (struct appliance *appliance, const char *path,
                uint32_t *attributes)
{
  CLEANUP_FREE char *value = NULL;
  size_t length = 0;
  errint_t err = get_xattr (appliance, path, "system.ntfs_attrib", &value,
                            &length);

  if (err < 0)
    return err;
  if (length != 4)
    return -EPROTO;
  *attributes = get_u32 (value);
  return 0;
}

static void
forget_target (struct entry *entry)
{
  entry->target = NULL;
  entry->target_length = 0;
  entry->size = 0;              /* it was the text's */
}

/* What a text stands for.  Without an answer nothing is known of it, and with
 * one that does not fit the text it is a link that is called so. */
static errint_t
look_behind (struct scan *scan, struct tree_node *node, const char *path,
             uint32_t tag)
{
  struct entry *entry = &node->entry;
  CLEANUP_FREE char *raw = NULL;
  size_t length = 0;
  uint32_t attributes = 0;
  errint_t err = get_xattr (scan->appliance, path, raw_data, &raw, &length);

  if (err == -ENODATA || (err == 0 && length >= 4 && get_u32 (raw) != tag))
    return 0;
  if (err == 0)
    err = get_attributes (scan->appliance, path, &attributes);
  if (err < 0 && single_is_fatal (err))
    return err;
  forget_target (entry);
  if (err < 0) {
    entry->type = ENTRY_UNKNOWN;
    entry->missing |= ENTRY_NO_METADATA;
    complaints_add_node (scan->complaints, "cannot read", node, err);
    return 0;
  }
  if ((attributes & ATTRIBUTE_DIRECTORY) != 0) {
    entry->type = ENTRY_DIRECTORY;
    entry->missing |= MISSING_DIRECTORY;
  }
  else {
    entry->type = ENTRY_FILE;
    entry->missing |= MISSING_FILE;
  }
  return metadata_add_xattr (entry, scan->tree->arena, raw_data, raw, length);
}

errint_t
reparse_mark (struct scan *scan)
{
  errint_t err = 0;

  for (size_t i = 0; err == 0 && i < scan->count; ++i) {
    struct tree_node *node = scan->nodes[i];
    struct entry *entry = &node->entry;
    CLEANUP_FREE char *path = NULL;
    uint32_t tag;

    if (entry->type != ENTRY_SYMLINK || entry->target == NULL)
      continue;
    if (tag_of_text (entry, &tag)) {
      err = scan_path (scan, node, &path);
      if (err == 0)
        err = look_behind (scan, node, path, tag);
      continue;
    }
    entry->target = reparse_target (scan->mount_point, entry->target);
    entry->target_length = (uint32_t) strlen (entry->target);
    entry->size = entry->target_length;
  }
  return err;
}

/* The raw data of a node that was marked; NULL for any other. */
static const struct entry_xattr *
mark_of (const struct tree_node *node)
{
  if (node == NULL
      || (node->entry.missing & (ENTRY_NO_CONTENT | ENTRY_NO_MEMBERS)) == 0)
    return NULL;
  return entry_find_xattr (&node->entry, raw_data);
}

/* The trees are the engine's, a walk only reads them. */
static struct entry *
entry_of (const struct tree_node *node)
{
  return (struct entry *) (uintptr_t) &node->entry;
}

/* Takes the marks from two files between which nothing differs that is
 * known. */
static bool
settle_equal (const struct tree_pair *pair, const struct compare_rules *rules)
{
  struct entry plain[SIDES];
  bool unreadable = false;

  for (enum side side = 0; side < SIDES; ++side) {
    if (mark_of (pair->node[side]) == NULL)
      return false;
    plain[side] = pair->node[side]->entry;
    if (plain[side].type != ENTRY_FILE || plain[side].missing != MISSING_FILE)
      return false;
    plain[side].missing = 0;
  }
  if (entry_compare_inodes (&plain[SIDE_BASE], &plain[SIDE_OVERLAY]) != 0
      || plain[SIDE_BASE].blocks != plain[SIDE_OVERLAY].blocks
      || judge (&plain[SIDE_BASE], &plain[SIDE_OVERLAY], rules, CONTENT_SAME,
                &unreadable) != 0
      || unreadable)
    return false;
  for (enum side side = 0; side < SIDES; ++side)
    entry_of (pair->node[side])->missing = 0;
  return true;
}

static const char *
meaning_of (uint32_t tag)
{
  for (size_t i = 0; i < sizeof tags / sizeof tags[0]; ++i)
    if ((tag & ~tags[i].mask) == tags[i].tag)
      return tags[i].meaning;
  return "of a kind that is not known";
}

static void
complain (const struct reparse_trees *trees, const struct tree_node *node)
{
  const struct entry_xattr *raw = mark_of (node);
  uint32_t tag = raw != NULL && raw->length >= 4 ? get_u32 (raw->value) : 0;
  CLEANUP_FREE char *path = NULL;
  char reason[100];

  if (raw == NULL)
    return;
  path = tree_path (node);
  snprintf (reason, sizeof reason,
            "reparse point 0x%08" PRIx32 ", %s: ntfs-3g does not read it",
            tag, meaning_of (tag));
  complaints_add_reason (trees->complaints, "cannot read",
                         path != NULL ? path : "?", reason);
}

/* Files whose bytes nobody asks for: is there anything to be read? */
static errint_t
check_encryption (const struct reparse_trees *trees, enum side side,
                  const struct tree_node *node)
{
  CLEANUP_FREE char *path = NULL, *inner = NULL;
  uint32_t attributes = 0;
  errint_t err;

  if (node == NULL || node->entry.type != ENTRY_FILE
      || node->entry.missing != 0 || node->entry.size == 0)
    return 0;
  inner = tree_path (node);
  if (inner == NULL
      || asprintf (&path, "%s%s", trees->mount_point[side], inner) < 0) {
    path = NULL;
    return -ENOMEM;
  }
  err = get_attributes (trees->appliance[side], path, &attributes);
  if (err < 0 && single_is_fatal (err))
    return err;
  if (err < 0 || (attributes & ATTRIBUTE_ENCRYPTED) == 0)
    return 0;                   /* reading it tells */
  entry_of (node)->missing |= ENTRY_NO_CONTENT;
  complaints_add_reason (trees->complaints, "cannot read the content", inner,
                         "it is encrypted by Windows (EFS)");
  return 0;
}

static errint_t
settle_pair (const struct reparse_trees *trees,
             const struct compare_rules *rules,
             const struct tree_pair *pair)
{
  const struct tree_node *base = pair->node[SIDE_BASE];
  const struct tree_node *overlay = pair->node[SIDE_OVERLAY];
  bool asked = base != NULL && overlay != NULL
    && base->entry.type == overlay->entry.type
    && base->entry.size == overlay->entry.size;
  errint_t err = 0;

  if (mark_of (base) != NULL || mark_of (overlay) != NULL) {
    if (rules->verify || !settle_equal (pair, rules)) {
      complain (trees, base);
      complain (trees, overlay);
    }
    return 0;
  }
  for (enum side side = 0; err == 0 && !asked && side < SIDES; ++side)
    err = check_encryption (trees, side, pair->node[side]);
  return err;
}

errint_t
reparse_settle (const struct reparse_trees *trees,
                const struct compare_rules *rules)
{
  CLEANUP_WALK struct tree_walk walk;
  bool more;
  errint_t err = 0;

  tree_walk_start (&walk, trees->tree[SIDE_BASE],
                   trees->tree[SIDE_OVERLAY]);
  while (err == 0 && (err = tree_walk_next (&walk, &more)) == 0 && more)
    err = settle_pair (trees, rules, &walk.pair);
  return err;
}
