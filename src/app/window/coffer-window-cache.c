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
  CofferCache *cache = self->vault != NULL ? coffer_vault_get_cache (self->vault) : NULL;

  if (cache == NULL)
    return;
  if (g_str_equal (response, "here"))
    coffer_cache_accept_file (cache, self->vault);
  if (g_str_equal (response, "again") || g_str_equal (response, "here"))
    coffer_window_flush (self, close_now);
  else if (g_str_equal (response, "discard"))
    {
      coffer_cache_discard (cache);
      g_idle_add_once (close_cb, g_object_ref (self));
    }
}

/* What cannot be tried again is not offered; nor is it a failure. */
static void
add_way_out (AdwMessageDialog *dialog,
             gboolean          is_stale,
             gboolean          can_write)
{
  adw_message_dialog_add_responses (dialog, "keep", _("_Keep Open"), "discard", _("_Discard and Close"), NULL);
  adw_message_dialog_set_response_appearance (dialog, "discard", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_close_response (dialog, "keep");
  adw_message_dialog_set_default_response (dialog, "keep");
  if (!can_write)
    return;
  adw_message_dialog_add_response (dialog, is_stale ? "here" : "again", is_stale ? _("_Write to This File") : _("_Try Again"));
  adw_message_dialog_set_response_appearance (dialog, is_stale ? "here" : "again", is_stale ? ADW_RESPONSE_DESTRUCTIVE : ADW_RESPONSE_SUGGESTED);
  if (!is_stale)
    adw_message_dialog_set_default_response (dialog, "again");
}

/* The window is to close, and what waits would be lost. @hint: (nullable) what else can be done */
static void
ask_to_discard (CofferWindow *self,
                const char   *problem,
                const char   *hint)
{
  CofferCache *cache = coffer_vault_get_cache (self->vault);
  CofferCacheState state;
  gboolean can_write = coffer_cache_has_writer (cache);
  g_autofree char *n = NULL, *lost = NULL, *body = NULL;
  GtkWidget *dialog;

  coffer_cache_get_state (cache, &state);
  n = g_strdup_printf ("%'" G_GUINT64_FORMAT, state.n_entries);
  lost = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value still waits in memory, and is lost if you discard it.",
                                       "%s values still wait in memory, and are lost if you discard them.", state.n_entries), n);
  body = hint != NULL ? g_strdup_printf ("%s.\n%s\n%s", problem, lost, hint) : g_strdup_printf ("%s.\n%s", problem, lost);
  dialog = adw_message_dialog_new (GTK_WINDOW (self), !can_write       ? _("What Waits Cannot Be Written")
                                                      : state.is_stale ? _("Write to Another File?") : _("What Waits Could Not Be Written"), body);
  add_way_out (ADW_MESSAGE_DIALOG (dialog), state.is_stale, can_write);
  g_signal_connect_object (dialog, "response", G_CALLBACK (failed_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Somebody wants it written, but not to that file. */
typedef struct {
  CofferWindow *window;
  void (*then) (CofferWindow *self);
} Wish;

static void
write_response_cb (AdwMessageDialog *dialog,
                   const char       *response,
                   gpointer          data)
{
  const Wish *wish = data;
  CofferWindow *self = wish->window;

  if (self->vault == NULL || !g_str_equal (response, "here"))
    return;
  coffer_cache_accept_file (coffer_vault_get_cache (self->vault), self->vault);
  coffer_window_flush (self, wish->then);
}

static void
wish_free (gpointer  data,
           GClosure *closure)
{
  g_object_unref (((Wish *) data)->window);
  g_free (data);
}

static void
ask_to_write (CofferWindow            *self,
              const CofferCacheState  *state,
              void                   (*then) (CofferWindow *self))
{
  g_autofree char *n = g_strdup_printf ("%'" G_GUINT64_FORMAT, state->n_entries);
  g_autofree char *body = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                                        "%s value was meant for the file that was here before. In this one it takes the place of a key of the same name.",
                                                        "%s values were meant for the file that was here before. In this one they take the place of keys of the same names.",
                                                        state->n_entries), n);
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Write to Another File?"), body);
  Wish *wish = g_new (Wish, 1);

  *wish = (Wish) { g_object_ref (self), then };
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "here", _("_Write to This File"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "here", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_data (dialog, "response", G_CALLBACK (write_response_cb), wish, wish_free, 0);
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

/* Nothing is asked: it goes on waiting, and is tried again. */
static void
tell_not_flushed (CofferWindow *self,
                  const GError *error)
{
  CofferCacheState state;
  g_autofree char *line = NULL, *n = NULL, *kept = NULL, *body = NULL;
  GtkWidget *dialog;

  coffer_cache_get_state (coffer_vault_get_cache (self->vault), &state);
  if (state.retry_s < 0 || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
      return;
    }
  line = coffer_error_dup_write_line (error);
  n = g_strdup_printf ("%'" G_GUINT64_FORMAT, state.n_entries);
  kept = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value still waits in memory. It is tried again by itself.",
                                       "%s values still wait in memory. They are tried again by themselves.", state.n_entries), n);
  body = g_strdup_printf ("%s.\n%s", line, kept);
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _("What Waits Could Not Be Written"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"), NULL);
  gtk_window_present (GTK_WINDOW (dialog));
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
      line = coffer_error_dup_write_line (error);
      ask_to_discard (self, line, NULL);
    }
  else
    tell_not_flushed (self, error);
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
  if (state.is_stale)
    {
      ask_to_write (self, &state, then);
      return;
    }
  self->flushing = flush = g_new (Flush, 1);
  *flush = (Flush) { g_object_ref (self), coffer_window_wait_new (self, g_strdup (_("Writing to the file…"))), then, state.n_entries };
  coffer_vault_flush_async (self->vault, coffer_window_wait_get_cancellable (flush->wait), flushed_cb, flush);
}

/* What another window sees to is left to it. */
gboolean
coffer_window_keeps_cache (CofferWindow *self)
{
  CofferCache *cache = self->vault != NULL ? coffer_vault_get_cache (self->vault) : NULL;
  const char *reason;
  CofferCacheState state;

  if (self->flushing != NULL)
    {
      coffer_window_flush (self, close_now);
      return TRUE;
    }
  if (!coffer_window_has_waiting (self) || coffer_cache_is_kept (cache, self->vault))
    return FALSE;
  coffer_cache_get_state (cache, &state);
  reason = coffer_vault_get_lock_reason (self->vault);
  if (state.is_stale)
    ask_to_discard (self, state.problem, coffer_cache_has_writer (cache) ? _("In this file, what is written takes the place of keys of the same name.") : NULL);
  else if (!coffer_cache_has_writer (cache))   /* as the file turned out to be damaged */
    ask_to_discard (self, reason != NULL ? reason : _("The vault is open for viewing"),
                    coffer_vault_is_damaged (self->vault) ? _("To keep it, look for damage in the Storage window and export what is readable: that takes it along.")
                                                          : NULL);
  else
    coffer_window_flush (self, close_now);
  return TRUE;
}
