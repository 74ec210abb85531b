/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Damage of directories that no call reports.
 *
 * Sources: fs/ext4/dir.c (ext4_readdir), fs/ext4/namei.c
 * (htree_dirblock_to_tree), fs/fat/dir.c (fat__get_entry) of Linux: each
 * goes on after a bad block, with a message of the form
 *   EXT4-fs error (device sda1): ext4_readdir:260: inode #12: comm find: …
 *   FAT-fs (sda1): Directory bread(block 2051) failed
 */
#include <config.h>

#include "kernel_log.h"
#include "vector.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inodes {
  uint64_t *list;               /* sorted, when all are there */
  size_t count, capacity;
  bool anywhere;                /* more damage than the log holds */
  bool somewhere;               /* damage that names no directory */
};

void
kernel_log_begin (struct appliance *appliance, struct kernel_log_mark *mark)
{
  static atomic_uint number;
  char script[512];
  char *const arguments[] = { script, NULL };
  CLEANUP_FREE char *output = NULL;
  APPLIANCE_LOCK (appliance);

  snprintf (mark->text, sizeof mark->text, "deltafs: scan %u",
            atomic_fetch_add (&number, 1) + 1);
  snprintf (script, sizeof script,
            "for f in /sys/fs/ext4/*/err_ratelimit_interval_ms;"
            " do echo 0 > $f; done 2>/dev/null; echo '%s' > /dev/kmsg",
            mark->text);
  output = guestfs_debug (appliance->g, "sh", arguments);
  if (output == NULL)
    mark->text[0] = '\0';
}

static errint_t
add_inode (struct inodes *inodes, uint64_t inode)
{
  return VECTOR_APPEND (inodes->list, inodes->count, inodes->capacity, inode);
}

/* Is it a function that reads one entry, as it is named after the device?  The
 * rest of a message may hold a path, which the guest has made. */
static bool
is_about_entry (const char *message)
{
  static const char *const functions[] = { "ext4_lookup", "iget", "xattr" };
  const char *start = strstr (message, "): ");
  size_t length;

  if (start == NULL)
    return false;
  start += strlen ("): ");
  length = strcspn (start, ": ");
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; ++i)
    if (memmem (start, length, functions[i], strlen (functions[i])) != NULL)
      return true;
  return false;
}

/* A lookup that failed has left its mark on the entry that was looked up. */
static errint_t
read_line (const char *line, struct inodes *inodes)
{
  const char *message = strstr (line, "EXT4-fs error");
  const char *inode;

  if (message == NULL) {
    if (strstr (line, "FAT-fs") != NULL
        && strstr (line, "Directory bread") != NULL)
      inodes->somewhere = true;
    return 0;
  }
  if (is_about_entry (message))
    return 0;
  inode = strstr (message, "inode #");
  if (inode == NULL)
    return 0;
  return add_inode (inodes, strtoumax (inode + strlen ("inode #"), NULL, 10));
}

static errint_t
read_log (char *log, struct inodes *inodes)
{
  char *saved = NULL;

  for (char *line = strtok_r (log, "\n", &saved); line != NULL;
       line = strtok_r (NULL, "\n", &saved)) {
    errint_t r = read_line (line, inodes);

    if (r < 0)
      return r;
  }
  return 0;
}

static int
compare_inodes (const void *a, const void *b)
{
  const uint64_t *left = a, *right = b;

  return *left < *right ? -1 : *left > *right;
}

static bool
is_named (const struct inodes *inodes, uint64_t inode)
{
  return inodes->count > 0
    && bsearch (&inode, inodes->list, inodes->count, sizeof *inodes->list,
                compare_inodes) != NULL;
}

static void
mark_directory (struct scan *scan, struct tree_node *node)
{
  node->entry.missing |= ENTRY_NO_MEMBERS;
  complaints_add_node (scan->complaints, "cannot read the whole directory",
                       node, -EUCLEAN);
}

static void
mark_directories (struct scan *scan, const struct inodes *inodes)
{
  if (inodes->somewhere)
    mark_directory (scan, scan->tree->root);
  if (inodes->count == 0 && !inodes->anywhere)
    return;
  if (inodes->count > 0)
    qsort (inodes->list, inodes->count, sizeof *inodes->list, compare_inodes);
  for (size_t i = 0; i < scan->count; ++i) {
    struct tree_node *node = scan->nodes[i];

    if (node->entry.type == ENTRY_DIRECTORY
        && (inodes->anywhere
            || is_named (inodes, node->entry.inode)))
      mark_directory (scan, node);
  }
}

/* What was logged since the mark; the part of *LOG, which is to be freed, from
 * there.  NULL when that is more than the log or a message of libguestfs
 * holds. */
static errint_t
fetch_log (struct appliance *appliance, const struct kernel_log_mark *mark,
           char **log, char **start)
{
  APPLIANCE_LOCK (appliance);

  *log = guestfs_dmesg (appliance->g);
  *start = *log;
  if (*log == NULL && appliance_error (appliance) == -ENOTCONN)
    return -ENOTCONN;
  if (*log != NULL && mark->text[0] != '\0')
    *start = strstr (*log, mark->text);
  return 0;
}

errint_t
kernel_log_end (struct scan *scan, const struct kernel_log_mark *mark)
{
  CLEANUP_FREE char *log = NULL;
  struct inodes inodes = { 0 };
  char *start = NULL;
  errint_t r = fetch_log (scan->appliance, mark, &log, &start);

  if (r == 0 && start == NULL)
    inodes.anywhere = true;
  else if (r == 0)
    r = read_log (start, &inodes);
  if (r == 0)
    mark_directories (scan, &inodes);
  free (inodes.list);
  return r;
}
