/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * TARGET [-s SEED] [-n ROUNDS] [-l SECONDS] FILE|DIRECTORY...
 * Runs a fuzz target without libFuzzer: on each file, then, with -n, so many
 * times on a file that was changed at random.  A crash, or an input that takes
 * longer than -l (60) seconds, ends it; the input is then in finding-SEED-ROUND
 * in the current directory.  The same seed, files and number of rounds
 * give the same inputs.
 */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "random_bytes.h"

struct inputs {
  struct input {
    uint8_t *bytes;             /* owned */
    size_t size;
  } *list;
  size_t count;
};

/* What is being run, for the handler of signals. */
static const uint8_t *running;
static size_t running_size;
static char finding[64];

static void
save (int signal)
{
  int fd = open (finding, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  static const char message[] = "the input is kept: ";

  if (fd >= 0 && write (fd, running, running_size) >= 0
      && write (STDERR_FILENO, message, sizeof message - 1) >= 0
      && write (STDERR_FILENO, finding, strlen (finding)) >= 0)
    close (fd);
  raise (signal);               /* as it would have ended without this */
}

static void
handle_signals (void)
{
  static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM };
  struct sigaction action = {
    .sa_handler = save, .sa_flags = (int) (SA_RESETHAND | SA_NODEFER),
  };

  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; ++i)
    sigaction (signals[i], &action, NULL);
}

static void
run (const uint8_t *bytes, size_t size, unsigned seconds)
{
  /* A copy of just this size: reading beyond it is seen. */
  uint8_t *copy = malloc (size == 0 ? 1 : size);

  FUZZ_REQUIRE (copy != NULL);
  if (size > 0)
    memcpy (copy, bytes, size);
  running = copy;
  running_size = size;
  alarm (seconds);
  LLVMFuzzerTestOneInput (copy, size);
  alarm (0);
  free (copy);
}

static bool
add_file (struct inputs *inputs, const char *path, off_t size)
{
  FILE *file = fopen (path, "rbe");
  struct input *input;

  inputs->list = reallocarray (inputs->list, inputs->count + 1,
                               sizeof *inputs->list);
  FUZZ_REQUIRE (inputs->list != NULL);
  input = &inputs->list[inputs->count++];
  input->bytes = malloc ((size_t) size + 1);
  FUZZ_REQUIRE (input->bytes != NULL);
  input->size = file == NULL ? 0 :
    fread (input->bytes, 1, (size_t) size, file);
  if (file == NULL || fclose (file) != 0) {
    perror (path);
    return false;
  }
  return true;
}

/* A file, or the files of a directory by name. */
static bool
add (struct inputs *inputs, const char *path)
{
  struct dirent **names;
  struct stat stat_buf;
  bool good = true;
  int count;

  if (stat (path, &stat_buf) < 0) {
    perror (path);
    return false;
  }
  if (!S_ISDIR (stat_buf.st_mode))
    return add_file (inputs, path, stat_buf.st_size);
  count = scandir (path, &names, NULL, alphasort);
  for (int i = 0; i < count; ++i) {
    char *name = NULL;

    if (names[i]->d_name[0] != '.') {
      FUZZ_REQUIRE (asprintf (&name, "%s/%s", path, names[i]->d_name) >= 0);
      good = stat (name, &stat_buf) == 0 &&
        add_file (inputs, name, stat_buf.st_size) && good;
    }
    free (name);
    free (names[i]);
  }
  if (count >= 0)
    free (names);
  return good && count >= 0;
}

static size_t
mutate (uint8_t *bytes, size_t size, struct random_bytes *random)
{
  if (LLVMFuzzerCustomMutator != NULL)
    return LLVMFuzzerCustomMutator (bytes, size, FUZZ_INPUT_MAX,
                                    (unsigned) random_below (random, 1u << 31));
  return random_damage (random, bytes, size, FUZZ_INPUT_MAX);
}

static void
run_rounds (const struct inputs *inputs, unsigned long seed,
            unsigned long rounds, unsigned seconds)
{
  uint8_t *bytes = malloc (FUZZ_INPUT_MAX);

  FUZZ_REQUIRE (bytes != NULL && inputs->count > 0);
  for (unsigned long round = 0; round < rounds; ++round) {
    struct random_bytes random = { .state = seed * 1000003 + round };
    const struct input *input =
      &inputs->list[random_below (&random, inputs->count)];
    size_t size = input->size < FUZZ_INPUT_MAX ? input->size : FUZZ_INPUT_MAX;

    snprintf (finding, sizeof finding, "finding-%lu-%lu", seed, round);
    memcpy (bytes, input->bytes, size);
    for (uint64_t i = random_below (&random, 4); i < 4; ++i)
      size = mutate (bytes, size, &random);
    run (bytes, size, seconds);
  }
  free (bytes);
}

int
main (int argc, char *argv[])
{
  struct inputs inputs = { 0 };
  unsigned long seed = 1, rounds = 0;
  unsigned seconds = 60;
  int option;

  while ((option = getopt (argc, argv, "l:n:s:")) >= 0)
    switch (option) {
    case 'l': seconds = (unsigned) atoi (optarg); break;
    case 'n': rounds = strtoul (optarg, NULL, 10); break;
    case 's': seed = strtoul (optarg, NULL, 10); break;
    default: return 2;
    }
  for (int i = optind; i < argc; ++i)
    if (!add (&inputs, argv[i]))
      return 2;
  handle_signals ();
  for (size_t i = 0; i < inputs.count; ++i) {
    snprintf (finding, sizeof finding, "finding-file-%zu", i);
    run (inputs.list[i].bytes, inputs.list[i].size, seconds);
  }
  if (rounds > 0)
    run_rounds (&inputs, seed, rounds, seconds);
  printf ("%zu files, %lu rounds with seed %lu\n", inputs.count, rounds,
          seed);
  for (size_t i = 0; i < inputs.count; ++i)
    free (inputs.list[i].bytes);
  free (inputs.list);
  return 0;
}
