/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The runs of files that were read last, so that a file that is read
 * piece by piece is looked up once.
 *
 * NOTES ON THE THREAD MODEL: any thread; one lock, which is not held while a
 * disk is read.
 */
#ifndef DELTAFS_DIRECT_OPEN_FILES_H
#define DELTAFS_DIRECT_OPEN_FILES_H

#include "errint.h"
#include "format.h"

struct open_files;

/* Files of READER (NULL for a side without one), which are borrowed; NULL without
 * memory. */
struct open_files *open_files_new (struct reader *const reader[SIDES]);
void open_files_free (struct open_files *files);

/* Gets the runs of a file for reading; *RUNS is valid until
 * open_files_put of *HANDLE.  -EIO, -ENOMEM. */
struct open_file;
errint_t open_files_get (struct open_files *files, enum side side,
                         struct inode_id inode, struct open_file **handle,
                         const struct runs **runs);
void open_files_put (struct open_files *files, struct open_file *handle);

/* Says true the first time that a file of a side is named here. */
bool open_files_first_failure (struct open_files *files, enum side side,
                               struct inode_id inode);

#endif
