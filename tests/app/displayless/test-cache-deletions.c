/* SPDX-License-Identifier: MIT */
/* Values that wait in memory, deleted there without ever having been in the file. */
#include "caching.h"

#include "coffer-deletion.h"

#include <sqlite3.h>
#include <string.h>

#define N_MANY 1101   /* more than are taken off the cache at once */

#define assert_value(fixture, name, expected) \
  G_STMT_START { \
    g_autofree char *text = test_read_value (fixture, name); \
    g_assert_cmpstr (text, ==, expected); \
  } G_STMT_END

/* A key whose value waits is deleted without writing it; it waits again when the deletion is taken back. Over a row both are hidden. */
static void
test_delete (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(CofferDeletion) fresh = NULL, over = NULL;
  CofferDeleted deleted;

  test_add_text (fixture, "new", "waits");
  test_add_text (fixture, "user:0000000007", "waits too");
  test_wait_for (test_n_listed (fixture) == N_KEYS + 1);
  fresh = test_hide_key (fixture->vault, "new");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_cmpuint (coffer_deletion_get_n_left (fresh), ==, 1);
  over = test_hide_key (fixture->vault, "user:0000000007");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  g_assert_cmpuint (coffer_deletion_get_n_left (over), ==, 1);
  g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, 2);
  test_wait_for (test_n_listed (fixture) == N_KEYS - 1);

  test_show_deletion (fixture->vault, over, TRUE);
  test_show_deletion (fixture->vault, fresh, TRUE);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 2);
  test_wait_for (test_n_listed (fixture) == N_KEYS + 1);
  assert_value (fixture, "new", "waits");
  assert_value (fixture, "user:0000000007", "waits too");
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6e6577' OR value = CAST ('waits too' AS BLOB)"), ==, 0);

  /* written meanwhile, they are deleted from the file */
  g_assert_true (test_flush (fixture->vault, NULL));
  test_show_deletion (fixture->vault, fresh, FALSE);
  test_show_deletion (fixture->vault, over, FALSE);
  test_wait_for (test_n_listed (fixture) == N_KEYS - 1);
  g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, 2);
  test_write_deletions (fixture->vault, &deleted);
  g_assert_cmpuint (deleted.n_deleted, ==, 2);
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6e6577' OR value = CAST ('waits too' AS BLOB)"), ==, 0);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS - 1);
}

/* More than are taken off the cache at once, and rows of the file among them. */
static void
test_delete_many (Fixture       *fixture,
                  gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "source", NULL);
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) added = NULL, hidden = NULL;
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "waits", -1, NULL));
  for (guint i = 0; i < N_MANY; i++)
    {
      g_autofree char *name = g_strdup_printf ("many %04u", i), *old = g_strdup_printf ("user:%010u", i);
      g_autoptr(GBytes) key = g_bytes_new (name, strlen (name));

      coffer_additions_append (additions, path, NULL, key, 5);
      g_ptr_array_add (keys, test_key (name));
      if (i % 3 == 0)
        g_ptr_array_add (keys, test_key (old));
    }
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &added);
  test_wait_for (added != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, added, &error));
  g_assert_no_error (error);
  test_add_text (fixture, "kept", "waits");
  g_assert_cmpuint (test_n_waiting (fixture), ==, N_MANY + 1);

  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &hidden);
  test_wait_for (hidden != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, hidden, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_cmpuint (coffer_deletion_get_n_left (deletion), ==, keys->len);
  test_show_deletion (fixture->vault, deletion, TRUE);
  g_assert_cmpuint (test_n_waiting (fixture), ==, N_MANY + 1);
  assert_value (fixture, "many 0000", "waits");
  assert_value (fixture, "many 1100", "waits");
  test_show_deletion (fixture->vault, deletion, FALSE);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  test_write_deletions (fixture->vault, NULL);
  g_assert_true (test_flush (fixture->vault, NULL));
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS + N_MANY + 1 - (int) keys->len);
}

/* A newer value stays; one that was deleted for good does not come back; a vault that closes keeps what was not. */
static void
test_delete_and_put (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(CofferDeletion) older = NULL, gone = NULL, kept = NULL;

  test_add_text (fixture, "new", "older");
  older = test_hide_key (fixture->vault, "new");
  test_add_text (fixture, "new", "newer");
  test_show_deletion (fixture->vault, older, TRUE);
  assert_value (fixture, "new", "newer");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);

  older = (coffer_deletion_unref (older), test_hide_key (fixture->vault, "new"));
  test_sql (fixture->path, "INSERT INTO kv VALUES (x'6e6577', CAST ('theirs' AS BLOB))");   /* is newer, too */
  test_show_deletion (fixture->vault, older, TRUE);
  assert_value (fixture, "new", "theirs");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  test_sql (fixture->path, "DELETE FROM kv WHERE key = x'6e6577'");
  test_add_text (fixture, "new", "waits");

  gone = test_hide_key (fixture->vault, "new");
  test_write_deletions (fixture->vault, NULL);
  g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, 0);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);

  test_add_text (fixture, "kept", "waits");
  kept = test_hide_key (fixture->vault, "kept");
  g_clear_object (&fixture->list);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6b657074' AND value = CAST ('waits' AS BLOB)"), ==, 1);
}

static void
take_back (Fixture         *fixture,
           CofferAdditions *additions)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_take_back_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_cmpint (coffer_vault_take_back_finish (fixture->vault, result, &error), ==, 1);
  g_assert_no_error (error);
}

/* What waited over an older value comes back, and not that one, once what was added there is taken back. */
static void
test_delete_and_take_back (Fixture       *fixture,
                           gconstpointer  data)
{
  static const char name[] = "user:0000000007";
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(GError) error = NULL;

  test_add_text (fixture, name, "waits");
  for (int i = 0; i < 2; i++)
    {
      g_clear_pointer (&deletion, coffer_deletion_unref);
      g_clear_pointer (&additions, coffer_additions_unref);
      deletion = test_hide_key (fixture->vault, name);
      additions = test_add_value (fixture, name, "newer", 5, COFFER_CONFLICT_SKIP, &error);
      g_assert_no_error (error);
      assert_value (fixture, name, "newer");
      if (i > 0)
        g_assert_true (test_flush (fixture->vault, NULL));
      take_back (fixture, additions);
      assert_value (fixture, name, NULL);
      test_show_deletion (fixture->vault, deletion, TRUE);
      assert_value (fixture, name, "waits");
      g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
    }
}

/* While deletions are being written: one that is being undone is not among them, and one that was made since is not over with them. */
static void
test_delete_meanwhile (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferDeletion) undone = NULL, written = NULL, since = NULL;
  g_autoptr(GAsyncResult) shown = NULL, first = NULL, second = NULL;
  g_autoptr(GError) error = NULL;
  sqlite3 *db;

  test_add_text (fixture, "new", "waits");
  undone = test_hide_key (fixture->vault, "new");
  coffer_vault_show_deletion_async (fixture->vault, undone, TRUE, test_store_result, &shown);
  coffer_vault_write_deletions_async (fixture->vault, NULL, NULL, test_store_result, &first);
  test_wait_for (shown != NULL && first != NULL);
  g_assert_true (coffer_vault_show_deletion_finish (fixture->vault, shown, &error));
  g_assert_no_error (error);
  assert_value (fixture, "new", "waits");

  written = test_hide_key (fixture->vault, "user:0000000003");
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_vault_write_deletions_async (fixture->vault, NULL, NULL, test_store_result, &second);
  since = test_hide_key (fixture->vault, "new");
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  test_wait_for (second != NULL);
  g_assert_true (coffer_vault_write_deletions_finish (fixture->vault, second, NULL, &error));
  g_assert_no_error (error);
  test_show_deletion (fixture->vault, since, TRUE);
  assert_value (fixture, "new", "waits");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_CACHE_ADD ("/cache/deleted-unwritten", test_delete);
  TEST_CACHE_ADD ("/cache/many-deleted-at-once", test_delete_many);
  TEST_CACHE_ADD ("/cache/deleted-and-put-again", test_delete_and_put);
  TEST_CACHE_ADD ("/cache/delete-and-take-back", test_delete_and_take_back);
  TEST_CACHE_ADD ("/cache/deleted-meanwhile", test_delete_meanwhile);

  return g_test_run ();
}
