/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One end of a connection between two processes of which neither believes the
 * other: numbers and strings, with a bound on everything.  Knows nothing of
 * what is said.
 *
 * The first failure stays: after it nothing is sent, and what is asked for
 * comes back as 0 or NULL, so that a whole message can be put or got before
 * wire_error is looked at.  One thread puts, or one gets, at a time.  Numbers
 * are in the machine's own form: both ends run on it.
 */
#ifndef DELTAFS_WIRE_H
#define DELTAFS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "cleanup.h"
#include "errint.h"

struct wire;

/* FD is a connected stream socket, which the wire closes; also on failure.
 * DEATH_FD (or -1) becomes readable when the other end has gone: waiting ends
 * then, once what was sent before has been read.  NULL without memory. */
struct wire *wire_new (int fd, int death_fd);
void wire_free (struct wire *wire);
DEFINE_CLEANUP (struct wire *, wire_free)

/* 0, or why nothing goes through any more: -ECONNRESET (the other end has
 * gone), -EPROTO (it said what makes no sense), -ENOMEM, or what wire_fail was
 * given. */
errint_t wire_error (const struct wire *wire);

/* Makes it fail, if it has not yet.  Returns false. */
bool wire_fail (struct wire *wire, errint_t error);

/* What was got makes no sense: -EPROTO.  Returns false. */
bool wire_refuse (struct wire *wire);

void wire_put_u8 (struct wire *wire, uint8_t value);
void wire_put_u32 (struct wire *wire, uint32_t value);
void wire_put_u64 (struct wire *wire, uint64_t value);

/* LENGTH bytes, of which the other end knows how many they are. */
void wire_put_raw (struct wire *wire, const void *bytes, size_t length);

/* Length (less than 4 GiB) and bytes; NULL is something else than no bytes. */
void wire_put_bytes (struct wire *wire, const void *bytes, size_t length);
void wire_put_string (struct wire *wire, const char *string);

/* Sends what was put so far. */
void wire_flush (struct wire *wire);

uint8_t wire_get_u8 (struct wire *wire);
uint32_t wire_get_u32 (struct wire *wire);
uint64_t wire_get_u64 (struct wire *wire);

/* A number that is at most LIMIT. */
uint8_t wire_get_bounded_u8 (struct wire *wire, uint8_t limit);
uint32_t wire_get_bounded (struct wire *wire, uint32_t limit);

void wire_get_raw (struct wire *wire, void *buffer, size_t length);

/* At most LIMIT bytes, and a NUL: a new piece of memory to be freed.  NULL
 * for NULL and for a failure.  Memory grows with what has come, whatever
 * length was announced. */
char *wire_get_bytes (struct wire *wire, size_t limit, size_t *length);

/* The same for a string, which holds no NUL. */
char *wire_get_string (struct wire *wire, size_t limit);

/* The same in an arena. */
char *wire_get_bytes_in (struct wire *wire, struct arena *arena,
                         size_t limit, size_t *length);
char *wire_get_string_in (struct wire *wire, struct arena *arena,
                          size_t limit);

#endif
