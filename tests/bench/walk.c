/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What deltafs is held against: both sides walked whole with libext2fs, as one
 * would who knows files and not clusters.  Two raw images are read, directory by
 * directory; paths that only one side has, and those that are not the same on both,
 * are printed in the form of "deltafs diff".  It reads all metadata; but the content
 * of a file whose size, inode number, mtime and ctime are the same it takes to be the
 * same, which deltafs does not.
 *
 *   walk BASE OVERLAY
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <et/com_err.h>
#include <ext2fs/ext2fs.h>

struct name
{
  char *text;
  ext2_ino_t inode;
};

struct names
{
  struct name *all;
  size_t count, room;
};

static void
die (const char *what, errcode_t code)
{
  com_err ("walk", code, "%s", what);
  exit (1);
}

static void *
checked (void *memory)
{
  if (memory == NULL)
    die ("memory", EXT2_ET_NO_MEMORY);
  return memory;
}

static int
add_name (struct ext2_dir_entry *entry, int offset, int size, char *block,
          void *data)
{
  struct names *names = data;
  const int length = ext2fs_dirent_name_len (entry);

  (void) offset, (void) size, (void) block;
  if ((length == 1 && entry->name[0] == '.')
      || (length == 2 && memcmp (entry->name, "..", 2) == 0))
    return 0;
  if (names->count == names->room) {
    names->room = names->room == 0 ? 64 : 2 * names->room;
    names->all = checked (realloc (names->all,
                                   names->room * sizeof names->all[0]));
  }
  names->all[names->count++] = (struct name) {
    checked (strndup (entry->name, (size_t) length)), entry->inode
  };
  return 0;
}

static int
by_text (const void *a, const void *b)
{
  return strcmp (((const struct name *) a)->text,
                 ((const struct name *) b)->text);
}

static struct names
read_names (ext2_filsys side, ext2_ino_t directory)
{
  struct names names = { NULL, 0, 0 };
  errcode_t code;

  if (side == NULL)
    return names;
  code = ext2fs_dir_iterate (side, directory, 0, NULL, add_name, &names);
  if (code != 0)
    die ("directory", code);
  if (names.count > 1)
    qsort (names.all, names.count, sizeof names.all[0], by_text);
  return names;
}

static void
free_names (struct names *names)
{
  for (size_t i = 0; i < names->count; ++i)
    free (names->all[i].text);
  free (names->all);
}

static struct ext2_inode_large
read_inode (ext2_filsys side, ext2_ino_t number)
{
  struct ext2_inode_large inode = { 0 };
  const errcode_t code = ext2fs_read_inode_full (
    side, number, (struct ext2_inode *) &inode, sizeof inode);

  if (code != 0)
    die ("inode", code);
  return inode;
}

static void
read_bytes (ext2_filsys side, ext2_ino_t number, char *to, unsigned size)
{
  ext2_file_t file;
  unsigned got = 0;
  errcode_t code = ext2fs_file_open (side, number, 0, &file);

  if (code == 0)
    code = ext2fs_file_read (file, to, size, &got);
  if (code != 0)
    die ("content", code);
  memset (to + got, 0, size - got);
  ext2fs_file_close (file);
}

/* Small files only: those of the benchmarks. */
static bool
same_bytes (ext2_filsys base, ext2_ino_t a, ext2_filsys overlay, ext2_ino_t b,
            unsigned size)
{
  char *one = checked (malloc (size + 1)), *other = checked (malloc (size + 1));
  bool same;

  read_bytes (base, a, one, size);
  read_bytes (overlay, b, other, size);
  same = memcmp (one, other, size) == 0;
  free (one);
  free (other);
  return same;
}

/* Names and values, one after the other. */
struct bytes
{
  char *all;
  size_t count;
};

static int
add_xattr (char *name, char *value, size_t size, void *data)
{
  struct bytes *bytes = data;
  const size_t length = strlen (name) + 1;

  bytes->all = checked (realloc (bytes->all, bytes->count + length + size));
  memcpy (bytes->all + bytes->count, name, length);
  memcpy (bytes->all + bytes->count + length, value, size);
  bytes->count += length + size;
  return 0;
}

static struct bytes
read_xattrs (ext2_filsys side, ext2_ino_t number,
             struct ext2_inode_large *inode)
{
  struct bytes bytes = { NULL, 0 };
  struct ext2_xattr_handle *handle;
  errcode_t code = ext2fs_xattrs_open (side, number, &handle);

  if (code == 0)
    code = ext2fs_xattrs_read_inode (handle, inode);
  if (code == 0)
    code = ext2fs_xattrs_iterate (handle, add_xattr, &bytes);
  if (code != 0)
    die ("xattrs", code);
  ext2fs_xattrs_close (&handle);
  return bytes;
}

static bool
same_xattrs (ext2_filsys base, ext2_ino_t a, struct ext2_inode_large *old,
             ext2_filsys overlay, ext2_ino_t b, struct ext2_inode_large *new)
{
  struct bytes one = read_xattrs (base, a, old);
  struct bytes other = read_xattrs (overlay, b, new);
  const bool same = one.count == other.count
                    && (one.count == 0
                        || memcmp (one.all, other.all, one.count) == 0);

  free (one.all);
  free (other.all);
  return same;
}

static const char *
difference (ext2_filsys base, ext2_ino_t a, ext2_filsys overlay, ext2_ino_t b,
            bool *both_directories)
{
  struct ext2_inode_large old = read_inode (base, a);
  struct ext2_inode_large new = read_inode (overlay, b);

  *both_directories = LINUX_S_ISDIR (old.i_mode) && LINUX_S_ISDIR (new.i_mode);
  if ((old.i_mode & LINUX_S_IFMT) != (new.i_mode & LINUX_S_IFMT))
    return "type";
  if (old.i_mode != new.i_mode)
    return "mode";
  if (inode_uid (old) != inode_uid (new) || inode_gid (old) != inode_gid (new))
    return "owner";
  if (!same_xattrs (base, a, &old, overlay, b, &new))
    return "xattr";
  /* The device's number, or the target: of these guests all are short. */
  if (!LINUX_S_ISREG (old.i_mode))
    return LINUX_S_ISDIR (old.i_mode)
               || memcmp (old.i_block, new.i_block, sizeof old.i_block) == 0
             ? NULL
             : "target";
  if (EXT2_I_SIZE (&old) != EXT2_I_SIZE (&new))
    return "content";
  if (a == b && old.i_mtime == new.i_mtime && old.i_ctime == new.i_ctime
      && old.i_mtime_extra == new.i_mtime_extra
      && old.i_ctime_extra == new.i_ctime_extra)
    return NULL;
  return same_bytes (base, a, overlay, b, (unsigned) old.i_size) ? NULL
                                                                 : "content";
}

static void walk (ext2_filsys base, ext2_ino_t a, ext2_filsys overlay,
                  ext2_ino_t b, const char *path);

/* All that is below something that only one side has. */
static void
one_side (char letter, ext2_filsys base, ext2_filsys overlay, ext2_ino_t inode,
          const char *path)
{
  const struct ext2_inode_large it
    = read_inode (base != NULL ? base : overlay, inode);

  printf ("%c\t-\t%s\n", letter, path);
  if (LINUX_S_ISDIR (it.i_mode))
    walk (base, inode, overlay, inode, path);
}

static void
walk (ext2_filsys base, ext2_ino_t a, ext2_filsys overlay, ext2_ino_t b,
      const char *path)
{
  struct names old = read_names (base, a), new = read_names (overlay, b);

  for (size_t i = 0, j = 0; i < old.count || j < new.count;) {
    const int order = i == old.count   ? 1
                      : j == new.count ? -1
                                       : by_text (&old.all[i], &new.all[j]);
    const struct name *it = order <= 0 ? &old.all[i] : &new.all[j];
    char *here = checked (malloc (strlen (path) + strlen (it->text) + 2));

    sprintf (here, "%s/%s", path, it->text);
    if (order < 0)
      one_side ('D', base, NULL, it->inode, here);
    else if (order > 0)
      one_side ('A', NULL, overlay, it->inode, here);
    else {
      bool both_directories;
      const char *kind = difference (base, it->inode, overlay,
                                     new.all[j].inode, &both_directories);

      if (kind != NULL)
        printf ("M\t%s\t%s\n", kind, here);
      if (both_directories)
        walk (base, it->inode, overlay, new.all[j].inode, here);
    }
    i += order <= 0;
    j += order >= 0;
    free (here);
  }
  free_names (&old);
  free_names (&new);
}

int
main (int argc, char *argv[])
{
  ext2_filsys base, overlay;
  errcode_t code;

  if (argc != 3) {
    fprintf (stderr, "usage: walk BASE OVERLAY\n");
    return 2;
  }
  initialize_ext2_error_table ();
  code = ext2fs_open (argv[1], EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &base);
  if (code != 0)
    die (argv[1], code);
  code = ext2fs_open (argv[2], EXT2_FLAG_64BITS, 0, 0, unix_io_manager,
                      &overlay);
  if (code != 0)
    die (argv[2], code);
  walk (base, EXT2_ROOT_INO, overlay, EXT2_ROOT_INO, "");
  ext2fs_close_free (&base);
  ext2fs_close_free (&overlay);
  return 0;
}
