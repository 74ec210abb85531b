/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The process that reads the images: qemu-storage-daemon, with an NBD server
 * on a Unix socket.
 */
#ifndef DELTAFS_IMAGE_STORAGE_DAEMON_H
#define DELTAFS_IMAGE_STORAGE_DAEMON_H

#include <stddef.h>
#include <sys/types.h>

#include <jansson.h>

#include "cleanup.h"
#include "errint.h"
#include "log.h"

struct storage_daemon;

/* What it has from its start on: an option, "--blockdev" or "--export", and
 * its description.  A failure is reported as "WHAT: OBJECT: what QEMU
 * says". */
struct storage_daemon_part {
  const char *option;
  char *description;            /* JSON */
  const char *what, *object;
};

/* Starts it with PARTS (COUNT of them, borrowed), with the KEPT file
 * descriptors under their own numbers (as /dev/fd/N) and its socket in
 * DIRECTORY; it dies with the calling thread.  It is not waited for: who
 * connects to the socket is answered once everything is there.  Failures are
 * reported.  LOG is borrowed. */
errint_t storage_daemon_start (const char *directory,
                               const struct storage_daemon_part *parts,
                               size_t count,
                               const int *kept, size_t kept_count,
                               const struct log *log,
                               struct storage_daemon **daemon);

/* Gets ready for commands, which is when its graph is there.  Not reported:
 * see storage_daemon_blame. */
errint_t storage_daemon_open_monitor (struct storage_daemon *daemon);

/* What commanding it takes: the connection, and the file that it writes its
 * errors to. */
void storage_daemon_control_descriptors (const struct storage_daemon *daemon,
                                         int descriptors[2]);

/* Connecting failed with ERROR: reports what of PARTS, as they were given at
 * the start, is to blame, or that the daemon failed.  Returns ERROR. */
errint_t storage_daemon_blame (struct storage_daemon *daemon,
                               const struct storage_daemon_part *parts,
                               size_t count, errint_t error);

/* Ends it and waits; the socket is removed. */
void storage_daemon_stop (struct storage_daemon *daemon);
DEFINE_CLEANUP (struct storage_daemon *, storage_daemon_stop)

/* Runs a QMP command; takes ARGUMENTS over.  A failure is reported as "WHAT:
 * OBJECT: what QEMU says". */
errint_t storage_daemon_execute (struct storage_daemon *daemon,
                                 const char *command, json_t *arguments,
                                 const char *what, const char *object);

/* The same for a command that starts a job of the given id: until it ended. */
errint_t storage_daemon_run_job (struct storage_daemon *daemon,
                                 const char *command, const char *id,
                                 json_t *arguments,
                                 const char *what, const char *object);

/* Path of the NBD server's socket, which storage_daemon_hide removes: those
 * who are connected stay so, nobody else comes in. */
const char *storage_daemon_socket (const struct storage_daemon *daemon);
void storage_daemon_hide (struct storage_daemon *daemon);
/* Removes that of a daemon that any process has started. */
void storage_daemon_remove_socket (const char *directory);

/* Gives up the connection by which it can be told to open files: what comes
 * after parses what a guest wrote. */
void storage_daemon_seal (struct storage_daemon *daemon);

/* A descriptor that polls readable once it has ended; the daemon's. */
int storage_daemon_process (const struct storage_daemon *daemon);

pid_t storage_daemon_pid (const struct storage_daemon *daemon);

#endif
