/* SPDX-License-Identifier: MIT */
/* Selecting by key: which rows those are, the list finds out behind. The last question is the one that counts. Main thread.
 */
#define G_LOG_DOMAIN "coffer-key-selection"

#include "coffer-key-selection-private.h"

static GCancellable *
begin_finding (CofferKeySelection *self)
{
  g_cancellable_cancel (self->finding);
  g_clear_object (&self->finding);
  return self->finding = g_cancellable_new ();
}

void
coffer_key_selection_reveal (CofferKeySelection *self,
                             guint               position)
{
  position = MIN (position, coffer_key_selection_get_n_rows (self) - 1);
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self), position, TRUE);
  g_signal_emit (self, coffer_key_selection_reveal_signal, 0, position);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr(CofferKeySelection) self = user_data;
  g_autoptr(GError) error = NULL;
  guint position = coffer_entry_list_find_finish (COFFER_ENTRY_LIST (source), result, &error);

  if (error != NULL || coffer_key_selection_get_n_rows (self) == 0)
    return;
  /* In another order than that of keys there is no row where the key would be. */
  if (position != G_MAXUINT || coffer_entry_list_is_by_key (self->list))
    coffer_key_selection_reveal (self, position);
}

void
coffer_key_selection_go_to (CofferKeySelection *self,
                            GBytes             *prefix)
{
  g_return_if_fail (COFFER_IS_KEY_SELECTION (self));
  g_return_if_fail (prefix != NULL);

  coffer_key_selection_set_to_come (self, FALSE);
  coffer_entry_list_find_async (self->list, prefix, begin_finding (self), found_cb, g_object_ref (self));
}

void
coffer_key_selection_go_to_key (CofferKeySelection *self,
                                CofferKey          *key)
{
  coffer_key_selection_set_to_come (self, FALSE);
  coffer_entry_list_find_key_async (self->list, key, begin_finding (self), found_cb, g_object_ref (self));
}

typedef struct {
  CofferKeySelection *selection;
  GCancellable *cancellable;
  GBytes *begin;
  GBytes *instead;  /* (nullable) the first of the rows is gone to, or if there is none what begins so, which may be the same; else they are added */
  guint position;
  gboolean growing; /* the list had not all its rows when it was asked */
  gboolean moved;   /* rows came or went since it was asked for */
} Prefix;

static void
prefix_free (Prefix *prefix)
{
  g_signal_handlers_disconnect_by_data (prefix->selection->list, prefix);
  g_object_unref (prefix->selection);
  g_object_unref (prefix->cancellable);
  g_bytes_unref (prefix->begin);
  g_clear_pointer (&prefix->instead, g_bytes_unref);
  g_free (prefix);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Prefix, prefix_free)

static void
moved_cb (Prefix *prefix)
{
  prefix->moved = TRUE;
}

static void find_prefix (Prefix *prefix);
static void begin_prefix (CofferKeySelection *self, GBytes *prefix, GBytes *instead);

/* All its keys are selected, or will not be. */
static void
forget_prefix (CofferKeySelection *self,
               GBytes             *prefix)
{
  guint index;

  if (!g_ptr_array_find_with_equal_func (self->to_come, prefix, (GEqualFunc) g_bytes_equal, &index))
    return;
  g_ptr_array_remove_index (self->to_come, index);
  if (!coffer_key_selection_is_growing (self))
    coffer_key_selection_tell_growing (self);
  coffer_key_selection_find_next (self);
}

/* As far as there are rows: those that are still to come are looked for once they are there. */
static void
add_until (Prefix *prefix,
           guint   end)
{
  CofferKeySelection *self = prefix->selection;
  CofferRanges *rows;

  end = MIN (end, coffer_key_selection_get_n_rows (self));
  if (prefix->position < end)
    {
      rows = coffer_ranges_copy (self->rows);
      coffer_ranges_add_range (rows, prefix->position, end - prefix->position);
      coffer_key_selection_change_rows (self, rows, self->current);
    }
  if (prefix->growing)
    coffer_key_selection_find_next (self);
  else
    forget_prefix (self, prefix->begin);
}

/* As it was typed, or else as a whole key; of neither there is one. It is gone to where it would be. */
static void
go_instead (Prefix *prefix)
{
  CofferKeySelection *self = prefix->selection;

  if (!g_bytes_equal (prefix->instead, prefix->begin))
    {
      begin_prefix (self, prefix->instead, prefix->instead);
      return;
    }
  if (!prefix->growing)
    g_signal_emit (self, coffer_key_selection_not_found_signal, 0);
  if (coffer_entry_list_is_by_key (self->list))
    coffer_key_selection_go_to (self, prefix->instead);
}

static void
take_found (Prefix *prefix,
            guint   end)
{
  if (prefix->instead == NULL)
    add_until (prefix, end);
  else if (prefix->position < MIN (end, coffer_key_selection_get_n_rows (prefix->selection)))
    coffer_key_selection_reveal (prefix->selection, prefix->position);
  else
    go_instead (prefix);
}

static void
end_found_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(Prefix) prefix = user_data;
  g_autoptr(GError) error = NULL;
  guint end = coffer_entry_list_find_finish (COFFER_ENTRY_LIST (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (error != NULL || !coffer_entry_list_is_by_key (prefix->selection->list))
    forget_prefix (prefix->selection, prefix->begin);
  else if (prefix->moved)   /* what begins at the one and ends at the other position now may have other rows in it */
    find_prefix (g_steal_pointer (&prefix));
  else
    take_found (prefix, end);
}

static void
begin_found_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr(Prefix) prefix = user_data;
  CofferEntryList *list = COFFER_ENTRY_LIST (source);
  GCancellable *cancellable = prefix->cancellable;
  GBytes *begin = prefix->begin;
  g_autoptr(GError) error = NULL;

  prefix->position = coffer_entry_list_find_finish (list, result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (error != NULL)
    forget_prefix (prefix->selection, prefix->begin);
  else if (!coffer_entry_list_is_by_key (list))   /* in another order it is known to begin so */
    take_found (prefix, G_MAXUINT);
  else
    coffer_entry_list_find_behind_async (list, begin, cancellable, end_found_cb, g_steal_pointer (&prefix));
}

/* Takes @prefix. */
static void
find_prefix (Prefix *prefix)
{
  prefix->moved = FALSE;
  prefix->growing = coffer_entry_list_is_growing (prefix->selection->list);
  coffer_entry_list_find_async (prefix->selection->list, prefix->begin, prefix->cancellable, begin_found_cb, prefix);
}

static void
begin_prefix (CofferKeySelection *self,
              GBytes             *prefix,
              GBytes             *instead)
{
  Prefix *job = g_new0 (Prefix, 1);

  job->instead = instead != NULL ? g_bytes_ref (instead) : NULL;
  job->selection = g_object_ref (self);
  job->cancellable = g_object_ref (begin_finding (self));
  job->begin = g_bytes_ref (prefix);
  g_signal_connect_swapped (self->list, "edited", G_CALLBACK (moved_cb), job);
  find_prefix (job);
}

void
coffer_key_selection_find_next (CofferKeySelection *self)
{
  if (self->to_come->len > 0 && !coffer_entry_list_is_growing (self->list))
    begin_prefix (self, g_ptr_array_index (self->to_come, 0), NULL);
}

void
coffer_key_selection_add_prefix (CofferKeySelection *self,
                                 GBytes             *prefix)
{
  g_return_if_fail (COFFER_IS_KEY_SELECTION (self));
  g_return_if_fail (prefix != NULL);

  if (!coffer_entry_list_is_by_key (self->list))
    return;
  if (!g_ptr_array_find_with_equal_func (self->to_come, prefix, (GEqualFunc) g_bytes_equal, NULL))
    g_ptr_array_add (self->to_come, g_bytes_ref (prefix));
  coffer_key_selection_tell_growing (self);
  begin_prefix (self, prefix, NULL);
}

/* (transfer full) */
static GBytes *
join (GBytes *a,
      GBytes *b)
{
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_append (bytes, g_bytes_get_data (a, NULL), (guint) g_bytes_get_size (a));
  g_byte_array_append (bytes, g_bytes_get_data (b, NULL), (guint) g_bytes_get_size (b));
  return g_byte_array_free_to_bytes (bytes);
}

void
coffer_key_selection_go_to_typed (CofferKeySelection *self,
                                  GBytes             *typed)
{
  GBytes *scope;
  g_autoptr(GBytes) whole = NULL;

  g_return_if_fail (COFFER_IS_KEY_SELECTION (self));
  g_return_if_fail (typed != NULL);

  scope = coffer_entry_list_get_prefix (self->list);
  whole = scope != NULL ? join (scope, typed) : g_bytes_ref (typed);
  coffer_key_selection_set_to_come (self, FALSE);
  begin_prefix (self, whole, scope != NULL && coffer_key_selection_is_in_scope (self, typed) ? typed : whole);
}
