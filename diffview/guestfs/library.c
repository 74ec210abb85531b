/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The calls of libguestfs that this room makes, by functions of the same
 * names that load the library when the first handle is created.  It brings
 * some fifty other libraries along, whose loading takes longer than comparing
 * two small filesystems; whoever needs no appliance does without.
 *
 * A call that is not here yet does not link: add it.
 */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

#include <guestfs.h>

/* Its interface has had this number from the start. */
#define LIBRARY "libguestfs.so.0"

/* Type, name, parameters, and these again as arguments. */
#define CALLS(CALL)                                                        \
  CALL (char **, guestfs_blkid,                                            \
        (guestfs_h *g, const char *device),                                \
        (g, device))                                                       \
  CALL (int64_t, guestfs_btrfs_subvolume_get_default,                      \
        (guestfs_h *g, const char *fs),                                    \
        (g, fs))                                                           \
  CALL (struct guestfs_btrfssubvolume_list *, guestfs_btrfs_subvolume_list,\
        (guestfs_h *g, const char *fs),                                    \
        (g, fs))                                                           \
  CALL (void, guestfs_close,                                               \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (int, guestfs_config,                                               \
        (guestfs_h *g, const char *hvparam, const char *hvvalue),          \
        (g, hvparam, hvvalue))                                             \
  CALL (char *, guestfs_debug,                                             \
        (guestfs_h *g, const char *subcmd, char *const                     \
         *extraargs),                                                      \
        (g, subcmd, extraargs))                                            \
  CALL (void, guestfs_delete_event_callback,                               \
        (guestfs_h *g, int event_handle),                                  \
        (g, event_handle))                                                 \
  CALL (char *, guestfs_dmesg,                                             \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (int, guestfs_download,                                             \
        (guestfs_h *g, const char *remotefilename, const char              \
         *filename),                                                       \
        (g, remotefilename, filename))                                     \
  CALL (int, guestfs_find0,                                                \
        (guestfs_h *g, const char *directory, const char *files),          \
        (g, directory, files))                                             \
  CALL (void, guestfs_free_btrfssubvolume_list,                            \
        (struct guestfs_btrfssubvolume_list *value),                       \
        (value))                                                           \
  CALL (void, guestfs_free_statns,                                         \
        (struct guestfs_statns *value),                                    \
        (value))                                                           \
  CALL (void, guestfs_free_statns_list,                                    \
        (struct guestfs_statns_list *value),                               \
        (value))                                                           \
  CALL (void, guestfs_free_xattr_list,                                     \
        (struct guestfs_xattr_list *value),                                \
        (value))                                                           \
  CALL (const char *, guestfs_get_append,                                  \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (int, guestfs_get_pid,                                              \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (int, guestfs_get_verbose,                                          \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (int, guestfs_is_ready,                                             \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (int, guestfs_last_errno,                                           \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (const char *, guestfs_last_error,                                  \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (int, guestfs_launch,                                               \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (char *, guestfs_lgetxattr,                                         \
        (guestfs_h *g, const char *path, const char *name,                 \
         size_t *size_r),                                                  \
        (g, path, name, size_r))                                           \
  CALL (struct guestfs_xattr_list *, guestfs_lgetxattrs,                   \
        (guestfs_h *g, const char *path),                                  \
        (g, path))                                                         \
  CALL (char **, guestfs_list_devices,                                     \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (char **, guestfs_list_dm_devices,                                  \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (char **, guestfs_list_md_devices,                                  \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (char **, guestfs_list_partitions,                                  \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (int, guestfs_ls0,                                                  \
        (guestfs_h *g, const char *dir, const char *filenames),            \
        (g, dir, filenames))                                               \
  CALL (struct guestfs_statns *, guestfs_lstatns,                          \
        (guestfs_h *g, const char *path),                                  \
        (g, path))                                                         \
  CALL (struct guestfs_statns_list *, guestfs_lstatnslist,                 \
        (guestfs_h *g, const char *path, char *const *names),              \
        (g, path, names))                                                  \
  CALL (int, guestfs_lvm_scan,                                             \
        (guestfs_h *g, int activate),                                      \
        (g, activate))                                                     \
  CALL (char **, guestfs_lvs,                                              \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (struct guestfs_xattr_list *, guestfs_lxattrlist,                   \
        (guestfs_h *g, const char *path, char *const *names),              \
        (g, path, names))                                                  \
  CALL (char **, guestfs_md_detail,                                        \
        (guestfs_h *g, const char *md),                                    \
        (g, md))                                                           \
  CALL (int, guestfs_mkmountpoint,                                         \
        (guestfs_h *g, const char *exemptpath),                            \
        (g, exemptpath))                                                   \
  CALL (int, guestfs_mount,                                                \
        (guestfs_h *g, const char *mountable, const char                   \
         *mountpoint),                                                     \
        (g, mountable, mountpoint))                                        \
  CALL (int, guestfs_mount_options,                                        \
        (guestfs_h *g, const char *options, const char *mountable,         \
         const char *mountpoint),                                          \
        (g, options, mountable, mountpoint))                               \
  CALL (int, guestfs_mount_vfs,                                            \
        (guestfs_h *g, const char *options, const char *vfstype,           \
         const char *mountable, const char *mountpoint),                   \
        (g, options, vfstype, mountable, mountpoint))                      \
  CALL (int, guestfs_parse_environment,                                    \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (int, guestfs_parse_environment_list,                               \
        (guestfs_h *g, char *const *environment),                          \
        (g, environment))                                                  \
  CALL (void, guestfs_pop_error_handler,                                   \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (char *, guestfs_pread,                                             \
        (guestfs_h *g, const char *path, int count, int64_t                \
         offset, size_t *size_r),                                          \
        (g, path, count, offset, size_r))                                  \
  CALL (void, guestfs_push_error_handler,                                  \
        (guestfs_h *g, guestfs_error_handler_cb cb, void *opaque),         \
        (g, cb, opaque))                                                   \
  CALL (char *, guestfs_readlink,                                          \
        (guestfs_h *g, const char *path),                                  \
        (g, path))                                                         \
  CALL (char **, guestfs_readlinklist,                                     \
        (guestfs_h *g, const char *path, char *const *names),              \
        (g, path, names))                                                  \
  CALL (int, guestfs_rmmountpoint,                                         \
        (guestfs_h *g, const char *exemptpath),                            \
        (g, exemptpath))                                                   \
  CALL (int, guestfs_set_append,                                           \
        (guestfs_h *g, const char *append),                                \
        (g, append))                                                       \
  CALL (int, guestfs_set_autosync,                                         \
        (guestfs_h *g, int autosync),                                      \
        (g, autosync))                                                     \
  CALL (int, guestfs_set_backend,                                          \
        (guestfs_h *g, const char *backend),                               \
        (g, backend))                                                      \
  CALL (int, guestfs_set_backend_setting,                                  \
        (guestfs_h *g, const char *name, const char *val),                 \
        (g, name, val))                                                    \
  CALL (int, guestfs_set_cachedir,                                         \
        (guestfs_h *g, const char *cachedir),                              \
        (g, cachedir))                                                     \
  CALL (int, guestfs_set_event_callback,                                   \
        (guestfs_h *g, guestfs_event_callback cb, uint64_t                 \
         event_bitmask, int flags, void *opaque),                          \
        (g, cb, event_bitmask, flags, opaque))                             \
  CALL (int, guestfs_set_identifier,                                       \
        (guestfs_h *g, const char *identifier),                            \
        (g, identifier))                                                   \
  CALL (int, guestfs_set_recovery_proc,                                    \
        (guestfs_h *g, int recoveryproc),                                  \
        (g, recoveryproc))                                                 \
  CALL (int, guestfs_set_tmpdir,                                           \
        (guestfs_h *g, const char *tmpdir),                                \
        (g, tmpdir))                                                       \
  CALL (struct guestfs_statns *, guestfs_statns,                           \
        (guestfs_h *g, const char *path),                                  \
        (g, path))                                                         \
  CALL (int, guestfs_umount,                                               \
        (guestfs_h *g, const char *pathordevice),                          \
        (g, pathordevice))                                                 \
  CALL (int, guestfs_user_cancel,                                          \
        (guestfs_h *g),                                                    \
        (g))                                                               \
  CALL (char *, guestfs_vfs_label,                                         \
        (guestfs_h *g, const char *mountable),                             \
        (g, mountable))                                                    \
  CALL (char *, guestfs_vfs_type,                                          \
        (guestfs_h *g, const char *mountable),                             \
        (g, mountable))                                                    \
  CALL (char *, guestfs_vfs_uuid,                                          \
        (guestfs_h *g, const char *mountable),                             \
        (g, mountable))

#define POINTER(type, name, parameters, arguments)                         \
  __typeof__ (name) *name;

static struct {
  CALLS (POINTER)
  __typeof__ (guestfs_add_drive_opts_va) *guestfs_add_drive_opts_va;
  __typeof__ (guestfs_cryptsetup_open_va) *guestfs_cryptsetup_open_va;
  __typeof__ (guestfs_create_flags) *guestfs_create_flags;
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void *
find (void *handle, const char *name)
{
  void *symbol = dlsym (handle, name);

  if (symbol == NULL)
    loaded = false;
  return symbol;
}

#define FIND(type, name, parameters, arguments)                            \
  library.name = (__typeof__ (name) *) find (handle, #name);

static void
load (void)
{
  void *handle = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);

  if (handle == NULL)
    return;
  loaded = true;
  CALLS (FIND)
  FIND (int, guestfs_add_drive_opts_va, , )
  FIND (int, guestfs_cryptsetup_open_va, , )
  FIND (guestfs_h *, guestfs_create_flags, , )
}

/* NULL with errno ELIBACC without the library.  Everything else needs the
 * handle that this gives. */
guestfs_h *
guestfs_create_flags (unsigned flags, ...)
{
  pthread_once (&once, load);
  if (!loaded) {
    errno = ELIBACC;
    return NULL;
  }
  return library.guestfs_create_flags (flags);
}

int
guestfs_add_drive_opts (guestfs_h *g, const char *filename, ...)
{
  va_list options;
  int result;

  va_start (options, filename);
  result = library.guestfs_add_drive_opts_va (g, filename, options);
  va_end (options);
  return result;
}

int
guestfs_cryptsetup_open (guestfs_h *g, const char *device, const char *key,
                         const char *mapname, ...)
{
  va_list options;
  int result;

  va_start (options, mapname);
  result = library.guestfs_cryptsetup_open_va (g, device, key, mapname,
                                               options);
  va_end (options);
  return result;
}

#define FORWARD(type, name, parameters, arguments)                         \
  type                                                                     \
  name parameters                                                          \
  {                                                                        \
    return library.name arguments;                                         \
  }

CALLS (FORWARD)
