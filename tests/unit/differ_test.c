/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The differ of the direct engine on a format and disks in memory: what it finds,
 * and what it leaves unread.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "listing.h"
#include "memory_format.h"
#include "messages.h"

static struct listing listing;
static struct messages messages;

/* Inodes and blocks. */
enum { ETC = 10, HOME = 11, PASSWD = 12, SHADOW = 13, NOTES = 14, FRESH = 15 };
enum { ETC_NAMES = 2, HOME_NAMES, PASSWD_DATA, SHADOW_DATA, NOTES_DATA,
       SPARE = 20 };

/* /etc/passwd, /etc/shadow and /home/notes on both sides. */
static struct memory_pair *
make (void)
{
  struct memory_pair *pair = memory_pair_new ();

  memory_pair_directory (pair, SIDE_BASE, ETC, ETC_NAMES);
  memory_pair_directory (pair, SIDE_BASE, HOME, HOME_NAMES);
  memory_pair_file (pair, SIDE_BASE, PASSWD, PASSWD_DATA, "root");
  memory_pair_file (pair, SIDE_BASE, SHADOW, SHADOW_DATA, "salt");
  memory_pair_file (pair, SIDE_BASE, NOTES, NOTES_DATA, "milk");
  memory_pair_name (pair, SIDE_BASE, MEMORY_ROOT, "etc", ETC);
  memory_pair_name (pair, SIDE_BASE, MEMORY_ROOT, "home", HOME);
  memory_pair_name (pair, SIDE_BASE, ETC, "passwd", PASSWD);
  memory_pair_name (pair, SIDE_BASE, ETC, "shadow", SHADOW);
  memory_pair_name (pair, SIDE_BASE, HOME, "notes", NOTES);
  memory_pair_copy_base (pair);
  return pair;
}

static struct memory_inode *
overlay_inode (struct memory_pair *pair, uint64_t number)
{
  return &pair->side[SIDE_OVERLAY].inodes[number];
}

/* The list of what differs, computed in all ways that there are: by what was
 * written, and from both trees whole. */
static void
expect_with (struct memory_pair *pair, const char *wanted, bool known,
             bool comparable)
{
  CLEANUP (engine_close) struct engine *engine = NULL;
  CLEANUP (delta_free) struct delta *delta = NULL;

  pair->known = known;
  pair->comparable = comparable;
  messages_start (&messages);
  engine = memory_pair_engine (pair, &messages.log);
  delta = memory_pair_delta (pair, engine, NULL);
  assert_string_equal (list_delta (&listing, delta), wanted);
}

static void
expect (struct memory_pair *pair, const char *wanted)
{
  expect_with (pair, wanted, true, true);
  expect_with (pair, wanted, true, false);
  expect_with (pair, wanted, false, true);
}

/* Reading the overlay's file at PATH is an error, not zeros. */
static void
expect_unreadable (struct memory_pair *pair, const char *path)
{
  CLEANUP (engine_close) struct engine *engine =
    memory_pair_engine (pair, &messages.log);
  char *text = NULL;
  size_t length;

  assert_int_equal (engine->operations->read_path (engine, SIDE_OVERLAY, path,
                                                   4096, &text, &length),
                    -EIO);
}

static void
nothing (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  expect (pair, "- /\n");
  /* The time of the last access is none. */
  overlay_inode (pair, NOTES)->entry.atime.seconds++;
  expect (pair, "- /\n");
  /* Files whose runs say where their bytes are need not be read. */
  pair->reads = 0;
  expect_with (pair, "- /\n", true, true);
  expect_with (pair, "- /\n", true, false);
  assert_int_equal (pair->reads, 0);
}

static void
changed (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();
  struct memory_inode *inode = overlay_inode (pair, PASSWD);

  (void) state;
  inode->entry.permissions = 0600;
  expect (pair, "- /\n- /etc\nM mode /etc/passwd\n");
  memory_pair_file (pair, SIDE_OVERLAY, NOTES, NOTES_DATA, "beer");
  overlay_inode (pair, NOTES)->entry.mtime.seconds++;
  expect (pair, "- /\n- /etc\nM mode /etc/passwd\n- /home\n"
          "M content /home/notes\n");
}

static void
added_and_deleted (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  memory_pair_file (pair, SIDE_OVERLAY, FRESH, SPARE, "new");
  memory_pair_name (pair, SIDE_OVERLAY, ETC, "fresh", FRESH);
  memory_pair_unname (pair, SIDE_OVERLAY, HOME, "notes");
  overlay_inode (pair, NOTES)->in_use = false;
  expect (pair, "- /\n- /etc\nA /etc/fresh\n- /home\nD /home/notes\n");
}

/* The same bytes at another place. */
static void
moved (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  memory_pair_file (pair, SIDE_OVERLAY, PASSWD, SPARE, "root");
  expect (pair, "- /\n");
  memory_pair_write (pair, SPARE, "boot");
  expect (pair, "- /\n- /etc\nM content,silent /etc/passwd\n");
}

/* Behind the filesystem's back: the inode says nothing of it. */
static void
silently_written (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  memory_pair_write (pair, SHADOW_DATA, "pepp");
  expect (pair, "- /\n- /etc\nM content,silent /etc/shadow\n");
  /* Written with the same bytes. */
  memory_pair_write (pair, SHADOW_DATA, "salt");
  expect (pair, "- /\n");
}

/* Names of a directory, changed without a trace in any inode. */
static void
silent_names (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  memory_pair_unname (pair, SIDE_OVERLAY, ETC, "passwd");
  memory_pair_unname (pair, SIDE_OVERLAY, ETC, "shadow");
  memory_pair_name (pair, SIDE_OVERLAY, ETC, "passwd", SHADOW);
  memory_pair_name (pair, SIDE_OVERLAY, ETC, "shadow", PASSWD);
  expect (pair, "- /\n- /etc\nM content,silent /etc/passwd\n"
          "M content,silent /etc/shadow\n");
}

/* The number of a file that is gone is that of another one now. */
static void
reused_inode (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  memory_pair_unname (pair, SIDE_OVERLAY, HOME, "notes");
  memory_pair_file (pair, SIDE_OVERLAY, NOTES, SPARE, "spam");
  memory_pair_name (pair, SIDE_OVERLAY, ETC, "spam", NOTES);
  expect (pair, "- /\n- /etc\nA /etc/spam\n- /home\nD /home/notes\n");
  /* With the bytes that it had it is the same file. */
  memory_pair_file (pair, SIDE_OVERLAY, NOTES, SPARE, "milk");
  expect (pair, "- /\n- /etc\nA /etc/spam < /home/notes\n- /home\n"
          "D /home/notes\n");
  /* A directory where a file was. */
  memory_pair_unname (pair, SIDE_OVERLAY, ETC, "spam");
  memory_pair_directory (pair, SIDE_OVERLAY, NOTES, SPARE + 1);
  memory_pair_name (pair, SIDE_OVERLAY, HOME, "notes", NOTES);
  memory_pair_name (pair, SIDE_OVERLAY, NOTES, "in", PASSWD);
  expect (pair, "- /\n- /home\nM type /home/notes\nA /home/notes/in\n");
}

static void
hard_links (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = memory_pair_new ();

  (void) state;
  memory_pair_directory (pair, SIDE_BASE, ETC, ETC_NAMES);
  memory_pair_file (pair, SIDE_BASE, PASSWD, PASSWD_DATA, "root");
  memory_pair_name (pair, SIDE_BASE, MEMORY_ROOT, "etc", ETC);
  memory_pair_name (pair, SIDE_BASE, MEMORY_ROOT, "here", PASSWD);
  memory_pair_name (pair, SIDE_BASE, ETC, "there", PASSWD);
  memory_pair_copy_base (pair);
  memory_pair_write (pair, PASSWD_DATA, "boot");
  expect (pair, "- /\n- /etc\nM content,silent /etc/there\n"
          "M content,silent /here\n");
  /* One name more alone is none of a change of the others. */
  memory_pair_write (pair, PASSWD_DATA, "root");
  memory_pair_name (pair, SIDE_OVERLAY, ETC, "more", PASSWD);
  overlay_inode (pair, PASSWD)->entry.links = 3;
  expect (pair, "- /\n- /etc\nA /etc/more\n");
}

/* Some of a file's runs are lost. */
static void
lost_blocks (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  overlay_inode (pair, PASSWD)->damaged = true;
  overlay_inode (pair, PASSWD)->run_count = 0;
  expect (pair, "- /\n- /etc\n? /etc/passwd\n");
  assert_true (messages_have (&messages, "cannot read: /etc/passwd: its "
                              "content cannot be read"));
  expect_unreadable (pair, "/etc/passwd");
}

static void
damaged_directory (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  overlay_inode (pair, ETC)->damaged = true;
  memory_pair_unname (pair, SIDE_OVERLAY, ETC, "passwd");
  expect (pair, "- /\n? /etc\n? /etc/passwd\n");
  /* A name that none may have. */
  overlay_inode (pair, ETC)->damaged = false;
  memory_pair_name (pair, SIDE_OVERLAY, ETC, "pass/wd", PASSWD);
  expect (pair, "- /\n? /etc\n? /etc/passwd\n");
  /* A name twice. */
  memory_pair_unname (pair, SIDE_OVERLAY, ETC, "pass/wd");
  memory_pair_name (pair, SIDE_OVERLAY, ETC, "passwd", PASSWD);
  memory_pair_name (pair, SIDE_OVERLAY, ETC, "passwd", SHADOW);
  expect (pair, "- /\n- /etc\n? /etc/passwd\n");
}

/* Directories in themselves, and in each other. */
static void
cycle (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  memory_pair_name (pair, SIDE_OVERLAY, ETC, "self", ETC);
  memory_pair_name (pair, SIDE_OVERLAY, HOME, "root", MEMORY_ROOT);
  expect (pair, "- /\n- /etc\n? /etc/self\n- /home\n"
          "? /home/root\n");
}

/* Two files that have one block. */
static void
cross_linked (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = memory_pair_new ();

  (void) state;
  memory_pair_file (pair, SIDE_BASE, PASSWD, PASSWD_DATA, "root");
  memory_pair_file (pair, SIDE_BASE, SHADOW, PASSWD_DATA, "root");
  memory_pair_name (pair, SIDE_BASE, MEMORY_ROOT, "one", PASSWD);
  memory_pair_name (pair, SIDE_BASE, MEMORY_ROOT, "other", SHADOW);
  memory_pair_copy_base (pair);
  memory_pair_write (pair, PASSWD_DATA, "boot");
  expect (pair, "- /\nM content,silent /one\nM content,silent /other\n");
}

static void
unreadable_block (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  memory_pair_break (pair, SIDE_OVERLAY, PASSWD_DATA);
  /* Where nothing was written it need not be read. */
  expect_with (pair, "- /\n", true, true);
  memory_pair_write (pair, PASSWD_DATA, "boot");
  expect (pair, "- /\n- /etc\n? /etc/passwd\n");
  /* Nor where the sizes tell. */
  overlay_inode (pair, PASSWD)->entry.size = 3;
  expect (pair, "- /\n- /etc\nM content /etc/passwd\n");
}

/* Where bytes end in the middle of a block, are inline, or are zeros. */
static void
kinds_of_runs (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();
  struct memory_inode *inode = overlay_inode (pair, PASSWD);
  const struct run halves[2] = {
    { .position = PASSWD_DATA * MEMORY_BLOCK, .length = 4 },
    { .logical = 4, .position = SPARE * MEMORY_BLOCK, .length = 508,
      .kind = RUN_UNWRITTEN },
  };

  (void) state;
  /* What is behind the first four bytes was zeros in the base, too. */
  memcpy (inode->runs, halves, sizeof halves);
  inode->run_count = 2;
  inode->entry.size = pair->side[SIDE_BASE].inodes[PASSWD].entry.size = 512;
  memory_pair_write (pair, SPARE, "old bytes");
  expect (pair, "- /\n");
  inode->runs[1].kind = RUN_PLAIN;
  expect (pair, "- /\n- /etc\nM content,silent /etc/passwd\n");
  /* No run at all: a hole. */
  inode->run_count = 1;
  expect (pair, "- /\n");
  inode->run_count = 0;
  expect (pair, "- /\n- /etc\nM content,silent /etc/passwd\n");
}

/* Zeros that nobody could ever read. */
static void
large_holes (void **state)
{
  CLEANUP (memory_pair_free) struct memory_pair *pair = make ();

  (void) state;
  for (int side = 0; side < SIDES; ++side) {
    struct memory_inode *inode = &pair->side[side].inodes[PASSWD];

    inode->entry.size = UINT64_C (1) << 60;
    inode->run_count = 0;
  }
  overlay_inode (pair, PASSWD)->entry.uid = 1;
  expect (pair, "- /\n- /etc\nM owner /etc/passwd\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing),
    cmocka_unit_test (changed),
    cmocka_unit_test (added_and_deleted),
    cmocka_unit_test (moved),
    cmocka_unit_test (silently_written),
    cmocka_unit_test (silent_names),
    cmocka_unit_test (reused_inode),
    cmocka_unit_test (hard_links),
    cmocka_unit_test (lost_blocks),
    cmocka_unit_test (damaged_directory),
    cmocka_unit_test (cycle),
    cmocka_unit_test (cross_linked),
    cmocka_unit_test (unreadable_block),
    cmocka_unit_test (kinds_of_runs),
    cmocka_unit_test (large_holes),
  };

  return cmocka_run_group_tests_name ("differ", tests, NULL, NULL);
}
