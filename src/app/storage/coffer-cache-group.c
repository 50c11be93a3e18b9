/* SPDX-License-Identifier: MIT */
/*
 * The group "Write Cache" of the window "Storage": the options, which are the program's, and what waits in one vault. While something
 * does its age is told every second. Main thread.
 */
#define G_LOG_DOMAIN "coffer-storage"

#include "coffer-cache-group.h"

#include <glib/gi18n-lib.h>

#include "coffer-row.h"
#include "coffer-storage-words.h"

struct _CofferCacheGroup {
  AdwPreferencesGroup parent_instance;

  GtkButton *flush_button;
  AdwActionRow *switch_row;
  GtkSwitch *collect;
  GtkWidget *level_row;
  GtkLabel *amount;
  GtkLevelBar *level;
  GtkLabel *detail;
  AdwActionRow *failed_row;
  GtkSpinButton *capacity, *threshold, *interval;

  CofferVault *vault;
  CofferCache *cache;
  guint tick_id;
};

G_DEFINE_FINAL_TYPE (CofferCacheGroup, coffer_cache_group, ADW_TYPE_PREFERENCES_GROUP)

/* ---- what waits ---- */

static char *
dup_count (guint64 n)
{
  return g_strdup_printf ("%'" G_GUINT64_FORMAT, n);
}

/* "3 values, the oldest 4 s ago." (transfer full) (nullable) */
static char *
describe_waiting (const CofferCacheState *state)
{
  g_autofree char *n = dup_count (state->n_entries), *age = dup_count (state->oldest_ms / 1000);
  g_autofree char *values = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value", "%s values", state->n_entries), n);

  if (state->n_entries == 0)
    return NULL;
  /* Translators: "3 values, the oldest for 4 s" */
  return g_strdup_printf (_("%s, the oldest for %s s"), values, age);
}

/* "Last flush 14:02:31, 16.0 MB in 0.08 s; 7 so far" (transfer full) (nullable) */
static char *
describe_flushes (const CofferCacheState *state)
{
  g_autoptr(GDateTime) when = g_date_time_new_from_unix_local (state->flushed_at_ms / 1000);
  g_autofree char *time = when != NULL ? g_date_time_format (when, "%X") : g_strdup ("");
  g_autofree char *size = g_format_size (state->flush_bytes), *n = dup_count (state->n_flushes);

  if (state->flushed_at_ms == 0)
    return NULL;
  if (state->flush_failed)
    return state->n_flushes > 0 ? g_strdup_printf (_("Last flush %s, failed; %s so far"), time, n)
                                : g_strdup_printf (_("Last flush %s, failed"), time);
  return g_strdup_printf (_("Last flush %s, %s in %.2f s; %s so far"), time, size, state->flush_ms / 1000.0, n);
}

static void
update_detail (CofferCacheGroup       *self,
               const CofferCacheState *state)
{
  g_autofree char *waiting = describe_waiting (state), *flushes = describe_flushes (state);
  g_autofree char *both = waiting != NULL && flushes != NULL ? g_strdup_printf ("%s. %s", waiting, flushes) : NULL;
  const char *text = both != NULL ? both : waiting != NULL ? waiting : flushes;

  gtk_label_set_text (self->detail, text != NULL ? text : _("Nothing has waited yet"));
}

/* Why what waits is not written, and what becomes of it. (transfer full) (nullable): it will be */
static char *
describe_failure (CofferCacheGroup       *self,
                  const CofferCacheState *state)
{
  const char *reason = coffer_vault_get_lock_reason (self->vault);
  g_autofree char *seconds = dup_count (MAX (state->retry_s, 0));

  if (state->n_entries == 0)
    return NULL;
  if (state->is_stale)
    return g_strdup_printf (_("%s. What waits was meant for the one before: write it to the file that is there now, or discard it."), state->problem);
  if (coffer_vault_is_damaged (self->vault))
    return g_strdup_printf (_("%s. All of it still waits; “Export what is readable” below a check that found damage takes it along."), reason);
  if (!coffer_cache_has_writer (self->cache))
    return g_strdup (_("The vault is open for viewing. Nothing is lost: all of it still waits, and is written once the vault is edited."));
  if (state->problem != NULL)
    return g_strdup_printf (_("%s. Nothing is lost: all of it still waits, and is tried again in %s s."), state->problem, seconds);
  return NULL;
}

static void
update_failure (CofferCacheGroup       *self,
                const CofferCacheState *state)
{
  g_autofree char *text = describe_failure (self, state);
  g_autofree char *escaped = text != NULL ? g_markup_escape_text (text, -1) : NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->failed_row), text != NULL);
  if (text != NULL)
    adw_action_row_set_subtitle (self->failed_row, escaped);
}

static void
update_options (CofferCacheGroup *self)
{
  g_autofree char *text = coffer_storage_dup_cache_risk (self->vault);

  adw_action_row_set_subtitle (self->switch_row, text);
}

static gboolean tick_cb (gpointer data);

static void
update (CofferCacheGroup *self)
{
  const CofferCacheOptions *options = coffer_cache_get_options (self->cache);
  CofferCacheState state;
  g_autofree char *waiting = NULL, *capacity = g_format_size (options->capacity), *amount = NULL;

  coffer_cache_get_state (self->cache, &state);
  waiting = g_format_size (state.n_bytes);
  /* Translators: "9.8 MB of 64 MB" */
  amount = g_strdup_printf (_("%s of %s"), waiting, capacity);
  gtk_label_set_text (self->amount, amount);
  gtk_level_bar_set_value (self->level, MIN ((double) state.n_bytes / MAX (options->capacity, 1), 1));
  gtk_widget_set_sensitive (GTK_WIDGET (self->flush_button), state.n_entries > 0 && coffer_cache_has_writer (self->cache));
  gtk_widget_set_visible (self->level_row, options->on || state.n_entries > 0 || state.flushed_at_ms != 0);
  update_options (self);
  update_detail (self, &state);
  update_failure (self, &state);
  if (state.n_entries == 0)
    g_clear_handle_id (&self->tick_id, g_source_remove);
  else if (self->tick_id == 0)
    self->tick_id = g_timeout_add_seconds (1, tick_cb, self);
}

static gboolean
tick_cb (gpointer data)
{
  CofferCacheGroup *self = data;

  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    update (self);
  return self->tick_id != 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* ---- what can be done ---- */

static void
write_response_cb (CofferCacheGroup *self,
                   const char       *response)
{
  if (!g_str_equal (response, "write"))
    return;
  coffer_cache_accept_file (self->cache, self->vault);
  coffer_vault_flush_async (self->vault, NULL, NULL, NULL);
}

/* Another file has come to the path. */
static void
ask_to_write (CofferCacheGroup       *self,
              const CofferCacheState *state)
{
  g_autofree char *n = dup_count (state->n_entries);
  g_autofree char *body = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                                        "%s value was meant for the file that was here before. In this one it takes the place of a key of the same name.",
                                                        "%s values were meant for the file that was here before. In this one they take the place of keys of the same names.",
                                                        state->n_entries), n);
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), _("Write to Another File?"), body);

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "write", _("_Write to This File"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "write", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (write_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
flush_cb (CofferCacheGroup *self)
{
  CofferCacheState state;

  coffer_cache_get_state (self->cache, &state);
  if (state.is_stale)
    ask_to_write (self, &state);
  else
    coffer_vault_flush_async (self->vault, NULL, NULL, NULL);
}

static void
discard_response_cb (CofferCacheGroup *self,
                     const char       *response)
{
  if (g_str_equal (response, "discard"))
    coffer_cache_discard (self->cache);
}

static void
discard_cb (CofferCacheGroup *self)
{
  CofferCacheState state;
  g_autofree char *n = NULL, *body = NULL;
  GtkWidget *dialog;

  coffer_cache_get_state (self->cache, &state);
  n = dup_count (state.n_entries);
  body = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value was never written to the file. It cannot be brought back.",
                                       "%s values were never written to the file. They cannot be brought back.", state.n_entries), n);
  dialog = adw_message_dialog_new (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), _("Discard What Waits?"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "discard", _("_Discard"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "discard", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (discard_response_cb), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* ---- the group ---- */

static void
coffer_cache_group_dispose (GObject *object)
{
  CofferCacheGroup *self = COFFER_CACHE_GROUP (object);

  g_clear_handle_id (&self->tick_id, g_source_remove);
  if (self->cache != NULL)
    g_signal_handlers_disconnect_by_func (self->cache, update, self);
  g_clear_object (&self->cache);
  g_clear_object (&self->vault);
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_CACHE_GROUP);

  G_OBJECT_CLASS (coffer_cache_group_parent_class)->dispose (object);
}

static void
coffer_cache_group_class_init (CofferCacheGroupClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = coffer_cache_group_dispose;

  g_type_ensure (COFFER_TYPE_ROW);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-cache-group.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, flush_button);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, switch_row);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, collect);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, level_row);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, amount);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, level);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, detail);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, failed_row);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, capacity);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, threshold);
  gtk_widget_class_bind_template_child (widget_class, CofferCacheGroup, interval);
  gtk_widget_class_bind_template_callback (widget_class, flush_cb);
  gtk_widget_class_bind_template_callback (widget_class, discard_cb);
}

/* What is written at the latest when there is no more room cannot wait for more than the room. */
static void
capacity_cb (CofferCacheGroup *self)
{
  double capacity = gtk_spin_button_get_value (self->capacity);

  gtk_adjustment_set_upper (gtk_spin_button_get_adjustment (self->threshold), capacity);
  if (gtk_spin_button_get_value (self->threshold) > capacity)
    gtk_spin_button_set_value (self->threshold, capacity);
}

static void
coffer_cache_group_init (CofferCacheGroup *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

void
coffer_cache_group_set (CofferCacheGroup *self,
                        CofferVault      *vault,
                        GSettings        *settings)
{
  g_return_if_fail (COFFER_IS_CACHE_GROUP (self) && self->vault == NULL);

  self->vault = g_object_ref (vault);
  self->cache = g_object_ref (coffer_vault_get_cache (vault));
  g_settings_bind (settings, "cache-on", self->collect, "active", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "cache-capacity", self->capacity, "value", G_SETTINGS_BIND_DEFAULT);
  g_signal_connect_object (self->capacity, "value-changed", G_CALLBACK (capacity_cb), self, G_CONNECT_SWAPPED);
  capacity_cb (self);
  g_settings_bind (settings, "cache-threshold", self->threshold, "value", G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "cache-interval", self->interval, "value", G_SETTINGS_BIND_DEFAULT);
  g_signal_connect_swapped (self->cache, "changed", G_CALLBACK (update), self);
  g_signal_connect_object (vault, "notify::editable", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (vault, "notify::lock-reason", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
