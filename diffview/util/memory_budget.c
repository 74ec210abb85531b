/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the machine and the process's limit allow, see memory_budget.h.
 */
#include <config.h>

#include <sys/resource.h>
#include <unistd.h>

#include "memory_budget.h"

void
memory_budget_start (struct memory_budget *budget)
{
  long pages = sysconf (_SC_PHYS_PAGES), page_size = sysconf (_SC_PAGESIZE);
  struct rlimit limit;

  budget->limit = pages <= 0 || page_size <= 0 ? UINT64_MAX
    : (uint64_t) pages / 2 * (uint64_t) page_size;
  if (getrlimit (RLIMIT_DATA, &limit) == 0
      && limit.rlim_cur != RLIM_INFINITY
      && limit.rlim_cur / 3 < budget->limit)
    budget->limit = limit.rlim_cur / 3;
  atomic_init (&budget->taken, 0);
}

uint64_t
memory_budget_left (const struct memory_budget *budget)
{
  uint64_t taken = atomic_load (&budget->taken);

  return taken < budget->limit ? budget->limit - taken : 0;
}

void
memory_budget_take (struct memory_budget *budget, uint64_t bytes)
{
  atomic_fetch_add (&budget->taken, bytes);
}
