/* SPDX-License-Identifier: MIT */
/*
 * Rows of bytes, drawn: the tints behind them, then each column of a frame as one layout. Main thread.
 */
#define G_LOG_DOMAIN "coffer-bytes"

#include "coffer-bytes-view-private.h"

#include <adwaita.h>

#define DIM_ALPHA .6
#define HEADER_ALPHA .28
#define MARK_ALPHA .16
#define SELECTED_ALPHA .32

typedef struct {
  guint64 first;      /* byte */
  guint n_rows;
  GString *offsets;
  GString *hex;
  GString *text;
} Rows;

static void
append_byte (Rows         *rows,
             const guint8 *byte)
{
  if (byte == NULL)
    {
      g_string_append (rows->hex, "··");
      g_string_append_c (rows->text, ' ');
      return;
    }

  g_string_append_printf (rows->hex, "%02x", *byte);
  if (*byte >= ' ' && *byte < 0x7f)
    g_string_append_c (rows->text, *byte);
  else
    g_string_append (rows->text, "·");
}

static void
append_row (CofferBytesView *self,
            Rows            *rows,
            guint64          offset)
{
  const guint8 *bytes = NULL;
  gsize len = 0;

  g_string_append_printf (rows->offsets, "%0*" G_GINT64_MODIFIER "x\n", (int) self->digits, offset);
  for (guint i = 0; i < self->columns && offset + i < self->size; i++)
    {
      if (len == 0)
        bytes = coffer_bytes_pages_peek (self->pages, offset + i, &len);
      if (i > 0)
        g_string_append (rows->hex, self->columns == 16 && i == 8 ? "  " : " ");
      append_byte (rows, bytes);
      bytes = bytes != NULL ? bytes + 1 : NULL;
      len--;
    }
  g_string_append_c (rows->hex, '\n');
  g_string_append_c (rows->text, '\n');
}

static void
append_column (CofferBytesView *self,
               GtkSnapshot     *snapshot,
               GString         *text,
               double           x,
               double           alpha)
{
  g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text->str);
  PangoAttrList *attributes = pango_attr_list_new ();
  GdkRGBA color;

  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &color);
  color.alpha *= adw_style_manager_get_high_contrast (adw_style_manager_get_default ()) ? 1 : alpha;
  pango_attr_list_insert (attributes, pango_attr_line_height_new_absolute (self->line_height * PANGO_SCALE));
  pango_layout_set_attributes (layout, attributes);
  pango_attr_list_unref (attributes);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (x, 0));
  gtk_snapshot_append_layout (snapshot, layout, &color);
  gtk_snapshot_restore (snapshot);
}

/* Behind the bytes of a range that lie in one row, in hex and in text. */
static void
append_band (CofferBytesView *self,
             GtkSnapshot     *snapshot,
             const GdkRGBA   *color,
             double           y,
             guint            first,
             guint            last)
{
  double hex = coffer_bytes_view_hex_x (self, first), text = coffer_bytes_view_text_x (self, first);
  double hex_end = coffer_bytes_view_hex_x (self, last) + 2 * self->char_width;
  double text_end = coffer_bytes_view_text_x (self, last) + self->char_width;

  gtk_snapshot_append_color (snapshot, color, &GRAPHENE_RECT_INIT (hex - 1, y, hex_end - hex + 2, self->line_height));
  gtk_snapshot_append_color (snapshot, color, &GRAPHENE_RECT_INIT (text, y, text_end - text, self->line_height));
}

static void
append_range (CofferBytesView *self,
              GtkSnapshot     *snapshot,
              const Rows      *rows,
              guint64          begin,
              guint64          end,
              const GdkRGBA   *color)
{
  for (guint i = 0; i < rows->n_rows; i++)
    {
      guint64 row = rows->first + (guint64) i * self->columns;
      guint64 from = MAX (begin, row), to = MIN (end, row + self->columns);

      if (from < to)
        append_band (self, snapshot, color, i * self->line_height, from - row, to - row - 1);
    }
}

static void
append_cursor (CofferBytesView *self,
               GtkSnapshot     *snapshot,
               const Rows      *rows)
{
  const float widths[] = { 1, 1, 1, 1 };
  guint column = self->cursor % self->columns;
  GskRoundedRect outline;
  GdkRGBA color;
  double x, y;

  if (!self->has_cursor || self->cursor < rows->first || self->cursor >= rows->first + (guint64) rows->n_rows * self->columns ||
      !gtk_widget_has_focus (GTK_WIDGET (self)))
    return;

  y = (self->cursor - rows->first) / self->columns * self->line_height;
  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), &color);
  x = coffer_bytes_view_hex_x (self, column) - 1.5;
  gsk_rounded_rect_init_from_rect (&outline, &GRAPHENE_RECT_INIT (x, y, 2 * self->char_width + 3, self->line_height), 2);
  gtk_snapshot_append_border (snapshot, &outline, widths, (const GdkRGBA[]) { color, color, color, color });
}

static void
append_tints (CofferBytesView *self,
              GtkSnapshot     *snapshot,
              const Rows      *rows)
{
  GtkStyleContext *style = gtk_widget_get_style_context (GTK_WIDGET (self));
  guint64 offset, size;
  GdkRGBA color;

  if (gtk_style_context_lookup_color (style, "coffer_amber_2", &color))
    {
      color.alpha = HEADER_ALPHA;
      append_range (self, snapshot, rows, 0, self->header_size, &color);
    }
  if (self->mark_size > 0 && gtk_style_context_lookup_color (style, "accent_bg_color", &color))
    {
      color.alpha = MARK_ALPHA;
      append_range (self, snapshot, rows, self->mark, self->mark + self->mark_size, &color);
    }
  if (coffer_bytes_view_get_selection (self, &offset, &size) && gtk_style_context_lookup_color (style, "accent_bg_color", &color))
    {
      color.alpha = SELECTED_ALPHA;
      append_range (self, snapshot, rows, offset, offset + size, &color);
    }
  append_cursor (self, snapshot, rows);
}

void
coffer_bytes_view_snapshot (GtkWidget   *widget,
                            GtkSnapshot *snapshot)
{
  CofferBytesView *self = COFFER_BYTES_VIEW (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  double scroll = coffer_bytes_view_get_scroll (self);
  Rows rows = { 0 };
  guint64 first, total;

  if (self->pages == NULL || self->size == 0 || self->columns == 0)
    return;

  total = coffer_bytes_view_n_rows (self);
  first = scroll / self->line_height;
  rows.first = first * self->columns;
  rows.n_rows = MIN (total - MIN (first, total), (guint64) (height / self->line_height + 2));
  rows.offsets = g_string_new (NULL);
  rows.hex = g_string_new (NULL);
  rows.text = g_string_new (NULL);
  for (guint i = 0; i < rows.n_rows; i++)
    append_row (self, &rows, rows.first + (guint64) i * self->columns);

  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (0, first * (double) self->line_height - scroll));
  append_tints (self, snapshot, &rows);
  append_column (self, snapshot, rows.offsets, 0, DIM_ALPHA);
  append_column (self, snapshot, rows.hex, coffer_bytes_view_hex_x (self, 0), 1);
  append_column (self, snapshot, rows.text, coffer_bytes_view_text_x (self, 0), 1);
  gtk_snapshot_pop (snapshot);

  g_string_free (rows.offsets, TRUE);
  g_string_free (rows.hex, TRUE);
  g_string_free (rows.text, TRUE);
}
