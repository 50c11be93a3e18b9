/* SPDX-License-Identifier: MIT */
/*
 * Giving a key the content of a file as its value. The value before it is kept, to be taken back; one that there is no room for is asked
 * about first. A large file is a transfer. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-replace"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-application.h"
#include "coffer-error.h"
#include "coffer-kept-value.h"

typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  char *table;
  CofferKey *key;
  GFile *file;
  CofferKept *old;         /* NULL: there is no room for it */
  char *checksum;          /* of that, or NULL */
  CofferWindowWait *wait;  /* NULL: a question is open */
} Replacing;

static void
replacing_free (Replacing *self)
{
  g_clear_pointer (&self->wait, coffer_window_wait_free);
  g_clear_pointer (&self->old, coffer_kept_unref);
  g_object_unref (self->file);
  g_free (self->checksum);
  g_free (self->table);
  coffer_key_unref (self->key);
  g_object_unref (self->vault);
  g_object_unref (self->window);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Replacing, replacing_free)

static void
fail (Replacing    *self,
      const GError *error)
{
  g_autofree char *name = coffer_key_to_display (self->key, 80);

  if (self->window->vault == self->vault)
    coffer_window_report (self->window, error, name);
}

/* @checksum  of what is stored now */
static void
tell_replaced (Replacing  *self,
               const char *checksum)
{
  if (self->window->vault != self->vault)
    return;
  if (self->old == NULL)
    {
      coffer_window_toast (self->window, _("Value replaced"));
      return;
    }
  coffer_undo_push_value (self->window->undo, self->table, self->key, self->old, checksum);
  coffer_window_toast_undo (self->window, _("Value replaced"));
}

static void
replaced_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(Replacing) self = user_data;
  g_autofree char *value = NULL, *content = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferKey) key = coffer_vault_replace_finish (COFFER_VAULT (source), result, &value, &content, &error);

  if (key == NULL)
    fail (self, error);
  else
    tell_replaced (self, value);
}

/* A large file */

static void
change_state_cb (CofferChange *change,
                 GParamSpec   *pspec,
                 Replacing    *self)
{
  CofferTransfer *transfer = COFFER_TRANSFER (change);
  CofferTransferState state = coffer_transfer_get_state (transfer);

  if (coffer_transfer_is_active (transfer) || self->window->closes || self->window->vault != self->vault)
    return;
  coffer_window_tell_desktop (self->window, transfer, state == COFFER_TRANSFER_DONE ? _("Value replaced") : _("The value was not replaced"));
  if (state == COFFER_TRANSFER_DONE)
    tell_replaced (self, coffer_change_get_checksum (change));
  else if (state == COFFER_TRANSFER_FAILED)
    fail (self, coffer_transfer_get_error (transfer));
  else
    coffer_window_toast (self->window, _("The value was not replaced"));
}

static void
replacing_closure_free (gpointer  data,
                        GClosure *closure)
{
  replacing_free (data);
}

/* @self (transfer full) */
static void
transfer (Replacing *self,
          guint64    n_bytes)
{
  CofferApplication *application = COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self->window)));
  g_autoptr(CofferChange) change = coffer_change_new_value (self->vault, self->table, self->key, self->file, self->checksum, n_bytes);

  g_clear_pointer (&self->wait, coffer_window_wait_free);
  g_signal_connect_data (change, "notify::state", G_CALLBACK (change_state_cb), self, replacing_closure_free, 0);
  coffer_transfers_add (coffer_application_get_transfers (application), COFFER_TRANSFER (change));
}

static void
size_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Replacing *self = user_data;
  g_autoptr(GFileInfo) info = g_file_query_info_finish (G_FILE (source), result, NULL);   /* reading it tells what is wrong with it */
  guint64 n_bytes = info != NULL ? (guint64) g_file_info_get_size (info) : 0;
  GCancellable *cancellable = coffer_window_wait_get_cancellable (self->wait);

  if (self->window->vault != self->vault || self->window->closes)
    replacing_free (self);
  else if (n_bytes > COFFER_WINDOW_LONG_BYTES && !g_cancellable_is_cancelled (cancellable))
    transfer (self, n_bytes);
  else
    coffer_vault_replace_async (self->vault, self->table, self->key, self->file, NULL, self->checksum,
                                coffer_window_wait_get_progress (self->wait), cancellable, replaced_cb, self);
}

/* @self (transfer full) */
static void
replace (Replacing *self)
{
  g_autofree char *shown = coffer_key_to_display (self->key, 40);

  if (self->wait == NULL)
    self->wait = coffer_window_wait_new (self->window, g_strdup_printf (_("Replacing “%s”…"), shown));
  g_file_query_info_async (self->file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT,
                           coffer_window_wait_get_cancellable (self->wait), size_cb, self);
}

static void
lose_response_cb (CofferWindow     *window,
                  const char       *response,
                  AdwMessageDialog *dialog)
{
  g_autoptr(Replacing) self = g_object_steal_data (G_OBJECT (dialog), "replacing");

  if (g_str_equal (response, "replace") && window->vault == self->vault)
    replace (g_steal_pointer (&self));
}

/* @self (transfer full) */
static void
ask_to_lose (Replacing *self)
{
  g_autofree char *shown = coffer_key_to_display (self->key, 80);
  g_autofree char *heading = g_strdup_printf (_("Replace the Value of “%s”?"), shown);
  const char *body = _("There is no room to keep it: once it is replaced, it cannot be brought back.");
  AdwMessageDialog *dialog = coffer_window_ask (self->window, heading, body, "replace", _("_Replace"), ADW_RESPONSE_DESTRUCTIVE,
                                                G_CALLBACK (lose_response_cb));

  g_clear_pointer (&self->wait, coffer_window_wait_free);
  g_object_set_data_full (G_OBJECT (dialog), "replacing", self, (GDestroyNotify) replacing_free);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
kept_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(Replacing) self = user_data;
  g_autoptr(GError) error = NULL;

  g_signal_handlers_disconnect_by_func (self->window, g_cancellable_cancel, coffer_window_wait_get_cancellable (self->wait));
  self->old = coffer_vault_keep_value_finish (self->vault, result, &self->checksum, &error);
  if (self->window->vault != self->vault || self->window->closes)   /* it was closed meanwhile, or shows another one: nobody is there to be asked */
    return;
  if (error != NULL)
    fail (self, error);
  else if (self->old == NULL)
    ask_to_lose (g_steal_pointer (&self));
  else
    replace (g_steal_pointer (&self));
}

void
coffer_window_replace_with (CofferWindow *self,
                            GFile        *file)
{
  CofferKey *key = g_steal_pointer (&self->replaced);
  g_autofree char *shown = key != NULL ? coffer_key_to_display (key, 40) : NULL;
  Replacing *replacing;

  if (key == NULL || self->vault == NULL)
    {
      g_clear_pointer (&key, coffer_key_unref);
      return;
    }
  replacing = g_new0 (Replacing, 1);
  replacing->window = g_object_ref (self);
  replacing->vault = g_object_ref (self->vault);
  replacing->table = g_strdup (coffer_vault_get_table (self->vault));
  replacing->key = key;
  replacing->file = g_object_ref (file);
  replacing->wait = coffer_window_wait_new (self, g_strdup_printf (_("Replacing “%s”…"), shown));
  g_signal_connect_object (self, "destroy", G_CALLBACK (g_cancellable_cancel), coffer_window_wait_get_cancellable (replacing->wait),
                           G_CONNECT_SWAPPED);   /* nothing is changed yet */
  coffer_vault_keep_value_async (replacing->vault, replacing->table, key, file, coffer_window_wait_get_progress (replacing->wait),
                                 coffer_window_wait_get_cancellable (replacing->wait), kept_cb, replacing);
}

void
coffer_window_replace_action (GSimpleAction *action,
                              GVariant      *parameter,
                              gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferEntry *entry = coffer_window_get_single_entry (self);

  if (entry == NULL || self->choosing)
    return;
  g_clear_pointer (&self->replaced, coffer_key_unref);
  self->replaced = coffer_key_ref (coffer_entry_get_key (entry));
  coffer_window_choose (self, COFFER_CHOICE_REPLACE);
}
