/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The table of operations, and what is agreed upon with the kernel.
 */
#include <config.h>

#include "operations.h"

/* Capabilities of libfuse that we take where the kernel has them, and why:
 *   ASYNC_READ            several reads of one file at once
 *   PARALLEL_DIROPS       lookups in one directory at once: no locks needed
 *   READDIRPLUS           without READDIRPLUS_AUTO: a listing is nearly always
 *                         followed by stat, and attributes are at hand
 *   CACHE_SYMLINKS        they never change
 *   NO_OPEN_SUPPORT, NO_OPENDIR_SUPPORT
 *                         two requests less for each file and directory; the
 *                         kernel keeps its caches then
 *   EXPLICIT_INVAL_DATA   instead of AUTO_INVAL_DATA: pages stay valid
 *   SPLICE_WRITE          content goes from the image file to the kernel
 * None of the others: SPLICE_READ is for data that is written, SPLICE_MOVE
 * would take the pages of the image file out of the page cache, POSIX_ACL
 * would make the kernel enforce a guest's ACLs with the host's users,
 * locks are the host kernel's own affair. */
#define CAPABILITIES (FUSE_CAP_ASYNC_READ | FUSE_CAP_PARALLEL_DIROPS |  \
                      FUSE_CAP_READDIRPLUS | FUSE_CAP_CACHE_SYMLINKS |  \
                      FUSE_CAP_NO_OPEN_SUPPORT |                        \
                      FUSE_CAP_NO_OPENDIR_SUPPORT |                     \
                      FUSE_CAP_EXPLICIT_INVAL_DATA |                    \
                      FUSE_CAP_SPLICE_WRITE)

/* Read-ahead requests that may be under way; the kernel's default, 12, is
 * less than our threads. */
#define BACKGROUND 64

static void
init (void *userdata, struct fuse_conn_info *connection)
{
  struct serve *serve = userdata;

  connection->want = connection->capable & CAPABILITIES;
  connection->max_background = BACKGROUND;
  connection->congestion_threshold = BACKGROUND * 3 / 4;
  connection->time_gran = 1;
  serve->no_open = connection->want & FUSE_CAP_NO_OPEN_SUPPORT;
  serve->no_opendir = connection->want & FUSE_CAP_NO_OPENDIR_SUPPORT;
  serve->splice = connection->want & FUSE_CAP_SPLICE_WRITE;
  serve->initialized = true;
}

/* What is missing here libfuse answers with ENOSYS, once, and the kernel does
 * it alone from then on: flush, fsync, locks, poll, bmap; or there is nothing
 * to do: forget, release. */
const struct fuse_lowlevel_ops operations_table = {
  .init = init,

  .lookup = attributes_lookup,
  .getattr = attributes_get,
  .access = attributes_access,
  .readlink = attributes_readlink,
  .statfs = attributes_statfs,

  .opendir = directory_open,
  .readdir = directory_read,
  .readdirplus = directory_read_plus,

  .open = read_open,
  .read = read_content,
  .lseek = seek_content,

  .getxattr = xattr_get,
  .listxattr = xattr_list,

  .setattr = refuse_setattr,
  .mknod = refuse_mknod,
  .mkdir = refuse_mkdir,
  .unlink = refuse_remove,
  .rmdir = refuse_remove,
  .symlink = refuse_symlink,
  .rename = refuse_rename,
  .link = refuse_link,
  .create = refuse_create,
  .write = refuse_write,
  .setxattr = refuse_setxattr,
  .removexattr = refuse_removexattr,
  .fallocate = refuse_fallocate,
  .copy_file_range = refuse_copy,
  .ioctl = refuse_ioctl,
};
