/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The progress bar on stderr.  It appears when the work has gone on for
 * half a second, and is gone when the work is done.
 */
#ifndef DELTAFS_PROGRESS_BAR_H
#define DELTAFS_PROGRESS_BAR_H

#include "cleanup.h"
#include "message.h"
#include "progress.h"

struct progress_bar;

enum progress_choice { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* Does the choice mean a bar?  "auto" does when stderr is a terminal that can
 * show one and not QUIET (-q).  Ask before stderr is redirected. */
bool progress_bar_is_wanted (enum progress_choice choice, bool quiet);

/* Starts a bar with a thread that keeps it moving, and ties it to MESSAGES.
 * *PROGRESS is what the library gets.  NULL without a thread or memory: then
 * there is no bar.  To be stopped with progress_bar_stop before MESSAGES ends
 * and before the process forks. */
struct progress_bar *progress_bar_start (struct messages *messages,
                                         const struct progress **progress);

/* Ends the thread, erases the bar, frees it. */
void progress_bar_stop (struct progress_bar *bar);
DEFINE_CLEANUP (struct progress_bar *, progress_bar_stop)

#endif
