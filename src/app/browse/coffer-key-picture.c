/* SPDX-License-Identifier: MIT */
/* Asks for the picture of an entry once it knows what that is, lets go of it with the entry, and draws what there is. A texture
 * has the pixels of the screen, so that drawing it is no more than copying: what is stretched is the last one for a moment after
 * the plate got another size, and pictures much longer than others. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-picture"

#include "coffer-key-picture.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "coffer-key-words.h"

#define NEARLY 0.97       /* what is this much too large is cropped, not reduced */
#define MAX_STRETCH 1.5
#define MISSING_ICON "image-missing-symbolic"
#define FULL_INK 2.87f    /* times its own 0.349 */

struct _CofferKeyPicture {
  GtkWidget *owner;             /* unowned */
  void (*broken_cb) (GtkWidget *owner);
  gboolean broken;              /* as the owner was told */
  CofferThumbnails *thumbnails;
  int width;
  int height;

  CofferEntry *entry;
  CofferThumbnail *thumbnail;   /* that was asked for */
  guint64 value_size;           /* as of then, */
  const char *content_type;     /* and this; interned */
  GdkTexture *texture;
  int texture_width;            /* of the plate that it was made for */
};

static void
let_go (CofferKeyPicture *self)
{
  if (self->thumbnail == NULL)
    return;

  g_signal_handlers_disconnect_by_data (self->thumbnail, self);
  coffer_thumbnail_cancel (self->thumbnail);
  g_clear_object (&self->thumbnail);
}

static void
tell (CofferKeyPicture *self)
{
  gboolean broken = coffer_key_picture_is_broken (self);

  if (broken == self->broken)
    return;

  self->broken = broken;
  if (self->broken_cb != NULL)
    self->broken_cb (self->owner);
}

static void
thumbnail_cb (CofferKeyPicture *self)
{
  if (coffer_thumbnail_get_state (self->thumbnail) != COFFER_THUMBNAIL_PENDING)
    {
      g_set_object (&self->texture, coffer_thumbnail_get_texture (self->thumbnail));
      self->texture_width = self->width;
      tell (self);
    }
  gtk_widget_queue_draw (self->owner);
}

/* Size and type come together in a list; before that it cannot be told whether there is a picture to ask for. An entry of no list has no
 * type: the value will tell.
 */
static void
ask (CofferKeyPicture *self)
{
  int scale = gtk_widget_get_scale_factor (self->owner);

  self->value_size = coffer_entry_get_size (self->entry);
  self->content_type = coffer_entry_get_content_type (self->entry);
  self->thumbnail = coffer_thumbnails_request (self->thumbnails, coffer_entry_get_key (self->entry), self->value_size, self->content_type,
                                               self->width * scale, self->height * scale);
  g_signal_connect_swapped (self->thumbnail, "notify", G_CALLBACK (thumbnail_cb), self);
  thumbnail_cb (self);
}

static gboolean
can_ask (CofferKeyPicture *self)
{
  return self->thumbnails != NULL && self->width > 0 && self->entry != NULL && coffer_entry_get_key (self->entry) != NULL &&
         coffer_entry_get_size (self->entry) != G_MAXUINT64 && coffer_entry_get_error (self->entry) == NULL;
}

/* Of another value, even of one of that size, which may be of a kind that has a picture where the other had none. */
static gboolean
is_outdated (CofferKeyPicture *self)
{
  return coffer_entry_get_size (self->entry) != self->value_size || coffer_entry_get_content_type (self->entry) != self->content_type;
}

static void
update (CofferKeyPicture *self)
{
  gboolean possible = can_ask (self);

  if (self->thumbnail != NULL && (!possible || is_outdated (self)))
    let_go (self);
  if (self->thumbnail == NULL && possible)
    ask (self);
}

void
coffer_key_picture_set_entry (CofferKeyPicture *self,
                              CofferEntry      *entry)
{
  if (entry != self->entry)
    {
      let_go (self);
      g_clear_object (&self->texture);
      g_set_object (&self->entry, entry);
      tell (self);
    }
  update (self);
}

static void
ask_again (CofferKeyPicture *self)
{
  let_go (self);
  update (self);
}

void
coffer_key_picture_set_room (CofferKeyPicture *self,
                             CofferThumbnails *thumbnails,
                             int               width,
                             int               height)
{
  if (thumbnails == self->thumbnails && width == self->width && height == self->height)
    return;

  let_go (self);
  g_set_object (&self->thumbnails, thumbnails);
  self->width = width;
  self->height = height;
  update (self);
}

void
coffer_key_picture_imitate (CofferKeyPicture *self,
                            CofferKeyPicture *other,
                            int               width,
                            int               height)
{
  coffer_key_picture_set_room (self, other->thumbnails, width, height);
  coffer_key_picture_set_entry (self, other->entry);
}

gboolean
coffer_key_picture_is_broken (CofferKeyPicture *self)
{
  return self->thumbnail != NULL && coffer_thumbnail_get_state (self->thumbnail) == COFFER_THUMBNAIL_BROKEN;
}

const char *
coffer_key_picture_broken_text (void)
{
  return _("The picture is damaged or cut short");
}

gint64
coffer_key_picture_get_duration (CofferKeyPicture *self)
{
  return self->thumbnail != NULL ? coffer_thumbnail_get_duration (self->thumbnail) : -1;
}

/* Drawing */

static void
get_colors (CofferKeyPicture *self,
            GdkRGBA          *text,
            GdkRGBA          *warning)
{
  GtkStyleContext *context = gtk_widget_get_style_context (self->owner);

  gtk_style_context_get_color (context, text);
  if (!gtk_style_context_lookup_color (context, "warning_color", warning))
    *warning = *text;
}

static GdkRGBA
with_alpha (GdkRGBA color,
            float   alpha)
{
  color.alpha *= alpha;
  return color;
}

static const char *
choose_icon (CofferKeyPicture *self,
             gboolean         *is_warning)
{
  gboolean failed = self->entry != NULL && coffer_entry_get_error (self->entry) != NULL;

  *is_warning = failed || coffer_key_picture_is_broken (self);
  if (failed)
    return "dialog-warning-symbolic";
  if (*is_warning)
    return MISSING_ICON;

  if (self->thumbnail != NULL && self->content_type == NULL)
    return "x-office-document-symbolic";
  return self->entry != NULL ? coffer_key_words_icon_name (coffer_entry_get_content_type (self->entry)) : NULL;
}

static void
append_icon (CofferKeyPicture      *self,
             GtkSnapshot           *snapshot,
             const graphene_rect_t *plate,
             const char            *name,
             int                    size,
             const GdkRGBA         *color)
{
  GtkIconTheme *theme = gtk_icon_theme_get_for_display (gtk_widget_get_display (self->owner));
  g_autoptr(GtkIconPaintable) icon = gtk_icon_theme_lookup_icon (theme, name, NULL, size, gtk_widget_get_scale_factor (self->owner),
                                                                 gtk_widget_get_direction (self->owner), GTK_ICON_LOOKUP_FORCE_SYMBOLIC);

  graphene_matrix_t strong;

  /* Adwaita draws what is missing in a third of the ink. */
  graphene_matrix_init_from_float (&strong, (const float[]) { 1, 0, 0, 0,  0, 1, 0, 0,  0, 0, 1, 0,  0, 0, 0, FULL_INK });
  if (g_str_equal (name, MISSING_ICON))
    gtk_snapshot_push_color_matrix (snapshot, &strong, graphene_vec4_zero ());
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (plate->origin.x + (int) (plate->size.width - size) / 2,
                                                          plate->origin.y + (int) (plate->size.height - size) / 2));
  gtk_symbolic_paintable_snapshot_symbolic (GTK_SYMBOLIC_PAINTABLE (icon), snapshot, size, size, color, 1);
  gtk_snapshot_restore (snapshot);
  if (g_str_equal (name, MISSING_ICON))
    gtk_snapshot_pop (snapshot);
}

/* How much to enlarge a texture of so many pixels. What is smaller than the plate stays so, but for long pictures, of which
 * no more than twice the plate is made; the longest of them leave some of it free. */
static double
choose_zoom (CofferKeyPicture *self,
             double            width,
             double            height)
{
  double zoom = MAX (self->width / width, self->height / height);
  gboolean is_long = width > 2 * self->width - 2 || height > 2 * self->height - 2;

  if (self->texture_width != self->width || zoom < NEARLY || (is_long && zoom < MAX_STRETCH))
    return zoom;

  return 1;
}

/* Covers the plate, from its middle. */
static void
append_texture (CofferKeyPicture      *self,
                GtkSnapshot           *snapshot,
                const graphene_rect_t *plate)
{
  int scale = gtk_widget_get_scale_factor (self->owner);
  double width = gdk_texture_get_width (self->texture) / (double) scale;
  double height = gdk_texture_get_height (self->texture) / (double) scale;
  double zoom = choose_zoom (self, width, height);
  int x, y;

  width *= zoom;
  height *= zoom;
  x = (plate->size.width - width) / 2 * scale;   /* whole pixels of the screen */
  y = (plate->size.height - height) / 2 * scale;
  gtk_snapshot_append_texture (snapshot, self->texture,
                               &GRAPHENE_RECT_INIT (plate->origin.x + x / (float) scale, plate->origin.y + y / (float) scale, width, height));
}

/* That the value waits to be written: an amber dot at the upper end of the plate, with an edge as what is below it may be amber, too. */
static void
append_mark (GtkSnapshot           *snapshot,
             const graphene_rect_t *plate,
             const GdkRGBA         *text)
{
  static const GdkRGBA amber = { .9f, .65f, .04f, 1 };
  graphene_rect_t box = GRAPHENE_RECT_INIT (plate->origin.x + plate->size.width - 7, plate->origin.y - 3, 10, 10);
  GskRoundedRect outline;

  gsk_rounded_rect_init_from_rect (&outline, &box, 5);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &amber, &box);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_append_border (snapshot, &outline, (float[4]) { 1, 1, 1, 1 }, (GdkRGBA[4]) { *text, *text, *text, *text });
}

void
coffer_key_picture_snapshot (CofferKeyPicture *self,
                             GtkSnapshot      *snapshot,
                             int               x,
                             int               y,
                             int               radius,
                             int               icon_size)
{
  gboolean high_contrast = adw_style_manager_get_high_contrast (adw_style_manager_get_default ());
  const graphene_rect_t plate = GRAPHENE_RECT_INIT (x, y, self->width, self->height);
  gboolean is_warning;
  const char *icon_name = choose_icon (self, &is_warning);
  GdkRGBA text, warning, ink;
  GskRoundedRect outline;

  get_colors (self, &text, &warning);
  gsk_rounded_rect_init_from_rect (&outline, &plate, radius);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  ink = with_alpha (text, .06f);
  gtk_snapshot_append_color (snapshot, &ink, &plate);
  ink = is_warning ? warning : with_alpha (text, high_contrast ? 1 : .7f);
  if (self->texture != NULL)
    append_texture (self, snapshot, &plate);
  else if (icon_name != NULL)
    append_icon (self, snapshot, &plate, icon_name, icon_size, &ink);
  gtk_snapshot_pop (snapshot);
  ink = with_alpha (text, .4f);
  if (high_contrast)
    gtk_snapshot_append_border (snapshot, &outline, (float[4]) { 1, 1, 1, 1 }, (GdkRGBA[4]) { ink, ink, ink, ink });
  if (self->entry != NULL && coffer_entry_get_unsaved (self->entry))
    append_mark (snapshot, &plate, &text);
}

CofferKeyPicture *
coffer_key_picture_new (GtkWidget *owner,
                        void     (*broken_cb) (GtkWidget *owner))
{
  CofferKeyPicture *self = g_new0 (CofferKeyPicture, 1);

  self->owner = owner;
  self->broken_cb = broken_cb;
  g_signal_connect_swapped (owner, "notify::scale-factor", G_CALLBACK (ask_again), self);
  return self;
}

void
coffer_key_picture_free (CofferKeyPicture *self)
{
  g_signal_handlers_disconnect_by_data (self->owner, self);
  let_go (self);
  g_clear_object (&self->texture);
  g_clear_object (&self->entry);
  g_clear_object (&self->thumbnails);
  g_free (self);
}
