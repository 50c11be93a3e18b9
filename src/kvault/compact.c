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
#define SAME_ROOM_TRIES 3
#define FRAME_HEAD 24             /* of a page in the log */

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

/* Subvolumes of one btrfs, like data sets of one pool, are devices apart and share their room: that shows by the bytes that are free. */
static bool
same_disk (const char *a,
           const char *b)
{
  struct stat left, right;
  uint64_t room;

  if (a == NULL || stat (a, &left) != 0 || stat (b, &right) != 0)
    return false;
  if (left.st_dev == right.st_dev)
    return true;
  for (int i = 0; i < SAME_ROOM_TRIES; i++)   /* somebody may write just then */
    if ((room = room_in (a)) > 0 && room == room_in (b))
      return true;
  return false;
}

static bool
has_room (const kvault_vacuum_estimate *estimate)
{
  if (!estimate->temporary_apart)
    return estimate->disk_needed + estimate->temporary_needed <= estimate->disk_free;
  return estimate->disk_needed <= estimate->disk_free && estimate->temporary_needed <= estimate->temporary_free;
}

static void
look_for_room (kvault                 *vault,
               kvault_vacuum_estimate *estimate)
{
  char *folder = kvault__folder_of (vault->path);

  estimate->disk_free = room_in (folder);
  estimate->temporary_free = room_in (temporary_folder ());
  estimate->temporary_apart = estimate->temporary_needed > 0 && !same_disk (folder, temporary_folder ());
  estimate->disk_enough = has_room (estimate);
  free (folder);
}

/* In place the old pages come back through the log, behind the new ones that are in it by then: what could not be written there was not kept. */
static bool
could_put_back (const kvault_vacuum_estimate *estimate,
                const kvault_stats           *stats)
{
  uint64_t bytes = estimate->live_size + stats->file_size;

  return stats->journal == KVAULT_JOURNAL_WAL && estimate->disk_free >= bytes + bytes / stats->page_size * FRAME_HEAD;
}

static int
check_room (kvault                 *vault,
            kvault_vacuum_estimate *estimate)
{
  look_for_room (vault, estimate);
  if (estimate->disk_enough)
    return KVAULT_OK;
  return kvault__fail (vault, KVAULT_EFULL, "%s: compacting needs %llu bytes of disk beside it and %llu for temporary files; %llu and %llu are free",
                       vault->name, (unsigned long long) estimate->disk_needed, (unsigned long long) estimate->temporary_needed,
                       (unsigned long long) estimate->disk_free, (unsigned long long) estimate->temporary_free);
}

/* ---- the time ---- */

/* What a way does to each byte: of those in use, in steps of the free ones. */
typedef struct {
  double reads, writes;     /* by the disk */
  double ns;                /* by the processor */
} Toil;

static const Toil toils[] = {
  [KVAULT_VACUUM_SWAP] = { 1, 1, .9 },           /* the copy is in memory still when it is checked */
  [KVAULT_VACUUM_INCREMENTAL] = { 1, 2, 1.5 },   /* log and file */
  [KVAULT_VACUUM_IN_PLACE] = { 1, 3, 2 },        /* temporary file, log and file */
};
static const kvault_disk fast_disk = { 2000000000, 2000000000 }, slow_disk = { 80000000, 80000000 };

static uint64_t
time_of (kvault_vacuum_way  way,
         uint64_t           bytes,
         const kvault_disk *disk)
{
  const Toil *toil = &toils[way];
  double seconds_a_byte = toil->ns / 1e9 + toil->reads / (double) disk->read_rate + toil->writes / (double) disk->write_rate;

  return (uint64_t) ((double) bytes * seconds_a_byte * 1000);
}

static void
estimate_time (kvault_vacuum_estimate *estimate,
               const kvault_disk      *disk,
               uint64_t                bytes)
{
  bool known = disk != NULL && disk->read_rate > 0 && disk->write_rate > 0;

  estimate->duration_ms = time_of (estimate->way, bytes, known ? disk : &fast_disk);
  estimate->duration_max_ms = time_of (estimate->way, bytes, known ? disk : &slow_disk);
}

/* ---- the estimate ---- */

static int
estimate_way (kvault                 *vault,
              const kvault_stats     *stats,
              kvault_vacuum_way       way,
              const kvault_disk      *disk,
              kvault_vacuum_estimate *estimate)
{
  uint64_t live = estimate->live_size;
  kvault__who who;
  int rc;

  estimate->way = way;
  estimate->temporary_needed = 0;
  estimate->keeps_old = 0;
  switch (way)
    {
    case KVAULT_VACUUM_INCREMENTAL:
      /* A step in the log, behind what the automatic checkpoint lets it grow to. */
      estimate->disk_needed = (uint64_t) (RECLAIM_STEP + 1000) * stats->page_size;
      estimate_time (estimate, disk, stats->reclaimable_size);
      if (stats->auto_vacuum != 2)
        return kvault__fail (vault, KVAULT_EINVAL, "%s: the file has no page maps, which giving space back in steps needs", vault->name);
      return check_room (vault, estimate);
    case KVAULT_VACUUM_IN_PLACE:
      estimate->disk_needed = estimate->temporary_needed = live;
      estimate_time (estimate, disk, live);
      rc = check_room (vault, estimate);
      estimate->keeps_old = could_put_back (estimate, stats);
      return rc;
    case KVAULT_VACUUM_SWAP:
    case KVAULT_VACUUM_AUTO:
    default:
      estimate->way = KVAULT_VACUUM_SWAP;
      estimate->keeps_old = 1;
      estimate->disk_needed = live;
      estimate_time (estimate, disk, live);
      look_for_room (vault, estimate);   /* also if somebody is in the way */
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
  if (kvault_obstacle_get (vault) == KVAULT_OBSTACLE_LOG)
    return kvault__fail_cannot_log (vault);
  return kvault__check_writable (vault);
}

/* Pages that are given back go into the log, which stays. A new file would do without it, but whoever reads has the old one open. */
static int
estimate_held (kvault                 *vault,
               const kvault__who      *who,
               kvault_vacuum_way       way,
               kvault_vacuum_estimate *estimate,
               int                     rc)
{
  estimate->log_held = 1;
  if (who->pid > 0)
    {
      estimate->pid = who->pid;
      memcpy (estimate->program, who->program, sizeof estimate->program);
    }
  if (way == KVAULT_VACUUM_SWAP || (rc != KVAULT_OK && rc != KVAULT_EBUSY))
    return rc;
  estimate->freed = 0;
  return kvault__checkpoint_fail (vault, who);
}

static const kvault_vacuum_options default_options;

int
kvault_vacuum_plan (kvault                      *vault,
                    const kvault_vacuum_options *options,
                    kvault_vacuum_estimate      *estimate)
{
  kvault_stats stats;
  kvault__who who;
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
  estimate->memory_free = kvault__available_memory ();
  if ((rc = check_could_write (vault)) == KVAULT_OK)
    rc = estimate_way (vault, &stats, options->way, options->disk, estimate);
  if (kvault__log_is_held (vault, &stats, &who))
    rc = estimate_held (vault, &who, options->way, estimate, rc);
  set_possible (vault, estimate, rc);
  if (is_in_the_way (rc) && !estimate->log_held && may_go_in_steps (options, stats.auto_vacuum))   /* the reason stays */
    estimate->possible = estimate_way (vault, &stats, KVAULT_VACUUM_INCREMENTAL, options->disk, estimate);
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

/* The log is moved as far as readers let it; what they keep is no failure. Nobody can cancel it: pages came back by what is in it. */
static int
move_log (kvault *vault,
          int    *log_in_use)
{
  kvault_checkpoint_result result;
  int rc = kvault__checkpoint_done (vault, &result);

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
  kvault__work_go (work, KVAULT_STEP_MOVE, pages * vault->page_size);
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

static const kvault__stage stages_in_steps[] = { { KVAULT_STEP_MOVE, .95 }, { KVAULT_STEP_PLACE, .05 } };

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
  kvault__work_stages (work, stages_in_steps, sizeof stages_in_steps / sizeof stages_in_steps[0]);
  rc = reclaim (vault, pages, work, freed);
  *done = rc == KVAULT_OK;
  if (rc == KVAULT_OK)
    {
      kvault__work_go (work, KVAULT_STEP_PLACE, KVAULT_SIZE_UNKNOWN);
      return move_log (vault, log_in_use);
    }
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

static const kvault__stage stages_in_place[] = {
  { KVAULT_STEP_COPY, .3 },
  { KVAULT_STEP_WRITE_BACK, .3 },
  { KVAULT_STEP_CHECK, .15 },
  { KVAULT_STEP_COMPARE, .05 },
  { KVAULT_STEP_PLACE, .2 },   /* with a log: SQLite has only written that by then */
};

/* What the file was, where there is a log: nobody can move the log past what a reader sees, so that the old pages stay in the main file for as
 * long as there is one. */
typedef struct {
  kvault *reader;   /* NULL: there is no log, and the old pages are gone when SQLite has committed */
  kvault *writer;   /* which has looked at the file before anything was written: through it they come back */
  bool stays;       /* they could not: the log, which would be moved over them, is left alone */
} Old;

static int
old_keep (Old                *old,
          kvault             *vault,
          const kvault_stats *stats,
          kvault__work       *work)
{
  int64_t n;
  int rc;

  if (stats->journal != KVAULT_JOURNAL_WAL)
    return KVAULT_OK;
  if ((rc = kvault__open_beside (vault, vault->path, KVAULT_ACCESS_VIEW, NULL, NULL, &old->reader)) != KVAULT_OK ||
      (rc = kvault__open_beside (vault, vault->path, KVAULT_ACCESS_WRITE, kvault__work_is_cancelled, work, &old->writer)) != KVAULT_OK)
    return rc;
  if (kvault__exec (old->reader, "BEGIN") != KVAULT_OK ||
      kvault__pragma_int (old->reader, "SELECT count(*) FROM main.sqlite_schema", &n) != KVAULT_OK)
    return kvault__fail_beside (vault, old->reader);
  return KVAULT_OK;
}

static void
old_let_go (Old *old)
{
  if (old->reader != NULL && !sqlite3_get_autocommit (old->reader->db))
    kvault__exec (old->reader, "ROLLBACK");
  kvault_close (old->reader);
  kvault_close (old->writer);
  *old = (Old) { 0 };
}

/* The first step takes the lock for writing: from then on nobody can commit, and if nobody has since @version, nothing of theirs is lost. */
static int
old_put_back (const Old *old,
              kvault    *vault,
              int64_t    version)
{
  sqlite3_backup *pages = sqlite3_backup_init (old->writer->db, "main", old->reader->db, "main");
  int64_t version_now;
  int step, finished, rc = KVAULT_OK;

  if (pages == NULL)
    return kvault__fail_code (vault, sqlite3_extended_errcode (old->writer->db), "%s", vault->name);
  step = sqlite3_backup_step (pages, 1);
  if (step == SQLITE_OK && (rc = kvault__pragma_int (vault, "PRAGMA main.data_version", &version_now)) == KVAULT_OK)
    {
      if (version_now != version)
        rc = kvault__fail (vault, KVAULT_EBUSY, "%s: somebody has written to it since", vault->name);
      else
        step = sqlite3_backup_step (pages, -1);
    }
  finished = sqlite3_backup_finish (pages);
  if (rc != KVAULT_OK || (step == SQLITE_DONE && finished == SQLITE_OK))
    return rc;
  return kvault__fail_code (vault, finished != SQLITE_OK ? finished : step, "%s", vault->name);
}

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
  work->then = KVAULT_STEP_WRITE_BACK;
  kvault__work_watch (work, vault->db, live);
  rc = kvault__exec (vault, "VACUUM main");
  kvault__work_unwatch (work);
  if (rc == KVAULT_OK && work->progress.step != KVAULT_STEP_WRITE_BACK)
    kvault__work_go (work, KVAULT_STEP_WRITE_BACK, KVAULT_SIZE_UNKNOWN);

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

/* The content, and what tells whether somebody else has changed it since. */
static int
look_at_content (kvault          *vault,
                 kvault__content *content,
                 int64_t         *version)
{
  int rc = kvault__pragma_int (vault, "PRAGMA main.data_version", version);

  return rc == KVAULT_OK ? kvault__content_get (vault, content) : rc;
}

static int
compare_content (kvault                *vault,
                 const kvault__content *before,
                 int64_t                version,
                 kvault_vacuum_result  *result)
{
  kvault__content now;
  int64_t version_now;
  int rc;

  if ((rc = kvault__content_get (vault, &now)) != KVAULT_OK ||
      (rc = kvault__pragma_int (vault, "PRAGMA main.data_version", &version_now)) != KVAULT_OK)
    return rc;
  result->before.keys = before->keys;
  result->after.keys = now.keys;
  if (version_now != version)   /* what differs may be somebody else's */
    return KVAULT_OK;
  if (now.sum != before->sum)
    return kvault__fail (vault, KVAULT_ECORRUPT, "%s: it is compacted, but rows or bytes in it are not those of before; check it", vault->name);
  result->verified |= KVAULT_VERIFIED_CONTENT;
  return KVAULT_OK;
}

/* The file is compacted by now: whoever does not want to wait for this is told that it was not done. */
static int
verify_in_place (kvault                *vault,
                 kvault__work          *work,
                 const kvault__content *before,
                 int64_t                version,
                 uint64_t               live,
                 kvault_vacuum_result  *result)
{
  bool sound;
  int rc;

  if ((rc = kvault__check_pages (vault, vault, work, live, &sound)) == KVAULT_OK)
    {
      if (!sound)
        return kvault__fail (vault, KVAULT_ECORRUPT, "%s: it is compacted, but damaged; check it", vault->name);
      result->verified |= KVAULT_VERIFIED_PAGES;
      kvault__work_go (work, KVAULT_STEP_COMPARE, KVAULT_SIZE_UNKNOWN);
      if ((rc = kvault__work_check (work)) == KVAULT_OK)
        rc = compare_content (vault, before, version, result);
    }
  result->verify_cancelled = rc == KVAULT_ECANCELLED;
  return result->verify_cancelled ? KVAULT_OK : rc;
}

/* The handle begins anew: it is to remember nothing of what was taken back. */
static int
take_back_in_place (kvault               *vault,
                    const kvault_stats   *stats,
                    kvault_vacuum_result *result,
                    int                   found)
{
  kvault__disconnect (vault);
  vault->damaged = false;
  vault->page_maps = stats->auto_vacuum != 0;
  result->done = 0;
  result->verified = 0;
  return kvault__fail (vault, found, "%s: what was written %s; it is as it was before. Check the vault and the disk", vault->name,
                       found == KVAULT_ECORRUPT ? "was not equal to it" : "could not be read");
}

/* After what verify_in_place() found. Where nothing comes back, no step of ours is the one that loses it; but what others have written since is in
 * the log only, and would not be read out of it again if that is what is broken. */
static int
undo_in_place (Old                  *old,
               kvault               *vault,
               int64_t               version,
               const kvault_stats   *stats,
               kvault_vacuum_result *result)
{
  kvault_error found = vault->error, error;
  int64_t version_now = version;

  if (old_put_back (old, vault, version) == KVAULT_OK)
    return take_back_in_place (vault, stats, result, found.code);
  error = vault->error;
  old->stays = kvault__pragma_int (vault, "PRAGMA main.data_version", &version_now) != KVAULT_OK || version_now == version;
  kvault__fail (vault, found.code, "%s; what was there could not be put back (%s)%s", found.message, error.message,
                old->stays ? ", and its log was not moved: copy the file and the log before anything else opens it" : "");
  if (old->stays)
    {
      sqlite3_db_config (vault->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
      sqlite3_wal_autocheckpoint (vault->db, 0);
    }
  vault->error.sqlite_code = found.sqlite_code;
  vault->error.system_errno = found.system_errno;
  return found.code;
}

/* What is looked at before comes first: what others write from then on shows, so that nothing is put back over it. */
static int
write_in_place (kvault                      *vault,
                const kvault_vacuum_options *options,
                const kvault_stats          *stats,
                Old                         *old,
                kvault__work                *work,
                kvault_vacuum_result        *result)
{
  uint64_t live = stats->file_size - stats->reclaimable_size;
  kvault__content before;
  int64_t version;
  int rc;

  if ((rc = look_at_content (vault, &before, &version)) != KVAULT_OK ||
      (rc = old_keep (old, vault, stats, work)) != KVAULT_OK ||
      (rc = vacuum_in_place (vault, options->page_maps != 0, live, work)) != KVAULT_OK)
    return rc;
  result->done = 1;
  rc = verify_in_place (vault, work, &before, version, live, result);
  if (old->reader == NULL || (rc != KVAULT_ECORRUPT && rc != KVAULT_EIO && rc != KVAULT_ENOTDB))
    return rc;
  return undo_in_place (old, vault, version, stats, result);
}

/* Whatever else was found, what is in the log is moved, as SQLite would do it at the next opportunity. */
static int
end_in_place (kvault               *vault,
              kvault__work         *work,
              kvault_vacuum_result *result,
              int                   rc)
{
  kvault_error error = vault->error;
  int log_rc;

  if (!result->done)
    return rc;
  kvault__work_go (work, KVAULT_STEP_PLACE, KVAULT_SIZE_UNKNOWN);
  log_rc = move_log (vault, &result->log_in_use);
  if (rc == KVAULT_OK)
    return log_rc;
  vault->error = error;
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
  Old old = { 0 };
  bool stays;
  int rc;

  kvault__work_stages (work, stages_in_place, sizeof stages_in_place / sizeof stages_in_place[0]);
  if ((rc = estimate_way (vault, stats, KVAULT_VACUUM_IN_PLACE, NULL, &estimate)) != KVAULT_OK)
    return rc;
  kvault__work_go (work, KVAULT_STEP_COPY, estimate.live_size);
  if ((rc = kvault__work_check (work)) == KVAULT_OK)
    rc = write_in_place (vault, options, stats, &old, work, result);
  stays = old.stays;
  old_let_go (&old);
  return stays ? rc : end_in_place (vault, work, result, rc);
}

/* ---- the choice ---- */

static int
go (kvault                      *vault,
    const kvault_vacuum_options *options,
    kvault_vacuum_result        *result)
{
  kvault__work work;
  kvault_stats stats;
  uint64_t pages = 0, keys;
  int rc;

  if ((rc = kvault_stats_get (vault, &stats)) != KVAULT_OK)
    return rc;
  kvault__work_init (&work, vault, options->progress, options->progress_data);
  result->way = options->way == KVAULT_VACUUM_AUTO ? KVAULT_VACUUM_SWAP : options->way;
  if (result->way == KVAULT_VACUUM_IN_PLACE)
    return go_in_place (vault, options, &stats, &work, result);
  if (result->way == KVAULT_VACUUM_SWAP)
    {
      rc = kvault__swap (vault, options, &work, &keys);
      result->done = rc == KVAULT_OK;
      if (rc == KVAULT_OK)
        {
          result->before.keys = result->after.keys = keys;
          result->verified = KVAULT_VERIFIED_PAGES | KVAULT_VERIFIED_CONTENT;
        }
      if (!is_in_the_way (rc) || !may_go_in_steps (options, stats.auto_vacuum) || (rc = kvault__enter (vault)) != KVAULT_OK)
        return rc;
    }
  result->way = KVAULT_VACUUM_INCREMENTAL;
  rc = go_in_steps (vault, 0, &work, &pages, &result->done, &result->log_in_use);
  result->freed = pages * stats.page_size;
  return rc;
}

static int
look_at_side (kvault             *vault,
              kvault_vacuum_side *side)
{
  kvault__place place;
  kvault_stats stats;
  int rc = kvault_stats_get (vault, &stats);

  if (rc != KVAULT_OK)
    return rc;
  side->free_size = stats.main_free_size;
  side->log_size = stats.wal_size;
  if (kvault__look_at_place (vault->path, &place) == 0)
    side->main_size = (uint64_t) place.main.st_size;
  return KVAULT_OK;
}

int
kvault_vacuum (kvault                      *vault,
               const kvault_vacuum_options *options,
               kvault_vacuum_result        *result)
{
  kvault_orphans_result orphans;
  kvault_vacuum_result own_result;
  kvault_error error;
  int rc;

  if (result == NULL)
    result = &own_result;
  *result = (kvault_vacuum_result) { .before.keys = KVAULT_SIZE_UNKNOWN, .after.keys = KVAULT_SIZE_UNKNOWN };
  if (options == NULL)
    options = &default_options;
  if ((rc = kvault__enter_settled (vault)) != KVAULT_OK ||
      (rc = check_options (vault, options)) != KVAULT_OK ||
      (rc = kvault__check_idle (vault)) != KVAULT_OK)
    return rc;
  result->size_before = size_on_disk (vault);
  if ((rc = look_at_side (vault, &result->before)) != KVAULT_OK ||
      (rc = kvault__orphans_remove (vault, options->progress, options->progress_data, &orphans)) != KVAULT_OK)
    return rc;
  rc = go (vault, options, result);
  result->size_after = size_on_disk (vault);
  if (rc == KVAULT_OK)
    return look_at_side (vault, &result->after);   /* takes the new file up */
  if (result->done || result->freed > 0)
    {
      error = vault->error;
      look_at_side (vault, &result->after);
      vault->error = error;
    }
  return rc;
}
