/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QEMU's image locks: a shared lock on byte 100 + p for each permission p
 * that it uses (QEMU, block/file-posix.c: RAW_LOCK_PERM_BASE; permission 1
 * is writing, include/block/block-common.h: BLK_PERM_WRITE).
 */
#include <config.h>

#include <fcntl.h>

#include "image_lock.h"

#define WRITE_LOCK_BYTE 101

bool
image_lock_is_written (const struct image_file *file)
{
  struct flock lock = {
    .l_type = F_WRLCK, .l_whence = SEEK_SET,
    .l_start = WRITE_LOCK_BYTE, .l_len = 1,
  };

  return file->fd >= 0 && fcntl (file->fd, F_OFD_GETLK, &lock) == 0
    && lock.l_type != F_UNLCK;
}
