/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guestfs engine from another process: any number of threads read at once,
 * and it ends as it should, whoever ends first.
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
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker_stand_in.h"

static struct messages messages;

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
  delta = stand_in_compute (engine, &rules);
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
  delta = stand_in_compute (engine, &rules);
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
  assert_int_equal (broker_launch (broker, small_sectors, NULL), -ENODEV);
  assert_int_equal (broker_launch (broker, small_sectors, NULL), -ENODEV);
  broker_close (broker);
  assert_string_equal (messages.text,
                       "error: cannot launch: No such device\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_parallel_reads),
    cmocka_unit_test (test_killed),
    cmocka_unit_test (test_crashed),
    cmocka_unit_test (test_machine_dies),
    cmocka_unit_test (test_machine_dies_and_is_waited_for),
    cmocka_unit_test (test_ends_silently),
  };

  return cmocka_run_group_tests_name ("broker life", tests, NULL, NULL);
}
