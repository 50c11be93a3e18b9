/* SPDX-License-Identifier: MIT */
/* Prints in memory and in the file, beside what they were made of. */
#include "coffer-prints.h"
#include "displayless.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>

#define BLOCKS 3000
#define THREADS 4

/* Of a block, by its number alone. */
static guint
make_prints (guint    number,
             guint32 *prints)
{
  guint n = 1 + number * 7919 % COFFER_PRINTS_BLOCK;

  for (guint i = 0; i < n; i++)
    prints[i] = (number * 512 + i) * 2654435761u;
  return n;
}

static CofferPrints *
store (guint number)
{
  guint32 prints[COFFER_PRINTS_BLOCK];
  guint n = make_prints (number, prints);

  return coffer_prints_store (prints, n);
}

static void
assert_prints (const CofferPrints *prints,
               guint               number)
{
  guint32 expected[COFFER_PRINTS_BLOCK], found[COFFER_PRINTS_BLOCK];
  guint n = make_prints (number, expected);

  coffer_prints_read (prints, found);
  g_assert_cmpmem (found, n * sizeof *found, expected, n * sizeof *expected);
}

/* Makes and drops blocks without order, so that their places are used again, and looks at all in the end. */
static gpointer
store_many (gpointer data)
{
  CofferPrints *all[BLOCKS] = { NULL };
  guint32 seed = GPOINTER_TO_UINT (data);
  g_autoptr(GRand) random = g_rand_new_with_seed (seed);

  for (guint i = 0; i < 3 * BLOCKS; i++)
    {
      guint at = g_rand_int_range (random, 0, BLOCKS);

      if (all[at] != NULL)
        assert_prints (all[at], seed * BLOCKS + at);
      g_clear_pointer (&all[at], coffer_prints_unref);
      if (g_rand_int_range (random, 0, 3) > 0)
        all[at] = store (seed * BLOCKS + at);
    }
  for (guint at = 0; at < BLOCKS; at++)
    {
      if (all[at] != NULL)
        assert_prints (all[at], seed * BLOCKS + at);
      g_clear_pointer (&all[at], coffer_prints_unref);
    }
  return NULL;
}

static void
threads_have_their_own_places (void)
{
  GThread *threads[THREADS];

  coffer_prints_set_most_in_memory (100);
  for (guint i = 0; i < THREADS; i++)
    threads[i] = g_thread_new ("prints", store_many, GUINT_TO_POINTER (i + 1));
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
}

static void
many_at_once_stay_in_memory (void)
{
  g_autofree guint32 *prints = g_new (guint32, 3 * COFFER_PRINTS_BLOCK);
  g_autofree guint32 *found = g_new0 (guint32, 3 * COFFER_PRINTS_BLOCK);
  CofferPrints *large;

  for (guint i = 0; i < 3 * COFFER_PRINTS_BLOCK; i++)
    prints[i] = i;
  coffer_prints_set_most_in_memory (0);
  large = coffer_prints_store (prints, 3 * COFFER_PRINTS_BLOCK);
  coffer_prints_read (large, found);
  g_assert_cmpmem (found, 3 * COFFER_PRINTS_BLOCK * sizeof *found, prints, 3 * COFFER_PRINTS_BLOCK * sizeof *prints);
  coffer_prints_unref (large);
}

static void
file_has_no_name (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_cache_dir (), "coffer", NULL);
  g_autofree char *names = NULL;
  CofferPrints *prints;

  coffer_prints_set_most_in_memory (0);
  prints = store (1);
  names = test_folder_list (folder);
  g_assert_cmpstr (names, ==, "");
  coffer_prints_unref (prints);
}

/* The last case: from then on all prints stay in memory. */
static void
full_disks_do_no_harm (void)
{
  const struct rlimit small = { 16 * 1024, RLIM_INFINITY };
  const struct rlimit large = { RLIM_INFINITY, RLIM_INFINITY };
  CofferPrints *all[64];

  coffer_prints_set_most_in_memory (0);
  signal (SIGXFSZ, SIG_IGN);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &small));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    all[i] = store (i);
  g_assert_no_errno (setrlimit (RLIMIT_FSIZE, &large));
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      assert_prints (all[i], i);
      coffer_prints_unref (all[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  char *cache = test_folder_new ();
  int status;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prints/threads-have-their-own-places", threads_have_their_own_places);
  g_test_add_func ("/prints/many-at-once-stay-in-memory", many_at_once_stay_in_memory);
  g_test_add_func ("/prints/file-has-no-name", file_has_no_name);
  g_test_add_func ("/prints/full-disks-do-no-harm", full_disks_do_no_harm);
  status = g_test_run ();
  {
    g_autofree char *coffer = g_build_filename (cache, "coffer", NULL);

    g_rmdir (coffer);
  }
  test_folder_remove (cache);
  return status;
}
