/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Filling in a finding.
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "finding.h"
#include "quote.h"

void
finding_set (struct finding *finding, enum finding_state state,
             const char *remedy, const char *format, ...)
{
  CLEANUP_FREE char *quoted = NULL;
  va_list arguments;

  finding->state = state;
  snprintf (finding->remedy, sizeof finding->remedy, "%s",
            remedy == NULL ? "" : remedy);
  va_start (arguments, format);
  vsnprintf (finding->text, sizeof finding->text, format, arguments);
  va_end (arguments);
  quoted = quote_message (finding->text, strlen (finding->text));
  if (quoted != NULL)
    snprintf (finding->text, sizeof finding->text, "%s", quoted);
}
