/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What mount, diff and info have in common: from the options to what the
 * library finds.
 */
#ifndef DELTAFS_WORK_H
#define DELTAFS_WORK_H

#include "broker.h"
#include "inspection.h"
#include "message.h"
#include "options.h"
#include "pair.h"
#include "survey.h"
#include "worker.h"

struct work {
  struct image_pair *pair;
  struct watch *watch;          /* of the processes behind it */
  struct broker *broker;        /* NULL where no appliance is needed */
  struct inspection *inspection;
  const struct survey *survey;
};

/* Everything about the options that can be refused without an image.
 * Reported: -EINVAL, … */
errint_t work_check (const struct options *options, const struct log *log);

/* Opens the pair, enters the sandbox, and computes the delta set, showing a
 * progress bar where SHOW_PROGRESS.  Nothing can be opened after that, and the
 * current directory is the root.  Failures are reported.  -EAGAIN, of which only -v hears:
 * images that a QEMU writes to were read while they were torn, and a worker that
 * opens them again may do better; not in the last of WORKER_TRIES.  To be closed
 * with work_close in any case. */
errint_t work_open (struct work *work, const struct options *options,
                    const struct worker *worker,
                    const char *private_directory, bool show_progress,
                    struct messages *messages);

/* The same for a survey instead of a delta set. */
errint_t work_open_survey (struct work *work, const struct options *options,
                           const struct worker *worker,
                           const char *private_directory, bool show_progress,
                           struct messages *messages);

void work_close (struct work *work);

#endif
