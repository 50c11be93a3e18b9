/* SPDX-License-Identifier: MIT */
/* The window "Clean Up" beside a vault's own: shows the keys that people choose there, and deletes those that they say. Main thread. */
#define G_LOG_DOMAIN "coffer-window-clean"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-clean-window.h"
#include "coffer-error.h"

static void
show_key_cb (CofferWindow *self,
             CofferKey    *key)
{
  CofferSearchBar *search = coffer_vault_view_get_search (self->view);
  GBytes *bytes = coffer_key_get_bytes (key);
  GBytes *prefix = coffer_vault_view_get_prefix (self->view);
  gsize size, prefix_size = 0;
  const char *begin = g_bytes_get_data (bytes, &size);
  const char *shown = prefix != NULL ? g_bytes_get_data (prefix, &prefix_size) : NULL;

  coffer_search_bar_set_active (search, FALSE);   /* or the key may not be among its hits */
  if (prefix_size > size || (prefix_size > 0 && memcmp (begin, shown, prefix_size) != 0))
    coffer_vault_view_go_to (self->view, coffer_vault_get_table (self->vault), NULL);
  coffer_key_selection_follow (coffer_vault_view_get_selection (self->view), key);
}

typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  GtkWidget *clean;
  GPtrArray *keys;
} Deletion;

static void
deletion_free (Deletion *deletion)
{
  g_object_unref (deletion->window);
  g_object_unref (deletion->vault);
  g_object_unref (deletion->clean);
  g_ptr_array_unref (deletion->keys);
  g_free (deletion);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Deletion, deletion_free)

static void
deleted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(Deletion) deletion = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferDeletion) deleted = coffer_vault_hide_finish (COFFER_VAULT (source), result, &error);

  if (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_STALE))   /* all of them were gone already */
    g_clear_error (&error);
  if (deleted != NULL && deletion->window->vault == deletion->vault)
    coffer_undo_push_deletion (deletion->window->undo, deleted);
  if (deletion->window->clean == deletion->clean)
    coffer_clean_window_take_deleted (COFFER_CLEAN_WINDOW (deletion->clean), deletion->keys, deleted, error);
}

static void
delete_cb (CofferWindow *self,
           GPtrArray    *keys)
{
  Deletion *deletion = g_new (Deletion, 1);

  *deletion = (Deletion) { g_object_ref (self), g_object_ref (self->vault), g_object_ref (self->clean), g_ptr_array_ref (keys) };
  coffer_key_selection_keep_place (coffer_vault_view_get_selection (self->view), TRUE);
  coffer_vault_hide_async (self->vault, keys, NULL, deleted_cb, deletion);
}

static void
export_cb (CofferWindow *self,
           GPtrArray    *keys,
           guint64       n_bytes)
{
  coffer_window_export_keys (self, keys, n_bytes);
}

static void
undo_cb (CofferWindow *self)
{
  g_action_group_activate_action (G_ACTION_GROUP (self), "undo", NULL);
}

static void
redo_cb (CofferWindow *self)
{
  g_action_group_activate_action (G_ACTION_GROUP (self), "redo", NULL);
}

static void
open_clean (CofferWindow *self)
{
  GtkWidget *window = coffer_clean_window_new (self->vault, self->undo);

  g_set_weak_pointer (&self->clean, window);
  gtk_window_set_transient_for (GTK_WINDOW (window), GTK_WINDOW (self));
  g_signal_connect_object (window, "show-key", G_CALLBACK (show_key_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "delete", G_CALLBACK (delete_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "undo", G_CALLBACK (undo_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "redo", G_CALLBACK (redo_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "export", G_CALLBACK (export_cb), self, G_CONNECT_SWAPPED);
  coffer_window_apply_separators (self);
}

void
coffer_window_clean_action (GSimpleAction *action,
                            GVariant      *parameter,
                            gpointer       user_data)
{
  CofferWindow *self = user_data;

  if (self->clean == NULL)
    open_clean (self);
  coffer_clean_window_set_prefix (COFFER_CLEAN_WINDOW (self->clean), coffer_vault_view_get_prefix (self->view));
  gtk_window_present (GTK_WINDOW (self->clean));
}

void
coffer_window_close_clean (CofferWindow *self)
{
  GtkWidget *window = self->clean;

  g_clear_weak_pointer (&self->clean);
  if (window != NULL)
    gtk_window_destroy (GTK_WINDOW (window));
}
