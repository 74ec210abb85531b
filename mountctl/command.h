/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The subcommands of deltafs, one file each, and their exit codes.
 */
#ifndef DELTAFS_COMMAND_H
#define DELTAFS_COMMAND_H

#include "message.h"
#include "options.h"

enum exit_code {
  EXIT_DONE = 0,
  EXIT_DIFFERENT = 1,           /* diff --exit-code, and the delta is not
                                 * empty */
  EXIT_FAILED = 2,              /* wrong usage, or nothing could be done */
  EXIT_UNREADABLE = 3,          /* done, but for some entries */
};

/* Each runs its command with options that options_parse took, and returns
 * the exit code; what goes wrong was reported. */
int command_doctor (const struct options *options, struct messages *messages);
int command_diff (const struct options *options, struct messages *messages);
int command_export (const struct options *options, struct messages *messages);
int command_info (const struct options *options, struct messages *messages);
int command_mount (const struct options *options, struct messages *messages);
int command_umount (const struct options *options, struct messages *messages);

#endif
