/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Making random pairs of guests.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_model.h"

const char *const model_xattr_names[MODEL_XATTRS] = {
  "security.capability", "security.selinux", "system.posix_acl_access",
  "user.x",
};

/* Names that are easily confused, or that collide with ours. */
static const char *const name_pool[] = {
  "a", "a-b", "a.b", "a\x01", "ab", "b", "b\xff", "python3", "python3.11",
  ".deleted", ".deleted.1", ".base", ".filesystems", "c d",
};
#define NAME_POOL (sizeof name_pool / sizeof name_pool[0])

static uint64_t generator;
static unsigned next_number;    /* of inodes; a time, too */

/* splitmix64. */
static uint64_t
next_random (void)
{
  uint64_t z = generator += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  return z ^ z >> 31;
}

/* 0 to BOUND - 1. */
static unsigned
pick (unsigned bound)
{
  return (unsigned) (next_random () % bound);
}

const struct model_inode *
model_find (const struct model_side *side, const char *path)
{
  for (unsigned i = 0; i < side->name_count; ++i)
    if (strcmp (side->names[i].path, path) == 0)
      return &side->inodes[side->names[i].inode];
  return NULL;
}

bool
model_below (const char *path, const char *directory)
{
  size_t length = strlen (directory);

  if (strcmp (path, directory) == 0)
    return false;
  if (strcmp (directory, "/") == 0)
    return true;
  return strncmp (path, directory, length) == 0 && path[length] == '/';
}

int
model_compare_paths (const char *a, const char *b)
{
  /* Component by component. */
  while (*a != '\0' && *b != '\0') {
    size_t a_length, b_length, least;
    int order;

    a++;
    b++;
    a_length = strcspn (a, "/");
    b_length = strcspn (b, "/");
    least = a_length < b_length ? a_length : b_length;
    order = memcmp (a, b, least);
    if (order != 0)
      return order;
    if (a_length != b_length)
      return a_length < b_length ? -1 : 1;
    a += a_length;
    b += b_length;
  }
  return (*a != '\0') - (*b != '\0');
}

static void
random_content (char content[12])
{
  unsigned length = pick (5);

  memset (content, 0, 12);
  for (unsigned i = 0; i < length; ++i)
    content[i] = (char) ('x' + pick (2));
}

/* A new inode; its number is a new one, or one that was used before. */
static unsigned
new_inode (struct model_side *side, char type)
{
  struct model_inode *inode = &side->inodes[side->inode_count];

  *inode = (struct model_inode) {
    .type = type, .mode = type == 'd' ? 0755 : 0644,
    .number = 1000 + next_number, .mtime = 50, .ctime = 50 + next_number,
  };
  next_number++;
  random_content (inode->content);
  if (type == 'l' && inode->content[0] == '\0')
    inode->content[0] = 't';
  inode->minor = pick (3);
  if (pick (6) == 0)
    inode->xattrs[pick (MODEL_XATTRS)] = '1';
  return side->inode_count++;
}

static void
add_name (struct model_side *side, const char *path, unsigned inode)
{
  struct model_name *name = &side->names[side->name_count++];

  snprintf (name->path, sizeof name->path, "%s", path);
  name->inode = inode;
}

static void
remove_tree (struct model_side *side, const char *path, bool itself)
{
  unsigned kept = 0;

  for (unsigned i = 0; i < side->name_count; ++i)
    if (!model_below (side->names[i].path, path)
        && !(itself && strcmp (side->names[i].path, path) == 0))
      side->names[kept++] = side->names[i];
  side->name_count = kept;
}

/* A path that is not there, in a random directory; false without room. */
static bool
free_path (const struct model_side *side, char path[MODEL_PATH])
{
  for (int attempt = 0; attempt < 20; ++attempt) {
    const struct model_name *directory =
      &side->names[pick (side->name_count)];
    const struct model_inode *inode = &side->inodes[directory->inode];

    if (inode->type != 'd' || strlen (directory->path) > 60
        || side->name_count >= MODEL_NAMES - 1)
      continue;
    snprintf (path, MODEL_PATH, "%s/%s",
              strcmp (directory->path, "/") == 0 ? "" : directory->path,
              name_pool[pick (NAME_POOL)]);
    if (model_find (side, path) == NULL)
      return true;
  }
  return false;
}

static const char type_pool[] = "ffffffddddllbcps";

static void
add_something (struct model_side *side)
{
  char path[MODEL_PATH];
  unsigned other = pick (side->name_count);
  unsigned inode;

  if (!free_path (side, path) || side->inode_count >= 2 * MODEL_NAMES - 2)
    return;
  inode = side->names[other].inode;
  if (pick (5) != 0 || side->inodes[inode].type != 'f')
    inode = new_inode (side,
                       type_pool[pick (sizeof type_pool - 1)]);
  add_name (side, path, inode);
}

/* Changes one inode somehow, or not at all. */
static void
change_inode (struct model_inode *inode)
{
  switch (pick (10)) {
  case 0: inode->mode ^= 04001; break;
  case 1: inode->uid++; break;
  case 2: inode->mtime++; break;
  case 3: inode->minor = pick (3); break;
  case 4: inode->xattrs[pick (MODEL_XATTRS)] = (char) ("\0" "12"[pick (3)]);
    break;
  case 5: inode->ctime++; break;
  case 6: inode->number += 5000; break;
  default:
    if (inode->content[0] != '\0' && pick (2) == 0)
      inode->content[0] = (char) ('x' + pick (2));
    else if (inode->type != 'l')
      random_content (inode->content);
    if (pick (3) != 0)
      inode->ctime++;
    if (pick (3) != 0)
      inode->mtime++;
  }
}

static void
rename_something (struct model_side *side, const char *from)
{
  char to[MODEL_PATH];
  size_t length = strlen (from);
  char old[MODEL_PATH];

  snprintf (old, sizeof old, "%s", from);
  if (!free_path (side, to) || model_below (to, old))
    return;
  for (unsigned i = 0; i < side->name_count; ++i) {
    struct model_name *name = &side->names[i];

    if (strcmp (name->path, old) == 0 || model_below (name->path, old)) {
      char rest[MODEL_PATH];

      snprintf (rest, sizeof rest, "%s", name->path + length);
      if (strlen (to) + strlen (rest) < MODEL_PATH - 1) {
        strcpy (name->path, to);
        strcat (name->path, rest);
      }
    }
  }
}

/* Makes something unreadable; what cannot be listed is gone from the list. */
static void
hide_something (struct model_side *side, unsigned index)
{
  struct model_inode *inode = &side->inodes[side->names[index].inode];
  char path[MODEL_PATH];

  snprintf (path, sizeof path, "%s", side->names[index].path);
  switch (pick (5)) {
  case 0:
    inode->no_xattrs = true;
    break;
  case 1:
    if (inode->type == 'f')
      inode->no_content = true;
    break;
  case 2:
    if (inode->type == 'd') {
      inode->no_members = true;
      for (unsigned i = 1; i < side->name_count; ++i)
        if (model_below (side->names[i].path, path) && pick (2) == 0) {
          snprintf (path, sizeof path, "%s", side->names[i].path);
          remove_tree (side, path, true);
          break;
        }
    }
    break;
  default:
    if (strcmp (path, "/") == 0)
      break;
    remove_tree (side, path, false);
    inode->no_metadata = true;
    if (pick (2) == 0)
      inode->type = '?';
    else if (inode->type == 'd')
      inode->no_members = true;
  }
}

/* One step from base to overlay. */
static void
change_something (struct model_side *side)
{
  unsigned index = pick (side->name_count);
  char path[MODEL_PATH];

  snprintf (path, sizeof path, "%s", side->names[index].path);
  switch (pick (8)) {
  case 0: case 1:
    add_something (side);
    break;
  case 2:
    if (strcmp (path, "/") != 0)
      remove_tree (side, path, true);
    break;
  case 3:
    if (strcmp (path, "/") != 0)
      rename_something (side, path);
    break;
  case 4:
    if (strcmp (path, "/") != 0
        && side->inode_count < 2 * MODEL_NAMES - 2) {
      /* Replaced by something else at the same name. */
      unsigned number = side->inodes[side->names[index].inode].number;

      remove_tree (side, path, true);
      add_name (side, path,
                new_inode (side,
                           type_pool[pick (sizeof type_pool - 1)]));
      if (pick (2) == 0 && side->inodes[side->inode_count - 1].type != 'd')
        side->inodes[side->inode_count - 1].number = number + 7000;
    }
    break;
  default:
    change_inode (&side->inodes[side->names[index].inode]);
  }
}

void
model_make (struct model *model, uint64_t seed)
{
  static const char *const patterns[] = {
    "/a", "/a*", "*b", "/", "/a/*", "/python3", "/.deleted", "*/c d",
  };
  const unsigned pattern_count = sizeof patterns / sizeof patterns[0];
  struct model_side *base = &model->side[0], *overlay = &model->side[1];
  unsigned steps;

  generator = seed;
  next_number = 0;
  memset (model, 0, sizeof *model);
  add_name (base, "/", new_inode (base, 'd'));
  steps = pick (40);
  for (unsigned i = 0; i < steps; ++i)
    add_something (base);
  *overlay = *base;
  steps = pick (20);
  for (unsigned i = 0; i < steps; ++i)
    change_something (overlay);
  if (pick (3) == 0)
    for (unsigned i = pick (4); i > 0; --i) {
      struct model_side *side = &model->side[pick (2)];

      hide_something (side, pick (side->name_count));
    }
  model->trust = pick (2) == 0;
  model->renames = pick (4) != 0;
  model->times = pick (3) == 0;
  if (pick (3) == 0)
    model->include = patterns[pick (pattern_count)];
  if (pick (3) == 0)
    model->exclude = patterns[pick (pattern_count)];
}
