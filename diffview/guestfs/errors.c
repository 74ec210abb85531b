/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What libguestfs says about a failed call, in the terms of this project.
 */
#include <config.h>

#include "appliance.h"

#include <string.h>

#include "reason.h"

errint_t
appliance_error (struct appliance *appliance)
{
  int error = guestfs_last_errno (appliance->g);

  if (guestfs_is_ready (appliance->g) != 1)
    return -ENOTCONN;
  /* 0: a message without errno, such as "file receive cancelled by daemon".
   * ENOSYS, ESRCH and the like would be read as something else further up,
   * so only what a file or device can answer goes through as it is. */
  switch (error) {
  case ENOENT: case ENOTDIR: case EISDIR: case EACCES: case EPERM:
  case ELOOP: case ENAMETOOLONG: case ENOMEM: case EINVAL: case ENODATA:
  case EOPNOTSUPP: case EUCLEAN: case EBADMSG: case E2BIG: case ERANGE:
  case EFBIG: case EOVERFLOW: case EROFS: case ENODEV:
    return -error;
  case ENOSYS:                  /* a filesystem in user space without it */
    return -EOPNOTSUPP;
  default:
    return -EIO;
  }
}

const char *
appliance_error_text (struct appliance *appliance)
{
  static const char unknown[] = "the appliance gave no reason";
  const char *text = guestfs_last_error (appliance->g);

  return text != NULL && *text != '\0' ? text : unknown;
}

const char *
reason_text (errint_t error)
{
  switch (error) {
  case -ENOTCONN:
    return "the appliance has ended";
  case -EUCLEAN: case -EBADMSG:
    /* A wrong structure, a wrong checksum. */
    return "the filesystem is damaged";
  default:
    return strerror (-error);
  }
}
