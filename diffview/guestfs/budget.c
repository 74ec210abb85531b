/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How large a tree may become.
 */
#include <config.h>

#include "budget.h"

#include <stdint.h>
#include <unistd.h>

/* Asking the arena costs little, the system more: not at every entry. */
#define INTERVAL 4096

bool
budget_exceeded (const struct tree *tree)
{
  long pages, page_size;

  if (tree->node_count >= BUDGET_ENTRIES)
    return true;
  if (tree->node_count % INTERVAL != 0)
    return false;
  pages = sysconf (_SC_PHYS_PAGES);
  page_size = sysconf (_SC_PAGESIZE);
  if (pages <= 0 || page_size <= 0)
    return false;
  return tree_size (tree) / page_size > (uint64_t) pages / 4;
}
