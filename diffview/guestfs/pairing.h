/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers to the questions that a comparison asks about bytes.
 */
#ifndef DELTAFS_PAIRING_H
#define DELTAFS_PAIRING_H

#include "guestfs_engine.h"

/* Answers every question.  A file that cannot be read is reported.  -ENOMEM,
 * reported. */
errint_t pairing_answer (struct guestfs_engine *engine,
                         struct content_questions *questions);

#endif
