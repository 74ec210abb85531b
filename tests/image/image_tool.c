/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opens a pair of images and shows what the image room makes of it, for the
 * shell tests:
 *
 *   image_tool [options] OVERLAY COMMAND [ARGUMENT]...
 *
 *   sizes              size of base and overlay, bytes
 *   written            what was written since the base, OFFSET LENGTH a line,
 *                      or "no map"
 *   volumes SIDE       what is on a side's disk
 *   unwritten          for each of the overlay's volumes: is it unwritten?
 *   read SIDE OFFSET LENGTH   the bytes, on standard output
 *   threads SIDE FILE  eight threads read at random places and find what the
 *                      raw image FILE has there
 *   hold               prints the daemon's process id and the sockets, then
 *                      waits for the end of standard input
 *   crash              prints the daemon's process id and kills itself
 */
#include <config.h>

#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "pair.h"
#include "pair_device.h"
#include "volumes.h"

static void
write_message (void *opaque, enum log_level level, const char *message)
{
  static const char *const names[] = { "error", "warning", "hint", "detail" };

  (void) opaque;
  fprintf (stderr, "%s: %s\n", names[level], message);
}

static enum side
side_of (const char *name)
{
  return strcmp (name, "base") == 0 ? SIDE_BASE : SIDE_OVERLAY;
}

static void
show_written (const struct image_pair *pair)
{
  const struct extents *written = pair_written (pair);

  if (written == NULL)
    puts ("no map");
  for (size_t i = 0; written != NULL && i < written->count; ++i)
    printf ("%" PRIu64 " %" PRIu64 "\n", written->list[i].offset,
            written->list[i].length);
}

static void
show_text (const char *text)
{
  printf (" %s", text != NULL ? text : "-");
}

/* What is on both disks. */
struct two {
  struct device *disk[SIDES];
  struct volumes *volumes[SIDES];
};

/* Probes the base's, and the overlay's too where LAST is that. */
static errint_t
probe_sides (struct image_pair *pair, enum side last, const struct log *log,
             struct two *two)
{
  errint_t error = 0;

  for (int side = 0; side <= (int) last && error == 0; ++side) {
    error = pair_device_open (pair, (enum side) side, &two->disk[side]);
    if (error == 0)
      error = volumes_probe (two->disk[side],
                             side == SIDE_BASE ? NULL
                             : two->volumes[SIDE_BASE], log,
                             &two->volumes[side]);
  }
  return error;
}

static void
clear_sides (struct two *two)
{
  for (int side = 0; side < SIDES; ++side) {
    volumes_free (two->volumes[side]);
    if (two->disk[side] != NULL)
      device_close (two->disk[side]);
  }
}

static int
show_volumes (struct image_pair *pair, enum side side, const struct log *log)
{
  static const char *const uses[] = {
    "unknown", "blank", "filesystem", "container", "swap", "boot"
  };
  struct two two = { .disk = { NULL } };
  const struct volumes *volumes;

  if (probe_sides (pair, side, log, &two) != 0) {
    clear_sides (&two);
    return 2;
  }
  volumes = two.volumes[side];
  printf ("table %s", volumes->table != NULL ? volumes->table : "-");
  if (volumes->sector_size != 512)
    printf (" sectors %u", volumes->sector_size);
  putchar ('\n');
  for (size_t i = 0; i < volumes->count; ++i) {
    const struct volume *volume = &volumes->list[i];

    printf ("%u %" PRIu64 " %" PRIu64 " %s", volume->partition,
            volume->offset, volume->length, uses[volume->use]);
    show_text (volume->type);
    show_text (volume->label);
    show_text (volume->uuid);
    show_text (volume->partition_uuid);
    show_text (volume->partition_label);
    putchar ('\n');
  }
  clear_sides (&two);
  return 0;
}

/* The base's volume of the same number, or NULL. */
static const struct volume *
same_in (const struct volumes *base, const struct volume *volume)
{
  for (size_t i = 0; i < base->count; ++i)
    if (base->list[i].partition == volume->partition)
      return &base->list[i];
  return NULL;
}

static int
show_unwritten (struct image_pair *pair, const struct log *log)
{
  struct two two = { .disk = { NULL } };
  int code = 2;

  if (probe_sides (pair, SIDE_OVERLAY, log, &two) == 0) {
    const struct volumes *overlay = two.volumes[SIDE_OVERLAY];

    for (size_t i = 0; i < overlay->count; ++i) {
      const struct volume *volume = &overlay->list[i];
      const struct volume *base = same_in (two.volumes[SIDE_BASE], volume);

      printf ("%u %s\n", volume->partition,
              volume_unwritten (volume, base) ? "unwritten" : "written");
    }
    code = 0;
  }
  clear_sides (&two);
  return code;
}

static int
show_bytes (struct image_pair *pair, char **arguments)
{
  const uint64_t offset = strtoull (arguments[1], NULL, 0);
  const size_t length = strtoull (arguments[2], NULL, 0);
  CLEANUP_FREE char *buffer = malloc (length + 1);
  errint_t error;

  if (buffer == NULL)
    return 2;
  error = pair_read (pair, side_of (arguments[0]), buffer, length, offset);
  if (error != 0) {
    fprintf (stderr, "read: %s\n", strerror (-error));
    return 2;
  }
  return fwrite (buffer, 1, length, stdout) == length ? 0 : 2;
}

/* What the threads of "threads" share. */
struct reading {
  struct image_pair *pair;
  enum side side;
  const char *name;
  unsigned seed;
};

/* pthread_join hands out a plain pointer. */
static void *
failure_of (const char *text)
{
  return (void *) (uintptr_t) text;
}

/* NULL, or what went wrong, a static string. */
static void *
read_at_random (void *opaque)
{
  const struct reading *reading = opaque;
  const uint64_t size = pair_size (reading->pair, reading->side);
  const size_t most = 5 * 1024 * 1024;
  CLEANUP_FREE char *got = malloc (most), *wanted = malloc (most);
  CLEANUP_CLOSE int fd = open (reading->name, O_RDONLY | O_CLOEXEC);
  unsigned seed = reading->seed;

  if (fd < 0 || got == NULL || wanted == NULL)
    return failure_of ("cannot start");
  for (int i = 0; i < 200; ++i) {
    const uint64_t offset = (uint64_t) rand_r (&seed) % size;
    size_t length = (size_t) rand_r (&seed) % (i % 10 == 0 ? most : 10000);

    if (length > size - offset)
      length = size - offset;
    if (pair_read (reading->pair, reading->side, got, length, offset) != 0)
      return failure_of ("cannot read");
    if (pread (fd, wanted, length, (off_t) offset) != (ssize_t) length
        || memcmp (got, wanted, length) != 0)
      return failure_of ("other bytes");
  }
  return NULL;
}

static int
read_by_threads (struct image_pair *pair, char **arguments)
{
  struct reading readings[8];
  pthread_t threads[8];
  int status = 0;

  for (unsigned i = 0; i < 8; ++i) {
    readings[i] = (struct reading) {
      pair, side_of (arguments[0]), arguments[1], i
    };
    if (pthread_create (&threads[i], NULL, read_at_random, &readings[i]) != 0)
      abort ();
  }
  for (unsigned i = 0; i < 8; ++i) {
    void *failure;

    pthread_join (threads[i], &failure);
    if (failure != NULL) {
      fprintf (stderr, "thread %u: %s\n", i, (const char *) failure);
      status = 2;
    }
  }
  return status;
}

static int
hold (struct image_pair *pair)
{
  if (pair_add_scratch (pair) != 0)
    return 2;
  printf ("%d %s %s %s\n", pair_daemon_pid (pair),
          pair_scratch_socket (pair, SIDE_OVERLAY),
          pair_scratch_export (pair, SIDE_BASE),
          pair_scratch_export (pair, SIDE_OVERLAY));
  fflush (stdout);
  while (getchar () != EOF)
    ;
  return 0;
}

static int
run (struct image_pair *pair, char **arguments, const struct log *log)
{
  const char *command = arguments[0];

  if (strcmp (command, "sizes") == 0)
    printf ("%" PRIu64 " %" PRIu64 "\n", pair_size (pair, SIDE_BASE),
            pair_size (pair, SIDE_OVERLAY));
  else if (strcmp (command, "written") == 0)
    show_written (pair);
  else if (strcmp (command, "volumes") == 0 && arguments[1] != NULL)
    return show_volumes (pair, side_of (arguments[1]), log);
  else if (strcmp (command, "unwritten") == 0)
    return show_unwritten (pair, log);
  else if (strcmp (command, "read") == 0 && arguments[1] != NULL
           && arguments[2] != NULL && arguments[3] != NULL)
    return show_bytes (pair, arguments + 1);
  else if (strcmp (command, "threads") == 0 && arguments[1] != NULL
           && arguments[2] != NULL)
    return read_by_threads (pair, arguments + 1);
  else if (strcmp (command, "hold") == 0)
    return hold (pair);
  else if (strcmp (command, "crash") == 0) {
    printf ("%d\n", pair_daemon_pid (pair));
    fflush (stdout);
    kill (getpid (), SIGKILL);
  }
  else
    return 64;
  return 0;
}

static bool
read_options (int argc, char **argv, struct pair_options *options,
              bool *hide, struct log *log)
{
  static const struct option known[] = {
    { "base", required_argument, NULL, 'b' },
    { "format", required_argument, NULL, 'f' },
    { "base-format", required_argument, NULL, 'F' },
    { "allow-remote-backing", no_argument, NULL, 'r' },
    { "hide", no_argument, NULL, 'h' },
    { "verbose", no_argument, NULL, 'v' },
    { NULL, 0, NULL, 0 },
  };
  int option;

  while ((option = getopt_long (argc, argv, "+v", known, NULL)) != -1)
    switch (option) {
    case 'b': options->base = optarg; break;
    case 'f': options->overlay_format = optarg; break;
    case 'F': options->base_format = optarg; break;
    case 'r': options->allow_remote_backing = true; break;
    case 'h': *hide = true; break;
    case 'v': log->verbose = true; break;
    default: return false;
    }
  if (argc - optind < 2)
    return false;
  options->overlay = argv[optind];
  return true;
}

int
main (int argc, char *argv[])
{
  struct log log = { .write = write_message };
  struct pair_options options = { 0 };
  CLEANUP_FREE char *directory = NULL;
  struct image_pair *pair = NULL;
  const char *temporary = getenv ("TMPDIR");
  bool hide = false;
  int status = 2;

  if (!read_options (argc, argv, &options, &hide, &log))
    return 64;
  if (asprintf (&directory, "%s/image_tool.XXXXXX",
                temporary != NULL ? temporary : "/tmp") < 0
      || mkdtemp (directory) == NULL)
    return 64;
  options.private_directory = directory;
  if (pair_open (&options, &log, &pair) == 0) {
    if (hide)
      pair_hide_sockets (pair);
    status = run (pair, argv + optind + 1, &log);
  }
  pair_close (pair);
  if (rmdir (directory) != 0) {
    perror (directory);
    status = 2;
  }
  return status;
}
