/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Everything that would change the tree: EROFS.  The kernel says so itself on
 * a read-only mount; these are for one that root remounted writable.
 */
#include <config.h>

#include "operations.h"
#include "reply.h"

static void
refuse (fuse_req_t request)
{
  reply_error (request, -EROFS);
}

void
refuse_setattr (fuse_req_t request, fuse_ino_t number, struct stat *stat,
                int which, struct fuse_file_info *file)
{
  (void) number, (void) stat, (void) which, (void) file;
  refuse (request);
}

void
refuse_mknod (fuse_req_t request, fuse_ino_t parent, const char *name,
              mode_t mode, dev_t device)
{
  (void) parent, (void) name, (void) mode, (void) device;
  refuse (request);
}

void
refuse_mkdir (fuse_req_t request, fuse_ino_t parent, const char *name,
              mode_t mode)
{
  (void) parent, (void) name, (void) mode;
  refuse (request);
}

void
refuse_remove (fuse_req_t request, fuse_ino_t parent, const char *name)
{
  (void) parent, (void) name;
  refuse (request);
}

void
refuse_symlink (fuse_req_t request, const char *target, fuse_ino_t parent,
                const char *name)
{
  (void) target, (void) parent, (void) name;
  refuse (request);
}

void
refuse_rename (fuse_req_t request, fuse_ino_t parent, const char *name,
               fuse_ino_t new_parent, const char *new_name, unsigned flags)
{
  (void) parent, (void) name, (void) new_parent, (void) new_name;
  (void) flags;
  refuse (request);
}

void
refuse_link (fuse_req_t request, fuse_ino_t number, fuse_ino_t new_parent,
             const char *new_name)
{
  (void) number, (void) new_parent, (void) new_name;
  refuse (request);
}

void
refuse_create (fuse_req_t request, fuse_ino_t parent, const char *name,
               mode_t mode, struct fuse_file_info *file)
{
  (void) parent, (void) name, (void) mode, (void) file;
  refuse (request);
}

void
refuse_write (fuse_req_t request, fuse_ino_t number, const char *bytes,
              size_t size, off_t offset, struct fuse_file_info *file)
{
  (void) number, (void) bytes, (void) size, (void) offset, (void) file;
  refuse (request);
}

void
refuse_setxattr (fuse_req_t request, fuse_ino_t number, const char *name,
                 const char *value, size_t size, int flags)
{
  (void) number, (void) name, (void) value, (void) size, (void) flags;
  refuse (request);
}

void
refuse_removexattr (fuse_req_t request, fuse_ino_t number, const char *name)
{
  (void) number, (void) name;
  refuse (request);
}

void
refuse_fallocate (fuse_req_t request, fuse_ino_t number, int mode,
                  off_t offset, off_t length, struct fuse_file_info *file)
{
  (void) number, (void) mode, (void) offset, (void) length, (void) file;
  refuse (request);
}

void
refuse_copy (fuse_req_t request, fuse_ino_t from, off_t from_offset,
             struct fuse_file_info *from_file, fuse_ino_t to,
             off_t to_offset, struct fuse_file_info *to_file, size_t length,
             int flags)
{
  (void) from, (void) from_offset, (void) from_file, (void) to;
  (void) to_offset, (void) to_file, (void) length, (void) flags;
  refuse (request);
}

void
refuse_ioctl (fuse_req_t request, fuse_ino_t number, unsigned command,
              void *argument, struct fuse_file_info *file, unsigned flags,
              const void *in, size_t in_size, size_t out_size)
{
  (void) number, (void) command, (void) argument, (void) file;
  (void) flags, (void) in, (void) in_size, (void) out_size;
  reply_error (request, -ENOTTY);
}
