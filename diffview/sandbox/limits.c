/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Capabilities and resource limits.
 */
#include <config.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox_parts.h"

/* The bounding set goes first, it takes a capability itself.  For whoever has
 * none it does not matter. */
static void
drop_bounding_set (void)
{
  for (unsigned long capability = 0; capability < 64; ++capability)
    if (prctl (PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
      return;                   /* not allowed, or that was the last one */
}

errint_t
limits_drop_capabilities (void)
{
  struct __user_cap_header_struct header = {
    .version = _LINUX_CAPABILITY_VERSION_3,
  };
  const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

  drop_bounding_set ();
  if (prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
    return -errno;
  return syscall (SYS_capset, &header, none) < 0 ? -errno : 0;
}

errint_t
limits_no_core (void)
{
  const struct rlimit none = { 0, 0 };

  if (setrlimit (RLIMIT_CORE, &none) < 0
      || prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    return -errno;
  return 0;
}

errint_t
limits_memory (uint64_t bytes)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_DATA, &limit) < 0)
    return -errno;
  if (limit.rlim_cur > bytes)
    limit.rlim_cur = bytes;
  limit.rlim_max = limit.rlim_cur;
  return setrlimit (RLIMIT_DATA, &limit) < 0 ? -errno : 0;
}
