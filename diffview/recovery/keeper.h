/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The process that starts e2fsck for one that must not start programs, and
 * what the two say to each other: datagrams over a pair of sockets.  For
 * recovery.c alone.
 */
#ifndef DELTAFS_RECOVERY_KEEPER_H
#define DELTAFS_RECOVERY_KEEPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "errint.h"

/* What is asked for: a memory file comes along. */
struct keeper_request {
  int unused;                   /* a datagram is not empty */
};

enum keeper_news {
  KEEPER_STARTED = 1,           /* the notifications come along; see
                                 * sandbox_enter_program */
  KEEPER_ENDED,                 /* the last of a request */
};

/* The exit code of a program that could not be started. */
#define KEEPER_NOT_STARTED 127

/* The bytes of what it wrote to standard error that are kept. */
#define KEEPER_COMPLAINT_MAX 1600

struct keeper_answer {
  enum keeper_news news;
  errint_t error;               /* ENDED: it was never started */
  int status;                   /* ENDED, error 0: of waitpid(2) */
  char complaint[KEEPER_COMPLAINT_MAX]; /* ENDED: how it began; a string */
};

/* Serves SOCKET until its other end is closed.  For a fork of PARENT, with
 * which it dies; it keeps nothing of its parent's open. */
void keeper_run (int socket, pid_t parent) __attribute__ ((noreturn));

#endif
