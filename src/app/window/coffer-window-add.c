/* SPDX-License-Identifier: MIT */
/*
 * Adding files, and values of other vaults: by a menu, by the clipboard, or by a drop. What is small and plain goes at once; everything else is shown in a sheet
 * before anything is written. What goes on behind, and is told of at its end, is coffer-window-import.c. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-add"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"
#include "coffer-import-sheet.h"
#include "coffer-import.h"
#include "coffer-present.h"
#include "coffer-source.h"

#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 400            /* of counting before the sheet comes */
#define LOOK_MS 5000               /* of looking up which keys exist */
#define FEW_FILES 20               /* and no more bytes than these go at once */
#define FEW_BYTES 100000000

/* Files on their way to the sheet, or past it. */
typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  GBytes *prefix;
  GCancellable *cancellable;
  CofferImportPlan *plan;
  gboolean stays;              /* it was to move, and its vault is not to be written to */
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

static void
add_cb (CofferWindow      *self,
        CofferAdditions   *additions,
        int                conflict,
        CofferImportSheet *sheet)
{
  if (self->vault != NULL && self->vault == g_object_get_data (G_OBJECT (sheet), "vault"))
    coffer_window_run_import (self, additions, conflict, g_object_get_data (G_OBJECT (sheet), "bundle"),
                              g_object_get_data (G_OBJECT (sheet), "stays") != NULL);
}

/* Before anything is copied: who wants them moved edits that vault first. */
static void
tell_stays (Adding *adding)
{
  CofferVault *source = coffer_bundle_get_vault (coffer_import_plan_get_bundle (adding->plan));
  const char *reason = coffer_vault_get_lock_reason (source);
  g_autofree char *viewing = g_strdup_printf (_("“%s” is open for viewing: edit it first to move them"),
                                              coffer_vault_get_display_name (source));

  g_object_set_data (G_OBJECT (adding->sheet), "stays", GINT_TO_POINTER (TRUE));
  coffer_import_sheet_set_stays (adding->sheet, reason != NULL ? reason : viewing);
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
      coffer_present_soon (GTK_WINDOW (adding->sheet));
    }
  if (adding->plan == NULL)
    return;
  if (coffer_import_plan_get_bundle (adding->plan) != NULL)
    g_object_set_data_full (G_OBJECT (adding->sheet), "bundle", g_object_ref (coffer_import_plan_get_bundle (adding->plan)), g_object_unref);
  if (adding->stays)
    tell_stays (adding);
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

  if (adding->window->vault != adding->vault || g_cancellable_is_cancelled (adding->cancellable) || adding->sheet != NULL)
    return;   /* or the sheet looks for itself */
  if (additions != NULL && is_clear (additions))
    coffer_window_run_import (adding->window, additions, COFFER_CONFLICT_ASK, coffer_import_plan_get_bundle (adding->plan), FALSE);
  else
    show_sheet (adding);
}

static gboolean
is_plain (CofferImportPlan *plan)
{
  CofferImportCounts counts = coffer_import_plan_get_counts (plan);
  gboolean restores;
  g_autoptr(GFile) archive = coffer_import_plan_dup_archive (plan, &restores);

  return archive == NULL && counts.n_files <= FEW_FILES && counts.n_bytes <= FEW_BYTES && counts.n_folders == 0 &&
         coffer_import_plan_get_folder (plan) == NULL && coffer_import_plan_get_problems (plan)->len == 0;
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

/* Files without folders whose keys may be free: they go at once, if that is so. Takes @adding. */
static void
try_at_once (Adding *adding)
{
  CofferImportRule rule = { adding->prefix, TRUE, coffer_import_sheet_separator (adding->prefix) };

  adding->patience_id = g_timeout_add (LOOK_MS, patience_cb, adding);
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
      g_autofree char *line = coffer_error_dup_line (error);

      if (adding->sheet != NULL)
        gtk_window_destroy (GTK_WINDOW (adding->sheet));
      coffer_window_toast (adding->window, g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
                                             ? _("The vault that the keys are from is closed") : line);
    }
  else if (coffer_import_plan_get_counts (adding->plan).n_files == 0)
    tell_nothing (adding);
  else if (adding->sheet == NULL && !adding->stays && is_plain (adding->plan))
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

static Adding *
adding_new (CofferWindow *self)
{
  Adding *adding = g_new0 (Adding, 1);
  GBytes *prefix = coffer_vault_view_get_prefix (self->view);

  adding->window = g_object_ref (self);
  adding->vault = g_object_ref (self->vault);
  adding->prefix = prefix != NULL ? g_bytes_ref (prefix) : g_bytes_new (NULL, 0);
  adding->cancellable = g_cancellable_new ();
  adding->patience_id = g_timeout_add (PATIENCE_MS, patience_cb, adding);
  return adding;
}

static void
plan_files (CofferWindow *self,
            gpointer      files)
{
  Adding *adding = adding_new (self);

  coffer_import_plan_new_async (files, counts_cb, adding, adding->cancellable, planned_cb, adding);
}

/* Without a prefix keys of another vault stay whole. */
static void
plan_bundle (CofferWindow *self,
             gpointer      bundle)
{
  Adding *adding = adding_new (self);

  adding->stays = coffer_bundle_get_moves (bundle) && !coffer_vault_get_editable (coffer_bundle_get_vault (bundle));
  coffer_import_plan_new_values_async (bundle, g_bytes_get_size (adding->prefix) == 0, adding->cancellable, planned_cb, adding);
}

void
coffer_window_add_files (CofferWindow *self,
                         GPtrArray    *files)
{
  if (self->vault != NULL && files->len > 0)
    coffer_window_do_editable (self, coffer_window_why_edit_to_add (), plan_files, g_ptr_array_ref (files), (GDestroyNotify) g_ptr_array_unref);
}

void
coffer_window_add_bundle (CofferWindow *self,
                          CofferBundle *bundle)
{
  if (self->vault == NULL)
    return;
  if (coffer_window_is_source (self, bundle))
    {
      coffer_window_toast (self, _("These keys are in this vault already"));
      return;
    }
  coffer_window_do_editable (self, coffer_window_why_edit_to_add (), plan_bundle, g_object_ref (bundle), g_object_unref);
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
choose (CofferWindow *self,
        gpointer      choice)
{
  coffer_window_choose (self, GPOINTER_TO_UINT (choice));
}

static void
add_files_action (GSimpleAction *action,
                  GVariant      *parameter,
                  gpointer       user_data)
{
  coffer_window_do_editable (user_data, coffer_window_why_edit_to_add (), choose, GUINT_TO_POINTER (COFFER_CHOICE_ADD_FILES), NULL);
}

static void
add_folder_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  coffer_window_do_editable (user_data, coffer_window_why_edit_to_add (), choose, GUINT_TO_POINTER (COFFER_CHOICE_ADD_FOLDER), NULL);
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

  coffer_window_enable (self, "add-files", shown);
  coffer_window_enable (self, "add-folder", shown);
  coffer_window_enable (self, "paste", shown);
  coffer_window_enable (self, "add-uris", self->vault != NULL);
  if (self->view != NULL)
    coffer_vault_view_set_can_add (self->view, editable);
}
