/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parsing a guest's /etc/fstab: see fstab.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fstab.h"
#include "path.h"

enum { FIELD_SPEC, FIELD_FILE, FIELD_TYPE, FIELD_OPTIONS, FIELDS };

#define FIELD_LIMIT 4096
#define PATH_LIMIT 4095
#define NAME_LIMIT 255

struct field {
  char text[FIELD_LIMIT];
};

static void
entry_clear (struct fstab_entry *entry)
{
  free (entry->value);
  free (entry->mount_point);
  free (entry->subtree);
  memset (entry, 0, sizeof *entry);
}

void
fstab_free (struct fstab *fstab)
{
  for (size_t i = 0; i < fstab->count; ++i)
    entry_clear (&fstab->list[i]);
  free (fstab->list);
  free (fstab);
}

static bool
is_octal (const char *text, size_t length)
{
  if (length < 3 || text[0] > '3')
    return false;
  for (size_t i = 0; i < 3; ++i)
    if (text[i] < '0' || text[i] > '7')
      return false;
  return true;
}

/* Copies one field, with its octal escapes resolved.  False when it is too
 * long or holds a NUL. */
static bool
take_field (const char *text, size_t length, struct field *field)
{
  size_t used = 0;

  for (size_t i = 0; i < length; ++i) {
    unsigned char byte = (unsigned char) text[i];

    if (byte == '\\' && is_octal (text + i + 1, length - i - 1)) {
      byte = (unsigned char) ((text[i + 1] - '0') << 6
                              | (text[i + 2] - '0') << 3
                              | (text[i + 3] - '0'));
      i += 3;
    }
    if (byte == '\0' || used == FIELD_LIMIT - 1)
      return false;
    field->text[used++] = (char) byte;
  }
  field->text[used] = '\0';
  return true;
}

static bool
is_blank (char byte)
{
  return byte == ' ' || byte == '\t' || byte == '\r';
}

/* Splits a line into its first four fields; returns how many there are, or
 * -1 when one of them is unusable. */
static int
split_line (const char *line, size_t length, struct field fields[FIELDS])
{
  size_t at = 0;
  int count = 0;

  while (count < FIELDS) {
    size_t start;

    while (at < length && is_blank (line[at]))
      ++at;
    if (at == length || line[at] == '#')
      break;
    start = at;
    while (at < length && !is_blank (line[at]))
      ++at;
    if (!take_field (line + start, at - start, &fields[count]))
      return -1;
    ++count;
  }
  return count;
}

char *
fstab_normal_path (const char *path, errint_t *error)
{
  char *normal;
  size_t used = 0;

  *error = -EINVAL;
  if (path[0] != '/' || strlen (path) > PATH_LIMIT)
    return NULL;
  normal = malloc (strlen (path) + 1);
  if (normal == NULL) {
    *error = -ENOMEM;
    return NULL;
  }
  for (;;) {
    size_t length;

    path += strspn (path, "/");
    if (*path == '\0')
      break;
    length = strcspn (path, "/");
    if (!path_valid_name (path, length) || length > NAME_LIMIT) {
      free (normal);
      return NULL;
    }
    normal[used++] = '/';
    memcpy (normal + used, path, length);
    used += length;
    path += length;
  }
  if (used == 0)
    normal[used++] = '/';
  normal[used] = '\0';
  *error = 0;
  return normal;
}

/* The option's value ("" without one) when the comma-separated list has it,
 * the last one if it is there twice: *LENGTH bytes, not terminated.  Else
 * NULL. */
static const char *
find_option (const char *options, const char *name, size_t *length)
{
  size_t name_length = strlen (name);
  const char *found = NULL;

  while (*options != '\0') {
    size_t option_length = strcspn (options, ",");

    if (option_length >= name_length
        && memcmp (options, name, name_length) == 0) {
      if (option_length == name_length) {
        found = options + name_length;
        *length = 0;
      }
      else if (options[name_length] == '=') {
        found = options + name_length + 1;
        *length = option_length - name_length - 1;
      }
    }
    options += option_length;
    if (*options == ',')
      ++options;
  }
  return found;
}

/* Sets tag and value from the first field.  False for what is not a local
 * block device ("proc", "server:/export", "none"). */
static bool
parse_spec (const char *spec, enum fstab_tag *tag, const char **value,
            size_t *length)
{
  static const struct {
    const char *prefix;
    enum fstab_tag tag;
  } prefixes[] = {
    { "UUID=", FSTAB_UUID },
    { "LABEL=", FSTAB_LABEL },
    { "PARTUUID=", FSTAB_PARTUUID },
    { "PARTLABEL=", FSTAB_PARTLABEL },
    { "/dev/disk/by-uuid/", FSTAB_UUID },
    { "/dev/disk/by-label/", FSTAB_LABEL },
    { "/dev/disk/by-partuuid/", FSTAB_PARTUUID },
    { "/dev/disk/by-partlabel/", FSTAB_PARTLABEL },
  };

  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; ++i) {
    size_t prefix = strlen (prefixes[i].prefix);

    if (strncmp (spec, prefixes[i].prefix, prefix) != 0)
      continue;
    *tag = prefixes[i].tag;
    *value = spec + prefix;
    *length = strlen (*value);
    if (*length >= 2 && ((*value)[0] == '"' || (*value)[0] == '\'')
        && (*value)[*length - 1] == (*value)[0]) {
      ++*value;
      *length -= 2;
    }
    return *length > 0;
  }
  *tag = FSTAB_DEVICE;
  *value = spec;
  *length = strlen (spec);
  return strncmp (spec, "/dev/", 5) == 0 && *length > 5;
}

static int
hex_digit (char byte)
{
  if (byte >= '0' && byte <= '9')
    return byte - '0';
  if (byte >= 'a' && byte <= 'f')
    return byte - 'a' + 10;
  return -1;
}

/* udev writes unusual bytes of a label as \x20 in names below /dev/disk. */
static void
resolve_udev_escapes (char *text)
{
  char *out = text;

  while (*text != '\0') {
    if (text[0] == '\\' && text[1] == 'x' && hex_digit (text[2]) >= 0
        && hex_digit (text[3]) >= 0) {
      int byte = hex_digit (text[2]) << 4 | hex_digit (text[3]);

      if (byte != 0) {
        *out++ = (char) byte;
        text += 4;
        continue;
      }
    }
    *out++ = *text++;
  }
  *out = '\0';
}

/* subvol= and subvolid= of btrfs. */
static errint_t
parse_subvolume (const char *options, struct fstab_entry *entry)
{
  CLEANUP_FREE char *path = NULL;
  const char *value;
  size_t length;
  errint_t error;

  value = find_option (options, "subvol", &length);
  if (value != NULL) {
    path = malloc (length + 2);
    if (path == NULL)
      return -ENOMEM;
    path[0] = '/';
    memcpy (path + 1, value, length);
    path[length + 1] = '\0';
    entry->subtree = fstab_normal_path (path, &error);
    return error;
  }
  value = find_option (options, "subvolid", &length);
  if (value == NULL)
    return 0;
  if ((length == 1 && (*value == '5' || *value == '0'))) {
    entry->subtree = strdup ("/");
    return entry->subtree != NULL ? 0 : -ENOMEM;
  }
  entry->subvolume_number = true;
  return 0;
}

/* One line into *ENTRY.  0; -ENOENT for a line that names no filesystem of a
 * disk; -EINVAL for one that makes no sense; -ENOMEM. */
static errint_t
parse_line (const char *line, size_t length, struct field fields[FIELDS],
            struct fstab_entry *entry)
{
  const char *spec = fields[FIELD_SPEC].text, *value;
  const char *options = fields[FIELD_OPTIONS].text;
  int count = split_line (line, length, fields);
  size_t value_length, unused;
  errint_t error;

  if (count == 0)
    return -ENOENT;
  if (count < FIELD_TYPE)
    return -EINVAL;
  if (count <= FIELD_TYPE)
    fields[FIELD_TYPE].text[0] = '\0';
  if (count <= FIELD_OPTIONS)
    fields[FIELD_OPTIONS].text[0] = '\0';

  if (strcmp (fields[FIELD_TYPE].text, "swap") == 0
      || fields[FIELD_FILE].text[0] != '/'
      || find_option (options, "bind", &unused) != NULL
      || find_option (options, "rbind", &unused) != NULL
      || !parse_spec (spec, &entry->tag, &value, &value_length))
    return -ENOENT;

  entry->value = strndup (value, value_length);
  if (entry->value == NULL)
    return -ENOMEM;
  if (entry->tag != FSTAB_DEVICE && spec[0] == '/')
    resolve_udev_escapes (entry->value);
  entry->mount_point = fstab_normal_path (fields[FIELD_FILE].text, &error);
  if (entry->mount_point == NULL)
    return error;
  entry->optional = find_option (options, "noauto", &unused) != NULL;
  if (strcmp (fields[FIELD_TYPE].text, "btrfs") == 0
      || strcmp (fields[FIELD_TYPE].text, "auto") == 0)
    return parse_subvolume (options, entry);
  return 0;
}

errint_t
fstab_parse (const char *text, size_t length, const struct log *log,
             struct fstab **result)
{
  CLEANUP (fstab_free) struct fstab *fstab = calloc (1, sizeof *fstab);
  CLEANUP_FREE char *memory = malloc (FIELDS * sizeof (struct field));
  struct field *fields = (struct field *) memory;
  size_t number = 0;

  if (fstab == NULL || fields == NULL)
    return -ENOMEM;
  fstab->list = calloc (FSTAB_MAX_ENTRIES, sizeof *fstab->list);
  if (fstab->list == NULL)
    return -ENOMEM;

  while (length > 0) {
    const char *end = memchr (text, '\n', length);
    size_t line = end != NULL ? (size_t) (end - text) : length;
    struct fstab_entry entry = { 0 };
    errint_t error;

    ++number;
    if (fstab->count == FSTAB_MAX_ENTRIES) {
      log_report (log, LOG_LEVEL_WARNING, "the guest's fstab is too long",
                  "/etc/fstab", "only the first %d filesystems are used",
                  FSTAB_MAX_ENTRIES);
      break;
    }
    error = parse_line (text, line, fields, &entry);
    if (error == 0)
      fstab->list[fstab->count++] = entry;
    else
      entry_clear (&entry);
    if (error == -ENOMEM)
      return error;
    if (error == -EINVAL)
      log_detail (log, "/etc/fstab: line %zu makes no sense and is not used",
                  number);
    text += end != NULL ? line + 1 : line;
    length -= end != NULL ? line + 1 : line;
  }
  *result = steal_pointer (&fstab);
  return 0;
}

char *
fstab_entry_text (const struct fstab_entry *entry)
{
  static const char *const prefixes[] = {
    [FSTAB_DEVICE] = "", [FSTAB_UUID] = "UUID=", [FSTAB_LABEL] = "LABEL=",
    [FSTAB_PARTUUID] = "PARTUUID=", [FSTAB_PARTLABEL] = "PARTLABEL=",
  };
  const char *prefix = prefixes[entry->tag];
  size_t size = strlen (prefix) + strlen (entry->value) + 1;
  char *text = malloc (size);

  if (text != NULL) {
    strcpy (text, prefix);
    strcat (text, entry->value);
  }
  return text;
}
