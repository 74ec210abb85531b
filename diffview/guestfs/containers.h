/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening what holds filesystems but is none: encrypted volumes, and the
 * volume groups inside.
 */
#ifndef DELTAFS_CONTAINERS_H
#define DELTAFS_CONTAINERS_H

#include "appliance.h"

/* Opens every encrypted device that a key fits, also such on logical volumes
 * inside, and activates the volume groups that appear.  A device that no key
 * fits stays closed, with a warning when there were keys for it.  KEYS may be
 * NULL.  Failures are reported. */
errint_t containers_open (struct appliance *appliance, char *const *keys);

/* Is the type, as blkid names it, that of an encrypted volume? */
bool containers_is_encrypted (const char *type);

/* The device under which an opened volume with that UUID appears: a new string
 * to be freed, NULL without memory. */
char *containers_device (const char *uuid);

#endif
