/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The text form of LVM2's metadata: sections, names with values, lists
 * (lvm.conf(5), CONFIGURATION FILE SYNTAX, is the same).  Grammar only: what
 * the names mean is lvm_group.h's business.
 *
 * The text is the attacker's.  A tree is made of it without recursion, of
 * bounded depth and size.
 */
#ifndef DELTAFS_LVM_TEXT_H
#define DELTAFS_LVM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"

#define LVM_TEXT_DEPTH_MAX 16
#define LVM_TEXT_NODES_MAX (UINT32_C (1) << 19)

enum lvm_text_kind {
  LVM_TEXT_SECTION,             /* its children: what it contains */
  LVM_TEXT_LIST,                /* its children: elements without a name */
  LVM_TEXT_STRING,
  LVM_TEXT_NUMBER,
  LVM_TEXT_OTHER,               /* a negative or fractional number */
};

/* Node 0 is a section, the whole text; it is nobody's child, so that 0 stands
 * for "none". */
struct lvm_text_node {
  const char *name;             /* the text's, or NULL */
  const char *string;           /* of a string, the text's */
  uint64_t number;              /* of a number */
  enum lvm_text_kind kind;
  uint32_t first, next;         /* child, sibling; in the text's order */
};

struct lvm_text {
  char *bytes;                  /* owned; names and strings are in there */
  struct lvm_text_node *nodes;  /* owned */
  uint32_t count, capacity;
};

/* Parses LENGTH BYTES, which are copied.  -EINVAL for what is no such text or
 * exceeds the bounds, -ENOMEM; not reported. */
errint_t lvm_text_parse (const char *bytes, size_t length,
                         struct lvm_text **text);
void lvm_text_free (struct lvm_text *text);
DEFINE_CLEANUP (struct lvm_text *, lvm_text_free)

/* The child of PARENT with that name and kind (the first one of that name);
 * 0: there is none. */
uint32_t lvm_text_find (const struct lvm_text *text, uint32_t parent,
                        const char *name, enum lvm_text_kind kind);

/* The same for a string or a number of it: NULL, false where there is none. */
const char *lvm_text_string (const struct lvm_text *text, uint32_t parent,
                             const char *name);
bool lvm_text_number (const struct lvm_text *text, uint32_t parent,
                      const char *name, uint64_t *number);

/* Is STRING in the list of that name? */
bool lvm_text_has (const struct lvm_text *text, uint32_t parent,
                   const char *name, const char *string);

#endif
