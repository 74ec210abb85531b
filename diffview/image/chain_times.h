/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the times of the image files say of their order.
 */
#ifndef DELTAFS_IMAGE_CHAIN_TIMES_H
#define DELTAFS_IMAGE_CHAIN_TIMES_H

#include <stdbool.h>

#include "chain.h"

/* As pair_base_is_younger says.  Files that are remote or devices say
 * nothing. */
bool chain_base_is_younger (const struct image_chains *chains);

#endif
