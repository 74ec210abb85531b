/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the tests of the view share: building one, looking at it, and a guest
 * with something of everything.
 */
#ifndef DELTAFS_TEST_VIEW_CHECKS_H
#define DELTAFS_TEST_VIEW_CHECKS_H

#include "listing.h"
#include "memory_engine.h"
#include "messages.h"
#include "view.h"

/* What the last build reported. */
static struct messages messages;

static inline struct view *
build (const struct delta *delta, bool base)
{
  const struct view_options options = { .base = base };
  struct view *view = NULL;

  messages_start (&messages);
  assert_int_equal (view_build (delta, &options, &messages.log, &view), 0);
  return view;
}

/* The attributes of what is shown at PATH. */
static inline struct stat
stat_of (const struct view *view, const char *path)
{
  view_node node = view_walk (view, path);
  struct stat stat;
  uint64_t inode;
  uint32_t mode;

  assert_int_not_equal (node, VIEW_NONE);
  view_stat (view, node, &stat);
  view_identity (view, node, &inode, &mode);
  assert_int_equal (inode, stat.st_ino);
  assert_int_equal (mode, stat.st_mode & S_IFMT);
  return stat;
}

static inline void
expect_content (const struct view *view, const char *path, const char *wanted)
{
  char buffer[64];
  size_t got = 77;

  assert_int_equal (view_read (view, view_walk (view, path), buffer,
                               sizeof buffer, 0, &got), 0);
  assert_int_equal (got, strlen (wanted));
  assert_memory_equal (buffer, wanted, got);
}

/* One guest with everything that section 3 of the contract tells apart. */
static inline struct memory *
guest (void)
{
  struct memory *memory = memory_new ();

  memory_file (memory, SIDE_BASE, "/etc/passwd", "root");
  memory_file (memory, SIDE_BASE, "/etc/group", "wheel");
  memory_file (memory, SIDE_BASE, "/usr/bin/vim", "editor")->permissions =
    0755;
  memory_file (memory, SIDE_BASE, "/dir/member", "was here");
  memory_directory (memory, SIDE_BASE, "/usr/bin")->gid = 3;
  memory_copy_base (memory);
  memory_file (memory, SIDE_OVERLAY, "/etc/passwd", "root, evil");
  memory_remove (memory, SIDE_OVERLAY, "/usr/bin/vim");
  memory_remove (memory, SIDE_OVERLAY, "/dir");
  memory_file (memory, SIDE_OVERLAY, "/dir", "now a file");
  memory_file (memory, SIDE_OVERLAY, "/etc/cron.d/job", "*");
  return memory;
}

#endif
