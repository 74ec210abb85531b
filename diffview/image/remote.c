/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * URIs as QEMU takes them, turned into what QMP takes: nbd, ssh and http(s)
 * (qemu(1), "Disk image file formats" and "Network Block Device").
 */
#include <config.h>

#include <ctype.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "process.h"
#include "remote.h"
#include "subprocess.h"

/* No header is longer than the largest cluster. */
#define START_MEBIBYTES "count=2"
#define COPY_TIMEOUT_MILLISECONDS 60000

/* The parts of SCHEME://[USER@]HOST[:PORT]/PATH?QUERY, decoded. */
struct uri {
  char *scheme;
  char *user, *host, *port;     /* or NULL */
  char *path;                   /* with its slash; "" where there is none */
  char *query;                  /* not decoded, or NULL */
};

static void
cleanup_uri (struct uri *uri)
{
  free (uri->scheme);
  free (uri->user);
  free (uri->host);
  free (uri->port);
  free (uri->path);
  free (uri->query);
}

bool
remote_is_uri (const char *name)
{
  size_t length = 0;

  if (!isalpha ((unsigned char) name[0]))
    return false;
  while (isalnum ((unsigned char) name[length])
         || (name[length] != '\0' && strchr ("+.-", name[length]) != NULL))
    length++;
  return strncmp (name + length, "://", 3) == 0;
}

static int
hexadecimal (char digit)
{
  if (digit >= '0' && digit <= '9')
    return digit - '0';
  digit = (char) tolower ((unsigned char) digit);
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* LENGTH bytes with %XX decoded, a new string. */
static char *
decode (const char *text, size_t length)
{
  char *decoded = malloc (length + 1), *end = decoded;

  if (decoded == NULL)
    return NULL;
  for (size_t i = 0; i < length; ++i) {
    if (text[i] == '%' && i + 2 < length && hexadecimal (text[i + 1]) >= 0
        && hexadecimal (text[i + 2]) >= 0) {
      *end++ = (char) (hexadecimal (text[i + 1]) * 16
                       + hexadecimal (text[i + 2]));
      i += 2;
    }
    else
      *end++ = text[i];
  }
  *end = '\0';
  return decoded;
}

static bool
split_authority (const char *text, size_t length, struct uri *uri)
{
  const char *at = memchr (text, '@', length), *host = text;
  size_t host_length, rest;

  if (at != NULL) {
    uri->user = decode (text, (size_t) (at - text));
    if (uri->user == NULL)
      return false;
    host = at + 1;
  }
  rest = length - (size_t) (host - text);
  if (rest > 0 && host[0] == '[') {
    const char *end = memchr (host, ']', rest);

    host_length = end != NULL ? (size_t) (end - host) - 1 : rest - 1;
    uri->host = strndup (host + 1, host_length);
    host_length += end != NULL ? 2 : 1;
  }
  else {
    const char *colon = memchr (host, ':', rest);

    host_length = colon != NULL ? (size_t) (colon - host) : rest;
    uri->host = decode (host, host_length);
  }
  if (uri->host == NULL)
    return false;
  if (host_length + 1 < rest && host[host_length] == ':') {
    uri->port = strndup (host + host_length + 1, rest - host_length - 1);
    return uri->port != NULL;
  }
  return true;
}

/* False without memory. */
static bool
split (const char *text, struct uri *uri)
{
  const char *authority = strstr (text, "://") + 3;
  const size_t length = strcspn (authority, "/?#");
  const char *path = authority + length;
  const size_t path_length = strcspn (path, "?#");

  uri->scheme = strndup (text, (size_t) (authority - 3 - text));
  uri->path = decode (path, path_length);
  if (uri->scheme == NULL || uri->path == NULL
      || !split_authority (authority, length, uri))
    return false;
  if (path[path_length] == '?') {
    uri->query = strndup (path + path_length + 1,
                          strcspn (path + path_length + 1, "#"));
    return uri->query != NULL;
  }
  return true;
}

/* The value of KEY in the query, a new string, or NULL. */
static char *
query_value (const struct uri *uri, const char *key)
{
  const char *query = uri->query;

  while (query != NULL && *query != '\0') {
    const size_t length = strcspn (query, "&;");
    const size_t key_length = strlen (key);

    if (length > key_length && strncmp (query, key, key_length) == 0
        && query[key_length] == '=')
      return decode (query + key_length + 1, length - key_length - 1);
    query += length + (query[length] != '\0');
  }
  return NULL;
}

static json_t *
describe_nbd (const struct uri *uri, const char **reason)
{
  const char *export = uri->path[0] == '/' ? uri->path + 1 : uri->path;
  CLEANUP_FREE char *socket_path = NULL;

  if (strcmp (uri->scheme, "nbd+unix") == 0) {
    socket_path = query_value (uri, "socket");
    if (socket_path == NULL) {
      *reason = "the URI lacks ?socket=PATH";
      return NULL;
    }
    return json_pack ("{s:s, s:{s:s, s:s}, s:s}", "driver", "nbd",
                      "server", "type", "unix", "path", socket_path,
                      "export", export);
  }
  if (uri->host[0] == '\0') {
    *reason = "the URI names no host";
    return NULL;
  }
  return json_pack ("{s:s, s:{s:s, s:s, s:s}, s:s}", "driver", "nbd",
                    "server", "type", "inet", "host", uri->host,
                    "port", uri->port != NULL ? uri->port : "10809",
                    "export", export);
}

/* QEMU's ?host_key_check= as it is in QMP, a new reference, or NULL without
 * it.  False, with *REASON, where it is none. */
static bool
describe_host_key_check (const struct uri *uri, json_t **described,
                         const char **reason)
{
  static const char *const hashes[] = { "md5", "sha1", "sha256" };
  CLEANUP_FREE char *check = query_value (uri, "host_key_check");
  const char *colon = check != NULL ? strchr (check, ':') : NULL;

  *described = NULL;
  if (check == NULL)
    return true;
  if (strcmp (check, "yes") == 0)
    *described = json_pack ("{s:s}", "mode", "known_hosts");
  if (strcmp (check, "no") == 0)
    *described = json_pack ("{s:s}", "mode", "none");
  for (size_t i = 0; colon != NULL && i < sizeof hashes / sizeof hashes[0];
       ++i)
    if (strncmp (check, hashes[i], (size_t) (colon - check)) == 0
        && hashes[i][colon - check] == '\0')
      *described = json_pack ("{s:s, s:s, s:s}", "mode", "hash",
                              "type", hashes[i], "hash", colon + 1);
  *reason = "host_key_check must be yes, no or md5:, sha1: or sha256: and the "
    "host key's digest in hexadecimal";
  return *described != NULL;
}

static json_t *
describe_ssh (const struct uri *uri, const char **reason)
{
  json_t *check;

  if (uri->host[0] == '\0' || uri->path[0] == '\0') {
    *reason = "the URI names no host or no path";
    return NULL;
  }
  if (!describe_host_key_check (uri, &check, reason))
    return NULL;
  return json_pack ("{s:s, s:{s:s, s:s}, s:s, s:s*, s:o*}", "driver", "ssh",
                    "server", "host", uri->host,
                    "port", uri->port != NULL ? uri->port : "22",
                    "path", uri->path, "user", uri->user,
                    "host-key-check", check);
}

/* The protocol part of a "json:" name as libvirt writes it: the whole, or the
 * "file" of an image format. */
static json_t *
describe_json (const char *text)
{
  json_t *whole = json_loads (text, 0, NULL);
  json_t *file = json_object_get (whole, "file");

  if (file != NULL) {
    json_incref (file);
    json_decref (whole);
    return file;
  }
  return whole;
}

json_t *
remote_describe (const char *text, const char **reason)
{
  __attribute__ ((cleanup (cleanup_uri))) struct uri uri = { 0 };

  *reason = "not one of the URIs that are understood "
    "(nbd, nbd+unix, ssh, http, https)";
  if (strncmp (text, "json:", 5) == 0)
    return describe_json (text + 5);
  if (!remote_is_uri (text))
    return NULL;
  if (!split (text, &uri)) {
    *reason = strerror (ENOMEM);
    return NULL;
  }
  if (strcmp (uri.scheme, "nbd") == 0 || strcmp (uri.scheme, "nbd+tcp") == 0
      || strcmp (uri.scheme, "nbd+unix") == 0)
    return describe_nbd (&uri, reason);
  if (strcmp (uri.scheme, "ssh") == 0)
    return describe_ssh (&uri, reason);
  if (strcmp (uri.scheme, "http") == 0 || strcmp (uri.scheme, "https") == 0)
    return json_pack ("{s:s, s:s}", "driver", uri.scheme, "url", text);
  return NULL;
}

errint_t
remote_open (const char *uri, const char **reason, struct image_file **file)
{
  json_t *description = remote_describe (uri, reason);
  errint_t error;

  if (description == NULL)
    return -EINVAL;
  json_decref (description);
  error = image_file_open_uri (uri, file);
  if (error != 0)
    *reason = strerror (-error);
  return error;
}

/* Waits for its end.  -ETIMEDOUT, or -EIO when its exit status is not 0. */
static errint_t
finish (pid_t pid)
{
  CLEANUP_CLOSE int handle = pidfd_open (pid, 0);
  struct pollfd ended = { .fd = handle, .events = POLLIN };
  errint_t error = 0;
  int status;

  if (handle < 0 || poll (&ended, 1, COPY_TIMEOUT_MILLISECONDS) <= 0) {
    kill (pid, SIGKILL);
    error = -ETIMEDOUT;
  }
  process_wait (pid, &status);
  return error != 0 || (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    ? error : -EIO;
}

/* What qemu-img wrote into ERRORS, without its name and line end; NULL when
 * that is nothing. */
static char *
read_errors (int errors)
{
  static const char program[] = "qemu-img: ";
  char text[1024], *start, *colon;
  ssize_t got = pread (errors, text, sizeof text - 1, 0);

  if (got <= 0)
    return NULL;
  text[got] = '\0';
  /* Before that it may say that a module is missing, which has a hint. */
  start = strstr (text, program);
  start = start != NULL ? start + strlen (program) : text;
  start[strcspn (start, "\n")] = '\0';
  /* The name is reported by us, as the user gave it. */
  colon = strstr (start, "}': ");
  if (colon != NULL)
    start = colon + 4;
  return strdup (start);
}

/* What qemu-img takes for FILE, a new string, or NULL without memory. */
static char *
input_argument (const struct image_file *file)
{
  const char *ignored;
  json_t *description = remote_describe (file->name, &ignored);
  CLEANUP_FREE char *text = json_dumps (description, JSON_COMPACT);
  char *argument = NULL;

  json_decref (description);
  if (text == NULL || asprintf (&argument, "if=json:{\"driver\":\"raw\",\"file\":%s}",
                                text) < 0)
    return NULL;
  return argument;
}

static errint_t
copy_start (const struct image_file *file, const char *directory,
            char **reason, struct image_file **copy)
{
  CLEANUP_FREE char *path = NULL, *input = NULL, *output = NULL;
  CLEANUP_CLOSE int target = -1, errors = -1;
  const char *ignored;
  pid_t pid;
  errint_t error;

  *reason = NULL;
  input = input_argument (file);
  if (input == NULL || asprintf (&path, "%s/header.XXXXXX", directory) < 0)
    return -ENOMEM;
  target = mkostemp (path, O_CLOEXEC);
  errors = memfd_create ("errors", MFD_CLOEXEC);
  if (target < 0 || errors < 0 || asprintf (&output, "of=%s", path) < 0) {
    error = target < 0 || errors < 0 ? -errno : -ENOMEM;
    if (target >= 0)
      unlink (path);
    return error;
  }
  error = subprocess_start ((const char *const []) {
      "qemu-img", "dd", "-U", "-O", "raw", "bs=1M",
      START_MEBIBYTES, input, output, NULL }, errors, NULL, 0, &pid);
  if (error == 0) {
    error = finish (pid);
    if (error == -EIO)
      *reason = read_errors (errors);
  }
  if (error == 0)
    error = image_file_open (AT_FDCWD, path, file->name, IMAGE_FILE_REGULAR,
                             O_NOFOLLOW, &ignored, copy);
  unlink (path);
  return error;
}

errint_t
remote_start (struct image_file *file, const char *directory,
              char **reason, const struct image_file **start)
{
  errint_t error = 0;

  if (file->start == NULL)
    error = copy_start (file, directory, reason, &file->start);
  *start = file->start;
  return error;
}

void
remote_hint (const struct log *log, const char *reason)
{
  if (reason != NULL && strncmp (reason, "Unknown driver '", 16) == 0)
    log_hint (log, "install QEMU's drivers for https and ssh (Debian 12: "
              "qemu-block-extra)");
}
