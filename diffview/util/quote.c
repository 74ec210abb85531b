/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Making bytes of a guest fit to be printed.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "quote.h"

/* The first byte of a sequence, how long it is, and the range of the second
 * byte: RFC 3629, section 4.  Any further bytes are 80 to BF. */
struct utf8_form {
  unsigned char first_low, first_high;
  unsigned char length;
  unsigned char second_low, second_high;
};

static const struct utf8_form utf8_forms[] = {
  { 0x00, 0x7f, 1, 0, 0 },
  { 0xc2, 0xdf, 2, 0x80, 0xbf },
  { 0xe0, 0xe0, 3, 0xa0, 0xbf },
  { 0xe1, 0xec, 3, 0x80, 0xbf },
  { 0xed, 0xed, 3, 0x80, 0x9f },
  { 0xee, 0xef, 3, 0x80, 0xbf },
  { 0xf0, 0xf0, 4, 0x90, 0xbf },
  { 0xf1, 0xf3, 4, 0x80, 0xbf },
  { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static unsigned char
byte_at (const char *text, size_t i)
{
  return (unsigned char) text[i];
}

size_t
quote_utf8_length (const char *text, size_t length)
{
  const struct utf8_form *form = utf8_forms;
  const struct utf8_form *end =
    utf8_forms + sizeof utf8_forms / sizeof utf8_forms[0];

  if (length == 0)
    return 0;
  while (form < end && (byte_at (text, 0) < form->first_low
                        || byte_at (text, 0) > form->first_high))
    form++;
  if (form == end || length < form->length)
    return 0;
  if (form->length > 1 && (byte_at (text, 1) < form->second_low
                           || byte_at (text, 1) > form->second_high))
    return 0;
  for (size_t i = 2; i < form->length; ++i)
    if (byte_at (text, i) < 0x80 || byte_at (text, i) > 0xbf)
      return 0;
  return form->length;
}

bool
quote_is_utf8 (const char *text, size_t length)
{
  size_t i = 0;

  while (i < length) {
    size_t step = quote_utf8_length (text + i, length - i);

    if (step == 0)
      return false;
    i += step;
  }
  return true;
}

/* What may change the order in which a line is shown, or end it: marks,
 * embeddings, overrides and isolates of direction (U+061C, U+200E and F, U+202A
 * to E, U+2066 to 9), separators of lines and paragraphs (U+2028 and 9). */
static bool
is_deceptive (const char *text, size_t step)
{
  unsigned char second, third;

  if (step == 2)
    return byte_at (text, 0) == 0xd8 && byte_at (text, 1) == 0x9c;
  if (step != 3 || byte_at (text, 0) != 0xe2)
    return false;
  second = byte_at (text, 1);
  third = byte_at (text, 2);
  if (second == 0x80)
    return third == 0x8e || third == 0x8f || (third >= 0xa8 && third <= 0xae);
  return second == 0x81 && third >= 0xa6 && third <= 0xa9;
}

/* How many bytes at the start of TEXT can be printed as they are; 0 when the
 * first one cannot: control characters (C1 ones are C2 80 to C2 9F) and
 * invalid UTF-8; for PEOPLE what could deceive them, too. */
static size_t
printable_length (const char *text, size_t length, bool people)
{
  size_t step = quote_utf8_length (text, length);

  if (people && is_deceptive (text, step))
    return 0;
  if (step == 1 && (byte_at (text, 0) < 0x20 || byte_at (text, 0) == 0x7f))
    return 0;
  if (step == 2 && byte_at (text, 0) == 0xc2 && byte_at (text, 1) < 0xa0)
    return 0;
  return step;
}

/* Writes the escape for one byte (at most 4 bytes); returns the end. */
static char *
escape_byte (unsigned char byte, char *to)
{
  static const char letters[] = "abtnvfr";      /* 7 to 13 */

  *to++ = '\\';
  if (byte >= 7 && byte <= 13)
    *to++ = letters[byte - 7];
  else if (byte == '"' || byte == '\\')
    *to++ = (char) byte;
  else {
    *to++ = (char) ('0' + (byte >> 6));
    *to++ = (char) ('0' + (byte >> 3 & 7));
    *to++ = (char) ('0' + (byte & 7));
  }
  return to;
}

/* TEXT with escapes; with MARKS, quotes and backslashes too, and all in
 * quotes if anything was escaped. */
static char *
escape (const char *text, size_t length, bool marks, bool people)
{
  char *result, *to;
  bool escaped = false;
  size_t i = 0;

  if (length > (SIZE_MAX - 3) / 4)
    return NULL;
  result = malloc (4 * length + 3);
  if (result == NULL)
    return NULL;
  to = result;
  if (marks)
    *to++ = '"';
  while (i < length) {
    size_t step = printable_length (text + i, length - i, people);

    if (step == 0 || (marks && (text[i] == '"' || text[i] == '\\'))) {
      to = escape_byte (byte_at (text, i), to);
      escaped = true;
      i++;
    }
    else {
      memcpy (to, text + i, step);
      to += step;
      i += step;
    }
  }
  if (marks && escaped)
    *to++ = '"';
  else if (marks) {
    memcpy (result, text, length);
    to = result + length;
  }
  *to = '\0';
  return result;
}

char *
quote_path (const char *text, size_t length)
{
  return escape (text, length, true, false);
}

char *
quote_path_for_people (const char *text, size_t length)
{
  return escape (text, length, true, true);
}

char *
quote_message (const char *text, size_t length)
{
  return escape (text, length, false, true);
}

char *
quote_to_utf8 (const char *text, size_t length, size_t *result_length)
{
  static const char replacement[] = "\xef\xbf\xbd";     /* U+FFFD */
  char *result, *to;
  size_t i = 0;

  if (length > (SIZE_MAX - 1) / 3)
    return NULL;
  result = malloc (3 * length + 1);
  if (result == NULL)
    return NULL;
  to = result;
  while (i < length) {
    size_t step = quote_utf8_length (text + i, length - i);

    if (step == 0) {
      memcpy (to, replacement, 3);
      to += 3;
      i++;
    }
    else {
      memcpy (to, text + i, step);
      to += step;
      i += step;
    }
  }
  *to = '\0';
  *result_length = (size_t) (to - result);
  return result;
}

char *
quote_base64 (const void *bytes, size_t length)
{
  static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *from = bytes;
  char *result, *to;

  if (length > SIZE_MAX / 2)
    return NULL;
  result = malloc (length / 3 * 4 + 5);
  if (result == NULL)
    return NULL;
  to = result;
  for (size_t i = 0; i < length; i += 3) {
    unsigned long group = (unsigned long) from[i] << 16;

    if (i + 1 < length)
      group |= (unsigned long) from[i + 1] << 8;
    if (i + 2 < length)
      group |= from[i + 2];
    *to++ = digits[group >> 18];
    *to++ = digits[group >> 12 & 63];
    *to++ = i + 1 < length ? digits[group >> 6 & 63] : '=';
    *to++ = i + 2 < length ? digits[group & 63] : '=';
  }
  *to = '\0';
  return result;
}
