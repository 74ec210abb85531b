/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guestfs engine from another process: on a stand-in it gives what the
 * stand-in gives directly, in any number of threads, and ends as it should.
 *
 * DELTAFS_SEED is the first random round's seed, DELTAFS_ROUNDS sets how many
 * are tried (100).
 */
#include <config.h>

#include <setjmp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>
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

static struct delta *
compute (struct engine *engine, const struct compare_rules *rules)
{
  struct delta *delta = delta_new ();
  unsigned number;

  assert_int_equal (delta_add_filesystem (delta, engine, "sda1", "/", true,
                                          &number), 0);
  assert_int_equal (engine->operations->compute (engine, rules, delta,
                                                 number), 0);
  return delta;
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
  char *patterns[] = { pattern, NULL };
  struct compare_rules rules;
  struct engine *engine = NULL;
  struct broker *broker;

  model_make (&model, seed);
  rules = (struct compare_rules) {
    .verify = !model.trust,
    .times = model.times,
    .ignore_xattrs = (seed & 2) != 0 ? patterns : NULL,
  };
  memory = model_build (&model);
  stand_in = (struct stand_in) { .memory = memory };
  broker = stand_in_open (&messages, &engine);
  delta = compute (engine, &rules);
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
  delta = compute (engine, &rules);
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
  assert_int_equal (broker_launch (broker, NULL), 0);
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

/* Reading from many threads. */

#define READERS 16
#define LARGE (3 * 1024 * 1024 + 17)

struct reader {
  pthread_t thread;
  const struct delta *delta;
  unsigned number;
  unsigned done;                /* reads that were right */
  unsigned wrong;
  errint_t error;               /* the first failure */
};

static const struct delta_entry *
find (const struct delta *delta, const char *path)
{
  for (size_t i = 0; i < delta->count; ++i)
    if (strcmp (delta->entries[i].path, path) == 0)
      return &delta->entries[i];
  return NULL;
}

/* Until it fails, or 40 times; whole and in odd pieces. */
static void *
read_much (void *opaque)
{
  struct reader *reader = opaque;
  const struct delta_entry *entry =
    find (reader->delta, reader->number % 2 == 0 ? "/a" : "/b");
  struct engine *engine = reader->delta->filesystems[0].engine;
  CLEANUP_FREE char *buffer = malloc (LARGE);
  CLEANUP_FREE char *wanted = malloc (LARGE);

  for (unsigned i = 0; reader->error == 0 && i < 40; ++i) {
    uint64_t offset = i == 0 ? 0 : (i * 7919 + reader->number * 104729) % LARGE;
    size_t length = i == 0 ? LARGE : 70000 + i, got = 0;
    size_t rest = LARGE - offset < length ? (size_t) (LARGE - offset) : length;

    reader->error = engine->operations->pread
      (engine, SIDE_OVERLAY, entry, buffer, length, offset, &got);
    if (reader->error != 0)
      break;
    memory_pattern (reader->number % 2 == 0 ? NULL : (void *) (uintptr_t) "b",
                    wanted, rest, offset);
    if (got != rest || memcmp (buffer, wanted, rest) != 0)
      ++reader->wrong;
    ++reader->done;
  }
  return NULL;
}

static void
start_readers (struct reader readers[READERS], const struct delta *delta)
{
  for (unsigned i = 0; i < READERS; ++i) {
    readers[i] = (struct reader) { .delta = delta, .number = i };
    assert_int_equal (pthread_create (&readers[i].thread, NULL, read_much,
                                      &readers[i]), 0);
  }
}

static struct memory *
two_large_files (void)
{
  struct memory *memory = memory_new ();

  memory_file_generated (memory, SIDE_OVERLAY, "/a", LARGE, memory_pattern,
                         NULL);
  memory_file_generated (memory, SIDE_OVERLAY, "/b", LARGE, memory_pattern,
                         (void *) (uintptr_t) "b");
  memory_file_generated (memory, SIDE_OVERLAY, "/bad", LARGE, memory_failure,
                         NULL);
  memory_directory (memory, SIDE_OVERLAY, "/d");
  return memory;
}

static void
test_parallel_reads (void **state)
{
  struct memory *memory = two_large_files ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  struct compare_rules rules = { .verify = false };
  struct delta_entry made_up = { .path = "/", .engine_number = 0 };
  struct reader readers[READERS];
  struct engine *engine = NULL;
  struct broker *broker;
  char buffer[8];
  size_t got = 1;

  (void) state;
  stand_in = (struct stand_in) { .memory = memory };
  broker = stand_in_open (&messages, &engine);
  delta = compute (engine, &rules);
  start_readers (readers, delta);
  for (unsigned i = 0; i < READERS; ++i) {
    pthread_join (readers[i].thread, NULL);
    assert_int_equal (readers[i].error, 0);
    assert_int_equal (readers[i].wrong, 0);
    assert_int_equal (readers[i].done, 40);
  }
  assert_int_equal (engine->operations->pread
                    (engine, SIDE_OVERLAY, find (delta, "/bad"), buffer,
                     sizeof buffer, 0, &got), -EIO);
  assert_int_equal (engine->operations->pread
                    (engine, SIDE_OVERLAY, find (delta, "/d"), buffer,
                     sizeof buffer, 0, &got), -EINVAL);
  assert_int_equal (engine->operations->pread
                    (engine, SIDE_BASE, find (delta, "/a"), buffer,
                     sizeof buffer, 0, &got), -EINVAL);
  assert_int_equal (engine->operations->pread
                    (engine, SIDE_OVERLAY, &made_up, buffer, sizeof buffer, 0,
                     &got), -EINVAL);
  assert_int_equal (engine->operations->pread
                    (engine, SIDE_OVERLAY, find (delta, "/a"), buffer,
                     sizeof buffer, LARGE, &got), 0);
  assert_int_equal (got, 0);
  engine_close (engine);
  broker_close (broker);
  memory_free (memory);
}

/* Ends */

static void
kill_under_readers (int signal, const char *text)
{
  struct memory *memory = two_large_files ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  struct compare_rules rules = { .verify = false };
  struct reader readers[READERS];
  struct engine *engine = NULL;
  struct broker *broker;
  struct entry entry;
  char *twice;

  stand_in = (struct stand_in) { .memory = memory };
  broker = stand_in_open (&messages, &engine);
  delta = compute (engine, &rules);
  kill (broker_pid (broker), SIGSTOP);
  start_readers (readers, delta);
  kill (broker_pid (broker), signal);
  kill (broker_pid (broker), SIGCONT);
  for (unsigned i = 0; i < READERS; ++i) {
    pthread_join (readers[i].thread, NULL);
    assert_int_equal (readers[i].error, -EIO);
    assert_int_equal (readers[i].wrong, 0);
  }
  assert_true (stand_in_ended (broker));
  assert_int_equal (engine->operations->stat (engine, SIDE_OVERLAY, "/",
                                              &entry), -EIO);
  twice = strstr (messages.text, text);
  assert_non_null (twice);
  assert_null (strstr (twice + 1, text));
  engine_close (engine);
  broker_close (broker);
  memory_free (memory);
}

static void
test_killed (void **state)
{
  (void) state;
  kill_under_readers (SIGKILL, "overlay.qcow2: the process that runs them "
                      "was ended by signal 9");
  assert_null (strstr (messages.text, "hint"));
}

static void
test_crashed (void **state)
{
  (void) state;
  kill_under_readers (SIGABRT, "overlay.qcow2: the process that runs them "
                      "was ended by signal 6");
  assert_non_null (strstr (messages.text, "a crash is a bug"));
}

/* What a log's sink gets, in memory that child and parent share. */
static char *shared_text;

static void
write_shared (void *opaque, enum log_level level, const char *text)
{
  (void) opaque;
  (void) level;
  strcat (shared_text, text);
  strcat (shared_text, "\n");
}

static const struct log shared_log = { .write = write_shared };

/* In that memory, too. */
static struct { pid_t pid; bool closed; } *machine;

static void
start_machine (const struct appliances_options *options, int connection)
{
  pid_t pid = fork ();

  (void) options;
  (void) connection;
  while (pid == 0)
    pause ();
  machine->pid = pid;
}

static void *
wait_for_machine (void *opaque)
{
  waitpid (machine->pid, NULL, 0);
  return opaque;
}

/* As libguestfs does when a call is under way. */
static void
start_machine_and_wait (const struct appliances_options *options,
                        int connection)
{
  pthread_t thread;

  start_machine (options, connection);
  assert_int_equal (pthread_create (&thread, NULL, wait_for_machine, NULL),
                    0);
}

static void
machine_dies (void (*start) (const struct appliances_options *options,
                             int connection))
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  struct engine *engine = NULL;
  struct broker *broker;
  struct entry entry;

  shared_text = mmap (NULL, 65536, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  assert_true (shared_text != MAP_FAILED);
  machine = (void *) (shared_text + 32768);
  stand_in = (struct stand_in) {
    .memory = memory, .launch = start, .process = &machine->pid,
    .closed = &machine->closed, .log = &shared_log,
  };
  broker = stand_in_open (&messages, &engine);
  assert_string_equal (shared_text, "");
  kill (machine->pid, SIGKILL);
  assert_true (stand_in_ended (broker));
  assert_int_equal (engine->operations->stat (engine, SIDE_OVERLAY, "/",
                                              &entry), -EIO);
  assert_non_null (strstr (shared_text, "an appliance has ended: "
                           "overlay.qcow2: QEMU with the base's disk was "
                           "ended by signal 9"));
  assert_null (strstr (shared_text, "the process that runs them"));
  assert_true (machine->closed);
  engine_close (engine);
  broker_close (broker);
  munmap (shared_text, 65536);
}

static void
test_machine_dies (void **state)
{
  (void) state;
  machine_dies (start_machine);
}

static void
test_machine_dies_and_is_waited_for (void **state)
{
  (void) state;
  machine_dies (start_machine_and_wait);
}

/* Without a launch, and after one that failed. */
static void
test_ends_silently (void **state)
{
  char path[] = "broker-test.XXXXXX";
  int fd = mkstemp (path);
  struct broker *broker;

  (void) state;
  assert_true (fd >= 0);
  close (fd);
  stand_in = (struct stand_in) { .launch_error = -ENODEV, .socket = path };
  broker = stand_in_start (&messages);
  broker_close (broker);
  assert_string_equal (messages.text, "");
  assert_int_equal (access (path, F_OK), -1);

  broker = stand_in_start (&messages);
  assert_int_equal (broker_launch (broker, NULL), -ENODEV);
  assert_int_equal (broker_launch (broker, NULL), -ENODEV);
  broker_close (broker);
  assert_string_equal (messages.text,
                       "error: cannot launch: No such device\n");
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
  progress_update (options->progress, "start", 0, 0);
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
  assert_int_equal (broker_launch (broker, &progress), 0);
  assert_string_equal (messages.text,
                       "error: one: first\n"
                       "warning: two: \"/\\033\": from a thread\n"
                       "hint: three\n");
  assert_string_equal (text, "start 0 0\nscan 7 9\n");
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
    cmocka_unit_test (test_parallel_reads),
    cmocka_unit_test (test_killed),
    cmocka_unit_test (test_crashed),
    cmocka_unit_test (test_machine_dies),
    cmocka_unit_test (test_machine_dies_and_is_waited_for),
    cmocka_unit_test (test_ends_silently),
    cmocka_unit_test (test_messages),
  };

  return cmocka_run_group_tests_name ("broker", tests, NULL, NULL);
}
