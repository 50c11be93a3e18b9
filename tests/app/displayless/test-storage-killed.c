/* SPDX-License-Identifier: MIT */
/*
 * The program is killed amid a copy, or saving what is readable: under the name is what was there before, if anything, or all of the new file,
 * and what the killed one left goes with the next. At moments at random, see --seed; COFFER_TEST_KILLS tells how many.
 */
#include "storing.h"

#include "coffer-vault-upkeep.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

#define N_KEYS 20            /* of 100 kB */
#define KILLS 3              /* of each */

typedef struct {
  const char *what;
  gboolean replaces;         /* a file that is there */
} Case;

static gboolean
do_work (CofferVault *vault,
         const char  *what,
         const char  *path)
{
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *problem = NULL;
  g_autoptr(GError) error = NULL;
  CofferSalvage salvage;

  if (g_str_equal (what, "copy"))
    coffer_vault_backup_async (vault, target, NULL, NULL, test_store_result, &result);
  else
    coffer_vault_salvage_async (vault, target, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  if (g_str_equal (what, "copy"))
    return coffer_vault_backup_finish (vault, result, &problem, &error);
  return coffer_vault_salvage_finish (vault, result, &salvage, &error) && salvage.saved == N_KEYS;
}

/* A process of its own tells when it begins, and ends when it is done. */
static int
work (const char *what,
      const char *path,
      const char *target)
{
  CofferVault *vault = test_open (path);
  gboolean done;

  if (write (STDOUT_FILENO, "b", 1) != 1)
    return 1;
  done = do_work (vault, what, target);
  test_close (vault);
  return done ? 0 : 1;
}

/* Returns: what it took, in µs; @after_us: it is killed then, if it is not over; -1: it is not */
static gint64
run (const char *what,
     const char *path,
     const char *target,
     gint64      after_us,
     guint      *n_killed)
{
  g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr(GError) error = NULL;
  g_autoptr(GSubprocess) child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, own, "--work", what, path, target, NULL);
  gint64 begun;
  char byte;

  g_assert_no_error (error);
  g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (child), &byte, 1, NULL, NULL), ==, 1);
  begun = g_get_monotonic_time ();
  if (after_us >= 0)
    {
      g_usleep ((gulong) after_us);
      g_subprocess_force_exit (child);
    }
  g_assert_true (g_subprocess_wait (child, NULL, NULL));
  if (g_subprocess_get_if_signaled (child))
    (*n_killed)++;
  else
    g_assert_cmpint (g_subprocess_get_exit_status (child), ==, 0);
  return g_get_monotonic_time () - begun;
}

static void
copy_file (const char *from,
           const char *to)
{
  g_autofree char *bytes = NULL;
  g_autoptr(GError) error = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (from, &bytes, &size, &error) && g_file_set_contents (to, bytes, (gssize) size, &error));
}

static guint
count_files (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* Returns: whether the copy has all of it; else it is what was there before */
static gboolean
is_new (const char *target,
        gboolean    replaces)
{
  guint64 n;

  if (!replaces && !g_file_test (target, G_FILE_TEST_EXISTS))
    return FALSE;
  n = test_ask_number (target, "SELECT count(*) FROM kv");
  g_assert_cmpuint (test_ask_number (target, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), ==, 1);
  if (replaces && n == 1)
    return FALSE;
  g_assert_cmpuint (n, ==, N_KEYS);
  g_assert_cmpuint (test_ask_number (target, "SELECT count(*) FROM kv WHERE length (value) = 100000 AND substr (value, 1, 4) = key"), ==, N_KEYS);
  return TRUE;
}

static void
test_killed (gconstpointer data)
{
  const Case *test = data;
  const char *wanted = g_getenv ("COFFER_TEST_KILLS");
  guint n = wanted != NULL ? (guint) strtoul (wanted, NULL, 10) : KILLS, n_killed = 0, n_new = 0;
  char *folder = test_folder_new (), *place = g_build_filename (folder, "place", NULL);
  g_autofree char *path = test_make_vault (folder, "v.db", 0), *old = test_make_vault (folder, "old.db", 1);
  g_autofree char *target = g_build_filename (place, "copy.db", NULL);
  gint64 took;

  test_sql (path, "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19) INSERT INTO kv "
                  "SELECT CAST (printf ('%04d', i) AS BLOB), CAST (printf ('%04d', i) || hex (randomblob (49998)) AS BLOB) FROM n");
  g_assert_no_errno (g_mkdir (place, 0700));
  run (test->what, path, target, -1, &n_killed);
  took = run (test->what, path, target, -1, &n_killed);
  g_assert_true (is_new (target, test->replaces));
  g_assert_cmpuint (n_killed, ==, 0);
  for (guint i = 0; i < n; i++)
    {
      if (test->replaces)
        copy_file (old, target);
      else
        g_assert_no_errno (g_unlink (target));
      run (test->what, path, target, i > 0 ? took * (gint64) (i * 1000 + (guint) g_test_rand_int_range (0, 1000)) / (n * 900) : 0, &n_killed);
      n_new += is_new (target, test->replaces);
      run (test->what, path, target, -1, &n_killed);
      g_assert_true (is_new (target, test->replaces));
      g_assert_cmpuint (count_files (place), ==, 1);
    }
  g_test_message ("%u of %u were killed before the end; %u times the new one was there", n_killed, n, n_new);
  g_assert_cmpuint (n_killed, >, 0);
  test_folder_remove (place);
  test_folder_remove (folder);
}

int
main (int    argc,
      char **argv)
{
  static const Case cases[] = { { "copy", TRUE }, { "copy", FALSE }, { "salvage", TRUE }, { "salvage", FALSE } };

  if (argc == 5 && g_str_equal (argv[1], "--work"))
    return work (argv[2], argv[3], argv[4]);
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/storage/killed/copy-over-another", &cases[0], test_killed);
  g_test_add_data_func ("/storage/killed/copy-to-a-new-name", &cases[1], test_killed);
  g_test_add_data_func ("/storage/killed/salvage-over-another", &cases[2], test_killed);
  g_test_add_data_func ("/storage/killed/salvage-to-a-new-name", &cases[3], test_killed);

  return g_test_run ();
}
