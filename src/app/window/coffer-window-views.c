/* SPDX-License-Identifier: MIT */
/* The actions of a window on how it shows keys: as a list or a grid, and how large pictures are. The last choice is that of new
 * windows, too. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-views"

#include "coffer-window-private.h"

static const char *const size_names[COFFER_N_THUMBNAIL_SIZES] = { "small", "medium", "large", "extra-large" };

static CofferKeyViews *
get_views (CofferWindow *self)
{
  return coffer_vault_view_get_views (self->view);
}

static void
remember (CofferWindow *self,
          const char   *key,
          const char   *value)
{
  GSettings *settings = coffer_application_get_settings (COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))));

  if (settings != NULL)
    g_settings_set_string (settings, key, value);
}

static gboolean
size_from_name (const char          *name,
                CofferThumbnailSize *size)
{
  for (guint i = 0; i < COFFER_N_THUMBNAIL_SIZES; i++)
    if (g_str_equal (name, size_names[i]))
      {
        *size = i;
        return TRUE;
      }

  return FALSE;
}

static void
set_size (CofferWindow        *self,
          CofferThumbnailSize  size)
{
  coffer_key_grid_set_size (coffer_key_views_get_grid (get_views (self)), size);
  remember (self, "thumbnail-size", size_names[size]);
  coffer_window_update_view_actions (self);
}

static void
change_view (GSimpleAction *action,
             GVariant      *state,
             gpointer       user_data)
{
  CofferWindow *self = user_data;
  const char *name = g_variant_get_string (state, NULL);

  if (!g_str_equal (name, "list") && !g_str_equal (name, "grid"))
    return;

  coffer_key_views_set_grid_shown (get_views (self), g_str_equal (name, "grid"));
  remember (self, "view", name);
  coffer_window_update_view_actions (self);
}

static void
change_size (GSimpleAction *action,
             GVariant      *state,
             gpointer       user_data)
{
  CofferThumbnailSize size;

  if (size_from_name (g_variant_get_string (state, NULL), &size))
    set_size (user_data, size);
}

static void
larger_action (GSimpleAction *action,
               GVariant      *parameter,
               gpointer       user_data)
{
  set_size (user_data, coffer_key_grid_get_size (coffer_key_views_get_grid (get_views (user_data))) + 1);
}

static void
smaller_action (GSimpleAction *action,
                GVariant      *parameter,
                gpointer       user_data)
{
  set_size (user_data, coffer_key_grid_get_size (coffer_key_views_get_grid (get_views (user_data))) - 1);
}

static void
change_large (GSimpleAction *action,
              GVariant      *state,
              gpointer       user_data)
{
  CofferWindow *self = user_data;

  coffer_vault_view_set_large (self->view, g_variant_get_boolean (state));
  coffer_window_update_view_actions (self);
}

static const GActionEntry entries[] = {
  { "large-preview", NULL, NULL, "false", change_large },
  { "larger-thumbnails", larger_action },
  { "smaller-thumbnails", smaller_action },
  { "thumbnail-size", NULL, "s", "'large'", change_size },
  { "view", NULL, "s", "'list'", change_view },
};

static void
set_state (CofferWindow *self,
           const char   *name,
           const char   *state)
{
  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), name)), g_variant_new_string (state));
}

void
coffer_window_update_view_actions (CofferWindow *self)
{
  gboolean shown = self->vault != NULL;
  gboolean grid = shown && coffer_key_views_get_grid_shown (get_views (self));
  gboolean large = shown && coffer_vault_view_get_large (self->view);
  CofferThumbnailSize size = COFFER_THUMBNAIL_SIZE_LARGE;

  g_simple_action_set_state (G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), "large-preview")),
                             g_variant_new_boolean (large));
  if (shown)
    size = coffer_key_grid_get_size (coffer_key_views_get_grid (get_views (self)));
  coffer_window_enable (self, "view", shown);
  coffer_window_enable (self, "thumbnail-size", grid);
  coffer_window_enable (self, "larger-thumbnails", grid && size + 1 < COFFER_N_THUMBNAIL_SIZES);
  coffer_window_enable (self, "smaller-thumbnails", grid && size > 0);
  if (!shown)
    return;

  set_state (self, "view", grid ? "grid" : "list");
  set_state (self, "thumbnail-size", size_names[size]);
}

void
coffer_window_add_view_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}

/* Before there is a vault, so that nothing is shown twice. */
void
coffer_window_restore_views (CofferWindow *self,
                             GSettings    *settings)
{
  g_autofree char *view = g_settings_get_string (settings, "view");
  g_autofree char *name = g_settings_get_string (settings, "thumbnail-size");
  CofferThumbnailSize size;

  if (size_from_name (name, &size))
    coffer_key_grid_set_size (coffer_key_views_get_grid (get_views (self)), size);
  coffer_key_views_set_grid_shown (get_views (self), g_str_equal (view, "grid"));
}
