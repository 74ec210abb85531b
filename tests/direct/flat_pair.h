/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A pair of disks for tests that is two raw files in this process: no
 * storage daemon.  It serves what the direct engine uses of pair.h; what was
 * written is what differs, in clusters.
 */
#ifndef DELTAFS_FLAT_PAIR_H
#define DELTAFS_FLAT_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "pair.h"

/* CLUSTER bytes count as written together; 0: nothing is known of what was
 * written.  SPREAD: every that many clusters one counts as written although
 * it is equal, 0 for none.  To be freed with pair_close. */
errint_t flat_pair_open (const char *base, const char *overlay,
                         uint32_t cluster, unsigned spread,
                         struct image_pair **pair);

/* From now on it is said to be written to by others. */
void flat_pair_say_written (struct image_pair *pair);

#endif
