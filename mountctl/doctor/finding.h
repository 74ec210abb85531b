/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a check of this machine has found.
 */
#ifndef DELTAFS_FINDING_H
#define DELTAFS_FINDING_H

enum finding_state {
  FINDING_OK,
  FINDING_WARNING,              /* something cannot be done, or is slow */
  FINDING_FAILURE,              /* nothing can be done without it */
};

struct finding {
  enum finding_state state;
  char text[256];               /* one line, without a full stop */
  char remedy[256];             /* what to do or to type; "" for nothing */
};

/* Fills in a finding; REMEDY may be NULL. */
void finding_set (struct finding *finding, enum finding_state state,
                  const char *remedy, const char *format, ...)
  __attribute__ ((format (printf, 4, 5)));

#endif
