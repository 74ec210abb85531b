/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Descriptors that this process got from its caller, beside the standard
 * ones: a lock or a pipe that a script holds must not stay held by a mount in
 * the background.
 */
#ifndef DELTAFS_INHERITED_H
#define DELTAFS_INHERITED_H

#include <stddef.h>

#define INHERITED_LIMIT 256

struct inherited {
  int list[INHERITED_LIMIT];
  size_t count;
};

/* Notes those that are open now (at most INHERITED_LIMIT), but not KEPT, and
 * keeps all from programs that are executed.  Before anything is opened. */
void inherited_note (struct inherited *inherited, int kept);

/* Closes them.  Until then the command line may name them (/dev/fd/N). */
void inherited_close (struct inherited *inherited);

#endif
