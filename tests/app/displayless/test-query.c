/* SPDX-License-Identifier: MIT */
/* Lists that are not all keys in their order, and what rows chosen by their positions are. */
#include "many-keys.h"

#include "coffer-error-private.h"
#include "coffer-vault-census.h"
#include "coffer-vault-private.h"

/* ---- searching ---- */

static void
searches (Fixture       *fixture,
          gconstpointer  data)
{
  static const struct {
    CofferMatchMode mode;
    const char *text;
    guint groups;
    guint64 min_size, max_size;
    guint n;
    const char *first;
  } cases[] = {
    { COFFER_MATCH_CONTAINS, "G/0012", 0, 0, G_MAXUINT64, 10, "img/00120.jpg" },
    { COFFER_MATCH_GLOB, "doc/*99.txt", 0, 0, G_MAXUINT64, 100, "doc/00099.txt" },
    { COFFER_MATCH_REGEX, "^img/.*(7)\\1\\.", 0, 0, G_MAXUINT64, 100, "img/00077.jpg" },
    { COFFER_MATCH_BYTES, "2f 30 30 31 31", 0, 0, G_MAXUINT64, 20, "doc/00110.txt" },
    { COFFER_MATCH_CONTAINS, "", COFFER_GROUP_IMAGE, 0, G_MAXUINT64, MANY / 2, "img/00000.jpg" },
    { COFFER_MATCH_CONTAINS, "0001", COFFER_GROUP_TEXT, 0, G_MAXUINT64, 11, "doc/00001.txt" },
    { COFFER_MATCH_CONTAINS, "", 0, 1003, 1003, 10, "img/00321.jpg" },
    { COFFER_MATCH_CONTAINS, "nowhere", 0, 0, G_MAXUINT64, 0, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      test_search (fixture, cases[i].mode, cases[i].text, cases[i].groups, cases[i].min_size, cases[i].max_size);
      test_wait_loaded (fixture);
      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (test_get_n (fixture), ==, cases[i].n);
      g_assert_cmpint (coffer_entry_list_get_n_scope (fixture->list), ==, MANY);
      if (cases[i].first != NULL)
        test_assert_key (fixture, 0, cases[i].first);
    }
  coffer_entry_list_set_filter (fixture->list, NULL);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  test_assert_key (fixture, 0, "doc/00000.txt");
}

static void
searches_below_a_prefix (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autoptr(GBytes) prefix = g_bytes_new_static ("img/", 4);

  test_wait_loaded (fixture);
  coffer_entry_list_set_prefix (fixture->list, prefix);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_get_n (fixture), ==, MANY / 2);
  test_search (fixture, COFFER_MATCH_CONTAINS, "0011", 0, 0, G_MAXUINT64);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_get_n (fixture), ==, 11);
  g_assert_cmpint (coffer_entry_list_get_n_scope (fixture->list), ==, MANY / 2);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_KEY, TRUE);
  test_wait_loaded (fixture);
  test_assert_key (fixture, 0, "img/00119.jpg");
}

/* The rows on show stay until there is a hit, and another text gives up the search for the last. */
static void
typing_gives_up_the_last_search (Fixture       *fixture,
                                 gconstpointer  data)
{
  test_wait_loaded (fixture);
  test_search (fixture, COFFER_MATCH_CONTAINS, "d", 0, 0, G_MAXUINT64);
  g_assert_cmpint (test_get_n (fixture), ==, MANY);
  test_search (fixture, COFFER_MATCH_CONTAINS, "do", 0, 0, G_MAXUINT64);
  test_search (fixture, COFFER_MATCH_CONTAINS, "doc/00123", 0, 0, G_MAXUINT64);
  g_assert_true (coffer_entry_list_get_loading (fixture->list));
  test_wait_loaded (fixture);
  g_assert_cmpint (test_get_n (fixture), ==, 1);
  test_assert_key (fixture, 0, "doc/00123.txt");
}

/* ---- ordering ---- */

static void
assert_sizes_in_order (Fixture  *fixture,
                       gboolean  descending)
{
  guint64 last = descending ? G_MAXINT64 : 0;
  g_autofree char *last_key = g_strdup ("");

  for (guint i = 0; i < test_get_n (fixture); i += 1 + (i % 97 == 0 ? 0 : 60))
    {
      guint64 size = test_read_size (fixture, i);
      g_autofree char *key = test_read_key (fixture, i);

      if (descending)
        g_assert_cmpint (size, <=, last);
      else
        g_assert_cmpint (size, >=, last);
      if (size == last)
        g_assert_cmpstr (key, >, last_key);
      last = size;
      g_free (last_key);
      last_key = g_strdup (key);
    }
}

static void
orders_by_size (Fixture       *fixture,
                gconstpointer  data)
{
  test_wait_loaded (fixture);
  for (guint descending = 0; descending < 2; descending++)
    {
      coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, descending);
      test_wait_loaded (fixture);
      g_assert_null (coffer_entry_list_get_error (fixture->list));
      g_assert_cmpint (test_get_n (fixture), ==, MANY);
      assert_sizes_in_order (fixture, descending);
    }
  g_assert_cmpint (test_read_size (fixture, 0), ==, 1003);
  test_search (fixture, COFFER_MATCH_CONTAINS, "img/0", 0, 0, G_MAXUINT64);
  test_wait_loaded (fixture);
  assert_sizes_in_order (fixture, TRUE);
}

static void
orders_by_type (Fixture       *fixture,
                gconstpointer  data)
{
  test_wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_TYPE, FALSE);
  test_wait_loaded (fixture);
  test_assert_key (fixture, 0, "img/00000.jpg");
  test_assert_key (fixture, MANY / 2 - 1, "img/09999.jpg");
  test_assert_key (fixture, MANY / 2, "doc/00000.txt");
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_TYPE, TRUE);
  test_wait_loaded (fixture);
  test_assert_key (fixture, 0, "doc/00000.txt");
  test_assert_key (fixture, MANY - 1, "img/09999.jpg");
}

static void
finds_in_any_order (Fixture       *fixture,
                    gconstpointer  data)
{
  test_wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, TRUE);
  test_wait_loaded (fixture);
  test_assert_key (fixture, test_find (fixture, "img/00777.jpg"), "img/00777.jpg");
  test_assert_key (fixture, test_find (fixture, "img/"), "img/00321.jpg");   /* the first row of those, which is not the first key */
  g_assert_cmpint (test_find (fixture, "nowhere"), ==, G_MAXUINT);
}

/* More keys begin so than are looked for one by one, and those on show are the last of them. */
static void
finds_behind_many_that_begin_so (Fixture       *fixture,
                                 gconstpointer  data)
{
  test_wait_loaded (fixture);
  test_sql (fixture->path, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 70000)"
                           " INSERT INTO kv SELECT CAST(printf('a/%05d', i) AS BLOB), zeroblob (CASE i WHEN 69999 THEN 1998 ELSE 1999 END)"
                           " FROM n;"
                           "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 70000)"
                           " INSERT INTO kv SELECT CAST(printf('b/%05d', i) AS BLOB), x'' FROM n");
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, FALSE);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_find (fixture, "a/"), ==, MANY + 70000);   /* of all rows, looked at thoroughly */
  test_assert_key (fixture, MANY + 70000, "a/69999");
  g_assert_cmpint (test_find (fixture, "b/"), ==, 0);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, TRUE);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_find (fixture, "a/"), ==, 0);
  g_assert_cmpint (test_find (fixture, "a/69999"), ==, 69999);
  test_search (fixture, COFFER_MATCH_CONTAINS, "6999", 0, 0, G_MAXUINT64);   /* of each, beside few others */
  test_wait_loaded (fixture);
  g_assert_cmpint (test_find (fixture, "a/"), ==, 0);
  test_assert_key (fixture, test_find (fixture, "b/"), "b/06999");
  test_search (fixture, COFFER_MATCH_CONTAINS, "img", 0, 0, G_MAXUINT64);
  test_wait_loaded (fixture);
  g_assert_cmpint (test_find (fixture, "a/"), ==, G_MAXUINT);
}

/* While sizes are gathered the rows on show are those in the order that was wanted before. */
static void
rows_stay_as_they_are_until_others_come (Fixture       *fixture,
                                         gconstpointer  data)
{
  g_autoptr(CofferEntry) entry = NULL;

  test_wait_loaded (fixture);
  fixture->edited = FALSE;
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, TRUE);
  entry = test_get_entry (fixture, 5000);
  test_wait_for (coffer_entry_get_display_key (entry) != NULL || !coffer_entry_list_get_loading (fixture->list));
  g_assert_false (fixture->edited);
  g_assert_cmpstr (coffer_entry_get_display_key (entry), ==, "doc/05000.txt");
  test_wait_loaded (fixture);
  assert_sizes_in_order (fixture, TRUE);
}

/* ---- rows chosen ---- */

static void
measures_rows (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  guint64 bytes = 0;

  test_wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, GPOINTER_TO_INT (data), FALSE);
  test_wait_loaded (fixture);
  coffer_ranges_add_range (rows, 3, 1);
  coffer_ranges_add_range (rows, 500, 30);   /* over the end of a block */
  coffer_ranges_add_range (rows, MANY - 2, 2);
  for (guint i = 0; i < MANY; i++)
    if (coffer_ranges_contains (rows, i))
      bytes += test_read_size (fixture, i);
  g_assert_cmpint (test_measure (fixture, rows).keys, ==, 33);
  g_assert_cmpint (test_measure (fixture, rows).bytes, ==, bytes);
  coffer_ranges_add_range (rows, 0, MANY);
  g_assert_cmpint (test_measure (fixture, rows).keys, ==, MANY);
}

static void
keys_are_those_that_were_chosen (Fixture       *fixture,
                                 gconstpointer  data)
{
  g_autoptr(CofferRanges) rows = coffer_ranges_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) again = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) keys = NULL;

  test_wait_loaded (fixture);
  coffer_ranges_add_range (rows, 100, 2);
  coffer_entry_list_keys_async (fixture->list, rows, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  keys = coffer_entry_list_keys_finish (fixture->list, result, &error);
  g_assert_no_error (error);
  g_assert_cmpint (keys->len, ==, 2);
  {
    g_autofree char *key = coffer_key_to_display (g_ptr_array_index (keys, 1), 0);

    g_assert_cmpstr (key, ==, "doc/00101.txt");
  }

  test_sql (fixture->path, "DELETE FROM kv WHERE key = CAST('doc/00050.txt' AS BLOB)");   /* another is at that place now */
  coffer_entry_list_keys_async (fixture->list, rows, NULL, test_store_result, &again);
  test_wait_for (again != NULL);
  g_assert_null (coffer_entry_list_keys_finish (fixture->list, again, &error));
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ESTALE));
  test_wait_for (test_get_n (fixture) == MANY - 1);
}

/* ---- answers that come too late ---- */

static gint busy;   /* atomic */

/* Keeps a lane busy until the test says otherwise. */
static gpointer
wait_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  while (g_atomic_int_get (&busy))
    g_usleep (1000);
  return vault;
}

/* What was asked of rows that have given way to others says nothing of those. */
static void
late_answers_are_void (Fixture       *fixture,
                       gconstpointer  data)
{
  g_autoptr(GBytes) wanted = g_bytes_new_static ("doc/02000", 9);
  g_autoptr(GAsyncResult) result = NULL;

  test_wait_loaded (fixture);
  g_atomic_int_set (&busy, TRUE);
  coffer_vault_run_async (fixture->vault, COFFER_LANE_LIST, NULL, wait_worker, NULL, NULL, NULL, NULL, NULL, NULL);
  coffer_entry_list_find_async (fixture->list, wanted, NULL, test_store_result, &result);
  test_search (fixture, COFFER_MATCH_CONTAINS, "img/", 0, 0, G_MAXUINT64);
  test_wait_loaded (fixture);
  g_assert_null (result);
  g_atomic_int_set (&busy, FALSE);
  test_wait_for (result != NULL);
  coffer_entry_list_find_finish (fixture->list, result, NULL);
  g_assert_cmpint (test_get_n (fixture), ==, MANY / 2);
  for (guint i = 0; i < MANY / 2; i += 500)
    {
      g_autofree char *expected = g_strdup_printf ("img/%05u.jpg", i);

      test_assert_key (fixture, i, expected);
    }
}

/* The same of another question: it is asked again, unless nobody wants to know any more. */
static void
late_answers_are_asked_for_again (Fixture       *fixture,
                                  gconstpointer  data)
{
  g_autoptr(GBytes) prefix = g_bytes_new_static ("img/", 4);
  g_autoptr(GBytes) wanted = g_bytes_new_static ("img/02000", 9);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  test_wait_loaded (fixture);
  coffer_entry_list_find_async (fixture->list, wanted, cancellable, test_store_result, &result);
  coffer_entry_list_set_prefix (fixture->list, prefix);
  test_wait_for (result != NULL);
  coffer_entry_list_find_finish (fixture->list, result, &error);
  g_assert_no_error (error);
}

/* In a list of row ids: where the row is by then is what is told. */
static void
late_answers_are_of_the_rows_there_are (Fixture       *fixture,
                                        gconstpointer  data)
{
  g_autoptr(GBytes) wanted = g_bytes_new_static ("img/00777", 9);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint position;

  test_wait_loaded (fixture);
  coffer_entry_list_set_order (fixture->list, COFFER_SORT_SIZE, FALSE);
  test_wait_loaded (fixture);
  g_atomic_int_set (&busy, TRUE);
  coffer_vault_run_async (fixture->vault, COFFER_LANE_LIST, NULL, wait_worker, NULL, NULL, NULL, NULL, NULL, NULL);
  coffer_entry_list_find_async (fixture->list, wanted, NULL, test_store_result, &result);
  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST('first' AS BLOB), x'')");
  coffer_vault_drop_census (fixture->vault);
  coffer_entry_list_refresh (fixture->list);
  test_wait_for (test_get_n (fixture) == MANY + 1);
  g_assert_null (result);
  g_atomic_int_set (&busy, FALSE);
  test_wait_for (result != NULL);
  position = coffer_entry_list_find_finish (fixture->list, result, &error);
  g_assert_no_error (error);
  test_assert_key (fixture, position, "img/00777.jpg");
}

int
main (int   argc,
      char *argv[])
{
  test_list_init (&argc, &argv);

#define ADD(name, data, func) TEST_LIST_ADD ("/query/" name, data, func)
  ADD ("searches", 0, searches);
  ADD ("searches-below-a-prefix", 0, searches_below_a_prefix);
  ADD ("typing-gives-up-the-last-search", 0, typing_gives_up_the_last_search);
  ADD ("orders-by-size", 0, orders_by_size);
  ADD ("orders-by-type", 0, orders_by_type);
  ADD ("finds-in-any-order", 0, finds_in_any_order);
  ADD ("finds-behind-many-that-begin-so", 0, finds_behind_many_that_begin_so);
  ADD ("rows-stay-as-they-are-until-others-come", 0, rows_stay_as_they_are_until_others_come);
  ADD ("measures-rows/keys", COFFER_SORT_KEY, measures_rows);
  ADD ("measures-rows/sizes", COFFER_SORT_SIZE, measures_rows);
  ADD ("keys-are-those-that-were-chosen", 0, keys_are_those_that_were_chosen);
  ADD ("late-answers-are-void", 0, late_answers_are_void);
  ADD ("late-answers-are-of-the-rows-there-are", 0, late_answers_are_of_the_rows_there_are);
  ADD ("late-answers-are-asked-for-again", 0, late_answers_are_asked_for_again);

  return test_list_run ();
}
