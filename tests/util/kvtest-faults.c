/* SPDX-License-Identifier: MIT */
/*
 * The VFS below SQLite; kvtest-wraps.c has the calls that the engine makes by itself. Nothing waits for a real disk: that an
 * fsync was asked for is all that a test can see of it.
 */
#include "kvtest-faults.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
  sqlite3_file base;
  sqlite3_file *real;
  uint64_t unsynced;
  uint64_t inode;        /* 0: a file without a name */
  const char *name;
  bool sync_folder;      /* a new log or journal: the first fsync is for its name, too */
} FaultFile;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs fault_vfs;
static KvFault armed;
static uint64_t n_calls, n_syncs, n_unsynced, n_bytes_read;
static bool struck;
static KvDiskObserver observer;

#define REAL(file) (((FaultFile *) (file))->real)
#define PASS(file, method, ...) REAL (file)->pMethods->method (REAL (file), ##__VA_ARGS__)

bool
kvtest_faults_strike (unsigned kind)
{
  if ((armed.kinds & kind) == 0)
    return false;
  n_calls++;
  if (n_calls != armed.at && !(armed.lasting && n_calls > armed.at))
    return false;
  struck = true;
  return true;
}

void
kvtest_faults_tell (const KvDiskEvent *event)
{
  if (event->kind == KVDISK_SYNC)
    n_syncs++;
  if (observer != NULL)
    observer (event);
}

static void
tell (const FaultFile *self, KvDiskEvent event)
{
  event.file = self->inode;
  event.name = self->name;
  if (self->inode != 0)
    kvtest_faults_tell (&event);
}

static int
fault_close (sqlite3_file *file)
{
  n_unsynced -= ((FaultFile *) file)->unsynced;
  ((FaultFile *) file)->unsynced = 0;
  return PASS (file, xClose);
}

static int
fault_read (sqlite3_file *file, void *buf, int n, sqlite3_int64 at)
{
  n_bytes_read += (uint64_t) n;
  return kvtest_faults_strike (KVFAULT_READ) ? SQLITE_IOERR_READ : PASS (file, xRead, buf, n, at);
}

static int
fault_write (sqlite3_file *file, const void *buf, int n, sqlite3_int64 at)
{
  FaultFile *self = (FaultFile *) file;
  sqlite3_int64 size;

  if (armed.growth_only && (PASS (file, xFileSize, &size) != SQLITE_OK || at + n <= size))
    return PASS (file, xWrite, buf, n, at);

  if (kvtest_faults_strike (KVFAULT_WRITE))
    {
      if (armed.cut_short)
        PASS (file, xWrite, buf, n / 2, at);
      return armed.disk_full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
  self->unsynced += (uint64_t) n;
  n_unsynced += (uint64_t) n;
  tell (self, (KvDiskEvent) { .kind = KVDISK_WRITE, .offset = (uint64_t) at, .bytes = buf, .size = (size_t) n });
  return PASS (file, xWrite, buf, n, at);
}

static int
fault_truncate (sqlite3_file *file, sqlite3_int64 size)
{
  if (kvtest_faults_strike (KVFAULT_TRUNCATE))
    return SQLITE_IOERR_TRUNCATE;
  tell ((FaultFile *) file, (KvDiskEvent) { .kind = KVDISK_TRUNCATE, .offset = (uint64_t) size });
  return PASS (file, xTruncate, size);
}

static int
fault_sync (sqlite3_file *file, int flags)
{
  FaultFile *self = (FaultFile *) file;

  if (kvtest_faults_strike (KVFAULT_SYNC))
    return SQLITE_IOERR_FSYNC;
  (void) flags;
  n_unsynced -= self->unsynced;
  self->unsynced = 0;
  tell (self, (KvDiskEvent) { .kind = KVDISK_SYNC });
  if (self->sync_folder)
    tell (self, (KvDiskEvent) { .kind = KVDISK_SYNC_FOLDER });
  self->sync_folder = false;
  return SQLITE_OK;
}

static int
fault_file_size (sqlite3_file *file, sqlite3_int64 *size)
{
  return PASS (file, xFileSize, size);
}

static int
fault_lock (sqlite3_file *file, int level)
{
  return kvtest_faults_strike (KVFAULT_LOCK) ? SQLITE_IOERR_LOCK : PASS (file, xLock, level);
}

static int
fault_unlock (sqlite3_file *file, int level)
{
  return PASS (file, xUnlock, level);
}

static int
fault_check_reserved (sqlite3_file *file, int *out)
{
  return PASS (file, xCheckReservedLock, out);
}

static int
fault_file_control (sqlite3_file *file, int op, void *arg)
{
  return PASS (file, xFileControl, op, arg);
}

static int
fault_sector_size (sqlite3_file *file)
{
  return PASS (file, xSectorSize);
}

static int
fault_characteristics (sqlite3_file *file)
{
  return PASS (file, xDeviceCharacteristics);
}

static int
fault_shm_map (sqlite3_file *file, int index, int size, int extend, void volatile **region)
{
  if (kvtest_faults_strike (KVFAULT_SHM))
    {
      *region = NULL;
      return SQLITE_IOERR_SHMMAP;
    }
  return PASS (file, xShmMap, index, size, extend, region);
}

static int
fault_shm_lock (sqlite3_file *file, int offset, int n, int flags)
{
  return PASS (file, xShmLock, offset, n, flags);
}

static void
fault_shm_barrier (sqlite3_file *file)
{
  PASS (file, xShmBarrier);
}

static int
fault_shm_unmap (sqlite3_file *file, int delete_flag)
{
  return PASS (file, xShmUnmap, delete_flag);
}

static const sqlite3_io_methods methods = {
  .iVersion = 2,
  .xClose = fault_close,
  .xRead = fault_read,
  .xWrite = fault_write,
  .xTruncate = fault_truncate,
  .xSync = fault_sync,
  .xFileSize = fault_file_size,
  .xLock = fault_lock,
  .xUnlock = fault_unlock,
  .xCheckReservedLock = fault_check_reserved,
  .xFileControl = fault_file_control,
  .xSectorSize = fault_sector_size,
  .xDeviceCharacteristics = fault_characteristics,
  .xShmMap = fault_shm_map,
  .xShmLock = fault_shm_lock,
  .xShmBarrier = fault_shm_barrier,
  .xShmUnmap = fault_shm_unmap,
};

/* SQLite opens a log or journal anew with SQLITE_OPEN_CREATE and then syncs the folder with it: os_unix.c, UNIXFILE_DIRSYNC. */
static void
look_at_name (FaultFile *self, const char *name, int flags, bool was_there)
{
  const int logs = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  struct stat st;

  if (name == NULL || stat (name, &st) != 0)
    return;
  self->inode = st.st_ino;
  self->name = name;
  self->sync_folder = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & logs) != 0;
  if (!was_there)
    tell (self, (KvDiskEvent) { .kind = KVDISK_CREATE });
}

static int
fault_open (sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
  FaultFile *self = (FaultFile *) file;
  struct stat st;
  bool was_there = name != NULL && lstat (name, &st) == 0;
  int rc;

  (void) vfs;
  memset (self, 0, sizeof *self);
  if (kvtest_faults_strike (KVFAULT_OPEN))
    return SQLITE_CANTOPEN;
  self->real = (sqlite3_file *) (self + 1);
  rc = real_vfs->xOpen (real_vfs, name, self->real, flags, out_flags);
  if (self->real->pMethods != NULL)
    self->base.pMethods = &methods;
  if (rc == SQLITE_OK)
    look_at_name (self, name, flags, was_there);
  return rc;
}

static int
fault_delete (sqlite3_vfs *vfs, const char *name, int sync)
{
  int rc;

  (void) vfs;
  if (kvtest_faults_strike (KVFAULT_DELETE))
    return SQLITE_IOERR_DELETE;
  rc = real_vfs->xDelete (real_vfs, name, 0);
  if (rc == SQLITE_OK)
    kvtest_faults_tell (&(KvDiskEvent) { .kind = KVDISK_DELETE, .name = name });
  if (rc == SQLITE_OK && sync)
    kvtest_faults_tell (&(KvDiskEvent) { .kind = KVDISK_SYNC_FOLDER, .name = name });
  return rc;
}

void
kvtest_faults_install (void)
{
  real_vfs = sqlite3_vfs_find (NULL);
  fault_vfs = *real_vfs;
  fault_vfs.zName = "kvtest-faults";
  fault_vfs.pNext = NULL;
  fault_vfs.szOsFile = (int) sizeof (FaultFile) + real_vfs->szOsFile;
  fault_vfs.xOpen = fault_open;
  fault_vfs.xDelete = fault_delete;
  sqlite3_vfs_register (&fault_vfs, 1);
}

void
kvtest_faults_arm (const KvFault *fault)
{
  static const KvFault nothing = { 0 };

  armed = fault != NULL ? *fault : nothing;
  n_calls = 0;
  struck = false;
}

const KvFault *
kvtest_faults_armed (void)
{
  return &armed;
}

void
kvtest_faults_observe (KvDiskObserver who)
{
  observer = who;
}

bool
kvtest_faults_struck (void)
{
  return struck;
}

uint64_t
kvtest_faults_syncs (void)
{
  return n_syncs;
}

uint64_t
kvtest_faults_bytes_read (void)
{
  return n_bytes_read;
}

uint64_t
kvtest_faults_unsynced (void)
{
  return n_unsynced;
}
