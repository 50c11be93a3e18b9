/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "coffer-adding"

#include "coffer-import-pictures.h"

#include "coffer-looks.h"

#define WIDTH 34             /* of what it is shown in */
#define HEIGHT 24
#define SCALE 3              /* so that it covers that, whatever its shape, on a screen of twice the pixels, too */

struct _CofferImportPictures {
  guint refs;
  CofferBundle *bundle;      /* (nullable) */
  GHashTable *pictures;      /* position → GdkTexture, or NULL: it is looked at, or none */
  GCancellable *cancellable;
  CofferImportPicturesFunc func;
  gpointer data;
};

typedef struct {
  CofferImportPictures *pictures;
  guint position;
} Look;

static void
unref (CofferImportPictures *self)
{
  if (--self->refs > 0)
    return;
  g_hash_table_unref (self->pictures);
  g_clear_object (&self->bundle);
  g_object_unref (self->cancellable);
  g_free (self);
}

static void
free_picture (gpointer picture)
{
  g_clear_object (&picture);
}

CofferImportPictures *
coffer_import_pictures_new (CofferBundle             *bundle,
                            CofferImportPicturesFunc  func,
                            gpointer                  data)
{
  CofferImportPictures *self = g_new0 (CofferImportPictures, 1);

  self->refs = 1;
  g_set_object (&self->bundle, bundle);
  self->pictures = g_hash_table_new_full (NULL, NULL, NULL, free_picture);
  self->cancellable = g_cancellable_new ();
  self->func = func;
  self->data = data;
  return self;
}

void
coffer_import_pictures_close (CofferImportPictures *self)
{
  g_cancellable_cancel (self->cancellable);
  unref (self);
}

static void
looked_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autofree Look *look = data;
  CofferImportPictures *self = look->pictures;
  g_autoptr(CofferLooks) looks = coffer_looks_finish (result, NULL);

  if (looks != NULL && looks->image.texture != NULL && !g_cancellable_is_cancelled (self->cancellable))
    {
      g_hash_table_insert (self->pictures, GUINT_TO_POINTER (look->position), g_object_ref (looks->image.texture));
      self->func (look->position, looks->image.texture, self->data);
    }
  unref (self);
}

GdkTexture *
coffer_import_pictures_get (CofferImportPictures *self,
                            guint                 position,
                            const CofferAddition *addition)
{
  gpointer picture;
  Look *look;

  if (g_hash_table_lookup_extended (self->pictures, GUINT_TO_POINTER (position), NULL, &picture))
    return picture;
  g_hash_table_insert (self->pictures, GUINT_TO_POINTER (position), NULL);
  look = g_new (Look, 1);
  *look = (Look) { self, position };
  self->refs++;
  if (addition->value == NULL)
    coffer_looks_at_file_async (NULL, addition, WIDTH * SCALE, HEIGHT * SCALE, self->cancellable, looked_cb, look);
  else
    coffer_looks_at_value_async (NULL, self->bundle, addition->value, WIDTH * SCALE, HEIGHT * SCALE, self->cancellable, looked_cb, look);
  return NULL;
}
