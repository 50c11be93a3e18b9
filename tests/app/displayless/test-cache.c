/* SPDX-License-Identifier: MIT */
/* Values that wait in memory: seen as if they were in the file, and written before anything else is. */
#include "displayless.h"

#include "coffer-additions.h"
#include "coffer-cache.h"
#include "coffer-deletion.h"
#include "coffer-entry-list.h"
#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>

#define N_KEYS 1500
#define NEVER 86400

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
  CofferCache *cache;
  CofferEntryList *list;
} Fixture;

static void
set_cache (Fixture *fixture,
           guint64  capacity,
           guint64  threshold,
           guint    interval_s)
{
  coffer_cache_set_options (fixture->cache, &(CofferCacheOptions) { TRUE, capacity, threshold, interval_s });
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "v.db", N_KEYS);
  fixture->vault = test_open (fixture->path);
  test_edit (fixture->vault);
  fixture->cache = coffer_vault_get_cache (fixture->vault);
  set_cache (fixture, 1000000, 500000, NEVER);
  fixture->list = coffer_entry_list_new (fixture->vault);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list));
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_clear_object (&fixture->list);
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

/* As somebody else sees it. */
static int
count_rows (Fixture    *fixture,
            const char *where)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM kv WHERE %s", where);
  sqlite3_stmt *statement;
  sqlite3 *db;
  int n;

  g_assert_cmpint (sqlite3_open_v2 (fixture->path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 5000);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return n;
}

static CofferAdditions *
add (Fixture        *fixture,
     const char     *name,
     gconstpointer   bytes,
     gsize           size,
     CofferConflict  conflict,
     GError        **error)
{
  g_autofree char *path = g_build_filename (fixture->folder, "source", NULL);
  g_autoptr(GBytes) key = g_bytes_new (name, strlen (name));
  CofferAdditions *additions = coffer_additions_new ("kv");
  gboolean done = TRUE;

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
  coffer_additions_append (additions, path, NULL, key, size);
  coffer_additions_set_conflict (additions, conflict);
  while (done && coffer_additions_get_next (additions) < coffer_additions_get_n (additions))
    {
      g_autoptr(GAsyncResult) result = NULL;

      coffer_vault_add_async (fixture->vault, additions, NULL, test_store_result, &result);
      test_wait_for (result != NULL);
      done = coffer_vault_add_finish (fixture->vault, result, error);
    }
  return additions;
}

static void
add_text (Fixture    *fixture,
          const char *name,
          const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferAdditions) additions = add (fixture, name, text, strlen (text), COFFER_CONFLICT_REPLACE, &error);

  g_assert_no_error (error);
}

static guint64
get_waiting (Fixture *fixture)
{
  CofferCacheState state;

  coffer_cache_get_state (fixture->cache, &state);
  return state.n_entries;
}

static gboolean
flush (Fixture *fixture,
       GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_vault_flush_async (fixture->vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_flush_finish (fixture->vault, result, error);
}

static guint
get_n (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

static gpointer
read_all (GInputStream           *stream,
          const CofferValueFacts *facts,
          gpointer                data,
          GCancellable           *cancellable,
          GError                **error)
{
  char *text = g_malloc0 (1000);
  gsize n;

  g_input_stream_read_all (stream, text, 999, &n, cancellable, error);
  return text;
}

static char *
read_value (Fixture    *fixture,
            const char *name)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(CofferKey) key = test_key (name);

  coffer_vault_read_value_async (fixture->vault, key, read_all, NULL, NULL, g_free, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  return coffer_vault_read_value_finish (fixture->vault, result, NULL);
}

/* Once all is known of it: whether the row at a place is marked. */
static gboolean
is_unsaved (Fixture    *fixture,
            guint       position,
            const char *name)
{
  g_autoptr(CofferEntry) entry = g_list_model_get_item (G_LIST_MODEL (fixture->list), position);

  test_wait_for (g_strcmp0 (coffer_entry_get_display_key (entry), name) == 0 && coffer_entry_get_size (entry) != G_MAXUINT64);
  return coffer_entry_get_unsaved (entry);
}

#define assert_unsaved(fixture, position, name, expected) \
  test_wait_for (is_unsaved (fixture, position, name) == (expected))

static void
test_off (Fixture       *fixture,
          gconstpointer  data)
{
  coffer_cache_set_options (fixture->cache, &(CofferCacheOptions) { FALSE, 1000, 1000, 1 });
  add_text (fixture, "new", "at once");
  g_assert_cmpint (count_rows (fixture, "key = x'6e6577'"), ==, 1);
  g_assert_cmpuint (get_waiting (fixture), ==, 0);
}

static void
test_seen (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL, *old = NULL;

  add_text (fixture, "a new one", "waits");
  add_text (fixture, "user:0000000007", "another");
  g_assert_cmpint (count_rows (fixture, "key = x'61206e6577206f6e65'"), ==, 0);
  g_assert_cmpuint (get_waiting (fixture), ==, 2);

  test_wait_for (get_n (fixture) == N_KEYS + 1);
  assert_unsaved (fixture, 0, "a new one", TRUE);
  assert_unsaved (fixture, 8, "user:0000000007", TRUE);
  assert_unsaved (fixture, 9, "user:0000000008", FALSE);
  text = read_value (fixture, "a new one");
  g_assert_cmpstr (text, ==, "waits");
  old = read_value (fixture, "user:0000000007");
  g_assert_cmpstr (old, ==, "another");
  test_wait_for (coffer_vault_get_count (fixture->vault, "kv") == N_KEYS + 1);

  g_assert_true (flush (fixture, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (get_waiting (fixture), ==, 0);
  g_assert_cmpint (count_rows (fixture, "value IN (x'7761697473', x'616e6f74686572')"), ==, 2);
  assert_unsaved (fixture, 0, "a new one", FALSE);
  assert_unsaved (fixture, 8, "user:0000000007", FALSE);
  g_assert_cmpuint (get_n (fixture), ==, N_KEYS + 1);
}

static void
test_totals (Fixture       *fixture,
             gconstpointer  data)
{
  CofferVaultTotals before = { 0 }, after = { 0 };

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GAsyncResult) result = NULL;

      coffer_vault_totals_async (fixture->vault, "kv", NULL, NULL, NULL, test_store_result, &result);
      test_wait_for (result != NULL);
      g_assert_true (coffer_vault_totals_finish (fixture->vault, result, i == 0 ? &before : &after, NULL));
      if (i == 0)
        {
          add_text (fixture, "new", "12345");
          add_text (fixture, "new", "1234567");
          add_text (fixture, "user:0000000007", "1234");   /* "7" before */
        }
    }
  g_assert_cmpuint (get_waiting (fixture), ==, 2);
  g_assert_cmpuint (after.keys, ==, before.keys + 1);
  g_assert_cmpuint (after.bytes, ==, before.bytes + 7 + 3);
}

/* One that has waited is there for who asks whether there is such a key. */
static void
test_conflict (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferAdditions) skipped = NULL, same = NULL, both = NULL;

  add_text (fixture, "new", "waits");
  skipped = add (fixture, "new", "other", 5, COFFER_CONFLICT_SKIP, &error);
  g_assert_cmpint (coffer_additions_get (skipped, 0)->state, ==, COFFER_ADDITION_SKIPPED);
  same = add (fixture, "new", "waits", 5, COFFER_CONFLICT_SKIP, &error);
  g_assert_cmpint (coffer_additions_get (same, 0)->state, ==, COFFER_ADDITION_IDENTICAL);
  both = add (fixture, "new", "other", 5, COFFER_CONFLICT_KEEP_BOTH, &error);
  g_assert_cmpint (coffer_additions_get (both, 0)->state, ==, COFFER_ADDITION_ADDED);
  g_assert_no_error (error);
  g_assert_cmpuint (get_waiting (fixture), ==, 2);
  test_wait_for (get_n (fixture) == N_KEYS + 2);
}

static void
test_interval (Fixture       *fixture,
               gconstpointer  data)
{
  set_cache (fixture, 1000000, 500000, 1);
  add_text (fixture, "new", "waits");
  g_assert_cmpuint (get_waiting (fixture), ==, 1);
  test_wait_for (get_waiting (fixture) == 0);
  g_assert_cmpint (count_rows (fixture, "key = x'6e6577'"), ==, 1);
}

/* What is added is no longer than the threshold, else it does not wait. */
static void
test_threshold (Fixture       *fixture,
                gconstpointer  data)
{
  g_autofree char *bytes = g_strnfill (600, 'x');
  CofferCacheState state;

  set_cache (fixture, 100000, 1000, NEVER);
  add_text (fixture, "a", bytes);
  g_assert_cmpuint (get_waiting (fixture), ==, 1);
  add_text (fixture, "b", bytes);
  test_wait_for (get_waiting (fixture) == 0);
  coffer_cache_get_state (fixture->cache, &state);
  g_assert_cmpuint (state.n_flushes, ==, 1);
  g_assert_cmpuint (state.flush_bytes, ==, 1202);
  g_assert_cmpint (count_rows (fixture, "length(value) = 600"), ==, 2);
}

/* A long one, and a sound, are written at once; what waited comes before them. */
static void
test_not_all_wait (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *bytes = g_strnfill (600000, 'x');
  char sound[64] = "RIFF\x38\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0";
  g_autoptr(CofferAdditions) long_one = NULL, clip = NULL;

  add_text (fixture, "new", "waits");
  long_one = add (fixture, "long", bytes, 600000, COFFER_CONFLICT_SKIP, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (get_waiting (fixture), ==, 0);
  clip = add (fixture, "clip", sound, sizeof sound, COFFER_CONFLICT_SKIP, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (get_waiting (fixture), ==, 0);
  g_assert_cmpint (count_rows (fixture, "key IN (x'6e6577', x'6c6f6e67', x'636c6970')"), ==, 3);
}

/* Every other change comes after what waits: here a rename of it, and a deletion. */
static void
test_settles (Fixture       *fixture,
              gconstpointer  data)
{
  g_autoptr(GAsyncResult) renamed = NULL, hidden = NULL;
  g_autoptr(CofferKey) key = test_key ("new"), old = test_key ("moved");
  g_autoptr(GBytes) moved = g_bytes_new_static ("moved", 5);
  g_autoptr(GPtrArray) keys = g_ptr_array_new ();
  g_autoptr(CofferDeletion) deletion = NULL;
  g_autoptr(GError) error = NULL;

  add_text (fixture, "new", "waits");
  coffer_vault_rename_async (fixture->vault, key, moved, NULL, test_store_result, &renamed);
  test_wait_for (renamed != NULL);
  g_assert_true (coffer_vault_rename_finish (fixture->vault, renamed, &error));
  g_assert_no_error (error);
  g_assert_cmpint (count_rows (fixture, "key = x'6d6f766564' AND value = x'7761697473'"), ==, 1);

  add_text (fixture, "moved", "again");
  g_assert_cmpuint (get_waiting (fixture), ==, 1);
  g_ptr_array_add (keys, old);
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &hidden);
  test_wait_for (hidden != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, hidden, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (get_waiting (fixture), ==, 0);
  test_wait_for (get_n (fixture) == N_KEYS);
}

/* A search looks in the file, where there are row ids. */
static void
test_search (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(CofferFilter) filter = coffer_filter_new (COFFER_MATCH_CONTAINS, "find", 0, 0, G_MAXUINT64, NULL);

  add_text (fixture, "find me", "waits");
  coffer_entry_list_set_filter (fixture->list, filter);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list) && get_n (fixture) == 1);
  g_assert_cmpuint (get_waiting (fixture), ==, 0);
  add_text (fixture, "find me too", "waits");
  test_wait_for (get_n (fixture) == 2 && get_waiting (fixture) == 0);
}

/* Nothing can be written: all of it is kept and tried again, until it can. */
static void
test_failure (Fixture       *fixture,
              gconstpointer  data)
{
  struct rlimit limit, none;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  CofferCacheState state;

  set_cache (fixture, 1000000, 500000, 1);
  add_text (fixture, "new", "waits");
  g_assert_cmpuint (get_waiting (fixture), ==, 1);
  signal (SIGXFSZ, SIG_IGN);
  getrlimit (RLIMIT_FSIZE, &none);
  limit = none;
  limit.rlim_cur = 1;
  setrlimit (RLIMIT_FSIZE, &limit);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.problem != NULL));
  g_assert_cmpuint (state.n_entries, ==, 1);
  g_assert_cmpint (state.retry_s, >=, 0);
  g_assert_false (flush (fixture, &error));
  g_assert_nonnull (error);
  coffer_cache_get_state (fixture->cache, &state);
  g_assert_cmpint (state.retry_s, >=, 1);   /* later each time */
  text = read_value (fixture, "new");
  g_assert_cmpstr (text, ==, "waits");
  setrlimit (RLIMIT_FSIZE, &none);

  test_wait_for (get_waiting (fixture) == 0);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.problem == NULL));   /* told in another turn */
  g_assert_cmpint (count_rows (fixture, "key = x'6e6577'"), ==, 1);
}

static void
test_discard (Fixture       *fixture,
              gconstpointer  data)
{
  add_text (fixture, "new", "waits");
  test_wait_for (get_n (fixture) == N_KEYS + 1);
  coffer_cache_discard (fixture->cache);
  test_wait_for (get_n (fixture) == N_KEYS);
  g_clear_object (&fixture->list);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_cmpint (count_rows (fixture, "key = x'6e6577'"), ==, 0);
}

/* Whoever closes has asked; but if nobody did, nothing is lost. */
static void
test_close_writes (Fixture       *fixture,
                   gconstpointer  data)
{
  add_text (fixture, "new", "waits");
  g_clear_object (&fixture->list);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_cmpint (count_rows (fixture, "key = x'6e6577'"), ==, 1);
}

/* Two windows on a file have one cache. */
static void
test_two_windows (Fixture       *fixture,
                  gconstpointer  data)
{
  CofferVault *other = test_open (fixture->path);
  g_autoptr(CofferEntryList) list = coffer_entry_list_new (other);

  g_assert_true (coffer_vault_get_cache (other) == fixture->cache);
  add_text (fixture, "new", "waits");
  test_wait_for (g_list_model_get_n_items (G_LIST_MODEL (list)) == N_KEYS + 1);
  g_clear_object (&list);
  test_close (other);
  g_assert_cmpuint (get_waiting (fixture), ==, 1);
}

/* What was meant for one file is not written to another. */
static void
test_replaced (Fixture       *fixture,
               gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "other.db", 3);
  g_autoptr(GError) error = NULL;
  CofferCacheState state;

  add_text (fixture, "new", "waits");
  test_hold (fixture->vault);
  g_assert_cmpint (g_rename (other, fixture->path), ==, 0);
  coffer_vault_resume (fixture->vault);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for ((coffer_cache_get_state (fixture->cache, &state), state.is_stale));
  g_assert_cmpuint (state.n_entries, ==, 1);
  g_assert_cmpint (state.retry_s, ==, -1);
  coffer_cache_discard (fixture->cache);
  g_assert_cmpint (count_rows (fixture, "key = x'6e6577'"), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  static const struct {
    const char *name;
    void (*func) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/cache/off", test_off },
    { "/cache/is-seen", test_seen },
    { "/cache/totals-count-it", test_totals },
    { "/cache/conflicts-with-it", test_conflict },
    { "/cache/flushed-after-a-while", test_interval },
    { "/cache/flushed-when-there-is-much", test_threshold },
    { "/cache/not-all-waits", test_not_all_wait },
    { "/cache/written-before-anything-else", test_settles },
    { "/cache/written-before-a-search", test_search },
    { "/cache/failure-keeps-it", test_failure },
    { "/cache/discard", test_discard },
    { "/cache/closing-writes-it", test_close_writes },
    { "/cache/two-windows", test_two_windows },
    { "/cache/not-for-another-file", test_replaced },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].func, tear_down);
  return g_test_run ();
}
