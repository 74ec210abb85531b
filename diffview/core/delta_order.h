/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of a delta set's entries, for the files that make up delta.h.
 */
#ifndef DELTAFS_DELTA_ORDER_H
#define DELTAFS_DELTA_ORDER_H

#include "delta.h"
#include "errint.h"

/* Sorts by path; entries of one path: what delta_finish wants to keep comes
 * first.  -ENOMEM. */
errint_t delta_sort (struct delta *delta);

#endif
