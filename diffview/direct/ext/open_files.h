/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The block lists of files that were read last, so that a file that is read
 * piece by piece is looked up once.
 *
 * NOTES ON THE THREAD MODEL: any thread; one lock, which is not held while a
 * disk is read.
 */
#ifndef DELTAFS_EXT_OPEN_FILES_H
#define DELTAFS_EXT_OPEN_FILES_H

#include "content.h"
#include "errint.h"

struct open_files;

/* Files of FS (NULL for a side without one), which are borrowed; NULL without
 * memory. */
struct open_files *open_files_new (struct filesystem *const fs[SIDES]);
void open_files_free (struct open_files *files);

/* Gets the content of a file for reading; *CONTENT is valid until
 * open_files_put of *HANDLE.  -EIO, -ENOMEM. */
struct open_file;
errint_t open_files_get (struct open_files *files, enum side side,
                         uint32_t inode, struct open_file **handle,
                         const struct content **content);
void open_files_put (struct open_files *files, struct open_file *handle);

/* Says true the first time that a file of a side is named here. */
bool open_files_first_failure (struct open_files *files, enum side side,
                               uint32_t inode);

#endif
