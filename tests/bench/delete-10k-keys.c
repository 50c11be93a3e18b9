/* SPDX-License-Identifier: MIT */
/*
 * Deleting 10,000 of a million keys in the program, as somebody who selected them does: until the first of them are gone from the list on
 * show, which is where one looks, and until all are, to its end; and until they are there again once that is undone. Nothing is written to the
 * file for either.
 */
#include "bench.h"

#include <coffer-deletion.h>
#include <coffer-entry-list.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 1000000
#define DELETED 10000
#define ROUNDS 5
#define BUDGET_MS 100.0   /* what seems to be at once */

typedef struct {
  CofferVault *vault;
  CofferEntryList *list;
  CofferRanges *rows;          /* that are selected */
  CofferDeletion *deletion;    /* NULL: they are there */
} Bench;

static void
store_result (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

static CofferVault *
open_vault (const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) opened = NULL, edited = NULL;
  g_autoptr(GError) error = NULL;
  CofferVault *vault;

  coffer_vault_open_async (file, NULL, store_result, &opened);
  wait_for (&opened);
  if ((vault = coffer_vault_open_finish (opened, &error)) == NULL)
    bench_die ("%s", error->message);
  coffer_vault_edit_async (vault, NULL, store_result, &edited);
  wait_for (&edited);
  if (!coffer_vault_edit_finish (vault, edited, &error))
    bench_die ("%s", error->message);
  return vault;
}

static guint
count_rows (const Bench *bench)
{
  return g_list_model_get_n_items (G_LIST_MODEL (bench->list));
}

/* To the end of the list. */
static void
wait_for_rows (Bench *bench,
               guint  n)
{
  while (coffer_entry_list_get_loading (bench->list) || count_rows (bench) != n)
    g_main_context_iteration (NULL, TRUE);
}

static void
show (Bench *bench)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  if (bench->deletion == NULL)
    return;
  wait_for_rows (bench, KEYS - DELETED);
  coffer_vault_show_deletion_async (bench->vault, bench->deletion, TRUE, store_result, &result);
  wait_for (&result);
  if (!coffer_vault_show_deletion_finish (bench->vault, result, &error))
    bench_die ("%s", error->message);
  g_clear_pointer (&bench->deletion, coffer_deletion_unref);
  wait_for_rows (bench, KEYS);
}

static void
hide (Bench *bench)
{
  g_autoptr(GAsyncResult) listed = NULL, hidden = NULL;
  GPtrArray *keys;
  g_autoptr(GError) error = NULL;

  coffer_entry_list_keys_async (bench->list, bench->rows, NULL, store_result, &listed);
  wait_for (&listed);
  if ((keys = coffer_entry_list_keys_finish (bench->list, listed, &error)) == NULL)
    bench_die ("%s", error->message);
  coffer_vault_hide_async (bench->vault, keys, NULL, store_result, &hidden);
  coffer_keys_unref (keys);
  wait_for (&hidden);
  if ((bench->deletion = coffer_vault_hide_finish (bench->vault, hidden, &error)) == NULL)
    bench_die ("%s", error->message);
}

static void
hide_first (void *data)
{
  Bench *bench = data;

  bench_pause ();
  show (bench);
  bench_resume ();
  hide (bench);
  while (count_rows (bench) == KEYS)
    g_main_context_iteration (NULL, TRUE);
}

static void
hide_all (void *data)
{
  Bench *bench = data;

  bench_pause ();
  show (bench);
  bench_resume ();
  hide (bench);
  wait_for_rows (bench, KEYS - DELETED);
}

static void
show_all (void *data)
{
  Bench *bench = data;

  bench_pause ();
  if (bench->deletion == NULL)
    hide (bench);
  wait_for_rows (bench, KEYS - DELETED);
  bench_resume ();
  show (bench);
}

int
main (void)
{
  char *full = bench_vault (KVAULT_SECTION_V2, KEYS, 100), *path = strdup (bench_path ("delete-10k-keys.db"));
  Bench bench = { NULL };
  int failed;

  bench_copy (full, path);
  bench.vault = open_vault (path);
  bench.list = coffer_entry_list_new (bench.vault);
  bench.rows = coffer_ranges_new ();
  coffer_ranges_add_range (bench.rows, 0, DELETED);
  wait_for_rows (&bench, KEYS);
  failed = bench_time ("10,000 of 1 M keys deleted, until it shows", hide_first, ROUNDS, &bench, BUDGET_MS);
  bench_time ("  to the end of the list", hide_all, ROUNDS, &bench, 0);
  bench_time ("  the same undone", show_all, ROUNDS, &bench, 0);
  show (&bench);
  coffer_ranges_free (bench.rows);
  g_object_unref (bench.list);
  coffer_vault_close (bench.vault);
  coffer_vault_close_all ();
  g_object_unref (bench.vault);
  bench_remove (path);
  free (path);
  free (full);
  return failed;
}
