/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which files the names inside an image may lead to.  An image is made by an
 * attacker, and the names in it (backing file, external data file, VMDK
 * extent) could point at any file or service that this user can read; so
 * they are checked here, before anything is opened.
 *
 * A backing file is a local regular file.  A data file or an extent is a
 * regular file in its image's own folder, and no symbolic link.  Neither is
 * ever a "json:" or protocol name.
 */
#ifndef DELTAFS_IMAGE_POLICY_H
#define DELTAFS_IMAGE_POLICY_H

#include <stdbool.h>

#include "errint.h"
#include "image_file.h"
#include "log.h"

/* Would QEMU take NAME for a protocol's ("nbd:…", "json:…", "file:…")? */
bool policy_is_protocol (const char *name);

/* Opens the backing file that IMAGE stores as NAME; with TRUSTED also block
 * devices and URIs.  -EACCES when the policy forbids it, else as
 * image_file_open; *REASON says why; not reported. */
errint_t policy_open_backing (const struct image_file *image,
                              const char *name, bool trusted,
                              const char **reason, struct image_file **file);

/* The same for an extent, and for an external data file; with TRUSTED
 * anywhere. */
errint_t policy_open_extent (const struct image_file *image,
                             const char *name, bool trusted,
                             const char **reason, struct image_file **file);
errint_t policy_open_data_file (const struct image_file *image,
                                const char *name, bool trusted,
                                const char **reason,
                                struct image_file **file);

/* Hints at the remedy where REASON is one that the policy gave. */
void policy_hint (const struct log *log, const char *reason);

/* What IMAGE means by NAME, as QEMU resolves it: relative to the folder in
 * the image's own name.  A new string to be freed, NULL without memory. */
char *policy_resolve (const struct image_file *image, const char *name);

#endif
