/* SPDX-License-Identifier: MIT */
/*
 * The n-th call to the disk fails, for every n until none is left to fail, in every operation: it says so, and afterwards the vault
 * holds what it held before, or what it was to hold; the handle goes on. Leaks are the sanitizer's to find.
 */
#include "kvtest-faults.h"
#include "operations.h"

/*
 * Every call up to DENSE, then a sample, of more the larger SPARSE is: long operations are alike in their middle. The sanitizers take
 * four times as long: there every call is made to fail either with a log or with a journal.
 */
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 2
#define DENSE 8
#define SPARSE 3
#else
#define STRIDE 1
#define DENSE 16
#define SPARSE 5
#endif

typedef struct {
  const Operation *operation;
  const kvault_options *options;
  char before[16384], after[16384];
  KvFault fault;
} Trial;

static _Noreturn void
fail_trial (const Trial *self, const char *what, const char *message)
{
  kvtest_fail (__FILE__, __LINE__, "%s (%s), call %llu of kinds %#x%s: %s: %s", self->operation->name,
               self->options->rollback_journal ? "journal" : "log", (unsigned long long) self->fault.at, self->fault.kinds,
               self->fault.lasting ? " and all after it" : "", what, message);
}

/* The names of two files could be exchanged, and not back: both stay, and the handle has the one that lost its name. */
static bool
may_be_stuck (const Trial *self)
{
  return self->fault.lasting && (self->operation->flags & OPERATION_SWAPS) != 0;
}

/* The disk is well again: the same handle stores and reads, or says that it cannot. */
static void
use_afterwards (const Trial *self, kvault *vault)
{
  void *value;
  size_t size;
  int rc;

  if (kvault_last_error (vault)->code == KVAULT_ECORRUPT && kvault_is_readonly (vault))   /* it says why not */
    return;
  rc = kvault_put (vault, "~", 1, "probe", 5);
  if (rc == KVAULT_EMOVED && may_be_stuck (self))
    return;
  if (rc != KVAULT_OK)
    fail_trial (self, "the handle stores no more", kvault_errmsg (vault));
  if (kvault_get (vault, "~", 1, &value, &size) != KVAULT_OK || size != 5 || memcmp (value, "probe", 5) != 0)
    fail_trial (self, "the handle reads no more", kvault_errmsg (vault));
  kvault_free (value);
  if (kvault_delete (vault, "~", 1) != KVAULT_OK)
    fail_trial (self, "the handle deletes no more", kvault_errmsg (vault));
}

static bool
is_right_error (const Trial *self, int rc)
{
  if (rc == KVAULT_EBUSY && strcmp (self->operation->name, "bulk") == 0)   /* done, but for the way back to the log */
    return true;
  if (self->fault.kinds == KVFAULT_MEMORY)
    return rc == KVAULT_ENOMEM;
  if (self->fault.disk_full)
    return rc == KVAULT_EFULL;
  return rc != KVAULT_NOTFOUND && rc != KVAULT_EINVAL && rc != KVAULT_ENOMEM;
}

static int
run_with_fault (const Trial *self, const char *path, bool *struck)
{
  bool opens = (self->operation->flags & OPERATION_OPENS) != 0;
  kvault_options options = operations_options_for (self->operation, self->options);
  kvault *vault;
  kvault_error error;
  int rc;

  kvtest_faults_arm (opens ? &self->fault : NULL);
  rc = kvault_open (path, &options, &vault, &error);
  if (rc == KVAULT_OK)
    {
      if (!opens)
        kvtest_faults_arm (&self->fault);
      rc = self->operation->run (vault);
      if (rc != KVAULT_OK && kvault_errmsg (vault)[0] == '\0')
        fail_trial (self, "no message with", kvault_result_name (rc));
      if (rc != KVAULT_OK && !is_right_error (self, rc))
        fail_trial (self, kvault_result_name (rc), kvault_errmsg (vault));
      *struck = kvtest_faults_struck ();
      if (*struck && self->fault.at % 2 == 0)
        {
          kvtest_faults_arm (NULL);
          use_afterwards (self, vault);
        }
      if (kvault_close (vault) != KVAULT_OK)
        fail_trial (self, "it does not close", kvault_errmsg (vault));
    }
  else if (error.message[0] == '\0' || !is_right_error (self, rc))
    fail_trial (self, kvault_result_name (rc), error.message);
  *struck |= kvtest_faults_struck ();
  kvtest_faults_arm (NULL);
  if (!*struck && rc != KVAULT_OK)
    fail_trial (self, "failed without a fault", kvault_result_name (rc));
  return rc;
}

static void
assert_one_of_two (const Trial *self, const char *path, int rc)
{
  const char *now = operations_contents (path);

  if (strcmp (now, self->before) != 0 && strcmp (now, self->after) != 0)
    fail_trial (self, "neither as before nor as after", now);
  if (rc == KVAULT_OK && strcmp (now, self->after) != 0)
    fail_trial (self, "told as done, and it is not", now);
  if (operations_untidy () != NULL)
    fail_trial (self, "it leaves", operations_untidy ());
  if (kvtest_exists (operations_target ()))
    {
      if (strcmp (operations_contents (operations_target ()), self->before) != 0)
        fail_trial (self, "the backup is not whole", "");
      kvtest_remove (operations_target ());
    }
}

static uint64_t
fail_every_call (Trial *self)
{
  uint64_t step = STRIDE, dense = (self->operation->flags & OPERATION_LONG) != 0 || self->fault.kinds == KVFAULT_MEMORY ? DENSE / 4 : DENSE;
  bool struck = false;
  char *path = operations_reset ();
  kvault_options options = operations_options_for (self->operation, self->options);
  KvFault wanted = self->fault;
  kvault *vault;
  int rc;

  strcpy (self->before, operations_contents (path));
  assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
  rc = self->operation->run (vault);
  if (operations_cannot_be (self->operation, rc))
    {
      printf ("# %s: not here: %s\n", self->operation->name, kvault_errmsg (vault));
      kvault_close (vault);
      return 0;
    }
  assert_ok (vault, rc);
  kvault_close (vault);
  strcpy (self->after, operations_contents (path));
  do
    {
      path = operations_reset ();
      self->fault = wanted;
      rc = run_with_fault (self, path, &struck);
      assert_one_of_two (self, path, rc);
      if (wanted.at >= dense && !kvtest_in_full ())
        step = wanted.at / (self->fault.kinds == KVFAULT_MEMORY ? SPARSE * 5 / 8 : SPARSE) + 1;
      wanted.at += step;
    }
  while (struck);
  return self->fault.at;
}

static void
run_all (KvFault fault)
{
  kvtest_faults_install ();
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = operations_options (rollback_journal != 0);
      uint64_t n = 0;

      operations_prepare (&options);
      for (size_t i = 0; i < n_operations; i++)
        {
          static Trial trial;

          fault.at = 1 + (i + (size_t) rollback_journal) % STRIDE;
          trial = (Trial) { .operation = &operations[i], .options = &options, .fault = fault };
          n += fail_every_call (&trial);
        }
      printf ("# %llu calls\n", (unsigned long long) n);
    }
}

static void
one_read_fails (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_READ });
}

static void
one_write_fails (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_WRITE });
}

static void
one_write_is_cut_short (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_WRITE, .cut_short = true });
}

static void
the_disk_is_full_from_then_on (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_WRITE, .lasting = true, .disk_full = true, .growth_only = true });
}

static void
syncs_and_truncations_fail_from_then_on (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_SYNC | KVFAULT_TRUNCATE, .lasting = true });
}

static void
one_lock_fails (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_LOCK });
}

static void
one_opening_deletion_or_naming_fails (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_OPEN | KVFAULT_DELETE | KVFAULT_SHM | KVFAULT_NAME });
}

static void
everything_fails_from_then_on (void)
{
  run_all ((KvFault) { .kinds = KVFAULT_DISK, .lasting = true });
}

static void
one_allocation_fails (void)
{
  kvtest_memory_install ();
  run_all ((KvFault) { .kinds = KVFAULT_MEMORY });
}

static void
no_memory_from_then_on (void)
{
  kvtest_memory_install ();
  run_all ((KvFault) { .kinds = KVFAULT_MEMORY, .lasting = true });
}

/* ---- What "done" means ---- */

static void
full_durability_leaves_nothing_unsynced (void)
{
  kvtest_faults_install ();
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = operations_options (rollback_journal != 0);
      kvault *vault;
      char *path;

      operations_prepare (&options);
      path = operations_reset ();
      options.durability = KVAULT_DURABILITY_FULL;
      assert_int (kvault_open (path, &options, &vault, NULL), ==, KVAULT_OK);
      for (int i = 0; i < 20; i++)
        {
          uint64_t syncs = kvtest_faults_syncs ();

          assert_ok (vault, kvault_put (vault, &"abcdefghijklmnopqrst"[i], 1, "value", 5));
          assert_int (kvtest_faults_syncs (), >, syncs);
          assert_int (kvtest_faults_unsynced (), ==, 0);
        }
      for (size_t i = 0; i < n_operations; i++)
        if (strcmp (operations[i].name, "stream-in-parts") == 0 || strcmp (operations[i].name, "bulk") == 0)
          {
            assert_ok (vault, operations[i].run (vault));
            assert_int (kvtest_faults_unsynced (), ==, 0);
          }
      kvault_close (vault);
    }
}

static void
assert_waits_for_the_disk (kvault *vault, const char *value, bool waits)
{
  for (int i = 0; i < 20; i++)
    {
      uint64_t syncs = kvtest_faults_syncs ();

      assert_ok (vault, kvault_put (vault, &"abcdefghijklmnopqrst"[i], 1, value, strlen (value)));
      assert_true ((kvtest_faults_syncs () > syncs) == waits);
      assert_true ((kvtest_faults_unsynced () == 0) == waits);
    }
}

/* The default: quick with a log, of which a crash may lose the end. A journal has no end to lose. What waited on a shelf is on the disk
 * once it is flushed, and nothing waits more for that. */
static void
normal_durability_waits_for_the_disk_with_a_journal_only (void)
{
  kvtest_faults_install ();
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = operations_options (rollback_journal != 0);
      kvault *vault;

      operations_prepare (&options);
      options.shelf = kvault_shelf_new ();
      assert_int (kvault_open (operations_reset (), &options, &vault, NULL), ==, KVAULT_OK);
      assert_ok (vault, kvault_put (vault, "first", 5, "value", 5));   /* makes the log */
      assert_waits_for_the_disk (vault, "value", rollback_journal != 0);
      assert_ok (vault, kvault_shelf_put (vault, "shelved", 7, "value", 5));
      assert_ok (vault, kvault_shelf_flush (vault));
      assert_int (kvtest_faults_unsynced (), ==, 0);
      assert_waits_for_the_disk (vault, "another", rollback_journal != 0);
      assert_ok (vault, kvault_set_journal (vault, rollback_journal ? KVAULT_JOURNAL_WAL : KVAULT_JOURNAL_ROLLBACK));
      assert_ok (vault, kvault_put (vault, "first", 5, "other", 5));
      assert_waits_for_the_disk (vault, "third", rollback_journal == 0);
      kvault_close (vault);
      kvault_shelf_unref (options.shelf);
    }
}

static void
an_import_that_is_done_is_on_the_disk (void)
{
  static char value[120000];

  kvtest_faults_install ();
  for (int rollback_journal = 0; rollback_journal < 2; rollback_journal++)
    {
      kvault_options options = operations_options (rollback_journal != 0);
      kvault *vault;

      operations_prepare (&options);
      assert_int (kvault_open (operations_reset (), &options, &vault, NULL), ==, KVAULT_OK);
      for (int expected = 0; expected < 2; expected++)
        {
          assert_ok (vault, kvault_bulk_begin (vault, expected ? 100u << 20 : 0));
          assert_ok (vault, kvault_put (vault, "imported", 8, value, sizeof value));
          assert_ok (vault, kvault_bulk_end (vault));
          assert_int (kvtest_faults_unsynced (), ==, 0);
        }
      kvault_close (vault);
    }
}

static const KvTest tests[] = {
  { "/kvault/faults/one-read-fails", one_read_fails },
  { "/kvault/faults/one-write-fails", one_write_fails },
  { "/kvault/faults/one-write-is-cut-short", one_write_is_cut_short },
  { "/kvault/faults/the-disk-is-full-from-then-on", the_disk_is_full_from_then_on },
  { "/kvault/faults/syncs-and-truncations-fail-from-then-on", syncs_and_truncations_fail_from_then_on },
  { "/kvault/faults/one-lock-fails", one_lock_fails },
  { "/kvault/faults/one-opening-deletion-or-naming-fails", one_opening_deletion_or_naming_fails },
  { "/kvault/faults/everything-fails-from-then-on", everything_fails_from_then_on },
  { "/kvault/faults/one-allocation-fails", one_allocation_fails },
  { "/kvault/faults/no-memory-from-then-on", no_memory_from_then_on },
  { "/kvault/faults/full-durability-leaves-nothing-unsynced", full_durability_leaves_nothing_unsynced },
  { "/kvault/faults/normal-durability-waits-for-the-disk-with-a-journal-only", normal_durability_waits_for_the_disk_with_a_journal_only },
  { "/kvault/faults/an-import-that-is-done-is-on-the-disk", an_import_that_is_done_is_on_the_disk },
};

KVTEST_MAIN (tests)
