/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A broker whose child works with the in-memory engine instead of appliances,
 * and does what a test wants it to.
 */
#ifndef DELTAFS_TEST_BROKER_STAND_IN_H
#define DELTAFS_TEST_BROKER_STAND_IN_H

#include "backend.h"
#include "memory_engine.h"
#include "messages.h"

/* Set before the start; the child has a copy.  Zero but for what a test
 * needs. */
struct stand_in {
  struct memory *memory;        /* what is opened; stays the test's */
  errint_t launch_error;
  /* Called in the child by the launch, with the descriptor of the first
   * connection. */
  void (*launch) (const struct appliances_options *options, int connection);
  pid_t *process;               /* of the base's machine, shared memory */
  bool *closed;                 /* shared memory: set when it has cleared up */
  const char *socket;           /* a file in place of both sockets */
  const struct log *log;        /* instead of messages */
};
extern struct stand_in stand_in;

/* Disks with sectors of 512 bytes. */
extern const unsigned small_sectors[SIDES];

/* Starts it; what is said goes to MESSAGES. */
struct broker *stand_in_start (struct messages *messages);

/* Starts and launches it and opens its engine. */
struct broker *stand_in_open (struct messages *messages,
                              struct engine **engine);

/* Has ENGINE compute its delta set, as the filesystem "sda1", which is /. */
struct delta *stand_in_compute (struct engine *engine,
                                const struct compare_rules *rules);

/* Has the child gone?  Waits for a while. */
bool stand_in_ended (const struct broker *broker);

#endif
