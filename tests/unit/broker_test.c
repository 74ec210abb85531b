/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guestfs engine from another process: on a stand-in it gives what the
 * stand-in gives directly.
 *
 * DELTAFS_SEED is the first random round's seed, DELTAFS_ROUNDS sets how many
 * are tried (100).
 */
#include <config.h>

#include <setjmp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <cmocka.h>

#include "broker_stand_in.h"
#include "listing.h"
#include "random_memory.h"

static struct messages messages;

static void
check_xattrs (const struct entry_xattrs *got, const struct entry_xattrs *want)
{
  size_t count = want != NULL ? want->count : 0;

  assert_int_equal (got != NULL ? got->count : 0, count);
  for (size_t i = 0; i < count; ++i) {
    assert_string_equal (got->list[i].name, want->list[i].name);
    assert_int_equal (got->list[i].length, want->list[i].length);
    if (want->list[i].length > 0)
      assert_memory_equal (got->list[i].value, want->list[i].value,
                           want->list[i].length);
  }
}

/* Every field is the same; pointers lead to the same. */
static void
check_entry (const struct entry *got, const struct entry *want)
{
  struct entry one, other;

  assert_int_equal (got == NULL, want == NULL);
  if (want == NULL)
    return;
  memset (&one, 0, sizeof one);
  memset (&other, 0, sizeof other);
  one = *got;
  other = *want;
  check_xattrs (got->xattrs, want->xattrs);
  assert_int_equal (got->target == NULL, want->target == NULL);
  if (want->target != NULL)
    assert_string_equal (got->target, want->target);
  one.xattrs = other.xattrs = NULL;
  one.target = other.target = NULL;
  assert_true (one.type == other.type && one.missing == other.missing
               && one.permissions == other.permissions
               && one.uid == other.uid && one.gid == other.gid
               && one.links == other.links && one.major == other.major
               && one.minor == other.minor && one.inode == other.inode
               && one.subvolume == other.subvolume && one.size == other.size
               && one.blocks == other.blocks
               && one.target_length == other.target_length
               && entry_time_equal (&one.mtime, &other.mtime)
               && entry_time_equal (&one.atime, &other.atime)
               && entry_time_equal (&one.ctime, &other.ctime));
}

/* Reads a file of both deltas on one side. */
static void
check_content (const struct delta *got, const struct delta *want, size_t i,
               enum side side)
{
  struct engine *engines[] = { got->filesystems[0].engine,
                               want->filesystems[0].engine };
  const struct delta_entry *entries[] = { &got->entries[i],
                                          &want->entries[i] };
  char buffers[2][32] = { "", "" };
  size_t lengths[2] = { 0, 0 };
  errint_t errors[2];

  if (entries[1]->side[side] == NULL
      || entries[1]->side[side]->type != ENTRY_FILE)
    return;
  for (int j = 0; j < 2; ++j)
    errors[j] = engines[j]->operations->pread
      (engines[j], side, entries[j], buffers[j], sizeof buffers[j], 1,
       &lengths[j]);
  assert_int_equal (errors[0], errors[1]);
  if (errors[1] != 0)
    return;
  assert_int_equal (lengths[0], lengths[1]);
  assert_memory_equal (buffers[0], buffers[1], sizeof buffers[0]);
}

static void
check_delta (const struct delta *got, const struct delta *want)
{
  static struct listing listings[2];

  assert_string_equal (list_delta (&listings[0], got),
                       list_delta (&listings[1], want));
  for (size_t i = 0; i < want->count; ++i)
    for (int side = 0; side < SIDES; ++side) {
      check_entry (got->entries[i].side[side], want->entries[i].side[side]);
      check_content (got, want, i, (enum side) side);
    }
}

static void
one_round (uint64_t seed)
{
  static struct model model;
  CLEANUP (memory_free) struct memory *memory = NULL;
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (delta_free) struct delta *wanted = NULL;
  char pattern[] = "user.*";
  char new_root[] = "/@new", old_root[] = "/@";
  char *pairs[] = { new_root, old_root, NULL };
  char *patterns[] = { pattern, NULL };
  struct compare_rules rules;
  struct engine *engine = NULL;
  struct broker *broker;

  model_make (&model, seed);
  rules = (struct compare_rules) {
    .verify = !model.trust,
    .times = model.times,
    .ignore_xattrs = (seed & 2) != 0 ? patterns : NULL,
    .pairs = (seed & 4) != 0 ? pairs : NULL,
  };
  memory = model_build (&model);
  stand_in = (struct stand_in) { .memory = memory };
  broker = stand_in_open (&messages, &engine);
  delta = stand_in_compute (engine, &rules);
  wanted = memory_compute (memory, &rules);
  check_delta (delta, wanted);
  engine_close (engine);
  broker_close (broker);
  assert_string_equal (messages.text, "");
}

static uint64_t current_seed;

static void
test_random_pairs (void **state)
{
  const char *seed = getenv ("DELTAFS_SEED");
  const char *rounds = getenv ("DELTAFS_ROUNDS");
  unsigned long count = rounds != NULL ? strtoul (rounds, NULL, 10) : 100;

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

static int
print_seed (void **state)
{
  (void) state;
  print_message ("# last round: DELTAFS_SEED=%llu DELTAFS_ROUNDS=1\n",
                 (unsigned long long) current_seed);
  return 0;
}

/* Long values, names at their limits, all that a struct entry can hold. */
static void
test_large_entries (void **state)
{
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (delta_free) struct delta *wanted = NULL;
  CLEANUP_FREE char *value = calloc (1, 65536);
  CLEANUP_FREE char *path = calloc (1, 300 * 250);
  struct memory *memory = memory_new ();
  struct compare_rules rules = { .verify = false };
  struct engine *engine = NULL;
  struct broker *broker;
  struct entry *entry;
  char name[32];

  (void) state;
  memset (value, '\xff', 65536);
  for (size_t i = 0; i < 300; ++i) {
    memset (path + 250 * i, 'x', 250);
    path[250 * i] = '/';
  }
  path[300 * 250 - 1] = '\0';
  entry = memory_file (memory, SIDE_OVERLAY, "/x", "bytes");
  entry->mtime = (struct entry_time) { INT64_MIN, 999999999 };
  entry->uid = entry->gid = entry->links = UINT32_MAX;
  entry->blocks = UINT64_MAX;
  entry->subvolume = UINT32_MAX;
  entry->permissions = 07777;
  for (int i = 0; i < 50; ++i) {
    snprintf (name, sizeof name, "user.%d", i);
    memory_xattr (memory, SIDE_OVERLAY, "/x", name, value, 65536);
  }
  memory_xattr (memory, SIDE_OVERLAY, "/x", "user.empty", "", 0);
  memory_symlink (memory, SIDE_BASE, "/s", "\xfe\n");
  memory_symlink (memory, SIDE_BASE, "/e", "");
  memory_file (memory, SIDE_OVERLAY, path, "deep");
  stand_in = (struct stand_in) { .memory = memory };
  broker = stand_in_open (&messages, &engine);
  delta = stand_in_compute (engine, &rules);
  wanted = memory_compute (memory, &rules);
  check_delta (delta, wanted);
  engine_close (engine);
  broker_close (broker);
  memory_free (memory);
}

static void
test_paths (void **state)
{
  struct memory *memory = memory_new ();
  struct engine *engine = NULL;
  struct broker *broker;
  struct entry entry;
  char *content = NULL;
  size_t length = 0;

  (void) state;
  memory_file (memory, SIDE_OVERLAY, "/etc/fstab", "LABEL=root /\n");
  memory_xattr (memory, SIDE_OVERLAY, "/etc/fstab", "user.a", "b", 1);
  stand_in = (struct stand_in) { .memory = memory };
  broker = stand_in_open (&messages, &engine);
  assert_int_equal (engine->operations->stat (engine, SIDE_OVERLAY,
                                              "/etc/fstab", &entry), 0);
  check_entry (&entry, memory_find (memory, SIDE_OVERLAY, "/etc/fstab"));
  assert_int_equal (engine->operations->stat (engine, SIDE_BASE,
                                              "/etc/fstab", &entry), -ENOENT);
  assert_int_equal (engine->operations->read_path
                    (engine, SIDE_OVERLAY, "/etc/fstab", SIZE_MAX, &content,
                     &length), 0);
  assert_int_equal (length, 13);
  assert_string_equal (content, "LABEL=root /\n");
  free (content);
  assert_int_equal (engine->operations->read_path
                    (engine, SIDE_OVERLAY, "/etc/fstab", 12, &content,
                     &length), -EFBIG);
  assert_int_equal (engine->operations->read_path
                    (engine, SIDE_OVERLAY, "/etc", 12, &content, &length),
                    -EISDIR);
  engine_close (engine);
  broker_close (broker);
  memory_free (memory);
}

static void
test_filesystems (void **state)
{
  const char *const mountable[SIDES] = { "/dev/sda2", NULL };
  struct appliance_filesystems *found = NULL;
  struct engine *engine = NULL;
  struct broker *broker;

  (void) state;
  stand_in = (struct stand_in) { .memory = NULL };
  broker = stand_in_start (&messages);
  assert_false (broker_is_used (broker));
  assert_int_equal (broker_filesystems (broker, SIDE_BASE, &found), -EINVAL);
  assert_int_equal (broker_launch (broker, small_sectors, NULL), 0);
  assert_true (broker_is_used (broker));
  assert_int_equal (broker_filesystems (broker, SIDE_OVERLAY, &found), 0);
  assert_int_equal (found->count, 2);
  assert_string_equal (found->list[0].device, "/dev/sda1");
  assert_string_equal (found->list[0].uuid, "");
  assert_null (found->list[0].subvolume);
  assert_string_equal (found->list[1].subvolume, "a/b");
  assert_null (found->list[1].label);
  appliance_filesystems_free (found);
  assert_int_equal (broker_engine_open (broker, mountable, "ext4", "sda2",
                                        &engine), -ENOTSUP);
  assert_null (engine);
  broker_close (broker);
}

static void
tell_sectors (const struct appliances_options *options, int connection)
{
  (void) connection;
  log_report (options->log, LOG_LEVEL_WARNING, "sectors", NULL, "%u and %u",
              options->sector_size[SIDE_BASE],
              options->sector_size[SIDE_OVERLAY]);
}

/* Who asks says which sectors the disks have, within reason. */
static void
test_sectors (void **state)
{
  const unsigned sizes[SIDES] = { 512, 4096 }, odd[SIDES] = { 512, 1 };
  struct broker *broker;

  (void) state;
  stand_in = (struct stand_in) { .launch = tell_sectors };
  broker = stand_in_start (&messages);
  assert_int_equal (broker_launch (broker, sizes, NULL), 0);
  assert_string_equal (messages.text, "warning: sectors: 512 and 4096\n");
  broker_close (broker);
  broker = stand_in_start (&messages);
  assert_int_equal (broker_launch (broker, odd, NULL), -EIO);
  assert_false (messages_have (&messages, "sectors"));
  broker_close (broker);
}

/* Messages and progress */

static void *
say_more (void *opaque)
{
  const struct appliances_options *options = opaque;

  log_report (options->log, LOG_LEVEL_WARNING, "two", "/\x1b", "from %s",
              "a thread");
  return NULL;
}

static void
say_much (const struct appliances_options *options, int connection)
{
  pthread_t thread;

  (void) connection;
  log_detail (options->log, "not wanted");
  log_report (options->log, LOG_LEVEL_ERROR, "one", NULL, "first");
  pthread_create (&thread, NULL, say_more,
                  (void *) (uintptr_t) options);
  pthread_join (thread, NULL);
  log_hint (options->log, "three");
  progress_update (options->progress, PROGRESS_EMULATED, 0, 0);
  progress_update (options->progress, "unheard of", 0, 0);
  progress_update (options->progress, "scan", 7, 9);
}

static void
note_progress (void *opaque, const char *phase, uint64_t done, uint64_t total)
{
  char *text = opaque;

  sprintf (text + strlen (text), "%s %d %d\n", phase, (int) done,
           (int) total);
}

static void
test_messages (void **state)
{
  char text[256] = "";
  const struct progress progress = { .update = note_progress,
                                     .opaque = text };
  struct broker *broker;

  (void) state;
  stand_in = (struct stand_in) { .launch = say_much };
  broker = stand_in_start (&messages);
  assert_int_equal (broker_launch (broker, small_sectors, &progress), 0);
  assert_string_equal (messages.text,
                       "error: one: first\n"
                       "warning: two: \"/\\033\": from a thread\n"
                       "hint: three\n");
  assert_string_equal (text, PROGRESS_EMULATED " 0 0\nscan 7 9\n");
  broker_close (broker);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown (test_random_pairs, print_seed),
    cmocka_unit_test (test_large_entries),
    cmocka_unit_test (test_paths),
    cmocka_unit_test (test_filesystems),
    cmocka_unit_test (test_sectors),
    cmocka_unit_test (test_messages),
  };

  return cmocka_run_group_tests_name ("broker", tests, NULL, NULL);
}
