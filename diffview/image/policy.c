/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The policy on file names inside images.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy.h"
#include "remote.h"

static const char not_local[] =
  "not allowed: a name inside an image must be that of a local file";
static const char not_beside[] =
  "not allowed: this file has to lie in its image's own folder";

/* QEMU, block.c: path_has_protocol. */
bool
policy_is_protocol (const char *name)
{
  return name[strcspn (name, ":/")] == ':';
}

/* How many bytes of NAME are its folder, with the last slash. */
static size_t
folder_length (const char *name)
{
  const char *slash = strrchr (name, '/');

  return slash != NULL ? (size_t) (slash - name) + 1 : 0;
}

char *
policy_resolve (const struct image_file *image, const char *name)
{
  char *path;

  if (name[0] == '/' || policy_is_protocol (name))
    return strdup (name);
  if (asprintf (&path, "%.*s%s", (int) folder_length (image->name),
                image->name, name) < 0)
    return NULL;
  return path;
}

static errint_t
no_memory (const char **reason)
{
  *reason = strerror (ENOMEM);
  return -ENOMEM;
}

static errint_t
failed_folder (const char **reason)
{
  const int error = errno;

  *reason = strerror (error);
  return -error;
}

static errint_t
forbidden (const char **reason, const char *text)
{
  *reason = text;
  return -EACCES;
}

errint_t
policy_open_backing (const struct image_file *image,
                     const char *name, bool trusted,
                     const char **reason, struct image_file **file)
{
  CLEANUP_FREE char *path = policy_resolve (image, name);

  if (path == NULL)
    return no_memory (reason);
  if (policy_is_protocol (path)) {
    if (!trusted)
      return forbidden (reason, not_local);
    if (strncmp (path, "file:", 5) != 0)
      return remote_open (path, reason, file);
    memmove (path, path + 5, strlen (path + 5) + 1);
  }
  return image_file_open (AT_FDCWD, path, path,
                          trusted ? IMAGE_FILE_OR_DEVICE : IMAGE_FILE_REGULAR,
                          0, reason, file);
}

/* Opens the folder of PATH; its last component is then *NAME. */
static int
open_folder (const char *path, const char **name)
{
  const size_t length = folder_length (path);
  CLEANUP_FREE char *folder = NULL;

  *name = path + length;
  folder = length != 0 ? strndup (path, length) : strdup (".");
  if (folder == NULL)
    return -1;
  return open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool
same_folder (int a, int b)
{
  struct stat first, second;

  return fstat (a, &first) == 0 && fstat (b, &second) == 0
    && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* PATH, if its folder is the one open as OWN. */
static errint_t
open_in_folder (int own, const char *path, const char **reason,
                struct image_file **file)
{
  const char *last;
  CLEANUP_CLOSE int folder = open_folder (path, &last);

  if (folder < 0 || !same_folder (own, folder) || last[0] == '\0'
      || strcmp (last, ".") == 0 || strcmp (last, "..") == 0)
    return forbidden (reason, not_beside);
  return image_file_open (folder, last, path, IMAGE_FILE_REGULAR, O_NOFOLLOW,
                          reason, file);
}

errint_t
policy_open_extent (const struct image_file *image,
                    const char *name, bool trusted,
                    const char **reason, struct image_file **file)
{
  CLEANUP_FREE char *path = NULL;
  CLEANUP_CLOSE int own = -1;
  const char *own_name;

  if (trusted)
    return policy_open_backing (image, name, true, reason, file);
  if (image->fd < 0 || policy_is_protocol (name))
    return forbidden (reason, not_beside);
  path = policy_resolve (image, name);
  if (path == NULL)
    return no_memory (reason);
  own = open_folder (image->name, &own_name);
  return own < 0 ? failed_folder (reason)
    : open_in_folder (own, path, reason, file);
}

errint_t
policy_open_data_file (const struct image_file *image,
                       const char *name, bool trusted,
                       const char **reason, struct image_file **file)
{
  CLEANUP_CLOSE int own = -1;
  const char *own_name;

  /* QEMU takes a relative name as relative to where it runs; so a name with
   * a folder may still mean the image's own. */
  if (strchr (name, '/') == NULL || policy_is_protocol (name)
      || image->fd < 0)
    return policy_open_extent (image, name, trusted, reason, file);
  if (trusted)
    return image_file_open (AT_FDCWD, name, name, IMAGE_FILE_OR_DEVICE, 0,
                            reason, file);
  own = open_folder (image->name, &own_name);
  return own < 0 ? failed_folder (reason)
    : open_in_folder (own, name, reason, file);
}

void
policy_hint (const struct log *log, const char *reason)
{
  if (strcmp (reason, not_local) == 0 || strcmp (reason, not_beside) == 0
      || strcmp (reason, image_file_is_device) == 0)
    log_hint (log, "if you trust the file names inside these images, "
              "--allow-remote-backing lifts the restriction");
}
