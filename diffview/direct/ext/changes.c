/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of the search, see changes.h.
 */
#include <config.h>

#include "changes.h"

errint_t
changes_compute (const struct filesystem *base,
                 const struct filesystem *overlay, const struct log *log,
                 struct changes *changes)
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
  err = changes_add_owners (changes);
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
