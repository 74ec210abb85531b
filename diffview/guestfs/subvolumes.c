/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Inode number spaces of one filesystem.
 */
#include <config.h>

#include "subvolumes.h"
#include "vector.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct subvolume {
  char *path;
  uint32_t number;
  UT_hash_handle hh;
};

struct numbering {
  struct subvolume *by_path;
  uint32_t last;
};

static void
numbering_clear (struct numbering *numbering)
{
  struct subvolume *subvolume, *next;

  HASH_ITER (hh, numbering->by_path, subvolume, next) {
    HASH_DEL (numbering->by_path, subvolume);
    free (subvolume->path);
    free (subvolume);
  }
}

/* Takes ownership of PATH. */
static struct subvolume *
add_subvolume (struct numbering *numbering, char *path)
{
  struct subvolume *subvolume = calloc (1, sizeof *subvolume);

  if (subvolume == NULL) {
    free (path);
    return NULL;
  }
  subvolume->path = path;
  subvolume->number = ++numbering->last;
  HASH_ADD_KEYPTR (hh, numbering->by_path, path, strlen (path), subvolume);
  if (subvolume->hh.tbl == NULL) {
    free (path);
    free (subvolume);
    return NULL;
  }
  return subvolume;
}

static errint_t
number_of (struct numbering *numbering, const struct tree_node *node,
           uint32_t *number)
{
  char *path = tree_path (node);
  struct subvolume *subvolume;

  if (path == NULL)
    return -ENOMEM;
  HASH_FIND_STR (numbering->by_path, path, subvolume);
  if (subvolume == NULL)
    subvolume = add_subvolume (numbering, steal_pointer (&path));
  free (path);
  if (subvolume == NULL)
    return -ENOMEM;
  *number = subvolume->number;
  return 0;
}

/* A node whose metadata is not there has no cookie. */
static errint_t
number_member (struct numbering *numbering, const struct tree_node *directory,
               struct tree_node *member)
{
  if (member->entry.missing & ENTRY_NO_METADATA)
    member->cookie = directory->cookie;
  member->entry.subvolume = directory->entry.subvolume;
  if (member->cookie == directory->cookie)
    return 0;
  return number_of (numbering, member, &member->entry.subvolume);
}

/* From the root down, without recursion: the next directory is the first
 * member, or the next member of the nearest directory above that has one.
 * Where it was, each directory remembers on a stack. */
struct position {
  struct tree_node *directory;
  uint32_t next;
};

struct stack {
  struct position *list;
  size_t count, capacity;
};

static errint_t
push (struct stack *stack, struct tree_node *directory)
{
  return VECTOR_APPEND (stack->list, stack->count, stack->capacity,
                        (struct position) { directory, 0 });
}

static errint_t
number_tree (struct numbering *numbering, struct tree *tree)
{
  struct stack stack = { 0 };
  errint_t r = push (&stack, tree->root);

  while (r == 0 && stack.count > 0) {
    struct position *top = &stack.list[stack.count - 1];
    struct tree_node *member;

    if (top->next == top->directory->member_count) {
      --stack.count;
      continue;
    }
    member = top->directory->members[top->next++];
    r = number_member (numbering, top->directory, member);
    if (r == 0 && member->member_count > 0)
      r = push (&stack, member);
  }
  free (stack.list);
  return r;
}

errint_t
subvolumes_number (struct tree *const trees[SIDES])
{
  struct numbering numbering = { 0 };
  errint_t r = 0;

  for (enum side side = 0; side < SIDES && r == 0; ++side) {
    if (trees[side] != NULL)
      r = number_tree (&numbering, trees[side]);
  }
  numbering_clear (&numbering);
  return r;
}
