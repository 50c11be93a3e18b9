/* SPDX-License-Identifier: MIT */
/*
 * table.c - the table in use, and every CREATE.
 *
 * A handle has one table at a time. What it may be is what the schema was found to hold (schema.c); one that is not there is made
 * only where a file is empty or a vault already.
 */
#include "internal.h"

#include <string.h>

/* ---- the table in use ---- */

/* A table's name is a stranger's too. */
#define DESCRIBED(table) kvault__describe_key ((table), strlen (table)).text

static int
fail_no_vault (kvault *vault)
{
  int64_t n_tables;
  int rc;

  for (size_t i = 0; i < vault->n_sections; i++)
    if (kvault__is_vault (&vault->sections[i]))
      return kvault__fail (vault, KVAULT_ENOTVAULT, "%s: %s cannot be used: %s", vault->name,
                           DESCRIBED (vault->sections[i].name), vault->sections[i].reason);
  if (vault->n_sections > 0)
    return kvault__fail (vault, KVAULT_ENOTVAULT, "%s holds columns or indexes, but no table of keys and values", vault->name);
  if ((rc = kvault__pragma_int (vault, "SELECT count(*) FROM main.sqlite_schema", &n_tables)) != KVAULT_OK)
    return rc;
  return kvault__fail (vault, KVAULT_ENOTVAULT, n_tables == 0 ? "%s is empty" : "%s is an SQLite file, but no vault", vault->name);
}

static const kvault_section *
default_section (const kvault *vault)
{
  const kvault_section *first = NULL;

  for (size_t i = 0; i < vault->n_sections; i++)
    if (vault->sections[i].readable)
      {
        if (strcmp (vault->sections[i].name, "kv") == 0)
          return &vault->sections[i];
        if (first == NULL)
          first = &vault->sections[i];
      }
  return first;
}

/* From the one in use on: who goes through all of them asks for the next. */
static const kvault_section *
section_by_name (const kvault *vault,
                 const char   *name)
{
  size_t in_use = vault->section != NULL ? (size_t) (vault->section - vault->sections) : 0;

  for (size_t i = 0; i < vault->n_sections; i++)
    {
      const kvault_section *section = &vault->sections[(in_use + i) % vault->n_sections];

      if (strcmp (section->name, name) == 0)
        return section;
    }
  for (size_t i = 0; i < vault->n_sections; i++)   /* as SQLite would find it */
    if (sqlite3_stricmp (vault->sections[i].name, name) == 0)
      return &vault->sections[i];
  return NULL;
}

/* Whether SQLite knows a table or view of this name, whatever it is to us. */
static int
look_for_table (kvault     *vault,
                const char *name,
                bool       *found)
{
  char *sql = sqlite3_mprintf ("SELECT count(*) FROM main.sqlite_schema WHERE name = %Q COLLATE NOCASE AND type IN ('table', 'view')",
                               name);
  int64_t n;
  int rc;

  *found = false;
  if (sql == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  if ((rc = kvault__pragma_int (vault, sql, &n)) == KVAULT_OK)
    *found = n > 0;
  sqlite3_free (sql);
  return rc;
}

void
kvault__table_switch (kvault               *vault,
                       const kvault_section *section)
{
  if (section == vault->section)
    return;
  kvault__statements_finalize (vault);
  vault->section = section;
}

/* The table in use has another shape now. Callers may hold the list it is in. */
void
kvault__table_became (kvault               *vault,
                       const kvault_section *section,
                       kvault_section_kind   kind)
{
  kvault__statements_finalize (vault);
  vault->sections[section - vault->sections].kind = kind;
}

/* @table NULL: the default. */
int
kvault__table_use (kvault     *vault,
                    const char *table)
{
  const kvault_section *section = table != NULL ? section_by_name (vault, table) : default_section (vault);
  bool found = false;
  int rc;

  if (section == NULL && table == NULL)
    return fail_no_vault (vault);
  if (section == NULL && (rc = look_for_table (vault, table, &found)) != KVAULT_OK)
    return rc;
  if (found)
    return kvault__fail (vault, KVAULT_ENOTVAULT, "%s: %s is no table of keys and values", vault->name, DESCRIBED (table));
  if (section == NULL)
    return kvault__fail (vault, KVAULT_ENOENT, "%s has no table %s", vault->name, DESCRIBED (table));
  if (!section->readable)
    return kvault__fail (vault, KVAULT_ENOTVAULT, "%s: %s cannot be used: %s", vault->name, DESCRIBED (section->name),
                         section->reason);
  kvault__table_switch (vault, section);
  vault->shelf_version = 0;
  return KVAULT_OK;
}

int
kvault_sections (kvault                *vault,
                 const kvault_section **sections,
                 size_t                *n)
{
  *sections = vault->sections;
  *n = vault->n_sections;
  return KVAULT_OK;
}

int
kvault_use_table (kvault     *vault,
                  const char *table)
{
  int rc = kvault__enter (vault);

  if (rc != KVAULT_OK)
    return rc;
  if (table == NULL)
    return kvault__fail (vault, KVAULT_EINVAL, "no table named");
  if ((rc = kvault__cache_settle (vault)) != KVAULT_OK)
    return rc;
  return kvault__table_use (vault, table);
}

const char *
kvault_table (const kvault *vault)
{
  return vault->section->name;
}

kvault_section_kind
kvault_table_kind (const kvault *vault)
{
  return vault->section->kind;
}

int
kvault_section_count (kvault     *vault,
                      const char *section,
                      uint64_t   *count)
{
  int64_t n = 0;
  int rc;

  *count = 0;
  if ((rc = kvault__enter (vault)) != KVAULT_OK)
    return rc;
  for (size_t i = 0; i < vault->n_sections; i++)
    if (vault->section_count_sql[i] != NULL && strcmp (vault->sections[i].name, section) == 0)
      {
        rc = kvault__pragma_int (vault, vault->section_count_sql[i], &n);
        *count = (uint64_t) n;
        return rc;
      }
  return kvault__fail (vault, KVAULT_ENOENT, "%s has no section %s", vault->name, DESCRIBED (section));
}

/* ---- making a vault ---- */

static int
create_missing_tables (kvault     *vault,
                       const char *table)
{
  char *sql;
  bool found;
  int rc;

  if ((rc = look_for_table (vault, table, &found)) != KVAULT_OK || found)   /* found: another program was quicker */
    return rc;
  sql = sqlite3_mprintf (KVAULT__CREATE_META
                         "CREATE TABLE main.\"%w\" (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);", table);
  if (sql == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  rc = kvault__exec (vault, sql);
  sqlite3_free (sql);
  return rc;
}

static int
create_tables (kvault     *vault,
               const char *table)
{
  int rc;

  if ((rc = kvault__exec (vault, "BEGIN IMMEDIATE")) != KVAULT_OK)
    return rc;
  if ((rc = create_missing_tables (vault, table)) == KVAULT_OK)
    rc = kvault__exec (vault, "COMMIT");
  if (rc != KVAULT_OK && !sqlite3_get_autocommit (vault->db))
    sqlite3_exec (vault->db, "ROLLBACK", NULL, NULL, NULL);
  return rc;
}

/* In this order: page size and page maps are fixed by the first write, and choosing the log is one. Several programs may make the
 * same file at once; SQLite does not wait by itself for the right to choose a log. */
static int
prepare_empty_file (kvault *vault)
{
  bool log_refused = false;
  unsigned waited_ms = 0;
  char sql[160];
  int rc;

  if (!vault->options.rollback_journal && (rc = kvault__log_refused (vault, &log_refused)) != KVAULT_OK)
    return rc;
  sqlite3_snprintf (sizeof sql, sql, "PRAGMA page_size=%u; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=%s;",
                    vault->options.page_size, vault->options.rollback_journal || log_refused ? "DELETE" : "WAL");
  while ((rc = kvault__exec (vault, sql)) == KVAULT_EBUSY && waited_ms < vault->options.busy_timeout_ms &&
         !kvault__is_cancelled (vault))
    {
      sqlite3_sleep (10);
      waited_ms += 10;
    }
  return rc;
}

static int
check_new_name (kvault     *vault,
                const char *table)
{
  if (!kvault__own_name (table) && sqlite3_strnicmp (table, "sqlite_", 7) != 0)
    return KVAULT_OK;
  return kvault__fail (vault, KVAULT_EINVAL, "%s: no table can be named %s, a name that is kept for other uses", vault->name,
                       DESCRIBED (table));
}

/* In a file with nothing in it, makes the table. In one that is a vault, makes a table that was named and is not there; any
 * other file is left as it is. */
int
kvault__table_create (kvault     *vault,
                       const char *table)
{
  const kvault_section *section;
  int64_t n_objects;
  bool found = true;
  int rc;

  if ((rc = kvault__pragma_int (vault, "SELECT count(*) FROM main.sqlite_schema", &n_objects)) != KVAULT_OK)
    return rc;
  if (n_objects > 0 && ((table != NULL && (rc = look_for_table (vault, table, &found)) != KVAULT_OK) || found))
    return rc;
  if (table != NULL && (rc = check_new_name (vault, table)) != KVAULT_OK)
    return rc;
  if (n_objects == 0)
    {
      if ((rc = prepare_empty_file (vault)) != KVAULT_OK)
        return rc;
      return create_tables (vault, table != NULL ? table : "kv");
    }
  rc = kvault__schema_load (vault);
  if (rc == KVAULT_OK && (section = default_section (vault)) != NULL && kvault__is_vault (section))
    rc = create_tables (vault, table);
  kvault__schema_free (vault);
  return rc;
}
