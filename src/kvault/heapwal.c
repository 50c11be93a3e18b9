/* SPDX-License-Identifier: MIT */
/*
 * heapwal.c - an SQLite VFS for looking at files without leaving traces.
 *
 * Every connection goes through it. It passes everything through to the system's VFS, tells who asked with kvault__watch_files() how many bytes of
 * the main file and its log are moved (work.c), keeps pages of zeros in mind while a large value is on its way (zeros.c), and has its own manners
 * for the index of a write-ahead log (the "-shm" file):
 *
 *  - "heap": the index lives in this process's memory. So a log can be read where no file can be made, on a read-only
 *    mount. Nobody else sees our locks, so the caller must watch that the place does not change (kvault.frozen).
 *  - "tidy": the index is the usual file, and is deleted at closing if nobody else uses it; the next who opens makes it
 *    anew. SQLite deletes it only together with the log, whose content it moves into the main file first, which a viewer must not do.
 *    That nobody else uses it is proved as SQLite proves it itself: every connection in write-ahead-log mode
 *    holds a SHARED lock on the main file all its life, so an EXCLUSIVE lock means to be alone, and keeps newcomers out.
 *
 * While a large value is on its way the disk is also told to begin with what has been written: it works beside us, and little is
 * left for the sync.
 *
 * The mode comes as URI parameter "kvault" of the database; other files pass through.
 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LOG_HEAD_MAX 32          /* what is moved of a log beside whole pages: its head and those of its frames */
#define PUSH_AT_ONCE (16 << 20)
#define INDEX_REGION 32768
#define MAX_REGIONS 4096   /* of that size: an index over 16 million frames, more than any log that can be read */

typedef enum { MODE_PASS, MODE_HEAP, MODE_TIDY } file_mode;

typedef struct {
  sqlite3_file base;
  file_mode mode;
  bool mapped;
  void **regions;
  int n_regions;
  kvault__watch watch;
  const char *name;        /* SQLite keeps it while the file is open */
  kvault__zeros *zeros;    /* NULL: everything is written */
  int page_size;           /* of them */
  int push_fd;             /* through which the disk is told to begin; not ours to close; -1: it is not told */
  int unpushed;            /* bytes written since */
  sqlite3_file *real;      /* in the same allocation, behind this struct */
} view_file;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs view_vfs;

#define REAL(file) (((view_file *) (file))->real)
#define PASS(file, method, ...) REAL (file)->pMethods->method (REAL (file), ##__VA_ARGS__)

static int
view_close (sqlite3_file *file)
{
  view_file *self = (view_file *) file;

  for (int i = 0; i < self->n_regions; i++)
    sqlite3_free (self->regions[i]);
  sqlite3_free (self->regions);
  self->regions = NULL;
  self->n_regions = 0;
  kvault__zeros_free (self->zeros);
  self->zeros = NULL;
  return PASS (file, xClose);
}

static void
tell (sqlite3_file *file,
      int           n_bytes)
{
  const kvault__watch *watch = &((view_file *) file)->watch;

  if (watch->moved != NULL)
    watch->moved (watch->data, n_bytes);
}

/* ---- zeros that wait ---- */

static int
write_zeros (sqlite3_file *file)
{
  view_file *self = (view_file *) file;

  return self->zeros != NULL ? kvault__zeros_write (self->zeros, self->real) : SQLITE_OK;
}

/* What is neither a page nor a head in a log could overlap what waits. */
static int
write_zeros_before (sqlite3_file *file,
                    int           n)
{
  view_file *self = (view_file *) file;

  return self->zeros == NULL || n <= LOG_HEAD_MAX || n == self->page_size ? SQLITE_OK : write_zeros (file);
}

/* A descriptor that SQLite has of a file. One of our own could not be closed again without dropping SQLite's locks. Should it be closed one day
 * and its number be another file's, then that one is written out a little early. */
static int
descriptor_of (const char *name)
{
  DIR *folder = opendir ("/proc/self/fd");
  struct dirent *entry;
  struct stat wanted, st;
  int found = -1;

  if (folder != NULL && name != NULL && stat (name, &wanted) == 0)
    while (found < 0 && (entry = readdir (folder)) != NULL)
      if (entry->d_name[0] != '.' && fstat (atoi (entry->d_name), &st) == 0 && st.st_dev == wanted.st_dev && st.st_ino == wanted.st_ino)
        found = atoi (entry->d_name);
  if (folder != NULL)
    closedir (folder);
  return found;
}

static void
push (view_file *self,
      int        n)
{
  if (self->push_fd < 0 || (self->unpushed += n) < PUSH_AT_ONCE)
    return;
  sync_file_range (self->push_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
  self->unpushed = 0;
}

static int
view_read (sqlite3_file *file,
           void         *buf,
           int           n,
           sqlite3_int64 offset)
{
  view_file *self = (view_file *) file;
  int rc;

  tell (file, n);
  if (self->zeros != NULL && kvault__zeros_read (self->zeros, buf, n, offset))
    return SQLITE_OK;
  if ((rc = write_zeros_before (file, n)) != SQLITE_OK)
    return rc;
  return PASS (file, xRead, buf, n, offset);
}

static int
view_write (sqlite3_file *file,
            const void   *buf,
            int           n,
            sqlite3_int64 offset)
{
  view_file *self = (view_file *) file;
  int rc;

  tell (file, n);
  if (self->zeros != NULL && kvault__zeros_keep (self->zeros, buf, n, offset))
    return SQLITE_OK;
  if ((rc = write_zeros_before (file, n)) != SQLITE_OK)
    return rc;
  rc = PASS (file, xWrite, buf, n, offset);
  push (self, n);
  return rc;
}

static int
view_truncate (sqlite3_file *file,
               sqlite3_int64 size)
{
  view_file *self = (view_file *) file;

  if (self->zeros != NULL)
    kvault__zeros_cut (self->zeros, size);
  return PASS (file, xTruncate, size);
}

static int
view_sync (sqlite3_file *file,
           int           flags)
{
  int rc = write_zeros (file);

  return rc == SQLITE_OK ? PASS (file, xSync, flags) : rc;
}

static int
view_file_size (sqlite3_file  *file,
                sqlite3_int64 *size)
{
  view_file *self = (view_file *) file;
  int rc = PASS (file, xFileSize, size);

  if (rc == SQLITE_OK && self->zeros != NULL && kvault__zeros_end (self->zeros) > *size)
    *size = kvault__zeros_end (self->zeros);
  return rc;
}

static int
view_unlock (sqlite3_file *file,
             int           level)
{
  int rc = write_zeros (file), unlocked = PASS (file, xUnlock, level);

  return unlocked != SQLITE_OK ? unlocked : rc;
}

static int view_file_control (sqlite3_file *f, int op, void *arg) { return PASS (f, xFileControl, op, arg); }
static int view_lock (sqlite3_file *f, int level) { return PASS (f, xLock, level); }
static int view_check_reserved (sqlite3_file *f, int *out) { return PASS (f, xCheckReservedLock, out); }
static int view_sector_size (sqlite3_file *f) { return PASS (f, xSectorSize); }
static int view_characteristics (sqlite3_file *f) { return PASS (f, xDeviceCharacteristics); }

static int
heap_map (view_file      *self,
          int             index,
          int             size,
          int             extend,
          void volatile **region)
{
  *region = NULL;
  if (index >= MAX_REGIONS)
    return SQLITE_FULL;
  if (index >= self->n_regions && extend)
    {
      void **grown = sqlite3_realloc64 (self->regions, sizeof *grown * (size_t) (index + 1));

      if (grown == NULL)
        return SQLITE_NOMEM;
      memset (grown + self->n_regions, 0, sizeof *grown * (size_t) (index + 1 - self->n_regions));
      self->regions = grown;
      self->n_regions = index + 1;
    }
  if (index >= self->n_regions)
    return SQLITE_OK;
  if (self->regions[index] == NULL && extend)
    {
      self->regions[index] = sqlite3_malloc (size);
      if (self->regions[index] == NULL)
        return SQLITE_NOMEM;
      memset (self->regions[index], 0, (size_t) size);
    }
  *region = self->regions[index];
  return SQLITE_OK;
}

static int
view_shm_map (sqlite3_file   *file,
              int             index,
              int             size,
              int             extend,
              void volatile **region)
{
  view_file *self = (view_file *) file;

  if (self->mode == MODE_HEAP)
    return heap_map (self, index, size, extend, region);
  self->mapped = true;
  return PASS (file, xShmMap, index, size, extend, region);
}

static int
view_shm_lock (sqlite3_file *file,
               int           offset,
               int           n,
               int           flags)
{
  if (((view_file *) file)->mode == MODE_HEAP)
    return SQLITE_OK;
  return PASS (file, xShmLock, offset, n, flags);
}

static void
view_shm_barrier (sqlite3_file *file)
{
  if (((view_file *) file)->mode != MODE_HEAP)
    PASS (file, xShmBarrier);
}

static int
view_shm_unmap (sqlite3_file *file,
                int           delete_flag)
{
  view_file *self = (view_file *) file;
  bool alone;
  int moved = 0;
  int rc;

  if (self->mode == MODE_HEAP)
    return SQLITE_OK;
  if (self->mode != MODE_TIDY || delete_flag || !self->mapped)
    return PASS (file, xShmUnmap, delete_flag);
  self->mapped = false;
  /* Beside a file that has taken our file's place lies that one's index, and our lock says nothing about who uses it. */
  if (PASS (file, xFileControl, SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || moved)
    return PASS (file, xShmUnmap, 0);
  alone = PASS (file, xLock, SQLITE_LOCK_SHARED) == SQLITE_OK && PASS (file, xLock, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK;
  rc = PASS (file, xShmUnmap, alone);
  PASS (file, xUnlock, SQLITE_LOCK_NONE);
  return rc;
}

static int
view_fetch (sqlite3_file *file,
            sqlite3_int64 offset,
            int           n,
            void        **page)
{
  *page = NULL;   /* no memory maps, anywhere */
  return SQLITE_OK;
}

static int
view_unfetch (sqlite3_file *file,
              sqlite3_int64 offset,
              void         *page)
{
  return SQLITE_OK;
}

static const sqlite3_io_methods view_methods = {
  .iVersion = 3,
  .xClose = view_close,
  .xRead = view_read,
  .xWrite = view_write,
  .xTruncate = view_truncate,
  .xSync = view_sync,
  .xFileSize = view_file_size,
  .xLock = view_lock,
  .xUnlock = view_unlock,
  .xCheckReservedLock = view_check_reserved,
  .xFileControl = view_file_control,
  .xSectorSize = view_sector_size,
  .xDeviceCharacteristics = view_characteristics,
  .xShmMap = view_shm_map,
  .xShmLock = view_shm_lock,
  .xShmBarrier = view_shm_barrier,
  .xShmUnmap = view_shm_unmap,
  .xFetch = view_fetch,
  .xUnfetch = view_unfetch,
};

static file_mode
mode_of (const char *name)
{
  const char *mode = name != NULL ? sqlite3_uri_parameter (name, "kvault") : NULL;

  if (mode == NULL)
    return MODE_PASS;
  return strcmp (mode, "heap") == 0 ? MODE_HEAP : MODE_TIDY;
}

static int
view_open (sqlite3_vfs  *vfs,
           const char   *name,
           sqlite3_file *file,
           int           flags,
           int          *out_flags)
{
  view_file *self = (view_file *) file;
  int rc;

  if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0)
    return real_vfs->xOpen (real_vfs, name, file, flags, out_flags);

  memset (self, 0, sizeof *self);
  self->real = (sqlite3_file *) (self + 1);
  self->mode = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? mode_of (name) : MODE_PASS;
  self->name = name;
  self->push_fd = -1;
  rc = real_vfs->xOpen (real_vfs, name, self->real, flags, out_flags);
  if (self->real->pMethods != NULL)
    self->base.pMethods = &view_methods;
  return rc;
}

/* ---- what the engine asks for ---- */

/* The main file and the log, as far as they go through here. */
static void
files_of (sqlite3   *db,
          view_file *files[2])
{
  static const int ops[] = { SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER };

  for (int i = 0; i < 2; i++)
    {
      sqlite3_file *file = NULL;

      sqlite3_file_control (db, "main", ops[i], &file);
      files[i] = file != NULL && file->pMethods == &view_methods ? (view_file *) file : NULL;
    }
}

/* The log's ends with the log, which a connection closes with its last reader at the earliest. */
void
kvault__watch_files (sqlite3             *db,
                     const kvault__watch *watch)
{
  view_file *files[2];

  files_of (db, files);
  for (int i = 0; i < 2; i++)
    if (files[i] != NULL)
      files[i]->watch = *watch;
}

/* Whether the file system lets nobody map the index of a log, so that programs cannot share it: FUSE with direct I/O, 9P and some network
 * mounts. SQLite makes the file before it finds out; @remove: it goes again, which only the caller can know to be safe, and only with a
 * connection that has no log open. Else that has pointers into what is mapped, and will unmap it. */
bool
kvault__index_refused (kvault *vault,
                       bool    remove)
{
  void volatile *region;
  view_file *files[2];
  int system_errno;
  int sqlite_rc;

  files_of (vault->db, files);
  if (files[0] == NULL)
    return false;
  errno = 0;
  sqlite_rc = view_methods.xShmMap (&files[0]->base, 0, INDEX_REGION, 1, &region);
  system_errno = errno;   /* SQLite does not take it down */
  if (remove)
    PASS (&files[0]->base, xShmUnmap, 1);
  return sqlite_rc == SQLITE_IOERR_SHMMAP &&
         (system_errno == ENODEV || system_errno == EINVAL || system_errno == EOPNOTSUPP || system_errno == ENOSYS);
}

static void
begin_pushing (view_file *file)
{
  if (file->push_fd < 0)
    file->push_fd = descriptor_of (file->name);
}

/* Of what is written to the main file from now on the disk begins to write some while more comes, not all when it is flushed. */
void
kvault__push_writes (kvault *vault)
{
  view_file *files[2];

  files_of (vault->db, files);
  if (files[0] != NULL)
    begin_pushing (files[0]);
}

/* Inside a transaction, before a large row of zeros is written whose content follows; until kvault__write_zeros() or kvault__forget_zeros(). */
void
kvault__defer_zeros (kvault *vault)
{
  view_file *files[2];

  files_of (vault->db, files);
  for (int i = 0; i < 2; i++)
    if (files[i] != NULL && files[i]->zeros == NULL)
      {
        files[i]->page_size = (int) vault->page_size;
        files[i]->zeros = kvault__zeros_new (files[i]->page_size);   /* without memory all is written */
        if (i == 0)
          begin_pushing (files[i]);
        vault->defers_zeros = true;
      }
}

/* Before such a transaction, or a part of it, commits: what was deferred and is still zeros is written. If that fails it must be undone. */
int
kvault__write_zeros (kvault *vault)
{
  view_file *files[2];
  int rc = SQLITE_OK;

  files_of (vault->db, files);
  for (int i = 0; i < 2; i++)
    if (files[i] != NULL && rc == SQLITE_OK)
      rc = write_zeros (&files[i]->base);
  if (rc == SQLITE_OK)
    kvault__forget_zeros (vault);
  return rc == SQLITE_OK ? KVAULT_OK : kvault__fail_code (vault, rc, "%s", vault->name);
}

/* After it was undone: no page of it counts any more. */
void
kvault__forget_zeros (kvault *vault)
{
  view_file *files[2];

  vault->defers_zeros = false;
  if (vault->db == NULL)
    return;
  files_of (vault->db, files);
  for (int i = 0; i < 2; i++)
    if (files[i] != NULL)
      {
        kvault__zeros_free (files[i]->zeros);
        files[i]->zeros = NULL;
      }
}

static void
register_once (void)
{
  real_vfs = sqlite3_vfs_find (NULL);
  if (real_vfs == NULL)
    return;
  view_vfs = *real_vfs;
  view_vfs.zName = KVAULT__VFS;
  view_vfs.pNext = NULL;
  view_vfs.szOsFile = (int) sizeof (view_file) + real_vfs->szOsFile;
  view_vfs.xOpen = view_open;
  if (sqlite3_vfs_register (&view_vfs, 0) != SQLITE_OK)
    real_vfs = NULL;
}

int
kvault__vfs_register (void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;

  pthread_once (&once, register_once);
  return real_vfs != NULL ? SQLITE_OK : SQLITE_ERROR;
}
