/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Converts names, see fat/name.h.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "fat/name.h"

#define LOWER_BASE 0x08
#define LOWER_EXTENSION 0x10

/* The upper half of code page 437 in Unicode. */
static const uint16_t code_page_437[128] = {
  0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7,
  0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5,
  0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
  0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192,
  0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba,
  0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
  0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556,
  0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
  0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
  0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
  0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
  0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
  0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
  0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229,
  0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
  0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

/* Capital letters of the upper half and their small ones (Linux,
 * fs/nls/nls_cp437.c). */
static const unsigned char small_letters[][2] = {
  { 0x80, 0x87 }, { 0x8e, 0x84 }, { 0x8f, 0x86 }, { 0x90, 0x82 },
  { 0x92, 0x91 }, { 0x99, 0x94 }, { 0x9a, 0x81 }, { 0xa5, 0xa4 },
  { 0xe4, 0xe5 }, { 0xe8, 0xed },
};

static unsigned char
lower (unsigned char c)
{
  if (c >= 'A' && c <= 'Z')
    return (unsigned char) (c - 'A' + 'a');
  for (size_t i = 0; i < sizeof small_letters / sizeof small_letters[0]; ++i)
    if (small_letters[i][0] == c)
      return small_letters[i][1];
  return c;
}

static char *
put_utf8 (char *to, uint32_t code)
{
  if (code < 0x80) {
    *to++ = (char) code;
    return to;
  }
  if (code < 0x800)
    *to++ = (char) (0xc0 | code >> 6);
  else {
    if (code < 0x10000)
      *to++ = (char) (0xe0 | code >> 12);
    else {
      *to++ = (char) (0xf0 | code >> 18);
      *to++ = (char) (0x80 | (code >> 12 & 0x3f));
    }
    *to++ = (char) (0x80 | (code >> 6 & 0x3f));
  }
  *to++ = (char) (0x80 | (code & 0x3f));
  return to;
}

size_t
fat_name_from_utf16 (const uint16_t *units, size_t count,
                     char name[FAT_NAME_BYTES])
{
  char *to = name;

  for (size_t i = 0; i < count && units[i] != 0; ++i) {
    uint32_t code = units[i];

    if (code >= 0xd800 && code < 0xdc00 && i + 1 < count
        && units[i + 1] >= 0xdc00 && units[i + 1] < 0xe000)
      code = 0x10000 + ((code - 0xd800) << 10) + (units[++i] - 0xdc00U);
    to = put_utf8 (to, code);
  }
  *to = '\0';
  return (size_t) (to - name);
}

/* One of the two parts: COUNT bytes, padded with spaces. */
static char *
put_part (char *to, const unsigned char *raw, size_t count, bool in_lower,
          bool is_base)
{
  const unsigned char *end = memchr (raw, 0, count);

  if (end != NULL)
    count = (size_t) (end - raw);
  while (count > 0 && raw[count - 1] == ' ')
    --count;
  for (size_t i = 0; i < count; ++i) {
    /* 0xe5 would mean that the entry is deleted. */
    unsigned char c = is_base && i == 0 && raw[i] == 0x05 ? 0xe5 : raw[i];

    if (in_lower)
      c = lower (c);
    to = put_utf8 (to, c < 0x80 ? c : code_page_437[c - 0x80]);
  }
  return to;
}

size_t
fat_name_from_short (const unsigned char raw[FAT_SHORT_NAME],
                     unsigned char case_bits, char name[FAT_NAME_BYTES])
{
  char *to = put_part (name, raw, 8, (case_bits & LOWER_BASE) != 0, true);
  char *dot = to;

  *to++ = '.';
  to = put_part (to, raw + 8, 3, (case_bits & LOWER_EXTENSION) != 0, false);
  if (to == dot + 1)
    to = dot;
  *to = '\0';
  return (size_t) (to - name);
}

uint8_t
fat_name_checksum (const unsigned char raw[FAT_SHORT_NAME])
{
  uint8_t sum = 0;

  for (int i = 0; i < FAT_SHORT_NAME; ++i)
    sum = (uint8_t) ((sum << 7 | sum >> 1) + raw[i]);
  return sum;
}
