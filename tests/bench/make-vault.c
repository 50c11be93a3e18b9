/* SPDX-License-Identifier: MIT */
/* make-vault KEYS [SIZE]: makes the benchmarks' vault of values of that size if need be, 100 bytes by default; prints its path. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

int
main (int    argc,
      char **argv)
{
  unsigned value_size = 100;
  char *path;

  if (argc != 2 && argc != 3)
    bench_die ("usage: make-vault KEYS [SIZE]");
  if (argc == 3)
    value_size = (unsigned) strtoul (argv[2], NULL, 10);
  path = bench_vault (KVAULT_SECTION_V2, (unsigned) strtoul (argv[1], NULL, 10), value_size);
  puts (path);
  free (path);
  return 0;
}
