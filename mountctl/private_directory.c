/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Private directories: made, recognised, deleted.  All by descriptors, for
 * the parent directory is everybody's.
 */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "private_directory.h"
#include "remains.h"

/* A socket's path has at most 107 bytes (unix(7)); the longest below the parent
 * is deltafs-XXXXXX/libguestfsXXXXXX/guestfsd.sock, and some more is kept. */
#define PARENT_LIMIT 50
/* Nothing that we make is deeper. */
#define DEPTH_LIMIT 32
#define SESSION_NAME "session"
#define SESSION_FORMAT "deltafs 1 %d %" PRIu64 "\n%s\n"
#define SESSION_LIMIT 8192
/* Between a directory and its session file, even on a busy machine. */
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
        || (depth == 0 && strcmp (member->d_name, SESSION_NAME) == 0))
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
    unlinkat (dirfd (stream), SESSION_NAME, 0);
  return result;
}

/* Deletes the directory NAME, which is open as DIRECTORY and is closed. */
static errint_t
remove_whole (int parent, const char *name, int directory)
{
  errint_t error = remove_members (directory, 0);

  if (unlinkat (parent, name, AT_REMOVEDIR) < 0 && error == 0)
    error = -errno;
  return error;
}

/* Writes the session file under another name, locked, before it gets its own:
 * whoever sees it sees it locked.  Returns its descriptor or an errno. */
static int
write_session (int directory, const char *mount_point)
{
  CLEANUP_CLOSE int fd = openat (directory, SESSION_NAME ".new",
                                 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                                 0600);
  struct process_identity self;
  errint_t error;

  if (fd < 0 || flock (fd, LOCK_EX | LOCK_NB) < 0)
    return -errno;
  error = process_identify (getpid (), &self);
  if (error < 0)
    return error;
  if (dprintf (fd, SESSION_FORMAT, (int) self.pid, self.start,
               mount_point != NULL ? mount_point : "") < 0)
    return -errno;
  if (renameat (directory, SESSION_NAME ".new", directory, SESSION_NAME) < 0)
    return -errno;
  return steal_fd (&fd);
}

errint_t
private_directory_make (const char *mount_point, const struct log *log,
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
    int error = -errno;

    free (directory->path);
    free (directory);
    return log_error (log, error, "cannot make a temporary directory",
                      parent);
  }
  fd = open (directory->path,
             O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  directory->lock = fd < 0 ? -errno : write_session (fd, mount_point);
  if (directory->lock < 0) {
    int error = log_error (log, directory->lock,
                           "cannot use a temporary directory",
                           directory->path);

    private_directory_remove (directory);
    return error;
  }
  *result = directory;
  return 0;
}

void
private_directory_remove (struct private_directory *directory)
{
  int fd = open (directory->path,
                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  struct stat session;

  if (directory->lock >= 0 && fstat (directory->lock, &session) == 0)
    remains_clear (&session.st_mtim);
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
  struct stat session;

  if (!has_appliances (directory) || fstat (directory->lock, &session) < 0)
    return;
  for (unsigned round = 0; round < APPLIANCE_ROUNDS; ++round) {
    poll (NULL, 0, APPLIANCE_MILLISECONDS);
    remains_clear (&session.st_mtim);
  }
}

void
private_directory_reclaim (struct private_directory *directory)
{
  CLEANUP_FREE char *path = NULL;

  directory->lock = -1;
  if (asprintf (&path, "%s/" SESSION_NAME, directory->path) < 0)
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

/* Opens the directory NAME, and its session file, if they are OWNER's. */
static errint_t
open_session (int parent, const char *name, int *directory, int *session)
{
  CLEANUP_CLOSE int fd = openat (parent, name, O_RDONLY | O_DIRECTORY
                                 | O_NOFOLLOW | O_CLOEXEC);
  CLEANUP_CLOSE int file = -1;
  struct stat stat, file_stat;

  if (fd < 0 || fstat (fd, &stat) < 0)
    return -errno;
  if (stat.st_uid != geteuid () && geteuid () != 0)
    return -EPERM;
  if ((stat.st_mode & 07777) != 0700)
    return -ENOENT;
  file = openat (fd, SESSION_NAME,
                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0 || fstat (file, &file_stat) < 0)
    return -errno;
  if (!S_ISREG (file_stat.st_mode) || file_stat.st_uid != stat.st_uid)
    return -ENOENT;
  *directory = steal_fd (&fd);
  *session = steal_fd (&file);
  return 0;
}

static errint_t
parse_session (char *text, struct session *session)
{
  char *line = strchr (text, '\n');
  char *end;
  int pid;

  if (line == NULL
      || sscanf (text, "deltafs 1 %d %" SCNu64 "\n", &pid,
                 &session->supervisor.start) != 2
      || pid <= 1)
    return -ENOENT;
  session->supervisor.pid = (pid_t) pid;
  /* The mount point is all the rest but the last newline. */
  ++line;
  end = strrchr (line, '\n');
  if (end != NULL)
    *end = '\0';
  session->mount_point = strdup (line);
  return session->mount_point != NULL ? 0 : -ENOMEM;
}

errint_t
session_read (int parent, const char *name, struct session *session,
              bool *in_use)
{
  CLEANUP_CLOSE int directory = -1;
  CLEANUP_CLOSE int file = -1;
  char text[SESSION_LIMIT];
  errint_t error = open_session (parent, name, &directory, &file);
  ssize_t length;

  if (error < 0)
    return error;
  length = read (file, text, sizeof text - 1);
  if (length < 0)
    return -errno;
  text[length] = '\0';
  error = parse_session (text, session);
  if (error < 0)
    return error;
  *in_use = flock (file, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
  return 0;
}

void
session_clear (struct session *session)
{
  free (session->mount_point);
  session->mount_point = NULL;
}

/* Is it of a run that was killed before it had written its session file?  It is
 * empty then, or has but one that nobody has locked. */
static bool
is_stillborn (int directory)
{
  CLEANUP_CLOSE int file = -1;
  struct stat stat;

  if (fstat (directory, &stat) < 0 || stat.st_uid != geteuid ()
      || (stat.st_mode & 07777) != 0700
      || stat.st_ctim.tv_sec + BIRTH_SECONDS > time (NULL))
    return false;
  file = openat (directory, SESSION_NAME ".new",
                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  return file < 0 ? errno == ENOENT
    : flock (file, LOCK_EX | LOCK_NB) == 0;
}

static errint_t
remove_stillborn (int parent, const char *name)
{
  CLEANUP_CLOSE int directory = openat (parent, name, O_RDONLY | O_DIRECTORY
                                        | O_NOFOLLOW | O_CLOEXEC);

  if (directory < 0 || !is_stillborn (directory))
    return -ENOENT;
  unlinkat (directory, SESSION_NAME ".new", 0);
  return unlinkat (parent, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

errint_t
private_directory_remove_dead (int parent, const char *name)
{
  CLEANUP_CLOSE int directory = -1;
  CLEANUP_CLOSE int file = -1;
  struct stat stat, session;
  errint_t error = open_session (parent, name, &directory, &file);

  if (error == -ENOENT && parent != AT_FDCWD)
    return remove_stillborn (parent, name);
  if (error < 0)
    return error;
  if (fstat (directory, &stat) < 0 || stat.st_uid != geteuid ())
    return -EPERM;
  if (flock (file, LOCK_EX | LOCK_NB) < 0)
    return -EBUSY;
  if (fstat (file, &session) == 0)
    remains_clear (&session.st_mtim);
  return remove_whole (parent, name, steal_fd (&directory));
}
