/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables of formats that QEMU reads zeros from where the file has ended,
 * and that are simple enough to be looked through here.
 */
#ifndef DELTAFS_IMAGE_OLD_TABLES_H
#define DELTAFS_IMAGE_OLD_TABLES_H

#include "errint.h"
#include "image_file.h"

/* Does all that the tables of a VDI, Parallels or qcow (version 1) image
 * refer to lie within its file?  -EINVAL with *REASON if not, not reported;
 * what QEMU refuses passes. */
errint_t vdi_tables_check (const struct image_file *file,
                           const char **reason);
errint_t parallels_tables_check (const struct image_file *file,
                                 const char **reason);
errint_t qcow_tables_check (const struct image_file *file,
                            const char **reason);

#endif
