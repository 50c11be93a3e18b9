/* SPDX-License-Identifier: MIT */
/* Parts that no key leads to any more: orphans.c, and what check.c says of them. The limit is lowered as in test-large.c. */
#include "kvtest.h"

#include <sqlite3.h>

#define MEBIBYTE 1048576u
#define LARGE (9 * MEBIBYTE + 12345)   /* three parts */
#define HUGE_VALUE (136 * MEBIBYTE)    /* 34 parts: two steps to remove */

static const kvault_section_kind kinds[] = { KVAULT_SECTION_V1, KVAULT_SECTION_V2 };

typedef struct {
  unsigned orphans, moved, damages, zeros;
  char key[64];        /* of the last of them */
  char table[64];
  uint64_t offset;
} Found;

static kvault *
reopen (const char *path, kvault_access access)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.access = access;
  options.whole_value_max = MEBIBYTE;
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  return vault;
}

static char *
make (kvault_section_kind kind)
{
  kvault *vault = kvtest_make (kind);
  char *path = kvtest_format ("%s", kvault_location (vault));

  kvault_close (vault);
  return path;
}

static void
put (kvault *vault, const char *key, uint64_t seed, size_t size)
{
  uint8_t *value = malloc (size);

  kvtest_fill (value, size, seed);
  assert_ok (vault, kvault_put (vault, key, strlen (key), value, size));
  free (value);
}

static void
assert_is (kvault *vault, const char *key, uint64_t seed, size_t size)
{
  uint8_t *value = malloc (size);

  kvtest_fill (value, size, seed);
  assert_value (vault, key, strlen (key), value, size);
  free (value);
}

/* A vault with one value in parts at "large". */
static char *
make_large (kvault_section_kind kind)
{
  char *path = make (kind);
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);

  put (vault, "small", 1, 100);
  put (vault, "large", 2, LARGE);
  kvault_close (vault);
  return path;
}

static int
note (const kvault_finding *finding, void *data)
{
  Found *found = data;

  found->orphans += finding->kind == KVAULT_FINDING_ORPHAN;
  found->moved += finding->kind == KVAULT_FINDING_MOVED;
  found->zeros += finding->kind == KVAULT_FINDING_ZEROS;
  found->damages += finding->is_damage != 0;
  found->offset = finding->offset;
  if (finding->entry != NULL)
    snprintf (found->key, sizeof found->key, "%.*s", (int) finding->entry->key_size, (const char *) finding->entry->key);
  if (finding->table != NULL)
    snprintf (found->table, sizeof found->table, "%s", finding->table);
  return 0;
}

static Found
check (const char *path, unsigned flags)
{
  kvault *vault = reopen (path, KVAULT_ACCESS_VIEW);
  kvault_check_result result;
  Found found = { 0 };

  assert_ok (vault, kvault_check (vault, flags, note, &found, NULL, NULL, &result));
  assert_int (result.findings, ==, found.orphans + found.moved + found.zeros + found.damages);
  kvault_close (vault);
  return found;
}

static kvault_orphans_result
sweep (const char *path)
{
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);
  kvault_orphans_result result;

  assert_ok (vault, kvault_orphans_remove (vault, NULL, NULL, &result));
  kvault_close (vault);
  return result;
}

static void
assert_no_parts (const char *path)
{
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_parts"), ==, 0);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_large"), ==, 0);
  assert_int (check (path, 0).orphans, ==, 0);
  assert_str (kvtest_integrity (path), "ok");
}

/* ---- on their way in ---- */

static void
begin_a_value (KvChild *self, void *path)
{
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);
  uint8_t *value = malloc (LARGE);
  kvault_writer *writer;

  kvtest_fill (value, LARGE, 3);
  assert_ok (vault, kvault_writer_open (vault, "new", 3, KVAULT_SIZE_UNKNOWN, &writer));
  assert_ok (vault, kvault_writer_write (writer, value, 5 * MEBIBYTE));
  kvtest_step (self);
  kvtest_await (self);
  assert_ok (vault, kvault_writer_write (writer, value + 5 * MEBIBYTE, LARGE - 5 * MEBIBYTE));
  assert_ok (vault, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  kvault_close (vault);
  free (value);
  kvtest_step (self);
}

static void
removes_what_a_killed_writer_left (void)
{
  for (size_t i = 0; i < KVTEST_N (kinds); i++)
    {
      char *path = make (kinds[i]);
      KvChild *child = kvtest_spawn (begin_a_value, path);
      kvault_orphans_result result;
      Found found;

      kvtest_await (child);
      kvtest_kill (child);
      found = check (path, 0);
      assert_int (found.orphans, ==, 1);
      assert_int (found.damages, ==, 0);
      assert_str (found.key, "new");
      assert_str (found.table, "kv");
      result = sweep (path);
      assert_int (result.removed, ==, 1);
      assert_int (result.bytes, ==, 4 * MEBIBYTE);
      assert_int (result.left, ==, 0);
      assert_no_parts (path);
    }
}

static void
leaves_the_value_of_a_living_writer (void)
{
  char *path = make (KVAULT_SECTION_V2);
  KvChild *child = kvtest_spawn (begin_a_value, path);
  kvault_orphans_result result;
  kvault *vault;

  kvtest_await (child);
  assert_int (check (path, 0).orphans, ==, 0);
  result = sweep (path);
  assert_int (result.left, ==, 1);
  assert_int (result.removed, ==, 0);
  kvtest_step (child);
  kvtest_await (child);
  vault = reopen (path, KVAULT_ACCESS_VIEW);
  assert_is (vault, "new", 3, LARGE);
  kvault_close (vault);
  kvtest_join (child);
}

static int
count_asked (void *data)
{
  ++*(int *) data;
  return 0;
}

/* A handle that stores parts cannot let go of the file, so that to be alone with it means something. */
static void
leaves_the_value_of_another_handle (void)
{
  char *path = make (KVAULT_SECTION_V2);
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *other, *vault;
  uint8_t *value = malloc (LARGE);
  kvault_orphans_result result;
  kvault_writer *writer;
  int asked = 0;

  options.whole_value_max = MEBIBYTE;
  options.busy_timeout_ms = 50;
  options.let_go = count_asked;
  options.let_go_data = &asked;
  assert_int (kvault_open (path, &options, &other, NULL), ==, KVAULT_OK);
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  kvtest_fill (value, LARGE, 3);
  assert_ok (other, kvault_writer_open (other, "new", 3, KVAULT_SIZE_UNKNOWN, &writer));
  assert_ok (other, kvault_writer_write (writer, value, 5 * MEBIBYTE));
  assert_result (other, kvault_let_go (other), KVAULT_EBUSY);
  assert_result (other, kvault_orphans_remove (other, NULL, NULL, &result), KVAULT_EBUSY);
  assert_ok (vault, kvault_orphans_remove (vault, NULL, NULL, &result));
  assert_int (asked, ==, 1);
  assert_int (result.left, ==, 1);
  assert_ok (other, kvault_writer_write (writer, value + 5 * MEBIBYTE, LARGE - 5 * MEBIBYTE));
  assert_ok (other, kvault_writer_commit (writer));
  kvault_writer_free (writer);
  assert_is (vault, "new", 3, LARGE);
  kvault_close (vault);
  kvault_close (other);
  free (value);
}

static void
stall_for_a_day (KvChild *self, void *path)
{
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);
  uint8_t *value = malloc (LARGE);
  kvault_writer *writer;

  kvtest_fill (value, LARGE, 3);
  assert_ok (vault, kvault_writer_open (vault, "new", 3, KVAULT_SIZE_UNKNOWN, &writer));
  assert_ok (vault, kvault_writer_write (writer, value, 5 * MEBIBYTE));
  kvtest_step (self);
  kvtest_await (self);
  assert_result (vault, kvault_writer_write (writer, value + 5 * MEBIBYTE, LARGE - 5 * MEBIBYTE), KVAULT_ESTALE);
  kvault_writer_free (writer);
  kvault_close (vault);
  free (value);
}

static void
takes_what_is_a_day_old_for_left (void)
{
  char *path = make (KVAULT_SECTION_V2);
  KvChild *child = kvtest_spawn (stall_for_a_day, path);

  kvtest_await (child);
  kvtest_sql (path, "UPDATE kvault_large SET touched = touched - 86390");
  assert_int (sweep (path).left, ==, 1);
  kvtest_sql (path, "UPDATE kvault_large SET touched = touched - 20");
  assert_int (check (path, 0).orphans, ==, 1);
  assert_int (sweep (path).removed, ==, 1);
  kvtest_release (child);
  assert_no_parts (path);
}

static void
a_writer_tells_the_time (void)
{
  char *path = make (KVAULT_SECTION_V2);
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);
  uint8_t *value = calloc (1, LARGE);
  kvault_writer *writer;

  assert_ok (vault, kvault_writer_open (vault, "new", 3, KVAULT_SIZE_UNKNOWN, &writer));
  assert_ok (vault, kvault_writer_write (writer, value, 5 * MEBIBYTE));
  kvtest_sql (path, "UPDATE kvault_large SET touched = touched - 100000");
  assert_ok (vault, kvault_writer_write (writer, value, 4 * MEBIBYTE));
  assert_int (kvtest_sql_int (path, "SELECT CAST(strftime('%s', 'now') AS INTEGER) - touched < 1000 FROM kvault_large"), ==, 1);
  kvault_writer_free (writer);
  kvault_close (vault);
  free (value);
}

/* ---- markers that others moved, copied or overwrote ---- */

static void
gives_the_parts_to_a_moved_marker (void)
{
  for (size_t kind = 0; kind < KVTEST_N (kinds); kind++)
    for (int to_other = 0; to_other < 2; to_other++)
      {
        char *path = make_large (kinds[kind]);
        bool v1 = kinds[kind] == KVAULT_SECTION_V1 && !to_other;
        kvault_orphans_result result;
        kvault *vault;
        uint64_t size;
        Found found;

        kvtest_sql (path, KVTEST_V2 ("\"ot\"\"her\""));
        /* As a rename by get, put and delete; in the second case to another table. */
        kvtest_sql (path, "INSERT INTO %s SELECT %s x'6d6f766564', value %s FROM kv WHERE key = x'6c61726765';"
                          "DELETE FROM kv WHERE key = x'6c61726765'",
                    to_other ? "\"ot\"\"her\"" : "kv", v1 ? "7," : "", v1 ? ", 112" : "");
        found = check (path, 0);
        assert_int (found.moved, ==, 1);
        assert_int (found.orphans + found.damages, ==, 0);
        assert_str (found.key, "moved");
        assert_str (found.table, to_other ? "ot\"her" : "kv");
        vault = reopen (path, KVAULT_ACCESS_WRITE);
        assert_ok (vault, kvault_use_table (vault, found.table));
        assert_ok (vault, kvault_size (vault, "moved", 5, &size));
        assert_int (size, ==, 112);
        assert_ok (vault, kvault_orphans_remove (vault, NULL, NULL, &result));
        assert_int (result.adopted, ==, 1);
        assert_int (result.removed, ==, 0);
        assert_is (vault, "moved", 2, LARGE);
        kvault_close (vault);
        assert_int (check (path, KVAULT_CHECK_FULL).moved, ==, 0);
        kvtest_remove (path);
      }
}

static void
a_copy_beside_its_owner_is_no_orphan (void)
{
  char *path = make_large (KVAULT_SECTION_V2);
  kvault_orphans_result result;
  kvault *vault;
  Found found;

  kvtest_sql (path, "INSERT INTO kv SELECT x'636f7079', value FROM kv WHERE key = x'6c61726765'");
  found = check (path, KVAULT_CHECK_FULL);
  assert_int (found.moved + found.orphans + found.damages, ==, 0);
  result = sweep (path);
  assert_int (result.adopted + result.removed, ==, 0);
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  assert_is (vault, "large", 2, LARGE);
  kvault_close (vault);
}

typedef struct {
  sqlite3 *db;
  int at;              /* how often was asked before the marker is moved; -1: it was */
} Mover;

/* Another program, which moves the marker from the second table to the first, as soon as nobody writes. */
static int
move_the_marker (void *data)
{
  Mover *self = data;

  if (self->at > 0)
    self->at--;
  else if (self->at == 0 && sqlite3_exec (self->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK)
    {
      assert_int (sqlite3_exec (self->db, "INSERT INTO before SELECT x'6d6f766564', value FROM kv; DELETE FROM kv; COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
      self->at = -1;
    }
  return 0;
}

/* Wherever the sweep is when another program moves the marker. */
static void
a_marker_that_moves_meanwhile_keeps_its_parts (void)
{
  Mover mover = { .at = -1 };
  unsigned n_left = 0;

  for (int n = 0; mover.at < 0; n++)
    {
      kvault_options options = { .is_cancelled = move_the_marker, .is_cancelled_data = &mover };
      char *path = kvtest_path ("v2.db");
      kvault_orphans_result result;
      kvault *vault;

      /* The tables are walked in this order. */
      kvtest_sql (path, "PRAGMA journal_mode = WAL;" KVTEST_V2 ("before") KVTEST_V2 ("kv") "INSERT INTO before VALUES (x'31', x'31')");
      vault = reopen (path, KVAULT_ACCESS_WRITE);
      assert_ok (vault, kvault_use_table (vault, "kv"));
      put (vault, "large", 2, 2 * MEBIBYTE);
      kvault_close (vault);
      kvtest_sql (path, "UPDATE kv SET key = x'6f74686572'");   /* so that there is something to look for */
      assert_int (sqlite3_open (path, &mover.db), ==, SQLITE_OK);
      assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
      mover.at = n;
      assert_ok (vault, kvault_orphans_remove (vault, NULL, NULL, &result));
      sqlite3_close (mover.db);
      assert_int (result.removed, ==, 0);
      assert_int (result.adopted + result.left, ==, 1);
      n_left += result.left != 0;
      if (mover.at < 0)
        {
          assert_ok (vault, kvault_orphans_remove (vault, NULL, NULL, NULL));
          assert_ok (vault, kvault_use_table (vault, "before"));
          assert_is (vault, "moved", 2, 2 * MEBIBYTE);
        }
      kvault_close (vault);
      kvtest_remove (path);
    }
  assert_int (n_left, >, 0);
}

static void
removes_parts_whose_marker_is_gone (void)
{
  static const char *const ways[] = {
    "DELETE FROM kv WHERE key = x'6c61726765'",
    "UPDATE kv SET value = x'6e6577' WHERE key = x'6c61726765'",
    "UPDATE kv SET value = CAST(substr(value, 1, 111) || '!' AS BLOB) WHERE key = x'6c61726765'",   /* as long, other bytes */
    "ALTER TABLE kv RENAME TO away; DROP TABLE away;" KVTEST_V2 ("kv"),
  };

  for (size_t i = 0; i < KVTEST_N (ways); i++)
    {
      char *path = make_large (KVAULT_SECTION_V2);
      kvault_orphans_result result;
      Found found;

      kvtest_sql (path, "%s", ways[i]);
      found = check (path, 0);
      assert_int (found.orphans, ==, 1);
      assert_int (found.damages, ==, 0);
      assert_str (found.key, "large");
      result = sweep (path);
      assert_int (result.removed, ==, 1);
      assert_int (result.bytes, ==, LARGE);
      assert_no_parts (path);
      kvtest_remove (path);
    }
}

static void
a_table_that_cannot_be_read_proves_nothing (void)
{
  char *path = make_large (KVAULT_SECTION_V2);

  /* Not a vault to us any more, but the marker is there. */
  kvtest_sql (path, "CREATE TABLE copy AS SELECT * FROM kv; DROP TABLE kv;"
                    "CREATE TABLE kv (key BLOB NOT NULL, value BLOB NOT NULL); INSERT INTO kv SELECT * FROM copy; DROP TABLE copy;"
                    KVTEST_V2 ("other"));
  assert_int (check (path, 0).orphans, ==, 0);
  assert_int (sweep (path).removed, ==, 0);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_parts"), ==, 3);
}

/* ---- on their way out, and stray ones ---- */

static void
ends_a_deletion_that_was_cut_off (void)
{
  char *path = make_large (KVAULT_SECTION_V2);

  kvtest_sql (path, "DELETE FROM kv WHERE key = x'6c61726765'; UPDATE kvault_large SET state = 2;"
                    "DELETE FROM kvault_parts WHERE id = (SELECT min(id) FROM kvault_parts)");
  assert_int (check (path, 0).orphans, ==, 1);
  assert_int (sweep (path).bytes, ==, LARGE - 4 * MEBIBYTE);
  assert_no_parts (path);
}

static void
removes_parts_of_nobody (void)
{
  char *path = make_large (KVAULT_SECTION_V2);
  kvault_orphans_result result;
  kvault *vault;

  kvtest_sql (path, "INSERT INTO kvault_parts SELECT id + (5 << 24), data FROM kvault_parts; INSERT INTO kvault_parts VALUES (7 << 24, x'00')");
  assert_int (check (path, 0).orphans, ==, 2);
  result = sweep (path);
  assert_int (result.removed, ==, 2);
  assert_int (result.bytes, ==, LARGE + 1);
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  assert_is (vault, "large", 2, LARGE);
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_parts"), ==, 3);
}

/* 1 + 2^40 times 2^24 is 2^24 again, where the parts of value 1 lie. */
static void
impossible_numbers_hurt_nobody (void)
{
  char *path = make_large (KVAULT_SECTION_V2);
  uint8_t *value = calloc (1, LARGE);
  kvault *vault;

  kvtest_sql (path, "INSERT INTO kvault_large VALUES (1099511627777, 'kv', x'', 9, 1, x'00', 2, 0), (-5, 'kv', x'', 9, 1, x'00', 2, 0),"
                    "(7, 'none', x'', 'many', 'much', x'', 'dead', 'then')");
  assert_int (check (path, KVAULT_CHECK_FULL).damages, ==, 0);
  assert_int (sweep (path).removed, ==, 0);
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_put (vault, "other", 5, value, LARGE), KVAULT_ECORRUPT);   /* its number would be one, too */
  assert_result (vault, kvault_exists (vault, "other", 5), KVAULT_NOTFOUND);
  assert_is (vault, "large", 2, LARGE);
  kvault_close (vault);
  kvtest_sql (path, "DELETE FROM kvault_large WHERE id > 99; UPDATE sqlite_sequence SET seq = 99");
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  put (vault, "other", 5, LARGE);
  assert_ok (vault, kvault_delete (vault, "other", 5));   /* sweeps, too */
  assert_is (vault, "large", 2, LARGE);
  kvault_close (vault);
  free (value);
}

/* ---- steps ---- */

static char *
make_stray (void)
{
  char *path = make (KVAULT_SECTION_V2);
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);

  put (vault, "large", 2, HUGE_VALUE);
  kvault_close (vault);
  kvtest_sql (path, "DELETE FROM kv");
  return path;
}

typedef struct {
  unsigned n;
  uint64_t bytes;
} Reports;

static int
stop_after_a_step (const kvault_progress *progress, void *data)
{
  Reports *reports = data;

  reports->n++;
  reports->bytes = progress->bytes;
  return progress->bytes > 0;
}

static void
can_be_cancelled_between_steps (void)
{
  char *path = make_stray ();
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);
  kvault_orphans_result result;
  Reports reports = { 0 };
  int64_t left;

  assert_result (vault, kvault_orphans_remove (vault, stop_after_a_step, &reports, &result), KVAULT_ECANCELLED);
  assert_int (reports.bytes, >, 0);
  assert_int (reports.bytes, <, HUGE_VALUE);
  left = kvtest_sql_int (path, "SELECT count(*) FROM kvault_parts");
  assert_int (left, >, 0);
  assert_int (left, <, 34);
  assert_int (result.removed, ==, 0);
  assert_ok (vault, kvault_orphans_remove (vault, NULL, NULL, &result));   /* and goes on from there */
  assert_int (result.removed, ==, 1);
  kvault_close (vault);
  assert_no_parts (path);
}

static void
reclaiming_and_compacting_begin_with_it (void)
{
  for (int way = 0; way < 2; way++)
    {
      char *path = make_stray ();
      kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);
      uint64_t freed = 0;

      if (way == 0)
        {
          assert_ok (vault, kvault_reclaim (vault, 0, NULL, NULL, &freed));
          assert_int (freed * 32768, >=, HUGE_VALUE);
        }
      else
        assert_ok (vault, kvault_vacuum (vault, NULL, NULL));
      kvault_close (vault);
      assert_no_parts (path);
      assert_int (kvtest_file_size (path), <, MEBIBYTE);
      kvtest_remove (path);
    }
}

static void
serves_files_without_page_maps (void)
{
  char *path = kvtest_path ("old.db");
  kvault *vault;
  KvSnapshot *before;

  kvtest_sql (path, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = 0;" KVTEST_V1 ("kv"));
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  put (vault, "large", 2, LARGE);
  kvault_close (vault);
  kvtest_sql (path, "DELETE FROM kv");
  before = kvtest_snapshot (kvtest_folder ());
  vault = reopen (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_reclaim (vault, 0, NULL, NULL, NULL), KVAULT_EINVAL);
  kvault_close (vault);
  assert_unchanged (before);
  assert_int (sweep (path).removed, ==, 1);
  assert_no_parts (path);
}

static void
keep_sweeping (KvChild *self, void *path)
{
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);
  kvault_orphans_result result;

  kvtest_step (self);
  assert_ok (vault, kvault_orphans_remove (vault, NULL, NULL, &result));
  kvault_close (vault);
}

/* Killed at any moment: the living value is whole, and another sweep ends the work. */
static void
survives_being_killed (void)
{
  char *origin = make_stray (), *path = kvtest_path ("killed.db");
  kvault *vault = reopen (origin, KVAULT_ACCESS_WRITE);
  uint64_t seed = 1;

  put (vault, "alive", 4, LARGE);
  kvault_close (vault);
  kvtest_sql (origin, "INSERT INTO kv SELECT x'6d6f766564', value FROM kv; DELETE FROM kv WHERE key <> x'6d6f766564'");
  for (int i = 0; i < 5; i++)
    {
      KvChild *child;

      kvtest_copy_file (origin, path);
      child = kvtest_spawn (keep_sweeping, path);
      kvtest_await (child);
      kvtest_sleep ((double) (kvtest_random (&seed) % 60) / 1000);
      kvtest_kill (child);
      vault = reopen (path, KVAULT_ACCESS_WRITE);
      assert_ok (vault, kvault_orphans_remove (vault, NULL, NULL, NULL));
      assert_is (vault, "moved", 4, LARGE);
      kvault_close (vault);
      assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_parts"), ==, 3);
      assert_str (kvtest_integrity (path), "ok");
      kvtest_remove (path);
    }
}

/* ---- what check says of parts that are there ---- */

static void
check_counts_the_parts (void)
{
  static const char *const harms[] = {
    "DELETE FROM kvault_parts WHERE id % 16777216 = 1",
    "UPDATE kvault_parts SET data = substr(data, 2) WHERE id % 16777216 = 2",
  };

  for (size_t i = 0; i < KVTEST_N (harms); i++)
    {
      char *path = make_large (kinds[i]);
      Found found;

      kvtest_sql (path, "%s", harms[i]);
      found = check (path, 0);
      assert_int (found.damages, ==, 1);
      assert_str (found.key, "large");
    }
}

static void
check_reads_the_parts (void)
{
  char *path = make (KVAULT_SECTION_V2);
  kvault *vault = reopen (path, KVAULT_ACCESS_WRITE);
  uint8_t *value = calloc (1, LARGE);
  kvault_check_result result;
  Found found = { 0 };

  kvtest_fill (value, 6 * MEBIBYTE, 1);
  value[6 * MEBIBYTE - 1] = 1;
  assert_ok (vault, kvault_put (vault, "large", 5, value, LARGE));
  assert_ok (vault, kvault_check (vault, KVAULT_CHECK_FULL, note, &found, NULL, NULL, &result));
  assert_int (result.bytes, ==, LARGE);
  assert_int (result.keys, ==, 1);
  assert_int (found.zeros, ==, 1);
  assert_int (found.offset, ==, 6 * MEBIBYTE);
  kvault_close (vault);
  free (value);
}

static const KvTest tests[] = {
  { "/kvault/orphans/removes-what-a-killed-writer-left", removes_what_a_killed_writer_left },
  { "/kvault/orphans/leaves-the-value-of-a-living-writer", leaves_the_value_of_a_living_writer },
  { "/kvault/orphans/leaves-the-value-of-another-handle", leaves_the_value_of_another_handle },
  { "/kvault/orphans/takes-what-is-a-day-old-for-left", takes_what_is_a_day_old_for_left },
  { "/kvault/orphans/a-writer-tells-the-time", a_writer_tells_the_time },
  { "/kvault/orphans/gives-the-parts-to-a-moved-marker", gives_the_parts_to_a_moved_marker },
  { "/kvault/orphans/a-copy-beside-its-owner-is-no-orphan", a_copy_beside_its_owner_is_no_orphan },
  { "/kvault/orphans/a-marker-that-moves-meanwhile-keeps-its-parts", a_marker_that_moves_meanwhile_keeps_its_parts },
  { "/kvault/orphans/removes-parts-whose-marker-is-gone", removes_parts_whose_marker_is_gone },
  { "/kvault/orphans/a-table-that-cannot-be-read-proves-nothing", a_table_that_cannot_be_read_proves_nothing },
  { "/kvault/orphans/ends-a-deletion-that-was-cut-off", ends_a_deletion_that_was_cut_off },
  { "/kvault/orphans/removes-parts-of-nobody", removes_parts_of_nobody },
  { "/kvault/orphans/impossible-numbers-hurt-nobody", impossible_numbers_hurt_nobody },
  { "/kvault/orphans/can-be-cancelled-between-steps", can_be_cancelled_between_steps },
  { "/kvault/orphans/reclaiming-and-compacting-begin-with-it", reclaiming_and_compacting_begin_with_it },
  { "/kvault/orphans/serves-files-without-page-maps", serves_files_without_page_maps },
  { "/kvault/orphans/survives-being-killed", survives_being_killed },
  { "/kvault/orphans/check-counts-the-parts", check_counts_the_parts },
  { "/kvault/orphans/check-reads-the-parts", check_reads_the_parts },
};

KVTEST_MAIN (tests)
