/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A broker on the in-memory engine.
 */
#include <config.h>

#include <setjmp.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "broker_stand_in.h"

struct stand_in stand_in;
const unsigned small_sectors[SIDES] = { 512, 512 };

/* The connections are the only sockets, and the first one was made first. */
static int
first_socket (void)
{
  struct stat stat;
  int fd = 3;

  while (fd < 4096 && (fstat (fd, &stat) < 0 || !S_ISSOCK (stat.st_mode)))
    ++fd;
  return fd;
}

static errint_t
launch (const struct appliances_options *options, void **machines)
{
  if (stand_in.launch != NULL)
    stand_in.launch (options, first_socket ());
  if (stand_in.launch_error != 0)
    return log_error (options->log, stand_in.launch_error, "cannot launch",
                      NULL);
  *machines = &stand_in;
  return 0;
}

static errint_t
filesystems (void *machines, enum side side,
             struct appliance_filesystems **result)
{
  struct appliance_filesystems *found = calloc (1, sizeof *found);

  (void) machines;
  found->list = calloc (2, sizeof *found->list);
  found->count = side == SIDE_BASE ? 1 : 2;
  for (size_t i = 0; i < found->count; ++i)
    found->list[i] = (struct appliance_filesystem) {
      .device = strdup (i == 0 ? "/dev/sda1" : "/dev/vg/lv"),
      .mountable = strdup ("anything"),
      .type = strdup ("ext4"),
      .uuid = i == 0 ? strdup ("") : NULL,
      .subvolume = i == 0 ? NULL : strdup ("a/b"),
    };
  *result = found;
  return 0;
}

static errint_t
open_engine (void *machines, const char *const mountable[SIDES],
             const char *type, const char *name, struct engine **engine)
{
  (void) machines;
  if (mountable[SIDE_BASE] != NULL || stand_in.memory == NULL
      || strcmp (mountable[SIDE_OVERLAY], "/dev/sda1") != 0
      || strcmp (type, "ext4") != 0 || strcmp (name, "sda1") != 0)
    return -ENOTSUP;
  *engine = memory_engine (stand_in.memory);
  return 0;
}

static pid_t
process (void *machines, enum side side)
{
  (void) machines;
  return side == SIDE_BASE && stand_in.process != NULL
    ? *stand_in.process : 0;
}

static void
close_machines (void *machines)
{
  (void) machines;
  if (stand_in.closed != NULL)
    *stand_in.closed = true;
}

static const struct broker_backend backend = {
  .launch = launch,
  .filesystems = filesystems,
  .open = open_engine,
  .process = process,
  .close = close_machines,
};

struct broker *
stand_in_start (struct messages *messages)
{
  const char *socket = stand_in.socket != NULL ? stand_in.socket : "/none/x";
  struct broker_options options = {
    .appliances = {
      .socket = { socket, socket },
      .log = stand_in.log != NULL ? stand_in.log : &messages->log,
    },
    .overlay = "overlay.qcow2",
  };
  struct broker *broker = NULL;

  messages_start (messages);
  assert_int_equal (broker_start_with (&backend, &options, &broker), 0);
  return broker;
}

struct broker *
stand_in_open (struct messages *messages, struct engine **engine)
{
  const char *const mountable[SIDES] = { NULL, "/dev/sda1" };
  struct broker *broker = stand_in_start (messages);

  assert_int_equal (broker_launch (broker, small_sectors, NULL), 0);
  assert_int_equal (broker_engine_open (broker, mountable, "ext4", "sda1",
                                        engine), 0);
  return broker;
}

struct delta *
stand_in_compute (struct engine *engine, const struct compare_rules *rules)
{
  struct delta *delta = delta_new ();
  unsigned number;

  assert_int_equal (delta_add_filesystem (delta, engine, "sda1", "/", true,
                                          &number), 0);
  assert_int_equal (engine->operations->compute (engine, rules, delta,
                                                 number), 0);
  return delta;
}

bool
stand_in_ended (const struct broker *broker)
{
  struct pollfd poll_fd = { .fd = broker_death_fd (broker),
                            .events = POLLIN };

  return poll (&poll_fd, 1, 60000) == 1;
}
