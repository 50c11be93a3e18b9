/* SPDX-License-Identifier: MIT */
/* Files on their way into a vault: what is planned, what is stored, what is left out and told, and how it ends. */
#include "displayless.h"

#include "coffer-error-private.h"
#include "coffer-import-plan.h"
#include "coffer-import.h"
#include "coffer-transfers.h"

#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define N_KILLED_FILES 200
#else
#define N_KILLED_FILES 1000
#endif
#define KILLED_SIZE (75000000 / N_KILLED_FILES)   /* more than a group in all */

typedef struct {
  char *folder;      /* for the vault */
  char *files;       /* for what is imported */
  char *path;
  CofferVault *vault;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->files = g_build_filename (fixture->folder, "files", NULL);
  g_assert_no_errno (g_mkdir (fixture->files, 0700));
  fixture->path = test_make_vault (fixture->folder, "v.db", 3);
  fixture->vault = test_open (fixture->path);
  test_edit (fixture->vault);
}

static int
remove_cb (const char        *path,
           const struct stat *file,
           int                flag,
           struct FTW        *ftw)
{
  return remove (path);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  g_assert_no_errno (nftw (fixture->folder, remove_cb, 16, FTW_DEPTH | FTW_PHYS));
  g_free (fixture->folder);
  g_free (fixture->files);
  g_free (fixture->path);
}

/* Making files */

static char *
make_file (Fixture    *fixture,
           const char *name,
           const char *content,
           gssize      size)
{
  char *path = g_build_filename (fixture->files, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_no_errno (g_mkdir_with_parents (folder, 0700));
  g_assert_true (g_file_set_contents (path, content, size, NULL));
  return path;
}

static void
make (Fixture    *fixture,
      const char *name,
      const char *content)
{
  g_free (make_file (fixture, name, content, -1));
}

static void
make_zeros (Fixture    *fixture,
            const char *name,
            off_t       size)
{
  g_autofree char *path = make_file (fixture, name, "", 0);

  g_assert_no_errno (truncate (path, size));
}

/* Planning */

static CofferImportPlan *
plan_files (const char *const *paths)
{
  g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferImportPlan *plan;

  for (guint i = 0; paths[i] != NULL; i++)
    g_ptr_array_add (files, g_file_new_for_path (paths[i]));
  coffer_import_plan_new_async (files, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  plan = coffer_import_plan_new_finish (result, &error);
  g_assert_no_error (error);
  return plan;
}

static CofferImportPlan *
plan (const char *path)
{
  return plan_files ((const char *const[]) { path, NULL });
}

static char *
describe_keys (CofferImportPlan *planned,
               const char       *prefix,
               gboolean          keep_folders,
               char              separator)
{
  g_autoptr(GBytes) bytes = g_bytes_new (prefix, strlen (prefix));
  CofferImportRule rule = { bytes, keep_folders, separator };
  GString *keys = g_string_new (NULL);

  for (guint i = 0; i < coffer_import_plan_get_counts (planned).n_files; i++)
    {
      g_autoptr(GBytes) key = coffer_import_plan_dup_key (planned, i, &rule);

      g_string_append_printf (keys, "%s%.*s", i > 0 ? " " : "", (int) g_bytes_get_size (key), (const char *) g_bytes_get_data (key, NULL));
    }
  return g_string_free (keys, FALSE);
}

static char *
describe_problems (CofferImportPlan *planned)
{
  GPtrArray *problems = coffer_import_plan_get_problems (planned);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++)
    {
      CofferImportProblem *problem = g_ptr_array_index (problems, i);
      g_autofree char *name = g_path_get_basename (problem->path);

      g_string_append_printf (text, "%s%s: %s", i > 0 ? "; " : "", name, problem->reason);
    }
  return g_string_free (text, FALSE);
}

#define assert_takes(expression, expected) \
  G_STMT_START { \
    g_autofree char *taken = (expression); \
    g_assert_cmpstr (taken, ==, expected); \
  } G_STMT_END

static void
keys_come_from_paths (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autofree char *one = NULL, *sub = NULL;
  g_autoptr(CofferImportPlan) folder = NULL, both = NULL;

  make (fixture, "b.txt", "b");
  make (fixture, "a/deep/c.png", "c");
  make (fixture, "a/d.mp4", "dd");
  folder = plan (fixture->files);
  assert_takes (describe_keys (folder, "img/", TRUE, '/'), "img/a/d.mp4 img/a/deep/c.png img/b.txt");
  assert_takes (describe_keys (folder, "img/", FALSE, '/'), "img/d.mp4 img/c.png img/b.txt");
  assert_takes (describe_keys (folder, "img:", TRUE, ':'), "img:a:d.mp4 img:a:deep:c.png img:b.txt");
  g_assert_cmpstr (coffer_import_plan_get_folder (folder), ==, "files");
  g_assert_cmpuint (coffer_import_plan_get_deepest (folder), ==, 1);
  g_assert_cmpuint (coffer_import_plan_get_counts (folder).n_folders, ==, 2);
  g_assert_cmpuint (coffer_import_plan_get_counts (folder).n_bytes, ==, 4);
  g_assert_cmpuint (coffer_import_plan_get_counts (folder).n_images, ==, 1);
  g_assert_cmpuint (coffer_import_plan_get_counts (folder).n_videos, ==, 1);

  one = g_build_filename (fixture->files, "b.txt", NULL);
  sub = g_build_filename (fixture->files, "a", NULL);
  both = plan_files ((const char *const[]) { one, sub, NULL });
  assert_takes (describe_keys (both, "", TRUE, '/'), "b.txt a/d.mp4 a/deep/c.png");
  g_assert_null (coffer_import_plan_get_folder (both));
}

static void
refuses_what_is_no_file (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *fifo = g_build_filename (fixture->files, "fifo", NULL), *link = g_build_filename (fixture->files, "link", NULL),
    *loop = g_build_filename (fixture->files, "loop", NULL), *socket_path = g_build_filename (fixture->files, "socket", NULL);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);
  g_autoptr(CofferImportPlan) planned = NULL, itself = NULL, named = NULL;

  make (fixture, "good", "good");
  g_assert_no_errno (mkfifo (fifo, 0600));
  g_assert_no_errno (symlink ("good", link));
  g_assert_no_errno (symlink (".", loop));
  g_strlcpy (address.sun_path, socket_path, sizeof address.sun_path);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, sizeof address));
  planned = plan (fixture->files);
  close (fd);
  assert_takes (describe_keys (planned, "", TRUE, '/'), "good");
  assert_takes (describe_problems (planned),
                "fifo: It is neither a file nor a folder; link: It is a link, which is not followed; "
                "loop: It is a link, which is not followed; socket: It is neither a file nor a folder");

  itself = plan (fixture->path);
  g_assert_cmpuint (coffer_import_plan_get_counts (itself).n_files, ==, 0);
  assert_takes (describe_problems (itself), "v.db: It is part of a vault that is open here");
  named = plan (link);   /* a link that a person named is meant */
  assert_takes (describe_keys (named, "", TRUE, '/'), "link");
}

/* Importing */

static CofferAdditions *
apply (Fixture          *fixture,
       CofferImportPlan *planned,
       const char       *prefix)
{
  g_autoptr(GBytes) bytes = g_bytes_new (prefix, strlen (prefix));
  CofferImportRule rule = { bytes, TRUE, '/' };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferAdditions *additions;

  coffer_import_plan_apply_async (planned, fixture->vault, &rule, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  additions = coffer_import_plan_apply_finish (planned, result, &error);
  g_assert_no_error (error);
  return additions;
}

static CofferImport *
new_import (Fixture        *fixture,
            const char     *path,
            CofferConflict  conflict)
{
  g_autoptr(CofferImportPlan) planned = plan (path);
  g_autoptr(CofferAdditions) additions = apply (fixture, planned, "");

  return coffer_import_new (fixture->vault, additions, conflict);
}

static void
wait_until_over (CofferImport *import)
{
  test_wait_for (!coffer_transfer_is_active (COFFER_TRANSFER (import)));
}

static CofferImport *
run_import (Fixture        *fixture,
            CofferConflict  conflict)
{
  CofferImport *import = new_import (fixture, fixture->files, conflict);

  coffer_transfer_start (COFFER_TRANSFER (import));
  wait_until_over (import);
  return import;
}

static char *
describe_skips (CofferImport *import)
{
  GPtrArray *skips = coffer_transfer_get_skips (COFFER_TRANSFER (import));
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < skips->len; i++)
    {
      CofferTransferSkip *skip = g_ptr_array_index (skips, i);
      g_autofree char *name = g_path_get_basename (skip->name);

      g_string_append_printf (text, "%s%s: %s", i > 0 ? "; " : "", name, skip->reason);
    }
  return g_string_free (text, FALSE);
}

/* One text out of the vault, by SQLite alone. */
static char *
ask (Fixture    *fixture,
     const char *sql)
{
  sqlite3 *db;
  sqlite3_stmt *statement;
  char *answer;

  g_assert_cmpint (sqlite3_open_v2 (fixture->path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 5000);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  answer = sqlite3_step (statement) == SQLITE_ROW ? g_strdup ((const char *) sqlite3_column_text (statement, 0)) : NULL;
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return answer;
}

#define NEW_KEYS "SELECT group_concat(CAST(key AS TEXT) || '=' || CAST(value AS TEXT), ' ') FROM " \
                 "(SELECT * FROM kv WHERE CAST(key AS TEXT) NOT LIKE 'user:%' ORDER BY key)"

static void
stores_a_folder (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;

  make (fixture, "b", "bee");
  make (fixture, "a/c", "sea");
  make (fixture, "empty", "");
  import = run_import (fixture, COFFER_CONFLICT_ASK);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 3);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (import)).items, ==, 3);
  g_assert_cmpuint (coffer_transfer_get_progress (COFFER_TRANSFER (import)).bytes, ==, 6);
  assert_takes (ask (fixture, NEW_KEYS), "a/c=sea b=bee empty=");
}

static void
keeps_names_that_are_no_text (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autofree char *name = g_strnfill (255, 'x'), *endless = g_build_filename (fixture->files, name, NULL),
    *brief = make_file (fixture, "x", "long", -1);
  g_autoptr(CofferImport) import = NULL;

  make (fixture, "\xff\xfe", "no text");
  make (fixture, "new\nline", "line");
  g_assert_no_errno (g_rename (brief, endless));
  import = run_import (fixture, COFFER_CONFLICT_ASK);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 3);
  assert_takes (ask (fixture, "SELECT CAST(value AS TEXT) FROM kv WHERE key = x'fffe'"), "no text");
  assert_takes (ask (fixture, "SELECT count(*) FROM kv WHERE length(key) = 255"), "1");
}

static void
leaves_out_what_cannot_be_read (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autofree char *gone = make_file (fixture, "gone", "gone", -1), *linked = make_file (fixture, "sub/linked", "linked", -1),
    *sub = g_build_filename (fixture->files, "sub", NULL), *aside = g_build_filename (fixture->files, "aside", NULL);
  g_autoptr(CofferImport) import = NULL;

  make (fixture, "good", "good");
  import = new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_assert_no_errno (g_remove (gone));
  g_assert_no_errno (g_rename (sub, aside));          /* a link gets in the way of what was looked at */
  g_assert_no_errno (symlink (aside, sub));
  coffer_transfer_start (COFFER_TRANSFER (import));
  wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (import), "gone: It is not there any more; linked: It is not there any more");
  assert_takes (ask (fixture, NEW_KEYS), "good=good");
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
  Writer writer = { make_file (fixture, "busy", "", 0) };
  g_autoptr(CofferImport) import = NULL;
  GThread *thread;

  make (fixture, "calm", "calm");
  make_zeros (fixture, "busy", 30000000);
  thread = g_thread_new ("writer", write_thread, &writer);
  import = run_import (fixture, COFFER_CONFLICT_ASK);
  g_atomic_int_set (&writer.stop, TRUE);
  g_thread_join (thread);
  assert_takes (describe_skips (import), "busy: It changed while it was read");
  assert_takes (ask (fixture, NEW_KEYS), "calm=calm");
  g_free (writer.path);
}

/* Reading back */

static CofferImport *
run_verifying (Fixture *fixture)
{
  CofferImport *import = new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);

  coffer_additions_set_verifies (coffer_import_get_additions (import), TRUE);
  coffer_transfer_start (COFFER_TRANSFER (import));
  wait_until_over (import);
  return import;
}

static void
reads_back_what_it_stored (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;
  CofferTransferProgress progress;

  make (fixture, "b", "bee");
  make (fixture, "empty", "");
  make_zeros (fixture, "large", 3000000);
  import = run_verifying (fixture);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  assert_takes (describe_skips (import), "");
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 3);
  progress = coffer_transfer_get_progress (COFFER_TRANSFER (import));
  g_assert_cmpuint (progress.bytes, ==, 2 * 3000003);
  g_assert_cmpuint (progress.n_bytes, ==, 2 * 3000003);
}

/* As if the disk had lost it. */
static void
finds_what_is_not_as_stored (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(GAsyncResult) added = NULL, verified = NULL;
  g_autoptr(GError) error = NULL;

  make (fixture, "changed", "bee");
  make (fixture, "fine", "sea");
  make (fixture, "gone", "gee");
  planned = plan (fixture->files);
  additions = apply (fixture, planned, "");
  coffer_additions_set_verifies (additions, TRUE);
  coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &added);
  test_wait_for (added != NULL);
  g_assert_true (coffer_vault_add_finish (fixture->vault, added, &error));
  g_free (ask (fixture, "UPDATE kv SET value = CAST('bad' AS BLOB) WHERE key = CAST('changed' AS BLOB)"));
  g_free (ask (fixture, "DELETE FROM kv WHERE key = CAST('gone' AS BLOB)"));

  coffer_vault_verify_additions_async (fixture->vault, additions, NULL, test_store_result, &verified);
  test_wait_for (verified != NULL);
  g_assert_true (coffer_vault_verify_additions_finish (fixture->vault, verified, &error));
  g_assert_true (coffer_additions_is_verified (additions));
  g_assert_cmpint (coffer_additions_get (additions, 0)->state, ==, COFFER_ADDITION_FAILED);
  g_assert_cmpint (coffer_additions_get (additions, 1)->state, ==, COFFER_ADDITION_ADDED);
  g_assert_cmpint (coffer_additions_get (additions, 2)->state, ==, COFFER_ADDITION_FAILED);
  g_assert_cmpstr (coffer_additions_get (additions, 0)->problem, ==, "It was stored, but its key has another value now");
}

/* Conflicts */

static void
put (Fixture    *fixture,
     const char *key,
     const char *value)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO kv VALUES (CAST('%s' AS BLOB), CAST('%s' AS BLOB))", key, value);

  test_sql (fixture->path, sql);
}

static void
make_conflicts (Fixture *fixture)
{
  put (fixture, "a.txt", "old");
  put (fixture, "a (2).txt", "2");
  put (fixture, "same", "same");
  make (fixture, "a.txt", "new");
  make (fixture, "b", "b");
  make (fixture, "same", "same");
}

static void
finds_conflicts (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(CofferAdditions) additions = NULL;

  make_conflicts (fixture);
  planned = plan (fixture->files);
  additions = apply (fixture, planned, "");
  g_assert_cmpuint (coffer_additions_get (additions, 0)->found_size, ==, 3);
  g_assert_false (coffer_additions_get (additions, 0)->identical);
  g_assert_cmpuint (coffer_additions_get (additions, 1)->found_size, ==, G_MAXUINT64);
  g_assert_true (coffer_additions_get (additions, 2)->identical);
  g_assert_false (coffer_additions_get (additions, 2)->twice);
}

static void
takes_a_policy (Fixture       *fixture,
                gconstpointer  data)
{
  const struct { CofferConflict conflict; guint n_added, n_replaced; const char *expected; } *expected = data;
  g_autoptr(CofferImport) import = NULL;

  make_conflicts (fixture);
  import = run_import (fixture, expected->conflict);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, expected->n_added);
  g_assert_cmpuint (coffer_import_get_n_replaced (import), ==, expected->n_replaced);
  g_assert_cmpuint (coffer_import_get_n_identical (import), ==, 1);
  assert_takes (ask (fixture, NEW_KEYS), expected->expected);
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

  make_conflicts (fixture);
  put (fixture, "b", "B");
  import = new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_signal_connect (import, "conflict", G_CALLBACK (conflict_cb), &answers);
  coffer_transfer_start (COFFER_TRANSFER (import));
  wait_until_over (import);
  g_assert_cmpstr (answers.asked->str, ==, for_all != NULL ? "0+1 " : "0+1 1+0 ");
  assert_takes (ask (fixture, NEW_KEYS), "a (2).txt=2 a.txt=new b=b same=same");
  g_string_free (answers.asked, TRUE);
}

static void
cancels_when_asked (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;

  make_conflicts (fixture);
  import = new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_signal_connect (import, "conflict", G_CALLBACK (coffer_transfer_cancel), NULL);
  coffer_transfer_start (COFFER_TRANSFER (import));
  wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_CANCELLED);
  assert_takes (ask (fixture, NEW_KEYS), "a (2).txt=2 a.txt=old same=same");
}

/* How it ends */

static void
make_many (Fixture *fixture,
           guint    n,
           gsize    size)
{
  g_autofree char *content = g_malloc (size);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("%04u", i);

      memset (content, 'a' + i % 26, size);
      g_free (make_file (fixture, name, content, size));
    }
}

/* How many of those of make_many() are there; each of them is as it was. */
static guint
count_whole (Fixture *fixture,
             gsize    size)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) || ' ' || coalesce(sum(length(value) = %u AND value = CAST(replace(hex(zeroblob(%u)), '00', "
                                          "char(97 + CAST(key AS TEXT) %% 26)) AS BLOB)), 0) FROM kv WHERE length(key) = 4",
                                          (guint) size, (guint) size);
  g_autofree char *answer = ask (fixture, sql);
  guint n, n_whole;

  g_assert_cmpint (sscanf (answer, "%u %u", &n, &n_whole), ==, 2);
  g_assert_cmpuint (n, ==, n_whole);
  return n;
}

static void
cancel_cb (CofferTransfer *transfer)
{
  if (coffer_transfer_get_progress (transfer).bytes > 0)
    coffer_transfer_cancel (transfer);
}

static guint
take_back (Fixture      *fixture,
           CofferImport *import)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gssize n;

  coffer_vault_take_back_async (fixture->vault, coffer_import_get_additions (import), NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  n = coffer_vault_take_back_finish (fixture->vault, result, &error);
  g_assert_no_error (error);
  return n;
}

static void
keeps_whole_values_when_cancelled (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;
  guint n;

  make_many (fixture, 50, KILLED_SIZE);
  make_zeros (fixture, "last", 900000000);
  import = new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_signal_connect (import, "progress", G_CALLBACK (cancel_cb), NULL);
  coffer_transfer_start (COFFER_TRANSFER (import));
  wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_CANCELLED);
  n = coffer_import_get_n_added (import);
  g_assert_cmpuint (count_whole (fixture, KILLED_SIZE), ==, n);
  g_assert_cmpuint (take_back (fixture, import), ==, n);
  assert_takes (ask (fixture, "SELECT count(*) FROM kv"), "3");
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

  put (fixture, "x.txt", "old");
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
  assert_takes (ask (fixture, "SELECT count(*) FROM kv WHERE CAST(key AS TEXT) LIKE 'x (%).txt'"), "2000");
  assert_takes (ask (fixture, "SELECT CAST(value AS TEXT) FROM kv WHERE key = CAST('x (2001).txt' AS BLOB)"), "new");
  g_unlink (path);
}

static void
takes_back_only_what_it_added (Fixture       *fixture,
                               gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;

  make_conflicts (fixture);
  make (fixture, "other", "mine");
  import = run_import (fixture, COFFER_CONFLICT_REPLACE);
  test_sql (fixture->path, "UPDATE kv SET value = CAST('ours' AS BLOB) WHERE key = CAST('other' AS BLOB)");
  g_assert_cmpuint (take_back (fixture, import), ==, 2);   /* b, and the new value of a.txt */
  assert_takes (ask (fixture, "SELECT CAST(value AS TEXT) FROM kv WHERE key = CAST('a.txt' AS BLOB)"), "old");
  assert_takes (ask (fixture, "SELECT group_concat(CAST(key AS TEXT), ' ') FROM (SELECT key FROM kv WHERE CAST(key AS TEXT) NOT LIKE 'user:%' ORDER BY key)"),
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

  make_many (fixture, 8, 3000000);
  import = new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  coffer_transfer_start (COFFER_TRANSFER (import));
  coffer_transfer_set_paused (COFFER_TRANSFER (import), TRUE);
  test_run_for (50);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_PAUSED);
  coffer_transfer_set_paused (COFFER_TRANSFER (import), FALSE);
  wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_DONE);
  g_assert_cmpuint (count_whole (fixture, 3000000), ==, 8);
}

static void
refuses_a_vault_for_viewing (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(CofferImport) import = NULL;

  make (fixture, "a", "a");
  coffer_vault_stop_editing (fixture->vault);
  import = run_import (fixture, COFFER_CONFLICT_ASK);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_FAILED);
  g_assert_error (coffer_transfer_get_error (COFFER_TRANSFER (import)), COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EREADONLY));
  assert_takes (ask (fixture, "SELECT count(*) FROM kv"), "3");
}

/* As if the disk were full, but for other programs. */
static void
survives_a_full_disk (Fixture       *fixture,
                      gconstpointer  data)
{
  struct rlimit before, limit;
  g_autoptr(CofferImport) import = NULL;

  make_many (fixture, 25, 3000000);
  import = new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (getrlimit (RLIMIT_FSIZE, &before));
  limit = before;
  limit.rlim_cur = 72000000;
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &limit));
  coffer_transfer_start (COFFER_TRANSFER (import));
  wait_until_over (import);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &before));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, COFFER_TRANSFER_FAILED);
  g_assert_nonnull (coffer_transfer_get_error (COFFER_TRANSFER (import)));
  g_assert_cmpuint (coffer_import_get_n_added (import), >, 0);
  g_assert_cmpuint (count_whole (fixture, 3000000), ==, coffer_import_get_n_added (import));
  assert_takes (ask (fixture, "PRAGMA integrity_check"), "ok");
}

/* Another program writes for a while: it waits, and says so; then goes on. */
static void
waits_for_another_program (Fixture       *fixture,
                           gconstpointer  cancels)
{
  g_autoptr(CofferImport) import = NULL;
  sqlite3 *db;

  make (fixture, "a", "a");
  import = new_import (fixture, fixture->files, COFFER_CONFLICT_ASK);
  g_assert_cmpint (sqlite3_open (fixture->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_transfer_start (COFFER_TRANSFER (import));
  if (cancels != NULL)
    {
      test_run_for (100);
      coffer_transfer_cancel (COFFER_TRANSFER (import));
      wait_until_over (import);
    }
  else
    test_wait_for (coffer_transfer_get_waits_for (COFFER_TRANSFER (import)) != NULL);
  g_assert_cmpint (sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  wait_until_over (import);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (import)), ==, cancels != NULL ? COFFER_TRANSFER_CANCELLED : COFFER_TRANSFER_DONE);
  assert_takes (ask (fixture, NEW_KEYS), cancels != NULL ? NULL : "a=a");
}

/* Those to one vault run one after the other. */
static void
queue (Fixture       *fixture,
       gconstpointer  data)
{
  g_autoptr(CofferTransfers) transfers = coffer_transfers_new ();
  g_autofree char *one = make_file (fixture, "one", "1", -1), *two = make_file (fixture, "two", "2", -1);
  g_autoptr(CofferImport) first = new_import (fixture, one, COFFER_CONFLICT_ASK), second = new_import (fixture, two, COFFER_CONFLICT_ASK);

  coffer_transfers_add (transfers, COFFER_TRANSFER (first));
  coffer_transfers_add (transfers, COFFER_TRANSFER (second));
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (first)), ==, COFFER_TRANSFER_RUNNING);
  g_assert_cmpint (coffer_transfer_get_state (COFFER_TRANSFER (second)), ==, COFFER_TRANSFER_WAITING);
  g_assert_true (coffer_transfers_find (transfers, fixture->vault) == COFFER_TRANSFER (first));
  wait_until_over (first);
  wait_until_over (second);
  g_assert_null (coffer_transfers_find (transfers, NULL));
  assert_takes (ask (fixture, NEW_KEYS), "one=1 two=2");
}

/* What a process is, that is killed: "VAULT FOLDER" to import. */
static int
run_child (char **argv)
{
  Fixture fixture = { .vault = test_open (argv[2]) };
  CofferImport *import;

  test_edit (fixture.vault);
  import = new_import (&fixture, argv[3], COFFER_CONFLICT_ASK);
  coffer_transfer_start (COFFER_TRANSFER (import));
  wait_until_over (import);
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

  make_many (fixture, N_KILLED_FILES, KILLED_SIZE);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_no_errno (g_stat (fixture->path, &file));
  before = file.st_size;
  g_assert_true (g_spawn_async (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error));
  test_wait_for (g_stat (fixture->path, &file) == 0 && (file.st_size > before + 67500000 || kill (pid, 0) != 0));
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_assert_cmpuint (count_whole (fixture, KILLED_SIZE), <=, N_KILLED_FILES);
  assert_takes (ask (fixture, "PRAGMA integrity_check"), "ok");
  fixture->vault = test_open (fixture->path);
}

/* Values of another vault */

static GPtrArray *
make_keys (const char *const *texts)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

  for (guint i = 0; texts[i] != NULL; i++)
    g_ptr_array_add (keys, test_key (texts[i]));
  return keys;
}

static CofferImportPlan *
plan_values (CofferVault       *vault,
             const char *const *texts,
             gboolean           whole)
{
  g_autoptr(GPtrArray) keys = make_keys (texts);
  g_autoptr(CofferBundle) bundle = coffer_bundle_new_keys (vault, keys);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferImportPlan *planned;

  coffer_import_plan_new_values_async (bundle, whole, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  planned = coffer_import_plan_new_finish (result, &error);
  g_assert_no_error (error);
  return planned;
}

static void
copies_values (Fixture       *fixture,
               gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "other.db", 0);
  CofferVault *other;
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(CofferImport) import = NULL;

  test_sql (path, "INSERT INTO kv VALUES (CAST('a/b/one' AS BLOB), CAST('1' AS BLOB)), (CAST('a/two' AS BLOB), x'894B010300000000564B7B7D'),"
                  "(CAST('user:0000000001' AS BLOB), CAST('1' AS BLOB))");
  other = test_open (path);
  planned = plan_values (other, (const char *const[]) { "a/b/one", "a/two", "no such key", NULL }, FALSE);
  assert_takes (describe_keys (planned, "x/", TRUE, '/'), "x/a/b/one x/a/two");
  assert_takes (describe_keys (planned, "x/", FALSE, '/'), "x/one x/two");
  additions = apply (fixture, planned, "x/");
  import = coffer_import_new (fixture->vault, additions, COFFER_CONFLICT_ASK);
  coffer_transfer_start (COFFER_TRANSFER (import));
  wait_until_over (import);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 2);
  assert_takes (ask (fixture, "SELECT group_concat(CAST(key AS TEXT) || '=' || hex(value), ' ') FROM (SELECT * FROM kv WHERE CAST(key AS TEXT) LIKE 'x%' ORDER BY key)"),
                "x/a/b/one=31 x/a/two=894B010300000000564B7B7D");
  g_clear_object (&planned);
  planned = plan_values (other, (const char *const[]) { "a/b/one", "a/two", NULL }, FALSE);
  assert_takes (describe_keys (planned, "x/", TRUE, '/'), "x/b/one x/two");
  g_clear_object (&planned);   /* it has the vault */
  test_close (other);
}

static void
tells_a_value_that_is_there (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "other.db", 3);
  CofferVault *other;
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(CofferAdditions) additions = NULL;

  test_sql (path, "UPDATE kv SET value = CAST('another' AS BLOB) WHERE key = CAST('user:0000000002' AS BLOB)");
  other = test_open (path);
  planned = plan_values (other, (const char *const[]) { "user:0000000001", "user:0000000002", NULL }, TRUE);
  additions = apply (fixture, planned, "");
  g_assert_true (coffer_additions_get (additions, 0)->identical);
  g_assert_false (coffer_additions_get (additions, 1)->identical);
  g_assert_cmpuint (coffer_additions_get (additions, 1)->found_size, ==, 1);
  g_clear_object (&planned);   /* it has the vault */
  test_close (other);
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

#define ADD(path, data, func) g_test_add ("/app/transfer/" path, Fixture, data, set_up, func, tear_down)
  ADD ("plan/keys-come-from-paths", NULL, keys_come_from_paths);
  ADD ("plan/refuses-what-is-no-file", NULL, refuses_what_is_no_file);
  ADD ("plan/finds-conflicts", NULL, finds_conflicts);
  ADD ("import/stores-a-folder", NULL, stores_a_folder);
  ADD ("import/keeps-names-that-are-no-text", NULL, keeps_names_that_are_no_text);
  ADD ("import/leaves-out-what-cannot-be-read", NULL, leaves_out_what_cannot_be_read);
  ADD ("import/leaves-out-what-changes", NULL, leaves_out_what_changes);
  ADD ("import/reads-back-what-it-stored", NULL, reads_back_what_it_stored);
  ADD ("import/finds-what-is-not-as-stored", NULL, finds_what_is_not_as_stored);
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
  ADD ("values/are-copied", NULL, copies_values);
  ADD ("values/are-told-when-they-are-there", NULL, tells_a_value_that_is_there);
  ADD ("queue", NULL, queue);

  return g_test_run ();
}
