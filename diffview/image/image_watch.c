/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Comparing what fstat(2) tells with what it told, see image_watch.h.
 */
#include <config.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image_lock.h"
#include "image_watch.h"

struct watched {
  const struct image_file *file;        /* borrowed */
  off_t size;                   /* bytes; a block device has 0 */
  struct timespec written;      /* when it was, the last time */
  bool live;                    /* a QEMU writes to it */
};

struct image_watch {
  const struct log *log;
  atomic_bool changed;          /* and that was reported */
  size_t count;
  struct watched files[];
};

static errint_t
add_file (struct image_watch *watch, const struct image_file *file)
{
  struct watched *watched = &watch->files[watch->count];
  struct stat now;

  if (file == NULL || file->fd < 0)
    return 0;
  if (fstat (file->fd, &now) != 0)
    return -errno;
  *watched = (struct watched) {
    .file = file, .size = now.st_size, .written = now.st_mtim,
    .live = image_lock_is_written (file),
  };
  ++watch->count;
  return 0;
}

errint_t
image_watch_new (const struct image_chains *chains, const struct log *log,
                 struct image_watch **result)
{
  const struct image_chain *const both[] = { &chains->overlay, &chains->base };
  CLEANUP (image_watch_free) struct image_watch *watch = NULL;
  errint_t error = 0;

  watch = calloc (1, sizeof *watch + 2 * sizeof watch->files[0]
                  * (chains->overlay.count + chains->base.count));
  if (watch == NULL)
    return -ENOMEM;
  watch->log = log;
  for (size_t i = 0; i < 2; ++i)
    for (size_t j = 0; error == 0 && j < both[i]->count; ++j) {
      error = add_file (watch, both[i]->layers[j].file);
      if (error == 0)
        error = add_file (watch, both[i]->layers[j].data_file);
    }
  if (error == 0)
    *result = steal_pointer (&watch);
  return error;
}

void
image_watch_free (struct image_watch *watch)
{
  free (watch);
}

void
image_watch_warn (const struct image_watch *watch)
{
  for (size_t i = 0; i < watch->count; ++i)
    if (watch->files[i].live)
      log_report (watch->log, LOG_LEVEL_WARNING, "the image is being written",
                  watch->files[i].file->name,
                  "a running QEMU has it open for writing; this shows what "
                  "had reached the file by now");
}

bool
image_watch_is_written (const struct image_watch *watch)
{
  for (size_t i = 0; i < watch->count; ++i)
    if (watch->files[i].live)
      return true;
  return false;
}

/* What became of a file, or NULL. */
static const char *
change_of (const struct watched *watched)
{
  struct stat now;

  if (fstat (watched->file->fd, &now) != 0)
    return strerror (errno);
  if (now.st_size < watched->size)
    return "it was cut short";
  if (watched->live)
    return NULL;
  return now.st_size != watched->size
    || now.st_mtim.tv_sec != watched->written.tv_sec
    || now.st_mtim.tv_nsec != watched->written.tv_nsec
    ? "it was written to" : NULL;
}

errint_t
image_watch_check (struct image_watch *watch)
{
  if (atomic_load (&watch->changed))
    return -EIO;
  for (size_t i = 0; i < watch->count; ++i) {
    const char *change = change_of (&watch->files[i]);

    if (change == NULL)
      continue;
    if (!atomic_exchange (&watch->changed, true)) {
      log_report (watch->log, LOG_LEVEL_ERROR, "cannot read the image any more",
                  watch->files[i].file->name, "%s after it was opened",
                  change);
      log_hint (watch->log, "run it again to see what is there now; for "
                "a running guest, use a snapshot or a copy");
    }
    return -EIO;
  }
  return 0;
}
