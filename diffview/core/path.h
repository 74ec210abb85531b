/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Guest paths: absolute, bytes between slashes, "/" for the root; no
 * component is empty, "." or "..", no slash at the end of another path.
 */
#ifndef DELTAFS_PATH_H
#define DELTAFS_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Order by path with '/' below every other byte, so that a directory's
 * members follow it at once: <0, 0 or >0. */
int path_compare (const char *a, const char *b);

/* Is PATH equal to DIRECTORY or below it?  "/" holds everything. */
bool path_within (const char *path, const char *directory);

/* Can NAME of LENGTH bytes be the name of a directory's member: not empty,
 * not "." or "..", without '/' and NUL?  Everything else a guest may use. */
bool path_valid_name (const char *name, size_t length);

/* Is it a path as this header has them? */
bool path_valid (const char *path);

/* PARENT and NAME joined; a new string to be freed, NULL without memory. */
char *path_join (const char *parent, const char *name);

#endif
