/* SPDX-License-Identifier: MIT */
/* A table of the older shape becomes one of the newer: convert.c. */
#include "kvtest.h"

#include <sys/resource.h>

#define MEBIBYTE 1048576u
#define KILLS kvtest_times (3, 6)
#define LARGE (9 * MEBIBYTE + 12345)   /* three parts where the limit is 1 MiB */

static kvault *
open_with (const char *path, kvault_access access, int (*is_cancelled) (void *data), void *data)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.access = access;
  options.whole_value_max = 4 * MEBIBYTE;
  options.is_cancelled = is_cancelled;
  options.is_cancelled_data = data;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  return vault;
}

static void
put (kvault *vault, const char *key, size_t size)
{
  uint8_t *value = malloc (size + 1);

  kvtest_fill (value, size, size);
  assert_ok (vault, kvault_put (vault, key, strlen (key), value, size));
  free (value);
}

static void
assert_is (kvault *vault, const char *key, size_t size)
{
  uint8_t *value = malloc (size + 1);

  kvtest_fill (value, size, size);
  assert_value (vault, key, strlen (key), value, size);
  free (value);
}

static const struct { const char *key; size_t size; } values[] = {
  { "", 7 }, { "empty", 0 }, { "small", 100 }, { "page", 40000 }, { "chunks", 3 * MEBIBYTE + 17 }, { "edge", MEBIBYTE },
  { "edge+1", MEBIBYTE + 1 }, { "parts", LARGE },
};

static char *
make (const char *name, const char *table, bool wal, int auto_vacuum)
{
  char *path = kvtest_path (name);
  char *quoted = kvtest_quote (table);
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = %d; PRAGMA journal_mode = %s;"
                    "CREATE TABLE %s (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, size INTEGER NOT NULL);"
                    "CREATE UNIQUE INDEX \"an index\" ON %s(key)", auto_vacuum, wal ? "WAL" : "DELETE", quoted, quoted);
  vault = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL);
  assert_str (kvault_table (vault), table);
  for (size_t i = 0; i < KVTEST_N (values); i++)
    put (vault, values[i].key, values[i].size);
  assert_ok (vault, kvault_delete (vault, "small", 5));
  put (vault, "small", 100);
  kvault_close (vault);
  return path;
}

static void
assert_whole (kvault *vault)
{
  uint64_t n;

  assert_ok (vault, kvault_count (vault, &n));
  assert_int (n, ==, KVTEST_N (values));
  for (size_t i = 0; i < KVTEST_N (values); i++)
    assert_is (vault, values[i].key, values[i].size);
}

static int
stop_on_finding (const kvault_finding *finding, void *data)
{
  (void) data;
  kvtest_fail (__FILE__, __LINE__, "%s", finding->message);
}

static void
assert_converted (kvault *vault, const char *path, const char *table)
{
  char *quoted = kvtest_quote (table);
  kvault_check_result result;

  assert_int (kvault_table_kind (vault), ==, KVAULT_SECTION_V2);
  assert_whole (vault);
  assert_ok (vault, kvault_check (vault, KVAULT_CHECK_FULL, stop_on_finding, NULL, NULL, NULL, &result));
  /* What KohakuVault 0.8.6 runs, and finds. */
  assert_int (kvtest_sql_int (path, kvtest_format ("SELECT count(*) FROM pragma_table_info(%s)", quoted)), ==, 2);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'kvault_convert%' OR name = 'an index'"), ==, 0);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kohakuvault_meta"), ==, 0);
  assert_int (kvtest_sql_int (path, kvtest_format ("SELECT length(value) FROM %s WHERE key = x'70616765'", quoted)), ==, 40000);
  kvtest_sql (path, "INSERT INTO %s (key, value) VALUES (x'6e6577', x'01') ON CONFLICT (key) DO UPDATE SET value = excluded.value;"
                    "DELETE FROM %s WHERE key = x'6e6577'", quoted, quoted);
  assert_str (kvtest_integrity (path), "ok");
}

static void
keeps_every_value (void)
{
  for (int i = 0; i < 4; i++)
    {
      char *path = make ("a.db", "kv", i & 1, i & 2);
      int64_t ids = kvtest_sql_int (path, "SELECT sum(rowid * length(key)) FROM kv");
      kvault *vault = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL);

      assert_int (kvault_table_kind (vault), ==, KVAULT_SECTION_V1);
      assert_ok (vault, kvault_convert (vault, NULL, NULL));
      assert_converted (vault, path, "kv");
      assert_int (kvtest_sql_int (path, "SELECT sum(rowid * length(key)) FROM kv"), ==, ids);
      assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), i & 1 ? "wal" : "delete");
      put (vault, "more", 5 * MEBIBYTE);   /* and the handle goes on, with parts, too */
      put (vault, "parts", 3);
      assert_ok (vault, kvault_rename (vault, "page", 4, "leaf", 4, 0));
      assert_ok (vault, kvault_convert (vault, NULL, NULL));   /* nothing to do */
      assert_is (vault, "more", 5 * MEBIBYTE);
      kvault_close (vault);
      vault = open_with (path, KVAULT_ACCESS_VIEW, NULL, NULL);
      assert_int (kvault_table_kind (vault), ==, KVAULT_SECTION_V2);
      kvault_close (vault);
      assert_alone (path);
      kvtest_remove (path);
    }
}

static void
names_may_be_anything (void)
{
  static const char *const names[] = { "my table", "a\"b'c", "order", "x); DROP TABLE other; --", "\xc3\xa4%s%n%w", "kvault_convert_0" };

  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      char *path = make ("a.db", names[i], true, 2);
      kvault *vault = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL);

      kvtest_sql (path, "CREATE TABLE other (x)");
      assert_ok (vault, kvault_convert (vault, NULL, NULL));
      assert_str (kvault_table (vault), names[i]);
      if (strcmp (names[i], "kvault_convert_0") != 0)
        assert_converted (vault, path, names[i]);
      assert_whole (vault);
      kvault_close (vault);
      assert_int (kvtest_sql_int (path, "SELECT count(*) FROM other"), ==, 0);
      kvtest_remove (path);
    }
}

/* Beside tables of modules that are not there, views that make no sense, and another vault of the older shape. */
static void
leaves_everything_else_alone (void)
{
  char *path = kvtest_fixture ("v086_all_vaults.db");
  const char *others = "SELECT group_concat(type || name || coalesce(sql, ''), ';') FROM sqlite_schema WHERE tbl_name <> 'old'";
  const kvault_section *sections;
  char *before;
  kvault *vault;
  size_t n;

  kvtest_sql (path, KVTEST_V1 ("old") KVTEST_V1 ("older") "CREATE VIEW nonsense AS SELECT * FROM nowhere;"
                    "CREATE TABLE logged (x); CREATE TRIGGER t AFTER INSERT ON logged BEGIN INSERT INTO nowhere VALUES (1); END;"
                    "INSERT INTO old VALUES (5, x'6b', x'894b', 2), (9, 'text', 'value', 5), (11, 7, 8, 1);"
                    "INSERT INTO older VALUES (1, x'6b', x'00', 1);");
  before = kvtest_sql_text (path, others);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_sections (vault, &sections, &n));
  assert_ok (vault, kvault_use_table (vault, "old"));
  assert_ok (vault, kvault_convert (vault, NULL, NULL));
  assert_value (vault, "k", 1, "\x89K", 2);
  for (size_t i = 0; i < n; i++)
    assert_int (sections[i].kind, ==, strcmp (sections[i].name, "older") == 0 ? KVAULT_SECTION_V1
                                      : strcmp (sections[i].name, "old") == 0 ? KVAULT_SECTION_V2 : sections[i].kind);
  assert_ok (vault, kvault_use_table (vault, "kv"));
  kvtest_assert_fixture (vault, "v086_all_vaults.db");
  kvault_close (vault);
  assert_str (kvtest_sql_text (path, others), before);
  assert_str (kvtest_sql_text (path, "SELECT group_concat(rowid || typeof(key) || key || typeof(value) || hex(value), ' ') FROM old WHERE rowid > 5"),
              "9texttexttext76616C7565 11integer7integer38");
  kvtest_remove (path);
}

static void
refuses_a_table_that_views_speak_of (void)
{
  char *path = make ("a.db", "kv", true, 2);
  kvault *vault = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL);

  kvtest_sql (path, "CREATE VIEW \"big ones\" AS SELECT key FROM KV WHERE size > 1000");
  assert_result (vault, kvault_convert (vault, NULL, NULL), KVAULT_EREADONLY);
  assert_contains (kvault_errmsg (vault), "big ones");
  assert_int (kvault_table_kind (vault), ==, KVAULT_SECTION_V1);
  kvault_close (vault);
}

/* ---- not between ---- */

typedef struct {
  uint64_t keys, bytes;
  unsigned n;
} Seen;

static int
watch (const kvault_progress *progress, void *data)
{
  Seen *seen = data;

  assert_int (progress->keys, >=, seen->keys);
  assert_int (progress->bytes, >=, seen->bytes);
  assert_int (progress->keys, <=, progress->keys_total);
  assert_int (progress->bytes, <=, progress->bytes_total);
  *seen = (Seen) { progress->keys, progress->bytes, seen->n + 1 };
  return 0;
}

/* Cancelled at each look in turn, until it is through. */
static void
can_be_cancelled_anywhere (void)
{
  char *path = make ("a.db", "kv", true, 2);
  int left = INT32_MAX, n = 0;
  kvault *vault = open_with (path, KVAULT_ACCESS_WRITE, kvtest_cancel_at_zero, &left);
  Seen seen = { 0 };
  int rc;

  do
    {
      left = n++;
      rc = kvault_convert (vault, NULL, NULL);
      left = INT32_MAX;
      if (rc != KVAULT_OK)
        {
          assert_result (vault, rc, KVAULT_ECANCELLED);
          assert_int (kvault_table_kind (vault), ==, KVAULT_SECTION_V1);
        }
      if (n % 8 == 0)
        assert_whole (vault);
    }
  while (rc != KVAULT_OK);
  assert_int (n, >, 10);
  assert_converted (vault, path, "kv");
  kvault_close (vault);
  path = make ("b.db", "kv", true, 2);
  vault = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL);
  assert_ok (vault, kvault_convert (vault, watch, &seen));
  assert_int (seen.n, >, 0);
  kvault_close (vault);
}

static void
keep_converting (KvChild *self, void *path)
{
  kvault *vault = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL);

  kvtest_step (self);
  assert_ok (vault, kvault_convert (vault, NULL, NULL));
  kvault_close (vault);
}

/* 70 MB, so that it leaves its log. */
static void
a_kill_leaves_the_old_or_the_new (void)
{
  char *origin = make ("origin.db", "kv", true, 2), *path = kvtest_path ("killed.db");
  kvault *vault = open_with (origin, KVAULT_ACCESS_WRITE, NULL, NULL);
  double begun, length;
  unsigned old = 0;

  for (int i = 0; i < 20; i++)
    put (vault, kvtest_format ("more/%d", i), 35 * MEBIBYTE / 10);
  kvault_close (vault);
  kvtest_copy_file (origin, path);
  vault = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL);
  begun = kvtest_now ();
  assert_ok (vault, kvault_convert (vault, NULL, NULL));
  length = kvtest_now () - begun;
  kvault_close (vault);
  kvtest_remove (path);
  for (int i = 0; i < KILLS; i++)
    {
      KvChild *child;
      uint64_t n;

      kvtest_copy_file (origin, path);
      child = kvtest_spawn (keep_converting, path);
      kvtest_await (child);
      kvtest_sleep (length * 1.2 * i / KILLS);
      kvtest_kill (child);
      vault = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL);
      old += kvault_table_kind (vault) == KVAULT_SECTION_V1;
      assert_ok (vault, kvault_count (vault, &n));
      assert_int (n, ==, KVTEST_N (values) + 20);
      for (size_t k = 0; k < KVTEST_N (values); k++)
        assert_is (vault, values[k].key, values[k].size);
      kvault_close (vault);
      assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), "wal");
      assert_int (kvtest_sql_int (path, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'kvault_convert%' OR name = 'kvault_bulk'"), ==, 0);
      assert_str (kvtest_integrity (path), "ok");
      kvtest_remove (path);
    }
  printf ("# %u of %d are the old\n", old, KILLS);
}

static void
convert_on_a_small_disk (void *data)
{
  char *path = data;
  kvault *vault = open_with (path, KVAULT_ACCESS_WRITE, NULL, NULL);

  assert_result (vault, kvault_convert (vault, NULL, NULL), KVAULT_EFULL);
  assert_contains (kvault_errmsg (vault), "needs");
  assert_int (kvault_table_kind (vault), ==, KVAULT_SECTION_V1);
  assert_whole (vault);
  kvault_close (vault);
}

static void
make_and_convert_on_a_small_disk (void *data)
{
  char *path = kvtest_format ("%s/a.db", (char *) data);

  kvtest_copy_file (kvtest_path ("a.db"), path);
  convert_on_a_small_disk (path);
}

static void
looks_at_the_disk_first (void)
{
  char *folder = kvtest_path ("small");

  make ("a.db", "kv", false, 2);
  kvtest_make_folder (folder);
  kvtest_on_small_disk (folder, 17 * MEBIBYTE, make_and_convert_on_a_small_disk, folder);
}

static void
others_keep_it_whole (void)
{
  char *path = make ("a.db", "kv", true, 2);
  kvault *vault, *reader;
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_blob *blob;
  uint8_t byte;

  options.busy_timeout_ms = 50;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  kvtest_hold_lock (path, "IMMEDIATE");
  assert_result (vault, kvault_convert (vault, NULL, NULL), KVAULT_EBUSY);
  kvtest_release_lock ();
  reader = open_with (path, KVAULT_ACCESS_VIEW, NULL, NULL);
  assert_ok (reader, kvault_blob_open (reader, "chunks", 6, &blob));
  assert_ok (vault, kvault_convert (vault, NULL, NULL));
  assert_ok (reader, kvault_blob_read (blob, &byte, 1, 3 * MEBIBYTE));   /* of the state it opened */
  kvault_blob_close (blob);
  assert_is (reader, "chunks", 3 * MEBIBYTE + 17);
  assert_ok (vault, kvault_blob_open (vault, "chunks", 6, &blob));
  assert_result (vault, kvault_convert (vault, NULL, NULL), KVAULT_EBUSY);
  kvault_blob_close (blob);
  kvault_close (reader);
  kvault_close (vault);
}

/* ---- why it is wanted ---- */

static void
the_older_shape_asks_for_memory_first (void)
{
  char *path = make ("a.db", "kv", true, 2);
  kvault_options options = KVAULT_OPTIONS_INIT;
  size_t size = 400 * MEBIBYTE;
  uint8_t *value = calloc (1, size);
  struct rlimit before, limit = { 600 * MEBIBYTE, RLIM_INFINITY };
  kvault_writer *writer;
  kvault *vault;
  int rc;

#ifdef __SANITIZE_ADDRESS__
  kvtest_skip ("the sanitizer itself needs more than any limit");
#endif
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  assert_int (getrlimit (RLIMIT_DATA, &before), ==, 0);
  limit.rlim_max = before.rlim_max;
  assert_int (setrlimit (RLIMIT_DATA, &limit), ==, 0);
  rc = kvault_put (vault, "big", 3, value, size);
  assert_result (vault, rc, KVAULT_ENOMEM);
  assert_contains (kvault_errmsg (vault), "converting");
  assert_result (vault, kvault_writer_open (vault, "big", 3, size, &writer), KVAULT_ENOMEM);
  assert_result (vault, kvault_exists (vault, "big", 3), KVAULT_NOTFOUND);
  assert_ok (vault, kvault_convert (vault, NULL, NULL));
  assert_ok (vault, kvault_writer_open (vault, "big", 3, size, &writer));
  kvault_writer_free (writer);
  assert_int (setrlimit (RLIMIT_DATA, &before), ==, 0);
  kvault_close (vault);
  free (value);
}

static const KvTest tests[] = {
  { "/kvault/convert/keeps-every-value", keeps_every_value },
  { "/kvault/convert/names-may-be-anything", names_may_be_anything },
  { "/kvault/convert/leaves-everything-else-alone", leaves_everything_else_alone },
  { "/kvault/convert/refuses-a-table-that-views-speak-of", refuses_a_table_that_views_speak_of },
  { "/kvault/convert/can-be-cancelled-anywhere", can_be_cancelled_anywhere },
  { "/kvault/convert/a-kill-leaves-the-old-or-the-new", a_kill_leaves_the_old_or_the_new },
  { "/kvault/convert/looks-at-the-disk-first", looks_at_the_disk_first },
  { "/kvault/convert/others-keep-it-whole", others_keep_it_whole },
  { "/kvault/convert/the-older-shape-asks-for-memory-first", the_older_shape_asks_for_memory_first },
};

KVTEST_MAIN (tests)
