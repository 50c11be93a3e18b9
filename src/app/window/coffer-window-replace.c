/* SPDX-License-Identifier: MIT */
/*
 * Giving a key the content of a file as its value. The value before it is kept in memory, to be taken back; one that is too large for
 * that is asked about first. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-replace"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"
#include "coffer-kept-value.h"

typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  CofferKey *key;
  GFile *file;
  GBytes *old;             /* NULL: not kept */
  CofferWindowWait *wait;
} Replacing;

static void
replacing_free (Replacing *self)
{
  coffer_window_wait_free (self->wait);
  g_clear_pointer (&self->old, g_bytes_unref);
  g_object_unref (self->file);
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
    {
      fail (self, error);
      return;
    }
  if (self->window->vault != self->vault)
    return;
  if (self->old == NULL)
    {
      coffer_window_toast (self->window, _("Value replaced"));
      return;
    }
  coffer_undo_push_value (self->window->undo, key, self->old, value);
  coffer_window_toast_undo (self->window, _("Value replaced"));
}

static void
kept_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(Replacing) self = user_data;
  Replacing *replacing;
  g_autofree char *checksum = NULL;
  g_autoptr(GError) error = NULL;

  self->old = coffer_vault_keep_value_finish (self->vault, result, &checksum, &error);
  if (error != NULL)
    {
      fail (self, error);
      return;
    }
  replacing = g_steal_pointer (&self);
  coffer_vault_replace_async (replacing->vault, replacing->key, replacing->file, NULL, checksum,
                              coffer_window_wait_get_progress (replacing->wait), coffer_window_wait_get_cancellable (replacing->wait),
                              replaced_cb, replacing);
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
  replacing->key = key;
  replacing->file = g_object_ref (file);
  replacing->wait = coffer_window_wait_new (self, g_strdup_printf (_("Replacing “%s”…"), shown));
  coffer_vault_keep_value_async (replacing->vault, key, coffer_window_wait_get_cancellable (replacing->wait), kept_cb, replacing);
}

static void
large_response_cb (CofferWindow     *self,
                   const char       *response,
                   AdwMessageDialog *dialog)
{
  if (g_str_equal (response, "replace") && self->vault != NULL)
    coffer_window_choose (self, COFFER_CHOICE_REPLACE);
  else
    g_clear_pointer (&self->replaced, coffer_key_unref);
}

static void
ask_about_large (CofferWindow *self,
                 guint64       n_bytes)
{
  g_autofree char *shown = coffer_key_to_display (self->replaced, 80);
  g_autofree char *heading = g_strdup_printf (_("Replace the Value of “%s”?"), shown);
  g_autofree char *size = g_format_size (n_bytes);
  g_autofree char *body = g_strdup_printf (_("The value of %s is too large to be kept: once it is replaced, it cannot be brought back."), size);

  gtk_window_present (GTK_WINDOW (coffer_window_ask (self, heading, body, "replace", _("_Choose File…"), ADW_RESPONSE_DESTRUCTIVE,
                                                     G_CALLBACK (large_response_cb))));
}

void
coffer_window_replace_action (GSimpleAction *action,
                              GVariant      *parameter,
                              gpointer       user_data)
{
  CofferWindow *self = user_data;
  CofferEntry *entry = coffer_window_get_single_entry (self);
  guint64 size;

  if (entry == NULL || self->choosing)
    return;
  size = coffer_entry_get_size (entry);
  g_clear_pointer (&self->replaced, coffer_key_unref);
  self->replaced = coffer_key_ref (coffer_entry_get_key (entry));
  if (size != G_MAXUINT64 && size > COFFER_KEPT_MAX)
    ask_about_large (self, size);
  else
    coffer_window_choose (self, COFFER_CHOICE_REPLACE);
}
