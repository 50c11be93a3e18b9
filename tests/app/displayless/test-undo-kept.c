/* SPDX-License-Identifier: MIT */
/* Values of any size that were replaced and come back: where they are kept meanwhile, and what happens where they cannot be. */
#include "undoing.h"

#include "coffer-error.h"
#include "coffer-kept-value.h"
#include "coffer-vault-private.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined (__SANITIZE_ADDRESS__) || defined (__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define LONGEST (SANITIZED ? 30u << 20 : 300u << 20)
#define LONG (SANITIZED ? 12u << 20 : 66u << 20)   /* of which four are more than 256 MiB */
#define SOME (9u << 20)   /* more than is kept in memory */

/* A file with something at its end, by which one value is told from another. */
static char *
make_file (Fixture    *fixture,
           const char *name,
           gsize       size)
{
  char *path = g_build_filename (fixture->folder, name, NULL);
  int fd;

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  fd = g_open (path, O_WRONLY, 0);
  g_assert_cmpint (pwrite (fd, name, strlen (name), (off_t) (size - strlen (name))), ==, (gssize) strlen (name));
  close (fd);
  return path;
}

/* Reads no more of it than it has to. */
static gboolean
has_value (Fixture    *fixture,
           guint       number,
           const char *name,
           gsize       size)
{
  g_autofree char *where = g_strdup_printf ("SELECT rowid FROM kv WHERE key = CAST('user:%010u' AS BLOB)", number);
  gsize len = strlen (name);
  g_autofree char *end = g_malloc0 (len + 1);
  sqlite3_stmt *statement;
  sqlite3_blob *blob;
  sqlite3 *db;
  gboolean has;

  g_assert_cmpint (sqlite3_open_v2 (fixture->path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, where, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpint (sqlite3_blob_open (db, "main", "kv", "value", sqlite3_column_int64 (statement, 0), 0, &blob), ==, SQLITE_OK);
  has = (gsize) sqlite3_blob_bytes (blob) == size && sqlite3_blob_read (blob, end, (int) len, (int) (size - len)) == SQLITE_OK &&
        memcmp (end, name, len) == 0;
  sqlite3_blob_close (blob);
  sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  return has;
}

/* As the window does it. Returns: (nullable): NULL: there is no room to keep it, and it was not replaced */
static CofferKept *
replace (Fixture    *fixture,
         guint       number,
         const char *name,
         gsize       size)
{
  g_autofree char *path = make_file (fixture, name, size), *checksum = NULL, *value = NULL, *content = NULL;
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(CofferKey) key = test_key_of (number), now = NULL;
  g_autoptr(GAsyncResult) kept = NULL, replaced = NULL;
  g_autoptr(GError) error = NULL;
  CofferKept *old;

  coffer_vault_keep_value_async (fixture->vault, "kv", key, file, NULL, NULL, test_store_result, &kept);
  test_wait_for (kept != NULL);
  old = coffer_vault_keep_value_finish (fixture->vault, kept, &checksum, &error);
  g_assert_no_error (error);
  if (old != NULL)
    {
      coffer_vault_replace_async (fixture->vault, "kv", key, file, NULL, checksum, NULL, NULL, test_store_result, &replaced);
      test_wait_for (replaced != NULL);
      now = coffer_vault_replace_finish (fixture->vault, replaced, &value, &content, &error);
      g_assert_no_error (error);
      coffer_undo_push_value (fixture->undo, "kv", key, old, value);
    }
  g_unlink (path);
  return old;
}

static gssize
write_file (const char *path,
            const char *text)
{
  int fd = g_open (path, O_WRONLY, 0);
  gssize n = write (fd, text, strlen (text));

  close (fd);
  return n;
}

/* Bytes of memory at most, since it was asked last. */
static gsize
get_peak (void)
{
  g_autofree char *status = NULL;
  const char *peak;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  peak = strstr (status, "VmHWM:");
  g_assert_nonnull (peak);
  if (write_file ("/proc/self/clear_refs", "5") != 1)
    g_test_message ("the peak is that of all the process");
  return (gsize) g_ascii_strtoull (peak + strlen ("VmHWM:"), NULL, 10) << 10;
}

/* Where values lie: the file without a name in the folder of the vault. Returns: a descriptor of the process; -1: there is none */
static int
find_nameless (Fixture *fixture)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL), *path = g_file_read_link (link, NULL);

      if (path != NULL && g_str_has_prefix (path, fixture->folder) && g_str_has_suffix (path, " (deleted)"))
        return atoi (name);
    }
  return -1;
}

static void
assert_undone (Fixture  *fixture,
               gboolean  redo)
{
  test_assert_step (fixture, redo, redo ? "Value replaced" : "The old value is back");
}

/* In little memory; looking at the value takes more. */
static void
assert_undone_lightly (Fixture    *fixture,
                       gboolean    redo,
                       const char *name,
                       gsize       size)
{
  gsize before;

  get_peak ();
  before = get_peak ();
  assert_undone (fixture, redo);
  if (!SANITIZED)   /* which keeps what is freed */
    g_assert_cmpuint (get_peak (), <=, before + (32 << 20));
  g_assert_true (has_value (fixture, 0, name, size));
}

/* What is not needed any more is no burden to the disk. */
static void
assert_on_disk (Fixture *fixture,
                guint64  n_bytes)
{
  struct stat file;

  coffer_attic_wait_all ();
  g_assert_cmpuint (coffer_attic_get_in_file (fixture->vault->attic), ==, n_bytes);
  g_assert_no_errno (fstat (find_nameless (fixture), &file));
  g_assert_cmpuint ((guint64) file.st_blocks * 512, <=, n_bytes + (1 << 20));
}

/* ---- how much ---- */

/* Back and again, in little memory. */
static void
a_long_value_comes_back (Fixture       *fixture,
                         gconstpointer  data)
{
  const gsize size = LONGEST;

  coffer_kept_unref (replace (fixture, 0, "first", size));
  g_assert_cmpint (find_nameless (fixture), <, 0);   /* what it replaced was small */
  coffer_kept_unref (replace (fixture, 0, "second", SOME));
  g_assert_cmpuint (coffer_attic_get_in_file (fixture->vault->attic), ==, size);
  assert_undone_lightly (fixture, FALSE, "first", size);
  assert_on_disk (fixture, SOME);   /* to be done again */
  assert_undone_lightly (fixture, TRUE, "second", SOME);
  assert_on_disk (fixture, size);
  g_clear_object (&fixture->undo);
  assert_on_disk (fixture, 0);
  g_assert_cmpuint (coffer_attic_get_in_memory (fixture->vault->attic), ==, 0);
  fixture->undo = coffer_undo_new (fixture->vault);
}

/* No step goes, however much is kept for them in all. */
static void
many_long_values_come_back (Fixture       *fixture,
                            gconstpointer  data)
{
  const char *const names[] = { "zero", "one", "two", "three" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    coffer_kept_unref (replace (fixture, i, names[i], LONG));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    coffer_kept_unref (replace (fixture, i, "small", 5));
  g_assert_cmpuint (coffer_attic_get_in_file (fixture->vault->attic), ==, G_N_ELEMENTS (names) * (guint64) LONG);
  for (guint i = G_N_ELEMENTS (names); i > 0; i--)
    {
      assert_undone (fixture, FALSE);
      g_assert_true (has_value (fixture, i - 1, names[i - 1], LONG));
    }
  assert_undone (fixture, TRUE);
  g_assert_true (has_value (fixture, 0, "small", 5));
}

/* Of an import, whose files are gone by then. */
static void
long_values_of_an_import_come_back (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autofree char *path = NULL;
  g_autoptr(GBytes) key = g_bytes_new_static ("user:0000000000", 15);

  coffer_kept_unref (replace (fixture, 0, "old", LONG));
  path = make_file (fixture, "new", LONG + 1);
  coffer_additions_append (additions, path, NULL, key, LONG + 1);
  test_append_file (fixture, additions, "file1", "user:0000000001");
  test_add (fixture, additions);
  g_assert_cmpuint (coffer_additions_count_undoable (additions), ==, 2);
  coffer_undo_push_additions (fixture->undo, additions);
  g_unlink (path);
  test_remove_files (fixture);
  for (int i = 0; i < 2; i++)
    {
      test_assert_step (fixture, FALSE, "2 keys taken back");
      g_assert_true (has_value (fixture, 0, "old", LONG));
      test_assert_step (fixture, TRUE, "2 files added again");
      g_assert_true (has_value (fixture, 0, "new", LONG + 1));
    }
}

/* A person deletes a key while its new value is on its way into the file, and others read on: the new one is shown, as if it had been added at a
 * deleted key; each of the two is undone by itself.
 */
static void
a_key_is_deleted_while_it_is_put (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GBytes) key = g_bytes_new_static ("user:0000000000", 15);
  g_autofree char *path = make_file (fixture, "new", LONG);
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint64 n_bytes;
  guint n_files;
  sqlite3 *db;

  coffer_kept_unref (replace (fixture, 0, "old", SOME));
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);   /* so that it does not leave the log */
  g_assert_cmpint (sqlite3_exec (db, "BEGIN; SELECT count (*) FROM kv", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_additions_append (additions, path, NULL, key, LONG);
  coffer_additions_set_conflict (additions, COFFER_CONFLICT_REPLACE);
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for ((coffer_additions_get_progress (additions, &n_files, &n_bytes), n_bytes > 0));
  deletion = test_hide (fixture, 0, 1);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  coffer_undo_push_additions (fixture->undo, additions);
  g_assert_cmpuint (coffer_additions_count_over (additions), ==, 1);
  g_assert_true (has_value (fixture, 0, "new", LONG));
  test_wait_for (test_n_listed (fixture->list) == N_KEYS);
  for (int i = 0; i < 2; i++)
    {
      test_assert_step (fixture, FALSE, "1 key taken back");
      test_wait_for (test_n_listed (fixture->list) == N_KEYS - 1);
      g_assert_true (has_value (fixture, 0, "old", SOME));
      test_assert_step (fixture, FALSE, "1 key is back");
      test_wait_for (test_n_listed (fixture->list) == N_KEYS);
      test_assert_step (fixture, TRUE, "1 key deleted again");
      test_assert_step (fixture, TRUE, "1 file added again");
      test_wait_for (test_n_listed (fixture->list) == N_KEYS);
      g_assert_true (has_value (fixture, 0, "new", LONG));
    }
}

static void
begun_cb (gpointer latest,
          gpointer data)
{
  gboolean *begun = data;

  g_free (latest);
  *begun = TRUE;
}

/* A person deletes a key while a file that is to replace its value is read: it stays deleted. */
static void
a_key_is_deleted_while_its_value_is_replaced (Fixture       *fixture,
                                              gconstpointer  data)
{
  g_autofree char *path = make_file (fixture, "new", LONG);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(CofferKey) key = test_key_of (0);
  g_autofree char *checksum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "0", 1), *value = NULL, *content = NULL;
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean begun = FALSE;
  CofferProgress *progress = coffer_progress_new (begun_cb, &begun, g_free);

  coffer_vault_replace_async (fixture->vault, "kv", key, file, NULL, checksum, progress, NULL, test_store_result, &result);
  test_wait_for (begun);
  coffer_progress_stop (progress);
  coffer_progress_unref (progress);
  deletion = test_hide (fixture, 0, 1);
  g_assert_null (result);
  test_wait_for (result != NULL);
  g_assert_null (coffer_vault_replace_finish (fixture->vault, result, &value, &content, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_STALE);
  g_assert_cmpuint (test_n_listed (fixture->list), ==, N_KEYS - 1);
  test_assert_step (fixture, FALSE, "1 key is back");
}

/* ---- where ---- */

/* The file has no name, so that a process that is killed leaves nothing. */
static void
nothing_is_left_behind (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autofree char *before = test_folder_list (fixture->folder), *now = NULL;

  coffer_kept_unref (replace (fixture, 0, "long", SOME));
  coffer_kept_unref (replace (fixture, 0, "small", 5));
  g_assert_cmpint (find_nameless (fixture), >=, 0);
  now = test_folder_list (fixture->folder);
  g_assert_cmpstr (now, ==, before);
}

static CofferKept *
keep (Fixture *fixture,
      guint    number)
{
  g_autoptr(CofferKey) key = test_key_of (number);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *checksum = NULL;
  CofferKept *kept;

  coffer_vault_keep_value_async (fixture->vault, "kv", key, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  kept = coffer_vault_keep_value_finish (fixture->vault, result, &checksum, &error);
  g_assert_no_error (error);
  g_assert_nonnull (kept);
  return kept;
}

static goffset
get_nameless_size (Fixture *fixture)
{
  struct stat st;

  g_assert_no_errno (fstat (find_nameless (fixture), &st));
  return st.st_size;
}

/* Where no holes can be made in it, too. */
static void
the_file_grows_no_more_than_it_must (Fixture       *fixture,
                                     gconstpointer  data)
{
  CofferKept *first, *second;
  goffset size;

  coffer_kept_unref (replace (fixture, 0, "long", SOME));
  first = keep (fixture, 0);
  size = get_nameless_size (fixture);
  for (guint i = 0; i < 2; i++)
    {
      second = keep (fixture, 0);
      g_assert_cmpint (get_nameless_size (fixture), ==, 2 * size);
      coffer_kept_unref (second);
      coffer_attic_wait_all ();
      g_assert_cmpint (get_nameless_size (fixture), ==, size);
    }
  coffer_kept_unref (first);
  coffer_attic_wait_all ();
  g_assert_cmpint (get_nameless_size (fixture), ==, 0);
}

static void
kill_cb (gpointer latest,
         gpointer data)
{
  g_free (latest);
  kill (getpid (), SIGKILL);
}

/* In the middle of keeping a value. */
static void
be_killed (Fixture       *fixture,
           gconstpointer  data)
{
  CofferProgress *progress = coffer_progress_new (kill_cb, NULL, g_free);
  g_autoptr(CofferKey) key = test_key_of (0);
  g_autoptr(GAsyncResult) kept = NULL;

  coffer_kept_unref (replace (fixture, 0, "long", SOME));
  coffer_vault_keep_value_async (fixture->vault, "kv", key, NULL, progress, NULL, test_store_result, &kept);
  test_wait_for (kept != NULL);
}

static void
a_kill_leaves_nothing (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autofree char *tmp = g_strdup (g_getenv ("TMPDIR")), *names = NULL, *path = NULL;
  g_autoptr(GDir) dir = NULL;
  char *folder;

  g_setenv ("TMPDIR", fixture->folder, TRUE);
  g_test_trap_subprocess ("/undo/kept/subprocess/be-killed", 0, 0);
  g_assert_false (g_test_trap_has_passed ());
  if (tmp != NULL)
    g_setenv ("TMPDIR", tmp, TRUE);
  else
    g_unsetenv ("TMPDIR");

  dir = g_dir_open (fixture->folder, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    if (g_str_has_prefix (name, "coffer-test-"))
      path = g_build_filename (fixture->folder, name, NULL);
  g_assert_nonnull (path);
  folder = g_steal_pointer (&path);
  names = test_folder_list (folder);
  g_assert_cmpstr (names, ==, "v.db v.db-shm v.db-wal");
  test_folder_remove (folder);
}

/* What is kept is looked at when it comes back. */
static void
what_is_damaged_does_not_come_back (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  int fd;

  coffer_kept_unref (replace (fixture, 0, "long", SOME));
  coffer_kept_unref (replace (fixture, 0, "small", 5));
  fd = find_nameless (fixture);
  g_assert_cmpint (pwrite (fd, "x", 1, SOME / 2), ==, 1);
  g_assert_null (test_step (fixture, FALSE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_true (has_value (fixture, 0, "small", 5));
  g_assert_cmpint (pwrite (fd, "", 1, SOME / 2), ==, 1);
  assert_undone (fixture, FALSE);
  g_assert_true (has_value (fixture, 0, "long", SOME));
}

/* ---- no room ---- */

/* The one that is to come has to find room, too. */
static void
a_long_file_is_counted (Fixture       *fixture,
                        gconstpointer  data)
{
  g_autofree char *path = make_file (fixture, "next", (gsize) 8 << 40), *checksum = NULL;   /* nothing but a hole */
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(CofferKey) key = test_key_of (0);
  g_autoptr(GAsyncResult) kept = NULL;
  g_autoptr(GError) error = NULL;

  coffer_kept_unref (replace (fixture, 0, "long", SOME));
  coffer_attic_set_most (0, G_MAXUINT64);
  coffer_vault_keep_value_async (fixture->vault, "kv", key, file, NULL, NULL, test_store_result, &kept);
  test_wait_for (kept != NULL);
  coffer_attic_set_most (64 << 20, G_MAXUINT64);
  g_assert_null (coffer_vault_keep_value_finish (fixture->vault, kept, &checksum, &error));
  g_assert_no_error (error);
  g_unlink (path);
}

/* Whoever replaces it is told before, and so is who would lose by an undo what is there. */
static void
a_full_disk_is_told_before (Fixture       *fixture,
                            gconstpointer  data)
{
  g_autoptr(CofferKey) key = test_key_of (0);
  g_autoptr(GAsyncResult) kept = NULL;
  g_autofree char *checksum = NULL;
  g_autoptr(GError) error = NULL;

  coffer_kept_unref (replace (fixture, 0, "long", SOME));
  test_limit_files (1 << 20);
  coffer_attic_set_most (0, G_MAXUINT64);
  coffer_vault_keep_value_async (fixture->vault, "kv", key, NULL, NULL, NULL, test_store_result, &kept);
  test_wait_for (kept != NULL);
  test_limit_files (G_MAXUINT64);
  g_assert_null (coffer_vault_keep_value_finish (fixture->vault, kept, &checksum, &error));
  g_assert_no_error (error);
  g_assert_true (has_value (fixture, 0, "long", SOME));
  g_assert_cmpuint (coffer_attic_get_in_file (fixture->vault->attic), ==, 0);

  test_limit_files (1 << 20);
  g_assert_null (test_step (fixture, FALSE, &error));
  test_limit_files (G_MAXUINT64);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_true (has_value (fixture, 0, "long", SOME));
  coffer_attic_set_most (64 << 20, G_MAXUINT64);
  assert_undone (fixture, FALSE);
  assert_undone (fixture, TRUE);
  g_assert_true (has_value (fixture, 0, "long", SOME));
}

static void
add (Fixture         *fixture,
     CofferAdditions *additions)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, result, NULL));
}

/* An import asks, and does what it is told. */
static void
an_import_asks_before (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");

  for (guint i = 0; i < 3; i++)
    coffer_kept_unref (replace (fixture, i, "long", 5 << 20));
  test_append_file (fixture, additions, "file0", "user:0000000000");
  test_append_file (fixture, additions, "file1", "user:0000000001");
  test_append_file (fixture, additions, "file2", "user:0000000002");
  coffer_attic_set_most (0, 0);
  test_add (fixture, additions);
  g_assert_true (coffer_additions_asks (additions));
  g_assert_true (coffer_additions_asks_to_lose (additions));
  g_assert_cmpuint (coffer_additions_get_next (additions), ==, 0);
  g_assert_true (has_value (fixture, 0, "long", 5 << 20));

  coffer_additions_answer (additions, COFFER_CONFLICT_SKIP);
  add (fixture, additions);
  g_assert_true (coffer_additions_asks_to_lose (additions));
  g_assert_cmpuint (coffer_additions_get_next (additions), ==, 1);
  coffer_additions_answer (additions, COFFER_CONFLICT_REPLACE);
  add (fixture, additions);
  g_assert_true (coffer_additions_asks_to_lose (additions));   /* that was meant for one alone */
  g_assert_cmpuint (coffer_additions_get_next (additions), ==, 2);
  g_assert_true (has_value (fixture, 0, "long", 5 << 20));
  g_assert_true (has_value (fixture, 1, "file1", 5));
  g_assert_cmpuint (coffer_additions_count_lost (additions), ==, 1);

  coffer_attic_set_most (64 << 20, G_MAXUINT64);   /* there is room again */
  coffer_additions_answer (additions, COFFER_CONFLICT_REPLACE);
  add (fixture, additions);
  g_assert_cmpuint (coffer_additions_count_lost (additions), ==, 1);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "1 key taken back; 1 stays replaced: there was no room to keep its old value");
  g_assert_true (has_value (fixture, 2, "long", 5 << 20));
  test_remove_files (fixture);
}

/* So it does of what a person has just deleted, and a name of that is no free one. */
static void
an_import_asks_before_it_takes_a_deleted_one (Fixture       *fixture,
                                              gconstpointer  data)
{
  g_autoptr(CofferDeletion) deletion = test_hide (fixture, 0, 3);
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");

  test_append_file (fixture, additions, "file0", "user:0000000000");
  test_append_file (fixture, additions, "file1", "user:0000000001");
  test_append_file (fixture, additions, "file2", "user:0000000002");
  coffer_attic_set_most (0, 0);
  test_add (fixture, additions);
  for (guint i = 0; i < 3; i++)
    {
      static const CofferConflict answers[] = { COFFER_CONFLICT_SKIP, COFFER_CONFLICT_KEEP_BOTH, COFFER_CONFLICT_REPLACE };

      g_assert_true (coffer_additions_asks_to_lose (additions));
      g_assert_cmpuint (coffer_additions_get_next (additions), ==, i);
      coffer_additions_answer (additions, answers[i]);
      add (fixture, additions);
    }
  coffer_attic_set_most (64 << 20, G_MAXUINT64);
  g_assert_false (coffer_additions_asks (additions));
  g_assert_cmpint (coffer_additions_get (additions, 0)->state, ==, COFFER_ADDITION_SKIPPED);
  g_assert_cmpint (coffer_additions_get (additions, 1)->state, ==, COFFER_ADDITION_ADDED);
  g_assert_cmpint (coffer_additions_get (additions, 2)->state, ==, COFFER_ADDITION_REPLACED);
  coffer_undo_push_additions (fixture->undo, additions);
  test_assert_step (fixture, FALSE, "1 key taken back; 1 stays replaced: there was no room to keep its old value");
  test_assert_step (fixture, FALSE, "2 of 3 keys are back; 1 was written to meanwhile");
  test_remove_files (fixture);
}

/* ---- ended ---- */

static void
cancel_cb (gpointer latest,
           gpointer data)
{
  const double *fraction = latest;

  if (*fraction > 0.5)   /* it is being put back */
    g_cancellable_cancel (data);
  g_free (latest);
}

static void
what_is_cancelled_is_as_before (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  CofferProgress *progress = coffer_progress_new (cancel_cb, cancellable, g_free);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_kept_unref (replace (fixture, 0, "first", 2 * LONG));
  coffer_kept_unref (replace (fixture, 0, "second", 6));
  coffer_undo_step_async (fixture->undo, FALSE, progress, cancellable, test_store_result, &result);
  test_wait_for (result != NULL);
  coffer_progress_stop (progress);
  coffer_progress_unref (progress);
  g_assert_null (coffer_undo_step_finish (fixture->undo, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (has_value (fixture, 0, "second", 6));
  coffer_attic_wait_all ();
  g_assert_cmpuint (coffer_attic_get_in_file (fixture->vault->attic), ==, 2 * LONG);
  g_assert_null (coffer_undo_get_redo_label (fixture->undo));
  assert_undone (fixture, FALSE);
  g_assert_true (has_value (fixture, 0, "first", 2 * LONG));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_UNDO_ADD ("/undo/kept/a-long-value-comes-back", a_long_value_comes_back);
  TEST_UNDO_ADD ("/undo/kept/many-long-values-come-back", many_long_values_come_back);
  TEST_UNDO_ADD ("/undo/kept/long-values-of-an-import-come-back", long_values_of_an_import_come_back);
  TEST_UNDO_ADD ("/undo/kept/a-key-is-deleted-while-it-is-put", a_key_is_deleted_while_it_is_put);
  TEST_UNDO_ADD ("/undo/kept/a-key-is-deleted-while-its-value-is-replaced", a_key_is_deleted_while_its_value_is_replaced);
  TEST_UNDO_ADD ("/undo/kept/nothing-is-left-behind", nothing_is_left_behind);
  TEST_UNDO_ADD ("/undo/kept/the-file-grows-no-more-than-it-must", the_file_grows_no_more_than_it_must);
  TEST_UNDO_ADD ("/undo/kept/subprocess/be-killed", be_killed);
  TEST_UNDO_ADD ("/undo/kept/a-kill-leaves-nothing", a_kill_leaves_nothing);
  TEST_UNDO_ADD ("/undo/kept/what-is-damaged-does-not-come-back", what_is_damaged_does_not_come_back);
  TEST_UNDO_ADD ("/undo/kept/a-long-file-is-counted", a_long_file_is_counted);
  TEST_UNDO_ADD ("/undo/kept/a-full-disk-is-told-before", a_full_disk_is_told_before);
  TEST_UNDO_ADD ("/undo/kept/an-import-asks-before", an_import_asks_before);
  TEST_UNDO_ADD ("/undo/kept/an-import-asks-before-it-takes-a-deleted-one", an_import_asks_before_it_takes_a_deleted_one);
  TEST_UNDO_ADD ("/undo/kept/what-is-cancelled-is-as-before", what_is_cancelled_is_as_before);

  return g_test_run ();
}
