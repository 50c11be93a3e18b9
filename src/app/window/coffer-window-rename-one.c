/* SPDX-License-Identifier: MIT */
/* Another key for one value: it is written where the old one stands, or in a dialog if that is no text. Main thread. */
#define G_LOG_DOMAIN "coffer-window-rename"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-application.h"
#include "coffer-error.h"

#define WHOLE_MAX 999999968u     /* bytes, with its key; more is in parts, which stay where they are: see kvault_rename() */

typedef struct {
  CofferWindow *window;
  CofferRenames *renames;  /* of one key */
  CofferKey *key, *new_key;
  CofferWindowWait *wait;  /* NULL: it is a transfer */
  CofferEntry *entry;      /* whose key is written in its place; or NULL */
} Renaming;

/* Who has gone on to another key meanwhile stays there. */
static void
follow (CofferWindow *self,
        Renaming     *renaming)
{
  CofferEntry *entry = coffer_window_get_single_entry (self);

  if (entry == NULL || coffer_key_equal (coffer_entry_get_key (entry), renaming->key))
    coffer_key_selection_follow (coffer_vault_view_get_selection (self->view), renaming->new_key);
}

/* In its place, if the entry is there and another key helps. Returns: whether it was told */
static gboolean
refuse (CofferWindow *self,
        CofferEntry  *entry,
        const GError *error)
{
  CofferKeyViews *views = coffer_vault_view_get_views (self->view);

  if (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_EXISTS))
    return coffer_key_views_refuse_rename (views, entry, error->message);
  if (g_error_matches (error, COFFER_ERROR, COFFER_ERROR_BUSY))
    return coffer_key_views_refuse_rename (views, entry, _("Another program is writing to the file. Press Enter to try again."));
  coffer_key_views_finish_rename (views, entry);
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
tell_failed (CofferWindow *self,
             Renaming     *renaming,
             CofferVault  *vault,
             const GError *error)
{
  g_autofree char *name = NULL;

  if (renaming->entry != NULL && self->vault == vault && refuse (self, renaming->entry, error))
    return;
  name = g_error_matches (error, COFFER_ERROR, COFFER_ERROR_EXISTS) ? coffer_key_to_display (renaming->new_key, 80)
                                                                    : g_strdup (coffer_vault_get_display_name (vault));
  coffer_window_report (self, error, name);
}

static void
tell_renamed (CofferWindow *self,
              Renaming     *renaming)
{
  if (renaming->entry != NULL)
    coffer_key_views_finish_rename (coffer_vault_view_get_views (self->view), renaming->entry);
  follow (self, renaming);
  coffer_undo_push_renames (self->undo, renaming->renames);
  coffer_window_toast_undo (self, _("Key renamed"));
}

static void
renaming_free (gpointer data)
{
  Renaming *renaming = data;

  g_clear_pointer (&renaming->wait, coffer_window_wait_free);
  coffer_renames_unref (renaming->renames);
  coffer_key_unref (renaming->key);
  coffer_key_unref (renaming->new_key);
  g_clear_object (&renaming->entry);
  g_object_unref (renaming->window);
  g_free (renaming);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Renaming, renaming_free)

/* @error (nullable) */
static void
tell_end (Renaming     *renaming,
          CofferVault  *vault,
          const GError *error)
{
  CofferWindow *self = renaming->window;

  if (coffer_renames_get_n_done (renaming->renames) == 0)
    tell_failed (self, renaming, vault, error);
  else if (self->vault == vault)
    tell_renamed (self, renaming);
}

static void
renamed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(Renaming) renaming = user_data;
  g_autoptr(GError) error = NULL;

  g_clear_pointer (&renaming->wait, coffer_window_wait_free);
  coffer_vault_rename_keys_finish (COFFER_VAULT (source), result, &error);
  tell_end (renaming, COFFER_VAULT (source), error);
}

/* A value that is long to be written anew. */

static void
change_state_cb (CofferChange *change,
                 GParamSpec   *pspec,
                 Renaming     *renaming)
{
  CofferTransfer *transfer = COFFER_TRANSFER (change);
  CofferWindow *self = renaming->window;
  g_autoptr(GError) stopped = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "");
  const GError *error = coffer_transfer_get_error (transfer);

  if (coffer_transfer_is_active (transfer) || self->closes || self->vault != coffer_change_get_vault (change))
    return;
  coffer_window_tell_desktop (self, transfer, coffer_renames_get_n_done (renaming->renames) > 0 ? _("Key renamed") : _("Nothing was renamed"));
  tell_end (renaming, self->vault, error != NULL ? error : stopped);
}

static void
closure_free (gpointer  data,
              GClosure *closure)
{
  renaming_free (data);
}

/* @renaming (transfer full) */
static void
run_as_transfer (Renaming *renaming,
                 guint64   cost)
{
  CofferWindow *self = renaming->window;
  g_autoptr(CofferChange) change = coffer_change_new_renames (self->vault, renaming->renames, cost);

  g_signal_connect_data (change, "notify::state", G_CALLBACK (change_state_cb), renaming, closure_free, 0);
  coffer_transfers_add (coffer_application_get_transfers (COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)))),
                        COFFER_TRANSFER (change));
}

/* @cost  bytes that are written, 0 if few; @entry  whose key is written in its place, or NULL */
static void
start (CofferWindow *self,
       CofferKey    *key,
       const char   *text,
       guint64       cost,
       CofferEntry  *entry)
{
  g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));
  Renaming *renaming = g_new0 (Renaming, 1);

  renaming->window = g_object_ref (self);
  renaming->key = coffer_key_ref (key);
  renaming->new_key = coffer_key_new_written (bytes);
  g_set_object (&renaming->entry, entry);
  renaming->renames = coffer_renames_new (coffer_vault_get_table (self->vault));
  coffer_renames_add (renaming->renames, key, bytes);
  if (cost > 0)
    {
      run_as_transfer (renaming, cost);
      return;
    }
  renaming->wait = coffer_window_wait_new (self, g_strdup (_("Renaming…")));
  coffer_vault_rename_keys_async (self->vault, renaming->renames, FALSE, coffer_window_wait_get_progress (renaming->wait),
                                  coffer_window_wait_get_cancellable (renaming->wait), renamed_cb, renaming);
}

/* As kvault_rename_cost() has it, which has to know the new name: this is known before there is one. 0: nothing worth a word */
static guint64
find_cost (CofferWindow *self,
           CofferEntry  *entry)
{
  guint64 size = coffer_entry_get_size (entry);

  if (size <= COFFER_WINDOW_LONG_BYTES || size == G_MAXUINT64)
    return 0;
  if (coffer_vault_get_table_kind (self->vault) == COFFER_SECTION_V1)
    return size;
  return size > WHOLE_MAX - g_bytes_get_size (coffer_key_get_bytes (coffer_entry_get_key (entry))) ? 0 : size;
}

/* In its place */

static void
written_cb (CofferWindow *self,
            CofferEntry  *entry,
            const char   *text)
{
  CofferKeyViews *views = coffer_vault_view_get_views (self->view);
  CofferKey *key = coffer_entry_get_key (entry);
  g_autofree char *now = key != NULL ? coffer_key_dup_text (key) : NULL;

  if (now == NULL || g_str_equal (text, now) || !coffer_vault_get_editable (self->vault))
    coffer_key_views_finish_rename (views, entry);
  else if (*text == '\0')
    coffer_key_views_refuse_rename (views, entry, _("A key needs a name"));
  else
    start (self, key, text, find_cost (self, entry), entry);
}

void
coffer_window_add_rename (CofferWindow *self)
{
  g_signal_connect_object (coffer_vault_view_get_views (self->view), "renamed", G_CALLBACK (written_cb), self, G_CONNECT_SWAPPED);
}

/* In a dialog */

static void
rename_response_cb (CofferWindow     *self,
                    const char       *response,
                    AdwMessageDialog *dialog)
{
  CofferKey *key = g_object_get_data (G_OBJECT (dialog), "key");
  guint64 *cost = g_object_get_data (G_OBJECT (dialog), "cost");
  const char *text = gtk_editable_get_text (g_object_get_data (G_OBJECT (dialog), "entry"));

  if (g_str_equal (response, "rename") && self->vault != NULL)
    start (self, key, text, *cost, NULL);
}

/* Renaming waits for a name, and for another than now. */
static void
rename_changed_cb (AdwMessageDialog *dialog,
                   GtkEditable      *editable)
{
  CofferKey *key = g_object_get_data (G_OBJECT (dialog), "key");
  g_autofree char *now = coffer_key_dup_text (key);
  const char *text = gtk_editable_get_text (editable);

  adw_message_dialog_set_response_enabled (dialog, "rename", *text != '\0' && g_strcmp0 (text, now) != 0);
}

/* (nullable): it costs nothing worth a word */
static char *
describe_cost (CofferWindow *self,
               guint64       cost)
{
  g_autofree char *text = g_format_size (cost);

  if (cost == 0)
    return NULL;
  if (coffer_vault_get_table_kind (self->vault) == COFFER_SECTION_V1)
    return g_strdup_printf (_("Under a name of another length the value is written anew: about %s."), text);
  return g_strdup_printf (_("The value is written anew under its name: about %s."), text);
}

static void
ask_for_name (CofferWindow *self,
              CofferKey    *key,
              guint64       cost)
{
  g_autofree char *words = describe_cost (self, cost);
  g_autofree char *shown = coffer_key_to_display (key, 80);
  g_autofree char *text = coffer_key_dup_text (key);
  g_autofree char *heading = g_strdup_printf (_("Rename “%s”?"), shown);
  GtkWidget *entry = gtk_entry_new ();
  AdwMessageDialog *dialog = coffer_window_ask (self, heading, words != NULL ? words : _("The value stays as it is."),
                                                "rename", _("_Rename"), ADW_RESPONSE_SUGGESTED, G_CALLBACK (rename_response_cb));

  g_object_set_data_full (G_OBJECT (dialog), "key", coffer_key_ref (key), (GDestroyNotify) coffer_key_unref);
  g_object_set_data_full (G_OBJECT (dialog), "cost", g_memdup2 (&cost, sizeof cost), g_free);
  g_object_set_data (G_OBJECT (dialog), "entry", entry);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("New key"), -1);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_editable_set_text (GTK_EDITABLE (entry), text != NULL ? text : "");
  adw_message_dialog_set_extra_child (dialog, entry);
  g_signal_connect_object (entry, "changed", G_CALLBACK (rename_changed_cb), dialog, G_CONNECT_SWAPPED);
  rename_changed_cb (dialog, GTK_EDITABLE (entry));
  gtk_window_present (GTK_WINDOW (dialog));
  gtk_widget_grab_focus (entry);
}

/* What an entry cannot show in one line, or not at all, is no text to go on from. */
static gboolean
is_line (const char *text)
{
  for (const char *c = text; c != NULL && *c != '\0'; c = g_utf8_next_char (c))
    if (!g_unichar_isprint (g_utf8_get_char (c)))
      return FALSE;
  return text != NULL && *text != '\0';
}

void
coffer_window_rename_one (CofferWindow *self,
                          CofferEntry  *entry)
{
  CofferKey *key = coffer_entry_get_key (entry);
  g_autofree char *text = coffer_key_dup_text (key);
  guint64 cost = find_cost (self, entry);
  g_autofree char *words = describe_cost (self, cost);

  if (is_line (text) && coffer_key_is_blob (key))
    coffer_key_views_rename (coffer_vault_view_get_views (self->view), coffer_entry_get_position (entry), text, words);
  else
    ask_for_name (self, key, cost);
}
