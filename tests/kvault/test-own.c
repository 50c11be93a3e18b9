/* SPDX-License-Identifier: MIT */
/* libkvault's own tables, and somebody else's of the same names: own.c. */
#include "kvtest.h"

#include <unistd.h>

#define MEBIBYTE 1048576u

static const char *const names[] = { "kvault_large", "kvault_parts", "kvault_bulk" };

static void
put_large (kvault *vault, int expected)
{
  char *value = calloc (1, MEBIBYTE);

  assert_result (vault, kvault_put (vault, "large", 5, value, MEBIBYTE), expected);
  free (value);
}

static kvault *
open_with_parts (const char *path)
{
  kvault_options options = KVAULT_OPTIONS_INIT;
  kvault *vault;

  options.whole_value_max = 65536;
  assert_ok (NULL, kvault_open (path, &options, &vault, NULL));
  return vault;
}

/* As KVault(path, table="kvault_bulk") makes them, and as nobody does. */
static void
a_vault_of_such_a_name_stays_one (void)
{
  for (size_t i = 0; i < KVTEST_N (names); i++)
    {
      char *path = kvtest_path (kvtest_format ("%zu.db", i));
      kvault *vault;

      kvtest_sql (path, "PRAGMA journal_mode=WAL;" KVTEST_V2 ("kv") "CREATE TABLE %s (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                  "INSERT INTO %s VALUES (x'61', x'62')", names[i], names[i]);
      vault = open_with_parts (path);
      assert_ok (vault, kvault_use_table (vault, names[i]));
      assert_ok (vault, kvault_put (vault, "b", 1, "c", 1));
      put_large (vault, i < 2 ? KVAULT_EEXIST : KVAULT_OK);
      assert_ok (vault, kvault_bulk_begin (vault, 100 * MEBIBYTE));
      assert_ok (vault, kvault_put (vault, "d", 1, "e", 1));
      assert_ok (vault, kvault_bulk_end (vault));
      kvault_close (vault);
      kvault_close (open_with_parts (path));
      assert_int (kvtest_sql_int (path, kvtest_format ("SELECT count(*) FROM %s WHERE length(value) = 1", names[i])), ==, 3);
      assert_str (kvtest_sql_text (path, "PRAGMA journal_mode"), "wal");
    }
}

static void
another_table_of_such_a_name_is_left_alone (void)
{
  char *path = kvtest_path ("a.db");
  kvault *vault;
  size_t size;
  void *value;

  kvtest_sql (path, KVTEST_V2 ("kv") "CREATE TABLE kvault_large (id INTEGER PRIMARY KEY, words TEXT); CREATE TABLE kvault_parts (id, data);"
              "CREATE TABLE kvault_bulk (journal TEXT, mine TEXT); INSERT INTO kvault_bulk VALUES ('a', 'b');"
              "INSERT INTO kv VALUES (x'61', 'libkvault large value v1 id=0000000000000000001 size=0000000000000000001 "
              "token=00000000000000000000000000000000' || x'0a')");
  vault = open_with_parts (path);
  assert_ok (vault, kvault_get (vault, "a", 1, &value, &size));
  assert_int (size, ==, 112);
  kvault_free (value);
  put_large (vault, KVAULT_EEXIST);
  assert_contains (kvault_errmsg (vault), "kvault_large");
  assert_ok (vault, kvault_delete (vault, "a", 1));
  kvault_close (vault);
  assert_int (kvtest_sql_int (path, "SELECT count(*) FROM kvault_bulk"), ==, 1);
}

static void
no_vault_is_made_under_such_a_name (void)
{
  static const char *const refused[] = { "kvault_large", "KVAULT_PARTS", "kvault_bulk", "sqlite_mine" };

  for (size_t i = 0; i < KVTEST_N (refused); i++)
    {
      kvault_options options = KVAULT_OPTIONS_INIT;
      kvault *vault;

      options.access = KVAULT_ACCESS_CREATE;
      options.table = refused[i];
      assert_result (NULL, kvault_open (kvtest_path ("new.db"), &options, &vault, NULL), KVAULT_EINVAL);
      assert_true (access (kvtest_path ("new.db"), F_OK) != 0 || i > 0);
      options.table = NULL;
      assert_ok (NULL, kvault_open (kvtest_path ("new.db"), &options, &vault, NULL));
      kvault_close (vault);
    }
}

static const KvTest tests[] = {
  { "/kvault/own/a-vault-of-such-a-name-stays-one", a_vault_of_such_a_name_stays_one },
  { "/kvault/own/another-table-of-such-a-name-is-left-alone", another_table_of_such_a_name_is_left_alone },
  { "/kvault/own/no-vault-is-made-under-such-a-name", no_vault_is_made_under_such_a_name },
};

KVTEST_MAIN (tests)
