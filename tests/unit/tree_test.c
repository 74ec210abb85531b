/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Paths and trees.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "path.h"
#include "tree.h"

static void
order_of_paths (void **state)
{
  /* In listing order. */
  static const char *const paths[] = {
    "/", "/\x01", "/a", "/a/\x01", "/a/b", "/a/b/c", "/a/c", "/a\x01",
    "/a-b", "/a-b/x", "/a.b", "/ab", "/a\xff", "/b", "/\xff",
  };
  size_t count = sizeof paths / sizeof paths[0];

  (void) state;
  for (size_t i = 0; i < count; ++i)
    for (size_t j = 0; j < count; ++j) {
      int order = path_compare (paths[i], paths[j]);

      assert_int_equal ((order > 0) - (order < 0), (i > j) - (i < j));
    }
}

static void
parts_of_paths (void **state)
{
  CLEANUP_FREE char *one = path_join ("/", "a"), *two = path_join ("/a", "b");

  (void) state;
  assert_string_equal (one, "/a");
  assert_string_equal (two, "/a/b");
  assert_true (path_within ("/a", "/"));
  assert_true (path_within ("/", "/"));
  assert_true (path_within ("/a", "/a"));
  assert_true (path_within ("/a/b", "/a"));
  assert_false (path_within ("/a-b", "/a"));
  assert_false (path_within ("/", "/a"));
  assert_false (path_within ("/a", "/a/b"));
  assert_true (path_valid ("/"));
  assert_true (path_valid ("/a/.../\xff\n"));
  assert_false (path_valid (""));
  assert_false (path_valid ("a"));
  assert_false (path_valid ("//"));
  assert_false (path_valid ("/a/"));
  assert_false (path_valid ("/a//b"));
  assert_false (path_valid ("/a/../b"));
  assert_false (path_valid ("/."));
  assert_true (path_valid_name ("...", 3));
  assert_true (path_valid_name ("\xff\n", 2));
  assert_false (path_valid_name ("", 0));
  assert_false (path_valid_name (".", 1));
  assert_false (path_valid_name ("..", 2));
  assert_false (path_valid_name ("a/b", 3));
  assert_false (path_valid_name ("a\0b", 3));
}

static struct tree_node *
add (struct tree *tree, struct tree_node *parent, const char *name,
     enum entry_type type)
{
  struct tree_node *node = tree_add (tree, parent, name, strlen (name));

  assert_non_null (node);
  node->entry.type = (uint8_t) type;
  return node;
}

static void
members (void **state)
{
  CLEANUP (tree_free) struct tree *tree = tree_new ();
  CLEANUP_FREE char *path = NULL, *root = NULL;
  struct tree_node *d;
  char name[8];

  (void) state;
  for (int i = 999; i >= 0; --i) {
    snprintf (name, sizeof name, "%d", i);
    d = add (tree, tree->root, name, ENTRY_DIRECTORY);
    add (tree, d, "\xff", ENTRY_FILE);
    add (tree, d, "a", ENTRY_FILE);
  }
  assert_int_equal (tree_sort (tree), 0);
  assert_int_equal (tree->node_count, 3001);
  assert_int_equal (tree->root->member_count, 1000);
  for (uint32_t i = 1; i < 1000; ++i)
    assert_true (strcmp (tree->root->members[i - 1]->name,
                         tree->root->members[i]->name) < 0);
  d = tree_find (tree->root, "577");
  assert_non_null (d);
  assert_null (tree_find (tree->root, "1000"));
  path = tree_path (tree_find (d, "a"));
  assert_string_equal (path, "/577/a");
  root = tree_path (tree->root);
  assert_string_equal (root, "/");
}

static void
same_names (void **state)
{
  CLEANUP (tree_free) struct tree *tree = tree_new ();
  struct tree_node *first, *d, *mixed;

  (void) state;
  add (tree, tree->root, "z", ENTRY_FILE);
  first = add (tree, tree->root, "f", ENTRY_FILE);
  mixed = add (tree, tree->root, "m", ENTRY_DIRECTORY);
  d = add (tree, tree->root, "d", ENTRY_DIRECTORY);
  add (tree, tree->root, "f", ENTRY_FILE);
  add (tree, tree->root, "m", ENTRY_FILE);
  add (tree, tree->root, "d", ENTRY_DIRECTORY);
  assert_int_equal (tree_sort (tree), 0);
  assert_int_equal (tree->root->member_count, 4);
  assert_ptr_equal (tree_find (tree->root, "f"), first);
  assert_int_equal (first->entry.missing, ENTRY_NO_METADATA);
  assert_int_equal (first->entry.type, ENTRY_FILE);
  assert_int_equal (mixed->entry.missing, ENTRY_NO_METADATA);
  assert_int_equal (mixed->entry.type, ENTRY_UNKNOWN);
  assert_int_equal (d->entry.missing, ENTRY_NO_METADATA | ENTRY_NO_MEMBERS);
}

/* Deeper than any stack could follow, longer than PATH_MAX. */
static void
deep (void **state)
{
  CLEANUP (tree_free) struct tree *tree = tree_new ();
  CLEANUP_FREE char *path = NULL;
  struct tree_node *node = tree->root;

  (void) state;
  for (int i = 0; i < 500000; ++i)
    node = add (tree, node, "d", ENTRY_DIRECTORY);
  assert_int_equal (tree_sort (tree), 0);
  path = tree_path (node);
  assert_int_equal (strlen (path), 1000000);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (order_of_paths),
    cmocka_unit_test (parts_of_paths),
    cmocka_unit_test (members),
    cmocka_unit_test (same_names),
    cmocka_unit_test (deep),
  };

  return cmocka_run_group_tests_name ("tree", tests, NULL, NULL);
}
