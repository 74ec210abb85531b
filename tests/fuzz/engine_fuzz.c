/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The whole direct engine on a pair of disks in memory (memory_disks.h) with
 * filesystems of the format for which it is linked (fuzzed_format.h): the
 * delta, the account of what was written, the tree that shows it, all that
 * can be read in there, and all that is printed.
 * Flags: bits 0 and 1, how much counts as written together (0: not known);
 * bit 2, --verify; bit 3, --times; bit 4, the overlay alone; bit 5, sums are
 * left as they are; bit 6, -o base; bit 7, --symlinks=inside.
 */
#include <config.h>

#include <jansson.h>
#include <string.h>

#include "delta.h"
#include "direct.h"
#include "direct_account.h"
#include "fuzz.h"
#include "fuzzed_format.h"
#include "memory_disks.h"
#include "pair_device.h"
#include "path.h"
#include "print.h"
#include "quote.h"
#include "view.h"

#define PIECE 5000
/* A file may claim exabytes: so much of its start and end is read. */
#define LOOK 65536
#define NODES_MAX 20000

static void
read_part (const struct view *view, view_node node, uint64_t offset,
           uint64_t end)
{
  static char buffer[PIECE];
  size_t got;

  while (offset < end &&
         view_read (view, node, buffer, sizeof buffer, offset, &got) == 0 &&
         got > 0)
    offset += got;
}

static void
read_node (const struct view *view, view_node node)
{
  char scratch[VIEW_XATTR_SCRATCH], buffer[VIEW_TARGET_SIZE];
  const char *name, *target;
  const void *value;
  struct stat stat;
  size_t length;

  view_stat (view, node, &stat);
  FUZZ_REQUIRE (stat.st_size >= 0 && stat.st_nlink > 0);
  FUZZ_REQUIRE (stat.st_mtim.tv_nsec >= 0 &&
                stat.st_mtim.tv_nsec < 1000000000);
  for (size_t i = 0; view_xattr (view, node, i, scratch, &name, &value,
                                 &length); ++i)
    FUZZ_REQUIRE (*name != '\0' && length <= 65536);
  if (S_ISLNK (stat.st_mode) &&
      view_readlink (view, node, buffer, &target) == 0)
    FUZZ_REQUIRE (strlen (target) < 4096 && *target != '\0');
  if (S_ISREG (stat.st_mode)) {
    read_part (view, node, 0, LOOK);
    if (stat.st_size > LOOK)
      read_part (view, node, (uint64_t) stat.st_size - LOOK,
                 (uint64_t) stat.st_size);
  }
}

static void
look_at_view (const struct delta *delta, bool base, bool inside)
{
  CLEANUP (view_free) struct view *view = NULL;
  struct view_options options = { .base = base, .symlinks_inside = inside };
  struct view_totals totals;

  FUZZ_REQUIRE (view_build (delta, &options, &fuzz_log, &view) == 0);
  view_count (view, &totals);
  for (view_node node = 0; node < totals.nodes && node < NODES_MAX; ++node) {
    const char *name = view_name (view, node);

    FUZZ_REQUIRE (node == VIEW_ROOT ||
                  path_valid_name (name, strlen (name)));
    FUZZ_REQUIRE (node == VIEW_ROOT ||
                  view_lookup (view, view_parent (view, node), name) == node);
    read_node (view, node);
  }
}

/* Every line is what a reader of lines takes it for. */
static void
look_at_print (const struct delta *delta)
{
  static const struct print_style plain, zero = { .zero = true };
  static const struct print_style terminal = {
    .aligned = true, .colored = true,
  };
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream (&text, &size);

  FUZZ_REQUIRE (file != NULL && print_text (delta, &plain, file) == 0);
  fclose (file);
  FUZZ_REQUIRE (quote_is_utf8 (text, size));
  for (size_t i = 0; i < size; ++i)
    FUZZ_REQUIRE ((unsigned char) text[i] >= ' ' || text[i] == '\n' ||
                  text[i] == '\t');
  free (text);
  file = open_memstream (&text, &size);
  FUZZ_REQUIRE (file != NULL && print_text (delta, &zero, file) == 0 &&
                print_text (delta, &terminal, file) == 0);
  fclose (file);
  free (text);
  file = open_memstream (&text, &size);
  FUZZ_REQUIRE (file != NULL && print_json (delta, file) == 0);
  fclose (file);
  for (char *line = text; line != NULL && *line != '\0';) {
    char *end = strchr (line, '\n');
    json_t *object;

    FUZZ_REQUIRE (end != NULL);
    object = json_loadb (line, (size_t) (end - line), JSON_REJECT_DUPLICATES,
                         NULL);
    FUZZ_REQUIRE (object != NULL);
    json_decref (object);
    line = end + 1;
  }
  free (text);
}

static void
look_at_paths (struct engine *engine)
{
  static const char *const paths[] = {
    "/", "/etc/fstab", "/etc", "/.deleted", "/d0/../etc", "/l",
  };

  for (int side = 0; side < SIDES; ++side)
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; ++i) {
      char *content = NULL;
      struct entry entry;
      size_t length;

      engine->operations->stat (engine, side, paths[i], &entry);
      if (engine->operations->read_path (engine, side, paths[i], 4096,
                                         &content, &length) == 0) {
        FUZZ_REQUIRE (length <= 4096 && content[length] == '\0');
        free (content);
      }
    }
}

static void
look_at_delta (struct image_pair *pair,
               const struct volume *const volume[SIDES])
{
  CLEANUP (engine_close) struct engine *engine = NULL;
  CLEANUP (delta_free) struct delta *delta = delta_new ();
  struct compare_rules rules = {
    .verify = (pair->flags & 4) != 0, .times = (pair->flags & 8) != 0,
  };
  const char *reason = NULL;
  unsigned number;
  errint_t err;

  FUZZ_REQUIRE (delta != NULL);
  err = direct_engine_open (volume, "disk", &fuzz_log, &reason, &engine);
  FUZZ_REQUIRE (err != -ENOTSUP || reason != NULL);
  if (err < 0)
    return;
  look_at_paths (engine);
  FUZZ_REQUIRE (delta_add_filesystem (delta, engine, "disk", "/", true,
                                      &number) == 0);
  if (engine->operations->compute (engine, &rules, delta, number) < 0)
    return;
  FUZZ_REQUIRE (delta_finish (delta) == 0);
  look_at_print (delta);
  look_at_view (delta, (pair->flags & 64) != 0, (pair->flags & 128) != 0);
}

static void
look_at_account (struct image_pair *pair, struct device *const disk[SIDES],
                 const struct volume *const volume[SIDES])
{
  const struct extents *written = pair_written (pair);
  struct account account;
  const char *reason;
  bool damaged;

  for (int side = 0; side < SIDES; ++side)
    if (volume[side] != NULL)
      direct_journal_state (volume[side]);
  if (written != NULL &&
      direct_account (disk, volume, written, "disk", &fuzz_log, NULL,
                      &reason, &account, &damaged) == 0)
    FUZZ_REQUIRE (account_total (&account) == extents_total (written));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const size_t clusters[] = { 0, 65536, 4096, 512 };
  char type[8];
  CLEANUP (pair_close) struct image_pair *pair =
    memory_disks_read (data, size);
  struct volume volume[SIDES] = {
    { .use = VOLUME_FILESYSTEM, .length = pair->size[SIDE_BASE],
      .type = type },
    { .use = VOLUME_FILESYSTEM, .length = pair->size[SIDE_OVERLAY],
      .type = type },
  };
  const struct volume *const volumes[SIDES] = {
    pair->flags & 16 ? NULL : &volume[0], &volume[1],
  };

  struct device *disk[SIDES];

  strcpy (type, fuzzed_type);
  for (int side = 0; side < SIDES && !(pair->flags & 32); ++side)
    fuzzed_repair (pair->bytes[side], pair->size[side]);
  if ((pair->flags & 3) != 0)
    memory_disks_find_written (pair, clusters[pair->flags & 3]);
  for (int side = 0; side < SIDES; ++side) {
    FUZZ_REQUIRE (pair_device_open (pair, side, &disk[side]) == 0);
    volume[side].device = disk[side];
  }
  look_at_delta (pair, volumes);
  look_at_account (pair, disk, volumes);
  for (int side = 0; side < SIDES; ++side)
    device_close (disk[side]);
  return 0;
}

size_t
LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t capacity,
                         unsigned seed)
{
  CLEANUP (pair_close) struct image_pair *pair =
    memory_disks_read (data, size);
  struct random_bytes random = { .state = seed };

  fuzzed_damage (&random, pair);
  return memory_disks_write (pair, data, capacity);
}
