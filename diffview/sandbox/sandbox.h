/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The sandbox of the process that reads what a guest wrote, and serves it.
 * Whoever takes that process over by a crafted filesystem finds himself in one
 * that can answer the kernel's FUSE requests with lies, read the disks of this
 * one pair, and eat a bounded amount of memory, and that is all.  Knows
 * nothing of what the process does.
 *
 * What is in force after sandbox_enter, and why:
 *
 * no new privileges   set-user-ID programs give nothing (and seccomp for
 *                     ordinary users needs it)
 * no capabilities     none in any set, root or not
 * no core dumps       a core would hold the guest's files; the process is not
 *                     dumpable either, so that no other process of the user
 *                     may attach to it
 * Landlock            no file can be opened, made or removed by name, no TCP
 *                     port be bound or connected to, no abstract socket be
 *                     reached; as much of it as the kernel knows
 * seccomp             a list of system calls that computing and serving need.
 *                     Every other one, open and its family first of all,
 *                     fails with EPERM: libraries open /proc files lazily and
 *                     can do without.  What no honest code here would call
 *                     (starting programs or processes, sockets, mounts,
 *                     looking into other processes, …) kills the process: the
 *                     list is in filter.c.  Memory cannot be made executable
 * memory limit        RLIMIT_DATA, see sandbox_memory_budget.  Beyond it
 *                     allocations fail, which is a clean error
 *
 * What it has keeps working: descriptors that are open (the NBD connections,
 * pipes, the FUSE device that is received over a socket), memory files, threads.
 * What is opened lazily has to be opened before: files of locales and time
 * zones, libraries.
 *
 * What it does not stop: using up processor time, writing to what is open
 * (stderr, a pipe to the supervisor), memory in files of memfd_create (a cgroup
 * does), and asking the storage daemon to read.
 *
 * In a build with AddressSanitizer nothing of it is in force: the sanitizer
 * reads /proc, needs terabytes of address space, and stops its own threads with
 * ptrace.
 */
#ifndef DELTAFS_SANDBOX_H
#define DELTAFS_SANDBOX_H

#include <stdint.h>

#include "errint.h"
#include "log.h"

enum sandbox_choice {
  SANDBOX_AUTO,                 /* as much as there is, a warning if not all */
  SANDBOX_REQUIRE,              /* all of it, or an error */
  SANDBOX_OFF
};

/* Parts of the sandbox, bits of a set, in the order in which they are
 * entered. */
enum sandbox_part {
  SANDBOX_NO_NEW_PRIVILEGES = 1 << 0,
  SANDBOX_NO_CAPABILITIES = 1 << 1,
  SANDBOX_NO_CORE_DUMPS = 1 << 2,
  SANDBOX_MEMORY_LIMIT = 1 << 3,
  SANDBOX_LANDLOCK = 1 << 4,
  SANDBOX_SECCOMP = 1 << 5,     /* the last one: it forbids the others */
};

/* All of them. */
#define SANDBOX_PARTS ((1u << 6) - 1)

/* Its name in messages, static; of one part. */
const char *sandbox_part_name (enum sandbox_part part);

/* The parts that this kernel (or this build) cannot do: 0 where the sandbox
 * will be complete.  Changes nothing.  Any thread. */
unsigned sandbox_lacks (void);

/* How much memory (bytes) reading and serving a delta may take:
 *
 *   1 GiB + 4 times what was written since the base, but no more than three
 *   quarters of the machine's memory, and never less than 512 MiB.
 *
 * The fixed part is for what does not depend on the guest or only weakly:
 * threads' stacks (16 of 8 MiB), caches (some 100 MiB), the names of a large
 * base (20 bytes each).  What grows is the delta, its tree, and what was read
 * of inode tables: an entry takes some 500 bytes here and has cost the guest
 * an inode of 128 bytes or more and a name in a directory, so that 4 times the
 * written bytes is what the densest honest guest needs, one that only makes
 * empty files.  Three quarters, because whoever scans has other work as well.
 *
 * WRITTEN is in bytes; the disk's size where it is not known. */
uint64_t sandbox_memory_budget (uint64_t written);

/* Enters the sandbox; there is no way back.  To be called while there are no
 * other threads: those that are started later are in it, too.  MEMORY_BUDGET is
 * in bytes.  With SANDBOX_AUTO what the kernel lacks is one warning; with
 * SANDBOX_REQUIRE it is an error (reported): -ENOTSUP.  What is in force is
 * told at -v.  With SANDBOX_OFF nothing is done. */
errint_t sandbox_enter (enum sandbox_choice choice, uint64_t memory_budget,
                        const struct log *log);

#endif
