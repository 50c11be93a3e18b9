/* SPDX-License-Identifier: MIT */
/* Files on their way into a vault: what is stored, what is left out and told, and how it ends. */
#include "importing.h"

#include "coffer-error-private.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define N_KILLED_FILES 200
#else
#define N_KILLED_FILES 1000
#endif
#define KILLED_SIZE (75000000 / N_KILLED_FILES)   /* more than a group in all */

static void
stores_a_folder (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;

  test_make_text (fixture, "b", "bee");
  test_make_text (fixture, "a/c", "sea");
  test_make_text (fixture, "empty", "");
  import = test_run_import (fixture, COFFER_CONFLICT_ASK);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 3);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (import)).items, ==, 3);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (import)).bytes, ==, 6);
  test_assert_takes (test_ask (fixture, TEST_NEW_KEYS), "a/c=sea b=bee empty=");
}

static void
keeps_names_that_are_no_text (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autofree char *name = g_strnfill (255, 'x'), *endless = g_build_filename (fixture->files, name, NULL),
    *brief = test_make_file (fixture, "x", "long", -1);
  g_autoptr(CofferImport) import = NULL;

  test_make_text (fixture, "\xff\xfe", "no text");
  test_make_text (fixture, "new\nline", "line");
  g_assert_no_errno (g_rename (brief, endless));
  import = test_run_import (fixture, COFFER_CONFLICT_ASK);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 3);
  test_assert_takes (test_ask (fixture, "SELECT CAST(value AS TEXT) FROM kv WHERE key = x'fffe'"), "no text");
  test_assert_takes (test_ask (fixture, "SELECT count(*) FROM kv WHERE length(key) = 255"), "1");
}

static void
leaves_out_what_cannot_be_read (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autofree char *gone = test_make_file (fixture, "gone", "gone", -1), *linked = test_make_file (fixture, "sub/linked", "linked", -1),
    *sub = g_build_filename (fixture->files, "sub", NULL), *aside = g_build_filename (fixture->files, "aside", NULL);
  g_autoptr(CofferImport) import = NULL;

  test_make_text (fixture, "good", "good");
  import = test_new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_assert_no_errno (g_remove (gone));
  g_assert_no_errno (g_rename (sub, aside));          /* a link gets in the way of what was looked at */
  g_assert_no_errno (symlink (aside, sub));
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  test_assert_takes (test_describe_skips (import), "gone: It is not there any more; linked: It is not there any more");
  test_assert_takes (test_ask (fixture, TEST_NEW_KEYS), "good=good");
}

typedef struct {
  char *path;
  gint stop;   /* atomic */
} Writer;

/* Goes on changing the size of a file. */
static gpointer
write_thread (gpointer data)
{
  Writer *writer = data;

  for (off_t size = 30000000; !g_atomic_int_get (&writer->stop); size = size == 30000000 ? 20000000 : 30000000)
    g_assert_no_errno (truncate (writer->path, size));
  return NULL;
}

static void
leaves_out_what_changes (Fixture       *fixture,
                         gconstpointer  data)
{
  Writer writer = { test_make_file (fixture, "busy", "", 0) };
  g_autoptr(CofferImport) import = NULL;
  GThread *thread;

  test_make_text (fixture, "calm", "calm");
  test_make_zeros (fixture, "busy", 30000000);
  thread = g_thread_new ("writer", write_thread, &writer);
  import = test_run_import (fixture, COFFER_CONFLICT_ASK);
  g_atomic_int_set (&writer.stop, TRUE);
  g_thread_join (thread);
  test_assert_takes (test_describe_skips (import), "busy: It changed while it was read");
  test_assert_takes (test_ask (fixture, TEST_NEW_KEYS), "calm=calm");
  g_free (writer.path);
}

static void
takes_a_policy (Fixture       *fixture,
                gconstpointer  data)
{
  const struct { CofferConflict conflict; guint n_added, n_replaced; const char *expected; } *expected = data;
  g_autoptr(CofferImport) import = NULL;

  test_make_conflicts (fixture);
  import = test_run_import (fixture, expected->conflict);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, expected->n_added);
  g_assert_cmpuint (coffer_import_get_n_replaced (import), ==, expected->n_replaced);
  g_assert_cmpuint (coffer_import_get_n_identical (import), ==, 1);
  test_assert_takes (test_ask (fixture, TEST_NEW_KEYS), expected->expected);
}

typedef struct {
  GString *asked;
  CofferConflict conflict;
  gboolean for_all;
} Answers;

static void
conflict_cb (CofferImport *import,
             guint         position,
             guint         n_left,
             Answers      *answers)
{
  g_string_append_printf (answers->asked, "%u+%u ", position, n_left);
  coffer_import_answer (import, answers->conflict, answers->for_all);
}

static void
asks (Fixture       *fixture,
      gconstpointer  for_all)
{
  Answers answers = { g_string_new (NULL), COFFER_CONFLICT_REPLACE, for_all != NULL };
  g_autoptr(CofferImport) import = NULL;

  test_make_conflicts (fixture);
  test_put (fixture, "b", "B");
  import = test_new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_signal_connect (import, "conflict", G_CALLBACK (conflict_cb), &answers);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  g_assert_cmpstr (answers.asked->str, ==, for_all != NULL ? "0+1 " : "0+1 1+0 ");
  test_assert_takes (test_ask (fixture, TEST_NEW_KEYS), "a (2).txt=2 a.txt=new b=b same=same");
  g_string_free (answers.asked, TRUE);
}

static void
cancels_when_asked (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;

  test_make_conflicts (fixture);
  import = test_new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_signal_connect (import, "conflict", G_CALLBACK (coffer_transfer_cancel), NULL);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_CANCELLED);
  test_assert_takes (test_ask (fixture, TEST_NEW_KEYS), "a (2).txt=2 a.txt=old same=same");
}

static void
cancel_cb (CofferTransfer *transfer)
{
  if (coffer_transfer_get_progress (transfer).bytes > 0)
    coffer_transfer_cancel (transfer);
}

static void
keeps_whole_values_when_cancelled (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;
  guint n;

  test_make_many_files (fixture, 50, KILLED_SIZE);
  test_make_zeros (fixture, "last", 900000000);
  import = test_new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_signal_connect (import, "progress", G_CALLBACK (cancel_cb), NULL);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_CANCELLED);
  n = coffer_import_get_n_added (import);
  g_assert_cmpuint (test_count_whole (fixture, KILLED_SIZE), ==, n);
  g_assert_cmpuint (test_take_back (fixture, import), ==, n);
  test_assert_takes (test_ask (fixture, "SELECT count(*) FROM kv"), "3");
}

/* Each looks for a free number from the last one on. */
static void
numbers_many_of_one_name (Fixture       *fixture,
                          gconstpointer  data)
{
  const guint n = 2000;
  g_autoptr(CofferAdditions) additions = coffer_additions_new ("kv");
  g_autoptr(GBytes) key = g_bytes_new_static ("x.txt", 5);
  g_autofree char *path = g_build_filename (fixture->folder, "x.txt", NULL);

  test_put (fixture, "x.txt", "old");
  g_assert_true (g_file_set_contents (path, "new", -1, NULL));
  coffer_additions_set_conflict (additions, COFFER_CONFLICT_KEEP_BOTH);
  for (guint i = 0; i < n; i++)
    coffer_additions_append (additions, path, NULL, key, 3);
  while (coffer_additions_get_next (additions) < n)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;

      coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
      test_wait_for (result != NULL);
      g_assert_true (coffer_vault_add_finish (fixture->vault, result, &error));
      g_assert_no_error (error);
    }
  test_assert_takes (test_ask (fixture, "SELECT count(*) FROM kv WHERE CAST(key AS TEXT) LIKE 'x (%).txt'"), "2000");
  test_assert_takes (test_ask (fixture, "SELECT CAST(value AS TEXT) FROM kv WHERE key = CAST('x (2001).txt' AS BLOB)"), "new");
  g_unlink (path);
}

static void
takes_back_only_what_it_added (Fixture       *fixture,
                               gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;
  guint stirs;

  test_make_conflicts (fixture);
  test_make_text (fixture, "other", "mine");
  import = test_run_import (fixture, COFFER_CONFLICT_REPLACE);
  stirs = coffer_additions_get_stirs (coffer_import_get_additions (import));
  test_sql (fixture->path, "UPDATE kv SET value = CAST('ours' AS BLOB) WHERE key = CAST('other' AS BLOB)");
  g_assert_cmpuint (test_take_back (fixture, import), ==, 2);   /* b, and the new value of a.txt, */
  g_assert_cmpuint (coffer_additions_get_stirs (coffer_import_get_additions (import)), >, stirs);   /* which was kept: nobody is waited for */
  test_assert_takes (test_ask (fixture, "SELECT CAST(value AS TEXT) FROM kv WHERE key = CAST('a.txt' AS BLOB)"), "old");
  test_assert_takes (test_ask (fixture, "SELECT group_concat(CAST(key AS TEXT), ' ') "
                               "FROM (SELECT key FROM kv WHERE CAST(key AS TEXT) NOT LIKE 'user:%' ORDER BY key)"),
                     "a (2).txt a.txt other same");
}

/* More takes longer, and so does looking at it once more. */
static void
estimates_its_time (void)
{
  double one = coffer_import_estimate (1, 1000000000, FALSE);

  g_assert_cmpfloat (coffer_import_estimate (0, 0, TRUE), ==, 0);
  g_assert_cmpfloat (one, >, 0);
  g_assert_cmpfloat (coffer_import_estimate (100000, 1000000000, FALSE), >, one);
  g_assert_cmpfloat (coffer_import_estimate (1, 2000000000, FALSE), >, one);
  g_assert_cmpfloat (coffer_import_estimate (1, 1000000000, TRUE), >, one);
}

static void
pauses (Fixture       *fixture,
        gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;

  test_make_many_files (fixture, 8, 3000000);
  import = test_new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  coffer_transfer_start (COFFER_TRANSFER (import));
  coffer_transfer_set_paused (COFFER_TRANSFER (import), TRUE);
  test_run_for (50);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_PAUSED);
  coffer_transfer_set_paused (COFFER_TRANSFER (import), FALSE);
  test_wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (test_count_whole (fixture, 3000000), ==, 8);
}

static void
refuses_a_vault_for_viewing (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;

  test_make_text (fixture, "a", "a");
  coffer_vault_stop_editing (fixture->vault);
  import = test_run_import (fixture, COFFER_CONFLICT_ASK);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_FAILED);
  g_assert_error (coffer_transfer_get_error (COFFER_TRANSFER (import)), COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  test_assert_takes (test_ask (fixture, "SELECT count(*) FROM kv"), "3");
}

/* As if the disk were full, but for other programs. */
static void
survives_a_full_disk (Fixture       *fixture,
                      gconstpointer  data)
{
  struct rlimit before, limit;
  g_autoptr(CofferImport) import = NULL;

  test_make_many_files (fixture, 25, 3000000);
  import = test_new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &before));
  limit = before;
  limit.rlim_cur = 72000000;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &before));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_FAILED);
  g_assert_nonnull (coffer_transfer_get_error (COFFER_TRANSFER (import)));
  g_assert_cmpuint (coffer_import_get_n_added (import), >, 0);
  g_assert_cmpuint (test_count_whole (fixture, 3000000), ==, coffer_import_get_n_added (import));
  test_assert_takes (test_ask (fixture, "PRAGMA integrity_check"), "ok");
}

/* Another program writes for a while: it waits, and says so; then goes on. */
static void
waits_for_another_program (Fixture       *fixture,
                           gconstpointer  cancels)
{
  g_autoptr(CofferImport) import = NULL;
  sqlite3 *db;

  test_make_text (fixture, "a", "a");
  import = test_new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_transfer_start (COFFER_TRANSFER (import));
  if (cancels != NULL)
    {
      test_run_for (100);
      coffer_transfer_cancel (COFFER_TRANSFER (import));
      test_wait_until_over (import);
    }
  else
    test_wait_for (coffer_transfer_get_waits_for (COFFER_TRANSFER (import)) != NULL);
  g_assert_cmpint (sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  test_wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, cancels != NULL ? COFFER_TRANSFER_CANCELLED : COFFER_TRANSFER_DONE);
  test_assert_takes (test_ask (fixture, TEST_NEW_KEYS), cancels != NULL ? NULL : "a=a");
}

/* What a process is, that is killed: "VAULT FOLDER" to import. */
static int
run_child (char **argv)
{
  Fixture fixture = { .vault = test_open (argv[2]) };
  CofferImport *import;

  test_edit (fixture.vault);
  import = test_new_import (&fixture, argv[3], COFFER_CONFLICT_ASK);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  g_object_unref (import);
  test_close (fixture.vault);
  return 0;
}

static char *self_path;

static void
leaves_whole_values_when_killed (Fixture       *fixture,
                                 gconstpointer  data)
{
  const char *argv[] = { self_path, "--child", fixture->path, fixture->files, NULL };
  g_autoptr(GError) error = NULL;
  goffset before;
  GStatBuf file;
  GPid pid;

  test_make_many_files (fixture, N_KILLED_FILES, KILLED_SIZE);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_no_errno (g_stat (fixture->path, &file));
  before = file.st_size;
  g_assert_true (g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error));
  test_wait_for (g_stat (fixture->path, &file) == 0 && (file.st_size > before + 67500000 || kill (pid, 0) != 0));
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_assert_cmpuint (test_count_whole (fixture, KILLED_SIZE), <=, N_KILLED_FILES);
  test_assert_takes (test_ask (fixture, "PRAGMA integrity_check"), "ok");
  fixture->vault = test_open (fixture->path);
}

int
main (int   argc,
      char *argv[])
{
  static const struct { CofferConflict conflict; guint n_added, n_replaced; const char *expected; } policies[] = {
    { COFFER_CONFLICT_SKIP, 1, 0, "a (2).txt=2 a.txt=old b=b same=same" },
    { COFFER_CONFLICT_REPLACE, 1, 1, "a (2).txt=2 a.txt=new b=b same=same" },
    { COFFER_CONFLICT_KEEP_BOTH, 2, 0, "a (2).txt=2 a (3).txt=new a.txt=old b=b same=same" },
  };

  if (argc == 4 && g_str_equal (argv[1], "--child"))
    return run_child (argv);
  self_path = argv[0];
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add ("/app/transfer/" path, Fixture, data, test_import_set_up, func, test_import_tear_down)
  ADD ("import/stores-a-folder", NULL, stores_a_folder);
  ADD ("import/keeps-names-that-are-no-text", NULL, keeps_names_that_are_no_text);
  ADD ("import/leaves-out-what-cannot-be-read", NULL, leaves_out_what_cannot_be_read);
  ADD ("import/leaves-out-what-changes", NULL, leaves_out_what_changes);
  g_test_add_func ("/app/transfer/import/estimates-its-time", estimates_its_time);
  ADD ("import/skips", &policies[0], takes_a_policy);
  ADD ("import/replaces", &policies[1], takes_a_policy);
  ADD ("import/keeps-both", &policies[2], takes_a_policy);
  ADD ("import/asks", NULL, asks);
  ADD ("import/asks-once", "", asks);
  ADD ("import/cancels-when-asked", NULL, cancels_when_asked);
  ADD ("import/keeps-whole-values-when-cancelled", NULL, keeps_whole_values_when_cancelled);
  ADD ("import/takes-back-only-what-it-added", NULL, takes_back_only_what_it_added);
  ADD ("import/numbers-many-of-one-name", NULL, numbers_many_of_one_name);
  ADD ("import/pauses", NULL, pauses);
  ADD ("import/refuses-a-vault-for-viewing", NULL, refuses_a_vault_for_viewing);
  ADD ("import/survives-a-full-disk", NULL, survives_a_full_disk);
  ADD ("import/waits-for-another-program", NULL, waits_for_another_program);
  ADD ("import/cancels-while-it-waits", "", waits_for_another_program);
  ADD ("import/leaves-whole-values-when-killed", NULL, leaves_whole_values_when_killed);

  return g_test_run ();
}
