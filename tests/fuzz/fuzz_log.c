/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The log of the fuzz targets.
 */
#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "quote.h"

static void
examine (void *opaque, enum log_level level, const char *message)
{
  (void) opaque;
  FUZZ_REQUIRE (level <= LOG_LEVEL_DETAIL && *message != '\0');
  FUZZ_REQUIRE (quote_is_utf8 (message, strlen (message)));
  for (const char *byte = message; *byte != '\0'; ++byte)
    FUZZ_REQUIRE ((unsigned char) *byte >= ' ' && *byte != 0x7f);
}

const struct log fuzz_log = { .write = examine, .verbose = true };
