/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Images that are not local files: QEMU's URIs.
 */
#ifndef DELTAFS_IMAGE_REMOTE_H
#define DELTAFS_IMAGE_REMOTE_H

#include <stdbool.h>

#include <jansson.h>

#include "errint.h"
#include "image_file.h"
#include "log.h"

/* Is a name on the command line a URI ("https://…") rather than a path? */
bool remote_is_uri (const char *name);

/* An image file for URI, or for a "json:" name that an image stores.  -EINVAL
 * with *REASON for a scheme that is none of nbd, nbd+tcp, nbd+unix, ssh, http
 * and https, or a URI that lacks something; -ENOMEM.  Not reported. */
errint_t remote_open (const char *uri, const char **reason,
                      struct image_file **file);

/* QEMU's description (QAPI BlockdevOptions, without node-name) of what URI
 * names; NULL with *REASON, as above. */
json_t *remote_describe (const char *uri, const char **reason);

/* The first bytes of FILE, a URI, as many as any header has, in a local file
 * of FILE's name, which is FILE's; they are fetched the first time.  The file is
 * made in DIRECTORY, unlinked.  -EIO, -ETIMEDOUT, … with *REASON, a new string to
 * be freed or NULL; not reported. */
errint_t remote_start (struct image_file *file, const char *directory,
                       char **reason, const struct image_file **start);

/* A hint where there is one for what QEMU said, REASON (or NULL). */
void remote_hint (const struct log *log, const char *reason);

#endif
