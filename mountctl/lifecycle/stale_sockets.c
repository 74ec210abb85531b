/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Dead socket directories of libguestfs: /tmp/libguestfsXXXXXX with
 * guestfsd.sock in it (libguestfs, lib/tmpdirs.c and lib/launch-direct.c).
 * One is alive as long as its socket is bound, which ends when the appliance has
 * called, or the socket is named in a command line, which is the appliance's
 * QEMU's.
 */
#include <config.h>

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "stale_sockets.h"

#define PARENT "/tmp"
#define PREFIX "libguestfs"
#define SOCKET_NAME "guestfsd.sock"
/* More than a command line of QEMU; what is behind is not looked at. */
#define TEXT_LIMIT (1024 * 1024)

/* Does the file name a path?  Its NULs separate strings. */
static bool
file_mentions (const char *file, const char *path)
{
  CLEANUP_CLOSE int fd = open (file, O_RDONLY | O_CLOEXEC);
  CLEANUP_FREE char *text = malloc (TEXT_LIMIT);
  size_t length = 0;
  ssize_t got = 0;

  if (fd < 0)
    return false;
  /* Where nothing is known, it is alive. */
  if (text == NULL)
    return true;
  while (length < TEXT_LIMIT
         && (got = read (fd, text + length, TEXT_LIMIT - length)) > 0)
    length += (size_t) got;
  return memmem (text, length, path, strlen (path)) != NULL;
}

static bool
command_line_mentions (const char *path)
{
  CLEANUP_CLOSEDIR DIR *proc = opendir ("/proc");
  const struct dirent *member;

  if (proc == NULL)
    return true;
  while ((member = readdir (proc)) != NULL) {
    char file[sizeof member->d_name + 32];

    if (!isdigit ((unsigned char) member->d_name[0]))
      continue;
    snprintf (file, sizeof file, "/proc/%s/cmdline", member->d_name);
    if (file_mentions (file, path))
      return true;
  }
  return false;
}

/* Has any process bound the socket?  The kernel finds that out by the inode;
 * /proc/net/unix would only list sockets of this network namespace.  A socket
 * of another type is never connected: whoever serves it does not notice. */
static bool
is_bound (int directory)
{
  CLEANUP_CLOSE int probe = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  snprintf (address.sun_path, sizeof address.sun_path,
            "/proc/self/fd/%d/" SOCKET_NAME, directory);
  return probe < 0
    || connect (probe, (const struct sockaddr *) &address,
                sizeof address) == 0
    || errno != ECONNREFUSED;
}

static bool
is_earlier (const struct timespec *a, const struct timespec *b)
{
  return a->tv_sec < b->tv_sec
    || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static void
clear_directory (int parent, const char *name, const struct timespec *since)
{
  CLEANUP_CLOSE int directory = openat (parent, name, O_RDONLY | O_DIRECTORY
                                        | O_NOFOLLOW | O_CLOEXEC);
  CLEANUP_FREE char *path = NULL;
  struct stat stat, socket;

  if (directory < 0
      || fstat (directory, &stat) < 0
      || stat.st_uid != geteuid ()
      || is_earlier (&stat.st_ctim, since)
      || fstatat (directory, SOCKET_NAME, &socket, AT_SYMLINK_NOFOLLOW) < 0
      || !S_ISSOCK (socket.st_mode))
    return;
  if (asprintf (&path, PARENT "/%s/" SOCKET_NAME, name) < 0) {
    path = NULL;
    return;
  }
  if (is_bound (directory) || command_line_mentions (path))
    return;
  unlinkat (directory, SOCKET_NAME, 0);
  unlinkat (directory, "console.sock", 0);
  unlinkat (parent, name, AT_REMOVEDIR);
}

void
stale_sockets_clear (const struct timespec *since)
{
  CLEANUP_CLOSEDIR DIR *parent = NULL;
  const struct dirent *member;

  if (geteuid () != 0)
    return;
  parent = opendir (PARENT);
  if (parent == NULL)
    return;
  while ((member = readdir (parent)) != NULL)
    if (strncmp (member->d_name, PREFIX, strlen (PREFIX)) == 0)
      clear_directory (dirfd (parent), member->d_name, since);
}
