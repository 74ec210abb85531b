/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Private directories of runs that were killed.
 */
#ifndef DELTAFS_STALE_DIRECTORIES_H
#define DELTAFS_STALE_DIRECTORIES_H

#include "log.h"

/* Deletes the private directories of this user whose run is dead.  What cannot
 * be deleted stays, without a message. */
void stale_directories_clear (const struct log *log);

/* Waits, some seconds at most, until what killed supervisors had started has
 * ended, so that stale_directories_clear finds it. */
void stale_directories_await (void);

#endif
