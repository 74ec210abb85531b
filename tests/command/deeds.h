/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a process that was taken over would try: each deed is a system call
 * that the sandbox has to refuse, or to answer by the process's end.
 */
#ifndef DELTAFS_TEST_DEEDS_H
#define DELTAFS_TEST_DEEDS_H

#include <stdbool.h>

#include "log.h"

/* Does the deed NAME, and reports what came of it as a warning "deed: NAME: …":
 * "done", or the error.  NAME "list" reports the names of all deeds, each with
 * "refused" or "deadly".  False if there is no such deed. */
bool deed_do (const char *name, const struct log *log);

#endif
