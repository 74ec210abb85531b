/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking for an operating system: see guest.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "path.h"
#include "devices.h"
#include "symlinks.h"

/* Snapshots are subvolumes too: there may be very many. */
#define MAX_SUBVOLUMES 128

/* How sure it is that this is the root filesystem. */
enum likeness {
  NOT_A_ROOT,
  LOOKS_LIKE_ROOT,              /* a system, but no fstab */
  HAS_FSTAB,
  NAMES_ITSELF,                 /* its fstab mounts it at "/" */
};

struct search {
  const struct filesystems *filesystems;
  enum side side;
  const struct log *log;
  struct guest *best;
  enum likeness likeness;
  bool several;
};

void
guest_free (struct guest *guest)
{
  free (guest->subtree);
  if (guest->fstab != NULL)
    fstab_free (guest->fstab);
  free (guest);
}

/* A place where a root may be. */
struct place {
  struct engine *engine;
  enum side side;
  const char *subtree;
};

/* PATH of that root, as the engine names it: a new string, NULL without
 * memory. */
static char *
whole_path (const char *subtree, const char *path)
{
  char *whole;

  return asprintf (&whole, "%s%s", subtree[1] == '\0' ? "" : subtree,
                   path) < 0 ? NULL : whole;
}

static bool
exists (const struct place *place, const char *path)
{
  CLEANUP_FREE char *whole = whole_path (place->subtree, path);
  struct entry entry;

  return whole != NULL
    && place->engine->operations->stat (place->engine, place->side, whole,
                                        &entry) == 0;
}

/* symlinks_tree.target */
static const char *
find_target (void *opaque, const char *path, errint_t *error)
{
  const struct place *place = opaque;
  CLEANUP_FREE char *whole = whole_path (place->subtree, path);
  struct entry entry;

  if (whole == NULL) {
    *error = -ENOMEM;
    return NULL;
  }
  *error = place->engine->operations->stat (place->engine, place->side,
                                            whole, &entry);
  return *error == 0 && entry.type == ENTRY_SYMLINK
    && (entry.missing & ENTRY_NO_TARGET) == 0 ? entry.target : NULL;
}

/* Without an fstab: what no data disk has. */
static bool
looks_like_root (const struct place *place)
{
  static const char *const signs[] = {
    "/etc/os-release", "/usr/lib/os-release", "/sbin/init", "/usr/sbin/init",
    "/etc/inittab", "/etc/init.d", "/nix/store",
  };

  if (!exists (place, "/etc"))
    return false;
  for (size_t i = 0; i < sizeof signs / sizeof signs[0]; ++i)
    if (exists (place, signs[i]))
      return true;
  return false;
}

/* Symlinks lead within the subtree, which is the guest's root.
 * -ENOENT: no fstab (or none that can be read: reported). */
static errint_t
read_fstab (struct place *place, const char *device,
            const struct log *log, struct fstab **fstab)
{
  static const char name[] = "/etc/fstab";
  const struct symlinks_tree tree = { .target = find_target,
                                      .opaque = place };
  CLEANUP_FREE char *path = NULL, *whole = NULL, *text = NULL;
  size_t length;
  errint_t error = symlinks_follow (&tree, name, &path);

  if (error == 0) {
    whole = whole_path (place->subtree, path);
    error = whole == NULL ? -ENOMEM
      : place->engine->operations->read_path (place->engine, place->side,
                                              whole, FSTAB_LIMIT, &text,
                                              &length);
  }
  if (error == -ENOMEM)
    return error;
  if (error != 0) {
    if (error != -ENOENT && error != -ENOTDIR)
      log_report (log, LOG_LEVEL_WARNING, "cannot read the guest's fstab",
                  device, "%s: %s", whole != NULL ? whole : name,
                  strerror (-error));
    return -ENOENT;
  }
  return fstab_parse (text, length, log, fstab);
}

/* Does its fstab say that this subtree of this filesystem is the root? */
static bool
names_itself (const struct search *search, const struct guest *guest)
{
  const struct filesystem *filesystem =
    &search->filesystems->list[guest->root];
  const char *subtree = filesystem_default_subtree (filesystem,
                                                    search->side);
  size_t index;

  for (size_t i = 0; i < guest->fstab->count; ++i) {
    const struct fstab_entry *entry = &guest->fstab->list[i];

    if (strcmp (entry->mount_point, "/") != 0)
      continue;
    if (!devices_find_entry (search->filesystems, entry, &index)
        || index != guest->root || entry->subvolume_number)
      return false;
    if (entry->subtree != NULL)
      subtree = entry->subtree;
    return strcmp (subtree, guest->subtree) == 0;
  }
  return false;
}

/* Looks at one place where a root may be. */
static errint_t
look (struct search *search, struct engine *engine, size_t filesystem,
      const char *subtree)
{
  CLEANUP (guest_free) struct guest *guest = calloc (1, sizeof *guest);
  struct place place = { .engine = engine, .side = search->side,
                         .subtree = subtree };
  enum likeness likeness = NOT_A_ROOT;
  errint_t error;

  if (guest == NULL)
    return -ENOMEM;
  guest->root = filesystem;
  guest->subtree = strdup (subtree);
  if (guest->subtree == NULL)
    return -ENOMEM;
  error = read_fstab (&place, search->filesystems->list[filesystem].device,
                      search->log, &guest->fstab);
  if (error == 0)
    likeness = names_itself (search, guest) ? NAMES_ITSELF : HAS_FSTAB;
  else if (error != -ENOENT)
    return error;
  else if (looks_like_root (&place))
    likeness = LOOKS_LIKE_ROOT;

  if (likeness == NOT_A_ROOT || likeness < search->likeness)
    return 0;
  if (likeness == search->likeness) {
    search->several = true;
    return 0;
  }
  if (search->best != NULL)
    guest_free (search->best);
  search->best = steal_pointer (&guest);
  search->likeness = likeness;
  search->several = false;
  return 0;
}

/* Filesystems that no Linux has its root on. */
static bool
may_be_root (const struct filesystem *filesystem)
{
  static const char *const never[] = {
    "vfat", "msdos", "exfat", "ntfs", "ntfs3", "iso9660", "udf", "hfsplus",
  };
  const struct filesystem_side *side = &filesystem->side[SIDE_OVERLAY];

  if (side->contents != CONTENTS_FILESYSTEM)
    return false;
  for (size_t i = 0; i < sizeof never / sizeof never[0]; ++i)
    if (side->type != NULL && strcmp (side->type, never[i]) == 0)
      return false;
  return true;
}

static errint_t
look_into (struct search *search, const struct guest_access *access,
           size_t index)
{
  const struct filesystem *filesystem = &search->filesystems->list[index];
  char *const *subvolumes = filesystem->subvolumes[search->side];
  const char *usual = filesystem->default_subtree[search->side];
  struct engine *engine = access->open (access->opaque, index);
  errint_t error;

  if (engine == NULL)
    return 0;
  if ((error = look (search, engine, index, "/")) != 0)
    return error;
  if (usual != NULL && (error = look (search, engine, index, usual)) != 0)
    return error;
  for (size_t i = 0; subvolumes != NULL && subvolumes[i] != NULL
         && i < MAX_SUBVOLUMES; ++i)
    if ((error = look (search, engine, index, subvolumes[i])) != 0)
      return error;
  return 0;
}

errint_t
guest_find_base (const struct filesystems *filesystems,
                 const struct guest_access *access, const struct log *log,
                 const struct guest *overlay, struct guest **guest)
{
  const struct filesystem *filesystem = &filesystems->list[overlay->root];
  struct search search = { .filesystems = filesystems, .log = log,
                           .side = SIDE_BASE };
  struct engine *engine;
  errint_t error = 0;

  *guest = NULL;
  if (!filesystem->written || !filesystem_is_btrfs (filesystem)
      || filesystem->side[SIDE_BASE].contents != CONTENTS_FILESYSTEM)
    return 0;
  engine = access->open (access->opaque, overlay->root);
  /* Of several that are as likely the one that has not moved. */
  if (engine != NULL)
    error = look (&search, engine, overlay->root, overlay->subtree);
  if (error == 0)
    error = look_into (&search, access, overlay->root);
  if (error == 0)
    *guest = search.best;
  else if (search.best != NULL)
    guest_free (search.best);
  return error;
}

errint_t
guest_find (const struct filesystems *filesystems,
            const struct guest_access *access,
            const struct log *log, struct guest **guest)
{
  struct search search = { .filesystems = filesystems, .log = log,
                           .side = SIDE_OVERLAY };
  errint_t error = 0;

  /* What was written first: that is what the user looks at, and it is read
   * anyway. */
  for (size_t i = 0; i < filesystems->count && error == 0; ++i)
    if (filesystems->list[i].written && may_be_root (&filesystems->list[i]))
      error = look_into (&search, access, i);
  for (size_t i = 0; i < filesystems->count && error == 0
         && search.likeness < NAMES_ITSELF; ++i)
    if (!filesystems->list[i].written && may_be_root (&filesystems->list[i]))
      error = look_into (&search, access, i);
  if (error != 0) {
    if (search.best != NULL)
      guest_free (search.best);
    return error;
  }
  if (search.best != NULL) {
    const char *device = filesystems->list[search.best->root].device;

    log_detail (log, "%s (%s) is the guest's root filesystem", device,
                search.best->subtree);
    if (search.several)
      log_report (log, LOG_LEVEL_WARNING, "several operating systems",
                  device, "this one's fstab is used; "
                  "the others' files are under /.filesystems");
  }
  *guest = search.best;
  return 0;
}
