/* SPDX-License-Identifier: MIT */
/* Progress and cancelling of long work, also where SQLite asks nobody: work.c. */
#include "kvtest.h"

#include <pthread.h>
#include <stdatomic.h>

#define N_STEPS (KVAULT_STEP_MOVE + 1)

typedef struct {
  uint64_t last;
  unsigned step;      /* it was at last */
  double fraction;
  bool seen[N_STEPS];
  int n, stop_at;     /* 0: never */
} Reports;

static int
note (const kvault_progress *progress,
      void                  *data)
{
  Reports *reports = data;

  assert_int (progress->step_number, >=, reports->step);
  assert_int (progress->step_number, <=, progress->n_steps);
  assert_int (progress->step_number > 0, ==, progress->step != KVAULT_STEP_NONE);
  if (progress->step_number > reports->step)
    reports->last = 0;
  assert_int (progress->bytes, >=, reports->last);
  assert_true (progress->bytes <= progress->bytes_total);   /* which may be KVAULT_SIZE_UNKNOWN */
  assert_true (progress->fraction >= reports->fraction);
  assert_true (progress->fraction <= 1);
  if (progress->n_steps > 0 && progress->bytes_total != KVAULT_SIZE_UNKNOWN)
    assert_int (progress->bytes_total, <, 20000000);   /* no byte counts twice */
  reports->last = progress->bytes;
  reports->step = progress->step_number;
  reports->fraction = progress->fraction;
  reports->seen[progress->step] = true;
  return ++reports->n == reports->stop_at;
}

static int
check (kvault  *vault,
       Reports *reports)
{
  kvault_check_result result;

  return kvault_check (vault, KVAULT_CHECK_FULL, NULL, NULL, note, reports, &result);
}

static int
back_up (kvault  *vault,
         Reports *reports)
{
  int rc = kvault_backup (vault, kvtest_path ("copy.db"), note, reports);

  kvtest_remove (kvtest_path ("copy.db"));
  return rc;
}

static int
compact_in_place (kvault  *vault,
                  Reports *reports)
{
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_IN_PLACE, .progress = note, .progress_data = reports };

  return kvault_vacuum (vault, &options, NULL);
}

static int
compact_by_swap (kvault  *vault,
                 Reports *reports)
{
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_SWAP, .progress = note, .progress_data = reports };

  return kvault_vacuum (vault, &options, NULL);
}

static int
compact_in_steps (kvault  *vault,
                  Reports *reports)
{
  kvault_vacuum_options options = { .way = KVAULT_VACUUM_INCREMENTAL, .progress = note, .progress_data = reports };

  return kvault_vacuum (vault, &options, NULL);
}

static int (*const works[]) (kvault *vault, Reports *reports) = { check, back_up, compact_by_swap, compact_in_place, compact_in_steps };
#define N_ALWAYS 4   /* the last one has nothing to do in a file without free pages */

static void
fill (kvault *vault)
{
  kvtest_sql (kvault_location (vault), "WITH n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) "
              "INSERT INTO kv SELECT CAST(i AS BLOB), randomblob(100000) FROM n");
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
}

/* Of each work that has several, but for the first. */
static const struct {
  size_t work;
  kvault_step steps[4];
} stepped[] = {
  { 1, { KVAULT_STEP_COPY, KVAULT_STEP_CHECK, KVAULT_STEP_COMPARE, KVAULT_STEP_PLACE } },
  { 2, { KVAULT_STEP_COPY, KVAULT_STEP_CHECK, KVAULT_STEP_COMPARE, KVAULT_STEP_PLACE } },
  { 3, { KVAULT_STEP_COPY, KVAULT_STEP_WRITE_BACK, KVAULT_STEP_CHECK, KVAULT_STEP_COMPARE } },
  { 4, { KVAULT_STEP_MOVE, KVAULT_STEP_PLACE } },
};

static void
names_each_step (void)
{
  for (size_t i = 0; i < KVTEST_N (stepped); i++)
    {
      kvault *vault = kvtest_create (kvtest_format ("%zu.db", i));
      Reports reports = { 0 };

      fill (vault);
      kvtest_sql (kvault_location (vault), "DELETE FROM kv WHERE rowid %% 2");
      assert_ok (vault, works[stepped[i].work] (vault, &reports));
      for (int j = 0; j < 4 && stepped[i].steps[j] != KVAULT_STEP_NONE; j++)
        assert_true (reports.seen[stepped[i].steps[j]]);
      assert_true (reports.fraction > 0);
      kvault_close (vault);
    }
}

/* The first word comes at once: the shortest work has one. */
static void
tells_how_far_it_is_and_never_goes_back (void)
{
  kvault *vault = kvtest_create ("a.db");

  fill (vault);
  for (size_t i = 0; i < N_ALWAYS; i++)
    {
      Reports reports = { 0 };

      assert_ok (vault, works[i] (vault, &reports));
      assert_int (reports.n, >, 0);
    }
  kvault_close (vault);
}

static void
a_report_can_end_it_and_the_handle_goes_on (void)
{
  kvault *vault = kvtest_create ("a.db");
  uint64_t n;

  fill (vault);
  for (size_t i = 0; i < N_ALWAYS; i++)
    {
      Reports reports = { .stop_at = 1 };

      assert_result (vault, works[i] (vault, &reports), KVAULT_ECANCELLED);
      assert_int (reports.n, ==, 1);          /* who was told to stop asks no more */
      assert_ok (vault, kvault_put (vault, "a", 1, "1", 1));
      assert_ok (vault, kvault_count (vault, &n));
      assert_int (n, ==, 101);
      assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
    }
  kvault_close (vault);
  assert_str (kvtest_integrity (kvtest_path ("a.db")), "ok");
}

/* Where SQLite has no progress handler (a checkpoint) or asks it seldom (integrity_check), each page asks. */
static void
asks_with_every_page (void)
{
  int left;
  kvault *vault = kvtest_cancellable (kvtest_create ("a.db"), &left);
  Reports none = { 0 };

  fill (vault);
  left = INT32_MAX;
  assert_ok (vault, check (vault, &none));
  assert_int (INT32_MAX - left, >, 300);      /* of 32 KiB */
  kvtest_sql (kvault_location (vault), "UPDATE kv SET value = randomblob(100000)");
  left = 100;
  assert_result (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL), KVAULT_ECANCELLED);
  left = INT32_MAX;
  assert_ok (vault, kvault_checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, NULL));
  kvault_close (vault);
}

typedef struct {
  kvault *vault;
  atomic_bool over;
} Interrupter;

static void *
interrupt_until_over (void *data)
{
  Interrupter *self = data;

  while (!atomic_load (&self->over))
    kvault_interrupt (self->vault);
  return NULL;
}

static void
another_thread_can_end_it (void)
{
  kvault *vault = kvtest_create ("a.db");
  Interrupter interrupter = { vault, false };
  Reports reports = { 0 };
  pthread_t thread;

  fill (vault);
  pthread_create (&thread, NULL, interrupt_until_over, &interrupter);
  for (size_t i = 0; i < N_ALWAYS; i++)
    do
      reports = (Reports) { 0 };
    while (works[i] (vault, &reports) != KVAULT_ECANCELLED);   /* it was over before the next interruption */
  atomic_store (&interrupter.over, true);
  pthread_join (thread, NULL);
  reports = (Reports) { 0 };
  assert_ok (vault, check (vault, &reports));
  kvault_close (vault);
}

static const KvTest tests[] = {
  { "/kvault/work/names-each-step", names_each_step },
  { "/kvault/work/tells-how-far-it-is-and-never-goes-back", tells_how_far_it_is_and_never_goes_back },
  { "/kvault/work/a-report-can-end-it-and-the-handle-goes-on", a_report_can_end_it_and_the_handle_goes_on },
  { "/kvault/work/asks-with-every-page", asks_with_every_page },
  { "/kvault/work/another-thread-can-end-it", another_thread_can_end_it },
};

KVTEST_MAIN (tests)
