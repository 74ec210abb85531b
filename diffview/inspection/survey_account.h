/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Giving every written byte to one partition, or to none.
 */
#ifndef DELTAFS_SURVEY_ACCOUNT_H
#define DELTAFS_SURVEY_ACCOUNT_H

#include "disks.h"
#include "survey.h"

/* Fills in the accounts of SURVEY, whose places are those of DISKS.  Where
 * partitions overlap the first one has the bytes.  -ENOMEM, reported. */
errint_t survey_account (struct image_pair *pair,
                         const struct inspection_options *options,
                         const struct disks *disks, struct survey *survey);

#endif
