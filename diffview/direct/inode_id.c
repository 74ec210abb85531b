/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sets of inodes, by open addressing: a million take 24 MiB, where a hash of
 * linked elements takes several times that.
 */
#include <config.h>

#include <stdlib.h>

#include "inode_id.h"

/* The numbers come from a guest, but are bounded by the filesystem's size; a
 * multiplier spreads runs of them. */
static size_t
slot_of (const struct inode_set *set, struct inode_id id)
{
  const uint64_t stored = id.number + 1;
  uint64_t hash = (stored + ((uint64_t) id.space << 40))
    * 0x9e3779b97f4a7c15u;
  size_t slot = (hash ^ hash >> 32) & (set->capacity - 1);

  while (set->slots[slot].number != 0
         && (set->slots[slot].number != stored
             || set->slots[slot].space != id.space))
    slot = (slot + 1) & (set->capacity - 1);
  return slot;
}

static errint_t
grow (struct inode_set *set)
{
  struct inode_set larger = {
    .count = set->count,
    .capacity = set->capacity == 0 ? 64 : set->capacity * 2,
  };
  struct inode_id id;
  size_t at = 0;

  larger.slots = calloc (larger.capacity, sizeof *larger.slots);
  if (larger.slots == NULL)
    return -ENOMEM;
  while (inode_set_next (set, &at, &id))
    larger.slots[slot_of (&larger, id)] = set->slots[at - 1];
  free (set->slots);
  *set = larger;
  return 0;
}

errint_t
inode_set_add (struct inode_set *set, struct inode_id id, bool *added)
{
  size_t slot;

  if (set->count >= set->capacity / 2) {
    errint_t err = grow (set);

    if (err < 0)
      return err;
  }
  slot = slot_of (set, id);
  if (added != NULL)
    *added = set->slots[slot].number == 0;
  if (set->slots[slot].number == 0) {
    set->slots[slot] = (struct inode_id) { id.number + 1, id.space };
    set->count++;
  }
  return 0;
}

bool
inode_set_has (const struct inode_set *set, struct inode_id id)
{
  return set->capacity > 0 && set->slots[slot_of (set, id)].number != 0;
}

bool
inode_set_next (const struct inode_set *set, size_t *at, struct inode_id *id)
{
  while (*at < set->capacity) {
    const struct inode_id *slot = &set->slots[(*at)++];

    if (slot->number != 0) {
      *id = (struct inode_id) { slot->number - 1, slot->space };
      return true;
    }
  }
  return false;
}

void
inode_set_clear (struct inode_set *set)
{
  free (set->slots);
  *set = (struct inode_set) { 0 };
}
