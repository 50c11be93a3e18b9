/* SPDX-License-Identifier: MIT */
/* A value out in a file and back: names that are safe, changes that are taken, and others' changes that are kept. */
#include "displayless.h"

#include "coffer-deletion.h"
#include "coffer-error-private.h"
#include "coffer-error.h"
#include "coffer-file-name.h"
#include "coffer-outside.h"
#include "coffer-outside-folder.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
assert_name (const char *key_text,
             gssize      key_len,
             const char *content_type,
             const char *expected)
{
  g_autoptr(GBytes) bytes = g_bytes_new (key_text, key_len < 0 ? strlen (key_text) : (gsize) key_len);
  g_autoptr(CofferKey) key = coffer_key_new_written (bytes);
  g_autofree char *name = coffer_file_name_for_key (key, content_type);

  g_assert_cmpstr (name, ==, expected);
}

/* The rest of it is tests/names/test-names.c. */
static void
names_tell_the_content (void)
{
  assert_name ("img/2024/a.png", -1, "image/png", "a.png");
  assert_name ("img/a", -1, "image/jpeg", "a.jpg");
  assert_name ("photo.1", -1, "image/png", "photo.1.png");
  assert_name ("a.b c", -1, "text/plain", "a.b c.txt");
  assert_name ("../../.ssh", -1, NULL, "_.ssh");
  assert_name ("", 0, "video/webm", "value.webm");
  assert_name ("a\0b\nc", 5, "application/unknown", "a_b_c");
}

typedef struct {
  char *folder;
  char *path;
  GFile *file;
  CofferVault *vault;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  g_autofree char *path = NULL;

  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "v.db", 3);
  path = g_build_filename (fixture->folder, "new", NULL);
  fixture->file = g_file_new_for_path (path);
  g_assert_true (g_file_set_contents (path, "new words", -1, NULL));
  fixture->vault = test_open (fixture->path);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
  g_object_unref (fixture->file);
}

static gboolean
replace (Fixture     *fixture,
         GBytes      *header,
         const char  *expected,
         char       **value,
         GError     **error)
{
  g_autoptr(CofferKey) key = test_key ("user:0000000001");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(CofferKey) now = NULL;
  g_autofree char *content = NULL;

  coffer_vault_replace_async (fixture->vault, "kv", key, fixture->file, header, expected, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  now = coffer_vault_replace_finish (fixture->vault, result, value, &content, error);
  return now != NULL;
}

static gpointer
read_worker (GInputStream           *stream,
             const CofferValueFacts *facts,
             gpointer                data,
             GCancellable           *cancellable,
             GError                **error)
{
  char *bytes = g_malloc0 (facts->size + 1);

  g_input_stream_read_all (stream, bytes, facts->size, NULL, cancellable, error);
  return bytes;
}

static void
assert_value_of (Fixture    *fixture,
                 const char *key_text,
                 const char *expected)
{
  g_autoptr(CofferKey) key = test_key (key_text);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *value = NULL;

  coffer_vault_read_value_async (fixture->vault, key, read_worker, NULL, NULL, g_free, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  value = coffer_vault_read_value_finish (fixture->vault, result, NULL);
  g_assert_cmpstr (value, ==, expected);
}

static void
assert_value (Fixture    *fixture,
              const char *expected)
{
  assert_value_of (fixture, "user:0000000001", expected);
}

static char *
checksum_of (const char *text)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

static void
takes_a_file (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GBytes) header = g_bytes_new ("head:", 5);
  g_autofree char *value = NULL, *expected = checksum_of ("head:new words");
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  g_assert_true (replace (fixture, header, NULL, &value, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (value, ==, expected);
  assert_value (fixture, "head:new words");
}

/* Somebody wrote between opening it elsewhere and bringing it back. */
static void
keeps_what_others_wrote (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *before = checksum_of ("1"), *value = NULL, *again = NULL;
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  test_sql (fixture->path, "UPDATE kv SET value = CAST ('theirs' AS BLOB) WHERE key = CAST ('user:0000000001' AS BLOB)");
  g_assert_false (replace (fixture, NULL, before, &value, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_STALE);
  assert_value (fixture, "theirs");

  /* What is as it was known is replaced. */
  g_clear_error (&error);
  g_free (before);
  before = checksum_of ("theirs");
  g_assert_true (replace (fixture, NULL, before, &again, &error));
  g_assert_no_error (error);
  assert_value (fixture, "new words");
}

static void
refuses_while_viewing (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autofree char *value = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_false (replace (fixture, NULL, NULL, &value, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  assert_value (fixture, "1");
}

static void
leaves_a_value_whose_file_is_gone (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autofree char *value = NULL;
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  g_assert_true (g_file_delete (fixture->file, NULL, NULL));
  g_assert_false (replace (fixture, NULL, NULL, &value, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  assert_value (fixture, "1");
}

static void
note_cb (gpointer latest,
         gpointer data)
{
  double *fraction = latest;

  *(double *) data = *fraction;
  g_free (fraction);
}

/* Another table is on show by the time it is written. */
static void
writes_to_the_table_of_the_key (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autofree char *value = NULL;
  g_autoptr(GError) error = NULL;

  test_close (g_steal_pointer (&fixture->vault));
  test_sql (fixture->path, "CREATE TABLE other (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)");
  fixture->vault = test_open (fixture->path);
  test_edit (fixture->vault);
  coffer_vault_set_table (fixture->vault, "other");
  g_assert_cmpstr (coffer_vault_get_table (fixture->vault), ==, "other");
  g_assert_true (replace (fixture, NULL, NULL, &value, &error));
  g_assert_no_error (error);
  coffer_vault_set_table (fixture->vault, "kv");
  assert_value (fixture, "new words");
}

/* The other one holds the vault while the file is read, and commits when all of it is. */
static void
looks_again_in_the_transaction (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autoptr(CofferKey) key = test_key ("user:0000000001"), now = NULL;
  g_autofree char *before = checksum_of ("1"), *value = NULL, *content = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  double fraction = 0;
  CofferProgress *progress = coffer_progress_new (note_cb, &fraction, g_free);
  sqlite3 *db;

  test_edit (fixture->vault);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_vault_replace_async (fixture->vault, "kv", key, fixture->file, NULL, before, progress, NULL, test_store_result, &result);
  test_wait_for (fraction == 1);
  g_assert_cmpint (sqlite3_exec (db, "UPDATE kv SET value = CAST ('theirs' AS BLOB) WHERE key = CAST ('user:0000000001' AS BLOB); COMMIT",
                                 NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  test_wait_for (result != NULL);
  now = coffer_vault_replace_finish (fixture->vault, result, &value, &content, &error);
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_STALE);
  g_assert_null (now);
  assert_value (fixture, "theirs");
  coffer_progress_stop (progress);
  coffer_progress_unref (progress);
}

/* The name of one that was just deleted is not free: that can come back. */
static void
adds_a_copy_under_a_free_key (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autoptr(CofferKey) key = test_key ("a/b.png"), now = NULL, expected = test_key ("a/b (4).png");
  g_autoptr(GBytes) header = g_bytes_new ("head:", 5);
  g_autofree char *value = NULL, *content = NULL;
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GAsyncResult) hidden = NULL, result = NULL;
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST ('a/b.png' AS BLOB), x'00'), (CAST ('a/b (2).png' AS BLOB), x'00'), "
                           "(CAST ('a/b (3).png' AS BLOB), x'00')");
  g_ptr_array_add (keys, test_key ("a/b (3).png"));
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &hidden);
  test_wait_for (hidden != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, hidden, &error);
  g_assert_no_error (error);
  coffer_vault_add_copy_async (fixture->vault, "kv", key, fixture->file, header, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  now = coffer_vault_replace_finish (fixture->vault, result, &value, &content, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (coffer_key_get_bytes (now), coffer_key_get_bytes (expected)));
  assert_value_of (fixture, "a/b (4).png", "head:new words");
  g_assert_cmpuint (coffer_deletion_get_n_left (deletion), ==, 1);
}

static void
add_copy (Fixture    *fixture,
          const char *text)
{
  g_autoptr(CofferKey) key = test_key (text), now = NULL;
  g_autofree char *value = NULL, *content = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_add_copy_async (fixture->vault, "kv", key, fixture->file, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  now = coffer_vault_replace_finish (fixture->vault, result, &value, &content, &error);
  g_assert_no_error (error);
}

/* Deleting them can be taken back after it. */
static void
adds_no_copy_over_a_key_that_was_deleted (Fixture       *fixture,
                                          gconstpointer  data)
{
  g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);
  g_autoptr(GAsyncResult) result = NULL, shown = NULL;
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST ('user:0000000001 (2)' AS BLOB), CAST ('two' AS BLOB))");
  g_ptr_array_add (keys, test_key ("user:0000000001"));
  g_ptr_array_add (keys, test_key ("user:0000000001 (2)"));
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, result, &error);
  g_assert_no_error (error);

  add_copy (fixture, "user:0000000001");
  assert_value_of (fixture, "user:0000000001 (3)", "new words");
  coffer_vault_show_deletion_async (fixture->vault, deletion, TRUE, test_store_result, &shown);
  test_wait_for (shown != NULL);
  g_assert_true (coffer_vault_show_deletion_finish (fixture->vault, shown, &error));
  g_assert_no_error (error);
  assert_value (fixture, "1");
  assert_value_of (fixture, "user:0000000001 (2)", "two");
}

/* A pipe that nobody writes to would keep the lane for good. */
static void
refuses_what_is_no_file (Fixture       *fixture,
                         gconstpointer  data)
{
  const char *path = g_file_peek_path (fixture->file);
  g_autofree char *value = NULL;
  g_autoptr(GError) error = NULL;

  test_edit (fixture->vault);
  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (mkfifo (path, 0600));
  g_assert_false (replace (fixture, NULL, NULL, &value, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
  g_clear_error (&error);

  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (symlink (fixture->path, path));
  g_assert_false (replace (fixture, NULL, NULL, &value, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
  g_clear_error (&error);

  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (link (fixture->path, path));   /* the vault itself: reading it by another descriptor would drop the locks on it */
  g_assert_false (replace (fixture, NULL, NULL, &value, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  assert_value (fixture, "1");
}

/* Values in files of other programs */

static CofferOutside *
open_outside (Fixture *fixture)
{
  g_autoptr(CofferKey) key = test_key ("user:0000000001");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferOutside *outside;

  coffer_outside_new_async (fixture->vault, key, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  outside = coffer_outside_new_finish (result, &error);
  g_assert_no_error (error);
  return outside;
}

static char *
dup_path (CofferOutside *outside)
{
  return g_file_get_path (coffer_outside_get_file (outside));
}

/* No word comes of what is written through memory, as where too many folders are watched. */
static void
finds_what_nobody_tells (Fixture       *fixture,
                         gconstpointer  data)
{
  CofferOutside *outside = open_outside (fixture);
  g_autofree char *path = dup_path (outside);
  int fd = g_open (path, O_RDWR | O_CLOEXEC, 0);
  char *memory = mmap (NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  g_assert_true (memory != MAP_FAILED);
  *memory = '2';
  g_assert_no_errno (msync (memory, 1, MS_SYNC));
  g_assert_true (coffer_outside_is_settled (outside));
  test_wait_for ((coffer_outside_check (outside), coffer_outside_get_changed (outside)));
  g_assert_true (coffer_outside_is_settled (outside));

  munmap (memory, 1);
  close (fd);
  coffer_outside_discard (outside);
  g_object_unref (outside);
  test_wait_for (!g_file_test (path, G_FILE_TEST_EXISTS));
}

/* A pipe in its place keeps no thread, and is no change. */
static void
takes_no_pipe_for_a_change (Fixture       *fixture,
                            gconstpointer  data)
{
  CofferOutside *outside = open_outside (fixture);
  g_autofree char *path = dup_path (outside);

  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (mkfifo (path, 0600));
  test_wait_for (!coffer_outside_is_settled (outside));
  test_wait_for (coffer_outside_is_settled (outside));
  g_assert_false (coffer_outside_get_changed (outside));
  coffer_outside_discard (outside);
  g_object_unref (outside);
  test_wait_for (!g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
update (CofferOutside       *outside,
        CofferOutsideUpdate  how)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(CofferKept) old = NULL;
  g_autofree char *now = NULL;
  g_autoptr(GError) error = NULL;

  coffer_outside_update_async (outside, how, FALSE, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_outside_update_finish (outside, result, &old, &now, &error));
  g_assert_no_error (error);
}

/* What is in the vault goes with the object, what is not stays. */
static void
keeps_what_is_not_in_the_vault (Fixture       *fixture,
                                gconstpointer  data)
{
  CofferOutside *outside = open_outside (fixture), *copy = open_outside (fixture);
  g_autofree char *path = dup_path (outside), *path_of_copy = dup_path (copy);

  test_edit (fixture->vault);
  g_assert_true (g_file_set_contents (path, "edited", -1, NULL));
  test_wait_for (coffer_outside_get_changed (outside));
  update (outside, COFFER_OUTSIDE_UPDATE_KNOWN);
  test_wait_for (coffer_outside_is_settled (outside));
  g_assert_false (coffer_outside_get_changed (outside));
  assert_value (fixture, "edited");

  update (copy, COFFER_OUTSIDE_UPDATE_COPY);
  assert_value_of (fixture, "user:0000000001 (2)", "1");
  g_assert_true (g_file_set_contents (path_of_copy, "edited, too", -1, NULL));
  test_wait_for (coffer_outside_get_changed (copy));
  update (copy, COFFER_OUTSIDE_UPDATE_KNOWN);
  assert_value_of (fixture, "user:0000000001 (2)", "edited, too");
  g_assert_true (g_file_set_contents (path_of_copy, "not in the vault", -1, NULL));
  test_wait_for (coffer_outside_get_changed (copy));

  test_wait_for (coffer_outside_is_settled (outside));
  g_object_unref (outside);
  g_object_unref (copy);
  test_wait_for (!g_file_test (path, G_FILE_TEST_EXISTS));
  coffer_outside_folder_finish ();
  g_assert_true (g_file_test (path_of_copy, G_FILE_TEST_EXISTS));
}

/* Written twice in one step of the clock, and read in between. */
static void
keeps_what_follows_at_once (Fixture       *fixture,
                            gconstpointer  data)
{
  g_autoptr(GError) error = NULL;

  for (int i = 0; i < 20; i++)
    {
      g_autofree char *folder = coffer_outside_folder_make (&error), *path = g_build_filename (folder, "file", NULL);

      g_assert_no_error (error);
      g_assert_true (g_file_set_contents_full (path, "read", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      coffer_outside_folder_begin_stamp (folder);
      g_assert_true (g_file_set_contents_full (path, "not read", -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      coffer_outside_folder_end_stamp (folder);
      coffer_outside_folder_leave (folder);
      g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
      coffer_outside_folder_drop (folder);
    }
}

/* An editor removes the file, and writes another: it was away as it began to be read. */
static void
keeps_what_follows_an_empty_folder (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = coffer_outside_folder_make (&error), *path = g_build_filename (folder, "file", NULL);

  g_assert_no_error (error);
  coffer_outside_folder_begin_stamp (folder);
  coffer_outside_folder_end_stamp (folder);
  g_assert_true (g_file_set_contents (path, "edited", -1, NULL));
  coffer_outside_folder_leave (folder);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  coffer_outside_folder_drop (folder);
}

/* The clock of files goes in steps of some milliseconds: both writes are in one. */
static void
keeps_what_is_written_at_once (Fixture       *fixture,
                               gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = coffer_outside_folder_make (&error), *path = g_build_filename (folder, "file", NULL);
  GStatBuf status;

  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, "copy", -1, NULL));
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  coffer_outside_folder_stamp (folder);
  g_assert_true (g_file_set_contents (path, "edited", -1, NULL));
  g_assert_cmpint (utimensat (AT_FDCWD, path, (const struct timespec[]) { status.st_mtim, status.st_mtim }, 0), ==, 0);
  coffer_outside_folder_leave (folder);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  coffer_outside_folder_drop (folder);
}

/* It is told of at the next start; the one before was not, as it is a copy. */
static void
finds_what_is_left (Fixture       *fixture,
                    gconstpointer  data)
{
  CofferOutside *outside = open_outside (fixture);
  g_autofree char *path = dup_path (outside), *folder = g_path_get_dirname (path);
  const char *const words[] = { "tail", "-f", path, NULL };
  g_autoptr(GPtrArray) left = NULL, none = NULL;
  GPid other;

  g_assert_true (g_spawn_async (NULL, (char **) words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
                                 NULL, NULL, &other, NULL));
  g_object_unref (outside);
  coffer_outside_folder_finish ();
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));   /* the other program has it open */
  none = coffer_outside_folder_sweep ();
  g_assert_false (g_ptr_array_find_with_equal_func (none, path, g_str_equal, NULL));

  g_assert_true (g_file_set_contents (path, "edited", -1, NULL));
  kill (other, SIGKILL);
  g_assert_cmpint (waitpid (other, NULL, 0), ==, other);
  left = coffer_outside_folder_sweep ();
  g_assert_true (g_ptr_array_find_with_equal_func (left, path, g_str_equal, NULL));

  coffer_outside_folder_drop (folder);
  g_ptr_array_unref (coffer_outside_folder_sweep ());
  g_assert_false (g_file_test (folder, G_FILE_TEST_EXISTS));
}

static void
remove_cache (char *cache)
{
  const char *const words[] = { "rm", "-r", "--", cache, NULL };

  g_assert_true (g_spawn_sync (NULL, (char **) words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (cache);
}

int
main (int    argc,
      char **argv)
{
  char *cache = test_folder_new ();
  int failed;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  g_test_add_func ("/replace/names-tell-the-content", names_tell_the_content);
  ADD ("/replace/takes-a-file", takes_a_file);
  ADD ("/replace/keeps-what-others-wrote", keeps_what_others_wrote);
  ADD ("/replace/looks-again-in-the-transaction", looks_again_in_the_transaction);
  ADD ("/replace/writes-to-the-table-of-the-key", writes_to_the_table_of_the_key);
  ADD ("/replace/adds-a-copy-under-a-free-key", adds_a_copy_under_a_free_key);
  ADD ("/replace/adds-no-copy-over-a-key-that-was-deleted", adds_no_copy_over_a_key_that_was_deleted);
  ADD ("/replace/refuses-what-is-no-file", refuses_what_is_no_file);
  ADD ("/replace/refuses-while-viewing", refuses_while_viewing);
  ADD ("/replace/leaves-a-value-whose-file-is-gone", leaves_a_value_whose_file_is_gone);
  ADD ("/outside/finds-what-nobody-tells", finds_what_nobody_tells);
  ADD ("/outside/takes-no-pipe-for-a-change", takes_no_pipe_for_a_change);
  ADD ("/outside/keeps-what-is-not-in-the-vault", keeps_what_is_not_in_the_vault);
  ADD ("/outside/keeps-what-follows-an-empty-folder", keeps_what_follows_an_empty_folder);
  ADD ("/outside/keeps-what-follows-at-once", keeps_what_follows_at_once);
  ADD ("/outside/keeps-what-is-written-at-once", keeps_what_is_written_at_once);
  ADD ("/outside/finds-what-is-left", finds_what_is_left);

  failed = g_test_run ();
  coffer_outside_folder_finish ();
  remove_cache (cache);
  return failed;
}
