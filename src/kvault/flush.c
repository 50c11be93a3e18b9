/* SPDX-License-Identifier: MIT */
/*
 * flush.c - what lies on a shelf is written.
 *
 * What is kept true: no entry is written twice, and none that has left the shelf: a flush looks at what lies there while it has the
 * file's lock for writing, and waits until a flush that has just given that lock up has taken away what it wrote. Else somebody could
 * write in between, and an old value come after theirs.
 */
#include "shelf.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What one of them writes. */
typedef struct {
  kvault__shelved **entries;
  size_t n;
  uint64_t n_discards;         /* of the shelf, as they were listed */
  bool commits;                /* counted in n_committing */
  bool again;                  /* some of it was thrown away, so nothing was written */
} Flush;

static int
write_entry (kvault                *vault,
             const kvault__shelved *entry)
{
  int rc;

  if (kvault__is_cancelled (vault))
    return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
  if (strcmp (vault->section->name, entry->table) != 0 && (rc = kvault__table_use (vault, entry->table)) != KVAULT_OK)
    return rc;
  if (vault->section->reason != NULL && !vault->section->writable)
    return kvault__fail (vault, KVAULT_EREADONLY, "%s: %s", vault->name, vault->section->reason);
  return kvault__put_replacing (vault, entry->bytes, entry->key_size, entry->bytes + entry->key_size, entry->value_size);
}

static int
compare_tables (const void *a,
                const void *b)
{
  const kvault__shelved *x = *(kvault__shelved *const *) a, *y = *(kvault__shelved *const *) b;
  size_t n = x->key_size < y->key_size ? x->key_size : y->key_size;
  int order = strcmp (x->table, y->table);

  if (order == 0 && n > 0)
    order = memcmp (x->bytes, y->bytes, n);
  return order != 0 ? order : x->key_size < y->key_size ? -1 : x->key_size > y->key_size;
}

/* In the transaction, so nobody else is in one. Whoever has just ended one takes away what it wrote first. */
static int
list_all (kvault *vault,
          Flush  *flush)
{
  kvault_shelf *shelf = vault->options.shelf;

  pthread_mutex_lock (&shelf->lock);
  kvault__shelf_wait_for_commits (shelf);
  flush->entries = kvault__shelf_list (shelf, NULL, 0, &flush->n);
  flush->n_discards = shelf->n_discards;
  pthread_mutex_unlock (&shelf->lock);
  if (flush->entries == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  qsort (flush->entries, flush->n, sizeof *flush->entries, compare_tables);
  return KVAULT_OK;
}

/* Before the commit. What was thrown away meanwhile is not to be in the file: all is taken back, to be done again without it. */
static int
begin_commit (kvault *vault,
              Flush  *flush)
{
  kvault_shelf *shelf = vault->options.shelf;

  pthread_mutex_lock (&shelf->lock);
  flush->commits = flush->n_discards == shelf->n_discards;
  flush->again = !flush->commits;
  shelf->n_committing += flush->commits;
  pthread_mutex_unlock (&shelf->lock);
  return flush->commits ? KVAULT_OK : KVAULT_ECANCELLED;
}

/* One transaction for all of them, which is on the disk once it has ended. What is to be swept after it could wait for another
 * handle, which waits until what was written here is taken away: that comes first. */
static int
write_in_one (kvault *vault,
              Flush  *flush,
              bool   *sweep_due)
{
  const kvault_section *in_use = vault->section;
  int rc = kvault__begin (vault);

  if (rc != KVAULT_OK)
    return rc;
  rc = list_all (vault, flush);
  for (size_t i = 0; rc == KVAULT_OK && i < flush->n; i++)
    rc = write_entry (vault, flush->entries[i]);
  kvault__table_switch (vault, in_use);
  if (rc == KVAULT_OK && flush->n > 0)
    rc = begin_commit (vault, flush);
  *sweep_due = vault->sweep_due;
  vault->sweep_due = false;
  return kvault__end (vault, rc);
}

static int
write_durably (kvault *vault,
               Flush  *flush,
               bool   *sweep_due)
{
  kvault_durability durability = vault->options.durability;
  int rc;

  vault->options.durability = KVAULT_DURABILITY_FULL;
  if ((rc = kvault__set_durability (vault)) == KVAULT_OK)
    rc = write_in_one (vault, flush, sweep_due);
  vault->options.durability = durability;
  if (rc == KVAULT_OK)
    kvault__set_durability (vault);   /* if that fails, commits go on waiting for the disk */
  return rc;
}

static int64_t
unix_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* With the lock. What was written goes, unless it was put anew meanwhile: that has something to replace now. */
static uint64_t
take_written (kvault_shelf *self,
              const Flush  *flush)
{
  uint64_t bytes = 0;

  for (size_t i = 0; i < flush->n; i++)
    {
      kvault__shelved *written = flush->entries[i], *newer;

      bytes += kvault__shelved_size (written);
      if (written->lies)
        kvault__shelf_take_out (self, written);
      else if ((newer = *kvault__shelf_find (self, written)) != NULL)
        {
          kvault__shelf_count_out (&self->stats, newer);
          newer->is_new = false;
          newer->old_size = written->value_size;
          kvault__shelf_count_in (&self->stats, newer);
        }
    }
  kvault__shelf_note_taken (self);
  return bytes;
}

static void
note_flush (kvault      *vault,
            const Flush *flush,
            int          rc,
            int64_t      began_ms)
{
  kvault_shelf *self = vault->options.shelf;
  kvault_shelf_stats *stats = &self->stats;

  pthread_mutex_lock (&self->lock);
  stats->last_result = rc;
  stats->last_flush_unix_ms = unix_ms ();
  stats->last_flush_ms = (uint64_t) (kvault__now_ms () - began_ms);
  stats->last_flush_bytes = 0;
  stats->last_error[0] = '\0';
  if (rc == KVAULT_OK)
    {
      stats->flushes++;
      stats->last_flush_bytes = take_written (self, flush);
    }
  else
    {
      strncpy (stats->last_error, vault->error.message, sizeof stats->last_error - 1);
      stats->last_error[sizeof stats->last_error - 1] = '\0';
    }
  if (flush->commits)
    {
      self->n_committing--;
      pthread_cond_broadcast (&self->committed);
    }
  pthread_mutex_unlock (&self->lock);
}

static bool
is_empty (kvault_shelf *self)
{
  bool empty;

  pthread_mutex_lock (&self->lock);
  empty = self->first == NULL;
  pthread_mutex_unlock (&self->lock);
  return empty;
}

static int
flush_once (kvault *vault,
            bool   *again)
{
  int64_t began_ms = kvault__now_ms ();
  bool sweep_due = false;
  Flush flush = { 0 };
  int rc = kvault__enter_write (vault);

  if (rc == KVAULT_OK && vault->batch)
    rc = kvault__fail (vault, KVAULT_EBUSY, "%s: a transaction is open", vault->name);
  if (rc == KVAULT_OK)
    rc = write_durably (vault, &flush, &sweep_due);
  if (!flush.again && (rc != KVAULT_OK || flush.n > 0))
    note_flush (vault, &flush, rc, began_ms);
  kvault__shelf_free_list (flush.entries, flush.n);
  vault->sweep_due |= sweep_due;
  if (rc == KVAULT_OK && vault->sweep_due)
    kvault__large_sweep (vault);
  *again = flush.again;
  return rc;
}

int
kvault_shelf_flush (kvault *vault)
{
  kvault_shelf *shelf = vault->options.shelf;
  bool again = true;
  int rc = KVAULT_OK;

  while (again)
    {
      if (shelf == NULL || is_empty (shelf))
        return KVAULT_OK;
      rc = flush_once (vault, &again);
    }
  return rc;
}

int
kvault_shelf_copy (kvault_shelf *self,
                   kvault       *to)
{
  kvault__shelved **entries;
  size_t n;
  int rc = kvault__enter_write (to);

  if (rc != KVAULT_OK)
    return rc;
  pthread_mutex_lock (&self->lock);
  entries = kvault__shelf_list (self, to->section->name, 0, &n);
  pthread_mutex_unlock (&self->lock);
  if (entries == NULL)
    return kvault__fail (to, KVAULT_ENOMEM, "%s: no memory", to->name);
  qsort (entries, n, sizeof *entries, compare_tables);
  if (n > 0 && (rc = kvault__begin (to)) == KVAULT_OK)
    {
      for (size_t i = 0; rc == KVAULT_OK && i < n; i++)
        rc = write_entry (to, entries[i]);
      rc = kvault__end (to, rc);
    }
  kvault__shelf_free_list (entries, n);
  return rc;
}
