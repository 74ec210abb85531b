/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What deltafs info prints: the chain of images, and the survey of what is
 * on them.  Prints to any FILE, which the caller flushes and checks.
 */
#ifndef DELTAFS_PRINT_INFO_H
#define DELTAFS_PRINT_INFO_H

#include <stdio.h>

#include "errint.h"
#include "pair.h"
#include "survey.h"

struct print_info {
  const char *overlay;          /* as on the command line */
  const struct pair_layer *layers;
  size_t layer_count;
  const struct survey *survey;
};

/* For people.  -ENOMEM. */
errint_t print_info_text (const struct print_info *info, FILE *file);

/* One JSON object on one line.  -ENOMEM. */
errint_t print_info_json (const struct print_info *info, FILE *file);

#endif
