/* SPDX-License-Identifier: MIT */
/* Looking without a trace, wherever the file lies: viewing.c. */
#include "kvtest.h"

#include <sys/stat.h>
#include <unistd.h>

/* Everything a viewer does. */
static void
look_around (kvault *vault)
{
  kvault_cursor_options options = { .flags = KVAULT_CURSOR_SIZES };
  kvault_totals_result totals;
  const kvault_entry *entry;
  kvault_cursor *cursor;
  kvault_stats stats;
  kvault_blob *blob;
  uint64_t number;
  void *value;
  size_t size;
  char byte;

  assert_true (kvault_is_readonly (vault));
  assert_true (kvault_readonly_reason (vault) != NULL);
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_ok (vault, kvault_data_version (vault, &number));
  assert_ok (vault, kvault_totals (vault, NULL, 0, NULL, NULL, &totals));
  assert_ok (vault, kvault_cursor_open (vault, &options, &cursor));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    {
      assert_ok (vault, kvault_get (vault, entry->key, entry->key_size, &value, &size));
      assert_int (size, ==, entry->value_size);
      kvault_free (value);
      assert_ok (vault, kvault_blob_open_entry (vault, entry, &blob));
      if (size > 0)
        assert_ok (vault, kvault_blob_read (blob, &byte, 1, size - 1));
      kvault_blob_close (blob);
    }
  kvault_cursor_close (cursor);
  assert_result (vault, kvault_put (vault, "k", 1, "v", 1), KVAULT_EREADONLY);
}

static void
view (const char *path,
      const char *fixture)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);

  kvtest_assert_fixture (vault, fixture);
  look_around (vault);
  kvault_close (vault);
}

/* ---- Where one may write ---- */

static void
leaves_no_trace (void)
{
  static const char *const files[] = {
    "v010_media.db", "v010_two_tables.db", "v010_odd_keys.db", "v086_media_autopack.db",
    "v086_all_vaults.db", "hot/v010_hot_wal.db", "foreign/v2_page_1024_autovacuum.db",
  };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    {
      char *path = kvtest_fixture (files[i]);
      KvSnapshot *before = kvtest_snapshot (kvtest_folder ());

      view (path, files[i]);
      assert_unchanged (before);
      view (path, files[i]);
      assert_unchanged (before);
    }
}

static void
leaves_no_trace_when_several_look (void)
{
  char *path = kvtest_fixture ("hot/v010_hot_wal.db");
  KvSnapshot *before = kvtest_snapshot (kvtest_folder ());
  kvault *first = kvtest_open (path, KVAULT_ACCESS_VIEW);
  kvault *second = kvtest_open (path, KVAULT_ACCESS_VIEW);

  kvtest_assert_fixture (first, "hot/v010_hot_wal.db");
  kvtest_assert_fixture (second, "hot/v010_hot_wal.db");
  kvault_close (first);
  kvtest_assert_fixture (second, "hot/v010_hot_wal.db");
  kvault_close (second);
  assert_unchanged (before);
}

/* Side files that a killed process left stay, too. */
static void
die_with_the_log_open (KvChild *self,
                       void    *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_CREATE);

  for (unsigned i = 0; i < 100; i++)
    assert_ok (vault, kvault_put (vault, &i, sizeof i, "some value", 10));
  kvtest_step (self);
  kvtest_await (self);
}

static void
keeps_a_log_and_its_index (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *child = kvtest_spawn (die_with_the_log_open, path);
  KvSnapshot *before;
  kvault *vault;
  uint64_t count;

  kvtest_await (child);
  kvtest_kill (child);
  assert_true (kvtest_exists (kvtest_path ("a.db-shm")));
  before = kvtest_snapshot (kvtest_folder ());
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, 100);
  look_around (vault);
  kvault_close (vault);
  if (!kvtest_exists (kvtest_path ("a.db-shm"))) /* which is rebuilt at need */
    kvtest_make_index (path);
  assert_unchanged (before);
  kvault_close (kvtest_open (path, KVAULT_ACCESS_WRITE)); /* which may clean up */
  assert_alone (path);
}

/* For as long as the other one works: with a rollback journal a reader may come last for that long. */
static kvault *
open_patiently (const char *path, kvault_access access)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.access = access;
  options.busy_timeout_ms = 600000;
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  return vault;
}

/* A viewer beside a program at work neither disturbs it nor misses what it does. */
static void
write_a_lot (KvChild *self,
             void    *path)
{
  kvault *vault;

  kvtest_await (self);
  vault = open_patiently (path, KVAULT_ACCESS_WRITE);
  kvtest_step (self);
  for (unsigned i = 0; i < 300; i++)
    {
      uint8_t value[20000];

      memset (value, (int) i, sizeof value);
      assert_ok (vault, kvault_put (vault, &i, sizeof i, value, sizeof value));
    }
  kvtest_step (self);
  kvtest_await (self);
  kvault_close (vault);
}

static void
follows_a_writer (void)
{
  for (unsigned journal = 0; journal < 2; journal++)
    {
      char *path = kvtest_path (journal ? "wal.db" : "delete.db");
      KvChild *child = kvtest_spawn (write_a_lot, path);
      uint64_t count, last = 0, version, seen, moves = 0;
      kvault *vault;

      kvtest_sql (path, "PRAGMA journal_mode=%s;" KVTEST_V2 ("kv"), journal ? "WAL" : "DELETE");
      vault = open_patiently (path, KVAULT_ACCESS_VIEW);
      assert_ok (vault, kvault_data_version (vault, &seen));
      kvtest_step (child);
      kvtest_await (child);
      while (last < 300)
        {
          assert_ok (vault, kvault_data_version (vault, &version));
          moves += version != seen;
          seen = version;
          assert_ok (vault, kvault_count (vault, &count));
          assert_int (count, >=, last);
          last = count;
          look_around (vault);
        }
      assert_int (moves, >, 0);
      kvtest_await (child);
      kvtest_release (child);
      look_around (vault);
      kvault_close (vault);
      assert_alone (path);
      assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kv WHERE length(value) = 20000"),
                  ==, 300);
      assert_str (kvtest_integrity (path), "ok");
    }
}

/* A writer that comes and goes while the viewer stays: what it wrote is in the file. */
static void
write_and_leave (KvChild *self,
                 void    *path)
{
  kvault *vault;

  kvtest_await (self);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_put (vault, "new", 3, "value", 5));
  kvault_close (vault);
  kvtest_step (self);
}

static void
sees_a_writer_come_and_go (void)
{
  static const char *const files[] = { "v086_two_tables.db", "v010_two_tables.db",
                                       "hot/v010_hot_wal.db",
                                       "foreign/v2_page_1024_autovacuum.db" };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    {
      char *path = kvtest_fixture (files[i]);
      KvChild *child = kvtest_spawn (write_and_leave, path);
      kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
      uint64_t before, after;

      kvtest_assert_fixture (vault, files[i]);
      assert_ok (vault, kvault_data_version (vault, &before));
      kvtest_step (child);
      kvtest_await (child);
      kvtest_join (child);
      assert_ok (vault, kvault_data_version (vault, &after));
      assert_int (before, !=, after);
      assert_value (vault, "new", 3, "value", 5);
      kvault_close (vault);
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      assert_value (vault, "new", 3, "value", 5);
      kvault_close (vault);
      assert_alone (path);
      assert_str (kvtest_integrity (path), "ok");
    }
}

/* ---- Where one may not write ---- */

typedef struct {
  const char *path, *fixture;
  int frozen;   /* as stats say; -1: either */
} Sight;

static void
view_there (void *data)
{
  const Sight *sight = data;
  kvault *vault = kvtest_open (sight->path, KVAULT_ACCESS_VIEW);
  kvault_stats stats;

  kvtest_assert_fixture (vault, sight->fixture);
  look_around (vault);
  assert_ok (vault, kvault_stats_get (vault, &stats));
  if (sight->frozen >= 0)
    assert_int (stats.frozen, ==, sight->frozen);
  kvault_close (vault);
  assert_refused (sight->path, KVAULT_ACCESS_WRITE, KVAULT_EREADONLY);
}

static const char *const placed[] = { "v010_media.db", "v086_all_vaults.db",
                                      "hot/v010_hot_wal.db",
                                      "foreign/v2_page_1024_autovacuum.db" };

/* Each of them in a folder of its own. */
static char *
place (const char *fixture,
       size_t      number)
{
  char *folder = kvtest_path (kvtest_format ("place%zu", number));

  kvtest_make_folder (folder);
  return kvtest_fixture_in (folder, fixture);
}

static char *
folder_of (const char *path)
{
  return kvtest_format ("%.*s", (int) (strrchr (path, '/') - path), path);
}

static void
looks_into_folders_it_may_not_write (void)
{
  for (size_t i = 0; i < KVTEST_N (placed); i++)
    {
      Sight sight = { place (placed[i], i), placed[i], -1 };
      KvSnapshot *before = kvtest_snapshot (folder_of (sight.path));

      kvtest_as_nobody (view_there, &sight);
      assert_unchanged (before);
    }
}

/* The file is somebody's own, only its folder is not: what a read-only share is like. */
static void
looks_at_files_it_may_write_in_folders_it_may_not (void)
{
  for (size_t i = 0; i < KVTEST_N (placed); i++)
    {
      char *path = place (placed[i], i);
      Sight sight = { path, placed[i], -1 };
      KvSnapshot *before;

      assert_int (chmod (path, 0666), ==, 0);
      if (kvtest_exists (kvtest_format ("%s-wal", path)))
        assert_int (chmod (kvtest_format ("%s-wal", path), 0666), ==, 0);
      before = kvtest_snapshot (folder_of (path));
      kvtest_as_nobody (view_there, &sight);
      assert_unchanged (before);
    }
}

/* The folder is open to all, the file is not: nothing may be left for its owner to trip over. */
static void
leaves_nothing_in_a_shared_folder (void)
{
  for (size_t i = 0; i < KVTEST_N (placed); i++)
    {
      Sight sight = { place (placed[i], i), placed[i], -1 };
      KvSnapshot *before;

      assert_int (chmod (folder_of (sight.path), 0777), ==, 0);
      before = kvtest_snapshot (folder_of (sight.path));
      kvtest_as_nobody (view_there, &sight);
      assert_unchanged (before);
      kvault_close (kvtest_open (sight.path, KVAULT_ACCESS_WRITE));
    }
}

static void
looks_into_readonly_mounts (void)
{
  for (size_t i = 0; i < KVTEST_N (placed); i++)
    {
      Sight sight = { place (placed[i], i), placed[i], -1 };
      KvSnapshot *before = kvtest_snapshot (folder_of (sight.path));

      kvtest_on_readonly_mount (folder_of (sight.path), view_there, &sight);
      assert_unchanged (before);
    }
}

/* With the log a killed writer left, its index beside it or gone. */
static void
looks_at_logs_of_the_dead (void)
{
  for (unsigned with_index = 0; with_index < 2; with_index++)
    {
      char *path = place ("hot/v010_hot_wal.db", with_index);
      Sight sight = { path, "hot/v010_hot_wal.db", -1 };
      char *index = kvtest_format ("%s-shm", path);
      KvSnapshot *before;

      if (with_index)
        {
          kvtest_make_index (path);
          assert_true (kvtest_exists (index));
        }
      before = kvtest_snapshot (folder_of (path));
      kvtest_on_readonly_mount (folder_of (path), view_there, &sight);
      kvtest_as_nobody (view_there, &sight);
      assert_unchanged (before);
    }
}

/* ---- Frozen views ---- */

typedef struct {
  KvChild *changer;
  char *path;
} Freeze;

static void
change_when_told (KvChild *self,
                  void    *path)
{
  kvtest_await (self);
  kvtest_sql (path, "INSERT INTO kv VALUES (x'01', x'02')");
  kvtest_step (self);
}

static void
notice_change (void *data)
{
  Freeze *freeze = data;
  kvault *vault = kvtest_open (freeze->path, KVAULT_ACCESS_VIEW);
  kvault_stats stats;
  uint64_t version, again;

  kvtest_assert_fixture (vault, "v086_two_tables.db");
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.frozen, !=, 0);
  assert_ok (vault, kvault_data_version (vault, &version));
  assert_ok (vault, kvault_data_version (vault, &again));
  assert_int (version, ==, again);
  kvtest_step (freeze->changer);
  kvtest_await (freeze->changer);
  assert_result (vault, kvault_data_version (vault, &version), KVAULT_ESTALE);
  kvault_close (vault);
  vault = kvtest_open (freeze->path, KVAULT_ACCESS_VIEW);
  assert_value (vault, "\1", 1, "\2", 1);
  kvault_close (vault);
}

static void
frozen_views_notice_a_change (void)
{
  char *path = place ("v086_two_tables.db", 0);
  Freeze freeze = { kvtest_spawn (change_when_told, path), path };

  kvtest_as_nobody (notice_change, &freeze);
  kvtest_join (freeze.changer);
}

/* A reader without rights beside a writer at work: the log's index is there to be read. */
static void
write_as_owner (KvChild *self,
                void    *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);

  assert_ok (vault, kvault_put (vault, "first", 5, "1", 1));
  kvtest_step (self);
  kvtest_await (self);
  assert_ok (vault, kvault_put (vault, "second", 6, "2", 1));
  kvtest_step (self);
  kvtest_await (self);
  kvault_close (vault);
}

static void
look_beside_owner (void *data)
{
  Freeze *freeze = data;
  kvault *vault = kvtest_open (freeze->path, KVAULT_ACCESS_VIEW);
  uint64_t before, after;

  assert_value (vault, "first", 5, "1", 1);
  assert_ok (vault, kvault_data_version (vault, &before));
  kvtest_step (freeze->changer);
  kvtest_await (freeze->changer);
  assert_ok (vault, kvault_data_version (vault, &after));
  assert_int (before, !=, after);
  assert_value (vault, "second", 6, "2", 1);
  look_around (vault);
  kvault_close (vault);
  kvtest_step (freeze->changer);
}

static void
looks_beside_a_writer_without_rights (void)
{
  char *path = place ("v086_two_tables.db", 0);
  Freeze freeze = { kvtest_spawn (write_as_owner, path), path };

  kvtest_await (freeze.changer);
  kvtest_as_nobody (look_beside_owner, &freeze);
  kvtest_join (freeze.changer);
  assert_alone (path);
  assert_str (kvtest_integrity (path), "ok");
}

/* ---- The journal of a writer that died ---- */

static void
die_in_a_transaction (KvChild *self,
                      void    *path)
{
  kvtest_spill (path, "UPDATE kv SET value = zeroblob(3000)");
  kvtest_step (self);
  kvtest_await (self);
}

/* 500 values of 3,000 ones; a dead writer has overwritten some of them with zeros. */
static char *
make_hot_journal (const char *folder)
{
  char *path = kvtest_format ("%s/journal.db", folder);
  size_t size;
  KvChild *child;

  kvtest_sql (path, "PRAGMA page_size=4096; PRAGMA journal_mode=DELETE;" KVTEST_V2 ("kv")
                    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 499) "
                    "INSERT INTO kv SELECT CAST(printf('%%03d', i) AS BLOB), "
                    "CAST(replace(hex(zeroblob(1500)), '0', char(1)) AS BLOB) FROM n;");
  child = kvtest_spawn (die_in_a_transaction, path);
  kvtest_await (child);
  kvtest_kill (child);
  assert_int (kvtest_file_size (kvtest_format ("%s-journal", path)), >, 100000);
  assert_true (memmem (kvtest_read_file (path, &size), kvtest_file_size (path),
                       (char[2000]) { 0 }, 2000) != NULL); /* half written */
  return path;
}

static void
assert_all_ones (kvault *vault)
{
  uint8_t ones[3000];

  memset (ones, 1, sizeof ones);
  for (unsigned i = 0; i < 500; i++)
    assert_value (vault, kvtest_format ("%03u", i), 3, ones, sizeof ones);
}

static void
plays_back_a_hot_journal_first (void)
{
  for (kvault_access access = KVAULT_ACCESS_WRITE; access <= KVAULT_ACCESS_CREATE; access++)
    {
      char *path = make_hot_journal (kvtest_folder ());
      kvault *vault = kvtest_open (path, access);

      assert_all_ones (vault);
      kvault_close (vault);
      assert_alone (path);
      assert_str (kvtest_integrity (path), "ok");
      kvtest_remove (path);
    }
}

static void
refuse_hot (void *path)
{
  assert_refused (path, KVAULT_ACCESS_VIEW, KVAULT_EHOT);
}

static void
shows_nothing_beside_a_hot_journal_it_cannot_play_back (void)
{
  char *folder = kvtest_path ("place"), *path;
  KvSnapshot *before;

  kvtest_make_folder (folder);
  path = make_hot_journal (folder);
  before = kvtest_snapshot (folder);
  kvtest_on_readonly_mount (folder, refuse_hot, path);
  kvtest_as_nobody (refuse_hot, path);
  assert_int (chmod (path, 0666), ==, 0); /* the file alone does not suffice */
  before = kvtest_snapshot (folder);
  kvtest_as_nobody (refuse_hot, path);
  assert_unchanged (before);
}

static void
look_beside_cold_journal (void *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);

  kvtest_assert_fixture (vault, "foreign/v2_page_1024_autovacuum.db");
  look_around (vault);
  kvault_close (vault);
}

/* journal_mode=PERSIST and TRUNCATE leave a journal that is not hot. */
static void
looks_beside_a_cold_journal (void)
{
  char *path = place ("foreign/v2_page_1024_autovacuum.db", 0);
  KvSnapshot *before;

  kvtest_sql (path, "PRAGMA journal_mode=PERSIST; CREATE TABLE x(y); DROP TABLE x;");
  assert_int (kvtest_file_size (kvtest_format ("%s-journal", path)), >, 512);
  before = kvtest_snapshot (folder_of (path));
  look_beside_cold_journal (path);
  kvtest_on_readonly_mount (folder_of (path), look_beside_cold_journal, path);
  kvtest_as_nobody (look_beside_cold_journal, path);
  assert_unchanged (before);

  kvtest_write_file (kvtest_format ("%s-journal", path), "", 0);
  before = kvtest_snapshot (folder_of (path));
  kvtest_on_readonly_mount (folder_of (path), look_beside_cold_journal, path);
  kvtest_as_nobody (look_beside_cold_journal, path);
  assert_unchanged (before);
}

static void
looks_beside_an_empty_log (void)
{
  char *path = place ("v010_media.db", 0);
  Sight sight = { path, "v010_media.db", -1 };
  KvSnapshot *before;

  kvtest_write_file (kvtest_format ("%s-wal", path), "", 0);
  before = kvtest_snapshot (folder_of (path));
  kvtest_on_readonly_mount (folder_of (path), view_there, &sight);
  kvtest_as_nobody (view_there, &sight);
  assert_unchanged (before);
  view (path, "v010_media.db"); /* which may take the empty log away, as SQLite does */
}

static void
take_the_place (KvChild *child, void *path)
{
  char *other = kvtest_path ("other.db");

  kvtest_await (child);
  kvtest_sql (other, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv"));
  assert_int (rename (other, path), ==, 0);
  kvtest_keep_open (path);
  kvtest_sql (path, "INSERT INTO kv VALUES (x'61', x'62')");
  kvtest_step (child);
  kvtest_await (child);
}

/* What lies beside the new file is its users'; our lock on the old one says nothing about them. */
static void
leaves_the_index_of_a_file_that_took_the_place (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *child = kvtest_spawn (take_the_place, path);
  kvault *vault;
  uint64_t n;

  kvault_close (kvtest_create ("a.db"));
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_count (vault, &n));
  kvtest_step (child);
  kvtest_await (child);
  kvault_close (vault);
  assert_true (kvtest_exists (kvtest_format ("%s-shm", path)));
  kvtest_release (child);
}

static const KvTest tests[] = {
  { "/kvault/viewing/leaves-the-index-of-a-file-that-took-the-place", leaves_the_index_of_a_file_that_took_the_place },
  { "/kvault/viewing/leaves-no-trace", leaves_no_trace },
  { "/kvault/viewing/leaves-no-trace-when-several-look", leaves_no_trace_when_several_look },
  { "/kvault/viewing/keeps-a-log-and-its-index", keeps_a_log_and_its_index },
  { "/kvault/viewing/follows-a-writer", follows_a_writer },
  { "/kvault/viewing/sees-a-writer-come-and-go", sees_a_writer_come_and_go },
  { "/kvault/viewing/looks-into-folders-it-may-not-write", looks_into_folders_it_may_not_write },
  { "/kvault/viewing/looks-at-files-it-may-write-in-folders-it-may-not",
    looks_at_files_it_may_write_in_folders_it_may_not },
  { "/kvault/viewing/leaves-nothing-in-a-shared-folder", leaves_nothing_in_a_shared_folder },
  { "/kvault/viewing/looks-into-readonly-mounts", looks_into_readonly_mounts },
  { "/kvault/viewing/looks-at-logs-of-the-dead", looks_at_logs_of_the_dead },
  { "/kvault/viewing/frozen-views-notice-a-change", frozen_views_notice_a_change },
  { "/kvault/viewing/looks-beside-a-writer-without-rights",
    looks_beside_a_writer_without_rights },
  { "/kvault/viewing/plays-back-a-hot-journal-first", plays_back_a_hot_journal_first },
  { "/kvault/viewing/shows-nothing-beside-a-hot-journal-it-cannot-play-back",
    shows_nothing_beside_a_hot_journal_it_cannot_play_back },
  { "/kvault/viewing/looks-beside-a-cold-journal", looks_beside_a_cold_journal },
  { "/kvault/viewing/looks-beside-an-empty-log", looks_beside_an_empty_log },
};

KVTEST_MAIN (tests)
