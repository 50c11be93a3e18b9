/* SPDX-License-Identifier: MIT */
/* A tile draws all it shows by itself: a page of them is made, or given other entries, within a frame. Its size depends on that of
 * its picture and on the font alone, so nothing moves when more is known of its entry. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-tile"

#include "coffer-key-tile.h"

#include <string.h>

#include "coffer-key-words.h"

/* Logical pixels. */
#define INSIDE 8
#define INSIDE_BOTTOM 7
#define TEXT_GAP 6
#define RADIUS 8
#define TICK_SIZE 22
#define TICK_RING 2
#define TICK_ICON 16
#define CORNER 6          /* from the corner of the picture to the tick or the badge */
#define BADGE_PADDING 6
#define BADGE_RADIUS 6

/* Of the font. */
#define NAME_SCALE .9
#define SIZE_SCALE .8
#define BADGE_SCALE .76

struct _CofferKeyTile {
  CofferKeyCell parent_instance;

  CofferKeyPicture *picture;   /* unowned */
  int picture_width;
  PangoLayout *name;
  PangoLayout *size;
  PangoLayout *badge;   /* NULL before the first one */
  CofferKeyLine name_line;
  CofferKeyLine size_line;
};

G_DEFINE_FINAL_TYPE (CofferKeyTile, coffer_key_tile, COFFER_TYPE_KEY_CELL)

static int
picture_height (int width)
{
  return width * 3 / 4;
}

void
coffer_key_tile_get_size (GtkWidget *widget,
                          int        picture_width,
                          int       *width,
                          int       *height)
{
  *width = INSIDE + picture_width + INSIDE;
  *height = INSIDE + picture_height (picture_width) + TEXT_GAP + coffer_key_cell_get_line (widget, NAME_SCALE).height +
            coffer_key_cell_get_line (widget, SIZE_SCALE).height + INSIDE_BOTTOM;
}

/* What it says */

/* From behind the last separator; one at the end of the key separates nothing. */
static const char *
last_part (const char *key)
{
  const char *part = key + strlen (key);

  while (part > key && strchr ("/:", part[-1]) != NULL)
    part--;
  while (part > key && strchr ("/:", part[-1]) == NULL)
    part--;
  return part;
}

static char *
format_duration (gint64 duration)
{
  guint64 seconds = (duration + G_USEC_PER_SEC * 500) / (G_USEC_PER_SEC * 1000);
  guint minutes = seconds / 60 % 60;

  if (seconds >= 3600)
    return g_strdup_printf ("%" G_GUINT64_FORMAT ":%02u:%02u", seconds / 3600, minutes, (guint) (seconds % 60));

  return g_strdup_printf ("%u:%02u", minutes, (guint) (seconds % 60));
}

/* How long a clip is, or what else than a JPEG this is. (transfer full) (nullable) */
static char *
dup_badge (CofferKeyTile *self)
{
  CofferEntry *entry = coffer_key_cell_get_entry (COFFER_KEY_CELL (self));
  gint64 duration = coffer_key_picture_get_duration (self->picture);

  if (coffer_entry_get_error (entry) != NULL || g_strcmp0 (coffer_entry_get_content_type (entry), "image/jpeg") == 0)
    return NULL;

  return duration >= 0 ? format_duration (duration) : g_strdup (coffer_entry_get_type_label (entry));
}

static PangoLayout *
make_layout (CofferKeyTile *self,
             double         scale,
             PangoWeight    weight)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), NULL);
  PangoAttrList *attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_scale_new (scale));
  pango_attr_list_insert (attributes, pango_attr_weight_new (weight));
  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum"));
  pango_layout_set_attributes (layout, attributes);
  pango_attr_list_unref (attributes);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_MIDDLE);
  return layout;
}

/* Keys are bytes in an order, whatever is read here: where that is from the right, a mark makes Pango begin at the left. */
static void
set_name (CofferKeyTile *self,
          const char    *name)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  g_autofree char *marked = rtl ? g_strconcat ("\342\200\216", name, NULL) : NULL;

  pango_layout_set_auto_dir (self->name, rtl);
  pango_layout_set_text (self->name, rtl ? marked : name, -1);
}

static void
coffer_key_tile_update (CofferKeyCell *cell)
{
  CofferKeyTile *self = COFFER_KEY_TILE (cell);
  CofferEntry *entry = coffer_key_cell_get_entry (cell);
  const char *key = coffer_entry_get_display_key (entry);
  g_autofree char *size = coffer_key_words_format_size (coffer_entry_get_size (entry));

  set_name (self, key != NULL ? last_part (key) : "");
  pango_layout_set_text (self->size, size, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
coffer_key_tile_is_key_cut (CofferKeyCell *cell)
{
  return TRUE;   /* all but its last part */
}

static gboolean
is_in_line (CofferKeyTile *self,
            PangoLayout   *layout,
            double         x)
{
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  return ABS (x - gtk_widget_get_width (GTK_WIDGET (self)) / 2.) < width / 2.;
}

static gboolean
coffer_key_tile_is_content (CofferKeyCell *cell,
                            double         x,
                            double         y)
{
  CofferKeyTile *self = COFFER_KEY_TILE (cell);
  double in_text = y - INSIDE - picture_height (self->picture_width) - TEXT_GAP;

  if (in_text < -TEXT_GAP)
    return y >= INSIDE && ABS (x - gtk_widget_get_width (GTK_WIDGET (self)) / 2.) < self->picture_width / 2.;
  if (in_text < self->name_line.height)
    return in_text >= 0 && is_in_line (self, self->name, x);
  return in_text < self->name_line.height + self->size_line.height && is_in_line (self, self->size, x);
}

static void
coffer_key_tile_get_key_box (CofferKeyCell *cell,
                             GdkRectangle  *box)
{
  CofferKeyTile *self = COFFER_KEY_TILE (cell);

  *box = (GdkRectangle) { 0, INSIDE + picture_height (self->picture_width) + TEXT_GAP, gtk_widget_get_width (GTK_WIDGET (self)),
                          self->name_line.height };
}

void
coffer_key_tile_set_picture (CofferKeyTile    *self,
                             CofferThumbnails *thumbnails,
                             int               picture_width)
{
  g_return_if_fail (COFFER_IS_KEY_TILE (self));

  if (picture_width != self->picture_width)
    {
      self->picture_width = picture_width;
      pango_layout_set_width (self->name, picture_width * PANGO_SCALE);
      pango_layout_set_width (self->size, picture_width * PANGO_SCALE);
      gtk_widget_queue_resize (GTK_WIDGET (self));
    }
  coffer_key_picture_set_room (self->picture, thumbnails, picture_width, picture_height (picture_width));
}

/* Drawing */

static void
append_line (CofferKeyTile *self,
             GtkSnapshot   *snapshot,
             PangoLayout   *layout,
             int            baseline,
             const GdkRGBA *color)
{
  int left = (gtk_widget_get_width (GTK_WIDGET (self)) - self->picture_width) / 2;

  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (left, baseline - PANGO_PIXELS (pango_layout_get_baseline (layout))));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
}

static void
append_text (CofferKeyTile *self,
             GtkSnapshot   *snapshot)
{
  GtkWidget *widget = GTK_WIDGET (self);
  int y = INSIDE + picture_height (self->picture_width) + TEXT_GAP;
  GdkRGBA color;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  append_line (self, snapshot, self->name, y + self->name_line.baseline, &color);
  color.alpha *= coffer_key_cell_get_alpha (.75);
  append_line (self, snapshot, self->size, y + self->name_line.height + self->size_line.baseline, &color);
}

static void
append_rounded (GtkSnapshot           *snapshot,
                const graphene_rect_t *box,
                int                    radius,
                const GdkRGBA         *color)
{
  GskRoundedRect outline;

  gsk_rounded_rect_init_from_rect (&outline, box, radius);
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, color, box);
  gtk_snapshot_pop (snapshot);
}

/* Where something @width wide is that lies in the corner of the picture where a line begins, or in the other. */
static int
corner_x (CofferKeyTile *self,
          int            width,
          gboolean       at_start)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  int left = (gtk_widget_get_width (GTK_WIDGET (self)) - self->picture_width) / 2;

  return at_start != rtl ? left + CORNER : left + self->picture_width - CORNER - width;
}

static void
append_badge (CofferKeyTile *self,
              GtkSnapshot   *snapshot,
              const char    *text)
{
  int room = self->picture_width - 2 * CORNER;
  int width, height, x, y;

  if (self->badge == NULL)
    self->badge = make_layout (self, BADGE_SCALE, PANGO_WEIGHT_BOLD);
  pango_layout_set_text (self->badge, text, -1);
  pango_layout_set_width (self->badge, (room - 2 * BADGE_PADDING) * PANGO_SCALE);
  pango_layout_get_pixel_size (self->badge, &width, &height);
  width += 2 * BADGE_PADDING;
  height += 2;
  x = corner_x (self, width, TRUE);
  y = INSIDE + picture_height (self->picture_width) - CORNER - height;

  append_rounded (snapshot, &GRAPHENE_RECT_INIT (x, y, width, height), BADGE_RADIUS, &(GdkRGBA) { 0, 0, 0, .62f });
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (x + BADGE_PADDING, y + 1));
  gtk_snapshot_append_layout (snapshot, self->badge, &(GdkRGBA) { 1, 1, 1, 1 });
  gtk_snapshot_restore (snapshot);
}

static void
append_tick (CofferKeyTile *self,
             GtkSnapshot   *snapshot)
{
  GtkWidget *widget = GTK_WIDGET (self);
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  GtkIconTheme *theme = gtk_icon_theme_get_for_display (gtk_widget_get_display (widget));
  g_autoptr(GtkIconPaintable) icon = gtk_icon_theme_lookup_icon (theme, "object-select-symbolic", NULL, TICK_ICON,
                                                                 gtk_widget_get_scale_factor (widget), GTK_TEXT_DIR_NONE,
                                                                 GTK_ICON_LOOKUP_FORCE_SYMBOLIC);
  GdkRGBA ring = { 1, 1, 1, 1 }, ground = { 0, 0, 0, 1 }, ink = { 1, 1, 1, 1 };
  int x = corner_x (self, TICK_SIZE, FALSE);
  int y = INSIDE + CORNER;
  const graphene_rect_t outer = GRAPHENE_RECT_INIT (x - TICK_RING, y - TICK_RING, TICK_SIZE + 2 * TICK_RING, TICK_SIZE + 2 * TICK_RING);

  gtk_style_context_lookup_color (context, "view_bg_color", &ring);
  gtk_style_context_lookup_color (context, "accent_bg_color", &ground);
  gtk_style_context_lookup_color (context, "accent_fg_color", &ink);
  ring.alpha *= .9f;
  append_rounded (snapshot, &outer, TICK_SIZE / 2 + TICK_RING, &ring);
  append_rounded (snapshot, &GRAPHENE_RECT_INIT (x, y, TICK_SIZE, TICK_SIZE), TICK_SIZE / 2, &ground);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (x + (TICK_SIZE - TICK_ICON) / 2, y + (TICK_SIZE - TICK_ICON) / 2));
  gtk_symbolic_paintable_snapshot_symbolic (GTK_SYMBOLIC_PAINTABLE (icon), snapshot, TICK_ICON, TICK_ICON, &ink, 1);
  gtk_snapshot_restore (snapshot);
}

static void
coffer_key_tile_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  CofferKeyTile *self = COFFER_KEY_TILE (widget);
  int left = (gtk_widget_get_width (widget) - self->picture_width) / 2;
  g_autofree char *badge = NULL;

  if (coffer_key_cell_get_entry (COFFER_KEY_CELL (self)) == NULL)
    return;

  badge = dup_badge (self);
  coffer_key_picture_snapshot (self->picture, snapshot, left, INSIDE, RADIUS, CLAMP (self->picture_width / 5, 24, 48) & ~7);
  append_text (self, snapshot);
  if (badge != NULL)
    append_badge (self, snapshot, badge);
  if (coffer_key_cell_get_selected (COFFER_KEY_CELL (self)))
    append_tick (self, snapshot);
}

static void
coffer_key_tile_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  CofferKeyTile *self = COFFER_KEY_TILE (widget);
  int width, height;

  self->name_line = coffer_key_cell_get_line (widget, NAME_SCALE);
  self->size_line = coffer_key_cell_get_line (widget, SIZE_SCALE);
  coffer_key_tile_get_size (widget, self->picture_width, &width, &height);
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? width : height;
}

static void
coffer_key_tile_finalize (GObject *object)
{
  CofferKeyTile *self = COFFER_KEY_TILE (object);

  g_clear_object (&self->name);
  g_clear_object (&self->size);
  g_clear_object (&self->badge);

  G_OBJECT_CLASS (coffer_key_tile_parent_class)->finalize (object);
}

static void
coffer_key_tile_class_init (CofferKeyTileClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  CofferKeyCellClass *cell_class = COFFER_KEY_CELL_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_key_tile_finalize;
  widget_class->measure = coffer_key_tile_measure;
  widget_class->snapshot = coffer_key_tile_snapshot;
  cell_class->update = coffer_key_tile_update;
  cell_class->is_key_cut = coffer_key_tile_is_key_cut;
  cell_class->is_content = coffer_key_tile_is_content;
  cell_class->get_key_box = coffer_key_tile_get_key_box;

  gtk_widget_class_set_css_name (widget_class, "tile");
}

static void
coffer_key_tile_init (CofferKeyTile *self)
{
  self->picture = coffer_key_cell_get_picture (COFFER_KEY_CELL (self));
  self->name = make_layout (self, NAME_SCALE, PANGO_WEIGHT_NORMAL);
  self->size = make_layout (self, SIZE_SCALE, PANGO_WEIGHT_NORMAL);
  pango_layout_set_alignment (self->name, PANGO_ALIGN_CENTER);
  pango_layout_set_alignment (self->size, PANGO_ALIGN_CENTER);
}

GtkWidget *
coffer_key_tile_new (void)
{
  return g_object_new (COFFER_TYPE_KEY_TILE, NULL);
}
