/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks of the host: its kernel, mounts, and places for files.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "checks.h"
#include "cleanup.h"
#include "private_directory.h"
#include "program_path.h"
#include "sandbox.h"

/* What it is tested with; older ones lack parts of the sandbox. */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 10

void
check_kernel (struct finding *finding)
{
  struct utsname names;
  int major = 0, minor = 0;

  if (uname (&names) < 0
      || sscanf (names.release, "%d.%d", &major, &minor) != 2)
    finding_set (finding, FINDING_WARNING, NULL, "its version is not known");
  else if (major < KERNEL_MAJOR
           || (major == KERNEL_MAJOR && minor < KERNEL_MINOR))
    finding_set (finding, FINDING_WARNING,
                 "use a kernel of version 5.10 or later",
                 "Linux %s is older than any that deltafs was tested with",
                 names.release);
  else
    finding_set (finding, FINDING_OK, NULL, "Linux %s", names.release);
}

void
check_fuse (struct finding *finding)
{
  CLEANUP_CLOSE int fd = open ("/dev/fuse", O_RDWR | O_CLOEXEC);

  if (fd >= 0)
    finding_set (finding, FINDING_OK, NULL, "/dev/fuse can be opened");
  else if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
    finding_set (finding, FINDING_FAILURE,
                 "modprobe fuse; for a container: --device /dev/fuse",
                 "there is no /dev/fuse: nothing can be mounted");
  else
    finding_set (finding, FINDING_FAILURE, "chmod 666 /dev/fuse",
                 "/dev/fuse cannot be opened: %s", strerror (errno));
}

/* May this process mount by itself?  Root may not in most containers. */
static bool
has_sys_admin (void)
{
  CLEANUP_FCLOSE FILE *status = fopen ("/proc/self/status", "re");
  unsigned long long effective = 0;
  char line[256];

  while (status != NULL && fgets (line, sizeof line, status) != NULL)
    if (sscanf (line, "CapEff: %llx", &effective) == 1)
      break;
  return (effective >> 21 & 1) != 0;
}

void
check_mounting (struct finding *finding)
{
  char path[PATH_MAX];
  struct stat program;

  if (has_sys_admin ())
    finding_set (finding, FINDING_OK, NULL, "this process may mount");
  else if (geteuid () == 0)
    finding_set (finding, FINDING_FAILURE,
                 "for a container: --cap-add SYS_ADMIN",
                 "root may not mount here (no CAP_SYS_ADMIN)");
  else if (!program_find ("fusermount3", path))
    finding_set (finding, FINDING_FAILURE, "apt-get install fuse3",
                 "there is no fusermount3, by which ordinary users mount");
  else if (stat (path, &program) < 0 || (program.st_mode & S_ISUID) == 0
           || program.st_uid != 0)
    finding_set (finding, FINDING_FAILURE,
                 "apt-get install --reinstall fuse3",
                 "%s is not owned by root, or not set-user-ID", path);
  else
    finding_set (finding, FINDING_OK, NULL, "by %s", path);
}

/* Has /etc/fuse.conf the line? */
static bool
allows_other (void)
{
  CLEANUP_FCLOSE FILE *file = fopen ("/etc/fuse.conf", "re");
  char line[256], word[256];

  while (file != NULL && fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "%255s", word) == 1
        && strcmp (word, "user_allow_other") == 0)
      return true;
  return false;
}

void
check_allow_other (struct finding *finding)
{
  if (geteuid () == 0)
    finding_set (finding, FINDING_OK, NULL, "root may use it");
  else if (allows_other ())
    finding_set (finding, FINDING_OK, NULL, "/etc/fuse.conf allows it");
  else
    finding_set (finding, FINDING_WARNING,
                 "as root: echo user_allow_other >>/etc/fuse.conf",
                 "mounts cannot be shown to other users "
                 "(-o allow_other, all_readable)");
}

/* The names of PARTS, with commas. */
static void
name_parts (unsigned parts, char *names, size_t size)
{
  names[0] = '\0';
  for (unsigned part = 1; part <= parts; part <<= 1)
    if ((parts & part) != 0)
      snprintf (names + strlen (names), size - strlen (names), "%s%s",
                names[0] == '\0' ? "" : ", ",
                sandbox_part_name ((enum sandbox_part) part));
}

void
check_sandbox (struct finding *finding)
{
  unsigned lacks = sandbox_lacks ();
  char names[200];

  name_parts (lacks != 0 ? lacks : SANDBOX_PARTS, names, sizeof names);
  if (lacks == 0)
    finding_set (finding, FINDING_OK, NULL, "%s", names);
  else
    finding_set (finding, FINDING_WARNING,
                 "use a newer kernel; for a container: a seccomp profile that "
                 "allows prctl, seccomp and landlock_*",
                 "not available: %s", names);
}

void
check_temporary (struct finding *finding)
{
  const char *parent = private_directory_parent ();

  if (access (parent, W_OK | X_OK) == 0)
    finding_set (finding, FINDING_OK, NULL, "in %s", parent);
  else
    finding_set (finding, FINDING_FAILURE,
                 "set TMPDIR to a directory that you may write to",
                 "%s cannot be written to: %s", parent, strerror (errno));
}
