/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Collecting and sorting names, see name_list.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "name_list.h"

/* Memory for the names of one directory: 8 million of 20 bytes. */
#define NAMES_MAX ((size_t) 400 << 20)

static errint_t
reserve (struct name_list *names, size_t length)
{
  if (names->count == names->capacity) {
    size_t capacity =
      names->capacity == 0 ? 32 : names->capacity * 2;
    struct name *list =
      reallocarray (names->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    names->list = list;
    names->capacity = capacity;
  }
  if (names->text_capacity - names->text_length < length) {
    size_t capacity =
      names->text_capacity == 0 ? 1024 : names->text_capacity * 2;
    char *text = realloc (names->text, capacity);

    if (text == NULL)
      return -ENOMEM;
    names->text = text;
    names->text_capacity = capacity;
  }
  return 0;
}

static int
collect (void *opaque, const char *name, size_t length, struct inode_id inode,
         enum entry_type type)
{
  struct name_list *names = opaque;
  errint_t err;

  (void) type;
  if (names->text_length + length + names->count *
      sizeof names->list[0] >= NAMES_MAX)
    return -EFBIG;
  err = reserve (names, length + 1);
  if (err < 0)
    return err;
  names->list[names->count++] = (struct name) {
    .text = names->text_length,
    .inode = inode,
    .length = (uint16_t) length,
  };
  memcpy (names->text + names->text_length, name, length);
  names->text[names->text_length + length] = '\0';
  names->text_length += length + 1;
  return 0;
}

static int
compare_names (const void *a, const void *b, void *opaque)
{
  const struct name *x = a, *y = b;
  const char *text = opaque;
  int order = strcmp (text + x->text, text + y->text);

  if (order != 0)
    return order;
  return x->text < y->text ? -1 : 1;
}

static void
join_twins (struct name_list *names)
{
  size_t kept = 0;

  for (size_t i = 0; i < names->count; ++i) {
    if (kept > 0 && strcmp (name_list_text (names, kept - 1),
                            name_list_text (names, i)) == 0)
      names->list[kept - 1].twin = true;
    else
      names->list[kept++] = names->list[i];
  }
  names->count = kept;
}

errint_t
name_list_read (const struct reader *reader, struct inode_id directory,
                struct name_list *names)
{
  int stop;

  *names = (struct name_list) { 0 };
  stop = reader_names (reader, directory, collect, names,
                       &names->incomplete);
  if (stop == -EFBIG)
    names->incomplete = names->too_large = true;
  else if (stop < 0)
    return stop;
  if (names->count > 0)
    qsort_r (names->list, names->count, sizeof *names->list,
             compare_names, names->text);
  join_twins (names);
  return 0;
}

void
name_list_clear (struct name_list *names)
{
  free (names->list);
  free (names->text);
  *names = (struct name_list) { 0 };
}
