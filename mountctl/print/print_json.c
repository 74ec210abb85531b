/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The delta set as JSON (RFC 8259), one object a line.  Written out directly:
 * a list may have a million entries, and there is nothing here but flat
 * objects of strings and numbers.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "cleanup.h"
#include "print.h"
#include "quote.h"

/* A string that is known to be UTF-8. */
static void
put_utf8 (const char *text, size_t length, FILE *file)
{
  putc_unlocked ('"', file);
  for (size_t i = 0; i < length; ++i) {
    unsigned char byte = (unsigned char) text[i];

    if (byte == '"' || byte == '\\') {
      putc_unlocked ('\\', file);
      putc_unlocked (byte, file);
    }
    else if (byte < 0x20 || byte == 0x7f)
      fprintf (file, "\\u%04x", byte);
    else
      putc_unlocked (byte, file);
  }
  putc_unlocked ('"', file);
}

/* ,"NAME":"TEXT", and ,"NAME_base64":"…" where the bytes are no UTF-8.
 * SEPARATOR is what comes first. */
static errint_t
put_bytes (const char *separator, const char *name,
           const char *text, size_t length, FILE *file)
{
  CLEANUP_FREE char *valid = NULL;
  CLEANUP_FREE char *base64 = NULL;
  size_t valid_length;

  fprintf (file, "%s\"%s\":", separator, name);
  if (quote_is_utf8 (text, length)) {
    put_utf8 (text, length, file);
    return 0;
  }
  valid = quote_to_utf8 (text, length, &valid_length);
  base64 = quote_base64 (text, length);
  if (valid == NULL || base64 == NULL)
    return -ENOMEM;
  put_utf8 (valid, valid_length, file);
  fprintf (file, ",\"%s_base64\":\"%s\"", name, base64);
  return 0;
}

/* The civil date of a day counted from 1970-01-01 in the proleptic Gregorian
 * calendar; gmtime ends at years that fit an int.  Years are counted from
 * March, so that leap days come last. */
static void
date_of_day (int64_t day, int64_t *year, int *month, int *day_of_month)
{
  int64_t shifted = day + 719468;       /* from 0000-03-01 */
  int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  int64_t of_era = shifted - era * 146097;
  int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524
                         - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4
                              - year_of_era / 100);
  int64_t shifted_month = (5 * of_year + 2) / 153;

  *day_of_month = (int) (of_year - (153 * shifted_month + 2) / 5 + 1);
  *month = (int) (shifted_month < 10 ? shifted_month + 3
                  : shifted_month - 9);
  *year = year_of_era + era * 400 + (*month <= 2);
}

/* ISO 8601 with nanoseconds; years outside 0000 to 9999 have a sign. */
static void
put_time (const struct entry_time *time, FILE *file)
{
  int64_t day = time->seconds / 86400;
  int second = (int) (time->seconds % 86400);
  int64_t year;
  int month, day_of_month;

  if (second < 0) {
    second += 86400;
    --day;
  }
  date_of_day (day, &year, &month, &day_of_month);
  fprintf (file, "\"");
  if (year < 0 || year > 9999)
    fprintf (file, "%c%04" PRId64, year < 0 ? '-' : '+',
             year < 0 ? -year : year);
  else
    fprintf (file, "%04" PRId64, year);
  fprintf (file, "-%02d-%02dT%02d:%02d:%02d.%09" PRIu32 "Z\"",
           month, day_of_month, second / 3600, second / 60 % 60, second % 60,
           time->nanoseconds);
}

/* What is known of one side. */
static errint_t
put_side (const char *name, const struct entry *entry, FILE *file)
{
  bool has_metadata = (entry->missing & ENTRY_NO_METADATA) == 0;
  errint_t err = 0;

  fprintf (file, ",\"%s\":{", name);
  if (entry->type != ENTRY_UNKNOWN)
    fprintf (file, "\"type\":\"%s\"%s",
             entry_type_name ((enum entry_type) entry->type),
             has_metadata ? "," : "");
  if (has_metadata) {
    fprintf (file, "\"mode\":\"%04o\",\"uid\":%" PRIu32 ",\"gid\":%" PRIu32,
             (unsigned) entry->permissions, entry->uid, entry->gid);
    if (!entry_size_unknown (entry))
      fprintf (file, ",\"size\":%" PRIu64, entry->size);
    fputs (",\"mtime\":", file);
    put_time (&entry->mtime, file);
    if (entry->type == ENTRY_BLOCK || entry->type == ENTRY_CHAR)
      fprintf (file, ",\"major\":%" PRIu32 ",\"minor\":%" PRIu32,
               entry->major, entry->minor);
    if (entry->type == ENTRY_SYMLINK && entry->target != NULL)
      err = put_bytes (",", "target", entry->target, entry->target_length,
                       file);
  }
  putc_unlocked ('}', file);
  return err;
}

static void
put_kinds (unsigned kinds, FILE *file)
{
  const char *separator = "";

  fputs (",\"changes\":[", file);
  for (unsigned i = 0; i < KIND_COUNT; ++i)
    if ((kinds & ~(unsigned) KIND_SILENT & 1u << i) != 0) {
      fprintf (file, "%s\"%s\"", separator, delta_kind_name (i));
      separator = ",";
    }
  putc_unlocked (']', file);
  if ((kinds & KIND_SILENT) != 0)
    fputs (",\"silent\":true", file);
}

static errint_t
put_entry (const struct delta *delta, const struct delta_entry *entry,
           FILE *file)
{
  const struct delta_filesystem *filesystem
    = &delta->filesystems[entry->filesystem];
  errint_t err = put_bytes ("{", "path", entry->path,
                            strlen (entry->path), file);

  fprintf (file, ",\"status\":\"%s\"",
           delta_status_name ((enum status) entry->status));
  put_kinds (entry->kinds, file);
  if (err == 0 && entry->renamed_from != NULL)
    err = put_bytes (",", "renamed_from", entry->renamed_from,
                     strlen (entry->renamed_from), file);
  if (err == 0 && !filesystem->main_tree)
    err = put_bytes (",", "filesystem", filesystem->device,
                     strlen (filesystem->device), file);
  if (err == 0 && entry->side[SIDE_BASE] != NULL)
    err = put_side ("base", entry->side[SIDE_BASE], file);
  if (err == 0 && entry->side[SIDE_OVERLAY] != NULL)
    err = put_side ("overlay", entry->side[SIDE_OVERLAY], file);
  fputs ("}\n", file);
  return err;
}

errint_t
print_json (const struct delta *delta, FILE *file)
{
  for (size_t i = 0; i < delta->count; ++i) {
    errint_t err;

    if (delta->entries[i].status == STATUS_SCAFFOLD)
      continue;
    err = put_entry (delta, &delta->entries[i], file);
    if (err < 0)
      return err;
    if (ferror (file))
      return errno != 0 ? -errno : -EIO;
  }
  return 0;
}

void
print_json_summary (const struct print_summary *summary, FILE *file)
{
  const struct delta_totals *totals = &summary->totals;

  fprintf (file, "{\"summary\":{\"added\":%" PRIu64 ",\"modified\":%" PRIu64
           ",\"deleted\":%" PRIu64 ",\"unreadable\":%" PRIu64
           ",\"filtered\":%" PRIu64 ",\"engine\":\"%s\",\"seconds\":%.3f%s}}\n",
           totals->added, totals->modified, totals->deleted,
           totals->unreadable, totals->filtered,
           summary->engine, summary->seconds,
           summary->base_changed ? ",\"base_changed\":true" : "");
}
