/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random numbers (splitmix64, by Sebastiano Vigna) and damage.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "random_bytes.h"

uint64_t
random_below (struct random_bytes *random, uint64_t limit)
{
  uint64_t z = random->state += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  return (z ^ z >> 31) % limit;
}

uint64_t
random_edge (struct random_bytes *random)
{
  uint64_t value = UINT64_C (1) << random_below (random, 64);

  switch (random_below (random, 6)) {
  case 0: return value - 1;
  case 1: return value;
  case 2: return value + 1;
  case 3: return ~value + 1;
  case 4: return random_below (random, 64);
  default: return UINT64_MAX - random_below (random, 3);
  }
}

/* A number of 1, 2, 4 or 8 bytes, aligned most often. */
static void
change_number (struct random_bytes *random, uint8_t *bytes, size_t size)
{
  size_t width = (size_t) 1 << random_below (random, 4);
  uint64_t value = random_below (random, 3) == 0
    ? random_below (random, UINT64_MAX) : random_edge (random);
  bool big = random_below (random, 4) == 0;
  size_t at;

  if (width > size)
    width = 1;
  at = (size_t) random_below (random, size - width + 1);
  if (random_below (random, 4) != 0)
    at -= at % width;
  for (size_t i = 0; i < width; ++i)
    bytes[at + i] =
      (uint8_t) (value >> 8 * (big ? width - 1 - i : i));
}

void
random_change (struct random_bytes *random, uint8_t *bytes, size_t size)
{
  size_t from, to, length;

  if (size == 0)
    return;
  from = (size_t) random_below (random, size);
  to = (size_t) random_below (random, size);
  length = 1 + (size_t) random_below (random, size - (from > to ? from : to));
  switch (random_below (random, 12)) {
  case 0: bytes[from] = (uint8_t) random_below (random, 256); break;
  case 1: bytes[from] ^= (uint8_t) (1u << random_below (random, 8)); break;
  case 2: bytes[from]++; break;
  case 3: bytes[from]--; break;
  case 4: memset (bytes + from, 0, length); break;
  case 5: memset (bytes + from, 0xff, length < 16 ? length : 16); break;
  case 6: memmove (bytes + to, bytes + from, length); break;
  case 7: memmove (bytes + to, bytes + from, length < 16 ? length : 16); break;
  default: change_number (random, bytes, size); break;
  }
}

size_t
random_damage (struct random_bytes *random, uint8_t *bytes, size_t size,
               size_t capacity)
{
  switch (random_below (random, 24)) {
  case 0:
    return size - (size_t) random_below (random, size + 1);
  case 1: {
    size_t more = (size_t) random_below (random, 256);

    if (more > capacity - size)
      more = capacity - size;
    for (size_t i = 0; i < more; ++i)
      bytes[size + i] = (uint8_t) random_below (random, 256);
    return size + more;
  }
  default:
    for (uint64_t i = random_below (random, 4); i < 4; ++i)
      random_change (random, bytes, size);
    return size;
  }
}
