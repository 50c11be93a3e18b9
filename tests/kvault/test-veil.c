/* SPDX-License-Identifier: MIT */
/* Deletions that are not written yet: veil.c. */
#include "veiled.h"

/* ---- what is seen ---- */

static void
hides_from_walks (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");

  assert_str (veiled_list (vault, 0), "b");
  assert_str (veiled_list (vault, KVAULT_CURSOR_IDS), "b");
  assert_str (veiled_list (vault, KVAULT_CURSOR_SIZES), "b");
  assert_str (veiled_list (vault, KVAULT_CURSOR_REVERSE), "b");
  assert_str (veiled_list (vault, KVAULT_CURSOR_STORED), "b");
  kvault_deletion_show (deletion);
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3 b");
  assert_str (veiled_list (vault, KVAULT_CURSOR_STORED), "a/1 a/2 a/3 b");
  kvault_deletion_hide (deletion);
  assert_str (veiled_list (vault, 0), "b");
  veiled_end (vault, deletion);
}

static void
hides_from_look_ups (kvault *vault)
{
  kvault_deletion *deletion = veiled_new_deletion (vault, "a/1");
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_IDS };
  const kvault_entry *first;
  kvault_cursor *cursor;
  kvault_entry entry, found;
  kvault_blob *blob;
  uint64_t size;
  size_t value_size;
  void *value;

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &first));
  entry = *first;
  entry.key = "a/1";
  kvault_cursor_close (cursor);
  kvault_deletion_hide (deletion);
  assert_result (vault, kvault_exists (vault, "a/1", 3), KVAULT_NOTFOUND);
  assert_result (vault, kvault_size (vault, "a/1", 3, &size), KVAULT_NOTFOUND);
  assert_result (vault, kvault_get (vault, "a/1", 3, &value, &value_size), KVAULT_NOTFOUND);
  assert_result (vault, kvault_blob_open (vault, "a/1", 3, &blob), KVAULT_NOTFOUND);
  assert_result (vault, kvault_blob_open_entry (vault, &entry, &blob), KVAULT_NOTFOUND);
  assert_result (vault, kvault_entry_by_id (vault, entry.id, 0, &found), KVAULT_NOTFOUND);
  assert_result (vault, kvault_rename (vault, "a/1", 3, "c", 1, 0), KVAULT_NOTFOUND);
  kvault_deletion_show (deletion);
  assert_value (vault, "a/1", 3, "one", 3);
  veiled_end (vault, deletion);
}

static void
counts_what_is_seen (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault_totals_result totals;
  uint64_t bytes;

  assert_int (veiled_count (vault), ==, 1);
  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
  assert_int (totals.keys, ==, 1);
  assert_int (totals.bytes, ==, 3);
  assert_ok (vault, kvault_totals (vault, "a", 1, NULL, NULL, &totals));
  assert_int (totals.keys, ==, 0);
  assert_int (kvault_deletion_count (deletion, &bytes), ==, 3);
  assert_int (bytes, ==, 12);
  kvtest_sql (kvault_location (vault), "DELETE FROM kv WHERE key = x'612f31'");
  assert_int (veiled_count (vault), ==, 1);
  kvault_deletion_show (deletion);
  assert_int (veiled_count (vault), ==, 3);
  veiled_end (vault, deletion);
}

static void
shows_to_others (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "");
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_VIEW);
  kvault *same = veiled_open (kvault_location (vault), KVAULT_ACCESS_VIEW);

  assert_str (veiled_list (other, 0), "a/1 a/2 a/3 b");
  assert_str (veiled_list (same, 0), "");
  assert_int (veiled_count (same), ==, 0);
  assert_ok (other, kvault_close (other));
  assert_ok (same, kvault_close (same));
  veiled_end (vault, deletion);
}

/* ---- what takes their place ---- */

/* A key is hidden while a value for it waits for the lock: that is seen, and stays. */
static void
a_value_that_waited_is_seen (kvault *vault)
{
  static VeiledWaiter self;
  kvault_deletion *deletion;
  kvault_deletion_result result;
  pthread_t thread;

  self = (VeiledWaiter) { 0 };
  veiled_open_waiter (&self, kvault_location (vault));
  assert_ok (vault, kvault_begin (vault));
  veiled_put (vault, "zz", "so that it is locked");
  deletion = veiled_new_deletion (vault, "a/1");
  assert_ok (vault, kvault_deletion_measure (vault, deletion, NULL, NULL));
  pthread_create (&thread, NULL, veiled_waiter_thread, &self);
  veiled_wait_for (&self);
  kvault_deletion_hide (deletion);
  assert_ok (vault, kvault_commit (vault));
  pthread_join (thread, NULL);
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3 b zz");
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 0);
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3 b zz");
  assert_ok (self.vault, kvault_close (self.vault));
  veiled_end (vault, deletion);
}

/* What another program puts under a hidden key, in a row of its own, shows at once. */
static void
shows_what_others_put (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/1");
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);

  assert_ok (other, kvault_delete (other, "a/1", 3));
  veiled_put (other, "c", "sea");
  veiled_put (other, "a/1", "another");
  assert_ok (other, kvault_close (other));
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3 b c");
  assert_value (vault, "a/1", 3, "another", 7);
  veiled_end (vault, deletion);
}

static void
lets_a_new_value_take_the_place (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault_writer *writer;

  veiled_put (vault, "a/1", "new");
  assert_ok (vault, kvault_rename (vault, "b", 1, "a/2", 3, 0));
  assert_ok (vault, kvault_writer_open (vault, "a/3", 3, 5, &writer));
  assert_ok (vault, kvault_writer_write (writer, "fresh", 5));
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3");
  assert_value (vault, "a/2", 3, "bee", 3);
  assert_int (kvault_deletion_count (deletion, NULL), ==, 0);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, NULL));
  assert_value (vault, "a/1", 3, "new", 3);
  assert_value (vault, "a/3", 3, "fresh", 5);
  veiled_end (vault, deletion);
}

/* Whatever took the places is taken back: they are hidden as before, and deleted. */
static void
assert_hidden_again (kvault *vault, kvault_deletion *deletion)
{
  uint64_t bytes;

  assert_str (veiled_list (vault, 0), "b");
  assert_int (veiled_count (vault), ==, 1);
  assert_int (kvault_deletion_count (deletion, &bytes), ==, 3);
  assert_int (bytes, ==, 12);
}

static void
put_at_all (kvault *vault)
{
  kvault_writer *writer;

  veiled_put (vault, "a/1", "new");
  assert_ok (vault, kvault_rename (vault, "b", 1, "a/2", 3, 0));
  assert_ok (vault, kvault_writer_open (vault, "a/3", 3, 5, &writer));
  assert_ok (vault, kvault_writer_write (writer, "fresh", 5));
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3");
  assert_int (veiled_count (vault), ==, 3);
}

static void
what_is_rolled_back_is_hidden_again (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault *same = veiled_open (kvault_location (vault), KVAULT_ACCESS_VIEW);

  assert_ok (vault, kvault_begin (vault));
  put_at_all (vault);
  assert_str (veiled_list (same, 0), "b");   /* nothing is committed */
  kvault_rollback (vault);
  assert_hidden_again (vault, deletion);
  assert_str (veiled_list (same, 0), "b");
  assert_ok (vault, kvault_bulk_begin (vault, 0));
  veiled_put (vault, "a/1", "new");
  kvault_rollback (vault);
  assert_hidden_again (vault, deletion);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, NULL));
  kvault_deletion_show (deletion);
  assert_str (veiled_list (vault, 0), "b");
  assert_ok (same, kvault_close (same));
  veiled_end (vault, deletion);
}

typedef struct {
  int n;
} Fed;

/* One that goes, and then a failure. */
static int
feed_and_fail (void *data, const void **key, size_t *key_size, const void **value, size_t *value_size)
{
  Fed *fed = data;

  *key = "a/2";
  *value = "n";
  *key_size = 3;
  *value_size = 1;
  return fed->n++ == 0 ? KVAULT_OK : KVAULT_EIO;
}

/* Of an operation inside a transaction, which goes on; what another one did stays. */
static void
what_a_savepoint_takes_back_is_hidden_again (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  Fed fed = { 0 };

  assert_ok (vault, kvault_begin (vault));
  veiled_put (vault, "a/1", "new");
  assert_result (vault, kvault_update (vault, feed_and_fail, &fed, NULL, NULL), KVAULT_EIO);
  assert_str (veiled_list (vault, 0), "a/1 b");
  assert_ok (vault, kvault_commit (vault));
  assert_str (veiled_list (vault, 0), "a/1 b");
  assert_int (kvault_deletion_count (deletion, NULL), ==, 2);
  fed.n = 0;
  assert_result (vault, kvault_update (vault, feed_and_fail, &fed, NULL, NULL), KVAULT_EIO);
  assert_str (veiled_list (vault, 0), "a/1 b");
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, NULL));
  assert_value (vault, "a/1", 3, "new", 3);
  veiled_end (vault, deletion);
}

/* Somebody reads, where there is no log to write into meanwhile. */
static void
what_is_not_committed_is_hidden_again (kvault *vault)
{
  char *path = kvtest_format ("%s", kvault_location (vault));
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_deletion *deletion;
  kvault *same;
  kvault_cursor *cursor;
  const kvault_entry *entry;

  assert_ok (vault, kvault_close (vault));
  kvtest_sql (path, "PRAGMA journal_mode = DELETE");
  options.veil = veil;
  options.busy_timeout_ms = KVAULT_BUSY_NOWAIT;
  options.access = KVAULT_ACCESS_WRITE;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  same = veiled_open (path, KVAULT_ACCESS_VIEW);
  deletion = veiled_hide (vault, "a/");
  assert_ok (vault, kvault_begin (vault));
  put_at_all (vault);
  assert_ok (same, kvault_cursor_open (same, NULL, &cursor));
  assert_ok (same, kvault_cursor_next (cursor, &entry));
  assert_result (vault, kvault_commit (vault), KVAULT_EBUSY);
  kvault_cursor_close (cursor);
  kvault_rollback (vault);
  assert_hidden_again (vault, deletion);
  assert_ok (vault, kvault_begin (vault));
  put_at_all (vault);
  kvault_deletion_show (deletion);
  kvault_deletion_hide (deletion);
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3");
  assert_ok (vault, kvault_commit (vault));
  assert_str (veiled_list (same, 0), "a/1 a/2 a/3");
  assert_int (kvault_deletion_count (deletion, NULL), ==, 0);
  assert_ok (same, kvault_close (same));
  veiled_end (vault, deletion);
}

/* A deletion is over while a value is at the place of one of its keys, and is then taken back. */
static void
a_deletion_ends_before_a_rollback (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/"), *other = veiled_new_deletion (vault, "b");

  kvault_deletion_hide (other);
  assert_ok (vault, kvault_begin (vault));
  veiled_put (vault, "a/1", "new");
  veiled_put (vault, "b", "new");
  kvault_deletion_free (deletion);
  kvault_rollback (vault);
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3");
  veiled_end (vault, other);
}

/* The old value is put back: the deletion goes on as if nothing had taken its place. */
static void
a_deletion_is_resumed (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault_deletion_result result;

  put_at_all (vault);
  assert_int (kvault_deletion_displaced (deletion), ==, 3);
  assert_result (vault, kvault_deletion_resume (vault, "a/1", 3), KVAULT_EINVAL);
  for (int i = 0; i < 2; i++)
    {
      assert_ok (vault, kvault_begin (vault));
      veiled_put (vault, "a/1", "one");
      assert_ok (vault, kvault_deletion_resume (vault, "a/1", 3));
      veiled_put (vault, "a/3", "three");
      assert_ok (vault, kvault_deletion_resume (vault, "a/3", 3));
      assert_result (vault, kvault_deletion_resume (vault, "a/3", 3), KVAULT_NOTFOUND);
      assert_result (vault, kvault_deletion_resume (vault, "a/2", 3), KVAULT_NOTFOUND);   /* it has the row of "b" */
      assert_str (veiled_list (vault, 0), "a/2");
      if (i > 0)
        break;
      kvault_rollback (vault);
      assert_str (veiled_list (vault, 0), "a/1 a/2 a/3");
      assert_int (kvault_deletion_count (deletion, NULL), ==, 0);
    }
  assert_ok (vault, kvault_commit (vault));
  assert_str (veiled_list (vault, 0), "a/2");
  kvault_deletion_show (deletion);
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3");
  kvault_deletion_hide (deletion);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 2);
  assert_int (result.bytes, ==, 8);
  assert_int (result.changed, ==, 0);
  assert_str (veiled_list (vault, 0), "a/2");
  veiled_end (vault, deletion);
}

static void
put_back (kvault *vault, const char *value)
{
  assert_ok (vault, kvault_begin (vault));
  veiled_put (vault, "a/1", value);
  assert_ok (vault, kvault_deletion_resume (vault, "a/1", 3));
}

/* Deleted, another value put there, that deleted, and another put there: each goes on when the value before it is back. */
static void
deletions_of_one_key_are_resumed_in_turn (kvault *vault)
{
  kvault_deletion *first = veiled_hide (vault, "a/1"), *second;

  veiled_put (vault, "a/1", "first");
  second = veiled_hide (vault, "a/1");
  assert_ok (vault, kvault_begin (vault));
  veiled_put (vault, "a/1", "second");
  assert_ok (vault, kvault_commit (vault));
  for (int i = 0; i < 2; i++)
    {
      put_back (vault, "first");
      assert_int (kvault_deletion_count (second, NULL), ==, 1);
      assert_int (kvault_deletion_count (first, NULL), ==, 0);
      if (i == 0)
        kvault_rollback (vault);   /* whose turn it is stays */
    }
  assert_ok (vault, kvault_commit (vault));
  assert_str (veiled_list (vault, 0), "a/2 a/3 b");
  kvault_deletion_show (second);
  assert_value (vault, "a/1", 3, "first", 5);
  assert_ok (vault, kvault_deletion_write (vault, first, NULL, NULL, NULL));
  assert_value (vault, "a/1", 3, "first", 5);
  kvault_deletion_free (first);
  veiled_end (vault, second);
}

/* The second is undone and forgotten while another value is there: the first does not take its turn. */
static void
a_forgotten_deletion_has_its_turn (kvault *vault)
{
  kvault_deletion *first = veiled_hide (vault, "a/1"), *second;

  veiled_put (vault, "a/1", "first");
  second = veiled_hide (vault, "a/1");
  veiled_put (vault, "a/1", "second");
  kvault_deletion_free (second);
  put_back (vault, "first");
  assert_ok (vault, kvault_commit (vault));
  assert_value (vault, "a/1", 3, "first", 5);
  assert_int (kvault_deletion_count (first, NULL), ==, 0);
  put_back (vault, "one");
  assert_ok (vault, kvault_commit (vault));
  assert_str (veiled_list (vault, 0), "a/2 a/3 b");
  veiled_end (vault, first);
}

/* It was shown meanwhile, or written, or is over. */
static void
what_is_not_hidden_any_more_is_not_resumed (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");

  veiled_put (vault, "a/1", "new");
  veiled_put (vault, "a/2", "new");
  veiled_put (vault, "b", "new");
  kvault_deletion_show (deletion);
  assert_ok (vault, kvault_begin (vault));
  veiled_put (vault, "a/1", "one");
  assert_ok (vault, kvault_deletion_resume (vault, "a/1", 3));
  assert_result (vault, kvault_deletion_resume (vault, "b", 1), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_commit (vault));
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3 b");
  kvault_deletion_hide (deletion);
  assert_str (veiled_list (vault, 0), "a/2 b");
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, NULL));
  assert_ok (vault, kvault_begin (vault));
  assert_result (vault, kvault_deletion_resume (vault, "a/2", 3), KVAULT_ESTALE);
  assert_result (vault, kvault_deletion_resume (vault, "a/2", 3), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_commit (vault));
  assert_int (kvault_deletion_displaced (deletion), ==, 0);
  veiled_put (vault, "a/3", "three");
  veiled_end (vault, deletion);
}

static kvault_deletion *
hide_unmeasured (kvault     *vault,
                 const char *key)
{
  kvault_deletion *deletion = veiled_new_deletion (vault, key);

  kvault_deletion_hide (deletion);
  return deletion;
}

/* A savepoint: it fails after what it stored. */
static int
store_and_fail (void        *data,
                const void **key,
                size_t      *key_size,
                const void **value,
                size_t      *value_size)
{
  int *n = data;

  *key = *value = "a/2";
  *key_size = *value_size = 3;
  return (*n)++ == 0 ? KVAULT_OK : KVAULT_EIO;
}

/* It takes the place of what was hidden only while its transaction was under way, if that is committed, and did store it. */
static void
what_is_hidden_meanwhile_is_displaced (kvault *vault)
{
  for (int i = 0; i < 2; i++)
    {
      kvault_deletion *deletion, *other, *third;
      int n = 0;

      assert_ok (vault, kvault_begin (vault));
      veiled_put (vault, "a/1", "new");
      assert_result (vault, kvault_update (vault, store_and_fail, &n, NULL, NULL), KVAULT_EIO);
      deletion = hide_unmeasured (vault, "a/1");
      other = hide_unmeasured (vault, "a/2");
      third = hide_unmeasured (vault, "a/3");
      kvault_deletion_show (third);
      veiled_put (vault, "a/3", "new");
      assert_str (veiled_list (vault, 0), "a/3 b");
      if (i == 0)
        kvault_rollback (vault);
      else
        assert_ok (vault, kvault_commit (vault));
      assert_int (kvault_displaced_late (vault, "a/1", 3), ==, i);
      assert_int (kvault_displaced_late (vault, "a/2", 3) + kvault_displaced_late (vault, "a/3", 3), ==, 0);
      assert_int (kvault_deletion_displaced (deletion), ==, i);
      assert_int (kvault_deletion_count (other, NULL), ==, 1);
      assert_int (kvault_deletion_count (third, NULL), ==, 1);
      assert_str (veiled_list (vault, 0), i == 0 ? "a/3 b" : "a/1 a/3 b");
      if (i > 0)
        {
          put_back (vault, "one");
          assert_ok (vault, kvault_commit (vault));
          assert_str (veiled_list (vault, 0), "a/3 b");
          assert_int (kvault_displaced_late (vault, "a/1", 3), ==, 0);
        }
      kvault_deletion_free (deletion);
      kvault_deletion_free (other);
      if (i == 0)
        kvault_deletion_free (third);
      else
        veiled_end (vault, third);
    }
}

typedef struct {
  kvault_deletion *deletion;
  int n;
} Hiding;

/* Gives one pair, and hides its key once that is stored. */
static int
store_and_hide (void        *data,
                const void **key,
                size_t      *key_size,
                const void **value,
                size_t      *value_size)
{
  Hiding *self = data;

  *key = "a/1";
  *value = "new";
  *key_size = *value_size = 3;
  if (self->n++ == 0)
    return KVAULT_OK;
  kvault_deletion_hide (self->deletion);
  return KVAULT_NOTFOUND;
}

/* In a transaction that is one call's. */
static void
what_is_hidden_within_a_call_is_displaced (kvault *vault)
{
  Hiding hiding = { .deletion = veiled_new_deletion (vault, "a/1") };

  assert_ok (vault, kvault_update (vault, store_and_hide, &hiding, NULL, NULL));
  assert_int (kvault_deletion_displaced (hiding.deletion), ==, 1);
  assert_int (kvault_displaced_late (vault, "a/1", 3), ==, 1);
  assert_str (veiled_list (vault, 0), "a/1 a/2 a/3 b");
  put_back (vault, "one");
  assert_ok (vault, kvault_commit (vault));
  assert_str (veiled_list (vault, 0), "a/2 a/3 b");
  veiled_end (vault, hiding.deletion);
}

/* What is stored at a hidden key can stay hidden in the place of what was there. */
static void
another_value_is_deleted (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault_deletion_result result;
  uint64_t bytes;

  for (int i = 0; i < 2; i++)
    {
      assert_ok (vault, kvault_begin (vault));
      veiled_put (vault, "a/1", "other");
      assert_ok (vault, kvault_deletion_keep (vault, "a/1", 3));
      assert_result (vault, kvault_deletion_keep (vault, "a/2", 3), KVAULT_NOTFOUND);
      assert_result (vault, kvault_deletion_keep (vault, "b", 1), KVAULT_NOTFOUND);
      assert_str (veiled_list (vault, 0), "b");
      assert_int (kvault_deletion_count (deletion, &bytes), ==, 3);
      assert_int (bytes, ==, 14);
      if (i > 0)
        break;
      kvault_rollback (vault);
      assert_int (kvault_deletion_count (deletion, &bytes), ==, 3);
      assert_int (bytes, ==, 12);
      kvault_deletion_show (deletion);
      assert_value (vault, "a/1", 3, "one", 3);
      kvault_deletion_hide (deletion);
    }
  assert_ok (vault, kvault_commit (vault));
  assert_int (kvault_deletion_displaced (deletion), ==, 0);
  assert_str (veiled_list (vault, 0), "b");
  kvault_deletion_show (deletion);
  assert_value (vault, "a/1", 3, "other", 5);
  kvault_deletion_hide (deletion);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 3);
  assert_int (result.bytes, ==, 14);
  veiled_end (vault, deletion);
}

/* Also where it was hidden only while the transaction was under way. */
static void
another_value_is_deleted_in_a_transaction_before_it (kvault *vault)
{
  for (int i = 0; i < 2; i++)
    {
      kvault_deletion *deletion;

      assert_ok (vault, kvault_begin (vault));
      veiled_put (vault, "b", "before");
      deletion = veiled_hide (vault, "a/1");
      veiled_put (vault, "a/1", "other");
      assert_ok (vault, kvault_deletion_keep (vault, "a/1", 3));
      if (i > 0)   /* and again: that is not to be deleted */
        veiled_put (vault, "a/1", "third");
      assert_ok (vault, kvault_commit (vault));
      assert_int (kvault_deletion_displaced (deletion), ==, i);
      assert_int (kvault_displaced_late (vault, "a/1", 3), ==, 0);
      assert_str (veiled_list (vault, 0), i == 0 ? "a/2 a/3 b" : "a/1 a/2 a/3 b");
      if (i == 0)
        kvault_deletion_free (deletion);
      else
        veiled_end (vault, deletion);
    }
}

/* Its window is closed: what was to go is not to come back. */
static void
what_was_written_is_not_forgotten (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/"), *none = veiled_new_deletion (vault, "nowhere");

  veiled_put (vault, "a/1", "new");
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, NULL));
  kvault_deletion_free (deletion);
  assert_int (kvault_veil_count (veil), ==, 0);
  assert_ok (vault, kvault_begin (vault));
  veiled_put (vault, "a/1", "one");
  assert_result (vault, kvault_deletion_resume (vault, "a/1", 3), KVAULT_ESTALE);
  assert_ok (vault, kvault_delete (vault, "a/1", 3));
  assert_ok (vault, kvault_commit (vault));
  assert_str (veiled_list (vault, 0), "b");
  veiled_end (vault, none);
}

/* Nobody needs to keep what may go. */
static void
what_is_dispensable_is_not_kept (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/"), *one = veiled_hide (vault, "b");
  kvault_blob *blob;

  kvault_deletion_set_dispensable (deletion);
  assert_result (vault, kvault_blob_open_hidden (vault, "a/1", 3, &blob), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_blob_open_hidden (vault, "b", 1, &blob));
  kvault_blob_close (blob);
  veiled_put (vault, "b", "new");
  kvault_deletion_free (one);   /* with a key that it could go on with */
  assert_str (veiled_list (vault, 0), "b");
  veiled_end (vault, deletion);
}

/* ---- unkind ---- */

static void *
walk_thread (void *path)
{
  kvault *vault = veiled_open (path, KVAULT_ACCESS_VIEW);

  for (int i = 0; i < 20; i++)
    {
      kvault_cursor_options options = { .flags = KVAULT_CURSOR_IDS };
      const kvault_entry *entry;
      kvault_cursor *cursor;

      assert_true (veiled_count (vault) <= VEILED_MANY);
      assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
      while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
        assert_int (entry->key_size, ==, 9);
      kvault_cursor_close (cursor);
    }
  kvault_close (vault);
  return NULL;
}

static void
hides_while_others_walk (void)
{
  kvault *vault = veiled_make_many ();
  kvault_deletion *deletion = veiled_new_deletion (vault, "key/0");
  pthread_t threads[2];

  for (int i = 0; i < 2; i++)
    pthread_create (&threads[i], NULL, walk_thread, (void *) kvault_location (vault));
  for (int i = 0; i < 200; i++)
    {
      kvault_deletion_hide (deletion);
      kvault_deletion_show (deletion);
    }
  for (int i = 0; i < 2; i++)
    pthread_join (threads[i], NULL);
  assert_int (veiled_count (vault), ==, VEILED_MANY);
  veiled_end (vault, deletion);
}

IN_BOTH (hides_from_walks)
IN_BOTH (hides_from_look_ups)
IN_BOTH (counts_what_is_seen)
IN_BOTH (shows_to_others)
IN_BOTH (a_value_that_waited_is_seen)
IN_BOTH (shows_what_others_put)
IN_BOTH (lets_a_new_value_take_the_place)
IN_BOTH (what_is_rolled_back_is_hidden_again)
IN_BOTH (what_a_savepoint_takes_back_is_hidden_again)
IN_BOTH (what_is_not_committed_is_hidden_again)
IN_BOTH (a_deletion_ends_before_a_rollback)
IN_BOTH (a_deletion_is_resumed)
IN_BOTH (deletions_of_one_key_are_resumed_in_turn)
IN_BOTH (what_is_hidden_meanwhile_is_displaced)
IN_BOTH (what_is_hidden_within_a_call_is_displaced)
IN_BOTH (another_value_is_deleted)
IN_BOTH (another_value_is_deleted_in_a_transaction_before_it)
IN_BOTH (a_forgotten_deletion_has_its_turn)
IN_BOTH (what_is_not_hidden_any_more_is_not_resumed)
IN_BOTH (what_was_written_is_not_forgotten)
IN_BOTH (what_is_dispensable_is_not_kept)

static const KvTest tests[] = {
  { "/kvault/veil/hides-from-walks", test_hides_from_walks },
  { "/kvault/veil/hides-from-look-ups", test_hides_from_look_ups },
  { "/kvault/veil/counts-what-is-seen", test_counts_what_is_seen },
  { "/kvault/veil/shows-to-others", test_shows_to_others },
  { "/kvault/veil/a-value-that-waited-is-seen", test_a_value_that_waited_is_seen },
  { "/kvault/veil/shows-what-others-put", test_shows_what_others_put },
  { "/kvault/veil/lets-a-new-value-take-the-place", test_lets_a_new_value_take_the_place },
  { "/kvault/veil/what-is-rolled-back-is-hidden-again", test_what_is_rolled_back_is_hidden_again },
  { "/kvault/veil/what-a-savepoint-takes-back-is-hidden-again", test_what_a_savepoint_takes_back_is_hidden_again },
  { "/kvault/veil/what-is-not-committed-is-hidden-again", test_what_is_not_committed_is_hidden_again },
  { "/kvault/veil/a-deletion-ends-before-a-rollback", test_a_deletion_ends_before_a_rollback },
  { "/kvault/veil/a-deletion-is-resumed", test_a_deletion_is_resumed },
  { "/kvault/veil/deletions-of-one-key-are-resumed-in-turn", test_deletions_of_one_key_are_resumed_in_turn },
  { "/kvault/veil/what-is-hidden-meanwhile-is-displaced", test_what_is_hidden_meanwhile_is_displaced },
  { "/kvault/veil/what-is-hidden-within-a-call-is-displaced", test_what_is_hidden_within_a_call_is_displaced },
  { "/kvault/veil/another-value-is-deleted", test_another_value_is_deleted },
  { "/kvault/veil/another-value-is-deleted-in-a-transaction-before-it", test_another_value_is_deleted_in_a_transaction_before_it },
  { "/kvault/veil/a-forgotten-deletion-has-its-turn", test_a_forgotten_deletion_has_its_turn },
  { "/kvault/veil/what-is-not-hidden-any-more-is-not-resumed", test_what_is_not_hidden_any_more_is_not_resumed },
  { "/kvault/veil/what-was-written-is-not-forgotten", test_what_was_written_is_not_forgotten },
  { "/kvault/veil/what-is-dispensable-is-not-kept", test_what_is_dispensable_is_not_kept },
  { "/kvault/veil/hides-while-others-walk", hides_while_others_walk },
};

KVTEST_MAIN (tests)
