/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables of commands and options, for the files that make something of
 * them.
 */
#ifndef DELTAFS_OPTIONS_TABLE_H
#define DELTAFS_OPTIONS_TABLE_H

#include <stddef.h>

#include "options.h"

struct option_row {
  const char *name;             /* long, or NULL */
  char letter;                  /* short, or 0 */
  const char *argument;         /* its name in the help, or NULL */
  unsigned commands;            /* COMMAND_… */
  /* One line of at most 50 columns; NULL for one that every command has: these
   * are named together. */
  const char *help;
  /* Stores VALUE (NULL without an argument): NULL, or why it is refused
   * (a static string, or out of memory). */
  const char *(*set) (struct options *options, char *value);
};

struct command_row {
  enum command command;
  const char *name;
  const char *operands;         /* in the help, "" for none */
  int least, most;              /* operands */
  const char *missing;          /* what is asked for when there are fewer */
  const char *help;
};

extern const struct command_row options_commands[];
extern const size_t options_command_count;
extern const struct option_row options_rows[];
extern const size_t options_row_count;

/* The row of a command, or NULL. */
const struct command_row *options_command_row (enum command command);

/* The option with its dashes, as the user writes it. */
void options_row_name (const struct option_row *row,
                       char name[OPTIONS_SPELLING]);

#endif
