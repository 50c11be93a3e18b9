/* SPDX-License-Identifier: MIT */
/* The list and the grid of the same keys. Only the one on show has rows or tiles; the other would read keys for nobody. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-views"

#include "coffer-key-views.h"

struct _CofferKeyViews {
  GtkWidget parent_instance;

  GtkStack *stack;
  CofferKeyView *list;
  CofferKeyGrid *grid;
  CofferKeySelection *selection;
  gboolean grid_shown;
};

static guint activated_signal;

G_DEFINE_FINAL_TYPE (CofferKeyViews, coffer_key_views, GTK_TYPE_WIDGET)

static GtkWidget *
get_shown (CofferKeyViews *self)
{
  return self->grid_shown ? GTK_WIDGET (self->grid) : GTK_WIDGET (self->list);
}

/* The list always knows the selection: it sees to the order of the keys. */
static void
fill_shown (CofferKeyViews *self)
{
  coffer_key_view_set_shown (self->list, !self->grid_shown);
  coffer_key_grid_set_selection (self->grid, self->grid_shown ? self->selection : NULL);
}

void
coffer_key_views_set_selection (CofferKeyViews     *self,
                                CofferKeySelection *selection,
                                CofferThumbnails   *thumbnails)
{
  g_return_if_fail (COFFER_IS_KEY_VIEWS (self));

  g_set_object (&self->selection, selection);
  coffer_key_view_set_thumbnails (self->list, thumbnails);
  coffer_key_grid_set_thumbnails (self->grid, thumbnails);
  coffer_key_view_set_selection (self->list, selection);
  fill_shown (self);
}

/* What is in view now: the first key, and the one looked at last if that is. */
static void
get_place (CofferKeyViews *self,
           guint          *first,
           guint          *current)
{
  gboolean seen = FALSE;

  *current = self->selection != NULL ? coffer_key_selection_get_current (self->selection) : GTK_INVALID_LIST_POSITION;
  *first = self->grid_shown ? coffer_key_grid_get_first_visible (self->grid) : coffer_key_view_get_first_visible (self->list);
  if (*current != GTK_INVALID_LIST_POSITION)
    seen = self->grid_shown ? coffer_key_grid_shows (self->grid, *current) : coffer_key_view_shows (self->list, *current);
  if (!seen)
    *current = GTK_INVALID_LIST_POSITION;
}

void
coffer_key_views_set_grid_shown (CofferKeyViews *self,
                                 gboolean        shown)
{
  GtkRoot *root;
  GtkWidget *focus;
  gboolean had_focus;
  guint first, current;

  g_return_if_fail (COFFER_IS_KEY_VIEWS (self));

  if (shown == self->grid_shown)
    return;

  root = gtk_widget_get_root (GTK_WIDGET (self));
  focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  had_focus = focus != NULL && gtk_widget_is_ancestor (focus, GTK_WIDGET (self));
  get_place (self, &first, &current);
  self->grid_shown = shown;
  fill_shown (self);
  gtk_stack_set_visible_child (self->stack, get_shown (self));
  if (shown)
    coffer_key_grid_show_first (self->grid, first, current);
  else
    coffer_key_view_show_first (self->list, first, current);
  if (had_focus)
    gtk_widget_grab_focus (GTK_WIDGET (self));
}

gboolean
coffer_key_views_get_grid_shown (CofferKeyViews *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEWS (self), FALSE);

  return self->grid_shown;
}

CofferKeyView *
coffer_key_views_get_list (CofferKeyViews *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEWS (self), NULL);

  return self->list;
}

CofferKeyGrid *
coffer_key_views_get_grid (CofferKeyViews *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_VIEWS (self), NULL);

  return self->grid;
}

static void
activated_cb (CofferKeyViews *self)
{
  g_signal_emit (self, activated_signal, 0);
}

static gboolean
coffer_key_views_focus (GtkWidget        *widget,
                        GtkDirectionType  direction)
{
  return gtk_widget_child_focus (get_shown (COFFER_KEY_VIEWS (widget)), direction);
}

static gboolean
coffer_key_views_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (get_shown (COFFER_KEY_VIEWS (widget)));
}

static void
coffer_key_views_dispose (GObject *object)
{
  CofferKeyViews *self = COFFER_KEY_VIEWS (object);

  g_clear_pointer ((GtkWidget **) &self->stack, gtk_widget_unparent);
  g_clear_object (&self->selection);

  G_OBJECT_CLASS (coffer_key_views_parent_class)->dispose (object);
}

static void
coffer_key_views_class_init (CofferKeyViewsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_key_views_dispose;
  widget_class->focus = coffer_key_views_focus;
  widget_class->grab_focus = coffer_key_views_grab_focus;

  activated_signal = g_signal_new ("activated", COFFER_TYPE_KEY_VIEWS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
coffer_key_views_init (CofferKeyViews *self)
{
  self->stack = GTK_STACK (gtk_stack_new ());
  self->list = g_object_new (COFFER_TYPE_KEY_VIEW, NULL);
  self->grid = g_object_new (COFFER_TYPE_KEY_GRID, NULL);
  g_signal_connect_swapped (self->list, "activated", G_CALLBACK (activated_cb), self);
  g_signal_connect_swapped (self->grid, "activated", G_CALLBACK (activated_cb), self);
  gtk_stack_set_hhomogeneous (self->stack, FALSE);
  gtk_stack_set_vhomogeneous (self->stack, FALSE);
  gtk_stack_add_child (self->stack, GTK_WIDGET (self->list));
  gtk_stack_add_child (self->stack, GTK_WIDGET (self->grid));
  gtk_widget_set_parent (GTK_WIDGET (self->stack), GTK_WIDGET (self));
}
