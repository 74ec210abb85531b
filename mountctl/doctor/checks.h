/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The checks, a file for each kind: of the host's kernel and mounts, of QEMU
 * and its images, of the appliance.
 */
#ifndef DELTAFS_CHECKS_H
#define DELTAFS_CHECKS_H

#include "finding.h"

void check_kernel (struct finding *finding);
void check_fuse (struct finding *finding);
void check_mounting (struct finding *finding);
void check_allow_other (struct finding *finding);
void check_sandbox (struct finding *finding);
void check_temporary (struct finding *finding);
void check_qemu_img (struct finding *finding);
void check_storage_daemon (struct finding *finding);
void check_images (struct finding *finding);
void check_libguestfs (struct finding *finding);
void check_appliance (struct finding *finding);
void check_kvm (struct finding *finding);

#endif
