/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asking the engine of an entry, see delta_content.h.
 */
#include <config.h>

#include "delta_content.h"

/* Is there content that can be asked for at all? */
static errint_t
check_entry (const struct entry *file)
{
  if ((file->missing & (ENTRY_NO_METADATA | ENTRY_NO_CONTENT)) != 0
      || file->type == ENTRY_UNKNOWN)
    return -EIO;
  return file->type == ENTRY_FILE ? 0 : -EINVAL;
}

errint_t
delta_content_read (const struct delta *delta,
                    const struct delta_entry *entry, enum side side,
                    void *buffer, size_t length, uint64_t offset, size_t *got)
{
  struct engine *engine = delta->filesystems[entry->filesystem].engine;
  errint_t error = check_entry (entry->side[side]);

  return error < 0 ? error
    : engine->operations->pread (engine, side, entry, buffer, length, offset,
                                 got);
}

errint_t
delta_content_splice (const struct delta *delta,
                      const struct delta_entry *entry, enum side side,
                      int pipe, size_t length, uint64_t offset)
{
  struct engine *engine = delta->filesystems[entry->filesystem].engine;
  errint_t error = check_entry (entry->side[side]);

  if (error == 0 && engine->operations->splice == NULL)
    error = -ENOTSUP;
  return error < 0 ? error
    : engine->operations->splice (engine, side, entry, pipe, length, offset);
}

errint_t
delta_content_next (const struct delta *delta,
                    const struct delta_entry *entry, enum side side,
                    uint64_t offset, uint64_t *start, uint64_t *length)
{
  struct engine *engine = delta->filesystems[entry->filesystem].engine;
  errint_t error = check_entry (entry->side[side]);

  if (error == 0 && engine->operations->next_data == NULL)
    error = -ENOTSUP;
  return error < 0 ? error
    : engine->operations->next_data (engine, side, entry, offset, start,
                                     length);
}
