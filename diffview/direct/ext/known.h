/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Owners and names from an index of the base instead of a scan.
 *
 * WHY A LIE IN THE INDEX HIDES NOTHING: the index was written by a process
 * that had read an overlay, which may have taken that process over.  So what
 * it says is held against the base, which is where the scan would have found
 * it:
 *
 *  - each written block must have an owner whose block list, read from the
 *    base, has that block; or have its place by the geometry; or be free by
 *    the base's bitmap.  A block that the index keeps quiet about is in use
 *    and nobody's: noticed.
 *  - a block of xattrs must have as many owners as its head says.
 *  - the directories that the index names for a changed inode are read, and
 *    must have as many names for it as its link count in the base says, a
 *    directory exactly one; the same for every directory above.  A name that
 *    is kept quiet about is missing in the sum: noticed.
 *
 * What is in the index and not in the base is noticed likewise, and would
 * only lead to looking at more than needed.  Where anything is noticed, the
 * index is put aside and the base is scanned: a lie costs time, no change.
 * All of this asks the base alone, of which the overlay's maker has written
 * nothing.  A base that contradicts itself (leaked blocks, wrong link counts)
 * looks like a lie and is scanned each time.
 */
#ifndef DELTAFS_EXT_KNOWN_H
#define DELTAFS_EXT_KNOWN_H

#include <stdbool.h>

#include "base_index.h"
#include "changes.h"
#include "errint.h"

/* Adds what changes_add_owners adds.  *SOUND becomes false where the index
 * is not true to the base; CHANGES is then as it was.  -ENOMEM. */
errint_t known_add (struct changes *changes, const struct base_index *index,
                    bool *sound);

/* The halves of it; each makes *SOUND false or leaves it.  What they add to
 * CHANGES when it is false is meaningless.  -ENOMEM. */
errint_t known_add_owners (struct changes *changes,
                           const struct base_index *index, bool *sound);
errint_t known_mark_names (struct changes *changes,
                           const struct base_index *index, bool *sound);

#endif
