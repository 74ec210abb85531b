/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all answers have in common.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "reply.h"

void
reply_entry (const struct view *view, view_node node,
             struct fuse_entry_param *entry)
{
  memset (entry, 0, sizeof *entry);
  entry->ino = reply_number (node);
  view_stat (view, node, &entry->attr);
  entry->attr_timeout = REPLY_TIMEOUT;
  entry->entry_timeout = REPLY_TIMEOUT;
}

/* Each thread builds one answer at a time, in memory that it keeps: fresh
 * memory for each read would cost more than the read. */
static _Thread_local struct {
  char *memory;
  size_t size;
} buffer;

char *
reply_buffer (size_t size)
{
  if (buffer.size < size || buffer.memory == NULL) {
    reply_buffer_free ();
    buffer.memory = malloc (size != 0 ? size : 1);
    if (buffer.memory == NULL)
      return NULL;
    buffer.size = size;
  }
  return buffer.memory;
}

void
reply_buffer_free (void)
{
  free (buffer.memory);
  buffer.memory = NULL;
  buffer.size = 0;
}
