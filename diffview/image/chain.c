/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Following stored names from the overlay downwards, and finding the base's
 * place: a member of the chain, in the place of a member that is missing, or
 * outside.
 */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "layer.h"
#include "policy.h"
#include "remote.h"

/* More layers than anybody has. */
#define LAYERS_MAX 200

/* What is known while the chains are followed. */
struct walk {
  const struct pair_options *options;
  const struct log *log;
  struct image_chains *chains;
  struct image_file *base;      /* --base, until a chain owns it; or NULL */
  /* The stored name that could not be opened, and why; NULL when the chain
   * is complete. */
  char *missing;
  char *missing_reason;
  errint_t missing_error;
};

static errint_t
no_memory (const struct walk *walk)
{
  return log_error (walk->log, -ENOMEM, "cannot follow the backing files",
                    NULL);
}

/* A name of the command line. */
static errint_t
open_named (const struct walk *walk, const char *name, const char *what,
            struct image_file **file)
{
  const char *reason;
  errint_t error;

  if (remote_is_uri (name))
    error = remote_open (name, &reason, file);
  else
    error = image_file_open (AT_FDCWD, name, name, IMAGE_FILE_OR_DEVICE, 0,
                             &reason, file);
  if (error != 0)
    log_report (walk->log, LOG_LEVEL_ERROR, what, name, "%s", reason);
  return error;
}

/* A format that a user or a header states. */
static errint_t
find_format (const struct walk *walk, const char *name, const char *of,
             const struct image_format **format)
{
  *format = format_find (name);
  if (*format != NULL)
    return 0;
  log_report (walk->log, LOG_LEVEL_ERROR, "cannot read the image", of,
              "its format is said to be \"%s\", which is not known", name);
  log_hint (walk->log, "formats are: %s", format_names ());
  return -EINVAL;
}

static errint_t
detect_format (const struct walk *walk, struct image_file *file,
               const struct image_format **format)
{
  const struct image_file *start = file;
  CLEANUP_FREE char *reason = NULL;
  errint_t error = 0;

  if (file->fd < 0)
    error = remote_start (file, walk->options->private_directory, &reason,
                          &start);
  if (error == 0)
    error = format_detect (start, format);
  if (error != 0)
    log_report (walk->log, LOG_LEVEL_ERROR, "cannot read the image",
                file->name, "%s", reason != NULL ? reason : strerror (-error));
  remote_hint (walk->log, reason);
  return error;
}

static errint_t
overlay_format (const struct walk *walk, struct image_file *file,
                const struct image_format **format)
{
  errint_t error;

  if (walk->options->overlay_format != NULL)
    return find_format (walk, walk->options->overlay_format, file->name,
                        format);
  error = detect_format (walk, file, format);
  if (error != 0)
    return error;
  if (*format != NULL && strcmp ((*format)->name, "qcow2") == 0)
    return 0;
  log_report (walk->log, LOG_LEVEL_ERROR, "cannot read the overlay",
              file->name, "not a qcow2 image");
  if (*format != NULL)
    log_hint (walk->log, "if it is meant to be %s, say --format %s",
              (*format)->name, (*format)->name);
  else
    log_hint (walk->log, "if it is an image of another format, name it with "
              "--format (%s)", format_names ());
  return -EINVAL;
}

/* --base-format and the header of the layer above both state the format, and
 * disagree.  The guest wrote on what the header says; but what stands for the
 * stored layer (INSTEAD) may be a copy of it in another format. */
static errint_t
judge_contradiction (const struct walk *walk, const struct image_file *file,
                     const char *stored, bool instead)
{
  const char *given = walk->options->base_format;

  if (instead) {
    log_report (walk->log, LOG_LEVEL_WARNING, "two formats for the base",
                file->name, "read as %s, as --base-format says; the image "
                "above it states %s", given, stored);
    return 0;
  }
  log_report (walk->log, LOG_LEVEL_ERROR, "two formats for the base",
              file->name, "--base-format says %s, the image above it states "
              "%s", given, stored);
  log_hint (walk->log, "leave --base-format out, or say %s", stored);
  return -EINVAL;
}

/* The format of a layer that the layer above it names.  INSTEAD: FILE is
 * --base in the place of a stored layer. */
static errint_t
stored_format (const struct walk *walk, const struct image_layer *above,
               const struct image_file *file, bool is_base, bool instead,
               const struct image_format **format)
{
  const char *given = walk->options->base_format;
  const char *stored = above->header.backing_format;
  const char *name = stored;
  errint_t error = 0;

  if (given != NULL && (is_base || name == NULL))
    name = given;
  if (name == NULL) {
    log_report (walk->log, LOG_LEVEL_ERROR, "cannot read the backing file",
                file->name, "the image above it does not state its format");
    log_hint (walk->log, "say it with --base-format (%s)", format_names ());
    return -EINVAL;
  }
  error = find_format (walk, name, file->name, format);
  /* A stored name that nobody knows contradicts nothing. */
  if (error == 0 && name != stored && stored != NULL
      && format_find (stored) != NULL && format_find (stored) != *format)
    error = judge_contradiction (walk, file, stored, instead);
  return error;
}

/* The format of --base where it is no stored layer. */
static errint_t
outside_format (const struct walk *walk, struct image_file *file,
                const struct image_format **format)
{
  errint_t error;

  if (walk->options->base_format != NULL)
    return find_format (walk, walk->options->base_format, file->name, format);
  error = detect_format (walk, file, format);
  if (error != 0 || *format != NULL)
    return error;
  log_report (walk->log, LOG_LEVEL_ERROR, "cannot read the base", file->name,
              "its format is not known");
  log_hint (walk->log, "say it with --base-format, raw for a raw image (%s)",
            format_names ());
  return -EINVAL;
}

/* Adds FILE, which is taken over, below the chain's last layer. */
static errint_t
append (struct walk *walk, struct image_chain *chain,
        struct image_file *file, const struct image_format *format)
{
  struct image_layer *layers;
  errint_t error;

  layers = reallocarray (chain->layers, chain->count + 1, sizeof *layers);
  if (layers == NULL) {
    image_file_close (file);
    return no_memory (walk);
  }
  chain->layers = layers;
  error = image_layer_open (file, format, walk->options, walk->log,
                            &layers[chain->count]);
  if (error == 0)
    chain->count++;
  return error;
}

static errint_t
check_place (const struct walk *walk, const struct image_chain *chain,
             const struct image_file *file)
{
  for (size_t i = 0; i < chain->count; ++i)
    if (image_file_same (chain->layers[i].file, file)) {
      log_report (walk->log, LOG_LEVEL_ERROR, "cannot follow the backing files",
                  file->name, "the chain is a loop");
      return -ELOOP;
    }
  if (chain->count == LAYERS_MAX) {
    log_report (walk->log, LOG_LEVEL_ERROR, "cannot follow the backing files",
                chain->layers[0].file->name, "more than %d layers",
                LAYERS_MAX);
    return -E2BIG;
  }
  return 0;
}

static errint_t
note_missing (struct walk *walk, const struct image_layer *above,
              const char *reason, errint_t error)
{
  walk->missing = policy_resolve (above->file, above->header.backing);
  walk->missing_reason = strdup (reason);
  walk->missing_error = error;
  if (walk->missing == NULL || walk->missing_reason == NULL)
    return no_memory (walk);
  return 0;
}

static errint_t
report_missing (const struct walk *walk)
{
  log_report (walk->log, LOG_LEVEL_ERROR, "cannot open the backing file",
              walk->missing, "%s", walk->missing_reason);
  if (walk->options->base == NULL
      && strcmp (walk->missing_reason, image_file_is_device) == 0)
    log_hint (walk->log, "if that is the right device, name it yourself: "
              "--base %s", walk->missing);
  else if (walk->options->base == NULL)
    log_hint (walk->log, "if it is elsewhere, name it with --base FILE");
  policy_hint (walk->log, walk->missing_reason);
  return walk->missing_error;
}

/* Adds layers until one stores no name, or a name that cannot be opened. */
static errint_t
follow (struct walk *walk, struct image_chain *chain)
{
  const bool overlay = chain == &walk->chains->overlay;

  for (;;) {
    const struct image_layer *above = &chain->layers[chain->count - 1];
    CLEANUP (image_file_close) struct image_file *file = NULL;
    const struct image_format *format;
    const char *reason;
    bool is_base;
    errint_t error;

    if (above->header.backing == NULL)
      return 0;
    error = policy_open_backing (above->file, above->header.backing,
                                 walk->options->allow_remote_backing,
                                 &reason, &file);
    if (error != 0)
      return note_missing (walk, above, reason, error);
    error = check_place (walk, chain, file);
    if (error != 0)
      return error;
    is_base = overlay && (walk->base != NULL
                          ? image_file_same (walk->base, file)
                          : walk->options->base == NULL && chain->count == 1);
    error = stored_format (walk, above, file, is_base, false, &format);
    if (error == 0)
      error = append (walk, chain, steal_pointer (&file), format);
    if (error != 0)
      return error;
    if (is_base)
      walk->chains->base_index = chain->count - 1;
  }
}

/* Without --base: the overlay's backing file. */
static errint_t
take_backing_file (const struct walk *walk)
{
  const struct image_chain *chain = &walk->chains->overlay;

  if (walk->missing != NULL)
    return report_missing (walk);
  if (chain->count > 1)
    return 0;
  log_report (walk->log, LOG_LEVEL_ERROR, "cannot find the base",
              chain->layers[0].file->name, "it has no backing file");
  log_hint (walk->log, "name an image to compare it with: --base FILE");
  return -EINVAL;
}

/* --base in the place of the layer that is missing. */
static errint_t
take_missing_place (struct walk *walk)
{
  struct image_chain *chain = &walk->chains->overlay;
  const struct image_format *format;
  errint_t error = check_place (walk, chain, walk->base);

  if (error == 0)
    error = stored_format (walk, &chain->layers[chain->count - 1], walk->base,
                           true, true, &format);
  if (error == 0)
    error = append (walk, chain, steal_pointer (&walk->base), format);
  if (error != 0)
    return error;
  log_detail (walk->log, "%s stands for %s",
              chain->layers[chain->count - 1].file->name, walk->missing);
  walk->chains->base_index = chain->count - 1;
  walk->chains->stands_in = true;
  free (steal_pointer (&walk->missing));
  free (steal_pointer (&walk->missing_reason));
  error = follow (walk, chain);
  if (error == 0 && walk->missing != NULL)
    error = report_missing (walk);
  return error;
}

static errint_t
take_outside (struct walk *walk)
{
  struct image_chain *chain = &walk->chains->base;
  const struct image_format *format;
  errint_t error = outside_format (walk, walk->base, &format);

  if (error == 0)
    error = append (walk, chain, steal_pointer (&walk->base), format);
  if (error == 0)
    error = follow (walk, chain);
  if (error == 0 && walk->missing != NULL)
    error = report_missing (walk);
  return error;
}

static errint_t
open_overlay (struct walk *walk)
{
  CLEANUP (image_file_close) struct image_file *file = NULL;
  const struct image_format *format;
  errint_t error = open_named (walk, walk->options->overlay,
                               "cannot open the overlay", &file);

  if (error == 0)
    error = overlay_format (walk, file, &format);
  if (error == 0 && walk->options->base != NULL) {
    error = open_named (walk, walk->options->base, "cannot open the base",
                        &walk->base);
    if (error == 0 && image_file_same (file, walk->base)) {
      log_report (walk->log, LOG_LEVEL_ERROR, "cannot use the base",
                  walk->base->name, "it is the overlay itself");
      error = -EINVAL;
    }
  }
  if (error == 0)
    error = append (walk, &walk->chains->overlay, steal_pointer (&file),
                    format);
  return error;
}

static errint_t
open_chains (struct walk *walk)
{
  errint_t error = open_overlay (walk);

  if (error == 0)
    error = follow (walk, &walk->chains->overlay);
  if (error != 0)
    return error;
  if (walk->base == NULL)
    return take_backing_file (walk);
  if (walk->chains->base_index != 0)
    return walk->missing != NULL ? report_missing (walk) : 0;
  if (walk->missing != NULL)
    return take_missing_place (walk);
  return take_outside (walk);
}

/* One line for each layer, for -v. */
static void
tell (const struct log *log, const struct image_chain *chain,
      size_t base_index)
{
  for (size_t i = 0; i < chain->count; ++i)
    log_detail (log, "%s: %s (%s)", i == base_index ? "base" : "layer",
                chain->layers[i].file->name, chain->layers[i].format->name);
}

errint_t
image_chains_open (const struct pair_options *options,
                   const struct log *log, struct image_chains **result)
{
  CLEANUP (image_chains_close) struct image_chains *chains = NULL;
  struct walk walk = { .options = options, .log = log };
  errint_t error;

  chains = calloc (1, sizeof *chains);
  if (chains == NULL)
    return no_memory (&walk);
  walk.chains = chains;
  error = open_chains (&walk);
  image_file_close (walk.base);
  free (walk.missing);
  free (walk.missing_reason);
  if (error != 0)
    return error;
  tell (log, &chains->overlay,
        chains->base_index != 0 ? chains->base_index : SIZE_MAX);
  tell (log, &chains->base, 0);
  *result = steal_pointer (&chains);
  return 0;
}

static void
clear_chain (struct image_chain *chain)
{
  for (size_t i = 0; i < chain->count; ++i)
    image_layer_clear (&chain->layers[i]);
  free (chain->layers);
}

void
image_chains_close (struct image_chains *chains)
{
  if (chains == NULL)
    return;
  clear_chain (&chains->overlay);
  clear_chain (&chains->base);
  free (chains);
}
