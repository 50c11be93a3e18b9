/* SPDX-License-Identifier: MIT */
/*
 * What waits in memory, and the window: the program's options are those of its vaults; it is written before the window closes and before
 * editing ends; and if it cannot be, a person decides. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-cache"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-cache.h"
#include "coffer-error.h"

#define MEGABYTE 1000000

static void
options_cb (CofferWindow *self,
            const char   *key,
            GSettings    *settings)
{
  CofferCacheOptions options;

  if (self->vault == NULL || (key != NULL && !g_str_has_prefix (key, "cache-")))
    return;
  options.on = g_settings_get_boolean (settings, "cache-on");
  options.capacity = (guint64) g_settings_get_int (settings, "cache-capacity") * MEGABYTE;
  options.threshold = (guint64) g_settings_get_int (settings, "cache-threshold") * MEGABYTE;
  options.interval_s = (guint) g_settings_get_int (settings, "cache-interval");
  coffer_cache_set_options (coffer_vault_get_cache (self->vault), &options);
}

void
coffer_window_start_cache (CofferWindow *self,
                           GSettings    *settings)
{
  g_signal_connect_object (settings, "changed", G_CALLBACK (options_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (coffer_vault_get_cache (self->vault), "changed", G_CALLBACK (coffer_window_update_undo_actions), self, G_CONNECT_SWAPPED);
  options_cb (self, NULL, settings);
}

void
coffer_window_stop_cache (CofferWindow *self,
                          GSettings    *settings)
{
  g_signal_handlers_disconnect_by_func (settings, options_cb, self);
  g_signal_handlers_disconnect_by_func (coffer_vault_get_cache (self->vault), coffer_window_update_undo_actions, self);
}

gboolean
coffer_window_has_waiting (CofferWindow *self)
{
  return self->vault != NULL && !coffer_cache_is_empty (coffer_vault_get_cache (self->vault));
}

/* Writing it */

typedef struct {
  CofferWindow *window;
  CofferWindowWait *wait;
  void (*then) (CofferWindow *self);   /* what waits for it; NULL: nothing */
  guint64 n;
} Flush;

static void
close_now (CofferWindow *self)
{
  gtk_window_close (GTK_WINDOW (self));
}

static void
close_cb (gpointer data)
{
  g_autoptr(CofferWindow) self = data;

  gtk_window_close (GTK_WINDOW (self));
}

static void
failed_response_cb (CofferWindow *self,
                    const char   *response)
{
  if (self->vault == NULL)
    return;
  if (g_str_equal (response, "again"))
    coffer_window_flush (self, close_now);
  else if (g_str_equal (response, "discard"))
    {
      coffer_cache_discard (coffer_vault_get_cache (self->vault));
      g_idle_add_once (close_cb, g_object_ref (self));
    }
}

/* The window is to close, and what waits would be lost. */
static void
ask_to_discard (CofferWindow *self,
                const char   *problem)
{
  CofferCacheState state;
  g_autofree char *n = NULL, *lost = NULL, *body = NULL;
  GtkWidget *dialog;

  coffer_cache_get_state (coffer_vault_get_cache (self->vault), &state);
  n = g_strdup_printf ("%'" G_GUINT64_FORMAT, state.n_entries);
  lost = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value still waits in memory, and is lost if you discard it.",
                                       "%s values still wait in memory, and are lost if you discard them.", state.n_entries), n);
  body = g_strdup_printf ("%s\n%s", problem, lost);
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _("What Waits Could Not Be Written"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "keep", _("_Keep Open"), "discard", _("_Discard and Close"),
                                    "again", _("_Try Again"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "discard", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "again", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "again");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "keep");
  g_signal_connect_object (dialog, "response", G_CALLBACK (failed_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
tell_flushed (CofferWindow *self,
              guint64       n)
{
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, n);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value written to the file", "%s values written to the file", n), number);

  coffer_window_toast (self, text);
}

static void
flushed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autofree Flush *flush = user_data;
  g_autoptr(CofferWindow) self = flush->window;
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;
  gboolean done = coffer_vault_flush_finish (COFFER_VAULT (source), result, &error);

  self->flushing = NULL;
  coffer_window_wait_free (flush->wait);
  if (self->vault != COFFER_VAULT (source))
    return;
  if (done && flush->then != NULL)
    flush->then (self);
  else if (done)
    tell_flushed (self, flush->n);
  else if (flush->then == close_now && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      line = coffer_error_dup_line (error);
      ask_to_discard (self, line);
    }
  else
    coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
}

void
coffer_window_flush (CofferWindow  *self,
                     void         (*then) (CofferWindow *self))
{
  Flush *flush = self->flushing;
  CofferCacheState state;

  if (flush != NULL)
    {
      if (then != NULL)
        flush->then = then;
      return;
    }
  coffer_cache_get_state (coffer_vault_get_cache (self->vault), &state);
  self->flushing = flush = g_new (Flush, 1);
  *flush = (Flush) { g_object_ref (self), coffer_window_wait_new (self, g_strdup (_("Writing to the file…"))), then, state.n_entries };
  coffer_vault_flush_async (self->vault, coffer_window_wait_get_cancellable (flush->wait), flushed_cb, flush);
}

/* A window that only looks leaves it to the one that writes; where none does, as the file turned out to be damaged, a person decides. */
gboolean
coffer_window_keeps_cache (CofferWindow *self)
{
  const char *reason;
  CofferCacheState state;

  if (self->flushing != NULL)
    {
      coffer_window_flush (self, close_now);
      return TRUE;
    }
  if (!coffer_window_has_waiting (self))
    return FALSE;
  coffer_cache_get_state (coffer_vault_get_cache (self->vault), &state);
  reason = coffer_vault_get_lock_reason (self->vault);
  if (state.is_stale)
    ask_to_discard (self, state.problem);
  else if (!coffer_cache_has_writer (coffer_vault_get_cache (self->vault)))
    ask_to_discard (self, reason != NULL ? reason : _("The vault is open for viewing"));
  else if (!coffer_vault_get_editable (self->vault) && reason == NULL)
    return FALSE;
  else
    coffer_window_flush (self, close_now);
  return TRUE;
}
