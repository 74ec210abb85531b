/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The process that starts e2fsck for one that must not start programs, and
 * what the two say to each other: datagrams over a pair of sockets.  For
 * recovery.c alone.
 */
#ifndef DELTAFS_RECOVERY_KEEPER_H
#define DELTAFS_RECOVERY_KEEPER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "errint.h"

/* What is asked for: a memory file comes along. */
struct keeper_request {
  uint64_t most;                /* bytes of memory that it may take */
};

/* The name that e2fsck knows the file by, and all that it has to say. */
#define KEEPER_FILE_NAME "/proc/self/fd/3"
#define KEEPER_WORDS KEEPER_FILE_NAME ": recovering journal\n"

enum keeper_news {
  KEEPER_STARTED = 1,           /* the notifications come along; see
                                 * sandbox_enter_program */
  KEEPER_ENDED,                 /* the last of a request */
};

/* The exit code of a program that could not be started. */
#define KEEPER_NOT_STARTED 127

/* The bytes of what it wrote to standard output and error that are kept. */
#define KEEPER_SAID_MAX 1600

struct keeper_answer {
  enum keeper_news news;
  errint_t error;               /* ENDED: it was never started */
  int status;                   /* ENDED, error 0: of waitpid(2) */
  size_t said_length;           /* ENDED: of that: */
  char said[KEEPER_SAID_MAX];
};

/* Serves SOCKET until its other end is closed.  For a fork of PARENT, with
 * which it dies; it keeps nothing of its parent's open. */
void keeper_run (int socket, pid_t parent) __attribute__ ((noreturn));

#endif
