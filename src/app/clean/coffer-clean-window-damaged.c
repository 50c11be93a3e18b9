/* SPDX-License-Identifier: MIT */
/* The page "Damaged": values that are cut off, half-written, or something else than their keys say. Main thread. */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-clean-window-private.h"

#include <coffer-delete-dialog.h>
#include <glib/gi18n-lib.h>

#include "coffer-damages.h"

static CofferFindings *
get_findings (gpointer window)
{
  return coffer_clean_page_get_findings (COFFER_CLEAN_WINDOW (window)->damaged.page);
}

/* Looking */

static void
progress_cb (gpointer latest,
             gpointer data)
{
  CofferCleanWindow *self = data;
  g_autofree CofferDamagesProgress *progress = latest;
  guint64 n_keys = coffer_vault_get_count (self->vault, self->damaged.table);
  gboolean is_known = !self->prefix_only && n_keys != G_MAXUINT64 && n_keys > 0;
  g_autofree char *done = g_strdup_printf ("%'" G_GUINT64_FORMAT, progress->n_looked_at);
  g_autofree char *found = g_strdup_printf ("%'u", progress->n_found);
  /* Translators: keys looked at, and damaged ones among them. */
  g_autofree char *detail = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key, %s damaged", "%s keys, %s damaged", progress->n_looked_at),
                                             done, found);

  coffer_clean_page_show_progress (self->damaged.page, _("Looking at Values"), detail,
                                   is_known ? (double) progress->n_looked_at / (double) n_keys : -1);
}

static GPtrArray *
take_groups (const CofferDamages *damages)
{
  GPtrArray *groups = g_ptr_array_new_full (damages->found->len, coffer_finding_group_free);

  for (guint i = 0; i < damages->found->len; i++)
    {
      const CofferDamage *damage = g_ptr_array_index (damages->found, i);
      g_autoptr(GPtrArray) keys = g_ptr_array_new_full (1, (GDestroyNotify) coffer_key_unref);
      CofferFindingGroup *group;

      g_ptr_array_add (keys, coffer_key_ref (damage->key));
      group = coffer_finding_group_new (keys, damage->size);
      group->note = g_strdup (damage->words);
      g_ptr_array_add (groups, group);
    }
  return groups;
}

static char *
summarize (guint n_keys)
{
  g_autofree char *number = g_strdup_printf ("%'u", n_keys);

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value looks damaged. Look at it before you delete it.",
                                       "%s values look damaged. Look at them before you delete them.", n_keys), number);
}

static void
show_found (CofferCleanWindow   *self,
            const CofferDamages *damages)
{
  g_autofree char *number = g_strdup_printf ("%'" G_GUINT64_FORMAT, damages->n_looked_at);
  g_autofree char *text = NULL;
  g_autoptr(CofferFindings) findings = NULL;

  if (damages->found->len == 0)
    {
      text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key was looked at. Its value does not look damaged.",
                                           "%s keys were looked at. None of their values looks damaged.", (gulong) damages->n_looked_at), number);
      coffer_clean_page_show_nothing (self->damaged.page, "emblem-ok-symbolic", _("Nothing Damaged"), text);
      return;
    }
  findings = coffer_findings_new (take_groups (damages));
  text = summarize (damages->found->len);
  coffer_clean_page_set_findings (self->damaged.page, findings, text);
  coffer_clean_page_show_results (self->damaged.page);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferCleanWindow) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferDamages) damages = coffer_damages_find_finish (COFFER_VAULT (source), result, &error);

  if (!coffer_clean_job_take (&self->damaged, result))
    return;
  if (damages != NULL)
    show_found (self, damages);
  else
    coffer_clean_window_show_error (self, &self->damaged, error);
}

static void
find_cb (CofferCleanWindow *self,
         gboolean           prefix_only)
{
  GCancellable *cancellable = coffer_clean_job_begin (&self->damaged, self->vault, progress_cb, self);

  self->prefix_only = prefix_only;
  coffer_clean_job_forget (&self->damaged);
  coffer_clean_page_show_progress (self->damaged.page, _("Looking at Values"), "", -1);
  coffer_damages_find_async (self->vault, self->damaged.table, prefix_only ? self->prefix : NULL, self->damaged.progress, cancellable,
                             found_cb, g_object_ref (self));
}

/* Marking */

static void
mark_all_action (GSimpleAction *action,
                 GVariant      *parameter,
                 gpointer       user_data)
{
  if (get_findings (user_data) != NULL)
    coffer_findings_mark_all (get_findings (user_data), g_str_equal (g_action_get_name (G_ACTION (action)), "mark-all"));
}

static const GActionEntry entries[] = {
  { "mark-all", mark_all_action },
  { "mark-none", mark_all_action },
};

/* Deleting */

static void
add_marked (const CofferFindingGroup *group,
            GPtrArray                *marked,
            GPtrArray                *kept,
            gpointer                  keys)
{
  for (guint i = 0; i < marked->len; i++)
    g_ptr_array_add (keys, coffer_key_ref (g_ptr_array_index (marked, i)));
}

static void
response_cb (CofferCleanWindow *self,
             const char        *response)
{
  g_autoptr(GPtrArray) keys = NULL;

  if (!g_str_equal (response, "delete") || self->vault == NULL || get_findings (self) == NULL)
    return;
  keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  coffer_findings_foreach (get_findings (self), add_marked, keys);
  coffer_clean_window_delete (self, &self->damaged, keys, 0);
}

static void
delete_cb (CofferCleanWindow *self)
{
  CofferFindingsTally tally = coffer_findings_tally (get_findings (self));
  g_autoptr(GPtrArray) some = coffer_findings_dup_marked (get_findings (self), COFFER_DELETE_DIALOG_MOST_PICTURES);

  if (coffer_clean_window_can_delete (self))
    coffer_clean_window_ask (self, &tally, some, _("A part of a damaged value may still be of use."), G_CALLBACK (response_cb));
}

static void
export_cb (CofferCleanWindow *self)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

  coffer_findings_foreach (get_findings (self), add_marked, keys);
  g_signal_emit_by_name (self, "export", keys, coffer_findings_tally (get_findings (self)).n_bytes);
}

static void
count_group (const CofferFindingGroup *group,
             gpointer                  n)
{
  ++*(guint *) n;
}

void
coffer_clean_window_update_damaged (CofferCleanWindow *self)
{
  guint n = 0;
  g_autofree char *text = NULL;

  if (get_findings (self) != NULL)
    coffer_findings_each_group (get_findings (self), count_group, &n);
  text = summarize (n);
  if (n == 0)
    coffer_clean_job_show_all_gone (&self->damaged, _("Nothing Damaged Any More"), _("All that was found is deleted."));
  else
    coffer_clean_job_show_left (&self->damaged, text);
}

void
coffer_clean_window_add_damaged (CofferCleanWindow *self)
{
  const CofferCleanWords words = {
    "image-missing-symbolic",
    _("Find Damaged Values"),
    _("Finds pictures, clips, sounds, documents and archives that are cut off or half-written, and values that are something else than the ending of their key says. Nothing is deleted before you say so."),
    _("_Find Damaged Values"),
  };
  GtkWidget *page = coffer_clean_page_new (&words);
  g_autoptr(GSimpleActionGroup) actions = g_simple_action_group_new ();
  g_autoptr(GMenu) menu = g_menu_new ();

  self->damaged.page = COFFER_CLEAN_PAGE (page);
  g_menu_append (menu, _("Mark _All"), "damaged.mark-all");
  g_menu_append (menu, _("Mark _None"), "damaged.mark-none");
  g_action_map_add_action_entries (G_ACTION_MAP (actions), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (page, "damaged", G_ACTION_GROUP (actions));
  coffer_clean_page_set_menu (self->damaged.page, G_MENU_MODEL (menu));
  g_signal_connect_object (page, "find", G_CALLBACK (find_cb), self, G_CONNECT_SWAPPED);
  coffer_clean_page_set_can_export (self->damaged.page, TRUE);
  g_signal_connect_object (page, "export", G_CALLBACK (export_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (page, "delete", G_CALLBACK (delete_cb), self, G_CONNECT_SWAPPED);
  coffer_clean_window_add_page (self, page, "damaged", _("Damaged"));
}
