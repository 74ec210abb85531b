/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deltafs doctor: is this machine able to run it, and what to do if not.
 */
#include <config.h>

#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "checkup.h"
#include "command.h"
#include "terminal.h"

static const char *
state_name (enum finding_state state)
{
  switch (state) {
  case FINDING_OK: return "ok";
  case FINDING_WARNING: return "warning";
  case FINDING_FAILURE: break;
  }
  return "failed";
}

static void
print_finding (const char *name, const struct finding *finding, bool colored)
{
  static const char *const colors[] = {
    [FINDING_OK] = "\033[32m",
    [FINDING_WARNING] = "\033[33m",
    [FINDING_FAILURE] = "\033[1;31m",
  };

  printf ("%s%-7s%s  %-19s  %s\n", colored ? colors[finding->state] : "",
          state_name (finding->state), colored ? "\033[0m" : "", name,
          finding->text);
  if (finding->remedy[0] != '\0')
    printf ("%-7s  %-19s  -> %s\n", "", "", finding->remedy);
  fflush (stdout);
}

/* -1 without memory, as jansson does it. */
static int
add_finding (json_t *list, const char *name, const struct finding *finding)
{
  json_t *object = json_pack ("{s:s, s:s, s:s}", "name", name,
                              "state", state_name (finding->state),
                              "finding", finding->text);

  if (object != NULL && finding->remedy[0] != '\0'
      && json_object_set_new (object, "remedy",
                              json_string (finding->remedy)) < 0)
    json_decref (object), object = NULL;
  return json_array_append_new (list, object);
}

/* One object; takes LIST. */
static errint_t
print_json (bool able, json_t *list)
{
  json_t *object = json_pack ("{s:b, s:o}", "able", able, "checks", list);
  int result = object == NULL ? -1
    : json_dumpf (object, stdout, JSON_COMPACT);

  json_decref (object);
  putchar ('\n');
  return result < 0 ? -ENOMEM : 0;
}

/* Runs all checks; *ABLE: none failed. */
static errint_t
run_checks (bool json, bool *able)
{
  json_t *list = json ? json_array () : NULL;
  bool colored = !json && terminal_has_colors (STDOUT_FILENO);
  const struct check *checks;
  size_t count;
  int result = 0;

  *able = true;
  checks = checkup_list (&count);
  for (size_t i = 0; i < count; ++i) {
    struct finding finding;

    checks[i].run (&finding);
    if (finding.state == FINDING_FAILURE)
      *able = false;
    if (json)
      result |= add_finding (list, checks[i].name, &finding);
    else
      print_finding (checks[i].name, &finding, colored);
  }
  if (json)
    return print_json (*able, list) < 0 || result < 0 ? -ENOMEM : 0;
  puts (*able ? "This machine can run deltafs."
        : "This machine cannot run deltafs before what failed is mended.");
  return 0;
}

int
command_doctor (const struct options *options, struct messages *messages)
{
  bool able;
  errint_t err = run_checks (options->json, &able);

  if (err == 0 && (fflush (stdout) != 0 || ferror (stdout)))
    err = errno != 0 ? -errno : -EIO;
  if (err < 0) {
    log_error (&messages->log, err, "cannot write", "standard output");
    return EXIT_FAILED;
  }
  return able ? EXIT_DONE : EXIT_FAILED;
}
