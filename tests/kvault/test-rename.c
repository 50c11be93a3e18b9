/* SPDX-License-Identifier: MIT */
/* One value gets another key, in tables of both shapes: rename.c. */
#include "kvtest.h"

#define MEBIBYTE 1048576u

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

/* The size column, where there is one, is that of each value. */
static void
assert_sizes_kept (kvault *vault)
{
  if (kvault_table_kind (vault) == KVAULT_SECTION_V1)
    assert_int (kvtest_sql_int (kvault_location (vault),
                                "SELECT count(*) FROM kv WHERE size != length(value)"), ==, 0);
}

static void
assert_count (kvault   *vault,
              uint64_t  expected)
{
  uint64_t count;

  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, expected);
}

static void
moves_a_value (kvault *vault)
{
  static const size_t sizes[] = { 0, 1, 3000, 100000, 2 * MEBIBYTE };
  uint8_t *value = malloc (2 * MEBIBYTE);

  for (size_t i = 0; i < KVTEST_N (sizes); i++)
    {
      kvtest_fill (value, sizes[i], i);
      assert_ok (vault, kvault_put (vault, "old", 3, value, sizes[i]));
      assert_ok (vault, kvault_rename (vault, "old", 3, "new", 3, i > 0));
      assert_result (vault, kvault_exists (vault, "old", 3), KVAULT_NOTFOUND);
      assert_value (vault, "new", 3, value, sizes[i]);
      assert_ok (vault, kvault_rename (vault, "new", 3, "a\0rather longer name", 20, 1));
      assert_value (vault, "a\0rather longer name", 20, value, sizes[i]);
      assert_ok (vault, kvault_rename (vault, "a\0rather longer name", 20, "", 0, 1));
      assert_ok (vault, kvault_rename (vault, "", 0, "new", 3, 1));
      assert_value (vault, "new", 3, value, sizes[i]);
      assert_count (vault, 1);
      assert_sizes_kept (vault);
    }
  free (value);
}

static void
replaces_only_when_told (kvault *vault)
{
  assert_ok (vault, kvault_put (vault, "a", 1, "first", 5));
  assert_ok (vault, kvault_put (vault, "b", 1, "second", 6));
  assert_result (vault, kvault_rename (vault, "a", 1, "b", 1, 0), KVAULT_EEXIST);
  assert_value (vault, "a", 1, "first", 5);
  assert_value (vault, "b", 1, "second", 6);
  assert_ok (vault, kvault_rename (vault, "a", 1, "b", 1, 1));
  assert_value (vault, "b", 1, "first", 5);
  assert_count (vault, 1);
  assert_sizes_kept (vault);
}

static void
wants_a_key (kvault *vault)
{
  assert_ok (vault, kvault_put (vault, "b", 1, "second", 6));
  assert_result (vault, kvault_rename (vault, "a", 1, "c", 1, 0), KVAULT_NOTFOUND);
  assert_result (vault, kvault_rename (vault, "a", 1, "b", 1, 1), KVAULT_NOTFOUND);
  assert_value (vault, "b", 1, "second", 6);
  assert_count (vault, 1);
}

static void
to_itself_keeps_the_value (kvault *vault)
{
  size_t large = 34 * MEBIBYTE;
  uint8_t *value = malloc (large);

  kvtest_fill (value, large, 5);
  assert_ok (vault, kvault_put (vault, "a", 1, "first", 5));
  assert_ok (vault, kvault_put (vault, "large", 5, value, large));
  assert_ok (vault, kvault_rename (vault, "a", 1, "a", 1, 1));
  assert_ok (vault, kvault_rename (vault, "large", 5, "large", 5, 1));
  kvault_rename (vault, "a", 1, "a", 1, 0); /* OK or EEXIST, it harms nothing */
  assert_value (vault, "a", 1, "first", 5);
  assert_value (vault, "large", 5, value, large);
  assert_count (vault, 2);
  free (value);
}

/* Over 32 MB a value is copied in pieces, by other code. */
static void
moves_large_values (kvault *vault)
{
  size_t large = 33 * MEBIBYTE + 12345;
  uint8_t *value = malloc (large);

  kvtest_fill (value, large, 6);
  assert_ok (vault, kvault_put (vault, "old", 3, value, large));
  assert_ok (vault, kvault_put (vault, "there", 5, "x", 1));
  assert_result (vault, kvault_rename (vault, "old", 3, "there", 5, 0), KVAULT_EEXIST);
  assert_value (vault, "there", 5, "x", 1);
  assert_ok (vault, kvault_rename (vault, "old", 3, "a longer name", 13, 0));
  assert_value (vault, "a longer name", 13, value, large);
  assert_result (vault, kvault_exists (vault, "old", 3), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_rename (vault, "a longer name", 13, "there", 5, 1));
  assert_value (vault, "there", 5, value, large);
  assert_count (vault, 1);
  assert_sizes_kept (vault);
  free (value);
}

/* What a rename adds to an empty log is what it was said to cost, and some pages about it. */
static void
assert_cost (kvault     *vault,
             const char *from,
             const char *to,
             uint64_t    expected)
{
  char *log = kvtest_format ("%s-wal", kvault_location (vault));
  kvault_checkpoint_result emptied;
  uint64_t cost, written;

  assert_ok (vault, kvault_rename_cost (vault, from, strlen (from), strlen (to), &cost));
  assert_int (cost, ==, expected);
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, &emptied));
  assert_ok (vault, kvault_rename (vault, from, strlen (from), to, strlen (to), 0));
  written = kvtest_file_size (log);
  assert_true (written >= expected && written < expected + expected / 50 + 400000);
}

static void
tells_what_is_written (kvault *vault)
{
  size_t small = 3 * MEBIBYTE, large = 34 * MEBIBYTE;
  uint8_t *value = malloc (large);
  uint64_t cost;

  kvtest_fill (value, large, 7);
  assert_ok (vault, kvault_put (vault, "small", 5, value, small));
  assert_ok (vault, kvault_put (vault, "large", 5, value, large));
  assert_result (vault, kvault_rename_cost (vault, "none", 4, 4, &cost), KVAULT_NOTFOUND);
  assert_cost (vault, "small", "s-aal", 0);
  assert_cost (vault, "s-aal", "a longer small", small);
  assert_cost (vault, "large", "l-rge", kvault_table_kind (vault) == KVAULT_SECTION_V1 ? 0 : large);
  assert_cost (vault, "l-rge", "a longer large", large);
  assert_value (vault, "a longer small", 14, value, small);
  assert_value (vault, "a longer large", 14, value, large);
  free (value);
}

static void
in_both (void (*test) (kvault *vault))
{
  for (size_t i = 0; i < KVTEST_N (kinds); i++)
    {
      kvault *vault = kvtest_make (kinds[i]);
      char *path = kvtest_format ("%s", kvault_location (vault));

      assert_int (kvault_table_kind (vault), ==, kinds[i]);
      test (vault);
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
      assert_alone (path);
    }
}

#define BOTH(name) static void name##_both (void) { in_both (name); }
BOTH (moves_a_value)
BOTH (replaces_only_when_told)
BOTH (wants_a_key)
BOTH (to_itself_keeps_the_value)
BOTH (moves_large_values)
BOTH (tells_what_is_written)

static const KvTest tests[] = {
  { "/kvault/rename/moves-a-value", moves_a_value_both },
  { "/kvault/rename/replaces-only-when-told", replaces_only_when_told_both },
  { "/kvault/rename/wants-a-key", wants_a_key_both },
  { "/kvault/rename/to-itself-keeps-the-value", to_itself_keeps_the_value_both },
  { "/kvault/rename/moves-large-values", moves_large_values_both },
  { "/kvault/rename/tells-what-is-written", tells_what_is_written_both },
};

KVTEST_MAIN (tests)
