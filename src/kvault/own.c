/* SPDX-License-Identifier: MIT */
/*
 * own.c - the tables that libkvault keeps in people's files beside their vaults.
 *
 * A table counts as ours only if its definition is ours to the letter: in a file from elsewhere one of these names may be anybody's,
 * a vault of KohakuVault's too, and such a table is neither believed nor written nor dropped.
 */
#include "internal.h"

#include <string.h>

static const struct {
  const char *name;
  const char *columns;
} tables[] = {
  [KVAULT__OWN_LARGE] = { "kvault_large", "(id INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, key BLOB NOT NULL,"
                                          " size INTEGER NOT NULL, part INTEGER NOT NULL, token BLOB NOT NULL, state INTEGER NOT NULL,"
                                          " touched INTEGER NOT NULL)" },
  [KVAULT__OWN_PARTS] = { "kvault_parts", "(id INTEGER PRIMARY KEY, data BLOB NOT NULL)" },
  [KVAULT__OWN_BULK] = { "kvault_bulk", "(journal TEXT)" },
};

/* Whether a vault may not be made under this name. */
bool
kvault__own_name (const char *name)
{
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
    if (sqlite3_stricmp (name, tables[i].name) == 0)
      return true;
  return false;
}

/* Whether the table is there and ours; KVAULT_NOTFOUND, without a message: it is not. */
int
kvault__own_find (kvault    *vault,
                  kvault__own which)
{
  char *sql = sqlite3_mprintf ("SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = '%s' AND rootpage > 0"
                               " AND sql = 'CREATE TABLE %s %s'", tables[which].name, tables[which].name, tables[which].columns);
  int64_t n;
  int rc;

  if (sql == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  rc = kvault__pragma_int (vault, sql, &n);
  sqlite3_free (sql);
  return rc == KVAULT_OK && n == 0 ? KVAULT_NOTFOUND : rc;
}

/* Makes the table if there is none of its name. KVAULT_EEXIST: there is one that is not ours. */
int
kvault__own_create (kvault    *vault,
                    kvault__own which)
{
  char *sql = sqlite3_mprintf ("CREATE TABLE IF NOT EXISTS main.%s %s", tables[which].name, tables[which].columns);
  int rc;

  if (sql == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  rc = kvault__exec (vault, sql);
  sqlite3_free (sql);
  if (rc == KVAULT_OK && (rc = kvault__own_find (vault, which)) == KVAULT_NOTFOUND)
    rc = kvault__fail (vault, KVAULT_EEXIST, "%s: the name of its table \"%s\" is needed for libkvault's own; rename that table",
                       vault->name, tables[which].name);
  return rc;
}

/* Drops the table if it is ours. */
int
kvault__own_drop (kvault    *vault,
                  kvault__own which)
{
  char *sql;
  int rc = kvault__own_find (vault, which);

  if (rc != KVAULT_OK)
    return rc == KVAULT_NOTFOUND ? KVAULT_OK : rc;
  if ((sql = sqlite3_mprintf ("DROP TABLE main.%s", tables[which].name)) == NULL)
    return kvault__fail (vault, KVAULT_ENOMEM, "%s: no memory", vault->name);
  rc = kvault__exec (vault, sql);
  sqlite3_free (sql);
  return rc;
}
