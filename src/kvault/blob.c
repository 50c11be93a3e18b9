/* SPDX-License-Identifier: MIT */
/*
 * blob.c - random-access reads of one value.
 *
 * An open blob is an open read transaction: all reads come from one state of the file. In a file without page maps a first read far
 * into a value walks its chain of pages, and sqlite3_blob_read() cannot be interrupted; so the walk is done in strides of one
 * byte each, with a look at "cancelled" between them. The same goes for long reads, which are cut into chunks.
 *
 * A released reader holds nothing. Its next read takes the row up again, and goes on only if the value is the same one: certainly, if
 * nothing at all was committed since, or if it is in parts, whose numbers are never used twice; else as far as row, key, size and
 * some samples of it tell. An upsert keeps the row, and so may delete and put.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLE_HEAD 4096u       /* of the value, and of what comes next */
#define SAMPLE_TAIL 65536u      /* of what was delivered last */
#define LONGEST_HOLD_MS 1500    /* of a walk that keeps writers out; they wait 5 s by default */

typedef struct {
  uint64_t offset;
  size_t size;
  unsigned char *bytes;
} sample;

struct kvault_blob {
  kvault *vault;
  kvault_blob *next;
  const kvault_section *section;
  sqlite3_blob *blob;   /* NULL: released, or a value that is kept here: one from the cache, or a number as text */
  char *copy;
  kvault__row row;
  uint64_t size;
  uint64_t walked;      /* how far the chain of pages is known */
  uint64_t part;        /* of a value in parts: the one that blob stands on */
  uint64_t read_to;     /* where the last read ended */
  int64_t held_since_ms;
  uint64_t breathed_at; /* how far a walk had come when it let go */

  bool released;
  bool lets_go;         /* was released once, so may be again in the middle of a walk */
  bool stale;           /* the value is another by now, for good */
  sqlite3_value *key;   /* these when released */
  uint64_t version;     /* of the data, as far as others wrote it, … */
  int64_t n_changes;    /* … and as far as this handle did */
  sample samples[3];
};

static int
fail_lost (kvault *vault)
{
  vault->damaged = true;
  return kvault__fail (vault, KVAULT_ECORRUPT, "%s: a large value has lost a part", vault->name);
}

/* SQLITE_ERROR is what a row that is not there gives; others say nothing of the file. */
static int
fail_part (kvault *vault)
{
  return sqlite3_errcode (vault->db) == SQLITE_ERROR ? fail_lost (vault) : kvault__fail_db (vault, "%s", vault->name);
}

static int
open_row (kvault            *vault,
          kvault_blob       *self,
          const kvault__row *row)
{
  sqlite3_stmt *statement;
  int rc;

  self->section = vault->section;
  self->row = *row;
  self->size = row->size;
  self->walked = self->part = 0;
  self->held_since_ms = kvault__now_ms ();
  if (row->large.id != 0)
    {
      if (sqlite3_blob_open (vault->db, "main", "kvault_parts", "data", row->large.id << 24, 0, &self->blob) != SQLITE_OK)
        return fail_part (vault);
      return KVAULT_OK;
    }
  if (row->value_class == KVAULT_CLASS_BLOB || row->value_class == KVAULT_CLASS_TEXT)
    {
      if (sqlite3_blob_open (vault->db, "main", vault->section->name, kvault__value_column (vault->section), row->id, 0,
                             &self->blob) != SQLITE_OK)
        return kvault__fail_db (vault, "%s", vault->name);
      self->size = (uint64_t) sqlite3_blob_bytes (self->blob);
      return KVAULT_OK;
    }

  if ((rc = kvault__statement (vault, KVAULT__VALUE_TEXT, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, row->id);
  if (sqlite3_step (statement) != SQLITE_ROW ||
      (sqlite3_column_text (statement, 0) == NULL && sqlite3_errcode (vault->db) == SQLITE_NOMEM))
    rc = kvault__fail_db (vault, "%s", vault->name);
  else if (sqlite3_column_text (statement, 0) != NULL &&
           (self->copy = strdup ((const char *) sqlite3_column_text (statement, 0))) == NULL)
    rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  self->size = self->copy != NULL ? strlen (self->copy) : 0;
  kvault__statement_done (statement);
  return rc;
}

static int
copy_waiting (kvault                *vault,
              kvault_blob           *self,
              const kvault__waiting *waiting)
{
  self->size = waiting->value_size;
  self->row.value_class = KVAULT_CLASS_BLOB;
  self->copy = malloc (waiting->value_size + 1);
  if (self->copy == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  memcpy (self->copy, waiting->value, waiting->value_size);
  return KVAULT_OK;
}

/* Of a row, or of an entry that waits in the cache. */
static int
add_blob (kvault                *vault,
          const kvault__row     *row,
          const kvault__waiting *waiting,
          kvault_blob          **blob)
{
  kvault_blob *self = calloc (1, sizeof *self);
  int rc;

  if (self == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  self->vault = vault;
  rc = waiting != NULL ? copy_waiting (vault, self, waiting) : open_row (vault, self, row);
  if (rc != KVAULT_OK)
    {
      sqlite3_blob_close (self->blob);
      free (self);
      return rc;
    }
  self->next = vault->blobs;
  vault->blobs = self;
  *blob = self;
  return KVAULT_OK;
}

static int
find_hidden (kvault      *vault,
             const void  *key,
             size_t       key_size,
             kvault__row *row)
{
  int rc = kvault__row_find (vault, key, key_size, row);

  if (rc != KVAULT_OK || kvault__is_key_kept (vault, row->id, key, key_size))
    return rc;
  return kvault__fail (vault, KVAULT_NOTFOUND, "%s: no hidden key %s", vault->name, kvault__describe_key (key, key_size).text);
}

/* Looking the row up and opening it are two statements; the first is kept open meanwhile, so both see one state of the file. */
static int
open_by_key (kvault       *vault,
             const void   *key,
             size_t        key_size,
             bool          hidden,
             kvault_blob **blob)
{
  kvault__waiting waiting;
  sqlite3_stmt *statement;
  kvault__row row;
  int rc;

  if (hidden && !kvault__veils (vault))
    return kvault__fail (vault, KVAULT_NOTFOUND, "%s: nothing is hidden", vault->name);
  if (!hidden && kvault__cache_find (vault, key, key_size, &waiting))
    return add_blob (vault, NULL, &waiting, blob);
  if ((rc = kvault__statement (vault, KVAULT__EXISTS, &statement)) != KVAULT_OK)
    return rc;
  kvault__bind_bytes_of_key (vault, statement, 1, key, key_size);
  sqlite3_step (statement);
  rc = hidden ? find_hidden (vault, key, key_size, &row) : kvault__row_find_shown (vault, key, key_size, &row);
  if (rc == KVAULT_OK)
    rc = add_blob (vault, &row, NULL, blob);
  kvault__statement_done (statement);
  return rc;
}

static int
blob_open (kvault       *vault,
           const void   *key,
           size_t        key_size,
           bool          hidden,
           kvault_blob **blob)
{
  int rc;

  *blob = NULL;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (key == NULL && key_size > 0)
    return kvault__fail (vault, KVAULT_EINVAL, "no key");
  return open_by_key (vault, key, key_size, hidden, blob);
}

int
kvault_blob_open (kvault       *vault,
                  const void   *key,
                  size_t        key_size,
                  kvault_blob **blob)
{
  return blob_open (vault, key, key_size, false, blob);
}

int
kvault_blob_open_hidden (kvault       *vault,
                         const void   *key,
                         size_t        key_size,
                         kvault_blob **blob)
{
  return blob_open (vault, key, key_size, true, blob);
}

/* Whether the key in the first column is that of @entry. */
bool
kvault__is_key_of_row (sqlite3_stmt       *row,
                       const kvault_entry *entry)
{
  static const int type_of[] = { SQLITE_NULL, SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB };
  const void *key;

  if ((unsigned) entry->key_class > KVAULT_CLASS_BLOB || sqlite3_column_type (row, 0) != type_of[entry->key_class])
    return false;
  if (entry->key_class == KVAULT_CLASS_INTEGER)
    return sqlite3_column_int64 (row, 0) == strtoll (entry->key, NULL, 10);
  if (entry->key_class == KVAULT_CLASS_REAL)
    return sqlite3_column_double (row, 0) == strtod (entry->key, NULL);
  key = entry->key_class == KVAULT_CLASS_TEXT ? (const void *) sqlite3_column_text (row, 0) : sqlite3_column_blob (row, 0);
  return (size_t) sqlite3_column_bytes (row, 0) == entry->key_size &&
         (entry->key_size == 0 || memcmp (key, entry->key, entry->key_size) == 0);
}

int
kvault_blob_open_entry (kvault             *vault,
                        const kvault_entry *entry,
                        kvault_blob       **blob)
{
  kvault__row row = { .id = entry->id };
  kvault__waiting waiting;
  sqlite3_stmt *statement;
  int rc;

  *blob = NULL;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (entry->key_class == KVAULT_CLASS_BLOB && kvault__cache_find (vault, entry->key, entry->key_size, &waiting))
    return add_blob (vault, NULL, &waiting, blob);
  if ((rc = kvault__statement (vault, KVAULT__FIND_ROW, &statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (statement, 1, entry->id);
  switch (sqlite3_step (statement))
    {
    case SQLITE_ROW:
      if (kvault__is_key_of_row (statement, entry))
        {
          rc = !kvault__is_veiled (vault, vault->section, entry) ? kvault__row_read (vault, statement, 1, &row)
               : kvault__fail (vault, KVAULT_NOTFOUND, "%s: no key %s", vault->name, kvault__describe_key (entry->key, entry->key_size).text);
          if (rc == KVAULT_OK)
            rc = add_blob (vault, &row, NULL, blob);
          break;
        }
      /* fall through */
    case SQLITE_DONE:   /* the row is another's now; the key may have a new one */
      kvault__statement_done (statement);
      if (entry->key_class == KVAULT_CLASS_BLOB)
        return open_by_key (vault, entry->key, entry->key_size, false, blob);
      return kvault__fail (vault, KVAULT_NOTFOUND, "%s: no key %s", vault->name,
                           kvault__describe_key (entry->key, entry->key_size).text);
    default:
      rc = kvault__fail_db (vault, "%s: key %s", vault->name, kvault__describe_key (entry->key, entry->key_size).text);
    }
  kvault__statement_done (statement);
  return rc;
}

uint64_t
kvault_blob_size (const kvault_blob *blob)
{
  return blob->size;
}

kvault_class
kvault_blob_class (const kvault_blob *blob)
{
  return blob->row.value_class;
}

/* Moves to the part that holds @offset and cuts @len at its end. A part that should be there and is not was lost: while the
 * blob is open nothing of one state of the file goes away, but for what this handle itself deletes. */
static int
enter_part (kvault_blob *self,
            uint64_t    *offset,
            size_t      *len)
{
  uint64_t part = *offset / self->row.large.part_size;
  int rc;

  *offset %= self->row.large.part_size;
  if (*len > self->row.large.part_size - *offset)
    *len = (size_t) (self->row.large.part_size - *offset);
  if (part != self->part)
    {
      rc = sqlite3_blob_reopen (self->blob, self->row.large.id << 24 | (int64_t) part);
      if (rc == SQLITE_ABORT)
        return kvault__fail (self->vault, KVAULT_ESTALE, "%s: the value was changed", self->vault->name);
      if (rc != SQLITE_OK)
        return fail_part (self->vault);
      self->part = part;
    }
  if (*offset + *len > (uint64_t) sqlite3_blob_bytes (self->blob))
    return fail_lost (self->vault);
  return KVAULT_OK;
}

static int
read_piece (kvault_blob *self,
            void        *buf,
            size_t       len,
            uint64_t     offset)
{
  int rc = sqlite3_blob_read (self->blob, buf, (int) len, (int) offset);

  if (rc == SQLITE_ABORT)
    return kvault__fail (self->vault, KVAULT_ESTALE, "%s: the value was changed", self->vault->name);
  if (rc != SQLITE_OK)
    return kvault__fail_code (self->vault, rc, "%s", self->vault->name);
  if (offset + len > self->walked)
    self->walked = offset + len;
  return KVAULT_OK;
}

static int
fail_if_cancelled (kvault *vault)
{
  if (kvault__is_cancelled (vault))
    return kvault__fail (vault, KVAULT_ECANCELLED, "%s: cancelled", vault->name);
  return KVAULT_OK;
}

static int breathe (kvault_blob *self);

static int
walk_to (kvault_blob *self,
         uint64_t     offset)
{
  char byte;
  int rc;

  while (!self->vault->page_maps && self->row.large.id == 0 && offset > self->walked + KVAULT__STRIDE)
    if ((rc = fail_if_cancelled (self->vault)) != KVAULT_OK ||
        (rc = read_piece (self, &byte, 1, self->walked + KVAULT__STRIDE - 1)) != KVAULT_OK ||
        (rc = breathe (self)) != KVAULT_OK)
      return rc;
  return KVAULT_OK;
}

/* ---- letting go and taking up ---- */

static int
fail_stale (kvault_blob *self)
{
  self->stale = true;
  return kvault__fail (self->vault, KVAULT_ESTALE, "%s: the value was changed while its reader had let go of it", self->vault->name);
}

static void
forget_samples (kvault_blob *self)
{
  for (size_t i = 0; i < sizeof self->samples / sizeof self->samples[0]; i++)
    {
      free (self->samples[i].bytes);
      self->samples[i] = (sample) { 0 };
    }
  sqlite3_value_free (self->key);
  self->key = NULL;
}

static int
take_sample (kvault_blob *self,
             sample      *to,
             uint64_t     offset,
             uint64_t     end)
{
  if (end > self->size)
    end = self->size;
  to->offset = offset;
  to->size = (size_t) (end - offset);
  if ((to->bytes = malloc (to->size + 1)) == NULL)
    return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  return read_piece (self, to->bytes, to->size, offset);
}

/* Where nothing far away has to be read for it. A value in parts needs none. */
static int
take_samples (kvault_blob *self)
{
  uint64_t at = self->read_to;
  int rc;

  if (self->row.large.id != 0)
    return KVAULT_OK;
  if ((rc = take_sample (self, &self->samples[0], 0, SAMPLE_HEAD)) == KVAULT_OK &&
      (rc = take_sample (self, &self->samples[1], at > SAMPLE_TAIL ? at - SAMPLE_TAIL : 0, at)) == KVAULT_OK)
    rc = take_sample (self, &self->samples[2], at, at + SAMPLE_HEAD);
  return rc;
}

static int
find_row (kvault_blob   *self,
          sqlite3_stmt **statement)
{
  kvault *vault = self->vault;
  int rc;

  if ((rc = kvault__statement (vault, KVAULT__FIND_ROW, statement)) != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (*statement, 1, self->row.id);
  switch (sqlite3_step (*statement))
    {
    case SQLITE_ROW: return KVAULT_OK;
    case SQLITE_DONE: rc = fail_stale (self); break;
    default: rc = kvault__fail_db (vault, "%s", vault->name);
    }
  kvault__statement_done (*statement);
  return rc;
}

static int
note_key (kvault_blob *self)
{
  sqlite3_stmt *statement;
  int rc;

  if ((rc = find_row (self, &statement)) != KVAULT_OK)
    return rc;
  self->key = sqlite3_value_dup (sqlite3_column_value (statement, 0));
  if (self->key == NULL)
    rc = kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  kvault__statement_done (statement);
  return rc;
}

static int
note_value (kvault_blob *self)
{
  int rc;

  if (self->key != NULL && self->read_to > self->walked && !self->vault->page_maps)
    return KVAULT_OK;   /* taken up again and not there yet: what is known of it holds still */
  forget_samples (self);
  return (rc = take_samples (self)) == KVAULT_OK ? note_key (self) : rc;
}

/* Notes what the value is known by and closes it. After a failure it is closed, too, and stale: nothing would vouch for it. */
static int
release (kvault_blob *self)
{
  kvault *vault = self->vault;
  const kvault_section *in_use = vault->section;
  int rc;

  kvault__table_switch (vault, self->section);
  if ((rc = note_value (self)) == KVAULT_OK)
    rc = kvault__data_version (vault, &self->version);
  kvault__table_switch (vault, in_use);
  self->n_changes = sqlite3_total_changes64 (vault->db);
  sqlite3_blob_close (self->blob);
  self->blob = NULL;
  self->released = self->lets_go = true;
  self->stale = rc != KVAULT_OK;
  return rc;
}

static bool
same_bytes (const void *a,
            int         a_size,
            const void *b,
            int         b_size)
{
  return a_size == b_size && (a_size == 0 || memcmp (a, b, (size_t) a_size) == 0);
}

static bool
is_same_key (sqlite3_value *a,
             sqlite3_value *b)
{
  if (sqlite3_value_type (a) != sqlite3_value_type (b))
    return false;
  switch (sqlite3_value_type (a))
    {
    case SQLITE_INTEGER: return sqlite3_value_int64 (a) == sqlite3_value_int64 (b);
    case SQLITE_FLOAT: return sqlite3_value_double (a) == sqlite3_value_double (b);
    case SQLITE_TEXT: return strcmp ((const char *) sqlite3_value_text (a), (const char *) sqlite3_value_text (b)) == 0;
    default: return same_bytes (sqlite3_value_blob (a), sqlite3_value_bytes (a), sqlite3_value_blob (b), sqlite3_value_bytes (b));
    }
}

static int
compare_samples (kvault_blob *self)
{
  unsigned char *now = malloc (SAMPLE_TAIL);
  int rc = now != NULL ? KVAULT_OK : kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);

  for (size_t i = 0; rc == KVAULT_OK && i < sizeof self->samples / sizeof self->samples[0]; i++)
    {
      const sample *then = &self->samples[i];

      if (then->size > 0 && (rc = walk_to (self, then->offset)) == KVAULT_OK &&
          (rc = read_piece (self, now, then->size, then->offset)) == KVAULT_OK && memcmp (now, then->bytes, then->size) != 0)
        rc = fail_stale (self);
    }
  free (now);
  return rc;
}

/* The row of @statement, one state of the file, is still the value's. */
static int
open_again (kvault_blob  *self,
            sqlite3_stmt *statement)
{
  kvault *vault = self->vault;
  kvault__row row = { .id = self->row.id };
  kvault__waiting waiting;
  uint64_t version;
  bool same_data;
  int rc;

  if ((rc = kvault__data_version (vault, &version)) != KVAULT_OK || (rc = kvault__row_read (vault, statement, 1, &row)) != KVAULT_OK)
    return rc;
  same_data = version == self->version && sqlite3_total_changes64 (vault->db) == self->n_changes;
  if (!is_same_key (self->key, sqlite3_column_value (statement, 0)) || row.size != self->size ||
      row.value_class != self->row.value_class || row.large.id != self->row.large.id ||
      (sqlite3_value_type (self->key) == SQLITE_BLOB &&
       kvault__cache_find (vault, sqlite3_value_blob (self->key), (size_t) sqlite3_value_bytes (self->key), &waiting)))
    return fail_stale (self);
  if ((rc = open_row (vault, self, &row)) == KVAULT_OK && !same_data)
    rc = compare_samples (self);
  if (rc != KVAULT_OK)
    {
      sqlite3_blob_close (self->blob);
      self->blob = NULL;
    }
  return rc;
}

static int
take_up (kvault_blob *self)
{
  kvault *vault = self->vault;
  const kvault_section *in_use = vault->section;
  sqlite3_stmt *statement;
  int rc;

  if (self->stale)
    return fail_stale (self);
  self->lets_go = false;   /* not before it is whole again */
  kvault__table_switch (vault, self->section);
  if ((rc = find_row (self, &statement)) == KVAULT_OK)
    {
      rc = open_again (self, statement);
      kvault__statement_done (statement);
    }
  kvault__table_switch (vault, in_use);
  self->lets_go = true;
  self->released = rc != KVAULT_OK;
  return rc;
}

/* In a long walk: lets writers in for a moment. The walk begins anew then, through what is in the system's page cache by now; if it is not, the
 * next one comes no further in its time and is not broken off. */
static int
breathe (kvault_blob *self)
{
  int rc;

  if (!self->lets_go || kvault__now_ms () - self->held_since_ms < LONGEST_HOLD_MS)
    return KVAULT_OK;
  self->held_since_ms = kvault__now_ms ();
  if (self->walked <= self->breathed_at || kvault__is_wal (self->vault))
    return KVAULT_OK;
  self->breathed_at = self->walked;
  rc = release (self);
  return rc == KVAULT_OK ? take_up (self) : rc;
}

int
kvault_blob_release (kvault_blob *blob)
{
  int rc;

  if (blob->blob == NULL)   /* released already, or kept in memory */
    return KVAULT_OK;
  if ((rc = kvault__enter (blob->vault)) != KVAULT_OK)
    return rc;
  return release (blob);
}

bool
kvault__blobs_hold (const kvault *vault)
{
  for (const kvault_blob *each = vault->blobs; each != NULL; each = each->next)
    if (each->blob != NULL)
      return true;
  return false;
}

/* ---- reading ---- */

int
kvault_blob_read (kvault_blob *blob,
                  void        *buf,
                  size_t       len,
                  uint64_t     offset)
{
  kvault *vault = blob->vault;
  char *out = buf;
  int rc;

  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  if (offset > blob->size || len > blob->size - offset)
    return kvault__fail (vault, KVAULT_ERANGE, "%s: %zu bytes from %llu leave a value of %llu bytes", vault->name, len,
                         (unsigned long long) offset, (unsigned long long) blob->size);
  if (blob->released && (rc = take_up (blob)) != KVAULT_OK)
    return rc;
  if (len == 0)
    return KVAULT_OK;
  if (blob->blob == NULL)
    {
      memcpy (out, blob->copy + offset, len);
      return KVAULT_OK;
    }

  if ((rc = walk_to (blob, offset)) != KVAULT_OK)
    return rc;
  while (len > 0)
    {
      size_t n = len < KVAULT__STRIDE ? len : KVAULT__STRIDE;
      uint64_t at = offset;

      if ((rc = fail_if_cancelled (vault)) != KVAULT_OK ||
          (blob->row.large.id != 0 && (rc = enter_part (blob, &at, &n)) != KVAULT_OK) ||
          (rc = read_piece (blob, out, n, at)) != KVAULT_OK)
        return rc;
      out += n;
      offset += n;
      len -= n;
      blob->read_to = offset;
    }
  return KVAULT_OK;
}

void
kvault__blob_detach (kvault_blob *blob)
{
  kvault_blob **link = &blob->vault->blobs;

  while (*link != blob)
    link = &(*link)->next;
  *link = blob->next;
  sqlite3_blob_close (blob->blob);
  forget_samples (blob);
  free (blob->copy);
  free (blob);
}

void
kvault_blob_close (kvault_blob *blob)
{
  if (blob != NULL)
    kvault__blob_detach (blob);
}
