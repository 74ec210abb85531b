/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The survey as one JSON object.
 */
#include <config.h>

#include <string.h>

#include <jansson.h>

#include "print_info.h"
#include "quote.h"

/* Each of these adds a member to OBJECT: 0, or -1 without memory, as jansson
 * does it, also where OBJECT is NULL because there was none before. */

static int
put_number (json_t *object, const char *name, uint64_t number)
{
  return json_object_set_new (object, name,
                              json_integer ((json_int_t) number));
}

static int
put_null (json_t *object, const char *name)
{
  return json_object_set_new (object, name, json_null ());
}

static int
put_base64 (json_t *object, const char *name, const char *text)
{
  CLEANUP_FREE char *base64 = quote_base64 (text, strlen (text));
  CLEANUP_FREE char *member = NULL;

  if (base64 == NULL || asprintf (&member, "%s_base64", name) < 0)
    return -1;
  return json_object_set_new (object, member, json_string (base64));
}

/* A string of whatever bytes; nothing where TEXT is NULL. */
static int
put_text (json_t *object, const char *name, const char *text)
{
  CLEANUP_FREE char *valid = NULL;
  size_t length;

  if (text == NULL)
    return 0;
  valid = quote_to_utf8 (text, strlen (text), &length);
  if (valid == NULL)
    return -1;
  if (json_object_set_new (object, name, json_string (valid)) != 0)
    return -1;
  return strcmp (valid, text) == 0 ? 0 : put_base64 (object, name, text);
}

/* A new object or list as a member of OBJECT; NULL without memory. */
static json_t *
put_new (json_t *object, const char *name, json_t *value)
{
  return json_object_set_new (object, name, value) == 0 ? value : NULL;
}

/* A new object at the end of LIST; NULL without memory. */
static json_t *
append_object (json_t *list)
{
  json_t *object = json_object ();

  return json_array_append_new (list, object) == 0 ? object : NULL;
}

/* The classes that are not empty. */
static int
put_account (json_t *object, const char *name, const struct account *account)
{
  json_t *classes = put_new (object, name, json_object ());

  for (int i = 0; i < ACCOUNT_CLASSES; ++i)
    if (account->bytes[i] > 0
        && put_number (classes,
                       account_class_name ((enum account_class) i),
                       account->bytes[i]) != 0)
      return -1;
  return classes != NULL ? 0 : -1;
}

static int
put_layer (json_t *list, const struct pair_layer *layer)
{
  static const char *const roles[] = {
    [PAIR_ROLE_OVERLAY] = "layer",
    [PAIR_ROLE_BASE] = "base",
    [PAIR_ROLE_BELOW] = "below",
  };
  json_t *object = append_object (list);

  if (put_text (object, "file", layer->file) != 0
      || put_text (object, "format", layer->format) != 0
      || put_text (object, "role", roles[layer->role]) != 0
      || put_text (object, "data_file", layer->data_file) != 0)
    return -1;
  return layer->size_known ? put_number (object, "size", layer->size)
    : put_null (object, "size");
}

static int
put_layers (json_t *object, const struct print_info *info)
{
  json_t *list = put_new (object, "chain", json_array ());

  for (size_t i = 0; i < info->layer_count; ++i)
    if (put_layer (list, &info->layers[i]) != 0)
      return -1;
  return 0;
}

static int
put_side (json_t *place, const char *name, const struct survey_side *side,
          bool logical)
{
  json_t *object;

  if (!side->present)
    return 0;
  object = put_new (place, name, json_object ());
  return put_text (object, "use", side->use) != 0
    || put_text (object, "type", side->type) != 0
    || put_text (object, "uuid", side->uuid) != 0
    || put_text (object, "label", side->label) != 0
    || put_text (object, "partition_uuid", side->partition_uuid) != 0
    || put_text (object, "partition_label", side->partition_label) != 0
    || (!logical && put_number (object, "offset", side->offset) != 0)
    || put_number (object, "size", side->length) != 0
    || put_text (object, "journal", side->journal) != 0 ? -1 : 0;
}

static int
put_place (json_t *list, const struct survey *survey,
           const struct survey_place *place)
{
  json_t *object = append_object (list);
  const bool logical = place->partition < 0;

  if (put_text (object, "device", place->device) != 0
      || (!logical && put_number (object, "partition",
                                  (uint64_t) place->partition) != 0)
      || put_side (object, "overlay", &place->side[SIDE_OVERLAY],
                   logical) != 0
      || put_side (object, "base", &place->side[SIDE_BASE], logical) != 0
      || put_text (object, "engine", place->engine) != 0
      || put_text (object, "reason", place->reason) != 0)
    return -1;
  if (!survey->has_map)
    return 0;
  return put_number (object, "written", account_total (&place->account)) != 0
    || put_account (object, "account", &place->account) != 0
    || put_text (object, "not_accounted", place->not_accounted) != 0 ? -1 : 0;
}

static int
put_disk (json_t *object, const char *name, const struct survey *survey,
          enum side side)
{
  json_t *disk = put_new (object, name, json_object ());

  return put_number (disk, "size", survey->size[side]) != 0
    || put_text (disk, "table", survey->table[side]) != 0 ? -1 : 0;
}

static int
put_survey (json_t *object, const struct survey *survey)
{
  json_t *places;

  if (survey->base_changed
      && json_object_set_new (object, "base_changed", json_true ()) != 0)
    return -1;
  if (put_disk (object, "disk", survey, SIDE_OVERLAY) != 0
      || put_disk (object, "base_disk", survey, SIDE_BASE) != 0
      || (places = put_new (object, "partitions", json_array ())) == NULL)
    return -1;
  for (size_t i = 0; i < survey->count; ++i)
    if (put_place (places, survey, &survey->places[i]) != 0)
      return -1;
  if (!survey->has_map)
    return put_null (object, "written");
  return put_number (object, "written", account_total (&survey->total)) != 0
    || put_account (object, "outside", &survey->outside) != 0
    || put_account (object, "account", &survey->total) != 0 ? -1 : 0;
}

errint_t
print_info_json (const struct print_info *info, FILE *file)
{
  json_t *object = json_object ();
  errint_t err = -ENOMEM;

  if (put_text (object, "overlay", info->overlay) == 0
      && put_layers (object, info) == 0
      && put_survey (object, info->survey) == 0)
    err = json_dumpf (object, file,
                      JSON_COMPACT | JSON_PRESERVE_ORDER) == 0 ? 0
      : ferror (file) ? -EIO : -ENOMEM;
  json_decref (object);
  putc ('\n', file);
  return err;
}
