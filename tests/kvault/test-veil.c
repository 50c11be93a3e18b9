/* SPDX-License-Identifier: MIT */
/* Deletions that are not written yet: veil.c. */
#include "kvtest.h"

#include <pthread.h>

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

static kvault_veil *veil;

/* The same file, with the veil. */
static kvault *
open_veiled (const char *path, kvault_access access)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault = NULL;
  kvault_error error;

  options.access = access;
  options.veil = veil;
  if (kvault_open (path, &options, &vault, &error) != KVAULT_OK)
    kvtest_fail (__FILE__, __LINE__, "%s", error.message);
  return vault;
}

static void
put (kvault *vault, const char *key, const char *value)
{
  assert_ok (vault, kvault_put (vault, key, strlen (key), value, strlen (value)));
}

static kvault *
make_vault (kvault_section_kind kind)
{
  kvault *vault = kvtest_make (kind);
  char *path = kvtest_format ("%s", kvault_location (vault));

  put (vault, "a/1", "one");
  put (vault, "a/2", "two!");
  put (vault, "a/3", "three");
  put (vault, "b", "bee");
  assert_ok (vault, kvault_close (vault));
  veil = kvault_veil_new ();
  return open_veiled (path, KVAULT_ACCESS_WRITE);
}

/* Of every key that begins with @prefix. */
static kvault_deletion *
new_deletion (kvault *vault, const char *prefix)
{
  kvault_cursor_options options = { .prefix = prefix, .prefix_size = strlen (prefix), .flags = KVAULT_CURSOR_IDS };
  kvault_deletion *deletion = kvault_deletion_new (veil, kvault_table (vault));
  const kvault_entry *entry;
  kvault_cursor *cursor;

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    assert_int (kvault_deletion_add (deletion, entry), ==, KVAULT_OK);
  kvault_cursor_close (cursor);
  return deletion;
}

static kvault_deletion *
hide (kvault *vault, const char *prefix)
{
  kvault_deletion *deletion = new_deletion (vault, prefix);

  kvault_deletion_hide (deletion);
  assert_ok (vault, kvault_deletion_measure (vault, deletion, NULL, NULL));
  return deletion;
}

static char *
list_keys (kvault *vault, unsigned flags)
{
  kvault_cursor_options options = { .flags = flags };
  const kvault_entry *entry;
  kvault_cursor *cursor;
  char *list = kvtest_format ("%s", "");

  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    list = kvtest_format ("%s%s%.*s", list, *list != '\0' ? " " : "", (int) entry->key_size, (const char *) entry->key);
  kvault_cursor_close (cursor);
  return list;
}

static uint64_t
count (kvault *vault)
{
  uint64_t n;

  assert_ok (vault, kvault_count (vault, &n));
  return n;
}

static void
end (kvault *vault, kvault_deletion *deletion)
{
  kvault_deletion_free (deletion);
  assert_int (kvault_veil_count (veil), ==, 0);
  assert_ok (vault, kvault_close (vault));
  kvault_veil_unref (veil);
}

/* ---- what is seen ---- */

static void
hides_from_walks (kvault *vault)
{
  kvault_deletion *deletion = hide (vault, "a/");

  assert_str (list_keys (vault, 0), "b");
  assert_str (list_keys (vault, KVAULT_CURSOR_IDS), "b");
  assert_str (list_keys (vault, KVAULT_CURSOR_SIZES), "b");
  assert_str (list_keys (vault, KVAULT_CURSOR_REVERSE), "b");
  assert_str (list_keys (vault, KVAULT_CURSOR_STORED), "b");
  kvault_deletion_show (deletion);
  assert_str (list_keys (vault, 0), "a/1 a/2 a/3 b");
  assert_str (list_keys (vault, KVAULT_CURSOR_STORED), "a/1 a/2 a/3 b");
  kvault_deletion_hide (deletion);
  assert_str (list_keys (vault, 0), "b");
  end (vault, deletion);
}

static void
hides_from_look_ups (kvault *vault)
{
  kvault_deletion *deletion = new_deletion (vault, "a/1");
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
  end (vault, deletion);
}

static void
counts_what_is_seen (kvault *vault)
{
  kvault_deletion *deletion = hide (vault, "a/");
  kvault_totals_result totals;
  uint64_t bytes;

  assert_int (count (vault), ==, 1);
  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
  assert_int (totals.keys, ==, 1);
  assert_int (totals.bytes, ==, 3);
  assert_ok (vault, kvault_totals (vault, "a", 1, NULL, NULL, &totals));
  assert_int (totals.keys, ==, 0);
  assert_int (kvault_deletion_count (deletion, &bytes), ==, 3);
  assert_int (bytes, ==, 12);
  kvtest_sql (kvault_location (vault), "DELETE FROM kv WHERE key = x'612f31'");
  assert_int (count (vault), ==, 1);
  kvault_deletion_show (deletion);
  assert_int (count (vault), ==, 3);
  end (vault, deletion);
}

static void
shows_to_others (kvault *vault)
{
  kvault_deletion *deletion = hide (vault, "");
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_VIEW);
  kvault *same = open_veiled (kvault_location (vault), KVAULT_ACCESS_VIEW);

  assert_str (list_keys (other, 0), "a/1 a/2 a/3 b");
  assert_str (list_keys (same, 0), "");
  assert_int (count (same), ==, 0);
  assert_ok (other, kvault_close (other));
  assert_ok (same, kvault_close (same));
  end (vault, deletion);
}

/* ---- what is written ---- */

static void
deletes_what_was_hidden (kvault *vault)
{
  kvault_deletion *deletion = hide (vault, "a/");
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
  assert_str (list_keys (vault, 0), "b");
  end (vault, deletion);
}

/* Another program deleted one, put one anew, and made one longer. */
static void
leaves_what_others_wrote (kvault *vault)
{
  kvault_deletion *deletion = hide (vault, "a/");
  kvault_deletion_result result;
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);

  assert_ok (other, kvault_delete (other, "a/1", 3));
  assert_ok (other, kvault_delete (other, "a/2", 3));
  put (other, "zz", "takes the row");
  put (other, "a/2", "two?");
  put (other, "a/3", "three, and more");
  assert_ok (other, kvault_close (other));
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, 0);
  assert_int (result.changed, ==, 1);
  assert_int (result.missing, ==, 2);
  assert_str (list_keys (vault, 0), "a/2 a/3 b zz");
  end (vault, deletion);
}

/* What another program puts under a hidden key, in a row of its own, shows at once. */
static void
shows_what_others_put (kvault *vault)
{
  kvault_deletion *deletion = hide (vault, "a/1");
  kvault *other = kvtest_open (kvault_location (vault), KVAULT_ACCESS_WRITE);

  assert_ok (other, kvault_delete (other, "a/1", 3));
  put (other, "c", "sea");
  put (other, "a/1", "another");
  assert_ok (other, kvault_close (other));
  assert_str (list_keys (vault, 0), "a/1 a/2 a/3 b c");
  assert_value (vault, "a/1", 3, "another", 7);
  end (vault, deletion);
}

static void
lets_a_new_value_take_the_place (kvault *vault)
{
  kvault_deletion *deletion = hide (vault, "a/");
  kvault_writer *writer;

  put (vault, "a/1", "new");
  assert_ok (vault, kvault_rename (vault, "b", 1, "a/2", 3, 0));
  assert_ok (vault, kvault_writer_open (vault, "a/3", 3, 5, &writer));
  assert_ok (vault, kvault_writer_write (writer, "fresh", 5));
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_str (list_keys (vault, 0), "a/1 a/2 a/3");
  assert_value (vault, "a/2", 3, "bee", 3);
  assert_int (kvault_deletion_count (deletion, NULL), ==, 0);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, NULL));
  assert_value (vault, "a/1", 3, "new", 3);
  assert_value (vault, "a/3", 3, "fresh", 5);
  end (vault, deletion);
}

/* ---- unkind ---- */

#define MANY 5000

static kvault *
make_many (void)
{
  kvault *vault = kvtest_create ("many.kvault");
  char *path = kvtest_format ("%s", kvault_location (vault));

  assert_ok (vault, kvault_begin (vault));
  for (int i = 0; i < MANY; i++)
    put (vault, kvtest_format ("key/%05d", i), "value");
  assert_ok (vault, kvault_commit (vault));
  assert_ok (vault, kvault_close (vault));
  veil = kvault_veil_new ();
  return open_veiled (path, KVAULT_ACCESS_WRITE);
}

static int
step_of (const kvault_progress *progress, void *child)
{
  if (progress->keys >= MANY / 2)
    {
      kvtest_step (child);
      kvtest_await (child);   /* for ever */
    }
  return 0;
}

static void
hide_and_write (KvChild *self, void *data)
{
  kvault *vault = open_veiled (data, KVAULT_ACCESS_WRITE);
  kvault_deletion *deletion = hide (vault, "");

  kvtest_step (self);
  kvtest_await (self);
  kvault_deletion_write (vault, deletion, step_of, self, NULL);
}

static void
a_kill_loses_the_deletion_and_no_data (void)
{
  char *path;
  KvChild *child;
  kvault *vault = make_many ();

  path = kvtest_format ("%s", kvault_location (vault));
  assert_ok (vault, kvault_close (vault));
  child = kvtest_spawn (hide_and_write, path);
  kvtest_await (child);
  kvtest_kill (child);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv"), ==, MANY);

  child = kvtest_spawn (hide_and_write, path);
  kvtest_await (child);
  kvtest_step (child);
  kvtest_await (child);
  kvtest_kill (child);
  assert_str (kvtest_integrity (path), "ok");
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv"), ==, MANY - 3000);   /* steps of a thousand: the third passes the half */
}

static int
stop_at_once (const kvault_progress *progress, void *data)
{
  return 1;
}

static void
a_cancelled_write_can_be_undone_in_part (void)
{
  kvault *vault = make_many ();
  kvault_deletion *deletion = hide (vault, "");
  kvault_deletion_result result;

  assert_result (vault, kvault_deletion_write (vault, deletion, stop_at_once, NULL, &result), KVAULT_ECANCELLED);
  assert_int (result.deleted, ==, 1000);
  assert_int (kvault_deletion_count (deletion, NULL), ==, MANY - 1000);
  assert_int (count (vault), ==, 0);
  kvault_deletion_show (deletion);
  assert_int (count (vault), ==, MANY - 1000);
  kvault_deletion_hide (deletion);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, &result));
  assert_int (result.deleted, ==, MANY - 1000);
  end (vault, deletion);
}

static void
a_busy_file_keeps_the_deletion (void)
{
  kvault *vault = make_many ();
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_deletion *deletion = hide (vault, "");
  kvault *hasty = NULL;

  options.busy_timeout_ms = KVAULT_BUSY_NOWAIT;
  options.veil = veil;
  assert_int (kvault_open (kvault_location (vault), &options, &hasty, NULL), ==, KVAULT_OK);
  kvtest_hold_lock (kvault_location (vault), "IMMEDIATE");
  assert_result (hasty, kvault_deletion_write (hasty, deletion, NULL, NULL, NULL), KVAULT_EBUSY);
  kvtest_release_lock ();
  assert_int (kvault_deletion_count (deletion, NULL), ==, MANY);
  assert_int (count (hasty), ==, 0);
  kvault_deletion_show (deletion);
  assert_int (count (hasty), ==, MANY);
  assert_ok (hasty, kvault_close (hasty));
  end (vault, deletion);
}

static void *
walk_thread (void *path)
{
  kvault *vault = open_veiled (path, KVAULT_ACCESS_VIEW);

  for (int i = 0; i < 20; i++)
    {
      kvault_cursor_options options = { .flags = KVAULT_CURSOR_IDS };
      const kvault_entry *entry;
      kvault_cursor *cursor;

      assert_true (count (vault) <= MANY);
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
  kvault *vault = make_many ();
  kvault_deletion *deletion = new_deletion (vault, "key/0");
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
  assert_int (count (vault), ==, MANY);
  end (vault, deletion);
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
  deletion = hide (vault, "");
  assert_result (vault, kvault_exists (vault, "long", 4), KVAULT_NOTFOUND);
  kvault_deletion_show (deletion);
  assert_value (vault, "long", 4, value, sizeof value);
  kvault_deletion_hide (deletion);
  assert_ok (vault, kvault_deletion_write (vault, deletion, NULL, NULL, NULL));
  assert_int (kvtest_sql_int (kvault_location (vault), "SELECT count(*) FROM kvault_parts"), ==, 0);
  end (vault, deletion);
}

/* ---- of tables of both shapes ---- */

static void
run_in_both (void (*run) (kvault *vault))
{
  for (size_t i = 0; i < KVTEST_N (kinds); i++)
    {
      kvtest_note ("shape %d", (int) kinds[i]);
      run (make_vault (kinds[i]));
    }
}

#define IN_BOTH(name) static void test_##name (void) { run_in_both (name); }
IN_BOTH (hides_from_walks)
IN_BOTH (hides_from_look_ups)
IN_BOTH (counts_what_is_seen)
IN_BOTH (shows_to_others)
IN_BOTH (deletes_what_was_hidden)
IN_BOTH (leaves_what_others_wrote)
IN_BOTH (shows_what_others_put)
IN_BOTH (lets_a_new_value_take_the_place)

static const KvTest tests[] = {
  { "/kvault/veil/hides-from-walks", test_hides_from_walks },
  { "/kvault/veil/hides-from-look-ups", test_hides_from_look_ups },
  { "/kvault/veil/counts-what-is-seen", test_counts_what_is_seen },
  { "/kvault/veil/shows-to-others", test_shows_to_others },
  { "/kvault/veil/deletes-what-was-hidden", test_deletes_what_was_hidden },
  { "/kvault/veil/leaves-what-others-wrote", test_leaves_what_others_wrote },
  { "/kvault/veil/shows-what-others-put", test_shows_what_others_put },
  { "/kvault/veil/lets-a-new-value-take-the-place", test_lets_a_new_value_take_the_place },
  { "/kvault/veil/a-kill-loses-the-deletion-and-no-data", a_kill_loses_the_deletion_and_no_data },
  { "/kvault/veil/a-cancelled-write-can-be-undone-in-part", a_cancelled_write_can_be_undone_in_part },
  { "/kvault/veil/a-busy-file-keeps-the-deletion", a_busy_file_keeps_the_deletion },
  { "/kvault/veil/hides-while-others-walk", hides_while_others_walk },
  { "/kvault/veil/deletes-values-in-parts", deletes_values_in_parts },
};

KVTEST_MAIN (tests)
