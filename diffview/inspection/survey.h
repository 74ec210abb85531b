/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What there is on a pair of disks and what the bytes are that were written:
 * facts that the host can see, found without an appliance and without
 * computing a delta.
 */
#ifndef DELTAFS_SURVEY_H
#define DELTAFS_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "account.h"
#include "cleanup.h"
#include "entry.h"
#include "errint.h"
#include "inspection.h"
#include "pair.h"

/* A partition, the whole disk, or a logical volume, on one side.  Strings are the survey's, NULL
 * where there is nothing to be said. */
struct survey_side {
  bool present;
  uint64_t offset, length;      /* bytes on the disk; a logical volume may be
                                 * anywhere: OFFSET says nothing then */
  const char *use;              /* "filesystem", "container", "swap", "boot",
                                 * "blank", "unknown" */
  const char *type, *uuid, *label;
  const char *partition_uuid, *partition_label;
  const char *journal;          /* "none", "clean", "needs recovery" */
};

struct survey_place {
  const char *device;           /* "sda1" */
  int partition;                /* its number; 0: the whole disk; -1: a logical
                                 * volume */
  struct survey_side side[SIDES];
  const char *engine;           /* "direct", "guestfs", "none" */
  const char *reason;           /* for that engine */
  struct account account;       /* of what was written where the overlay has
                                 * it; all zero without a map */
  const char *not_accounted;    /* why it was not looked into, or NULL */
};

struct survey {
  uint64_t size[SIDES];         /* of the disks, bytes */
  const char *table[SIDES];     /* "gpt", "dos", …, or NULL */
  bool has_map;                 /* it is known what was written; else there is
                                 * no account */
  struct survey_place *places;  /* by partition number, then logical volumes by
                                 * name */
  size_t count;
  struct account outside;       /* of what lies in no partition */
  struct account total;         /* of everything that was written: its sum is
                                 * that of pair_written */
  bool base_changed;            /* proven, and reported: see inspection.h */
  bool incomplete;              /* something is damaged; reported */
};

/* Surveys PAIR, which is borrowed as OPTIONS are, of which overlay, engine,
 * keys, log and progress count.  Failures are reported; a filesystem that is
 * damaged is none.  *SURVEY is to be freed with survey_close. */
errint_t survey_open (struct image_pair *pair,
                      const struct inspection_options *options,
                      const struct survey **survey);
void survey_close (const struct survey *survey);
DEFINE_CLEANUP (const struct survey *, survey_close)

#endif
