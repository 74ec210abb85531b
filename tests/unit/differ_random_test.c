/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random pairs of guests on a format in memory: the differ, which looks only
 * where something was written, lists what a naive reading of the contract
 * does.
 *
 * DELTAFS_SEED is the first round's seed, DELTAFS_ROUNDS sets how many are
 * tried (3000): with 1, a round that failed is repeated.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <cmocka.h>

#include "listing.h"
#include "memory_format.h"
#include "messages.h"
#include "random_model.h"

static struct listing listing, wanted;
static struct messages messages;
static uint64_t current_seed;

/* A guest's tree on its way to the format. */
struct placing {
  struct memory_pair *pair;
  const struct model *model;
  uint64_t next_block;          /* the first that nobody has used */
  uint64_t choices;             /* random bits */
};

static unsigned
choose (struct placing *placing, unsigned bound)
{
  placing->choices = placing->choices * 6364136223846793005u
    + 1442695040888963407u;
  return (unsigned) (placing->choices >> 33) % bound;
}

static enum entry_type
type_of (const struct model_inode *inode)
{
  static const char letters[] = "?fdlbcps";

  return (enum entry_type) (strchr (letters, inode->type) - letters);
}

/* The base's inode of that number and type, or NULL. */
static struct memory_inode *
in_base (struct placing *placing, const struct model_inode *inode)
{
  struct memory_inode *base = &placing->pair->side[SIDE_BASE]
    .inodes[inode->number % MEMORY_INODES];

  return base->in_use && base->entry.inode == inode->number
    && base->entry.type == type_of (inode) ? base : NULL;
}

/* Where a file's bytes or a directory's names lie: on the overlay mostly where
 * the base has those of that inode. */
static uint64_t
block_for (struct placing *placing, enum side side,
           const struct model_inode *inode)
{
  const struct memory_inode *base = side == SIDE_OVERLAY
    ? in_base (placing, inode) : NULL;

  if (base != NULL && choose (placing, 4) != 0) {
    if (base->entry.type == ENTRY_DIRECTORY)
      return base->names_block;
    if (base->run_count > 0)
      return base->runs[0].position / MEMORY_BLOCK;
  }
  return placing->next_block++;
}

/* A file's content: written only where other bytes are, as a guest that
 * touches nothing leaves it. */
static void
place_file (struct placing *placing, enum side side,
            const struct model_inode *inode)
{
  struct memory_pair *pair = placing->pair;
  const uint64_t block = block_for (placing, side, inode);
  const char *there = (const char *)
    (pair->disk[side].bytes + block * MEMORY_BLOCK);
  const bool same = strncmp (there, inode->content, MEMORY_BLOCK) == 0;
  struct memory_inode *made = memory_pair_file
    (pair, side, inode->number, block, same ? NULL : inode->content);

  made->entry.size = strlen (inode->content);
  if (made->entry.size == 0)
    made->run_count = 0;
}

static void
place_inode (struct placing *placing, enum side side,
             const struct model_inode *inode)
{
  struct memory_pair *pair = placing->pair;
  const enum entry_type type = type_of (inode);
  struct memory_inode *made;

  if (type == ENTRY_FILE)
    place_file (placing, side, inode);
  else
    memory_pair_inode (pair, side, inode->number, type);
  made = &pair->side[side].inodes[inode->number % MEMORY_INODES];
  made->entry.permissions = (uint16_t) inode->mode;
  made->entry.uid = inode->uid;
  made->entry.mtime.seconds = inode->mtime;
  made->entry.ctime.seconds = inode->ctime;
  if (type == ENTRY_BLOCK || type == ENTRY_CHAR) {
    made->entry.major = 8;
    made->entry.minor = inode->minor & 0xfffff;
  }
  if (type == ENTRY_SYMLINK) {
    made->entry.target = inode->content;
    made->entry.target_length = (uint32_t) strlen (inode->content);
    made->entry.size = made->entry.target_length;
  }
  for (int i = 0; i < MODEL_XATTRS; ++i)
    if (inode->xattrs[i] != 0)
      made->xattr[made->xattrs.count++] = (struct entry_xattr) {
        .name = model_xattr_names[i], .value = &inode->xattrs[i], .length = 1,
      };
  made->damaged = inode->no_content || inode->no_members;
  if (inode->no_xattrs)
    made->entry.missing |= ENTRY_NO_XATTRS;
  if (inode->no_metadata || type == ENTRY_UNKNOWN)
    made->entry.missing |= ENTRY_NO_METADATA;
}

static const struct model_inode *
inode_of (const struct model_side *side, unsigned name)
{
  return &side->inodes[side->names[name].inode];
}

/* Are all inodes that have names told apart by their numbers, also in the
 * format's array? */
static bool
numbers_are_unique (const struct model *model)
{
  const struct model_inode *seen[MEMORY_INODES] = { NULL };

  for (int s = 0; s < SIDES; ++s) {
    for (unsigned i = 0; i < model->side[s].name_count; ++i) {
      const struct model_inode *inode = inode_of (&model->side[s], i);
      const struct model_inode **place = &seen[inode->number % MEMORY_INODES];

      if (*place != NULL
          && (*place)->number != inode->number)
        return false;
      if (*place >= model->side[s].inodes
          && *place < model->side[s].inodes + 2 * MODEL_NAMES
          && *place != inode)
        return false;
      *place = inode;
    }
  }
  return true;
}

/* "/a/b/c": its directory's number, and "c". */
static uint64_t
split (const struct model_side *side, const char *path, const char **name)
{
  char parent[MODEL_PATH];
  char *slash;

  strcpy (parent, path);
  slash = strrchr (parent, '/');
  *name = path + (slash - parent) + 1;
  slash[slash == parent ? 1 : 0] = '\0';
  return model_find (side, parent)->number;
}

static void
place_names (struct placing *placing, enum side side,
             const struct model_side *model)
{
  struct memory_pair *pair = placing->pair;

  for (unsigned i = 0; i < model->name_count; ++i) {
    const char *path = model->names[i].path, *name;
    uint64_t directory;
    struct memory_inode *inode;

    if (strcmp (path, "/") == 0)
      continue;
    directory = split (model, path, &name);
    inode = &pair->side[side].inodes[directory % MEMORY_INODES];
    assert_true (inode->name_count < MEMORY_NAMES);
    strcpy (inode->names[inode->name_count].text, name);
    inode->names[inode->name_count++].inode = inode_of (model, i)->number;
  }
}

/* Where each directory's names lie; a block of names that differ was
 * written. */
static void
place_directories (struct placing *placing, enum side side,
                   const struct model_side *model)
{
  for (unsigned i = 0; i < model->name_count; ++i) {
    const struct model_inode *inode = inode_of (model, i);
    struct memory_inode *made = &placing->pair->side[side]
      .inodes[inode->number % MEMORY_INODES];
    const struct memory_inode *base = in_base (placing, inode);

    if (inode->type != 'd')
      continue;
    made->names_block = block_for (placing, side, inode);
    if (side == SIDE_OVERLAY
        && (base == NULL || base->names_block != made->names_block
            || base->name_count != made->name_count
            || memcmp (base->names, made->names,
                       made->name_count * sizeof made->names[0]) != 0))
      memory_pair_write (placing->pair, made->names_block, "");
  }
}

static void
place_side (struct placing *placing, enum side side)
{
  const struct model_side *model = &placing->model->side[side];
  struct memory_side *made = &placing->pair->side[side];

  memset (made->inodes, 0, MEMORY_INODES * sizeof *made->inodes);
  for (unsigned i = 0; i < model->name_count; ++i) {
    const struct model_inode *inode = inode_of (model, i);

    if (!made->inodes[inode->number % MEMORY_INODES].in_use)
      place_inode (placing, side, inode);
  }
  made->root = model_find (model, "/")->number;
  place_names (placing, side, model);
  place_directories (placing, side, model);
}

static struct memory_pair *
build (const struct model *model, uint64_t seed)
{
  struct placing placing = {
    .pair = memory_pair_new (), .model = model, .next_block = 1,
    .choices = seed,
  };

  place_side (&placing, SIDE_BASE);
  memory_pair_copy_base (placing.pair);
  place_side (&placing, SIDE_OVERLAY);
  return placing.pair;
}

static void
list_expected (const struct model_delta *expected)
{
  wanted.used = 0;
  wanted.text[0] = '\0';
  for (unsigned i = 0; i < expected->count; ++i) {
    const struct model_entry *entry = &expected->list[i];

    listing_add (&wanted, "%c%s%s %s%s%s\n", entry->status,
                 entry->kinds[0] != '\0' ? " " : "", entry->kinds,
                 entry->path, entry->renamed_from != NULL ? " < " : "",
                 entry->renamed_from != NULL ? entry->renamed_from : "");
  }
}

/* False for a pair that no format can hold. */
static bool
one_round (uint64_t seed)
{
  static struct model model;
  static struct model_delta expected;
  CLEANUP (memory_pair_free) struct memory_pair *pair = NULL;
  CLEANUP (engine_close) struct engine *engine = NULL;
  CLEANUP (delta_free) struct delta *delta = NULL;
  struct compare_rules rules = { .verify = false };

  model_make (&model, seed);
  model.trust = false;
  model.renames = true;
  model.include = model.exclude = NULL;
  rules.times = model.times;
  if (!numbers_are_unique (&model))
    return false;
  pair = build (&model, seed);
  pair->known = seed % 8 != 0;
  pair->comparable = seed % 8 != 1;
  messages_start (&messages);
  engine = memory_pair_engine (pair, &messages.log);
  delta = memory_pair_delta (pair, engine, &rules);
  model_expect (&model, &expected);
  list_expected (&expected);
  assert_string_equal (list_delta (&listing, delta), wanted.text);
  return true;
}

static void
random_pairs (void **state)
{
  const char *seed = getenv ("DELTAFS_SEED");
  const char *rounds = getenv ("DELTAFS_ROUNDS");
  unsigned long count = rounds != NULL ? strtoul (rounds, NULL, 10) : 3000;
  unsigned long tried = 0;

  (void) state;
  if (seed != NULL)
    current_seed = strtoull (seed, NULL, 10);
  else {
    assert_int_equal (getrandom (&current_seed, sizeof current_seed, 0),
                      sizeof current_seed);
    current_seed >>= 1;
  }
  for (unsigned long i = 0; i < count; ++i, ++current_seed)
    tried += one_round (current_seed);
  assert_true (count < 100 || tried > count / 2);
}

/* Called after a failure too. */
static int
print_seed (void **state)
{
  (void) state;
  print_message ("# last round: DELTAFS_SEED=%llu DELTAFS_ROUNDS=1\n",
                 (unsigned long long) current_seed);
  return 0;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown (random_pairs, print_seed),
  };

  return cmocka_run_group_tests_name ("differ, random", tests, NULL, NULL);
}
