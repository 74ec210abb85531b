/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Selectors of --key.  Never prints a secret.
 */
#include <config.h>

#include "keys.h"

#include <stdbool.h>
#include <string.h>

#include "appliances.h"

struct selector {
  bool in_file;
  const char *value;            /* the secret or the file's name */
};

/* Everything after the second colon is the value, more colons too. */
static bool
parse (const char *text, struct selector *selector)
{
  const char *type = strchr (text, ':');

  if (type == NULL || type == text)
    return false;
  ++type;
  if (strncmp (type, "key:", 4) == 0) {
    selector->in_file = false;
    selector->value = type + 4;
    return true;
  }
  if (strncmp (type, "file:", 5) == 0) {
    selector->in_file = true;
    selector->value = type + 5;
    return *selector->value != '\0';
  }
  return false;
}

static bool
is_id (const char *text, size_t length, const char *id)
{
  return id != NULL && strlen (id) == length && memcmp (text, id, length) == 0;
}

bool
appliances_key_is_for (const char *text, const char *device, const char *uuid)
{
  size_t length = strcspn (text, ":");

  return is_id (text, length, "all") || is_id (text, length, uuid)
    || is_id (text, length, device)
    || (strncmp (device, "/dev/", 5) == 0 && is_id (text, length, device + 5));
}

/* The first line, as guestmount reads it. */
static errint_t
read_file (const char *name, const struct log *log, char **secret)
{
  CLEANUP_FCLOSE FILE *file = fopen (name, "re");
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  ssize_t length;

  if (file == NULL)
    return log_error (log, -errno, "cannot read the key file", name);
  errno = 0;
  length = getline (&line, &size, file);
  if (length < 0 && errno != 0)
    return log_error (log, -errno, "cannot read the key file", name);
  if (length < 0) {
    log_report (log, LOG_LEVEL_ERROR,
                "cannot read the key file", name, "it is empty");
    return -EINVAL;
  }
  if (length > 0 && line[length - 1] == '\n')
    line[length - 1] = '\0';
  *secret = steal_pointer (&line);
  return 0;
}

errint_t
appliances_check_key (const char *text, const struct log *log)
{
  CLEANUP_FREE char *secret = NULL;
  struct selector selector;

  if (!parse (text, &selector)) {
    /* Not printed: a part of it may be a secret. */
    log_report (log, LOG_LEVEL_ERROR, "wrong --key", NULL,
                "not of the form ID:key:SECRET or ID:file:NAME");
    log_hint (log, "ID is a device, the UUID of an encrypted volume, "
              "or \"all\"");
    return -EINVAL;
  }
  return selector.in_file ? read_file (selector.value, log, &secret) : 0;
}

errint_t
keys_secret (const char *text, const char *device, const char *uuid,
             const struct log *log, char **secret)
{
  struct selector selector;

  *secret = NULL;
  if (!parse (text, &selector)
      || !appliances_key_is_for (text, device, uuid))
    return 0;
  if (selector.in_file)
    return read_file (selector.value, log, secret);
  *secret = strdup (selector.value);
  return *secret != NULL ? 0 : log_error (log, -ENOMEM, "--key", NULL);
}
