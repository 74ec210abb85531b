/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a terminal is for.
 */
#ifndef DELTAFS_TERMINAL_H
#define DELTAFS_TERMINAL_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Is FD a terminal that takes escape sequences ($TERM)? */
static inline bool
terminal_is_able (int fd)
{
  const char *terminal = getenv ("TERM");

  return isatty (fd) && terminal != NULL && strcmp (terminal, "dumb") != 0;
}

/* The same, and colour is wanted ($NO_COLOR, no-color.org). */
static inline bool
terminal_has_colors (int fd)
{
  const char *no_color = getenv ("NO_COLOR");

  return terminal_is_able (fd) && (no_color == NULL || no_color[0] == '\0');
}

#endif
