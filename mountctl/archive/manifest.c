/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines as sha256sum of the GNU coreutils writes and reads them: digest, two
 * blanks, name; of a name with a backslash or a line break these are escaped
 * and the line begins with a backslash.
 */
#include <config.h>

#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "manifest.h"
#include "stream.h"

struct manifest {
  FILE *file;
  char *name;
  struct sha256_ctx digest;
};

static const char what[] = "cannot write";

/* Does TEXT begin as a line of a manifest does? */
static bool
is_line (const char *text)
{
  text += *text == '\\';
  return strspn (text, "0123456789abcdef") == SHA256_TEXT_SIZE - 1
    && strncmp (text + SHA256_TEXT_SIZE - 1, "  ", 2) == 0;
}

/* Is there a file with something else than a manifest in it, such as an image
 * that was named by mistake? */
static bool
is_something_else (const char *file)
{
  CLEANUP_CLOSE int fd = open (file, O_RDONLY | O_NONBLOCK | O_NOCTTY
                               | O_CLOEXEC);
  char start[SHA256_TEXT_SIZE + 4] = "";
  struct stat status;

  return fd >= 0 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode)
    && status.st_size > 0
    && (read (fd, start, sizeof start - 1) < 0 || !is_line (start));
}

/* Is FD, a file or a pipe, what standard output is? */
static bool
is_standard_output (int fd)
{
  struct stat status, output;

  return fstat (fd, &status) == 0 && fstat (STDOUT_FILENO, &output) == 0
    && (S_ISREG (status.st_mode) || S_ISFIFO (status.st_mode))
    && status.st_dev == output.st_dev && status.st_ino == output.st_ino;
}

errint_t
manifest_open (const char *file, const struct log *log,
               struct manifest **result)
{
  CLEANUP (manifest_free) struct manifest *manifest =
    calloc (1, sizeof *manifest);
  CLEANUP_CLOSE int fd = -1;

  if (manifest == NULL || (manifest->name = strdup (file)) == NULL)
    return log_error (log, -ENOMEM, what, file);
  if (is_something_else (file)) {
    log_report (log, LOG_LEVEL_ERROR, what, file,
                "the file exists and is not a manifest");
    log_hint (log, "remove it, or choose another name");
    return -EEXIST;
  }
  fd = open (file, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);
  if (fd < 0 || (manifest->file = fdopen (fd, "w")) == NULL)
    return log_error (log, -errno, what, file);
  steal_fd (&fd);
  if (is_standard_output (fileno (manifest->file))) {
    log_report (log, LOG_LEVEL_ERROR, what, file,
                "it is standard output, where the archive goes");
    return -EINVAL;
  }
  *result = steal_pointer (&manifest);
  return 0;
}

errint_t
manifest_start (struct manifest *manifest, const struct log *log)
{
  int fd = fileno (manifest->file);
  struct stat status;

  if (fstat (fd, &status) < 0
      || (S_ISREG (status.st_mode) && ftruncate (fd, 0) < 0))
    return log_error (log, -errno, what, manifest->name);
  return 0;
}

void
manifest_free (struct manifest *manifest)
{
  if (manifest->file != NULL)
    fclose (manifest->file);
  free (manifest->name);
  free (manifest);
}

void
manifest_begin (struct manifest *manifest)
{
  sha256_init (&manifest->digest);
}

void
manifest_update (struct manifest *manifest, const void *bytes, size_t length)
{
  sha256_update (&manifest->digest, length, bytes);
}

void
manifest_end (struct manifest *manifest, uint8_t digest[32])
{
  sha256_digest (&manifest->digest, SHA256_DIGEST_SIZE, digest);
}

void
manifest_add (struct manifest *manifest, const uint8_t digest[32],
              const char *path)
{
  FILE *file = manifest->file;
  char text[SHA256_TEXT_SIZE];

  sha256_text (digest, text);
  if (strpbrk (path, "\\\n\r") != NULL)
    putc ('\\', file);
  /* "-" would be standard input. */
  fprintf (file, "%s  %s", text, strcmp (path, "-") == 0 ? "./" : "");
  for (; *path != '\0'; ++path)
    switch (*path) {
    case '\\': fputs ("\\\\", file); break;
    case '\n': fputs ("\\n", file); break;
    case '\r': fputs ("\\r", file); break;
    default: putc (*path, file);
    }
  putc ('\n', file);
}

errint_t
manifest_finish (struct manifest *manifest, const struct log *log)
{
  errno = 0;
  if (fflush (manifest->file) == 0 && !ferror (manifest->file))
    return 0;
  return log_error (log, errno != 0 ? -errno : -EIO, what, manifest->name);
}
