/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Damage of directories that no call reports: ext4 and FAT leave a block of a
 * directory out that they cannot read, and say so in the kernel's log only.
 */
#ifndef DELTAFS_KERNEL_LOG_H
#define DELTAFS_KERNEL_LOG_H

#include "scan.h"

struct kernel_log_mark {
  char text[64];                /* a line of the log; "" when none was set */
};

/* Marks the end of the log, and lifts the limit on how much of it ext4
 * writes. */
void kernel_log_begin (struct appliance *appliance,
                       struct kernel_log_mark *mark);

/* Marks the directories that were named since then ENTRY_NO_MEMBERS. -ENOMEM,
 * -EIO. */
errint_t kernel_log_end (struct scan *scan,
                         const struct kernel_log_mark *mark);

#endif
