/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The threads that read requests and have them answered.
 */
#ifndef DELTAFS_LOOP_H
#define DELTAFS_LOOP_H

#include "errint.h"
#include "log.h"

struct serve;

/* Answers requests until the mount is gone or serve->stop is readable.  READY
 * is called once, from this thread, when the others answer; never if it comes
 * to an end before that.  Returns when all threads have ended: 0, or a
 * negative errno (reported). */
errint_t loop_run (struct serve *serve,
                   void (*ready) (void *opaque), void *opaque);

/* Ends loop_run soon; any thread, and signal handlers. */
void loop_stop (struct serve *serve);

/* From now on what libfuse has to say in this thread goes to LOG, as detail:
 * what matters is reported by who asked libfuse. */
void loop_take_messages (const struct log *log);

#endif
