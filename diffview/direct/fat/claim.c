/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Claims clusters, see fat/claim.h: tables by their places, then what the
 * directories lead to.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "account_claims.h"
#include "bytes.h"
#include "fat/claim.h"
#include "fat/cursor.h"
#include "fat/directory.h"
#include "fat/fat_private.h"

/* Entries of an exFAT's root that lead to its tables (exFAT specification,
 * sections 7.1 and 7.2). */
#define TYPE_BITMAP 0x81
#define TYPE_UP_CASE 0x82

struct claiming {
  const struct reader *reader;
  const struct fat_volume *volume;
  const struct fat_volume *base;        /* or NULL */
  struct account_claims *claims;
  struct inode_set entered;     /* directories */
  uint64_t *pending;            /* owned: directories to enter */
  size_t count, capacity;
};

static errint_t
enter_later (struct claiming *claiming, uint64_t number)
{
  bool added;
  errint_t err = inode_set_add (&claiming->entered,
                                (struct inode_id) { .number = number },
                                &added);

  if (err < 0 || !added)
    return err;
  if (claiming->count == claiming->capacity) {
    size_t capacity = claiming->capacity == 0 ? 64 : claiming->capacity * 2;
    uint64_t *list = reallocarray (claiming->pending, capacity,
                                   sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    claiming->pending = list;
    claiming->capacity = capacity;
  }
  claiming->pending[claiming->count++] = number;
  return 0;
}

/* LENGTH bytes in clusters from CLUSTER on, or all that the chain has. */
static errint_t
claim_chain (struct claiming *claiming, uint32_t cluster, bool contiguous,
             uint64_t length, enum account_class which)
{
  const struct fat_volume *volume = claiming->volume;
  struct fat_chain chain;
  uint64_t done = 0;
  errint_t err = fat_chain_start (volume, cluster, contiguous, &chain);

  while (err == 0 && chain.cluster != 0 && done < length) {
    account_claim (claiming->claims,
                   fat_volume_cluster (volume, chain.cluster),
                   volume->cluster_size, which);
    done += volume->cluster_size;
    if (done < length)
      err = fat_chain_next (&chain);
  }
  if (err != -EIO)
    return err;
  claiming->claims->damaged = true;
  return 0;
}

static errint_t
claim_file (struct claiming *claiming, uint64_t number,
            const struct fat_file *file)
{
  CLEANUP_RUNS struct runs runs = { .list = NULL };
  struct fat_file known;
  bool is_known = claiming->base != NULL
    && fat_file_read (claiming->base, number, &known) == 0
    && known.cluster == file->cluster;
  errint_t err = claiming->reader->format->runs
    (claiming->reader, (struct inode_id) { .number = number }, &runs);

  if (err == -EIO || (err == 0 && runs.damaged)) {
    claiming->claims->damaged = true;
    err = 0;
  }
  for (size_t i = 0; i < runs.count && err == 0; ++i)
    account_claim (claiming->claims, runs.list[i].position,
                   runs.list[i].length, is_known ? ACCOUNT_FILE_MODIFIED
                   : ACCOUNT_FILE_ADDED);
  return err;
}

static int
visit (void *opaque, const char *name, size_t length, uint64_t number,
       bool is_directory)
{
  struct claiming *claiming = opaque;
  struct fat_file file;
  errint_t err;

  (void) name;
  (void) length;
  if (is_directory)
    return enter_later (claiming, number);
  err = fat_file_read (claiming->volume, number, &file);
  if (err == 0)
    return claim_file (claiming, number, &file);
  claiming->claims->damaged = true;
  return err == -EIO ? 0 : err;
}

static errint_t
claim_directory (struct claiming *claiming, uint64_t number)
{
  const struct fat_volume *volume = claiming->volume;
  bool incomplete = false;
  struct fat_file file;
  errint_t err = fat_file_read (volume, number, &file);

  if (err == 0)
    err = claim_chain (claiming, file.cluster, file.contiguous,
                       file.contiguous ? file.size : UINT64_MAX,
                       ACCOUNT_DIRECTORY);
  if (err == 0)
    err = fat_directory_iterate (volume, number, visit, claiming,
                                 &incomplete);
  if (err == -EIO || incomplete)
    claiming->claims->damaged = true;
  return err == -EIO ? 0 : err;
}

/* exFAT's bitmap and its table of capital letters. */
static errint_t
claim_tables (struct claiming *claiming)
{
  struct fat_cursor cursor;
  const unsigned char *entry;
  uint64_t position;
  int result;

  fat_cursor_start_root (claiming->volume, &cursor);
  while ((result = fat_cursor_next (&cursor, &entry, &position)) > 0
         && entry[0] != 0)
    if (entry[0] == TYPE_BITMAP || entry[0] == TYPE_UP_CASE) {
      errint_t err = claim_chain (claiming, bytes_le32 (entry + 20), false,
                                  bytes_le64 (entry + 24),
                                  entry[0] == TYPE_BITMAP ? ACCOUNT_BITMAP
                                  : ACCOUNT_RESERVED);

      if (err < 0)
        return err;
    }
  return result < 0 ? result : 0;
}

errint_t
fat_claim (const struct reader *reader, const struct reader *base,
           struct account_claims *claims)
{
  const struct fat_volume *volume = fat_volume_of (reader);
  struct claiming claiming = {
    .reader = reader, .volume = volume, .claims = claims,
    .base = base == NULL ? NULL : fat_volume_of (base),
  };
  errint_t err;

  account_claim (claims, volume->sector_size,
                 volume->table - volume->sector_size, ACCOUNT_SUPERBLOCK);
  account_claim (claims, volume->table,
                 volume->table_length * volume->table_copies,
                 ACCOUNT_BITMAP);
  if (volume->root_length > 0)
    account_claim (claims, volume->root, volume->root_length,
                   ACCOUNT_DIRECTORY);
  err = volume->kind == FAT_EX ? claim_tables (&claiming) : 0;
  if (err == 0)
    err = enter_later (&claiming, FAT_ROOT);
  while (err == 0 && claiming.count > 0)
    err = claim_directory (&claiming, claiming.pending[--claiming.count]);
  free (claiming.pending);
  inode_set_clear (&claiming.entered);
  return err;
}
