/* SPDX-License-Identifier: MIT */
#include "kvtest-faults.h"

#include <sqlite3.h>
#include <string.h>

typedef struct {
  sqlite3_file base;
  sqlite3_file *real;
  uint64_t unsynced;
} FaultFile;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs fault_vfs;
static KvFault armed;
static uint64_t n_calls, n_syncs, n_unsynced;
static bool struck;

#define REAL(file) (((FaultFile *) (file))->real)
#define PASS(file, method, ...) REAL (file)->pMethods->method (REAL (file), ##__VA_ARGS__)

static bool
fails (unsigned kind)
{
  if ((armed.kinds & kind) == 0)
    return false;
  n_calls++;
  if (n_calls != armed.at && !(armed.lasting && n_calls > armed.at))
    return false;
  struck = true;
  return true;
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
  return fails (KVFAULT_READ) ? SQLITE_IOERR_READ : PASS (file, xRead, buf, n, at);
}

static int
fault_write (sqlite3_file *file, const void *buf, int n, sqlite3_int64 at)
{
  FaultFile *self = (FaultFile *) file;

  if (fails (KVFAULT_WRITE))
    {
      if (armed.cut_short)
        PASS (file, xWrite, buf, n / 2, at);
      return armed.disk_full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
  self->unsynced += (uint64_t) n;
  n_unsynced += (uint64_t) n;
  return PASS (file, xWrite, buf, n, at);
}

static int
fault_truncate (sqlite3_file *file, sqlite3_int64 size)
{
  return fails (KVFAULT_TRUNCATE) ? SQLITE_IOERR_TRUNCATE : PASS (file, xTruncate, size);
}

static int
fault_sync (sqlite3_file *file, int flags)
{
  FaultFile *self = (FaultFile *) file;

  if (fails (KVFAULT_SYNC))
    return SQLITE_IOERR_FSYNC;
  n_syncs++;
  n_unsynced -= self->unsynced;
  self->unsynced = 0;
  return PASS (file, xSync, flags);
}

static int
fault_file_size (sqlite3_file *file, sqlite3_int64 *size)
{
  return PASS (file, xFileSize, size);
}

static int
fault_lock (sqlite3_file *file, int level)
{
  return fails (KVFAULT_LOCK) ? SQLITE_IOERR_LOCK : PASS (file, xLock, level);
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
  if (fails (KVFAULT_SHM))
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

static int
fault_open (sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
  FaultFile *self = (FaultFile *) file;
  int rc;

  (void) vfs;
  memset (self, 0, sizeof *self);
  if (fails (KVFAULT_OPEN))
    return SQLITE_CANTOPEN;
  self->real = (sqlite3_file *) (self + 1);
  rc = real_vfs->xOpen (real_vfs, name, self->real, flags, out_flags);
  if (self->real->pMethods != NULL)
    self->base.pMethods = &methods;
  return rc;
}

static int
fault_delete (sqlite3_vfs *vfs, const char *name, int sync)
{
  (void) vfs;
  return fails (KVFAULT_DELETE) ? SQLITE_IOERR_DELETE : real_vfs->xDelete (real_vfs, name, sync);
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
kvtest_faults_unsynced (void)
{
  return n_unsynced;
}
