/* SPDX-License-Identifier: MIT */
/* Every value of three vaults that KohakuVault wrote is shown as what it is: tests/data/shown-as.txt says what that is. No display needed. */
#include <coffer-content.h>
#include <sqlite3.h>
#include <string.h>

#include "fixture.h"

static const struct { const char *file, *table; int kind; } tables[] = {
  { "v010_media.db", "kv", 1 },
  { "v086_media_autopack.db", "kv", 2 },
  { "v086_all_vaults.db", "kv", 2 },
  { "v086_all_vaults.db", "docs_values", 2 },
  { "v086_all_vaults.db", "vecs_values", 2 },
};

static void
completed_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      data)
{
  CofferContent **content = data;

  *content = coffer_content_complete_finish (result, NULL);
}

static CofferContent *
load (GBytes *bytes,
      int     table_kind)
{
  gsize len = g_bytes_get_size (bytes);
  g_autoptr(GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);
  g_autoptr(CofferValueFacts) facts =
    coffer_value_facts_new (table_kind, g_bytes_get_data (bytes, NULL), MIN (len, COFFER_VALUE_HEAD), len);
  CofferContentWish wish = { COFFER_SHOW_GUESS, 336, 400 };
  g_autoptr(GError) error = NULL;
  CofferContent *pending = coffer_content_load (stream, facts, &wish, NULL, &error), *content = NULL;

  g_assert_no_error (error);
  if (!coffer_content_is_pending (pending))
    return pending;
  coffer_content_complete_async (pending, NULL, completed_cb, &content);
  while (content == NULL)
    g_main_context_iteration (NULL, TRUE);
  return content;
}

/* Whether a picture moves is known only where there is a loader for its kind. */
static const char *
get_title (CofferContent *content)
{
  return content->kind == COFFER_CONTENT_IMAGE ? "Image" : coffer_content_get_title (content);
}

/* A picture for which this machine has no loader is one all the same. */
static const char *
describe_problem (const CofferContent *content)
{
  if (content->problem == NULL || g_error_matches (content->problem, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_NO_LOADER))
    return "";
  return g_error_matches (content->problem, COFFER_IMAGE_ERROR, COFFER_IMAGE_ERROR_TOO_LARGE) ? ", too large" : ", broken";
}

static void
list_table (const char *file,
            const char *table,
            int         kind,
            GString    *list)
{
  g_autofree char *sql = g_strdup_printf ("SELECT * FROM \"%s\" ORDER BY 1", table);
  sqlite3_stmt *statement;
  sqlite3 *database;
  int key = kind == 1 ? 1 : 0;

  g_assert_cmpint (sqlite3_open_v2 (fixture_copy (file), &database, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database, sql, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      g_autoptr(GBytes) bytes = g_bytes_new (sqlite3_column_blob (statement, key + 1), sqlite3_column_bytes (statement, key + 1));
      g_autofree char *name = g_strndup (sqlite3_column_blob (statement, key), sqlite3_column_bytes (statement, key));
      g_autofree char *escaped = g_strescape (name, NULL);
      g_autoptr(CofferContent) content = load (bytes, kind);

      g_string_append_printf (list, "%s %s %s: %s%s\n", file, table, escaped, get_title (content), describe_problem (content));
    }
  sqlite3_finalize (statement);
  sqlite3_close (database);
}

static void
test_is_shown_as_what_it_is (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("COFFER_TEST_DATA"), "shown-as.txt", NULL), *expected = NULL;
  g_autoptr(GString) list = g_string_new (NULL);
  g_auto(GStrv) lines = NULL, expected_lines = NULL;
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    list_table (tables[i].file, tables[i].table, tables[i].kind, list);
  g_file_get_contents (path, &expected, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (list->str, "\n", -1);
  expected_lines = g_strsplit (expected, "\n", -1);
  for (gsize i = 0; lines[i] != NULL && expected_lines[i] != NULL; i++)
    g_assert_cmpstr (lines[i], ==, expected_lines[i]);
  g_assert_cmpuint (g_strv_length (lines), ==, g_strv_length (expected_lines));
}

int
main (int   argc,
      char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/preview/every-value/is-shown-as-what-it-is", test_is_shown_as_what_it_is);
  status = g_test_run ();
  fixture_remove_all ();

  return status;
}
