/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine that the asking side has: each of its operations is a request.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "broker_private.h"
#include "delta.h"
#include "memory_budget.h"
#include "records.h"

/* How many entries there are between two looks at the memory they take. */
#define INTERVAL 4096

struct proxy {
  struct engine engine;         /* first */
  struct broker *broker;
  uint32_t number;              /* by which the child knows it */
  pthread_mutex_t lock;         /* of arena, which holds what stat gave */
  struct arena *arena;
};

static struct proxy *
proxy_of (struct engine *engine)
{
  return (struct proxy *) engine;
}

static errint_t
begin (struct engine *engine, enum request request, struct call *call)
{
  errint_t error = call_begin (proxy_of (engine)->broker, request, call);

  if (error == 0)
    wire_put_u32 (call->wire, proxy_of (engine)->number);
  return error;
}

/* Of all filesystems so far. */
static uint64_t
memory_of (const struct delta *delta)
{
  return arena_size (delta->arena)
    + (uint64_t) delta->capacity * sizeof *delta->entries;
}

static void
take_entry (struct call *call, struct delta *delta, unsigned filesystem,
            uint32_t number)
{
  struct delta_entry entry;

  if (!get_delta_entry (call->wire, delta->arena, &entry))
    return;
  entry.filesystem = (uint16_t) filesystem;
  entry.engine_number = number;
  if (delta_add (delta, &entry) != 0)
    wire_fail (call->wire, -ENOMEM);
}

static errint_t
compute (struct engine *engine, const struct compare_rules *rules,
         struct delta *delta, unsigned filesystem)
{
  struct memory_budget own, *memory = rules->memory;
  uint64_t before = memory_of (delta), left;
  uint32_t number = 0;
  struct call call;
  errint_t error = begin (engine, REQUEST_COMPUTE, &call);

  if (error != 0)
    return error;
  if (memory == NULL) {
    memory_budget_start (&own);
    memory = &own;
  }
  left = memory_budget_left (memory);
  call.progress = call.broker->progress;
  put_rules (call.wire, rules);
  wire_flush (call.wire);
  while (call_next (&call) == MESSAGE_ENTRY) {
    take_entry (&call, delta, filesystem, ++number);
    if (number == UINT32_MAX
        || (number % INTERVAL == 0 && memory_of (delta) - before > left))
      wire_fail (call.wire, -E2BIG);
  }
  memory_budget_take (memory, memory_of (delta) - before);
  return call_end (&call, call_result (&call));
}

static errint_t
read_piece (struct engine *engine, enum side side, uint32_t number,
            void *buffer, size_t length, uint64_t offset)
{
  struct call call;
  errint_t error = begin (engine, REQUEST_READ, &call);

  if (error != 0)
    return error;
  wire_put_u8 (call.wire, (uint8_t) side);
  wire_put_u32 (call.wire, number);
  wire_put_u32 (call.wire, (uint32_t) length);
  wire_put_u64 (call.wire, offset);
  error = call_answer (&call);
  if (error == 0)
    wire_get_raw (call.wire, buffer, length);
  return call_end (&call, error);
}

static errint_t
pread_entry (struct engine *engine, enum side side,
             const struct delta_entry *entry,
             void *buffer, size_t length, uint64_t offset, size_t *got)
{
  const struct entry *known = entry->side[side];
  uint32_t number = entry->engine_number;

  *got = 0;
  if (known == NULL || known->type != ENTRY_FILE || number == 0)
    return -EINVAL;
  if (offset >= known->size)
    return 0;
  if (length > known->size - offset)
    length = (size_t) (known->size - offset);
  for (size_t done = 0, piece; done < length; done += piece) {
    errint_t error;

    piece = length - done < READ_LIMIT ? length - done : READ_LIMIT;
    error = read_piece (engine, side, (uint32_t) (number - 1),
                        (char *) buffer + done, piece, offset + done);
    if (error != 0)
      return error;
  }
  *got = length;
  return 0;
}

static errint_t
stat_path (struct engine *engine, enum side side, const char *path,
           struct entry *entry)
{
  struct proxy *proxy = proxy_of (engine);
  struct call call;
  errint_t error = begin (engine, REQUEST_STAT, &call);

  if (error != 0)
    return error;
  wire_put_u8 (call.wire, (uint8_t) side);
  wire_put_string (call.wire, path);
  error = call_answer (&call);
  if (error == 0) {
    pthread_mutex_lock (&proxy->lock);
    get_entry (call.wire, proxy->arena, entry);
    pthread_mutex_unlock (&proxy->lock);
  }
  return call_end (&call, error);
}

static errint_t
read_path (struct engine *engine, enum side side, const char *path,
           size_t limit, char **content, size_t *length)
{
  CLEANUP_FREE char *bytes = NULL;
  struct call call;
  errint_t error = begin (engine, REQUEST_READ_PATH, &call);

  if (error != 0)
    return error;
  wire_put_u8 (call.wire, (uint8_t) side);
  wire_put_string (call.wire, path);
  wire_put_u64 (call.wire, limit);
  error = call_answer (&call);
  if (error == 0) {
    bytes = wire_get_bytes (call.wire, limit, length);
    if (bytes == NULL)
      wire_refuse (call.wire);
  }
  error = call_end (&call, error);
  if (error == 0)
    *content = steal_pointer (&bytes);
  return error;
}

/* The child keeps its own until the end. */
static void
close_engine (struct engine *engine)
{
  struct proxy *proxy = proxy_of (engine);

  arena_free (proxy->arena);
  pthread_mutex_destroy (&proxy->lock);
  free (proxy);
}

static const struct engine_operations operations = {
  .name = "guestfs",
  .compute = compute,
  .pread = pread_entry,
  .stat = stat_path,
  .read_path = read_path,
  .close = close_engine,
};

static struct proxy *
new_proxy (struct broker *broker)
{
  struct proxy *proxy = calloc (1, sizeof *proxy);

  if (proxy == NULL)
    return NULL;
  proxy->engine.operations = &operations;
  proxy->broker = broker;
  proxy->arena = arena_new ();
  pthread_mutex_init (&proxy->lock, NULL);
  if (proxy->arena == NULL) {
    close_engine (&proxy->engine);
    return NULL;
  }
  return proxy;
}

errint_t
broker_engine_open (struct broker *broker,
                    const char *const mountable[SIDES],
                    const char *type, const char *name,
                    struct engine **engine)
{
  struct proxy *proxy = new_proxy (broker);
  struct call call;
  errint_t error;

  *engine = NULL;
  if (proxy == NULL)
    return log_error (broker->log, -ENOMEM, "cannot open the filesystem",
                      name);
  error = call_begin (broker, REQUEST_OPEN, &call);
  if (error == 0) {
    wire_put_string (call.wire, mountable[SIDE_BASE]);
    wire_put_string (call.wire, mountable[SIDE_OVERLAY]);
    wire_put_string (call.wire, type);
    wire_put_string (call.wire, name);
    error = call_answer (&call);
    if (error == 0)
      proxy->number = wire_get_u32 (call.wire);
    error = call_end (&call, error);
  }
  if (error == 0)
    *engine = &proxy->engine;
  else
    close_engine (&proxy->engine);
  return error;
}
