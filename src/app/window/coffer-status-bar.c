/* SPDX-License-Identifier: MIT */
/* The status bar. The bytes are counted behind everything else: once the list has all its rows and, where there are many, nobody
 * has done anything for a moment; given up when the table changes, or when a person says so. How far it is shows after a moment.
 * A count that could not be finished is not shown. Main thread.
 */
#define G_LOG_DOMAIN "coffer-status-bar"

#include "coffer-status-bar.h"

#include <glib/gi18n-lib.h>

#include "coffer-cache.h"

#include "coffer-deletion.h"
#include "coffer-job-entry.h"
#include "coffer-transfer-bar.h"

#define FEW_KEYS 10000         /* whose bytes are counted at once */
#define CHARS 3                /* of what is told, at least, where there is little room */
#define FEW_BYTES (G_GUINT64_CONSTANT (1) << 20)     /* fewer are not worth a word that they are reclaimable, … */
#define MANY_BYTES (G_GUINT64_CONSTANT (1) << 30)    /* … and these are, in a file of any size */
#define QUIET_MS 2000          /* without input before more are */
#define COUNTING_UP_MS 250     /* between numbers that go on growing */
#define HASTE_MS 100           /* between selections of somebody who goes through many keys */
#define PATIENCE_US (G_USEC_PER_SEC / 2)   /* of counting before it shows */

struct _CofferStatusBar {
  AdwBin parent_instance;

  GtkLabel *summary;
  GtkWidget *counting_box;
  GtkLabel *counting_label;
  GtkWidget *stop_button;
  CofferTransferBar *transfer;
  CofferJobEntry *job;
  GtkLabel *changes;
  GtkWidget *saved;
  GtkWidget *deferred, *cache;
  GtkLabel *deferred_label, *cache_label, *cache_detail;
  guint tick_id;
  GtkWidget *wal;
  GtkLabel *wal_label, *wal_detail;
  GtkWidget *wal_warning;
  GtkWidget *storage_button, *storage_dot;   /* where it is narrow: one for all of them */
  GtkWidget *reclaimable;
  GtkLabel *reclaimable_label;

  CofferTransfers *transfers;
  CofferVaultUse use;          /* of the file, by whichever window */

  CofferVault *vault;
  CofferEntryList *list;
  CofferKeyTally *tally;
  CofferSection *section;
  GCancellable *counting;
  gint64 counting_since;
  gint64 loading_since;        /* of the list */
  gboolean reading;            /* keys, and that shows */
  gboolean stopped;            /* a person does not want to know the bytes */
  guint quiet_id;              /* until counting begins */
  gint64 active_at;            /* the last input, in us */
  guint update_id;             /* of a summary that is put off */
  gint64 tallied_at;
  GCancellable *asking;
  CofferVaultTotals totals;
  CofferVaultStats stats;
  gboolean have_totals;
  gboolean have_stats;
  gboolean narrow;
  gboolean roomy;
  gboolean troubled;           /* what waits could not be written, which takes some room */
};

enum {
  PROP_NARROW = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferStatusBar, coffer_status_bar, ADW_TYPE_BIN)

static char *
format_number (guint64 number)
{
  return g_strdup_printf ("%'" G_GUINT64_FORMAT, number);
}

char *
coffer_status_bar_format_keys (guint64 n_keys)
{
  g_autofree char *number = format_number (n_keys);

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key", "%s keys", n_keys), number);
}

static gboolean
is_narrowed (CofferStatusBar *self)
{
  return coffer_entry_list_get_prefix (self->list) != NULL || coffer_entry_list_get_filter (self->list) != NULL;
}

static char *
format_keys (CofferStatusBar *self)
{
  guint64 n_keys = coffer_entry_list_get_n_expected (self->list);
  g_autofree char *keys = coffer_status_bar_format_keys (n_keys);
  g_autofree char *bytes = NULL;

  if (!self->have_totals || self->totals.keys != n_keys)
    return g_steal_pointer (&keys);

  bytes = g_format_size (self->totals.bytes);
  if (self->totals.unreadable > 0)
    {
      g_autofree char *unreadable = format_number (self->totals.unreadable);

      /* Translators: keys, their bytes, and how many of their values could not be read */
      return g_strdup_printf (_("%s, %s, %s unreadable"), keys, bytes, unreadable);
    }

  return g_strdup_printf (_("%s, %s"), keys, bytes);
}

static void
update_summary_cb (CofferStatusBar *self)
{
  g_autofree char *keys = NULL;
  g_autofree char *text = NULL;
  const char *selected;

  if (self->list == NULL || self->section != NULL)
    {
      gtk_label_set_text (self->summary, self->section != NULL ? coffer_section_get_display_name (self->section) : "");
      return;
    }

  if (coffer_entry_list_get_error (self->list) != NULL && coffer_entry_list_get_n_keys (self->list) == 0)
    {
      gtk_label_set_text (self->summary, "");
      return;
    }

  keys = format_keys (self);
  selected = self->narrow ? "" : coffer_key_tally_get_text (self->tally);
  if (*selected != '\0')
    /* Translators: all keys and those selected, as in "214 keys, 902.6 MB  ·  5 selected, 24.0 MB" */
    text = g_strdup_printf (_("%s  ·  %s"), keys, selected);
  gtk_label_set_text (self->summary, text != NULL ? text : keys);
}

/* (transfer full) (nullable) */
static char *
format_changes (guint64 n_added,
                guint64 n_removed)
{
  g_autofree char *added = g_strdup_printf ("+%'" G_GUINT64_FORMAT, n_added);
  g_autofree char *removed = g_strdup_printf ("−%'" G_GUINT64_FORMAT, n_removed);

  if (n_removed == 0)
    return n_added > 0 ? g_steal_pointer (&added) : NULL;
  return n_added > 0 ? g_strdup_printf ("%s %s", added, removed) : g_steal_pointer (&removed);
}

/* What others, or this program, put into the table and took out of it; see coffer-entry-list.h. */
static void
changes_cb (CofferStatusBar *self)
{
  guint64 n_added = 0, n_removed = 0;
  g_autofree char *numbers = NULL;
  g_autofree char *text = NULL;

  if (self->list != NULL)
    g_object_get (self->list, "n-added", &n_added, "n-removed", &n_removed, NULL);
  numbers = format_changes (n_added, n_removed);
  if (numbers != NULL && self->roomy && !self->troubled)
    /* Translators: keys that came and went since the vault was opened, as in "+312 −4 since opened" */
    text = g_strdup_printf (_("%s since opened"), numbers);
  gtk_label_set_text (self->changes, text != NULL ? text : numbers != NULL ? numbers : "");
  gtk_widget_set_visible (GTK_WIDGET (self->changes), numbers != NULL && self->section == NULL);
}

static gboolean
put_off_cb (gpointer user_data)
{
  CofferStatusBar *self = user_data;

  self->update_id = 0;
  update_summary_cb (self);
  return G_SOURCE_REMOVE;
}

/* What is selected changed. While keys are gone through it waits: in GTK 4.8 other words make the window measure all it shows. */
static void
tally_cb (CofferStatusBar *self)
{
  gint64 now = g_get_monotonic_time ();
  gboolean in_haste = now - self->tallied_at < HASTE_MS * 1000;

  self->tallied_at = now;
  g_clear_handle_id (&self->update_id, g_source_remove);
  if (in_haste)
    self->update_id = g_timeout_add (HASTE_MS, put_off_cb, self);
  else
    update_summary_cb (self);
}

static void
update_tally (CofferStatusBar *self)
{
  gboolean known = self->have_totals && self->totals.keys == coffer_entry_list_get_n_keys (self->list);

  coffer_key_tally_set_total (self->tally, known ? self->totals.bytes : G_MAXUINT64);
  update_summary_cb (self);
}

/* Where there is room for one of them it takes the place of the counts. */
static void
set_pass_shown (CofferStatusBar *self,
                gboolean         shown)
{
  gtk_widget_set_visible (self->counting_box, shown);
  gtk_widget_set_visible (GTK_WIDGET (self->summary), !shown || !self->narrow);
}

static void
stop_counting (CofferStatusBar *self)
{
  g_clear_handle_id (&self->quiet_id, g_source_remove);
  g_cancellable_cancel (self->counting);
  g_clear_object (&self->counting);
  self->reading = FALSE;
  set_pass_shown (self, FALSE);
}

/* How far a pass behind is, which @stop ends; once it has lasted for a moment. */
static void
show_pass (CofferStatusBar *self,
           gint64           since,
           const char      *text,
           const char      *stop)
{
  if (g_get_monotonic_time () - since < PATIENCE_US)
    return;

  gtk_label_set_text (self->counting_label, text);
  gtk_widget_set_tooltip_text (self->stop_button, stop);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->stop_button), GTK_ACCESSIBLE_PROPERTY_LABEL, stop, -1);
  set_pass_shown (self, self->section == NULL);
}

static gboolean
is_sorting (CofferStatusBar *self)
{
  return self->list != NULL && coffer_entry_list_get_loading (self->list) &&
         coffer_entry_list_get_sort (self->list) != COFFER_SORT_KEY;
}

/* A search tells beside its words how far it is. */
static gboolean
is_reading (CofferStatusBar *self)
{
  return self->list != NULL && coffer_entry_list_is_growing (self->list) && coffer_entry_list_get_filter (self->list) == NULL;
}

/* Something else began in its place, and that loads, too. */
static void
end_reading (CofferStatusBar *self)
{
  if (!self->reading || is_reading (self))
    return;
  self->reading = FALSE;
  set_pass_shown (self, FALSE);
}

static void
progress_cb (CofferStatusBar *self)
{
  double progress = coffer_entry_list_get_progress (self->list);
  g_autofree char *text = NULL;

  end_reading (self);
  if (!is_sorting (self) || progress < 0)
    return;

  text = g_strdup_printf (_("sorting %d %%"), (int) (progress * 100));
  show_pass (self, self->loading_since, text, _("Stop Sorting"));
}

static void
show_reading (CofferStatusBar *self)
{
  guint64 n_keys = coffer_entry_list_get_n_keys (self->list);
  guint64 n_expected = coffer_entry_list_get_n_expected (self->list);
  g_autofree char *text = NULL;

  if (!is_reading (self))
    return;

  if (n_expected > n_keys)
    text = g_strdup_printf (_("reading keys %d %%"), (int) (n_keys * 100 / n_expected));
  self->reading = TRUE;
  show_pass (self, self->loading_since, text != NULL ? text : _("reading keys…"), _("Stop Reading"));
}

static void
counting_cb (const CofferVaultTotals *so_far,
             gpointer                 user_data)
{
  CofferStatusBar *self = user_data;
  guint64 n_keys = self->list != NULL ? coffer_entry_list_get_n_keys (self->list) : 0;
  g_autofree char *text = NULL;

  if (self->counting == NULL || n_keys == 0)
    return;

  text = g_strdup_printf (_("counting bytes %d %%"), (int) (MIN (so_far->keys, n_keys) * 100 / n_keys));
  show_pass (self, self->counting_since, text, _("Stop Counting"));
}

static void
take_totals (CofferStatusBar         *self,
             const CofferVaultTotals *totals)
{
  self->totals = *totals;
  self->have_totals = TRUE;
  update_tally (self);
}

static void
measured_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(CofferStatusBar) self = user_data;
  g_autoptr(GError) error = NULL;
  CofferVaultTotals totals;
  gboolean measured = coffer_entry_list_measure_finish (COFFER_ENTRY_LIST (source), result, &totals, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || source != G_OBJECT (self->list))
    return;

  stop_counting (self);
  if (measured)
    take_totals (self, &totals);
}

/* Of a prefix or a search: what is in view, of which the sizes are known by now, or few. */
static void
measure (CofferStatusBar *self)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();

  coffer_ranges_add_range (rows, 0, (guint) coffer_entry_list_get_n_keys (self->list));
  coffer_entry_list_measure_async (self->list, rows, self->counting, measured_cb, g_object_ref (self));
}

static void
counted_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(CofferStatusBar) self = user_data;
  g_autoptr(GError) error = NULL;
  CofferVaultTotals totals;
  gboolean counted = coffer_vault_totals_finish (COFFER_VAULT (source), result, &totals, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || source != G_OBJECT (self->vault))
    return;

  if (counted && is_narrowed (self))
    {
      measure (self);
      return;
    }
  stop_counting (self);
  if (counted)
    take_totals (self, &totals);
}

static void
count (CofferStatusBar *self)
{
  self->counting = g_cancellable_new ();
  self->counting_since = g_get_monotonic_time ();
  if (is_narrowed (self) && coffer_entry_list_get_n_keys (self->list) <= FEW_KEYS)
    measure (self);
  else
    coffer_vault_totals_async (self->vault, coffer_vault_get_table (self->vault), counting_cb, self, self->counting, counted_cb, g_object_ref (self));
}

/* The button. */
static void
stop_counting_cb (CofferStatusBar *self)
{
  if (is_sorting (self))
    {
      gtk_widget_activate_action (GTK_WIDGET (self), "win.sort", "s", "key");
      return;
    }
  self->stopped = TRUE;
  if (is_reading (self))
    coffer_entry_list_stop (self->list);
  stop_counting (self);
}

static gboolean
quiet_cb (gpointer user_data)
{
  CofferStatusBar *self = user_data;
  gint64 quiet_ms = (g_get_monotonic_time () - self->active_at) / 1000;

  if (quiet_ms < QUIET_MS)
    {
      self->quiet_id = g_timeout_add (QUIET_MS - quiet_ms, quiet_cb, self);
      return G_SOURCE_REMOVE;
    }

  self->quiet_id = 0;
  count (self);
  return G_SOURCE_REMOVE;
}

/* Beside rows that stay while they are read again, so do their bytes. */
static void
n_keys_cb (CofferStatusBar *self)
{
  if (coffer_entry_list_get_n_keys (self->list) == 0)
    self->have_totals = self->stopped = FALSE;
  if (!coffer_entry_list_get_loading (self->list))
    update_tally (self);
  else if (self->update_id == 0)
    self->update_id = g_timeout_add (COUNTING_UP_MS, put_off_cb, self);
  show_reading (self);
}

static void
loading_cb (CofferStatusBar *self)
{
  stop_counting (self);
  self->loading_since = g_get_monotonic_time ();
  if (!coffer_entry_list_get_loading (self->list) && coffer_vault_get_table (self->vault) != NULL && !self->stopped)
    {
      if (coffer_entry_list_get_n_keys (self->list) <= FEW_KEYS)
        count (self);
      else
        self->quiet_id = g_timeout_add (QUIET_MS, quiet_cb, self);
    }
  n_keys_cb (self);
}

static void
update_entry (CofferStatusBar *self,
              GtkWidget       *entry,
              GtkLabel        *label,
              const char      *format,
              guint64          size)
{
  g_autofree char *amount = g_format_size (size);
  g_autofree char *text = g_strdup_printf ("%s %s", format, amount);

  gtk_label_set_text (label, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_widget_set_visible (entry, size > 0 && !self->narrow);
}

/* Whether all of it is in the main file, and whether it has grown too large. */
static void
update_wal (CofferStatusBar *self)
{
  gboolean large = self->stats.wal_size > COFFER_LOG_LARGE;
  g_autofree char *waiting = g_format_size (self->stats.wal_waiting);
  g_autofree char *text = NULL, *detail = NULL;

  update_entry (self, self->wal, self->wal_label, _("WAL"), self->stats.wal_size);
  if (self->stats.wal_waiting > 0)
    text = g_strdup_printf (large ? _("The write-ahead log has grown large. %s of it are not in the main file yet")
                                  : _("The write-ahead log. %s of it are not in the main file yet"), waiting);
  else
    text = g_strdup (large ? _("The write-ahead log has grown large. All of it is in the main file")
                           : _("The write-ahead log. All of it is in the main file"));
  /* Translators: behind the size of the log: so much of it is not in the main file yet; or all of it is */
  detail = self->stats.wal_waiting > 0 ? g_strdup_printf (_("%s not in the file yet"), waiting) : g_strdup (_("all in the file"));
  gtk_label_set_text (self->wal_detail, detail);
  gtk_widget_set_visible (GTK_WIDGET (self->wal_detail), self->roomy);
  gtk_widget_set_tooltip_text (self->wal, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->wal), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
  gtk_widget_set_visible (self->wal_warning, large);
}

/* Of a large file much, of a small one not next to nothing. */
static gboolean
is_worth_it (const CofferVaultStats *stats)
{
  return stats->main_free_size >= MIN (MANY_BYTES, MAX (FEW_BYTES, stats->file_size / 20));
}

static void
update_deferred (CofferStatusBar *self,
                 guint            n)
{
  g_autofree char *number = g_strdup_printf ("%'u", n);
  g_autofree char *text = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s key to delete", "%s keys to delete", n), number);

  gtk_label_set_text (self->deferred_label, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->deferred), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
  gtk_widget_set_visible (self->deferred, n > 0 && !self->narrow);
}

static gboolean tick_cb (gpointer data);

/* While something waits, its age is told every few seconds. Returns: whether something does */
static gboolean
update_cache (CofferStatusBar *self)
{
  CofferCacheState state = { 0 };
  g_autofree char *n = NULL, *age = NULL, *values = NULL, *tip = NULL, *short_values = NULL, *detail = NULL;

  if (self->vault != NULL)
    coffer_cache_get_state (coffer_vault_get_cache (self->vault), &state);
  update_entry (self, self->cache, self->cache_label, state.problem != NULL ? _("Cache, not written:") : _("Cache"), state.n_bytes);
  gtk_widget_set_visible (self->cache, state.n_entries > 0 && (!self->narrow || state.problem != NULL));
  if (self->troubled != (state.problem != NULL))
    {
      self->troubled = state.problem != NULL;
      changes_cb (self);
    }
  if (state.n_entries == 0)
    {
      g_clear_handle_id (&self->tick_id, g_source_remove);
      return FALSE;
    }
  n = g_strdup_printf ("%'" G_GUINT64_FORMAT, state.n_entries);
  age = g_strdup_printf ("%'" G_GUINT64_FORMAT, state.oldest_ms / 1000);
  values = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value waits to be written", "%s values wait to be written", state.n_entries), n);
  /* Translators: "3 values wait to be written, the oldest for 4 s" */
  tip = g_strdup_printf (_("%s, the oldest for %s s"), values, age);
  short_values = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s value", "%s values", state.n_entries), n);
  /* Translators: "3 values, the oldest for 4 s" */
  detail = g_strdup_printf (_("%s, the oldest for %s s"), short_values, age);
  gtk_label_set_text (self->cache_detail, detail);
  gtk_widget_set_visible (GTK_WIDGET (self->cache_detail), self->roomy);
  gtk_widget_set_tooltip_text (self->cache, tip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->cache), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, tip, -1);
  if (self->tick_id == 0)
    self->tick_id = g_timeout_add_seconds (2, tick_cb, self);
  return TRUE;
}

static gboolean
tick_cb (gpointer data)
{
  CofferStatusBar *self = data;

  return update_cache (self) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* What is under way in any window, most often with this disk. What waits for its turn or is paused counts, too. */
static CofferVaultUse
find_use (CofferStatusBar *self)
{
  guint n = self->transfers != NULL && self->vault != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->transfers)) : 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(CofferTransfer) transfer = g_list_model_get_item (G_LIST_MODEL (self->transfers), i);
      gpointer target = coffer_transfer_get_target (transfer);

      if (target != NULL && coffer_vault_is_same_file (self->vault, target))
        return COFFER_VAULT_WRITTEN;
    }
  return self->vault != NULL ? coffer_vault_get_use (self->vault) : COFFER_VAULT_UNUSED;
}

/* What is done to the file, and what it means for the disk. @tip (out); Returns: (nullable): nothing is */
static const char *
describe_use (CofferVaultUse   use,
              const char     **tip)
{
  switch (use)
    {
    case COFFER_VAULT_WRITTEN:
      *tip = _("Something is being written to the file just now");
      return _("Being written");
    case COFFER_VAULT_COPIED:
      *tip = _("A copy of the file is being made just now, which needs the disk until it is done");
      return _("Being copied");
    case COFFER_VAULT_UNUSED:
    default:
      return NULL;
    }
}

/* Whether the disk may be unplugged now. What is in the log is on the disk, too. */
static void
update_saved (CofferStatusBar *self,
              gboolean         waits)
{
  gboolean in_log = self->stats.wal_waiting > 0;
  const char *tip = in_log ? _("Everything is on the disk. What is in the write-ahead log only must go wherever the file goes")
                           : _("Everything is in the main file: no value waits to be written, and no deletion");
  const char *use = describe_use (self->use, &tip);

  gtk_button_set_label (GTK_BUTTON (self->saved), waits ? _("Not all saved") : use != NULL ? use
                        : in_log && self->roomy ? _("All saved, in file and log") : _("All saved"));
  gtk_widget_set_tooltip_text (self->saved, waits ? _("Something waits to be written: the disk has not got all of it yet") : tip);
  gtk_widget_set_visible (self->saved, self->have_stats && !self->narrow);
}

/* In a narrow window it has the colour of what needs attention most. What is under way in this one takes its place. */
static void
update_storage_button (CofferStatusBar *self)
{
  static const char *const classes[] = { "waiting", "wal", "saved" };
  CofferCacheState state = { 0 };
  guint n_deferred = self->vault != NULL ? coffer_vault_get_n_deferred (self->vault) : 0;
  const char *tip = NULL;
  gboolean used = describe_use (self->use, &tip) != NULL;
  guint which;
  const char *text;

  if (self->vault != NULL)
    coffer_cache_get_state (coffer_vault_get_cache (self->vault), &state);
  which = state.n_entries > 0 || n_deferred > 0 || used ? 0 : self->stats.wal_waiting > 0 ? 1 : 2;
  text = state.n_entries > 0 ? _("Values wait to be written") : n_deferred > 0 ? _("Deleted keys are still in the file, until the window closes")
       : used ? tip : which == 1 ? _("Some of it is in the write-ahead log only, which must go wherever the file goes") : _("All saved");
  for (guint i = 0; i < G_N_ELEMENTS (classes); i++)
    if (i == which)
      gtk_widget_add_css_class (self->storage_dot, classes[i]);
    else
      gtk_widget_remove_css_class (self->storage_dot, classes[i]);
  gtk_widget_set_tooltip_text (self->storage_button, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->storage_button), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
  gtk_widget_set_visible (self->storage_button, self->narrow && self->have_stats && state.problem == NULL &&
                                                !gtk_widget_get_visible (GTK_WIDGET (self->transfer)) && !gtk_widget_get_visible (GTK_WIDGET (self->job)));
}

static void
update_entries (CofferStatusBar *self)
{
  guint n_deferred = self->vault != NULL ? coffer_vault_get_n_deferred (self->vault) : 0;
  gboolean waits = update_cache (self) || n_deferred > 0;

  update_deferred (self, n_deferred);
  update_saved (self, waits);
  update_wal (self);
  update_entry (self, self->reclaimable, self->reclaimable_label, _("Reclaimable"), is_worth_it (&self->stats) ? self->stats.main_free_size : 0);
  update_storage_button (self);
}

static void
used_cb (CofferStatusBar *self)
{
  CofferVaultUse use = find_use (self);

  if (self->use == use)
    return;
  self->use = use;
  update_entries (self);
}

static void
asked_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferStatusBar) self = user_data;
  g_autoptr(GError) error = NULL;
  CofferVaultStats stats;
  gboolean ok = coffer_vault_stats_finish (COFFER_VAULT (source), result, &stats, &error);

  if (source != G_OBJECT (self->vault))
    return;
  if (ok)
    self->stats = stats;
  self->have_stats = ok;
  update_entries (self);
}

/* However much there is to tell, it does not keep the window from becoming narrow, and the panes from folding. */
static void
update_least_width (CofferStatusBar *self)
{
  GtkLabel *labels[] = { self->changes, self->deferred_label, self->cache_label, self->wal_label, self->reclaimable_label,
                         GTK_LABEL (gtk_button_get_child (GTK_BUTTON (self->saved))) };

  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    {
      gtk_label_set_ellipsize (labels[i], self->roomy ? PANGO_ELLIPSIZE_NONE : PANGO_ELLIPSIZE_END);
      gtk_label_set_width_chars (labels[i], self->roomy ? -1 : CHARS);
    }
}

void
coffer_status_bar_set_roomy (CofferStatusBar *self,
                             gboolean         roomy)
{
  g_return_if_fail (COFFER_IS_STATUS_BAR (self));

  if (self->roomy == roomy)
    return;
  self->roomy = roomy;
  update_least_width (self);
  changes_cb (self);
  update_entries (self);
}

void
coffer_status_bar_note_input (CofferStatusBar *self)
{
  g_return_if_fail (COFFER_IS_STATUS_BAR (self));

  self->active_at = g_get_monotonic_time ();
}

static void
ask (CofferStatusBar *self)
{
  g_cancellable_cancel (self->asking);
  g_clear_object (&self->asking);
  if (self->vault == NULL)
    return;

  self->asking = g_cancellable_new ();
  coffer_vault_stats_async (self->vault, self->asking, asked_cb, g_object_ref (self));
}

void
coffer_status_bar_refresh (CofferStatusBar *self)
{
  g_return_if_fail (COFFER_IS_STATUS_BAR (self));

  self->stopped = FALSE;
  ask (self);
}

static void
changed_cb (CofferStatusBar *self)
{
  self->have_totals = FALSE;
  self->have_stats = FALSE;
  update_tally (self);
  update_entries (self);
  ask (self);
}

void
coffer_status_bar_set_transfers (CofferStatusBar *self,
                                 CofferTransfers *transfers)
{
  g_return_if_fail (COFFER_IS_STATUS_BAR (self));

  if (self->transfers != NULL)
    g_signal_handlers_disconnect_by_func (self->transfers, used_cb, self);
  if (transfers != NULL)
    g_signal_connect_swapped (transfers, "items-changed", G_CALLBACK (used_cb), self);
  g_set_object (&self->transfers, transfers);
  coffer_transfer_bar_set_transfers (self->transfer, transfers, self->vault);
  used_cb (self);
}

void
coffer_status_bar_set_storage (CofferStatusBar *self,
                               CofferStorage   *storage)
{
  g_return_if_fail (COFFER_IS_STATUS_BAR (self));

  coffer_job_entry_set_storage (self->job, storage);
}

void
coffer_status_bar_set_section (CofferStatusBar *self,
                               CofferSection   *section)
{
  g_return_if_fail (COFFER_IS_STATUS_BAR (self));

  g_set_object (&self->section, section);
  set_pass_shown (self, FALSE);
  changes_cb (self);
  update_summary_cb (self);
}

void
coffer_status_bar_set_vault (CofferStatusBar *self,
                             CofferVault     *vault,
                             CofferEntryList *list,
                             CofferKeyTally  *tally)
{
  g_return_if_fail (COFFER_IS_STATUS_BAR (self));

  stop_counting (self);
  self->have_totals = FALSE;
  g_clear_handle_id (&self->update_id, g_source_remove);
  if (self->list != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->tally, tally_cb, self);
      g_signal_handlers_disconnect_by_func (self->list, n_keys_cb, self);
      g_signal_handlers_disconnect_by_func (self->list, loading_cb, self);
      g_signal_handlers_disconnect_by_func (self->list, changes_cb, self);
      g_signal_handlers_disconnect_by_func (self->list, progress_cb, self);
      g_signal_handlers_disconnect_by_func (self->list, end_reading, self);
      g_signal_handlers_disconnect_by_func (self->vault, changed_cb, self);
      g_signal_handlers_disconnect_by_func (self->vault, ask, self);
      g_signal_handlers_disconnect_by_func (self->vault, used_cb, self);
      g_signal_handlers_disconnect_by_func (coffer_vault_get_cache (self->vault), update_entries, self);
    }
  coffer_status_bar_set_transfers (self, NULL);
  g_set_object (&self->vault, vault);
  g_set_object (&self->list, list);
  g_set_object (&self->tally, tally);
  g_clear_object (&self->section);
  update_summary_cb (self);
  self->stats = (CofferVaultStats) { 0 };
  self->have_stats = FALSE;
  self->use = COFFER_VAULT_UNUSED;
  update_entries (self);
  changes_cb (self);
  coffer_status_bar_refresh (self);
  if (vault == NULL)
    return;

  g_signal_connect_swapped (list, "notify::n-keys", G_CALLBACK (n_keys_cb), self);
  g_signal_connect_swapped (list, "notify::loading", G_CALLBACK (loading_cb), self);
  g_signal_connect_swapped (list, "notify::progress", G_CALLBACK (progress_cb), self);
  g_signal_connect_swapped (list, "notify::n-scope", G_CALLBACK (end_reading), self);
  g_signal_connect_swapped (list, "notify::n-added", G_CALLBACK (changes_cb), self);
  g_signal_connect_swapped (list, "notify::n-removed", G_CALLBACK (changes_cb), self);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (vault, "touched", G_CALLBACK (ask), self);
  g_signal_connect_swapped (vault, "used", G_CALLBACK (used_cb), self);
  g_signal_connect_swapped (coffer_vault_get_cache (vault), "changed", G_CALLBACK (update_entries), self);
  g_signal_connect_swapped (tally, "notify::text", G_CALLBACK (tally_cb), self);
  loading_cb (self);
  used_cb (self);
}

static void
coffer_status_bar_get_property (GObject    *object,
                                guint       id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_NARROW:
      g_value_set_boolean (value, COFFER_STATUS_BAR (object)->narrow);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_status_bar_set_property (GObject      *object,
                                guint         id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  CofferStatusBar *self = COFFER_STATUS_BAR (object);

  switch (id)
    {
    case PROP_NARROW:
      self->narrow = g_value_get_boolean (value);
      g_object_set (self->transfer, "narrow", self->narrow, NULL);
      coffer_job_entry_set_narrow (self->job, self->narrow);
      update_entries (self);
      update_summary_cb (self);
      changes_cb (self);
      set_pass_shown (self, gtk_widget_get_visible (self->counting_box));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_status_bar_dispose (GObject *object)
{
  CofferStatusBar *self = COFFER_STATUS_BAR (object);

  if (self->summary != NULL)
    {
      coffer_status_bar_set_vault (self, NULL, NULL, NULL);
      coffer_status_bar_set_storage (self, NULL);
    }
  gtk_widget_dispose_template (GTK_WIDGET (self), COFFER_TYPE_STATUS_BAR);

  G_OBJECT_CLASS (coffer_status_bar_parent_class)->dispose (object);
}

static void
coffer_status_bar_class_init (CofferStatusBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = coffer_status_bar_get_property;
  object_class->set_property = coffer_status_bar_set_property;
  object_class->dispose = coffer_status_bar_dispose;

  properties[PROP_NARROW] = g_param_spec_boolean ("narrow", NULL, NULL, FALSE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/coffervault/Coffer/ui/coffer-status-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, summary);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, counting_box);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, counting_label);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, stop_button);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, transfer);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, changes);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, job);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, saved);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, deferred);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, deferred_label);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, cache);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, cache_label);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, cache_detail);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, wal_detail);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, wal);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, wal_label);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, wal_warning);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, storage_button);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, storage_dot);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, reclaimable);
  gtk_widget_class_bind_template_child (widget_class, CofferStatusBar, reclaimable_label);
  gtk_widget_class_bind_template_callback (widget_class, stop_counting_cb);

  g_type_ensure (COFFER_TYPE_JOB_ENTRY);
  g_type_ensure (COFFER_TYPE_TRANSFER_BAR);
}

static void
coffer_status_bar_init (CofferStatusBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_button_set_label (GTK_BUTTON (self->saved), "");   /* it has a label to be made shorter then */
  update_least_width (self);
  g_signal_connect_swapped (self->transfer, "notify::visible", G_CALLBACK (update_storage_button), self);
  g_signal_connect_swapped (self->job, "notify::visible", G_CALLBACK (update_storage_button), self);
}
