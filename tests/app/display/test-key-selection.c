/* SPDX-License-Identifier: MIT */
/* Which rows are selected, of a list with a real vault behind it; no widget, and no display. */
#include <coffer-entry-private.h>
#include <coffer-key-selection.h>
#include <coffer-vault-census.h>
#include <coffer-vault-private.h>
#include <string.h>

#include "displayless.h"

#define N_KEYS 5000

typedef struct {
  char *folder;
  CofferVault *vault;
  CofferEntryList *list;
  CofferKeySelection *selection;
  GString *told;   /* "first+n" of each selection-changed */
} Fixture;

static void
selection_changed_cb (Fixture *self,
                      guint    position,
                      guint    n_items)
{
  g_string_append_printf (self->told, "%s%u+%u", self->told->len > 0 ? " " : "", position, n_items);
}

static void
set_up (Fixture       *self,
        gconstpointer  data)
{
  g_autofree char *path = NULL;

  self->folder = test_folder_new ();
  path = test_make_vault (self->folder, "a.db", N_KEYS);
  self->vault = test_open (path);
  self->list = coffer_entry_list_new (self->vault);
  self->selection = coffer_key_selection_new (self->list);
  self->told = g_string_new (NULL);
  g_signal_connect_swapped (self->selection, "selection-changed", G_CALLBACK (selection_changed_cb), self);
  test_wait_for (!coffer_entry_list_get_loading (self->list));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self->selection)), ==, N_KEYS);
}

static void
tear_down (Fixture       *self,
           gconstpointer  data)
{
  g_assert_finalize_object (self->selection);
  g_assert_finalize_object (self->list);
  test_close (self->vault);
  g_string_free (self->told, TRUE);
  test_folder_remove (self->folder);
}

static void
assert_told (Fixture    *self,
             const char *expected)
{
  g_assert_cmpstr (self->told->str, ==, expected);
  g_string_truncate (self->told, 0);
}

/* "0-3 7-9": positions up to, and without, the second. */
static void
assert_rows (Fixture    *self,
             const char *expected)
{
  g_autoptr(GString) words = g_string_new (NULL);
  guint n_ranges, n_selected;
  const CofferRange *range = coffer_ranges_peek (coffer_key_selection_peek_rows (self->selection), &n_ranges);

  for (guint i = 0; i < n_ranges; i++)
    g_string_append_printf (words, "%s%u-%u", i > 0 ? " " : "", range[i].position, range[i].end);
  g_assert_cmpstr (words->str, ==, expected);
  g_object_get (self->selection, "n-selected", &n_selected, NULL);
  g_assert_cmpuint (n_selected, ==, coffer_ranges_count (coffer_key_selection_peek_rows (self->selection)));
}

static void
assert_current (Fixture *self,
                guint    position)
{
  CofferEntry *entry = coffer_key_selection_get_selected_entry (self->selection);

  g_assert_cmpuint (coffer_key_selection_get_current (self->selection), ==, position);
  if (position == GTK_INVALID_LIST_POSITION)
    g_assert_null (entry);
  else
    g_assert_cmpuint (coffer_entry_get_position (entry), ==, position);
}

/* ---- selecting ---- */

static void
items_are_selected_and_not (Fixture       *self,
                            gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  assert_rows (self, "");
  assert_current (self, GTK_INVALID_LIST_POSITION);
  g_assert_true (gtk_selection_model_select_item (model, 7, TRUE));
  assert_told (self, "7+1");
  assert_current (self, 7);
  g_assert_true (gtk_selection_model_select_item (model, 3, FALSE));
  assert_told (self, "3+5");
  assert_rows (self, "3-4 7-8");
  assert_current (self, 3);
  g_assert_true (gtk_selection_model_is_selected (model, 7));
  g_assert_false (gtk_selection_model_is_selected (model, 4));
  g_assert_true (gtk_selection_model_select_item (model, 4999, TRUE));
  assert_told (self, "3+4997");
  assert_rows (self, "4999-5000");
  g_assert_true (gtk_selection_model_unselect_item (model, 4999));
  assert_told (self, "4999+1");
  assert_rows (self, "");
  assert_current (self, GTK_INVALID_LIST_POSITION);
}

/* Once more is no change, and nobody is told of one. */
static void
what_is_so_is_not_told (Fixture       *self,
                        gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  gtk_selection_model_select_item (model, 3, TRUE);
  assert_told (self, "3+1");
  g_assert_true (gtk_selection_model_select_item (model, 3, TRUE));
  g_assert_true (gtk_selection_model_unselect_item (model, 4));
  g_assert_true (gtk_selection_model_select_range (model, N_KEYS, 10, FALSE));
  assert_told (self, "");
  assert_rows (self, "3-4");
}

/* Shift: from the row chosen before to another one, which is looked at. */
static void
ranges_end_at_the_row_looked_at (Fixture       *self,
                                 gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  gtk_selection_model_select_item (model, 10, TRUE);
  gtk_selection_model_select_range (model, 10, 5, TRUE);
  assert_rows (self, "10-15");
  assert_current (self, 14);
  gtk_selection_model_select_item (model, 20, TRUE);
  gtk_selection_model_select_range (model, 12, 9, TRUE);
  assert_rows (self, "12-21");
  assert_current (self, 12);
  gtk_selection_model_select_range (model, 4990, 100, FALSE);
  assert_rows (self, "12-21 4990-5000");
  gtk_selection_model_unselect_range (model, 0, 4999);
  assert_rows (self, "4999-5000");
  assert_current (self, 4999);
}

static void
all_and_none_and_the_others (Fixture       *self,
                             gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  g_assert_true (gtk_selection_model_select_all (model));
  assert_told (self, "0+5000");
  assert_rows (self, "0-5000");
  assert_current (self, GTK_INVALID_LIST_POSITION);
  g_assert_true (gtk_selection_model_unselect_item (model, 8));
  coffer_key_selection_invert (self->selection);
  assert_rows (self, "8-9");
  assert_current (self, 8);
  g_assert_true (gtk_selection_model_select_all (model));
  assert_current (self, GTK_INVALID_LIST_POSITION);   /* none of them more than another */
  g_assert_true (gtk_selection_model_unselect_all (model));
  assert_rows (self, "");
  g_assert_cmpuint (coffer_entry_list_count_live (self->list), ==, 0);
}

/* What a rubber band does: of the rows in @mask those in @selected, and what is not in @mask stays. */
static void
sets_of_bits_are_taken (Fixture       *self,
                        gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  g_autoptr(GtkBitset) selected = gtk_bitset_new_range (5, 3);
  g_autoptr(GtkBitset) everything = gtk_bitset_new_range (0, N_KEYS);
  g_autoptr(GtkBitset) mask = gtk_bitset_new_range (0, 6);
  g_autoptr(GtkBitset) none = gtk_bitset_new_empty ();
  g_autoptr(GtkBitset) found = NULL;

  gtk_selection_model_select_range (model, 100, 10, TRUE);
  g_assert_true (gtk_selection_model_set_selection (model, selected, mask));
  assert_rows (self, "5-6 100-110");
  gtk_bitset_add (mask, 7);
  gtk_bitset_add (mask, 105);
  g_string_truncate (self->told, 0);
  g_assert_true (gtk_selection_model_set_selection (model, selected, mask));
  assert_told (self, "5+105");
  assert_rows (self, "5-6 7-8 100-105 106-110");
  g_assert_true (gtk_selection_model_set_selection (model, selected, none));
  assert_told (self, "");
  found = gtk_selection_model_get_selection_in_range (model, 6, 100);
  g_assert_cmpuint (gtk_bitset_get_size (found), ==, 6);
  g_assert_cmpuint (gtk_bitset_get_minimum (found), ==, 7);
  g_assert_cmpuint (gtk_bitset_get_maximum (found), ==, 104);
  g_assert_true (gtk_selection_model_set_selection (model, selected, everything));
  assert_rows (self, "5-8");
}

static void
sets_of_bits_agree_with_bits (Fixture       *self,
                              gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  g_autoptr(GtkBitset) is = gtk_bitset_new_empty ();

  for (guint round = 0; round < 200; round++)
    {
      g_autoptr(GtkBitset) selected = gtk_bitset_new_empty ();
      g_autoptr(GtkBitset) mask = gtk_bitset_new_empty ();
      g_autoptr(GtkBitset) found = NULL;

      for (guint i = 0; i < 5; i++)
        {
          gtk_bitset_add_range (selected, g_test_rand_int_range (0, N_KEYS - 200), g_test_rand_int_range (0, 200));
          gtk_bitset_add_range (mask, g_test_rand_int_range (0, N_KEYS - 200), g_test_rand_int_range (0, 200));
        }
      g_assert_true (gtk_selection_model_set_selection (model, selected, mask));
      gtk_bitset_subtract (is, mask);
      gtk_bitset_intersect (selected, mask);
      gtk_bitset_union (is, selected);
      found = gtk_selection_model_get_selection (model);
      g_assert_true (gtk_bitset_equals (found, is));
    }
}

static void
looking_at_a_row_selects_no_other (Fixture       *self,
                                   gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  gtk_selection_model_select_range (model, 10, 5, TRUE);
  g_string_truncate (self->told, 0);
  coffer_key_selection_look_at (self->selection, 11);
  assert_told (self, "");
  assert_rows (self, "10-15");
  assert_current (self, 11);
  coffer_key_selection_look_at (self->selection, 99);
  assert_current (self, GTK_INVALID_LIST_POSITION);
}

/* ---- being told ---- */

static void
count_cb (guint *count)
{
  ++*count;
}

static void
properties_are_told_once (Fixture       *self,
                          gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  g_autoptr(GtkBitset) all = gtk_bitset_new_range (0, N_KEYS);
  guint n_counts = 0, n_entries = 0;

  g_signal_connect_swapped (self->selection, "notify::n-selected", G_CALLBACK (count_cb), &n_counts);
  g_signal_connect_swapped (self->selection, "notify::selected-entry", G_CALLBACK (count_cb), &n_entries);
  gtk_selection_model_select_item (model, 700, TRUE);
  g_assert_cmpuint (n_counts, ==, 1);
  g_assert_cmpuint (n_entries, ==, 1);
  gtk_selection_model_set_selection (model, all, all);
  g_assert_cmpuint (n_counts, ==, 2);
  g_assert_cmpuint (n_entries, ==, 1);
  test_wait_for (coffer_entry_get_key (coffer_key_selection_get_selected_entry (self->selection)) != NULL);
  g_assert_cmpuint (n_entries, ==, 2);
  gtk_selection_model_select_all (model);
  g_assert_cmpuint (n_counts, ==, 2);
  g_assert_cmpuint (n_entries, ==, 3);
}

/* ---- by key ---- */

static GBytes *
bytes_of (const char *text)
{
  return g_bytes_new (text, strlen (text));
}

static void
reveal_cb (guint *place,
           guint  position)
{
  *place = position;
}

static void
keys_are_gone_to (Fixture       *self,
                  gconstpointer  data)
{
  g_autoptr(GBytes) prefix = bytes_of ("user:000000123");
  g_autoptr(GBytes) behind = bytes_of ("v");
  guint place = 0;

  g_signal_connect_swapped (self->selection, "reveal", G_CALLBACK (reveal_cb), &place);
  gtk_selection_model_select_all (GTK_SELECTION_MODEL (self->selection));
  coffer_key_selection_go_to (self->selection, prefix);
  test_wait_for (place == 1230);
  assert_rows (self, "1230-1231");
  assert_current (self, 1230);
  coffer_key_selection_go_to (self->selection, behind);
  test_wait_for (place == 4999);
  assert_rows (self, "4999-5000");
}

static void
assert_typed (Fixture    *self,
              const char *typed,
              guint       row)
{
  g_autoptr(GBytes) bytes = bytes_of (typed);
  guint place = GTK_INVALID_LIST_POSITION;
  gulong handler = g_signal_connect_swapped (self->selection, "reveal", G_CALLBACK (reveal_cb), &place);

  coffer_key_selection_go_to_typed (self->selection, bytes);
  test_wait_for (place != GTK_INVALID_LIST_POSITION);
  g_signal_handler_disconnect (self->selection, handler);
  g_assert_cmpuint (place, ==, row);
  assert_current (self, row);
}

/* As a row shows it: without the prefix on show, or with it. What no key begins with is gone to where it would be. */
static void
keys_of_a_prefix_are_typed (Fixture       *self,
                            gconstpointer  data)
{
  g_autofree char *path = g_file_get_path (coffer_vault_get_file (self->vault));
  g_autoptr(GBytes) prefix = bytes_of ("user:00000012");

  assert_typed (self, "user:000000123", 1230);
  test_sql (path, "INSERT INTO kv VALUES (CAST('user:00000012user:00000012/1' AS BLOB), 'x')");
  coffer_entry_list_set_prefix (self->list, prefix);
  test_wait_for (!coffer_entry_list_get_loading (self->list) && coffer_entry_list_get_n_keys (self->list) == 101);
  assert_typed (self, "3", 30);
  assert_typed (self, "34", 34);
  assert_typed (self, "345", 35);
  assert_typed (self, "user:000000125", 50);
  assert_typed (self, "user:00000012u", 100);
  assert_typed (self, "user:00000012", 100);
  assert_typed (self, "user:00000012999", 100);
  assert_typed (self, "0", 0);
  assert_typed (self, "z", 100);

  coffer_entry_list_set_order (self->list, COFFER_SORT_KEY, TRUE);
  test_wait_for (!coffer_entry_list_get_loading (self->list));
  assert_typed (self, "3", 61);
  assert_typed (self, "user:000000125", 41);
  coffer_entry_list_set_order (self->list, COFFER_SORT_SIZE, FALSE);
  test_wait_for (!coffer_entry_list_get_loading (self->list) && !coffer_entry_list_is_by_key (self->list));
  assert_typed (self, "34", 35);
  assert_typed (self, "user:0000001250", 51);
}

/* Whoever typed it hears so, and the place is gone to, where there is one. */
static void
what_is_not_found_is_told (Fixture       *self,
                           gconstpointer  data)
{
  g_autoptr(GBytes) prefix = bytes_of ("user:00000012");
  g_autoptr(GBytes) typed = bytes_of ("nobody");
  guint n = 0, place = GTK_INVALID_LIST_POSITION;

  g_signal_connect_swapped (self->selection, "not-found", G_CALLBACK (count_cb), &n);
  assert_typed (self, "user:000000123", 1230);
  assert_typed (self, "user:000000123", 1230);
  g_assert_cmpuint (n, ==, 0);
  assert_typed (self, "user:000000123a", 1240);
  g_assert_cmpuint (n, ==, 1);
  assert_typed (self, "zzz", 4999);
  g_assert_cmpuint (n, ==, 2);
  assert_typed (self, "u", 0);
  g_assert_cmpuint (n, ==, 2);

  coffer_entry_list_set_prefix (self->list, prefix);
  test_wait_for (!coffer_entry_list_get_loading (self->list) && coffer_entry_list_get_n_keys (self->list) == 100);
  assert_typed (self, "3", 30);
  assert_typed (self, "user:000000125", 50);
  g_assert_cmpuint (n, ==, 2);
  assert_typed (self, "user:00000012999", 99);
  g_assert_cmpuint (n, ==, 3);

  coffer_entry_list_set_order (self->list, COFFER_SORT_SIZE, FALSE);
  test_wait_for (!coffer_entry_list_get_loading (self->list) && !coffer_entry_list_is_by_key (self->list));
  assert_typed (self, "34", 34);
  g_assert_cmpuint (n, ==, 3);
  place = coffer_key_selection_get_current (self->selection);
  coffer_key_selection_go_to_typed (self->selection, typed);
  test_wait_for (n == 4);
  assert_current (self, place);
}

/* A person who chooses a row does not want the one typed before. */
static void
choosing_ends_the_search (Fixture       *self,
                          gconstpointer  data)
{
  g_autoptr(GBytes) prefix = bytes_of ("user:000000123");

  coffer_key_selection_go_to (self->selection, prefix);
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), 5, TRUE);
  test_run_for (100);
  assert_rows (self, "5-6");
}

static void
assert_prefix (Fixture    *self,
               const char *prefix,
               const char *rows)
{
  g_autoptr(GBytes) bytes = bytes_of (prefix);
  guint n_before = coffer_key_selection_get_n_selected (self->selection);

  coffer_key_selection_add_prefix (self->selection, bytes);
  test_wait_for (coffer_key_selection_get_n_selected (self->selection) != n_before);
  assert_rows (self, rows);
}

static void
rows_of_a_prefix_are_added (Fixture       *self,
                            gconstpointer  data)
{
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), 3, TRUE);
  assert_prefix (self, "user:00000012", "3-4 1200-1300");
  assert_current (self, 3);
  assert_prefix (self, "user:0000004", "3-4 1200-1300 4000-5000");
  assert_prefix (self, "user:", "0-5000");
}

static gint busy[COFFER_N_LANES];   /* atomic */

static gpointer
wait_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  while (g_atomic_int_get ((gint *) data))
    g_usleep (1000);
  return vault;
}

/* Until the test says otherwise. */
static void
keep_busy (Fixture    *self,
           CofferLane  lane)
{
  g_atomic_int_set (&busy[lane], TRUE);
  coffer_vault_run_async (self->vault, lane, NULL, wait_worker, &busy[lane], NULL, NULL, NULL, NULL, NULL);
}

static void
let_go (CofferLane lane)
{
  g_atomic_int_set (&busy[lane], FALSE);
}

static void
find (Fixture *self,
      GBytes  *prefix)
{
  g_autoptr(GAsyncResult) result = NULL;

  coffer_entry_list_find_async (self->list, prefix, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
}

/* Rows come before those of the prefix while their end is looked for. */
static void
rows_of_a_prefix_move_meanwhile (Fixture       *self,
                                 gconstpointer  data)
{
  g_autofree char *path = g_file_get_path (coffer_vault_get_file (self->vault));
  g_autoptr(GBytes) prefix = bytes_of ("user:00000012");

  coffer_key_selection_add_prefix (self->selection, prefix);
  keep_busy (self, COFFER_LANE_LIST);
  test_sql (path, "INSERT INTO kv VALUES (CAST('a' AS BLOB), x'00'), (CAST('b' AS BLOB), x'00')");
  coffer_entry_list_refresh (self->list);
  test_wait_for (g_list_model_get_n_items (G_LIST_MODEL (self->list)) == N_KEYS + 2);
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, 0);
  let_go (COFFER_LANE_LIST);
  test_wait_for (coffer_key_selection_get_n_selected (self->selection) > 0);
  assert_rows (self, "1202-1302");
}

/* Far more than is told of a block at once comes among the rows before them: no other row is selected until that is sorted out. */
static void
rows_of_a_prefix_are_found_behind_many (Fixture       *self,
                                        gconstpointer  data)
{
  g_autofree char *path = g_file_get_path (coffer_vault_get_file (self->vault));
  g_autoptr(GBytes) prefix = bytes_of ("user:00000005");
  g_autoptr(GBytes) other = bytes_of ("user:0000003000");

  test_sql (path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9000)"
                  " INSERT INTO kv SELECT CAST(printf('user:0000000010+%05d', i) AS BLOB), x'' FROM n");
  keep_busy (self, COFFER_LANE_WALK);
  coffer_key_selection_add_prefix (self->selection, prefix);
  test_wait_for (coffer_entry_list_get_loading (self->list));
  find (self, other);   /* and with it whatever was asked before */
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, 0);
  let_go (COFFER_LANE_WALK);
  test_wait_for (coffer_key_selection_get_n_selected (self->selection) > 0);
  assert_rows (self, "9500-9600");
  test_wait_for (G_OBJECT (self->selection)->ref_count == 1);   /* what was asked, and given up as the walk began and ended, is over too */
}

static void
rows_of_a_prefix_are_found_backwards (Fixture       *self,
                                      gconstpointer  data)
{
  coffer_entry_list_set_order (self->list, COFFER_SORT_KEY, TRUE);
  test_wait_for (!coffer_entry_list_get_loading (self->list));
  assert_prefix (self, "user:00000012", "3700-3800");
  assert_prefix (self, "user:0000004", "0-1000 3700-3800");
  assert_prefix (self, "user:", "0-5000");
}

/* The keys behind the last there can be, and before the first. */
static void
prefixes_at_the_ends_are_found (Fixture       *self,
                                gconstpointer  data)
{
  g_autofree char *path = g_build_filename (self->folder, "ends.db", NULL);
  CofferVault *vault;
  g_autoptr(CofferEntryList) list = NULL;
  CofferKeySelection *few = self->selection;

  test_sql (path, "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                  "INSERT INTO kv VALUES (X'', 'a'), (X'61FF', 'a'), (X'61FFFF', 'a'), (X'61FF01', 'a'), (X'62', 'a'), (X'FF', 'a'), (X'FFFF', 'a')");
  vault = test_open (path);
  list = coffer_entry_list_new (vault);
  test_wait_for (!coffer_entry_list_get_loading (list));
  self->selection = coffer_key_selection_new (list);
  assert_prefix (self, "a\xff", "1-4");
  assert_prefix (self, "\xff\xff", "1-4 6-7");
  coffer_key_selection_clear (self->selection);
  assert_prefix (self, "\xff", "5-7");
  assert_prefix (self, "", "0-7");
  g_assert_finalize_object (self->selection);
  self->selection = few;
  g_clear_object (&list);
  test_close (vault);
}

/* Nothing begins so as the last key in front of them ends, which may be a part of what they begin with. */
static void
prefixes_of_zeros_are_found_backwards (Fixture       *self,
                                       gconstpointer  data)
{
  g_autofree char *path = g_build_filename (self->folder, "zeros.db", NULL);
  CofferVault *vault;
  g_autoptr(CofferEntryList) list = NULL;
  g_autoptr(CofferKeySelection) selection = NULL;
  g_autoptr(GBytes) a_zero = g_bytes_new_static ("a", 2), zero = g_bytes_new_static ("", 1);

  test_sql (path, "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                  "INSERT INTO kv VALUES (X'', 'a'), (X'00', 'a'), (X'0001', 'a'), (X'61', 'a'), (X'6100', 'a'), (X'610000', 'a'), (X'6101', 'a')");
  vault = test_open (path);
  list = coffer_entry_list_new (vault);
  coffer_entry_list_set_order (list, COFFER_SORT_KEY, TRUE);
  test_wait_for (!coffer_entry_list_get_loading (list));
  selection = coffer_key_selection_new (list);
  coffer_key_selection_add_prefix (selection, a_zero);
  test_wait_for (coffer_key_selection_get_n_selected (selection) == 2);
  g_assert_true (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (selection), 1));
  g_assert_true (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (selection), 2));
  coffer_key_selection_clear (selection);
  coffer_key_selection_add_prefix (selection, zero);
  test_wait_for (coffer_key_selection_get_n_selected (selection) == 2);
  g_assert_true (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (selection), 4));
  g_assert_true (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (selection), 5));
  g_clear_object (&selection);
  g_clear_object (&list);
  test_close (vault);
}

/* ---- following the list ---- */

static void
single_key_is_kept_over_another_order (Fixture       *self,
                                       gconstpointer  data)
{
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), 10, TRUE);
  test_wait_for (coffer_entry_get_key (coffer_key_selection_get_selected_entry (self->selection)) != NULL);
  coffer_entry_list_set_order (self->list, COFFER_SORT_KEY, TRUE);
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, 0);
  assert_current (self, GTK_INVALID_LIST_POSITION);
  test_wait_for (coffer_key_selection_get_n_selected (self->selection) == 1);
  assert_rows (self, "4989-4990");
}

/* They would have to be found one by one. */
static void
many_keys_are_not (Fixture       *self,
                   gconstpointer  data)
{
  gtk_selection_model_select_range (GTK_SELECTION_MODEL (self->selection), 10, 2, TRUE);
  coffer_entry_list_set_order (self->list, COFFER_SORT_KEY, TRUE);
  test_wait_for (!coffer_entry_list_get_loading (self->list));
  test_run_for (50);
  assert_rows (self, "");
}

static void
another_key_is_followed (Fixture       *self,
                         gconstpointer  data)
{
  g_autoptr(CofferKey) key = test_key ("user:0000000077");

  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), 10, TRUE);
  coffer_key_selection_follow (self->selection, key);
  coffer_entry_list_refresh (self->list);
  test_wait_for (coffer_key_selection_get_current (self->selection) == 77);
  assert_rows (self, "77-78");
}

static void
change_file (Fixture    *self,
             const char *sql)
{
  g_autofree char *path = g_file_get_path (coffer_vault_get_file (self->vault));

  test_sql (path, sql);
  coffer_entry_list_refresh (self->list);
  test_wait_for (!coffer_entry_list_get_loading (self->list));
}

/* Other programs store keys as text, also beside the same bytes. They are before all bytes. */
static void
key_of_text_is_followed (Fixture       *self,
                         gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  CofferKey *key;

  change_file (self, "INSERT INTO kv VALUES ('a', 'x'), ('user:0000000077', 'xx'), ('z', 'xxx')");
  gtk_selection_model_select_item (model, 1, TRUE);
  test_wait_for (coffer_entry_get_key (coffer_key_selection_get_selected_entry (self->selection)) != NULL);
  key = coffer_key_ref (coffer_entry_get_key (coffer_key_selection_get_selected_entry (self->selection)));
  g_assert_false (coffer_key_is_blob (key));

  gtk_selection_model_select_item (model, 200, TRUE);
  coffer_key_selection_follow (self->selection, key);
  test_wait_for (coffer_key_selection_get_current (self->selection) == 1);
  assert_rows (self, "1-2");

  coffer_entry_list_set_order (self->list, COFFER_SORT_KEY, TRUE);   /* it is selected again there */
  test_wait_for (coffer_key_selection_get_n_selected (self->selection) == 1);
  assert_rows (self, "5001-5002");
  coffer_entry_list_set_order (self->list, COFFER_SORT_SIZE, FALSE);
  test_wait_for (coffer_key_selection_get_n_selected (self->selection) == 1);
  test_wait_for (coffer_entry_get_key (coffer_key_selection_get_selected_entry (self->selection)) != NULL);
  g_assert_true (coffer_key_equal (coffer_entry_get_key (coffer_key_selection_get_selected_entry (self->selection)), key));
  coffer_key_unref (key);
}

/* What another program deletes leaves, what it adds does not join. */
static void
rows_come_and_go (Fixture       *self,
                  gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  CofferEntry *entry;
  guint n_counts = 0;

  gtk_selection_model_select_range (model, 100, 10, TRUE);
  gtk_selection_model_select_item (model, 4000, FALSE);
  entry = coffer_key_selection_get_selected_entry (self->selection);
  g_signal_connect_swapped (self->selection, "notify::n-selected", G_CALLBACK (count_cb), &n_counts);
  change_file (self, "DELETE FROM kv WHERE key IN (CAST ('user:0000000103' AS BLOB), CAST ('user:0000000003' AS BLOB));"
                     "INSERT INTO kv VALUES (CAST ('user:0000000105x' AS BLOB), 'x'), (CAST ('a' AS BLOB), 'x'), (CAST ('z' AS BLOB), 'x')");
  assert_rows (self, "100-105 106-110 4000-4001");
  assert_current (self, 4000);
  g_assert_true (coffer_key_selection_get_selected_entry (self->selection) == entry);
  g_assert_cmpuint (n_counts, >, 0);
  g_string_truncate (self->told, 0);
  change_file (self, "DELETE FROM kv WHERE key > CAST ('user:0000004' AS BLOB)");
  assert_rows (self, "100-105 106-110");
  assert_current (self, GTK_INVALID_LIST_POSITION);
  assert_told (self, "");
}

/* In the order of sizes: who is passed by another row stays selected, and so does that one. */
static void
rows_that_move_stay_selected (Fixture       *self,
                              gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  change_file (self, "UPDATE kv SET value = zeroblob (CAST (substr (CAST (key AS TEXT), 6) AS INTEGER) + 100)");
  coffer_entry_list_set_order (self->list, COFFER_SORT_SIZE, FALSE);
  test_wait_for (!coffer_entry_list_get_loading (self->list));
  gtk_selection_model_select_range (model, 10, 5, TRUE);
  gtk_selection_model_select_item (model, 30, FALSE);
  assert_current (self, 30);
  coffer_vault_drop_census (self->vault);
  change_file (self, "UPDATE kv SET value = zeroblob (112) WHERE key = CAST ('user:0000000030' AS BLOB)");
  assert_rows (self, "10-16");
  assert_current (self, 13);
}

/* The last one that is left of several is looked at; of none, nothing. */
static void
what_is_left_is_looked_at (Fixture       *self,
                           gconstpointer  data)
{
  gtk_selection_model_select_range (GTK_SELECTION_MODEL (self->selection), 100, 3, TRUE);
  assert_current (self, 102);
  change_file (self, "DELETE FROM kv WHERE key IN (CAST ('user:0000000100' AS BLOB), CAST ('user:0000000102' AS BLOB))");
  assert_rows (self, "100-101");
  assert_current (self, 100);
  change_file (self, "DELETE FROM kv WHERE key = CAST ('user:0000000101' AS BLOB)");
  assert_rows (self, "");
  assert_current (self, GTK_INVALID_LIST_POSITION);
}

/* What is deleted here is followed by the row in its place, which is shown. */
static void
place_is_kept (Fixture       *self,
               gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  guint place = 0;

  g_signal_connect_swapped (self->selection, "reveal", G_CALLBACK (reveal_cb), &place);
  gtk_selection_model_select_range (model, 100, 3, TRUE);
  coffer_key_selection_look_at (self->selection, 101);
  coffer_key_selection_keep_place (self->selection, TRUE);
  change_file (self, "DELETE FROM kv WHERE key BETWEEN CAST ('user:0000000100' AS BLOB) AND CAST ('user:0000000102' AS BLOB)");
  assert_rows (self, "100-101");
  g_assert_cmpuint (place, ==, 100);
  gtk_selection_model_select_item (model, 4996, TRUE);
  coffer_key_selection_keep_place (self->selection, TRUE);
  change_file (self, "DELETE FROM kv WHERE key = CAST ('user:0000004999' AS BLOB)");
  assert_rows (self, "4995-4996");
  /* Once, and not when a person chose another meanwhile. */
  change_file (self, "DELETE FROM kv WHERE key = CAST ('user:0000004998' AS BLOB)");
  assert_rows (self, "");
}

static void
narrowing_keeps_what_is_there (Fixture       *self,
                               gconstpointer  data)
{
  g_autoptr(GBytes) prefix = bytes_of ("user:00000012");
  g_autoptr(GBytes) other = bytes_of ("user:0000004");

  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), 1234, TRUE);
  test_wait_for (coffer_entry_get_key (coffer_key_selection_get_selected_entry (self->selection)) != NULL);
  coffer_entry_list_set_prefix (self->list, prefix);
  test_wait_for (coffer_key_selection_get_n_selected (self->selection) == 1);
  assert_rows (self, "34-35");
  coffer_entry_list_set_prefix (self->list, other);
  test_wait_for (!coffer_entry_list_get_loading (self->list));
  test_run_for (50);
  assert_rows (self, "");
}

/* ---- a list that still grows ---- */

#define N_MANY 40000

/* As soon as it has rows, and before it has all. */
static void
read_anew (Fixture *self)
{
  g_autofree char *path = g_file_get_path (coffer_vault_get_file (self->vault));

  if (coffer_entry_list_get_n_keys (self->list) < N_MANY)
    {
      test_sql (path, "WITH RECURSIVE n(i) AS (SELECT 5000 UNION ALL SELECT i + 1 FROM n LIMIT 35000)"
                      "INSERT INTO kv SELECT CAST(printf('user:%010d', i) AS BLOB), 'x' FROM n");
      coffer_entry_list_refresh (self->list);
      test_wait_for (coffer_entry_list_get_n_keys (self->list) == N_MANY && !coffer_entry_list_get_loading (self->list));
    }
  coffer_entry_list_set_order (self->list, COFFER_SORT_KEY, !coffer_entry_list_get_descending (self->list));
  while (coffer_entry_list_get_n_keys (self->list) == 0)
    test_iterate ();
  g_assert_true (coffer_entry_list_is_growing (self->list));
  g_assert_cmpuint (coffer_entry_list_get_n_keys (self->list), <, N_MANY);
}

static void
wait_for_all (Fixture *self)
{
  test_wait_for (!coffer_entry_list_get_loading (self->list) && !coffer_key_selection_is_growing (self->selection));
  g_assert_cmpuint (coffer_entry_list_get_n_keys (self->list), ==, N_MANY);
}

static void
all_are_those_to_come_too (Fixture       *self,
                           gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);

  read_anew (self);
  gtk_selection_model_select_all (model);
  g_assert_true (coffer_key_selection_is_growing (self->selection));
  gtk_selection_model_unselect_item (model, 3);
  g_assert_true (coffer_key_selection_is_growing (self->selection));
  wait_for_all (self);
  assert_rows (self, "0-3 4-40000");

  read_anew (self);
  g_assert_false (coffer_key_selection_is_growing (self->selection));
  gtk_selection_model_select_item (model, 3, TRUE);
  coffer_key_selection_invert (self->selection);
  g_assert_true (coffer_key_selection_is_growing (self->selection));
  wait_for_all (self);
  assert_rows (self, "0-3 4-40000");

  read_anew (self);
  gtk_selection_model_select_all (model);
  coffer_key_selection_invert (self->selection);
  g_assert_false (coffer_key_selection_is_growing (self->selection));
  wait_for_all (self);
  assert_rows (self, "");

  read_anew (self);
  gtk_selection_model_select_all (model);
  gtk_selection_model_select_item (model, 3, TRUE);
  wait_for_all (self);
  assert_rows (self, "3-4");
}

static void
keys_of_prefixes_to_come_are_selected (Fixture       *self,
                                       gconstpointer  data)
{
  g_autoptr(GBytes) late = bytes_of ("user:000000123");
  g_autoptr(GBytes) other = bytes_of ("user:0000002");

  read_anew (self);
  coffer_key_selection_add_prefix (self->selection, late);
  coffer_key_selection_add_prefix (self->selection, other);
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), 0, FALSE);
  g_assert_true (coffer_key_selection_is_growing (self->selection));
  wait_for_all (self);
  g_assert_true (coffer_entry_list_get_descending (self->list));
  assert_rows (self, "0-1 37000-38000 38760-38770");
}

/* What is there is all then, until it is read again. */
static void
stopping_brings_no_more (Fixture       *self,
                         gconstpointer  data)
{
  guint n_keys;

  read_anew (self);
  gtk_selection_model_select_all (GTK_SELECTION_MODEL (self->selection));
  g_assert_cmpuint (coffer_entry_list_get_n_expected (self->list), ==, N_MANY);
  coffer_entry_list_stop (self->list);
  n_keys = coffer_entry_list_get_n_keys (self->list);
  g_assert_cmpuint (coffer_entry_list_get_n_expected (self->list), ==, n_keys);
  g_assert_false (coffer_key_selection_is_growing (self->selection));
  g_assert_false (coffer_entry_list_get_loading (self->list));
  g_assert_nonnull (coffer_entry_list_get_error (self->list));
  test_run_for (50);
  g_assert_cmpuint (coffer_key_selection_get_n_selected (self->selection), ==, n_keys);
  g_signal_emit_by_name (self->vault, "changed");
  test_run_for (50);
  g_assert_false (coffer_entry_list_get_loading (self->list));
  g_assert_cmpuint (coffer_entry_list_get_n_keys (self->list), ==, n_keys);
  g_assert_nonnull (strstr (coffer_entry_list_get_error (self->list), "changed"));
  coffer_entry_list_refresh (self->list);
  wait_for_all (self);
  g_assert_null (coffer_entry_list_get_error (self->list));
}

/* But for rows on show whose keys would be others, all is read again: they do not stay without any. */
static void
rows_on_show_begin_it_again (Fixture       *self,
                             gconstpointer  data)
{
  g_autofree char *path = g_file_get_path (coffer_vault_get_file (self->vault));
  g_autoptr(CofferEntry) held = NULL, second = NULL;

  read_anew (self);
  coffer_entry_list_stop (self->list);
  held = g_list_model_get_item (G_LIST_MODEL (self->list), 0);
  test_wait_for (coffer_entry_get_key (held) != NULL && coffer_entry_get_size (held) != G_MAXUINT64);
  test_sql (path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000)"
                  "INSERT INTO kv SELECT CAST(printf('user:0000039998/%05d', i) AS BLOB), 'x' FROM n");
  g_signal_emit_by_name (self->vault, "changed");
  test_wait_for (coffer_entry_list_get_n_keys (self->list) == N_MANY + 10000 && !coffer_entry_list_get_loading (self->list));
  second = g_list_model_get_item (G_LIST_MODEL (self->list), 1);
  test_wait_for (coffer_entry_get_key (second) != NULL);
  g_assert_cmpstr (coffer_entry_get_display_key (second), ==, "user:0000039998/10000");
  g_assert_null (coffer_entry_list_get_error (self->list));
}

/* ---- speed ---- */

/* With a million rows in ranges it is as quick as with one: nothing here looks at a row. */
static void
no_row_is_asked_for (Fixture       *self,
                     gconstpointer  data)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (self->selection);
  g_autoptr(GtkBitset) all = gtk_bitset_new_range (0, N_KEYS);

  for (guint i = 0; i < 1000; i++)
    {
      gtk_selection_model_select_all (model);
      gtk_selection_model_set_selection (model, all, all);
      coffer_key_selection_invert (self->selection);
      gtk_selection_model_select_range (model, 1, N_KEYS - 2, TRUE);
      g_assert_cmpuint (coffer_entry_list_count_live (self->list), <=, 1);
    }
}

#define ADD(name, test) g_test_add ("/browse/key-selection/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("items-are-selected-and-not", items_are_selected_and_not);
  ADD ("what-is-so-is-not-told", what_is_so_is_not_told);
  ADD ("ranges-end-at-the-row-looked-at", ranges_end_at_the_row_looked_at);
  ADD ("all-and-none-and-the-others", all_and_none_and_the_others);
  ADD ("sets-of-bits-are-taken", sets_of_bits_are_taken);
  ADD ("sets-of-bits-agree-with-bits", sets_of_bits_agree_with_bits);
  ADD ("looking-at-a-row-selects-no-other", looking_at_a_row_selects_no_other);
  ADD ("properties-are-told-once", properties_are_told_once);
  ADD ("keys-are-gone-to", keys_are_gone_to);
  ADD ("keys-of-a-prefix-are-typed", keys_of_a_prefix_are_typed);
  ADD ("what-is-not-found-is-told", what_is_not_found_is_told);
  ADD ("choosing-ends-the-search", choosing_ends_the_search);
  ADD ("rows-of-a-prefix-are-added", rows_of_a_prefix_are_added);
  ADD ("rows-of-a-prefix-move-meanwhile", rows_of_a_prefix_move_meanwhile);
  ADD ("rows-of-a-prefix-are-found-behind-many", rows_of_a_prefix_are_found_behind_many);
  ADD ("rows-of-a-prefix-are-found-backwards", rows_of_a_prefix_are_found_backwards);
  ADD ("prefixes-at-the-ends-are-found", prefixes_at_the_ends_are_found);
  ADD ("prefixes-of-zeros-are-found-backwards", prefixes_of_zeros_are_found_backwards);
  ADD ("single-key-is-kept-over-another-order", single_key_is_kept_over_another_order);
  ADD ("many-keys-are-not", many_keys_are_not);
  ADD ("another-key-is-followed", another_key_is_followed);
  ADD ("key-of-text-is-followed", key_of_text_is_followed);
  ADD ("rows-come-and-go", rows_come_and_go);
  ADD ("rows-that-move-stay-selected", rows_that_move_stay_selected);
  ADD ("what-is-left-is-looked-at", what_is_left_is_looked_at);
  ADD ("place-is-kept", place_is_kept);
  ADD ("narrowing-keeps-what-is-there", narrowing_keeps_what_is_there);
  ADD ("all-are-those-to-come-too", all_are_those_to_come_too);
  ADD ("keys-of-prefixes-to-come-are-selected", keys_of_prefixes_to_come_are_selected);
  ADD ("stopping-brings-no-more", stopping_brings_no_more);
  ADD ("rows-on-show-begin-it-again", rows_on_show_begin_it_again);
  ADD ("no-row-is-asked-for", no_row_is_asked_for);

  return g_test_run ();
}
