/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Private directories: made, recognised, deleted.  All by descriptors, for
 * the parent directory is everybody's.
 */
#include <config.h>

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "private_directory.h"
#include "stale_sockets.h"

/* A socket's path has at most 107 bytes (unix(7)); the longest below the parent
 * is deltafs-XXXXXX/libguestfsXXXXXX/guestfsd.sock, and some more is kept. */
#define PARENT_LIMIT 50
/* Nothing that we make is deeper. */
#define DEPTH_LIMIT 32
/* mkdtemp(3) puts six characters behind the prefix. */
#define RANDOM_LENGTH 6
#define LOCK_NAME "lock"
#define LOCK_TEXT "private directory of deltafs\n"
/* Between a directory and its lock file, even on a busy machine. */
#define BIRTH_SECONDS 10
#define RECLAIM_ROUNDS 50
#define RECLAIM_MILLISECONDS 100
#define APPLIANCE_ROUNDS 6
#define APPLIANCE_MILLISECONDS 500

const char *
private_directory_parent (void)
{
  const char *parent = getenv ("TMPDIR");

  if (parent == NULL || parent[0] != '/' || strlen (parent) > PARENT_LIMIT)
    return "/tmp";
  return parent;
}

/* Deletes what is in the directory, which is closed. */
static errint_t
remove_members (int directory, unsigned depth)
{
  CLEANUP_CLOSEDIR DIR *stream = fdopendir (directory);
  struct dirent *member;
  errint_t result = 0;

  if (stream == NULL) {
    result = -errno;
    close (directory);
    return result;
  }
  while ((member = readdir (stream)) != NULL) {
    int child;

    if (strcmp (member->d_name, ".") == 0
        || strcmp (member->d_name, "..") == 0
        || (depth == 0 && strcmp (member->d_name, LOCK_NAME) == 0))
      continue;
    if (unlinkat (dirfd (stream), member->d_name, 0) == 0)
      continue;
    if (errno != EISDIR && errno != EPERM)
      result = -errno;
    else if (depth == DEPTH_LIMIT)
      result = -ELOOP;
    else {
      child = openat (dirfd (stream), member->d_name,
                      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (child < 0
          || remove_members (child, depth + 1) < 0
          || unlinkat (dirfd (stream), member->d_name, AT_REMOVEDIR) < 0)
        result = -EBUSY;
    }
  }
  /* By it others know the directory, if this one is killed now. */
  if (depth == 0)
    unlinkat (dirfd (stream), LOCK_NAME, 0);
  return result;
}

/* Deletes the directory NAME, which is open as DIRECTORY and is closed. */
static errint_t
remove_whole (int parent, const char *name, int directory)
{
  errint_t err = remove_members (directory, 0);

  if (unlinkat (parent, name, AT_REMOVEDIR) < 0 && err == 0)
    err = -errno;
  return err;
}

/* The whole file, for this process alone: a child does not inherit it. */
static struct flock
whole_file (void)
{
  return (struct flock) { .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

/* Writes the lock file under another name, locked, before it gets its own:
 * whoever sees it sees it locked.  It is locked twice: by flock(2) as long as
 * any process of the run has it open, by fcntl(2) as long as this process
 * lives.  Returns its descriptor or an errno. */
static int
write_lock (int directory)
{
  static const char text[] = LOCK_TEXT;
  CLEANUP_CLOSE int fd = openat (directory, LOCK_NAME ".new",
                                 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                                 0600);
  struct flock lock = whole_file ();
  ssize_t written;

  if (fd < 0 || flock (fd, LOCK_EX | LOCK_NB) < 0)
    return -errno;
  /* Where a filesystem cannot do that, umount may wait in vain for a moment. */
  fcntl (fd, F_SETLK, &lock);
  written = write (fd, text, strlen (text));
  if (written != (ssize_t) strlen (text))
    return written < 0 ? -errno : -ENOSPC;
  if (renameat (directory, LOCK_NAME ".new", directory, LOCK_NAME) < 0)
    return -errno;
  return steal_fd (&fd);
}

errint_t
private_directory_make (const struct log *log,
                        struct private_directory **result)
{
  const char *parent = private_directory_parent ();
  struct private_directory *directory = calloc (1, sizeof *directory);
  CLEANUP_CLOSE int fd = -1;

  if (directory == NULL
      || asprintf (&directory->path, "%s/" PRIVATE_DIRECTORY_PREFIX "XXXXXX",
                   parent) < 0) {
    free (directory);
    return log_error (log, -ENOMEM, "cannot make a temporary directory",
                      parent);
  }
  directory->lock = -1;
  if (mkdtemp (directory->path) == NULL) {
    int err = -errno;

    free (directory->path);
    free (directory);
    return log_error (log, err, "cannot make a temporary directory",
                      parent);
  }
  fd = open (directory->path,
             O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  directory->lock = fd < 0 ? -errno : write_lock (fd);
  if (directory->lock < 0) {
    int err = log_error (log, directory->lock,
                         "cannot use a temporary directory",
                         directory->path);

    private_directory_remove (directory);
    return err;
  }
  *result = directory;
  return 0;
}

void
private_directory_remove (struct private_directory *directory)
{
  int fd = open (directory->path,
                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat lock;

  if (directory->lock >= 0 && fstat (directory->lock, &lock) == 0)
    stale_sockets_clear (&lock.st_mtim);
  if (fd >= 0)
    remove_whole (AT_FDCWD, directory->path, fd);
  if (directory->lock >= 0)
    close (directory->lock);
  free (directory->path);
  free (directory);
}

/* Does libguestfs have something in there? */
static bool
has_appliances (const struct private_directory *directory)
{
  CLEANUP_CLOSEDIR DIR *stream = opendir (directory->path);
  const struct dirent *member;

  while (stream != NULL && (member = readdir (stream)) != NULL)
    if (strncmp (member->d_name, "libguestfs", strlen ("libguestfs")) == 0)
      return true;
  return false;
}

/* Appliances end a moment after the process that started them, and what they
 * leave elsewhere can only be deleted then. */
static void
await_appliances (const struct private_directory *directory)
{
  struct stat lock;

  if (!has_appliances (directory) || fstat (directory->lock, &lock) < 0)
    return;
  for (unsigned round = 0; round < APPLIANCE_ROUNDS; ++round) {
    poll (NULL, 0, APPLIANCE_MILLISECONDS);
    stale_sockets_clear (&lock.st_mtim);
  }
}

void
private_directory_reclaim (struct private_directory *directory)
{
  CLEANUP_FREE char *path = NULL;

  directory->lock = -1;
  if (asprintf (&path, "%s/" LOCK_NAME, directory->path) < 0)
    path = NULL;
  else
    directory->lock = open (path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  for (unsigned round = 0; round < RECLAIM_ROUNDS && directory->lock >= 0
         && flock (directory->lock, LOCK_EX | LOCK_NB) < 0; ++round)
    poll (NULL, 0, RECLAIM_MILLISECONDS);
  if (directory->lock >= 0)
    await_appliances (directory);
  private_directory_remove (directory);
}

static bool
is_our_name (const char *name)
{
  const size_t prefix = strlen (PRIVATE_DIRECTORY_PREFIX);

  if (strncmp (name, PRIVATE_DIRECTORY_PREFIX, prefix) != 0
      || strlen (name) != prefix + RANDOM_LENGTH)
    return false;
  for (const char *next = name + prefix; *next != '\0'; ++next)
    if (!isalnum ((unsigned char) *next))
      return false;
  return true;
}

/* Opens the directory NAME if it may be a private one of this user: -ENOENT,
 * -EPERM. */
static int
open_directory (int parent, const char *name)
{
  CLEANUP_CLOSE int fd = -1;
  struct stat stat;

  if (!is_our_name (name))
    return -ENOENT;
  fd = openat (parent, name,
               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &stat) < 0)
    return -errno;
  if (stat.st_uid != geteuid ())
    return -EPERM;
  return (stat.st_mode & 07777) == 0700 ? steal_fd (&fd) : -ENOENT;
}

/* Its lock file, if that is one: -ENOENT. */
static int
open_lock (int directory)
{
  CLEANUP_CLOSE int fd = openat (directory, LOCK_NAME,
                                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK
                                 | O_CLOEXEC);
  char text[sizeof LOCK_TEXT];
  struct stat stat;
  ssize_t length;

  if (fd < 0 || fstat (fd, &stat) < 0)
    return -errno;
  if (!S_ISREG (stat.st_mode) || stat.st_uid != geteuid ())
    return -ENOENT;
  length = read (fd, text, sizeof text);
  return length == (ssize_t) strlen (LOCK_TEXT)
    && memcmp (text, LOCK_TEXT, (size_t) length) == 0
    ? steal_fd (&fd) : -ENOENT;
}

/* Does the process live that made it? */
static bool
has_maker (int lock_file)
{
  struct flock lock = whole_file ();

  return fcntl (lock_file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool
private_directory_is_orphaned (int parent, const char *name)
{
  CLEANUP_CLOSE int directory = open_directory (parent, name);
  CLEANUP_CLOSE int file = directory < 0 ? -1 : open_lock (directory);

  return file >= 0 && !has_maker (file)
    && flock (file, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/* Is it of a run that was killed before it had written its lock file?  It is
 * empty then, or has but one that nobody has locked. */
static bool
is_stillborn (int directory)
{
  CLEANUP_CLOSE int file = -1;
  struct stat stat;

  if (fstat (directory, &stat) < 0
      || stat.st_ctim.tv_sec + BIRTH_SECONDS > time (NULL))
    return false;
  file = openat (directory, LOCK_NAME ".new",
                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  return file < 0 ? errno == ENOENT
    : flock (file, LOCK_EX | LOCK_NB) == 0;
}

static errint_t
remove_stillborn (int parent, const char *name, int directory)
{
  if (!is_stillborn (directory))
    return -ENOENT;
  unlinkat (directory, LOCK_NAME ".new", 0);
  return unlinkat (parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

errint_t
private_directory_remove_dead (int parent, const char *name)
{
  CLEANUP_CLOSE int directory = open_directory (parent, name);
  CLEANUP_CLOSE int file = -1;
  struct stat stat;

  if (directory < 0)
    return directory;
  file = open_lock (directory);
  if (file < 0)
    return file == -ENOENT ? remove_stillborn (parent, name, directory)
      : file;
  if (has_maker (file) || flock (file, LOCK_EX | LOCK_NB) < 0)
    return -EBUSY;
  if (fstat (file, &stat) == 0)
    stale_sockets_clear (&stat.st_mtim);
  return remove_whole (parent, name, steal_fd (&directory));
}
