/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Signals of a process that begins as a copy of another one.
 */
#ifndef DELTAFS_SIGNAL_HANDLERS_H
#define DELTAFS_SIGNAL_HANDLERS_H

/* Puts the default in the place of all handlers for signals that end or tell
 * something; what is ignored stays so, but SIGCHLD, without which no child can
 * be waited for.  Async-signal-safe. */
void signal_handlers_forget (void);

#endif
