/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One process works, another one watches: the worker reads what a guest
 * wrote, the supervisor reads nothing of it and clears up whatever the worker
 * leaves, however it ends.
 */
#ifndef DELTAFS_SUPERVISE_H
#define DELTAFS_SUPERVISE_H

#include "job.h"

/* Runs the job in a worker, a child that has a process group of its own, and
 * returns its exit code.  A signal that asks to end (INT, TERM, HUP, QUIT) ends
 * everything; *SIGNAL is then its number, and the caller ends by it as well
 * (end_by_signal) after cleaning up; it stays 0 when a job that was ready ended
 * well at the request.  Call it without threads. */
int supervise (const struct job *job, int *signal);

#endif
