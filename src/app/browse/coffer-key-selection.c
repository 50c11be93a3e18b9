/* SPDX-License-Identifier: MIT */
/* The selection over a lazy list: ranges of positions, and the one row that was selected last, the current one. GTK's own
 * selections ask the list for every row they touch, which of a million makes a million queries. Main thread.
 *
 *   CofferEntryList -> CofferKeySelection -> CofferKeyCells, of the list and of the grid
 *
 * What is kept true: no range reaches behind the last row; the current row is selected, and the only one if there is only one.
 * Views are told by selection-changed of a span that has all rows that changed, everybody else by notify once that is done.
 * Of rows that come and go one by one the list tells to the letter before it tells views, to whom it may seem more.
 */
#define G_LOG_DOMAIN "coffer-key-selection"

#include "coffer-key-selection-private.h"

#include <string.h>

enum {
  PROP_N_SELECTED = 1,
  PROP_SELECTED_ENTRY,
  PROP_GROWING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
guint coffer_key_selection_reveal_signal;
guint coffer_key_selection_not_found_signal;

static void list_model_iface_init (GListModelInterface *iface);
static void selection_model_iface_init (GtkSelectionModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (CofferKeySelection, coffer_key_selection, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init)
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SELECTION_MODEL, selection_model_iface_init))

guint
coffer_key_selection_get_n_rows (CofferKeySelection *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->list));
}

/* ---- the current row, and what others are told ---- */

static void
loaded_cb (CofferKeySelection *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SELECTED_ENTRY]);
}

static void
set_entry (CofferKeySelection *self,
           CofferEntry        *entry)
{
  if (entry == self->entry)
    return;

  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_func (self->entry, loaded_cb, self);
  g_set_object (&self->entry, entry);
  if (entry != NULL && coffer_entry_get_key (entry) == NULL)
    g_signal_connect_swapped (entry, "notify::loaded", G_CALLBACK (loaded_cb), self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SELECTED_ENTRY]);
}

/* The row that is current when @wanted was selected last. */
static guint
choose_current (CofferKeySelection *self,
                guint               wanted)
{
  if (coffer_ranges_count (self->rows) == 1)
    return coffer_ranges_get_first (self->rows);
  return coffer_ranges_contains (self->rows, wanted) ? wanted : NO_ROW;
}

/* @moved: the rows are not those that they were. */
static void
tell (CofferKeySelection *self,
      gboolean            moved)
{
  g_autoptr(CofferEntry) entry = NULL;

  if (self->current != NO_ROW)
    entry = g_list_model_get_item (G_LIST_MODEL (self->list), self->current);
  g_object_freeze_notify (G_OBJECT (self));
  set_entry (self, entry);
  if (moved)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_SELECTED]);
  g_object_thaw_notify (G_OBJECT (self));
}

gboolean
coffer_key_selection_is_growing (CofferKeySelection *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_SELECTION (self), FALSE);

  return self->rest || self->to_come->len > 0;
}

void
coffer_key_selection_tell_growing (CofferKeySelection *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_GROWING]);
}

void
coffer_key_selection_set_to_come (CofferKeySelection *self,
                                  gboolean            rest)
{
  gboolean was_growing = coffer_key_selection_is_growing (self);

  self->rest = rest && coffer_entry_list_is_growing (self->list);
  g_ptr_array_set_size (self->to_come, 0);
  if (was_growing != self->rest)
    coffer_key_selection_tell_growing (self);
}

void
coffer_key_selection_change_rows (CofferKeySelection *self,
                                  CofferRanges       *rows,
                                  guint               current)
{
  g_autoptr(CofferRanges) old = self->rows;
  gboolean same = coffer_ranges_equal (old, rows);

  g_clear_pointer (&self->return_to, coffer_key_unref);
  self->keep_place = FALSE;
  self->place = NO_ROW;
  if (self->to_come->len == 0)
    g_cancellable_cancel (self->finding);
  self->rows = rows;
  self->current = choose_current (self, current);
  if (!same)
    {
      guint first = MIN (coffer_ranges_get_first (old), coffer_ranges_get_first (rows));
      guint end = MAX (coffer_ranges_get_end (old), coffer_ranges_get_end (rows));

      gtk_selection_model_selection_changed (GTK_SELECTION_MODEL (self), first, end - first);
    }
  tell (self, !same);
}

void
coffer_key_selection_set_rows (CofferKeySelection *self,
                               CofferRanges       *rows,
                               guint               current)
{
  coffer_key_selection_set_to_come (self, FALSE);
  coffer_key_selection_change_rows (self, rows, current);
}

/* ---- GtkSelectionModel ---- */

static gboolean
coffer_key_selection_is_selected (GtkSelectionModel *model,
                                  guint              position)
{
  return coffer_ranges_contains (COFFER_KEY_SELECTION (model)->rows, position);
}

static GtkBitset *
coffer_key_selection_get_selection_in_range (GtkSelectionModel *model,
                                             guint              position,
                                             guint              n_items)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_copy (COFFER_KEY_SELECTION (model)->rows);
  GtkBitset *bits = gtk_bitset_new_empty ();
  guint n_ranges;
  const CofferRange *ranges;

  n_items = MIN (n_items, G_MAXUINT - position);
  coffer_ranges_remove_range (rows, 0, position);
  coffer_ranges_remove_range (rows, position + n_items, G_MAXUINT - position - n_items);
  ranges = coffer_ranges_peek (rows, &n_ranges);
  for (guint i = 0; i < n_ranges; i++)
    gtk_bitset_add_range (bits, ranges[i].position, ranges[i].end - ranges[i].position);
  return bits;
}

/* As far as there are rows. (transfer full) */
static CofferRanges *
with_range (CofferKeySelection *self,
            CofferRanges       *rows,
            guint               position,
            guint               n_items)
{
  guint n_rows = coffer_key_selection_get_n_rows (self);

  if (position < n_rows)
    coffer_ranges_add_range (rows, position, MIN (n_items, n_rows - position));
  return rows;
}

/* A range is drawn from the row that was current to its other end, which is looked at. */
static gboolean
coffer_key_selection_select_range (GtkSelectionModel *model,
                                   guint              position,
                                   guint              n_items,
                                   gboolean           unselect_rest)
{
  CofferKeySelection *self = COFFER_KEY_SELECTION (model);
  CofferRanges *rows = unselect_rest ? coffer_ranges_new () : coffer_ranges_copy (self->rows);
  guint last = MIN (n_items, G_MAXUINT - position) + position - 1;

  if (unselect_rest)
    coffer_key_selection_set_to_come (self, FALSE);
  coffer_key_selection_change_rows (self, with_range (self, rows, position, n_items), last == self->current ? position : last);
  return TRUE;
}

static gboolean
coffer_key_selection_select_item (GtkSelectionModel *model,
                                  guint              position,
                                  gboolean           unselect_rest)
{
  return coffer_key_selection_select_range (model, position, 1, unselect_rest);
}

static gboolean
coffer_key_selection_unselect_range (GtkSelectionModel *model,
                                     guint              position,
                                     guint              n_items)
{
  CofferKeySelection *self = COFFER_KEY_SELECTION (model);
  CofferRanges *rows = coffer_ranges_copy (self->rows);

  coffer_ranges_remove_range (rows, position, MIN (n_items, G_MAXUINT - position));
  coffer_key_selection_change_rows (self, rows, self->current);
  return TRUE;
}

static gboolean
coffer_key_selection_unselect_item (GtkSelectionModel *model,
                                    guint              position)
{
  return coffer_key_selection_unselect_range (model, position, 1);
}

static gboolean
coffer_key_selection_select_all (GtkSelectionModel *model)
{
  CofferKeySelection *self = COFFER_KEY_SELECTION (model);

  coffer_key_selection_set_to_come (self, TRUE);
  coffer_key_selection_change_rows (self, with_range (self, coffer_ranges_new (), 0, G_MAXUINT), NO_ROW);
  return TRUE;
}

static gboolean
coffer_key_selection_unselect_all (GtkSelectionModel *model)
{
  coffer_key_selection_set_rows (COFFER_KEY_SELECTION (model), coffer_ranges_new (), NO_ROW);
  return TRUE;
}

static void
change_run (CofferKeySelection *self,
            CofferRanges       *rows,
            guint               position,
            guint               n_items,
            gboolean            add)
{
  if (add)
    with_range (self, rows, position, n_items);
  else
    coffer_ranges_remove_range (rows, position, n_items);
}

/* Adds or removes the rows of @bits, run by run; of a single run nobody has to look at every bit. */
static void
change_bits (CofferKeySelection *self,
             CofferRanges       *rows,
             const GtkBitset    *bits,
             gboolean            add)
{
  guint first = gtk_bitset_get_minimum (bits);
  guint64 n_bits = gtk_bitset_get_size (bits);
  GtkBitsetIter iter;
  guint bit;
  guint n = 0;

  if (n_bits == 0)
    return;
  if (n_bits == (guint64) gtk_bitset_get_maximum (bits) - first + 1)
    {
      change_run (self, rows, first, MIN (n_bits, G_MAXUINT - first), add);
      return;
    }
  gtk_bitset_iter_init_first (&iter, bits, &bit);
  do
    {
      if (bit != first + n)
        {
          change_run (self, rows, first, n, add);
          first = bit;
          n = 0;
        }
      n++;
    }
  while (gtk_bitset_iter_next (&iter, &bit));
  change_run (self, rows, first, n, add);
}

static gboolean
coffer_key_selection_set_selection (GtkSelectionModel *model,
                                    GtkBitset         *selected,
                                    GtkBitset         *mask)
{
  CofferKeySelection *self = COFFER_KEY_SELECTION (model);
  g_autoptr(GtkBitset) added = gtk_bitset_copy (selected);
  CofferRanges *rows = coffer_ranges_copy (self->rows);

  gtk_bitset_intersect (added, mask);
  change_bits (self, rows, mask, FALSE);
  change_bits (self, rows, added, TRUE);
  coffer_key_selection_set_rows (self, rows, coffer_ranges_contains (rows, self->current) ? self->current : gtk_bitset_get_maximum (added));
  return TRUE;
}

static void
selection_model_iface_init (GtkSelectionModelInterface *iface)
{
  iface->is_selected = coffer_key_selection_is_selected;
  iface->get_selection_in_range = coffer_key_selection_get_selection_in_range;
  iface->select_item = coffer_key_selection_select_item;
  iface->unselect_item = coffer_key_selection_unselect_item;
  iface->select_range = coffer_key_selection_select_range;
  iface->unselect_range = coffer_key_selection_unselect_range;
  iface->select_all = coffer_key_selection_select_all;
  iface->unselect_all = coffer_key_selection_unselect_all;
  iface->set_selection = coffer_key_selection_set_selection;
}

void
coffer_key_selection_clear (CofferKeySelection *self)
{
  g_return_if_fail (COFFER_IS_KEY_SELECTION (self));

  coffer_key_selection_set_rows (self, coffer_ranges_new (), NO_ROW);
}

void
coffer_key_selection_invert (CofferKeySelection *self)
{
  CofferRanges *rows;

  g_return_if_fail (COFFER_IS_KEY_SELECTION (self));

  if (self->to_come->len > 0)
    return;
  rows = coffer_ranges_copy (self->rows);
  coffer_ranges_invert (rows, coffer_key_selection_get_n_rows (self));
  coffer_key_selection_set_to_come (self, !self->rest);
  coffer_key_selection_change_rows (self, rows, NO_ROW);
}

void
coffer_key_selection_look_at (CofferKeySelection *self,
                              guint               position)
{
  g_return_if_fail (COFFER_IS_KEY_SELECTION (self));

  coffer_key_selection_change_rows (self, coffer_ranges_copy (self->rows), position);
}

/* ---- following the list ---- */

gboolean
coffer_key_selection_is_in_scope (CofferKeySelection *self,
                                  GBytes             *key)
{
  GBytes *prefix = coffer_entry_list_get_prefix (self->list);
  gsize size, prefix_size;
  gconstpointer bytes = g_bytes_get_data (key, &size);
  gconstpointer beginning = prefix != NULL ? g_bytes_get_data (prefix, &prefix_size) : NULL;

  return prefix == NULL || (size >= prefix_size && memcmp (bytes, beginning, prefix_size) == 0);
}

/* The list has its rows again, or says that it is done. */
static void
refilled_cb (CofferKeySelection *self)
{
  g_autoptr(CofferKey) key = NULL;

  if (self->return_to == NULL || coffer_entry_list_get_loading (self->list) || coffer_key_selection_get_n_rows (self) == 0)
    return;

  key = g_steal_pointer (&self->return_to);
  if (coffer_key_selection_is_in_scope (self, coffer_key_get_bytes (key)))
    coffer_key_selection_go_to_key (self, key);
}

/* What was to come is there, or will not come. */
static void
loading_cb (CofferKeySelection *self)
{
  if (!coffer_entry_list_is_growing (self->list))
    {
      if (self->rest)
        coffer_key_selection_set_to_come (self, FALSE);
      coffer_key_selection_find_next (self);
    }
  refilled_cb (self);
}

/* Rows that were to come. Returns: whether they are selected */
static gboolean
take_rest (CofferKeySelection *self,
           const CofferEdit   *edit)
{
  if (!self->rest || edit->removed > 0 || edit->position + edit->added != coffer_key_selection_get_n_rows (self))
    return FALSE;
  coffer_ranges_add_range (self->rows, edit->position, edit->added);
  return TRUE;
}

/* Returns: whether the rows are others, or elsewhere, now */
static gboolean
follow_edits (CofferKeySelection  *self,
              const CofferEdit    *edits,
              guint                n_edits,
              const CofferRowMove *moves,
              guint                n_moves)
{
  g_autoptr(CofferRanges) before = NULL;
  guint current = self->current;

  if (n_edits == 0 || edits[0].position >= coffer_ranges_get_end (self->rows))
    return FALSE;

  before = n_moves > 0 ? coffer_ranges_copy (self->rows) : NULL;
  coffer_ranges_apply_edits (self->rows, edits, n_edits);
  if (before != NULL)
    coffer_ranges_apply_moves (self->rows, before, moves, n_moves);
  if (self->current != NO_ROW && !coffer_edits_follow_row (edits, n_edits, &self->current))
    {
      guint to = coffer_moves_find (moves, n_moves, current);

      if (self->keep_place && coffer_ranges_count (self->rows) == 0)
        self->place = self->current;
      self->current = to != G_MAXUINT ? to : NO_ROW;
    }
  self->current = choose_current (self, self->current);
  return TRUE;
}

static void
edited_cb (CofferKeySelection  *self,
           const CofferEdit    *edits,
           guint                n_edits,
           const CofferRowMove *moves,
           guint                n_moves)
{
  self->moved |= follow_edits (self, edits, n_edits, moves, n_moves);
}

/* Comes when all edits are told: until then positions are none to ask the list for. */
static void
n_keys_cb (CofferKeySelection *self)
{
  guint place = self->place;

  if (!self->moved)
    return;

  self->moved = FALSE;
  tell (self, TRUE);
  if (place != NO_ROW && coffer_key_selection_get_n_rows (self) > 0)
    coffer_key_selection_reveal (self, place);
}

static void
items_changed_cb (CofferKeySelection *self,
                  guint               position,
                  guint               removed,
                  guint               added)
{
  const CofferEdit edit = { position, removed, added };
  CofferKey *key = coffer_ranges_count (self->rows) == 1 && self->entry != NULL ? coffer_entry_get_key (self->entry) : NULL;
  gboolean moved;

  if (coffer_entry_list_is_editing (self->list))
    {
      g_list_model_items_changed (G_LIST_MODEL (self), position, removed, added);
      return;
    }
  if (coffer_key_selection_get_n_rows (self) == 0 && self->return_to == NULL && key != NULL)
    self->return_to = coffer_key_ref (key);
  if (removed > 0 && coffer_key_selection_get_n_rows (self) == 0)
    coffer_key_selection_set_to_come (self, FALSE);   /* what comes now is another list */
  moved = take_rest (self, &edit) || follow_edits (self, &edit, 1, NULL, 0);
  g_list_model_items_changed (G_LIST_MODEL (self), position, removed, added);
  tell (self, moved);
  refilled_cb (self);
}

void
coffer_key_selection_keep_place (CofferKeySelection *self,
                                 gboolean            keep)
{
  g_return_if_fail (COFFER_IS_KEY_SELECTION (self));

  self->keep_place = keep;
}

void
coffer_key_selection_follow (CofferKeySelection *self,
                             CofferKey          *key)
{
  g_return_if_fail (COFFER_IS_KEY_SELECTION (self));

  if (key != NULL)
    coffer_key_ref (key);
  g_clear_pointer (&self->return_to, coffer_key_unref);
  self->return_to = key;
  refilled_cb (self);
}

/* ---- GListModel ---- */

static GType
coffer_key_selection_get_item_type (GListModel *model)
{
  return COFFER_TYPE_ENTRY;
}

static guint
coffer_key_selection_get_n_items (GListModel *model)
{
  return coffer_key_selection_get_n_rows (COFFER_KEY_SELECTION (model));
}

static gpointer
coffer_key_selection_get_item (GListModel *model,
                               guint       position)
{
  return g_list_model_get_item (G_LIST_MODEL (COFFER_KEY_SELECTION (model)->list), position);
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = coffer_key_selection_get_item_type;
  iface->get_n_items = coffer_key_selection_get_n_items;
  iface->get_item = coffer_key_selection_get_item;
}

/* ---- the object ---- */

CofferEntryList *
coffer_key_selection_get_list (CofferKeySelection *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_SELECTION (self), NULL);

  return self->list;
}

guint
coffer_key_selection_get_n_selected (CofferKeySelection *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_SELECTION (self), 0);

  return coffer_ranges_count (self->rows);
}

guint
coffer_key_selection_get_current (CofferKeySelection *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_SELECTION (self), NO_ROW);

  return self->current;
}

CofferEntry *
coffer_key_selection_get_selected_entry (CofferKeySelection *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_SELECTION (self), NULL);

  return self->entry;
}

const CofferRanges *
coffer_key_selection_peek_rows (CofferKeySelection *self)
{
  g_return_val_if_fail (COFFER_IS_KEY_SELECTION (self), NULL);

  return self->rows;
}

static void
coffer_key_selection_get_property (GObject    *object,
                                   guint       id,
                                   GValue     *value,
                                   GParamSpec *pspec)
{
  CofferKeySelection *self = COFFER_KEY_SELECTION (object);

  switch (id)
    {
    case PROP_N_SELECTED:
      g_value_set_uint (value, coffer_ranges_count (self->rows));
      break;
    case PROP_SELECTED_ENTRY:
      g_value_set_object (value, self->entry);
      break;
    case PROP_GROWING:
      g_value_set_boolean (value, coffer_key_selection_is_growing (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
coffer_key_selection_dispose (GObject *object)
{
  CofferKeySelection *self = COFFER_KEY_SELECTION (object);

  g_cancellable_cancel (self->finding);
  g_clear_object (&self->finding);
  if (self->list != NULL)
    g_signal_handlers_disconnect_by_data (self->list, self);
  if (self->entry != NULL)
    g_signal_handlers_disconnect_by_func (self->entry, loaded_cb, self);
  g_clear_object (&self->entry);
  g_clear_pointer (&self->return_to, coffer_key_unref);

  G_OBJECT_CLASS (coffer_key_selection_parent_class)->dispose (object);
}

static void
coffer_key_selection_finalize (GObject *object)
{
  CofferKeySelection *self = COFFER_KEY_SELECTION (object);

  coffer_ranges_free (self->rows);
  g_ptr_array_unref (self->to_come);
  g_clear_object (&self->list);

  G_OBJECT_CLASS (coffer_key_selection_parent_class)->finalize (object);
}

static void
coffer_key_selection_class_init (CofferKeySelectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = coffer_key_selection_get_property;
  object_class->dispose = coffer_key_selection_dispose;
  object_class->finalize = coffer_key_selection_finalize;

  properties[PROP_N_SELECTED] = g_param_spec_uint ("n-selected", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_SELECTED_ENTRY] = g_param_spec_object ("selected-entry", NULL, NULL, COFFER_TYPE_ENTRY, flags);
  properties[PROP_GROWING] = g_param_spec_boolean ("growing", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  coffer_key_selection_reveal_signal = g_signal_new ("reveal", COFFER_TYPE_KEY_SELECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  coffer_key_selection_not_found_signal = g_signal_new ("not-found", COFFER_TYPE_KEY_SELECTION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
coffer_key_selection_init (CofferKeySelection *self)
{
  self->rows = coffer_ranges_new ();
  self->to_come = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->current = NO_ROW;
  self->place = NO_ROW;
}

CofferKeySelection *
coffer_key_selection_new (CofferEntryList *list)
{
  CofferKeySelection *self;

  g_return_val_if_fail (COFFER_IS_ENTRY_LIST (list), NULL);

  self = g_object_new (COFFER_TYPE_KEY_SELECTION, NULL);
  self->list = g_object_ref (list);
  g_signal_connect_swapped (list, "items-changed", G_CALLBACK (items_changed_cb), self);
  g_signal_connect_swapped (list, "edited", G_CALLBACK (edited_cb), self);
  g_signal_connect_swapped (list, "notify::n-keys", G_CALLBACK (n_keys_cb), self);
  g_signal_connect_swapped (list, "notify::loading", G_CALLBACK (loading_cb), self);
  return self;
}
