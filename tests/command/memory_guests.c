/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Making guests, see memory_guests.h.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "memory_guests.h"

static void
make_good (struct memory *memory)
{
  memory_file (memory, SIDE_BASE, "/etc/passwd", "root\n");
  memory_file (memory, SIDE_BASE, "/etc/shadow", "root:*\n");
  memory_file (memory, SIDE_BASE, "/usr/bin/vim", "vim\n");
  memory_file (memory, SIDE_BASE, "/usr/bin/ls", "ls\n");
  memory_copy_base (memory);
  memory_file (memory, SIDE_OVERLAY, "/etc/passwd", "root\nmallory\n");
  memory_find (memory, SIDE_OVERLAY, "/etc/shadow")->permissions = 0600;
  memory_remove (memory, SIDE_OVERLAY, "/usr/bin/vim");
  memory_directory (memory, SIDE_OVERLAY, "/srv/new");
  memory_file (memory, SIDE_OVERLAY, "/srv/new/file", "content\n");
  memory_symlink (memory, SIDE_OVERLAY, "/srv/link", "new/file");
}

static void
make_odd (struct memory *memory)
{
  memory_file (memory, SIDE_OVERLAY, "/tab\there", "1");
  memory_file (memory, SIDE_OVERLAY, "/quote\"here", "1");
  memory_file (memory, SIDE_OVERLAY, "/invalid\xff", "1");
  memory_file (memory, SIDE_OVERLAY, "/gr\xc3\xbc\xc3\x9f" "e", "1");
  memory_file (memory, SIDE_OVERLAY, "/a-b", "1");
  memory_file (memory, SIDE_OVERLAY, "/a/x", "1");
  memory_symlink (memory, SIDE_OVERLAY, "/link", "to\xfe");
  memory_device (memory, SIDE_OVERLAY, "/device", ENTRY_BLOCK, 8, 17);
  memory_special (memory, SIDE_OVERLAY, "/fifo", ENTRY_FIFO);
}

static void
make_many (struct memory *memory)
{
  char path[64];

  for (unsigned i = 0; i < 200000; ++i) {
    snprintf (path, sizeof path, "/srv/%03u/file%u", i / 1000, i);
    memory_file (memory, SIDE_OVERLAY, path, "");
  }
}

/* An access control list: user 1000 may read, the mask is rw. */
static const unsigned char acl[] = {
  2, 0, 0, 0,
  1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
  2, 0, 4, 0, 0xe8, 3, 0, 0,
  4, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
  16, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
  32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
};

/* cap_net_raw+ep, version 2. */
static const unsigned char capability[] = {
  1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static void
make_base_of_everything (struct memory *memory)
{
  memory_file (memory, SIDE_BASE, "/etc/passwd", "root\n");
  memory_file (memory, SIDE_BASE, "/etc/quiet", "as it was");
  memory_file (memory, SIDE_BASE, "/etc/linked", "two names\n");
  memory_link (memory, SIDE_BASE, "/etc/linked", "/etc/other-name");
  memory_file (memory, SIDE_BASE, "/etc/kept", "never touched\n");
  memory_file (memory, SIDE_BASE, "/gone/deep/file", "old\n");
  memory_link (memory, SIDE_BASE, "/gone/deep/file", "/gone/again");
  memory_directory (memory, SIDE_BASE, "/gone/empty");
  memory_file (memory, SIDE_BASE, "/becomes/a/file", "member\n");
  memory_file (memory, SIDE_BASE, "/becomes-a-directory", "file\n");
  memory_symlink (memory, SIDE_BASE, "/points", "there");
  memory_device (memory, SIDE_BASE, "/dev/node", ENTRY_CHAR, 1, 3);
}

static void
change_attributes (struct memory *memory)
{
  memory_find (memory, SIDE_OVERLAY, "/etc/passwd")->permissions = 04751;
  memory_find (memory, SIDE_OVERLAY, "/etc")->uid = 3000000000;
  memory_find (memory, SIDE_OVERLAY, "/etc")->permissions = 01777;
  memory_xattr (memory, SIDE_OVERLAY, "/etc/passwd", "user.a=b%c", "\0v\n",
                3);
  memory_xattr (memory, SIDE_OVERLAY, "/etc/passwd", "security.capability",
                capability, sizeof capability);
}

static void
make_everything (struct memory *memory)
{
  struct entry *entry, quiet;

  make_base_of_everything (memory);
  memory_copy_base (memory);
  memory_file (memory, SIDE_OVERLAY, "/etc/passwd", "root\nmallory\n");
  change_attributes (memory);
  quiet = *memory_find (memory, SIDE_OVERLAY, "/etc/quiet");
  *memory_file (memory, SIDE_OVERLAY, "/etc/quiet", "as it is!") = quiet;
  memory_file (memory, SIDE_OVERLAY, "/etc/linked", "one inode\n");
  memory_link (memory, SIDE_OVERLAY, "/etc/linked", "/etc/other-name");
  memory_link (memory, SIDE_OVERLAY, "/etc/kept", "/etc/kept-too");
  memory_remove (memory, SIDE_OVERLAY, "/gone");
  memory_remove (memory, SIDE_OVERLAY, "/becomes");
  memory_file (memory, SIDE_OVERLAY, "/becomes", "a file\n");
  memory_remove (memory, SIDE_OVERLAY, "/becomes-a-directory");
  memory_file (memory, SIDE_OVERLAY, "/becomes-a-directory/member", "new\n");
  memory_symlink (memory, SIDE_OVERLAY, "/points", "elsewhere");
  memory_device (memory, SIDE_OVERLAY, "/dev/node", ENTRY_CHAR, 5, 300000);
  memory_device (memory, SIDE_OVERLAY, "/dev/disk", ENTRY_BLOCK, 259, 17);
  memory_special (memory, SIDE_OVERLAY, "/run/fifo", ENTRY_FIFO);
  memory_special (memory, SIDE_OVERLAY, "/run/socket", ENTRY_SOCKET);
  entry = memory_file (memory, SIDE_OVERLAY, "/srv/acl", "listed\n");
  entry->permissions = 0660;
  memory_xattr (memory, SIDE_OVERLAY, "/srv/acl",
                "system.posix_acl_access", acl, sizeof acl);
  memory_xattr (memory, SIDE_OVERLAY, "/srv", "system.posix_acl_default",
                acl, sizeof acl);
  memory_file (memory, SIDE_OVERLAY, "/srv/empty", "")->mtime
    = (struct entry_time) { -1, 500000000 };
  entry = memory_file_generated (memory, SIDE_OVERLAY, "/srv/large", 3000001,
                                 memory_pattern, NULL);
  entry->mtime = (struct entry_time) { -1000000000, 123456789 };
}

static void
make_names (struct memory *memory)
{
  static char long_name[257] = "/", long_path[4000], target[4000];

  memset (long_name + 1, 'n', 255);
  for (size_t at = 0; at + 256 < sizeof long_path; at += 200)
    snprintf (long_path + at, 201, "/%0199d", (int) at);
  memset (target, 't', sizeof target - 1);
  memory_file (memory, SIDE_OVERLAY, long_name, "1");
  memory_file (memory, SIDE_OVERLAY, long_path, "2");
  memory_link (memory, SIDE_OVERLAY, long_path, "/long-link");
  memory_symlink (memory, SIDE_OVERLAY, "/long-target", target);
  memory_symlink (memory, SIDE_OVERLAY, "/target", "\xff/\xc3\xbc");
  memory_file (memory, SIDE_OVERLAY, "/-", "3");
  memory_file (memory, SIDE_OVERLAY, "/-rf", "4");
  memory_file (memory, SIDE_OVERLAY, "/new\nline", "5");
  memory_file (memory, SIDE_OVERLAY, "/re\rturn", "6");
  memory_file (memory, SIDE_OVERLAY, "/back\\slash", "7");
  memory_file (memory, SIDE_OVERLAY, "/ blank ", "8");
  memory_file (memory, SIDE_OVERLAY, "/gr\xc3\xbc\xc3\x9f" "e", "9");
  memory_file (memory, SIDE_OVERLAY, "/invalid\xff", "10")->mtime
    = (struct entry_time) { -1, 1 };
  memory_file (memory, SIDE_OVERLAY, "/16 mtime=-1.25\n", "0")->mtime
    = (struct entry_time) { -1, 999999999 };
  memory_link (memory, SIDE_OVERLAY, "/invalid\xff", "/valid");
  /* Two surrogates, and what they would be as one character. */
  memory_file (memory, SIDE_OVERLAY, "/\xed\xa0\x80\xed\xb0\x80", "11");
  memory_file (memory, SIDE_OVERLAY, "/\xf0\x90\x80\x80", "12");
  memory_file (memory, SIDE_OVERLAY, "/GNUSparseFile.0/x", "13");
  memory_file (memory, SIDE_OVERLAY, "/a-b", "14");
  memory_file (memory, SIDE_OVERLAY, "/a/x", "15");
}

static errint_t
zeros (void *opaque __attribute__ ((unused)), void *buffer, size_t length,
       uint64_t offset __attribute__ ((unused)))
{
  memset (buffer, 0, length);
  return 0;
}

static void
make_holes (struct memory *memory)
{
  struct entry *entry;

  memory_sparse_file (memory, SIDE_OVERLAY, "/known", UINT64_C (1) << 40,
                      UINT64_C (5) << 37, "in the middle");
  memory_sparse_file (memory, SIDE_OVERLAY, "/nothing", UINT64_C (1) << 39,
                      UINT64_C (1) << 39, "");
  memory_sparse_file (memory, SIDE_OVERLAY, "/small", 1048576, 70000, "x");
  entry = memory_file_generated (memory, SIDE_OVERLAY, "/unknown", 5000000,
                                 zeros, NULL);
  entry->blocks = 8;
  entry = memory_file_generated (memory, SIDE_OVERLAY, "/too-large",
                                 UINT64_C (1) << 60, zeros, NULL);
  entry->blocks = 8;
}

/* Fails from byte 2,000,000 on. */
static errint_t
fails_later (void *opaque, void *buffer, size_t length, uint64_t offset)
{
  return offset + length > 2000000 ? -EIO
    : memory_pattern (opaque, buffer, length, offset);
}

static void
make_damaged (struct memory *memory)
{
  memory_file (memory, SIDE_OVERLAY, "/a-good-one", "before\n");
  memory_file_generated (memory, SIDE_OVERLAY, "/fails", 5000,
                         memory_failure, NULL);
  memory_link (memory, SIDE_OVERLAY, "/fails", "/fails-too");
  memory_file_generated (memory, SIDE_OVERLAY, "/fails-later", 5000000,
                         fails_later, NULL);
  memory_symlink (memory, SIDE_OVERLAY, "/link", "x")->missing
    = ENTRY_NO_TARGET;
  memory_special (memory, SIDE_OVERLAY, "/unknown", ENTRY_UNKNOWN);
  memory_file (memory, SIDE_OVERLAY, "/xattr", "named\n");
  memory_xattr (memory, SIDE_OVERLAY, "/xattr", "user.gr\xc3\xbcn", "v", 1);
  memory_file (memory, SIDE_OVERLAY, "/z-good-one", "after\n");
}

static void
make_device_marks (struct memory *memory)
{
  memory_device (memory, SIDE_OVERLAY, "/dev/new", ENTRY_CHAR, 0, 0);
  memory_link (memory, SIDE_OVERLAY, "/dev/new", "/dev/new-link");
  memory_device (memory, SIDE_OVERLAY, "/dev/file", ENTRY_CHAR, 0, 0);
  memory_remove (memory, SIDE_OVERLAY, "/dev/directory");
  memory_device (memory, SIDE_OVERLAY, "/dev/directory", ENTRY_CHAR, 0, 0);
  memory_find (memory, SIDE_OVERLAY, "/dev/stays")->permissions = 0600;
  memory_remove (memory, SIDE_OVERLAY, "/dev/gone");
  memory_file (memory, SIDE_OVERLAY, "/dev/becomes-a-file", "8");
  memory_device (memory, SIDE_OVERLAY, "/dev/block", ENTRY_BLOCK, 0, 0);
  memory_device (memory, SIDE_OVERLAY, "/dev/other", ENTRY_CHAR, 0, 1);
}

static void
make_xattr_marks (struct memory *memory)
{
  static const char *const names[] = {
    "trusted.overlay.origin", "user.overlay.metacopy",
    "user.fuseoverlayfs.origin", "security.fuseoverlayfs.override_stat",
    "user.containers.override_stat",
    "user.overlays.kept", "trusted.kept", "user.containers.kept",
  };

  memory_directory (memory, SIDE_OVERLAY, "/srv/opaque");
  memory_xattr (memory, SIDE_OVERLAY, "/srv/opaque",
                "trusted.overlay.opaque", "y", 1);
  memory_file (memory, SIDE_OVERLAY, "/srv/scaffold/new", "9");
  memory_file (memory, SIDE_OVERLAY, "/srv/file", "10");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i)
    memory_xattr (memory, SIDE_OVERLAY, "/srv/file", names[i], "x", 1);
}

static void
make_marks (struct memory *memory)
{
  memory_file (memory, SIDE_BASE, "/dev/file", "1");
  memory_file (memory, SIDE_BASE, "/dev/directory/member", "2");
  memory_device (memory, SIDE_BASE, "/dev/stays", ENTRY_CHAR, 0, 0);
  memory_device (memory, SIDE_BASE, "/dev/gone", ENTRY_CHAR, 0, 0);
  memory_device (memory, SIDE_BASE, "/dev/becomes-a-file", ENTRY_CHAR, 0, 0);
  memory_directory (memory, SIDE_BASE, "/srv/scaffold");
  memory_xattr (memory, SIDE_BASE, "/srv/scaffold", "user.overlay.opaque",
                "y", 1);
  memory_file (memory, SIDE_BASE, "/etc/.wh.gone", "1");
  memory_file (memory, SIDE_BASE, "/etc/plain", "2");
  memory_file (memory, SIDE_BASE, "/run/becomes-a-socket", "3");
  memory_copy_base (memory);
  memory_remove (memory, SIDE_OVERLAY, "/etc/.wh.gone");
  memory_file (memory, SIDE_OVERLAY, "/etc/.wh.plain", "4");
  memory_link (memory, SIDE_OVERLAY, "/etc/.wh.plain", "/etc/linked");
  memory_file (memory, SIDE_OVERLAY, "/etc/.wh..wh..opq", "5");
  memory_file (memory, SIDE_OVERLAY, "/.wh.directory/member", "6");
  memory_file (memory, SIDE_OVERLAY, "/etc/new", "7");
  memory_special (memory, SIDE_OVERLAY, "/run/becomes-a-socket",
                  ENTRY_SOCKET);
  make_device_marks (memory);
  make_xattr_marks (memory);
}

static void
make_places (struct memory *memory)
{
  memory_file (memory, SIDE_BASE, "/.deleted/old", "1");
  memory_copy_base (memory);
  memory_remove (memory, SIDE_OVERLAY, "/.deleted/old");
  memory_file (memory, SIDE_OVERLAY, "/.deleted/new", "2");
}

static void
make_unreadable (struct memory *memory)
{
  make_good (memory);
  memory_special (memory, SIDE_OVERLAY, "/srv/bad", ENTRY_UNKNOWN);
}

static const struct {
  const char *name;
  void (*make) (struct memory *memory);
} guests[] = {
  { "good", make_good },
  { "chatty", make_good },
  { "odd", make_odd },
  { "many", make_many },
  { "unreadable", make_unreadable },
  { "everything", make_everything },
  { "names", make_names },
  { "holes", make_holes },
  { "damaged", make_damaged },
  { "marks", make_marks },
  { "places", make_places },
};

void
memory_guest_make (struct memory *memory, const char *name)
{
  for (size_t i = 0; i < sizeof guests / sizeof guests[0]; ++i)
    if (strcmp (name, guests[i].name) == 0)
      guests[i].make (memory);
}
