/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cache of one run: what it needs of it is opened before anything of the
 * guest is read, and what it has found out is put in its place by the
 * supervisor, which believes none of it.
 */
#ifndef DELTAFS_CACHE_SESSION_H
#define DELTAFS_CACHE_SESSION_H

#include "base_cache.h"
#include "log.h"
#include "options.h"
#include "pair.h"

struct cache_session {
  int directory;                /* -1: there is no cache */
  int made;                     /* a memory file: what the worker has made */
};

/* In the supervisor, before there is a worker: opens the directory.  Why
 * there is no cache is a detail. */
void cache_session_open (struct cache_session *session,
                         const struct options *options,
                         const struct log *log);

/* In the worker, before anything of the guest is read: what is known of the
 * base of PAIR.  NULL without a cache, or where the base cannot be told from
 * another.  The worker's copy of the directory is closed. */
struct base_cache *cache_session_load (struct cache_session *session,
                                       const struct image_pair *pair,
                                       const struct log *log);

/* In the worker: hands what was found out to the supervisor. */
void cache_session_store (const struct cache_session *session,
                          const struct base_cache *cache,
                          const struct log *log);

/* In the supervisor, when the worker is ready or has ended: keeps what it
 * has handed over, and ends the session. */
void cache_session_close (struct cache_session *session);

#endif
