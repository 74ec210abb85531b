/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Entries through libarchive.
 *
 * Its pax writer takes names that are UTF-8 as they are, but with two
 * surrogates in a row it "repairs" them into another name, and it tells all
 * others with "hdrcharset=BINARY", which GNU tar warns of.  So there are two
 * writers that share the stream: one for names that are UTF-8 beyond doubt,
 * one that converts nothing.  Entries do not depend on each other, so that they
 * can be mixed; the first one also writes the end.
 */
#include <config.h>

#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>

#include "quote.h"
#include "tar_acl.h"
#include "tar_writer.h"

struct tar_writer {
  struct stream *stream;
  bool acls_as_xattrs;
  locale_t utf8;                /* or 0 */
  struct archive *text, *binary;
  struct archive *current;      /* of the entry that was begun */
  bool below_zero;              /* its header is being written, and its mtime
                                 * lies between -1 s and 0 */
};

/* The value of the record "mtime" if BYTES are the records of a pax header,
 * "LENGTH KEY=VALUE\n" one after the other and nothing else; otherwise NULL. */
static const char *
find_mtime (const char *bytes, size_t length)
{
  const char *end = bytes + length, *found = NULL;

  while (bytes < end) {
    const char *record = bytes;
    size_t size = 0, left = (size_t) (end - record);

    for (; bytes < end && *bytes >= '0' && *bytes <= '9' && size <= left;
         ++bytes)
      size = size * 10 + (size_t) (*bytes - '0');
    if (size > left || size < (size_t) (bytes - record) + 2
        || *bytes != ' ' || record[size - 1] != '\n')
      return NULL;
    if (size > (size_t) (bytes - record) + 8
        && memcmp (bytes, " mtime=", 7) == 0)
      found = bytes + 7;
    bytes = record + size;
  }
  return found;
}

/* libarchive has no sign where the seconds are zero: -0.5 would be 0.5.  Such
 * an entry is begun as if it were one second older, and the record that says
 * so, -1.5, is put right here. */
static errint_t
write_header (struct tar_writer *writer, const char *bytes, size_t length)
{
  const char *mtime = find_mtime (bytes, length);
  size_t before;
  errint_t err;

  if (mtime == NULL || strncmp (mtime, "-1.", 3) != 0)
    return stream_write (writer->stream, bytes, length);
  before = (size_t) (mtime - bytes) + 1;
  err = stream_write (writer->stream, bytes, before);
  if (err == 0)
    err = stream_write (writer->stream, "0", 1);
  return err < 0 ? err
    : stream_write (writer->stream, bytes + before + 1, length - before - 1);
}

static la_ssize_t
write_to_stream (struct archive *archive, void *opaque, const void *bytes,
                 size_t length)
{
  struct tar_writer *writer = opaque;
  errint_t err = writer->below_zero ? write_header (writer, bytes, length)
    : stream_write (writer->stream, bytes, length);

  if (err < 0) {
    archive_set_error (archive, -err, "cannot write");
    return -1;
  }
  return (la_ssize_t) length;
}

static struct archive *
open_archive (struct tar_writer *writer, bool binary)
{
  struct archive *archive = archive_write_new ();

  if (archive != NULL
      && archive_write_set_format_pax (archive) == ARCHIVE_OK
      && archive_write_set_format_option (archive, "pax", "xattrheader",
                                          "SCHILY") == ARCHIVE_OK
      && (!binary
          || archive_write_set_format_option (archive, "pax", "hdrcharset",
                                              "BINARY") == ARCHIVE_OK)
      && archive_write_set_bytes_per_block (archive, 0) == ARCHIVE_OK
      && archive_write_open (archive, writer, NULL, write_to_stream, NULL)
      == ARCHIVE_OK)
    return archive;
  if (archive != NULL)
    archive_write_free (archive);
  return NULL;
}

errint_t
tar_writer_new (struct stream *stream, bool acls_as_xattrs,
                struct tar_writer **result)
{
  CLEANUP (tar_writer_free) struct tar_writer *writer =
    calloc (1, sizeof *writer);

  if (writer == NULL)
    return -ENOMEM;
  writer->stream = stream;
  writer->acls_as_xattrs = acls_as_xattrs;
  /* Without it names that are not ASCII are told as binary. */
  writer->utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  writer->text = open_archive (writer, false);
  writer->binary = open_archive (writer, true);
  if (writer->text == NULL || writer->binary == NULL)
    return -ENOMEM;
  *result = steal_pointer (&writer);
  return 0;
}

/* Without the end of an archive, which tar_writer_end writes. */
static void
free_archive (struct archive *archive)
{
  if (archive == NULL)
    return;
  archive_write_fail (archive);
  archive_write_free (archive);
}

void
tar_writer_free (struct tar_writer *writer)
{
  free_archive (writer->text);
  free_archive (writer->binary);
  if (writer->utf8 != (locale_t) 0)
    freelocale (writer->utf8);
  free (writer);
}

/* libarchive escapes what might be mistaken; tar programs take back "=" and
 * "%" alone. */
bool
tar_writer_takes_xattr (const char *name)
{
  if (name[0] == '\0')
    return false;
  for (; *name != '\0'; ++name)
    if (*name <= ' ' || *name > '~')
      return false;
  return true;
}

static void
set_xattrs (const struct tar_writer *writer, const struct tar_header *header,
            struct archive_entry *to)
{
  const struct entry_xattrs *xattrs = header->metadata->xattrs;

  for (size_t i = 0; xattrs != NULL && i < xattrs->count; ++i) {
    const struct entry_xattr *xattr = &xattrs->list[i];

    if (!tar_writer_takes_xattr (xattr->name)
        || (header->leaves_out_xattr != NULL
            && header->leaves_out_xattr (xattr->name))
        || (!writer->acls_as_xattrs && tar_acl_add (to, xattr)))
      continue;
    archive_entry_xattr_add_entry (to, xattr->name, xattr->value,
                                   xattr->length);
  }
}

static void
set_holes (struct archive_entry *to, const struct extents *data,
           uint64_t size)
{
  /* One that is nothing but a hole is told by an empty part at its end. */
  if (data->count == 0)
    archive_entry_sparse_add_entry (to, (la_int64_t) size, 0);
  for (size_t i = 0; i < data->count; ++i)
    archive_entry_sparse_add_entry (to, (la_int64_t) data->list[i].offset,
                                    (la_int64_t) data->list[i].length);
}

static bool
is_below_zero (const struct entry_time *time)
{
  return time->seconds == -1 && time->nanoseconds > 0;
}

/* For libarchive the nanoseconds have the sign of the seconds. */
static void
set_mtime (struct archive_entry *to, const struct entry_time *mtime)
{
  int64_t seconds = mtime->seconds;
  uint32_t nanoseconds = mtime->nanoseconds;

  if (seconds < 0 && nanoseconds > 0) {
    nanoseconds = 1000000000 - nanoseconds;
    if (!is_below_zero (mtime))
      seconds++;
  }
  archive_entry_set_mtime (to, seconds, (long) nanoseconds);
}

static void
fill_entry (const struct tar_writer *writer, const struct tar_header *header,
            struct archive_entry *to)
{
  const struct entry *from = header->metadata;

  archive_entry_copy_pathname (to, header->path);
  archive_entry_set_mode (to, entry_mode (from));
  archive_entry_set_uid (to, from->uid);
  archive_entry_set_gid (to, from->gid);
  set_mtime (to, &from->mtime);
  if (header->link != NULL) {
    archive_entry_copy_hardlink (to, header->link);
    return;
  }
  if (from->type == ENTRY_SYMLINK)
    archive_entry_copy_symlink (to, from->target);
  if (from->type == ENTRY_BLOCK || from->type == ENTRY_CHAR) {
    archive_entry_set_rdevmajor (to, from->major);
    archive_entry_set_rdevminor (to, from->minor);
  }
  if (from->type == ENTRY_FILE) {
    archive_entry_set_size (to, (la_int64_t) from->size);
    if (header->data != NULL)
      set_holes (to, header->data, from->size);
  }
  set_xattrs (writer, header, to);
}

static bool
is_utf8 (const char *text)
{
  return text == NULL || quote_is_utf8 (text, strlen (text));
}

static errint_t
result_of (const struct tar_writer *writer, int result)
{
  errint_t err = stream_error (writer->stream);

  if (result >= ARCHIVE_WARN)
    return 0;
  if (err < 0)
    return err;
  return result == ARCHIVE_FAILED ? -EINVAL : -ENOMEM;
}

errint_t
tar_writer_begin (struct tar_writer *writer, const struct tar_header *header)
{
  struct archive_entry *entry = archive_entry_new ();
  locale_t before = (locale_t) 0;
  int result;

  if (entry == NULL)
    return -ENOMEM;
  fill_entry (writer, header, entry);
  writer->current = is_utf8 (header->path) && is_utf8 (header->link)
    && is_utf8 (header->metadata->target) ? writer->text : writer->binary;
  if (writer->utf8 != (locale_t) 0)
    before = uselocale (writer->utf8);
  /* What is left to do for the entry before comes before this one. */
  archive_write_finish_entry (writer->text);
  archive_write_finish_entry (writer->binary);
  writer->below_zero = is_below_zero (&header->metadata->mtime);
  result = archive_write_header (writer->current, entry);
  writer->below_zero = false;
  if (before != (locale_t) 0)
    uselocale (before);
  archive_entry_free (entry);
  return result_of (writer, result);
}

errint_t
tar_writer_data (struct tar_writer *writer, const void *bytes,
                 uint64_t length)
{
  while (length > 0) {
    la_ssize_t written =
      archive_write_data (writer->current, bytes,
                          length < INT_MAX ? (size_t) length : INT_MAX);

    if (written <= 0)
      return result_of (writer, ARCHIVE_FATAL);
    if (bytes != NULL)
      bytes = (const char *) bytes + written;
    length -= (uint64_t) written;
  }
  return 0;
}

errint_t
tar_writer_end (struct tar_writer *writer)
{
  archive_write_finish_entry (writer->text);
  archive_write_finish_entry (writer->binary);
  return result_of (writer, archive_write_close (writer->text));
}
