/* SPDX-License-Identifier: MIT */
/* Sets of rows, beside an array that has a place for every row. */
#include "coffer-ranges.h"

#include <string.h>

#define N_ROWS 200

/* "0-3 7-9": positions up to, and without, the second. */
static void
assert_ranges (const CofferRanges *ranges,
               const char         *expected)
{
  g_autoptr(GString) words = g_string_new (NULL);
  guint n_ranges;
  const CofferRange *range = coffer_ranges_peek (ranges, &n_ranges);
  guint n_rows = 0;

  for (guint i = 0; i < n_ranges; i++)
    {
      g_string_append_printf (words, "%s%u-%u", i > 0 ? " " : "", range[i].position, range[i].end);
      n_rows += range[i].end - range[i].position;
    }
  g_assert_cmpstr (words->str, ==, expected);
  g_assert_cmpuint (coffer_ranges_count (ranges), ==, n_rows);
  g_assert_cmpuint (coffer_ranges_get_first (ranges), ==, n_ranges > 0 ? range[0].position : G_MAXUINT);
  g_assert_cmpuint (coffer_ranges_get_end (ranges), ==, n_ranges > 0 ? range[n_ranges - 1].end : 0);
}

static void
empty_set_has_nothing (void)
{
  g_autoptr(CofferRanges) ranges = coffer_ranges_new ();

  assert_ranges (ranges, "");
  g_assert_false (coffer_ranges_contains (ranges, 0));
  g_assert_false (coffer_ranges_remove_range (ranges, 0, 10));
  g_assert_false (coffer_ranges_add_range (ranges, 3, 0));
  coffer_ranges_invert (ranges, 0);
  assert_ranges (ranges, "");
}

static void
neighbours_become_one (void)
{
  g_autoptr(CofferRanges) ranges = coffer_ranges_new ();

  g_assert_true (coffer_ranges_add_range (ranges, 3, 2));
  g_assert_true (coffer_ranges_add_range (ranges, 7, 2));
  assert_ranges (ranges, "3-5 7-9");
  g_assert_true (coffer_ranges_add_range (ranges, 0, 3));
  assert_ranges (ranges, "0-5 7-9");
  g_assert_true (coffer_ranges_add_range (ranges, 5, 2));
  assert_ranges (ranges, "0-9");
  g_assert_false (coffer_ranges_add_range (ranges, 2, 7));
  g_assert_true (coffer_ranges_add_range (ranges, 20, 1));
  g_assert_true (coffer_ranges_add_range (ranges, 8, 30));
  assert_ranges (ranges, "0-38");
}

static void
removing_splits (void)
{
  g_autoptr(CofferRanges) ranges = coffer_ranges_new ();

  coffer_ranges_add_range (ranges, 0, 10);
  coffer_ranges_add_range (ranges, 20, 10);
  g_assert_true (coffer_ranges_remove_range (ranges, 4, 2));
  assert_ranges (ranges, "0-4 6-10 20-30");
  g_assert_false (coffer_ranges_remove_range (ranges, 10, 10));
  g_assert_true (coffer_ranges_remove_range (ranges, 9, 12));
  assert_ranges (ranges, "0-4 6-9 21-30");
  g_assert_true (coffer_ranges_remove_range (ranges, 0, G_MAXUINT));
  assert_ranges (ranges, "");
}

static void
holds_the_last_rows_there_can_be (void)
{
  g_autoptr(CofferRanges) ranges = coffer_ranges_new ();

  coffer_ranges_invert (ranges, G_MAXUINT);
  g_assert_cmpuint (coffer_ranges_count (ranges), ==, G_MAXUINT);
  g_assert_true (coffer_ranges_contains (ranges, G_MAXUINT - 1));
  coffer_ranges_remove_range (ranges, 0, G_MAXUINT - 1);
  assert_ranges (ranges, "4294967294-4294967295");
}

/* Behind the end of a list there is nothing to invert. */
static void
inverting_keeps_to_the_list (void)
{
  g_autoptr(CofferRanges) ranges = coffer_ranges_new ();

  coffer_ranges_add_range (ranges, 2, 3);
  coffer_ranges_add_range (ranges, 8, 10);
  coffer_ranges_invert (ranges, 12);
  assert_ranges (ranges, "0-2 5-8");
  coffer_ranges_invert (ranges, 12);
  assert_ranges (ranges, "2-5 8-12");
}

static void
copies_are_their_own (void)
{
  g_autoptr(CofferRanges) ranges = coffer_ranges_new ();
  g_autoptr(CofferRanges) copy = NULL;

  coffer_ranges_add_range (ranges, 1, 4);
  copy = coffer_ranges_copy (ranges);
  g_assert_true (coffer_ranges_equal (ranges, copy));
  coffer_ranges_clear (ranges);
  g_assert_false (coffer_ranges_equal (ranges, copy));
  assert_ranges (copy, "1-5");
  assert_ranges (ranges, "");
}

static void
edits_move_rows (void)
{
  static const struct {
    CofferEdit edits[3];
    guint n_edits;
    const char *expected;   /* of 5-10 20-30 */
  } cases[] = {
    { { { 0, 0, 0 } }, 0, "5-10 20-30" },
    { { { 0, 0, 3 } }, 1, "8-13 23-33" },
    { { { 5, 0, 1 } }, 1, "6-11 21-31" },
    { { { 7, 0, 2 } }, 1, "5-7 9-12 22-32" },
    { { { 10, 0, 2 } }, 1, "5-10 22-32" },
    { { { 10, 10, 0 } }, 1, "5-20" },
    { { { 10, 10, 1 } }, 1, "5-10 11-21" },
    { { { 7, 16, 2 } }, 1, "5-7 9-16" },
    { { { 0, 100, 4 } }, 1, "" },
    { { { 6, 2, 0 } }, 1, "5-8 18-28" },
    { { { 0, 1, 0 }, { 8, 1, 1 }, { 29, 1, 0 } }, 3, "4-7 8-9 19-28" },
    { { { 2, 4, 0 }, { 9, 12, 0 }, { 29, 5, 5 } }, 3, "2-13" },
    { { { 5, 0, 2 }, { 5, 1, 0 } }, 2, "7-11 21-31" },
    { { { 99, 1, 7 } }, 1, "5-10 20-30" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferRanges) ranges = coffer_ranges_new ();

      coffer_ranges_add_range (ranges, 5, 5);
      coffer_ranges_add_range (ranges, 20, 10);
      coffer_ranges_apply_edits (ranges, cases[i].edits, cases[i].n_edits);
      assert_ranges (ranges, cases[i].expected);
    }
}

/* Of rows 5-9 and 20-29, 6 goes before them all, 22 into what is left of them, 9 behind them, and 3, which is none, between. */
static void
moves_keep_rows (void)
{
  static const CofferEdit edits[] = {
    { 0, 0, 1 }, { 3, 1, 0 }, { 6, 1, 0 }, { 8, 0, 1 }, { 9, 1, 0 }, { 15, 0, 1 }, { 22, 1, 0 }, { 40, 0, 1 },
  };
  static const CofferRowMove moves[] = { { 6, 0 }, { 22, 7 }, { 3, 14 }, { 9, 39 } };
  g_autoptr(CofferRanges) ranges = coffer_ranges_new ();
  g_autoptr(CofferRanges) before = NULL;

  coffer_ranges_add_range (ranges, 5, 5);
  coffer_ranges_add_range (ranges, 20, 10);
  before = coffer_ranges_copy (ranges);
  coffer_ranges_apply_edits (ranges, edits, G_N_ELEMENTS (edits));
  assert_ranges (ranges, "5-7 8-9 20-29");
  coffer_ranges_apply_moves (ranges, before, moves, G_N_ELEMENTS (moves));
  assert_ranges (ranges, "0-1 5-9 20-29 39-40");
  coffer_ranges_apply_moves (ranges, before, NULL, 0);
  assert_ranges (ranges, "0-1 5-9 20-29 39-40");
  g_assert_cmpuint (coffer_moves_find (moves, G_N_ELEMENTS (moves), 22), ==, 7);
  g_assert_cmpuint (coffer_moves_find (moves, G_N_ELEMENTS (moves), 7), ==, G_MAXUINT);
}

static void
edits_move_one_row (void)
{
  static const CofferEdit edits[] = { { 2, 1, 0 }, { 5, 3, 4 }, { 12, 0, 6 } };
  static const guint places[] = { 0, 1, 2, 2, 3, 4, 4, 4, 8, 9, 10, 11, 18, 19 };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      guint position = i;
      gboolean gone = i == 2 || (i >= 5 && i < 8);

      g_assert_cmpint (coffer_edits_follow_row (edits, G_N_ELEMENTS (edits), &position), ==, !gone);
      g_assert_cmpuint (position, ==, places[i]);
    }
}

/* ---- beside a plain array ---- */

static gboolean
set_rows (gboolean *rows,
          guint     position,
          guint     n_rows,
          gboolean  value)
{
  gboolean changed = FALSE;

  for (guint i = position; i < position + n_rows; i++)
    {
      changed |= rows[i] != value;
      rows[i] = value;
    }
  return changed;
}

static void
edit_rows (GArray           *rows,
           const CofferEdit *edits,
           guint             n_edits)
{
  static const gboolean none[N_ROWS];

  for (guint e = n_edits; e-- > 0;)
    {
      if (edits[e].removed > 0)
        g_array_remove_range (rows, edits[e].position, edits[e].removed);
      if (edits[e].added > 0)
        g_array_insert_vals (rows, edits[e].position, none, edits[e].added);
    }
  if (rows->len < N_ROWS)
    g_array_append_vals (rows, none, N_ROWS - rows->len);
  g_array_set_size (rows, N_ROWS);
}

static guint
make_edits (CofferEdit *edits,
            guint       max_edits)
{
  guint n = 0;

  for (guint at = g_test_rand_int_range (0, 20); n < max_edits && at < N_ROWS - 20; n++)
    {
      edits[n] = (CofferEdit) { at, g_test_rand_int_range (0, 12), g_test_rand_int_range (0, 12) };
      at += edits[n].removed + g_test_rand_int_range (0, 30);
    }
  return n;
}

static void
assert_same (const CofferRanges *ranges,
             const gboolean     *rows)
{
  guint n_ranges;
  const CofferRange *range = coffer_ranges_peek (ranges, &n_ranges);
  guint n_rows = 0;

  for (guint i = 0; i < N_ROWS; i++)
    {
      g_assert_cmpint (coffer_ranges_contains (ranges, i), ==, rows[i]);
      n_rows += rows[i];
    }
  g_assert_cmpuint (coffer_ranges_count (ranges), ==, n_rows);
  for (guint i = 0; i < n_ranges; i++)
    {
      g_assert_cmpuint (range[i].position, <, range[i].end);
      g_assert_true (i == 0 || range[i - 1].end < range[i].position);
    }
}

static void
change_both (CofferRanges *ranges,
             GArray       *rows)
{
  gboolean *values = (gboolean *) rows->data;
  guint position = g_test_rand_int_range (0, N_ROWS);
  guint n_rows = g_test_rand_int_range (0, MIN (N_ROWS - position, 25) + 1);
  CofferEdit edits[8];
  guint n_edits;

  switch (g_test_rand_int_range (0, 9))
    {
    case 0:
      coffer_ranges_invert (ranges, N_ROWS);
      for (guint i = 0; i < N_ROWS; i++)
        values[i] = !values[i];
      break;
    case 1:
    case 2:
      n_edits = make_edits (edits, G_N_ELEMENTS (edits));
      coffer_ranges_apply_edits (ranges, edits, n_edits);
      coffer_ranges_remove_range (ranges, N_ROWS, N_ROWS);
      edit_rows (rows, edits, n_edits);
      break;
    case 3:
    case 4:
    case 5:
      g_assert_cmpint (coffer_ranges_remove_range (ranges, position, n_rows), ==, set_rows (values, position, n_rows, FALSE));
      break;
    default:
      g_assert_cmpint (coffer_ranges_add_range (ranges, position, n_rows), ==, set_rows (values, position, n_rows, TRUE));
    }
}

static void
agrees_with_a_plain_array (void)
{
  for (guint round = 0; round < 200; round++)
    {
      g_autoptr(CofferRanges) ranges = coffer_ranges_new ();
      g_autoptr(GArray) rows = g_array_new (FALSE, TRUE, sizeof (gboolean));

      g_array_set_size (rows, N_ROWS);
      for (guint i = 0; i < 100; i++)
        {
          change_both (ranges, rows);
          assert_same (ranges, (const gboolean *) rows->data);
        }
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/vault/ranges/empty-set-has-nothing", empty_set_has_nothing);
  g_test_add_func ("/vault/ranges/neighbours-become-one", neighbours_become_one);
  g_test_add_func ("/vault/ranges/removing-splits", removing_splits);
  g_test_add_func ("/vault/ranges/holds-the-last-rows-there-can-be", holds_the_last_rows_there_can_be);
  g_test_add_func ("/vault/ranges/inverting-keeps-to-the-list", inverting_keeps_to_the_list);
  g_test_add_func ("/vault/ranges/copies-are-their-own", copies_are_their_own);
  g_test_add_func ("/vault/ranges/edits-move-rows", edits_move_rows);
  g_test_add_func ("/vault/ranges/moves-keep-rows", moves_keep_rows);
  g_test_add_func ("/vault/ranges/edits-move-one-row", edits_move_one_row);
  g_test_add_func ("/vault/ranges/agrees-with-a-plain-array", agrees_with_a_plain_array);

  return g_test_run ();
}
