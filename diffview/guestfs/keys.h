/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Selectors of --key, as guestmount has them: ID:key:SECRET and
 * ID:file:NAME, where ID is a device, the UUID of a container, or "all".
 */
#ifndef DELTAFS_KEYS_H
#define DELTAFS_KEYS_H

#include "cleanup.h"
#include "errint.h"
#include "log.h"

/* The secret that SELECTOR has for a device, *SECRET a new string to be
 * freed; NULL when the selector is for others.  UUID may be NULL.  The
 * selector has passed appliances_check_key.  -ENOMEM or what reading the file
 * gave, reported. */
errint_t keys_secret (const char *selector, const char *device,
                      const char *uuid, const struct log *log,
                      char **secret);

#endif
