/* SPDX-License-Identifier: MIT */
/* Values that wait in memory: seen as if they were in the file, and written before anything else is. */
#include "caching.h"

#include "coffer-deletion.h"
#include "coffer-largest.h"
#include "coffer-prefix-private.h"
#include "coffer-vault-census.h"
#include "coffer-vault-storage.h"

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
  test_add_text (fixture, "new", "at once");
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6e6577'"), ==, 1);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
}

static void
test_seen (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL, *old = NULL;

  test_add_text (fixture, "a new one", "waits");
  test_add_text (fixture, "user:0000000007", "another");
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'61206e6577206f6e65'"), ==, 0);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 2);

  test_wait_for (test_n_listed (fixture) == N_KEYS + 1);
  assert_unsaved (fixture, 0, "a new one", TRUE);
  assert_unsaved (fixture, 8, "user:0000000007", TRUE);
  assert_unsaved (fixture, 9, "user:0000000008", FALSE);
  text = test_read_value (fixture, "a new one");
  g_assert_cmpstr (text, ==, "waits");
  old = test_read_value (fixture, "user:0000000007");
  g_assert_cmpstr (old, ==, "another");
  test_wait_for (coffer_vault_get_count (fixture->vault, "kv") == N_KEYS + 1);

  g_assert_true (test_flush (fixture->vault, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  g_assert_cmpint (test_count_rows (fixture->path, "value IN (x'7761697473', x'616e6f74686572')"), ==, 2);
  assert_unsaved (fixture, 0, "a new one", FALSE);
  assert_unsaved (fixture, 8, "user:0000000007", FALSE);
  g_assert_cmpuint (test_n_listed (fixture), ==, N_KEYS + 1);
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
          test_add_text (fixture, "new", "12345");
          test_add_text (fixture, "new", "1234567");
          test_add_text (fixture, "user:0000000007", "1234");   /* "7" before */
        }
    }
  g_assert_cmpuint (test_n_waiting (fixture), ==, 2);
  g_assert_cmpuint (after.keys, ==, before.keys + 1);
  g_assert_cmpuint (after.bytes, ==, before.bytes + 7 + 3);
}

static CofferVaultTotals
measure (Fixture *fixture,
         guint    n_rows)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  g_autoptr(GAsyncResult) result = NULL;
  CofferVaultTotals totals;

  coffer_ranges_add_range (rows, 0, n_rows);
  coffer_entry_list_measure_async (fixture->list, rows, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_entry_list_measure_finish (fixture->list, result, &totals, NULL));
  return totals;
}

/* So do keys that are chosen, or under a prefix: a new one has no row, and one that replaces has the row of the old. */
static void
test_measured (Fixture       *fixture,
               gconstpointer  data)
{
  CofferVaultTotals before, after;

  test_wait_for (test_n_listed (fixture) == N_KEYS);
  before = measure (fixture, N_KEYS);
  test_add_text (fixture, "new", "1234567");
  test_add_text (fixture, "user:0000000007", "1234");   /* "7" before */
  test_wait_for (test_n_listed (fixture) == N_KEYS + 1);
  after = measure (fixture, N_KEYS + 1);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 2);
  g_assert_cmpuint (after.unreadable, ==, 0);
  g_assert_cmpuint (after.keys, ==, before.keys + 1);
  g_assert_cmpuint (after.bytes, ==, before.bytes + 7 + 3);
}

/* So do the sums of prefixes, and the largest keys: with the sizes that are seen, not those in the file. */
static void
test_sums (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr(GAsyncResult) counted = NULL, summed = NULL, looked = NULL;
  g_autoptr(GBytes) all = g_bytes_new_static ("", 0);
  CofferPrefixTable *children = coffer_prefix_table_new ();
  g_autoptr(CofferLargest) largest = NULL;
  g_autoptr(CofferCensus) census = NULL;
  const CofferLargestPart *first;
  CofferSeparators separators;
  g_autoptr(GArray) sizes = NULL;
  guint64 bytes = 3;   /* more, of the one that is replaced */

  for (guint i = 0; i < N_KEYS; i++)
    bytes += i < 10 ? 1 : i < 100 ? 2 : i < 1000 ? 3 : 4;
  test_add_text (fixture, "user/a", "12345");
  test_add_text (fixture, "user:0000000007", "1234");   /* "7" before */
  coffer_vault_census_async (fixture->vault, "kv", FALSE, NULL, NULL, NULL, test_store_result, &counted);
  test_wait_for (counted != NULL);
  census = coffer_vault_census_finish (fixture->vault, counted, NULL);
  g_assert_nonnull (census);

  coffer_prefix_table_add (children, "user/", 5);
  coffer_prefix_table_add (children, "user:", 5);
  coffer_prefix_sizes_async (fixture->vault, "kv", all, children, census, NULL, test_store_result, &summed);
  test_wait_for (summed != NULL);
  sizes = coffer_prefix_sizes_finish (fixture->vault, summed, NULL);
  g_assert_cmpuint (g_array_index (sizes, guint64, 0), ==, 5);
  g_assert_cmpuint (g_array_index (sizes, guint64, 1), ==, bytes);

  coffer_separators_init (&separators, COFFER_SEPARATORS_DEFAULT);
  coffer_largest_async (fixture->vault, "kv", NULL, &separators, census, 10, 10, NULL, NULL, NULL, test_store_result, &looked);
  test_wait_for (looked != NULL);
  largest = coffer_largest_finish (fixture->vault, looked, NULL);
  g_assert_cmpuint (largest->n_unmeasured, ==, 0);
  g_assert_cmpuint (largest->n_bytes, ==, bytes + 5);
  first = g_ptr_array_index (largest->keys, 0);
  g_assert_cmpuint (first->size, ==, 5);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 2);
  coffer_prefix_table_free (children);
}

/* One that has waited is there for who asks whether there is such a key. */
static void
test_conflict (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferAdditions) skipped = NULL, same = NULL, both = NULL;

  test_add_text (fixture, "new", "waits");
  skipped = test_add_value (fixture, "new", "other", 5, COFFER_CONFLICT_SKIP, &error);
  g_assert_cmpint (coffer_additions_get (skipped, 0)->state, ==, COFFER_ADDITION_SKIPPED);
  same = test_add_value (fixture, "new", "waits", 5, COFFER_CONFLICT_SKIP, &error);
  g_assert_cmpint (coffer_additions_get (same, 0)->state, ==, COFFER_ADDITION_IDENTICAL);
  both = test_add_value (fixture, "new", "other", 5, COFFER_CONFLICT_KEEP_BOTH, &error);
  g_assert_cmpint (coffer_additions_get (both, 0)->state, ==, COFFER_ADDITION_ADDED);
  g_assert_no_error (error);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 2);
  test_wait_for (test_n_listed (fixture) == N_KEYS + 2);
}

static void
test_interval (Fixture       *fixture,
               gconstpointer  data)
{
  test_add_text (fixture, "new", "waits");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  test_set_cache (fixture, 1000000, 500000, 1);
  test_wait_for (test_n_waiting (fixture) == 0);
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6e6577'"), ==, 1);
}

/* What is added is no longer than the threshold, else it does not wait. */
static void
test_threshold (Fixture       *fixture,
                gconstpointer  data)
{
  g_autofree char *bytes = g_strnfill (600, 'x');
  CofferCacheState state;

  test_set_cache (fixture, 100000, 1000, NEVER);
  test_add_text (fixture, "a", bytes);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  test_add_text (fixture, "b", bytes);
  test_wait_for (test_n_waiting (fixture) == 0);
  coffer_cache_get_state (fixture->cache, &state);
  g_assert_cmpuint (state.n_flushes, ==, 1);
  g_assert_cmpuint (state.flush_bytes, ==, 1202);
  g_assert_cmpint (test_count_rows (fixture->path, "length(value) = 600"), ==, 2);
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

  test_add_text (fixture, "new", "waits");
  long_one = test_add_value (fixture, "long", bytes, 600000, COFFER_CONFLICT_SKIP, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  clip = test_add_value (fixture, "clip", sound, sizeof sound, COFFER_CONFLICT_SKIP, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  g_assert_cmpint (test_count_rows (fixture->path, "key IN (x'6e6577', x'6c6f6e67', x'636c6970')"), ==, 3);
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

  test_add_text (fixture, "new", "waits");
  coffer_vault_rename_async (fixture->vault, key, moved, NULL, test_store_result, &renamed);
  test_wait_for (renamed != NULL);
  g_assert_true (coffer_vault_rename_finish (fixture->vault, renamed, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6d6f766564' AND value = x'7761697473'"), ==, 1);

  test_add_text (fixture, "moved", "again");
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_ptr_array_add (keys, old);
  coffer_vault_hide_async (fixture->vault, keys, NULL, test_store_result, &hidden);
  test_wait_for (hidden != NULL);
  deletion = coffer_vault_hide_finish (fixture->vault, hidden, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  test_wait_for (test_n_listed (fixture) == N_KEYS);
}

/* A search looks in the file, where there are row ids. */
static void
test_search (Fixture       *fixture,
             gconstpointer  data)
{
  g_autoptr(CofferFilter) filter = coffer_filter_new (COFFER_MATCH_CONTAINS, "find", 0, 0, G_MAXUINT64, NULL);

  test_add_text (fixture, "find me", "waits");
  coffer_entry_list_set_filter (fixture->list, filter);
  test_wait_for (!coffer_entry_list_get_loading (fixture->list) && test_n_listed (fixture) == 1);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  test_add_text (fixture, "find me too", "waits");
  test_wait_for (test_n_listed (fixture) == 2 && test_n_waiting (fixture) == 0);
}

static void
test_discard (Fixture       *fixture,
              gconstpointer  data)
{
  test_add_text (fixture, "new", "waits");
  test_wait_for (test_n_listed (fixture) == N_KEYS + 1);
  coffer_cache_discard (fixture->cache);
  test_wait_for (test_n_listed (fixture) == N_KEYS);
  g_clear_object (&fixture->list);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6e6577'"), ==, 0);
}

/* Whoever closes has asked; but if nobody did, nothing is lost. */
static void
test_close_writes (Fixture       *fixture,
                   gconstpointer  data)
{
  test_add_text (fixture, "new", "waits");
  g_clear_object (&fixture->list);
  test_close (g_steal_pointer (&fixture->vault));
  g_assert_cmpint (test_count_rows (fixture->path, "key = x'6e6577'"), ==, 1);
}

/* Two windows on a file have one cache. */
static void
test_two_windows (Fixture       *fixture,
                  gconstpointer  data)
{
  CofferVault *other = test_open (fixture->path);
  g_autoptr(CofferEntryList) list = coffer_entry_list_new (other);

  g_assert_true (coffer_vault_get_cache (other) == fixture->cache);
  test_add_text (fixture, "new", "waits");
  test_wait_for (g_list_model_get_n_items (G_LIST_MODEL (list)) == N_KEYS + 1);
  g_clear_object (&list);
  test_close (other);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
}

/* A window that only looks, beside one that edits: the one that edits writes for it. */
static void
test_viewing_beside (Fixture       *fixture,
                     gconstpointer  data)
{
  CofferVault *other = test_open (fixture->path);
  g_autoptr(CofferEntryList) list = coffer_entry_list_new (other);
  g_autoptr(CofferInspection) found = NULL;
  g_autofree char *copy = NULL;

  test_add_text (fixture, "find me", "waits");
  test_search_for (list, "find");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (list)), ==, 1);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 0);
  g_clear_object (&list);

  test_add_text (fixture, "checked", "waits");
  found = test_check (other);
  g_assert_cmpuint (found->keys, ==, N_KEYS + 1);
  g_assert_cmpuint (found->n_waiting, ==, 1);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);   /* a look into the file writes nothing */
  test_add_text (fixture, "copied", "waits");
  copy = test_save_copy (fixture, other);
  g_assert_cmpint (test_count_named (copy, "copied"), ==, 1);

  test_add_text (fixture, "kept", "waits");
  g_assert_true (coffer_cache_is_kept (fixture->cache, other));
  g_assert_false (coffer_cache_is_kept (fixture->cache, fixture->vault));   /* nobody else writes it */
  test_close (other);
  g_assert_cmpuint (test_n_waiting (fixture), ==, 1);
  g_assert_false (coffer_cache_is_kept (fixture->cache, fixture->vault));
}

/* Both write: whichever closes, the other one sees to what waits. */
static void
test_two_editing (Fixture       *fixture,
                  gconstpointer  data)
{
  CofferVault *other = test_open (fixture->path);
  g_autoptr(GAsyncResult) one = NULL, two = NULL;
  g_autoptr(GError) error = NULL;
  CofferCacheState state;

  test_edit (other);
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf ("new %u", i);

      test_add_text (fixture, name, "waits");
    }
  g_assert_true (coffer_cache_is_kept (fixture->cache, fixture->vault));
  coffer_vault_flush_async (fixture->vault, NULL, test_store_result, &one);
  coffer_vault_flush_async (other, NULL, test_store_result, &two);
  test_wait_for (one != NULL && two != NULL);
  g_assert_true (coffer_vault_flush_finish (fixture->vault, one, &error) && coffer_vault_flush_finish (other, two, &error));
  g_assert_no_error (error);
  g_clear_object (&two);   /* it holds the vault */
  coffer_cache_get_state (fixture->cache, &state);
  g_assert_cmpuint (state.n_flushes, ==, 1);
  g_assert_cmpuint (state.n_entries, ==, 0);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS + 50);
  test_add_text (fixture, "last", "waits");
  test_close (other);
  g_assert_true (test_flush (fixture->vault, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_rows (fixture->path, "1"), ==, N_KEYS + 51);
}

/* Whichever way: what waits is there afterwards, in the list and in the file that there is then. */
static void
test_compacting (Fixture       *fixture,
                 gconstpointer  data)
{
  static const CofferCompactWay ways[] = { COFFER_COMPACT_SWAP, COFFER_COMPACT_IN_PLACE, COFFER_COMPACT_SWAP };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *name = g_strdup_printf ("waiting %u", i), *late = g_strdup_printf ("later %u", i), *text = NULL;
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      CofferCompactResult done;

      test_add_text (fixture, name, "waits");
      coffer_vault_compact_async (fixture->vault, ways[i], FALSE, NULL, NULL, test_store_result, &result);
      test_wait_for (result != NULL);
      g_assert_true (coffer_vault_compact_finish (fixture->vault, result, &done, &error));
      g_assert_no_error (error);
      g_assert_true (done.complete);
      g_assert_false (test_is_stale (fixture));
      text = test_read_value (fixture, name);
      g_assert_cmpstr (text, ==, "waits");
      test_wait_for (test_n_listed (fixture) == N_KEYS + 2 * i + 1);
      g_assert_true (test_flush (fixture->vault, &error));
      g_assert_no_error (error);
      g_assert_cmpint (test_count_named (fixture->path, name), ==, 1);
      test_add_text (fixture, late, "waits");   /* and the file is still known */
      test_wait_for (test_n_listed (fixture) == N_KEYS + 2 * i + 2);
      g_assert_false (test_is_stale (fixture));
    }
  g_assert_cmpint (test_count_named (fixture->path, "later 1"), ==, 1);
}

/* A key that comes into the file by other hands while a value of it waits is one key. */
static void
test_totals_follow (Fixture       *fixture,
                    gconstpointer  data)
{
  CofferVaultTotals totals = { 0 };
  g_autoptr(GAsyncResult) result = NULL;

  test_add_text (fixture, "new", "12345");
  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST ('new' AS BLOB), x'010203')");
  coffer_vault_totals_async (fixture->vault, "kv", NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_true (coffer_vault_totals_finish (fixture->vault, result, &totals, NULL));
  g_assert_cmpuint (totals.keys, ==, N_KEYS + 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  TEST_CACHE_ADD ("/cache/off", test_off);
  TEST_CACHE_ADD ("/cache/is-seen", test_seen);
  TEST_CACHE_ADD ("/cache/totals-count-it", test_totals);
  TEST_CACHE_ADD ("/cache/measures-count-it", test_measured);
  TEST_CACHE_ADD ("/cache/sums-count-it", test_sums);
  TEST_CACHE_ADD ("/cache/conflicts-with-it", test_conflict);
  TEST_CACHE_ADD ("/cache/flushed-after-a-while", test_interval);
  TEST_CACHE_ADD ("/cache/flushed-when-there-is-much", test_threshold);
  TEST_CACHE_ADD ("/cache/not-all-waits", test_not_all_wait);
  TEST_CACHE_ADD ("/cache/written-before-anything-else", test_settles);
  TEST_CACHE_ADD ("/cache/written-before-a-search", test_search);
  TEST_CACHE_ADD ("/cache/discard", test_discard);
  TEST_CACHE_ADD ("/cache/closing-writes-it", test_close_writes);
  TEST_CACHE_ADD ("/cache/two-windows", test_two_windows);
  TEST_CACHE_ADD ("/cache/viewing-beside-editing", test_viewing_beside);
  TEST_CACHE_ADD ("/cache/two-windows-edit", test_two_editing);
  TEST_CACHE_ADD ("/cache/compacting-keeps-it", test_compacting);
  TEST_CACHE_ADD ("/cache/totals-follow-the-file", test_totals_follow);

  return g_test_run ();
}
