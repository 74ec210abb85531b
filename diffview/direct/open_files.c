/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A small table of open files, see open_files.h.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>

#include "open_files.h"

#define KEPT 32
/* Of files in more pieces than this one alone is kept. */
#define PIECES_MANY ((size_t) 1 << 16)

struct open_file {
  enum side side;
  struct inode_id inode;
  struct runs runs;
  unsigned users;
  bool kept;                    /* is in the table */
};

struct open_files {
  struct reader *const *reader;
  pthread_mutex_t lock;         /* of all that follows */
  struct open_file *table[KEPT];
  unsigned next;                /* the place to be taken next; the first one
                                 * is for a file in many pieces */
  struct inode_set failed[SIDES];
};

struct open_files *
open_files_new (struct reader *const reader[SIDES])
{
  struct open_files *files = calloc (1, sizeof *files);

  if (files != NULL && pthread_mutex_init (&files->lock, NULL) != 0) {
    free (files);
    return NULL;
  }
  if (files != NULL)
    files->reader = reader;
  return files;
}

static void
close_file (struct open_file *file)
{
  runs_clear (&file->runs);
  free (file);
}

void
open_files_free (struct open_files *files)
{
  for (unsigned i = 0; i < KEPT; ++i)
    if (files->table[i] != NULL)
      close_file (files->table[i]);
  for (int side = 0; side < SIDES; ++side)
    inode_set_clear (&files->failed[side]);
  pthread_mutex_destroy (&files->lock);
  free (files);
}

static struct open_file *
find (struct open_files *files, enum side side, struct inode_id inode)
{
  for (unsigned i = 0; i < KEPT; ++i) {
    struct open_file *file = files->table[i];

    if (file != NULL && file->side == side
        && inode_id_same (file->inode, inode))
      return file;
  }
  return NULL;
}

/* Puts FILE into the table, in the place of another. */
static void
keep (struct open_files *files, struct open_file *file)
{
  bool many = file->runs.count > PIECES_MANY;
  struct open_file **place = &files->table[many ? 0 : 1 + files->next];

  if (!many)
    files->next = (files->next + 1) % (KEPT - 1);
  if (*place != NULL) {
    (*place)->kept = false;
    if ((*place)->users == 0)
      close_file (*place);
  }
  *place = file;
  file->kept = true;
}

static errint_t
open_file (struct open_files *files, enum side side, struct inode_id inode,
           struct open_file **result)
{
  const struct reader *reader = files->reader[side];
  struct open_file *file = calloc (1, sizeof *file);
  errint_t err;

  if (file == NULL)
    return -ENOMEM;
  err = reader->format->runs (reader, inode, &file->runs);
  if (err < 0) {
    close_file (file);
    return err == -ENOMEM || err == -EREMOTEIO ? err : -EIO;
  }
  file->side = side;
  file->inode = inode;
  *result = file;
  return 0;
}

errint_t
open_files_get (struct open_files *files, enum side side,
                struct inode_id inode, struct open_file **handle,
                const struct runs **runs)
{
  struct open_file *file;
  errint_t err = 0;

  pthread_mutex_lock (&files->lock);
  file = find (files, side, inode);
  if (file == NULL) {
    pthread_mutex_unlock (&files->lock);
    err = open_file (files, side, inode, &file);
    if (err < 0)
      return err;
    pthread_mutex_lock (&files->lock);
    keep (files, file);         /* twice, maybe: no harm */
  }
  file->users++;
  pthread_mutex_unlock (&files->lock);
  *handle = file;
  *runs = &file->runs;
  return 0;
}

void
open_files_put (struct open_files *files, struct open_file *handle)
{
  bool unused;

  pthread_mutex_lock (&files->lock);
  handle->users--;
  unused = handle->users == 0 && !handle->kept;
  pthread_mutex_unlock (&files->lock);
  if (unused)
    close_file (handle);
}

bool
open_files_first_failure (struct open_files *files, enum side side,
                          struct inode_id inode)
{
  bool added = false;

  pthread_mutex_lock (&files->lock);
  if (inode_set_add (&files->failed[side], inode, &added) < 0)
    added = true;
  pthread_mutex_unlock (&files->lock);
  return added;
}
