/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The help, made of the tables of commands and options.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "options_table.h"

#define HELP_COLUMNS 79

void
options_print_overview (FILE *file)
{
  fputs ("Shows only what a virtual machine's disk overlay changed.\n\n",
         file);
  for (size_t i = 0; i < options_command_count; ++i)
    fprintf (file, "%s deltafs %-6s [options]%s%s\n",
             i == 0 ? "Usage:" : "      ", options_commands[i].name,
             options_commands[i].operands[0] == '\0' ? "" : " ",
             options_commands[i].operands);
  fputs ("\n", file);
  for (size_t i = 0; i < options_command_count; ++i)
    fprintf (file, "  %-8s%s\n", options_commands[i].name,
             options_commands[i].help);
  fputs ("\n\"deltafs COMMAND --help\" lists the options of a command, "
         "\"deltafs --version\"\nprints the version.  "
         "See deltafs(1) for all of it.\n", file);
}

/* The option with its argument, as in "--base FILE". */
static void
usage_of_row (const struct option_row *row, char usage[64])
{
  options_row_name (row, usage);
  if (row->argument != NULL)
    snprintf (usage + strlen (usage), 64 - strlen (usage), " %s",
              row->argument);
}

/* "  Also -q, -v, --progress WHEN, --version, --help; see deltafs-diff(1).", in
 * as many lines as it takes. */
static void
print_common_options (enum command command, FILE *file)
{
  const char *name = options_command_row (command)->name;
  const char *between = "  Also ";
  int column = 0;

  for (size_t i = 0; i < options_row_count; ++i) {
    const struct option_row *row = &options_rows[i];
    char usage[64];

    if ((row->commands & command) == 0 || row->help != NULL)
      continue;
    usage_of_row (row, usage);
    if (column + (int) strlen (usage) > HELP_COLUMNS - 3)
      column = fprintf (file, ",\n       %s", usage) - 2;
    else
      column += fprintf (file, "%s%s", between, usage);
    between = ", ";
  }
  fprintf (file, column + (int) strlen (name) > HELP_COLUMNS - 18
           ? ";\n       see deltafs-%s(1).\n" : "; see deltafs-%s(1).\n", name);
}

void
options_print_help (enum command command, FILE *file)
{
  const struct command_row *described = options_command_row (command);

  fprintf (file, "Usage: deltafs %s [options]%s%s\n%c%s.\n\n",
           described->name, described->operands[0] == '\0' ? "" : " ",
           described->operands,
           described->help[0] - 'a' + 'A', described->help + 1);
  for (size_t i = 0; i < options_row_count; ++i) {
    const struct option_row *row = &options_rows[i];
    char usage[64];

    if ((row->commands & command) == 0 || row->help == NULL)
      continue;
    usage_of_row (row, usage);
    fprintf (file, "  %-24s %s\n", usage, row->help);
  }
  print_common_options (command, file);
}
