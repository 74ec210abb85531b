/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A text file that fills the in-memory engine: see script.h.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "script.h"

#define LINE_LENGTH 32

/* How the content of a file is made up. */
struct content {
  uint64_t seed;
  uint64_t fail;                /* UINT64_MAX: never */
  unsigned slow;                /* milliseconds */
};

/* What a line says of the file that it makes. */
struct words {
  struct entry entry;
  bool has_permissions;
  const char *text, *target;
  size_t text_length;
  uint64_t text_offset;         /* UINT64_MAX: the text is all */
  struct content content;
  struct { char *name, *value; size_t length; } xattrs[64];
  size_t xattr_count;
  char *xattrs_prefix;
  unsigned long xattrs_count;
};

/* The one script of this program. */
static struct {
  struct arena *arena;
  struct engine_operations operations;
  errint_t (*pread) (struct engine *engine, enum side side,
                     const struct delta_entry *entry, void *buffer,
                     size_t length, uint64_t offset, size_t *got);
  errint_t (*next_data) (struct engine *engine, enum side side,
                         const struct delta_entry *entry, uint64_t offset,
                         uint64_t *start, uint64_t *length);
  size_t piece;
  const char *short_path;
  uint64_t short_end;
  struct { const char *path, *how; } spliced[8];
  size_t spliced_count;
} script = { .piece = SIZE_MAX };

static void __attribute__ ((noreturn))
mistake (const char *what, const char *word)
{
  fprintf (stderr, "script: %s: %s\n", what, word != NULL ? word : "");
  exit (99);
}

static void *
allocate (size_t size)
{
  void *memory = arena_allocate (script.arena, size);

  if (memory == NULL)
    mistake ("no memory", NULL);
  return memory;
}

static char *
next_word (char **line)
{
  char *word = strsep (line, " ");

  if (word == NULL)
    mistake ("a word is missing", NULL);
  return word;
}

/* TEXT without its %XX; *LENGTH may be NULL. */
static char *
decode (const char *text, size_t *length)
{
  char *result = allocate (strlen (text) + 1), *out = result;
  unsigned byte;

  while (*text != '\0')
    if (*text == '%' && sscanf (text + 1, "%2x", &byte) == 1) {
      *out++ = (char) byte;
      text += 3;
    }
    else
      *out++ = *text++;
  if (length != NULL)
    *length = (size_t) (out - result);
  return result;
}

static char *
next_path (char **line)
{
  return decode (next_word (line), NULL);
}

static enum side
next_side (const char *word)
{
  if (strcmp (word, "base") == 0)
    return SIDE_BASE;
  if (strcmp (word, "overlay") == 0)
    return SIDE_OVERLAY;
  mistake ("no side", word);
}

static enum entry_type
parse_type (const char *text)
{
  for (int type = ENTRY_UNKNOWN; type <= ENTRY_SOCKET; ++type)
    if (strcmp (text, entry_type_name (type)) == 0)
      return type;
  mistake ("no type", text);
}

static struct entry_time
parse_time (const char *text)
{
  struct entry_time time = { 0 };
  long long seconds;

  if (sscanf (text, "%lld.%u", &seconds, &time.nanoseconds) != 2)
    mistake ("no time", text);
  time.seconds = seconds;
  return time;
}

static uint8_t
parse_missing (const char *text)
{
  static const char *const names[] = {
    "metadata", "xattrs", "target", "content", "members",
  };

  for (unsigned i = 0; i < sizeof names / sizeof names[0]; ++i)
    if (strcmp (text, names[i]) == 0)
      return (uint8_t) (1U << i);
  mistake ("nothing that can be missing", text);
}

/* What is just a field of ENTRY; false: no such key. */
static bool
parse_field (struct entry *entry, const char *key, const char *value)
{
  uint64_t number = strtoull (value, NULL, 0);

  if (strcmp (key, "uid") == 0)
    entry->uid = (uint32_t) number;
  else if (strcmp (key, "gid") == 0)
    entry->gid = (uint32_t) number;
  else if (strcmp (key, "ino") == 0)
    entry->inode = number;
  else if (strcmp (key, "size") == 0)
    entry->size = number;
  else if (strcmp (key, "blocks") == 0)
    entry->blocks = number;
  else if (strcmp (key, "rdev") == 0) {
    unsigned major, minor;

    if (sscanf (value, "%u:%u", &major, &minor) != 2)
      mistake ("no device", value);
    entry->major = major;
    entry->minor = minor;
  }
  else if (strcmp (key, "mtime") == 0)
    entry->mtime = parse_time (value);
  else if (strcmp (key, "atime") == 0)
    entry->atime = parse_time (value);
  else if (strcmp (key, "ctime") == 0)
    entry->ctime = parse_time (value);
  else if (strcmp (key, "missing") == 0)
    entry->missing |= parse_missing (value);
  else
    return false;
  return true;
}

static void
parse_xattr (struct words *words, const char *key, char *value)
{
  char *colon = strchr (value, ':'), *text;
  size_t count = words->xattr_count;

  if (colon == NULL || count == 64)
    mistake ("no xattr", value);
  *colon = '\0';
  text = colon + 1;
  if (strcmp (key, "xattrs") == 0) {
    words->xattrs_prefix = decode (value, NULL);
    words->xattrs_count = strtoul (text, NULL, 0);
    return;
  }
  words->xattrs[count].name = decode (value, NULL);
  if (strcmp (key, "xattr_zeros") == 0) {
    words->xattrs[count].length = strtoul (text, NULL, 0);
    words->xattrs[count].value = allocate (words->xattrs[count].length + 1);
  }
  else
    words->xattrs[count].value = decode (text, &words->xattrs[count].length);
  words->xattr_count = count + 1;
}

static void
parse_words (char *line, struct words *words)
{
  char *word;

  words->content.fail = UINT64_MAX;
  words->text_offset = UINT64_MAX;
  while ((word = strsep (&line, " ")) != NULL) {
    char *value = strchr (word, '=');

    if (value == NULL)
      mistake ("no key", word);
    *value++ = '\0';
    if (parse_field (&words->entry, word, value))
      continue;
    if (strcmp (word, "mode") == 0) {
      words->entry.permissions = strtoul (value, NULL, 8) & 07777;
      words->has_permissions = true;
    } else if (strncmp (word, "xattr", 5) == 0)
      parse_xattr (words, word, value);
    else if (strcmp (word, "target") == 0)
      words->target = decode (value, NULL);
    else if (strcmp (word, "text") == 0)
      words->text = decode (value, &words->text_length);
    else if (strcmp (word, "at") == 0)
      words->text_offset = strtoull (value, NULL, 0);
    else if (strcmp (word, "seed") == 0)
      words->content.seed = strtoull (value, NULL, 0);
    else if (strcmp (word, "fail") == 0)
      words->content.fail = strtoull (value, NULL, 0);
    else if (strcmp (word, "slow") == 0)
      words->content.slow = (unsigned) strtoul (value, NULL, 0);
    else
      mistake ("no key", word);
  }
}

/* A memory_generator. */
static errint_t
generate (void *opaque, void *buffer, size_t length, uint64_t offset)
{
  const struct content *content = opaque;
  char line[LINE_LENGTH + 1], *out = buffer;

  if (content->slow != 0) {
    struct timespec time = { content->slow / 1000,
                             content->slow % 1000 * 1000000L };

    nanosleep (&time, NULL);
  }
  if (content->fail >= offset && content->fail - offset < length)
    return -EIO;
  while (length > 0) {
    size_t start = offset % LINE_LENGTH, part = LINE_LENGTH - start;

    if (part > length)
      part = length;
    snprintf (line, sizeof line, "%08llx %022llx\n",
              (unsigned long long) content->seed & 0xffffffff,
              (unsigned long long) (offset / LINE_LENGTH));
    memcpy (out, line + start, part);
    out += part;
    offset += part;
    length -= part;
  }
  return 0;
}

static struct entry *
make_file (struct memory *memory, enum side side, const char *path,
           const struct words *words)
{
  struct content *content;

  if (words->text != NULL && words->text_offset != UINT64_MAX)
    return memory_sparse_file (memory, side, path, words->entry.size,
                               words->text_offset, words->text);
  if (words->text != NULL)
    return memory_file_bytes (memory, side, path, words->text,
                              words->text_length);
  content = allocate (sizeof *content);
  *content = words->content;
  return memory_file_generated (memory, side, path, words->entry.size,
                                generate, content);
}

static struct entry *
make (struct memory *memory, enum side side, enum entry_type type,
      const char *path, const struct words *words)
{
  switch (type) {
  case ENTRY_FILE:
    return make_file (memory, side, path, words);
  case ENTRY_DIRECTORY:
    return memory_directory (memory, side, path);
  case ENTRY_SYMLINK:
    return memory_symlink (memory, side, path,
                           words->target != NULL ? words->target : "");
  case ENTRY_BLOCK:
  case ENTRY_CHAR:
    return memory_device (memory, side, path, type, words->entry.major,
                          words->entry.minor);
  default:
    return memory_special (memory, side, path, type);
  }
}

/* Takes over what the line said; the defaults are those of the memory. */
static void
apply (struct memory *memory, enum side side, const char *path,
       const struct words *words, struct entry *entry)
{
  const struct entry *said = &words->entry;
  char name[300];

  if (words->has_permissions)
    entry->permissions = said->permissions;
  entry->uid = said->uid;
  entry->gid = said->gid;
  entry->missing |= said->missing;
  if (said->inode != 0)
    entry->inode = said->inode;
  if (said->blocks != UINT64_MAX)
    entry->blocks = said->blocks;
  if (said->mtime.nanoseconds != UINT32_MAX)
    entry->mtime = said->mtime;
  if (said->atime.nanoseconds != UINT32_MAX)
    entry->atime = said->atime;
  if (said->ctime.nanoseconds != UINT32_MAX)
    entry->ctime = said->ctime;
  for (size_t i = 0; i < words->xattr_count; ++i)
    memory_xattr (memory, side, path, words->xattrs[i].name,
                  words->xattrs[i].value, words->xattrs[i].length);
  for (unsigned long i = 0; i < words->xattrs_count; ++i) {
    snprintf (name, sizeof name, "%s%04lu", words->xattrs_prefix, i);
    memory_xattr (memory, side, path, name, "x", 1);
  }
}

static void
start_words (struct words *words)
{
  *words = (struct words) { .text = NULL };
  words->entry.blocks = UINT64_MAX;
  words->entry.mtime.nanoseconds = UINT32_MAX;
  words->entry.atime.nanoseconds = UINT32_MAX;
  words->entry.ctime.nanoseconds = UINT32_MAX;
}

static void
make_one (struct memory *memory, enum side side, char *line)
{
  enum entry_type type = parse_type (next_word (&line));
  const char *path = next_path (&line);
  struct words words;

  start_words (&words);
  parse_words (line, &words);
  apply (memory, side, path, &words, make (memory, side, type, path, &words));
}

static void
make_many (struct memory *memory, char *line)
{
  enum side side = next_side (next_word (&line));
  const char *prefix = next_path (&line);
  unsigned long count = strtoul (next_word (&line), NULL, 0);
  size_t size = strlen (prefix) + 24;
  char *path = allocate (size);
  struct words words;

  start_words (&words);
  parse_words (line, &words);
  for (unsigned long i = 0; i < count; ++i) {
    snprintf (path, size, "%s%07lu", prefix, i);
    apply (memory, side, path, &words,
           make_file (memory, side, path, &words));
  }
}

/* The engine's pread, with what "pieces" and "short" ask for. */
static errint_t
read_less (struct engine *engine, enum side side,
           const struct delta_entry *entry, void *buffer, size_t length,
           uint64_t offset, size_t *got)
{
  if (length > script.piece)
    length = script.piece;
  if (script.short_path != NULL
      && strcmp (entry->path, script.short_path) == 0) {
    *got = 0;
    if (offset >= script.short_end)
      return 0;
    if (length > script.short_end - offset)
      length = script.short_end - offset;
  }
  return script.pread (engine, side, entry, buffer, length, offset, got);
}

/* The engine's next_data, with what "pieces" asks for. */
static errint_t
next_less (struct engine *engine, enum side side,
           const struct delta_entry *entry, uint64_t offset,
           uint64_t *start, uint64_t *length)
{
  errint_t err = script.next_data (engine, side, entry, offset, start,
                                   length);

  if (err == 0 && *length > script.piece)
    *length = script.piece;
  return err;
}

/* Everything that "splice" asks for goes into the pipe, or half of it and no
 * more. */
static errint_t
splice_some (struct engine *engine, enum side side,
             const struct delta_entry *entry, int pipe, size_t length,
             uint64_t offset)
{
  CLEANUP_FREE char *bytes = malloc (length);
  const char *how = NULL;
  size_t got = 0;

  if (bytes == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < script.spliced_count; ++i)
    if (strcmp (entry->path, script.spliced[i].path) == 0)
      how = script.spliced[i].how;
  if (how == NULL
      || script.pread (engine, side, entry, bytes, length, offset, &got) != 0
      || got != length)
    return -ENOTSUP;
  if (strcmp (how, "whole") != 0)
    length /= 2;
  if (write (pipe, bytes, length) != (ssize_t) length)
    return -ENOTSUP;
  return strcmp (how, "whole") == 0 ? 0
    : strcmp (how, "half") == 0 ? -ENOTSUP : -EIO;
}

static void
obey (struct memory *memory, char *line)
{
  const char *word = next_word (&line);
  enum side side;

  if (strcmp (word, "many") == 0)
    make_many (memory, line);
  else if (strcmp (word, "link") == 0) {
    side = next_side (next_word (&line));
    word = next_path (&line);
    memory_link (memory, side, word, next_path (&line));
  }
  else if (strcmp (word, "copy") == 0)
    memory_copy_base (memory);
  else if (strcmp (word, "remove") == 0) {
    side = next_side (next_word (&line));
    memory_remove (memory, side, next_path (&line));
  }
  else if (strcmp (word, "pieces") == 0)
    script.piece = strtoul (next_word (&line), NULL, 0);
  else if (strcmp (word, "short") == 0) {
    script.short_path = next_path (&line);
    script.short_end = strtoull (next_word (&line), NULL, 0);
  }
  else if (strcmp (word, "splice") == 0) {
    if (script.spliced_count == 8)
      mistake ("too many of", word);
    script.spliced[script.spliced_count].path = next_path (&line);
    script.spliced[script.spliced_count++].how = next_path (&line);
  }
  else
    make_one (memory, next_side (word), line);
}

struct memory *
script_read (const char *file)
{
  struct memory *memory = memory_new ();
  CLEANUP_FCLOSE FILE *stream = fopen (file, "re");
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  ssize_t length;

  if (stream == NULL)
    mistake ("cannot open", file);
  script.arena = arena_new ();
  if (script.arena == NULL)
    mistake ("no memory", NULL);
  while ((length = getline (&line, &size, stream)) != -1) {
    if (length > 0 && line[length - 1] == '\n')
      line[length - 1] = '\0';
    if (line[0] != '\0' && line[0] != '#')
      obey (memory, line);
  }
  script.operations = *memory_engine (memory)->operations;
  script.pread = script.operations.pread;
  script.operations.pread = read_less;
  script.operations.splice = splice_some;
  script.next_data = script.operations.next_data;
  script.operations.next_data = next_less;
  memory_engine (memory)->operations = &script.operations;
  return memory;
}

void
script_end (void)
{
  arena_free (script.arena);
}
