/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a program is.
 */
#ifndef DELTAFS_PROGRAM_PATH_H
#define DELTAFS_PROGRAM_PATH_H

#include <limits.h>
#include <stdbool.h>

/* Finds NAME in $PATH as execvp(3) would. */
bool program_find (const char *name, char path[PATH_MAX]);

/* The same in DIRECTORIES, which is in the form of $PATH. */
bool program_find_in (const char *directories, const char *name,
                      char path[PATH_MAX]);

#endif
