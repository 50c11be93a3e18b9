/* SPDX-License-Identifier: MIT */
/*
 * A text that few of a million keys have, through the filter of the program, against the same loop in plain C: once with
 * memmem(), which minds the case, and once with a comparison that does not.
 */
#include "bench.h"

#include <coffer-filter.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 1000000

/* 1.5 times as long at most. */
#define BUDGET (1 / 1.5)

typedef struct {
  kvault *vault;
  sqlite3_stmt *select;
  const char *text;
  CofferFilter *filter;
  size_t hits;
} Search;

static void
check_hits (Search *search,
            size_t  hits)
{
  if (hits == 0 || hits > 100 || (search->hits > 0 && hits != search->hits))
    bench_die ("%zu hits", hits);
  search->hits = hits;
}

static void
filter (void *data)
{
  Search *search = data;
  const kvault_entry *entry;
  kvault_cursor *cursor;
  size_t hits = 0;

  if (kvault_cursor_open (search->vault, NULL, &cursor) != KVAULT_OK)
    bench_die ("%s", kvault_errmsg (search->vault));
  while (kvault_cursor_next (cursor, &entry) == KVAULT_OK)
    hits += coffer_filter_matches_key (search->filter, entry->key, entry->key_size) != 0;
  kvault_cursor_close (cursor);
  check_hits (search, hits);
}

static void
find_exact (void *data)
{
  Search *search = data;
  size_t hits = 0, len = strlen (search->text);

  while (sqlite3_step (search->select) == SQLITE_ROW)
    {
      const char *key = sqlite3_column_blob (search->select, 0);
      size_t size = (size_t) sqlite3_column_bytes (search->select, 0);

      hits += memmem (key, size, search->text, len) != NULL;
    }
  sqlite3_reset (search->select);
  check_hits (search, hits);
}

static int
has_text (const unsigned char *key,
          size_t               size,
          const char          *text,
          size_t               len)
{
  for (size_t i = 0; i + len <= size; i++)
    {
      size_t k = 0;

      while (k < len && tolower (key[i + k]) == tolower ((unsigned char) text[k]))
        k++;
      if (k == len)
        return 1;
    }
  return 0;
}

static void
find_folded (void *data)
{
  Search *search = data;
  size_t hits = 0, len = strlen (search->text);

  while (sqlite3_step (search->select) == SQLITE_ROW)
    {
      const unsigned char *key = sqlite3_column_blob (search->select, 0);
      size_t size = (size_t) sqlite3_column_bytes (search->select, 0);

      hits += has_text (key, size, search->text, len);
    }
  sqlite3_reset (search->select);
  check_hits (search, hits);
}

static int
compare (const char *text)
{
  char *path = bench_vault (KVAULT_SECTION_V2, KEYS, 100);
  sqlite3 *db = bench_open_bare (path, 0);
  g_autofree char *exact = g_strdup_printf ("search “%s”, beside memmem()", text);
  g_autofree char *folded = g_strdup_printf ("search “%s”, beside tolower()", text);
  Search search = { bench_open (path, KVAULT_ACCESS_VIEW, 0), bench_prepare (db, "SELECT key FROM kv ORDER BY key"), text,
                    coffer_filter_new (COFFER_MATCH_CONTAINS, text, 0, 0, G_MAXUINT64, NULL), 0 };
  int slow = bench_compare (exact, filter, find_exact, &search, BUDGET);

  slow |= bench_compare (folded, filter, find_folded, &search, BUDGET);
  coffer_filter_unref (search.filter);
  kvault_close (search.vault);
  sqlite3_finalize (search.select);
  sqlite3_close (db);
  free (path);
  return slow;
}

int
main (void)
{
  int slow = compare ("099977");

  return slow | compare ("r:00007654");
}
