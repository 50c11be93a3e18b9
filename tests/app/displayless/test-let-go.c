/* SPDX-License-Identifier: MIT */
/* What a vault has open, let go of for another handle of this process, or for a hold, and taken up again. */
#include "displayless.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <string.h>

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = test_folder_new ();
  fixture->path = test_make_vault (fixture->folder, "a.db", 1000);
  test_sql (fixture->path, "INSERT INTO kv VALUES (CAST ('large' AS BLOB), zeroblob (3000000))");
  fixture->vault = test_open (fixture->path);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_autofree char *names = NULL;

  test_close (fixture->vault);
  names = test_folder_list (fixture->folder);
  g_assert_cmpstr (names, ==, "a.db");
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

/* Who needs the file for itself, on a thread of its own. */
typedef struct {
  const char *path;
  int rc;
  kvault_error error;
  gint done;   /* atomic */
} Compacting;

static gpointer
compact_worker (gpointer data)
{
  Compacting *compacting = data;
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault_vacuum_options vacuum = { .way = KVAULT_VACUUM_SWAP };
  kvault *vault;

  options.busy_timeout_ms = 20000;
  compacting->rc = kvault_open (compacting->path, &options, &vault, &compacting->error);
  if (compacting->rc == KVAULT_OK)
    {
      compacting->rc = kvault_vacuum (vault, &vacuum, NULL);
      compacting->error = *kvault_last_error (vault);
      kvault_close (vault);
    }
  g_atomic_int_set (&compacting->done, TRUE);
  return NULL;
}

static void
compact (Fixture *fixture)
{
  Compacting compacting = { .path = fixture->path };
  GThread *thread = g_thread_new ("compact", compact_worker, &compacting);

  test_wait_for (g_atomic_int_get (&compacting.done));
  g_thread_join (thread);
  if (compacting.rc != KVAULT_OK)
    g_error ("not compacted: %s", compacting.error.message);
}

/* An answer of the handle as it is: how many keys there are. */
static gpointer
count_worker (kvault        *vault,
              gpointer       data,
              GCancellable  *cancellable,
              GError       **error)
{
  uint64_t count;
  int rc = kvault_count (vault, &count);

  if (rc == KVAULT_OK)
    return GUINT_TO_POINTER (count);
  *error = coffer_error_new (vault, rc);
  return NULL;
}

static void
use_lane (Fixture    *fixture,
          CofferLane  lane)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  coffer_vault_run_async (fixture->vault, lane, "kv", count_worker, NULL, NULL, NULL, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  g_assert_cmpint (GPOINTER_TO_UINT (coffer_vault_run_finish (fixture->vault, result, &error)), ==, 1001);
  g_assert_no_error (error);
}

static void
bump_cb (gpointer data)
{
  ++*(int *) data;
}

/* Idle lanes have the file open for some seconds, all of them, and none is in the way. */
static void
idle_lanes_let_go (Fixture       *fixture,
                   gconstpointer  data)
{
  int n_changed = 0;

  g_signal_connect_swapped (fixture->vault, "changed", G_CALLBACK (bump_cb), &n_changed);
  for (int round = 0; round < 3; round++)
    {
      for (int lane = 0; lane < COFFER_LANE_WRITE; lane++)
        use_lane (fixture, lane);
      use_lane (fixture, COFFER_LANE_WRITE);
      compact (fixture);
      use_lane (fixture, COFFER_LANE_LIST);
      g_assert_cmpint (n_changed, ==, 0);   /* it is the file that it was: whoever compacts tells */
    }
}

/* A value that is read without end, until that is told to end; what comes afterwards is read once. */
typedef struct {
  gint reading;   /* atomic */
  gint runs;      /* atomic */
} Reading;

static gpointer
read_on (GInputStream            *stream,
         const CofferValueFacts  *facts,
         gpointer                 data,
         GCancellable            *cancellable,
         GError                 **error)
{
  Reading *reading = data;
  g_autofree char *buffer = g_malloc (facts->size);
  gboolean first = g_atomic_int_add (&reading->runs, 1) == 0;
  gsize len;

  g_assert_cmpint (facts->size, ==, 3000000);
  do
    {
      if (!g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, error) ||
          !g_input_stream_read_all (stream, buffer, facts->size, &len, NULL, error))
        return NULL;
      g_atomic_int_set (&reading->reading, TRUE);
    }
  while (first);
  g_assert_cmpint (len, ==, facts->size);
  return g_strdup ("read");
}

static void
start_reading (Fixture       *fixture,
               Reading       *reading,
               GCancellable  *cancellable,
               GAsyncResult **result)
{
  g_autoptr(CofferKey) key = test_key ("large");

  coffer_vault_read_value_async (fixture->vault, key, read_on, reading, NULL, g_free, cancellable, test_store_result, result);
  test_wait_for (g_atomic_int_get (&reading->reading));
}

static void
assert_read_anew (Fixture      *fixture,
                  Reading      *reading,
                  GAsyncResult *result)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *answer = coffer_vault_read_value_finish (fixture->vault, result, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (answer, ==, "read");
  g_assert_cmpint (reading->runs, ==, 2);
}

static void
reading_lets_go (Fixture       *fixture,
                 gconstpointer  data)
{
  Reading reading = { 0 };
  g_autoptr(GAsyncResult) result = NULL;

  start_reading (fixture, &reading, NULL, &result);
  compact (fixture);
  test_wait_for (result != NULL);
  assert_read_anew (fixture, &reading, result);
}

/* A walk that goes on as long as it is let. */
static gpointer
walk_worker (kvault        *vault,
             gpointer       data,
             GCancellable  *cancellable,
             GError       **error)
{
  Reading *reading = data;
  gboolean first = g_atomic_int_add (&reading->runs, 1) == 0;
  kvault_totals_result totals;
  int rc;

  do
    {
      rc = kvault_totals (vault, NULL, 0, NULL, NULL, &totals);
      g_atomic_int_set (&reading->reading, TRUE);
    }
  while (rc == KVAULT_OK && first);
  if (rc == KVAULT_OK)
    return g_strdup ("read");
  *error = coffer_error_new (vault, rc);
  return NULL;
}

static void
walking_lets_go (Fixture       *fixture,
                 gconstpointer  data)
{
  Reading readings[COFFER_LANE_WRITE] = { 0 };
  GAsyncResult *results[COFFER_LANE_WRITE] = { NULL };

  for (int lane = 0; lane < COFFER_LANE_WRITE; lane++)
    coffer_vault_run_async (fixture->vault, lane, "kv", walk_worker, &readings[lane], NULL, g_free, NULL, test_store_result,
                            &results[lane]);
  for (int lane = 0; lane < COFFER_LANE_WRITE; lane++)
    test_wait_for (g_atomic_int_get (&readings[lane].reading));
  compact (fixture);
  for (int lane = 0; lane < COFFER_LANE_WRITE; lane++)
    {
      test_wait_for (results[lane] != NULL);
      assert_read_anew (fixture, &readings[lane], results[lane]);
      g_object_unref (results[lane]);
    }
}

/* Who is cancelled while the file is needed elsewhere stays cancelled. */
static void
cancelled_is_not_read_anew (Fixture       *fixture,
                            gconstpointer  data)
{
  Reading reading = { 0 };
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) hold = NULL;
  g_autoptr(GError) error = NULL;

  start_reading (fixture, &reading, cancellable, &result);
  coffer_vault_hold_async (fixture->vault, test_store_result, &hold);
  test_wait_for (hold != NULL);
  g_cancellable_cancel (cancellable);
  coffer_vault_resume (fixture->vault);
  test_wait_for (result != NULL);
  g_assert_null (coffer_vault_read_value_finish (fixture->vault, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (reading.runs, ==, 1);
}

/* A file chooser does not wait until a large picture is read. */
static void
hold_ends_reading (Fixture       *fixture,
                   gconstpointer  data)
{
  Reading reading = { 0 };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) hold = NULL;

  start_reading (fixture, &reading, NULL, &result);
  coffer_vault_hold_async (fixture->vault, test_store_result, &hold);
  test_wait_for (hold != NULL);
  g_assert_null (result);
  coffer_vault_resume (fixture->vault);
  test_wait_for (result != NULL);
  assert_read_anew (fixture, &reading, result);
}

/* Closing comes first, whoever waits for the file. */
static void
closes_while_asked (Fixture       *fixture,
                    gconstpointer  data)
{
  Reading reading = { 0 };
  Compacting compacting = { .path = fixture->path };
  g_autoptr(GAsyncResult) result = NULL;
  GThread *thread;

  start_reading (fixture, &reading, NULL, &result);
  thread = g_thread_new ("compact", compact_worker, &compacting);
  coffer_vault_close (fixture->vault);
  test_wait_for (result != NULL && g_atomic_int_get (&compacting.done));
  g_thread_join (thread);
  g_assert_cmpint (compacting.rc, ==, KVAULT_OK);
}

int
main (int   argc,
      char *argv[])
{
#define ADD(name, function) g_test_add ("/let-go/" name, Fixture, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("idle-lanes-let-go", idle_lanes_let_go);
  ADD ("reading-lets-go", reading_lets_go);
  ADD ("walking-lets-go", walking_lets_go);
  ADD ("hold-ends-reading", hold_ends_reading);
  ADD ("cancelled-is-not-read-anew", cancelled_is_not_read_anew);
  ADD ("closes-while-asked", closes_while_asked);
  return g_test_run ();
}
