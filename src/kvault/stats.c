/* SPDX-License-Identifier: MIT */
/*
 * stats.c - facts about the file that cost next to nothing: SQLite's header, the head of the log's index and stat() of the log; no key or
 * value is read.
 */
#include "internal.h"

#include <string.h>

static int
journal_of (kvault         *vault,
            kvault_journal *journal)
{
  sqlite3_stmt *statement = NULL;
  int rc = KVAULT_OK;

  if (sqlite3_prepare_v2 (vault->db, "PRAGMA main.journal_mode", -1, &statement, NULL) != SQLITE_OK ||
      sqlite3_step (statement) != SQLITE_ROW || sqlite3_column_text (statement, 0) == NULL)
    rc = kvault__fail_db (vault, "%s", vault->name);
  else
    *journal = strcmp ((const char *) sqlite3_column_text (statement, 0), "wal") == 0 ? KVAULT_JOURNAL_WAL
                                                                                      : KVAULT_JOURNAL_ROLLBACK;
  sqlite3_finalize (statement);
  return rc;
}

/* An "immutable" connection takes every file for one with a rollback journal; the header tells. */
static bool
header_says_wal (kvault *vault)
{
  sqlite3_file *file = NULL;
  unsigned char byte = 0;

  return sqlite3_file_control (vault->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK && file != NULL &&
         file->pMethods != NULL && file->pMethods->xRead (file, &byte, 1, 18) == SQLITE_OK && byte == 2;
}

/*
 * What the log holds, from the head of its index, which every connection has mapped since it read. Numbers that fit together
 * only as far as nobody writes at the moment, as with all of these. The index is in the byte order of the machine.
 */
#define INDEX_REGION 32768
#define INDEX_FRAMES 16         /* offset of "mxFrame" */
#define INDEX_MOVED 96          /* of "nBackfill" */

static void
count_frames (kvault       *vault,
              kvault_stats *stats)
{
  sqlite3_file *file = NULL;
  void volatile *region = NULL;
  const unsigned char *head;
  uint32_t frames, moved;

  if (sqlite3_file_control (vault->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == NULL ||
      file->pMethods == NULL || file->pMethods->iVersion < 2 || file->pMethods->xShmMap == NULL ||
      file->pMethods->xShmMap (file, 0, INDEX_REGION, 0, &region) != SQLITE_OK || region == NULL)
    return;
  head = (const unsigned char *) region;
  frames = __atomic_load_n ((const uint32_t *) (head + INDEX_FRAMES), __ATOMIC_RELAXED);
  moved = __atomic_load_n ((const uint32_t *) (head + INDEX_MOVED), __ATOMIC_RELAXED);
  stats->wal_frames = frames;
  stats->wal_waiting = frames > moved ? frames - moved : 0;
}

int
kvault_stats_get (kvault       *vault,
                  kvault_stats *stats)
{
  kvault__place place;
  int64_t pages, free_pages, page_size, auto_vacuum;
  int rc;

  memset (stats, 0, sizeof *stats);
  /* schema_version reads the file first: journal_mode alone answers from memory and can be stale. */
  if ((rc = kvault__enter (vault)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.schema_version", &pages)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.page_count", &pages)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.freelist_count", &free_pages)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.page_size", &page_size)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.auto_vacuum", &auto_vacuum)) != KVAULT_OK ||
      (rc = journal_of (vault, &stats->journal)) != KVAULT_OK)
    return rc;
  if (stats->journal == KVAULT_JOURNAL_WAL)
    count_frames (vault, stats);
  if (vault->frozen && header_says_wal (vault))
    stats->journal = KVAULT_JOURNAL_WAL;
  stats->page_size = (uint32_t) page_size;
  stats->page_count = (uint64_t) pages;
  stats->free_page_count = (uint64_t) free_pages;
  stats->file_size = (uint64_t) pages * (uint64_t) page_size;
  stats->reclaimable_size = (uint64_t) free_pages * (uint64_t) page_size;
  stats->auto_vacuum = (int) auto_vacuum;
  stats->frozen = vault->frozen;
  if (kvault__look_at_place (vault->path, &place) == 0 && place.has_wal)
    stats->wal_size = (uint64_t) place.wal_size;
  return KVAULT_OK;
}
