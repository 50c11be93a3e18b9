/* SPDX-License-Identifier: MIT */
/*
 * A picture, first as it was decoded for the room. When it is looked at closer, more of its pixels are asked for the same way as
 * the first ones: read on the vault's lane, decoded on a thread of coffer-content's. `finer` is the cancellable of the request
 * on its way; an answer to any other steps aside. Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-image-stage.h"

#include <coffer-draw-protocol.h>
#include <glib/gi18n-lib.h>
#include <math.h>

#include "coffer-content.h"
#include "coffer-stage.h"

/* The most that is kept of one picture, 4 bytes a pixel, when it is looked at closer. */
#define MAX_PIXELS (48 * 1000 * 1000)
/* Of a drawing, which has as many as one likes: all of them are drawn, and a part is seen. */
#define MAX_DRAWN_PIXELS (24 * 1000 * 1000)
/* So that not every step asks for more. */
#define AHEAD 2.
/* Until the hand rests. */
#define FINER_AFTER_MS 60

struct _CofferImageStage
{
  GtkWidget parent_instance;

  CofferVault *vault;
  CofferKey *key;           /* on show, or NULL */
  CofferContent *content;   /* unowned: of that */
  GCancellable *finer;      /* or NULL */
  guint finer_id;
  int asked_width;          /* of the picture as it was asked for last; it may have come out smaller */
  gboolean all_there;       /* no more pixels can be had */

  GtkWidget *box;
  CofferPicture *picture;
  GtkWidget *note;
  GtkLabel *note_label;
};

static void stage_iface_init (CofferStageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferImageStage, coffer_image_stage, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (COFFER_TYPE_STAGE, stage_iface_init))

/* Whether the pictures of an animation change: only where they are seen and wanted. */
static void
update_playing (CofferImageStage *self)
{
  gboolean wanted;

  if (self->content == NULL || self->content->image.animation == NULL)
    return;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-enable-animations", &wanted, NULL);
  coffer_animation_set_playing (self->content->image.animation, wanted && gtk_widget_get_mapped (GTK_WIDGET (self)));
}

static void
stop_finer (CofferImageStage *self)
{
  g_cancellable_cancel (self->finer);
  g_clear_object (&self->finer);
  g_clear_handle_id (&self->finer_id, g_source_remove);
}

/* The largest share of its width at which a picture is kept. */
static double
largest_share (const CofferImage *image)
{
  double pixels = (double) image->width * image->height;

  if (image->vector)
    return MIN (sqrt (MAX_DRAWN_PIXELS / pixels), (double) COFFER_DRAW_MAX_SIDE / MAX (image->width, image->height));

  return MIN (1, sqrt (MAX_PIXELS / pixels));
}

static void
show_note (CofferImageStage *self)
{
  const CofferImage *image = &self->content->image;
  double share = largest_share (image);
  gboolean coarse = !image->vector && share < 1 && coffer_picture_get_scale (self->picture) > share;
  g_autofree char *words = NULL;

  if (image->cut_short)
    words = g_strdup (_("The picture is cut short"));
  else if (coarse)
    words = g_strdup_printf (_("So large a picture is shown at %d × %d pixels at most"), (int) (image->width * share),
                             (int) (image->height * share));

  gtk_widget_set_visible (self->note, words != NULL);
  if (words != NULL)
    gtk_label_set_label (self->note_label, words);
}

/* More pixels of the same picture. @content (nullable) */
static void
take_finer (CofferImageStage *self,
            CofferContent    *content)
{
  const CofferImage *image = content != NULL ? &content->image : NULL;

  if (image == NULL || image->texture == NULL || image->pixels == NULL || image->width != self->content->image.width ||
      image->height != self->content->image.height)
    {
      self->all_there = TRUE;
      coffer_picture_set_pixels (self->picture, NULL, 0, 0);
      return;
    }

  coffer_picture_set_pixels (self->picture, image->pixels, gdk_texture_get_width (image->texture),
                             gdk_texture_get_height (image->texture));
}

static void
finer_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(CofferImageStage) self = data;
  g_autoptr(CofferContent) content = coffer_content_read_finish (result, NULL);

  if (self->finer != g_task_get_cancellable (G_TASK (result)))
    return;

  g_clear_object (&self->finer);
  take_finer (self, content);
}

static void
ask_for_finer (CofferImageStage *self,
               double            share)
{
  const CofferImage *image = &self->content->image;
  CofferContentWish wish = { COFFER_SHOW_IMAGE, ceil (image->width * share), ceil (image->height * share), image->vector };

  stop_finer (self);
  self->finer = g_cancellable_new ();
  self->asked_width = wish.width;
  coffer_content_read_async (self->vault, self->key, &wish, self->finer, finer_cb, g_object_ref (self));
}

/* Frames of an animation come in that size from the next one on. */
static void
make_frames_finer (CofferImageStage *self,
                   double            share)
{
  const CofferImage *image = &self->content->image;

  coffer_animation_set_max_size (image->animation, ceil (image->width * share), ceil (image->height * share));
}

static gboolean
rested_cb (gpointer data)
{
  CofferImageStage *self = data;
  double share = MIN (AHEAD * coffer_picture_get_scale (self->picture), largest_share (&self->content->image));

  self->finer_id = 0;
  if (self->content->image.animation != NULL)
    make_frames_finer (self, share);
  else if (self->asked_width < (int) ceil (self->content->image.width * share))
    ask_for_finer (self, share);

  return G_SOURCE_REMOVE;
}

static gboolean
wants_finer (CofferImageStage *self)
{
  const CofferImage *image = &self->content->image;
  double share = MIN (coffer_picture_get_scale (self->picture), largest_share (image));

  return !self->all_there && coffer_picture_get_n_columns (self->picture) + 1 < image->width * share;
}

static void
zoomed_cb (CofferImageStage *self)
{
  if (self->content == NULL)
    return;

  show_note (self);
  if (coffer_picture_get_n_columns (self->picture) < self->asked_width && self->finer == NULL)
    self->asked_width = 0;   /* they were given up */
  if (wants_finer (self))
    {
      if (self->finer_id == 0)
        self->finer_id = g_timeout_add (FINER_AFTER_MS, rested_cb, self);
    }
  else if (self->finer != NULL)
    {
      stop_finer (self);
      self->asked_width = 0;
    }
}

static GdkPaintable *
get_paintable (const CofferImage *image)
{
  return image->animation != NULL ? GDK_PAINTABLE (image->animation) : GDK_PAINTABLE (image->texture);
}

static void
speak (CofferImageStage *self)
{
  g_autofree char *dimensions = coffer_content_dup_dimensions (self->content);
  g_autofree char *spoken = g_strdup_printf (_("%s, %s"), coffer_content_get_title (self->content), dimensions);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self->picture), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
}

/* A picture of the same key and size, made for more room or read again, stays as it was looked at. */
static void
coffer_image_stage_show (CofferStage   *stage,
                         CofferVault   *vault,
                         CofferKey     *key,
                         CofferContent *content)
{
  CofferImageStage *self = COFFER_IMAGE_STAGE (stage);
  const CofferImage *last = self->content != NULL ? &self->content->image : NULL, *image = &content->image;
  gboolean same = last != NULL && coffer_key_equal (key, self->key) && last->width == image->width && last->height == image->height;

  stop_finer (self);
  self->content = content;
  self->asked_width = 0;
  self->all_there = FALSE;
  g_set_object (&self->vault, vault);
  coffer_key_ref (key);
  g_clear_pointer (&self->key, coffer_key_unref);
  self->key = key;
  if (!same)
    coffer_picture_set_paintable (self->picture, get_paintable (image), image->width, image->height, image->opaque);
  else if (coffer_picture_replace_paintable (self->picture, get_paintable (image), image->opaque))
    self->finer_id = g_timeout_add (FINER_AFTER_MS, rested_cb, self);   /* they are of what it was */
  speak (self);
  zoomed_cb (self);
  update_playing (self);
}

static void
coffer_image_stage_clear (CofferStage *stage)
{
  CofferImageStage *self = COFFER_IMAGE_STAGE (stage);

  stop_finer (self);
  if (self->content != NULL && self->content->image.animation != NULL)
    coffer_animation_set_playing (self->content->image.animation, FALSE);
  self->content = NULL;
  coffer_picture_set_paintable (self->picture, NULL, 0, 0, TRUE);
  gtk_widget_set_visible (self->note, FALSE);
  g_clear_object (&self->vault);
  g_clear_pointer (&self->key, coffer_key_unref);
}

static void
coffer_image_stage_leave (CofferStage *stage)
{
  stop_finer (COFFER_IMAGE_STAGE (stage));
}

static gboolean
coffer_image_stage_fills (CofferStage *stage)
{
  return FALSE;
}

static void
stage_iface_init (CofferStageInterface *iface)
{
  iface->show = coffer_image_stage_show;
  iface->clear = coffer_image_stage_clear;
  iface->leave = coffer_image_stage_leave;
  iface->fills = coffer_image_stage_fills;
}

static void
coffer_image_stage_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (coffer_image_stage_parent_class)->map (widget);
  update_playing (COFFER_IMAGE_STAGE (widget));
}

static void
coffer_image_stage_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (coffer_image_stage_parent_class)->unmap (widget);
  update_playing (COFFER_IMAGE_STAGE (widget));
}

static void
coffer_image_stage_root (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (coffer_image_stage_parent_class)->root (widget);
  g_signal_connect_object (gtk_widget_get_settings (widget), "notify::gtk-enable-animations",
                           G_CALLBACK (update_playing), widget, G_CONNECT_SWAPPED);
}

static void
coffer_image_stage_unroot (GtkWidget *widget)
{
  g_signal_handlers_disconnect_by_func (gtk_widget_get_settings (widget), update_playing, widget);
  GTK_WIDGET_CLASS (coffer_image_stage_parent_class)->unroot (widget);
}

static void
coffer_image_stage_dispose (GObject *object)
{
  CofferImageStage *self = COFFER_IMAGE_STAGE (object);

  stop_finer (self);
  self->content = NULL;
  g_clear_object (&self->vault);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_clear_pointer (&self->box, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_image_stage_parent_class)->dispose (object);
}

static void
coffer_image_stage_class_init (CofferImageStageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_image_stage_dispose;

  widget_class->map = coffer_image_stage_map;
  widget_class->unmap = coffer_image_stage_unmap;
  widget_class->root = coffer_image_stage_root;
  widget_class->unroot = coffer_image_stage_unroot;

  g_type_ensure (COFFER_TYPE_PICTURE);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-image-stage.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferImageStage, box);
  gtk_widget_class_bind_template_child (widget_class, CofferImageStage, picture);
  gtk_widget_class_bind_template_child (widget_class, CofferImageStage, note);
  gtk_widget_class_bind_template_child (widget_class, CofferImageStage, note_label);
}

static void
coffer_image_stage_init (CofferImageStage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  g_signal_connect_swapped (self->picture, "zoomed", G_CALLBACK (zoomed_cb), self);
}

void
coffer_image_stage_set_max_height (CofferImageStage *self,
                                   int               max_height)
{
  g_return_if_fail (COFFER_IS_IMAGE_STAGE (self));

  coffer_picture_set_max_height (self->picture, max_height);
}

void
coffer_image_stage_set_large (CofferImageStage *self,
                              gboolean          large)
{
  g_return_if_fail (COFFER_IS_IMAGE_STAGE (self));

  coffer_picture_set_alone (self->picture, large);
}

CofferPicture *
coffer_image_stage_get_picture (CofferImageStage *self)
{
  g_return_val_if_fail (COFFER_IS_IMAGE_STAGE (self), NULL);

  return self->picture;
}
