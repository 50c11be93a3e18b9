/* SPDX-License-Identifier: MIT */
/*
 * wipe.c - what deleted values left behind in the file, written over with zeros.
 *
 * SQLite has no call for it: secure_delete is about what is deleted from now on. So it is done beside SQLite, with what its file
 * format documents, under its own lock for writing: with the log empty, and nobody able to write, the main file is the whole truth. Only bytes
 * that mean nothing are written: free pages, what a page of the free list does not use, and in pages of tables and
 * indexes the gap before the cells and the free blocks between them, where the beginnings of deleted values lie. So a crash at any time
 * leaves the file whole, and readers may read on. The pages are checked before: of a damaged file nothing can be called free.
 *
 * Source: SQLite, "Database File Format", 1.3 to 1.6.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 100                 /* bytes before the page header of page 1 */
#define MAX_DEPTH 40
#define SETTLE_TRIES 10

typedef struct {
  kvault *vault;
  kvault__work work;
  sqlite3_file *file;
  uint32_t page_size;
  uint64_t n_pages;
  uint64_t n_visited;            /* more than there are: they lead back */
  unsigned char *zeros;
  unsigned char *pages;          /* one for each depth */
} wiper;

static uint32_t
get_2 (const unsigned char *bytes)
{
  return (uint32_t) bytes[0] << 8 | bytes[1];
}

static uint32_t
get_4 (const unsigned char *bytes)
{
  return get_2 (bytes) << 16 | get_2 (bytes + 2);
}

static int
fail_damaged (wiper *self)
{
  return kvault__fail (self->vault, KVAULT_ECORRUPT, "%s is damaged, so it cannot be told what in it is free; nothing more was written over",
                       self->vault->name);
}

static int
read_page (wiper         *self,
           uint64_t       page,
           unsigned char *bytes)
{
  int sqlite_rc;

  if (page < 1 || page > self->n_pages || ++self->n_visited > self->n_pages)
    return fail_damaged (self);
  sqlite_rc = self->file->pMethods->xRead (self->file, bytes, (int) self->page_size, (sqlite3_int64) ((page - 1) * self->page_size));
  return sqlite_rc == SQLITE_OK ? KVAULT_OK : kvault__fail_code (self->vault, sqlite_rc, "%s", self->vault->name);
}

static int
write_zeros (wiper    *self,
             uint64_t  page,
             uint32_t  offset,
             uint32_t  n)
{
  int sqlite_rc = SQLITE_OK;

  if (n > 0)
    sqlite_rc = self->file->pMethods->xWrite (self->file, self->zeros, (int) n, (sqlite3_int64) ((page - 1) * self->page_size + offset));
  return sqlite_rc == SQLITE_OK ? KVAULT_OK : kvault__fail_code (self->vault, sqlite_rc, "%s", self->vault->name);
}

static bool
is_zero (const unsigned char *bytes,
         uint32_t             n)
{
  return n == 0 || (bytes[0] == 0 && memcmp (bytes, bytes + 1, n - 1) == 0);
}

/* Within a page that is read. */
static int
wipe_range (wiper               *self,
            uint64_t             page,
            const unsigned char *bytes,
            uint32_t             offset,
            uint32_t             end)
{
  if (offset > end || end > self->page_size)
    return fail_damaged (self);
  return is_zero (bytes + offset, end - offset) ? KVAULT_OK : write_zeros (self, page, offset, end - offset);
}

/* ---- pages in use ---- */

/* The head of a free block, where the next one is and how long this one is, stays. */
static int
wipe_free_blocks (wiper               *self,
                  uint64_t             page,
                  const unsigned char *bytes,
                  uint32_t             block)
{
  int rc = KVAULT_OK;

  while (block != 0 && rc == KVAULT_OK)
    {
      uint32_t next, size;

      if (block + 4 > self->page_size)
        return fail_damaged (self);
      next = get_2 (bytes + block);
      size = get_2 (bytes + block + 2);
      if (size < 4 || (next != 0 && next < block + size))
        return fail_damaged (self);
      rc = wipe_range (self, page, bytes, block + 4, block + size);
      block = next;
    }
  return rc;
}

static int
wipe_tree (wiper    *self,
           uint64_t  page,
           int       depth)
{
  unsigned char *bytes = self->pages + (size_t) depth * self->page_size;
  uint32_t head = page == 1 ? HEAD : 0;
  uint32_t n_cells, cells, content;
  bool leads_on;
  int rc;

  if (depth == MAX_DEPTH)
    return fail_damaged (self);
  if ((rc = kvault__work_check (&self->work)) != KVAULT_OK || (rc = read_page (self, page, bytes)) != KVAULT_OK)
    return rc;
  leads_on = bytes[head] == 2 || bytes[head] == 5;
  if (!leads_on && bytes[head] != 10 && bytes[head] != 13)
    return fail_damaged (self);
  n_cells = get_2 (bytes + head + 3);
  content = get_2 (bytes + head + 5) != 0 ? get_2 (bytes + head + 5) : 65536;
  cells = head + (leads_on ? 12 : 8);
  if ((rc = wipe_range (self, page, bytes, cells + 2 * n_cells, content)) != KVAULT_OK ||
      (rc = wipe_free_blocks (self, page, bytes, get_2 (bytes + head + 1))) != KVAULT_OK || !leads_on)
    return rc;
  for (uint32_t i = 0; i < n_cells && rc == KVAULT_OK; i++)
    {
      uint32_t cell = get_2 (bytes + cells + 2 * i);

      rc = cell + 4 <= self->page_size ? wipe_tree (self, get_4 (bytes + cell), depth + 1) : fail_damaged (self);
    }
  return rc == KVAULT_OK ? wipe_tree (self, get_4 (bytes + head + 8), depth + 1) : rc;
}

static int
wipe_pages_in_use (wiper *self)
{
  kvault *vault = self->vault;
  sqlite3_stmt *statement = NULL;
  int rc = wipe_tree (self, 1, 0);
  int step = SQLITE_DONE;

  if (rc != KVAULT_OK)
    return rc;
  if (sqlite3_prepare_v2 (vault->db, "SELECT rootpage FROM main.sqlite_schema WHERE rootpage > 0", -1, &statement, NULL) != SQLITE_OK)
    return kvault__fail_db (vault, "%s", vault->name);
  while (rc == KVAULT_OK && (step = sqlite3_step (statement)) == SQLITE_ROW)
    rc = wipe_tree (self, (uint64_t) sqlite3_column_int64 (statement, 0), 0);
  if (rc == KVAULT_OK && step != SQLITE_DONE)
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_finalize (statement);
  return rc;
}

/* ---- free pages ---- */

/* A page of the list names others; what it does not use for that is wiped too. */
static int
wipe_listed (wiper    *self,
             uint64_t  trunk,
             uint64_t *next)
{
  const unsigned char *bytes = self->pages;
  uint32_t n;
  int rc;

  if ((rc = read_page (self, trunk, self->pages)) != KVAULT_OK)
    return rc;
  *next = get_4 (bytes);
  n = get_4 (bytes + 4);
  if (n > self->page_size / 4 - 2)
    return fail_damaged (self);
  for (uint32_t i = 0; i < n && rc == KVAULT_OK; i++)
    {
      uint64_t page = get_4 (bytes + 8 + 4 * i);

      if (page < 2 || page > self->n_pages)
        return fail_damaged (self);
      if ((rc = kvault__work_check (&self->work)) == KVAULT_OK)
        rc = write_zeros (self, page, 0, self->page_size);
      self->work.progress.bytes += self->page_size;
    }
  self->work.progress.bytes += self->page_size;
  return rc == KVAULT_OK ? wipe_range (self, trunk, bytes, 8 + 4 * n, self->page_size) : rc;
}

static int
wipe_free_pages (wiper *self)
{
  uint64_t trunk;
  int rc;

  self->n_visited = 0;
  if ((rc = read_page (self, 1, self->pages)) != KVAULT_OK)
    return rc;
  trunk = get_4 (self->pages + 32);
  while (rc == KVAULT_OK && trunk != 0)
    rc = wipe_listed (self, trunk, &trunk);
  return rc;
}

/* ---- the whole ---- */

static int
check_pages (wiper    *self,
             uint64_t  file_size)
{
  kvault *vault = self->vault;
  sqlite3_stmt *statement = NULL;
  const char *words = NULL;
  int rc = KVAULT_OK;

  kvault__work_watch (&self->work, vault->db, file_size);
  if (sqlite3_prepare_v2 (vault->db, "PRAGMA main.quick_check(1)", -1, &statement, NULL) == SQLITE_OK && sqlite3_step (statement) == SQLITE_ROW)
    words = (const char *) sqlite3_column_text (statement, 0);
  if ((rc = kvault__work_check (&self->work)) == KVAULT_OK && (words == NULL || strcmp (words, "ok") != 0))
    rc = words != NULL ? fail_damaged (self) : kvault__fail_db (vault, "%s", vault->name);
  sqlite3_finalize (statement);
  kvault__work_unwatch (&self->work);
  return rc;
}

static bool
log_is_empty (const kvault *vault)
{
  kvault__place place;

  return kvault__look_at_place (vault->path, &place) == 0 && !place.has_wal;
}

/* What is in a log would come back from there. */
static int
empty_log (kvault *vault)
{
  kvault_checkpoint_result result;
  int rc;

  if (!kvault__is_wal (vault))
    return KVAULT_OK;
  if ((rc = kvault__claim (vault)) != KVAULT_OK)
    return rc;
  rc = kvault__checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, &result);
  kvault__unclaim (vault);
  return rc;
}

static int
hold_writers (kvault *vault)
{
  int rc;

  for (int i = 0; i < SETTLE_TRIES; i++)
    {
      if ((rc = empty_log (vault)) != KVAULT_OK || (rc = kvault__run (vault, KVAULT__BEGIN)) != KVAULT_OK)
        return rc;
      if (log_is_empty (vault))
        return KVAULT_OK;
      if ((rc = kvault__take_back (vault)) != KVAULT_OK)
        return rc;
    }
  return kvault__fail (vault, KVAULT_EBUSY, "%s: others write without a pause", vault->name);
}

static int
look_at_head (wiper *self)
{
  unsigned char head[HEAD];
  kvault *vault = self->vault;
  int64_t n_pages;
  int rc;

  if (sqlite3_file_control (vault->db, "main", SQLITE_FCNTL_FILE_POINTER, &self->file) != SQLITE_OK || self->file == NULL ||
      self->file->pMethods->xRead (self->file, head, HEAD, 0) != SQLITE_OK)
    return kvault__fail_db (vault, "%s", vault->name);
  if (head[20] != 0)
    return kvault__fail (vault, KVAULT_EINVAL, "%s: its pages have room for something that this library does not know, perhaps a checksum; compacting "
                         "leaves deleted values behind too", vault->name);
  if ((rc = kvault__pragma_int (vault, "PRAGMA main.page_count", &n_pages)) != KVAULT_OK)
    return rc;
  self->n_pages = (uint64_t) n_pages;
  return KVAULT_OK;
}

static int
wipe (wiper *self)
{
  int sqlite_rc;
  int rc;

  if ((rc = look_at_head (self)) != KVAULT_OK || (rc = wipe_pages_in_use (self)) != KVAULT_OK || (rc = wipe_free_pages (self)) != KVAULT_OK)
    return rc;
  sqlite3_db_release_memory (self->vault->db);   /* pages with what was there may be in its cache, and would be written back */
  sqlite_rc = self->file->pMethods->xSync (self->file, SQLITE_SYNC_NORMAL);
  return sqlite_rc == SQLITE_OK ? KVAULT_OK : kvault__fail_code (self->vault, sqlite_rc, "%s", self->vault->name);
}

int
kvault_wipe (kvault              *vault,
             kvault_progress_func progress,
             void                *progress_data)
{
  wiper self = { .vault = vault };
  kvault_error error;
  kvault_stats stats;
  int rc;

  if ((rc = kvault__enter_file (vault)) != KVAULT_OK || (rc = kvault__check_idle (vault)) != KVAULT_OK ||
      (rc = kvault_stats_get (vault, &stats)) != KVAULT_OK)
    return rc;
  kvault__work_init (&self.work, vault, progress, progress_data);
  self.work.progress.bytes_total = stats.file_size + stats.reclaimable_size;
  self.page_size = stats.page_size;
  self.zeros = calloc (1, stats.page_size);
  self.pages = malloc ((size_t) MAX_DEPTH * stats.page_size);
  if (self.zeros == NULL || self.pages == NULL)
    rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  else if ((rc = check_pages (&self, stats.file_size)) == KVAULT_OK && (rc = hold_writers (vault)) == KVAULT_OK)
    {
      rc = wipe (&self);
      error = vault->error;
      kvault__take_back (vault);
      vault->error = error;
    }
  free (self.zeros);
  free (self.pages);
  return rc;
}

int
kvault_set_secure_delete (kvault *vault,
                          int     on)
{
  vault->options.secure_delete = on != 0;
  if (vault->db == NULL)   /* it has let go: set when it takes the file up */
    return KVAULT_OK;
  return kvault__exec (vault, on ? "PRAGMA secure_delete=ON" : "PRAGMA secure_delete=OFF");
}
