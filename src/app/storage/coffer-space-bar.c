/* SPDX-License-Identifier: MIT */
/*
 * The bar of all parts of a file. Colours alone never tell: the legend under it has a name and a number for each, and they are spoken
 * as the description of the bar. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-space-bar.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#define HEIGHT 22
#define GAP 2
#define LEAST 7        /* of a part that is there */
#define RADIUS 8

struct _CofferSpaceBar {
  GtkWidget parent_instance;

  GPtrArray *segments;     /* of CofferSegment; NULL: none */
};

G_DEFINE_FINAL_TYPE (CofferSpaceBar, coffer_space_bar, GTK_TYPE_WIDGET)

static const struct {
  const char *name;        /* NULL: the table's */
  const char *css_class;   /* NULL: that of the rank */
  const char *color;       /* NULL: that of the rank, or of text, faint */
} looks[COFFER_N_PARTS] = {
  [COFFER_PART_IN_USE] = { N_("In use"), NULL, NULL },
  [COFFER_PART_VALUES] = { N_("Values"), NULL, NULL },
  [COFFER_PART_KEYS] = { N_("Keys and index"), NULL, NULL },
  [COFFER_PART_TABLE] = { NULL, NULL, NULL },
  [COFFER_PART_OTHER] = { N_("Other tables"), "other", "#9a9996" },
  [COFFER_PART_FREE] = { N_("Reclaimable"), "free", NULL },
  [COFFER_PART_LOG] = { N_("Write-ahead log"), "wal", "#3584e4" },
};

static const struct {
  const char *css_class;
  const char *color;
} ranks[COFFER_N_RANKS] = {
  { "values", "#e5a50a" },
  { "index", "#e66100" },
  { "third", "#c64600" },
  { "fourth", "#e01b24" },
  { "fifth", "#9141ac" },
  { "sixth", "#986a44" },
};

const char *
coffer_segment_get_name (const CofferSegment *segment)
{
  if (looks[segment->part].name != NULL)
    return _(looks[segment->part].name);
  return g_str_equal (segment->table, "kvault_parts") ? _("Parts of large values") : segment->table;
}

const char *
coffer_segment_get_css_class (const CofferSegment *segment)
{
  const char *css_class = looks[segment->part].css_class;

  return css_class != NULL ? css_class : ranks[segment->rank].css_class;
}

static const CofferSegment *
get_segment (CofferSpaceBar *self,
             guint           i)
{
  return g_ptr_array_index (self->segments, i);
}

/* How wide each is: none under LEAST, and what that costs is taken from all in proportion to what they have above it. */
static void
divide (CofferSpaceBar *self,
        double          width,
        double         *widths)
{
  guint n = 0;
  double total = 0, room;

  for (guint i = 0; i < self->segments->len; i++)
    {
      n += get_segment (self, i)->size > 0;
      total += (double) get_segment (self, i)->size;
    }
  room = MAX (0, width - (n > 0 ? (n - 1) * GAP : 0) - n * LEAST);
  for (guint i = 0; i < self->segments->len; i++)
    widths[i] = get_segment (self, i)->size > 0 ? LEAST + room * (double) get_segment (self, i)->size / total : 0;
}

static void
get_color (CofferSpaceBar      *self,
           const CofferSegment *segment,
           GdkRGBA             *color)
{
  if (segment->part == COFFER_PART_FREE)
    {
      gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (self)), color);
      color->alpha = adw_style_manager_get_high_contrast (adw_style_manager_get_default ()) ? .4f : .18f;
    }
  else
    gdk_rgba_parse (color, looks[segment->part].color != NULL ? looks[segment->part].color : ranks[segment->rank].color);
}

static void
draw (GtkSnapshot   *snapshot,
      const GdkRGBA *color,
      double         x,
      double         width,
      double         whole,
      double         height)
{
  if (width > 0)
    gtk_snapshot_append_color (snapshot, color, &GRAPHENE_RECT_INIT ((float) (whole > 0 ? whole - x - width : x), 0, (float) width, (float) height));
}

/* The keys of a table are the fainter end of it. */
static void
coffer_space_bar_snapshot (GtkWidget   *widget,
                           GtkSnapshot *snapshot)
{
  CofferSpaceBar *self = COFFER_SPACE_BAR (widget);
  double width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget), x = 0;
  double whole = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL ? width : 0;
  g_autofree double *widths = NULL;
  GskRoundedRect shape;

  if (self->segments == NULL)
    return;
  widths = g_new (double, self->segments->len);
  divide (self, width, widths);
  gsk_rounded_rect_init_from_rect (&shape, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height), RADIUS);
  gtk_snapshot_push_rounded_clip (snapshot, &shape);
  for (guint i = 0; i < self->segments->len; i++)
    {
      const CofferSegment *segment = get_segment (self, i);
      double keys = segment->size > 0 ? widths[i] * (double) segment->keys / (double) segment->size : 0;
      GdkRGBA color;

      if (segment->size == 0)
        continue;
      get_color (self, segment, &color);
      draw (snapshot, &color, x, widths[i] - keys, whole, height);
      color.alpha *= .6f;
      draw (snapshot, &color, x + widths[i] - keys, keys, whole, height);
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
  *minimum = *natural = orientation == GTK_ORIENTATION_VERTICAL ? HEIGHT : (COFFER_N_RANKS + COFFER_N_PARTS) * (LEAST + GAP);
}

static void
describe (CofferSpaceBar *self)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->segments->len; i++)
    {
      const CofferSegment *segment = get_segment (self, i);
      g_autofree char *size = g_format_size_full (segment->size, G_FORMAT_SIZE_LONG_FORMAT);

      if (segment->size > 0)
        g_string_append_printf (text, "%s%s: %s", text->len > 0 ? "; " : "", coffer_segment_get_name (segment), size);
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text->str, -1);
}

static gboolean
is_the_same (CofferSpaceBar *self,
             GPtrArray      *segments)
{
  if (!coffer_segments_are_alike (self->segments, segments))
    return FALSE;
  for (guint i = 0; i < segments->len; i++)
    {
      const CofferSegment *other = g_ptr_array_index (segments, i);

      if (get_segment (self, i)->size != other->size || get_segment (self, i)->keys != other->keys)
        return FALSE;
    }
  return TRUE;
}

void
coffer_space_bar_set_segments (CofferSpaceBar *self,
                               GPtrArray      *segments)
{
  g_return_if_fail (COFFER_IS_SPACE_BAR (self));

  if (is_the_same (self, segments))
    return;
  g_clear_pointer (&self->segments, g_ptr_array_unref);
  self->segments = g_ptr_array_ref (segments);
  describe (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
coffer_space_bar_finalize (GObject *object)
{
  g_clear_pointer (&COFFER_SPACE_BAR (object)->segments, g_ptr_array_unref);

  G_OBJECT_CLASS (coffer_space_bar_parent_class)->finalize (object);
}

static void
coffer_space_bar_class_init (CofferSpaceBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_space_bar_finalize;
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
