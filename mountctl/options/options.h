/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command line as a structure.  One table (in options.c) holds every
 * option: its names, its argument, the commands that take it, its line of
 * help and what sets it; --help is printed from it.
 */
#ifndef DELTAFS_OPTIONS_H
#define DELTAFS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "errint.h"
#include "inspection.h"
#include "log.h"
#include "progress_bar.h"
#include "sandbox.h"

/* Bits of a set: which commands take an option. */
enum command {
  COMMAND_MOUNT = 1 << 0,
  COMMAND_UMOUNT = 1 << 1,
  COMMAND_DIFF = 1 << 2,
  COMMAND_INFO = 1 << 3,
  COMMAND_EXPORT = 1 << 4,
  COMMAND_DOCTOR = 1 << 5,
};

enum symlinks_choice { SYMLINKS_KEEP, SYMLINKS_INSIDE };

/* An option that may be given again and again. */
struct option_values {
  char **list;                  /* NULL-terminated, or NULL; owned, the
                                 * strings are argv's */
  size_t count;
};

/* Strings are those of argv, but for what --domain found. */
struct options {
  enum command command;
  char **operands;              /* in argv, or domain_operands */
  int operand_count;
  bool help, version;           /* nothing else was asked for */
  bool quiet, verbose;

  /* the pair */
  const char *base, *format, *base_format;
  bool allow_remote_backing;
  const char *domain, *connect; /* --domain, or NULL: then the overlay is no
                                 * operand until it is found */
  char *domain_disk;            /* owned: what was found */
  char *domain_operands[2];

  /* the comparison */
  enum engine_choice engine;
  enum sandbox_choice sandbox;
  struct option_values mounts, keys;
  bool verify, times, content_only;
  struct option_values ignore_xattrs, includes, excludes;
  enum progress_choice progress;

  /* diff, info */
  bool json, zero, summary, exit_code;

  /* export */
  bool oci, no_deleted;
  const char *manifest;

  /* mount */
  bool foreground;
  bool base_tree, allow_other, all_readable, no_exec;   /* -o */
  enum symlinks_choice symlinks;
  int ready_fd;                 /* --fd, or -1 */
  const char *pid_file;

  /* umount */
  bool lazy;
  unsigned timeout;             /* seconds */
};

/* Finds the command named NAME; 0 when there is none. */
enum command options_command (const char *name);

/* How the option NAME (of the table, without dashes) is written for COMMAND:
 * "--base", "-m"; and whether it takes an argument.  False when COMMAND has
 * none of that name. */
#define OPTIONS_SPELLING 64
bool options_spell (enum command command, const char *name,
                    char spelling[OPTIONS_SPELLING], bool *argument);

/* Takes the arguments of COMMAND (argv[0] is the command's name), options and
 * operands in any order; "--" ends the options.  argv is permuted.  Wrong
 * usage is reported: -EINVAL; where it is explained is the caller's hint.  To
 * be freed with options_clear in any case. */
errint_t options_parse (struct options *options, enum command command,
                        int argc, char **argv, const struct log *log);
void options_clear (struct options *options);

/* Puts OVERLAY, which is taken over, before the operands: what --domain stands
 * for. */
void options_set_overlay (struct options *options, char *overlay);

/* What "deltafs --help" and "deltafs COMMAND --help" print. */
void options_print_overview (FILE *file);
void options_print_help (enum command command, FILE *file);

#endif
