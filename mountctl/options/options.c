/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of all options, and how they are taken from the command line.
 * Knows no meaning beyond the form of a value.
 */
#include <config.h>

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "options_table.h"
#include "pattern.h"

#define PAIR (COMMAND_MOUNT | COMMAND_DIFF | COMMAND_EXPORT)
#define IMAGES (PAIR | COMMAND_INFO)
#define EVERY (WORKING | COMMAND_DOCTOR)
#define WORKING (IMAGES | COMMAND_UMOUNT)

const struct command_row options_commands[] = {
  { COMMAND_MOUNT, "mount", "OVERLAY MOUNTPOINT", 2, 2,
    "an overlay and a mount point are needed",
    "show as a file tree what an overlay changed" },
  { COMMAND_UMOUNT, "umount", "MOUNTPOINT...", 1, INT_MAX,
    "a mount point is needed",
    "unmount, and wait until nothing of it is left" },
  { COMMAND_DIFF, "diff", "OVERLAY", 1, 1,
    "an overlay is needed",
    "list what an overlay changed" },
  { COMMAND_INFO, "info", "OVERLAY", 1, 1,
    "an overlay is needed",
    "show what is on the disks, and where the changed bytes are" },
  { COMMAND_EXPORT, "export", "OVERLAY", 1, 1,
    "an overlay is needed",
    "write what an overlay changed to stdout, as a tar archive" },
  { COMMAND_DOCTOR, "doctor", "", 0, 0, NULL,
    "check whether this machine can run deltafs" },
};

#define COMMAND_ROWS (sizeof options_commands / sizeof options_commands[0])

const size_t options_command_count = COMMAND_ROWS;

static const char *
append (struct option_values *values, char *value)
{
  char **list = reallocarray (values->list, values->count + 2,
                              sizeof *values->list);

  if (list == NULL)
    return "out of memory";
  values->list = list;
  list[values->count++] = value;
  list[values->count] = NULL;
  return NULL;
}

/* Setters of yes-or-no, string and repeatable options. */
#define SET_TRUE(field)                                                 \
  static const char *                                                   \
  set_##field (struct options *options,                                 \
               char *value __attribute__ ((unused)))                    \
  {                                                                     \
    options->field = true;                                              \
    return NULL;                                                        \
  }

#define SET_STRING(field)                                               \
  static const char *                                                   \
  set_##field (struct options *options, char *value)                    \
  {                                                                     \
    if (value[0] == '\0')                                               \
      return "must not be empty";                                       \
    options->field = value;                                             \
    return NULL;                                                        \
  }

#define SET_REPEATED(field)                                             \
  static const char *                                                   \
  set_##field (struct options *options, char *value)                    \
  {                                                                     \
    if (value[0] == '\0')                                               \
      return "must not be empty";                                       \
    return append (&options->field, value);                             \
  }

SET_TRUE (allow_remote_backing)
SET_TRUE (content_only)
SET_TRUE (exit_code)
SET_TRUE (foreground)
SET_TRUE (help)
SET_TRUE (json)
SET_TRUE (lazy)
SET_TRUE (no_deleted)
SET_TRUE (oci)
SET_TRUE (quiet)
SET_TRUE (summary)
SET_TRUE (times)
SET_TRUE (verbose)
SET_TRUE (verify)
SET_TRUE (version)
SET_TRUE (zero)
SET_STRING (base)
SET_STRING (base_format)
SET_STRING (connect)
SET_STRING (domain)
SET_STRING (format)
SET_REPEATED (keys)
SET_REPEATED (mounts)

/* The name of a file to write, where "-" cannot be what it often is. */
static const char *
set_output_file (const char **file, const char *value, const char *dash)
{
  if (value[0] == '\0')
    return "must not be empty";
  if (strcmp (value, "-") == 0)
    return dash;
  *file = value;
  return NULL;
}

static const char *
set_manifest (struct options *options, char *value)
{
  return set_output_file (&options->manifest, value,
                          "standard output is the archive's; ./- is a file "
                          "of that name");
}

static const char *
set_pid_file (struct options *options, char *value)
{
  return set_output_file (&options->pid_file, value,
                          "must be a file; ./- is one of that name");
}

/* VALUE, unless NEVER has a reason why it can never match. */
static const char *
append_pattern (struct option_values *values, char *value,
                const char *(*never) (const char *pattern))
{
  const char *refused = value[0] == '\0' ? "must not be empty" : never (value);

  return refused != NULL ? refused : append (values, value);
}

static const char *
set_ignore_xattrs (struct options *options, char *value)
{
  return append_pattern (&options->ignore_xattrs, value,
                         pattern_never_an_xattr);
}

static const char *
set_includes (struct options *options, char *value)
{
  return append_pattern (&options->includes, value, pattern_never_a_path);
}

static const char *
set_excludes (struct options *options, char *value)
{
  return append_pattern (&options->excludes, value, pattern_never_a_path);
}

static const char *
set_engine (struct options *options, char *value)
{
  if (strcmp (value, "auto") == 0)
    options->engine = ENGINE_AUTO;
  else if (strcmp (value, "direct") == 0)
    options->engine = ENGINE_DIRECT;
  else if (strcmp (value, "guestfs") == 0)
    options->engine = ENGINE_GUESTFS;
  else
    return "must be auto, direct or guestfs";
  return NULL;
}

static const char *
set_progress (struct options *options, char *value)
{
  if (strcmp (value, "auto") == 0)
    options->progress = PROGRESS_AUTO;
  else if (strcmp (value, "always") == 0)
    options->progress = PROGRESS_ALWAYS;
  else if (strcmp (value, "never") == 0)
    options->progress = PROGRESS_NEVER;
  else
    return "must be auto, always or never";
  return NULL;
}

static const char *
set_sandbox (struct options *options, char *value)
{
  if (strcmp (value, "auto") == 0)
    options->sandbox = SANDBOX_AUTO;
  else if (strcmp (value, "require") == 0)
    options->sandbox = SANDBOX_REQUIRE;
  else if (strcmp (value, "off") == 0)
    options->sandbox = SANDBOX_OFF;
  else
    return "must be auto, require or off";
  return NULL;
}

static const char *
set_symlinks (struct options *options, char *value)
{
  if (strcmp (value, "keep") == 0)
    options->symlinks = SYMLINKS_KEEP;
  else if (strcmp (value, "inside") == 0)
    options->symlinks = SYMLINKS_INSIDE;
  else
    return "must be keep or inside";
  return NULL;
}

void
options_set_overlay (struct options *options, char *overlay)
{
  options->domain_disk = overlay;
  options->domain_operands[0] = overlay;
  for (int i = 0; i < options->operand_count; ++i)
    options->domain_operands[i + 1] = options->operands[i];
  options->operands = options->domain_operands;
  options->operand_count++;
}

/* A decimal number up to LIMIT, with nothing around it. */
static bool
parse_number (const char *value, unsigned limit, unsigned *number)
{
  unsigned long parsed;
  char *end;

  if (value[0] < '0' || value[0] > '9')
    return false;
  errno = 0;
  parsed = strtoul (value, &end, 10);
  if (errno != 0 || *end != '\0' || parsed > limit)
    return false;
  *number = (unsigned) parsed;
  return true;
}

static const char *
set_ready_fd (struct options *options, char *value)
{
  unsigned number;

  if (!parse_number (value, INT_MAX, &number))
    return "must be the number of a file descriptor";
  if (fcntl ((int) number, F_GETFD) < 0)
    return "is not an open file descriptor";
  options->ready_fd = (int) number;
  return NULL;
}

static const char *
set_timeout (struct options *options, char *value)
{
  if (!parse_number (value, 86400, &options->timeout))
    return "must be a number of seconds, at most 86400";
  return NULL;
}

/* One of the words of -o. */
static const char *
set_mount_word (struct options *options, const char *word)
{
  static const char *const always[] = {
    "ro", "nosuid", "nodev", "noatime", "nodiratime",
  };

  if (strcmp (word, "base") == 0)
    options->base_tree = true;
  else if (strcmp (word, "allow_other") == 0)
    options->allow_other = true;
  else if (strcmp (word, "all_readable") == 0)
    options->allow_other = options->all_readable = true;
  else if (strcmp (word, "noexec") == 0)
    options->no_exec = true;
  else if (strcmp (word, "exec") == 0)
    options->no_exec = false;
  else if (strcmp (word, "rw") == 0)
    return "rw is refused: a delta is read-only";
  else if (strcmp (word, "dev") == 0 || strcmp (word, "suid") == 0)
    return "dev and suid are refused: the tree is a guest's";
  else {
    for (size_t i = 0; i < sizeof always / sizeof always[0]; ++i)
      if (strcmp (word, always[i]) == 0)
        return NULL;
    return "must be one of base, allow_other, all_readable, noexec, exec, "
      "ro, nosuid, nodev, noatime, nodiratime";
  }
  return NULL;
}

static const char *
set_mount_words (struct options *options, char *value)
{
  CLEANUP_FREE char *words = strdup (value);
  char *rest = words;
  const char *word;

  if (words == NULL)
    return "out of memory";
  while ((word = strsep (&rest, ",")) != NULL) {
    const char *refused = word[0] == '\0'
      ? NULL : set_mount_word (options, word);

    if (refused != NULL)
      return refused;
  }
  return NULL;
}

const struct option_row options_rows[] = {
  { "base", 0, "FILE", IMAGES,
    "compare with FILE instead of the backing file", set_base },
  { "domain", 0, "NAME[:TARGET]", IMAGES,
    "a libvirt guest's disk, in place of OVERLAY", set_domain },
  { "format", 0, "F", IMAGES,
    "format of OVERLAY, if it is not qcow2", set_format },
  { "base-format", 0, "F", IMAGES,
    "format of the base, if nothing states it", set_base_format },
  { "allow-remote-backing", 0, NULL, IMAGES,
    "trust the file names inside the images",
    set_allow_remote_backing },
  { NULL, 'm', "DEV[:MNT]", PAIR,
    "look only at this filesystem; repeatable", set_mounts },
  { "engine", 0, "ENGINE", IMAGES,
    "auto, direct or guestfs", set_engine },
  { "verify", 0, NULL, PAIR,
    "compare the bytes of every file", set_verify },
  { "key", 0, "SELECTOR", IMAGES,
    "DEVICE:key:STRING or DEVICE:file:NAME; repeatable", set_keys },
  { "times", 0, NULL, PAIR,
    "a different mtime is a change too", set_times },
  { "content-only", 0, NULL, PAIR,
    "leave out changes of mode, owner and xattrs", set_content_only },
  { "ignore-xattr", 0, "GLOB", PAIR,
    "ignore xattrs of that name; repeatable", set_ignore_xattrs },
  { "include", 0, "GLOB", PAIR,
    "show only matching paths; repeatable", set_includes },
  { "exclude", 0, "GLOB", PAIR,
    "leave out matching paths; wins; repeatable", set_excludes },
  { NULL, 'f', NULL, COMMAND_MOUNT,
    "stay in the foreground", set_foreground },
  { NULL, 'o', "OPTIONS", COMMAND_MOUNT,
    "base, allow_other, all_readable, noexec", set_mount_words },
  { "symlinks", 0, "HOW", COMMAND_MOUNT,
    "keep, or inside: none leads out of the mount", set_symlinks },
  { "fd", 0, "N", COMMAND_MOUNT,
    "write a byte to N when the tree is ready", set_ready_fd },
  { "pid-file", 0, "FILE", COMMAND_MOUNT,
    "write the pid that SIGTERM unmounts", set_pid_file },
  { "json", 0, NULL,
    COMMAND_DIFF | COMMAND_INFO | COMMAND_DOCTOR,
    "print JSON", set_json },
  { NULL, 'z', NULL, COMMAND_DIFF,
    "raw paths, NUL after each entry", set_zero },
  { "summary", 0, NULL, COMMAND_DIFF,
    "print only the totals", set_summary },
  { "exit-code", 0, NULL, COMMAND_DIFF,
    "exit with 1 if anything changed", set_exit_code },
  { "oci", 0, NULL, COMMAND_EXPORT,
    "write an OCI layer, with whiteouts", set_oci },
  { "no-deleted", 0, NULL, COMMAND_EXPORT,
    "leave out .deleted", set_no_deleted },
  { "manifest", 0, "FILE", COMMAND_EXPORT,
    "write SHA-256 digests of the files to FILE", set_manifest },
  { "lazy", 0, NULL, COMMAND_UMOUNT,
    "detach now, even if in use; do not wait", set_lazy },
  { "timeout", 0, "SECONDS", COMMAND_UMOUNT,
    "how long to try while in use (default 30)", set_timeout },
  { "connect", 0, "URI", IMAGES, NULL, set_connect },
  { "sandbox", 0, "WHEN", IMAGES, NULL, set_sandbox },
  { NULL, 'q', NULL, WORKING, NULL, set_quiet },
  { NULL, 'v', NULL, WORKING, NULL, set_verbose },
  { "progress", 0, "WHEN", IMAGES, NULL, set_progress },
  { "version", 0, NULL, EVERY, NULL, set_version },
  { "help", 0, NULL, EVERY, NULL, set_help },
};

#define OPTION_ROWS (sizeof options_rows / sizeof options_rows[0])
const size_t options_row_count = OPTION_ROWS;

/* What getopt_long returns for row I: no character, ':' or '?'. */
#define ROW_VALUE(i) (1000 + (int) (i))

const struct command_row *
options_command_row (enum command command)
{
  for (size_t i = 0; i < COMMAND_ROWS; ++i)
    if (options_commands[i].command == command)
      return &options_commands[i];
  return NULL;
}

enum command
options_command (const char *name)
{
  for (size_t i = 0; i < COMMAND_ROWS; ++i)
    if (strcmp (options_commands[i].name, name) == 0)
      return options_commands[i].command;
  return (enum command) 0;
}

static errint_t
wrong_usage (const struct log *log, const char *object, const char *reason)
{
  log_report (log, LOG_LEVEL_ERROR, "wrong usage", object, "%s", reason);
  return -EINVAL;
}

/* The option as the user wrote it, for a message: getopt_long has just
 * refused it or handed it out. */
void
options_row_name (const struct option_row *row, char name[OPTIONS_SPELLING])
{
  if (row->name != NULL)
    snprintf (name, OPTIONS_SPELLING, "--%s", row->name);
  else
    snprintf (name, OPTIONS_SPELLING, "-%c", row->letter);
}

bool
options_spell (enum command command, const char *name,
               char spelling[OPTIONS_SPELLING], bool *argument)
{
  for (size_t i = 0; i < OPTION_ROWS; ++i) {
    const struct option_row *row = &options_rows[i];
    const char letter[] = { row->letter, '\0' };

    if ((row->commands & command) != 0
        && strcmp (name, row->name != NULL ? row->name : letter) == 0) {
      options_row_name (row, spelling);
      *argument = row->argument != NULL;
      return true;
    }
  }
  return false;
}

static const struct option_row *
row_of_value (int value)
{
  if (value >= ROW_VALUE (0) && value < ROW_VALUE (OPTION_ROWS))
    return &options_rows[value - ROW_VALUE (0)];
  for (size_t i = 0; i < OPTION_ROWS; ++i)
    if (options_rows[i].letter != 0 && options_rows[i].letter == value)
      return &options_rows[i];
  return NULL;
}

static errint_t
take_option (struct options *options, int value, char **argv,
             const struct log *log)
{
  const struct option_row *row = row_of_value (value);
  char name[OPTIONS_SPELLING];
  const char *refused;

  if (value == ':' && (row = row_of_value (optopt)) != NULL) {
    options_row_name (row, name);
    return wrong_usage (log, name, "a value is missing");
  }
  if (row == NULL) {
    /* A short option that does not exist is in optopt; of a long one the whole
     * argument was taken. */
    bool short_one = optopt > 0 && optopt < ROW_VALUE (0);

    snprintf (name, sizeof name, "-%c", optopt);
    if (!short_one && optopt != 0)
      return wrong_usage (log, argv[optind - 1], "takes no value");
    return wrong_usage (log,
                        short_one ? name : argv[optind - 1],
                        "no such option");
  }
  refused = row->set (options, optarg);
  if (refused == NULL)
    return 0;
  options_row_name (row, name);
  if (optarg == NULL || optarg[0] == '\0')
    return wrong_usage (log, name, refused);
  log_report (log, LOG_LEVEL_ERROR, "wrong usage", name, "%s: %s",
              optarg, refused);
  return -EINVAL;
}

/* The table in getopt's form, the rows of one command. */
static void
prepare_getopt (enum command command, struct option *longs, char *shorts)
{
  *shorts++ = ':';
  for (size_t i = 0; i < OPTION_ROWS; ++i) {
    const struct option_row *row = &options_rows[i];

    if ((row->commands & command) == 0)
      continue;
    if (row->name != NULL)
      *longs++ = (struct option) {
        .name = row->name,
        .has_arg = row->argument ? required_argument : no_argument,
        .val = ROW_VALUE (i),
      };
    if (row->letter != 0) {
      *shorts++ = row->letter;
      if (row->argument != NULL)
        *shorts++ = ':';
    }
  }
  *longs = (struct option) { .name = NULL };
  *shorts = '\0';
}

static errint_t
check_operands (const struct options *options, const struct log *log)
{
  const struct command_row *row = options_command_row (options->command);
  const int instead = options->domain != NULL;  /* of the overlay */

  if (options->operand_count < row->least - instead)
    return wrong_usage (log, NULL, instead
                        ? "a mount point is needed" : row->missing);
  if (options->operand_count > row->most - instead)
    return wrong_usage (log, options->operands[row->most - instead],
                        instead ? "one operand too many: --domain stands for "
                        "the overlay" : "one operand too many");
  if (options->connect != NULL && options->domain == NULL)
    return wrong_usage (log, NULL, "--connect is for --domain");
  for (int i = 0; i < options->operand_count; ++i)
    if (options->operands[i][0] == '\0')
      return wrong_usage (log, NULL, "an operand is empty");
  if (options->json && options->zero)
    return wrong_usage (log, NULL,
                        "--json and -z exclude each other");
  if (options->oci && options->no_deleted)
    return wrong_usage (log, NULL,
                        "--oci and --no-deleted exclude each other");
  return 0;
}

errint_t
options_parse (struct options *options, enum command command,
               int argc, char **argv, const struct log *log)
{
  struct option longs[OPTION_ROWS + 1];
  char shorts[2 * OPTION_ROWS + 2];
  int value;

  *options = (struct options) {
    .command = command, .ready_fd = -1, .timeout = 30,
  };
  prepare_getopt (command, longs, shorts);
  opterr = 0;
  optind = 0;
  while ((value = getopt_long (argc, argv, shorts, longs, NULL)) != -1) {
    errint_t err = take_option (options, value, argv, log);

    if (err < 0)
      return err;
    if (options->help || options->version)
      return 0;
  }
  options->operands = argv + optind;
  options->operand_count = argc - optind;
  return check_operands (options, log);
}

void
options_clear (struct options *options)
{
  struct option_values *const values[] = {
    &options->mounts, &options->keys, &options->ignore_xattrs,
    &options->includes, &options->excludes,
  };

  free (steal_pointer (&options->domain_disk));
  for (size_t i = 0; i < sizeof values / sizeof values[0]; ++i) {
    free (values[i]->list);
    *values[i] = (struct option_values) { .list = NULL };
  }
}
