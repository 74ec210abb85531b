/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command deltafs: finds the subcommand, or by its own name that it is
 * the helper of mount(8), and hands over.
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "domain.h"
#include "message.h"
#include "mount_helper.h"
#include "options.h"

/* A message or an image must never land in a file that took the place of a
 * closed standard descriptor. */
static void
open_standard_descriptors (void)
{
  int fd;

  do
    fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd <= STDERR_FILENO && fcntl (fd, F_SETFD, 0) == 0);
  if (fd > STDERR_FILENO)
    close (fd);
}

/* What --help and --version printed has to have arrived. */
static int
finish_stdout (const struct log *log)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return EXIT_DONE;
  log_error (log, -errno, "cannot write", "standard output");
  return EXIT_FAILED;
}

static int
wrong_command (const struct log *log, const char *object, const char *reason)
{
  log_report (log, LOG_LEVEL_ERROR, "wrong usage", object, "%s", reason);
  log_hint (log, "see deltafs --help");
  return EXIT_FAILED;
}

static int
run_command (const struct options *options, struct messages *messages)
{
  switch (options->command) {
  case COMMAND_MOUNT: return command_mount (options, messages);
  case COMMAND_UMOUNT: return command_umount (options, messages);
  case COMMAND_DIFF: return command_diff (options, messages);
  case COMMAND_DOCTOR: return command_doctor (options, messages);
  case COMMAND_EXPORT: return command_export (options, messages);
  case COMMAND_INFO: return command_info (options, messages);
  }
  return EXIT_FAILED;
}

static int
parse_and_run (enum command command, int argc, char **argv,
               struct messages *messages)
{
  struct options options;
  int code = EXIT_FAILED;

  if (options_parse (&options, command, argc, argv, &messages->log) == 0) {
    messages_set_level (messages, options.quiet, options.verbose);
    if (options.help) {
      options_print_help (command, stdout);
      code = finish_stdout (&messages->log);
    }
    else if (options.version) {
      puts (PACKAGE_STRING);
      code = finish_stdout (&messages->log);
    }
    else if (options.domain == NULL
             || domain_find (&options, &messages->log) == 0)
      code = run_command (&options, messages);
  }
  else
    log_hint (&messages->log, "see deltafs %s --help", argv[0]);
  options_clear (&options);
  return code;
}

int
main (int argc, char **argv)
{
  struct messages messages;
  enum command command;

  open_standard_descriptors ();
  /* Where the caller ignores it nobody is told that a child has ended. */
  signal (SIGCHLD, SIG_DFL);
  messages_init (&messages);
  if (argc > 0 && mount_helper_is (argv[0]))
    return mount_helper (argc, argv, &messages);
  if (argc < 2)
    return wrong_command (&messages.log, NULL, "a command is needed");
  if (strcmp (argv[1], "--help") == 0) {
    options_print_overview (stdout);
    return finish_stdout (&messages.log);
  }
  if (strcmp (argv[1], "--version") == 0) {
    puts (PACKAGE_STRING);
    return finish_stdout (&messages.log);
  }
  command = options_command (argv[1]);
  if (command == 0)
    return wrong_command (&messages.log, argv[1],
                          argv[1][0] == '-' ? "a command comes first"
                          : "no such command");
  return parse_and_run (command, argc - 1, argv + 1, &messages);
}
