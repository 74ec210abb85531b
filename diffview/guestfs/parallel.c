/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The same work on both sides at once.  Knows nothing of the work.
 */
#include "parallel.h"

#include <pthread.h>
#include <stddef.h>

struct work {
  errint_t (*run) (enum side side, void *opaque);
  void *opaque;
  errint_t result;
};

static void *
overlay_thread (void *opaque)
{
  struct work *work = opaque;

  work->result = work->run (SIDE_OVERLAY, work->opaque);
  return NULL;
}

errint_t
parallel_sides (errint_t (*run) (enum side side, void *opaque), void *opaque)
{
  struct work work = { .run = run, .opaque = opaque };
  errint_t base_result;
  pthread_t thread;
  int r = pthread_create (&thread, NULL, overlay_thread, &work);

  base_result = run (SIDE_BASE, opaque);
  if (r == 0)
    pthread_join (thread, NULL);
  else
    overlay_thread (&work);
  return work.result < 0 ? work.result : base_result;
}
