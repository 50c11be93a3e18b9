/* SPDX-License-Identifier: MIT */
/* The search above the keys. It makes a CofferFilter of what people type and choose and gives it to the list, which does the
 * searching and is asked how far it got. A text that means nothing (yet) is explained and leaves the list as it is. Main
 * thread.
 *
 *   entry, mode, popover ──► apply ──► filter ──► list ──► notify ──► count, progress
 */
#define G_LOG_DOMAIN "coffer-search-bar"

#include "coffer-search-bar-private.h"

#include <glib/gi18n-lib.h>

#include "coffer-wrap-box.h"

#define TYPING_PAUSE_MS 150
#define PATIENCE_MS 300       /* before progress shows */

enum {
  PROP_ACTIVE = 1,
  PROP_MODE,
  N_PROPS
};

enum {
  LEAVE,
  SCOPE_REMOVED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (CofferSearchBar, coffer_search_bar, ADW_TYPE_BIN)

/* In the order of CofferMatchMode. */
static const struct {
  const char *name;
  const char *label;
  const char *example;   /* what may be typed */
} modes[] = {
  { "contains", NC_("search mode", "Contains"), N_("Search keys") },
  { "glob", NC_("search mode", "Glob"), "img/*.png" },
  { "regex", NC_("search mode", "Regular Expression"), "^img/\\d{4}/" },
  { "bytes", NC_("search mode", "Bytes"), "ff d8 0a" },
};

/* What was found */

static gboolean
is_running (CofferSearchBar *self)
{
  return self->filter != NULL && self->list != NULL && coffer_entry_list_get_loading (self->list);
}

static void
update_count (CofferSearchBar *self)
{
  g_autofree char *found = NULL;
  g_autofree char *all = NULL;
  g_autofree char *text = NULL;
  guint64 n_scope, n_found;

  if (self->filter == NULL || self->list == NULL || self->wrong)
    {
      gtk_label_set_text (self->count, "");
      return;
    }

  n_scope = coffer_entry_list_get_n_scope (self->list);
  n_found = coffer_entry_list_shows_others (self->list) ? 0 : coffer_entry_list_get_n_keys (self->list);
  found = g_strdup_printf ("%'" G_GUINT64_FORMAT, n_found);
  all = g_strdup_printf ("%'" G_GUINT64_FORMAT, n_scope);
  /* Translators: keys found and keys looked at, as "214 of 6,214 keys" */
  text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s of %s key", "%s of %s keys", n_scope), found, all);
  gtk_label_set_text (self->count, text);
}

static gboolean
patience_cb (gpointer user_data)
{
  CofferSearchBar *self = user_data;

  self->patience = 0;
  gtk_widget_set_visible (GTK_WIDGET (self->progress), TRUE);
  return G_SOURCE_REMOVE;
}

static void
update_progress (CofferSearchBar *self)
{
  double fraction;

  if (!is_running (self))
    {
      g_clear_handle_id (&self->patience, g_source_remove);
      gtk_widget_set_visible (GTK_WIDGET (self->progress), FALSE);
      return;
    }

  fraction = coffer_entry_list_get_progress (self->list);
  if (fraction >= 0)
    gtk_progress_bar_set_fraction (self->progress, MIN (fraction, 1));
  else
    gtk_progress_bar_pulse (self->progress);
  if (self->patience == 0 && !gtk_widget_get_visible (GTK_WIDGET (self->progress)))
    self->patience = g_timeout_add (PATIENCE_MS, patience_cb, self);
}

static void
show_problem (CofferSearchBar *self,
              const char      *text,
              gboolean         wrong)
{
  self->wrong = wrong;
  if (g_strcmp0 (gtk_label_get_text (self->problem), text) != 0)
    gtk_label_set_text (self->problem, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->problem), text != NULL);
  if (wrong)
    gtk_widget_add_css_class (GTK_WIDGET (self->problem), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->problem), "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->entry), GTK_ACCESSIBLE_STATE_INVALID,
                               wrong ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

/* The list may walk again with the same filter, over all keys or some. */
static void
count_gave_up (CofferSearchBar *self)
{
  guint n = self->filter != NULL ? coffer_filter_get_gave_up (self->filter) : 0;

  if (is_running (self) && !self->running)
    self->gave_up_before = n;
  self->running = is_running (self);
  self->gave_up = MAX (self->gave_up, n - self->gave_up_before);
}

static void
update_gave_up (CofferSearchBar *self)
{
  g_autofree char *number = g_strdup_printf ("%'u", self->gave_up);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                                        "The expression was too hard for %s key, which is left out",
                                                        "The expression was too hard for %s keys, which are left out",
                                                        self->gave_up), number);

  if (!self->wrong)
    show_problem (self, self->gave_up > 0 ? text : NULL, FALSE);
}

/* Any change of the list. */
static void
list_cb (CofferSearchBar *self)
{
  update_count (self);
  update_progress (self);
  count_gave_up (self);
  update_gave_up (self);
}

gboolean
coffer_search_bar_is_searching (CofferSearchBar *self)
{
  g_return_val_if_fail (COFFER_IS_SEARCH_BAR (self), FALSE);

  return self->filter != NULL;
}

/* The filter */

static CofferFilter *
make_filter (CofferSearchBar  *self,
             GError          **error)
{
  guint64 min_size, max_size;

  coffer_filter_popover_get_sizes (self->popover, &min_size, &max_size);
  return coffer_filter_new (self->mode, gtk_editable_get_text (self->entry), coffer_filter_popover_get_groups (self->popover),
                            min_size, max_size, error);
}

static void
set_filter (CofferSearchBar *self,
            CofferFilter    *filter)
{
  g_clear_pointer (&self->filter, coffer_filter_unref);
  self->filter = filter != NULL ? coffer_filter_ref (filter) : NULL;
  self->gave_up_before = self->gave_up = 0;
  self->running = filter != NULL;   /* from the first key on */
  if (self->list != NULL)
    coffer_entry_list_set_filter (self->list, filter);
}

void
coffer_search_bar_apply (CofferSearchBar *self)
{
  g_autoptr(CofferFilter) filter = NULL;
  g_autoptr(GError) error = NULL;

  g_clear_handle_id (&self->apply_id, g_source_remove);
  if (coffer_search_bar_get_active (self))
    filter = make_filter (self, &error);
  show_problem (self, error != NULL ? error->message : NULL, error != NULL);
  if (error == NULL && !coffer_filter_equal (filter, self->filter))
    set_filter (self, coffer_filter_equal (filter, NULL) ? NULL : filter);
  list_cb (self);
}

static gboolean
apply_soon_cb (gpointer user_data)
{
  CofferSearchBar *self = user_data;

  self->apply_id = 0;
  coffer_search_bar_apply (self);
  return G_SOURCE_REMOVE;
}

/* GtkSearchEntry's own "search-changed" does not wait where the text is empty, which it is for a moment when something else
 * is typed over it. */
static void
apply_soon (CofferSearchBar *self)
{
  g_clear_handle_id (&self->apply_id, g_source_remove);
  self->apply_id = g_timeout_add (TYPING_PAUSE_MS, apply_soon_cb, self);
}

/* The popover hangs on a button behind the chips, and would be moved by them while it is in use. */
static void
values_changed_cb (CofferSearchBar *self)
{
  if (!gtk_widget_get_visible (GTK_WIDGET (self->popover)))
    coffer_search_bar_update_chips (self);
  apply_soon (self);
}

/* Opening and leaving */

static void
clear (CofferSearchBar *self)
{
  gtk_editable_set_text (self->entry, "");
  coffer_filter_popover_set_groups (self->popover, 0);
  coffer_filter_popover_set_sizes (self->popover, 0, G_MAXUINT64);
  coffer_search_bar_update_chips (self);
  coffer_search_bar_apply (self);
}

void
coffer_search_bar_clear (CofferSearchBar *self)
{
  g_return_if_fail (COFFER_IS_SEARCH_BAR (self));

  clear (self);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));
}

gboolean
coffer_search_bar_get_active (CofferSearchBar *self)
{
  g_return_val_if_fail (COFFER_IS_SEARCH_BAR (self), FALSE);

  return gtk_revealer_get_reveal_child (self->revealer);
}

void
coffer_search_bar_set_active (CofferSearchBar *self,
                              gboolean         active)
{
  gboolean had_focus;

  g_return_if_fail (COFFER_IS_SEARCH_BAR (self));

  if (active == coffer_search_bar_get_active (self))
    return;

  had_focus = gtk_widget_get_focus_child (GTK_WIDGET (self)) != NULL;
  gtk_revealer_set_reveal_child (self->revealer, active);
  if (!active)
    clear (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ACTIVE]);
  if (!active && had_focus)
    g_signal_emit (self, signals[LEAVE], 0);
}

static void
close_cb (CofferSearchBar *self)
{
  coffer_search_bar_set_active (self, FALSE);
}

void
coffer_search_bar_open (CofferSearchBar *self)
{
  g_return_if_fail (COFFER_IS_SEARCH_BAR (self));

  coffer_search_bar_set_active (self, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->entry));   /* which selects what is in it */
}

static void
activate_cb (CofferSearchBar *self)
{
  coffer_search_bar_apply (self);
  g_signal_emit (self, signals[LEAVE], 0);
}

static gboolean
entry_key_cb (CofferSearchBar *self,
              guint            keyval,
              guint            keycode,
              GdkModifierType  state)
{
  if ((keyval != GDK_KEY_Down && keyval != GDK_KEY_KP_Down) || (state & gtk_accelerator_get_default_mod_mask ()) != 0)
    return GDK_EVENT_PROPAGATE;

  activate_cb (self);
  return GDK_EVENT_STOP;
}

static gboolean
key_cb (CofferSearchBar *self,
        guint            keyval,
        guint            keycode,
        GdkModifierType  state)
{
  if (keyval != GDK_KEY_Escape)
    return GDK_EVENT_PROPAGATE;

  coffer_search_bar_set_active (self, FALSE);
  return GDK_EVENT_STOP;
}

/* What the list is of */

void
coffer_search_bar_set_scope (CofferSearchBar *self,
                             const char      *scope)
{
  g_return_if_fail (COFFER_IS_SEARCH_BAR (self));

  if (g_strcmp0 (scope, self->scope) == 0)
    return;
  g_free (self->scope);
  self->scope = g_strdup (scope);
  coffer_search_bar_update_chips (self);
}

void
coffer_search_bar_set_list (CofferSearchBar *self,
                            CofferEntryList *list)
{
  g_return_if_fail (COFFER_IS_SEARCH_BAR (self));

  if (list == self->list)
    return;
  if (self->list != NULL)
    g_signal_handlers_disconnect_by_func (self->list, list_cb, self);
  coffer_search_bar_set_active (self, FALSE);
  g_set_object (&self->list, list);
  if (list != NULL)
    g_signal_connect_swapped (list, "notify", G_CALLBACK (list_cb), self);
  list_cb (self);
}

/* Modes */

static void
set_mode (CofferSearchBar *self,
          CofferMatchMode  mode)
{
  const char *label = g_dpgettext2 (NULL, "search mode", modes[mode].label);

  self->mode = mode;
  gtk_menu_button_set_label (self->mode_button, label);
  g_object_set (self->entry, "placeholder-text", mode == COFFER_MATCH_CONTAINS ? _(modes[mode].example) : modes[mode].example, NULL);
  coffer_search_bar_apply (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MODE]);
}

static void
set_mode_name (CofferSearchBar *self,
               const char      *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    if (g_strcmp0 (modes[i].name, name) == 0 && self->mode != i)
      set_mode (self, i);
}

static void
coffer_search_bar_get_property (GObject    *object,
                                guint       id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  CofferSearchBar *self = COFFER_SEARCH_BAR (object);

  switch (id)
    {
    case PROP_ACTIVE:
      g_value_set_boolean (value, coffer_search_bar_get_active (self));
      break;
    case PROP_MODE:
      g_value_set_static_string (value, modes[self->mode].name);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_search_bar_set_property (GObject      *object,
                                guint         id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  CofferSearchBar *self = COFFER_SEARCH_BAR (object);

  switch (id)
    {
    case PROP_ACTIVE:
      coffer_search_bar_set_active (self, g_value_get_boolean (value));
      break;
    case PROP_MODE:
      set_mode_name (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_search_bar_dispose (GObject *object)
{
  CofferSearchBar *self = COFFER_SEARCH_BAR (object);

  g_clear_handle_id (&self->apply_id, g_source_remove);
  g_clear_handle_id (&self->patience, g_source_remove);
  if (self->list != NULL)
    g_signal_handlers_disconnect_by_func (self->list, list_cb, self);
  g_clear_object (&self->list);
  g_clear_pointer (&self->filter, coffer_filter_unref);
  g_clear_pointer (&self->scope, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_SEARCH_BAR);

  G_OBJECT_CLASS (coffer_search_bar_parent_class)->dispose (object);
}

static void
coffer_search_bar_class_init (CofferSearchBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = coffer_search_bar_dispose;
  object_class->get_property = coffer_search_bar_get_property;
  object_class->set_property = coffer_search_bar_set_property;

  properties[PROP_ACTIVE] = g_param_spec_boolean ("active", NULL, NULL, FALSE,
                                                  G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_MODE] = g_param_spec_string ("mode", NULL, NULL, "contains",
                                               G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[LEAVE] = g_signal_new ("leave", COFFER_TYPE_SEARCH_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SCOPE_REMOVED] = g_signal_new ("scope-removed", COFFER_TYPE_SEARCH_BAR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-search-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferSearchBar, revealer);
  gtk_widget_class_bind_template_child (widget_class, CofferSearchBar, entry);
  gtk_widget_class_bind_template_child (widget_class, CofferSearchBar, mode_button);
  gtk_widget_class_bind_template_child (widget_class, CofferSearchBar, problem);
  gtk_widget_class_bind_template_child (widget_class, CofferSearchBar, chips);
  gtk_widget_class_bind_template_child (widget_class, CofferSearchBar, add_button);
  gtk_widget_class_bind_template_child (widget_class, CofferSearchBar, popover);
  gtk_widget_class_bind_template_child (widget_class, CofferSearchBar, count);
  gtk_widget_class_bind_template_child (widget_class, CofferSearchBar, progress);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, apply_soon);
  gtk_widget_class_bind_template_callback (widget_class, close_cb);
  gtk_widget_class_bind_template_callback (widget_class, coffer_search_bar_update_chips);
  gtk_widget_class_bind_template_callback (widget_class, entry_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_cb);
  gtk_widget_class_bind_template_callback (widget_class, values_changed_cb);
  gtk_widget_class_install_property_action (widget_class, "search.mode", "mode");

  g_type_ensure (COFFER_TYPE_FILTER_POPOVER);
  g_type_ensure (COFFER_TYPE_WRAP_BOX);
}

static void
coffer_search_bar_init (CofferSearchBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  set_mode (self, COFFER_MATCH_CONTAINS);
}
