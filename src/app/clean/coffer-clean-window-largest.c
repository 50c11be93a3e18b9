/* SPDX-License-Identifier: MIT */
/* The page "Largest". It follows the file by itself; here is what it asks for. Main thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-clean-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-largest-page.h"

static void
show_key_cb (CofferCleanWindow *self,
             CofferKey         *key)
{
  g_signal_emit_by_name (self, "show-key", key);
}

static void
export_keys_cb (CofferCleanWindow *self,
                GPtrArray         *keys,
                guint64            n_bytes)
{
  g_signal_emit_by_name (self, "export", keys, n_bytes);
}

static void
response_cb (CofferCleanWindow *self,
             const char        *response,
             GtkWidget         *dialog)
{
  if (g_str_equal (response, "delete") && self->vault != NULL)
    coffer_clean_window_delete (self, NULL, g_object_get_data (G_OBJECT (dialog), "keys"), 0);
}

static void
delete_keys_cb (CofferCleanWindow *self,
                GPtrArray         *keys,
                guint64            n_bytes,
                GPtrArray         *entries)
{
  CofferFindingsTally tally = { .n_keys = keys->len, .n_bytes = n_bytes };
  GtkWidget *dialog;

  if (!coffer_clean_window_can_delete (self))
    return;
  dialog = coffer_clean_window_ask (self, &tally, entries, NULL, G_CALLBACK (response_cb));
  g_object_set_data_full (G_OBJECT (dialog), "keys", g_ptr_array_ref (keys), (GDestroyNotify) g_ptr_array_unref);
}

void
coffer_clean_window_add_largest (CofferCleanWindow *self)
{
  self->largest = coffer_largest_page_new ();
  g_signal_connect_object (self->largest, "show-key", G_CALLBACK (show_key_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->largest, "export-keys", G_CALLBACK (export_keys_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->largest, "delete-keys", G_CALLBACK (delete_keys_cb), self, G_CONNECT_SWAPPED);
  coffer_clean_window_add_page (self, self->largest, "largest", _("Largest"));
  if (self->separators != NULL)
    coffer_largest_page_set_separators (COFFER_LARGEST_PAGE (self->largest), self->separators);
  coffer_largest_page_set_vault (COFFER_LARGEST_PAGE (self->largest), self->vault);
}

void
coffer_clean_window_set_separators (CofferCleanWindow *self,
                                    const char        *characters)
{
  g_return_if_fail (COFFER_IS_CLEAN_WINDOW (self));

  g_free (self->separators);
  self->separators = g_strdup (characters);
  if (self->largest != NULL)
    coffer_largest_page_set_separators (COFFER_LARGEST_PAGE (self->largest), characters);
}
