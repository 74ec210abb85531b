/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QEMU's machine protocol on a connected socket: a command and its reply at
 * a time (QEMU, docs/interop/qmp-spec.txt).
 */
#ifndef DELTAFS_IMAGE_QMP_H
#define DELTAFS_IMAGE_QMP_H

#include <jansson.h>

#include "cleanup.h"
#include "errint.h"

struct qmp;

/* Takes the greeting and leaves negotiation mode.  FD is taken over on
 * success.  -ETIMEDOUT, -ECONNRESET when the other side went away, -EPROTO,
 * -ENOMEM; not reported. */
errint_t qmp_open (int fd, struct qmp **qmp);
void qmp_close (struct qmp *qmp);
DEFINE_CLEANUP (struct qmp *, qmp_close)

/* Runs COMMAND; takes ARGUMENTS over, whatever happens, and fails with -ENOMEM
 * when that is NULL.  -EIO when QEMU refused: *FAILURE is what it says, a new
 * string to be freed.  Otherwise as qmp_open, with *FAILURE NULL. */
errint_t qmp_execute (struct qmp *qmp, const char *command,
                      json_t *arguments, char **failure);

/* Waits until the job ID, just started, has ended, and dismisses it.  As
 * qmp_execute. */
errint_t qmp_finish_job (struct qmp *qmp, const char *id, char **failure);

#endif
