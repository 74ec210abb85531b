/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parsing LVM2's text metadata: see lvm_text.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "lvm_text.h"

struct parser {
  struct lvm_text *text;
  char *at;                     /* what comes next; a NUL ends the text */
  unsigned depth;
  /* What is open, from the whole text on, and the last child of each. */
  uint32_t open[LVM_TEXT_DEPTH_MAX + 1], last[LVM_TEXT_DEPTH_MAX + 1];
};

/* A new child of what is open.  -EINVAL where there are too many. */
static errint_t
add_node (struct parser *parser, enum lvm_text_kind kind, const char *name,
          uint32_t *index)
{
  struct lvm_text *text = parser->text;
  uint32_t *last = &parser->last[parser->depth];

  if (text->count == text->capacity) {
    const uint32_t capacity = text->capacity * 2;
    struct lvm_text_node *nodes;

    if (text->count >= LVM_TEXT_NODES_MAX)
      return -EINVAL;
    nodes = reallocarray (text->nodes, capacity, sizeof *nodes);
    if (nodes == NULL)
      return -ENOMEM;
    text->nodes = nodes;
    text->capacity = capacity;
  }
  *index = text->count++;
  text->nodes[*index] = (struct lvm_text_node) { .kind = kind, .name = name };
  if (*last == 0)
    text->nodes[parser->open[parser->depth]].first = *index;
  else
    text->nodes[*last].next = *index;
  *last = *index;
  return 0;
}

static errint_t
enter (struct parser *parser, uint32_t index)
{
  if (parser->depth == LVM_TEXT_DEPTH_MAX)
    return -EINVAL;
  parser->open[++parser->depth] = index;
  parser->last[parser->depth] = 0;
  return 0;
}

static bool
is_space (char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_space (struct parser *parser)
{
  for (;;) {
    while (is_space (*parser->at))
      ++parser->at;
    if (*parser->at != '#')
      return;
    while (*parser->at != '\0' && *parser->at != '\n')
      ++parser->at;
  }
}

static bool
is_name (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
    || (c >= '0' && c <= '9') || (c != '\0' && strchr ("_-.+/", c) != NULL);
}

/* Takes the quotes and backslashes off in place. */
static errint_t
parse_string (struct parser *parser, const char **string)
{
  char *from = parser->at + 1, *to = from;

  *string = to;
  for (; *from != '"'; ++from) {
    if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
      ++from;
    if (*from == '\0')
      return -EINVAL;
    *to++ = *from;
  }
  parser->at = from + 1;
  *to = '\0';
  return 0;
}

static errint_t
parse_number (struct parser *parser, struct lvm_text_node *node)
{
  const char *start = parser->at;

  node->kind = LVM_TEXT_NUMBER;
  if (*parser->at == '-' || *parser->at == '+') {
    node->kind = LVM_TEXT_OTHER;
    ++parser->at;
  }
  for (; (*parser->at >= '0' && *parser->at <= '9') || *parser->at == '.';
       ++parser->at)
    if (*parser->at == '.')
      node->kind = LVM_TEXT_OTHER;
    else if (node->kind == LVM_TEXT_NUMBER
             && (__builtin_mul_overflow (node->number, 10, &node->number)
                 || __builtin_add_overflow (node->number,
                                            (uint64_t) (*parser->at - '0'),
                                            &node->number)))
      return -EINVAL;
  return parser->at == start ? -EINVAL : 0;
}

/* A string or a number, as a child of what is open. */
static errint_t
parse_scalar (struct parser *parser, const char *name)
{
  struct lvm_text_node node = { .kind = LVM_TEXT_STRING };
  uint32_t index;
  errint_t err = *parser->at == '"' ? parse_string (parser, &node.string)
    : parse_number (parser, &node);

  if (err == 0)
    err = add_node (parser, node.kind, name, &index);
  if (err == 0) {
    parser->text->nodes[index].string = node.string;
    parser->text->nodes[index].number = node.number;
  }
  return err;
}

static errint_t
parse_list (struct parser *parser, const char *name)
{
  uint32_t index;
  errint_t err = add_node (parser, LVM_TEXT_LIST, name, &index);

  if (err == 0)
    err = enter (parser, index);
  if (err < 0)
    return err;
  ++parser->at;
  for (;;) {
    skip_space (parser);
    if (*parser->at == ']')
      break;
    if ((err = parse_scalar (parser, NULL)) < 0)
      return err;
    skip_space (parser);
    if (*parser->at == ',')
      ++parser->at;
    else if (*parser->at != ']')
      return -EINVAL;
  }
  ++parser->at;
  --parser->depth;
  return 0;
}

/* "NAME {" or "NAME = VALUE". */
static errint_t
parse_item (struct parser *parser)
{
  char *name = parser->at, *end;
  uint32_t index;
  char next;
  errint_t err;

  while (is_name (*parser->at))
    ++parser->at;
  end = parser->at;
  if (end == name)
    return -EINVAL;
  skip_space (parser);
  next = *parser->at;
  if (next != '{' && next != '=')
    return -EINVAL;
  *end = '\0';
  ++parser->at;
  if (next == '{') {
    err = add_node (parser, LVM_TEXT_SECTION, name, &index);
    return err == 0 ? enter (parser, index) : err;
  }
  skip_space (parser);
  return *parser->at == '[' ? parse_list (parser, name)
    : parse_scalar (parser, name);
}

static errint_t
parse (struct parser *parser)
{
  errint_t err = 0;

  while (err == 0) {
    skip_space (parser);
    if (*parser->at == '\0')
      return parser->depth == 0 ? 0 : -EINVAL;
    if (*parser->at != '}')
      err = parse_item (parser);
    else if (parser->depth == 0)
      err = -EINVAL;
    else {
      ++parser->at;
      --parser->depth;
    }
  }
  return err;
}

void
lvm_text_free (struct lvm_text *text)
{
  free (text->nodes);
  free (text->bytes);
  free (text);
}

errint_t
lvm_text_parse (const char *bytes, size_t length, struct lvm_text **result)
{
  CLEANUP (lvm_text_free) struct lvm_text *text = calloc (1, sizeof *text);
  struct parser parser = { .text = text };
  errint_t err;

  if (text == NULL)
    return -ENOMEM;
  text->capacity = 64;
  text->nodes = calloc (text->capacity, sizeof *text->nodes);
  text->bytes = malloc (length + 1);
  if (text->nodes == NULL || text->bytes == NULL)
    return -ENOMEM;
  memcpy (text->bytes, bytes, length);
  text->bytes[length] = '\0';
  text->nodes[0].kind = LVM_TEXT_SECTION;
  text->count = 1;
  parser.at = text->bytes;
  err = parse (&parser);
  if (err == 0)
    *result = steal_pointer (&text);
  return err;
}

uint32_t
lvm_text_find (const struct lvm_text *text, uint32_t parent,
               const char *name, enum lvm_text_kind kind)
{
  for (uint32_t i = text->nodes[parent].first; i != 0;
       i = text->nodes[i].next)
    if (text->nodes[i].name != NULL && strcmp (text->nodes[i].name, name) == 0)
      return text->nodes[i].kind == kind ? i : 0;
  return 0;
}

const char *
lvm_text_string (const struct lvm_text *text, uint32_t parent,
                 const char *name)
{
  const uint32_t index = lvm_text_find (text, parent, name, LVM_TEXT_STRING);

  return index != 0 ? text->nodes[index].string : NULL;
}

bool
lvm_text_number (const struct lvm_text *text, uint32_t parent,
                 const char *name, uint64_t *number)
{
  const uint32_t index = lvm_text_find (text, parent, name, LVM_TEXT_NUMBER);

  if (index != 0)
    *number = text->nodes[index].number;
  return index != 0;
}

bool
lvm_text_has (const struct lvm_text *text, uint32_t parent,
              const char *name, const char *string)
{
  const uint32_t list = lvm_text_find (text, parent, name, LVM_TEXT_LIST);

  if (list == 0)
    return false;
  for (uint32_t i = text->nodes[list].first; i != 0; i = text->nodes[i].next)
    if (text->nodes[i].kind == LVM_TEXT_STRING
        && strcmp (text->nodes[i].string, string) == 0)
      return true;
  return false;
}
