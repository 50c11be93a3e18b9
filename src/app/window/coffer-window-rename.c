/* SPDX-License-Identifier: MIT */
/*
 * Renaming several keys by finding and replacing: what it would do shows while it is typed, and what it costs. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-rename"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-application.h"
#include "coffer-error.h"
#include "coffer-rename-plan.h"
#include "coffer-yielding.h"

#define WIDE 480             /* of its content, so that it keeps its place while names come */
#define NARROW 600           /* a window that wide has no room for two names beside each other */

/* A key that would be renamed, and what it would be. */
typedef struct {
  GtkWidget *row;
  GtkLabel *old, *now;
  GtkWidget *taken;
} Sample;

typedef struct {
  CofferWindow *window;
  CofferVault *vault;
  GPtrArray *keys;
  AdwMessageDialog *dialog;    /* unowned: it owns this */
  GtkEditable *find, *replace;
  GtkCheckButton *regex;
  GtkWidget *preview;
  Sample samples[COFFER_PLAN_SAMPLES];
  GtkLabel *summary;
  GCancellable *cancellable;   /* of the plan that is being made */
  CofferRenamePlan *plan;      /* of what is typed now; NULL: on its way, or it cannot be */
} Asking;

static void
asking_free (gpointer data)
{
  Asking *self = data;

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->plan, coffer_rename_plan_free);
  coffer_keys_unref (self->keys);
  g_object_unref (self->vault);
  g_object_unref (self->window);
  g_free (self);
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

/* Doing it */

typedef struct {
  CofferWindow *window;
  CofferRenames *renames;
  CofferWindowWait *wait;
} Renaming;

/* (transfer full) */
static char *
describe_renamed (CofferRenames *renames,
                  gboolean       stopped)
{
  guint n = coffer_renames_get_n_done (renames), n_left = coffer_renames_get_n (renames) - n;
  g_autofree char *done = count_words ("%s key renamed", "%s keys renamed", n);
  g_autofree char *left = n_left > 0 && stopped ? count_words ("%s has its old name", "%s have their old names", n_left) : NULL;

  if (n == 0)
    return g_strdup (_("Nothing was renamed"));
  return left != NULL ? g_strjoin (_(", "), done, left, NULL) : g_steal_pointer (&done);
}

static void
tell_renamed (CofferWindow  *self,
              CofferRenames *renames,
              const GError  *error)
{
  gboolean stopped = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_autofree char *text = describe_renamed (renames, stopped);

  if (coffer_renames_get_n_done (renames) > 0)
    {
      coffer_undo_push_renames (self->undo, renames);
      coffer_window_toast_undo (self, text);
    }
  else if (stopped)
    coffer_window_toast (self, text);
  if (error != NULL && !stopped)
    coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
}

static void
renamed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autofree Renaming *renaming = user_data;
  g_autoptr(CofferWindow) self = renaming->window;
  g_autoptr(CofferRenames) renames = renaming->renames;
  g_autoptr(GError) error = NULL;

  coffer_window_wait_free (renaming->wait);
  coffer_vault_rename_keys_finish (COFFER_VAULT (source), result, &error);
  if (self->vault == COFFER_VAULT (source))
    tell_renamed (self, renames, error);
}

static void
change_state_cb (CofferWindow *self,
                 GParamSpec   *pspec,
                 CofferChange *change)
{
  CofferTransfer *transfer = COFFER_TRANSFER (change);
  CofferRenames *renames = coffer_change_get_renames (change);
  gboolean cancelled = coffer_transfer_get_state (transfer) == COFFER_TRANSFER_CANCELLED;
  g_autoptr(GError) stopped = cancelled ? g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "") : NULL;
  g_autofree char *text = NULL;

  if (coffer_transfer_is_active (transfer) || self->closes || self->vault != coffer_change_get_vault (change))
    return;
  text = coffer_transfer_get_error (transfer) != NULL ? g_strdup (_("Not All Keys Could Be Renamed")) : describe_renamed (renames, cancelled);
  coffer_window_tell_desktop (self, transfer, text);
  tell_renamed (self, renames, cancelled ? stopped : coffer_transfer_get_error (transfer));
}

static void
run_as_transfer (CofferWindow           *self,
                 const CofferRenamePlan *plan)
{
  CofferApplication *application = COFFER_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));
  g_autoptr(CofferChange) change = coffer_change_new_renames (self->vault, plan->renames, plan->n_bytes);

  g_signal_connect_object (change, "notify::state", G_CALLBACK (change_state_cb), self, G_CONNECT_SWAPPED);
  coffer_transfers_add (coffer_application_get_transfers (application), COFFER_TRANSFER (change));
}

static void
response_cb (CofferWindow     *self,
             const char       *response,
             AdwMessageDialog *dialog)
{
  Asking *asking = g_object_get_data (G_OBJECT (dialog), "asking");
  Renaming *renaming;

  if (!g_str_equal (response, "rename") || self->vault != asking->vault || asking->plan == NULL)
    return;
  if (asking->plan->n_bytes > COFFER_WINDOW_LONG_BYTES || asking->plan->n_renamed > COFFER_WINDOW_LONG_KEYS)
    {
      run_as_transfer (self, asking->plan);
      return;
    }
  renaming = g_new (Renaming, 1);
  *renaming = (Renaming) { g_object_ref (self), coffer_renames_ref (asking->plan->renames), coffer_window_wait_new (self, g_strdup (_("Renaming…"))) };
  coffer_vault_rename_keys_async (self->vault, renaming->renames, FALSE, coffer_window_wait_get_progress (renaming->wait),
                                  coffer_window_wait_get_cancellable (renaming->wait), renamed_cb, renaming);
}

/* Showing what it would do */

static char *
describe_plan (Asking *self)
{
  const CofferRenamePlan *plan = self->plan;
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  if (plan->n_taken > 0)
    g_ptr_array_add (lines, count_words ("%s name is taken or would be given twice. Change what is replaced.",
                                         "%s names are taken or would be given twice. Change what is replaced.", plan->n_taken));
  else
    g_ptr_array_add (lines, count_words ("%s key gets a new name.", "%s keys get new names.", plan->n_renamed));
  if (plan->n_not_text > 0)
    g_ptr_array_add (lines, count_words ("%s key is not text and is left alone.", "%s keys are not text and are left alone.", plan->n_not_text));
  if (plan->n_renamed > 0 && plan->n_bytes == 0 && plan->n_taken == 0)
    g_ptr_array_add (lines, g_strdup (_("The values stay where they are.")));
  else if (plan->n_renamed > 0 && plan->n_taken == 0)
    {
      g_autofree char *size = g_format_size (plan->n_bytes);

      g_ptr_array_add (lines, g_strdup_printf (_("The values are written anew under their names: about %s."), size));
    }
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

static void
show_samples (Asking *self)
{
  const GPtrArray *names = self->plan->samples;

  for (guint i = 0; i < COFFER_PLAN_SAMPLES; i++)
    {
      Sample *sample = &self->samples[i];

      gtk_widget_set_visible (sample->row, 2 * i + 1 < names->len);
      if (2 * i + 1 >= names->len)
        continue;
      gtk_label_set_text (sample->old, names->pdata[2 * i]);
      gtk_label_set_text (sample->now, names->pdata[2 * i + 1]);
      gtk_widget_set_visible (sample->taken, i < self->plan->n_bad_samples);
    }
  gtk_widget_set_visible (self->preview, names->len > 1);
}

static void
show_plan (Asking *self)
{
  g_autofree char *summary = describe_plan (self);

  show_samples (self);
  gtk_label_set_text (self->summary, summary);
  adw_message_dialog_set_response_enabled (self->dialog, "rename", self->plan->n_renamed > 0 && self->plan->n_taken == 0);
}

static void
planned_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(GError) error = NULL;
  CofferRenamePlan *plan = coffer_vault_plan_renames_finish (COFFER_VAULT (source), result, &error);
  Asking *self = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;   /* another text was typed, or the dialog is gone, and @self with it */
  self->plan = plan;
  if (plan != NULL)
    show_plan (self);
  else
    gtk_label_set_text (self->summary, error->message);
}

static void
changed_cb (Asking *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  g_clear_pointer (&self->plan, coffer_rename_plan_free);
  adw_message_dialog_set_response_enabled (self->dialog, "rename", FALSE);
  coffer_vault_plan_renames_async (self->vault, self->keys, gtk_editable_get_text (self->find), gtk_editable_get_text (self->replace),
                                   gtk_check_button_get_active (self->regex), self->cancellable, planned_cb, self);
}

/* Asking */

static GtkEditable *
add_entry (Asking     *self,
           GtkWidget  *box,
           const char *label)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *caption = gtk_label_new (label);
  GtkWidget *entry = gtk_entry_new ();

  gtk_label_set_xalign (GTK_LABEL (caption), 0);
  gtk_widget_add_css_class (caption, "caption");
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  g_signal_connect_swapped (entry, "changed", G_CALLBACK (changed_cb), self);
  gtk_box_append (GTK_BOX (row), caption);
  gtk_box_append (GTK_BOX (row), entry);
  gtk_box_append (GTK_BOX (box), row);
  return GTK_EDITABLE (entry);
}

static GtkLabel *
new_name (const char *css_class)
{
  GtkWidget *label = g_object_new (GTK_TYPE_LABEL, "xalign", 0.0f, "hexpand", TRUE, "width-chars", 6, "max-width-chars", 12,
                                   "ellipsize", PANGO_ELLIPSIZE_MIDDLE, NULL);

  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  gtk_widget_set_direction (label, GTK_TEXT_DIR_LTR);
  return GTK_LABEL (label);
}

/* Beside each other as in what is added, or below. */
static void
add_sample (Sample    *self,
            GtkWidget *list,
            gboolean   narrow)
{
  GtkWidget *box = g_object_new (GTK_TYPE_BOX, "spacing", 10, "margin-start", 14, "margin-end", 14, "margin-top", 6, "margin-bottom", 6, NULL);
  GtkWidget *names = g_object_new (GTK_TYPE_BOX, "orientation", narrow ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL,
                                   "homogeneous", !narrow, "hexpand", TRUE, NULL);
  GtkWidget *right = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 10);
  GtkWidget *arrow = g_object_new (GTK_TYPE_IMAGE, "icon-name", "go-next-symbolic", "accessible-role", GTK_ACCESSIBLE_ROLE_PRESENTATION,
                                   "visible", !narrow, NULL);
  const char *taken = _("This name is taken, or would be given twice");

  self->old = new_name ("dim-label");
  self->now = new_name (NULL);
  self->taken = gtk_image_new_from_icon_name ("dialog-warning-symbolic");
  gtk_widget_add_css_class (self->taken, "warning");
  gtk_widget_set_tooltip_text (self->taken, taken);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->taken), GTK_ACCESSIBLE_PROPERTY_LABEL, taken, -1);
  gtk_box_append (GTK_BOX (names), GTK_WIDGET (self->old));
  gtk_widget_add_css_class (arrow, "dim-label");
  gtk_box_append (GTK_BOX (right), arrow);
  gtk_box_append (GTK_BOX (right), GTK_WIDGET (self->now));
  gtk_box_append (GTK_BOX (names), right);
  gtk_box_append (GTK_BOX (box), names);
  gtk_box_append (GTK_BOX (box), self->taken);
  self->row = g_object_new (GTK_TYPE_LIST_BOX_ROW, "activatable", FALSE, "selectable", FALSE, "focusable", FALSE, "visible", FALSE, "child", box,
                            NULL);
  gtk_list_box_append (GTK_LIST_BOX (list), self->row);
}

static void
add_preview (Asking    *self,
             GtkWidget *box,
             gboolean   narrow)
{
  self->preview = g_object_new (GTK_TYPE_LIST_BOX, "selection-mode", GTK_SELECTION_NONE, "visible", FALSE, NULL);
  gtk_widget_add_css_class (self->preview, "boxed-list");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->preview), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Preview"), -1);
  for (guint i = 0; i < COFFER_PLAN_SAMPLES; i++)
    add_sample (&self->samples[i], self->preview, narrow);
  gtk_box_append (GTK_BOX (box), self->preview);
}

static void
add_parts (Asking *self)
{
  gboolean narrow = gtk_widget_get_width (GTK_WIDGET (self->window)) < NARROW;
  GtkWidget *box = g_object_new (GTK_TYPE_BOX, "orientation", GTK_ORIENTATION_VERTICAL, "spacing", 12, "width-request", narrow ? -1 : WIDE, NULL);

  self->find = add_entry (self, box, _("Find"));
  self->replace = add_entry (self, box, _("Replace with"));
  self->regex = GTK_CHECK_BUTTON (gtk_check_button_new_with_mnemonic (_("Regular _expression, with \\1 for a group")));
  gtk_label_set_wrap (GTK_LABEL (gtk_widget_get_last_child (GTK_WIDGET (self->regex))), TRUE);
  g_signal_connect_swapped (self->regex, "toggled", G_CALLBACK (changed_cb), self);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->regex));
  add_preview (self, box, narrow);
  self->summary = g_object_new (GTK_TYPE_LABEL, "xalign", 0.0f, "wrap", TRUE, "wrap-mode", PANGO_WRAP_WORD_CHAR, NULL);
  gtk_widget_add_css_class (GTK_WIDGET (self->summary), "caption");
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->summary));
  adw_message_dialog_set_extra_child (self->dialog, coffer_yielding_new (box));
}

/* All of what they have in common is found, and may be written otherwise. */
static void
begin_with (Asking *asking,
            GBytes *prefix)
{
  g_autoptr(CofferKey) key = coffer_key_new_written (prefix);
  g_autofree char *text = coffer_key_dup_text (key);
  g_autofree char *escaped = text != NULL ? g_regex_escape_string (text, -1) : NULL;
  g_autofree char *found = g_strconcat ("^", escaped, NULL);
  g_auto(GStrv) parts = text != NULL ? g_strsplit (text, "\\", -1) : NULL;
  g_autofree char *replaced = parts != NULL ? g_strjoinv ("\\\\", parts) : NULL;

  if (text == NULL)
    return;
  gtk_check_button_set_active (asking->regex, TRUE);
  gtk_editable_set_text (asking->find, found);
  gtk_editable_set_text (asking->replace, replaced);
}

/* @keys (transfer full), @prefix (nullable) */
static void
ask (CofferWindow *self,
     GPtrArray    *keys,
     GBytes       *prefix)
{
  g_autofree char *heading = count_words ("Rename %s Key?", "Rename %s Keys?", keys->len);
  Asking *asking = g_new0 (Asking, 1);

  asking->window = g_object_ref (self);
  asking->vault = g_object_ref (self->vault);
  asking->keys = keys;
  asking->dialog = coffer_window_ask (self, heading, NULL, "rename", _("_Rename"), ADW_RESPONSE_SUGGESTED, G_CALLBACK (response_cb));
  g_object_set_data_full (G_OBJECT (asking->dialog), "asking", asking, asking_free);
  add_parts (asking);
  adw_message_dialog_set_response_enabled (asking->dialog, "rename", FALSE);
  if (prefix != NULL)
    begin_with (asking, prefix);
  gtk_window_present (GTK_WINDOW (asking->dialog));
  gtk_widget_grab_focus (GTK_WIDGET (prefix != NULL ? asking->replace : asking->find));
}

typedef struct {
  CofferWindow *window;
  GBytes *prefix;          /* NULL: none */
} Wanted;

static void
keys_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autofree Wanted *wanted = user_data;
  g_autoptr(CofferWindow) self = wanted->window;
  g_autoptr(GBytes) prefix = wanted->prefix;
  g_autoptr(GError) error = NULL;
  GPtrArray *keys = coffer_entry_list_keys_finish (COFFER_ENTRY_LIST (source), result, &error);

  if (keys == NULL)
    coffer_window_report (self, error, self->vault != NULL ? coffer_vault_get_display_name (self->vault) : NULL);
  else if (self->vault != NULL && coffer_vault_view_get_list (self->view) == G_LIST_MODEL (source))
    ask (self, keys, prefix);
  else
    coffer_keys_unref (keys);
}

void
coffer_window_rename_several (CofferWindow *self,
                              GBytes       *prefix)
{
  CofferKeySelection *selection = coffer_vault_view_get_selection (self->view);
  Wanted *wanted = g_new (Wanted, 1);

  *wanted = (Wanted) { g_object_ref (self), prefix != NULL ? g_bytes_ref (prefix) : NULL };
  coffer_entry_list_keys_async (coffer_key_selection_get_list (selection), coffer_key_selection_peek_rows (selection), NULL, keys_cb,
                                wanted);
}
