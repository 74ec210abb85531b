/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of the search, see changes.h.
 */
#include <config.h>

#include "base_index.h"
#include "changes.h"
#include "known.h"

/* By the index in CACHE, if it has one that is true. */
static errint_t
ask_cache (struct changes *changes, const struct base_cache *cache,
           const struct log *log, bool *done)
{
  struct digest identity;
  struct base_index index;
  const uint8_t *bytes;
  size_t length;
  errint_t err = base_index_identity (changes->fs[SIDE_BASE], &identity);

  *done = false;
  if (err < 0)
    return err;
  bytes = base_cache_find (cache, &identity, &length);
  if (bytes == NULL) {
    log_detail (log, "the base has no index yet");
    return 0;
  }
  if (base_index_open (bytes, length, &index))
    err = known_add (changes, &index, done);
  if (err == 0)
    log_detail (log, *done ? "the base's index was used" :
                "the base's index is not true and is put aside");
  return err;
}

/* The owners of what was written, by the index or by a scan. */
static errint_t
add_owners (struct changes *changes, struct base_cache *cache,
            const struct log *log)
{
  const struct filesystem *base = changes->fs[SIDE_BASE];
  struct index_builder builder = { 0 };
  bool done = false;
  errint_t err = 0;

  if (cache != NULL && !base_index_applies (base))
    cache = NULL;
  if (cache != NULL)
    err = ask_cache (changes, cache, log, &done);
  if (err < 0 || done)
    return err;
  err = changes_add_owners (changes, cache != NULL ? &builder : NULL);
  if (err == 0 && cache != NULL)
    err = index_builder_finish (&builder, base, cache);
  index_builder_clear (&builder);
  return err;
}

errint_t
changes_compute (const struct filesystem *base,
                 const struct filesystem *overlay, struct base_cache *cache,
                 const struct log *log, struct changes *changes)
{
  errint_t err;

  *changes = (struct changes) { .fs = { base, overlay } };
  if (base == NULL || overlay == NULL ||
      blocks_written (base->blocks) == NULL ||
      !filesystem_same_geometry (base, overlay)) {
    changes->everything = true;
    return 0;
  }
  err = changes_add_touched (changes);
  if (err < 0)
    return err;
  log_detail (log, "inodes changed in written tables: %zu",
              changes->changed.count);
  err = add_owners (changes, cache, log);
  if (err == -EFBIG) {          /* not known then: nothing may be left out */
    changes->everything = true;
    err = 0;
  }
  log_detail (log, "inodes to look at: %zu, directories above them: %zu",
              changes->changed.count, changes->marked.count);
  return err;
}

void
changes_clear (struct changes *changes)
{
  number_set_clear (&changes->changed);
  number_set_clear (&changes->marked);
}

bool
changes_may_differ (const struct changes *changes, uint32_t number)
{
  return changes->everything || number_set_has (&changes->changed, number);
}

bool
changes_lead_to (const struct changes *changes, uint32_t number)
{
  return changes_may_differ (changes, number) ||
    number_set_has (&changes->marked, number);
}
