/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replaying the journal of an ext4 filesystem by the host's e2fsck, for a
 * process that is shut in: a child that was forked before starts it, within
 * walls of its own (sandbox_enter_program).  It works on a memory file that the
 * caller fills in as it is read; nothing else is there to be written to.
 * Knows no image and no journal.
 */
#ifndef DELTAFS_RECOVERY_H
#define DELTAFS_RECOVERY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"
#include "log.h"

struct recovery;

/* Finds the e2fsck that would be started: in $PATH, or where those of root
 * are. */
bool recovery_find_program (char path[PATH_MAX]);

/* Forks the child, which waits until it is asked.  It dies with the calling
 * thread.  Call it without other threads and before the sandbox is entered.
 * LOG is borrowed.  NULL where that cannot be done, which most images do not
 * need: -v hears why. */
struct recovery *recovery_start (const struct log *log);

/* Ends the child and waits for it. */
void recovery_close (struct recovery *recovery);
DEFINE_CLEANUP (struct recovery *, recovery_close)

/* Where it reports to: the caller's LOG. */
const struct log *recovery_log (const struct recovery *recovery);

/* The filesystem, as a file that is not yet there. */
struct recovery_file {
  int fd;                       /* a memory file of its size; the caller's */
  uint64_t most;                /* bytes of memory that it may take */
  /* LENGTH bytes at OFFSET of the file, or behind its end, are going to be
   * read, or written: it waits until this returns.  <0 makes that fail, and
   * everything after it. */
  errint_t (*reads) (void *opaque, uint64_t offset, uint64_t length);
  errint_t (*writes) (void *opaque, uint64_t offset, uint64_t length);
  void *opaque;
};

/* Has e2fsck replay the journal of FILE.  0: it ended by itself, and said
 * nothing but that it replays, which it says whatever comes of it.  -ENOTSUP
 * with *REASON (static) where it cannot be started, says more, or does not end in
 * time; what the two functions returned.  Nothing is reported, but -v hears what
 * e2fsck said.  Uses ioctl, poll, sendmsg, recvmsg and close.  One thread at a
 * time. */
errint_t recovery_replay (struct recovery *recovery,
                          const struct recovery_file *file,
                          const char **reason);

#endif
