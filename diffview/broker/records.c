/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Small structures on the wire: filesystems, rules, sides.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "progress.h"
#include "protocol.h"
#include "records.h"

/* In place of a number of patterns: there is no list. */
#define NO_LIST UINT32_MAX

const char *const phase_names[] = {
  PROGRESS_APPLIANCE, PROGRESS_EMULATED, "scan", "compare",
};
const unsigned phase_count = sizeof phase_names / sizeof phase_names[0];

void
put_filesystems (struct wire *wire,
                 const struct appliance_filesystems *filesystems)
{
  wire_put_u32 (wire, (uint32_t) filesystems->count);
  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct appliance_filesystem *filesystem = &filesystems->list[i];

    wire_put_string (wire, filesystem->device);
    wire_put_string (wire, filesystem->mountable);
    wire_put_string (wire, filesystem->type);
    wire_put_string (wire, filesystem->uuid);
    wire_put_string (wire, filesystem->label);
    wire_put_string (wire, filesystem->subvolume);
  }
}

/* A device's name becomes part of paths. */
static bool
is_device (const char *name)
{
  return strncmp (name, "/dev/", strlen ("/dev/")) == 0 && path_valid (name);
}

static bool
get_filesystem (struct wire *wire, struct appliance_filesystem *filesystem)
{
  filesystem->device = wire_get_string (wire, TEXT_LIMIT);
  filesystem->mountable = wire_get_string (wire, TEXT_LIMIT);
  filesystem->type = wire_get_string (wire, TEXT_LIMIT);
  filesystem->uuid = wire_get_string (wire, TEXT_LIMIT);
  filesystem->label = wire_get_string (wire, TEXT_LIMIT);
  filesystem->subvolume = wire_get_string (wire, TEXT_LIMIT);
  if (wire_error (wire) == 0
      && (filesystem->device == NULL || filesystem->mountable == NULL
          || filesystem->type == NULL || !is_device (filesystem->device)))
    wire_refuse (wire);
  return wire_error (wire) == 0;
}

bool
get_filesystems (struct wire *wire, struct appliance_filesystems **result)
{
  CLEANUP (appliance_filesystems_free)
    struct appliance_filesystems *filesystems = calloc (1,
                                                        sizeof *filesystems);
  uint32_t count = wire_get_bounded (wire, COUNT_LIMIT);

  if (filesystems == NULL)
    return wire_fail (wire, -ENOMEM);
  filesystems->list = calloc ((size_t) count + 1, sizeof *filesystems->list);
  if (filesystems->list == NULL)
    return wire_fail (wire, -ENOMEM);
  while (filesystems->count < count)
    if (!get_filesystem (wire, &filesystems->list[filesystems->count++]))
      return false;
  if (wire_error (wire) != 0)
    return false;
  *result = steal_pointer (&filesystems);
  return true;
}

static void
put_strings (struct wire *wire, char *const *strings)
{
  uint32_t count = 0;

  if (strings == NULL) {
    wire_put_u32 (wire, NO_LIST);
    return;
  }
  while (strings[count] != NULL)
    ++count;
  wire_put_u32 (wire, count);
  for (uint32_t i = 0; i < count; ++i)
    wire_put_string (wire, strings[i]);
}

static bool
get_strings (struct wire *wire, char ***strings)
{
  uint32_t count = wire_get_u32 (wire);

  if (wire_error (wire) != 0)
    return false;
  if (count == NO_LIST)
    return true;
  if (count > COUNT_LIMIT)
    return wire_refuse (wire);
  *strings = calloc ((size_t) count + 1, sizeof **strings);
  if (*strings == NULL)
    return wire_fail (wire, -ENOMEM);
  for (uint32_t i = 0; i < count; ++i) {
    (*strings)[i] = wire_get_string (wire, ARGUMENT_LIMIT);
    if ((*strings)[i] == NULL)
      return wire_refuse (wire);
  }
  return true;
}

/* Each directory has another one to be compared with. */
static bool
are_pairs (char *const *strings)
{
  while (strings != NULL && strings[0] != NULL) {
    if (strings[1] == NULL)
      return false;
    strings += 2;
  }
  return true;
}

void
put_rules (struct wire *wire, const struct compare_rules *rules)
{
  wire_put_u8 (wire, rules->verify);
  wire_put_u8 (wire, rules->times);
  put_strings (wire, rules->ignore_xattrs);
  put_strings (wire, rules->pairs);
}

bool
get_rules (struct wire *wire, struct compare_rules *rules, char ***patterns,
           char ***pairs)
{
  *patterns = *pairs = NULL;
  *rules = (struct compare_rules) {
    .verify = wire_get_bounded_u8 (wire, 1) != 0,
  };
  rules->times = wire_get_bounded_u8 (wire, 1) != 0;
  if (!get_strings (wire, patterns) || !get_strings (wire, pairs))
    return false;
  if (!are_pairs (*pairs))
    return wire_refuse (wire);
  rules->ignore_xattrs = *patterns;
  rules->pairs = *pairs;
  return true;
}

bool
get_side (struct wire *wire, enum side *side)
{
  *side = (enum side) wire_get_bounded_u8 (wire, SIDES - 1);
  return wire_error (wire) == 0;
}
