/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What time it is, for waiting.
 */
#ifndef DELTAFS_NOW_H
#define DELTAFS_NOW_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment; nobody sets this clock.  Any thread. */
static inline int64_t
now_milliseconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
