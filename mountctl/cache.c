/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deltafs cache: what is remembered of bases, listed or deleted.
 */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "base_cache.h"
#include "cache_directory.h"
#include "command.h"
#include "quote.h"

#define UUID_TEXT 37
#define TIME_TEXT 32
#define SIZE_TEXT 32

/* One file of the cache, looked into. */
struct index_file {
  struct cache_file file;
  bool damaged;                 /* the rest is not known */
  struct base_cache_summary summary;
};

struct index_files {
  struct index_file *list;      /* owned */
  size_t count;
};

static void
clear_files (struct index_files *files)
{
  for (size_t i = 0; i < files->count; ++i)
    free (files->list[i].summary.name);
  free (files->list);
}

static void
look_into (int directory, struct index_file *index)
{
  /* Looking is no use of it. */
  CLEANUP_CLOSE int fd = openat (directory, index->file.name,
                                 O_RDONLY | O_NOATIME | O_NOFOLLOW
                                 | O_NONBLOCK | O_CLOEXEC);

  index->damaged = fd < 0 || base_cache_summarize (fd, &index->summary) < 0;
}

static errint_t
read_files (int directory, struct index_files *files)
{
  struct cache_file *list = NULL;
  size_t count;
  errint_t error = cache_directory_list (directory, &list, &count);

  if (error < 0)
    return error;
  files->list = calloc (count + 1, sizeof *files->list);
  if (files->list == NULL)
    error = -ENOMEM;
  else
    files->count = count;
  for (size_t i = 0; i < files->count; ++i) {
    files->list[i].file = list[i];
    look_into (directory, &files->list[i]);
  }
  free (list);
  return error;
}

static void
uuid_text (const uint8_t uuid[16], char text[UUID_TEXT])
{
  size_t at = 0;

  for (int i = 0; i < 16; ++i)
    at += (size_t) snprintf (text + at, UUID_TEXT - at, "%s%02x",
                             i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                             uuid[i]);
}

static void
time_text (const struct timespec *when, bool exact, char text[TIME_TEXT])
{
  struct tm parts;
  size_t length = 0;

  if (gmtime_r (&when->tv_sec, &parts) != NULL)
    length = exact ? strftime (text, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts)
      : strftime (text, TIME_TEXT, "%Y-%m-%d %H:%M", &parts);
  if (length == 0)
    text[0] = '\0';
}

/* "12.1 MiB", which is as large as indexes are. */
static void
size_text (uint64_t bytes, char text[SIZE_TEXT])
{
  const double kib = (double) bytes / 1024;

  /* What would be printed as 1024.0 is one of the next. */
  if (bytes < 1024)
    snprintf (text, SIZE_TEXT, "%" PRIu64 " bytes", bytes);
  else if (kib < 1023.95)
    snprintf (text, SIZE_TEXT, "%.1f KiB", kib);
  else
    snprintf (text, SIZE_TEXT, "%.1f MiB", kib / 1024);
}

static errint_t
print_text_list (const struct index_files *files)
{
  char used[TIME_TEXT], uuid[UUID_TEXT], size[SIZE_TEXT];

  if (files->count > 0)
    printf ("%-16s %10s %9s  %-36s  %s\n", "USED (UTC)", "SIZE", "NAMES",
            "UUID", "BASE");
  for (size_t i = 0; i < files->count; ++i) {
    const struct index_file *index = &files->list[i];
    const struct base_cache_summary *summary = &index->summary;
    CLEANUP_FREE char *name = index->damaged ? strdup ("(damaged)")
      : quote_path (summary->name, strlen (summary->name));

    if (name == NULL)
      return -ENOMEM;
    time_text (&index->file.used, false, used);
    size_text (index->file.size, size);
    for (size_t j = 0; j < summary->count; ++j) {
      uuid_text (summary->sections[j].uuid, uuid);
      printf ("%s %10s %9" PRIu64 "  %s  %s\n", used, size,
              summary->sections[j].files, uuid, name);
    }
    if (summary->count == 0)
      printf ("%s %10s %9s  %-36s  %s\n", used, size, "-", "-", name);
  }
  return 0;
}

/* Only the text that is valid: a name in an index may be anything. */
static json_t *
json_name (const char *name)
{
  size_t length;
  CLEANUP_FREE char *valid = quote_to_utf8 (name, strlen (name), &length);

  return valid != NULL ? json_stringn (valid, length) : NULL;
}

static json_t *
json_sections (const struct base_cache_summary *summary)
{
  json_t *list = json_array ();
  char uuid[UUID_TEXT];

  for (size_t i = 0; i < summary->count; ++i) {
    uuid_text (summary->sections[i].uuid, uuid);
    json_array_append_new
      (list, json_pack ("{s:s, s:I}", "uuid", uuid, "names",
                        (json_int_t) summary->sections[i].files));
  }
  return list;
}

static errint_t
print_json_list (const struct index_files *files)
{
  for (size_t i = 0; i < files->count; ++i) {
    const struct index_file *index = &files->list[i];
    json_t *object = json_object ();
    char used[TIME_TEXT];
    int failed;

    time_text (&index->file.used, true, used);
    if (index->damaged)
      json_object_set_new (object, "damaged", json_true ());
    else {
      json_object_set_new (object, "base", json_name (index->summary.name));
      json_object_set_new (object, "filesystems",
                           json_sections (&index->summary));
    }
    json_object_set_new (object, "size",
                         json_integer ((json_int_t) index->file.size));
    json_object_set_new (object, "used", json_string (used));
    failed = json_dumpf (object, stdout, JSON_COMPACT);
    json_decref (object);
    if (failed)
      return -ENOMEM;
    putchar ('\n');
  }
  return 0;
}

static int
list (int directory, const struct options *options, const struct log *log)
{
  struct index_files files = { .count = 0 };
  errint_t error = read_files (directory, &files);

  if (error == 0)
    error = options->json ? print_json_list (&files)
      : print_text_list (&files);
  clear_files (&files);
  if (error < 0)
    return log_error (log, error, "cannot list the cache", NULL), EXIT_FAILED;
  if (fflush (stdout) == 0 && !ferror (stdout))
    return EXIT_DONE;
  log_error (log, -errno, "cannot write", "standard output");
  return EXIT_FAILED;
}

/* Deletes the indexes of the base that is called NAME now or was when they
 * were made; all of them, damaged ones too, when it is NULL. */
static int
clear_base (int directory, const struct index_files *files, const char *name,
            const struct log *log)
{
  CLEANUP_FREE char *real = name != NULL ? realpath (name, NULL) : NULL;
  bool found = name == NULL;

  for (size_t i = 0; i < files->count; ++i) {
    const struct index_file *index = &files->list[i];

    if (name != NULL
        && (index->damaged
            || (strcmp (index->summary.name, name) != 0
                && (real == NULL
                    || strcmp (index->summary.name, real) != 0))))
      continue;
    found = true;
    if (unlinkat (directory, index->file.name, 0) < 0 && errno != ENOENT) {
      log_error (log, -errno, "cannot delete the index", index->file.name);
      return EXIT_FAILED;
    }
    log_detail (log, "deleted: %s", index->file.name);
  }
  if (found)
    return EXIT_DONE;
  log_report (log, LOG_LEVEL_ERROR, "cannot clear the cache", name,
              "nothing is remembered of it");
  log_hint (log, "deltafs cache list names the bases that are remembered");
  return EXIT_FAILED;
}

static int
clear (int directory, const struct options *options, const struct log *log)
{
  struct index_files files = { .count = 0 };
  errint_t error = read_files (directory, &files);
  int code = EXIT_DONE;

  if (error < 0) {
    log_error (log, error, "cannot clear the cache", NULL);
    code = EXIT_FAILED;
  }
  else if (options->operand_count == 1) {
    code = clear_base (directory, &files, NULL, log);
    cache_directory_keep_limit (directory, 0);
  }
  for (int i = 1; i < options->operand_count && error == 0; ++i)
    if (clear_base (directory, &files, options->operands[i], log)
        != EXIT_DONE)
      code = EXIT_FAILED;
  clear_files (&files);
  return code;
}

static int
wrong_usage (const struct log *log, const char *object, const char *reason)
{
  log_report (log, LOG_LEVEL_ERROR, "wrong usage", object, "%s", reason);
  log_hint (log, "see deltafs cache --help");
  return EXIT_FAILED;
}

/* A cache that is not there is an empty one, but bases that are named then
 * have no index. */
static int
without_cache (const struct options *options, const struct log *log)
{
  const struct index_files none = { .count = 0 };

  return options->operand_count == 1 ? EXIT_DONE
    : clear_base (-1, &none, options->operands[1], log);
}

int
command_cache (const struct options *options, struct messages *messages)
{
  const struct log *log = &messages->log;
  const char *action = options->operands[0];
  bool listing = strcmp (action, "list") == 0;
  CLEANUP_FREE char *path = cache_directory_path ();
  CLEANUP_CLOSE int directory = -1;
  const char *reason = NULL;
  errint_t error;

  if (!listing && strcmp (action, "clear") != 0)
    return wrong_usage (log, action, "must be list or clear");
  if (listing && options->operand_count > 1)
    return wrong_usage (log, options->operands[1], "one operand too many");
  if (!listing && options->json)
    return wrong_usage (log, "--json", "is for list alone");
  error = cache_directory_open (false, &reason, &directory);
  if (error == -ENOENT && path != NULL)
    return without_cache (options, log);
  if (error < 0) {
    log_report (log, LOG_LEVEL_ERROR, "cannot open the cache", path, "%s",
                reason);
    if (error == -EPERM)
      log_hint (log, "chmod 700, where it is yours; else set XDG_CACHE_HOME");
    return EXIT_FAILED;
  }
  return listing ? list (directory, options, log)
    : clear (directory, options, log);
}
