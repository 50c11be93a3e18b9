/* SPDX-License-Identifier: MIT */
/*
 * Which kind of preview a value gets. Pure functions.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-show-as.h"

#include <gio/gio.h>
#include <string.h>

/* A longer ending is a part of a name with a dot in it. */
#define MAX_ENDING 8

static const char *const names[] = { "guess", "image", "media", "text", "tree", "bytes" };

const char *
coffer_show_as_get_name (CofferShowAs self)
{
  g_return_val_if_fail (self <= COFFER_SHOW_BYTES, names[0]);

  return names[self];
}

CofferShowAs
coffer_show_as_from_name (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (names[i], name) == 0)
      return i;

  return COFFER_SHOW_GUESS;
}

/* Ogg may hold either, and is told from its streams only. */
static gboolean
is_media (const char *content_type)
{
  return g_str_has_prefix (content_type, "video/") || g_str_has_prefix (content_type, "audio/") ||
         g_content_type_is_a (content_type, "application/ogg") || g_str_equal (content_type, "application/x-matroska");
}

/* Data that say what they are, most of them behind a header. JSON is a text, too. */
static const char *const format_types[COFFER_N_TREE_FORMATS] = {
  "application/json", "application/vnd.msgpack", "application/cbor", "application/x-python-pickle", "application/x-datapacker",
};

const char *
coffer_show_as_get_type (CofferTreeFormat format)
{
  g_return_val_if_fail (format < COFFER_N_TREE_FORMATS, NULL);

  return format_types[format];
}

gboolean
coffer_show_as_find_format (const char       *content_type,
                            CofferTreeFormat *format)
{
  for (*format = 0; *format < COFFER_N_TREE_FORMATS; (*format)++)
    if (g_content_type_is_a (content_type, format_types[*format]))
      return TRUE;

  return FALSE;
}

static CofferContentKind
guess_kind (const CofferValueFacts *facts)
{
  CofferTreeFormat format;

  if (g_str_has_prefix (facts->content_type, "image/"))
    return COFFER_CONTENT_IMAGE;
  if (is_media (facts->content_type))
    return COFFER_CONTENT_MEDIA;
  if (coffer_show_as_find_format (facts->content_type, &format))
    return COFFER_CONTENT_TREE;
  if (g_content_type_is_a (facts->content_type, "text/plain"))
    return COFFER_CONTENT_TEXT;

  return COFFER_CONTENT_BYTES;
}

CofferContentKind
coffer_show_as_get_kind (CofferShowAs            self,
                         const CofferValueFacts *facts)
{
  if (self == COFFER_SHOW_BYTES)
    return COFFER_CONTENT_BYTES;
  if (facts->size <= facts->data_offset)
    return COFFER_CONTENT_EMPTY;

  switch (self)
    {
    case COFFER_SHOW_IMAGE:
      return COFFER_CONTENT_IMAGE;
    case COFFER_SHOW_MEDIA:
      return COFFER_CONTENT_MEDIA;
    case COFFER_SHOW_TEXT:
      return COFFER_CONTENT_TEXT;
    case COFFER_SHOW_TREE:
      return COFFER_CONTENT_TREE;
    case COFFER_SHOW_GUESS:
    case COFFER_SHOW_BYTES:
    default:
      return guess_kind (facts);
    }
}

static gssize
find_last (const char *bytes,
           gsize       size,
           const char *any)
{
  for (gsize i = size; i > 0; i--)
    if (bytes[i - 1] != '\0' && strchr (any, bytes[i - 1]) != NULL)
      return i - 1;

  return -1;
}

GBytes *
coffer_show_as_dup_pattern (const CofferKey *key)
{
  gsize size;
  const char *bytes = g_bytes_get_data (coffer_key_get_bytes (key), &size);
  gssize separator = find_last (bytes, size, "/:");
  gssize dot = find_last (bytes, size, ".");
  GByteArray *pattern = g_byte_array_new ();

  g_byte_array_append (pattern, (const guint8 *) bytes, separator + 1);
  g_byte_array_append (pattern, (const guint8 *) "*", 1);
  if (dot > separator && size - dot <= MAX_ENDING)
    g_byte_array_append (pattern, (const guint8 *) bytes + dot, size - dot);

  return g_byte_array_free_to_bytes (pattern);
}
