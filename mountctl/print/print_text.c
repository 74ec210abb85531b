/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The delta set as text: STATUS, KINDS, PATH.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "cleanup.h"
#include "print.h"
#include "quote.h"

/* On a terminal a longer list of kinds moves its path to the right. */
#define KINDS_WIDTH_LIMIT 32

static char
status_letter (const struct delta_entry *entry)
{
  switch ((enum status) entry->status) {
  case STATUS_ADDED: return 'A';
  case STATUS_MODIFIED: return 'M';
  case STATUS_DELETED: return 'D';
  case STATUS_UNREADABLE:
  case STATUS_SCAFFOLD: break;
  }
  return '?';
}

static void
kinds_of_entry (const struct delta_entry *entry,
                char kinds[DELTA_KINDS_SIZE])
{
  if (entry->status == STATUS_UNREADABLE)
    strcpy (kinds, "unreadable");
  else
    delta_kinds_text (entry->kinds, kinds);
  if (kinds[0] == '\0')
    strcpy (kinds, "-");
}

static const char *
color_of_entry (const struct delta_entry *entry)
{
  if ((entry->kinds & KIND_SILENT) != 0)
    return "\033[1;7;35m";
  switch ((enum status) entry->status) {
  case STATUS_ADDED: return "\033[32m";
  case STATUS_MODIFIED: return "\033[33m";
  case STATUS_DELETED: return "\033[31m";
  case STATUS_UNREADABLE:
  case STATUS_SCAFFOLD: break;
  }
  return "\033[1;31m";
}

/* The width of the column of kinds. */
static int
measure_kinds (const struct delta *delta)
{
  size_t width = 1;

  for (size_t i = 0; i < delta->count; ++i) {
    char kinds[DELTA_KINDS_SIZE];
    size_t length;

    if (delta->entries[i].status == STATUS_SCAFFOLD)
      continue;
    kinds_of_entry (&delta->entries[i], kinds);
    length = strlen (kinds);
    if (length > width)
      width = length;
  }
  return (int) (width < KINDS_WIDTH_LIMIT ? width : KINDS_WIDTH_LIMIT);
}

static errint_t
print_entry (const struct delta_entry *entry,
             const struct print_style *style, int width, FILE *file)
{
  char kinds[DELTA_KINDS_SIZE];
  CLEANUP_FREE char *quoted = NULL;

  kinds_of_entry (entry, kinds);
  if (style->zero) {
    fprintf (file, "%c\t%s\t%s", status_letter (entry), kinds, entry->path);
    putc_unlocked ('\0', file);
    return 0;
  }
  quoted = style->aligned
    ? quote_path_for_people (entry->path, strlen (entry->path))
    : quote_path (entry->path, strlen (entry->path));
  if (quoted == NULL)
    return -ENOMEM;
  /* No honest program changes a file silently: a mark without colour, too. */
  if (style->aligned)
    fprintf (file, "%s%c%c %-*s  %s%s\n",
             style->colored ? color_of_entry (entry) : "",
             status_letter (entry),
             (entry->kinds & KIND_SILENT) != 0 ? '!' : ' ', width, kinds,
             quoted,
             style->colored ? "\033[0m" : "");
  else
    fprintf (file, "%c\t%s\t%s\n", status_letter (entry), kinds, quoted);
  return 0;
}

errint_t
print_text (const struct delta *delta, const struct print_style *style,
            FILE *file)
{
  int width = style->aligned ? measure_kinds (delta) : 0;

  for (size_t i = 0; i < delta->count; ++i) {
    errint_t err;

    if (delta->entries[i].status == STATUS_SCAFFOLD)
      continue;
    err = print_entry (&delta->entries[i], style, width, file);
    if (err < 0)
      return err;
    if (ferror (file))
      return errno != 0 ? -errno : -EIO;
  }
  return 0;
}

void
print_text_summary (const struct print_summary *summary, FILE *file)
{
  const struct delta_totals *totals = &summary->totals;

  fprintf (file, "%" PRIu64 " added, %" PRIu64 " modified, %" PRIu64
           " deleted, %" PRIu64 " unreadable, %" PRIu64
           " filtered (engine %s, %.1f s)\n",
           totals->added, totals->modified, totals->deleted,
           totals->unreadable, totals->filtered,
           summary->engine, summary->seconds);
  if (summary->silent > 0)
    fprintf (file, "%" PRIu64 " silent: the content differs, but size, mtime "
             "and ctime do not\n", summary->silent);
}
