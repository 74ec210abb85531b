/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * direct_dump [-T TYPE] [-c CLUSTER] [-s SPREAD] [-alnptvVqw] BASE OVERLAY
 * Two raw images without partitions, their delta by the direct engine as one
 * JSON object a line, every string in hexadecimal, content as its MD5; -l: as
 * lines of status, kinds and path (and where it was before); -T: the type of
 * the filesystems (ext4); -n: no
 * map of what was written, -t: times count, -v: details, -V: --verify, -q: no
 * output, but all is read, -w: others write to the images,
 * it is said, -p: how far it is, as "phase done total".  For tests to compare
 * with what they know otherwise.  -a: instead of the delta, the classes of what
 * was written.
 * Exit code 0, or 2 when there is no delta, or 1 when the classes do not add up.
 */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <nettle/md5.h>

#include "delta.h"
#include "direct.h"
#include "direct_account.h"
#include "flat_pair.h"
#include "pair_device.h"
#include "progress.h"
#include "quote.h"

#define PIECE 65536
#define LARGE ((uint64_t) 64 << 20)

static bool quiet, lines;

/* As libblkid calls the filesystem. */
static char *type = (char[]) { "ext4" };

static void
write_log (void *opaque, enum log_level level, const char *message)
{
  (void) opaque;
  (void) level;
  fprintf (stderr, "%s\n", message);
}

static void
print_progress (void *opaque, const char *phase, uint64_t done,
                uint64_t total)
{
  (void) opaque;
  fprintf (stderr, "%s %" PRIu64 " %" PRIu64 "\n", phase, done, total);
}

static void
print_hex (const void *bytes, size_t length)
{
  const unsigned char *byte = bytes;

  putchar ('"');
  for (size_t i = 0; i < length; ++i)
    printf ("%02x", byte[i]);
  putchar ('"');
}

/* In pieces of odd sizes, so that offsets are not aligned. */
static void
print_content (struct engine *engine, enum side side,
               const struct delta_entry *entry)
{
  static unsigned char buffer[PIECE];
  unsigned char digest[MD5_DIGEST_SIZE];
  struct md5_ctx md5;
  uint64_t offset = 0;
  size_t got = 0;
  errint_t err;

  md5_init (&md5);
  /* A hostile file may claim exabytes. */
  if (entry->side[side]->size > LARGE)
    offset = entry->side[side]->size - LARGE;
  do {
    err = engine->operations->pread (engine, side, entry, buffer,
                                     PIECE - 17, offset, &got);
    if (err == 0)
      md5_update (&md5, got, buffer);
    offset += got;
  } while (err == 0 && got == PIECE - 17);
  if (err < 0) {
    printf (",\"error\":%d", err);
    return;
  }
  md5_digest (&md5, sizeof digest, digest);
  printf (",\"md5\":");
  print_hex (digest, sizeof digest);
}

static void
print_side (struct engine *engine, enum side side,
            const struct delta_entry *entry)
{
  const struct entry *e = entry->side[side];

  if (e == NULL)
    return;
  printf (",\"%s\":{\"type\":\"%s\",\"mode\":%u,\"uid\":%u,\"gid\":%u",
          side == SIDE_BASE ? "base" : "overlay", entry_type_name (e->type),
          e->permissions, e->uid, e->gid);
  printf (",\"size\":%" PRIu64 ",\"blocks\":%" PRIu64 ",\"links\":%u"
          ",\"inode\":%" PRIu64 ",\"major\":%u,\"minor\":%u,\"missing\":%u",
          e->size, e->blocks, e->links, e->inode, e->major, e->minor,
          e->missing);
  printf (",\"mtime\":[%" PRId64 ",%u],\"ctime\":[%" PRId64 ",%u]",
          e->mtime.seconds, e->mtime.nanoseconds, e->ctime.seconds,
          e->ctime.nanoseconds);
  if (e->target != NULL) {
    printf (",\"target\":");
    print_hex (e->target, e->target_length);
  }
  printf (",\"xattrs\":{");
  for (size_t i = 0; e->xattrs != NULL && i < e->xattrs->count; ++i) {
    const struct entry_xattr *xattr = &e->xattrs->list[i];

    printf ("%s", i == 0 ? "" : ",");
    print_hex (xattr->name, strlen (xattr->name));
    putchar (':');
    print_hex (xattr->value, xattr->length);
  }
  putchar ('}');
  if (e->type == ENTRY_FILE)
    print_content (engine, side, entry);
  putchar ('}');
}

static void
print_line (const struct delta_entry *entry, const char *kinds)
{
  CLEANUP_FREE char *path = quote_path (entry->path, strlen (entry->path));

  printf ("%s %s %s", delta_status_name (entry->status),
          *kinds == '\0' ? "-" : kinds, path);
  if (entry->renamed_from != NULL)
    printf (" < %s", entry->renamed_from);
  putchar ('\n');
}

static void
print_entry (struct engine *engine, const struct delta_entry *entry)
{
  char kinds[DELTA_KINDS_SIZE];

  delta_kinds_text (entry->kinds, kinds);
  if (lines) {
    print_line (entry, kinds);
    return;
  }
  printf ("{\"path\":");
  print_hex (entry->path, strlen (entry->path));
  printf (",\"status\":\"%s\",\"kinds\":\"%s\"",
          delta_status_name (entry->status), kinds);
  if (entry->renamed_from != NULL) {
    printf (",\"renamed_from\":");
    print_hex (entry->renamed_from, strlen (entry->renamed_from));
  }
  print_side (engine, SIDE_BASE, entry);
  print_side (engine, SIDE_OVERLAY, entry);
  printf ("}\n");
}

/* The classes of what was written: exit code 1 if they do not add up. */
static int
account (struct device *const disk[SIDES], const struct log *log)
{
  struct volume volume[SIDES] = {
    { .length = disk[SIDE_BASE]->size, .device = disk[SIDE_BASE],
      .type = type },
    { .length = disk[SIDE_OVERLAY]->size, .device = disk[SIDE_OVERLAY],
      .type = type },
  };
  const struct volume *const volumes[SIDES] = { &volume[0], &volume[1] };
  const struct extents *written = disk[SIDE_OVERLAY]->disk_written;
  const char *reason;
  struct account account;
  bool damaged;
  errint_t err = direct_account (disk, volumes, written, "disk", log,
                                 NULL, &reason, &account, &damaged);

  if (err < 0) {
    fprintf (stderr, "refused: %s\n", strerror (-err));
    return 2;
  }
  for (int i = 0; i < ACCOUNT_CLASSES; ++i)
    if (account.bytes[i] > 0)
      printf ("%s %" PRIu64 "\n",
              account_class_name ((enum account_class) i), account.bytes[i]);
  return account_total (&account) == extents_total (written) ? 0 : 1;
}

static int
dump (struct device *const disk[SIDES], const struct compare_rules *rules,
      const struct log *log)
{
  struct volume volume[SIDES] = {
    { .length = disk[SIDE_BASE]->size, .device = disk[SIDE_BASE],
      .type = type },
    { .length = disk[SIDE_OVERLAY]->size, .device = disk[SIDE_OVERLAY],
      .type = type },
  };
  const struct volume *const volumes[SIDES] = { &volume[0], &volume[1] };
  CLEANUP (engine_close) struct engine *engine = NULL;
  CLEANUP (delta_free) struct delta *delta = delta_new ();
  const char *reason = NULL;
  unsigned number;
  errint_t err;

  if (delta == NULL)
    return 2;
  err = direct_engine_open (volumes, "disk", log, &reason, &engine);
  if (err < 0) {
    fprintf (stderr, "refused: %s: %s\n", strerror (-err),
             reason == NULL ? "" : reason);
    return 2;
  }
  err = delta_add_filesystem (delta, engine, "disk", "/", true, &number);
  if (err == 0)
    err = engine->operations->compute (engine, rules, delta, number);
  if (err == 0)
    err = delta_finish (delta);
  if (err < 0)
    return 2;
  for (size_t i = 0; i < delta->count; ++i)
    if (delta->entries[i].status != STATUS_SCAFFOLD)
      print_entry (engine, &delta->entries[i]);
  return 0;
}

int
main (int argc, char *argv[])
{
  CLEANUP (pair_close) struct image_pair *pair = NULL;
  struct log log = { .write = write_log };
  const struct progress progress = { .update = print_progress };
  struct compare_rules rules = { 0 };
  uint32_t cluster = 65536;
  unsigned spread = 0;
  bool only_account = false, written = false;
  struct device *disk[SIDES] = { NULL };
  int option, result;
  errint_t err;

  while ((option = getopt (argc, argv, "aT:c:s:lnptvVqw")) >= 0)
    switch (option) {
    case 'a': only_account = true; break;
    case 'c': cluster = (uint32_t) atoi (optarg); break;
    case 's': spread = (unsigned) atoi (optarg); break;
    case 'l': lines = true; break;
    case 'n': cluster = 0; break;
    case 'p': rules.progress = &progress; break;
    case 'T': type = optarg; break;
    case 't': rules.times = true; break;
    case 'v': log.verbose = true; break;
    case 'V': rules.verify = true; break;
    case 'q': quiet = true; break;
    case 'w': written = true; break;
    default: return 2;
    }
  if (argc - optind != 2)
    return 2;
  if (quiet && freopen ("/dev/null", "w", stdout) == NULL)
    return 2;
  err = flat_pair_open (argv[optind], argv[optind + 1], cluster, spread,
                        &pair);
  if (err < 0) {
    fprintf (stderr, "%s\n", strerror (-err));
    return 2;
  }
  if (written)
    flat_pair_say_written (pair);
  for (int side = 0; side < SIDES; ++side)
    if (pair_device_open (pair, (enum side) side, &disk[side]) < 0)
      return 2;
  result = only_account && cluster != 0 ? account (disk, &log)
    : dump (disk, &rules, &log);
  for (int side = 0; side < SIDES; ++side)
    device_close (disk[side]);
  return result;
}
