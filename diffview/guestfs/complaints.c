/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What could not be read is reported once for each path.
 */
#include <config.h>

#include "complaints.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "reason.h"

/* Without memory a path is reported again, no more. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct complaint {
  char *path;
  UT_hash_handle hh;
};

struct complaints {
  const struct log *log;
  char *name;
  pthread_mutex_t lock;         /* of what follows */
  struct complaint *by_path;
};

struct complaints *
complaints_new (const struct log *log, const char *name)
{
  struct complaints *complaints = calloc (1, sizeof *complaints);

  if (complaints == NULL)
    return NULL;
  complaints->log = log;
  complaints->name = strdup (name);
  if (complaints->name == NULL) {
    free (complaints);
    return NULL;
  }
  pthread_mutex_init (&complaints->lock, NULL);
  return complaints;
}

static void
complaint_free (struct complaint *complaint)
{
  free (complaint->path);
  free (complaint);
}

void
complaints_free (struct complaints *complaints)
{
  struct complaint *complaint, *next;

  HASH_ITER (hh, complaints->by_path, complaint, next) {
    HASH_DEL (complaints->by_path, complaint);
    complaint_free (complaint);
  }
  pthread_mutex_destroy (&complaints->lock);
  free (complaints->name);
  free (complaints);
}

/* Is it new?  With the lock held. */
static bool
remember (struct complaints *complaints, const char *path)
{
  struct complaint *complaint;

  HASH_FIND_STR (complaints->by_path, path, complaint);
  if (complaint != NULL)
    return false;
  complaint = calloc (1, sizeof *complaint);
  if (complaint == NULL)
    return true;
  complaint->path = strdup (path);
  if (complaint->path == NULL) {
    complaint_free (complaint);
    return true;
  }
  HASH_ADD_KEYPTR (hh, complaints->by_path, complaint->path,
                   strlen (complaint->path), complaint);
  return true;
}

void
complaints_add_reason (struct complaints *complaints, const char *what,
                       const char *path, const char *reason)
{
  bool is_new;

  pthread_mutex_lock (&complaints->lock);
  is_new = remember (complaints, path);
  pthread_mutex_unlock (&complaints->lock);
  if (is_new)
    log_report (complaints->log, LOG_LEVEL_WARNING, what, path, "%s (%s)",
                reason, complaints->name);
}

void
complaints_add (struct complaints *complaints, const char *what,
                const char *path, errint_t error)
{
  complaints_add_reason (complaints, what, path, reason_text (error));
}

void
complaints_add_node (struct complaints *complaints, const char *what,
                     const struct tree_node *node, errint_t error)
{
  CLEANUP_FREE char *path = tree_path (node);

  complaints_add (complaints, what, path != NULL ? path : "?", error);
}

void
complaints_add_rest (struct complaints *complaints,
                     const struct delta *delta, size_t first)
{
  for (size_t i = first; i < delta->count; ++i)
    if (delta->entries[i].status == STATUS_UNREADABLE)
      complaints_add_reason (complaints, "cannot compare",
                             delta->entries[i].path,
                             "a directory above or below it cannot be read");
}
