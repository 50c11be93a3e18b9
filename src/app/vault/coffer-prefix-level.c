/* SPDX-License-Identifier: MIT */
/*
 * The prefixes right below a prefix as a lazy list. Main thread; what reads the file is coffer-prefix-walk.c, on the BACKGROUND
 * lane, a slice at a time.
 *
 *     names:   slice, slice …  ──► appended to `shown`, or gathered in `fresh` and then compared with it
 *     counts:  slice, slice …  ──► into `shown`, once no walk over the list of keys is in the way
 *
 * A child is 16 bytes and its name until somebody asks for it; then a CofferPrefix stands for it, found by its name (`live`), so
 * that it is the same one whatever comes and goes around it.
 *
 * What is kept true: `shown` is in order; all of it before n_counted is counted; one walk at most runs, for names or for
 * counts; a callback whose cancellable is cancelled touches nothing, so that the level may be gone by then.
 */
#define G_LOG_DOMAIN "coffer-prefix"

#include "coffer-prefix-private.h"

#include "coffer-error.h"
#include "coffer-vault-census.h"

#include <string.h>

#define FIRST_CHILDREN 256          /* a first screen, soon */
#define FIRST_US (10 * 1000)
#define SLICE_CHILDREN (64 * 1024)
#define SLICE_US (50 * 1000)
#define COUNT_CHILDREN 1024
#define REFRESH_PAUSE_US (2 * G_USEC_PER_SEC)
#define MAX_RUNS 256                /* of changes told one by one */

struct _CofferPrefixLevel {
  GObject parent_instance;

  CofferVault *vault;
  char *table;
  GBytes *prefix;
  CofferSeparators separators;
  char *error;

  CofferPrefixTable *shown;
  GArray *sizes;               /* of guint64, as long as that; NULL: none known */
  GHashTable *live;            /* segment (the prefix's) → CofferPrefix, unowned */

  GCancellable *walk;          /* NULL: none */
  gint64 walked_at;            /* when the last one began, */
  gint64 walk_us;              /* and how long one took */
  guint refresh_id;
  GCancellable *sizing;        /* NULL: nothing is summed */
  gboolean loading;
  CofferPrefixTable *fresh;    /* of a walk behind what is shown; NULL otherwise */
  GBytes *next;                /* where the names go on */

  guint n_counted;
  CofferPrefixChild partial;   /* of the child that is counted now */
  GBytes *count_next;          /* where that goes on; NULL: at its beginning */

  /* While changes are told: what is in the list is n_fresh of `fresh`, then `shown` from n_stale on. */
  gboolean telling;
  guint n_fresh;
  guint n_stale;
};

enum {
  PROP_0,
  PROP_LOADING,
  PROP_ERROR,
  N_PROPS
};

static GParamSpec *props[N_PROPS];
static guint slice_us;

static void list_model_iface_init (GListModelInterface *iface);
static void next_names (CofferPrefixLevel *self);
static void start_counts (CofferPrefixLevel *self);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferPrefixLevel, coffer_prefix_level, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init))

static void
set_error (CofferPrefixLevel *self,
           const GError      *error)
{
  g_autofree char *line = error != NULL ? coffer_error_dup_line (error) : NULL;

  if (g_strcmp0 (self->error, line) == 0)
    return;
  g_free (self->error);
  self->error = g_steal_pointer (&line);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ERROR]);
}

static void
set_loading (CofferPrefixLevel *self,
             gboolean           loading)
{
  if (self->loading == loading)
    return;
  self->loading = loading;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LOADING]);
}

static void
stop_walk (CofferPrefixLevel *self)
{
  g_cancellable_cancel (self->walk);
  g_clear_object (&self->walk);
  if (!self->telling)
    g_clear_pointer (&self->fresh, coffer_prefix_table_free);
  g_clear_pointer (&self->next, g_bytes_unref);
  g_clear_pointer (&self->count_next, g_bytes_unref);
  self->partial = (CofferPrefixChild) { 0 };
  self->n_counted = 0;
}

/* ---- what is shown ---- */

/* The table that has the child at a position of the list, and where in it. */
static const CofferPrefixTable *
locate (CofferPrefixLevel *self,
        guint             *position)
{
  if (!self->telling)
    return self->shown;
  if (*position < self->n_fresh)
    return self->fresh;
  *position = *position - self->n_fresh + self->n_stale;
  return self->shown;
}

static void
update_prefix (CofferPrefixLevel       *self,
               CofferPrefix            *prefix,
               const CofferPrefixTable *table,
               guint                    position)
{
  const CofferPrefixChild *child = coffer_prefix_table_child (table, position);
  guint64 size = G_MAXUINT64;

  if (table == self->shown && self->sizes != NULL && position < self->sizes->len)
    size = g_array_index (self->sizes, guint64, position);
  coffer_prefix_update (prefix, child->count, size, child->has_children);
}

/* Those alive are few: as many as are looked at. */
static void
update_live (CofferPrefixLevel *self)
{
  g_autoptr(GPtrArray) prefixes = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (prefixes, g_object_ref (value));   /* whoever is told may let go of some, or ask for more */
  for (guint i = 0; i < prefixes->len; i++)
    {
      CofferPrefix *prefix = g_ptr_array_index (prefixes, i);
      gsize size;
      gconstpointer segment = g_bytes_get_data (prefix->segment, &size);
      guint position;

      if (coffer_prefix_table_find (self->shown, segment, size, &position))
        update_prefix (self, prefix, self->shown, position);
    }
}

static void
append (CofferPrefixLevel       *self,
        const CofferPrefixTable *found)
{
  guint n = self->shown->children->len;

  if (found->children->len == 0)
    return;
  coffer_prefix_table_append (self->shown, found);
  g_list_model_items_changed (G_LIST_MODEL (self), n, 0, found->children->len);
}

/* ---- what came and went ---- */

typedef struct {
  guint position;       /* in `fresh` */
  guint stale;          /* in `shown` */
  guint removed, added;
} Run;

static void
note_change (GArray *runs,
             guint   position,
             guint   stale,
             guint   removed,
             guint   added)
{
  Run *last = runs->len > 0 ? &g_array_index (runs, Run, runs->len - 1) : NULL;
  Run run = { position, stale, removed, added };

  if (last != NULL && (runs->len > MAX_RUNS || (last->position + last->added == position && last->stale + last->removed == stale)))
    {
      last->added = position + added - last->position;
      last->removed = stale + removed - last->stale;
    }
  else
    g_array_append_val (runs, run);
}

/* What is not known anew stays as it was known. */
static void
carry_over (const CofferPrefixChild *old,
            CofferPrefixChild       *child)
{
  if (!child->counted)
    child->count = old->count;
  if (!child->known)
    {
      child->known = old->known;
      child->has_children = old->has_children;
    }
}

static GArray *
compare (CofferPrefixLevel *self)
{
  const CofferPrefixTable *fresh = self->fresh, *shown = self->shown;
  GArray *runs = g_array_new (FALSE, FALSE, sizeof (Run));
  guint i = 0, j = 0;

  while (i < fresh->children->len || j < shown->children->len)
    {
      gsize size, old_size;
      gconstpointer name = i < fresh->children->len ? coffer_prefix_table_name (fresh, i, &size) : NULL;
      gconstpointer old = j < shown->children->len ? coffer_prefix_table_name (shown, j, &old_size) : NULL;
      int order = name == NULL ? 1 : old == NULL ? -1 : coffer_prefix_compare (name, size, old, old_size);

      if (order == 0)
        carry_over (coffer_prefix_table_child (shown, j), coffer_prefix_table_child (fresh, i));
      else
        note_change (runs, i, j, order > 0, order < 0);
      i += order <= 0;
      j += order >= 0;
    }
  return runs;
}

/* From the front: at each change the list is what it was behind it, and what it will be before it. */
static void
show_fresh (CofferPrefixLevel *self)
{
  g_autoptr(GArray) runs = compare (self);

  self->telling = TRUE;
  self->n_fresh = self->n_stale = 0;
  g_clear_pointer (&self->sizes, g_array_unref);
  for (guint i = 0; i < runs->len; i++)
    {
      const Run *run = &g_array_index (runs, Run, i);

      self->n_fresh = run->position + run->added;
      self->n_stale = run->stale + run->removed;
      g_list_model_items_changed (G_LIST_MODEL (self), run->position, run->removed, run->added);
    }
  self->telling = FALSE;
  coffer_prefix_table_free (self->shown);
  self->shown = g_steal_pointer (&self->fresh);
}

/* ---- names ---- */

static void
end_names (CofferPrefixLevel *self,
           const GError      *error)
{
  GCancellable *walk = self->walk;

  if (self->fresh != NULL && error == NULL)
    show_fresh (self);
  if (self->walk != walk)
    {
      if (self->walk != NULL)
        coffer_prefix_level_refresh (self);   /* who was told asked for it, and it could not begin then */
      return;
    }
  g_clear_pointer (&self->fresh, coffer_prefix_table_free);   /* that walk failed: what there was is better */
  update_live (self);
  set_error (self, error);
  set_loading (self, FALSE);
  if (self->walk == walk)
    start_counts (self);
}

static void
names_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferPrefixSlice *slice = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferPrefixLevel) self = NULL;
  GCancellable *walk;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  walk = self->walk;
  if (slice == NULL)
    {
      end_names (self, error);
      return;
    }

  g_clear_pointer (&self->next, g_bytes_unref);
  self->next = g_steal_pointer (&slice->next);
  if (self->fresh != NULL)
    coffer_prefix_table_append (self->fresh, slice->found);
  else
    append (self, slice->found);
  if (self->walk == walk && self->next != NULL)
    next_names (self);
  else if (self->walk == walk)
    end_names (self, slice->error);
  coffer_prefix_slice_free (slice);
}

static void
next_names (CofferPrefixLevel *self)
{
  CofferPrefixRequest *request = g_new0 (CofferPrefixRequest, 1);
  gboolean first = self->next == NULL && self->fresh == NULL;

  request->prefix = g_bytes_ref (self->prefix);
  request->separators = self->separators;
  request->next = self->next != NULL ? g_bytes_ref (self->next) : NULL;
  request->max_children = first ? FIRST_CHILDREN : SLICE_CHILDREN;
  request->max_us = slice_us != 0 ? slice_us : first ? FIRST_US : SLICE_US;
  coffer_vault_run_async (self->vault, COFFER_LANE_BACKGROUND, self->table, coffer_prefix_names_worker, request,
                          coffer_prefix_request_free, coffer_prefix_slice_free, self->walk, names_cb, self);
}

static void
stop_sizing (CofferPrefixLevel *self)
{
  g_cancellable_cancel (self->sizing);
  g_clear_object (&self->sizing);
}

void
coffer_prefix_level_refresh (CofferPrefixLevel *self)
{
  g_return_if_fail (COFFER_IS_PREFIX_LEVEL (self));

  stop_walk (self);
  stop_sizing (self);
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  self->walk = g_cancellable_new ();
  self->walked_at = g_get_monotonic_time ();
  if (!self->telling)   /* else end_names() comes back here */
    {
      if (self->shown->children->len > 0)
        self->fresh = coffer_prefix_table_new ();
      next_names (self);
    }
  set_loading (self, TRUE);
}

/* ---- counts ---- */

/* The next child that is not counted; their number if there is none. */
static guint
skip_counted (CofferPrefixLevel *self,
              guint              position)
{
  while (position < self->shown->children->len && coffer_prefix_table_child (self->shown, position)->counted)
    position++;
  return position;
}

static void
take_counts (CofferPrefixLevel        *self,
             const CofferPrefixCounts *counts)
{
  for (guint i = 0; i < counts->counts->len; i++)
    {
      const CofferPrefixChild *count = &g_array_index (counts->counts, CofferPrefixChild, i);
      CofferPrefixChild *child;

      self->n_counted = skip_counted (self, self->n_counted);
      child = coffer_prefix_table_child (self->shown, self->n_counted);
      self->partial.count += count->count;
      self->partial.has_children |= count->has_children;
      if (!count->counted)
        break;
      child->count = self->partial.count;
      child->has_children = self->partial.has_children;
      child->counted = child->known = TRUE;
      self->partial = (CofferPrefixChild) { 0 };
    }
}

/* ---- sizes, once a census knows them ---- */

static void
sizes_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) sizes = coffer_prefix_sizes_finish (COFFER_VAULT (source), result, &error);
  CofferPrefixLevel *self = data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&self->sizing);
  if (sizes != NULL && sizes->len == self->shown->children->len)
    coffer_prefix_level_set_sizes (self, 0, (guint64 *) (gpointer) sizes->data, sizes->len);
}

/* Of what is shown, if all of it is, and nothing more is being counted. */
static void
start_sizing (CofferPrefixLevel *self)
{
  CofferCensus *census = coffer_vault_peek_census (self->vault, self->table);

  stop_sizing (self);
  if (census == NULL || self->walk != NULL || self->shown->children->len == 0)
    return;
  self->sizing = g_cancellable_new ();
  coffer_prefix_sizes_async (self->vault, self->table, self->prefix, self->shown, census, self->sizing, sizes_cb, self);
}

static void
end_counts (CofferPrefixLevel *self)
{
  g_clear_object (&self->walk);
  self->walk_us = g_get_monotonic_time () - self->walked_at;
  start_sizing (self);
}

static void
counts_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      data)
{
  g_autoptr(GError) error = NULL;
  CofferPrefixCounts *counts = coffer_vault_run_finish (COFFER_VAULT (source), result, &error);
  g_autoptr(CofferPrefixLevel) self = NULL;
  GCancellable *walk;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self = g_object_ref (data);
  walk = self->walk;
  if (counts == NULL)   /* damage: the list of keys tells of it */
    {
      end_counts (self);
      return;
    }

  take_counts (self, counts);
  g_clear_pointer (&self->count_next, g_bytes_unref);
  self->count_next = g_steal_pointer (&counts->next);
  update_live (self);
  if (self->walk == walk && counts->error == NULL)
    start_counts (self);
  else if (self->walk == walk)
    end_counts (self);
  coffer_prefix_counts_free (counts);
}

static void
next_counts (CofferPrefixLevel *self)
{
  CofferPrefixCountRequest *request;

  self->n_counted = skip_counted (self, self->n_counted);
  if (self->n_counted == self->shown->children->len)
    {
      end_counts (self);
      return;
    }

  request = g_new0 (CofferPrefixCountRequest, 1);
  request->prefix = g_bytes_ref (self->prefix);
  request->separators = self->separators;
  request->next = self->count_next != NULL ? g_bytes_ref (self->count_next) : NULL;
  request->max_us = slice_us != 0 ? slice_us : SLICE_US;
  request->todo = coffer_prefix_table_new ();
  for (guint i = self->n_counted; i < self->shown->children->len && request->todo->children->len < COUNT_CHILDREN;
       i = skip_counted (self, i + 1))
    {
      gsize size;
      gconstpointer segment = coffer_prefix_table_name (self->shown, i, &size);

      coffer_prefix_table_add (request->todo, segment, size);
    }
  coffer_vault_run_async (self->vault, COFFER_LANE_BACKGROUND, self->table, coffer_prefix_count_worker, request,
                          coffer_prefix_count_request_free, coffer_prefix_counts_free, self->walk, counts_cb, self);
}

static void
quiet_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  if (coffer_vault_await_quiet_finish (COFFER_VAULT (source), result, NULL))
    next_counts (data);
}

static void
start_counts (CofferPrefixLevel *self)
{
  coffer_vault_await_quiet_async (self->vault, self->walk, quiet_cb, self);
}

/* ---- the model ---- */

static GType
coffer_prefix_level_get_item_type (GListModel *model)
{
  return COFFER_TYPE_PREFIX;
}

static guint
coffer_prefix_level_get_n_items (GListModel *model)
{
  CofferPrefixLevel *self = COFFER_PREFIX_LEVEL (model);

  return self->telling ? self->n_fresh + self->shown->children->len - self->n_stale : self->shown->children->len;
}

static gpointer
coffer_prefix_level_get_item (GListModel *model,
                              guint       position)
{
  CofferPrefixLevel *self = COFFER_PREFIX_LEVEL (model);
  const CofferPrefixTable *table;
  g_autoptr(GBytes) key = NULL;
  CofferPrefix *prefix;
  gconstpointer segment;
  gsize size;

  if (position >= coffer_prefix_level_get_n_items (model))
    return NULL;

  table = locate (self, &position);
  segment = coffer_prefix_table_name (table, position, &size);
  key = g_bytes_new_static (segment, size);
  if ((prefix = g_hash_table_lookup (self->live, key)) != NULL)
    return g_object_ref (prefix);
  prefix = coffer_prefix_new (self, self->prefix, segment, size);
  update_prefix (self, prefix, table, position);
  g_hash_table_insert (self->live, prefix->segment, prefix);
  return prefix;
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = coffer_prefix_level_get_item_type;
  iface->get_n_items = coffer_prefix_level_get_n_items;
  iface->get_item = coffer_prefix_level_get_item;
}

void
coffer_prefix_level_forget (CofferPrefixLevel *self,
                            CofferPrefix      *prefix)
{
  g_hash_table_remove (self->live, prefix->segment);
}

static void
coffer_prefix_level_dispose (GObject *object)
{
  CofferPrefixLevel *self = COFFER_PREFIX_LEVEL (object);
  GHashTableIter iter;
  CofferPrefix *prefix;

  if (self->vault != NULL)
    g_signal_handlers_disconnect_by_data (self->vault, self);
  stop_walk (self);
  stop_sizing (self);
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  g_hash_table_iter_init (&iter, self->live);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &prefix))
    prefix->level = NULL;
  g_hash_table_remove_all (self->live);
  g_clear_object (&self->vault);

  G_OBJECT_CLASS (coffer_prefix_level_parent_class)->dispose (object);
}

static void
coffer_prefix_level_finalize (GObject *object)
{
  CofferPrefixLevel *self = COFFER_PREFIX_LEVEL (object);

  coffer_prefix_table_free (self->shown);
  g_clear_pointer (&self->sizes, g_array_unref);
  g_hash_table_unref (self->live);
  g_bytes_unref (self->prefix);
  g_free (self->table);
  g_free (self->error);

  G_OBJECT_CLASS (coffer_prefix_level_parent_class)->finalize (object);
}

static void
coffer_prefix_level_get_property (GObject    *object,
                                  guint       prop_id,
                                  GValue     *value,
                                  GParamSpec *pspec)
{
  CofferPrefixLevel *self = COFFER_PREFIX_LEVEL (object);

  switch (prop_id)
    {
    case PROP_LOADING:
      g_value_set_boolean (value, self->loading);
      break;
    case PROP_ERROR:
      g_value_set_string (value, self->error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
coffer_prefix_level_class_init (CofferPrefixLevelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->dispose = coffer_prefix_level_dispose;
  object_class->finalize = coffer_prefix_level_finalize;
  object_class->get_property = coffer_prefix_level_get_property;

  props[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, flags);
  props[PROP_ERROR] = g_param_spec_string ("error", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
coffer_prefix_level_init (CofferPrefixLevel *self)
{
  self->shown = coffer_prefix_table_new ();
  self->live = g_hash_table_new (g_bytes_hash, g_bytes_equal);
}

static gboolean
refresh_cb (gpointer data)
{
  CofferPrefixLevel *self = data;

  self->refresh_id = 0;
  coffer_prefix_level_refresh (self);
  return G_SOURCE_REMOVE;
}

/* Beside a busy writer too, walks have a fifth of the time at most. */
static void
refresh_soon (CofferPrefixLevel *self)
{
  gint64 pause = MAX (REFRESH_PAUSE_US, self->walk_us * 4);
  gint64 wait = self->walked_at + pause - g_get_monotonic_time ();

  if (self->refresh_id != 0)
    return;
  self->refresh_id = g_timeout_add (MAX (wait, 0) / 1000, refresh_cb, self);
  g_source_set_name_by_id (self->refresh_id, "[coffer] refresh prefixes");
}

CofferPrefixLevel *
coffer_prefix_level_new (CofferVault            *vault,
                         const char             *table,
                         GBytes                 *prefix,
                         const CofferSeparators *separators)
{
  CofferPrefixLevel *self;

  g_return_val_if_fail (COFFER_IS_VAULT (vault), NULL);
  g_return_val_if_fail (table != NULL, NULL);

  self = g_object_new (COFFER_TYPE_PREFIX_LEVEL, NULL);
  self->vault = g_object_ref (vault);
  self->table = g_strdup (table);
  self->prefix = prefix != NULL ? g_bytes_ref (prefix) : g_bytes_new (NULL, 0);
  self->separators = *separators;
  g_signal_connect_swapped (vault, "changed", G_CALLBACK (coffer_prefix_level_refresh), self);
  g_signal_connect_swapped (vault, "touched", G_CALLBACK (refresh_soon), self);
  g_signal_connect_swapped (vault, "census", G_CALLBACK (start_sizing), self);
  coffer_prefix_level_refresh (self);
  return self;
}

const char *
coffer_prefix_level_get_table (CofferPrefixLevel *self)
{
  g_return_val_if_fail (COFFER_IS_PREFIX_LEVEL (self), NULL);

  return self->table;
}

GBytes *
coffer_prefix_level_get_prefix (CofferPrefixLevel *self)
{
  g_return_val_if_fail (COFFER_IS_PREFIX_LEVEL (self), NULL);

  return self->prefix;
}

gboolean
coffer_prefix_level_get_loading (CofferPrefixLevel *self)
{
  g_return_val_if_fail (COFFER_IS_PREFIX_LEVEL (self), FALSE);

  return self->loading;
}

const char *
coffer_prefix_level_get_error (CofferPrefixLevel *self)
{
  g_return_val_if_fail (COFFER_IS_PREFIX_LEVEL (self), NULL);

  return self->error;
}

gboolean
coffer_prefix_level_find (CofferPrefixLevel *self,
                          GBytes            *prefix,
                          guint             *position)
{
  gsize parent_size = g_bytes_get_size (self->prefix);
  gsize size;
  const guint8 *data = g_bytes_get_data (prefix, &size);

  g_return_val_if_fail (COFFER_IS_PREFIX_LEVEL (self), FALSE);

  return size > parent_size &&
         (parent_size == 0 || memcmp (data, g_bytes_get_data (self->prefix, NULL), parent_size) == 0) &&
         coffer_prefix_table_find (self->shown, data + parent_size, size - parent_size, position);
}

void
coffer_prefix_level_set_sizes (CofferPrefixLevel *self,
                               guint              position,
                               const guint64     *sizes,
                               guint              n_sizes)
{
  const guint64 unknown = G_MAXUINT64;

  g_return_if_fail (COFFER_IS_PREFIX_LEVEL (self));
  g_return_if_fail (position + n_sizes <= self->shown->children->len);

  if (self->sizes == NULL)
    self->sizes = g_array_new (FALSE, FALSE, sizeof (guint64));
  while (self->sizes->len < position + n_sizes)
    g_array_append_val (self->sizes, unknown);
  memcpy (&g_array_index (self->sizes, guint64, position), sizes, n_sizes * sizeof *sizes);
  update_live (self);
}

guint
coffer_prefix_level_count_live (CofferPrefixLevel *self)
{
  return g_hash_table_size (self->live);
}

void
coffer_prefix_level_set_slice_time (guint max_us)
{
  slice_us = max_us;
}
