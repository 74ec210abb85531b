/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Other programs that the command needs: what they say of themselves.
 */
#ifndef DELTAFS_PROGRAM_H
#define DELTAFS_PROGRAM_H

#include <stddef.h>

#include "errint.h"

/* Runs ARGUMENTS (found in $PATH) without input, waits for its end, and puts
 * the first line that it prints to standard output into LINE, cut to SIZE
 * bytes with the NUL; what it says on standard error is lost.  -ENOENT where
 * there is no such program, -EIO where it fails, … */
errint_t program_run (const char *const *arguments, char *line, size_t size);

#endif
