/* SPDX-License-Identifier: MIT */
/*
 * Following a file that nobody writes to: the processor time of a program that does nothing else, beside one that does not follow.
 */
#include "bench.h"

#include <coffer-vault.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define KEYS 1000000
#define SECONDS 5
#define BUDGET_MS 1.0   /* a second */

static double
cpu_ms (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3
         + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static void
store_result (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static CofferVault *
open_vault (const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) opened = NULL;
  g_autoptr(GError) error = NULL;
  CofferVault *vault;

  coffer_vault_open_async (file, NULL, store_result, &opened);
  while (opened == NULL)
    g_main_context_iteration (NULL, TRUE);
  vault = coffer_vault_open_finish (opened, &error);
  if (vault == NULL)
    bench_die ("%s", error->message);
  return vault;
}

static gboolean
end_cb (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
run_for (guint seconds)
{
  gboolean over = FALSE;

  g_timeout_add_seconds (seconds, end_cb, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
}

/* Milliseconds a second. */
static double
cost (CofferVault *vault,
      gboolean     watching)
{
  double before;

  coffer_vault_set_watching (vault, watching);
  run_for (1);
  before = cpu_ms ();
  run_for (SECONDS);
  return (cpu_ms () - before) / SECONDS;
}

static void
count_cb (CofferVault *vault,
          guint       *n)
{
  (*n)++;
}

int
main (void)
{
  char *path = bench_vault (KVAULT_SECTION_V2, KEYS, 100);
  g_autoptr(CofferVault) vault = open_vault (path);
  double idle, watching;
  guint touched = 0;

  g_signal_connect (vault, "touched", G_CALLBACK (count_cb), &touched);
  run_for (3);   /* what opening begins, the counts of the sections */
  idle = cost (vault, FALSE);
  watching = cost (vault, TRUE);
  if (touched > 0)
    bench_die ("something wrote to the file");
  printf ("%-44s %9.2f ms of CPU a second, %.2f without, budget %.1f more: %s\n", "following a file that rests", watching, idle,
          BUDGET_MS, watching - idle <= BUDGET_MS ? "met" : "NOT MET");
  coffer_vault_close (vault);
  coffer_vault_close_all ();
  free (path);
  return watching - idle > BUDGET_MS;
}
