/* SPDX-License-Identifier: MIT */
/*
 * The keys of a table as a lazy list. Main thread; what reads the file is coffer-entry-walk.c, on two lanes.
 *
 *     walk:  slice, slice, slice …       ──► blocks               one job at a time, all but the first on the WALK lane,
 *     rows:  a block's keys, or facts    ──► its rows ──► entries  and one of these on the LIST lane
 *
 * A row is a number until get_item() asks for it. Then an entry stands for it as long as somebody holds it (`live`), and
 * waits in `unkeyed` until its block is read, in `unsized` until its facts are; both are stacks, so that what was looked at
 * last is read first, and an entry that goes leaves them. Rows fill in by notify, never by items-changed.
 *
 * What is kept true: the rows of a block are what its prints say, and a row whose block turns out to have others when it is read
 * is moved or let go of before anybody sees a key in its place; `live` has no two entries for a position; a callback whose
 * cancellable is cancelled touches nothing, so that the list may be gone by then.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

#include "coffer-error-private.h"

enum {
  PROP_0,
  PROP_LOADING,
  PROP_ERROR,
  PROP_N_KEYS,
  PROP_N_SCOPE,
  PROP_PROGRESS,
  PROP_N_ADDED,
  PROP_N_REMOVED,
  PROP_DESCENDING,
  PROP_SORT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static guint edited_signal;

static void list_model_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferEntryList, coffer_entry_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init))

void
coffer_entry_list_set_problem (CofferEntryList *self,
                               const char      *line)
{
  if (g_strcmp0 (self->error, line) == 0)
    return;
  g_free (self->error);
  self->error = g_strdup (line);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERROR]);
}

void
coffer_entry_list_set_error (CofferEntryList *self,
                             const GError    *error)
{
  g_autofree char *line = error != NULL ? coffer_error_dup_line (error) : NULL;

  coffer_entry_list_set_problem (self, line);
}

void
coffer_entry_list_set_progress (CofferEntryList *self,
                                guint64          n_scope,
                                double           progress)
{
  if (n_scope != self->n_scope)
    {
      self->n_scope = n_scope;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_SCOPE]);
    }
  if (progress < self->progress || progress > self->progress)
    {
      self->progress = progress;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROGRESS]);
    }
}

void
coffer_entry_list_tell_n_rows (CofferEntryList *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_KEYS]);
}

void
coffer_entry_list_tell_loading (CofferEntryList *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOADING]);
}

void
coffer_entry_list_tell_edited (CofferEntryList *self,
                               const GArray    *edits,
                               const GArray    *moves)
{
  g_signal_emit (self, edited_signal, 0, edits->data, edits->len, moves != NULL ? moves->data : NULL,
                 moves != NULL ? moves->len : 0);
}

void
coffer_entry_list_set_changes (CofferEntryList *self,
                               guint64          n_added,
                               guint64          n_removed)
{
  if (n_added != self->n_added)
    {
      self->n_added = n_added;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_ADDED]);
    }
  if (n_removed != self->n_removed)
    {
      self->n_removed = n_removed;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_REMOVED]);
    }
}

/* ---- the model ---- */

static GType
coffer_entry_list_get_item_type (GListModel *model)
{
  return COFFER_TYPE_ENTRY;
}

static guint
coffer_entry_list_get_n_items (GListModel *model)
{
  return COFFER_ENTRY_LIST (model)->n_rows;
}

/* @row  its place in the blocks */
static CofferEntry *
new_entry (CofferEntryList *self,
           guint            row)
{
  CofferEntry *entry = coffer_entry_new (self, row);
  CofferBlockRow *known = coffer_blocks_peek_row (self->blocks, row);

  g_hash_table_insert (self->live, GUINT_TO_POINTER (row), entry);
  if (known != NULL)
    coffer_entry_set_key (entry, known->key);
  if (known != NULL && known->facts.read)
    coffer_entry_set_facts (entry, &known->facts);
  else
    coffer_entry_wait_in (entry, known != NULL ? &self->unsized : &self->unkeyed);
  return entry;
}

/* While edits are told, somebody may ask for a row that is on its way out. */
static CofferEntry *
get_leaving (CofferEntryList *self,
             guint            position)
{
  CofferEntry *entry = g_hash_table_lookup (self->leaving, GUINT_TO_POINTER (position));

  if (entry == NULL)
    {
      entry = coffer_entry_new (NULL, position);
      g_hash_table_insert (self->leaving, GUINT_TO_POINTER (position), entry);
    }
  return g_object_ref (entry);
}

static gpointer
coffer_entry_list_get_item (GListModel *model,
                            guint       position)
{
  CofferEntryList *self = COFFER_ENTRY_LIST (model);
  CofferEntry *entry;
  guint row;

  if (position >= self->n_rows)
    return NULL;
  if ((row = coffer_entry_list_map (self, position)) == G_MAXUINT)
    return get_leaving (self, position);

  entry = g_hash_table_lookup (self->live, GUINT_TO_POINTER (row));
  if (entry == NULL)
    entry = new_entry (self, row);
  else if (g_object_ref (entry)->queue != NULL)
    coffer_entry_wait_in (entry, entry->queue);   /* to the front */
  coffer_entry_list_read_rows (self);
  return entry;
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = coffer_entry_list_get_item_type;
  iface->get_n_items = coffer_entry_list_get_n_items;
  iface->get_item = coffer_entry_list_get_item;
}

static void
coffer_entry_list_dispose (GObject *object)
{
  CofferEntryList *self = COFFER_ENTRY_LIST (object);

  if (self->vault != NULL)
    g_signal_handlers_disconnect_by_data (self->vault, self);
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  coffer_entry_list_stop_walk (self);
  coffer_entry_list_forget_rows (self);
  g_clear_object (&self->vault);

  G_OBJECT_CLASS (coffer_entry_list_parent_class)->dispose (object);
}

static void
coffer_entry_list_finalize (GObject *object)
{
  CofferEntryList *self = COFFER_ENTRY_LIST (object);

  g_hash_table_unref (self->live);
  g_hash_table_unref (self->leaving);
  coffer_blocks_free (self->blocks);
  g_hash_table_unref (self->changes);
  g_free (self->whole_of);
  g_clear_pointer (&self->last, coffer_key_unref);
  coffer_scope_clear (&self->scope);
  g_clear_pointer (&self->filter, coffer_filter_unref);
  g_free (self->table);
  g_free (self->error);

  G_OBJECT_CLASS (coffer_entry_list_parent_class)->finalize (object);
}

static void
coffer_entry_list_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  CofferEntryList *self = COFFER_ENTRY_LIST (object);

  switch (prop_id)
    {
    case PROP_LOADING:
      g_value_set_boolean (value, coffer_entry_list_get_loading (self));
      break;
    case PROP_ERROR:
      g_value_set_string (value, self->error);
      break;
    case PROP_N_KEYS:
      g_value_set_uint64 (value, self->n_rows);
      break;
    case PROP_N_SCOPE:
      g_value_set_uint64 (value, coffer_entry_list_get_n_scope (self));
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, self->progress);
      break;
    case PROP_N_ADDED:
      g_value_set_uint64 (value, self->n_added);
      break;
    case PROP_N_REMOVED:
      g_value_set_uint64 (value, self->n_removed);
      break;
    case PROP_DESCENDING:
      g_value_set_boolean (value, self->descending);
      break;
    case PROP_SORT:
      g_value_set_uint (value, self->sort);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_entry_list_class_init (CofferEntryListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = coffer_entry_list_dispose;
  object_class->finalize = coffer_entry_list_finalize;
  object_class->get_property = coffer_entry_list_get_property;

  props[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, G_PARAM_READABLE | flags);
  props[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, G_PARAM_READABLE | flags);
  props[PROP_N_KEYS] = g_param_spec_uint64 ("n-keys", NULL, NULL, 0, G_MAXUINT64, 0, G_PARAM_READABLE | flags);
  props[PROP_N_SCOPE] = g_param_spec_uint64 ("n-scope", NULL, NULL, 0, G_MAXUINT64, 0, G_PARAM_READABLE | flags);
  props[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, -1, 1, -1, G_PARAM_READABLE | flags);
  props[PROP_N_ADDED] = g_param_spec_uint64 ("n-added", NULL, NULL, 0, G_MAXUINT64, 0, G_PARAM_READABLE | flags);
  props[PROP_N_REMOVED] = g_param_spec_uint64 ("n-removed", NULL, NULL, 0, G_MAXUINT64, 0, G_PARAM_READABLE | flags);
  props[PROP_DESCENDING] = g_param_spec_boolean ("descending", NULL, NULL, FALSE, G_PARAM_READABLE | flags);
  props[PROP_SORT] = g_param_spec_uint ("sort", NULL, NULL, 0, COFFER_SORT_TYPE, 0, G_PARAM_READABLE | flags);
  g_object_class_install_properties (object_class, N_PROPS, props);

  edited_signal = g_signal_new ("edited", COFFER_TYPE_ENTRY_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 4,
                                G_TYPE_POINTER, G_TYPE_UINT, G_TYPE_POINTER, G_TYPE_UINT);
}

static void
coffer_entry_list_init (CofferEntryList *self)
{
  self->live = g_hash_table_new (NULL, NULL);
  self->leaving = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  self->blocks = coffer_blocks_new ();
  self->changes = coffer_entry_list_new_changes ();
  self->progress = -1;
}

/* Other keys are wanted than before. */
static void
forget_scope (CofferEntryList *self)
{
  self->n_scope_known = 0;
  self->by_table = FALSE;
}

static void
touched_cb (CofferEntryList *self)
{
  self->unreadable = FALSE;
  coffer_entry_list_check_rows (self);
  coffer_entry_list_refresh_soon (self);
}

/* The rows on show first: the walk that tells all may take its time to come to them. */
static void
changed_cb (CofferEntryList *self)
{
  coffer_entry_list_check_rows (self);
  coffer_entry_list_follow (self);
}

static void
table_cb (CofferEntryList *self)
{
  g_free (self->table);
  self->table = g_strdup (coffer_vault_get_table (self->vault));
  g_clear_pointer (&self->scope.prefix, g_bytes_unref);
  forget_scope (self);
  coffer_entry_list_tell_changes (self);
  coffer_entry_list_start (self, FALSE);
}

CofferEntryList *
coffer_entry_list_new (CofferVault *vault)
{
  CofferEntryList *self;

  g_return_val_if_fail (COFFER_IS_VAULT (vault), NULL);

  self = g_object_new (COFFER_TYPE_ENTRY_LIST, NULL);
  self->vault = g_object_ref (vault);
  g_signal_connect_swapped (vault, "notify::table", G_CALLBACK (table_cb), self);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (vault, "touched", G_CALLBACK (touched_cb), self);
  table_cb (self);
  return self;
}

gboolean
coffer_entry_list_get_loading (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), FALSE);

  return self->walk.cancellable != NULL;
}

gboolean
coffer_entry_list_is_editing (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), FALSE);

  return self->untold != NULL;
}

const char *
coffer_entry_list_get_error (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), NULL);

  return self->error;
}

guint64
coffer_entry_list_get_n_keys (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), 0);

  return self->n_rows;
}

guint64
coffer_entry_list_get_n_scope (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), 0);

  return coffer_entry_list_is_query (self) ? self->n_scope : self->n_rows;
}

guint64
coffer_entry_list_get_n_expected (CofferEntryList *self)
{
  guint64 count = G_MAXUINT64;

  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), 0);

  if (self->walk.cancellable == NULL || self->filter != NULL || self->table == NULL)
    return self->n_rows;
  if (self->scope.prefix == NULL)
    count = coffer_vault_get_count (self->vault, self->table);
  return MAX (count != G_MAXUINT64 ? count : self->n_scope_known, self->n_rows);
}

double
coffer_entry_list_get_progress (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), -1);

  return self->progress;
}

GBytes *
coffer_entry_list_get_prefix (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), NULL);

  return self->scope.prefix;
}

void
coffer_entry_list_set_prefix (CofferEntryList *self,
                              GBytes          *prefix)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self));

  if (prefix != NULL && g_bytes_get_size (prefix) == 0)
    prefix = NULL;
  if (prefix == self->scope.prefix || (prefix != NULL && self->scope.prefix != NULL && g_bytes_equal (prefix, self->scope.prefix)))
    return;
  g_clear_pointer (&self->scope.prefix, g_bytes_unref);
  self->scope.prefix = prefix != NULL ? g_bytes_ref (prefix) : NULL;
  forget_scope (self);
  coffer_entry_list_start (self, FALSE);
}

CofferFilter *
coffer_entry_list_get_filter (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), NULL);

  return self->filter;
}

void
coffer_entry_list_set_filter (CofferEntryList *self,
                              CofferFilter    *filter)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self));

  if (coffer_filter_equal (filter, self->filter))
    return;
  if (filter != NULL)
    coffer_filter_ref (filter);
  g_clear_pointer (&self->filter, coffer_filter_unref);
  self->filter = filter;
  coffer_entry_list_start (self, filter != NULL);
}

CofferSort
coffer_entry_list_get_sort (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), COFFER_SORT_KEY);

  return self->sort;
}

gboolean
coffer_entry_list_get_descending (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), FALSE);

  return self->descending;
}

void
coffer_entry_list_set_order (CofferEntryList *self,
                             CofferSort       sort,
                             gboolean         descending)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self));

  descending = !!descending;
  if (self->sort == sort && self->descending == descending)
    return;
  g_object_freeze_notify (G_OBJECT (self));
  if (self->sort != sort)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SORT]);
  if (self->descending != descending)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DESCENDING]);
  self->sort = sort;
  self->descending = descending;
  coffer_entry_list_start (self, coffer_entry_list_is_query (self));
  g_object_thaw_notify (G_OBJECT (self));
}
