/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ends an appliance that has stopped answering: a guest's filesystem may
 * wedge the kernel that mounts it, and libguestfs waits for ever.  Once QEMU
 * is gone the call that waits fails, as do all after it.
 */
#include <config.h>

#include "watchdog.h"

#include <time.h>

/* Seconds between two looks. */
#define INTERVAL 2

struct watchdog {
  struct appliance *appliances[SIDES];
  pthread_t thread;
  pthread_mutex_t lock;         /* of stop */
  pthread_cond_t stopped;
  bool stop;
};

static void *
watch (void *opaque)
{
  struct watchdog *watchdog = opaque;

  pthread_mutex_lock (&watchdog->lock);
  while (!watchdog->stop) {
    struct timespec until;

    clock_gettime (CLOCK_REALTIME, &until);
    until.tv_sec += INTERVAL;
    pthread_cond_timedwait (&watchdog->stopped, &watchdog->lock, &until);
    for (enum side side = 0; side < SIDES; ++side)
      appliance_check_deadline (watchdog->appliances[side]);
  }
  pthread_mutex_unlock (&watchdog->lock);
  return NULL;
}

struct watchdog *
watchdog_start (struct appliance *const appliances[SIDES])
{
  struct watchdog *watchdog = calloc (1, sizeof *watchdog);

  if (watchdog == NULL)
    return NULL;
  for (enum side side = 0; side < SIDES; ++side)
    watchdog->appliances[side] = appliances[side];
  pthread_mutex_init (&watchdog->lock, NULL);
  pthread_cond_init (&watchdog->stopped, NULL);
  if (pthread_create (&watchdog->thread, NULL, watch, watchdog) != 0) {
    free (watchdog);
    return NULL;
  }
  return watchdog;
}

void
watchdog_stop (struct watchdog *watchdog)
{
  pthread_mutex_lock (&watchdog->lock);
  watchdog->stop = true;
  pthread_cond_signal (&watchdog->stopped);
  pthread_mutex_unlock (&watchdog->lock);
  pthread_join (watchdog->thread, NULL);
  pthread_cond_destroy (&watchdog->stopped);
  pthread_mutex_destroy (&watchdog->lock);
  free (watchdog);
}
