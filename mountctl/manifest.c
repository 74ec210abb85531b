/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lines as sha256sum of the GNU coreutils writes and reads them: digest, two
 * blanks, name; of a name with a backslash or a line break these are escaped
 * and the line begins with a backslash.
 */
#include <config.h>

#include <nettle/sha2.h>
#include <string.h>

#include "manifest.h"
#include "stream.h"

struct manifest {
  FILE *file;
  char *name;
  struct sha256_ctx digest;
};

errint_t
manifest_open (const char *file, const struct log *log,
               struct manifest **result)
{
  CLEANUP (manifest_free) struct manifest *manifest =
    calloc (1, sizeof *manifest);

  if (manifest == NULL || (manifest->name = strdup (file)) == NULL)
    return log_error (log, -ENOMEM, "cannot write", file);
  manifest->file = fopen (file, "we");
  if (manifest->file == NULL)
    return log_error (log, -errno, "cannot write", file);
  *result = steal_pointer (&manifest);
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
  return log_error (log, errno != 0 ? -errno : -EIO, "cannot write",
                    manifest->name);
}
