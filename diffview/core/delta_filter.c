/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Narrowing a delta set to what the user wants to see.
 */
#include <config.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "delta_order.h"
#include "vector.h"

#define CONTENT_KINDS \
  (KIND_CONTENT | KIND_SILENT | KIND_TARGET | KIND_TYPE | KIND_DEVICE)

/* What the patterns say of a directory that the current path goes through,
 * or of the path itself. */
struct verdict {
  size_t length;                /* of that path */
  bool included, excluded;
};

/* Entries come in order, so most of a path was looked at with the path
 * before: only what is new is matched. */
struct path_filter {
  const struct delta_filter *filter;
  bool include_all;
  char *path;                   /* the current path, for cutting it short */
  size_t capacity;
  struct verdict *verdicts;     /* of the root, …, the path itself */
  size_t depth, verdict_capacity;
};

static void
path_filter_clear (struct path_filter *state)
{
  free (state->path);
  free (state->verdicts);
}

static bool
matches_any (char *const *patterns, const char *path)
{
  for (; patterns != NULL && *patterns != NULL; ++patterns)
    if (fnmatch (*patterns, path, 0) == 0)
      return true;
  return false;
}

/* Could PATTERN match something below PATH?  Only what precedes its first special
 * character is looked at: when in doubt, yes. */
static bool
may_match_below (const char *pattern, const char *path)
{
  size_t fixed = strcspn (pattern, "*?[\\");
  size_t length = strcmp (path, "/") == 0 ? 0 : strlen (path);

  if (fixed <= length)
    return pattern[fixed] != '\0' && strncmp (pattern, path, fixed) == 0;
  return strncmp (pattern, path, length) == 0 && pattern[length] == '/';
}

static bool
any_may_match_below (char *const *patterns, const char *path)
{
  for (; patterns != NULL && *patterns != NULL; ++patterns)
    if (may_match_below (*patterns, path))
      return true;
  return false;
}

/* Judges the first LENGTH bytes of the current path, whose directory is
 * judged by the verdict on top. */
static errint_t
push_verdict (struct path_filter *state, size_t length)
{
  struct verdict verdict = { .length = length,
                             .included = state->include_all };
  char saved = state->path[length];

  if (state->depth > 0) {
    verdict.included = state->verdicts[state->depth - 1].included;
    verdict.excluded = state->verdicts[state->depth - 1].excluded;
  }
  state->path[length] = '\0';
  if (!verdict.included)
    verdict.included = matches_any (state->filter->include, state->path);
  if (!verdict.excluded)
    verdict.excluded = matches_any (state->filter->exclude, state->path);
  state->path[length] = saved;

  return VECTOR_APPEND (state->verdicts, state->depth,
                        state->verdict_capacity, verdict);
}

/* Takes away the verdicts on what PATH is not within. */
static void
pop_verdicts (struct path_filter *state, const char *path)
{
  size_t common = 0;

  if (state->depth == 0)
    return;
  while (path[common] != '\0' && path[common] == state->path[common])
    common++;
  while (state->depth > 1) {
    size_t length = state->verdicts[state->depth - 1].length;

    if (length <= common && (path[length] == '\0' || path[length] == '/'))
      break;
    state->depth--;
  }
}

static errint_t
copy_path (struct path_filter *state, const char *path, size_t length)
{
  if (length + 1 > state->capacity) {
    size_t capacity = 2 * (length + 1);
    char *grown = realloc (state->path, capacity);

    if (grown == NULL)
      return -ENOMEM;
    state->path = grown;
    state->capacity = capacity;
  }
  memcpy (state->path, path, length + 1);
  return 0;
}

static bool
is_directory (const struct entry *entry)
{
  return entry != NULL && entry->type == ENTRY_DIRECTORY;
}

/* Could it have members that nobody knows of? */
static bool
hides_members (const struct delta_entry *entry)
{
  const struct entry *const *side = entry->side;

  if (entry->status != STATUS_UNREADABLE)
    return false;
  for (int i = 0; i < SIDES; ++i)
    if (side[i] != NULL
        && (is_directory (side[i]) || side[i]->type == ENTRY_UNKNOWN))
      return true;
  return side[SIDE_BASE] == NULL && side[SIDE_OVERLAY] == NULL;
}

/* Do the patterns leave ENTRY in? */
static errint_t
judge_path (struct path_filter *state, const struct delta_entry *entry,
            bool *wanted)
{
  const char *path = entry->path;
  const struct verdict *verdict;
  size_t length = strlen (path);
  size_t at;
  errint_t err;

  pop_verdicts (state, path);
  err = copy_path (state, path, length);
  if (err == 0 && state->depth == 0)
    err = push_verdict (state, 1);
  if (err != 0)
    return err;
  at = state->depth > 1 ? state->verdicts[state->depth - 1].length : 0;
  while (length > 1 && at < length) {
    const char *slash = memchr (path + at + 1, '/', length - at - 1);

    at = slash != NULL ? (size_t) (slash - path) : length;
    err = push_verdict (state, at);
    if (err != 0)
      return err;
  }
  verdict = &state->verdicts[state->depth - 1];
  *wanted = !verdict->excluded
    && (verdict->included
        || (hides_members (entry)
            && any_may_match_below (state->filter->include, path)));
  return 0;
}

/* Leaves an entry out; returns whether it stays as scaffold. */
static bool
leave_out (struct delta *delta, struct delta_entry *entry)
{
  delta->filtered++;
  if (!is_directory (entry->side[SIDE_BASE])
      && !is_directory (entry->side[SIDE_OVERLAY]))
    return false;
  entry->status = STATUS_SCAFFOLD;
  entry->kinds = 0;
  return true;
}

/* Does the entry stay, if only as scaffold? */
static bool
apply (struct delta *delta, const struct delta_filter *filter,
       struct delta_entry *entry, bool wanted)
{
  if (entry->status == STATUS_SCAFFOLD)
    return true;
  if (!wanted)
    return leave_out (delta, entry);
  entry->kinds &= filter->content_only ? CONTENT_KINDS
    : (uint16_t) ~KIND_IGNORED;
  if (entry->status == STATUS_MODIFIED && entry->kinds == 0)
    return leave_out (delta, entry);
  return true;
}

errint_t
delta_filter (struct delta *delta, const struct delta_filter *filter)
{
  __attribute__ ((cleanup (path_filter_clear))) struct path_filter state = {
    .filter = filter,
    .include_all = filter->include == NULL || filter->include[0] == NULL,
  };
  size_t kept = 0;
  errint_t err = delta_sort (delta);

  for (size_t i = 0; err == 0 && i < delta->count; ++i) {
    bool wanted = true;

    err = judge_path (&state, &delta->entries[i], &wanted);
    if (err == 0 && apply (delta, filter, &delta->entries[i], wanted))
      delta->entries[kept++] = delta->entries[i];
  }
  if (err == 0)
    delta->count = kept;
  return err;
}
