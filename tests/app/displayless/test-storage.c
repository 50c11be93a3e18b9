/* SPDX-License-Identifier: MIT */
/* Where the bytes are, and what is done about it: the model of the window "Storage", against SQLite and stat(2). */
#include "storing.h"

#include "coffer-error-private.h"
#include "coffer-new-file.h"
#include "coffer-readers.h"
#include "coffer-storage-upkeep.h"
#include "coffer-storage-words.h"
#include "coffer-vault-private.h"
#include "coffer-vault-upkeep.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a window says that does not show the page. */
static void
assert_told (Fixture          *fixture,
             CofferStorageJob  job,
             const char       *expected)
{
  g_autofree char *words = coffer_storage_dup_end_words (fixture->storage, job);

  g_assert_cmpstr (words, ==, expected);
}

static void
test_agrees (Fixture       *fixture,
             gconstpointer  data)
{
  guint64 parts[COFFER_N_PARTS];
  guint64 values, keys, free_pages, page_size;

  test_wait_for_split (fixture);
  test_assert_adds_up (fixture, parts);
  values = test_ask_number (fixture->path, "SELECT sum (pgsize) FROM dbstat WHERE name = 'kv'");
  keys = test_ask_number (fixture->path, "SELECT sum (pgsize) FROM dbstat WHERE name = 'sqlite_autoindex_kv_1'");
  free_pages = test_ask_number (fixture->path, "PRAGMA freelist_count");
  page_size = test_ask_number (fixture->path, "PRAGMA page_size");
  g_assert_cmpuint (parts[COFFER_PART_VALUES], ==, values);
  g_assert_cmpuint (parts[COFFER_PART_KEYS], ==, keys);
  g_assert_cmpuint (parts[COFFER_PART_FREE], ==, free_pages * page_size);
  g_assert_cmpuint (parts[COFFER_PART_IN_USE], ==, 0);
  g_assert_cmpuint (parts[COFFER_PART_OTHER], >, 100000);
}

/* "values 4096, notes 106496: …": what the bar shows, which adds up to both files. (transfer full) */
static char *
describe_segments (Fixture *fixture)
{
  static const char *const names[COFFER_N_PARTS] = { "in use", "values", "keys", NULL, "other", "free", "log" };
  g_autoptr(GPtrArray) segments = coffer_storage_list_segments (fixture->storage);
  GString *text = g_string_new (NULL);
  guint64 sum = 0;

  for (guint i = 0; i < segments->len; i++)
    {
      const CofferSegment *segment = g_ptr_array_index (segments, i);

      g_string_append_printf (text, "%s%s %" G_GUINT64_FORMAT, i > 0 ? ", " : "", segment->table != NULL ? segment->table : names[segment->part],
                              segment->size);
      if (segment->table != NULL && segment->is_vault)
        g_string_append_printf (text, " (%" G_GUINT64_FORMAT ")", segment->keys);
      sum += segment->size;
    }
  g_assert_cmpuint (sum, ==, test_size_of (fixture->path, "") + test_size_of (fixture->path, "-wal"));
  return g_string_free (text, FALSE);
}

static guint64
ask_pages (Fixture    *fixture,
           const char *names)
{
  g_autofree char *sql = g_strdup_printf ("SELECT ifnull (sum (pgsize), 0) FROM dbstat WHERE name IN (%s)", names);

  return test_ask_number (fixture->path, sql);
}

/* One table of values: they and the keys; several: each of them; other tables if they are large. */
static void
test_tables_apart (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autofree char *whole = NULL, *one = NULL, *several = NULL, *expected = NULL, *expected_later = NULL;
  guint64 page_size, kv, kv_keys, more, more_keys, notes, unused, all;
  g_autofree char *logged = NULL, *used = NULL, *expected_of_log = NULL;

  test_wait_for (coffer_storage_get_space (fixture->storage) != NULL);
  coffer_storage_stop_measuring (fixture->storage);
  whole = describe_segments (fixture);
  g_assert_true (g_str_has_prefix (whole, "in use "));
  coffer_storage_measure (fixture->storage);
  test_wait_for_split (fixture);
  one = describe_segments (fixture);
  page_size = test_ask_number (fixture->path, "PRAGMA page_size");
  unused = test_ask_number (fixture->path, "PRAGMA freelist_count") * page_size;
  kv = ask_pages (fixture, "'kv'");
  kv_keys = ask_pages (fixture, "'sqlite_autoindex_kv_1'");
  notes = ask_pages (fixture, "'notes'");
  all = test_size_of (fixture->path, "");
  expected = g_strdup_printf ("values %" G_GUINT64_FORMAT ", keys %" G_GUINT64_FORMAT ", notes %" G_GUINT64_FORMAT ", other %" G_GUINT64_FORMAT
                              ", free %" G_GUINT64_FORMAT ", log %" G_GUINT64_FORMAT,
                              kv, kv_keys, notes, all - kv - kv_keys - notes - unused, unused, test_size_of (fixture->path, "-wal"));
  g_assert_cmpstr (one, ==, expected);

  test_sql (fixture->path, "CREATE TABLE more (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                           "INSERT INTO more VALUES (x'01', zeroblob (1000)); PRAGMA wal_checkpoint (TRUNCATE); VACUUM; PRAGMA wal_checkpoint (TRUNCATE)");
  g_object_unref (fixture->storage);
  test_close (fixture->vault);
  fixture->vault = test_open (fixture->path);
  fixture->storage = coffer_storage_new (fixture->vault);
  test_wait_for_split (fixture);
  several = describe_segments (fixture);
  kv = ask_pages (fixture, "'kv'");
  kv_keys = ask_pages (fixture, "'sqlite_autoindex_kv_1'");
  more = ask_pages (fixture, "'more'");
  more_keys = ask_pages (fixture, "'sqlite_autoindex_more_1'");
  notes = ask_pages (fixture, "'notes'");
  all = test_size_of (fixture->path, "");
  expected_later = g_strdup_printf ("kv %" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT "), notes %" G_GUINT64_FORMAT ", more %" G_GUINT64_FORMAT
                                    " (%" G_GUINT64_FORMAT "), other %" G_GUINT64_FORMAT ", free 0, log %" G_GUINT64_FORMAT,
                                    kv + kv_keys, kv_keys, notes, more + more_keys, more_keys, all - kv - kv_keys - more - more_keys - notes,
                                    test_size_of (fixture->path, "-wal"));
  g_assert_cmpstr (several, ==, expected_later);

  /* More is free in the log than the main file has room for; none of that is a page of a table. */
  test_sql (fixture->path, "PRAGMA wal_autocheckpoint = 0; CREATE TABLE gone (text); INSERT INTO gone VALUES (zeroblob (2000000)); DROP TABLE gone");
  g_assert_cmpuint (test_ask_number (fixture->path, "PRAGMA freelist_count") * page_size, >, all);
  g_object_unref (fixture->storage);
  fixture->storage = coffer_storage_new (fixture->vault);
  test_wait_for_split (fixture);
  logged = describe_segments (fixture);
  used = g_strdup_printf ("SELECT sum (pgsize) FROM dbstat WHERE pageno <= %" G_GUINT64_FORMAT, all / page_size);
  unused = all - test_ask_number (fixture->path, used);
  expected_of_log = g_strdup_printf ("kv %" G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT "), notes %" G_GUINT64_FORMAT ", more %" G_GUINT64_FORMAT
                                     " (%" G_GUINT64_FORMAT "), other %" G_GUINT64_FORMAT ", free %" G_GUINT64_FORMAT ", log %" G_GUINT64_FORMAT,
                                     kv + kv_keys, kv_keys, notes, more + more_keys, more_keys,
                                     all - kv - kv_keys - more - more_keys - notes - unused, unused, test_size_of (fixture->path, "-wal"));
  g_assert_cmpstr (logged, ==, expected_of_log);
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
  test_assert_adds_up (fixture, parts);
  g_assert_cmpuint (parts[COFFER_PART_IN_USE], >, 0);
  g_assert_cmpuint (parts[COFFER_PART_VALUES], ==, 0);

  coffer_storage_measure (fixture->storage);
  test_wait_for_split (fixture);
  test_assert_adds_up (fixture, parts);
}

/* What a person asked for of a file so large that it is not done unasked: it grew meanwhile, and is read once more. */
static void
test_asked_of_a_file_that_grows (Fixture       *fixture,
                                 gconstpointer  data)
{
  const guint64 large = G_GUINT64_CONSTANT (2) << 30;
  guint64 parts[COFFER_N_PARTS], later[COFFER_N_PARTS];

  test_wait_for_split (fixture);
  g_assert_cmpint (truncate (fixture->path, (off_t) large), ==, 0);
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_space (fixture->storage)->main_size == large);
  g_assert_false (coffer_storage_is_split (fixture->storage));
  g_assert_cmpint (truncate (fixture->path, (off_t) large * 2), ==, 0);
  coffer_storage_measure (fixture->storage);
  test_wait_for (coffer_storage_get_measured (fixture->storage) < 0);
  g_assert_no_error (coffer_storage_get_split_error (fixture->storage));
  test_wait_for_split (fixture);
  g_assert_cmpuint (coffer_storage_get_space (fixture->storage)->main_size, ==, 2 * large);

  /* And once it is there, the next change does not take it away: it is as of then until it is asked for again. */
  g_assert_null (coffer_storage_get_split_time (fixture->storage));
  coffer_storage_get_parts (fixture->storage, parts);
  g_assert_cmpint (truncate (fixture->path, (off_t) large * 3), ==, 0);
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_space (fixture->storage)->main_size == 3 * large);
  g_assert_true (coffer_storage_is_split (fixture->storage));
  g_assert_nonnull (coffer_storage_get_split_time (fixture->storage));
  g_assert_cmpfloat (coffer_storage_get_measured (fixture->storage), <, 0);
  coffer_storage_get_parts (fixture->storage, later);
  g_assert_cmpuint (later[COFFER_PART_VALUES], ==, parts[COFFER_PART_VALUES]);
  coffer_storage_measure (fixture->storage);
  test_wait_for (coffer_storage_get_measured (fixture->storage) < 0 && coffer_storage_get_split_time (fixture->storage) == NULL);
  g_assert_true (coffer_storage_is_split (fixture->storage));
}

/* Its file is gone: that is told in place of the plans of before. */
static void
test_no_plan (Fixture       *fixture,
              gconstpointer  data)
{
  g_autofree char *away = g_strconcat (fixture->path, ".away", NULL);

  test_wait_for (coffer_storage_get_plan (fixture->storage) != NULL);
  g_assert_no_error (coffer_storage_get_plan_error (fixture->storage));
  g_assert_cmpint (g_rename (fixture->path, away), ==, 0);
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_plan_error (fixture->storage) != NULL);
  g_assert_null (coffer_storage_get_plan (fixture->storage));
  g_assert_cmpint (g_rename (away, fixture->path), ==, 0);
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_plan (fixture->storage) != NULL);
  g_assert_no_error (coffer_storage_get_plan_error (fixture->storage));
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

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT key FROM kv", -1, &reader, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (reader), ==, SQLITE_ROW);
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'02', zeroblob (300000))");

  /* a reader of before keeps it from being emptied */
  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_PASSIVE);
  test_wait_for_job (fixture);
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
  test_wait_for_job (fixture);
  checkpoint = coffer_storage_get_checkpoint (fixture->storage, &when);
  g_assert_true (checkpoint->finished);
  g_assert_cmpuint (test_size_of (fixture->path, "-wal"), ==, 0);
  test_wait_for_split (fixture);
  test_wait_for (coffer_storage_get_space (fixture->storage)->wal_size == 0);
  g_assert_cmpuint (coffer_storage_get_space (fixture->storage)->wal_waiting, ==, 0);
  test_wait_for (coffer_storage_get_space (fixture->storage)->main_size == test_size_of (fixture->path, ""));
  test_wait_for_split (fixture);
  test_assert_adds_up (fixture, parts);
}

/* It waits for a reader, and need not: what it has moved by then stays moved. */
static void
test_checkpoint_cancelled (Fixture       *fixture,
                           gconstpointer  data)
{
  sqlite3 *db = NULL;
  guint64 size;
  CofferStorageJob job;

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  test_sql (fixture->path, "PRAGMA journal_mode = WAL; VACUUM; PRAGMA wal_checkpoint (TRUNCATE)");
  size = test_size_of (fixture->path, "");
  test_sql (fixture->path, "PRAGMA wal_autocheckpoint = 0; INSERT INTO kv VALUES (x'02', zeroblob (2000000))");
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN; SELECT count (*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  test_sql (fixture->path, "PRAGMA wal_autocheckpoint = 0; INSERT INTO kv VALUES (x'03', zeroblob (2000000))");

  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_TRUNCATE);
  g_assert_true (coffer_storage_can_cancel (fixture->storage));
  test_wait_for (test_size_of (fixture->path, "") > size);
  coffer_storage_cancel (fixture->storage);
  test_wait_for_job (fixture);
  g_assert_error (coffer_storage_get_job_error (fixture->storage, &job), G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (job, ==, COFFER_STORAGE_CHECKPOINT);
  sqlite3_close (db);
  g_assert_cmpuint (test_size_of (fixture->path, "-wal"), >, 2000000);
  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_TRUNCATE);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_cmpuint (test_size_of (fixture->path, "-wal"), ==, 0);
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

/* Among others: the pages may be looked at, too. */
static void
assert_read_by (CofferVault *vault,
                const char  *expected,
                gboolean     in_other)
{
  gboolean other_window;
  g_autofree char *readers = coffer_vault_dup_readers (vault, &other_window);

  g_assert_nonnull (readers);
  g_assert_nonnull (strstr (readers, expected));
  g_assert_cmpint (other_window, ==, in_other);
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
  g_autoptr(CofferLogHolder) holder = NULL;
  const CofferCheckpoint *checkpoint;
  CofferStorageJob job;
  CofferVault *other;
  GDateTime *when;

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  g_atomic_int_set (&n_reads, 0);
  coffer_vault_read_value_async (fixture->vault, key, read_and_wait, NULL, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (g_atomic_int_get (&n_reads) == 1);
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'02', zeroblob (300000))");

  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_PASSIVE);
  test_wait_for_job (fixture);
  checkpoint = coffer_storage_get_checkpoint (fixture->storage, &when);
  g_assert_nonnull (checkpoint);
  g_assert_false (checkpoint->finished);
  g_assert_true (checkpoint->own);
  g_assert_cmpint (checkpoint->pid, ==, 0);
  assert_read_by (fixture->vault, "The preview reads a value.", FALSE);
  coffer_vault_set_played (fixture->vault, fixture, "dawn.mp4");
  assert_read_by (fixture->vault, "“dawn.mp4” is open in the player. ", FALSE);
  coffer_vault_set_played (fixture->vault, fixture, NULL);
  other = test_open (fixture->path);
  assert_read_by (other, "The preview reads a value.", TRUE);
  test_close (other);
  holder = g_object_ref (coffer_storage_get_log_holder (fixture->storage));
  g_assert_true (coffer_log_holder_is_own (holder));

  coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_ALONE);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  checkpoint = coffer_storage_get_checkpoint (fixture->storage, &when);
  g_assert_true (checkpoint->finished);
  g_assert_null (coffer_storage_get_log_holder (fixture->storage));
  g_assert_cmpuint (test_size_of (fixture->path, "-wal"), ==, 0);
  test_wait_for (result != NULL);   /* it went on */
  g_assert_nonnull (coffer_vault_read_value_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
}

/* How often this process has a file open. */
static guint
count_open (const char *path)
{
  g_autofree char *real = realpath (path, NULL);
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);

      n += g_strcmp0 (target, real) == 0;
    }
  return n;
}

/* One thing is done to a file that is only viewed: it is viewed afterwards, and nobody has it open for writing. */
static void
test_viewed (Fixture       *fixture,
             gconstpointer  data)
{
  g_autofree char *log = g_strconcat (fixture->path, "-wal", NULL);   /* SQLite may keep a descriptor of the file itself for its locks' sake */
  CofferStorageJob job;
  guint n_open;

  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  coffer_vault_set_idle_time (fixture->vault, G_MAXINT);
  test_wait_for_split (fixture);
  test_wait_for (coffer_storage_get_plan (fixture->storage) != NULL);
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'02', zeroblob (300000))");   /* stays in the log, as the vault has the file open */
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_space (fixture->storage)->wal_waiting > 300000);
  n_open = count_open (log);
  g_assert_cmpuint (n_open, >, 0);
  for (guint i = 0; i < 6; i++)
    {
      switch (i)
        {
        case 0: coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_TRUNCATE); break;
        case 1: coffer_storage_optimize (fixture->storage); break;
        case 2: coffer_storage_wipe (fixture->storage); break;
        case 3: coffer_storage_compact (fixture->storage, COFFER_COMPACT_IN_PLACE, FALSE); break;
        case 4: coffer_storage_compact (fixture->storage, COFFER_COMPACT_SWAP, FALSE); break;
        default: coffer_storage_checkpoint (fixture->storage, COFFER_CHECKPOINT_ALONE); break;
        }
      test_wait_for_job (fixture);
      g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
      g_assert_false (coffer_vault_get_editable (fixture->vault));
      test_wait_for (count_open (log) <= n_open);
    }
  g_assert_cmpuint (test_size_of (fixture->path, "-wal"), ==, 0);
}

/* Every lane of the vault lets go for it, and goes on; beside another program it is refused. */
static void
test_journal (Fixture       *fixture,
              gconstpointer  data)
{
  CofferStorageJob job;
  sqlite3 *db = NULL;

  test_sql (fixture->path, "PRAGMA journal_mode = WAL");
  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "SELECT count (*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_storage_set_journal (fixture->storage, FALSE);
  test_wait_for_job (fixture);
  g_assert_error (coffer_storage_get_job_error (fixture->storage, &job), COFFER_ERROR, COFFER_ERROR_BUSY);
  g_assert_cmpint (job, ==, COFFER_STORAGE_JOURNAL);
  sqlite3_close (db);

  coffer_storage_set_journal (fixture->storage, FALSE);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_cmpuint (test_ask_number (fixture->path, "SELECT count (*) FROM pragma_journal_mode WHERE journal_mode = 'delete'"), ==, 1);
  test_wait_for (!coffer_storage_get_space (fixture->storage)->wal_mode);
  coffer_storage_set_journal (fixture->storage, TRUE);
  test_wait_for_job (fixture);
  test_wait_for (coffer_storage_get_space (fixture->storage)->wal_mode);
  test_wait_for_split (fixture);
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

  test_wait_for_split (fixture);
  coffer_vault_set_table (fixture->vault, "kv");
  test_edit (fixture->vault);
  delete_secret (fixture);
  g_assert_true (has_bytes (fixture->path, "very secret"));
  coffer_storage_wipe (fixture->storage);
  g_assert_cmpint (coffer_storage_get_job (fixture->storage), ==, COFFER_STORAGE_WIPE);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_nonnull (coffer_storage_get_wiped (fixture->storage));
  assert_told (fixture, COFFER_STORAGE_WIPE, "Free space is wiped");
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

  test_wait_for_split (fixture);
  test_edit (fixture->vault);
  coffer_storage_optimize (fixture->storage);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_nonnull (coffer_storage_get_optimized (fixture->storage));
}

/* What is in the folder, but for what SQLite has beside a vault that is open. */
static void
assert_files (Fixture    *fixture,
              const char *first,
              ...) G_GNUC_NULL_TERMINATED;

static void
assert_files (Fixture    *fixture,
              const char *first,
              ...)
{
  g_autoptr(GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  g_autoptr(GPtrArray) expected = g_ptr_array_new ();
  const char *name;
  va_list names;
  guint n = 0;

  va_start (names, first);
  for (name = first; name != NULL; name = va_arg (names, const char *))
    g_ptr_array_add (expected, (gpointer) name);
  va_end (names);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (!g_str_has_prefix (name, "storage.db-"))
      {
        g_assert_true (g_ptr_array_find_with_equal_func (expected, name, g_str_equal, NULL));
        n++;
      }
  g_assert_cmpuint (n, ==, expected->len);
}

/* Of a file with a page gone all but what was on that page. */
static void
test_salvage (Fixture       *fixture,
              gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "saved.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autofree char *words = NULL;
  const CofferSalvage *salvage;
  CofferStorageJob job;
  GFile *saved;
  guint64 page_size = test_ask_number (fixture->path, "PRAGMA page_size");
  guint64 page = test_ask_number (fixture->path, "SELECT pageno FROM dbstat WHERE name = 'kv' AND pagetype = 'leaf' ORDER BY ncell DESC LIMIT 1");
  guint64 n_keys = test_ask_number (fixture->path, "SELECT count (*) FROM kv");
  FILE *file;

  test_sql (fixture->path, "PRAGMA wal_checkpoint (TRUNCATE)");
  file = g_fopen (fixture->path, "r+b");
  g_assert_cmpint (fseek (file, (long) ((page - 1) * page_size), SEEK_SET), ==, 0);
  g_assert_cmpint (fwrite ("broken", 1, 6, file), ==, 6);
  fclose (file);
  test_wait_for (coffer_storage_get_space (fixture->storage) != NULL);
  test_wait_for_job (fixture);
  coffer_storage_salvage (fixture->storage, target);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  salvage = coffer_storage_get_salvage (fixture->storage, &saved);
  g_assert_nonnull (salvage);
  g_assert_true (g_file_equal (saved, target));
  g_assert_cmpuint (salvage->lost, >, 0);
  g_assert_cmpuint (salvage->saved + salvage->lost, ==, n_keys);
  words = coffer_storage_dup_end_words (fixture->storage, COFFER_STORAGE_SALVAGE);
  g_assert_nonnull (strstr (words, path));
  g_assert_cmpuint (test_ask_number (path, "SELECT count (*) FROM kv"), ==, salvage->saved);
  g_assert_cmpuint (test_ask_number (path, "SELECT length (value) FROM kv WHERE key = x'01'"), ==, 500000);

  test_sql (path, "DELETE FROM kv");   /* and over that, as it was asked for */
  coffer_storage_salvage (fixture->storage, target);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_cmpuint (test_ask_number (path, "SELECT count (*) FROM kv"), ==, salvage->saved);
  assert_files (fixture, "saved.db", "storage.db", NULL);
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
  test_wait_for_split (fixture);
}

/* A vault that is only viewed stays so. */
static void
test_converts (Fixture       *fixture,
               gconstpointer  data)
{
  guint64 sum;
  const char *problem;
  CofferStorageJob job;

  for (gboolean edits = FALSE; edits <= TRUE; edits++)
    {
      test_wait_for_split (fixture);
      g_object_unref (fixture->storage);
      test_close (fixture->vault);
      test_sql (fixture->path, "DROP TABLE kv; CREATE TABLE kv (id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, size INTEGER NOT NULL);"
                               "CREATE INDEX kv_key_idx ON kv(key); INSERT INTO kv (key, value, size) VALUES (x'61', zeroblob (3000000), 3000000), (x'62', x'0102', 2)");
      sum = test_ask_number (fixture->path, "SELECT sum (length (value) + id) FROM kv");
      fixture->vault = test_open (fixture->path);
      fixture->storage = coffer_storage_new (fixture->vault);
      g_assert_cmpint (coffer_vault_get_table_kind (fixture->vault), ==, COFFER_SECTION_V1);
      if (edits)
        test_edit (fixture->vault);
      coffer_storage_convert (fixture->storage);
      g_assert_false (coffer_vault_get_editable (fixture->vault));
      test_wait_for_job (fixture);
      g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
      g_assert_true (coffer_storage_get_converted (fixture->storage, &problem));
      g_assert_null (problem);
      test_wait_for (coffer_vault_get_table_kind (fixture->vault) == COFFER_SECTION_V2);
      g_assert_cmpint (coffer_vault_get_editable (fixture->vault), ==, edits);
      g_assert_cmpuint (test_ask_number (fixture->path, "SELECT sum (length (value) + rowid) FROM kv"), ==, sum);
    }
}

static void
test_copy_file_whole (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "copy.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  const char *problem;
  CofferStorageJob job;

  test_wait_for_split (fixture);
  coffer_storage_copy (fixture->storage, target);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_true (g_file_equal (coffer_storage_get_copied (fixture->storage, &problem), target));
  g_assert_null (problem);
  g_assert_cmpuint (test_ask_number (path, "SELECT sum (length (value)) FROM kv"), ==,
                    test_ask_number (fixture->path, "SELECT sum (length (value)) FROM kv"));

  test_sql (path, "DELETE FROM kv; VACUUM");   /* and over that, as it was asked for */
  coffer_storage_copy (fixture->storage, target);
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_nonnull (coffer_storage_get_copied (fixture->storage, &problem));
  g_assert_cmpuint (test_ask_number (path, "SELECT sum (length (value)) FROM kv"), ==,
                    test_ask_number (fixture->path, "SELECT sum (length (value)) FROM kv"));
  assert_files (fixture, "copy.db", "storage.db", NULL);
}

/* A copy over @name is refused, or fails, and what was there is as it was. */
static void
assert_not_replaced (Fixture    *fixture,
                     const char *name,
                     int         code)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autofree char *before = NULL, *after = NULL;
  gsize size_before, size_after;
  CofferStorageJob job;
  const GError *error;

  g_assert_true (g_file_get_contents (path, &before, &size_before, NULL));
  g_assert_true (coffer_storage_copy (fixture->storage, target));
  test_wait_for_job (fixture);
  error = coffer_storage_get_job_error (fixture->storage, &job);
  if (code > 0)
    g_assert_error (error, COFFER_ERROR, code);
  g_assert_nonnull (error);
  g_assert_null (strstr (error->message, ".kvault-new"));
  g_assert_true (g_file_get_contents (path, &after, &size_after, NULL));
  g_assert_cmpmem (before, size_before, after, size_after);
}

/* A vault whose log was not moved into it as it was closed, as on a full disk. */
static void
make_with_log (const char *path)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "PRAGMA journal_mode = WAL; CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)", NULL, NULL,
                                 NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  g_assert_cmpuint (test_size_of (path, "-wal"), >, 0);
}

/* Neither a new file nor one in the place of another is called whole while a part of it is in its log; nothing is left of it. */
static void
test_new_file_with_log (Fixture       *fixture,
                        gconstpointer  data)
{
  static const char *const names[] = { "other.db", "new.db" };
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 3);

  test_wait_for_split (fixture);
  test_sql (other, "PRAGMA journal_mode = DELETE");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (fixture->folder, names[i], NULL);
      g_autoptr(GError) error = NULL;
      g_autoptr(CofferNewFile) file = coffer_new_file_begin (path, fixture->path, NULL, &error);

      g_assert_no_error (error);
      make_with_log (coffer_new_file_get_path (file));
      g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, i == 0);   /* under its name nobody can have opened it */
      g_assert_false (coffer_new_file_finish (file, &error));
      g_assert_nonnull (strstr (error->message, names[i]));
    }
  g_assert_cmpuint (test_ask_number (other, "SELECT count (*) FROM kv"), ==, 3);
  assert_files (fixture, "other.db", "storage.db", NULL);
}

static gboolean place_taken;

int __real_kvault_backup (kvault *vault, const char *target, kvault_progress_func progress, void *data);
int __wrap_kvault_backup (kvault *vault, const char *target, kvault_progress_func progress, void *data);

/* The linker puts it in the place of kvault_backup(). */
int
__wrap_kvault_backup (kvault               *vault,
                      const char           *target,
                      kvault_progress_func  progress,
                      void                 *data)
{
  if (place_taken)
    g_assert_true (g_file_set_contents (target, "", 0, NULL));
  return __real_kvault_backup (vault, target, progress, data);
}

/* What lies where a copy was to be made is not that copy. */
static void
test_copy_place_taken (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "new.db", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *problem = NULL;
  g_autoptr(GError) error = NULL;

  test_wait_for_split (fixture);
  place_taken = TRUE;
  coffer_vault_backup_async (fixture->vault, target, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  place_taken = FALSE;
  g_assert_false (coffer_vault_backup_finish (fixture->vault, result, &problem, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EEXIST));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* Another program that opens a file again and again. It ends with 1 if it ever has a vault open that has no name any more. */
static pid_t
start_opener (const char *path)
{
  pid_t pid = fork ();
  char magic[16];
  struct stat st;
  int fd;

  g_assert_cmpint (pid, >=, 0);
  while (pid == 0)
    {
      if ((fd = open (path, O_RDWR | O_CLOEXEC)) < 0)
        _exit (2);
      usleep (100);   /* what it found may be spoiled and unlinked in that order, as long as it waits */
      if (fstat (fd, &st) != 0 || (st.st_nlink == 0 && pread (fd, magic, sizeof magic, 0) == sizeof magic && memcmp (magic, "SQLite", 6) == 0))
        _exit (1);
      close (fd);
      usleep (2000);
    }
  return pid;
}

/* Nobody is left with a file whose name is gone, into which he would write: such a copy is refused, and what was there has its name again. */
static void
test_replaces_beside_openers (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "other.db", 3);
  GStatBuf st;
  guint64 keys;
  pid_t opener;
  int status;

  test_wait_for_split (fixture);
  test_sql (path, "PRAGMA journal_mode = DELETE");
  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  opener = start_opener (path);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(CofferNewFile) file = coffer_new_file_begin (path, fixture->path, NULL, &error);

      if (file != NULL)
        test_sql (coffer_new_file_get_path (file), "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)");
      if (file == NULL || !coffer_new_file_finish (file, &error))
        g_assert_error (error, COFFER_ERROR, COFFER_ERROR_BUSY);
    }
  g_assert_cmpint (kill (opener, SIGTERM), ==, 0);
  g_assert_cmpint (waitpid (opener, &status, 0), ==, opener);
  g_assert_true (WIFSIGNALED (status));
  keys = test_ask_number (path, "SELECT count (*) FROM kv");
  g_assert_true (keys == 0 || keys == 3);
  assert_files (fixture, "other.db", "storage.db", NULL);
  g_assert_cmpint (g_stat (path, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 07777, ==, 0640);
}

/* What is made beside a file has a longer name than that, and its log one still longer. */
static void
test_replaces_long_name (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *name = g_strnfill (240, 'n');
  g_autofree char *path = test_make_vault (fixture->folder, name, 3);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  CofferStorageJob job;

  test_wait_for_split (fixture);
  test_sql (path, "PRAGMA journal_mode = DELETE");
  g_assert_true (coffer_storage_copy (fixture->storage, target));
  test_wait_for_job (fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture->storage, &job));
  g_assert_cmpuint (test_ask_number (path, "SELECT count (*) FROM kv"), !=, 3);
  assert_files (fixture, name, "storage.db", NULL);
}

/* A file is replaced only when the new one is whole; the vault itself, what is open anywhere, and what has a log beside it never. */
static void
test_replaces_safely (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autofree char *link_path = g_build_filename (fixture->folder, "link.db", NULL);
  g_autofree char *other_path = test_make_vault (fixture->folder, "other.db", 3);
  g_autofree char *log = g_strconcat (other_path, "-wal", NULL), *second = g_strconcat (other_path, ".second", NULL);
  const char *argv[] = { "sh", "-c", "exec 3<\"$1\"; echo; read line", "sh", other_path, NULL };
  g_autoptr(GSubprocess) child = NULL;
  g_autofree char *number = NULL;
  CofferStorageJob job;
  CofferVault *other;
  char byte;

  test_wait_for_split (fixture);
  test_sql (other_path, "PRAGMA journal_mode = DELETE");
  g_assert_cmpint (link (fixture->path, link_path), ==, 0);
  assert_not_replaced (fixture, "storage.db", COFFER_ERROR_EXISTS);
  assert_not_replaced (fixture, "link.db", COFFER_ERROR_EXISTS);
  g_assert_cmpint (g_unlink (link_path), ==, 0);
  g_assert_cmpint (symlink (fixture->path, link_path), ==, 0);
  assert_not_replaced (fixture, "link.db", COFFER_ERROR_EXISTS);
  g_assert_cmpint (link (other_path, second), ==, 0);
  assert_not_replaced (fixture, "other.db", COFFER_ERROR_EXISTS);
  g_assert_cmpint (g_unlink (second), ==, 0);

  other = test_open (other_path);
  test_hold (other);   /* on show, and nobody has it open */
  assert_not_replaced (fixture, "other.db", COFFER_ERROR_BUSY);
  coffer_vault_resume (other);
  test_close (other);

  child = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
  g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (child), &byte, 1, NULL, NULL), ==, 1);
  assert_not_replaced (fixture, "other.db", COFFER_ERROR_BUSY);
  number = g_strdup_printf ("sh (process %s)", g_subprocess_get_identifier (child));
  g_assert_nonnull (strstr (coffer_storage_get_job_error (fixture->storage, &job)->message, number));
  g_assert_true (g_output_stream_close (g_subprocess_get_stdin_pipe (child), NULL, NULL));
  g_assert_true (g_subprocess_wait (child, NULL, NULL));

  g_assert_true (g_file_set_contents (log, "log", -1, NULL));
  assert_not_replaced (fixture, "other.db", COFFER_ERROR_EXISTS);
  g_assert_cmpint (g_unlink (log), ==, 0);

  test_limit_files (1);   /* as on a full disk */
  assert_not_replaced (fixture, "other.db", -1);
  test_limit_files (G_MAXUINT64);
  assert_files (fixture, "link.db", "other.db", "storage.db", NULL);
}

static void
test_check (Fixture       *fixture,
            gconstpointer  data)
{
  const CofferInspection *check;
  const CofferFound *found;
  GDateTime *when;

  test_sql (fixture->path, "INSERT INTO kv VALUES ('odd', x'01')");
  test_wait_for_split (fixture);
  g_assert_null (coffer_storage_get_check (fixture->storage, &when));
  coffer_storage_check (fixture->storage, TRUE);
  test_wait_for_job (fixture);
  check = coffer_storage_get_check (fixture->storage, &when);
  g_assert_nonnull (check);
  g_assert_cmpuint (check->keys, ==, test_ask_number (fixture->path, "SELECT count (*) FROM kv"));
  g_assert_cmpuint (check->n_damages, ==, 0);
  assert_told (fixture, COFFER_STORAGE_CHECK, "No damage found");
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
  guint64 size = test_size_of (other, "");
  guint64 parts[COFFER_N_PARTS];

  test_wait_for_split (fixture);
  g_assert_cmpint (g_rename (other, fixture->path), ==, 0);
  coffer_storage_look (fixture->storage);
  test_wait_for (coffer_storage_get_space (fixture->storage)->main_size == size);
  test_wait_for_split (fixture);
  test_assert_adds_up (fixture, parts);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_STORAGE_ADD ("agrees-with-sqlite-and-stat", test_agrees);
  TEST_STORAGE_ADD ("tells-tables-apart", test_tables_apart);
  TEST_STORAGE_ADD ("adds-up-at-once", test_at_once);
  TEST_STORAGE_ADD ("reads-again-what-grows", test_asked_of_a_file_that_grows);
  TEST_STORAGE_ADD ("says-why-there-is-no-plan", test_no_plan);
  TEST_STORAGE_ADD ("checkpoints", test_checkpoint);
  TEST_STORAGE_ADD ("checkpoint-cancelled", test_checkpoint_cancelled);
  TEST_STORAGE_ADD ("releases-what-this-program-reads", test_release);
  TEST_STORAGE_ADD ("views-what-was-viewed", test_viewed);
  TEST_STORAGE_ADD ("changes-the-journal", test_journal);
  TEST_STORAGE_ADD ("wipes", test_wipe);
  TEST_STORAGE_ADD ("optimizes", test_optimize);
  TEST_STORAGE_ADD ("saves-what-can-be-read", test_salvage);
  TEST_STORAGE_ADD ("rests-when-nobody-looks", test_unwatched);
  TEST_STORAGE_ADD ("converts", test_converts);
  TEST_STORAGE_ADD ("copies", test_copy_file_whole);
  TEST_STORAGE_ADD ("replaces-safely", test_replaces_safely);
  TEST_STORAGE_ADD ("replaces-beside-openers", test_replaces_beside_openers);
  TEST_STORAGE_ADD ("replaces-long-name", test_replaces_long_name);
  TEST_STORAGE_ADD ("new-file-with-log", test_new_file_with_log);
  TEST_STORAGE_ADD ("copy-place-taken", test_copy_place_taken);
  TEST_STORAGE_ADD ("checks", test_check);
  TEST_STORAGE_ADD ("sees-another-file", test_replaced);

  return g_test_run ();
}
