/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of operations for libfuse and the functions in it, by the file
 * that they are in.  Each answers its request exactly once; fuse_lowlevel.h
 * says what the parameters are.
 */
#ifndef DELTAFS_OPERATIONS_H
#define DELTAFS_OPERATIONS_H

#include "serve_private.h"

extern const struct fuse_lowlevel_ops operations_table;

/* attributes.c */
void attributes_lookup (fuse_req_t request, fuse_ino_t parent,
                        const char *name);
void attributes_get (fuse_req_t request, fuse_ino_t number,
                     struct fuse_file_info *file);
void attributes_access (fuse_req_t request, fuse_ino_t number, int mask);
void attributes_readlink (fuse_req_t request, fuse_ino_t number);
void attributes_statfs (fuse_req_t request, fuse_ino_t number);

/* directory.c */
void directory_open (fuse_req_t request, fuse_ino_t number,
                     struct fuse_file_info *file);
void directory_read (fuse_req_t request, fuse_ino_t number, size_t size,
                     off_t offset, struct fuse_file_info *file);
void directory_read_plus (fuse_req_t request, fuse_ino_t number, size_t size,
                          off_t offset, struct fuse_file_info *file);

/* read.c */
void read_open (fuse_req_t request, fuse_ino_t number,
                struct fuse_file_info *file);
void read_content (fuse_req_t request, fuse_ino_t number, size_t size,
                   off_t offset, struct fuse_file_info *file);

/* seek.c */
void seek_content (fuse_req_t request, fuse_ino_t number, off_t offset,
                   int whence, struct fuse_file_info *file);

/* xattr.c */
void xattr_get (fuse_req_t request, fuse_ino_t number, const char *name,
                size_t size);
void xattr_list (fuse_req_t request, fuse_ino_t number, size_t size);

/* refuse.c: EROFS for whatever would change something. */
void refuse_setattr (fuse_req_t request, fuse_ino_t number, struct stat *stat,
                     int which, struct fuse_file_info *file);
void refuse_mknod (fuse_req_t request, fuse_ino_t parent, const char *name,
                   mode_t mode, dev_t device);
void refuse_mkdir (fuse_req_t request, fuse_ino_t parent, const char *name,
                   mode_t mode);
void refuse_remove (fuse_req_t request, fuse_ino_t parent, const char *name);
void refuse_symlink (fuse_req_t request, const char *target,
                     fuse_ino_t parent, const char *name);
void refuse_rename (fuse_req_t request, fuse_ino_t parent, const char *name,
                    fuse_ino_t new_parent, const char *new_name,
                    unsigned flags);
void refuse_link (fuse_req_t request, fuse_ino_t number,
                  fuse_ino_t new_parent, const char *new_name);
void refuse_create (fuse_req_t request, fuse_ino_t parent, const char *name,
                    mode_t mode, struct fuse_file_info *file);
void refuse_write (fuse_req_t request, fuse_ino_t number, const char *bytes,
                   size_t size, off_t offset, struct fuse_file_info *file);
void refuse_setxattr (fuse_req_t request, fuse_ino_t number, const char *name,
                      const char *value, size_t size, int flags);
void refuse_removexattr (fuse_req_t request, fuse_ino_t number,
                         const char *name);
void refuse_fallocate (fuse_req_t request, fuse_ino_t number, int mode,
                       off_t offset, off_t length,
                       struct fuse_file_info *file);
void refuse_copy (fuse_req_t request, fuse_ino_t from, off_t from_offset,
                  struct fuse_file_info *from_file, fuse_ino_t to,
                  off_t to_offset, struct fuse_file_info *to_file,
                  size_t length, int flags);
/* ENOTTY: there are none. */
void refuse_ioctl (fuse_req_t request, fuse_ino_t number, unsigned command,
                   void *argument, struct fuse_file_info *file,
                   unsigned flags, const void *in, size_t in_size,
                   size_t out_size);

#endif
