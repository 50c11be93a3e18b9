/* SPDX-License-Identifier: MIT */
/*
 * What libkvault calls in libc by itself, under the names that ld's --wrap gives it: meson.build lists them. Only programs that are
 * linked with kvtest_wraps_dep have it.
 */
#include "kvtest-faults.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WRAP(result, name, ...) \
  result __real_##name (__VA_ARGS__); \
  result __wrap_##name (__VA_ARGS__); \
  result __wrap_##name (__VA_ARGS__)

static bool
strikes (unsigned kind)
{
  if (!kvtest_faults_strike (kind))
    return false;
  errno = kind == KVFAULT_MEMORY ? ENOMEM : kvtest_faults_armed ()->disk_full ? ENOSPC : EIO;
  return true;
}

/* ---- the disk ---- */

static uint64_t
inode_of (int fd)
{
  struct stat st;

  return fstat (fd, &st) == 0 && st.st_nlink > 0 ? st.st_ino : 0;
}

static bool
is_folder (int fd)
{
  struct stat st;

  return fstat (fd, &st) == 0 && S_ISDIR (st.st_mode);
}

WRAP (int, open, const char *path, int flags, ...)
{
  va_list args;
  mode_t mode;
  struct stat st;
  bool was_there = lstat (path, &st) == 0;
  int fd;

  va_start (args, flags);
  mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg (args, mode_t) : 0;
  va_end (args);
  if (strikes (KVFAULT_OPEN))
    return -1;
  fd = __real_open (path, flags, mode);
  if (fd >= 0 && !was_there && (flags & O_CREAT) != 0)
    kvtest_faults_tell (&(KvDiskEvent) { .kind = KVDISK_CREATE, .file = inode_of (fd), .name = path });
  return fd;
}

WRAP (int, open64, const char *path, int flags, ...)
{
  va_list args;
  mode_t mode;

  va_start (args, flags);
  mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg (args, mode_t) : 0;
  va_end (args);
  return __wrap_open (path, flags, mode);
}

static size_t
cut (unsigned kind, size_t n)
{
  return n > 1 && kvtest_faults_armed ()->cut_short && kvtest_faults_strike (kind) ? n / 2 : n;
}

WRAP (ssize_t, read, int fd, void *buf, size_t n)
{
  n = cut (KVFAULT_READ, n);
  return !kvtest_faults_armed ()->cut_short && strikes (KVFAULT_READ) ? -1 : __real_read (fd, buf, n);
}

WRAP (ssize_t, pread64, int fd, void *buf, size_t n, off_t at)
{
  n = cut (KVFAULT_READ, n);
  return !kvtest_faults_armed ()->cut_short && strikes (KVFAULT_READ) ? -1 : __real_pread64 (fd, buf, n, at);
}

WRAP (ssize_t, write, int fd, const void *buf, size_t n)
{
  n = cut (KVFAULT_WRITE, n);
  return !kvtest_faults_armed ()->cut_short && strikes (KVFAULT_WRITE) ? -1 : __real_write (fd, buf, n);
}

WRAP (ssize_t, pwrite64, int fd, const void *buf, size_t n, off_t at)
{
  if (strikes (KVFAULT_WRITE))
    return -1;
  if (inode_of (fd) != 0)
    kvtest_faults_tell (&(KvDiskEvent) { KVDISK_WRITE, .file = inode_of (fd), .offset = (uint64_t) at, .bytes = buf, .size = n });
  return __real_pwrite64 (fd, buf, n, at);
}

WRAP (int, ftruncate64, int fd, off_t size)
{
  if (strikes (KVFAULT_TRUNCATE))
    return -1;
  if (inode_of (fd) != 0)
    kvtest_faults_tell (&(KvDiskEvent) { KVDISK_TRUNCATE, .file = inode_of (fd), .offset = (uint64_t) size });
  return __real_ftruncate64 (fd, size);
}

WRAP (int, fsync, int fd)
{
  if (strikes (KVFAULT_SYNC))
    return -1;
  kvtest_faults_tell (&(KvDiskEvent) { is_folder (fd) ? KVDISK_SYNC_FOLDER : KVDISK_SYNC, .file = inode_of (fd) });
  return 0;
}

WRAP (int, unlink, const char *path)
{
  int rc;

  if (strikes (KVFAULT_DELETE))
    return -1;
  if ((rc = __real_unlink (path)) == 0)
    kvtest_faults_tell (&(KvDiskEvent) { KVDISK_DELETE, .name = path });
  return rc;
}

WRAP (int, link, const char *from, const char *to)
{
  int rc;

  if (strikes (KVFAULT_NAME))
    return -1;
  if ((rc = __real_link (from, to)) == 0)
    kvtest_faults_tell (&(KvDiskEvent) { KVDISK_LINK, .name = from, .other = to });
  return rc;
}

WRAP (int, renameat2, int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
  int rc;

  if (strikes (KVFAULT_NAME))
    return -1;
  if ((rc = __real_renameat2 (from_folder, from, to_folder, to, flags)) == 0)
    kvtest_faults_tell (&(KvDiskEvent) { (flags & RENAME_EXCHANGE) != 0 ? KVDISK_EXCHANGE : KVDISK_MOVE, .name = from, .other = to });
  return rc;
}

WRAP (int, fchown, int fd, uid_t owner, gid_t group)
{
  return strikes (KVFAULT_NAME) ? -1 : __real_fchown (fd, owner, group);
}

WRAP (int, fchmod, int fd, mode_t mode)
{
  return strikes (KVFAULT_NAME) ? -1 : __real_fchmod (fd, mode);
}

/* Nobody else is there to be waited for. */
WRAP (int, nanosleep, const struct timespec *wanted, struct timespec *left)
{
  (void) wanted;
  (void) left;
  return 0;
}

/* ---- memory ---- */

WRAP (void *, malloc, size_t size)
{
  return strikes (KVFAULT_MEMORY) ? NULL : __real_malloc (size);
}

WRAP (void *, calloc, size_t n, size_t size)
{
  return strikes (KVFAULT_MEMORY) ? NULL : __real_calloc (n, size);
}

WRAP (void *, realloc, void *memory, size_t size)
{
  return strikes (KVFAULT_MEMORY) ? NULL : __real_realloc (memory, size);
}

WRAP (char *, strdup, const char *text)
{
  return strikes (KVFAULT_MEMORY) ? NULL : __real_strdup (text);
}

WRAP (char *, strndup, const char *text, size_t n)
{
  return strikes (KVFAULT_MEMORY) ? NULL : __real_strndup (text, n);
}

WRAP (char *, realpath, const char *path, char *resolved)
{
  return strikes (KVFAULT_MEMORY) ? NULL : __real_realpath (path, resolved);
}

WRAP (int, asprintf, char **text, const char *format, ...)
{
  va_list args;
  int n;

  if (strikes (KVFAULT_MEMORY))
    return -1;
  va_start (args, format);
  n = vasprintf (text, format, args);
  va_end (args);
  return n;
}

/* SQLite wants to know the size of what it was given: it is kept in front. */
#define FRONT 16

static void *
sqlite_malloc (int size)
{
  char *memory = __wrap_malloc ((size_t) size + FRONT);

  if (memory == NULL)
    return NULL;
  memcpy (memory, &size, sizeof size);
  return memory + FRONT;
}

static int
sqlite_size (void *memory)
{
  int size;

  if (memory == NULL)
    return 0;
  memcpy (&size, (char *) memory - FRONT, sizeof size);
  return size;
}

static void
sqlite_free (void *memory)
{
  free ((char *) memory - FRONT);
}

static void *
sqlite_realloc (void *memory, int size)
{
  char *grown = __wrap_realloc ((char *) memory - FRONT, (size_t) size + FRONT);

  if (grown == NULL)
    return NULL;
  memcpy (grown, &size, sizeof size);
  return grown + FRONT;
}

static int
sqlite_roundup (int size)
{
  return (size + 7) & ~7;
}

static int
sqlite_init (void *data)
{
  (void) data;
  return SQLITE_OK;
}

static void
sqlite_shutdown (void *data)
{
  (void) data;
}

void
kvtest_memory_install (void)
{
  static const sqlite3_mem_methods methods = {
    sqlite_malloc, sqlite_free, sqlite_realloc, sqlite_size, sqlite_roundup, sqlite_init, sqlite_shutdown, NULL
  };

  sqlite3_config (SQLITE_CONFIG_MALLOC, &methods);
  sqlite3_config (SQLITE_CONFIG_LOOKASIDE, 0, 0);
  sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
}
