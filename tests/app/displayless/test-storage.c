/* SPDX-License-Identifier: MIT */
/* Where the bytes are, and what is done about it: the model of the window "Storage", against SQLite and stat(2). */
#include "displayless.h"

#include "coffer-error.h"
#include "coffer-storage.h"
#include "coffer-storage-upkeep.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferStorage *storage;
} Fixture;

static guint64
size_of (const char *path,
         const char *suffix)
{
  g_autofree char *name = g_strconcat (path, suffix, NULL);
  GStatBuf found;

  return g_stat (name, &found) == 0 ? (guint64) found.st_size : 0;
}

static guint64
ask_number (const char *path,
            const char *sql)
{
  sqlite3 *db = NULL;
  sqlite3_stmt *statement = NULL;
  guint64 number;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  number = (guint64) sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return number;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "storage.db", 2000);
  test_sql (fixture->path, "CREATE TABLE notes (text); INSERT INTO notes VALUES (zeroblob (100000));"
                           "INSERT INTO kv VALUES (x'00', zeroblob (3000000)); INSERT INTO kv VALUES (x'01', zeroblob (500000));"
                           "DELETE FROM kv WHERE key = x'00'");
  fixture->vault = test_open (fixture->path);
  fixture->storage = coffer_storage_new (fixture->vault);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_object_unref (fixture->storage);
  test_close (fixture->vault);
  g_free (fixture->path);
  test_folder_remove (fixture->folder);
}

static void
wait_for_split (Fixture *fixture)
{
  test_wait_for (coffer_storage_is_split (fixture->storage));
  test_wait_for (coffer_storage_get_holders (fixture->storage) != NULL);
}

static void
wait_for_job (Fixture *fixture)
{
  test_wait_for (coffer_storage_get_job (fixture->storage) == COFFER_STORAGE_IDLE);
}

static void
assert_adds_up (Fixture *fixture,
                guint64  parts[COFFER_N_PARTS])
{
  guint64 total = coffer_storage_get_parts (fixture->storage, parts);
  guint64 sum = 0;

  for (guint i = 0; i < COFFER_N_PARTS; i++)
    sum += parts[i];
  g_assert_cmpuint (sum, ==, total);
  g_assert_cmpuint (total, ==, size_of (fixture->path, "") + size_of (fixture->path, "-wal"));
}

static void
test_agrees (Fixture       *fixture,
             gconstpointer  data)
{
  guint64 parts[COFFER_N_PARTS];
  guint64 values, keys, free_pages, page_size;

  wait_for_split (fixture);
  assert_adds_up (fixture, parts);
  values = ask_number (fixture->path, "SELECT sum (pgsize) FROM dbstat WHERE name = 'kv'");
  keys = ask_number (fixture->path, "SELECT sum (pgsize) FROM dbstat WHERE name = 'sqlite_autoindex_kv_1'");
  free_pages = ask_number (fixture->path, "PRAGMA freelist_count");
  page_size = ask_number (fixture->path, "PRAGMA page_size");
  g_assert_cmpuint (parts[COFFER_PART_VALUES], ==, values);
  g_assert_cmpuint (parts[COFFER_PART_KEYS], ==, keys);
  g_assert_cmpuint (parts[COFFER_PART_FREE], ==, free_pages * page_size);
  g_assert_cmpuint (parts[COFFER_PART_IN_USE], ==, 0);
  g_assert_cmpuint (parts[COFFER_PART_OTHER], >, 100000);
}

/* Before the pages have been looked at, the same sum. */
static void
test_at_once (Fixture       *fixture,
              gconstpointer  data)
{
  guint64 parts[COFFER_N_PARTS];

  test_wait_for (coffer_storage_get_space (fixture->storage) != NULL);
  coffer_storage_stop_measuring (fixture->storage);
  g_assert_cmpfloat (coffer_storage_get_measured (fixture->storage), <, 0);
  g_assert_false (coffer_storage_is_split (fixture->storage));
  assert_adds_up (fixture, parts);
  g_assert_cmpuint (parts[COFFER_PART_IN_USE], >, 0);
  g_assert_cmpuint (parts[COFFER_PART_VALUES], ==, 0);

  coffer_storage_measure (fixture->storage);
  wait_for_split (fixture);
  assert_adds_up (fixture, parts);
}

static void
test_checkpoint (Fixture       *fixture,
                 gconstpointer  data)
{
  const CofferCheckpoint *checkpoint;
  guint64 parts[COFFER_N_PARTS];
  GDateTime *when;
  sqlite3 *db = NULL;
  sqlite3_stmt *reader = NULL;

  wait_for_split (fixture);
  test_edit (fixture->vault);
  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT key FROM kv", -1, &reader, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (reader), ==, SQLITE_ROW);
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'02', zeroblob (300000))");

  /* a reader of before keeps it from being emptied */
  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_PASSIVE);
  wait_for_job (fixture);
  checkpoint = coffer_storage_get_checkpoint (fixture->storage, &when);
  g_assert_nonnull (checkpoint);
  g_assert_cmpuint (checkpoint->moved, <, checkpoint->frames);
  test_wait_for (coffer_storage_get_space (fixture->storage)->wal_waiting > 0);
  g_assert_cmpuint (coffer_storage_get_space (fixture->storage)->wal_frames, ==, checkpoint->frames);
  g_assert_cmpuint (coffer_storage_get_space (fixture->storage)->wal_waiting, ==,
                    (checkpoint->frames - checkpoint->moved) * coffer_storage_get_space (fixture->storage)->page_size);

  sqlite3_finalize (reader);
  sqlite3_close (db);
  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_TRUNCATE);
  wait_for_job (fixture);
  checkpoint = coffer_storage_get_checkpoint (fixture->storage, &when);
  g_assert_true (checkpoint->finished);
  g_assert_cmpuint (size_of (fixture->path, "-wal"), ==, 0);
  wait_for_split (fixture);
  test_wait_for (coffer_storage_get_space (fixture->storage)->wal_size == 0);
  g_assert_cmpuint (coffer_storage_get_space (fixture->storage)->wal_waiting, ==, 0);
  test_wait_for (coffer_storage_get_space (fixture->storage)->main_size == size_of (fixture->path, ""));
  wait_for_split (fixture);
  assert_adds_up (fixture, parts);
}

static gint n_reads;   /* atomic */

/* As a paused clip does: has a value open until it is asked to let go. The second time it is content. */
static gpointer
read_and_wait (GInputStream            *stream,
               const CofferValueFacts  *facts,
               gpointer                 data,
               GCancellable            *cancellable,
               GError                 **error)
{
  char byte;

  if (g_input_stream_read (stream, &byte, 1, cancellable, error) < 0)
    return NULL;
  if (g_atomic_int_add (&n_reads, 1) > 0)
    return GINT_TO_POINTER (TRUE);
  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_thread_yield ();
  return NULL;
}

/* What this program reads keeps the log in use until it is asked. */
static void
test_release (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static ("\x01", 1);
  g_autoptr(CofferKey) key = coffer_key_new_written (bytes);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  const CofferCheckpoint *checkpoint;
  CofferStorageJob job;
  GDateTime *when;

  wait_for_split (fixture);
  test_edit (fixture->vault);
  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  g_atomic_int_set (&n_reads, 0);
  coffer_vault_read_value_async (fixture->vault, key, read_and_wait, NULL, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (g_atomic_int_get (&n_reads) == 1);
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'02', zeroblob (300000))");

  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_PASSIVE);
  wait_for_job (fixture);
  checkpoint = coffer_storage_get_checkpoint (fixture->storage, &when);
  g_assert_nonnull (checkpoint);
  g_assert_false (checkpoint->finished);
  g_assert_true (checkpoint->own);
  g_assert_cmpint (checkpoint->pid, ==, 0);

  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_ALONE);
  wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  checkpoint = coffer_storage_get_checkpoint (fixture->storage, &when);
  g_assert_true (checkpoint->finished);
  g_assert_cmpuint (size_of (fixture->path, "-wal"), ==, 0);
  test_wait_for (result != NULL);   /* it went on */
  g_assert_nonnull (coffer_vault_read_value_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
}

/* Every lane of the vault lets go for it, and goes on; beside another program it is refused. */
static void
test_journal (Fixture       *fixture,
              gconstpointer  data)
{
  CofferStorageJob job;
  sqlite3 *db = NULL;

  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  wait_for_split (fixture);
  test_edit (fixture->vault);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "SELECT count (*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_storage_set_journal (fixture->storage, FALSE);
  wait_for_job (fixture);
  g_assert_error (coffer_storage_get_job_error (fixture->storage, &job), COFFER_ERROR, COFFER_ERROR_BUSY);
  g_assert_cmpint (job, ==, COFFER_STORAGE_JOURNAL);
  sqlite3_close (db);

  coffer_storage_set_journal (fixture->storage, FALSE);
  wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_cmpuint (ask_number (fixture->path, "SELECT count (*) FROM pragma_journal_mode WHERE journal_mode = 'delete'"), ==, 1);
  test_wait_for (!coffer_storage_get_space (fixture->storage)->wal_mode);
  coffer_storage_set_journal (fixture->storage, TRUE);
  wait_for_job (fixture);
  test_wait_for (coffer_storage_get_space (fixture->storage)->wal_mode);
  wait_for_split (fixture);
}

static gboolean
has_bytes (const char *path,
           const char *bytes)
{
  g_autofree char *content = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  return memmem (content, size, bytes, strlen (bytes)) != NULL;
}

static void
delete_secret (Fixture *fixture)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL;

  test_sql (fixture->path, "INSERT INTO kv VALUES (x'05', CAST (hex (zeroblob (50000)) || 'very secret' || hex (zeroblob (50000)) AS BLOB))");
  g_ptr_array_add (keys, coffer_key_new_written (g_bytes_new_static ("\x05", 1)));
  coffer_vault_delete_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_cmpint (coffer_vault_delete_finish (fixture->vault, result, NULL), ==, 1);
  test_sql (fixture->path, "PRAGMA wal_checkpoint (TRUNCATE)");
}

/* What was deleted, and what is deleted from now on: by the handle that is open, and by the next one. */
static void
test_wipe (Fixture       *fixture,
           gconstpointer  data)
{
  CofferStorageJob job;

  wait_for_split (fixture);
  coffer_vault_set_table (fixture->vault, "kv");
  test_edit (fixture->vault);
  delete_secret (fixture);
  g_assert_true (has_bytes (fixture->path, "very secret"));
  coffer_storage_wipe (fixture->storage);
  g_assert_cmpint (coffer_storage_get_job (fixture->storage), ==, COFFER_STORAGE_WIPE);
  wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_nonnull (coffer_storage_get_wiped (fixture->storage));
  g_assert_false (has_bytes (fixture->path, "very secret"));

  coffer_vault_set_secure_delete (fixture->vault, TRUE);
  delete_secret (fixture);
  g_assert_false (has_bytes (fixture->path, "very secret"));
  coffer_vault_stop_editing (fixture->vault);   /* which closes it */
  test_edit (fixture->vault);
  delete_secret (fixture);
  g_assert_false (has_bytes (fixture->path, "very secret"));
  coffer_vault_set_secure_delete (fixture->vault, FALSE);
  delete_secret (fixture);
  g_assert_true (has_bytes (fixture->path, "very secret"));
}

static void
test_optimize (Fixture       *fixture,
               gconstpointer  data)
{
  CofferStorageJob job;

  wait_for_split (fixture);
  test_edit (fixture->vault);
  coffer_storage_optimize (fixture->storage);
  wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_nonnull (coffer_storage_get_optimized (fixture->storage));
}

/* Of a file with a page gone all but what was on that page; and nothing is written over. */
static void
test_salvage (Fixture       *fixture,
              gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "saved.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  const CofferSalvage *salvage;
  CofferStorageJob job;
  GFile *saved;
  guint64 page_size = ask_number (fixture->path, "PRAGMA page_size");
  guint64 page = ask_number (fixture->path, "SELECT pageno FROM dbstat WHERE name = 'kv' AND pagetype = 'leaf' ORDER BY ncell DESC LIMIT 1");
  guint64 n_keys = ask_number (fixture->path, "SELECT count (*) FROM kv");
  FILE *file;

  test_sql (fixture->path, "PRAGMA wal_checkpoint (TRUNCATE)");
  file = g_fopen (fixture->path, "r+b");
  g_assert_cmpint (fseek (file, (long) ((page - 1) * page_size), SEEK_SET), ==, 0);
  g_assert_cmpint (fwrite ("broken", 1, 6, file), ==, 6);
  fclose (file);
  test_wait_for (coffer_storage_get_space (fixture->storage) != NULL);
  wait_for_job (fixture);
  coffer_storage_salvage (fixture->storage, target);
  wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  salvage = coffer_storage_get_salvage (fixture->storage, &saved);
  g_assert_nonnull (salvage);
  g_assert_true (g_file_equal (saved, target));
  g_assert_cmpuint (salvage->lost, >, 0);
  g_assert_cmpuint (salvage->saved + salvage->lost, ==, n_keys);
  g_assert_cmpuint (ask_number (path, "SELECT count (*) FROM kv"), ==, salvage->saved);
  g_assert_cmpuint (ask_number (path, "SELECT length (value) FROM kv WHERE key = x'01'"), ==, 500000);

  coffer_storage_salvage (fixture->storage, target);
  wait_for_job (fixture);
  g_assert_error (coffer_storage_get_job_error (fixture->storage, &job), COFFER_ERROR, COFFER_ERROR_EXISTS);
  g_assert_cmpuint (ask_number (path, "SELECT count (*) FROM kv"), >, 0);
}

static void
test_compact (Fixture       *fixture,
              gconstpointer  data)
{
  guint64 before = size_of (fixture->path, "");
  guint64 n_keys = ask_number (fixture->path, "SELECT count (*) FROM kv");
  guint64 parts[COFFER_N_PARTS];
  const CofferCompactResult *done;
  CofferSpace space;
  double seconds;

  wait_for_split (fixture);
  test_wait_for (coffer_storage_get_plan (fixture->storage) != NULL);
  g_assert_cmpuint (coffer_storage_get_plan (fixture->storage)->freed, >, 2900000);
  test_edit (fixture->vault);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_AUTO, FALSE);
  g_assert_cmpint (coffer_storage_get_job (fixture->storage), ==, COFFER_STORAGE_COMPACT);
  wait_for_job (fixture);
  done = coffer_storage_get_compacted (fixture->storage, &seconds, &space);
  g_assert_nonnull (done);
  g_assert_cmpuint (done->before, >=, before);
  g_assert_cmpuint (size_of (fixture->path, ""), <, before - 2900000);
  g_assert_cmpuint (ask_number (fixture->path, "SELECT count (*) FROM kv"), ==, n_keys);
  test_wait_for (coffer_storage_get_space (fixture->storage)->main_size < before);
  wait_for_split (fixture);
  assert_adds_up (fixture, parts);
  g_assert_cmpuint (parts[COFFER_PART_FREE], ==, 0);
}

/* Cancelled before it begins, the file is what it was. */
static void
test_cancel (Fixture       *fixture,
             gconstpointer  data)
{
  guint64 before = size_of (fixture->path, "");
  CofferStorageJob job;
  CofferSpace space;
  double seconds;

  wait_for_split (fixture);
  test_edit (fixture->vault);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_SWAP, FALSE);
  coffer_storage_cancel (fixture->storage);
  wait_for_job (fixture);
  g_assert_error (coffer_storage_get_job_error (fixture->storage, &job), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (job, ==, COFFER_STORAGE_COMPACT);
  g_assert_null (coffer_storage_get_compacted (fixture->storage, &seconds, &space));
  g_assert_cmpuint (size_of (fixture->path, ""), ==, before);
}

/* As if a person did it in the moment in which it has just been done: cancelled in the "changed" of the last step, or by then. */
static void
cancel_when_smaller (Fixture *fixture,
                     guint64  size)
{
  for (guint i = 0; i < 100000 && size_of (fixture->path, "") >= size; i++)
    g_usleep (100);   /* the main loop stands still: what the lane did is not known yet */
  g_assert_cmpuint (size_of (fixture->path, ""), <, size);
  coffer_storage_cancel (fixture->storage);
  wait_for_job (fixture);
}

static void
test_cancelled_too_late (Fixture       *fixture,
                         gconstpointer  data)
{
  guint64 before = size_of (fixture->path, "");
  g_autofree char *path = g_build_filename (fixture->folder, "late.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  const CofferCompactResult *done;
  const char *problem;
  CofferStorageJob job;
  CofferSpace space;
  double seconds;

  wait_for_split (fixture);
  test_edit (fixture->vault);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_SWAP, FALSE);
  cancel_when_smaller (fixture, before);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  done = coffer_storage_get_compacted (fixture->storage, &seconds, &space);
  g_assert_nonnull (done);
  g_assert_true (done->complete);
  wait_for_split (fixture);

  g_assert_true (coffer_storage_copy (fixture->storage, target));
  g_assert_false (coffer_storage_copy (fixture->storage, target));   /* one at a time */
  for (guint i = 0; i < 100000 && !g_file_test (path, G_FILE_TEST_EXISTS); i++)
    g_usleep (100);
  coffer_storage_cancel (fixture->storage);
  wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_nonnull (coffer_storage_get_copied (fixture->storage, &problem));
}

/* While the file is written anew, no window of the program writes to it; one that comes meanwhile neither. */
static void
test_locks_others (Fixture       *fixture,
                   gconstpointer  data)
{
  CofferVault *other = test_open (fixture->path);
  CofferVault *late;

  wait_for_split (fixture);
  test_edit (fixture->vault);
  test_edit (other);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_IN_PLACE, FALSE);
  g_assert_false (coffer_vault_get_editable (fixture->vault));
  g_assert_false (coffer_vault_get_editable (other));
  g_assert_nonnull (coffer_vault_get_lock_reason (other));
  late = test_open (fixture->path);
  g_assert_true (coffer_vault_get_lock_reason (late) != NULL || coffer_storage_get_job (fixture->storage) == COFFER_STORAGE_IDLE);
  wait_for_job (fixture);
  g_assert_true (coffer_vault_get_editable (fixture->vault));
  g_assert_true (coffer_vault_get_editable (other));
  g_assert_null (coffer_vault_get_lock_reason (late));
  test_close (late);
  test_close (other);
}

static void
cancel_at_first_step (CofferStorage *storage)
{
  CofferStep step;

  coffer_storage_get_step (storage, &step);
  if (coffer_storage_get_job (storage) == COFFER_STORAGE_COMPACT && step.bytes > 0)
    coffer_storage_cancel (storage);
}

/* Of steps that are done a cancel takes nothing back, and says how much it was. */
static void
test_keeps_steps (Fixture       *fixture,
                  gconstpointer  data)
{
  const CofferCompactResult *done;
  CofferStorageJob job;
  CofferSpace space;
  double seconds;
  guint64 n_pages;

  wait_for_split (fixture);
  test_sql (fixture->path, "PRAGMA auto_vacuum = 2; VACUUM; INSERT INTO kv VALUES (x'05', zeroblob (60000000)); INSERT INTO kv VALUES (x'06', x'07');"
                           "DELETE FROM kv WHERE key = x'05'");
  n_pages = ask_number (fixture->path, "PRAGMA freelist_count");
  test_edit (fixture->vault);
  g_signal_connect (fixture->storage, "changed", G_CALLBACK (cancel_at_first_step), NULL);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_STEPS, FALSE);
  wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  done = coffer_storage_get_compacted (fixture->storage, &seconds, &space);
  g_assert_nonnull (done);
  g_assert_cmpuint (done->freed, ==,
                    (n_pages - ask_number (fixture->path, "PRAGMA freelist_count")) * ask_number (fixture->path, "PRAGMA page_size"));
  g_assert_cmpuint (done->freed, >, 0);
  if (done->complete)
    g_test_message ("it was faster than the cancel");
  else
    g_assert_true (done->cancelled);
}

/* Nobody looks: nothing is measured, and nothing asked for. */
static void
test_unwatched (Fixture       *fixture,
                gconstpointer  data)
{
  g_autoptr(GAsyncResult) result = NULL;
  guint64 parts[COFFER_N_PARTS];
  guint64 size;

  test_wait_for (coffer_storage_get_space (fixture->storage) != NULL);
  coffer_storage_set_watched (fixture->storage, FALSE);
  g_assert_cmpfloat (coffer_storage_get_measured (fixture->storage), <, 0);
  size = coffer_storage_get_parts (fixture->storage, parts);
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'07', zeroblob (5000000))");
  coffer_storage_look (fixture->storage);
  g_signal_emit_by_name (fixture->vault, "touched");
  coffer_vault_stats_async (fixture->vault, NULL, test_store_result, &result);   /* behind what was asked for, on the same lane */
  test_wait_for (result != NULL);
  g_assert_cmpuint (coffer_storage_get_parts (fixture->storage, parts), ==, size);
  coffer_storage_set_watched (fixture->storage, TRUE);
  test_wait_for (coffer_storage_get_parts (fixture->storage, parts) > size);
  wait_for_split (fixture);
}

static void
test_converts (Fixture       *fixture,
               gconstpointer  data)
{
  guint64 sum;
  const char *problem;
  CofferStorageJob job;

  wait_for_split (fixture);
  test_sql (fixture->path, "DROP TABLE kv; CREATE TABLE kv (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, size INTEGER NOT NULL);"
                           "CREATE INDEX kv_key_idx ON kv(key); INSERT INTO kv (key, value, size) VALUES (x'61', zeroblob (3000000), 3000000), (x'62', x'0102', 2)");
  sum = ask_number (fixture->path, "SELECT sum (length (value) + id) FROM kv");
  coffer_vault_close (fixture->vault);
  g_object_unref (fixture->storage);
  g_object_unref (fixture->vault);
  fixture->vault = test_open (fixture->path);
  fixture->storage = coffer_storage_new (fixture->vault);
  g_assert_cmpint (coffer_vault_get_table_kind (fixture->vault), ==, COFFER_SECTION_V1);
  test_edit (fixture->vault);
  coffer_storage_convert (fixture->storage);
  g_assert_false (coffer_vault_get_editable (fixture->vault));
  wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_true (coffer_storage_get_converted (fixture->storage, &problem));
  g_assert_null (problem);
  test_wait_for (coffer_vault_get_table_kind (fixture->vault) == COFFER_SECTION_V2);
  g_assert_true (coffer_vault_get_editable (fixture->vault));
  g_assert_cmpuint (ask_number (fixture->path, "SELECT sum (length (value) + rowid) FROM kv"), ==, sum);
}

/* A file of two names cannot be swapped. What is left is told with its own numbers. */
static void
test_plans_what_is_left (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *other = g_build_filename (fixture->folder, "other-name", NULL);
  g_autoptr(CofferCompactPlan) plan = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_no_errno (link (fixture->path, other));
  coffer_vault_compact_plan_async (fixture->vault, COFFER_COMPACT_AUTO, FALSE, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  plan = coffer_vault_compact_plan_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  g_assert_true (plan->possible);
  g_assert_cmpint (plan->way, ==, COFFER_COMPACT_IN_PLACE);
  g_assert_cmpuint (plan->disk_free, >, plan->disk_needed);
  g_assert_nonnull (strstr (plan->reason, "more than one name"));
  g_assert_no_errno (g_unlink (other));
}

/* Somebody has the file open, so that no new one may take its place. */
static void
test_refused (Fixture       *fixture,
              gconstpointer  data)
{
  guint64 before = size_of (fixture->path, "");
  CofferStorageJob job;
  sqlite3 *db = NULL;

  wait_for_split (fixture);
  test_edit (fixture->vault);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "SELECT count (*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_storage_compact (fixture->storage, COFFER_COMPACT_SWAP, FALSE);
  wait_for_job (fixture);
  g_assert_nonnull (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_cmpuint (size_of (fixture->path, ""), ==, before);
  g_assert_cmpint (sqlite3_exec (db, "INSERT INTO kv VALUES (x'03', x'04')", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
  g_assert_cmpuint (ask_number (fixture->path, "SELECT count (*) FROM kv WHERE key = x'03'"), ==, 1);
}

static void
test_copy_file_whole (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  const char *problem;
  CofferStorageJob job;

  wait_for_split (fixture);
  coffer_storage_copy (fixture->storage, target);
  wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_true (g_file_equal (coffer_storage_get_copied (fixture->storage, &problem), target));
  g_assert_null (problem);
  g_assert_cmpuint (ask_number (path, "SELECT sum (length (value)) FROM kv"), ==,
                    ask_number (fixture->path, "SELECT sum (length (value)) FROM kv"));

  coffer_storage_copy (fixture->storage, target);   /* nothing is written over */
  wait_for_job (fixture);
  g_assert_nonnull (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_null (coffer_storage_get_copied (fixture->storage, &problem));
}

static void
test_check (Fixture       *fixture,
            gconstpointer  data)
{
  const CofferInspection *check;
  const CofferFound *found;
  GDateTime *when;

  test_sql (fixture->path, "INSERT INTO kv VALUES ('odd', x'01')");
  wait_for_split (fixture);
  g_assert_null (coffer_storage_get_check (fixture->storage, &when));
  coffer_storage_check (fixture->storage, TRUE);
  wait_for_job (fixture);
  check = coffer_storage_get_check (fixture->storage, &when);
  g_assert_nonnull (check);
  g_assert_cmpuint (check->keys, ==, ask_number (fixture->path, "SELECT count (*) FROM kv"));
  g_assert_cmpuint (check->n_damages, ==, 0);
  g_assert_cmpuint (check->found->len, >=, 1);
  found = g_ptr_array_index (check->found, 0);
  g_assert_nonnull (strstr (found->message, "odd"));
  g_assert_cmpstr (found->table, ==, "kv");
  g_assert_nonnull (found->key);
  g_assert_cmpuint (g_bytes_get_size (coffer_key_get_bytes (found->key)), ==, 3);
}

/* Another file at the path: the numbers are those of that one. */
static void
test_replaced (Fixture       *fixture,
               gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 10);
  guint64 size = size_of (other, "");
  guint64 parts[COFFER_N_PARTS];

  wait_for_split (fixture);
  g_assert_cmpint (g_rename (other, fixture->path), ==, 0);
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_space (fixture->storage)->main_size == size);
  wait_for_split (fixture);
  assert_adds_up (fixture, parts);
}

/* ---- killed, and without room ---- */

/* The work of a child of the test: one job, or jobs without an end. */
G_NORETURN static void
run_jobs (const char *job,
          const char *path,
          const char *limit)
{
  CofferVault *vault = test_open (path);
  g_autoptr(CofferStorage) storage = coffer_storage_new (vault);
  struct rlimit most = { strtoull (limit, NULL, 10), RLIM_INFINITY };
  CofferStorageJob failed;

  test_edit (vault);
  if (most.rlim_cur > 0)
    {
      signal (SIGXFSZ, SIG_IGN);
      g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &most));
    }
  g_assert_cmpint (write (STDOUT_FILENO, "!", 1), ==, 1);
  for (guint i = 0; i == 0 || most.rlim_cur == 0; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s.copy%u", path, i);
      g_autoptr(GFile) copy = g_file_new_for_path (name);

      if (g_str_equal (job, "copy"))
        coffer_storage_copy (storage, copy);
      else
        coffer_storage_compact (storage, g_str_equal (job, "swap") ? COFFER_COMPACT_SWAP : COFFER_COMPACT_IN_PLACE, i % 2);
      test_wait_for (coffer_storage_get_job (storage) == COFFER_STORAGE_IDLE);
    }
  _exit (coffer_storage_get_job_error (storage, &failed) == NULL ? 0 : 1);   /* as it is, with its threads */
}

static GSubprocess *
spawn_job (const char *job,
           const char *path,
           guint64     limit)
{
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, limit);
  g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr(GError) error = NULL;
  GSubprocess *child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, own, "--job", job, path, number, NULL);
  char byte;

  g_assert_no_error (error);
  g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (child), &byte, 1, NULL, NULL), ==, 1);   /* it has begun */
  return child;
}

static void
assert_whole (const char *path,
              guint64     sum)
{
  g_assert_cmpuint (ask_number (path, "SELECT count (*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), ==, 1);
  g_assert_cmpuint (ask_number (path, "SELECT sum (length (key) + length (value)) FROM kv"), ==, sum);
}

/* What has the name of a copy is one. */
static void
assert_copies_whole (const char *folder,
                     guint64     sum)
{
  g_autoptr(GDir) files = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (files)) != NULL)
    if (*name != '.' && strstr (name, ".copy") != NULL)
      {
        g_autofree char *path = g_build_filename (folder, name, NULL);

        assert_whole (path, sum);
        g_unlink (path);
      }
}

static const char *const jobs[] = { "swap", "in-place", "copy" };

static char *
make_half_empty (const char *folder)
{
  char *path = test_make_vault (folder, "killed.db", 500);

  test_sql (path, "INSERT INTO kv VALUES (x'00', zeroblob (3000000)); INSERT INTO kv VALUES (x'01', zeroblob (3000000)); DELETE FROM kv WHERE key = x'00'");
  return path;
}

static void
test_killed (void)
{
  const char *wanted = g_getenv ("COFFER_TEST_KILLS");
  guint n = wanted != NULL ? (guint) strtoul (wanted, NULL, 10) : 18;
  g_autofree char *folder = test_folder_new ();
  g_autofree char *path = make_half_empty (folder);
  guint64 sum = ask_number (path, "SELECT sum (length (key) + length (value)) FROM kv");
  CofferVault *vault;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(GSubprocess) child = spawn_job (jobs[i % G_N_ELEMENTS (jobs)], path, 0);

      g_usleep ((gulong) g_test_rand_int_range (0, 60000));
      g_subprocess_force_exit (child);
      g_assert_true (g_subprocess_wait (child, NULL, NULL));
      g_assert_true (g_subprocess_get_if_signaled (child));
      assert_whole (path, sum);
      assert_copies_whole (folder, sum);
    }
  vault = test_open (path);
  test_edit (vault);
  test_close (vault);
  test_folder_remove (g_steal_pointer (&folder));
}

static void
test_without_room (void)
{
  g_autofree char *folder = test_folder_new ();
  g_autofree char *path = make_half_empty (folder);
  guint64 sum = ask_number (path, "SELECT sum (length (key) + length (value)) FROM kv");
  guint n_failed = 0;

  for (guint i = 0; i < 4 * G_N_ELEMENTS (jobs); i++)
    {
      g_autoptr(GSubprocess) child = spawn_job (jobs[i % G_N_ELEMENTS (jobs)], path, 1 + i / G_N_ELEMENTS (jobs) * 900000);

      g_assert_true (g_subprocess_wait (child, NULL, NULL));
      g_assert_true (g_subprocess_get_if_exited (child));
      n_failed += g_subprocess_get_exit_status (child) == 1;
      assert_whole (path, sum);
      assert_copies_whole (folder, sum);
    }
  g_assert_cmpuint (n_failed, >, 4);
  test_folder_remove (g_steal_pointer (&folder));
}

int
main (int    argc,
      char **argv)
{
  if (argc == 5 && g_str_equal (argv[1], "--job"))
    run_jobs (argv[2], argv[3], argv[4]);
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/storage/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("agrees-with-sqlite-and-stat", test_agrees);
  ADD ("adds-up-at-once", test_at_once);
  ADD ("checkpoints", test_checkpoint);
  ADD ("releases-what-this-program-reads", test_release);
  ADD ("changes-the-journal", test_journal);
  ADD ("wipes", test_wipe);
  ADD ("optimizes", test_optimize);
  ADD ("saves-what-can-be-read", test_salvage);
  ADD ("compacts", test_compact);
  ADD ("compacting-can-be-cancelled", test_cancel);
  ADD ("compacting-beside-another-is-refused", test_refused);
  ADD ("cancelled-too-late-is-done", test_cancelled_too_late);
  ADD ("lets-nobody-write-meanwhile", test_locks_others);
  ADD ("keeps-finished-steps", test_keeps_steps);
  ADD ("rests-when-nobody-looks", test_unwatched);
  ADD ("converts", test_converts);
  ADD ("plans-what-is-left", test_plans_what_is_left);
  ADD ("copies", test_copy_file_whole);
  ADD ("checks", test_check);
  ADD ("sees-another-file", test_replaced);
  g_test_add_func ("/storage/killed-at-any-moment", test_killed);
  g_test_add_func ("/storage/without-room", test_without_room);

  return g_test_run ();
}
