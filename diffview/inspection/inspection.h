/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a pair of disks to one delta set: which filesystems there are on
 * both sides and which belong together, where the guest mounts them, which
 * engine looks at each.  The only header of this room that others see.
 */
#ifndef DELTAFS_INSPECTION_H
#define DELTAFS_INSPECTION_H

#include <stdbool.h>

#include "cleanup.h"
#include "delta.h"
#include "engine.h"
#include "errint.h"
#include "log.h"
#include "pair.h"
#include "progress.h"

struct broker;

enum engine_choice { ENGINE_AUTO, ENGINE_DIRECT, ENGINE_GUESTFS };

struct inspection_options {
  const char *overlay;          /* its name, for messages */
  enum engine_choice engine;
  /* -m DEV[:MNT], NULL-terminated, or NULL: only these, there. */
  char *const *mounts;
  char *const *keys;            /* --key, NULL-terminated, or NULL */
  struct compare_rules rules;
  struct delta_filter filter;
  /* For what needs an appliance; NULL where ENGINE_DIRECT rules that out, and
   * for a survey.  Borrowed. */
  struct broker *broker;
  const struct log *log;
  const struct progress *progress;      /* or NULL */
};

struct inspection;

/* Checks what can be checked of the options without an image: syntax of -m and
 * --key.  -EINVAL, reported. */
errint_t inspection_check_options (const struct inspection_options *options);

/* Finds the filesystems, computes every delta, and puts them together.
 * PAIR and what OPTIONS points to are borrowed and must outlive the
 * inspection.  A filesystem that cannot be read where others can is an
 * unreadable entry; when nothing can be read at all the call fails.  Failures
 * are reported, but for -EAGAIN, which is as the rules say of retry: a pair that
 * is opened again may show more.  *INSPECTION is to be freed with inspection_close. */
errint_t inspection_open (struct image_pair *pair,
                          const struct inspection_options *options,
                          struct inspection **inspection);
void inspection_close (struct inspection *inspection);
DEFINE_CLEANUP (struct inspection *, inspection_close)

/* The finished delta set, the inspection's. */
const struct delta *inspection_delta (const struct inspection *inspection);

/* Is it proven that the base was written to after the overlay was made on it?
 * It was reported: changes of the base are in the delta set then. */
bool inspection_base_changed (const struct inspection *inspection);

/* "guestfs", "direct", "mixed", or "none" where nothing had to be read. */
const char *inspection_engine (const struct inspection *inspection);

#endif
