/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the command line of a mount helper to that of "deltafs mount".  Knows
 * which mount options are whose; what they mean is known elsewhere.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "command.h"
#include "mount_helper.h"
#include "options.h"

/* mount(8), EXIT STATUS. */
enum mount_code {
  MOUNT_DONE = 0,
  MOUNT_USAGE = 1,
  MOUNT_SYSTEM_ERROR = 2,       /* out of memory, … */
  MOUNT_FAILURE = 32,
};

struct helper {
  const struct log *log;
  char **arguments;             /* of "deltafs mount", NULL-terminated; owned,
                                 * the strings too */
  size_t count;
  bool sloppy;                  /* -s: unknown options are no error */
  bool fake;                    /* -f: everything but the mount */
};

static void
helper_clear (struct helper *helper)
{
  cleanup_free_strings (&helper->arguments);
}

/* Takes ownership of ARGUMENT in any case; NULL is -ENOMEM. */
static errint_t
add_owned (struct helper *helper, char *argument)
{
  char **arguments = reallocarray (helper->arguments, helper->count + 2,
                                   sizeof *arguments);

  if (arguments != NULL)
    helper->arguments = arguments;
  if (arguments == NULL || argument == NULL) {
    free (argument);
    return -ENOMEM;
  }
  arguments[helper->count++] = argument;
  arguments[helper->count] = NULL;
  return 0;
}

static errint_t
add (struct helper *helper, const char *argument)
{
  return add_owned (helper, strdup (argument));
}

static void
hint_manual (const struct helper *helper)
{
  log_hint (helper->log, "see mount.deltafs(8)");
}

static errint_t
wrong_usage (const struct helper *helper, const char *object,
             const char *reason)
{
  log_report (helper->log, LOG_LEVEL_ERROR, "wrong usage", object, "%s",
              reason);
  hint_manual (helper);
  return -EINVAL;
}

static bool
is_one_of (const char *word, const char *const *list)
{
  for (; *list != NULL; ++list)
    if (strcmp (word, *list) == 0)
      return true;
  return false;
}

/* What belongs to mount(8), systemd.mount(5) and the kernel, and says nothing
 * to us: a delta is read-only, nosuid and nodev whatever they say. */
static bool
is_others (const char *word)
{
  static const char *const words[] = {
    "defaults", "ro", "rw", "suid", "nosuid", "dev", "nodev", "sync",
    "async", "dirsync", "atime", "noatime", "diratime", "nodiratime",
    "relatime", "norelatime", "strictatime", "nostrictatime", "lazytime",
    "nolazytime", "iversion", "noiversion", "mand", "nomand", "silent",
    "loud", "auto", "noauto", "user", "nouser", "users", "nousers", "owner",
    "noowner", "group", "nogroup", "_netdev", "nofail", NULL,
  };
  static const char *const prefixes[] = {
    "x-", "X-", "comment=", "user=", "helper=", "uhelper=", NULL,
  };

  for (const char *const *prefix = prefixes; *prefix != NULL; ++prefix)
    if (strncmp (word, *prefix, strlen (*prefix)) == 0)
      return true;
  return is_one_of (word, words);
}

/* "NAME" or "NAME=VALUE" of -o as an option of "deltafs mount"; -ENOENT when
 * there is none. */
static errint_t
add_long (struct helper *helper, const char *word)
{
  /* Those of a person at a terminal, and of other programs. */
  static const char *const not_here[] = {
    "connect", "domain", "f", "fd", "help", "o", "progress", "version", NULL,
  };
  size_t length = strcspn (word, "=");
  CLEANUP_FREE char *name = strndup (word, length);
  char spelling[OPTIONS_SPELLING];
  bool argument;
  errint_t err;

  if (name == NULL)
    return -ENOMEM;
  if (is_one_of (name, not_here)
      || !options_spell (COMMAND_MOUNT, name, spelling, &argument))
    return -ENOENT;
  if (argument != (word[length] == '='))
    return wrong_usage (helper, word, argument ? "a value is missing"
                        : "takes no value");
  err = add (helper, spelling);
  return err == 0 && argument ? add (helper, word + length + 1) : err;
}

static errint_t
add_word (struct helper *helper, const char *word)
{
  static const char *const mount_words[] = {
    "all_readable", "allow_other", "base", "exec", "noexec", NULL,
  };
  errint_t err;

  if (*word == '\0' || is_others (word))
    return 0;
  if (is_one_of (word, mount_words)) {
    err = add (helper, "-o");
    return err == 0 ? add (helper, word) : err;
  }
  err = add_long (helper, word);
  if (err != -ENOENT)
    return err;
  if (!helper->sloppy)
    return wrong_usage (helper, word, "no such mount option");
  log_report (helper->log, LOG_LEVEL_WARNING, "mount option ignored", word,
              "it is not known");
  return 0;
}

/* Takes the first of comma-separated options off *REST; within double quotes,
 * which go away, commas do not separate. */
static char *
next_word (char **rest)
{
  char *word = *rest, *to = word, *from = word;
  bool quoted = false;

  for (; *from != '\0' && (quoted || *from != ','); ++from)
    if (*from == '"')
      quoted = !quoted;
    else
      *to++ = *from;
  *rest = *from == '\0' ? NULL : from + 1;
  *to = '\0';
  return word;
}

static errint_t
add_words (struct helper *helper, char *words)
{
  errint_t err = 0;

  while (err == 0 && words != NULL)
    err = add_word (helper, next_word (&words));
  return err;
}

/* The type with which we are called says nothing new. */
static errint_t
take_option (struct helper *helper, int option, char *value)
{
  const bool refused = option == '?' || option == ':';
  const char letter[] = { '-', (char) (refused ? optopt : option), '\0' };

  switch (option) {
  case 'f':
    helper->fake = true;
    return 0;
  case 'n':
  case 't':
    return 0;
  case 'o':
    return add_words (helper, value);
  case 's':
    helper->sloppy = true;
    return 0;
  case 'v':
    return add (helper, "-v");
  case 'N':
    return wrong_usage (helper, letter, "other mount namespaces are entered "
                        "by nsenter(1)");
  case ':':
    return wrong_usage (helper, letter, "a value is missing");
  default:
    return wrong_usage (helper, letter, "no such option");
  }
}

/* The long option that getopt has just met as a letter "-". */
static const char *
long_option (char **argv)
{
  while (*argv != NULL && (strncmp (*argv, "--", 2) != 0 || (*argv)[2] == '\0'))
    ++argv;
  return *argv;
}

/* Fills in the arguments: options, then operands. */
static errint_t
translate (struct helper *helper, int argc, char **argv)
{
  errint_t err = add (helper, "mount");
  int option;

  opterr = 0;
  /* Whatever the order is, -s holds for all. */
  for (int i = 1; i < argc; ++i)
    if (strcmp (argv[i], "-s") == 0)
      helper->sloppy = true;
  while (err == 0
         && (option = getopt (argc, argv, ":fnsvN:o:t:")) != -1)
    err = option == '?' && optopt == '-'
      ? wrong_usage (helper, long_option (argv), "no such option")
      : take_option (helper, option, optarg);
  if (err == 0)
    err = add (helper, "--");
  for (; err == 0 && optind < argc; ++optind)
    err = add (helper, argv[optind]);
  return err;
}

static int
run (const struct helper *helper, struct messages *messages)
{
  struct options options;
  int code = MOUNT_USAGE;
  errint_t err = options_parse (&options, COMMAND_MOUNT,
                                (int) helper->count, helper->arguments,
                                helper->log);

  if (err == 0) {
    messages_set_level (messages, options.quiet, options.verbose);
    code = helper->fake || command_mount (&options, messages) == EXIT_DONE
      ? MOUNT_DONE : MOUNT_FAILURE;
  }
  else
    hint_manual (helper);
  options_clear (&options);
  return code;
}

bool
mount_helper_is (const char *program)
{
  const char *slash = strrchr (program, '/');
  const char *name = slash != NULL ? slash + 1 : program;

  return strcmp (name, "mount.deltafs") == 0
    || strcmp (name, "mount.fuse.deltafs") == 0;
}

int
mount_helper (int argc, char **argv, struct messages *messages)
{
  __attribute__ ((cleanup (helper_clear))) struct helper helper = {
    .log = &messages->log,
  };
  errint_t err = translate (&helper, argc, argv);

  if (err == -ENOMEM) {
    log_error (helper.log, err, "cannot mount", NULL);
    return MOUNT_SYSTEM_ERROR;
  }
  return err < 0 ? MOUNT_USAGE : run (&helper, messages);
}
