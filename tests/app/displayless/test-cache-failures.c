/* SPDX-License-Identifier: MIT */
/* Values that wait and cannot be written: nothing is lost, and what can be done without them is done. */
#include "caching.h"

#include "coffer-error-private.h"
#include "coffer-vault-storage.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

/* Nothing can be written: all of it is kept and tried again, until it can. */
static void
test_failure (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  CofferCacheState state;

  test_add_text (fixture, "new", "waits");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  test_set_cache (fixture, 1000000, 500000, 3600);
  test_assert_risk (fixture, "Faster; what was added in the last 3600 s may be lost in a crash");
  test_limit_files (1);
  test_set_cache (fixture, 1000000, 500000, 1);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.problem != NULL));
  g_assert_cmpuint (state.n_entries, ==, 1);
  g_assert_cmpint (state.retry_s, >=, 0);
  test_assert_risk (fixture, "Nothing is written at the moment: 1 value that waits would be lost in a crash");
  g_assert_false (test_flush (fixture->vault, &error));
  g_assert_nonnull (error);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.retry_s >= 1));   /* later each time */
  text = test_read_value (fixture, "new");
  g_assert_cmpstr (text, ==, "waits");
  test_limit_files (G_MAXUINT64);

  test_wait_for (test_n_waiting (fixture) == 0);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.problem == NULL));   /* told in another turn */
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6e6577'"), ==, 1);
  test_assert_risk (fixture, "Faster; what was added in the last 1 s may be lost in a crash");
  coffer_vault_stop_editing (fixture->vault);
  test_assert_risk (fixture, "Faster, when the vault is edited; what was added in the last 1 s may be lost in a crash then. Nothing waits now");
}

static void
assert_done (GAsyncResult *result,
             gboolean    (*finish) (CofferVault *, GAsyncResult *, GError **),
             CofferVault  *vault)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (finish (vault, result, &error));
  g_assert_no_error (error);
}

/* Where what waits cannot be written, all that frees room, or only moves bytes, goes on, and it waits still. */
static void
test_room_first (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autofree char *bytes = g_strnfill (900000, 'x');
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(CofferDeletion) deletion = NULL;
  CofferCheckpoint checkpoint;
  CofferCompactResult done;

  test_set_cache (fixture, 2000000, 1000000, NEVER);
  additions = test_add_value (fixture, "big", bytes, 900000, COFFER_CONFLICT_SKIP, &error);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  test_limit_files (700000);
  g_assert_false (test_flush (fixture->vault, NULL));

  deletion = test_hide_key (fixture->vault, "user:0000000003");
  test_write_deletions (fixture->vault, NULL);
  for (guint i = 0; i < 7; i++)
    {
      g_autoptr(GAsyncResult) result = NULL;

      switch (i)
        {
        case 0: coffer_vault_checkpoint_async (fixture->vault, COFFER_CHECKPOINT_TRUNCATE, NULL, test_store_result, &result); break;
        case 1: coffer_vault_compact_async (fixture->vault, COFFER_COMPACT_SWAP, TRUE, NULL, NULL, test_store_result, &result); break;
        case 2: coffer_vault_compact_async (fixture->vault, COFFER_COMPACT_STEPS, FALSE, NULL, NULL, test_store_result, &result); break;
        case 3: coffer_vault_compact_async (fixture->vault, COFFER_COMPACT_IN_PLACE, FALSE, NULL, NULL, test_store_result, &result); break;
        case 4: coffer_vault_wipe_async (fixture->vault, NULL, NULL, test_store_result, &result); break;
        default: coffer_vault_set_journal_async (fixture->vault, i == 6, NULL, test_store_result, &result); break;
        }
      test_wait_for (result != NULL);
      if (i == 0)
        g_assert_true (coffer_vault_checkpoint_finish (fixture->vault, result, &checkpoint, &error));
      else if (i < 4)
        g_assert_true (coffer_vault_compact_finish (fixture->vault, result, &done, &error));
      else
        assert_done (result, i == 4 ? coffer_vault_wipe_finish : coffer_vault_set_journal_finish, fixture->vault);
      g_assert_no_error (error);
      g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
    }
  test_limit_files (G_MAXUINT64);

  g_assert_true (test_flush (fixture->vault, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'626967' AND length (value) = 900000"), ==, 1);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);
}

/* Run by test_locked(): another program that is about to write, until its input ends. */
static int
hold_lock (const char *path)
{
  sqlite3 *db;
  char byte;

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK || sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
      write (STDOUT_FILENO, "!", 1) != 1)
    return 1;
  while (read (STDIN_FILENO, &byte, 1) > 0)
    ;
  return sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK && sqlite3_close (db) == SQLITE_OK ? 0 : 1;
}

static GSubprocess *
spawn (const char *what,
       const char *path)
{
  g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr(GError) error = NULL;
  GSubprocess *child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDIN_PIPE, &error, own, what, path, NULL);
  char byte;

  g_assert_no_error (error);
  g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (child), &byte, 1, NULL, NULL), ==, 1);   /* it has begun */
  return child;
}

/* Another program holds the lock of the file: why is told, everything is kept, the pauses grow, and then it is written. */
static void
test_locked (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(GSubprocess) child = NULL;
  g_autoptr(GError) failed = NULL, error = NULL;
  g_autoptr(CofferInspection) found = NULL;
  g_autofree char *text = NULL, *copy = NULL;
  CofferCacheState state;
  gint64 first;

  test_add_text (fixture, "new", "waits");
  child = spawn ("--lock", fixture->path);
  test_set_cache (fixture, 1000000, 500000, 0);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.problem != NULL));
  g_assert_cmpstr (state.problem, ==, "Another program is writing to the file");
  g_assert_true (state.flush_failed);
  g_assert_cmpuint (state.flush_bytes, ==, 0);
  g_assert_cmpuint (state.n_entries, ==, 1);
  g_assert_cmpint (state.retry_s, >=, 0);
  first = state.flushed_at_ms;
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.flushed_at_ms != first && state.retry_s >= 1));   /* later each time */
  g_assert_false (test_flush (fixture->vault, &failed));
  g_assert_error (failed, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EBUSY));
  text = test_read_value (fixture, "new");
  g_assert_cmpstr (text, ==, "waits");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);

  found = test_check (fixture->vault);
  g_assert_cmpuint (found->keys, ==, N_KEYS);
  g_assert_cmpuint (found->n_waiting, ==, 1);
  copy = test_save_copy (fixture, fixture->vault);
  g_assert_cmpint (test_count_named (copy, "new"), ==, 1);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);

  g_assert_true (g_output_stream_close (g_subprocess_get_stdin_pipe (child), NULL, &error));
  g_assert_true (g_subprocess_wait_check (child, NULL, &error));
  g_assert_no_error (error);
  test_wait_for (test_n_waiting (fixture) == 0);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.problem == NULL));
  g_assert_false (state.flush_failed);
  g_assert_cmpint (test_count_named (fixture->path, "new"), ==, 1);
}

/* No room for what waits, neither in the file nor in a copy: the check is of what is there, the copy is whole without it, and both say so. */
static void
test_no_room_elsewhere (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autofree char *bytes = g_strnfill (900000, 'x'), *copy = NULL, *problem = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(CofferInspection) found = NULL;
  g_autoptr(GError) error = NULL;

  test_set_cache (fixture, 2000000, 1000000, NEVER);
  additions = test_add_value (fixture, "big", bytes, 900000, COFFER_CONFLICT_SKIP, &error);
  g_assert_no_error (error);
  test_limit_files (700000);
  found = test_check (fixture->vault);
  copy = test_save_copy_but (fixture, fixture->vault, &problem);
  test_limit_files (G_MAXUINT64);

  g_assert_cmpuint (found->keys, ==, N_KEYS);
  g_assert_cmpuint (found->n_found, ==, 0);
  g_assert_cmpuint (found->n_waiting, ==, 1);
  g_assert_true (g_str_has_prefix (problem, "What waits in memory is not in the copy: "));
  g_assert_cmpint (test_count_named (copy, "big"), ==, 0);
  g_assert_cmpint (test_count_named (copy, "user:0000000003"), ==, 1);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_true (test_flush (fixture->vault, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_named (fixture->path, "big"), ==, 1);
}

/* The WRITE lane has its turn while the copy is made: nobody knows from which side of it that is. */
static void
test_written_while_copied (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(GSubprocess) child = NULL;
  g_autofree char *path = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *problem = NULL;
  g_autoptr(GError) error = NULL;
  CofferCacheState state;

  test_add_text (fixture, "new", "waits");
  child = spawn ("--lock", fixture->path);
  test_set_cache (fixture, 1000000, 500000, 0);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.problem != NULL));
  coffer_vault_backup_async (fixture->vault, target, NULL, NULL, test_store_result, &result);
  g_assert_true (g_output_stream_close (g_subprocess_get_stdin_pipe (child), NULL, &error));
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_backup_finish (fixture->vault, result, &problem, &error));
  g_assert_no_error (error);
  g_assert_true (*problem != '\0' || test_count_named (path, "new") == 1);
  test_wait_for (test_n_waiting (fixture) == 0);
}

static void
break_page (Fixture *fixture)
{
  sqlite3_stmt *statement;
  sqlite3 *db;
  int page, page_size;
  FILE *file;

  g_assert_cmpint (sqlite3_open_v2 (fixture->path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA wal_checkpoint (TRUNCATE)", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT max (pageno), max (pgsize) FROM dbstat WHERE name = 'kv' AND pagetype = 'leaf'", -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  page = sqlite3_column_int (statement, 0);
  page_size = sqlite3_column_int (statement, 1);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  file = g_fopen (fixture->path, "r+b");
  g_assert_cmpint (fseek (file, (long) (page - 1) * page_size, SEEK_SET), ==, 0);
  g_assert_cmpint (fwrite ("broken", 1, 6, file), ==, 6);
  fclose (file);
}

static CofferVaultTotals
get_totals (const char *path)
{
  CofferVault *vault = test_open (path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferVaultTotals totals;

  coffer_vault_totals_async (vault, "kv", NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_totals_finish (vault, result, &totals, &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  test_close (vault);
  return totals;
}

/* Nothing is written to a damaged file. A check finds it so, and what can be read of it is saved with what waits. */
static void
test_damaged (Fixture       *fixture,
              gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "saved.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(CofferInspection) found = NULL, again = NULL;
  g_autoptr(GError) error = NULL;
  CofferVaultTotals totals;
  CofferSalvage salvage;

  test_add_text (fixture, "new", "waits");
  test_add_text (fixture, "user:0000000000", "waits, too");
  test_hold (fixture->vault);
  break_page (fixture);
  coffer_vault_resume (fixture->vault);
  for (guint i = 0; i < N_KEYS && !coffer_vault_is_damaged (fixture->vault); i++)
    {
      g_autofree char *name = g_strdup_printf ("user:%010u", i), *text = test_read_value (fixture, name);
    }
  g_assert_true (coffer_vault_is_damaged (fixture->vault));
  g_assert_false (coffer_cache_has_writer (fixture->cache));
  g_assert_cmpuint (test_n_waiting (fixture), ==, 2);
  test_assert_risk (fixture, "Nothing is written at the moment: 2 values that wait would be lost in a crash");

  found = test_check (fixture->vault);
  g_assert_cmpuint (found->n_damages, >, 0);
  coffer_vault_salvage_async (fixture->vault, target, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_salvage_finish (fixture->vault, result, &salvage, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_named (path, "new"), ==, 1);
  g_assert_cmpuint (salvage.saved, >, 1);
  g_assert_cmpuint (salvage.saved, <, N_KEYS);
  totals = get_totals (path);
  g_assert_cmpuint (salvage.saved, ==, totals.keys);
  g_assert_cmpuint (salvage.bytes, ==, totals.bytes);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 2);
  coffer_cache_discard (fixture->cache);
}

/*
 * Run by test_killed(), until it is killed: values wait and are written, for ever. Each round is told once it is in the file. Those of
 * "lost" are thrown away each time: they are never to be found.
 */
static int
wait_for_ever (const char *path)
{
  Fixture fixture = { .folder = g_path_get_dirname (path), .path = g_strdup (path) };
  g_autofree char *filler = g_strnfill (3000, 'x');

  fixture.vault = test_open (path);
  test_edit (fixture.vault);
  fixture.cache = coffer_vault_get_cache (fixture.vault);
  test_set_cache (&fixture, 10000000, 5000000, NEVER);
  for (guint round = 1;; round++)
    {
      g_autofree char *value = g_strdup_printf ("%06u %s", round, filler);

      for (guint i = 0; i < 5; i++)
        {
          g_autofree char *name = g_strdup_printf ("group %u", i);

          test_add_text (&fixture, name, value);
        }
      if (!test_flush (fixture.vault, NULL) || write (STDOUT_FILENO, &round, sizeof round) != sizeof round)
        return 1;
      test_add_text (&fixture, "lost", "waits");
      test_add_text (&fixture, "user:0000000007", "lost, too");
      coffer_cache_discard (fixture.cache);
    }
}

/* What waited is lost, and nothing else: not a byte of what was there, or had been written. */
static void
test_killed (void)
{
  const char *wanted = g_getenv ("COFFER_TEST_KILLS");
  guint n = wanted != NULL ? (guint) strtoul (wanted, NULL, 10) : 15;

  for (guint i = 0; i < n; i++)
    {
      Fixture fixture = { .folder = test_folder_new () };
      g_autoptr(GSubprocess) child = NULL;
      g_autofree char *group = NULL;
      guint round, told = 0;
      gsize len;

      fixture.path = test_make_vault (fixture.folder, "v.db", N_KEYS);
      child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, (group = g_file_read_link ("/proc/self/exe", NULL)), "--wait", fixture.path, NULL);
      g_assert_true (g_input_stream_read_all (g_subprocess_get_stdout_pipe (child), &told, sizeof told, &len, NULL, NULL) && len == sizeof told);
      for (gint64 end = g_get_monotonic_time () + g_test_rand_int_range (0, 60000); g_get_monotonic_time () < end;)
        ;   /* any moment is a good one */
      g_subprocess_force_exit (child);
      g_assert_true (g_subprocess_wait (child, NULL, NULL));
      g_assert_true (g_subprocess_get_if_signaled (child));
      while (g_input_stream_read_all (g_subprocess_get_stdout_pipe (child), &round, sizeof round, &len, NULL, NULL) && len == sizeof round)
        told = round;

      g_assert_cmpint (test_count_rows (fixture.path, "CAST (key AS TEXT) GLOB 'group*'"), ==, 5);
      g_free (group);
      group = g_strdup_printf ("CAST (key AS TEXT) GLOB 'group*' AND length (value) = 3007 AND CAST (substr (value, 1, 6) AS TEXT) = (SELECT "
                               "CAST (substr (max (value), 1, 6) AS TEXT) FROM kv WHERE CAST (key AS TEXT) GLOB 'group*') AND "
                               "CAST (CAST (substr (value, 1, 6) AS TEXT) AS INTEGER) IN (%u, %u)", told, told + 1);
      g_assert_cmpint (test_count_rows (fixture.path, group), ==, 5);
      g_assert_cmpint (test_count_rows (fixture.path, "CAST (key AS TEXT) GLOB 'user:*' AND CAST (CAST (value AS TEXT) AS INTEGER) = "
                                             "CAST (substr (CAST (key AS TEXT), 6) AS INTEGER)"), ==, N_KEYS);
      g_assert_cmpint (test_count_rows (fixture.path, "1"), ==, N_KEYS + 5);
      g_assert_cmpint (test_count_rows (fixture.path, "(SELECT integrity_check FROM pragma_integrity_check) = 'ok'"), ==, N_KEYS + 5);
      test_folder_remove (fixture.folder);
      g_free (fixture.path);
    }
}

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--lock"))
    return hold_lock (argv[2]);
  if (argc == 3 && g_str_equal (argv[1], "--wait"))
    return wait_for_ever (argv[2]);
  g_test_init (&argc, &argv, NULL);

  TEST_CACHE_ADD ("/cache/failure-keeps-it", test_failure);
  TEST_CACHE_ADD ("/cache/room-comes-first", test_room_first);
  TEST_CACHE_ADD ("/cache/no-room-elsewhere", test_no_room_elsewhere);
  TEST_CACHE_ADD ("/cache/written-while-copied", test_written_while_copied);
  TEST_CACHE_ADD ("/cache/file-is-locked", test_locked);
  TEST_CACHE_ADD ("/cache/damage-leaves-a-way-out", test_damaged);
  g_test_add_func ("/cache/killed-while-it-waits", test_killed);

  return g_test_run ();
}
