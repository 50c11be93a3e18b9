/* SPDX-License-Identifier: MIT */
/* A compacted copy beside a vault, on its way and what is left of one: copy.c. */
#include "kvtest.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static kvault_vacuum_options by_swap = { .way = KVAULT_VACUUM_SWAP };

static kvault *
make_vault (void)
{
  kvault *vault = kvtest_create ("a.db");

  assert_ok (vault, kvault_put (vault, "a", 1, "1", 1));
  return vault;
}

static void
what_a_dead_process_left_goes_with_its_side_files (void)
{
  static const char *const sides[] = { "", "-wal", "-shm", "-journal" };
  kvault *vault = make_vault ();
  char *target = kvtest_path ("b.db");

  for (size_t i = 0; i < KVTEST_N (sides); i++)
    kvtest_write_file (kvtest_format ("%s%s", kvtest_path (".b.db.kvault-compact"), sides[i]), "rest", 4);
  assert_ok (vault, kvault_backup (vault, target, NULL, NULL));
  for (size_t i = 0; i < KVTEST_N (sides); i++)
    assert_true (!kvtest_exists (kvtest_format ("%s%s", kvtest_path (".b.db.kvault-compact"), sides[i])));
  assert_alone (target);
  assert_str (kvtest_integrity (target), "ok");
  kvault_close (vault);
}

static void
work_under_way_is_left_alone_and_told (void)
{
  kvault *vault = make_vault ();
  char *copy = kvtest_path (".b.db.kvault-compact"), *own = kvtest_path (".a.db.kvault-compact");
  const char *paths[] = { copy, own };
  int fds[2];

  for (int i = 0; i < 2; i++)
    {
      kvtest_write_file (paths[i], "work", 4);
      fds[i] = open (paths[i], O_RDWR | O_CLOEXEC);
      assert_int (flock (fds[i], LOCK_EX | LOCK_NB), ==, 0);
    }
  assert_result (vault, kvault_backup (vault, kvtest_path ("b.db"), NULL, NULL), KVAULT_EBUSY);
  assert_contains (kvault_errmsg (vault), "makes a copy of it just now");
  assert_result (vault, kvault_vacuum (vault, &by_swap, NULL), KVAULT_EBUSY);
  assert_int (kvtest_file_size (copy), ==, 4);
  assert_int (kvtest_file_size (own), ==, 4);
  assert_value (vault, "a", 1, "1", 1);
  for (int i = 0; i < 2; i++)
    close (fds[i]);
  assert_ok (vault, kvault_vacuum (vault, &by_swap, NULL));
  assert_ok (vault, kvault_backup (vault, kvtest_path ("b.db"), NULL, NULL));
  kvault_close (vault);
}

static int
die_cb (const kvault_progress *progress, void *data)
{
  (void) data;
  return progress->fraction > 0 ? raise (SIGKILL) : 0;
}

static void
die_copying (const char *path, const char *target)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      kvault_backup (kvtest_open (path, KVAULT_ACCESS_VIEW), target, die_cb, NULL);
      _exit (1);
    }
  assert_int (waitpid (pid, &status, 0), ==, pid);
  assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  assert_true (!kvtest_exists (target));
}

/* Nobody may ever make that copy again. */
static void
what_a_killed_copy_left_goes_with_the_next_look (void)
{
  char *path = kvtest_path ("a.db"), *rest = kvtest_path (".b.db.kvault-compact"), *another = kvtest_path (".c.db.kvault-compact");
  char *elsewhere = kvtest_path ("elsewhere/.b.db.kvault-compact");
  static char value[100000];
  kvault *vault = make_vault ();
  int fd;

  for (int i = 0; i < 30; i++)
    assert_ok (vault, kvault_put (vault, &i, sizeof i, value, sizeof value));
  kvault_close (vault);
  kvtest_make_folder (kvtest_path ("elsewhere"));
  die_copying (path, kvtest_path ("b.db"));
  die_copying (path, kvtest_path ("elsewhere/b.db"));
  assert_true (kvtest_exists (rest) && kvtest_exists (elsewhere));
  kvtest_write_file (kvtest_path ("c.db"), "no vault", 8);
  kvtest_write_file (another, "rest", 4);

  kvault_close (kvtest_open (path, KVAULT_ACCESS_VIEW));
  assert_true (kvtest_exists (rest));
  fd = open (rest, O_RDWR | O_CLOEXEC);
  assert_int (flock (fd, LOCK_EX | LOCK_NB), ==, 0);
  kvault_close (kvtest_open (path, KVAULT_ACCESS_WRITE));
  assert_true (kvtest_exists (rest));   /* somebody works on it */
  close (fd);
  vault = kvtest_open (path, KVAULT_ACCESS_WRITE);
  assert_true (!kvtest_exists (rest) && !kvtest_exists (kvtest_format ("%s-journal", rest)));
  assert_true (kvtest_exists (another));   /* for who opens c.db */
  assert_true (kvtest_exists (elsewhere));
  assert_ok (vault, kvault_backup (vault, kvtest_path ("elsewhere/d.db"), NULL, NULL));
  assert_true (!kvtest_exists (elsewhere));
  kvault_close (vault);
}

/* Somebody may have put anything under the name: nothing is followed, waited for or removed. */
static void
what_is_no_file_is_neither_followed_nor_removed (void)
{
  kvault *vault = make_vault ();
  char *copy = kvtest_path (".b.db.kvault-compact"), *victim = kvtest_path ("victim");
  struct stat st;

  kvtest_write_file (victim, "mine", 4);
  for (int kind = 0; kind < 3; kind++)
    {
      if (kind == 0)
        assert_int (symlink (victim, copy), ==, 0);
      else if (kind == 1)
        assert_int (mkfifo (copy, 0600), ==, 0);
      else
        kvtest_make_folder (copy);
      assert_int (kvault_backup (vault, kvtest_path ("b.db"), NULL, NULL), !=, KVAULT_OK);
      assert_int (lstat (copy, &st), ==, 0);
      assert_true (!kvtest_exists (kvtest_path ("b.db")));
      if (kind == 2)
        assert_int (rmdir (copy), ==, 0);
      else
        assert_int (unlink (copy), ==, 0);
    }
  assert_int (kvtest_file_size (victim), ==, 4);
  assert_ok (vault, kvault_backup (vault, kvtest_path ("b.db"), NULL, NULL));
  kvault_close (vault);
}

static void
the_copy_has_every_table_and_setting (void)
{
  char *path = kvtest_path ("a.db"), *target = kvtest_path ("b.db");
  static const char sql[] = "SELECT group_concat(type || name || coalesce(sql, ''), char(10)) FROM "
                            "(SELECT * FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name)";
  kvault *vault;

  kvtest_sql (path, "PRAGMA page_size=1024; PRAGMA application_id=77; PRAGMA user_version=5; PRAGMA encoding='UTF-16le'; PRAGMA journal_mode=WAL;"
              KVTEST_V1 ("old") KVTEST_V2 ("kv") "CREATE TABLE other (x DEFAULT 1, y); CREATE INDEX i ON other (y, x);"
              "INSERT INTO kv VALUES (x'61', x'01'); INSERT INTO other VALUES (1, 'two'), (NULL, 2.5);"
              "CREATE VIEW v AS SELECT * FROM other; CREATE TRIGGER t AFTER INSERT ON other BEGIN DELETE FROM other; END");
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_backup (vault, target, NULL, NULL));
  kvault_close (vault);
  assert_str (kvtest_sql_text (target, sql), kvtest_sql_text (path, sql));
  assert_int (kvtest_sql_int (target, "PRAGMA page_size"), ==, 1024);
  assert_int (kvtest_sql_int (target, "PRAGMA application_id"), ==, 77);
  assert_int (kvtest_sql_int (target, "PRAGMA user_version"), ==, 5);
  assert_str (kvtest_sql_text (target, "PRAGMA encoding"), "UTF-16le");
  assert_str (kvtest_sql_text (target, "PRAGMA journal_mode"), "wal");
  assert_int (kvtest_sql_int (target, "SELECT count(*) FROM other"), ==, 2);
}

static const KvTest tests[] = {
  { "/kvault/copy/what-a-dead-process-left-goes-with-its-side-files", what_a_dead_process_left_goes_with_its_side_files },
  { "/kvault/copy/work-under-way-is-left-alone-and-told", work_under_way_is_left_alone_and_told },
  { "/kvault/copy/what-is-no-file-is-neither-followed-nor-removed", what_is_no_file_is_neither_followed_nor_removed },
  { "/kvault/copy/the-copy-has-every-table-and-setting", the_copy_has_every_table_and_setting },
  { "/kvault/copy/what-a-killed-copy-left-goes-with-the-next-look", what_a_killed_copy_left_goes_with_the_next_look },
};

KVTEST_MAIN (tests)
