/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of checks, see checkup.h.
 */
#include <config.h>

#include "checks.h"
#include "checkup.h"

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
