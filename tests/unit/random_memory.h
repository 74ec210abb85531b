/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random pairs of guests on the in-memory engine.
 */
#ifndef DELTAFS_TEST_RANDOM_MEMORY_H
#define DELTAFS_TEST_RANDOM_MEMORY_H

#include "memory_engine.h"
#include "random_model.h"

/* The pair's trees and how they are to be compared. */
struct memory *model_build (const struct model *model);

#endif
