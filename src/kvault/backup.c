/* SPDX-License-Identifier: MIT */
/*
 * backup.c - a copy of the whole vault elsewhere, while others write.
 *
 * The copy is compared with the state it was made from, so that state must last: a second connection holds it in a read transaction. VACUUM INTO
 * cannot run inside one; that it began from the same state is known because nobody committed from before the one began until after the
 * other had, which the vault's own connection, idle meanwhile, tells by its data_version. Where somebody did commit, it begins again.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TRIES 50

typedef struct {
  kvault__work work;     /* first: it is what stop_cb() is given */
  kvault *vault;
  kvault__copy copy;
  kvault *holder;        /* holds the state */
  kvault *source;        /* the copy is made through it */
  uint64_t version;      /* before either began */
  bool begun;            /* both did, from the same state */
  bool outrun;           /* somebody committed in between */
  int failure;           /* whether anybody did could not be found out */
} backup;

static void
watch_versions (backup *self)
{
  sqlite3_stmt *statement;
  uint64_t now = 0;

  self->failure = kvault__statement (self->vault, KVAULT__DATA_VERSION, &statement);
  if (self->failure == KVAULT_OK)
    {
      if (sqlite3_step (statement) == SQLITE_ROW)
        now = (uint64_t) sqlite3_column_int64 (statement, 0);
      else
        self->failure = kvault__fail_db (self->vault, "%s", self->vault->name);
      kvault__statement_done (statement);
    }
  if (self->version == 0)
    self->version = now;
  self->outrun = self->failure == KVAULT_OK && now != self->version;
}

/* Asked at the source's first look into the file, which it takes from inside its transaction. */
static bool
stop_cb (kvault__work *work)
{
  backup *self = (backup *) work;

  if (!self->begun)
    {
      self->begun = true;
      watch_versions (self);
    }
  return self->outrun || self->failure != KVAULT_OK;
}

static int
hold_state (backup *self)
{
  int64_t version;

  self->version = 0;
  self->begun = true;   /* not this one's looks */
  watch_versions (self);
  if (self->failure != KVAULT_OK)
    return self->failure;
  if (kvault__exec (self->holder, "BEGIN") != KVAULT_OK ||
      kvault__pragma_int (self->holder, "SELECT count(*) FROM main.sqlite_schema", &version) != KVAULT_OK)
    return kvault__fail_beside (self->vault, self->holder);
  return KVAULT_OK;
}

static void
release_state (backup *self)
{
  if (!sqlite3_get_autocommit (self->holder->db))
    kvault__exec (self->holder, "ROLLBACK");
}

static int
try_once (backup  *self,
          uint64_t live)
{
  int rc = hold_state (self);

  if (rc != KVAULT_OK)
    return rc;
  self->source->cancelled = false;
  self->begun = false;
  rc = kvault__copy_fill (&self->copy, self->source, false, live);
  if (rc == KVAULT_OK && !self->begun)   /* so short that nobody was asked */
    {
      self->begun = true;
      watch_versions (self);
    }
  return rc;
}

static int
fill (backup  *self,
      uint64_t live)
{
  int rc = KVAULT_OK;

  for (int i = 0; i < MAX_TRIES; i++)
    {
      rc = try_once (self, live);
      if (self->failure != KVAULT_OK)
        return self->failure;
      if (!self->outrun || self->vault->cancelled)
        return rc;
      release_state (self);
      if (ftruncate (self->copy.fd, 0) != 0)
        return kvault__fail_errno (self->vault, KVAULT_EIO, errno, "%s: the copy", self->vault->name);
    }
  return kvault__fail (self->vault, KVAULT_EBUSY, "%s: others write without a pause", self->vault->name);
}

static int
fill_and_check (backup *self)
{
  kvault *vault = self->vault;
  kvault_stats stats;
  uint64_t live;
  int rc;

  if ((rc = kvault_stats_get (vault, &stats)) != KVAULT_OK)
    return rc;
  live = stats.file_size - stats.reclaimable_size;
  if ((rc = kvault__copy_check_room (&self->copy, live)) != KVAULT_OK ||
      (rc = kvault__open_beside (vault, vault->path, KVAULT_ACCESS_VIEW, kvault__work_is_cancelled, &self->work, &self->holder)) != KVAULT_OK)
    return rc;
  self->begun = true;
  self->work.stop = stop_cb;
  rc = kvault__open_beside (vault, vault->path, KVAULT_ACCESS_VIEW, kvault__work_is_cancelled, &self->work, &self->source);
  if (rc == KVAULT_OK && (rc = fill (self, live)) == KVAULT_OK)
    rc = kvault__copy_check (&self->copy, self->holder, stats.journal, live);
  kvault_close (self->source);
  release_state (self);
  kvault_close (self->holder);
  return rc;
}

/* link() refuses a name that is taken; file systems without it have RENAME_NOREPLACE. */
static int
give_name (backup     *self,
           const char *target,
           const char *name)
{
  if (link (self->copy.path, target) == 0)
    return KVAULT_OK;
  if (errno != EEXIST && renameat2 (AT_FDCWD, self->copy.path, AT_FDCWD, target, RENAME_NOREPLACE) == 0)
    return KVAULT_OK;
  if (errno == EEXIST)
    return kvault__fail (self->vault, KVAULT_EEXIST, "%s is there already", name);
  return kvault__fail_errno (self->vault, KVAULT_EIO, errno, "cannot make %s", name);
}

/* An older file of this name may have left its log, which SQLite would put into the copy. */
static int
check_companions (backup     *self,
                  const char *path,
                  const char *name)
{
  static const char *const suffixes[] = { "-wal", "-journal" };
  struct stat st;

  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
    {
      char *companion = sqlite3_mprintf ("%s%s", path, suffixes[i]);
      bool there;

      if (companion == NULL)
        return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
      there = lstat (companion, &st) == 0;
      sqlite3_free (companion);
      if (there)
        return kvault__fail (self->vault, KVAULT_EEXIST, "%s%s is there already, and would be read with the copy", name, suffixes[i]);
    }
  return KVAULT_OK;
}

/* It is the copy that finds no room, on what may be another disk than the vault's. */
static int
name_target (backup     *self,
             int         rc,
             const char *name)
{
  kvault_error error = self->vault->error;

  if (rc != KVAULT_EFULL)
    return rc;
  kvault__fail (self->vault, rc, "cannot make %s: %s", name, error.message);
  self->vault->error.sqlite_code = error.sqlite_code;
  self->vault->error.system_errno = error.system_errno;
  return rc;
}

static int
run (backup     *self,
     const char *path,
     const char *name)
{
  struct stat st;
  int rc;

  if (kvault__is_companion (path))
    return kvault__fail (self->vault, KVAULT_EINVAL, "%s: SQLite would take a file of this name for the log of another one, and delete it", name);
  if (lstat (path, &st) == 0)
    return kvault__fail (self->vault, KVAULT_EEXIST, "%s is there already", name);
  if ((rc = check_companions (self, path, name)) != KVAULT_OK)
    return rc;
  if (stat (self->vault->path, &st) != 0)
    return kvault__fail_errno (self->vault, KVAULT_EMOVED, errno, "%s", self->vault->name);
  kvault__sweep (path);
  kvault__sweep_folder (path, SIZE_MAX);
  if ((rc = kvault__copy_begin (&self->copy, self->vault, &self->work, kvault__copy_path (path), st.st_mode & 0666)) == KVAULT_OK &&
      (rc = name_target (self, fill_and_check (self), name)) == KVAULT_OK &&
      (rc = give_name (self, path, name)) == KVAULT_OK &&
      kvault__sync_folder (self->vault, path) != KVAULT_OK)
    {
      int system_errno = self->vault->error.system_errno;

      rc = kvault__fail (self->vault, KVAULT_EIO,
                         "%s is whole, but its folder could not be written to the disk: a power cut may lose its name", name);
      self->vault->error.system_errno = system_errno;
    }
  kvault__copy_end (&self->copy, true);
  return rc;
}

/* An absolute path for a file that is not there yet: SQLite takes relative ones from wherever the program is by then. */
static int
resolve_target (kvault     *vault,
                const char *target,
                const char *name,
                char      **path)
{
  bool here = strchr (target, '/') == NULL;
  char *given = here ? strdup (".") : kvault__folder_of (target);
  char *folder = given != NULL ? realpath (given, NULL) : NULL;
  const char *base = here ? target : strrchr (target, '/') + 1;
  int rc = KVAULT_OK;

  *path = NULL;
  if (given == NULL || (folder == NULL && errno == ENOMEM))
    rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  else if (folder == NULL || base[0] == '\0')
    rc = kvault__fail (vault, KVAULT_ENOENT, "%s: its folder does not exist", name);
  else if (asprintf (path, "%s/%s", strcmp (folder, "/") == 0 ? "" : folder, base) < 0)
    {
      *path = NULL;
      rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
    }
  free (folder);
  free (given);
  return rc;
}

int
kvault_backup (kvault              *vault,
               const char          *target,
               kvault_progress_func progress,
               void                *progress_data)
{
  backup self = { .vault = vault, .copy = { .fd = -1 } };
  char *name, *path = NULL;
  int rc;

  if ((rc = kvault_is_readonly (vault) ? kvault__enter (vault) : kvault__enter_settled (vault)) != KVAULT_OK)
    return rc;
  if (target == NULL)
    return kvault__fail (vault, KVAULT_EINVAL, "no target");
  if ((rc = kvault__check_idle (vault)) != KVAULT_OK)
    return rc;
  kvault__work_init (&self.work, vault, progress, progress_data);
  kvault__work_stages (&self.work, kvault__copy_stages, KVAULT__N_COPY_STAGES);
  name = kvault__describe_path (target);
  if (name == NULL)
    rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  else if ((rc = resolve_target (vault, target, name, &path)) == KVAULT_OK)
    rc = run (&self, path, name);
  free (path);
  free (name);
  return rc;
}
