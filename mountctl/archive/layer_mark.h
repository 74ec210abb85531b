/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What programs that unpack or mount the layers of an OCI image take for a
 * mark of theirs: "this is removed", "nothing below shows through", "owner and
 * mode are in here".  A guest that runs containers has such marks in the
 * folders of its own layers; in a layer of ours they would act.
 */
#ifndef DELTAFS_LAYER_MARK_H
#define DELTAFS_LAYER_MARK_H

#include <stdbool.h>

#include "entry.h"

/* The prefix of a whiteout's name (image-spec, layer.md, "Whiteouts"). */
#define LAYER_WHITEOUT ".wh."

/* Does a name, without a path, begin with it? */
bool layer_mark_is_name (const char *name);

/* Is it a whiteout of overlayfs: a character device 0:0? (Linux,
 * Documentation/filesystems/overlayfs.rst, "whiteouts and opaque
 * directories".) */
bool layer_mark_is_device (const struct entry *entry);

/* Is it an xattr that overlayfs or fuse-overlayfs reads in a layer?  That is
 * trusted.overlay.* and user.overlay.* (same document); user.fuseoverlayfs.*,
 * security.fuseoverlayfs.* and user.containers.override_stat of
 * fuse-overlayfs, the last of which can make a file a device. */
bool layer_mark_is_xattr (const char *name);

#endif
