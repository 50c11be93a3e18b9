/* SPDX-License-Identifier: MIT */
/* 500 MB out of a vault into a folder and onto the disk, as one value and as 10,000: kvault export, and the export of the program,
 * against `cp -r` and `sync -f` of the same files. KVAULT names the built program. */
#include "bench.h"

#include <coffer-export.h>
#include <coffer-vault.h>

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE 500000000u
#define ROUNDS 5

/* What is exported, and where its files are. */
typedef struct {
  const char *vault;
  char *files;      /* an export of before */
  char *target;
} Work;

static void
settle (Work *work)
{
  bench_pause ();
  bench_put_aside (work->target);
  sync ();   /* what is still to be written would weigh on the next run */
  bench_resume ();
}

static void
copy (void *data)
{
  Work *work = data;

  bench_shell ("cp -r '%s' '%s' && sync -f '%s'", work->files, work->target, work->target);
  settle (work);
}

static void
export (void *data)
{
  Work *work = data;

  bench_shell ("'%s' export -q '%s' '%s'", g_getenv ("KVAULT"), work->vault, work->target);
  settle (work);
}

static void
export_with_manifest (void *data)
{
  Work *work = data;

  bench_shell ("'%s' export -q --manifest '%s' '%s'", g_getenv ("KVAULT"), work->vault, work->target);
  settle (work);
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
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  CofferVault *vault;

  coffer_vault_open_async (file, NULL, store_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  if ((vault = coffer_vault_open_finish (result, &error)) == NULL)
    bench_die ("%s", error->message);
  return vault;
}

static void
export_in_program (void *data)
{
  static const CofferExportOptions options = { .existing = COFFER_EXPORT_NUMBER };
  Work *work = data;
  g_autoptr(GFile) folder = g_file_new_for_path (work->target);
  g_autoptr(CofferVault) vault = NULL;
  g_autoptr(CofferExport) transfer = NULL;

  bench_pause ();
  vault = open_vault (work->vault);
  bench_resume ();
  transfer = coffer_export_new_prefix (vault, coffer_vault_get_table (vault), NULL, folder, &options);
  coffer_transfer_start (COFFER_TRANSFER (transfer));
  while (coffer_transfer_is_active (COFFER_TRANSFER (transfer)))
    g_main_context_iteration (NULL, TRUE);
  if (coffer_transfer_get_state (COFFER_TRANSFER (transfer)) != COFFER_TRANSFER_DONE)
    bench_die ("%s: it failed", work->vault);
  settle (work);
}

static int
measure (const char *name,
         char       *vault)
{
  Work work = { vault, g_strdup (bench_path ("files")), g_strdup (bench_path ("target")) };
  g_autofree char *ours = g_strdup_printf ("kvault export, %s", name), *listed = g_strdup_printf ("with --manifest, %s", name);
  g_autofree char *program = g_strdup_printf ("the program, %s", name), *bare = g_strdup_printf ("cp -r, %s", name);
  const BenchSide sides[] = { { bare, copy, 0 }, { ours, export, 0.8 }, { listed, export_with_manifest, 0 }, { program, export_in_program, 0.8 } };
  int failed;

  bench_clear_aside ();   /* of a run that was stopped */
  bench_shell ("rm -rf '%s' '%s' && '%s' export -q '%s' '%s'", work.files, work.target, g_getenv ("KVAULT"), vault, work.files);
  copy (&work);
  failed = bench_compare_sides (sides, G_N_ELEMENTS (sides), ROUNDS, &work);
  bench_shell ("rm -rf '%s'", work.files);
  bench_clear_aside ();
  g_free (work.files);
  g_free (work.target);
  free (vault);
  return failed;
}

int
main (void)
{
  int failed = measure ("10,000 of 50 kB", bench_vault (KVAULT_SECTION_V2, 10000, 50000));

  return measure ("one of 500 MB", bench_vault (KVAULT_SECTION_V2, 1, SIZE)) | failed;
}
