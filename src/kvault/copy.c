/* SPDX-License-Identifier: MIT */
/*
 * copy.c - a compacted copy of a vault in a file of its own: made, compared, made durable, or removed again.
 *
 * VACUUM INTO writes it from one state of the file, in 21 MB of memory, and can be interrupted at any time. The copy counts only after SQLite's
 * check of it and after every table of it has as many rows, and every vault as many bytes of values, as the source.
 *
 * While it is being made the file is locked with flock(), which does not touch SQLite's locks: so what a killed process left is told
 * from what somebody works on, and removed.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SUFFIX ".kvault-compact"

char *
kvault__folder_of (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL && slash > path ? strndup (path, (size_t) (slash - path)) : strdup ("/");
}

/* Where a copy of the file at @path is made: ".NAME.kvault-compact" in the same folder. */
char *
kvault__copy_path (const char *path)
{
  const char *name = strrchr (path, '/') + 1;
  char *copy = malloc (strlen (path) + sizeof "." SUFFIX);

  if (copy != NULL)
    {
      memcpy (copy, path, (size_t) (name - path));
      stpcpy (stpcpy (stpcpy (copy + (name - path), "."), name), SUFFIX);
    }
  return copy;
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

/* Removes what a killed process left of a copy. Somebody's work that is under way is locked, and stays. */
void
kvault__sweep (const char *path)
{
  char *copy = kvault__copy_path (path);
  struct stat st;
  int fd;

  if (copy != NULL && lstat (copy, &st) == 0 && S_ISREG (st.st_mode) &&
      (fd = open (copy, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) >= 0)
    {
      if (flock (fd, LOCK_EX | LOCK_NB) == 0)
        unlink_with_sides (copy);
      close (fd);
    }
  free (copy);
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

/* An empty file at @path, which is taken over, locked. A sweeper may have come between making and locking: then it has no name. */
int
kvault__copy_begin (kvault__copy *copy,
                    kvault       *vault,
                    kvault__work *work,
                    char         *path,
                    mode_t        mode)
{
  struct stat st;

  *copy = (kvault__copy) { .vault = vault, .work = work, .path = path, .fd = -1 };
  if (path == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  copy->fd = open (path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, mode);
  if (copy->fd < 0)
    return fail_making (vault, errno);
  if (flock (copy->fd, LOCK_EX | LOCK_NB) == 0 && fstat (copy->fd, &st) == 0 && st.st_nlink == 1)
    return KVAULT_OK;
  kvault__copy_end (copy, true);
  return fail_making (vault, EEXIST);
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
tally_table (kvault     *handle,
             const char *table,
             uint64_t   *sum)
{
  char *sql = sqlite3_mprintf ("SELECT count(*), %s FROM main.\"%w\" NOT INDEXED",
                               is_vault_table (handle, table) ? "total(length(value))" : "0", table);
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
      mix (sum, table, strlen (table) + 1);
      mix (sum, numbers, sizeof numbers);
    }
  sqlite3_finalize (statement);
  sqlite3_free (sql);
  return rc;
}

/* One number for the rows of all tables and the bytes of values: equal for equal content. */
static int
tally (kvault   *handle,
       uint64_t *sum)
{
  sqlite3_stmt *tables = NULL;
  int rc = KVAULT_OK;
  int step;

  *sum = 0xcbf29ce484222325;
  if (sqlite3_prepare_v2 (handle->db, "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name",
                          -1, &tables, NULL) != SQLITE_OK)
    return kvault__fail_db (handle, "%s", handle->name);
  while ((step = sqlite3_step (tables)) == SQLITE_ROW && rc == KVAULT_OK)
    {
      const char *table = (const char *) sqlite3_column_text (tables, 0);

      rc = table != NULL ? tally_table (handle, table, sum) : kvault__fail_db (handle, "%s", handle->name);
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

static int
check_pages (kvault__copy *copy,
             kvault       *made,
             uint64_t      bytes)
{
  sqlite3_stmt *statement = NULL;
  int rc = KVAULT_OK;

  kvault__work_watch (copy->work, made->db, bytes);
  if (sqlite3_prepare_v2 (made->db, "PRAGMA main.quick_check(1)", -1, &statement, NULL) != SQLITE_OK ||
      sqlite3_step (statement) != SQLITE_ROW || sqlite3_column_text (statement, 0) == NULL)
    {
      kvault__fail_db (made, "%s", made->name);
      rc = kvault__fail_beside (copy->vault, made);
    }
  else if ((rc = kvault__work_check (copy->work)) == KVAULT_OK && strcmp ((const char *) sqlite3_column_text (statement, 0), "ok") != 0)
    rc = fail_unequal (copy);
  sqlite3_finalize (statement);
  kvault__work_unwatch (copy->work);
  return rc;
}

static int
check_equal (kvault__copy *copy,
             kvault       *source,
             kvault       *made)
{
  uint64_t wanted, got;

  if (tally (source, &wanted) != KVAULT_OK)
    return kvault__fail_beside (copy->vault, source);
  if (tally (made, &got) != KVAULT_OK)
    return kvault__fail_beside (copy->vault, made);
  return wanted == got ? KVAULT_OK : fail_unequal (copy);
}

/* @source must show the state that was copied. Sets the log of the vault's, too, and has everything on the disk at the end. */
int
kvault__copy_check (kvault__copy  *copy,
                    kvault        *source,
                    kvault_journal journal,
                    uint64_t       bytes)
{
  kvault *made;
  int rc = kvault__open_beside (copy->vault, copy->path, KVAULT_ACCESS_WRITE, kvault__work_is_cancelled, copy->work, &made);

  if (rc != KVAULT_OK)
    return rc;
  if ((rc = check_pages (copy, made, bytes)) == KVAULT_OK && (rc = check_equal (copy, source, made)) == KVAULT_OK &&
      journal == KVAULT_JOURNAL_WAL && kvault__exec (made, "PRAGMA synchronous=OFF; PRAGMA main.journal_mode=WAL") != KVAULT_OK)
    rc = kvault__fail_beside (copy->vault, made);
  kvault_close (made);
  if (rc == KVAULT_OK && fsync (copy->fd) != 0)
    rc = kvault__fail_errno (copy->vault, KVAULT_EIO, errno, "%s: the new file", copy->vault->name);
  return rc;
}
