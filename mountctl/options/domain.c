/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asking libvirt, see domain.h.  The definition of a domain is the host's
 * administrator's, not the guest's.
 */
#include <config.h>

#include "cleanup.h"
#include "domain.h"
#include "process.h"

#ifndef HAVE_LIBVIRT

errint_t
domain_find (struct options *options, const struct log *log)
{
  log_report (log, LOG_LEVEL_ERROR, "cannot find the domain", options->domain,
              "this deltafs was built without libvirt");
  log_hint (log, "name its disk's image as OVERLAY (virsh domblklist)");
  return -ENOTSUP;
}

#else

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <libxml/uri.h>
#include <libxml/xpath.h>

#define LIBRARY "libvirt.so.0"
/* The answer: three strings, each with its NUL. */
#define ANSWER_LIMIT 16384
#define TARGETS_LIMIT 512

static const char cannot_find[] = "cannot find the domain";
static const char cannot_choose[] = "cannot choose a disk";

/* What is asked of the library; it brings much along that only --domain needs,
 * so that it is not linked. */
#define CALLS(CALL)                                                        \
  CALL (virConnectClose)                                                   \
  CALL (virConnectGetURI)                                                  \
  CALL (virConnectOpenReadOnly)                                            \
  CALL (virDomainFree)                                                     \
  CALL (virDomainGetXMLDesc)                                               \
  CALL (virDomainLookupByName)                                             \
  CALL (virDomainLookupByUUIDString)                                       \
  CALL (virGetLastErrorMessage)                                            \
  CALL (virSetErrorFunc)

#define POINTER(name) __typeof__ (name) *name;

struct library {
  CALLS (POINTER)
};

/* What the child works with. */
struct inquiry {
  const struct options *options;
  const struct log *log;
  struct library library;
  virConnectPtr connection;
  const char *target;           /* of the disk, or NULL for the only one */
};

static bool
load (struct library *library)
{
  void *handle = dlopen (LIBRARY, RTLD_NOW | RTLD_LOCAL);
  bool complete = handle != NULL;

#define FIND(name)                                                         \
  if (complete) {                                                          \
    library->name = (__typeof__ (name) *) dlsym (handle, #name);           \
    complete = library->name != NULL;                                      \
  }
  CALLS (FIND)
  return complete;
}

/* Its messages are ours to print. */
static void
say_nothing (void *opaque __attribute__ ((unused)),
             virErrorPtr err __attribute__ ((unused)))
{
}

/* The same for libxml2, which libvirt uses, too. */
static void say_nothing_of_xml (void *opaque, const char *format, ...)
  __attribute__ ((format (printf, 2, 3)));

static void
say_nothing_of_xml (void *opaque __attribute__ ((unused)),
                    const char *format __attribute__ ((unused)), ...)
{
}

/* The paths that libvirt tells are those of the host that it runs on. */
static errint_t
check_host (const struct inquiry *inquiry, const char *text)
{
  xmlURIPtr uri = text != NULL ? xmlParseURI (text) : NULL;
  errint_t err = 0;

  if (uri != NULL && uri->server != NULL && uri->server[0] != '\0'
      && strcmp (uri->server, "localhost") != 0) {
    log_report (inquiry->log, LOG_LEVEL_ERROR, cannot_find,
                inquiry->options->domain, "its images are on another host, %s",
                uri->server);
    log_hint (inquiry->log, "run deltafs there, or name the image by a URI "
              "(ssh://, nbd://, https://)");
    err = -EINVAL;
  }
  xmlFreeURI (uri);
  return err;
}

static errint_t
connect_to (struct inquiry *inquiry)
{
  const struct options *options = inquiry->options;
  struct library *library = &inquiry->library;
  CLEANUP_FREE char *uri = NULL;
  errint_t err = check_host (inquiry, options->connect);

  if (err < 0)
    return err;
  if (!load (library)) {
    log_report (inquiry->log, LOG_LEVEL_ERROR, cannot_find, options->domain,
                "%s cannot be loaded", LIBRARY);
    log_hint (inquiry->log, "install libvirt's library (Debian: libvirt0)");
    return -ENOTSUP;
  }
  library->virSetErrorFunc (NULL, say_nothing);
  xmlSetGenericErrorFunc (NULL, say_nothing_of_xml);
  inquiry->connection = library->virConnectOpenReadOnly (options->connect);
  if (inquiry->connection != NULL) {
    /* It may have been an alias, or the default one. */
    uri = library->virConnectGetURI (inquiry->connection);
    return check_host (inquiry, uri);
  }
  log_report (inquiry->log, LOG_LEVEL_ERROR, "cannot connect to libvirt",
              options->connect, "%s", library->virGetLastErrorMessage ());
  if (options->connect == NULL)
    log_hint (inquiry->log, "say where with --connect (qemu:///system, "
              "qemu:///session)");
  return -EIO;
}

static virDomainPtr
look_up (const struct inquiry *inquiry, const char *name)
{
  const struct library *library = &inquiry->library;
  virDomainPtr domain =
    library->virDomainLookupByName (inquiry->connection, name);

  return domain != NULL ? domain
    : library->virDomainLookupByUUIDString (inquiry->connection, name);
}

/* The definition as XML, owned by the caller.  A name may have a colon in it:
 * the whole is tried first.  NULL, reported. */
static char *
find_definition (struct inquiry *inquiry)
{
  const struct library *library = &inquiry->library;
  const char *whole = inquiry->options->domain;
  const char *colon = strrchr (whole, ':');
  CLEANUP_FREE char *refusal = NULL;
  virDomainPtr domain = library->virDomainLookupByName (inquiry->connection,
                                                        whole);
  char *xml = NULL;

  if (domain == NULL) {
    CLEANUP_FREE char *name = colon == NULL ? strdup (whole)
      : strndup (whole, (size_t) (colon - whole));

    refusal = strdup (library->virGetLastErrorMessage ());
    domain = name != NULL ? look_up (inquiry, name) : NULL;
    if (domain != NULL && colon != NULL)
      inquiry->target = colon + 1;
  }
  if (domain != NULL) {
    xml = library->virDomainGetXMLDesc (domain, 0);
    library->virDomainFree (domain);
  }
  if (xml == NULL)
    log_report (inquiry->log, LOG_LEVEL_ERROR, cannot_find, whole, "%s",
                domain == NULL && refusal != NULL ? refusal
                : library->virGetLastErrorMessage ());
  return xml;
}

/* The string value of an XPath at NODE, "" for nothing; owned by the caller. */
static char *
value_at (xmlXPathContextPtr context, xmlNodePtr node, const char *path)
{
  xmlXPathObjectPtr found;
  xmlChar *value;
  char *copy;

  context->node = node;
  found = xmlXPathEvalExpression ((const xmlChar *) path, context);
  value = found != NULL ? xmlXPathCastToString (found) : NULL;
  copy = strdup (value != NULL ? (const char *) value : "");
  xmlFree (value);
  xmlXPathFreeObject (found);
  return copy;
}

/* Appends what libvirt calls the disk to "vda, vdb". */
static void
add_target (char *targets, const char *target)
{
  const size_t used = strlen (targets);

  snprintf (targets + used, TARGETS_LIMIT - used, "%s%s",
            used == 0 ? "" : ", ", target);
}

/* The disk that is meant, or NULL, reported. */
static xmlNodePtr
choose_disk (const struct inquiry *inquiry, xmlXPathContextPtr context,
             const xmlNodeSet *disks)
{
  const char *domain = inquiry->options->domain;
  const int count = disks != NULL ? disks->nodeNr : 0;
  char targets[TARGETS_LIMIT] = "", example[64] = "";

  for (int i = 0; i < count; ++i) {
    CLEANUP_FREE char *target = value_at (context, disks->nodeTab[i],
                                          "target/@dev");

    if (target == NULL)
      return NULL;
    if (inquiry->target != NULL ? strcmp (target, inquiry->target) == 0
        : count == 1)
      return disks->nodeTab[i];
    if (i == 0)
      snprintf (example, sizeof example, "%s", target);
    add_target (targets, target);
  }
  if (count == 0)
    log_report (inquiry->log, LOG_LEVEL_ERROR, cannot_choose, domain,
                "it has none");
  else if (inquiry->target != NULL)
    log_report (inquiry->log, LOG_LEVEL_ERROR, cannot_choose, domain,
                "it has no %s, but %s", inquiry->target, targets);
  else {
    log_report (inquiry->log, LOG_LEVEL_ERROR, cannot_choose, domain,
                "it has several: %s", targets);
    log_hint (inquiry->log, "name one: --domain %s:%s", domain, example);
  }
  return NULL;
}

/* Adds a string and its NUL to the answer. */
static bool
add_string (char *answer, size_t *length, char *string)
{
  CLEANUP_FREE char *owned = string;
  const size_t size = string != NULL ? strlen (string) + 1 : 0;

  if (size == 0 || size > ANSWER_LIMIT - *length)
    return false;
  memcpy (answer + *length, string, size);
  *length += size;
  return true;
}

static errint_t
describe_disk (const struct inquiry *inquiry, xmlXPathContextPtr context,
               xmlNodePtr disk, char *answer, size_t *length)
{
  const char *domain = inquiry->options->domain;
  CLEANUP_FREE char *image = value_at (context, disk,
                                       "string(source/@file | source/@dev)");
  CLEANUP_FREE char *type = value_at (context, disk, "@type");

  if (image != NULL && type != NULL && image[0] != '/') {
    log_report (inquiry->log, LOG_LEVEL_ERROR, cannot_find, domain,
                "the disk is of type %s, which is not a local image", type);
    log_hint (inquiry->log, "name its image as OVERLAY; deltafs(1) lists the "
              "URIs that can be used");
    return -EINVAL;
  }
  if (!add_string (answer, length, steal_pointer (&image))
      || !add_string (answer, length,
                      value_at (context, disk, "driver/@type"))
      || !add_string (answer, length,
                      value_at (context, disk, "backingStore/format/@type")))
    return log_error (inquiry->log, -ENOMEM, cannot_find, domain);
  return 0;
}

static errint_t
read_definition (const struct inquiry *inquiry, const char *xml,
                 char *answer, size_t *length)
{
  static const char path[] = "/domain/devices/disk[source]"
    "[not(@device) or @device='disk']";
  xmlDocPtr document = xmlReadMemory (xml, (int) strlen (xml), NULL, NULL,
                                      XML_PARSE_NONET | XML_PARSE_NOERROR
                                      | XML_PARSE_NOWARNING);
  xmlXPathContextPtr context = document != NULL
    ? xmlXPathNewContext (document) : NULL;
  xmlXPathObjectPtr disks = context != NULL
    ? xmlXPathEvalExpression ((const xmlChar *) path, context) : NULL;
  errint_t err = -EINVAL;

  if (disks == NULL)
    log_report (inquiry->log, LOG_LEVEL_ERROR, cannot_find,
                inquiry->options->domain, "its definition is not XML");
  else {
    xmlNodePtr disk = choose_disk (inquiry, context, disks->nodesetval);

    if (disk != NULL)
      err = describe_disk (inquiry, context, disk, answer, length);
  }
  xmlXPathFreeObject (disks);
  xmlXPathFreeContext (context);
  xmlFreeDoc (document);
  return err;
}

/* The child's work. */
static void ask (const struct options *options, const struct log *log, int fd)
  __attribute__ ((noreturn));

static void
ask (const struct options *options, const struct log *log, int fd)
{
  struct inquiry inquiry = { .options = options, .log = log };
  char answer[ANSWER_LIMIT], *xml = NULL;
  size_t length = 0;
  errint_t err = connect_to (&inquiry);

  if (err == 0 && (xml = find_definition (&inquiry)) == NULL)
    err = -ENOENT;
  if (err == 0)
    err = read_definition (&inquiry, xml, answer, &length);
  free (xml);
  if (inquiry.connection != NULL)
    inquiry.library.virConnectClose (inquiry.connection);
  if (err == 0 && write (fd, answer, length) != (ssize_t) length)
    err = -EIO;
  _exit (-err);
}

/* All that comes until the other end is closed. */
static size_t
read_answer (int fd, char *answer)
{
  size_t length = 0;
  ssize_t got;

  do {
    got = read (fd, answer + length, ANSWER_LIMIT - length);
    if (got > 0)
      length += (size_t) got;
  } while (got > 0 || (got < 0 && errno == EINTR));
  return length;
}

/* What the child said about the disk: its image, its format and its backing
 * file's. */
static errint_t
take_answer (struct options *options, const char *answer, size_t length)
{
  CLEANUP_FREE char *copy = malloc (length);
  const char *format, *backing;

  if (copy == NULL)
    return -ENOMEM;
  memcpy (copy, answer, length);
  format = copy + strlen (copy) + 1;
  backing = format + strlen (format) + 1;
  if (options->format == NULL && format[0] != '\0')
    options->format = format;
  if (options->base == NULL && options->base_format == NULL
      && backing[0] != '\0')
    options->base_format = backing;
  options_set_overlay (options, steal_pointer (&copy));
  return 0;
}

errint_t
domain_find (struct options *options, const struct log *log)
{
  char answer[ANSWER_LIMIT];
  size_t length;
  int ends[2], status;
  errint_t err;
  pid_t child;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return log_error (log, -errno, cannot_find, options->domain);
  child = fork ();
  if (child == 0)
    ask (options, log, ends[1]);
  err = child < 0 ? -errno : 0;
  close (ends[1]);
  length = read_answer (ends[0], answer);
  close (ends[0]);
  if (err < 0)
    return log_error (log, err, cannot_find, options->domain);
  err = process_wait (child, &status);
  if (err < 0)
    return log_error (log, err, cannot_find, options->domain);
  if (WIFEXITED (status) && WEXITSTATUS (status) != 0)
    return -WEXITSTATUS (status);       /* reported */
  if (!WIFEXITED (status) || length == 0)
    return log_error (log, -EIO, cannot_find, options->domain);
  err = take_answer (options, answer, length);
  if (err < 0)
    return log_error (log, err, cannot_find, options->domain);
  log_detail (log, "%s: %s (%s)", options->domain, options->operands[0],
              options->format != NULL ? options->format : "no format stated");
  return 0;
}

#endif
