/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The subcommands of deltafs, one file each.
 */
#ifndef DELTAFS_COMMAND_H
#define DELTAFS_COMMAND_H

#include "exit_code.h"
#include "message.h"
#include "options.h"

/* Each runs its command with options that options_parse took, and returns
 * the exit code; what goes wrong was reported. */
int command_doctor (const struct options *options, struct messages *messages);
int command_diff (const struct options *options, struct messages *messages);
int command_export (const struct options *options, struct messages *messages);
int command_info (const struct options *options, struct messages *messages);
int command_mount (const struct options *options, struct messages *messages);
int command_umount (const struct options *options, struct messages *messages);

#endif
