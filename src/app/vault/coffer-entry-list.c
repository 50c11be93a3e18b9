/* SPDX-License-Identifier: MIT */
/*
 * The keys of a table as a lazy list. Main thread; what reads the file is coffer-entry-walk.c, on two lanes.
 *
 *     walk:  slice, slice, slice …   ──► fences, n_rows        one job at a time, all but the first on the BACKGROUND lane,
 *     rows:  page of keys, or facts  ──► pages ──► entries     and one of these on the LIST lane
 *
 * A row is a number until get_item() asks for it. Then an entry stands for it as long as somebody holds it (`live`), and
 * waits in `unkeyed` until its page is there, in `unsized` until its facts are; both are stacks, so that what was looked at
 * last is read first, and an entry that goes leaves them. Rows fill in by notify, never by items-changed.
 *
 * What is kept true: fences[i] is the key of row i * COFFER_FENCE_ROWS, and every row before n_rows has the fence it needs;
 * `live` has no two entries for a position; a callback whose cancellable is cancelled touches nothing, so that the list may
 * be gone by then. If the file changes under the fences, a page shows what the cursor said, and a new walk is begun behind.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-list-private.h"

#include "coffer-error-private.h"

#define SLICE_ROWS 262144
#define SLICE_US (100 * 1000)
#define REFRESH_PAUSE_US (2 * G_USEC_PER_SEC)

G_STATIC_ASSERT (COFFER_FENCE_ROWS % COFFER_PAGE_ROWS == 0 && SLICE_ROWS % COFFER_FENCE_ROWS == 0);

enum {
  PROP_0,
  PROP_LOADING,
  PROP_ERROR,
  PROP_N_KEYS,
  PROP_DESCENDING,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void list_model_iface_init (GListModelInterface *iface);
static void next_slice (CofferEntryList *self);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferEntryList, coffer_entry_list, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init))

void
coffer_entry_list_set_error (CofferEntryList *self,
                             const GError    *error)
{
  g_autofree char *line = error != NULL ? coffer_error_dup_line (error) : NULL;

  if (g_strcmp0 (self->error, line) == 0)
    return;
  g_free (self->error);
  self->error = g_steal_pointer (&line);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERROR]);
}

static gboolean
refresh_cb (gpointer data)
{
  CofferEntryList *self = data;

  self->refresh_id = 0;
  coffer_entry_list_refresh (self);
  return G_SOURCE_REMOVE;
}

void
coffer_entry_list_refresh_soon (CofferEntryList *self)
{
  gint64 wait = self->walked_at + REFRESH_PAUSE_US - g_get_monotonic_time ();

  if (self->refresh_id != 0)
    return;
  self->refresh_id = g_timeout_add (MAX (wait, 0) / 1000, refresh_cb, self);
  g_source_set_name_by_id (self->refresh_id, "[coffer] refresh");
}

/* ---- the walk ---- */

static void
stop_walk (CofferEntryList *self)
{
  g_cancellable_cancel (self->walk.cancellable);
  g_clear_object (&self->walk.cancellable);
  g_clear_pointer (&self->walk.fences, g_ptr_array_unref);
  g_clear_pointer (&self->walk.last, coffer_key_unref);
}

/* Puts @n_rows rows of @fences (transfer full) in the place of those there are: in two steps, since
 * in one GTK would look for items that moved, 0.4 s a million. */
static void
replace_rows (CofferEntryList *self,
              GPtrArray       *fences,
              guint            n_rows)
{
  guint old = self->n_rows;

  coffer_entry_list_forget_rows (self);
  g_ptr_array_unref (self->fences);
  self->fences = fences;
  self->n_rows = 0;
  if (old > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, old, 0);
  if (self->fences == fences && n_rows > 0)
    {
      self->n_rows = n_rows;
      g_list_model_items_changed (G_LIST_MODEL (self), 0, 0, n_rows);
    }
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_KEYS]);
}

static void
append_rows (CofferEntryList *self,
             guint            n_rows)
{
  guint old = self->n_rows;

  if (n_rows == 0)
    return;
  self->n_rows += n_rows;
  g_list_model_items_changed (G_LIST_MODEL (self), old, 0, n_rows);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_N_KEYS]);
}

/* Whether it says nothing about what is in the file. */
static gboolean
is_passing (const GError *error)
{
  return error != NULL && !g_error_matches (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT));
}

/* Whether a walk found the keys that are on show, and no others. */
static gboolean
is_same (CofferEntryList  *self,
         const CofferWalk *walk)
{
  return self->complete && !self->doubted && walk->n_rows == self->n_rows && walk->hash != 0 && walk->hash == self->hash &&
         coffer_identity_equal (&self->file, &walk->file);
}

/* A walk behind the rows that could not be made, or found what there was, leaves them, unless they are another file's. */
static void
end_walk (CofferEntryList *self,
          const GError    *error)
{
  g_autoptr(GPtrArray) fences = g_ptr_array_ref (self->walk.fences);
  guint n_rows = self->walk.n_rows;
  gboolean behind = self->walk.behind;
  gboolean same = behind && error == NULL && is_same (self, &self->walk);
  gboolean keep = same || (behind && is_passing (error) && (self->complete || n_rows <= self->n_rows) &&
                           coffer_identity_equal (&self->file, &self->walk.file));

  stop_walk (self);
  coffer_vault_drop_ahead (self->vault);   /* from now on it is older than what is known */
  if (!keep)
    {
      self->complete = error == NULL;
      self->hash = self->walk.hash;
      self->file = self->walk.file;
    }
  if (error == NULL)
    coffer_vault_note_count (self->vault, self->table, n_rows);
  if (behind && !keep)
    replace_rows (self, g_steal_pointer (&fences), n_rows);
  else if (same)
    coffer_entry_list_reread_rows (self);
  coffer_entry_list_set_error (self, error);
  if (self->walk.cancellable == NULL)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOADING]);
}

static void
take_slice (CofferEntryList *self,
            CofferSlice     *slice)
{
  GCancellable *walk = self->walk.cancellable;

  g_ptr_array_extend_and_steal (self->walk.fences, g_ptr_array_ref (slice->fences));
  self->walk.n_rows += slice->n_rows;
  self->walk.hash = slice->hash;
  g_clear_pointer (&self->walk.last, coffer_key_unref);
  self->walk.last = g_steal_pointer (&slice->last);

  if (!self->walk.behind)
    {
      self->complete = slice->ended && slice->error == NULL;
      append_rows (self, slice->n_rows);
    }
  if (self->walk.cancellable != walk)
    return;   /* whoever was told began another walk */
  if (slice->ended)
    end_walk (self, slice->error);
  else
    next_slice (self);
}

static void
slice_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferSlice *slice = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  if (slice == NULL)
    {
      end_walk (self, error);
      return;
    }
  take_slice (self, slice);
  coffer_slice_free (slice);
}

/* What was walked ahead begins with the slice that is here. */
static void
ahead_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferSlice *slice = coffer_vault_await_ahead_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferEntryList) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  if (slice == NULL || slice->n_rows <= self->walk.n_rows)
    {
      g_clear_pointer (&slice, coffer_slice_free);
      next_slice (self);
      return;
    }
  g_ptr_array_remove_range (slice->fences, 0, self->walk.fences->len);
  slice->n_rows -= self->walk.n_rows;
  take_slice (self, slice);
  coffer_slice_free (slice);
}

/* Whether the walk, upwards and for a list that is empty, can go on with what was begun ahead of it. */
static gboolean
use_ahead (CofferEntryList *self)
{
  CofferSlice *slice;

  if (self->walk.behind || self->descending)
    return FALSE;
  if (self->walk.n_rows > 0)
    return coffer_vault_await_ahead (self->vault, self->table, self->walk.cancellable, ahead_cb, self);
  if ((slice = coffer_vault_take_ahead (self->vault, self->table)) == NULL)
    return FALSE;
  take_slice (self, slice);
  coffer_slice_free (slice);
  return TRUE;
}

/* The first slice is the first screen; the others go on behind what that asks for. */
static void
next_slice (CofferEntryList *self)
{
  CofferSliceRequest *request;
  gboolean first = self->walk.n_rows == 0;

  if (use_ahead (self))
    return;

  request = g_new0 (CofferSliceRequest, 1);
  if (self->walk.last != NULL)
    request->after = coffer_key_ref (self->walk.last);
  request->max_rows = first ? COFFER_FENCE_ROWS : SLICE_ROWS;
  request->max_us = SLICE_US;
  request->descending = self->descending;
  request->hash = self->walk.hash;
  coffer_vault_run_async (self->vault, first ? COFFER_LANE_LIST : COFFER_LANE_BACKGROUND, self->table, coffer_slice_worker, request,
                          coffer_slice_request_free, coffer_slice_free, self->walk.cancellable, slice_cb, self);
}

static void
start_walk (CofferEntryList *self,
            gboolean         behind)
{
  gboolean was_loading = self->walk.cancellable != NULL;
  GCancellable *walk;

  stop_walk (self);
  coffer_vault_put_off_counting (self->vault);
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  self->walk = (CofferWalk) {
    .fences = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref),
    .behind = behind,
    .hash = COFFER_NO_KEYS,
    .file = self->vault->shown,
    .cancellable = walk = g_cancellable_new (),
  };
  self->walked_at = g_get_monotonic_time ();
  if (!behind)
    {
      self->complete = FALSE;
      self->file = self->walk.file;
      replace_rows (self, g_ptr_array_ref (self->walk.fences), 0);
      if (self->walk.cancellable != walk)
        return;
      coffer_entry_list_set_error (self, NULL);
    }
  next_slice (self);
  if (!was_loading && self->walk.cancellable != NULL)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOADING]);
}

static void
table_cb (CofferEntryList *self)
{
  g_free (self->table);
  self->table = g_strdup (coffer_vault_get_table (self->vault));
  start_walk (self, FALSE);
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

static CofferEntry *
new_entry (CofferEntryList *self,
           guint            position)
{
  CofferEntry *entry = coffer_entry_new (self, position);
  CofferPageRow *row = coffer_pages_peek (self->pages, position);

  g_hash_table_insert (self->live, GUINT_TO_POINTER (position), entry);
  if (row != NULL)
    coffer_entry_set_key (entry, row->key);
  if (row != NULL && row->facts.read)
    coffer_entry_set_facts (entry, &row->facts);
  else
    coffer_entry_wait_in (entry, row != NULL ? &self->unsized : &self->unkeyed);
  return entry;
}

static gpointer
coffer_entry_list_get_item (GListModel *model,
                            guint       position)
{
  CofferEntryList *self = COFFER_ENTRY_LIST (model);
  CofferEntry *entry;

  if (position >= self->n_rows)
    return NULL;

  entry = g_hash_table_lookup (self->live, GUINT_TO_POINTER (position));
  if (entry == NULL)
    entry = new_entry (self, position);
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
  stop_walk (self);
  coffer_entry_list_forget_rows (self);
  g_clear_object (&self->vault);

  G_OBJECT_CLASS (coffer_entry_list_parent_class)->dispose (object);
}

static void
coffer_entry_list_finalize (GObject *object)
{
  CofferEntryList *self = COFFER_ENTRY_LIST (object);

  g_hash_table_unref (self->live);
  g_ptr_array_unref (self->fences);
  coffer_pages_free (self->pages);
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
    case PROP_DESCENDING:
      g_value_set_boolean (value, self->descending);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_entry_list_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  CofferEntryList *self = COFFER_ENTRY_LIST (object);

  switch (prop_id)
    {
    case PROP_DESCENDING:
      coffer_entry_list_set_descending (self, g_value_get_boolean (value));
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
  object_class->set_property = coffer_entry_list_set_property;

  props[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, G_PARAM_READABLE | flags);
  props[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, G_PARAM_READABLE | flags);
  props[PROP_N_KEYS] = g_param_spec_uint64 ("n-keys", NULL, NULL, 0, G_MAXUINT64, 0, G_PARAM_READABLE | flags);
  props[PROP_DESCENDING] = g_param_spec_boolean ("descending", NULL, NULL, FALSE, G_PARAM_READWRITE | flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
coffer_entry_list_init (CofferEntryList *self)
{
  self->live = g_hash_table_new (NULL, NULL);
  self->pages = coffer_pages_new ();
  self->fences = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
}

CofferEntryList *
coffer_entry_list_new (CofferVault *vault)
{
  CofferEntryList *self;

  g_return_val_if_fail (COFFER_IS_VAULT (vault), NULL);

  self = g_object_new (COFFER_TYPE_ENTRY_LIST, NULL);
  self->vault = g_object_ref (vault);
  g_signal_connect_swapped (vault, "notify::table", G_CALLBACK (table_cb), self);
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (coffer_entry_list_refresh), self);
  table_cb (self);
  return self;
}

gboolean
coffer_entry_list_get_loading (CofferEntryList *self)
{
  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (self), FALSE);

  return self->walk.cancellable != NULL;
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

void
coffer_entry_list_set_descending (CofferEntryList *self,
                                  gboolean         descending)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self));

  if (self->descending == !!descending)
    return;
  self->descending = !!descending;
  start_walk (self, FALSE);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DESCENDING]);
}

void
coffer_entry_list_refresh (CofferEntryList *self)
{
  g_return_if_fail (COFFER_IS_ENTRY_LIST (self));

  start_walk (self, self->n_rows > 0);
}
