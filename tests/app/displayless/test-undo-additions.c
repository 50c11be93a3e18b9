/* SPDX-License-Identifier: MIT */
/* Files that were added, taken back and added again; and what is left alone, since somebody else has been there. */
#include "undoing.h"

#include "coffer-additions-private.h"
#include "coffer-error.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

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
  test_assert_step (fixture, FALSE, "3 keys taken back");
  test_wait_for (test_n_listed (fixture->list) == N_KEYS);
  test_assert_step (fixture, TRUE, "3 files added again");
  test_wait_for (test_n_listed (fixture->list) == N_KEYS + 3);
  test_assert_step (fixture, FALSE, "3 keys taken back");
  test_write_deletions (fixture->vault, NULL);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);
  test_assert_step (fixture, TRUE, "3 files added again");   /* from the files, then */
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS + 3);
  test_sql (fixture->path, "UPDATE kv SET value = x'000102' WHERE key = CAST('file1' AS BLOB)");
  test_assert_step (fixture, FALSE, "2 keys taken back; 1 stays: its value or its file is another by now, or gone");
  g_assert_cmpint (test_count_rows (fixture->path, "key = CAST('file1' AS BLOB)"), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      g_unlink (paths[i]);
      g_free (paths[i]);
    }
}

static void
replaced_values_come_back (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = NULL;

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old 0' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
  test_sql (fixture->path, "UPDATE kv SET value = x'' WHERE key = CAST('user:0000000001' AS BLOB)");
  additions = test_add_files (fixture, "of the file", COFFER_CONFLICT_REPLACE);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'of the file'"), ==, 3);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 3);
  coffer_undo_push_additions (fixture->undo, additions);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Adding 3 Files");
  test_assert_step (fixture, FALSE, "3 keys taken back");
  test_wait_for (test_n_listed (fixture->list) == N_KEYS);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'old 0' AND key = CAST('user:0000000000' AS BLOB)"), ==, 1);
  g_assert_cmpint (test_count_rows (fixture->path, "length(value) = 0 AND key = CAST('user:0000000001' AS BLOB)"), ==, 1);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('somebody else' AS BLOB) WHERE key = CAST('user:0000000001' AS BLOB)");
  test_assert_step (fixture, TRUE, "2 files added again");   /* and that stays */
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'somebody else'"), ==, 1);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('another one' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
  test_assert_step (fixture, FALSE, "1 key taken back; 1 stays: its value or its file is another by now, or gone");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'another one'"), ==, 1);
  test_write_deletions (fixture->vault, NULL);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS);
  test_remove_files (fixture);
}

/* Neither way. What a process that is killed leaves is whole. */
static void
files_are_not_needed (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");

  test_append_file (fixture, additions, "file0", "new0");
  test_append_file (fixture, additions, "file1", "new1");
  test_append_file (fixture, additions, "file2", "new2");
  test_add (fixture, additions);
  coffer_undo_push_additions (fixture->undo, additions);
  test_remove_files (fixture);
  for (int i = 0; i < 2; i++)
    {
      test_assert_step (fixture, FALSE, "3 keys taken back");
      g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, 3);
      test_wait_for (test_n_listed (fixture->list) == N_KEYS);
      g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) = 'new' || substr(CAST(value AS TEXT), 5) AND length(value) = 5"), ==, 3);
      test_assert_step (fixture, TRUE, "3 files added again");
      g_assert_cmpuint (coffer_vault_get_n_deferred (fixture->vault), ==, 0);
      test_wait_for (test_n_listed (fixture->list) == N_KEYS + 3);
      g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) = 'new' || substr(CAST(value AS TEXT), 5) AND length(value) = 5"), ==, 3);
    }

  /* Of the same length, before and while it is hidden. */
  test_sql (fixture->path, "UPDATE kv SET value = CAST('their' AS BLOB) WHERE key = CAST('new1' AS BLOB)");
  test_assert_step (fixture, FALSE, "2 keys taken back; 1 stays: its value or its file is another by now, or gone");
  test_sql (fixture->path, "UPDATE kv SET value = CAST('thine' AS BLOB) WHERE key = CAST('new2' AS BLOB)");
  test_write_deletions (fixture->vault, NULL);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) IN ('their', 'thine')"), ==, 2);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS + 2);
}

/* While they were hidden one was deleted by somebody else, and one overwritten: nobody is told that these are back as they were. */
static void
what_others_did_meanwhile_is_found (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");

  test_append_file (fixture, additions, "file0", "new0");
  test_append_file (fixture, additions, "file1", "new1");
  test_append_file (fixture, additions, "file2", "new2");
  test_add (fixture, additions);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "3 keys taken back");
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('new1' AS BLOB)");
  test_sql (fixture->path, "UPDATE kv SET value = CAST('their' AS BLOB) WHERE key = CAST('new2' AS BLOB)");
  test_assert_step (fixture, TRUE, "2 files added again");   /* the one from its file */
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) IN ('file0', 'file1')"), ==, 2);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'their'"), ==, 1);
  test_assert_step (fixture, FALSE, "2 keys taken back");
  test_write_deletions (fixture->vault, NULL);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(key AS TEXT) LIKE 'new%'"), ==, 1);
  test_remove_files (fixture);
}

/* Who has restored an older copy of the file has what is in that. */
static void
another_file_keeps_its_values (Fixture       *fixture,
                               gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", N_KEYS + 1);
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GError) error = NULL;

  test_append_file (fixture, additions, "file0", "user:0000000000");
  test_add (fixture, additions);
  coffer_undo_push_additions (fixture->undo, additions);
  test_sql (other, "UPDATE kv SET value = CAST('file0' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
  g_assert_no_errno (g_rename (other, fixture->path));
  coffer_entry_list_refresh (fixture->list);
  test_wait_for (test_n_listed (fixture->list) == N_KEYS + 1 && !coffer_entry_list_get_loading (fixture->list));
  do   /* until the window knows it, there is another reason */
    {
      g_clear_error (&error);
      g_assert_null (test_step (fixture, FALSE, &error));
    }
  while (!g_error_matches (error, COFFER_ERROR, COFFER_ERROR_STALE));
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'file0'"), ==, 1);
  test_remove_files (fixture);
}

/* What has taken the place of a key that is taken back is not touched by doing it again. */
static void
a_key_that_is_taken_meanwhile_stays (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv"), others = coffer_additions_new ("kv");

  test_append_file (fixture, additions, "file0", "new0");
  test_append_file (fixture, additions, "file1", "new1");
  test_add (fixture, additions);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "2 keys taken back");
  test_append_file (fixture, others, "file2", "new1");
  test_add (fixture, others);
  test_assert_step (fixture, TRUE, "1 file added again");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'file2' AND key = CAST('new1' AS BLOB)"), ==, 1);
  test_assert_step (fixture, FALSE, "1 key taken back");
  test_write_deletions (fixture->vault, NULL);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'file2' AND key = CAST('new1' AS BLOB)"), ==, 1);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS + 1);
  test_remove_files (fixture);
}

/* The value that was stored is kept while the old one is back. */
static void
replaced_values_come_back_without_files (Fixture       *fixture,
                                         gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = NULL;

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE key <= CAST('user:0000000001' AS BLOB)");
  additions = test_add_files (fixture, "of the file", COFFER_CONFLICT_REPLACE);
  coffer_undo_push_additions (fixture->undo, additions);
  test_remove_files (fixture);
  for (int i = 0; i < 2; i++)
    {
      test_assert_step (fixture, FALSE, "3 keys taken back");
      g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 2);
      test_assert_step (fixture, TRUE, "3 files added again");
      g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'of the file'"), ==, 3);
    }
  test_sql (fixture->path, "UPDATE kv SET value = CAST('their value' AS BLOB) WHERE key = CAST('user:0000000001' AS BLOB)");   /* as long */
  test_assert_step (fixture, FALSE, "2 keys taken back; 1 stays: its value or its file is another by now, or gone");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'their value'"), ==, 1);
}

/* Of what there is no room to keep, and in no file any more, there may be no other copy. */
static void
long_values_stay_without_files (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "long", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GBytes) key = g_bytes_new_static ("user:0000000000", 15);

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_no_errno (truncate (path, 5 << 20));
  coffer_additions_append (additions, path, NULL, key, 5 << 20);
  test_add (fixture, additions);
  coffer_attic_set_most (1 << 20, 0);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "1 key taken back");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 1);
  test_assert_step (fixture, TRUE, "1 file added again");
  g_unlink (path);
  g_assert_null (test_step (fixture, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpint (test_count_rows (fixture->path, "length(value) = 5 << 20"), ==, 1);
  coffer_attic_set_most (64 << 20, G_MAXUINT64);
  test_assert_step (fixture, FALSE, "1 key taken back");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 1);
}

/* A value that there was no room to keep is nowhere: undoing does not pass for having brought it back. */
static void
what_was_not_kept_stays_replaced (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(GAsyncResult) result = NULL;

  test_sql (fixture->path, "UPDATE kv SET value = zeroblob(5 << 20) WHERE key = CAST('user:0000000000' AS BLOB)");
  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE key = CAST('user:0000000001' AS BLOB)");
  coffer_attic_set_most (1 << 20, 0);
  additions = test_add_files (fixture, "of the file", COFFER_CONFLICT_REPLACE);
  coffer_additions_answer (additions, COFFER_CONFLICT_REPLACE);
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  coffer_attic_set_most (64 << 20, G_MAXUINT64);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 2);
  g_assert_cmpuint (coffer_additions_count_lost (additions), ==, 1);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "2 keys taken back; 1 stays replaced: there was no room to keep its old value");
  g_assert_cmpuint (coffer_additions_count_lost (additions), ==, 1);
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));   /* nothing of it is left that another try could take back */
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 1);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'of the file' AND key = CAST('user:0000000000' AS BLOB)"), ==, 1);
  test_assert_step (fixture, TRUE, "2 files added again");
  test_sql (fixture->path, "UPDATE kv SET value = CAST('another one' AS BLOB) WHERE key = CAST('user:0000000001' AS BLOB)");
  test_assert_step (fixture, FALSE, "1 key taken back; 1 stays: its value or its file is another by now, or gone; "
                                    "1 stays replaced: there was no room to keep its old value");
  test_remove_files (fixture);
}

/* Two files have the key that is there, and two have a new one. */
static void
files_of_one_key_are_taken_back (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
  test_append_file (fixture, additions, "file0", "user:0000000000");
  test_append_file (fixture, additions, "file1", "user:0000000000");
  test_append_file (fixture, additions, "file2", "new");
  test_append_file (fixture, additions, "file3", "new");
  test_add (fixture, additions);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'file1'"), ==, 1);
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'file3'"), ==, 1);
  coffer_undo_push_additions (fixture->undo, additions);
  for (int i = 0; i < 2; i++)
    {
      test_assert_step (fixture, FALSE, "4 keys taken back");
      g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'old' AND key = CAST('user:0000000000' AS BLOB)"), ==, 1);
      test_wait_for (test_n_listed (fixture->list) == N_KEYS);
      test_assert_step (fixture, TRUE, "4 files added again");
      g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) IN ('file1', 'file3')"), ==, 2);
    }
  test_remove_files (fixture);
}

/* The file of one is away the first time. What was added again meanwhile stays something to be taken back. */
static void
added_again_in_two_goes (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "file1", NULL), *away = g_build_filename (fixture->folder, "away", NULL);
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");

  test_sql (fixture->path, "UPDATE kv SET value = CAST('old' AS BLOB) WHERE CAST(key AS TEXT) IN ('user:0000000000', 'user:0000000001')");
  test_append_file (fixture, additions, "file0", "user:0000000000");
  test_append_file (fixture, additions, "file1", "user:0000000001");
  test_append_file (fixture, additions, "never", "never");
  test_add (fixture, additions);
  coffer_additions_get (additions, 2)->state = COFFER_ADDITION_WAITING;   /* as if the import had been cancelled before it */
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('never' AS BLOB)");
  coffer_undo_push_additions (fixture->undo, additions);
  g_assert_cmpstr (coffer_undo_get_undo_label (fixture->undo), ==, "_Undo Adding 2 Files");
  test_assert_step (fixture, FALSE, "2 keys taken back");
  g_clear_pointer (&coffer_additions_get (additions, 1)->fresh, coffer_kept_unref);   /* as if there was no room to keep it */
  g_assert_no_errno (g_rename (path, away));
  test_assert_step (fixture, TRUE, "1 file added again");
  g_assert_no_errno (g_rename (away, path));
  test_assert_step (fixture, FALSE, "1 key taken back");
  test_assert_step (fixture, TRUE, "2 files added again");
  g_assert_cmpint (test_count_rows (fixture->path, "key = CAST('never' AS BLOB)"), ==, 0);
  test_assert_step (fixture, FALSE, "2 keys taken back");
  g_assert_cmpint (test_count_rows (fixture->path, "CAST(value AS TEXT) = 'old'"), ==, 2);
  test_remove_files (fixture);
}

/* A turn of the main loop has no time for it where they are many. What is touched after that counts all the same. */
static void
they_are_counted_before_one_asks (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GAsyncResult) added = NULL, verified = NULL, taken = NULL, shown = NULL;

  test_append_file (fixture, additions, "file0", "new 0");
  test_append_file (fixture, additions, "file1", "new 1");
  coffer_additions_set_verifies (additions, TRUE);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 0);
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &added);
  test_wait_for (added != NULL);
  g_assert_true (additions->tallied);
  g_assert_cmpuint (coffer_additions_count (additions, COFFER_ADDITION_ADDED), ==, 2);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 2);
  coffer_additions_get (additions, 1)->state = COFFER_ADDITION_SKIPPED;
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 1);
  coffer_additions_get (additions, 1)->state = COFFER_ADDITION_ADDED;
  coffer_vault_verify_additions_async (fixture->vault, additions, NULL, test_store_result, &verified);
  test_wait_for (verified != NULL);
  g_assert_true (additions->tallied);
  coffer_vault_take_back_async (fixture->vault, additions, NULL, test_store_result, &taken);
  test_wait_for (taken != NULL);
  g_assert_true (additions->tallied);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 0);
  g_assert_cmpuint (coffer_additions_count_taken (additions), ==, 2);
  coffer_additions_begin_again (additions);
  g_assert_true (additions->tallied);
  coffer_vault_show_taken_async (fixture->vault, additions, NULL, test_store_result, &shown);
  test_wait_for (shown != NULL);
  g_assert_true (additions->tallied);
  g_assert_cmpuint (additions->hidden->len, ==, 0);
  g_assert_cmpint (coffer_vault_show_taken_finish (fixture->vault, shown, NULL), ==, 2);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 2);
  test_remove_files (fixture);
}

/* The value of the second file is what is to be found. */
static void
two_files_of_one_key_are_no_mistake (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  guint n_files;
  guint64 n_bytes;

  test_append_file (fixture, additions, "file0", "new");
  test_append_file (fixture, additions, "file1", "new");
  coffer_additions_set_verifies (additions, TRUE);
  test_add (fixture, additions);
  test_verify (fixture, additions);
  g_assert_cmpuint (coffer_additions_count_wrong (additions), ==, 0);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "2 keys taken back");
  coffer_additions_begin_again (additions);
  coffer_additions_get_progress (additions, &n_files, &n_bytes);
  g_assert_cmpuint (n_bytes, ==, 0);
  test_assert_step (fixture, TRUE, "2 files added again");
  g_assert_true (coffer_additions_is_verified (additions));
  test_remove_files (fixture);
}

static gboolean
is_there (Fixture    *fixture,
          const char *value)
{
  g_autofree char *where = value != NULL ? g_strdup_printf ("key = CAST('user:0000000000' AS BLOB) AND value = CAST('%s' AS BLOB)", value)
                                         : g_strdup ("key = CAST('user:0000000000' AS BLOB) AND CAST(value AS TEXT) NOT LIKE 'file%'");

  return test_count_rows (fixture->path, where) == 1;
}

static CofferAdditions *
add_one (Fixture    *fixture,
         const char *name)
{
  CofferAdditions *additions = coffer_additions_new ("kv");

  test_append_file (fixture, additions, name, "user:0000000000");
  test_add (fixture, additions);
  coffer_undo_push_additions (fixture->undo, additions);
  return additions;
}

static void
wait_for_listed (Fixture *fixture,
                 guint    n)
{
  test_wait_for (test_n_listed (fixture->list) == n && !coffer_entry_list_get_loading (fixture->list));
}

/* What a person deleted, and then put another value at, is hidden again once that is taken back, and comes back with the deletion. To that person
 * it was added.
 */
static void
a_deleted_value_is_kept (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 3);
  g_autoptr(CofferAdditions) additions = NULL;

  g_assert_true (is_there (fixture, NULL));
  additions = add_one (fixture, "file0");
  g_assert_true (is_there (fixture, "file0"));
  g_assert_cmpuint (coffer_additions_count_over (additions), ==, 1);
  wait_for_listed (fixture, N_KEYS - 2);
  for (int i = 0; i < 2; i++)
    {
      test_assert_step (fixture, FALSE, "1 key taken back");
      g_assert_true (is_there (fixture, NULL));
      wait_for_listed (fixture, N_KEYS - 3);
      if (i == 0)
        {
          test_assert_step (fixture, FALSE, "3 keys are back");
          wait_for_listed (fixture, N_KEYS);
          test_assert_step (fixture, TRUE, "3 keys deleted again");
        }
      test_assert_step (fixture, TRUE, "1 file added again");
      g_assert_true (is_there (fixture, "file0"));
      wait_for_listed (fixture, N_KEYS - 2);
    }
  test_assert_step (fixture, FALSE, "1 key taken back");
  test_assert_step (fixture, FALSE, "3 keys are back");
  g_assert_true (is_there (fixture, NULL));
  wait_for_listed (fixture, N_KEYS);
}

/* All that was deleted has another value: the deletion can be undone all the same, once that is taken back. */
static void
a_deletion_waits_below (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 1);
  g_autoptr(CofferAdditions) additions = add_one (fixture, "file0");

  g_assert_cmpuint (coffer_deletion_get_n_left (deletion), ==, 0);
  test_assert_step (fixture, FALSE, "1 key taken back");
  wait_for_listed (fixture, N_KEYS - 1);
  test_assert_step (fixture, FALSE, "1 key is back");
  g_assert_true (is_there (fixture, NULL));
  wait_for_listed (fixture, N_KEYS);
}

/* Deleted, added, deleted and added once more: each step back is one of these, and what is left on show stays. */
static void
deletions_of_one_key_come_back_in_turn (Fixture       *fixture,
                                        gconstpointer  data)
{
  g_autoptr(CofferDeletion) first = test_hide (fixture, 0, 1);
  g_autoptr(CofferAdditions) before = add_one (fixture, "file0");
  g_autoptr(CofferDeletion) second = test_hide (fixture, 0, 1);
  g_autoptr(CofferAdditions) after = add_one (fixture, "file1");

  test_assert_step (fixture, FALSE, "1 key taken back");
  wait_for_listed (fixture, N_KEYS - 1);
  test_assert_step (fixture, FALSE, "1 key is back");
  wait_for_listed (fixture, N_KEYS);
  test_write_deletions (fixture->vault, NULL);
  g_assert_true (is_there (fixture, "file0"));
}

/* It is deleted from the file meanwhile: then it does not come back. */
static void
a_deletion_is_written_meanwhile (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 2);
  g_autoptr(CofferAdditions) additions = add_one (fixture, "file0");
  g_autoptr(GError) error = NULL;

  g_assert_true (test_write_out (fixture, NULL, &error));
  g_assert_no_error (error);
  test_assert_step (fixture, FALSE, "1 key taken back");
  wait_for_listed (fixture, N_KEYS - 2);
  g_assert_null (coffer_undo_get_undo_label (fixture->undo));
  test_assert_step (fixture, TRUE, "1 file added again");
  wait_for_listed (fixture, N_KEYS - 1);
}

/* By another window, which brings it back before the addition is: then it stays on show. */
static void
a_deletion_is_undone_before (Fixture       *fixture,
                             gconstpointer  data)
{
  CofferUndo *mine = fixture->undo, *other = coffer_undo_new (fixture->vault);
  g_autoptr(CofferAdditions) additions = NULL;

  fixture->undo = other;
  coffer_deletion_unref (test_hide (fixture, 0, 1));
  fixture->undo = mine;
  additions = add_one (fixture, "file0");
  fixture->undo = other;
  test_assert_fails (fixture, FALSE, COFFER_ERROR_STALE);
  g_assert_null (coffer_undo_get_undo_label (other));
  fixture->undo = mine;
  g_object_unref (other);
  g_assert_true (is_there (fixture, "file0"));
  test_assert_step (fixture, FALSE, "1 key taken back");
  g_assert_true (is_there (fixture, NULL));
  wait_for_listed (fixture, N_KEYS);
}

/* While the files wait for another program to let them be written. */
static void
what_is_deleted_meanwhile_is_kept (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  test_append_file (fixture, additions, "file0", "user:0000000000");
  coffer_additions_set_conflict (additions, COFFER_CONFLICT_SKIP);   /* it is none, once it is deleted */
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  deletion = test_hide (fixture, 0, 1);
  g_assert_null (result);
  g_assert_cmpint (sqlite3_exec (db, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (coffer_additions_count_over (additions), ==, 1);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "1 key taken back");
  wait_for_listed (fixture, N_KEYS - 1);
  test_assert_step (fixture, FALSE, "1 key is back");
  g_assert_true (is_there (fixture, NULL));
}

/* While other files of the same import are on their way: it is undone below the deletion, which stands. */
static void
what_is_deleted_before_the_end_is_undone_below (Fixture       *fixture,
                                                gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(CofferDeletion) deletion = NULL;

  test_append_file (fixture, additions, "file0", "user:0000000000");
  test_append_file (fixture, additions, "file1", "user:0000000001");
  test_add (fixture, additions);
  deletion = test_hide (fixture, 0, 1);
  coffer_undo_push_additions (fixture->undo, additions);
  for (int i = 0; i < 2; i++)
    {
      test_assert_step (fixture, FALSE, "2 keys taken back");
      wait_for_listed (fixture, N_KEYS - 1);
      g_assert_true (is_there (fixture, NULL));
      test_assert_step (fixture, FALSE, "1 key is back");
      wait_for_listed (fixture, N_KEYS);
      test_assert_step (fixture, TRUE, "1 key deleted again");
      test_assert_step (fixture, TRUE, "2 files added again");
      g_assert_true (is_there (fixture, "file0"));
    }
}

static gboolean
is_theirs (Fixture *fixture)
{
  return test_count_rows (fixture->path, "key = CAST('user:0000000000' AS BLOB) AND value = CAST('theirs' AS BLOB)") == 1;
}

/* Done again where another window has deleted what was there, the value that came back or another one: it is kept, too. */
static void
what_another_window_deleted_is_kept (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = add_one (fixture, "file0");

  for (int i = 0; i < 2; i++)
    {
      CofferUndo *mine = fixture->undo, *other;

      test_assert_step (fixture, FALSE, "1 key taken back");
      if (i > 0)
        test_sql (fixture->path, "UPDATE kv SET value = CAST('theirs' AS BLOB) WHERE key = CAST('user:0000000000' AS BLOB)");
      fixture->undo = other = coffer_undo_new (fixture->vault);
      coffer_deletion_unref (test_hide (fixture, 0, 1));
      fixture->undo = mine;
      test_assert_step (fixture, TRUE, "1 file added again");
      g_assert_true (is_there (fixture, "file0"));
      test_assert_step (fixture, FALSE, "1 key taken back");
      wait_for_listed (fixture, N_KEYS - 1);
      fixture->undo = other;
      test_assert_step (fixture, FALSE, "1 key is back");
      g_assert_true (i > 0 ? is_theirs (fixture) : is_there (fixture, NULL));
      fixture->undo = mine;
      g_object_unref (other);
      if (i == 0)
        test_assert_step (fixture, TRUE, "1 file added again");
    }
}

static void
rename_first (Fixture    *fixture,
              const char *to)
{
  g_autoptr(CofferRenames) renames = coffer_renames_new ("kv");
  g_autoptr(CofferKey) key = test_key_of (0);
  g_autoptr(GBytes) new_key = g_bytes_new (to, strlen (to));
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_renames_add (renames, key, new_key);
  coffer_vault_rename_keys_async (fixture->vault, renames, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_rename_keys_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  coffer_undo_push_renames (fixture->undo, renames);
}

/* At the name that a key had, which takes it again meanwhile: what was hidden there is gone, and comes from its file. */
static void
files_are_added_again_after_a_rename (Fixture       *fixture,
                                      gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = NULL;

  rename_first (fixture, "elsewhere");
  additions = add_one (fixture, "file0");
  test_assert_step (fixture, FALSE, "1 key taken back");
  test_assert_step (fixture, FALSE, "1 key has its old name again");
  test_assert_step (fixture, TRUE, "1 key renamed");
  test_assert_step (fixture, TRUE, "1 file added again");
  g_assert_true (is_there (fixture, "file0"));
  wait_for_listed (fixture, N_KEYS + 1);
  test_assert_step (fixture, FALSE, "1 key taken back");
}

/* What was added and taken back is no such value: it is not what the next one replaces. */
static void
a_value_taken_back_does_not_come_back (Fixture       *fixture,
                                       gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 1);
  g_autoptr(CofferAdditions) first = NULL, second = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (test_write_out (fixture, NULL, &error));
  g_assert_no_error (error);
  first = add_one (fixture, "file0");
  test_assert_step (fixture, FALSE, "1 key taken back");
  second = add_one (fixture, "file1");
  test_assert_step (fixture, FALSE, "1 key taken back");
  test_wait_for (test_n_listed (fixture->list) == N_KEYS - 1 && !coffer_entry_list_get_loading (fixture->list));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_UNDO_ADD ("/undo/additions/a-deleted-value-is-kept", a_deleted_value_is_kept);
  TEST_UNDO_ADD ("/undo/additions/a-deletion-waits-below", a_deletion_waits_below);
  TEST_UNDO_ADD ("/undo/additions/deletions-of-one-key-come-back-in-turn", deletions_of_one_key_come_back_in_turn);
  TEST_UNDO_ADD ("/undo/additions/a-deletion-is-written-meanwhile", a_deletion_is_written_meanwhile);
  TEST_UNDO_ADD ("/undo/additions/a-deletion-is-undone-before", a_deletion_is_undone_before);
  TEST_UNDO_ADD ("/undo/additions/what-is-deleted-meanwhile-is-kept", what_is_deleted_meanwhile_is_kept);
  TEST_UNDO_ADD ("/undo/additions/what-is-deleted-before-the-end-is-undone-below", what_is_deleted_before_the_end_is_undone_below);
  TEST_UNDO_ADD ("/undo/additions/what-another-window-deleted-is-kept", what_another_window_deleted_is_kept);
  TEST_UNDO_ADD ("/undo/additions/a-value-taken-back-does-not-come-back", a_value_taken_back_does_not_come_back);
  TEST_UNDO_ADD ("/undo/additions/added-again-after-a-rename", files_are_added_again_after_a_rename);
  TEST_UNDO_ADD ("/undo/additions/are-taken-back", files_are_taken_back);
  TEST_UNDO_ADD ("/undo/additions/replaced-values-come-back", replaced_values_come_back);
  TEST_UNDO_ADD ("/undo/additions/files-are-not-needed", files_are_not_needed);
  TEST_UNDO_ADD ("/undo/additions/a-key-that-is-taken-meanwhile-stays", a_key_that_is_taken_meanwhile_stays);
  TEST_UNDO_ADD ("/undo/additions/replaced-values-come-back-without-files", replaced_values_come_back_without_files);
  TEST_UNDO_ADD ("/undo/additions/long-values-stay-without-files", long_values_stay_without_files);
  TEST_UNDO_ADD ("/undo/additions/what-was-not-kept-stays-replaced", what_was_not_kept_stays_replaced);
  TEST_UNDO_ADD ("/undo/additions/files-of-one-key-are-taken-back", files_of_one_key_are_taken_back);
  TEST_UNDO_ADD ("/undo/additions/added-again-in-two-goes", added_again_in_two_goes);
  TEST_UNDO_ADD ("/undo/additions/what-others-did-meanwhile-is-found", what_others_did_meanwhile_is_found);
  TEST_UNDO_ADD ("/undo/additions/another-file-keeps-its-values", another_file_keeps_its_values);
  TEST_UNDO_ADD ("/undo/additions/they-are-counted-before-one-asks", they_are_counted_before_one_asks);
  TEST_UNDO_ADD ("/undo/additions/two-files-of-one-key-are-no-mistake", two_files_of_one_key_are_no_mistake);

  return g_test_run ();
}
