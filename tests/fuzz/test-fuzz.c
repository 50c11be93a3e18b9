/* SPDX-License-Identifier: MIT */
/*
 * Drives a fuzz target without libFuzzer: first the corpus as it is, then mutations of it, the same in every run. COFFER_FUZZ_SEED
 * begins at another one and COFFER_FUZZ_ROUNDS goes on for longer; together they bring one round back, whose
 * number is told when it fails.
 */
#include "fuzz.h"
#include "kvtest.h"

#include <dirent.h>

#define ROOM (64 * 1024)          /* how much a mutation may add */
#define FEWER 4                   /* times, than in full: as many as the sanitizers have time for, who see the most */
#define MOST_SECONDS 10.          /* of one round, computing; sanitizers are slow */

typedef struct {
  char *name;
  uint8_t *bytes;
  size_t size;
} Seed;

static Seed *seeds;
static size_t n_seeds;

static int
by_name (const void *a,
         const void *b)
{
  return strcmp (((const Seed *) a)->name, ((const Seed *) b)->name);
}

static void
load_corpus (void)
{
  char *folder = kvtest_format ("%s/%s", getenv ("COFFER_FUZZ_CORPUS"), fuzz_name);
  DIR *names = opendir (folder);
  struct dirent *each;

  if (names == NULL)
    kvtest_fail (__FILE__, __LINE__, "%s: %m", folder);
  while ((each = readdir (names)) != NULL)
    if (each->d_name[0] != '.')
      {
        Seed seed = { .name = kvtest_format ("%s", each->d_name) };

        seed.bytes = kvtest_read_file (kvtest_format ("%s/%s", folder, each->d_name), &seed.size);
        seeds = realloc (seeds, (n_seeds + 1) * sizeof *seeds);
        seeds[n_seeds++] = seed;
      }
  closedir (names);
  assert_int (n_seeds, >, 0);
  qsort (seeds, n_seeds, sizeof *seeds, by_name);
}

static void
run (const uint8_t *bytes,
     size_t         size)
{
  uint8_t *exact = malloc (size);   /* so that the sanitizer sees a read behind the end */
  double start = kvtest_cpu ();

  memcpy (exact, bytes, size);
  LLVMFuzzerTestOneInput (exact, size);
  free (exact);
  if (kvtest_cpu () - start > MOST_SECONDS)
    kvtest_fail (__FILE__, __LINE__, "it took %.1f s", kvtest_cpu () - start);
}

static void
the_corpus (void)
{
  load_corpus ();
  for (size_t i = 0; i < n_seeds; i++)
    {
      kvtest_note ("%s", seeds[i].name);
      run (seeds[i].bytes, seeds[i].size);
    }
}

static uint64_t
setting (const char *name,
         uint64_t    otherwise)
{
  const char *text = getenv (name);

  return text != NULL ? strtoull (text, NULL, 10) : otherwise;
}

static void
mutations (void)
{
  uint64_t first = setting ("COFFER_FUZZ_SEED", 0), end = first + setting ("COFFER_FUZZ_ROUNDS", kvtest_in_full () ? fuzz_rounds : fuzz_rounds / FEWER);

  load_corpus ();
  for (uint64_t i = first; i < end; i++)
    {
      const Seed *seed = &seeds[i % n_seeds];
      uint8_t *bytes = malloc (seed->size + ROOM);
      size_t size;

      kvtest_note ("COFFER_FUZZ_SEED=%llu COFFER_FUZZ_ROUNDS=1 (%s)", (unsigned long long) i, seed->name);
      memcpy (bytes, seed->bytes, seed->size);
      size = fuzz_mutate (bytes, seed->size, seed->size + ROOM, i * 1000003);
      run (bytes, size);
      free (bytes);
    }
  printf ("# %llu mutations of %zu inputs\n", (unsigned long long) (end - first), n_seeds);
}

static const KvTest tests[] = {
  { "/kvault/fuzz/" FUZZ_NAME "/survives-its-corpus", the_corpus },
  { "/kvault/fuzz/" FUZZ_NAME "/survives-mutations", mutations },
};

KVTEST_MAIN (tests)
