/* SPDX-License-Identifier: MIT */
/*
 * copy.c - a compacted copy of a vault in a file of its own: made, compared, made durable, or removed again.
 *
 * VACUUM INTO writes it from one state of the file, in 21 MB of memory, and can be interrupted at any time. The copy counts only after SQLite's
 * check of it and after every table of it has as many rows, and every vault as many bytes of values, as the source.
 *
 * While it is being made the file is locked with flock(), which does not touch SQLite's locks: so what a killed process left is told
 * from what somebody works on, and removed.
 *
 * A copy that will be exchanged for the vault has a lock file besides, ".NAME.kvault-compact-lock": under the copy's name may be the old file with a
 * lease, which to open alone would break. Before the exchange it says which two inodes are exchanged: whatever else is under the copy's name after
 * a kill is a third file, which had come to the vault's name in between and is nobody's to remove.
 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#ifndef XFS_SUPER_MAGIC
# define XFS_SUPER_MAGIC 0x58465342
#endif
#ifndef EXFAT_SUPER_MAGIC
# define EXFAT_SUPER_MAGIC 0x2011BAB0
#endif

#define SUFFIX ".kvault-compact"
#define LOCK_SUFFIX SUFFIX "-lock"
#define MAKING_TRIES 3
#define SWEEP_MS 5       /* from locking what is to go to removing it */

const kvault__stage kvault__copy_stages[KVAULT__N_COPY_STAGES] = {
  { KVAULT_STEP_COPY, .7 },
  { KVAULT_STEP_CHECK, .15 },
  { KVAULT_STEP_COMPARE, .05 },
  { KVAULT_STEP_PLACE, .1 },
};

char *
kvault__folder_of (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL && slash > path ? strndup (path, (size_t) (slash - path)) : strdup ("/");
}

/* How many bytes of a name fit into @size, without a part of a character. */
size_t
kvault__cut_name (const char *name,
                  size_t      size)
{
  size_t length = strlen (name);

  if (length <= size)
    return length;
  while (size > 0 && ((unsigned char) name[size] & 0xc0) == 0x80)
    size--;
  return size;
}

/* Whether it is what kvault__hidden_path() makes of a long name. */
static bool
is_cut (const char *name,
        size_t      length)
{
  const char *sum = name + length - 17;

  return length > KVAULT__LONGEST_NAME && length <= KVAULT__LONGEST_NAME + 17 && *sum == '~' && strspn (sum + 1, "0123456789abcdef") == 16;
}

/* ".NAME" and @suffix, in the same folder. A long name is cut, and told from others like it by a number; what is left of one when the dot and the
 * suffix are gone stays as it is, since whoever clears up has no more. (caller frees) */
char *
kvault__hidden_path (const char *path,
                     const char *suffix)
{
  const char *name = strrchr (path, '/') + 1;
  int folder = (int) (name - path), length = (int) kvault__cut_name (name, KVAULT__LONGEST_NAME);
  uint64_t sum = 0xcbf29ce484222325;
  char *hidden;

  if (name[length] == '\0' || is_cut (name, strlen (name)))
    return asprintf (&hidden, "%.*s.%s%s", folder, path, name, suffix) >= 0 ? hidden : NULL;
  for (const char *c = name; *c != '\0'; c++)   /* FNV-1a */
    sum = (sum ^ (unsigned char) *c) * 0x100000001b3;
  return asprintf (&hidden, "%.*s.%.*s~%016llx%s", folder, path, length, name, (unsigned long long) sum, suffix) >= 0 ? hidden : NULL;
}

/* Where a copy of the file at @path is made: ".NAME.kvault-compact" in the same folder. */
char *
kvault__copy_path (const char *path)
{
  return kvault__hidden_path (path, SUFFIX);
}

/* ---- leftovers ---- */

static void
unlink_with_sides (const char *path)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
    {
      char *name = sqlite3_mprintf ("%s%s", path, suffixes[i]);

      if (name != NULL)
        unlink (name);
      sqlite3_free (name);
    }
}

/* Whether @path is the name of the open file still, and not another's by now. */
static bool
has_name (int         fd,
          const char *path)
{
  struct stat open_file, named;

  return fstat (fd, &open_file) == 0 && lstat (path, &named) == 0 && open_file.st_dev == named.st_dev && open_file.st_ino == named.st_ino;
}

/* @flags: O_CREAT or 0. (-1 and errno; EWOULDBLOCK: somebody has it, ESTALE: whoever had it has just removed it) */
static int
take_lock (const char *path,
           int         flags)
{
  int fd = open (path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0600);
  int system_errno;

  if (fd < 0)
    return -1;
  if (flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      system_errno = errno;
      if (flags != 0 && system_errno != EWOULDBLOCK)   /* the file system has no locks: it would be in the way for ever */
        unlink (path);
    }
  else if (has_name (fd, path))
    return fd;
  else
    system_errno = ESTALE;
  close (fd);
  errno = system_errno;
  return -1;
}

/* Neither of the two that somebody was about to exchange when he was killed. */
static bool
is_third (int                lock_fd,
          const struct stat *file)
{
  char record[64] = "";
  uint64_t made, old;

  return lock_fd >= 0 && pread (lock_fd, record, sizeof record - 1, 0) > 0 && sscanf (record, "%" SCNu64 " %" SCNu64 "\n", &made, &old) == 2 &&
         file->st_ino != made && file->st_ino != old;
}

static bool
keep (const char *copy,
      const char *path)
{
  char *kept = kvault__keep_beside (copy, path);

  free (kept);
  return kept != NULL;
}

/* @lock_fd: -1: there is none. (false: it is there still) */
static bool
sweep_copy (const char *copy,
            const char *path,
            int         lock_fd)
{
  struct stat st;
  bool gone = false;
  int fd;

  if (lstat (copy, &st) != 0)
    return errno == ENOENT;
  if (!S_ISREG (st.st_mode))
    return is_third (lock_fd, &st) && keep (copy, path);
  fd = open (copy, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return false;
  if (flock (fd, LOCK_EX | LOCK_NB) == 0 && has_name (fd, copy))
    {
      if (fstat (fd, &st) == 0 && is_third (lock_fd, &st))
        gone = keep (copy, path);
      else
        {
          unlink_with_sides (copy);
          gone = true;
        }
    }
  close (fd);
  return gone;
}

/* Removes what a killed process left of a copy. Somebody's work that is under way is locked, and stays. */
void
kvault__sweep (const char *path)
{
  char *copy = kvault__copy_path (path), *lock = kvault__hidden_path (path, LOCK_SUFFIX);
  int lock_fd;

  if (copy != NULL && lock != NULL && ((lock_fd = take_lock (lock, 0)) >= 0 || errno == ENOENT))
    {
      if (sweep_copy (copy, path, lock_fd) && lock_fd >= 0)
        unlink (lock);
      if (lock_fd >= 0)
        close (lock_fd);
    }
  free (copy);
  free (lock);
}

/* Whether flock() reaches everybody who may be at work in a folder. On a network, or in a file system of a process, another computer's may not
 * be seen from here. */
static bool
sees_all_locks (int folder)
{
  static const unsigned long local[] = { EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
                                         MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC };
  struct statfs fs;

  if (fstatfs (folder, &fs) != 0)
    return false;
  for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
    if ((unsigned long) fs.f_type == local[i])
      return true;
  return false;
}

static bool
ends_in (const char *name,
         const char *end)
{
  size_t length = strlen (name), n = strlen (end);

  return length > n && strcmp (name + length - n, end) == 0;
}

/* "b.db" of ".b.db.kvault-compact", or of its lock file, if there is no such file. (caller frees; NULL: it is something else) */
static char *
find_missing (const char *folder,
              const char *name)
{
  size_t length = strlen (name), suffix = strlen (ends_in (name, LOCK_SUFFIX) ? LOCK_SUFFIX : SUFFIX);
  struct stat st;
  char *path;

  if (length <= suffix + 1 || name[0] != '.' || !(ends_in (name, SUFFIX) || ends_in (name, LOCK_SUFFIX)))
    return NULL;
  if (asprintf (&path, "%s/%.*s", folder, (int) (length - suffix - 1), name + 1) < 0)
    return NULL;
  if (lstat (path, &st) != 0 && errno == ENOENT)
    return path;
  free (path);
  return NULL;
}

/* Likewise what killed processes left in the same folder of copies that did not come about: nobody opens those, and nobody may ever make
 * them again. What stands beside a file is for who opens that. @max: names that are looked at, since a folder may have any number. */
void
kvault__sweep_folder (const char *path,
                      size_t      max)
{
  char *folder = kvault__folder_of (path);
  DIR *directory = folder != NULL ? opendir (folder) : NULL;
  struct dirent *entry;

  if (directory != NULL && sees_all_locks (dirfd (directory)))
    while (max-- > 0 && (entry = readdir (directory)) != NULL)
      {
        char *missing = find_missing (folder, entry->d_name);

        if (missing != NULL)
          kvault__sweep (missing);
        kvault__sweep_new_file (folder, entry->d_name);
        free (missing);
      }
  if (directory != NULL)
    closedir (directory);
  free (folder);
}

/* ---- making one ---- */

static int
fail_making (kvault *vault,
             int     system_errno)
{
  int code = system_errno == EACCES || system_errno == EPERM || system_errno == EROFS ? KVAULT_EREADONLY :
             system_errno == ENOENT || system_errno == ENOTDIR ? KVAULT_ENOENT :
             system_errno == EEXIST ? KVAULT_EBUSY : KVAULT_EIO;

  if (code == KVAULT_EBUSY)
    return kvault__fail (vault, code, "%s: somebody else makes a copy of it just now", vault->name);
  return kvault__fail_errno (vault, code, system_errno, "%s: cannot make the new file", vault->name);
}

/* An empty file at @path, which is taken over, locked. A sweeper may have come between making and locking: then it has no name, or not for
 * long, and another one is made. */
int
kvault__copy_begin (kvault__copy *copy,
                    kvault       *vault,
                    kvault__work *work,
                    char         *path,
                    mode_t        mode)
{
  *copy = (kvault__copy) { .vault = vault, .work = work, .path = path, .fd = -1 };
  if (path == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  for (int i = 0; i < MAKING_TRIES; i++)
    {
      copy->fd = open (path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, mode);
      if (copy->fd < 0 && errno != EEXIST)
        return fail_making (vault, errno);
      if (copy->fd >= 0)
        {
          bool locked = flock (copy->fd, LOCK_EX | LOCK_NB) == 0;
          int system_errno = errno;

          if (locked && has_name (copy->fd, path))
            return KVAULT_OK;
          if (!locked && system_errno != EWOULDBLOCK)   /* the file system has no locks: it would be in the way for ever */
            {
              unlink (path);
              kvault__copy_end (copy, false);
              return fail_making (vault, system_errno);
            }
          close (copy->fd);
          copy->fd = -1;
        }
      nanosleep (&(struct timespec) { .tv_nsec = SWEEP_MS * 1000000L }, NULL);
    }
  return fail_making (vault, EEXIST);
}

/* Before the copy that will be exchanged for @vault's file is begun. */
int
kvault__copy_lock (kvault *vault,
                   int    *lock_fd)
{
  char *path = kvault__hidden_path (vault->path, LOCK_SUFFIX);
  int system_errno;

  *lock_fd = -1;
  if (path == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  for (int i = 0; i < MAKING_TRIES; i++)   /* a sweeper has it for a moment only */
    {
      if ((*lock_fd = take_lock (path, O_CREAT)) >= 0 || (errno != EWOULDBLOCK && errno != ESTALE))
        break;
      nanosleep (&(struct timespec) { .tv_nsec = SWEEP_MS * 1000000L }, NULL);
      errno = EEXIST;
    }
  system_errno = errno;
  free (path);
  return *lock_fd >= 0 ? KVAULT_OK : fail_making (vault, system_errno);
}

/* Which inodes are the work's own, from now on: see the top of this file. On the disk afterwards. */
int
kvault__copy_note (kvault  *vault,
                   int      lock_fd,
                   uint64_t made,
                   uint64_t old)
{
  char record[64];
  int length = snprintf (record, sizeof record, "%" PRIu64 " %" PRIu64 "\n", made, old);

  if (pwrite (lock_fd, record, (size_t) length, 0) == length && ftruncate (lock_fd, length) == 0 && fsync (lock_fd) == 0)
    return KVAULT_OK;
  return kvault__fail_errno (vault, KVAULT_EIO, errno, "%s: the lock of the new file", vault->name);
}

/* When the copy has ended. As long as something has its name, what is known of that stays. */
void
kvault__copy_unlock (kvault *vault,
                     int     lock_fd)
{
  char *copy = kvault__copy_path (vault->path), *lock = kvault__hidden_path (vault->path, LOCK_SUFFIX);
  struct stat st;

  if (lock_fd >= 0 && copy != NULL && lock != NULL && ((fstat (lock_fd, &st) == 0 && st.st_size == 0) || lstat (copy, &st) != 0))
    unlink (lock);
  if (lock_fd >= 0)
    close (lock_fd);
  free (copy);
  free (lock);
}

/* Closes the file and, if it is not wanted, removes it. */
void
kvault__copy_end (kvault__copy *copy,
                  bool          remove)
{
  if (copy->fd >= 0 && remove)
    unlink_with_sides (copy->path);
  if (copy->fd >= 0)
    close (copy->fd);
  copy->fd = -1;
  free (copy->path);
  copy->path = NULL;
}

/* Free space is looked at beforehand: hours of work should not end on a full disk. */
int
kvault__copy_check_room (kvault__copy *copy,
                         uint64_t      size)
{
  struct statvfs fs;

  if (fstatvfs (copy->fd, &fs) != 0 || (uint64_t) fs.f_bavail * fs.f_frsize >= size)
    return KVAULT_OK;
  return kvault__fail (copy->vault, KVAULT_EFULL, "%s: the new file needs %llu bytes, and %llu are free", copy->vault->name,
                       (unsigned long long) size, (unsigned long long) fs.f_bavail * fs.f_frsize);
}

/* @source is a handle of our own (kvault__open_beside()); its content is written. Nothing in its file changes. */
int
kvault__copy_fill (kvault__copy *copy,
                   kvault       *source,
                   bool          page_maps,
                   uint64_t      bytes)
{
  sqlite3_stmt *statement = NULL;
  int rc;

  kvault__work_go (copy->work, KVAULT_STEP_COPY, bytes);
  /* Unsynced: fsync() follows when all is there. query_only would keep SQLite from writing to the new file, too. A page-map setting
   * that the file does not have yet goes to the copy only. */
  if ((rc = kvault__exec (source, "PRAGMA query_only=0; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE")) != KVAULT_OK ||
      (page_maps && (rc = kvault__exec (source, "PRAGMA main.auto_vacuum=INCREMENTAL")) != KVAULT_OK))
    return kvault__fail_beside (copy->vault, source);
  if (sqlite3_prepare_v2 (source->db, "VACUUM main INTO ?1", -1, &statement, NULL) != SQLITE_OK)
    rc = kvault__fail_db (source, "%s", source->name);
  else
    {
      sqlite3_bind_text (statement, 1, copy->path, -1, SQLITE_STATIC);
      kvault__work_watch (copy->work, source->db, bytes);
      copy->work->writes_fd = copy->fd;
      if (sqlite3_step (statement) != SQLITE_DONE)
        rc = kvault__fail_db (source, "%s", source->name);
      copy->work->writes_fd = -1;
      kvault__work_unwatch (copy->work);
    }
  sqlite3_finalize (statement);
  if (rc != KVAULT_OK)
    return kvault__fail_beside (copy->vault, source);
  sync_file_range (copy->fd, 0, 0, SYNC_FILE_RANGE_WRITE);   /* the rest, while the copy is compared */
  return KVAULT_OK;
}

/* ---- comparing ---- */

static void
mix (uint64_t   *sum,
     const void *bytes,
     size_t      n)
{
  const unsigned char *b = bytes;

  for (size_t i = 0; i < n; i++)   /* FNV-1a */
    *sum = (*sum ^ b[i]) * 0x100000001b3;
}

static bool
is_vault_table (const kvault *handle,
                const char   *table)
{
  for (size_t i = 0; i < handle->n_sections; i++)
    if (kvault__is_vault (&handle->sections[i]) && strcmp (handle->sections[i].name, table) == 0)
      return true;
  return false;
}

static int
tally_table (kvault          *handle,
             const char      *table,
             kvault__content *content)
{
  bool is_vault = is_vault_table (handle, table);
  char *sql = sqlite3_mprintf ("SELECT count(*), %s FROM main.\"%w\" NOT INDEXED", is_vault ? "total(length(value))" : "0", table);
  sqlite3_stmt *statement = NULL;
  int64_t numbers[2];
  int rc = KVAULT_OK;

  if (sql == NULL)
    return kvault__fail (handle, KVAULT_ENOMEM, "%s: no memory", handle->name);
  if (sqlite3_prepare_v2 (handle->db, sql, -1, &statement, NULL) != SQLITE_OK || sqlite3_step (statement) != SQLITE_ROW)
    rc = kvault__fail_db (handle, "%s", handle->name);
  else
    {
      numbers[0] = sqlite3_column_int64 (statement, 0);
      numbers[1] = sqlite3_column_int64 (statement, 1);
      content->keys += is_vault ? (uint64_t) numbers[0] : 0;
      mix (&content->sum, table, strlen (table) + 1);
      mix (&content->sum, numbers, sizeof numbers);
    }
  sqlite3_finalize (statement);
  sqlite3_free (sql);
  return rc;
}

/* The rows of all tables and the bytes of values, as one number; and the keys. */
int
kvault__content_get (kvault          *handle,
                     kvault__content *content)
{
  sqlite3_stmt *tables = NULL;
  int rc = KVAULT_OK;
  int step;

  *content = (kvault__content) { .sum = 0xcbf29ce484222325 };
  if (sqlite3_prepare_v2 (handle->db, "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name",
                          -1, &tables, NULL) != SQLITE_OK)
    return kvault__fail_db (handle, "%s", handle->name);
  while ((step = sqlite3_step (tables)) == SQLITE_ROW && rc == KVAULT_OK)
    {
      const char *table = (const char *) sqlite3_column_text (tables, 0);

      rc = table != NULL ? tally_table (handle, table, content) : kvault__fail_db (handle, "%s", handle->name);
    }
  if (rc == KVAULT_OK && step != SQLITE_DONE)
    rc = kvault__fail_db (handle, "%s", handle->name);
  sqlite3_finalize (tables);
  return rc;
}

static int
fail_unequal (kvault__copy *copy)
{
  return kvault__fail (copy->vault, KVAULT_ECORRUPT, "%s: the new file is not equal to it and was not used; check the vault and the disk",
                       copy->vault->name);
}

/* @handle is that of @vault, or one of our own. @sound: of what was looked at, nothing was found. */
int
kvault__check_pages (kvault       *vault,
                     kvault       *handle,
                     kvault__work *work,
                     uint64_t      bytes,
                     bool         *sound)
{
  sqlite3_stmt *statement = NULL;
  int rc = KVAULT_OK;

  *sound = false;
  kvault__work_go (work, KVAULT_STEP_CHECK, bytes);
  kvault__work_watch (work, handle->db, bytes);
  if (sqlite3_prepare_v2 (handle->db, "PRAGMA main.quick_check(1)", -1, &statement, NULL) != SQLITE_OK ||
      sqlite3_step (statement) != SQLITE_ROW || sqlite3_column_text (statement, 0) == NULL)
    {
      kvault__fail_db (handle, "%s", handle->name);
      rc = kvault__fail_beside (vault, handle);
    }
  else if ((rc = kvault__work_check (work)) == KVAULT_OK)
    *sound = strcmp ((const char *) sqlite3_column_text (statement, 0), "ok") == 0;
  sqlite3_finalize (statement);
  kvault__work_unwatch (work);
  return rc;
}

static int
check_pages (kvault__copy *copy,
             kvault       *made,
             uint64_t      bytes)
{
  bool sound;
  int rc = kvault__check_pages (copy->vault, made, copy->work, bytes, &sound);

  return rc == KVAULT_OK && !sound ? fail_unequal (copy) : rc;
}

static int
check_equal (kvault__copy *copy,
             kvault       *source,
             kvault       *made)
{
  kvault__content wanted, got;

  kvault__work_go (copy->work, KVAULT_STEP_COMPARE, KVAULT_SIZE_UNKNOWN);
  if (kvault__content_get (source, &wanted) != KVAULT_OK)
    return kvault__fail_beside (copy->vault, source);
  if (kvault__content_get (made, &got) != KVAULT_OK)
    return kvault__fail_beside (copy->vault, made);
  copy->keys = got.keys;
  return wanted.sum == got.sum ? KVAULT_OK : fail_unequal (copy);
}

/* @source must show the state that was copied. Gives it a log like the vault's, where one can be, and has everything on the disk at the end. */
int
kvault__copy_check (kvault__copy  *copy,
                    kvault        *source,
                    kvault_journal journal,
                    uint64_t       bytes)
{
  bool log_refused = true;
  kvault *made;
  int rc = kvault__open_beside (copy->vault, copy->path, KVAULT_ACCESS_WRITE, kvault__work_is_cancelled, copy->work, &made);

  if (rc != KVAULT_OK)
    return rc;
  if ((rc = check_pages (copy, made, bytes)) == KVAULT_OK && (rc = check_equal (copy, source, made)) == KVAULT_OK &&
      journal == KVAULT_JOURNAL_WAL && kvault__log_refused (made, &log_refused) != KVAULT_OK)
    rc = kvault__fail_beside (copy->vault, made);
  if (rc == KVAULT_OK)
    kvault__work_go (copy->work, KVAULT_STEP_PLACE, KVAULT_SIZE_UNKNOWN);
  if (rc == KVAULT_OK && !log_refused && kvault__exec (made, "PRAGMA synchronous=OFF; PRAGMA main.journal_mode=WAL") != KVAULT_OK)
    rc = kvault__fail_beside (copy->vault, made);
  kvault_close (made);
  if (rc == KVAULT_OK && fsync (copy->fd) != 0)
    rc = kvault__fail_errno (copy->vault, KVAULT_EIO, errno, "%s: the new file", copy->vault->name);
  return rc;
}
