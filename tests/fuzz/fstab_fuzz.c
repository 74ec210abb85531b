/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An fstab of any bytes.
 */
#include <config.h>

#include <string.h>

#include "fstab.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  CLEANUP (fstab_free) struct fstab *fstab = NULL;
  char *text = malloc (size + 1);

  FUZZ_REQUIRE (text != NULL);
  if (size > 0)
    memcpy (text, data, size);
  text[size] = '\0';
  FUZZ_REQUIRE (fstab_parse (text, size, &fuzz_log, &fstab) == 0);
  free (text);
  FUZZ_REQUIRE (fstab->count <= FSTAB_MAX_ENTRIES);
  for (size_t i = 0; i < fstab->count; ++i) {
    const struct fstab_entry *entry = &fstab->list[i];
    CLEANUP_FREE char *normal = NULL;
    CLEANUP_FREE char *shown = fstab_entry_text (entry);
    errint_t error = 0;

    FUZZ_REQUIRE (shown != NULL && *entry->value != '\0');
    /* What was made normal is so already. */
    normal = fstab_normal_path (entry->mount_point, &error);
    FUZZ_REQUIRE (normal != NULL &&
                  strcmp (normal, entry->mount_point) == 0);
  }
  return 0;
}
