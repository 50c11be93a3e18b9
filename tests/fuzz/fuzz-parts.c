/* SPDX-License-Identifier: MIT */
/*
 * Values in parts as nobody wrote them: rows of kvault_large and kvault_parts, and markers, that contradict each other. The input says
 * what rows there are (see STEP); the file itself is whole, and must be whole after whatever libkvault did with it.
 */
#include "fuzz.h"

#include <sqlite3.h>

const char *const fuzz_name = "parts";
const unsigned fuzz_rounds = 2000;
const bool fuzz_pages = false;

#define STEP 24           /* bytes of input a row */
#define MOST_STEPS 40

static const char *const keys[] = { "large", "k1", "k2", "larger", "", "a" };

static void
run (sqlite3    *db,
     const char *sql)
{
  fuzz_require (sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

/* A vault of either shape with the two tables beside it, as libkvault makes them. */
static void
make_base (const char          *path,
           kvault_section_kind  kind)
{
  kvault_options options = { .whole_value_max = 4096 };
  static const uint8_t value[10000];
  sqlite3 *db;
  kvault *vault;

  fuzz_require (sqlite3_open (path, &db) == SQLITE_OK);
  run (db, "PRAGMA page_size=1024; PRAGMA journal_mode=WAL;");
  run (db, kind == KVAULT_SECTION_V1 ?
       "CREATE TABLE kv (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, size INTEGER NOT NULL)" :
       "CREATE TABLE kv (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL)");
  sqlite3_close (db);
  fuzz_require (kvault_open (path, &options, &vault, NULL) == KVAULT_OK);
  fuzz_require (kvault_put (vault, "large", 5, value, sizeof value) == KVAULT_OK);
  fuzz_require (kvault_close (vault) == KVAULT_OK);
}

static void
restore_base (const char          *path,
              kvault_section_kind  kind)
{
  static uint8_t *bases[3];
  static size_t sizes[3];

  if (bases[kind] == NULL)
    {
      FILE *in;

      make_base (path, kind);
      bases[kind] = malloc (1 << 20);
      in = fopen (path, "r");
      sizes[kind] = fread (bases[kind], 1, 1 << 20, in);
      fclose (in);
    }
  fuzz_write (path, bases[kind], sizes[kind]);
}

/* The input, some bytes at a time; zeros behind its end. */
typedef struct {
  const uint8_t *bytes;
  size_t left;
} Input;

static uint64_t
take (Input *in,
      int    n)
{
  uint64_t number = 0;

  for (; n > 0; n--)
    {
      number = number << 8 | (in->left > 0 ? *in->bytes : 0);
      in->bytes += in->left > 0;
      in->left -= in->left > 0;
    }
  return number;
}

/* Small numbers, ones near a part's and a row's limits, and any. */
static int64_t
take_number (Input *in)
{
  static const int64_t numbers[] = { 0, 1, 112, 4096, 10000, 1 << 22, (1 << 22) + 1, INT64_C (1) << 46, -1, INT64_MAX, INT64_MIN };
  uint8_t which = (uint8_t) take (in, 1);

  return which < sizeof numbers / sizeof *numbers ? numbers[which] : which < 128 ? (int64_t) take (in, 2) : (int64_t) take (in, 8);
}

static sqlite3_stmt *
prepare (sqlite3    *db,
         const char *sql)
{
  sqlite3_stmt *statement;

  fuzz_require (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK);
  return statement;
}

/* What a column refuses is left out: the file is one that SQLite would write. */
static void
finish (sqlite3_stmt *statement)
{
  sqlite3_step (statement);
  sqlite3_finalize (statement);
}

static void
bind_any (sqlite3_stmt *statement,
          int           column,
          int64_t       number,
          bool          as_text)
{
  if (as_text)
    sqlite3_bind_text (statement, column, "many", -1, SQLITE_STATIC);
  else
    sqlite3_bind_int64 (statement, column, number);
}

static void
put_large (sqlite3 *db,
           Input   *in)
{
  sqlite3_stmt *statement = prepare (db, "INSERT OR REPLACE INTO kvault_large VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  const char *key = keys[take (in, 1) % (sizeof keys / sizeof *keys)];
  uint8_t flags = (uint8_t) take (in, 1);
  static uint8_t token[40];

  memset (token, (int) take (in, 1), sizeof token);
  sqlite3_bind_int64 (statement, 1, 1 + (int64_t) take (in, 1) % 4);
  sqlite3_bind_text (statement, 2, flags & 1 ? "other" : "kv", -1, SQLITE_STATIC);
  sqlite3_bind_blob (statement, 3, key, (int) strlen (key), SQLITE_STATIC);
  bind_any (statement, 7, (flags & 6) == 6 ? take_number (in) : 1, false);
  bind_any (statement, 4, take_number (in), (flags & 24) == 24);
  bind_any (statement, 5, take_number (in), (flags & 96) == 96);
  sqlite3_bind_blob (statement, 6, token, flags & 128 ? (int) (take (in, 1) % sizeof token) : 16, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 8, take_number (in));
  finish (statement);
}

static void
put_part (sqlite3 *db,
          Input   *in)
{
  sqlite3_stmt *statement = prepare (db, "INSERT OR REPLACE INTO kvault_parts VALUES (?1, ?2)");
  int64_t id = (int64_t) take (in, 1) % 5;
  uint8_t flags = (uint8_t) take (in, 1);

  sqlite3_bind_int64 (statement, 1, (flags & 3) == 3 ? take_number (in) : id << 24 | (int64_t) take (in, 1) % 4);
  if ((flags & 12) == 12)
    sqlite3_bind_text (statement, 2, "a text", -1, SQLITE_STATIC);
  else
    sqlite3_bind_zeroblob (statement, 2, flags & 16 ? 4096 : (int) take (in, 2));
  finish (statement);
}

static void
drop_row (sqlite3 *db,
          Input   *in)
{
  static const char *const sql[] = {
    "DELETE FROM kvault_parts WHERE id = (SELECT id FROM kvault_parts ORDER BY id LIMIT 1 OFFSET ?1)",
    "DELETE FROM kvault_large WHERE id = ?1", "DELETE FROM kv WHERE key = (SELECT key FROM kv ORDER BY key LIMIT 1 OFFSET ?1)",
    "UPDATE kvault_large SET state = state + 1 WHERE id = ?1", "UPDATE kvault_large SET part = 4096 WHERE id = ?1",
  };
  sqlite3_stmt *statement = prepare (db, sql[take (in, 1) % (sizeof sql / sizeof *sql)]);

  sqlite3_bind_int64 (statement, 1, (int64_t) take (in, 1) % 5);
  finish (statement);
}

/* The marker that a row of kvault_large stands for, perhaps not to the letter. */
static void
put_marker (sqlite3             *db,
            Input               *in,
            kvault_section_kind  kind)
{
  sqlite3_stmt *row = prepare (db, "SELECT id, size, hex(token) FROM kvault_large WHERE id = ?1"), *statement;
  const char *key = keys[take (in, 1) % (sizeof keys / sizeof *keys)];
  uint8_t flags = (uint8_t) take (in, 1);
  char marker[256] = "";
  int size;

  sqlite3_bind_int64 (row, 1, 1 + (int64_t) take (in, 1) % 4);
  if (sqlite3_step (row) == SQLITE_ROW)
    snprintf (marker, sizeof marker, "libkvault large value v1 id=%019lld size=%019lld token=%s\n", sqlite3_column_int64 (row, 0),
              sqlite3_column_int64 (row, 1), (const char *) sqlite3_column_text (row, 2));
  for (char *c = strstr (marker, "token="); c != NULL && *c != '\0'; c++)
    *c = (char) (*c >= 'A' && *c <= 'F' ? *c + 32 : *c);
  sqlite3_finalize (row);
  if (flags & 1)
    marker[take (in, 1) % 112] = (char) take (in, 1);
  size = flags & 2 ? (int) take (in, 1) % 200 : 112;
  statement = prepare (db, kind == KVAULT_SECTION_V1 ? "INSERT OR REPLACE INTO kv (key, value, size) VALUES (?1, ?2, ?3)" :
                       "INSERT OR REPLACE INTO kv (key, value) VALUES (?1, coalesce(?2, ?3))");
  sqlite3_bind_blob (statement, 1, key, (int) strlen (key), SQLITE_STATIC);
  if (flags & 4)
    sqlite3_bind_text (statement, 2, marker, 112, SQLITE_STATIC);
  else
    sqlite3_bind_blob (statement, 2, marker, size, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 3, 112);
  finish (statement);
}

static void
fill (const char          *path,
      kvault_section_kind  kind,
      Input               *in)
{
  sqlite3 *db;

  fuzz_require (sqlite3_open (path, &db) == SQLITE_OK);
  run (db, "BEGIN");
  for (int n = 0; in->left > 0 && n < MOST_STEPS; n++)
    {
      Input step = { in->bytes, in->left < STEP ? in->left : STEP };

      in->bytes += step.left;
      in->left -= step.left;
      switch (take (&step, 1) % 4)
        {
        case 0: put_large (db, &step); break;
        case 1: put_part (db, &step); break;
        case 2: put_marker (db, &step, kind); break;
        default: drop_row (db, &step); break;
        }
    }
  run (db, "COMMIT");
  sqlite3_close (db);
}

static void
require_whole (const char *path)
{
  sqlite3_stmt *statement;
  sqlite3 *db;

  fuzz_require (sqlite3_open (path, &db) == SQLITE_OK);
  statement = prepare (db, "PRAGMA integrity_check");
  fuzz_require (sqlite3_step (statement) == SQLITE_ROW && strcmp ((const char *) sqlite3_column_text (statement, 0), "ok") == 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  Input in = { data, size };
  kvault_section_kind kind = take (&in, 1) % 2 ? KVAULT_SECTION_V1 : KVAULT_SECTION_V2;
  char path[512];

  snprintf (path, sizeof path, "%s", fuzz_path ("parts"));
  restore_base (path, kind);
  fill (path, kind, &in);
  fuzz_view (path);
  fuzz_edit (path);
  require_whole (path);
  fuzz_remove (path);
  return 0;
}
