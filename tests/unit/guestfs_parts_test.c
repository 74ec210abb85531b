/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Subvolumes of a btrfs that are compared with another one than the base has
 * at their path: new default subvolumes, and snapshots.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "compare.h"
#include "listing.h"
#include "parts.h"

#define UUID(digit) #digit "0000000-0000-0000-0000-000000000000"

static struct listing listing;

/* Two trees, and what becomes of them. */
struct pair {
  struct tree *trees[SIDES];
  struct snapshots snapshots[SIDES];
  struct parts parts;
  struct delta *delta;
};

/* Adds what is at PATH, whose directory is there: a subvolume with SUBVOLUME
 * not 0, a directory when PATH ends with a slash, else a file. */
static struct entry *
put (struct pair *pair, enum side side, const char *path, uint32_t subvolume,
     uint64_t inode)
{
  struct tree *tree = pair->trees[side];
  struct tree_node *node = tree->root;
  const char *name = path + 1;
  size_t length = strcspn (name, "/");

  while (name[length] != '\0' && name[length + 1] != '\0') {
    struct tree_node *next = NULL;

    for (uint32_t i = 0; i < node->member_count; ++i)
      if (strncmp (node->members[i]->name, name, length) == 0
          && node->members[i]->name[length] == '\0')
        next = node->members[i];
    assert_non_null (next);
    node = next;
    name += length + 1;
    length = strcspn (name, "/");
  }
  {
    uint32_t inherited = node->entry.subvolume;

    node = tree_add (tree, node, name, length);
    assert_non_null (node);
    node->entry.type = name[length] == '/' ? ENTRY_DIRECTORY : ENTRY_FILE;
    node->entry.subvolume = subvolume != 0 ? subvolume : inherited;
    node->entry.inode = inode;
    node->entry.size = node->entry.type == ENTRY_FILE ? 5 : 0;
  }
  return &node->entry;
}

static void
put_both (struct pair *pair, const char *path, uint32_t subvolume,
          uint64_t inode)
{
  for (enum side side = 0; side < SIDES; ++side)
    put (pair, side, path, subvolume, inode);
}

static void
tell (struct pair *pair, enum side side, const char *text)
{
  CLEANUP_FREE char *copy = strdup (text);

  assert_int_equal (snapshots_parse (copy, &pair->snapshots[side]), 0);
}

static void
start (struct pair *pair)
{
  memset (pair, 0, sizeof *pair);
  for (enum side side = 0; side < SIDES; ++side)
    pair->trees[side] = tree_new ();
  pair->delta = delta_new ();
}

static void
finish (struct pair *pair)
{
  delta_free (pair->delta);
  for (enum side side = 0; side < SIDES; ++side) {
    snapshots_clear (&pair->snapshots[side]);
    tree_free (pair->trees[side]);
  }
}

/* As the engine does it; nothing may need a look at bytes. */
static void
compare (struct pair *pair, const struct tree *base,
         const struct tree *overlay)
{
  struct compare_rules rules = { .verify = false };
  struct content_questions questions = { 0 };

  assert_int_equal (compare_ask (base, overlay, TRUST_INODE, true,
                                 &questions), 0);
  for (size_t i = 0; i < questions.count; ++i) {
    assert_true (questions.list[i].rename);
    questions.list[i].answer = CONTENT_SAME;
  }
  assert_int_equal (compare_finish (base, overlay, &rules, &questions,
                                    pair->delta, 0), 0);
  content_questions_clear (&questions);
}

static void
expect (struct pair *pair, char *const *pairs, const char *wanted)
{
  unsigned number;

  assert_int_equal (delta_add_filesystem (pair->delta, NULL, "sda1", "/",
                                          true, &number), 0);
  for (enum side side = 0; side < SIDES; ++side)
    assert_int_equal (tree_sort (pair->trees[side]), 0);
  assert_int_equal (parts_find (pair->trees, pairs, pair->snapshots,
                                &pair->parts), 0);
  compare (pair, pair->trees[SIDE_BASE], pair->trees[SIDE_OVERLAY]);
  parts_drop (&pair->parts, pair->delta, 0);
  for (size_t i = 0; i < pair->parts.count; ++i) {
    const struct part *part = &pair->parts.list[i];
    size_t first = pair->delta->count;
    struct tree trees[SIDES];

    assert_int_equal (parts_enter (&pair->parts, part, trees), 0);
    compare (pair, &trees[SIDE_BASE], &trees[SIDE_OVERLAY]);
    assert_int_equal (parts_leave (&pair->parts, part), 0);
    assert_int_equal (parts_place (part, pair->delta, first), 0);
  }
  parts_clear (&pair->parts);
  assert_int_equal (delta_finish (pair->delta), 0);
  assert_string_equal (list_delta (&listing, pair->delta), wanted);
}

/* /1 is the root of the base; it has a subvolume within it. */
static void
put_root (struct pair *pair)
{
  put_both (pair, "/1/", 1, 256);
  put_both (pair, "/1/a", 0, 257);
  put_both (pair, "/1/b", 0, 258);
  put_both (pair, "/1/in/", 2, 256);
  put_both (pair, "/1/in/c", 0, 257);
}

/* A snapshot of it in the overlay, at PATH of five bytes, with a change. */
static void
put_snapshot (struct pair *pair, const char *path, uint32_t subvolume)
{
  char member[32];

  snprintf (member, sizeof member, "%s/", path);
  put (pair, SIDE_OVERLAY, member, subvolume, 256);
  snprintf (member, sizeof member, "%s/a", path);
  put (pair, SIDE_OVERLAY, member, 0, 257);
  snprintf (member, sizeof member, "%s/new", path);
  put (pair, SIDE_OVERLAY, member, 0, 300);
  snprintf (member, sizeof member, "%s/renamed", path);
  put (pair, SIDE_OVERLAY, member, 0, 258);
  snprintf (member, sizeof member, "%s/in/", path);
  put (pair, SIDE_OVERLAY, member, 0, 2);
}

static void
tell_root (struct pair *pair)
{
  for (enum side side = 0; side < SIDES; ++side)
    tell (pair, side,
          "ID 256 gen 9 top level 5 parent_uuid -   uuid " UUID (1)
          " path 1\n");
}

static void
test_snapshots (void **state)
{
  struct pair pair;

  (void) state;
  start (&pair);
  put_root (&pair);
  put (&pair, SIDE_OVERLAY, "/s/", 0, 260);
  put_snapshot (&pair, "/s/2", 7);
  put_snapshot (&pair, "/s/3", 8);
  tell_root (&pair);
  /* The third one was made from the second. */
  tell (&pair, SIDE_OVERLAY,
        "ID 257 gen 9 top level 5 parent_uuid " UUID (1) " uuid " UUID (2)
        " path s/2\n"
        "ID 258 gen 9 top level 5 parent_uuid " UUID (2) " uuid " UUID (3)
        " path s/3");
  assert_true (parts_want_snapshots (pair.trees));
  expect (&pair, NULL,
          "- /\nA /s\nA /s/2\nD /s/2/b\nA /s/2/new\n"
          "A /s/2/renamed < /s/2/b\n"
          "A /s/3\nD /s/3/b\nA /s/3/new\nA /s/3/renamed < /s/3/b\n");
  /* As it was before. */
  assert_int_equal (tree_find (pair.trees[SIDE_BASE]->root, "1")
                    ->member_count, 3);
  assert_int_equal (tree_find (tree_find (pair.trees[SIDE_OVERLAY]->root,
                                          "s"), "2")->entry.subvolume, 7);
  finish (&pair);
}

/* The top level can be the source, too. */
static void
test_top_level (void **state)
{
  static const char top[] = "/\n\tName: \t\t\t<FS_TREE>\n"
    "\tUUID: \t\t\t" UUID (1) "\n";
  struct pair pair;

  (void) state;
  start (&pair);
  put_both (&pair, "/a", 0, 257);
  put (&pair, SIDE_OVERLAY, "/s/", 7, 256);
  put (&pair, SIDE_OVERLAY, "/s/a", 0, 257);
  put (&pair, SIDE_OVERLAY, "/s/new", 0, 260);
  tell (&pair, SIDE_BASE, top);
  tell (&pair, SIDE_OVERLAY, top);
  tell (&pair, SIDE_OVERLAY, "ID 257 gen 9 top level 5 parent_uuid " UUID (1)
        " uuid " UUID (2) " path s\n\tUUID: " UUID (3) "\n");
  assert_int_equal (pair.snapshots[SIDE_OVERLAY].count, 2);
  expect (&pair, NULL, "- /\nA /s\nA /s/new\n");
  finish (&pair);
}

/* What is no snapshot of anything in the base is all new; so is one whose
 * ancestors go round in a circle. */
static void
test_strangers (void **state)
{
  struct pair pair;

  (void) state;
  start (&pair);
  put_root (&pair);
  put (&pair, SIDE_OVERLAY, "/2/", 7, 256);
  put (&pair, SIDE_OVERLAY, "/2/a", 0, 257);
  put (&pair, SIDE_OVERLAY, "/3/", 8, 256);
  put (&pair, SIDE_OVERLAY, "/3/a", 0, 257);
  tell_root (&pair);
  tell (&pair, SIDE_OVERLAY,
        "ID 257 gen 9 top level 5 parent_uuid " UUID (2) " uuid " UUID (2)
        " path 2\nID 258 gen 9 top level 5 parent_uuid - uuid " UUID (3)
        " path 3\nID 259 nonsense path 3\nnonsense\n");
  expect (&pair, NULL, "- /\nA /2\nA /2/a\nA /3\nA /3/a\n");
  finish (&pair);
}

/* Nobody makes a list long by snapshots that are empty by now. */
static void
test_empty_snapshot (void **state)
{
  struct pair pair;

  (void) state;
  start (&pair);
  put_root (&pair);
  put (&pair, SIDE_OVERLAY, "/2/", 7, 256);
  tell_root (&pair);
  tell (&pair, SIDE_OVERLAY, "ID 257 gen 9 top level 5 parent_uuid " UUID (1)
        " uuid " UUID (2) " path 2\n");
  expect (&pair, NULL, "- /\nA /2\n");
  finish (&pair);
}

/* Nor by mounting one of the base's in many places. */
static void
test_many_mounts (void **state)
{
  char names[5][8], old_root[] = "/1";
  char *pairs[11] = { NULL };
  struct pair pair;

  (void) state;
  start (&pair);
  put_root (&pair);
  for (int i = 0; i < 5; ++i) {
    snprintf (names[i], sizeof names[i], "/n%d", i);
    pairs[2 * i] = names[i];
    pairs[2 * i + 1] = old_root;
    snprintf (names[i], sizeof names[i], "/n%d/", i);
    put (&pair, SIDE_OVERLAY, names[i], 20 + (uint32_t) i, 256);
    snprintf (names[i], sizeof names[i], "/n%d", i);
  }
  expect (&pair, pairs,
          "- /\n"
          "- /n0\nD /n0/a\nD /n0/b\nD /n0/in\nD /n0/in/c\n"
          "- /n1\nD /n1/a\nD /n1/b\nD /n1/in\nD /n1/in/c\n"
          "- /n2\nD /n2/a\nD /n2/b\nD /n2/in\nD /n2/in/c\n"
          "- /n3\nD /n3/a\nD /n3/b\nD /n3/in\nD /n3/in/c\n"
          "A /n4\n");
  finish (&pair);
}

/* The new root is a snapshot of the old one, which stays. */
static void
test_new_root (void **state)
{
  char new_root[] = "/s/2", old_root[] = "/1";
  char *pairs[] = { new_root, old_root, NULL };
  struct pair pair;

  (void) state;
  start (&pair);
  put_root (&pair);
  put (&pair, SIDE_OVERLAY, "/s/", 0, 260);
  put_snapshot (&pair, "/s/2", 7);
  tell_root (&pair);
  tell (&pair, SIDE_OVERLAY, "ID 257 gen 9 top level 5 parent_uuid " UUID (1)
        " uuid " UUID (2) " path s/2\n");
  expect (&pair, pairs,
          "- /\nA /s\n- /s/2\nD /s/2/b\n- /s/2/in\nD /s/2/in/c\nA /s/2/new\n"
          "A /s/2/renamed < /s/2/b\n");
  finish (&pair);
}

/* The new root was there before, and the old one is gone. */
static void
test_rollback (void **state)
{
  char new_root[] = "/2", old_root[] = "/1";
  char *pairs[] = { new_root, old_root, NULL };
  struct pair pair;

  (void) state;
  start (&pair);
  put (&pair, SIDE_BASE, "/1/", 1, 256);
  put (&pair, SIDE_BASE, "/1/a", 0, 257);
  put (&pair, SIDE_BASE, "/1/late", 0, 258);
  put_both (&pair, "/2/", 2, 256);
  put_both (&pair, "/2/a", 0, 257);
  expect (&pair, pairs, "- /\nD /1\n- /2\nD /2/late\n");
  finish (&pair);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_snapshots),
    cmocka_unit_test (test_strangers),
    cmocka_unit_test (test_top_level),
    cmocka_unit_test (test_empty_snapshot),
    cmocka_unit_test (test_many_mounts),
    cmocka_unit_test (test_new_root),
    cmocka_unit_test (test_rollback),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
