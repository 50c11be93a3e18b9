/* SPDX-License-Identifier: MIT */
/*
 * work.c - progress and cancel for long work, also inside SQLite where no progress handler is asked.
 *
 * integrity_check is one step of SQLite's virtual machine and a checkpoint none. Both read or write the main file all the time, so
 * they are watched there (heapwal.c): each page counts, and a cancel becomes sqlite3_interrupt(), which both heed.
 */
#include "internal.h"

#include <fcntl.h>
#include <time.h>

#define REPORT_MS 20
#define WRITE_BEHIND (16 << 20)   /* bytes moved before the disk is told to begin with what was written */

int64_t
kvault__now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
kvault__work_init (kvault__work        *work,
                   kvault              *vault,
                   kvault_progress_func report,
                   void                *data)
{
  *work = (kvault__work) {
    .vault = vault, .report = report, .data = data, .writes_fd = -1,
    .progress = { .keys_total = KVAULT_SIZE_UNKNOWN, .bytes_total = KVAULT_SIZE_UNKNOWN },
  };
}

/* May be asked as often as one likes. */
bool
kvault__work_goes_on (kvault__work *work)
{
  int64_t now;

  if (work->vault->cancelled || (work->stop != NULL && work->stop (work)))
    return false;
  if (work->report != NULL && (now = kvault__now_ms ()) - work->reported_ms >= REPORT_MS)
    {
      work->reported_ms = now;
      if (work->report (&work->progress, work->data) != 0)
        work->vault->cancelled = true;
    }
  return !kvault__is_cancelled (work->vault);
}

int
kvault__work_check (kvault__work *work)
{
  if (kvault__work_goes_on (work))
    return KVAULT_OK;
  return kvault__fail (work->vault, KVAULT_ECANCELLED, "%s: cancelled", work->vault->name);
}

/* kvault_options.is_cancelled of a handle that works for another one. */
int
kvault__work_is_cancelled (void *work)
{
  return !kvault__work_goes_on (work);
}

static void
moved_cb (void *data,
          int   n_bytes)
{
  kvault__work *work = data;

  work->progress.bytes += (uint64_t) n_bytes;
  if (work->progress.bytes > work->stage_end)
    work->progress.bytes = work->stage_end;
  if (work->writes_fd >= 0 && (work->unwritten += (uint64_t) n_bytes) >= WRITE_BEHIND)
    {
      sync_file_range (work->writes_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
      work->unwritten = 0;
    }
  if (!kvault__work_goes_on (work))
    sqlite3_interrupt (work->watched);
}

/* From here to kvault__work_unwatch() what @db moves of its main file counts, as a stage of @bytes in all. */
void
kvault__work_watch (kvault__work *work,
                    sqlite3      *db,
                    uint64_t      bytes)
{
  kvault__watch watch = { moved_cb, work };

  work->watched = db;
  work->stage_end = work->progress.bytes + bytes;
  sqlite3_file_control (db, "main", KVAULT__FCNTL_WATCH, &watch);
}

void
kvault__work_unwatch (kvault__work *work)
{
  kvault__watch none = { 0 };

  sqlite3_file_control (work->watched, "main", KVAULT__FCNTL_WATCH, &none);
  work->watched = NULL;
  work->progress.bytes = work->stage_end;
}
