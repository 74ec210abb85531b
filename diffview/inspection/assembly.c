/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Putting deltas together: see assembly.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "assembly_private.h"
#include "unreadable.h"

struct assembly *
assembly_new (const struct filesystems *filesystems,
              const struct layout *layout)
{
  CLEANUP (assembly_free) struct assembly *assembly =
    calloc (1, sizeof *assembly);

  if (assembly == NULL)
    return NULL;
  assembly->filesystems = filesystems;
  assembly->layout = layout;
  assembly->delta = delta_new ();
  assembly->numbers = calloc (layout->count + 1, sizeof *assembly->numbers);
  if (assembly->delta == NULL || assembly->numbers == NULL)
    return NULL;
  for (size_t i = 0; i < layout->count; ++i)
    assembly->numbers[i] = NO_NUMBER;
  return steal_pointer (&assembly);
}

void
assembly_free (struct assembly *assembly)
{
  if (assembly->delta != NULL)
    delta_free (assembly->delta);
  free (assembly->numbers);
  free (assembly);
}

errint_t
assembly_number (struct assembly *assembly, size_t mount,
                 struct engine *engine, unsigned *number)
{
  const struct layout_mount *which = &assembly->layout->list[mount];
  struct delta *delta = assembly->delta;
  errint_t error;

  if (assembly->numbers[mount] == NO_NUMBER) {
    error = delta_add_filesystem
      (delta, engine != NULL ? engine : unreadable_engine (),
       assembly->filesystems->list[which->filesystem].device,
       which->mount_point, which->main_tree, number);
    if (error != 0)
      return error;
    assembly->numbers[mount] = (int32_t) *number;
  }
  *number = (unsigned) assembly->numbers[mount];
  if (engine != NULL)
    delta->filesystems[*number].engine = engine;
  return 0;
}

/* Gives the entries from FIRST on, of one filesystem, the paths at which
 * they are seen. */
static errint_t
place_entries (struct assembly *assembly, size_t filesystem,
               struct engine *engine, size_t first)
{
  struct delta *delta = assembly->delta;
  errint_t error;

  for (size_t i = first; i < delta->count; ++i) {
    struct delta_entry *entry = &delta->entries[i];
    unsigned number;
    size_t mount;

    if (entry->renamed_from != NULL
        && (error = layout_place (assembly->layout, filesystem,
                                  entry->renamed_from, delta->arena,
                                  &entry->renamed_from, &mount)) != 0)
      return error;
    if ((error = layout_place (assembly->layout, filesystem, entry->path,
                               delta->arena, &entry->path, &mount)) != 0
        || (error = assembly_number (assembly, mount, engine, &number)) != 0)
      return error;
    entry->filesystem = (uint16_t) number;
  }
  return 0;
}

static size_t
first_mount (const struct assembly *assembly, size_t filesystem)
{
  return (size_t) (layout_place_of (assembly->layout, filesystem)
                   - assembly->layout->list);
}

errint_t
assembly_compute (struct assembly *assembly, size_t filesystem,
                  struct engine *engine, const struct compare_rules *rules)
{
  struct delta *delta = assembly->delta;
  size_t first = delta->count;
  unsigned number;
  errint_t error, place_error;

  error = assembly_number (assembly, first_mount (assembly, filesystem), engine,
                     &number);
  if (error != 0)
    return error;
  error = engine->operations->compute (engine, rules, delta, number);
  if (error == -ENOTSUP)
    delta->count = first;
  place_error = place_entries (assembly, filesystem, engine, first);
  return error != 0 ? error : place_error;
}

errint_t
assembly_unreadable (struct assembly *assembly, size_t filesystem,
                     const char **place)
{
  size_t mount = first_mount (assembly, filesystem);
  struct delta *delta = assembly->delta;
  struct delta_entry entry = { .status = STATUS_UNREADABLE };
  struct entry *directory;
  unsigned number;
  errint_t error;

  if ((error = assembly_number (assembly, mount, NULL, &number)) != 0)
    return error;
  directory = scaffold_made_up (delta->arena);
  if (directory == NULL)
    return -ENOMEM;
  directory->missing = ENTRY_NO_METADATA | ENTRY_NO_MEMBERS;
  entry.path = delta->filesystems[number].mount_point;
  entry.filesystem = (uint16_t) number;
  entry.side[SIDE_OVERLAY] = directory;
  *place = entry.path;
  return delta_add (delta, &entry);
}

errint_t
assembly_finish (struct assembly *assembly,
                 const struct assembly_metadata *metadata,
                 const struct delta_filter *filter, struct delta **delta)
{
  errint_t error;

  if ((error = scaffold_add (assembly, metadata)) != 0
      || (error = delta_filter (assembly->delta, filter)) != 0
      || (error = delta_finish (assembly->delta)) != 0)
    return error;
  *delta = steal_pointer (&assembly->delta);
  return 0;
}
