/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does KVM work here, not only open?
 */
#ifndef DELTAFS_KVM_H
#define DELTAFS_KVM_H

enum kvm_state {
  KVM_ABSENT,                   /* no device, or not for this user */
  KVM_BROKEN,                   /* opens, but does not run a guest */
  KVM_WORKS,
};

/* Runs a few instructions of a 64-bit guest in a child process, which ends
 * after two seconds at the latest.  Takes some milliseconds.  On other
 * architectures than x86-64 a device that opens is taken to work. */
enum kvm_state kvm_probe (void);

#endif
