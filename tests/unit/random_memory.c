/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random pairs of guests on the in-memory engine.
 */
#include <config.h>

#include <string.h>

#include "random_memory.h"

static void
build_inode (struct memory *memory, enum side side, const char *path,
             const struct model_inode *inode)
{
  static const char letters[] = "?fdlbcps";
  enum entry_type type = (enum entry_type)
    (strchr (letters, inode->type) - letters);
  struct entry *entry;

  switch (type) {
  case ENTRY_FILE:
    entry = memory_file (memory, side, path, inode->content);
    break;
  case ENTRY_DIRECTORY:
    entry = memory_directory (memory, side, path);
    break;
  case ENTRY_SYMLINK:
    entry = memory_symlink (memory, side, path, inode->content);
    break;
  case ENTRY_BLOCK:
  case ENTRY_CHAR:
    entry = memory_device (memory, side, path, type, 8, inode->minor);
    break;
  default:
    entry = memory_special (memory, side, path, type);
  }
  entry->inode = inode->number;
  entry->permissions = (uint16_t) inode->mode;
  entry->uid = inode->uid;
  entry->mtime = (struct entry_time) { inode->mtime, 0 };
  entry->ctime = (struct entry_time) { inode->ctime, 0 };
  if (inode->no_xattrs)
    entry->missing |= ENTRY_NO_XATTRS;
  if (inode->no_content)
    entry->missing |= ENTRY_NO_CONTENT;
  if (inode->no_members)
    entry->missing |= ENTRY_NO_MEMBERS;
  if (inode->no_metadata)
    entry->missing |= ENTRY_NO_METADATA;
  for (int i = 0; i < MODEL_XATTRS; ++i)
    if (inode->xattrs[i] != 0)
      memory_xattr (memory, side, path, model_xattr_names[i],
                    &inode->xattrs[i], 1);
}

struct memory *
model_build (const struct model *model)
{
  struct memory *memory = memory_new ();

  for (int s = 0; s < SIDES; ++s)
    for (unsigned i = 0; i < model->side[s].name_count; ++i) {
      const struct model_name *name = &model->side[s].names[i];

      build_inode (memory, (enum side) s, name->path,
                   &model->side[s].inodes[name->inode]);
    }
  memory_trust (memory, TRUST_INODE, model->renames);
  return memory;
}
