/* SPDX-License-Identifier: MIT */
/* Small values kept until many go together, and part of the vault meanwhile: cache.c. */
#include "kvtest.h"

static kvault *
open_cached (kvault_section_kind kind, uint64_t capacity, uint64_t threshold)
{
  kvault *vault = kvtest_make (kind);
  kvault_cache_options options = { .capacity = capacity, .flush_threshold = threshold };

  assert_ok (vault, kvault_cache_enable (vault, &options));
  return vault;
}

static void
put (kvault *vault, const char *key, const char *value)
{
  assert_ok (vault, kvault_put (vault, key, strlen (key), value, strlen (value)));
}

static void
assert_text (kvault *vault, const char *key, const char *value)
{
  assert_value (vault, key, strlen (key), value, strlen (value));
}

static kvault_cache_stats
stats_of (kvault *vault)
{
  kvault_cache_stats stats;

  kvault_cache_stats_get (vault, &stats);
  return stats;
}

static int64_t
rows_seen_by_others (kvault *vault)
{
  return kvtest_sql_int (kvault_location (vault), "SELECT count(*) FROM kv");
}

static void
close_vault (kvault *vault)
{
  assert_int (kvault_close (vault), ==, KVAULT_OK);
}

static void
what_waits_is_part_of_the_vault (void)
{
  kvault *vault = open_cached (KVAULT_SECTION_V1, 0, 0);
  uint64_t n, size;
  char byte[3];
  kvault_blob *blob;

  put (vault, "a", "one");
  put (vault, "b", "two");
  assert_int (rows_seen_by_others (vault), ==, 0);
  assert_text (vault, "a", "one");
  assert_ok (vault, kvault_exists (vault, "b", 1));
  assert_ok (vault, kvault_size (vault, "b", 1, &size));
  assert_int (size, ==, 3);
  assert_ok (vault, kvault_count (vault, &n));
  assert_int (n, ==, 2);
  assert_ok (vault, kvault_blob_open (vault, "a", 1, &blob));
  put (vault, "a", "1");
  assert_ok (vault, kvault_blob_read (blob, byte, 3, 0));
  assert_mem (byte, 3, "one", 3);
  kvault_blob_close (blob);
  assert_ok (vault, kvault_cache_flush (vault));
  assert_int (rows_seen_by_others (vault), ==, 2);
  put (vault, "b", "twice");      /* over a row of the table */
  assert_text (vault, "b", "twice");
  assert_ok (vault, kvault_count (vault, &n));
  assert_int (n, ==, 2);
  close_vault (vault);
}

static void
flushes_when_the_interval_is_over (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  kvault_cache_options options = { .flush_interval_ms = 50 };

  assert_ok (vault, kvault_cache_enable (vault, &options));
  assert_int (stats_of (vault).due_in_ms, ==, -1);
  put (vault, "a", "1");
  assert_int (stats_of (vault).due_in_ms, <=, 50);
  while (stats_of (vault).due_in_ms > 0)
    kvtest_sleep (0.002);
  assert_int (stats_of (vault).oldest_age_ms, >=, 50);
  put (vault, "b", "2");
  assert_int (rows_seen_by_others (vault), ==, 2);
  close_vault (vault);
}

static void
putting_a_key_again_does_not_put_off_the_flush (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  kvault_cache_options options = { .flush_interval_ms = 3600000 };
  int64_t due;

  assert_ok (vault, kvault_cache_enable (vault, &options));
  put (vault, "key", "1");
  do
    kvtest_sleep (0.005);
  while (stats_of (vault).oldest_age_ms < 100);
  due = stats_of (vault).due_in_ms;
  put (vault, "key", "2");
  assert_int (stats_of (vault).oldest_age_ms, >=, 100);
  assert_int (stats_of (vault).due_in_ms, <=, due);
  close_vault (vault);
}

static void
larger_values_go_straight_through (void)
{
  kvault *vault = open_cached (KVAULT_SECTION_V2, 100, 100);
  char large[200] = "large";

  put (vault, "key", "small");
  assert_ok (vault, kvault_put (vault, "key", 3, large, sizeof large));
  assert_int (stats_of (vault).entries, ==, 0);
  assert_value (vault, "key", 3, large, sizeof large);
  assert_ok (vault, kvault_cache_flush (vault));
  assert_value (vault, "key", 3, large, sizeof large);
  assert_int (rows_seen_by_others (vault), ==, 1);
  close_vault (vault);
}

static void
discarding_gives_up_what_waits (void)
{
  kvault *vault = open_cached (KVAULT_SECTION_V2, 0, 0);

  put (vault, "a", "1");
  kvault_cache_discard (vault);
  assert_result (vault, kvault_exists (vault, "a", 1), KVAULT_NOTFOUND);
  assert_int (stats_of (vault).bytes, ==, 0);
  close_vault (vault);
}

static void
refuses_options_out_of_range (void)
{
  static const kvault_cache_options bad[] = {
    { .capacity = ((uint64_t) 1 << 40) + 1 },
    { .capacity = 10, .flush_threshold = 11 },
    { .flush_interval_ms = 86400001 },
  };
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  char *path = kvtest_format ("%s", kvault_location (vault));

  for (size_t i = 0; i < KVTEST_N (bad); i++)
    assert_result (vault, kvault_cache_enable (vault, &bad[i]), KVAULT_EINVAL);
  close_vault (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_result (vault, kvault_cache_enable (vault, NULL), KVAULT_EREADONLY);
  close_vault (vault);
}

/* ---- Against a model: a list of keys and values that is simply looked through. ---- */

#define MODEL_KEYS 40

typedef struct {
  char key[8], value[24];
  bool there;
} Slot;

static void
random_key (uint64_t *seed, Slot *model, Slot **slot)
{
  *slot = &model[kvtest_random (seed) % MODEL_KEYS];
}

static int
by_key (const void *a, const void *b)
{
  return strcmp (((const Slot *) a)->key, ((const Slot *) b)->key);
}

static void
assert_walk (kvault *vault, const Slot *model, const char *prefix, const char *start, unsigned flags)
{
  kvault_cursor_options options = { .prefix = prefix, .prefix_size = strlen (prefix), .start = start,
                                    .start_size = strlen (start), .has_start = *start != '\0',
                                    .flags = flags | KVAULT_CURSOR_SIZES };
  bool reverse = (flags & KVAULT_CURSOR_REVERSE) != 0;
  kvault_cursor *cursor;
  const kvault_entry *entry;

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  for (int i = 0; i < MODEL_KEYS; i++)
    {
      const Slot *slot = &model[reverse ? MODEL_KEYS - 1 - i : i];
      int order = *start != '\0' ? strcmp (slot->key, start) : reverse ? -1 : 1;

      if (!slot->there || strncmp (slot->key, prefix, strlen (prefix)) != 0 || (reverse ? order > 0 : order < 0) ||
          (order == 0 && (flags & KVAULT_CURSOR_AFTER)))
        continue;
      assert_ok (vault, kvault_cursor_next (cursor, &entry));
      assert_mem (entry->key, entry->key_size, slot->key, strlen (slot->key));
      assert_int (entry->value_size, ==, strlen (slot->value));
    }
  assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_NOTFOUND);
  kvault_cursor_close (cursor);
}

static void
assert_model (kvault *vault, const Slot *model, uint64_t *seed)
{
  static const char *const prefixes[] = { "", "k", "k1", "k2", "x" };
  static const char *const starts[] = { "", "k", "k15", "k2", "k39", "z" };
  kvault_totals_result totals;
  uint64_t n = 0, bytes = 0, count;

  for (int i = 0; i < MODEL_KEYS; i++)
    {
      n += model[i].there;
      bytes += model[i].there ? strlen (model[i].value) : 0;
      if (model[i].there)
        assert_text (vault, model[i].key, model[i].value);
      else
        assert_result (vault, kvault_exists (vault, model[i].key, strlen (model[i].key)), KVAULT_NOTFOUND);
    }
  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, n);
  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
  assert_int (totals.keys, ==, n);
  assert_int (totals.bytes, ==, bytes);
  for (unsigned flags = 0; flags < 2; flags++)
    assert_walk (vault, model, prefixes[kvtest_random (seed) % KVTEST_N (prefixes)],
                 starts[kvtest_random (seed) % KVTEST_N (starts)],
                 (flags ? KVAULT_CURSOR_REVERSE : 0) | (kvtest_random (seed) % 2 ? KVAULT_CURSOR_AFTER : 0));
}

static void
random_step (kvault *vault, Slot *model, uint64_t *seed)
{
  Slot *slot;
  void *old;
  size_t old_size;
  int dice = (int) (kvtest_random (seed) % 100);

  random_key (seed, model, &slot);
  if (dice < 60)
    {
      snprintf (slot->value, sizeof slot->value, "%.*s", (int) (kvtest_random (seed) % 20), "abcdefghijklmnopqrstuvwxyz");
      slot->there = true;
      put (vault, slot->key, slot->value);
    }
  else if (dice < 85)
    {
      assert_result (vault, kvault_delete (vault, slot->key, strlen (slot->key)), slot->there ? KVAULT_OK : KVAULT_NOTFOUND);
      slot->there = false;
    }
  else if (dice < 90)
    {
      assert_ok (vault, kvault_setdefault (vault, slot->key, strlen (slot->key), "default", 7, &old, &old_size));
      assert_int (old != NULL, ==, slot->there);
      kvault_free (old);
      if (!slot->there)
        strcpy (slot->value, "default");
      slot->there = true;
    }
  else if (dice < 95)
    {
      assert_result (vault, kvault_pop (vault, slot->key, strlen (slot->key), &old, &old_size),
                     slot->there ? KVAULT_OK : KVAULT_NOTFOUND);
      kvault_free (old);
      slot->there = false;
    }
  else
    assert_ok (vault, kvault_cache_flush (vault));
}

static void
agrees_with_a_model (void)
{
  for (uint64_t run = 1; run <= 20; run++)
    {
      kvault *vault = open_cached (run % 2 ? KVAULT_SECTION_V1 : KVAULT_SECTION_V2, 400, 300);
      char *path = kvtest_format ("%s", kvault_location (vault));
      uint64_t seed = run;
      Slot model[MODEL_KEYS] = { 0 };

      for (int i = 0; i < MODEL_KEYS; i++)
        snprintf (model[i].key, sizeof model[i].key, "k%d", i);
      qsort (model, MODEL_KEYS, sizeof *model, by_key);
      for (int i = 0; i < 150; i++)
        {
          random_step (vault, model, &seed);
          if (i % 5 == 0)
            assert_model (vault, model, &seed);
        }
      close_vault (vault);
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      assert_model (vault, model, &seed);
      close_vault (vault);
      kvtest_remove (path);
    }
}

static void
a_walk_sees_what_is_put_and_flushed_ahead_of_it (void)
{
  kvault *vault = open_cached (KVAULT_SECTION_V2, 0, 0);
  kvault_cursor *cursor;
  const kvault_entry *entry;
  char seen[16] = "";

  put (vault, "a", "1");
  put (vault, "c", "3");
  assert_ok (vault, kvault_cache_flush (vault));
  put (vault, "b", "2");
  put (vault, "e", "5");
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    {
      strncat (seen, entry->key, entry->key_size);
      if (strcmp (seen, "ab") == 0)
        {
          put (vault, "aa", "behind");
          put (vault, "d", "4");
          assert_ok (vault, kvault_cache_flush (vault));
        }
    }
  kvault_cursor_close (cursor);
  assert_str (seen, "abcde");
  close_vault (vault);
}

/* A put that waits looks at no disk; the flush does, and keeps everything. */
static void
a_flush_never_writes_to_a_moved_file (void)
{
  kvault *vault = kvtest_create ("new.db");
  char *path = kvtest_format ("%s", kvault_location (vault));
  KvSnapshot *before;

  assert_ok (vault, kvault_put (vault, "old", 3, "v", 1));
  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_int (rename (path, kvtest_format ("%s.old", path)), ==, 0);
  before = kvtest_snapshot (kvtest_folder ());
  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_result (vault, kvault_cache_flush (vault), KVAULT_EMOVED);
  assert_value (vault, "k", 1, "v", 1);
  assert_result (vault, kvault_close (vault), KVAULT_EMOVED);
  assert_unchanged (before);
  kvault_cache_discard (vault);
  kvault_close (vault);
}

/* A walk that gives what waits before the row it stands on, while a flush puts the rest behind that row. */
static void
a_walk_goes_on_over_a_flush (void)
{
  for (int reverse = 0; reverse < 2; reverse++)
    for (int at = 0; at < 5; at++)
      for (int with_row = 0; with_row < 2; with_row++)
        {
          kvault_cursor_options options = { .flags = reverse ? KVAULT_CURSOR_REVERSE : 0 };
          kvault *vault = open_cached (KVAULT_SECTION_V2, 0, 0);
          const char *expected = with_row ? reverse ? "zdcba" : "abcdz" : reverse ? "dcba" : "abcd";
          kvault_cursor *cursor;
          const kvault_entry *entry;
          char seen[8] = "";
          int rc = KVAULT_OK;

          if (with_row)
            put (vault, reverse ? "a" : "z", "in the table");
          assert_ok (vault, kvault_cache_flush (vault));
          for (const char *key = with_row ? reverse ? "bcdz" : "abcd" : "abcd"; *key != '\0'; key++)
            assert_ok (vault, kvault_put (vault, key, 1, "waits", 5));
          assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
          for (int i = 0; rc == KVAULT_OK; i++)
            {
              if (i == at)
                assert_ok (vault, kvault_cache_flush (vault));
              if ((rc = kvault_cursor_next (cursor, &entry)) == KVAULT_OK)
                strncat (seen, entry->key, 1);
            }
          assert_int (rc, ==, KVAULT_NOTFOUND);
          assert_str (seen, expected);
          kvault_cursor_close (cursor);
          close_vault (vault);
          kvtest_remove (kvtest_path ("v2.db"));
        }
}

static void
a_walk_stays_in_its_table (void)
{
  kvault *vault = open_cached (KVAULT_SECTION_V2, 0, 0);
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_SIZES };
  kvault_cursor *cursor;
  const kvault_entry *entry;

  kvtest_sql (kvault_location (vault), KVTEST_V1 ("other"));
  kvault_close (vault);
  vault = kvtest_open (kvtest_path ("v2.db"), KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_use_table (vault, "kv"));
  put (vault, "a", "one");
  put (vault, "z", "three");
  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  assert_ok (vault, kvault_use_table (vault, "other"));
  put (vault, "m", "of the other table");
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_int (entry->value_size, ==, 3);
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_int (entry->value_size, ==, 5);
  assert_result (vault, kvault_cursor_next (cursor, &entry), KVAULT_NOTFOUND);
  kvault_cursor_close (cursor);
  assert_text (vault, "m", "of the other table");
  close_vault (vault);
}

static const KvTest tests[] = {
  { "/kvault/cache/what-waits-is-part-of-the-vault", what_waits_is_part_of_the_vault },
  { "/kvault/cache/flushes-when-the-interval-is-over", flushes_when_the_interval_is_over },
  { "/kvault/cache/putting-a-key-again-does-not-put-off-the-flush", putting_a_key_again_does_not_put_off_the_flush },
  { "/kvault/cache/larger-values-go-straight-through", larger_values_go_straight_through },
  { "/kvault/cache/a-flush-never-writes-to-a-moved-file", a_flush_never_writes_to_a_moved_file },
  { "/kvault/cache/discarding-gives-up-what-waits", discarding_gives_up_what_waits },
  { "/kvault/cache/refuses-options-out-of-range", refuses_options_out_of_range },
  { "/kvault/cache/agrees-with-a-model", agrees_with_a_model },
  { "/kvault/cache/a-walk-sees-what-is-put-and-flushed-ahead-of-it", a_walk_sees_what_is_put_and_flushed_ahead_of_it },
  { "/kvault/cache/a-walk-goes-on-over-a-flush", a_walk_goes_on_over_a_flush },
  { "/kvault/cache/a-walk-stays-in-its-table", a_walk_stays_in_its_table },
};

KVTEST_MAIN (tests)
