/* SPDX-License-Identifier: MIT */
/*
 * The search for values that are equal. Each phase leaves fewer rows to the next, which looks closer:
 *
 *     sizes, no value read ──► beginning and end ──► SHA-256 of all of it ──► keys
 *
 * Between two phases the rows are put in order by what they were compared by, and those without a like go; then in the order of the file,
 * in which they are read. A row is a number and what it is compared by; its key is asked for at the end. Rows are believed in no phase:
 * the last one reads all of the value, whatever has come to be in the row since.
 *
 * The lane has to let go of the file now and then. Its function returns then, and goes on where it was when it is called again.
 */
#define G_LOG_DOMAIN "coffer-clean"

#include "coffer-duplicates.h"

#include <coffer-error.h>
#include <coffer-vault-scan.h>
#include <string.h>
#include <xxhash.h>

#include "coffer-digest-value.h"
#include "coffer-rows.h"

#define END_SIZE 8192
#define TELL_US (100 * 1000)

/* Equal values. */
typedef struct {
  gsize first, n;        /* of the rows */
  guint64 size;
} Run;

typedef struct {
  GBytes *prefix;        /* nullable */
  CofferProgress *progress;

  CofferDuplicatesProgress so_far;
  gint64 told_us;
  gboolean sorts;        /* before the phase goes on */
  CofferRowWalk walk;
  CofferRows rows;
  gsize next, kept;      /* of the rows: read, and left of those */
  gboolean measured;     /* so_far.n_bytes_total is known */
  guint64 seed;
  gboolean can_skip;
  guint8 *ends;          /* owned: room for a size and both */

  GArray *runs;          /* of Run */
  guint next_run;
  guint n_named, most_keys;
  CofferDuplicates *found;
} Search;

static void
start (Search *self)
{
  coffer_row_walk_clear (&self->walk);
  coffer_rows_clear (&self->rows);
  coffer_rows_init (&self->rows, 2);
  g_array_set_size (self->runs, 0);
  g_ptr_array_set_size (self->found->groups, 0);
  self->found->n_groups = self->found->n_bytes = self->found->n_looked_at = self->found->n_unreadable = 0;
  self->so_far = (CofferDuplicatesProgress) { 0 };
  self->next = self->kept = self->next_run = self->n_named = 0;
  self->sorts = self->measured = FALSE;
}

static void
tell (Search   *self,
      gboolean  now)
{
  gint64 now_us = g_get_monotonic_time ();

  if (self->progress == NULL || (!now && now_us - self->told_us < TELL_US))
    return;
  self->told_us = now_us;
  coffer_progress_tell (self->progress, g_memdup2 (&self->so_far, sizeof self->so_far));
}

static void
begin_phase (Search              *self,
             CofferDuplicatesPhase phase,
             guint64              n_keys)
{
  self->so_far = (CofferDuplicatesProgress) { .phase = phase, .n_keys_total = n_keys };
  self->next = self->kept = 0;
  tell (self, TRUE);
}

/* A row that cannot be read, or changes as it is, is no like of any other. Takes @problem; FALSE: nothing else can be read either. */
static gboolean
pass_over (Search             *self,
           CofferValueReader  *reader,
           GError             *problem,
           GError            **error)
{
  if (coffer_clean_ends_run (reader, problem))
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  if (!coffer_value_reader_is_lost (problem) && !g_error_matches (problem, COFFER_ERROR, COFFER_ERROR_NOTFOUND))
    self->found->n_unreadable++;
  g_error_free (problem);
  return TRUE;
}

/* Sizes */

static void
take_row (gint64   id,
          guint64  size,
          gpointer data)
{
  Search *self = data;
  const guint64 row[] = { size, (guint64) id };

  self->so_far.n_keys++;
  if (size == G_MAXUINT64)
    self->found->n_unreadable++;
  else if (size > 0)
    coffer_rows_append (&self->rows, row);
}

static gboolean
walk (Search             *self,
      CofferValueReader  *reader,
      GCancellable       *cancellable,
      GError            **error)
{
  while (!self->walk.ended)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
          !coffer_value_reader_walk (reader, self->prefix, &self->walk, take_row, self, error))
        return FALSE;
      tell (self, FALSE);
    }
  self->found->n_looked_at = self->so_far.n_keys;
  return TRUE;
}

/* Leaves those that have a like. */
static void
drop_single_rows (CofferRows *rows)
{
  gsize kept = 0;

  for (gsize i = 0, n; i < rows->n; i += n)
    {
      n = coffer_rows_run (rows, i, rows->n, COFFER_ROW_BY);
      if (n == 1)
        continue;
      memmove (coffer_rows_get (rows, kept), coffer_rows_get (rows, i), n * rows->stride * sizeof (guint64));
      kept += n;
    }
  coffer_rows_shrink (rows, kept);
}

/* By what they were compared by; then those that are left by where they are. */
static gboolean
sort_and_drop (Search        *self,
               GCancellable  *cancellable,
               GError       **error)
{
  if (coffer_rows_sort (&self->rows, 0, self->rows.n, COFFER_ROW_BY, cancellable))
    {
      drop_single_rows (&self->rows);
      if (coffer_rows_sort (&self->rows, 0, self->rows.n, COFFER_ROW_ID, cancellable))
        return TRUE;
    }
  /* Some may have been dropped: the rest is sorted, and dropped from, once more. */
  g_cancellable_set_error_if_cancelled (cancellable, error);
  return FALSE;
}

/* Beginnings and ends */

/* The end of a large value, behind its beginning. */
static gboolean
read_tail (Search             *self,
           CofferValueReader  *reader,
           gint64              id,
           gsize              *n_read,
           GCancellable       *cancellable,
           GError            **error)
{
  guint64 size;
  gsize len = 0;
  g_autoptr(GInputStream) stream = coffer_value_reader_open_row (reader, id, &size, cancellable, error);
  goffset back = (goffset) MIN (size - MIN (size, END_SIZE), END_SIZE);
  gboolean read = stream != NULL && g_seekable_seek (G_SEEKABLE (stream), -back, G_SEEK_END, cancellable, error) &&
                  g_input_stream_read_all (stream, self->ends + *n_read, (gsize) back, &len, cancellable, error);

  coffer_value_reader_close (reader);
  *n_read += len;
  return read;
}

static gboolean
hash_ends (Search             *self,
           CofferValueReader  *reader,
           guint64            *row,
           GCancellable       *cancellable,
           GError            **error)
{
  gint64 id = (gint64) row[COFFER_ROW_ID];
  guint64 size;
  gsize n_read;

  if (!coffer_value_reader_head_row (reader, id, self->ends + sizeof size, END_SIZE, &n_read, &size, error))
    return FALSE;
  memcpy (self->ends, &size, sizeof size);
  n_read += sizeof size;
  if (size > END_SIZE && self->can_skip && !read_tail (self, reader, id, &n_read, cancellable, error))
    return FALSE;
  row[COFFER_ROW_BY] = XXH3_64bits_withSeed (self->ends, n_read, self->seed);
  return TRUE;
}

static gboolean
compare_ends (Search             *self,
              CofferValueReader  *reader,
              GCancellable       *cancellable,
              GError            **error)
{
  self->can_skip = coffer_value_reader_can_skip (reader);
  for (; self->next < self->rows.n; self->next++)
    {
      GError *problem = NULL;
      guint64 *row = coffer_rows_get (&self->rows, self->next);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (hash_ends (self, reader, row, cancellable, &problem))
        memmove (coffer_rows_get (&self->rows, self->kept++), row, self->rows.stride * sizeof (guint64));
      else if (!pass_over (self, reader, problem, error))
        return FALSE;
      self->so_far.n_keys++;
      tell (self, FALSE);
    }
  coffer_rows_shrink (&self->rows, self->kept);
  return TRUE;
}

/* Values */

/* Room for what they are told from each other by now. */
static void
widen (CofferRows *rows)
{
  CofferRows wide;

  coffer_rows_init (&wide, 3);
  for (gsize i = 0; i < rows->n; i++)
    {
      const guint64 row[] = { 0, coffer_rows_get (rows, i)[COFFER_ROW_ID], 0 };

      coffer_rows_append (&wide, row);
    }
  coffer_rows_clear (rows);
  *rows = wide;
}

/* How much there is to read. */
static gboolean
measure (Search             *self,
         CofferValueReader  *reader,
         GCancellable       *cancellable,
         GError            **error)
{
  for (; self->next < self->rows.n; self->next++)
    {
      GError *problem = NULL;
      guint64 size = 0;
      g_autoptr(CofferKey) key = NULL;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      key = coffer_value_reader_find (reader, (gint64) coffer_rows_get (&self->rows, self->next)[COFFER_ROW_ID], &size, &problem);
      if (key == NULL && coffer_clean_ends_run (reader, problem))
        {
          g_propagate_error (error, problem);
          return FALSE;
        }
      g_clear_error (&problem);
      self->so_far.n_bytes_total += size;
    }
  self->next = 0;
  self->measured = TRUE;
  return TRUE;
}

static void
note_bytes (guint64  n_bytes,
            gpointer data)
{
  Search *self = data;

  self->so_far.n_bytes += n_bytes;
  tell (self, FALSE);
}

/* A small value is read as its beginning was. */
static gboolean
digest_small (Search             *self,
              CofferValueReader  *reader,
              gint64              id,
              guint8             *sha256,
              gboolean           *is_small,
              GError            **error)
{
  guint64 size;
  gsize len;

  if (!coffer_value_reader_head_row (reader, id, self->ends, END_SIZE, &len, &size, error))
    return FALSE;
  *is_small = len == size;
  if (*is_small)
    {
      coffer_digest_bytes (self->ends, len, sha256);
      note_bytes (len, self);
    }
  return TRUE;
}

static gboolean
digest_row (Search             *self,
            CofferValueReader  *reader,
            gint64              id,
            guint8             *sha256,
            GCancellable       *cancellable,
            GError            **error)
{
  g_autoptr(GInputStream) stream = NULL;
  guint64 before = self->so_far.n_bytes, size;
  gboolean is_small, done;

  if (!digest_small (self, reader, id, sha256, &is_small, error) || is_small)
    return *error == NULL;
  stream = coffer_value_reader_open_row (reader, id, &size, cancellable, error);
  done = stream != NULL && coffer_digest_stream (stream, sha256, note_bytes, self, cancellable, error);
  coffer_value_reader_close (reader);
  if (!done)
    self->so_far.n_bytes = before;   /* it may be read again */
  return done;
}

/* Half of it is enough to find them; before one is deleted both are read again, and all of it counts. */
static gboolean
digest (Search             *self,
        CofferValueReader  *reader,
        guint64            *row,
        GCancellable       *cancellable,
        GError            **error)
{
  guint8 sha256[COFFER_SHA256_SIZE];

  if (!digest_row (self, reader, (gint64) row[COFFER_ROW_ID], sha256, cancellable, error))
    return FALSE;
  memcpy (&row[COFFER_ROW_BY], sha256, sizeof *row);
  memcpy (&row[COFFER_ROW_MORE], sha256 + sizeof *row, sizeof *row);
  return TRUE;
}

static gboolean
read_values (Search             *self,
             CofferValueReader  *reader,
             GCancellable       *cancellable,
             GError            **error)
{
  if (!self->measured && !measure (self, reader, cancellable, error))
    return FALSE;
  for (; self->next < self->rows.n; self->next++)
    {
      GError *problem = NULL;
      guint64 *row = coffer_rows_get (&self->rows, self->next);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (digest (self, reader, row, cancellable, &problem))
        memmove (coffer_rows_get (&self->rows, self->kept++), row, self->rows.stride * sizeof (guint64));
      else if (!pass_over (self, reader, problem, error))
        return FALSE;
      self->so_far.n_keys++;
    }
  coffer_rows_shrink (&self->rows, self->kept);
  return TRUE;
}

/* Groups */

static gboolean
sort_values (Search        *self,
             GCancellable  *cancellable,
             GError       **error)
{
  gboolean sorted = coffer_rows_sort (&self->rows, 0, self->rows.n, COFFER_ROW_BY, cancellable);

  for (gsize i = 0, n; sorted && i < self->rows.n; i += n)
    {
      n = coffer_rows_run (&self->rows, i, self->rows.n, COFFER_ROW_BY);
      sorted = coffer_rows_sort (&self->rows, i, n, COFFER_ROW_MORE, cancellable);
    }
  if (!sorted)
    g_cancellable_set_error_if_cancelled (cancellable, error);
  return sorted;
}

static gsize
measure_run (Search *self,
             gsize   first)
{
  gsize n = coffer_rows_run (&self->rows, first, self->rows.n, COFFER_ROW_BY);

  return coffer_rows_run (&self->rows, first, first + n, COFFER_ROW_MORE);
}

static void
find_runs (Search *self)
{
  for (gsize i = 0, n; i < self->rows.n; i += n)
    {
      Run run = { .first = i, .n = n = measure_run (self, i) };

      if (n > 1)
        g_array_append_val (self->runs, run);
    }
}

static int
compare_runs (gconstpointer a,
              gconstpointer b)
{
  const Run *one = a, *other = b;
  guint64 frees = (one->n - 1) * one->size;
  guint64 other_frees = (other->n - 1) * other->size;

  return frees != other_frees ? (frees > other_frees ? -1 : 1) : one->first < other->first ? -1 : one->first > other->first;
}

static gboolean
find_key (Search             *self,
          CofferValueReader  *reader,
          gsize               row,
          CofferKey         **key,
          guint64            *size,
          GError            **error)
{
  GError *problem = NULL;

  *size = 0;
  *key = coffer_value_reader_find (reader, (gint64) coffer_rows_get (&self->rows, row)[COFFER_ROW_ID], size, &problem);
  return *key != NULL || pass_over (self, reader, problem, error);
}

/* How much each takes: as its first row that is still there has it. */
static gboolean
measure_runs (Search             *self,
              CofferValueReader  *reader,
              GCancellable       *cancellable,
              GError            **error)
{
  for (; self->next < self->runs->len; self->next++)
    {
      Run *run = &g_array_index (self->runs, Run, self->next);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      for (gsize i = 0; i < run->n && run->size == 0; i++)
        {
          g_autoptr(CofferKey) key = NULL;

          if (!find_key (self, reader, run->first + i, &key, &run->size, error))
            return FALSE;
        }
      self->found->n_groups++;
      self->found->n_bytes += (run->n - 1) * run->size;
      tell (self, FALSE);
    }
  return TRUE;
}

static int
compare_keys (gconstpointer a,
              gconstpointer b)
{
  return coffer_key_compare (*(CofferKey *const *) a, *(CofferKey *const *) b);
}

static void
group_free (gpointer data)
{
  CofferDuplicateGroup *group = data;

  g_ptr_array_unref (group->keys);
  g_free (group);
}

static void
add_group (Search     *self,
           const Run  *run,
           GPtrArray  *keys,
           guint64     n_keys)
{
  CofferDuplicateGroup *group = g_new (CofferDuplicateGroup, 1);
  const guint64 *row = coffer_rows_get (&self->rows, run->first);

  g_ptr_array_sort (keys, compare_keys);
  *group = (CofferDuplicateGroup) { run->size, n_keys, g_ptr_array_ref (keys) };
  memcpy (group->digest, &row[COFFER_ROW_BY], sizeof *row);
  memcpy (group->digest + sizeof *row, &row[COFFER_ROW_MORE], sizeof *row);
  g_ptr_array_add (self->found->groups, group);
  self->n_named += keys->len;
}

/* Those whose size has changed are not of it any more. */
static gboolean
name_keys (Search             *self,
           CofferValueReader  *reader,
           const Run          *run,
           GCancellable       *cancellable,
           GError            **error)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  guint64 n_keys = run->n;

  for (gsize i = 0; i < run->n && self->n_named + keys->len < self->most_keys; i++)
    {
      CofferKey *key;
      guint64 size;

      if (g_cancellable_set_error_if_cancelled (cancellable, error) || !find_key (self, reader, run->first + i, &key, &size, error))
        return FALSE;
      if (key != NULL && size == run->size)
        g_ptr_array_add (keys, key);
      else
        {
          n_keys--;
          g_clear_pointer (&key, coffer_key_unref);
        }
    }
  if (keys->len > 1)
    add_group (self, run, keys, n_keys);
  return TRUE;
}

static gboolean
name_runs (Search             *self,
           CofferValueReader  *reader,
           GCancellable       *cancellable,
           GError            **error)
{
  if (self->next_run == 0)
    g_array_sort (self->runs, compare_runs);
  for (; self->next_run < self->runs->len && self->n_named < self->most_keys; self->next_run++)
    {
      if (!name_keys (self, reader, &g_array_index (self->runs, Run, self->next_run), cancellable, error))
        return FALSE;
      self->so_far.n_keys = self->next_run;
      tell (self, FALSE);
    }
  return TRUE;
}

/* One phase after the other */

static gboolean
take_phase (Search             *self,
            CofferValueReader  *reader,
            GCancellable       *cancellable,
            GError            **error)
{
  switch (self->so_far.phase)
    {
    case COFFER_DUPLICATES_SIZES:
      return walk (self, reader, cancellable, error) && sort_and_drop (self, cancellable, error);
    case COFFER_DUPLICATES_ENDS:
      return (self->sorts || compare_ends (self, reader, cancellable, error)) && (self->sorts = TRUE) &&
             sort_and_drop (self, cancellable, error);
    case COFFER_DUPLICATES_VALUES:
      return (self->sorts || read_values (self, reader, cancellable, error)) && (self->sorts = TRUE) &&
             sort_values (self, cancellable, error);
    case COFFER_DUPLICATES_KEYS:
    default:
      return measure_runs (self, reader, cancellable, error) && name_runs (self, reader, cancellable, error);
    }
}

static void
next_phase (Search *self)
{
  CofferDuplicatesPhase phase = self->so_far.phase + 1;

  if (phase == COFFER_DUPLICATES_VALUES)
    widen (&self->rows);
  else if (phase == COFFER_DUPLICATES_KEYS)
    find_runs (self);
  self->sorts = FALSE;
  begin_phase (self, phase, phase == COFFER_DUPLICATES_KEYS ? self->runs->len : self->rows.n);
}

/* Lane. */
static gboolean
search (CofferValueReader  *reader,
        gpointer            data,
        GCancellable       *cancellable,
        GError            **error)
{
  Search *self = data;

  while (take_phase (self, reader, cancellable, error))
    {
      if (self->so_far.phase == COFFER_DUPLICATES_KEYS)
        return TRUE;
      next_phase (self);
    }
  if (!coffer_value_reader_check (reader, NULL))   /* another file's rows are others */
    start (self);
  return FALSE;
}

void
coffer_duplicates_free (CofferDuplicates *self)
{
  g_ptr_array_unref (self->groups);
  g_free (self);
}

static void
search_free (gpointer data)
{
  Search *self = data;

  coffer_row_walk_clear (&self->walk);
  coffer_rows_clear (&self->rows);
  g_clear_pointer (&self->prefix, g_bytes_unref);
  g_clear_pointer (&self->progress, coffer_progress_unref);
  g_clear_pointer (&self->found, coffer_duplicates_free);
  g_array_unref (self->runs);
  g_free (self->ends);
  g_free (self);
}

static Search *
search_new (GBytes         *prefix,
            CofferProgress *progress)
{
  Search *self = g_new0 (Search, 1);

  self->prefix = prefix != NULL && g_bytes_get_size (prefix) > 0 ? g_bytes_ref (prefix) : NULL;
  self->progress = progress != NULL ? coffer_progress_ref (progress) : NULL;
  self->runs = g_array_new (FALSE, FALSE, sizeof (Run));
  self->ends = g_malloc (sizeof (guint64) + 2 * END_SIZE);
  self->seed = (guint64) g_random_int () << 32 | g_random_int ();
  self->found = g_new0 (CofferDuplicates, 1);
  self->found->groups = g_ptr_array_new_with_free_func (group_free);
  start (self);
  return self;
}

static void
searched_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      data)
{
  g_autoptr(GTask) task = data;
  Search *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (coffer_vault_read_values_finish (COFFER_VAULT (source), result, &error))
    g_task_return_pointer (task, g_steal_pointer (&self->found), (GDestroyNotify) coffer_duplicates_free);
  else
    g_task_return_error (task, error);
}

void
coffer_duplicates_find_async (CofferVault         *vault,
                              const char          *table,
                              GBytes              *prefix,
                              guint                most_keys,
                              CofferProgress      *progress,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  GTask *task;
  Search *self;

  g_return_if_fail (COFFER_IS_VAULT (vault) && table != NULL);

  self = search_new (prefix, progress);
  self->most_keys = most_keys;
  task = g_task_new (vault, cancellable, callback, user_data);
  g_task_set_source_tag (task, coffer_duplicates_find_async);
  g_task_set_task_data (task, self, search_free);
  coffer_vault_scan_values_async (vault, table, search, self, NULL, cancellable, searched_cb, task);
}

CofferDuplicates *
coffer_duplicates_find_finish (CofferVault   *vault,
                               GAsyncResult  *result,
                               GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, vault), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
