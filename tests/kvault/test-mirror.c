/* SPDX-License-Identifier: MIT */
/* What the handles of a process see of the values that wait for them: mirror.c. */
#include "shelved.h"

#define MANY 20000

static void
all_handles_see_it (void)
{
  static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

  for (size_t i = 0; i < KVTEST_N (kinds); i++)
    {
      const kvault_cursor_options backwards = { .flags = KVAULT_CURSOR_REVERSE }, stored = { .flags = KVAULT_CURSOR_STORED };
      const kvault_cursor_options from_b = { .prefix = "b", .prefix_size = 1 };
      kvault_blob *blob;
      kvault_totals_result totals;
      uint64_t n, size;
      char bytes[3];
      Shelved self;

      shelved_set_up (&self, kinds[i]);
      shelved_put (self.one, "b", "old");
      shelved_put (self.one, "d", "row");
      shelved_lay (self.one, "a", "first");
      shelved_lay (self.one, "b", "new");
      shelved_lay (self.one, "e", "");
      shelved_assert (self.two, "a", "first");
      shelved_assert (self.two, "b", "new");
      shelved_assert (self.two, "e", "");
      shelved_assert_none (self.two, "c");
      assert_int (kvault_is_shelved (self.two, "b", 1), !=, 0);
      assert_int (kvault_is_shelved (self.two, "d", 1), ==, 0);
      assert_ok (self.two, kvault_size (self.two, "a", 1, &size));
      assert_int (size, ==, 5);
      assert_ok (self.two, kvault_count (self.two, &n));
      assert_int (n, ==, 4);
      assert_ok (self.two, kvault_totals (self.two, "b", 1, NULL, NULL, &totals));
      assert_int (totals.keys, ==, 1);
      assert_int (totals.bytes, ==, 3);
      assert_str (shelved_walk (self.two, NULL), "a=first b=new d=row e= ");
      assert_str (shelved_walk (self.two, &backwards), "e= d=row b=new a=first ");
      assert_str (shelved_walk (self.two, &from_b), "b=new ");
      assert_ok (self.two, kvault_blob_open (self.two, "b", 1, &blob));
      shelved_lay (self.one, "b", "newer");   /* what is open stays what it was */
      assert_ok (self.two, kvault_blob_read (blob, bytes, 3, 0));
      assert_mem (bytes, 3, "new", 3);
      kvault_blob_close (blob);
      shelved_assert (self.two, "b", "newer");

      assert_str (shelved_in_file (&self), "b=old d=row ");
      assert_contains (shelved_walk (self.two, &stored), "d=row");
      assert_ok (self.two, kvault_shelf_flush (self.two));
      assert_str (shelved_in_file (&self), "a=first b=newer d=row e= ");
      assert_str (shelved_walk (self.one, NULL), "a=first b=newer d=row e= ");
      assert_int (kvault_is_shelved (self.one, "b", 1), ==, 0);
      shelved_tear_down (&self);
    }
}

/* A walk goes on with what it began with; the next one sees what came. */
static void
walks_are_of_one_state (void)
{
  const kvault_entry *entry;
  kvault_cursor *cursor;
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  shelved_lay (self.one, "a", "1");
  assert_ok (self.two, kvault_cursor_open (self.two, NULL, &cursor));
  assert_ok (self.two, kvault_cursor_next (cursor, &entry));
  shelved_lay (self.one, "b", "2");
  assert_result (self.two, kvault_cursor_next (cursor, &entry), KVAULT_NOTFOUND);
  kvault_cursor_close (cursor);
  assert_str (shelved_walk (self.two, NULL), "a=1 b=2 ");
  shelved_tear_down (&self);
}

static void
each_table_has_its_own (void)
{
  kvault_shelf_stats stats;
  Shelved self;

  shelved_set_up_tables (&self);
  shelved_lay (self.one, "key", "of kv");
  assert_ok (self.one, kvault_use_table (self.one, "other"));
  shelved_assert_none (self.one, "key");
  shelved_lay (self.one, "key", "of the other");
  shelved_lay (self.one, "more", "too");
  shelved_assert (self.one, "key", "of the other");
  shelved_assert (self.two, "key", "of kv");
  assert_str (shelved_walk (self.two, NULL), "key=of kv ");
  kvault_shelf_stats_get (self.shelf, "other", &stats);
  assert_int (stats.entries, ==, 2);
  assert_int (shelved_stats (&self).entries, ==, 3);

  assert_ok (self.two, kvault_shelf_flush (self.two));   /* of all tables, and the one in use is the one it was */
  assert_str (kvault_table (self.two), "kv");
  assert_int (kvtest_sql_int (self.path, "SELECT count(*) FROM kv WHERE key = x'6b6579' AND value = CAST('of kv' AS BLOB)"), ==, 1);
  assert_int (kvtest_sql_int (self.path, "SELECT count(*) FROM other"), ==, 2);
  shelved_assert (self.two, "key", "of kv");
  shelved_assert (self.one, "key", "of the other");
  shelved_tear_down (&self);
}

/* A writer of another table works on that in between. */
static void
a_writer_elsewhere_changes_nothing (void)
{
  kvault_writer *writer;
  Shelved self;

  shelved_set_up_tables (&self);
  assert_ok (self.one, kvault_writer_open (self.one, "w", 1, KVAULT_SIZE_UNKNOWN, &writer));
  assert_ok (self.one, kvault_writer_write (writer, "w", 1));
  assert_ok (self.one, kvault_use_table (self.one, "other"));
  shelved_lay (self.two, "only kv", "1");
  assert_ok (self.one, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  shelved_assert_none (self.one, "only kv");
  shelved_assert (self.two, "only kv", "1");
  shelved_tear_down (&self);
}

/* Look-ups between puts cost no more for what lies there already. */
static void
many_may_lie_there (void)
{
  Shelved self;
  uint64_t n;

  shelved_set_up (&self, KVAULT_SECTION_V2);
  for (int i = 0; i < MANY; i++)
    {
      const char *key = kvtest_format ("%08d", i * 7919 % MANY);

      shelved_lay (i % 2 ? self.one : self.two, key, key);
      shelved_assert (i % 3 ? self.one : self.two, key, key);
    }
  assert_int (shelved_stats (&self).entries, ==, MANY);
  assert_int (shelved_stats (&self).bytes, ==, MANY * 16);
  assert_ok (self.one, kvault_count (self.one, &n));
  assert_int (n, ==, MANY);
  assert_ok (self.one, kvault_shelf_flush (self.one));
  assert_int (shelved_stats (&self).entries, ==, 0);
  assert_int (shelved_stats (&self).last_flush_bytes, ==, MANY * 16);
  assert_int (kvtest_sql_int (self.path, "SELECT count(*) FROM kv WHERE key = value"), ==, MANY);
  shelved_tear_down (&self);
}

static void
what_it_replaces_can_change (void)
{
  kvault_veil *veil = kvault_veil_new ();
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_deletion *deletion;
  const kvault_entry *entry;
  kvault_cursor *cursor;
  kvault_error error;
  kvault *vault;
  Shelved self;

  shelved_set_up (&self, KVAULT_SECTION_V1);
  shelved_put (self.one, "hidden", "sixteen bytes ..");
  options.veil = veil;
  options.shelf = self.shelf;
  assert_int (kvault_open (self.path, &options, &vault, &error), ==, KVAULT_OK);
  assert_ok (vault, kvault_cursor_open (vault, &(kvault_cursor_options) { .flags = KVAULT_CURSOR_IDS }, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  deletion = kvault_deletion_new (veil, "kv");
  assert_int (kvault_deletion_add (deletion, entry), ==, KVAULT_OK);
  kvault_cursor_close (cursor);
  kvault_deletion_hide (deletion);

  shelved_lay (vault, "hidden", "1");
  shelved_lay (vault, "new", "2");
  assert_int (shelved_stats (&self).new_keys, ==, 2);
  assert_int (shelved_stats (&self).replaced_bytes, ==, 0);
  kvault_deletion_show (deletion);
  kvtest_sql (self.path, "INSERT INTO kv (key, value, size) VALUES (x'6e6577', x'010203', 3)");
  assert_ok (vault, kvault_shelf_measure (vault));
  assert_int (shelved_stats (&self).new_keys, ==, 0);
  assert_int (shelved_stats (&self).replaced_bytes, ==, 16 + 3);
  assert_int (shelved_stats (&self).entries, ==, 2);
  kvault_deletion_free (deletion);
  kvault_close (vault);
  kvault_veil_unref (veil);
  shelved_tear_down (&self);
}

static const KvTest tests[] = {
  { "/kvault/mirror/all-handles-see-it", all_handles_see_it },
  { "/kvault/mirror/walks-are-of-one-state", walks_are_of_one_state },
  { "/kvault/mirror/each-table-has-its-own", each_table_has_its_own },
  { "/kvault/mirror/a-writer-elsewhere-changes-nothing", a_writer_elsewhere_changes_nothing },
  { "/kvault/mirror/many-may-lie-there", many_may_lie_there },
  { "/kvault/mirror/what-it-replaces-can-change", what_it_replaces_can_change },
};

KVTEST_MAIN (tests)
