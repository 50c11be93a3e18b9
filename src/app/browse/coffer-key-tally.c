/* SPDX-License-Identifier: MIT */
/* The tally of a selection. Its number is known at once. The bytes of one key are those of its row, of all keys those that
 * somebody counted anyway; of any others they are measured behind, once the selection has been what it is for a moment, and
 * again whenever the list has looked at the file again: a value may have been written over in its place. What was measured
 * stays until it is known to be another. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-tally"

#include "coffer-key-tally.h"

#include <glib/gi18n-lib.h>

#include "coffer-error.h"

#define QUIET_MS 150
#define AGAIN_MS 1000   /* when they could not be read, */
#define MAX_TRIES 5     /* so often after each look of the list */
#define SHARE 4         /* measuring runs a fifth of the time at most */

struct _CofferKeyTally {
  GObject parent_instance;

  CofferKeySelection *selection;
  CofferEntry *entry;      /* the only one that is selected */
  guint64 total;           /* of the whole list */
  guint64 measured;        /* of what is selected; G_MAXUINT64: not known */
  guint n_measured;        /* keys: what is selected now, or was measured last */
  guint wait_id;           /* until measuring begins */
  guint n_tries;
  GCancellable *measuring;
  gboolean again;          /* the list looked while that ran */
  gint64 began_at;         /* monotonic, of measuring, */
  gint64 took_us;          /* and how long the last took */
  char *text;
};

enum {
  PROP_TEXT = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (CofferKeyTally, coffer_key_tally, G_TYPE_OBJECT)

guint64
coffer_key_tally_get_bytes (CofferKeyTally *self)
{
  guint n_selected;

  g_return_val_if_fail (COFFER_IS_KEY_TALLY (self), G_MAXUINT64);

  n_selected = coffer_key_selection_get_n_selected (self->selection);
  if (self->entry != NULL)
    return coffer_entry_get_size (self->entry);
  if (n_selected > 0 && n_selected == g_list_model_get_n_items (G_LIST_MODEL (self->selection)))
    return self->total;
  return self->measured;
}

static char *
format (CofferKeyTally *self)
{
  guint n_selected = coffer_key_selection_get_n_selected (self->selection);
  guint64 bytes = coffer_key_tally_get_bytes (self);
  g_autofree char *number = g_strdup_printf ("%'u", n_selected);
  g_autofree char *selected = NULL;
  g_autofree char *size = NULL;

  if (n_selected == 0)
    return g_strdup ("");
  selected = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s selected", "%s selected", n_selected), number);
  if (coffer_key_selection_is_growing (self->selection))
    /* Translators: how many keys are selected so far, while more are found, as in "868,864 selected, reading keys…" */
    return g_strdup_printf (_("%s, reading keys…"), selected);
  if (bytes == G_MAXUINT64)
    return g_steal_pointer (&selected);

  size = g_format_size (bytes);
  /* Translators: how many keys are selected, and their bytes, as in "5 selected, 24.0 MB" */
  return g_strdup_printf (_("%s, %s"), selected, size);
}

static void
update_cb (CofferKeyTally *self)
{
  g_autofree char *text = format (self);

  if (g_strcmp0 (text, self->text) == 0)
    return;

  g_free (self->text);
  self->text = g_steal_pointer (&text);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

static void
set_entry (CofferKeyTally *self,
           CofferEntry    *entry)
{
  if (entry == self->entry)
    return;

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_func (self->entry, update_cb, self);
  g_set_object (&self->entry, entry);
  if (entry != NULL)
    g_signal_connect_swapped (entry, "notify::size", G_CALLBACK (update_cb), self);
}

/* ---- measuring ---- */

static void
stop_measuring (CofferKeyTally *self)
{
  g_clear_handle_id (&self->wait_id, g_source_remove);
  g_cancellable_cancel (self->measuring);
  g_clear_object (&self->measuring);
  self->again = FALSE;
}

static void begin_measuring (CofferKeyTally *self, guint wait_ms);

static guint
pause_ms (CofferKeyTally *self)
{
  return (guint) (MAX (QUIET_MS, self->took_us * SHARE / 1000));
}

static void
take_totals (CofferKeyTally          *self,
             const CofferVaultTotals *totals)
{
  self->measured = totals->unreadable == 0 ? totals->bytes : G_MAXUINT64;   /* of some the sum would be wrong */
  update_cb (self);
}

/* If keys came or went while they were measured, the list begins to look what did, and tells when it has. */
static void
measured_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr(CofferKeyTally) self = user_data;
  g_autoptr(GError) error = NULL;
  CofferVaultTotals totals;
  gboolean measured = coffer_entry_list_measure_finish (COFFER_ENTRY_LIST (source), result, &totals, &error);
  gboolean stale = g_error_matches (error, COFFER_ERROR, COFFER_ERROR_STALE);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;

  g_clear_object (&self->measuring);
  self->took_us = g_get_monotonic_time () - self->began_at;
  if (measured)
    take_totals (self, &totals);
  if (self->again)
    {
      self->again = FALSE;
      begin_measuring (self, pause_ms (self));
    }
  else if (!measured && !stale && ++self->n_tries < MAX_TRIES)
    begin_measuring (self, AGAIN_MS);
}

static gboolean
measure_cb (gpointer user_data)
{
  CofferKeyTally *self = user_data;

  self->wait_id = 0;
  self->began_at = g_get_monotonic_time ();
  self->measuring = g_cancellable_new ();
  coffer_entry_list_measure_async (coffer_key_selection_get_list (self->selection), coffer_key_selection_peek_rows (self->selection),
                                   self->measuring, measured_cb, g_object_ref (self));
  return G_SOURCE_REMOVE;
}

static void
begin_measuring (CofferKeyTally *self,
                 guint           wait_ms)
{
  self->wait_id = g_timeout_add (wait_ms, measure_cb, self);
}

/* Whether nobody else tells, or will. */
static gboolean
has_to_measure (CofferKeyTally *self)
{
  guint n_selected = coffer_key_selection_get_n_selected (self->selection);

  return !coffer_key_selection_is_growing (self->selection) && n_selected > 1 && n_selected < g_list_model_get_n_items (G_LIST_MODEL (self->selection));
}

static void
changed_cb (CofferKeyTally *self)
{
  stop_measuring (self);
  self->measured = G_MAXUINT64;
  self->n_measured = coffer_key_selection_get_n_selected (self->selection);
  self->n_tries = 0;
  self->took_us = 0;
  if (has_to_measure (self))
    begin_measuring (self, QUIET_MS);
}

/* A look of the list is over. */
static void
loading_cb (CofferKeyTally *self)
{
  if (coffer_entry_list_get_loading (coffer_key_selection_get_list (self->selection)) || !has_to_measure (self))
    return;

  self->n_tries = 0;
  if (self->measuring != NULL)
    self->again = TRUE;
  else if (self->wait_id == 0)
    begin_measuring (self, pause_ms (self));
}

/* Rows that only moved, because others came or went, are what they were. */
static void
n_selected_cb (CofferKeyTally *self)
{
  if (coffer_key_selection_get_n_selected (self->selection) != self->n_measured)
    changed_cb (self);
}

static void
selected_cb (CofferKeyTally *self)
{
  gboolean single = coffer_key_selection_get_n_selected (self->selection) == 1;

  set_entry (self, single ? coffer_key_selection_get_selected_entry (self->selection) : NULL);
  update_cb (self);
}

const char *
coffer_key_tally_get_text (CofferKeyTally *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_TALLY (self), NULL);

  return self->text;
}

void
coffer_key_tally_set_total (CofferKeyTally *self,
                            guint64         bytes)
{
  g_return_if_fail (COFFER_IS_KEY_TALLY (self));

  self->total = bytes;
  update_cb (self);
}

static void
coffer_key_tally_get_property (GObject    *object,
                               guint       id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_TEXT:
      g_value_set_string (value, COFFER_KEY_TALLY (object)->text);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_key_tally_dispose (GObject *object)
{
  CofferKeyTally *self = COFFER_KEY_TALLY (object);

  stop_measuring (self);
  set_entry (self, NULL);
  if (self->selection != NULL)
    {
      g_signal_handlers_disconnect_by_data (coffer_key_selection_get_list (self->selection), self);
      g_signal_handlers_disconnect_by_data (self->selection, self);
    }
  g_clear_object (&self->selection);

  G_OBJECT_CLASS (coffer_key_tally_parent_class)->dispose (object);
}

static void
coffer_key_tally_finalize (GObject *object)
{
  g_free (COFFER_KEY_TALLY (object)->text);

  G_OBJECT_CLASS (coffer_key_tally_parent_class)->finalize (object);
}

static void
coffer_key_tally_class_init (CofferKeyTallyClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = coffer_key_tally_get_property;
  object_class->dispose = coffer_key_tally_dispose;
  object_class->finalize = coffer_key_tally_finalize;

  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
coffer_key_tally_init (CofferKeyTally *self)
{
  self->total = G_MAXUINT64;
  self->measured = G_MAXUINT64;
  self->text = g_strdup ("");
}

CofferKeyTally *
coffer_key_tally_new (CofferKeySelection *selection)
{
  CofferKeyTally *self;

  g_return_val_if_fail (COFFER_IS_KEY_SELECTION (selection), NULL);

  self = g_object_new (COFFER_TYPE_KEY_TALLY, NULL);
  self->selection = g_object_ref (selection);
  g_signal_connect_swapped (selection, "selection-changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (selection, "notify::n-selected", G_CALLBACK (n_selected_cb), self);
  g_signal_connect_swapped (selection, "notify::growing", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (selection, "notify", G_CALLBACK (selected_cb), self);
  g_signal_connect_swapped (coffer_key_selection_get_list (selection), "notify::loading", G_CALLBACK (loading_cb), self);
  selected_cb (self);
  return self;
}
