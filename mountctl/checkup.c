/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of checks, see checkup.h.
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "checkup.h"
#include "cleanup.h"
#include "quote.h"

static const struct check checks[] = {
  { "kernel", check_kernel },
  { "fuse", check_fuse },
  { "mounting", check_mounting },
  { "allow_other", check_allow_other },
  { "qemu-img", check_qemu_img },
  { "qemu-storage-daemon", check_storage_daemon },
  { "images", check_images },
  { "sandbox", check_sandbox },
  { "libguestfs", check_libguestfs },
  { "appliance", check_appliance },
  { "kvm", check_kvm },
  { "temporary files", check_temporary },
};

const struct check *
checkup_list (size_t *count)
{
  *count = sizeof checks / sizeof checks[0];
  return checks;
}

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
