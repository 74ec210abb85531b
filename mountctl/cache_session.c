/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cache of one run, see cache_session.h.
 */
#include <config.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cache_directory.h"
#include "cache_session.h"

void
cache_session_open (struct cache_session *session,
                    const struct options *options, const struct log *log)
{
  const char *reason = NULL;

  *session = (struct cache_session) { .directory = -1, .made = -1 };
  if (options->no_cache || options->engine == ENGINE_GUESTFS
      || options->command == COMMAND_INFO)
    return;
  if (cache_directory_open (true, &reason, &session->directory) < 0) {
    log_detail (log, "no cache: %s", reason);
    return;
  }
  session->made = memfd_create ("deltafs-index", MFD_CLOEXEC);
}

struct base_cache *
cache_session_load (struct cache_session *session,
                    const struct image_pair *pair, const struct log *log)
{
  CLEANUP_CLOSE int directory = steal_fd (&session->directory);
  CLEANUP_CLOSE int fd = -1;
  CLEANUP_FREE char *name = NULL;
  struct base_cache *cache = NULL;
  struct digest identity;

  if (directory < 0)
    return NULL;
  if (!pair_base_identity (pair, &identity, &name)) {
    log_detail (log, "no cache: the base cannot be told from another one, or "
                "has just been changed");
    return NULL;
  }
  if (base_cache_new (&identity, name, &cache) < 0)
    return NULL;
  if (cache_directory_find (directory, &identity, &fd) == 0
      && base_cache_load (cache, fd) < 0)
    log_detail (log, "the base's index is damaged, or of another version");
  return cache;
}

void
cache_session_store (const struct cache_session *session,
                     const struct base_cache *cache, const struct log *log)
{
  errint_t error = -EBADF;
  bool written = false;

  if (session->made >= 0)
    error = base_cache_write (cache, session->made, &written);
  if (error < 0)
    log_detail (log, "the base's index is not kept: %s", strerror (-error));
  else if (written)
    log_detail (log, "an index of the base was made");
}

void
cache_session_close (struct cache_session *session)
{
  if (session->directory >= 0 && session->made >= 0)
    cache_directory_publish (session->directory, session->made);
  if (session->directory >= 0)
    close (steal_fd (&session->directory));
  if (session->made >= 0)
    close (steal_fd (&session->made));
}
