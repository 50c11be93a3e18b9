/* SPDX-License-Identifier: MIT */
/* Looking at the rows of a deletion, and deleting them: deletion.c. */
#include "veiled.h"

#include <stdatomic.h>

/* ---- what is written, and what is not ---- */

static void
deletes_what_was_hidden (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault_deletion_result result;
  uint64_t bytes;

  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 3);
  assert_int (result.bytes, ==, 12);
  assert_int (result.missing + result.changed, ==, 0);
  assert_int (kvault_deletion_count (deletion, &bytes), ==, 0);
  assert_int (bytes, ==, 0);
  assert_int (kvtest_sql_int (kvault_location (vault), "SELECT count(*) FROM kv"), ==, 1);
  kvault_deletion_show (deletion);
  assert_str (veiled_list (vault, 0), "b");
  veiled_end (vault, deletion);
}

/* Another program deleted one, put one anew, and made one longer. */
static void
leaves_what_others_wrote (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault_deletion_result result;
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);

  assert_ok (other, kvault_delete (other, "a/1", 3));
  assert_ok (other, kvault_delete (other, "a/2", 3));
  veiled_put (other, "zz", "takes the row");
  veiled_put (other, "a/2", "two?");
  veiled_put (other, "a/3", "three, and more");
  assert_ok (other, kvault_close (other));
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 0);
  assert_int (result.changed, ==, 2);
  assert_int (result.missing, ==, 1);
  assert_int (kvault_deletion_fate (deletion, 0), ==, KVAULT_FATE_MISSING);
  assert_int (kvault_deletion_fate (deletion, 1), ==, KVAULT_FATE_CHANGED);
  assert_str (veiled_list (vault, 0), "a/2 a/3 b zz");
  veiled_end (vault, deletion);
}

/* In the same row: one differs in the last byte that is looked at. */
static void
leaves_a_value_of_the_same_size (kvault *vault)
{
  enum { SIZE = 4 << 10 };
  static char value[SIZE];
  kvault_deletion *deletion;
  kvault_deletion_result result;
  kvault *other;

  value[SIZE - 1] = 0;
  assert_ok (vault, kvault_put (vault, "a/2", 3, value, SIZE));
  deletion = veiled_hide (vault, "a/");
  other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  value[SIZE - 1] = 1;
  assert_ok (other, kvault_put (other, "a/2", 3, value, SIZE));
  veiled_put (other, "a/3", "THREE");
  assert_ok (other, kvault_close (other));
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 1);
  assert_int (result.changed, ==, 2);
  assert_int (kvault_deletion_fate (deletion, 0), ==, KVAULT_FATE_DELETED);
  assert_int (kvault_deletion_fate (deletion, 2), ==, KVAULT_FATE_CHANGED);
  kvault_deletion_show (deletion);
  assert_str (veiled_list (vault, 0), "a/2 a/3 b");
  veiled_end (vault, deletion);
}

static void
leaves_another_number (kvault *vault)
{
  kvault_deletion *deletion;
  kvault_deletion_result result;

  kvtest_sql (kvault_location (vault), "UPDATE kv SET value = 1234567890 WHERE key = CAST('a/1' AS BLOB);"
                                       "UPDATE kv SET value = 1.5 WHERE key = CAST('a/2' AS BLOB);"
                                       "UPDATE kv SET value = 77 WHERE key = CAST('a/3' AS BLOB)");
  deletion = veiled_hide (vault, "a/");
  kvtest_sql (kvault_location (vault), "UPDATE kv SET value = 9876543210 WHERE key = CAST('a/1' AS BLOB);"
                                       "UPDATE kv SET value = 2.5 WHERE key = CAST('a/2' AS BLOB)");
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 1);
  assert_int (result.changed, ==, 2);
  veiled_end (vault, deletion);
}

/* Where its bytes go on, the file has no page: it is measured like any other. */
static void
measures_a_damaged_value (kvault *vault)
{
  enum { SIZE = 100000 };
  static char value[SIZE];
  kvault_deletion *deletion;
  uint64_t bytes;
  char *path = kvtest_format ("%s", kvault_location (vault));
  uint8_t *file, *at;
  size_t size, number = 0;

  memset (value, 'v', SIZE);
  assert_ok (vault, kvault_put (vault, "a/2", 3, value, SIZE));
  assert_ok (vault, kvault_close (vault));
  kvtest_sql (path, "PRAGMA journal_mode = DELETE");
  file = kvtest_read_file (path, &size);
  for (at = (uint8_t *) memmem (file, size, "a/2vvvvvvvv", 11) + 3; *at == 'v'; at++)
    ;
  memset (at, 0x7f, 4);
  kvtest_write_file (path, file, size);
  vault = veiled_open (path, KVAULT_ACCESS_WRITE);
  deletion = veiled_hide (vault, "a/");
  assert_int (kvault_deletion_count (deletion, &bytes), ==, 3);
  assert_int (bytes, ==, 3 + SIZE + 5);
  assert_ok (vault, kvault_deletion_look_again (vault, deletion, &number, SIZE_MAX));
  assert_int (kvault_deletion_count (deletion, NULL), ==, 3);
  veiled_end (vault, deletion);
}

/* It is no damage. */
static void
deletes_a_row_once (kvault *vault)
{
  kvault_deletion *deletion = veiled_new_deletion (vault, "a/");
  kvault_cursor_options options = { .prefix = "a/2", .prefix_size = 3, .flags = KVAULT_CURSOR_IDS };
  kvault_deletion_result result;
  const kvault_entry *entry;
  kvault_cursor *cursor;
  size_t n[KVAULT_N_FATES];

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry));
  assert_int (kvault_deletion_add (deletion, entry), ==, KVAULT_OK);
  kvault_cursor_close (cursor);
  kvault_deletion_hide (deletion);
  assert_int (kvault_deletion_count (deletion, NULL), ==, 3);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 3);
  kvault_deletion_tally (deletion, n);
  assert_int (n[KVAULT_FATE_DELETED], ==, 3);
  assert_int (n[KVAULT_FATE_MISSING] + n[KVAULT_FATE_LEFT], ==, 0);
  assert_str (veiled_list (vault, 0), "b");
  veiled_end (vault, deletion);
}

/* What is gone, and what is another, is found before it is shown. */
static void
looks_again (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  size_t at = 0;

  assert_ok (other, kvault_delete (other, "a/1", 3));
  veiled_put (other, "a/2", "TWO!");
  assert_ok (other, kvault_close (other));
  assert_ok (vault, kvault_deletion_look_again (vault, deletion, &at, SIZE_MAX));
  assert_int (kvault_deletion_look_again (vault, deletion, &at, SIZE_MAX), ==, KVAULT_NOTFOUND);
  assert_int (kvault_deletion_count (deletion, NULL), ==, 1);
  assert_int (kvault_deletion_fate (deletion, 0), ==, KVAULT_FATE_MISSING);
  assert_int (kvault_deletion_fate (deletion, 1), ==, KVAULT_FATE_CHANGED);
  assert_int (kvault_deletion_fate (deletion, 2), ==, KVAULT_FATE_LEFT);
  assert_str (veiled_list (vault, 0), "a/2 b");
  veiled_end (vault, deletion);
}

/* One differs only behind what is looked at, and passes for the old one; one begins alike, and is longer. */
static void
knows_a_value_by_its_size_and_its_head (kvault *vault)
{
  enum { SAMPLE = 4 << 10, SIZE = 3 * SAMPLE };
  static char value[SIZE];
  kvault_deletion *deletion;
  kvault_deletion_result result;
  kvault *other;

  assert_ok (vault, kvault_put (vault, "a/1", 3, value, SIZE));
  assert_ok (vault, kvault_put (vault, "a/2", 3, value, SIZE - 1));
  deletion = veiled_hide (vault, "a/");
  other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  assert_ok (other, kvault_put (other, "a/2", 3, value, SIZE));
  value[SAMPLE] = 1;
  assert_ok (other, kvault_put (other, "a/1", 3, value, SIZE));
  value[SAMPLE] = 0;
  assert_ok (other, kvault_close (other));
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 2);
  assert_int (result.changed, ==, 1);
  assert_int (kvault_deletion_fate (deletion, 1), ==, KVAULT_FATE_CHANGED);
  veiled_end (vault, deletion);
}

static void
goes_by_key_and_row_if_nobody_looked (kvault *vault)
{
  kvault_deletion *deletion = veiled_new_deletion (vault, "a/");
  kvault_deletion_result result;
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  uint64_t bytes;

  assert_int (kvault_deletion_count (deletion, &bytes), ==, 3);
  assert_true (bytes == KVAULT_SIZE_UNKNOWN);
  kvault_deletion_hide (deletion);
  veiled_put (other, "a/1", "a longer one");
  assert_ok (other, kvault_delete (other, "a/2", 3));
  assert_ok (other, kvault_close (other));
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 2);
  assert_int (result.bytes, ==, 12 + 5);
  assert_int (result.missing, ==, 1);
  veiled_end (vault, deletion);
}

/* What is looked at once more is what it was at first. */
static void
measures_a_row_once (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault_deletion_result result;
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  uint64_t bytes;

  veiled_put (other, "a/1", "1");
  assert_ok (other, kvault_close (other));
  assert_ok (vault, kvault_deletion_measure (vault, deletion, NULL, NULL));
  assert_int (kvault_deletion_count (deletion, &bytes), ==, 3);
  assert_int (bytes, ==, 12);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.changed, ==, 1);
  assert_int (kvault_deletion_count (deletion, &bytes), ==, 0);
  assert_int (bytes, ==, 0);
  veiled_end (vault, deletion);
}

/* Those that nobody had looked at. */
static void
looks_at_what_is_not_measured (kvault *vault)
{
  kvault_deletion *deletion = veiled_new_deletion (vault, "a/");
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  uint64_t bytes;
  size_t at = 0;

  assert_ok (other, kvault_delete (other, "a/1", 3));
  assert_ok (other, kvault_close (other));
  assert_ok (vault, kvault_deletion_look_again (vault, deletion, &at, SIZE_MAX));
  assert_int (kvault_deletion_fate (deletion, 0), ==, KVAULT_FATE_MISSING);
  assert_int (kvault_deletion_count (deletion, &bytes), ==, 2);
  assert_int (bytes, ==, 9);
  veiled_end (vault, deletion);
}

/* A key that others stored anew, in a row of its own, is written to, and no other key of the row is anything of it; but not one that somebody
 * deletes in that row.
 */
static void
tells_a_new_row_from_none (kvault *vault)
{
  kvault_deletion *lost = veiled_hide (vault, "a/"), *theirs;
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  size_t at = 0, n[KVAULT_N_FATES];

  assert_ok (other, kvault_delete (other, "a/1", 3));
  assert_ok (other, kvault_delete (other, "a/2", 3));
  assert_ok (other, kvault_delete (other, "a/3", 3));
  veiled_put (other, "zz", "takes a row");
  veiled_put (other, "a/1", "one");
  veiled_put (other, "a/2", "two!");
  assert_ok (other, kvault_close (other));
  theirs = veiled_hide (vault, "a/1");
  assert_int (kvault_deletion_count (theirs, NULL), ==, 1);
  assert_ok (vault, kvault_deletion_look_again (vault, lost, &at, SIZE_MAX));
  assert_int (kvault_deletion_fate (lost, 0), ==, KVAULT_FATE_MISSING);
  assert_int (kvault_deletion_fate (lost, 1), ==, KVAULT_FATE_CHANGED);
  assert_int (kvault_deletion_fate (lost, 2), ==, KVAULT_FATE_MISSING);
  kvault_deletion_tally (lost, n);
  assert_int (n[KVAULT_FATE_MISSING], ==, 2);
  assert_int (n[KVAULT_FATE_CHANGED], ==, 1);
  assert_int (n[KVAULT_FATE_LEFT] + n[KVAULT_FATE_DELETED], ==, 0);
  kvault_deletion_free (theirs);
  veiled_end (vault, lost);
}

/* What a value stored at a hidden key would take the place of can be read before. */
static void
opens_what_is_hidden (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/");
  kvault_blob *blob = NULL;
  char byte;

  assert_int (kvault_blob_open_hidden (vault, "b", 1, &blob), ==, KVAULT_NOTFOUND);
  assert_int (kvault_blob_open_hidden (vault, "nowhere", 7, &blob), ==, KVAULT_NOTFOUND);
  assert_int (kvault_blob_open (vault, "a/1", 3, &blob), ==, KVAULT_NOTFOUND);
  assert_ok (vault, kvault_blob_open_hidden (vault, "a/1", 3, &blob));
  assert_true (kvault_blob_size (blob) > 0);
  assert_ok (vault, kvault_blob_read (blob, &byte, 1, 0));
  kvault_blob_close (blob);
  assert_str (veiled_list (vault, 0), "b");
  veiled_put (vault, "a/1", "new");
  assert_int (kvault_blob_open_hidden (vault, "a/1", 3, &blob), ==, KVAULT_NOTFOUND);
  veiled_end (vault, deletion);
}

/* The last row of all is given to the next key: one that has the very same value all the same stays. */
static void
leaves_another_key_in_the_row (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "b"), *next;
  kvault_deletion_result result;
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);
  int64_t row = kvtest_sql_int (kvault_location (vault), "SELECT max(rowid) FROM kv");
  size_t at = 0;

  assert_ok (other, kvault_delete (other, "b", 1));
  veiled_put (other, "c", "bee");
  assert_ok (other, kvault_close (other));
  assert_int (kvtest_sql_int (kvault_location (vault), "SELECT rowid FROM kv WHERE key = CAST('c' AS BLOB)"), ==, row);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 0);
  assert_int (result.missing, ==, 1);
  assert_value (vault, "c", 1, "bee", 3);
  next = veiled_hide (vault, "c");
  kvtest_sql (kvault_location (vault), "UPDATE kv SET key = CAST('d' AS BLOB) WHERE key = CAST('c' AS BLOB)");
  assert_ok (vault, kvault_deletion_look_again (vault, next, &at, SIZE_MAX));
  assert_int (kvault_deletion_fate (next, 0), ==, KVAULT_FATE_MISSING);
  kvault_deletion_free (next);
  veiled_end (vault, deletion);
}

/* It can be of another table than the one in use, and is not written among what may be taken back. */
static void
refuses_what_it_is_not_for (kvault *vault)
{
  kvault_deletion *deletion = veiled_hide (vault, "a/"), *other = kvault_deletion_new (veil, "other");
  kvault_deletion_result result = { 7, 7, 7, 7 };
  size_t at = 0;

  assert_result (vault, kvault_deletion_measure (vault, other, NULL, NULL), KVAULT_EINVAL);
  assert_result (vault, kvault_deletion_look_again (vault, other, &at, SIZE_MAX), KVAULT_EINVAL);
  assert_result (vault, kvault_deletion_write (vault, other, NULL, NULL, &result), KVAULT_EINVAL);
  assert_int (result.deleted + result.bytes + result.missing + result.changed, ==, 0);
  assert_ok (vault, kvault_begin (vault));
  assert_result (vault, kvault_deletion_write (vault, deletion, NULL, NULL, NULL), KVAULT_EBUSY);
  kvault_rollback (vault);
  assert_int (kvault_deletion_count (deletion, NULL), ==, 3);
  kvault_deletion_free (other);
  veiled_end (vault, deletion);
}

/* The very same value is stored once more, by who held the lock: that is another will. */
static void
leaves_what_came_while_it_waited (kvault *vault)
{
  static VeiledWaiter self;
  pthread_t thread;

  self = (VeiledWaiter) { .deletion = veiled_hide (vault, "a/") };
  veiled_open_waiter (&self, kvault_location (vault));
  assert_ok (vault, kvault_begin (vault));
  pthread_create (&thread, NULL, veiled_waiter_thread, &self);
  veiled_wait_for (&self);
  veiled_put (vault, "a/1", "one");
  assert_ok (vault, kvault_commit (vault));
  pthread_join (thread, NULL);
  assert_int (self.result.deleted, ==, 2);
  assert_str (veiled_list (vault, 0), "a/1 b");
  assert_ok (self.vault, kvault_close (self.vault));
  veiled_end (vault, self.deletion);
}

/* ---- many, and large ones ---- */

static int
stop_at_once (const kvault_progress *progress, void *data)
{
  *(kvault_progress *) data = *progress;
  return 1;
}

static int
go_on (const kvault_progress *progress, void *data)
{
  kvault_progress *last = data;

  assert_int (kvtest_sql_int (kvtest_path ("many.kvault"), "PRAGMA wal_checkpoint (TRUNCATE)"), ==, 0);   /* nobody reads */
  assert_true (progress->keys > last->keys && progress->bytes >= last->bytes);
  *last = *progress;
  return 0;
}

typedef struct {
  kvault *vault;
  kvault_deletion *deletion;
  atomic_bool over;
} Looker;

static void *
looker_thread (void *data)
{
  Looker *self = data;
  int rc = KVAULT_OK;

  while (rc == KVAULT_OK && !atomic_load (&self->over))
    for (size_t at = 0; rc == KVAULT_OK && at < VEILED_MANY;)
      if ((rc = kvault_deletion_look_again (self->vault, self->deletion, &at, 256)) == KVAULT_NOTFOUND)
        {
          rc = KVAULT_OK;
          break;
        }
  assert_ok (self->vault, rc);
  return NULL;
}

/* A row that the write has just taken is not there, and nobody else's doing. */
static void
a_look_beside_a_write_blames_nobody (void)
{
  kvault *vault = veiled_make_many (), *other = veiled_open (kvault_location (vault), KVAULT_ACCESS_VIEW);

  for (int round = 0; round < 20; round++)
    {
      Looker looker = { .vault = other, .deletion = veiled_new_deletion (vault, "") };
      size_t n[KVAULT_N_FATES];
      pthread_t thread;

      kvault_deletion_hide (looker.deletion);
      pthread_create (&thread, NULL, looker_thread, &looker);
      assert_ok (vault, kvault_deletion_write (vault, looker.deletion, NULL, NULL, NULL));
      atomic_store (&looker.over, true);
      pthread_join (thread, NULL);
      kvault_deletion_tally (looker.deletion, n);
      assert_int (n[KVAULT_FATE_DELETED], ==, VEILED_MANY);
      kvault_deletion_free (looker.deletion);
      veiled_put_many (vault);
    }
  assert_ok (other, kvault_close (other));
  veiled_end (vault, NULL);
}

static void
tells_how_far_it_is (void)
{
  kvault *vault = veiled_make_many ();
  kvault_deletion *deletion = veiled_new_deletion (vault, "");
  kvault_progress progress = { 0 };
  uint64_t bytes;

  kvault_deletion_hide (deletion);
  assert_result (vault, kvault_deletion_measure (vault, deletion, stop_at_once, &progress), KVAULT_ECANCELLED);
  assert_true (progress.keys > 0 && progress.keys < VEILED_MANY);
  assert_int (progress.keys_total, ==, VEILED_MANY);
  kvault_deletion_count (deletion, &bytes);
  assert_true (bytes == KVAULT_SIZE_UNKNOWN);
  progress = (kvault_progress) { 0 };
  assert_ok (vault, kvault_deletion_measure (vault, deletion, go_on, &progress));
  assert_int (progress.keys, ==, VEILED_MANY);
  progress = (kvault_progress) { 0 };
  assert_ok (vault, kvault_deletion_write (vault, deletion, go_on, &progress, NULL));
  assert_int (progress.keys, ==, VEILED_MANY);
  assert_int (progress.keys_total, ==, VEILED_MANY);
  assert_int (progress.bytes, ==, 5 * VEILED_MANY);
  assert_int (progress.bytes_total, ==, 5 * VEILED_MANY);
  veiled_end (vault, deletion);
}

static void
looks_again_in_pieces (void)
{
  kvault *vault = veiled_make_many ();
  kvault_deletion *deletion = veiled_hide (vault, "");
  size_t at = 0;
  int n = 0, left, rc;

  kvtest_sql (kvault_location (vault), "DELETE FROM kv WHERE key < CAST('key/02500' AS BLOB)");
  assert_ok (vault, kvault_deletion_look_again (vault, deletion, &at, 1000));
  assert_int (at, ==, 1000);
  assert_int (kvault_deletion_count (deletion, NULL), ==, VEILED_MANY - 1000);
  vault = kvtest_cancellable (vault, &left);
  left = 0;
  assert_result (vault, kvault_deletion_look_again (vault, deletion, &at, 1000), KVAULT_ECANCELLED);
  assert_int (at, ==, 1000);
  left = INT32_MAX;
  while ((rc = kvault_deletion_look_again (vault, deletion, &at, 1000)) == KVAULT_OK)
    n++;
  assert_int (rc, ==, KVAULT_NOTFOUND);
  assert_int (n, ==, 4);
  assert_int (at, ==, VEILED_MANY);
  assert_int (kvault_deletion_count (deletion, NULL), ==, VEILED_MANY - 2500);
  veiled_end (vault, deletion);
}

typedef struct {
  char *path;
  int n;
  int64_t left;             /* rows, once the first was told of */
} step_counter;

static int
count_step (const kvault_progress *progress, void *data)
{
  step_counter *self = data;

  if (self->n++ == 0)
    self->left = kvtest_sql_int (self->path, "SELECT count(*) FROM kv");
  return 0;
}

/* So that nobody waits for the lock for long: the first is over once it has deleted 64 MB. */
static void
a_transaction_is_no_larger_than_64_mb (void)
{
  kvault *vault = veiled_make (KVAULT_SECTION_V2);
  step_counter steps = { .path = kvtest_format ("%s", kvault_location (vault)) };
  kvault_deletion *deletion;
  kvault_deletion_result result;

  kvtest_sql (steps.path, "UPDATE kv SET value = zeroblob (33 << 20) WHERE key < CAST('b' AS BLOB)");
  deletion = veiled_hide (vault, "");
  assert_ok (vault, kvault_deletion_write (vault, deletion, count_step, &steps, &result));
  assert_int (result.deleted, ==, 4);
  assert_int (result.bytes, ==, 3 * (33 << 20) + 3);
  assert_int (steps.n, ==, 2);
  assert_int (steps.left, ==, 2);
  veiled_end (vault, deletion);
}

/* ---- unkind ---- */

static int
step_of (const kvault_progress *progress, void *child)
{
  if (progress->keys >= VEILED_MANY / 2)
    {
      kvtest_step (child);
      kvtest_await (child);   /* for ever */
    }
  return 0;
}

static void
hide_and_write (KvChild *self, void *data)
{
  kvault *vault = veiled_open (data, KVAULT_ACCESS_WRITE);
  kvault_deletion *deletion = veiled_hide (vault, "");

  kvtest_step (self);
  kvtest_await (self);
  kvault_deletion_write (vault, deletion, step_of, self, NULL);
}

static void
a_kill_loses_the_deletion_and_no_data (void)
{
  char *path;
  KvChild *child;
  kvault *vault = veiled_make_many ();

  path = kvtest_format ("%s", kvault_location (vault));
  assert_ok (vault, kvault_close (vault));
  child = kvtest_spawn (hide_and_write, path);
  kvtest_await (child);
  kvtest_kill (child);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv"), ==, VEILED_MANY);

  child = kvtest_spawn (hide_and_write, path);
  kvtest_await (child);
  kvtest_step (child);
  kvtest_await (child);
  kvtest_kill (child);
  assert_str (kvtest_integrity (path), "ok");
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv"), ==, VEILED_MANY - 3000);   /* steps of a thousand: the third passes the half */
}

static void
a_cancelled_write_can_be_undone_in_part (void)
{
  kvault *vault = veiled_make_many ();
  kvault_deletion *deletion = veiled_hide (vault, "");
  kvault_deletion_result result;
  kvault_progress progress;

  assert_result (vault, kvault_deletion_write (vault, deletion, stop_at_once, &progress, &result), KVAULT_ECANCELLED);
  assert_int (result.deleted, ==, 1000);
  assert_int (kvault_deletion_count (deletion, NULL), ==, VEILED_MANY - 1000);
  assert_int (veiled_count (vault), ==, 0);
  kvault_deletion_show (deletion);
  assert_int (veiled_count (vault), ==, VEILED_MANY - 1000);
  kvault_deletion_hide (deletion);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, VEILED_MANY - 1000);
  veiled_end (vault, deletion);
}

static void
a_busy_file_keeps_the_deletion (void)
{
  kvault *vault = veiled_make_many ();
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_deletion *deletion = veiled_hide (vault, "");
  kvault *hasty = NULL;

  options.busy_timeout_ms = KVAULT_BUSY_NOWAIT;
  options.veil = veil;
  assert_int (kvault_open (kvault_location (vault), &options, &hasty, NULL), ==, KVAULT_OK);
  kvtest_hold_lock (kvault_location (vault), "IMMEDIATE");
  assert_result (hasty, kvault_deletion_write (hasty, deletion, NULL, NULL, NULL), KVAULT_EBUSY);
  kvtest_release_lock ();
  assert_int (kvault_deletion_count (deletion, NULL), ==, VEILED_MANY);
  assert_int (veiled_count (hasty), ==, 0);
  kvault_deletion_show (deletion);
  assert_int (veiled_count (hasty), ==, VEILED_MANY);
  assert_ok (hasty, kvault_close (hasty));
  veiled_end (vault, deletion);
}

/* A value in parts is one key: hidden without a look at its parts, deleted with them. */
static void
deletes_values_in_parts (void)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  static char value[9000000];
  kvault_deletion *deletion;
  kvault *vault = NULL;

  veil = kvault_veil_new ();
  options.access = KVAULT_ACCESS_CREATE;
  options.whole_value_max = 1 << 20;
  options.veil = veil;
  assert_int (kvault_open (kvtest_path ("parts.kvault"), &options, &vault, NULL), ==, KVAULT_OK);
  assert_ok (vault, kvault_put (vault, "long", 4, value, sizeof value));
  deletion = veiled_hide (vault, "");
  assert_result (vault, kvault_exists (vault, "long", 4), KVAULT_NOTFOUND);
  kvault_deletion_show (deletion);
  assert_value (vault, "long", 4, value, sizeof value);
  kvault_deletion_hide (deletion);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, NULL));
  assert_int (kvtest_sql_int (kvault_location (vault), "SELECT count(*) FROM kvault_parts"), ==, 0);
  veiled_end (vault, deletion);
}

IN_BOTH (deletes_what_was_hidden)
IN_BOTH (leaves_what_others_wrote)
IN_BOTH (leaves_a_value_of_the_same_size)
IN_BOTH (leaves_another_number)
IN_BOTH (knows_a_value_by_its_size_and_its_head)
IN_BOTH (goes_by_key_and_row_if_nobody_looked)
IN_BOTH (measures_a_row_once)
IN_BOTH (measures_a_damaged_value)
IN_BOTH (deletes_a_row_once)
IN_BOTH (looks_again)
IN_BOTH (looks_at_what_is_not_measured)
IN_BOTH (tells_a_new_row_from_none)
IN_BOTH (opens_what_is_hidden)
IN_BOTH (leaves_another_key_in_the_row)
IN_BOTH (refuses_what_it_is_not_for)
IN_BOTH (leaves_what_came_while_it_waited)

static const KvTest tests[] = {
  { "/kvault/deletion/deletes-what-was-hidden", test_deletes_what_was_hidden },
  { "/kvault/deletion/leaves-what-others-wrote", test_leaves_what_others_wrote },
  { "/kvault/deletion/leaves-a-value-of-the-same-size", test_leaves_a_value_of_the_same_size },
  { "/kvault/deletion/leaves-another-number", test_leaves_another_number },
  { "/kvault/deletion/knows-a-value-by-its-size-and-its-head", test_knows_a_value_by_its_size_and_its_head },
  { "/kvault/deletion/goes-by-key-and-row-if-nobody-looked", test_goes_by_key_and_row_if_nobody_looked },
  { "/kvault/deletion/measures-a-row-once", test_measures_a_row_once },
  { "/kvault/deletion/measures-a-damaged-value", test_measures_a_damaged_value },
  { "/kvault/deletion/deletes-a-row-once", test_deletes_a_row_once },
  { "/kvault/deletion/looks-again", test_looks_again },
  { "/kvault/deletion/looks-at-what-is-not-measured", test_looks_at_what_is_not_measured },
  { "/kvault/deletion/tells-a-new-row-from-none", test_tells_a_new_row_from_none },
  { "/kvault/deletion/opens-what-is-hidden", test_opens_what_is_hidden },
  { "/kvault/deletion/leaves-another-key-in-the-row", test_leaves_another_key_in_the_row },
  { "/kvault/deletion/refuses-what-it-is-not-for", test_refuses_what_it_is_not_for },
  { "/kvault/deletion/leaves-what-came-while-it-waited", test_leaves_what_came_while_it_waited },
  { "/kvault/deletion/a-look-beside-a-write-blames-nobody", a_look_beside_a_write_blames_nobody },
  { "/kvault/deletion/tells-how-far-it-is", tells_how_far_it_is },
  { "/kvault/deletion/looks-again-in-pieces", looks_again_in_pieces },
  { "/kvault/deletion/a-transaction-is-no-larger-than-64-mb", a_transaction_is_no_larger_than_64_mb },
  { "/kvault/deletion/a-kill-loses-the-deletion-and-no-data", a_kill_loses_the_deletion_and_no_data },
  { "/kvault/deletion/a-cancelled-write-can-be-undone-in-part", a_cancelled_write_can_be_undone_in_part },
  { "/kvault/deletion/a-busy-file-keeps-the-deletion", a_busy_file_keeps_the_deletion },
  { "/kvault/deletion/deletes-values-in-parts", deletes_values_in_parts },
};

KVTEST_MAIN (tests)
