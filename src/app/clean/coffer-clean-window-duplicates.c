/* SPDX-License-Identifier: MIT */
/* The page "Duplicates". Nothing is deleted that was not read again: see coffer_duplicates_verify_async(). Main thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-clean-window-private.h"

#include <coffer-delete-dialog.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "coffer-duplicates.h"

/* Looking */

static char *
describe_bytes (const CofferDuplicatesProgress *progress)
{
  g_autofree char *done = g_format_size (progress->n_bytes);
  g_autofree char *total = g_format_size (MAX (progress->n_bytes, progress->n_bytes_total));

  /* Translators: bytes done of a total. */
  return g_strdup_printf (_("%s of %s"), done, total);
}

static char *
describe_keys (const CofferDuplicatesProgress *progress)
{
  g_autofree char *done = g_strdup_printf ("%'" G_GUINT64_FORMAT, progress->n_keys);
  g_autofree char *total = g_strdup_printf ("%'" G_GUINT64_FORMAT, progress->n_keys_total);

  if (progress->n_keys_total == 0)
    return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key", "%s keys", progress->n_keys), done);
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s of %s key", "%s of %s keys", progress->n_keys_total), done, total);
}

static double
get_fraction (const CofferDuplicatesProgress *progress)
{
  if (progress->n_bytes_total > 0)
    return (double) progress->n_bytes / (double) progress->n_bytes_total;
  return progress->n_keys_total > 0 ? (double) progress->n_keys / (double) progress->n_keys_total : -1;
}

static const char *
describe_phase (CofferDuplicatesPhase phase)
{
  switch (phase)
    {
    case COFFER_DUPLICATES_SIZES:
      return _("Comparing Sizes");
    case COFFER_DUPLICATES_ENDS:
      return _("Comparing Beginnings and Ends");
    case COFFER_DUPLICATES_VALUES:
      return _("Comparing Whole Values");
    case COFFER_DUPLICATES_KEYS:
    default:
      return _("Looking Up Keys");
    }
}

static void
progress_cb (gpointer latest,
             gpointer data)
{
  CofferCleanWindow *self = data;
  g_autofree CofferDuplicatesProgress *progress = latest;
  g_autofree char *detail = progress->n_bytes_total > 0 ? describe_bytes (progress) : describe_keys (progress);

  coffer_clean_page_show_progress (self->duplicates.page, describe_phase (progress->phase), detail, get_fraction (progress));
}

static char *
summarize (guint64  n_groups,
           guint64  n_bytes,
           gboolean cut)
{
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, n_groups);
  g_autofree char *size = g_format_size (n_bytes);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value is there more than once. Keeping one key of it would free %s.",
                                                        "%s values are there more than once. Keeping one key of each would free %s.", (gulong) n_groups),
                                           number, size);

  return cut ? g_strdup_printf (_("%s The largest are shown."), text) : g_steal_pointer (&text);
}

static GPtrArray *
take_groups (const CofferDuplicates *found)
{
  GPtrArray *groups = g_ptr_array_new_full (found->groups->len, coffer_finding_group_free);

  for (guint i = 0; i < found->groups->len; i++)
    {
      const CofferDuplicateGroup *duplicate = g_ptr_array_index (found->groups, i);
      CofferFindingGroup *group = coffer_finding_group_new (duplicate->keys, duplicate->size);

      group->headed = TRUE;
      group->n_keys = duplicate->n_keys;
      memcpy (group->digest, duplicate->digest, sizeof group->digest);
      g_ptr_array_add (groups, group);
    }
  return groups;
}

static void
show_found (CofferCleanWindow      *self,
            const CofferDuplicates *found)
{
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, found->n_looked_at);
  g_autofree char *text = NULL;
  g_autoptr(CofferFindings) findings = NULL;

  if (found->groups->len == 0)
    {
      text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key was looked at. No two values are the same.",
                                           "%s keys were looked at. No two values are the same.", (gulong) found->n_looked_at), number);
      coffer_clean_page_show_nothing (self->duplicates.page, "emblem-ok-symbolic", _("No Duplicates"), text);
      return;
    }
  findings = coffer_findings_new (take_groups (found));
  text = summarize (found->n_groups, found->n_bytes, found->n_groups > found->groups->len);
  coffer_clean_page_set_findings (self->duplicates.page, findings, text);
  coffer_clean_page_show_results (self->duplicates.page);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferCleanWindow) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferDuplicates) found = coffer_duplicates_find_finish (COFFER_VAULT (source), result, &error);

  if (!coffer_clean_job_take (&self->duplicates, result))
    return;
  if (found != NULL)
    show_found (self, found);
  else
    coffer_clean_window_show_error (self, &self->duplicates, error);
}

static void
find_cb (CofferCleanWindow *self,
         gboolean           prefix_only)
{
  GCancellable *cancellable = coffer_clean_job_begin (&self->duplicates, self->vault, progress_cb, self);

  coffer_clean_job_forget (&self->duplicates);
  coffer_clean_page_show_progress (self->duplicates.page, describe_phase (COFFER_DUPLICATES_SIZES), "", -1);
  coffer_duplicates_find_async (self->vault, self->duplicates.table, prefix_only ? self->prefix : NULL,
                                COFFER_DUPLICATES_MOST_KEYS, self->duplicates.progress, cancellable, found_cb, g_object_ref (self));
}

/* Rules */

static guint
keep_first (const CofferFindingGroup *group,
            gpointer                  data)
{
  return 0;
}

static guint
keep_by_length (const CofferFindingGroup *group,
                gpointer                  data)
{
  gboolean longest = GPOINTER_TO_INT (data);
  guint kept = 0;
  gsize best = g_bytes_get_size (coffer_key_get_bytes (g_ptr_array_index (group->keys, 0)));

  for (guint i = 1; i < group->keys->len; i++)
    {
      gsize size = g_bytes_get_size (coffer_key_get_bytes (g_ptr_array_index (group->keys, i)));

      if (longest ? size <= best : size >= best)
        continue;
      best = size;
      kept = i;
    }
  return kept;
}

static CofferFindings *
get_findings (gpointer window)
{
  return coffer_clean_page_get_findings (COFFER_CLEAN_WINDOW (window)->duplicates.page);
}

static void
keep_first_action (GSimpleAction *action,
                   GVariant      *parameter,
                   gpointer       user_data)
{
  if (get_findings (user_data) != NULL)
    coffer_findings_apply (get_findings (user_data), keep_first, NULL);
}

static void
keep_by_length_action (GSimpleAction *action,
                       GVariant      *parameter,
                       gpointer       user_data)
{
  gboolean longest = g_str_equal (g_action_get_name (G_ACTION (action)), "keep-longest");

  if (get_findings (user_data) != NULL)
    coffer_findings_apply (get_findings (user_data), keep_by_length, GINT_TO_POINTER (longest));
}

static void
keep_all_action (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       user_data)
{
  if (get_findings (user_data) != NULL)
    coffer_findings_mark_all (get_findings (user_data), FALSE);
}

static void
prefix_response_cb (CofferCleanWindow *self,
                    const char        *response,
                    GtkWidget         *dialog)
{
  GtkEditable *entry = g_object_get_data (G_OBJECT (dialog), "entry");
  const char *text = gtk_editable_get_text (entry);
  g_autoptr(GBytes) prefix = g_bytes_new (text, strlen (text));

  if (g_str_equal (response, "keep") && get_findings (self) != NULL)
    coffer_findings_keep_prefix (get_findings (self), prefix);
}

static void
keep_prefix_action (GSimpleAction *action,
                    GVariant      *parameter,
                    gpointer       user_data)
{
  CofferCleanWindow *self = user_data;
  GtkWidget *entry = gtk_entry_new ();
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Keep Keys Under a Prefix"),
                                              _("Of each group that has a key under it, the others are marked."));

  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Prefix"), -1);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), entry);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "keep", _("_Mark Others"), NULL);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "keep");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_object_set_data (G_OBJECT (dialog), "entry", entry);
  g_signal_connect_object (dialog, "response", G_CALLBACK (prefix_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  gtk_widget_grab_focus (entry);
}

static const GActionEntry entries[] = {
  { "keep-first", keep_first_action },
  { "keep-shortest", keep_by_length_action },
  { "keep-longest", keep_by_length_action },
  { "keep-prefix", keep_prefix_action },
  { "keep-all", keep_all_action },
};

static GMenuModel *
make_menu (void)
{
  GMenu *menu = g_menu_new ();
  g_autoptr(GMenu) rules = g_menu_new ();
  g_autoptr(GMenu) none = g_menu_new ();

  g_menu_append (rules, _("Keep the _First Key"), "duplicates.keep-first");
  g_menu_append (rules, _("Keep the _Shortest Key"), "duplicates.keep-shortest");
  g_menu_append (rules, _("Keep the _Longest Key"), "duplicates.keep-longest");
  g_menu_append (rules, _("Keep Those Under a _Prefix…"), "duplicates.keep-prefix");
  g_menu_append (none, _("Keep _All"), "duplicates.keep-all");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (rules));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (none));
  return G_MENU_MODEL (menu);
}

/* Deleting */

static void
add_choice (const CofferFindingGroup *group,
            GPtrArray                *marked,
            GPtrArray                *kept,
            gpointer                  choices)
{
  CofferDuplicateChoice *choice = g_new (CofferDuplicateChoice, 1);

  *choice = (CofferDuplicateChoice) { g_ptr_array_ref (marked), g_ptr_array_ref (kept) };
  memcpy (choice->digest, group->digest, sizeof choice->digest);
  g_ptr_array_add (choices, choice);
}

static void
verifying_cb (gpointer latest,
              gpointer data)
{
  CofferCleanWindow *self = data;
  g_autofree CofferDuplicatesProgress *progress = latest;
  g_autofree char *done = g_format_size (progress->n_bytes);

  coffer_clean_page_show_progress (self->duplicates.page, _("Reading Once More What Is to Go"), done, -1);
}

static void
verified_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(CofferCleanWindow) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) keys = coffer_duplicates_verify_finish (COFFER_VAULT (source), result, &error);

  if (!coffer_clean_job_take (&self->duplicates, result))
    return;
  if (keys == NULL)
    coffer_clean_window_show_error (self, &self->duplicates, error);
  else if (get_findings (self) != NULL)
    coffer_clean_window_delete (self, &self->duplicates, keys, coffer_findings_tally (get_findings (self)).n_keys - keys->len);
}

static void
response_cb (CofferCleanWindow *self,
             const char        *response)
{
  g_autoptr(GPtrArray) choices = NULL;
  GCancellable *cancellable;

  if (!g_str_equal (response, "delete") || self->vault == NULL || get_findings (self) == NULL)
    return;
  choices = g_ptr_array_new_with_free_func (coffer_duplicate_choice_free);
  coffer_findings_foreach (get_findings (self), add_choice, choices);
  cancellable = coffer_clean_job_begin (&self->duplicates, self->vault, verifying_cb, self);
  coffer_duplicates_verify_async (self->vault, self->duplicates.table, choices, self->duplicates.progress, cancellable, verified_cb,
                                  g_object_ref (self));
}

static void
delete_cb (CofferCleanWindow *self)
{
  CofferFindingsTally tally = coffer_findings_tally (get_findings (self));
  g_autoptr(GPtrArray) some = coffer_findings_dup_marked (get_findings (self), COFFER_DELETE_DIALOG_MOST_PICTURES);
  g_autofree char *number = g_strdup_printf ("%'u", tally.n_whole_groups);
  g_autofree char *more = NULL;

  if (!coffer_clean_window_can_delete (self))
    return;
  if (tally.n_whole_groups == 0)
    more = g_strdup (g_dngettext (GETTEXT_PACKAGE, "Another key of it stays: that is read again before anything is deleted.",
                                  "Of each value another key stays: that is read again before anything is deleted.", tally.n_keys));
  else
    more = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Of %s value every key shown is marked: no copy of it would remain.",
                                         "Of %s values every key shown is marked: no copy of them would remain.", tally.n_whole_groups), number);
  coffer_clean_window_ask (self, &tally, some, more, G_CALLBACK (response_cb));
}

/* The page */

static void
sum_up (const CofferFindingGroup *group,
        gpointer                  data)
{
  guint64 *sums = data;

  sums[0]++;
  sums[1] += (group->n_keys - 1) * group->size;
}

void
coffer_clean_window_update_duplicates (CofferCleanWindow *self)
{
  CofferFindings *findings = get_findings (self);
  guint64 sums[2] = { 0 };
  g_autofree char *text = NULL;

  if (findings != NULL)
    coffer_findings_each_group (findings, sum_up, sums);
  if (sums[0] == 0)
    {
      coffer_clean_job_show_all_gone (&self->duplicates, _("No More Duplicates"),
                                      _("Of each value that was found more than once there is one key now."));
      return;
    }
  text = summarize (sums[0], sums[1], FALSE);
  coffer_clean_job_show_left (&self->duplicates, text);
}

void
coffer_clean_window_add_duplicates (CofferCleanWindow *self)
{
  const CofferCleanWords words = {
    "edit-copy-symbolic",
    _("Find Duplicates"),
    _("Finds values with exactly the same bytes, whatever their keys. Nothing is deleted before you say so."),
    _("_Find Duplicates"),
  };
  GtkWidget *page = coffer_clean_page_new (&words);
  g_autoptr(GSimpleActionGroup) actions = g_simple_action_group_new ();
  g_autoptr(GMenuModel) menu = make_menu ();

  self->duplicates.page = COFFER_CLEAN_PAGE (page);
  g_action_map_add_action_entries (G_ACTION_MAP (actions), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (page, "duplicates", G_ACTION_GROUP (actions));
  coffer_clean_page_set_menu (self->duplicates.page, menu);
  g_signal_connect_object (page, "find", G_CALLBACK (find_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (page, "delete", G_CALLBACK (delete_cb), self, G_CONNECT_SWAPPED);
  coffer_clean_window_add_page (self, page, "duplicates", _("Duplicates"));
}
