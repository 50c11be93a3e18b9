/* SPDX-License-Identifier: MIT */
/* Compacting into a new file that takes the name of the old one: swap.c. */
#include "kvtest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static const kvault_vacuum_options by_swap = { .way = KVAULT_VACUUM_SWAP };

/* Both shapes and more in one file, half of it deleted again. Others' keys: rows "k000" of kv. */
static char *
make_half_empty (const char *name, const char *journal)
{
  char *path = kvtest_path (name);

  kvtest_sql (path, "PRAGMA page_size=4096; PRAGMA journal_mode=%s;" KVTEST_V1 ("old") KVTEST_V2 ("kv")
              "CREATE TABLE other(x, y); CREATE VIRTUAL TABLE words USING fts5(a);"
              "INSERT INTO words VALUES ('some text'); INSERT INTO other VALUES (1, 'two'), (NULL, 4.5);"
              "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 599) "
              "INSERT INTO kv SELECT CAST(printf('k%%03d', i) AS BLOB), randomblob(abs(random() %% 9000)) FROM n;"
              "INSERT INTO old(key, value, size) SELECT key, value, length(value) FROM kv;"
              "INSERT INTO kv VALUES ('text', 17), (3, 'x'), (x'', x'');"
              "DELETE FROM kv WHERE key > x'6b' AND rowid %% 2; DELETE FROM old WHERE id %% 2", journal);
  return path;
}

/* A sum of all of the content. */
static char *
content_of (const char *path)
{
  static const char sql[] =
    "SELECT group_concat(x, char(10)) FROM (SELECT 'kv ' || quote(key) || quote(value) x FROM kv UNION ALL "
    "SELECT 'old ' || id || quote(key) || quote(value) || size FROM old UNION ALL "
    "SELECT 'other ' || quote(x) || quote(y) FROM other UNION ALL SELECT a FROM words WHERE words MATCH 'text' ORDER BY 1)";
  char *text = kvtest_sql_text (path, sql), sum[SHA256_HEX_SIZE];

  sha256_hex (text, strlen (text), sum);
  return kvtest_format ("%s", sum);
}

static void
assert_no_copy (const char *path)
{
  static const char *const ends[] = { "", "-lock", "-journal" };

  for (size_t i = 0; i < KVTEST_N (ends); i++)
    assert_true (!kvtest_exists (kvtest_format ("%.*s.%s.kvault-compact%s", (int) (strrchr (path, '/') + 1 - path), path,
                                                strrchr (path, '/') + 1, ends[i])));
}

static void
keeps_all_but_the_waste (const char *journal)
{
  char *path = make_half_empty (kvtest_format ("%s.db", journal), journal);
  char *before = content_of (path);
  uint64_t size = kvtest_file_size (path);
  kvault_vacuum_result result;
  struct stat st, now;
  kvault *vault;
  char attribute[16] = "";

  chmod (path, 0640);
  setxattr (path, "user.note", "kept", 4, 0);
  if (geteuid () == 0)
    assert_int (chown (path, 12, 34), ==, 0);
  stat (path, &st);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_put (vault, "new", 3, "put before", 10));
  assert_ok (vault, kvault_delete (vault, "new", 3));
  assert_ok (vault, kvault_vacuum (vault, &by_swap, &result));
  assert_int (result.way, ==, KVAULT_VACUUM_SWAP);
  assert_int (result.size_after, <, result.size_before * 2 / 3);
  assert_ok (vault, kvault_put (vault, "new", 3, "put after", 9));
  assert_value (vault, "new", 3, "put after", 9);
  assert_ok (vault, kvault_delete (vault, "new", 3));
  kvault_close (vault);

  assert_alone (path);
  assert_no_copy (path);
  stat (path, &now);
  assert_int (now.st_ino, !=, st.st_ino);
  assert_int (now.st_mode, ==, st.st_mode);
  assert_int (now.st_uid, ==, st.st_uid);
  assert_int (now.st_gid, ==, st.st_gid);
  if (getxattr (path, "user.note", attribute, sizeof attribute) >= 0)
    assert_str (attribute, "kept");
  assert_int (kvtest_file_size (path), <, size * 2 / 3);
  assert_str (content_of (path), before);
  assert_str (kvtest_integrity (path), "ok");
  assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), journal);
}

static void
keeps_everything (void)
{
  keeps_all_but_the_waste ("wal");
  keeps_all_but_the_waste ("delete");
}

static uint64_t
inode_now (uint64_t device,
           uint64_t inode,
           uint64_t since)
{
  uint64_t now;
  int swapped = kvault_inode_now (device, inode, since, &now);

  assert_true (swapped || now == inode);
  return now;
}

/* Whoever remembers the file by its inode is told the new one, once, though numbers are used again. */
static void
tells_the_new_inode (void)
{
  char *path = make_half_empty ("inodes.db", "wal");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  struct stat first, second, third;
  uint64_t n_first, n_second;

  n_first = kvault_swap_count ();
  stat (path, &first);
  assert_ok (vault, kvault_vacuum (vault, &by_swap, NULL));
  n_second = kvault_swap_count ();
  assert_int (n_second, ==, n_first + 1);
  stat (path, &second);
  assert_int (inode_now (first.st_dev, first.st_ino, n_first), ==, second.st_ino);
  assert_int (inode_now (first.st_dev, first.st_ino, n_second), ==, first.st_ino);
  assert_int (inode_now (first.st_dev + 1, first.st_ino, n_first), ==, first.st_ino);
  assert_ok (vault, kvault_vacuum (vault, &by_swap, NULL));
  stat (path, &third);
  assert_int (inode_now (first.st_dev, first.st_ino, n_first), ==, third.st_ino);
  assert_int (inode_now (second.st_dev, second.st_ino, n_second), ==, third.st_ino);
  assert_true (kvault_inode_now (first.st_dev, first.st_ino, n_first, &(uint64_t) { 0 }));   /* though it may be the same number */
  assert_true (!kvault_inode_now (third.st_dev, third.st_ino, kvault_swap_count (), &(uint64_t) { 0 }));
  kvault_close (vault);
}

typedef struct {
  const char *from, *to;
  int left;                  /* calls */
} Renaming;

static int
rename_cb (void *data)
{
  Renaming *renaming = data;

  if (renaming->left-- == 0)
    assert_int (rename (renaming->from, renaming->to), ==, 0);
  return 0;
}

/* Another file comes to the name while the copy is made and compared: it keeps the name, and its content. */
static void
spares_what_took_the_name (void)
{
  int n = 0;

  for (int left = 0;; left = 3 * left + 5)
    {
      char *path = make_half_empty ("named.db", "delete"), *other = make_half_empty ("newcomer.db", "delete"), *content = content_of (other);
      Renaming renaming = { other, path, left };
      kvault_options options = KVAULT_OPTIONS_INIT;
      struct stat st, now;
      kvault *vault;
      int rc;

      options.is_cancelled = rename_cb;
      options.is_cancelled_data = &renaming;
      options.busy_timeout_ms = KVAULT_BUSY_NOWAIT;
      assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
      renaming.left = left;
      stat (other, &st);
      rc = kvault_vacuum (vault, &by_swap, NULL);
      kvault_close (vault);
      if (renaming.left >= 0)   /* that was long enough */
        {
          assert_int (rc, ==, KVAULT_OK);
          break;
        }
      stat (path, &now);
      assert_int (now.st_ino, ==, st.st_ino);
      assert_str (content_of (path), content);
      assert_no_copy (path);
      assert_true (rc != KVAULT_OK);
      kvtest_remove (path);
      n++;
    }
  printf ("# at %d moments\n", n);
  assert_int (n, >, 3);
}

static void
turns_page_maps_on (void)
{
  char *path = make_half_empty ("a.db", "wal");
  char *before = content_of (path);
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_SWAP, .page_maps = 1 };
  kvault_stats stats;

  assert_ok (vault, kvault_vacuum (vault, &options, NULL));
  assert_ok (vault, kvault_stats_get (vault, &stats));
  assert_int (stats.auto_vacuum, ==, 2);
  assert_int (stats.reclaimable_size, ==, 0);
  kvault_close (vault);
  assert_str (content_of (path), before);
  assert_str (kvtest_integrity (path), "ok");
}

static int
never_past_the_end (const kvault_progress *progress, void *data)
{
  assert_true (progress->bytes <= progress->bytes_total);   /* which may be KVAULT_SIZE_UNKNOWN */
  return 0;
}

static void
a_cancel_leaves_no_trace (void)
{
  char *path = kvtest_path ("a.db");
  kvault_vacuum_options watched = { .way = KVAULT_VACUUM_SWAP, .progress = never_past_the_end };
  int left = INT32_MAX, n_cancelled = 0, rc = KVAULT_ECANCELLED;
  kvault_options options = { .is_cancelled = kvtest_cancel_at_zero, .is_cancelled_data = &left };
  KvSnapshot *snapshot;
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size=4096; PRAGMA journal_mode=delete;" KVTEST_V2 ("kv")
              "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) "
              "INSERT INTO kv SELECT CAST(printf('k%%03d', i) AS BLOB), randomblob(100000) FROM n");
  for (int n = 0; rc != KVAULT_OK; n = n * 3 / 2 + 1)
    {
      snapshot = kvtest_snapshot (kvtest_folder ());
      assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
      left = n;
      rc = kvault_vacuum (vault, &watched, NULL);
      left = INT32_MAX;
      assert_true (rc == KVAULT_ECANCELLED || rc == KVAULT_OK);
      if (rc == KVAULT_ECANCELLED)
        assert_contains (kvault_errmsg (vault), "cancelled");
      n_cancelled += rc == KVAULT_ECANCELLED;
      assert_ok (vault, kvault_exists (vault, "k099", 4));
      kvault_close (vault);
      if (rc == KVAULT_ECANCELLED)
        assert_unchanged (snapshot);
    }
  assert_int (n_cancelled, >, 8);
}

static void
in_the_way (void)
{
  char *path = make_half_empty ("a.db", "delete");
  char *before = content_of (path), *link_path = kvtest_path ("b.db");
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  kvault_vacuum_estimate estimate;

  assert_ok (vault, kvault_vacuum_plan (vault, &by_swap, &estimate));
  assert_int (estimate.possible, ==, KVAULT_EBUSY);
  assert_int (estimate.n_others, ==, 1);
  assert_contains (estimate.reason, "process");
  assert_result (vault, kvault_vacuum (vault, &by_swap, NULL), KVAULT_EBUSY);
  assert_contains (kvault_errmsg (vault), estimate.program);
  assert_no_copy (path);
  kvault_close (vault);

  assert_int (link (path, link_path), ==, 0);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_result (vault, kvault_vacuum (vault, &by_swap, NULL), KVAULT_EPERM);
  assert_contains (kvault_errmsg (vault), "hard links");
  kvault_close (vault);
  assert_str (content_of (path), before);
}

/* A connection that never read holds no lock at all: only a lease sees it. */
static void
tells_who_is_in_the_way (void)
{
  char *path = kvtest_path ("a.db");
  KvChild *other = kvtest_spawn_holder (path, NULL);

  in_the_way ();
  kvtest_release (other);
}

static void
fail_on_full_disk (void *folder)
{
  char *path = kvtest_format ("%s/a.db", (char *) folder);
  kvault *vault;
  KvSnapshot *snapshot;
  kvault_vacuum_estimate estimate;

  kvtest_sql (path, KVTEST_V2 ("kv") "INSERT INTO kv VALUES ('a', randomblob(5000000))");
  snapshot = kvtest_snapshot (folder);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_ok (vault, kvault_vacuum_plan (vault, &by_swap, &estimate));
  assert_int (estimate.possible, ==, KVAULT_EFULL);
  assert_result (vault, kvault_vacuum (vault, &by_swap, NULL), KVAULT_EFULL);
  kvault_close (vault);
  assert_unchanged (snapshot);
}

static int
fill_disk (const kvault_progress *progress, void *folder)
{
  char *path = kvtest_format ("%s/filler", (char *) folder);
  static const char zeros[65536];
  FILE *file;

  if (kvtest_exists (path))
    return 0;
  file = fopen (path, "w");
  setvbuf (file, NULL, _IONBF, 0);
  while (fwrite (zeros, sizeof zeros, 1, file) == 1)
    ;
  fclose (file);
  return 0;
}

/* The room that was there at first is gone when the work is half done. */
static void
fill_disk_meanwhile (void *folder)
{
  char *path = kvtest_format ("%s/a.db", (char *) folder), *filler = kvtest_format ("%s/filler", (char *) folder);
  kvault_vacuum_options options = { .progress = fill_disk, .progress_data = folder };
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19) "
              "INSERT INTO kv SELECT CAST(i AS BLOB), randomblob(1000000) FROM n; DELETE FROM kv WHERE rowid %% 2");
  for (int way = KVAULT_VACUUM_SWAP; way <= KVAULT_VACUUM_IN_PLACE; way += 2)
    {
      options.way = (kvault_vacuum_way) way;
      vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
      assert_result (vault, kvault_vacuum (vault, &options, NULL), KVAULT_EFULL);
      assert_ok (vault, kvault_exists (vault, "19", 2));
      kvtest_remove (filler);
      assert_ok (vault, kvault_put (vault, "still", 5, "there", 5));
      assert_ok (vault, kvault_delete (vault, "still", 5));
      kvault_close (vault);
      assert_str (kvtest_integrity (path), "ok");
      assert_alone (path);
      assert_no_copy (path);
    }
}

static void
survives_a_full_disk (void)
{
  char *folder = kvtest_path ("disk");

  kvtest_make_folder (folder);
  setenv ("SQLITE_TMPDIR", kvtest_folder (), 1);
  kvtest_on_small_disk (folder, 40 << 20, fill_disk_meanwhile, folder);
}

static void
looks_for_room_first (void)
{
  char *folder = kvtest_path ("disk");

  kvtest_make_folder (folder);
  kvtest_on_small_disk (folder, 8 << 20, fail_on_full_disk, folder);
}

static void
a_broken_file_is_not_compacted (void)
{
  char *path = kvtest_fixture ("damaged/table_leaf_wrecked.db");
  KvSnapshot *snapshot = kvtest_snapshot (kvtest_folder ());
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);

  assert_result (vault, kvault_vacuum (vault, &by_swap, NULL), KVAULT_ECORRUPT);
  kvault_close (vault);
  assert_unchanged (snapshot);
}

/* ---- kills ---- */

/* Of each kind. */
#define KILLS 6
#define KILLS_FULL 30

static void
compact_for_ever (KvChild *self, void *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);

  kvtest_step (self);
  for (;;)
    kvault_vacuum (vault, &by_swap, NULL);
}

static void
survives_kills (void)
{
  uint64_t seed = 7;

  for (int kind = 0; kind < 2; kind++)
    {
      const char *journal = kind ? "wal" : "delete";
      char *path = make_half_empty (kvtest_format ("%s.db", journal), journal);
      char *before = content_of (path);

      for (int i = 0; i < kvtest_times (KILLS, KILLS_FULL); i++)
        {
          KvChild *child = kvtest_spawn (compact_for_ever, path);
          struct stat st;

          kvtest_await (child);
          kvtest_sleep ((double) (kvtest_random (&seed) % 120) / 1000);
          kvtest_kill (child);
          assert_int (stat (path, &st), ==, 0);
          assert_str (content_of (path), before);
          assert_str (kvtest_integrity (path), "ok");
          assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), journal);
        }
      kvault_close (kvtest_open (path, KVAULT_ACCESS_WRITE));
      assert_no_copy (path);
    }
}

static void
sweeps_what_a_kill_left_only (void)
{
  char *path = make_half_empty ("a.db", "wal"), *copy = kvtest_path (".a.db.kvault-compact");
  int fd;

  kvtest_write_file (copy, "rest", 4);
  kvault_close (kvtest_open (path, KVAULT_ACCESS_VIEW));
  assert_true (kvtest_exists (copy));
  kvault_close (kvtest_open (path, KVAULT_ACCESS_WRITE));
  assert_true (!kvtest_exists (copy));

  kvtest_write_file (copy, "work", 4);
  fd = open (copy, O_RDWR | O_CLOEXEC);
  assert_int (fcntl (fd, F_GETFD), >=, 0);
  kvtest_sql (path, "SELECT 1");
  kvtest_remove (copy);
  assert_int (symlink (path, copy), ==, 0);
  kvault_close (kvtest_open (path, KVAULT_ACCESS_WRITE));
  assert_true (kvtest_exists (path) && kvtest_exists (copy));
  close (fd);
}

/* ---- others that come and go ---- */

typedef struct {
  const char *path;
  int number;
} Other;

/* Opens, writes a row and closes, as KohakuVault does; every write that was reported done must be there in the end. */
static void
write_and_go (KvChild *self, void *data)
{
  Other *other = data;
  char *log = kvtest_format ("%s.log%d", other->path, other->number);
  FILE *done = fopen (log, "w");

  for (int i = 0; i < 100; i++)
    {
      sqlite3 *db = NULL;
      char *sql = sqlite3_mprintf ("INSERT INTO other VALUES (%d, %d)", other->number, i);

      if (sqlite3_open_v2 (other->path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        {
          sqlite3_busy_timeout (db, 3000);
          if (sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK)
            fprintf (done, "%d\n", i);
        }
      sqlite3_close (db);
      sqlite3_free (sql);
      kvtest_sleep (i % 4 == 0 ? 0.15 : 0);
    }
  fclose (done);
}

static void
loses_no_write_of_others (const char *journal)
{
  char *path = make_half_empty (kvtest_format ("%s.db", journal), journal);
  Other others[2] = { { path, 100 }, { path, 200 } };
  KvChild *children[2];
  int swaps = 0, tries = 0, written = 0;
  kvault *vault;

  for (int i = 0; i < 2; i++)
    children[i] = kvtest_spawn (write_and_go, &others[i]);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  while (kvtest_alive (children[0]) || kvtest_alive (children[1]))
    {
      int rc = kvault_vacuum (vault, &by_swap, NULL);

      if (rc != KVAULT_OK && rc != KVAULT_EBUSY)
        assert_ok (vault, rc);
      tries++;
      swaps += rc == KVAULT_OK;
    }
  for (int i = 0; i < 2; i++)
    kvtest_join (children[i]);
  kvault_close (vault);
  for (int i = 0; i < 2; i++)
    {
      FILE *done = fopen (kvtest_format ("%s.log%d", path, others[i].number), "r");
      int n;

      while (fscanf (done, "%d", &n) == 1)
        {
          if (kvtest_sql_int (path, kvtest_format ("SELECT count(*) FROM other WHERE x = %d AND y = %d", others[i].number, n)) != 1)
            kvtest_fail (__FILE__, __LINE__, "write %d of %d is lost", n, others[i].number);
          written++;
        }
      fclose (done);
    }
  assert_str (kvtest_integrity (path), "ok");
  assert_int (written, >, 0);
  printf ("# %s: %d swaps of %d tries, %d writes of others, none lost\n", journal, swaps, tries, written);
}

static void
loses_no_write_beside_wal (void)
{
  loses_no_write_of_others ("wal");
}

static void
loses_no_write_beside_rollback (void)
{
  loses_no_write_of_others ("delete");
}

/* ---- at the worst moments ---- */

static int n_renames;
static bool (*at_rename) (int n, const char *to, bool done);   /* before and after each; false: it fails, as errno says */

int
renameat2 (int a, const char *from, int b, const char *to, unsigned flags)
{
  int rc, n = n_renames++;

  if (at_rename != NULL && !at_rename (n, to, false))
    return -1;
  rc = (int) syscall (SYS_renameat2, a, from, b, to, flags);
  if (at_rename != NULL && !at_rename (n, to, true))
    return -1;
  return rc;
}

/* Those that are tried beforehand have other numbers. */
#define TRIED 2

static int
compact_watched (const char *path, bool (*watch) (int n, const char *to, bool done), char **words)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  int rc;

  n_renames = 0;
  at_rename = watch;
  rc = kvault_vacuum (vault, &by_swap, NULL);
  at_rename = NULL;
  if (words != NULL)
    *words = kvtest_format ("%s", kvault_errmsg (vault));
  kvault_close (vault);
  return rc;
}

static int
snapshot_cb (const kvault_progress *progress, void *data)
{
  if (progress->step == KVAULT_STEP_CHECK && !kvtest_exists (kvtest_path ("snapshot.db")))
    assert_int (link (data, kvtest_path ("snapshot.db")), ==, 0);
  return 0;
}

static bool
snapshot_at_the_end (int n, const char *to, bool done)
{
  if (n == TRIED && !done)
    assert_int (link (to, kvtest_path ("late.db")), ==, 0);
  return true;
}

/* As cp -al and the like make them, at any time. */
static void
spares_a_snapshot_of_links (void)
{
  char *path = make_half_empty ("a.db", "delete"), *before = content_of (path);
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_SWAP, .progress = snapshot_cb, .progress_data = path };
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);

  assert_result (vault, kvault_vacuum (vault, &options, NULL), KVAULT_EPERM);
  assert_contains (kvault_errmsg (vault), "hard links");
  kvault_close (vault);
  assert_str (content_of (kvtest_path ("snapshot.db")), before);
  assert_str (content_of (path), before);
  kvtest_remove (kvtest_path ("snapshot.db"));

  assert_int (compact_watched (path, snapshot_at_the_end, NULL), ==, KVAULT_OK);
  assert_str (content_of (kvtest_path ("late.db")), before);
  assert_str (content_of (path), before);
  assert_no_copy (path);
}

static KvChild *comer;

static bool
lease_is_being_broken (void)
{
  FILE *locks = fopen ("/proc/locks", "r");
  char line[256];
  bool found = false;

  while (locks != NULL && fgets (line, sizeof line, locks) != NULL)
    found = found || strstr (line, "BREAKING") != NULL;
  if (locks != NULL)
    fclose (locks);
  return found;
}

static bool
another_opens_it (int n, const char *to, bool done)
{
  (void) to;
  if (n == TRIED && done)
    {
      kvtest_step (comer);
      for (int i = 0; i < 2000 && !lease_is_being_broken (); i++)
        kvtest_sleep (.001);
    }
  return true;
}

static void
open_when_told (KvChild *self, void *path)
{
  kvtest_await (self);
  kvault_close (kvtest_open (path, KVAULT_ACCESS_WRITE));
}

/* It waits for the leases, and looks after what is left of others: at the old file with the copy's name it does not. */
static void
an_opening_does_not_undo_it (void)
{
  char *path = make_half_empty ("a.db", "wal"), *before = content_of (path);

  comer = kvtest_spawn (open_when_told, path);
  assert_int (compact_watched (path, another_opens_it, NULL), ==, KVAULT_OK);
  kvtest_join (comer);
  assert_str (content_of (path), before);
  assert_alone (path);
  assert_no_copy (path);
}

static const char *victim;

static bool
third_comes_then_death (int n, const char *to, bool done)
{
  if (n == TRIED && !done)
    assert_int (rename (kvtest_path ("third"), to), ==, 0);
  if (n == TRIED && done)
    raise (SIGKILL);
  return true;
}

static void
compact_and_die (KvChild *self, void *path)
{
  (void) self;
  compact_watched (path, third_comes_then_death, NULL);
}

/* Whom a killed process cannot give the name back. */
static void
a_kill_costs_no_third_file (void)
{
  char *path = make_half_empty ("a.db", "delete"), *before = content_of (path);
  KvChild *child;

  kvtest_write_file (kvtest_path ("third"), "third", 5);
  child = kvtest_spawn (compact_and_die, path);
  while (kvtest_alive (child))
    kvtest_sleep (.005);
  kvtest_kill (child);
  assert_true (!kvtest_exists (kvtest_path ("third")));
  kvault_close (kvtest_open (path, KVAULT_ACCESS_WRITE));
  assert_str (content_of (path), before);
  assert_int (kvtest_file_size (kvtest_path ("a.db.kept-1")), ==, 5);
  assert_no_copy (path);
  assert_true (!kvtest_exists (kvtest_path (".a.db.kvault-compact-lock")));
}

static bool
third_and_fourth_come (int n, const char *to, bool done)
{
  (void) to;
  if (n == TRIED && !done)
    assert_int (rename (kvtest_path ("third"), victim), ==, 0);
  if (n == TRIED + 1 && !done)
    assert_int (rename (kvtest_path ("fourth"), victim), ==, 0);
  return true;
}

static bool
third_comes_for_good (int n, const char *to, bool done)
{
  (void) to;
  if (n == TRIED && !done)
    assert_int (rename (kvtest_path ("third"), victim), ==, 0);
  errno = EIO;
  return n <= TRIED;
}

static void
whoever_else_comes_stays (void)
{
  char *path = make_half_empty ("a.db", "delete"), *words;

  victim = path;
  kvtest_write_file (kvtest_path ("third"), "third", 5);
  kvtest_write_file (kvtest_path ("fourth"), "fourth", 6);
  assert_int (compact_watched (path, third_and_fourth_come, &words), ==, KVAULT_EMOVED);
  assert_contains (words, "a.db.kept-1");
  assert_int (kvtest_file_size (path), ==, 5);
  assert_int (kvtest_file_size (kvtest_path ("a.db.kept-1")), ==, 6);
  assert_no_copy (path);

  /* One that could get no name at all, though the vault is deleted then. */
  path = make_half_empty ("b.db", "delete");
  victim = path;
  kvtest_write_file (kvtest_path ("third"), "third", 5);
  assert_int (compact_watched (path, third_comes_for_good, &words), ==, KVAULT_EMOVED);
  assert_contains (words, ".b.db.kvault-compact");
  kvtest_remove (path);
  kvault_close (kvtest_open (make_half_empty ("c.db", "delete"), KVAULT_ACCESS_WRITE));
  assert_int (kvtest_file_size (kvtest_path ("b.db.kept-1")), ==, 5);
  assert_no_copy (path);
}

static bool
cannot_exchange (int n, const char *to, bool done)
{
  (void) n, (void) to, (void) done;
  errno = EINVAL;
  return false;
}

static bool
vault_is_deleted (int n, const char *to, bool done)
{
  if (n == TRIED && !done)
    kvtest_remove (to);
  return true;
}

static bool
disk_breaks (int n, const char *to, bool done)
{
  (void) to, (void) done;
  errno = EIO;
  return n != TRIED;
}

static int
none_copied_cb (const kvault_progress *progress, void *data)
{
  (void) data;
  assert_true (progress->step != KVAULT_STEP_COPY);
  return 0;
}

/* Before the hours that the copy takes; and what the system refuses later is told by what it is. */
static void
knows_beforehand_what_cannot_be_exchanged (void)
{
  char *path = make_half_empty ("a.db", "delete"), *before = content_of (path), *words;
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_SWAP, .progress = none_copied_cb };
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);

  at_rename = cannot_exchange;
  assert_result (vault, kvault_vacuum (vault, &options, NULL), KVAULT_EPERM);
  at_rename = NULL;
  assert_contains (kvault_errmsg (vault), "cannot exchange two files");
  kvault_close (vault);
  assert_no_copy (path);
  assert_int (compact_watched (path, disk_breaks, &words), ==, KVAULT_EIO);
  assert_no_copy (path);
  assert_str (content_of (path), before);
  assert_int (compact_watched (path, vault_is_deleted, &words), ==, KVAULT_EMOVED);
  assert_no_copy (path);
}

static const KvTest tests[] = {
  { "/kvault/swap/keeps-everything", keeps_everything },
  { "/kvault/swap/tells-the-new-inode", tells_the_new_inode },
  { "/kvault/swap/spares-what-took-the-name", spares_what_took_the_name },
  { "/kvault/swap/turns-page-maps-on", turns_page_maps_on },
  { "/kvault/swap/a-cancel-leaves-no-trace", a_cancel_leaves_no_trace },
  { "/kvault/swap/tells-who-is-in-the-way", tells_who_is_in_the_way },
  { "/kvault/swap/looks-for-room-first", looks_for_room_first },
  { "/kvault/swap/survives-a-full-disk", survives_a_full_disk },
  { "/kvault/swap/a-broken-file-is-not-compacted", a_broken_file_is_not_compacted },
  { "/kvault/swap/survives-kills", survives_kills },
  { "/kvault/swap/sweeps-what-a-kill-left-only", sweeps_what_a_kill_left_only },
  { "/kvault/swap/spares-a-snapshot-of-links", spares_a_snapshot_of_links },
  { "/kvault/swap/an-opening-does-not-undo-it", an_opening_does_not_undo_it },
  { "/kvault/swap/a-kill-costs-no-third-file", a_kill_costs_no_third_file },
  { "/kvault/swap/whoever-else-comes-stays", whoever_else_comes_stays },
  { "/kvault/swap/knows-beforehand-what-cannot-be-exchanged", knows_beforehand_what_cannot_be_exchanged },
  { "/kvault/swap/loses-no-write-beside-wal", loses_no_write_beside_wal },
  { "/kvault/swap/loses-no-write-beside-rollback", loses_no_write_beside_rollback },
};

KVTEST_MAIN (tests)
