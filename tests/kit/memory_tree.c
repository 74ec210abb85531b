/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Building the trees of the in-memory engine: a map of paths for each side.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_tree.h"
#include "path.h"

void *
memory_checked (void *pointer)
{
  if (pointer == NULL) {
    fprintf (stderr, "memory engine: out of memory\n");
    abort ();
  }
  return pointer;
}

struct memory_item *
memory_item_find (const struct memory *memory, enum side side,
                  const char *path)
{
  struct memory_item *item;

  HASH_FIND_STR (memory->items[side], path, item);
  return item;
}

static void
item_free (struct memory_item *item)
{
  free (item->path);
  free (item);
}

static void
clear_side (struct memory *memory, enum side side)
{
  struct memory_item *item, *next;

  HASH_ITER (hh, memory->items[side], item, next) {
    HASH_DEL (memory->items[side], item);
    item_free (item);
  }
}

static struct memory_item *
new_item (struct memory *memory, enum side side, const char *path)
{
  struct memory_item *item = memory_checked (calloc (1, sizeof *item));

  item->path = memory_checked (strdup (path));
  HASH_ADD_KEYPTR (hh, memory->items[side], item->path,
                   strlen (item->path), item);
  return item;
}

/* The directory that PATH is in, a new string. */
static char *
parent_path (const char *path)
{
  const char *slash = strrchr (path, '/');

  return memory_checked (slash == path ? strdup ("/")
                         : strndup (path, (size_t) (slash - path)));
}

/* The missing directories above PATH, lowest last. */
static void
make_parents (struct memory *memory, enum side side, const char *path)
{
  for (const char *slash = strchr (path + 1, '/'); slash != NULL;
       slash = strchr (slash + 1, '/')) {
    CLEANUP_FREE char *parent =
      memory_checked (strndup (path, (size_t) (slash - path)));

    if (memory_item_find (memory, side, parent) == NULL)
      memory_directory (memory, side, parent);
  }
}

/* An item with the defaults of its type. */
static struct memory_item *
make_item (struct memory *memory, enum side side, const char *path,
           enum entry_type type, uint16_t permissions)
{
  static const struct entry_time time = { 1000000000, 0 };
  const struct memory_item *other = memory_item_find (memory, !side, path);
  struct memory_item *item = memory_item_find (memory, side, path);

  if (item == NULL) {
    make_parents (memory, side, path);
    item = new_item (memory, side, path);
  }
  item->content = (struct memory_content) { .bytes = NULL };
  item->entry = (struct entry) {
    .type = (uint8_t) type,
    .permissions = permissions,
    .links = 1,
    .inode = other != NULL ? other->entry.inode : memory->next_inode++,
    .mtime = time, .atime = time,
    .ctime = { time.seconds, ++memory->changes },
  };
  return item;
}

struct memory *
memory_new (void)
{
  struct memory *memory = memory_checked (calloc (1, sizeof *memory));

  memory->engine.operations = &memory_operations;
  memory->arena = memory_checked (arena_new ());
  memory->trust = TRUST_INODE;
  memory->renames = true;
  memory->next_inode = 2;
  memory_directory (memory, SIDE_BASE, "/");
  memory_directory (memory, SIDE_OVERLAY, "/");
  return memory;
}

void
memory_free (struct memory *memory)
{
  if (memory == NULL)
    return;
  for (int side = 0; side < SIDES; ++side) {
    clear_side (memory, side);
    tree_free (memory->trees[side]);
  }
  arena_free (memory->arena);
  free (memory);
}

struct engine *
memory_engine (struct memory *memory)
{
  return &memory->engine;
}

void
memory_trust (struct memory *memory, enum content_trust trust, bool renames)
{
  memory->trust = trust;
  memory->renames = renames;
}

void
memory_no_filesystem (struct memory *memory, enum side side)
{
  memory->no_filesystem[side] = true;
  clear_side (memory, side);
}

static void
set_size (struct entry *entry, uint64_t size)
{
  entry->size = size;
  entry->blocks = size / 512 + (size % 512 != 0);
}

struct entry *
memory_file (struct memory *memory, enum side side, const char *path,
             const char *text)
{
  return memory_file_bytes (memory, side, path, text, strlen (text));
}

struct entry *
memory_file_bytes (struct memory *memory, enum side side, const char *path,
                   const void *bytes, size_t length)
{
  struct memory_item *item =
    make_item (memory, side, path, ENTRY_FILE, 0644);

  item->content.bytes = memory_checked (arena_copy (memory->arena, bytes, length));
  set_size (&item->entry, length);
  return &item->entry;
}

struct entry *
memory_sparse_file (struct memory *memory, enum side side, const char *path,
                    uint64_t size, uint64_t offset, const char *text)
{
  struct memory_item *item =
    make_item (memory, side, path, ENTRY_FILE, 0644);

  item->content.sparse = true;
  item->content.data_offset = offset;
  item->content.data_length = strlen (text);
  item->content.bytes = memory_checked (arena_copy (memory->arena, text,
                                            item->content.data_length + 1));
  item->entry.size = size;
  item->entry.blocks = (item->content.data_length + 511) / 512;
  return &item->entry;
}

struct entry *
memory_file_generated (struct memory *memory, enum side side,
                       const char *path, uint64_t size,
                       memory_generator generator, void *opaque)
{
  struct memory_item *item =
    make_item (memory, side, path, ENTRY_FILE, 0644);

  item->content.generator = generator;
  item->content.opaque = opaque;
  set_size (&item->entry, size);
  return &item->entry;
}

struct entry *
memory_directory (struct memory *memory, enum side side, const char *path)
{
  return &make_item (memory, side, path, ENTRY_DIRECTORY, 0755)->entry;
}

struct entry *
memory_symlink (struct memory *memory, enum side side, const char *path,
                const char *target)
{
  struct entry *entry =
    &make_item (memory, side, path, ENTRY_SYMLINK, 0777)->entry;

  entry->target_length = (uint32_t) strlen (target);
  entry->target = memory_checked (arena_copy (memory->arena, target,
                                              entry->target_length));
  entry->size = entry->target_length;
  return entry;
}

struct entry *
memory_device (struct memory *memory, enum side side, const char *path,
               enum entry_type type, uint32_t major, uint32_t minor)
{
  struct entry *entry = &make_item (memory, side, path, type, 0644)->entry;

  entry->major = major;
  entry->minor = minor;
  return entry;
}

struct entry *
memory_special (struct memory *memory, enum side side, const char *path,
                enum entry_type type)
{
  struct entry *entry = &make_item (memory, side, path, type, 0644)->entry;

  if (type == ENTRY_UNKNOWN) {
    uint64_t inode = entry->inode;

    *entry = (struct entry) { .missing = ENTRY_NO_METADATA, .inode = inode };
  }
  return entry;
}

struct entry *
memory_link (struct memory *memory, enum side side, const char *existing,
             const char *path)
{
  struct memory_item *item = make_item (memory, side, path, ENTRY_FILE, 0);
  const struct memory_item *from =
    memory_item_find (memory, side, existing);

  item->entry = from->entry;
  item->content = from->content;
  return &item->entry;
}

void
memory_xattr (struct memory *memory, enum side side, const char *path,
              const char *name, const void *value, size_t length)
{
  struct entry *entry = memory_find (memory, side, path);
  size_t count = entry->xattrs == NULL ? 0 : entry->xattrs->count;
  struct entry_xattr *list =
    memory_checked (arena_allocate (memory->arena,
                                    (count + 1) * sizeof *list));
  struct entry_xattrs *xattrs =
    memory_checked (arena_allocate (memory->arena, sizeof *xattrs));
  struct entry_xattr added = {
    .name = memory_checked (arena_copy (memory->arena, name, strlen (name))),
    .value = memory_checked (arena_copy (memory->arena, value, length)),
    .length = length,
  };
  size_t to = 0, from = 0;

  while (from < count && strcmp (entry->xattrs->list[from].name, name) < 0)
    list[to++] = entry->xattrs->list[from++];
  list[to++] = added;
  if (from < count && strcmp (entry->xattrs->list[from].name, name) == 0)
    from++;
  while (from < count)
    list[to++] = entry->xattrs->list[from++];
  *xattrs = (struct entry_xattrs) { .list = list, .count = to };
  entry->xattrs = xattrs;
}

struct entry *
memory_find (struct memory *memory, enum side side, const char *path)
{
  struct memory_item *item = memory_item_find (memory, side, path);

  return item == NULL ? NULL : &item->entry;
}

void
memory_remove (struct memory *memory, enum side side, const char *path)
{
  struct memory_item *item, *next;

  HASH_ITER (hh, memory->items[side], item, next)
    if (path_within (item->path, path)) {
      HASH_DEL (memory->items[side], item);
      item_free (item);
    }
}

void
memory_rename (struct memory *memory, enum side side, const char *from,
               const char *to)
{
  struct memory_item *item, *next;
  struct memory_item *moved = NULL;

  HASH_ITER (hh, memory->items[side], item, next)
    if (path_within (item->path, from)) {
      char *path = NULL;

      HASH_DEL (memory->items[side], item);
      if (asprintf (&path, "%s%s", to, item->path + strlen (from)) < 0)
        memory_checked (NULL);
      free (item->path);
      item->path = path;
      HASH_ADD_KEYPTR (hh, moved, item->path, strlen (item->path), item);
    }
  memory_remove (memory, side, to);
  make_parents (memory, side, to);
  HASH_ITER (hh, moved, item, next) {
    HASH_DEL (moved, item);
    HASH_ADD_KEYPTR (hh, memory->items[side], item->path,
                     strlen (item->path), item);
  }
}

void
memory_copy_base (struct memory *memory)
{
  struct memory_item *item, *next;

  clear_side (memory, SIDE_OVERLAY);
  HASH_ITER (hh, memory->items[SIDE_BASE], item, next) {
    struct memory_item *copy = new_item (memory, SIDE_OVERLAY, item->path);

    copy->entry = item->entry;
    copy->content = item->content;
  }
}

/* Hard links: how many items have one inode number. */
struct inode_count {
  uint64_t key[2];              /* subvolume, number */
  uint32_t links;
  UT_hash_handle hh;
};

static void
count_links (struct memory_item *items)
{
  struct inode_count *counts = NULL, *count, *next_count;

  for (struct memory_item *item = items; item != NULL; item = item->hh.next) {
    uint64_t key[2] = { item->entry.subvolume, item->entry.inode };

    HASH_FIND (hh, counts, key, sizeof key, count);
    if (count == NULL) {
      count = memory_checked (calloc (1, sizeof *count));
      memcpy (count->key, key, sizeof key);
      HASH_ADD (hh, counts, key, sizeof count->key, count);
    }
    count->links++;
  }
  for (struct memory_item *item = items; item != NULL; item = item->hh.next) {
    uint64_t key[2] = { item->entry.subvolume, item->entry.inode };

    HASH_FIND (hh, counts, key, sizeof key, count);
    item->entry.links = count->links;
  }
  HASH_ITER (hh, counts, count, next_count) {
    HASH_DEL (counts, count);
    free (count);
  }
}

static int
compare_items (const struct memory_item *a, const struct memory_item *b)
{
  return path_compare (a->path, b->path);
}

struct tree *
memory_build_tree (struct memory *memory, enum side side)
{
  struct tree *tree = memory_checked (tree_new ());

  count_links (memory->items[side]);
  /* Parents come before their members. */
  HASH_SORT (memory->items[side], compare_items);
  for (struct memory_item *item = memory->items[side]; item != NULL;
       item = item->hh.next) {
    item->node = tree->root;
    if (strcmp (item->path, "/") != 0) {
      CLEANUP_FREE char *parent = parent_path (item->path);
      const char *name = strrchr (item->path, '/') + 1;

      item->node = memory_checked (
        tree_add (tree, memory_item_find (memory, side, parent)->node,
                  name, strlen (name)));
    }
    item->node->entry = item->entry;
    item->node->cookie = (uint64_t) (uintptr_t) item;
  }
  return tree;
}
