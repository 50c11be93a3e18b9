/* SPDX-License-Identifier: MIT */
/* 500 MB of files into a new vault and onto the disk, as one and as 10,000: kvault import, and the import of the program, against
 * `cp -r` and `sync -f` of the same files; the small ones beside `sqlite3 -Ac`, which compresses them. The files are in the system's memory (warm).
 * KVAULT names the built program. */
#include "bench.h"

#include <coffer-import-plan.h>
#include <coffer-import.h>
#include <coffer-vault.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE 500000000u
#define ROUNDS 5
#define ARCHIVE_ROUNDS 3
#define MEMORY_MB 32

typedef struct {
  char *files;    /* a folder */
  char *copy;     /* of it */
  char *vault;
  char *archive;
  unsigned n;
} Work;

static void
settle (Work *work)
{
  bench_pause ();
  bench_remove (work->vault);
  unlink (work->archive);
  if (g_file_test (work->copy, G_FILE_TEST_EXISTS))
    bench_put_aside (work->copy);
  sync ();   /* what is still to be written would weigh on the next run */
  bench_resume ();
}

static void
copy (void *data)
{
  Work *work = data;

  bench_shell ("cp -r '%s' '%s' && sync -f '%s'", work->files, work->copy, work->copy);
  settle (work);
}

static void
archive (void *data)
{
  Work *work = data;

  bench_shell ("sqlite3 '%s' -Ac '%s' 2>&1 && sync -f '%s'", work->archive, work->files, work->archive);
  settle (work);
}

static void
import (void *data)
{
  Work *work = data;

  bench_pause ();
  bench_shell ("'%s' new '%s'", g_getenv ("KVAULT"), work->vault);
  bench_resume ();
  bench_shell ("'%s' import -q '%s' '%s'", g_getenv ("KVAULT"), work->vault, work->files);
  settle (work);
}

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
make_vault (const char *path)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferVault *vault;

  coffer_vault_create_async (file, NULL, store_result, &result);
  wait_for (&result);
  if ((vault = coffer_vault_open_finish (result, &error)) == NULL)
    bench_die ("%s", error->message);
  return vault;
}

static CofferAdditions *
plan (CofferVault *vault,
      const char  *files)
{
  static const CofferImportRule rule = { .keep_folders = TRUE, .separator = '/' };
  g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GAsyncResult) walked = NULL, applied = NULL;
  g_autoptr(CofferImportPlan) plan = NULL;
  g_autoptr(GError) error = NULL;
  CofferAdditions *additions;

  g_ptr_array_add (folders, g_file_new_for_path (files));
  coffer_import_plan_new_async (folders, NULL, NULL, NULL, store_result, &walked);
  wait_for (&walked);
  if ((plan = coffer_import_plan_new_finish (walked, &error)) == NULL)
    bench_die ("%s", error->message);
  coffer_import_plan_apply_async (plan, vault, &rule, NULL, store_result, &applied);
  wait_for (&applied);
  if ((additions = coffer_import_plan_apply_finish (plan, applied, &error)) == NULL)
    bench_die ("%s", error->message);
  return additions;
}

/* From looking what there is on, as for a drop. */
static void
import_in_program (void *data)
{
  Work *work = data;
  g_autoptr(CofferVault) vault = NULL;
  g_autoptr(CofferAdditions) additions = NULL;
  g_autoptr(CofferImport) transfer = NULL;

  bench_pause ();
  vault = make_vault (work->vault);
  bench_resume ();
  additions = plan (vault, work->files);
  transfer = coffer_import_new (vault, additions, COFFER_CONFLICT_SKIP);
  coffer_transfer_start (COFFER_TRANSFER (transfer));
  while (coffer_transfer_is_active (COFFER_TRANSFER (transfer)))
    g_main_context_iteration (NULL, TRUE);
  if (coffer_transfer_get_state (COFFER_TRANSFER (transfer)) != COFFER_TRANSFER_DONE ||
      coffer_import_get_n_added (transfer) != work->n)
    bench_die ("%s: it failed", work->files);
  settle (work);
}

static int
measure (const char *name,
         unsigned    n,
         unsigned    size)
{
  Work work = { g_strdup (bench_path ("files")), g_strdup (bench_path ("copy")), g_strdup (bench_path ("import.db")),
                g_strdup (bench_path ("import.sqlar")), n };
  g_autofree char *bare = g_strdup_printf ("cp -r, %s", name), *ours = g_strdup_printf ("kvault import, %s", name);
  g_autofree char *program = g_strdup_printf ("the program, %s", name), *memory = g_strdup_printf ("  memory of kvault, %s", name);
  const BenchSide sides[] = { { bare, copy, 0 }, { ours, import, 0.8 }, { program, import_in_program, 0.8 } };
  const BenchSide archives[] = { { "sqlite3 -Ac", archive, 0 }, { ours, import, 2 } };
  g_autofree char *sqlite = g_find_program_in_path ("sqlite3");
  char *vault = bench_vault (KVAULT_SECTION_V2, n, size);
  int failed;

  bench_clear_aside ();   /* of a run that was stopped */
  bench_shell ("rm -rf '%s' '%s' '%s' && '%s' export -q '%s' '%s'", work.files, work.copy, work.archive, g_getenv ("KVAULT"), vault, work.files);
  bench_remove (work.vault);
  copy (&work);
  failed = bench_memory (memory, import, &work, MEMORY_MB);
  failed |= bench_compare_sides (sides, G_N_ELEMENTS (sides), ROUNDS, &work);
  if (n > 1 && sqlite == NULL)
    puts ("sqlite3 is not installed: not compared with it");
  else if (n > 1)
    failed |= bench_compare_sides (archives, G_N_ELEMENTS (archives), ARCHIVE_ROUNDS, &work);
  bench_shell ("rm -rf '%s'", work.files);
  bench_clear_aside ();
  g_free (work.files);
  g_free (work.copy);
  g_free (work.vault);
  g_free (work.archive);
  free (vault);
  return failed;
}

int
main (void)
{
  int failed = measure ("10,000 of 50 kB", 10000, 50000);

  return measure ("one of 500 MB", 1, SIZE) | failed;
}
