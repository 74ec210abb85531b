/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The asking side: what its files share.
 */
#ifndef DELTAFS_BROKER_PRIVATE_H
#define DELTAFS_BROKER_PRIVATE_H

#include <pthread.h>

#include "broker.h"
#include "protocol.h"
#include "wire.h"

struct broker {
  const struct log *log;
  const char *overlay;
  pid_t pid;
  int pidfd;
  struct wire *wires[CONNECTIONS];      /* each one's that has it BUSY */
  bool launched;                        /* tried, at least */
  errint_t launch_error;
  const struct progress *progress;
  pthread_mutex_t lock;                 /* of what follows */
  pthread_cond_t freed;
  bool busy[CONNECTIONS];
  bool gone;                            /* and it was reported */
};

/* A request that is under way, on a connection of its own:
 *
 *   error = call_begin (broker, REQUEST_STAT, &call);
 *   if (error != 0)
 *     return error;
 *   wire_put_… (call.wire, …);
 *   error = call_answer (&call);
 *   if (error == 0)
 *     … = wire_get_… (call.wire);
 *   return call_end (&call, error);
 */
struct call {
  struct broker *broker;
  unsigned connection;
  struct wire *wire;
  const struct progress *progress;      /* set it where it may be told of */
};

/* Waits for a connection.  -EIO when the child has gone. */
errint_t call_begin (struct broker *broker, enum request request,
                     struct call *call);

/* The next message: MESSAGE_ENTRY or MESSAGE_RESULT, the others are dealt
 * with; MESSAGE_RESULT when the connection has failed. */
enum message call_next (struct call *call);

/* After MESSAGE_RESULT: 0 or the errno that it tells. */
errint_t call_result (struct call *call);

/* Sends the request and waits for a result; no entries may come before it. */
errint_t call_answer (struct call *call);

/* Gives the connection back.  Returns ERROR, or -EIO (-ENOMEM) if the
 * connection has failed; then the child is ended, and that is reported,
 * once. */
errint_t call_end (struct call *call, errint_t error);

#endif
