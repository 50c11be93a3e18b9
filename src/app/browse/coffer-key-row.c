/* SPDX-License-Identifier: MIT */
/* A row of the list of keys. It is blank until what it says is known, so nothing moves when that comes. It draws all by itself: rows
 * are made, and given other entries, by the page within a frame. Where everything is it asks the columns, which the header asks,
 * too. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-row"

#include "coffer-key-row.h"

#include <string.h>

#include "coffer-key-words.h"

/* Logical pixels. */
#define PLATE_WIDTH 34
#define PLATE_HEIGHT 24
#define COMPACT_PLATE_WIDTH 48
#define COMPACT_PLATE_HEIGHT 36
#define PLATE_GAP 10
#define PLATE_RADIUS 4
#define PLATE_ICON 16
#define MIN_HEIGHT 38
#define COMPACT_MIN_HEIGHT 54
#define AROUND_LINES 8   /* above and below them together, where the font is large */

#define DETAIL_SCALE .88    /* of the font */
#define PREFIX_ALPHA .62
#define DIM_ALPHA .7

struct _CofferKeyRow {
  CofferKeyCell parent_instance;

  CofferKeyPicture *picture;   /* unowned */
  const CofferKeyRowStyle *style;
  PangoLayout *key;
  PangoLayout *size;
  PangoLayout *type;     /* or, in the second line, all that is known */
};

G_DEFINE_FINAL_TYPE (CofferKeyRow, coffer_key_row, COFFER_TYPE_KEY_CELL)

int
coffer_key_row_get_height (GtkWidget *widget,
                           gboolean   compact)
{
  int lines = coffer_key_cell_get_line (widget, 1).height;

  if (!compact)
    return MAX (MIN_HEIGHT, lines + AROUND_LINES);

  lines += coffer_key_cell_get_line (widget, DETAIL_SCALE).height;
  return MAX (COMPACT_MIN_HEIGHT, lines + AROUND_LINES);
}

/* What it says */

/* How much of a key is the prefix on show: none where that is all there is of it. */
static gsize
measure_prefix (CofferKeyRow *self,
                const char   *key)
{
  const char *prefix = self->style->prefix;

  if (prefix == NULL || !g_str_has_prefix (key, prefix) || key[strlen (prefix)] == '\0')
    return 0;

  return strlen (prefix);
}

/* It stands for the alpha of the text's colour, rather than be one of that. */
static PangoAttribute *
make_dim (CofferKeyRow *self)
{
  GdkRGBA color;

  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &color);
  return pango_attr_foreground_alpha_new (color.alpha * coffer_key_cell_get_alpha (PREFIX_ALPHA) * G_MAXUINT16);
}

/* Keys are bytes in an order, whatever is read here: where that is from the right, a mark makes Pango begin at the left. */
static void
set_key (CofferKeyRow *self,
         const char   *key)
{
  gboolean rtl = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  const char *mark = rtl ? "\342\200\216" : "";
  gsize n_prefix = measure_prefix (self, key);
  g_autofree char *text = g_strconcat (mark, self->style->compact ? key + n_prefix : key, NULL);
  PangoAttrList *attributes = NULL;

  if (n_prefix > 0 && !self->style->compact)
    {
      PangoAttribute *dim = make_dim (self);

      dim->end_index = strlen (mark) + n_prefix;
      attributes = pango_attr_list_new ();
      pango_attr_list_insert (attributes, dim);
    }
  pango_layout_set_attributes (self->key, attributes);
  g_clear_pointer (&attributes, pango_attr_list_unref);
  pango_layout_set_auto_dir (self->key, rtl);
  pango_layout_set_text (self->key, text, -1);
}

static void
coffer_key_row_update (CofferKeyCell *cell)
{
  CofferKeyRow *self = COFFER_KEY_ROW (cell);
  CofferEntry *entry = coffer_key_cell_get_entry (cell);
  const char *key = coffer_entry_get_display_key (entry);
  const char *type = coffer_entry_get_type_label (entry);
  g_autofree char *text = NULL;

  set_key (self, key != NULL ? key : "");
  if (self->style->compact)
    {
      text = coffer_key_words_format_detail (entry);
      pango_layout_set_text (self->type, text, -1);
    }
  else
    {
      text = coffer_key_words_format_size (coffer_entry_get_size (entry));
      pango_layout_set_text (self->size, text, -1);
      pango_layout_set_text (self->type, type != NULL ? type : "", -1);
    }
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
coffer_key_row_is_key_cut (CofferKeyCell *cell)
{
  CofferKeyRow *self = COFFER_KEY_ROW (cell);
  const char *key = coffer_entry_get_display_key (coffer_key_cell_get_entry (cell));

  return pango_layout_is_ellipsized (self->key) || (self->style->compact && measure_prefix (self, key) > 0);
}

/* Up to where the key ends; behind that there is room for a rubber band to begin. */
static gboolean
coffer_key_row_is_content (CofferKeyCell *cell,
                           double         x,
                           double         y)
{
  CofferKeyRow *self = COFFER_KEY_ROW (cell);
  int width = gtk_widget_get_width (GTK_WIDGET (self)), start = 0, before = COMPACT_PLATE_WIDTH + PLATE_GAP, room = width - before, text;
  CofferColumnBox boxes[COFFER_N_COLUMNS];

  if (!self->style->compact)
    {
      coffer_columns_lay_out (self->style->columns, width, boxes);
      start = boxes[COFFER_SORT_KEY].x;
      before = PLATE_WIDTH + PLATE_GAP;
      room = boxes[COFFER_SORT_KEY].width - before;
    }
  pango_layout_set_width (self->key, MAX (room, 0) * PANGO_SCALE);
  pango_layout_get_pixel_size (self->key, &text, NULL);
  x = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL ? width - x : x;
  return x >= start && x < start + before + MIN (text, room);
}

static void
coffer_key_row_get_key_box (CofferKeyCell *cell,
                            GdkRectangle  *box)
{
  CofferKeyRow *self = COFFER_KEY_ROW (cell);
  int width = gtk_widget_get_width (GTK_WIDGET (self)), height = gtk_widget_get_height (GTK_WIDGET (self));
  CofferColumnBox boxes[COFFER_N_COLUMNS], *key = &boxes[COFFER_SORT_KEY];

  if (self->style->compact)
    *box = (GdkRectangle) { COMPACT_PLATE_WIDTH + PLATE_GAP, 0, MAX (width - COMPACT_PLATE_WIDTH - PLATE_GAP, 0), height };
  else
    {
      coffer_columns_lay_out (self->style->columns, width, boxes);
      *box = (GdkRectangle) { key->x + PLATE_WIDTH + PLATE_GAP, 0, MAX (key->width - PLATE_WIDTH - PLATE_GAP, 0), height };
    }
  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    box->x = width - box->x - box->width;
}

static PangoAttrList *
make_attributes (double scale)
{
  PangoAttrList *attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_font_features_new ("tnum"));
  pango_attr_list_insert (attributes, pango_attr_scale_new (scale));
  return attributes;
}

void
coffer_key_row_set_style (CofferKeyRow            *self,
                          const CofferKeyRowStyle *style)
{
  PangoAttrList *attributes;

  g_return_if_fail (COFFER_IS_KEY_ROW (self));
  g_return_if_fail (style != NULL);

  self->style = style;
  attributes = make_attributes (style->compact ? DETAIL_SCALE : 1);
  pango_layout_set_attributes (self->type, attributes);
  pango_attr_list_unref (attributes);
  if (style->compact)
    coffer_key_picture_set_room (self->picture, style->thumbnails, COMPACT_PLATE_WIDTH, COMPACT_PLATE_HEIGHT);
  else
    coffer_key_picture_set_room (self->picture, style->thumbnails, PLATE_WIDTH, PLATE_HEIGHT);
  if (coffer_key_cell_get_entry (COFFER_KEY_CELL (self)) != NULL)
    coffer_key_row_update (COFFER_KEY_CELL (self));
}

/* Drawing */

/* Where something begins that is @width wide and begins @x from where the row does. */
static int
from_start (CofferKeyRow *self,
            int           x,
            int           width)
{
  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    return gtk_widget_get_width (GTK_WIDGET (self)) - x - width;

  return x;
}

/* A line of text at @x from where the row begins; words that are written the other way are put there, too. */
static void
append_line (CofferKeyRow  *self,
             GtkSnapshot   *snapshot,
             PangoLayout   *layout,
             int            x,
             int            width,
             gboolean       at_end,
             int            baseline,
             const GdkRGBA *color)
{
  PangoRectangle box;

  if (width <= 0)
    return;

  pango_layout_set_width (layout, width * PANGO_SCALE);
  pango_layout_get_pixel_extents (layout, NULL, &box);
  x = from_start (self, at_end ? x + width - box.width : x, box.width);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (x - box.x, baseline - PANGO_PIXELS (pango_layout_get_baseline (layout))));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
}

static void
append_two_lines (CofferKeyRow  *self,
                  GtkSnapshot   *snapshot,
                  const GdkRGBA *full,
                  const GdkRGBA *dim)
{
  GtkWidget *widget = GTK_WIDGET (self);
  CofferKeyLine key = coffer_key_cell_get_line (widget, 1);
  CofferKeyLine detail = coffer_key_cell_get_line (widget, DETAIL_SCALE);
  int height = gtk_widget_get_height (widget);
  int y = (height - key.height - detail.height) / 2;
  int x = COMPACT_PLATE_WIDTH + PLATE_GAP;
  int width = gtk_widget_get_width (widget) - x;

  coffer_key_picture_snapshot (self->picture, snapshot, from_start (self, 0, COMPACT_PLATE_WIDTH), (height - COMPACT_PLATE_HEIGHT) / 2,
                               PLATE_RADIUS, PLATE_ICON);
  append_line (self, snapshot, self->key, x, width, FALSE, y + key.baseline, full);
  append_line (self, snapshot, self->type, x, width, FALSE, y + key.height + detail.baseline, dim);
}

static void
append_columns (CofferKeyRow  *self,
                GtkSnapshot   *snapshot,
                const GdkRGBA *full,
                const GdkRGBA *dim)
{
  GtkWidget *widget = GTK_WIDGET (self);
  CofferKeyLine line = coffer_key_cell_get_line (widget, 1);
  int height = gtk_widget_get_height (widget);
  int baseline = (height - line.height) / 2 + line.baseline;
  const int before_key = PLATE_WIDTH + PLATE_GAP;
  CofferColumnBox boxes[COFFER_N_COLUMNS];
  const CofferColumnBox *key = &boxes[COFFER_SORT_KEY], *size = &boxes[COFFER_SORT_SIZE], *type = &boxes[COFFER_SORT_TYPE];

  coffer_columns_lay_out (self->style->columns, gtk_widget_get_width (widget), boxes);
  coffer_key_picture_snapshot (self->picture, snapshot, from_start (self, key->x, PLATE_WIDTH), (height - PLATE_HEIGHT) / 2,
                               PLATE_RADIUS, PLATE_ICON);
  append_line (self, snapshot, self->key, key->x + before_key, key->width - before_key, FALSE, baseline, full);
  append_line (self, snapshot, self->size, size->x, size->width, TRUE, baseline, full);
  append_line (self, snapshot, self->type, type->x, type->width, FALSE, baseline, dim);
}

static void
coffer_key_row_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot)
{
  CofferKeyRow *self = COFFER_KEY_ROW (widget);
  GdkRGBA full, dim;

  if (coffer_key_cell_get_entry (COFFER_KEY_CELL (self)) == NULL)
    return;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &full);
  dim = full;
  dim.alpha *= coffer_key_cell_get_alpha (DIM_ALPHA);
  if (self->style->compact)
    append_two_lines (self, snapshot, &full, &dim);
  else
    append_columns (self, snapshot, &full, &dim);
}

/* The colour may be another one: see make_dim(). */
static void
coffer_key_row_css_changed (GtkWidget         *widget,
                            GtkCssStyleChange *change)
{
  CofferKeyRow *self = COFFER_KEY_ROW (widget);

  GTK_WIDGET_CLASS (coffer_key_row_parent_class)->css_changed (widget, change);
  if (self->style != NULL && self->style->prefix != NULL && coffer_key_cell_get_entry (COFFER_KEY_CELL (self)) != NULL)
    coffer_key_row_update (COFFER_KEY_CELL (self));
}

static void
coffer_key_row_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  *minimum = *natural = 0;   /* it makes do with what it gets, which is the same for all */
}

static void
coffer_key_row_finalize (GObject *object)
{
  CofferKeyRow *self = COFFER_KEY_ROW (object);

  g_object_unref (self->key);
  g_object_unref (self->size);
  g_object_unref (self->type);

  G_OBJECT_CLASS (coffer_key_row_parent_class)->finalize (object);
}

static void
coffer_key_row_class_init (CofferKeyRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  CofferKeyCellClass *cell_class = COFFER_KEY_CELL_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_key_row_finalize;
  widget_class->css_changed = coffer_key_row_css_changed;
  widget_class->measure = coffer_key_row_measure;
  widget_class->snapshot = coffer_key_row_snapshot;
  cell_class->update = coffer_key_row_update;
  cell_class->is_key_cut = coffer_key_row_is_key_cut;
  cell_class->is_content = coffer_key_row_is_content;
  cell_class->get_key_box = coffer_key_row_get_key_box;

  gtk_widget_class_set_css_name (widget_class, "keyrow");
}

static PangoLayout *
make_layout (CofferKeyRow       *self,
             PangoEllipsizeMode  ellipsize)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), NULL);

  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_ellipsize (layout, ellipsize);
  return layout;
}

static void
coffer_key_row_init (CofferKeyRow *self)
{
  PangoAttrList *attributes = make_attributes (1);

  self->picture = coffer_key_cell_get_picture (COFFER_KEY_CELL (self));
  self->key = make_layout (self, PANGO_ELLIPSIZE_MIDDLE);
  self->size = make_layout (self, PANGO_ELLIPSIZE_END);
  self->type = make_layout (self, PANGO_ELLIPSIZE_END);
  pango_layout_set_attributes (self->size, attributes);
  pango_attr_list_unref (attributes);
}

GtkWidget *
coffer_key_row_new (void)
{
  return g_object_new (COFFER_TYPE_KEY_ROW, NULL);
}
