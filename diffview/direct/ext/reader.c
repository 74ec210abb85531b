/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What ext2, ext3 and ext4 answer to each question of format.h.
 */
#include <config.h>

#include <string.h>

#include <ext2fs/ext2fs.h>

#include "ext/account_places.h"
#include "ext/checksum.h"
#include "ext/directory.h"
#include "ext/filesystem.h"
#include "ext/inode.h"
#include "ext/mapping.h"
#include "ext/ondisk.h"
#include "ext/owners.h"
#include "ext/reader.h"
#include "ext/record.h"
#include "ext/superblock.h"

static enum direct_journal
read_journal_state (struct device *device)
{
  uint8_t raw[SUPERBLOCK_SIZE];
  uint32_t compat, incompat;

  if (device_read (device, raw, sizeof raw, SUPERBLOCK_OFFSET) < 0 ||
      ONDISK_LE16 (raw, struct ext2_super_block, s_magic) !=
      EXT2_SUPER_MAGIC)
    return DIRECT_JOURNAL_UNKNOWN;
  compat = ONDISK_LE32 (raw, struct ext2_super_block, s_feature_compat);
  incompat = ONDISK_LE32 (raw, struct ext2_super_block, s_feature_incompat);
  if (ONDISK_LE32 (raw, struct ext2_super_block, s_rev_level) ==
      EXT2_GOOD_OLD_REV ||
      !(compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL))
    return DIRECT_JOURNAL_NONE;
  return incompat & EXT3_FEATURE_INCOMPAT_RECOVER ?
    DIRECT_JOURNAL_NEEDS_RECOVERY : DIRECT_JOURNAL_CLEAN;
}

static errint_t
open_reader (struct blocks *blocks, enum side side, const char **reason,
             struct reader **reader)
{
  struct ext_filesystem *fs;
  errint_t err = ext_filesystem_open (blocks, side, reason, &fs);

  if (err == 0)
    *reader = &fs->reader;
  return err;
}

static void
close_reader (struct reader *reader)
{
  ext_filesystem_free ((struct ext_filesystem *) reader);
}

static bool
are_comparable (const struct reader *base, const struct reader *overlay)
{
  return ext_filesystem_same_geometry (ext_filesystem_of (base),
                                       ext_filesystem_of (overlay));
}

static struct inode_id
root_of (const struct reader *reader)
{
  (void) reader;
  return (struct inode_id) { .number = INODE_ROOT };
}

static errint_t
read_entry (const struct reader *reader, struct inode_id id,
            struct arena *arena, struct entry *entry)
{
  return ext_record_read (ext_filesystem_of (reader), id.number, arena, entry,
                          NULL);
}

/* An inode of a number that may be any. */
static errint_t
read_inode (const struct ext_filesystem *fs, struct inode_id id,
            struct ext_inode *inode)
{
  return id.number > UINT32_MAX ? -EIO :
    ext_inode_read (fs, (uint32_t) id.number, inode);
}

static errint_t
read_runs (const struct reader *reader, struct inode_id id, struct runs *runs)
{
  const struct ext_filesystem *fs = ext_filesystem_of (reader);
  CLEANUP_MAPPING struct ext_mapping mapping = { .tree = NULL };
  struct ext_inode inode;
  errint_t err = read_inode (fs, id, &inode);

  if (err == 0 && entry_type_of_mode (ext_inode_mode (&inode)) != ENTRY_FILE)
    err = -EIO;
  if (err == 0)
    err = ext_mapping_open (fs, &inode, &mapping);
  *runs = mapping.runs;
  mapping.runs = (struct runs) { .list = NULL };
  return err;
}

struct telling {
  name_visit *visit;
  void *opaque;
};

static int
tell_name (void *opaque, const char *name, size_t length, uint32_t inode)
{
  const struct telling *telling = opaque;

  return telling->visit (telling->opaque, name, length,
                         (struct inode_id) { .number = inode },
                         ENTRY_UNKNOWN);
}

static int
read_names (const struct reader *reader, struct inode_id directory,
            name_visit *visit, void *opaque, bool *incomplete)
{
  const struct ext_filesystem *fs = ext_filesystem_of (reader);
  struct telling telling = { .visit = visit, .opaque = opaque };
  struct ext_inode inode;
  errint_t err = read_inode (fs, directory, &inode);

  if (err == 0 && entry_type_of_mode (ext_inode_mode (&inode)) != ENTRY_DIRECTORY)
    err = -EIO;
  if (err == 0)
    return ext_directory_iterate (fs, &inode, tell_name, &telling, incomplete);
  if (err == -ENOMEM || err == -EREMOTEIO)
    return err;
  *incomplete = true;
  return 0;
}

static errint_t
claim_all (const struct reader *reader, const struct reader *base,
           struct account_claims *claims)
{
  const struct ext_filesystem *fs = ext_filesystem_of (reader);
  errint_t err = ext_account_claim_places (fs, claims);

  return err < 0 ? err :
    ext_account_claim_inodes (fs,
                              base != NULL ? ext_filesystem_of (base) : NULL,
                              claims);
}

static const char *
find_damage (const struct reader *reader, struct inode_id id)
{
  return ext_checksum_has_failed (ext_filesystem_of (reader), id.number) ?
    "bad checksum" : NULL;
}

static const char *const types[] = { "ext2", "ext3", "ext4", NULL };

const struct format ext_format = {
  .name = "ext4",
  .types = types,
  .journal = read_journal_state,
  .open = open_reader,
  .close = close_reader,
  .comparable = are_comparable,
  .root = root_of,
  .entry = read_entry,
  .runs = read_runs,
  .names = read_names,
  .changed_inodes = ext_changed_inodes_find,
  .owners = ext_owners_find,
  .claim = claim_all,
  .damage = find_damage,
};
