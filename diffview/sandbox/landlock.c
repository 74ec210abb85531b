/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Landlock by its system calls: libc has no functions for them, and the
 * headers of the distribution may be older than the kernel (Linux,
 * Documentation/userspace-api/landlock.rst).
 */
#include <config.h>

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "sandbox_parts.h"

#define CREATE_RULESET_VERSION 1u

/* struct landlock_ruleset_attr: what it handles is denied, as there
 * are no rules. */
struct ruleset {
  uint64_t file_access;         /* version 1 */
  uint64_t net_access;          /* 4 */
  uint64_t scoped;              /* 6 */
};

/* By version: EXECUTE to MAKE_SYM, REFER (2), TRUNCATE (3), IOCTL_DEV (5). */
#define FILE_ACCESS_1 ((UINT64_C (1) << 13) - 1)
#define FILE_ACCESS_2 ((UINT64_C (1) << 14) - 1)
#define FILE_ACCESS_3 ((UINT64_C (1) << 15) - 1)
#define FILE_ACCESS_5 ((UINT64_C (1) << 16) - 1)
/* BIND_TCP, CONNECT_TCP. */
#define NET_ACCESS_4 UINT64_C (3)
/* Abstract sockets only: signals are seccomp's, and the storage daemon has to
 * be ended. */
#define SCOPED_6 UINT64_C (1)

static long
version (void)
{
  return syscall (SYS_landlock_create_ruleset, NULL, 0,
                  CREATE_RULESET_VERSION);
}

bool
landlock_is_there (void)
{
  return version () >= 1;
}

/* What a version of Landlock can deny, and how much of the structure it
 * knows. */
static size_t
fill (long known, struct ruleset *ruleset)
{
  *ruleset = (struct ruleset) { .file_access = FILE_ACCESS_1 };
  if (known >= 2)
    ruleset->file_access = FILE_ACCESS_2;
  if (known >= 3)
    ruleset->file_access = FILE_ACCESS_3;
  if (known >= 5)
    ruleset->file_access = FILE_ACCESS_5;
  if (known >= 4)
    ruleset->net_access = NET_ACCESS_4;
  if (known >= 6)
    ruleset->scoped = SCOPED_6;
  if (known >= 6)
    return sizeof *ruleset;
  return known >= 4 ? offsetof (struct ruleset, scoped)
    : offsetof (struct ruleset, net_access);
}

errint_t
landlock_enter (void)
{
  struct ruleset ruleset;
  CLEANUP_CLOSE int fd = -1;
  long known = version ();
  size_t size;

  if (known < 0)
    return -errno;
  size = fill (known, &ruleset);
  fd = (int) syscall (SYS_landlock_create_ruleset, &ruleset, size, 0);
  if (fd < 0)
    return -errno;
  return syscall (SYS_landlock_restrict_self, fd, 0) < 0 ? -errno : 0;
}
