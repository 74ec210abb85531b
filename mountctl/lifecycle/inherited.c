/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finds and closes the descriptors that the caller left open, see inherited.h.
 */
#include <config.h>

#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "inherited.h"

void
inherited_note (struct inherited *inherited, int kept)
{
  CLEANUP_CLOSEDIR DIR *stream = opendir ("/proc/self/fd");
  const struct dirent *member;

  inherited->count = 0;
  while (stream != NULL && (member = readdir (stream)) != NULL) {
    int fd = atoi (member->d_name);

    if (fd <= STDERR_FILENO || fd == dirfd (stream))
      continue;
    fcntl (fd, F_SETFD, FD_CLOEXEC);
    if (fd != kept && inherited->count < INHERITED_LIMIT)
      inherited->list[inherited->count++] = fd;
  }
}

void
inherited_close (struct inherited *inherited)
{
  for (size_t i = 0; i < inherited->count; ++i)
    close (inherited->list[i]);
  inherited->count = 0;
}
