/* SPDX-License-Identifier: MIT */
/* The jobs of the window "Storage", killed and without room. */
#include "storing.h"

#include "coffer-additions.h"
#include "coffer-cache.h"
#include "coffer-deletion.h"
#include "coffer-error-private.h"
#include "coffer-storage-upkeep.h"
#include "waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* The work of a child of the test: one job, or jobs without an end. */
G_NORETURN static void
run_jobs (const char *job,
          const char *path,
          const char *limit)
{
  CofferVault *vault = test_open (path);
  g_autoptr(CofferStorage) storage = coffer_storage_new (vault);
  guint64 most = strtoull (limit, NULL, 10);
  CofferStorageJob failed;

  test_edit (vault);
  if (most > 0)
    test_limit_files (most);
  g_assert_cmpint (write (STDOUT_FILENO, "!", 1), ==, 1);
  for (guint i = 0; i == 0 || most == 0; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s.copy%u", path, i);
      g_autoptr(GFile) copy = g_file_new_for_path (name);

      if (g_str_equal (job, "copy"))
        coffer_storage_copy (storage, copy);
      else if (g_str_equal (job, "wipe"))
        coffer_storage_wipe (storage);
      else if (g_str_equal (job, "journal"))
        coffer_storage_set_journal (storage, i % 2);
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
  g_assert_cmpuint (test_ask_number (path, "SELECT count (*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), ==, 1);
  g_assert_cmpuint (test_ask_number (path, "SELECT sum (length (key) + length (value)) FROM kv"), ==, sum);
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

static const char *const jobs[] = { "swap", "in-place", "copy", "wipe", "journal" };

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
  guint n = wanted != NULL ? (guint) strtoul (wanted, NULL, 10) : 50;
  g_autofree char *folder = test_folder_new ();
  g_autofree char *path = make_half_empty (folder);
  guint64 sum = test_ask_number (path, "SELECT sum (length (key) + length (value)) FROM kv");
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
  guint64 sum = test_ask_number (path, "SELECT sum (length (key) + length (value)) FROM kv");
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

/* A file system of this process alone, which nobody but root may have. */
static gboolean may_mount;

static void
unmount (char *folder)
{
  g_assert_no_errno (umount2 (folder, MNT_DETACH));
  g_free (folder);
}

static char *
mount_disk (const char *folder,
            const char *options)
{
  char *disk = g_build_filename (folder, "disk", NULL);

  g_assert_no_errno (g_mkdir (disk, 0700));
  if (may_mount && mount ("tmpfs", disk, "tmpfs", 0, options) == 0)
    return disk;
  g_test_skip ("no file system can be mounted here");
  g_free (disk);
  return NULL;
}

/* Until the disk is full. */
static void
fill_disk (const char *disk)
{
  static const char zeros[4096];
  g_autofree char *path = g_build_filename (disk, "ballast", NULL);
  int fd = g_open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  while (write (fd, zeros, sizeof zeros) == sizeof zeros)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  close (fd);
}

static void
add_waiting (CofferVault *vault,
             const char  *folder,
             const char  *name,
             gsize        size)
{
  g_autofree char *path = g_build_filename (folder, "source", NULL);
  g_autofree char *bytes = g_strnfill (size, *name);
  g_autoptr(GBytes) key = g_bytes_new (name, strlen (name));
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  coffer_additions_append (additions, path, NULL, key, size);
  coffer_vault_add_async (vault, additions, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_add_finish (vault, result, &error));
  g_assert_no_error (error);
}

static guint64
count_waiting (CofferVault *vault)
{
  CofferCacheState state;

  coffer_cache_get_state (coffer_vault_get_cache (vault), &state);
  return state.n_entries;
}

static gboolean
flush (CofferVault *vault)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_flush_async (vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  if (coffer_vault_flush_finish (vault, result, &error))
    return TRUE;
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EFULL));
  return FALSE;
}

/* Values wait, and the disk has become full: nothing of them is lost, and all that a person can do for room can be done: the log, keys that
 * are deleted, free pages. */
static void
test_full_disk (void)
{
  g_autofree char *folder = test_folder_new ();
  char *disk = mount_disk (folder, "size=40m");
  g_autofree char *path = NULL, *copy = NULL;
  const char *problem;
  Fixture fixture = { .folder = folder };
  g_autoptr(GFile) target = NULL;
  g_autoptr(CofferUndo) history = NULL;
  g_autoptr(CofferDeletion) deletion = NULL, old = NULL;
  CofferCacheState state;
  CofferStorageJob job;
  GDateTime *when;

  if (disk == NULL)
    {
      test_folder_remove (g_steal_pointer (&folder));
      return;
    }
  path = test_make_vault (disk, "full.db", 500);
  test_sql (path, "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = 2; VACUUM; PRAGMA journal_mode = WAL; "
                  "INSERT INTO kv VALUES (x'00', zeroblob (8000000)); DELETE FROM kv WHERE key = x'00'");
  fixture.path = path;
  fixture.vault = test_open (path);
  fixture.storage = coffer_storage_new (fixture.vault);
  history = coffer_undo_new (fixture.vault);
  test_wait_for_split (&fixture);
  test_edit (fixture.vault);
  coffer_cache_set_options (coffer_vault_get_cache (fixture.vault), &(CofferCacheOptions) { TRUE, 20000000, 20000000, 86400 });
  test_sql (path, "INSERT INTO kv VALUES (x'00', zeroblob (6000000)); UPDATE kv SET value = x'' WHERE key = x'00'");   /* 6 MB of log, 14 free */
  add_waiting (fixture.vault, folder, "a", 3900000);
  add_waiting (fixture.vault, folder, "b", 3900000);
  add_waiting (fixture.vault, folder, "c", 3900000);
  add_waiting (fixture.vault, folder, "d", 3900000);
  fill_disk (disk);

  g_assert_false (flush (fixture.vault));
  coffer_cache_get_state (coffer_vault_get_cache (fixture.vault), &state);
  g_assert_nonnull (state.problem);
  g_assert_cmpuint (state.n_entries, ==, 4);

  coffer_storage_check (fixture.storage, TRUE);
  test_wait_for_job (&fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture.storage, &job));
  g_assert_cmpuint (coffer_storage_get_check (fixture.storage, &when)->keys, ==, 501);
  g_assert_cmpuint (coffer_storage_get_check (fixture.storage, &when)->n_waiting, ==, 4);
  copy = g_build_filename (folder, "copy.db", NULL);
  target = g_file_new_for_path (copy);
  g_assert_true (coffer_storage_copy (fixture.storage, target));
  test_wait_for_job (&fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture.storage, &job));
  g_assert_true (g_file_equal (coffer_storage_get_copied (fixture.storage, &problem), target));
  g_assert_null (problem);
  g_assert_cmpuint (test_size_of (copy, "-wal"), ==, 0);
  g_assert_cmpuint (test_ask_number (copy, "SELECT count (*) FROM kv WHERE length (value) = 3900000"), ==, 4);
  g_assert_cmpuint (test_ask_number (copy, "SELECT count (*) FROM kv"), ==, 505);
  g_assert_cmpuint (count_waiting (fixture.vault), ==, 4);

  coffer_storage_checkpoint (fixture.storage, COFFER_CHECKPOINT_TRUNCATE);
  test_wait_for_job (&fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture.storage, &job));
  g_assert_true (coffer_storage_get_checkpoint (fixture.storage, &when)->finished);
  g_assert_cmpuint (test_size_of (path, "-wal"), ==, 0);
  g_assert_false (flush (fixture.vault));   /* that is not room enough */
  g_assert_cmpuint (count_waiting (fixture.vault), ==, 4);

  deletion = test_hide_key (fixture.vault, "d");
  g_assert_cmpuint (count_waiting (fixture.vault), ==, 3);
  coffer_undo_push_deletion (history, deletion);
  test_undo (fixture.vault, history);
  g_assert_cmpuint (count_waiting (fixture.vault), ==, 4);
  g_clear_pointer (&deletion, coffer_deletion_unref);
  deletion = test_hide_key (fixture.vault, "d");
  old = test_hide_key (fixture.vault, "user:0000000001");
  test_write_deletions (fixture.vault, NULL);
  g_assert_cmpuint (coffer_vault_get_n_deferred (fixture.vault), ==, 0);
  g_assert_cmpuint (count_waiting (fixture.vault), ==, 3);

  coffer_storage_compact (fixture.storage, COFFER_COMPACT_STEPS, FALSE);
  test_wait_for_job (&fixture);
  g_assert_no_error (coffer_storage_get_job_error (fixture.storage, &job));
  g_assert_cmpuint (count_waiting (fixture.vault), ==, 3);
  g_assert_true (flush (fixture.vault));
  g_assert_cmpuint (count_waiting (fixture.vault), ==, 0);

  g_clear_object (&history);
  g_object_unref (fixture.storage);
  test_close (fixture.vault);
  g_assert_cmpuint (test_ask_number (path, "SELECT count (*) FROM kv WHERE length (value) = 3900000 AND key IN (x'61', x'62', x'63')"), ==, 3);
  g_assert_cmpuint (test_ask_number (path, "SELECT count (*) FROM kv"), ==, 500 - 1 + 1 + 3);
  g_assert_cmpuint (test_ask_number (path, "SELECT count (*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), ==, 1);
  unmount (disk);
  test_folder_remove (g_steal_pointer (&folder));
}

int
main (int    argc,
      char **argv)
{
  if (argc == 5 && g_str_equal (argv[1], "--job"))
    run_jobs (argv[2], argv[3], argv[4]);
  may_mount = geteuid () == 0 && unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/storage/killed-at-any-moment", test_killed);
  g_test_add_func ("/storage/without-room", test_without_room);
  g_test_add_func ("/storage/full-disk-with-values-that-wait", test_full_disk);

  return g_test_run ();
}
