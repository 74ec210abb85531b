/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The signals that ask a process to end, and ending by one of them.
 */
#ifndef DELTAFS_ENDING_SIGNALS_H
#define DELTAFS_ENDING_SIGNALS_H

/* Ends this process by the signal, as if it had not been caught. */
void end_by_signal (int signal) __attribute__ ((noreturn));

/* Blocks the signals that ask to end (those that are not ignored) and
 * SIGCHLD, and returns a signalfd that receives them, or a negative errno. */
int catch_ending_signals (void);

/* Those signals wait from here on, until supervise looks at them: for whoever
 * makes before it what has to be cleared after it. */
void hold_ending_signals (void);

#endif
