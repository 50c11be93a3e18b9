/* SPDX-License-Identifier: MIT */
/*
 * work.c - progress and cancel for long work, also inside SQLite where no progress handler is asked.
 *
 * integrity_check is one step of SQLite's virtual machine and a checkpoint none. Both read or write the main file or the log all the time,
 * so they are watched there (heapwal.c): each page counts, and a cancel becomes sqlite3_interrupt(), which both heed.
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

/* ---- steps ---- */

/* @stages must last as long. */
void
kvault__work_stages (kvault__work        *work,
                     const kvault__stage *stages,
                     unsigned             n)
{
  work->stages = stages;
  work->progress.n_steps = n;
}

/* What is done again, and what takes longer than it mostly does, moves no bar back. */
static void
set_fraction (kvault__work *work)
{
  kvault_progress *progress = &work->progress;
  double part = progress->bytes_total != KVAULT_SIZE_UNKNOWN && progress->bytes_total > 0
                ? (double) progress->bytes / (double) progress->bytes_total : 0;
  double fraction = work->share_before + work->share * (part < 1 ? part : 1);

  if (fraction > progress->fraction)
    progress->fraction = fraction;
}

static void
report (kvault__work *work,
        int64_t       now)
{
  work->reported_ms = now;
  set_fraction (work);
  if (work->report (&work->progress, work->data) != 0)
    work->vault->cancelled = true;
}

/* What comes now is @step, of @bytes (or KVAULT_SIZE_UNKNOWN). It is told at once, since nobody may be asked for long. */
void
kvault__work_go (kvault__work *work,
                 kvault_step   step,
                 uint64_t      bytes)
{
  unsigned i;

  work->share_before = 0;
  for (i = 0; work->stages[i].step != step; i++)
    work->share_before += work->stages[i].share;
  work->share = work->stages[i].share;
  work->progress.step = step;
  work->progress.step_number = i + 1;
  work->progress.bytes = 0;
  work->progress.bytes_total = bytes;
  work->then = KVAULT_STEP_NONE;
  if (work->report != NULL && !work->vault->cancelled)
    report (work, kvault__now_ms ());
}

/* ---- asking and telling ---- */

/* May be asked as often as one likes. */
static bool
goes_on (kvault__work *work)
{
  int64_t now;

  if (work->vault->cancelled || (work->stop != NULL && work->stop (work)))
    return false;
  if (work->report != NULL && (now = kvault__now_ms ()) - work->reported_ms >= REPORT_MS)
    report (work, now);
  return !kvault__is_cancelled (work->vault);
}

int
kvault__work_check (kvault__work *work)
{
  if (goes_on (work))
    return KVAULT_OK;
  return kvault__fail (work->vault, KVAULT_ECANCELLED, "%s: cancelled", work->vault->name);
}

/* kvault_options.is_cancelled of a handle that works for another one. */
int
kvault__work_is_cancelled (void *work)
{
  return !goes_on (work);
}

static void
moved_cb (void *data,
          int   n_bytes)
{
  kvault__work *work = data;

  work->progress.bytes += (uint64_t) n_bytes;
  if (work->progress.bytes >= work->stage_end && work->then != KVAULT_STEP_NONE)
    {
      kvault__work_go (work, work->then, KVAULT_SIZE_UNKNOWN);
      work->stage_end = 0;
    }
  if (work->progress.bytes > work->stage_end)
    work->progress.bytes = work->stage_end;
  if (work->writes_fd >= 0 && (work->unwritten += (uint64_t) n_bytes) >= WRITE_BEHIND)
    {
      sync_file_range (work->writes_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
      work->unwritten = 0;
    }
  if (!goes_on (work))
    sqlite3_interrupt (work->watched);
}

/* From here to kvault__work_unwatch() what @db moves of its main file and its log counts, as a stage of @bytes in all. */
void
kvault__work_watch (kvault__work *work,
                    sqlite3      *db,
                    uint64_t      bytes)
{
  kvault__watch watch = { moved_cb, work };

  work->watched = db;
  work->stage_end = work->progress.bytes + bytes;
  kvault__watch_files (db, &watch);
}

void
kvault__work_unwatch (kvault__work *work)
{
  kvault__watch none = { 0 };

  kvault__watch_files (work->watched, &none);
  work->watched = NULL;
  work->progress.bytes = work->stage_end;
}
