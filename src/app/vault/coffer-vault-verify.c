/* SPDX-License-Identifier: MIT */
/*
 * Reading back what was stored, and comparing its sum with that of the file as it was read. Like storing it goes in turns of some
 * seconds, so that others get theirs.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-vault-private.h"

#include "coffer-additions-private.h"
#include "coffer-error-private.h"

#include <glib/gi18n-lib.h>
#include <manifest.h>
#include <string.h>

#define TURN_US (2 * G_USEC_PER_SEC)
#define PIECE_SIZE (1 << 20)

static gboolean
was_stored (const CofferAddition *addition)
{
  return addition->stored_sum != NULL && (addition->state == COFFER_ADDITION_ADDED || addition->state == COFFER_ADDITION_REPLACED);
}

/* Lane. */
static int
add_up (kvault_blob     *blob,
        guint64          offset,
        manifest_sum    *sum,
        CofferAdditions *additions,
        GCancellable    *cancellable)
{
  g_autofree char *buffer = g_malloc (PIECE_SIZE);
  guint64 size = kvault_blob_size (blob);
  int rc = KVAULT_OK;

  for (; rc == KVAULT_OK && offset < size; offset += PIECE_SIZE)
    {
      gsize len = MIN (PIECE_SIZE, size - offset);

      rc = g_cancellable_is_cancelled (cancellable) ? KVAULT_ECANCELLED : kvault_blob_read (blob, buffer, len, offset);
      if (rc == KVAULT_OK)
        manifest_sum_add (sum, buffer, len);
      coffer_additions_note_bytes (additions, offset + len);
    }
  return rc;
}

/* Lane. KVAULT_OK with @same, KVAULT_ECANCELLED, or a failure. A value that is gone or damaged is not the same. */
static int
compare (kvault          *vault,
         CofferAddition  *addition,
         CofferAdditions *additions,
         GCancellable    *cancellable,
         gboolean        *same)
{
  gsize start = addition->header != NULL ? g_bytes_get_size (addition->header) : 0;
  guint8 found[COFFER_SUM_SIZE];
  kvault_blob *blob = NULL;
  manifest_sum sum;
  int rc = kvault_blob_open (vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &blob);

  manifest_sum_init (&sum);
  *same = rc == KVAULT_OK && kvault_blob_size (blob) == addition->size;
  if (*same)
    rc = add_up (blob, start, &sum, additions, cancellable);
  kvault_blob_close (blob);
  manifest_sum_end (&sum, found);
  *same = *same && rc == KVAULT_OK && memcmp (found, addition->stored_sum, sizeof found) == 0;
  return rc == KVAULT_NOTFOUND || rc == KVAULT_ECORRUPT ? KVAULT_OK : rc;
}

/* Lane. Remembers what the vault has in its place, so that nothing that is written there later is taken for it. */
static int
note_wrong (kvault          *vault,
            CofferAddition  *addition,
            CofferAdditions *additions,
            GCancellable    *cancellable)
{
  kvault_blob *blob = NULL;
  manifest_sum sum;
  int rc = kvault_blob_open (vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &blob);

  manifest_sum_init (&sum);
  if (rc == KVAULT_OK)
    rc = add_up (blob, 0, &sum, additions, cancellable);
  kvault_blob_close (blob);
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND && rc != KVAULT_ECORRUPT)
    return rc;
  g_clear_pointer (&addition->wrong_sum, g_free);
  if (rc == KVAULT_OK)
    {
      addition->wrong_sum = g_new (guint8, COFFER_SUM_SIZE);
      manifest_sum_end (&sum, addition->wrong_sum);
    }
  addition->wrong = TRUE;
  addition->state = COFFER_ADDITION_FAILED;
  g_free (addition->problem);
  addition->problem = g_strdup (addition->old != NULL ? _("It was stored, but its key has another value now; Undo brings the old one back")
                                                      : _("It was stored, but its key has another value now"));
  return KVAULT_OK;
}

/* Lane. */
static int
verify_next (kvault          *vault,
             CofferAdditions *additions,
             GCancellable    *cancellable)
{
  CofferAddition *addition = coffer_additions_get (additions, additions->verified);
  gboolean same = TRUE;
  int rc = was_stored (addition) ? compare (vault, addition, additions, cancellable, &same) : KVAULT_OK;

  if (rc == KVAULT_OK && !same)
    rc = note_wrong (vault, addition, additions, cancellable);
  if (rc == KVAULT_OK)
    coffer_additions_step_verified (additions);
  return rc;
}

/* Where two files had one key, it has the value of the second. */
static void
leave_out_replaced (CofferAdditions *additions)
{
  g_autoptr(GHashTable) keys = g_hash_table_new (g_bytes_hash, g_bytes_equal);

  for (guint i = additions->next; i > 0; i--)
    {
      CofferAddition *addition = coffer_additions_get (additions, i - 1);

      if (was_stored (addition) && !g_hash_table_add (keys, addition->key))
        g_clear_pointer (&addition->stored_sum, g_free);
    }
}

/* Lane. */
static gpointer
verify_worker (kvault        *vault,
               gpointer       data,
               GCancellable  *cancellable,
               GError       **error)
{
  CofferAdditions *additions = data;
  gint64 until = g_get_monotonic_time () + TURN_US;
  int rc = KVAULT_OK;

  if (additions->verified == 0)
    leave_out_replaced (additions);
  while (rc == KVAULT_OK && additions->verified < additions->next && g_get_monotonic_time () < until)
    rc = g_cancellable_is_cancelled (cancellable) ? KVAULT_ECANCELLED : verify_next (vault, additions, cancellable);
  coffer_additions_tally (additions);
  coffer_additions_note_bytes (additions, 0);
  if (rc == KVAULT_OK)
    return GINT_TO_POINTER (TRUE);
  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    *error = coffer_error_new (vault, rc);
  return NULL;
}

void
coffer_vault_verify_additions_async (CofferVault         *self,
                                     CofferAdditions     *additions,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self) && additions != NULL);

  coffer_vault_run_async (self, COFFER_LANE_BACKGROUND, additions->table, verify_worker, coffer_additions_ref (additions),
                          (GDestroyNotify) coffer_additions_unref, NULL, cancellable, callback, user_data);
}

gboolean
coffer_vault_verify_additions_finish (CofferVault   *self,
                                      GAsyncResult  *result,
                                      GError       **error)
{
  return coffer_vault_run_finish (self, result, error) != NULL;
}
