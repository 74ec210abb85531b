/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A text file that fills the in-memory engine: what the tests of the FUSE
 * room serve.  Knows no FUSE.
 *
 * One command a line, words separated by single spaces; in paths and values
 * %XX stands for a byte.  SIDE is base or overlay.
 *
 *   SIDE TYPE PATH [KEY=VALUE]...   makes something: TYPE as
 *                                   entry_type_name gives it
 *   many SIDE PREFIX COUNT [KEY=VALUE]...
 *                                   COUNT files PREFIX0000000, ...
 *   link SIDE EXISTING PATH         another name
 *   copy                            the overlay becomes as the base is now
 *   remove SIDE PATH
 *   pieces N                        reads, and pieces of data between holes,
 *                                   have N bytes at most
 *   short PATH OFFSET               the content of PATH ends there, whatever
 *                                   its size says
 *   splice PATH HOW                 it goes through a pipe: "whole", "half" of
 *                                   it before it turns out that it cannot, or
 *                                   "fails" with half of it in the pipe
 *
 * Keys:
 *   mode=OCTAL uid=N gid=N ino=N blocks=N rdev=MAJOR:MINOR
 *   mtime=SECONDS.NANOSECONDS (nine digits), likewise atime, ctime
 *   xattr=NAME:VALUE, xattr_zeros=NAME:LENGTH
 *   xattrs=PREFIX:COUNT             COUNT of them, PREFIX0000, ..., each "x"
 *   missing=xattrs|target|content|members
 *   target=TEXT                     of a symlink
 *   text=TEXT                       content, or size=N: line L of the file is
 *                                   "%08x %022x\n" with seed=N (0) and L
 *   at=OFFSET                       of the text, in a hole of size=N
 *   fail=OFFSET                     reads that touch this byte fail
 *   slow=MILLISECONDS               each read takes that long
 */
#ifndef DELTAFS_TEST_SCRIPT_H
#define DELTAFS_TEST_SCRIPT_H

#include "memory_engine.h"

/* Reads FILE; mistakes in it end the program.  The memory is to be freed with
 * memory_free, then script_end. */
struct memory *script_read (const char *file);
void script_end (void);

#endif
