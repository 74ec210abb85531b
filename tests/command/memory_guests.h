/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The guests of the tests of the whole command, by name:
 *
 *   good        a file, a directory and a symlink added, files modified, one
 *               removed
 *   odd         names that have to be quoted
 *   empty       no change
 *   unreadable  one entry cannot be judged
 *   many        200,000 files added
 *   everything  all that an entry can be and have, and all that can happen to
 *               it; nothing that cannot be read
 *   names       names and xattrs at the edge of what a guest can have
 *   holes       a large file that is a hole but for a few bytes, where the
 *               engine knows it and where it does not
 *   damaged     files that cannot be read, or not wholly
 *   marks       names, devices and xattrs that mean something in a layer
 *   places      a guest's own /.deleted
 */
#ifndef DELTAFS_MEMORY_GUESTS_H
#define DELTAFS_MEMORY_GUESTS_H

#include "memory_engine.h"

/* Fills MEMORY with the guest NAME; others are empty. */
void memory_guest_make (struct memory *memory, const char *name);

#endif
