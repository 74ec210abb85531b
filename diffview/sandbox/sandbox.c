/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entering the sandbox, part by part: see sandbox.h.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"
#include "sandbox_parts.h"

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define MEMORY_FIXED (UINT64_C (1) << 30)
#define MEMORY_LEAST (UINT64_C (512) << 20)

static const char what[] = "the sandbox is not complete";

const char *
sandbox_part_name (enum sandbox_part part)
{
  switch (part) {
  case SANDBOX_NO_NEW_PRIVILEGES: return "no new privileges";
  case SANDBOX_NO_CAPABILITIES: return "no capabilities";
  case SANDBOX_NO_CORE_DUMPS: return "no core dumps";
  case SANDBOX_LANDLOCK: return "Landlock";
  case SANDBOX_SECCOMP: return "seccomp";
  case SANDBOX_MEMORY_LIMIT: return "memory limit";
  }
  return "unknown";
}

unsigned
sandbox_lacks (void)
{
  unsigned lacks = 0;

  if (SANITIZED)
    return SANDBOX_PARTS;
  if (!landlock_is_there ())
    lacks |= SANDBOX_LANDLOCK;
  if (!filter_is_there ())
    lacks |= SANDBOX_SECCOMP;
  return lacks;
}

uint64_t
sandbox_memory_budget (uint64_t written)
{
  const long pages = sysconf (_SC_PHYS_PAGES), size = sysconf (_SC_PAGESIZE);
  uint64_t budget = MEMORY_FIXED;
  uint64_t most = UINT64_MAX;

  if (pages > 0 && size > 0)
    most = (uint64_t) pages * (uint64_t) size / 4 * 3;
  if (written > (UINT64_MAX - budget) / 4)
    budget = UINT64_MAX;
  else
    budget += 4 * written;
  if (budget > most)
    budget = most;
  return budget < MEMORY_LEAST ? MEMORY_LEAST : budget;
}

static errint_t
enter_part (enum sandbox_part part, uint64_t memory_budget)
{
  switch (part) {
  case SANDBOX_NO_NEW_PRIVILEGES:
    return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
  case SANDBOX_NO_CAPABILITIES:
    return limits_drop_capabilities ();
  case SANDBOX_NO_CORE_DUMPS:
    return limits_no_core ();
  case SANDBOX_LANDLOCK:
    return landlock_enter ();
  case SANDBOX_SECCOMP:
    return filter_enter ();
  case SANDBOX_MEMORY_LIMIT:
    return limits_memory (memory_budget);
  }
  return -EINVAL;
}

/* "a, b: REASON" about the parts that are missing. */
static void
report_missing (unsigned missing, errint_t error, enum log_level level,
                const struct log *log)
{
  char names[160] = "";

  for (unsigned part = 1; part <= SANDBOX_PARTS; part <<= 1)
    if ((missing & part) != 0) {
      if (names[0] != '\0')
        strcat (names, ", ");
      strcat (names, sandbox_part_name ((enum sandbox_part) part));
    }
  if (SANITIZED)
    log_report (log, level, what, names, "this is a build with sanitizers");
  else if (error == -ENOSYS || error == -EOPNOTSUPP || error == -EINVAL)
    log_report (log, level, what, names, "this kernel does not have it");
  else
    log_report (log, level, what, names, "%s", strerror (-error));
}

static void
tell_what_is_in_force (unsigned entered, uint64_t memory_budget,
                       const struct log *log)
{
  char names[160] = "";

  for (unsigned part = 1; part <= SANDBOX_PARTS; part <<= 1)
    if ((entered & part) != 0) {
      strcat (names, ", ");
      strcat (names, sandbox_part_name ((enum sandbox_part) part));
    }
  log_detail (log, "sandbox: %s (at most %" PRIu64 " MiB)",
              entered != 0 ? names + strlen (", ") : "none",
              memory_budget >> 20);
}

errint_t
sandbox_enter (enum sandbox_choice choice, uint64_t memory_budget,
               const struct log *log)
{
  const enum log_level level = choice == SANDBOX_REQUIRE
    ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
  unsigned missing = 0;
  errint_t first = 0;

  if (choice == SANDBOX_OFF) {
    log_detail (log, "sandbox: off");
    return 0;
  }
  if (SANITIZED && choice == SANDBOX_AUTO) {
    log_detail (log, "sandbox: none in a build with sanitizers");
    return 0;
  }
  tzset ();
  for (unsigned part = 1; part <= SANDBOX_PARTS; part <<= 1) {
    errint_t error = SANITIZED ? -ENOTSUP
      : enter_part ((enum sandbox_part) part, memory_budget);

    if (error < 0) {
      missing |= part;
      if (first == 0)
        first = error;
    }
  }
  if (missing != 0) {
    report_missing (missing, first, level, log);
    if (choice == SANDBOX_REQUIRE) {
      log_hint (log, "--sandbox auto goes on with what there is");
      return -ENOTSUP;
    }
  }
  tell_what_is_in_force (SANDBOX_PARTS & ~missing, memory_budget, log);
  return 0;
}
