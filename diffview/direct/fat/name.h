/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names of FAT and exFAT as Linux shows them: short names in code page 437,
 * long ones in UTF-16, both as UTF-8.
 */
#ifndef DELTAFS_FAT_NAME_H
#define DELTAFS_FAT_NAME_H

#include <stddef.h>
#include <stdint.h>

/* A short name: eight bytes and three. */
#define FAT_SHORT_NAME 11

/* UTF-16 units of the longest name (exFAT 255; VFAT, as Linux reads it, what 20
 * entries hold), and its bytes in UTF-8 with a NUL. */
#define FAT_NAME_UNITS 260
#define FAT_NAME_BYTES (3 * FAT_NAME_UNITS + 1)

/* Writes UNITS, up to COUNT (at most FAT_NAME_UNITS) or a zero among them, to
 * NAME, with a NUL; gives its length.  A surrogate without its other half
 * becomes three bytes that are no valid UTF-8, as in WTF-8, so that two names
 * that differ stay different (Linux leaves it out). */
size_t fat_name_from_utf16 (const uint16_t *units, size_t count,
                            char name[FAT_NAME_BYTES]);

/* Writes a short name as it stands in a directory entry; CASE are the bits of
 * its byte 12 (0x08: the first part is in lower case, 0x10: the second). */
size_t fat_name_from_short (const unsigned char raw[FAT_SHORT_NAME],
                            unsigned char case_bits,
                            char name[FAT_NAME_BYTES]);

/* What the entries of a long name hold of the short one (FAT specification,
 * section 7.2). */
uint8_t fat_name_checksum (const unsigned char raw[FAT_SHORT_NAME]);

#endif
