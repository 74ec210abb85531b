/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stands in for images and appliances under the whole command: the name of
 * the overlay says what happens, the delta comes from the in-memory engine.
 * For tests of options, output, processes and mounts.  Deltas are those of
 * memory_guests.h, and:
 *
 *   missing     the pair cannot be opened
 *   broken      nothing can be read
 *   crash       the worker crashes
 *   slow        computing takes a minute
 *   appliance, appliance-odd   an appliance takes a minute to start, for a
 *               filesystem with a plain name, and with an odd one
 *   gate        computing ends when there is no file "gate" any more
 *   chatty      the same, and then there are 500 warnings
 *   deed-NAME   the worker does what is in deeds.h, then as "empty"
 *   torn        an overlay that is being written, with one entry that cannot
 *               be judged however often it is opened
 *   torn-once   the same, but the second time it can
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deeds.h"
#include "inspection.h"
#include "memory_engine.h"
#include "memory_guests.h"
#include "pair.h"
#include "survey.h"

struct image_pair {
  pid_t daemon;
  const char *overlay;
  int process;                  /* its pidfd */
  int gate;                     /* the file "gate", or -1 */
  bool again;
};

struct inspection {
  struct memory *memory;
  struct delta *delta;
};

/* A process of the kind that the storage daemon is: it holds our stdout and
 * stderr and ends with us. */
static pid_t
start_daemon (void)
{
  pid_t child = fork ();

  if (child == 0) {
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    execlp ("sleep", "sleep", "1000", (char *) NULL);
    _exit (127);
  }
  return child;
}

bool
pair_is_written (const struct image_pair *pair)
{
  return strncmp (pair->overlay, "torn", 4) == 0;
}

/* Is one entry unreadable? */
static bool
is_torn (const struct image_pair *pair)
{
  return strcmp (pair->overlay, "unreadable") == 0 ||
    strcmp (pair->overlay, "torn") == 0 ||
    (strcmp (pair->overlay, "torn-once") == 0 && !pair->again);
}

errint_t
pair_open (const struct pair_options *options, const struct log *log,
           struct image_pair **pair)
{
  CLEANUP_FCLOSE FILE *file = NULL;
  char path[4096];

  if (strcmp (options->overlay, "missing") == 0) {
    log_error (log, -ENOENT, "cannot open the overlay", options->overlay);
    log_hint (log, "there is a remedy");
    return -ENOENT;
  }
  snprintf (path, sizeof path, "%s/scratch", options->private_directory);
  file = fopen (path, "we");
  if (file == NULL)
    return log_error (log, -errno, "cannot write", path);
  *pair = calloc (1, sizeof **pair);
  if (*pair == NULL)
    return -ENOMEM;
  (*pair)->overlay = options->overlay;
  (*pair)->gate = open ("gate", O_RDONLY | O_CLOEXEC);
  (*pair)->again = options->again;
  if (pair_is_written (*pair) && !options->again)
    log_report (log, LOG_LEVEL_WARNING, "the image is being written",
                options->overlay, "made up");
  (*pair)->daemon = start_daemon ();
  (*pair)->process = pidfd_open ((*pair)->daemon, 0);
  return 0;
}

uint64_t
pair_size (const struct image_pair *pair __attribute__ ((unused)),
           enum side side __attribute__ ((unused)))
{
  return 4096;
}

errint_t
pair_read (struct image_pair *pair __attribute__ ((unused)),
           enum side side __attribute__ ((unused)), void *buffer,
           size_t length, uint64_t offset __attribute__ ((unused)))
{
  memset (buffer, 0, length);
  return 0;
}

const struct extents *
pair_written (const struct image_pair *pair __attribute__ ((unused)))
{
  static const struct extents nothing;

  return &nothing;
}

int
pair_daemon_process (const struct image_pair *pair)
{
  return pair->process;
}

void
pair_remove_sockets (const char *private_directory __attribute__ ((unused)))
{
}

void
pair_seal (struct image_pair *pair __attribute__ ((unused)))
{
}

bool
pair_layer (const struct image_pair *pair, size_t index,
            struct pair_layer *layer)
{
  *layer = index == 0
    ? (struct pair_layer) { .role = PAIR_ROLE_OVERLAY, .format = "qcow2",
                            .file = pair->overlay,
                            .size_known = true, .size = 4096 }
    : (struct pair_layer) { .role = PAIR_ROLE_BASE, .format = "vmdk",
                            .file = "base\n\xff", .data_file = "data" };
  return index < 2;
}

const char *
pair_scratch_socket (const struct image_pair *pair, enum side side)
{
  (void) pair;
  (void) side;
  return "/nonexistent/socket";
}

const char *
pair_scratch_export (const struct image_pair *pair, enum side side)
{
  (void) pair;
  (void) side;
  return "none";
}

errint_t
pair_add_scratch (struct image_pair *pair)
{
  (void) pair;
  return 0;
}

void
pair_control_descriptors (const struct image_pair *pair,
                          int descriptors[PAIR_CONTROL_DESCRIPTORS])
{
  (void) pair;
  for (int i = 0; i < PAIR_CONTROL_DESCRIPTORS; ++i)
    descriptors[i] = -1;
}

void
pair_hide_sockets (struct image_pair *pair)
{
  (void) pair;
}

void
pair_close (struct image_pair *pair)
{
  pidfd_send_signal (pair->process, SIGKILL, NULL, 0);
  close (pair->process);
  free (pair);
}

errint_t
inspection_check_options (const struct inspection_options *options)
{
  if (options->keys == NULL)
    return 0;
  log_report (options->log, LOG_LEVEL_ERROR, "wrong usage", "--key",
              "no keys here");
  return -EINVAL;
}

static void
make_trees (struct memory *memory, const struct image_pair *pair)
{
  if (is_torn (pair))
    memory_guest_make (memory, "unreadable");
  else
    memory_guest_make (memory, pair_is_written (pair) ? "good"
                       : pair->overlay);
}

/* Is the gate there and closed?  The sandbox lets nobody look it up by name. */
static bool
is_closed (const struct image_pair *pair)
{
  struct stat gate;

  return pair->gate >= 0 && fstat (pair->gate, &gate) == 0
    && gate.st_nlink > 0;
}

errint_t
inspection_open (struct image_pair *pair,
                 const struct inspection_options *options,
                 struct inspection **result)
{
  struct inspection *inspection;
  const char *overlay = pair->overlay;

  progress_update (options->progress, "scan", 1, 2);
  if (strcmp (overlay, "broken") == 0) {
    log_report (options->log, LOG_LEVEL_ERROR, "cannot find a filesystem",
                options->overlay, "there is none");
    return -EIO;
  }
  if (strcmp (overlay, "crash") == 0)
    raise (SIGSEGV);
  if (strncmp (overlay, "deed-", strlen ("deed-")) == 0
      && !deed_do (overlay + strlen ("deed-"), options->log))
    return -EINVAL;
  if (strncmp (overlay, "appliance", strlen ("appliance")) == 0) {
    progress_explain (options->progress, overlay[strlen ("appliance")] == '\0'
                      ? "sda1 is vfat" : "v\033g/lv is xfs");
    progress_update (options->progress, PROGRESS_EMULATED, 0, 0);
  }
  if (strcmp (overlay, "slow") == 0
      || strncmp (overlay, "appliance", strlen ("appliance")) == 0)
    sleep (60);
  while ((strcmp (overlay, "gate") == 0 || strcmp (overlay, "chatty") == 0)
         && is_closed (pair))
    usleep (10000);
  for (int i = 0; strcmp (overlay, "chatty") == 0 && i < 500; ++i)
    log_report (options->log, LOG_LEVEL_WARNING, "something odd", NULL,
                "number %d", i);
  if (is_torn (pair) && options->rules.retry)
    return -EAGAIN;
  inspection = calloc (1, sizeof *inspection);
  if (inspection == NULL)
    return -ENOMEM;
  inspection->memory = memory_new ();
  make_trees (inspection->memory, pair);
  inspection->delta = memory_compute (inspection->memory, &options->rules);
  if (is_torn (pair))
    log_report (options->log, LOG_LEVEL_WARNING, "cannot read", "/srv/bad",
                "made up");
  if (delta_filter (inspection->delta, &options->filter) < 0
      || delta_finish (inspection->delta) < 0)
    return -ENOMEM;
  *result = inspection;
  return 0;
}

void
inspection_close (struct inspection *inspection)
{
  delta_free (inspection->delta);
  memory_free (inspection->memory);
  free (inspection);
}

const struct delta *
inspection_delta (const struct inspection *inspection)
{
  return inspection->delta;
}

const char *
inspection_engine (const struct inspection *inspection
                   __attribute__ ((unused)))
{
  return "memory";
}

bool
inspection_base_changed (const struct inspection *inspection
                         __attribute__ ((unused)))
{
  return false;
}

/* One partition with an odd label, and a gap. */
errint_t
survey_open (struct image_pair *pair,
             const struct inspection_options *options,
             const struct survey **result)
{
  struct survey *survey = calloc (1, sizeof *survey);

  if (survey == NULL)
    return -ENOMEM;
  survey->places = calloc (1, sizeof *survey->places);
  if (survey->places == NULL || strcmp (pair->overlay, "broken") == 0) {
    free (survey->places);
    free (survey);
    return log_error (options->log, -EIO, "cannot survey the disks",
                      options->overlay);
  }
  survey->count = 1;
  survey->size[SIDE_OVERLAY] = 4096;
  survey->size[SIDE_BASE] = 1047000;
  survey->table[SIDE_OVERLAY] = "dos";
  survey->has_map = strcmp (pair->overlay, "empty") != 0;
  survey->incomplete = strcmp (pair->overlay, "unreadable") == 0;
  survey->outside.bytes[ACCOUNT_GAP] = 512;
  survey->places[0] = (struct survey_place) {
    .device = "sda1", .partition = 1, .engine = "memory", .reason = "a test",
    .side[SIDE_OVERLAY] = {
      .present = true, .offset = 512, .length = 3584, .use = "filesystem",
      .type = "ext4", .label = "a\"b\x1b[31m\xfe", .journal = "clean",
    },
    .account.bytes[ACCOUNT_FILE_ADDED] = 3072,
    .account.bytes[ACCOUNT_NOT_ACCOUNTED] = 512,
    .not_accounted = "made up",
  };
  account_add (&survey->total, &survey->outside);
  account_add (&survey->total, &survey->places[0].account);
  *result = survey;
  return 0;
}

void
survey_close (const struct survey *survey)
{
  struct survey *own = (struct survey *) (uintptr_t) survey;

  free (own->places);
  free (own);
}
