/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An engine whose answers count only as long as the image files are what they
 * were when they were opened: it asks another engine, and then the pair of
 * disks.
 */
#ifndef DELTAFS_GUARD_H
#define DELTAFS_GUARD_H

#include "engine.h"
#include "pair.h"

/* An engine that stands before INNER, which it owns from now on; PAIR is
 * borrowed.  Has its name.  NULL without memory: INNER is closed then. */
struct engine *guard_new (struct engine *inner, struct image_pair *pair);

#endif
