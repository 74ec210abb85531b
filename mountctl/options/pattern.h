/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Patterns of the command line that can never match: they are refused, for
 * what they were meant for would be missed without a word.
 */
#ifndef DELTAFS_PATTERN_H
#define DELTAFS_PATTERN_H

/* Why PATTERN, for fnmatch, can match no path of a guest, or no name of an
 * extended attribute: a static string.  NULL where it may match. */
const char *pattern_never_a_path (const char *pattern);
const char *pattern_never_an_xattr (const char *pattern);

#endif
