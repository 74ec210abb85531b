/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A delta set as text or JSON.  Prints to any FILE, which the caller flushes
 * and checks.
 */
#ifndef DELTAFS_PRINT_H
#define DELTAFS_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "delta.h"
#include "errint.h"

struct print_style {
  bool zero;                    /* -z: paths as they are, NUL at the end */
  bool aligned;                 /* for a terminal */
  bool colored;
};

struct print_summary {
  struct delta_totals totals;
  uint64_t silent;              /* entries with such a change */
  const char *engine;
  bool base_changed;            /* the base was written to, see inspection.h */
  double seconds;
};

/* All entries, scaffold left out.  Ends at the first error of writing, a
 * negative errno; -ENOMEM. */
errint_t print_text (const struct delta *delta,
                     const struct print_style *style, FILE *file);

/* "12 added, 3 modified, 1 deleted, 0 unreadable, 0 filtered (engine guestfs,
 * 21.3 s)", and a line of its own for silent changes. */
void print_text_summary (const struct print_summary *summary, FILE *file);

/* The same as one JSON object a line. */
errint_t print_json (const struct delta *delta, FILE *file);
void print_json_summary (const struct print_summary *summary, FILE *file);

#endif
