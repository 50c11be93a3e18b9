/* SPDX-License-Identifier: MIT */
/* Long work for lists that is interrupted, at any moment, and gone on with. */
#include "many-keys.h"

#include "coffer-entry-query.h"
#include "coffer-prefix-private.h"
#include "coffer-vault-census.h"
#include "coffer-vault-private.h"

/* Lets the lanes let go of the file, and go on, again and again until there is an answer; ever more slowly, so that there is one. */
static void
wait_while_let_go_of (Fixture       *fixture,
                      GAsyncResult **result)
{
  for (int most_us = 4000; *result == NULL; most_us += 100)
    {
      g_usleep (g_random_int_range (0, most_us));
      test_hold (fixture->vault);
      coffer_vault_resume (fixture->vault);
      test_run_for (1);
    }
}

static void
measures_are_right (Fixture       *fixture,
                    gconstpointer  data)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  CofferVaultTotals expected;

  test_wait_loaded (fixture);
  coffer_ranges_add_range (rows, 0, MANY);
  expected = test_measure (fixture, rows);
  for (guint turn = 0; turn < 8; turn++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      CofferVaultTotals totals;

      coffer_entry_list_measure_async (fixture->list, rows, NULL, test_store_result, &result);
      wait_while_let_go_of (fixture, &result);
      g_assert_true (coffer_entry_list_measure_finish (fixture->list, result, &totals, NULL));
      g_assert_cmpuint (totals.unreadable, ==, 0);
      g_assert_cmpuint (totals.keys, ==, expected.keys);
      g_assert_cmpuint (totals.bytes, ==, expected.bytes);
    }
}

typedef struct {
  GCancellable *cancellable;
  guint n_left;           /* times that it is asked before it is cancelled */
} Turn;

static int
is_cancelled_cb (void *data)
{
  Turn *turn = data;

  if (turn->n_left > 0 && --turn->n_left == 0)
    g_cancellable_cancel (turn->cancellable);
  return g_cancellable_is_cancelled (turn->cancellable);
}

/* A value that was not looked at to the end is no reason to leave its row out. */
static void
searches_find_all (Fixture       *fixture,
                   gconstpointer  data)
{
  g_autoptr(CofferFilter) filter = coffer_filter_new (COFFER_MATCH_CONTAINS, "", 0, 0, 1000000, NULL);
  const CofferQueryRequest request = { .filter = filter, .max_us = 10 * G_USEC_PER_SEC };

  test_wait_loaded (fixture);
  for (guint n = 1; n < 80; n++)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GError) error = NULL;
      Turn turn = { cancellable, n };
      kvault_options options = KVAULT_OPTIONS_INIT;
      CofferQuerySlice *slice;
      kvault *vault;

      options.access = KVAULT_ACCESS_VIEW;
      options.is_cancelled = is_cancelled_cb;
      options.is_cancelled_data = &turn;
      if (kvault_open (fixture->path, &options, &vault, NULL) != KVAULT_OK)
        continue;
      slice = coffer_query_worker (vault, (gpointer) &request, cancellable, &error);
      if (slice != NULL)
        g_assert_cmpuint (slice->rows.ids->len, ==, slice->n_scanned);
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_pointer (&slice, coffer_query_slice_free);
      kvault_close (vault);
    }
}

static void
prefixes_are_summed_once (Fixture       *fixture,
                          gconstpointer  data)
{
  g_autoptr(CofferCensus) census = NULL;
  g_autoptr(GBytes) all = g_bytes_new_static ("", 0);
  CofferPrefixTable *children = coffer_prefix_table_new ();
  guint64 bytes = 0;

  test_wait_loaded (fixture);
  census = test_take_census (fixture, FALSE);
  for (guint i = 0; i < MANY / 2; i++)
    bytes += 4 + i * 7919 % 1000;
  coffer_prefix_table_add (children, "doc/", 4);
  coffer_prefix_table_add (children, "img/", 4);
  for (guint turn = 0; turn < 15; turn++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GArray) sizes = NULL;

      coffer_prefix_sizes_async (fixture->vault, "kv", all, children, census, NULL, test_store_result, &result);
      wait_while_let_go_of (fixture, &result);
      sizes = coffer_prefix_sizes_finish (fixture->vault, result, NULL);
      g_assert_cmpuint (g_array_index (sizes, guint64, 1), ==, bytes);
    }
  coffer_prefix_table_free (children);
}

int
main (int   argc,
      char *argv[])
{
  test_list_init (&argc, &argv);

#define ADD(name, data, func) TEST_LIST_ADD ("/interrupted/" name, data, func)
  ADD ("measures-are-right", 0, measures_are_right);
  ADD ("searches-find-all", 0, searches_find_all);
  ADD ("prefixes-are-summed-once", 0, prefixes_are_summed_once);

  return test_list_run ();
}
