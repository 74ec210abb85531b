/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pair of disks: base and overlay, opened read-only behind one
 * qemu-storage-daemon.  What this room knows: QEMU's images and block graph,
 * NBD.  What it must not know: filesystems.
 */
#ifndef DELTAFS_PAIR_H
#define DELTAFS_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "entry.h"
#include "errint.h"
#include "extents.h"
#include "log.h"

struct pair_options {
  const char *overlay;          /* as on the command line */
  const char *overlay_format;   /* --format, or NULL */
  const char *base;             /* --base, or NULL */
  const char *base_format;      /* --base-format, or NULL */
  bool allow_remote_backing;
  bool again;                   /* no warnings: they were given before */
  /* An existing directory of mode 0700 that is ours alone: sockets and
   * scratch files are made there, and unlinked as early as possible. */
  const char *private_directory;
};

struct image_pair;

/* Reads the chain, applies the policy on file names, checks the formats,
 * starts the storage daemon (which dies with this process, whatever
 * happens: call this from the thread that lives longest) and connects.
 * Everything that the user's files can do wrong is reported, with hints; a
 * warning where QEMU holds the overlay's write lock or the sizes differ.
 * *PAIR is to be freed with pair_close.  -ENOENT, -EINVAL, -EACCES (policy),
 * -ENOTSUP (encrypted), -EIO, … */
errint_t pair_open (const struct pair_options *options,
                    const struct log *log, struct image_pair **pair);

/* Ends the storage daemon and waits for it. */
void pair_close (struct image_pair *pair);
DEFINE_CLEANUP (struct image_pair *, pair_close)

/* Was a QEMU writing to one of the image files when they were opened?  Then what
 * is read may be torn: of different moments. */
bool pair_is_written (const struct image_pair *pair);

/* -EIO, reported the first time, when an image file has changed since it was
 * opened: what was read before may have been wrong already.  One that was being
 * written then may only grow.  To be asked after reading.  Any thread. */
errint_t pair_check (struct image_pair *pair);

/* Has pair_read given -EREMOTEIO since the pair was opened?  Any thread. */
bool pair_remote_failed (const struct image_pair *pair);

/* Virtual size of a side's disk, bytes. */
uint64_t pair_size (const struct image_pair *pair, enum side side);

/* Does each read of a side cost a message to another process?  Then reading
 * more than is needed is cheaper than reading again. */
bool pair_is_distant (const struct image_pair *pair, enum side side);

/* What was written since the base, in bytes of the overlay's virtual disk,
 * whatever the bytes are; NULL when the two have no common chain (then
 * everything may differ). */
const struct extents *pair_written (const struct image_pair *pair);

/* Is the overlay's content made of the base's, with that of other layers on top?
 * Not where the base has a chain of its own. */
bool pair_is_stacked (const struct image_pair *pair);

/* By the times of their files, was the base written to after the layer above it
 * was made?  Not where it is a layer that was not found by its stored name: that
 * is a copy, whose times say nothing. */
bool pair_base_is_younger (const struct image_pair *pair);

/* Reads LENGTH bytes of a side's disk as the images hold them (no journal
 * replayed).  Beyond the end of the disk: -EINVAL.  -EIO is not reported.
 * -EREMOTEIO, which is reported the first time, in its place where an image of
 * that side is remote: then it is no damage of the guest's, and the next read
 * may go well.  Any thread. */
errint_t pair_read (struct image_pair *pair, enum side side,
                    void *buffer, size_t length, uint64_t offset);

/* Moves LENGTH bytes of a side's disk from the image files into PIPE, which does
 * not block, as splice of engine.h says.  Any thread. */
errint_t pair_splice (struct image_pair *pair, enum side side, int pipe,
                      size_t length, uint64_t offset);

/* Makes the scratch layers, once; later calls do nothing.  Opens no file and
 * makes no socket.  Failures are reported.  One thread.  It can be left to a
 * fork of the process that opened the pair, which then needs no more of its
 * descriptors than those of pair_control_descriptors. */
errint_t pair_add_scratch (struct image_pair *pair);

#define PAIR_CONTROL_DESCRIPTORS 2
void pair_control_descriptors (const struct image_pair *pair,
                               int descriptors[PAIR_CONTROL_DESCRIPTORS]);

/* Where an appliance finds a side's disk after that: an NBD export on a Unix
 * socket that may be written to, into a scratch layer that is thrown away.
 * Strings of the pair.  A socket takes any number of connections. */
const char *pair_scratch_socket (const struct image_pair *pair,
                                 enum side side);
const char *pair_scratch_export (const struct image_pair *pair,
                                 enum side side);

/* Removes the socket's name, as soon as everybody who needs it has connected:
 * they stay connected, nobody else can come in, and nothing is left behind
 * even if this process is killed. */
void pair_hide_sockets (struct image_pair *pair);

/* Where another reader finds it, read-only and without the scratch layer. */
const char *pair_socket (const struct image_pair *pair, enum side side);
const char *pair_export (const struct image_pair *pair, enum side side);

enum pair_role {
  PAIR_ROLE_OVERLAY,            /* what is looked at, and layers above the
                                 * base: what they hold is the delta */
  PAIR_ROLE_BASE,
  PAIR_ROLE_BELOW,              /* what the base lies on */
};

/* One image file.  Strings are the pair's. */
struct pair_layer {
  enum pair_role role;
  const char *file;             /* path or URI, as it was opened */
  const char *format;           /* QEMU's name of it */
  const char *data_file;        /* external data, or NULL */
  bool size_known;
  uint64_t size;                /* virtual size, bytes */
};

/* Describes layer number INDEX in *LAYER: those of the overlay, the top one
 * first, then those of a base that has a chain of its own.  False when there is
 * none.  What a header says of a size may be a lie, but of the overlay and the
 * base it is what QEMU made of it. */
bool pair_layer (const struct image_pair *pair, size_t index,
                 struct pair_layer *layer);

/* The same from another process, which knows the private directory alone. */
void pair_remove_sockets (const char *private_directory);

/* No more than reading can be asked of the storage daemon from here on: the
 * connection by which it opens files on command is given up.  To be called
 * before the first byte of a guest's disk is parsed, and after everything that
 * has to change the block graph. */
void pair_seal (struct image_pair *pair);

/* A descriptor that polls readable once the storage daemon has ended; the
 * pair's.  It is a pidfd: waitid(2) knows why. */
int pair_daemon_process (const struct image_pair *pair);

/* Process id of the storage daemon, for messages and tests. */
int pair_daemon_pid (const struct image_pair *pair);

#endif
