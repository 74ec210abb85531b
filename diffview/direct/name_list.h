/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The names of one directory, in memory and sorted.
 */
#ifndef DELTAFS_DIRECT_NAME_LIST_H
#define DELTAFS_DIRECT_NAME_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "format.h"

struct name {
  struct inode_id inode;
  size_t text;                  /* offset in the text */
  uint16_t length;
  bool twin;                    /* the directory has it more than once */
};

/* Sorted by strcmp, none twice. */
struct name_list {
  struct name *list;            /* owned */
  size_t count, capacity;
  char *text;                   /* owned: names, each with a NUL */
  size_t text_length, text_capacity;
  bool incomplete;
  bool too_large;               /* therefore */
};

/* *NAMES is to be cleared whatever happens.  -ENOMEM, -EREMOTEIO. */
errint_t name_list_read (const struct reader *reader,
                         struct inode_id directory, struct name_list *names);
void name_list_clear (struct name_list *names);

static inline const char *
name_list_text (const struct name_list *names, size_t index)
{
  return names->text + names->list[index].text;
}

static inline void
cleanup_name_list (struct name_list *names)
{
  name_list_clear (names);
}

#define CLEANUP_NAME_LIST __attribute__ ((cleanup (cleanup_name_list)))

#endif
