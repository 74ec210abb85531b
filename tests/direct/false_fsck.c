/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stands where e2fsck should be, and tries what one that was taken over would
 * try: the name of its directory says what.  What came of it is on standard
 * error.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_FD 3

static int
read_password (void)
{
  return open ("/etc/passwd", O_RDONLY);
}

static int
write_program (void)
{
  return open ("/usr/bin/env", O_RDWR);
}

static int
create (void)
{
  return open ("/tmp/made-by-false-fsck", O_CREAT | O_WRONLY, 0600);
}

static int
remove_file (void)
{
  return unlink ("/etc/hostname");
}

static int
list (void)
{
  return open ("/proc", O_RDONLY | O_DIRECTORY);
}

static int
other_process (void)
{
  return open ("/proc/1/environ", O_RDONLY);
}

static int
write_shared (void)
{
  return mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, FILE_FD, 0)
    == MAP_FAILED ? -1 : 0;
}

static int
write_behind_end (void)
{
  struct stat stat;

  return fstat (FILE_FD, &stat) < 0 ? 0
    : (int) pwrite (FILE_FD, "x", 1, stat.st_size + 4096);
}

static int
grow (void)
{
  return ftruncate (FILE_FD, (off_t) 1 << 40);
}

/* Standard output is written to without an answer. */
static int
grow_by_output (void)
{
  struct stat stat;

  return fstat (FILE_FD, &stat) < 0 || dup2 (FILE_FD, STDOUT_FILENO) < 0
    || lseek (STDOUT_FILENO, stat.st_size + 4096, SEEK_SET) < 0 ? 0
    : (int) write (STDOUT_FILENO, "x", 1);
}

static int
make_socket (void)
{
  return socket (AF_UNIX, SOCK_STREAM, 0);
}

static int
make_process (void)
{
  return fork ();
}

static int
make_file (void)
{
  return memfd_create ("file", 0);
}

static int
end_parent (void)
{
  return kill (getppid (), SIGKILL);
}

static int
crash (void)
{
  abort ();
}

/* Does nothing, and says that all is well. */
static int
complain (void)
{
  errno = 0;
  return -1;
}

static const struct {
  const char *name;
  int (*function) (void);
} deeds[] = {
  { "read-password", read_password },
  { "write-program", write_program },
  { "create", create },
  { "remove-file", remove_file },
  { "list", list },
  { "other-process", other_process },
  { "write-shared", write_shared },
  { "write-behind-end", write_behind_end },
  { "grow", grow },
  { "grow-by-output", grow_by_output },
  { "make-socket", make_socket },
  { "make-process", make_process },
  { "make-file", make_file },
  { "end-parent", end_parent },
  { "crash", crash },
  { "complain", complain },
};

int
main (void)
{
  char path[4096];
  ssize_t length = readlink ("/proc/self/exe", path, sizeof path - 1);
  char *name;

  if (length < 0)
    return EXIT_FAILURE;
  path[length] = '\0';
  *strrchr (path, '/') = '\0';
  name = strrchr (path, '/') + 1;
  for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; ++i)
    if (strcmp (deeds[i].name, name) == 0)
      fprintf (stderr, "%s: %s\n", name,
               deeds[i].function () < 0 ? strerror (errno) : "done");
  /* Says what e2fsck says, and replays nothing. */
  if (strcmp (name, "lie") == 0)
    printf ("/proc/self/fd/3: recovering journal\n");
  return EXIT_SUCCESS;
}
