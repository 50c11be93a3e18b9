/* SPDX-License-Identifier: MIT */
/*
 * What is being added: what it asks about keys that exist, and what is told of its end. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-import"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-conflict-dialog.h"
#include "coffer-error.h"
#include "coffer-import.h"
#include "coffer-take-back.h"

#define TOAST_SECONDS 8            /* with something to be clicked */
#define MAX_NAMED 15               /* that were left out */

static CofferTransfers *
get_transfers (CofferWindow *self)
{
  return coffer_application_get_transfers (COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))));
}

static char *
count_words (const char *one,
             const char *many,
             guint       n)
{
  g_autofree char *number = g_strdup_printf ("%'u", n);
  g_auto(GStrv) parts = g_strsplit (g_dngettext (GETTEXT_PACKAGE, one, many, n), "%s", 2);

  return g_strjoinv (number, parts);
}

/* How it ended */

/* (transfer full) */
static char *
describe_taken_back (CofferTakeBack *take_back)
{
  CofferAdditions *additions = coffer_take_back_get_additions (take_back);
  guint n_stay = coffer_additions_count_undoable (additions), n_lost = coffer_additions_count_lost (additions);
  guint n_no_room = MIN (coffer_additions_count_no_room (additions), n_stay);
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (parts, count_words ("%s key taken back", "%s keys taken back", coffer_take_back_get_n (take_back)));
  if (n_stay > 0 && coffer_transfer_get_state (COFFER_TRANSFER (take_back)) == COFFER_TRANSFER_CANCELLED)
    g_ptr_array_add (parts, count_words ("%s stays as it was added", "%s stay as they were added", n_stay));
  else if (n_stay > n_no_room)
    g_ptr_array_add (parts, count_words ("%s stays: its value or its file is another by now, or gone",
                                         "%s stay: their values or their files are others by now, or gone", n_stay - n_no_room));
  if (n_no_room > 0 && coffer_transfer_get_state (COFFER_TRANSFER (take_back)) != COFFER_TRANSFER_CANCELLED)
    g_ptr_array_add (parts, count_words ("%s stays: there is no room to keep what was added", "%s stay: there is no room to keep what was added",
                                         n_no_room));
  if (n_lost > 0)
    g_ptr_array_add (parts, count_words ("%s stays replaced: there was no room to keep its old value",
                                         "%s stay replaced: there was no room to keep their old values", n_lost));
  g_ptr_array_add (parts, NULL);
  return g_strjoinv ("; ", (char **) parts->pdata);
}

/* What stays can be taken back later: the old values are nowhere else. */
static void
take_back_state_cb (CofferWindow   *self,
                    GParamSpec     *pspec,
                    CofferTakeBack *take_back)
{
  CofferAdditions *additions = coffer_take_back_get_additions (take_back);
  const GError *error = coffer_transfer_get_error (COFFER_TRANSFER (take_back));
  g_autofree char *text = NULL;

  if (coffer_transfer_is_active (COFFER_TRANSFER (take_back)) || self->vault != coffer_take_back_get_vault (take_back))
    return;
  if (self->closes)
    return;
  if (coffer_additions_count_undoable (additions) > 0)
    coffer_undo_push_additions (self->undo, additions);
  if (error != NULL)
    {
      coffer_window_tell_desktop (self, COFFER_TRANSFER (take_back), _("Not All Keys Could Be Taken Back"));
      coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
      return;
    }
  text = describe_taken_back (take_back);
  coffer_window_toast (self, text);
  coffer_window_tell_desktop (self, COFFER_TRANSFER (take_back), text);
}

static void
take_back (CofferWindow *self,
           CofferImport *import)
{
  g_autoptr(CofferTakeBack) take_back = coffer_take_back_new (coffer_import_get_vault (import), coffer_import_get_additions (import));

  g_signal_connect_object (take_back, "notify::state", G_CALLBACK (take_back_state_cb), self, G_CONNECT_SWAPPED);
  coffer_transfers_add (get_transfers (self), COFFER_TRANSFER (take_back));
}

/* Names what was left out, and why. */
static void
show_skips (CofferWindow *self,
            CofferImport *import)
{
  GPtrArray *skips = coffer_transfer_get_skips (COFFER_TRANSFER (import));
  gboolean wrong = coffer_additions_count_wrong (coffer_import_get_additions (import)) > 0;
  g_autofree char *heading = wrong ? count_words ("%s File Is Not in the Vault as It Should Be", "%s Files Are Not in the Vault as They Should Be",
                                                  skips->len)
                                   : count_words ("%s File Was Left Out", "%s Files Were Left Out", skips->len);
  GString *body = g_string_new (NULL);
  GtkWidget *dialog;

  for (guint i = 0; i < MIN (skips->len, MAX_NAMED); i++)
    {
      CofferTransferSkip *skip = g_ptr_array_index (skips, i);
      g_autofree char *base = g_path_get_basename (skip->name);

      g_string_append_printf (body, "%s%s: %s", i > 0 ? "\n" : "", base, skip->reason);
    }
  if (skips->len > MAX_NAMED)
    g_string_append (body, "\n…");
  dialog = adw_message_dialog_new (GTK_WINDOW (self), heading, body->str);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
  g_string_free (body, TRUE);
}

static void
show_skips_cb (AdwToast     *toast,
               CofferImport *import)
{
  show_skips (g_object_get_data (G_OBJECT (toast), "window"), import);
}

/* Whose values they are; (nullable) */
static CofferBundle *
get_bundle (CofferImport *import)
{
  return g_object_get_data (G_OBJECT (import), "bundle");
}

/* Though they were to move. */
static gboolean
stays (CofferImport *import)
{
  return g_object_get_data (G_OBJECT (import), "stays") != NULL;
}

static gboolean
moves (CofferImport *import)
{
  return get_bundle (import) != NULL && coffer_bundle_get_moves (get_bundle (import)) && !stays (import);
}

gboolean
coffer_window_is_moving (CofferTransfer *transfer)
{
  if (COFFER_IS_TAKE_BACK (transfer))
    return coffer_take_back_get_move (COFFER_TAKE_BACK (transfer)) != NULL;
  return COFFER_IS_IMPORT (transfer) && moves (COFFER_IMPORT (transfer));
}

/* What did not go as it should. */
static void
add_troubles (GPtrArray    *parts,
              CofferImport *import)
{
  CofferAdditions *additions = coffer_import_get_additions (import);
  guint n_wrong = coffer_additions_count_wrong (additions), n_skips = coffer_transfer_get_skips (COFFER_TRANSFER (import))->len - n_wrong;
  guint n_kept = coffer_additions_count (additions, COFFER_ADDITION_SKIPPED);   /* as somebody said, and not told of among the skips */
  guint n_lost = coffer_additions_count_lost (additions);

  if (n_lost > 0)
    g_ptr_array_add (parts, count_words ("%s old value cannot be brought back", "%s old values cannot be brought back", n_lost));
  if (n_kept > 0)
    g_ptr_array_add (parts, count_words ("%s skipped", "%s skipped", n_kept));
  if (n_skips > 0)
    g_ptr_array_add (parts, count_words ("%s left out", "%s left out", n_skips));
  if (n_wrong > 0)
    g_ptr_array_add (parts, count_words ("%s not as stored", "%s not as stored", n_wrong));
  if (coffer_additions_get_verifies (additions) && !coffer_additions_is_verified (additions))
    g_ptr_array_add (parts, g_strdup (_("not all of it read back")));
}

/* The words that were found; @nothing: none of them tells of something done, and @words says so. (transfer full) */
static char *
join_words (GPtrArray  *parts,
            gboolean    nothing,
            const char *words)
{
  g_autofree char *joined = NULL;

  if (parts->len == 0)
    return g_strdup (words);
  g_ptr_array_add (parts, NULL);
  joined = g_strjoinv (_(", "), (char **) parts->pdata);
  /* Translators: that nothing was done, and what else was, as "Nothing was added: 1 skipped, 2 left out" */
  return nothing ? g_strdup_printf (_("%s: %s"), words, joined) : g_steal_pointer (&joined);
}

/* "3 files added, 1 replaced, 2 left out" (transfer full) */
static char *
describe_end (CofferImport *import)
{
  guint n_added = coffer_import_get_n_added (import), n_replaced = coffer_import_get_n_replaced (import),
        n_same = coffer_import_get_n_identical (import);
  gboolean values = get_bundle (import) != NULL;
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  if (n_added > 0)
    g_ptr_array_add (parts, values ? count_words ("%s key copied", "%s keys copied", n_added)
                                   : count_words ("%s file added", "%s files added", n_added));
  if (n_replaced > 0)
    g_ptr_array_add (parts, count_words ("%s replaced", "%s replaced", n_replaced));
  if (n_same > 0)
    g_ptr_array_add (parts, count_words ("%s there already", "%s there already", n_same));
  if (values && n_added + n_replaced > 0 && stays (import))
    /* Translators: behind "1 key copied": why it was not moved; the name of the vault that it is from */
    g_ptr_array_add (parts, g_strdup_printf (_("not moved: “%s” is open for viewing"),
                                             coffer_vault_get_display_name (coffer_bundle_get_vault (get_bundle (import)))));
  add_troubles (parts, import);
  return join_words (parts, n_added + n_replaced + n_same == 0, values ? _("Nothing was copied") : _("Nothing was added"));
}

/* On the toast that is shown last. */
static void
offer_skips (CofferWindow *self,
             CofferImport *import)
{
  adw_toast_set_button_label (self->toast, _("_Show"));
  g_object_set_data (G_OBJECT (self->toast), "window", self);
  g_signal_connect_object (self->toast, "button-clicked", G_CALLBACK (show_skips_cb), import, 0);
  g_object_set_data_full (G_OBJECT (self->toast), "import", g_object_ref (import), g_object_unref);
}

/* It can be taken back, but for values that there was no room to keep: the toast of such an end does not offer it. */
static void
tell_done (CofferWindow *self,
           CofferImport *import)
{
  g_autofree char *text = describe_end (import);
  gboolean skipped = coffer_transfer_get_skips (COFFER_TRANSFER (import))->len > 0;
  guint n_undoable = coffer_additions_count_undoable (coffer_import_get_additions (import));
  gboolean undoable = n_undoable > 0 && coffer_additions_count_lost (coffer_import_get_additions (import)) == 0;

  if (n_undoable > 0)
    coffer_undo_push_additions (self->undo, coffer_import_get_additions (import));
  if (!skipped && undoable)
    coffer_window_toast_undo (self, text);
  else if (skipped)
    coffer_window_toast_for (self, text, TOAST_SECONDS);
  else
    coffer_window_toast (self, text);
  coffer_window_tell_desktop (self, COFFER_TRANSFER (import), text);
  if (skipped)
    offer_skips (self, import);
}

/* What did not go from where it was. */
static void
add_stayed (GPtrArray      *parts,
            CofferTakeBack *moving)
{
  guint n = coffer_move_get_n_there (coffer_take_back_get_move (moving));

  if (n > 0 && coffer_transfer_get_state (COFFER_TRANSFER (moving)) == COFFER_TRANSFER_DONE)
    g_ptr_array_add (parts, count_words ("%s stays where it was: its value is another by now, or gone",
                                         "%s stay where they were: their values are others by now, or gone", n));
  else if (n > 0)
    g_ptr_array_add (parts, count_words ("%s key is in both vaults", "%s keys are in both vaults", n));
}

static void
tell_unmoved (CofferWindow *self,
              const GError *error,
              const char   *text)
{
  g_autofree char *line = coffer_error_dup_line (error);
  g_autofree char *body = g_strdup_printf ("%s\n%s", line, text);
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Not All Keys Could Be Moved"), body);

  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

void
coffer_window_tell_moved (CofferWindow   *self,
                          CofferImport   *import,
                          CofferTakeBack *moving)
{
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL;
  guint n = coffer_take_back_get_n (moving);
  const GError *error = coffer_transfer_get_error (COFFER_TRANSFER (moving));

  if (n > 0)
    g_ptr_array_add (parts, count_words ("%s key moved", "%s keys moved", n));
  add_stayed (parts, moving);
  add_troubles (parts, import);
  text = join_words (parts, n == 0, _("Nothing was moved"));
  coffer_window_tell_desktop_after (self, coffer_transfer_get_seconds (COFFER_TRANSFER (import)) +
                                          coffer_transfer_get_seconds (COFFER_TRANSFER (moving)),
                                    error != NULL ? _("Not All Keys Could Be Moved") : text);
  if (error != NULL)
    tell_unmoved (self, error, text);
  else if (coffer_transfer_get_skips (COFFER_TRANSFER (import))->len > 0)
    {
      coffer_window_toast_for (self, text, TOAST_SECONDS);
      offer_skips (self, import);
    }
  else if (n > 0 || coffer_additions_count_undoable (coffer_import_get_additions (import)) > 0)
    coffer_window_toast_undo (self, text);
  else
    coffer_window_toast (self, text);
}

static void
cancelled_response_cb (CofferWindow *self,
                       const char   *response,
                       GtkWidget    *dialog)
{
  CofferImport *import = g_object_get_data (G_OBJECT (dialog), "import");

  if (g_str_equal (response, "take-back") && self->vault != NULL)
    take_back (self, import);
  else if (self->undo != NULL && self->vault == coffer_import_get_vault (import))
    coffer_undo_push_additions (self->undo, coffer_import_get_additions (import));
}

static void
ask_what_to_keep (CofferWindow *self,
                  CofferImport *import)
{
  guint n_added = coffer_import_get_n_added (import) + coffer_import_get_n_replaced (import);
  guint n_lost = coffer_additions_count_lost (coffer_import_get_additions (import));
  g_autofree char *heading = count_words ("Keep the %s File Added So Far?", "Keep the %s Files Added So Far?", n_added);
  g_autofree char *body = n_lost > 0 ? count_words ("%s value was replaced and cannot be brought back.",
                                                    "%s values were replaced and cannot be brought back.", n_lost) : NULL;
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), heading, body);

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "take-back", _("_Take Back"), "keep", _("_Keep"), NULL);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "keep");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "keep");
  g_object_set_data_full (G_OBJECT (dialog), "import", g_object_ref (import), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (cancelled_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Nothing of it can be taken back, and whoever said Replace knew. */
static void
tell_replaced (CofferWindow *self,
               CofferImport *import)
{
  g_autofree char *text = count_words ("%s value was replaced and cannot be brought back.",
                                       "%s values were replaced and cannot be brought back.", coffer_import_get_n_replaced (import));

  coffer_window_toast (self, text);
}

static void
tell_failure (CofferWindow *self,
              CofferImport *import)
{
  g_autofree char *kept = describe_end (import);
  g_autofree char *body = NULL;
  const GError *error = coffer_transfer_get_error (COFFER_TRANSFER (import));
  GtkWidget *dialog;

  body = g_strdup_printf ("%s\n%s", error->message, kept);
  if (coffer_additions_count_undoable (coffer_import_get_additions (import)) > 0)
    coffer_undo_push_additions (self->undo, coffer_import_get_additions (import));
  coffer_window_tell_desktop (self, COFFER_TRANSFER (import), _("Not All Files Could Be Added"));
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Not All Files Could Be Added"), body);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
state_cb (CofferWindow *self,
          GParamSpec   *pspec,
          CofferImport *import)
{
  if (coffer_transfer_is_active (COFFER_TRANSFER (import)) || self->vault != coffer_import_get_vault (import))
    return;
  g_clear_weak_pointer (&self->conflict);
  if (self->closes)
    return;
  switch (coffer_transfer_get_state (COFFER_TRANSFER (import)))
    {
    case COFFER_TRANSFER_FAILED:
      tell_failure (self, import);
      break;
    case COFFER_TRANSFER_CANCELLED:
      if (coffer_additions_count_undoable (coffer_import_get_additions (import)) > 0)
        ask_what_to_keep (self, import);
      else if (coffer_import_get_n_replaced (import) > 0)
        tell_replaced (self, import);
      else
        coffer_window_toast (self, _("Nothing was added"));
      break;
    case COFFER_TRANSFER_DONE:
    case COFFER_TRANSFER_WAITING:
    case COFFER_TRANSFER_RUNNING:
    case COFFER_TRANSFER_PAUSED:
    default:
      if (moves (import))
        coffer_window_finish_move (self, import, get_bundle (import));
      else
        tell_done (self, import);
    }
}

/* Conflicts */

static void
conflict_response_cb (CofferWindow     *self,
                      const char       *response,
                      AdwMessageDialog *dialog)
{
  CofferImport *import = g_object_get_data (G_OBJECT (dialog), "import");
  gboolean for_all = coffer_conflict_dialog_get_for_all (dialog);

  if (g_str_equal (response, "skip"))
    coffer_import_answer (import, COFFER_CONFLICT_SKIP, for_all);
  else if (g_str_equal (response, "keep"))
    coffer_import_answer (import, COFFER_CONFLICT_KEEP_BOTH, for_all);
  else if (g_str_equal (response, "replace"))
    coffer_import_answer (import, COFFER_CONFLICT_REPLACE, for_all);
  else
    coffer_transfer_cancel (COFFER_TRANSFER (import));
}

static void
conflict_cb (CofferWindow *self,
             guint         position,
             guint         n_left,
             CofferImport *import)
{
  gboolean loses = coffer_additions_asks_to_lose (coffer_import_get_additions (import));
  guint number = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (import), "n-asked")) + !loses;
  GtkWidget *dialog = coffer_conflict_dialog_new (GTK_WINDOW (self), coffer_import_get_vault (import),
                                                  coffer_additions_get (coffer_import_get_additions (import), position),
                                                  get_bundle (import), number, n_left, loses);

  g_object_set_data (G_OBJECT (import), "n-asked", GUINT_TO_POINTER (number));
  g_object_set_data_full (G_OBJECT (dialog), "import", g_object_ref (import), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (conflict_response_cb), self, G_CONNECT_SWAPPED);
  g_set_weak_pointer (&self->conflict, dialog);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Off it goes */

void
coffer_window_run_import (CofferWindow    *self,
                          CofferAdditions *additions,
                          CofferConflict   conflict,
                          CofferBundle    *bundle,
                          gboolean         stays_there)
{
  g_autoptr(CofferImport) import = coffer_import_new (self->vault, additions, conflict);

  if (bundle != NULL)
    g_object_set_data_full (G_OBJECT (import), "bundle", g_object_ref (bundle), g_object_unref);
  g_object_set_data (G_OBJECT (import), "stays", GINT_TO_POINTER (stays_there));
  if (moves (import))
    coffer_transfer_set_vault (COFFER_TRANSFER (import), coffer_bundle_get_vault (bundle));   /* which is written to once this is done */
  g_signal_connect_object (import, "conflict", G_CALLBACK (conflict_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (import, "notify::state", G_CALLBACK (state_cb), self, G_CONNECT_SWAPPED);
  coffer_transfers_add (get_transfers (self), COFFER_TRANSFER (import));
}

void
coffer_window_start_import (CofferWindow    *self,
                            CofferAdditions *additions)
{
  coffer_window_run_import (self, additions, COFFER_CONFLICT_ASK, NULL, FALSE);
}
