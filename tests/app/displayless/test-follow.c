/* SPDX-License-Identifier: MIT */
/* Lists that follow what others write to the file, what becomes of it, and an index that is damaged. */
#include "many-keys.h"

#include "coffer-entry-list-private.h"
#include "coffer-error-private.h"
#include "coffer-vault-census.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

/* What the mirror knows by its positions is what the list has there. */
static void
assert_mirror (Fixture *fixture)
{
  g_assert_cmpint (fixture->mirror->len, ==, test_get_n (fixture));
  for (guint i = 0; i < fixture->mirror->len; i++)
    {
      const char *known = g_ptr_array_index (fixture->mirror, i);

      if (!g_str_equal (known, "?"))
        test_assert_key (fixture, i, known);
    }
}

static void
learn_rows (Fixture *fixture,
            guint    step)
{
  for (guint i = 0; i < test_get_n (fixture); i += step)
    {
      g_free (g_ptr_array_index (fixture->mirror, i));
      fixture->mirror->pdata[i] = test_read_key (fixture, i);
    }
}

static void
write_at_random (Fixture *fixture,
                 GRand   *random)
{
  g_autoptr(GString) sql = g_string_new ("BEGIN;");

  for (guint i = 0; i < 30; i++)
    {
      guint n = g_rand_int_range (random, 0, MANY / 2);

      g_string_append_printf (sql,
                              "DELETE FROM kv WHERE key = CAST('img/%05u.jpg' AS BLOB);"
                              "INSERT OR REPLACE INTO kv VALUES (CAST('doc/%05ux.txt' AS BLOB), x'00');", n, n);
    }
  if (g_rand_boolean (random))
    g_string_append_printf (sql, "DELETE FROM kv WHERE key BETWEEN CAST('doc/%05u' AS BLOB) AND CAST('doc/%05u' AS BLOB);",
                            (guint) g_rand_int_range (random, 0, 500) * 10, 5000u);
  g_string_append (sql, "COMMIT;");
  test_sql (fixture->path, sql->str);
}

static void
follows_what_others_write (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (4);
  CofferSort sort = GPOINTER_TO_INT (data) & 0xff;

  test_wait_loaded (fixture);
  if (GPOINTER_TO_INT (data) & 0x100)
    test_search (fixture, COFFER_MATCH_CONTAINS, "0", 0, 0, G_MAXUINT64);
  coffer_entry_list_set_order (fixture->list, sort, sort != COFFER_SORT_KEY);
  test_wait_loaded (fixture);
  for (guint round = 0; round < 5; round++)
    {
      g_autoptr(GPtrArray) held = g_ptr_array_new_with_free_func (g_object_unref);

      learn_rows (fixture, 101);
      for (guint i = 0; i < 60; i++)
        g_ptr_array_add (held, test_get_entry (fixture, test_get_n (fixture) / 2 + i));
      write_at_random (fixture, random);
      fixture->edited = FALSE;
      coffer_vault_drop_census (fixture->vault);
      coffer_entry_list_refresh (fixture->list);
      test_wait_loaded (fixture);
      g_assert_true (fixture->edited);
      assert_mirror (fixture);
      for (guint i = 0; i < held->len; i++)
        {
          CofferEntry *entry = g_ptr_array_index (held, i);
          g_autoptr(CofferEntry) there = NULL;

          if (entry->list == NULL)
            continue;
          there = test_get_entry (fixture, coffer_entry_get_position (entry));
          g_assert_true (there == entry);
        }
    }
}

/* The id of the last row is given again to the next one that comes. */
static void
rows_are_told_apart_by_their_keys (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferEntry) held = NULL;
  guint position;

  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST('mine' AS BLOB), x'0102')");
  coffer_entry_list_refresh (fixture->list);
  test_wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, FALSE);
  test_wait_loaded (fixture);
  position = test_find (fixture, "mine");
  held = test_get_entry (fixture, position);
  test_wait_for (coffer_entry_get_size (held) == 2);
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('mine' AS BLOB);"
                           "INSERT INTO kv VALUES (CAST('yours' AS BLOB), x'0304')");
  coffer_ranges_add_range (rows, position, 1);
  coffer_entry_list_keys_async (fixture->list, rows, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_null (coffer_entry_list_keys_finish (fixture->list, result, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE));

  fixture->edited = FALSE;
  coffer_vault_drop_census (fixture->vault);
  coffer_vault_tell_touched (fixture->vault);
  test_wait_for (fixture->edited);
  test_wait_loaded (fixture);
  g_assert_cmpstr (coffer_entry_get_display_key (held), ==, "mine");
  test_assert_key (fixture, test_find (fixture, "yours"), "yours");
}

/* ---- watching ---- */

/* Until all has been said and done of what was written. */
static void
wait_quiet (Fixture *fixture)
{
  test_wait_for (!fixture->vault->settling && !fixture->vault->looking);
  test_wait_for (fixture->list->refresh_id == 0 && !coffer_entry_list_get_loading (fixture->list) && !fixture->list->reading);
}

/* Nobody asks for it: the file is looked at while somebody watches, and only then. */
static void
watches_the_file (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autoptr(CofferEntry) entry = NULL;
  guint64 n_added, n_removed;

  test_wait_loaded (fixture);
  coffer_vault_set_watching (fixture->vault, TRUE);
  entry = test_get_entry (fixture, 3);
  test_wait_for (coffer_entry_get_size (entry) != G_MAXUINT64);
  test_sql (fixture->path, "BEGIN; INSERT INTO kv VALUES (x'00', x'01');"
                           "UPDATE kv SET value = zeroblob (77) WHERE key = CAST('doc/00003.txt' AS BLOB);"
                           "DELETE FROM kv WHERE key = CAST('img/09000.jpg' AS BLOB); COMMIT");
  test_wait_for (coffer_entry_get_size (entry) == 77);
  do
    {
      test_iterate ();
      g_object_get (fixture->list, "n-added", &n_added, "n-removed", &n_removed, NULL);
    }
  while (n_added == 0 || n_removed == 0);
  wait_quiet (fixture);
  g_assert_cmpint (coffer_entry_get_position (entry), ==, 4);
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  g_object_get (fixture->list, "n-added", &n_added, "n-removed", &n_removed, NULL);
  g_assert_cmpint (n_added, ==, 1);
  g_assert_cmpint (n_removed, ==, 1);

  coffer_vault_set_watching (fixture->vault, FALSE);
  test_sql (fixture->path, "DELETE FROM kv WHERE key = x'00'");
  test_run_for (1200);
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  coffer_vault_set_watching (fixture->vault, TRUE);
  test_wait_for (test_get_n (fixture) == MANY - 1);
}

static gint disk_is_slow;   /* atomic */

/* In the place of libc's: the moment between the last byte of a commit in the log and that it can be read. */
__attribute__ ((visibility ("default"))) int
fdatasync (int fd)
{
  while (g_atomic_int_get (&disk_is_slow))
    g_usleep (1000);
  return 0;
}

static gpointer
write_thread (gpointer path)
{
  test_sql (path, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; INSERT INTO kv VALUES (x'00', x'01')");
  return NULL;
}

static void
count_cb (CofferVault *vault,
          guint       *n)
{
  (*n)++;
}

/* The stamps tell of it before there is anything to see. */
static void
notices_slow_commits (Fixture       *fixture,
                      gconstpointer  data)
{
  guint n_touched = 0;
  GThread *thread;
  sqlite3 *db;

  test_wait_loaded (fixture);
  test_sql (fixture->path, "PRAGMA journal_mode=WAL");
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);   /* so that the writer leaves the log as it is */
  g_assert_cmpint (sqlite3_exec (db, "SELECT count(*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_vault_set_watching (fixture->vault, TRUE);
  wait_quiet (fixture);
  g_signal_connect (fixture->vault, "touched", G_CALLBACK (count_cb), &n_touched);

  g_atomic_int_set (&disk_is_slow, TRUE);
  thread = g_thread_new ("writer", write_thread, fixture->path);
  test_wait_for (n_touched > 0);
  test_wait_for (fixture->list->refresh_id == 0 && !coffer_entry_list_get_loading (fixture->list));
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  g_atomic_int_set (&disk_is_slow, FALSE);
  g_thread_join (thread);
  test_wait_for (test_get_n (fixture) == MANY + 1);
  sqlite3_close (db);
}

static void
says_that_the_file_went (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr(CofferEntry) entry = NULL;
  guint64 size;

  test_wait_loaded (fixture);
  size = test_read_size (fixture, 3);
  entry = test_get_entry (fixture, 3);
  test_wait_for (coffer_entry_get_type_label (entry) != NULL);
  coffer_vault_set_watching (fixture->vault, TRUE);
  g_assert_no_errno (g_remove (fixture->path));
  test_wait_for (coffer_entry_list_get_error (fixture->list) != NULL);
  test_wait_for (coffer_vault_is_missing (fixture->vault) && !coffer_entry_list_get_loading (fixture->list));
  g_assert_nonnull (coffer_vault_get_lock_reason (fixture->vault));
  test_run_for (200);
  g_assert_cmpuint (coffer_entry_get_size (entry), ==, size);
  g_assert_cmpstr (coffer_entry_get_type_label (entry), !=, "Unreadable");
  g_assert_cmpstr (coffer_entry_list_get_error (fixture->list), ==, "The file is not there any more");
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
}

/* ---- our own looks ---- */

enum {
  WITH_A_LOG = 1 << 0,   /* the file is in the mode of write-ahead logs: with whoever opens it an empty one comes and goes */
  LOG_IS_LEFT = 1 << 1,  /* by a program that crashed */
  CONNECTED = 1 << 2,    /* the other program is there all the time, and does nothing */
};

/* Returns: (nullable): the other program's connection */
static sqlite3 *
leave_file (const char *path,
            int         how)
{
  g_autofree char *index = g_strconcat (path, "-shm", NULL);
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (how & LOG_IS_LEFT) != 0, NULL), ==, SQLITE_OK);
  if (how & WITH_A_LOG)
    g_assert_cmpint (sqlite3_exec (db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "INSERT INTO kv VALUES (x'00', x'01')", NULL, NULL, NULL), ==, SQLITE_OK);
  if (how & CONNECTED)
    return db;
  sqlite3_close (db);
  if (how & LOG_IS_LEFT)
    g_assert_no_errno (g_remove (index));   /* which is made anew at need */
  return NULL;
}

static gpointer
read_byte_func (GInputStream           *stream,
                const CofferValueFacts *facts,
                gpointer                data,
                GCancellable           *cancellable,
                GError                **error)
{
  char byte;

  return g_input_stream_read (stream, &byte, 1, cancellable, error) == 1 ? g_strdup ("read") : NULL;
}

/* Everything a window does. */
static void
look_around (Fixture *fixture)
{
  g_autoptr(CofferKey) key = test_key ("img/00007.jpg");
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *read = NULL;

  coffer_entry_list_refresh (fixture->list);
  test_wait_loaded (fixture);
  test_assert_key (fixture, test_find (fixture, "img/00007"), "img/00007.jpg");
  g_assert_cmpuint (test_read_size (fixture, MANY), ==, 4 + 9999 * 7919 % 1000);
  coffer_ranges_add_range (rows, 0, MANY);
  g_assert_cmpuint (test_measure (fixture, rows).keys, ==, MANY);
  coffer_vault_read_value_async (fixture->vault, key, read_byte_func, NULL, NULL, g_free, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  read = coffer_vault_read_value_finish (fixture->vault, result, NULL);
  g_assert_cmpstr (read, ==, "read");
  coffer_vault_drop_census (fixture->vault);
  coffer_census_unref (test_take_census (fixture, TRUE));
}

/* Until the file has been looked at, from now on. */
static void
wait_for_look (Fixture *fixture)
{
  test_wait_for (!fixture->vault->looking);
  test_wait_for (fixture->vault->looking);
  test_wait_for (!fixture->vault->looking);
}

/* With all handles open and with none. */
static void
own_looks_are_no_writes (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *names_before = NULL, *names_after = NULL;
  CofferFileState before, after;
  guint n_touched = 0;
  sqlite3 *other;

  test_wait_loaded (fixture);
  test_close_list (fixture);
  other = leave_file (fixture->path, GPOINTER_TO_INT (data));
  names_before = test_folder_list (fixture->folder);
  coffer_file_state_read (&before, fixture->path);
  test_wait_settled (fixture->path);   /* else it is looked at once more, which is told */
  test_open_list (fixture);
  test_wait_loaded (fixture);
  coffer_vault_set_watching (fixture->vault, TRUE);
  g_signal_connect (fixture->vault, "touched", G_CALLBACK (count_cb), &n_touched);

  fixture->edited = FALSE;
  for (guint i = 0; i < 2; i++)
    {
      look_around (fixture);
      wait_for_look (fixture);
      test_hold (fixture->vault);
      wait_for_look (fixture);
      coffer_vault_resume (fixture->vault);
    }
  g_assert_cmpuint (n_touched, ==, 0);
  g_assert_false (fixture->edited);

  test_hold (fixture->vault);
  coffer_file_state_read (&after, fixture->path);
  g_assert_true (coffer_file_state_equal (&before, &after));
  names_after = test_folder_list (fixture->folder);
  g_assert_cmpstr (names_after, ==, names_before);
  coffer_vault_resume (fixture->vault);
  sqlite3_close (other);
}

/* ---- a damaged index ---- */

static guint
find_root (const char *path)
{
  sqlite3 *db;
  sqlite3_stmt *statement;
  guint root;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT rootpage FROM sqlite_schema WHERE type = 'index'", -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  root = (guint) sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return root;
}

static void
lists_through_the_table (Fixture       *fixture,
                         gconstpointer  data)
{
  guint root;
  char garbage[512];
  FILE *file;

  test_wait_loaded (fixture);
  test_close_list (fixture);
  root = find_root (fixture->path);
  memset (garbage, 0xee, sizeof garbage);
  file = fopen (fixture->path, "r+");
  g_assert_no_errno (fseek (file, (long) (root - 1) * 4096, SEEK_SET));
  g_assert_cmpint (fwrite (garbage, sizeof garbage, 1, file), ==, 1);
  fclose (file);

  test_open_list (fixture);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  g_assert_nonnull (strstr (coffer_entry_list_get_error (fixture->list), "listed from the table itself"));
  test_assert_key (fixture, 0, "doc/00000.txt");
  test_assert_key (fixture, MANY - 1, "img/09999.jpg");
  g_assert_cmpint (test_read_size (fixture, MANY - 1), ==, 4 + 9999 * 7919 % 1000);
  test_search (fixture, COFFER_MATCH_CONTAINS, "img/0012", 0, 0, G_MAXUINT64);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_get_n (fixture), ==, 10);
}

/* What is wrong with a file is not wrong with the one that comes in its place. */
static void
trusts_the_index_of_another_file (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autofree char *other = NULL;

  lists_through_the_table (fixture, data);
  coffer_entry_list_set_filter (fixture->list, NULL);
  other = test_make_vault (fixture->folder, "other.db", 600);
  coffer_vault_set_watching (fixture->vault, TRUE);
  g_assert_no_errno (g_rename (other, fixture->path));
  test_wait_for (test_get_n (fixture) == 600);
  test_wait_loaded (fixture);
  /* A walk that began on the damaged file may have ended on this one, before the other file was noticed. */
  test_wait_for (coffer_entry_list_get_error (fixture->list) == NULL);
}

/* A walk over a damaged file that ends when another one is there already. */
static void
trusts_the_index_of_a_file_that_came_meanwhile (Fixture       *fixture,
                                                gconstpointer  data)
{
  g_autoptr(GError) error = g_error_new_literal (COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ECORRUPT), "damaged");

  test_wait_loaded (fixture);
  coffer_entry_list_refresh (fixture->list);
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
  fixture->list->walk.file.inode++;
  coffer_entry_list_end_walk (fixture->list, error);
  test_wait_loaded (fixture);
  g_assert_false (fixture->list->by_table);
  g_assert_null (coffer_entry_list_get_error (fixture->list));
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
}

int
main (int   argc,
      char *argv[])
{
  test_list_init (&argc, &argv);

#define ADD(name, data, func) TEST_LIST_ADD ("/follow/" name, data, func)
  ADD ("follows-what-others-write/keys", COFFER_SORT_KEY, follows_what_others_write);
  ADD ("follows-what-others-write/search", 0x100 | COFFER_SORT_KEY, follows_what_others_write);
  ADD ("follows-what-others-write/sizes", COFFER_SORT_SIZE, follows_what_others_write);
  ADD ("rows-are-told-apart-by-their-keys", 0, rows_are_told_apart_by_their_keys);
  ADD ("watches-the-file", 0, watches_the_file);
  ADD ("notices-slow-commits", 0, notices_slow_commits);
  ADD ("own-looks-are-no-writes/journal", 0, own_looks_are_no_writes);
  ADD ("own-looks-are-no-writes/log", WITH_A_LOG, own_looks_are_no_writes);
  ADD ("own-looks-are-no-writes/log-of-the-dead", WITH_A_LOG | LOG_IS_LEFT, own_looks_are_no_writes);
  ADD ("own-looks-are-no-writes/beside-another", WITH_A_LOG | CONNECTED, own_looks_are_no_writes);
  ADD ("says-that-the-file-went", 0, says_that_the_file_went);
  ADD ("lists-through-the-table", 0, lists_through_the_table);
  ADD ("trusts-the-index-of-another-file", 0, trusts_the_index_of_another_file);
  ADD ("trusts-the-index-of-a-file-that-came-meanwhile", 0, trusts_the_index_of_a_file_that_came_meanwhile);

  return test_list_run ();
}
