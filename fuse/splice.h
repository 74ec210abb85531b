/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answering a read without copying: from the image file to the kernel through
 * a pipe.
 *
 * An image that is written to while it is served is noticed by looking at the
 * file after its pages are in the pipe and before the kernel copies them.  A
 * write that begins between these two can still be seen in what is copied; the
 * next read fails.  An image that is being written when it is opened never
 * comes here.
 */
#ifndef DELTAFS_FUSE_SPLICE_H
#define DELTAFS_FUSE_SPLICE_H

#include "serve_private.h"

/* Answers REQUEST with SIZE bytes of NODE at OFFSET, which are within the
 * file, or with an error.  False where it has to be answered by copying: it is
 * too small for this to pay, too large for the pipe, or the bytes do not lie
 * plainly in a file.  Any thread of the loop. */
bool splice_content (fuse_req_t request, view_node node, size_t size,
                     uint64_t offset);

/* Closes the calling thread's pipe. */
void splice_end (void);

#endif
