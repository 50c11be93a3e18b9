/* SPDX-License-Identifier: MIT */
/*
 * The keys, and sizes, of rows that somebody chose by their positions. Before a row is taken for the one that was chosen its whole
 * block is read, and must be what it was: nothing is told of, or done to, a row that nobody chose. Lanes, but for making and
 * freeing.
 */
#define G_LOG_DOMAIN "coffer-entry-list"

#include "coffer-entry-measure.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gi18n-lib.h>

#define SLICE_US (60 * 1000)

static void
piece_clear (gpointer data)
{
  CofferPiece *piece = data;

  g_clear_pointer (&piece->known.fence, coffer_key_unref);
  g_clear_pointer (&piece->known.prints, coffer_prints_unref);
  g_clear_pointer (&piece->ids, g_atomic_rc_box_release);
  g_clear_pointer (&piece->end, coffer_key_unref);
  g_clear_pointer (&piece->last, coffer_key_unref);
}

CofferMeasure *
coffer_measure_new (const CofferScope *scope)
{
  CofferMeasure *self = g_new0 (CofferMeasure, 1);

  coffer_scope_init (&self->scope, scope->prefix, scope->descending);
  self->pieces = g_array_new (FALSE, TRUE, sizeof (CofferPiece));
  g_array_set_clear_func (self->pieces, piece_clear);
  self->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  return self;
}

void
coffer_measure_free (gpointer data)
{
  CofferMeasure *self = data;

  coffer_scope_clear (&self->scope);
  g_array_unref (self->pieces);
  coffer_keys_unref (self->keys);
  g_clear_pointer (&self->census, coffer_census_unref);
  g_free (self);
}

/* KVAULT_ECANCELLED: nothing is known of it, and it is to be asked for again. */
static int
find_size (CofferMeasure *self,
           kvault        *vault,
           CofferKey     *key,
           guint64       *size)
{
  kvault_entry entry = coffer_key_to_entry (key);
  int rc;

  *size = G_MAXUINT64;
  if (coffer_vault_find_size (vault, self->census, &entry, size))
    return KVAULT_OK;
  if ((rc = kvault_entry_by_id (vault, coffer_key_get_id (key), KVAULT_CURSOR_SIZES, &entry)) == KVAULT_ECANCELLED)
    return rc;
  if (rc == KVAULT_OK && entry.result == KVAULT_OK)
    *size = entry.value_size;
  return KVAULT_OK;
}

static int
take_row (CofferMeasure *self,
          kvault        *vault,
          CofferKey     *key)
{
  guint64 size;
  int rc;

  if (self->want_keys)
    {
      g_ptr_array_add (self->keys, coffer_key_ref (key));
      return KVAULT_OK;
    }
  if ((rc = find_size (self, vault, key, &size)) != KVAULT_OK)
    return rc;
  self->totals.keys++;
  if (size == G_MAXUINT64)
    self->totals.unreadable++;
  else
    self->totals.bytes += size;
  return KVAULT_OK;
}

static GError *
new_stale_error (void)
{
  return g_error_new_literal (COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE), _("The keys changed meanwhile"));
}

static GPtrArray *
read_ids (const CofferPiece  *piece,
          kvault             *vault,
          GError            **error)
{
  g_autofree guint32 *prints = g_new (guint32, piece->known.n_rows);

  coffer_prints_read (piece->known.prints, prints);
  return coffer_ids_read (vault, piece->ids + piece->skip, prints + piece->skip, piece->n_rows, error);
}

/* The keys of the whole block that a piece is of; in a list of ids of its rows alone, and NULL for those that are gone. */
static GPtrArray *
read_block (CofferMeasure      *self,
            const CofferPiece  *piece,
            kvault             *vault,
            GCancellable       *cancellable,
            GError            **error)
{
  CofferCheckRequest request = { self->scope, NULL, piece->from_start, piece->end, piece->last, TRUE, 0 };
  g_autoptr(GArray) blocks = g_array_new (FALSE, FALSE, sizeof (CofferKnownBlock));
  CofferCheck *check;
  CofferCheckedBlock *checked;
  GPtrArray *keys = NULL;

  if (piece->ids != NULL)
    return read_ids (piece, vault, error);

  g_array_append_val (blocks, piece->known);
  request.blocks = blocks;
  if ((check = coffer_check_worker (vault, &request, cancellable, error)) == NULL)
    return NULL;
  checked = g_ptr_array_index (check->blocks, 0);
  if (check->error != NULL)
    *error = g_steal_pointer (&check->error);
  else if (checked->blocks != NULL || checked->overgrown)
    *error = new_stale_error ();
  else
    {
      keys = g_ptr_array_ref (checked->keys);
      if (piece->skip > 0)
        g_ptr_array_remove_range (keys, 0, piece->skip);
      g_ptr_array_set_size (keys, (gint) piece->n_rows);
    }
  coffer_check_free (check);
  return keys;
}

/* All of a piece or nothing: the job may be run again, and then goes on with the piece that comes next. */
static gboolean
take_piece (CofferMeasure  *self,
            kvault         *vault,
            GPtrArray      *keys,
            GError        **error)
{
  CofferVaultTotals totals = self->totals;
  guint n_keys = self->keys->len;

  for (guint i = 0; i < keys->len && *error == NULL; i++)
    {
      CofferKey *key = g_ptr_array_index (keys, i);

      if (key == NULL && self->want_keys)
        *error = new_stale_error ();
      else if (key != NULL && take_row (self, vault, key) != KVAULT_OK)
        *error = coffer_error_new (vault, KVAULT_ECANCELLED);
    }
  if (*error == NULL)
    {
      self->next++;
      return TRUE;
    }
  self->totals = totals;
  g_ptr_array_set_size (self->keys, (gint) n_keys);
  return FALSE;
}

gpointer
coffer_measure_worker (kvault        *vault,
                       gpointer       data,
                       GCancellable  *cancellable,
                       GError       **error)
{
  CofferMeasure *self = data;
  gint64 deadline = g_get_monotonic_time () + SLICE_US;

  while (self->next < self->pieces->len && g_get_monotonic_time () < deadline)
    {
      const CofferPiece *piece = &g_array_index (self->pieces, CofferPiece, self->next);
      g_autoptr(GPtrArray) keys = read_block (self, piece, vault, cancellable, error);

      if (keys == NULL || !take_piece (self, vault, keys, error))
        return NULL;
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
    }
  return self;
}
