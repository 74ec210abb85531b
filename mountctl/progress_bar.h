/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The progress bar on stderr.  It appears when the work has gone on for
 * half a second, and is gone when the work is done.
 */
#ifndef DELTAFS_PROGRESS_BAR_H
#define DELTAFS_PROGRESS_BAR_H

#include "cleanup.h"
#include "message.h"
#include "options.h"
#include "progress.h"

struct progress_bar;

/* Does the choice mean a bar?  "auto" does when stderr is a terminal that can
 * show one and -q was not given.  Ask before stderr is redirected. */
bool progress_bar_is_wanted (const struct options *options);

/* Starts a bar with a thread that keeps it moving, and ties it to MESSAGES.
 * *PROGRESS is what the library gets.  NULL without a thread or memory: then
 * there is no bar.  To be stopped with progress_bar_stop before MESSAGES ends
 * and before the process forks. */
struct progress_bar *progress_bar_start (struct messages *messages,
                                         const struct progress **progress);

/* Ends the thread, erases the bar, frees it. */
void progress_bar_stop (struct progress_bar *bar);
DEFINE_CLEANUP (struct progress_bar *, progress_bar_stop)

/* Takes the bar off the line; it comes back by itself.  With the lock of the
 * messages held. */
void progress_bar_erase (struct progress_bar *bar);

#endif
