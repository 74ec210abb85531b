/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The structures that go over a wire, and what they must be to be believed.
 * Functions that get something return false where the wire has failed (see
 * wire_error) or where it makes no sense, which fails the wire; what they
 * filled in then does not count.
 */
#ifndef DELTAFS_BROKER_RECORDS_H
#define DELTAFS_BROKER_RECORDS_H

#include "appliances.h"
#include "arena.h"
#include "delta.h"
#include "entry.h"
#include "wire.h"

void put_entry (struct wire *wire, const struct entry *entry);

/* Gets an entry whose pointers lead into ARENA. */
bool get_entry (struct wire *wire, struct arena *arena, struct entry *entry);

/* Path, status, kinds, sides and renamed_from: the rest is not the other
 * end's business. */
void put_delta_entry (struct wire *wire, const struct delta_entry *entry);

/* Gets one whose status and sides fit, with paths as path.h has them.  The
 * rest is zero. */
bool get_delta_entry (struct wire *wire, struct arena *arena,
                      struct delta_entry *entry);

void put_filesystems (struct wire *wire,
                      const struct appliance_filesystems *filesystems);
bool get_filesystems (struct wire *wire,
                      struct appliance_filesystems **filesystems);

void put_rules (struct wire *wire, const struct compare_rules *rules);

/* *PATTERNS and *PAIRS, NULL-terminated or NULL, are what RULES refer to, to
 * be freed. */
bool get_rules (struct wire *wire, struct compare_rules *rules,
                char ***patterns, char ***pairs);

bool get_side (struct wire *wire, enum side *side);

#endif
