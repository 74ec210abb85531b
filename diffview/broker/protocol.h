/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the two ends of a connection say.  A request is a byte (enum request)
 * and what the comment there says; the answer is any number of messages (enum
 * message), of which the last one is MESSAGE_RESULT.  The next request comes
 * after that.  A side is a byte, a path a string.
 */
#ifndef DELTAFS_BROKER_PROTOCOL_H
#define DELTAFS_BROKER_PROTOCOL_H

/* Connections, each served by a thread: calls that are under way at once.
 * More would only wait for the two appliances, each of which does one thing
 * at a time. */
#define CONNECTIONS 8

enum request {
  /* For each side a u32, its disk's sectors: 512 or 4096 bytes.  Launches the
   * appliances. */
  REQUEST_LAUNCH,
  /* Side.  Result: a number (up to COUNT_LIMIT) of filesystems, each the six
   * strings of an appliance_filesystem. */
  REQUEST_FILESYSTEMS,
  /* Both mountables, type, name: strings.  Result: u32, the engine. */
  REQUEST_OPEN,
  /* Engine; verify and times, a byte each; u32 and that many strings:
   * ignore_xattrs (u32 UINT32_MAX: there are none); the same for pairs.  A
   * MESSAGE_ENTRY for each entry of the delta set, in its order, before the
   * result. */
  REQUEST_COMPUTE,
  /* Engine, side, u32 which entry of the delta set, u32 length (up to
   * READ_LIMIT), u64 offset.  Result: the bytes. */
  REQUEST_READ,
  /* Engine, side, path.  Result: the entry. */
  REQUEST_STAT,
  /* Engine, side, path, u64 limit.  Result: the bytes. */
  REQUEST_READ_PATH,
};

enum message {
  MESSAGE_LOG,                  /* level, a byte; text */
  MESSAGE_PROGRESS,             /* index of phase_names, a byte; u64 done,
                                 * u64 total; for launch and compute alone */
  MESSAGE_ENTRY,                /* a delta_entry; for compute alone */
  MESSAGE_RESULT,               /* u32: 0, or an errno; then, if it is 0, what
                                 * the request says */
};

/* Bytes, or things in a list. */
#define READ_LIMIT (1024 * 1024)
#define FILE_LIMIT (64 * 1024 * 1024)   /* read whole */
#define TEXT_LIMIT (64 * 1024)          /* messages, device names, types */
#define ARGUMENT_LIMIT (128 * 1024)     /* a string of the command line */
#define COUNT_LIMIT (512 * 1024)
/* Paths may be longer than any call takes: compare.h draws the line. */
#define PATH_LIMIT (256 * 1024 * 1024)
/* No message of libguestfs is longer. */
#define VALUE_LIMIT (4 * 1024 * 1024)

/* How the child ends. */
enum {
  CHILD_DONE = 0,
  CHILD_REPORTED = 3,           /* it had to, and said why */
  CHILD_MISUSED = 4,            /* a request made no sense */
};

/* The phases that progress knows, in the order of their indexes. */
extern const char *const phase_names[];
extern const unsigned phase_count;

#endif
