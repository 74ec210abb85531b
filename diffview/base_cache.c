/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The file: a head, the base's name, then each section's head and bytes; all
 * lengths are multiples of 8.  Numbers are in the machine's own form, another
 * machine's file is one of another version.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base_cache.h"

/* Goes up with every change of this form or of a section's. */
#define FORM_VERSION 1
#define NAME_MAX_LENGTH 4096

static const char magic[8] = "deltaidx";

struct file_head {
  char magic[8];
  uint32_t version;
  uint32_t sections;
  uint64_t length;              /* of the file, bytes */
  struct digest identity;
  uint64_t name_length;         /* with zeros, a multiple of 8 */
};

struct section_head {
  struct base_section section;
  uint64_t length;              /* of the bytes, a multiple of 8 */
  struct digest check;          /* of the bytes */
};

struct section {
  struct base_section about;
  const uint8_t *bytes;
  size_t length;
  uint8_t *owned;               /* NULL where the bytes are the file's */
};

struct base_cache {
  struct digest identity;
  char *name;                   /* owned */
  uint8_t *file;                /* owned: what was read, or NULL */
  struct section sections[BASE_CACHE_SECTIONS_MAX];
  size_t count;
  bool changed;
};

errint_t
base_cache_new (const struct digest *identity, const char *name,
                struct base_cache **result)
{
  CLEANUP (base_cache_free)
    struct base_cache *cache = calloc (1, sizeof *cache);

  if (cache == NULL || (cache->name = strndup (name, NAME_MAX_LENGTH)) == NULL)
    return -ENOMEM;
  cache->identity = *identity;
  *result = steal_pointer (&cache);
  return 0;
}

static void
forget_sections (struct base_cache *cache)
{
  for (size_t i = 0; i < cache->count; ++i)
    free (cache->sections[i].owned);
  cache->count = 0;
}

void
base_cache_free (struct base_cache *cache)
{
  forget_sections (cache);
  free (cache->file);
  free (cache->name);
  free (cache);
}

/* Reads exactly LENGTH bytes. */
static errint_t
read_at (int fd, void *buffer, size_t length, uint64_t offset)
{
  uint8_t *bytes = buffer;

  while (length > 0) {
    ssize_t got = pread (fd, bytes, length, (off_t) offset);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return got < 0 ? -errno : -EINVAL;
    bytes += got;
    offset += (size_t) got;
    length -= (size_t) got;
  }
  return 0;
}

/* The file's size and head; what follows the head lies within the file if
 * the lengths in it are true. */
static errint_t
read_head (int fd, size_t *size, struct file_head *head)
{
  struct stat status;
  errint_t error;

  if (fstat (fd, &status) < 0)
    return -errno;
  if (!S_ISREG (status.st_mode) || status.st_size < (off_t) sizeof *head
      || (uint64_t) status.st_size > BASE_CACHE_MAX)
    return -EINVAL;
  *size = (size_t) status.st_size;
  error = read_at (fd, head, sizeof *head, 0);
  if (error < 0)
    return error;
  if (memcmp (head->magic, magic, sizeof magic) != 0
      || head->version != FORM_VERSION || head->length != *size
      || head->sections > BASE_CACHE_SECTIONS_MAX
      || head->name_length > NAME_MAX_LENGTH + 8
      || head->name_length % 8 != 0
      || head->name_length > *size - sizeof *head)
    return -EINVAL;
  return 0;
}

/* Finds the sections in cache->file. */
static errint_t
find_sections (struct base_cache *cache, size_t size,
               const struct file_head *head)
{
  size_t at = sizeof *head + head->name_length;

  for (uint32_t i = 0; i < head->sections; ++i) {
    struct section *section = &cache->sections[i];
    struct section_head about;
    struct digest digest;

    if (size - at < sizeof about)
      return -EINVAL;
    memcpy (&about, cache->file + at, sizeof about);
    at += sizeof about;
    if (about.length > size - at || about.length % 8 != 0)
      return -EINVAL;
    digest = digest_of (cache->file + at, about.length);
    if (memcmp (&digest, &about.check, sizeof digest) != 0)
      return -EINVAL;
    *section = (struct section) {
      .about = about.section, .bytes = cache->file + at,
      .length = about.length,
    };
    at += about.length;
    cache->count++;
  }
  return at == size ? 0 : -EINVAL;
}

errint_t
base_cache_load (struct base_cache *cache, int fd)
{
  struct file_head head;
  size_t size;
  errint_t error = read_head (fd, &size, &head);

  if (error == 0
      && memcmp (&head.identity, &cache->identity, sizeof head.identity) != 0)
    error = -EINVAL;
  if (error < 0)
    return error;
  if ((cache->file = malloc (size)) == NULL)
    return -ENOMEM;
  error = read_at (fd, cache->file, size, 0);
  /* The head that was checked counts, not one that was written since. */
  if (error == 0)
    error = find_sections (cache, size, &head);
  if (error < 0) {
    forget_sections (cache);
    free (steal_pointer (&cache->file));
  }
  return error;
}

/* Its place in the list; cache->count if it is not there. */
static size_t
place_of (const struct base_cache *cache, const struct digest *filesystem)
{
  size_t i = 0;

  while (i < cache->count &&
         memcmp (&cache->sections[i].about.identity, filesystem,
                 sizeof *filesystem) != 0)
    i++;
  return i;
}

const uint8_t *
base_cache_find (const struct base_cache *cache,
                 const struct digest *filesystem, size_t *length)
{
  size_t place = place_of (cache, filesystem);

  if (place == cache->count)
    return NULL;
  *length = cache->sections[place].length;
  return cache->sections[place].bytes;
}

static size_t
size_of_file (const struct base_cache *cache)
{
  size_t size = sizeof (struct file_head) + strlen (cache->name) / 8 * 8 + 8;

  for (size_t i = 0; i < cache->count; ++i)
    size += sizeof (struct section_head) + cache->sections[i].length;
  return size;
}

void
base_cache_put (struct base_cache *cache, const struct base_section *about,
                uint8_t *bytes, size_t length)
{
  size_t place = place_of (cache, &about->identity);
  size_t size = size_of_file (cache) + sizeof (struct section_head);
  struct section *section = &cache->sections[place];

  if (place < cache->count)
    size -= section->length;
  if (place == BASE_CACHE_SECTIONS_MAX || length % 8 != 0
      || length > BASE_CACHE_MAX || size > BASE_CACHE_MAX - length) {
    free (bytes);
    return;
  }
  if (place < cache->count)
    free (section->owned);
  else
    cache->count++;
  *section = (struct section) {
    .about = *about, .bytes = bytes, .length = length, .owned = bytes,
  };
  cache->changed = true;
}

static errint_t
write_at (int fd, const void *buffer, size_t length, uint64_t *offset)
{
  const uint8_t *bytes = buffer;

  while (length > 0) {
    ssize_t got = pwrite (fd, bytes, length, (off_t) *offset);

    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -errno;
    bytes += got;
    *offset += (size_t) got;
    length -= (size_t) got;
  }
  return 0;
}

static errint_t
write_section (int fd, const struct section *section, uint64_t *offset)
{
  struct section_head about;
  errint_t error;

  memset (&about, 0, sizeof about);
  about.section = section->about;
  about.length = section->length;
  about.check = digest_of (section->bytes, section->length);
  error = write_at (fd, &about, sizeof about, offset);
  return error < 0 ? error
    : write_at (fd, section->bytes, section->length, offset);
}

errint_t
base_cache_write (const struct base_cache *cache, int fd, bool *written)
{
  char name[NAME_MAX_LENGTH + 8] = "";
  size_t length = strlen (cache->name);
  struct file_head head;
  uint64_t offset = 0;
  errint_t error;

  *written = cache->changed;
  if (!cache->changed)
    return 0;
  memcpy (name, cache->name, length);
  memset (&head, 0, sizeof head);
  memcpy (head.magic, magic, sizeof magic);
  head.version = FORM_VERSION;
  head.sections = (uint32_t) cache->count;
  head.length = size_of_file (cache);
  head.identity = cache->identity;
  head.name_length = length / 8 * 8 + 8;
  error = write_at (fd, &head, sizeof head, &offset);
  if (error == 0)
    error = write_at (fd, name, head.name_length, &offset);
  for (size_t i = 0; i < cache->count && error == 0; ++i)
    error = write_section (fd, &cache->sections[i], &offset);
  return error;
}

errint_t
base_cache_summarize (int fd, struct base_cache_summary *summary)
{
  char name[NAME_MAX_LENGTH + 8 + 1] = "";
  struct file_head head;
  size_t size, at;
  errint_t error = read_head (fd, &size, &head);

  if (error == 0)
    error = read_at (fd, name, head.name_length, sizeof head);
  if (error < 0)
    return error;
  summary->identity = head.identity;
  summary->count = head.sections;
  at = sizeof head + head.name_length;
  for (uint32_t i = 0; i < head.sections; ++i) {
    struct section_head about;

    if (size - at < sizeof about)
      return -EINVAL;
    error = read_at (fd, &about, sizeof about, at);
    if (error < 0)
      return error;
    at += sizeof about;
    if (about.length > size - at)
      return -EINVAL;
    summary->sections[i] = about.section;
    at += about.length;
  }
  summary->name = strdup (name);
  return summary->name == NULL ? -ENOMEM : 0;
}
