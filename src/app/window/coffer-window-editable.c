/* SPDX-License-Identifier: MIT */
/*
 * What changes a vault, asked of one that is open for viewing: it is offered to open it for editing, and then it is done; where it cannot
 * be, it is said why. Main thread.
 */
#define G_LOG_DOMAIN "coffer-window-editable"

#include "coffer-window-private.h"

#include <glib/gi18n-lib.h>

typedef struct {
  grefcount refs;
  CofferWindow *window;
  CofferVault *vault;
  CofferWindowFunc func;
  gpointer data;
  GDestroyNotify free_func;
} Wish;

static void
wish_unref (gpointer data)
{
  Wish *wish = data;

  if (!g_ref_count_dec (&wish->refs))
    return;
  if (wish->free_func != NULL)
    wish->free_func (wish->data);
  g_object_unref (wish->vault);
  g_object_unref (wish->window);
  g_free (wish);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wish, wish_unref)

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
    wish->func (self, wish->data);
  else
    coffer_window_report (self, error, coffer_vault_get_display_name (self->vault));
}

static void
edit_response_cb (CofferWindow *self,
                  const char   *response,
                  GtkWidget    *dialog)
{
  Wish *wish = g_object_get_data (G_OBJECT (dialog), "wish");

  if (!g_str_equal (response, "edit") || self->vault != wish->vault)
    return;
  g_ref_count_inc (&wish->refs);
  coffer_vault_edit_async (self->vault, NULL, edited_cb, wish);
}

/* @wish (transfer full) */
static void
ask_to_edit (CofferWindow *self,
             const char   *why,
             Wish         *wish)
{
  g_autofree char *heading = g_strdup_printf (_("Edit “%s”?"), coffer_vault_get_display_name (self->vault));
  AdwMessageDialog *dialog = coffer_window_ask (self, heading, why, "edit", _("_Edit"), ADW_RESPONSE_SUGGESTED, G_CALLBACK (edit_response_cb));

  g_object_set_data_full (G_OBJECT (dialog), "wish", wish, wish_unref);
  gtk_window_present (GTK_WINDOW (dialog));
}

void
coffer_window_do_editable (CofferWindow     *self,
                           const char       *why,
                           CofferWindowFunc  func,
                           gpointer          data,
                           GDestroyNotify    free_func)
{
  g_autoptr(Wish) wish = g_new0 (Wish, 1);
  const char *reason;

  g_ref_count_init (&wish->refs);
  *wish = (Wish) { wish->refs, g_object_ref (self), g_object_ref (self->vault), func, data, free_func };
  reason = coffer_vault_get_lock_reason (self->vault);
  if (coffer_vault_get_editable (self->vault))
    func (self, data);
  else if (reason != NULL)
    coffer_window_toast (self, reason);
  else
    ask_to_edit (self, why, g_steal_pointer (&wish));
}

const char *
coffer_window_why_edit_to_add (void)
{
  return _("The vault is open for viewing. Files can be added once it is open for editing.");
}

/* Keys that do nothing while the vault is viewed */

typedef struct {
  const char *action;      /* that is not enabled by then */
  const char *why;
  gboolean for_keys;       /* that are selected */
} Change;

static const Change changes[] = {
  { "cut", N_("The vault is open for viewing. Keys can be moved out of it once it is open for editing."), TRUE },
  { "delete-key", N_("The vault is open for viewing. Keys can be deleted once it is open for editing."), TRUE },
  { "redo", N_("The vault is open for viewing. What was undone can be done again once it is open for editing.") },
  { "rename-key", N_("The vault is open for viewing. Keys can be renamed once it is open for editing."), TRUE },
  { "undo", N_("The vault is open for viewing. What was done can be undone once it is open for editing.") },
};

static const Change *
find_change (const char *action)
{
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    if (g_str_equal (changes[i].action, action))
      return &changes[i];
  return NULL;
}

/* Not enabled, it does nothing: there may be nothing left to be undone by then. */
static void
do_change (CofferWindow *self,
           gpointer      change)
{
  g_action_group_activate_action (G_ACTION_GROUP (self), ((const Change *) change)->action, NULL);
}

static gboolean
has_object (CofferWindow *self,
            const Change *change)
{
  if (change->for_keys)
    return coffer_key_selection_get_n_selected (coffer_vault_view_get_selection (self->view)) > 0;
  return (g_str_equal (change->action, "undo") ? coffer_undo_get_undo_label (self->undo) : coffer_undo_get_redo_label (self->undo)) != NULL;
}

void
coffer_window_change_action (GSimpleAction *action,
                             GVariant      *parameter,
                             gpointer       user_data)
{
  CofferWindow *self = user_data;
  const Change *change = find_change (g_variant_get_string (parameter, NULL));

  if (change == NULL || (!change->for_keys && coffer_window_gives_to_text (self, change->action)))
    return;
  if (has_object (self, change))
    coffer_window_do_editable (self, _(change->why), do_change, (gpointer) change, NULL);
  else if (!change->for_keys)
    coffer_window_toast (self, g_str_equal (change->action, "undo") ? _("There is nothing to undo") : _("There is nothing to redo"));
}
