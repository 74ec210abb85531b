/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deltafs export: the delta as a tar stream, or as an OCI layer.
 */
#include <config.h>

#include <unistd.h>

#include "archive_delta.h"
#include "command.h"
#include "progress_bar.h"
#include "report.h"

/* What the report needs beside the options. */
struct export {
  struct report report;         /* first: the two are converted */
  struct manifest *manifest;    /* or NULL */
};

/* -EINVAL: reported. */
static errint_t
write_archive (const struct report *report, struct archive_delta *archive)
{
  CLEANUP (progress_bar_stop) struct progress_bar *bar = NULL;
  errint_t err;

  if (report->show_progress)
    bar = progress_bar_start (report->messages, &archive->progress);
  err = archive_delta (archive);
  archive->progress = NULL;
  return err == 0 ? stream_flush (archive->stream) : err;
}

static errint_t
find_members (const struct report *report, const struct delta *delta,
              const struct view *view, struct members **members)
{
  return report->options->oci
    ? members_of_layer (delta, &report->messages->log, members)
    : members_of_tree (view, !report->options->no_deleted, members);
}

/* To stderr, also with -q: it is asked for. */
static void
tell_digest (struct stream *stream)
{
  char text[SHA256_TEXT_SIZE];

  stream_digest (stream, text);
  fprintf (stderr, "sha256:%s\n", text);
}

static errint_t
export_delta (const struct report *report, const struct delta *delta,
              bool *incomplete)
{
  const struct export *export = (const struct export *) report;
  const struct log *log = &report->messages->log;
  const struct view_options view_options = { .base = false };
  bool oci = report->options->oci;
  CLEANUP (view_free) struct view *view = NULL;
  CLEANUP (members_free) struct members *members = NULL;
  CLEANUP (stream_free) struct stream *stream =
    stream_new (STDOUT_FILENO, oci);
  struct archive_delta archive = {
    .delta = delta, .stream = stream, .acls_as_xattrs = oci,
    .manifest = export->manifest, .log = log,
  };
  errint_t err = stream == NULL ? -ENOMEM : 0;

  if (err == 0 && !oci)
    err = view_build (delta, &view_options, log, &view);
  if (err == 0)
    err = find_members (report, delta, view, &members);
  archive.members = members;
  if (err == 0)
    err = write_archive (report, &archive);
  *incomplete = archive.incomplete;
  if (err == 0 && oci)
    tell_digest (stream);
  return err;
}

static errint_t
print_delta (const struct report *report, const struct work *work, int *code)
{
  const struct export *export = (const struct export *) report;
  const struct log *log = &report->messages->log;
  const struct delta *delta = inspection_delta (work->inspection);
  struct delta_totals totals;
  bool incomplete = false;
  errint_t err;

  if (export->manifest != NULL && manifest_start (export->manifest, log) < 0)
    return 0;
  err = export_delta (report, delta, &incomplete);
  if (err < 0)
    return err;
  delta_count (delta, &totals);
  report_tell_counts (delta, log);
  *code = incomplete || totals.unreadable > 0
    || inspection_base_changed (work->inspection)
    ? EXIT_UNREADABLE : EXIT_DONE;
  if (export->manifest != NULL
      && manifest_finish (export->manifest, log) < 0)
    *code = EXIT_FAILED;
  return 0;
}

int
command_export (const struct options *options, struct messages *messages)
{
  CLEANUP (manifest_free) struct manifest *manifest = NULL;
  const struct log *log = &messages->log;
  struct export export = {
    .report = {
      .options = options,
      .messages = messages,
      .what = "cannot export the delta",
      .open = work_open,
      .print = print_delta,
    },
  };

  if (isatty (STDOUT_FILENO)) {
    log_report (log, LOG_LEVEL_ERROR, "cannot export the delta",
                "standard output", "it is a terminal");
    log_hint (log, "write to a file or a pipe: deltafs export ... >delta.tar");
    return EXIT_FAILED;
  }
  if (options->manifest != NULL
      && manifest_open (options->manifest, log, &manifest) < 0)
    return EXIT_FAILED;
  export.manifest = manifest;
  return report_run (&export.report);
}
