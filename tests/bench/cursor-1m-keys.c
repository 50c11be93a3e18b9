/* SPDX-License-Identifier: MIT */
/* All keys of a million in order, against a SELECT in plain C. */
#include "bench.h"

#include <stdlib.h>

#define KEYS 1000000

typedef struct {
  kvault *vault;
  sqlite3_stmt *select;
} Scan;

static void
walk (void *data)
{
  Scan *scan = data;
  const kvault_entry *entry;
  kvault_cursor *cursor;
  size_t n = 0, bytes = 0;

  if (kvault_cursor_open (scan->vault, NULL, &cursor) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (scan->vault));
  for (; kvault_cursor_next (cursor, &entry) == KVAULT_OK; n++)
    bytes += entry->key_size + *(const char *) entry->key;
  kvault_cursor_close (cursor);
  if (n != KEYS || bytes == 0)
    bench_die ("walked over %zu keys", n);
}

static void
walk_bare (void *data)
{
  Scan *scan = data;
  size_t n = 0, bytes = 0;

  for (; sqlite3_step (scan->select) == SQLITE_ROW; n++)
    {
      const char *key = sqlite3_column_blob (scan->select, 0);

      bytes += (size_t) sqlite3_column_bytes (scan->select, 0) + *key;
    }
  sqlite3_reset (scan->select);
  if (n != KEYS || bytes == 0)
    bench_die ("selected %zu keys", n);
}

static int
compare (kvault_section_kind  kind,
         const char          *what)
{
  char *path = bench_vault (kind, KEYS, 100);
  sqlite3 *db = bench_open_bare (path, 0);
  Scan scan = { bench_open (path, KVAULT_ACCESS_VIEW, 0),
                bench_prepare (db, "SELECT key FROM kv ORDER BY key") };
  int slow = bench_compare (what, walk, walk_bare, &scan, 0.9);

  kvault_close (scan.vault);
  sqlite3_finalize (scan.select);
  sqlite3_close (db);
  free (path);
  return slow;
}

int
main (void)
{
  int slow = compare (KVAULT_SECTION_V2, "scan 1,000,000 keys");

  return slow | compare (KVAULT_SECTION_V1, "scan 1,000,000 keys, old shape");
}
