/* SPDX-License-Identifier: MIT */
/*
 * A tile of a treemap. It is a button, so that it is one for a screen reader, too; its words are drawn by itself: labels would be two
 * more widgets for each, and ask for room that a tile may not have. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-treemap-tile.h"

#define PAD_X 8
#define PAD_Y 5
#define LEAST_WIDTH 28      /* for words, without the padding */
#define LEAST_HEIGHT 10
#define CUT_WIDTH 52        /* for a name that loses its middle: under that, it keeps its end alone */
#define N_RANKS 6

struct _CofferTreemapTile {
  GtkButton parent_instance;

  char *name;
  char *detail;
  char *spoken;
  PangoLayout *name_layout;    /* made when drawn first */
  PangoLayout *detail_layout;
};

G_DEFINE_FINAL_TYPE (CofferTreemapTile, coffer_treemap_tile, GTK_TYPE_BUTTON)

static void
drop_layouts (CofferTreemapTile *self)
{
  g_clear_object (&self->name_layout);
  g_clear_object (&self->detail_layout);
}

static PangoLayout *
make_layout (CofferTreemapTile *self,
             const char        *text,
             gboolean           is_name)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), text);

  pango_layout_set_single_paragraph_mode (layout, TRUE);
  if (is_name)
    {
      g_autoptr(PangoAttrList) attributes = pango_attr_list_new ();

      pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
      pango_layout_set_attributes (layout, attributes);
    }
  return layout;
}

/* The end of a name is what people read. Returns: where the next line begins; @y if there is no room for this one */
static int
draw_layout (CofferTreemapTile *self,
             GtkSnapshot       *snapshot,
             PangoLayout       *layout,
             const GdkRGBA     *color,
             gboolean           whole,
             int                y)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self)) - 2 * PAD_X, height;

  pango_layout_set_ellipsize (layout, width < CUT_WIDTH ? PANGO_ELLIPSIZE_START : PANGO_ELLIPSIZE_MIDDLE);
  pango_layout_set_width (layout, width * PANGO_SCALE);
  pango_layout_get_pixel_size (layout, NULL, &height);
  if (y + height > gtk_widget_get_height (GTK_WIDGET (self)) - PAD_Y + 2 || (whole && pango_layout_is_ellipsized (layout)))
    return y;
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (PAD_X, y));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
  return y + height;
}

static void
coffer_treemap_tile_snapshot (GtkWidget   *widget,
                              GtkSnapshot *snapshot)
{
  CofferTreemapTile *self = COFFER_TREEMAP_TILE (widget);
  GdkRGBA color;
  int y;

  if (self->name == NULL || gtk_widget_get_width (widget) < LEAST_WIDTH + 2 * PAD_X ||
      gtk_widget_get_height (widget) < 2 * PAD_Y + LEAST_HEIGHT)
    return;
  if (self->name_layout == NULL)
    {
      self->name_layout = make_layout (self, self->name, TRUE);
      self->detail_layout = make_layout (self, self->detail, FALSE);
    }
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  y = draw_layout (self, snapshot, self->name_layout, &color, FALSE, PAD_Y);
  if (y > PAD_Y)
    draw_layout (self, snapshot, self->detail_layout, &color, TRUE, y);
}

/* As much room as it is given. */
static void
coffer_treemap_tile_measure (GtkWidget      *widget,
                             GtkOrientation  orientation,
                             int             for_size,
                             int            *minimum,
                             int            *natural,
                             int            *minimum_baseline,
                             int            *natural_baseline)
{
  *minimum = *natural = 0;
}

/* Large tiles have rounder corners. */
static void
coffer_treemap_tile_size_allocate (GtkWidget *widget,
                                   int        width,
                                   int        height,
                                   int        baseline)
{
  static const char *const classes[] = { "round-4", "round-8", "round-12" };
  int side = MIN (width, height);
  guint round = side >= 72 ? 2 : side >= 30 ? 1 : 0;

  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    if (i == round)
      gtk_widget_add_css_class (widget, classes[i]);
    else
      gtk_widget_remove_css_class (widget, classes[i]);
}

static void
coffer_treemap_tile_css_changed (GtkWidget         *widget,
                                 GtkCssStyleChange *change)
{
  drop_layouts (COFFER_TREEMAP_TILE (widget));
  GTK_WIDGET_CLASS (coffer_treemap_tile_parent_class)->css_changed (widget, change);
}

static gboolean
coffer_treemap_tile_query_tooltip (GtkWidget  *widget,
                                   int         x,
                                   int         y,
                                   gboolean    keyboard,
                                   GtkTooltip *tooltip)
{
  gtk_tooltip_set_text (tooltip, COFFER_TREEMAP_TILE (widget)->spoken);
  return COFFER_TREEMAP_TILE (widget)->spoken != NULL;
}

static void
coffer_treemap_tile_finalize (GObject *object)
{
  CofferTreemapTile *self = COFFER_TREEMAP_TILE (object);

  drop_layouts (self);
  g_free (self->name);
  g_free (self->detail);
  g_free (self->spoken);

  G_OBJECT_CLASS (coffer_treemap_tile_parent_class)->finalize (object);
}

static void
coffer_treemap_tile_class_init (CofferTreemapTileClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = coffer_treemap_tile_finalize;
  widget_class->measure = coffer_treemap_tile_measure;
  widget_class->size_allocate = coffer_treemap_tile_size_allocate;
  widget_class->snapshot = coffer_treemap_tile_snapshot;
  widget_class->query_tooltip = coffer_treemap_tile_query_tooltip;
  widget_class->css_changed = coffer_treemap_tile_css_changed;
  gtk_widget_class_set_css_name (widget_class, "treetile");
}

static void
coffer_treemap_tile_init (CofferTreemapTile *self)
{
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  gtk_widget_set_layout_manager (GTK_WIDGET (self), NULL);   /* that of a button would take the place of measure() */
}

GtkWidget *
coffer_treemap_tile_new (void)
{
  return g_object_new (COFFER_TYPE_TREEMAP_TILE, NULL);
}

void
coffer_treemap_tile_set_text (CofferTreemapTile *self,
                              const char        *name,
                              const char        *detail,
                              const char        *spoken)
{
  g_return_if_fail (COFFER_IS_TREEMAP_TILE (self));

  if (g_strcmp0 (self->spoken, spoken) == 0 && g_strcmp0 (self->name, name) == 0)
    return;
  drop_layouts (self);
  g_free (self->name);
  g_free (self->detail);
  g_free (self->spoken);
  self->name = g_strdup (name);
  self->detail = g_strdup (detail);
  self->spoken = g_strdup (spoken);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

const char *
coffer_treemap_tile_get_spoken (CofferTreemapTile *self)
{
  g_return_val_if_fail (COFFER_IS_TREEMAP_TILE (self), NULL);

  return self->spoken;
}

void
coffer_treemap_tile_set_rank (CofferTreemapTile *self,
                              guint              rank,
                              gboolean           is_others)
{
  static const char *const ranks[N_RANKS] = { "rank-1", "rank-2", "rank-3", "rank-4", "rank-5", "rank-6" };

  g_return_if_fail (COFFER_IS_TREEMAP_TILE (self));

  for (guint i = 0; i < N_RANKS; i++)
    {
      if (i == rank && !is_others)
        gtk_widget_add_css_class (GTK_WIDGET (self), ranks[i]);
      else
        gtk_widget_remove_css_class (GTK_WIDGET (self), ranks[i]);
    }
  if (is_others)
    gtk_widget_add_css_class (GTK_WIDGET (self), "others");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "others");
}
