/* SPDX-License-Identifier: MIT */
/* Several changes as one: batch.c. */
#include "kvtest.h"

static void
put (kvault *vault, const char *key, const char *value)
{
  assert_ok (vault, kvault_put (vault, key, strlen (key), value, strlen (value)));
}

static char *
keys_of (kvault *vault)
{
  char *list = kvtest_format ("%4096s", "");
  kvault_cursor *cursor;
  const kvault_entry *entry;

  list[0] = '\0';
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    {
      strncat (list, entry->key, entry->key_size);
      strcat (list, " ");
    }
  kvault_cursor_close (cursor);
  return list;
}

static int64_t
rows_seen_by_others (kvault *vault)
{
  return kvtest_sql_int (kvault_location (vault), "SELECT count(*) FROM kv");
}

static void
a_transaction_shows_at_its_end (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);

  assert_ok (vault, kvault_begin (vault));
  put (vault, "a", "1");
  put (vault, "b", "2");
  assert_ok (vault, kvault_rename (vault, "b", 1, "c", 1, 0));
  assert_int (rows_seen_by_others (vault), ==, 0);
  assert_result (vault, kvault_begin (vault), KVAULT_EINVAL);
  assert_ok (vault, kvault_commit (vault));
  assert_int (rows_seen_by_others (vault), ==, 2);
  assert_result (vault, kvault_commit (vault), KVAULT_EINVAL);
  kvault_close (vault);
}

static void
rollback_and_close_undo (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V1);
  char *path = kvtest_format ("%s", kvault_location (vault));

  put (vault, "kept", "1");
  assert_ok (vault, kvault_begin (vault));
  put (vault, "a", "1");
  kvault_rollback (vault);
  kvault_rollback (vault);
  assert_str (keys_of (vault), "kept ");
  assert_ok (vault, kvault_begin (vault));
  put (vault, "b", "1");
  assert_ok (vault, kvault_delete (vault, "kept", 4));
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_str (keys_of (vault), "kept ");
  kvault_close (vault);
}

static void
what_fails_inside_leaves_what_came_before (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  uint64_t n;

  assert_ok (vault, kvault_begin (vault));
  put (vault, "p1", "1");
  put (vault, "p2", "2");
  put (vault, "q2", "in the way");
  assert_result (vault, kvault_rename_prefix (vault, "p", 1, "q", 1, 0, NULL, NULL, &n), KVAULT_EEXIST);
  assert_str (keys_of (vault), "p1 p2 q2 ");
  assert_ok (vault, kvault_commit (vault));
  assert_str (keys_of (vault), "p1 p2 q2 ");
  kvault_close (vault);
}

static void
pop_gives_and_deletes (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V1);
  void *value;
  size_t size;

  put (vault, "a", "value");
  assert_ok (vault, kvault_pop (vault, "a", 1, &value, &size));
  assert_mem (value, size, "value", 5);
  kvault_free (value);
  assert_result (vault, kvault_pop (vault, "a", 1, &value, &size), KVAULT_NOTFOUND);
  assert_true (value == NULL);
  kvault_close (vault);
}

static void
setdefault_keeps_what_is_there (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  void *value;
  size_t size;

  assert_ok (vault, kvault_setdefault (vault, "a", 1, "first", 5, &value, &size));
  assert_true (value == NULL);
  assert_ok (vault, kvault_setdefault (vault, "a", 1, "second", 6, &value, &size));
  assert_mem (value, size, "first", 5);
  kvault_free (value);
  assert_value (vault, "a", 1, "first", 5);
  kvault_close (vault);
}

typedef struct {
  int next, n, fail_at;
  char key[16];
} Pairs;

static int
next_pair (void *data, const void **key, size_t *key_size, const void **value, size_t *value_size)
{
  Pairs *pairs = data;

  if (pairs->next == pairs->n)
    return KVAULT_NOTFOUND;
  if (pairs->next == pairs->fail_at)
    return KVAULT_EIO;
  *key_size = (size_t) snprintf (pairs->key, sizeof pairs->key, "%06d", pairs->next++);
  *value = *key = pairs->key;
  *value_size = *key_size;
  return KVAULT_OK;
}

static int
cancel_after (const kvault_progress *progress, void *data)
{
  return progress->keys >= *(uint64_t *) data;
}

static void
update_puts_all_or_nothing (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  Pairs pairs = { .n = 1000, .fail_at = 700 };
  uint64_t limit = 300;

  assert_result (vault, kvault_update (vault, next_pair, &pairs, NULL, NULL), KVAULT_EIO);
  assert_int (rows_seen_by_others (vault), ==, 0);
  pairs = (Pairs) { .n = 1000, .fail_at = -1 };
  assert_result (vault, kvault_update (vault, next_pair, &pairs, cancel_after, &limit), KVAULT_ECANCELLED);
  assert_int (rows_seen_by_others (vault), ==, 0);
  pairs = (Pairs) { .n = 1000, .fail_at = -1 };
  assert_ok (vault, kvault_update (vault, next_pair, &pairs, NULL, NULL));
  assert_int (rows_seen_by_others (vault), ==, 1000);
  kvault_close (vault);
}

static void
fill (kvault *vault, int n)
{
  Pairs pairs = { .n = n, .fail_at = -1 };

  assert_ok (vault, kvault_update (vault, next_pair, &pairs, NULL, NULL));
}

static void
deletes_a_prefix_or_nothing_of_it (void)
{
  for (int kind = KVAULT_SECTION_V1; kind <= KVAULT_SECTION_V2; kind++)
    {
      kvault *vault = kvtest_make ((kvault_section_kind) kind);
      uint64_t n, limit = 500;

      fill (vault, 3000);
      put (vault, "0\xff\xff", "behind every digit");
      assert_result (vault, kvault_delete_prefix (vault, "000", 3, cancel_after, &limit, &n), KVAULT_ECANCELLED);
      assert_int (n, ==, 0);
      assert_int (rows_seen_by_others (vault), ==, 3001);
      assert_ok (vault, kvault_delete_prefix (vault, "000", 3, NULL, NULL, &n));
      assert_int (n, ==, 1000);
      assert_ok (vault, kvault_delete_prefix (vault, "none", 4, NULL, NULL, &n));
      assert_int (n, ==, 0);
      assert_ok (vault, kvault_delete_prefix (vault, "0", 1, NULL, NULL, &n));
      assert_int (n, ==, 2001);
      assert_str (keys_of (vault), "");
      kvault_close (vault);
    }
}

/* The index still has keys whose rows are gone: an end, not for ever the same keys. */
static void
a_broken_index_ends_a_delete (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault;
  uint64_t n;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', x'01'), (x'62', x'02');" KVTEST_V2 ("twin")
              "INSERT INTO twin(rowid, key, value) VALUES (1, x'61', x'01'), (7, x'62', x'02'), (8, x'63', x'03')");
  kvtest_sql (path, "PRAGMA writable_schema=1; "
              "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_twin_1')"
              " WHERE name = 'sqlite_autoindex_kv_1'; DELETE FROM sqlite_schema WHERE tbl_name = 'twin'");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_clear (vault, NULL, NULL, &n), KVAULT_ECORRUPT);
  assert_int (n, ==, 0);
  assert_result (vault, kvault_put (vault, "new", 3, "x", 1), KVAULT_ECORRUPT);
  kvault_close (vault);
}

static void
clears_more_than_ten_thousand (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  uint64_t n;

  fill (vault, 25000);
  assert_ok (vault, kvault_clear (vault, NULL, NULL, &n));
  assert_int (n, ==, 25000);
  assert_int (rows_seen_by_others (vault), ==, 0);
  assert_str (kvtest_integrity (kvault_location (vault)), "ok");
  kvault_close (vault);
}

static void
renames_a_prefix (void)
{
  static const struct { const char *from, *to, *before, *after; } cases[] = {
    { "a/", "b/", "a/1 a/2 c", "b/1 b/2 c " },
    { "a/", "a/b/", "a/1 a/b/1 a/b/b/1", "a/b/1 a/b/b/1 a/b/b/b/1 " },
    { "a/b/", "a/", "a/b/1 a/b/b/1 a/b/b/b/1", "a/1 a/b/1 a/b/b/1 " },
    { "", "x", "a b", "xa xb " },
    { "x", "", "xa xb", "a b " },
    { "a", "a", "a1", "a1 " },
  };

  for (size_t i = 0; i < KVTEST_N (cases); i++)
    {
      kvault *vault = kvtest_make (i % 2 ? KVAULT_SECTION_V1 : KVAULT_SECTION_V2);
      char *path = kvtest_format ("%s", kvault_location (vault));
      char *list = kvtest_format ("%s", cases[i].before);
      uint64_t n;

      for (char *key = strtok (list, " "); key != NULL; key = strtok (NULL, " "))
        put (vault, key, key);
      assert_ok (vault, kvault_rename_prefix (vault, cases[i].from, strlen (cases[i].from), cases[i].to, strlen (cases[i].to), 0,
                                              NULL, NULL, &n));
      assert_str (keys_of (vault), cases[i].after);
      kvault_close (vault);
      kvtest_remove (path);
    }
}

static void
a_conflict_or_a_cancel_renames_nothing (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  uint64_t n, limit = 1;

  put (vault, "a/1", "1");
  put (vault, "a/2", "2");
  put (vault, "b/2", "there");
  assert_result (vault, kvault_rename_prefix (vault, "a/", 2, "b/", 2, 0, NULL, NULL, &n), KVAULT_EEXIST);
  assert_contains (kvault_errmsg (vault), "b/2");
  assert_result (vault, kvault_rename_prefix (vault, "a/", 2, "b/", 2, 1, cancel_after, &limit, &n), KVAULT_ECANCELLED);
  assert_str (keys_of (vault), "a/1 a/2 b/2 ");
  assert_value (vault, "b/2", 3, "there", 5);
  assert_ok (vault, kvault_rename_prefix (vault, "a/", 2, "b/", 2, 1, NULL, NULL, &n));
  assert_int (n, ==, 2);
  assert_str (keys_of (vault), "b/1 b/2 ");
  assert_value (vault, "b/2", 3, "2", 1);
  kvault_close (vault);
}

/* Such keys begin with no bytes; kvault_clear() alone deletes them. */
static void
keys_of_other_classes_keep_their_names (void)
{
  kvault *vault = kvtest_make (KVAULT_SECTION_V2);
  uint64_t n;

  kvtest_sql (kvault_location (vault), "INSERT INTO kv VALUES (x'61', x'62'), ('text', x'62'), (5, x'62'), (x'', x'62')");
  assert_ok (vault, kvault_rename_prefix (vault, NULL, 0, "new/", 4, 0, NULL, NULL, &n));
  assert_int (n, ==, 2);
  assert_str (keys_of (vault), "5 text new/ new/a ");
  assert_ok (vault, kvault_clear (vault, NULL, NULL, &n));
  assert_int (n, ==, 4);
  kvault_close (vault);
}

static void
refuses_to_change_what_is_viewed (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("v010_media.db"), KVAULT_ACCESS_VIEW);
  void *value;
  size_t size;
  uint64_t n;

  assert_result (vault, kvault_begin (vault), KVAULT_EREADONLY);
  assert_result (vault, kvault_pop (vault, "x", 1, &value, &size), KVAULT_EREADONLY);
  assert_result (vault, kvault_clear (vault, NULL, NULL, &n), KVAULT_EREADONLY);
  assert_result (vault, kvault_rename_prefix (vault, "x", 1, "y", 1, 0, NULL, NULL, &n), KVAULT_EREADONLY);
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/batch/a-transaction-shows-at-its-end", a_transaction_shows_at_its_end },
  { "/kvault/batch/rollback-and-close-undo", rollback_and_close_undo },
  { "/kvault/batch/what-fails-inside-leaves-what-came-before", what_fails_inside_leaves_what_came_before },
  { "/kvault/batch/pop-gives-and-deletes", pop_gives_and_deletes },
  { "/kvault/batch/setdefault-keeps-what-is-there", setdefault_keeps_what_is_there },
  { "/kvault/batch/update-puts-all-or-nothing", update_puts_all_or_nothing },
  { "/kvault/batch/deletes-a-prefix-or-nothing-of-it", deletes_a_prefix_or_nothing_of_it },
  { "/kvault/batch/a-broken-index-ends-a-delete", a_broken_index_ends_a_delete },
  { "/kvault/batch/clears-more-than-ten-thousand", clears_more_than_ten_thousand },
  { "/kvault/batch/renames-a-prefix", renames_a_prefix },
  { "/kvault/batch/a-conflict-or-a-cancel-renames-nothing", a_conflict_or_a_cancel_renames_nothing },
  { "/kvault/batch/keys-of-other-classes-keep-their-names", keys_of_other_classes_keep_their_names },
  { "/kvault/batch/refuses-to-change-what-is-viewed", refuses_to_change_what_is_viewed },
};

KVTEST_MAIN (tests)
