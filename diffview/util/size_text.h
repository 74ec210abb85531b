/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A number of bytes for people.
 */
#ifndef DELTAFS_SIZE_TEXT_H
#define DELTAFS_SIZE_TEXT_H

#include <stdint.h>

#define SIZE_TEXT 64

/* "1048576 bytes (1.0 MiB)", "17 bytes": in TEXT, which is returned. */
const char *size_text (uint64_t bytes, char text[SIZE_TEXT]);

#endif
