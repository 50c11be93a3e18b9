/* SPDX-License-Identifier: MIT */
/*
 * The bar of all parts of a file. Colours alone never tell: the legend under it has a name and a number for each, and they are spoken
 * as the description of the bar. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-space-bar.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define HEIGHT 22
#define GAP 2
#define LEAST 7        /* of a part that is there */
#define RADIUS 8

struct _CofferSpaceBar {
  GtkWidget parent_instance;

  guint64 parts[COFFER_N_PARTS];
};

G_DEFINE_FINAL_TYPE (CofferSpaceBar, coffer_space_bar, GTK_TYPE_WIDGET)

static const struct {
  const char *name;
  const char *css_class;
  const char *color;      /* NULL: that of text, faint */
} looks[COFFER_N_PARTS] = {
  [COFFER_PART_IN_USE] = { N_("In use"), "values", "#e5a50a" },
  [COFFER_PART_VALUES] = { N_("Values"), "values", "#e5a50a" },
  [COFFER_PART_KEYS] = { N_("Keys and index"), "index", "#e66100" },
  [COFFER_PART_OTHER] = { N_("Other tables"), "other", "#9a9996" },
  [COFFER_PART_FREE] = { N_("Reclaimable"), "free", NULL },
  [COFFER_PART_LOG] = { N_("Write-ahead log"), "wal", "#3584e4" },
};

const char *
coffer_part_get_name (CofferPart part)
{
  return _(looks[part].name);
}

const char *
coffer_part_get_css_class (CofferPart part)
{
  return looks[part].css_class;
}

/* How wide each part is: none under LEAST, and what that costs is taken from all in proportion to what they have above it. */
static void
divide (const guint64 *parts,
        double         width,
        double         widths[COFFER_N_PARTS])
{
  guint n = 0;
  double total = 0, room;

  for (guint i = 0; i < COFFER_N_PARTS; i++)
    {
      n += parts[i] > 0;
      total += (double) parts[i];
    }
  room = MAX (0, width - (n > 0 ? (n - 1) * GAP : 0) - n * LEAST);
  for (guint i = 0; i < COFFER_N_PARTS; i++)
    widths[i] = parts[i] > 0 ? LEAST + room * (double) parts[i] / total : 0;
}

static void
get_color (CofferSpaceBar *self,
           guint           part,
           GdkRGBA        *color)
{
  if (looks[part].color != NULL)
    {
      gdk_rgba_parse (color, looks[part].color);
      return;
    }
  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), color);
  color->alpha = adw_style_manager_get_high_contrast (adw_style_manager_get_default ()) ? .4f : .18f;
}

static void
coffer_space_bar_snapshot (GtkWidget   *widget,
                           GtkSnapshot *snapshot)
{
  CofferSpaceBar *self = COFFER_SPACE_BAR (widget);
  double width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget), x = 0;
  double widths[COFFER_N_PARTS];
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  GskRoundedRect shape;

  divide (self->parts, width, widths);
  gsk_rounded_rect_init_from_rect (&shape, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height), RADIUS);
  gtk_snapshot_push_rounded_clip (snapshot, &shape);
  for (guint i = 0; i < COFFER_N_PARTS; i++)
    {
      GdkRGBA color;

      if (self->parts[i] == 0)
        continue;
      get_color (self, i, &color);
      gtk_snapshot_append_color (snapshot, &color, &GRAPHENE_RECT_INIT ((float) (rtl ? width - x - widths[i] : x), 0, (float) widths[i],
                                                                       (float) height));
      x += widths[i] + GAP;
    }
  gtk_snapshot_pop (snapshot);
}

static void
coffer_space_bar_measure (GtkWidget      *widget,
                          GtkOrientation  orientation,
                          int             for_size,
                          int            *minimum,
                          int            *natural,
                          int            *minimum_baseline,
                          int            *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_VERTICAL ? HEIGHT : COFFER_N_PARTS * (LEAST + GAP);
}

static void
describe (CofferSpaceBar *self)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < COFFER_N_PARTS; i++)
    {
      g_autofree char *size = g_format_size_full (self->parts[i], G_FORMAT_SIZE_LONG_FORMAT);

      if (self->parts[i] > 0)
        g_string_append_printf (text, "%s%s: %s", text->len > 0 ? "; " : "", coffer_part_get_name (i), size);
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text->str, -1);
}

void
coffer_space_bar_set_parts (CofferSpaceBar *self,
                            const guint64   parts[COFFER_N_PARTS])
{
  g_return_if_fail (COFFER_IS_SPACE_BAR (self));

  if (memcmp (self->parts, parts, sizeof self->parts) == 0)
    return;
  memcpy (self->parts, parts, sizeof self->parts);
  describe (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
coffer_space_bar_class_init (CofferSpaceBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = coffer_space_bar_snapshot;
  widget_class->measure = coffer_space_bar_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  gtk_widget_class_set_css_name (widget_class, "spacebar");
}

static void
coffer_space_bar_init (CofferSpaceBar *self)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Space used"), -1);
}
