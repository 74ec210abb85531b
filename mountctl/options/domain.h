/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * --domain: a disk of a guest that libvirt knows, in place of an overlay's name.
 */
#ifndef DELTAFS_DOMAIN_H
#define DELTAFS_DOMAIN_H

#include "errint.h"
#include "log.h"
#include "options.h"

/* Asks libvirt (by a connection that may only read, as --connect says) for the
 * image that the disk named by --domain has now, the top of its chain, and puts
 * it before the operands; sets --format and --base-format where libvirt states
 * formats and the user does not.  It is asked by a process of its own: nothing of
 * libvirt stays in this one.  Reported: -ENOENT, -EINVAL, -ENOTSUP where deltafs
 * was built without libvirt, -EIO, … */
errint_t domain_find (struct options *options, const struct log *log);

#endif
