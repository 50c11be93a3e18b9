/* SPDX-License-Identifier: MIT */
/* Estimates, giving space back in steps, and compacting in place: compact.c. */
#include "kvtest.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_KEYS 400

/* @auto_vacuum 0 or 2; every other key is deleted again. */
static char *
make_half_empty (const char *name, kvault_section_kind kind, int auto_vacuum, const char *journal)
{
  char *path = kvtest_path (name);

  kvtest_sql (path, "PRAGMA page_size=4096; PRAGMA auto_vacuum=%d; PRAGMA journal_mode=%s; %s", auto_vacuum, journal,
              kind == KVAULT_SECTION_V1 ? KVTEST_V1 ("kv") : KVTEST_V2 ("kv"));
  kvtest_sql (path, "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
              "INSERT INTO kv(key, value%s SELECT CAST(printf('k%%03d', i) AS BLOB), zeroblob(20000)%s FROM n;"
              "UPDATE kv SET value = randomblob(20000); DELETE FROM kv WHERE rowid %% 2", N_KEYS - 1,
              kind == KVAULT_SECTION_V1 ? ", size)" : ")", kind == KVAULT_SECTION_V1 ? ", 20000" : "");
  kvtest_sql (path, "PRAGMA wal_checkpoint(TRUNCATE)");
  return path;
}

/* A sum of it. */
static char *
content_of (const char *path)
{
  char *text = kvtest_sql_text (path, "SELECT group_concat(quote(key) || quote(value)) FROM (SELECT key, value FROM kv ORDER BY key)");
  char sum[SHA256_HEX_SIZE];

  sha256_hex (text, strlen (text), sum);
  return kvtest_format ("%s", sum);
}

static void
shrinks_in_place (void)
{
  static const char *const journals[] = { "wal", "delete" };

  for (int kind = KVAULT_SECTION_V1; kind <= KVAULT_SECTION_V2; kind++)
    for (int j = 0; j < 2; j++)
      {
        char *path = make_half_empty (kvtest_format ("%d%d.db", kind, j), (kvault_section_kind) kind, 0, journals[j]);
        char *before = content_of (path);
        uint64_t size = kvtest_file_size (path);
        kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE, .page_maps = j };
        kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
        kvault_vacuum_result result;
        kvault_stats stats;

        assert_ok (vault, kvault_vacuum (vault, &options, &result));
        assert_int (result.way, ==, KVAULT_VACUUM_IN_PLACE);
        assert_int (result.size_before, ==, size);
        assert_int (result.size_after, <, size * 6 / 10);
        assert_int (result.log_in_use, ==, 0);
        assert_ok (vault, kvault_stats_get (vault, &stats));
        assert_int (stats.auto_vacuum, ==, j ? 2 : 0);
        assert_int (stats.wal_size, ==, 0);
        assert_ok (vault, kvault_put (vault, "new", 3, "x", 1));
        assert_ok (vault, kvault_delete (vault, "new", 3));
        kvault_close (vault);
        assert_str (content_of (path), before);
        assert_str (kvtest_integrity (path), "ok");
        assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), journals[j]);
      }
}

static int
never_past_the_end (const kvault_progress *progress, void *data)
{
  uint64_t *last = data;

  assert_int (progress->bytes, >=, *last);
  assert_int (progress->bytes, <=, progress->bytes_total);
  *last = progress->bytes;
  return 0;
}

static int
stop (const kvault_progress *progress, void *data)
{
  return progress->bytes > 0;
}

static void
gives_back_in_steps (void)
{
  char *path = make_half_empty ("a.db", KVAULT_SECTION_V2, 2, "wal");
  char *before = content_of (path);
  uint64_t size = kvtest_file_size (path), freed, last = 0;
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_stats stats;

  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_ok (vault, kvault_reclaim (vault, 10, NULL, NULL, &freed));
  assert_int (freed, ==, 10);
  assert_int (kvtest_file_size (path), ==, size - 10 * 4096);
  assert_result (vault, kvault_reclaim (vault, 0, stop, NULL, &freed), KVAULT_ECANCELLED);
  assert_int (freed, >, 0);
  assert_int (freed, <, stats.free_page_count - 10);
  stats.free_page_count -= 10 + freed;
  assert_ok (vault, kvault_reclaim (vault, 0, never_past_the_end, &last, &freed));
  assert_int (freed, ==, stats.free_page_count);
  assert_ok (vault, kvault_reclaim (vault, 0, NULL, NULL, NULL));
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.reclaimable_size, ==, 0);
  kvault_close (vault);
  assert_int (kvtest_file_size (path), <, size * 6 / 10);
  assert_str (content_of (path), before);
  assert_str (kvtest_integrity (path), "ok");
}

static void
steps_need_page_maps (void)
{
  kvault *vault = kvtest_open (make_half_empty ("a.db", KVAULT_SECTION_V1, 0, "wal"), KVAULT_ACCESS_WRITE);
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_INCREMENTAL };
  kvault_vacuum_estimate estimate;
  kvault_cursor *cursor;
  uint64_t freed;

  assert_result (vault, kvault_reclaim (vault, 0, NULL, NULL, &freed), KVAULT_EINVAL);
  assert_contains (kvault_errmsg (vault), "page maps");
  assert_result (vault, kvault_vacuum (vault, &options, NULL), KVAULT_EINVAL);
  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  assert_int (estimate.possible, ==, KVAULT_EINVAL);
  options.way = 9;
  assert_result (vault, kvault_vacuum (vault, &options, NULL), KVAULT_EINVAL);
  options = (kvault_vacuum_options) { .way = KVAULT_VACUUM_INCREMENTAL, .page_maps = 1 };
  assert_result (vault, kvault_vacuum (vault, &options, NULL), KVAULT_EINVAL);
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  assert_result (vault, kvault_vacuum (vault, NULL, NULL), KVAULT_EBUSY);
  kvault_cursor_close (cursor);
  assert_ok (vault, kvault_vacuum (vault, NULL, NULL));
  kvault_close (vault);
}

static void
says_beforehand_what_it_will_do (void)
{
  char *path = make_half_empty ("a.db", KVAULT_SECTION_V2, 0, "wal");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_vacuum_options options = { 0 };
  kvault_vacuum_estimate estimate;
  kvault_vacuum_result result;

  for (int way = KVAULT_VACUUM_AUTO; way <= KVAULT_VACUUM_IN_PLACE; way += way == 1 ? 2 : 1)
    {
      options.way = (kvault_vacuum_way) way;
      assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
      assert_int (estimate.possible, ==, KVAULT_OK);
      assert_str (estimate.reason, "");
      assert_int (estimate.way, ==, way == KVAULT_VACUUM_AUTO ? KVAULT_VACUUM_SWAP : way);
      assert_int (estimate.file_size, ==, kvtest_file_size (path));
      assert_int (estimate.disk_needed, >=, estimate.live_size);
      assert_int (estimate.disk_free, >, estimate.disk_needed);
      assert_int (estimate.temporary_needed > 0, ==, way == KVAULT_VACUUM_IN_PLACE);
      assert_int (estimate.n_others, ==, 0);
    }
  options.way = KVAULT_VACUUM_AUTO;
  assert_ok (vault, kvault_vacuum (vault, &options, &result));
  assert_int (result.size_before, ==, estimate.file_size);
  assert_int (result.size_after, <, estimate.live_size * 11 / 10);
  assert_int (result.size_after, >, estimate.live_size * 8 / 10);
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_vacuum_plan (vault, NULL, &estimate));
  assert_int (estimate.possible, ==, KVAULT_OK);   /* for who opens it for writing */
  assert_result (vault, kvault_vacuum (vault, NULL, NULL), KVAULT_EREADONLY);
  kvault_close (vault);
}

static void
keep_open (KvChild *self, void *data)
{
  const char *const *how = data;
  sqlite3 *db;

  assert_int (sqlite3_open (how[0], &db), ==, SQLITE_OK);
  assert_int (sqlite3_exec (db, how[1], NULL, NULL, NULL), ==, SQLITE_OK);
  kvtest_step (self);
  kvtest_await (self);
  sqlite3_close (db);
}

static void
beside_others (int auto_vacuum, kvault_vacuum_way way, int expected)
{
  char *path = make_half_empty (kvtest_format ("%d%d.db", auto_vacuum, (int) way), KVAULT_SECTION_V2, auto_vacuum, "wal");
  char *before = content_of (path);
  const char *how[] = { path, "BEGIN; SELECT count(*) FROM kv" };
  KvChild *reader = kvtest_spawn (keep_open, how);
  kvault_vacuum_options options = { .way = way };
  kvault_options patience = { .busy_timeout_ms = 200 };
  kvault_vacuum_estimate estimate;
  kvault_vacuum_result result;
  kvault *vault;

  kvtest_await (reader);
  assert_ok (NULL, kvault_open (path, &patience, &vault, NULL));
  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  assert_int (estimate.possible, ==, expected);
  assert_result (vault, kvault_vacuum (vault, &options, &result), expected);
  if (expected == KVAULT_OK)
    {
      assert_int (result.way, ==, auto_vacuum ? KVAULT_VACUUM_INCREMENTAL : KVAULT_VACUUM_IN_PLACE);
      assert_int (result.log_in_use, ==, 1);
      assert_int (estimate.way, ==, result.way);
    }
  kvtest_step (reader);
  kvtest_join (reader);
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
  if (expected == KVAULT_OK)
    assert_int (kvtest_file_size (path), <, result.size_before * 6 / 10);
  kvault_close (vault);
  assert_str (content_of (path), before);
}

static void
chooses_what_can_be_done_beside_others (void)
{
  beside_others (2, KVAULT_VACUUM_AUTO, KVAULT_OK);
  beside_others (0, KVAULT_VACUUM_AUTO, KVAULT_EBUSY);
  beside_others (2, KVAULT_VACUUM_SWAP, KVAULT_EBUSY);
  beside_others (0, KVAULT_VACUUM_IN_PLACE, KVAULT_OK);
}

static void
on_full_disk (void *folder)
{
  char *path = kvtest_format ("%s/a.db", (char *) folder);
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE };
  kvault_vacuum_estimate estimate;
  char *before;
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES ('a', randomblob(5000000))");
  before = content_of (path);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  assert_int (estimate.possible, ==, KVAULT_EFULL);
  assert_result (vault, kvault_vacuum (vault, &options, NULL), KVAULT_EFULL);
  kvault_close (vault);
  assert_str (content_of (path), before);
  assert_alone (path);
}

static void
looks_for_room_first (void)
{
  char *folder = kvtest_path ("disk");

  kvtest_make_folder (folder);
  kvtest_on_small_disk (folder, 8 << 20, on_full_disk, folder);
}

static void
compact_for_ever (KvChild *self, void *data)
{
  const kvault_vacuum_options *options = data;
  kvault *vault = kvtest_open (options->progress_data, KVAULT_ACCESS_WRITE);
  kvault_vacuum_options mine = { .way = options->way };

  kvtest_step (self);
  for (;;)
    kvault_vacuum (vault, &mine, NULL);
}

/* Of each way. */
#define KILLS 5
#define KILLS_FULL 20

static void
survives_kills (void)
{
  uint64_t seed = 11;

  for (int way = KVAULT_VACUUM_INCREMENTAL; way <= KVAULT_VACUUM_IN_PLACE; way++)
    for (int i = 0; i < kvtest_times (KILLS, KILLS_FULL); i++)
      {
        char *path = make_half_empty (kvtest_format ("%d-%d.db", way, i), KVAULT_SECTION_V1, 2, i % 2 ? "wal" : "delete");
        char *before = content_of (path);
        kvault_vacuum_options options = { .way = (kvault_vacuum_way) way, .progress_data = path };
        KvChild *child = kvtest_spawn (compact_for_ever, &options);

        kvtest_await (child);
        kvtest_sleep ((double) (kvtest_random (&seed) % 100) / 1000);
        kvtest_kill (child);
        assert_str (content_of (path), before);
        assert_str (kvtest_integrity (path), "ok");
        kvtest_remove (path);
      }
}

static const KvTest tests[] = {
  { "/kvault/compact/shrinks-in-place", shrinks_in_place },
  { "/kvault/compact/gives-back-in-steps", gives_back_in_steps },
  { "/kvault/compact/steps-need-page-maps", steps_need_page_maps },
  { "/kvault/compact/says-beforehand-what-it-will-do", says_beforehand_what_it_will_do },
  { "/kvault/compact/chooses-what-can-be-done-beside-others", chooses_what_can_be_done_beside_others },
  { "/kvault/compact/looks-for-room-first", looks_for_room_first },
  { "/kvault/compact/survives-kills", survives_kills },
};

KVTEST_MAIN (tests)
