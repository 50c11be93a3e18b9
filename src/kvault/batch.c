/* SPDX-License-Identifier: MIT */
/*
 * batch.c - several changes as one: transactions of the caller's, and the operations that are one transaction by themselves.
 *
 * Inside a caller's transaction each operation is a savepoint, so that one that fails leaves what came before it. SQLite ends
 * a transaction by itself after some failures (a full disk, no memory); kvault_commit() then tells so.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define DELETE_STEP 256   /* keys deleted between two reports */

/* ---- transactions ---- */

int
kvault_begin (kvault *vault)
{
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (vault->batch)
    return kvault__fail (vault, KVAULT_EINVAL, "%s: a transaction is open already", vault->name);
  if ((rc = kvault__cache_settle (vault)) == KVAULT_OK && (rc = kvault__begin_alone (vault)) == KVAULT_OK)
    vault->batch = true;
  return rc;
}

int
kvault_commit (kvault *vault)
{
  int rc = kvault__enter (vault);

  if (rc != KVAULT_OK)
    return rc;
  if (!vault->batch || vault->bulk)
    return kvault__fail (vault, KVAULT_EINVAL, "%s: no transaction is open", vault->name);
  if (sqlite3_get_autocommit (vault->db))
    {
      vault->batch = false;
      kvault__veil_roll_back (vault, 0);
      kvault__writers_settle (vault, false);
      return kvault__fail (vault, KVAULT_EIO, "%s: the transaction was undone by an earlier failure", vault->name);
    }
  if ((rc = kvault__run (vault, KVAULT__COMMIT)) == KVAULT_OK || sqlite3_get_autocommit (vault->db))
    {
      vault->batch = false;
      kvault__writers_settle (vault, rc == KVAULT_OK);
    }
  if (rc == KVAULT_OK && vault->sweep_due)
    kvault__large_sweep (vault);
  return rc;
}

void
kvault_rollback (kvault *vault)
{
  kvault_error error = vault->error;

  if (vault->batch)
    {
      kvault__take_back (vault);
      kvault__writers_settle (vault, false);
    }
  vault->batch = false;
  kvault__forget_large (vault);
  if (vault->bulk)
    kvault__bulk_leave (vault);
  vault->error = error;
}

/* ---- one value ---- */

/* Ends what gave a value out: with a failure it is given to nobody. */
static int
end_with_value (kvault *vault,
                int     result,
                void  **value,
                size_t *value_size)
{
  int rc = kvault__end (vault, result);

  if (rc == KVAULT_OK)
    return rc;
  kvault_free (*value);
  *value = NULL;
  *value_size = 0;
  return rc;
}

int
kvault_pop (kvault     *vault,
            const void *key,
            size_t      key_size,
            void      **value,
            size_t     *value_size)
{
  int rc;

  *value = NULL;
  *value_size = 0;
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK || (rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  rc = kvault_get (vault, key, key_size, value, value_size);
  if (rc == KVAULT_OK)
    rc = kvault_delete (vault, key, key_size);
  return end_with_value (vault, rc, value, value_size);
}

int
kvault_setdefault (kvault     *vault,
                   const void *key,
                   size_t      key_size,
                   const void *value,
                   size_t      value_size,
                   void      **existing,
                   size_t     *existing_size)
{
  int rc;

  *existing = NULL;
  *existing_size = 0;
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK || (rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  rc = kvault_get (vault, key, key_size, existing, existing_size);
  if (rc == KVAULT_NOTFOUND)
    rc = kvault_put (vault, key, key_size, value, value_size);
  return end_with_value (vault, rc, existing, existing_size);
}

/* ---- many values ---- */

static bool
go_on (kvault                *vault,
       kvault_progress_func   report,
       void                  *data,
       const kvault_progress *progress)
{
  if ((report == NULL || report (progress, data) == 0) && !kvault__is_cancelled (vault))
    return true;
  kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
  return false;
}

int
kvault_update (kvault              *vault,
               kvault_next_func     next,
               void                *next_data,
               kvault_progress_func report,
               void                *report_data)
{
  kvault_progress progress = { .keys_total = KVAULT_SIZE_UNKNOWN, .bytes_total = KVAULT_SIZE_UNKNOWN };
  const void *key, *value;
  size_t key_size, value_size;
  int rc;

  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK || (rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  while ((rc = next (next_data, &key, &key_size, &value, &value_size)) == KVAULT_OK)
    {
      if ((rc = kvault_put (vault, key, key_size, value, value_size)) != KVAULT_OK)
        return kvault__end (vault, rc);
      progress.keys++;
      progress.bytes += value_size;
      if (!go_on (vault, report, report_data, &progress))
        return kvault__end (vault, KVAULT_ECANCELLED);
    }
  if (rc != KVAULT_NOTFOUND)
    kvault__fail (vault, rc, "%s: what was to be stored next could not be had", vault->name);
  return kvault__end (vault, rc == KVAULT_NOTFOUND ? KVAULT_OK : rc);
}

static int
count_prefix (kvault     *vault,
              const void *prefix,
              size_t      prefix_size,
              uint64_t   *n)
{
  kvault_cursor_options options = { .prefix = prefix, .prefix_size = prefix_size };
  kvault_cursor *cursor;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (vault, &options, &cursor);

  *n = 0;
  while (rc == KVAULT_OK && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    ++*n;
  kvault_cursor_close (cursor);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

typedef struct {
  int64_t id;
  size_t key_size;
} listed_row;

typedef struct {
  listed_row *rows;
  size_t n, room;
} row_list;

static int
list_rows (kvault                      *vault,
           const kvault_cursor_options *options,
           size_t                       most,
           row_list                    *list)
{
  kvault_cursor *cursor;
  const kvault_entry *entry;
  int rc = kvault_cursor_open (vault, options, &cursor);

  list->n = 0;
  while (rc == KVAULT_OK && list->n < most && (rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
    {
      if (list->n == list->room)
        {
          size_t room = list->room > 0 ? list->room * 2 : DELETE_STEP;
          listed_row *grown = realloc (list->rows, room * sizeof *grown);

          if (grown == NULL)
            {
              rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
              break;
            }
          list->rows = grown;
          list->room = room;
        }
      list->rows[list->n++] = (listed_row) { entry->id, entry->key_size };
    }
  kvault_cursor_close (cursor);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

static int
delete_listed (kvault         *vault,
               const row_list *list)
{
  int rc = KVAULT_OK;

  for (size_t i = 0; i < list->n && rc == KVAULT_OK; i++)
    rc = kvault__delete_row (vault, list->rows[i].id);
  return rc;
}

static int
delete_in_steps (kvault              *vault,
                 const void          *prefix,
                 size_t               prefix_size,
                 kvault_progress_func report,
                 void                *report_data,
                 kvault_progress     *progress)
{
  kvault_cursor_options options = { .prefix = prefix, .prefix_size = prefix_size, .flags = KVAULT_CURSOR_IDS };
  row_list list = { 0 };
  int rc;

  do
    {
      if ((rc = list_rows (vault, &options, DELETE_STEP, &list)) != KVAULT_OK ||
          (rc = delete_listed (vault, &list)) != KVAULT_OK)
        break;
      progress->keys += list.n;
      if (!go_on (vault, report, report_data, progress))
        rc = KVAULT_ECANCELLED;
    }
  while (rc == KVAULT_OK && list.n > 0);
  free (list.rows);
  return rc;
}

int
kvault_delete_prefix (kvault              *vault,
                      const void          *prefix,
                      size_t               prefix_size,
                      kvault_progress_func report,
                      void                *report_data,
                      uint64_t            *n_deleted)
{
  kvault_progress progress = { .keys_total = KVAULT_SIZE_UNKNOWN, .bytes_total = KVAULT_SIZE_UNKNOWN };
  int rc;

  *n_deleted = 0;
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK)
    return rc;
  if (prefix == NULL && prefix_size > 0)
    return kvault__fail (vault, KVAULT_EINVAL, "no prefix");
  if ((rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  if (report != NULL)
    rc = count_prefix (vault, prefix, prefix_size, &progress.keys_total);
  if (rc == KVAULT_OK)
    rc = delete_in_steps (vault, prefix, prefix_size, report, report_data, &progress);
  if ((rc = kvault__end (vault, rc)) == KVAULT_OK)
    *n_deleted = progress.keys;
  return rc;
}

int
kvault_clear (kvault              *vault,
              kvault_progress_func report,
              void                *report_data,
              uint64_t            *n_deleted)
{
  return kvault_delete_prefix (vault, NULL, 0, report, report_data, n_deleted);
}

/* ---- rename by prefix ---- */

static int
by_size (const void *a,
         const void *b)
{
  size_t left = ((const listed_row *) a)->key_size, right = ((const listed_row *) b)->key_size;

  return left < right ? -1 : left > right;
}

static int
by_size_downwards (const void *a,
                   const void *b)
{
  return by_size (b, a);
}

static int
rename_listed (kvault         *vault,
               const row_list *list,
               size_t          prefix_size,
               const void     *new_prefix,
               size_t          new_prefix_size,
               bool            replace,
               kvault_progress_func report,
               void           *report_data,
               kvault_progress *progress)
{
  int rc = KVAULT_OK;

  for (size_t i = 0; i < list->n && rc == KVAULT_OK; i++)
    {
      size_t new_size = list->rows[i].key_size - prefix_size + new_prefix_size;
      unsigned char *both = malloc (list->rows[i].key_size + new_size + 1);   /* the key, then the new one */

      if (both == NULL)
        return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
      rc = kvault__row_key (vault, list->rows[i].id, both, list->rows[i].key_size);
      if (rc == KVAULT_OK)
        {
          unsigned char *new_key = both + list->rows[i].key_size;

          if (new_prefix_size > 0)
            memcpy (new_key, new_prefix, new_prefix_size);
          memcpy (new_key + new_prefix_size, both + prefix_size, list->rows[i].key_size - prefix_size);
          rc = kvault__rename (vault, both, list->rows[i].key_size, new_key, new_size, replace);
        }
      free (both);
      progress->keys++;
      if (rc == KVAULT_OK && !go_on (vault, report, report_data, progress))
        rc = KVAULT_ECANCELLED;
    }
  return rc;
}

/* A key may be renamed to one that is itself about to be renamed ("a/" to "a/b/"). New names are all longer or all shorter,
 * so going by length, the far end first, finds every such place vacated. */
int
kvault_rename_prefix (kvault              *vault,
                      const void          *prefix,
                      size_t               prefix_size,
                      const void          *new_prefix,
                      size_t               new_prefix_size,
                      int                  replace,
                      kvault_progress_func report,
                      void                *report_data,
                      uint64_t            *n_renamed)
{
  /* Beginning at the first of all blobs: keys of other classes begin with no bytes. */
  kvault_cursor_options options = { .prefix = prefix, .prefix_size = prefix_size, .has_start = 1, .flags = KVAULT_CURSOR_IDS };
  kvault_progress progress = { .bytes_total = KVAULT_SIZE_UNKNOWN };
  row_list list = { 0 };
  int rc;

  *n_renamed = 0;
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK)
    return rc;
  if ((prefix == NULL && prefix_size > 0) || (new_prefix == NULL && new_prefix_size > 0))
    return kvault__fail (vault, KVAULT_EINVAL, "no prefix");
  if (prefix_size == new_prefix_size && (prefix_size == 0 || memcmp (prefix, new_prefix, prefix_size) == 0))
    return KVAULT_OK;
  if ((rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  rc = list_rows (vault, &options, SIZE_MAX, &list);
  if (rc == KVAULT_OK && list.n > 0)
    {
      qsort (list.rows, list.n, sizeof *list.rows, new_prefix_size > prefix_size ? by_size_downwards : by_size);
      progress.keys_total = list.n;
      rc = rename_listed (vault, &list, prefix_size, new_prefix, new_prefix_size, replace != 0, report, report_data, &progress);
    }
  free (list.rows);
  if ((rc = kvault__end (vault, rc)) == KVAULT_OK)
    *n_renamed = progress.keys;
  return rc;
}
