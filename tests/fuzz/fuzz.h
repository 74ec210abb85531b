/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What every fuzz target has: an entry that takes any bytes at all and comes
 * back.  Whatever is wrong it says by a crash.  Linked with libFuzzer
 * (--enable-fuzzers) or with driver.c.
 */
#ifndef DELTAFS_FUZZ_H
#define DELTAFS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "log.h"

/* libFuzzer's names.  Returns 0. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Changes an input of SIZE bytes in place, which has room for CAPACITY, and
 * returns its new size; for targets whose inputs are not best changed byte by
 * byte. */
size_t LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t capacity,
                                unsigned seed) __attribute__ ((weak));

/* Takes all messages, -v's too, and sees to it that none could drive a
 * terminal. */
extern const struct log fuzz_log;

/* assert, in every build. */
#define FUZZ_REQUIRE(condition) \
  do { if (!(condition)) abort (); } while (0)

/* Inputs that are longer are cut. */
#define FUZZ_INPUT_MAX ((size_t) 1 << 20)

#endif
