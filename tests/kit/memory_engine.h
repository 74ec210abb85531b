/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An engine whose two file trees are made by the test that uses it: no image,
 * no appliance.  Out of memory ends the test.
 *
 *   struct memory *memory = memory_new ();
 *   memory_file (memory, SIDE_BASE, "/etc/passwd", "root\n");
 *   memory_copy_base (memory);
 *   memory_remove (memory, SIDE_OVERLAY, "/etc/passwd");
 *   delta = memory_delta (memory, NULL);      // finished
 *   ...
 *   delta_free (delta);
 *   memory_free (memory);
 *
 * Building ends where compute (or memory_delta) is called.  After that the
 * engine may be read by any number of threads.
 */
#ifndef DELTAFS_MEMORY_ENGINE_H
#define DELTAFS_MEMORY_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "compare.h"
#include "delta.h"
#include "engine.h"
#include "entry.h"

struct memory;

/* Both sides have a root directory and nothing else. */
struct memory *memory_new (void);
void memory_free (struct memory *memory);
DEFINE_CLEANUP (struct memory *, memory_free)

/* The engine itself; its close frees MEMORY too. */
struct engine *memory_engine (struct memory *memory);

/* How compute decides (TRUST_INODE and true at first; compare.h); rules'
 * verify means TRUST_NOTHING. */
void memory_trust (struct memory *memory, enum content_trust trust,
                   bool renames);

/* The side has no such filesystem at all. */
void memory_no_filesystem (struct memory *memory, enum side side);

/* All that follow make directories that lead to PATH (0755, root) as needed,
 * and replace what is at PATH but for the members of a directory.  They return
 * the entry, in which the test may change what it likes until the engine
 * computes (xattrs: memory_xattr; links is counted by then).  Defaults: root's,
 * 0644 (0755 directories, 0777 symlinks), mtime and atime 1,000,000,000 s, a
 * ctime that moves on by a nanosecond with every call (so that nothing is
 * taken as unchanged without a look at its bytes, but for what
 * memory_copy_base copied), the inode number that the other side has at PATH,
 * else a new one. */

/* With content: bytes are copied. */
struct entry *memory_file (struct memory *memory, enum side side,
                           const char *path, const char *text);
struct entry *memory_file_bytes (struct memory *memory, enum side side,
                                 const char *path, const void *bytes,
                                 size_t length);

/* A file of SIZE bytes that is a hole but for TEXT at OFFSET; the only kind of
 * which next_data knows the holes.  Its blocks are those of TEXT. */
struct entry *memory_sparse_file (struct memory *memory, enum side side,
                                  const char *path, uint64_t size,
                                  uint64_t offset, const char *text);

/* A file whose bytes a function makes: fills BUFFER with LENGTH bytes of
 * OFFSET (always within the file), returns 0 or what pread is to return.
 * Any thread. */
typedef errint_t (*memory_generator) (void *opaque, void *buffer,
                                      size_t length, uint64_t offset);
struct entry *memory_file_generated (struct memory *memory, enum side side,
                                     const char *path, uint64_t size,
                                     memory_generator generator,
                                     void *opaque);

/* Ready-made: bytes that depend on the offset alone (and on the string OPAQUE
 * if it is not NULL); and the failure that OPAQUE points to (an errint_t), or
 * -EIO when it is NULL. */
errint_t memory_pattern (void *opaque, void *buffer, size_t length,
                         uint64_t offset);
errint_t memory_failure (void *opaque, void *buffer, size_t length,
                         uint64_t offset);

struct entry *memory_directory (struct memory *memory, enum side side,
                                const char *path);
struct entry *memory_symlink (struct memory *memory, enum side side,
                              const char *path, const char *target);
/* ENTRY_BLOCK and ENTRY_CHAR. */
struct entry *memory_device (struct memory *memory, enum side side,
                             const char *path, enum entry_type type,
                             uint32_t major, uint32_t minor);
/* ENTRY_FIFO, ENTRY_SOCKET, ENTRY_UNKNOWN (with ENTRY_NO_METADATA). */
struct entry *memory_special (struct memory *memory, enum side side,
                              const char *path, enum entry_type type);

/* Another name of what is at EXISTING, as it is now: same inode number,
 * metadata and content. */
struct entry *memory_link (struct memory *memory, enum side side,
                           const char *existing, const char *path);

/* Sets one xattr of what is at PATH; VALUE is copied. */
void memory_xattr (struct memory *memory, enum side side, const char *path,
                   const char *name, const void *value, size_t length);

/* What is at PATH, or NULL. */
struct entry *memory_find (struct memory *memory, enum side side,
                           const char *path);

/* Removes what is at PATH with all that is below it. */
void memory_remove (struct memory *memory, enum side side, const char *path);

/* Moves what is at FROM, with all below it, to TO; inode numbers go along. */
void memory_rename (struct memory *memory, enum side side,
                    const char *from, const char *to);

/* Makes the overlay the same as the base is now. */
void memory_copy_base (struct memory *memory);

/* Computes a delta set with this as its only filesystem ("sda1" at "/", main
 * tree); RULES may be NULL.  memory_delta also finishes it. */
struct delta *memory_compute (struct memory *memory,
                              const struct compare_rules *rules);
struct delta *memory_delta (struct memory *memory,
                            const struct compare_rules *rules);

/* How many times the engine was asked to read content, comparing included. */
uint64_t memory_reads (const struct memory *memory);

#endif
