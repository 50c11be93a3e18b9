/* SPDX-License-Identifier: MIT */
/* A copy of the whole vault, while others write: backup.c. */
#include "kvtest.h"

#include <sys/stat.h>
#include <unistd.h>

static void
copies_every_fixture (void)
{
  static const char *const names[] = { "v010_media.db", "v010_odd_keys.db", "v010_two_tables.db", "v086_all_vaults.db",
                                       "v086_media_autopack.db", "v086_two_tables.db", "hot/v010_hot_wal.db" };

  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      char *path = kvtest_fixture (names[i]), *target = kvtest_path ("copy");
      kvault *vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
      char *journal = kvtest_sql_text (path, "PRAGMA journal_mode");

      assert_ok (vault, kvault_backup (vault, target, NULL, NULL));
      assert_alone (target);
      kvault_close (vault);
      vault = kvtest_open (target, KVAULT_ACCESS_VIEW);
      kvtest_assert_fixture (vault, names[i]);
      kvault_close (vault);
      assert_str (kvtest_sql_text (target, "PRAGMA journal_mode"), journal);
      assert_str (kvtest_integrity (target), "ok");
      kvtest_remove (target);
    }
}

static void
copies_beside_what_cannot_be_written (void *data)
{
  char *target = kvtest_path ("out/copy.db");
  kvault *vault = kvtest_open (data, KVAULT_ACCESS_VIEW);

  assert_ok (vault, kvault_backup (vault, target, NULL, NULL));
  assert_result (vault, kvault_backup (vault, kvtest_format ("%s.copy", (char *) data), NULL, NULL), KVAULT_EREADONLY);
  kvault_close (vault);
  vault = kvtest_open (target, KVAULT_ACCESS_VIEW);
  kvtest_assert_fixture (vault, "hot/v010_hot_wal.db");
  kvault_close (vault);
}

static void
copies_from_a_readonly_mount (void)
{
  char *folder = kvtest_path ("in");

  kvtest_make_folder (folder);
  kvtest_make_folder (kvtest_path ("out"));
  kvtest_on_readonly_mount (folder, copies_beside_what_cannot_be_written, kvtest_fixture_in (folder, "hot/v010_hot_wal.db"));
}

static void
has_what_waits_in_the_cache (void)
{
  kvault *vault = kvtest_create ("a.db"), *copy;

  assert_ok (vault, kvault_cache_enable (vault, NULL));
  assert_ok (vault, kvault_put (vault, "a", 1, "waits", 5));
  assert_ok (vault, kvault_backup (vault, kvtest_path ("copy.db"), NULL, NULL));
  copy = kvtest_open (kvtest_path ("copy.db"), KVAULT_ACCESS_VIEW);
  assert_value (copy, "a", 1, "waits", 5);
  kvault_close (copy);
  kvault_close (vault);
}

static void
overwrites_nothing (void)
{
  kvault *vault = kvtest_create ("a.db");
  char *target = kvtest_path ("b.db");
  struct stat st;

  assert_ok (vault, kvault_put (vault, "a", 1, "x", 1));
  kvtest_write_file (target, "mine", 4);
  assert_result (vault, kvault_backup (vault, target, NULL, NULL), KVAULT_EEXIST);
  assert_result (vault, kvault_backup (vault, kvtest_path ("a.db"), NULL, NULL), KVAULT_EEXIST);
  assert_result (vault, kvault_backup (vault, kvtest_path ("none/b.db"), NULL, NULL), KVAULT_ENOENT);
  assert_result (vault, kvault_backup (vault, "", NULL, NULL), KVAULT_ENOENT);
  assert_result (vault, kvault_backup (vault, NULL, NULL, NULL), KVAULT_EINVAL);
  assert_int (kvtest_file_size (target), ==, 4);
  kvtest_remove (target);
  assert_int (symlink ("nowhere", target), ==, 0);
  assert_result (vault, kvault_backup (vault, target, NULL, NULL), KVAULT_EEXIST);
  kvtest_remove (target);
  assert_int (chdir (kvtest_folder ()), ==, 0);
  assert_ok (vault, kvault_backup (vault, "b.db", NULL, NULL));
  stat (target, &st);
  assert_int (st.st_mode & 0777, ==, 0644);
  assert_int (st.st_nlink, ==, 1);
  kvault_close (vault);
}

static void
a_cancel_leaves_nothing (void)
{
  int left, n_cancelled = 0, rc = KVAULT_ECANCELLED;
  kvault *vault = kvtest_cancellable (kvtest_create ("a.db"), &left);
  KvSnapshot *snapshot;

  kvtest_sql (kvtest_path ("a.db"), "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9) "
              "INSERT INTO kv SELECT CAST(i AS BLOB), randomblob(1000000) FROM n");
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
  snapshot = kvtest_snapshot (kvtest_folder ());
  for (int n = 0; rc != KVAULT_OK; n = n * 3 / 2 + 1)
    {
      left = n;
      rc = kvault_backup (vault, kvtest_path ("b.db"), NULL, NULL);
      left = INT32_MAX;
      if (rc == KVAULT_OK)
        break;
      assert_result (vault, rc, KVAULT_ECANCELLED);
      assert_unchanged (snapshot);
      n_cancelled++;
    }
  assert_int (n_cancelled, >, 8);
  kvault_close (vault);
}

static void
onto_full_disk (void *folder)
{
  char *target = kvtest_format ("%s/b.db", (char *) folder);
  kvault *vault = kvtest_open (kvtest_path ("a.db"), KVAULT_ACCESS_WRITE);

  assert_result (vault, kvault_backup (vault, target, NULL, NULL), KVAULT_EFULL);
  kvault_close (vault);
  assert_true (!kvtest_exists (target) && !kvtest_exists (kvtest_format ("%s/.b.db.kvault-compact", (char *) folder)));
}

static void
looks_for_room_first (void)
{
  char *folder = kvtest_path ("disk");

  kvtest_make_folder (folder);
  kvtest_sql (kvtest_path ("a.db"), KVTEST_V2 ("kv") "INSERT INTO kv VALUES (x'61', randomblob(9000000))");
  kvtest_on_small_disk (folder, 8 << 20, onto_full_disk, folder);
}

static void
back_up_for_ever (KvChild *self, void *data)
{
  kvault *vault = kvtest_open (data, KVAULT_ACCESS_VIEW);

  kvtest_step (self);
  for (;;)
    {
      kvault_backup (vault, kvtest_path ("b.db"), NULL, NULL);
      kvtest_remove (kvtest_path ("b.db"));
    }
}

static void
a_kill_leaves_nothing_half_done (void)
{
  char *path = kvtest_path ("a.db"), *target = kvtest_path ("b.db"), *rest = kvtest_path (".b.db.kvault-compact");
  uint64_t seed = 9;
  int n_rests = 0, n_kills;
  kvault *vault;

  kvtest_sql (path, KVTEST_V2 ("kv") "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199) "
              "INSERT INTO kv SELECT CAST(i AS BLOB), randomblob(50000) FROM n");
  for (n_kills = 0; n_kills < 30 || n_rests == 0; n_kills++)
    {
      KvChild *child = kvtest_spawn (back_up_for_ever, path);

      kvtest_await (child);
      kvtest_sleep ((double) (kvtest_random (&seed) % 150) / 1000);
      kvtest_kill (child);
      if (kvtest_exists (target))
        assert_int (kvtest_sql_int (target, "SELECT count(*) FROM kv"), ==, 200);
      kvtest_remove (target);
      n_rests += kvtest_exists (rest);
    }
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  assert_ok (vault, kvault_backup (vault, target, NULL, NULL));
  kvault_close (vault);
  assert_true (!kvtest_exists (rest));
  printf ("# %d of %d kills left a rest\n", n_rests, n_kills);
}

/* Each transaction puts the same number at two keys and adds one: a copy of one moment has both alike. */
static void
write_pairs (KvChild *self, void *path)
{
  kvault *vault = kvtest_open (path, KVAULT_ACCESS_WRITE);

  kvtest_step (self);
  for (unsigned i = 0;; i++)
    {
      char number[16], key[16];
      size_t n = (size_t) snprintf (number, sizeof number, "%u", i), key_size = (size_t) snprintf (key, sizeof key, "x%u", i);

      if (kvault_begin (vault) != KVAULT_OK)
        continue;
      kvault_put (vault, "first", 5, number, n);
      kvault_put (vault, key, key_size, number, n);
      kvault_put (vault, "second", 6, number, n);
      if (kvault_commit (vault) != KVAULT_OK)
        kvault_rollback (vault);
      kvtest_sleep (0.001);
    }
}

static void
shows_one_moment (const char *journal)
{
  char *path = kvtest_path (kvtest_format ("%s.db", journal));
  KvChild *writer;
  kvault *vault;
  int n_copies = 0;

  kvtest_sql (path, "PRAGMA journal_mode=%s;" KVTEST_V2 ("kv") "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999) "
              "INSERT INTO kv SELECT CAST(i AS BLOB), randomblob(20000) FROM n; INSERT INTO kv VALUES (CAST('first' AS BLOB), x'00'), "
              "(CAST('second' AS BLOB), x'00')", journal);
  writer = kvtest_spawn (write_pairs, path);
  kvtest_await (writer);
  vault = kvtest_open (path, KVAULT_ACCESS_VIEW);
  for (int i = 0; i < 8; i++)
    {
      char *target = kvtest_path (kvtest_format ("copy-%s-%d.db", journal, i));
      int rc = kvault_backup (vault, target, NULL, NULL);

      if (rc == KVAULT_EBUSY)   /* nobody promises a turn beside such a writer */
        continue;
      assert_ok (vault, rc);
      n_copies++;
      assert_int (kvtest_sql_int (target, "SELECT (SELECT value FROM kv WHERE key = CAST('first' AS BLOB)) = "
                                          "(SELECT value FROM kv WHERE key = CAST('second' AS BLOB))"), ==, 1);
      assert_str (kvtest_integrity (target), "ok");
    }
  assert_true (n_copies > 0 || strcmp (journal, "delete") == 0);
  kvtest_kill (writer);
  kvault_close (vault);
}

static void
shows_one_moment_of_a_log (void)
{
  shows_one_moment ("wal");
}

static void
shows_one_moment_of_a_journal (void)
{
  shows_one_moment ("delete");
}

static void
a_private_vault_has_private_copies (void)
{
  static const mode_t modes[] = { 0600, 0640, 0644 };
  struct stat st;

  umask (022);
  for (size_t i = 0; i < KVTEST_N (modes); i++)
    {
      kvault *vault = kvtest_create (kvtest_format ("%zu.db", i));
      char *copy = kvtest_path (kvtest_format ("copy-%zu.db", i));

      assert_int (chmod (kvault_location (vault), modes[i]), ==, 0);
      assert_ok (vault, kvault_backup (vault, copy, NULL, NULL));
      assert_int (stat (copy, &st), ==, 0);
      assert_int (st.st_mode & 0777, ==, modes[i]);
      kvault_close (vault);
    }
}

static const KvTest tests[] = {
  { "/kvault/backup/copies-every-fixture", copies_every_fixture },
  { "/kvault/backup/copies-from-a-readonly-mount", copies_from_a_readonly_mount },
  { "/kvault/backup/has-what-waits-in-the-cache", has_what_waits_in_the_cache },
  { "/kvault/backup/overwrites-nothing", overwrites_nothing },
  { "/kvault/backup/a-cancel-leaves-nothing", a_cancel_leaves_nothing },
  { "/kvault/backup/looks-for-room-first", looks_for_room_first },
  { "/kvault/backup/a-kill-leaves-nothing-half-done", a_kill_leaves_nothing_half_done },
  { "/kvault/backup/shows-one-moment-of-a-log", shows_one_moment_of_a_log },
  { "/kvault/backup/shows-one-moment-of-a-journal", shows_one_moment_of_a_journal },
  { "/kvault/backup/a-private-vault-has-private-copies", a_private_vault_has_private_copies },
};

KVTEST_MAIN (tests)
