/* SPDX-License-Identifier: MIT */
/* One request: shows what it was given last, and says when nobody wants it any more. Main thread. */
#define G_LOG_DOMAIN "coffer-thumbs"

#include "coffer-thumbnail-private.h"

enum {
  PROP_STATE = 1,
  PROP_TEXTURE,
  PROP_DURATION,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferThumbnail, coffer_thumbnail, G_TYPE_OBJECT)

GType
coffer_thumbnail_state_get_type (void)
{
  static const GEnumValue values[] = {
    { COFFER_THUMBNAIL_PENDING, "COFFER_THUMBNAIL_PENDING", "pending" },
    { COFFER_THUMBNAIL_READY, "COFFER_THUMBNAIL_READY", "ready" },
    { COFFER_THUMBNAIL_NONE, "COFFER_THUMBNAIL_NONE", "none" },
    { COFFER_THUMBNAIL_BROKEN, "COFFER_THUMBNAIL_BROKEN", "broken" },
    { 0 },
  };
  static gsize type;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("CofferThumbnailState", values));

  return type;
}

static void
coffer_thumbnail_dispose (GObject *object)
{
  CofferThumbnail *self = COFFER_THUMBNAIL (object);

  coffer_thumbnail_cancel (self);
  g_clear_pointer (&self->picture, coffer_thumb_picture_unref);

  G_OBJECT_CLASS (coffer_thumbnail_parent_class)->dispose (object);
}

static void
coffer_thumbnail_finalize (GObject *object)
{
  coffer_thumb_id_clear (&COFFER_THUMBNAIL (object)->id);

  G_OBJECT_CLASS (coffer_thumbnail_parent_class)->finalize (object);
}

static void
coffer_thumbnail_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  CofferThumbnail *self = COFFER_THUMBNAIL (object);

  switch (prop_id)
    {
    case PROP_STATE:
      g_value_set_enum (value, coffer_thumbnail_get_state (self));
      break;
    case PROP_TEXTURE:
      g_value_set_object (value, coffer_thumbnail_get_texture (self));
      break;
    case PROP_DURATION:
      g_value_set_int64 (value, coffer_thumbnail_get_duration (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_thumbnail_class_init (CofferThumbnailClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = coffer_thumbnail_dispose;
  object_class->finalize = coffer_thumbnail_finalize;
  object_class->get_property = coffer_thumbnail_get_property;

  props[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, COFFER_TYPE_THUMBNAIL_STATE, COFFER_THUMBNAIL_PENDING, flags);
  props[PROP_TEXTURE] = g_param_spec_object ("texture", NULL, NULL, GDK_TYPE_TEXTURE, flags);
  props[PROP_DURATION] = g_param_spec_int64 ("duration", NULL, NULL, -1, G_MAXINT64, -1, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
coffer_thumbnail_init (CofferThumbnail *self)
{
}

void
coffer_thumbnail_set_picture (CofferThumbnail    *self,
                              CofferThumbPicture *picture)
{
  CofferThumbnailState state = coffer_thumbnail_get_state (self);
  GdkTexture *texture = coffer_thumbnail_get_texture (self);
  gint64 duration = coffer_thumbnail_get_duration (self);
  CofferThumbPicture *before = self->picture;

  self->picture = coffer_thumb_picture_ref (picture);
  g_object_freeze_notify (G_OBJECT (self));
  if (picture->texture != texture)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TEXTURE]);
  if (picture->duration != duration)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DURATION]);
  if (picture->state != state)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
  g_object_thaw_notify (G_OBJECT (self));
  g_clear_pointer (&before, coffer_thumb_picture_unref);
}

CofferThumbnailState
coffer_thumbnail_get_state (CofferThumbnail *self)
{
  g_return_val_if_fail (COFFER_IS_THUMBNAIL (self), COFFER_THUMBNAIL_NONE);

  return self->picture != NULL ? self->picture->state : COFFER_THUMBNAIL_PENDING;
}

GdkTexture *
coffer_thumbnail_get_texture (CofferThumbnail *self)
{
  g_return_val_if_fail (COFFER_IS_THUMBNAIL (self), NULL);

  return self->picture != NULL ? self->picture->texture : NULL;
}

gint64
coffer_thumbnail_get_duration (CofferThumbnail *self)
{
  g_return_val_if_fail (COFFER_IS_THUMBNAIL (self), -1);

  return self->picture != NULL ? self->picture->duration : -1;
}

void
coffer_thumbnail_cancel (CofferThumbnail *self)
{
  gpointer owner;

  g_return_if_fail (COFFER_IS_THUMBNAIL (self));

  owner = g_steal_pointer (&self->owner);
  if (owner != NULL)
    self->let_go (owner, self);
}
