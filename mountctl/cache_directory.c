/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cache's directory, see cache_directory.h.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base_cache.h"
#include "cache_directory.h"
#include "cleanup.h"

#define SUFFIX ".index"
#define PART_SUFFIX ".part"
/* Seconds after which a file that is not finished is nobody's. */
#define PART_AGE 3600
#define COPY_SIZE ((size_t) 256 * 1024)

char *
cache_directory_path (void)
{
  const char *cache = getenv ("XDG_CACHE_HOME");
  const char *home = getenv ("HOME");
  char *path = NULL;
  int length = -1;

  if (cache != NULL && cache[0] == '/')
    length = asprintf (&path, "%s/deltafs", cache);
  else if (home != NULL && home[0] == '/')
    length = asprintf (&path, "%s/.cache/deltafs", home);
  return length < 0 ? NULL : path;
}

/* Makes the directory, and the one above it where that is missing. */
static void
make_directory (char *path)
{
  char *slash = strrchr (path, '/');

  if (mkdir (path, 0700) == 0 || errno != ENOENT)
    return;
  *slash = '\0';
  mkdir (path, 0700);
  *slash = '/';
  mkdir (path, 0700);
}

errint_t
cache_directory_open (bool make, const char **reason, int *directory)
{
  CLEANUP_FREE char *path = cache_directory_path ();
  CLEANUP_CLOSE int fd = -1;
  struct stat status;

  if (path == NULL) {
    *reason = "neither XDG_CACHE_HOME nor HOME has an absolute path";
    return -ENOENT;
  }
  if (make)
    make_directory (path);
  fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &status) < 0) {
    *reason = strerror (errno);
    return -errno;
  }
  if (status.st_uid != geteuid () || (status.st_mode & 077) != 0) {
    *reason = "its directory is somebody else's, or open to others";
    return -EPERM;
  }
  *directory = steal_fd (&fd);
  return 0;
}

static void
name_of (const struct digest *base, char name[64])
{
  digest_text (base, name);
  strcpy (name + DIGEST_TEXT_LENGTH, SUFFIX);
}

errint_t
cache_directory_find (int directory, const struct digest *base, int *result)
{
  const struct timespec used[2] = {
    { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_OMIT },
  };
  CLEANUP_CLOSE int fd = -1;
  struct stat status;
  char name[64];

  name_of (base, name);
  fd = openat (directory, name,
               O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &status) < 0)
    return -errno;
  if (!S_ISREG (status.st_mode) || status.st_uid != geteuid ())
    return -EPERM;
  futimens (fd, used);
  *result = steal_fd (&fd);
  return 0;
}

static errint_t
copy (int from, int to)
{
  CLEANUP_FREE_BYTES unsigned char *buffer = malloc (COPY_SIZE);
  off_t offset = 0;

  if (buffer == NULL)
    return -ENOMEM;
  for (;;) {
    ssize_t got = pread (from, buffer, COPY_SIZE, offset);
    ssize_t done = 0;

    if (got <= 0)
      return got < 0 ? -errno : 0;
    offset += got;
    /* It may still be growing. */
    if (offset > (off_t) BASE_CACHE_MAX)
      return -EFBIG;
    while (done < got) {
      ssize_t put = write (to, buffer + done, (size_t) (got - done));

      if (put < 0 && errno != EINTR)
        return -errno;
      done += put > 0 ? put : 0;
    }
  }
}

void
cache_directory_publish (int directory, int made)
{
  struct base_cache_summary summary = { .count = 0 };
  CLEANUP_CLOSE int fd = -1;
  char name[64], part[64];

  if (base_cache_summarize (made, &summary) < 0)
    return;
  free (summary.name);
  name_of (&summary.identity, name);
  snprintf (part, sizeof part, "%ld" PART_SUFFIX, (long) getpid ());
  unlinkat (directory, part, 0);
  fd = openat (directory, part,
               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return;
  if (copy (made, fd) < 0 || renameat (directory, part, directory, name) < 0)
    unlinkat (directory, part, 0);
  cache_directory_keep_limit (directory, CACHE_DIRECTORY_LIMIT);
}

static bool
has_suffix (const char *name, const char *suffix)
{
  size_t length = strlen (name), part = strlen (suffix);

  return length > part && strcmp (name + length - part, suffix) == 0;
}

static bool
is_index (const char *name)
{
  return strspn (name, "0123456789abcdef") == DIGEST_TEXT_LENGTH
    && strcmp (name + DIGEST_TEXT_LENGTH, SUFFIX) == 0;
}

static bool
is_later (const struct timespec *a, const struct timespec *b)
{
  return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec
    : a->tv_nsec > b->tv_nsec;
}

static int
compare_files (const void *a, const void *b)
{
  const struct cache_file *x = a, *y = b;

  if (is_later (&x->used, &y->used))
    return -1;
  return is_later (&y->used, &x->used) ? 1 : strcmp (x->name, y->name);
}

/* Adds one file of the directory to the list, if it is an index. */
static errint_t
add_file (int directory, const char *name, struct cache_file **files,
          size_t *count)
{
  struct cache_file *list;
  struct stat status;

  if (!is_index (name)
      || fstatat (directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0
      || !S_ISREG (status.st_mode))
    return 0;
  list = reallocarray (*files, *count + 1, sizeof *list);
  if (list == NULL)
    return -ENOMEM;
  *files = list;
  list[*count] = (struct cache_file) {
    .size = (uint64_t) status.st_size,
    .used = is_later (&status.st_atim, &status.st_mtim)
      ? status.st_atim : status.st_mtim,
  };
  strcpy (list[(*count)++].name, name);
  return 0;
}

/* A handle of its own for the directory, from its beginning. */
static DIR *
open_listing (int directory)
{
  CLEANUP_CLOSE int fd = openat (directory, ".",
                                 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *listing = fd < 0 ? NULL : fdopendir (fd);

  if (listing != NULL)
    steal_fd (&fd);
  return listing;
}

errint_t
cache_directory_list (int directory, struct cache_file **result,
                      size_t *count)
{
  CLEANUP_CLOSEDIR DIR *listing = open_listing (directory);
  struct cache_file *files = NULL;
  struct dirent *entry;
  errint_t error = 0;

  *count = 0;
  if (listing == NULL)
    return -errno;
  while (error == 0 && (entry = readdir (listing)) != NULL)
    error = add_file (directory, entry->d_name, &files, count);
  if (error < 0) {
    free (files);
    return error;
  }
  if (*count > 0)
    qsort (files, *count, sizeof *files, compare_files);
  *result = files;
  return 0;
}

static void
delete_parts (int directory)
{
  CLEANUP_CLOSEDIR DIR *listing = open_listing (directory);
  struct dirent *entry;
  struct stat status;

  while (listing != NULL && (entry = readdir (listing)) != NULL)
    if (has_suffix (entry->d_name, PART_SUFFIX)
        && fstatat (directory, entry->d_name, &status,
                    AT_SYMLINK_NOFOLLOW) == 0
        && status.st_mtim.tv_sec + PART_AGE < time (NULL))
      unlinkat (directory, entry->d_name, 0);
}

void
cache_directory_keep_limit (int directory, uint64_t limit)
{
  struct cache_file *files = NULL;
  uint64_t total = 0;
  size_t count;

  delete_parts (directory);
  if (cache_directory_list (directory, &files, &count) < 0)
    return;
  for (size_t i = 0; i < count; ++i) {
    if (files[i].size > limit - total)
      unlinkat (directory, files[i].name, 0);
    else
      total += files[i].size;
  }
  free (files);
}
