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
#define INDEX_MARKS 100         /* of "aReadMark": the last frame that a reader sees; the first one's see the main file only */
#define N_MARKS 5

/* NULL: there is none. */
static const unsigned char *
index_of (kvault *vault)
{
  sqlite3_file *file = NULL;
  void volatile *region = NULL;

  if (sqlite3_file_control (vault->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == NULL ||
      file->pMethods == NULL || file->pMethods->iVersion < 2 || file->pMethods->xShmMap == NULL ||
      file->pMethods->xShmMap (file, 0, INDEX_REGION, 0, &region) != SQLITE_OK)
    return NULL;
  return (const unsigned char *) region;
}

static uint32_t
number_at (const unsigned char *head,
           unsigned             offset)
{
  return __atomic_load_n ((const uint32_t *) (head + offset), __ATOMIC_RELAXED);
}

static void
count_frames (kvault       *vault,
              kvault_stats *stats)
{
  const unsigned char *head = index_of (vault);
  uint32_t frames, moved;

  if (head == NULL)
    return;
  frames = number_at (head, INDEX_FRAMES);
  moved = number_at (head, INDEX_MOVED);
  stats->wal_frames = frames;
  stats->wal_waiting = frames > moved ? frames - moved : 0;
}

/* Whether a reader of another process is in the way of moving all of the log. Its mark stays as it is for as long as it has the lock. */
bool
kvault__log_is_held (kvault             *vault,
                     const kvault_stats *stats,
                     kvault__who        *who)
{
  const unsigned char *head = stats->wal_waiting > 0 ? index_of (vault) : NULL;

  if (head == NULL)
    return false;
  kvault__who_uses_log (vault, who);
  for (unsigned i = 0; i < N_MARKS; i++)
    if ((who->marks & 1u << i) != 0 && (i == 0 || number_at (head, INDEX_MARKS + 4 * i) < stats->wal_frames))
      return true;
  return false;
}

/* Whatever is in use may be in the main file, as far as there is room for it. Free pages past its end are in the log only. */
static uint64_t
free_in_main (const kvault_stats *stats,
              uint64_t            main_size)
{
  uint64_t in_use = stats->file_size - stats->reclaimable_size;

  return main_size > in_use ? main_size - in_use : 0;
}

int
kvault_stats_get (kvault       *vault,
                  kvault_stats *stats)
{
  kvault__place place;
  int64_t pages, free_pages, page_size, auto_vacuum, trees;
  int rc;

  memset (stats, 0, sizeof *stats);
  /* schema_version reads the file first: journal_mode alone answers from memory and can be stale. */
  if ((rc = kvault__enter (vault)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.schema_version", &pages)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.page_count", &pages)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.freelist_count", &free_pages)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.page_size", &page_size)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.auto_vacuum", &auto_vacuum)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "SELECT count(*) FROM main.sqlite_schema WHERE rootpage > 0", &trees)) != KVAULT_OK ||
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
  stats->empty_size = (uint64_t) (1 + trees + (auto_vacuum != 0)) * (uint64_t) page_size;   /* the schema's own, and a page map */
  stats->auto_vacuum = (int) auto_vacuum;
  stats->frozen = vault->frozen;
  stats->main_free_size = stats->reclaimable_size;
  if (kvault__look_at_place (vault->path, &place) == 0)
    {
      stats->main_free_size = free_in_main (stats, (uint64_t) place.main.st_size);
      if (place.has_wal)
        stats->wal_size = (uint64_t) place.wal_size;
    }
  return KVAULT_OK;
}
