/* SPDX-License-Identifier: MIT */
/*
 * memory.c - whether there is memory for what SQLite builds in it.
 *
 * A table of the older shape has its size column behind the value, so every write of a value makes SQLite hold it twice. Where memory is
 * short that ends in the system killing somebody, which no error code tells; so the system is asked first.
 */
#include "internal.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define ALWAYS_ENOUGH (8u << 20)

static uint64_t
least (uint64_t a,
       uint64_t b)
{
  return a < b ? a : b;
}

/* What /proc/meminfo takes for available: free, or in caches that can go. */
static uint64_t
available_to_all (void)
{
  FILE *file = fopen ("/proc/meminfo", "re");
  char line[128];
  unsigned long long kib;
  uint64_t bytes = UINT64_MAX;

  if (file == NULL)
    return bytes;
  while (fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "MemAvailable: %llu kB", &kib) == 1)
      bytes = (uint64_t) kib * 1024;
  fclose (file);
  return bytes;
}

static uint64_t
left_of (int      resource,
         uint64_t used)
{
  struct rlimit limit;

  if (getrlimit (resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return UINT64_MAX;
  return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

/* Of the limits on this process: all of its addresses, and its data. */
static uint64_t
available_to_us (void)
{
  FILE *file = fopen ("/proc/self/statm", "re");
  uint64_t page = (uint64_t) sysconf (_SC_PAGESIZE);
  unsigned long long all = 0, data = 0;

  if (file == NULL)
    return UINT64_MAX;
  if (fscanf (file, "%llu %*u %*u %*u %*u %llu", &all, &data) != 2)
    all = data = 0;
  fclose (file);
  return least (left_of (RLIMIT_AS, all * page), left_of (RLIMIT_DATA, data * page));
}

uint64_t
kvault__available_memory (void)
{
  return least (available_to_all (), available_to_us ());
}

/* Before a value of @size bytes is written whole to the table in use. */
int
kvault__check_memory (kvault   *vault,
                      uint64_t  size)
{
  uint64_t available;

  if (vault->section->kind != KVAULT_SECTION_V1 || size <= ALWAYS_ENOUGH)
    return KVAULT_OK;
  available = kvault__available_memory ();
  if (size <= available / 2)
    return KVAULT_OK;
  return kvault__fail (vault, KVAULT_ENOMEM, "%s: in a table of the older shape a value of %llu bytes needs twice that in memory, and %llu are free;"
                       " converting the table to the newer shape ends this", vault->name, (unsigned long long) size, (unsigned long long) available);
}
