/* SPDX-License-Identifier: MIT */
/*
 * swap.c - compacting into a new file that takes the name of the old one.
 *
 * A swap under an open connection destroys data: in write-ahead-log mode the other's log is later replayed into the new file. So the names
 * are exchanged only while it is proved that nobody has either file open, on all of the machine. The proof is a write
 * lease (fcntl(F_SETLEASE)): it is not given while any other descriptor of the file exists, and while it is held, open() waits. SQLite's
 * locks cannot prove it, for a connection that is idle in rollback mode, or never read, holds none. The order is:
 *
 *  1. The log is moved into the main file and cut to nothing; this handle's connection begins a write transaction, so that nobody
 *     can commit; the log must still be empty.
 *  2. A second connection writes the compacted copy and compares it (copy.c). The copy gets owner, mode and extended
 *     attributes.
 *  3. The other handles of this process are asked to let go; the main file's inode, size and times are noted; the
 *     transaction ends, and this process closes all it has of the file. Any commit from here on changes what was noted, or
 *     leaves a log.
 *  4. Leases on both files. With them held nobody else can begin; what was noted must still be so, and neither a log
 *     nor a journal be there.
 *  5. The names are exchanged, and exchanged back if somebody came at the last moment: exchange.c. The old file is unlinked; the
 *     leases end with their descriptors.
 *
 * After a kill the file that does not have the name stays under the copy's, for kvault__sweep(), which the lock file keeps from opening that file
 * while there are leases.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SETTLE_TRIES 5
#define TIMESTAMP_MS 20   /* coarser than the clock of any file system with leases */

typedef struct {
  kvault *vault;
  kvault__work *work;
  kvault__copy copy;
  bool page_maps;
  kvault_journal journal;
  uint64_t live;
  struct stat before;
  int fd;                 /* of the old file, with the lease */
  int lock_fd;
  bool claimed;
  bool stuck;             /* the names could not be exchanged back: both files stay */
} swap;

static void
sleep_ms (long ms)
{
  nanosleep (&(struct timespec) { .tv_nsec = ms * 1000000L }, NULL);
}

/* ---- leases ---- */

static int
fail_lease (kvault *vault)
{
  kvault__who who;

  if (errno != EAGAIN && errno != EBUSY)
    return kvault__fail_errno (vault, KVAULT_EPERM, errno, "%s: the system cannot tell whether others have the file open", vault->name);
  kvault__who_has_open (vault, &who);
  return kvault__swap_fail_others (vault, &who);
}

int
kvault__swap_fail_others (kvault            *vault,
                          const kvault__who *who)
{
  if (who->n_processes == 0)
    return kvault__fail (vault, KVAULT_EBUSY, "%s: another program has it open", vault->name);
  return kvault__fail (vault, KVAULT_EBUSY, "%s: %s (process %lld)%s open", vault->name,
                       who->program[0] != '\0' ? who->program : "another program", (long long) who->pid,
                       who->n_processes > 1 ? " and others have it" : " has it");
}

/* Whether the file system of the vault gives leases, tried on a nameless file. */
static bool
leases_work (const char *path)
{
  char *folder = kvault__folder_of (path);
  int fd = folder != NULL ? open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
  bool work = fd < 0 || kvault__take_lease (fd);   /* without nameless files it shows later */

  if (fd >= 0)
    close (fd);
  free (folder);
  return work;
}

/* Whether there was a moment in this call at which nobody had the file open, this handle not counted, which lets go of it for that; and of the
 * other handles of this process only if they would. "No" if it cannot be proved. Keeps the last error. */
bool
kvault__was_alone (kvault *vault)
{
  kvault_error error = vault->error;
  bool alone = false;
  kvault__who who;
  int fd;

  kvault__who_has_open (vault, &who);
  if (who.n_processes == 0 && kvault__others_would_let_go (vault) && kvault__claim (vault) == KVAULT_OK)
    {
      kvault__disconnect (vault);
      fd = open (vault->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
      alone = fd >= 0 && kvault__take_lease (fd);
      if (fd >= 0)
        close (fd);
      kvault__unclaim (vault);
    }
  vault->error = error;
  return alone;
}

static int
fail_links (kvault *vault)
{
  return kvault__fail (vault, KVAULT_EPERM, "%s: the file has more than one name (hard links), and only one could be given to the new file",
                       vault->name);
}

/* What can be known before the work; the lease has the last word. */
int
kvault__swap_check (kvault      *vault,
                    kvault__who *who)
{
  struct stat st;

  kvault__who_has_open (vault, who);
  if (stat (vault->path, &st) != 0)
    return kvault__fail_errno (vault, KVAULT_EMOVED, errno, "%s", vault->name);
  if (st.st_nlink > 1)
    return fail_links (vault);
  if (geteuid () != 0 && st.st_uid != geteuid ())
    return kvault__fail (vault, KVAULT_EPERM, "%s: the file belongs to somebody else", vault->name);
  if (!leases_work (vault->path))
    return kvault__fail (vault, KVAULT_EPERM, "%s: its file system cannot tell whether others have the file open", vault->name);
  if (!kvault__others_would_let_go (vault))
    return kvault__fail (vault, KVAULT_EBUSY, "%s: another part of this program has the file open and does not let go of it", vault->name);
  return who->n_processes > 0 ? kvault__swap_fail_others (vault, who) : KVAULT_OK;
}

/* ---- 1: a state that stays ---- */

static bool
log_is_empty (const kvault *vault)
{
  kvault__place place;

  return kvault__look_at_place (vault->path, &place) == 0 && !place.has_wal;
}

static int
hold_writers (swap *self)
{
  kvault *vault = self->vault;
  kvault_checkpoint_result result;
  int rc = KVAULT_OK;

  for (int i = 0; i < SETTLE_TRIES; i++)
    {
      if (self->journal == KVAULT_JOURNAL_WAL && (rc = kvault__checkpoint (vault, KVAULT_CHECKPOINT_TRUNCATE, &result)) != KVAULT_OK)
        return rc;
      if ((rc = kvault__run (vault, KVAULT__BEGIN)) != KVAULT_OK)
        return rc;
      if (log_is_empty (vault))
        return KVAULT_OK;
      if ((rc = kvault__take_back (vault)) != KVAULT_OK)
        return rc;
    }
  return kvault__fail (vault, KVAULT_EBUSY, "%s: others write without a pause", vault->name);
}

static void
release_writers (swap *self)
{
  kvault_error error = self->vault->error;

  if (self->vault->db != NULL)
    kvault__take_back (self->vault);
  self->vault->error = error;
}

/* ---- 2: the new file ---- */

/* The last step is tried first, with what goes with the copy if it is left. */
static int
try_last_step (swap *self)
{
  kvault *vault = self->vault;
  char *other = sqlite3_mprintf ("%s-journal", self->copy.path);
  int fd = other != NULL ? open (other, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
  int rc = fd >= 0 ? kvault__exchange_try (vault, self->copy.path, other)
                   : kvault__fail_errno (vault, KVAULT_EIO, other != NULL ? errno : ENOMEM, "%s: cannot make the new file", vault->name);

  if (rc == KVAULT_OK && !kvault__take_lease (fd))
    rc = kvault__fail_errno (vault, KVAULT_EPERM, errno, "%s: its file system cannot tell whether others have the file open", vault->name);
  if (fd >= 0)
    {
      unlink (other);
      close (fd);
    }
  sqlite3_free (other);
  return rc;
}

static int
write_new_file (swap *self)
{
  kvault *source;
  int rc = kvault__open_beside (self->vault, self->vault->path, KVAULT_ACCESS_VIEW, kvault__work_is_cancelled, self->work, &source);

  if (rc != KVAULT_OK)
    return rc;
  if ((rc = kvault__copy_fill (&self->copy, source, self->page_maps, self->live)) == KVAULT_OK)
    rc = kvault__copy_check (&self->copy, source, self->journal, self->live);
  kvault_close (source);
  return rc == KVAULT_OK ? kvault__copy_attributes (self->vault, self->copy.fd, true) : rc;
}

/* ---- 3: letting go ---- */

static int
fail_replaced (kvault *vault)
{
  return kvault__fail (vault, KVAULT_EMOVED, "%s was replaced, renamed or deleted meanwhile", vault->name);
}

/* A change within one tick of the file's clock would not show. Nor may the file be another one than the handle has had open till now. */
static int
note_state (swap *self)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  if (stat (self->vault->path, &self->before) != 0)
    return kvault__fail_errno (self->vault, KVAULT_EMOVED, errno, "%s", self->vault->name);
  if (!kvault__handle_has (self->vault, &self->before))
    return fail_replaced (self->vault);
  if (self->before.st_nlink > 1)
    return fail_links (self->vault);
  if ((now.tv_sec - self->before.st_mtim.tv_sec) * 1000 + (now.tv_nsec - self->before.st_mtim.tv_nsec) / 1000000 < TIMESTAMP_MS)
    sleep_ms (TIMESTAMP_MS);
  return KVAULT_OK;
}

/* Our own handles are asked while the write transaction still holds, so that none of them commits on the way out. */
static int
let_go (swap *self)
{
  int rc;

  if ((rc = kvault__claim (self->vault)) != KVAULT_OK)
    return rc;
  self->claimed = true;
  if ((rc = note_state (self)) != KVAULT_OK)
    return rc;
  release_writers (self);
  kvault__disconnect (self->vault);
  return KVAULT_OK;
}

/* ---- 4 and 5: the exchange ---- */

static int
check_state (swap *self)
{
  const struct stat *before = &self->before;
  kvault__place place;
  struct stat now;

  if (fstat (self->fd, &now) != 0 || kvault__look_at_place (self->vault->path, &place) != 0 ||
      now.st_dev != before->st_dev || now.st_ino != before->st_ino || now.st_size != before->st_size ||
      now.st_mtim.tv_sec != before->st_mtim.tv_sec || now.st_mtim.tv_nsec != before->st_mtim.tv_nsec ||
      now.st_ctim.tv_sec != before->st_ctim.tv_sec || now.st_ctim.tv_nsec != before->st_ctim.tv_nsec ||   /* links, rights, attributes */
      place.has_wal || place.has_journal)
    return kvault__fail (self->vault, KVAULT_EBUSY, "%s: somebody wrote to it at the last moment", self->vault->name);
  return KVAULT_OK;
}

/* What no name could be found for stays where it is, and is no one's to sweep. */
static void
keep (swap                  *self,
      const kvault__exchange *names)
{
  kvault *vault = self->vault;
  char *kept = kvault__exchange_keep (names, vault);
  kvault_error error = vault->error;

  if (kept == NULL)
    kvault__copy_note (vault, self->lock_fd, 0, 0);
  vault->error = error;
  free (kept);
}

static int
exchange_under_lease (swap  *self,
                      ino_t  made)
{
  kvault__exchange names = { .made = self->copy.path, .target = self->vault->path, .made_fd = self->copy.fd, .old_fd = self->fd,
                             .old = self->before };
  kvault *vault = self->vault;
  int rc;

  kvault__claim_second (vault, made);
  if ((rc = kvault__exchange_names (&names, vault)) == KVAULT_OK)
    kvault__handle_swapped (vault, made);
  else if ((self->stuck = names.stuck))
    keep (self, &names);
  return rc;
}

static int
take_name (swap *self)
{
  kvault *vault = self->vault;
  struct stat st;
  int rc;

  if (fstat (self->copy.fd, &st) != 0)
    return kvault__fail_errno (vault, KVAULT_EIO, errno, "%s: the new file", vault->name);
  if ((rc = kvault__copy_note (vault, self->lock_fd, st.st_ino, self->before.st_ino)) != KVAULT_OK)   /* others do not wait for that yet */
    return rc;
  self->fd = open (vault->path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (self->fd < 0)
    return kvault__fail_errno (vault, errno == EWOULDBLOCK ? KVAULT_EBUSY : KVAULT_EIO, errno, "%s", vault->name);
  if (!kvault__take_lease (self->fd))
    return fail_lease (vault);
  if (!kvault__take_lease (self->copy.fd))
    return kvault__fail (vault, KVAULT_EBUSY, "%s: another program looks at the new file", vault->name);
  if ((rc = check_state (self)) != KVAULT_OK)
    return rc;
  return exchange_under_lease (self, st.st_ino);
}

/* ---- the whole ---- */

static int
run (swap *self)
{
  kvault *vault = self->vault;
  int rc;

  kvault__sweep (vault->path);
  if ((rc = kvault__copy_lock (vault, &self->lock_fd)) != KVAULT_OK ||
      (rc = kvault__copy_begin (&self->copy, vault, self->work, kvault__copy_path (vault->path), 0600)) != KVAULT_OK ||
      (rc = try_last_step (self)) != KVAULT_OK ||
      (rc = kvault__copy_check_room (&self->copy, self->live)) != KVAULT_OK ||
      (rc = hold_writers (self)) != KVAULT_OK ||
      (rc = write_new_file (self)) != KVAULT_OK ||
      (rc = kvault__work_check (self->work)) != KVAULT_OK ||
      (rc = let_go (self)) != KVAULT_OK)
    return rc;
  return take_name (self);
}

/* @keys: of all vaults in the file, before and after.
 *
 * Whatever came of it, the name the copy had goes away: it is the new file's, or by now the old one's. The handle takes up the file that
 * has the vault's name. */
int
kvault__swap (kvault                      *vault,
              const kvault_vacuum_options *options,
              kvault__work                *work,
              uint64_t                    *keys)
{
  swap self = { .vault = vault, .work = work, .page_maps = options->page_maps, .copy = { .fd = -1 }, .fd = -1,
                .lock_fd = -1 };
  kvault__who who;
  kvault_stats stats;
  int rc;

  if ((rc = kvault__swap_check (vault, &who)) != KVAULT_OK || (rc = kvault_stats_get (vault, &stats)) != KVAULT_OK)
    return rc;
  self.journal = stats.journal;
  self.live = stats.file_size - stats.reclaimable_size;
  kvault__work_stages (work, kvault__copy_stages, KVAULT__N_COPY_STAGES);
  rc = run (&self);
  release_writers (&self);
  *keys = self.copy.keys;
  kvault__copy_end (&self.copy, !self.stuck);
  if (self.fd >= 0)
    close (self.fd);
  kvault__copy_unlock (vault, self.lock_fd);
  if (self.claimed)
    kvault__unclaim (vault);
  return rc;
}
