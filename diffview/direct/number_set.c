/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Open addressing: a set of a million inodes takes 16 MiB, where a hash of
 * linked elements takes ten times that.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "number_set.h"

/* The numbers come from a guest, but are bounded by the filesystem's size;
 * a multiplier spreads runs of them. */
static size_t
slot_of (const struct number_set *set, uint64_t number)
{
  uint64_t hash = (number + 1) * 0x9e3779b97f4a7c15u;
  size_t slot = (hash ^ hash >> 32) & (set->capacity - 1);

  while (set->slots[slot] != 0 && set->slots[slot] != number + 1)
    slot = (slot + 1) & (set->capacity - 1);
  return slot;
}

static errint_t
grow (struct number_set *set)
{
  struct number_set larger = {
    .count = set->count,
    .capacity = set->capacity == 0 ? 64 : set->capacity * 2,
  };

  larger.slots = calloc (larger.capacity, sizeof *larger.slots);
  if (larger.slots == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < set->capacity; ++i)
    if (set->slots[i] != 0)
      larger.slots[slot_of (&larger, set->slots[i] - 1)] = set->slots[i];
  free (set->slots);
  *set = larger;
  return 0;
}

errint_t
number_set_add (struct number_set *set, uint64_t number, bool *added)
{
  size_t slot;

  if (set->count >= set->capacity / 2) {
    errint_t err = grow (set);

    if (err < 0)
      return err;
  }
  slot = slot_of (set, number);
  if (added != NULL)
    *added = set->slots[slot] == 0;
  if (set->slots[slot] == 0) {
    set->slots[slot] = number + 1;
    set->count++;
  }
  return 0;
}

bool
number_set_has (const struct number_set *set, uint64_t number)
{
  return set->capacity > 0 && set->slots[slot_of (set, number)] != 0;
}

void
number_set_clear (struct number_set *set)
{
  free (set->slots);
  *set = (struct number_set) { 0 };
}
