/* SPDX-License-Identifier: MIT */
/* The sections of a file: counted behind everything, however many there are, and the same objects for those that stay. */
#include "displayless.h"

#include "coffer-vault-private.h"

#include <glib/gstdio.h>

#define MANY 3000

typedef struct {
  char *folder;
  char *path;
  CofferVault *vault;
} Fixture;

/* Making a table takes the longer the more there are, so all but the first are written into the schema, on the same pages. */
static char *
make_tables (const char *folder,
             const char *name,
             guint       n)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autofree char *sql =
    g_strdup_printf ("CREATE TABLE t00000 (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL);"
                     "INSERT INTO t00000 VALUES (x'61', x''), (x'62', x'');"
                     "PRAGMA writable_schema=ON;"
                     "CREATE TEMP TABLE names AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT %u)"
                     " SELECT printf('t%%05d', i) AS name FROM n;"
                     "CREATE TEMP TABLE pattern AS SELECT * FROM main.sqlite_schema;"
                     "INSERT INTO main.sqlite_schema SELECT type, replace(p.name, 't00000', n.name), n.name, rootpage,"
                     " replace(sql, 't00000', n.name) FROM temp.names AS n, temp.pattern AS p", n - 1);

  test_sql (path, sql);
  return path;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  n_tables)
{
  fixture->folder = test_folder_new ();
  fixture->path = make_tables (fixture->folder, "tables.db", GPOINTER_TO_UINT (n_tables));
  fixture->vault = test_open (fixture->path);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  n_tables)
{
  if (fixture->vault != NULL)
    test_close (fixture->vault);
  test_folder_remove (fixture->folder);
  g_free (fixture->path);
}

static CofferSection *
get_section (Fixture *fixture,
             guint    i)
{
  return g_list_model_get_item (coffer_vault_get_sections (fixture->vault), i);
}

static guint
count_known (Fixture *fixture)
{
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (coffer_vault_get_sections (fixture->vault)); i++)
    {
      g_autoptr(CofferSection) section = get_section (fixture, i);

      n += coffer_section_get_count (section) == 2;
    }
  return n;
}

/* In few jobs, and none of them makes the main loop wait. */
static void
test_many (Fixture       *fixture,
           gconstpointer  n_tables)
{
  gint64 longest = 0;
  guint n_turns = 0;

  g_assert_cmpint (g_list_model_get_n_items (coffer_vault_get_sections (fixture->vault)), ==, MANY);
  while (count_known (fixture) < MANY)
    {
      gint64 begin;

      test_iterate ();
      begin = g_get_monotonic_time ();
      while (g_main_context_iteration (NULL, FALSE))
        n_turns++;
      longest = MAX (longest, g_get_monotonic_time () - begin);
    }
  g_assert_cmpint (n_turns, <, MANY / 10);
  g_test_message ("longest turn %" G_GINT64_FORMAT " us", longest);
}

/* A walk over the keys begins: counting waits, and goes on where it was. */
static void
test_put_off (Fixture       *fixture,
              gconstpointer  n_tables)
{
  for (guint i = 0; i < 20; i++)
    {
      coffer_vault_note_count (fixture->vault, "t00000", 2);
      test_run_for (10);
      coffer_vault_put_off_counting (fixture->vault);
    }
  coffer_vault_note_count (fixture->vault, "t00001", 2);
  test_wait_for (count_known (fixture) == GPOINTER_TO_UINT (n_tables));
}

static void
test_quiet (Fixture       *fixture,
            gconstpointer  n_tables)
{
  g_autoptr(GAsyncResult) first = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autoptr(GAsyncResult) third = NULL;

  coffer_vault_put_off_counting (fixture->vault);
  coffer_vault_await_quiet_async (fixture->vault, NULL, test_store_result, &first);
  test_run_for (100);
  g_assert_null (first);
  coffer_vault_note_count (fixture->vault, "t00000", 2);
  test_wait_for (first != NULL);
  g_assert_true (coffer_vault_await_quiet_finish (fixture->vault, first, NULL));
  coffer_vault_await_quiet_async (fixture->vault, NULL, test_store_result, &second);
  test_wait_for (second != NULL);

  coffer_vault_put_off_counting (fixture->vault);
  coffer_vault_await_quiet_async (fixture->vault, NULL, test_store_result, &third);
  coffer_vault_close (fixture->vault);
  test_wait_for (third != NULL);
  g_assert_false (coffer_vault_await_quiet_finish (fixture->vault, third, NULL));
}

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       removed,
                  guint       added,
                  gpointer    data)
{
  g_string_append_printf (data, "%u -%u +%u;", position, removed, added);
}

static void
test_some_stay (Fixture       *fixture,
                gconstpointer  n_tables)
{
  g_autofree char *other = make_tables (fixture->folder, "other.db", 6);
  g_autoptr(CofferSection) first = get_section (fixture, 0);
  g_autoptr(CofferSection) last = get_section (fixture, 4);
  g_autoptr(CofferSection) again = NULL;
  g_autoptr(GString) told = g_string_new (NULL);
  g_autoptr(GAsyncResult) result = NULL;
  CofferVaultStats stats;

  test_sql (other, "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE tbl_name IN ('t00002', 't00005')");
  g_signal_connect (coffer_vault_get_sections (fixture->vault), "items-changed", G_CALLBACK (items_changed_cb), told);
  g_assert_no_errno (g_rename (other, fixture->path));
  coffer_vault_stats_async (fixture->vault, NULL, test_store_result, &result);
  test_wait_for (result != NULL);
  coffer_vault_stats_finish (fixture->vault, result, &stats, NULL);
  test_wait_for (told->len > 0);
  g_assert_cmpstr (told->str, ==, "2 -1 +0;");
  again = get_section (fixture, 0);
  g_assert_true (again == first);
  g_clear_object (&again);
  again = get_section (fixture, 3);
  g_assert_true (again == last);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, n, test) g_test_add ("/sections/" path, Fixture, GUINT_TO_POINTER (n), set_up, test, tear_down)

  ADD ("many-are-counted", MANY, test_many);
  ADD ("counting-is-put-off", 600, test_put_off);
  ADD ("quiet", 3, test_quiet);
  ADD ("some-stay", 5, test_some_stay);

  return g_test_run ();
}
