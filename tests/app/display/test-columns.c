/* SPDX-License-Identifier: MIT */
/* The columns of the list as numbers; no widget, and no display. */
#include <coffer-columns.h>

/* "key@0+300 size@324+72 -type": as they follow each other. */
static void
assert_layout (CofferColumns *columns,
               int            width,
               const char    *expected)
{
  g_autoptr(GString) words = g_string_new (NULL);
  CofferColumnBox boxes[COFFER_N_COLUMNS];

  coffer_columns_lay_out (columns, width, boxes);
  for (guint i = 0; i < COFFER_N_COLUMNS; i++)
    {
      CofferColumn column = coffer_columns_get_nth (columns, i);

      g_assert_cmpuint (coffer_columns_get_place (columns, column), ==, i);
      if (words->len > 0)
        g_string_append_c (words, ' ');
      if (coffer_columns_get_visible (columns, column))
        g_string_append_printf (words, "%s@%d+%d", coffer_columns_name (column), boxes[column].x, boxes[column].width);
      else
        {
          g_string_append_printf (words, "-%s", coffer_columns_name (column));
          g_assert_cmpint (boxes[column].x, ==, 0);
          g_assert_cmpint (boxes[column].width, ==, 0);
        }
    }
  g_assert_cmpstr (words->str, ==, expected);
}

static void
count_cb (guint *count)
{
  ++*count;
}

static void
key_has_the_room_that_is_left (void)
{
  g_autoptr(CofferColumns) columns = coffer_columns_new ();

  assert_layout (columns, 500, "key@0+286 size@310+72 type@406+94");
  coffer_columns_set_width (columns, COFFER_SORT_SIZE, 100);
  assert_layout (columns, 500, "key@0+258 size@282+100 type@406+94");
  coffer_columns_set_visible (columns, COFFER_SORT_TYPE, FALSE);
  assert_layout (columns, 500, "key@0+376 size@400+100 -type");
  coffer_columns_set_visible (columns, COFFER_SORT_SIZE, FALSE);
  assert_layout (columns, 500, "key@0+500 -size -type");
  coffer_columns_set_visible (columns, COFFER_SORT_KEY, FALSE);
  assert_layout (columns, 500, "key@0+500 -size -type");
}

static void
widths_have_limits (void)
{
  g_autoptr(CofferColumns) columns = coffer_columns_new ();

  coffer_columns_set_width (columns, COFFER_SORT_SIZE, 1);
  g_assert_cmpint (coffer_columns_get_width (columns, COFFER_SORT_SIZE), ==, 56);
  coffer_columns_set_width (columns, COFFER_SORT_SIZE, 100000);
  g_assert_cmpint (coffer_columns_get_width (columns, COFFER_SORT_SIZE), ==, 600);
  coffer_columns_set_width (columns, COFFER_SORT_SIZE, 0);
  g_assert_cmpint (coffer_columns_get_width (columns, COFFER_SORT_SIZE), ==, 72);
  coffer_columns_set_width (columns, COFFER_SORT_KEY, 300);
  g_assert_cmpint (coffer_columns_get_width (columns, COFFER_SORT_KEY), ==, 0);
}

/* What a person gave a column is kept for when there is room again. */
static void
others_make_room_for_the_key (void)
{
  g_autoptr(CofferColumns) columns = coffer_columns_new ();

  coffer_columns_set_width (columns, COFFER_SORT_SIZE, 256);
  coffer_columns_set_width (columns, COFFER_SORT_TYPE, 248);
  assert_layout (columns, 484, "key@0+132 size@156+156 type@336+148");
  assert_layout (columns, 100, "key@0+0 size@24+56 type@104+48");
  assert_layout (columns, 1000, "key@0+448 size@472+256 type@752+248");
}

static void
columns_change_places (void)
{
  g_autoptr(CofferColumns) columns = coffer_columns_new ();

  g_assert_true (coffer_columns_move (columns, COFFER_SORT_SIZE, -1));
  assert_layout (columns, 500, "size@0+72 key@96+286 type@406+94");
  g_assert_false (coffer_columns_move (columns, COFFER_SORT_SIZE, -1));
  g_assert_true (coffer_columns_move (columns, COFFER_SORT_KEY, 1));
  assert_layout (columns, 500, "size@0+72 type@96+94 key@214+286");
  g_assert_false (coffer_columns_move (columns, COFFER_SORT_KEY, 1));
  /* Over one that is hidden. */
  coffer_columns_set_visible (columns, COFFER_SORT_TYPE, FALSE);
  g_assert_true (coffer_columns_move (columns, COFFER_SORT_KEY, -1));
  assert_layout (columns, 500, "key@0+404 size@428+72 -type");
}

static void
changes_are_told_once (void)
{
  g_autoptr(CofferColumns) columns = coffer_columns_new ();
  guint n_changes = 0, n_sorts = 0, n_turns = 0;

  g_signal_connect_swapped (columns, "changed", G_CALLBACK (count_cb), &n_changes);
  g_signal_connect_swapped (columns, "notify::sort", G_CALLBACK (count_cb), &n_sorts);
  g_signal_connect_swapped (columns, "notify::descending", G_CALLBACK (count_cb), &n_turns);
  coffer_columns_set_visible (columns, COFFER_SORT_SIZE, TRUE);
  coffer_columns_set_width (columns, COFFER_SORT_SIZE, 72);
  coffer_columns_set_order (columns, COFFER_SORT_KEY, FALSE);
  g_assert_cmpuint (n_changes + n_sorts + n_turns, ==, 0);
  coffer_columns_set_order (columns, COFFER_SORT_TYPE, TRUE);
  coffer_columns_set_order (columns, COFFER_SORT_TYPE, FALSE);
  g_assert_cmpuint (n_sorts, ==, 1);
  g_assert_cmpuint (n_turns, ==, 2);
  coffer_columns_set_width (columns, COFFER_SORT_SIZE, 73);
  coffer_columns_move (columns, COFFER_SORT_SIZE, -1);
  g_assert_cmpuint (n_changes, ==, 2);
}

static void
settings_come_back (void)
{
  g_autoptr(CofferColumns) columns = coffer_columns_new ();
  g_autoptr(CofferColumns) other = coffer_columns_new ();
  g_autoptr(GVariant) saved = NULL;

  coffer_columns_move (columns, COFFER_SORT_TYPE, -1);
  coffer_columns_set_width (columns, COFFER_SORT_TYPE, 120);
  coffer_columns_set_visible (columns, COFFER_SORT_SIZE, FALSE);
  saved = g_variant_ref_sink (coffer_columns_save (columns));
  coffer_columns_load (other, saved);
  assert_layout (other, 500, "key@0+356 type@380+120 -size");
  coffer_columns_set_visible (other, COFFER_SORT_SIZE, TRUE);
  assert_layout (other, 500, "key@0+260 type@284+120 size@428+72");
}

static void
settings_that_make_no_sense_are_mended (void)
{
  static const struct {
    const char *saved;
    const char *expected;
  } cases[] = {
    { "@a(sib) []", "key@0+286 size@310+72 type@406+94" },
    { "[('type', 94, true)]", "type@0+94 key@118+286 size@428+72" },
    { "[('flavour', 10, true), ('size', -5, true), ('size', 400, false), ('key', 9999, false)]", "size@0+72 key@96+286 type@406+94" },
    { "[('type', 2147483647, true), ('key', -2147483648, true)]", "type@0+208 key@232+131 size@387+61" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(CofferColumns) columns = coffer_columns_new ();
      g_autoptr(GVariant) saved = g_variant_ref_sink (g_variant_new_parsed (cases[i].saved));

      coffer_columns_load (columns, saved);
      assert_layout (columns, i == 3 ? 448 : 500, cases[i].expected);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/browse/columns/key-has-the-room-that-is-left", key_has_the_room_that_is_left);
  g_test_add_func ("/browse/columns/widths-have-limits", widths_have_limits);
  g_test_add_func ("/browse/columns/others-make-room-for-the-key", others_make_room_for_the_key);
  g_test_add_func ("/browse/columns/columns-change-places", columns_change_places);
  g_test_add_func ("/browse/columns/changes-are-told-once", changes_are_told_once);
  g_test_add_func ("/browse/columns/settings-come-back", settings_come_back);
  g_test_add_func ("/browse/columns/settings-that-make-no-sense-are-mended", settings_that_make_no_sense_are_mended);

  return g_test_run ();
}
