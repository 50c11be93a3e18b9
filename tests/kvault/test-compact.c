/* SPDX-License-Identifier: MIT */
/* Estimates, giving space back in steps, and compacting in place: compact.c. */
#include "kvtest.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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
        assert_int (result.verified, ==, KVAULT_VERIFIED_PAGES | KVAULT_VERIFIED_CONTENT);
        assert_int (result.before.main_size + result.before.log_size, ==, size);
        assert_int (result.after.main_size, ==, kvtest_file_size (path));
        assert_int (result.before.free_size, >, size / 3);
        assert_int (result.after.free_size + result.after.log_size, ==, 0);
        assert_int (result.before.keys, ==, N_KEYS / 2);
        assert_int (result.after.keys, ==, N_KEYS / 2);
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

typedef struct {
  const char *path;
  const char *sql;     /* that another connection does meanwhile; NULL: it is cancelled */
  kvault_step step;    /* in which; NONE: when pages are checked */
} Meddler;

/* Between what was looked at before and what is looked at afterwards. */
static int
meddle (const kvault_progress *progress, void *data)
{
  Meddler *self = data;

  if (progress->step != (self->step != KVAULT_STEP_NONE ? self->step : KVAULT_STEP_CHECK) || self->path == NULL)
    return 0;
  if (self->sql != NULL)
    kvtest_sql (self->path, "%s", self->sql);
  self->path = NULL;
  return self->sql == NULL;
}

static kvault_vacuum_result
compact_in_place_with (Meddler *meddler, int expected)
{
  char *path = make_half_empty (kvtest_format ("%d%d.db", meddler->sql != NULL, (int) meddler->step), KVAULT_SECTION_V2, 0, "wal");
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE, .progress = meddle, .progress_data = meddler };
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_vacuum_result result;

  meddler->path = path;
  assert_result (vault, kvault_vacuum (vault, &options, &result), expected);
  assert_int (result.done, ==, 1);
  assert_int (result.after.main_size, ==, kvtest_file_size (path));
  assert_int (result.after.main_size, <, result.before.main_size * 6 / 10);
  if (meddler->sql == NULL)
    assert_int (result.after.log_size + result.after.free_size, ==, 0);
  assert_int (result.log_in_use, ==, 0);
  kvault_close (vault);
  assert_str (kvtest_integrity (path), "ok");
  return result;
}

/* Only that is told as verified which was. */
static void
says_what_it_verified_in_place (void)
{
  Meddler writer = { .sql = "DELETE FROM kv WHERE rowid = 2" }, canceller = { 0 }, late = { .step = KVAULT_STEP_COMPARE };
  kvault_vacuum_result result = compact_in_place_with (&writer, KVAULT_OK);

  assert_int (result.verified, ==, KVAULT_VERIFIED_PAGES);
  assert_int (result.verify_cancelled, ==, 0);
  assert_int (result.before.keys, ==, N_KEYS / 2);
  assert_int (result.after.keys, ==, N_KEYS / 2 - 1);
  result = compact_in_place_with (&canceller, KVAULT_OK);
  assert_int (result.verified, ==, 0);
  assert_int (result.verify_cancelled, ==, 1);
  assert_true (result.after.keys == KVAULT_SIZE_UNKNOWN);
  result = compact_in_place_with (&late, KVAULT_OK);
  assert_int (result.verified, ==, KVAULT_VERIFIED_PAGES);
  assert_int (result.verify_cancelled, ==, 1);
}

/* SQLite has committed by then: the log is moved all the same. */
static void
is_done_when_cancelled_in_its_second_half (void)
{
  Meddler canceller = { .step = KVAULT_STEP_WRITE_BACK };
  kvault_vacuum_result result = compact_in_place_with (&canceller, KVAULT_OK);

  assert_int (result.verified, ==, 0);
}

/* As a disk would that does not keep what it is given: all but the first pages of what is in the log. */
static void
garble_log (const char *path)
{
  const off_t head = 32, frame_head = 24, page = 4096;
  const char *log = kvtest_format ("%s-wal", path);
  FILE *file = fopen (log, "r+");
  unsigned char number[4];

  assert_true (file != NULL);
  for (off_t at = head; at + frame_head + page <= (off_t) kvtest_file_size (log); at += frame_head + page)
    {
      assert_true (fseeko (file, at, SEEK_SET) == 0 && fread (number, 4, 1, file) == 1);
      assert_true (fseeko (file, at + frame_head, SEEK_SET) == 0);
      for (int i = 0; (number[0] | number[1] | number[2] || number[3] > 2) && i < 100; i++)
        fputc (0xa5, file);
    }
  fclose (file);
}

typedef struct {
  const char *path;
  const char *sql;       /* that somebody else does besides, or NULL */
  uint64_t main_size;    /* when it was garbled */
} Garbler;

static int
garble (const kvault_progress *progress, void *data)
{
  Garbler *self = data;

  if (progress->step != KVAULT_STEP_CHECK || self->main_size > 0)
    return 0;
  self->main_size = kvtest_file_size (self->path);
  garble_log (self->path);
  if (self->sql != NULL)
    kvtest_sql (self->path, "%s", self->sql);
  return 0;
}

/* The old pages are kept until the new ones are compared: what is not equal does not stay. */
static void
takes_back_what_is_not_equal (void)
{
  for (int page_maps = 0; page_maps < 2; page_maps++)
    {
      char *path = make_half_empty (kvtest_format ("%d.db", page_maps), KVAULT_SECTION_V2, 0, "wal");
      char *before = content_of (path);
      uint64_t size = kvtest_file_size (path);
      Garbler garbler = { .path = path };
      kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE, .page_maps = page_maps, .progress = garble, .progress_data = &garbler };
      kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      kvault_vacuum_result result;
      kvault_stats stats;

      assert_result (vault, kvault_vacuum (vault, &options, &result), KVAULT_ECORRUPT);
      assert_contains (kvault_errmsg (vault), "as it was before");
      assert_int (garbler.main_size, ==, size);
      assert_int (result.done, ==, 0);
      assert_int (result.verified, ==, 0);
      assert_ok (vault, kvault_stats_get (vault, &stats));
      assert_int (stats.auto_vacuum, ==, 0);
      assert_ok (vault, kvault_put (vault, "new", 3, "x", 1));
      assert_ok (vault, kvault_delete (vault, "new", 3));
      options.progress = NULL;
      assert_ok (vault, kvault_vacuum (vault, &options, &result));
      assert_int (result.size_after, <, size * 6 / 10);
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
      assert_str (content_of (path), before);
    }
}

/* What is put back would take with it what others have written since: then it stays, and is told of. */
static void
takes_nothing_of_others_back (void)
{
  char *path = make_half_empty ("a.db", KVAULT_SECTION_V2, 0, "wal");
  Garbler garbler = { .path = path, .sql = "CREATE TABLE other(a)" };
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE, .progress = garble, .progress_data = &garbler };
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_vacuum_result result;

  assert_result (vault, kvault_vacuum (vault, &options, &result), KVAULT_ECORRUPT);
  assert_contains (kvault_errmsg (vault), "it is compacted, but damaged");
  assert_int (result.done, ==, 1);
  kvault_close (vault);
  assert_str (kvtest_sql_text (path, "SELECT count(*) FROM sqlite_schema WHERE name = 'other'"), "1");
}

/* ---- where there is little room to put it back ---- */

static void
leave_free (const char *folder, uint64_t bytes)
{
  char *filler = kvtest_format ("%s/filler", folder);
  struct statvfs fs;
  int fd;

  assert_int (statvfs (folder, &fs), ==, 0);
  fd = open (filler, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  assert_int (posix_fallocate (fd, 0, (off_t) ((uint64_t) fs.f_bavail * fs.f_frsize - bytes)), ==, 0);
  close (fd);
}

static void
garble_with_room (const char *folder, uint64_t room, bool kept)
{
  char *path = make_half_empty (kvtest_format ("%s/a.db", strrchr (folder, '/') + 1), KVAULT_SECTION_V2, 0, "wal");
  char *before = content_of (path), *alone = kvtest_path ("alone.db");
  uint64_t size = kvtest_file_size (path);
  Garbler garbler = { .path = path };
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE, .progress = garble, .progress_data = &garbler };
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_vacuum_estimate estimate;
  kvault_vacuum_result result;

  leave_free (folder, room);
  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  assert_int (estimate.possible, ==, KVAULT_OK);
  assert_int (estimate.keeps_old, ==, kept);
  assert_result (vault, kvault_vacuum (vault, &options, &result), KVAULT_ECORRUPT);
  assert_int (result.done, ==, !kept);
  assert_contains (kvault_errmsg (vault), kept ? "as it was before" : "could not be put back");
  if (!kept)
    assert_contains (kvault_errmsg (vault), "full");
  kvault_close (vault);
  assert_int (kvtest_file_size (path), ==, size);
  if (!kept)   /* with the pages that were there: nothing was moved over them */
    {
      uint8_t *bytes = kvtest_read_file (path, &(size_t) { 0 });

      kvtest_write_file (alone, bytes, size);
      kvtest_remove (kvtest_format ("%s-wal", path));
      path = alone;
    }
  assert_str (content_of (path), before);
  assert_str (kvtest_integrity (path), "ok");
}

static void
with_room_to_put_back (void *folder)
{
  garble_with_room (folder, 14 << 20, true);
}

static void
without_room_to_put_back (void *folder)
{
  garble_with_room (folder, 10 << 20, false);
}

/* The old pages would have to go behind the new ones in the log: 4 MB and 8. */
static void
promises_to_keep_only_what_could_come_back (void)
{
  char *folder = kvtest_path ("disk");

  kvtest_make_folder (folder);
  setenv ("SQLITE_TMPDIR", kvtest_folder (), 1);
  kvtest_on_small_disk (folder, 48 << 20, with_room_to_put_back, folder);
  kvtest_on_small_disk (folder, 48 << 20, without_room_to_put_back, folder);
  unsetenv ("SQLITE_TMPDIR");
}

/* ---- a disk that cannot read for once ---- */

static sqlite3_syscall_ptr real_pread;
static int unreadable;         /* the next reads of pages that fail */

static ssize_t
pread_but (int fd, void *to, size_t n, off_t at)
{
  char link[64], file[4096] = "";

  if (unreadable > 0 && n >= 4096)
    {
      snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
      if (readlink (link, file, sizeof file - 1) > 0 && strstr (file, "-wal") != NULL)
        {
          unreadable--;
          errno = EREMOTEIO;   /* EIO is damage to SQLite */
          return -1;
        }
    }
  return ((ssize_t (*) (int, void *, size_t, off_t)) real_pread) (fd, to, n, at);
}

static int
make_unreadable (const kvault_progress *progress, void *data)
{
  (void) data;
  if (progress->step == KVAULT_STEP_COMPARE)
    unreadable = 1;
  return 0;
}

/* What cannot be read is no better than what is not equal. */
static void
takes_back_what_cannot_be_read (void)
{
  char *path = make_half_empty ("a.db", KVAULT_SECTION_V2, 0, "wal"), *before = content_of (path);
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);
  uint64_t size = kvtest_file_size (path);
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE, .progress = make_unreadable };
  kvault_options small = KVAULT_OPTIONS_INIT;
  kvault *vault;
  const char *call = vfs->xGetSystemCall (vfs, "pread64") != NULL ? "pread64" : "pread";
  kvault_vacuum_result result;

  small.page_cache_kib = 64;   /* so that all is read again */
  assert_int (kvault_open (path, &small, &vault, NULL), ==, KVAULT_OK);
  real_pread = vfs->xGetSystemCall (vfs, call);
  vfs->xSetSystemCall (vfs, call, (sqlite3_syscall_ptr) pread_but);
  assert_result (vault, kvault_vacuum (vault, &options, &result), KVAULT_EIO);
  vfs->xSetSystemCall (vfs, call, NULL);
  assert_int (unreadable, ==, 0);
  assert_contains (kvault_errmsg (vault), "could not be read; it is as it was before");
  assert_int (result.done, ==, 0);
  kvault_close (vault);
  assert_int (kvtest_file_size (path), ==, size);
  assert_str (content_of (path), before);
  assert_str (kvtest_integrity (path), "ok");
}

static int
never_past_the_end (const kvault_progress *progress, void *data)
{
  uint64_t *last = data;

  if (progress->step == KVAULT_STEP_PLACE)
    return 0;
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

/* What is needed twice is needed on one disk, or on two. */
static void
says_which_disk_has_the_temporary_files (void)
{
  char *path = make_half_empty ("a.db", KVAULT_SECTION_V2, 0, "wal");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE };
  const char *const folders[] = { kvtest_folder (), "/dev/shm" };
  kvault_vacuum_estimate estimate;
  struct stat here, there;

  assert_int (stat (path, &here), ==, 0);
  for (int i = 0; i < 2; i++)
    {
      if (stat (folders[i], &there) != 0 || access (folders[i], W_OK | X_OK) != 0)
        continue;
      setenv ("SQLITE_TMPDIR", folders[i], 1);
      assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
      assert_int (estimate.disk_needed, ==, estimate.live_size);
      assert_int (estimate.temporary_needed, ==, estimate.live_size);
      assert_int (estimate.temporary_apart, ==, here.st_dev != there.st_dev);
    }
  unsetenv ("SQLITE_TMPDIR");
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
      assert_int (estimate.disk_enough, ==, 1);
      assert_int (estimate.keeps_old, ==, 1);
      assert_true (estimate.memory_free > estimate.memory_needed);
      assert_int (estimate.n_others, ==, 0);
    }
  options.way = KVAULT_VACUUM_AUTO;
  assert_ok (vault, kvault_vacuum (vault, &options, &result));
  assert_int (result.size_before, ==, estimate.file_size);
  assert_int (result.size_after, <, estimate.live_size * 11 / 10);
  assert_int (result.size_after, >, estimate.live_size * 8 / 10);
  assert_int (result.verified, ==, KVAULT_VERIFIED_PAGES | KVAULT_VERIFIED_CONTENT);
  assert_int (result.after.main_size + result.after.log_size, ==, result.size_after);
  assert_int (result.after.keys, ==, N_KEYS / 2);
  kvault_close (vault);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_vacuum_plan (vault, NULL, &estimate));
  assert_int (estimate.possible, ==, KVAULT_OK);   /* for who opens it for writing */
  assert_result (vault, kvault_vacuum (vault, NULL, NULL), KVAULT_EREADONLY);
  kvault_close (vault);
}

static uint64_t
time_on (kvault *vault, kvault_vacuum_way way, uint64_t write_rate, uint64_t read_rate)
{
  kvault_disk disk = { .write_rate = write_rate, .read_rate = read_rate };
  kvault_vacuum_options options = { .way = way, .disk = &disk };
  kvault_vacuum_estimate estimate;

  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  assert_int (estimate.duration_max_ms, ==, estimate.duration_ms);
  return estimate.duration_ms;
}

static void
the_time_follows_the_disk (void)
{
  kvault *vault = kvtest_open (make_half_empty ("a.db", KVAULT_SECTION_V2, 2, "wal"), KVAULT_ACCESS_WRITE);

  for (int way = KVAULT_VACUUM_SWAP; way <= KVAULT_VACUUM_IN_PLACE; way++)
    {
      kvault_vacuum_options options = { .way = (kvault_vacuum_way) way };
      kvault_vacuum_estimate estimate;
      uint64_t ms = time_on (vault, options.way, 1000000, 1000000);
      uint64_t on_slower = time_on (vault, options.way, 100000, 100000);

      assert_int (on_slower, >, ms * 9);
      assert_int (on_slower, <, ms * 11);
      assert_int (time_on (vault, options.way, 100000, 1000000), <, on_slower);   /* of both rates */
      assert_int (time_on (vault, options.way, 1000000, 100000), <, on_slower);
      assert_int (time_on (vault, options.way, 1000000, 100000), >, ms);
      assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
      assert_int (estimate.duration_max_ms, >, estimate.duration_ms * 4);           /* nobody knows the disk */
    }
  kvault_close (vault);
}

/* It writes; but nobody could tell afterwards, from the folder's times neither. */
static void
measuring_the_disk_leaves_nothing_behind (void)
{
  char *path = make_half_empty ("a.db", KVAULT_SECTION_V2, 0, "delete");
  KvSnapshot *snapshot = kvtest_snapshot (kvtest_folder ());
  struct stat before, after;
  kvault_disk disk;

  assert_int (stat (kvtest_folder (), &before), ==, 0);
  kvtest_sleep (.02);   /* a tick of the file system's clock */
  if (kvault_disk_measure (path, &disk))
    {
      assert_true (disk.write_rate > 100000);
      assert_true (disk.read_rate > 100000);
    }
  else
    assert_true (disk.write_rate == 0 && disk.read_rate == 0);
  assert_int (stat (kvtest_folder (), &after), ==, 0);
  assert_int (after.st_mtim.tv_sec, ==, before.st_mtim.tv_sec);
  assert_int (after.st_mtim.tv_nsec, ==, before.st_mtim.tv_nsec);
  assert_unchanged (snapshot);
  assert_int (kvault_disk_measure (kvtest_path ("no such folder/a.db"), &disk), ==, 0);
}

static void
beside_others (int auto_vacuum, kvault_vacuum_way way, int expected)
{
  char *path = make_half_empty (kvtest_format ("%d%d.db", auto_vacuum, (int) way), KVAULT_SECTION_V2, auto_vacuum, "wal");
  char *before = content_of (path);
  KvChild *reader = kvtest_spawn_holder (path, "BEGIN; SELECT count(*) FROM kv");
  kvault_vacuum_options options = { .way = way };
  kvault_vacuum_estimate estimate;
  kvault_vacuum_result result;
  kvault *vault;

  vault = kvtest_open_waiting (path, 200);
  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  assert_int (estimate.possible, ==, expected);
  assert_result (vault, kvault_vacuum (vault, &options, &result), expected);
  if (expected == KVAULT_OK)
    {
      assert_int (result.way, ==, auto_vacuum ? KVAULT_VACUUM_INCREMENTAL : KVAULT_VACUUM_IN_PLACE);
      assert_int (result.log_in_use, ==, 1);
      assert_int (estimate.way, ==, result.way);
    }
  kvtest_release (reader);
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

/* What the reader sees is behind the log's last pages: whatever would be written stays in the log. */
static void
promises_nothing_while_the_log_is_held (void)
{
  for (int auto_vacuum = 0; auto_vacuum <= 2; auto_vacuum += 2)
    {
      char *path = make_half_empty (kvtest_format ("%d.db", auto_vacuum), KVAULT_SECTION_V2, auto_vacuum, "wal");
      KvChild *reader = kvtest_spawn_holder (path, "BEGIN; SELECT count(*) FROM kv");
      kvault *vault = kvtest_open_waiting (path, 200);
      kvault_vacuum_estimate estimate;

      kvtest_sql (path, "INSERT INTO kv VALUES ('more', zeroblob (3000000)); DELETE FROM kv WHERE key = 'more'");
      for (int way = KVAULT_VACUUM_AUTO; way <= KVAULT_VACUUM_IN_PLACE; way++)
        {
          kvault_vacuum_options options = { .way = (kvault_vacuum_way) way };
          bool needs_maps = way == KVAULT_VACUUM_INCREMENTAL && auto_vacuum == 0;

          assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
          assert_int (estimate.log_held, ==, 1);
          assert_int (estimate.possible, ==, needs_maps ? KVAULT_EINVAL : KVAULT_EBUSY);
          if (way != KVAULT_VACUUM_SWAP && !needs_maps)
            {
              assert_int (estimate.freed, ==, 0);
              assert_true (strstr (estimate.reason, "log is needed") != NULL);
              assert_true (strstr (estimate.reason, "(process ") != NULL);
            }
        }
      kvtest_release (reader);
      assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
      assert_ok (vault, kvault_vacuum_plan (vault, NULL, &estimate));
      assert_int (estimate.log_held, ==, 0);
      assert_int (estimate.possible, ==, KVAULT_OK);
      assert_int (estimate.freed, >, 3000000);
      kvault_close (vault);
    }
}

static void
on_full_disk (void *folder)
{
  char *path = kvtest_format ("%s/a.db", (char *) folder);
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE };
  kvault_vacuum_estimate estimate;
  kvault_disk disk;
  char *before;
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES ('a', randomblob(5000000))");
  before = content_of (path);
  assert_int (kvault_disk_measure (path, &disk), ==, 0);   /* which is not made fuller for that */
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  assert_int (estimate.possible, ==, KVAULT_EFULL);
  assert_int (estimate.disk_enough, ==, 0);
  assert_result (vault, kvault_vacuum (vault, &options, NULL), KVAULT_EFULL);
  kvault_close (vault);
  assert_str (content_of (path), before);
  assert_alone (path);
}

static void
on_twin_disks (void *folders)
{
  char **both = folders;
  char *path = kvtest_format ("%s/a.db", both[0]), *twin = kvtest_format ("%s/twin", both[1]);
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE };
  kvault_vacuum_estimate estimate;
  kvault *vault;
  int fd;

  kvtest_sql (path, "PRAGMA journal_mode=DELETE; " KVTEST_V2 ("kv") "INSERT INTO kv VALUES ('a', randomblob(2000000))");
  setenv ("SQLITE_TMPDIR", both[1], 1);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  assert_int (estimate.temporary_apart, ==, 1);
  assert_int (estimate.possible, ==, KVAULT_OK);
  assert_int (estimate.keeps_old, ==, 0);
  fd = open (twin, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  assert_int (posix_fallocate (fd, 0, (off_t) kvtest_file_size (path)), ==, 0);
  close (fd);
  assert_ok (vault, kvault_vacuum_plan (vault, &options, &estimate));
  assert_int (estimate.disk_free, ==, estimate.temporary_free);
  assert_int (estimate.temporary_apart, ==, 0);
  kvault_close (vault);
}

static void
in_the_second (void *folders)
{
  kvtest_on_small_disk (((char **) folders)[1], 8 << 20, on_twin_disks, folders);
}

/* As subvolumes have them, which are devices apart. */
static void
takes_equal_room_for_one_disk (void)
{
  char *folders[] = { kvtest_path ("one"), kvtest_path ("two") };

  kvtest_make_folder (folders[0]);
  kvtest_make_folder (folders[1]);
  kvtest_on_small_disk (folders[0], 8 << 20, in_the_second, folders);
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
  { "/kvault/compact/says-what-it-verified-in-place", says_what_it_verified_in_place },
  { "/kvault/compact/is-done-when-cancelled-in-its-second-half", is_done_when_cancelled_in_its_second_half },
  { "/kvault/compact/takes-back-what-is-not-equal", takes_back_what_is_not_equal },
  { "/kvault/compact/takes-nothing-of-others-back", takes_nothing_of_others_back },
  { "/kvault/compact/promises-to-keep-only-what-could-come-back", promises_to_keep_only_what_could_come_back },
  { "/kvault/compact/takes-back-what-cannot-be-read", takes_back_what_cannot_be_read },
  { "/kvault/compact/gives-back-in-steps", gives_back_in_steps },
  { "/kvault/compact/steps-need-page-maps", steps_need_page_maps },
  { "/kvault/compact/says-beforehand-what-it-will-do", says_beforehand_what_it_will_do },
  { "/kvault/compact/says-which-disk-has-the-temporary-files", says_which_disk_has_the_temporary_files },
  { "/kvault/compact/takes-equal-room-for-one-disk", takes_equal_room_for_one_disk },
  { "/kvault/compact/the-time-follows-the-disk", the_time_follows_the_disk },
  { "/kvault/compact/measuring-the-disk-leaves-nothing-behind", measuring_the_disk_leaves_nothing_behind },
  { "/kvault/compact/chooses-what-can-be-done-beside-others", chooses_what_can_be_done_beside_others },
  { "/kvault/compact/promises-nothing-while-the-log-is-held", promises_nothing_while_the_log_is_held },
  { "/kvault/compact/looks-for-room-first", looks_for_room_first },
  { "/kvault/compact/survives-kills", survives_kills },
};

KVTEST_MAIN (tests)
