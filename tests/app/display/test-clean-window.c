/* SPDX-License-Identifier: MIT */
/* What the window "Clean Up" asks before it has anything deleted. */
#include "coffer-clean-window-private.h"

#include "coffer-delete-dialog.h"
#include "coffer-thumb.h"
#include "displayless.h"
#include "screen.h"

#include <string.h>

typedef struct {
  char *folder;
  CofferVault *vault;
  CofferUndo *undo;
  CofferCleanWindow *window;
  guint n_deleted;           /* keys that were to be deleted */
} Fixture;

static void
delete_cb (Fixture   *fixture,
           GPtrArray *keys)
{
  fixture->n_deleted = keys->len;
}

/* A thousand values of two keys each. */
static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autofree char *path = NULL;

  fixture->folder = test_folder_new ();
  path = g_build_filename (fixture->folder, "kv.db", NULL);
  test_sql (path, "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                  "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)"
                  "INSERT INTO kv SELECT CAST(printf ('%04d', i) AS BLOB), CAST(printf ('value %0500d', i % 1000) AS BLOB) FROM n;");
  fixture->vault = test_open (path);
  test_edit (fixture->vault);
  fixture->undo = coffer_undo_new (fixture->vault);
  fixture->window = COFFER_CLEAN_WINDOW (coffer_clean_window_new (fixture->vault, fixture->undo));
  g_signal_connect_swapped (fixture->window, "delete", G_CALLBACK (delete_cb), fixture);
  gtk_window_present (GTK_WINDOW (fixture->window));
  g_signal_emit_by_name (fixture->window->duplicates.page, "find", FALSE);
  screen_assert_soon (coffer_clean_page_get_findings (fixture->window->duplicates.page) != NULL);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  g_object_unref (fixture->undo);
  test_close (fixture->vault);
  test_folder_remove (fixture->folder);
}

static AdwMessageDialog *
find_question (void)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr(GtkWidget) window = g_list_model_get_item (windows, i);

      if (ADW_IS_MESSAGE_DIALOG (window))
        return ADW_MESSAGE_DIALOG (window);
    }
  return NULL;
}

static AdwMessageDialog *
ask (Fixture *fixture)
{
  g_signal_emit_by_name (fixture->window->duplicates.page, "delete");
  g_assert_nonnull (find_question ());
  return find_question ();
}

static void
answer (AdwMessageDialog *dialog,
        const char       *response)
{
  adw_message_dialog_response (dialog, response);
  gtk_window_destroy (GTK_WINDOW (dialog));   /* its buttons do both */
}

/* How many widgets of @type there are; *@first (out) (optional) (nullable) */
static guint
count (GtkWidget  *widget,
       GType       type,
       GtkWidget **first)
{
  guint n = G_TYPE_CHECK_INSTANCE_TYPE (widget, type);

  if (n > 0 && first != NULL && *first == NULL)
    *first = widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    n += count (child, type, first);
  return n;
}

static gboolean
says (GtkWidget  *widget,
      const char *text)
{
  if (GTK_IS_LABEL (widget) && strstr (gtk_label_get_text (GTK_LABEL (widget)), text) != NULL)
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL; child = gtk_widget_get_next_sibling (child))
    if (says (child, text))
      return TRUE;
  return FALSE;
}

static void
one_is_shown_and_weighed (Fixture       *fixture,
                          gconstpointer  data)
{
  AdwMessageDialog *dialog;
  GtkWidget *extra;

  coffer_findings_mark (coffer_clean_page_get_findings (fixture->window->duplicates.page), 1, TRUE);
  dialog = ask (fixture);
  extra = adw_message_dialog_get_extra_child (dialog);
  g_assert_cmpstr (adw_message_dialog_get_heading (dialog), ==, "Delete 1 Key?");
  g_assert_cmpuint (count (extra, COFFER_TYPE_THUMB, NULL), ==, 1);
  g_assert_cmpuint (count (extra, GTK_TYPE_ENTRY, NULL), ==, 0);
  screen_assert_soon (says (extra, "Compacted without this key it would be about "));
  g_assert_cmpstr (adw_message_dialog_get_response_label (dialog, "delete"), ==, "_Delete");
  answer (dialog, "delete");
  screen_assert_soon (fixture->n_deleted == 1);
}

static void
many_are_typed (Fixture       *fixture,
                gconstpointer  data)
{
  AdwMessageDialog *dialog;
  GtkWidget *extra, *entry = NULL;

  coffer_findings_mark_all (coffer_clean_page_get_findings (fixture->window->duplicates.page), TRUE);
  dialog = ask (fixture);
  extra = adw_message_dialog_get_extra_child (dialog);
  g_assert_true (strstr (adw_message_dialog_get_body (dialog), "Of 1000 values every key shown is marked") != NULL);
  g_assert_cmpuint (count (extra, COFFER_TYPE_THUMB, NULL), ==, COFFER_DELETE_DIALOG_MOST_PICTURES);
  screen_assert_soon (says (extra, "Compacted without them it would be about 12.3\302\240kB."));   /* three pages: nothing is left */
  g_assert_cmpstr (adw_message_dialog_get_response_label (dialog, "delete"), ==, "_Delete 2000 Keys");
  g_assert_cmpuint (count (extra, GTK_TYPE_ENTRY, &entry), ==, 1);
  g_assert_false (adw_message_dialog_get_response_enabled (dialog, "delete"));
  gtk_editable_set_text (GTK_EDITABLE (entry), "200");
  g_assert_false (adw_message_dialog_get_response_enabled (dialog, "delete"));
  gtk_editable_set_text (GTK_EDITABLE (entry), "2000");
  g_assert_true (adw_message_dialog_get_response_enabled (dialog, "delete"));
  answer (dialog, "cancel");
  g_assert_cmpuint (fixture->n_deleted, ==, 0);
}

static const char *
shown_by (CofferCleanPage *page)
{
  GtkWidget *states = NULL;

  count (GTK_WIDGET (page), GTK_TYPE_STACK, &states);
  return gtk_stack_get_visible_child_name (GTK_STACK (states));
}

static void
cancelled_answers_step_aside (Fixture       *fixture,
                              gconstpointer  data)
{
  CofferCleanPage *page = fixture->window->duplicates.page;

  coffer_findings_mark (coffer_clean_page_get_findings (page), 1, TRUE);
  answer (ask (fixture), "delete");
  g_assert_nonnull (fixture->window->duplicates.running);   /* reads again what is to go */
  g_signal_emit_by_name (page, "cancel");
  g_assert_null (fixture->window->duplicates.running);
  g_assert_cmpstr (shown_by (page), ==, "results");

  screen_assert_soon (fixture->window->damaged.page != NULL);
  page = fixture->window->damaged.page;
  g_signal_emit_by_name (page, "find", FALSE);
  g_assert_cmpstr (shown_by (page), ==, "progress");
  g_signal_emit_by_name (page, "cancel");
  g_assert_null (fixture->window->damaged.running);
  g_assert_cmpstr (shown_by (page), ==, "start");
  g_signal_emit_by_name (page, "find", FALSE);   /* the answer to the first one comes before */
  screen_assert_soon (fixture->window->damaged.running == NULL);
  g_assert_true (says (GTK_WIDGET (page), "Nothing Damaged"));
  g_assert_cmpuint (fixture->n_deleted, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();

  g_test_add ("/clean/window/one-is-shown-and-weighed", Fixture, NULL, set_up, one_is_shown_and_weighed, tear_down);
  g_test_add ("/clean/window/many-are-typed", Fixture, NULL, set_up, many_are_typed, tear_down);
  g_test_add ("/clean/window/cancelled-answers-step-aside", Fixture, NULL, set_up, cancelled_answers_step_aside, tear_down);

  return g_test_run ();
}
