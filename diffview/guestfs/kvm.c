/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does KVM work here, not only open?  Nested and para-virtual hosts have a
 * /dev/kvm that refuses what QEMU sets up, or that hangs at instructions
 * which the kernel of an appliance needs.  The probe does both: it sets the
 * MSR that QEMU sets, enters long mode and executes CMPXCHG16B.  Since it may
 * hang it runs in a child process.  Knows nothing of libguestfs.
 *
 * Sources: Documentation/virt/kvm/api.rst of Linux; Intel SDM volume 3,
 * sections 4.5 (paging) and 10.8.5 (initialising IA-32e mode).
 */
#include <config.h>

#include "kvm.h"

#include <fcntl.h>
#include <unistd.h>

#if defined (__x86_64__) && defined (__linux__)

#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "cleanup.h"

enum {
  TIME_LIMIT_MS = 2000,
  CPUID_ENTRIES = 256,
  /* Guest memory: three page tables that map the first 2 MiB to themselves,
   * then a page of code, then one of data. */
  PAGE_MAP = 0x0000,
  PAGE_POINTERS = 0x1000,
  PAGE_DIRECTORY = 0x2000,
  CODE = 0x3000,
  DATA = 0x4000,
  MEMORY_SIZE = 0x8000,
  MSR_ARCH_CAPABILITIES = 0x10a,
};

static const uint8_t guest_code[] = {
  0xbf, 0x00, 0x40, 0x00, 0x00,         /* mov $DATA, %edi */
  0x31, 0xc0,                           /* xor %eax, %eax */
  0x31, 0xd2,                           /* xor %edx, %edx */
  0xbb, 0x2a, 0x00, 0x00, 0x00,         /* mov $42, %ebx */
  0x31, 0xc9,                           /* xor %ecx, %ecx */
  0xf0, 0x48, 0x0f, 0xc7, 0x0f,         /* lock cmpxchg16b (%rdi) */
  0xf4,                                 /* hlt */
};

static bool
set_cpuid (int kvm, int vcpu)
{
  static union {
    struct kvm_cpuid2 head;
    char space[sizeof (struct kvm_cpuid2)
               + CPUID_ENTRIES * sizeof (struct kvm_cpuid_entry2)];
  } cpuid;

  cpuid.head.nent = CPUID_ENTRIES;
  return ioctl (kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) == 0
    && ioctl (vcpu, KVM_SET_CPUID2, &cpuid) == 0;
}

/* QEMU gives the guest what KVM_GET_MSRS of the device says, and ends when
 * that is refused. */
static bool
set_msr (int kvm, int vcpu)
{
  static union {
    struct kvm_msrs head;
    char space[sizeof (struct kvm_msrs) + sizeof (struct kvm_msr_entry)];
  } msrs;

  msrs.head.nmsrs = 1;
  msrs.head.entries[0].index = MSR_ARCH_CAPABILITIES;
  if (ioctl (kvm, KVM_GET_MSRS, &msrs) != 1)
    return true;                /* an old kernel: QEMU does not set it */
  return ioctl (vcpu, KVM_SET_MSRS, &msrs) == 1;
}

static bool
set_long_mode (int vcpu)
{
  struct kvm_sregs sregs;
  struct kvm_regs regs = { .rip = CODE, .rflags = 2, .rsp = MEMORY_SIZE };
  struct kvm_segment code = {
    .limit = 0xffffffff, .selector = 8, .present = 1, .type = 11,
    .s = 1, .l = 1, .g = 1,
  };
  struct kvm_segment data = {
    .limit = 0xffffffff, .selector = 16, .present = 1, .type = 3,
    .s = 1, .db = 1, .g = 1,
  };

  if (ioctl (vcpu, KVM_GET_SREGS, &sregs) != 0)
    return false;
  sregs.cs = code;
  sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
  sregs.cr3 = PAGE_MAP;
  sregs.cr4 = 1 << 5;                   /* PAE */
  sregs.cr0 = 0x80050033;               /* PG AM WP NE ET MP PE */
  sregs.efer = 0x500;                   /* LMA LME */
  return ioctl (vcpu, KVM_SET_SREGS, &sregs) == 0
    && ioctl (vcpu, KVM_SET_REGS, &regs) == 0;
}

static void
fill_memory (uint8_t *memory)
{
  uint64_t entry;

  entry = PAGE_POINTERS | 3;            /* present, writable */
  memcpy (memory + PAGE_MAP, &entry, sizeof entry);
  entry = PAGE_DIRECTORY | 3;
  memcpy (memory + PAGE_POINTERS, &entry, sizeof entry);
  entry = 0x83;                         /* and 2 MiB large */
  memcpy (memory + PAGE_DIRECTORY, &entry, sizeof entry);
  memcpy (memory + CODE, guest_code, sizeof guest_code);
}

/* In the child: no clean-up, it ends at once. */
static bool
runs_a_guest (int kvm)
{
  struct kvm_userspace_memory_region region = { .memory_size = MEMORY_SIZE };
  int vm, vcpu, run_size;
  uint8_t *memory;
  struct kvm_run *run;

  vm = ioctl (kvm, KVM_CREATE_VM, 0);
  if (vm < 0)
    return false;
  memory = mmap (NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return false;
  fill_memory (memory);
  region.userspace_addr = (uintptr_t) memory;
  if (ioctl (vm, KVM_SET_USER_MEMORY_REGION, &region) != 0)
    return false;
  vcpu = ioctl (vm, KVM_CREATE_VCPU, 0);
  run_size = ioctl (kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  if (vcpu < 0 || run_size < (int) sizeof *run)
    return false;
  run = mmap (NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  if (run == MAP_FAILED
      || !set_cpuid (kvm, vcpu) || !set_msr (kvm, vcpu)
      || !set_long_mode (vcpu))
    return false;
  return ioctl (vcpu, KVM_RUN, 0) == 0
    && run->exit_reason == KVM_EXIT_HLT && memory[DATA] == 42;
}

/* Waits until the child closed its end of the pipe, or for the time limit,
 * then ends it.  A child that cannot even be killed is left behind. */
static bool
child_succeeded (pid_t child, int read_end)
{
  struct pollfd pollfd = { .fd = read_end, .events = POLLIN };
  char verdict = 0;
  bool good;

  good = poll (&pollfd, 1, TIME_LIMIT_MS) == 1
    && read (read_end, &verdict, 1) == 1 && verdict == 1;
  kill (child, SIGKILL);
  for (int i = 0; i < 100; ++i) {
    if (waitpid (child, NULL, WNOHANG) != 0)
      break;
    usleep (5000);
  }
  return good;
}

static bool
probe_in_child (int kvm)
{
  int ends[2];
  bool good;
  pid_t child;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return false;
  child = fork ();
  if (child == 0) {
    char verdict = runs_a_guest (kvm) ? 1 : 0;

    _exit (write (ends[1], &verdict, 1) == 1 ? 0 : 1);
  }
  close (ends[1]);
  good = child > 0 && child_succeeded (child, ends[0]);
  close (ends[0]);
  return good;
}

#else

static bool
probe_in_child (int kvm)
{
  (void) kvm;
  return true;
}

#endif

enum kvm_state
kvm_probe (void)
{
  CLEANUP_CLOSE int kvm = open ("/dev/kvm", O_RDWR | O_CLOEXEC);

  if (kvm < 0)
    return KVM_ABSENT;
  return probe_in_child (kvm) ? KVM_WORKS : KVM_BROKEN;
}
