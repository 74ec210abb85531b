/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Birth and last write of a layer, see chain_times.h.
 */
#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "chain_times.h"

static bool
is_before (const struct statx_timestamp *a, const struct statx_timestamp *b)
{
  return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec
    : a->tv_nsec < b->tv_nsec;
}

/* When the file was last written, and the latest time at which it can have been
 * made: a copy is born later than it was written, if its times were kept. */
static bool
times_of (const struct image_file *file, struct statx_timestamp *written,
          struct statx_timestamp *made)
{
  struct statx now;

  if (file->fd < 0 || file->device
      || statx (file->fd, "", AT_EMPTY_PATH, STATX_MTIME | STATX_BTIME,
                &now) != 0
      || (now.stx_mask & STATX_MTIME) == 0)
    return false;
  *written = *made = now.stx_mtime;
  if ((now.stx_mask & STATX_BTIME) != 0
      && is_before (&now.stx_btime, &now.stx_mtime))
    *made = now.stx_btime;
  return true;
}

bool
chain_base_is_younger (const struct image_chains *chains)
{
  const struct image_layer *layers = chains->overlay.layers;
  const size_t base = chains->base_index;
  struct statx_timestamp written, made, unused;

  return base != 0 && !chains->stands_in
    && times_of (layers[base].file, &written, &unused)
    && times_of (layers[base - 1].file, &unused, &made)
    && is_before (&made, &written);
}
