/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The two ends of the broker's connections against one another: whatever one
 * says, the other one comes to no harm, believes nothing that makes no sense,
 * and does not wait for ever.
 *
 * DELTAFS_SEED is the seed of the random bytes, DELTAFS_ROUNDS sets how many
 * damaged records are tried (20000).
 */
#include <config.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker_private.h"
#include "broker_stand_in.h"
#include "path.h"
#include "records.h"

static struct messages messages;
static uint64_t seed;

/* xorshift64* */
static uint64_t
next_random (void)
{
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return seed * UINT64_C (2685821657736338717);
}

static int
read_seed (void **state)
{
  const char *text = getenv ("DELTAFS_SEED");

  (void) state;
  if (text != NULL)
    seed = strtoull (text, NULL, 10);
  else
    assert_int_equal (getrandom (&seed, sizeof seed, 0), sizeof seed);
  seed = (seed >> 1) | 1;
  print_message ("# DELTAFS_SEED=%llu\n", (unsigned long long) seed);
  return 0;
}

/* A child that answers with these bytes, then ends or waits. */

static unsigned char answer[4096];
static size_t answer_length;
static bool answer_ends;

static void
give_answer (const struct appliances_options *options, int connection)
{
  (void) options;
  send (connection, answer, answer_length, MSG_NOSIGNAL);
  if (answer_ends)
    _exit (7);
  while (true)
    pause ();
}

static void
start_answer (void)
{
  answer_length = 0;
  answer_ends = false;
}

static void
add_u8 (uint8_t value)
{
  answer[answer_length++] = value;
}

static void
add_u32 (uint32_t value)
{
  memcpy (answer + answer_length, &value, sizeof value);
  answer_length += sizeof value;
}

/* What the asking side makes of it as the answer to a launch. */
static void
check_refused (void)
{
  struct broker *broker;

  stand_in = (struct stand_in) { .launch = give_answer };
  broker = stand_in_start (&messages);
  assert_int_equal (broker_launch (broker, small_sectors, NULL), -EIO);
  assert_true (stand_in_ended (broker));
  assert_true (messages_have (&messages, answer_ends
                              ? "runs them has ended (7)"
                              : "an answer that makes no sense"));
  broker_close (broker);
}

static void
test_answers (void **state)
{
  (void) state;
  /* Nothing at all, and the end. */
  start_answer ();
  answer_ends = true;
  check_refused ();
  /* No such message; no such errno; entries that nobody asked for. */
  start_answer ();
  add_u8 (MESSAGE_RESULT + 1);
  check_refused ();
  start_answer ();
  add_u8 (MESSAGE_RESULT);
  add_u32 (4096);
  check_refused ();
  start_answer ();
  add_u8 (MESSAGE_ENTRY);
  check_refused ();
  /* A phase, a level and a text that there are not. */
  start_answer ();
  add_u8 (MESSAGE_PROGRESS);
  add_u8 ((uint8_t) phase_count);
  check_refused ();
  start_answer ();
  add_u8 (MESSAGE_LOG);
  add_u8 (LOG_LEVEL_DETAIL + 1);
  check_refused ();
  start_answer ();
  add_u8 (MESSAGE_LOG);
  add_u8 (0);
  add_u32 (TEXT_LIMIT + 1);
  check_refused ();
  start_answer ();
  add_u8 (MESSAGE_LOG);
  add_u8 (0);
  add_u32 (UINT32_MAX);
  check_refused ();
  /* Half of a message. */
  start_answer ();
  add_u8 (MESSAGE_LOG);
  add_u8 (0);
  add_u32 (100);
  add_u8 ('x');
  answer_ends = true;
  check_refused ();
}

/* Text that would drive a terminal. */
static void
test_text (void **state)
{
  static const char text[] = "\x1b[2Jdone\ndeltafs: fake\xff";
  struct broker *broker;

  (void) state;
  start_answer ();
  add_u8 (MESSAGE_LOG);
  add_u8 (LOG_LEVEL_WARNING);
  add_u32 (sizeof text - 1);
  memcpy (answer + answer_length, text, sizeof text - 1);
  answer_length += sizeof text - 1;
  add_u8 (MESSAGE_RESULT);
  add_u32 (5);
  stand_in = (struct stand_in) { .launch = give_answer };
  broker = stand_in_start (&messages);
  assert_int_equal (broker_launch (broker, small_sectors, NULL), -5);
  assert_string_equal (messages.text, "warning: \\033[2Jdone\\ndeltafs: fake"
                       "\\377\n");
  kill (broker_pid (broker), SIGKILL);
  broker_close (broker);
}

static void
test_random_answers (void **state)
{
  (void) state;
  for (int i = 0; i < 60; ++i) {
    struct broker *broker;
    errint_t error;

    start_answer ();
    answer_ends = true;
    answer_length = next_random () % sizeof answer;
    for (size_t j = 0; j < answer_length; ++j)
      answer[j] = (unsigned char) (next_random () % (i % 2 == 0 ? 4 : 256));
    stand_in = (struct stand_in) { .launch = give_answer };
    broker = stand_in_start (&messages);
    error = broker_launch (broker, small_sectors, NULL);
    assert_true (error <= 0 && error > -4096);
    assert_true (stand_in_ended (broker));
    broker_close (broker);
  }
}

/* Requests that make no sense end the child, and nothing else. */
static void
test_random_requests (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_OVERLAY, "/a", "bytes");
  for (int i = 0; i < 60; ++i) {
    struct engine *engine = NULL;
    struct broker *broker;
    struct entry entry;
    unsigned char bytes[256];

    stand_in = (struct stand_in) { .memory = memory };
    broker = stand_in_open (&messages, &engine);
    for (size_t j = 0; j < sizeof bytes; ++j)
      bytes[j] = (unsigned char) (next_random () % (i % 2 == 0 ? 8 : 256));
    wire_put_u8 (broker->wires[3], (uint8_t) (i % REQUEST_READ_PATH + 1));
    wire_put_raw (broker->wires[3], bytes, sizeof bytes);
    wire_flush (broker->wires[3]);
    /* Whatever came of it: the connection's end ends what waits for more. */
    wire_free (broker->wires[3]);
    broker->wires[3] = NULL;
    engine->operations->stat (engine, SIDE_OVERLAY, "/a", &entry);
    engine_close (engine);
    broker_close (broker);
  }
}

static void
test_requests (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  struct engine *engine = NULL;
  struct broker *broker;

  (void) state;
  stand_in = (struct stand_in) { .memory = memory };
  broker = stand_in_open (&messages, &engine);
  wire_put_u8 (broker->wires[5], REQUEST_STAT);
  wire_put_u32 (broker->wires[5], 1);   /* there is one engine */
  wire_put_u8 (broker->wires[5], 0);
  wire_put_string (broker->wires[5], "/");
  wire_flush (broker->wires[5]);
  assert_true (stand_in_ended (broker));
  engine_close (engine);
  broker_close (broker);
}

/* Records */

struct link {
  int raw;
  struct wire *wire;
};

static struct link
make_link (void)
{
  struct link link;
  int ends[2];

  assert_int_equal (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), 0);
  link.raw = ends[0];
  link.wire = wire_new (ends[1], -1);
  assert_non_null (link.wire);
  return link;
}

static void
close_link (struct link *link)
{
  close (link->raw);
  wire_free (link->wire);
}

/* The bytes of a delta entry with something of everything. */
static size_t
record (unsigned char *bytes, size_t size)
{
  const struct entry_xattr list[] = {
    { "security.selinux", "label", 6 }, { "user.a", "", 0 },
  };
  const struct entry_xattrs xattrs = { list, 2 };
  const struct entry base = { .type = ENTRY_FILE, .size = 5,
                              .missing = ENTRY_NO_CONTENT | ENTRY_TOO_MUCH,
                              .xattrs = &xattrs };
  const struct entry overlay = { .type = ENTRY_SYMLINK, .permissions = 0777,
                                 .target = "target", .target_length = 6 };
  const struct delta_entry entry = {
    .path = "/usr/bin/vim", .status = STATUS_MODIFIED,
    .kinds = KIND_TYPE | KIND_IGNORED,
    .side = { &base, &overlay },
  };
  struct link link = make_link ();
  ssize_t length;

  put_delta_entry (link.wire, &entry);
  wire_flush (link.wire);
  length = recv (link.raw, bytes, size, 0);
  close_link (&link);
  assert_true (length > 0 && (size_t) length < size);
  return (size_t) length;
}

/* What was believed is what may be believed. */
static void
check_believed (const struct delta_entry *entry)
{
  const struct entry *base = entry->side[SIDE_BASE];
  const struct entry *overlay = entry->side[SIDE_OVERLAY];

  assert_true (path_valid (entry->path));
  assert_true (entry->status <= STATUS_UNREADABLE);
  assert_true (entry->status != STATUS_ADDED
               || (base == NULL && overlay != NULL));
  assert_true (entry->status != STATUS_DELETED
               || (base != NULL && overlay == NULL));
  assert_true (entry->status != STATUS_MODIFIED
               || (base != NULL && overlay != NULL));
  for (int side = 0; side < SIDES; ++side) {
    const struct entry *known = entry->side[side];

    if (known == NULL)
      continue;
    assert_true (known->type <= ENTRY_SOCKET);
    assert_true (known->size <= INT64_MAX);
    assert_true (known->mtime.nanoseconds < 1000000000);
    assert_true (known->target == NULL
                 || strlen (known->target) == known->target_length);
    for (size_t i = 0; known->xattrs != NULL && i < known->xattrs->count;
         ++i)
      assert_true (known->xattrs->list[i].name[0] != '\0');
  }
}

static bool
get_damaged (const unsigned char *bytes, size_t length)
{
  CLEANUP (arena_free) struct arena *arena = arena_new ();
  struct link link = make_link ();
  struct delta_entry entry;
  bool believed;

  assert_int_equal (send (link.raw, bytes, length, 0), length);
  shutdown (link.raw, SHUT_WR);
  believed = get_delta_entry (link.wire, arena, &entry);
  if (believed)
    check_believed (&entry);
  else
    assert_int_not_equal (wire_error (link.wire), 0);
  assert_true (arena_size (arena) < 64 * 1024 * 1024);
  close_link (&link);
  return believed;
}

static void
test_damaged_records (void **state)
{
  const char *rounds = getenv ("DELTAFS_ROUNDS");
  unsigned long count = rounds != NULL ? strtoul (rounds, NULL, 10) : 20000;
  unsigned char bytes[1024], damaged[1024];
  size_t length = record (bytes, sizeof bytes);

  (void) state;
  assert_true (get_damaged (bytes, length));
  for (size_t i = 0; i < length; ++i)
    assert_false (get_damaged (bytes, i));
  for (unsigned long i = 0; i < count; ++i) {
    memcpy (damaged, bytes, length);
    for (uint64_t j = 0; j <= next_random () % 3; ++j)
      damaged[next_random () % length] =
        (unsigned char) (next_random () >> 32);
    get_damaged (damaged, length);
  }
}

/* All kinds come over, those without a name too, and nothing else does; so does
 * all that may be missing. */
static void
test_kinds (void **state)
{
  CLEANUP (arena_free) struct arena *arena = arena_new ();
  const uint32_t kinds = KIND_TYPE | KIND_IGNORED, beyond = 1U << KIND_BITS;
  unsigned char bytes[1024];
  size_t length = record (bytes, sizeof bytes);
  struct link link = make_link ();
  struct delta_entry entry;
  unsigned char *place;

  (void) state;
  assert_int_equal (send (link.raw, bytes, length, 0), length);
  assert_true (get_delta_entry (link.wire, arena, &entry));
  close_link (&link);
  assert_int_equal (entry.kinds, kinds);
  assert_int_equal (entry.side[SIDE_BASE]->missing,
                    ENTRY_NO_CONTENT | ENTRY_TOO_MUCH);

  place = memmem (bytes, length, &kinds, sizeof kinds);
  assert_non_null (place);
  memcpy (place, &beyond, sizeof beyond);
  assert_false (get_damaged (bytes, length));
}

/* A length or a count that nothing stands behind takes no memory. */
static void
test_empty_promises (void **state)
{
  static const uint32_t counts[] = {
    COUNT_LIMIT, COUNT_LIMIT + 1, UINT32_MAX - 1, UINT32_MAX,
  };
  size_t length;

  (void) state;
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; ++i) {
    CLEANUP (appliance_filesystems_free)
      struct appliance_filesystems *found = NULL;
    struct link link = make_link ();

    assert_int_equal (send (link.raw, &counts[i], 4, 0), 4);
    shutdown (link.raw, SHUT_WR);
    assert_false (get_filesystems (link.wire, &found));
    assert_null (found);
    close_link (&link);

    link = make_link ();
    assert_int_equal (send (link.raw, &counts[i], 4, 0), 4);
    assert_int_equal (send (link.raw, "x", 1, 0), 1);
    shutdown (link.raw, SHUT_WR);
    assert_null (wire_get_bytes (link.wire, UINT32_MAX, &length));
    close_link (&link);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_answers),
    cmocka_unit_test (test_text),
    cmocka_unit_test (test_random_answers),
    cmocka_unit_test (test_requests),
    cmocka_unit_test (test_random_requests),
    cmocka_unit_test (test_damaged_records),
    cmocka_unit_test (test_kinds),
    cmocka_unit_test (test_empty_promises),
  };

  return cmocka_run_group_tests_name ("broker hostile", tests, read_seed,
                                      NULL);
}
