/* SPDX-License-Identifier: MIT */
/*
 * stream.c - values from and to file descriptors, and many of them at once.
 *
 * A regular file goes straight into the value: it delivers at the speed of the disk, so holding the write lock meanwhile costs
 * others little; a long one is read ahead by a thread (ahead.c), a short one is put as a whole. Pipes and sockets go through a
 * kvault_writer, which holds no lock.
 *
 * Bulk mode groups puts into transactions of about 64 MB and leaves write-ahead logging where that is worth it and possible: a
 * log takes every byte twice. So that a kill in between does not change the file for good, a table named kvault_bulk says that
 * the file is to return; whoever opens it for writing next sees to that.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BULK_COMMIT (64u << 20)      /* others cannot read while pages spill, so not longer */
#define BULK_WORTH (64u << 20)       /* below, the way out of the log and back costs more than it saves */
#define AHEAD_WORTH (8u << 20)       /* below, starting a thread gains nothing to speak of */
#define AT_ONCE_MAX (1u << 20)       /* a shorter value is put from memory */
#define RETURN_TRIES 50              /* of up to 20 ms each */

/* ---- in ---- */

static ssize_t
read_some (int    fd,
           void  *buf,
           size_t len)
{
  ssize_t n;

  do
    n = read (fd, buf, len);
  while (n < 0 && errno == EINTR);
  return n;
}

static int
fail_source (kvault     *vault,
             int         system_errno,
             const void *key,
             size_t      key_size)
{
  return kvault__fail_errno (vault, KVAULT_EIO, system_errno, "%s: key %s: what was to be stored could not be read", vault->name,
                             kvault__describe_key (key, key_size).text);
}

static bool
report_bytes (kvault               *vault,
              kvault_progress_func  report,
              void                 *data,
              uint64_t              done,
              uint64_t              total)
{
  kvault_progress progress = { .keys_total = 1, .bytes = done, .bytes_total = total };

  if (!kvault__is_cancelled (vault) && (report == NULL || report (&progress, data) == 0))
    return true;
  kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
  return false;
}

typedef struct {
  const void *key;
  size_t key_size;
  int fd;
  kvault_blob *blob;  /* instead of that, or NULL */
  uint64_t size;
  kvault_progress_func report;
  void *data;
} source;

/* Up to @len bytes of it, the first of which is at @at; 0 at the end, -1 after a failure, of which the vault knows. */
static ssize_t
read_source (kvault       *vault,
             const source *from,
             void         *buf,
             size_t        len,
             uint64_t      at)
{
  ssize_t n;

  if (from->blob == NULL)
    {
      n = read_some (from->fd, buf, len);
      if (n < 0)
        fail_source (vault, errno, from->key, from->key_size);
      return n;
    }
  if (from->size - at < len)
    len = (size_t) (from->size - at);
  if (kvault_blob_read (from->blob, buf, len, at) == KVAULT_OK)
    return (ssize_t) len;
  kvault__fail (vault, KVAULT_EIO, "%s: key %s: the value that was to be stored could not be read", vault->name,
                kvault__describe_key (from->key, from->key_size).text);
  return -1;
}

static int
fail_short (kvault       *vault,
            const source *from,
            uint64_t      at)
{
  return kvault__fail (vault, KVAULT_ERANGE, "%s: key %s: %llu bytes came of %llu", vault->name,
                       kvault__describe_key (from->key, from->key_size).text, (unsigned long long) at,
                       (unsigned long long) from->size);
}

/* As read_source(), @chunk becoming where the bytes are: of @ahead, or in @own where there is none. */
static ssize_t
next_chunk (kvault        *vault,
            const source  *from,
            kvault__ahead *ahead,
            char          *own,
            uint64_t       at,
            const char   **chunk)
{
  uint32_t size = vault->options.chunk_size;
  ssize_t n;

  *chunk = own;
  if (ahead == NULL)
    return read_source (vault, from, own, from->size - at < size ? (size_t) (from->size - at) : size, at);
  if ((n = kvault__ahead_next (ahead, chunk)) < 0)
    fail_source (vault, errno, from->key, from->key_size);
  return n;
}

static int
copy_into_blob (kvault        *vault,
                const source  *from,
                kvault__ahead *ahead,
                sqlite3_blob  *blob)
{
  char *own = ahead == NULL ? malloc (vault->options.chunk_size) : NULL;
  const char *chunk;
  uint64_t at = 0;
  int rc = ahead != NULL || own != NULL ? KVAULT_OK : kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);

  while (rc == KVAULT_OK && at < from->size)
    {
      ssize_t n = next_chunk (vault, from, ahead, own, at, &chunk);

      if (n < 0)
        rc = KVAULT_EIO;
      else if (n == 0)
        rc = fail_short (vault, from, at);
      else if (sqlite3_blob_write (blob, chunk, (int) n, (int) at) != SQLITE_OK)
        rc = kvault__fail_db (vault, "%s", vault->name);
      else if (!report_bytes (vault, from->report, from->data, at + (uint64_t) n, from->size))
        rc = KVAULT_ECANCELLED;
      at += n > 0 ? (uint64_t) n : 0;
    }
  free (own);
  return rc;
}

/* Inside a transaction. */
static int
write_straight (kvault        *vault,
                const source  *from,
                kvault__ahead *ahead)
{
  sqlite3_blob *blob = NULL;
  int64_t id;
  int rc;

  if ((rc = kvault__reserve (vault, from->key, from->key_size, from->size, &id)) != KVAULT_OK)
    return rc;
  if (sqlite3_blob_open (vault->db, "main", vault->section->name, "value", id, 1, &blob) != SQLITE_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  else
    rc = copy_into_blob (vault, from, ahead, blob);
  if (sqlite3_blob_close (blob) != SQLITE_OK && rc == KVAULT_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  return rc;
}

static int
put_straight (kvault       *vault,
              const source *from)
{
  kvault__ahead *ahead = NULL;
  int rc;

  if ((rc = kvault__begin (vault)) != KVAULT_OK)
    return rc;
  if (from->blob == NULL && from->size >= AHEAD_WORTH)
    ahead = kvault__ahead_new (from->fd, from->size, vault->options.chunk_size);
  rc = write_straight (vault, from, ahead);
  kvault__ahead_free (ahead);
  if ((rc = kvault__end (vault, rc)) != KVAULT_OK)
    return rc;
  kvault__cache_drop (vault, from->key, from->key_size);
  return kvault__bulk_count (vault, from->size);
}

/* All of a source that is a chunk at most. */
static int
read_whole (kvault       *vault,
            const source *from,
            char         *chunk)
{
  uint64_t at = 0;

  while (at < from->size)
    {
      ssize_t n = read_source (vault, from, chunk + at, (size_t) (from->size - at), at);

      if (n < 0)
        return KVAULT_EIO;
      if (n == 0)
        return fail_short (vault, from, at);
      at += (uint64_t) n;
    }
  return at == 0 || report_bytes (vault, from->report, from->data, at, from->size) ? KVAULT_OK : KVAULT_ECANCELLED;
}

/* One of many, most likely. In pieces it would be two statements and a handle of SQLite's, and, in a caller's transaction, a savepoint for which
 * SQLite writes every page of the table and its index that it touches into a file beside, for each value anew. */
static int
put_at_once (kvault       *vault,
             const source *from)
{
  char *chunk = malloc ((size_t) from->size + 1);
  int rc = chunk != NULL ? KVAULT_OK : kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);

  if (rc == KVAULT_OK)
    rc = read_whole (vault, from, chunk);
  if (rc == KVAULT_OK)
    rc = kvault__put_through (vault, from->key, from->key_size, chunk, (size_t) from->size);
  free (chunk);
  if (rc != KVAULT_OK)
    return rc;
  kvault__cache_drop (vault, from->key, from->key_size);
  return kvault__bulk_count (vault, from->size);
}

static int
put_regular (kvault       *vault,
             const source *from)
{
  bool is_small = from->size <= AT_ONCE_MAX && from->size <= vault->options.chunk_size;

  return is_small ? put_at_once (vault, from) : put_straight (vault, from);
}

static int
put_through_writer (kvault       *vault,
                    const source *from)
{
  char *chunk = malloc (vault->options.chunk_size);
  kvault_writer *writer = NULL;
  uint64_t at = 0;
  ssize_t n = 1;
  int rc = chunk != NULL ? kvault_writer_open (vault, from->key, from->key_size, from->size, &writer)
                         : kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);

  while (rc == KVAULT_OK && n > 0)
    {
      n = read_source (vault, from, chunk, vault->options.chunk_size, at);
      if (n < 0)
        rc = KVAULT_EIO;
      else if ((rc = kvault_writer_write (writer, chunk, (size_t) n)) == KVAULT_OK && n > 0 &&
               !report_bytes (vault, from->report, from->data, at += (uint64_t) n, from->size))
        rc = KVAULT_ECANCELLED;
    }
  if (rc == KVAULT_OK)
    rc = kvault_writer_commit (writer);
  kvault_writer_free (writer);
  free (chunk);
  return rc;
}

int
kvault_put_fd (kvault              *vault,
               const void          *key,
               size_t               key_size,
               int                  fd,
               uint64_t             size,
               kvault_progress_func report,
               void                *report_data)
{
  source from = { key, key_size, fd, NULL, size, report, report_data };
  struct stat st;
  off_t at;
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK || (rc = kvault__check_key (vault, key, key_size)) != KVAULT_OK)
    return rc;
  if (fstat (fd, &st) != 0)
    return fail_source (vault, errno, key, key_size);
  if (S_ISDIR (st.st_mode))
    return fail_source (vault, EISDIR, key, key_size);
  at = S_ISREG (st.st_mode) ? lseek (fd, 0, SEEK_CUR) : -1;
  if (at >= 0 && size == KVAULT_SIZE_UNKNOWN)
    from.size = st.st_size > at ? (uint64_t) (st.st_size - at) : 0;
  if (from.size != KVAULT_SIZE_UNKNOWN && kvault__is_whole (vault, key_size, from.size) &&
      (rc = kvault__check_memory (vault, from.size)) != KVAULT_OK)
    return rc;
  vault->spans++;
  if (at >= 0 && kvault__is_whole (vault, key_size, from.size))
    rc = put_regular (vault, &from);
  else
    rc = put_through_writer (vault, &from);
  vault->spans--;
  if (rc != KVAULT_OK && at >= 0)
    lseek (fd, at, SEEK_SET);
  return rc;
}

int
kvault_put_blob (kvault              *vault,
                 const void          *key,
                 size_t               key_size,
                 kvault_blob         *blob,
                 kvault_progress_func report,
                 void                *report_data)
{
  source from = { key, key_size, -1, blob, kvault_blob_size (blob), report, report_data };
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK || (rc = kvault__check_key (vault, key, key_size)) != KVAULT_OK)
    return rc;
  if (kvault__is_whole (vault, key_size, from.size) && (rc = kvault__check_memory (vault, from.size)) != KVAULT_OK)
    return rc;
  vault->spans++;
  rc = kvault__is_whole (vault, key_size, from.size) ? put_regular (vault, &from) : put_through_writer (vault, &from);
  vault->spans--;
  return rc;
}

/* ---- out ---- */

static int
write_all (kvault     *vault,
           int         fd,
           const char *bytes,
           size_t      len,
           uint64_t   *n_written)
{
  while (len > 0)
    {
      ssize_t n = write (fd, bytes, len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return kvault__fail_errno (vault, KVAULT_EIO, errno, "%s: a value could not be written out", vault->name);
      bytes += n;
      len -= (size_t) n;
      *n_written += (uint64_t) n;
    }
  return KVAULT_OK;
}

int
kvault_get_into (kvault     *vault,
                 const void *key,
                 size_t      key_size,
                 void       *buf,
                 size_t      room,
                 uint64_t   *value_size)
{
  kvault_blob *blob;
  int rc;

  *value_size = 0;
  if (buf == NULL && room > 0)
    return kvault__fail (vault, KVAULT_EINVAL, "no memory to read into");
  if ((rc = kvault_blob_open (vault, key, key_size, &blob)) != KVAULT_OK)
    return rc;
  *value_size = kvault_blob_size (blob);
  if (*value_size <= room)
    rc = kvault_blob_read (blob, buf, (size_t) *value_size, 0);
  else
    rc = kvault__fail (vault, KVAULT_ERANGE, "%s: key %s: the value has %llu bytes, and there is room for %zu", vault->name,
                       kvault__describe_key (key, key_size).text, (unsigned long long) *value_size, room);
  kvault_blob_close (blob);
  return rc;
}

int
kvault_get_fd (kvault              *vault,
               const void          *key,
               size_t               key_size,
               int                  fd,
               kvault_progress_func report,
               void                *report_data,
               uint64_t            *n_written)
{
  kvault_blob *blob = NULL;
  char *chunk;
  uint64_t size;
  int rc;

  *n_written = 0;
  if ((rc = kvault_blob_open (vault, key, key_size, &blob)) != KVAULT_OK)
    return rc;
  size = kvault_blob_size (blob);
  chunk = malloc (vault->options.chunk_size);
  if (chunk == NULL)
    rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  vault->spans++;
  while (rc == KVAULT_OK && *n_written < size)
    {
      size_t n = size - *n_written < vault->options.chunk_size ? (size_t) (size - *n_written) : vault->options.chunk_size;

      if ((rc = kvault_blob_read (blob, chunk, n, *n_written)) == KVAULT_OK && (rc = write_all (vault, fd, chunk, n, n_written)) == KVAULT_OK)
        rc = report_bytes (vault, report, report_data, *n_written, size) ? KVAULT_OK : KVAULT_ECANCELLED;
    }
  vault->spans--;
  free (chunk);
  kvault_blob_close (blob);
  return rc;
}

/* ---- bulk mode ---- */

/* Whether the file has a log, or that it could not be found out. */
int
kvault__find_wal (kvault *vault,
                  bool   *wal)
{
  sqlite3_stmt *statement = NULL;
  const char *mode = NULL;
  int rc = KVAULT_OK;

  *wal = false;
  if (sqlite3_prepare_v2 (vault->db, "PRAGMA main.journal_mode", -1, &statement, NULL) == SQLITE_OK && sqlite3_step (statement) == SQLITE_ROW)
    mode = (const char *) sqlite3_column_text (statement, 0);
  if (mode != NULL)
    *wal = sqlite3_stricmp (mode, "wal") == 0;
  else
    rc = kvault__fail_db (vault, "%s", vault->name);
  sqlite3_finalize (statement);
  return rc;
}

/* For those to whom not to know is as good as a journal. */
bool
kvault__is_wal (kvault *vault)
{
  kvault_error error = vault->error;
  bool wal;

  kvault__find_wal (vault, &wal);
  vault->error = error;
  return wal;
}

/* Back to the log, and the mark away. Somebody may be reading: tries for about a second, and leaves the mark if it fails. */
static int
return_to_wal (kvault *vault)
{
  int rc = SQLITE_BUSY;

  kvault__statements_finalize (vault);
  for (int i = 0; i < RETURN_TRIES && (rc & 0xff) == SQLITE_BUSY; i++)
    {
      if (i > 0)
        nanosleep (&(struct timespec) { .tv_nsec = 20000000 }, NULL);
      rc = sqlite3_exec (vault->db, "PRAGMA main.journal_mode=WAL", NULL, NULL, NULL);
      if (rc == SQLITE_OK && kvault__is_wal (vault))
        return kvault__own_drop (vault, KVAULT__OWN_BULK);
      if (rc == SQLITE_OK)
        rc = SQLITE_BUSY;
    }
  if ((rc & 0xff) == SQLITE_BUSY)
    return kvault__fail (vault, KVAULT_EBUSY,
                         "%s: another program reads it, so it returns to its write-ahead log at the next opening only", vault->name);
  return kvault__fail (vault, KVAULT_EBUSY, "%s: it returns to its write-ahead log at the next opening only: %s", vault->name,
                       sqlite3_errmsg (vault->db));
}

/* Fails at once, with nothing changed, if any other connection has the file in write-ahead-log mode. */
static bool
leave_wal (kvault *vault)
{
  kvault_error error = vault->error;
  bool left;

  kvault__statements_finalize (vault);   /* one that is not reset would hold the mode */
  left = kvault__own_create (vault, KVAULT__OWN_BULK) == KVAULT_OK &&
         sqlite3_exec (vault->db, "PRAGMA main.journal_mode=TRUNCATE", NULL, NULL, NULL) == SQLITE_OK && !kvault__is_wal (vault);
  if (!left)
    return_to_wal (vault);   /* it may have got half-way */
  vault->error = error;
  return left;
}

/* After opening for writing: a bulk import that was killed has left the file out of its log. */
int
kvault__bulk_recover (kvault *vault)
{
  kvault_error error = vault->error;

  if (!kvault__only_looks (vault) && kvault__own_find (vault, KVAULT__OWN_BULK) == KVAULT_OK)
    return_to_wal (vault);   /* if somebody reads, the next opening does it */
  vault->error = error;
  return KVAULT_OK;
}

/* The other handles of this process let go for the moment, if they would, and take up what they find then. */
static bool
leave_wal_alone (kvault *vault)
{
  kvault_error error = vault->error;
  bool claimed = kvault__others_would_let_go (vault) && kvault__claim (vault) == KVAULT_OK;
  bool left = leave_wal (vault);

  if (claimed)
    kvault__unclaim (vault);
  vault->error = error;
  return left;
}

/* For work that writes much and is durable when it ends. */
int
kvault__bulk_enter (kvault  *vault,
                    uint64_t expected_bytes)
{
  int rc;

  /* What is reported as done is on the disk: each of the few commits waits for it. */
  if ((rc = kvault__exec (vault, "PRAGMA synchronous=EXTRA")) != KVAULT_OK)
    return rc;
  vault->left_wal = expected_bytes >= BULK_WORTH && kvault__is_wal (vault) && leave_wal_alone (vault);
  if (vault->left_wal)
    kvault__push_writes (vault);
  vault->bulk_bytes = vault->bulk_puts = vault->bulk_committed = 0;
  vault->n_late = 0;
  return KVAULT_OK;
}

int
kvault_bulk_begin (kvault  *vault,
                   uint64_t expected_bytes)
{
  int rc;

  if ((rc = kvault__enter_write (vault)) != KVAULT_OK)
    return rc;
  if (vault->batch)
    return kvault__fail (vault, KVAULT_EINVAL, "%s: a transaction is open already", vault->name);
  if ((rc = kvault__cache_settle (vault)) != KVAULT_OK)
    return rc;
  if ((rc = kvault__bulk_enter (vault, expected_bytes)) != KVAULT_OK)
    return rc;
  if ((rc = kvault__run (vault, KVAULT__BEGIN)) != KVAULT_OK)
    {
      kvault__bulk_leave (vault);
      return rc;
    }
  vault->batch = vault->bulk = true;
  return KVAULT_OK;
}

static void
count_committed (kvault *vault)
{
  vault->bulk_committed += vault->bulk_puts;
  vault->bulk_bytes = vault->bulk_puts = 0;
}

/* Counts what was put; past 64 MB commits and goes on in a new transaction. Who only has to wait for a commit has put all the same: the next put
 * tries again. After another failure the group is gone for certain, and so is the value that this was for. */
int
kvault__bulk_count (kvault  *vault,
                    uint64_t bytes)
{
  kvault_error error = vault->error;
  int rc;

  if (!vault->bulk)
    return KVAULT_OK;
  vault->bulk_bytes += bytes;
  vault->bulk_puts++;
  if (vault->bulk_bytes < BULK_COMMIT)
    return KVAULT_OK;
  rc = kvault__run (vault, KVAULT__COMMIT);
  if ((rc == KVAULT_EBUSY || rc == KVAULT_ECANCELLED) && !sqlite3_get_autocommit (vault->db))
    {
      vault->error = error;
      return KVAULT_OK;
    }
  if (rc != KVAULT_OK)
    {
      error = vault->error;
      kvault__veil_roll_back (vault, 0);
      if (!sqlite3_get_autocommit (vault->db))
        kvault__run (vault, KVAULT__ROLLBACK);
      kvault__writers_settle (vault, false);
      vault->error = error;
      return rc;
    }
  kvault__writers_settle (vault, true);
  count_committed (vault);
  if (kvault__run (vault, KVAULT__BEGIN) != KVAULT_OK)
    vault->error = error;   /* this put is done; the next one tries again */
  return KVAULT_OK;
}

uint64_t
kvault_bulk_committed (const kvault *vault)
{
  return vault->bulk_committed;
}

/* Puts the connection back as it was; the first failure is the one that counts. */
int
kvault__bulk_leave (kvault *vault)
{
  kvault_error error;
  int rc = KVAULT_OK;

  vault->bulk = false;
  if (vault->left_wal)
    rc = return_to_wal (vault);
  vault->left_wal = false;
  error = vault->error;
  kvault__set_durability (vault);   /* if that fails, commits go on waiting for the disk */
  vault->error = error;
  return rc;
}

int
kvault_bulk_end (kvault *vault)
{
  kvault_error error;
  int rc, left;

  if (!vault->bulk)
    return kvault__fail (vault, KVAULT_EINVAL, "%s: no bulk import is open", vault->name);
  vault->bulk = false;
  if (vault->bulk_puts == 0 && sqlite3_get_autocommit (vault->db))   /* between two groups */
    rc = KVAULT_OK, vault->batch = false;
  else if ((rc = kvault_commit (vault)) == KVAULT_OK)
    count_committed (vault);
  error = vault->error;
  if (rc != KVAULT_OK)
    kvault_rollback (vault);
  left = kvault__bulk_leave (vault);
  if (rc != KVAULT_OK)
    vault->error = error;
  return rc != KVAULT_OK ? rc : left;
}
