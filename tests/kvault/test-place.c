/* SPDX-License-Identifier: MIT */
/*
 * What happens to the place of an open vault: its disk fills up, no file may grow, its file is replaced, deleted, renamed, cut
 * short or damaged, before every operation. Nothing is written to what is no longer the vault, a full disk is told as such, and there
 * is no third state of the content.
 */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

static kvault *
open_here (const char *path, const Operation *operation, const kvault_options *options)
{
  kvault_options own = operations_options_for (operation, options);
  kvault_error error;
  kvault *vault;

  if (kvault_open (path, &own, &vault, &error) != KVAULT_OK)
    kvtest_fail (__FILE__, __LINE__, "%s", error.message);
  return vault;
}

static void
note (const Operation *operation, const kvault_options *options, const char *what)
{
  snprintf (kvtest_context, sizeof kvtest_context, "%s (%s), %s", operation->name, options->rollback_journal ? "journal" : "log", what);
}

/* ---- a full disk ---- */

#define DISK (16u << 20)

/* Leaves about @left bytes free. */
static void
fill_up (const char *path, uint64_t left)
{
  struct statvfs fs;
  uint64_t room;
  int fd = open (path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

  assert_true (fd >= 0 && fstatvfs (fd, &fs) == 0);
  room = (uint64_t) fs.f_bavail * fs.f_frsize;
  if (room > left)
    assert_int (posix_fallocate (fd, 0, (off_t) (room - left)), ==, 0);
  close (fd);
}

static void
assert_well_again (kvault *vault)
{
  void *value;
  size_t size;

  assert_ok (vault, kvault_put (vault, "~", 1, "probe", 5));
  assert_ok (vault, kvault_get (vault, "~", 1, &value, &size));
  kvault_free (value);
  assert_ok (vault, kvault_delete (vault, "~", 1));
}

/* The state after the operation; NULL: it cannot be gone here. */
static const char *
after (const Operation *operation, const kvault_options *options, const char *path)
{
  static char text[16384];
  kvault *vault = open_here (path, operation, options);
  int rc = operation->run (vault);

  if (rc != KVAULT_OK && !operations_cannot_be (operation, rc))
    assert_ok (vault, rc);
  kvault_close (vault);
  strcpy (text, operations_contents (path));
  return rc == KVAULT_OK ? text : NULL;
}

static void
run_with_room (const Operation *operation, const kvault_options *options, const char *path, const char *expected, uint64_t left)
{
  char *filler = kvtest_path ("filler");
  char before[16384];
  const char *found;
  kvault *vault;
  int rc;

  note (operation, options, kvtest_format ("%llu bytes left", (unsigned long long) left));
  strcpy (before, operations_contents (path));
  vault = open_here (path, operation, options);
  fill_up (filler, left);
  rc = operation->run (vault);
  kvtest_remove (filler);
  if (rc != KVAULT_OK && !(rc == KVAULT_EBUSY && strcmp (operation->name, "bulk") == 0))
    assert_str (kvault_result_name (rc), "KVAULT_EFULL");
  assert_well_again (vault);
  assert_ok (vault, kvault_close (vault));
  found = operations_contents (path);
  if (rc == KVAULT_OK || strcmp (found, before) != 0)
    assert_str (found, expected);
  if (operations_untidy () != NULL)
    kvtest_fail (__FILE__, __LINE__, "%s is left", operations_untidy ());
  if (rc != KVAULT_OK)
    assert_true (!kvtest_exists (operations_target ()));
}

typedef void (*RunWithin) (const Operation *operation, const kvault_options *options, const char *path, const char *expected, uint64_t size);

/* Every operation that can be gone, within each of the sizes; sampled: with a log or with a journal. */
static void
run_every_operation (RunWithin run, const uint64_t *sizes, size_t n)
{
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = operations_options (rollback_journal != 0);

      operations_prepare (&options);
      for (size_t i = 0; i < n_operations; i++)
        {
          const char *expected;

          if ((operations[i].flags & OPERATION_OPENS) != 0)
            continue;
          note (&operations[i], &options, "with room and without a limit");
          if ((expected = after (&operations[i], &options, operations_reset ())) == NULL)
            continue;
          for (size_t j = 0; j < n; j++)
            if (kvtest_in_full () || (i + j + (size_t) rollback_journal) % 2 == 0)
              run (&operations[i], &options, operations_reset (), expected, sizes[j]);
        }
    }
}

static void
fill_in_every_operation (void *data)
{
  static const uint64_t rooms[] = { 0, 4096, 12288, 40000, 100000, 300000, 1000000, 3000000 };

  run_every_operation (run_with_room, rooms, KVTEST_N (rooms));
}

static void
a_full_disk_changes_nothing (void)
{
  setenv ("SQLITE_TMPDIR", "/tmp", 1);
  kvtest_on_small_disk (kvtest_folder (), DISK, fill_in_every_operation, NULL);
}

/* ---- a file that may grow no further ---- */

/* As on a file system whose files end at 4 GiB: the system refuses to make any file larger than @size. */
static void
limit_files (uint64_t size)
{
  struct rlimit limit;

  assert_int (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = size > 0 ? size : limit.rlim_max;
  assert_int (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

/* The message names what cannot grow, and why; a transaction that was undone tells of that. */
static void
assert_says_why (const Operation *operation, const kvault_error *error)
{
  assert_contains (error->message, strcmp (operation->name, "backup") == 0 ? "/backup.db" : "/a.db");
  if (strstr (error->message, "key \"\"") != NULL)
    kvtest_fail (__FILE__, __LINE__, "there is no such key: %s", error->message);
  if (strstr (error->message, "undone by an earlier failure") != NULL)
    return;
  assert_str (kvault_result_name (error->code), "KVAULT_EFULL");
  assert_contains (error->message, "must not grow further");
  assert_int (error->system_errno, ==, EFBIG);
}

static void
run_under_limit (const Operation *operation, const kvault_options *options, const char *path, const char *expected, uint64_t size)
{
  char before[16384];
  const char *found;
  kvault_error error;
  kvault *vault;
  int rc;

  note (operation, options, kvtest_format ("no file over %llu bytes", (unsigned long long) size));
  strcpy (before, operations_contents (path));
  vault = open_here (path, operation, options);
  limit_files (size);
  rc = operation->run (vault);
  error = *kvault_last_error (vault);
  limit_files (0);
  if (rc != KVAULT_OK)
    {
      assert_str (kvault_result_name (rc), "KVAULT_EFULL");
      assert_says_why (operation, &error);
    }
  assert_well_again (vault);
  assert_ok (vault, kvault_close (vault));
  found = operations_contents (path);
  if (rc == KVAULT_OK || strcmp (found, before) != 0)
    assert_str (found, expected);
  if (operations_untidy () != NULL)
    kvtest_fail (__FILE__, __LINE__, "%s is left", operations_untidy ());
  if (rc != KVAULT_OK)
    assert_true (!kvtest_exists (operations_target ()));
}

static void
limit_every_operation (void *data)
{
  static const uint64_t sizes[] = { 1, 40000, 100000, 300000, 700000, 1500000 };

  run_every_operation (run_under_limit, sizes, KVTEST_N (sizes));
}

/* On a small disk only because nothing there waits for one. */
static void
a_file_that_may_not_grow_changes_nothing (void)
{
  signal (SIGXFSZ, SIG_IGN);
  kvtest_on_small_disk (kvtest_folder (), 4 * DISK, limit_every_operation, NULL);
}

/* ---- another file, or none ---- */

typedef void (*Mishap) (const char *path);

static void
replace (const char *path)
{
  char *other = kvtest_path ("other.db");

  kvtest_copy_file (kvtest_path ("fresh.db"), other);
  assert_int (rename (other, path), ==, 0);
}

static void
delete (const char *path)
{
  assert_int (unlink (path), ==, 0);
}

static void
rename_away (const char *path)
{
  assert_int (rename (path, kvtest_path ("elsewhere.db")), ==, 0);
}

static void
empty (const char *path)
{
  assert_int (truncate (path, 0), ==, 0);
}

static void
halve (const char *path)
{
  assert_int (truncate (path, (off_t) (kvtest_file_size (path) / 8192 * 4096)), ==, 0);
}

static void
run_after_mishap (const Operation *operation, const kvault_options *options, Mishap mishap, bool moves)
{
  char *path = operations_reset ();
  kvault *vault = open_here (path, operation, options);
  int rc;

  mishap (path);
  rc = operation->run (vault);
  if (rc != KVAULT_OK)
    assert_true (kvault_errmsg (vault)[0] != '\0');
  if (moves && (operation->flags & OPERATION_READS) == 0)
    assert_result (vault, rc, KVAULT_EMOVED);
  kvault_close (vault);
}

static void
run_all (const char *name, Mishap mishap, bool moves)
{
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = operations_options (rollback_journal != 0);

      operations_prepare (&options);
      for (size_t i = 0; i < n_operations; i++)
        {
          if ((operations[i].flags & OPERATION_OPENS) != 0)
            continue;
          note (&operations[i], &options, name);
          run_after_mishap (&operations[i], &options, mishap, moves);
        }
    }
}

static void
nothing_is_written_to_a_file_that_took_its_place (void)
{
  char *path = kvtest_path ("a.db");

  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = operations_options (rollback_journal != 0);
      size_t size;
      uint8_t *wanted;

      operations_prepare (&options);
      wanted = kvtest_read_file (kvtest_path ("fresh.db"), &size);
      for (size_t i = 0; i < n_operations; i++)
        {
          size_t n;
          uint8_t *found;

          /* One that lets go takes up what is there, if it has the same tables. */
          if ((operations[i].flags & OPERATION_OPENS) != 0 || strcmp (operations[i].name, "let-go") == 0)
            continue;
          note (&operations[i], &options, "replaced");
          run_after_mishap (&operations[i], &options, replace, true);
          found = kvtest_read_file (path, &n);
          assert_mem (found, n, wanted, size);
        }
    }
}

static void
nothing_is_written_without_a_name (void)
{
  run_all ("deleted", delete, true);
}

static void
nothing_is_written_under_another_name (void)
{
  run_all ("renamed", rename_away, true);
}

static void
survives_a_file_cut_to_nothing (void)
{
  run_all ("empty", empty, false);
}

static void
survives_a_file_cut_in_half (void)
{
  run_all ("half", halve, false);
}

/* ---- damage ---- */

static void
wreck_root (const char *path, const char *table)
{
  char noise[100];
  int64_t page = kvtest_sql_int (path, kvtest_format ("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table));
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  memset (noise, 0xee, sizeof noise);
  assert_int (pwrite (fd, noise, sizeof noise, (page - 1) * 4096), ==, sizeof noise);
  close (fd);
}

/* They read all of the file, so they find it; what they were to make is not made of half a vault. */
static bool
finds_damage (const Operation *operation)
{
  static const char *const names[] = { "compact-swap", "compact-in-place", "backup", "wipe" };

  for (size_t i = 0; i < KVTEST_N (names); i++)
    if (strcmp (operation->name, names[i]) == 0)
      return true;
  return false;
}

static void
run_on_damaged (const Operation *operation, const kvault_options *options, const char *table)
{
  kvault_options own = operations_options_for (operation, options);
  char *path = operations_reset ();
  size_t size, n;
  uint8_t *wanted, *found;
  kvault_error error;
  kvault *vault;
  int rc;

  note (operation, options, kvtest_format ("table %s wrecked", table));
  wreck_root (path, table);
  wanted = kvtest_read_file (path, &size);
  if (kvault_open (path, &own, &vault, &error) != KVAULT_OK)
    {
      assert_int (error.code, ==, KVAULT_ECORRUPT);
      return;
    }
  rc = operation->run (vault);
  if (rc != KVAULT_OK)
    assert_true (kvault_errmsg (vault)[0] != '\0');
  if (finds_damage (operation) && !operations_cannot_be (operation, rc))
    {
      assert_result (vault, rc, KVAULT_ECORRUPT);
      assert_contains (kvault_errmsg (vault), "damaged");
      assert_true (!kvtest_exists (operations_target ()));
      kvault_close (vault);
      found = kvtest_read_file (path, &n);
      assert_mem (found, n, wanted, size);
      if (operations_untidy () != NULL)
        kvtest_fail (__FILE__, __LINE__, "%s is left", operations_untidy ());
      return;
    }
  kvault_close (vault);
}

static void
damage_before_every_operation (void *data)
{
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = operations_options (rollback_journal != 0);

      operations_prepare (&options);
      for (size_t i = 0; i < n_operations; i++)
        {
          run_on_damaged (&operations[i], &options, "kv");
          run_on_damaged (&operations[i], &options, "old");
        }
    }
}

static void
nothing_is_made_of_a_damaged_file (void)
{
  kvtest_on_small_disk (kvtest_folder (), 4 * DISK, damage_before_every_operation, NULL);
}

static const KvTest tests[] = {
  { "/kvault/place/a-full-disk-changes-nothing", a_full_disk_changes_nothing },
  { "/kvault/place/a-file-that-may-not-grow-changes-nothing", a_file_that_may_not_grow_changes_nothing },
  { "/kvault/place/nothing-is-written-to-a-file-that-took-its-place", nothing_is_written_to_a_file_that_took_its_place },
  { "/kvault/place/nothing-is-written-without-a-name", nothing_is_written_without_a_name },
  { "/kvault/place/nothing-is-written-under-another-name", nothing_is_written_under_another_name },
  { "/kvault/place/survives-a-file-cut-to-nothing", survives_a_file_cut_to_nothing },
  { "/kvault/place/survives-a-file-cut-in-half", survives_a_file_cut_in_half },
  { "/kvault/place/nothing-is-made-of-a-damaged-file", nothing_is_made_of_a_damaged_file },
};

KVTEST_MAIN (tests)
