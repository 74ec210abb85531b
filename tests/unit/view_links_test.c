/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Symlinks that stay inside: case by case, and in random trees full of links,
 * where a walker that knows nothing of how targets are rewritten must never
 * get out, and must find what it would find in a chroot.
 *
 * DELTAFS_SEED is the first round's seed, DELTAFS_ROUNDS sets how many are
 * tried (500): with 1, a round that failed is repeated.
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

#include "view_checks.h"

static struct view *
build_inside (const struct delta *delta)
{
  const struct view_options options = { .base = true,
                                        .symlinks_inside = true };
  struct view *view = NULL;

  messages_start (&messages);
  assert_int_equal (view_build (delta, &options, &messages.log, &view), 0);
  return view;
}

/* The target that PATH is served with; st_size fits it. */
static const char *
served (const struct view *view, const char *path)
{
  static char scratch[VIEW_TARGET_SIZE];
  const char *target = NULL;

  assert_int_equal (view_readlink (view, view_walk (view, path), scratch,
                                   &target), 0);
  assert_int_equal (stat_of (view, path).st_size, strlen (target));
  return target;
}

struct link_case {
  const char *path, *target, *served;
};

static void
check_cases (const struct link_case *cases, size_t count)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *inside = NULL;
  CLEANUP (view_free) struct view *kept = NULL;
  char scratch[VIEW_TARGET_SIZE];
  const char *target;

  memory_file (memory, SIDE_OVERLAY, "/etc/passwd", "root");
  memory_file (memory, SIDE_OVERLAY, "/a/b/c/file", "x");
  memory_file (memory, SIDE_BASE, "/gone/file", "x");
  for (size_t i = 0; i < count; ++i)
    memory_symlink (memory, strncmp (cases[i].path, "/gone/", 6) == 0
                    ? SIDE_BASE : SIDE_OVERLAY,
                    cases[i].path, cases[i].target);
  delta = memory_delta (memory, NULL);
  inside = build_inside (delta);
  kept = build (delta, true);
  for (size_t i = 0; i < count; ++i) {
    char path[256];

    snprintf (path, sizeof path, "%s%s",
              strncmp (cases[i].path, "/gone/", 6) == 0 ? "/.deleted" : "",
              cases[i].path);
    assert_string_equal (served (inside, path), cases[i].served);
    assert_int_equal (view_readlink (kept, view_walk (kept, path), scratch,
                                     &target), 0);
    assert_string_equal (target, cases[i].target);
    assert_int_equal (stat_of (kept, path).st_size,
                      strlen (cases[i].target));
  }
}

static void
absolute (void **state)
{
  static const struct link_case cases[] = {
    { "/l1", "/", "." },
    { "/l2", "///", "." },
    { "/l3", "/etc/passwd", "etc/passwd" },
    { "/l4", "//etc/./passwd", "etc/passwd" },
    { "/l5", "/../../etc", "etc" },
    { "/l6", "/a/b/../../../etc/", "etc" },
    { "/a/b/l1", "/", "../.." },
    { "/a/b/l2", "/etc/passwd", "../../etc/passwd" },
    { "/a/b/l3", "/a/b/c/file", "c/file" },
    { "/a/b/l4", "/a/b", "." },
    { "/a/b/l5", "/a/etc", "../etc" },
    { "/a/b/l6", "/a/etc/", "../etc/" },
    /* What is unchanged is not there: names only. */
    { "/a/b/l7", "/usr/lib/x", "../../usr/lib/x" },
    { "/a/b/l8", "/usr/lib/../../../../x", "../../x" },
    { "/a/b/l9", "/etc/passwd/..", "../../etc" },
    { "/a/b/l10", "/usr/", "../../usr/" },
    /* Through other links. */
    { "/to-b", "a/b", "a/b" },
    { "/to-c", "/to-b/c", "a/b/c" },
    { "/l7", "/to-b/c/file", "a/b/c/file" },
    { "/l8", "/to-c/../x", "a/b/x" },
    { "/l9", "/to-b", "to-b" },
    { "/l10", "/to-b/", "a/b" },
    { "/l11", "/to-nothing/x", "to-nothing/x" },
    { "/to-nothing", "/usr/../nothing", "nothing" },
    { "/gone/l1", "/gone/file", "file" },
    { "/gone/l2", "/etc/passwd", "../etc/passwd" },
    { "/gone/l3", "/", ".." },
  };

  (void) state;
  check_cases (cases, sizeof cases / sizeof cases[0]);
}

static void
relative (void **state)
{
  static const struct link_case cases[] = {
    { "/l1", "etc/passwd", "etc/passwd" },
    { "/l2", "./etc//passwd", "./etc//passwd" },
    { "/l3", ".", "." },
    { "/l4", "..", "." },
    { "/l5", "../etc/passwd", "etc/passwd" },
    { "/l6", "a/../../etc", "etc" },
    { "/l7", "a/../etc", "a/../etc" },
    { "/a/b/l1", "../..", "../.." },
    { "/a/b/l2", "../../..", "../.." },
    { "/a/b/l3", "../../../../../../etc/shadow", "../../etc/shadow" },
    { "/a/b/l4", "nothing/../x", "nothing/../x" },
    { "/a/b/l5", "nothing/../../../../x", "../../x" },
    { "/a/b/l6", "../../etc/passwd/../x", "../../etc/passwd/../x" },
    /* ".." from where another link leads. */
    { "/top", "/", "." },
    { "/a/b/c/top", "../../..", "../../.." },
    { "/a/b/l7", "c/top/../etc", "../../etc" },
    { "/a/b/l8", "c/top/etc", "c/top/etc" },
    { "/deep", "a/b/c", "a/b/c" },
    { "/l8", "deep/../../..", "deep/../../.." },
    { "/l9", "deep/../../../..", "." },
    /* Links that lead nowhere, and ".." after them. */
    { "/loop1", "loop2", "loop2" },
    { "/loop2", "loop1", "loop1" },
    { "/l10", "loop1/x", "loop1/x" },
    { "/l11", "loop1/../x", "x" },
    { "/l12", "loop1/../../x", "x" },
    { "/l13", "loop1/y/../x", "loop1/x" },
    { "/self", "self", "self" },
    { "/gone/l1", "..", ".." },
    { "/gone/l2", "../..", ".." },
    { "/gone/l3", "../../etc", "../etc" },
  };

  (void) state;
  check_cases (cases, sizeof cases / sizeof cases[0]);
}

/* /.deleted and /.base keep their links to themselves, and a guest's own
 * /.deleted has another name in targets, too. */
static void
sections (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;

  (void) state;
  memory_symlink (memory, SIDE_BASE, "/etc/link", "/etc/old");
  memory_copy_base (memory);
  memory_symlink (memory, SIDE_OVERLAY, "/etc/link", "/.deleted/x");
  memory_symlink (memory, SIDE_OVERLAY, "/plain", ".deleted/x");
  memory_file (memory, SIDE_OVERLAY, "/.deleted/x", "guest's own");
  delta = memory_delta (memory, NULL);
  view = build_inside (delta);
  assert_string_equal (served (view, "/etc/link"), "../.deleted.1/x");
  assert_string_equal (served (view, "/plain"), ".deleted.1/x");
  assert_string_equal (served (view, "/.base/etc/link"), "old");
}

/* A filesystem whose mount point is not known is a tree of its own. */
static void
filesystem_folder (void **state)
{
  static const struct entry directory = { .type = ENTRY_DIRECTORY };
  static const struct entry link = {
    .type = ENTRY_SYMLINK, .target = "/../../sub/x", .target_length = 12,
  };
  static const struct entry up = {
    .type = ENTRY_SYMLINK, .target = "../../..", .target_length = 8,
  };
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = delta_new ();
  CLEANUP (view_free) struct view *view = NULL;
  unsigned number;

  (void) state;
  assert_int_equal (delta_add_filesystem (delta, memory_engine (memory),
                                          "vg/lv", "/.filesystems/vg/lv",
                                          false, &number), 0);
  for (int i = 0; i < 4; ++i) {
    static const char *const paths[] = {
      "/.filesystems/vg/lv/sub", "/.filesystems/vg/lv/sub/link",
      "/.filesystems/vg/lv/up", "/.filesystems/vg/lv/sub/gone",
    };
    static const struct entry *const entries[] = {
      &directory, &link, &up, &link,
    };
    struct delta_entry entry = {
      .path = paths[i], .filesystem = (uint16_t) number,
      .status = i == 3 ? STATUS_DELETED : STATUS_ADDED,
    };

    entry.side[i == 3 ? SIDE_BASE : SIDE_OVERLAY] = entries[i];
    assert_int_equal (delta_add (delta, &entry), 0);
  }
  assert_int_equal (delta_finish (delta), 0);
  view = build_inside (delta);
  assert_string_equal (served (view, "/.filesystems/vg/lv/sub/link"), "x");
  assert_string_equal (served (view, "/.filesystems/vg/lv/up"), ".");
  assert_string_equal
    (served (view, "/.deleted/.filesystems/vg/lv/sub/gone"), "x");
}

/* Targets as long as a path may be, and longer ones. */
static void
lengths (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  CLEANUP (view_free) struct view *kept = NULL;
  char target[VIEW_TARGET_SIZE + 1], scratch[VIEW_TARGET_SIZE];
  const char *got;

  (void) state;
  memset (target, 'x', sizeof target);
  target[0] = '/';
  target[VIEW_TARGET_SIZE - 1] = '\0';
  memory_symlink (memory, SIDE_OVERLAY, "/fits", target);
  memory_symlink (memory, SIDE_OVERLAY, "/a/fits", target);
  memory_symlink (memory, SIDE_OVERLAY, "/a/b/not", target);
  memset (target, '/', VIEW_TARGET_SIZE - 1);
  memory_symlink (memory, SIDE_OVERLAY, "/a/slashes", target);
  target[VIEW_TARGET_SIZE - 1] = 'x';
  target[VIEW_TARGET_SIZE] = '\0';
  memory_symlink (memory, SIDE_OVERLAY, "/longer", target);
  delta = memory_delta (memory, NULL);
  view = build_inside (delta);
  assert_int_equal (strlen (served (view, "/fits")), VIEW_TARGET_SIZE - 2);
  assert_string_equal (served (view, "/a/slashes"), "..");
  assert_int_equal (view_readlink (view, view_walk (view, "/a/b/not"),
                                   scratch, &got), -ENAMETOOLONG);
  assert_int_equal (stat_of (view, "/a/b/not").st_size, VIEW_TARGET_SIZE - 1);
  assert_int_equal (view_readlink (view, view_walk (view, "/a/fits"),
                                   scratch, &got), -ENAMETOOLONG);
  assert_int_equal (view_readlink (view, view_walk (view, "/longer"),
                                   scratch, &got), -ENAMETOOLONG);
  kept = build (delta, false);
  assert_int_equal (view_readlink (kept, view_walk (kept, "/longer"),
                                   scratch, &got), -ENAMETOOLONG);
  assert_int_equal (view_readlink (kept, view_walk (kept, "/fits"), scratch,
                                   &got), 0);
}

/* Walking as the kernel does, without its limits: links and components. */

#define MOST_COMPONENTS 3000

struct walker {
  const struct view *view;
  bool chroot;                  /* guest's targets; the root is its own ".." */
  bool left;                    /* got out */
  bool aside;                   /* went through .deleted or .base, whose links
                                 * have roots of their own */
  unsigned steps;
  char path[65536];             /* what is still to be walked */
};

/* Puts a target before what is left; false when it is too much. */
static bool
prepend_target (struct walker *walker, const char *target, const char *rest)
{
  size_t length = strlen (target), left = strlen (rest);

  if (length + left + 2 > sizeof walker->path)
    return false;
  memmove (walker->path + length + 1, rest, left + 1);
  memcpy (walker->path, target, length);
  walker->path[length] = '/';
  return true;
}

static const char *
target_for (const struct walker *walker, view_node node,
            char scratch[VIEW_TARGET_SIZE])
{
  const char *target = NULL;
  enum side side;

  if (walker->chroot)
    return view_entry (walker->view, node, &side)->side[side]->target;
  return view_readlink (walker->view, node, scratch, &target) == 0
    ? target : NULL;
}

/* What walker->path leads to from DIRECTORY, all links followed. */
static view_node
walk_on (struct walker *walker, view_node directory)
{
  const struct view *view = walker->view;
  char scratch[VIEW_TARGET_SIZE], name[256];
  const char *at = walker->path;
  view_node node = directory;
  uint64_t inode;
  uint32_t mode;

  for (;;) {
    size_t length;

    if (walker->path[0] == '/' && at == walker->path) {
      walker->left |= !walker->chroot;
      node = VIEW_ROOT;
    }
    at += strspn (at, "/");
    length = strcspn (at, "/");
    if (length == 0)
      return node;
    if (++walker->steps > MOST_COMPONENTS || !view_is_directory (view, node))
      return VIEW_NONE;
    snprintf (name, sizeof name, "%.*s", (int) length, at);
    at += length;
    if (strcmp (name, ".") == 0)
      continue;
    if (strcmp (name, "..") == 0) {
      walker->left |= !walker->chroot && node == VIEW_ROOT;
      node = view_parent (view, node);
      continue;
    }
    walker->aside |= strcmp (name, ".deleted") == 0
      || strcmp (name, ".base") == 0;
    directory = node;
    node = view_lookup (view, node, name);
    if (node == VIEW_NONE)
      return VIEW_NONE;
    view_identity (view, node, &inode, &mode);
    if (S_ISLNK (mode)) {
      const char *target = target_for (walker, node, scratch);

      if (target == NULL || !prepend_target (walker, target, at))
        return VIEW_NONE;
      at = walker->path;
      node = directory;
    }
  }
}

static unsigned
pick (unsigned *seed, unsigned count)
{
  return (unsigned) rand_r (seed) % count;
}

static void
random_target (unsigned *seed, char target[256])
{
  static const char *const words[] = {
    "..", "..", "..", "a", "b", "c", "l0", "l1", "l2", "l3", "l4", ".",
    "", "missing", "file", ".deleted", ".base",
  };
  unsigned count = 1 + pick (seed, 8);

  target[0] = '\0';
  if (pick (seed, 4) == 0)
    strcat (target, "/");
  while (count-- > 0) {
    strcat (target, words[pick (seed, sizeof words / sizeof words[0])]);
    if (count > 0 || pick (seed, 8) == 0)
      strcat (target, "/");
  }
  if (target[0] == '\0')
    strcat (target, ".");
}

static void
random_directory (unsigned *seed, char path[64])
{
  unsigned depth = pick (seed, 4);

  path[0] = '\0';
  while (depth-- > 0)
    snprintf (path + strlen (path), 64 - strlen (path), "/%c",
              'a' + (char) pick (seed, 3));
}

static struct memory *
random_guest (unsigned *seed)
{
  struct memory *memory = memory_new ();
  unsigned count = 4 + pick (seed, 12);

  for (unsigned i = 0; i < count; ++i) {
    char path[64], name[96], target[256];
    enum side side = pick (seed, 4) == 0 ? SIDE_BASE : SIDE_OVERLAY;

    random_directory (seed, path);
    snprintf (name, sizeof name, "%s/file", path);
    memory_file (memory, side, name, "x");
    random_directory (seed, path);
    snprintf (name, sizeof name, "%s/l%u", path, pick (seed, 5));
    random_target (seed, target);
    memory_symlink (memory, side, name, target);
  }
  return memory;
}

static void
check_link (const struct view *view, view_node link, bool main_section)
{
  static struct walker served_walker, guest_walker;
  char scratch[VIEW_TARGET_SIZE];
  const char *target;
  view_node found, wanted;

  assert_int_equal (view_readlink (view, link, scratch, &target), 0);
  served_walker = (struct walker) { .view = view };
  snprintf (served_walker.path, sizeof served_walker.path, "%s", target);
  found = walk_on (&served_walker, view_parent (view, link));
  assert_false (served_walker.left);
  if (!main_section)
    return;
  guest_walker = (struct walker) { .view = view, .chroot = true };
  snprintf (guest_walker.path, sizeof guest_walker.path, "%s",
            target_for (&guest_walker, link, scratch));
  wanted = walk_on (&guest_walker, view_parent (view, link));
  if (wanted != VIEW_NONE && guest_walker.steps < 200 && !guest_walker.aside)
    assert_int_equal (found, wanted);
}

static bool
in_main_section (const struct view *view, view_node node)
{
  while (view_parent (view, node) != VIEW_ROOT)
    node = view_parent (view, node);
  return view_name (view, node)[0] != '.';
}

static void
one_round (unsigned seed)
{
  CLEANUP (memory_free) struct memory *memory = random_guest (&seed);
  CLEANUP (delta_free) struct delta *delta = memory_delta (memory, NULL);
  CLEANUP (view_free) struct view *view = build_inside (delta);
  struct view_totals totals;

  view_count (view, &totals);
  for (view_node node = 1; node < totals.nodes; ++node) {
    uint64_t inode;
    uint32_t mode;

    view_identity (view, node, &inode, &mode);
    if (S_ISLNK (mode))
      check_link (view, node, in_main_section (view, node));
  }
}

static unsigned current_seed;

static void
random_trees (void **state)
{
  const char *seed = getenv ("DELTAFS_SEED");
  const char *rounds = getenv ("DELTAFS_ROUNDS");
  unsigned long count = rounds != NULL ? strtoul (rounds, NULL, 10) : 500;

  (void) state;
  if (seed != NULL)
    current_seed = (unsigned) strtoul (seed, NULL, 10);
  else
    assert_int_equal (getrandom (&current_seed, sizeof current_seed, 0),
                      sizeof current_seed);
  for (unsigned long i = 0; i < count; ++i, ++current_seed)
    one_round (current_seed);
}

/* Called after a failure too. */
static int
print_seed (void **state)
{
  (void) state;
  print_message ("# last round: DELTAFS_SEED=%u DELTAFS_ROUNDS=1\n",
                 current_seed);
  return 0;
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (absolute),
    cmocka_unit_test (relative),
    cmocka_unit_test (sections),
    cmocka_unit_test (filesystem_folder),
    cmocka_unit_test (lengths),
    cmocka_unit_test_teardown (random_trees, print_seed),
  };

  return cmocka_run_group_tests_name ("view_links", tests, NULL, NULL);
}
