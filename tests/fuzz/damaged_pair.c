/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * damaged_pair INPUT SEED BASE OVERLAY: the pair of disks that an input of a
 * fuzz target stands for, as two raw images.  SEED says how the filesystems are
 * damaged before; 0: not at all.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "ext_bytes.h"
#include "ext_damage.h"
#include "fuzz.h"
#include "memory_disks.h"
#include "random_bytes.h"

static struct image_pair *
read_pair (const char *name)
{
  static uint8_t bytes[FUZZ_INPUT_MAX];
  FILE *file = fopen (name, "rbe");
  size_t size = file == NULL ? 0 : fread (bytes, 1, sizeof bytes, file);

  if (file == NULL || ferror (file) != 0)
    return NULL;
  fclose (file);
  return memory_disks_read (bytes, size);
}

/* As the target of the engine does it: sums are right, mostly. */
static void
damage (struct image_pair *pair, unsigned long seed)
{
  struct random_bytes random = { .state = seed };
  struct ext_bytes ext;

  if (seed == 0)
    return;
  for (uint64_t i = random_below (&random, 4); i < 4; ++i)
    ext_damage (&random, pair);
  for (int side = 0; side < SIDES && seed % 4 != 0; ++side)
    if (ext_bytes_open (&ext, pair->bytes[side], pair->size[side]))
      ext_bytes_repair (&ext);
}

static bool
write_side (const struct image_pair *pair, enum side side, const char *name)
{
  FILE *file = fopen (name, "wbe");

  return file != NULL
    && fwrite (pair->bytes[side], 1, pair->size[side], file)
    == pair->size[side]
    && fclose (file) == 0;
}

int
main (int argc, char *argv[])
{
  struct image_pair *pair = argc == 5 ? read_pair (argv[1]) : NULL;

  if (pair == NULL) {
    fprintf (stderr, "damaged_pair: no input\n");
    return EXIT_FAILURE;
  }
  damage (pair, strtoul (argv[2], NULL, 10));
  if (!write_side (pair, SIDE_BASE, argv[3])
      || !write_side (pair, SIDE_OVERLAY, argv[4])) {
    perror ("damaged_pair");
    return EXIT_FAILURE;
  }
  pair_close (pair);
  return EXIT_SUCCESS;
}
