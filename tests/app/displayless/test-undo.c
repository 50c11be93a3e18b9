/* SPDX-License-Identifier: MIT */
/* Deletions, names and values, taken back and done again; and what is refused, since somebody else has been there. */
#include "undoing.h"

#include "coffer-error-private.h"
#include "coffer-kept-value.h"
#include "coffer-rename-plan.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

/* ---- deletions ---- */

static void
a_deletion_comes_and_goes (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 10, 1010);

  test_wait_for (test_n_listed (fixture->list) == N_KEYS - 1000);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);
  g_assert_cmpint (coffer_vault_get_n_deferred (fixture->vault), ==, 1000);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Delete of 1000 Keys");
  g_assert_null (coffer_undo_get_redo_label (fixture->undo));

  test_assert_step (fixture, FALSE, "1000 keys are back");
  test_wait_for (test_n_listed (fixture->list) == N_KEYS);
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  g_assert_cmpstr (coffer_undo_get_redo_label (fixture->undo), ==, "_Redo Delete of 1000 Keys");
  g_assert_cmpint (coffer_vault_get_n_deferred (fixture->vault), ==, 0);

  test_assert_step (fixture, TRUE, "1000 keys deleted again");
  test_wait_for (test_n_listed (fixture->list) == N_KEYS - 1000);
}

static void
a_deletion_is_written (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferDeletion) first = test_hide (fixture, 0, 1500);
  g_autoptr(CofferDeletion) second = test_hide (fixture, 2000, 2001);
  CofferDeleted deleted;
  g_autoptr(GError) error = NULL;

  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Delete of “user:0000002000”");
  g_assert_true (test_write_out (fixture, &deleted, &error));
  g_assert_no_error (error);
  g_assert_cmpint (deleted.n_deleted, ==, 1501);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS - 1501);
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  g_assert_false (coffer_deletion_is_hidden (first));
  test_wait_for (test_n_listed (fixture->list) == N_KEYS - 1501 && !coffer_entry_list_get_loading (fixture->list));
}

/* A vault that is closed without a word has deleted nothing. */
static void
what_is_not_written_is_not_lost (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 100);

  test_wait_for (test_n_listed (fixture->list) == N_KEYS - 100);
  coffer_vault_close (fixture->vault);
  g_assert_cmpint (coffer_deletion_get_n_left (deletion), ==, 0);   /* void */
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);
}

/* In another window on the file it is gone, too, and comes back. */
static void
other_windows_see_it (Fixture       *fixture,
                      gconstpointer  data)
{
  CofferVault *other = test_open (fixture->path);
  CofferEntryList *list = coffer_entry_list_new (other);
  g_autoptr(CofferDeletion) deletion = NULL;

  test_wait_for (test_n_listed (list) == N_KEYS && !coffer_entry_list_get_loading (list));
  deletion = test_hide (fixture, 5, 10);
  test_wait_for (test_n_listed (list) == N_KEYS - 5);
  test_assert_step (fixture, FALSE, "5 keys are back");
  test_wait_for (test_n_listed (list) == N_KEYS);
  g_object_unref (list);
  test_close (other);
}

/* Lane. */
static gpointer
nothing_worker (kvault        *vault,
                gpointer       data,
                GCancellable  *cancellable,
                GError       **error)
{
  return GINT_TO_POINTER (TRUE);
}

/* They are looked for behind what is deleted. */
static void
wait_for_sizes (CofferVault *vault)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_run_async (vault, COFFER_LANE_BACKGROUND, NULL, nothing_worker, NULL, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
}

/* Another program wrote to two of three, and deleted one more. */
static void
others_keep_what_they_wrote (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 4);
  CofferDeleted deleted;
  g_autoptr(GError) error = NULL;
  g_autofree char *sql = g_strdup ("UPDATE kv SET value = x'0102030405060708090a0b0c0d0e0f1011' WHERE key = CAST('user:0000000000' AS BLOB);"
                                   "DELETE FROM kv WHERE key = CAST('user:0000000001' AS BLOB);"
                                   "REPLACE INTO kv (key, value) VALUES (CAST('user:0000000002' AS BLOB), x'00')");

  test_wait_for (test_n_listed (fixture->list) == N_KEYS - 4);
  wait_for_sizes (fixture->vault);   /* were they not known, the deletion would go by keys and rows alone */
  test_sql (fixture->path, sql);
  g_assert_true (test_write_out (fixture, &deleted, &error));
  g_assert_cmpint (deleted.n_deleted, ==, 1);
  g_assert_cmpint (deleted.n_changed, ==, 2);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS - 2);
  g_assert_cmpint (test_count_rows (fixture->path, "key = CAST('user:0000000000' AS BLOB)"), ==, 1);
}

/* A name that was deleted can be brought back, and is not given to another before that is sure. */
static void
a_deleted_name_is_not_taken (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 3);
  g_autoptr(CofferRenames) renames = coffer_renames_new ("kv");
  g_autoptr(CofferKey) key = test_key_of (7);
  g_autofree char *name = test_name_of (1);
  g_autoptr(GBytes) new_key = g_bytes_new (name, strlen (name));
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_renames_add (renames, key, new_key);
  coffer_vault_rename_keys_async (fixture->vault, renames, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_false (coffer_vault_rename_keys_finish (fixture->vault, result, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, "was deleted a moment ago"));
  g_assert_cmpuint (coffer_renames_get_n_done (renames), ==, 0);
  g_clear_object (&result);
  test_assert_step (fixture, FALSE, "3 keys are back");
  test_assert_step (fixture, TRUE, "3 keys deleted again");
  g_assert_true (test_write_out (fixture, NULL, NULL));
  coffer_vault_rename_keys_async (fixture->vault, renames, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_clear_error (&error);
  g_assert_true (coffer_vault_rename_keys_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
}

/* Another file comes to the path: nothing of it is hidden, and nothing deleted from it, even if it has the same rows. */
static void
another_file_is_left_alone (Fixture       *fixture,
                            gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", N_KEYS);
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 10);
  g_autoptr(GError) error = NULL;

  test_wait_for (test_n_listed (fixture->list) == N_KEYS - 10 && !coffer_entry_list_get_loading (fixture->list));
  g_assert_no_errno (g_rename (other, fixture->path));
  test_write_out (fixture, NULL, &error);
  g_assert_nonnull (error);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for (test_n_listed (fixture->list) == N_KEYS && !coffer_entry_list_get_loading (fixture->list));
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);
}

/* The file must not grow: nothing is lost, and once there is room it goes on. */
static void
a_full_disk_keeps_all (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 2500);
  g_autoptr(GError) error = NULL;

  test_limit_files (100);
  g_assert_false (test_write_out (fixture, NULL, &error));
  test_limit_files (G_MAXUINT64);
  g_assert_nonnull (error);
  g_assert_cmpint (coffer_deletion_get_n_left (deletion), ==, 2500);
  g_assert_true (coffer_deletion_is_hidden (deletion));
  test_assert_step (fixture, FALSE, "2500 keys are back");
  test_assert_step (fixture, TRUE, "2500 keys deleted again");
  g_clear_error (&error);
  g_assert_true (test_write_out (fixture, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS - 2500);
}

static void
viewing_refuses (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 1);

  coffer_vault_stop_editing (fixture->vault);
  test_assert_fails (fixture, FALSE, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  test_edit (fixture->vault);
  test_assert_step (fixture, FALSE, "1 key is back");
}

/* ---- renames ---- */

static void
rename_to (Fixture    *fixture,
           guint       n,
           const char *prefix)
{
  g_autoptr(CofferRenames) renames = coffer_renames_new ("kv");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr(CofferKey) key = test_key_of (i);
      g_autofree char *name = g_strdup_printf ("%s%u", prefix, i);
      g_autoptr(GBytes) new_key = g_bytes_new (name, strlen (name));

      coffer_renames_add (renames, key, new_key);
    }
  coffer_vault_rename_keys_async (fixture->vault, renames, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_rename_keys_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  coffer_undo_push_renames (fixture->undo, renames);
}

static void
renames_go_back (Fixture       *fixture,
                 gconstpointer  data)
{
  rename_to (fixture, 1200, "new/");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 1200);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Rename of 1200 Keys");
  test_assert_step (fixture, FALSE, "1200 keys have their old names again");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 0);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);
  test_assert_step (fixture, TRUE, "1200 keys renamed");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 1200);
}

/* Nothing is renamed where one cannot be. */
static void
add_renames (CofferRenames *renames,
             guint          from,
             guint          to)
{
  for (guint i = from; i < to; i++)
    {
      g_autoptr(CofferKey) key = test_key_of (i);
      g_autofree char *name = g_strdup_printf ("renamed%u", i);
      g_autoptr(GBytes) new_key = g_bytes_new (name, strlen (name));

      coffer_renames_add (renames, key, new_key);
    }
}

/* The list is as a job leaves it that was stopped after the first three. */
static void
stopped_renames_stay_stopped (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autoptr(CofferRenames) renames = coffer_renames_new ("kv");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  add_renames (renames, 0, 3);
  coffer_vault_rename_keys_async (fixture->vault, renames, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_rename_keys_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  add_renames (renames, 3, 10);
  coffer_undo_push_renames (fixture->undo, renames);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Rename of 3 Keys");
  test_assert_step (fixture, FALSE, "3 keys have their old names again");
  g_assert_cmpstr (coffer_undo_get_redo_label (fixture->undo), ==, "_Redo Rename of 3 Keys");
  test_assert_step (fixture, TRUE, "3 keys renamed");
  g_assert_cmpuint (coffer_renames_get_n_done (renames), ==, 3);
}

static void
renames_overwrite_nothing (Fixture       *fixture,
                           gconstpointer  data)
{
  rename_to (fixture, 3, "new/");
  test_sql (fixture->path, "INSERT INTO kv (key, value) VALUES (CAST('user:0000000002' AS BLOB), x'00')");
  test_assert_fails (fixture, FALSE, COFFER_ERROR_EXISTS);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 3);
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('user:0000000002' AS BLOB);"
                           "UPDATE kv SET value = x'000102' WHERE key = CAST('new/1' AS BLOB)");
  test_assert_fails (fixture, FALSE, COFFER_ERROR_STALE);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 3);
}

static void
hide_named (Fixture    *fixture,
            const char *name)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GError) error = NULL;

  g_ptr_array_add (keys, test_key (name));
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  coffer_undo_push_deletion (fixture->undo, deletion);
}

/* In another window, which knows nothing of the names here: it can still be brought back there. */
static void
renames_take_no_deleted_name (Fixture       *fixture,
                              gconstpointer  data)
{
  static const char *const names[] = { "user:0000000000", "new/0" };
  CofferUndo *mine = fixture->undo, *other = coffer_undo_new (fixture->vault);

  rename_to (fixture, 1, "new/");
  for (int redo = 0; redo < 2; redo++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *sql = g_strdup_printf ("INSERT INTO kv (key, value) VALUES (CAST('%s' AS BLOB), CAST('theirs' AS BLOB))", names[redo]);

      test_sql (fixture->path, sql);
      fixture->undo = other;
      hide_named (fixture, names[redo]);
      fixture->undo = mine;
      g_assert_null (test_step (fixture, redo, &error));
      g_assert_error (error, COFFER_ERROR, COFFER_ERROR_EXISTS);
      g_assert_nonnull (strstr (error->message, "was deleted a moment ago"));
      fixture->undo = other;
      test_assert_step (fixture, FALSE, "1 key is back");
      g_assert_cmpint (test_count_rows (fixture->path, "value = CAST('theirs' AS BLOB)"), ==, 1);
      fixture->undo = mine;
      test_sql (fixture->path, "DELETE FROM kv WHERE value = CAST('theirs' AS BLOB)");
      test_assert_step (fixture, redo, redo ? "1 key renamed" : "1 key has its old name again");
    }
  g_object_unref (other);
}

/* ---- finding and replacing ---- */

static CofferRenamePlan *
plan (Fixture     *fixture,
      const char  *find,
      const char  *replace,
      gboolean     regex,
      GError     **error)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL;

  for (guint i = 0; i < 10; i++)
    g_ptr_array_add (keys, test_key_of (i));
  coffer_vault_plan_renames_async (fixture->vault, keys, find, replace, regex, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_plan_renames_finish (fixture->vault, result, error);
}

static void
names_are_worked_out (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferRenamePlan) words = plan (fixture, "user:", "a.b\\1/", FALSE, &error);
  g_autoptr(CofferRenamePlan) groups = plan (fixture, "^user:0*(\\d)(\\d)$", "n/\\2-\\1", TRUE, &error);
  g_autoptr(CofferRenamePlan) nothing = plan (fixture, "", "x", FALSE, &error);
  g_autoptr(CofferRenamePlan) as_long = plan (fixture, "user:", "peer:", FALSE, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (words->n_renamed, ==, 10);
  g_assert_cmpuint (words->n_bytes, ==, 10);   /* each is a digit */
  g_assert_cmpuint (as_long->n_bytes, ==, 0);
  g_assert_cmpstr (words->samples->pdata[0], ==, "user:0000000000");
  g_assert_cmpstr (words->samples->pdata[1], ==, "a.b\\1/0000000000");
  g_assert_cmpuint (groups->n_renamed, ==, 10);
  g_assert_cmpstr (groups->samples->pdata[3], ==, "n/1-0");
  g_assert_cmpuint (nothing->n_renamed, ==, 0);
  g_assert_cmpuint (nothing->n_alike, ==, 10);
}

static void
collisions_are_told (Fixture       *fixture,
                     gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferRenamePlan) taken = plan (fixture, "00000000", "00000001", FALSE, &error);   /* user:0000000100 and so on are there */
  g_autoptr(CofferRenamePlan) twice = plan (fixture, "\\d+", "", TRUE, &error);
  g_autoptr(CofferRenamePlan) empty = plan (fixture, ".*", "", TRUE, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (taken->n_taken, ==, 10);
  g_assert_cmpuint (taken->n_bad_samples, ==, COFFER_PLAN_SAMPLES);
  g_assert_cmpuint (twice->n_taken, ==, 9);
  g_assert_cmpuint (twice->n_renamed, ==, 1);
  g_assert_cmpuint (empty->n_taken, ==, 10);
  g_assert_null (plan (fixture, "(", "", TRUE, &error));
  g_assert_true (error != NULL && error->domain == G_REGEX_ERROR);
}

/* Their values tell what they were called at first. As the window does. */
static void
rename_named (Fixture           *fixture,
              const char *const *names,
              const char        *find,
              const char        *replace)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) made = NULL, result = NULL;
  g_autoptr(CofferRenamePlan) planned = NULL;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *sql = g_strdup_printf ("INSERT INTO kv (key, value) VALUES (CAST('%s' AS BLOB), CAST('was %s' AS BLOB))", names[i], names[i]);

      test_sql (fixture->path, sql);
      g_ptr_array_add (keys, test_key (names[i]));
    }
  coffer_vault_plan_renames_async (fixture->vault, keys, find, replace, TRUE, NULL, test_store_result, &made);
  test_wait_for (made != NULL);
  planned = coffer_vault_plan_renames_finish (fixture->vault, made, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (planned->n_taken, ==, 0);
  coffer_vault_rename_keys_async (fixture->vault, planned->renames, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_rename_keys_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (coffer_renames_get_n_done (planned->renames), ==, planned->n_renamed);
  coffer_undo_push_renames (fixture->undo, planned->renames);
}

static void
assert_named (Fixture    *fixture,
              const char *expected)
{
  sqlite3_stmt *statement;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open_v2 (fixture->path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT group_concat(k, ' ') FROM (SELECT CAST(value AS TEXT) || ':' || CAST(key AS TEXT) k FROM kv "
                                           "WHERE CAST(value AS TEXT) LIKE 'was %' ORDER BY value)", -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpstr ((const char *) sqlite3_column_text (statement, 0), ==, expected);
  sqlite3_finalize (statement);
  sqlite3_close (db);
}

/* Each gets the name of the next: the last goes first, and the first first back. */
static void
chains_are_renamed (Fixture       *fixture,
                    gconstpointer  data)
{
  static const char *const names[] = { "aa", "a", "aaaa", "aaa", NULL };

  rename_named (fixture, names, "^a", "aa");
  assert_named (fixture, "was a:aa was aa:aaa was aaa:aaaa was aaaa:aaaaa");
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Rename of 4 Keys");
  test_assert_step (fixture, FALSE, "4 keys have their old names again");
  assert_named (fixture, "was a:a was aa:aa was aaa:aaa was aaaa:aaaa");
  test_assert_step (fixture, TRUE, "4 keys renamed");
  assert_named (fixture, "was a:aa was aa:aaa was aaa:aaaa was aaaa:aaaaa");
  test_sql (fixture->path, "INSERT INTO kv (key, value) VALUES (CAST('a' AS BLOB), x'00')");
  test_assert_fails (fixture, FALSE, COFFER_ERROR_EXISTS);
  assert_named (fixture, "was a:aa was aa:aaa was aaa:aaaa was aaaa:aaaaa");
}

/* Two that change their names, three in a ring, and one that begins with them. */
static void
rings_are_renamed (Fixture       *fixture,
                   gconstpointer  data)
{
  static const char *const names[] = { "ba", "xyz", "ab", "zxy", "yzx", "cc", NULL };

  rename_named (fixture, names, "^(.)(.*)$", "\\2\\1");
  assert_named (fixture, "was ab:ba was ba:ab was cc:cc was xyz:yzx was yzx:zxy was zxy:xyz");
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Rename of 5 Keys");
  for (int i = 0; i < 2; i++)
    {
      test_assert_step (fixture, FALSE, "5 keys have their old names again");
      assert_named (fixture, "was ab:ab was ba:ba was cc:cc was xyz:xyz was yzx:yzx was zxy:zxy");
      test_assert_step (fixture, TRUE, "5 keys renamed");
      assert_named (fixture, "was ab:ba was ba:ab was cc:cc was xyz:yzx was yzx:zxy was zxy:xyz");
    }
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS + 6);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('was another' AS BLOB) WHERE key = CAST('zxy' AS BLOB)");
  test_assert_fails (fixture, FALSE, COFFER_ERROR_STALE);
  assert_named (fixture, "was ab:ba was another:zxy was ba:ab was cc:cc was xyz:yzx was zxy:xyz");
}

/* ---- values and files ---- */

static void
a_value_comes_back (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferKey) key = test_key_of (5);
  g_autofree char *path = g_build_filename (fixture->folder, "file", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) kept = NULL, replaced = NULL;
  g_autoptr(CofferKept) old = NULL;
  g_autofree char *checksum = NULL, *value = NULL, *content = NULL;
  g_autoptr(CofferKey) now = NULL;
  g_autoptr(GError) error = NULL;

  coffer_deletion_unref (test_hide (fixture, 10, 11));
  g_assert_true (g_file_set_contents (path, "another value", -1, NULL));
  coffer_vault_keep_value_async (fixture->vault, "kv", key, file, NULL, NULL, test_store_result, &kept);
  test_wait_for (kept != NULL);
  old = coffer_vault_keep_value_finish (fixture->vault, kept, &checksum, &error);
  g_assert_no_error (error);
  coffer_vault_replace_async (fixture->vault, "kv", key, file, NULL, checksum, NULL, NULL, test_store_result, &replaced);
  test_wait_for (replaced != NULL);
  now = coffer_vault_replace_finish (fixture->vault, replaced, &value, &content, &error);
  g_assert_no_error (error);
  coffer_undo_push_value (fixture->undo, "kv", key, old, value);

  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'another value'"), ==, 1);
  test_assert_step (fixture, FALSE, "The old value is back");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'another value'"), ==, 0);
  test_assert_step (fixture, TRUE, "Value replaced");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'another value'"), ==, 1);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('somebody else' AS BLOB) WHERE key = CAST('user:0000000005' AS BLOB)");   /* of the same length */
  test_assert_fails (fixture, FALSE, COFFER_ERROR_STALE);
  test_assert_fails (fixture, FALSE, COFFER_ERROR_STALE);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'somebody else'"), ==, 1);
  test_assert_step (fixture, FALSE, "1 key is back");   /* refused twice, it bars the way no longer */
  g_unlink (path);
}

/* While they are being written they cannot come back; when that has failed they can. */
static void
deletions_that_are_not_written_come_back (Fixture       *fixture,
                                          gconstpointer  data)
{
  g_autoptr(GAsyncResult) written = NULL, undone = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  sqlite3 *db;

  coffer_deletion_unref (test_hide (fixture, 10, 13));
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_vault_write_deletions_async (fixture->vault, NULL, cancellable, test_store_result, &written);
  coffer_undo_step_async (fixture->undo, FALSE, NULL, NULL, test_store_result, &undone);
  test_wait_for (undone != NULL);
  g_assert_null (coffer_undo_step_finish (fixture->undo, undone, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_cancellable_cancel (cancellable);
  test_wait_for (written != NULL);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  test_assert_step (fixture, FALSE, "3 keys are back");
  test_wait_for (test_n_listed (fixture->list) == N_KEYS);
}

/* ---- one after the other ---- */

static void
steps_are_in_order (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferDeletion) first = test_hide (fixture, 0, 1);
  g_autoptr(CofferDeletion) second = NULL;
  g_autoptr(GError) error = NULL;

  rename_to (fixture, 0, "none");   /* of nothing: a step all the same */
  second = test_hide (fixture, 5, 7);
  test_assert_step (fixture, FALSE, "2 keys are back");
  test_assert_step (fixture, FALSE, "0 keys have their old names again");
  test_assert_step (fixture, FALSE, "1 key is back");
  g_assert_null (test_step (fixture, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_step (fixture, TRUE, "1 key deleted again");
  g_clear_pointer (&second, coffer_deletion_unref);
  second = test_hide (fixture, 9, 10);   /* and with that the others are gone */
  g_assert_null (coffer_undo_get_redo_label (fixture->undo));
  g_assert_cmpint (coffer_vault_get_n_deferred (fixture->vault), ==, 2);
}

static void
one_step_at_a_time (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 1);
  g_autoptr(GAsyncResult) first = NULL, second = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  coffer_undo_step_async (fixture->undo, FALSE, NULL, NULL, test_store_result, &first);
  coffer_undo_step_async (fixture->undo, FALSE, NULL, NULL, test_store_result, &second);
  test_wait_for (first != NULL && second != NULL);
  text = coffer_undo_step_finish (fixture->undo, first, NULL);
  g_assert_cmpstr (text, ==, "1 key is back");
  g_assert_null (coffer_undo_step_finish (fixture->undo, second, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_UNDO_ADD ("/undo/deletion/comes-and-goes", a_deletion_comes_and_goes);
  TEST_UNDO_ADD ("/undo/deletion/is-written", a_deletion_is_written);
  TEST_UNDO_ADD ("/undo/deletion/what-is-not-written-is-not-lost", what_is_not_written_is_not_lost);
  TEST_UNDO_ADD ("/undo/deletion/other-windows-see-it", other_windows_see_it);
  TEST_UNDO_ADD ("/undo/deletion/others-keep-what-they-wrote", others_keep_what_they_wrote);
  TEST_UNDO_ADD ("/undo/deletion/a-deleted-name-is-not-taken", a_deleted_name_is_not_taken);
  TEST_UNDO_ADD ("/undo/deletion/another-file-is-left-alone", another_file_is_left_alone);
  TEST_UNDO_ADD ("/undo/deletion/a-full-disk-keeps-all", a_full_disk_keeps_all);
  TEST_UNDO_ADD ("/undo/deletion/viewing-refuses", viewing_refuses);
  TEST_UNDO_ADD ("/undo/renames/go-back", renames_go_back);
  TEST_UNDO_ADD ("/undo/renames/stopped-ones-stay-stopped", stopped_renames_stay_stopped);
  TEST_UNDO_ADD ("/undo/renames/overwrite-nothing", renames_overwrite_nothing);
  TEST_UNDO_ADD ("/undo/renames/take-no-deleted-name", renames_take_no_deleted_name);
  TEST_UNDO_ADD ("/undo/names/are-worked-out", names_are_worked_out);
  TEST_UNDO_ADD ("/undo/names/collisions-are-told", collisions_are_told);
  TEST_UNDO_ADD ("/undo/names/chains-are-renamed", chains_are_renamed);
  TEST_UNDO_ADD ("/undo/names/rings-are-renamed", rings_are_renamed);
  TEST_UNDO_ADD ("/undo/value/comes-back", a_value_comes_back);
  TEST_UNDO_ADD ("/undo/deletion/that-is-not-written", deletions_that_are_not_written_come_back);
  TEST_UNDO_ADD ("/undo/order", steps_are_in_order);
  TEST_UNDO_ADD ("/undo/one-at-a-time", one_step_at_a_time);

  return g_test_run ();
}
