/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From members to entries of the archive.  The header of a file tells its
 * size, so its first piece is read before: what cannot be read at all is left
 * out.  When a later piece fails, zeros take its place and that of what
 * follows, for the archive has to go on, and the file is named.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive_delta.h"
#include "file_content.h"
#include "tar_writer.h"

/* What a member without content weighs in the progress. */
#define MEMBER_WEIGHT 4096
/* More zeros of one file are not hashed for the manifest. */
#define HASHED_HOLES_MAX (UINT64_C (64) << 30)

struct run {
  struct archive_delta *archive;
  struct tar_writer *writer;
  uint8_t *buffer;              /* FILE_PIECE bytes */
  uint64_t done, total;         /* of the progress */
};

static const struct entry made_up_directory = {
  .type = ENTRY_DIRECTORY, .permissions = 0755,
};

static const struct entry whiteout = { .type = ENTRY_FILE };

static void
leave_out (struct run *run, const char *path, const char *why)
{
  run->archive->incomplete = true;
  log_report (run->archive->log, LOG_LEVEL_WARNING,
              "left out of the archive", path, "%s", why);
}

static const struct entry *
metadata_of (const struct member *member)
{
  if (member->whiteout)
    return &whiteout;
  return member->entry == NULL ? &made_up_directory
    : member_metadata (member);
}

static uint64_t
weight (const struct member *member)
{
  const struct entry *entry = metadata_of (member);
  uint64_t blocks = entry->blocks < UINT32_MAX ? entry->blocks : UINT32_MAX;

  if (entry->type != ENTRY_FILE)
    return MEMBER_WEIGHT;
  return MEMBER_WEIGHT
    + (entry->size < blocks * 512 ? entry->size : blocks * 512);
}

static void
advance (struct run *run, uint64_t weight_done)
{
  run->done += weight_done;
  progress_update (run->archive->progress, "export", run->done, run->total);
}

/* Can the entry be told?  A reason where not. */
static const char *
refusal (const struct entry *entry)
{
  if (entry->type == ENTRY_UNKNOWN
      || (entry->missing & ENTRY_NO_METADATA) != 0)
    return "its metadata cannot be read";
  if (entry->type == ENTRY_SYMLINK
      && (entry->target == NULL || (entry->missing & ENTRY_NO_TARGET) != 0))
    return "its target cannot be read";
  if (entry_size_unknown (entry))
    return "its content cannot be read";
  return NULL;
}

static void
leave_out_xattr (struct run *run, const char *path, const char *why,
                 const char *name)
{
  run->archive->incomplete = true;
  log_report (run->archive->log, LOG_LEVEL_WARNING,
              "left out of the archive", path,
              "an extended attribute %s: %s", why, name);
}

static void
check_xattrs (struct run *run, const char *path, const struct entry *entry)
{
  const struct members *members = run->archive->members;

  for (size_t i = 0; entry->xattrs != NULL && i < entry->xattrs->count; ++i) {
    const char *name = entry->xattrs->list[i].name;

    if (!tar_writer_takes_xattr (name))
      leave_out_xattr (run, path, "whose name a tar archive cannot hold",
                       name);
    else if (members->leaves_out_xattr != NULL
             && members->leaves_out_xattr (name))
      leave_out_xattr (run, path, "that container runtimes act on",
                       name);
  }
}

static errint_t
begin (struct run *run, struct tar_header *header)
{
  errint_t err;

  header->leaves_out_xattr = run->archive->members->leaves_out_xattr;
  err = tar_writer_begin (run->writer, header);
  if (err == -EINVAL)
    leave_out (run, header->path, "a tar archive cannot hold it");
  return err;
}

/* The manifest */

static bool
has_hashable_size (const struct file_content *content)
{
  return !content->sparse
    || content->size - extents_total (&content->data) <= HASHED_HOLES_MAX;
}

static void
hash (struct manifest *manifest, const uint8_t *bytes, uint64_t length)
{
  static const uint8_t zeros[64 * 1024];

  if (bytes != NULL)
    manifest_update (manifest, bytes, (size_t) length);
  while (bytes == NULL && length > 0) {
    size_t part = length < sizeof zeros ? (size_t) length : sizeof zeros;

    manifest_update (manifest, zeros, part);
    length -= part;
  }
}

static void
add_line (struct run *run, const struct member *member, const char *path)
{
  uint8_t digest[32];

  manifest_end (run->archive->manifest, digest);
  manifest_add (run->archive->manifest, digest, path);
  if (member->group != NULL) {
    memcpy (member->group->digest, digest, sizeof digest);
    member->group->hashed = true;
  }
}

/* Files */

/* Writes the content behind its header.  The first *READY bytes are in the
 * buffer.  *WHOLE: nothing had to be made up. */
static errint_t
write_content (struct run *run, const struct file_content *content,
               const char *path, uint64_t ready, bool hashed, bool *whole)
{
  uint64_t length;
  errint_t err = 0;

  *whole = true;
  for (uint64_t offset = 0; offset < content->size && err == 0;
       offset += length) {
    bool hole;

    file_content_piece (content, offset, &length, &hole);
    if (!hole && *whole && ready == 0
        && file_content_read (content, offset, (size_t) length) < 0) {
      *whole = false;
      run->archive->incomplete = true;
      log_report (run->archive->log, LOG_LEVEL_WARNING,
                  "incomplete in the archive", path,
                  "zeros from byte %" PRIu64 " on, it cannot be read there",
                  offset);
      memset (run->buffer, 0, FILE_PIECE);
    }
    ready = hole ? ready : 0;
    err = tar_writer_data (run->writer, hole ? NULL : run->buffer, length);
    if (hashed)
      hash (run->archive->manifest, hole ? NULL : run->buffer, length);
    if (!hole)
      advance (run, length);
  }
  return err;
}

/* Reads the first piece that is no hole: *READY is its length. */
static errint_t
read_first (const struct file_content *content, uint64_t *ready)
{
  uint64_t offset = 0, length = 0;
  bool hole = true;

  *ready = 0;
  while (hole && offset < content->size) {
    file_content_piece (content, offset, &length, &hole);
    if (!hole)
      *ready = length;
    else
      offset += length;
  }
  return *ready == 0 ? 0
    : file_content_read (content, offset, (size_t) *ready);
}

static errint_t
add_open_file (struct run *run, const struct member *member,
               const char *path, const struct file_content *content,
               uint64_t ready)
{
  struct tar_header header = {
    .path = path, .metadata = member_metadata (member),
    .data = content->sparse ? &content->data : NULL,
  };
  bool hashed = run->archive->manifest != NULL;
  bool whole = false;
  errint_t err = begin (run, &header);

  if (err < 0)
    return err;
  if (hashed && !has_hashable_size (content)) {
    hashed = false;
    run->archive->incomplete = true;
    log_report (run->archive->log, LOG_LEVEL_WARNING,
                "left out of the manifest", path, "its holes are too large");
  }
  if (hashed)
    manifest_begin (run->archive->manifest);
  err = write_content (run, content, path, ready, hashed, &whole);
  if (err == 0 && hashed && whole)
    add_line (run, member, path);
  return err;
}

static errint_t
add_file (struct run *run, const struct member *member, const char *path)
{
  struct file_content content;
  uint64_t ready = 0;
  errint_t err = file_content_open (run->archive->delta, member->entry,
                                    (enum side) member->side, run->buffer,
                                    &content);

  if (err == 0)
    err = read_first (&content, &ready);
  if (err == -ENOMEM) {
    file_content_clear (&content);
    return err;
  }
  if (err < 0) {
    leave_out (run, path, err == -EFBIG ? "its holes are too many or too "
               "large" : "it cannot be read");
    err = -EINVAL;
  }
  else
    err = add_open_file (run, member, path, &content, ready);
  file_content_clear (&content);
  return err;
}

static errint_t
add_link (struct run *run, const struct member *member, const char *path)
{
  struct tar_header header = {
    .path = path, .metadata = member_metadata (member),
    .link = member->group->path,
  };
  errint_t err = begin (run, &header);

  if (err == 0 && member->group->hashed)
    manifest_add (run->archive->manifest, member->group->digest, path);
  return err;
}

/* Members */

/* -EINVAL: it was left out. */
static errint_t
add_told_member (struct run *run, const struct member *member,
                 const char *path)
{
  const struct entry *entry = metadata_of (member);
  struct tar_header header = { .path = path, .metadata = entry };

  if (member->group != NULL && member->group->path != NULL)
    return add_link (run, member, path);
  check_xattrs (run, path, entry);
  return entry->type == ENTRY_FILE && !member->whiteout
    ? add_file (run, member, path) : begin (run, &header);
}

static errint_t
add_member (struct run *run, const struct member *member)
{
  CLEANUP_FREE char *path = member_path (run->archive->members, member);
  const char *refused = refusal (metadata_of (member));
  errint_t err;

  if (path == NULL)
    return -ENOMEM;
  if (refused != NULL) {
    leave_out (run, path, refused);
    return 0;
  }
  if (metadata_of (member)->type == ENTRY_SOCKET) {
    log_report (run->archive->log, LOG_LEVEL_WARNING,
                "left out of the archive", path,
                "a tar archive holds no sockets");
    return 0;
  }
  err = add_told_member (run, member, path);
  if (err == 0 && member->group != NULL && member->group->path == NULL)
    member->group->path = steal_pointer (&path);
  return err == -EINVAL ? 0 : err;
}

static errint_t
add_members (struct run *run)
{
  const struct members *members = run->archive->members;
  errint_t err = 0;

  for (size_t i = 0; i < members->count; ++i)
    run->total += weight (&members->list[i]);
  for (size_t i = 0; i < members->count && err == 0; ++i) {
    err = add_member (run, &members->list[i]);
    advance (run, MEMBER_WEIGHT);
  }
  return err;
}

errint_t
archive_delta (struct archive_delta *archive)
{
  CLEANUP (tar_writer_free) struct tar_writer *writer = NULL;
  CLEANUP_FREE_BYTES uint8_t *buffer = malloc (FILE_PIECE);
  struct run run = { .archive = archive, .buffer = buffer };
  errint_t err = buffer == NULL ? -ENOMEM
    : tar_writer_new (archive->stream, archive->acls_as_xattrs, &writer);

  archive->incomplete = archive->members->incomplete;
  run.writer = writer;
  if (err == 0)
    err = add_members (&run);
  if (err == 0)
    err = tar_writer_end (writer);
  return err;
}
