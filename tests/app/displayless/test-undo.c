/* SPDX-License-Identifier: MIT */
/* What was done to a vault, taken back and done again; and what is refused, since somebody else has been there. */
#include "displayless.h"

#include "coffer-entry-list.h"
#include "coffer-error-private.h"
#include "coffer-kept-value.h"
#include "coffer-rename-plan.h"
#include "coffer-undo.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_KEYS 3000
#define N_REPLACED 700         /* more than are taken back in one transaction */
#define N_KILLS 10

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
  fixture->path = test_make_vault (fixture->folder, "v.db", N_KEYS);
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
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

static int
count_rows (const char *path,
            const char *where)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM kv WHERE %s", where);
  sqlite3_stmt *statement;
  sqlite3 *db;
  int n;

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 5000);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return n;
}

static guint
get_n (CofferEntryList *list)
{
  return g_list_model_get_n_items (G_LIST_MODEL (list));
}

static char *
name_of (guint number)
{
  return g_strdup_printf ("user:%010u", number);
}

static CofferKey *
key_of (guint number)
{
  g_autofree char *name = name_of (number);

  return test_key (name);
}

/* Deletes, as the window does. */
static CofferDeletion *
hide (Fixture *fixture,
      guint    from,
      guint    to)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferDeletion *deletion;

  for (guint i = from; i < to; i++)
    g_ptr_array_add (keys, key_of (i));
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  coffer_undo_push_deletion (fixture->undo, deletion);
  return deletion;
}

static char *
step (Fixture  *fixture,
      gboolean  redo,
      GError  **error)
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
assert_fails (Fixture  *fixture,
              gboolean  redo,
              int       code)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (step (fixture, redo, &error));
  g_assert_error (error, COFFER_ERROR, code);
}

static gboolean
write_out (Fixture        *fixture,
           CofferDeleted  *deleted,
           GError        **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_write_deletions_async (fixture->vault, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_write_deletions_finish (fixture->vault, result, deleted, error);
}

/* ---- deletions ---- */

static void
a_deletion_comes_and_goes (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 10, 1010);

  test_wait_for (get_n (fixture->list) == N_KEYS - 1000);
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS);
  g_assert_cmpint (coffer_vault_get_n_deferred (fixture->vault), ==, 1000);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Delete of 1000 Keys");
  g_assert_null (coffer_undo_get_redo_label (fixture->undo));

  assert_step (fixture, FALSE, "1000 keys are back");
  test_wait_for (get_n (fixture->list) == N_KEYS);
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  g_assert_cmpstr (coffer_undo_get_redo_label (fixture->undo), ==, "_Redo Delete of 1000 Keys");
  g_assert_cmpint (coffer_vault_get_n_deferred (fixture->vault), ==, 0);

  assert_step (fixture, TRUE, "1000 keys deleted again");
  test_wait_for (get_n (fixture->list) == N_KEYS - 1000);
}

static void
a_deletion_is_written (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferDeletion) first = hide (fixture, 0, 1500);
  g_autoptr(CofferDeletion) second = hide (fixture, 2000, 2001);
  CofferDeleted deleted;
  g_autoptr(GError) error = NULL;

  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Delete of “user:0000002000”");
  g_assert_true (write_out (fixture, &deleted, &error));
  g_assert_no_error (error);
  g_assert_cmpint (deleted.n_deleted, ==, 1501);
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS - 1501);
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  g_assert_false (coffer_deletion_is_hidden (first));
  test_wait_for (get_n (fixture->list) == N_KEYS - 1501 && !coffer_entry_list_get_loading (fixture->list));
}

/* A vault that is closed without a word has deleted nothing. */
static void
what_is_not_written_is_not_lost (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 0, 100);

  test_wait_for (get_n (fixture->list) == N_KEYS - 100);
  coffer_vault_close (fixture->vault);
  g_assert_cmpint (coffer_deletion_get_n_left (deletion), ==, 0);   /* void */
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS);
}

/* In another window on the file it is gone, too, and comes back. */
static void
other_windows_see_it (Fixture       *fixture,
                      gconstpointer  data)
{
  CofferVault *other = test_open (fixture->path);
  CofferEntryList *list = coffer_entry_list_new (other);
  g_autoptr(CofferDeletion) deletion = NULL;

  test_wait_for (get_n (list) == N_KEYS && !coffer_entry_list_get_loading (list));
  deletion = hide (fixture, 5, 10);
  test_wait_for (get_n (list) == N_KEYS - 5);
  assert_step (fixture, FALSE, "5 keys are back");
  test_wait_for (get_n (list) == N_KEYS);
  g_object_unref (list);
  test_close (other);
}

/* Another program wrote to two of three, and deleted one more. */
static void
others_keep_what_they_wrote (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 0, 4);
  CofferDeleted deleted;
  g_autoptr(GError) error = NULL;
  g_autofree char *sql = g_strdup ("UPDATE kv SET value = x'0102030405060708090a0b0c0d0e0f1011' WHERE key = CAST('user:0000000000' AS BLOB);"
                                   "DELETE FROM kv WHERE key = CAST('user:0000000001' AS BLOB);"
                                   "REPLACE INTO kv (key, value) VALUES (CAST('user:0000000002' AS BLOB), x'00')");

  test_wait_for (get_n (fixture->list) == N_KEYS - 4);
  test_run_for (50);   /* so that their sizes are known; were they not, the deletion would go by keys and rows alone */
  test_sql (fixture->path, sql);
  g_assert_true (write_out (fixture, &deleted, &error));
  g_assert_cmpint (deleted.n_deleted, ==, 1);
  g_assert_cmpint (deleted.n_changed, ==, 1);
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS - 2);
  g_assert_cmpint (count_rows (fixture->path, "key = CAST('user:0000000000' AS BLOB)"), ==, 1);
}

/* The person's own new value under a deleted key. */
static void
a_new_value_takes_the_place (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 0, 3);
  g_autoptr(CofferRenames) renames = coffer_renames_new ("kv");
  g_autoptr(CofferKey) key = key_of (7);
  g_autofree char *name = name_of (1);
  g_autoptr(GBytes) new_key = g_bytes_new (name, strlen (name));
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_renames_add (renames, key, new_key);
  coffer_vault_rename_keys_async (fixture->vault, renames, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_rename_keys_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (coffer_deletion_get_n_left (deletion), ==, 2);
  assert_step (fixture, FALSE, "2 of 3 are back; the others were written to or deleted meanwhile");
  test_wait_for (get_n (fixture->list) == N_KEYS - 1 && !coffer_entry_list_get_loading (fixture->list));
}

/* Another file comes to the path: nothing of it is hidden, and nothing deleted from it, even if it has the same rows. */
static void
another_file_is_left_alone (Fixture       *fixture,
                            gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", N_KEYS);
  g_autoptr(CofferDeletion) deletion = hide (fixture, 0, 10);
  g_autoptr(GError) error = NULL;

  test_wait_for (get_n (fixture->list) == N_KEYS - 10 && !coffer_entry_list_get_loading (fixture->list));
  g_assert_no_errno (g_rename (other, fixture->path));
  write_out (fixture, NULL, &error);
  g_assert_nonnull (error);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for (get_n (fixture->list) == N_KEYS && !coffer_entry_list_get_loading (fixture->list));
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS);
}

/* The file must not grow: nothing is lost, and once there is room it goes on. */
static void
a_full_disk_keeps_all (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 0, 2500);
  struct rlimit old, none;
  g_autoptr(GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &old));
  none = old;
  none.rlim_cur = 100;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &none));
  g_assert_false (write_out (fixture, NULL, &error));
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &old));
  g_assert_nonnull (error);
  g_assert_cmpint (coffer_deletion_get_n_left (deletion), ==, 2500);
  g_assert_true (coffer_deletion_is_hidden (deletion));
  assert_step (fixture, FALSE, "2500 keys are back");
  assert_step (fixture, TRUE, "2500 keys deleted again");
  g_clear_error (&error);
  g_assert_true (write_out (fixture, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS - 2500);
}

static void
viewing_refuses (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 0, 1);

  coffer_vault_stop_editing (fixture->vault);
  assert_fails (fixture, FALSE, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  test_edit (fixture->vault);
  assert_step (fixture, FALSE, "1 key is back");
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
      g_autoptr(CofferKey) key = key_of (i);
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
  g_assert_cmpint (count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 1200);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Rename of 1200 Keys");
  assert_step (fixture, FALSE, "1200 keys have their old names again");
  g_assert_cmpint (count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 0);
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS);
  assert_step (fixture, TRUE, "1200 keys renamed");
  g_assert_cmpint (count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 1200);
}

/* Nothing is renamed where one cannot be. */
static void
renames_overwrite_nothing (Fixture       *fixture,
                           gconstpointer  data)
{
  rename_to (fixture, 3, "new/");
  test_sql (fixture->path, "INSERT INTO kv (key, value) VALUES (CAST('user:0000000002' AS BLOB), x'00')");
  assert_fails (fixture, FALSE, COFFER_ERROR_EXISTS);
  g_assert_cmpint (count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 3);
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('user:0000000002' AS BLOB);"
                           "UPDATE kv SET value = x'000102' WHERE key = CAST('new/1' AS BLOB)");
  assert_fails (fixture, FALSE, COFFER_ERROR_STALE);
  g_assert_cmpint (count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new/%'"), ==, 3);
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
    g_ptr_array_add (keys, key_of (i));
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

  g_assert_no_error (error);
  g_assert_cmpuint (words->n_renamed, ==, 10);
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
  assert_step (fixture, FALSE, "4 keys have their old names again");
  assert_named (fixture, "was a:a was aa:aa was aaa:aaa was aaaa:aaaa");
  assert_step (fixture, TRUE, "4 keys renamed");
  assert_named (fixture, "was a:aa was aa:aaa was aaa:aaaa was aaaa:aaaaa");
  test_sql (fixture->path, "INSERT INTO kv (key, value) VALUES (CAST('a' AS BLOB), x'00')");
  assert_fails (fixture, FALSE, COFFER_ERROR_EXISTS);
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
      assert_step (fixture, FALSE, "5 keys have their old names again");
      assert_named (fixture, "was ab:ab was ba:ba was cc:cc was xyz:xyz was yzx:yzx was zxy:zxy");
      assert_step (fixture, TRUE, "5 keys renamed");
      assert_named (fixture, "was ab:ba was ba:ab was cc:cc was xyz:yzx was yzx:zxy was zxy:xyz");
    }
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS + 6);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('was another' AS BLOB) WHERE key = CAST('zxy' AS BLOB)");
  assert_fails (fixture, FALSE, COFFER_ERROR_STALE);
  assert_named (fixture, "was ab:ba was another:zxy was ba:ab was cc:cc was xyz:yzx was zxy:xyz");
}

/* ---- values and files ---- */

static void
a_value_comes_back (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferKey) key = key_of (5);
  g_autofree char *path = g_build_filename (fixture->folder, "file", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) kept = NULL, replaced = NULL;
  g_autoptr(GBytes) old = NULL;
  g_autofree char *checksum = NULL, *value = NULL, *content = NULL;
  g_autoptr(CofferKey) now = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "another value", -1, NULL));
  coffer_vault_keep_value_async (fixture->vault, key, NULL, test_store_result, &kept);
  test_wait_for (kept != NULL);
  old = coffer_vault_keep_value_finish (fixture->vault, kept, &checksum, &error);
  g_assert_no_error (error);
  coffer_vault_replace_async (fixture->vault, key, file, NULL, checksum, NULL, NULL, test_store_result, &replaced);
  test_wait_for (replaced != NULL);
  now = coffer_vault_replace_finish (fixture->vault, replaced, &value, &content, &error);
  g_assert_no_error (error);
  coffer_undo_push_value (fixture->undo, key, old, value);

  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'another value'"), ==, 1);
  assert_step (fixture, FALSE, "The old value is back");
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'another value'"), ==, 0);
  assert_step (fixture, TRUE, "Value replaced");
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'another value'"), ==, 1);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('somebody else' AS BLOB) WHERE key = CAST('user:0000000005' AS BLOB)");   /* of the same length */
  assert_fails (fixture, FALSE, COFFER_ERROR_STALE);
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'somebody else'"), ==, 1);
  g_unlink (path);
}

static void
files_are_taken_back (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  char *paths[3];
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i);
      g_autoptr(GBytes) key = g_bytes_new (name, strlen (name));

      paths[i] = g_build_filename (fixture->folder, name, NULL);
      g_assert_true (g_file_set_contents (paths[i], name, -1, NULL));
      coffer_additions_append (additions, paths[i], NULL, key, strlen (name));
    }
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, result, &error));
  coffer_undo_push_additions (fixture->undo, additions);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Adding 3 Files");
  assert_step (fixture, FALSE, "3 keys taken back");
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS);
  assert_step (fixture, TRUE, "3 files added again");
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS + 3);
  test_sql (fixture->path, "UPDATE kv SET value = x'000102' WHERE key = CAST('file1' AS BLOB)");
  assert_step (fixture, FALSE, "2 keys taken back; 1 stays: its value or its file is another by now");
  g_assert_cmpint (count_rows (fixture->path, "key = CAST('file1' AS BLOB)"), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      g_unlink (paths[i]);
      g_free (paths[i]);
    }
}

static void
append_file (Fixture         *fixture,
             CofferAdditions *additions,
             const char      *name,
             const char      *key_text)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autoptr(GBytes) key = g_bytes_new (key_text, strlen (key_text));

  g_assert_true (g_file_set_contents (path, name, -1, NULL));
  coffer_additions_append (additions, path, NULL, key, strlen (name));
}

static void
add (Fixture         *fixture,
     CofferAdditions *additions)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_additions_set_conflict (additions, COFFER_CONFLICT_REPLACE);
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
}

static CofferAdditions *
add_files (Fixture        *fixture,
           const char     *contents,
           CofferConflict  conflict)
{
  CofferAdditions *additions = coffer_additions_new ("kv");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_additions_set_conflict (additions, conflict);
  for (guint i = 0; i < 3; i++)   /* of which two are there */
    {
      g_autofree char *name = g_strdup_printf ("file%u", i), *path = g_build_filename (fixture->folder, name, NULL);
      g_autofree char *text = i < 2 ? g_strdup_printf ("user:000000000%u", i) : g_strdup ("new");
      g_autoptr(GBytes) key = g_bytes_new (text, strlen (text));

      g_assert_true (g_file_set_contents (path, contents, -1, NULL));
      coffer_additions_append (additions, path, NULL, key, strlen (contents));
    }
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  return additions;
}

static void
remove_files (Fixture *fixture)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i), *path = g_build_filename (fixture->folder, name, NULL);

      g_unlink (path);
    }
}

static void
replaced_values_come_back (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = NULL;

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old 0' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
  test_sql (fixture->path, "UPDATE kv SET value = x'' WHERE key = CAST('user:0000000001' AS BLOB)");
  additions = add_files (fixture, "of the file", COFFER_CONFLICT_REPLACE);
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'of the file'"), ==, 3);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 3);
  coffer_undo_push_additions (fixture->undo, additions);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Adding 3 Files");
  assert_step (fixture, FALSE, "3 keys taken back");
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS);
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'old 0' AND key = CAST('user:0000000000' AS BLOB)"), ==, 1);
  g_assert_cmpint (count_rows (fixture->path, "length(value) = 0 AND key = CAST('user:0000000001' AS BLOB)"), ==, 1);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('somebody else' AS BLOB) WHERE key = CAST('user:0000000001' AS BLOB)");
  assert_step (fixture, TRUE, "2 files added again");   /* and that stays */
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'somebody else'"), ==, 1);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('another one' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
  assert_step (fixture, FALSE, "1 key taken back; 1 stays: its value or its file is another by now");
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'another one'"), ==, 1);
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS);
  remove_files (fixture);
}

/* Of what is in no file any more there may be no other copy. */
static void
replaced_values_stay_without_files (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = add_files (fixture, "of the file", COFFER_CONFLICT_REPLACE);

  coffer_undo_push_additions (fixture->undo, additions);
  remove_files (fixture);
  assert_step (fixture, FALSE, "0 keys taken back; 3 stay: their values or their files are others by now");
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'of the file'"), ==, 3);
}

static void
replaced_values_survive_a_full_disk (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = add_files (fixture, "of the file", COFFER_CONFLICT_REPLACE);
  struct rlimit old, none;
  g_autoptr(GError) error = NULL;

  coffer_undo_push_additions (fixture->undo, additions);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &old));
  none = old;
  none.rlim_cur = 100;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &none));
  g_assert_null (step (fixture, FALSE, &error));
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &old));
  g_assert_nonnull (error);
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'of the file'"), ==, 3);
  assert_step (fixture, FALSE, "3 keys taken back");
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'of the file'"), ==, 0);
  g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS);
  remove_files (fixture);
}

/* Two files have the key that is there, and two have a new one. */
static void
files_of_one_key_are_taken_back (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
  append_file (fixture, additions, "file0", "user:0000000000");
  append_file (fixture, additions, "file1", "user:0000000000");
  append_file (fixture, additions, "file2", "new");
  append_file (fixture, additions, "file3", "new");
  add (fixture, additions);
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'file1'"), ==, 1);
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'file3'"), ==, 1);
  coffer_undo_push_additions (fixture->undo, additions);
  for (int i = 0; i < 2; i++)
    {
      assert_step (fixture, FALSE, "4 keys taken back");
      g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'old' AND key = CAST('user:0000000000' AS BLOB)"), ==, 1);
      g_assert_cmpint (count_rows (fixture->path, "1"), ==, N_KEYS);
      assert_step (fixture, TRUE, "4 files added again");
      g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) IN ('file1', 'file3')"), ==, 2);
    }
  remove_files (fixture);
}

/* The file of one is away the first time. What was added again meanwhile stays something to be taken back. */
static void
added_again_in_two_goes (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "file1", NULL), *away = g_build_filename (fixture->folder, "away", NULL);
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE CAST(key AS TEXT) IN ('user:0000000000', 'user:0000000001')");
  append_file (fixture, additions, "file0", "user:0000000000");
  append_file (fixture, additions, "file1", "user:0000000001");
  append_file (fixture, additions, "never", "never");
  add (fixture, additions);
  coffer_additions_get (additions, 2)->state = COFFER_ADDITION_WAITING;   /* as if the import had been cancelled before it */
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('never' AS BLOB)");
  coffer_undo_push_additions (fixture->undo, additions);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Adding 2 Files");
  assert_step (fixture, FALSE, "2 keys taken back");
  g_assert_no_errno (g_rename (path, away));
  assert_step (fixture, TRUE, "1 file added again");
  g_assert_no_errno (g_rename (away, path));
  assert_step (fixture, FALSE, "1 key taken back");
  assert_step (fixture, TRUE, "2 files added again");
  g_assert_cmpint (count_rows (fixture->path, "key = CAST('never' AS BLOB)"), ==, 0);
  assert_step (fixture, FALSE, "2 keys taken back");
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 2);
  remove_files (fixture);
}

/* Half of it is written when the disk is full: that half can be taken back at once. */
static void
a_redo_that_fails_is_taken_back (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  struct rlimit old, none;
  g_autoptr(GError) error = NULL;

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE CAST(key AS TEXT) IN ('user:0000000000', 'user:0000000001')");
  append_file (fixture, additions, "file0", "user:0000000000");
  append_file (fixture, additions, "file1", "user:0000000001");
  add (fixture, additions);
  coffer_undo_push_additions (fixture->undo, additions);
  assert_step (fixture, FALSE, "2 keys taken back");

  /* As a turn that ended well leaves it. */
  coffer_additions_get (additions, 0)->state = COFFER_ADDITION_REPLACED;
  coffer_additions_get (additions, 0)->taken = FALSE;
  test_sql (fixture->path, "UPDATE kv SET value = CAST('file0' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &old));
  none = old;
  none.rlim_cur = 100;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &none));
  g_assert_null (step (fixture, TRUE, &error));
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &old));
  g_assert_nonnull (error);

  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Adding 1 File");
  assert_step (fixture, FALSE, "1 key taken back");
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 2);
  assert_step (fixture, TRUE, "2 files added again");
  remove_files (fixture);
}

static void
verify (Fixture         *fixture,
        CofferAdditions *additions)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_verify_additions_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_verify_additions_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  g_assert_true (coffer_additions_is_verified (additions));
}

/* Over three keys, of which the disk, or somebody, makes something else before they are read back. */
static CofferAdditions *
add_wrong (Fixture *fixture)
{
  CofferAdditions *additions = coffer_additions_new ("kv");

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE key <= CAST('user:0000000002' AS BLOB)");
  append_file (fixture, additions, "file0", "user:0000000000");
  append_file (fixture, additions, "file1", "user:0000000001");
  append_file (fixture, additions, "file2", "user:0000000002");
  append_file (fixture, additions, "file3", "new");
  coffer_additions_set_verifies (additions, TRUE);
  add (fixture, additions);
  test_sql (fixture->path, "BEGIN; UPDATE kv SET value = CAST('WRONG' AS BLOB) WHERE key <= CAST('user:0000000001' AS BLOB) OR key = CAST('new' AS BLOB);"
                           "DELETE FROM kv WHERE key = CAST('user:0000000002' AS BLOB); COMMIT");
  verify (fixture, additions);
  g_assert_cmpuint (coffer_additions_count (additions, COFFER_ADDITION_FAILED), ==, 4);
  g_assert_cmpuint (coffer_additions_count_wrong (additions), ==, 4);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 3);   /* of the new one there may be no copy */
  return additions;
}

static void
what_is_not_as_stored_is_put_back (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = add_wrong (fixture);

  coffer_undo_push_additions (fixture->undo, additions);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('THEIR' AS BLOB) WHERE key = CAST('user:0000000001' AS BLOB)");
  assert_step (fixture, FALSE, "2 keys taken back; 1 stays: its value or its file is another by now");
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 2);
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'THEIR'"), ==, 1);
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) = 'WRONG' AND key = CAST('new' AS BLOB)"), ==, 1);
  assert_step (fixture, TRUE, "2 files added again");
  g_assert_cmpint (count_rows (fixture->path, "CAST(value AS TEXT) IN ('file0', 'file2')"), ==, 2);
  remove_files (fixture);
}

/* The value of the second file is what is to be found. */
static void
two_files_of_one_key_are_no_mistake (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  guint n_files;
  guint64 n_bytes;

  append_file (fixture, additions, "file0", "new");
  append_file (fixture, additions, "file1", "new");
  coffer_additions_set_verifies (additions, TRUE);
  add (fixture, additions);
  verify (fixture, additions);
  g_assert_cmpuint (coffer_additions_count_wrong (additions), ==, 0);
  coffer_undo_push_additions (fixture->undo, additions);
  assert_step (fixture, FALSE, "2 keys taken back");
  coffer_additions_begin_again (additions);
  coffer_additions_get_progress (additions, &n_files, &n_bytes);
  g_assert_cmpuint (n_bytes, ==, 0);
  assert_step (fixture, TRUE, "2 files added again");
  g_assert_true (coffer_additions_is_verified (additions));
  remove_files (fixture);
}

static void
assert_cancelled (Fixture    *fixture,
                  gboolean    redo,
                  gboolean    at_once,
                  const char *words)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  if (at_once)
    g_cancellable_cancel (cancellable);
  coffer_undo_step_async (fixture->undo, redo, NULL, cancellable, test_store_result, &result);
  test_run_for (50);
  g_cancellable_cancel (cancellable);
  test_wait_for (result != NULL);
  g_assert_null (coffer_undo_step_finish (fixture->undo, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpstr (error->message, ==, words);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 3 * G_USEC_PER_SEC);
}

/* Another program has the file. */
static void
waiting_is_cancelled (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = add_files (fixture, "of the file", COFFER_CONFLICT_REPLACE);
  sqlite3 *other;

  coffer_undo_push_additions (fixture->undo, additions);
  g_assert_cmpint (sqlite3_open (fixture->path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  assert_cancelled (fixture, FALSE, FALSE, "Nothing was taken back");
  g_assert_cmpint (sqlite3_exec (other, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  assert_step (fixture, FALSE, "3 keys taken back");
  assert_cancelled (fixture, TRUE, TRUE, "Nothing was added again");
  g_assert_cmpint (sqlite3_exec (other, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  assert_cancelled (fixture, TRUE, FALSE, "Nothing was added again");
  g_assert_cmpint (sqlite3_exec (other, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (other);
  assert_step (fixture, TRUE, "3 files added again");
  assert_cancelled (fixture, FALSE, TRUE, "Nothing was taken back");
  assert_step (fixture, FALSE, "3 keys taken back");
  remove_files (fixture);
}

/* ---- moves ---- */

/* Another window, that had three values before they were moved. */
typedef struct {
  char *path;
  CofferVault *vault;
  CofferUndo *undo;
} Other;

static CofferAdditions *
add_values (Fixture    *fixture,
            const char *source)
{
  CofferAdditions *additions = coffer_additions_new ("kv");

  coffer_additions_set_source (additions, source, "kv");
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("old%u", i), *new_text = g_strdup_printf ("moved%u", i);
      g_autoptr(GBytes) key = g_bytes_new (text, 4), new_key = g_bytes_new (new_text, 6);

      coffer_additions_append_value (additions, key, new_key, 5);
    }
  add (fixture, additions);
  return additions;
}

/* As the window does. */
static CofferMove *
turn_around (Other           *other,
             Fixture         *fixture,
             CofferAdditions *additions)
{
  g_autoptr(CofferAdditions) there = coffer_additions_new ("kv");

  coffer_additions_set_source (there, fixture->path, "kv");
  for (guint i = 0; i < 3; i++)
    {
      const CofferAddition *addition = coffer_additions_get (additions, i);

      coffer_additions_append_value (there, addition->key, addition->value, addition->size);
      coffer_additions_get (there, i)->state = COFFER_ADDITION_ADDED;
    }
  return coffer_move_new (other->vault, there);
}

static void
move_here (Fixture *fixture,
           Other   *other)
{
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(CofferMove) move = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  other->path = test_make_vault (fixture->folder, "other.db", 10);
  test_sql (other->path, "INSERT INTO kv (key, value) VALUES (CAST('old0' AS BLOB), CAST('mine0' AS BLOB)),"
                         "(CAST('old1' AS BLOB), CAST('mine1' AS BLOB)), (CAST('old2' AS BLOB), CAST('mine2' AS BLOB))");
  other->vault = test_open (other->path);
  test_edit (other->vault);
  other->undo = coffer_undo_new (other->vault);
  additions = add_values (fixture, other->path);
  move = turn_around (other, fixture, additions);
  coffer_move_go_async (move, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_cmpint (coffer_move_go_finish (move, result, &error), ==, 3);
  g_assert_no_error (error);
  coffer_undo_push_moved_out (other->undo, move);
  coffer_undo_push_moved_in (fixture->undo, additions, move);
}

static void
assert_at (Fixture *fixture,
           Other   *other,
           int      here,
           int      there)
{
  g_assert_cmpint (count_rows (fixture->path, "CAST(key AS TEXT) || CAST(value AS TEXT) IN ('moved0mine0', 'moved1mine1', 'moved2mine2')"), ==, here);
  g_assert_cmpint (count_rows (other->path, "CAST(key AS TEXT) || CAST(value AS TEXT) IN ('old0mine0', 'old1mine1', 'old2mine2')"), ==, there);
}

static void
leave_other (Fixture *fixture,
             Other   *other)
{
  g_object_unref (fixture->undo);   /* it knows the other vault */
  fixture->undo = coffer_undo_new (fixture->vault);
  g_clear_object (&other->undo);
  test_close (other->vault);
  g_free (other->path);
}

/* A step of the other window. */
static void
assert_other_step (Fixture    *fixture,
                   Other      *other,
                   gboolean    redo,
                   const char *expected)
{
  CofferUndo *mine = fixture->undo;

  fixture->undo = other->undo;
  assert_step (fixture, redo, expected);
  fixture->undo = mine;
}

static void
a_move_comes_back (Fixture       *fixture,
                   gconstpointer  data)
{
  Other other;

  move_here (fixture, &other);
  assert_at (fixture, &other, 3, 0);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Move of 3 Keys");
  assert_step (fixture, FALSE, "3 keys moved back");
  assert_at (fixture, &other, 0, 3);
  g_assert_null (coffer_undo_get_undo_label (other.undo));   /* it has them */
  assert_step (fixture, TRUE, "3 keys moved again");
  assert_at (fixture, &other, 3, 0);
  leave_other (fixture, &other);
}

/* Where they came from they come back, and the copies stay until that is taken back here. */
static void
a_move_comes_back_there (Fixture       *fixture,
                         gconstpointer  data)
{
  Other other;

  move_here (fixture, &other);
  g_assert_cmpstr (coffer_undo_get_undo_label (other.undo), ==, "_Undo Move of 3 Keys");
  assert_other_step (fixture, &other, FALSE, "3 keys are back");
  assert_at (fixture, &other, 3, 3);
  assert_other_step (fixture, &other, TRUE, "3 keys moved again");
  assert_at (fixture, &other, 3, 0);
  assert_other_step (fixture, &other, FALSE, "3 keys are back");
  assert_step (fixture, FALSE, "3 keys moved back");
  assert_at (fixture, &other, 0, 3);
  leave_other (fixture, &other);
}

/* The other vault is open for viewing; one of the values is another by now, one is nowhere. */
static void
a_move_loses_nothing (Fixture       *fixture,
                      gconstpointer  data)
{
  Other other;

  move_here (fixture, &other);
  coffer_vault_stop_editing (other.vault);
  assert_fails (fixture, FALSE, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  assert_at (fixture, &other, 3, 0);
  test_edit (other.vault);
  test_sql (other.path, "INSERT INTO kv (key, value) VALUES (CAST('old0' AS BLOB), CAST('newer' AS BLOB))");
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('moved1' AS BLOB)");
  assert_other_step (fixture, &other, FALSE, "1 key is back; 2 stay where they were moved to");
  assert_at (fixture, &other, 2, 1);
  assert_step (fixture, FALSE, "1 key moved back; 2 stay: their values or their files are others by now");
  assert_at (fixture, &other, 1, 1);
  g_assert_cmpint (count_rows (other.path, "CAST(value AS TEXT) = 'newer'"), ==, 1);
  leave_other (fixture, &other);
}

/* ---- killed ---- */

static char *self_path;

#define VALUE(word) "CAST(replace(hex(zeroblob(1000)), '00', '" word "') AS BLOB)"

static CofferAdditions *
list_files (const char *folder)
{
  CofferAdditions *additions = coffer_additions_new ("kv");

  for (guint i = 0; i < N_REPLACED; i++)
    {
      g_autofree char *name = g_strdup_printf ("k%04u", i), *path = g_build_filename (folder, name, NULL);
      g_autoptr(GBytes) key = g_bytes_new (name, strlen (name));

      coffer_additions_append (additions, path, NULL, key, 4000);
    }
  return additions;
}

/* What a process is, that is killed: "VAULT FOLDER" to import, to take back, to add again, and so on. */
G_NORETURN static void
run_child (char **argv)
{
  Fixture fixture = { .vault = test_open (argv[2]) };
  g_autoptr(CofferAdditions) additions = list_files (argv[3]);

  test_edit (fixture.vault);
  fixture.undo = coffer_undo_new (fixture.vault);
  while (coffer_additions_get_next (additions) < N_REPLACED)
    add (&fixture, additions);
  coffer_undo_push_additions (fixture.undo, additions);
  g_assert_cmpint (write (STDOUT_FILENO, "!", 1), ==, 1);
  for (gboolean redo = FALSE; ; redo = !redo)
    {
      g_autoptr(GError) error = NULL;

      g_free (step (&fixture, redo, &error));
      g_assert_no_error (error);
    }
}

/* One to whom that happens some time after he began. */
static void
kill_child (const char *path,
            const char *folder)
{
  const char *argv[] = { self_path, "--child", path, folder, NULL };
  g_autoptr(GError) error = NULL;
  char byte;
  GPid pid;
  int out, status;

  g_assert_true (g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &out, NULL, &error));
  g_assert_cmpint (read (out, &byte, 1), ==, 1);
  g_usleep (g_random_int_range (0, 100000));
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);   /* it did not fail before */
  close (out);
}

static void
values_are_whole_when_killed (void)
{
  char *folder = test_folder_new (), *files = g_build_filename (folder, "files", NULL);   /* freed with what is in them */
  g_autofree char *path = test_make_vault (folder, "v.db", 10);
  g_autoptr(GString) content = g_string_new (NULL);
  int n_new = 0;

  for (guint i = 0; i < 1000; i++)
    g_string_append (content, "new?");
  g_assert_no_errno (g_mkdir (files, 0700));
  for (guint i = 0; i < N_REPLACED; i++)
    {
      g_autofree char *name = g_strdup_printf ("k%04u", i), *file = g_build_filename (files, name, NULL);

      g_assert_true (g_file_set_contents_full (file, content->str, content->len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    }
  for (guint i = 0; i < N_KILLS; i++)
    {
      test_sql (path, "BEGIN; WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 699) "
                      "REPLACE INTO kv (key, value) SELECT CAST(printf('k%04d', i) AS BLOB), " VALUE ("old!") " FROM n; COMMIT");
      kill_child (path, files);
      g_assert_cmpint (count_rows (path, "key >= CAST('k' AS BLOB) AND key < CAST('l' AS BLOB) AND value IN (" VALUE ("old!") ", " VALUE ("new?") ")"),
                       ==, N_REPLACED);
      g_assert_cmpint (count_rows (path, "1"), ==, N_REPLACED + 10);
      n_new += count_rows (path, "value = " VALUE ("new?"));
      g_assert_cmpint (count_rows (path, "(SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok')"), ==, N_REPLACED + 10);
    }
  g_test_message ("%d of %d were new", n_new, N_KILLS * N_REPLACED);
  test_folder_remove (files);
  test_folder_remove (folder);
}

/* ---- one after the other ---- */

static void
steps_are_in_order (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferDeletion) first = hide (fixture, 0, 1);
  g_autoptr(CofferDeletion) second = NULL;
  g_autoptr(GError) error = NULL;

  rename_to (fixture, 0, "none");   /* of nothing: a step all the same */
  second = hide (fixture, 5, 7);
  assert_step (fixture, FALSE, "2 keys are back");
  assert_step (fixture, FALSE, "0 keys have their old names again");
  assert_step (fixture, FALSE, "1 key is back");
  g_assert_null (step (fixture, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_step (fixture, TRUE, "1 key deleted again");
  g_clear_pointer (&second, coffer_deletion_unref);
  second = hide (fixture, 9, 10);   /* and with that the others are gone */
  g_assert_null (coffer_undo_get_redo_label (fixture->undo));
  g_assert_cmpint (coffer_vault_get_n_deferred (fixture->vault), ==, 2);
}

static void
one_step_at_a_time (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = hide (fixture, 0, 1);
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
  if (argc == 4 && g_str_equal (argv[1], "--child"))
    run_child (argv);
  self_path = argv[0];
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/undo/deletion/comes-and-goes", a_deletion_comes_and_goes);
  ADD ("/undo/deletion/is-written", a_deletion_is_written);
  ADD ("/undo/deletion/what-is-not-written-is-not-lost", what_is_not_written_is_not_lost);
  ADD ("/undo/deletion/other-windows-see-it", other_windows_see_it);
  ADD ("/undo/deletion/others-keep-what-they-wrote", others_keep_what_they_wrote);
  ADD ("/undo/deletion/a-new-value-takes-the-place", a_new_value_takes_the_place);
  ADD ("/undo/deletion/another-file-is-left-alone", another_file_is_left_alone);
  ADD ("/undo/deletion/a-full-disk-keeps-all", a_full_disk_keeps_all);
  ADD ("/undo/deletion/viewing-refuses", viewing_refuses);
  ADD ("/undo/renames/go-back", renames_go_back);
  ADD ("/undo/renames/overwrite-nothing", renames_overwrite_nothing);
  ADD ("/undo/names/are-worked-out", names_are_worked_out);
  ADD ("/undo/names/collisions-are-told", collisions_are_told);
  ADD ("/undo/names/chains-are-renamed", chains_are_renamed);
  ADD ("/undo/names/rings-are-renamed", rings_are_renamed);
  ADD ("/undo/value/comes-back", a_value_comes_back);
  ADD ("/undo/additions/are-taken-back", files_are_taken_back);
  ADD ("/undo/additions/replaced-values-come-back", replaced_values_come_back);
  ADD ("/undo/additions/replaced-values-stay-without-files", replaced_values_stay_without_files);
  ADD ("/undo/additions/replaced-values-survive-a-full-disk", replaced_values_survive_a_full_disk);
  ADD ("/undo/additions/files-of-one-key-are-taken-back", files_of_one_key_are_taken_back);
  ADD ("/undo/additions/added-again-in-two-goes", added_again_in_two_goes);
  ADD ("/undo/additions/a-redo-that-fails-is-taken-back", a_redo_that_fails_is_taken_back);
  ADD ("/undo/additions/what-is-not-as-stored-is-put-back", what_is_not_as_stored_is_put_back);
  ADD ("/undo/additions/two-files-of-one-key-are-no-mistake", two_files_of_one_key_are_no_mistake);
  ADD ("/undo/additions/waiting-is-cancelled", waiting_is_cancelled);
  ADD ("/undo/moves/come-back", a_move_comes_back);
  ADD ("/undo/moves/come-back-there", a_move_comes_back_there);
  ADD ("/undo/moves/lose-nothing", a_move_loses_nothing);
  g_test_add_func ("/undo/additions/values-are-whole-when-killed", values_are_whole_when_killed);
  ADD ("/undo/order", steps_are_in_order);
  ADD ("/undo/one-at-a-time", one_step_at_a_time);

  return g_test_run ();
}
