/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The scan of the guestfs engine against an appliance that lies: the calls of
 * libguestfs that it makes are defined here.  A guest that has taken over the
 * appliance's kernel can answer anything.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <guestfs.h>

#include "messages.h"
#include "metadata.h"
#include "reparse.h"
#include "scan.h"

/* What the appliance answers.  Names say what an entry is: d… a directory,
 * l… a symlink, s… one that cannot be read, x… one whose xattrs cannot; r…
 * what ntfs-3g shows for a reparse point (rd… a directory, rl… really a link
 * of that text, rx… one that nothing more is known of), j… a junction, e… an
 * encrypted file; all others are files with one xattr. */
static struct fake {
  const char *list;             /* of all names, with NULs */
  size_t list_length;
  const char *members;          /* what ls0 gives for the root */
  size_t members_length;
  const char *kernel_log;       /* after the mark; NULL: the mark is lost */
  bool list_fails, ls_fails, short_stats, wild_xattrs, dead;
  unsigned calls;
  int error;                    /* of the last call; 0: EIO */
} fake;

#define REPARSE_TEXT "unsupported reparse tag 0x80000017"

static char mark[64];

int
guestfs_is_ready (guestfs_h *g)
{
  (void) g;
  return !fake.dead;
}

int
guestfs_last_errno (guestfs_h *g)
{
  (void) g;
  return fake.error != 0 ? fake.error : EIO;
}

char *
guestfs_debug (guestfs_h *g, const char *command, char *const *arguments)
{
  const char *found = strstr (arguments[0], "deltafs: scan");

  (void) g; (void) command;
  if (found != NULL)
    snprintf (mark, sizeof mark, "%.*s", (int) strcspn (found, "'"), found);
  else if (fake.list_fails)
    return NULL;
  return strdup ("");
}

char *
guestfs_dmesg (guestfs_h *g)
{
  char *log;

  (void) g;
  return asprintf (&log, "%s\n%s", fake.kernel_log != NULL ? mark : "",
                   fake.kernel_log != NULL ? fake.kernel_log : "") < 0
    ? NULL : log;
}

static int
write_names (const char *file_name, const char *names, size_t length)
{
  FILE *file = fopen (file_name, "w");

  assert_non_null (file);
  fwrite (names, 1, length, file);
  fclose (file);
  return 0;
}

int
guestfs_download (guestfs_h *g, const char *remote, const char *file_name)
{
  (void) g; (void) remote;
  if (fake.dead)
    return -1;
  return write_names (file_name, fake.list, fake.list_length);
}

int
guestfs_find0 (guestfs_h *g, const char *directory, const char *file_name)
{
  (void) g; (void) directory; (void) file_name;
  return -1;
}

int
guestfs_ls0 (guestfs_h *g, const char *directory, const char *file_name)
{
  (void) g;
  ++fake.calls;
  if (fake.ls_fails)
    return -1;
  if (strcmp (directory, "/m1/") != 0)
    return 0;
  return write_names (file_name, fake.members, fake.members_length);
}

static void
fill_stat (struct guestfs_statns *stat, const char *name)
{
  memset (stat, 0, sizeof *stat);
  stat->st_ino = *name == 's' ? -1 : 1000 + atoi (name + 1);
  stat->st_mode = *name == 'd' ? S_IFDIR | 0755
    : strchr ("lrj", *name) != NULL ? S_IFLNK | 0777 : S_IFREG | 0644;
  stat->st_mtime_nsec = -5;
  stat->st_size = -1;
}

struct guestfs_statns *
guestfs_lstatns (guestfs_h *g, const char *path)
{
  const char *name = strrchr (path, '/') + 1;
  struct guestfs_statns *stat;

  (void) g;
  if (*name == 's' || fake.dead)
    return NULL;
  stat = malloc (sizeof *stat);
  fill_stat (stat, strcmp (path, "/m1") == 0 ? "d2" : name);
  return stat;
}

static size_t
count (char *const *names)
{
  size_t n = 0;

  while (names[n] != NULL)
    ++n;
  return n;
}

struct guestfs_statns_list *
guestfs_lstatnslist (guestfs_h *g, const char *path, char *const *names)
{
  struct guestfs_statns_list *list = malloc (sizeof *list);

  (void) g; (void) path;
  list->len = count (names);
  list->val = calloc (list->len, sizeof *list->val);
  for (size_t i = 0; i < list->len; ++i)
    fill_stat (&list->val[i], names[i]);
  if (fake.short_stats && list->len > 1)
    list->len--;
  return list;
}

static void
fill_xattr (struct guestfs_xattr *xattr, const char *name, const char *value,
            size_t length)
{
  xattr->attrname = strdup (name);
  xattr->attrval = malloc (length + 1);
  memcpy (xattr->attrval, value, length);
  xattr->attrval_len = length;
}

struct guestfs_xattr_list *
guestfs_lxattrlist (guestfs_h *g, const char *path, char *const *names)
{
  struct guestfs_xattr_list *list;
  size_t n = count (names);

  (void) g; (void) path;
  ++fake.calls;
  for (size_t i = 0; i < n; ++i) {
    if (*names[i] == 'x')
      return NULL;
  }
  list = malloc (sizeof *list);
  list->len = 2 * n;
  list->val = calloc (list->len, sizeof *list->val);
  for (size_t i = 0; i < n; ++i) {
    const char *number = fake.wild_xattrs ? "4000000000" : "1";

    fill_xattr (&list->val[2 * i], "", number, strlen (number) + 1);
    fill_xattr (&list->val[2 * i + 1], "user.a", names[i],
                strlen (names[i]));
  }
  return list;
}

struct guestfs_xattr_list *
guestfs_lgetxattrs (guestfs_h *g, const char *path)
{
  const char *name = strrchr (path, '/') + 1;
  struct guestfs_xattr_list *list;

  (void) g;
  if (*name == 'x' || fake.dead)
    return NULL;
  list = malloc (sizeof *list);
  list->len = 1;
  list->val = calloc (1, sizeof *list->val);
  fill_xattr (list->val, "user.a", name, strlen (name));
  return list;
}

char **
guestfs_readlinklist (guestfs_h *g, const char *path, char *const *names)
{
  size_t n = count (names);
  char **targets = calloc (n + 1, sizeof *targets);

  (void) g; (void) path;
  for (size_t i = 0; i < n; ++i)
    targets[i] = strdup (strcmp (names[i], "l7") == 0 ? ""
                         : *names[i] == 'r' ? REPARSE_TEXT
                         : *names[i] == 'j' ? "/sysroot/m1/Users"
                         : "target");
  return targets;
}

char *
guestfs_readlink (guestfs_h *g, const char *path)
{
  (void) g; (void) path;
  return NULL;
}

char *
guestfs_lgetxattr (guestfs_h *g, const char *path, const char *attribute,
                   size_t *size)
{
  const char *name = strrchr (path, '/') + 1;
  bool raw = strcmp (attribute, "system.ntfs_reparse_data") == 0;
  char value[8] = { 0x17, 0, 0, (char) 0x80, 0, 0, 0, 0 };

  (void) g;
  ++fake.calls;
  fake.error = ENODATA;
  if (fake.dead || strncmp (name, "rx", 2) == 0) {
    fake.error = 0;
    return NULL;
  }
  if (raw && (*name != 'r' || name[1] == 'l'))
    return NULL;
  *size = raw ? 8 : 4;
  if (!raw) {
    value[0] = name[1] == 'd' ? 0x10 : 0x20;
    value[1] = *name == 'e' ? 0x40 : 0;
    value[3] = 0;
  }
  return memcpy (malloc (8), value, 8);
}

/* One scan with what the fake answers. */
struct run {
  struct messages messages;
  char directory[32];
  struct appliance *appliance;
  struct complaints *complaints;
  struct scan scan;
  errint_t result;
};

static void
start (struct run *run, const char *list, size_t length)
{
  struct appliances_options options = { .log = &run->messages.log };

  memset (&fake, 0, sizeof fake);
  fake.list = list;
  fake.list_length = length;
  fake.kernel_log = "";
  memset (run, 0, sizeof *run);
  messages_start (&run->messages);
  strcpy (run->directory, "scan-test-XXXXXX");
  assert_non_null (mkdtemp (run->directory));
  options.private_directory = run->directory;
  run->appliance = appliance_new (SIDE_OVERLAY, &options);
  run->complaints = complaints_new (&run->messages.log, "sda1");
  run->scan = (struct scan) {
    .appliance = run->appliance, .mount_point = "/m1", .name = "sda1",
    .xattrs = true, .complaints = run->complaints, .memory_max = UINT64_MAX,
  };
}

/* The list has a NUL after its last name too, since it is a literal. */
#define START(run, list) start (run, list, sizeof (list))

static void
finish (struct run *run)
{
  scan_clear (&run->scan);
  tree_free (run->scan.tree);
  complaints_free (run->complaints);
  appliance_free (run->appliance);
  assert_int_equal (rmdir (run->directory), 0);
}

static const struct entry *
find (const struct run *run, const char *name)
{
  const struct tree_node *node = tree_find (run->scan.tree->root, name);

  assert_non_null (node);
  return &node->entry;
}

static void
test_whole (void **state)
{
  struct run run;
  const struct tree_node *directory;

  (void) state;
  START (&run, ".\0./d1\0./d1/f2\0./d1/d3\0./d1/d3/f4\0./f5\0./l6");
  assert_int_equal (scan_run (&run.scan), 0);
  assert_int_equal (run.scan.tree->node_count, 7);
  directory = tree_find (run.scan.tree->root, "d1");
  assert_int_equal (directory->member_count, 2);
  assert_int_equal (find (&run, "f5")->xattrs->count, 1);
  assert_int_equal (find (&run, "f5")->inode, 1005);
  assert_int_equal (find (&run, "f5")->size, 0);
  assert_int_equal (find (&run, "f5")->mtime.nanoseconds, 0);
  assert_string_equal (find (&run, "l6")->target, "target");
  assert_string_equal (run.messages.text, "");
  finish (&run);
}

static void
test_bad_entries (void **state)
{
  struct run run;

  (void) state;
  START (&run, "./f1\0./s2\0./f3\0./x4\0./f5\0./f6\0./l7");
  assert_int_equal (scan_run (&run.scan), 0);
  assert_int_equal (find (&run, "s2")->missing, ENTRY_NO_METADATA);
  assert_int_equal (find (&run, "x4")->missing, ENTRY_NO_XATTRS);
  assert_int_equal (find (&run, "l7")->missing, ENTRY_NO_TARGET);
  for (const char *const *name =
         (const char *const[]) { "f1", "f3", "f5", "f6", NULL };
       *name != NULL; ++name) {
    assert_int_equal (find (&run, *name)->missing, 0);
    assert_int_equal (find (&run, *name)->xattrs->count, 1);
  }
  assert_non_null (strstr (run.messages.text, "warning: cannot read: /s2"));
  finish (&run);
}

static void
test_wrong_replies (void **state)
{
  struct run run;

  (void) state;
  START (&run, "./f1\0./f2\0./f3");
  fake.short_stats = fake.wild_xattrs = true;
  assert_int_equal (scan_run (&run.scan), 0);
  assert_int_equal (find (&run, "f2")->missing, 0);
  assert_int_equal (find (&run, "f2")->xattrs->count, 1);
  finish (&run);
}

/* A name that cannot be one ends the scan. */
static void
test_impossible_names (void **state)
{
  static const struct { const char *list; size_t length; } lists[] = {
    { "./..", 5 }, { "./d1\0./d1/..\0", 13 }, { "./d1\0./d1/\0", 12 },
  };

  (void) state;
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; ++i) {
    struct run run;

    start (&run, lists[i].list, lists[i].length);
    assert_int_equal (scan_run (&run.scan), -EPROTO);
    assert_non_null (strstr (run.messages.text, "error: "));
    finish (&run);
  }
}

static void
test_endless_name (void **state)
{
  struct run run;
  char *list = malloc (200000);

  (void) state;
  memset (list, 'a', 200000);
  start (&run, list, 200000);
  assert_int_equal (scan_run (&run.scan), -EPROTO);
  finish (&run);
  free (list);
}

/* Directories are listed one by one when the whole list cannot be right. */
static void
test_lost_parent (void **state)
{
  struct run run;

  (void) state;
  START (&run, "./f1\0./nowhere/f2\0./d3");
  fake.members = "f1\0d3\0f9";
  fake.members_length = 9;
  assert_int_equal (scan_run (&run.scan), 0);
  assert_int_equal (run.scan.tree->node_count, 4);
  assert_int_equal (find (&run, "f9")->inode, 1009);
  finish (&run);
}

static void
test_unreadable_directory (void **state)
{
  struct run run;

  (void) state;
  START (&run, "./f1\0./d3");
  fake.list_fails = fake.ls_fails = true;
  assert_int_equal (scan_run (&run.scan), 0);
  assert_int_equal (find (&run, "d3")->missing, ENTRY_NO_MEMBERS);
  assert_int_equal (run.scan.tree->root->entry.missing, ENTRY_NO_MEMBERS);
  finish (&run);
}

static void
test_kernel_log (void **state)
{
  struct run run;

  (void) state;
  START (&run, "./d1\0./d2\0./d3");
  fake.kernel_log =
    "EXT4-fs error (device sda): ext4_readdir:260: inode #1002: comm find: "
    "path /: bad entry\n"
    "EXT4-fs error (device sda): ext4_lookup:1785: inode #1003: comm x\n"
    "EXT4-fs error (device sda): ext4_readdir:260: inode #99999: comm find\n";
  assert_int_equal (scan_run (&run.scan), 0);
  assert_int_equal (find (&run, "d1")->missing, 0);
  assert_int_equal (find (&run, "d2")->missing, ENTRY_NO_MEMBERS);
  assert_int_equal (find (&run, "d3")->missing, 0);
  finish (&run);

  START (&run, "./d1\0./f2\0./d3");
  fake.kernel_log = NULL;
  assert_int_equal (scan_run (&run.scan), 0);
  assert_int_equal (find (&run, "d1")->missing, ENTRY_NO_MEMBERS);
  assert_int_equal (find (&run, "f2")->missing, 0);
  assert_int_equal (find (&run, "d3")->missing, ENTRY_NO_MEMBERS);
  finish (&run);
}

/* What ntfs-3g shows for what it does not read is no link, and a link that is
 * called so stays one. */
static void
test_reparse_points (void **state)
{
  static const char list[] = "./r3\0./rd4\0./rl5\0./rx6\0./j7\0./l8";
  const struct entry *entry;
  struct run run;

  (void) state;
  start (&run, list, sizeof list);
  run.scan.reparse_points = true;
  assert_int_equal (scan_run (&run.scan), 0);
  entry = find (&run, "r3");
  assert_int_equal (entry->type, ENTRY_FILE);
  assert_int_equal (entry->missing, ENTRY_NO_CONTENT | ENTRY_NO_XATTRS);
  assert_null (entry->target);
  assert_int_equal (entry_find_xattr (entry, "system.ntfs_reparse_data")
                    ->length, 8);
  assert_non_null (entry_find_xattr (entry, "user.a"));
  entry = find (&run, "rd4");
  assert_int_equal (entry->type, ENTRY_DIRECTORY);
  assert_int_equal (entry->missing, ENTRY_NO_MEMBERS | ENTRY_NO_XATTRS);
  entry = find (&run, "rl5");
  assert_int_equal (entry->missing, 0);
  assert_string_equal (entry->target, REPARSE_TEXT);
  entry = find (&run, "rx6");
  assert_int_equal (entry->type, ENTRY_UNKNOWN);
  assert_non_null (strstr (run.messages.text, "warning: cannot read: /rx6"));
  entry = find (&run, "j7");
  assert_string_equal (entry->target, "/Users");
  assert_int_equal (entry->size, 6);
  assert_string_equal (find (&run, "l8")->target, "target");
  finish (&run);

  /* Any other filesystem may have such links. */
  start (&run, list, sizeof list);
  assert_int_equal (scan_run (&run.scan), 0);
  assert_string_equal (find (&run, "r3")->target, REPARSE_TEXT);
  assert_string_equal (find (&run, "j7")->target, "/sysroot/m1/Users");
  finish (&run);
}

/* Both sides of a filesystem. */
struct both {
  struct run run[SIDES];
  struct reparse_trees trees;
};

static struct entry *
entry_on (struct both *both, enum side side, const char *name)
{
  struct entry *entry =
    (struct entry *) (uintptr_t) find (&both->run[side], name);

  return entry;
}

static void
start_both (struct both *both, const char *const lists[SIDES],
            const size_t lengths[SIDES])
{
  for (enum side side = 0; side < SIDES; ++side) {
    struct run *run = &both->run[side];

    start (run, lists[side], lengths[side]);
    run->scan.reparse_points = true;
    assert_int_equal (scan_run (&run->scan), 0);
    both->trees.appliance[side] = run->appliance;
    both->trees.mount_point[side] = "/m1";
    both->trees.tree[side] = run->scan.tree;
  }
  both->trees.complaints = both->run[SIDE_OVERLAY].complaints;
}

static void
test_reparse_pairs (void **state)
{
  static const char base[] = "./e1\0./r2\0./r3\0./r4\0./r5\0./rd6";
  static const char overlay[] =
    "./e1\0./e8\0./r2\0./r3\0./r4\0./r5\0./rd6\0./r7";
  const char *const lists[SIDES] = { base, overlay };
  const size_t lengths[SIDES] = { sizeof base, sizeof overlay };
  static const char *const told[] = { "r3", "r4", "rd6", "r7", "e8", NULL };
  struct compare_rules rules = { .verify = false };
  struct both both;
  char *text;

  (void) state;
  start_both (&both, lists, lengths);
  for (enum side side = 0; side < SIDES; ++side)
    entry_on (&both, side, "e1")->size = 5;
  entry_on (&both, SIDE_OVERLAY, "e8")->size = 5;
  entry_on (&both, SIDE_OVERLAY, "r3")->ctime.seconds++;
  entry_on (&both, SIDE_OVERLAY, "r4")->xattrs =
    entry_on (&both, SIDE_OVERLAY, "e1")->xattrs;
  assert_int_equal (metadata_add_xattr
                    (entry_on (&both, SIDE_OVERLAY, "r4"),
                     both.run[SIDE_OVERLAY].scan.tree->arena,
                     "system.ntfs_reparse_data", "\x17\0\0\x80yy", 6), 0);
  assert_int_equal (reparse_settle (&both.trees, &rules), 0);
  text = both.run[SIDE_OVERLAY].messages.text;
  assert_int_equal (entry_on (&both, SIDE_OVERLAY, "r2")->missing, 0);
  assert_int_equal (entry_on (&both, SIDE_BASE, "r2")->missing, 0);
  assert_int_equal (entry_on (&both, SIDE_OVERLAY, "e1")->missing, 0);
  for (const char *const *name = told; *name != NULL; ++name) {
    char path[16];

    assert_int_not_equal (entry_on (&both, SIDE_OVERLAY, *name)->missing, 0);
    snprintf (path, sizeof path, ": /%s: ", *name);
    assert_non_null (strstr (text, path));
  }
  assert_non_null (strstr (text, "/r3: reparse point 0x80000017, compressed "
                           "by Windows: ntfs-3g does not read it (sda1)"));
  assert_null (strstr (text, "/r2:"));
  assert_null (strstr (text, "/r5:"));
  assert_null (strstr (text, "/e1:"));
  for (enum side side = 0; side < SIDES; ++side)
    finish (&both.run[side]);

  /* Where bytes decide, nothing is equal. */
  rules.verify = true;
  start_both (&both, lists, lengths);
  assert_int_equal (reparse_settle (&both.trees, &rules), 0);
  assert_int_not_equal (entry_on (&both, SIDE_OVERLAY, "r2")->missing, 0);
  assert_int_not_equal (entry_on (&both, SIDE_BASE, "r2")->missing, 0);
  for (enum side side = 0; side < SIDES; ++side)
    finish (&both.run[side]);
}

static void
test_dead_appliance (void **state)
{
  struct run run;

  (void) state;
  START (&run, "./f1");
  fake.dead = true;
  assert_int_equal (scan_run (&run.scan), -ENOTCONN);
  assert_string_equal (run.messages.text,
                       "error: cannot read the filesystem: sda1: "
                       "the appliance has ended (overlay)\n");
  finish (&run);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_whole),
    cmocka_unit_test (test_bad_entries),
    cmocka_unit_test (test_wrong_replies),
    cmocka_unit_test (test_impossible_names),
    cmocka_unit_test (test_endless_name),
    cmocka_unit_test (test_lost_parent),
    cmocka_unit_test (test_unreadable_directory),
    cmocka_unit_test (test_kernel_log),
    cmocka_unit_test (test_reparse_points),
    cmocka_unit_test (test_reparse_pairs),
    cmocka_unit_test (test_dead_appliance),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
