/* SPDX-License-Identifier: MIT */
/* Lanes: order, cancelling, letting go, closing. Jobs of the tests stand in for those of the vault. */
#include "displayless.h"

#include "coffer-error-private.h"
#include "coffer-vault-private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define N_LANES COFFER_N_LANES

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
  fixture->vault = test_open (fixture->path);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

/* Whether this process has the file open. */
static gboolean
is_open (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  g_autofree char *real = realpath (path, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);

      if (target != NULL && g_str_has_prefix (target, real))
        return TRUE;
    }
  return FALSE;
}

/* A job that says when it runs and waits to be let on. */
typedef struct {
  gint running;
  gint go;
  gint runs;
  GThread *freed_by;
  GThread *ran_on;
  kvault *vault;
} Gate;

static gpointer
gate_worker (kvault       *vault,
             gpointer      data,
             GCancellable *cancellable,
             GError      **error)
{
  Gate *gate = data;

  gate->ran_on = g_thread_self ();
  gate->vault = vault;
  g_atomic_int_inc (&gate->runs);
  g_atomic_int_set (&gate->running, TRUE);
  while (!g_atomic_int_get (&gate->go) && !g_cancellable_is_cancelled (cancellable))
    g_usleep (200);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  return g_strdup ("done");
}

static void
gate_freed (gpointer data)
{
  ((Gate *) data)->freed_by = g_thread_self ();
}

static void
start_gate (CofferVault   *vault,
            CofferLane     lane,
            Gate          *gate,
            GCancellable  *cancellable,
            GAsyncResult **result)
{
  coffer_vault_run_async (vault, lane, NULL, gate_worker, gate, gate_freed, g_free, cancellable, test_store_result, result);
}

static void
assert_done (CofferVault  *vault,
             GAsyncResult *result)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *answer = coffer_vault_run_finish (vault, result, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (answer, ==, "done");
}

static void
assert_cancelled (CofferVault  *vault,
                  GAsyncResult *result)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (coffer_vault_run_finish (vault, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

typedef struct {
  GArray *order;
  int number;
} Numbered;

static gpointer
number_worker (kvault       *vault,
               gpointer      data,
               GCancellable *cancellable,
               GError      **error)
{
  Numbered *numbered = data;

  g_array_append_val (numbered->order, numbered->number);
  return GINT_TO_POINTER (TRUE);
}

static void
count_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      data)
{
  g_assert_nonnull (coffer_vault_run_finish (COFFER_VAULT (source), result, NULL));
  ++*(int *) data;
}

static void
keeps_order (Fixture       *fixture,
             gconstpointer  data)
{
  GArray *orders[N_LANES];
  Numbered jobs[N_LANES][100];
  int n_done = 0;

  for (int i = 0; i < 100; i++)
    for (int lane = 0; lane < N_LANES; lane++)
      {
        if (i == 0)
          orders[lane] = g_array_new (FALSE, FALSE, sizeof (int));
        jobs[lane][i] = (Numbered) { orders[lane], i };
        coffer_vault_run_async (fixture->vault, lane, NULL, number_worker, &jobs[lane][i], NULL, NULL, NULL, count_cb, &n_done);
      }
  test_wait_for (n_done == 100 * N_LANES);
  for (int lane = 0; lane < N_LANES; lane++)
    {
      g_assert_cmpint (orders[lane]->len, ==, 100);
      for (int i = 0; i < 100; i++)
        g_assert_cmpint (g_array_index (orders[lane], int, i), ==, i);
      g_array_unref (orders[lane]);
    }
}

static void
lanes_do_not_wait (Fixture       *fixture,
                   gconstpointer  data)
{
  Gate gates[N_LANES] = { 0 };
  GAsyncResult *results[N_LANES] = { NULL };

  for (int lane = 0; lane < N_LANES; lane++)
    start_gate (fixture->vault, lane, &gates[lane], NULL, &results[lane]);
  for (int lane = 0; lane < N_LANES; lane++)
    test_wait_for (g_atomic_int_get (&gates[lane].running));

  for (int lane = N_LANES - 1; lane >= 0; lane--)
    {
      g_atomic_int_set (&gates[lane].go, TRUE);
      test_wait_for (results[lane] != NULL);
      assert_done (fixture->vault, results[lane]);
      test_wait_for (gates[lane].freed_by != NULL);
      g_assert_true (gates[lane].freed_by == g_thread_self ());
      g_object_unref (results[lane]);
    }
  for (int a = 0; a < N_LANES; a++)
    for (int b = 0; b < a; b++)
      {
        g_assert_true (gates[a].ran_on != gates[b].ran_on);
        g_assert_true (gates[a].vault != gates[b].vault);
      }
}

static void
cancelled_before_steps_aside (Fixture       *fixture,
                              gconstpointer  data)
{
  Gate first = { 0 }, second = { 0 }, third = { .go = TRUE };
  g_autoptr(GAsyncResult) first_result = NULL;
  g_autoptr(GAsyncResult) second_result = NULL;
  g_autoptr(GAsyncResult) third_result = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  start_gate (fixture->vault, COFFER_LANE_PREVIEW, &first, NULL, &first_result);
  start_gate (fixture->vault, COFFER_LANE_PREVIEW, &second, cancellable, &second_result);
  start_gate (fixture->vault, COFFER_LANE_PREVIEW, &third, NULL, &third_result);
  test_wait_for (g_atomic_int_get (&first.running));
  g_cancellable_cancel (cancellable);
  g_atomic_int_set (&first.go, TRUE);
  test_wait_for (first_result != NULL && second_result != NULL && third_result != NULL);

  assert_done (fixture->vault, first_result);
  assert_cancelled (fixture->vault, second_result);
  g_assert_cmpint (second.runs, ==, 0);
  g_assert_true (second.freed_by == g_thread_self ());
  assert_done (fixture->vault, third_result);
}

static void
cancelled_during_ends (Fixture       *fixture,
                       gconstpointer  data)
{
  Gate gate = { 0 }, other = { .go = TRUE };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) other_result = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  start_gate (fixture->vault, COFFER_LANE_PREVIEW, &gate, cancellable, &result);
  start_gate (fixture->vault, COFFER_LANE_PREVIEW, &other, NULL, &other_result);
  test_wait_for (g_atomic_int_get (&gate.running));
  g_cancellable_cancel (cancellable);
  test_wait_for (result != NULL && other_result != NULL);
  assert_cancelled (fixture->vault, result);
  assert_done (fixture->vault, other_result);   /* the next job is none of it */
}

/* A walk without end, so that only the engine's own question can stop it. */
static gpointer
endless_worker (kvault       *vault,
                gpointer      data,
                GCancellable *cancellable,
                GError      **error)
{
  kvault_totals_result totals;
  int rc;

  do
    {
      rc = kvault_totals (vault, NULL, 0, NULL, NULL, &totals);
      g_atomic_int_set ((gint *) data, TRUE);
    }
  while (rc == KVAULT_OK);
  *error = coffer_error_new (vault, rc);
  return NULL;
}

static void
engine_stops_when_cancelled (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  gint running = FALSE;

  coffer_vault_run_async (fixture->vault, COFFER_LANE_BACKGROUND, NULL, endless_worker, &running, NULL, NULL, cancellable,
                          test_store_result, &result);
  test_wait_for (g_atomic_int_get (&running));
  g_cancellable_cancel (cancellable);
  test_wait_for (result != NULL);
  assert_cancelled (fixture->vault, result);
}

static void
closes_during_work (Fixture       *fixture,
                    gconstpointer  data)
{
  Gate gates[N_LANES + 2] = { 0 };
  GAsyncResult *results[N_LANES + 2] = { NULL };
  gint64 start;

  for (int i = 0; i < N_LANES + 1; i++)   /* the last one waits behind the one before it */
    start_gate (fixture->vault, MIN (i, N_LANES - 1), &gates[i], NULL, &results[i]);
  for (int lane = 0; lane < N_LANES; lane++)
    test_wait_for (g_atomic_int_get (&gates[lane].running));

  start = g_get_monotonic_time ();
  coffer_vault_close (fixture->vault);
  coffer_vault_close (fixture->vault);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 2 * G_USEC_PER_SEC);

  start_gate (fixture->vault, COFFER_LANE_LIST, &gates[N_LANES + 1], NULL, &results[N_LANES + 1]);
  for (int i = 0; i < N_LANES + 2; i++)
    g_assert_null (results[i]);   /* answers come by the main loop only */
  for (int i = 0; i < N_LANES + 2; i++)
    {
      test_wait_for (results[i] != NULL);
      assert_cancelled (fixture->vault, results[i]);
      g_object_unref (results[i]);
    }
  g_assert_cmpint (gates[N_LANES].runs, ==, 0);
  g_assert_cmpint (gates[N_LANES + 1].runs, ==, 0);
  test_wait_for (!is_open (fixture->path));
}

/* A step that nothing can cut short, as a large read or a checkpoint is. */
static gpointer
deaf_worker (kvault       *vault,
             gpointer      data,
             GCancellable *cancellable,
             GError      **error)
{
  Gate *gate = data;

  g_atomic_int_set (&gate->running, TRUE);
  while (!g_atomic_int_get (&gate->go))
    g_usleep (200);
  return g_strdup ("done");
}

/* The main loop goes on; the vault, and who waits for the file, know when it is let go of. */
static void
closing_waits_for_nothing (Fixture       *fixture,
                           gconstpointer  data)
{
  Gate gates[N_LANES] = { 0 };
  GAsyncResult *results[N_LANES] = { NULL };
  g_autoptr(GAsyncResult) hold = NULL;
  CofferVault *alive = fixture->vault;

  g_object_add_weak_pointer (G_OBJECT (alive), (gpointer *) &alive);
  for (int lane = 0; lane < N_LANES; lane++)
    {
      coffer_vault_run_async (alive, lane, NULL, deaf_worker, &gates[lane], NULL, g_free, NULL, test_store_result,
                              &results[lane]);
      test_wait_for (g_atomic_int_get (&gates[lane].running));
    }
  coffer_vault_close (alive);   /* would wait for ever */
  coffer_vault_hold_async (alive, test_store_result, &hold);
  g_object_unref (alive);
  for (int lane = 0; lane < N_LANES; lane++)
    {
      test_run_for (20);
      g_assert_null (hold);
      g_assert_true (is_open (fixture->path));
      g_atomic_int_set (&gates[lane].go, TRUE);
    }
  test_wait_for (hold != NULL);
  g_assert_false (is_open (fixture->path));
  g_assert_nonnull (alive);
  coffer_vault_resume (alive);
  for (int lane = 0; lane < N_LANES; lane++)
    {
      g_assert_nonnull (results[lane]);
      assert_done (alive, results[lane]);
      g_object_unref (results[lane]);
    }
  g_clear_object (&hold);
  test_wait_for (alive == NULL);
  fixture->vault = test_open (fixture->path);
}

/* Who only lets go of a vault closes it, and it is there until it has let go of the file. */
static void
going_closes (Fixture       *fixture,
              gconstpointer  data)
{
  CofferVault *alive = fixture->vault;

  g_object_add_weak_pointer (G_OBJECT (alive), (gpointer *) &alive);
  g_object_unref (fixture->vault);
  g_assert_nonnull (alive);
  test_wait_for (alive == NULL);
  g_assert_false (is_open (fixture->path));
  fixture->vault = test_open (fixture->path);
}

/* At the end of the program, without a main loop: vaults closed before, open ones, and those being opened. */
static void
ends_all (Fixture       *fixture,
          gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "b.db", 7);
  g_autoptr(GFile) file = g_file_new_for_path (other);
  g_autoptr(GAsyncResult) opening = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *names = NULL;
  CofferVault *closed = test_open (fixture->path);
  CofferVault *vault;

  coffer_vault_open_async (file, NULL, test_store_result, &opening);
  coffer_vault_close (closed);
  coffer_vault_close_all ();
  g_assert_false (is_open (fixture->path));
  g_assert_false (is_open (other));
  names = test_folder_list (fixture->folder);
  g_assert_cmpstr (names, ==, "a.db b.db");

  test_close (closed);
  test_wait_for (opening != NULL);
  vault = coffer_vault_open_finish (opening, &error);   /* it may have been faster */
  g_assert_true (vault != NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  g_clear_object (&opening);
  g_clear_object (&vault);
}

static void
lets_go_when_idle (Fixture       *fixture,
                   gconstpointer  data)
{
  Gate gate = { 0 }, again = { .go = TRUE };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) again_result = NULL;
  g_autofree char *names = NULL;

  coffer_vault_set_idle_time (fixture->vault, 100);
  start_gate (fixture->vault, COFFER_LANE_PREVIEW, &gate, NULL, &result);
  test_wait_for (g_atomic_int_get (&gate.running));
  test_run_for (300);
  g_assert_true (is_open (fixture->path));   /* a running job is not idle */
  g_atomic_int_set (&gate.go, TRUE);
  test_wait_for (result != NULL);
  for (int lane = 0; lane < N_LANES; lane++)   /* the other lanes had the usual ten seconds before them */
    coffer_vault_let_go (fixture->vault, lane);
  test_wait_for (!is_open (fixture->path));
  names = test_folder_list (fixture->folder);
  g_assert_cmpstr (names, ==, "a.db");

  start_gate (fixture->vault, COFFER_LANE_PREVIEW, &again, NULL, &again_result);
  test_wait_for (again_result != NULL);
  assert_done (fixture->vault, again_result);
  g_assert_true (is_open (fixture->path));
  test_wait_for (!is_open (fixture->path));    /* this one by itself */
}

typedef struct {
  gint passes;   /* atomic */
  gint starts;   /* atomic */
} Repeated;

/* Fifty walks over the keys, begun anew when a hold comes between. */
static gpointer
repeated_worker (kvault       *vault,
                 gpointer      data,
                 GCancellable *cancellable,
                 GError      **error)
{
  Repeated *repeated = data;
  kvault_totals_result totals;
  int rc = KVAULT_OK;

  g_atomic_int_inc (&repeated->starts);
  for (guint i = 0; i < 50 && rc == KVAULT_OK; i++)
    {
      rc = kvault_totals (vault, NULL, 0, NULL, NULL, &totals);
      g_atomic_int_inc (&repeated->passes);
      g_usleep (1000);
    }
  if (rc == KVAULT_OK)
    return g_strdup ("done");
  *error = coffer_error_new (vault, rc);
  return NULL;
}

static void
holds_and_resumes (Fixture       *fixture,
                   gconstpointer  data)
{
  Repeated repeated = { 0 };
  Gate during = { .go = TRUE };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) during_result = NULL;
  g_autoptr(GAsyncResult) hold = NULL;
  g_autoptr(GAsyncResult) second_hold = NULL;
  g_autofree char *names = NULL;

  coffer_vault_run_async (fixture->vault, COFFER_LANE_BACKGROUND, NULL, repeated_worker, &repeated, NULL, g_free, NULL,
                          test_store_result, &result);
  test_wait_for (g_atomic_int_get (&repeated.passes) > 0);
  coffer_vault_hold_async (fixture->vault, test_store_result, &hold);
  start_gate (fixture->vault, COFFER_LANE_PREVIEW, &during, NULL, &during_result);
  test_wait_for (hold != NULL);
  coffer_vault_hold_finish (fixture->vault, hold);
  g_assert_null (result);
  g_assert_false (is_open (fixture->path));
  names = test_folder_list (fixture->folder);
  g_assert_cmpstr (names, ==, "a.db");

  coffer_vault_hold_async (fixture->vault, test_store_result, &second_hold);
  test_wait_for (second_hold != NULL);
  coffer_vault_resume (fixture->vault);
  test_run_for (100);
  g_assert_false (is_open (fixture->path));
  g_assert_cmpint (during.runs, ==, 0);

  coffer_vault_resume (fixture->vault);
  test_wait_for (result != NULL && during_result != NULL);
  assert_done (fixture->vault, result);
  assert_done (fixture->vault, during_result);
  g_assert_cmpint (repeated.starts, ==, 2);
}

static void
hold_waits_for_what_cannot_stop (Fixture       *fixture,
                                 gconstpointer  data)
{
  Gate gate = { 0 };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) hold = NULL;

  start_gate (fixture->vault, COFFER_LANE_WRITE, &gate, NULL, &result);
  test_wait_for (g_atomic_int_get (&gate.running));
  coffer_vault_hold_async (fixture->vault, test_store_result, &hold);
  test_run_for (100);
  g_assert_null (hold);
  g_atomic_int_set (&gate.go, TRUE);
  test_wait_for (hold != NULL);
  test_wait_for (result != NULL);
  assert_done (fixture->vault, result);
  g_assert_cmpint (gate.runs, ==, 1);
  coffer_vault_resume (fixture->vault);
}

/* In any order, and with a close in the middle: nothing hangs, and every answer comes. */
static void
holds_in_any_order (Fixture       *fixture,
                    gconstpointer  data)
{
  GAsyncResult *holds[40] = { NULL };
  GAsyncResult *results[40] = { NULL };
  Gate gates[40];

  for (guint i = 0; i < 40; i++)
    {
      gates[i] = (Gate) { .go = TRUE };
      coffer_vault_hold_async (fixture->vault, test_store_result, &holds[i]);
      if (i % 3 == 0)
        g_main_context_iteration (NULL, FALSE);
      start_gate (fixture->vault, i % N_LANES, &gates[i], NULL, &results[i]);
      if (i % 4 == 1)
        test_wait_for (holds[i] != NULL);
      if (i < 30)
        coffer_vault_resume (fixture->vault);
    }
  for (guint i = 0; i < 40; i++)
    test_wait_for (holds[i] != NULL);
  g_assert_false (is_open (fixture->path));
  coffer_vault_close (fixture->vault);
  for (guint i = 0; i < 40; i++)
    {
      test_wait_for (holds[i] != NULL && results[i] != NULL);
      if (i >= 30)
        coffer_vault_resume (fixture->vault);
    }
  for (guint i = 0; i < 40; i++)
    {
      g_clear_object (&holds[i]);
      g_clear_object (&results[i]);
    }
}

static gpointer
count_worker (kvault       *vault,
              gpointer      data,
              GCancellable *cancellable,
              GError      **error)
{
  uint64_t *count = g_new (uint64_t, 1);

  if (kvault_count (vault, count) == KVAULT_OK)
    return count;
  *error = coffer_error_new (vault, kvault_last_error (vault)->code);
  g_free (count);
  return NULL;
}

static guint64
count_keys (CofferVault *vault,
            CofferLane   lane,
            const char  *table,
            GError     **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree uint64_t *count = NULL;

  coffer_vault_run_async (vault, lane, table, count_worker, NULL, NULL, g_free, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  count = coffer_vault_run_finish (vault, result, error);
  return count != NULL ? *count : G_MAXUINT64;
}

static void
bump_cb (gpointer data)
{
  ++*(int *) data;
}

static void
follows_a_replaced_file (Fixture       *fixture,
                         gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "b.db", 7);
  g_autoptr(GError) error = NULL;
  int n_changed = 0;

  g_signal_connect_swapped (fixture->vault, "changed", G_CALLBACK (bump_cb), &n_changed);
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_LIST, "kv", NULL), ==, 1000);
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_WRITE, "kv", NULL), ==, 1000);

  g_assert_no_errno (g_rename (other, fixture->path));
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_LIST, "kv", NULL), ==, 7);
  test_wait_for (n_changed > 0);

  /* The lane that writes says so, once. */
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_WRITE, "kv", &error), ==, G_MAXUINT64);
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EMOVED));
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_WRITE, "kv", NULL), ==, 7);
}

/* The same after the lane let go of the file: the path is the same, the file is not. */
static void
notices_a_file_replaced_while_idle (Fixture       *fixture,
                                    gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "b.db", 7);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_WRITE, "kv", NULL), ==, 1000);
  for (int lane = 0; lane < N_LANES; lane++)
    coffer_vault_let_go (fixture->vault, lane);
  test_wait_for (!is_open (fixture->path));
  g_assert_no_errno (g_rename (other, fixture->path));
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_WRITE, "kv", &error), ==, G_MAXUINT64);
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EMOVED));
}

/* The same for a lane that never had the file open: the vault knows which file it shows, not the lane. */
static void
never_writes_to_another_file (Fixture       *fixture,
                              gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "b.db", 7);
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferSection) section = NULL;
  int n_changed = 0;

  g_signal_connect_swapped (fixture->vault, "changed", G_CALLBACK (bump_cb), &n_changed);
  for (int lane = 0; lane < N_LANES; lane++)
    coffer_vault_let_go (fixture->vault, lane);
  test_wait_for (!is_open (fixture->path));
  g_assert_no_errno (g_rename (other, fixture->path));
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_WRITE, "kv", &error), ==, G_MAXUINT64);
  g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_EMOVED));

  test_wait_for (n_changed > 0);   /* what is shown is the new one, which may be written */
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_WRITE, "kv", NULL), ==, 7);
  section = g_list_model_get_item (coffer_vault_get_sections (fixture->vault), 0);
  test_wait_for (coffer_section_get_count (section) == 7);
}

/* Gone, then another: nothing was noticed by a lane that has it open, and it is shown when it is there. */
static void
follows_a_file_that_comes_back (Fixture       *fixture,
                                gconstpointer  data)
{
  g_autofree char *other = test_make_vault (fixture->folder, "b.db", 7);
  int n_changed = 0;

  g_signal_connect_swapped (fixture->vault, "changed", G_CALLBACK (bump_cb), &n_changed);
  g_assert_no_errno (g_remove (fixture->path));
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_LIST, "kv", NULL), ==, G_MAXUINT64);
  test_wait_for (n_changed == 1);
  g_assert_no_errno (g_rename (other, fixture->path));
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_LIST, "kv", NULL), ==, 7);
  test_wait_for (n_changed == 2);
  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_WRITE, "kv", NULL), ==, 7);
}

static void
reports_a_file_that_is_gone (Fixture       *fixture,
                             gconstpointer  data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) table_error = NULL;

  g_assert_cmpint (count_keys (fixture->vault, COFFER_LANE_LIST, "no such", &table_error), ==, G_MAXUINT64);
  g_assert_error (table_error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ENOENT));

  g_assert_no_errno (g_remove (fixture->path));
  for (int lane = 0; lane < N_LANES; lane++)
    {
      g_clear_error (&error);
      g_assert_cmpint (count_keys (fixture->vault, lane, "kv", &error), ==, G_MAXUINT64);
      g_assert_error (error, COFFER_ERROR, COFFER_ERROR_CODE (KVAULT_ENOENT));
    }
  coffer_vault_close (fixture->vault);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));   /* no new file in its place */
}

int
main (int   argc,
      char *argv[])
{
#define ADD(name, function) g_test_add ("/worker/" name, Fixture, NULL, set_up, function, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("keeps-order", keeps_order);
  ADD ("lanes-do-not-wait", lanes_do_not_wait);
  ADD ("cancelled-before-steps-aside", cancelled_before_steps_aside);
  ADD ("cancelled-during-ends", cancelled_during_ends);
  ADD ("engine-stops-when-cancelled", engine_stops_when_cancelled);
  ADD ("closes-during-work", closes_during_work);
  ADD ("closing-waits-for-nothing", closing_waits_for_nothing);
  ADD ("going-closes", going_closes);
  ADD ("ends-all", ends_all);
  ADD ("lets-go-when-idle", lets_go_when_idle);
  ADD ("holds-and-resumes", holds_and_resumes);
  ADD ("hold-waits-for-what-cannot-stop", hold_waits_for_what_cannot_stop);
  ADD ("holds-in-any-order", holds_in_any_order);
  ADD ("follows-a-replaced-file", follows_a_replaced_file);
  ADD ("notices-a-file-replaced-while-idle", notices_a_file_replaced_while_idle);
  ADD ("never-writes-to-another-file", never_writes_to_another_file);
  ADD ("follows-a-file-that-comes-back", follows_a_file_that_comes_back);
  ADD ("reports-a-file-that-is-gone", reports_a_file_that_is_gone);
  return g_test_run ();
}
