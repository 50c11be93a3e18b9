/* SPDX-License-Identifier: MIT */
/*
 * check.c - is the vault whole, and is there anything odd in it.
 *
 * First SQLite's own check of all pages. Then each vault table twice: by the index of its keys, looking every key's row up, and by its rows,
 * looking every row's key up in the index; so each finding can name its key. The walk is done in short read transactions, each of which
 * begins behind the last key: others write in between, and within one index and table show the same state. Last the parts of large
 * values that no key leads to (orphans.c).
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOLD_MS 200              /* how long one read transaction lasts, or one value */
#define MAX_WORDS "1000"         /* lines of SQLite's check */
#define CHUNK (1u << 20)
#define ZEROS_SURE (64u << 10)   /* a tail of so many zeros is hardly anybody's data */
#define ZEROS_MIN 4096u          /* shorter ones count where KohakuVault's pieces begin, and … */
#define ZEROS_ALL_MIN 512u       /* … where the whole value is zeros */

typedef struct {
  kvault *vault;
  kvault__work work;
  bool full;
  kvault_finding_func found;
  void *found_data;
  kvault_check_result *result;
  unsigned char *chunk;

  /* of the table at hand */
  const kvault_section *section;
  const char *table;             /* its name, or that of the table of an orphan; NULL: none */
  sqlite3_stmt *keys_first, *keys_next, *row, *size, *rows, *in_index;
  sqlite3_blob *blob, *part;
  sqlite3_value *last_key;       /* of the index walk; NULL: none yet */
  bool index_broken;
} checker;

/* ---- findings ---- */

static int
report (checker             *self,
        kvault_finding_kind  kind,
        const kvault_entry  *entry,
        uint64_t             offset,
        const char          *message)
{
  kvault_finding finding = {
    .kind = kind,
    .is_damage = kind <= KVAULT_FINDING_INDEX,
    .table = self->table,
    .entry = entry,
    .offset = offset,
    .message = message,
  };

  self->result->findings++;
  self->result->damages += finding.is_damage;
  if (self->found != NULL && self->found (&finding, self->found_data) != 0)
    self->vault->cancelled = true;
  return kvault__work_check (&self->work);
}

static int report_key (checker *self, kvault_finding_kind kind, const kvault_entry *entry, uint64_t offset, const char *format, ...)
  __attribute__ ((format (printf, 5, 6)));

static int
report_key (checker             *self,
            kvault_finding_kind  kind,
            const kvault_entry  *entry,
            uint64_t             offset,
            const char          *format,
            ...)
{
  char words[256], message[512];
  va_list args;

  va_start (args, format);
  vsnprintf (words, sizeof words, format, args);
  va_end (args);
  sqlite3_snprintf (sizeof message, message, "key %s of table %s: %s", kvault__describe_key (entry->key, entry->key_size).text,
                    kvault__describe_key (self->table, strlen (self->table)).text, words);
  return report (self, kind, entry, offset, message);
}

/* What SQLite cannot read is a finding, not a failure of the check. Waiting in vain, no memory and a cancel are. */
static bool
is_finding (int rc)
{
  return rc == KVAULT_ECORRUPT || rc == KVAULT_EIO || rc == KVAULT_ENOTDB || rc == KVAULT_ERANGE;
}

static int
report_unreadable (checker            *self,
                   const kvault_entry *entry,
                   int                 rc)
{
  return is_finding (rc) ? report_key (self, KVAULT_FINDING_UNREADABLE, entry, 0, "it cannot be read: %s",
                                       sqlite3_errstr (self->vault->error.sqlite_code)) : rc;
}

/* ---- SQLite's check ---- */

/* Values of an index and chunks of columns are as KohakuVault makes them: with room for more at their end, and keys that are no
 * blobs. */
static bool
is_checked (const kvault_section *section)
{
  return section->readable && kvault__is_vault (section);
}

/* "row 12 missing from index x": the walks find it themselves, with its key, if it is of a vault. */
static bool
walks_will_tell (checker    *self,
                 const char *line)
{
  const char *index = strstr (line, " missing from index ");
  sqlite3_stmt *statement = NULL;
  const char *table;
  bool will = false;

  if (index == NULL || strncmp (line, "row ", 4) != 0)
    return false;
  if (sqlite3_prepare_v2 (self->vault->db, "SELECT tbl_name FROM main.sqlite_schema WHERE type = 'index' AND name = ?1", -1, &statement, NULL) == SQLITE_OK)
    {
      sqlite3_bind_text (statement, 1, index + strlen (" missing from index "), -1, SQLITE_STATIC);
      if (sqlite3_step (statement) == SQLITE_ROW && (table = (const char *) sqlite3_column_text (statement, 0)) != NULL)
        for (size_t i = 0; i < self->vault->n_sections; i++)
          will = will || (is_checked (&self->vault->sections[i]) && strcmp (self->vault->sections[i].name, table) == 0);
    }
  sqlite3_finalize (statement);
  return will;
}

/* One row may hold many lines. */
static int
report_lines (checker *self,
              char    *lines)
{
  char *rest = NULL;
  int rc = KVAULT_OK;

  for (char *line = strtok_r (lines, "\n", &rest); line != NULL && rc == KVAULT_OK; line = strtok_r (NULL, "\n", &rest))
    if (strcmp (line, "ok") != 0 && strncmp (line, "*** in database", 15) != 0 && !walks_will_tell (self, line))
      rc = report (self, KVAULT_FINDING_STRUCTURE, NULL, 0, line);
  return rc;
}

static int
check_pages (checker *self)
{
  kvault *vault = self->vault;
  sqlite3_stmt *statement = NULL;
  int rc = KVAULT_OK;
  int step = SQLITE_DONE;

  if (sqlite3_prepare_v2 (vault->db, self->full ? "PRAGMA main.integrity_check(" MAX_WORDS ")" : "PRAGMA main.quick_check(" MAX_WORDS ")",
                          -1, &statement, NULL) != SQLITE_OK)
    step = SQLITE_ERROR;
  while (step != SQLITE_ERROR && rc == KVAULT_OK && (step = sqlite3_step (statement)) == SQLITE_ROW)
    {
      /* A cancel shows as a check that is over too early, with nonsense. */
      const char *words = (rc = kvault__work_check (&self->work)) == KVAULT_OK ? (const char *) sqlite3_column_text (statement, 0) : NULL;
      char *lines = words != NULL ? strdup (words) : NULL;

      if (lines != NULL)
        rc = report_lines (self, lines);
      else if (rc == KVAULT_OK)
        rc = kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
      free (lines);
    }
  if (rc == KVAULT_OK && step != SQLITE_DONE && is_finding (rc = kvault__fail_db (vault, "%s", vault->name)))
    rc = report (self, KVAULT_FINDING_STRUCTURE, NULL, 0, vault->error.message);
  sqlite3_finalize (statement);
  return rc;
}

/* ---- one value ---- */

static size_t
zeros_at_end (const unsigned char *bytes,
              size_t               n)
{
  size_t end = n;

  while (end > 0 && bytes[end - 1] == 0)
    end--;
  return n - end;
}

static bool
is_suspicious (uint64_t size,
               uint64_t zeros)
{
  uint64_t begin = size - zeros;

  if (zeros == size)
    return size >= ZEROS_ALL_MIN;
  if (zeros >= ZEROS_SURE)
    return true;
  /* Data that itself ends in zeros may hide where the piece began. */
  begin = (begin + CHUNK - 1) / CHUNK * CHUNK;
  return begin < size && size - begin >= ZEROS_MIN;
}

static bool
is_of_parts (const kvault__row *row)
{
  return row->large.id != 0;
}

static int
read_bytes (checker      *self,
            size_t        n,
            uint64_t      offset)
{
  int sqlite_rc = sqlite3_blob_read (self->blob, self->chunk, (int) n, (int) offset);

  return sqlite_rc == SQLITE_OK ? KVAULT_OK : kvault__fail_code (self->vault, sqlite_rc, "%s", self->vault->name);
}

/* The same from a value in parts, cut at the end of one. */
static int
read_part (checker           *self,
           const kvault__row *row,
           size_t            *n,
           uint64_t           offset)
{
  int64_t id = row->large.id << 24 | (int64_t) (offset / row->large.part_size);
  uint64_t at = offset % row->large.part_size;
  int sqlite_rc = self->part != NULL ? sqlite3_blob_reopen (self->part, id)
                                     : sqlite3_blob_open (self->vault->db, "main", "kvault_parts", "data", id, 0, &self->part);

  if (*n > row->large.part_size - at)
    *n = (size_t) (row->large.part_size - at);
  if (sqlite_rc == SQLITE_OK)
    sqlite_rc = sqlite3_blob_read (self->part, self->chunk, (int) *n, (int) at);
  if (sqlite_rc == SQLITE_OK)
    return KVAULT_OK;
  sqlite3_blob_close (self->part);
  self->part = NULL;
  return kvault__fail_code (self->vault, sqlite_rc == SQLITE_ERROR ? SQLITE_CORRUPT : sqlite_rc, "%s", self->vault->name);
}

static int
check_bytes (checker            *self,
             const kvault_entry *entry,
             const kvault__row  *row)
{
  uint64_t size = is_of_parts (row) ? row->size : (uint64_t) sqlite3_blob_bytes (self->blob);
  uint64_t zeros = 0;
  int rc;

  for (uint64_t at = 0; at < size; )
    {
      size_t n = size - at < CHUNK ? (size_t) (size - at) : CHUNK;
      size_t tail;

      if ((rc = kvault__work_check (&self->work)) != KVAULT_OK)
        return rc;
      if ((rc = is_of_parts (row) ? read_part (self, row, &n, at) : read_bytes (self, n, at)) != KVAULT_OK)
        return report_unreadable (self, entry, rc);
      tail = zeros_at_end (self->chunk, n);
      zeros = tail == n ? zeros + n : tail;
      at += n;
      self->result->bytes += n;
      self->work.progress.bytes += n;
    }
  if (!is_suspicious (size, zeros))
    return KVAULT_OK;
  return report_key (self, KVAULT_FINDING_ZEROS, entry, size - zeros,
                     zeros == size ? "all of its %llu bytes are zeros, as a broken-off write leaves them"
                                   : "its last %llu bytes are zeros, as a broken-off write leaves them", (unsigned long long) zeros);
}

/* KohakuVault goes by the first two bytes alone. */
static int
check_header (checker            *self,
              const kvault_entry *entry)
{
  size_t n = entry->value_size < KVAULT_HEADER_SIZE ? (size_t) entry->value_size : KVAULT_HEADER_SIZE;
  const unsigned char *head = self->chunk;
  kvault_value_info info;
  int rc;

  if (self->section->kind != KVAULT_SECTION_V2 || n < 2)
    return KVAULT_OK;
  if ((rc = read_bytes (self, n, 0)) != KVAULT_OK)
    return report_unreadable (self, entry, rc);
  kvault_value_parse (self->section->kind, head, n, &info);
  if (head[0] != 0x89 || head[1] != 0x4b || (info.has_header && info.flags == 0))
    return KVAULT_OK;
  if (info.has_header)
    return report_key (self, KVAULT_FINDING_HEADER, entry, 0, "its header has unknown flags (0x%02x)", info.flags);
  if (n == KVAULT_HEADER_SIZE && head[8] == 0x56 && head[9] == 0x4b)
    return report_key (self, KVAULT_FINDING_HEADER, entry, 0, "its header is of an unknown kind (version %u, encoding %u)", head[2], head[3]);
  return report_key (self, KVAULT_FINDING_HEADER, entry, 0, "it begins like a header but has none; KohakuVault cannot read it");
}

/* Every part there, and as long as it should be: the sum tells, for none can be longer. */
static int
check_parts (checker            *self,
             const kvault_entry *entry,
             const kvault__row  *row)
{
  uint64_t wanted = row->size / row->large.part_size + (row->size % row->large.part_size != 0);
  uint64_t n, bytes;
  int rc;

  if ((rc = kvault__parts_tally (self->vault, row->large.id, &n, &bytes)) != KVAULT_OK)
    return report_unreadable (self, entry, rc);
  if (n == wanted && bytes == row->size)
    return self->full ? check_bytes (self, entry, row) : KVAULT_OK;
  return report_key (self, KVAULT_FINDING_UNREADABLE, entry, 0, "of its %llu parts with %llu bytes there are %llu with %llu",
                     (unsigned long long) wanted, (unsigned long long) row->size, (unsigned long long) n, (unsigned long long) bytes);
}

static int
check_value (checker            *self,
             const kvault_entry *entry,
             const kvault__row  *row)
{
  int sqlite_rc = self->blob != NULL ? sqlite3_blob_reopen (self->blob, entry->id)
                                     : sqlite3_blob_open (self->vault->db, "main", self->section->name, "value", entry->id, 0, &self->blob);
  int rc;

  if (sqlite_rc != SQLITE_OK)
    {
      sqlite3_blob_close (self->blob);
      self->blob = NULL;
      return report_unreadable (self, entry, kvault__fail_code (self->vault, sqlite_rc, "%s", self->vault->name));
    }
  if ((rc = check_header (self, entry)) == KVAULT_OK && self->full)
    rc = check_bytes (self, entry, row);
  return rc;
}

static int
check_size_column (checker            *self,
                   const kvault_entry *entry)
{
  int rc = KVAULT_OK;

  sqlite3_bind_int64 (self->size, 1, entry->id);
  switch (sqlite3_step (self->size))
    {
    case SQLITE_ROW:
      if (sqlite3_column_type (self->size, 0) != SQLITE_INTEGER || sqlite3_column_int64 (self->size, 0) != (int64_t) entry->value_size)
        rc = report_key (self, KVAULT_FINDING_SIZE, entry, 0, "its size column says %lld, and it has %llu bytes",
                         sqlite3_column_int64 (self->size, 0), (unsigned long long) entry->value_size);
      break;
    case SQLITE_DONE:
      break;
    default:
      rc = report_unreadable (self, entry, kvault__fail_db (self->vault, "%s", self->vault->name));
    }
  kvault__statement_done (self->size);
  return rc;
}

/* ---- one key ---- */

static int
check_row (checker      *self,
           kvault_entry *entry)
{
  static const char *const class_names[] = { "nothing", "an integer", "a number", "text" };
  kvault__row row = { .id = entry->id };
  int rc;

  if (!sqlite3_column_int (self->row, 0))
    return report_key (self, KVAULT_FINDING_INDEX, entry, 0, "the index leads to the row of another key");
  if ((rc = kvault__row_read (self->vault, self->row, 1, &row)) != KVAULT_OK)
    return report_unreadable (self, entry, rc);
  entry->value_size = row.size;
  entry->value_class = row.value_class;
  if (entry->key_class != KVAULT_CLASS_BLOB &&
      (rc = report_key (self, KVAULT_FINDING_KEY_CLASS, entry, 0, "the key is %s, no blob, and cannot be reached by its bytes",
                        class_names[entry->key_class])) != KVAULT_OK)
    return rc;
  if (entry->value_class != KVAULT_CLASS_BLOB &&
      (rc = report_key (self, KVAULT_FINDING_VALUE_CLASS, entry, 0, "its value is %s, no blob", class_names[entry->value_class])) != KVAULT_OK)
    return rc;
  if (is_of_parts (&row))
    return check_parts (self, entry, &row);
  if (self->size != NULL && (rc = check_size_column (self, entry)) != KVAULT_OK)
    return rc;
  if (entry->value_class == KVAULT_CLASS_BLOB || entry->value_class == KVAULT_CLASS_TEXT)
    return check_value (self, entry, &row);
  return KVAULT_OK;
}

/* A key from the first two columns, key and row id, of a row of a walk. */
static int
check_key (checker      *self,
           sqlite3_stmt *walk)
{
  char number[32];
  kvault_entry entry = { .value_size = KVAULT_SIZE_UNKNOWN, .value_class = KVAULT_CLASS_BLOB };
  int rc;

  kvault__entry_read_key (&entry, walk, 0, number, sizeof number);
  entry.id = sqlite3_column_int64 (walk, 1);
  self->result->keys++;
  self->work.progress.keys++;
  sqlite3_bind_int64 (self->row, 1, entry.id);
  if (sqlite3_bind_value (self->row, 2, sqlite3_column_value (walk, 0)) != SQLITE_OK)
    return kvault__fail_db (self->vault, "%s", self->vault->name);
  switch (sqlite3_step (self->row))
    {
    case SQLITE_ROW:
      rc = check_row (self, &entry);
      break;
    case SQLITE_DONE:
      rc = report_key (self, KVAULT_FINDING_INDEX, &entry, 0, "the index has it, but there is no such row");
      break;
    default:
      rc = report_unreadable (self, &entry, kvault__fail_db (self->vault, "%s", self->vault->name));
    }
  kvault__statement_done (self->row);
  return rc;
}

/* ---- the walks ---- */

/* Nothing was written, so there is nothing to fail; but once SQLite has seen damage it takes every commit for a failure. */
static void
end_reading (kvault *vault)
{
  kvault_error error = vault->error;

  if (kvault__run (vault, KVAULT__RELEASE) != KVAULT_OK && !vault->batch)
    kvault__take_back (vault);
  vault->error = error;
}

/* One walk in turns, each a short transaction: @turn does some and says whether there is more. */
static int
walk (checker *self,
      int    (*turn) (checker *self, bool *more))
{
  bool more = true;
  int rc = KVAULT_OK;

  while (more && rc == KVAULT_OK && (rc = kvault__run (self->vault, KVAULT__SAVEPOINT)) == KVAULT_OK)
    {
      rc = turn (self, &more);
      sqlite3_blob_close (self->blob);   /* an open one would keep the transaction */
      sqlite3_blob_close (self->part);
      self->blob = self->part = NULL;
      end_reading (self->vault);
    }
  return rc;
}

/* Whether key @a is behind key @b in the index's order; false if that cannot be told. */
static bool
is_behind (checker       *self,
           sqlite3_value *a,
           sqlite3_value *b)
{
  sqlite3_stmt *statement = NULL;
  bool behind = sqlite3_prepare_v2 (self->vault->db, "SELECT ?1 > ?2", -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_bind_value (statement, 1, a) == SQLITE_OK && sqlite3_bind_value (statement, 2, b) == SQLITE_OK &&
                sqlite3_step (statement) == SQLITE_ROW && sqlite3_column_int (statement, 0);

  sqlite3_finalize (statement);
  return behind;
}

static int
index_turn (checker *self,
            bool    *more)
{
  sqlite3_stmt *keys = self->last_key != NULL ? self->keys_next : self->keys_first;
  int64_t until_ms = kvault__now_ms () + HOLD_MS;
  int rc = KVAULT_OK;
  int step;

  if (self->last_key != NULL && sqlite3_bind_value (keys, 1, self->last_key) != SQLITE_OK)
    return kvault__fail_db (self->vault, "%s", self->vault->name);
  while ((step = sqlite3_step (keys)) == SQLITE_ROW && rc == KVAULT_OK)
    {
      rc = check_key (self, keys);
      if (rc == KVAULT_OK)
        rc = kvault__work_check (&self->work);
      if (rc == KVAULT_OK && kvault__now_ms () >= until_ms && sqlite3_column_type (keys, 0) != SQLITE_NULL)
        break;
    }
  *more = rc == KVAULT_OK && step == SQLITE_ROW;
  if (*more && self->last_key != NULL && !is_behind (self, sqlite3_column_value (keys, 0), self->last_key))
    {
      *more = false;   /* going on behind it would come by here again */
      self->index_broken = true;
      rc = report (self, KVAULT_FINDING_INDEX, NULL, 0, "the index of the keys is broken: its keys are out of order");
    }
  else if (*more)
    {
      sqlite3_value_free (self->last_key);
      self->last_key = sqlite3_value_dup (sqlite3_column_value (keys, 0));
      if (self->last_key == NULL)
        rc = kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
    }
  else if (rc == KVAULT_OK && step != SQLITE_DONE && is_finding (rc = kvault__fail_db (self->vault, "%s", self->vault->name)))
    {
      self->index_broken = true;
      rc = report (self, KVAULT_FINDING_INDEX, NULL, 0, "the index of the keys is broken and cannot be walked");
    }
  kvault__statement_done (keys);
  return rc;
}

/* A row whose key the index has not; where the index is broken, what there is of the row. */
static int
check_in_index (checker *self)
{
  char number[32];
  kvault_entry entry = { .value_size = KVAULT_SIZE_UNKNOWN, .value_class = KVAULT_CLASS_BLOB };
  int rc = KVAULT_OK;

  if (self->index_broken)
    return check_key (self, self->rows);
  kvault__entry_read_key (&entry, self->rows, 0, number, sizeof number);
  entry.id = sqlite3_column_int64 (self->rows, 1);
  if (sqlite3_bind_value (self->in_index, 1, sqlite3_column_value (self->rows, 0)) != SQLITE_OK)
    return kvault__fail_db (self->vault, "%s", self->vault->name);
  sqlite3_bind_int64 (self->in_index, 2, entry.id);
  switch (sqlite3_step (self->in_index))
    {
    case SQLITE_ROW:
      break;
    case SQLITE_DONE:
      rc = report_key (self, KVAULT_FINDING_INDEX, &entry, 0, "there is a row, but the index has it not, so it cannot be found");
      break;
    default:
      rc = report_unreadable (self, &entry, kvault__fail_db (self->vault, "%s", self->vault->name));
    }
  kvault__statement_done (self->in_index);
  return rc;
}

/* Rows that come out of order would be begun with again and again. */
static int
report_order (checker *self,
              bool    *more)
{
  *more = false;
  return report (self, KVAULT_FINDING_STRUCTURE, NULL, 0, "the table is broken: its rows are out of order");
}

static int
rows_turn (checker *self,
           bool    *more)
{
  int64_t until_ms = kvault__now_ms () + HOLD_MS;
  int64_t last = self->last_key != NULL ? sqlite3_value_int64 (self->last_key) : INT64_MIN;
  bool disordered = false;
  int rc = KVAULT_OK;
  int step;

  sqlite3_bind_int64 (self->rows, 1, last);
  while ((step = sqlite3_step (self->rows)) == SQLITE_ROW && rc == KVAULT_OK)
    {
      int64_t id = sqlite3_column_int64 (self->rows, 1);

      disordered = id <= last;
      last = id;
      rc = check_in_index (self);
      if (rc == KVAULT_OK)
        rc = kvault__work_check (&self->work);
      if (disordered || (rc == KVAULT_OK && kvault__now_ms () >= until_ms))
        break;
    }
  *more = rc == KVAULT_OK && step == SQLITE_ROW;
  if (*more && disordered)
    rc = report_order (self, more);
  else if (*more)
    {
      sqlite3_value_free (self->last_key);
      self->last_key = sqlite3_value_dup (sqlite3_column_value (self->rows, 1));
      if (self->last_key == NULL)
        rc = kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
    }
  else if (rc == KVAULT_OK && step != SQLITE_DONE && is_finding (rc = kvault__fail_db (self->vault, "%s", self->vault->name)))
    rc = report (self, KVAULT_FINDING_STRUCTURE, NULL, 0, "the table is broken and cannot be walked to its end");
  kvault__statement_done (self->rows);
  return rc;
}

/* ---- one table ---- */

static int
prepare (checker       *self,
         const char    *format,
         sqlite3_stmt **statement)
{
  char *sql = sqlite3_mprintf (format, self->section->name);
  int rc = KVAULT_OK;

  if (sql == NULL)
    return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  if (sqlite3_prepare_v2 (self->vault->db, sql, -1, statement, NULL) != SQLITE_OK)
    rc = kvault__fail_db (self->vault, "%s", self->vault->name);
  sqlite3_free (sql);
  return rc;
}

static int
prepare_all (checker *self)
{
  int rc;

  if ((rc = prepare (self, "SELECT key, rowid FROM main.\"%w\" ORDER BY key", &self->keys_first)) != KVAULT_OK ||
      (rc = prepare (self, "SELECT key, rowid FROM main.\"%w\" WHERE key > ?1 ORDER BY key", &self->keys_next)) != KVAULT_OK ||
      (rc = prepare (self, "SELECT key IS ?2, typeof(value), length(value) FROM main.\"%w\" WHERE rowid = ?1", &self->row)) != KVAULT_OK ||
      (rc = prepare (self, "SELECT key, rowid FROM main.\"%w\" NOT INDEXED WHERE rowid > ?1 ORDER BY rowid", &self->rows)) != KVAULT_OK ||
      /* The plus keeps SQLite from going by the row id, which is what must not be believed here. */
      (rc = prepare (self, "SELECT 1 FROM main.\"%w\" WHERE key IS ?1 AND +rowid = ?2", &self->in_index)) != KVAULT_OK)
    return rc;
  if (self->section->kind == KVAULT_SECTION_V1)
    rc = prepare (self, "SELECT size FROM main.\"%w\" WHERE rowid = ?1", &self->size);
  return rc;
}

static void
finish_table (checker *self)
{
  sqlite3_stmt **statements[] = { &self->keys_first, &self->keys_next, &self->row, &self->size, &self->rows, &self->in_index };

  sqlite3_value_free (self->last_key);
  self->last_key = NULL;
  for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
    {
      sqlite3_finalize (*statements[i]);
      *statements[i] = NULL;
    }
  self->section = NULL;
  self->table = NULL;
}

static int
check_table (checker              *self,
             const kvault_section *section)
{
  int rc;

  kvault__table_switch (self->vault, section);
  self->section = section;
  self->table = section->name;
  self->index_broken = false;
  rc = prepare_all (self);
  if (is_finding (rc))
    rc = report (self, KVAULT_FINDING_STRUCTURE, NULL, 0, self->vault->error.message);
  else if (rc == KVAULT_OK && (rc = walk (self, index_turn)) == KVAULT_OK)
    {
      sqlite3_value_free (self->last_key);
      self->last_key = NULL;
      rc = walk (self, rows_turn);
    }
  finish_table (self);
  return rc;
}

/* ---- parts that no key leads to ---- */

/* Whether nobody else can be writing it, as far as that shows without letting go of the file. */
static bool
seems_alone (const checker *self)
{
  kvault__who who;

  kvault__who_has_open (self->vault, &who);
  return who.n_processes == 0 && !kvault__writes_parts (self->vault) && kvault__is_only_handle (self->vault);
}

/* The key that leads, or once led, to an orphan, from a row of key and table. */
static int
report_orphan_of (checker              *self,
                  const kvault__orphan *orphan,
                  sqlite3_stmt         *row,
                  uint64_t              bytes)
{
  static const char *const words[] = {
    [KVAULT__ORPHAN_LOST] = "%llu bytes of a large value are left whose marker is not there any more",
    [KVAULT__ORPHAN_MOVED] = "it is the marker of a large value of %llu bytes that was moved here from another key",
    [KVAULT__ORPHAN_PENDING] = "%llu bytes are left of a large value that was never finished",
    [KVAULT__ORPHAN_LEFT] = "%llu bytes are left of a large value that was never finished",
    [KVAULT__ORPHAN_DYING] = "%llu bytes are left of a large value that was deleted",
  };
  kvault_entry entry = { .value_size = KVAULT_SIZE_UNKNOWN, .value_class = KVAULT_CLASS_BLOB };
  char number[32], message[160];

  kvault__entry_read_key (&entry, row, 0, number, sizeof number);
  entry.id = orphan->row_id;
  self->table = (const char *) sqlite3_column_text (row, 1);
  if (self->table == NULL)
    self->table = "";
  sqlite3_snprintf (sizeof message, message, words[orphan->kind], bytes);
  return report_key (self, orphan->kind == KVAULT__ORPHAN_MOVED ? KVAULT_FINDING_MOVED : KVAULT_FINDING_ORPHAN, &entry, 0, "%s", message);
}

static int
report_orphan (checker              *self,
               const kvault__orphan *orphan)
{
  sqlite3_stmt *row = NULL;
  char *sql = orphan->kind == KVAULT__ORPHAN_MOVED ? sqlite3_mprintf ("SELECT key, ?2 FROM main.\"%w\" WHERE rowid = ?1", orphan->section->name)
                                                   : sqlite3_mprintf ("SELECT key, tbl FROM main.kvault_large WHERE id = ?1");
  uint64_t n, bytes;
  char message[128];
  int rc;

  if (sql == NULL)
    return kvault__fail (self->vault, KVAULT_ENOMEM, "%s: no memory", self->vault->name);
  if ((rc = kvault__parts_tally (self->vault, orphan->id, &n, &bytes)) == KVAULT_OK &&
      sqlite3_prepare_v2 (self->vault->db, sql, -1, &row, NULL) != SQLITE_OK)
    rc = kvault__fail_db (self->vault, "%s", self->vault->name);
  sqlite3_free (sql);
  if (rc != KVAULT_OK)
    return rc;
  sqlite3_bind_int64 (row, 1, orphan->kind == KVAULT__ORPHAN_MOVED ? orphan->row_id : orphan->id);
  if (orphan->kind == KVAULT__ORPHAN_MOVED)
    sqlite3_bind_text (row, 2, orphan->section->name, -1, SQLITE_STATIC);
  if (sqlite3_step (row) == SQLITE_ROW)
    rc = report_orphan_of (self, orphan, row, bytes);
  else if (orphan->kind == KVAULT__ORPHAN_OWNERLESS)
    {
      sqlite3_snprintf (sizeof message, message, "%llu bytes are left of a large value of which nothing else is known", bytes);
      rc = report (self, KVAULT_FINDING_ORPHAN, NULL, 0, message);
    }   /* else it has gone meanwhile */
  self->table = NULL;
  sqlite3_finalize (row);
  return rc;
}

static int
check_orphans (checker *self)
{
  kvault__orphans found = { 0 };
  int rc;

  while ((rc = kvault__orphans_next (self->vault, &self->work, &found)) == KVAULT_OK)
    {
      for (size_t i = 0; i < found.n && rc == KVAULT_OK; i++)
        if (found.all[i].kind != KVAULT__ORPHAN_PENDING || seems_alone (self))
          rc = report_orphan (self, &found.all[i]);
      if (rc != KVAULT_OK)
        break;
    }
  kvault__orphans_free (&found);
  if (is_finding (rc))   /* damage in the two tables of parts */
    rc = report (self, KVAULT_FINDING_STRUCTURE, NULL, 0, self->vault->error.message);
  return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
}

/* ---- the whole ---- */

static int
check_tables (checker *self)
{
  const kvault_section *in_use = self->vault->section;
  int rc = KVAULT_OK;

  for (size_t i = 0; i < self->vault->n_sections && rc == KVAULT_OK; i++)
    if (is_checked (&self->vault->sections[i]))
      rc = check_table (self, &self->vault->sections[i]);
  kvault__table_switch (self->vault, in_use);
  return rc;
}

int
kvault_check (kvault              *vault,
              unsigned             flags,
              kvault_finding_func  found,
              void                *found_data,
              kvault_progress_func progress,
              void                *progress_data,
              kvault_check_result *result)
{
  checker self = { .vault = vault, .full = (flags & KVAULT_CHECK_FULL) != 0, .found = found, .found_data = found_data, .result = result };
  kvault_stats stats;
  uint64_t live;
  bool was_damaged;
  int rc;

  *result = (kvault_check_result) { 0 };
  if ((rc = kvault_stats_get (vault, &stats)) != KVAULT_OK)
    return rc;
  if ((flags & ~(unsigned) KVAULT_CHECK_FULL) != 0)
    return kvault__fail (vault, KVAULT_EINVAL, "flags hold something else than KVAULT_CHECK_FULL");
  if ((self.chunk = malloc (CHUNK)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  live = stats.file_size - stats.reclaimable_size;
  was_damaged = vault->damaged;
  kvault__work_init (&self.work, vault, progress, progress_data);
  self.work.progress.bytes_total = self.full ? live * 2 : live;
  kvault__work_watch (&self.work, vault->db, live);
  rc = check_pages (&self);
  kvault__work_unwatch (&self.work);
  if (rc == KVAULT_OK)
    rc = check_tables (&self);
  if (rc == KVAULT_OK)
    rc = check_orphans (&self);
  free (self.chunk);
  vault->damaged = was_damaged || result->damages > 0;
  return rc;
}
