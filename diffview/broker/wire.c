/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One end of a connection: see wire.h.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

#define BUFFER_SIZE ((size_t) 16 * 1024)

/* In place of a length: there is nothing. */
#define NOTHING UINT32_MAX

/* What is believed without having seen it. */
#define PIECE ((size_t) 64 * 1024)

struct wire {
  int fd, death_fd;
  atomic_int error;             /* errint_t; both directions set it */
  size_t out_used;
  size_t in_start, in_end;
  unsigned char out[BUFFER_SIZE];
  unsigned char in[BUFFER_SIZE];
};

struct wire *
wire_new (int fd, int death_fd)
{
  struct wire *wire = calloc (1, sizeof *wire);

  if (wire == NULL) {
    close (fd);
    return NULL;
  }
  wire->fd = fd;
  wire->death_fd = death_fd;
  return wire;
}

void
wire_free (struct wire *wire)
{
  close (wire->fd);
  free (wire);
}

errint_t
wire_error (const struct wire *wire)
{
  return wire->error;
}

bool
wire_fail (struct wire *wire, errint_t error)
{
  int none = 0;

  atomic_compare_exchange_strong (&wire->error, &none, error);
  return false;
}

bool
wire_refuse (struct wire *wire)
{
  return wire_fail (wire, -EPROTO);
}

/* Waits until the socket is ready for EVENTS; false when the other end has
 * gone.  What it sent before it went can still be read. */
static bool
wait_for (struct wire *wire, short events)
{
  struct pollfd fds[] = {
    { .fd = wire->fd, .events = events },
    { .fd = wire->death_fd, .events = POLLIN },
  };

  while (poll (fds, 2, -1) < 0)
    if (errno != EINTR && errno != EAGAIN)
      return false;
  if (fds[0].revents != 0 || fds[1].revents == 0)
    return true;
  return events == POLLIN && poll (fds, 1, 0) == 1;
}

static bool
send_all (struct wire *wire, const unsigned char *bytes, size_t length)
{
  while (length > 0 && wire->error == 0) {
    ssize_t sent = send (wire->fd, bytes, length,
                         MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent > 0) {
      bytes += sent;
      length -= (size_t) sent;
    }
    else if (sent < 0 && errno != EINTR
             && (errno != EAGAIN || !wait_for (wire, POLLOUT)))
      return wire_fail (wire, -ECONNRESET);
  }
  return wire->error == 0;
}

/* Between 1 and LENGTH bytes; 0 on failure. */
static size_t
receive (struct wire *wire, void *buffer, size_t length)
{
  while (wire->error == 0) {
    ssize_t got = recv (wire->fd, buffer, length, MSG_DONTWAIT);

    if (got > 0)
      return (size_t) got;
    if (got == 0
        || (errno != EINTR
            && (errno != EAGAIN || !wait_for (wire, POLLIN))))
      wire_fail (wire, -ECONNRESET);
  }
  return 0;
}

void
wire_flush (struct wire *wire)
{
  send_all (wire, wire->out, wire->out_used);
  wire->out_used = 0;
}

void
wire_put_raw (struct wire *wire, const void *bytes, size_t length)
{
  if (length > BUFFER_SIZE - wire->out_used)
    wire_flush (wire);
  if (length > BUFFER_SIZE) {
    send_all (wire, bytes, length);
    return;
  }
  if (length > 0)
    memcpy (wire->out + wire->out_used, bytes, length);
  wire->out_used += length;
}

void
wire_put_u8 (struct wire *wire, uint8_t value)
{
  wire_put_raw (wire, &value, sizeof value);
}

void
wire_put_u32 (struct wire *wire, uint32_t value)
{
  wire_put_raw (wire, &value, sizeof value);
}

void
wire_put_u64 (struct wire *wire, uint64_t value)
{
  wire_put_raw (wire, &value, sizeof value);
}

void
wire_put_bytes (struct wire *wire, const void *bytes, size_t length)
{
  if (bytes == NULL) {
    wire_put_u32 (wire, NOTHING);
    return;
  }
  if (length >= NOTHING) {
    wire_fail (wire, -EPROTO);
    return;
  }
  wire_put_u32 (wire, (uint32_t) length);
  wire_put_raw (wire, bytes, length);
}

void
wire_put_string (struct wire *wire, const char *string)
{
  wire_put_bytes (wire, string, string == NULL ? 0 : strlen (string));
}

void
wire_get_raw (struct wire *wire, void *buffer, size_t length)
{
  unsigned char *to = buffer;

  while (length > 0 && wire->error == 0) {
    size_t here = wire->in_end - wire->in_start;

    if (here > length)
      here = length;
    if (here > 0) {
      memcpy (to, wire->in + wire->in_start, here);
      wire->in_start += here;
    }
    else if (length >= BUFFER_SIZE)
      here = receive (wire, to, length);
    else {
      wire->in_start = 0;
      wire->in_end = receive (wire, wire->in, BUFFER_SIZE);
    }
    to += here;
    length -= here;
  }
  if (length > 0)
    memset (to, 0, length);
}

uint8_t
wire_get_u8 (struct wire *wire)
{
  uint8_t value;

  wire_get_raw (wire, &value, sizeof value);
  return value;
}

uint32_t
wire_get_u32 (struct wire *wire)
{
  uint32_t value;

  wire_get_raw (wire, &value, sizeof value);
  return value;
}

uint64_t
wire_get_u64 (struct wire *wire)
{
  uint64_t value;

  wire_get_raw (wire, &value, sizeof value);
  return value;
}

uint8_t
wire_get_bounded_u8 (struct wire *wire, uint8_t limit)
{
  uint8_t value = wire_get_u8 (wire);

  if (value <= limit)
    return value;
  wire_refuse (wire);
  return 0;
}

uint32_t
wire_get_bounded (struct wire *wire, uint32_t limit)
{
  uint32_t value = wire_get_u32 (wire);

  if (value <= limit)
    return value;
  wire_refuse (wire);
  return 0;
}

/* The length of what follows; false for nothing and for a failure. */
static bool
get_length (struct wire *wire, size_t limit, size_t *length)
{
  uint32_t announced = wire_get_u32 (wire);

  *length = 0;
  if (wire->error != 0 || announced == NOTHING)
    return false;
  if (announced > limit)
    return wire_refuse (wire);
  *length = announced;
  return true;
}

char *
wire_get_bytes (struct wire *wire, size_t limit, size_t *length)
{
  CLEANUP_FREE char *bytes = NULL;
  size_t got = 0, size = 0;

  if (!get_length (wire, limit, length))
    return NULL;
  do {
    size_t more = *length - got < PIECE + size ? *length - got : PIECE + size;
    char *larger = realloc (bytes, got + more + 1);

    if (larger == NULL) {
      wire_fail (wire, -ENOMEM);
      return NULL;
    }
    bytes = larger;
    wire_get_raw (wire, bytes + got, more);
    got += more;
    size = got;
  } while (got < *length && wire->error == 0);
  if (wire->error != 0)
    return NULL;
  bytes[got] = '\0';
  return steal_pointer (&bytes);
}

char *
wire_get_string (struct wire *wire, size_t limit)
{
  size_t length;
  CLEANUP_FREE char *string = wire_get_bytes (wire, limit, &length);

  if (string != NULL && memchr (string, '\0', length) != NULL) {
    wire_refuse (wire);
    return NULL;
  }
  return steal_pointer (&string);
}

char *
wire_get_bytes_in (struct wire *wire, struct arena *arena,
                   size_t limit, size_t *length)
{
  CLEANUP_FREE char *bytes = wire_get_bytes (wire, limit, length);
  char *copy;

  if (bytes == NULL)
    return NULL;
  copy = arena_copy (arena, bytes, *length);
  if (copy == NULL)
    wire_fail (wire, -ENOMEM);
  return copy;
}

char *
wire_get_string_in (struct wire *wire, struct arena *arena, size_t limit)
{
  size_t length;
  char *string = wire_get_bytes_in (wire, arena, limit, &length);

  if (string == NULL || memchr (string, '\0', length) == NULL)
    return string;
  wire_refuse (wire);
  return NULL;
}
