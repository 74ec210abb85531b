/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks of QEMU's tools, and of what the way to the images needs of them.
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "pair.h"
#include "private_directory.h"
#include "program.h"
#include "program_path.h"

static void
check_tool (struct finding *finding, const char *name, const char *package)
{
  const char *const arguments[] = { name, "--version", NULL };
  char path[PATH_MAX], line[128];

  if (!program_find (name, path))
    finding_set (finding, FINDING_FAILURE, package, "it is not installed");
  else if (program_run (arguments, line, sizeof line) < 0)
    finding_set (finding, FINDING_FAILURE, package, "%.200s does not work",
                 path);
  else
    finding_set (finding, FINDING_OK, NULL, "%s", line);
}

void
check_qemu_img (struct finding *finding)
{
  check_tool (finding, "qemu-img", "apt-get install qemu-utils");
}

void
check_storage_daemon (struct finding *finding)
{
  check_tool (finding, "qemu-storage-daemon",
              "apt-get install qemu-system-common");
}

/* Keeps the first error in the finding, and its hint. */
static void
take_message (void *opaque, enum log_level level, const char *message)
{
  struct finding *finding = opaque;

  if (level == LOG_LEVEL_ERROR && finding->text[0] == '\0')
    snprintf (finding->text, sizeof finding->text, "%s", message);
  if (level == LOG_LEVEL_HINT && finding->remedy[0] == '\0')
    snprintf (finding->remedy, sizeof finding->remedy, "%s", message);
}

/* Makes a base and an overlay in DIRECTORY. */
static errint_t
make_images (const char *base, const char *overlay)
{
  const char *const base_arguments[] = {
    "qemu-img", "create", "-q", "-f", "raw", base, "1M", NULL,
  };
  const char *const overlay_arguments[] = {
    "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base,
    overlay, NULL,
  };
  char line[8];
  errint_t err = program_run (base_arguments, line, sizeof line);

  return err < 0 ? err
    : program_run (overlay_arguments, line, sizeof line);
}

/* Opens them as diff and mount do, and reads. */
static errint_t
read_images (const char *directory, const char *overlay,
             const struct log *log)
{
  const struct pair_options options = {
    .overlay = overlay, .private_directory = directory,
  };
  CLEANUP (pair_close) struct image_pair *pair = NULL;
  errint_t err = pair_open (&options, log, &pair);
  uint8_t bytes[512];

  if (err == 0 && pair_written (pair) == NULL)
    err = -ENOTSUP;
  for (int side = 0; side < SIDES && err == 0; ++side)
    err = pair_read (pair, (enum side) side, bytes, sizeof bytes, 0);
  return err;
}

void
check_images (struct finding *finding)
{
  const struct log log = { .write = take_message, .opaque = finding };
  CLEANUP (private_directory_remove)
    struct private_directory *directory = NULL;
  char base[PATH_MAX], overlay[PATH_MAX];
  errint_t err;

  *finding = (struct finding) { .state = FINDING_FAILURE };
  err = private_directory_make (&log, &directory);
  if (err == 0) {
    snprintf (base, sizeof base, "%s/base", directory->path);
    snprintf (overlay, sizeof overlay, "%s/overlay", directory->path);
    err = make_images (base, overlay);
  }
  if (err == 0)
    err = read_images (directory->path, overlay, &log);
  if (err == 0)
    finding_set (finding, FINDING_OK, NULL,
                 "a pair was opened, and its map of what was written was read");
  else if (finding->text[0] == '\0')
    finding_set (finding, FINDING_FAILURE, NULL,
                 "a pair could not be opened: %s", strerror (-err));
  if (err < 0 && finding->remedy[0] == '\0')
    strcpy (finding->remedy,
            "apt-get install qemu-utils qemu-system-common (7.2 or later)");
}
