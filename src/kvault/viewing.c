/* SPDX-License-Identifier: MIT */
/*
 * viewing.c - how a file is opened so that it shows the truth and nothing else on the disk changes.
 *
 * SQLite's own read-only mode is no way to look: in a folder that can be written it leaves a "-wal" and a "-shm" that can lock the
 * owner out, in one that cannot it fails, and "immutable" passes over a write-ahead log and shows half-written rows beside
 * a hot journal. So:
 *
 *  - where we may write, a viewer opens read-write with query_only, keeps a log that was there (no checkpoint at
 *    closing) and takes the log's index away again (heapwal.c);
 *  - where we may not, it opens read-only with whatever side files are there; without any, "immutable"; with a log that
 *    has no index, an index in memory. The last two take no locks: the place is watched instead (kvault.frozen);
 *  - beside a hot journal that cannot be played back nothing is shown at all.
 *
 * The verdict on a file comes with the first read, not with sqlite3_open_v2().
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SNIFF_SIZE 4096
#define MAGIC "SQLite format 3"

typedef enum { OPEN_PLAIN, OPEN_TIDY, OPEN_HEAP, OPEN_IMMUTABLE } open_manner;

static bool
stat_beside (const char  *path,
             const char  *suffix,
             struct stat *st)
{
  char *name = sqlite3_mprintf ("%s%s", path, suffix);
  bool there = name != NULL && stat (name, st) == 0;

  sqlite3_free (name);
  return there;
}

int
kvault__look_at_place (const char    *path,
                       kvault__place *place)
{
  struct stat side;

  memset (place, 0, sizeof *place);
  if (stat (path, &place->main) != 0)
    return errno;
  place->has_log_file = stat_beside (path, "-wal", &side);
  if (place->has_log_file && side.st_size > 0)
    {
      place->has_wal = true;
      place->wal_size = side.st_size;
      place->wal_mtime = side.st_mtim;
    }
  place->has_shm = stat_beside (path, "-shm", &side);
  place->has_journal = stat_beside (path, "-journal", &side) && side.st_size > 0;
  return 0;
}

static bool
same_time (const struct timespec *a,
           const struct timespec *b)
{
  return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool
kvault__place_changed (const kvault__place *before,
                       const kvault__place *now)
{
  return before->main.st_dev != now->main.st_dev ||
         before->main.st_ino != now->main.st_ino ||
         before->main.st_size != now->main.st_size ||
         !same_time (&before->main.st_mtim, &now->main.st_mtim) ||
         before->has_wal != now->has_wal ||
         before->has_journal != now->has_journal ||
         before->wal_size != now->wal_size ||
         !same_time (&before->wal_mtime, &now->wal_mtime);
}

/* 0, or why not. */
static int
check_right_to_write (const char *path)
{
  return faccessat (AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

static int
check_folder (const char *path)
{
  char folder[PATH_MAX];
  size_t n = (size_t) (strrchr (path, '/') - path);

  if (n >= sizeof folder)
    return ENAMETOOLONG;
  memcpy (folder, path, n > 0 ? n : 1);
  folder[n > 0 ? n : 1] = '\0';
  return check_right_to_write (folder);
}

/* @path is what realpath() gave. */
static kvault_obstacle
find_obstacle (const char *path)
{
  int file_errno = check_right_to_write (path);
  int folder_errno = check_folder (path);

  if (file_errno == EROFS || folder_errno == EROFS)
    return KVAULT_OBSTACLE_FILE_SYSTEM;
  if (file_errno != 0)
    return KVAULT_OBSTACLE_FILE;
  return folder_errno != 0 ? KVAULT_OBSTACLE_FOLDER : KVAULT_OBSTACLE_NONE;
}

kvault_obstacle
kvault_obstacle_get (kvault *vault)
{
  kvault_obstacle obstacle = find_obstacle (vault->path);

  return obstacle == KVAULT_OBSTACLE_NONE && kvault__knows_cannot_log (vault) ? KVAULT_OBSTACLE_LOG : obstacle;
}

/* ---- the connection ---- */

/* file:/path%20x?… ; an absolute path has no authority and every byte but the plain ones is escaped. */
static char *
uri_of (const char *path,
        const char *query)
{
  static const char hex[] = "0123456789abcdef";
  char *uri = sqlite3_malloc64 (strlen (path) * 3 + strlen (query) + 8);
  char *out = uri;

  if (uri == NULL)
    return NULL;
  out = strcpy (uri, "file:") + 5;
  for (const unsigned char *in = (const unsigned char *) path; *in != '\0'; in++)
    {
      if ((*in >= 'a' && *in <= 'z') || (*in >= 'A' && *in <= 'Z') || (*in >= '0' && *in <= '9') || strchr ("/-_.~", *in) != NULL)
        *out++ = (char) *in;
      else
        {
          *out++ = '%';
          *out++ = hex[*in >> 4];
          *out++ = hex[*in & 15];
        }
    }
  strcpy (out, query);
  return uri;
}

static void
close_connection (kvault *vault)
{
  sqlite3_close (vault->db);
  vault->db = NULL;
}

static int
connect_database (kvault     *vault,
                  open_manner manner,
                  int         flags)
{
  static const char *const query[] = { "?", "?kvault=tidy", "?kvault=heap", "?immutable=1" };
  char *uri;
  int rc;

  if (kvault__vfs_register () != SQLITE_OK)
    return kvault__fail (vault, KVAULT_EIO, "SQLite has no file system");
  uri = uri_of (vault->path, query[manner]);
  if (uri == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  rc = sqlite3_open_v2 (uri, &vault->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, KVAULT__VFS);
  sqlite3_free (uri);
  if (rc != SQLITE_OK)
    {
      rc = kvault__fail_code (vault, rc, "%s", vault->name);
      close_connection (vault);
      return rc;
    }
  kvault__set_busy_handler (vault);
  return kvault__harden (vault);
}

/* Reads through SQLite's own descriptor: closing one of ours would drop the locks of other handles. */
static size_t
read_head (kvault        *vault,
           unsigned char *head,
           size_t         size)
{
  sqlite3_file *file = NULL;
  sqlite3_int64 file_size = 0;

  if (sqlite3_file_control (vault->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
      file == NULL || file->pMethods == NULL || file->pMethods->xFileSize (file, &file_size) != SQLITE_OK)
    return 0;
  if ((sqlite3_int64) size > file_size)
    size = (size_t) file_size;
  return size > 0 && file->pMethods->xRead (file, head, (int) size, 0) == SQLITE_OK ? size : 0;
}

/* ---- verdicts ---- */

/* Encrypted pages are as good as random: near 8 bits of entropy a byte, with no signature of a compressed format. */
static bool
looks_encrypted (const unsigned char *head,
                 size_t               len,
                 off_t                file_size)
{
  unsigned counts[256] = { 0 };
  double bits = 0;

  if (len < 1024 || file_size % 512 != 0 || strcmp (kvault_guess_type (head, len), "application/octet-stream") != 0)
    return false;
  for (size_t i = 0; i < len; i++)
    counts[head[i]]++;
  for (int i = 0; i < 256; i++)
    if (counts[i] > 0)
      bits -= counts[i] * log2 ((double) counts[i] / (double) len);
  /* Random data of 1,024 bytes measures 7.80 on average, 4,096 bytes 7.95. */
  return bits / (double) len > 7.6;
}

static int
judge_no_database (kvault *vault)
{
  unsigned char head[SNIFF_SIZE];
  size_t len = read_head (vault, head, sizeof head);

  if (len >= sizeof MAGIC && memcmp (head, MAGIC, sizeof MAGIC) == 0)
    return kvault__fail (vault, KVAULT_ECORRUPT, "%s: the file is damaged or cut short", vault->name);
  if (looks_encrypted (head, len, vault->place.main.st_size))
    return kvault__fail (vault, KVAULT_EENCRYPTED, "%s is no SQLite file; it looks encrypted", vault->name);
  return kvault__fail (vault, KVAULT_ENOTDB, "%s is no SQLite file", vault->name);
}

static int
first_read (kvault *vault)
{
  sqlite3_stmt *statement = NULL;
  int sqlite_rc = sqlite3_prepare_v2 (vault->db, "PRAGMA main.schema_version", -1, &statement, NULL);
  int rc = KVAULT_OK;

  if (sqlite_rc == SQLITE_OK && sqlite3_step (statement) != SQLITE_ROW)
    sqlite_rc = sqlite3_extended_errcode (vault->db);
  if (sqlite_rc != SQLITE_OK)
    rc = kvault__fail_code (vault, sqlite_rc, "%s", vault->name);
  sqlite3_finalize (statement);

  if (rc == KVAULT_ENOTDB)
    return judge_no_database (vault);
  if (rc == KVAULT_EHOT)
    return kvault__fail (vault, KVAULT_EHOT,
                         "%s: the last write was interrupted; open it once where it can be written, or copy it with its -journal",
                         vault->name);
  return rc;
}

static int
connect_and_read (kvault     *vault,
                  open_manner manner,
                  int         flags)
{
  int rc = connect_database (vault, manner, flags);

  if (rc != KVAULT_OK)
    return rc;
  vault->frozen = manner == OPEN_HEAP || manner == OPEN_IMMUTABLE;
  return first_read (vault);
}

/* ---- where no log can be used ---- */

static void
pass_through (kvault     *vault,
              open_manner manner,
              const char *sql)
{
  if (connect_database (vault, manner, SQLITE_OPEN_READWRITE) == KVAULT_OK)
    {
      sqlite3_db_config (vault->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, manner == OPEN_TIDY, NULL);
      sqlite3_busy_timeout (vault->db, 0);
      sqlite3_exec (vault->db, sql, NULL, NULL, NULL);
      first_read (vault);
      close_connection (vault);
    }
}

/* SQLite has made an index and an empty log before it found out that the index cannot be mapped, and leaves them. Each goes with a
 * connection that knows how to remove it, if that has the file for itself: the log with one that needs no index. What was there before is
 * somebody's: locks of another computer may not be seen from here, and its log may be empty only for now. */
static void
remove_traces (kvault *vault)
{
  struct stat log;

  close_connection (vault);
  if (!vault->place.has_shm)
    pass_through (vault, OPEN_TIDY, "");
  if (!vault->place.has_log_file && stat_beside (vault->path, "-wal", &log) && log.st_size == 0)
    pass_through (vault, OPEN_PLAIN, "PRAGMA locking_mode=EXCLUSIVE");
}

/* After a first read that failed, for that or for another reason. */
static bool
cannot_log (kvault *vault)
{
  if (vault->error.sqlite_code != SQLITE_IOERR_SHMMAP || !kvault__index_refused (vault, false))
    return false;
  remove_traces (vault);
  kvault__note_cannot_log (vault);
  return true;
}

int
kvault__fail_cannot_log (kvault *vault)
{
  return kvault__fail (vault, KVAULT_EREADONLY, "%s: its file system lets programs share no memory, which the write-ahead log needs; it can be viewed "
                       "here, and changed in a copy on another disk", vault->name);
}

/* Of a file of which another handle knows it, unless the log was left since. */
static bool
still_cannot_log (kvault *vault)
{
  unsigned char head[20];
  bool has_log = kvault__knows_cannot_log (vault) && connect_database (vault, OPEN_PLAIN, SQLITE_OPEN_READONLY) == KVAULT_OK &&
                 read_head (vault, head, sizeof head) == sizeof head && head[18] == 2;

  close_connection (vault);
  return has_log;
}

/* ---- the manners ---- */

/* A header that says "write-ahead log" needs an index, which cannot be made here; any other file is best read under locks. */
static int
open_without_side_files (kvault *vault)
{
  unsigned char head[20];
  int rc = connect_and_read (vault, OPEN_IMMUTABLE, SQLITE_OPEN_READONLY);

  if (rc != KVAULT_OK || read_head (vault, head, sizeof head) != sizeof head || head[18] == 2)
    return rc;
  close_connection (vault);
  return connect_and_read (vault, OPEN_PLAIN, SQLITE_OPEN_READONLY);
}

static int
open_where_not_writable (kvault *vault)
{
  const kvault__place *place = &vault->place;
  int rc;

  if (!place->has_wal && !place->has_journal)
    return open_without_side_files (vault);
  if (place->has_wal && !place->has_shm)
    return connect_and_read (vault, OPEN_HEAP, SQLITE_OPEN_READONLY);

  rc = connect_and_read (vault, OPEN_PLAIN, SQLITE_OPEN_READONLY);
  if (rc == KVAULT_OK || !place->has_wal || (rc != KVAULT_EREADONLY && rc != KVAULT_EIO && rc != KVAULT_EPERM))
    return rc;
  close_connection (vault);   /* the index is there but cannot be read */
  return connect_and_read (vault, OPEN_HEAP, SQLITE_OPEN_READONLY);
}

static int
open_for_viewing (kvault *vault)
{
  int rc;

  vault->readonly_reason = "it was opened for viewing";
  if (find_obstacle (vault->path) != KVAULT_OBSTACLE_NONE)
    return open_where_not_writable (vault);
  if (still_cannot_log (vault))
    {
      kvault__note_cannot_log (vault);
      return open_where_not_writable (vault);
    }

  rc = connect_database (vault, OPEN_TIDY, SQLITE_OPEN_READWRITE);
  if (rc != KVAULT_OK)
    return rc;
  if (vault->place.has_wal)
    sqlite3_db_config (vault->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  rc = first_read (vault);
  if (rc != KVAULT_EFULL && rc != KVAULT_EIO)
    return rc;
  cannot_log (vault);
  close_connection (vault);   /* no room for an index, on a full disk: look without making one */
  return open_where_not_writable (vault);
}

static int
open_for_writing (kvault *vault)
{
  int rc;

  switch (find_obstacle (vault->path))
    {
    case KVAULT_OBSTACLE_FILE_SYSTEM:
      return kvault__fail (vault, KVAULT_EREADONLY, "%s: it is on a read-only file system", vault->name);
    case KVAULT_OBSTACLE_FILE:
      return kvault__fail (vault, KVAULT_EREADONLY, "%s: no right to write the file", vault->name);
    case KVAULT_OBSTACLE_FOLDER:
      return kvault__fail (vault, KVAULT_EREADONLY, "%s: no right to write its folder, which SQLite needs for its log",
                           vault->name);
    case KVAULT_OBSTACLE_LOG:
    case KVAULT_OBSTACLE_NONE:
      break;
    }
  if (still_cannot_log (vault))
    return kvault__fail_cannot_log (vault);
  if ((rc = connect_database (vault, OPEN_PLAIN, SQLITE_OPEN_READWRITE)) != KVAULT_OK)
    return rc;
  if (sqlite3_db_readonly (vault->db, "main") == 1)   /* asked for writing, given reading */
    return kvault__fail (vault, KVAULT_EREADONLY, "%s: the file cannot be opened for writing", vault->name);
  rc = first_read (vault);
  return rc != KVAULT_OK && cannot_log (vault) ? kvault__fail_cannot_log (vault) : rc;
}

int
kvault__open_database (kvault *vault)
{
  int system_errno = kvault__look_at_place (vault->path, &vault->place);

  if (system_errno != 0)
    return kvault__fail_errno (vault, KVAULT_EIO, system_errno, "%s", vault->name);
  if (vault->place.main.st_size == 1)   /* for SQLite that is an empty file, to be filled (unixFileSize()) */
    return kvault__fail (vault, KVAULT_ENOTDB, "%s is no SQLite file", vault->name);
  return kvault__only_looks (vault) ? open_for_viewing (vault) : open_for_writing (vault);
}
