/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files read in large pieces: right bytes, few calls, many threads.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "pieces.h"

#define KIB ((size_t) 1024)
#define MIB (1024 * KIB)

/* A file whose byte at an offset can be told. */
struct source {
  unsigned seed;
  uint64_t bad;                 /* a byte that cannot be read */
  atomic_uint calls;
};

static unsigned char
byte_at (const struct source *source, uint64_t offset)
{
  return (unsigned char) ((offset * 2654435761u >> 13) + source->seed);
}

static errint_t
fetch (void *opaque, void *buffer, size_t length, uint64_t offset)
{
  struct source *source = opaque;
  unsigned char *bytes = buffer;

  source->calls++;
  if (offset <= source->bad && source->bad < offset + length)
    return -EIO;
  for (size_t i = 0; i < length; ++i)
    bytes[i] = byte_at (source, offset + i);
  return 0;
}

static struct pieces_file
file_of (struct source *source, uint64_t size)
{
  return (struct pieces_file) { source, size, fetch, source };
}

/* Reads and looks at every byte. */
static errint_t
read_checked (struct pieces *pieces, const struct pieces_file *file,
              size_t length, uint64_t offset)
{
  unsigned char *bytes = malloc (length);
  errint_t error;

  assert_non_null (bytes);
  error = pieces_read (pieces, file, bytes, length, offset);
  for (size_t i = 0; error == 0 && i < length; ++i)
    if (bytes[i] != byte_at (file->opaque, offset + i))
      fail_msg ("wrong byte at %zu of %zu", i, length);
  free (bytes);
  return error;
}

static void
test_calls (void **state)
{
  CLEANUP (pieces_free) struct pieces *pieces = pieces_new ();
  struct source source = { .seed = 1, .bad = UINT64_MAX };
  const uint64_t size = 5 * MIB + 1000;
  struct pieces_file file = file_of (&source, size);

  (void) state;
  for (uint64_t offset = 0; offset < size; offset += 128 * KIB) {
    size_t length = size - offset < 128 * KIB ? (size_t) (size - offset)
      : 128 * KIB;

    assert_int_equal (read_checked (pieces, &file, length, offset), 0);
  }
  assert_int_equal (source.calls, 6);
  /* A small read takes no more than itself, and across a border. */
  assert_int_equal (read_checked (pieces, &file, 10, 3 * MIB - 5), 0);
  assert_int_equal (source.calls, 7);
  assert_int_equal (read_checked (pieces, &file, 2 * MIB, MIB / 2), 0);
  assert_int_equal (source.calls, 7);
}

/* One byte that cannot be read: all others can. */
static void
test_failure (void **state)
{
  CLEANUP (pieces_free) struct pieces *pieces = pieces_new ();
  struct source source = { .seed = 2, .bad = MIB + 700 * KIB };
  struct pieces_file file = file_of (&source, 3 * MIB);

  (void) state;
  for (int again = 0; again < 2; ++again) {
    assert_int_equal (read_checked (pieces, &file, 256 * KIB, MIB), 0);
    assert_int_equal (read_checked (pieces, &file, 256 * KIB,
                                    MIB + 600 * KIB), -EIO);
    assert_int_equal (read_checked (pieces, &file, MIB, 0), 0);
  }
}

struct reader {
  struct pieces *pieces;
  struct pieces_file *files;
  unsigned seed;
};

static void *
read_at_random (void *opaque)
{
  struct reader *reader = opaque;

  for (int i = 0; i < 200; ++i) {
    const struct pieces_file *file = &reader->files[rand_r (&reader->seed) % 3];
    size_t length = (size_t) rand_r (&reader->seed) % (200 * KIB) + 1;
    uint64_t offset = (uint64_t) rand_r (&reader->seed) % (file->size - length);

    if (read_checked (reader->pieces, file, length, offset) != 0)
      return opaque;
  }
  return NULL;
}

static void
test_threads (void **state)
{
  CLEANUP (pieces_free) struct pieces *pieces = pieces_new ();
  struct source sources[3] = {
    { .seed = 3, .bad = UINT64_MAX }, { .seed = 4, .bad = UINT64_MAX },
    { .seed = 5, .bad = UINT64_MAX },
  };
  struct pieces_file files[3];
  struct reader readers[8];
  pthread_t threads[8];
  void *wrong;

  (void) state;
  for (int i = 0; i < 3; ++i)
    files[i] = file_of (&sources[i], 12 * MIB + (unsigned) i);
  for (unsigned i = 0; i < 8; ++i) {
    readers[i] = (struct reader) { pieces, files, i };
    assert_int_equal (pthread_create (&threads[i], NULL, read_at_random,
                                      &readers[i]), 0);
  }
  for (unsigned i = 0; i < 8; ++i) {
    assert_int_equal (pthread_join (threads[i], &wrong), 0);
    assert_null (wrong);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_calls),
    cmocka_unit_test (test_failure),
    cmocka_unit_test (test_threads),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
