/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Making bytes of a guest fit to be printed.
 */
#ifndef DELTAFS_QUOTE_H
#define DELTAFS_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

/* Length in bytes (1 to 4) of the valid UTF-8 sequence at the start of the
 * LENGTH bytes at TEXT, or 0 when they begin with an invalid one (overlong
 * forms, surrogates and anything over U+10FFFF are invalid: RFC 3629,
 * section 3).  NUL is valid, of length 1. */
size_t quote_utf8_length (const char *text, size_t length);

bool quote_is_utf8 (const char *text, size_t length);

/* The text as git prints a path (core.quotePath=false): unchanged, unless
 * it holds control characters (C1 in UTF-8 too, so that no terminal obeys
 * them), a quote, a backslash or invalid UTF-8; then in double quotes with
 * \a \b \t \n \v \f \r \" \\ and three octal digits for the rest.
 * Returns a new string to be freed, or NULL without memory. */
char *quote_path (const char *text, size_t length);

/* The same for a terminal: characters that change the direction of text or
 * end a line (by which a name could be shown as another one) are escaped, too,
 * byte by byte. */
char *quote_path_for_people (const char *text, size_t length);

/* A message for the user: what a terminal is not to get is escaped like that,
 * all else as it is and no quotes.  A new string to be freed, or NULL
 * without memory. */
char *quote_message (const char *text, size_t length);

/* The text as valid UTF-8, each invalid byte replaced by U+FFFD.  Returns a
 * new string of *RESULT_LENGTH bytes to be freed (a NUL follows), or NULL
 * without memory. */
char *quote_to_utf8 (const char *text, size_t length, size_t *result_length);

/* base64 (RFC 4648, section 4) with padding, a new string to be freed, or
 * NULL without memory. */
char *quote_base64 (const void *bytes, size_t length);

#endif
