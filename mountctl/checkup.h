/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Is this machine able to run deltafs?  Each check looks at one thing that it
 * needs, and knows what to do where it is not there.  Changes nothing.
 */
#ifndef DELTAFS_CHECKUP_H
#define DELTAFS_CHECKUP_H

#include <stddef.h>

enum finding_state {
  FINDING_OK,
  FINDING_WARNING,              /* something cannot be done, or is slow */
  FINDING_FAILURE,              /* nothing can be done without it */
};

struct finding {
  enum finding_state state;
  char text[256];               /* one line, without a full stop */
  char remedy[256];             /* what to do or to type; "" for nothing */
};

struct check {
  const char *name;
  void (*run) (struct finding *finding);        /* fills in all of it */
};

/* All checks in their order; *COUNT of them, static. */
const struct check *checkup_list (size_t *count);

/* For the files with checks: fills in a finding. */
void finding_set (struct finding *finding, enum finding_state state,
                  const char *remedy, const char *format, ...)
  __attribute__ ((format (printf, 4, 5)));

/* The checks, a file for each kind: of the host's kernel and mounts, of QEMU
 * and its images, of the appliance. */
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
