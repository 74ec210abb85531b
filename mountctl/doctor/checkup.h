/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Is this machine able to run deltafs?  Each check looks at one thing that it
 * needs, and knows what to do where it is not there.  Changes nothing.
 */
#ifndef DELTAFS_CHECKUP_H
#define DELTAFS_CHECKUP_H

#include <stddef.h>

#include "finding.h"

struct check {
  const char *name;
  void (*run) (struct finding *finding);        /* fills in all of it */
};

/* All checks in their order; *COUNT of them, static. */
const struct check *checkup_list (size_t *count);

#endif
