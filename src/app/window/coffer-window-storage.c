/* SPDX-License-Identifier: MIT */
/* The window "Storage" beside a vault's own. What is being done to the file goes on when that is closed, and shows when it is opened again. Main thread. */
#define G_LOG_DOMAIN "coffer-window-storage"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-storage-window.h"

static void
save_copy_cb (CofferWindow *self)
{
  coffer_window_choose (self, COFFER_CHOICE_COPY);
}

static void
write_deletions_cb (CofferWindow *self)
{
  g_action_group_activate_action (G_ACTION_GROUP (self), "write-deletions", NULL);
}

/* "photos copy.kvault" beside "photos.kvault". */
void
coffer_window_suggest_copy (CofferWindow   *self,
                            GtkFileChooser *chooser)
{
  const char *name = coffer_vault_get_display_name (self->vault);
  const char *dot = strrchr (name, '.');
  g_autofree char *stem = dot != NULL && dot > name ? g_strndup (name, dot - name) : g_strdup (name);
  /* Translators: the name of a copy of a file, and what follows its dot */
  g_autofree char *copy = g_strdup_printf (_("%s copy%s"), stem, dot != NULL && dot > name ? dot : "");

  gtk_file_chooser_set_current_name (chooser, copy);
}

void
coffer_window_save_copy (CofferWindow *self,
                         GFile        *file)
{
  if (self->storage != NULL && g_file_peek_path (file) != NULL)
    coffer_storage_copy (self->storage, file);
}

static void
open_storage (CofferWindow *self)
{
  GtkWidget *window;

  if (self->storage == NULL)
    self->storage = coffer_storage_new (self->vault);
  window = coffer_storage_window_new (self->storage);
  g_set_weak_pointer (&self->storage_window, window);
  gtk_window_set_transient_for (GTK_WINDOW (window), GTK_WINDOW (self));
  g_signal_connect_object (window, "write-deletions", G_CALLBACK (write_deletions_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "secure-delete-set", G_CALLBACK (coffer_window_remember_secure_delete), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (window, "save-copy", G_CALLBACK (save_copy_cb), self, G_CONNECT_SWAPPED);
}

static CofferStoragePlace
parse_place (const char *name)
{
  return g_str_equal (name, "log") ? COFFER_STORAGE_LOG : g_str_equal (name, "reclaimable") ? COFFER_STORAGE_RECLAIMABLE : COFFER_STORAGE_TOP;
}

void
coffer_window_storage_action (GSimpleAction *action,
                              GVariant      *parameter,
                              gpointer       user_data)
{
  CofferWindow *self = user_data;

  if (self->storage_window == NULL)
    open_storage (self);
  gtk_window_present (GTK_WINDOW (self->storage_window));
  coffer_storage_window_go_to (COFFER_STORAGE_WINDOW (self->storage_window), parse_place (g_variant_get_string (parameter, NULL)));
}

void
coffer_window_close_storage (CofferWindow *self)
{
  GtkWidget *window = self->storage_window;

  g_clear_weak_pointer (&self->storage_window);
  if (window != NULL)
    gtk_window_destroy (GTK_WINDOW (window));
  g_clear_object (&self->storage);
}
