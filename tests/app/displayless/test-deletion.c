/* SPDX-License-Identifier: MIT */
/* What is told of a deletion that is taken back, or done again, after another program has been at its keys: coffer-deletion-look.c. */
#include "displayless.h"

#include "coffer-additions.h"
#include "coffer-deletion-private.h"
#include "coffer-entry-list.h"
#include "coffer-error-private.h"
#include "coffer-undo.h"
#include "coffer-vault-weigh.h"
#include "waiting.h"

#include <glib/gstdio.h>
#include <string.h>
#include <time.h>

#define N_KEYS 12000
#define N_MANY 10000

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferEntryList *list;
  CofferUndo *undo;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "v.db", data != NULL ? N_KEYS : 100);
  fixture->vault = test_open (fixture->path);
  test_edit (fixture->vault);
  fixture->list = coffer_entry_list_new (fixture->vault);
  fixture->undo = coffer_undo_new (fixture->vault);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_object_unref (fixture->undo);
  g_object_unref (fixture->list);
  test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

static guint
get_n (Fixture *fixture)
{
  return coffer_entry_list_get_loading (fixture->list) ? 0 : g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

/* What the rows were has to be known before somebody changes them. */
static gboolean
is_measured (CofferDeletion *deletion)
{
  guint64 bytes, waited;

  kvault_deletion_count (deletion->rows, &bytes);
  kvault_deletion_count (deletion->waited_rows, &waited);
  return bytes != KVAULT_SIZE_UNKNOWN && waited != KVAULT_SIZE_UNKNOWN;
}

/* As the window deletes: the first @n keys. */
static CofferDeletion *
hide (Fixture *fixture,
      guint    n)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferDeletion *deletion;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("user:%010u", i);

      g_ptr_array_add (keys, test_key (name));
    }
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  coffer_undo_push_deletion (fixture->undo, deletion);
  test_wait_for (is_measured (deletion));
  return deletion;
}

static char *
step (Fixture       *fixture,
      gboolean       redo,
      GError       **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_undo_step_async (fixture->undo, redo, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_undo_step_finish (fixture->undo, result, error);
}

static void
assert_step (Fixture    *fixture,
             gboolean    redo,
             const char *expected)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = step (fixture, redo, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_refused (Fixture    *fixture,
                gboolean    redo,
                const char *expected)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (step (fixture, redo, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_STALE);
  g_assert_cmpstr (error->message, ==, expected);
}

#define KEY(number) "CAST('user:000000000" #number "' AS BLOB)"

/* One of the same size in its row, one in a row of its own. */
static void
what_others_did_is_told (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 6);

  test_sql (fixture->path, "DELETE FROM kv WHERE key = " KEY (1) ";"
                           "UPDATE kv SET value = CAST('x' || substr(value, 2) AS BLOB) WHERE key = " KEY (2) ";"
                           "REPLACE INTO kv (key, value) VALUES (" KEY (3) ", x'00')");
  assert_step (fixture, FALSE, "3 of 6 keys are back; 2 were written to meanwhile; 1 was deleted by others meanwhile");
  test_wait_for (get_n (fixture) == 99);
  g_assert_cmpint (coffer_deletion_get_n_left (deletion), ==, 3);
  assert_step (fixture, TRUE, "3 of 6 keys deleted again; 2 were written to meanwhile; 1 was deleted by others meanwhile");
  test_wait_for (get_n (fixture) == 96);   /* what others wrote is shown */
  test_write_deletions (fixture->vault, NULL);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, 96);
  g_assert_cmpint (test_count_rows (fixture->path, "key IN (" KEY (2) ", " KEY (3) ")"), ==, 2);
}

static void
what_nobody_touched_is_back (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 3);

  test_sql (fixture->path, "INSERT INTO kv (key, value) VALUES (CAST('another' AS BLOB), x'00');"
                           "UPDATE kv SET value = x'01' WHERE key = " KEY (7));
  assert_step (fixture, FALSE, "3 keys are back");
  assert_step (fixture, TRUE, "3 keys deleted again");
}

/* Between an undo and its redo: their new value is not hidden. */
static void
doing_it_again_looks_too (Fixture       *fixture,
                          gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 3);

  assert_step (fixture, FALSE, "3 keys are back");
  test_sql (fixture->path, "UPDATE kv SET value = CAST('theirs' AS BLOB) WHERE key = " KEY (0) "; DELETE FROM kv WHERE key = " KEY (1));
  assert_step (fixture, TRUE, "1 of 3 keys deleted again; 1 was written to meanwhile; 1 was deleted by others meanwhile");
  test_wait_for (get_n (fixture) == 98);
}

/* There is nothing to be done again then. */
static void
nothing_may_be_left (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(CofferDeletion) first = hide (fixture, 1), second = NULL;

  test_sql (fixture->path, "DELETE FROM kv WHERE key = " KEY (0));
  assert_refused (fixture, FALSE, "Nothing is back; 1 was deleted by others meanwhile");
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  g_assert_null (coffer_undo_get_redo_label (fixture->undo));
  g_clear_pointer (&first, coffer_deletion_unref);

  first = hide (fixture, 3);   /* of which the first is not there */
  assert_step (fixture, FALSE, "2 keys are back");
  test_sql (fixture->path, "UPDATE kv SET value = x'00' WHERE key IN (" KEY (1) ", " KEY (2) ")");
  assert_refused (fixture, TRUE, "Nothing deleted again; 2 were written to meanwhile");
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  g_assert_false (coffer_undo_get_busy (fixture->undo));
  test_wait_for (get_n (fixture) == 99);
}

static int
stop_at_first (const kvault_progress *progress,
               void                  *data)
{
  return 1;
}

/* By us: what was written before that was stopped. */
static void
what_is_deleted_for_good_is_told (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 1500);
  kvault *other = NULL;

  g_assert_cmpint (kvault_open (fixture->path, NULL, &other, NULL), ==, KVAULT_OK);
  g_assert_cmpint (kvault_deletion_write (other, deletion->rows, stop_at_first, NULL, NULL), ==, KVAULT_ECANCELLED);
  g_assert_cmpint (kvault_close (other), ==, KVAULT_OK);
  assert_step (fixture, FALSE, "500 of 1500 keys are back; 1000 are deleted from the file already");
}

/* Stores, and it waits in the cache. */
static void
add (Fixture    *fixture,
     const char *name,
     const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, "source", NULL);
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GBytes) key = g_bytes_new (name, strlen (name));
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, &error));
  coffer_additions_set_conflict (additions, COFFER_CONFLICT_REPLACE);
  coffer_additions_append (additions, path, NULL, key, strlen (text));
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
}

/* In the cache: what waited is back whatever became of its row, but for a newer value. */
static void
what_waits_is_told (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferDeletion) over = NULL, fresh = NULL;

  coffer_cache_set_options (coffer_vault_get_cache (fixture->vault), &(CofferCacheOptions) { TRUE, 1000000, 500000, 86400 });
  add (fixture, "user:0000000001", "waits");
  over = hide (fixture, 3);
  test_sql (fixture->path, "DELETE FROM kv WHERE key IN (" KEY (1) ", " KEY (2) ")");
  assert_step (fixture, FALSE, "2 of 3 keys are back; 1 was deleted by others meanwhile");
  test_wait_for (get_n (fixture) == 99);

  add (fixture, "new", "older");
  fresh = test_hide_key (fixture->vault, "new");
  coffer_undo_push_deletion (fixture->undo, fresh);
  add (fixture, "new", "newer");
  assert_refused (fixture, FALSE, "Nothing is back; 1 was written to meanwhile");
  test_wait_for (get_n (fixture) == 100);
}

/* They show as soon as it is asked for, and what is told waits: who does not want to is told so. */
static void
they_show_before_they_are_looked_at (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  deletion = hide (fixture, 10);
  coffer_undo_step_async (fixture->undo, FALSE, NULL, cancellable, test_store_result, &result);
  test_wait_for (!coffer_deletion_is_hidden (deletion));
  g_assert_null (result);
  g_assert_true (coffer_undo_get_busy (fixture->undo));
  g_cancellable_cancel (cancellable);
  test_wait_for (result != NULL);
  text = coffer_undo_step_finish (fixture->undo, result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "10 keys are shown again, but were not looked at");
  assert_step (fixture, TRUE, "10 keys deleted again");
}

static double
get_cpu_seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

/* Between its pieces the lists have their turn. */
static void
many_are_looked_at_quickly (Fixture       *fixture,
                            gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, N_MANY);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferFates fates;
  double before, used;

  test_wait_for (get_n (fixture) == N_KEYS - N_MANY);
  test_sql (fixture->path, "DELETE FROM kv WHERE key < CAST('user:0000005000' AS BLOB);"
                           "UPDATE kv SET value = x'00' WHERE key = CAST('user:0000009999' AS BLOB)");
  before = get_cpu_seconds ();
  coffer_vault_look_at_deletion_async (fixture->vault, deletion, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  used = get_cpu_seconds () - before;
  g_assert_true (coffer_vault_look_at_deletion_finish (fixture->vault, result, &fates, &error));
  g_assert_no_error (error);
  g_assert_cmpint (fates.n_left, ==, 4999);
  g_assert_cmpint (fates.n_changed, ==, 1);
  g_assert_cmpint (fates.n_missing, ==, 5000);
  g_test_message ("%d keys looked at in %.0f ms", N_MANY, used * 1000);
  g_assert_cmpfloat (used, <, 2);   /* 0.1 s where it was written; a look-up by anything but the index takes minutes */
  assert_step (fixture, FALSE, "4999 of 10000 keys are back; 1 was written to meanwhile; 5000 were deleted by others meanwhile");
  test_wait_for (get_n (fixture) == N_KEYS - 5000);
}

/* ---- what compacting leaves ---- */

static guint64
get_size (const char *path)
{
  GStatBuf found;

  return g_stat (path, &found) == 0 ? (guint64) found.st_size : 0;
}

static CofferWeight
weigh (Fixture *fixture)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferWeight weight;

  coffer_vault_weigh_async (fixture->vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_weigh_finish (fixture->vault, result, &weight, &error));
  g_assert_no_error (error);
  return weight;
}

/* What a copy of the file weighs when keys of the table "kv" from @first on are deleted, and it is compacted. */
static guint64
compact_copy (Fixture    *fixture,
              const char *first)
{
  g_autofree char *copy = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autofree char *into = g_strdup_printf ("VACUUM INTO '%s'", copy);
  g_autofree char *without = g_strdup_printf ("DELETE FROM kv WHERE key >= CAST('%s' AS BLOB); VACUUM", first);
  guint64 size;

  test_sql (fixture->path, into);
  test_sql (copy, without);
  size = get_size (copy);
  g_assert_cmpint (g_remove (copy), ==, 0);
  return size;
}

/* Values from @first to @last, of some bytes each. */
static void
add_values (Fixture *fixture,
            guint    first,
            guint    last,
            guint    size)
{
  g_autofree char *sql = g_strdup_printf ("WITH RECURSIVE n (i) AS (SELECT %u UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
                                          "INSERT INTO kv SELECT CAST(printf ('user:%%010d', i) AS BLOB), zeroblob(%u) FROM n", first, last, size);

  test_sql (fixture->path, sql);
}

static void
assert_about (guint64 size,
              guint64 real)
{
  g_test_message ("%" G_GUINT64_FORMAT ", and is %" G_GUINT64_FORMAT, size, real);
  g_assert_cmpuint (size, <=, real + real / 10);
  g_assert_cmpuint (size, >=, real - real / 10);
}

/* Of rows that fill their pages badly, with and without another table beside, and with the rest deleted already. */
static void
what_compacting_leaves_is_told (Fixture       *fixture,
                                gconstpointer  data)
{
  CofferWeight weight;
  g_autoptr(CofferDeletion) deletion = NULL;

  add_values (fixture, 100, 399, 21000);
  for (guint beside = 0; beside < 2; beside++)
    {
      if (beside > 0)
        test_sql (fixture->path, "CREATE TABLE other (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                                 "INSERT INTO other SELECT key, zeroblob(500) FROM kv");
      weight = weigh (fixture);
      assert_about (coffer_weight_without (&weight, 0, 0), compact_copy (fixture, "v"));
      assert_about (coffer_weight_without (&weight, 150, 150 * 21000), compact_copy (fixture, "user:0000000250"));
      assert_about (coffer_weight_without (&weight, 300, 300 * 21000), compact_copy (fixture, "user:0000000100"));
      g_assert_cmpuint (coffer_weight_without (&weight, 400, weight.n_bytes), ==, compact_copy (fixture, ""));
    }
  deletion = hide (fixture, 100);
  weight = weigh (fixture);
  g_assert_cmpuint (weight.n_gone, ==, 100);
  g_assert_cmpuint (coffer_weight_without (&weight, 300, 300 * 21000), ==, compact_copy (fixture, ""));
}

static void
a_log_counts_once (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autofree char *log = g_strconcat (fixture->path, "-wal", NULL);
  CofferWeight weight;

  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  test_wait_for (coffer_vault_get_editable (fixture->vault));
  add_values (fixture, 100, 110, 100000);
  weight = weigh (fixture);
  g_assert_cmpuint (get_size (log), >, 1000000);
  g_assert_cmpuint (get_size (fixture->path), <, 100000);
  g_assert_cmpuint (weight.size, ==, get_size (fixture->path) + get_size (log));
  g_assert_cmpuint (weight.live, >, 1100000);
  g_assert_cmpuint (coffer_weight_without (&weight, 111, weight.n_bytes), <, 100000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, function) g_test_add (path, Fixture, data, set_up, function, tear_down)
  ADD ("/deletion/what-others-did-is-told", NULL, what_others_did_is_told);
  ADD ("/deletion/what-nobody-touched-is-back", NULL, what_nobody_touched_is_back);
  ADD ("/deletion/doing-it-again-looks-too", NULL, doing_it_again_looks_too);
  ADD ("/deletion/nothing-may-be-left", NULL, nothing_may_be_left);
  ADD ("/deletion/what-is-deleted-for-good-is-told", "many", what_is_deleted_for_good_is_told);
  ADD ("/deletion/what-waits-is-told", NULL, what_waits_is_told);
  ADD ("/deletion/they-show-before-they-are-looked-at", NULL, they_show_before_they_are_looked_at);
  ADD ("/deletion/many-are-looked-at-quickly", "many", many_are_looked_at_quickly);
  ADD ("/deletion/what-compacting-leaves-is-told", NULL, what_compacting_leaves_is_told);
  ADD ("/deletion/a-log-counts-once", NULL, a_log_counts_once);
  return g_test_run ();
}
