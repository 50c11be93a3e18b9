/* SPDX-License-Identifier: MIT */
/*
 * schema.c - hardening, and what is found out about the tables of a file.
 *
 * The schema of a file is a stranger's text. It is read from sqlite_schema first and each table is then asked alone: one
 * statement over all of them fails for the whole file when a virtual table's module is absent. What is found out is kept in
 * kvault.sections for the life of the handle.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- hardening ---- */

static const struct { int option; int value; } config[] = {
  { SQLITE_DBCONFIG_DEFENSIVE, 1 },
  { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
  { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
  { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
  { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
  { SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
  { SQLITE_DBCONFIG_DQS_DML, 0 },
  { SQLITE_DBCONFIG_DQS_DDL, 0 },
  { SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
};

/* What our own statements never need. Limits on what a CREATE may say stay as they are: SQLite reads the whole schema or none
 * of it, and an innocent table of 150 columns beside the vault must not lock its owner out. VACUUM needs one attached database. */
static const struct { int limit; int value; } limits[] = {
  { SQLITE_LIMIT_ATTACHED, 1 },
  { SQLITE_LIMIT_VDBE_OP, 25000 },
  { SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
  { SQLITE_LIMIT_WORKER_THREADS, 0 },
  { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
  { SQLITE_LIMIT_VARIABLE_NUMBER, 100 },
};

/* With a schema that counts as writable SQLite reads on past rows of it that make no sense, and a file that is shorter than its header says.
 * It is never written: the connection is query_only before anything but the schema is read. */
static void
let_damage_pass (kvault *vault)
{
  sqlite3_db_config (vault->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
  sqlite3_db_config (vault->db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
}

int
kvault__harden (kvault *vault)
{
  for (size_t i = 0; i < sizeof config / sizeof config[0]; i++)
    if (sqlite3_db_config (vault->db, config[i].option, config[i].value, NULL) != SQLITE_OK)
      return kvault__fail (vault, KVAULT_EIO, "%s: SQLite was built without a safety option", vault->name);
  if (vault->options.access == KVAULT_ACCESS_SALVAGE)
    let_damage_pass (vault);
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
    sqlite3_limit (vault->db, limits[i].limit, limits[i].value);
  /* None of these reads the file. */
  return kvault__exec (vault, kvault__only_looks (vault)
                                ? "PRAGMA mmap_size=0; PRAGMA cell_size_check=1; PRAGMA temp_store=FILE; PRAGMA query_only=1"
                                : "PRAGMA mmap_size=0; PRAGMA cell_size_check=1; PRAGMA temp_store=FILE");
}

/* ---- the shape of one table ---- */

typedef struct {
  bool key_blob, key_not_null, value_blob, id_primary, has_size, data_blob;
  bool hides_rowid;        /* a column is called that */
  int n_visible;           /* columns of the table itself */
  bool generated;
  int key_column, value_column;
} table_columns;

typedef struct {
  sqlite3_stmt *columns;   /* of a table by name */
  sqlite3_stmt *indexes;
  sqlite3_stmt *index_columns;
  sqlite3_stmt *triggers;
  bool any_triggers;       /* asking table by table is quadratic, so first ask for all */
  bool text_tells_all;     /* there are tables and views only, of which nothing was lost */
  int failed;              /* SQLite's code, if a look was broken off: what it did not see may be there */
} probes;

static int
prepare_probes (kvault *vault,
                probes *p)
{
  static const char *const sql[] = {
    "SELECT cid, name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?1)",
    "SELECT name, \"unique\" AND NOT partial, origin = 'pk' FROM pragma_index_list(?1)",
    "SELECT cid, coll FROM pragma_index_xinfo(?1) WHERE key",
    "SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE",
  };
  sqlite3_stmt **statements[] = { &p->columns, &p->indexes, &p->index_columns, &p->triggers };

  for (size_t i = 0; i < sizeof sql / sizeof sql[0]; i++)
    if (sqlite3_prepare_v2 (vault->db, sql[i], -1, statements[i], NULL) != SQLITE_OK)
      return kvault__fail_db (vault, "%s", vault->name);
  return KVAULT_OK;
}

static void
finalize_probes (probes *p)
{
  sqlite3_finalize (p->columns);
  sqlite3_finalize (p->indexes);
  sqlite3_finalize (p->index_columns);
  sqlite3_finalize (p->triggers);
}

/* A table that is broken by itself is passed by. What may go well the next time is no word on the table. */
static void
note_failure (probes *p,
              int     code)
{
  int kind = code & 0xff;

  if (kind != SQLITE_OK && kind != SQLITE_ROW && kind != SQLITE_DONE && kind != SQLITE_ERROR && kind != SQLITE_CORRUPT)
    p->failed = code;
}

static bool
next_row (probes       *p,
          sqlite3_stmt *statement)
{
  int step = sqlite3_step (statement);

  note_failure (p, step);
  return step == SQLITE_ROW;
}

static bool
has_row (probes       *p,
         sqlite3_stmt *statement,
         const char   *name)
{
  bool found;

  sqlite3_bind_text (statement, 1, name, -1, SQLITE_STATIC);
  found = next_row (p, statement);
  kvault__statement_done (statement);
  return found;
}

static const char *
text_of (sqlite3_stmt *statement,
         int           column)
{
  const char *text = (const char *) sqlite3_column_text (statement, column);

  return text != NULL ? text : "";
}

static void
look_at_column (sqlite3_stmt  *row,
                table_columns *columns)
{
  const char *name = text_of (row, 1);
  const char *type = text_of (row, 2);
  int hidden = sqlite3_column_int (row, 5);

  columns->hides_rowid = columns->hides_rowid || sqlite3_stricmp (name, "rowid") == 0;
  if (hidden != 0)
    {
      columns->generated = true;
      return;
    }
  columns->n_visible++;
  if (sqlite3_stricmp (name, "key") == 0)
    {
      columns->key_blob = sqlite3_stricmp (type, "BLOB") == 0;
      columns->key_not_null = sqlite3_column_int (row, 3) != 0;
      columns->key_column = sqlite3_column_int (row, 0);
    }
  else if (sqlite3_stricmp (name, "value") == 0)
    {
      columns->value_blob = sqlite3_stricmp (type, "BLOB") == 0;
      columns->value_column = sqlite3_column_int (row, 0);
    }
  else if (sqlite3_stricmp (name, "id") == 0)
    columns->id_primary = sqlite3_column_int (row, 4) == 1 && sqlite3_stricmp (type, "INTEGER") == 0;
  else if (sqlite3_stricmp (name, "size") == 0)
    columns->has_size = sqlite3_stricmp (type, "INTEGER") == 0;
  else if (sqlite3_stricmp (name, "data") == 0)
    columns->data_blob = sqlite3_stricmp (type, "BLOB") == 0;
}

/* 0 if the columns are not a vault's. */
static kvault_section_kind
shape_of (const table_columns *columns)
{
  if (!columns->key_blob || !columns->key_not_null || !columns->value_blob)
    return 0;
  if (columns->n_visible == 2)
    return KVAULT_SECTION_V2;
  if (columns->n_visible == 4 && columns->id_primary && columns->has_size)
    return KVAULT_SECTION_V1;
  return 0;
}

/* Of the table that the index of a TextVault or a VectorKVault refers to. */
static bool
has_shape_of_values (const table_columns *columns)
{
  return columns->n_visible == 2 && columns->id_primary && columns->value_blob && !columns->generated;
}

typedef struct {
  bool keys_unique;
  bool primary;            /* an index is the primary key: that is no row id then, whatever its type */
  bool hinders_writing;    /* an index over values or an expression: blobs cannot be written under it */
} index_facts;

static void
look_at_index (probes              *p,
               const char          *index,
               bool                 unique,
               const table_columns *columns,
               index_facts         *facts)
{
  int n = 0;
  bool only_key = true;

  sqlite3_bind_text (p->index_columns, 1, index, -1, SQLITE_STATIC);
  while (next_row (p, p->index_columns))
    {
      int column = sqlite3_column_int (p->index_columns, 0);

      n++;
      if (column != columns->key_column || sqlite3_stricmp (text_of (p->index_columns, 1), "BINARY") != 0)
        only_key = false;
      if (column == columns->value_column || column == -2)
        facts->hinders_writing = true;
    }
  kvault__statement_done (p->index_columns);
  if (unique && n == 1 && only_key)
    facts->keys_unique = true;
}

static void
look_at_indexes (probes              *p,
                 const char          *table,
                 const table_columns *columns,
                 index_facts         *facts)
{
  sqlite3_bind_text (p->indexes, 1, table, -1, SQLITE_STATIC);
  while (next_row (p, p->indexes))
    {
      facts->primary = facts->primary || sqlite3_column_int (p->indexes, 2);
      look_at_index (p, text_of (p->indexes, 0), sqlite3_column_int (p->indexes, 1), columns, facts);
    }
  kvault__statement_done (p->indexes);
}

/* Whether a table is there and has row ids; a view does not prepare, views being off. */
static bool
has_rowid (kvault     *vault,
           probes     *p,
           const char *table,
           const char *suffix)
{
  sqlite3_stmt *statement = NULL;
  char *sql = sqlite3_mprintf ("SELECT rowid FROM main.\"%w%w\"", table, suffix);
  int rc = sql != NULL ? sqlite3_prepare_v2 (vault->db, sql, -1, &statement, NULL) : SQLITE_NOMEM;

  note_failure (p, rc);
  sqlite3_finalize (statement);
  sqlite3_free (sql);
  return rc == SQLITE_OK;
}

/* ---- the kinds of sections ---- */

#define SPACE " \t\n\r"
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

#define VALUES_SUFFIX "_values"

bool
kvault__is_vault (const kvault_section *section)
{
  return section->kind == KVAULT_SECTION_V1 || section->kind == KVAULT_SECTION_V2;
}

static bool
is_values (const kvault_section *section)
{
  return section->kind == KVAULT_SECTION_TEXT_VALUES || section->kind == KVAULT_SECTION_VECTOR_VALUES;
}

bool
kvault__has_ids_for_keys (const kvault_section *section)
{
  return !kvault__is_vault (section);
}

const char *
kvault__key_column (const kvault_section *section)
{
  return kvault__has_ids_for_keys (section) ? "rowid" : "key";
}

const char *
kvault__value_column (const kvault_section *section)
{
  return section->kind == KVAULT_SECTION_CHUNKS ? "data" : "value";
}

static bool
has_name_of_values (const char *table)
{
  size_t len = strlen (table), suffix = strlen (VALUES_SUFFIX);

  return len >= suffix && strcmp (table + len - suffix, VALUES_SUFFIX) == 0;
}

/* ---- the list of sections ---- */

static int
add_section (kvault             *vault,
             const char         *name,
             kvault_section_kind kind,
             bool                readable,
             const char         *reason,
             char               *count_sql)
{
  size_t n = vault->n_sections;
  kvault_section *sections;
  char **counts;
  char *copy = sqlite3_mprintf ("%s", name);

  if (n % 16 == 0)   /* grow by the same steps for both arrays */
    {
      sections = sqlite3_realloc64 (vault->sections, (n + 16) * sizeof *sections);
      if (sections != NULL)
        vault->sections = sections;
      counts = sqlite3_realloc64 (vault->section_count_sql, (n + 16) * sizeof *counts);
      if (counts != NULL)
        vault->section_count_sql = counts;
      if (sections == NULL || counts == NULL)
        copy = (sqlite3_free (copy), NULL);
    }
  if (copy == NULL)
    {
      sqlite3_free (count_sql);
      return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
    }
  vault->sections[n] = (kvault_section) { copy, kind, readable, readable && reason == NULL, reason };
  vault->section_count_sql[n] = count_sql;
  vault->n_sections++;
  return KVAULT_OK;
}

static void
look_at_columns (probes        *p,
                 const char    *table,
                 table_columns *columns)
{
  *columns = (table_columns) { .key_column = -3, .value_column = -3 };
  sqlite3_bind_text (p->columns, 1, table, -1, SQLITE_STATIC);
  while (next_row (p, p->columns))
    look_at_column (p->columns, columns);
  kvault__statement_done (p->columns);
}

/* Whether there is an index that refers to it shows when all tables are known; the kind is that of either until then. */
static int
add_values (kvault              *vault,
            probes              *p,
            const char          *table,
            const table_columns *columns)
{
  index_facts facts = { 0 };
  char *count_sql;

  look_at_indexes (p, table, columns, &facts);
  if (facts.primary || !has_rowid (vault, p, table, ""))
    return KVAULT_OK;
  if ((count_sql = sqlite3_mprintf ("SELECT count(*) FROM main.\"%w\"", table)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  return add_section (vault, table, KVAULT_SECTION_TEXT_VALUES, true,
                      "a text index refers to its rows, so nothing is written to them", count_sql);
}

/* Past a name as it stands in the text of its table; NULL if it is written otherwise, or another. */
static const char *
skip_name (const char *sql,
           const char *name)
{
  if (*sql != '"')
    {
      size_t len = strlen (name);

      return len > 0 && strspn (name, WORD) == len && strncmp (sql, name, len) == 0 ? sql + len : NULL;
    }
  for (sql++; *name != '\0'; name++)
    {
      if (*sql++ != *name || (*name == '"' && *sql++ != '"'))
        return NULL;
    }
  return *sql == '"' ? sql + 1 : NULL;
}

/*
 * Whether a table was made as KohakuVault makes one, by the text that SQLite itself goes by. That tells all that looking at columns
 * and indexes would, which would take two thirds of the time to open a file of ten thousand tables.
 */
static bool
has_text_of_v2 (const char *sql,
                const char *table)
{
  static const char *const tokens[] = {
    "CREATE", "TABLE", NULL, "(", "key", "BLOB", "PRIMARY", "KEY", "NOT", "NULL", ",", "value", "BLOB", "NOT", "NULL", ")",
  };

  for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++)
    {
      const char *token = tokens[i];

      sql += strspn (sql, SPACE);
      if (token == NULL)
        {
          if ((sql = skip_name (sql, table)) == NULL)
            return false;
        }
      else if (strncmp (sql, token, strlen (token)) != 0)
        return false;
      else
        sql += strlen (token);
      if ((token == NULL || strspn (token, WORD) > 0) && strchr (SPACE "(,)", *sql) == NULL)
        return false;
    }
  return sql[strspn (sql, SPACE)] == '\0';
}

static int
look_at_table (kvault     *vault,
               probes     *p,
               const char *table,
               const char *sql)
{
  table_columns columns;
  index_facts facts = { 0 };
  kvault_section_kind kind;
  const char *reason = NULL;
  bool readable = false;

  if (p->text_tells_all && has_text_of_v2 (sql, table))
    return add_section (vault, table, KVAULT_SECTION_V2, true, NULL, NULL);
  look_at_columns (p, table, &columns);
  if (has_shape_of_values (&columns) && has_name_of_values (table))
    return add_values (vault, p, table, &columns);
  if ((kind = shape_of (&columns)) == 0)
    return KVAULT_OK;
  look_at_indexes (p, table, &columns, &facts);

  if (!has_rowid (vault, p, table, ""))
    reason = "the table has no row ids, so its values cannot be read in pieces";
  else if (!facts.keys_unique && vault->options.access != KVAULT_ACCESS_SALVAGE)
    reason = "nothing keeps its keys unique";
  else
    {
      readable = true;
      if (p->any_triggers && has_row (p, p->triggers, table))
        reason = "the table has triggers, which would be skipped";
      else if (columns.generated)
        reason = "the table has generated columns";
      else if (facts.hinders_writing)
        reason = "an index lies over its values or over an expression";
    }
  return add_section (vault, table, kind, readable, reason, NULL);
}

static bool
uses_module (const char *sql,
             const char *module)
{
  const char *using = strcasestr (sql, "using");
  size_t len = strlen (module);

  if (using == NULL)
    return false;
  using += 5;
  while (*using == ' ' || *using == '\t' || *using == '\n' || *using == '\r' || *using == '"')
    using++;
  return strncasecmp (using, module, len) == 0 && strchr ("( \t\r\n\"", using[len]) != NULL;
}

static int
look_at_virtual_table (kvault     *vault,
                       probes     *p,
                       const char *table,
                       const char *sql)
{
  kvault_section_kind kind = uses_module (sql, "fts5") ? KVAULT_SECTION_TEXT
                             : uses_module (sql, "vec0") ? KVAULT_SECTION_VECTOR : 0;
  char *count_sql;

  if (kind == 0 || !has_rowid (vault, p, table, "_values"))
    return KVAULT_OK;
  count_sql = sqlite3_mprintf ("SELECT count(*) FROM main.\"%w_values\"", table);
  if (count_sql == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  return add_section (vault, table, kind, false,
                      kind == KVAULT_SECTION_TEXT ? "it is a text index, not a table of keys"
                                                   : "it is a vector index, not a table of keys",
                      count_sql);
}

/* A table whose text names no key and no value is none of ours; this keeps files with thousands of tables quick. */
static bool
may_be_vault (const char *sql)
{
  return strcasestr (sql, "key") != NULL && strcasestr (sql, "value") != NULL;
}

/* Their own primary key, column and number of chunk, is no row id. */
static int
add_chunks (kvault *vault,
            probes *p)
{
  table_columns columns;
  char *count_sql;

  look_at_columns (p, "col_chunks", &columns);
  if (!columns.data_blob || columns.hides_rowid || !has_rowid (vault, p, "col_chunks", ""))
    return KVAULT_OK;
  if ((count_sql = sqlite3_mprintf ("SELECT count(*) FROM main.col_chunks")) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  return add_section (vault, "col_chunks", KVAULT_SECTION_CHUNKS, true,
                      "columns are made of its rows, so nothing is written to them", count_sql);
}

/* A column of varying sizes has a second row there, for its index. */
static int
add_columns (kvault *vault)
{
  char *count_sql = sqlite3_mprintf ("SELECT count(*) FROM main.col_meta WHERE dtype <> 'adaptive_idx'");

  if (count_sql == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  return add_section (vault, "col_meta", KVAULT_SECTION_COLUMNS, false, "it holds columns, not keys", count_sql);
}

static int
walk_schema (kvault       *vault,
             probes       *p,
             sqlite3_stmt *schema)
{
  bool col_meta = false, col_chunks = false, chunks_are_plain = false;
  int rc = KVAULT_OK;
  int step;

  while (rc == KVAULT_OK && (step = sqlite3_step (schema)) == SQLITE_ROW)
    {
      const char *name = text_of (schema, 0);
      const char *sql = text_of (schema, 1);

      bool is_plain = sqlite3_column_int64 (schema, 2) > 0;

      if (!is_plain)
        rc = look_at_virtual_table (vault, p, name, sql);
      else if (may_be_vault (sql))
        rc = look_at_table (vault, p, name, sql);
      if (p->failed != SQLITE_OK && (vault->options.access != KVAULT_ACCESS_SALVAGE || p->failed == SQLITE_NOMEM))
        return kvault__fail_code (vault, p->failed, "%s", vault->name);
      col_meta = col_meta || sqlite3_stricmp (name, "col_meta") == 0;
      if (sqlite3_stricmp (name, "col_chunks") == 0)
        {
          col_chunks = true;
          chunks_are_plain = is_plain;
        }
    }
  if (rc != KVAULT_OK)
    return rc;
  if (step != SQLITE_DONE)
    {
      rc = kvault__fail_db (vault, "%s", vault->name);
      if (vault->options.access != KVAULT_ACCESS_SALVAGE || rc == KVAULT_ENOMEM)
        return rc;
    }
  if (!col_meta || !col_chunks)
    return KVAULT_OK;
  return (rc = add_columns (vault)) == KVAULT_OK && chunks_are_plain ? add_chunks (vault, p) : rc;
}

/* The name of the section whose values they are, or its own. */
static const char *
name_of_group (const kvault_section *section,
               size_t               *len)
{
  const char *name = section->kind == KVAULT_SECTION_CHUNKS ? "col_meta" : section->name;

  *len = strlen (name) - (is_values (section) ? strlen (VALUES_SUFFIX) : 0);
  return name;
}

static int
compare_groups (const kvault_section *a,
                const kvault_section *b)
{
  size_t a_len, b_len;
  const char *a_name = name_of_group (a, &a_len), *b_name = name_of_group (b, &b_len);
  int order = memcmp (a_name, b_name, a_len < b_len ? a_len : b_len);

  return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

/* What holds the values of a section follows it. */
static int
compare_positions (const void *a,
                   const void *b)
{
  const kvault_section *left = *(const kvault_section *const *) a, *right = *(const kvault_section *const *) b;
  int order;

  if (kvault__is_vault (left) != kvault__is_vault (right))
    return kvault__is_vault (left) ? -1 : 1;
  order = compare_groups (left, right);
  return order != 0 ? order : (int) left->kind - (int) right->kind;
}

/* Sorts pointers and lays both arrays in their order, so that the parallel one follows. */
static int
sort_sections (kvault *vault)
{
  size_t n = vault->n_sections;
  const kvault_section **order;
  kvault_section *sections;
  char **counts;

  if (n < 2)
    return KVAULT_OK;
  order = sqlite3_malloc64 (n * sizeof *order);
  sections = sqlite3_malloc64 ((n + 16) * sizeof *sections);
  counts = sqlite3_malloc64 ((n + 16) * sizeof *counts);
  if (order == NULL || sections == NULL || counts == NULL)
    {
      sqlite3_free (order);
      sqlite3_free (sections);
      sqlite3_free (counts);
      return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
    }
  for (size_t i = 0; i < n; i++)
    order[i] = &vault->sections[i];
  qsort (order, n, sizeof *order, compare_positions);
  for (size_t i = 0; i < n; i++)
    {
      sections[i] = *order[i];
      counts[i] = vault->section_count_sql[order[i] - vault->sections];
    }
  sqlite3_free (order);
  sqlite3_free (vault->sections);
  sqlite3_free (vault->section_count_sql);
  vault->sections = sections;
  vault->section_count_sql = counts;
  return KVAULT_OK;
}

/* Values that no index refers to are some table that happens to look like it. */
static void
settle_values (kvault *vault)
{
  kvault_section *before = NULL, *section;
  size_t n = 0;

  for (size_t i = 0; i < vault->n_sections; i++)
    {
      section = &vault->sections[i];
      if (is_values (section) && (before == NULL || compare_groups (before, section) != 0))
        {
          sqlite3_free ((char *) section->name);
          sqlite3_free (vault->section_count_sql[i]);
          continue;
        }
      if (is_values (section) && before->kind == KVAULT_SECTION_VECTOR)
        {
          section->kind = KVAULT_SECTION_VECTOR_VALUES;
          section->reason = "a vector index refers to its rows, so nothing is written to them";
        }
      vault->section_count_sql[n] = vault->section_count_sql[i];
      vault->sections[n] = *section;
      before = &vault->sections[n++];
    }
  vault->n_sections = n;
}

/* What need not be asked of each table. */
static int
look_at_all (kvault *vault,
             probes *p)
{
  int64_t any_triggers, any_others = 0;
  int rc;

  if ((rc = kvault__pragma_int (vault, "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'trigger')",
                                &any_triggers)) == KVAULT_OK)
    rc = kvault__pragma_int (vault,   /* what a row is, SQLite tells by its text, whatever its type says */
                             "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE sql NOT LIKE 'CREATE TABLE %'"
                             " AND sql NOT LIKE 'CREATE VIEW %' AND sql NOT LIKE 'CREATE VIRTUAL TABLE %')",
                             &any_others);
  p->any_triggers = any_triggers != 0;
  p->text_tells_all = rc == KVAULT_OK && any_others == 0 && vault->options.access != KVAULT_ACCESS_SALVAGE;
  return rc;
}

int
kvault__schema_load (kvault *vault)
{
  probes p = { 0 };
  sqlite3_stmt *schema = NULL;
  int rc;

  if ((rc = prepare_probes (vault, &p)) == KVAULT_OK &&
      ((rc = look_at_all (vault, &p)) == KVAULT_OK || vault->options.access == KVAULT_ACCESS_SALVAGE))
    {
      if (sqlite3_prepare_v2 (vault->db,
                              "SELECT name, sql, rootpage FROM main.sqlite_schema"
                              " WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'",
                              -1, &schema, NULL) != SQLITE_OK)
        rc = kvault__fail_db (vault, "%s", vault->name);
      else
        rc = walk_schema (vault, &p, schema);
    }
  sqlite3_finalize (schema);
  finalize_probes (&p);
  if (rc == KVAULT_OK && (rc = sort_sections (vault)) == KVAULT_OK)
    settle_values (vault);
  return rc;
}

void
kvault__schema_free (kvault *vault)
{
  for (size_t i = 0; i < vault->n_sections; i++)
    {
      sqlite3_free ((char *) vault->sections[i].name);
      sqlite3_free (vault->section_count_sql[i]);
    }
  sqlite3_free (vault->sections);
  sqlite3_free (vault->section_count_sql);
  vault->sections = NULL;
  vault->section_count_sql = NULL;
  vault->n_sections = 0;
  vault->section = NULL;
}

/* @place: where it was before. */
static bool
is_still_there (const kvault         *vault,
                const kvault_section *wanted,
                size_t                place)
{
  for (size_t i = 0; i < vault->n_sections; i++)
    {
      const kvault_section *section = &vault->sections[(place + i) % vault->n_sections];

      if (strcmp (section->name, wanted->name) == 0 && section->kind == wanted->kind)
        return section->readable == wanted->readable && section->writable == wanted->writable;
    }
  return false;
}

/* After the file was let go: everything found out at opening must hold still. It stays where it is; others point to it. */
int
kvault__schema_verify (kvault *vault)
{
  kvault_section *sections = vault->sections;
  char **counts = vault->section_count_sql;
  size_t n = vault->n_sections;
  const kvault_section *in_use = vault->section;
  bool same = true;
  int rc;

  vault->sections = NULL;
  vault->section_count_sql = NULL;
  vault->n_sections = 0;
  rc = kvault__schema_load (vault);
  for (size_t i = 0; rc == KVAULT_OK && i < n; i++)
    same = same && is_still_there (vault, &sections[i], i);
  kvault__schema_free (vault);
  vault->sections = sections;
  vault->section_count_sql = counts;
  vault->n_sections = n;
  vault->section = in_use;
  return rc != KVAULT_OK || same ? rc : kvault__fail (vault, KVAULT_ESTALE, "%s: its tables have changed; open it again", vault->name);
}
