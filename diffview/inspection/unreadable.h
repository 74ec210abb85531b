/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What serves a filesystem of which nothing can be read.
 */
#ifndef DELTAFS_UNREADABLE_H
#define DELTAFS_UNREADABLE_H

#include "engine.h"

/* Stands for the engine of a filesystem that nothing could open: every call
 * is -EIO.  Static; closing it does nothing. */
struct engine *unreadable_engine (void);

#endif
