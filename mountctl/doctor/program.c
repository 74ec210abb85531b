/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Running programs, see program.h.
 */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "program.h"

/* Reads up to the end, keeps the first line. */
static void
read_line (int fd, char *line, size_t size)
{
  size_t used = 0;
  char buffer[4096];
  ssize_t got;

  while ((got = read (fd, buffer, sizeof buffer)) > 0
         || (got < 0 && errno == EINTR))
    for (ssize_t i = 0; i < got && used + 1 < size; ++i)
      line[used++] = buffer[i];
  line[used] = '\0';
  line[strcspn (line, "\n")] = '\0';
}

errint_t
program_run (const char *const *arguments, char *line, size_t size)
{
  int ends[2], status;
  errint_t err;
  pid_t pid;

  line[0] = '\0';
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return -errno;
  err = process_start (arguments, NULL, (const int[PROCESS_FILES]) {
    PROCESS_NULL, ends[1], PROCESS_NULL, PROCESS_SAME,
  }, &pid);
  close (ends[1]);
  if (err == 0) {
    read_line (ends[0], line, size);
    err = process_wait (pid, &status);
    if (err == 0 && (!WIFEXITED (status) || WEXITSTATUS (status) != 0))
      err = -EIO;
  }
  close (ends[0]);
  return err;
}
