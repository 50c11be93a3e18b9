/* SPDX-License-Identifier: MIT */
/* Opening, closing, waiting for others, and files that move away: vault.c. */
#include "kvtest.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static const kvault_access accesses[] = { KVAULT_ACCESS_WRITE, KVAULT_ACCESS_VIEW,
                                          KVAULT_ACCESS_CREATE, KVAULT_ACCESS_CREATE_NEW };

/* ---- What KohakuVault wrote ---- */

static void
gives_back_every_fixture (void)
{
  static const char *const files[] = {
    "v010_media.db", "v010_two_tables.db", "v010_odd_keys.db", "v086_media_autopack.db",
    "v086_two_tables.db", "v086_all_vaults.db", "hot/v010_hot_wal.db",
    "foreign/v2_page_1024_autovacuum.db", "damaged/value_bytes_flipped.db",
  };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    for (size_t access = 0; access < 3; access++)
      {
        kvault *vault = kvtest_open (kvtest_fixture (files[i]), accesses[access]);

        if (strstr (files[i], "flipped") == NULL)
          kvtest_assert_fixture (vault, files[i]);
        kvault_close (vault);
      }
}

static void
opens_an_empty_vault (void)
{
  kvault *vault = kvtest_open (kvtest_fixture ("foreign/empty_vault_v2.db"), KVAULT_ACCESS_VIEW);
  uint64_t count;

  assert_ok (vault, kvault_count (vault, &count));
  assert_int (count, ==, 0);
  kvault_close (vault);
}

/* ---- What is refused ---- */

static void
refuses_damaged_and_foreign_files (void)
{
  static const struct { const char *file; int code; } files[] = {
    { "damaged/truncated_half.db", KVAULT_ECORRUPT },
    { "damaged/truncated_50_bytes.db", KVAULT_ECORRUPT },
    { "damaged/header_magic_broken.db", KVAULT_ENOTDB },
    { "foreign/other_app.sqlite", KVAULT_ENOTVAULT },
    { "foreign/sqlite_no_tables.db", KVAULT_ENOTVAULT },
    { "foreign/zero_bytes.db", KVAULT_ENOTVAULT },
    { "foreign/really_a_jpeg.db", KVAULT_ENOTDB },
    { "foreign/text_file.db", KVAULT_ENOTDB },
  };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    for (size_t access = 0; access < 2; access++)
      {
        char *path = kvtest_fixture (files[i].file);
        KvSnapshot *before = kvtest_snapshot (kvtest_folder ());

        assert_refused (path, accesses[access], files[i].code);
        assert_unchanged (before);
      }
}

/* Creation makes a vault out of nothing, not out of other people's files. */
static void
creation_spares_other_files (void)
{
  static const char *const files[] = { "damaged/truncated_half.db", "foreign/really_a_jpeg.db",
                                       "foreign/text_file.db" };

  for (size_t i = 0; i < KVTEST_N (files); i++)
    {
      char *path = kvtest_fixture (files[i]);
      KvSnapshot *before = kvtest_snapshot (kvtest_folder ());
      kvault *vault;

      assert_true (kvault_open (path, &(kvault_options) { .access = KVAULT_ACCESS_CREATE },
                                &vault, NULL) != KVAULT_OK);
      assert_refused (path, KVAULT_ACCESS_CREATE_NEW, KVAULT_EEXIST);
      assert_unchanged (before);
    }
}

static void
tells_encrypted_files (void)
{
  char *path = kvtest_path ("secret.db");
  uint8_t bytes[16384];
  KvSnapshot *before;

  kvtest_fill (bytes, sizeof bytes, 1);
  kvtest_write_file (path, bytes, sizeof bytes);
  before = kvtest_snapshot (kvtest_folder ());
  assert_refused (path, KVAULT_ACCESS_VIEW, KVAULT_EENCRYPTED);
  assert_refused (path, KVAULT_ACCESS_WRITE, KVAULT_EENCRYPTED);
  assert_unchanged (before);

  kvtest_write_file (path, bytes, 10001); /* no whole pages: just something else */
  assert_refused (path, KVAULT_ACCESS_VIEW, KVAULT_ENOTDB);
  memset (bytes, 'x', sizeof bytes);
  kvtest_write_file (path, bytes, sizeof bytes);
  assert_refused (path, KVAULT_ACCESS_VIEW, KVAULT_ENOTDB);
}

static void
makes_no_file_at_a_mistyped_path (void)
{
  KvSnapshot *before = kvtest_snapshot (kvtest_folder ());

  assert_refused (kvtest_path ("no.db"), KVAULT_ACCESS_WRITE, KVAULT_ENOENT);
  assert_refused (kvtest_path ("no.db"), KVAULT_ACCESS_VIEW, KVAULT_ENOENT);
  assert_refused (kvtest_path ("no/no.db"), KVAULT_ACCESS_VIEW, KVAULT_ENOENT);
  assert_refused (kvtest_path ("no/no.db"), KVAULT_ACCESS_CREATE, KVAULT_ENOENT);
  assert_unchanged (before);
}

static void
refuses_what_is_no_file (void)
{
  char *folder = kvtest_path ("folder.db"), *pipe = kvtest_path ("pipe.db");
  char *inside = kvtest_format ("%s/x", kvtest_fixture ("v010_odd_keys.db"));
  KvSnapshot *before;

  kvtest_make_folder (folder);
  assert_int (mkfifo (pipe, 0644), ==, 0);
  before = kvtest_snapshot (kvtest_folder ());
  for (size_t i = 0; i < 3; i++) /* no waiting for the pipe's other end */
    {
      assert_refused (folder, accesses[i], KVAULT_ENOTFILE);
      assert_refused (pipe, accesses[i], KVAULT_ENOTFILE);
      assert_refused ("/dev/null", accesses[i], KVAULT_ENOTFILE);
    }
  assert_refused (inside, KVAULT_ACCESS_VIEW, KVAULT_ENOENT);
  assert_unchanged (before);
}

static void
open_without_rights (void *path)
{
  assert_refused (path, KVAULT_ACCESS_VIEW, KVAULT_EPERM);
  assert_refused (path, KVAULT_ACCESS_WRITE, KVAULT_EPERM);
  assert_refused (kvtest_path ("locked/inside.db"), KVAULT_ACCESS_VIEW, KVAULT_EPERM);
}

static void
tells_files_it_may_not_read (void)
{
  char *path = kvtest_fixture ("v010_odd_keys.db");
  KvSnapshot *before;

  kvtest_make_folder (kvtest_path ("locked"));
  kvtest_fixture_in (kvtest_path ("locked"), "v086_two_tables.db");
  assert_int (chmod (path, 0), ==, 0);
  assert_int (chmod (kvtest_path ("locked"), 0700), ==, 0);
  before = kvtest_snapshot (kvtest_folder ());
  kvtest_as_nobody (open_without_rights, path);
  assert_unchanged (before);
}

static void
write_without_rights (void *path)
{
  assert_refused (path, KVAULT_ACCESS_WRITE, KVAULT_EREADONLY);
  assert_refused (kvtest_path ("new.db"), KVAULT_ACCESS_CREATE, KVAULT_EREADONLY);
}

static void
tells_files_it_may_not_write (void)
{
  char *path = kvtest_fixture ("v010_odd_keys.db");
  KvSnapshot *before = kvtest_snapshot (kvtest_folder ());
  kvault_error error;
  kvault *vault;

  kvtest_as_nobody (write_without_rights, path);
  assert_unchanged (before);
  assert_ok (NULL, kvault_open (path, NULL, &vault, &error));
  kvault_close (vault);
}

/* ---- Options ---- */

static void
checks_every_option (void)
{
  static const kvault_options wrong[] = {
    { .access = (kvault_access) 5 }, { .access = (kvault_access) -1 },
    { .durability = (kvault_durability) 2 }, { .busy_timeout_ms = 3600001 },
    { .page_size = 256 }, { .page_size = 513 }, { .page_size = 131072 }, { .page_size = 1 },
    { .page_cache_kib = 63 }, { .page_cache_kib = 4194305 },
    { .chunk_size = 4095 }, { .chunk_size = 67108865 },
  };
  static const kvault_options right[] = {
    { .busy_timeout_ms = 3600000 }, { .busy_timeout_ms = 1 },
    { .busy_timeout_ms = KVAULT_BUSY_NOWAIT }, { .page_size = 512 }, { .page_size = 65536 },
    { .page_cache_kib = 64 }, { .page_cache_kib = 4194304 }, { .chunk_size = 4096 },
    { .chunk_size = 67108864 }, { .durability = KVAULT_DURABILITY_FULL }, { .secure_delete = 1 },
    { .rollback_journal = 1 }, { .table = "kv" },
  };
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault_error error;
  kvault *vault;

  for (size_t i = 0; i < KVTEST_N (wrong); i++)
    {
      vault = (kvault *) path;
      assert_result (NULL, kvault_open (path, &wrong[i], &vault, &error), KVAULT_EINVAL);
      assert_true (vault == NULL);
      assert_true (error.message[0] != '\0');
    }
  for (size_t i = 0; i < KVTEST_N (right); i++)
    {
      assert_ok (NULL, kvault_open (path, &right[i], &vault, &error));
      assert_ok (vault, kvault_put (vault, "k", 1, &i, sizeof i));
      assert_value (vault, "k", 1, &i, sizeof i);
      kvault_close (vault);
    }
}

static void
takes_no_location (void)
{
  kvault *vault = (kvault *) "";

  assert_result (NULL, kvault_open (NULL, NULL, &vault, NULL), KVAULT_EINVAL);
  assert_true (vault == NULL);
  assert_true (kvault_open ("", NULL, &vault, NULL) != KVAULT_OK); /* no temporary database */
}

/* "file:x?mode=memory" and ":memory:" are names like any other. */
static void
takes_locations_as_they_are (void)
{
  static const char *const names[] = { "file:a.db?mode=memory", ":memory:", "a%20b?c#d.db",
                                       "-x.db", "\xff\xfe.db" };
  kvault_options options = { .access = KVAULT_ACCESS_CREATE_NEW };
  kvault *vault;

  assert_int (chdir (kvtest_folder ()), ==, 0);
  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      assert_ok (NULL, kvault_open (names[i], &options, &vault, NULL));
      assert_str (kvault_location (vault), names[i]);
      assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
      kvault_close (vault);
      assert_int (kvtest_file_size (kvtest_path (names[i])), >, 0);
    }
}

static void
opens_through_links (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db"), *link = kvtest_path ("link.db");
  kvault *vault;

  kvtest_make_folder (kvtest_path ("deep"));
  assert_int (symlink (path, link), ==, 0);
  vault = kvtest_open (link, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_value (vault, "k", 1, "v", 1);
  kvault_close (vault);
  assert_int (symlink (kvtest_path ("nowhere"), kvtest_path ("dangling.db")), ==, 0);
  assert_refused (kvtest_path ("dangling.db"), KVAULT_ACCESS_VIEW, KVAULT_ENOENT);
  assert_true (!kvtest_exists (kvtest_path ("nowhere")));
}

static void
copies_its_location_and_table (void)
{
  char *path = strdup (kvtest_fixture ("v086_two_tables.db")), *table = strdup ("thumbs");
  kvault_options options = { .table = table };
  kvault *vault;

  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  memset (table, 'x', 6);
  memset (path, 'x', 6);
  free (path);
  free (table);
  assert_str (kvault_table (vault), "thumbs");
  assert_contains (kvault_location (vault), "v086_two_tables.db");
  kvault_close (vault);
}

static void
creates_only_when_new (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  KvSnapshot *before = kvtest_snapshot (kvtest_folder ());

  assert_refused (path, KVAULT_ACCESS_CREATE_NEW, KVAULT_EEXIST);
  assert_unchanged (before);
  kvault_close (kvtest_open (path, KVAULT_ACCESS_CREATE));
  assert_unchanged (before); /* opening alone changes nothing */
  kvault_close (kvtest_open (path, KVAULT_ACCESS_WRITE));
  assert_unchanged (before);
}

static void
tells_whether_it_can_write (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);

  assert_true (!kvault_is_readonly (vault));
  assert_true (kvault_readonly_reason (vault) == NULL);
  assert_true (!kvault_is_damaged (vault));
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_true (kvault_is_readonly (vault));
  assert_contains (kvault_readonly_reason (vault), "opened for viewing");
  kvault_close (vault);
}

static unsigned
count_descriptors (void)
{
  DIR *folder = opendir ("/proc/self/fd");
  unsigned n = 0;

  while (readdir (folder) != NULL)
    n++;
  closedir (folder);
  return n;
}

static void
leaks_no_descriptor (void)
{
  char *good = kvtest_fixture ("v010_odd_keys.db"), *hot = kvtest_fixture ("hot/v010_hot_wal.db");
  char *bad = kvtest_fixture ("damaged/truncated_half.db");
  unsigned before = 0;

  for (unsigned i = 0; i < 50; i++)
    {
      kvault_close (kvtest_open (good, accesses[i % 3]));
      kvault_close (kvtest_open (hot, KVAULT_ACCESS_VIEW));
      assert_refused (bad, accesses[i % 2], KVAULT_ECORRUPT);
      if (i == 0)
        before = count_descriptors ();
    }
  assert_int (count_descriptors (), ==, before);
}

/* ---- Waiting for others ---- */

typedef struct {
  const char *path, *mode;
  double seconds;  /* how long the lock is held; 0: until told */
} Lock;

static void
hold_lock (KvChild *self,
           void    *data)
{
  const Lock *lock = data;

  kvtest_await (self);
  kvtest_hold_lock (lock->path, lock->mode);
  kvtest_step (self);
  if (lock->seconds > 0)
    kvtest_sleep (lock->seconds);
  else
    kvtest_await (self);
  kvtest_release_lock ();
}

/* Seconds until a put says busy. A loaded machine may take longer, but not each of many times. */
static double
shortest_wait (kvault *vault,
               double  limit)
{
  double shortest = 1e300;

  for (int i = 0; i < 50 && shortest >= limit; i++)
    {
      double start = kvtest_now (), waited;

      assert_result (vault, kvault_put (vault, "k", 1, "new", 3), KVAULT_EBUSY);
      waited = kvtest_now () - start;
      shortest = waited < shortest ? waited : shortest;
    }
  return shortest;
}

static void
reports_busy_in_time (void)
{
  Lock lock = { kvtest_fixture ("v086_two_tables.db"), "IMMEDIATE", 0 };
  KvChild *child = kvtest_spawn (hold_lock, &lock);
  kvault *patient = kvtest_open_waiting (lock.path, 400);
  kvault *hasty = kvtest_open_waiting (lock.path, KVAULT_BUSY_NOWAIT);
  double waited;

  assert_ok (patient, kvault_put (patient, "k", 1, "old", 3));
  kvtest_step (child);
  kvtest_await (child);

  waited = shortest_wait (patient, 3);
  printf ("# 400 ms: %.0f ms\n", waited * 1000);
  assert_true (waited > 0.35 && waited < 3);
  assert_result (patient, kvault_delete (patient, "k", 1), KVAULT_EBUSY);
  assert_result (patient, kvault_rename (patient, "k", 1, "l", 1, 0), KVAULT_EBUSY);
  assert_value (patient, "k", 1, "old", 3); /* reading goes on */

  waited = shortest_wait (hasty, 0.2);
  printf ("# at once: %.1f ms\n", waited * 1000);
  assert_true (waited < 0.2);
  assert_value (hasty, "k", 1, "old", 3);

  kvtest_release (child);
  assert_ok (hasty, kvault_put (hasty, "k", 1, "new", 3));
  assert_ok (patient, kvault_delete (patient, "k", 1));
  kvault_close (patient);
  kvault_close (hasty);
}

static void
waits_out_a_short_lock (void)
{
  Lock lock = { kvtest_fixture ("v086_two_tables.db"), "IMMEDIATE", 0.5 };
  KvChild *child = kvtest_spawn (hold_lock, &lock);
  kvault *vault = kvtest_open_waiting (lock.path, 20000);

  kvtest_step (child);
  kvtest_await (child);
  assert_ok (vault, kvault_put (vault, "k", 1, "new", 3));
  assert_value (vault, "k", 1, "new", 3);
  kvault_close (vault);
  kvtest_join (child);
}

static void
waits_where_readers_are_locked_out (void)
{
  char *path = kvtest_path ("a.db");
  Lock lock = { path, "EXCLUSIVE", 0 };
  KvChild *child = kvtest_spawn (hold_lock, &lock);
  kvault_options options = { .busy_timeout_ms = 200 };
  kvault *vault, *late = NULL;
  uint64_t count;

  kvtest_sql (path, "PRAGMA journal_mode=DELETE;" KVTEST_V2 ("kv"));
  vault = kvtest_open_waiting (path, 200);
  kvtest_step (child);
  kvtest_await (child);
  assert_result (vault, kvault_exists (vault, "k", 1), KVAULT_EBUSY);
  assert_result (vault, kvault_count (vault, &count), KVAULT_EBUSY);
  assert_result (NULL, kvault_open (path, &options, &late, NULL), KVAULT_EBUSY);
  assert_true (late == NULL);
  kvtest_release (child);
  assert_result (vault, kvault_exists (vault, "k", 1), KVAULT_NOTFOUND);
  kvault_close (vault);
}

/* locking_mode=EXCLUSIVE: somebody keeps the file to himself. */
static void
keep_to_oneself (KvChild *self,
                 void    *path)
{
  kvtest_await (self);
  kvtest_hold_lock (path, "IMMEDIATE; COMMIT; PRAGMA locking_mode=EXCLUSIVE; CREATE TABLE x(y); "
                          "DROP TABLE x; BEGIN IMMEDIATE");
  kvtest_step (self);
  kvtest_await (self);
  kvtest_release_lock ();
}

static void
tells_files_kept_by_others (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  KvChild *child = kvtest_spawn (keep_to_oneself, path);
  kvault_options options = { .busy_timeout_ms = 200 };
  kvault_error error;
  kvault *vault;

  kvtest_step (child);
  kvtest_await (child);
  for (size_t i = 0; i < 3; i++)
    {
      options.access = accesses[i];
      assert_result (NULL, kvault_open (path, &options, &vault, &error), KVAULT_EBUSY);
      assert_contains (error.message, "v086_two_tables.db");
    }
  kvtest_release (child);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  kvtest_assert_fixture (vault, "v086_two_tables.db");
  kvault_close (vault);
}

typedef struct {
  kvault *vault;
  double pause;
  atomic_bool over;
  double at;          /* when it was done last */
} Interruption;

/* Again and again: one that comes before the call it is meant for is none. */
static void *
interrupt_until_over (void *data)
{
  Interruption *self = data;

  while (!atomic_load (&self->over))
    {
      kvtest_sleep (self->pause);
      self->at = kvtest_now ();
      kvault_interrupt (self->vault);
    }
  return NULL;
}

static void
waiting_can_be_ended (void)
{
  Lock lock = { kvtest_fixture ("v086_two_tables.db"), "IMMEDIATE", 0 };
  KvChild *child = kvtest_spawn (hold_lock, &lock);
  int left = INT32_MAX;
  kvault_options options = { .busy_timeout_ms = 3600000, .is_cancelled = kvtest_cancel_at_zero,
                             .is_cancelled_data = &left };
  Interruption interruption = { .pause = 0.05 };
  pthread_t thread;
  kvault *vault;

  assert_ok (NULL, kvault_open (lock.path, &options, &vault, NULL));
  kvault_interrupt (vault); /* nothing runs: nothing happens */
  assert_ok (vault, kvault_put (vault, "k", 1, "old", 3));
  kvtest_step (child);
  kvtest_await (child);

  interruption.vault = vault;
  pthread_create (&thread, NULL, interrupt_until_over, &interruption);
  assert_result (vault, kvault_put (vault, "k", 1, "new", 3), KVAULT_ECANCELLED);
  atomic_store (&interruption.over, true);
  pthread_join (thread, NULL);

  left = 20;
  assert_result (vault, kvault_put (vault, "k", 1, "new", 3), KVAULT_ECANCELLED);
  left = INT32_MAX;
  assert_value (vault, "k", 1, "old", 3);

  kvtest_release (child);
  assert_ok (vault, kvault_put (vault, "k", 1, "new", 3));
  kvault_close (vault);
}

/* ---- Threads ---- */

typedef struct {
  char *path;
  unsigned number;
} Worker;

static void *
work (void *data)
{
  Worker *self = data;
  kvault *vault = kvtest_open_waiting (self->path, 60000);

  for (unsigned i = 0; i < 100; i++)
    {
      unsigned key[] = { self->number, i };
      uint64_t count;

      assert_ok (vault, kvault_put (vault, key, sizeof key, key, sizeof key));
      assert_value (vault, key, sizeof key, key, sizeof key);
      if (i % 10 == 0)
        assert_ok (vault, kvault_count (vault, &count));
      if (i % 3 == 0)
        assert_ok (vault, kvault_delete (vault, key, sizeof key));
    }
  kvault_close (vault);
  return NULL;
}

static void
threads_share_a_file (void)
{
  for (unsigned journal = 0; journal < 2; journal++)
    {
      char *path = kvtest_path (journal ? "wal.db" : "delete.db");
      Worker workers[4];
      pthread_t threads[4];
      kvault *vault;
      uint64_t count;

      kvtest_sql (path, "PRAGMA journal_mode=%s;" KVTEST_V2 ("kv"), journal ? "WAL" : "DELETE");
      for (unsigned i = 0; i < 4; i++)
        {
          workers[i] = (Worker) { path, i };
          assert_int (pthread_create (&threads[i], NULL, work, &workers[i]), ==, 0);
        }
      for (unsigned i = 0; i < 4; i++)
        pthread_join (threads[i], NULL);
      vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
      assert_ok (vault, kvault_count (vault, &count));
      assert_int (count, ==, 4 * 66);
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
    }
}

/* POSIX drops all locks of a process on a file with any descriptor of it that is closed: opening the
 * file again, whatever comes of it, must close none but SQLite's. */
static void
try_to_write (KvChild *self,
              void    *path)
{
  kvault_options options = { .busy_timeout_ms = KVAULT_BUSY_NOWAIT };
  kvault *vault;

  kvtest_await (self);
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_result (vault, kvault_put (vault, "k", 1, "new", 3), KVAULT_EBUSY);
  kvtest_step (self);
  kvtest_await (self);
  assert_ok (vault, kvault_put (vault, "k", 1, "new", 3));
  kvault_close (vault);
}

static void
keeps_its_locks_when_opened_again (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *child = kvtest_spawn (try_to_write, path);
  kvault_options wrong = { .table = "none" };
  const kvault_entry *entry;
  kvault_cursor *cursor;
  kvault_stats stats;
  uint64_t version;
  kvault *vault, *again;

  kvtest_sql (path, "PRAGMA journal_mode=DELETE;" KVTEST_V2 ("kv") "INSERT INTO kv VALUES "
                    "(x'01', x'02'), (x'03', x'04');");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_cursor_open (vault, NULL, &cursor));
  assert_ok (vault, kvault_cursor_next (cursor, &entry)); /* shared from here on */
  for (size_t i = 0; i < 3; i++)
    {
      again = kvtest_open (path, accesses[i]);
      assert_ok (again, kvault_stats_get (again, &stats));
      assert_ok (again, kvault_data_version (again, &version));
      assert_ok (again, kvault_exists (again, "\1", 1));
      kvault_close (again);
    }
  assert_refused (path, KVAULT_ACCESS_CREATE_NEW, KVAULT_EEXIST);
  assert_result (NULL, kvault_open (path, &wrong, &again, NULL), KVAULT_ENOENT);
  assert_ok (vault, kvault_stats_get (vault, &stats));
  kvtest_step (child);
  kvtest_await (child);
  kvault_cursor_close (cursor);
  kvtest_release (child);
  assert_value (vault, "k", 1, "new", 3);
  kvault_close (vault);
}

/* Eight processes make one vault at the same moment: each finds it whole. */
typedef struct {
  char *path;
  kvault_access access;
  unsigned number;
} Maker;

static void
make_together (KvChild *self,
               void    *data)
{
  Maker *maker = data;
  kvault_options options = { .access = maker->access, .busy_timeout_ms = 60000 };
  kvault_error error = { 0 };
  kvault *vault;
  int rc;

  kvtest_step (self);
  kvtest_await (self);
  rc = kvault_open (maker->path, &options, &vault, &error);
  if (maker->access == KVAULT_ACCESS_CREATE_NEW && rc == KVAULT_EEXIST)
    return;
  if (rc != KVAULT_OK)
    kvtest_fail (__FILE__, __LINE__, "%s: %s", kvault_result_name (rc), error.message);
  assert_ok (vault, kvault_put (vault, &maker->number, sizeof maker->number, "v", 1));
  kvault_close (vault);
}

static void
is_created_once_among_many (void)
{
  for (unsigned round = 0; round < 6; round++)
    {
      bool exclusive = round % 2;
      char *path = kvtest_path (kvtest_format ("%u.db", round));
      KvChild *children[8];
      uint64_t count;
      kvault *vault;

      for (unsigned i = 0; i < KVTEST_N (children); i++)
        {
          Maker *maker = malloc (sizeof *maker);

          *maker = (Maker) { path, exclusive ? KVAULT_ACCESS_CREATE_NEW : KVAULT_ACCESS_CREATE, i };
          children[i] = kvtest_spawn (make_together, maker);
          kvtest_await (children[i]);
          free (maker);
        }
      for (unsigned i = 0; i < KVTEST_N (children); i++)
        kvtest_step (children[i]);
      for (unsigned i = 0; i < KVTEST_N (children); i++)
        kvtest_join (children[i]);
      vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
      assert_ok (vault, kvault_count (vault, &count));
      assert_int (count, ==, exclusive ? 1 : KVTEST_N (children));
      kvault_close (vault);
      assert_int (kvtest_sql_int (path, "PRAGMA auto_vacuum"), ==, 2);
      assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), "wal");
      assert_str (kvtest_integrity (path), "ok");
      assert_alone (path);
    }
}

/* ---- Interrupting work ---- */

static int
count_all (kvault *vault)
{
  uint64_t count;

  return kvault_count (vault, &count);
}

static int
add_up (kvault *vault)
{
  kvault_totals_result totals;

  return kvault_totals (vault, NULL, 0, NULL, NULL, &totals);
}

static int
put_much (kvault *vault)
{
  static uint8_t value[34000000]; /* over what a rename moves in memory */

  return kvault_put (vault, "large", 5, value, sizeof value);
}

static int
get_much (kvault *vault)
{
  void *value;
  size_t size;
  int rc = kvault_get (vault, "large", 5, &value, &size);

  kvault_free (value);
  return rc;
}

static int
rename_much (kvault *vault)
{
  int rc = kvault_rename (vault, "large", 5, "larger", 6, 1);

  return rc == KVAULT_OK ? kvault_rename (vault, "larger", 6, "large", 5, 1) : rc;
}

/* At whatever moment it comes: the call ends soon, done or cancelled, and the file is whole. */
static void
interrupts_end_work_whole (void)
{
  static int (*const works[]) (kvault *vault) = { count_all, add_up, put_much, get_much,
                                                  rename_much };
  char *path = kvtest_path ("a.db");
  double longest[KVTEST_N (works)] = { 0 };
  unsigned cancelled = 0;
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv")
                    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
                    "WHERE i < 199999) INSERT INTO kv SELECT CAST(printf('%%08d', i) AS BLOB), "
                    "zeroblob(10) FROM n;");
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_int (put_much (vault), ==, KVAULT_OK);
  for (unsigned i = 0; i < 40; i++)
    {
      Interruption interruption = { .vault = vault, .pause = 0.0004 * (i % 12) * (i % 12) };
      double end;
      pthread_t thread;
      uint64_t count;
      int rc;

      assert_int (pthread_create (&thread, NULL, interrupt_until_over, &interruption), ==, 0);
      rc = works[i % KVTEST_N (works)] (vault);
      end = kvtest_now ();
      atomic_store (&interruption.over, true);
      pthread_join (thread, NULL);
      if (rc == KVAULT_ECANCELLED && end - interruption.at > longest[i % KVTEST_N (works)])
        longest[i % KVTEST_N (works)] = end - interruption.at;
      if (rc != KVAULT_OK)
        assert_result (vault, rc, KVAULT_ECANCELLED);
      cancelled += rc == KVAULT_ECANCELLED;
      assert_ok (vault, kvault_count (vault, &count));
      assert_int (count, ==, 200001);
      if (kvault_exists (vault, "large", 5) == KVAULT_NOTFOUND) /* between the two renames */
        assert_ok (vault, kvault_rename (vault, "larger", 6, "large", 5, 0));
    }
  printf ("# %u of 40 cancelled; ended at most so many ms after the interrupt: count %.0f, totals "
          "%.0f, put %.0f, get %.0f, rename %.0f\n", cancelled, longest[0] * 1000,
          longest[1] * 1000, longest[2] * 1000, longest[3] * 1000, longest[4] * 1000);
  assert_int (cancelled, >, 0);
  kvault_close (vault);
  assert_str (kvtest_integrity (path), "ok");
}

/* ---- Files that move away ---- */

typedef void (*Mover) (const char *path);

static void
rename_away (const char *path)
{
  assert_int (rename (path, kvtest_path ("away.db")), ==, 0);
}

static void
delete_it (const char *path)
{
  assert_int (link (path, kvtest_path ("away.db")), ==, 0); /* to see what is written to it */
  assert_int (unlink (path), ==, 0);
}

static void
replace_it (const char *path)
{
  char *other = kvtest_path ("other");

  assert_int (link (path, kvtest_path ("away.db")), ==, 0);
  kvtest_make_folder (other);
  assert_int (rename (kvtest_fixture_in (other, "v010_media.db"), path), ==, 0);
}

static void
never_writes_to_a_moved_file (Mover         move,
                              kvault_access access)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault *vault = kvtest_open (path, access);
  kvault_writer *writer = NULL;
  KvSnapshot *before;
  uint64_t version;

  assert_ok (vault, kvault_data_version (vault, &version));
  if (access == KVAULT_ACCESS_WRITE)
    {
      assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
      assert_ok (vault, kvault_writer_open (vault, "k", 1, 3, &writer));
      assert_ok (vault, kvault_writer_write (writer, "new", 3));
    }
  move (path);
  before = kvtest_snapshot (kvtest_folder ());
  if (access == KVAULT_ACCESS_WRITE)
    {
      assert_result (vault, kvault_put (vault, "k", 1, "new", 3), KVAULT_EMOVED);
      assert_result (vault, kvault_delete (vault, "k", 1), KVAULT_EMOVED);
      assert_result (vault, kvault_rename (vault, "k", 1, "l", 1, 0), KVAULT_EMOVED);
      assert_result (vault, kvault_writer_commit (writer), KVAULT_EMOVED);
    }
  assert_result (vault, kvault_data_version (vault, &version), KVAULT_EMOVED);
  assert_unchanged (before);
  kvault_close (vault);
}

static void
notices_a_renamed_file (void)
{
  never_writes_to_a_moved_file (rename_away, KVAULT_ACCESS_WRITE);
}

static void
notices_a_deleted_file (void)
{
  never_writes_to_a_moved_file (delete_it, KVAULT_ACCESS_WRITE);
}

static void
notices_a_replaced_file (void)
{
  kvault *vault;

  never_writes_to_a_moved_file (replace_it, KVAULT_ACCESS_WRITE);
  vault = kvtest_open (kvtest_path ("v086_two_tables.db"), KVAULT_ACCESS_VIEW);
  kvtest_assert_fixture (vault, "v010_media.db");
  kvault_close (vault);
}

static void
views_notice_a_moved_file (void)
{
  never_writes_to_a_moved_file (rename_away, KVAULT_ACCESS_VIEW);
}

/* ---- Following others ---- */

static void
data_version_follows_others (void)
{
  char *path = kvtest_fixture ("v086_two_tables.db");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault *view = kvtest_open (path, KVAULT_ACCESS_VIEW);
  uint64_t first, second, own;

  assert_ok (view, kvault_data_version (view, &first));
  assert_ok (vault, kvault_data_version (vault, &own));
  assert_ok (view, kvault_data_version (view, &second));
  assert_int (first, ==, second);
  assert_ok (vault, kvault_put (vault, "k", 1, "v", 1));
  assert_ok (view, kvault_data_version (view, &second));
  assert_int (first, !=, second);
  assert_ok (vault, kvault_data_version (vault, &first));
  assert_int (first, ==, own); /* one's own commits do not count */
  kvault_close (view);
  kvault_close (vault);
}

static void
secure_delete_wipes (void)
{
  kvault_options options = { .access = KVAULT_ACCESS_CREATE_NEW,
                             .durability = KVAULT_DURABILITY_FULL, .secure_delete = 1 };
  char *path = kvtest_path ("a.db");
  uint8_t secret[5000], *file;
  kvault *vault;
  size_t size;

  memset (secret, 'S', sizeof secret);
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  assert_ok (vault, kvault_put (vault, "k", 1, secret, sizeof secret));
  assert_ok (vault, kvault_delete (vault, "k", 1));
  kvault_close (vault);
  file = kvtest_read_file (path, &size);
  assert_true (memmem (file, size, secret, 100) == NULL); /* wiped */
}

static const KvTest tests[] = {
  { "/kvault/vault/gives-back-every-fixture", gives_back_every_fixture },
  { "/kvault/vault/opens-an-empty-vault", opens_an_empty_vault },
  { "/kvault/vault/refuses-damaged-and-foreign-files", refuses_damaged_and_foreign_files },
  { "/kvault/vault/creation-spares-other-files", creation_spares_other_files },
  { "/kvault/vault/tells-encrypted-files", tells_encrypted_files },
  { "/kvault/vault/makes-no-file-at-a-mistyped-path", makes_no_file_at_a_mistyped_path },
  { "/kvault/vault/refuses-what-is-no-file", refuses_what_is_no_file },
  { "/kvault/vault/tells-files-it-may-not-read", tells_files_it_may_not_read },
  { "/kvault/vault/tells-files-it-may-not-write", tells_files_it_may_not_write },
  { "/kvault/vault/checks-every-option", checks_every_option },
  { "/kvault/vault/takes-no-location", takes_no_location },
  { "/kvault/vault/takes-locations-as-they-are", takes_locations_as_they_are },
  { "/kvault/vault/opens-through-links", opens_through_links },
  { "/kvault/vault/copies-its-location-and-table", copies_its_location_and_table },
  { "/kvault/vault/creates-only-when-new", creates_only_when_new },
  { "/kvault/vault/tells-whether-it-can-write", tells_whether_it_can_write },
  { "/kvault/vault/leaks-no-descriptor", leaks_no_descriptor },
  { "/kvault/vault/reports-busy-in-time", reports_busy_in_time },
  { "/kvault/vault/waits-out-a-short-lock", waits_out_a_short_lock },
  { "/kvault/vault/waits-where-readers-are-locked-out", waits_where_readers_are_locked_out },
  { "/kvault/vault/tells-files-kept-by-others", tells_files_kept_by_others },
  { "/kvault/vault/waiting-can-be-ended", waiting_can_be_ended },
  { "/kvault/vault/threads-share-a-file", threads_share_a_file },
  { "/kvault/vault/keeps-its-locks-when-opened-again", keeps_its_locks_when_opened_again },
  { "/kvault/vault/is-created-once-among-many", is_created_once_among_many },
  { "/kvault/vault/interrupts-end-work-whole", interrupts_end_work_whole },
  { "/kvault/vault/notices-a-renamed-file", notices_a_renamed_file },
  { "/kvault/vault/notices-a-deleted-file", notices_a_deleted_file },
  { "/kvault/vault/notices-a-replaced-file", notices_a_replaced_file },
  { "/kvault/vault/views-notice-a-moved-file", views_notice_a_moved_file },
  { "/kvault/vault/data-version-follows-others", data_version_follows_others },
  { "/kvault/vault/secure-delete-wipes", secure_delete_wipes },
};

KVTEST_MAIN (tests)
