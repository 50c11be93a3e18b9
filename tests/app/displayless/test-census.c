/* SPDX-License-Identifier: MIT */
/* Sizes and types of all rows: gathering them, what is kept of them and for how long it is trusted, and what prefixes learn. */
#include "many-keys.h"

#include "coffer-prefix-private.h"
#include "coffer-vault-census.h"
#include "coffer-vault-private.h"

#include <sqlite3.h>
#include <unistd.h>

/* Kept for exactly the file it was gathered from: any change makes it void, and so does any damage of what is kept. */
static void
sizes_are_kept_for_the_same_file (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autofree char *file = coffer_census_dup_file (fixture->path, "kv");
  g_autofree char *content = NULL;
  CofferFileState state;
  CofferCensus *census;
  gsize size;

  test_wait_loaded (fixture);
  test_sql (fixture->path, "PRAGMA journal_mode=DELETE");
  test_wait_settled (fixture->path);
  census = test_take_census (fixture, TRUE);
  g_assert_cmpint (coffer_census_get_n_rows (census), ==, MANY);
  coffer_census_unref (census);
  coffer_file_state_read (&state, fixture->path);
  census = coffer_census_load (file, fixture->path, "kv", &state);
  g_assert_nonnull (census);
  {
    const char *label;
    guint64 bytes;

    g_assert_true (coffer_census_find (census, 1, &bytes, &label));
    g_assert_cmpint (bytes, ==, 4);
    g_assert_cmpstr (label, ==, "JPEG");
    g_assert_false (coffer_census_find (census, MANY + 1, &bytes, &label));
  }
  coffer_census_unref (census);
  g_assert_null (coffer_census_load (file, fixture->path, "other", &state));

  g_assert_true (g_file_get_contents (file, &content, &size, NULL));
  for (gsize cut = 0; cut < size; cut += size / 50 + 1)
    {
      g_assert_true (g_file_set_contents (file, content, (gssize) cut, NULL));
      g_assert_null (coffer_census_load (file, fixture->path, "kv", &state));
    }
  g_assert_true (g_file_set_contents (file, content, (gssize) size, NULL));

  test_sql (fixture->path, "UPDATE kv SET value = zeroblob (5) WHERE rowid = 1");
  coffer_file_state_read (&state, fixture->path);
  g_assert_null (coffer_census_load (file, fixture->path, "kv", &state));
}

/* The log lies beside the file that a link leads to. */
static void
links_have_the_state_of_their_files (Fixture       *fixture,
                                     gconstpointer  data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "link.db", NULL);
  CofferFileState before, after;
  sqlite3 *db;

  g_assert_no_errno (symlink (fixture->path, path));
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  /* The list may be reading: then nobody can have it. */
  test_wait_for (sqlite3_exec (db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL) == SQLITE_OK);
  sqlite3_busy_timeout (db, 10000);
  g_assert_cmpint (sqlite3_exec (db, "INSERT INTO kv VALUES (x'00', x'00')", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_file_state_read (&before, path);
  g_usleep (20000);
  g_assert_cmpint (sqlite3_exec (db, "INSERT INTO kv VALUES (x'01', x'00')", NULL, NULL, NULL), ==, SQLITE_OK);
  coffer_file_state_read (&after, path);
  g_assert_false (coffer_file_state_equal (&before, &after));
  sqlite3_close (db);
}

static void
prefixes_learn_their_bytes (Fixture       *fixture,
                            gconstpointer  data)
{
  g_autoptr(CofferPrefixLevel) level = NULL;
  g_autoptr(CofferPrefix) doc = NULL;
  g_autoptr(CofferPrefix) img = NULL;
  CofferSeparators separators;
  guint64 bytes = 0;

  test_wait_loaded (fixture);
  coffer_separators_init (&separators, COFFER_SEPARATORS_DEFAULT);
  level = coffer_prefix_level_new (fixture->vault, "kv", NULL, &separators);
  test_wait_for (g_list_model_get_n_items (G_LIST_MODEL (level)) == 2);
  doc = g_list_model_get_item (G_LIST_MODEL (level), 0);
  img = g_list_model_get_item (G_LIST_MODEL (level), 1);
  test_wait_for (coffer_prefix_get_count (img) == MANY / 2);
  g_assert_cmpuint (coffer_prefix_get_size (img), ==, G_MAXUINT64);
  coffer_census_unref (test_take_census (fixture, FALSE));
  test_wait_for (coffer_prefix_get_size (img) != G_MAXUINT64);
  for (guint i = 0; i < MANY / 2; i++)
    bytes += 4 + i * 7919 % 1000;
  g_assert_cmpuint (coffer_prefix_get_size (img), ==, bytes);

  coffer_vault_set_watching (fixture->vault, TRUE);
  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('doc/00000.txt' AS BLOB)");
  test_wait_for (coffer_prefix_get_count (doc) == MANY / 2 - 1);
}

/* Keys that could not be counted are no reason not to say how many bytes there are, once that can be told. */
static void
prefixes_learn_their_bytes_uncounted (Fixture       *fixture,
                                      gconstpointer  data)
{
  g_autoptr(CofferPrefixLevel) level = NULL;
  g_autoptr(CofferPrefix) img = NULL;
  CofferSeparators separators;

  test_wait_loaded (fixture);
  test_wreck_index_page (fixture, "img/05000.jpg");
  coffer_separators_init (&separators, COFFER_SEPARATORS_DEFAULT);
  level = coffer_prefix_level_new (fixture->vault, "kv", NULL, &separators);
  test_wait_for (g_list_model_get_n_items (G_LIST_MODEL (level)) == 2);
  img = g_list_model_get_item (G_LIST_MODEL (level), 1);
  test_wait_for (coffer_vault_get_lock_reason (fixture->vault) != NULL);
  test_mend_index_page (fixture);
  coffer_census_unref (test_take_census (fixture, FALSE));
  test_wait_for (coffer_prefix_get_size (img) != G_MAXUINT64);
  g_assert_cmpuint (coffer_prefix_get_count (img), ==, G_MAXUINT64);
}

/* ---- gathering ---- */

static void
gathering_can_be_given_up (Fixture       *fixture,
                           gconstpointer  data)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) other = NULL;
  g_autoptr(CofferCensus) census = NULL;

  test_wait_loaded (fixture);
  coffer_vault_census_async (fixture->vault, "kv", TRUE, NULL, NULL, cancellable, test_store_result, &result);
  coffer_vault_census_async (fixture->vault, "kv", FALSE, NULL, NULL, NULL, test_store_result, &other);
  g_cancellable_cancel (cancellable);
  test_wait_for (result != NULL);
  g_assert_null (coffer_vault_census_finish (fixture->vault, result, NULL));
  test_wait_for (other != NULL);   /* who shares the work has it all the same */
  census = coffer_vault_census_finish (fixture->vault, other, NULL);
  g_assert_cmpint (coffer_census_get_n_rows (census), ==, MANY);
}

typedef struct {
  CofferVault *vault;
  GAsyncResult *result;
  gboolean asked;
} More;

static void
want_more_cb (guint64  n_rows,
              guint64  n_bytes,
              guint64  n_total,
              gpointer data)
{
  More *more = data;

  if (!more->asked)
    coffer_vault_census_async (more->vault, "other", FALSE, NULL, NULL, NULL, test_store_result, &more->result);
  more->asked = TRUE;
}

/* Who hears how far it is may ask for something else. */
static void
gathering_can_give_way_to_another (Fixture       *fixture,
                                   gconstpointer  data)
{
  g_autofree char *path = test_make_vault (fixture->folder, "many.db", 100000);
  GAsyncResult *result = NULL;
  More more = { 0 };

  test_sql (path, "CREATE TABLE other (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL); INSERT INTO other VALUES (x'00', x'00')");
  more.vault = test_open (path);
  coffer_vault_census_async (more.vault, "kv", TRUE /* every value is read: it takes many slices */, want_more_cb, &more, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (more.asked);
  g_assert_null (coffer_vault_census_finish (more.vault, result, NULL));
  test_wait_for (more.result != NULL);
  {
    g_autoptr(CofferCensus) census = coffer_vault_census_finish (more.vault, more.result, NULL);

    g_assert_cmpuint (coffer_census_get_n_rows (census), ==, 1);
  }
  g_object_unref (result);
  g_object_unref (more.result);
  test_close (more.vault);
}

int
main (int   argc,
      char *argv[])
{
  test_list_init (&argc, &argv);

#define ADD(name, data, func) TEST_LIST_ADD ("/census/" name, data, func)
  ADD ("sizes-are-kept-for-the-same-file", 0, sizes_are_kept_for_the_same_file);
  ADD ("links-have-the-state-of-their-files", 0, links_have_the_state_of_their_files);
  ADD ("prefixes-learn-their-bytes", 0, prefixes_learn_their_bytes);
  ADD ("prefixes-learn-their-bytes-uncounted", 0, prefixes_learn_their_bytes_uncounted);
  ADD ("gathering-can-be-given-up", 0, gathering_can_be_given_up);
  ADD ("gathering-can-give-way-to-another", 0, gathering_can_give_way_to_another);

  return test_list_run ();
}
