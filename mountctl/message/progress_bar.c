/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The progress bar: what the library says goes into a structure, a thread
 * draws it ten times a second.
 *
 * NOTES ON THE THREAD MODEL: everything below `lock` of the messages is only
 * touched with that lock held.  The thread waits on `changed` and ends when
 * `stopping` is set.
 */
#include <config.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "progress_bar.h"
#include "quote.h"
#include "terminal.h"

#define FIRST_SHOWN 500         /* milliseconds after the start */
#define BETWEEN_DRAWINGS 100    /* milliseconds */
#define BAR_WIDTH 30
#define WHY_MAX 32              /* with its NUL: the line is to fit 80 columns */

struct progress_bar {
  struct progress progress;
  struct messages *messages;
  pthread_t thread;
  pthread_cond_t changed;
  struct timespec started;
  /* Protected by messages->lock: */
  bool stopping;
  bool drawn;
  const char *phase;
  uint64_t done, total;
  char why[WHY_MAX];            /* an appliance is started; "" */
};

static int64_t
milliseconds_since (const struct timespec *start)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) (now.tv_sec - start->tv_sec) * 1000
    + (now.tv_nsec - start->tv_nsec) / 1000000;
}

bool
progress_bar_is_wanted (enum progress_choice choice, bool quiet)
{
  switch (choice) {
  case PROGRESS_ALWAYS: return true;
  case PROGRESS_NEVER: return false;
  case PROGRESS_AUTO: break;
  }
  return !quiet && terminal_is_able (STDERR_FILENO);
}

/* Takes the bar off the line; it comes back by itself.  With the lock of the
 * messages held. */
static void
erase_bar (void *opaque)
{
  struct progress_bar *bar = opaque;
  static const char erase[] = "\r\033[K";

  if (bar->drawn)
    write_fully (STDERR_FILENO, erase, sizeof erase - 1);
  bar->drawn = false;
}

static bool
starts_appliance (const char *phase)
{
  return strcmp (phase, PROGRESS_APPLIANCE) == 0
    || strcmp (phase, PROGRESS_EMULATED) == 0;
}

/* "compare [=====>      ]  42%  7 s", or without a total
 * "starting the appliance, 10 to 30 s (sda1 is vfat) 7 s". */
static void
draw (struct progress_bar *bar)
{
  char line[160], bars[BAR_WIDTH + 1];
  long long seconds = milliseconds_since (&bar->started) / 1000;
  int length;

  if (bar->total == 0) {
    bool explained = bar->why[0] != '\0' && starts_appliance (bar->phase);

    length = snprintf (line, sizeof line, "\r\033[K%s%s%s%s %lld s",
                       bar->phase, explained ? " (" : "",
                       explained ? bar->why : "", explained ? ")" : "",
                       seconds);
  }
  else {
    uint64_t done = bar->done < bar->total ? bar->done : bar->total;
    double part = (double) done / (double) bar->total;
    int filled = (int) (part * BAR_WIDTH);

    memset (bars, ' ', BAR_WIDTH);
    memset (bars, '=', (size_t) filled);
    bars[BAR_WIDTH] = '\0';
    length = snprintf (line, sizeof line, "\r\033[K%s [%s] %3d%% %lld s",
                       bar->phase, bars, (int) (part * 100), seconds);
  }
  if (length > 0 && (size_t) length < sizeof line)
    write_fully (STDERR_FILENO, line, (size_t) length);
  bar->drawn = true;
}

static void
add_milliseconds (struct timespec *time, long milliseconds)
{
  time->tv_nsec += milliseconds * 1000000;
  time->tv_sec += time->tv_nsec / 1000000000;
  time->tv_nsec %= 1000000000;
}

static void *
keep_drawing (void *opaque)
{
  struct progress_bar *bar = opaque;
  pthread_mutex_t *lock = &bar->messages->lock;

  pthread_mutex_lock (lock);
  while (!bar->stopping) {
    struct timespec until;

    clock_gettime (CLOCK_MONOTONIC, &until);
    add_milliseconds (&until, BETWEEN_DRAWINGS);
    pthread_cond_timedwait (&bar->changed, lock, &until);
    if (!bar->stopping && milliseconds_since (&bar->started) >= FIRST_SHOWN)
      draw (bar);
  }
  pthread_mutex_unlock (lock);
  return NULL;
}

static void
update (void *opaque, const char *phase, uint64_t done, uint64_t total)
{
  struct progress_bar *bar = opaque;

  pthread_mutex_lock (&bar->messages->lock);
  bar->phase = phase;
  bar->done = done;
  bar->total = total;
  pthread_mutex_unlock (&bar->messages->lock);
}

static void
explain (void *opaque, const char *why)
{
  struct progress_bar *bar = opaque;
  CLEANUP_FREE char *quoted = quote_message (why, strlen (why));

  pthread_mutex_lock (&bar->messages->lock);
  /* One that is too long helps nobody. */
  bar->why[0] = '\0';
  if (quoted != NULL && strlen (quoted) < sizeof bar->why)
    strcpy (bar->why, quoted);
  pthread_mutex_unlock (&bar->messages->lock);
}

struct progress_bar *
progress_bar_start (struct messages *messages,
                    const struct progress **progress)
{
  struct progress_bar *bar = calloc (1, sizeof *bar);
  pthread_condattr_t monotonic;

  if (bar == NULL)
    return NULL;
  bar->progress = (struct progress) {
    .update = update, .explain = explain, .opaque = bar,
  };
  bar->messages = messages;
  bar->phase = "start";
  clock_gettime (CLOCK_MONOTONIC, &bar->started);
  pthread_condattr_init (&monotonic);
  pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init (&bar->changed, &monotonic);
  pthread_condattr_destroy (&monotonic);
  if (pthread_create (&bar->thread, NULL, keep_drawing, bar) != 0) {
    pthread_cond_destroy (&bar->changed);
    free (bar);
    return NULL;
  }
  pthread_mutex_lock (&messages->lock);
  messages->before_line = erase_bar;
  messages->before_line_opaque = bar;
  pthread_mutex_unlock (&messages->lock);
  *progress = &bar->progress;
  return bar;
}

void
progress_bar_stop (struct progress_bar *bar)
{
  pthread_mutex_lock (&bar->messages->lock);
  bar->stopping = true;
  bar->messages->before_line = NULL;
  erase_bar (bar);
  pthread_cond_signal (&bar->changed);
  pthread_mutex_unlock (&bar->messages->lock);
  pthread_join (bar->thread, NULL);
  pthread_cond_destroy (&bar->changed);
  free (bar);
}
