/* SPDX-License-Identifier: MIT */
/* The mark of a header, and copying. Main thread.
 */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-header-badge.h"

#include <coffer-error.h>
#include <glib/gi18n-lib.h>

#include "coffer-bytes-copy.h"

#define SAID_MS 2500

struct _CofferHeaderBadge
{
  GtkWidget parent_instance;

  CofferVault *vault;      /* all three: or NULL and 0 */
  CofferKey *key;
  guint64 header, size;
  GCancellable *copying;   /* or NULL */
  guint said_id;

  GtkMenuButton *button;
};

G_DEFINE_FINAL_TYPE (CofferHeaderBadge, coffer_header_badge, GTK_TYPE_WIDGET)

static void
show_size (CofferHeaderBadge *self)
{
  g_autofree char *words = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "Header, %u byte", "Header, %u bytes", self->header),
                                            (guint) self->header);

  g_clear_handle_id (&self->said_id, g_source_remove);
  gtk_menu_button_set_label (self->button, words);
}

static gboolean
said_cb (gpointer data)
{
  CofferHeaderBadge *self = data;

  self->said_id = 0;
  show_size (self);

  return G_SOURCE_REMOVE;
}

static void
say (CofferHeaderBadge *self,
     const char        *words)
{
  gtk_menu_button_set_label (self->button, words);
  g_clear_handle_id (&self->said_id, g_source_remove);
  self->said_id = g_timeout_add (SAID_MS, said_cb, self);
}

static void
copied_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(CofferHeaderBadge) self = data;
  g_autofree char *words = coffer_bytes_copy_finish (result, GTK_WIDGET (self));

  if (words == NULL)
    return;

  g_clear_object (&self->copying);
  say (self, words);
}

/* With its header a value is no text. */
static void
copy_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  CofferHeaderBadge *self = COFFER_HEADER_BADGE (widget);
  guint64 offset = g_variant_get_boolean (parameter) ? 0 : self->header;

  if (self->key == NULL)
    return;

  g_cancellable_cancel (self->copying);
  g_clear_object (&self->copying);
  self->copying = g_cancellable_new ();
  coffer_bytes_copy_async (self->vault, self->key, offset, self->size - offset, offset == 0 ? COFFER_KEY_FORMAT_HEX : -1,
                           self->copying, copied_cb, g_object_ref (self));
}

void
coffer_header_badge_set (CofferHeaderBadge      *self,
                         CofferVault            *vault,
                         CofferKey              *key,
                         const CofferValueFacts *facts)
{
  g_return_if_fail (COFFER_IS_HEADER_BADGE (self));

  g_cancellable_cancel (self->copying);
  g_clear_object (&self->copying);
  g_clear_handle_id (&self->said_id, g_source_remove);
  g_set_object (&self->vault, vault);
  g_clear_pointer (&self->key, coffer_key_unref);
  self->key = key != NULL ? coffer_key_ref (key) : NULL;
  self->header = facts != NULL ? facts->data_offset : 0;
  self->size = facts != NULL ? facts->size : 0;
  gtk_widget_set_visible (GTK_WIDGET (self), self->header > 0);
  if (self->header > 0)
    show_size (self);
}

static void
coffer_header_badge_dispose (GObject *object)
{
  CofferHeaderBadge *self = COFFER_HEADER_BADGE (object);

  coffer_header_badge_set (self, NULL, NULL, NULL);
  g_clear_pointer ((GtkWidget **) &self->button, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_header_badge_parent_class)->dispose (object);
}

static void
coffer_header_badge_class_init (CofferHeaderBadgeClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_header_badge_dispose;

  gtk_widget_class_install_action (widget_class, "header.copy", "b", copy_action);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-header-badge.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferHeaderBadge, button);
  gtk_widget_class_set_css_name (widget_class, "headerbadge");
}

static void
coffer_header_badge_init (CofferHeaderBadge *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
