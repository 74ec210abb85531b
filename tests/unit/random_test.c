/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random pairs of guests: the delta set, its list and the tree that shows it
 * are what a naive reading of the contract says.
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
#include "memory_engine.h"
#include "messages.h"
#include "random_memory.h"

static struct listing listing, wanted;
static struct messages messages;

static struct delta *
compute (struct memory *memory, const struct model *model)
{
  const struct compare_rules rules = { .verify = !model->trust,
                                       .times = model->times };
  char include[32], exclude[32];
  char *includes[] = { include, NULL }, *excludes[] = { exclude, NULL };
  const struct delta_filter filter = {
    .include = model->include != NULL ? includes : NULL,
    .exclude = model->exclude != NULL ? excludes : NULL,
  };
  struct delta *delta = memory_compute (memory, &rules);

  if (model->include != NULL)
    snprintf (include, sizeof include, "%s", model->include);
  if (model->exclude != NULL)
    snprintf (exclude, sizeof exclude, "%s", model->exclude);
  assert_int_equal (delta_filter (delta, &filter), 0);
  assert_int_equal (delta_finish (delta), 0);
  return delta;
}

static void
check_delta (const struct delta *delta, const struct model_delta *expected)
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
  assert_string_equal (list_delta (&listing, delta), wanted.text);
  assert_int_equal (delta->filtered, expected->filtered);
}

static void
check_names (const struct view *view, const struct model_view *expected)
{
  wanted.used = 0;
  wanted.text[0] = '\0';
  for (unsigned i = 0; i < expected->count; ++i) {
    const struct model_node *node = &expected->list[i];

    listing_add (&wanted, "%c %s%s", node->status, node->shown,
                 node->directory ? "/" : "");
    if (strcmp (node->guest, node->shown) != 0)
      listing_add (&wanted, " = %s", node->guest);
    listing_add (&wanted, "\n");
  }
  assert_string_equal (list_view (&listing, view), wanted.text);
}

static void
check_content (const struct view *view, view_node number,
               const struct model_inode *inode)
{
  bool lost = inode->type == '?' || inode->no_metadata || inode->no_content;
  char buffer[32];
  char scratch[VIEW_TARGET_SIZE];
  const char *target;
  size_t got;
  errint_t err = view_read (view, number, buffer, sizeof buffer, 0, &got);

  if (view_is_directory (view, number))
    assert_int_equal (err, -EISDIR);
  else if (inode->type == 'f' && !lost) {
    assert_int_equal (err, 0);
    assert_int_equal (got, strlen (inode->content));
    assert_memory_equal (buffer, inode->content, got);
  }
  else
    assert_int_equal (err, strchr ("f?", inode->type) != NULL
                      ? -EIO : -EINVAL);
  if (inode->type == 'l') {
    assert_int_equal (view_readlink (view, number, scratch, &target), 0);
    assert_string_equal (target, inode->content);
  }
}

static void
check_attributes (const struct view *view, const struct model_view *expected,
                  const struct model_node *node,
                  const struct model_inode *inode)
{
  view_node number = view_walk (view, node->shown);
  struct stat stat;

  view_stat (view, number, &stat);
  assert_int_equal (stat.st_mode & 07777, inode->mode);
  assert_int_equal (stat.st_uid, inode->uid);
  assert_int_equal (stat.st_mtim.tv_sec, inode->mtime);
  if (node->directory) {
    unsigned links = 2;

    for (unsigned i = 0; i < expected->count; ++i) {
      const struct model_node *other = &expected->list[i];

      links += other->directory && model_below (other->shown, node->shown)
        && strchr (other->shown + strlen (node->shown) + 1, '/') == NULL;
    }
    assert_int_equal (stat.st_nlink, links);
  }
  else if (strchr ("f?", inode->type) != NULL)
    assert_int_equal (stat.st_size,
                      inode->type == '?' || inode->no_metadata
                      || (inode->no_content && inode->content[0] == '\0')
                      ? 1 : strlen (inode->content));
  check_content (view, number, inode);
}

/* Do two nodes have one st_ino when, and only when, they are one file? */
static void
check_inodes (const struct view *view, const struct model *model,
              const struct model_view *expected)
{
  for (unsigned i = 0; i < expected->count; ++i)
    for (unsigned j = 0; j < i; ++j) {
      const struct model_node *a = &expected->list[i],
        *b = &expected->list[j];
      const struct model_inode *one =
        model_find (&model->side[a->side], a->guest);
      const struct model_inode *other =
        model_find (&model->side[b->side], b->guest);
      struct stat stats[2];

      view_stat (view, view_walk (view, a->shown), &stats[0]);
      view_stat (view, view_walk (view, b->shown), &stats[1]);
      assert_int_equal (stats[0].st_ino == stats[1].st_ino,
                        one == other && !a->directory && !b->directory
                        && !one->no_metadata && one->type != '?');
    }
}

static void
check_view (const struct delta *delta, const struct model *model,
            const struct model_delta *expected_delta, bool base)
{
  CLEANUP (view_free) struct view *view = NULL;
  static struct model_view expected;
  const struct view_options options = { .base = base };

  messages_start (&messages);
  assert_int_equal (view_build (delta, &options, &messages.log, &view), 0);
  model_show (model, expected_delta, base, &expected);
  check_names (view, &expected);
  for (unsigned i = 0; i < expected.count; ++i) {
    const struct model_node *node = &expected.list[i];

    check_attributes (view, &expected, node,
                      model_find (&model->side[node->side], node->guest));
  }
  check_inodes (view, model, &expected);
}

static void
one_round (uint64_t seed)
{
  static struct model model;
  static struct model_delta expected;
  CLEANUP (memory_free) struct memory *memory = NULL;
  CLEANUP (delta_free) struct delta *delta = NULL;

  model_make (&model, seed);
  memory = model_build (&model);
  delta = compute (memory, &model);
  model_expect (&model, &expected);
  check_delta (delta, &expected);
  check_view (delta, &model, &expected, (seed & 1) != 0);
}

static uint64_t current_seed;

static void
random_pairs (void **state)
{
  const char *seed = getenv ("DELTAFS_SEED");
  const char *rounds = getenv ("DELTAFS_ROUNDS");
  unsigned long count = rounds != NULL ? strtoul (rounds, NULL, 10) : 3000;

  (void) state;
  if (seed != NULL)
    current_seed = strtoull (seed, NULL, 10);
  else {
    assert_int_equal (getrandom (&current_seed, sizeof current_seed, 0),
                      sizeof current_seed);
    current_seed >>= 1;
  }
  for (unsigned long i = 0; i < count; ++i, ++current_seed)
    one_round (current_seed);
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

  return cmocka_run_group_tests_name ("random", tests, NULL, NULL);
}
