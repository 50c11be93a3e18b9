/* SPDX-License-Identifier: MIT */
/*
 * A search: what keys it is for by their bytes, and what values by type and size. Made on the main thread, used on the lanes
 * and there by several walks at once; nothing in it changes but the counts of references and of keys given up, both atomic.
 */
#define G_LOG_DOMAIN "coffer-filter"

#include "coffer-filter.h"

#include "coffer-filter-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* After so many keys that were too hard for the expression, less is tried. */
#define PATIENCE 200

struct _CofferFilter {
  gatomicrefcount refs;
  CofferMatchMode mode;
  char *text;
  guint groups;
  guint64 min_size;
  guint64 max_size;

  /* The one of the mode; all NULL if every key matches. */
  CofferNeedle *needle;
  CofferGlob *glob;
  CofferExpression *expression;
  GBytes *bytes;

  int gave_up;
};

G_DEFINE_BOXED_TYPE (CofferFilter, coffer_filter, coffer_filter_ref, coffer_filter_unref)

/* ---- groups of types ---- */

typedef struct {
  const char *type;
  CofferGroup group;
} Exception;

/* Those whose name says something else, or nothing. */
static const Exception exceptions[] = {
  { "application/cbor", COFFER_GROUP_DATA },
  { "application/ecmascript", COFFER_GROUP_TEXT },
  { "application/javascript", COFFER_GROUP_TEXT },
  { "application/json", COFFER_GROUP_DATA },
  { "application/msgpack", COFFER_GROUP_DATA },
  { "application/mxf", COFFER_GROUP_VIDEO },
  { "application/ogg", COFFER_GROUP_AUDIO },
  { "application/sql", COFFER_GROUP_TEXT },
  { "application/toml", COFFER_GROUP_TEXT },
  { "application/vnd.apache.parquet", COFFER_GROUP_DATA },
  { "application/vnd.msgpack", COFFER_GROUP_DATA },
  { "application/vnd.rn-realmedia", COFFER_GROUP_VIDEO },
  { "application/x-datapacker", COFFER_GROUP_DATA },
  { "application/x-hdf", COFFER_GROUP_DATA },
  { "application/x-hdf5", COFFER_GROUP_DATA },
  { "application/x-matroska", COFFER_GROUP_VIDEO },
  { "application/x-npy", COFFER_GROUP_DATA },
  { "application/x-numpy", COFFER_GROUP_DATA },
  { "application/x-perl", COFFER_GROUP_TEXT },
  { "application/x-php", COFFER_GROUP_TEXT },
  { "application/x-python-pickle", COFFER_GROUP_DATA },
  { "application/x-ruby", COFFER_GROUP_TEXT },
  { "application/x-shellscript", COFFER_GROUP_TEXT },
  { "application/x-yaml", COFFER_GROUP_TEXT },
  { "application/xml", COFFER_GROUP_TEXT },
  { "application/yaml", COFFER_GROUP_TEXT },
};

/* @content_type (nullable): that of coffer_value_classify(); NULL, what cannot be read, is something other */
static CofferGroup
group_from_type (const char *content_type)
{
  if (content_type == NULL)
    return COFFER_GROUP_OTHER;
  if (g_str_has_prefix (content_type, "image/"))
    return COFFER_GROUP_IMAGE;
  if (g_str_has_prefix (content_type, "video/"))
    return COFFER_GROUP_VIDEO;
  if (g_str_has_prefix (content_type, "audio/"))
    return COFFER_GROUP_AUDIO;
  if (g_str_has_prefix (content_type, "text/"))
    return COFFER_GROUP_TEXT;
  for (guint i = 0; i < G_N_ELEMENTS (exceptions); i++)
    if (strcmp (content_type, exceptions[i].type) == 0)
      return exceptions[i].group;
  if (g_str_has_suffix (content_type, "+json") || g_str_has_suffix (content_type, "+cbor"))
    return COFFER_GROUP_DATA;
  return g_str_has_suffix (content_type, "+xml") ? COFFER_GROUP_TEXT : COFFER_GROUP_OTHER;
}

/* ---- bytes in words ---- */

static gboolean
is_separator (char c)
{
  return g_ascii_isspace (c) || c == ',';
}

/* One word of the text, with or without 0x. */
static gboolean
parse_digits (const char  *digits,
              gsize        len,
              GByteArray  *bytes,
              GError     **error)
{
  if (len >= 2 && digits[0] == '0' && (digits[1] | 0x20) == 'x')
    {
      digits += 2;
      len -= 2;
    }
  for (gsize i = 0; i < len; i++)
    if (!g_ascii_isxdigit (digits[i]))
      {
        const char *next = g_utf8_next_char (digits + i);

        g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("“%.*s” is not a hexadecimal digit"),
                     (int) (next - (digits + i)), digits + i);
        return FALSE;
      }
  if (len % 2 != 0 || len == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("A byte is two hexadecimal digits"));
      return FALSE;
    }
  for (gsize i = 0; i < len; i += 2)
    {
      guint8 byte = g_ascii_xdigit_value (digits[i]) << 4 | g_ascii_xdigit_value (digits[i + 1]);

      g_byte_array_append (bytes, &byte, 1);
    }
  return TRUE;
}

/* @bytes (out) (nullable): NULL if @text has none. Returns: FALSE if it is not made of pairs of hexadecimal digits */
static gboolean
parse_hex (const char  *text,
           GBytes     **bytes,
           GError     **error)
{
  g_autoptr(GByteArray) array = g_byte_array_new ();
  const char *p = text, *word;

  *bytes = NULL;
  for (;;)
    {
      while (is_separator (*p))
        p++;
      if (*p == '\0')
        break;
      for (word = p; *p != '\0' && !is_separator (*p); p++)
        ;
      if (!parse_digits (word, p - word, array, error))
        return FALSE;
    }
  if (array->len > 0)
    *bytes = g_byte_array_free_to_bytes (g_steal_pointer (&array));
  return TRUE;
}

/* ---- the filter ---- */

static gboolean
set_pattern (CofferFilter  *self,
             GError       **error)
{
  if (*self->text == '\0')
    return TRUE;
  switch (self->mode)
    {
    case COFFER_MATCH_CONTAINS:
      self->needle = coffer_needle_new (self->text);
      return TRUE;
    case COFFER_MATCH_GLOB:
      self->glob = coffer_glob_new (self->text);
      return TRUE;
    case COFFER_MATCH_REGEX:
      self->expression = coffer_expression_new (self->text, error);
      return self->expression != NULL;
    case COFFER_MATCH_BYTES:
      return parse_hex (self->text, &self->bytes, error);
    default:
      g_return_val_if_reached (FALSE);
    }
}

CofferFilter *
coffer_filter_new (CofferMatchMode   mode,
                   const char       *text,
                   guint             groups,
                   guint64           min_size,
                   guint64           max_size,
                   GError          **error)
{
  g_autoptr(CofferFilter) self = NULL;

  g_return_val_if_fail (text != NULL && g_utf8_validate (text, -1, NULL), NULL);

  self = g_new0 (CofferFilter, 1);
  g_atomic_ref_count_init (&self->refs);
  self->mode = mode;
  self->text = g_strdup (text);
  self->groups = groups;
  self->min_size = min_size;
  self->max_size = max_size;
  return set_pattern (self, error) ? g_steal_pointer (&self) : NULL;
}

CofferFilter *
coffer_filter_ref (CofferFilter *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
coffer_filter_unref (CofferFilter *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_pointer (&self->needle, coffer_needle_free);
  g_clear_pointer (&self->glob, coffer_glob_free);
  g_clear_pointer (&self->expression, coffer_expression_free);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self->text);
  g_free (self);
}

CofferMatchMode
coffer_filter_get_mode (const CofferFilter *self)
{
  return self->mode;
}

const char *
coffer_filter_get_text (const CofferFilter *self)
{
  return self->text;
}

guint
coffer_filter_get_groups (const CofferFilter *self)
{
  return self->groups;
}

guint64
coffer_filter_get_min_size (const CofferFilter *self)
{
  return self->min_size;
}

guint64
coffer_filter_get_max_size (const CofferFilter *self)
{
  return self->max_size;
}

gboolean
coffer_filter_has_pattern (const CofferFilter *self)
{
  return self->needle != NULL || self->glob != NULL || self->expression != NULL || self->bytes != NULL;
}

gboolean
coffer_filter_wants_types (const CofferFilter *self)
{
  return self->groups != 0;
}

gboolean
coffer_filter_wants_sizes (const CofferFilter *self)
{
  return self->min_size > 0 || self->max_size < G_MAXUINT64;
}

static gboolean
is_for_all (const CofferFilter *self)
{
  return self == NULL || (!coffer_filter_has_pattern (self) && !coffer_filter_wants_types (self) && !coffer_filter_wants_sizes (self));
}

static gboolean
is_same_pattern (const CofferFilter *a,
                 const CofferFilter *b)
{
  if (!coffer_filter_has_pattern (a) || !coffer_filter_has_pattern (b))
    return coffer_filter_has_pattern (a) == coffer_filter_has_pattern (b);
  return a->mode == b->mode && strcmp (a->text, b->text) == 0;
}

gboolean
coffer_filter_equal (const CofferFilter *a,
                     const CofferFilter *b)
{
  if (is_for_all (a) || is_for_all (b))
    return is_for_all (a) == is_for_all (b);
  return a->groups == b->groups && a->min_size == b->min_size && a->max_size == b->max_size && is_same_pattern (a, b);
}

static gboolean
is_in (GBytes     *bytes,
       const char *key,
       gsize       size)
{
  gsize len;
  gconstpointer data = g_bytes_get_data (bytes, &len);

  return memmem (key, size, data, len) != NULL;
}

static gboolean
take_verdict (const CofferFilter *self,
              CofferVerdict       verdict)
{
  if (verdict == COFFER_VERDICT_GAVE_UP)
    g_atomic_int_inc (&((CofferFilter *) self)->gave_up);
  return verdict == COFFER_VERDICT_YES;
}

gboolean
coffer_filter_matches_key (const CofferFilter *self,
                           gconstpointer       key,
                           gsize               size)
{
  const char *bytes = size > 0 ? key : "";

  if (self->needle != NULL)
    return coffer_needle_is_in (self->needle, bytes, size);
  if (self->glob != NULL)
    return take_verdict (self, coffer_glob_match (self->glob, bytes, size));
  if (self->expression != NULL)
    return take_verdict (self, coffer_expression_match (self->expression, bytes, size,
                                                        coffer_filter_get_gave_up (self) >= PATIENCE));
  return self->bytes == NULL || is_in (self->bytes, bytes, size);
}

gboolean
coffer_filter_matches_value (const CofferFilter *self,
                             const char         *content_type,
                             guint64             size)
{
  if (coffer_filter_wants_sizes (self) && (size == G_MAXUINT64 || size < self->min_size || size > self->max_size))
    return FALSE;
  return self->groups == 0 || (self->groups & group_from_type (content_type)) != 0;
}

guint
coffer_filter_get_gave_up (const CofferFilter *self)
{
  return g_atomic_int_get (&self->gave_up);
}
