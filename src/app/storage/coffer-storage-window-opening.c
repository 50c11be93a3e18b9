/* SPDX-License-Identifier: MIT */
/*
 * How the window "Storage" comes: with the first frame the bar, its numbers and a group, then another with each frame, below those that are
 * there, so that nothing moves; it is built from a .ui of its own in a turn between two frames. All of them at once are more than a turn of
 * the main loop should take. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-storage-window-private.h"

#define GROUP_MARGIN 6
#define ROW_FRAMES 60   /* for a row to come that is gone to */

/* ---- building one ---- */

typedef struct {
  const char *name;                          /* of its .ui */
  const CofferStoragePart *parts[3];
  gsize widget;                              /* what becomes visible when its turn has come: that is NULL until it is built */
  gsize column;                              /* the box that it goes into, below what is there */
  void (*updates[3]) (CofferStorageWindow *self);
} Group;

#define PLACE(name) G_STRUCT_OFFSET (CofferStorageWindow, name)
#define AT(type, self, offset) (G_STRUCT_MEMBER (type, self, offset))

static const Group log_group = {
  "log", { coffer_storage_window_log_parts, coffer_storage_window_journal_parts }, PLACE (log_group), PLACE (first_column),
  { coffer_storage_window_update_log, coffer_storage_window_update_journal },
};
static const Group wipe_group = {
  "wipe", { coffer_storage_window_wipe_parts }, PLACE (wipe_group), PLACE (first_column),
  { coffer_storage_window_start_wipe, coffer_storage_window_update_wipe, coffer_storage_window_update_holders },
};
static const Group compact_group = {
  "compact", { coffer_storage_window_compact_parts, coffer_storage_window_ways_parts, coffer_storage_window_receipt_parts },
  PLACE (compact_group), PLACE (second_column),
  { coffer_storage_window_update_job },
};
static const Group safety_group = {
  "safety", { coffer_storage_window_check_parts, coffer_storage_window_copy_parts }, PLACE (safety), PLACE (second_column),
  { coffer_storage_window_update_check, coffer_storage_window_update_copy },
};
static const Group found_group = { "found", { coffer_storage_window_found_parts }, PLACE (found_group), PLACE (second_column), { NULL } };

static void
add_callbacks (GtkBuilder              *builder,
               const CofferStoragePart *part)
{
  GtkBuilderScope *scope = gtk_builder_get_scope (builder);

  for (; part->name != NULL; part++)
    if (part->callback != NULL)
      gtk_builder_cscope_add_callback_symbol (GTK_BUILDER_CSCOPE (scope), part->name, part->callback);
}

static void
take_children (CofferStorageWindow     *self,
               GtkBuilder              *builder,
               const CofferStoragePart *part)
{
  for (; part->name != NULL; part++)
    if (part->callback == NULL)
      AT (gpointer, self, part->offset) = gtk_builder_get_object (builder, part->name);
}

/* Hidden; "Other Programs" comes with "Deleted Values". */
static void
build (CofferStorageWindow *self,
       const Group         *group)
{
  g_autoptr(GtkBuilder) builder = gtk_builder_new ();
  g_autoptr(GtkBuilderScope) scope = gtk_builder_cscope_new ();
  g_autofree char *path = g_strdup_printf ("/io/github/coffervault/Coffer/ui/coffer-storage-window-%s.ui", group->name);
  g_autoptr(GError) error = NULL;

  gtk_builder_set_current_object (builder, G_OBJECT (self));
  gtk_builder_set_scope (builder, scope);
  for (guint i = 0; i < G_N_ELEMENTS (group->parts) && group->parts[i] != NULL; i++)
    add_callbacks (builder, group->parts[i]);
  if (!gtk_builder_add_from_resource (builder, path, &error))
    g_error ("%s: %s", path, error->message);
  for (guint i = 0; i < G_N_ELEMENTS (group->parts) && group->parts[i] != NULL; i++)
    take_children (self, builder, group->parts[i]);
  gtk_box_append (AT (GtkBox *, self, group->column), AT (GtkWidget *, self, group->widget));
  if (group == &wipe_group)
    gtk_box_append (self->first_column, GTK_WIDGET (self->holders));
  for (guint i = 0; i < G_N_ELEMENTS (group->updates) && group->updates[i] != NULL; i++)
    group->updates[i] (self);
}

void
coffer_storage_window_build_found (CofferStorageWindow *self)
{
  build (self, &found_group);
}

/* ---- a group a frame ---- */

/* Below those that are there, so that nobody sees one move: by turns in two columns, from the top of one. (nullable) */
static const Group *
find_next (CofferStorageWindow *self)
{
  static const Group *const by_turns[] = { &compact_group, &log_group, &safety_group, &wipe_group };
  static const Group *const downwards[] = { &log_group, &wipe_group, &compact_group, &safety_group };
  const Group *const *groups = coffer_two_columns_is_wide (self->columns) ? by_turns : downwards;

  for (guint i = 0; i < G_N_ELEMENTS (by_turns); i++)
    {
      GtkWidget *widget = AT (GtkWidget *, self, groups[i]->widget);

      if (widget == NULL || !gtk_widget_get_visible (widget))
        return groups[i];
    }
  return NULL;
}

static gboolean
build_cb (gpointer data)
{
  CofferStorageWindow *self = data;
  const Group *next = find_next (self);

  self->build_id = 0;
  if (next != NULL && AT (GtkWidget *, self, next->widget) == NULL)
    build (self, next);
  return G_SOURCE_REMOVE;
}

/* In a turn of the main loop of its own, before the next frame. */
static void
build_soon (CofferStorageWindow *self)
{
  if (self->build_id != 0)
    return;
  self->build_id = g_idle_add_full (G_PRIORITY_HIGH_IDLE, build_cb, self, NULL);
  g_source_set_name_by_id (self->build_id, "[coffer] build group");
}

static gboolean
open_cb (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       data)
{
  CofferStorageWindow *self = COFFER_STORAGE_WINDOW (widget);
  const Group *next;

  if (gtk_widget_get_width (GTK_WIDGET (self->columns)) == 0)
    return G_SOURCE_CONTINUE;
  if ((next = find_next (self)) != NULL)
    {
      if (AT (GtkWidget *, self, next->widget) != NULL)
        gtk_widget_set_visible (AT (GtkWidget *, self, next->widget), TRUE);
      build_soon (self);
      return G_SOURCE_CONTINUE;
    }
  self->opened = TRUE;
  gtk_widget_set_opacity (GTK_WIDGET (self->scrolled), 1);
  coffer_storage_window_update_found (self);
  return G_SOURCE_REMOVE;
}

void
coffer_storage_window_start_opening (CofferStorageWindow *self)
{
  gtk_widget_add_tick_callback (GTK_WIDGET (self), open_cb, NULL, NULL);
}

void
coffer_storage_window_stop_opening (CofferStorageWindow *self)
{
  g_clear_handle_id (&self->build_id, g_source_remove);
}

/* ---- to a place ---- */

/* NULL until its group is built. */
static GtkWidget *
get_place (CofferStorageWindow *self,
           CofferStoragePlace   place)
{
  switch (place)
    {
    case COFFER_STORAGE_CACHE:
      return GTK_WIDGET (self->cache_group);
    case COFFER_STORAGE_LOG:
      return GTK_WIDGET (self->log_size_row);
    case COFFER_STORAGE_RECLAIMABLE:
      return self->plan_row;
    case COFFER_STORAGE_TOP:
    default:
      return NULL;
    }
}

/* A widget's group to the top, once that can be. A row may come a little later than its group, or not at all. */
static gboolean
go_to_cb (GtkWidget     *window,
          GdkFrameClock *clock,
          gpointer       data)
{
  CofferStorageWindow *self = COFFER_STORAGE_WINDOW (window);
  GtkWidget *widget = get_place (self, GPOINTER_TO_UINT (data));
  GtkWidget *group, *content = gtk_widget_get_first_child (GTK_WIDGET (self->scrolled));
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);
  graphene_rect_t bounds;
  double top;

  if (!self->opened || widget == NULL || (gtk_widget_get_height (widget) == 0 && self->go_frames++ < ROW_FRAMES))
    return G_SOURCE_CONTINUE;
  self->go_tick = 0;
  group = gtk_widget_get_ancestor (widget, ADW_TYPE_PREFERENCES_GROUP);
  if (!gtk_widget_compute_bounds (group, content, &bounds))
    bounds.origin.y = GROUP_MARGIN;
  top = gtk_adjustment_get_value (adjustment) + bounds.origin.y - GROUP_MARGIN;
  gtk_widget_child_focus (group, GTK_DIR_TAB_FORWARD);   /* scrolls, by as little as it can */
  gtk_adjustment_set_value (adjustment, top);
  return G_SOURCE_REMOVE;
}

void
coffer_storage_window_go_to (CofferStorageWindow *self,
                             CofferStoragePlace   place)
{
  g_return_if_fail (COFFER_IS_STORAGE_WINDOW (self));

  if (self->go_tick != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->go_tick);
  self->go_tick = 0;
  self->go_frames = 0;
  if (place == COFFER_STORAGE_TOP)
    return;
  if (!self->opened)
    gtk_widget_set_opacity (GTK_WIDGET (self->scrolled), 0);   /* until that is there: it would be seen to jump */
  self->go_tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), go_to_cb, GUINT_TO_POINTER (place), NULL);
}
