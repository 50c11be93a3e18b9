/* SPDX-License-Identifier: MIT */
/* The preview pane: the key that was chosen, and what people wish for it. Main thread. */
#define G_LOG_DOMAIN "coffer-preview"

#include "coffer-preview-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-preview-resources.h"

#define PREFETCH_BUDGET (64 << 20)

enum {
  PROP_TITLE = 1,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferPreview, coffer_preview, GTK_TYPE_WIDGET)

/* The menu shows what was chosen for keys like this one; there is nothing to choose without a value. */
void
coffer_preview_update_actions (CofferPreview *self)
{
  GSimpleAction *action = G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->actions), "show-as"));

  g_simple_action_set_enabled (action, self->key != NULL);
  g_simple_action_set_state (action, g_variant_new_string (coffer_show_as_get_name (coffer_preview_get_choice (self, self->key))));
}

void
coffer_preview_set_title (CofferPreview *self,
                          const char    *title)
{
  if (g_strcmp0 (self->title, title) == 0)
    return;

  g_free (self->title);
  self->title = g_strdup (title);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TITLE]);
}

void
coffer_preview_set_n_selected (CofferPreview *self,
                               guint          n)
{
  g_autofree char *title = NULL;

  g_return_if_fail (COFFER_IS_PREVIEW (self));

  title = n > 1 ? g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%'u Key Selected", "%'u Keys Selected", n), n)
                : g_strdup (_("No Key Selected"));
  adw_status_page_set_title (self->none, title);
  adw_status_page_set_description (self->none, n > 1 ? NULL : _("Select a key to see its value here"));
}

void
coffer_preview_play (CofferPreview *self)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  if (self->current != NULL)
    self->plays = TRUE;
  else
    coffer_value_view_play (self->view);
}

void
coffer_preview_focus (CofferPreview *self)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  if (self->current != NULL || coffer_preview_is_waiting (self))
    self->focuses = TRUE;
  else
    coffer_value_view_focus (self->view);
}

void
coffer_preview_note_scrolling (CofferPreview *self)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  self->scrolled_at = g_get_monotonic_time ();
}

void
coffer_preview_refresh (CofferPreview *self)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  if (self->key != NULL)
    coffer_preview_request (self);
}

static void
change_show_as (GSimpleAction *action,
                GVariant      *state,
                gpointer       data)
{
  CofferPreview *self = data;
  CofferShowAs choice = coffer_show_as_from_name (g_variant_get_string (state, NULL));

  if (self->key == NULL || choice == coffer_preview_get_choice (self, self->key))
    return;

  g_hash_table_insert (self->choices, coffer_show_as_dup_pattern (self->key), GINT_TO_POINTER (choice));
  coffer_preview_update_actions (self);
  coffer_preview_request (self);
}

static void
table_changed_cb (CofferPreview *self)
{
  coffer_preview_show_key (self, NULL);
  coffer_prefetch_clear (self->ahead);
}

/* What was read may be another value now. */
static void
forget_ahead (CofferPreview *self)
{
  coffer_prefetch_clear (self->ahead);
}

static void
disconnect_vault (CofferPreview *self)
{
  forget_ahead (self);
  if (self->vault == NULL)
    return;

  g_signal_handlers_disconnect_by_func (self->vault, coffer_preview_refresh, self);
  g_signal_handlers_disconnect_by_func (self->vault, forget_ahead, self);
  g_signal_handlers_disconnect_by_func (self->vault, table_changed_cb, self);
  g_signal_handlers_disconnect_by_func (self->vault, coffer_preview_touched_cb, self);
  g_clear_object (&self->vault);
}

static void
coffer_preview_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  CofferPreview *self = COFFER_PREVIEW (widget);

  gtk_widget_allocate (GTK_WIDGET (self->pages), width, height, baseline, NULL);
  coffer_preview_renew_if_coarse (self);
}

static void
coffer_preview_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  gtk_widget_measure (GTK_WIDGET (COFFER_PREVIEW (widget)->pages), orientation, for_size,
                      minimum, natural, minimum_baseline, natural_baseline);
}

static void
coffer_preview_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, COFFER_PREVIEW (object)->title);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_preview_dispose (GObject *object)
{
  CofferPreview *self = COFFER_PREVIEW (object);

  coffer_preview_stop_request (self);
  coffer_preview_stop_trailing (self);
  g_clear_handle_id (&self->loading_id, g_source_remove);
  g_clear_handle_id (&self->behind_id, g_source_remove);
  disconnect_vault (self);
  g_clear_pointer (&self->key, coffer_key_unref);
  g_clear_pointer (&self->last_key, coffer_key_unref);
  g_clear_pointer ((GtkWidget **) &self->pages, gtk_widget_unparent);

  G_OBJECT_CLASS (coffer_preview_parent_class)->dispose (object);
}

static void
coffer_preview_finalize (GObject *object)
{
  CofferPreview *self = COFFER_PREVIEW (object);

  coffer_prefetch_free (self->ahead);
  g_object_unref (self->actions);
  g_hash_table_unref (self->choices);
  g_free (self->title);

  G_OBJECT_CLASS (coffer_preview_parent_class)->finalize (object);
}

static void
coffer_preview_class_init (CofferPreviewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_preview_get_property;
  object_class->dispose = coffer_preview_dispose;
  object_class->finalize = coffer_preview_finalize;

  widget_class->measure = coffer_preview_measure;
  widget_class->size_allocate = coffer_preview_size_allocate;

  props[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);

  /* The call links the resource, which registers itself. */
  coffer_preview_get_resource ();
  g_type_ensure (COFFER_TYPE_VALUE_VIEW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/preview/coffer-preview.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, none);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, pages);
  gtk_widget_class_bind_template_child (widget_class, CofferPreview, view);
  gtk_widget_class_set_css_name (widget_class, "preview");
}

static void
coffer_preview_init (CofferPreview *self)
{
  static const GActionEntry entries[] = {
    { "show-as", NULL, "s", "'guess'", change_show_as },
  };

  self->ahead = coffer_prefetch_new (PREFETCH_BUDGET);
  self->actions = g_simple_action_group_new ();
  self->choices = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries), self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "preview", G_ACTION_GROUP (self->actions));
  gtk_widget_init_template (GTK_WIDGET (self));
  coffer_preview_update_actions (self);
  g_signal_connect (self, "notify::scale-factor", G_CALLBACK (coffer_preview_renew_if_coarse), NULL);
}

GtkWidget *
coffer_preview_new (void)
{
  return g_object_new (COFFER_TYPE_PREVIEW, NULL);
}

void
coffer_preview_set_vault (CofferPreview *self,
                          CofferVault   *vault)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));
  g_return_if_fail (vault == NULL || COFFER_IS_VAULT (vault));

  coffer_preview_show_key (self, NULL);
  disconnect_vault (self);
  if (vault == NULL)
    return;

  self->vault = g_object_ref (vault);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (forget_ahead), self);
  g_signal_connect_swapped (vault, "touched", G_CALLBACK (forget_ahead), self);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (coffer_preview_refresh), self);
  g_signal_connect_swapped (vault, "notify::table", G_CALLBACK (table_changed_cb), self);
  g_signal_connect_swapped (vault, "touched", G_CALLBACK (coffer_preview_touched_cb), self);
}

void
coffer_preview_show_key (CofferPreview *self,
                         CofferKey     *key)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));
  g_return_if_fail (key == NULL || self->vault != NULL);

  if (key == self->key || (key != NULL && self->key != NULL && coffer_key_equal (key, self->key)))
    return;

  if (key != NULL)
    {
      coffer_preview_flush_waiting (self);
      coffer_preview_let_trail (self);
    }
  else
    {
      coffer_preview_stop_trailing (self);
    }
  coffer_preview_stop_request (self);
  self->plays = self->focuses = FALSE;
  g_clear_pointer (&self->last_key, coffer_key_unref);
  self->last_key = g_steal_pointer (&self->key);
  if (key == NULL)
    {
      coffer_preview_show_nothing (self);
      return;
    }

  self->key = coffer_key_ref (key);
  coffer_preview_note_choice (self);
  coffer_preview_update_actions (self);
  coffer_value_view_leave (self->view);
  coffer_preview_expect_loading (self);
  coffer_preview_request_chosen (self);
}

const char *
coffer_preview_get_title (CofferPreview *self)
{
  g_return_val_if_fail (COFFER_IS_PREVIEW (self), NULL);

  return self->title;
}

GActionGroup *
coffer_preview_get_actions (CofferPreview *self)
{
  g_return_val_if_fail (COFFER_IS_PREVIEW (self), NULL);

  return G_ACTION_GROUP (self->actions);
}

void
coffer_preview_set_large (CofferPreview *self,
                          gboolean       large)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  coffer_value_view_set_large (self->view, large);
}

void
coffer_preview_set_heading (CofferPreview *self,
                            gboolean       heading)
{
  g_return_if_fail (COFFER_IS_PREVIEW (self));

  coffer_value_view_set_heading (self->view, heading);
}

gboolean
coffer_preview_key (CofferPreview   *self,
                    guint            keyval,
                    GdkModifierType  state)
{
  g_return_val_if_fail (COFFER_IS_PREVIEW (self), FALSE);

  return coffer_value_view_key (self->view, keyval, state);
}
