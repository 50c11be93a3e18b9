/* SPDX-License-Identifier: MIT */
/* What a check in the window "Storage" found: shown in the list, deleted, saved from a damaged file. Main thread. */
#define G_LOG_DOMAIN "coffer-window-found"

#include "coffer-window-private.h"

#include <coffer-deletion.h>
#include <string.h>

/* The list of the key's table, with nothing hidden from it. */
static void
go_to_table (CofferWindow *self,
             const char   *table)
{
  coffer_search_bar_set_active (coffer_vault_view_get_search (self->view), FALSE);
  if (coffer_vault_view_get_prefix (self->view) != NULL || g_strcmp0 (table, coffer_vault_get_table (self->vault)) != 0)
    coffer_vault_view_go_to (self->view, table, NULL);
}

static void
show_key_cb (CofferWindow *self,
             const char   *table,
             CofferKey    *key)
{
  if (table == NULL)
    return;
  go_to_table (self, table);
  coffer_key_selection_follow (coffer_vault_view_get_selection (self->view), key);
  gtk_window_present (GTK_WINDOW (self));
}

static void
deleted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferDeletion) deleted = coffer_vault_hide_finish (COFFER_VAULT (source), result, &error);

  if (G_OBJECT (self->vault) != source)
    return;
  if (deleted != NULL)
    coffer_undo_push_deletion (self->undo, deleted);
  else
    coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
}

static void
delete_key_cb (CofferWindow *self,
               const char   *table,
               CofferKey    *key)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

  if (table == NULL || self->vault == NULL)
    return;
  go_to_table (self, table);
  g_ptr_array_add (keys, coffer_key_ref (key));
  coffer_vault_hide_async (self->vault, keys, NULL, deleted_cb, g_object_ref (self));
}

static void
save_salvage_cb (CofferWindow *self)
{
  coffer_window_choose (self, COFFER_CHOICE_SALVAGE);
}

void
coffer_window_follow_found (CofferWindow *self,
                            GtkWidget    *window)
{
  g_signal_connect_object (window, "show-key", G_CALLBACK (show_key_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "delete-key", G_CALLBACK (delete_key_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "save-salvage", G_CALLBACK (save_salvage_cb), self, G_CONNECT_SWAPPED);
}
