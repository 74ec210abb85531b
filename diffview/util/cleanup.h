/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Typed cleanup attributes: a variable that releases what it holds when
 * it goes out of scope.  Each type gets a function of its own, so that a
 * destructor for another type does not compile.
 */
#ifndef DELTAFS_CLEANUP_H
#define DELTAFS_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Defines NAME_cleanup, which applies RELEASE to the pointer that a
 * variable of type TYPE holds, unless it is NULL.  Use it so:
 *   DEFINE_CLEANUP (struct chain *, chain_free)
 *   ...
 *   CLEANUP (chain_free) struct chain *chain = NULL;
 */
#define DEFINE_CLEANUP(type, release)                                   \
  static inline void                                                    \
  release##_cleanup (type *variable)                                    \
  {                                                                     \
    if (*variable != NULL)                                              \
      release (*variable);                                              \
  }

#define CLEANUP(release) __attribute__ ((cleanup (release##_cleanup)))

static inline void
cleanup_free_char (char **variable)
{
  free (*variable);
}

static inline void
cleanup_free_bytes (unsigned char **variable)
{
  free (*variable);
}

static inline void
cleanup_free_strings (char ***variable)
{
  if (*variable != NULL) {
    for (char **string = *variable; *string != NULL; ++string)
      free (*string);
    free (*variable);
  }
}

static inline void
cleanup_close (int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close (*fd);
  errno = saved;
}

static inline void
cleanup_fclose (FILE **file)
{
  if (*file != NULL)
    fclose (*file);
}

static inline void
cleanup_closedir (DIR **directory)
{
  if (*directory != NULL)
    closedir (*directory);
}

#define CLEANUP_FREE __attribute__ ((cleanup (cleanup_free_char)))
#define CLEANUP_FREE_BYTES __attribute__ ((cleanup (cleanup_free_bytes)))
/* A NULL-terminated vector of strings. */
#define CLEANUP_FREE_STRINGS __attribute__ ((cleanup (cleanup_free_strings)))
/* A file descriptor; -1 when there is none. */
#define CLEANUP_CLOSE __attribute__ ((cleanup (cleanup_close)))
#define CLEANUP_FCLOSE __attribute__ ((cleanup (cleanup_fclose)))
#define CLEANUP_CLOSEDIR __attribute__ ((cleanup (cleanup_closedir)))

/* Hands ownership on: returns what *POINTER holds and leaves NULL there. */
#define steal_pointer(pointer)                                          \
  __extension__ ({                                                      \
    __typeof__ (pointer) steal_from_ = (pointer);                       \
    __typeof__ (*steal_from_) stolen_ = *steal_from_;                   \
    *steal_from_ = NULL;                                                \
    stolen_;                                                            \
  })

/* The same for a file descriptor. */
static inline int
steal_fd (int *fd)
{
  int stolen = *fd;

  *fd = -1;
  return stolen;
}

#endif
