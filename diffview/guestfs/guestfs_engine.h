/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine's own state, for the files of this room that serve its
 * operations.
 */
#ifndef DELTAFS_GUESTFS_ENGINE_H
#define DELTAFS_GUESTFS_ENGINE_H

#include "appliances_private.h"
#include "arena.h"
#include "compare.h"
#include "complaints.h"
#include "engine.h"
#include "pieces.h"
#include "tree.h"

struct guestfs_engine {
  struct engine engine;         /* first */
  struct appliances *appliances;
  char *name;                   /* of the filesystem */
  char *type;
  char *mount_point[SIDES];     /* NULL: this side does not have it */
  struct complaints *complaints;
  struct tree *tree[SIDES];     /* after compute */
  struct pieces *pieces;        /* of files of both sides, by their node */
  pthread_mutex_t lock;         /* of arena, which holds what stat gave */
  struct arena *arena;
};

/* A node's path in its side's appliance; a new string, NULL without
 * memory. */
char *engine_node_path (const struct guestfs_engine *engine, enum side side,
                        const struct tree_node *node);

#endif
