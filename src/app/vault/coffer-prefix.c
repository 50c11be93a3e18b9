/* SPDX-License-Identifier: MIT */
/*
 * Separators, and one prefix that somebody looks at. It knows what its level knew last and follows it by notify. Main thread;
 * separators on any.
 */
#define G_LOG_DOMAIN "coffer-prefix"

#include "coffer-prefix-private.h"

#include <string.h>

#define DISPLAY_BYTES 512

enum {
  PROP_0,
  PROP_COUNT,
  PROP_SIZE,
  PROP_HAS_CHILDREN,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferPrefix, coffer_prefix, G_TYPE_OBJECT)

void
coffer_separators_init (CofferSeparators *self,
                        const char       *characters)
{
  memset (self, 0, sizeof *self);
  for (const guchar *c = (const guchar *) characters; *c != '\0'; c++)
    if (*c < 128)
      self->is[*c] = TRUE;
}

gsize
coffer_separators_find (const CofferSeparators *self,
                        gconstpointer           data,
                        gsize                   size,
                        gsize                   from)
{
  const guchar *bytes = data;

  for (gsize i = from; i < size; i++)
    if (bytes[i] < 128 && self->is[bytes[i]])
      return i + 1;
  return 0;
}

gsize
coffer_separators_around (const CofferSeparators *self,
                          gconstpointer           data,
                          gsize                   size)
{
  const guchar *bytes = data;

  for (gsize i = size; i > 0; i--)
    if (bytes[i - 1] < 128 && self->is[bytes[i - 1]])
      return i;
  return 0;
}

gsize
coffer_separators_parent (const CofferSeparators *self,
                          GBytes                 *prefix)
{
  gsize size;
  gconstpointer bytes = g_bytes_get_data (prefix, &size);

  return size > 0 ? coffer_separators_around (self, bytes, size - 1) : 0;
}

static void
coffer_prefix_dispose (GObject *object)
{
  CofferPrefix *self = COFFER_PREFIX (object);

  if (self->level != NULL)
    coffer_prefix_level_forget (g_steal_pointer (&self->level), self);

  G_OBJECT_CLASS (coffer_prefix_parent_class)->dispose (object);
}

static void
coffer_prefix_finalize (GObject *object)
{
  CofferPrefix *self = COFFER_PREFIX (object);

  g_bytes_unref (self->bytes);
  g_bytes_unref (self->segment);
  g_free (self->display_name);

  G_OBJECT_CLASS (coffer_prefix_parent_class)->finalize (object);
}

static void
coffer_prefix_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  CofferPrefix *self = COFFER_PREFIX (object);

  switch (prop_id)
    {
    case PROP_COUNT:
      g_value_set_uint64 (value, self->count);
      break;
    case PROP_SIZE:
      g_value_set_uint64 (value, self->size);
      break;
    case PROP_HAS_CHILDREN:
      g_value_set_boolean (value, self->has_children);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_prefix_class_init (CofferPrefixClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = coffer_prefix_dispose;
  object_class->finalize = coffer_prefix_finalize;
  object_class->get_property = coffer_prefix_get_property;

  props[PROP_COUNT] = g_param_spec_uint64 ("count", NULL, NULL, 0, G_MAXUINT64, G_MAXUINT64, flags);
  props[PROP_SIZE] = g_param_spec_uint64 ("size", NULL, NULL, 0, G_MAXUINT64, G_MAXUINT64, flags);
  props[PROP_HAS_CHILDREN] = g_param_spec_boolean ("has-children", NULL, NULL, TRUE, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
coffer_prefix_init (CofferPrefix *self)
{
  self->count = G_MAXUINT64;
  self->size = G_MAXUINT64;
  self->has_children = TRUE;
}

CofferPrefix *
coffer_prefix_new (CofferPrefixLevel *level,
                   GBytes            *parent,
                   gconstpointer      segment,
                   gsize              size)
{
  CofferPrefix *self = g_object_new (COFFER_TYPE_PREFIX, NULL);
  gsize parent_size = g_bytes_get_size (parent);
  guchar *bytes = g_malloc (parent_size + size);

  if (parent_size > 0)
    memcpy (bytes, g_bytes_get_data (parent, NULL), parent_size);
  memcpy (bytes + parent_size, segment, size);
  self->level = level;
  self->bytes = g_bytes_new_take (bytes, parent_size + size);
  self->segment = g_bytes_new_from_bytes (self->bytes, parent_size, size);
  return self;
}

void
coffer_prefix_update (CofferPrefix *self,
                      guint64       count,
                      guint64       size,
                      gboolean      has_children)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (self->count != count)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_COUNT]);
  if (self->size != size)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SIZE]);
  if (self->has_children != !!has_children)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_HAS_CHILDREN]);
  self->count = count;
  self->size = size;
  self->has_children = !!has_children;
  g_object_thaw_notify (G_OBJECT (self));
}

GBytes *
coffer_prefix_get_bytes (CofferPrefix *self)
{
  g_return_val_if_fail (COFFER_IS_PREFIX (self), NULL);

  return self->bytes;
}

const char *
coffer_prefix_get_display_name (CofferPrefix *self)
{
  g_return_val_if_fail (COFFER_IS_PREFIX (self), NULL);

  if (self->display_name == NULL)
    {
      gsize size;
      const char *data = g_bytes_get_data (self->segment, &size);

      self->display_name = coffer_key_bytes_to_display (data, size, DISPLAY_BYTES);
    }
  return self->display_name;
}

guint64
coffer_prefix_get_count (CofferPrefix *self)
{
  g_return_val_if_fail (COFFER_IS_PREFIX (self), G_MAXUINT64);

  return self->count;
}

guint64
coffer_prefix_get_size (CofferPrefix *self)
{
  g_return_val_if_fail (COFFER_IS_PREFIX (self), G_MAXUINT64);

  return self->size;
}

gboolean
coffer_prefix_get_has_children (CofferPrefix *self)
{
  g_return_val_if_fail (COFFER_IS_PREFIX (self), FALSE);

  return self->has_children;
}
