/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The readers of image headers and tables on hostile bytes: whatever is
 * there, they end with a result, within the file, without a leak.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <cmocka.h>

#include "header.h"
#include "image_file.h"
#include "policy.h"
#include "remote.h"
#include "truncation.h"
#include "vmdk_header.h"

#define ROUNDS 20000

static void
swallow (void *opaque, enum log_level level, const char *message)
{
  (void) opaque;
  (void) level;
  assert_non_null (message);
}

static const struct log quiet = { .write = swallow };

/* An image of those bytes, in memory. */
static struct image_file *
file_of (const void *bytes, size_t length)
{
  struct image_file *file = calloc (1, sizeof *file);

  assert_non_null (file);
  file->name = strdup ("image");
  file->fd = memfd_create ("image", MFD_CLOEXEC);
  assert_true (file->fd >= 0);
  assert_int_equal (write (file->fd, bytes, length), length);
  return file;
}

static void
put_be32 (unsigned char *place, uint32_t value)
{
  for (int i = 0; i < 4; ++i)
    place[i] = (unsigned char) (value >> (24 - 8 * i));
}

static void
put_be64 (unsigned char *place, uint64_t value)
{
  put_be32 (place, (uint32_t) (value >> 32));
  put_be32 (place + 4, (uint32_t) value);
}

/* A version 3 header with clusters of 512 bytes, a backing file "base" of
 * format "raw", one L2 table and one cluster. */
static void
make_qcow2 (unsigned char *image)
{
  memset (image, 0, 2560);
  memcpy (image, "QFI\xfb\0\0\0\3", 8);
  put_be64 (image + 8, 200);
  put_be32 (image + 16, 4);
  put_be32 (image + 20, 9);
  put_be64 (image + 24, 4096);
  put_be32 (image + 36, 1);
  put_be64 (image + 40, 512);
  put_be32 (image + 100, 104);
  put_be32 (image + 104, 0xe2792aca);
  put_be32 (image + 108, 3);
  memcpy (image + 112, "raw", 3);
  memcpy (image + 200, "base", 4);
  put_be64 (image + 512, 1024 | UINT64_C (1) << 63);
  put_be64 (image + 1024, 2048 | UINT64_C (1) << 63);
}

#define QCOW2_LENGTH 2560

/* Reads the header and walks the tables; what comes out of that is the
 * caller's to judge. */
static errint_t
examine (const char *format, const void *bytes, size_t length,
         struct image_header *copy)
{
  CLEANUP (image_file_close) struct image_file *file = file_of (bytes,
                                                                length);
  struct image_layer layer = { .file = file, .format = format_find (format) };
  const char *reason = NULL;
  errint_t error = image_header_read (file, layer.format, &layer.header,
                                      &reason);

  assert_true (error == 0 || reason != NULL);
  if (error == 0)
    error = truncation_check (&layer, &quiet);
  if (copy != NULL)
    *copy = layer.header;
  else
    image_header_clear (&layer.header);
  return error;
}

static void
a_good_header (void **state)
{
  unsigned char image[QCOW2_LENGTH];
  struct image_header header;

  (void) state;
  make_qcow2 (image);
  assert_int_equal (examine ("qcow2", image, sizeof image, &header), 0);
  assert_string_equal (header.backing, "base");
  assert_string_equal (header.backing_format, "raw");
  assert_int_equal (header.virtual_size, 4096);
  assert_false (header.encrypted);
  image_header_clear (&header);
  assert_int_equal (examine ("qcow2", image, sizeof image - 1, NULL), -EINVAL);
  assert_int_equal (examine ("qcow2", image, 100, NULL), -EINVAL);
  assert_int_equal (examine ("qcow2", image, 0, NULL), -EINVAL);
}

/* QEMU takes the last of several extensions of a kind. */
static void
extensions_that_repeat (void **state)
{
  unsigned char image[QCOW2_LENGTH];
  struct image_header header;

  (void) state;
  make_qcow2 (image);
  put_be32 (image + 120, 0xe2792aca);
  put_be32 (image + 124, 5);
  memcpy (image + 128, "qcow2", 5);
  assert_int_equal (examine ("qcow2", image, sizeof image, &header), 0);
  assert_string_equal (header.backing_format, "qcow2");
  image_header_clear (&header);
}

static void
tables_that_lie (void **state)
{
  unsigned char image[QCOW2_LENGTH];

  (void) state;
  make_qcow2 (image);
  put_be64 (image + 1024 + 8, 1 << 20);
  assert_int_equal (examine ("qcow2", image, sizeof image, NULL), -EINVAL);
  make_qcow2 (image);
  /* Beyond the end of the disk nothing is looked at. */
  put_be64 (image + 1024 + 8 * 8, 1 << 20);
  assert_int_equal (examine ("qcow2", image, sizeof image, NULL), 0);
  /* A cluster of zeros need not be there. */
  put_be64 (image + 1024 + 8, (1 << 20) | 1);
  assert_int_equal (examine ("qcow2", image, sizeof image, NULL), 0);
  make_qcow2 (image);
  put_be64 (image + 24, 64 * 512 * 2);
  put_be32 (image + 36, 2);
  put_be64 (image + 520, 1024);
  assert_int_equal (examine ("qcow2", image, sizeof image, NULL), -EINVAL);
  make_qcow2 (image);
  put_be32 (image + 36, 0xffffffff);
  assert_int_equal (examine ("qcow2", image, sizeof image, NULL), -EINVAL);
  make_qcow2 (image);
  put_be64 (image + 40, UINT64_MAX - 511);
  assert_int_equal (examine ("qcow2", image, sizeof image, NULL), -EINVAL);
}

/* Overwrites a few bytes with those that break things. */
static void
damage (unsigned char *image, size_t length)
{
  static const unsigned char bytes[] = { 0, 1, 0x7f, 0x80, 0xff };

  for (int n = 1 + rand () % 8; n > 0; --n) {
    const size_t place = (size_t) rand () % length;
    const size_t count = 1 + (size_t) rand () % 8;

    for (size_t i = place; i < place + count && i < length; ++i)
      image[i] = rand () % 2 == 0 ? (unsigned char) rand ()
        : bytes[(size_t) rand () % sizeof bytes];
  }
}

static void
damaged_qcow2 (void **state)
{
  unsigned char image[QCOW2_LENGTH];

  (void) state;
  for (int round = 0; round < ROUNDS; ++round) {
    make_qcow2 (image);
    /* Mostly the header, which is the smallest part. */
    damage (image, round % 3 == 0 ? sizeof image : 256);
    examine ("qcow2", image, sizeof image - (size_t) rand () % 600, NULL);
  }
}

static const char descriptor[] =
  "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n"
  "createType=\"twoGbMaxExtentFlat\"\nparentFileNameHint=\"parent.vmdk\"\n"
  "RW 4192256 FLAT \"a-f001.vmdk\" 0\nRW 2048 SPARSE \"b-s002.vmdk\"\n"
  "RW 1 ZERO\nNOACCESS 1 FLAT \"c\" 0\nRW 9 VMFS \"d\"\n";

static void
a_good_descriptor (void **state)
{
  struct image_header header;

  (void) state;
  assert_int_equal (examine ("vmdk", descriptor, sizeof descriptor - 1,
                             &header), 0);
  assert_string_equal (header.backing, "parent.vmdk");
  assert_int_equal (header.extent_count, 4);
  assert_string_equal (header.extents[0].name, "a-f001.vmdk");
  assert_int_equal (header.extents[0].least, 4192256 * UINT64_C (512));
  assert_string_equal (header.extents[1].name, "b-s002.vmdk");
  assert_int_equal (header.extents[1].least, 0);
  assert_string_equal (header.extents[2].name, "c");
  assert_string_equal (header.extents[3].name, "d");
  image_header_clear (&header);
}

static void
damaged_vmdk (void **state)
{
  unsigned char image[4096];

  (void) state;
  for (int round = 0; round < ROUNDS; ++round) {
    memset (image, 0, sizeof image);
    if (round % 2 == 0)
      memcpy (image, descriptor, sizeof descriptor);
    else {
      /* A sparse file: grains of 1 sector, tables of 512, directory at 2,
       * table at 3. */
      memcpy (image, "KDMV\1", 5);
      image[13] = (unsigned char) (rand () % 3);
      image[20] = 1;
      image[28] = 1;
      image[45] = 2;
      image[56] = 2;
      image[1024] = 3;
      image[1540] = 7;
      memcpy (image + 512, descriptor, sizeof descriptor);
    }
    damage (image, round % 4 < 2 ? 64 : sizeof image);
    examine ("vmdk", image, sizeof image - (size_t) rand () % 4000, NULL);
  }
}

static void
damaged_others (void **state)
{
  static const char *const formats[] = { "qcow", "qed", "vdi", "parallels" };
  unsigned char image[512];

  (void) state;
  for (int round = 0; round < ROUNDS; ++round) {
    memset (image, 0, sizeof image);
    memcpy (image, round % 4 == 0 ? "QFI\xfb\0\0\0\1" : "QED\0\1\0\0\0", 8);
    image[15] = 48;
    image[32] = 9;
    image[33] = 6;
    image[47] = 64;
    image[16] = 1;
    image[19] = 5;
    damage (image, 128);
    examine (formats[round % 4], image, (size_t) rand () % sizeof image,
             NULL);
  }
}

static void
too_many_extents (void **state)
{
  static const char line[] = "RW 1 FLAT \"x\" 0\n";
  const size_t count = 5000, length = sizeof line - 1;
  CLEANUP_FREE char *text = malloc (count * length);

  (void) state;
  for (size_t i = 0; i < count; ++i)
    memcpy (text + i * length, line, length);
  assert_int_equal (examine ("vmdk", text, count * length, NULL), -EINVAL);
  assert_int_equal (examine ("vmdk", text, 4000 * length, NULL), 0);
}

static void
protocols (void **state)
{
  (void) state;
  assert_true (policy_is_protocol ("json:{}"));
  assert_true (policy_is_protocol ("nbd:unix:/x"));
  assert_true (policy_is_protocol ("https://x/y"));
  assert_true (policy_is_protocol ("a:b"));
  assert_true (policy_is_protocol (":"));
  assert_false (policy_is_protocol ("/a:b"));
  assert_false (policy_is_protocol ("./a:b"));
  assert_false (policy_is_protocol ("a/b:c"));
  assert_false (policy_is_protocol (""));
}

/* URI → QEMU's description, or NULL. */
static void
describes (const char *uri, const char *wanted)
{
  const char *reason;
  json_t *description = remote_describe (uri, &reason);
  CLEANUP_FREE char *text = NULL;

  if (description != NULL)
    text = json_dumps (description, JSON_COMPACT | JSON_SORT_KEYS);
  json_decref (description);
  if (wanted == NULL)
    assert_null (text);
  else
    assert_string_equal (text, wanted);
}

static void
uris (void **state)
{
  (void) state;
  describes ("nbd://host", "{\"driver\":\"nbd\",\"export\":\"\",\"server\":"
             "{\"host\":\"host\",\"port\":\"10809\",\"type\":\"inet\"}}");
  describes ("nbd://[::1]:99/a%20b?x#y", "{\"driver\":\"nbd\",\"export\":"
             "\"a b\",\"server\":{\"host\":\"::1\",\"port\":\"99\","
             "\"type\":\"inet\"}}");
  describes ("nbd+unix:///e?socket=/a%2fb", "{\"driver\":\"nbd\",\"export\":"
             "\"e\",\"server\":{\"path\":\"/a/b\",\"type\":\"unix\"}}");
  describes ("ssh://me@host:2222/a/b", "{\"driver\":\"ssh\",\"path\":\"/a/b\","
             "\"server\":{\"host\":\"host\",\"port\":\"2222\"},"
             "\"user\":\"me\"}");
  describes ("ssh://host/a", "{\"driver\":\"ssh\",\"path\":\"/a\","
             "\"server\":{\"host\":\"host\",\"port\":\"22\"}}");
  describes ("ssh://host/a?host_key_check=no", "{\"driver\":\"ssh\","
             "\"host-key-check\":{\"mode\":\"none\"},\"path\":\"/a\","
             "\"server\":{\"host\":\"host\",\"port\":\"22\"}}");
  describes ("ssh://host/a?host_key_check=sha256:0f", "{\"driver\":\"ssh\","
             "\"host-key-check\":{\"hash\":\"0f\",\"mode\":\"hash\","
             "\"type\":\"sha256\"},\"path\":\"/a\","
             "\"server\":{\"host\":\"host\",\"port\":\"22\"}}");
  describes ("ssh://host/a?host_key_check=sha2", NULL);
  describes ("ssh://host/a?host_key_check=sha:0f", NULL);
  describes ("https://h/x?y", "{\"driver\":\"https\","
             "\"url\":\"https://h/x?y\"}");
  describes ("nbd+unix:///e", NULL);
  describes ("nbd://", NULL);
  describes ("nbd://[", NULL);
  describes ("nbd://[]:", NULL);
  describes ("ssh://host", NULL);
  describes ("gopher://host/x", NULL);
  describes ("/a/b", NULL);
  describes ("json:{\"driver\":\"raw\",\"file\":{\"driver\":\"nbd\"}}",
             "{\"driver\":\"nbd\"}");
  describes ("json:[", NULL);
  assert_false (remote_is_uri ("/x://y"));
  assert_false (remote_is_uri ("://y"));
  assert_false (remote_is_uri ("1x://y"));
  assert_true (remote_is_uri ("nbd+unix:///y"));
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (a_good_header),
    cmocka_unit_test (extensions_that_repeat),
    cmocka_unit_test (tables_that_lie),
    cmocka_unit_test (damaged_qcow2),
    cmocka_unit_test (a_good_descriptor),
    cmocka_unit_test (damaged_vmdk),
    cmocka_unit_test (damaged_others),
    cmocka_unit_test (too_many_extents),
    cmocka_unit_test (protocols),
    cmocka_unit_test (uris),
  };
  const char *given = getenv ("SEED");
  const unsigned seed = given != NULL ? (unsigned) strtoul (given, NULL, 10)
    : (unsigned) time (NULL);

  printf ("# SEED=%u\n", seed);
  srand (seed);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
