/* SPDX-License-Identifier: MIT */
/*
 * New names for many keys by finding and replacing, worked out and held against what is there. Functions marked "lane" run on a
 * lane's thread.
 */
#define G_LOG_DOMAIN "coffer-vault"

#include "coffer-rename-plan.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <string.h>

#define SHOWN_MAX 60     /* bytes of a key in a sample */

void
coffer_rename_plan_free (CofferRenamePlan *self)
{
  g_clear_pointer (&self->renames, coffer_renames_unref);
  g_ptr_array_unref (self->samples);
  g_free (self);
}

typedef struct {
  GPtrArray *keys;
  char *table, *find, *replace;
  gboolean is_regex;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  coffer_keys_unref (request->keys);
  g_free (request->table);
  g_free (request->find);
  g_free (request->replace);
  g_free (request);
}

/* Lane. NULL with an error, or if the key is no text. */
static char *
make_name (const Request  *request,
           GRegex         *regex,
           CofferKey      *key,
           GError        **error)
{
  g_autofree char *text = coffer_key_is_blob (key) ? coffer_key_dup_text (key) : NULL;

  if (text == NULL)
    return NULL;
  return regex != NULL ? g_regex_replace (regex, text, -1, 0, request->replace, 0, error) : g_steal_pointer (&text);
}

static void
add_sample (CofferRenamePlan *plan,
            CofferKey        *key,
            GBytes           *new_key,
            gboolean          bad)
{
  g_autoptr(CofferKey) named = coffer_key_new_written (new_key);
  guint at = bad ? plan->n_bad_samples * 2 : plan->samples->len;

  if ((bad ? plan->n_bad_samples : plan->samples->len / 2) >= COFFER_PLAN_SAMPLES)
    return;
  g_ptr_array_insert (plan->samples, at, coffer_key_to_display (key, SHOWN_MAX));
  g_ptr_array_insert (plan->samples, at + 1, coffer_key_to_display (named, SHOWN_MAX));
  plan->n_bad_samples += bad;
}

/* Lane. What is gone or damaged costs nothing here: renaming it tells of that. KVAULT_OK or a failure. */
static int
add_cost (kvault           *vault,
          CofferRenamePlan *plan,
          CofferKey        *key,
          gsize             new_size)
{
  GBytes *bytes = coffer_key_get_bytes (key);
  uint64_t n_bytes;
  int rc = kvault_rename_cost (vault, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), new_size, &n_bytes);

  plan->n_bytes += n_bytes;
  return rc == KVAULT_NOTFOUND || rc == KVAULT_ECORRUPT ? KVAULT_OK : rc;
}

/* Lane. @names: those that are given to keys before; @leaving: those that are left. KVAULT_OK or a failure. */
static int
plan_one (kvault           *vault,
          CofferRenamePlan *plan,
          GHashTable       *names,
          GHashTable       *leaving,
          CofferKey        *key,
          const char       *name)
{
  g_autoptr(GBytes) new_key = g_bytes_new (name, strlen (name));
  int rc;

  if (g_bytes_equal (new_key, coffer_key_get_bytes (key)))
    {
      plan->n_alike++;
      return KVAULT_OK;
    }
  if (g_hash_table_contains (leaving, new_key))
    rc = KVAULT_NOTFOUND;   /* by the time it gets it */
  else
    rc = *name != '\0' ? kvault_exists (vault, name, strlen (name)) : KVAULT_OK;
  if (rc != KVAULT_OK && rc != KVAULT_NOTFOUND)
    return rc;
  if (rc == KVAULT_OK || !g_hash_table_add (names, g_bytes_ref (new_key)))
    {
      plan->n_taken++;
      add_sample (plan, key, new_key, TRUE);
      return KVAULT_OK;
    }
  plan->n_renamed++;
  add_sample (plan, key, new_key, FALSE);
  coffer_renames_add (plan->renames, key, new_key);
  return add_cost (vault, plan, key, g_bytes_get_size (new_key));
}

/* Lane. A name for each key, NULL where it is no text; and which keys leave theirs. */
static GPtrArray *
make_names (const Request  *request,
            GRegex         *regex,
            GHashTable     *leaving,
            GCancellable   *cancellable,
            GError        **error)
{
  g_autoptr(GPtrArray) made = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < request->keys->len; i++)
    {
      CofferKey *key = g_ptr_array_index (request->keys, i);
      GBytes *bytes = coffer_key_get_bytes (key);
      char *name;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      name = make_name (request, regex, key, error);
      if (*error != NULL)
        return NULL;
      g_ptr_array_add (made, name);
      if (name != NULL && (strlen (name) != g_bytes_get_size (bytes) || memcmp (name, g_bytes_get_data (bytes, NULL), strlen (name)) != 0))
        g_hash_table_add (leaving, bytes);
    }
  return g_steal_pointer (&made);
}

/* Lane. */
static gboolean
plan_all (kvault            *vault,
          const Request     *request,
          GRegex            *regex,
          CofferRenamePlan  *plan,
          GCancellable      *cancellable,
          GError           **error)
{
  g_autoptr(GHashTable) names = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  g_autoptr(GHashTable) leaving = g_hash_table_new (g_bytes_hash, g_bytes_equal);
  g_autoptr(GPtrArray) made = make_names (request, regex, leaving, cancellable, error);
  int rc = KVAULT_OK;

  for (guint i = 0; made != NULL && i < made->len; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (made->pdata[i] == NULL)
        plan->n_not_text++;
      else if ((rc = plan_one (vault, plan, names, leaving, g_ptr_array_index (request->keys, i), made->pdata[i])) != KVAULT_OK)
        {
          *error = coffer_error_new (vault, rc);
          return FALSE;
        }
    }
  coffer_renames_arrange (plan->renames);
  return made != NULL;
}

static gpointer
plan_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  const Request *request = data;
  g_autoptr(CofferRenamePlan) plan = NULL;
  g_autofree char *escaped = request->is_regex ? NULL : g_regex_escape_string (request->find, -1);
  g_autoptr(GRegex) regex = NULL;

  if (*request->find != '\0' &&
      (regex = g_regex_new (escaped != NULL ? escaped : request->find, 0, 0, error)) == NULL)
    return NULL;
  if (regex != NULL && !g_regex_check_replacement (request->replace, NULL, error))
    return NULL;
  plan = g_new0 (CofferRenamePlan, 1);
  plan->renames = coffer_renames_new (request->table);
  plan->samples = g_ptr_array_new_with_free_func (g_free);
  if (!plan_all (vault, request, regex, plan, cancellable, error))
    return NULL;
  return g_steal_pointer (&plan);
}

void
coffer_vault_plan_renames_async (CofferVault         *self,
                                 GPtrArray           *keys,
                                 const char          *find,
                                 const char          *replace,
                                 gboolean             regex,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  Request *request;
  g_auto(GStrv) parts = NULL;

  g_return_if_fail (COFFER_IS_VAULT (self) && keys != NULL && find != NULL && replace != NULL);

  request = g_new (Request, 1);
  parts = g_strsplit (replace, "\\", -1);   /* means itself where there are no groups */
  *request = (Request) { g_ptr_array_ref (keys), g_strdup (coffer_vault_get_table (self)), g_strdup (find),
                         g_strjoinv (regex ? "\\" : "\\\\", parts), regex };
  coffer_vault_run_async (self, COFFER_LANE_BACKGROUND, request->table, plan_worker, request, request_free,
                          (GDestroyNotify) coffer_rename_plan_free, cancellable, callback, user_data);
}

CofferRenamePlan *
coffer_vault_plan_renames_finish (CofferVault   *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  return coffer_vault_run_finish (self, result, error);
}
