/* SPDX-License-Identifier: MIT */
/*
 * Adding files, and values of other vaults: by a menu, by the clipboard, or by a drop. What is small and plain goes at once; everything else is shown in a sheet
 * before anything is written. What is being added goes on behind, and is told of at its end. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-add"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-conflict-dialog.h"
#include "coffer-error.h"
#include "coffer-export.h"
#include "coffer-import-sheet.h"
#include "coffer-import.h"
#include "coffer-source.h"

#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 400            /* of counting before the sheet comes */
#define FEW_FILES 20               /* and no more bytes than these go at once */
#define FEW_BYTES 100000000
#define TOAST_SECONDS 8            /* with something to be clicked */
#define MAX_NAMED 15               /* that were left out */

/* Files on their way to the sheet, or past it. */
typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  GBytes *prefix;
  GCancellable *cancellable;
  CofferImportPlan *plan;
  CofferImportSheet *sheet;    /* weak */
  guint patience_id;
} Adding;

static void
adding_free (Adding *adding)
{
  g_clear_handle_id (&adding->patience_id, g_source_remove);
  g_clear_weak_pointer (&adding->sheet);
  g_clear_object (&adding->plan);
  g_object_unref (adding->window);
  g_object_unref (adding->vault);
  g_object_unref (adding->cancellable);
  g_clear_pointer (&adding->prefix, g_bytes_unref);
  g_free (adding);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Adding, adding_free)

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

typedef struct {
  CofferWindow *window;
  CofferImport *import;
} Undoing;

/* What stays can be taken back later: the old values are nowhere else. */
static void
undone_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autofree Undoing *undoing = user_data;
  g_autoptr(CofferWindow) self = undoing->window;
  g_autoptr(CofferImport) import = undoing->import;
  CofferAdditions *additions = coffer_import_get_additions (import);
  g_autoptr(GError) error = NULL;
  gssize n = coffer_vault_take_back_finish (COFFER_VAULT (source), result, &error);
  guint n_stay = coffer_additions_count_undoable (additions);
  g_autofree char *taken = NULL, *stay = NULL, *text = NULL;

  if (self->vault != COFFER_VAULT (source))
    return;
  if (n_stay > 0)
    coffer_undo_push_additions (self->undo, additions);
  if (n < 0)
    {
      coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
      return;
    }
  taken = count_words ("%s key taken back", "%s keys taken back", n);
  stay = count_words ("%s stays: its value or its file is another by now", "%s stay: their values or their files are others by now", n_stay);
  text = n_stay > 0 ? g_strdup_printf ("%s; %s", taken, stay) : g_steal_pointer (&taken);
  coffer_window_toast (self, text);
}

static void
take_back (CofferWindow *self,
           CofferImport *import)
{
  Undoing *undoing = g_new (Undoing, 1);

  *undoing = (Undoing) { g_object_ref (self), g_object_ref (import) };
  coffer_vault_take_back_async (coffer_import_get_vault (import), coffer_import_get_additions (import), NULL, undone_cb, undoing);
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

/* "3 files added, 1 replaced, 2 left out" (transfer full) */
static char *
describe_end (CofferImport *import)
{
  guint n_added = coffer_import_get_n_added (import), n_replaced = coffer_import_get_n_replaced (import),
        n_same = coffer_import_get_n_identical (import), n_wrong = coffer_additions_count_wrong (coffer_import_get_additions (import)),
        n_skips = coffer_transfer_get_skips (COFFER_TRANSFER (import))->len - n_wrong;
  gboolean values = get_bundle (import) != NULL;
  g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  if (n_added > 0 || n_replaced + n_same == 0)
    g_ptr_array_add (parts, values ? count_words ("%s key copied", "%s keys copied", n_added)
                                   : count_words ("%s file added", "%s files added", n_added));
  if (n_replaced > 0)
    g_ptr_array_add (parts, count_words ("%s replaced", "%s replaced", n_replaced));
  if (n_same > 0)
    g_ptr_array_add (parts, count_words ("%s there already", "%s there already", n_same));
  if (n_skips > 0)
    g_ptr_array_add (parts, count_words ("%s left out", "%s left out", n_skips));
  if (n_wrong > 0)
    g_ptr_array_add (parts, count_words ("%s not as stored", "%s not as stored", n_wrong));
  g_ptr_array_add (parts, NULL);
  return g_strjoinv (_(", "), (char **) parts->pdata);
}

/* It can be taken back, but for values that were replaced and are too long to be kept: the toast of such an end does not offer it. */
static void
tell_done (CofferWindow *self,
           CofferImport *import)
{
  g_autofree char *text = describe_end (import);
  gboolean skipped = coffer_transfer_get_skips (COFFER_TRANSFER (import))->len > 0;
  guint n_undoable = coffer_additions_count_undoable (coffer_import_get_additions (import));
  gboolean undoable = n_undoable > 0 && n_undoable == coffer_import_get_n_added (import) + coffer_import_get_n_replaced (import);

  if (n_undoable > 0)
    coffer_undo_push_additions (self->undo, coffer_import_get_additions (import));
  if (!skipped && undoable)
    coffer_window_toast_undo (self, text);
  else
    coffer_window_toast (self, text);
  coffer_window_tell_desktop (self, COFFER_TRANSFER (import), text);
  if (!skipped)
    return;
  adw_toast_set_timeout (self->toast, TOAST_SECONDS);
  adw_toast_set_button_label (self->toast, _("_Show"));
  g_object_set_data (G_OBJECT (self->toast), "window", self);
  g_signal_connect_object (self->toast, "button-clicked", G_CALLBACK (show_skips_cb), import, 0);
  g_object_set_data_full (G_OBJECT (self->toast), "import", g_object_ref (import), g_object_unref);
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
  guint n_lost = n_added - coffer_additions_count_undoable (coffer_import_get_additions (import));
  g_autofree char *heading = count_words ("Keep the %s File Added So Far?", "Keep the %s Files Added So Far?", n_added);
  g_autofree char *body = n_lost > 0 ? count_words ("%s value was replaced and is too large to be brought back.",
                                                    "%s values were replaced and are too large to be brought back.", n_lost) : NULL;
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), heading, body);

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "take-back", _("_Take Back"), "keep", _("_Keep"), NULL);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "keep");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "keep");
  g_object_set_data_full (G_OBJECT (dialog), "import", g_object_ref (import), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (cancelled_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
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
close_cb (gpointer data)
{
  g_autoptr(CofferWindow) self = data;

  gtk_window_close (GTK_WINDOW (self));
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
    {
      g_idle_add_once (close_cb, g_object_ref (self));
      return;
    }
  switch (coffer_transfer_get_state (COFFER_TRANSFER (import)))
    {
    case COFFER_TRANSFER_FAILED:
      tell_failure (self, import);
      break;
    case COFFER_TRANSFER_CANCELLED:
      if (coffer_additions_count_undoable (coffer_import_get_additions (import)) > 0)
        ask_what_to_keep (self, import);
      else
        coffer_window_toast (self, _("Nothing was added"));
      break;
    case COFFER_TRANSFER_DONE:
    case COFFER_TRANSFER_WAITING:
    case COFFER_TRANSFER_RUNNING:
    case COFFER_TRANSFER_PAUSED:
    default:
      if (get_bundle (import) != NULL && coffer_bundle_get_moves (get_bundle (import)))
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
  guint number = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (import), "n-asked")) + 1;
  GtkWidget *dialog = coffer_conflict_dialog_new (GTK_WINDOW (self), coffer_import_get_vault (import),
                                                  coffer_additions_get (coffer_import_get_additions (import), position),
                                                  get_bundle (import), number, n_left);

  g_object_set_data (G_OBJECT (import), "n-asked", GUINT_TO_POINTER (number));
  g_object_set_data_full (G_OBJECT (dialog), "import", g_object_ref (import), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (conflict_response_cb), self, G_CONNECT_SWAPPED);
  g_set_weak_pointer (&self->conflict, dialog);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Off it goes */

/* @bundle  (nullable) whose values they are */
static void
start_import (CofferWindow    *self,
              CofferAdditions *additions,
              CofferConflict   conflict,
              CofferBundle    *bundle)
{
  g_autoptr(CofferImport) import = coffer_import_new (self->vault, additions, conflict);

  if (bundle != NULL)
    g_object_set_data_full (G_OBJECT (import), "bundle", g_object_ref (bundle), g_object_unref);
  g_signal_connect_object (import, "conflict", G_CALLBACK (conflict_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (import, "notify::state", G_CALLBACK (state_cb), self, G_CONNECT_SWAPPED);
  coffer_transfers_add (get_transfers (self), COFFER_TRANSFER (import));
}

void
coffer_window_start_import (CofferWindow    *self,
                            CofferAdditions *additions)
{
  start_import (self, additions, COFFER_CONFLICT_ASK, NULL);
}

static void
add_cb (CofferWindow      *self,
        CofferAdditions   *additions,
        int                conflict,
        CofferImportSheet *sheet)
{
  if (self->vault != NULL && self->vault == g_object_get_data (G_OBJECT (sheet), "vault"))
    start_import (self, additions, conflict, g_object_get_data (G_OBJECT (sheet), "bundle"));
}

static void
show_sheet (Adding *adding)
{
  CofferWindow *self = adding->window;

  g_clear_handle_id (&adding->patience_id, g_source_remove);
  if (adding->sheet == NULL)
    {
      g_set_weak_pointer (&adding->sheet, coffer_import_sheet_new (GTK_WINDOW (self), adding->vault, adding->prefix));
      g_object_set_data (G_OBJECT (adding->sheet), "vault", adding->vault);
      g_signal_connect_object (adding->sheet, "add", G_CALLBACK (add_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (adding->sheet, "destroy", G_CALLBACK (g_cancellable_cancel), adding->cancellable, G_CONNECT_SWAPPED);
      gtk_window_present (GTK_WINDOW (adding->sheet));
    }
  if (adding->plan == NULL)
    return;
  if (coffer_import_plan_get_bundle (adding->plan) != NULL)
    g_object_set_data_full (G_OBJECT (adding->sheet), "bundle", g_object_ref (coffer_import_plan_get_bundle (adding->plan)), g_object_unref);
  coffer_import_sheet_set_plan (adding->sheet, adding->plan);
}

static gboolean
is_clear (CofferAdditions *additions)
{
  for (guint i = 0; i < coffer_additions_get_n (additions); i++)
    {
      const CofferAddition *addition = coffer_additions_get (additions, i);

      if (addition->found_size != G_MAXUINT64 || addition->twice)
        return FALSE;
    }
  return TRUE;
}

static void
applied_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(Adding) adding = user_data;
  g_autoptr(CofferAdditions) additions = coffer_import_plan_apply_finish (COFFER_IMPORT_PLAN (source), result, NULL);

  if (adding->window->vault != adding->vault || g_cancellable_is_cancelled (adding->cancellable))
    return;
  if (additions != NULL && is_clear (additions) && adding->sheet == NULL)
    start_import (adding->window, additions, COFFER_CONFLICT_ASK, coffer_import_plan_get_bundle (adding->plan));
  else
    show_sheet (adding);
}

static gboolean
is_plain (CofferImportPlan *plan)
{
  CofferImportCounts counts = coffer_import_plan_get_counts (plan);

  return counts.n_files <= FEW_FILES && counts.n_bytes <= FEW_BYTES && counts.n_folders == 0 &&
         coffer_import_plan_get_folder (plan) == NULL && coffer_import_plan_get_problems (plan)->len == 0;
}

/* Files without folders whose keys may be free: they go at once, if that is so. Takes @adding. */
static void
try_at_once (Adding *adding)
{
  CofferImportRule rule = { adding->prefix, TRUE, coffer_import_sheet_separator (adding->prefix) };

  coffer_import_plan_apply_async (adding->plan, adding->vault, &rule, adding->cancellable, applied_cb, adding);
}

static void
tell_nothing (Adding *adding)
{
  GPtrArray *problems = coffer_import_plan_get_problems (adding->plan);
  CofferImportProblem *problem = problems->len > 0 ? g_ptr_array_index (problems, 0) : NULL;
  g_autofree char *name = problem != NULL ? g_filename_display_basename (problem->path) : NULL;
  g_autofree char *text = problem != NULL ? g_strdup_printf ("%s: %s", name, problem->reason) : g_strdup (_("There are no files in it"));

  if (adding->sheet != NULL)
    gtk_window_destroy (GTK_WINDOW (adding->sheet));
  coffer_window_toast (adding->window, text);
}

static void
planned_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(Adding) adding = user_data;
  g_autoptr(GError) error = NULL;

  adding->plan = coffer_import_plan_new_finish (result, &error);
  g_clear_handle_id (&adding->patience_id, g_source_remove);
  if (adding->window->vault != adding->vault || g_cancellable_is_cancelled (adding->cancellable))
    return;
  if (adding->plan == NULL)
    {
      if (adding->sheet != NULL)
        gtk_window_destroy (GTK_WINDOW (adding->sheet));
      coffer_window_toast (adding->window, g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
                                             ? _("The vault that the keys are from is closed") : error->message);
    }
  else if (coffer_import_plan_get_counts (adding->plan).n_files == 0)
    tell_nothing (adding);
  else if (adding->sheet == NULL && is_plain (adding->plan))
    try_at_once (g_steal_pointer (&adding));
  else
    show_sheet (adding);
}

static void
counts_cb (const CofferImportCounts *so_far,
           gpointer                  user_data)
{
  Adding *adding = user_data;

  if (adding->sheet != NULL)
    coffer_import_sheet_set_counts (adding->sheet, so_far);
}

static gboolean
patience_cb (gpointer user_data)
{
  Adding *adding = user_data;

  adding->patience_id = 0;
  if (adding->window->vault == adding->vault)
    show_sheet (adding);
  return G_SOURCE_REMOVE;
}

/* What somebody wants to add: files, or values of another vault. */
typedef struct {
  CofferWindow *window;
  GPtrArray *files;            /* of GFile; or */
  CofferBundle *bundle;
} Wish;

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_object_unref (wish->window);
  g_clear_pointer (&wish->files, g_ptr_array_unref);
  g_clear_object (&wish->bundle);
  g_free (wish);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wish, wish_free)

static Wish *
wish_new (CofferWindow *self,
          GPtrArray    *files,
          CofferBundle *bundle)
{
  Wish *wish = g_new0 (Wish, 1);

  wish->window = g_object_ref (self);
  wish->files = files != NULL ? g_ptr_array_ref (files) : NULL;
  g_set_object (&wish->bundle, bundle);
  return wish;
}

/* The vault can be edited. Without a prefix keys of another vault stay whole. */
static void
plan (const Wish *wish)
{
  CofferWindow *self = wish->window;
  Adding *adding = g_new0 (Adding, 1);
  GBytes *prefix = coffer_vault_view_get_prefix (self->view);

  adding->window = g_object_ref (self);
  adding->vault = g_object_ref (self->vault);
  adding->prefix = prefix != NULL ? g_bytes_ref (prefix) : g_bytes_new (NULL, 0);
  adding->cancellable = g_cancellable_new ();
  adding->patience_id = g_timeout_add (PATIENCE_MS, patience_cb, adding);
  if (wish->bundle != NULL)
    coffer_import_plan_new_values_async (wish->bundle, g_bytes_get_size (adding->prefix) == 0, adding->cancellable, planned_cb, adding);
  else
    coffer_import_plan_new_async (wish->files, counts_cb, adding, adding->cancellable, planned_cb, adding);
}

/* A vault for viewing is asked about first. */

static void
edited_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(Wish) wish = user_data;
  CofferWindow *self = wish->window;
  g_autoptr(GError) error = NULL;

  if (self->vault != COFFER_VAULT (source))
    return;
  if (coffer_vault_edit_finish (COFFER_VAULT (source), result, &error))
    plan (wish);
  else
    coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
}

static void
edit_response_cb (CofferWindow *self,
                  const char   *response,
                  GtkWidget    *dialog)
{
  Wish *wish = g_object_get_data (G_OBJECT (dialog), "wish");

  if (g_str_equal (response, "edit") && self->vault != NULL)
    coffer_vault_edit_async (self->vault, NULL, edited_cb, wish_new (self, wish->files, wish->bundle));
}

static void
ask_to_edit (Wish *wish)
{
  CofferWindow *self = wish->window;
  g_autofree char *heading = g_strdup_printf (_("Edit “%s”?"), coffer_vault_get_display_name (self->vault));
  AdwMessageDialog *dialog = coffer_window_ask (self, heading,
                                                _("The vault is open for viewing. Files can be added once it is open for editing."),
                                                "edit", _("_Edit"), ADW_RESPONSE_SUGGESTED, G_CALLBACK (edit_response_cb));

  g_object_set_data_full (G_OBJECT (dialog), "wish", wish, wish_free);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
add (CofferWindow *self,
     GPtrArray    *files,
     CofferBundle *bundle)
{
  g_autoptr(Wish) wish = wish_new (self, files, bundle);

  if (coffer_vault_get_editable (self->vault))
    plan (wish);
  else
    ask_to_edit (g_steal_pointer (&wish));
}

void
coffer_window_add_files (CofferWindow *self,
                         GPtrArray    *files)
{
  if (self->vault != NULL && files->len > 0)
    add (self, files, NULL);
}

void
coffer_window_add_bundle (CofferWindow *self,
                          CofferBundle *bundle)
{
  if (self->vault == NULL)
    return;
  if (coffer_window_is_source (self, bundle))
    coffer_window_toast (self, _("These keys are in this vault already"));
  else
    add (self, NULL, bundle);
}

/* Where there is no vault */

static gboolean
has_name_of_vault (const char *path)
{
  static const char *const endings[] = { ".kvault", ".vault", ".db", ".sqlite", ".sqlite3" };

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (path, endings[i]))
      return TRUE;
  return FALSE;
}

/* By its name, or its first bytes. Any thread. */
static gboolean
looks_like_vault (const char        *path,
                  const CofferGuard *guard)
{
  static const char magic[16] = "SQLite format 3";
  char head[sizeof magic];
  struct stat before;
  gboolean alike;
  int fd;

  if (path == NULL || g_file_test (path, G_FILE_TEST_IS_DIR))
    return FALSE;
  if (has_name_of_vault (path))
    return TRUE;
  if ((fd = coffer_source_open (path, NULL, guard, &before, NULL)) < 0)
    return FALSE;
  alike = pread (fd, head, sizeof head, 0) == sizeof head && memcmp (head, magic, sizeof head) == 0;
  close (fd);
  return alike;
}

typedef struct {
  GPtrArray *files;
  GPtrArray *found;     /* those of them that are vaults */
  GStrv vaults;         /* that are open */
} Sorting;

static void
sorting_free (gpointer data)
{
  Sorting *sorting = data;

  g_ptr_array_unref (sorting->files);
  g_ptr_array_unref (sorting->found);
  g_strfreev (sorting->vaults);
  g_free (sorting);
}

static void
sort_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  Sorting *sorting = data;
  g_autoptr(CofferGuard) guard = coffer_guard_new ((const char *const *) sorting->vaults);

  for (guint i = 0; i < sorting->files->len; i++)
    if (looks_like_vault (g_file_peek_path (g_ptr_array_index (sorting->files, i)), guard))
      g_ptr_array_add (sorting->found, g_object_ref (g_ptr_array_index (sorting->files, i)));
  g_task_return_boolean (task, TRUE);
}

static void
sorted_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  CofferWindow *self = COFFER_WINDOW (source);
  Sorting *sorting = g_task_get_task_data (G_TASK (result));
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  if (application == NULL)
    return;
  for (guint i = 0; i < sorting->found->len; i++)
    coffer_application_open_file (COFFER_APPLICATION (application), g_ptr_array_index (sorting->found, i), self);
  if (sorting->found->len > 0 || self->choosing || !coffer_window_is_free (self))
    return;
  g_clear_pointer (&self->wanted, g_ptr_array_unref);
  self->wanted = g_ptr_array_ref (sorting->files);
  coffer_window_choose (self, COFFER_CHOICE_CREATE);
}

void
coffer_window_take_files (CofferWindow *self,
                          GPtrArray    *files)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, sorted_cb, NULL);
  Sorting *sorting = g_new (Sorting, 1);

  *sorting = (Sorting) { g_ptr_array_ref (files), g_ptr_array_new_with_free_func (g_object_unref), coffer_vault_dup_open_paths () };
  g_task_set_task_data (task, sorting, sorting_free);
  g_task_run_in_thread (task, sort_thread);
}

/* Actions */

static void
add_files_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  coffer_window_choose (user_data, COFFER_CHOICE_ADD_FILES);
}

static void
add_folder_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  coffer_window_choose (user_data, COFFER_CHOICE_ADD_FOLDER);
}

static GBytes *
get_bytes (GVariant *variant)
{
  return g_variant_get_data_as_bytes (variant);
}

void
coffer_window_go_to (CofferWindow *self,
                     GVariant     *place)
{
  g_autoptr(GVariant) table = NULL, prefix = NULL;
  g_autoptr(GBytes) table_bytes = NULL, prefix_bytes = NULL;
  g_autofree char *name = NULL;

  g_variant_get (place, "(@ay@ay)", &table, &prefix);
  table_bytes = get_bytes (table);
  prefix_bytes = get_bytes (prefix);
  name = g_strndup (g_bytes_get_data (table_bytes, NULL), g_bytes_get_size (table_bytes));
  coffer_vault_view_go_to (self->view, name, g_bytes_get_size (prefix_bytes) > 0 ? prefix_bytes : NULL);
}

/* A table, a prefix in it, URIs. */
static void
add_uris_action (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       user_data)
{
  CofferWindow *self = user_data;
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GVariant) table = NULL, prefix = NULL, uris = NULL, place = NULL;

  g_variant_get (parameter, "(@ay@ay@as)", &table, &prefix, &uris);
  place = g_variant_ref_sink (g_variant_new ("(@ay@ay)", table, prefix));
  for (gsize i = 0; i < g_variant_n_children (uris); i++)
    {
      const char *uri;

      g_variant_get_child (uris, i, "&s", &uri);
      g_ptr_array_add (files, g_file_new_for_commandline_arg (uri));
    }
  coffer_window_go_to (self, place);
  coffer_window_add_files (self, files);
}

/* The clipboard */

static void
pasted_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(CofferWindow) self = user_data;
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  const GValue *value = gdk_clipboard_read_value_finish (GDK_CLIPBOARD (source), result, NULL);

  for (GSList *l = value != NULL ? g_value_get_boxed (value) : NULL; l != NULL; l = l->next)
    g_ptr_array_add (files, g_object_ref (l->data));
  if (files->len > 0)
    coffer_window_add_files (self, files);
  else
    coffer_window_toast (self, _("There are no files on the clipboard"));
}

static void
paste_action (GSimpleAction *action,
              GVariant      *parameter,
              gpointer       user_data)
{
  CofferWindow *self = user_data;
  GdkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (self));

  if (gdk_content_formats_contain_gtype (gdk_clipboard_get_formats (clipboard), COFFER_TYPE_BUNDLE))
    coffer_window_paste_bundle (self);
  else if (gdk_content_formats_contain_gtype (gdk_clipboard_get_formats (clipboard), GDK_TYPE_FILE_LIST))
    gdk_clipboard_read_value_async (clipboard, GDK_TYPE_FILE_LIST, G_PRIORITY_DEFAULT, NULL, pasted_cb, g_object_ref (self));
  else
    coffer_window_paste_content (self);
}

static const GActionEntry entries[] = {
  { "add-files", add_files_action },
  { "add-folder", add_folder_action },
  { "add-uris", add_uris_action, "(ayayas)" },
  { "paste", paste_action },
};

void
coffer_window_add_add_actions (CofferWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}

void
coffer_window_update_add_actions (CofferWindow *self)
{
  gboolean shown = self->vault != NULL && coffer_vault_view_can_search (self->view);
  gboolean editable = shown && coffer_vault_get_editable (self->vault);

  coffer_window_enable (self, "add-files", editable);
  coffer_window_enable (self, "add-folder", editable);
  coffer_window_enable (self, "paste", editable);
  coffer_window_enable (self, "add-uris", editable || (self->vault != NULL && coffer_vault_get_lock_reason (self->vault) == NULL));
  if (self->view != NULL)
    coffer_vault_view_set_can_add (self->view, editable);
}

/* Before it is too late */

static void
stop_response_cb (CofferWindow *self,
                  const char   *response)
{
  CofferTransfer *transfer;

  if (!g_str_equal (response, "stop") || self->vault == NULL)
    return;
  self->closes = TRUE;
  if ((transfer = coffer_transfers_find (get_transfers (self), self->vault)) == NULL)
    g_idle_add_once (close_cb, g_object_ref (self));
  else
    coffer_transfer_cancel (transfer);
}

gboolean
coffer_window_keeps_transfers (CofferWindow *self)
{
  CofferTransfer *transfer = self->vault != NULL ? coffer_transfers_find (get_transfers (self), self->vault) : NULL;
  AdwMessageDialog *dialog;
  gboolean exports;

  if (transfer == NULL)
    return FALSE;
  if (self->closes)
    {
      coffer_transfer_cancel (transfer);   /* the next one; it closes at its end */
      return TRUE;
    }
  exports = COFFER_IS_EXPORT (transfer);
  dialog = coffer_window_ask (self, exports ? _("Keys Are Still Being Exported") : _("Files Are Still Being Added"),
                              exports ? _("The files that are whole by now stay.") : _("What has been added by now stays in the vault."),
                              "stop", _("_Stop and Close"), ADW_RESPONSE_DESTRUCTIVE, G_CALLBACK (stop_response_cb));
  gtk_window_present (GTK_WINDOW (dialog));
  return TRUE;
}
