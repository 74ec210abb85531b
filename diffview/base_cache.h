/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What earlier runs have found out about a base, so that this one need not
 * find it out again: for each filesystem a section of bytes that only the
 * engine understands that wrote it, all of a base in one file.  Knows the
 * file's form; must not know where files lie nor what a section means.
 *
 * WHAT MAY BE BELIEVED: a file is written by a process that had read an
 * overlay, so it may be as hostile as the overlay.  This room sees to it that
 * a file is whole (its length, each section's length and digest) and that it
 * was made for this base; whoever uses a section has to see to it that a lie
 * in it does no harm (see ext/known.c).  The file is read into memory, not
 * mapped: nobody can change it after it was checked, nor end this process by
 * making it shorter.
 */
#ifndef DELTAFS_BASE_CACHE_H
#define DELTAFS_BASE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "digest.h"
#include "errint.h"

/* Larger files are neither written nor read, bytes. */
#define BASE_CACHE_MAX ((size_t) 96 << 20)
/* Filesystems of one base. */
#define BASE_CACHE_SECTIONS_MAX 64

/* What is in a section. */
struct base_section {
  struct digest identity;       /* of the filesystem, as its engine makes it */
  uint8_t uuid[16];             /* for people */
  uint64_t files;               /* names in it, for people */
};

struct base_cache;

/* Begins with nothing, for the base with this IDENTITY, which people know as
 * NAME.  -ENOMEM. */
errint_t base_cache_new (const struct digest *identity, const char *name,
                         struct base_cache **cache);
void base_cache_free (struct base_cache *cache);
DEFINE_CLEANUP (struct base_cache *, base_cache_free)

/* Reads a whole file.  -EINVAL for one that is damaged, of another version or
 * of another base: the cache stays empty then.  -EIO, -ENOMEM.  Nothing is
 * reported. */
errint_t base_cache_load (struct base_cache *cache, int fd);

/* The section of a filesystem, aligned for every type, valid until the next
 * base_cache_put; NULL when there is none. */
const uint8_t *base_cache_find (const struct base_cache *cache,
                                const struct digest *filesystem,
                                size_t *length);

/* Takes ownership of BYTES (of malloc) as the section that SECTION describes,
 * in place of one of the same filesystem.  What would be too large is left
 * out. */
void base_cache_put (struct base_cache *cache,
                     const struct base_section *section,
                     uint8_t *bytes, size_t length);

/* Writes the file to FD, from its beginning, if a section was put since.
 * *WRITTEN tells whether.  -ENOSPC, -EIO, … */
errint_t base_cache_write (const struct base_cache *cache, int fd,
                           bool *written);

/* For people: what the file FD holds. */
struct base_cache_summary {
  struct digest identity;
  char *name;                   /* owned: the base's, as it was told */
  size_t count;
  struct base_section sections[BASE_CACHE_SECTIONS_MAX];
};

/* Reads the heads alone; the sections' bytes are not checked.  Errors as of
 * base_cache_load.  The name is to be freed. */
errint_t base_cache_summarize (int fd, struct base_cache_summary *summary);

#endif
