/* SPDX-License-Identifier: MIT */
/* Which keys of what is to be added are there already. Functions marked "lane" run on a lane's thread. */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-add-job-private.h"

#include "coffer-error-private.h"

/* Which of two files with one key comes first is not looked for: what the second replaces is taken for as large as itself.
 *
 * @in_memory  bytes of values that are kept there so far */
static void
sum_addition (CofferForesight          *found,
              const CofferAddition *addition,
              guint64              *in_memory)
{
  guint64 old = addition->twice ? addition->size : addition->found_size;

  found->n_identical += addition->identical;
  found->n_spared[COFFER_CONFLICT_SKIP] += addition->size;
  if (addition->identical)
    {
      found->n_spared[COFFER_CONFLICT_REPLACE] += addition->size;
      found->n_spared[COFFER_CONFLICT_KEEP_BOTH] += addition->size;
    }
  else if (old <= COFFER_ATTIC_SMALL && old <= COFFER_ATTIC_MOST_SMALL - *in_memory)
    *in_memory += old;
  else
    found->n_kept[COFFER_CONFLICT_REPLACE] += old;
}

void
coffer_additions_sum_foresight (CofferAdditions *self)
{
  CofferForesight *found = &self->foresight;
  guint64 in_memory = 0;

  *found = (CofferForesight) { 0 };
  for (guint i = 0; i < self->files->len; i++)
    {
      const CofferAddition *addition = g_ptr_array_index (self->files, i);

      if (addition->found_size == G_MAXUINT64 && !addition->twice)
        continue;
      if (found->n_there++ == 0)
        found->first_there = i;
      sum_addition (found, addition, &in_memory);
    }
  found->n_spared[COFFER_CONFLICT_ASK] = found->n_spared[COFFER_CONFLICT_REPLACE];
  found->n_kept[COFFER_CONFLICT_ASK] = found->n_kept[COFFER_CONFLICT_REPLACE];
}

const CofferForesight *
coffer_additions_get_foresight (CofferAdditions *self)
{
  return &self->foresight;
}

static int
find_addition (CofferAddJob   *job,
               CofferAddition *addition)
{
  uint64_t size;
  int rc = kvault_size (job->vault, g_bytes_get_data (addition->key, NULL), g_bytes_get_size (addition->key), &size);

  addition->identical = FALSE;
  addition->found_size = rc == KVAULT_OK ? size : G_MAXUINT64;
  if (rc == KVAULT_OK && size == addition->size)
    rc = coffer_add_job_compare_addition (job, addition);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* Lane. */
static gpointer
find_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  CofferAddJob *job = data;
  g_autoptr(GHashTable) keys = g_hash_table_new (g_bytes_hash, g_bytes_equal);
  int rc;

  coffer_add_job_start (job, vault);
  for (guint i = 0; *error == NULL && i < job->additions->files->len; i++)
    {
      CofferAddition *addition = coffer_additions_get (job->additions, i);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        break;
      addition->twice = !g_hash_table_add (keys, addition->key);
      if ((rc = find_addition (job, addition)) != KVAULT_OK)
        *error = coffer_error_new (vault, rc);
    }
  coffer_add_job_close_source (job);
  coffer_add_job_close_archive (job);
  coffer_additions_sum_foresight (job->additions);
  return GINT_TO_POINTER (*error == NULL);
}

void
coffer_vault_find_additions_async (CofferVault         *self,
                                   CofferAdditions     *additions,
                                   GCancellable        *cancellable,
                                   GAsyncReadyCallback  callback,
                                   gpointer             user_data)
{
  g_return_if_fail (COFFER_IS_VAULT (self) && additions != NULL);

  coffer_vault_run_async (self, COFFER_LANE_BACKGROUND, additions->table, find_worker, coffer_add_job_new (additions, NULL),
                          coffer_add_job_free, NULL, cancellable, callback, user_data);
}

gboolean
coffer_vault_find_additions_finish (CofferVault   *self,
                                    GAsyncResult  *result,
                                    GError       **error)
{
  return coffer_vault_run_finish (self, result, error) != NULL;
}
