/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How functions of this project fail.
 */
#ifndef DELTAFS_ERRINT_H
#define DELTAFS_ERRINT_H

#include <errno.h>

/* 0, or a negative errno.  Never a positive errno, never -1 that means
 * "see errno" (which would be -EPERM). */
typedef int errint_t;

#endif
