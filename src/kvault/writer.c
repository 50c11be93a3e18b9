/* SPDX-License-Identifier: MIT */
/*
 * writer.c - streamed writes, all or nothing.
 *
 * What comes in waits outside the vault, so that no lock is held while a slow source delivers: the first 8 MiB in memory, more in a
 * nameless file in the vault's folder (the temporary folder may be memory). Commit moves it in one transaction at disk speed:
 * a zero-filled row that nobody sees, then its bytes through the blob API.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MEMORY_MAX (8u << 20)
#define MEMORY_FIRST (64u << 10)

struct kvault_writer {
  kvault *vault;
  kvault_writer *next;
  const kvault_section *section;   /* of the table it was opened for */
  unsigned char *key;
  size_t key_size;
  uint64_t declared;        /* KVAULT_SIZE_UNKNOWN if not */
  uint64_t written;
  unsigned char *memory;    /* the first bytes */
  size_t memory_size, memory_room;
  int spool;                /* the bytes behind them; -1: none */
  kvault__parts parts;      /* where bytes go that make the value too long for one record */
  int failed;               /* after it only freeing is left */
  bool committed;
};

static int
fail_writer (kvault_writer *self,
             int            rc)
{
  return self->failed = rc;
}

/* ---- opening ---- */

static int
check_room (kvault     *vault,
            const char *folder,
            uint64_t    size)
{
  struct statvfs fs;

  if (size == KVAULT_SIZE_UNKNOWN || size <= MEMORY_MAX || statvfs (folder, &fs) != 0)
    return KVAULT_OK;
  if ((uint64_t) fs.f_bavail * fs.f_frsize >= size)
    return KVAULT_OK;
  return kvault__fail (vault, KVAULT_EFULL, "%s: the disk has no room for a value of %llu bytes", vault->name,
                       (unsigned long long) size);
}

int
kvault_writer_open (kvault         *vault,
                    const void     *key,
                    size_t          key_size,
                    uint64_t        size,
                    kvault_writer **writer)
{
  kvault_writer *self;
  char *folder;
  int rc;

  *writer = NULL;
  if ((rc = kvault__enter_write (vault)) != KVAULT_OK ||
      (rc = kvault__check_key (vault, key, key_size)) != KVAULT_OK)
    return rc;
  if (size != KVAULT_SIZE_UNKNOWN && kvault__is_whole (vault, key_size, size) && (rc = kvault__check_memory (vault, size)) != KVAULT_OK)
    return rc;
  folder = kvault__folder_of (vault->path);
  rc = folder != NULL ? check_room (vault, folder, size) : kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  free (folder);
  if (rc != KVAULT_OK)
    return rc;

  self = calloc (1, sizeof *self);
  if (self == NULL || (self->key = malloc (key_size + 1)) == NULL)
    {
      free (self);
      return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
    }
  if (key_size > 0)
    memcpy (self->key, key, key_size);
  self->key_size = key_size;
  self->vault = vault;
  self->section = vault->section;
  self->declared = size;
  self->spool = -1;
  self->next = vault->writers;
  vault->writers = self;
  *writer = self;
  return KVAULT_OK;
}

/* ---- taking bytes ---- */

static int
grow_memory (kvault_writer *self,
             size_t         wanted)
{
  size_t room = self->memory_room > 0 ? self->memory_room : MEMORY_FIRST;
  unsigned char *grown;

  if (wanted <= self->memory_room)
    return KVAULT_OK;
  while (room < wanted)
    room *= 2;
  grown = realloc (self->memory, room);
  if (grown == NULL)
    return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  self->memory = grown;
  self->memory_room = room;
  return KVAULT_OK;
}

/* A file without a name: it goes away with the process, however that ends. */
static int
open_spool (kvault_writer *self)
{
  char *folder = kvault__folder_of (self->vault->path);
  char *name = NULL;

  if (folder == NULL)
    return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  self->spool = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (self->spool < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
    {
      name = sqlite3_mprintf ("%s/.kvault-XXXXXX", folder);
      self->spool = name != NULL ? mkostemp (name, O_CLOEXEC) : -1;
      if (self->spool >= 0)
        unlink (name);
      sqlite3_free (name);
    }
  free (folder);
  if (self->spool < 0)
    return kvault__fail_errno (self->vault, KVAULT_EIO, errno, "%s: cannot make a temporary file beside it", self->vault->name);
  return KVAULT_OK;
}

static int
write_spool (kvault_writer       *self,
             const unsigned char *bytes,
             size_t               len)
{
  int rc;

  if (self->spool < 0 && (rc = open_spool (self)) != KVAULT_OK)
    return rc;
  while (len > 0)
    {
      ssize_t n = write (self->spool, bytes, len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return kvault__fail_errno (self->vault, KVAULT_EIO, errno, "%s: the temporary file beside it", self->vault->name);
      bytes += n;
      len -= (size_t) n;
    }
  return KVAULT_OK;
}

static int
read_spool (kvault_writer *self,
            char          *chunk,
            size_t         len,
            uint64_t       offset)
{
  while (len > 0)
    {
      ssize_t n = pread (self->spool, chunk, len, (off_t) offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return kvault__fail_errno (self->vault, KVAULT_EIO, n < 0 ? errno : EIO, "%s: the temporary file beside it",
                                   self->vault->name);
      chunk += n;
      offset += (uint64_t) n;
      len -= (size_t) n;
    }
  return KVAULT_OK;
}

/* All that has come so far goes into parts, and what comes goes there at once. */
static int
change_to_parts (kvault_writer *self)
{
  kvault *vault = self->vault;
  uint64_t size = self->written - self->memory_size;
  char *chunk = NULL;
  int rc;

  if ((rc = kvault__parts_begin (vault, self->key, self->key_size, &self->parts)) != KVAULT_OK ||
      (rc = kvault__parts_write (vault, &self->parts, self->memory, self->memory_size)) != KVAULT_OK)
    return rc;
  if (size > 0 && (chunk = malloc (vault->options.chunk_size)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  for (uint64_t at = 0; rc == KVAULT_OK && at < size; )
    {
      size_t n = size - at < vault->options.chunk_size ? (size_t) (size - at) : vault->options.chunk_size;

      if ((rc = read_spool (self, chunk, n, at)) == KVAULT_OK)
        rc = kvault__parts_write (vault, &self->parts, chunk, n);
      at += n;
    }
  free (chunk);
  if (self->spool >= 0)
    close (self->spool);
  self->spool = -1;
  free (self->memory);
  self->memory = NULL;
  self->memory_size = self->memory_room = 0;
  return rc;
}

static int
take_bytes (kvault_writer       *self,
            const unsigned char *bytes,
            size_t               len)
{
  bool in_parts = self->parts.id != 0 || !kvault__is_whole (self->vault, self->key_size, self->written + len);
  size_t n;
  int rc;

  if (in_parts && (rc = kvault__enter_write (self->vault)) != KVAULT_OK)   /* these go to the file; the rest need not even have it open */
    return rc;
  if (in_parts && self->parts.id == 0 && (rc = change_to_parts (self)) != KVAULT_OK)
    return rc;
  if (in_parts)
    return kvault__parts_write (self->vault, &self->parts, bytes, len);

  n = MEMORY_MAX - self->memory_size;
  if (n > len)
    n = len;
  if (n > 0)
    {
      if ((rc = grow_memory (self, self->memory_size + n)) != KVAULT_OK)
        return rc;
      memcpy (self->memory + self->memory_size, bytes, n);
      self->memory_size += n;
    }
  return len > n ? write_spool (self, bytes + n, len - n) : KVAULT_OK;
}

int
kvault_writer_write (kvault_writer *writer,
                     const void    *buf,
                     size_t         len)
{
  kvault *vault = writer->vault;
  const kvault_section *in_use = vault->section;
  int rc;

  if (writer->failed != KVAULT_OK || writer->committed)
    return kvault__fail (vault, writer->committed ? KVAULT_EINVAL : writer->failed, "%s: the writer has ended", vault->name);
  if (buf == NULL && len > 0)
    return kvault__fail (vault, KVAULT_EINVAL, "no bytes");
  if (len > UINT64_MAX - writer->written || writer->written + len > writer->declared)
    return fail_writer (writer, kvault__fail (vault, KVAULT_ERANGE,
                                              "%s: key %s: more bytes came than the %llu declared", vault->name,
                                              kvault__describe_key (writer->key, writer->key_size).text,
                                              (unsigned long long) writer->declared));
  kvault__table_switch (vault, writer->section);
  rc = take_bytes (writer, buf, len);
  kvault__table_switch (vault, in_use);
  if (rc != KVAULT_OK)
    return fail_writer (writer, rc);
  writer->written += len;
  return KVAULT_OK;
}

/* ---- commit ---- */

static int
move_spool (kvault_writer *self,
            sqlite3_blob  *blob)
{
  kvault *vault = self->vault;
  uint64_t size = self->written - self->memory_size;
  char *chunk = malloc (vault->options.chunk_size);
  int rc = chunk != NULL ? KVAULT_OK : kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);

  for (uint64_t at = 0; rc == KVAULT_OK && at < size; )
    {
      size_t n = size - at < vault->options.chunk_size ? (size_t) (size - at) : vault->options.chunk_size;

      if (kvault__is_cancelled (vault))
        rc = kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
      else if ((rc = read_spool (self, chunk, n, at)) == KVAULT_OK &&
               sqlite3_blob_write (blob, chunk, (int) n, (int) (self->memory_size + at)) != SQLITE_OK)
        rc = kvault__fail_db (vault, "%s", vault->name);
      at += n;
    }
  free (chunk);
  return rc;
}

static int
write_value (kvault_writer *self)
{
  kvault *vault = self->vault;
  sqlite3_blob *blob = NULL;
  int64_t id;
  int rc;

  if ((rc = kvault__reserve (vault, self->key, self->key_size, self->written, &id)) != KVAULT_OK)
    return rc;
  if (sqlite3_blob_open (vault->db, "main", vault->section->name, "value", id, 1, &blob) != SQLITE_OK ||
      sqlite3_blob_write (blob, self->memory, (int) self->memory_size, 0) != SQLITE_OK)
    rc = kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (self->key, self->key_size).text);
  else
    rc = move_spool (self, blob);
  if (sqlite3_blob_close (blob) != SQLITE_OK && rc == KVAULT_OK)
    rc = kvault__fail_db (vault, "%s", vault->name);
  return rc;
}

static int
commit (kvault_writer        *self,
        const kvault_section *in_use)
{
  kvault *vault = self->vault;
  int rc;

  if (self->parts.id != 0)
    rc = kvault__parts_finish (vault, &self->parts, self->key, self->key_size);
  else if (self->spool < 0)
    {
      if ((rc = kvault__begin (vault)) == KVAULT_OK)
        rc = kvault__end (vault, kvault__put_replacing (vault, self->key, self->key_size, self->memory, self->memory_size));
    }
  else if ((rc = kvault__check_memory (vault, self->written)) == KVAULT_OK && (rc = kvault__begin (vault)) == KVAULT_OK)
    rc = kvault__end (vault, write_value (self));
  if (rc == KVAULT_OK && self->section == in_use)
    kvault__cache_drop (vault, self->key, self->key_size);
  return rc;
}

int
kvault_writer_commit (kvault_writer *writer)
{
  kvault *vault = writer->vault;
  const kvault_section *in_use = vault->section;
  int rc;

  if (writer->failed != KVAULT_OK || writer->committed)
    return kvault__fail (vault, writer->committed ? KVAULT_EINVAL : writer->failed, "%s: the writer has ended", vault->name);
  if (writer->declared != KVAULT_SIZE_UNKNOWN && writer->written != writer->declared)
    return fail_writer (writer, kvault__fail (vault, KVAULT_ERANGE, "%s: key %s: %llu bytes came of the %llu declared", vault->name,
                                              kvault__describe_key (writer->key, writer->key_size).text,
                                              (unsigned long long) writer->written, (unsigned long long) writer->declared));
  kvault__table_switch (vault, writer->section);
  if ((rc = kvault__enter_write (vault)) == KVAULT_OK && (rc = commit (writer, in_use)) == KVAULT_OK)
    writer->committed = true;
  kvault__table_switch (vault, in_use);
  return rc == KVAULT_OK && vault->inside == 0 ? kvault__bulk_count (vault, writer->written) : rc;
}

/* The transaction of the caller's that was open is over, and with it, perhaps, what writers had put into it. */
void
kvault__writers_settle (kvault *vault,
                        bool    committed)
{
  for (kvault_writer *each = vault->writers; each != NULL; each = each->next)
    kvault__parts_settle (&each->parts, committed);
}

/* Whether some of a value of this handle is in parts in the file already, and nothing but the handle knows whose they are. */
bool
kvault__writes_parts (const kvault *vault)
{
  for (const kvault_writer *each = vault->writers; each != NULL; each = each->next)
    if (each->parts.id != 0)
      return true;
  return false;
}

/* ---- ending ---- */

void
kvault__writer_detach (kvault_writer *writer)
{
  kvault_writer **link = &writer->vault->writers;

  while (*link != writer)
    link = &(*link)->next;
  *link = writer->next;
  if (writer->spool >= 0)
    close (writer->spool);
  kvault__parts_end (writer->vault, &writer->parts);
  free (writer->memory);
  free (writer->key);
  free (writer);
}

void
kvault_writer_free (kvault_writer *writer)
{
  if (writer != NULL)
    kvault__writer_detach (writer);
}
