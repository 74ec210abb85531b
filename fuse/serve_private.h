/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of this room share: one served mount.
 */
#ifndef DELTAFS_SERVE_PRIVATE_H
#define DELTAFS_SERVE_PRIVATE_H

#include <stdbool.h>

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include "log.h"
#include "mounting.h"
#include "serve.h"
#include "view.h"

struct serve_mount {
  const struct log *log;        /* borrowed */
  struct mounting mounting;
};

/* Set up by serve_open and completed by serve_run before the first thread
 * of the loop starts; constant from then on, so that it needs no lock. */
struct serve {
  const struct log *log;        /* borrowed */
  struct fuse_session *session; /* owns the device; NULL once it is closed */
  int stop;                     /* eventfd: readable from serve_stop on, for
                                 * ever */
  char *source;                 /* for messages, or NULL */
  const struct view *view;      /* borrowed */

  /* Written by the INIT request, which comes before all others. */
  bool initialized;
  bool no_open;                 /* the kernel can do without OPEN */
  bool no_opendir;
  bool splice;                  /* it takes answers from a pipe */
};

/* The served mount that a request is for. */
static inline struct serve *
serve_of (fuse_req_t request)
{
  return fuse_req_userdata (request);
}

#endif
