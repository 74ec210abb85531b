/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Failures in the user's words.
 */
#ifndef DELTAFS_REASON_H
#define DELTAFS_REASON_H

#include "errint.h"

/* strerror, but for failures that mean something else here than their text
 * says.  A string that lives until the thread asks again. */
const char *reason_text (errint_t error);

#endif
