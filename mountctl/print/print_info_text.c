/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The survey for people: the images, each partition, the written bytes by
 * class.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "print_info.h"
#include "quote.h"
#include "size_text.h"

/* Prints BEFORE, then TEXT, which a guest or a stranger may have made, or
 * nothing where there is none. */
static errint_t
put_text (const char *before, const char *text, FILE *file)
{
  CLEANUP_FREE char *quoted = NULL;

  if (text == NULL)
    return 0;
  quoted = quote_message (text, strlen (text));
  if (quoted == NULL)
    return -ENOMEM;
  fprintf (file, "%s%s", before, quoted);
  return 0;
}

static errint_t
print_layer (const struct pair_layer *layer, FILE *file)
{
  static const char *const roles[] = {
    [PAIR_ROLE_OVERLAY] = "layer",
    [PAIR_ROLE_BASE] = "base",
    [PAIR_ROLE_BELOW] = "below",
  };
  char size[SIZE_TEXT];
  errint_t err;

  fprintf (file, "  %-7s %-6s %-28s ", roles[layer->role], layer->format,
           layer->size_known ? size_text (layer->size, size)
           : "size not known");
  err = put_text ("", layer->file, file);
  if (err == 0)
    err = put_text ("\n                 with the data file ",
                    layer->data_file, file);
  putc ('\n', file);
  return err;
}

static void
print_disks (const struct survey *survey, FILE *file)
{
  char size[SIZE_TEXT];

  for (int side = SIDES - 1; side >= 0; --side)
    fprintf (file, "%-14s %s, %s%s\n",
             side == SIDE_OVERLAY ? "Disk:" : "Base's disk:",
             size_text (survey->size[side], size),
             survey->table[side] != NULL ? "partition table "
             : "no partition table",
             survey->table[side] != NULL ? survey->table[side] : "");
  fprintf (file, "Written:       %s\n", survey->has_map
           ? size_text (account_total (&survey->total), size)
           : "not known, the images have no common chain");
}

static const char *
text_or (const char *text, const char *otherwise)
{
  return text != NULL ? text : otherwise;
}

/* What one side has in a place, as the overlay's or, where that has nothing,
 * the base's.  A logical volume is not in one place. */
static errint_t
print_side (const struct survey_side *side, bool logical, FILE *file)
{
  const char *type = text_or (side->type, "");
  bool plain = strcmp (side->use, "filesystem") == 0
    || strcmp (side->use, type) == 0;
  char size[SIZE_TEXT];
  errint_t err;

  fprintf (file, "%s%s%s, %s", plain ? "" : side->use,
           plain || *type == '\0' ? "" : ", ", type,
           size_text (side->length, size));
  if (!logical)
    fprintf (file, " at %" PRIu64, side->offset);
  putc ('\n', file);
  if ((err = put_text ("  uuid:     ", side->uuid, file)) != 0)
    return err;
  if (side->uuid != NULL)
    putc ('\n', file);
  if ((err = put_text ("  label:    ", side->label, file)) != 0)
    return err;
  if (side->label != NULL)
    putc ('\n', file);
  if ((err = put_text ("  name:     ", side->partition_label, file)) != 0)
    return err;
  if (side->partition_label != NULL)
    putc ('\n', file);
  if (side->journal != NULL)
    fprintf (file, "  journal:  %s\n", side->journal);
  return 0;
}

/* What the base had there, where that is something else. */
static errint_t
print_before (const struct survey_side *base,
              const struct survey_side *overlay, bool logical, FILE *file)
{
  char size[SIZE_TEXT];

  if (!base->present) {
    fputs ("  base:     does not have it\n", file);
    return 0;
  }
  if (overlay->present && base->offset == overlay->offset
      && base->length == overlay->length
      && strcmp (text_or (base->type, base->use),
                 text_or (overlay->type, overlay->use)) == 0
      && strcmp (text_or (base->uuid, ""), text_or (overlay->uuid, "")) == 0)
    return 0;
  fprintf (file, "  base:     %s, %s", text_or (base->type, base->use),
           size_text (base->length, size));
  if (!logical)
    fprintf (file, " at %" PRIu64, base->offset);
  if (put_text (", uuid ", base->uuid, file) != 0)
    return -ENOMEM;
  putc ('\n', file);
  return 0;
}

static errint_t
print_place (const struct survey *survey, const struct survey_place *place,
             FILE *file)
{
  const struct survey_side *overlay = &place->side[SIDE_OVERLAY];
  const struct survey_side *base = &place->side[SIDE_BASE];
  char size[SIZE_TEXT];
  errint_t err = 0;

  if (put_text ("\n", place->device, file) != 0)
    return -ENOMEM;
  fprintf (file, "%s: ", place->partition == 0 ? " (the whole disk)"
           : place->partition < 0 ? " (a logical volume)" : "");
  if (overlay->present)
    err = print_side (overlay, place->partition < 0, file);
  else
    fputs ("gone\n", file);
  if (err == 0)
    err = print_before (base, overlay, place->partition < 0, file);
  if (survey->has_map && overlay->present)
    fprintf (file, "  written:  %s\n",
             size_text (account_total (&place->account), size));
  fprintf (file, "  engine:   %s: %s\n", place->engine, place->reason);
  return err;
}

/* The classes that are not empty, and their sum. */
static void
print_account (const struct account *account, const char *not_accounted,
               FILE *file)
{
  char size[SIZE_TEXT];

  for (int i = 0; i < ACCOUNT_CLASSES; ++i) {
    const char *unit;

    if (account->bytes[i] == 0)
      continue;
    fprintf (file, "  %-24s %16" PRIu64,
             account_class_label ((enum account_class) i),
             account->bytes[i]);
    unit = strchr (size_text (account->bytes[i], size), '(');
    if (unit != NULL)
      fprintf (file, "  %s", unit);
    if (i == ACCOUNT_NOT_ACCOUNTED && not_accounted != NULL)
      fprintf (file, "  %s", not_accounted);
    putc ('\n', file);
  }
}

static void
print_accounts (const struct survey *survey, FILE *file)
{
  char size[SIZE_TEXT];

  for (size_t i = 0; i < survey->count; ++i) {
    const struct survey_place *place = &survey->places[i];

    if (account_total (&place->account) == 0)
      continue;
    fprintf (file, "\nWritten to %s:\n", place->device);
    print_account (&place->account, place->not_accounted, file);
  }
  if (account_total (&survey->outside) > 0) {
    fputs ("\nWritten outside of all partitions:\n", file);
    print_account (&survey->outside, NULL, file);
  }
  fprintf (file, "\nAll that was written: %s\n",
           size_text (account_total (&survey->total), size));
}

errint_t
print_info_text (const struct print_info *info, FILE *file)
{
  const struct survey *survey = info->survey;
  errint_t err = 0;

  fputs ("Images, the top one first:\n", file);
  for (size_t i = 0; i < info->layer_count && err == 0; ++i)
    err = print_layer (&info->layers[i], file);
  putc ('\n', file);
  print_disks (survey, file);
  for (size_t i = 0; i < survey->count && err == 0; ++i)
    err = print_place (survey, &survey->places[i], file);
  if (err == 0 && survey->has_map)
    print_accounts (survey, file);
  return err;
}
