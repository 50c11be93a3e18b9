/* SPDX-License-Identifier: MIT */
/* Facts about the file, against what SQLite and the file system say: stats.c. */
#include "kvtest.h"

#include <sqlite3.h>

static void
agrees_with_sqlite (void)
{
  static const char *const files[] = {
    "v010_media.db", "v010_odd_keys.db", "v086_all_vaults.db", "foreign/empty_vault_v2.db",
    "foreign/v2_page_1024_autovacuum.db",
  };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    {
      char *path = kvtest_fixture (files[i]);
      kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
      kvault_stats stats;

      assert_ok (vault, kvault_stats_get (vault, &stats));
      kvault_close (vault);
      assert_int (stats.file_size, ==, kvtest_file_size (path));
      assert_int (stats.page_size, ==, kvtest_sql_int (path, "PRAGMA page_size"));
      assert_int (stats.page_count, ==, kvtest_sql_int (path, "PRAGMA page_count"));
      assert_int (stats.free_page_count, ==, kvtest_sql_int (path, "PRAGMA freelist_count"));
      assert_int (stats.reclaimable_size, ==, stats.free_page_count * stats.page_size);
      assert_int (stats.auto_vacuum, ==, kvtest_sql_int (path, "PRAGMA auto_vacuum"));
      assert_int (stats.journal, ==,
                  strcmp (kvtest_sql_text (path, "PRAGMA journal_mode"), "wal") == 0
                  ? KVAULT_JOURNAL_WAL : KVAULT_JOURNAL_ROLLBACK);
      assert_int (stats.wal_size, ==, 0);
      assert_int (stats.frozen, ==, 0);
    }
}

static void
describes_a_new_vault (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault_stats stats;

  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.page_size, ==, 32768);
  assert_int (stats.auto_vacuum, ==, 2);
  assert_int (stats.journal, ==, KVAULT_JOURNAL_WAL);
  assert_int (stats.free_page_count, ==, 0);
  assert_int (stats.file_size, ==, stats.page_count * stats.page_size);
  kvault_close (vault);
}

static void
sees_the_log_grow (void)
{
  kvault *vault = kvtest_create ("a.db");
  uint8_t value[100000] = { 0 };
  kvault_stats stats;

  assert_ok (vault, kvault_put (vault, "k", 1, value, sizeof value));
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.wal_size, ==,
              kvtest_file_size (kvtest_format ("%s-wal", kvault_location (vault))));
  assert_int (stats.wal_size, >, 100000);
  kvault_close (vault);
}

static void
counts_the_log_of_another (void)
{
  char *path = kvtest_fixture ("hot/v010_hot_wal.db");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  kvault_stats stats;

  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.wal_size, ==, kvtest_file_size (kvtest_format ("%s-wal", path)));
  assert_int (stats.journal, ==, KVAULT_JOURNAL_WAL);
  kvault_close (vault);
}

static void
sees_room_that_deletions_leave (void)
{
  char *path = kvtest_path ("a.db");
  uint8_t *value = calloc (1, 1000000);
  kvault_stats before, after;
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size=4096;" KVTEST_V2 ("kv"));
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_put (vault, "k", 1, value, 1000000));
  assert_ok (vault, kvault_stats_get (vault, &before));
  assert_ok (vault, kvault_delete (vault, "k", 1));
  assert_ok (vault, kvault_stats_get (vault, &after));
  assert_int (before.reclaimable_size, ==, 0);
  assert_int (after.reclaimable_size, >, 990000);
  assert_int (after.file_size, ==, before.file_size);
  kvault_close (vault);
  free (value);
}

/* The main file has not those free pages that are in the log only, and has those behind its end that the log cut off. */
static void
tells_what_is_free_in_the_main_file (void)
{
  char *path = kvtest_path ("a.db");
  kvault_stats stats;
  kvault_split split;
  sqlite3 *writer;
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size=4096; PRAGMA journal_mode=wal;" KVTEST_V2 ("kv") "INSERT INTO kv VALUES ('a', zeroblob (2000000))");
  assert_int (sqlite3_open (path, &writer), ==, SQLITE_OK);
  assert_int (sqlite3_exec (writer, "PRAGMA wal_autocheckpoint=0; CREATE TABLE gone (text); INSERT INTO gone VALUES (zeroblob (9000000));"
                            "DROP TABLE gone", NULL, NULL, NULL), ==, SQLITE_OK);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_ok (vault, kvault_split_get (vault, &split, NULL, NULL));
  assert_int (stats.reclaimable_size, >, 8900000);
  assert_int (stats.main_free_size, <=, split.reclaimable_size);
  assert_int (stats.main_free_size, <, 10000);
  assert_int (sqlite3_exec (writer, "PRAGMA wal_checkpoint(FULL)", NULL, NULL, NULL), ==, SQLITE_OK);
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.main_free_size, ==, stats.reclaimable_size);
  assert_int (sqlite3_exec (writer, "VACUUM", NULL, NULL, NULL), ==, SQLITE_OK);
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.reclaimable_size, ==, 0);
  assert_int (stats.main_free_size, ==, kvtest_file_size (path) - stats.file_size);
  assert_int (stats.main_free_size, >, 8900000);
  kvault_close (vault);
  sqlite3_close (writer);
}

static void
sees_what_others_commit (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  kvault_stats before, after;

  assert_ok (vault, kvault_stats_get (vault, &before));
  kvtest_sql (path, "INSERT INTO kv VALUES (x'01', zeroblob(1000000))");
  assert_ok (vault, kvault_stats_get (vault, &after));
  assert_int (after.page_count, >=, before.page_count + 1000000 / 32768);
  kvault_close (vault);
}

/* As wal_checkpoint says, without one. */
static void
tells_what_waits_in_the_log (void)
{
  kvault *vault = kvtest_create ("a.db");
  kvault *reader;
  kvault_cursor *cursor;
  const kvault_entry *entry;
  kvault_checkpoint_result moved;
  kvault_stats stats;

  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.wal_frames, ==, (stats.wal_size - 32) / (stats.page_size + 24));
  assert_int (stats.wal_waiting, ==, stats.wal_frames);
  reader = kvtest_open (kvault_location (vault), KVAULT_ACCESS_VIEW);
  assert_ok (reader, kvault_cursor_open (reader, NULL, &cursor));
  assert_ok (reader, kvault_cursor_next (cursor, &entry));
  assert_ok (vault, kvault_put (vault, "b", 1, "value", 5));
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_PASSIVE, &moved));
  assert_true (moved.moved < moved.frames);
  assert_ok (reader, kvault_stats_get (reader, &stats));   /* whoever asks */
  assert_int (stats.wal_frames, ==, moved.frames);
  assert_int (stats.wal_waiting, ==, moved.frames - moved.moved);
  kvault_cursor_close (cursor);
  kvault_close (reader);
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_FULL, &moved));
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.wal_frames, ==, moved.frames);
  assert_int (stats.wal_waiting, ==, 0);
  assert_int (stats.wal_size, >, 0);
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.wal_frames, ==, 0);
  kvault_close (vault);
}

static void
nothing_waits_after_closing (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault = kvtest_create ("a.db");
  kvault_stats stats;

  assert_ok (vault, kvault_put (vault, "a", 1, "value", 5));
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.wal_waiting, >, 0);
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.wal_waiting, ==, 0);   /* moved at closing */
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/stats/tells-what-waits-in-the-log", tells_what_waits_in_the_log },
  { "/kvault/stats/nothing-waits-after-closing", nothing_waits_after_closing },
  { "/kvault/stats/agrees-with-sqlite", agrees_with_sqlite },
  { "/kvault/stats/describes-a-new-vault", describes_a_new_vault },
  { "/kvault/stats/sees-the-log-grow", sees_the_log_grow },
  { "/kvault/stats/counts-the-log-of-another", counts_the_log_of_another },
  { "/kvault/stats/sees-room-that-deletions-leave", sees_room_that_deletions_leave },
  { "/kvault/stats/tells-what-is-free-in-the-main-file", tells_what_is_free_in_the_main_file },
  { "/kvault/stats/sees-what-others-commit", sees_what_others_commit },
};

KVTEST_MAIN (tests)
