/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes and binary units, see size_text.h.
 */
#include <config.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "size_text.h"

const char *
size_text (uint64_t bytes, char text[SIZE_TEXT])
{
  static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB",
                                       "EiB" };
  double value = (double) bytes / 1024;
  size_t unit = 0;

  if (bytes < 1024) {
    snprintf (text, SIZE_TEXT, "%" PRIu64 " bytes", bytes);
    return text;
  }
  /* What would be printed as 1024.0 is one of the next. */
  while (value >= 1023.95 && unit + 1 < sizeof units / sizeof units[0]) {
    value /= 1024;
    ++unit;
  }
  snprintf (text, SIZE_TEXT, "%" PRIu64 " bytes (%.1f %s)", bytes, value,
            units[unit]);
  return text;
}
