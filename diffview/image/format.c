/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names and magic numbers of image formats.
 */
#include <config.h>

#include <string.h>

#include "bytes.h"
#include "format.h"

static const struct image_format formats[] = {
  { "raw", false },
  { "qcow2", true },
  { "qcow", true },
  { "qed", true },
  { "vmdk", true },
  { "vdi", false },
  { "vhdx", false },
  { "vpc", false },
  { "parallels", false },
  { "dmg", false },
  { "bochs", false },
  { "cloop", false },
};

const struct image_format *
format_find (const char *name)
{
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; ++i)
    if (strcmp (name, formats[i].name) == 0)
      return &formats[i];
  return NULL;
}

const char *
format_names (void)
{
  return "raw qcow2 qcow qed vmdk vdi vhdx vpc parallels dmg bochs cloop";
}

errint_t
format_detect (const struct image_file *file,
               const struct image_format **format)
{
  /* VDI's signature follows 64 bytes of text. */
  unsigned char start[68];
  size_t got;
  errint_t error;

  *format = NULL;
  error = image_file_read (file, start, sizeof start, 0, &got);
  if (error != 0)
    return error;
  memset (start + got, 0, sizeof start - got);
  if (memcmp (start, "QFI\xfb", 4) == 0) {
    if (bytes_be32 (start + 4) >= 2)
      *format = format_find ("qcow2");
  }
  else if (memcmp (start, "KDMV", 4) == 0 || memcmp (start, "COWD", 4) == 0
           || memcmp (start, "# Disk DescriptorFile", 21) == 0)
    *format = format_find ("vmdk");
  else if (memcmp (start, "vhdxfile", 8) == 0)
    *format = format_find ("vhdx");
  else if (bytes_le32 (start + 64) == 0xbeda107f)
    *format = format_find ("vdi");
  return 0;
}
