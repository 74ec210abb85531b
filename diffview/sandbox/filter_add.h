/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One rule of a seccomp filter by the name of its call, for the filters of
 * this room.
 */
#ifndef DELTAFS_SANDBOX_FILTER_ADD_H
#define DELTAFS_SANDBOX_FILTER_ADD_H

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"

#define LENGTH(array) (sizeof (array) / sizeof (array)[0])

/* Names that the library does not know are no system calls here, and need no
 * rule. */
static inline errint_t
filter_add (scmp_filter_ctx filter, uint32_t action, const char *name,
            unsigned count, const struct scmp_arg_cmp *arguments)
{
  int number = seccomp_syscall_resolve_name (name);
  int result;

  if (number == __NR_SCMP_ERROR)
    return 0;
  result = seccomp_rule_add_array (filter, action, number, count, arguments);
  /* Another processor's call, that has no number here. */
  return result == -EDOM ? 0 : result;
}

/* The same for COUNT names, whatever their arguments. */
static inline errint_t
filter_add_all (scmp_filter_ctx filter, uint32_t action,
                const char *const *names, size_t count)
{
  errint_t error = 0;

  for (size_t i = 0; error == 0 && i < count; ++i)
    error = filter_add (filter, action, names[i], 0, NULL);
  return error;
}

#endif
