/* SPDX-License-Identifier: MIT */
/* Files and values on their way into a vault: what is planned, and what is told of it before anything is written. */
#include "importing.h"

#include "coffer-additions-private.h"
#include "coffer-error-private.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

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

static void
keys_come_from_paths (Fixture       *fixture,
                      gconstpointer  data)
{
  g_autofree char *one = NULL, *sub = NULL;
  g_autoptr(CofferImportPlan) folder = NULL, both = NULL;

  test_make_text (fixture, "b.txt", "b");
  test_make_text (fixture, "a/deep/c.png", "c");
  test_make_text (fixture, "a/d.mp4", "dd");
  folder = test_plan (fixture->files);
  test_assert_takes (describe_keys (folder, "img/", TRUE, '/'), "img/a/d.mp4 img/a/deep/c.png img/b.txt");
  test_assert_takes (describe_keys (folder, "img/", FALSE, '/'), "img/d.mp4 img/c.png img/b.txt");
  test_assert_takes (describe_keys (folder, "img:", TRUE, ':'), "img:a:d.mp4 img:a:deep:c.png img:b.txt");
  g_assert_cmpstr (coffer_import_plan_get_folder (folder), ==, "files");
  g_assert_cmpuint (coffer_import_plan_get_deepest (folder), ==, 1);
  g_assert_cmpuint (coffer_import_plan_get_counts (folder).n_folders, ==, 2);
  g_assert_cmpuint (coffer_import_plan_get_counts (folder).n_bytes, ==, 4);
  g_assert_cmpuint (coffer_import_plan_get_counts (folder).n_images, ==, 1);
  g_assert_cmpuint (coffer_import_plan_get_counts (folder).n_videos, ==, 1);

  one = g_build_filename (fixture->files, "b.txt", NULL);
  sub = g_build_filename (fixture->files, "a", NULL);
  both = test_plan_files ((const char *const[]) { one, sub, NULL });
  test_assert_takes (describe_keys (both, "", TRUE, '/'), "b.txt a/d.mp4 a/deep/c.png");
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

  test_make_text (fixture, "good", "good");
  g_assert_no_errno (mkfifo (fifo, 0600));
  g_assert_no_errno (symlink ("good", link));
  g_assert_no_errno (symlink (".", loop));
  g_strlcpy (address.sun_path, socket_path, sizeof address.sun_path);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, sizeof address));
  planned = test_plan (fixture->files);
  close (fd);
  test_assert_takes (describe_keys (planned, "", TRUE, '/'), "good");
  test_assert_takes (describe_problems (planned),
                     "fifo: It is neither a file nor a folder; link: It is a link, which is not followed; "
                     "loop: It is a link, which is not followed; socket: It is neither a file nor a folder");

  itself = test_plan (fixture->path);
  g_assert_cmpuint (coffer_import_plan_get_counts (itself).n_files, ==, 0);
  test_assert_takes (describe_problems (itself), "v.db: It is part of a vault that is open here");
  named = test_plan (link);   /* a link that a person named is meant */
  test_assert_takes (describe_keys (named, "", TRUE, '/'), "link");
}

static void
finds_conflicts (Fixture       *fixture,
                 gconstpointer  data)
{
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(CofferAdditions) additions = NULL;

  test_make_conflicts (fixture);
  planned = test_plan (fixture->files);
  additions = test_apply (fixture, planned, "");
  g_assert_cmpuint (coffer_additions_get (additions, 0)->found_size, ==, 3);
  g_assert_false (coffer_additions_get (additions, 0)->identical);
  g_assert_cmpuint (coffer_additions_get (additions, 1)->found_size, ==, G_MAXUINT64);
  g_assert_true (coffer_additions_get (additions, 2)->identical);
  g_assert_false (coffer_additions_get (additions, 2)->twice);
  g_assert_cmpuint (coffer_additions_get_foresight (additions)->n_there, ==, 2);
  g_assert_cmpuint (coffer_additions_get_foresight (additions)->n_identical, ==, 1);
  g_assert_cmpuint (coffer_additions_get_foresight (additions)->first_there, ==, 0);
}

static void
assert_foresees (CofferAdditions *additions,
                 CofferConflict   conflict,
                 guint64          expected_spared,
                 guint64          expected_kept)
{
  const CofferForesight *found = coffer_additions_get_foresight (additions);

  g_assert_cmpuint (found->n_spared[conflict], ==, expected_spared);
  g_assert_cmpuint (found->n_kept[conflict], ==, expected_kept);
}

/* What is replaced is kept: small values in memory as long as there are few, the others on the disk. */
static void
foresees_what_the_disk_takes (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(CofferAdditions) additions = NULL;

  test_make_conflicts (fixture);
  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST ('big' AS BLOB), zeroblob (5000000))");
  test_make_text (fixture, "big", "small");
  planned = test_plan (fixture->files);
  additions = test_apply (fixture, planned, "");
  assert_foresees (additions, COFFER_CONFLICT_ASK, 4, 5000000);
  assert_foresees (additions, COFFER_CONFLICT_REPLACE, 4, 5000000);
  assert_foresees (additions, COFFER_CONFLICT_SKIP, 4 + 3 + 5, 0);
  assert_foresees (additions, COFFER_CONFLICT_KEEP_BOTH, 4, 0);

  for (guint i = 0; i < 9; i++)
    {
      g_autoptr(GBytes) key = g_bytes_new_static ("another", 7);

      coffer_additions_append (additions, "/another", NULL, key, 1);
      coffer_additions_get (additions, coffer_additions_get_n (additions) - 1)->found_size = COFFER_ATTIC_SMALL;
    }
  /* With the three bytes of "old" there is room for seven of them. */
  coffer_additions_sum_foresight (additions);
  assert_foresees (additions, COFFER_CONFLICT_REPLACE, 4, 5000000 + 2 * COFFER_ATTIC_SMALL);
}

static GPtrArray *
make_keys (const char *const *texts)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func ((GDestroyNotify) coffer_key_unref);

  for (guint i = 0; texts[i] != NULL; i++)
    g_ptr_array_add (keys, test_key (texts[i]));
  return keys;
}

static CofferImportPlan *
try_to_plan_values (CofferVault        *vault,
                    const char *const  *texts,
                    gboolean            whole,
                    GError            **error)
{
  g_autoptr(GPtrArray) keys = make_keys (texts);
  g_autoptr(CofferBundle) bundle = coffer_bundle_new_keys (vault, keys);
  g_autoptr(GAsyncResult) result = NULL;

  coffer_import_plan_new_values_async (bundle, whole, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_import_plan_new_finish (result, error);
}

static CofferImportPlan *
plan_values (CofferVault       *vault,
             const char *const *texts,
             gboolean           whole)
{
  g_autoptr(GError) error = NULL;
  CofferImportPlan *planned = try_to_plan_values (vault, texts, whole, &error);

  g_assert_no_error (error);
  return planned;
}

/* What all have in common is no folder. */
static void
knows_folders (Fixture       *fixture,
               gconstpointer  data)
{
  static const struct {
    const char *keys[4];
    gboolean flat;
  } cases[] = {
    { { "one" }, TRUE },
    { { "a/b/one" }, TRUE },
    { { "a/b/one", "a/b/two", "a/b/:" }, TRUE },
    { { "a/b/one", "a/b/two", "a/b/" }, FALSE },
    { { "a/b/one", "a/c" }, FALSE },
    { { "a/b/one", "a" }, FALSE },
    { { "one", "two/" }, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GPtrArray) keys = make_keys (cases[i].keys);
      g_autoptr(CofferBundle) bundle = coffer_bundle_new_keys (fixture->vault, keys);

      g_test_message ("case %u", i);
      g_assert_cmpint (coffer_bundle_is_flat (bundle), ==, cases[i].flat);
    }
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
  test_assert_takes (describe_keys (planned, "x/", TRUE, '/'), "x/a/b/one x/a/two");
  test_assert_takes (describe_keys (planned, "x/", FALSE, '/'), "x/one x/two");
  additions = test_apply (fixture, planned, "x/");
  import = coffer_import_new (fixture->vault, additions, COFFER_CONFLICT_ASK);
  coffer_transfer_start (COFFER_TRANSFER (import));
  test_wait_until_over (import);
  g_assert_cmpuint (coffer_import_get_n_added (import), ==, 2);
  test_assert_takes (test_ask (fixture, "SELECT group_concat(CAST(key AS TEXT) || '=' || hex(value), ' ') "
                               "FROM (SELECT * FROM kv WHERE CAST(key AS TEXT) LIKE 'x%' ORDER BY key)"),
                     "x/a/b/one=31 x/a/two=894B010300000000564B7B7D");
  g_clear_object (&planned);
  planned = plan_values (other, (const char *const[]) { "a/b/one", "a/two", NULL }, FALSE);
  test_assert_takes (describe_keys (planned, "x/", TRUE, '/'), "x/b/one x/two");
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
  additions = test_apply (fixture, planned, "");
  g_assert_true (coffer_additions_get (additions, 0)->identical);
  g_assert_false (coffer_additions_get (additions, 1)->identical);
  g_assert_cmpuint (coffer_additions_get (additions, 1)->found_size, ==, 1);
  g_clear_object (&planned);   /* it has the vault */
  test_close (other);
}

/* A key that is gone is not told, as nothing of it is there to be copied. */
static void
tells_values_that_cannot_be_read (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autofree char *path = test_copy (fixture->folder, "damaged/table_leaf_wrecked.db");
  CofferVault *other = test_open (path);
  g_autoptr(CofferImportPlan) planned =
    plan_values (other, (const char *const[]) { "files/photo.png", "row:00000", "no such key", NULL }, TRUE);

  test_assert_takes (describe_keys (planned, "", TRUE, '/'), "files/photo.png");
  test_assert_takes (describe_problems (planned), "row:00000: Damaged: cannot be read");
  g_clear_object (&planned);   /* it has the vault */
  test_close (other);
}

/* Which is no reason to take its keys for gone. */
static void
plans_nothing_of_a_vault_that_is_kept (Fixture       *fixture,
                                       gconstpointer  data)
{
  static const char *const keys[] = { "user:0000000000", "user:0000000001", "user:0000000002", NULL };
  g_autofree char *path = test_make_vault (fixture->folder, "other.db", 3);
  CofferVault *other;
  g_autoptr(CofferImportPlan) planned = NULL;
  g_autoptr(GError) error = NULL;
  sqlite3 *db = NULL;

  test_sql (path, "PRAGMA journal_mode=DELETE");
  other = test_open (path);
  planned = plan_values (other, keys, TRUE);
  g_clear_object (&planned);   /* the lane has the file open by now */
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 5000);
  g_assert_cmpint (sqlite3_exec (db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), ==, SQLITE_OK);
  planned = try_to_plan_values (other, keys, TRUE, &error);
  g_assert_null (planned);
  g_assert_true (coffer_error_is_busy (error));
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  planned = plan_values (other, keys, TRUE);
  g_assert_cmpuint (coffer_import_plan_get_counts (planned).n_files, ==, 3);
  g_clear_object (&planned);   /* it has the vault */
  test_close (other);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add ("/app/transfer/" path, Fixture, data, test_import_set_up, func, test_import_tear_down)
  ADD ("plan/keys-come-from-paths", NULL, keys_come_from_paths);
  ADD ("plan/refuses-what-is-no-file", NULL, refuses_what_is_no_file);
  ADD ("plan/finds-conflicts", NULL, finds_conflicts);
  ADD ("plan/foresees-what-the-disk-takes", NULL, foresees_what_the_disk_takes);
  ADD ("values/are-copied", NULL, copies_values);
  ADD ("values/in-folders-are-known", NULL, knows_folders);
  ADD ("values/are-told-when-they-are-there", NULL, tells_a_value_that_is_there);
  ADD ("values/that-cannot-be-read-are-told", NULL, tells_values_that_cannot_be_read);
  ADD ("values/of-a-vault-that-is-kept-are-not-gone", NULL, plans_nothing_of_a_vault_that_is_kept);

  return g_test_run ();
}
