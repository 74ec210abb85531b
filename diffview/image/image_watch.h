/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The image files after they were opened.  One that is replaced by name stays
 * what it was, as it is held open; one that is written to, or cut short, is not
 * what was opened any more, and QEMU would go on reading whatever is there.
 */
#ifndef DELTAFS_IMAGE_WATCH_H
#define DELTAFS_IMAGE_WATCH_H

#include <stdbool.h>

#include "chain.h"
#include "cleanup.h"
#include "errint.h"
#include "log.h"

struct image_watch;

/* Notes how the local files of CHAINS are: their sizes, when they were
 * written, and whether a QEMU writes to them.  Everything is borrowed.  -ENOMEM,
 * or why a file cannot be looked at; not reported. */
errint_t image_watch_new (const struct image_chains *chains,
                          const struct log *log, struct image_watch **watch);
void image_watch_free (struct image_watch *watch);
DEFINE_CLEANUP (struct image_watch *, image_watch_free)

/* Warns of those that a QEMU writes to. */
void image_watch_warn (const struct image_watch *watch);

/* Did a QEMU write to one of them? */
bool image_watch_is_written (const struct image_watch *watch);

/* -EIO when a file has changed since: in size or in the time of the last
 * write; one that was being written only when it has become shorter.  Reported
 * once, the first time.  Any thread. */
errint_t image_watch_check (struct image_watch *watch);

#endif
