/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Disks that are read without QEMU: qcow2 images made here, entry by entry.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <endian.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "local_disk.h"
#include "table_cache.h"

#define CLUSTER UINT64_C (65536)
#define L1 CLUSTER
#define L2 (2 * CLUSTER)
#define DATA (3 * CLUSTER)
#define ZERO_FLAG UINT64_C (1)
#define COMPRESSED (UINT64_C (1) << 62)

/* A chain of one layer in memory. */
struct image {
  struct image_file file;
  struct image_layer layer;
  struct image_chain chain;
};

static void
write_number (const struct image *image, uint64_t offset, uint64_t value)
{
  const uint64_t bytes = htobe64 (value);

  assert_int_equal (pwrite (image->file.fd, &bytes, sizeof bytes,
                            (off_t) offset), sizeof bytes);
}

static void
make_image (struct image *image, const char *format, off_t length)
{
  memset (image, 0, sizeof *image);
  image->file.name = (char *) (uintptr_t) "image";
  image->file.fd = memfd_create ("image", MFD_CLOEXEC);
  assert_true (image->file.fd >= 0);
  assert_int_equal (ftruncate (image->file.fd, length), 0);
  image->layer.file = &image->file;
  image->layer.format = format_find (format);
  image->chain.layers = &image->layer;
  image->chain.count = 1;
}

/* Ten clusters, of which the first has bytes. */
static void
make_qcow2 (struct image *image)
{
  make_image (image, "qcow2", (off_t) (DATA + CLUSTER));
  image->layer.header = (struct image_header) {
    .virtual_size = 10 * CLUSTER, .cluster_bits = 16, .zero_flag = true,
    .l1_entries = 1, .l1_offset = L1,
  };
  write_number (image, L1, L2);
  write_number (image, L2, DATA);
  write_number (image, DATA, 42);
}

static struct local_disk *
open_disk (const struct image *image)
{
  struct local_disk *disk = NULL;

  assert_int_equal (local_disk_open (&image->chain, 0, &disk), 0);
  return disk;
}

static errint_t
read_number (struct local_disk *disk, uint64_t offset, uint64_t *value)
{
  errint_t error = local_disk_read (disk, value, sizeof *value, offset);

  *value = be64toh (*value);
  return error;
}

static errint_t
count_written (void *opaque, uint64_t offset, uint64_t length, uint32_t depth)
{
  uint64_t *written = opaque;

  (void) offset;
  if (depth == 1)
    *written += length;
  return 0;
}

/* What ENTRY as the second cluster's is read as, and whether the map tells
 * that the cluster was written. */
static void
entry_is (uint64_t entry, errint_t wanted, errint_t wanted_map, bool written)
{
  struct image image;
  struct local_disk *disk;
  uint64_t value = 1, sum = 0;

  make_qcow2 (&image);
  write_number (&image, L2 + 8, entry);
  disk = open_disk (&image);
  assert_int_equal (read_number (disk, CLUSTER + 8, &value), wanted);
  assert_true (wanted != 0 || value == 0);
  assert_int_equal (read_number (disk, 0, &value), 0);
  assert_int_equal (value, 42);
  assert_int_equal (local_disk_walk_depth (disk, 1, count_written, &sum),
                    wanted_map);
  if (wanted_map == 0)
    assert_int_equal (sum, written ? 2 * CLUSTER : CLUSTER);
  local_disk_close (disk);
  close (image.file.fd);
}

static void
test_entries (void **state)
{
  (void) state;
  entry_is (0, 0, 0, false);
  entry_is (ZERO_FLAG, 0, 0, true);
  entry_is (ZERO_FLAG | DATA, 0, 0, true);
  entry_is (COMPRESSED | DATA, -ENOTSUP, 0, true);
  /* Not where a cluster begins. */
  entry_is (DATA + 512, -ENOTSUP, -ENOTSUP, false);
  /* Beyond the end of the file. */
  entry_is (UINT64_C (1) << 40, -ENOTSUP, 0, true);
  entry_is (UINT64_C (0x00ffffffffff0000), -ENOTSUP, 0, true);
}

static void
test_tables (void **state)
{
  static const uint64_t wrong[] = {
    L2 + 512, UINT64_C (1) << 40, UINT64_C (0x00ffffffffff0000)
  };
  struct image image;
  struct local_disk *disk;
  uint64_t value;

  (void) state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
    make_qcow2 (&image);
    write_number (&image, L1, wrong[i]);
    disk = open_disk (&image);
    assert_int_equal (read_number (disk, 0, &value), -ENOTSUP);
    local_disk_close (disk);
    close (image.file.fd);
  }
  make_qcow2 (&image);
  image.layer.header.l1_offset = UINT64_MAX - 8;
  assert_null (open_disk (&image));
  image.layer.header.l1_offset = L1;
  image.layer.header.virtual_size = UINT64_MAX & ~UINT64_C (511);
  assert_null (open_disk (&image));
  image.layer.header.l1_entries = UINT32_MAX;
  assert_null (open_disk (&image));
  image.layer.header.virtual_size = 0;
  disk = open_disk (&image);
  assert_int_equal (local_disk_size (disk), 0);
  local_disk_close (disk);
  close (image.file.fd);
}

static void
test_kinds (void **state)
{
  struct image image;
  uint64_t value;
  struct local_disk *disk;

  (void) state;
  make_qcow2 (&image);
  image.layer.header.extended_l2 = true;
  assert_null (open_disk (&image));
  image.layer.header.extended_l2 = false;
  image.layer.header.external_data = true;
  assert_null (open_disk (&image));
  image.layer.header.external_data = false;
  image.layer.header.unknown_features = true;
  assert_null (open_disk (&image));
  image.layer.header.unknown_features = false;
  image.layer.header.encrypted = true;
  assert_null (open_disk (&image));
  image.layer.header.encrypted = false;
  /* Before version 3 no entry reads as zeros. */
  image.layer.header.zero_flag = false;
  write_number (&image, L2 + 8, ZERO_FLAG);
  disk = open_disk (&image);
  assert_int_equal (read_number (disk, CLUSTER, &value), -ENOTSUP);
  local_disk_close (disk);
  close (image.file.fd);
  make_image (&image, "vdi", 65536);
  assert_null (open_disk (&image));
  close (image.file.fd);
}

/* A layer below that needs QEMU: what the upper one has is read all the
 * same. */
static void
test_upper (void **state)
{
  struct image upper, lower;
  struct image_layer layers[2];
  const struct image_chain chain = { .layers = layers, .count = 2 };
  struct local_disk *disk = NULL;
  uint64_t value, sum = 0;

  (void) state;
  make_qcow2 (&upper);
  make_image (&lower, "vdi", 65536);
  layers[0] = upper.layer;
  layers[1] = lower.layer;
  assert_int_equal (local_disk_open (&chain, 0, &disk), 0);
  assert_non_null (disk);
  assert_false (local_disk_is_whole (disk));
  assert_int_equal (read_number (disk, 0, &value), 0);
  assert_int_equal (value, 42);
  assert_int_equal (read_number (disk, CLUSTER, &value), -ENOTSUP);
  assert_int_equal (read_number (disk, CLUSTER - 4, &value), -ENOTSUP);
  assert_int_equal (local_disk_walk_depth (disk, 1, count_written, &sum), 0);
  assert_int_equal (sum, CLUSTER);
  assert_int_equal (local_disk_walk_depth (disk, 2, count_written, &sum),
                    -ENOTSUP);
  local_disk_close (disk);
  disk = NULL;
  assert_int_equal (local_disk_open (&chain, 1, &disk), 0);
  assert_null (disk);
  close (upper.file.fd);
  close (lower.file.fd);
}

/* What is moved into a pipe is what is read; what cannot be moved is refused. */
static void
test_splice (void **state)
{
  struct image image;
  struct local_disk *disk;
  unsigned char bytes[128];
  uint64_t number;
  int pipe[2];

  (void) state;
  make_qcow2 (&image);
  /* The second cluster lies before the first one. */
  write_number (&image, L2, DATA + CLUSTER);
  write_number (&image, L2 + 8, DATA);
  write_number (&image, L2 + 16, UINT64_C (1) << 40);
  assert_int_equal (ftruncate (image.file.fd, (off_t) (DATA + 2 * CLUSTER)),
                    0);
  write_number (&image, DATA + 2 * CLUSTER - 8, 43);
  disk = open_disk (&image);
  assert_int_equal (pipe2 (pipe, O_NONBLOCK | O_CLOEXEC), 0);
  assert_int_equal (local_disk_splice (disk, pipe[1], 128, CLUSTER - 64), 0);
  assert_int_equal (read (pipe[0], bytes, sizeof bytes), sizeof bytes);
  memcpy (&number, bytes + 56, sizeof number);
  assert_int_equal (be64toh (number), 43);
  memcpy (&number, bytes + 64, sizeof number);
  assert_int_equal (be64toh (number), 42);
  assert_int_equal (read (pipe[0], bytes, sizeof bytes), -1);

  /* Behind the end of the file, zeros that are nowhere, no room. */
  assert_int_equal (local_disk_splice (disk, pipe[1], 8, 2 * CLUSTER),
                    -ENOTSUP);
  assert_int_equal (local_disk_splice (disk, pipe[1], 8, 3 * CLUSTER),
                    -ENOTSUP);
  assert_int_equal (read (pipe[0], bytes, sizeof bytes), -1);
  assert_int_equal (fcntl (pipe[1], F_SETPIPE_SZ, 4096), 4096);
  assert_int_equal (local_disk_splice (disk, pipe[1], 2 * CLUSTER, 0),
                    -ENOTSUP);
  close (pipe[0]);
  close (pipe[1]);
  local_disk_close (disk);
  close (image.file.fd);
}

/* What was read of a table stays as it was; what the file has lost since is not
 * made up. */
static void
test_kept_table (void **state)
{
  struct image image;
  struct local_disk *disk;
  uint64_t value;

  (void) state;
  make_qcow2 (&image);
  disk = open_disk (&image);
  assert_int_equal (read_number (disk, 0, &value), 0);
  write_number (&image, L2, 0);
  write_number (&image, L2 + 8, DATA);
  assert_int_equal (read_number (disk, 0, &value), 0);
  assert_int_equal (value, 42);
  assert_int_equal (read_number (disk, CLUSTER, &value), 0);
  assert_int_equal (value, 0);
  assert_int_equal (ftruncate (image.file.fd, (off_t) DATA), 0);
  assert_int_equal (read_number (disk, 0, &value), -ENOTSUP);
  local_disk_close (disk);
  close (image.file.fd);
}

/* The file ends within a table: what is there is read. */
static void
test_table_at_the_end (void **state)
{
  struct image image;
  struct local_disk *disk;
  uint64_t value;

  (void) state;
  make_qcow2 (&image);
  write_number (&image, L1, DATA + CLUSTER);
  write_number (&image, DATA + CLUSTER, 0);
  write_number (&image, DATA + CLUSTER + 8, DATA);
  disk = open_disk (&image);
  for (int i = 0; i < 2; ++i) {
    assert_int_equal (read_number (disk, 0, &value), 0);
    assert_int_equal (value, 0);
    assert_int_equal (read_number (disk, CLUSTER, &value), 0);
    assert_int_equal (value, 42);
    assert_int_equal (read_number (disk, 2 * CLUSTER, &value), -ENOTSUP);
  }
  local_disk_close (disk);
  close (image.file.fd);
}

/* A table of several pieces, and a run over the end of one. */
static void
test_pieces (void **state)
{
  struct image image;
  struct local_disk *disk;
  unsigned char bytes[16];
  uint64_t value, sum = 0;

  (void) state;
  make_qcow2 (&image);
  image.layer.header.virtual_size = 8192 * CLUSTER;
  assert_int_equal (ftruncate (image.file.fd, (off_t) (DATA + 3 * CLUSTER)),
                    0);
  write_number (&image, L2 + 511 * 8, DATA + CLUSTER);
  write_number (&image, L2 + 512 * 8, DATA + 2 * CLUSTER);
  write_number (&image, L2 + 8191 * 8, DATA);
  write_number (&image, DATA + 2 * CLUSTER - 8, 43);
  write_number (&image, DATA + 2 * CLUSTER, 44);
  disk = open_disk (&image);
  for (int i = 0; i < 2; ++i) {
    assert_int_equal (local_disk_read (disk, bytes, 16, 512 * CLUSTER - 8),
                      0);
    assert_int_equal (bytes[7], 43);
    assert_int_equal (bytes[15], 44);
    assert_int_equal (read_number (disk, 8191 * CLUSTER, &value), 0);
    assert_int_equal (value, 42);
    assert_int_equal (read_number (disk, 8190 * CLUSTER, &value), 0);
    assert_int_equal (value, 0);
  }
  assert_int_equal (local_disk_walk_depth (disk, 1, count_written, &sum), 0);
  assert_int_equal (sum, 4 * CLUSTER);
  local_disk_close (disk);
  close (image.file.fd);
}

/* Small clusters, in more tables than are kept: the cluster that table I
 * begins with has the number I + 1. */

#define SMALL UINT64_C (512)
#define TABLES (2 * TABLE_PIECES_MAX + 3)
#define MAPPED (64 * SMALL)     /* by one table */

static void
make_many_tables (struct image *image, uint64_t add)
{
  const uint64_t tables = 2 * CLUSTER, data = tables + TABLES * SMALL;

  make_image (image, "qcow2", (off_t) (data + TABLES * SMALL));
  image->layer.header = (struct image_header) {
    .virtual_size = TABLES * MAPPED, .cluster_bits = 9,
    .l1_entries = TABLES, .l1_offset = CLUSTER,
  };
  for (uint64_t i = 0; i < TABLES; ++i) {
    write_number (image, CLUSTER + 8 * i, tables + i * SMALL);
    write_number (image, tables + i * SMALL, data + i * SMALL);
    write_number (image, data + i * SMALL, i + add);
  }
}

/* In steps that come back to each place. */
static void *
read_tables (void *opaque)
{
  struct local_disk *disk = opaque;
  uint64_t value;

  for (uint64_t i = 0, j = 0; i < 2 * TABLES; ++i) {
    if (read_number (disk, j * MAPPED, &value) != 0 || value != j + 1
        || read_number (disk, j * MAPPED + SMALL, &value) != 0 || value != 0)
      return disk;
    j = (j + TABLE_PIECES_MAX) % TABLES;
  }
  return NULL;
}

static void
test_many_tables (void **state)
{
  struct image upper, lower;
  struct image_layer layers[2];
  const struct image_chain chain = { .layers = layers, .count = 2 };
  struct local_disk *disk = NULL;
  pthread_t threads[4];
  void *wrong;

  (void) state;
  make_many_tables (&upper, 1);
  /* Where the upper layer has nothing, the lower one has zeros; for the rest
   * it has other numbers. */
  make_many_tables (&lower, 1000000);
  layers[0] = upper.layer;
  layers[1] = lower.layer;
  assert_int_equal (local_disk_open (&chain, 0, &disk), 0);
  for (int i = 0; i < 4; ++i)
    assert_int_equal (pthread_create (&threads[i], NULL, read_tables, disk),
                      0);
  for (int i = 0; i < 4; ++i) {
    pthread_join (threads[i], &wrong);
    assert_null (wrong);
  }
  local_disk_close (disk);
  close (upper.file.fd);
  close (lower.file.fd);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_entries),
    cmocka_unit_test (test_tables),
    cmocka_unit_test (test_kinds),
    cmocka_unit_test (test_upper),
    cmocka_unit_test (test_splice),
    cmocka_unit_test (test_kept_table),
    cmocka_unit_test (test_table_at_the_end),
    cmocka_unit_test (test_pieces),
    cmocka_unit_test (test_many_tables),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
