/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the in-memory format answers, and its disks: see memory_format.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "engine_open.h"
#include "memory_format.h"
#include "memory_tree.h"

/* The pair that readers are opened on: a format's open is told of blocks
 * alone. */
static struct memory_pair *current;

struct memory_reader {
  struct reader reader;         /* first: the two are converted */
  struct memory_side *side;
};

static void
check (bool condition)
{
  if (!condition)
    abort ();
}

static struct memory_inode *
find (const struct reader *reader, struct inode_id id)
{
  const struct memory_side *side = ((const struct memory_reader *) reader)->side;
  struct memory_inode *inode = &side->inodes[id.number % MEMORY_INODES];

  return id.space == 0 && inode->in_use && inode->entry.inode == id.number
    ? inode : NULL;
}

/* The disks */

static errint_t
read_disk (struct device *device, void *buffer, size_t length,
           uint64_t offset)
{
  const struct memory_disk *disk = (const struct memory_disk *) device;

  current->reads++;
  if (extents_touches (&disk->bad, offset, length))
    return -EIO;
  memcpy (buffer, disk->bytes + offset, length);
  return 0;
}

static void
place_on_disk (const struct device *device, uint64_t offset,
               struct device_place *place)
{
  *place = (struct device_place) {
    .on_disk = true, .position = offset, .length = device->size - offset,
  };
}

static void
close_disk (struct device *device)
{
  (void) device;
}

static const struct device_operations disk_operations = {
  .read = read_disk, .place = place_on_disk, .close = close_disk,
};

/* The format */

static void
close_reader (struct reader *reader)
{
  reader_clear (reader);
  free (reader);
}

static const struct format memory_format;

static errint_t
open_reader (struct blocks *blocks, enum side side, const char **reason,
             struct reader **result)
{
  struct memory_reader *reader = memory_checked (calloc (1, sizeof *reader));

  (void) reason;
  check (reader_init (&reader->reader, &memory_format, blocks, side) == 0);
  reader->reader.block_size = MEMORY_BLOCK;
  reader->reader.block_count = MEMORY_BLOCKS;
  budget_start (reader->reader.budget, MEMORY_BLOCKS, MEMORY_BLOCK);
  reader->side = &current->side[side];
  *result = &reader->reader;
  return 0;
}

static bool
are_comparable (const struct reader *base, const struct reader *overlay)
{
  (void) base;
  (void) overlay;
  return current->comparable;
}

static struct inode_id
root_of (const struct reader *reader)
{
  return (struct inode_id) {
    .number = ((const struct memory_reader *) reader)->side->root,
  };
}

static errint_t
read_entry (const struct reader *reader, struct inode_id id,
            struct arena *arena, struct entry *entry)
{
  const struct memory_inode *inode = find (reader, id);

  (void) arena;
  *entry = (struct entry) { .inode = id.number };
  if (inode == NULL)
    entry->missing = ENTRY_NO_METADATA;
  else {
    *entry = inode->entry;
    entry->xattrs = inode->xattrs.count > 0 ? &inode->xattrs : NULL;
  }
  return 0;
}

static errint_t
read_runs (const struct reader *reader, struct inode_id id, struct runs *runs)
{
  const struct memory_inode *inode = find (reader, id);
  errint_t err = 0;

  if (inode == NULL || inode->entry.type != ENTRY_FILE)
    return -EIO;
  runs->size = inode->entry.size;
  runs->damaged = inode->damaged;
  for (unsigned i = 0; i < inode->run_count && err == 0; ++i)
    err = runs_add (runs, &inode->runs[i]);
  return err;
}

static int
read_names (const struct reader *reader, struct inode_id directory,
            name_visit *visit, void *opaque, bool *incomplete)
{
  const struct memory_inode *inode = find (reader, directory);
  int stop = 0;

  if (inode == NULL || inode->entry.type != ENTRY_DIRECTORY
      || inode->damaged)
    *incomplete = true;
  for (unsigned i = 0; inode != NULL && i < inode->name_count && stop == 0;
       ++i) {
    const struct memory_name *name = &inode->names[i];

    stop = visit (opaque, name->text, strlen (name->text),
                  (struct inode_id) { .number = name->inode },
                  ENTRY_UNKNOWN);
  }
  return stop;
}

/* Do both records say the same, but for the time of the last access, and can
 * both be read? */
static bool
same_record (const struct memory_inode *a, const struct memory_inode *b)
{
  struct entry one = a->entry, other = b->entry;

  one.atime = other.atime;
  if (a->damaged || b->damaged || one.missing != 0 || other.missing != 0
      || a->run_count != b->run_count || a->xattrs.count != b->xattrs.count
      || a->names_block != b->names_block
      || one.target_length != other.target_length
      || (one.target != NULL && strcmp (one.target, other.target) != 0))
    return false;
  one.target = other.target = NULL;
  for (unsigned i = 0; i < a->xattrs.count; ++i)
    if (strcmp (a->xattr[i].name, b->xattr[i].name) != 0
        || a->xattr[i].length != b->xattr[i].length
        || memcmp (a->xattr[i].value, b->xattr[i].value,
                   a->xattr[i].length) != 0)
      return false;
  return memcmp (&one, &other, sizeof one) == 0
    && memcmp (a->runs, b->runs, a->run_count * sizeof a->runs[0]) == 0;
}

static errint_t
add (struct inode_set *set, const struct memory_inode *inode)
{
  return !inode->in_use ? 0 : inode_set_add
    (set, (struct inode_id) { .number = inode->entry.inode }, NULL);
}

static errint_t
find_changed (const struct reader *base, const struct reader *overlay,
              const struct extents *written, struct inode_set *changed)
{
  errint_t err = 0;

  check (current->comparable);
  (void) base;
  (void) overlay;
  (void) written;
  for (unsigned i = 0; i < MEMORY_INODES && err == 0; ++i) {
    const struct memory_inode *one = &current->side[SIDE_BASE].inodes[i];
    const struct memory_inode *other = &current->side[SIDE_OVERLAY].inodes[i];

    if (one->in_use && other->in_use && same_record (one, other))
      continue;
    err = add (changed, one);
    if (err == 0)
      err = add (changed, other);
  }
  return err;
}

static bool
owns (const struct memory_inode *inode, const struct extents *written)
{
  bool owns = inode->entry.type == ENTRY_DIRECTORY
    && extents_touches (written, inode->names_block * MEMORY_BLOCK,
                        MEMORY_BLOCK);

  for (unsigned i = 0; i < inode->run_count; ++i)
    owns |= extents_touches (written, inode->runs[i].position,
                             inode->runs[i].length);
  return owns;
}

static errint_t
visit_names (const struct reader *base, const struct memory_inode *directory,
             link_visit *visit, void *opaque)
{
  errint_t err = 0;

  for (unsigned i = 0; i < directory->name_count && err == 0; ++i) {
    const struct inode_id id = { .number = directory->names[i].inode };
    const struct memory_inode *child = find (base, id);

    err = visit (opaque,
                 (struct inode_id) { .number = directory->entry.inode }, id,
                 child != NULL && child->entry.type == ENTRY_DIRECTORY);
  }
  return err;
}

static errint_t
find_owners (const struct reader *base, const struct extents *written,
             struct inode_set *changed, link_visit *visit, void *opaque)
{
  const struct memory_inode *inodes =
    ((const struct memory_reader *) base)->side->inodes;
  errint_t err = 0;

  check (current->comparable);
  for (unsigned i = 0; i < MEMORY_INODES && err == 0; ++i)
    if (inodes[i].in_use && owns (&inodes[i], written))
      err = add (changed, &inodes[i]);
  for (unsigned i = 0; i < MEMORY_INODES && err == 0; ++i)
    if (inodes[i].in_use)
      err = visit_names (base, &inodes[i], visit, opaque);
  return err;
}

static const char *const types[] = { "memory", NULL };

static const struct format memory_format = {
  .name = "memory",
  .types = types,
  .open = open_reader,
  .close = close_reader,
  .comparable = are_comparable,
  .root = root_of,
  .entry = read_entry,
  .runs = read_runs,
  .names = read_names,
  .changed_inodes = find_changed,
  .owners = find_owners,
};

/* Making pairs */

struct memory_pair *
memory_pair_new (void)
{
  struct memory_pair *pair = memory_checked (calloc (1, sizeof *pair));

  pair->known = pair->comparable = true;
  for (int side = 0; side < SIDES; ++side) {
    struct memory_disk *disk = &pair->disk[side];

    disk->bytes = memory_checked (calloc (MEMORY_BLOCKS, MEMORY_BLOCK));
    disk->device = (struct device) {
      .operations = &disk_operations, .side = (enum side) side,
      .size = (uint64_t) MEMORY_BLOCKS * MEMORY_BLOCK,
    };
    pair->side[side].inodes =
      memory_checked (calloc (MEMORY_INODES,
                              sizeof *pair->side[side].inodes));
    pair->side[side].root = MEMORY_ROOT;
    memory_pair_directory (pair, (enum side) side, MEMORY_ROOT, 1);
  }
  return pair;
}

void
memory_pair_free (struct memory_pair *pair)
{
  for (int side = 0; side < SIDES; ++side) {
    free (pair->disk[side].bytes);
    extents_clear (&pair->disk[side].bad);
    free (pair->side[side].inodes);
  }
  extents_clear (&pair->written);
  free (pair);
}

/* Counts a block of the overlay as written. */
static void
count_written (struct memory_pair *pair, enum side side, uint64_t block)
{
  if (side == SIDE_OVERLAY && pair->copied)
    check (extents_add (&pair->written, block * MEMORY_BLOCK, MEMORY_BLOCK)
           == 0);
}

struct memory_inode *
memory_pair_inode (struct memory_pair *pair, enum side side, uint64_t number,
                   enum entry_type type)
{
  struct memory_inode *inode =
    &pair->side[side].inodes[number % MEMORY_INODES];

  check (!inode->in_use || inode->entry.inode == number);
  memset (inode, 0, sizeof *inode);
  inode->in_use = true;
  inode->entry = (struct entry) {
    .type = (uint8_t) type, .inode = number, .links = 1,
    .permissions = type == ENTRY_DIRECTORY ? 0755 : 0644,
    .mtime = { 1000, 0 }, .ctime = { 1000, 0 },
  };
  inode->xattrs.list = inode->xattr;
  return inode;
}

struct memory_inode *
memory_pair_file (struct memory_pair *pair, enum side side, uint64_t number,
                  uint64_t block, const char *text)
{
  struct memory_inode *inode = memory_pair_inode (pair, side, number,
                                                  ENTRY_FILE);
  uint8_t *bytes = pair->disk[side].bytes + block * MEMORY_BLOCK;

  inode->entry.size = text != NULL ? strlen (text) : MEMORY_BLOCK;
  check (block < MEMORY_BLOCKS && inode->entry.size <= MEMORY_BLOCK);
  if (inode->entry.size > 0)
    inode->runs[inode->run_count++] = (struct run) {
      .position = block * MEMORY_BLOCK, .length = MEMORY_BLOCK,
    };
  if (text != NULL && inode->entry.size > 0) {
    memset (bytes, 0, MEMORY_BLOCK);
    memcpy (bytes, text, strlen (text));
    count_written (pair, side, block);
  }
  return inode;
}

struct memory_inode *
memory_pair_directory (struct memory_pair *pair, enum side side,
                       uint64_t number, uint64_t block)
{
  struct memory_inode *inode = memory_pair_inode (pair, side, number,
                                                  ENTRY_DIRECTORY);

  inode->names_block = block;
  count_written (pair, side, block);
  return inode;
}

static struct memory_inode *
directory_of (struct memory_pair *pair, enum side side, uint64_t number)
{
  struct memory_inode *inode =
    &pair->side[side].inodes[number % MEMORY_INODES];

  check (inode->in_use && inode->entry.type == ENTRY_DIRECTORY);
  count_written (pair, side, inode->names_block);
  return inode;
}

void
memory_pair_name (struct memory_pair *pair, enum side side,
                  uint64_t directory, const char *name, uint64_t number)
{
  struct memory_inode *inode = directory_of (pair, side, directory);
  struct memory_name *entry = &inode->names[inode->name_count++];

  check (inode->name_count <= MEMORY_NAMES
         && strlen (name) < sizeof entry->text);
  strcpy (entry->text, name);
  entry->inode = number;
}

void
memory_pair_unname (struct memory_pair *pair, enum side side,
                    uint64_t directory, const char *name)
{
  struct memory_inode *inode = directory_of (pair, side, directory);
  unsigned kept = 0;

  for (unsigned i = 0; i < inode->name_count; ++i)
    if (strcmp (inode->names[i].text, name) != 0)
      inode->names[kept++] = inode->names[i];
  inode->name_count = kept;
}

void
memory_pair_copy_base (struct memory_pair *pair)
{
  struct memory_inode *copy = pair->side[SIDE_OVERLAY].inodes;

  memcpy (copy, pair->side[SIDE_BASE].inodes, MEMORY_INODES * sizeof *copy);
  for (unsigned i = 0; i < MEMORY_INODES; ++i)
    copy[i].xattrs.list = copy[i].xattr;
  memcpy (pair->disk[SIDE_OVERLAY].bytes, pair->disk[SIDE_BASE].bytes,
          (size_t) MEMORY_BLOCKS * MEMORY_BLOCK);
  extents_clear (&pair->written);
  pair->copied = true;
}

void
memory_pair_write (struct memory_pair *pair, uint64_t block, const char *text)
{
  memcpy (pair->disk[SIDE_OVERLAY].bytes + block * MEMORY_BLOCK, text,
          strlen (text));
  count_written (pair, SIDE_OVERLAY, block);
}

void
memory_pair_break (struct memory_pair *pair, enum side side, uint64_t block)
{
  check (extents_add (&pair->disk[side].bad, block * MEMORY_BLOCK,
                      MEMORY_BLOCK) == 0);
}

struct engine *
memory_pair_engine (struct memory_pair *pair, const struct log *log)
{
  const struct format *const format[SIDES] = {
    &memory_format, &memory_format,
  };
  const struct volume base = { .device = &pair->disk[SIDE_BASE].device };
  const struct volume overlay = {
    .device = &pair->disk[SIDE_OVERLAY].device,
  };
  const struct volume *const volume[SIDES] = { &base, &overlay };
  const char *reason = NULL;
  struct engine *engine = NULL;

  current = pair;
  pair->disk[SIDE_OVERLAY].device.disk_written =
    pair->known ? &pair->written : NULL;
  check (engine_open (format, volume, "disk", log, &reason, &engine) == 0);
  return engine;
}

struct delta *
memory_pair_delta (struct memory_pair *pair, struct engine *engine,
                   const struct compare_rules *rules)
{
  static const struct compare_rules defaults;
  struct delta *delta = memory_checked (delta_new ());
  unsigned number;

  current = pair;
  check (delta_add_filesystem (delta, engine, "sda1", "/", true, &number)
         == 0);
  check (engine->operations->compute (engine,
                                      rules != NULL ? rules : &defaults,
                                      delta, number) == 0);
  check (delta_finish (delta) == 0);
  return delta;
}
