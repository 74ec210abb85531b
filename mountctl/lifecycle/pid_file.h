/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The file that tells other programs which process to ask (--pid-file).
 */
#ifndef DELTAFS_PID_FILE_H
#define DELTAFS_PID_FILE_H

#include "cleanup.h"
#include "errint.h"
#include "log.h"

struct pid_file;

/* Makes PATH absolute, for the directory is changed later; nothing is written
 * yet.  A file that holds something else than a number is refused.  Reported:
 * -ENOENT when its directory does not exist, -EEXIST, -ENOMEM, … */
errint_t pid_file_new (const char *path, const struct log *log,
                       struct pid_file **pid_file);
void pid_file_free (struct pid_file *pid_file);
DEFINE_CLEANUP (struct pid_file *, pid_file_free)

/* Writes this process's id and a newline, replacing what was there.  Negative
 * errno, reported. */
errint_t pid_file_write (struct pid_file *pid_file, const struct log *log);

/* Deletes it if it was written. */
void pid_file_remove (struct pid_file *pid_file);

#endif
