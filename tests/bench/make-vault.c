/* SPDX-License-Identifier: MIT */
/* make-vault KEYS: makes the benchmarks' vault of small values if need be, prints its path. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

int
main (int    argc,
      char **argv)
{
  char *path;

  if (argc != 2)
    bench_die ("usage: make-vault KEYS");
  path = bench_vault (KVAULT_SECTION_V2, (unsigned) strtoul (argv[1], NULL, 10), 100);
  puts (path);
  free (path);
  return 0;
}
