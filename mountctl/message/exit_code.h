/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * With what code the command ends.
 */
#ifndef DELTAFS_EXIT_CODE_H
#define DELTAFS_EXIT_CODE_H

enum exit_code {
  EXIT_DONE = 0,
  EXIT_DIFFERENT = 1,           /* diff --exit-code, and the delta is not
                                 * empty */
  EXIT_FAILED = 2,              /* wrong usage, or nothing could be done */
  EXIT_UNREADABLE = 3,          /* done, but for some entries */
};

#endif
