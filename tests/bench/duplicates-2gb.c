/* SPDX-License-Identifier: MIT */
/* The search for equal values in 2 GB of them, hot, against sha256sum of the same bytes: one value in ten is there twice. */
#include "bench.h"

#include <coffer-duplicates.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALUES 4000u
#define VALUE_SIZE 500000u
#define SIZE ((uint64_t) VALUES * VALUE_SIZE)
#define TWICE (VALUES / 10)

static char *source, *path;

static void
make_vault (void)
{
  char *value = malloc (VALUE_SIZE), key[32];
  FILE *file;
  kvault *vault;

  path = strdup (bench_path ("duplicates-2gb.db"));
  if (access (path, F_OK) == 0)
    {
      free (value);
      return;
    }
  if ((file = fopen (source, "rbe")) == NULL)
    bench_die ("%s: %m", source);
  vault = bench_open (bench_new_vault ("duplicates.new"), KVAULT_ACCESS_WRITE, 0);
  for (unsigned i = 0; i < VALUES; i++)
    {
      if (i < VALUES - TWICE && fread (value, VALUE_SIZE, 1, file) != 1)
        bench_die ("%s: %m", source);
      if (i >= VALUES - TWICE && (fseeko (file, (off_t) (i - (VALUES - TWICE)) * 9 * VALUE_SIZE, SEEK_SET) != 0 || fread (value, VALUE_SIZE, 1, file) != 1))
        bench_die ("%s: %m", source);
      if (kvault_put (vault, key, bench_key (key, i), value, VALUE_SIZE) != KVAULT_OK)
        bench_die ("%s", kvault_errmsg (vault));
    }
  kvault_close (vault);
  fclose (file);
  free (value);
  if (rename (bench_path ("duplicates.new"), path) != 0)
    bench_die ("%s: %m", path);
}

static void
store_result (GObject      *object,
              GAsyncResult *result,
              gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static void
find (void *data)
{
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) opened = NULL;
  g_autoptr(GAsyncResult) found = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(CofferVault) vault = NULL;
  CofferDuplicates *duplicates;

  coffer_vault_open_async (file, NULL, store_result, &opened);
  if ((vault = coffer_vault_open_finish (wait_for (&opened), &error)) == NULL)
    bench_die ("%s", error->message);
  coffer_duplicates_find_async (vault, coffer_vault_get_table (vault), NULL, COFFER_DUPLICATES_MOST_KEYS, NULL, NULL, store_result, &found);
  duplicates = coffer_duplicates_find_finish (vault, wait_for (&found), &error);
  if (duplicates == NULL || duplicates->n_groups != TWICE)
    bench_die ("%s", error != NULL ? error->message : "another number of groups");
  coffer_duplicates_free (duplicates);
  coffer_vault_close (vault);
  coffer_vault_close_all ();
}

static void
sha256sum (void *data)
{
  char *command = g_strdup_printf ("sha256sum '%s' > /dev/null", source);

  if (system (command) != 0)
    bench_die ("%s", command);
  g_free (command);
}

int
main (void)
{
  static const BenchSide sides[] = { { "sha256sum", sha256sum, 0 }, { "duplicates in 2 GB", find, 0.7 } };
  int failed;

  g_setenv ("XDG_CACHE_HOME", bench_path ("cache"), TRUE);
  source = bench_file ("2gb", SIZE);
  make_vault ();
  failed = bench_memory ("  memory of it", find, NULL, 32);
  failed |= bench_compare_sides (sides, 2, 3, NULL);
  free (source);
  free (path);
  return failed;
}
