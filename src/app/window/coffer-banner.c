/* SPDX-License-Identifier: MIT */
/* The read-only banner. What stands in the way of editing comes first; else another program that has the vault open, looked
 * for once at the beginning and again whenever somebody asks; else that nothing changes. Main thread.
 */
#define G_LOG_DOMAIN "coffer-banner"

#include "coffer-banner.h"

#include <glib/gi18n-lib.h>

#include "coffer-holders.h"

struct _CofferBanner {
  AdwBin parent_instance;

  GtkRevealer *revealer;
  GtkLabel *why;
  GtkWidget *holders_button;
  GtkLabel *holders_title;
  GtkWidget *holders_list;
  GtkWidget *edit_button;

  CofferVault *vault;
  GCancellable *finding;
  guint n_holders;
};

G_DEFINE_FINAL_TYPE (CofferBanner, coffer_banner, ADW_TYPE_BIN)

static void
update_cb (CofferBanner *self)
{
  const char *reason = coffer_vault_get_lock_reason (self->vault);

  gtk_revealer_set_reveal_child (self->revealer, !coffer_vault_get_editable (self->vault));
  gtk_widget_set_visible (self->edit_button, reason == NULL);
  if (reason != NULL)
    gtk_label_set_text (self->why, reason);
  else if (self->n_holders > 0)
    gtk_label_set_text (self->why, _("Another program has this vault open"));
  else
    gtk_label_set_text (self->why, _("Nothing in the file changes until you choose Edit"));
}

static void
add_holder (CofferBanner       *self,
            const CofferHolder *holder)
{
  /* Translators: a process by its number */
  g_autofree char *process = g_strdup_printf (_("process %d"), holder->pid);
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18);
  GtkWidget *name = gtk_label_new (holder->name);
  GtkWidget *number = gtk_label_new (process);

  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (name, TRUE);
  gtk_widget_add_css_class (number, "dim-label");
  gtk_widget_add_css_class (number, "num");
  gtk_box_append (GTK_BOX (row), name);
  gtk_box_append (GTK_BOX (row), number);
  gtk_box_append (GTK_BOX (self->holders_list), row);
}

static void
show_holders (CofferBanner *self,
              GPtrArray    *holders,
              CofferUnseen  unseen)
{
  g_autofree char *detail = NULL, *both = NULL;
  const char *nobody = coffer_holders_describe_none (unseen, &detail);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->holders_list)) != NULL)
    gtk_box_remove (GTK_BOX (self->holders_list), child);
  for (guint i = 0; i < holders->len; i++)
    add_holder (self, g_ptr_array_index (holders, i));

  both = detail != NULL ? g_strdup_printf ("%s\n%s", nobody, detail) : g_strdup (nobody);
  gtk_label_set_text (self->holders_title, holders->len > 0 ? _("In use by") : both);
  gtk_widget_set_visible (self->holders_list, holders->len > 0);
  self->n_holders = holders->len;
  update_cb (self);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferBanner) self = user_data;
  CofferUnseen unseen;
  g_autoptr(GPtrArray) holders = coffer_holders_find_finish (result, &unseen, NULL);

  if (holders != NULL && self->vault != NULL)
    show_holders (self, holders, unseen);
}

void
coffer_banner_find_holders (CofferBanner *self)
{
  g_return_if_fail (COFFER_IS_BANNER (self));

  g_cancellable_cancel (self->finding);
  g_clear_object (&self->finding);
  if (self->vault == NULL)
    return;

  self->finding = g_cancellable_new ();
  coffer_holders_find_async (coffer_vault_get_file (self->vault), self->finding, found_cb, g_object_ref (self));
}

void
coffer_banner_set_vault (CofferBanner *self,
                         CofferVault  *vault)
{
  g_return_if_fail (COFFER_IS_BANNER (self));

  if (self->vault != NULL)
    g_signal_handlers_disconnect_by_func (self->vault, update_cb, self);
  g_set_object (&self->vault, vault);
  self->n_holders = 0;
  coffer_banner_find_holders (self);
  if (vault == NULL)
    return;

  g_signal_connect_swapped (vault, "notify::editable", G_CALLBACK (update_cb), self);
  g_signal_connect_swapped (vault, "notify::lock-reason", G_CALLBACK (update_cb), self);
  update_cb (self);
}

static void
coffer_banner_dispose (GObject *object)
{
  CofferBanner *self = COFFER_BANNER (object);

  coffer_banner_set_vault (self, NULL);
  /* The template would take the child away behind AdwBin's back. */
  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_BANNER);

  G_OBJECT_CLASS (coffer_banner_parent_class)->dispose (object);
}

static void
coffer_banner_class_init (CofferBannerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_banner_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-banner.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferBanner, revealer);
  gtk_widget_class_bind_template_child (widget_class, CofferBanner, why);
  gtk_widget_class_bind_template_child (widget_class, CofferBanner, holders_button);
  gtk_widget_class_bind_template_child (widget_class, CofferBanner, holders_title);
  gtk_widget_class_bind_template_child (widget_class, CofferBanner, holders_list);
  gtk_widget_class_bind_template_child (widget_class, CofferBanner, edit_button);
  gtk_widget_class_bind_template_callback (widget_class, coffer_banner_find_holders);
}

static void
coffer_banner_init (CofferBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
