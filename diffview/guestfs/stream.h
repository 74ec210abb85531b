/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists of names that libguestfs gives as a file, taken as they come.
 */
#ifndef DELTAFS_STREAM_H
#define DELTAFS_STREAM_H

#include "appliance.h"

/* guestfs_find0, guestfs_ls0, or guestfs_download of such a list. */
typedef int stream_call (guestfs_h *g, const char *source,
                         const char *file_name);

/* Takes one name of LENGTH bytes, not empty, without NUL (one follows it).  A
 * failure ends the call. */
typedef errint_t stream_take (const char *name, size_t length, void *opaque);

/* Makes CALL for SOURCE and hands every name to TAKE, in a thread of its
 * own.  The result is TAKE's failure, or that of the means, reported by
 * whoever made it.  How the call itself ended goes to *OUTCOME: when it is a
 * failure, names may be missing. */
errint_t stream_names (struct appliance *appliance, stream_call *call,
                       const char *source, stream_take *take,
                       void *opaque, errint_t *outcome);

#endif
