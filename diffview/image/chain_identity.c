/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The identity of a chain, see chain_identity.h.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "chain_identity.h"

/* Nanoseconds that have to have passed since a file changed: more than the
 * clock of any filesystem's times takes to go on. */
#define SETTLED INT64_C (1000000000)
/* FAT's and others' clocks have no fractions. */
#define SETTLED_WHOLE INT64_C (3000000000)

struct file_identity {
  char format[16];
  uint64_t device, inode, size;
  int64_t mtime_seconds, ctime_seconds;
  int64_t mtime_nanoseconds, ctime_nanoseconds;
};

static bool
is_settled (const struct timespec *changed)
{
  struct timespec now;
  int64_t age;

  clock_gettime (CLOCK_REALTIME, &now);
  if (now.tv_sec - changed->tv_sec > 60)
    return true;
  age = (int64_t) (now.tv_sec - changed->tv_sec) * 1000000000
    + (now.tv_nsec - changed->tv_nsec);
  return age > (changed->tv_nsec == 0 ? SETTLED_WHOLE : SETTLED);
}

static bool
add_file (const struct image_file *file, const char *format,
          struct file_identity *result)
{
  struct stat status;

  if (file->fd < 0 || file->device || fstat (file->fd, &status) < 0
      || !S_ISREG (status.st_mode) || !is_settled (&status.st_mtim)
      || !is_settled (&status.st_ctim))
    return false;
  /* No padding: all of it is digested. */
  memset (result, 0, sizeof *result);
  strncpy (result->format, format, sizeof result->format - 1);
  result->device = status.st_dev;
  result->inode = status.st_ino;
  result->size = (uint64_t) status.st_size;
  result->mtime_seconds = status.st_mtim.tv_sec;
  result->mtime_nanoseconds = status.st_mtim.tv_nsec;
  result->ctime_seconds = status.st_ctim.tv_sec;
  result->ctime_nanoseconds = status.st_ctim.tv_nsec;
  return true;
}

bool
chain_identity (const struct image_layer *layers, size_t count,
                struct digest *identity)
{
  struct file_identity *files = calloc (2 * count + 1, sizeof *files);
  size_t found = 0;
  bool known = files != NULL && count > 0;

  for (size_t i = 0; i < count && known; ++i) {
    known = layers[i].header.extent_count == 0
      && add_file (layers[i].file, layers[i].format->name, &files[found++]);
    if (known && layers[i].data_file != NULL)
      known = add_file (layers[i].data_file, "data", &files[found++]);
  }
  if (known)
    *identity = digest_of (files, found * sizeof *files);
  free (files);
  return known;
}
