/* SPDX-License-Identifier: MIT */
/*
 * compact.c - giving free pages back: what each way will cost, which one to go, and the two that need no new file.
 *
 * swap.c has the third and best. SQLite's own VACUUM builds the copy in a temporary file and then writes it back over the original, through the
 * journal: twice the disk, four to eight times as long, and the second half is one step that obeys nobody.
 */
#include "internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RECLAIM_STEP 512          /* pages moved in one transaction: some 0.1 s */
#define MEMORY_NEEDED (24u << 20)
#define SWAP_RATE 500u            /* bytes a microsecond: of the copy and its check, on a disk of 1 GB/s */
#define IN_PLACE_RATE 180u
#define RECLAIM_RATE 400u

/* Bytes on the disk, which can be more than the pages that count: a reader may keep the log from being moved. */
static uint64_t
size_on_disk (const kvault *vault)
{
  kvault__place place;

  if (kvault__look_at_place (vault->path, &place) != 0)
    return 0;
  return (uint64_t) place.main.st_size + (place.has_wal ? (uint64_t) place.wal_size : 0);
}

/* ---- room ---- */

/* Where SQLite puts temporary files; its os_unix.c, unixTempFileDir(). */
static const char *
temporary_folder (void)
{
  const char *const candidates[] = { sqlite3_temp_directory, getenv ("SQLITE_TMPDIR"), getenv ("TMPDIR"), "/var/tmp", "/usr/tmp", "/tmp" };
  struct stat st;

  for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++)
    if (candidates[i] != NULL && stat (candidates[i], &st) == 0 && S_ISDIR (st.st_mode) && access (candidates[i], W_OK | X_OK) == 0)
      return candidates[i];
  return ".";
}

static uint64_t
room_in (const char *folder)
{
  struct statvfs fs;

  return folder != NULL && statvfs (folder, &fs) == 0 ? (uint64_t) fs.f_bavail * fs.f_frsize : 0;
}

static bool
same_disk (const char *a,
           const char *b)
{
  struct stat left, right;

  return a != NULL && stat (a, &left) == 0 && stat (b, &right) == 0 && left.st_dev == right.st_dev;
}

static bool
has_room (const kvault_vacuum_estimate *estimate,
          const char                   *folder)
{
  if (estimate->temporary_needed > 0 && same_disk (folder, temporary_folder ()))
    return estimate->disk_needed + estimate->temporary_needed <= estimate->disk_free;
  return estimate->disk_needed <= estimate->disk_free && estimate->temporary_needed <= estimate->temporary_free;
}

static int
check_room (kvault                 *vault,
            kvault_vacuum_estimate *estimate)
{
  char *folder = kvault__folder_of (vault->path);
  int rc = KVAULT_OK;

  if (folder == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  estimate->disk_free = room_in (folder);
  estimate->temporary_free = room_in (temporary_folder ());
  if (!has_room (estimate, folder))
    rc = kvault__fail (vault, KVAULT_EFULL, "%s: compacting needs %llu bytes of disk beside it and %llu for temporary files; %llu and %llu are free",
                       vault->name, (unsigned long long) estimate->disk_needed, (unsigned long long) estimate->temporary_needed,
                       (unsigned long long) estimate->disk_free, (unsigned long long) estimate->temporary_free);
  free (folder);
  return rc;
}

/* ---- the estimate ---- */

static int
estimate_way (kvault                 *vault,
              const kvault_stats     *stats,
              kvault_vacuum_way       way,
              kvault_vacuum_estimate *estimate)
{
  uint64_t live = estimate->live_size;
  kvault__who who;
  int rc;

  estimate->way = way;
  estimate->temporary_needed = 0;
  switch (way)
    {
    case KVAULT_VACUUM_INCREMENTAL:
      /* A step in the log, behind what the automatic checkpoint lets it grow to. */
      estimate->disk_needed = (uint64_t) (RECLAIM_STEP + 1000) * stats->page_size;
      estimate->duration_ms = stats->reclaimable_size / RECLAIM_RATE / 1000;
      if (stats->auto_vacuum != 2)
        return kvault__fail (vault, KVAULT_EINVAL, "%s: the file has no page maps, which giving space back in steps needs", vault->name);
      return check_room (vault, estimate);
    case KVAULT_VACUUM_IN_PLACE:
      estimate->disk_needed = estimate->temporary_needed = live;
      estimate->duration_ms = live / IN_PLACE_RATE / 1000;
      return check_room (vault, estimate);
    case KVAULT_VACUUM_SWAP:
    case KVAULT_VACUUM_AUTO:
    default:
      estimate->way = KVAULT_VACUUM_SWAP;
      estimate->disk_needed = live;
      estimate->duration_ms = live / SWAP_RATE / 1000;
      rc = kvault__swap_check (vault, &who);
      estimate->n_others = who.n_processes;
      estimate->pid = who.pid;
      memcpy (estimate->program, who.program, sizeof estimate->program);
      return rc == KVAULT_OK ? check_room (vault, estimate) : rc;
    }
}

static void
set_possible (const kvault           *vault,
              kvault_vacuum_estimate *estimate,
              int                     rc)
{
  estimate->possible = rc;
  if (rc != KVAULT_OK)
    memcpy (estimate->reason, vault->error.message, sizeof estimate->reason);
}

/* What keeps a swap from being done now, so that another way may be gone instead. */
static bool
is_in_the_way (int rc)
{
  return rc == KVAULT_EBUSY || rc == KVAULT_EPERM || rc == KVAULT_EFULL;
}

static int
check_options (kvault                      *vault,
               const kvault_vacuum_options *options)
{
  if ((unsigned) options->way > KVAULT_VACUUM_IN_PLACE)
    return kvault__fail (vault, KVAULT_EINVAL, "way is not a kvault_vacuum_way");
  if (options->way == KVAULT_VACUUM_INCREMENTAL && options->page_maps)
    return kvault__fail (vault, KVAULT_EINVAL, "page maps cannot be turned on in steps");
  return KVAULT_OK;
}

static bool
may_go_in_steps (const kvault_vacuum_options *options,
                 int                          auto_vacuum)
{
  return options->way == KVAULT_VACUUM_AUTO && auto_vacuum == 2;
}

/* Whether the file could be written, by this handle or, where it is for viewing, by another. */
static int
check_could_write (kvault *vault)
{
  if (vault->options.access == KVAULT_ACCESS_VIEW && !vault->damaged && vault->section->writable &&
      kvault_obstacle_get (vault) == KVAULT_OBSTACLE_NONE)
    return KVAULT_OK;
  return kvault__check_writable (vault);
}

static const kvault_vacuum_options default_options;

int
kvault_vacuum_plan (kvault                      *vault,
                    const kvault_vacuum_options *options,
                    kvault_vacuum_estimate      *estimate)
{
  kvault_stats stats;
  int rc;

  *estimate = (kvault_vacuum_estimate) { 0 };
  if (options == NULL)
    options = &default_options;
  if ((rc = kvault_stats_get (vault, &stats)) != KVAULT_OK || (rc = check_options (vault, options)) != KVAULT_OK)
    return rc;
  estimate->file_size = size_on_disk (vault);
  estimate->live_size = stats.file_size - stats.reclaimable_size;
  estimate->freed = estimate->file_size > estimate->live_size ? estimate->file_size - estimate->live_size : 0;
  estimate->memory_needed = MEMORY_NEEDED;
  if ((rc = check_could_write (vault)) == KVAULT_OK)
    rc = estimate_way (vault, &stats, options->way, estimate);
  set_possible (vault, estimate, rc);
  if (is_in_the_way (rc) && may_go_in_steps (options, stats.auto_vacuum))   /* the reason stays */
    estimate->possible = estimate_way (vault, &stats, KVAULT_VACUUM_INCREMENTAL, estimate);
  return KVAULT_OK;
}

/* ---- in steps ---- */

static int
free_pages (kvault   *vault,
            uint64_t *n)
{
  int64_t count;
  int rc = kvault__pragma_int (vault, "PRAGMA main.freelist_count", &count);

  *n = (uint64_t) count;
  return rc;
}

/* The log is moved as far as readers let it; what they keep is no failure. */
static int
move_log (kvault *vault,
          int    *log_in_use)
{
  kvault_checkpoint_result result;
  int rc = kvault__checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, &result);

  *log_in_use = rc == KVAULT_EBUSY;
  return rc == KVAULT_EBUSY ? KVAULT_OK : rc;
}

static int
reclaim (kvault      *vault,
         uint64_t     pages,
         kvault__work *work,
         uint64_t    *freed)
{
  uint64_t before, now;
  char sql[64];
  int rc = free_pages (vault, &before);

  if (pages == 0 || pages > before)
    pages = before;
  work->progress.bytes = 0;
  work->progress.bytes_total = pages * vault->page_size;
  while (rc == KVAULT_OK && *freed < pages)
    {
      uint64_t n = pages - *freed < RECLAIM_STEP ? pages - *freed : RECLAIM_STEP;

      work->reported_ms = 0;   /* a step is worth a word */
      if ((rc = kvault__work_check (work)) != KVAULT_OK)
        return rc;
      sqlite3_snprintf (sizeof sql, sql, "PRAGMA main.incremental_vacuum(%llu)", (unsigned long long) n);
      if ((rc = kvault__exec (vault, sql)) != KVAULT_OK || (rc = free_pages (vault, &now)) != KVAULT_OK || now >= before)
        return rc;
      *freed += before - now;
      before = now;
      work->progress.bytes = *freed * vault->page_size;
    }
  return rc;
}

static int
check_page_maps (kvault *vault)
{
  int64_t auto_vacuum;
  int rc = kvault__pragma_int (vault, "PRAGMA main.auto_vacuum", &auto_vacuum);

  if (rc != KVAULT_OK || auto_vacuum == 2)
    return rc;
  return kvault__fail (vault, KVAULT_EINVAL, "%s: the file has no page maps, which giving space back in steps needs; compacting can turn them on",
                       vault->name);
}

static int
go_in_steps (kvault       *vault,
             uint64_t      pages,
             kvault__work *work,
             uint64_t     *freed,
             int          *done,
             int          *log_in_use)
{
  kvault_error error;
  int rc;

  if ((rc = check_page_maps (vault)) != KVAULT_OK)
    return rc;
  rc = reclaim (vault, pages, work, freed);
  *done = rc == KVAULT_OK;
  if (rc == KVAULT_OK)
    return move_log (vault, log_in_use);
  error = vault->error;
  move_log (vault, log_in_use);
  vault->error = error;
  return rc;
}

int
kvault_reclaim (kvault              *vault,
                uint64_t             pages,
                kvault_progress_func progress,
                void                *progress_data,
                uint64_t            *freed)
{
  kvault_orphans_result orphans;
  kvault__work work;
  uint64_t n = 0;
  int done, log_in_use;
  int rc;

  if (freed == NULL)
    freed = &n;
  *freed = 0;
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK || (rc = kvault__check_idle (vault)) != KVAULT_OK ||
      (rc = check_page_maps (vault)) != KVAULT_OK ||
      (rc = kvault__orphans_remove (vault, progress, progress_data, &orphans)) != KVAULT_OK)
    return rc;
  kvault__work_init (&work, vault, progress, progress_data);
  return go_in_steps (vault, pages, &work, freed, &done, &log_in_use);
}

/* ---- in place ---- */

static int
vacuum_in_place (kvault       *vault,
                 bool          page_maps,
                 uint64_t      live,
                 kvault__work *work)
{
  char restore[96];
  int64_t auto_vacuum;
  int rc;

  if ((rc = kvault__pragma_int (vault, "PRAGMA main.auto_vacuum", &auto_vacuum)) != KVAULT_OK ||
      (rc = kvault__exec (vault, page_maps ? "PRAGMA main.cache_size=-2000; PRAGMA main.auto_vacuum=INCREMENTAL"
                                           : "PRAGMA main.cache_size=-2000")) != KVAULT_OK)
    return rc;
  work->progress.bytes = 0;
  work->progress.bytes_total = live;
  kvault__work_watch (work, vault->db, live);
  rc = kvault__exec (vault, "VACUUM main");
  kvault__work_unwatch (work);

  if (rc == KVAULT_OK && page_maps && auto_vacuum == 0)
    {
      auto_vacuum = 2;
      vault->page_maps = true;
    }
  sqlite3_snprintf (sizeof restore, restore, "PRAGMA main.cache_size=-%u; PRAGMA main.auto_vacuum=%d",
                    vault->options.page_cache_kib, (int) auto_vacuum);
  sqlite3_exec (vault->db, restore, NULL, NULL, NULL);
  return rc;
}

static int
go_in_place (kvault                      *vault,
             const kvault_vacuum_options *options,
             const kvault_stats          *stats,
             kvault__work                *work,
             kvault_vacuum_result        *result)
{
  kvault_vacuum_estimate estimate = { .live_size = stats->file_size - stats->reclaimable_size };
  int rc;

  if ((rc = estimate_way (vault, stats, KVAULT_VACUUM_IN_PLACE, &estimate)) != KVAULT_OK ||
      (rc = vacuum_in_place (vault, options->page_maps != 0, estimate.live_size, work)) != KVAULT_OK)
    return rc;
  result->done = 1;
  return move_log (vault, &result->log_in_use);
}

/* ---- the choice ---- */

static int
go (kvault                      *vault,
    const kvault_vacuum_options *options,
    kvault_vacuum_result        *result)
{
  kvault__work work;
  kvault_stats stats;
  uint64_t pages = 0;
  int rc;

  if ((rc = kvault_stats_get (vault, &stats)) != KVAULT_OK)
    return rc;
  kvault__work_init (&work, vault, options->progress, options->progress_data);
  result->way = options->way == KVAULT_VACUUM_AUTO ? KVAULT_VACUUM_SWAP : options->way;
  if (result->way == KVAULT_VACUUM_IN_PLACE)
    return go_in_place (vault, options, &stats, &work, result);
  if (result->way == KVAULT_VACUUM_SWAP)
    {
      rc = kvault__swap (vault, options, &work);
      result->done = rc == KVAULT_OK;
      if (!is_in_the_way (rc) || !may_go_in_steps (options, stats.auto_vacuum) || (rc = kvault__enter (vault)) != KVAULT_OK)
        return rc;
    }
  result->way = KVAULT_VACUUM_INCREMENTAL;
  rc = go_in_steps (vault, 0, &work, &pages, &result->done, &result->log_in_use);
  result->freed = pages * stats.page_size;
  return rc;
}

int
kvault_vacuum (kvault                      *vault,
               const kvault_vacuum_options *options,
               kvault_vacuum_result        *result)
{
  kvault_orphans_result orphans;
  kvault_vacuum_result own_result;
  int rc;

  if (result == NULL)
    result = &own_result;
  *result = (kvault_vacuum_result) { 0 };
  if (options == NULL)
    options = &default_options;
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK ||
      (rc = check_options (vault, options)) != KVAULT_OK ||
      (rc = kvault__check_idle (vault)) != KVAULT_OK)
    return rc;
  result->size_before = size_on_disk (vault);
  if ((rc = kvault__orphans_remove (vault, options->progress, options->progress_data, &orphans)) != KVAULT_OK)
    return rc;
  rc = go (vault, options, result);
  result->size_after = size_on_disk (vault);
  if (rc != KVAULT_OK)
    return rc;
  return kvault__enter (vault);   /* takes the new file up */
}
