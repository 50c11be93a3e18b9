/* SPDX-License-Identifier: MIT */
/*
 * A treemap of at most MAX_TILES tiles. How many there are follows from the room: tiles are hidden and shown as it changes, and
 * kept for the next items, so that going into something makes no widgets. Main thread.
 */
#define G_LOG_DOMAIN "coffer-widgets"

#include "coffer-treemap.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "coffer-treemap-layout.h"
#include "coffer-treemap-tile.h"

#define GAP 2
#define MAX_TILES 120
#define LEAST_AREA (18 * 18)
#define LEAST_WIDTH 120
#define LEAST_HEIGHT 120
#define NATURAL_HEIGHT 240
#define N_SPOKEN 5            /* of the largest, in the description */
#define TILES_A_TURN 24       /* to be made: a hundred at once would be seen as a jerk */

typedef struct {
  char *name;
  char *detail;
  char *spoken;
  guint64 size;
} Item;

struct _CofferTreemap {
  GtkWidget parent_instance;

  GArray *items;              /* of Item */
  guint64 n_others, others;   /* beyond those */
  guint64 total;
  GPtrArray *tiles;           /* of GtkWidget: unowned, children */
  guint make_id;              /* more tiles are to be made */
  guint n_filled;             /* tiles that say what their item does */
  guint n_tiles;              /* of items */
  guint n_shown;              /* and one of others */
  guint current;              /* among those shown */
  CofferTreemapRect rects[MAX_TILES + 1];
};

static guint activated_signal, up_signal;

G_DEFINE_FINAL_TYPE (CofferTreemap, coffer_treemap, GTK_TYPE_WIDGET)

static void
item_clear (gpointer data)
{
  Item *self = data;

  g_free (self->name);
  g_free (self->detail);
  g_free (self->spoken);
}

static guint64
get_size (CofferTreemap *self,
          guint          i)
{
  return g_array_index (self->items, Item, i).size;
}

/* ---- tiles ---- */

static void
clicked_cb (CofferTreemap *self,
            GtkWidget     *tile)
{
  guint i;

  if (g_ptr_array_find (self->tiles, tile, &i) && i < self->n_tiles)
    g_signal_emit (self, activated_signal, 0, i);
}

static void
focused_cb (CofferTreemap           *self,
            GtkEventControllerFocus *controller)
{
  g_ptr_array_find (self->tiles, gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (controller)), &self->current);
}

static GtkWidget *
get_tile (CofferTreemap *self,
          guint          i)
{
  GtkEventController *focus;
  GtkWidget *tile;

  if (i < self->tiles->len)
    return g_ptr_array_index (self->tiles, i);
  tile = coffer_treemap_tile_new ();
  focus = gtk_event_controller_focus_new ();
  g_signal_connect_swapped (focus, "enter", G_CALLBACK (focused_cb), self);
  gtk_widget_add_controller (tile, focus);
  g_signal_connect_swapped (tile, "clicked", G_CALLBACK (clicked_cb), self);
  gtk_widget_set_parent (tile, GTK_WIDGET (self));
  g_ptr_array_add (self->tiles, tile);
  return tile;
}

static void
fill_tile (CofferTreemap *self,
           guint          i)
{
  const Item *item = &g_array_index (self->items, Item, i);
  CofferTreemapTile *tile = COFFER_TREEMAP_TILE (get_tile (self, i));

  coffer_treemap_tile_set_text (tile, item->name, item->detail, item->spoken);
  coffer_treemap_tile_set_rank (tile, i, FALSE);
}

/* One more than the items need: that of the others. */
static gboolean
make_cb (gpointer data)
{
  CofferTreemap *self = data;
  guint end = MIN (self->tiles->len + TILES_A_TURN, MIN (self->items->len, MAX_TILES) + 1);

  self->make_id = 0;
  for (guint i = self->tiles->len; i < end; i++)
    get_tile (self, i);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  return G_SOURCE_REMOVE;
}

static void
fill_others (CofferTreemap *self,
             guint64        n,
             guint64        bytes)
{
  CofferTreemapTile *tile = COFFER_TREEMAP_TILE (get_tile (self, self->n_tiles));
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, n);
  g_autofree char *name = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s other", "%s others", (gulong) MIN (n, G_MAXINT)), number);
  g_autofree char *size = g_format_size (bytes);
  g_autofree char *spoken = g_strdup_printf ("%s · %s", name, size);

  coffer_treemap_tile_set_text (tile, name, size, spoken);
  coffer_treemap_tile_set_rank (tile, self->n_tiles, TRUE);
}

/* ---- room ---- */

/* Fills in what each tile weighs. The others are told of in any case, if not in proportion: they can be too few to be seen. */
static void
weigh (CofferTreemap *self,
       double         area,
       guint64        others,
       double        *weights)
{
  double all = self->total > 0 ? (double) self->total : (double) self->n_shown;

  for (guint i = 0; i < self->n_tiles; i++)
    weights[i] = self->total > 0 ? (double) get_size (self, i) : 1;
  if (self->n_shown > self->n_tiles)
    weights[self->n_tiles] = MAX (self->total > 0 ? (double) others : 1, all * MIN (LEAST_AREA / area, .05));
}

/* As many as there is room for. What is missing is not made here, in the middle of a layout, but soon. */
static void
count_tiles (CofferTreemap *self,
             double         area)
{
  GArray *sizes = g_array_sized_new (FALSE, FALSE, sizeof (guint64), self->items->len);
  guint n;

  for (guint i = 0; i < self->items->len; i++)
    g_array_append_val (sizes, g_array_index (self->items, Item, i).size);
  n = coffer_treemap_fold ((const guint64 *) (gpointer) sizes->data, MIN (sizes->len, MAX_TILES), self->total, area, LEAST_AREA);
  g_array_unref (sizes);
  if (n + 1 > self->tiles->len && self->make_id == 0)
    self->make_id = g_idle_add (make_cb, self);
  n = MIN (n, self->tiles->len - 1);
  self->n_filled = MIN (self->n_filled, n);   /* the next may be the others' now */
  while (self->n_filled < n)
    fill_tile (self, self->n_filled++);
  self->n_tiles = n;
}

/* How many tiles there are, and where. */
static void
arrange (CofferTreemap *self,
         int            width,
         int            height)
{
  double area = (double) (width + GAP) * (height + GAP);
  double weights[MAX_TILES + 1];
  guint64 others = self->others;
  guint64 n_others;

  count_tiles (self, area);
  for (guint i = self->n_tiles; i < self->items->len; i++)
    others += get_size (self, i);
  n_others = self->n_others + self->items->len - self->n_tiles;
  self->n_shown = self->n_tiles + (n_others > 0);
  if (n_others > 0)
    fill_others (self, n_others, others);
  weigh (self, area, others, weights);
  coffer_treemap_layout (weights, self->n_shown, width + GAP, height + GAP, self->rects);
  self->current = MIN (self->current, self->n_shown > 0 ? self->n_shown - 1 : 0);
}

static void
coffer_treemap_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  CofferTreemap *self = COFFER_TREEMAP (widget);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;

  arrange (self, width, height);
  for (guint i = 0; i < self->tiles->len; i++)
    {
      GtkWidget *tile = g_ptr_array_index (self->tiles, i);
      CofferTreemapRect *rect = &self->rects[i];
      int left, top, right, bottom;

      gtk_widget_set_child_visible (tile, i < self->n_shown);
      if (i >= self->n_shown)
        continue;
      if (rtl)
        rect->x = width + GAP - rect->x - rect->width;
      left = (int) round (rect->x);
      top = (int) round (rect->y);
      right = MAX (left + 1, (int) round (rect->x + rect->width) - GAP);
      bottom = MAX (top + 1, (int) round (rect->y + rect->height) - GAP);
      gtk_widget_measure (tile, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
      gtk_widget_size_allocate (tile, &(GtkAllocation) { left, top, right - left, bottom - top }, -1);
    }
}

static void
coffer_treemap_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? LEAST_WIDTH : LEAST_HEIGHT;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? LEAST_WIDTH : NATURAL_HEIGHT;
}

/* ---- keys ---- */

static gboolean
focus_tile (CofferTreemap *self,
            guint          i)
{
  return i < self->n_shown && gtk_widget_grab_focus (g_ptr_array_index (self->tiles, i));
}

/* Also before it has got its room. */
static void
keep_focus (CofferTreemap *self)
{
  GtkWidget *tile = self->current < self->tiles->len ? g_ptr_array_index (self->tiles, self->current) : NULL;

  if (gtk_widget_get_focus_child (GTK_WIDGET (self)) == NULL || tile == NULL)
    return;
  gtk_widget_set_child_visible (tile, TRUE);
  gtk_widget_grab_focus (tile);
}

/* Comes here while the widget or a tile has the keyboard, or when it is to get it. */
static gboolean
coffer_treemap_focus (GtkWidget        *widget,
                      GtkDirectionType  direction)
{
  static const CofferTreemapWay ways[] = {
    [GTK_DIR_UP] = COFFER_TREEMAP_UP,
    [GTK_DIR_DOWN] = COFFER_TREEMAP_DOWN,
    [GTK_DIR_LEFT] = COFFER_TREEMAP_LEFT,
    [GTK_DIR_RIGHT] = COFFER_TREEMAP_RIGHT,
  };
  CofferTreemap *self = COFFER_TREEMAP (widget);

  if (gtk_widget_get_focus_child (widget) == NULL)
    return focus_tile (self, self->current);
  if (direction == GTK_DIR_TAB_FORWARD || direction == GTK_DIR_TAB_BACKWARD)
    return FALSE;
  focus_tile (self, coffer_treemap_step (self->rects, self->n_shown, self->current, ways[direction]));
  return TRUE;   /* at the edge, too: arrows stay */
}

static gboolean
coffer_treemap_grab_focus (GtkWidget *widget)
{
  CofferTreemap *self = COFFER_TREEMAP (widget);

  return focus_tile (self, self->current);
}

/* Before the tile: a button waits a quarter of a second behind Enter. */
static gboolean
key_cb (CofferTreemap   *self,
        guint            keyval,
        guint            keycode,
        GdkModifierType  state)
{
  GdkModifierType modifiers = state & gtk_accelerator_get_default_mod_mask ();
  gboolean up = (modifiers == 0 && keyval == GDK_KEY_BackSpace) ||
                (modifiers == GDK_ALT_MASK && (keyval == GDK_KEY_Up || keyval == GDK_KEY_KP_Up));

  if (up)
    g_signal_emit (self, up_signal, 0);
  else if (modifiers == 0 && (keyval == GDK_KEY_Return || keyval == GDK_KEY_KP_Enter || keyval == GDK_KEY_ISO_Enter ||
                              keyval == GDK_KEY_space))
    {
      if (self->current < self->n_tiles)
        g_signal_emit (self, activated_signal, 0, self->current);
    }
  else if (modifiers == 0 && (keyval == GDK_KEY_Home || keyval == GDK_KEY_KP_Home))
    focus_tile (self, 0);
  else if (modifiers == 0 && (keyval == GDK_KEY_End || keyval == GDK_KEY_KP_End))
    focus_tile (self, self->n_shown - 1);
  else
    return GDK_EVENT_PROPAGATE;
  return GDK_EVENT_STOP;
}

/* ---- GObject ---- */

static void
coffer_treemap_dispose (GObject *object)
{
  CofferTreemap *self = COFFER_TREEMAP (object);

  g_clear_handle_id (&self->make_id, g_source_remove);
  for (guint i = 0; i < self->tiles->len; i++)
    gtk_widget_unparent (g_ptr_array_index (self->tiles, i));
  g_ptr_array_set_size (self->tiles, 0);
  self->n_tiles = self->n_shown = 0;

  G_OBJECT_CLASS (coffer_treemap_parent_class)->dispose (object);
}

static void
coffer_treemap_finalize (GObject *object)
{
  CofferTreemap *self = COFFER_TREEMAP (object);

  g_array_unref (self->items);
  g_ptr_array_unref (self->tiles);

  G_OBJECT_CLASS (coffer_treemap_parent_class)->finalize (object);
}

static void
coffer_treemap_class_init (CofferTreemapClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_treemap_dispose;
  G_OBJECT_CLASS (klass)->finalize = coffer_treemap_finalize;
  widget_class->measure = coffer_treemap_measure;
  widget_class->size_allocate = coffer_treemap_size_allocate;
  widget_class->focus = coffer_treemap_focus;
  widget_class->grab_focus = coffer_treemap_grab_focus;
  gtk_widget_class_set_css_name (widget_class, "treemap");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);

  activated_signal = g_signal_new ("activated", COFFER_TYPE_TREEMAP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                   G_TYPE_UINT);
  up_signal = g_signal_new ("up", COFFER_TYPE_TREEMAP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_treemap_init (CofferTreemap *self)
{
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->items = g_array_new (FALSE, FALSE, sizeof (Item));
  g_array_set_clear_func (self->items, item_clear);
  self->tiles = g_ptr_array_new ();
  get_tile (self, 0);
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Space Used"), -1);
}

GtkWidget *
coffer_treemap_new (void)
{
  return g_object_new (COFFER_TYPE_TREEMAP, NULL);
}

static void
update_description (CofferTreemap *self)
{
  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < MIN (self->items->len, N_SPOKEN); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "", g_array_index (self->items, Item, i).spoken);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text->str, -1);
}

void
coffer_treemap_set_items (CofferTreemap           *self,
                          const CofferTreemapItem *items,
                          guint                    n_items,
                          guint64                  n_others,
                          guint64                  others)
{
  g_return_if_fail (COFFER_IS_TREEMAP (self));

  g_array_set_size (self->items, 0);
  self->total = others;
  for (guint i = 0; i < n_items; i++)
    {
      Item item = { g_strdup (items[i].name), g_strdup (items[i].detail), g_strdup (items[i].spoken), items[i].size };

      g_array_append_val (self->items, item);
      self->total += item.size;
    }
  self->n_others = n_others;
  self->others = others;
  self->n_filled = self->n_tiles = self->n_shown = 0;
  self->current = 0;
  keep_focus (self);
  update_description (self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

guint
coffer_treemap_get_n_tiles (CofferTreemap *self)
{
  g_return_val_if_fail (COFFER_IS_TREEMAP (self), 0);

  return self->n_tiles;
}

void
coffer_treemap_set_current (CofferTreemap *self,
                            guint          item)
{
  g_return_if_fail (COFFER_IS_TREEMAP (self));

  self->current = item;
  keep_focus (self);
}

guint
coffer_treemap_get_current (CofferTreemap *self)
{
  g_return_val_if_fail (COFFER_IS_TREEMAP (self), 0);

  return self->current;
}
