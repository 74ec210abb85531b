/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a worker says to its supervisor, and the descriptor that it gets back:
 * over a pair of connected sockets that was made before the worker.  The
 * worker may be in the hands of a guest: what comes from it is checked.
 */
#ifndef DELTAFS_CHANNEL_H
#define DELTAFS_CHANNEL_H

#include "errint.h"

enum note_kind {
  NOTE_READY = 1,               /* the job is ready */
  NOTE_DESCRIPTOR,              /* the job's descriptor is wanted */
  NOTE_DEATH,                   /* a process that the worker needs has ended */
};

/* Processes that a worker needs. */
enum helper {
  HELPER_STORAGE_DAEMON,
  HELPER_BROKER,
  HELPERS
};

struct note {
  enum note_kind kind;
  enum helper helper;           /* NOTE_DEATH */
  int signal;                   /* NOTE_DEATH: that ended it, or 0 */
};

/* Two ends, close-on-exec: the worker's and the supervisor's. */
errint_t channel_make (int *worker, int *supervisor);

/* The worker's side.  Not reported. */
errint_t channel_tell (int fd, const struct note *note);
/* Waits for what channel_hand sends: the descriptor, or a negative errno. */
int channel_receive (int fd);

/* The supervisor's side; none of these waits.  Not reported. */

/* The next note: 0, -EAGAIN, -EPIPE when the worker has closed its end,
 * -EPROTO. */
errint_t channel_take (int fd, struct note *note);

/* Hands on FD, which stays the caller's, or the errno that FD is. */
errint_t channel_hand (int channel, int fd);

#endif
