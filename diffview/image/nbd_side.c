/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * NBD by libnbd's asynchronous calls: several requests are under way at a
 * time, and a daemon that has stopped answering is given up.
 *
 * NOTES ON THE THREAD MODEL: a connection is used by one thread at a time,
 * which takes it out of the pool (its lock covers nothing but the pool) and
 * puts it back.  A connection that failed or timed out is closed, so that
 * nothing is written to a caller's buffer after its call has returned.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <libnbd.h>

#include "nbd_side.h"

#define CONNECTIONS 2
#define REQUEST_BYTES (1024 * 1024)
#define REQUESTS 4
#define TIMEOUT_MILLISECONDS 60000
/* A block status request has 32 bits for the length. */
#define STATUS_BYTES (UINT64_C (2) << 30)
#define DEPTH_CONTEXT "qemu:allocation-depth"

struct connection {
  struct nbd_handle *handle;    /* NULL after a failure */
  bool taken;
};

struct nbd_side {
  uint64_t size;
  uint64_t unit;                /* requests are multiples of it, a power of
                                 * two; mostly 1 */
  pthread_mutex_t lock;         /* for taken */
  pthread_cond_t given_back;
  struct connection connections[CONNECTIONS];
};

static errint_t
last_error (void)
{
  const int error = nbd_get_errno ();

  return error > 0 ? -error : -EIO;
}

/* Waits until something happened on the connection. */
static errint_t
wait_for (struct nbd_handle *handle)
{
  const int events = nbd_poll (handle, TIMEOUT_MILLISECONDS);

  if (events > 0 || (events < 0 && nbd_get_errno () == EINTR))
    return 0;
  return events == 0 ? -ETIMEDOUT : last_error ();
}

/* Begins to connect. */
static errint_t
connect_to (struct nbd_handle *handle, const char *path, const char *export,
            bool depth)
{
  if (nbd_set_export_name (handle, export) != 0
      || (depth && nbd_add_meta_context (handle, DEPTH_CONTEXT) != 0)
      || nbd_set_pread_initialize (handle, false) != 0
      || nbd_aio_connect_unix (handle, path) != 0)
    return last_error ();
  return 0;
}

/* Waits until the connection can be used. */
static errint_t
finish_connecting (struct nbd_handle *handle)
{
  errint_t error = 0;

  while (error == 0 && nbd_aio_is_connecting (handle) == 1)
    error = wait_for (handle);
  if (error == 0 && nbd_aio_is_ready (handle) != 1)
    error = last_error ();
  return error;
}

static errint_t
open_connections (struct nbd_side *side, const char *path,
                  const char *export, bool depth)
{
  for (size_t i = 0; i < CONNECTIONS; ++i) {
    struct nbd_handle *handle = nbd_create ();
    errint_t error;

    if (handle == NULL)
      return last_error ();
    side->connections[i].handle = handle;
    error = connect_to (handle, path, export, depth);
    if (error != 0)
      return error;
  }
  return 0;
}

errint_t
nbd_side_open (const char *path, const char *export, bool depth,
               struct nbd_side **result)
{
  CLEANUP (nbd_side_close) struct nbd_side *side = NULL;
  errint_t error;

  side = calloc (1, sizeof *side);
  if (side == NULL)
    return -ENOMEM;
  pthread_mutex_init (&side->lock, NULL);
  pthread_cond_init (&side->given_back, NULL);
  error = open_connections (side, path, export, depth);
  if (error == 0)
    *result = steal_pointer (&side);
  return error;
}

errint_t
nbd_side_wait (struct nbd_side *side)
{
  struct nbd_handle *handle = side->connections[0].handle;
  errint_t error = finish_connecting (handle);
  int64_t size, unit;

  if (error != 0)
    return error;
  size = nbd_get_size (handle);
  if (size < 0)
    return last_error ();
  side->size = (uint64_t) size;
  unit = nbd_get_block_size (handle, LIBNBD_SIZE_MINIMUM);
  side->unit = unit > 0 ? (uint64_t) unit : 1;
  return 0;
}

void
nbd_side_close (struct nbd_side *side)
{
  if (side == NULL)
    return;
  for (size_t i = 0; i < CONNECTIONS; ++i)
    nbd_close (side->connections[i].handle);
  pthread_cond_destroy (&side->given_back);
  pthread_mutex_destroy (&side->lock);
  free (side);
}

uint64_t
nbd_side_size (const struct nbd_side *side)
{
  return side->size;
}

/* A connection that is free and works; NULL when none works any more. */
static struct connection *
take_connection (struct nbd_side *side)
{
  struct connection *taken = NULL;
  bool works = true;

  pthread_mutex_lock (&side->lock);
  while (taken == NULL && works) {
    works = false;
    for (size_t i = 0; i < CONNECTIONS && taken == NULL; ++i) {
      struct connection *connection = &side->connections[i];

      if (connection->taken)
        works = true;
      else if (connection->handle != NULL)
        taken = connection;
    }
    if (taken == NULL && works)
      pthread_cond_wait (&side->given_back, &side->lock);
  }
  if (taken != NULL)
    taken->taken = true;
  pthread_mutex_unlock (&side->lock);
  return taken;
}

static void
give_back (struct nbd_side *side, struct connection *connection, bool works)
{
  if (!works) {
    nbd_close (connection->handle);
    connection->handle = NULL;
  }
  pthread_mutex_lock (&side->lock);
  connection->taken = false;
  if (works)
    pthread_cond_signal (&side->given_back);
  else
    pthread_cond_broadcast (&side->given_back);
  pthread_mutex_unlock (&side->lock);
}

/* Requests of one call. */
struct transfer {
  unsigned under_way;
  int error;                    /* errno of the first that failed, or 0 */
};

static int
finish_request (void *opaque, int *error)
{
  struct transfer *transfer = opaque;

  transfer->under_way--;
  if (*error != 0 && transfer->error == 0)
    transfer->error = *error;
  return 1;                     /* done with it */
}

/* Waits until at most MOST requests are under way.  A failure here is one of
 * the connection. */
static errint_t
settle (struct nbd_handle *handle, const struct transfer *transfer,
        unsigned most)
{
  while (transfer->under_way > most) {
    errint_t error = wait_for (handle);

    if (error != 0)
      return error;
  }
  return 0;
}

static errint_t
read_by (struct nbd_handle *handle, unsigned char *buffer, size_t length,
         uint64_t offset, struct transfer *transfer)
{
  errint_t error = 0;

  while (error == 0 && length > 0 && transfer->error == 0) {
    const size_t piece = length < REQUEST_BYTES ? length : REQUEST_BYTES;
    nbd_completion_callback finished = {
      .callback = finish_request, .user_data = transfer
    };

    transfer->under_way++;
    if (nbd_aio_pread (handle, buffer, piece, offset, finished, 0) < 0)
      return last_error ();
    buffer += piece;
    length -= piece;
    offset += piece;
    error = settle (handle, transfer, REQUESTS - 1);
  }
  return error == 0 ? settle (handle, transfer, 0) : error;
}

static errint_t
read_aligned (struct nbd_side *side, unsigned char *buffer,
              size_t length, uint64_t offset)
{
  struct transfer transfer = { 0 };
  struct connection *connection = take_connection (side);
  errint_t error;

  if (connection == NULL)
    return -EIO;
  error = finish_connecting (connection->handle);
  if (error == 0)
    error = read_by (connection->handle, buffer, length, offset, &transfer);
  give_back (side, connection, error == 0);
  return error == 0 && transfer.error == 0 ? 0 : -EIO;
}

errint_t
nbd_side_read (struct nbd_side *side, void *buffer,
               size_t length, uint64_t offset)
{
  CLEANUP_FREE_BYTES unsigned char *whole = NULL;
  uint64_t before, whole_length;
  errint_t error;

  if (length > side->size || offset > side->size - length)
    return -EINVAL;
  if (length == 0)
    return 0;
  before = offset & (side->unit - 1);
  if (before == 0 && (length & (side->unit - 1)) == 0)
    return read_aligned (side, buffer, length, offset);
  /* Some drivers read whole sectors only; so does the disk's end. */
  whole_length = (before + length + side->unit - 1) & ~(side->unit - 1);
  whole = malloc (whole_length);
  if (whole == NULL)
    return -ENOMEM;
  error = read_aligned (side, whole, whole_length, offset - before);
  if (error == 0)
    memcpy (buffer, whole + before, length);
  return error;
}

/* A walk over the allocation depth. */
struct walk {
  struct transfer transfer;
  errint_t (*take) (void *opaque, uint64_t offset, uint64_t length,
                    uint32_t depth);
  void *opaque;
  uint64_t next;                /* how far it has come, bytes */
  uint64_t end;                 /* of this request */
  errint_t error;               /* of TAKE */
};

/* libnbd calls this with pairs of length and depth. */
static int
take_extents (void *opaque, const char *context, uint64_t offset,
              uint32_t *entries, size_t count, int *error)
{
  struct walk *walk = opaque;

  (void) error;
  if (strcmp (context, DEPTH_CONTEXT) != 0 || offset != walk->next)
    return 0;
  for (size_t i = 0; i + 1 < count && walk->next < walk->end; i += 2) {
    uint64_t length = entries[i];

    /* The last one may go on beyond what was asked for. */
    if (length > walk->end - walk->next)
      length = walk->end - walk->next;
    if (walk->error == 0)
      walk->error = walk->take (walk->opaque, walk->next, length,
                                entries[i + 1]);
    walk->next += length;
  }
  return 0;
}

static errint_t
walk_by (struct nbd_handle *handle, struct walk *walk, uint64_t size)
{
  while (walk->next < size) {
    const uint64_t start = walk->next;
    nbd_extent_callback extents = {
      .callback = take_extents, .user_data = walk
    };
    nbd_completion_callback finished = {
      .callback = finish_request, .user_data = &walk->transfer
    };
    errint_t error;

    walk->end = size - start < STATUS_BYTES ? size : start + STATUS_BYTES;
    walk->transfer.under_way++;
    if (nbd_aio_block_status (handle, walk->end - start, start, extents,
                              finished, 0) < 0)
      return last_error ();
    error = settle (handle, &walk->transfer, 0);
    if (error != 0)
      return error;
    if (walk->transfer.error != 0)
      return -walk->transfer.error;
    if (walk->error != 0)
      return walk->error;
    if (walk->next == start)
      return -EPROTO;
  }
  return 0;
}

errint_t
nbd_side_walk_depth (struct nbd_side *side,
                     errint_t (*take) (void *opaque, uint64_t offset,
                                       uint64_t length, uint32_t depth),
                     void *opaque)
{
  struct walk walk = { .take = take, .opaque = opaque };
  struct connection *connection = take_connection (side);
  errint_t error;
  bool works;

  if (connection == NULL)
    return -EIO;
  error = finish_connecting (connection->handle);
  works = error == 0;
  if (works)
    error = walk_by (connection->handle, &walk, side->size);
  give_back (side, connection, works && walk.transfer.under_way == 0);
  return error;
}
